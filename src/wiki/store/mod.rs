//! The wiki's tables: pages here, their versions and the trash beside. Decides nothing; everything that is read for somebody
//! takes their viewer.

mod trash;
mod versions;

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use serde::Serialize;

use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

pub use trash::{TrashRow, trash, trash_count, trashed, trashed_by_name};
pub use versions::{
    HistoryRow, NewVersion, VersionRow, history, history_of, insert_version, next_version, remove_versions,
    set_comment, set_newest, texts_before, version, version_after, version_before,
};

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

/// How many discussions and how many suggested edits of the page of that folded name are open, whoever asks.
pub fn open_counts(db: &Connection, folded: &str) -> Result<(i64, i64)> {
    let found = db
        .prepare_cached("select open_threads, open_suggestions from page where folded = ?1 and deleted_at is null")?
        .query_row([folded], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((0, 0)))
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
