//! The one way to change milestones, whoever asks: form, JSON, command, import.
//!
//! Tickets belong to a room above this one. When a milestone is completed or deleted, its event says where its tickets go
//! (`retarget`), and the tickets' own component moves them inside the same transaction (rows M08, M09).

use rusqlite::Connection;
use serde_json::{Value, json};

use super::due::{self, Clock};
use super::name::MilestoneName;
use super::store::{self, MilestoneRow};
use super::{MILESTONE_CREATE, MILESTONE_DELETE, MILESTONE_MODIFY, MILESTONE_VIEW, NO_MILESTONE};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::link;
use crate::base::markup::{Compiled, Flavour, Here};
use crate::base::project::{Act, Project, Said, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::form::shortened;
use crate::web::text::options;

/// The largest description (DESIGN 11).
pub const LARGEST_TEXT: usize = 1024 * 1024;

/// What somebody wants of a milestone. What is None stays as it is, or as it begins.
#[derive(Debug, Clone, Default)]
pub struct Wish<'a> {
    pub name: Option<&'a str>,
    /// `2026-12-31`; empty for none.
    pub due: Option<&'a str>,
    /// As [`due::completed`] reads it; empty or `no` for not completed.
    pub completed: Option<&'a str>,
    pub description: Option<&'a str>,
    /// Whether new tickets get it.
    pub is_default: Option<bool>,
    /// If this completes it: the name of the milestone to which its open tickets move. None or empty: they stay.
    pub retarget: Option<&'a str>,
    /// What is said on these tickets; None or empty: that their milestone was completed.
    pub remark: Option<&'a str>,
}

/// What a wish comes to, every part of it checked.
struct Values {
    name: MilestoneName,
    due: Option<String>,
    completed_at: Option<Instant>,
    description: String,
}

/// Makes a milestone. Returns its row.
pub fn create(site: &Site, project: &Project, by: Act<'_>, wish: &Wish<'_>) -> Result<MilestoneRow> {
    by.viewer.require_to_see(MILESTONE_VIEW, NO_MILESTONE)?;
    by.viewer.require(MILESTONE_CREATE)?;
    let clock = project.read(Clock::of)?;
    let values = checked(&MilestoneRow::default(), &Wish { name: wish.name.or(Some("")), ..wish.clone() }, &clock)?;
    let compiled = compiled(site, project, &values.description)?;
    project.write(by, |tx| {
        refuse_taken(tx, &values.name, None)?;
        let mut row = MilestoneRow {
            id: 0,
            name: values.name.as_str().to_owned(),
            folded: values.name.folded().to_owned(),
            description: values.description,
            due: values.due,
            completed_at: values.completed_at,
            is_default: false,
            acl: DEFAULT_CLASS,
            author: tx.actor(),
            created_at: tx.now(),
            changed_at: tx.now(),
        };
        row.id = store::insert(tx, &row)?;
        if wish.is_default == Some(true) {
            store::set_default(tx, Some(row.id))?;
            row.is_default = true;
        }
        save_links(site, tx, &row, &compiled)?;
        record(tx, "milestone.created", &row, json!({}))?;
        if row.completed_at.is_some() {
            record(tx, "milestone.completed", &row, json!({ "retarget": Value::Null, "open_only": true }))?;
        }
        Ok(row)
    })
}

/// Changes a milestone. `seen` is its [`MilestoneRow::changed_at`] in microseconds as the writer saw it; if somebody was
/// faster it is a conflict. Returns the row as it is then; nothing is recorded where nothing changed.
pub fn change(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    id: i64,
    seen: Option<i64>,
    wish: &Wish<'_>,
) -> Result<MilestoneRow> {
    by.viewer.require_to_see(MILESTONE_VIEW, NO_MILESTONE)?;
    let (old, clock) = project.read(|db| Ok((existing(db, by.viewer, id)?, Clock::of(db)?)))?;
    by.viewer.require(MILESTONE_MODIFY)?;
    refuse_stale(&old, seen)?;
    let values = checked(&old, wish, &clock)?;
    let compiled = compiled(site, project, &values.description)?;
    let said = said(site, project, wish.remark)?;
    project.write(by, |tx| {
        let old = existing(tx, by.viewer, id)?;
        refuse_stale(&old, seen)?;
        // Between the check and now somebody may have changed what this wish leaves alone.
        let new = MilestoneRow {
            name: if wish.name.is_some() { values.name.as_str().to_owned() } else { old.name.clone() },
            folded: if wish.name.is_some() { values.name.folded().to_owned() } else { old.folded.clone() },
            due: if wish.due.is_some() { values.due } else { old.due.clone() },
            completed_at: if wish.completed.is_some() { values.completed_at } else { old.completed_at },
            description: if wish.description.is_some() { values.description } else { old.description.clone() },
            is_default: wish.is_default.unwrap_or(old.is_default),
            // Two changes within a microsecond are still two.
            changed_at: tx.now().max(Instant(old.changed_at.0 + 1)),
            ..old.clone()
        };
        said.into_iter().for_each(|said| tx.say(said));
        write(site, tx, by.viewer, &old, new, wish.description.is_some().then_some(&*compiled), wish.retarget)
    })
}

/// Puts another description in place of that of a milestone, within a transaction that does more. Returns its row as it is
/// then.
pub fn describe(site: &Site, tx: &Tx<'_>, viewer: &Viewer, id: i64, seen: i64, text: &str) -> Result<MilestoneRow> {
    viewer.require(MILESTONE_MODIFY)?;
    let old = existing(tx, viewer, id)?;
    refuse_stale(&old, Some(seen))?;
    let new = MilestoneRow {
        description: text.to_owned(),
        changed_at: tx.now().max(Instant(old.changed_at.0 + 1)),
        ..old.clone()
    };
    let compiled = compiled(site, tx.project(), text)?;
    write(site, tx, viewer, &old, new, Some(&*compiled), None)
}

fn write(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    old: &MilestoneRow,
    new: MilestoneRow,
    compiled: Option<&Compiled>,
    retarget: Option<&str>,
) -> Result<MilestoneRow> {
    let renamed = new.name != old.name;
    let completes = new.completed_at.is_some() && old.completed_at.is_none();
    let reopens = new.completed_at.is_none() && old.completed_at.is_some();
    let fields: Vec<&str> = [
        ("due", new.due != old.due),
        ("completed", new.completed_at != old.completed_at && !completes && !reopens),
        ("description", new.description != old.description),
        ("default", new.is_default != old.is_default),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect();
    if !renamed && !completes && !reopens && fields.is_empty() {
        return Ok(old.clone());
    }
    let target = if completes { target(tx, viewer, old.id, retarget)? } else { None };
    if renamed {
        rename(tx, old, &new)?;
    }
    store::update(tx, &new)?;
    if new.is_default != old.is_default {
        store::set_default(tx, new.is_default.then_some(new.id))?;
    }
    if let Some(compiled) = compiled {
        save_links(site, tx, &new, compiled)?;
    }
    if renamed {
        let mut also = files(tx, new.id)?;
        also.extend(store::ticket_ids(tx, new.id)?.into_iter().map(|ticket| ("ticket", ticket)));
        record(tx, "milestone.renamed", &new, json!({ "also": also }))?;
    }
    if !fields.is_empty() {
        record(tx, "milestone.changed", &new, json!({ "fields": fields }))?;
    }
    if completes {
        let retarget = target.map(|target| target.id);
        record(tx, "milestone.completed", &new, json!({ "retarget": retarget, "open_only": true }))?;
    }
    if reopens {
        record(tx, "milestone.reopened", &new, json!({}))?;
    }
    Ok(new)
}

fn rename(tx: &Tx<'_>, old: &MilestoneRow, new: &MilestoneRow) -> Result<()> {
    let name = MilestoneName::parse(&new.name, "name")?;
    refuse_taken(tx, &name, Some(old.id))?;
    if old.folded != new.folded {
        store::keep_former_name(tx, old)?;
    }
    store::forget_former_name(tx, &new.folded)
}

/// Takes a milestone away; its tickets go to the milestone of that name, or lose theirs if it is empty (row M09).
pub fn delete(project: &Project, by: Act<'_>, id: i64, seen: Option<i64>, retarget: Option<&str>) -> Result<()> {
    by.viewer.require_to_see(MILESTONE_VIEW, NO_MILESTONE)?;
    project.write(by, |tx| {
        let row = existing(tx, by.viewer, id)?;
        by.viewer.require(MILESTONE_DELETE)?;
        refuse_stale(&row, seen)?;
        let target = target(tx, by.viewer, id, retarget)?.map(|target| target.id);
        let also = files(tx, id)?;
        store::mark_deleted(tx, id, tx.now())?;
        record(tx, "milestone.deleted", &row, json!({ "retarget": target, "also": also }))
    })
}

/// Makes a milestone that of new tickets, or none.
pub fn set_default(project: &Project, by: Act<'_>, id: Option<i64>) -> Result<()> {
    by.viewer.require_to_see(MILESTONE_VIEW, NO_MILESTONE)?;
    project.write(by, |tx| {
        let row = id.map(|id| existing(tx, by.viewer, id)).transpose()?;
        by.viewer.require(MILESTONE_MODIFY)?;
        let old = store::list(tx, by.viewer)?.into_iter().find(|row| row.is_default);
        if old.as_ref().map(|old| old.id) == id {
            return Ok(());
        }
        store::set_default(tx, id)?;
        for row in row.iter().chain(&old) {
            record(tx, "milestone.changed", row, json!({ "fields": ["default"] }))?;
        }
        Ok(())
    })
}

fn existing(db: &Connection, viewer: &Viewer, id: i64) -> Result<MilestoneRow> {
    store::by_id(db, viewer, id)?.ok_or_else(|| Error::not_found(NO_MILESTONE))
}

/// Everything that is wrong with a wish, or what it comes to.
fn checked(old: &MilestoneRow, wish: &Wish<'_>, clock: &Clock) -> Result<Values> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut keep = |error: Error| match error {
        Error::Invalid(more) => {
            problems.extend(more);
            Ok(())
        }
        other => Err(other),
    };
    let name = match MilestoneName::parse(wish.name.unwrap_or(&old.name), "name") {
        Ok(name) => Some(name),
        Err(error) => keep(error).map(|()| None)?,
    };
    let due = match wish.due.map(|written| due::due(written, "due")).transpose() {
        Ok(due) => due.flatten().map(|date| date.to_string()),
        Err(error) => keep(error).map(|()| None)?,
    };
    let completed = wish.completed.map(|written| due::completed(written, "completed", old.completed_at, clock));
    let completed_at = match completed.transpose() {
        Ok(completed) => completed.unwrap_or(old.completed_at),
        Err(error) => keep(error).map(|()| None)?,
    };
    let description = wish.description.unwrap_or(&old.description);
    if description.len() > LARGEST_TEXT {
        let bytes = description.len();
        problems.push(Problem::new(
            "description",
            format!("The text has {bytes} bytes; a description holds at most 1 MiB (1,048,576 bytes)."),
        ));
    }
    if let Some(remark) = wish.remark.filter(|remark| remark.len() > LARGEST_TEXT) {
        let bytes = remark.len();
        problems.push(Problem::new(
            "remark",
            format!("The comment has {bytes} bytes; it holds at most 1 MiB (1,048,576 bytes)."),
        ));
    }
    let moves = wish.retarget.is_some_and(|target| !target.is_empty());
    if !moves && wish.remark.is_some_and(|remark| !remark.trim().is_empty()) {
        problems.push(Problem::new("remark", "This stands on tickets that move on: say where they go, too."));
    }
    let completes = completed_at.is_some() && old.completed_at.is_none() && old.id != 0;
    if moves && !completes && problems.is_empty() {
        problems.push(Problem::new("retarget", "Open tickets move on when a milestone is being completed."));
    }
    match name.filter(|_| problems.is_empty()) {
        Some(name) => Ok(Values { name, due, completed_at, description: description.to_owned() }),
        None => Err(Error::Invalid(problems)),
    }
}

fn refuse_taken(db: &Connection, name: &MilestoneName, own: Option<i64>) -> Result<()> {
    let other = store::find_unseen(db, name.folded())?.filter(|other| Some(other.id) != own);
    match other {
        Some(_) => Err(Error::invalid("name", format!("There is a milestone “{}” already.", name.as_str()))),
        None => Ok(()),
    }
}

fn refuse_stale(row: &MilestoneRow, seen: Option<i64>) -> Result<()> {
    match seen {
        Some(seen) if seen != row.changed_at.0 => Err(Error::conflict(format!(
            "Somebody has changed “{}” since you looked. Nothing of yours is saved yet: please compare and save again.",
            row.name
        ))),
        _ => Ok(()),
    }
}

/// The milestone that takes tickets over.
fn target(db: &Connection, viewer: &Viewer, own: i64, written: Option<&str>) -> Result<Option<MilestoneRow>> {
    let Some(written) = written.filter(|written| !written.trim().is_empty()) else {
        return Ok(None);
    };
    let missing = || Error::invalid("retarget", format!("There is no milestone “{}”.", shortened(written)));
    let name = MilestoneName::parse(written, "retarget").map_err(|_| missing())?;
    let target = store::meant(db, viewer, name.folded())?.ok_or_else(missing)?;
    if target.id == own {
        return Err(Error::invalid("retarget", "Its tickets can't move to the milestone that they are in."));
    }
    Ok(Some(target))
}

fn compiled(site: &Site, project: &Project, text: &str) -> Result<std::sync::Arc<Compiled>> {
    project.cache().compiled(text, Flavour::Page, site.vocabulary(), &options(site, project)?)
}

/// What is said on the tickets that move on.
fn said(site: &Site, project: &Project, remark: Option<&str>) -> Result<Option<Said>> {
    let Some(text) = remark.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let compiled = project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    Ok(Some(Said { text: text.to_owned(), compiled }))
}

fn save_links(site: &Site, tx: &Tx<'_>, row: &MilestoneRow, compiled: &Compiled) -> Result<()> {
    let here = Here { resource: Resource::new("milestone", row.id), name: row.name.clone() };
    link::replace(tx, &here.resource, "", row.acl, &link::of(compiled, site.vocabulary(), &here))
}

/// The attachments of a milestone: what else a change of it concerns.
fn files(tx: &Tx<'_>, id: i64) -> Result<Vec<(&'static str, i64)>> {
    Ok(store::attachment_ids(tx, id)?.into_iter().map(|file| ("attachment", file)).collect())
}

fn record(tx: &Tx<'_>, kind: &'static str, row: &MilestoneRow, data: Value) -> Result<()> {
    tx.record(&NewEvent::new(kind, Resource::new("milestone", row.id), row.acl).data(data).saying("what", &row.name))?;
    Ok(())
}
