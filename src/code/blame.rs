//! Who changed which line of a file last (row V06), through renames and merges.
//!
//! 1. All lines are laid at the door of the commit that is looked at.
//! 2. The newest commit with lines at its door is taken. If one of its parents has the very same file, all go on to that one.
//! 3. Else the file is compared with that of each parent: lines that are the same go on, the others are this commit's.
//! 4. On the line of history that is kept (see [`super::history`]) the next commit that changed the path is known, so that
//!    those in between need not be gone through.
//!
//! Nothing of git's library does this in steps that can be ended, or with what is kept.

use std::collections::{BinaryHeap, HashMap};

use git2::{DiffOptions, Oid, Patch, Repository as Libgit};
use rusqlite::OptionalExtension as _;

use super::changed_paths::{self, changed_between, differ_in_at_most};
use super::past;
use super::tree::{self, Segments};
use crate::base::error::{Error, Result};
use crate::base::job::Progress;
use crate::base::project::Project;

/// Larger files are not looked at, now or formerly.
pub const LARGEST: u64 = 1 << 20;
/// Parents of one commit that are looked at.
const MOST_PARENTS: usize = 16;
/// Of commits that changed more paths it is not told which file was renamed.
const MOST_PATHS: usize = 10_000;

/// The lines of a file, from the first to the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blame {
    pub stretches: Vec<Stretch>,
}

/// Neighbouring lines that one commit changed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub lines: usize,
    pub commit: Oid,
    /// How the file was called then.
    pub path: Segments,
    /// The file as it was before that commit; none if there was none, or none is here.
    pub before: Option<(Oid, Segments)>,
}

impl Blame {
    /// Bytes in memory, about.
    pub fn weight(&self) -> u64 {
        let path = |path: &Segments| path.iter().map(|name| name.len() + 24).sum::<usize>();
        let of = |one: &Stretch| 120 + path(&one.path) + one.before.as_ref().map_or(0, |(_, before)| path(before));
        self.stretches.iter().map(of).sum::<usize>() as u64
    }
}

/// Lines `at..at + count` of the file that is asked about, which stand from `then` on in the file of some commit.
#[derive(Debug, Clone, Copy)]
struct Run {
    at: usize,
    count: usize,
    then: usize,
}

/// Whose a line is, as it turned out.
struct Settled {
    at: usize,
    count: usize,
    commit: Oid,
    path: Segments,
    before: Option<(Oid, Segments)>,
}

struct Walk<'w> {
    project: &'w Project,
    git: &'w Libgit,
    repository: i64,
    /// Commits with lines at their door, the newest first.
    line: BinaryHeap<(i64, Oid)>,
    doors: HashMap<Oid, HashMap<Segments, Vec<Run>>>,
    settled: Vec<Settled>,
}

/// Of a text file at a commit. None: the time was over before.
pub fn blame(
    project: &Project,
    git: &Libgit,
    repository: i64,
    (commit, path): (Oid, &[Vec<u8>]),
    progress: &Progress,
) -> Result<Option<Blame>> {
    let (line, doors, settled) = (BinaryHeap::new(), HashMap::new(), Vec::new());
    let mut walk = Walk { project, git, repository, line, doors, settled };
    let missing = || Error::conflict("There is no file at that path any longer.");
    let blob = walk.file(commit, path)?.ok_or_else(missing)?;
    let total = lines_of(&walk.bytes(blob)?);
    if total > 0 {
        walk.lay((commit, path.to_vec()), Run { at: 0, count: total, then: 0 })?;
    }
    let (mut done, mut counted) = (0, 0);
    while let Some((_, commit)) = walk.line.pop() {
        if progress.is_over() {
            return Ok(None);
        }
        for (path, runs) in walk.doors.remove(&commit).unwrap_or_default() {
            walk.open(commit, path, runs)?;
        }
        done += walk.settled[counted..].iter().map(|one| one.count).sum::<usize>();
        counted = walk.settled.len();
        progress.at(done, total);
    }
    Ok(Some(in_order(walk.settled)))
}

impl Walk<'_> {
    /// Lays lines at the door of a commit.
    fn lay(&mut self, door: (Oid, Segments), run: Run) -> Result<()> {
        let (commit, path) = door;
        if !self.doors.contains_key(&commit) {
            let time = self.git.find_commit(commit).map_err(|error| tree::unreadable(&error))?.time();
            self.line.push((time.seconds(), commit));
        }
        self.doors.entry(commit).or_default().entry(path).or_default().push(run);
        Ok(())
    }

    fn lay_all(&mut self, door: &(Oid, Segments), runs: Vec<Run>) -> Result<()> {
        runs.into_iter().try_for_each(|run| self.lay(door.clone(), run))
    }

    /// Tells the lines of a commit's own from those that it found there.
    fn open(&mut self, commit: Oid, path: Segments, runs: Vec<Run>) -> Result<()> {
        let Some(blob) = self.file(commit, &path)? else {
            return Err(Error::internal(format!("blame: {commit} has no {}", tree::shown_path(&path))));
        };
        if let Some(changed) = self.last_change(commit, &path, blob)? {
            return self.lay_all(&(changed, path), runs);
        }
        let parents = self.parents(commit)?;
        for parent in &parents {
            if self.file(*parent, &path)? == Some(blob) {
                return self.lay_all(&(*parent, path), runs);
            }
        }
        let mut own = runs;
        let mut before = None;
        let mut bytes = None;
        for parent in parents {
            let mut former = path.clone();
            let mut found = self.file(parent, &former)?;
            if found.is_none()
                && let Some(renamed) = self.former_path(parent, commit, &path)?
            {
                found = self.file(parent, &renamed)?;
                former = renamed;
            }
            let Some(old) = found else { continue };
            let door = (parent, former);
            before.get_or_insert_with(|| door.clone());
            if old == blob {
                // It was renamed, and nothing else.
                return self.lay_all(&door, own);
            }
            if tree::size(self.git, old)? > LARGEST {
                continue;
            }
            if bytes.is_none() {
                bytes = Some(self.bytes(blob)?);
            }
            let same = same_lines(&self.bytes(old)?, bytes.as_deref().unwrap_or_default())?;
            let mut left = Vec::new();
            for run in own {
                let (passed, kept) = parted(run, &same);
                self.lay_all(&door, passed)?;
                left.extend(kept);
            }
            own = left;
            if own.is_empty() {
                break;
            }
        }
        self.settled.extend(own.into_iter().map(|run| Settled {
            at: run.at,
            count: run.count,
            commit,
            path: path.clone(),
            before: before.clone(),
        }));
        Ok(())
    }

    /// The commit on the kept line that changed the path last, if that is another one and has the same file.
    fn last_change(&self, commit: Oid, path: &[Vec<u8>], blob: Oid) -> Result<Option<Oid>> {
        let sha = self.project.read(|db| {
            let Some(position) = past::position_of(db, self.repository, commit)? else { return Ok(None) };
            let Some(id) = past::path_id(db, self.repository, path)? else { return Ok(None) };
            let sha: Option<String> = db
                .prepare_cached(
                    "select sha from mainline where repository = ?1 and position =
                       (select max(position) from path_change where path = ?2 and position <= ?3)",
                )?
                .query_row((self.repository, id, position), |row| row.get(0))
                .optional()?;
            Ok(sha)
        })?;
        let Some(changed) = sha.and_then(|sha| Oid::from_str(&sha).ok()).filter(|changed| *changed != commit) else {
            return Ok(None);
        };
        // The table leaves things out of changes that are too large.
        Ok(self.file(changed, path).ok().flatten().filter(|then| *then == blob).map(|_| changed))
    }

    /// How a file was called in a parent that has none of its name.
    fn former_path(&self, parent: Oid, commit: Oid, path: &[Vec<u8>]) -> Result<Option<Segments>> {
        let (old, new) = (tree::root(self.git, parent)?, tree::root(self.git, commit)?);
        if !differ_in_at_most(self.git, Some(old), Some(new), MOST_PATHS) {
            return Ok(None);
        }
        let changes = changed_between(self.git, Some(old), new)?;
        let own = (0..changes.len())
            .find(|at| changes[*at].former.is_some() && changed_paths::path_of(&changes, *at) == path);
        Ok(own.and_then(|at| changes[at].former).map(|former| changed_paths::path_of(&changes, former)))
    }

    /// Those that are here: the oldest commits of a shallow copy have none.
    fn parents(&self, commit: Oid) -> Result<Vec<Oid>> {
        let commit = self.git.find_commit(commit).map_err(|error| tree::unreadable(&error))?;
        let here = |parent: &Oid| self.git.find_commit(*parent).is_ok();
        Ok(commit.parent_ids().take(MOST_PARENTS).filter(here).collect())
    }

    /// The contents that a path has in a commit, if it is a file there.
    fn file(&self, commit: Oid, path: &[Vec<u8>]) -> Result<Option<Oid>> {
        let found = tree::find(self.git, tree::root(self.git, commit)?, path)?;
        Ok(found.filter(|entry| entry.kind().is_file()).map(|entry| entry.id))
    }

    fn bytes(&self, blob: Oid) -> Result<Vec<u8>> {
        Ok(self.git.find_blob(blob).map_err(|error| tree::unreadable(&error))?.content().to_vec())
    }
}

/// Lines that are the same in two states of a file: `count` lines from `old` and from `new` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Same {
    old: usize,
    new: usize,
    count: usize,
}

fn same_lines(old: &[u8], new: &[u8]) -> Result<Vec<Same>> {
    let mut options = DiffOptions::new();
    options.context_lines(0).interhunk_lines(0).force_text(true);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options));
    let patch = patch.map_err(|error| tree::unreadable(&error))?;
    let mut same = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for at in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(at).map_err(|error| tree::unreadable(&error))?;
        // Of no lines the number before is told.
        let begin = |start: u32, lines: u32| if lines == 0 { start } else { start.saturating_sub(1) } as usize;
        let (old_begin, new_begin) =
            (begin(hunk.old_start(), hunk.old_lines()), begin(hunk.new_start(), hunk.new_lines()));
        if new_begin > new_at {
            same.push(Same { old: old_at, new: new_at, count: new_begin - new_at });
        }
        (old_at, new_at) = (old_begin + hunk.old_lines() as usize, new_begin + hunk.new_lines() as usize);
    }
    let rest = lines_of(new).saturating_sub(new_at);
    if rest > 0 {
        same.push(Same { old: old_at, new: new_at, count: rest });
    }
    Ok(same)
}

/// The pieces of a run that the older file has as well, and those that it has not.
fn parted(run: Run, same: &[Same]) -> (Vec<Run>, Vec<Run>) {
    let (mut passed, mut kept) = (Vec::new(), Vec::new());
    let (mut then, end) = (run.then, run.then + run.count);
    let at = |then: usize| run.at + (then - run.then);
    for one in same.iter().filter(|one| one.new < end && one.new + one.count > run.then) {
        let (first, last) = (one.new.max(run.then), (one.new + one.count).min(end));
        if first > then {
            kept.push(Run { at: at(then), count: first - then, then });
        }
        passed.push(Run { at: at(first), count: last - first, then: one.old + (first - one.new) });
        then = last;
    }
    if then < end {
        kept.push(Run { at: at(then), count: end - then, then });
    }
    (passed, kept)
}

/// An unfinished last line counts.
fn lines_of(bytes: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', bytes).count();
    ends + usize::from(bytes.last().is_some_and(|last| *last != b'\n'))
}

fn in_order(mut settled: Vec<Settled>) -> Blame {
    settled.sort_unstable_by_key(|one| one.at);
    let mut stretches: Vec<Stretch> = Vec::new();
    for one in settled {
        match stretches.last_mut() {
            Some(last) if last.commit == one.commit && last.path == one.path => last.lines += one.count,
            _ => stretches.push(Stretch { lines: one.count, commit: one.commit, path: one.path, before: one.before }),
        }
    }
    Blame { stretches }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_the_same_are_found_with_their_places() {
        let same = |old: &[u8], new: &[u8]| {
            let found = same_lines(old, new).unwrap_or_else(|error| panic!("{error}"));
            found.iter().map(|one| (one.old, one.new, one.count)).collect::<Vec<_>>()
        };
        assert_eq!(same(b"a\nb\nc\n", b"a\nb\nc\n"), [(0, 0, 3)]);
        assert_eq!(same(b"a\nb\nc\n", b"x\na\nb\nc\n"), [(0, 1, 3)]);
        assert_eq!(same(b"a\nb\nc\n", b"a\nc\n"), [(0, 0, 1), (2, 1, 1)]);
        assert_eq!(same(b"a\nb\nc\n", b"a\nX\nY\nc"), [(0, 0, 1)]);
        assert_eq!(same(b"", b"a\n"), []);
        assert_eq!(same(b"a\n", b""), []);
    }

    #[test]
    fn a_run_is_parted_at_what_is_the_same() {
        let run = Run { at: 100, count: 5, then: 10 };
        let same = [Same { old: 0, new: 5, count: 6 }, Same { old: 40, new: 13, count: 9 }];
        let (passed, kept) = parted(run, &same);
        let shown = |runs: &[Run]| runs.iter().map(|run| (run.at, run.count, run.then)).collect::<Vec<_>>();
        assert_eq!(shown(&passed), [(100, 1, 5), (103, 2, 40)]);
        assert_eq!(shown(&kept), [(101, 2, 11)]);
    }
}
