//! Differences that are more than a page may draw or send: a job makes them, and whoever asked waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use git2::{Oid, Repository as Libgit};

use super::changed::{self, ChangedFile, Comparison, Entries};
use super::differences::{Compared, FILES, Place, look, with_raw};
use super::file_diff::{Budget, FileDiff, Sides, draw};
use super::repository::Repository;
use super::{FILE_VIEW, git};
use crate::base::error::Result;
use crate::base::job::{Key, Made, Progress};
use crate::web::diff_look::Look;
use crate::web::job::{Arrived, Waiting, arrived};
use crate::web::{Desk, Room, paging};

/// What one page of all differences holds at most.
const ROWS: usize = 20_000;
const BYTES: u64 = 24 << 20;
/// Within it no file is given more time than this.
const OF_ONE: Duration = Duration::from_secs(5);

/// All differences of one page of files.
#[derive(Default)]
pub struct Whole {
    pub diffs: Vec<FileDiff>,
    /// Lines added and removed of each.
    pub counts: Vec<Option<(usize, usize)>>,
}

/// What is compared, for a job that opens everything anew.
#[derive(Clone)]
struct Trees {
    repository: Repository,
    old: Option<Oid>,
    new: Option<Oid>,
    path: Vec<u8>,
}

impl Trees {
    fn of(repository: &Repository, compared: &Compared<'_, '_>) -> Self {
        Self {
            repository: repository.clone(),
            old: compared.old_tree.as_ref().map(git2::Tree::id),
            new: compared.new_tree.as_ref().map(git2::Tree::id),
            path: compared.path.clone(),
        }
    }

    fn key(&self, room: &Room, kind: &str, more: &[&[u8]]) -> Key {
        let id = self.repository.id.to_le_bytes();
        let tree = |tree: &Option<Oid>| tree.map(|id| id.to_string()).unwrap_or_default().into_bytes();
        let (old, new) = (tree(&self.old), tree(&self.new));
        let own: [&[u8]; 5] = [room.project.id().as_bytes(), &id, &old, &new, &self.path];
        Key::new(kind, &[&own[..], more].concat())
    }

    /// Compares them again and hands on what comes of it: the comparison, and both trees.
    fn compare<T>(&self, act: impl FnOnce(&Libgit, &Comparison<'_>, [Option<git2::Tree<'_>>; 2]) -> T) -> Result<T> {
        let git = git::open(&self.repository)?;
        let find = |id: Option<Oid>| id.map(|id| git.find_tree(id)).transpose();
        let (old, new) =
            find(self.old).and_then(|old| Ok((old, find(self.new)?))).map_err(|error| changed::unreadable(&error))?;
        let comparison = changed::compare(&git, old.as_ref(), new.as_ref())?;
        Ok(act(&git, &comparison, [old, new]))
    }

    fn files<'c>(&'c self, comparison: &'c Comparison<'_>) -> impl Iterator<Item = &'c ChangedFile> + Clone {
        comparison.files.iter().filter(|file| file.is_in(&self.path))
    }
}

fn what(title: &str, back_href: String, is_download: bool) -> Waiting {
    let back = "The changed files".to_owned();
    Waiting { title: title.to_owned(), unit: "file", back_href, back, is_download, place: "/browser" }
}

/// All differences of a page if they are asked for (`whole=1`). None: they are not.
pub fn asked(
    desk: &Desk,
    room: &Room,
    repository: &Repository,
    compared: &Compared<'_, '_>,
) -> Result<Option<Arrived<Whole>>> {
    let is_asked = desk.visit.value("whole").is_some_and(|value| !value.is_empty());
    if !is_asked || !compared.comparison.is_of_trees() || !room.viewer.may(FILE_VIEW) {
        return Ok(None);
    }
    let trees = Trees::of(repository, compared);
    let page = paging::asked(desk.visit.value("page"));
    let look = look(desk)?;
    let export = |place: &Option<Place>| place.as_ref().map(|place| place.export.clone());
    let exports = (export(&compared.old_place), export(&compared.new_place));
    let how = format!("{page} {} {exports:?}", look.as_text());
    let key = trees.key(room, "whole", &[how.as_bytes()]);
    let asked = desk.site().jobs().ask(&key, move |progress| {
        let whole = trees.compare(|git, comparison, [old, new]| {
            let sides = Sides {
                git,
                old: Entries::new(git, old),
                new: Entries::new(git, new),
                old_bytes: exports.0.clone(),
                new_bytes: exports.1.clone(),
            };
            let files = trees.files(comparison).skip((page - 1) * FILES).take(FILES).collect::<Vec<_>>();
            draw_all(comparison, &files, sides, look, progress)
        })?;
        Ok(whole.map(|whole| {
            let drawn: usize = whole.diffs.iter().map(|diff| diff.rows_html.len()).sum();
            Made { memory: drawn as u64 + BYTES / 16, disk: 0, thing: whole }
        }))
    })?;
    let back = with_raw(&compared.href, &desk.visit.query, "whole", "");
    arrived(desk, asked, || what("All differences on one page", back, false)).map(Some)
}

fn draw_all(
    comparison: &Comparison<'_>,
    files: &[&ChangedFile],
    mut sides: Sides<'_>,
    look: Look,
    progress: &Progress,
) -> Option<Whole> {
    let mut whole = Whole::default();
    let (mut rows, mut bytes) = (ROWS, BYTES);
    for (at, file) in files.iter().enumerate() {
        if progress.is_over() {
            return None;
        }
        progress.at(at, files.len());
        let mut budget = Budget { rows, bytes, deadline: Instant::now() + OF_ONE };
        whole.counts.push(comparison.lines(file));
        whole.diffs.push(draw(&mut sides, comparison, file, look, &mut budget));
        (rows, bytes) = (budget.rows, budget.bytes);
    }
    Some(whole)
}

/// The differences in the unified form; empty if nothing differs. FILE_VIEW is asked for.
pub fn unified(
    desk: &Desk,
    room: &Room,
    repository: &Repository,
    compared: &Compared<'_, '_>,
) -> Result<Arrived<Vec<u8>>> {
    room.viewer.require(FILE_VIEW)?;
    if !compared.comparison.is_of_trees() {
        let text = compared.comparison.unified(compared.files(), &Progress::within(OF_ONE))?;
        return Ok(Arrived::Thing(Arc::new(text.unwrap_or_default())));
    }
    let made = |text: Option<Vec<u8>>| text.map(|text| Made { memory: text.len() as u64, disk: 0, thing: text });
    let trees = Trees::of(repository, compared);
    let key = trees.key(room, "patch", &[]);
    let asked = desk.site().jobs().ask_from(
        &key,
        |progress| Ok(made(compared.comparison.unified(compared.files(), progress)?)),
        move |progress| {
            let text = trees.compare(|_, comparison, _| comparison.unified(trees.files(comparison), progress))??;
            Ok(made(text))
        },
    )?;
    arrived(desk, asked, || what("A patch", compared.href.clone(), true))
}
