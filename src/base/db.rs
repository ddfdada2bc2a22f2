//! SQLite as the rooms above see it: any number of readers, one writer, numbered migrations.
//!
//! Writes that arrive together are committed together (DESIGN 3): the first opens the transaction, each runs within a
//! savepoint of its own, and the last one in, or the one after 5 ms, commits for all. Everybody is answered after that commit.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rust_embed::RustEmbed;

use super::error::{Error, Fault, Result};
use super::kept::{Keeping, Kept};
use super::sql_functions;

/// More readers than this per database wait for each other.
const READERS: usize = 8;
/// The longest that a write waits for company.
const BATCH_TIME: Duration = Duration::from_millis(5);
const BATCH_SIZE: usize = 64;

#[derive(RustEmbed)]
#[folder = "migrations"]
struct Migrations;

/// Which of the two kinds of database it is: decides its migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    Site,
    Project,
}

impl Schema {
    fn folder(self) -> &'static str {
        match self {
            Self::Site => "site/",
            Self::Project => "project/",
        }
    }

    /// Written into the file, so that one kind is never taken for the other.
    fn application_id(self) -> i32 {
        match self {
            Self::Site => 0x5457_5331,
            Self::Project => 0x5457_5031,
        }
    }

    /// Names and texts of the migrations in order; their count is the version of the schema.
    pub fn migrations(self) -> Vec<(String, String)> {
        let mut names: Vec<String> =
            Migrations::iter().filter(|name| name.starts_with(self.folder())).map(|name| name.to_string()).collect();
        names.sort();
        names
            .into_iter()
            .filter_map(|name| {
                let file = Migrations::get(&name)?;
                let sql = String::from_utf8_lossy(&file.data).into_owned();
                Some((name, sql))
            })
            .collect()
    }

    pub fn version(self) -> i64 {
        self.migrations().len() as i64
    }
}

pub struct Db {
    path: PathBuf,
    readers: Mutex<Readers>,
    reader_free: Condvar,
    writer: Mutex<Writer>,
    committed: Condvar,
    /// Writes that stand before the writer's door.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Readers {
    idle: Vec<Reader>,
    open: usize,
}

struct Reader {
    connection: Connection,
    kept: Kept,
}

struct Writer {
    connection: Connection,
    /// The number of the batch that is open or was last; grows by one with each.
    batch: u64,
    open: bool,
    size: usize,
    begun: Instant,
    /// How recent batches that could not be committed ended.
    failed: Vec<(u64, Error)>,
}

impl Db {
    /// Makes a new database with the newest schema; the file must not exist.
    pub fn create(path: &Path, schema: Schema) -> Result<Self> {
        if path.exists() {
            return Err(Error::conflict(format!("{} exists already", path.display())));
        }
        let mut connection = connect(path, true)?;
        connection.pragma_update(None, "application_id", schema.application_id())?;
        migrate(&mut connection, schema)?;
        Ok(Self::over(path, connection))
    }

    /// Opens a database of exactly the newest schema; an older or newer one is refused with what to do.
    pub fn open(path: &Path, schema: Schema) -> Result<Self> {
        let connection = connect(path, false).map_err(|error| error.during(&path.display().to_string()))?;
        let version = version(&connection, schema, path)?;
        if version < schema.version() {
            return Err(Error::conflict(format!(
                "{} has the schema of an older Trackway (version {version} of {}); run `trackway upgrade`",
                path.display(),
                schema.version()
            )));
        }
        Ok(Self::over(path, connection))
    }

    fn over(path: &Path, connection: Connection) -> Self {
        Self {
            path: path.to_owned(),
            readers: Mutex::default(),
            reader_free: Condvar::new(),
            writer: Mutex::new(Writer {
                connection,
                batch: 0,
                open: false,
                size: 0,
                begun: Instant::now(),
                failed: Vec::new(),
            }),
            committed: Condvar::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one read on one unchanging state of the database. Must not be nested within itself.
    pub fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let Reader { connection, kept } = self.take_reader()?;
        let keeping = Keeping::begin(&connection, kept);
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
            connection.prepare_cached("begin")?.execute([])?;
            let result = act(&connection);
            connection.prepare_cached("rollback")?.execute([])?;
            result
        }));
        let kept = keeping.end();
        let keep = connection.is_autocommit();
        let mut readers = lock(&self.readers);
        if keep {
            readers.idle.push(Reader { connection, kept });
        } else {
            readers.open -= 1;
        }
        drop(readers);
        self.reader_free.notify_one();
        result.unwrap_or_else(|_| Err(Error::internal("a read panicked")))
    }

    fn take_reader(&self) -> Result<Reader> {
        let mut readers = lock(&self.readers);
        loop {
            if let Some(reader) = readers.idle.pop() {
                return Ok(reader);
            }
            if readers.open < READERS {
                readers.open += 1;
                break;
            }
            readers = self.reader_free.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
        drop(readers);
        let opened = connect(&self.path, false)
            .and_then(|connection| Ok(connection.pragma_update(None, "query_only", true).map(|()| connection)?))
            .map(|connection| Reader { connection, kept: Kept::default() });
        if opened.is_err() {
            lock(&self.readers).open -= 1;
            self.reader_free.notify_one();
        }
        opened
    }

    /// Runs one write in a transaction. All of it happened when this returns `Ok`, nothing when it returns `Err`.
    pub fn write<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut writer = lock(&self.writer);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if !writer.open {
            writer.connection.execute_batch("begin immediate")?;
            writer.open = true;
            writer.batch += 1;
            writer.size = 0;
            writer.begun = Instant::now();
        }
        let batch = writer.batch;
        writer.size += 1;
        let result = within_savepoint(&writer.connection, act);

        if writer.connection.is_autocommit() {
            // SQLite gave up the whole transaction (a full disk, say): nobody in this batch has written anything.
            let error = result.as_ref().err().cloned().unwrap_or_else(|| Error::internal("the transaction was lost"));
            writer.close(Some(error.clone()));
            self.committed.notify_all();
            return Err(error);
        }
        let company = self.waiting.load(Ordering::SeqCst) > 0;
        if company && writer.size < BATCH_SIZE && writer.begun.elapsed() < BATCH_TIME {
            while writer.open && writer.batch == batch {
                writer = self.committed.wait(writer).unwrap_or_else(PoisonError::into_inner);
            }
        } else {
            let outcome = writer.connection.execute_batch("commit");
            if let Err(error) = outcome {
                let _ = writer.connection.execute_batch("rollback");
                writer.close(Some(error.into()));
            } else {
                writer.close(None);
            }
            self.committed.notify_all();
        }
        match writer.failed.iter().find(|(failed, _)| *failed == batch) {
            Some((_, error)) => Err(error.clone()),
            None => result,
        }
    }

    /// Changes whenever another connection has committed; for noticing what other processes do.
    pub fn data_version(&self) -> Result<i64> {
        let writer = lock(&self.writer);
        Ok(writer.connection.query_row("pragma data_version", [], |row| row.get(0))?)
    }
}

impl Writer {
    fn close(&mut self, failure: Option<Error>) {
        self.open = false;
        if let Some(error) = failure {
            self.failed.push((self.batch, error));
            if self.failed.len() > 16 {
                self.failed.remove(0);
            }
        }
    }
}

fn within_savepoint<T>(connection: &Connection, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    connection.execute_batch("savepoint one_write")?;
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| act(connection)))
        .unwrap_or_else(|_| Err(Error::internal("a write panicked")));
    if connection.is_autocommit() {
        return result;
    }
    let end = if result.is_ok() { "release one_write" } else { "rollback to one_write; release one_write" };
    connection.execute_batch(end)?;
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opening a database makes files beside it, for which there has to be room: SQLite only says that it could not.
fn connect(path: &Path, create: bool) -> Result<Connection> {
    connected(path, create).map_err(|error| match error {
        Error::Internal { fault: Fault::Unavailable, log, .. } if is_full(path) => Error::disk_full(log),
        other => other,
    })
}

fn is_full(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder).is_ok_and(|found| found.f_bavail == 0)
}

fn connected(path: &Path, create: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    // A plan never looks at what is bound: else SQLite makes it anew for each value, which costs more than most queries.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.execute_batch(
        "pragma synchronous = full;
         pragma foreign_keys = on;
         pragma trusted_schema = off;
         pragma journal_size_limit = 67108864;
         pragma mmap_size = 134217728;",
    )?;
    sql_functions::register(&connection)?;
    Ok(connection)
}

/// The version of the schema; refuses files that are no Trackway database or come from a newer one.
fn version(connection: &Connection, schema: Schema, path: &Path) -> Result<i64> {
    let application: i32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    if application != schema.application_id() {
        return Err(Error::told(
            format!("{} is not a database of Trackway.", path.display()),
            format!("application id {application}"),
        ));
    }
    let version: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    if version > schema.version() {
        return Err(Error::conflict(format!(
            "{} was written by a newer Trackway (schema {version}, this program knows {}); please use that one",
            path.display(),
            schema.version()
        )));
    }
    Ok(version)
}

/// Brings a connection to the newest schema, one transaction per migration. A migration may put another table in the place
/// of one that others refer to: references are not looked at on the way, but none may have come loose when it is committed.
fn migrate(connection: &mut Connection, schema: Schema) -> Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    let done: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    for (at, (name, sql)) in schema.migrations().into_iter().enumerate().skip(done as usize) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let before = loose_references(&transaction)?;
        transaction.execute_batch(&sql).map_err(|error| Error::from(error).during(&name))?;
        for (table, loose) in loose_references(&transaction)? {
            if loose > before.get(&table).copied().unwrap_or(0) {
                return Err(Error::internal(format!("{name} left rows of {table} that refer to nothing")));
            }
        }
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Makes a database that came from elsewhere one of ours, at the newest schema. Whatever is in it that a database of ours does
/// not have, a trigger or a view, say, could act by itself: it is refused before anything is written. The caller holds it
/// alone.
pub fn adopt(path: &Path, schema: Schema) -> Result<()> {
    let mut connection = connect(path, false)?;
    version(&connection, schema, path)?;
    let refuse = |why: &str| {
        Error::told("The database in it is damaged, or none that Trackway has made.".to_owned(), why.to_owned())
    };
    let verdict: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(refuse(&verdict));
    }
    if definitions(&connection)? != definitions(&blank(schema, &connection)?)? {
        return Err(refuse("another schema than that of its version"));
    }
    if !loose_references(&connection)?.is_empty() {
        return Err(refuse("rows that refer to nothing"));
    }
    migrate(&mut connection, schema)
}

/// An empty database as it is at the version of another one.
fn blank(schema: Schema, like: &Connection) -> Result<Connection> {
    let version: i64 = like.query_row("pragma user_version", [], |row| row.get(0))?;
    let made = Connection::open_in_memory()?;
    sql_functions::register(&made)?;
    for (name, sql) in schema.migrations().into_iter().take(usize::try_from(version).unwrap_or(0)) {
        made.execute_batch(&sql).map_err(|error| Error::from(error).during(&name))?;
    }
    Ok(made)
}

/// Kind, name, table and text of what is defined in a database.
type Definition = (String, String, String, Option<String>);

/// Everything that is defined in a database, but for what SQLite keeps for itself.
fn definitions(connection: &Connection) -> Result<Vec<Definition>> {
    let mut statement = connection.prepare(
        "select type, name, tbl_name, sql from sqlite_schema
         where not (type = 'table' and name in ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4'))
         order by type, name",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many references of each table lead nowhere.
fn loose_references(connection: &Connection) -> Result<BTreeMap<String, usize>> {
    let mut statement = connection.prepare("select \"table\" from pragma_foreign_key_check")?;
    let mut loose = BTreeMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        *loose.entry(row.get(0)?).or_insert(0) += 1;
    }
    Ok(loose)
}

/// Whether that file has an older schema than this program.
pub fn outdated(path: &Path, schema: Schema) -> Result<bool> {
    let connection = connect(path, false).map_err(|error| error.during(&path.display().to_string()))?;
    Ok(version(&connection, schema, path)? < schema.version())
}

/// Upgrades a database in place, after a copy beside it that was checked. Returns the path of the copy.
/// The caller holds the data folder alone.
pub fn upgrade(path: &Path, schema: Schema) -> Result<Option<PathBuf>> {
    let mut connection = connect(path, false).map_err(|error| error.during(&path.display().to_string()))?;
    let version = version(&connection, schema, path)?;
    if version == schema.version() {
        return Ok(None);
    }
    let copy = path.with_extension(format!("db.before-{}-{}", schema.version(), super::time::Instant::now().seconds()));
    connection.execute("vacuum into ?1", [copy.to_string_lossy()])?;
    let copied = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = copied.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Error::told(format!("{} is damaged, so it was not upgraded.", path.display()), verdict));
    }
    std::fs::File::open(&copy)?.sync_all()?;
    migrate(&mut connection, schema)?;
    Ok(Some(copy))
}
