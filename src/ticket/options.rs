//! The tables of what tickets choose from: options of fields and states of the workflow. Decides nothing.

use rusqlite::{Connection, OptionalExtension, Row};

use super::status::Category;
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

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
    /// Of a component that is closed to all but some: the class of its tickets. Whoever does not see it knows nothing of it.
    pub acl: i64,
    /// Of a type or a component: the workflow of its tickets; none: that of the project.
    pub workflow: Option<i64>,
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

/// Read by place, since every page of a ticket reads them all and looking for a name costs more than the value.
const OPTION_COLUMNS: &str =
    "id, field, name, rank, description, is_default, owner, released_at, retired_at, acl, workflow";

fn option_from_row(row: &Row<'_>) -> rusqlite::Result<OptionRow> {
    Ok(OptionRow {
        id: row.get(0)?,
        field: row.get(1)?,
        name: row.get(2)?,
        rank: row.get(3)?,
        description: row.get(4)?,
        is_default: row.get(5)?,
        owner: row.get(6)?,
        released_at: row.get(7)?,
        retired_at: row.get(8)?,
        acl: row.get::<_, Option<i64>>(9)?.unwrap_or(DEFAULT_CLASS),
        workflow: row.get(10)?,
    })
}

/// Every option, whoever asks, in the order of its field: by rank, versions by their release with the newest first and those without a
/// date before them (row E02).
pub fn all(db: &Connection) -> Result<Vec<OptionRow>> {
    let sql = format!(
        "select {OPTION_COLUMNS} from field_option
         order by field, case field when 'version' then -coalesce(released_at, 9223372036854775807) end, rank, id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], option_from_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Those that this viewer may know of, in the same order.
pub fn seen(db: &Connection, viewer: &Viewer) -> Result<Vec<OptionRow>> {
    let mut rows = all(db)?;
    rows.retain(|row| viewer.sees_class(row.acl));
    Ok(rows)
}

/// The category that a word means which is asked for as a state: `closed`, and `open` and `waiting` as well, where no state
/// in use is called so. Lists that Trac's `status=!closed` asks for go on under a workflow that ends in `done`.
pub fn category_meant(statuses: &[StatusRow], word: &str) -> Option<Category> {
    let is_taken = statuses.iter().any(|status| status.retired_at.is_none() && status.name == word);
    Category::from_name(word).filter(|_| !is_taken)
}

/// The words that ask for all closed tickets: the one for the category where it can be used, else the names of the states.
pub fn closed_words(statuses: &[StatusRow]) -> Vec<&str> {
    let closed: Vec<&StatusRow> = statuses.iter().filter(|status| status.category.is_closed()).collect();
    match category_meant(statuses, Category::Closed.name()).filter(|_| !closed.is_empty()) {
        Some(category) => vec![category.name()],
        None => closed.into_iter().map(|status| status.name.as_str()).collect(),
    }
}

/// Every state, in order.
pub fn statuses(db: &Connection) -> Result<Vec<StatusRow>> {
    let mut statement =
        db.prepare_cached("select id, name, category, rank, retired_at from ticket_status order by rank, id")?;
    let rows = statement
        .query_map([], |row| {
            Ok(StatusRow {
                id: row.get(0)?,
                name: row.get(1)?,
                category: Category::from_name(row.get_ref(2)?.as_str()?).unwrap_or(Category::Open),
                rank: row.get(3)?,
                retired_at: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The id of an option of a field by its name, retired ones too.
pub fn id_of(db: &Connection, field: &str, name: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select id from field_option where field = ?1 and name = ?2")?
        .query_row([field, name], |row| row.get(0))
        .optional()?)
}

/// The id of the option that a form of a field proposes.
pub fn proposed(db: &Connection, field: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "select id from field_option where field = ?1 and retired_at is null order by is_default desc, rank, id limit 1",
        )?
        .query_row([field], |row| row.get(0))
        .optional()?)
}

/// The name of an option.
pub fn name_of(db: &Connection, id: i64) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("select name from field_option where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}
