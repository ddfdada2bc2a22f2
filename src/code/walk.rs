//! Which commits came in: what is reachable from some ends of history and not from others, parents before children.
//!
//! Histories with gaps (shallow clones, damaged objects) are walked as far as they go.

use std::collections::HashSet;

use git2::{Oid, Repository as Libgit, Sort};

use super::heads::Head;

/// Beyond so many ends the rest is walked together, without telling by which of them a commit came.
const TOLD_APART: usize = 200;

/// A commit, and the first of the ends from which it is reachable: its place in the list that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub commit: Oid,
    pub head: usize,
}

#[derive(Debug, Default)]
pub struct Walk {
    /// Parents before children.
    pub steps: Vec<Step>,
    /// Something could not be read: the history goes on where nobody can see.
    pub gaps: bool,
}

/// Walks from these ends, the first first, to what is reachable from `known`; what is gone of that is ignored.
pub fn walk(git: &Libgit, heads: &[Head], known: impl IntoIterator<Item = Oid>) -> Walk {
    let mut walk = Walk::default();
    let mut done: HashSet<Oid> = HashSet::new();
    let mut hidden: Vec<Oid> = known.into_iter().filter(|oid| git.find_commit(*oid).is_ok()).collect();
    let mut ends: HashSet<Oid> = hidden.iter().copied().collect();
    let new: Vec<(usize, &Head)> = heads.iter().enumerate().filter(|(_, head)| ends.insert(head.commit)).collect();
    for group in groups(&new) {
        let Some(&(at, _)) = group.first() else { continue };
        let from: Vec<Oid> =
            group.iter().map(|(_, head)| head.commit).filter(|commit| !done.contains(commit)).collect();
        let commits = reachable(git, &from, &hidden).unwrap_or_else(|error| {
            log::info!("walking {}: {error}", git.path().display());
            walk.gaps = true;
            as_far_as_it_goes(git, &from, &hidden, &done)
        });
        for commit in commits {
            if done.insert(commit) {
                walk.steps.push(Step { commit, head: at });
            }
        }
        hidden.extend(from);
    }
    walk
}

/// The ends one by one; all that is beyond [`TOLD_APART`] at once, but never such that act with such that don't.
fn groups<'a, 'b>(ends: &'b [(usize, &'a Head)]) -> Vec<&'b [(usize, &'a Head)]> {
    let (apart, rest) = ends.split_at(ends.len().min(TOLD_APART));
    apart.chunks(1).chain(rest.chunk_by(|(_, one), (_, next)| one.acts == next.acts)).collect()
}

/// Walks from all of these ends at once.
pub fn walk_from_all(git: &Libgit, ends: &[Oid]) -> Walk {
    let mut gaps = false;
    let commits = reachable(git, ends, &[]).unwrap_or_else(|error| {
        log::info!("walking {}: {error}", git.path().display());
        gaps = true;
        as_far_as_it_goes(git, ends, &[], &HashSet::new())
    });
    Walk { steps: commits.into_iter().map(|commit| Step { commit, head: 0 }).collect(), gaps }
}

fn reachable(git: &Libgit, from: &[Oid], hidden: &[Oid]) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = git.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
    for oid in from {
        walk.push(*oid)?;
    }
    for oid in hidden {
        walk.hide(*oid)?;
    }
    walk.collect()
}

/// The same by hand, where libgit2 gives up at the first commit that is not there.
fn as_far_as_it_goes(git: &Libgit, from: &[Oid], hidden: &[Oid], done: &HashSet<Oid>) -> Vec<Oid> {
    let mut seen = done.clone();
    let mut nobody = Vec::new();
    descend(git, hidden, &mut seen, &mut nobody);
    let mut commits = Vec::new();
    descend(git, from, &mut seen, &mut commits);
    commits
}

/// Adds what is reachable and was not seen, parents before children.
fn descend(git: &Libgit, from: &[Oid], seen: &mut HashSet<Oid>, found: &mut Vec<Oid>) {
    for start in from {
        let mut stack = vec![(*start, false)];
        while let Some((oid, parents_are_done)) = stack.pop() {
            if parents_are_done {
                found.push(oid);
                continue;
            }
            if !seen.insert(oid) {
                continue;
            }
            let Ok(commit) = git.find_commit(oid) else { continue };
            stack.push((oid, true));
            stack.extend(commit.parent_ids().filter(|parent| !seen.contains(parent)).map(|parent| (parent, false)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_ends_those_that_act_are_never_walked_with_those_that_do_not() {
        let head = |at: usize| Head { name: at.to_string(), commit: Oid::ZERO_SHA1, acts: at < 300 };
        let heads: Vec<Head> = (0..500).map(head).collect();
        let ends: Vec<(usize, &Head)> = heads.iter().enumerate().collect();

        let groups = groups(&ends);

        assert_eq!(groups.len(), TOLD_APART + 2);
        assert_eq!(groups.concat().len(), heads.len());
        assert!(groups.iter().all(|group| group.iter().all(|(_, head)| head.acts == group[0].1.acts)));
    }
}
