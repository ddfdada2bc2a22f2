//! Reading the log: for administrators alone.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::{AFTER, BEFORE, NETWORK, WHAT, WHO};
use crate::base::error::{Error, Result};
use crate::base::time::Instant;
use crate::base::viewer::{Principal, TRAC_ADMIN, Viewer};

/// Somebody who may read a log.
#[derive(Debug, Clone, Copy)]
pub struct Auditor(());

impl Auditor {
    /// Of the site's log: who administers it. Nobody else learns that there is one.
    pub fn of_site(principal: &Principal) -> Result<Self> {
        if principal.administers() { Ok(Self(())) } else { Err(Error::not_found("There is no page at this address.")) }
    }

    /// Of a project's log: who administers the project, also when it is archived.
    pub fn of_project(viewer: &Viewer) -> Result<Self> {
        match Self::of_site(&viewer.principal) {
            Ok(auditor) => Ok(auditor),
            Err(_) => {
                viewer.require_to_see(TRAC_ADMIN, "There is no page at this address.")?;
                Ok(Self(()))
            }
        }
    }
}

/// What of a log is wanted. Empty: everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A login, as it was then.
    pub who: String,
    /// A kind, or the first part of some: `account` for all that was done with accounts.
    pub kind: String,
    pub since: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
}

/// A row as people read it. What was erased is none.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub recorded_at: Instant,
    pub kind: String,
    pub via: String,
    pub who: Option<String>,
    pub network: Option<String>,
    pub what: Option<String>,
    pub changes: Vec<Change>,
}

/// One thing that was said of it: with only an `after`, what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub name: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// A value was there and is erased.
    pub erased: bool,
}

const MATCHES: &str = "(:who = '' or id in (select audit from audit_value where name = 'who' and value = :who))
    and (:kind = '' or kind = :kind or kind glob :kind || '.*')
    and recorded_at >= :since and recorded_at < :until";

/// The rows that match, the newest first.
pub fn list(db: &Connection, _: Auditor, filter: &Filter, offset: usize, limit: usize) -> Result<Vec<Entry>> {
    let sql = format!(
        "select id, recorded_at, kind, via from audit where {MATCHES} order by id desc limit :limit offset :offset"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut entries = statement
        .query_map(
            named_params! {
                ":who": filter.who, ":kind": filter.kind, ":since": filter.since.unwrap_or_default(),
                ":until": filter.until.unwrap_or(Instant(i64::MAX)), ":limit": limit as i64, ":offset": offset as i64,
            },
            |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    recorded_at: row.get(1)?,
                    kind: row.get(2)?,
                    via: row.get(3)?,
                    who: None,
                    network: None,
                    what: None,
                    changes: Vec::new(),
                })
            },
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for entry in &mut entries {
        tell(db, entry)?;
    }
    Ok(entries)
}

/// Adds what was said.
fn tell(db: &Connection, entry: &mut Entry) -> Result<()> {
    let mut statement = db.prepare_cached("select name, value from audit_value where audit = ?1")?;
    let mut rows = statement.query([entry.id])?;
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (name, value): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let (said, is_before) = match (name.strip_prefix(BEFORE), name.strip_prefix(AFTER)) {
            (Some(said), _) => (said, true),
            (_, Some(said)) => (said, false),
            _ => match name.as_str() {
                WHO => {
                    entry.who = value;
                    continue;
                }
                NETWORK => {
                    entry.network = value;
                    continue;
                }
                WHAT => {
                    entry.what = value;
                    continue;
                }
                other => (other, false),
            },
        };
        let change = changes.entry(said.to_owned()).or_default();
        said.clone_into(&mut change.name);
        change.erased |= value.is_none();
        *(if is_before { &mut change.before } else { &mut change.after }) = value;
    }
    entry.changes = changes.into_values().collect();
    Ok(())
}

pub fn count(db: &Connection, _: Auditor, filter: &Filter) -> Result<usize> {
    let sql = format!("select count(*) from audit where {MATCHES}");
    let count: i64 = db.prepare_cached(&sql)?.query_row(
        named_params! {
            ":who": filter.who, ":kind": filter.kind, ":since": filter.since.unwrap_or_default(),
            ":until": filter.until.unwrap_or(Instant(i64::MAX)),
        },
        |row| row.get(0),
    )?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The kinds that are in the log.
pub fn kinds_in(db: &Connection, _: Auditor) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select distinct kind from audit order by kind")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Who did that last with what is called so, and when: of a setting, who changed it.
pub fn last_change(db: &Connection, _: Auditor, kind: &str, what: &str) -> Result<Option<(String, Instant)>> {
    Ok(db
        .prepare_cached(
            "select coalesce(who.value, ''), audit.recorded_at from audit_value as what
             join audit on audit.id = what.audit and audit.kind = ?1
             left join audit_value as who on who.audit = audit.id and who.name = 'who'
             where what.name = 'what' and what.value = ?2 order by audit.id desc limit 1",
        )?
        .query_row([kind, what], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}
