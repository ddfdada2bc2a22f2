//! Writing a wiki into a folder, page by page.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::names::{Paths, Spellings};
use super::{FILES, FORM, MANIFEST, TEXT};
use crate::attachment::{blob, store as files};
use crate::base::error::{Error, Result};
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::wiki::WIKI_VIEW;
use crate::wiki::store::{self, PageRow};

/// Pages that are looked up at once.
const TOGETHER: usize = 500;

/// Writes every page that this viewer sees, with its attachments; `told` hears how many are written. The manifest comes last:
/// a folder without one is of an export that was cut off, and is made whole by another.
pub fn export(project: &Project, viewer: &Viewer, folder: &Path, told: &mut dyn FnMut(usize)) -> Result<()> {
    viewer.require(WIKI_VIEW)?;
    fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
    let mut export = Export { project, viewer, folder, manifest: Manifest::begin(folder)? };
    let (mut paths, mut after, mut count) = (Paths::default(), String::new(), 0);
    loop {
        let pages = project.read(|db| store::list_after(db, viewer, &after, TOGETHER))?;
        let Some(last) = pages.last() else { break };
        after.clone_from(&last.folded);
        for page in &pages {
            export.page(page, &paths.of(&page.name, &page.folded))?;
            count += 1;
            told(count);
        }
    }
    export.manifest.end(folder)
}

struct Export<'a> {
    project: &'a Project,
    viewer: &'a Viewer,
    folder: &'a Path,
    manifest: Manifest,
}

impl Export<'_> {
    fn page(&mut self, page: &PageRow, path: &str) -> Result<()> {
        let (version, mut attachments) = self.project.read(|db| {
            Ok((store::version(db, page.id, page.version)?, files::of_parent(db, &Resource::new("page", page.id))?))
        })?;
        let text = version.map(|version| version.text).unwrap_or_default();
        self.write(&format!("{path}{TEXT}"), &mut text.as_bytes())?;
        attachments.retain(|file| self.viewer.sees_class(file.acl));
        attachments.sort_by(|one, other| one.name.cmp(&other.name));
        let mut spellings = Spellings::default();
        for file in attachments {
            let place = format!("{path}{FILES}/{}", spellings.of_file(&file.name));
            self.write(&place, &mut blob::open(self.project, &file.hash, file.size)?)?;
            if !file.description.is_empty() {
                self.manifest.add(&place, &file.description)?;
            }
        }
        Ok(())
    }

    fn write(&self, path: &str, from: &mut dyn io::Read) -> Result<()> {
        let path = self.folder.join(path);
        let mut write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            io::copy(from, &mut File::create(&path)?)
        };
        write().map(drop).map_err(|error| refused(&path, &error))
    }
}

fn refused(path: &Path, error: &io::Error) -> Error {
    Error::invalid("FOLDER", format!("{}: {error}.", path.display()))
}

/// `trackway-wiki.json` while it is written.
struct Manifest {
    file: BufWriter<tempfile::NamedTempFile>,
    first: bool,
}

impl Manifest {
    fn begin(folder: &Path) -> Result<Self> {
        let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        write!(file, "{{\n  \"trackway\": {FORM},\n  \"descriptions\": {{")?;
        Ok(Self { file, first: true })
    }

    fn add(&mut self, path: &str, description: &str) -> Result<()> {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        write!(self.file, "{comma}\n    {}: {}", serde_json::to_string(path)?, serde_json::to_string(description)?)?;
        Ok(())
    }

    fn end(mut self, folder: &Path) -> Result<()> {
        write!(self.file, "{}}}\n}}\n", if self.first { "" } else { "\n  " })?;
        let file = self.file.into_inner().map_err(|error| Error::from(error.into_error()))?;
        let path = folder.join(MANIFEST);
        file.persist(&path).map_err(|failed| refused(&path, &failed.error))?;
        Ok(())
    }
}
