//! Backups from time to time: one is made whenever the setting says so, tried out, and old ones are removed. What fails is
//! kept for the health page, which alarms administrators.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::restore::DRILL;
use super::{Made, Passphrase, drill, make};
use crate::admin::backups::{self, EVERY_HOURS, FOLDER, KEEP, PASSPHRASE_FILE, Run};
use crate::base::error::Result;
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::time::Instant;

/// The setting is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKS_BETWEEN: u32 = 20;
/// After a failure it is tried again after so long, or sooner if a backup is due sooner.
const AGAIN_SECONDS: i64 = 3600;

/// Makes what is due until `stop` says so. One thread of the server does this.
pub fn run(site: &Site, stop: &AtomicBool) {
    sweep(site);
    let mut looks = 0;
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(LOOK_EVERY);
        looks += 1;
        if looks % LOOKS_BETWEEN != 1 {
            continue;
        }
        match site.read(is_due) {
            Ok(true) => {
                if let Err(error) = once(site) {
                    log::error!("scheduled backup: {error}");
                }
            }
            Ok(false) => {}
            Err(error) => log::error!("schedule of backups: {error}"),
        }
    }
}

fn is_due(db: &rusqlite::Connection) -> Result<bool> {
    let every = EVERY_HOURS.number(db)? * 3600;
    if every == 0 {
        return Ok(false);
    }
    Ok(match backups::last_scheduled(db)? {
        None => true,
        Some(run) => {
            let pause = if run.error.is_empty() { every } else { every.min(AGAIN_SECONDS) };
            run.begun_at.plus_seconds(pause) <= Instant::now()
        }
    })
}

/// Folders of drills that a crash has left.
fn sweep(site: &Site) {
    let Ok(entries) = fs::read_dir(site.dir()) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRILL) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// One scheduled backup with its drill.
fn once(site: &Site) -> Result<()> {
    let (folder, passphrase_file) = site.read(|db| Ok((FOLDER.text(db)?, PASSPHRASE_FILE.text(db)?)))?;
    let folder = if folder.is_empty() { site.dir().join("backups") } else { PathBuf::from(folder) };
    let begun_at = Instant::now();
    let made = passphrase_of(&passphrase_file).and_then(|passphrase| {
        fs::create_dir_all(&folder)?;
        let made = make(site, &folder.join(name(begun_at, passphrase.is_some())), passphrase.as_ref())?;
        Ok((made, passphrase))
    });
    match made {
        Ok((made, passphrase)) => {
            let run = note(site, begun_at, true, Ok(&made), Via::System, None)?;
            try_out(site, run, &made.file, passphrase.as_ref())?;
            remove_surplus(site)
        }
        Err(error) => {
            note(site, begun_at, true, Err(error.to_string()), Via::System, None)?;
            Err(error)
        }
    }
}

fn passphrase_of(file: &str) -> Result<Option<Passphrase>> {
    if file.is_empty() { Ok(None) } else { Passphrase::find(Some(Path::new(file))) }
}

/// `trackway-20261130-221500.tar.zst`
fn name(at: Instant, sealed: bool) -> String {
    let digits: String = at.iso().chars().take(19).filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at(8);
    format!("trackway-{day}-{time}.tar.zst{}", if sealed { ".age" } else { "" })
}

/// Keeps how making one has ended, and tells the audit log of one that was made.
pub fn note(
    site: &Site,
    begun_at: Instant,
    scheduled: bool,
    outcome: std::result::Result<&Made, String>,
    via: Via,
    by: Option<i64>,
) -> Result<i64> {
    let (file, bytes, error) = match &outcome {
        Ok(made) => (made.file.display().to_string(), made.bytes as i64, String::new()),
        Err(error) => (String::new(), 0, error.clone()),
    };
    site.write(by, via, |db, record| {
        let run = Run {
            id: 0,
            begun_at,
            ended_at: Instant::now(),
            scheduled,
            file: file.clone(),
            bytes,
            error,
            drilled_at: None,
            drill_error: String::new(),
        };
        let id = backups::note(db, &run)?;
        if outcome.is_ok() {
            record(&NewEvent::new("site.backed_up", Resource::new("backup", id), 1).saying("what", file))?;
        }
        Ok(id)
    })
}

fn try_out(site: &Site, run: i64, file: &Path, passphrase: Option<&Passphrase>) -> Result<()> {
    let found = drill(site, file, passphrase).unwrap_or_else(|error| error.to_string());
    if !found.is_empty() {
        log::error!("the backup {} can't be relied on: {found}", file.display());
    }
    site.write(None, Via::System, |db, record| {
        backups::note_drill(db, run, &found)?;
        let outcome = if found.is_empty() { "it can be restored" } else { &found };
        let event = NewEvent::new("site.drilled", Resource::new("backup", run), 1);
        record(&event.saying("what", file.display()).saying("outcome", outcome)).map(drop)
    })
}

fn remove_surplus(site: &Site) -> Result<()> {
    for old in site.read(|db| backups::surplus(db, KEEP.number(db)?))? {
        match fs::remove_file(&old.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                log::error!("the old backup {} can't be removed: {error}", old.file);
                continue;
            }
            _ => site.db().write(|db| backups::note_removal(db, old.id))?,
        }
    }
    Ok(())
}
