//! Which commits a log is narrowed to (row V12): `revs=v1..v2,1a2b3c4`, `stop_rev=v1`.
//!
//! A range is what its end has behind it and its beginning has not; with `:` in place of `..`, as Trac writes it, the beginning
//! belongs to it. Several parts are parted by commas. `stop_rev` is the last commit that is shown.

use std::collections::HashSet;

use git2::{Oid, Repository as Libgit};

use super::place::{self, Place};
use super::tree;
use crate::base::error::{Error, Result};

/// Parts of one address, and commits of all of them together.
const MOST_PARTS: usize = 20;
const MOST_COMMITS: usize = 20_000;

/// The commits that are selected, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    pub commits: Vec<Oid>,
    /// There are more than are held here.
    pub is_cut: bool,
}

/// Reads both values; none if neither selects anything. `head` is where the log begins.
/// Not found: a revision that is none.
pub fn asked(place: &Place, head: Oid, revs: Option<&str>, stop: Option<&str>) -> Result<Option<Selection>> {
    let git: &Libgit = &place.git;
    let revs = revs.map(str::trim).filter(|revs| !revs.is_empty());
    let stop = stop.map(str::trim).filter(|stop| !stop.is_empty());
    let commit = |rev: &str| Ok::<_, Error>(place::revision(&place.git, &place.repository, Some(rev))?.commit);
    if let Some(revs) = revs {
        if revs.split(',').count() > MOST_PARTS {
            return Err(Error::invalid("revs", format!("At most {MOST_PARTS} parts can be asked for at once.")));
        }
        let mut selection = Selection::default();
        for part in revs.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            // A branch can't have either in its name.
            match part.split_once("..").map(|ends| (ends, false)).or(part.split_once(':').map(|ends| (ends, true))) {
                Some(((begin, end), is_inclusive)) => {
                    let (begin, end) = (commit(begin.trim())?, commit(end.trim_start_matches('.').trim())?);
                    selection.add(git, end, &[begin])?;
                    if is_inclusive {
                        selection.commits.push(begin);
                    }
                }
                None => selection.commits.push(commit(part)?),
            }
        }
        return selection.in_order(git).map(Some);
    }
    let Some(stop) = stop else { return Ok(None) };
    let stop = commit(stop)?;
    let mut selection = Selection::default();
    let parents: Vec<Oid> = git.find_commit(stop).map_err(|error| tree::unreadable(&error))?.parent_ids().collect();
    selection.add(git, head, &parents)?;
    selection.in_order(git).map(Some)
}

impl Selection {
    pub fn set(&self) -> HashSet<Oid> {
        self.commits.iter().copied().collect()
    }

    /// What one commit has behind it and the others have not.
    fn add(&mut self, git: &Libgit, end: Oid, without: &[Oid]) -> Result<()> {
        let mut walk = git.revwalk().map_err(|error| tree::unreadable(&error))?;
        walk.push(end).map_err(|error| tree::unreadable(&error))?;
        for commit in without {
            // The parents of a shallow copy's oldest commits are not here.
            if git.find_commit(*commit).is_ok() {
                walk.hide(*commit).map_err(|error| tree::unreadable(&error))?;
            }
        }
        for commit in walk.map_while(std::result::Result::ok) {
            if self.commits.len() >= MOST_COMMITS {
                self.is_cut = true;
                break;
            }
            self.commits.push(commit);
        }
        Ok(())
    }

    fn in_order(mut self, git: &Libgit) -> Result<Self> {
        let mut seen = HashSet::new();
        self.commits.retain(|commit| seen.insert(*commit));
        // Within one second as they were walked: children before parents.
        self.commits.sort_by_cached_key(|commit| {
            let time = git.find_commit(*commit).map_or(i64::MIN, |commit| commit.time().seconds());
            std::cmp::Reverse(time)
        });
        Ok(self)
    }
}
