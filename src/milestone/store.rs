//! The tables of milestones. Decides nothing.

use rusqlite::{Connection, Row};

use crate::base::error::Result;
use crate::base::time::Instant;

#[derive(Debug, Clone)]
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
    pub changed_at: Instant,
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<MilestoneRow> {
    Ok(MilestoneRow {
        id: row.get("id")?,
        name: row.get("name")?,
        folded: row.get("folded")?,
        description: row.get("description")?,
        due: row.get("due")?,
        completed_at: row.get("completed_at")?,
        is_default: row.get("is_default")?,
        acl: row.get("acl")?,
        changed_at: row.get("changed_at")?,
    })
}

/// Every milestone that is there, whoever asks, for the names of ids: first the completed ones by that date, then by what is
/// due, then those without a date; names by the numbers in them (row M02).
pub fn all(db: &Connection) -> Result<Vec<MilestoneRow>> {
    let mut statement = db.prepare_cached("select * from milestone where deleted_at is null")?;
    let mut rows = statement.query_map([], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.sort_by_cached_key(|row| {
        let undated = row.completed_at.is_none() && row.due.is_none();
        let completed = row.completed_at.unwrap_or(Instant(i64::MAX));
        (completed, undated, row.due.clone(), crate::base::text::natural(&row.name), row.id)
    });
    Ok(rows)
}
