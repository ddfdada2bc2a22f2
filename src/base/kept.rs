//! What was made of a database, kept until anything in it changes.
//!
//! Some things are needed by nearly every request and change seldom: whose session it is, what somebody may do, what a
//! ticket can be set to. [`kept`] keeps them beside the connection that reads, for as long as nothing at all is committed, by
//! whatever process. It asks SQLite whether anything was within the very transaction that reads, so what comes from here is
//! never older than a read would be. Within a write, and on a connection that is no reader of a [`Db`](super::db::Db),
//! everything is made anew.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::error::Result;

/// With more values of one type than this, they are made anew as they are needed.
const MOST: usize = 1000;

thread_local! {
    /// The reads that this thread is in, the innermost last: several databases can be read at once.
    static READS: RefCell<Vec<Reading>> = const { RefCell::new(Vec::new()) };
}

struct Reading {
    /// Where its connection stands; never followed, only compared.
    connection: *const Connection,
    /// Whether what is kept is known to be of the state that is read.
    compared: bool,
    kept: Kept,
}

/// What is kept beside one reader.
#[derive(Default)]
pub(super) struct Kept {
    /// SQLite's `data_version` when it was made: another one whenever another connection has committed.
    version: Option<i64>,
    values: HashMap<TypeId, HashMap<String, Arc<dyn Any + Send + Sync>>>,
}

/// One read during which values are kept.
pub(super) struct Keeping;

impl Keeping {
    /// `connection` never writes, and stays where it is until the end.
    pub(super) fn begin(connection: &Connection, kept: Kept) -> Self {
        READS.with_borrow_mut(|reads| reads.push(Reading { connection, compared: false, kept }));
        Self
    }

    pub(super) fn end(self) -> Kept {
        READS.with_borrow_mut(Vec::pop).map(|reading| reading.kept).unwrap_or_default()
    }
}

/// What `make` makes of this state of the database, of the key and of nothing else.
pub fn kept<T: Any + Send + Sync>(db: &Connection, key: &str, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    kept_if(db, key, |_| true, make)
}

/// The same where more goes into it than the key: what was kept counts only if it still `fits`.
pub fn kept_if<T: Any + Send + Sync>(
    db: &Connection,
    key: &str,
    fits: impl FnOnce(&T) -> bool,
    make: impl FnOnce() -> Result<T>,
) -> Result<Arc<T>> {
    compare(db)?;
    let known = within(db, |kept| kept.values.get(&TypeId::of::<T>())?.get(key).cloned()).flatten();
    if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()).filter(|known| fits(known)) {
        return Ok(known);
    }
    let made = Arc::new(make()?);
    within(db, |kept| {
        let values = kept.values.entry(TypeId::of::<T>()).or_default();
        if values.len() >= MOST {
            values.clear();
        }
        values.insert(key.to_owned(), Arc::clone(&made) as _);
    });
    Ok(made)
}

/// Drops what was made of an older state.
fn compare(db: &Connection) -> Result<()> {
    if reading(db, |reading| reading.compared).unwrap_or(true) {
        return Ok(());
    }
    let version: i64 = db.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))?;
    reading(db, |reading| {
        if reading.kept.version.replace(version) != Some(version) {
            reading.kept.values.clear();
        }
        reading.compared = true;
    });
    Ok(())
}

fn within<T>(db: &Connection, act: impl FnOnce(&mut Kept) -> T) -> Option<T> {
    reading(db, |reading| act(&mut reading.kept))
}

fn reading<T>(db: &Connection, act: impl FnOnce(&mut Reading) -> T) -> Option<T> {
    READS.with_borrow_mut(|reads| reads.iter_mut().rev().find(|reading| std::ptr::eq(reading.connection, db)).map(act))
}
