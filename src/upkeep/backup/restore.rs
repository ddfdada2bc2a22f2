//! Bringing a backup back: an empty data folder becomes that site, wholly or not at all.
//!
//! Everything is unpacked into a folder beside, checked and synced, and only then moved to its place, `site.db` last: without
//! it there is no site. A folder in which a restore broke off is refused by everything but another restore.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::make::counts;
use super::manifest::{Entry, Manifest, Of, SITE};
use super::seal::Passphrase;
use super::walk::{Verified, walk};
use crate::app::COMPONENTS;
use crate::base::db::{self, Schema};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::site::{self, RESTORING, Site};
use crate::upkeep::check;

/// Restores a backup into a folder that is empty or not there yet.
pub fn restore(file: &Path, data: &Path, passphrase: Option<&Passphrase>) -> Result<Verified> {
    let _lock = site::claim_empty(data)?;
    let beside = data.join(RESTORING);
    folder(&beside)?;
    folder(&beside.join("projects"))?;
    let verified = walk(Of::Site, file, passphrase, &mut |entry, contents| put(&beside, entry, contents))?;
    for line in &verified.manifest.files {
        match Entry::parse(&line.path) {
            Some(Entry::SiteDb) => sound(&beside.join(&line.path), Schema::Site)?,
            Some(Entry::ProjectDb { .. }) => sound(&beside.join(&line.path), Schema::Project)?,
            _ => {}
        }
    }
    if !beside.join(SITE).exists() {
        return Err(Error::invalid("file", "This backup holds no site."));
    }
    fs::rename(beside.join("projects"), data.join("projects"))?;
    fs::rename(beside.join(SITE), data.join(SITE))?;
    fs::remove_dir_all(&beside)?;
    File::open(data)?.sync_all()?;
    Ok(verified)
}

/// Writes into the log of a restored site where it comes from; an older one is left as it is until it is upgraded.
pub fn note(data: &Path, file: &Path, verified: &Verified) -> Result<()> {
    if site::outdated(data)? {
        return Ok(());
    }
    let event = NewEvent::new("site.restored", Resource::new("site", 0), 1)
        .saying("what", file.file_name().unwrap_or_default().to_string_lossy())
        .saying("made_at", &verified.head.made_at);
    Site::open(data, COMPONENTS)?.write(None, Via::Command, |_, record| record(&event).map(drop))
}

fn folder(path: &Path) -> Result<()> {
    Ok(fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?)
}

fn put(beside: &Path, entry: &Entry, contents: &mut dyn Read) -> Result<()> {
    write(&beside.join(entry.name()), contents)
}

/// Writes a new file of an archive, safely on the disk, with the folder that it lies in.
pub(in crate::upkeep) fn write(path: &Path, contents: &mut dyn Read) -> Result<()> {
    if let Some(home) = path.parent() {
        folder(home)?;
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(contents, &mut file)?;
    file.sync_all()?;
    Ok(())
}

/// Refuses a database that is damaged, newer than this program, or none of ours.
fn sound(path: &Path, schema: Schema) -> Result<()> {
    db::outdated(path, schema)?;
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let verdict: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Error::told(format!("{} is damaged in this backup.", path.display()), verdict));
    }
    // So that the file alone is all of it.
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    Ok(())
}

/// Tries a backup out: restores it into a folder that is gone afterwards, and looks at it as `trackway check` does. Returns
/// what is wrong with it; empty: nothing.
pub fn drill(site: &Site, file: &Path, passphrase: Option<&Passphrase>) -> Result<String> {
    let folder = tempfile::Builder::new().prefix(DRILL).tempdir_in(site.dir())?;
    let data = folder.path().join("data");
    let verified = match restore(file, &data, passphrase) {
        Ok(verified) => verified,
        Err(error) => return Ok(error.to_string()),
    };
    let copy = Site::open(&data, COMPONENTS)?;
    if let Some(difference) = other_counts(&data, &verified.manifest)? {
        return Ok(difference);
    }
    let mut findings = check::site(&copy, &copy.projects()?)?;
    if verified.manifest.lost > 0 {
        findings.push(format!("{} attached files were not there to be copied", verified.manifest.lost));
    }
    findings.truncate(10);
    Ok(findings.join("; "))
}

/// How the folder of a drill begins.
pub(super) const DRILL: &str = "drill-";

fn other_counts(data: &Path, manifest: &Manifest) -> Result<Option<String>> {
    for (path, wanted) in &manifest.counts {
        let found = counts(&Connection::open(data.join(path))?)?;
        for (table, count) in wanted {
            if found.get(table) != Some(count) {
                return Ok(Some(format!("the table {table} of {path} has not the {count} rows that it had")));
            }
        }
    }
    Ok(None)
}
