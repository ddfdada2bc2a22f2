//! Which paths a commit changed, against its first parent: every file, and every folder above one.
//!
//! Two trees are gone through side by side, and what has the same id is not opened, so the cost is that of the change. A
//! file that went and one that came are one that was renamed if they are the same, or half the same within limits.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use git2::{Oid, Repository, TreeEntry};

use super::tree::{self, Entry, Kind};
use crate::base::error::Result;

/// Files that went and files that came, more of which are compared by their ids alone.
const MOST_COMPARED: usize = 40;
/// Larger files are compared by their ids alone.
const LARGEST_COMPARED: u64 = 128 * 1024;
/// Of more paths the rest is not told: a few small trees that hold each other can make billions.
const MOST_CHANGES: usize = 200_000;
/// Folders within folders, deeper than which nothing is told apart.
const DEEPEST: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Changed,
    Removed,
    Renamed,
}

impl ChangeKind {
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Removed, Self::Renamed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A path that a commit changed. Folders come before what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number of the folder among the changes; none: it lies outermost.
    pub parent: Option<usize>,
    pub name: Vec<u8>,
    pub kind: ChangeKind,
    /// The number of the path that it had before, among the changes.
    pub former: Option<usize>,
}

/// The commit's first parent, if it is here: of a shallow copy the oldest has none.
pub fn first_parent(git: &Repository, commit: Oid) -> Result<Option<Oid>> {
    let commit = git.find_commit(commit).map_err(|error| tree::unreadable(&error))?;
    Ok(commit.parent_id(0).ok().filter(|parent| git.find_commit(*parent).is_ok()))
}

/// What a commit changed.
pub fn changed_by(git: &Repository, commit: Oid) -> Result<Vec<Change>> {
    let old = first_parent(git, commit)?.map(|parent| tree::root(git, parent)).transpose()?;
    changed_between(git, old, tree::root(git, commit)?)
}

/// What differs between two trees; none is the empty one.
pub fn changed_between(git: &Repository, old: Option<Oid>, new: Oid) -> Result<Vec<Change>> {
    let mut walk = Walk { git, changes: Vec::new(), came: Vec::new(), went: Vec::new() };
    if old != Some(new) {
        walk.folder(None, old, Some(new), 0)?;
    }
    walk.pair_renamed();
    Ok(walk.changes)
}

/// Whether two trees differ in no more paths than that; none is the empty one. To be asked before git's library compares
/// them, which knows no bound. What can't be read counts nothing.
pub fn differ_in_at_most(git: &Repository, old: Option<Oid>, new: Option<Oid>, most: usize) -> bool {
    let tree = |id: Option<Oid>| id.and_then(|id| git.find_tree(id).ok());
    let is_folder = |entry: &TreeEntry<'_>| Kind::of(entry.filemode_raw()) == Kind::Folder;
    let folder = |entry: Option<TreeEntry<'_>>| entry.filter(is_folder).map(|entry| entry.id());
    let (mut found, mut pairs) = (0, vec![(old, new)]);
    while let Some((old, new)) = pairs.pop() {
        let (old, new) = (tree(old), tree(new));
        let differing = differing(old.iter().flat_map(|tree| tree.iter()), new.iter().flat_map(|tree| tree.iter()));
        found += differing.len();
        if found > most {
            return false;
        }
        let folders = differing.into_iter().map(|(was, is)| (folder(was), folder(is)));
        pairs.extend(folders.filter(|(was, is)| was.is_some() || is.is_some()));
    }
    true
}

/// What a folder holds, be it copied or looked at in git's memory.
trait InFolder {
    fn name(&self) -> &[u8];
    fn id(&self) -> Oid;
    fn mode(&self) -> i32;

    fn kind(&self) -> Kind {
        Kind::of(self.mode())
    }
}

impl InFolder for &Entry {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn id(&self) -> Oid {
        self.id
    }

    fn mode(&self) -> i32 {
        self.mode
    }
}

impl InFolder for TreeEntry<'_> {
    fn name(&self) -> &[u8] {
        self.name_bytes()
    }

    fn id(&self) -> Oid {
        TreeEntry::id(self)
    }

    fn mode(&self) -> i32 {
        self.filemode_raw()
    }
}

/// What is not the same in two folders: each entry as it was and as it is.
fn differing<E: InFolder>(old: impl Iterator<Item = E>, new: impl Iterator<Item = E>) -> Vec<(Option<E>, Option<E>)> {
    let mut pairs = Vec::new();
    let (mut old, mut new) = (old.peekable(), new.peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => in_git_order(old, new),
        };
        let was = if order == Ordering::Greater { None } else { old.next() };
        let is = if order == Ordering::Less { None } else { new.next() };
        let same = match (&was, &is) {
            (Some(was), Some(is)) => (was.id(), was.mode()) == (is.id(), is.mode()),
            _ => false,
        };
        if !same {
            pairs.push((was, is));
        }
    }
}

/// The whole path of a change.
pub fn path_of(changes: &[Change], at: usize) -> tree::Segments {
    let mut path = Vec::new();
    let mut next = Some(at);
    while let Some(change) = next.and_then(|at| changes.get(at)) {
        path.push(change.name.clone());
        next = change.parent;
    }
    path.reverse();
    path
}

struct Walk<'g> {
    git: &'g Repository,
    changes: Vec<Change>,
    /// Files that are new and that are gone, by their number among the changes.
    came: Vec<(usize, Oid)>,
    went: Vec<(usize, Oid)>,
}

impl Walk<'_> {
    fn folder(&mut self, parent: Option<usize>, old: Option<Oid>, new: Option<Oid>, depth: usize) -> Result<()> {
        if depth > DEEPEST || self.changes.len() > MOST_CHANGES {
            return Ok(());
        }
        let entries = |id: Option<Oid>| -> Result<Vec<Entry>> {
            let Some(id) = id else { return Ok(Vec::new()) };
            let tree = self.git.find_tree(id).map_err(|error| tree::unreadable(&error))?;
            Ok(tree::entries(&tree))
        };
        let (old, new) = (entries(old)?, entries(new)?);
        differing(old.iter(), new.iter()).into_iter().try_for_each(|(was, is)| self.entry(parent, was, is, depth))
    }

    fn entry(&mut self, parent: Option<usize>, was: Option<&Entry>, is: Option<&Entry>, depth: usize) -> Result<()> {
        let Some(name) = is.or(was).map(|entry| entry.name.clone()) else { return Ok(()) };
        let kind = match (was, is) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        let at = self.changes.len();
        self.changes.push(Change { parent, name, kind, former: None });
        let folder = |entry: Option<&Entry>| entry.filter(|entry| entry.kind() == Kind::Folder).map(|entry| entry.id);
        let file = |entry: Option<&Entry>| entry.filter(|entry| entry.kind().is_file()).map(|entry| entry.id);
        match (file(was), file(is)) {
            (Some(id), None) if kind == ChangeKind::Removed => self.went.push((at, id)),
            (None, Some(id)) if kind == ChangeKind::Added => self.came.push((at, id)),
            _ => {}
        }
        let (old, new) = (folder(was), folder(is));
        if old.is_some() || new.is_some() {
            self.folder(Some(at), old, new, depth + 1)?;
        }
        Ok(())
    }

    fn pair_renamed(&mut self) {
        if self.came.is_empty() || self.went.is_empty() {
            return;
        }
        let mut by_id: HashMap<Oid, Vec<usize>> = HashMap::new();
        for (at, id) in self.went.iter().rev() {
            by_id.entry(*id).or_default().push(*at);
        }
        let mut rest = Vec::new();
        for (at, id) in std::mem::take(&mut self.came) {
            match by_id.get_mut(&id).and_then(Vec::pop) {
                Some(former) => self.rename(at, former),
                None => rest.push((at, id)),
            }
        }
        let left: Vec<(usize, Oid)> =
            by_id.into_iter().flat_map(|(id, ats)| ats.into_iter().map(move |at| (at, id))).collect();
        if rest.len() <= MOST_COMPARED && left.len() <= MOST_COMPARED {
            self.pair_similar(&rest, left);
        }
    }

    fn pair_similar(&mut self, came: &[(usize, Oid)], mut went: Vec<(usize, Oid)>) {
        went.sort_unstable();
        let prints = |files: &[(usize, Oid)]| -> Vec<(usize, Print)> {
            files.iter().filter_map(|(at, id)| Some((*at, Print::of(self.git, *id)?))).collect()
        };
        let (came, went) = (prints(came), prints(&went));
        let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
        for (new, print) in &came {
            for (old, former) in &went {
                let likeness = print.likeness(former);
                if likeness >= 50 {
                    pairs.push((100 - likeness, *new, *old));
                }
            }
        }
        pairs.sort_unstable();
        let (mut taken_new, mut taken_old) = (Vec::new(), Vec::new());
        for (_, new, old) in pairs {
            if !taken_new.contains(&new) && !taken_old.contains(&old) {
                taken_new.push(new);
                taken_old.push(old);
                self.rename(new, old);
            }
        }
    }

    fn rename(&mut self, new: usize, former: usize) {
        if let Some(change) = self.changes.get_mut(new) {
            change.kind = ChangeKind::Renamed;
            change.former = Some(former);
        }
    }
}

/// Folders stand as if a slash ended their names.
fn in_git_order(one: &impl InFolder, other: &impl InFolder) -> Ordering {
    let shared = one.name().len().min(other.name().len());
    one.name()[..shared].cmp(&other.name()[..shared]).then_with(|| beyond(one, shared).cmp(beyond(other, shared)))
}

fn beyond(entry: &impl InFolder, shared: usize) -> impl Iterator<Item = u8> {
    let slash = (entry.kind() == Kind::Folder).then_some(b'/');
    entry.name()[shared..].iter().copied().chain(slash)
}

/// The lines of a file: how many bytes of each there are.
struct Print {
    lines: HashMap<u64, u64>,
    bytes: u64,
}

impl Print {
    fn of(git: &Repository, blob: Oid) -> Option<Self> {
        let size = tree::size(git, blob).ok()?;
        if size == 0 || size > LARGEST_COMPARED {
            return None;
        }
        let blob = git.find_blob(blob).ok()?;
        let mut lines = HashMap::new();
        for line in blob.content().split_inclusive(|byte| *byte == b'\n') {
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            *lines.entry(hasher.finish()).or_default() += line.len() as u64;
        }
        Some(Self { lines, bytes: size })
    }

    /// How much of the larger one is in the other, in percent.
    fn likeness(&self, other: &Self) -> u64 {
        let shared: u64 =
            self.lines.iter().map(|(line, bytes)| other.lines.get(line).map_or(0, |theirs| *theirs.min(bytes))).sum();
        shared * 100 / self.bytes.max(other.bytes).max(1)
    }
}
