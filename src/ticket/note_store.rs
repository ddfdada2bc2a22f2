//! The tables of internal notes. Decides nothing; everything that is read for somebody takes their viewer, and whoever asks
//! for the notes of a ticket has found the ticket for them.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::store::CommentVersion;
use crate::base::error::Result;
use crate::base::project::Tx;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

#[derive(Debug, Clone)]
pub struct NoteRow {
    pub id: i64,
    pub ticket: i64,
    /// In the series of the ticket's notes, from 1.
    pub number: i64,
    pub author: Option<i64>,
    pub at: Instant,
    pub via: String,
    pub text: String,
    /// The note that it answers.
    pub reply_to: Option<i64>,
    pub edits: i64,
    pub edited_at: Option<Instant>,
    pub edited_by: Option<i64>,
    pub acl: i64,
}

const COLUMNS: &str = "id, ticket, number, author, written_at, via, text, reply_to, edits, edited_at, edited_by, acl";

fn from_row(row: &Row<'_>) -> rusqlite::Result<NoteRow> {
    Ok(NoteRow {
        id: row.get(0)?,
        ticket: row.get(1)?,
        number: row.get(2)?,
        author: row.get(3)?,
        at: row.get(4)?,
        via: row.get(5)?,
        text: row.get(6)?,
        reply_to: row.get(7)?,
        edits: row.get(8)?,
        edited_at: row.get(9)?,
        edited_by: row.get(10)?,
        acl: row.get(11)?,
    })
}

/// The notes on a ticket that this viewer may see, in order.
pub fn of_ticket(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<Vec<NoteRow>> {
    let sql = format!("select {COLUMNS} from ticket_note where ticket = ?1 order by number");
    let mut statement = db.prepare_cached(&sql)?;
    let notes = statement.query_map([ticket], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(notes.into_iter().filter(|note| viewer.sees_class_in(note.acl)).collect())
}

/// The note of that number.
pub fn find(db: &Connection, viewer: &Viewer, ticket: i64, number: i64) -> Result<Option<NoteRow>> {
    let sql = format!("select {COLUMNS} from ticket_note where ticket = ?1 and number = ?2");
    let found = db.prepare_cached(&sql)?.query_row([ticket, number], from_row).optional()?;
    Ok(found.filter(|note| viewer.sees_class_in(note.acl)))
}

/// The notes of these ids, whoever asks: for the search index, and for whoever looks at the class and the ticket of each.
pub fn by_ids(db: &Connection, ids: &[i64]) -> Result<Vec<NoteRow>> {
    let sql = format!("select {COLUMNS} from ticket_note where id in (select value from json_each(?1)) order by id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([serde_json::to_string(ids)?], from_row)?.collect::<rusqlite::Result<_>>()?)
}

pub fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from ticket_note where id > ?1 order by id limit ?2")?;
    Ok(statement.query_map((after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The texts from … to … that a note had before its present one, oldest first; version 0 is as it was first written.
pub fn versions(db: &Connection, note: i64, from: i64, to: i64) -> Result<Vec<CommentVersion>> {
    let mut statement = db.prepare_cached(
        "select version, author, written_at, text from ticket_note_version
         where note = ?1 and version between ?2 and ?3 order by version",
    )?;
    let rows = statement.query_map([note, from, to], |row| {
        Ok(CommentVersion { version: row.get(0)?, author: row.get(1)?, at: row.get(2)?, text: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) struct NewNote<'a> {
    pub ticket: i64,
    pub text: &'a str,
    pub reply_to: Option<i64>,
    pub acl: i64,
}

/// Returns the id and the number of the note.
pub(super) fn insert(tx: &Tx<'_>, new: &NewNote<'_>) -> Result<(i64, i64)> {
    let number: i64 = tx
        .prepare_cached("select coalesce(max(number), 0) + 1 from ticket_note where ticket = ?1")?
        .query_row([new.ticket], |row| row.get(0))?;
    tx.prepare_cached(
        "insert into ticket_note (ticket, number, author, written_at, via, text, reply_to, acl)
         values (:ticket, :number, :author, :now, :via, :text, :reply_to, :acl)",
    )?
    .execute(named_params! {
        ":ticket": new.ticket,
        ":number": number,
        ":author": tx.actor(),
        ":now": tx.now(),
        ":via": tx.via().name(),
        ":text": new.text,
        ":reply_to": new.reply_to,
        ":acl": new.acl,
    })?;
    Ok((tx.last_insert_rowid(), number))
}

pub(super) fn save_text(tx: &Tx<'_>, old: &NoteRow, text: &str) -> Result<()> {
    tx.prepare_cached(
        "insert into ticket_note_version (note, version, author, written_at, text) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        old.id,
        old.edits,
        if old.edits == 0 { old.author } else { old.edited_by },
        old.edited_at.unwrap_or(old.at),
        &old.text,
    ))?;
    tx.prepare_cached(
        "update ticket_note set text = ?2, edits = edits + 1, edited_at = ?3, edited_by = ?4 where id = ?1",
    )?
    .execute((old.id, text, tx.now(), tx.actor()))?;
    Ok(())
}
