//! What a log tells of each commit when it is asked for more (row V12, `verbose=on`): all of the message, and the files that it
//! changed; and the same as a text for a file of changes (`format=changelog`).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use git2::{Oid, Repository as Libgit};
use serde::Serialize;

use super::changed_paths::{self, ChangeKind, changed_by, differ_in_at_most, first_parent};
use super::told::Told;
use super::{short, tree};
use crate::base::error::Result;

/// Files that are told of one commit, and paths beyond which none are looked for.
const MOST_FILES: usize = 20;
const MOST_PATHS: usize = 2_000;
/// What one page may spend on finding them.
const TIME: Duration = Duration::from_millis(100);
/// A line of a text.
const WIDTH: usize = 76;

/// The files that a commit changed, against its first parent.
#[derive(Debug, Default, Serialize)]
pub struct Files {
    pub named: Vec<FileLine>,
    /// So many more.
    pub more: usize,
    /// Too many, or there was no time to look.
    pub unknown: bool,
}

#[derive(Debug, Serialize)]
pub struct FileLine {
    pub kind: &'static str,
    pub path: String,
    pub former: Option<String>,
}

/// Of each commit, by its id.
pub fn files(git: &Libgit, commits: &[Oid]) -> HashMap<Oid, Files> {
    let until = Instant::now() + TIME;
    let unknown = || Files { unknown: true, ..Files::default() };
    let of = |commit: &Oid| {
        if Instant::now() > until {
            return unknown();
        }
        files_of(git, *commit).ok().flatten().unwrap_or_else(unknown)
    };
    commits.iter().map(|commit| (*commit, of(commit))).collect()
}

/// None if there are too many.
fn files_of(git: &Libgit, commit: Oid) -> Result<Option<Files>> {
    let parent = first_parent(git, commit)?.map(|parent| tree::root(git, parent)).transpose()?;
    if !differ_in_at_most(git, parent, Some(tree::root(git, commit)?), MOST_PATHS) {
        return Ok(None);
    }
    let changes = changed_by(git, commit)?;
    let mut holds_others = vec![false; changes.len()];
    let mut left = vec![false; changes.len()];
    for change in &changes {
        if let Some(folder) = change.parent.and_then(|at| holds_others.get_mut(at)) {
            *folder = true;
        }
        if let Some(former) = change.former.and_then(|at| left.get_mut(at)) {
            *former = true;
        }
    }
    let is_file = |at: &usize| !(holds_others[*at] || left[*at] && changes[*at].kind == ChangeKind::Removed);
    let all: Vec<usize> = (0..changes.len()).filter(is_file).collect();
    let shown = |at: usize| tree::shown_path(&changed_paths::path_of(&changes, at));
    let mut named: Vec<FileLine> = all
        .iter()
        .take(MOST_FILES)
        .map(|at| FileLine { kind: changes[*at].kind.name(), path: shown(*at), former: changes[*at].former.map(shown) })
        .collect();
    named.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Some(Files { more: all.len() - named.len(), named, unknown: false }))
}

/// The log as a text: each commit with its day, its author, its files and its message.
pub fn changelog(title: &str, entries: &[&Told], files: &HashMap<Oid, Files>) -> String {
    let mut text = format!("# Changes of {title}\n");
    for told in entries {
        let day = told.at.iso();
        let day = day.split('T').next().unwrap_or_default();
        let _ = write!(text, "\n{day}  {}  [{}]\n\n", told.author, short(&told.sha));
        let files = Oid::from_str(&told.sha).ok().and_then(|id| files.get(&id));
        for file in files.iter().flat_map(|files| &files.named) {
            let former = file.former.as_ref().map(|former| format!(" from {former}")).unwrap_or_default();
            let _ = writeln!(text, "\t* {} ({}{former})", file.path, file.kind);
        }
        match files {
            Some(Files { unknown: true, .. }) => text.push_str("\t* (more files than are told here)\n"),
            Some(Files { more, .. }) if *more > 0 => {
                let _ = writeln!(text, "\t* (and {more} more)");
            }
            _ => {}
        }
        text.push('\n');
        for line in told.message.trim().lines() {
            text.push_str(&wrapped(line));
        }
    }
    text
}

/// A line of a message, broken at blanks if it is too long.
fn wrapped(line: &str) -> String {
    let mut text = String::new();
    let mut length = 0;
    for word in line.trim_end().split(' ') {
        let own = word.chars().count();
        if length > 0 && length + 1 + own > WIDTH {
            text.push('\n');
            length = 0;
        }
        text.push_str(if length == 0 { "\t" } else { " " });
        text.push_str(word);
        length += own + 1;
    }
    if line.trim().is_empty() {
        text.clear();
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_blanks() {
        let text = wrapped(&"word ".repeat(40));
        assert!(text.lines().all(|line| line.starts_with("\tword") && line.chars().count() <= WIDTH + 1), "{text}");
        assert_eq!(text.matches("word").count(), 40);
        assert_eq!(wrapped("  a b"), "\t  a b\n");
        assert_eq!(wrapped(""), "\n");
    }
}
