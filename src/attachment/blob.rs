//! The bytes of files: each content once, in `<project>/files/ab/<SHA-256 in hex>` (DESIGN 3).
//!
//! Bytes are written to a temporary file beside, hashed on the way, synced, and renamed into place before a row names them.
//! So a crash leaves at most a blob without a row, which [`sweep`] removes after a day.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::store;
use crate::base::error::{Error, Result};
use crate::base::project::Project;
use crate::base::site::hex;

/// A blob without a row may belong to an upload that is under way; after so long it does not.
const KEPT_FOR: Duration = Duration::from_secs(86_400);
const PREFIX: &str = "tmp-";

/// A file on its way in. Dropped, it is gone.
pub struct Spool {
    file: NamedTempFile,
    hasher: Sha256,
    size: u64,
    limit: u64,
}

/// A file among those of a project that is gone when it is dropped; one that a crash leaves goes with the next [`sweep`].
pub fn temporary(project: &Project) -> Result<NamedTempFile> {
    let folder = folder(project);
    fs::create_dir_all(&folder)?;
    Ok(tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?)
}

/// Bytes that lie in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 in lower-case hex.
    pub hash: String,
    pub size: i64,
}

impl Spool {
    /// Begins a file of at most `limit` bytes in the folder of a project's files, see [`folder`].
    pub fn new(folder: &Path, limit: u64) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        Ok(Self { file, hasher: Sha256::new(), size: 0, limit })
    }

    /// Takes the next bytes. Those above the limit are only counted.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.count(bytes) {
            self.file.as_file_mut().write_all(bytes)?;
        }
        Ok(())
    }

    /// Takes everything that can be read, but not more than tells that it is too much.
    pub fn write_all_of(&mut self, mut from: impl Read) -> Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        while !self.is_too_large() {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => self.write(&buffer[..length])?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Counts and hashes bytes that somebody else writes into [`Spool::file`]; false if they are above the limit.
    pub(super) fn count(&mut self, bytes: &[u8]) -> bool {
        self.size += bytes.len() as u64;
        if self.is_too_large() {
            return false;
        }
        self.hasher.update(bytes);
        true
    }

    pub(super) fn file(&self) -> Result<File> {
        Ok(self.file.as_file().try_clone()?)
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn is_too_large(&self) -> bool {
        self.size > self.limit
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }
}

/// Where the bytes of a project's files lie.
pub fn folder(project: &Project) -> PathBuf {
    project.dir().join("files")
}

/// The same, beside the database that names the files.
pub fn folder_beside(db: &Connection) -> PathBuf {
    let file = db.path().map(Path::new).unwrap_or(Path::new(""));
    file.parent().unwrap_or(file).join("files")
}

/// Puts the bytes into their place, durably. What lies there already in the right size is not written again.
pub fn keep(project: &Project, spool: Spool) -> Result<Blob> {
    let blob = Blob { hash: hex(&spool.hasher.finalize()), size: spool.size as i64 };
    let place = place_of(project, &blob.hash);
    if let Ok(known) = File::options().append(true).open(&place)
        && known.metadata()?.len() == spool.size
    {
        // Not to be swept now that it is about to be named again.
        known.set_modified(SystemTime::now())?;
        return Ok(blob);
    }
    let home = place.parent().unwrap_or(&place).to_owned();
    let is_new = !home.exists();
    fs::create_dir_all(&home)?;
    spool.file.as_file().sync_all()?;
    spool.file.persist(&place).map_err(|failed| failed.error)?;
    File::open(&home)?.sync_all()?;
    if is_new {
        File::open(folder(project))?.sync_all()?;
    }
    Ok(blob)
}

/// Puts the bytes of a row of one project into another one, durably, and refuses those that are damaged.
pub fn copy(from: &Project, to: &Project, hash: &str, size: i64) -> Result<()> {
    let bytes = open(from, hash, size)?;
    let mut spool = Spool::new(&folder(to), size as u64)?;
    spool.write_all_of(bytes)?;
    let kept = keep(to, spool)?;
    if kept.hash == hash {
        return Ok(());
    }
    Err(Error::told(
        "A file of the template is damaged. The administrator can see more with `trackway check`.",
        format!("blob {hash}: its bytes are those of {}", kept.hash),
    ))
}

/// Opens the bytes of a row. A missing or shortened blob is damage, not a missing page.
pub fn open(project: &Project, hash: &str, size: i64) -> Result<File> {
    open_in(&folder(project), hash, size)
}

/// The same in the folder of a project's files.
pub fn open_in(folder: &Path, hash: &str, size: i64) -> Result<File> {
    let damaged = |why: String| {
        Error::told(
            "The contents of this file are damaged. The administrator can see more with `trackway check`.",
            format!("blob {hash}: {why}"),
        )
    };
    let file = File::open(place_in(folder, hash)).map_err(|error| damaged(error.to_string()))?;
    let length = file.metadata()?.len();
    if length == size as u64 { Ok(file) } else { Err(damaged(format!("{length} bytes instead of {size}"))) }
}

/// Whether the bytes lie there; asked once more in the transaction that names them, because of [`sweep`].
pub(super) fn is_kept(project: &Project, blob: &Blob) -> bool {
    fs::metadata(place_of(project, &blob.hash)).is_ok_and(|found| found.len() == blob.size as u64)
}

/// Removes blobs that no row names, and temporary files, if they are older than a day. Returns how many.
/// For the server to run once a day.
pub fn sweep(project: &Project) -> Result<usize> {
    sweep_older(project, KEPT_FOR)
}

fn sweep_older(project: &Project, age: Duration) -> Result<usize> {
    let is_old = |path: &Path| {
        let modified = fs::metadata(path).and_then(|found| found.modified()).ok();
        modified.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|since| since >= age))
    };
    let mut swept = 0;
    for path in leftovers(&folder(project))?.into_iter().filter(|path| is_old(path)) {
        fs::remove_file(path)?;
        swept += 1;
    }
    for (hash, path) in blobs(&folder(project))? {
        if !is_old(&path) || project.read(|db| store::is_named(db, &hash))? {
            continue;
        }
        // Under the writer's lock nobody can name it in between.
        swept += project.db().write(|db| {
            let unnamed = !store::is_named(db, &hash)? && is_old(&path);
            if unnamed {
                fs::remove_file(&path)?;
            }
            Ok(usize::from(unnamed))
        })?;
    }
    Ok(swept)
}

/// Finds rows whose bytes are missing or other than they were, and counts blobs that nobody names.
pub fn check(project: &Project, findings: &mut Vec<String>) -> Result<()> {
    let named = project.read(store::named_blobs)?;
    for (blob, file) in &named {
        match File::open(place_of(project, &blob.hash)) {
            Err(error) => {
                findings.push(format!("attachment “{file}”: its contents {} can't be read: {error}", blob.hash))
            }
            Ok(contents) => {
                let (hash, size) = digest(contents)?;
                if size != blob.size as u64 {
                    findings.push(format!("attachment “{file}”: {size} bytes are stored instead of {}", blob.size));
                } else if hash != blob.hash {
                    findings.push(format!("attachment “{file}”: its contents are not those that were attached"));
                }
            }
        }
    }
    let unnamed = project.read(|db| unnamed(db, &folder(project)))?;
    if unnamed > 0 {
        log::info!("{}: {unnamed} stored contents belong to no attachment; they go after a day", project.id());
    }
    Ok(())
}

/// How many blobs no row names. They are no fault: an upload may be under way, or have been refused.
pub fn unnamed(db: &Connection, folder: &Path) -> Result<usize> {
    let mut count = 0;
    for (hash, _) in blobs(folder)? {
        count += usize::from(!store::is_named(db, &hash)?);
    }
    Ok(count)
}

/// SHA-256 in lower-case hex, and how many bytes there are.
pub fn digest(mut file: File) -> Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((hex(&hasher.finalize()), size));
        }
        hasher.update(&buffer[..length]);
        size += length as u64;
    }
}

fn place_of(project: &Project, hash: &str) -> PathBuf {
    place_in(&folder(project), hash)
}

fn place_in(folder: &Path, hash: &str) -> PathBuf {
    folder.join(hash.get(..2).unwrap_or_default()).join(hash)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(found)
}

fn leftovers(folder: &Path) -> Result<Vec<PathBuf>> {
    let all = entries(folder)?;
    Ok(all
        .into_iter()
        .filter(|(name, path)| name.starts_with(PREFIX) && path.is_file())
        .map(|(_, path)| path)
        .collect())
}

/// Hash and path of every blob.
fn blobs(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        if name.len() == 2 && path.is_dir() {
            found.extend(entries(&path)?.into_iter().filter(|(name, _)| name.len() == 64));
        }
    }
    Ok(found)
}
