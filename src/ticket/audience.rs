//! Who is told of a change of a ticket: whoever takes part in it, watches its component, or is named in what was written; never
//! whoever makes the change, and nobody who may not see the ticket. The preview of a submit shows it; mail asks here, too.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::TICKET_VIEW;
use super::fields::LARGEST_TEXT;
use super::merge;
use super::plan::{Plan, Planner};
use super::store::Ticket;
use super::values::{Newcomer, People, Value, Values};
use crate::auth::{self, accounts, permissions};
use crate::base::error::Result;
use crate::base::link;
use crate::base::markup::{Flavour, Here};
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::site::{ProjectRow, Site};
use crate::base::viewer::{Credential, DEFAULT_CLASS, Viewer};
use crate::web::text::options;

/// Why somebody is told, the strongest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    Reporter,
    Owner,
    Cc,
    /// Watches the component.
    Watcher,
    /// Has reported what was merged into the ticket, or is on its Cc list.
    Merged,
    /// Named as `@kim` in what was just written.
    Mentioned,
}

impl Why {
    pub fn words(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::Owner => "owner",
            Self::Cc => "Cc",
            Self::Watcher => "watches the component",
            Self::Merged => "follows a ticket that was merged into this one",
            Self::Mentioned => "mentioned",
        }
    }
}

/// Of what the audience is asked for.
pub struct Asked<'a> {
    pub db: &'a Connection,
    pub site: &'a Site,
    pub project: &'a Project,
    pub row: &'a ProjectRow,
    /// The access class of the ticket.
    pub acl: i64,
    /// The values before the change, none for a new ticket, and after it: whoever is taken off a list hears of that.
    pub before: Option<&'a Values>,
    pub after: &'a Values,
    /// Those who follow what was merged into the ticket (`merge::followers`).
    pub merged: &'a [i64],
    /// The people whom the texts of the change name ([`mentioned`]).
    pub mentioned: &'a [i64],
    /// Whoever makes the change; none for anonymous.
    pub actor: Option<&'a Value>,
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// None: somebody whom the project will know only when the change is saved.
    pub person: Option<i64>,
    /// The name or address of a newcomer.
    pub name: String,
    /// Why, the strongest reason first.
    pub why: Vec<Why>,
}

/// What a plan would tell, as its preview shows it.
pub(super) fn of_plan(
    planner: &Planner<'_>,
    row: &ProjectRow,
    ticket: Option<&Ticket>,
    plan: &Plan,
) -> Result<Vec<Shown>> {
    let Planner { db, site, project, viewer, .. } = *planner;
    if plan.changes_nothing() {
        return Ok(Vec::new());
    }
    let id = ticket.map_or(0, |ticket| ticket.row.id);
    let texts = (plan.before.text("description"), plan.after.text("description"));
    let mentioned = mentioned(db, site, project, id, &plan.comment, texts)?;
    let merged = merge::followers(db, viewer, id)?;
    let told = audience(&Asked {
        db,
        site,
        project,
        row,
        acl: ticket.map_or(DEFAULT_CLASS, |ticket| ticket.row.acl),
        before: ticket.map(|ticket| &ticket.values),
        after: &plan.after,
        merged: &merged,
        mentioned: &mentioned,
        actor: planner.actor.as_ref(),
    })?;
    shown(db, viewer, &told)
}

/// Everybody who is told, in the order of their strongest reason.
pub fn audience(asked: &Asked<'_>) -> Result<Vec<Told>> {
    let mut people: BTreeMap<i64, Vec<Why>> = BTreeMap::new();
    let mut newcomers: Vec<Told> = Vec::new();
    let mut add = |person: i64, why: Why| {
        let reasons = people.entry(person).or_default();
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    };
    for (field, why) in [("reporter", Why::Reporter), ("owner", Why::Owner), ("cc", Why::Cc)] {
        for values in asked.before.into_iter().chain([asked.after]) {
            for value in values.get(field) {
                match value {
                    own if Some(own) == asked.actor => {}
                    Value::Id(person) => add(*person, why),
                    Value::Newcomer(newcomer) => newcomers.extend(told_newcomer(newcomer, why, asked.acl)),
                    Value::Text(_) => {}
                }
            }
        }
    }
    let components: Vec<i64> =
        asked.before.into_iter().chain([asked.after]).filter_map(|values| values.id("component")).collect();
    for person in watchers(asked.db, &components)? {
        add(person, Why::Watcher);
    }
    for person in asked.merged {
        add(*person, Why::Merged);
    }
    for person in asked.mentioned {
        add(*person, Why::Mentioned);
    }
    let mut told = Vec::new();
    for (person, mut why) in people {
        why.sort();
        if asked.actor != Some(&Value::Id(person)) && may_see(asked, person, &why)? {
            told.push(Told { person: Some(person), name: String::new(), why });
        }
    }
    for newcomer in newcomers {
        if !told.iter().any(|known| known.person.is_none() && known.name == newcomer.name) {
            told.push(newcomer);
        }
    }
    told.sort_by_key(|told| (told.why.first().copied(), told.person));
    Ok(told)
}

/// An account is looked at once it is a person of the project; an address is told as soon as it stands on the ticket.
fn told_newcomer(newcomer: &Newcomer, why: Why, acl: i64) -> Option<Told> {
    let name = match newcomer {
        Newcomer::Account { display_name, login, .. } if display_name.is_empty() => login,
        Newcomer::Account { display_name, .. } => display_name,
        Newcomer::Address(address) if address.contains('@') => address,
        Newcomer::Address(_) => return None,
    };
    (acl == DEFAULT_CLASS).then(|| Told { person: None, name: name.clone(), why: vec![why] })
}

fn watchers(db: &Connection, components: &[i64]) -> Result<Vec<i64>> {
    if components.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "select distinct person from component_watcher where component in (select value from json_each(?1)) order by person",
    )?;
    let rows = statement.query_map([serde_json::to_string(components)?], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether somebody may see the ticket as it is after the change. Who has no account is asked for nothing but to be reachable,
/// and to stand on the ticket where its class asks for that.
fn may_see(asked: &Asked<'_>, person: i64, why: &[Why]) -> Result<bool> {
    let Asked { db, site, project, row, acl, .. } = *asked;
    let takes_part = why.iter().any(|why| matches!(why, Why::Reporter | Why::Owner | Why::Cc));
    let found: Option<(String, Option<String>, String)> = db
        .prepare_cached("select kind, uuid, login from person where id = ?1")?
        .query_row([person], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((kind, uuid, login)) = found else { return Ok(false) };
    if kind == "address" {
        let joins = || -> Result<bool> {
            let mut statement = db.prepare_cached("select participants from acl where id = ?1")?;
            Ok(statement.query_row([acl], |row| row.get::<_, bool>(0)).optional()?.unwrap_or(false))
        };
        return Ok(login.contains('@') && (acl == DEFAULT_CLASS || (takes_part && joins()?)));
    }
    let Some(uuid) = uuid.filter(|_| kind == "account") else { return Ok(false) };
    let Some(account) = site.read(|db| accounts::by_uuid(db, &uuid))?.filter(|account| !account.disabled) else {
        return Ok(false);
    };
    let principal = std::sync::Arc::new(auth::principal(site, &account, Credential::OperatorAs)?);
    let viewer = permissions::enter_with(db, project, row, &principal)?;
    Ok(viewer.is_some_and(|viewer| {
        viewer.may(TICKET_VIEW) && (viewer.sees_class(acl) || (takes_part && viewer.joined_classes.contains(&acl)))
    }))
}

/// The people of the project whom a comment names as `@kim`, and those whom a description names that its old text did not. A
/// text that is too long names nobody: it is refused anyway.
pub fn mentioned(
    db: &Connection,
    site: &Site,
    project: &Project,
    ticket: i64,
    comment: &str,
    (old, new): (&str, &str),
) -> Result<Vec<i64>> {
    let mut people = if old == new { Vec::new() } else { named(db, site, project, ticket, new)? };
    if !people.is_empty() {
        let known = named(db, site, project, ticket, old)?;
        people.retain(|person| !known.contains(person));
    }
    people.extend(named(db, site, project, ticket, comment)?);
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

fn named(db: &Connection, site: &Site, project: &Project, ticket: i64, text: &str) -> Result<Vec<i64>> {
    if !text.contains('@') || text.len() > LARGEST_TEXT {
        return Ok(Vec::new());
    }
    let compiled = project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    let here = Here { resource: Resource::new("ticket", ticket), name: ticket.to_string() };
    let mut statement = db.prepare_cached(
        "select id from person where kind = 'account' and login = ?1 collate nocase order by id desc limit 1",
    )?;
    let mut people = Vec::new();
    for (target, _) in
        link::of(&compiled, site.vocabulary(), &here).iter().filter(|(target, _)| target.kind == "person")
    {
        let found: Option<i64> = statement.query_row([&target.key], |row| row.get(0)).optional()?;
        people.extend(found);
    }
    Ok(people)
}

/// Somebody who is told, in words for a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub name: String,
    pub why: String,
}

/// The same by names as this viewer may read them.
pub fn shown(db: &Connection, viewer: &Viewer, told: &[Told]) -> Result<Vec<Shown>> {
    let people = People::load(db, told.iter().filter_map(|told| told.person))?.shown_to(viewer);
    Ok(told
        .iter()
        .map(|told| Shown {
            name: match told.person {
                Some(person) => people.called(Some(person)),
                None => viewer.shown_name(&told.name),
            },
            why: told.why.iter().map(|why| why.words()).collect::<Vec<_>>().join(", "),
        })
        .collect())
}
