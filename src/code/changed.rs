//! Which files differ between two states of a repository, and the difference of each as git writes it.
//!
//! Bounded for any input: renames are looked for only among files that are few and small enough, and lines are counted
//! only in files below [`LARGEST_FILE`].

use std::collections::HashMap;

use git2::{Delta, Diff, DiffFindOptions, DiffOptions, ObjectType, Oid, Patch, Repository, Tree};

use super::changed_paths::differ_in_at_most;
use super::file_path;
use crate::base::error::{Error, Result};
use crate::base::job::Progress;

/// Files with more bytes are not compared by line.
pub const LARGEST_FILE: u64 = 1 << 20;
/// Trees that differ in more files and folders are not compared.
const MOST_PATHS: usize = 100_000;
/// Renames are not looked for among more files that came, went or (as sources of copies) changed.
const MOST_CANDIDATES: usize = 2_000;
/// Similar files are looked for only if all candidates together are no larger, and pairs no more; else only equal ones.
const SIMILAR_BYTES: u64 = 4 << 20;
const SIMILAR_PAIRS: usize = 10_000;
/// What a patch may hold at most: bytes of all files on both sides, and files.
const PATCH_BYTES: u64 = 8 << 20;
const PATCH_FILES: usize = 5_000;

/// All files that differ between two trees.
pub struct Comparison<'r> {
    git: &'r Repository,
    diff: Option<Diff<'r>>,
    pub files: Vec<ChangedFile>,
    /// Renames were not looked for: there were too many files, or not all of them can be read.
    pub without_renames: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    pub kind: Kind,
    /// None where it was added.
    pub old: Option<Side>,
    /// None where it was removed.
    pub new: Option<Side>,
    /// Of a rename or copy, in percent.
    pub similarity: Option<u8>,
    /// Its place in git's difference; none for two files that were chosen by hand.
    at: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub path: Vec<u8>,
    pub id: Oid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Added,
    Modified,
    Removed,
    Renamed,
    Copied,
    /// Its mode alone.
    Mode,
}

impl Kind {
    /// As JSON and classes name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "add",
            Self::Modified => "modify",
            Self::Removed => "delete",
            Self::Renamed => "rename",
            Self::Copied => "copy",
            Self::Mode => "mode",
        }
    }

    /// As a reader is told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Removed => "deleted",
            Self::Renamed => "renamed",
            Self::Copied => "copied",
            Self::Mode => "mode changed",
        }
    }
}

impl ChangedFile {
    /// Where it lies now, or lay before it was removed.
    pub fn path(&self) -> &[u8] {
        self.new.as_ref().or(self.old.as_ref()).map(|side| side.path.as_slice()).unwrap_or_default()
    }

    /// Where it lay before, if elsewhere.
    pub fn old_path(&self) -> Option<&[u8]> {
        let (old, new) = (self.old.as_ref()?, self.new.as_ref()?);
        (old.path != new.path).then_some(&old.path)
    }

    /// Whether it is that file or lies in that folder, now or before; all files are in the empty path.
    pub fn is_in(&self, path: &[u8]) -> bool {
        let is_in = |side: &Side| {
            side.path.strip_prefix(path).is_some_and(|rest| path.is_empty() || rest.is_empty() || rest[0] == b'/')
        };
        self.old.as_ref().is_some_and(is_in) || self.new.as_ref().is_some_and(is_in)
    }
}

/// Compares two trees; none is the empty one. Not found: they can't be read, or differ in too much.
pub fn compare<'r>(git: &'r Repository, old: Option<&Tree<'_>>, new: Option<&Tree<'_>>) -> Result<Comparison<'r>> {
    if !differ_in_at_most(git, old.map(Tree::id), new.map(Tree::id), MOST_PATHS) {
        return Err(Error::not_found(
            "These differ in more than 100,000 files and folders, which are too many to be compared here: `git diff` in \
             a clone does it.",
        ));
    }
    let mut diff =
        git.diff_tree_to_tree(old, new, Some(&mut as_git_writes_it())).map_err(|error| unreadable(&error))?;
    let without_renames = !find_renames(git, &mut diff);
    let mut files = Vec::with_capacity(diff.deltas().len());
    for (at, delta) in diff.deltas().enumerate() {
        let side =
            |file: git2::DiffFile<'_>| Side { path: file.path_bytes().unwrap_or_default().to_vec(), id: file.id() };
        let (old, new) = (side(delta.old_file()), side(delta.new_file()));
        let kind = match delta.status() {
            Delta::Added => Kind::Added,
            Delta::Deleted => Kind::Removed,
            Delta::Renamed => Kind::Renamed,
            Delta::Copied => Kind::Copied,
            _ if old.id == new.id => Kind::Mode,
            _ => Kind::Modified,
        };
        let similarity = match delta.status() {
            Delta::Renamed | Delta::Copied if old.id == new.id => Some(100),
            Delta::Renamed | Delta::Copied => similarity(&diff, at).map_err(|error| unreadable(&error))?,
            _ => None,
        };
        files.push(ChangedFile {
            kind,
            similarity,
            old: (kind != Kind::Added).then_some(old),
            new: (kind != Kind::Removed).then_some(new),
            at: Some(at),
        });
    }
    // Where a file became a link, the one must go before the other can come.
    let order = |file: &ChangedFile| file.kind != Kind::Removed;
    files.sort_by(|a, b| a.path().cmp(b.path()).then_with(|| order(a).cmp(&order(b))));
    Ok(Comparison { git, diff: Some(diff), files, without_renames })
}

/// Compares two files that need not have the same name.
pub fn compare_files(git: &Repository, old: Side, new: Side) -> Comparison<'_> {
    let changed = ChangedFile { kind: Kind::Modified, old: Some(old), new: Some(new), similarity: None, at: None };
    let is_same = changed.old.as_ref().map(|side| side.id) == changed.new.as_ref().map(|side| side.id);
    Comparison { git, diff: None, files: if is_same { Vec::new() } else { vec![changed] }, without_renames: false }
}

fn as_git_writes_it() -> DiffOptions {
    let mut options = DiffOptions::new();
    // Whatever the configuration of the repository says.
    options.old_prefix("a/").new_prefix("b/").context_lines(3).interhunk_lines(0);
    options.show_binary(true).id_abbrev(40).ignore_submodules(false).ignore_case(false);
    options
}

/// Says which of the files that came are renamed or copied ones, as far as that is quickly found. False: not looked for.
fn find_renames(git: &Repository, diff: &mut Diff<'_>) -> bool {
    let (mut added, mut removed, mut modified) = (Vec::new(), Vec::new(), Vec::new());
    for delta in diff.deltas() {
        match delta.status() {
            Delta::Added => added.push(delta.new_file().id()),
            Delta::Deleted => removed.push(delta.old_file().id()),
            _ => modified.push(delta.old_file().id()),
        }
    }
    if added.is_empty() || removed.len() + modified.len() == 0 {
        return true;
    }
    if added.len() + removed.len() > MOST_CANDIDATES {
        return false;
    }
    let few = |sources: usize| added.len().saturating_mul(sources) <= SIMILAR_PAIRS;
    let small = |ids: &[&[Oid]]| within(git, ids.iter().flat_map(|ids| ids.iter().copied()), SIMILAR_BYTES);
    let mut options = DiffFindOptions::new();
    options.renames(true).rename_limit(MOST_CANDIDATES);
    if few(removed.len() + modified.len()) && small(&[&added, &removed, &modified]) {
        options.copies(true);
    } else if !(few(removed.len()) && small(&[&added, &removed])) {
        options.exact_match_only(true);
    }
    diff.find_similar(Some(&mut options)).is_ok()
}

/// Whether those files together are no larger. What is not there counts nothing.
fn within(git: &Repository, ids: impl Iterator<Item = Oid>, most: u64) -> bool {
    let mut sum = 0;
    for id in ids {
        sum += size(git, id).unwrap_or(0);
        if sum > most {
            return false;
        }
    }
    true
}

/// The size of a file's content, without reading it; none for what is not in this repository, as a submodule's commit.
pub fn size(git: &Repository, id: Oid) -> Option<u64> {
    if id.is_zero() {
        return None;
    }
    let (size, kind) = git.odb().ok()?.read_header(id).ok()?;
    (kind == ObjectType::Blob).then_some(size as u64)
}

/// How much of a renamed or copied file stayed the same, in percent; git's library tells it in the head of its patch alone.
/// Only files whose contents differ are read for it, which were small enough to be compared before.
fn similarity(diff: &Diff<'_>, at: usize) -> std::result::Result<Option<u8>, git2::Error> {
    let Some(mut patch) = Patch::from_diff(diff, at)? else { return Ok(None) };
    let marker = b"similarity index ";
    let mut found = None;
    patch.print(&mut |_, _, line| {
        let header = line.content();
        if found.is_none()
            && line.origin() == 'F'
            && let Some(at) = header.windows(marker.len()).position(|window| window == marker)
        {
            let digits = header[at + marker.len()..].iter().take_while(|byte| byte.is_ascii_digit());
            found = digits.map(|byte| char::from(*byte)).collect::<String>().parse().ok();
        }
        true
    })?;
    Ok(found)
}

impl Comparison<'_> {
    /// Lines added and removed; none for what has no lines or is too large to count them.
    pub fn lines(&self, file: &ChangedFile) -> Option<(usize, usize)> {
        if self.bytes(file) > LARGEST_FILE {
            return None;
        }
        let patch = self.patch(file).ok()??;
        if patch.delta().flags().is_binary() {
            return None;
        }
        let (_, added, removed) = patch.line_stats().ok()?;
        Some((added, removed))
    }

    /// How large both sides are together.
    pub fn bytes(&self, file: &ChangedFile) -> u64 {
        let of = |side: &Option<Side>| side.as_ref().and_then(|side| size(self.git, side.id)).unwrap_or(0);
        if matches!(file.kind, Kind::Mode) { 0 } else { of(&file.old) + of(&file.new) }
    }

    fn patch(&self, file: &ChangedFile) -> std::result::Result<Option<Patch<'_>>, git2::Error> {
        if let (Some(diff), Some(at)) = (&self.diff, file.at) {
            return Patch::from_diff(diff, at);
        }
        let (Some(old), Some(new)) = (&file.old, &file.new) else {
            return Ok(None);
        };
        let (old_blob, new_blob) = (self.git.find_blob(old.id)?, self.git.find_blob(new.id)?);
        let (old, new) = (file_path::as_path(&old.path), file_path::as_path(&new.path));
        Patch::from_blobs(&old_blob, Some(old), &new_blob, Some(new), Some(&mut as_git_writes_it())).map(Some)
    }

    /// Whether these are two trees, and not two files that were chosen by hand.
    pub fn is_of_trees(&self) -> bool {
        self.diff.is_some()
    }

    /// The files as one patch that `git apply` takes. Refused if it is too large to be made here. None: the time was over.
    pub fn unified<'f>(
        &self,
        files: impl Iterator<Item = &'f ChangedFile> + Clone,
        progress: &Progress,
    ) -> Result<Option<Vec<u8>>> {
        let ids = files.clone().flat_map(|file| [&file.old, &file.new]).flatten().map(|side| side.id);
        if files.clone().nth(PATCH_FILES).is_some() || !within(self.git, ids, PATCH_BYTES) {
            return Err(Error::invalid(
                "format",
                "This difference is too large to be sent as one patch. Ask for that of one file or folder, or make it \
                 in a clone with `git diff` or `git format-patch`.",
            ));
        }
        let mut text = Vec::new();
        let total = files.clone().count();
        for (at, file) in files.enumerate() {
            if progress.is_over() {
                return Ok(None);
            }
            progress.at(at, total);
            let written = self.patch(file).and_then(|patch| patch.map(|mut patch| patch.to_buf()).transpose());
            match written {
                Ok(buffer) => push_patch(&mut text, file, buffer.as_deref().unwrap_or_default()),
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Ok(Some(text))
    }
}

/// Adds the patch of one file as `git apply` wants it. Git's library leaves two things otherwise: where a copy that was edited
/// came from it does not say, and of files whose content stayed the same it says that they differ if they are binary.
fn push_patch(text: &mut Vec<u8>, file: &ChangedFile, patch: &[u8]) {
    let end_of_line =
        |from: usize| patch[from..].iter().position(|byte| *byte == b'\n').map_or(patch.len(), |at| from + at + 1);
    let mut end = patch.len();
    let is_same = file.old.as_ref().map(|side| side.id) == file.new.as_ref().map(|side| side.id);
    let marker = b"\nBinary files ";
    if is_same && let Some(at) = patch.windows(marker.len()).position(|window| window == marker) {
        end = at + 1;
    }
    let first = end_of_line(0).min(end);
    text.extend_from_slice(&patch[..first]);
    let is_told = patch[first..end].windows(11).any(|window| window == b"\ncopy from ");
    if let (Kind::Copied, false, Some(old), Some(new)) = (file.kind, is_told, &file.old, &file.new) {
        text.extend_from_slice(format!("copy from {}\ncopy to {}\n", quoted(&old.path), quoted(&new.path)).as_bytes());
    }
    text.extend_from_slice(&patch[first..end]);
}

/// A path as git writes it into a patch: in quotes, with octal numbers, unless it is plain.
fn quoted(path: &[u8]) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte);
    if path.iter().all(|byte| is_plain(*byte)) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let mut quoted = String::from("\"");
    for byte in path {
        if is_plain(*byte) {
            quoted.push(char::from(*byte));
        } else {
            quoted.push_str(&format!("\\{byte:03o}"));
        }
    }
    quoted.push('"');
    quoted
}

/// What is said of a part of a repository that can't be read.
pub fn unreadable(error: &git2::Error) -> Error {
    log::warn!("git: {error}");
    Error::not_found(
        "A part of this repository can't be read: it is damaged, or was copied without all of its objects. `git fsck` \
         in it says more.",
    )
}

/// Looks up entries of one tree, each folder being read once.
pub struct Entries<'r> {
    git: &'r Repository,
    folders: HashMap<Vec<u8>, Option<Tree<'r>>>,
}

impl<'r> Entries<'r> {
    pub fn new(git: &'r Repository, root: Option<Tree<'r>>) -> Self {
        Self { git, folders: HashMap::from([(Vec::new(), root)]) }
    }

    /// What lies at a path: its id and git's mode, such as 0o100644.
    pub fn find(&mut self, path: &[u8]) -> Option<(Oid, i32)> {
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&path[..0], path),
        };
        if !self.folders.contains_key(folder) {
            let found = self.find(folder).and_then(|(id, _)| self.git.find_tree(id).ok());
            self.folders.insert(folder.to_vec(), found);
        }
        let entry = self.folders.get(folder)?.as_ref()?.get_name_bytes(name)?;
        Some((entry.id(), entry.filemode()))
    }
}
