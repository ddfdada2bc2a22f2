//! What can go wrong, in five kinds, for everyone above: a page, a command and a JSON answer are made from the same value.
//!
//! The messages are sentences for the reader. `Internal` alone has a second text that only the log shows.

use std::fmt;

use serde::Serialize;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone)]
pub enum Error {
    /// Does not exist, or may not be seen: both give the same answer (DESIGN 1.5).
    NotFound(String),
    /// May be seen but not done; names the permission.
    Forbidden { permission: &'static str, message: String },
    /// Bad input: every problem at once, by field.
    Invalid(Vec<Problem>),
    /// Somebody else was faster, or the state does not allow it.
    Conflict(String),
    /// Our fault or the machine's: `told` is for the reader, `log` for the log.
    Internal { told: String, log: String },
}

/// One thing wrong with one field of a form, an argument or a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub field: String,
    pub message: String,
}

impl Problem {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Error {
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound(what.into())
    }

    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem::new(field, message)])
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }

    pub fn internal(log: impl Into<String>) -> Self {
        Self::Internal {
            told: "Something went wrong on the server. Nothing was changed; the log says more.".into(),
            log: log.into(),
        }
    }

    /// An internal error whose cause the reader may know, such as a full disk.
    pub fn told(told: impl Into<String>, log: impl Into<String>) -> Self {
        Self::Internal { told: told.into(), log: log.into() }
    }

    /// Says in the log what was being done when the error arose.
    pub fn during(self, doing: &str) -> Self {
        match self {
            Self::Internal { told, log } => Self::Internal { told, log: format!("{doing}: {log}") },
            other => other,
        }
    }
}

/// The one line that a command prints.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(message) | Self::Conflict(message) => f.write_str(message),
            Self::Forbidden { message, .. } => f.write_str(message),
            Self::Invalid(problems) => {
                for (at, problem) in problems.iter().enumerate() {
                    if at > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{}: {}", problem.field, problem.message)?;
                }
                Ok(())
            }
            Self::Internal { told, log } => write!(f, "{told} ({log})"),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly,
            SystemIoFailure,
        };
        let told = match error.sqlite_error_code() {
            Some(DiskFull) => "The disk of the server is full. Nothing was changed.",
            Some(ReadOnly) => "The data folder of the server can't be written to. Nothing was changed.",
            Some(DatabaseBusy | DatabaseLocked) => {
                "Another program holds the database for too long. Nothing was changed; please try again."
            }
            Some(DatabaseCorrupt | NotADatabase) => {
                "This database is damaged. The administrator can see more with `trackway check`."
            }
            Some(CannotOpen | SystemIoFailure) => {
                "The data folder of the server can't be read or written. Nothing was changed."
            }
            _ => return Self::internal(format!("database: {error}")),
        };
        Self::told(told, format!("database: {error}"))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        let told = match error.kind() {
            StorageFull => "The disk of the server is full. Nothing was changed.",
            PermissionDenied | ReadOnlyFilesystem => {
                "The data folder of the server can't be written to. Nothing was changed."
            }
            _ => return Self::internal(format!("file: {error}")),
        };
        Self::told(told, format!("file: {error}"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("JSON: {error}"))
    }
}
