//! Reading the event log for the timeline, and remembering when somebody looked last. Decides nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, ToSql, named_params};

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
    /// The parts that are wanted of what a component's first filter stands for; empty: all (row V23).
    pub parts: Vec<String>,
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
    let joined = viewer.person.map_or(&[][..], |_| viewer.joined_classes.as_slice());
    let people = |authors: &Authors| serde_json::to_string(&authors.people);
    let (authors, not_authors) = (wanted.authors.as_ref().map(people).transpose()?, people(&wanted.not_authors)?);
    let limit = limit as i64;
    let mut bound: Vec<(&str, &dyn ToSql)> =
        vec![(":since", &wanted.since), (":last_at", &last_at), (":last_id", &last_id), (":limit", &limit)];
    if !joined.is_empty() {
        bound.push((":person", &viewer.person));
    }
    if narrows(wanted) {
        bound.extend([(":authors", &authors as &dyn ToSql), (":not_authors", &not_authors)]);
    }
    let mut statement = db.prepare_cached(&events_sql(wanted, &viewer.classes, joined))?;
    let events = statement.query_map(bound.as_slice(), event::from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    // Each person once: few people do most of what happens.
    let mut names = HashMap::new();
    for event in &events {
        if let Entry::Vacant(unknown) = names.entry(event.actor) {
            unknown.insert(name_of(db, event.actor)?);
        }
    }
    let named = |event: Event| Found { author: names.get(&event.actor).cloned().unwrap_or_default(), event };
    Ok(events.into_iter().map(named).collect())
}

fn name_of(db: &Connection, person: Option<i64>) -> Result<String> {
    let mut statement = db.prepare_cached("select login, display_name from person where id = ?1")?;
    let row: Option<(String, String)> =
        statement.query_row([person], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(match row {
        Some((login, name)) => called(Some(&login), Some(&name)),
        None => called(None, None),
    })
}

/// Whether anything of that kind happened before the first instant that is wanted.
pub fn is_any_before(db: &Connection, viewer: &Viewer, wanted: &Wanted) -> Result<bool> {
    let earlier = Wanted { since: Instant(i64::MIN), until: wanted.since, ..wanted.clone() };
    Ok(!events(db, viewer, &earlier, None, 1)?.is_empty())
}

/// Whether only some people's doings are wanted.
fn narrows(wanted: &Wanted) -> bool {
    wanted.authors.is_some() || !wanted.not_authors.people.is_empty()
}

/// The index of time is named, since it bounds the work: no other way through the table may be taken. Kinds and classes, which
/// are names and numbers of ours, stand in it themselves: as lists that are bound they would cost as much as the events. What
/// asks for nothing is left out, with what would be bound in it.
fn events_sql(wanted: &Wanted, classes: &[i64], joined: &[i64]) -> String {
    let columns = event::COLUMNS;
    let kinds = names(&wanted.kinds);
    let (file_kinds, parents) = (names(attachment::EVENTS), names(&wanted.parents));
    let classes = numbers(classes);
    let taking_part = match joined {
        [] => String::new(),
        joined => format!(
            "or (event.acl in ({}) and exists (
               select 1 from participant where participant.person = :person
                 and ((participant.resource_kind = event.resource_kind and participant.resource_id = event.resource_id)
                      or (participant.resource_kind = data ->> '$.parent[0]'
                          and participant.resource_id = data ->> '$.parent[1]'))))",
            numbers(joined)
        ),
    };
    let by_whom = match narrows(wanted) {
        false => String::new(),
        true => format!(
            "and (event.kind in ({})
              or ((:authors is null or coalesce(actor, 0) in (select value from json_each(:authors)))
                  and coalesce(actor, 0) not in (select value from json_each(:not_authors))))",
            names(&wanted.authored)
        ),
    };
    format!(
        "select {columns} from event indexed by event_happened
         where happened_at >= :since and happened_at <= :last_at and (happened_at < :last_at or event.id < :last_id)
           and (event.kind in ({kinds})
                or (event.kind in ({file_kinds}) and data ->> '$.parent[0]' in ({parents})))
           and (event.acl in ({classes}) {taking_part})
           {by_whom}
         order by happened_at desc, event.id desc limit :limit"
    )
}

/// Names of ours as a list of SQL.
fn names(names: &[&'static str]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

fn numbers(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

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
        let wanted = Wanted {
            kinds: vec!["page.saved"],
            parents: vec!["page"],
            authors: Some(Authors::default()),
            ..Wanted::default()
        };
        let plan: Vec<String> = db
            .read(|db| {
                let sql = events_sql(&wanted, &[1, 2], &[3]);
                let mut statement = db.prepare(&format!("explain query plan {sql}"))?;
                let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
                Ok(statement.query_map(nothing, |row| row.get(3))?.collect::<rusqlite::Result<_>>()?)
            })
            .expect("a plan");
        assert!(plan[0].contains("event USING INDEX event_happened (happened_at>? AND happened_at<?)"), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
