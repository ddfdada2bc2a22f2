//! The table of time that was worked on tickets (row A1). Decides nothing; everything that is read for somebody takes their
//! viewer.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::store::{TicketRow, Times};
use crate::base::error::Result;
use crate::base::project::Tx;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Tickets that one total takes in at most.
const MOST_BENEATH: i64 = 5_000;

/// Minutes of one person on one day; less than nothing corrects an earlier entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub ticket: i64,
    pub person: i64,
    /// A calendar date in the project's time zone.
    pub day: String,
    pub minutes: i64,
    pub remark: String,
    /// The change that it was entered with: its id and its number.
    pub change: Option<i64>,
    pub number: Option<i64>,
    pub entered_by: Option<i64>,
    pub entered_at: Instant,
    pub via: String,
}

const COLUMNS: &str =
    "ticket_time.id, ticket_time.person, worked_on, minutes, remark, ticket_time.change, ticket_change.number,
    entered_by, entered_at, ticket_time.via, ticket_time.ticket
    from ticket_time left join ticket_change on ticket_change.id = ticket_time.change";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        person: row.get(1)?,
        day: row.get(2)?,
        minutes: row.get(3)?,
        remark: row.get(4)?,
        change: row.get(5)?,
        number: row.get(6)?,
        entered_by: row.get(7)?,
        entered_at: row.get(8)?,
        via: row.get(9)?,
        ticket: row.get(10)?,
    })
}

/// The entries of a ticket by day, those of tickets that were merged into it among them. Whoever calls it has found the
/// ticket for their viewer.
pub fn of_ticket(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<Vec<Entry>> {
    let sql = format!(
        "with recursive whole(id) as (
             select ?1 union select ticket.id from whole join ticket on ticket.merged_into = whole.id)
         select {COLUMNS} where ticket_time.ticket in (
             select ticket.id from whole cross join ticket on ticket.id = whole.id where ticket.id = ?1 or {})
         order by worked_on, ticket_time.id",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([ticket], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Those that came with its changes whose ids are from … to ….
pub fn of_changes(db: &Connection, ticket: i64, from: i64, to: i64) -> Result<Vec<Entry>> {
    let sql = format!(
        "select {COLUMNS} where ticket_time.ticket = ?1 and ticket_time.change between ?2 and ?3 order by ticket_time.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([ticket, from, to], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Those of a ticket, and of it alone, that have a remark, whoever asks, as they were entered: for the search index, and for
/// whoever has found the ticket for their viewer.
pub(super) fn remarks(db: &Connection, ticket: i64) -> Result<Vec<Entry>> {
    let sql = format!("select {COLUMNS} where ticket_time.ticket = ?1 and remark <> '' order by ticket_time.id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([ticket], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The numbers above `after` of tickets with remarks, in order.
pub(super) fn remarked_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "select distinct ticket from ticket_time where ticket > ?1 and remark <> '' order by ticket limit ?2",
    )?;
    Ok(statement.query_map((after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The minutes that came with changes, by ticket and number: for lists of what happened.
pub fn minutes_of(db: &Connection, changes: &[(i64, i64)]) -> Result<Vec<((i64, i64), i64)>> {
    let mut statement = db.prepare_cached(
        "select ticket_change.ticket, ticket_change.number, sum(minutes) from json_each(?1) as wanted
         join ticket_change on ticket_change.ticket = wanted.value ->> 0 and ticket_change.number = wanted.value ->> 1
         join ticket_time on ticket_time.ticket = ticket_change.ticket and ticket_time.change = ticket_change.id
         group by 1, 2",
    )?;
    let rows =
        statement.query_map([serde_json::to_string(changes)?], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What one person has worked on a ticket.
pub fn of_person(db: &Connection, ticket: i64, person: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("select coalesce(sum(minutes), 0) from ticket_time where ticket = ?1 and person = ?2")?
        .query_row([ticket, person], |row| row.get(0))?)
}

/// Whether one of these commits has logged time on the ticket.
pub fn is_logged(db: &Connection, ticket: i64, changesets: &[i64]) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from ticket_time
                 where ticket = ?1 and changeset in (select value from json_each(?2)) and changeset is not null)",
        )?
        .query_row((ticket, serde_json::to_string(changesets)?), |row| row.get(0))?)
}

/// The minutes that were worked on a row of `ticket` and on what was merged into it, as SQL. What the viewer may not see of
/// that counts nowhere.
pub fn worked_sql(viewer: &Viewer) -> String {
    format!(
        "(case when exists (select 1 from ticket as part where part.merged_into = ticket.id) then
             (with recursive whole(id) as (
                  select ticket.id union select part.id from whole join ticket as part on part.merged_into = whole.id)
              select sum(part.worked) from whole cross join ticket as part on part.id = whole.id
              where part.id = ticket.id or {})
         else ticket.worked end)",
        viewer.sees_sql("part", "ticket")
    )
}

/// What is noted of a ticket, as its viewer is told it: with what was worked on those that were merged into it.
pub fn times(db: &Connection, viewer: &Viewer, row: &TicketRow) -> Result<Times> {
    let sql = format!("select {} from ticket where id = ?1", worked_sql(viewer));
    let worked = db.prepare_cached(&sql)?.query_row([row.id], |row| row.get(0))?;
    Ok(Times { worked, ..Times::of(row) })
}

/// What is planned and worked, in minutes; none where nobody has said anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub tickets: i64,
    pub estimated: Option<i64>,
    pub remaining: Option<i64>,
    pub worked: Option<i64>,
}

impl Sum {
    pub fn is_empty(&self) -> bool {
        self.estimated.or(self.remaining).or(self.worked).is_none()
    }
}

/// The times of a ticket, those of tickets merged into it among them, and those of all tickets beneath it, each counted once
/// however the ways to it run. What the viewer may not see counts nowhere, nor does what is reached by way of it.
pub fn sums(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<(Sum, Sum)> {
    let (sees, sees_holder) = (viewer.sees_sql("ticket", "ticket"), viewer.sees_sql("holder", "ticket"));
    let sql = format!(
        "with recursive reached (id, own) as (
             select :ticket, 1
             union
             select ticket.id, own from reached join ticket on ticket.merged_into = reached.id
             union
             select ticket.id, 0 from reached
                 join ticket as holder on holder.id = reached.id and {sees_holder}
                 join ticket_current on ticket_current.field = 'parent' and ticket_current.value = reached.id
                 join ticket on ticket.id = ticket_current.ticket where {sees}
             limit :most)
         select own, count(*), sum(estimated), sum(remaining), sum(worked)
         from (select id, max(own) as own from reached group by id) as counted join ticket on ticket.id = counted.id
         where {sees} group by own"
    );
    let (mut own, mut beneath) = (Sum::default(), Sum::default());
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! { ":ticket": ticket, ":most": MOST_BENEATH })?;
    while let Some(row) = rows.next()? {
        let sum = Sum { tickets: row.get(1)?, estimated: row.get(2)?, remaining: row.get(3)?, worked: row.get(4)? };
        *(if row.get(0)? { &mut own } else { &mut beneath }) = sum;
    }
    Ok((own, beneath))
}

pub(super) struct New<'a> {
    pub ticket: i64,
    pub person: i64,
    pub day: &'a str,
    pub minutes: i64,
    pub remark: &'a str,
    pub change: i64,
    pub changeset: Option<i64>,
}

/// Adds an entry and brings the ticket's sum up to date.
pub(super) fn insert(tx: &Tx<'_>, new: &New<'_>) -> Result<()> {
    tx.prepare_cached(
        "insert into ticket_time (ticket, person, worked_on, minutes, remark, change, changeset, entered_by, entered_at, via)
         values (:ticket, :person, :day, :minutes, :remark, :change, :changeset, :entered_by, :now, :via)",
    )?
    .execute(named_params! {
        ":ticket": new.ticket,
        ":person": new.person,
        ":day": new.day,
        ":minutes": new.minutes,
        ":remark": new.remark,
        ":change": new.change,
        ":changeset": new.changeset,
        ":entered_by": tx.actor(),
        ":now": tx.now(),
        ":via": tx.via().name(),
    })?;
    tx.prepare_cached(
        "update ticket set worked = (select sum(minutes) from ticket_time where ticket = ?1) where id = ?1",
    )?
    .execute([new.ticket])?;
    Ok(())
}

/// Notes that work has begun, unless that was noted before.
pub(super) fn begin(tx: &Tx<'_>, ticket: i64) -> Result<()> {
    tx.prepare_cached("update ticket set started_at = ?2 where id = ?1 and started_at is null")?
        .execute((ticket, tx.now()))?;
    Ok(())
}

/// When somebody with an account, who is not its reporter, has commented on a ticket last.
const CONTACT: &str = "select changed_at from ticket_change join person on person.id = ticket_change.author
     where ticket = ?1 and comment <> '' and number > 0 and person.kind <> 'address' and author is not ?2
     order by number desc limit 1";

/// Notes when its reporter was answered last.
pub(super) fn note_contact(tx: &Tx<'_>, ticket: i64, reporter: Option<i64>) -> Result<()> {
    let at = contact(tx, ticket, reporter)?;
    tx.prepare_cached("update ticket set contacted_at = ?2 where id = ?1 and contacted_at is not ?2")?
        .execute((ticket, at))?;
    Ok(())
}

pub(super) fn contact(db: &Connection, ticket: i64, reporter: Option<i64>) -> Result<Option<Instant>> {
    Ok(db.prepare_cached(CONTACT)?.query_row((ticket, reporter), |row| row.get(0)).optional()?)
}

/// What can't be, said of times: each with the question whose rows are wrong.
const QUESTIONS: [(&str, &str); 4] = [
    (
        "the time that was worked on it is not the sum of its entries",
        "select ticket.id from ticket
         where worked is not (select sum(minutes) from ticket_time where ticket_time.ticket = ticket.id)",
    ),
    (
        "time was entered with a change that is not its own",
        "select ticket_time.ticket from ticket_time join ticket_change on ticket_change.id = ticket_time.change
         where ticket_change.ticket <> ticket_time.ticket",
    ),
    (
        "it was started at a moment when its state did not change",
        "select ticket.id from ticket where started_at is not null and not exists (
             select 1 from ticket_value join ticket_change on ticket_change.id = ticket_value.from_change
             where ticket_value.ticket = ticket.id and field = 'status' and ticket_change.changed_at = started_at)",
    ),
    ("a reminder of it has no day of the calendar", "select ticket from reminder where date(due) is not due"),
];

pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    for (sentence, sql) in QUESTIONS {
        let mut statement = db.prepare(&format!("{sql} limit 20"))?;
        let found = statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        findings.extend(found.into_iter().map(|id| format!("ticket #{id}: {sentence}")));
    }
    Ok(())
}
