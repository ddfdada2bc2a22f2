//! Pages in the trash.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{PageRow, collect, page_from_row};
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

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
