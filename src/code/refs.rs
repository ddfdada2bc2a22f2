//! Branches and tags: for the switch on each page, and as badges in a log.

use std::collections::HashMap;

use git2::{Oid, Repository as Git};
use rusqlite::Connection;
use serde::Serialize;

use super::git;
use crate::base::error::Result;

/// Branches that are listed, and as many tags; others can be typed.
const LISTED: usize = 100;
/// Refs that are looked at for badges.
const LOOKED_AT: usize = 2_000;

/// The names of some branches and tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub branches: Vec<String>,
    pub tags: Vec<String>,
    /// There are others.
    pub more: bool,
}

/// As they were when the repository was synced last; where it never was, as git has them. Tags with high numbers first.
pub fn names(db: &Connection, git: &Git, repository: i64) -> Result<Names> {
    let mut names = Names::default();
    for (prefix, order) in [("refs/heads/", "asc"), ("refs/tags/", "desc")] {
        // `0` follows the slash: everything between begins with the prefix.
        let mut statement = db.prepare_cached(&format!(
            "select substr(name, length(?2) + 1) from repository_ref
             where repository = ?1 and name >= ?2 and name < substr(?2, 1, length(?2) - 1) || '0'
             order by name {order} limit ?3"
        ))?;
        let rows = statement.query_map((repository, prefix, LISTED as i64 + 1), |row| row.get(0))?;
        let mut found: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
        names.more |= found.len() > LISTED;
        found.truncate(LISTED);
        if order == "asc" {
            names.branches = found;
        } else {
            names.tags = found;
        }
    }
    if names.branches.is_empty() && names.tags.is_empty() {
        names = of_git(git);
    }
    Ok(names)
}

fn of_git(git: &Git) -> Names {
    let mut names = Names::default();
    for (pattern, prefix) in [("refs/heads/*", "refs/heads/"), ("refs/tags/*", "refs/tags/")] {
        let Ok(references) = git.references_glob(pattern) else { continue };
        let mut found: Vec<String> = references
            .flatten()
            .take(LISTED + 1)
            .filter_map(|reference| Some(reference.name().ok()?.strip_prefix(prefix)?.to_owned()))
            .collect();
        names.more |= found.len() > LISTED;
        found.truncate(LISTED);
        found.sort();
        if prefix == "refs/heads/" {
            names.branches = found;
        } else {
            found.reverse();
            names.tags = found;
        }
    }
    names
}

/// How `rev=` names a tag: told apart from a branch of that name.
pub fn tag_rev(names: &Names, tag: &str) -> String {
    let taken = names.branches.iter().any(|branch| branch == tag);
    if taken || tag == "HEAD" { format!("tags/{tag}") } else { tag.to_owned() }
}

/// A ref as a log shows it beside its commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Badge {
    pub kind: &'static str,
    pub name: String,
}

/// The branches and tags that point to some commits.
pub fn badges(git: &Git, commits: &[Oid]) -> HashMap<Oid, Vec<Badge>> {
    let mut badges: HashMap<Oid, Vec<Badge>> = HashMap::new();
    for (pattern, prefix, kind) in [("refs/heads/*", "refs/heads/", "branch"), ("refs/tags/*", "refs/tags/", "tag")] {
        let Ok(references) = git.references_glob(pattern) else { continue };
        for reference in references.flatten().take(LOOKED_AT) {
            let Ok(commit) = reference.peel_to_commit() else { continue };
            if !commits.contains(&commit.id()) {
                continue;
            }
            let name = git::one_line(reference.name_bytes());
            let name = name.strip_prefix(prefix).unwrap_or(&name).to_owned();
            badges.entry(commit.id()).or_default().push(Badge { kind, name });
        }
    }
    badges
}
