//! Versions of pages and the lines of their histories.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{author_from_row, collect};
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;

/// One version with its text.
#[derive(Debug, Clone)]
pub struct VersionRow {
    pub version: i64,
    pub author: String,
    pub saved_at: Instant,
    pub comment: String,
    pub minor: bool,
    pub via: String,
    pub size: i64,
    pub text: String,
}

fn version_from_row(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    Ok(VersionRow {
        version: row.get("version")?,
        author: author_from_row(row)?,
        saved_at: row.get("saved_at")?,
        comment: row.get("comment")?,
        minor: row.get("minor")?,
        via: row.get("via")?,
        size: row.get("size")?,
        text: row.get("text")?,
    })
}

/// A version that is there; none for one that was removed.
pub fn version(db: &Connection, page: i64, version: i64) -> Result<Option<VersionRow>> {
    Ok(db
        .prepare_cached(
            "select page_version.*, person.login, person.display_name from page_version
             left join person on person.id = page_version.author
             where page = ?1 and version = ?2 and removed_at is null",
        )?
        .query_row([page, version], version_from_row)
        .optional()?)
}

/// The number of the newest version below that one which is there; 0 if there is none.
pub fn version_before(db: &Connection, page: i64, version: i64) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "select coalesce(max(version), 0) from page_version where page = ?1 and version < ?2 and removed_at is null",
        )?
        .query_row([page, version], |row| row.get(0))?)
}

/// The number of the oldest version above that one which is there; 0 if there is none.
pub fn version_after(db: &Connection, page: i64, version: i64) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "select coalesce(min(version), 0) from page_version where page = ?1 and version > ?2 and removed_at is null",
        )?
        .query_row([page, version], |row| row.get(0))?)
}

/// The number that the next version gets: numbers of removed ones are not used again.
pub fn next_version(db: &Connection, page: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("select coalesce(max(version), 0) + 1 from page_version where page = ?1")?
        .query_row([page], |row| row.get(0))?)
}

/// A line of the history: everything but the text.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub version: i64,
    pub author: String,
    pub saved_at: Instant,
    pub comment: String,
    pub via: String,
    pub size: i64,
    /// Bytes of the version before; none for the first.
    pub size_before: Option<i64>,
    /// Who took it, of a suggested edit.
    pub taken_by: Option<String>,
    pub minor: bool,
    /// When it was removed, and by whom.
    pub removed: Option<(Instant, String)>,
}

const HISTORY_COLUMNS: &str =
    "page_version.version, page_version.saved_at, page_version.comment, page_version.via, page_version.size,
     person.login, person.display_name, before.size as size_before, page_version.minor, page_version.removed_at,
     remover.login as remover_login, remover.display_name as remover_name,
     page_version.suggestion, taker.login as taker_login, taker.display_name as taker_name";
const HISTORY_FROM: &str = "page_version
     left join person on person.id = page_version.author
     left join person as remover on remover.id = page_version.removed_by
     left join person as taker on taker.id = page_version.taken_by
     left join page_version as before
       on before.page = page_version.page and before.version = page_version.version - 1";

fn history_from_row(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    Ok(HistoryRow {
        version: row.get("version")?,
        author: author_from_row(row)?,
        saved_at: row.get("saved_at")?,
        comment: row.get("comment")?,
        via: row.get("via")?,
        size: row.get("size")?,
        size_before: row.get("size_before")?,
        taken_by: match row.get::<_, Option<i64>>("suggestion")? {
            None => None,
            Some(_) => {
                let [login, name]: [Option<String>; 2] = [row.get("taker_login")?, row.get("taker_name")?];
                Some(called(login.as_deref(), name.as_deref()))
            }
        },
        minor: row.get("minor")?,
        removed: removed_from_row(row)?,
    })
}

/// Newest first, removed ones too.
pub fn history(db: &Connection, page: i64, limit: usize, offset: usize) -> Result<Vec<HistoryRow>> {
    let sql = format!(
        "select {HISTORY_COLUMNS} from {HISTORY_FROM}
         where page_version.page = :page order by page_version.version desc limit :limit offset :offset"
    );
    let parameters = named_params! { ":page": page, ":limit": limit as i64, ":offset": offset as i64 };
    collect(db, &sql, parameters, history_from_row)
}

/// The lines of the history of these versions, in no order.
pub fn history_of(db: &Connection, page: i64, versions: &[i64]) -> Result<Vec<HistoryRow>> {
    let sql = format!(
        "select {HISTORY_COLUMNS} from json_each(:versions) as wanted cross join {HISTORY_FROM}
         where page_version.page = :page and page_version.version = wanted.value"
    );
    let parameters = named_params! { ":page": page, ":versions": serde_json::to_string(versions)? };
    collect(db, &sql, parameters, history_from_row)
}

/// Gives the texts of the versions below that one, newest first, until `take` has enough. Answers whether it took all.
pub fn texts_before(
    db: &Connection,
    page: i64,
    version: i64,
    mut take: impl FnMut(i64, String) -> bool,
) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "select version, text from page_version where page = ?1 and version < ?2 and removed_at is null
         order by version desc",
    )?;
    let mut rows = statement.query([page, version])?;
    while let Some(row) = rows.next()? {
        if !take(row.get(0)?, row.get(1)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn removed_from_row(row: &Row<'_>) -> rusqlite::Result<Option<(Instant, String)>> {
    let (login, name): (Option<String>, Option<String>) = (row.get("remover_login")?, row.get("remover_name")?);
    let at: Option<Instant> = row.get("removed_at")?;
    Ok(at.map(|at| (at, called(login.as_deref(), name.as_deref()))))
}

/// What a new version is made of.
pub struct NewVersion<'a> {
    pub page: i64,
    pub version: i64,
    pub author: Option<i64>,
    pub at: Instant,
    pub comment: &'a str,
    pub via: &'static str,
    pub minor: bool,
    pub text: &'a str,
    /// Of a suggested edit: its number, and who took it.
    pub taken: Option<(i64, Option<i64>)>,
}

pub fn insert_version(db: &Connection, new: &NewVersion<'_>) -> Result<()> {
    db.prepare_cached(
        "insert into page_version (page, version, author, saved_at, comment, via, size, minor, text, suggestion, taken_by)
         values (:page, :version, :author, :at, :comment, :via, :size, :minor, :text, :suggestion, :taken_by)",
    )?
    .execute(named_params! {
        ":page": new.page, ":version": new.version, ":author": new.author, ":at": new.at,
        ":comment": new.comment, ":via": new.via, ":size": new.text.len() as i64, ":minor": new.minor,
        ":text": new.text,
        ":suggestion": new.taken.map(|(suggestion, _)| suggestion), ":taken_by": new.taken.and_then(|(_, by)| by),
    })?;
    db.prepare_cached("update page set version = ?2, author = ?3, changed_at = ?4 where id = ?1")?
        .execute((new.page, new.version, new.author, new.at))?;
    Ok(())
}

/// Takes the text and the comment out of those versions (both ends included); their numbers stay taken.
pub fn remove_versions(db: &Connection, page: i64, from: i64, to: i64, by: Option<i64>, at: Instant) -> Result<usize> {
    Ok(db.execute(
        "update page_version set text = '', comment = '', size = 0, removed_at = ?5, removed_by = ?4
         where page = ?1 and version between ?2 and ?3 and removed_at is null",
        (page, from, to, by, at),
    )?)
}

/// Puts what the page row repeats of its newest version right, after that one was removed.
pub fn set_newest(db: &Connection, page: i64, version: i64) -> Result<()> {
    db.execute(
        "update page set (version, author, changed_at) =
           (select version, author, saved_at from page_version where page = ?1 and version = ?2)
         where id = ?1",
        [page, version],
    )?;
    Ok(())
}

pub fn set_comment(db: &Connection, page: i64, version: i64, comment: &str) -> Result<()> {
    db.execute("update page_version set comment = ?3 where page = ?1 and version = ?2", (page, version, comment))?;
    Ok(())
}
