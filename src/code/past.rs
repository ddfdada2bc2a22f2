//! What happened to a path: the last change of each entry of a folder, and the log of a path.
//!
//! Where a revision lies on the line that `history` keeps, a query tells. What it has beyond that (another branch, a push
//! of this moment) is walked through in git, for a limited time; what is not known by then is said to be unknown.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use git2::{Oid, Repository as Git};
use rusqlite::{Connection, OptionalExtension};

use super::changed_paths::{ChangeKind, changed_by, first_parent, path_of};
use super::history;
use super::tree::{self, Entry, Segments};
use crate::base::error::{Error, Result};

/// What one page may spend on walking through commits.
const TIME: Duration = Duration::from_millis(200);

/// The place of a commit on the line of first parents.
pub struct Line {
    repository: i64,
    /// Commits before the kept line is met, newest first.
    ahead: Vec<Oid>,
    /// Where it is met.
    position: Option<i64>,
    /// Neither the kept line nor the first commit was met in time.
    is_cut: bool,
    until: Instant,
}

pub fn position_of(db: &Connection, repository: i64, commit: Oid) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select position from mainline where repository = ?1 and sha = ?2")?
        .query_row((repository, commit.to_string()), |row| row.get(0))
        .optional()?)
}

/// Finds the way from a commit back to the kept line.
pub fn line(db: &Connection, git: &Git, repository: i64, commit: Oid) -> Result<Line> {
    let mut line = Line { repository, ahead: Vec::new(), position: None, is_cut: false, until: Instant::now() + TIME };
    let mut next = Some(commit);
    while let Some(commit) = next {
        line.position = position_of(db, repository, commit)?;
        if line.position.is_some() {
            break;
        }
        if line.is_late() {
            line.is_cut = true;
            break;
        }
        line.ahead.push(commit);
        next = first_parent(git, commit)?;
    }
    Ok(line)
}

impl Line {
    fn is_late(&self) -> bool {
        Instant::now() > self.until
    }
}

/// The commit that changed each entry of a folder last, by name. Those that could not be found in time are left out.
pub fn last_changes(
    db: &Connection,
    git: &Git,
    line: &Line,
    folder: &[Vec<u8>],
    entries: &[Entry],
) -> Result<HashMap<Vec<u8>, Oid>> {
    let mut found: HashMap<Vec<u8>, Oid> = HashMap::new();
    let mut open: HashMap<&[u8], &Entry> = entries.iter().map(|entry| (entry.name.as_slice(), entry)).collect();
    for commit in &line.ahead {
        if open.is_empty() || line.is_late() {
            break;
        }
        let (is, was) = (folder_at(git, Some(*commit), folder)?, folder_at(git, first_parent(git, *commit)?, folder)?);
        if is == was {
            continue;
        }
        let former = entries_of(git, was)?;
        open.retain(|name, entry| {
            let same = former.get(*name).is_some_and(|former| (former.id, former.mode) == (entry.id, entry.mode));
            if !same {
                found.insert(name.to_vec(), *commit);
            }
            same
        });
    }
    let Some(position) = line.position.filter(|_| !open.is_empty() && !line.is_late()) else {
        return Ok(found);
    };
    let Some(id) = path_id(db, line.repository, folder)? else { return Ok(found) };
    let mut statement = db.prepare_cached(
        "select child.name, mainline.sha from
           (select name, case when last <= ?3 then last else
              (select max(position) from path_change where path = path.id and position <= ?3) end as at
            from path where repository = ?1 and parent = ?2) as child
         join mainline on mainline.repository = ?1 and mainline.position = child.at",
    )?;
    let mut rows = statement.query((line.repository, id, position))?;
    while let Some(row) = rows.next()? {
        let (name, sha): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        if open.contains_key(name.as_slice()) {
            found.insert(name, id_of(&sha)?);
        }
    }
    Ok(found)
}

/// One commit in the log of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub commit: Oid,
    pub kind: ChangeKind,
    /// How the path was called then.
    pub path: Segments,
    /// How it was called before, if this commit renamed it.
    pub former: Option<Segments>,
}

/// How a log treats a path that was called otherwise before (row V12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It goes on with the former name.
    FollowCopy,
    /// It ends where the path came to be.
    StopOnCopy,
    /// Only what was ever done to that very path, whatever lay there.
    PathHistory,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::FollowCopy, Self::StopOnCopy, Self::PathHistory];

    pub fn name(self) -> &'static str {
        match self {
            Self::FollowCopy => "follow_copy",
            Self::StopOnCopy => "stop_on_copy",
            Self::PathHistory => "path_history",
        }
    }
}

/// A stretch of a log.
pub struct Steps {
    pub steps: Vec<Step>,
    /// There are older ones.
    pub more: bool,
    /// Older ones were not looked for: there was no time.
    pub is_cut: bool,
}

/// The commits that changed a path, newest first, without the first `skip` of them.
pub fn log(
    db: &Connection,
    git: &Git,
    line: &Line,
    path: &[Vec<u8>],
    mode: Mode,
    skip: usize,
    limit: usize,
) -> Result<Steps> {
    let mut log = Log { mode, path: path.to_vec(), steps: Vec::new(), most: skip + limit + 1, ended: false };
    let mut is_cut = line.is_cut;
    for commit in &line.ahead {
        if log.is_done() {
            break;
        }
        if line.is_late() {
            is_cut = true;
            break;
        }
        if let Some(step) = step_of(git, *commit, &log.path, mode)? {
            log.add(step);
        }
    }
    if let Some(position) = line.position.filter(|_| !is_cut) {
        kept_steps(db, line.repository, position, &mut log)?;
    }
    let more = log.steps.len() > skip + limit;
    is_cut = is_cut && !more && !log.ended;
    Ok(Steps { steps: log.steps.into_iter().skip(skip).take(limit).collect(), more, is_cut })
}

struct Log {
    mode: Mode,
    /// What it is called at this point of the way back.
    path: Segments,
    steps: Vec<Step>,
    most: usize,
    /// It came to be here.
    ended: bool,
}

impl Log {
    fn is_done(&self) -> bool {
        self.ended || self.steps.len() >= self.most
    }

    fn add(&mut self, step: Step) {
        match self.mode {
            Mode::FollowCopy => {
                if let Some(former) = &step.former {
                    self.path.clone_from(former);
                }
            }
            Mode::StopOnCopy => self.ended = matches!(step.kind, ChangeKind::Added | ChangeKind::Renamed),
            Mode::PathHistory => {}
        }
        self.steps.push(step);
    }
}

/// The rest of a log, from the table.
fn kept_steps(db: &Connection, repository: i64, position: i64, log: &mut Log) -> Result<()> {
    let mut statement = db.prepare_cached(
        "select path_change.position, sha, kind, former from path_change
         join mainline on mainline.repository = ?1 and mainline.position = path_change.position
         where path = ?2 and path_change.position <= ?3 order by path_change.position desc limit ?4",
    )?;
    let mut below = position;
    while !log.is_done() {
        let Some(id) = path_id(db, repository, &log.path)? else { return Ok(()) };
        let mut rows = statement.query((repository, id, below, log.most as i64))?;
        let mut renamed = false;
        while let Some(row) = rows.next()? {
            let (at, sha, kind, former): (i64, String, String, Option<i64>) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let former = former.map(|id| history::path_of(db, id)).transpose()?;
            renamed = former.is_some() && log.mode == Mode::FollowCopy;
            let kind = ChangeKind::named(&kind).unwrap_or(ChangeKind::Changed);
            log.add(Step { commit: id_of(&sha)?, kind, path: log.path.clone(), former });
            below = at - 1;
            if renamed || log.is_done() {
                break;
            }
        }
        if !renamed {
            return Ok(());
        }
    }
    Ok(())
}

/// What one commit did to a path; none if nothing.
fn step_of(git: &Git, commit: Oid, path: &[Vec<u8>], mode: Mode) -> Result<Option<Step>> {
    let at = |commit: Option<Oid>| -> Result<Option<Entry>> {
        let Some(commit) = commit else { return Ok(None) };
        tree::find(git, tree::root(git, commit)?, path)
    };
    let (is, was) = (at(Some(commit))?, at(first_parent(git, commit)?)?);
    let same = |is: &Entry, was: &Entry| (is.id, is.mode) == (was.id, was.mode);
    let kind = match (&is, &was) {
        (None, None) => return Ok(None),
        (Some(is), Some(was)) if same(is, was) => return Ok(None),
        (Some(_), Some(_)) => ChangeKind::Changed,
        (None, Some(_)) => ChangeKind::Removed,
        (Some(_), None) => ChangeKind::Added,
    };
    let mut step = Step { commit, kind, path: path.to_vec(), former: None };
    if kind == ChangeKind::Added && mode != Mode::PathHistory {
        let changes = changed_by(git, commit)?;
        let own = (0..changes.len()).find(|at| changes[*at].former.is_some() && path_of(&changes, *at) == path);
        if let Some(former) = own.and_then(|at| changes[at].former) {
            step.kind = ChangeKind::Renamed;
            step.former = Some(path_of(&changes, former));
        }
    }
    Ok(Some(step))
}

/// The commits that changed a path before and after one: on the kept line the table knows both, elsewhere what came before
/// is looked for and what came after is not.
pub fn around(
    db: &Connection,
    git: &Git,
    repository: i64,
    commit: Oid,
    path: &[Vec<u8>],
) -> Result<(Option<Oid>, Option<Oid>)> {
    let Some(position) = position_of(db, repository, commit)? else {
        let line = line(db, git, repository, commit)?;
        let steps = log(db, git, &line, path, Mode::FollowCopy, 0, 2)?.steps;
        return Ok((steps.iter().map(|step| step.commit).find(|other| *other != commit), None));
    };
    let Some(id) = path_id(db, repository, path)? else { return Ok((None, None)) };
    let of = |sql: &str| -> Result<Option<Oid>> {
        let sha: Option<String> =
            db.prepare_cached(sql)?.query_row((repository, id, position), |row| row.get(0)).optional()?;
        sha.as_deref().map(id_of).transpose()
    };
    let before = of("select sha from mainline where repository = ?1 and position =
           (select max(position) from path_change where path = ?2 and position < ?3)")?;
    let after = of("select sha from mainline where repository = ?1 and position =
           (select min(position) from path_change where path = ?2 and position > ?3)")?;
    Ok((before, after))
}

/// The row of a path; 0 for the outermost folder, none if there never was such a path on the line.
pub fn path_id(db: &Connection, repository: i64, path: &[Vec<u8>]) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("select id from path where repository = ?1 and parent = ?2 and name = ?3")?;
    let mut id = 0;
    for name in path {
        match statement.query_row((repository, id, name), |row| row.get(0)).optional()? {
            Some(found) => id = found,
            None => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// The tree that a folder is in a commit; none where it is no folder.
fn folder_at(git: &Git, commit: Option<Oid>, folder: &[Vec<u8>]) -> Result<Option<Oid>> {
    let Some(commit) = commit else { return Ok(None) };
    let entry = tree::find(git, tree::root(git, commit)?, folder)?;
    Ok(entry.filter(|entry| entry.kind() == tree::Kind::Folder).map(|entry| entry.id))
}

fn entries_of(git: &Git, folder: Option<Oid>) -> Result<HashMap<Vec<u8>, Entry>> {
    let Some(folder) = folder else { return Ok(HashMap::new()) };
    let tree = git.find_tree(folder).map_err(|error| tree::unreadable(&error))?;
    Ok(tree::entries(&tree).into_iter().map(|entry| (entry.name.clone(), entry)).collect())
}

fn id_of(sha: &str) -> Result<Oid> {
    Oid::from_str(sha).map_err(|error| Error::internal(format!("mainline: {error}")))
}
