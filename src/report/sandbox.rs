//! Where SQL reports run: a connection of their own that can only read, and reads only [`super::views`] (row R16).
//!
//! What a report is kept to, each by itself enough against most of what could be tried:
//!
//! * the file is opened for reading, `query_only` is on, nothing can be attached;
//! * SQLite asks an authorizer of ours about everything that a statement does. It lets through what reads our views, and the
//!   inner ones of them as they read tables, which is told by a name that is drawn anew for each run. All else is refused:
//!   other tables under whatever name, pragmas, virtual tables, recursion, and every function that is not on the list;
//! * it ends after [`LONGEST`], with [`MOST_ROWS`] rows or [`MOST_BYTES`] bytes. Functions whose single call could take long
//!   or much are replaced by ours;
//! * few run at once.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::views::{self, VIEWS};
use crate::base::error::{Error, Result};
use crate::base::project::Project;
use crate::base::site::random_id;
use crate::base::viewer::{Viewer, without_hosts};
use crate::web::pages_at_once;

pub const LONGEST: Duration = Duration::from_secs(2);
pub const MOST_ROWS: usize = 10_000;
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The largest text that a report may be.
pub const LONGEST_SQL: usize = 64 * 1024;
/// A value or a row holds so many bytes at most: a description, and some more.
const LARGEST_VALUE: i32 = 1_200_000;
/// Whoever waits longer for a place is told to come again, so that those who wait keep nobody from other pages.
const PATIENCE: Duration = Duration::from_secs(1);
/// SQLite looks at the clock after so many of its steps.
const STEPS: i32 = 200;
/// `trim(text, characters)` looks at all of these for each character of the text.
const MOST_TRIMMED: usize = 100;

/// What reports may call: nothing that makes much of little, tells of the program, or reads what is no view.
const FUNCTIONS: &[&str] = &[
    "abs", "avg", "char", "coalesce", "concat", "concat_ws", "count", "cume_dist", "date", "datetime", "dense_rank",
    "first_value", "format", "glob", "group_concat", "hex", "if", "ifnull", "iif", "instr", "julianday", "lag",
    "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif",
    "octet_length", "percent_rank", "printf", "quote", "rank", "replace", "round", "row_number", "rtrim", "sign",
    "strftime", "string_agg", "substr", "substring", "sum", "time", "timediff", "total", "trim", "typeof", "unicode",
    "unixepoch", "upper",
];

/// How names begin that SQLite knows without having been told.
const UNASKED: [&str; 3] = ["sqlite_", "pragma_", "json"];

/// A value of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl Cell {
    /// Empty for null.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Real(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Integer(number) => serde_json::json!(number),
            Self::Real(number) => serde_json::json!(number),
            Self::Text(text) => serde_json::json!(text),
        }
    }
}

/// What a report found.
#[derive(Debug, Default)]
pub struct Found {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// There was more than a report may hold.
    pub cut: bool,
}

/// Runs a statement for this viewer; `?1` and so on stand for `values`. Whatever is wrong with it is `Invalid` in the field
/// `sql`, with what SQLite says.
pub fn run(project: &Project, viewer: &Viewer, sql: &str, values: &[String]) -> Result<Found> {
    let _place = Place::take()?;
    if sql.len() > 2 * LONGEST_SQL {
        return Err(refused("The statement is too long."));
    }
    let secret = format!("inner_{}", random_id());
    let mut db = connect(project, viewer, &secret)?;
    let until = Instant::now() + LONGEST;
    db.progress_handler(STEPS, Some(move || Instant::now() > until))?;
    found(&db, sql, values).map_err(|error| told(&error, &secret))
}

fn found(db: &Connection, sql: &str, values: &[String]) -> rusqlite::Result<Found> {
    let mut statement = db.prepare(sql)?;
    if !statement.readonly() || statement.is_explain() != 0 || statement.column_count() == 0 {
        return Err(rusqlite::Error::InvalidQuery);
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    let mut found = Found { columns, ..Found::default() };
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if found.rows.len() == MOST_ROWS || bytes > MOST_BYTES {
            found.cut = true;
            break;
        }
        let cells: Vec<Cell> =
            (0..found.columns.len()).map(|at| Ok(cell(row.get_ref(at)?))).collect::<rusqlite::Result<_>>()?;
        bytes += cells
            .iter()
            .map(|cell| size_of::<Cell>() + if let Cell::Text(text) = cell { text.len() } else { 0 })
            .sum::<usize>();
        found.rows.push(cells);
    }
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn connect(project: &Project, viewer: &Viewer, secret: &str) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(project.db().path(), flags)?;
    db.busy_timeout(Duration::from_secs(1))?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.execute_batch(
        "pragma trusted_schema = off; pragma temp_store = file; pragma cache_size = -16384; pragma mmap_size = 134217728;",
    )?;
    functions(&db)?;
    views::make(&db, viewer, secret)?;
    let elsewhere = elsewhere(&db)?;
    db.execute_batch("pragma query_only = on;")?;
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LARGEST_VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 2 * LONGEST_SQL as i32),
        (Limit::SQLITE_LIMIT_COLUMN, 64),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 200),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        db.set_limit(limit, most)?;
    }
    let secret = secret.to_owned();
    db.authorizer(Some(move |context: AuthContext<'_>| {
        if allows(&context, &secret, &elsewhere) { Authorization::Allow } else { Authorization::Deny }
    }))?;
    Ok(db)
}

/// The names that something outside of the views has: tables, and modules whose virtual tables are there unasked.
fn elsewhere(db: &Connection) -> Result<HashSet<String>> {
    let mut statement =
        db.prepare("select lower(name) from main.sqlite_schema union select lower(name) from pragma_module_list")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut names = names.collect::<rusqlite::Result<HashSet<_>>>()?;
    for view in &VIEWS {
        names.remove(view.name);
    }
    Ok(names)
}

fn allows(context: &AuthContext<'_>, secret: &str, elsewhere: &HashSet<String>) -> bool {
    let within = context.accessor.is_some_and(|accessor| accessor.starts_with(secret));
    match context.action {
        AuthAction::Select => true,
        AuthAction::Function { function_name } => {
            within || FUNCTIONS.iter().any(|allowed| allowed.eq_ignore_ascii_case(function_name))
        }
        AuthAction::Read { table_name, column_name } => match context.database_name {
            Some("temp") => table_name.starts_with(secret) || VIEWS.iter().any(|view| view.name == table_name),
            Some(_) => within,
            // A name of which no column is read, as in `count(*)`: a view, or a part of the statement itself.
            None => {
                let name = table_name.to_ascii_lowercase();
                let foreign = elsewhere.contains(&name) || UNASKED.iter().any(|begin| name.starts_with(begin));
                column_name.is_empty() && !foreign
            }
        },
        _ => false,
    }
}

/// Functions of SQLite's names that take no longer and make no more than they should.
fn functions(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_scalar_function("shown_name", 1, flags, |context| Ok(text(context, 0).map(|name| without_hosts(&name))))?;
    db.create_scalar_function("instr", 2, flags, |context| {
        let (Some(text), Some(part)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
        let at = memchr::memmem::find(text.as_bytes(), part.as_bytes());
        Ok(Some(at.map_or(0, |at| text[..at].chars().count() as i64 + 1)))
    })?;
    db.create_scalar_function("replace", 3, flags, |context| {
        let (Some(text), Some(old), Some(new)) = (text(context, 0), text(context, 1), text(context, 2)) else {
            return Ok(None);
        };
        if old.is_empty() {
            return Ok(Some(text.into_owned()));
        }
        let times = memchr::memmem::find_iter(text.as_bytes(), old.as_bytes()).count();
        if text.len() + times * new.len() > LARGEST_VALUE as usize {
            return Err(rusqlite::Error::UserFunctionError("replace makes too long a text".into()));
        }
        Ok(Some(text.replace(&*old, &new)))
    })?;
    type Trim = fn(&str, &[char]) -> String;
    let trims: [(&str, Trim); 3] = [
        ("trim", |text, these| text.trim_matches(these).to_owned()),
        ("ltrim", |text, these| text.trim_start_matches(these).to_owned()),
        ("rtrim", |text, these| text.trim_end_matches(these).to_owned()),
    ];
    for (name, trim) in trims {
        db.create_scalar_function(name, 2, flags, move |context| {
            let (Some(text), Some(these)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
            let these: Vec<char> = these.chars().collect();
            if these.len() > MOST_TRIMMED {
                return Err(rusqlite::Error::UserFunctionError("too many characters to be trimmed".into()));
            }
            Ok(Some(trim(&text, &these)))
        })?;
    }
    Ok(())
}

/// An argument as text; none for null.
fn text<'a>(context: &'a Context<'_>, at: usize) -> Option<Cow<'a, str>> {
    match context.get_raw(at) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(Cow::Owned(number.to_string())),
        ValueRef::Real(number) => Some(Cow::Owned(number.to_string())),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

/// What went wrong, for who wrote the report; none of it tells of what they may not see.
fn told(error: &rusqlite::Error, secret: &str) -> Error {
    match error {
        rusqlite::Error::InvalidQuery => {
            return refused("A report is one statement that begins with SELECT, WITH or VALUES.");
        }
        rusqlite::Error::MultipleStatement => return refused("A report is one statement; there is more after it."),
        rusqlite::Error::InvalidParameterName(_) | rusqlite::Error::InvalidParameterCount(..) => {
            return refused("A report has too many variables.");
        }
        _ => {}
    }
    let sentence = match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            let seconds = LONGEST.as_secs();
            return refused(&format!(
                "It took longer than {seconds} seconds and was stopped. Fewer rows, or fewer joins, are quicker."
            ));
        }
        Some(ErrorCode::TooBig) => return refused("A value, a row or the statement is too large."),
        Some(ErrorCode::OutOfMemory) => return refused("It needs too much memory."),
        Some(
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen,
        ) => {
            return Error::internal(format!("report: {error}"));
        }
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            "Reports only read, and only the tables that the manual tells of"
        }
        _ => "SQLite says",
    };
    let (message, place) = match error {
        rusqlite::Error::SqlInputError { msg, sql, offset, .. } => {
            let place = usize::try_from(*offset).ok().and_then(|at| sql.get(..at));
            (msg.clone(), place.map(|before| format!(" (line {})", before.matches('\n').count() + 1)))
        }
        rusqlite::Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    };
    let message = message.replace(&format!("{secret}_"), "").replace(secret, "");
    refused(&format!("{sentence}: {message}{}", place.unwrap_or_default()))
}

fn refused(message: &str) -> Error {
    Error::invalid("sql", message)
}

/// Half of all pages that are made at once may be reports.
fn at_once() -> usize {
    (pages_at_once() / 2).max(1)
}

/// One of the places for running reports, given back when it is dropped.
struct Place;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREE: Condvar = Condvar::new();

impl Place {
    fn take() -> Result<Self> {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = FREE.wait_timeout_while(taken, PATIENCE, |taken| *taken >= at_once());
        let (mut taken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(refused("Too many reports are being worked out at this moment. Please try again soon."));
        }
        *taken += 1;
        Ok(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREE.notify_one();
    }
}
