//! The rows of files. Decides nothing.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::blob::Blob;
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::resource::Resource;
use crate::base::time::Instant;

/// A file that is there.
#[derive(Debug, Clone)]
pub struct FileRow {
    pub id: i64,
    pub parent: Resource,
    pub name: String,
    /// One line without markup.
    pub description: String,
    /// SHA-256 in hex.
    pub hash: String,
    /// In bytes.
    pub size: i64,
    /// The person who added it; none for anonymous.
    pub author: Option<i64>,
    /// How that person is called.
    pub author_name: String,
    pub added_at: Instant,
    pub acl: i64,
}

const FILE: &str = "select attachment.*, person.login, person.display_name from attachment
    left join person on person.id = attachment.author";

fn from_row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    let (login, name): (Option<String>, Option<String>) = (row.get("login")?, row.get("display_name")?);
    Ok(FileRow {
        id: row.get("id")?,
        parent: Resource::stored(row.get("parent_kind")?, row.get("parent_id")?),
        name: row.get("name")?,
        description: row.get("description")?,
        hash: row.get("hash")?,
        size: row.get("size")?,
        author: row.get("author")?,
        author_name: called(login.as_deref(), name.as_deref()),
        added_at: row.get("added_at")?,
        acl: row.get("acl")?,
    })
}

/// The files of a resource, by name.
pub fn of_parent(db: &Connection, parent: &Resource) -> Result<Vec<FileRow>> {
    let mut statement = db.prepare_cached(&format!(
        "{FILE} where parent_kind = ?1 and parent_id = ?2 and removed_at is null order by name collate nocase, attachment.id"
    ))?;
    Ok(statement.query_map((&parent.kind, parent.id), from_row)?.collect::<rusqlite::Result<_>>()?)
}

pub fn find(db: &Connection, parent: &Resource, name: &str) -> Result<Option<FileRow>> {
    Ok(db
        .prepare_cached(&format!(
            "{FILE} where parent_kind = ?1 and parent_id = ?2 and attachment.name = ?3 and removed_at is null"
        ))?
        .query_row((&parent.kind, parent.id, name), from_row)
        .optional()?)
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<FileRow>> {
    Ok(db
        .prepare_cached(&format!("{FILE} where attachment.id = ?1 and removed_at is null"))?
        .query_row([id], from_row)
        .optional()?)
}

/// Every version of a file, the first one first: those that were replaced, and itself.
pub fn versions(db: &Connection, id: i64) -> Result<Vec<FileRow>> {
    let mut statement = db.prepare_cached(&format!(
        "with recursive version (id) as (
             select ?1 union select older.id from attachment as older join version on older.replaced_by = version.id)
         {FILE} where attachment.id in (select id from version) order by attachment.id"
    ))?;
    Ok(statement.query_map([id], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Has a file with all its versions hang on something else under that name, and what happened to it be seen by whoever sees
/// that.
pub fn set_place(db: &Connection, id: i64, parent: &Resource, name: &str, acl: i64) -> Result<()> {
    for version in versions(db, id)? {
        db.prepare_cached("update attachment set parent_kind = ?2, parent_id = ?3, acl = ?4 where id = ?1")?
            .execute((version.id, &parent.kind, parent.id, acl))?;
        db.prepare_cached("update event set acl = ?2 where resource_kind = 'attachment' and resource_id = ?1")?
            .execute([version.id, acl])?;
    }
    db.prepare_cached("update attachment set name = ?2 where id = ?1")?.execute((id, name))?;
    Ok(())
}

/// Which of these (parent, name) pairs are there; in one query.
pub fn find_all(db: &Connection, wanted: &[(Resource, String)]) -> Result<Vec<FileRow>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<_> = wanted.iter().map(|(parent, name)| (&parent.kind, parent.id, name)).collect();
    let mut statement = db.prepare_cached(&format!(
        "{FILE} join json_each(?1) as wanted
           on parent_kind = wanted.value ->> 0 and parent_id = wanted.value ->> 1 and attachment.name = wanted.value ->> 2
         where removed_at is null"
    ))?;
    Ok(statement.query_map([serde_json::to_string(&pairs)?], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Who takes part in what files hang on, and so sees them with it.
pub fn participants(db: &Connection, parent: &Resource) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "select distinct person from participant where resource_kind = ?1 and resource_id = ?2 order by person",
    )?;
    Ok(statement.query_map((&parent.kind, parent.id), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The ids of a resource's files.
pub fn ids_of_parent(db: &Connection, parent: &Resource) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "select id from attachment where parent_kind = ?1 and parent_id = ?2 and removed_at is null order by id",
    )?;
    Ok(statement.query_map((&parent.kind, parent.id), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Ids above `after`, in their order.
pub fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select id from attachment where id > ?1 and removed_at is null order by id limit ?2")?;
    Ok(statement.query_map((after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn is_taken(db: &Connection, parent: &Resource, name: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from attachment
             where parent_kind = ?1 and parent_id = ?2 and name = ?3 and removed_at is null)",
        )?
        .query_row((&parent.kind, parent.id, name), |row| row.get(0))?)
}

/// A row about to be written.
pub struct NewRow<'a> {
    pub parent: &'a Resource,
    pub name: &'a str,
    pub description: &'a str,
    pub blob: &'a Blob,
    pub author: Option<i64>,
    pub added_at: Instant,
    pub acl: i64,
}

/// Returns the new id.
pub fn insert(db: &Connection, row: &NewRow<'_>) -> Result<i64> {
    db.prepare_cached(
        "insert into attachment (parent_kind, parent_id, name, description, hash, size, author, added_at, acl)
         values (:parent_kind, :parent_id, :name, :description, :hash, :size, :author, :added_at, :acl)",
    )?
    .execute(named_params! {
        ":parent_kind": row.parent.kind,
        ":parent_id": row.parent.id,
        ":name": row.name,
        ":description": row.description,
        ":hash": row.blob.hash,
        ":size": row.blob.size,
        ":author": row.author,
        ":added_at": row.added_at,
        ":acl": row.acl,
    })?;
    Ok(db.last_insert_rowid())
}

pub fn mark_removed(db: &Connection, id: i64, by: Option<i64>, at: Instant) -> Result<()> {
    db.prepare_cached("update attachment set removed_at = ?3, removed_by = ?2 where id = ?1")?.execute((id, by, at))?;
    Ok(())
}

pub fn mark_replaced(db: &Connection, id: i64, by: i64) -> Result<()> {
    db.prepare_cached("update attachment set replaced_by = ?2 where id = ?1")?.execute([id, by])?;
    Ok(())
}

/// Whether any row names that content, be its file removed or not.
pub fn is_named(db: &Connection, hash: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from attachment where hash = ?1)")?
        .query_row([hash], |row| row.get(0))?)
}

/// Every content that rows name, with the name of one such file.
pub fn named_blobs(db: &Connection) -> Result<Vec<(Blob, String)>> {
    let mut statement =
        db.prepare("select hash, size, min(name) from attachment group by hash, size order by min(id)")?;
    Ok(statement
        .query_map([], |row| Ok((Blob { hash: row.get(0)?, size: row.get(1)? }, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?)
}
