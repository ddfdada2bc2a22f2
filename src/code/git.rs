//! Reading git repositories: opening them, finding revisions, turning what they hold into text.
//!
//! Nothing here writes to a repository. Opened repositories are kept and lent out, since opening costs more than most
//! answers; git's objects never change, and refs are read anew each time.

use std::collections::HashMap;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use std::time::SystemTime;

use git2::{Commit, ErrorCode, ObjectType, Oid};

use super::repository::Repository;
use crate::base::error::{Error, Result};
use crate::base::text::unseen::{self, is_unseen};
use crate::base::time::Instant;
use crate::web::form::shortened;

/// Opened repositories that are kept for each path.
const KEPT: usize = 4;
/// Bytes of git's objects that are kept in memory, those of all repositories together, and of the largest one of them.
const CACHED_BYTES: isize = 3 << 20;
const LARGEST_CACHED: usize = 64 << 10;
/// Shorter beginnings of ids name nothing.
pub const SHORTEST_ID: usize = 4;
/// What is said of a repository without any commit.
pub const NO_COMMIT: &str = "There is no commit in this repository yet.";

static IDLE: LazyLock<Mutex<HashMap<PathBuf, Vec<Idle>>>> = LazyLock::new(Mutex::default);

struct Idle {
    opened: git2::Repository,
    ends: Option<SystemTime>,
}

/// An opened repository; goes back to those that are kept when it is dropped.
pub struct Git {
    path: PathBuf,
    opened: Option<git2::Repository>,
    /// When it was last said where its history ends; none: it is whole.
    ends: Option<SystemTime>,
}

/// Opens a repository of the project. The message of the error is for readers of the page: it holds no path.
pub fn open(repository: &Repository) -> Result<Git> {
    let told = |error: &git2::Error| {
        log::warn!("repository {} in {}: {error}", repository.name, repository.path.display());
        Error::conflict(format!(
            "The repository {} can't be read: it is gone, was moved, or is damaged. An administrator can tell where it \
             lies now; tickets and pages are not touched by this.",
            repository.name
        ))
    };
    open_path(&repository.path).map_err(|error| told(&error))
}

/// Opens a git directory.
pub fn open_path(path: &Path) -> std::result::Result<Git, git2::Error> {
    set_up();
    let kept = IDLE.lock().unwrap_or_else(PoisonError::into_inner).get_mut(path).and_then(Vec::pop);
    // A repository that went away, or that is another one by now, must not be read from memory.
    let ends = ends(path);
    let opened = match kept.filter(|kept| kept.ends == ends && path.join("HEAD").exists()) {
        Some(kept) => kept.opened,
        None => git2::Repository::open(path)?,
    };
    Ok(Git { path: path.to_owned(), opened: Some(opened), ends })
}

/// Git's library reads once which commits of a shallow copy have no parents here, and never again.
fn ends(path: &Path) -> Option<SystemTime> {
    fs::metadata(path.join("shallow")).and_then(|found| found.modified()).ok()
}

impl Deref for Git {
    type Target = git2::Repository;

    #[expect(clippy::expect_used, reason = "it is taken out on dropping alone")]
    fn deref(&self) -> &git2::Repository {
        self.opened.as_ref().expect("an opened repository")
    }
}

impl Drop for Git {
    fn drop(&mut self) {
        if let Some(opened) = self.opened.take() {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = idle.entry(std::mem::take(&mut self.path)).or_default();
            if kept.len() < KEPT {
                kept.push(Idle { opened, ends: self.ends });
            }
        }
    }
}

/// Sets what holds for all repositories; to be called before any is opened.
///
/// * libgit2 refuses repositories of other users of the system; those that an administrator connected are wanted (DESIGN 10).
/// * It would keep any number of commits and small folders, and forget large folders and all files: those are what a page
///   reads again and again. So it keeps more kinds of objects, and altogether less. An object is named by what it holds, so
///   what is kept is never out of date.
/// * It would work out the name of each object again that it reads. As git itself does, it leaves that to `git fsck`: what
///   is damaged on the disk shows when it is unpacked.
#[expect(unsafe_code, reason = "libgit2's options are set before any repository is opened, once")]
pub fn set_up() {
    static ONCE: Once = Once::new();
    // SAFETY: the options are plain numbers, and `Once` keeps threads from setting them at the same time.
    ONCE.call_once(|| unsafe {
        git2::opts::strict_hash_verification(false);
        let set = git2::opts::set_verify_owner_validation(false)
            .and_then(|()| git2::opts::set_cache_max_size(CACHED_BYTES))
            .and_then(|()| git2::opts::set_cache_object_limit(ObjectType::Tree, LARGEST_CACHED))
            .and_then(|()| git2::opts::set_cache_object_limit(ObjectType::Blob, LARGEST_CACHED));
        if let Err(error) = set {
            log::warn!("git: {error}");
        }
    });
}

/// What is looked at: a commit, and the words by which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub commit: Oid,
    /// The branch or tag that was asked for; none for an id.
    pub name: Option<String>,
    pub kind: RevisionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    /// The default branch, because nothing was asked for.
    Default,
    Branch,
    Tag,
    Commit,
}

/// Finds what `rev` in an address means: nothing or `HEAD` is the default branch; then a branch, a tag, the beginning of an
/// id that is unique. `heads/x`, `tags/x` and whole ref names tell a branch and a tag of one name apart.
/// Not found: no such revision. Conflict: there is no commit yet.
pub fn revision(git: &git2::Repository, rev: Option<&str>) -> Result<Revision> {
    let Some(rev) = rev.filter(|rev| !rev.is_empty() && *rev != "HEAD") else {
        let (name, commit) = default_head(git)?;
        return Ok(Revision { commit, name, kind: RevisionKind::Default });
    };
    for (prefix, kind) in [("refs/heads/", RevisionKind::Branch), ("refs/tags/", RevisionKind::Tag)] {
        let short = prefix.strip_prefix("refs/").unwrap_or(prefix);
        let stripped = rev.strip_prefix(prefix).or_else(|| rev.strip_prefix(short));
        for name in [Some(rev), stripped].into_iter().flatten() {
            if let Some(commit) = ref_commit(git, &format!("{prefix}{name}")) {
                return Ok(Revision { commit, name: Some(name.to_owned()), kind });
            }
        }
    }
    let told = shortened(&one_line(rev.as_bytes()));
    let missing = || Error::not_found(format!("There is no branch, tag or commit `{told}` in this repository."));
    let is_id = rev.len() >= SHORTEST_ID && rev.len() <= 64 && rev.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(missing());
    }
    let object = git.find_object_by_prefix(rev, None).map_err(|error| match error.code() {
        ErrorCode::Ambiguous => {
            Error::not_found(format!("More than one object begins with `{told}`; give more digits."))
        }
        _ => missing(),
    })?;
    let commit = object.peel(ObjectType::Commit).map_err(|_| missing())?;
    Ok(Revision { commit: commit.id(), name: None, kind: RevisionKind::Commit })
}

/// The default branch and its newest commit. HEAD says which; where it leads to nothing yet, `main`, `master` or the only
/// branch there is. A detached HEAD has no name.
pub fn default_head(git: &git2::Repository) -> Result<(Option<String>, Oid)> {
    let of_head = git.find_reference("HEAD").ok().and_then(|head| match head.symbolic_target() {
        Ok(Some(target)) => {
            let commit = ref_commit(git, target)?;
            Some((target.strip_prefix("refs/heads/").map(str::to_owned), commit))
        }
        _ => Some((None, head.peel_to_commit().ok()?.id())),
    });
    let named =
        |name: &str| ref_commit(git, &format!("refs/heads/{name}")).map(|commit| (Some(name.to_owned()), commit));
    let found = of_head.or_else(|| named("main")).or_else(|| named("master")).or_else(|| {
        let mut branches = git.branches(Some(git2::BranchType::Local)).ok()?.flatten();
        let (only, _) = branches.next().filter(|_| branches.next().is_none())?;
        named(&String::from_utf8_lossy(only.name_bytes().ok()?))
    });
    found.ok_or_else(|| Error::conflict(NO_COMMIT))
}

/// The commit that a ref leads to, through annotated tags; none for what is no commit.
pub fn ref_commit(git: &git2::Repository, name: &str) -> Option<Oid> {
    if !git2::Reference::is_valid_name(name) {
        return None;
    }
    git.find_reference(name).ok()?.peel_to_commit().ok().map(|commit| commit.id())
}

/// A message for readers: what would hide in it or turn its direction is named.
pub fn message(commit: &Commit<'_>) -> String {
    unseen::named(&raw_message(commit)).into_owned()
}

/// A message as text: UTF-8, else as its `encoding` header says if that is Latin-1, else with replacement characters.
pub fn raw_message(commit: &Commit<'_>) -> String {
    let bytes = commit.message_raw_bytes();
    let encoding = commit.message_encoding().ok().flatten().unwrap_or_default().to_ascii_lowercase();
    let text = text_of(bytes, &encoding);
    text.replace("\r\n", "\n").replace(['\r', '\0'], "\n")
}

/// Bytes as text, by the name of an encoding in lower case.
pub fn text_of(bytes: &[u8], encoding: &str) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if ["iso-8859-1", "iso8859-1", "latin1", "latin-1", "iso-8859-15", "cp1252"].contains(&encoding) => {
            bytes.iter().map(|byte| char::from(*byte)).collect()
        }
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A name or address without what could break a line or turn the direction of a text.
pub fn one_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !is_unseen(*character))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// When it was signed. Dates before 1970 and after 9999 are brought into that span.
pub fn instant(time: git2::Time) -> Instant {
    Instant(time.seconds().clamp(0, 253_402_300_799).saturating_mul(1_000_000))
}
