//! The tables of what a component is as a queue: who watches it, what its new tickets have, to whom it is open. Decides
//! nothing; whoever calls has found the component for their viewer.

use rusqlite::Connection;

use crate::auth::permissions::Subject;
use crate::base::error::Result;
use crate::base::project::Tx;

/// How somebody watches a component (row A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Is told of what is public.
    Cc,
    /// Is told of internal notes as well, and reads them.
    AdminCc,
}

impl Watch {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cc => "cc",
            Self::AdminCc => "admincc",
        }
    }
}

/// The logins of those who watch a component in that way, in order.
pub fn watchers(db: &Connection, component: i64, watch: Watch) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select login from component_watcher join person on person.id = person
         where component = ?1 and component_watcher.kind = ?2 order by login, person.id",
    )?;
    Ok(statement.query_map((component, watch.name()), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Whether that person reads the notes on tickets of that component.
pub fn watches_inside(db: &Connection, component: i64, person: i64) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from component_watcher where component = ?1 and person = ?2 and kind = 'admincc')",
        )?
        .query_row([component, person], |row| row.get(0))?)
}

/// Fields and what a new ticket has in them where nothing is typed, as it would be typed.
pub fn defaults(db: &Connection, component: i64) -> Result<Vec<(String, String)>> {
    let mut statement =
        db.prepare_cached("select field, value from component_default where component = ?1 order by field")?;
    Ok(statement.query_map([component], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

pub use crate::auth::path_rules::subjects;

pub(super) fn save_watchers(tx: &Tx<'_>, component: i64, watch: Watch, people: &[i64]) -> Result<()> {
    tx.prepare_cached("delete from component_watcher where component = ?1 and kind = ?2")?
        .execute((component, watch.name()))?;
    // Who is of both kinds is told of everything once.
    let mut statement = tx.prepare_cached(
        "insert into component_watcher (component, person, kind) values (?1, ?2, ?3)
         on conflict (component, person) do update set kind = 'admincc'",
    )?;
    for person in people {
        statement.execute((component, person, watch.name()))?;
    }
    Ok(())
}

pub(super) fn save_defaults(tx: &Tx<'_>, component: i64, defaults: &[(String, String)]) -> Result<()> {
    tx.prepare_cached("delete from component_default where component = ?1")?.execute([component])?;
    let mut statement =
        tx.prepare_cached("insert into component_default (component, field, value) values (?1, ?2, ?3)")?;
    for (field, value) in defaults {
        statement.execute((component, field, value))?;
    }
    Ok(())
}

pub(super) fn save_subjects(tx: &Tx<'_>, acl: i64, subjects: &[Subject]) -> Result<()> {
    tx.prepare_cached("delete from acl_subject where acl = ?1")?.execute([acl])?;
    let mut statement = tx.prepare_cached(
        "insert or ignore into acl_subject (acl, subject_kind, subject, label) values (?1, ?2, ?3, ?4)",
    )?;
    for subject in subjects {
        statement.execute((acl, subject.kind(), subject.key(), subject.label()))?;
    }
    Ok(())
}

/// Before a component that no ticket ever had is deleted.
pub(super) fn forget(tx: &Tx<'_>, component: i64) -> Result<()> {
    tx.prepare_cached("delete from component_watcher where component = ?1")?.execute([component])?;
    tx.prepare_cached("delete from component_default where component = ?1")?.execute([component])?;
    Ok(())
}
