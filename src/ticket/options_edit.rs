//! The one way to change what tickets choose from, whoever asks: form, JSON, command, import (rows E01 to E05).
//!
//! Tickets refer to options by id: a rename is one row and one event, and an option that any ticket has or had is retired
//! rather than deleted.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::options::{self, OptionRow};
use super::queue;
use super::{TICKET_ADMIN, TICKET_VIEW};
use crate::auth::accounts;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::moment;
use crate::base::project::{Act, Project, Tx, person_of_account};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::form::shortened;

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 1000;

/// What somebody wants of an option. What is None stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    pub name: Option<&'a str>,
    /// One line.
    pub description: Option<&'a str>,
    /// Of a component: the login of who gets its tickets; empty for nobody.
    pub owner: Option<&'a str>,
    /// Of a version: a date or a time; empty for none.
    pub released: Option<&'a str>,
    /// Whether new tickets get it.
    pub is_default: Option<bool>,
    pub step: Option<Step>,
}

/// One place towards the beginning or the end of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Up,
    Down,
}

/// What became of an option that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// Tickets have or had it: it stays theirs, and is offered no longer.
    Retired,
    /// No ticket ever had it.
    Deleted,
}

/// Versions are ordered by their release, all others by hand.
pub fn is_ordered(field: &str) -> bool {
    field != "version"
}

/// Adds an option at the end of its list. Returns its row.
pub fn create(site: &Site, project: &Project, by: Act<'_>, field: &'static str, wish: &Wish<'_>) -> Result<OptionRow> {
    require(by.viewer)?;
    let wish = Wish { name: wish.name.or(Some("")), step: None, ..*wish };
    let values = checked(site, field, &wish)?;
    project.write(by, |tx| {
        let name = values.name.clone().unwrap_or_default();
        refuse_taken(tx, by.viewer, field, &name, None)?;
        tx.prepare_cached(
            "insert into field_option (field, name, folded, rank, description, owner, released_at)
             values (:field, :name, :folded, :rank, :description, :owner, :released)",
        )?
        .execute(named_params! {
            ":field": field,
            ":name": name,
            ":folded": fold(&name),
            ":rank": in_order(tx, field)?.len() as i64 + 1,
            ":description": values.description.as_deref().unwrap_or_default(),
            ":owner": values.owner.as_ref().map(|owner| owner.person(tx)).transpose()?.flatten(),
            ":released": values.released.flatten(),
        })?;
        let id = tx.last_insert_rowid();
        if wish.is_default == Some(true) {
            write_default(tx, field, Some(id))?;
        }
        record(tx, "option.created", field, id, &[])?;
        existing(tx, by.viewer, field, id)
    })
}

/// Changes an option. Returns its row as it is then; nothing is recorded where nothing changed.
pub fn change(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    field: &'static str,
    id: i64,
    wish: &Wish<'_>,
) -> Result<OptionRow> {
    require(by.viewer)?;
    let values = checked(site, field, wish)?;
    project.write(by, |tx| {
        let old = existing(tx, by.viewer, field, id)?;
        if let Some(name) = values.name.as_ref().filter(|name| **name != old.name) {
            if old.retired_at.is_none() {
                refuse_taken(tx, by.viewer, field, name, Some(id))?;
            }
            tx.execute("update field_option set name = ?2, folded = ?3 where id = ?1", (id, name, fold(name)))?;
            tell(tx, "option.renamed", field, id, &["name"], |event| event.changing("name", &old.name, name))?;
        }
        let mut changed = Vec::new();
        if let Some(description) = values.description.as_ref().filter(|new| **new != old.description) {
            tx.execute("update field_option set description = ?2 where id = ?1", (id, description))?;
            changed.push("description");
        }
        if let Some(owner) = &values.owner {
            let owner = owner.person(tx)?;
            if owner != old.owner {
                tx.execute("update field_option set owner = ?2 where id = ?1", (id, owner))?;
                changed.push("owner");
            }
        }
        if let Some(released) = values.released.filter(|new| *new != old.released_at) {
            tx.execute("update field_option set released_at = ?2 where id = ?1", (id, released))?;
            changed.push("released");
        }
        if let Some(is_default) = wish.is_default.filter(|new| *new != old.is_default) {
            refuse_retired(&old)?;
            write_default(tx, field, is_default.then_some(id))?;
            changed.push("default");
        }
        if let Some(step) = wish.step {
            refuse_retired(&old)?;
            if move_by(tx, by.viewer, field, id, step)? {
                changed.push("rank");
            }
        }
        let now = existing(tx, by.viewer, field, id)?;
        if !changed.is_empty() {
            let (before, after) = (words(tx, &old)?, words(tx, &now)?);
            tell(tx, "option.changed", field, id, &changed, |event| {
                let names = ["description", "owner", "released", "default", "place"];
                names
                    .iter()
                    .zip(before.iter().zip(&after))
                    .fold(event, |event, (name, (before, after))| event.changing(name, before, after))
            })?;
        }
        Ok(now)
    })
}

/// Says which option new tickets get; none for none.
pub fn set_default(project: &Project, by: Act<'_>, field: &'static str, id: Option<i64>) -> Result<()> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let old = options::all(tx)?.into_iter().find(|row| row.field == field && row.is_default).map(|row| row.id);
        if old == id {
            return Ok(());
        }
        if let Some(id) = id {
            refuse_retired(&existing(tx, by.viewer, field, id)?)?;
        }
        write_default(tx, field, id)?;
        match id.or(old) {
            Some(touched) => record(tx, "option.changed", field, touched, &["default"]),
            None => Ok(()),
        }
    })
}

/// Takes an option away: one that a ticket has or had is retired, any other deleted. The gap in the order closes.
pub fn remove(project: &Project, by: Act<'_>, field: &'static str, id: i64) -> Result<Removed> {
    require(by.viewer)?;
    project.write(by, |tx| {
        refuse_retired(&existing(tx, by.viewer, field, id)?)?;
        let removed = if is_used(tx, field, id)? {
            tx.execute("update field_option set retired_at = ?2, is_default = 0 where id = ?1", (id, tx.now()))?;
            record(tx, "option.retired", field, id, &[])?;
            Removed::Retired
        } else {
            // While there is still a name to tell.
            record(tx, "option.deleted", field, id, &[])?;
            queue::forget(tx, id)?;
            tx.execute("delete from field_option where id = ?1", [id])?;
            Removed::Deleted
        };
        number(tx, &in_order(tx, field)?)?;
        Ok(removed)
    })
}

/// Offers a retired option again, at the end of its list.
pub fn restore(project: &Project, by: Act<'_>, field: &'static str, id: i64) -> Result<OptionRow> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let old = existing(tx, by.viewer, field, id)?;
        if old.retired_at.is_none() {
            return Err(Error::conflict(format!("“{}” is not retired.", old.name)));
        }
        refuse_taken(tx, by.viewer, field, &old.name, Some(id))?;
        let rank = in_order(tx, field)?.len() as i64 + 1;
        tx.execute("update field_option set retired_at = null, rank = ?2 where id = ?1", (id, rank))?;
        record(tx, "option.restored", field, id, &[])?;
        existing(tx, by.viewer, field, id)
    })
}

/// The option of that name that this viewer may know of, in any case; one that is offered before a retired one.
pub fn find(db: &Connection, viewer: &Viewer, field: &str, name: &str) -> Result<OptionRow> {
    let folded = fold(&cleaned(name));
    let mut rows = options::seen(db, viewer)?;
    rows.retain(|row| row.field == field && fold(&row.name) == folded);
    rows.sort_by_key(|row| row.retired_at.is_some());
    rows.into_iter().next().ok_or_else(|| Error::not_found(format!("there is no {field} “{}”", shortened(name))))
}

pub(super) fn require(viewer: &Viewer) -> Result<()> {
    viewer.require_to_see(TICKET_VIEW, "There is no page at this address.")?;
    viewer.require(TICKET_ADMIN)
}

/// A wish that has been read; what is None stays as it is.
struct Values {
    name: Option<String>,
    description: Option<String>,
    owner: Option<Owner>,
    released: Option<Option<Instant>>,
}

enum Owner {
    Nobody,
    Account {
        uuid: String,
        login: String,
        display_name: String,
    },
    /// Somebody whom only the project knows.
    Person(String),
}

impl Owner {
    fn person(&self, tx: &Tx<'_>) -> Result<Option<i64>> {
        match self {
            Self::Nobody => Ok(None),
            Self::Account { uuid, login, display_name } => person_of_account(tx, uuid, login, display_name).map(Some),
            Self::Person(login) => {
                let found = tx
                    .prepare_cached("select id from person where login = ?1 and kind <> 'former' order by id limit 1")?
                    .query_row([login], |row| row.get(0))
                    .optional()?;
                let refuse = || Error::invalid("owner", format!("There is nobody called “{}” here.", shortened(login)));
                found.map(Some).ok_or_else(refuse)
            }
        }
    }
}

fn checked(site: &Site, field: &str, wish: &Wish<'_>) -> Result<Values> {
    let mut problems = Vec::new();
    let name = wish.name.map(cleaned);
    if let Some(why) = name.as_deref().and_then(name_problem) {
        problems.push(Problem::new("name", why));
    }
    let description = wish.description.map(|text| text.trim().to_owned());
    if let Some(text) = &description
        && (text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(char::is_control))
    {
        let most = LONGEST_DESCRIPTION;
        problems.push(Problem::new("description", format!("A description is one line of at most {most} characters.")));
    }
    let owner = match wish.owner.map(str::trim) {
        Some(login) if !login.is_empty() && field != "component" => {
            problems.push(Problem::new("owner", "Only a component has an owner."));
            None
        }
        None => None,
        Some("") => Some(Owner::Nobody),
        Some(login) => Some(match site.read(|db| accounts::by_login(db, login))? {
            Some(account) => {
                Owner::Account { uuid: account.uuid, login: account.login, display_name: account.display_name }
            }
            None => Owner::Person(login.to_owned()),
        }),
    };
    let released = match wish.released.map(str::trim) {
        Some(text) if !text.is_empty() && field != "version" => {
            problems.push(Problem::new("released", "Only a version has a day of release."));
            None
        }
        None => None,
        Some("") => Some(None),
        // One day for all readers, wherever they are.
        Some(text) => match moment::parse(text, &jiff::tz::TimeZone::UTC, None) {
            // What begins before the first year, or after the last day that a clock can tell, is kept as another day.
            Ok(moment) if moment.last_day.year() < 1 || moment.begin.0 >= Timestamp::MAX.as_second() * 1_000_000 => {
                problems.push(Problem::new("released", "A release lies between 0001-01-01 and 9999-12-30."));
                None
            }
            Ok(moment) => Some(Some(moment.begin)),
            Err(why) => {
                problems.push(Problem::new("released", why));
                None
            }
        },
    };
    if wish.step.is_some() && !is_ordered(field) {
        problems.push(Problem::new("act", "Versions are ordered by the day of their release."));
    }
    if problems.is_empty() { Ok(Values { name, description, owner, released }) } else { Err(Error::Invalid(problems)) }
}

fn cleaned(name: &str) -> String {
    name.trim().nfc().collect()
}

fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("It needs a name.".to_owned());
    }
    let bad = name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control);
    bad.then(|| format!("A name is one line of at most {LONGEST_NAME} characters."))
}

/// A name is given once, that of a component which is closed to the viewer as well: names are what forms, queries and
/// commands go by, and two of the same would lead tickets astray. That it can't be had is all that they are told then.
fn refuse_taken(tx: &Tx<'_>, viewer: &Viewer, field: &str, name: &str, but: Option<i64>) -> Result<()> {
    let folded = fold(name);
    let is_it = |row: &OptionRow| {
        row.field == field && row.retired_at.is_none() && Some(row.id) != but && fold(&row.name) == folded
    };
    if options::seen(tx, viewer)?.iter().any(is_it) {
        return Err(Error::invalid("name", format!("There is a {field} “{name}” already.")));
    }
    if options::all(tx)?.iter().any(is_it) {
        return Err(Error::invalid("name", format!("“{name}” can't be used as a name here.")));
    }
    Ok(())
}

fn refuse_retired(row: &OptionRow) -> Result<()> {
    if row.retired_at.is_none() {
        return Ok(());
    }
    Err(Error::conflict(format!("“{}” is retired. Restore it first.", row.name)))
}

pub(super) fn existing(db: &Connection, viewer: &Viewer, field: &str, id: i64) -> Result<OptionRow> {
    let found = options::seen(db, viewer)?.into_iter().find(|row| row.field == field && row.id == id);
    found.ok_or_else(|| Error::not_found(format!("There is no such {field}.")))
}

/// The ids that are offered, by rank.
fn in_order(db: &Connection, field: &str) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select id from field_option where field = ?1 and retired_at is null order by rank, id")?;
    Ok(statement.query_map([field], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn number(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let mut statement = tx.prepare_cached("update field_option set rank = ?2 where id = ?1 and rank <> ?2")?;
    for (at, id) in ids.iter().enumerate() {
        statement.execute((id, at as i64 + 1))?;
    }
    Ok(())
}

/// One step past a neighbour that the viewer knows of. False at the end of the list, where there is no further step.
fn move_by(tx: &Tx<'_>, viewer: &Viewer, field: &str, id: i64, step: Step) -> Result<bool> {
    let known: Vec<i64> = options::seen(tx, viewer)?.iter().map(|row| row.id).collect();
    let mut ids = in_order(tx, field)?;
    let Some(at) = ids.iter().position(|one| *one == id) else {
        return Ok(false);
    };
    let is_known = |place: &usize| known.contains(&ids[*place]);
    let to = match step {
        Step::Up => (0..at).rev().find(is_known),
        Step::Down => (at + 1..ids.len()).find(is_known),
    };
    let Some(to) = to else {
        return Ok(false);
    };
    let moved = ids.remove(at);
    ids.insert(to, moved);
    number(tx, &ids)?;
    Ok(true)
}

fn write_default(tx: &Tx<'_>, field: &str, id: Option<i64>) -> Result<()> {
    tx.execute("update field_option set is_default = 0 where field = ?1 and is_default = 1", [field])?;
    if let Some(id) = id {
        tx.execute("update field_option set is_default = 1 where id = ?1", [id])?;
    }
    Ok(())
}

/// Whether a ticket has it, or had it once: the history names it; or a text is for such tickets.
fn is_used(db: &Connection, field: &'static str, id: i64) -> Result<bool> {
    // The names of the fields are the names of their columns, and ours.
    let sql = format!(
        "select exists (select 1 from ticket where {field} = ?2)
             or exists (select 1 from ticket_value where field = ?1 and value = ?2)
             or exists (select 1 from ticket_text where type = ?2 or component = ?2)"
    );
    Ok(db.prepare_cached(&sql)?.query_row((field, id), |row| row.get(0))?)
}

/// What the audit log tells of an option: description, owner, release, whether new tickets get it, and its place.
fn words(db: &Connection, row: &OptionRow) -> Result<[String; 5]> {
    let owner: Option<String> = match row.owner {
        Some(owner) => db
            .prepare_cached("select login from person where id = ?1")?
            .query_row([owner], |row| row.get(0))
            .optional()?,
        None => None,
    };
    Ok([
        row.description.clone(),
        owner.unwrap_or_default(),
        row.released_at.map(Instant::iso).unwrap_or_default(),
        row.is_default.to_string(),
        row.rank.to_string(),
    ])
}

pub(super) fn record(tx: &Tx<'_>, kind: &'static str, field: &str, id: i64, changed: &[&str]) -> Result<()> {
    tell(tx, kind, field, id, changed, |event| event)
}

/// Records it with what the audit log shall tell beside the name of the option.
fn tell(
    tx: &Tx<'_>,
    kind: &'static str,
    field: &str,
    id: i64,
    changed: &[&str],
    more: impl FnOnce(NewEvent) -> NewEvent,
) -> Result<()> {
    let mut data = json!({ "field": field });
    if !changed.is_empty() {
        data["changed"] = Value::from(changed.to_vec());
    }
    if kind == "option.renamed" {
        // Search finds tickets by the names of their options.
        data["kinds"] = json!(["ticket"]);
    }
    let known: Option<(i64, String)> = tx
        .prepare_cached("select coalesce(acl, 1), name from field_option where id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (acl, name) = known.unwrap_or((DEFAULT_CLASS, String::new()));
    let event =
        NewEvent::new(kind, Resource::new("option", id), acl).data(data).saying("what", format!("{field} {name}"));
    tx.record(&more(event))?;
    Ok(())
}
