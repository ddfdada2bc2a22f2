//! What is known of backups: how they are scheduled, which were made, and how trying them out ended. The health page and the
//! schedule read it; how a backup is made is told in `upkeep`.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::base::error::Result;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::time::Instant;

pub const EVERY_HOURS: Setting = Setting {
    name: "backup.every_hours",
    scope: Scope::Site,
    values: Values::Number(0, 8760),
    default: "0",
    doc: "A backup is made whenever so many hours have passed since the last one, and tried out; 0: none is.",
};

pub const FOLDER: Setting = Setting {
    name: "backup.folder",
    scope: Scope::Site,
    values: Values::Checked { takes: "the whole path of a folder, or nothing", fits: is_whole_path },
    default: "",
    doc: "The folder for scheduled backups, best on another disk; empty: `backups` in the data folder.",
};

pub const KEEP: Setting = Setting {
    name: "backup.keep",
    scope: Scope::Site,
    values: Values::Number(1, 1000),
    default: "14",
    doc: "So many scheduled backups are kept. Older ones are removed when a newer one has been tried out.",
};

pub const PASSPHRASE_FILE: Setting = Setting {
    name: "backup.passphrase_file",
    scope: Scope::Site,
    values: Values::Checked { takes: "the whole path of a file, or nothing", fits: is_whole_path },
    default: "",
    doc: "A file whose first line is the passphrase of scheduled backups; empty: they are not encrypted.",
};

fn is_whole_path(path: &str) -> bool {
    path.is_empty() || path.starts_with('/')
}

/// A backup that was made or tried.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: i64,
    pub begun_at: Instant,
    pub ended_at: Instant,
    pub scheduled: bool,
    pub file: String,
    pub bytes: i64,
    /// Why none was made; empty if one was.
    pub error: String,
    pub drilled_at: Option<Instant>,
    /// What trying it out has found; empty: nothing.
    pub drill_error: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get("id")?,
        begun_at: row.get("begun_at")?,
        ended_at: row.get("ended_at")?,
        scheduled: row.get("scheduled")?,
        file: row.get("file")?,
        bytes: row.get("bytes")?,
        error: row.get("error")?,
        drilled_at: row.get("drilled_at")?,
        drill_error: row.get("drill_error")?,
    })
}

/// Notes one that has ended, well or not; returns its id.
pub fn note(db: &Connection, run: &Run) -> Result<i64> {
    db.execute(
        "insert into backup_run (begun_at, ended_at, scheduled, file, bytes, error) values (?1, ?2, ?3, ?4, ?5, ?6)",
        (run.begun_at, run.ended_at, run.scheduled, &run.file, run.bytes, &run.error),
    )?;
    Ok(db.last_insert_rowid())
}

/// Notes how trying it out has ended.
pub fn note_drill(db: &Connection, id: i64, found: &str) -> Result<()> {
    db.execute("update backup_run set drilled_at = ?2, drill_error = ?3 where id = ?1", (id, Instant::now(), found))?;
    Ok(())
}

/// The one that was made last, by whomever.
pub fn last_made(db: &Connection) -> Result<Option<Run>> {
    Ok(db
        .prepare_cached("select * from backup_run where error = '' order by id desc limit 1")?
        .query_row([], from_row)
        .optional()?)
}

/// The last ones, made or not, the newest first.
pub fn last(db: &Connection, limit: i64) -> Result<Vec<Run>> {
    let mut statement = db.prepare_cached("select * from backup_run order by id desc limit ?1")?;
    Ok(statement.query_map([limit], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The last that the schedule has made or tried to make.
pub fn last_scheduled(db: &Connection) -> Result<Option<Run>> {
    Ok(db
        .prepare_cached("select * from backup_run where scheduled order by id desc limit 1")?
        .query_row([], from_row)
        .optional()?)
}

/// Scheduled ones that are too many: whatever is older than so many that were tried out and found good.
pub fn surplus(db: &Connection, keep: i64) -> Result<Vec<Run>> {
    let mut statement =
        db.prepare_cached("select * from backup_run where scheduled and error = '' and not removed order by id desc")?;
    let runs: Vec<Run> = statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?;
    let mut good = 0;
    Ok(runs
        .into_iter()
        .filter(|run| {
            let is_surplus = good >= keep;
            good += i64::from(run.drilled_at.is_some() && run.drill_error.is_empty());
            is_surplus
        })
        .collect())
}

pub fn note_removal(db: &Connection, id: i64) -> Result<()> {
    db.execute("update backup_run set removed = 1 where id = ?1", [id])?;
    Ok(())
}

/// What an administrator should do about backups; none: all is well.
pub fn alarm(db: &Connection) -> Result<Option<String>> {
    let every = EVERY_HOURS.number(db)?;
    let (made, scheduled) = (last_made(db)?, last_scheduled(db)?);
    if let Some(run) = scheduled.as_ref().filter(|run| !run.error.is_empty()) {
        return Ok(Some(format!("The last scheduled backup was not made: {}", run.error)));
    }
    if let Some(run) = made.as_ref().filter(|run| !run.drill_error.is_empty()) {
        return Ok(Some(format!("The last backup, {}, can't be relied on: {}", run.file, run.drill_error)));
    }
    let Some(run) = made else {
        return Ok(Some(
            "No backup was ever made. `trackway backup FILE` makes one; `backup.every_hours` schedules them.".into(),
        ));
    };
    // Twice the time: one may be on its way.
    let late = if every > 0 { 2 * every * 3600 } else { 14 * 86_400 };
    if run.ended_at.plus_seconds(late) < Instant::now() {
        let ago = run.ended_at.ago(Instant::now());
        return Ok(Some(format!("The last backup was made {ago}, which is longer than it should be.")));
    }
    Ok(None)
}
