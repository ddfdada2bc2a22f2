//! What can go wrong, in five kinds, for everyone above: a page, a command and a JSON answer are made from the same value.
//!
//! The messages are sentences for the reader. `Internal` alone has a second text that only the log shows.

use std::fmt;

use serde::Serialize;

const FULL: &str = "The disk of the server is full. Nothing was changed.";
const UNWRITABLE: &str = "The data folder of the server can't be written to. Nothing was changed.";

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
    Internal { fault: Fault, told: String, log: String },
}

/// Whose an internal error is, and so whether it helps to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Ours, or damage: it happens again.
    Program,
    /// There is no room on the disk.
    DiskFull,
    /// The disk does not let us write, or another program holds what we need: it may pass.
    Unavailable,
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
            fault: Fault::Program,
            told: "Something went wrong on the server. Nothing was changed; the log says more.".into(),
            log: log.into(),
        }
    }

    /// An internal error whose cause the reader may know, such as a full disk.
    pub fn told(told: impl Into<String>, log: impl Into<String>) -> Self {
        Self::failed(Fault::Program, told, log)
    }

    pub fn disk_full(log: impl Into<String>) -> Self {
        Self::failed(Fault::DiskFull, FULL, log)
    }

    fn failed(fault: Fault, told: impl Into<String>, log: impl Into<String>) -> Self {
        Self::Internal { fault, told: told.into(), log: log.into() }
    }

    /// Says in the log what was being done when the error arose.
    pub fn during(self, doing: &str) -> Self {
        match self {
            Self::Internal { fault, told, log } => Self::Internal { fault, told, log: format!("{doing}: {log}") },
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
            Self::Internal { told, log, .. } => write!(f, "{told} ({log})"),
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
        let (fault, told) = match error.sqlite_error_code() {
            Some(DiskFull) => (Fault::DiskFull, FULL),
            Some(ReadOnly) => (Fault::Unavailable, UNWRITABLE),
            Some(DatabaseBusy | DatabaseLocked) => (
                Fault::Unavailable,
                "Another program holds the database for too long. Nothing was changed; please try again.",
            ),
            Some(DatabaseCorrupt | NotADatabase) => {
                (Fault::Program, "This database is damaged. The administrator can see more with `trackway check`.")
            }
            Some(CannotOpen | SystemIoFailure) => {
                (Fault::Unavailable, "The data folder of the server can't be read or written. Nothing was changed.")
            }
            _ => return Self::internal(format!("database: {error}")),
        };
        Self::failed(fault, told, format!("database: {error}"))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let (fault, told) = match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => (Fault::DiskFull, FULL),
            PermissionDenied | ReadOnlyFilesystem => (Fault::Unavailable, UNWRITABLE),
            _ => return Self::internal(format!("file: {error}")),
        };
        Self::failed(fault, told, format!("file: {error}"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("JSON: {error}"))
    }
}
