//! Where a commit stands among branches and tags: which of them name it, and whether the default branch has it.
//!
//! The commits of a default branch are gathered once and kept while the branch only grows, for a few repositories and up
//! to [`MOST_COMMITS`]; beyond that nothing is claimed.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use git2::{Oid, Repository as Libgit};
use quick_cache::sync::Cache;

use super::git::Git;
use super::place;
use super::repository::Repository;

/// Repositories whose commits are kept, and commits of each.
const KEPT: usize = 8;
const MOST_COMMITS: usize = 50_000;
const LONGEST_WALK: Duration = Duration::from_millis(120);
/// Branches and tags that are looked at.
const MOST_REFS: usize = 500;

static KNOWN: LazyLock<Cache<PathBuf, Arc<Mutex<Reached>>>> = LazyLock::new(|| Cache::new(KEPT));

/// The commits from which a default branch was made.
#[derive(Default)]
struct Reached {
    head: Option<Oid>,
    commits: HashSet<Oid>,
    /// False if there are more than were gathered.
    complete: bool,
}

/// A branch or tag that names the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub name: String,
    pub is_tag: bool,
}

/// The branches and tags that name exactly this commit, branches first; not more than a few hundred are looked at.
pub fn names_of(git: &Libgit, commit: Oid) -> Vec<Name> {
    let Ok(references) = git.references() else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for reference in references.flatten().take(MOST_REFS) {
        let bytes = reference.name_bytes();
        let (short, is_tag) = match (bytes.strip_prefix(b"refs/heads/"), bytes.strip_prefix(b"refs/tags/")) {
            (Some(short), _) => (short, false),
            (_, Some(short)) => (short, true),
            _ => continue,
        };
        let leads_here = reference.target() == Some(commit)
            || (is_tag && reference.peel_to_commit().is_ok_and(|tagged| tagged.id() == commit));
        if leads_here {
            names.push(Name { name: String::from_utf8_lossy(short).into_owned(), is_tag });
        }
    }
    names.sort_by(|a, b| (a.is_tag, &a.name).cmp(&(b.is_tag, &b.name)));
    names
}

/// The default branch and whether it has the commit; none where there is no such branch or the history is too long to tell.
pub fn on_default(repository: &Repository, git: &Git, commit: Oid) -> Option<(String, bool)> {
    let (name, head) = place::default_head(git, repository).ok()?;
    let name = name?;
    if head == commit {
        return Some((name, true));
    }
    let kept = KNOWN.get_or_insert_with(repository.path.as_path(), || Ok::<_, ()>(Arc::default())).ok()?;
    let mut reached = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if reached.head != Some(head) {
        *reached = gathered(git, head, std::mem::take(&mut *reached)).ok()?;
    }
    let has = reached.commits.contains(&commit);
    (has || reached.complete).then_some((name, has))
}

fn gathered(git: &Libgit, head: Oid, before: Reached) -> Result<Reached, git2::Error> {
    let grew = before.complete && before.head.is_some_and(|old| git.graph_descendant_of(head, old).unwrap_or(false));
    let mut reached = if grew { before } else { Reached::default() };
    let mut walk = git.revwalk()?;
    walk.push(head)?;
    if let Some(old) = reached.head {
        walk.hide(old)?;
    }
    let begun = Instant::now();
    reached.head = Some(head);
    reached.complete = true;
    for commit in walk {
        if reached.commits.len() >= MOST_COMMITS || begun.elapsed() > LONGEST_WALK {
            reached.complete = false;
            break;
        }
        reached.commits.insert(commit?);
    }
    Ok(reached)
}
