//! Keeps the index up to date: hears of every event and reads what it touched again, each thing once.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::index::{self, Standing};
use super::touched::Touched;
use crate::base::error::Result;
use crate::base::event::{Event, Followed, Follower};
use crate::base::project::Project;

pub const NAME: &str = "search";
/// Recorded by who wants the index built anew and is not the process that follows the project.
pub const REBUILD: &str = "search.rebuild";
/// After so many events that hold nothing for the index it is committed all the same, so that a restart need not hear
/// them again.
const QUIET: i64 = 2_000;

pub struct SearchFollower;

impl Follower for SearchFollower {
    fn name(&self) -> &'static str {
        NAME
    }

    fn follow(&self, project: &Project, events: &[Event]) -> Result<Followed> {
        take(project, events).map(|()| Followed::All)
    }

    fn position(&self, project: &Project) -> Result<Option<i64>> {
        Ok(Some(match index::standing(project)? {
            Standing::Sound(position) => position,
            Standing::Missing | Standing::Unsound(_) => 0,
        }))
    }
}

/// Brings the index up to the last of some events.
fn take(project: &Project, events: &[Event]) -> Result<()> {
    let position = match index::standing(project)? {
        Standing::Sound(position) => position,
        Standing::Missing => return rebuild(project).map(drop),
        Standing::Unsound(reason) => {
            log::warn!("{}: the search index must be built anew: {reason}", project.id());
            return rebuild(project).map(drop);
        }
    };
    // A crash between the commit of the index and that of the position has us hear events twice.
    let new: Vec<&Event> = events.iter().filter(|event| event.id > position).collect();
    let Some(last) = new.last().map(|event| event.id) else {
        return Ok(());
    };
    if new.iter().any(|event| event.kind == REBUILD) {
        return rebuild(project).map(drop);
    }
    let mut touched = Touched::default();
    for event in &new {
        touched.add(project.components(), &event.resource, &event.data);
    }
    project.read(|db| touched.add_files(db, project.components()))?;
    if touched.is_empty() && !index::is_due(project, last, QUIET) {
        index::pass_over(project, last);
        return Ok(());
    }
    let parked = project.read(|db| parked(db, new[0].id, last))?;
    let still_bad = write(project, &touched, last, &parked)?;
    unpark(project, &parked, &still_bad)
}

/// Builds the index anew, says so in the log, and forgets what was given up before.
pub fn rebuild(project: &Project) -> Result<u64> {
    let count = index::rebuild(project)?;
    log::info!("{}: the search index was built anew with {count} documents", project.id());
    project.db().write(|db| Ok(db.execute("delete from parked_event where follower = ?1", [NAME])?))?;
    Ok(count)
}

/// Brings the index up to `last`. Things that only parked events name may fail: they were tried often enough. Returns them.
fn write(project: &Project, touched: &Touched, last: i64, parked: &BTreeSet<i64>) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    index::write(project, last, |batch| {
        project.read(|db| {
            for resource in touched.resources() {
                let Some(component) = project.components().of_kind(&resource.kind) else { continue };
                match component.document(db, resource) {
                    Ok(Some(document)) => batch.replace(&document)?,
                    Ok(None) => batch.remove(resource),
                    Err(error) if !parked.is_empty() => {
                        log::error!("{}: {resource} can't be searched: {error}", project.id());
                        failed.push(resource.to_string());
                        batch.remove(resource);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })?;
        for kind in touched.kinds() {
            batch.remove_kind(kind);
            index::every_document(project, kind, |document| batch.replace(&document))?;
        }
        Ok(())
    })?;
    Ok(failed)
}

/// The events among these that were given up before: the index never got past them, so they come again.
fn parked(db: &Connection, first: i64, last: i64) -> Result<BTreeSet<i64>> {
    let mut statement =
        db.prepare_cached("select event from parked_event where follower = ?1 and event between ?2 and ?3")?;
    let events = statement.query_map((NAME, first, last), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(events)
}

/// An event that was parked because the disk was full, say, is none to worry about once the index holds it.
fn unpark(project: &Project, parked: &BTreeSet<i64>, still_bad: &[String]) -> Result<()> {
    if parked.is_empty() || !still_bad.is_empty() {
        return Ok(());
    }
    project.db().write(|db| {
        for event in parked {
            db.execute("delete from parked_event where follower = ?1 and event = ?2", (NAME, event))?;
        }
        Ok(())
    })
}
