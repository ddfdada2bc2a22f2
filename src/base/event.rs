//! The event log: everything that happened, written in the transaction that did it (DESIGN 1.3), and those who follow it.
//!
//! A follower reads events in the order of their ids, from its own position in the database, and must bear to see one
//! twice. One that fails on an event is tried again with growing pauses; after five failures the event is parked, shown on
//! the health page, and the follower goes on.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde_json::Value;

use super::audit::{self, Told};
use super::db::Schema;
use super::error::Result;
use super::news::Happening;
use super::project::Project;
use super::resource::Resource;
use super::time::Instant;
use super::viewer::Viewer;

/// After this many failures an event is parked.
pub const TRIES: i64 = 5;
/// Events that a follower gets at once.
const BATCH: i64 = 500;

/// By which door a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Web,
    Command,
    Commit,
    Mail,
    Import,
    System,
}

impl Via {
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Command => "command",
            Self::Commit => "commit",
            Self::Mail => "mail",
            Self::Import => "import",
            Self::System => "system",
        }
    }
}

/// One thing that happened, about to be recorded.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `<kind>.<what>`: `page.saved`.
    pub kind: &'static str,
    pub resource: Resource,
    /// What of the resource: a version, a comment's number.
    pub part: String,
    pub acl: i64,
    /// Ids and field names only: texts are read from the versioned rows.
    pub data: Value,
    /// What the audit log is told along with it, if events of this kind belong there.
    pub(super) told: Vec<Told>,
}

impl NewEvent {
    pub fn new(kind: &'static str, resource: Resource, acl: i64) -> Self {
        let data = Value::Object(serde_json::Map::new());
        Self { kind, resource, part: String::new(), acl, data, told: Vec::new() }
    }

    /// Tells the audit log something: `what` is that with which it was done, as people call it.
    pub fn saying(mut self, name: &str, value: impl ToString) -> Self {
        self.told.push(Told::new(name, value));
        self
    }

    /// Tells the audit log what was before and what is now; nothing where both are the same.
    pub fn changing(mut self, name: &str, before: impl ToString, after: impl ToString) -> Self {
        let (before, after) = (before.to_string(), after.to_string());
        if before != after {
            self.told.push(Told::before(name, before));
            self.told.push(Told::after(name, after));
        }
        self
    }

    pub fn part(mut self, part: impl ToString) -> Self {
        self.part = part.to_string();
        self
    }

    pub fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

/// Who records, by which door, when it happened, and whether anybody is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    pub actor: Option<i64>,
    pub via: Via,
    pub happened_at: Instant,
    /// Events of one act share the id of its first.
    pub batch: Option<i64>,
    /// False for imports and first syncs: indexed, but never mailed or streamed.
    pub live: bool,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub id: i64,
    pub recorded_at: Instant,
    pub happened_at: Instant,
    pub actor: Option<i64>,
    pub via: String,
    pub kind: String,
    pub resource: Resource,
    pub part: String,
    pub acl: i64,
    pub batch: Option<i64>,
    pub live: bool,
    pub data: Value,
}

/// Somebody who hears of every event, later and slowly: the search index, mail, live pages.
pub trait Follower: Send + Sync {
    fn name(&self) -> &'static str;
    /// Takes a run of events in order. An error means that none of them counts as done. What would keep the others waiting
    /// is done in parts: the same events come again until all of it is.
    fn follow(&self, project: &Project, events: &[Event]) -> Result<Followed>;
    /// Where this follower really stands, if it keeps more than the database knows; a smaller number than the database's
    /// makes it hear the events since then again.
    fn position(&self, _project: &Project) -> Result<Option<i64>> {
        Ok(None)
    }
}

/// How far a follower has come with the events that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    All,
    /// It goes on when the others have had their turn.
    Partly,
}

/// Writes one event, and into the audit log if it belongs there; for [`super::project::Tx::record`] and the site's own log.
pub(super) fn insert(db: &Connection, schema: Schema, event: &NewEvent, stamp: &Stamp) -> Result<i64> {
    db.prepare_cached(
        "insert into event (recorded_at, happened_at, actor, via, kind, resource_kind, resource_id, part, acl, batch, live, data)
         values (:now, :happened, :actor, :via, :kind, :resource_kind, :resource_id, :part, :acl, :batch, :live, :data)",
    )?
    .execute(named_params! {
        ":now": Instant::now(),
        ":happened": stamp.happened_at,
        ":actor": stamp.actor,
        ":via": stamp.via.name(),
        ":kind": event.kind,
        ":resource_kind": event.resource.kind,
        ":resource_id": event.resource.id,
        ":part": event.part,
        ":acl": event.acl,
        ":batch": stamp.batch,
        ":live": stamp.live,
        ":data": event.data.to_string(),
    })?;
    let id = db.last_insert_rowid();
    if audit::is_audited(event.kind) {
        audit::append(db, schema, id, event, stamp)?;
    }
    Ok(id)
}

/// The columns that [`from_row`] reads, for the beginning of a selection.
pub const COLUMNS: &str = "event.id, event.recorded_at, event.happened_at, event.actor, event.via, event.kind,
    event.resource_kind, event.resource_id, event.part, event.acl, event.batch, event.live, event.data";

/// Reads a row that begins with [`COLUMNS`]; by their places, since the timeline reads very many.
pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get(0)?,
        recorded_at: row.get(1)?,
        happened_at: row.get(2)?,
        actor: row.get(3)?,
        via: row.get(4)?,
        kind: row.get(5)?,
        resource: Resource::stored(row.get(6)?, row.get(7)?),
        part: row.get(8)?,
        acl: row.get(9)?,
        batch: row.get(10)?,
        live: row.get(11)?,
        data: serde_json::from_str(row.get_ref(12)?.as_str().unwrap_or_default()).unwrap_or_default(),
    })
}

pub fn after(db: &Connection, position: i64, limit: i64) -> Result<Vec<Event>> {
    let sql = format!("select {COLUMNS} from event where id > ?1 order by id limit ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let events = statement.query_map([position, limit], from_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(events)
}

/// The first of the live events after one and up to another.
pub(super) fn live_between(db: &Connection, after: i64, up_to: i64, limit: usize) -> Result<Vec<Happening>> {
    let mut statement =
        db.prepare_cached("select * from event where id > ?1 and id <= ?2 and live = 1 order by id limit ?3")?;
    let happenings = statement
        .query_map((after, up_to, limit as i64), |row| {
            let event = from_row(row)?;
            let named = |name: &str| match (event.data[name][0].as_str(), event.data[name][1].as_i64()) {
                (Some(kind), Some(id)) => Some(Resource::stored(kind.to_owned(), id)),
                _ => None,
            };
            let (parent, with) = (named("parent"), named("with"));
            Ok(Happening { kind: event.kind, resource: event.resource, parent, with, part: event.part, acl: event.acl })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(happenings)
}

pub fn newest(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("select coalesce(max(id), 0) from event")?.query_row([], |row| row.get(0))?)
}

/// The position of a follower: every event up to it has been dealt with.
pub fn position(db: &Connection, follower: &str) -> Result<i64> {
    let found = db
        .prepare_cached("select position from follower where name = ?1")?
        .query_row([follower], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// How one round of a follower ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Nothing new.
    Idle,
    /// Some events were dealt with; there may be more.
    Moved,
    /// There is more to do for the events that come next.
    Partly,
    /// An event failed and is tried again after this instant.
    Waits(Instant),
}

/// Lets a follower take its next run of events. Only the process that holds the project's lock calls this.
pub fn advance(project: &Project, follower: &dyn Follower) -> Result<Round> {
    let name = follower.name();
    let (mut at, failures, retry_at) = project.read(|db| {
        let row = db
            .prepare_cached("select position, failures, retry_at from follower where name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        Ok(row.unwrap_or((0_i64, 0_i64, Instant(0))))
    })?;
    if failures > 0 && Instant::now() < retry_at {
        return Ok(Round::Waits(retry_at));
    }
    if let Some(real) = follower.position(project)? {
        at = at.min(real);
    }
    // The one that failed is tried again alone.
    let limit = if failures > 0 { 1 } else { BATCH };
    let events = project.read(|db| after(db, at, limit))?;
    let Some(last) = events.last() else {
        return Ok(Round::Idle);
    };
    let run = match follower.follow(project, &events) {
        Ok(Followed::Partly) => return Ok(Round::Partly),
        run => run.map(drop),
    };
    if run.is_ok() || events.len() == 1 {
        return after_try(project, name, last.id, at, failures, run);
    }
    // One of many failed: they are taken one by one at once, so that the one to blame is known and all before it are done.
    for event in &events {
        let alone = match follower.follow(project, std::slice::from_ref(event)) {
            Ok(Followed::Partly) => return Ok(Round::Partly),
            alone => alone.map(drop),
        };
        if let Round::Waits(retry_at) = after_try(project, name, event.id, at, 0, alone)? {
            return Ok(Round::Waits(retry_at));
        }
        at = event.id;
    }
    Ok(Round::Moved)
}

/// Notes how it went up to event `last`, before which the follower stood at `at` and had failed so often.
fn after_try(
    project: &Project,
    follower: &str,
    last: i64,
    at: i64,
    failures: i64,
    outcome: Result<()>,
) -> Result<Round> {
    let Err(error) = outcome else {
        save_position(project, follower, last, 0, Instant(0))?;
        return Ok(Round::Moved);
    };
    log::warn!("{follower}: event {last} of {}: {error}", project.id());
    let failures = failures + 1;
    if failures >= TRIES {
        park(project, follower, last, &error.to_string())?;
        return Ok(Round::Moved);
    }
    let retry_at = Instant::now().plus_seconds(1 << failures.min(8));
    save_position(project, follower, at, failures, retry_at)?;
    Ok(Round::Waits(retry_at))
}

fn save_position(project: &Project, follower: &str, position: i64, failures: i64, retry_at: Instant) -> Result<()> {
    project.db().write(|db| {
        db.prepare_cached(
            "insert into follower (name, position, failures, retry_at) values (:name, :position, :failures, :retry)
             on conflict (name) do update set position = :position, failures = :failures, retry_at = :retry",
        )?
        .execute(
            named_params! { ":name": follower, ":position": position, ":failures": failures, ":retry": retry_at },
        )?;
        Ok(())
    })
}

fn park(project: &Project, follower: &str, event: i64, error: &str) -> Result<()> {
    log::error!("{follower}: event {event} of {} is parked: {error}", project.id());
    project.db().write(|db| {
        db.execute(
            "insert or replace into parked_event (follower, event, error, parked_at) values (?1, ?2, ?3, ?4)",
            (follower, event, error, Instant::now()),
        )?;
        Ok(())
    })?;
    save_position(project, follower, event, 0, Instant(0))
}

/// A parked event, for the health page and `trackway check`.
#[derive(Debug, Clone)]
pub struct Parked {
    pub follower: String,
    pub event: i64,
    pub kind: String,
    pub error: String,
    pub parked_at: Instant,
}

pub fn parked(db: &Connection) -> Result<Vec<Parked>> {
    let mut statement = db.prepare_cached(
        "select follower, event, kind, error, parked_at from parked_event
         join event on event.id = parked_event.event order by parked_at desc limit 100",
    )?;
    let rows = statement
        .query_map([], |row| {
            Ok(Parked {
                follower: row.get(0)?,
                event: row.get(1)?,
                kind: row.get(2)?,
                error: row.get(3)?,
                parked_at: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// When anything happened last that this viewer may know of.
pub fn last_time_seen(db: &Connection, viewer: &Viewer) -> Result<Option<Instant>> {
    Ok(db
        .prepare_cached(
            "select happened_at from event where acl in (select value from json_each(?1)) order by id desc limit 1",
        )?
        .query_row([viewer.acls()], |row| row.get(0))
        .optional()?)
}

/// When anything happened last, for those who look after the server.
pub fn last_time(db: &Connection) -> Result<Option<Instant>> {
    Ok(db
        .prepare_cached("select happened_at from event order by id desc limit 1")?
        .query_row([], |row| row.get(0))
        .optional()?)
}
