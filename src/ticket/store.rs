//! The tables of tickets. Decides nothing; everything that is read for somebody takes their viewer.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params_from_iter};

use super::fields::{FIELDS, Field};
use super::sight::knows_sql;
use super::values::{Value, Values};
use crate::base::error::Result;
use crate::base::project::Tx;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// A ticket as lists and links need it.
#[derive(Debug, Clone)]
pub struct TicketRow {
    pub id: i64,
    pub acl: i64,
    pub created_at: Instant,
    pub changed_at: Instant,
    /// When it was closed last, if it is closed (row C19).
    pub closed_at: Option<Instant>,
    /// When it was begun, and when somebody other than its reporter wrote on it last (row A1).
    pub started_at: Option<Instant>,
    pub contacted_at: Option<Instant>,
    /// The minutes that were worked on it; none where nobody has entered any.
    pub worked: Option<i64>,
    /// The number of the newest change.
    pub changes: i64,
    pub summary: String,
    pub status: i64,
    pub resolution: Option<i64>,
    pub kind: Option<i64>,
    pub owner: Option<i64>,
    pub reporter: Option<i64>,
    /// The ticket as which it lives on, if it was merged.
    pub merged_into: Option<i64>,
}

/// A ticket with all its current values.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub row: TicketRow,
    pub values: Values,
}

/// First in every statement, and read by place: looking for the name of a column costs more than its value.
const COLUMNS: &str = "ticket.id, ticket.acl, ticket.created_at, ticket.changed_at, ticket.closed_at, ticket.changes,
    ticket.summary, ticket.status, ticket.resolution, ticket.type, ticket.owner, ticket.reporter,
    ticket.started_at, ticket.contacted_at, ticket.worked, ticket.merged_into";

fn from_row(row: &Row<'_>) -> rusqlite::Result<TicketRow> {
    Ok(TicketRow {
        id: row.get(0)?,
        acl: row.get(1)?,
        created_at: row.get(2)?,
        changed_at: row.get(3)?,
        closed_at: row.get(4)?,
        changes: row.get(5)?,
        summary: row.get(6)?,
        status: row.get(7)?,
        resolution: row.get(8)?,
        kind: row.get(9)?,
        owner: row.get(10)?,
        reporter: row.get(11)?,
        started_at: row.get(12)?,
        contacted_at: row.get(13)?,
        worked: row.get(14)?,
        merged_into: row.get(15)?,
    })
}

/// What the program notes of a ticket by itself.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub created_at: Instant,
    pub changed_at: Instant,
    pub closed_at: Option<Instant>,
    pub started_at: Option<Instant>,
    pub contacted_at: Option<Instant>,
    /// Minutes.
    pub worked: Option<i64>,
}

impl Times {
    pub fn of(row: &TicketRow) -> Self {
        Self {
            created_at: row.created_at,
            changed_at: row.changed_at,
            closed_at: row.closed_at,
            started_at: row.started_at,
            contacted_at: row.contacted_at,
            worked: row.worked,
        }
    }

    /// That of a field of the kind `Time`.
    pub fn of_field(&self, field: &Field) -> Option<Instant> {
        match field.name {
            "time" => Some(self.created_at),
            "changetime" => Some(self.changed_at),
            "resolved" => self.closed_at,
            "started" => self.started_at,
            "contacted" => self.contacted_at,
            _ => None,
        }
    }
}

/// The ticket of that number with its values, if this viewer may see it.
pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<Ticket>> {
    let Some(row) = by_ids(db, viewer, &[id])?.pop() else {
        return Ok(None);
    };
    Ok(Some(Ticket { values: values(db, viewer, id)?, row }))
}

/// The tickets of these numbers that this viewer may see, by number.
pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<TicketRow>> {
    if ids.is_empty() || !viewer.may(super::TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COLUMNS} from json_each(?1) as wanted cross join ticket on ticket.id = wanted.value where {}",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([in_order(ids)?], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The numbers, each once, as a list that SQLite goes through from its beginning: then the rows come in that order, and it
/// needs no table of its own for them.
fn in_order(ids: &[i64]) -> Result<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    Ok(serde_json::to_string(&ids)?)
}

/// A ticket as a link tells of it, with the names of what its ids mean.
#[derive(Debug, Clone)]
pub struct NamedRow {
    pub id: i64,
    pub summary: String,
    pub changes: i64,
    pub status: String,
    pub is_closed: bool,
    pub kind: Option<String>,
    pub resolution: Option<String>,
    /// The ticket as which it lives on, if it was merged.
    pub merged_into: Option<i64>,
}

/// The tickets of these numbers that this viewer may see, by number.
pub fn named_by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<NamedRow>> {
    if ids.is_empty() || !viewer.may(super::TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select ticket.id, ticket.summary, ticket.changes, ticket_status.name, ticket_status.category = 'closed',
             kind.name, resolution.name, ticket.merged_into
         from json_each(?1) as wanted cross join ticket on ticket.id = wanted.value
         cross join ticket_status on ticket_status.id = ticket.status
         left join field_option as kind on kind.id = ticket.type
         left join field_option as resolution on resolution.id = ticket.resolution
         where {}",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([in_order(ids)?], |row| {
        Ok(NamedRow {
            id: row.get(0)?,
            summary: row.get(1)?,
            changes: row.get(2)?,
            status: row.get(3)?,
            is_closed: row.get(4)?,
            kind: row.get(5)?,
            resolution: row.get(6)?,
            merged_into: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The number of the newest change of each of these tickets: what a click in a list has seen.
pub fn newest_changes(db: &Connection, ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let mut statement =
        db.prepare_cached("select id, changes from ticket where id in (select value from json_each(?1))")?;
    let rows = statement.query_map([serde_json::to_string(ids)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The ticket of that number whoever asks: for what the program does by itself.
pub fn find_unseen(db: &Connection, id: i64) -> Result<Option<Ticket>> {
    let sql = format!("select {COLUMNS} from ticket where id = ?1");
    let row = db.prepare_cached(&sql)?.query_row([id], from_row).optional()?;
    row.map(|row| Ok(Ticket { values: values_where(db, "1", CURRENT, [id])?, row })).transpose()
}

/// The current values of a ticket, as far as this viewer may know of them. Whoever calls it has found the ticket for them.
pub fn values(db: &Connection, viewer: &Viewer, id: i64) -> Result<Values> {
    values_where(db, &knows_sql(viewer, "ticket_value"), CURRENT, [id])
}

/// The values that a ticket had after the change of that id (row C09), as far as this viewer may know of them.
pub fn values_after(db: &Connection, viewer: &Viewer, id: i64, change: i64) -> Result<Values> {
    let then = "ticket = ?1 and from_change <= ?2 and (to_change is null or to_change > ?2)";
    values_where(db, &knows_sql(viewer, "ticket_value"), then, [id, change])
}

const CURRENT: &str = "ticket = ?1 and to_change is null";

/// `knows`: the condition of what may be known of.
fn values_where(db: &Connection, knows: &str, condition: &str, parameters: impl Params) -> Result<Values> {
    let sql = format!("select field, value, {knows} from ticket_value where {condition} order by field, ord");
    let mut statement = db.prepare_cached(&sql)?;
    let mut values = Values::default();
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        values.push(row.get(0)?, row.get(1)?, row.get(2)?);
    }
    Ok(values)
}

/// The id of the change of that number.
/// The access class of a comment, if this viewer may see it. Whoever calls it has found the ticket for them.
pub fn class_of_change(db: &Connection, viewer: &Viewer, ticket: i64, number: i64) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("select acl from ticket_change where ticket = ?1 and number = ?2")?;
    let acl = statement.query_row([ticket, number], |row| row.get(0)).optional()?;
    Ok(acl.filter(|acl| viewer.sees_class_in(*acl)))
}

pub fn change_id(db: &Connection, ticket: i64, number: i64) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select id from ticket_change where ticket = ?1 and number = ?2")?
        .query_row([ticket, number], |row| row.get(0))
        .optional()?)
}

/// One submit, as it stands in the table.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    pub id: i64,
    pub number: i64,
    pub author: Option<i64>,
    pub at: Instant,
    pub via: String,
    pub comment: String,
    pub reply_to: Option<i64>,
    pub edits: i64,
    pub edited_at: Option<Instant>,
    pub edited_by: Option<i64>,
}

fn change_from_row(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    Ok(ChangeRow {
        id: row.get(0)?,
        number: row.get(1)?,
        author: row.get(2)?,
        at: row.get(3)?,
        via: row.get(4)?,
        comment: row.get(5)?,
        reply_to: row.get(6)?,
        edits: row.get(7)?,
        edited_at: row.get(8)?,
        edited_by: row.get(9)?,
    })
}

/// The changes of a ticket with numbers from … to …, in order. Whoever calls it has found the ticket for their viewer.
pub fn changes(db: &Connection, viewer: &Viewer, ticket: i64, from: i64, to: i64) -> Result<Vec<ChangeRow>> {
    let sql = format!(
        "select id, number, author, changed_at, via, comment, reply_to, edits, edited_at, edited_by
         from ticket_change where ticket = ?1 and number between ?2 and ?3
            and (acl = (select acl from ticket where id = ?1) or {}) order by number",
        viewer.class_sql("ticket_change")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((ticket, from, to), change_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who filed a ticket; none for anonymous.
pub fn author_of_filing(db: &Connection, ticket: i64) -> Result<Option<i64>> {
    let author = db
        .prepare_cached("select author from ticket_change where ticket = ?1 and number = 0")?
        .query_row([ticket], |row| row.get(0))
        .optional()?;
    Ok(author.flatten())
}

/// The number of the newest change that gave a field another value.
pub fn last_change_of(db: &Connection, ticket: i64, field: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "select number from ticket_change where id =
                 (select max(max(from_change, coalesce(to_change, 0))) from ticket_value where ticket = ?1 and field = ?2)",
        )?
        .query_row((ticket, field), |row| row.get(0))
        .optional()?)
}

/// The changes that answer these ones: `(answered, answer)` by number (row C05).
pub fn answers(db: &Connection, ticket: i64, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare_cached(
        "select reply_to, number from ticket_change where ticket = ?1 and reply_to between ?2 and ?3 order by number",
    )?;
    Ok(statement
        .query_map([ticket, from, to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// What the timeline tells of a change.
pub struct Said {
    /// The beginning of its comment, or of the description of a new ticket.
    pub text: String,
    /// The resolution that it set, where that was asked for.
    pub resolution: Option<i64>,
    /// It takes an earlier change back.
    pub undoes: bool,
}

/// What was said with changes, by ticket and number; with `true` also the resolution that each set.
pub fn said(db: &Connection, wanted: &[(i64, i64, bool)], characters: usize) -> Result<HashMap<(i64, i64), Said>> {
    // One by one: to hand SQLite a list of pairs costs five times as much as to ask for each.
    let mut comments = db.prepare_cached(
        "select id, substr(comment, 1, ?3), undoes is not null from ticket_change where ticket = ?1 and number = ?2",
    )?;
    // A change has many values, a field of a ticket few.
    let mut values = db.prepare_cached(
        "select value from ticket_value indexed by ticket_value_ticket where ticket = ?1 and field = ?2 and from_change = ?3",
    )?;
    let mut said = HashMap::with_capacity(wanted.len());
    for (ticket, number, closed) in wanted {
        let row: Option<(i64, String, bool)> = comments
            .query_row((ticket, number, characters as i64), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((change, comment, undoes)) = row else { continue };
        let text = match number {
            0 => {
                let description: Option<String> =
                    values.query_row((ticket, "description", change), |row| row.get(0)).optional()?;
                let mut text = description.unwrap_or_default();
                if let Some((end, _)) = text.char_indices().nth(characters) {
                    text.truncate(end);
                }
                text
            }
            _ => comment,
        };
        let resolution = match closed {
            true => values.query_row((ticket, "resolution", change), |row| row.get(0)).optional()?,
            false => None,
        };
        said.insert((*ticket, *number), Said { text, resolution, undoes });
    }
    Ok(said)
}

/// A value that a change ended or began.
#[derive(Debug, Clone)]
pub struct ValueSpan {
    pub field: String,
    pub value: Value,
    pub from_change: i64,
    pub to_change: Option<i64>,
    /// Whether the viewer may know of it.
    pub known: bool,
}

/// The values of a ticket that began or ended with changes whose ids are from … to …, in order.
pub fn spans(db: &Connection, viewer: &Viewer, ticket: i64, from: i64, to: i64) -> Result<Vec<ValueSpan>> {
    let among = "ticket = ?1 and (from_change between ?2 and ?3 or to_change between ?2 and ?3)";
    spans_where(db, viewer, among, [ticket, from, to])
}

/// The same of one field, over the whole life of the ticket.
pub fn spans_of_field(db: &Connection, viewer: &Viewer, ticket: i64, field: &str) -> Result<Vec<ValueSpan>> {
    spans_where(db, viewer, "ticket = ?1 and field = ?2", (ticket, field))
}

/// The values of these fields that changes of these ids ended or began, in order.
pub fn spans_of_changes(db: &Connection, viewer: &Viewer, changes: &[i64], fields: &[&str]) -> Result<Vec<ValueSpan>> {
    let among = "id in (
        select ticket_value.id from json_each(?1) as wanted
        join ticket_change on ticket_change.id = wanted.value
        join ticket_value on ticket_value.ticket = ticket_change.ticket and wanted.value in (from_change, to_change)
        where field in (select value from json_each(?2)))";
    spans_where(db, viewer, among, [serde_json::to_string(changes)?, serde_json::to_string(fields)?])
}

fn spans_where(db: &Connection, viewer: &Viewer, condition: &str, parameters: impl Params) -> Result<Vec<ValueSpan>> {
    let sql = format!(
        "select field, value, from_change, to_change, {} from ticket_value where {condition} order by field, ord, id",
        knows_sql(viewer, "ticket_value")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(parameters, |row| {
        Ok(ValueSpan {
            field: row.get(0)?,
            value: row.get(1)?,
            from_change: row.get(2)?,
            to_change: row.get(3)?,
            known: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The ids of changes by ticket and number: `(ticket, number, id)`.
pub fn change_ids(db: &Connection, changes: &[(i64, i64)]) -> Result<Vec<(i64, i64, i64)>> {
    let mut statement = db.prepare_cached(
        "select ticket, number, ticket_change.id from json_each(?1) as wanted
         join ticket_change on ticket = wanted.value ->> 0 and number = wanted.value ->> 1",
    )?;
    let rows =
        statement.query_map([serde_json::to_string(changes)?], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The names of the fields that ever got another value after the ticket was filed.
pub fn changed_fields(db: &Connection, ticket: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select distinct field from ticket_value where ticket = ?1 and (to_change is not null or from_change <>
            (select id from ticket_change where ticket = ?1 and number = 0))",
    )?;
    Ok(statement.query_map([ticket], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The changes that gave a field another value, the filing included, the newest first: `(id, number)`.
pub fn changes_of_field(db: &Connection, ticket: i64, field: &str) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare_cached(
        "select id, number from ticket_change where ticket = ?1 and (number = 0 or id in (
             select from_change from ticket_value where ticket = ?1 and field = ?2
             union select to_change from ticket_value where ticket = ?1 and field = ?2)) order by number desc",
    )?;
    let rows = statement.query_map((ticket, field), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// An earlier text of a comment; version 0 is as it was first written.
#[derive(Debug, Clone)]
pub struct CommentVersion {
    pub version: i64,
    pub author: Option<i64>,
    pub at: Instant,
    pub text: String,
}

/// The earlier texts of an edited comment, oldest first; its current text is not among them.
pub fn comment_versions(db: &Connection, change: i64) -> Result<Vec<CommentVersion>> {
    comment_versions_between(db, change, 0, i64::MAX)
}

/// Those of them with the numbers from … to ….
pub fn comment_versions_between(db: &Connection, change: i64, from: i64, to: i64) -> Result<Vec<CommentVersion>> {
    let mut statement = db.prepare_cached(
        "select version, author, written_at, text from ticket_comment_version
         where change = ?1 and version between ?2 and ?3 order by version",
    )?;
    let rows = statement.query_map([change, from, to], |row| {
        Ok(CommentVersion { version: row.get(0)?, author: row.get(1)?, at: row.get(2)?, text: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn participants(db: &Connection, id: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "select distinct person from participant where resource_kind = 'ticket' and resource_id = ?1",
    )?;
    Ok(statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from ticket where id > ?1 order by id limit ?2")?;
    Ok(statement.query_map([after, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The numbers of the tickets in a milestone, whoever asks.
pub fn in_milestone(db: &Connection, milestone: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from ticket where milestone = ?1 order by id")?;
    Ok(statement.query_map([milestone], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Number and summary of the nearest tickets before and after, as this viewer may see them (row C16).
pub fn beside(db: &Connection, viewer: &Viewer, id: i64) -> Result<[Option<(i64, String)>; 2]> {
    let sees = viewer.sees_sql("ticket", "ticket");
    let before = format!(
        "select id, summary from ticket where id < ?1 and merged_into is null and {sees} order by id desc limit 1"
    );
    let after =
        format!("select id, summary from ticket where id > ?1 and merged_into is null and {sees} order by id limit 1");
    let one = |sql: &str| db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    Ok([one(&before)?, one(&after)?])
}

/// Makes an empty ticket; its values are put in by [`save_values`].
pub(super) fn insert(tx: &Tx<'_>, status: i64, summary: &str, acl: i64) -> Result<i64> {
    tx.prepare_cached("insert into ticket (acl, created_at, changed_at, summary, status) values (?1, ?2, ?2, ?3, ?4)")?
        .execute((acl, tx.now(), summary, status))?;
    Ok(tx.last_insert_rowid())
}

pub(super) struct NewChange<'a> {
    pub ticket: i64,
    pub number: i64,
    pub comment: &'a str,
    pub reply_to: Option<i64>,
    pub acl: i64,
}

/// Returns the id of the change.
pub(super) fn insert_change(tx: &Tx<'_>, new: &NewChange<'_>) -> Result<i64> {
    tx.prepare_cached(
        "insert into ticket_change (ticket, number, author, changed_at, via, comment, reply_to, acl)
         values (:ticket, :number, :author, :now, :via, :comment, :reply_to, :acl)",
    )?
    .execute(named_params! {
        ":ticket": new.ticket,
        ":number": new.number,
        ":author": tx.actor(),
        ":now": tx.now(),
        ":via": tx.via().name(),
        ":comment": new.comment,
        ":reply_to": new.reply_to,
        ":acl": new.acl,
    })?;
    Ok(tx.last_insert_rowid())
}

/// Ends the old values of a field with this change and begins the new ones.
pub(super) fn save_values(tx: &Tx<'_>, ticket: i64, change: i64, field: &Field, values: &[Value]) -> Result<()> {
    tx.prepare_cached("update ticket_value set to_change = ?3 where ticket = ?1 and field = ?2 and to_change is null")?
        .execute((ticket, field.name, change))?;
    let mut statement = tx.prepare_cached(
        "insert into ticket_value (ticket, field, ord, value, from_change) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (ord, value) in values.iter().enumerate() {
        statement.execute((ticket, field.name, ord as i64, value, change))?;
    }
    if field.is_current() {
        save_current(tx, ticket, field, values)?;
    }
    Ok(())
}

/// Repeats the current values of a field that has no column.
fn save_current(tx: &Tx<'_>, ticket: i64, field: &Field, values: &[Value]) -> Result<()> {
    tx.prepare_cached("delete from ticket_current where ticket = ?1 and field = ?2")?.execute((ticket, field.name))?;
    let mut statement =
        tx.prepare_cached("insert into ticket_current (ticket, field, ord, value) values (?1, ?2, ?3, ?4)")?;
    for (ord, value) in values.iter().enumerate() {
        statement.execute((ticket, field.name, ord as i64, value))?;
    }
    Ok(())
}

/// Gives all tickets of these types (none: of all) a value of a field as if they had been filed with it (row F07).
pub(super) fn fill(tx: &Tx<'_>, field: &Field, values: &[Value], types: &[i64]) -> Result<()> {
    let types = serde_json::to_string(types)?;
    let of_types = "(?1 = '[]' or ticket.type in (select value from json_each(?1)))";
    for (ord, value) in values.iter().enumerate() {
        let sql = format!(
            "insert into ticket_value (ticket, field, ord, value, from_change)
             select ticket.id, ?2, ?3, ?4, ticket_change.id from ticket
             join ticket_change on ticket_change.ticket = ticket.id and ticket_change.number = 0 where {of_types}"
        );
        tx.prepare_cached(&sql)?.execute((&types, field.name, ord as i64, value))?;
        if field.is_current() {
            let sql = format!(
                "insert into ticket_current (ticket, field, ord, value) select id, ?2, ?3, ?4 from ticket where {of_types}"
            );
            tx.prepare_cached(&sql)?.execute((&types, field.name, ord as i64, value))?;
        }
    }
    Ok(())
}

/// What `ticket_current` says of a ticket, by field and place.
pub(super) fn current(db: &Connection, ticket: i64) -> Result<Vec<(String, Value)>> {
    let mut statement =
        db.prepare_cached("select field, value from ticket_current where ticket = ?1 order by field, ord")?;
    Ok(statement.query_map([ticket], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Repeats the current scalar values in the ticket's row.
pub(super) fn save_row(
    tx: &Tx<'_>,
    ticket: i64,
    values: &Values,
    changes: i64,
    closed_at: Option<Instant>,
) -> Result<()> {
    let columns: Vec<(&Field, &str)> =
        FIELDS.iter().filter(|field| !field.is_noted()).filter_map(|field| Some((field, field.column()?))).collect();
    let assigned: Vec<String> = columns.iter().map(|(_, column)| format!("{column} = ?")).collect();
    let sql =
        format!("update ticket set {}, changes = ?, closed_at = ?, changed_at = ? where id = ?", assigned.join(", "));
    let mut parameters: Vec<rusqlite::types::Value> = columns
        .iter()
        .map(|(field, _)| match values.get(field.name).first() {
            Some(Value::Id(id)) => (*id).into(),
            Some(Value::Text(text)) => text.clone().into(),
            Some(Value::Newcomer(_)) | None => field.nothing(),
        })
        .collect();
    parameters.extend([
        changes.into(),
        closed_at.map_or(rusqlite::types::Value::Null, |at| at.0.into()),
        tx.now().0.into(),
        ticket.into(),
    ]);
    tx.prepare_cached(&sql)?.execute(params_from_iter(parameters))?;
    Ok(())
}

/// Who takes part in a ticket: reporter, owner, Cc.
pub(super) fn save_participants(tx: &Tx<'_>, ticket: i64, values: &Values) -> Result<()> {
    tx.prepare_cached("delete from participant where resource_kind = 'ticket' and resource_id = ?1")?
        .execute([ticket])?;
    let mut statement = tx.prepare_cached(
        "insert or ignore into participant (resource_kind, resource_id, person, role) values ('ticket', ?1, ?2, ?3)",
    )?;
    for role in ["reporter", "owner", "cc"] {
        for person in values.ids(role) {
            statement.execute((ticket, person, role))?;
        }
    }
    Ok(())
}

/// Says of a change (by number) which one (by id) it takes back.
pub(super) fn mark_undoing(tx: &Tx<'_>, ticket: i64, number: i64, undone: i64) -> Result<()> {
    tx.prepare_cached("update ticket_change set undoes = ?3 where ticket = ?1 and number = ?2")?
        .execute((ticket, number, undone))?;
    Ok(())
}

/// Says of changes (by ticket and number) that they were one act.
pub(super) fn mark_batch(tx: &Tx<'_>, changes: &[(i64, i64)]) -> Result<()> {
    let Some((ticket, number)) = changes.first() else { return Ok(()) };
    let batch = change_id(tx, *ticket, *number)?;
    let mut statement = tx.prepare_cached("update ticket_change set batch = ?3 where ticket = ?1 and number = ?2")?;
    for (ticket, number) in changes {
        statement.execute((ticket, number, batch))?;
    }
    Ok(())
}

/// The changes, by ticket and number, that were made in one act with this one; none if it was made alone.
pub fn same_batch(db: &Connection, ticket: i64, number: i64) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare_cached(
        "select ticket, number from ticket_change where batch =
             (select batch from ticket_change where ticket = ?1 and number = ?2) order by ticket",
    )?;
    Ok(statement.query_map([ticket, number], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn save_comment(tx: &Tx<'_>, ticket: i64, old: &ChangeRow, text: &str) -> Result<()> {
    tx.prepare_cached(
        "insert into ticket_comment_version (change, version, author, written_at, text) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        old.id,
        old.edits,
        if old.edits == 0 { old.author } else { old.edited_by },
        old.edited_at.unwrap_or(old.at),
        &old.comment,
    ))?;
    tx.prepare_cached(
        "update ticket_change set comment = ?2, edits = edits + 1, edited_at = ?3, edited_by = ?4 where id = ?1",
    )?
    .execute((old.id, text, tx.now(), tx.actor()))?;
    tx.prepare_cached("update ticket set changed_at = ?2 where id = ?1")?.execute((ticket, tx.now()))?;
    Ok(())
}

/// Makes a person for somebody who has no account: a name, an address, or both, of which pages show the name.
pub(super) fn person_of_address(tx: &Tx<'_>, typed: &str) -> Result<i64> {
    let (called, name) = super::people::named_address(typed).unwrap_or(("", typed));
    let known = tx
        .prepare_cached("select id from person where kind = 'address' and login = ?1 order by id limit 1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    tx.prepare_cached("insert into person (login, display_name, kind) values (?1, ?2, 'address')")?
        .execute([name, called])?;
    Ok(tx.last_insert_rowid())
}
