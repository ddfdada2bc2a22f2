//! Reading the event log for the timeline, and remembering when somebody looked last. Decides nothing.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::attachment;
use crate::base::component::Authors;
use crate::base::error::Result;
use crate::base::event::{self, Event};
use crate::base::project::called;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The first instant, and the first one no longer wanted.
    pub since: Instant,
    pub until: Instant,
    pub kinds: Vec<&'static str>,
    /// Kinds of resources whose files are wanted as well (row TL12).
    pub parents: Vec<&'static str>,
    /// Of these it is not known here who did them: all come, whoever is wanted.
    pub authored: Vec<&'static str>,
    /// Whose; none: everybody's.
    pub authors: Option<Authors>,
    pub not_authors: Authors,
}

/// An event and how the one who did it is called.
#[derive(Debug, Clone)]
pub struct Found {
    pub event: Event,
    pub author: String,
}

/// The newest events of the classes that this viewer sees, before (in that order) the one given.
pub fn events(
    db: &Connection,
    viewer: &Viewer,
    wanted: &Wanted,
    before: Option<(Instant, i64)>,
    limit: usize,
) -> Result<Vec<Found>> {
    let (last_at, last_id) = before.unwrap_or((Instant(wanted.until.0.saturating_sub(1)), i64::MAX));
    let joined = if viewer.person.is_some() { viewer.joined_classes.as_slice() } else { &[] };
    let mut statement = db.prepare_cached(&EVENTS)?;
    let rows = statement.query_map(
        named_params! {
            ":since": wanted.since,
            ":last_at": last_at,
            ":last_id": last_id,
            ":kinds": serde_json::to_string(&wanted.kinds)?,
            ":file_kinds": serde_json::to_string(attachment::EVENTS)?,
            ":parents": serde_json::to_string(&wanted.parents)?,
            ":acls": viewer.acls(),
            ":joined": serde_json::to_string(joined)?,
            ":person": viewer.person,
            ":authored": serde_json::to_string(&wanted.authored)?,
            ":authors": wanted.authors.as_ref().map(|authors| serde_json::to_string(&authors.people)).transpose()?,
            ":not_authors": serde_json::to_string(&wanted.not_authors.people)?,
            ":limit": limit as i64,
        },
        |row| {
            let (login, name): (Option<String>, Option<String>) = (row.get(13)?, row.get(14)?);
            Ok(Found { author: called(login.as_deref(), name.as_deref()), event: event::from_row(row)? })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether anything of that kind happened before the first instant that is wanted.
pub fn is_any_before(db: &Connection, viewer: &Viewer, wanted: &Wanted) -> Result<bool> {
    let earlier = Wanted { since: Instant(i64::MIN), until: wanted.since, ..wanted.clone() };
    Ok(!events(db, viewer, &earlier, None, 1)?.is_empty())
}

/// The index of time is named, since it bounds the work: no other way through the table may be taken.
static EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {}, person.login, person.display_name
    from event indexed by event_happened left join person on person.id = event.actor
    where happened_at >= :since and happened_at <= :last_at and (happened_at < :last_at or event.id < :last_id)
      and (event.kind in (select value from json_each(:kinds))
           or (event.kind in (select value from json_each(:file_kinds))
               and data ->> '$.parent[0]' in (select value from json_each(:parents))))
      and (event.acl in (select value from json_each(:acls))
           or (event.acl in (select value from json_each(:joined)) and exists (
               select 1 from participant where participant.person = :person
                 and ((participant.resource_kind = event.resource_kind and participant.resource_id = event.resource_id)
                      or (participant.resource_kind = data ->> '$.parent[0]'
                          and participant.resource_id = data ->> '$.parent[1]')))))
      and (event.kind in (select value from json_each(:authored))
           or ((:authors is null or coalesce(actor, 0) in (select value from json_each(:authors)))
               and coalesce(actor, 0) not in (select value from json_each(:not_authors))))
    order by happened_at desc, event.id desc limit :limit",
        event::COLUMNS
    )
});

/// The people of that login or display name, in any case; 0 for anonymous.
pub fn authors_called(db: &Connection, names: &[String]) -> Result<Authors> {
    let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
    let mut found = Vec::new();
    if folded.iter().any(|name| name == "anonymous") {
        found.push(0);
    }
    let mut statement = db.prepare_cached("select id, login, display_name from person")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (login, name): (String, String) = (row.get(1)?, row.get(2)?);
        if folded.contains(&fold(&login)) || folded.contains(&fold(&name)) {
            found.push(row.get(0)?);
        }
    }
    Ok(Authors { people: found, names: folded })
}

/// When an account looked at the timeline: the last time, and the time before that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub before: Option<Instant>,
    pub last: Instant,
}

pub fn seen(db: &Connection, account: &str) -> Result<Option<Seen>> {
    Ok(db
        .prepare_cached("select before_at, seen_at from timeline_visit where account = ?1")?
        .query_row([account], |row| Ok(Seen { before: row.get(0)?, last: row.get(1)? }))
        .optional()?)
}

pub fn save_seen(db: &Connection, account: &str, seen: Seen) -> Result<()> {
    db.prepare_cached(
        "insert into timeline_visit (account, before_at, seen_at) values (:account, :before, :last)
         on conflict (account) do update set before_at = :before, seen_at = :last",
    )?
    .execute(named_params! { ":account": account, ":before": seen.before, ":last": seen.last })?;
    Ok(())
}

/// The names of the filters that an account chose last, with blanks between them.
pub fn chosen(db: &Connection, account: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("select filters from timeline_choice where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?)
}

pub fn save_chosen(db: &Connection, account: &str, filters: &str) -> Result<()> {
    db.prepare_cached(
        "insert into timeline_choice (account, filters) values (?1, ?2)
         on conflict (account) do update set filters = ?2",
    )?
    .execute([account, filters])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::db::{Db, Schema};

    #[test]
    fn the_index_of_time_serves_the_timeline() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        let plan: Vec<String> = db
            .read(|db| {
                let mut statement = db.prepare(&format!("explain query plan {}", *EVENTS))?;
                let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
                Ok(statement.query_map(nothing, |row| row.get(3))?.collect::<rusqlite::Result<_>>()?)
            })
            .expect("a plan");
        assert!(plan[0].contains("event USING INDEX event_happened (happened_at>? AND happened_at<?)"), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
