//! Changed files as pages show them: a list in pages, and below it the difference of each, as far as one request may go.
//! Changesets and the comparison of any two revisions share it, and `templates/code/_diff.html` draws it.

use std::time::{Duration, Instant};

use git2::Tree;
use serde::Serialize;
use serde_json::{Value, json};

use super::changed::{ChangedFile, Comparison, Entries, Kind};
use super::file_diff::{Budget, FileDiff, Sides, draw};
use super::repository::Repository;
use super::whole::Whole;
use super::{BROWSER_VIEW, FILE_VIEW, file_path};
use crate::base::error::{Error, Result};
use crate::web::diff::Style;
use crate::web::diff_look::{Bar, Look, is_about_look};
use crate::web::form::shortened;
use crate::web::paging::{self, Paging};
use crate::web::{Desk, Room};

/// Files on one page of the list, and in one JSON answer.
pub const FILES: usize = 300;
const JSON_FILES: usize = 1_000;
/// What one page draws: rows of all files together, or of the one file that it is about, and bytes that are compared.
const ROWS: usize = 2_000;
const ROWS_OF_ONE: usize = 5_000;
const BYTES: u64 = 2 << 20;
/// How long lines may be counted, and how long differences may be drawn.
const COUNTING: Duration = Duration::from_millis(40);
const DRAWING: Duration = Duration::from_millis(80);

/// What is compared, and where.
pub struct Compared<'a, 'r> {
    pub comparison: &'a Comparison<'r>,
    pub old_tree: Option<Tree<'r>>,
    pub new_tree: Option<Tree<'r>>,
    pub git: &'r git2::Repository,
    /// The address of this page without its query.
    pub href: String,
    /// Only what lies there is shown; empty: all.
    pub path: Vec<u8>,
    /// Where files of the old and new state are found; none where there is no such state.
    pub old_place: Option<Place>,
    pub new_place: Option<Place>,
    /// The page of one file's difference, by its path.
    pub of_one: &'a dyn Fn(&ChangedFile) -> String,
}

/// Where the files of one state of a repository are shown.
#[derive(Debug, Clone)]
pub struct Place {
    pub browser: String,
    pub export: String,
    pub rev: String,
}

impl Place {
    /// `rev` is a commit; `below` is put before each path.
    pub fn new(room: &Room, repository: &Repository, rev: &str, below: &[u8]) -> Self {
        let mut start = start(repository);
        if !below.is_empty() {
            start.push_str(&format!("{}/", file_path::encoded(below)));
        }
        Self {
            browser: format!("{}/browser/{start}", room.root),
            export: format!("{}/export/{rev}/{start}", room.root),
            rev: rev.to_owned(),
        }
    }

    fn file(&self, path: &[u8]) -> String {
        format!("{}{}?rev={}", self.browser, file_path::encoded(path), self.rev)
    }
}

/// What stands before paths of a repository in addresses (row V03).
pub fn start(repository: &Repository) -> String {
    if repository.is_default {
        return String::new();
    }
    format!("{}/", file_path::encoded(repository.name.as_bytes()))
}

/// Fields of `code/_diff.html`.
#[derive(Serialize)]
pub struct Differences {
    href: String,
    sent: Vec<Sent>,
    pub look: Bar,
    total: usize,
    /// Of the files listed, as far as they were counted.
    added: usize,
    removed: usize,
    counted: bool,
    files: Vec<Listed>,
    notes: Vec<String>,
    paging: Paging,
    /// Differences were left to pages of their own.
    folded: bool,
    /// All of them on one page, made by a job.
    whole_href: Option<String>,
}

#[derive(Serialize)]
struct Sent {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Listed {
    /// The id of its difference on the page.
    anchor: String,
    kind: &'static str,
    word: &'static str,
    path: String,
    old_path: Option<String>,
    similarity: Option<u8>,
    added: Option<usize>,
    removed: Option<usize>,
    /// Lengths of the bar of changed lines, 0 to 100.
    added_length: usize,
    removed_length: usize,
    /// Its difference: on this page, else on its own.
    href: String,
    own_href: String,
    /// Where the whole file is shown, if this viewer may see it.
    file_href: Option<String>,
    diff: Option<FileDiff>,
}

/// How differences are asked to be drawn.
pub fn look(desk: &Desk) -> Result<Look> {
    Look::asked(desk, Style::Inline)
}

impl Compared<'_, '_> {
    /// The files that are asked for.
    pub fn files(&self) -> impl Iterator<Item = &ChangedFile> + Clone {
        self.comparison.files.iter().filter(|file| file.is_in(&self.path))
    }

    /// `3 files changed, 10 insertions(+), 2 deletions(-)`, as far as that is quickly counted; else empty.
    pub fn summary(&self) -> String {
        let deadline = Instant::now() + COUNTING;
        let (mut added, mut removed, mut count) = (0, 0, 0);
        for file in self.files() {
            if Instant::now() > deadline {
                return String::new();
            }
            let (more, less) = self.comparison.lines(file).unwrap_or_default();
            (added, removed, count) = (added + more, removed + less, count + 1);
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        format!(
            "{count} file{} changed, {added} insertion{}(+), {removed} deletion{}(-)",
            plural(count),
            plural(added),
            plural(removed)
        )
    }

    /// Everything that a page shows of it. `extra` are notes that stand above the list.
    /// `whole` is what a job has drawn.
    pub fn shown(&self, desk: &Desk, room: &Room, extra: Vec<String>, whole: Option<&Whole>) -> Result<Differences> {
        let mut notes = extra;
        let all: Vec<&ChangedFile> = self.files().collect();
        if self.comparison.without_renames {
            notes.push(
                "Renamed files were not looked for: too many came or went, or not all of them can be read.".to_owned(),
            );
        }
        let may_read = room.viewer.may(FILE_VIEW);
        if !may_read && !all.is_empty() {
            notes.push("You may see which files changed, but not what is in them (FILE_VIEW).".to_owned());
        }
        let pairs = desk.visit.pairs();
        let paging = Paging::new(&self.href, &pairs, paging::asked(desk.visit.value("page")), FILES, all.len());
        let begin = paging.offset(FILES).min(all.len());
        let page = &all[begin..all.len().min(begin + FILES)];
        let counts = whole.map_or_else(|| self.counts(page), |whole| whole.counts.clone());
        let look = look(desk)?;
        let mut files: Vec<Listed> = page
            .iter()
            .enumerate()
            .map(|(at, file)| self.listed(room, begin + at + 1, file, counts.get(at).copied().flatten()))
            .collect();
        measure(&mut files);
        match whole.filter(|_| may_read) {
            Some(whole) => put(&mut files, whole.diffs.iter().cloned()),
            None if may_read => self.draw(&mut files, page, look),
            None => {}
        }
        let folded = files.iter().any(|file| file.diff.as_ref().is_some_and(|diff| diff.kind == "folded" || diff.cut));
        let kept = |name: &str| name != "page" && !is_about_look(name);
        let sum = |side: fn(&(usize, usize)) -> usize| counts.iter().flatten().map(side).sum();
        Ok(Differences {
            sent: pairs
                .iter()
                .filter(|(name, _)| kept(name))
                .map(|(name, value)| Sent { name: name.clone(), value: value.clone() })
                .collect(),
            look: look.bar(&self.href, &desk.visit.query),
            href: self.href.clone(),
            total: all.len(),
            added: sum(|(added, _)| *added),
            removed: sum(|(_, removed)| *removed),
            counted: counts.iter().any(Option::is_some),
            files,
            notes,
            paging,
            folded,
            whole_href: (folded && whole.is_none() && self.comparison.is_of_trees())
                .then(|| with_raw(&self.href, &desk.visit.query, "whole", "1")),
        })
    }

    /// Lines added and removed of each, while the time lasts.
    fn counts(&self, files: &[&ChangedFile]) -> Vec<Option<(usize, usize)>> {
        let deadline = Instant::now() + COUNTING;
        let count = |file: &&ChangedFile| {
            if file.kind == Kind::Mode || Instant::now() > deadline { None } else { self.comparison.lines(file) }
        };
        files.iter().map(count).collect()
    }

    fn listed(&self, room: &Room, number: usize, file: &ChangedFile, counts: Option<(usize, usize)>) -> Listed {
        let own_href = (self.of_one)(file);
        let place = if file.new.is_some() { &self.new_place } else { &self.old_place };
        let may_browse = room.viewer.may(BROWSER_VIEW) && room.viewer.may(FILE_VIEW);
        Listed {
            anchor: format!("file-{number}"),
            kind: file.kind.name(),
            word: file.kind.word(),
            path: file_path::shown(file.path()),
            old_path: file.old_path().map(file_path::shown),
            similarity: file.similarity,
            added: counts.map(|(added, _)| added),
            removed: counts.map(|(_, removed)| removed),
            added_length: 0,
            removed_length: 0,
            href: own_href.clone(),
            own_href,
            file_href: place.as_ref().filter(|_| may_browse).map(|place| place.file(file.path())),
            diff: None,
        }
    }

    fn draw(&self, files: &mut [Listed], page: &[&ChangedFile], look: Look) {
        let rows = if self.comparison.files.len() == 1 || page.len() == 1 { ROWS_OF_ONE } else { ROWS };
        let mut budget = Budget { rows, bytes: BYTES, deadline: Instant::now() + DRAWING };
        let export = |place: &Option<Place>| place.as_ref().map(|place| place.export.clone());
        let mut sides = Sides {
            git: self.git,
            old: Entries::new(self.git, self.old_tree.clone()),
            new: Entries::new(self.git, self.new_tree.clone()),
            old_bytes: export(&self.old_place),
            new_bytes: export(&self.new_place),
        };
        put(files, page.iter().map(|file| draw(&mut sides, self.comparison, file, look, &mut budget)));
    }

    /// The list of files for JSON: `(files, total, next)`.
    pub fn as_json(&self, desk: &Desk) -> (Vec<Value>, usize, Option<String>) {
        let all: Vec<&ChangedFile> = self.files().collect();
        let page = paging::asked(desk.visit.value("page"));
        let paging = Paging::new(&self.href, &desk.visit.pairs(), page, JSON_FILES, all.len());
        let begin = paging.offset(JSON_FILES).min(all.len());
        let page = &all[begin..all.len().min(begin + JSON_FILES)];
        let files = page
            .iter()
            .zip(self.counts(page))
            .map(|(file, counts)| {
                json!({
                    "path": file_path::shown(file.path()), "old_path": file.old_path().map(file_path::shown),
                    "kind": file.kind.name(), "similarity": file.similarity,
                    "added": counts.map(|(added, _)| added), "removed": counts.map(|(_, removed)| removed),
                })
            })
            .collect();
        (files, all.len(), paging.next)
    }
}

/// Gives each file its difference.
fn put(files: &mut [Listed], diffs: impl Iterator<Item = FileDiff>) {
    for (listed, diff) in files.iter_mut().zip(diffs) {
        if diff.kind != "folded" {
            listed.href = format!("#{}", listed.anchor);
        }
        listed.diff = Some(diff);
    }
}

/// Makes the bars as long as their lines, the longest one 100.
fn measure(files: &mut [Listed]) {
    let lines = |file: &Listed| file.added.unwrap_or(0) + file.removed.unwrap_or(0);
    let most = files.iter().map(lines).max().unwrap_or(0).max(10);
    for file in files {
        let length = |lines: Option<usize>| lines.map_or(0, |lines| (lines * 100).div_ceil(most));
        (file.added_length, file.removed_length) = (length(file.added), length(file.removed));
    }
}

/// The address with one value of its raw query replaced: paths in it need not be text.
pub fn with_raw(href: &str, query: &str, name: &str, value: &str) -> String {
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let kept: String = query.split('&').filter(is_other).map(|pair| format!("{pair}&")).collect();
    format!("{href}?{kept}{name}={value}")
}

/// What is said of a format that these pages have not got.
pub fn unknown_format(format: &str) -> Error {
    let format = shortened(format);
    Error::invalid("format", format!("`{format}` is no format of this page."))
}
