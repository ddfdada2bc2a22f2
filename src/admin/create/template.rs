//! A new project after the model of another one: everything that is set up there and written, nothing of the people and
//! what they did.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use super::tables::{COPIED, Copied};
use crate::attachment::blob;
use crate::base::component::Components;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::settings::{Scope, Setting};
use crate::base::time::Instant;

/// Columns of a table and its rows, as they are to be written.
struct Rows {
    table: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// Fills a project that has nothing yet with what the other one has. All of it was there at one moment.
pub fn copy(from: &Project, into: &Project, by: Act<'_>) -> Result<()> {
    let files = from.read(files)?;
    for (hash, size) in &files {
        blob::copy(from, into, hash, *size)?;
    }
    into.write(by, |tx| {
        let read = from.read(|db| {
            if self::files(db)? != files {
                return Err(Error::conflict("A file was attached to the template meanwhile. Please try again."));
            }
            COPIED.iter().map(|table| rows(db, table, tx.actor(), tx.now())).collect::<Result<Vec<_>>>()
        })?;
        // Rows that belong together come in any order.
        tx.execute_batch("pragma defer_foreign_keys = on")?;
        for table in &read {
            tx.execute(&format!("delete from {}", table.table), [])?;
        }
        read.iter().try_for_each(|table| insert(tx, table))?;
        for name in secret_settings(into.components()) {
            tx.execute("delete from setting where name = ?1", [name])?;
        }
        pages(tx)?.into_iter().try_for_each(|(page, acl)| {
            let event = NewEvent::new("page.created", Resource::new("page", page), acl).part(1);
            tx.record(&event.data(json!({ "version": 1 }))).map(drop)
        })
    })
}

/// The settings of a project that never leave it.
pub fn secret_settings(components: Components) -> Vec<&'static str> {
    let is_secret = |setting: &&Setting| setting.scope == Scope::Project && setting.values.is_secret();
    components.settings().into_iter().filter(is_secret).map(|setting| setting.name).collect()
}

/// Hashes and sizes of what is attached to what is copied, each once.
fn files(db: &Connection) -> Result<Vec<(String, i64)>> {
    let only = COPIED.iter().find(|copied| copied.table == "attachment").map_or("", |copied| copied.only);
    let mut statement =
        db.prepare(&format!("select distinct hash, size from attachment where {only} order by hash"))?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn pages(db: &Connection) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare("select id, acl from page order by id")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn rows(db: &Connection, copied: &Copied, actor: Option<i64>, now: Instant) -> Result<Rows> {
    let Copied { table, only, instead } = copied;
    let columns: Vec<String> = db
        .prepare("select name from pragma_table_info(?1)")?
        .query_map([table], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let values: Vec<String> = columns
        .iter()
        .map(|column| match instead.iter().find(|(name, _)| name == column) {
            Some((_, expression)) => (*expression).to_owned(),
            None => format!("{table}.{column}"),
        })
        .collect();
    let only = if only.is_empty() { "true" } else { only };
    let sql = format!(
        "with given (actor, now) as (values (?1, ?2)) select {} from {table}, given where {only}",
        values.join(", ")
    );
    let mut statement = db.prepare(&sql)?;
    let rows = statement
        .query_map((actor, now), |row| (0..columns.len()).map(|column| row.get(column)).collect())?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Rows { table, columns, rows })
}

fn insert(db: &Connection, Rows { table, columns, rows }: &Rows) -> Result<()> {
    let places = vec!["?"; columns.len()].join(", ");
    let mut statement = db.prepare(&format!("insert into {table} ({}) values ({places})", columns.join(", ")))?;
    for row in rows {
        statement.execute(params_from_iter(row))?;
    }
    Ok(())
}
