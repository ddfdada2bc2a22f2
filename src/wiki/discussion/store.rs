//! The tables of discussions. Decides nothing: whoever asks for the threads of a page has found the page for its viewer.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::anchor::{Anchor, Quote};
use crate::base::error::Result;
use crate::base::project::{Tx, called};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

#[derive(Debug, Clone)]
pub struct ThreadRow {
    pub id: i64,
    pub page: i64,
    pub anchor: Anchor,
    /// The version of the page at which it was begun.
    pub version: i64,
    pub resolved: Option<Done>,
    pub messages: i64,
    /// The number of its first message.
    pub first: i64,
}

/// Who did something once, and when.
#[derive(Debug, Clone)]
pub struct Done {
    pub at: Instant,
    pub by: String,
}

impl ThreadRow {
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }
}

const THREAD_COLUMNS: &str = "page_thread.id, page_thread.page, page_thread.anchor, page_thread.heading,
    page_thread.quote, page_thread.before, page_thread.after, page_thread.version, page_thread.resolved_at,
    resolver.login, resolver.display_name,
    (select count(*) from page_message where page_message.thread = page_thread.id) as messages,
    (select min(number) from page_message where page_message.thread = page_thread.id) as first";

fn thread_from_row(row: &Row<'_>) -> rusqlite::Result<ThreadRow> {
    let kind: String = row.get(2)?;
    Ok(ThreadRow {
        id: row.get(0)?,
        page: row.get(1)?,
        anchor: match kind.as_str() {
            "heading" => Anchor::Heading { id: row.get(3)?, words: row.get(4)? },
            "quote" => Anchor::Quote(Quote { words: row.get(4)?, before: row.get(5)?, after: row.get(6)? }),
            "suggestion" => Anchor::Suggestion,
            _ => Anchor::Page,
        },
        version: row.get(7)?,
        resolved: done(row.get(8)?, row.get(9)?, row.get(10)?),
        messages: row.get(11)?,
        first: row.get::<_, Option<i64>>(12)?.unwrap_or_default(),
    })
}

fn done(at: Option<Instant>, login: Option<String>, name: Option<String>) -> Option<Done> {
    Some(Done { at: at?, by: called(login.as_deref(), name.as_deref()) })
}

/// Threads of a page: open ones first, then the newest first.
pub fn threads(db: &Connection, page: i64, limit: usize, offset: usize) -> Result<Vec<ThreadRow>> {
    let sql = format!(
        "select {THREAD_COLUMNS} from page_thread left join person as resolver on resolver.id = page_thread.resolved_by
         where page_thread.page = ?1 order by page_thread.resolved_at is not null, page_thread.id desc limit ?2 offset ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((page, limit as i64, offset as i64), thread_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The open threads of all pages that this viewer sees, each with the name of its page, the newest first.
pub fn open(db: &Connection, viewer: &Viewer, limit: usize, offset: usize) -> Result<Vec<(ThreadRow, String)>> {
    let sql = format!(
        "select {THREAD_COLUMNS}, page.name from page_thread indexed by page_thread_open
         join page on page.id = page_thread.page left join person as resolver on resolver.id = page_thread.resolved_by
         where page_thread.resolved_at is null and page.deleted_at is null and {}
         order by page_thread.id desc limit ?1 offset ?2",
        viewer.class_sql("page")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((limit as i64, offset as i64), |row| Ok((thread_from_row(row)?, row.get(13)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn open_count(db: &Connection, viewer: &Viewer) -> Result<usize> {
    let sql = format!(
        "select count(*) from page_thread indexed by page_thread_open join page on page.id = page_thread.page
         where page_thread.resolved_at is null and page.deleted_at is null and {}",
        viewer.class_sql("page")
    );
    let count: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The threads of these ids, in no order.
pub fn threads_by_ids(db: &Connection, ids: &[i64]) -> Result<Vec<ThreadRow>> {
    let sql = format!(
        "select {THREAD_COLUMNS} from page_thread left join person as resolver on resolver.id = page_thread.resolved_by
         where page_thread.id in (select value from json_each(?1))"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([serde_json::to_string(ids)?], thread_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn thread(db: &Connection, id: i64) -> Result<Option<ThreadRow>> {
    Ok(threads_by_ids(db, &[id])?.pop())
}

/// How many threads a page has, open and resolved.
pub fn thread_count(db: &Connection, page: i64) -> Result<usize> {
    let count: i64 =
        db.prepare_cached("select count(*) from page_thread where page = ?1")?.query_row([page], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The open threads of a page that are about a part of it, the oldest first.
pub fn marked(db: &Connection, page: i64, limit: usize) -> Result<Vec<ThreadRow>> {
    let sql = format!(
        "select {THREAD_COLUMNS} from page_thread left join person as resolver on resolver.id = page_thread.resolved_by
         where page_thread.page = ?1 and page_thread.resolved_at is null and page_thread.anchor in ('heading', 'quote')
         order by page_thread.id limit ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((page, limit as i64), thread_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[derive(Debug, Clone)]
pub struct MessageRow {
    pub id: i64,
    pub thread: i64,
    pub page: i64,
    /// Among all that was said about the page, from 1.
    pub number: i64,
    pub author: Option<i64>,
    /// As pages call whoever wrote it.
    pub author_name: String,
    pub author_login: String,
    pub at: Instant,
    pub via: String,
    pub text: String,
    /// The number of the message that it answers.
    pub reply_to: Option<i64>,
    pub edits: i64,
    pub edited: Option<Done>,
    pub edited_by: Option<i64>,
    pub removed: Option<Done>,
}

const MESSAGE_COLUMNS: &str = "page_message.id, page_message.thread, page_message.page, page_message.number,
    page_message.author, author.login, author.display_name, page_message.written_at, page_message.via, page_message.text,
    page_message.reply_to, page_message.edits, page_message.edited_at, editor.login, editor.display_name,
    page_message.edited_by, page_message.removed_at, remover.login, remover.display_name";
const MESSAGE_PEOPLE: &str = "left join person as author on author.id = page_message.author
    left join person as editor on editor.id = page_message.edited_by
    left join person as remover on remover.id = page_message.removed_by";

fn message_from_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let (login, name): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    Ok(MessageRow {
        id: row.get(0)?,
        thread: row.get(1)?,
        page: row.get(2)?,
        number: row.get(3)?,
        author: row.get(4)?,
        author_name: called(login.as_deref(), name.as_deref()),
        author_login: login.unwrap_or_default(),
        at: row.get(7)?,
        via: row.get(8)?,
        text: row.get(9)?,
        reply_to: row.get(10)?,
        edits: row.get(11)?,
        edited: done(row.get(12)?, row.get(13)?, row.get(14)?),
        edited_by: row.get(15)?,
        removed: done(row.get(16)?, row.get(17)?, row.get(18)?),
    })
}

/// What was said in these threads, in order: of each its first message and its `newest` last ones.
pub fn messages_of(db: &Connection, threads: &[i64], newest: usize) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "select {MESSAGE_COLUMNS} from json_each(:threads) as wanted cross join page_message {MESSAGE_PEOPLE}
         where page_message.thread = wanted.value
           and (page_message.number in (select number from page_message where thread = wanted.value
                                        order by number desc limit :newest)
             or page_message.number = (select min(number) from page_message where thread = wanted.value))
         order by page_message.thread, page_message.number"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! { ":threads": serde_json::to_string(threads)?, ":newest": newest as i64 },
        message_from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A stretch of what was said in one thread, in order.
pub fn messages(db: &Connection, thread: i64, limit: usize, offset: usize) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "select {MESSAGE_COLUMNS} from page_message {MESSAGE_PEOPLE} where page_message.thread = ?1
         order by page_message.number limit ?2 offset ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((thread, limit as i64, offset as i64), message_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What was said last about a page and not removed, the newest first.
pub fn newest(db: &Connection, page: i64, limit: usize) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "select {MESSAGE_COLUMNS} from page_message {MESSAGE_PEOPLE}
         where page_message.page = ?1 and page_message.removed_at is null order by page_message.number desc limit ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((page, limit as i64), message_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The message of that number on a page.
pub fn message(db: &Connection, page: i64, number: i64) -> Result<Option<MessageRow>> {
    let sql = format!(
        "select {MESSAGE_COLUMNS} from page_message {MESSAGE_PEOPLE}
         where page_message.page = ?1 and page_message.number = ?2"
    );
    Ok(db.prepare_cached(&sql)?.query_row([page, number], message_from_row).optional()?)
}

/// How many messages of a thread stand before that one.
pub fn messages_before(db: &Connection, message: &MessageRow) -> Result<usize> {
    let count: i64 = db
        .prepare_cached("select count(*) from page_message where thread = ?1 and number < ?2")?
        .query_row([message.thread, message.number], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The messages of these ids, whoever asks: for the search index, and for whoever looks at the page of each.
pub fn messages_by_ids(db: &Connection, ids: &[i64]) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "select {MESSAGE_COLUMNS} from page_message {MESSAGE_PEOPLE}
         where page_message.id in (select value from json_each(?1)) order by page_message.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([serde_json::to_string(ids)?], message_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ids of messages that may be found by searching.
pub fn message_ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select id from page_message where id > ?1 and removed_at is null order by id limit ?2")?;
    Ok(statement.query_map((after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Every message of a page, removed ones too.
pub fn message_ids(db: &Connection, page: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from page_message where page = ?1")?;
    Ok(statement.query_map([page], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// An earlier text of a message.
#[derive(Debug, Clone)]
pub struct EarlierRow {
    pub version: i64,
    pub author: String,
    pub at: Instant,
    pub text: String,
}

/// The texts that a message had before its present one, oldest first; version 0 is as it was first written.
pub fn earlier(db: &Connection, message: i64, limit: usize) -> Result<Vec<EarlierRow>> {
    let mut statement = db.prepare_cached(
        "select version, written_at, text, login, display_name from page_message_version
         left join person on person.id = page_message_version.author where message = ?1 order by version desc limit ?2",
    )?;
    let rows = statement.query_map((message, limit as i64), |row| {
        let (login, name): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let author = called(login.as_deref(), name.as_deref());
        Ok(EarlierRow { version: row.get(0)?, at: row.get(1)?, text: row.get(2)?, author })
    })?;
    let mut earlier = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    earlier.reverse();
    Ok(earlier)
}

/// Tickets whose texts refer to these threads, as (thread, ticket), as far as this viewer may see them.
pub fn tickets_of(db: &Connection, viewer: &Viewer, threads: &[i64]) -> Result<Vec<(i64, i64)>> {
    let keys: Vec<String> = threads.iter().map(i64::to_string).collect();
    let sql = format!(
        "select distinct cast(link.target as integer), link.source_id
         from json_each(?1) as wanted cross join link indexed by link_target
         where link.target_kind = ?2 and link.target = wanted.value and link.source_kind = 'ticket' and {}
         order by 1, 2",
        viewer.sees_hanging_sql("link", "source_kind", "source_id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query_map((serde_json::to_string(&keys)?, super::THREAD), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn insert_thread(tx: &Tx<'_>, page: i64, version: i64, anchor: &Anchor) -> Result<i64> {
    let none = Quote::default();
    let (heading, quote) = match anchor {
        Anchor::Page | Anchor::Suggestion => ("", none),
        Anchor::Heading { id, words } => (id.as_str(), Quote { words: words.clone(), ..none }),
        Anchor::Quote(quote) => ("", quote.clone()),
    };
    tx.prepare_cached(
        "insert into page_thread (page, anchor, heading, quote, before, after, version)
         values (:page, :anchor, :heading, :quote, :before, :after, :version)",
    )?
    .execute(named_params! {
        ":page": page, ":anchor": anchor.kind(), ":heading": heading, ":quote": quote.words,
        ":before": quote.before, ":after": quote.after, ":version": version,
    })?;
    Ok(tx.last_insert_rowid())
}

/// Returns the id and the number of the message.
pub fn insert_message(tx: &Tx<'_>, page: i64, thread: i64, text: &str, reply_to: Option<i64>) -> Result<(i64, i64)> {
    let number: i64 = tx
        .prepare_cached("select coalesce(max(number), 0) + 1 from page_message where page = ?1")?
        .query_row([page], |row| row.get(0))?;
    tx.prepare_cached(
        "insert into page_message (thread, page, number, author, written_at, via, text, reply_to)
         values (:thread, :page, :number, :author, :now, :via, :text, :reply_to)",
    )?
    .execute(named_params! {
        ":thread": thread, ":page": page, ":number": number, ":author": tx.actor(), ":now": tx.now(),
        ":via": tx.via().name(), ":text": text, ":reply_to": reply_to,
    })?;
    Ok((tx.last_insert_rowid(), number))
}

/// Puts another text in place of that of a message, and keeps that one.
pub fn save_text(tx: &Tx<'_>, old: &MessageRow, text: &str) -> Result<()> {
    tx.prepare_cached(
        "insert into page_message_version (message, version, author, written_at, text) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        old.id,
        old.edits,
        if old.edits == 0 { old.author } else { old.edited_by },
        old.edited.as_ref().map_or(old.at, |edited| edited.at),
        &old.text,
    ))?;
    tx.prepare_cached(
        "update page_message set text = ?2, edits = edits + 1, edited_at = ?3, edited_by = ?4 where id = ?1",
    )?
    .execute((old.id, text, tx.now(), tx.actor()))?;
    Ok(())
}

pub fn set_removed(tx: &Tx<'_>, message: i64, removed: bool) -> Result<()> {
    let (at, by) = if removed { (Some(tx.now()), tx.actor()) } else { (None, None) };
    tx.prepare_cached("update page_message set removed_at = ?2, removed_by = ?3 where id = ?1")?
        .execute((message, at, by))?;
    Ok(())
}

pub fn set_resolved(tx: &Tx<'_>, thread: i64, resolved: bool) -> Result<()> {
    let (at, by) = if resolved { (Some(tx.now()), tx.actor()) } else { (None, None) };
    tx.prepare_cached("update page_thread set resolved_at = ?2, resolved_by = ?3 where id = ?1")?
        .execute((thread, at, by))?;
    Ok(())
}

/// Counts the open threads of a page anew.
pub fn count_open(tx: &Tx<'_>, page: i64) -> Result<()> {
    tx.prepare_cached(
        "update page set open_threads =
           (select count(*) from page_thread where page_thread.page = page.id and resolved_at is null)
         where id = ?1",
    )?
    .execute([page])?;
    Ok(())
}

/// Lets links and events of the messages of a page follow it: into another class, into the trash and out of it.
pub fn follow_page(tx: &Tx<'_>, page: i64) -> Result<()> {
    tx.prepare_cached(
        "update link set acl = (select case when deleted_at is null then acl else ?2 end from page where id = ?1)
         where source_kind = ?3 and source_id in (select id from page_message where page = ?1)",
    )?
    .execute((page, crate::base::viewer::TRASH_CLASS, super::MESSAGE))?;
    for (kind, table) in [(super::MESSAGE, "page_message"), (super::THREAD, "page_thread")] {
        tx.prepare_cached(&format!(
            "update event set acl = (select acl from page where id = ?1)
             where resource_kind = ?2 and resource_id in (select id from {table} where page = ?1)"
        ))?
        .execute((page, kind))?;
    }
    Ok(())
}
