//! Making a project of a file. It is read twice: first everything in it is looked at and compared with its list, then it is
//! unpacked into a project that nobody sees before it is whole.

use std::collections::BTreeSet;
use std::path::Path;

use super::settle::{Settled, settle};
use crate::attachment::store::named_blobs;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::Project;
use crate::base::site::{ProjectRow, Site, project_event};
use crate::upkeep::backup::{Entry, Manifest, Of, Verified, through, walk, write};

/// What an administrator wants of an import.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// The name of the new project; none: the one in the file.
    pub name: Option<&'a str>,
    /// Whoever has a login of the file here is the person of the file, and groups likewise.
    pub same_names: bool,
    /// The folders of git repositories are those of the file.
    pub keep_repositories: bool,
}

/// What was made.
#[derive(Debug)]
pub struct Imported {
    pub row: ProjectRow,
    pub verified: Verified,
    pub settled: Settled,
}

/// Makes a live project of an export. Killed at any moment, it leaves nothing that anybody sees.
pub fn import(site: &Site, (actor, via): (Option<i64>, Via), file: &Path, wish: &Wish<'_>) -> Result<Imported> {
    let verified = walk(Of::Project, file, None, &mut through)?;
    let called = verified.head.project.clone();
    let called =
        called.ok_or_else(|| Error::invalid("file", "This export does not say what its project is called."))?;
    let (name, id) = (wish.name.unwrap_or(&called.name), only_project(&verified.manifest)?);
    let mut settled = Settled::default();
    let building = site.build_from(
        name,
        &called.title,
        |folder| unpack(file, &id, folder),
        |project| {
            require_files(project, &verified.manifest)?;
            settled = settle(site, project, wish)?;
            Ok(())
        },
    )?;
    site.write(actor, via, |db, record| {
        building.make_live(db, record)?;
        let row = site.find_within(db, name)?.ok_or_else(|| Error::internal("the imported project is not there"))?;
        let event = project_event(db, "project.imported", &row.id, name)?
            .saying("file", file.file_name().unwrap_or_default().to_string_lossy())
            .saying("from", &called.name)
            .saying("made_at", &verified.head.made_at);
        record(&event).map(drop)
    })?;
    building.keep();
    Ok(Imported { row: site.load(name)?, verified, settled })
}

/// The id under which the project lies in the file.
fn only_project(manifest: &Manifest) -> Result<String> {
    let databases: Vec<String> = manifest
        .files
        .iter()
        .filter_map(|file| match Entry::parse(&file.path) {
            Some(Entry::ProjectDb { id }) => Some(id),
            _ => None,
        })
        .collect();
    match databases.as_slice() {
        [id] => Ok(id.clone()),
        _ => Err(Error::invalid("file", "This export does not hold one project.")),
    }
}

fn unpack(file: &Path, project: &str, folder: &Path) -> Result<()> {
    walk(Of::Project, file, None, &mut |entry, contents| match entry {
        Entry::ProjectDb { id } if id == project => write(&folder.join("project.db"), contents),
        Entry::Blob { id, hash } if id == project => {
            write(&folder.join("files").join(hash.get(..2).unwrap_or_default()).join(hash), contents)
        }
        other => {
            Err(Error::invalid("file", format!("This export holds {}, which is no part of a project.", other.name())))
        }
    })?;
    std::fs::create_dir_all(folder.join("files"))?;
    Ok(())
}

/// Refuses a database that names files which did not come with it, or by names that could lead elsewhere.
fn require_files(project: &Project, manifest: &Manifest) -> Result<()> {
    let came: BTreeSet<String> = manifest
        .files
        .iter()
        .filter_map(|file| match Entry::parse(&file.path) {
            Some(Entry::Blob { hash, .. }) => Some(hash),
            _ => None,
        })
        .collect();
    let named = project.read(named_blobs)?;
    let missing = named.iter().filter(|(blob, _)| !came.contains(&blob.hash));
    let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (mut lost, mut strange) = (0, false);
    for (blob, _) in missing {
        lost += 1;
        strange |= !is_hash(&blob.hash);
    }
    // What was lost before the export was made is lost here as well.
    if strange || lost > manifest.lost {
        return Err(Error::invalid("file", "This export is not whole: attached files are missing from it."));
    }
    Ok(())
}
