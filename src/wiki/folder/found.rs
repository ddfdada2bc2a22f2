//! What lies in a folder that is to become pages: looked at before anything is written, and refused by its path.
//!
//! A link could lead anywhere, and a pipe never end: neither is followed. What is hidden, as `.git` is, and files that are
//! neither texts nor attachments are passed over.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::names::name_of;
use super::{FILES, FORM, MANIFEST, TEXT};
use crate::attachment::name;
use crate::base::error::{Error, Problem, Result};
use crate::wiki::name::PageName;

/// Of the manifest, in bytes.
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;

/// The pages of a folder, by name.
#[derive(Debug, Default)]
pub struct Found {
    /// By folded name.
    pub pages: BTreeMap<String, FoundPage>,
    /// What lies there and can't be taken in, by its path.
    pub problems: Vec<Problem>,
    descriptions: HashMap<String, String>,
}

#[derive(Debug)]
pub struct FoundPage {
    pub name: PageName,
    /// Below the folder, as the other paths.
    pub path: PathBuf,
    pub files: Vec<FoundFile>,
}

#[derive(Debug)]
pub struct FoundFile {
    pub name: String,
    pub path: PathBuf,
    pub description: String,
}

#[derive(Default, Deserialize)]
struct Manifest {
    trackway: u32,
    #[serde(default)]
    descriptions: HashMap<String, String>,
}

/// Looks through a folder. Fails only if it can't be read.
pub fn look(folder: &Path) -> Result<Found> {
    let unread = |error: io::Error| Error::invalid("FOLDER", format!("{}: {error}.", folder.display()));
    let mut look = Look { folder, found: Found::default(), files: Vec::new() };
    look.found.descriptions = look.manifest()?;
    look.folder(Path::new("")).map_err(unread)?;
    for path in std::mem::take(&mut look.files) {
        look.attachments(&path).map_err(unread)?;
    }
    Ok(look.found)
}

struct Look<'a> {
    folder: &'a Path,
    found: Found,
    /// Folders of attachments: looked through when all pages are known.
    files: Vec<PathBuf>,
}

impl Look<'_> {
    fn refuse(&mut self, path: &Path, why: impl Into<String>) {
        self.found.problems.push(Problem::new(path.display().to_string(), why));
    }

    fn manifest(&self) -> Result<HashMap<String, String>> {
        let path = self.folder.join(MANIFEST);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return Ok(HashMap::new());
        }
        let mut text = Vec::new();
        fs::File::open(&path)?.take(LARGEST_MANIFEST).read_to_end(&mut text)?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| Error::invalid(MANIFEST, format!("It can't be read: {error}.")))?;
        if manifest.trackway > FORM {
            return Err(Error::invalid(MANIFEST, "It was written by a newer program than this one."));
        }
        Ok(manifest.descriptions)
    }

    /// What lies in a folder below ours, by name.
    fn entries(&mut self, below: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.folder.join(below))? {
            let entry = entry?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                entries.push((below.join(entry.file_name()), entry.file_type()?));
            }
        }
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        let (taken, odd): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, kind)| kind.is_dir() || kind.is_file());
        for (path, kind) in odd {
            let what = if kind.is_symlink() { "a link to somewhere else" } else { "no file and no folder" };
            self.refuse(&path, format!("It is {what}, so nothing is read from it."));
        }
        Ok(taken)
    }

    fn folder(&mut self, below: &Path) -> io::Result<()> {
        for (path, kind) in self.entries(below)? {
            if kind.is_dir() {
                match without(&path, FILES) {
                    Some(_) => self.files.push(path),
                    None => self.folder(&path)?,
                }
            } else if let Some(stem) = without(&path, TEXT) {
                self.page(path, &stem);
            }
        }
        Ok(())
    }

    fn page(&mut self, path: PathBuf, stem: &Path) {
        let name = match self.name(&path, stem) {
            Some(name) => name,
            None => return,
        };
        if let Some(other) = self.found.pages.get(name.folded()) {
            let why = format!("It is the page “{}”, as {} is already.", other.name.as_str(), other.path.display());
            return self.refuse(&path, why);
        }
        self.found.pages.insert(name.folded().to_owned(), FoundPage { name, path, files: Vec::new() });
    }

    fn name(&mut self, path: &Path, stem: &Path) -> Option<PageName> {
        let Some(name) = name_of(stem) else {
            self.refuse(path, "Its name is not in UTF-8, so it can't name a page.");
            return None;
        };
        let shown = path.display().to_string();
        match PageName::parse(&name, &shown) {
            Ok(name) => Some(name),
            Err(Error::Invalid(problems)) => {
                self.found.problems.extend(problems);
                None
            }
            Err(other) => {
                self.refuse(path, other.to_string());
                None
            }
        }
    }

    fn attachments(&mut self, folder: &Path) -> io::Result<()> {
        let stem = without(folder, FILES).unwrap_or_default();
        let Some(page) = self.name(folder, &stem) else { return Ok(()) };
        if !self.found.pages.contains_key(page.folded()) {
            let why = format!("It holds the attachments of “{}”, but there is no such page beside it.", page.as_str());
            self.refuse(folder, why);
            return Ok(());
        }
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for (path, kind) in self.entries(&next)? {
                if kind.is_dir() {
                    folders.push(path);
                } else {
                    self.attachment(folder, path, page.folded());
                }
            }
        }
        Ok(())
    }

    fn attachment(&mut self, folder: &Path, path: PathBuf, page: &str) {
        let below = path.strip_prefix(folder).unwrap_or(&path);
        let Some(name) = name_of(below) else {
            return self.refuse(&path, "Its name is not in UTF-8, so it can't name an attachment.");
        };
        match name::clean(&name) {
            Some(clean) if clean == name => {}
            Some(clean) => return self.refuse(&path, format!("No attachment can be called so; “{clean}” would do.")),
            None => return self.refuse(&path, "No attachment can be called so."),
        }
        let Some(page) = self.found.pages.get_mut(page) else { return };
        if let Some(other) = page.files.iter().find(|other| other.name == name) {
            let why = format!("It is the attachment “{name}”, as {} is already.", other.path.display());
            return self.refuse(&path, why);
        }
        let key = path.to_string_lossy().replace('\\', "/");
        let description = self.found.descriptions.remove(&key).unwrap_or_default();
        page.files.push(FoundFile { name, path, description });
    }
}

/// A path without the ending of its last part, whatever the ending's case.
fn without(path: &Path, ending: &str) -> Option<PathBuf> {
    let name = path.file_name()?.as_encoded_bytes();
    let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
    if !name[at..].eq_ignore_ascii_case(ending.as_bytes()) {
        return None;
    }
    // An extension begins at the last dot, as the ending does.
    Some(path.with_extension(""))
}
