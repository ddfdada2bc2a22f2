//! Files of a repository in one archive (rows V08, V10): a folder at a revision, or what a commit left of what it changed.
//!
//! Whoever unpacks one must come to no harm, whatever somebody committed: no name leads out of the archive, no link out of
//! the folder, and nothing pretends to be a git directory. What is left out for that is counted in a remark on the archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use git2::{Oid, Repository as Libgit};
use rocket::http::{ContentType, Status};
use tempfile::NamedTempFile;

use super::changed::Entries;
use super::differences::Compared;
use super::git;
use super::repository::Repository;
use super::tree::{self, Entry, Kind, Segments};
use crate::attachment::blob;
use crate::attachment::raw::{POLICY, disposition};
use crate::base::error::{Error, Result};
use crate::base::job::{Key, Made, Progress};
use crate::base::project::Project;
use crate::base::text::unseen::is_unseen;
use crate::base::time::Instant;
use crate::base::zip::{self, Archive};
use crate::web::answer::Body;
use crate::web::job::{Arrived, Waiting, arrived};
use crate::web::page::file_size;
use crate::web::{Answer, Desk, Room};

/// What one archive holds at most.
pub const MOST_BYTES: u64 = 256 << 20;
const MOST_FILES: usize = 50_000;
/// Folders within folders, deeper than which nothing is packed.
const DEEPEST: usize = 256;
/// Symbolic links that say more are left out.
const LONGEST_TARGET: u64 = 4_096;

/// What is to be packed.
#[derive(Debug, Clone)]
pub enum Contents {
    /// All of a tree.
    Folder(Oid),
    /// Files by their paths.
    Files(Vec<(Segments, Oid, i32)>),
}

/// An archive, and everything that it is made of.
pub struct Wanted<'a> {
    pub repository: &'a Repository,
    pub commit: Oid,
    pub contents: Contents,
    /// What the contents are told apart by from others of the same commit.
    pub path: &'a [u8],
    /// The folder within the archive and the file's name without its end: `doors-src-1a2b3c4`.
    pub name: String,
    pub changed: Instant,
    pub title: String,
    pub back_href: String,
    pub back: String,
}

/// An archive that lies on the disk until nobody wants it any longer.
struct Packed {
    file: NamedTempFile,
    length: u64,
}

/// Sends it, or the page that says how far it has come. Who may have it has been found out.
pub fn send(desk: &Desk, room: &Room, wanted: Wanted<'_>) -> Result<Answer> {
    let id = wanted.repository.id;
    let which: &[u8] = match &wanted.contents {
        Contents::Folder(_) => b"folder",
        Contents::Files(_) => b"files",
    };
    let parts = [room.project.id().as_bytes(), &id.to_le_bytes(), wanted.commit.as_bytes(), which, wanted.path];
    let (project, repository) = (Arc::clone(&room.project), wanted.repository.clone());
    let (contents, name, changed) = (wanted.contents, wanted.name.clone(), wanted.changed);
    let asked = desk.site().jobs().ask(&Key::new("zip", &parts), move |progress| {
        let git = git::open(&repository)?;
        let packed = pack(&project, &git, (&contents, &name, changed), progress)?;
        Ok(packed.map(|packed| Made { memory: 500, disk: packed.length, thing: packed }))
    })?;
    let name = format!("{}.zip", wanted.name);
    let what = || Waiting {
        title: wanted.title,
        unit: "file",
        back_href: wanted.back_href,
        back: wanted.back,
        is_download: true,
        place: "/browser",
    };
    let packed = match arrived(desk, asked, what)? {
        Arrived::Thing(packed) => packed,
        Arrived::Later(answer) => return Ok(answer),
    };
    let mut answer = Answer::new(Status::Ok, ContentType::ZIP, Vec::new())
        .header("Content-Security-Policy", POLICY)
        .header("Content-Disposition", disposition(false, &name));
    answer.body = Body::Part(packed.file.reopen()?, packed.length);
    Ok(answer)
}

/// The files that a comparison has on its new side.
pub fn left_by(compared: &Compared<'_, '_>) -> Vec<(Segments, Oid, i32)> {
    let mut entries = Entries::new(compared.git, compared.new_tree.clone());
    let found = compared.files().filter_map(|file| {
        let side = file.new.as_ref()?;
        let (id, mode) = entries.find(&side.path)?;
        Some((side.path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect(), id, mode))
    });
    found.collect()
}

/// How an archive is called, out of parts that may hold anything.
pub fn name(parts: &[&str]) -> String {
    let fit = |character: char| if character.is_alphanumeric() || "._".contains(character) { character } else { '-' };
    let parts = parts.iter().map(|part| part.chars().map(fit).take(60).collect::<String>());
    let name = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    name.trim_start_matches(['.', '-']).to_owned()
}

/// A file on its way into the archive.
struct Packing {
    name: String,
    kind: zip::Kind,
    id: Oid,
}

/// What goes in, and how much does not.
#[derive(Default)]
struct Listing {
    files: Vec<Packing>,
    names: HashSet<String>,
    bytes: u64,
    submodules: usize,
    links: usize,
    unfit: usize,
}

fn pack(
    project: &Project,
    git: &Libgit,
    (contents, name, changed): (&Contents, &str, Instant),
    progress: &Progress,
) -> Result<Option<Packed>> {
    let mut listing = Listing::default();
    let is_listed = match contents {
        Contents::Folder(id) => listing.folder(git, *id, name, 0, progress)?,
        Contents::Files(files) => files.iter().try_fold(true, |go_on, (path, id, mode)| {
            let fit: Option<Vec<String>> = path.iter().map(|part| fit_name(part)).collect();
            match fit {
                Some(parts) => {
                    let entry = Entry { name: path.last().cloned().unwrap_or_default(), id: *id, mode: *mode };
                    let depth = parts.len().saturating_sub(1);
                    listing.file(git, &entry, format!("{name}/{}", parts.join("/")), depth)?;
                }
                None => listing.unfit += 1,
            }
            Ok::<_, Error>(go_on && !progress.is_over())
        })?,
    };
    if !is_listed {
        return Ok(None);
    }
    let file = blob::temporary(project)?;
    // The handle within the archive is another one: what it has written is read by the name.
    let mut archive: Archive<BufWriter<File>> = Archive::new(BufWriter::new(file.reopen()?));
    for (at, packing) in listing.files.iter().enumerate() {
        if progress.is_over() {
            return Ok(None);
        }
        progress.at(at, listing.files.len());
        let contents = git.find_blob(packing.id).map_err(|error| tree::unreadable(&error))?;
        archive.add(&packing.name, packing.kind, changed, contents.content())?;
    }
    let (_, length) = archive.finish(&listing.remark())?;
    Ok(Some(Packed { file, length }))
}

impl Listing {
    /// False: the time was over.
    fn folder(&mut self, git: &Libgit, id: Oid, above: &str, depth: usize, progress: &Progress) -> Result<bool> {
        if depth > DEEPEST {
            self.unfit += 1;
            return Ok(true);
        }
        if progress.is_over() {
            return Ok(false);
        }
        let tree = git.find_tree(id).map_err(|error| tree::unreadable(&error))?;
        for entry in tree::entries(&tree) {
            let Some(own) = fit_name(&entry.name) else {
                self.unfit += 1;
                continue;
            };
            let name = format!("{above}/{own}");
            if entry.kind() != Kind::Folder {
                self.file(git, &entry, name, depth)?;
            } else if !self.folder(git, entry.id, &name, depth + 1, progress)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn file(&mut self, git: &Libgit, entry: &Entry, name: String, depth: usize) -> Result<()> {
        let kind = match entry.kind() {
            Kind::Folder => return Ok(()),
            Kind::Submodule => {
                self.submodules += 1;
                return Ok(());
            }
            Kind::Symlink if !stays_inside(git, entry.id, depth) => {
                self.links += 1;
                return Ok(());
            }
            Kind::Symlink => zip::Kind::Symlink,
            Kind::Executable => zip::Kind::Executable,
            Kind::File => zip::Kind::File,
        };
        self.bytes += tree::size(git, entry.id)?;
        if self.bytes > MOST_BYTES || self.files.len() >= MOST_FILES {
            return Err(Error::invalid(
                "format",
                format!(
                    "This is more than {} or {MOST_FILES} files, which is the most that one archive holds. Take a folder \
                     in it, or clone the repository.",
                    file_size(MOST_BYTES as i64)
                ),
            ));
        }
        if !self.names.insert(name.clone()) {
            self.unfit += 1;
            return Ok(());
        }
        self.files.push(Packing { name, kind, id: entry.id });
        Ok(())
    }

    /// What is not in the archive, for those who look for it.
    fn remark(&self) -> String {
        let left_out = [
            (self.submodules, "submodules (other repositories)"),
            (self.links, "symbolic links that lead out of the folder"),
            (self.unfit, "files and folders whose names can't be unpacked safely"),
        ];
        let told: Vec<String> = left_out
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("Left out: {count} {what}."))
            .collect();
        told.join(" ")
    }
}

/// A name that means the same on every system and leads nowhere else; none for those that are better not unpacked.
fn fit_name(name: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(name);
    let harmless = |character: char| match character {
        '/' | '\\' => '_',
        character if character.is_control() || is_unseen(character) => '_',
        character => character,
    };
    let mut fit: String = name.chars().map(harmless).collect();
    // `C:file` would be a place on a drive.
    if fit.as_bytes().get(1) == Some(&b':') {
        fit.replace_range(1..2, "_");
    }
    let plain = fit.trim_end_matches([' ', '.']).to_ascii_lowercase();
    // Whoever runs git in what was unpacked must not run what a repository in it says. `git~1` is its short name.
    (!plain.is_empty() && plain != ".git" && plain != "git~1").then_some(fit)
}

/// Whether a symbolic link that lies so many folders deep leads to something in the archive.
fn stays_inside(git: &Libgit, id: Oid, depth: usize) -> bool {
    if !tree::size(git, id).is_ok_and(|size| size <= LONGEST_TARGET) {
        return false;
    }
    let Ok(blob) = git.find_blob(id) else { return false };
    is_inside(blob.content(), depth)
}

fn is_inside(target: &[u8], depth: usize) -> bool {
    if target.is_empty() || target.contains(&b'\\') || target.get(1) == Some(&b':') || target[0] == b'/' {
        return false;
    }
    let mut depth = depth as i64;
    for part in target.split(|byte| *byte == b'/') {
        depth += match part {
            b".." => -1,
            b"" | b"." => 0,
            _ => 1,
        };
        if depth < 0 {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for bad in [&b""[..], b".", b"..", b"... ", b".git", b".GIT", b".git. ", b"GIT~1"] {
            assert_eq!(fit_name(bad), None, "{bad:?}");
        }
        for (name, fit) in [
            (&b"a.rs"[..], "a.rs"),
            (b"..\\..\\x", ".._.._x"),
            (b"C:x", "C_x"),
            (b"a\nb", "a_b"),
            (b".gitignore", ".gitignore"),
            ("\u{202e}gpj".as_bytes(), "_gpj"),
        ] {
            assert_eq!(fit_name(name).as_deref(), Some(fit), "{name:?}");
        }
    }

    #[test]
    fn links_lead_to_what_is_in_the_archive_or_nowhere() {
        for (target, depth, inside) in [
            (&b"doors.rs"[..], 0, true),
            (b"../doors.rs", 1, true),
            (b"../doors.rs", 0, false),
            (b"a/../../x", 0, false),
            (b"./a//b", 0, true),
            (b"/etc/passwd", 9, false),
            (b"..\\x", 3, false),
            (b"C:x", 3, false),
            (b"", 3, false),
        ] {
            assert_eq!(is_inside(target, depth), inside, "{target:?} at {depth}");
        }
    }

    #[test]
    fn an_archive_is_called_by_what_is_in_it() {
        assert_eq!(name(&["doors", "src/a b", "1a2b3c4"]), "doors-src-a-b-1a2b3c4");
        assert_eq!(name(&["..", "", "x"]), "x");
    }
}
