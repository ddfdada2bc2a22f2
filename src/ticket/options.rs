//! The tables of what tickets choose from: options of fields and states of the workflow. Decides nothing.

use rusqlite::{Connection, Row};

use super::status::Category;
use crate::base::error::Result;
use crate::base::time::Instant;

#[derive(Debug, Clone)]
pub struct OptionRow {
    pub id: i64,
    pub field: String,
    pub name: String,
    pub rank: i64,
    pub description: String,
    pub is_default: bool,
    /// Of a component: the person who gets its tickets.
    pub owner: Option<i64>,
    /// Of a version.
    pub released_at: Option<Instant>,
    /// No longer offered.
    pub retired_at: Option<Instant>,
}

#[derive(Debug, Clone)]
pub struct StatusRow {
    pub id: i64,
    pub name: String,
    pub category: Category,
    pub rank: i64,
    /// The workflow no longer names it.
    pub retired_at: Option<Instant>,
}

fn option_from_row(row: &Row<'_>) -> rusqlite::Result<OptionRow> {
    Ok(OptionRow {
        id: row.get("id")?,
        field: row.get("field")?,
        name: row.get("name")?,
        rank: row.get("rank")?,
        description: row.get("description")?,
        is_default: row.get("is_default")?,
        owner: row.get("owner")?,
        released_at: row.get("released_at")?,
        retired_at: row.get("retired_at")?,
    })
}

/// Every option, in the order of its field: by rank, versions by their release with the newest first and those without a
/// date before them (row E02).
pub fn all(db: &Connection) -> Result<Vec<OptionRow>> {
    let mut statement = db.prepare_cached("select * from field_option order by field, rank, id")?;
    let mut rows = statement.query_map([], option_from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.sort_by_key(|row| {
        let released = row.released_at.map_or(i64::MAX, |at| at.0);
        (row.field.clone(), if row.field == "version" { -released } else { 0 })
    });
    Ok(rows)
}

/// Every state, in order.
pub fn statuses(db: &Connection) -> Result<Vec<StatusRow>> {
    let mut statement =
        db.prepare_cached("select id, name, category, rank, retired_at from ticket_status order by rank, id")?;
    let rows = statement
        .query_map([], |row| {
            let category: String = row.get("category")?;
            Ok(StatusRow {
                id: row.get("id")?,
                name: row.get("name")?,
                category: Category::from_name(&category).unwrap_or(Category::Open),
                rank: row.get("rank")?,
                retired_at: row.get("retired_at")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
