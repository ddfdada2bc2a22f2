//! Keeps the table of which commit of the default branch changed which path, so that no page has to walk the history.
//!
//! The default branch is taken as one line: its newest commit, that one's first parent, and so on. A merge counts as what
//! it brought to that line. After a forced push the line is cut back to what both have, and goes on from there. All of it
//! is drawn from git, in batches; whatever interrupts it, the next time goes on where it stood.

use std::time::{Duration, Instant};

use git2::Oid;
use rusqlite::{Connection, OptionalExtension as _};

use super::changed_paths::{Change, changed_by, first_parent};
use super::repository::{self, Repository};
use super::{git, place, tree};
use crate::base::error::{Error, Result};
use crate::base::event::{Event, Followed, Follower};
use crate::base::project::Project;

/// Commits and changed paths that are written together at most; one commit is never parted.
const COMMITS: usize = 500;
const CHANGES: usize = 20_000;
/// After so long the other followers have their turn.
const SLICE: Duration = Duration::from_millis(250);

/// How far the table has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Commits that were taken in now.
    pub taken: usize,
    /// Those that are still to come.
    pub left: usize,
}

/// Hears that commits came in and takes in what they changed.
pub struct HistoryFollower;

pub static FOLLOWER: HistoryFollower = HistoryFollower;

impl Follower for HistoryFollower {
    fn name(&self) -> &'static str {
        "code.history"
    }

    fn follow(&self, project: &Project, events: &[Event]) -> Result<Followed> {
        if events.iter().any(|event| event.kind.starts_with("repository.") || event.kind.starts_with("changeset.")) {
            return catch_up_all(project, SLICE);
        }
        Ok(Followed::All)
    }
}

/// Brings the tables of all repositories of a project up to date, for about so long. One that can't be read is left as it
/// is: the others go on, and its pages say what is wrong.
pub fn catch_up_all(project: &Project, time: Duration) -> Result<Followed> {
    let begun = Instant::now();
    for repository in project.read(repository::list)? {
        match catch_up(project, &repository, time.saturating_sub(begun.elapsed())) {
            Ok(progress) if progress.left > 0 => return Ok(Followed::Partly),
            Ok(_) => {}
            Err(error @ Error::Internal { .. }) => return Err(error),
            Err(error) => log::warn!("the history of {} stands still: {error}", repository.name),
        }
    }
    Ok(Followed::All)
}

/// Takes in what is new on the default branch, for about so long, but one batch at least. To be called again while something
/// is left.
pub fn catch_up(project: &Project, repository: &Repository, time: Duration) -> Result<Progress> {
    let begun = Instant::now();
    let git = git::open(repository)?;
    let Ok((_, head)) = place::default_head(&git, repository) else {
        cut_back(project, repository.id, -1)?;
        return Ok(Progress { taken: 0, left: 0 });
    };
    let (new, known) = match not_known_yet(project, &git, repository.id, head)? {
        // The history has been made longer at its other end, as `git fetch --unshallow` does.
        (_, known) if known >= 0 && begins_too_late(project, &git, repository.id)? => {
            cut_back(project, repository.id, -1)?;
            not_known_yet(project, &git, repository.id, head)?
        }
        new => new,
    };
    cut_back(project, repository.id, known)?;
    // To find out what is new takes its time, too: most of it all goes into taking it in.
    let time = time.max(begun.elapsed() * 5);
    let mut next = known + 1;
    let mut left = new.len();
    let mut coming = new.into_iter().rev().peekable();
    let mut is_first = true;
    while coming.peek().is_some() && (is_first || begun.elapsed() < time) {
        is_first = false;
        let mut batch: Vec<(Oid, Vec<Change>)> = Vec::new();
        let mut changes = 0;
        while batch.len() < COMMITS && changes < CHANGES && (batch.is_empty() || begun.elapsed() < time) {
            let Some(commit) = coming.next() else { break };
            let changed = changed_by(&git, commit)?;
            changes += changed.len();
            batch.push((commit, changed));
        }
        left -= batch.len();
        let count = batch.len() as i64;
        if !project.db().write(|db| append(db, repository.id, next, &batch))? {
            // Another process does the same and was faster.
            return Ok(Progress { taken: (next - known - 1) as usize, left });
        }
        next += count;
    }
    Ok(Progress { taken: (next - known - 1) as usize, left })
}

/// The commits of the line that the table lacks, newest first, and the position on which they follow; -1 for none.
fn not_known_yet(project: &Project, git: &git2::Repository, repository: i64, head: Oid) -> Result<(Vec<Oid>, i64)> {
    project.read(|db| {
        let mut new = Vec::new();
        let mut next = Some(head);
        while let Some(commit) = next {
            if let Some(position) = super::past::position_of(db, repository, commit)? {
                return Ok((new, position));
            }
            new.push(commit);
            next = first_parent(git, commit)?;
        }
        Ok((new, -1))
    })
}

/// Whether there is something before the first commit of the table.
fn begins_too_late(project: &Project, git: &git2::Repository, repository: i64) -> Result<bool> {
    let first: Option<String> = project.read(|db| {
        Ok(db
            .prepare_cached("select sha from mainline where repository = ?1 and position = 0")?
            .query_row([repository], |row| row.get(0))
            .optional()?)
    })?;
    let first = first.and_then(|sha| Oid::from_str(&sha).ok());
    // One that is gone by now is dealt with where the line is cut back.
    Ok(first.is_some_and(|first| first_parent(git, first).ok().flatten().is_some()))
}

/// Forgets all that came after that position.
fn cut_back(project: &Project, repository: i64, position: i64) -> Result<()> {
    let newest = project.read(|db| newest(db, repository))?;
    if newest <= position {
        return Ok(());
    }
    project.db().write(|db| {
        let bound = (repository, position);
        db.execute("delete from mainline where repository = ?1 and position > ?2", bound)?;
        db.execute(
            "delete from path_change where position > ?2
             and path in (select id from path where repository = ?1 and last > ?2)",
            bound,
        )?;
        // Folders have a row for whatever changed below them, so none is left without what it holds.
        db.execute(
            "delete from path where repository = ?1 and last > ?2
             and not exists (select 1 from path_change where path = path.id)",
            bound,
        )?;
        db.execute(
            "update path set last = (select max(position) from path_change where path = path.id)
             where repository = ?1 and last > ?2",
            bound,
        )?;
        Ok(())
    })
}

fn newest(db: &Connection, repository: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("select coalesce(max(position), -1) from mainline where repository = ?1")?
        .query_row([repository], |row| row.get(0))?)
}

/// Writes a run of commits behind those that are there. False if others stand there by now.
fn append(db: &Connection, repository: i64, first: i64, batch: &[(Oid, Vec<Change>)]) -> Result<bool> {
    if newest(db, repository)? + 1 != first {
        return Ok(false);
    }
    let mut add_commit = db.prepare_cached("insert into mainline (repository, position, sha) values (?1, ?2, ?3)")?;
    let mut add_path = db.prepare_cached(
        "insert into path (repository, parent, name, last) values (?1, ?2, ?3, ?4)
         on conflict (repository, parent, name) do update set last = excluded.last returning id",
    )?;
    // A file where a folder was is one path that changed.
    let mut add_change = db.prepare_cached(
        "insert into path_change (path, position, kind, former) values (?1, ?2, ?3, ?4)
         on conflict (path, position) do update set kind = 'changed', former = null",
    )?;
    for (position, (commit, changes)) in (first..).zip(batch) {
        add_commit.execute((repository, position, commit.to_string()))?;
        let mut ids: Vec<i64> = Vec::with_capacity(changes.len());
        for change in changes {
            let parent = change.parent.and_then(|at| ids.get(at).copied()).unwrap_or(0);
            ids.push(add_path.query_row((repository, parent, &change.name, position), |row| row.get(0))?);
        }
        for (change, id) in changes.iter().zip(&ids) {
            let former = change.former.and_then(|at| ids.get(at).copied());
            add_change.execute((id, position, change.kind.name(), former))?;
        }
    }
    Ok(true)
}

/// Whether the table is what git says now; each finding is a sentence. For `trackway check`.
pub fn check(project: &Project, findings: &mut Vec<String>) -> Result<()> {
    for repository in project.read(repository::list)? {
        let broken: i64 = project.read(|db| {
            let sql = "select count(*) from path where repository = ?1 and last is not
                       (select max(position) from path_change where path = path.id)";
            Ok(db.query_row(sql, [repository.id], |row| row.get(0))?)
        })?;
        if broken > 0 {
            findings.push(format!("Of {broken} paths of the repository {} the last change is wrong.", repository.name));
        }
    }
    Ok(())
}

/// A path as git has it, from its row.
pub(super) fn path_of(db: &Connection, id: i64) -> Result<tree::Segments> {
    let mut path = Vec::new();
    let mut next = id;
    let mut statement = db.prepare_cached("select parent, name from path where id = ?1")?;
    while next != 0 && path.len() < 1000 {
        let (parent, name): (i64, Vec<u8>) = statement.query_row([next], |row| Ok((row.get(0)?, row.get(1)?)))?;
        path.push(name);
        next = parent;
    }
    path.reverse();
    Ok(path)
}
