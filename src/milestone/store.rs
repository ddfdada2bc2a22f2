//! The tables of milestones. Decides nothing; everything that is read for somebody takes their viewer.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};

use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

#[derive(Debug, Clone, Default)]
pub struct MilestoneRow {
    pub id: i64,
    pub name: String,
    pub folded: String,
    pub description: String,
    /// A calendar date: `2026-12-31`.
    pub due: Option<String>,
    pub completed_at: Option<Instant>,
    pub is_default: bool,
    pub acl: i64,
    /// Who made it: a person of the project.
    pub author: Option<i64>,
    pub created_at: Instant,
    pub changed_at: Instant,
}

/// First in every statement, and read by place: pages of tickets read all milestones, and looking for the name of a column
/// costs more than its value.
const COLUMNS: &str = "milestone.id, milestone.name, milestone.folded, milestone.description, milestone.due,
    milestone.completed_at, milestone.is_default, milestone.acl, milestone.author, milestone.created_at, milestone.changed_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<MilestoneRow> {
    Ok(MilestoneRow {
        id: row.get(0)?,
        name: row.get(1)?,
        folded: row.get(2)?,
        description: row.get(3)?,
        due: row.get(4)?,
        completed_at: row.get(5)?,
        is_default: row.get(6)?,
        acl: row.get(7)?,
        author: row.get(8)?,
        created_at: row.get(9)?,
        changed_at: row.get(10)?,
    })
}

/// Every milestone that is there, whoever asks, for the names of ids: first the completed ones by that date, then by what is
/// due, then those without a date; names by the numbers in them (row M02).
pub fn all(db: &Connection) -> Result<Arc<Vec<MilestoneRow>>> {
    kept(db, "all", || {
        let mut statement = db.prepare_cached(&format!("select {COLUMNS} from milestone where deleted_at is null"))?;
        let mut rows = statement.query_map([], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.sort_by_cached_key(|row| {
            let undated = row.completed_at.is_none() && row.due.is_none();
            let completed = row.completed_at.unwrap_or(Instant(i64::MAX));
            (completed, undated, row.due.clone(), crate::base::text::natural(&row.name), row.id)
        });
        Ok(rows)
    })
}

/// Ids and names of those that were deleted, for the histories of tickets.
pub fn gone(db: &Connection) -> Result<Vec<(i64, String)>> {
    collect(db, "select id, name from milestone where deleted_at is not null", &[], |row| {
        Ok((row.get("id")?, row.get("name")?))
    })
}

/// Those of [`all`] that this viewer may see, in the same order.
pub fn list(db: &Connection, viewer: &Viewer) -> Result<Vec<MilestoneRow>> {
    seen(db, viewer, |_| true)
}

fn seen(db: &Connection, viewer: &Viewer, is_wanted: impl Fn(&MilestoneRow) -> bool) -> Result<Vec<MilestoneRow>> {
    Ok(all(db)?.iter().filter(|row| viewer.sees_class(row.acl) && is_wanted(row)).cloned().collect())
}

/// The milestone of that folded name, if this viewer may see it.
pub fn find(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Option<MilestoneRow>> {
    Ok(find_unseen(db, folded)?.filter(|row| viewer.sees_class(row.acl)))
}

/// The milestone of that folded name, whoever asks: for deciding whether a name is taken.
pub fn find_unseen(db: &Connection, folded: &str) -> Result<Option<MilestoneRow>> {
    let sql = format!("select {COLUMNS} from milestone where folded = ?1 and deleted_at is null");
    Ok(db.prepare_cached(&sql)?.query_row([folded], from_row).optional()?)
}

pub fn by_id(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<MilestoneRow>> {
    Ok(by_ids(db, viewer, &[id])?.pop())
}

/// The milestone of that id, whoever asks: for the search index.
pub fn by_id_unseen(db: &Connection, id: i64) -> Result<Option<MilestoneRow>> {
    let sql = format!("select {COLUMNS} from milestone where id = ?1 and deleted_at is null");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// Milestones of those ids that the viewer may see, in no order.
pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<MilestoneRow>> {
    seen(db, viewer, |row| ids.contains(&row.id))
}

/// The same, with those that are gone: (milestone, whether it is there).
pub fn by_ids_ever(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<(MilestoneRow, bool)>> {
    collect(
        db,
        &format!(
            "select {COLUMNS}, deleted_at is null as is_there from milestone
             where id in (select value from json_each(:ids)) and acl in (select value from json_each(:acls))"
        ),
        named_params! { ":ids": serde_json::to_string(ids)?, ":acls": viewer.acls() },
        |row| Ok((from_row(row)?, row.get("is_there")?)),
    )
}

/// Milestones of those folded names that the viewer may see, in no order.
pub fn by_folded(db: &Connection, viewer: &Viewer, folded: &[String]) -> Result<Vec<MilestoneRow>> {
    seen(db, viewer, |row| folded.contains(&row.folded))
}

/// The milestones that once had one of those names: (old folded name, milestone).
pub fn by_former_names(db: &Connection, viewer: &Viewer, folded: &[String]) -> Result<Vec<(String, MilestoneRow)>> {
    collect(
        db,
        &format!(
            "select {COLUMNS}, milestone_former_name.folded as former from milestone_former_name
             join milestone on milestone.id = milestone_former_name.milestone
             where milestone_former_name.folded in (select value from json_each(:names)) and deleted_at is null
               and acl in (select value from json_each(:acls))"
        ),
        named_params! { ":names": serde_json::to_string(folded)?, ":acls": viewer.acls() },
        |row| Ok((row.get("former")?, from_row(row)?)),
    )
}

/// The milestone that a name means now: its own, else one it once had.
pub fn meant(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Option<MilestoneRow>> {
    match find(db, viewer, folded)? {
        Some(row) => Ok(Some(row)),
        None => Ok(by_former_names(db, viewer, &[folded.to_owned()])?.pop().map(|(_, row)| row)),
    }
}

/// Who made a milestone, as pages call them.
pub fn author_of(db: &Connection, row: &MilestoneRow) -> Result<String> {
    let names = db
        .prepare_cached("select login, display_name from person where id = ?1")?
        .query_row([row.author], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (login, name): (Option<String>, Option<String>) = names.unwrap_or_default();
    Ok(called(login.as_deref(), name.as_deref()))
}

/// Ids above `after` in their order.
pub fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    collect(
        db,
        "select id from milestone where id > :after and deleted_at is null order by id limit :limit",
        named_params! { ":after": after, ":limit": limit as i64 },
        |row| row.get(0),
    )
}

pub fn insert(db: &Connection, new: &MilestoneRow) -> Result<i64> {
    db.prepare_cached(
        "insert into milestone (name, folded, description, due, completed_at, acl, author, created_at, changed_at)
         values (:name, :folded, :description, :due, :completed, :acl, :author, :created, :changed)",
    )?
    .execute(named_params! {
        ":name": new.name, ":folded": new.folded, ":description": new.description, ":due": new.due,
        ":completed": new.completed_at, ":acl": new.acl, ":author": new.author,
        ":created": new.created_at, ":changed": new.changed_at,
    })?;
    let id = db.last_insert_rowid();
    forget_former_name(db, &new.folded)?;
    Ok(id)
}

/// Writes everything that a change may touch, but not who is the default.
pub fn update(db: &Connection, row: &MilestoneRow) -> Result<()> {
    db.prepare_cached(
        "update milestone set name = :name, folded = :folded, description = :description, due = :due,
           completed_at = :completed, changed_at = :changed where id = :id",
    )?
    .execute(named_params! {
        ":name": row.name, ":folded": row.folded, ":description": row.description, ":due": row.due,
        ":completed": row.completed_at, ":changed": row.changed_at, ":id": row.id,
    })?;
    Ok(())
}

/// Makes one milestone the default of new tickets, or none.
pub fn set_default(db: &Connection, id: Option<i64>) -> Result<()> {
    db.execute("update milestone set is_default = 0 where is_default = 1", [])?;
    db.execute("update milestone set is_default = 1 where id = ?1", [id])?;
    Ok(())
}

/// Takes a milestone away: its row stays for the history of tickets, its name is free again.
pub fn mark_deleted(db: &Connection, id: i64, at: Instant) -> Result<()> {
    db.execute("update milestone set deleted_at = ?2, is_default = 0, changed_at = ?2 where id = ?1", (id, at))?;
    db.execute("delete from milestone_former_name where milestone = ?1", [id])?;
    db.execute("delete from link where source_kind = 'milestone' and source_id = ?1", [id])?;
    Ok(())
}

/// The old address goes on leading to the milestone.
pub fn keep_former_name(db: &Connection, old: &MilestoneRow) -> Result<()> {
    db.execute(
        "insert or replace into milestone_former_name (folded, name, milestone) values (?1, ?2, ?3)",
        (&old.folded, &old.name, old.id),
    )?;
    Ok(())
}

/// An address in use leads to nobody else.
pub fn forget_former_name(db: &Connection, folded: &str) -> Result<()> {
    db.execute("delete from milestone_former_name where folded = ?1", [folded])?;
    Ok(())
}

/// Every attachment that a milestone ever had, removed ones too.
pub fn attachment_ids(db: &Connection, id: i64) -> Result<Vec<i64>> {
    collect(
        db,
        "select id from attachment where parent_kind = 'milestone' and parent_id = :id",
        named_params! { ":id": id },
        |row| row.get(0),
    )
}

/// How many attachments a milestone has now.
pub fn attachment_count(db: &Connection, id: i64) -> Result<i64> {
    let sql =
        "select count(*) from attachment where parent_kind = 'milestone' and parent_id = ?1 and removed_at is null";
    Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

/// The tickets that name a milestone: what else a rename concerns.
pub fn ticket_ids(db: &Connection, id: i64) -> Result<Vec<i64>> {
    collect(db, "select id from ticket where milestone = :id", named_params! { ":id": id }, |row| row.get(0))
}

/// Names that are not kept under their folded form, for `check`.
pub fn wrongly_folded(db: &Connection) -> Result<Vec<String>> {
    let rows: Vec<(String, String)> =
        collect(db, "select name, folded from milestone", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows
        .into_iter()
        .filter(|(name, folded)| crate::base::text::fold(name) != *folded)
        .map(|(name, _)| name)
        .collect())
}

/// Names of milestones whose due date is none, for `check`.
pub fn wrongly_dated(db: &Connection) -> Result<Vec<String>> {
    let rows: Vec<(String, String)> =
        collect(db, "select name, due from milestone where due is not null", &[], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(rows.into_iter().filter(|(_, due)| due.parse::<jiff::civil::Date>().is_err()).map(|(name, _)| name).collect())
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
