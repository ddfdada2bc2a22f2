//! Where the branches and tags of a repository end, and on which of its branches commits close and reopen (DESIGN 7).
//! Cheap: it is asked twice a second.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Oid, Repository as Libgit};

use super::git;
use super::repository::Repository;

/// More are not looked at.
const MOST_REFS: usize = 200_000;

/// An end of history that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// For readers: `main`, or the tag's name.
    pub name: String,
    pub commit: Oid,
    /// Commits that are reachable from here close and reopen.
    pub acts: bool,
}

/// All ends at one moment.
#[derive(Debug, Clone, Default)]
pub struct Heads {
    /// By full name of the ref; bytes that are no UTF-8 are written as `\xNN`.
    pub refs: BTreeMap<String, Oid>,
    /// Those that act first, the default branch before all; then branches, then tags.
    pub heads: Vec<Head>,
}

impl Heads {
    /// Different ends of the branches that act, in order, parted by blanks: as the database keeps them.
    pub fn acting(&self) -> String {
        let ends: BTreeSet<String> =
            self.heads.iter().filter(|head| head.acts).map(|head| head.commit.to_string()).collect();
        ends.into_iter().collect::<Vec<_>>().join(" ")
    }
}

/// Branches and tags with their commits, as in [`Heads::refs`]. Refs that lead to no commit, or nowhere, are left out.
pub fn refs(git: &Libgit) -> Result<BTreeMap<String, Oid>, git2::Error> {
    let mut refs = BTreeMap::new();
    for reference in git.references()?.take(MOST_REFS) {
        let Ok(reference) = reference else { continue };
        let bytes = reference.name_bytes();
        if !bytes.starts_with(b"refs/heads/") && !bytes.starts_with(b"refs/tags/") {
            continue;
        }
        // An annotated tag leads to its commit, what is no commit is none of ours.
        let Ok(commit) = reference.peel(ObjectType::Commit) else { continue };
        refs.insert(written(bytes), commit.id());
    }
    Ok(refs)
}

/// Reads them.
pub fn read(git: &Libgit, repository: &Repository) -> Result<Heads, git2::Error> {
    let mut heads = Heads { refs: refs(git)?, heads: Vec::new() };
    let default = default_branch(git, repository, &heads.refs);
    let patterns: Vec<&str> = repository.acting_branches.split_whitespace().collect();
    for (name, commit) in &heads.refs {
        let branch = name.strip_prefix("refs/heads/");
        let shown = branch.or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name);
        let acts = branch.is_some_and(|branch| {
            Some(branch) == default.as_deref() || patterns.iter().any(|pattern| matches(pattern, branch))
        });
        heads.heads.push(Head { name: shown.to_owned(), commit: *commit, acts });
    }
    if default.is_none()
        && git.is_bare()
        && let Ok((None, commit)) = git::default_head(git)
    {
        heads.heads.push(Head { name: "HEAD".to_owned(), commit, acts: true });
    }
    heads.heads.sort_by_key(|head| (!head.acts, Some(&head.name) != default.as_ref()));
    Ok(heads)
}

/// The branch on which commits close. What is checked out in a working folder changes from hour to hour, so there it is the
/// one that was noted on connecting, as long as it exists.
fn default_branch(git: &Libgit, repository: &Repository, refs: &BTreeMap<String, Oid>) -> Option<String> {
    let exists = |branch: &str| refs.contains_key(&format!("refs/heads/{branch}"));
    let noted = Some(repository.default_branch.clone()).filter(|branch| !git.is_bare() && exists(branch));
    let by_head = || head_branch(git).filter(|branch| exists(branch));
    let usual = || ["main", "master"].into_iter().find(|branch| exists(branch)).map(str::to_owned);
    let only = || {
        let mut branches = refs.keys().filter_map(|name| name.strip_prefix("refs/heads/"));
        branches.next().filter(|_| branches.next().is_none()).map(str::to_owned)
    };
    // A bare one with a detached HEAD means that commit and no branch.
    if git.is_bare() && git.head_detached().unwrap_or(false) {
        return None;
    }
    noted.or_else(by_head).or_else(usual).or_else(only)
}

/// The branch that HEAD names, whether it has commits or not; none if HEAD is detached.
pub fn head_branch(git: &Libgit) -> Option<String> {
    let head = git.find_reference("HEAD").ok()?;
    let target = written(head.symbolic_target_bytes()?);
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

/// `release*` stands for every branch that begins with `release`.
fn matches(pattern: &str, branch: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => branch.starts_with(begin),
        None => pattern == branch,
    }
}

fn written(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_end_and_only_at_the_end() {
        assert!(matches("release*", "release/1.0"));
        assert!(matches("*", "anything"));
        assert!(matches("main", "main"));
        assert!(!matches("main", "main2"));
        assert!(!matches("release*", "pre-release"));
    }

    #[test]
    fn a_name_that_is_no_text_is_written_byte_by_byte() {
        assert_eq!(written(b"refs/heads/caf\xe9"), "refs/heads/caf\\xe9");
    }
}
