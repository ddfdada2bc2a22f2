//! Writing a backup, or the export of a project, while the site is served.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zstd::stream::write::Encoder;

use super::manifest::{Called, Entry, FileLine, Head, Manifest, Of};
use super::seal::{Passphrase, Sealing};
use crate::attachment::blob;
use crate::attachment::store::named_blobs;

use crate::base::error::{Error, Result};
use crate::base::site::{ProjectRow, Site, hex};

/// What a backup on its way is called; one that a crash has left is removed after a day.
const PREFIX: &str = ".trackway-backup-";
const LEFT_FOR: Duration = Duration::from_secs(86_400);
/// Zstandard's own usual level: higher ones take much longer for little.
const LEVEL: i32 = 3;
/// So often a project is copied whose files are purged meanwhile.
const TRIES: usize = 2;

/// What was written.
#[derive(Debug, Clone)]
pub struct Made {
    pub file: PathBuf,
    pub bytes: u64,
    pub manifest: Manifest,
}

type Archive = tar::Builder<Encoder<'static, Sealing<BufWriter<File>>>>;

struct Writing {
    archive: Archive,
    /// What is taken out of a copy of a database before it is put in.
    take_out: fn(&Connection) -> Result<()>,
    manifest: Manifest,
    /// For copies of databases, beside the backup itself.
    folder: PathBuf,
}

/// Writes a backup of the whole site into a new file, which nobody but its owner can read. It appears under its name when it
/// is whole and safe on the disk, and not before.
pub fn make(site: &Site, file: &Path, passphrase: Option<&Passphrase>) -> Result<Made> {
    in_file(file, passphrase, |_| Ok(()), Of::Site, |writing| writing.write(site))
}

/// The same of one project: its database, out of which `take_out` takes what is to stay here, and its files.
pub(in crate::upkeep) fn make_of_project(
    site: &Site,
    row: &ProjectRow,
    file: &Path,
    take_out: fn(&Connection) -> Result<()>,
) -> Result<Made> {
    in_file(file, None, take_out, Of::Project, |writing| writing.write_project(site, row))
}

fn in_file(
    file: &Path,
    passphrase: Option<&Passphrase>,
    take_out: fn(&Connection) -> Result<()>,
    of: Of,
    write: impl FnOnce(&mut Writing) -> Result<Manifest>,
) -> Result<Made> {
    let file = std::path::absolute(file)?;
    let bad = |why: String| Error::invalid("file", format!("{} {why}.", file.display()));
    let folder = file
        .parent()
        .filter(|folder| folder.is_dir())
        .ok_or_else(|| bad("is in no folder that is there".to_owned()))?;
    if file.exists() {
        return Err(bad("is there already".to_owned()));
    }
    sweep(folder);
    let place = |error: std::io::Error| Error::told(format!("{} can't be written: {error}", file.display()), of.noun());
    let target = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder).map_err(place)?;
    target.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
    let sealing = Sealing::begin(BufWriter::with_capacity(1 << 20, target.reopen()?), passphrase)?;
    let mut encoder = Encoder::new(sealing, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut writing = Writing {
        archive: tar::Builder::new(encoder),
        take_out,
        manifest: Manifest::default(),
        folder: folder.to_owned(),
    };
    let manifest = write(&mut writing).map_err(|error| error.during(&format!("{} {}", of.noun(), file.display())))?;
    let output = writing.archive.into_inner()?.finish()?.finish()?;
    output.into_inner().map_err(|failed| failed.into_error())?.sync_all()?;
    let bytes = target.as_file().metadata()?.len();
    target.persist_noclobber(&file).map_err(|failed| place(failed.error))?;
    File::open(folder)?.sync_all()?;
    Ok(Made { file, bytes, manifest })
}

/// Removes what crashes have left in a folder of backups.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = entry.metadata().and_then(|found| found.modified()).ok();
        let is_old = modified.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > LEFT_FOR));
        if is_ours && is_old {
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl Writing {
    fn write(&mut self, site: &Site) -> Result<Manifest> {
        self.add_bytes(&Entry::Head(Of::Site), &serde_json::to_vec_pretty(&Head::now())?)?;
        let mut done = BTreeSet::new();
        for (id, _) in site.read(projects)? {
            self.add_project(site, &id)?;
            done.insert(id);
        }
        let (copy, counts) = self.copy(&site.dir().join("site.db"))?;
        // What has come into being meanwhile is in `site.db`, so it has to be here as well.
        let known = projects(&open(copy.path())?)?;
        for (id, _) in known.iter().filter(|(id, _)| !done.contains(id)) {
            self.add_project(site, id)?;
        }
        self.manifest.projects = known.into_iter().collect();
        self.add_copy(&Entry::SiteDb, copy, counts)?;
        self.end()
    }

    fn write_project(&mut self, site: &Site, row: &ProjectRow) -> Result<Manifest> {
        let called = Called { name: row.name.clone(), title: row.title.clone() };
        let head = Head { project: Some(called), ..Head::now() };
        self.add_bytes(&Entry::Head(Of::Project), &serde_json::to_vec_pretty(&head)?)?;
        self.add_project(site, &row.id)?;
        self.manifest.projects.insert(row.id.clone(), row.name.clone());
        self.end()
    }

    fn end(&mut self) -> Result<Manifest> {
        let manifest = std::mem::take(&mut self.manifest);
        self.add_bytes(&Entry::Manifest, &serde_json::to_vec(&manifest)?)?;
        self.archive.finish()?;
        Ok(manifest)
    }

    /// The database of a project and the files that it names. Files come first: a database is there only with all of its own.
    fn add_project(&mut self, site: &Site, id: &str) -> Result<()> {
        let folder = site.dir().join("projects").join(id);
        let mut added = BTreeSet::new();
        for attempt in 1..=TRIES {
            let (copy, counts) = self.copy(&folder.join("project.db"))?;
            let mut missing = Vec::new();
            for (blob, _) in named_blobs(&open(copy.path())?)? {
                if added.contains(&blob.hash) {
                    continue;
                }
                match blob::open_in(&folder.join("files"), &blob.hash, blob.size) {
                    Ok(file) => {
                        let entry = Entry::Blob { id: id.to_owned(), hash: blob.hash.clone() };
                        self.add(&entry, file, blob.size.unsigned_abs())?;
                        added.insert(blob.hash);
                    }
                    Err(error) => missing.push(error),
                }
            }
            // Purged since the copy was made: the next copy does not name it. Or it is lost, which must not keep the rest out.
            if missing.is_empty() || attempt == TRIES {
                missing.iter().for_each(|error| log::warn!("backup of project {id}: {error}"));
                self.manifest.lost += missing.len();
                return self.add_copy(&Entry::ProjectDb { id: id.to_owned() }, copy, counts);
            }
        }
        Ok(())
    }

    /// Copies a database as it is at one moment, without holding up anybody, and counts its rows.
    fn copy(&self, path: &Path) -> Result<(NamedTempFile, BTreeMap<String, i64>)> {
        let copy = tempfile::Builder::new().prefix(PREFIX).suffix(".db").tempfile_in(&self.folder)?;
        let source = open(path).map_err(|error| error.during(&path.display().to_string()))?;
        let mut target = Connection::open(copy.path())?;
        // All pages in one step: a copy in parts begins anew whenever another process writes.
        Backup::new(&source, &mut target)?.step(-1)?;
        target.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
        (self.take_out)(&target)?;
        let verdict: String = target.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(Error::told(format!("{} is damaged, so no copy was made of it.", path.display()), verdict));
        }
        let counts = counts(&target)?;
        target.close().map_err(|(_, error)| error)?;
        Ok((copy, counts))
    }

    fn add_copy(&mut self, entry: &Entry, copy: NamedTempFile, counts: BTreeMap<String, i64>) -> Result<()> {
        let file = File::open(copy.path())?;
        let size = file.metadata()?.len();
        self.manifest.counts.insert(entry.name(), counts);
        self.add(entry, file, size)
    }

    fn add_bytes(&mut self, entry: &Entry, bytes: &[u8]) -> Result<()> {
        self.archive.append(&header(entry, bytes.len() as u64)?, bytes)?;
        Ok(())
    }

    fn add(&mut self, entry: &Entry, file: impl Read, size: u64) -> Result<()> {
        let mut hashing = Hashing { inner: file.take(size), hasher: Sha256::new(), size: 0 };
        self.archive.append(&header(entry, size)?, &mut hashing)?;
        if hashing.size != size {
            return Err(Error::internal(format!("{} became shorter while it was read", entry.name())));
        }
        let sha256 = hex(&hashing.hasher.finalize());
        self.manifest.files.push(FileLine { path: entry.name(), size, sha256 });
        Ok(())
    }
}

fn header(entry: &Entry, size: u64) -> Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    header.set_path(entry.name())?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Reads through and hashes on the way.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        self.size += length as u64;
        Ok(length)
    }
}

fn open(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// Ids and names of the projects whose folders belong to the site, removed ones too.
fn projects(db: &Connection) -> Result<Vec<(String, String)>> {
    let mut statement =
        db.prepare("select id, name from project where state in ('live', 'archived', 'removed') order by id")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many rows each table has.
pub(super) fn counts(db: &Connection) -> Result<BTreeMap<String, i64>> {
    let mut statement =
        db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")?;
    let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut counts = BTreeMap::new();
    for table in tables {
        let quoted = table.replace('"', "\"\"");
        let count = db.query_row(&format!("select count(*) from \"{quoted}\""), [], |row| row.get(0))?;
        counts.insert(table, count);
    }
    Ok(counts)
}
