//! The wiki's tables. Decides nothing; everything that is read for somebody takes their viewer.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use serde::Serialize;

use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// A page as lists and its own page need it.
#[derive(Debug, Clone)]
pub struct PageRow {
    pub id: i64,
    pub name: String,
    /// What its text calls it; empty where it has no other name than its own.
    pub title: String,
    pub folded: String,
    pub version: i64,
    pub acl: i64,
    /// Who saved the newest version, as pages call them.
    pub author: String,
    pub changed_at: Instant,
    /// Only who has WIKI_ADMIN changes it (row K13).
    pub read_only: bool,
}

impl PageRow {
    /// How lists and links call it: its title, else its name.
    pub fn called(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }
}

/// First in every statement, and read by place: a page with many links reads many of them.
const PAGE_COLUMNS: &str = "page.id, page.name, page.folded, page.version, page.acl, page.changed_at,
    person.login, person.display_name, page.title, page.read_only";

fn page_from_row(row: &Row<'_>) -> rusqlite::Result<PageRow> {
    let (login, name): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
    Ok(PageRow {
        id: row.get(0)?,
        name: row.get(1)?,
        folded: row.get(2)?,
        version: row.get(3)?,
        acl: row.get(4)?,
        author: called(login.as_deref(), name.as_deref()),
        changed_at: row.get(5)?,
        title: row.get(8)?,
        read_only: row.get(9)?,
    })
}

fn author_from_row(row: &Row<'_>) -> rusqlite::Result<String> {
    let (login, name): (Option<String>, Option<String>) = (row.get("login")?, row.get("display_name")?);
    Ok(called(login.as_deref(), name.as_deref()))
}

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

/// The page of that folded name, if this viewer may see it.
pub fn find(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Option<PageRow>> {
    Ok(find_unseen(db, folded)?.filter(|page| viewer.sees_class(page.acl)))
}

/// The page of that folded name, whoever asks: for deciding whether a name is taken.
pub fn find_unseen(db: &Connection, folded: &str) -> Result<Option<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where folded = ?1 and deleted_at is null"
    );
    Ok(db.prepare_cached(&sql)?.query_row([folded], page_from_row).optional()?)
}

/// The page of that id, whoever asks: for the search index.
pub fn by_id_unseen(db: &Connection, id: i64) -> Result<Option<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where page.id = ?1 and deleted_at is null"
    );
    Ok(db.prepare_cached(&sql)?.query_row([id], page_from_row).optional()?)
}

/// Pages of those ids that the viewer may see, in no order.
pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<PageRow>> {
    each(db, viewer, ids, "page.id = wanted.value")
}

/// Pages of those folded names that the viewer may see, in no order.
pub fn by_folded(db: &Connection, viewer: &Viewer, folded: &(impl Serialize + ?Sized)) -> Result<Vec<PageRow>> {
    each(db, viewer, folded, "page.folded = wanted.value")
}

/// One look for each that is wanted: cheaper than `in`, for which SQLite builds a table of its own each time. What is wanted
/// twice is found twice.
fn each(db: &Connection, viewer: &Viewer, wanted: &(impl Serialize + ?Sized), is_wanted: &str) -> Result<Vec<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from json_each(:wanted) as wanted cross join page left join person on person.id = page.author
         where {is_wanted} and deleted_at is null and {}",
        viewer.class_sql("page")
    );
    collect(db, &sql, named_params! { ":wanted": serde_json::to_string(wanted)? }, page_from_row)
}

/// The page that once had one of those names: (old folded name, page).
pub fn by_former_names(
    db: &Connection,
    viewer: &Viewer,
    folded: &(impl Serialize + ?Sized),
) -> Result<Vec<(String, PageRow)>> {
    let sql = format!(
        "select {PAGE_COLUMNS}, page_former_name.folded as former from json_each(:names) as wanted
         cross join page_former_name on page_former_name.folded = wanted.value
         join page on page.id = page_former_name.page left join person on person.id = page.author
         where deleted_at is null and {}",
        viewer.class_sql("page")
    );
    let parameters = named_params! { ":names": serde_json::to_string(folded)? };
    collect(db, &sql, parameters, |row| Ok((row.get("former")?, page_from_row(row)?)))
}

/// The condition that a folded name leads to a page which this viewer sees; `key` is an expression of ours.
pub fn leads_sql(viewer: &Viewer, key: &str) -> String {
    let seen = viewer.class_sql("page");
    format!(
        "(exists (select 1 from page where page.folded = {key} and deleted_at is null and {seen})
          or exists (select 1 from page_former_name join page on page.id = page_former_name.page
                     where page_former_name.folded = {key} and deleted_at is null and {seen}))"
    )
}

/// The page that a folded name leads to as a former name or an alias, whoever asks.
pub fn leads_to(db: &Connection, folded: &str) -> Result<Option<i64>> {
    let sql = "select page.id from page_former_name join page on page.id = page_former_name.page
               where page_former_name.folded = ?1 and deleted_at is null";
    Ok(db.prepare_cached(sql)?.query_row([folded], |row| row.get(0)).optional()?)
}

/// The page that a folded name leads to: its own, or one that it once had.
pub fn lead(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Option<PageRow>> {
    match find(db, viewer, folded)? {
        Some(page) => Ok(Some(page)),
        None => Ok(by_former_names(db, viewer, &[folded.to_owned()])?.pop().map(|(_, page)| page)),
    }
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

/// Pages whose folded name begins with `prefix`, by name. An empty prefix is all of them.
pub fn list(db: &Connection, viewer: &Viewer, prefix: &str, limit: usize) -> Result<Vec<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where folded >= :from and folded < :to and deleted_at is null and {}
         order by folded limit :limit",
        viewer.class_sql("page")
    );
    let parameters = named_params! { ":from": prefix, ":to": format!("{prefix}\u{10FFFF}"), ":limit": limit as i64 };
    collect(db, &sql, parameters, page_from_row)
}

/// The pages after a folded name, by name: for whoever goes through all of them.
pub fn list_after(db: &Connection, viewer: &Viewer, after: &str, limit: usize) -> Result<Vec<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where folded > :after and deleted_at is null and {} order by folded limit :limit",
        viewer.class_sql("page")
    );
    collect(db, &sql, named_params! { ":after": after, ":limit": limit as i64 }, page_from_row)
}

/// How many pages this viewer sees.
pub fn count(db: &Connection, viewer: &Viewer) -> Result<i64> {
    let sql = format!("select count(*) from page where deleted_at is null and {}", viewer.class_sql("page"));
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// The first page after one folded name and before another.
pub fn next_after(db: &Connection, viewer: &Viewer, after: &str, before: &str) -> Result<Option<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where folded > ?1 and folded < ?2 and deleted_at is null and {} order by folded limit 1",
        viewer.class_sql("page")
    );
    Ok(db.prepare_cached(&sql)?.query_row((after, before), page_from_row).optional()?)
}

/// Some of all pages, by name.
pub fn some(db: &Connection, viewer: &Viewer, limit: usize, offset: usize) -> Result<Vec<PageRow>> {
    let sql = format!(
        "select {PAGE_COLUMNS} from
           (select id as listed from page where deleted_at is null and {} order by folded limit :limit offset :offset)
         join page on page.id = listed left join person on person.id = page.author order by page.folded",
        viewer.class_sql("page")
    );
    collect(db, &sql, named_params! { ":limit": limit as i64, ":offset": offset as i64 }, page_from_row)
}

/// The folded names of every sidebar and footer. The condition is that of their index, word for word.
pub fn furniture(db: &Connection) -> Result<Vec<String>> {
    collect(
        db,
        "select folded from page where deleted_at is null
           and (folded in ('_sidebar', '_footer') or substr(folded, -9) = '/_sidebar' or substr(folded, -8) = '/_footer')
         limit 1000",
        &[],
        |row| row.get(0),
    )
}

/// Newest changes first, one line per page.
pub fn recent(db: &Connection, viewer: &Viewer, prefix: &str, limit: usize) -> Result<Vec<(PageRow, String)>> {
    let sql = format!(
        "select {PAGE_COLUMNS}, page_version.comment from page
         join page_version on page_version.page = page.id and page_version.version = page.version
         left join person on person.id = page.author
         where deleted_at is null and folded >= :from and folded < :to and {}
         order by changed_at desc, page.id desc limit :limit",
        viewer.class_sql("page")
    );
    let parameters = named_params! { ":from": prefix, ":to": format!("{prefix}\u{10FFFF}"), ":limit": limit as i64 };
    collect(db, &sql, parameters, |row| Ok((page_from_row(row)?, row.get("comment")?)))
}

/// Pages among which changes that are not small are looked for.
const SEARCHED: usize = 1_000;

/// The same without small changes: each page as its newest other change left it. Looks at the pages that were changed last.
pub fn recent_but_minor(
    db: &Connection,
    viewer: &Viewer,
    prefix: &str,
    limit: usize,
) -> Result<Vec<(PageRow, String)>> {
    let sql = format!(
        "select page.id, page.name, page.folded, page_version.version, page.acl, page_version.saved_at, person.login,
           person.display_name, page.title, page.read_only, page_version.comment
         from (select * from page where deleted_at is null and folded >= :from and folded < :to and {}
               order by changed_at desc limit {SEARCHED}) as page
         join page_version on page_version.page = page.id and page_version.version =
           (select max(version) from page_version as every
            where every.page = page.id and every.minor = 0 and every.removed_at is null)
         left join person on person.id = page_version.author
         order by page_version.saved_at desc, page.id desc limit :limit",
        viewer.class_sql("page")
    );
    let parameters = named_params! { ":from": prefix, ":to": format!("{prefix}\u{10FFFF}"), ":limit": limit as i64 };
    collect(db, &sql, parameters, |row| Ok((page_from_row(row)?, row.get("comment")?)))
}

/// Pages with the same last part of their name, or whose name begins alike.
pub fn similar(db: &Connection, viewer: &Viewer, folded: &str, limit: usize) -> Result<Vec<PageRow>> {
    let last = super::name::last_part(folded);
    let start: String = last.chars().take(4).collect();
    let mut found = list(db, viewer, &start, limit)?;
    let sql = format!(
        "select {PAGE_COLUMNS} from page left join person on person.id = page.author
         where deleted_at is null and folded like :end escape '!' and {} limit :limit",
        viewer.class_sql("page")
    );
    let end = format!("%/{}", last.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let named_alike: Vec<PageRow> =
        collect(db, &sql, named_params! { ":end": end, ":limit": limit as i64 }, page_from_row)?;
    found.extend(named_alike);
    let mut seen = HashSet::new();
    found.retain(|page| seen.insert(page.id));
    found.truncate(limit);
    Ok(found)
}

/// A page in the trash.
#[derive(Debug, Clone)]
pub struct TrashRow {
    pub page: PageRow,
    pub deleted_at: Instant,
    pub deleted_by: String,
    pub deleted_comment: String,
    pub versions: i64,
    pub attachments: i64,
    /// Another page has the name by now.
    pub taken: bool,
}

const TRASH_COLUMNS: &str = "page.id, page.name, page.folded, page.version, page.acl, page.changed_at,
    author.login, author.display_name, page.title, page.read_only, page.deleted_at, page.deleted_comment, remover.login as remover_login, remover.display_name as remover_name,
    (select count(*) from attachment where parent_kind = 'page' and parent_id = page.id and removed_at is null) as attachments,
    exists (select 1 from page as other where other.folded = page.folded and other.deleted_at is null) as taken";

fn trash_from_row(row: &Row<'_>) -> rusqlite::Result<TrashRow> {
    let (login, name): (Option<String>, Option<String>) = (row.get("remover_login")?, row.get("remover_name")?);
    let page = page_from_row(row)?;
    Ok(TrashRow {
        versions: page.version,
        page,
        deleted_at: row.get("deleted_at")?,
        deleted_by: called(login.as_deref(), name.as_deref()),
        deleted_comment: row.get("deleted_comment")?,
        attachments: row.get("attachments")?,
        taken: row.get("taken")?,
    })
}

pub fn trash(db: &Connection, viewer: &Viewer, limit: usize, offset: usize) -> Result<Vec<TrashRow>> {
    let sql = format!(
        "select {TRASH_COLUMNS} from page left join person as author on author.id = page.author
         left join person as remover on remover.id = page.deleted_by
         where page.deleted_at is not null and {} order by page.deleted_at desc limit :limit offset :offset",
        viewer.class_sql("page")
    );
    let parameters = named_params! { ":limit": limit as i64, ":offset": offset as i64 };
    collect(db, &sql, parameters, trash_from_row)
}

pub fn trash_count(db: &Connection, viewer: &Viewer) -> Result<i64> {
    let sql = format!("select count(*) from page where deleted_at is not null and {}", viewer.class_sql("page"));
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// A page of the trash by its id.
pub fn trashed(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<TrashRow>> {
    let sql = format!(
        "select {TRASH_COLUMNS} from page left join person as author on author.id = page.author
         left join person as remover on remover.id = page.deleted_by where page.id = ?1 and deleted_at is not null"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_row([id], trash_from_row)
        .optional()?
        .filter(|row| viewer.sees_class(row.page.acl)))
}

/// The newest page of the trash with that folded name.
pub fn trashed_by_name(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Option<TrashRow>> {
    let sql = format!(
        "select {TRASH_COLUMNS} from page left join person as author on author.id = page.author
         left join person as remover on remover.id = page.deleted_by
         where page.folded = ?1 and deleted_at is not null order by deleted_at desc limit 1"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_row([folded], trash_from_row)
        .optional()?
        .filter(|row| viewer.sees_class(row.page.acl)))
}

/// The folded names that lead to a page: its own and those it once had.
pub fn keys_of(db: &Connection, page: &PageRow) -> Result<Vec<String>> {
    let mut keys: Vec<String> = collect(
        db,
        "select folded from page_former_name where page = :page",
        named_params! { ":page": page.id },
        |row| row.get(0),
    )?;
    keys.push(page.folded.clone());
    Ok(keys)
}

/// The access class that the path rules give a page of that folded name: the longest rule wins.
pub fn class_of(db: &Connection, folded: &str) -> Result<i64> {
    let rules: Vec<(i64, String)> =
        collect(db, "select id, path from acl where kind = 'path'", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rules
        .into_iter()
        .filter(|(_, path)| {
            folded == path || folded.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|(_, path)| path.len())
        .map_or(crate::base::viewer::DEFAULT_CLASS, |(acl, _)| acl))
}

pub fn insert_page(
    db: &Connection,
    name: &str,
    folded: &str,
    acl: i64,
    author: Option<i64>,
    at: Instant,
) -> Result<i64> {
    db.prepare_cached(
        "insert into page (name, folded, version, acl, author, changed_at, created_at)
         values (:name, :folded, 0, :acl, :author, :at, :at)",
    )?
    .execute(named_params! { ":name": name, ":folded": folded, ":acl": acl, ":author": author, ":at": at })?;
    let id = db.last_insert_rowid();
    // A new page under an old address of another one takes the address over.
    db.execute("delete from page_former_name where folded = ?1", [folded])?;
    Ok(id)
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

/// How many discussions and how many suggested edits of the page of that folded name are open, whoever asks.
pub fn open_counts(db: &Connection, folded: &str) -> Result<(i64, i64)> {
    let found = db
        .prepare_cached("select open_threads, open_suggestions from page where folded = ?1 and deleted_at is null")?
        .query_row([folded], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((0, 0)))
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

pub fn set_read_only(db: &Connection, page: i64, read_only: bool) -> Result<()> {
    db.execute("update page set read_only = ?2 where id = ?1", (page, read_only))?;
    Ok(())
}

/// Every attachment that a page ever had, removed ones too.
pub fn attachment_ids(db: &Connection, page: i64) -> Result<Vec<i64>> {
    collect(
        db,
        "select id from attachment where parent_kind = 'page' and parent_id = :page",
        named_params! { ":page": page },
        |row| row.get(0),
    )
}

/// How many attachments a page has now.
pub fn attachment_count(db: &Connection, page: i64) -> Result<i64> {
    let sql = "select count(*) from attachment where parent_kind = 'page' and parent_id = ?1 and removed_at is null";
    Ok(db.prepare_cached(sql)?.query_row([page], |row| row.get(0))?)
}

fn collect<T>(
    db: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
    from_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_map(parameters, from_row)?.collect::<rusqlite::Result<_>>()?)
}
