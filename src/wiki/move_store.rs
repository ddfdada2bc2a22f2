//! The tables of moves: what went where, and which texts followed.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::base::component::KeptText;
use crate::base::error::Result;
use crate::base::project::{Tx, called};
use crate::base::resource::Resource;
use crate::base::time::Instant;

/// A page that one move took along.
#[derive(Debug, Clone)]
pub struct MovedRow {
    pub page: i64,
    pub from_name: String,
    pub to_name: String,
    /// The newest version when the move was done.
    pub version: i64,
}

/// A text whose references followed.
#[derive(Debug, Clone)]
pub struct TextRow {
    pub resource: Resource,
    pub part: String,
    pub before: i64,
    pub after: i64,
}

/// A move that was not undone.
#[derive(Debug, Clone)]
pub struct MoveRow {
    pub id: i64,
    pub moved_by: String,
    pub moved_at: Instant,
}

pub fn insert(tx: &Tx<'_>) -> Result<i64> {
    tx.execute("insert into page_move (moved_by, moved_at) values (?1, ?2)", (tx.actor(), tx.now()))?;
    Ok(tx.last_insert_rowid())
}

pub fn insert_moved(db: &Connection, id: i64, moved: &MovedRow) -> Result<()> {
    db.prepare_cached("insert into page_moved (move, page, from_name, to_name, version) values (?1, ?2, ?3, ?4, ?5)")?
        .execute((id, moved.page, &moved.from_name, &moved.to_name, moved.version))?;
    Ok(())
}

pub fn insert_text(db: &Connection, id: i64, kept: &KeptText, after: i64) -> Result<()> {
    db.prepare_cached(
        "insert into page_move_text (move, resource_kind, resource_id, part, before, after)
         values (:move, :kind, :id, :part, :before, :after)",
    )?
    .execute(named_params! {
        ":move": id, ":kind": kept.resource.kind, ":id": kept.resource.id, ":part": kept.part,
        ":before": kept.revision, ":after": after,
    })?;
    Ok(())
}

const COLUMNS: &str = "page_move.id, page_move.moved_at, person.login, person.display_name";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<MoveRow> {
    let (login, name): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
    Ok(MoveRow { id: row.get(0)?, moved_at: row.get(1)?, moved_by: called(login.as_deref(), name.as_deref()) })
}

/// A move, unless it was undone.
pub fn find(db: &Connection, id: i64) -> Result<Option<MoveRow>> {
    let sql = format!(
        "select {COLUMNS} from page_move left join person on person.id = page_move.moved_by
         where page_move.id = ?1 and undone_at is null"
    );
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// The last move that took a page along, unless it was undone.
pub fn last_of(db: &Connection, page: i64) -> Result<Option<MoveRow>> {
    let last: Option<i64> =
        db.prepare_cached("select max(move) from page_moved where page = ?1")?.query_row([page], |row| row.get(0))?;
    last.map_or(Ok(None), |id| find(db, id))
}

pub fn moved(db: &Connection, id: i64) -> Result<Vec<MovedRow>> {
    let mut statement = db.prepare_cached(
        "select page, from_name, to_name, version from page_moved where move = ?1 order by from_name",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok(MovedRow { page: row.get(0)?, from_name: row.get(1)?, to_name: row.get(2)?, version: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn texts(db: &Connection, id: i64) -> Result<Vec<TextRow>> {
    let mut statement = db
        .prepare_cached("select resource_kind, resource_id, part, before, after from page_move_text where move = ?1")?;
    let rows = statement.query_map([id], |row| {
        Ok(TextRow {
            resource: Resource::stored(row.get(0)?, row.get(1)?),
            part: row.get(2)?,
            before: row.get(3)?,
            after: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn mark_undone(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.execute("update page_move set undone_at = ?2 where id = ?1", (id, tx.now()))?;
    Ok(())
}
