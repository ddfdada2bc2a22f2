//! Reading a backup, or the export of a project, that may have been made by anybody: every entry is looked at, and nothing is believed that the manifest at
//! the end does not confirm. What is refused (trackers.md e2, classes 8 and 26): names that no backup has, entries that are no
//! plain files, the same name twice, what unpacks to far more than it should, and what a later program has made.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use sha2::{Digest, Sha256};
use zstd::stream::read::Decoder;

use super::manifest::{Entry, FORMAT, FileLine, Head, Manifest, Of};
use super::seal::{Passphrase, opened};
use crate::base::db::Schema;
use crate::base::error::{Error, Result};
use crate::base::site::hex;

/// The first and the last entry are no larger, in bytes.
const LARGEST_TEXT: u64 = 256 * 1024 * 1024;
/// What unpacks to more than so many bytes and to more than so many times its own size is refused. Databases shrink to a third.
const UNSUSPICIOUS: u64 = 4 * 1024 * 1024 * 1024;
const MOST_TIMES: u64 = 200;
/// As a power of two, the memory that unpacking may take.
const WINDOW: u32 = 27;

/// What a backup turned out to be.
#[derive(Debug, Clone)]
pub struct Verified {
    pub head: Head,
    pub manifest: Manifest,
    /// Of the file itself.
    pub bytes: u64,
}

/// Reads a whole backup and writes nothing: every entry has the size and the hash that the manifest says.
pub fn verify(file: &Path, passphrase: Option<&Passphrase>) -> Result<Verified> {
    walk(Of::Site, file, passphrase, &mut through)
}

/// Reads an entry and does nothing with it.
pub(in crate::upkeep) fn through(_: &Entry, contents: &mut dyn Read) -> Result<()> {
    io::copy(contents, &mut io::sink())?;
    Ok(())
}

/// Reads an archive; `take` is given every file in it and reads it to its end.
pub(in crate::upkeep) fn walk(
    of: Of,
    path: &Path,
    passphrase: Option<&Passphrase>,
    take: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<()>,
) -> Result<Verified> {
    let unreadable = |error: io::Error| Error::invalid("file", format!("{} can't be read: {error}.", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let packed = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, count: Rc::clone(&packed) };
    let mut decoder = Decoder::new(opened(BufReader::new(counted), passphrase)?)?;
    decoder.window_log_max(WINDOW)?;
    let guarded = Guarded { inner: decoder, packed, unpacked: 0 };
    let (head, manifest) = of.entries(guarded, take)?;
    Ok(Verified { head, manifest, bytes })
}

impl Of {
    fn entries(
        self,
        input: impl Read,
        take: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<()>,
    ) -> Result<(Head, Manifest)> {
        let mut archive = tar::Archive::new(input);
        let mut head: Option<Head> = None;
        let mut manifest: Option<Manifest> = None;
        let mut found: BTreeMap<String, FileLine> = BTreeMap::new();
        for entry in archive.entries().map_err(|error| self.broken(error))?.raw(true) {
            let mut contents = entry.map_err(|error| self.broken(error))?;
            let name = String::from_utf8_lossy(&contents.path_bytes()).into_owned();
            let shown = name.chars().take(200).filter(|character| !character.is_control()).collect::<String>();
            let entry = Entry::parse(&name).filter(|_| contents.header().entry_type() == tar::EntryType::Regular);
            let Some(entry) = entry else {
                return Err(self.foreign(format!("it holds “{shown}”, which no {} does", self.noun())));
            };
            match (&entry, &head, &manifest) {
                (_, _, Some(_)) => return Err(self.foreign(format!("“{shown}” stands after its end"))),
                (Entry::Head(first), None, _) if *first == self => {
                    head = Some(self.checked(self.text(&mut contents)?)?);
                    continue;
                }
                (_, None, _) | (Entry::Head(_), Some(_), _) => {
                    return Err(self.foreign("it does not begin as one does".to_owned()));
                }
                (Entry::Manifest, ..) => {
                    manifest = Some(self.text(&mut contents)?);
                    continue;
                }
                _ => {}
            }
            if found.contains_key(&name) {
                return Err(self.foreign(format!("it holds “{shown}” twice")));
            }
            let mut hashing = Hashing { inner: &mut contents, hasher: Sha256::new(), size: 0, failed: None };
            let taken = take(&entry, &mut hashing);
            if let Some(error) = hashing.failed {
                return Err(self.broken(error));
            }
            taken?;
            let line = FileLine { size: hashing.size, sha256: hex(&hashing.hasher.finalize()), path: name.clone() };
            if let Entry::Blob { hash, .. } = &entry
                && *hash != line.sha256
            {
                return Err(self.damaged(&format!("the contents of {shown} are not those that were attached")));
            }
            found.insert(name, line);
        }
        let (Some(head), Some(manifest)) = (head, manifest) else {
            return Err(self.damaged("its end is missing"));
        };
        self.compare(&manifest, found)?;
        Ok((head, manifest))
    }

    fn compare(self, manifest: &Manifest, mut found: BTreeMap<String, FileLine>) -> Result<()> {
        for line in &manifest.files {
            match found.remove(&line.path) {
                Some(there) if there == *line => {}
                Some(_) => return Err(self.damaged(&format!("{} is not what was put in", line.path))),
                None => return Err(self.damaged(&format!("{} is missing", line.path))),
            }
        }
        match found.into_keys().next() {
            Some(path) => Err(self.foreign(format!("it holds {path}, of which its list knows nothing"))),
            None => Ok(()),
        }
    }

    fn checked(self, head: Head) -> Result<Head> {
        let is_newer = head.format > FORMAT
            || head.site_schema > Schema::Site.version()
            || head.project_schema > Schema::Project.version();
        if is_newer {
            let program = head.program.chars().take(40).collect::<String>();
            let why = format!("This {} was made by a newer Trackway ({program}); please use that one.", self.noun());
            return Err(Error::invalid("file", why));
        }
        Ok(head)
    }

    fn text<T: serde::de::DeserializeOwned>(self, contents: &mut impl Read) -> Result<T> {
        let mut bytes = Vec::new();
        contents.by_ref().take(LARGEST_TEXT + 1).read_to_end(&mut bytes).map_err(|error| self.broken(error))?;
        if bytes.len() as u64 > LARGEST_TEXT {
            return Err(self.foreign("its list is too long".to_owned()));
        }
        serde_json::from_slice(&bytes).map_err(|error| self.foreign(format!("its list can't be read: {error}")))
    }

    fn broken(self, error: io::Error) -> Error {
        // Ours, from below the archive.
        match error.get_ref().and_then(|inner| inner.downcast_ref::<TooMuch>()) {
            Some(_) => self.foreign(format!("it unpacks to far more than a {} of its size does", self.noun())),
            None => self.damaged(&error.to_string()),
        }
    }

    fn damaged(self, why: &str) -> Error {
        Error::invalid("file", format!("This {} is not whole: {why}.", self.noun()))
    }

    fn foreign(self, why: String) -> Error {
        Error::invalid("file", format!("This is no {} that Trackway has made: {why}.", self.noun()))
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

#[derive(Debug)]
struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too much")
    }
}

impl std::error::Error for TooMuch {}

/// Stops where far more comes out than has gone in.
struct Guarded<R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.unpacked += length as u64;
        if self.unpacked > UNSUSPICIOUS && self.unpacked / MOST_TIMES > self.packed.get() {
            return Err(io::Error::other(TooMuch));
        }
        Ok(length)
    }
}

struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    size: u64,
    /// Why no more could be read: that is the archive's fault, not that of whoever takes what is read.
    failed: Option<io::Error>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = match self.inner.read(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                return Err(kind.into());
            }
        };
        self.hasher.update(&buffer[..length]);
        self.size += length as u64;
        Ok(length)
    }
}
