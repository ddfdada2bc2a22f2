//! The table of suggested edits. Decides nothing; who may see one is decided by `edit`.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::base::error::Result;
use crate::base::project::{Tx, called};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// What has become of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Taken,
    Declined,
    Withdrawn,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn named(name: &str) -> Self {
        [Self::Taken, Self::Declined, Self::Withdrawn]
            .into_iter()
            .find(|state| state.name() == name)
            .unwrap_or(Self::Open)
    }
}

#[derive(Debug, Clone)]
pub struct SuggestionRow {
    pub id: i64,
    pub page: i64,
    /// The version of the page that it was made from.
    pub base: i64,
    pub comment: String,
    pub author: Option<i64>,
    /// As pages call whoever made it.
    pub author_name: String,
    pub made_at: Instant,
    /// How often its author has put another text in its place.
    pub edits: i64,
    pub state: State,
    pub closed_at: Option<Instant>,
    pub closed_by: String,
    pub reason: String,
    pub thread: Option<i64>,
}

const COLUMNS: &str = "page_suggestion.id, page_suggestion.page, page_suggestion.base, page_suggestion.comment,
    page_suggestion.author, author.login, author.display_name, page_suggestion.made_at, page_suggestion.edits,
    page_suggestion.state, page_suggestion.closed_at, closer.login, closer.display_name, page_suggestion.reason,
    page_suggestion.thread";
const PEOPLE: &str = "left join person as author on author.id = page_suggestion.author
    left join person as closer on closer.id = page_suggestion.closed_by";

fn from_row(row: &Row<'_>) -> rusqlite::Result<SuggestionRow> {
    let [login, name]: [Option<String>; 2] = [row.get(5)?, row.get(6)?];
    let [closer_login, closer_name]: [Option<String>; 2] = [row.get(11)?, row.get(12)?];
    let state: String = row.get(9)?;
    Ok(SuggestionRow {
        id: row.get(0)?,
        page: row.get(1)?,
        base: row.get(2)?,
        comment: row.get(3)?,
        author: row.get(4)?,
        author_name: called(login.as_deref(), name.as_deref()),
        made_at: row.get(7)?,
        edits: row.get(8)?,
        state: State::named(&state),
        closed_at: row.get(10)?,
        closed_by: called(closer_login.as_deref(), closer_name.as_deref()),
        reason: row.get(13)?,
        thread: row.get(14)?,
    })
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<SuggestionRow>> {
    let sql = format!("select {COLUMNS} from page_suggestion {PEOPLE} where page_suggestion.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// The suggestions of these ids, in no order, whoever asks.
pub fn by_ids(db: &Connection, ids: &[i64]) -> Result<Vec<SuggestionRow>> {
    let sql = format!(
        "select {COLUMNS} from page_suggestion {PEOPLE}
         where page_suggestion.id in (select value from json_each(?1))"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([serde_json::to_string(ids)?], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The suggestion that a thread is about.
pub fn of_thread(db: &Connection, thread: i64) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "select page_suggestion.id from page_thread join page_suggestion on page_suggestion.page = page_thread.page
             where page_thread.id = ?1 and page_suggestion.thread = ?1",
        )?
        .query_row([thread], |row| row.get(0))
        .optional()?)
}

pub fn text(db: &Connection, id: i64) -> Result<String> {
    Ok(db
        .prepare_cached("select text from page_suggestion where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// The ids of those that are open, whoever asks.
pub fn open_ids(db: &Connection) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from page_suggestion where state = 'open' order by id")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Which suggestions a list holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// To that page alone.
    pub page: Option<i64>,
    /// By that person alone, open or not; else by anybody, and open.
    pub author: Option<i64>,
}

impl Wanted {
    fn condition(self) -> String {
        let mut parts = vec![match self.author {
            Some(author) => format!("page_suggestion.author = {author}"),
            None => "page_suggestion.state = 'open'".to_owned(),
        }];
        if let Some(page) = self.page {
            parts.push(format!("page_suggestion.page = {page}"));
        }
        parts.join(" and ")
    }
}

/// Suggestions to pages that this viewer sees, each with the name of its page, the newest first.
pub fn list(
    db: &Connection,
    viewer: &Viewer,
    wanted: Wanted,
    limit: usize,
    offset: usize,
) -> Result<Vec<(SuggestionRow, String)>> {
    let sql = format!(
        "select {COLUMNS}, page.name from page_suggestion join page on page.id = page_suggestion.page {PEOPLE}
         where {} and page.deleted_at is null and {}
         order by page_suggestion.changed_at desc, page_suggestion.id desc limit ?1 offset ?2",
        wanted.condition(),
        viewer.class_sql("page")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([limit as i64, offset as i64], |row| Ok((from_row(row)?, row.get(15)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count(db: &Connection, viewer: &Viewer, wanted: Wanted) -> Result<usize> {
    let sql = format!(
        "select count(*) from page_suggestion join page on page.id = page_suggestion.page
         where {} and page.deleted_at is null and {}",
        wanted.condition(),
        viewer.class_sql("page")
    );
    let count: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// What a new suggestion is made of.
pub struct New<'a> {
    pub page: i64,
    pub base: i64,
    pub text: &'a str,
    pub comment: &'a str,
}

pub fn insert(tx: &Tx<'_>, new: &New<'_>) -> Result<i64> {
    tx.prepare_cached(
        "insert into page_suggestion (page, base, text, comment, author, made_at, via, changed_at)
         values (:page, :base, :text, :comment, :author, :now, :via, :now)",
    )?
    .execute(named_params! {
        ":page": new.page, ":base": new.base, ":text": new.text, ":comment": new.comment,
        ":author": tx.actor(), ":now": tx.now(), ":via": tx.via().name(),
    })?;
    let id = tx.last_insert_rowid();
    count_open(tx, new.page)?;
    Ok(id)
}

pub fn improve(tx: &Tx<'_>, id: i64, base: i64, text: &str, comment: &str) -> Result<()> {
    tx.prepare_cached(
        "update page_suggestion set base = ?2, text = ?3, comment = ?4, edits = edits + 1, changed_at = ?5 where id = ?1",
    )?
    .execute((id, base, text, comment, tx.now()))?;
    Ok(())
}

pub fn close(tx: &Tx<'_>, row: &SuggestionRow, state: State, reason: &str) -> Result<()> {
    tx.prepare_cached(
        "update page_suggestion set state = ?2, reason = ?3, closed_at = ?4, closed_by = ?5, changed_at = ?4 where id = ?1",
    )?
    .execute((row.id, state.name(), reason, tx.now(), tx.actor()))?;
    count_open(tx, row.page)
}

pub fn set_thread(tx: &Tx<'_>, id: i64, thread: i64) -> Result<()> {
    tx.prepare_cached("update page_suggestion set thread = ?2 where id = ?1")?.execute((id, thread))?;
    Ok(())
}

fn count_open(tx: &Tx<'_>, page: i64) -> Result<()> {
    tx.prepare_cached(
        "update page set open_suggestions =
           (select count(*) from page_suggestion where page_suggestion.page = page.id and state = 'open')
         where id = ?1",
    )?
    .execute([page])?;
    Ok(())
}

/// The versions of a page that hold something of a suggestion.
pub fn versions(db: &Connection, page: i64, suggestion: i64) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select version from page_version where page = ?1 and suggestion = ?2 order by version")?;
    Ok(statement.query_map([page, suggestion], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
