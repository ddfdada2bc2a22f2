//! The git repository of the demonstration: commits as `commits-*.txt` tell them, made at once, pushed one by one.
//!
//! `=== c20 45 22:10 yuki sensor from c19` begins a commit: key, moment, author, branch; a first one on a branch says from
//! which commit, `merge sensor` takes a branch in, and `=== tag v0.1 42 18:00 tomas c19` sets a tag. Below the message,
//! `--- write PATH` gives a whole file, `--- edit PATH` lines to find and to replace as in a diff, `--- delete PATH`.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, Oid, Repository, RepositoryInitOptions, Signature};

use super::calendar::Calendar;
use super::{Character, broken, entries, files, text};
use crate::base::error::{Error, Result};
use crate::base::time::Instant;

const MAIN: &str = "main";
const FILE_MODE: u32 = 0o100_644;

pub struct History {
    git: Repository,
    pushes: Vec<Push>,
    /// Ids by the keys of the texts.
    ids: BTreeMap<String, Oid>,
}

/// A branch or tag that gets a commit.
pub struct Push {
    pub at: Instant,
    name: String,
    target: Oid,
}

type Files = BTreeMap<String, String>;

/// What stands at a commit.
#[derive(Clone)]
struct State {
    id: Oid,
    files: Files,
}

impl History {
    /// Makes a bare repository with all commits in it, and no branch yet.
    pub fn make(path: &Path, calendar: &Calendar, people: &[Character]) -> Result<Self> {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).mkpath(true).external_template(false).initial_head(MAIN);
        let git = Repository::init_opts(path, &options).map_err(|error| failed(&error))?;
        let mut maker = Maker {
            git: &git,
            calendar,
            people,
            states: BTreeMap::new(),
            branches: BTreeMap::new(),
            begun: BTreeMap::new(),
            pushes: Vec::new(),
        };
        for file in files("commits-") {
            for written in entries(&text(&file)?) {
                maker.take(written).map_err(|error| error.during(&file))?;
            }
        }
        let (states, pushes) = (maker.states, maker.pushes);
        Ok(Self { git, pushes, ids: states.into_iter().map(|(key, state)| (key, state.id)).collect() })
    }

    pub fn directory(&self) -> &Path {
        self.git.path()
    }

    /// In the order in which they happen.
    pub fn pushes(&self) -> &[Push] {
        &self.pushes
    }

    pub fn push(&self, push: &Push) -> Result<()> {
        self.git.reference(&push.name, push.target, true, "push").map(|_| ()).map_err(|error| failed(&error))
    }

    /// A commit as texts name it: the beginning of its id, or all of it where a beginning could be a word or a number.
    pub fn short(&self, key: &str) -> Option<String> {
        let whole = self.ids.get(key)?.to_string();
        let short = whole.get(..8)?;
        let mixed =
            short.bytes().any(|byte| byte.is_ascii_digit()) && short.bytes().any(|byte| byte.is_ascii_alphabetic());
        Some(if mixed { short.to_owned() } else { whole })
    }
}

struct Maker<'a> {
    git: &'a Repository,
    calendar: &'a Calendar,
    people: &'a [Character],
    states: BTreeMap<String, State>,
    /// The newest state of each branch, and the one that it began from.
    branches: BTreeMap<String, State>,
    begun: BTreeMap<String, State>,
    pushes: Vec<Push>,
}

impl Maker<'_> {
    fn take(&mut self, written: &str) -> Result<()> {
        let (head, rest) = written.split_once('\n').unwrap_or((written, ""));
        let wrong = || broken(&format!("no commit: {head}"));
        let (key, after) = head.split_once(' ').ok_or_else(wrong)?;
        if key == "tag" {
            return self.tag(after, rest).map_err(|error| error.during(head));
        }
        let (at, after) = self.calendar.moment(after)?;
        let words: Vec<&str> = after.split_whitespace().collect();
        let (who, branch, from) = match words.as_slice() {
            [who, branch] => (*who, *branch, None),
            [who, branch, how, what] => (*who, *branch, Some((*how, *what))),
            _ => return Err(wrong()),
        };
        let mut merged = None;
        let mut state = self.branches.get(branch).cloned();
        match from {
            Some(("from", key)) => {
                let begun = self.states.get(key).cloned().ok_or_else(wrong)?;
                self.begun.insert(branch.to_owned(), begun.clone());
                state = Some(begun);
            }
            Some(("merge", other)) => {
                let (Some(into), Some(tip), Some(base)) =
                    (state.as_mut(), self.branches.get(other), self.begun.get(other))
                else {
                    return Err(wrong());
                };
                let changed = tip.files.iter().filter(|(path, text)| base.files.get(*path) != Some(*text));
                into.files.extend(changed.map(|(path, text)| (path.clone(), text.clone())));
                merged = Some(tip.id);
            }
            Some(_) => return Err(wrong()),
            None => {}
        }
        let parents: Vec<Oid> = state.iter().map(|state| state.id).chain(merged).collect();
        let mut parts = rest.split("\n--- ");
        let message = parts.next().unwrap_or_default().trim_end();
        let mut files = state.map(|state| state.files).unwrap_or_default();
        for part in parts {
            edit(&mut files, part).map_err(|error| error.during(head))?;
        }
        let id = self.commit(&self.signature(who, at)?, &format!("{message}\n"), &files, &parents)?;
        let state = State { id, files };
        self.pushes.push(Push { at, name: format!("refs/heads/{branch}"), target: id });
        self.states.insert(key.to_owned(), state.clone());
        self.branches.insert(branch.to_owned(), state);
        Ok(())
    }

    fn tag(&mut self, head: &str, message: &str) -> Result<()> {
        let wrong = || broken("no tag");
        let (name, after) = head.split_once(' ').ok_or_else(wrong)?;
        let (at, after) = self.calendar.moment(after)?;
        let (who, key) = after.split_once(' ').ok_or_else(wrong)?;
        let state = self.states.get(key).ok_or_else(wrong)?;
        let object = self.git.find_object(state.id, None).map_err(|error| failed(&error))?;
        let target = self
            .git
            .tag_annotation_create(name, &object, &self.signature(who, at)?, message.trim())
            .map_err(|error| failed(&error))?;
        self.pushes.push(Push { at, name: format!("refs/tags/{name}"), target });
        Ok(())
    }

    fn commit(&self, by: &Signature<'_>, message: &str, files: &Files, parents: &[Oid]) -> Result<Oid> {
        let make = || {
            let mut index = Index::new()?;
            for (path, text) in files {
                index.add(&entry(path, self.git.blob(text.as_bytes())?))?;
            }
            let tree = self.git.find_tree(index.write_tree_to(self.git)?)?;
            let parents =
                parents.iter().map(|id| self.git.find_commit(*id)).collect::<std::result::Result<Vec<_>, _>>()?;
            self.git.commit(None, by, by, message, &tree, &parents.iter().collect::<Vec<_>>())
        };
        make().map_err(|error| failed(&error))
    }

    fn signature(&self, login: &str, at: Instant) -> Result<Signature<'static>> {
        let person = self.people.iter().find(|person| person.login == login);
        let person = person.ok_or_else(|| broken(&format!("nobody is called {login}")))?;
        let time = git2::Time::new(at.seconds(), 0);
        Signature::new(&person.name, &person.email(), &time).map_err(|error| failed(&error))
    }
}

fn entry(path: &str, id: Oid) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: FILE_MODE,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// Does `write PATH`, `edit PATH` or `delete PATH` with the lines below it.
fn edit(files: &mut Files, part: &str) -> Result<()> {
    let (head, body) = part.split_once('\n').unwrap_or((part, ""));
    let body = body.trim_end_matches('\n');
    match head.split_once(' ') {
        Some(("write", path)) => {
            let text = if body.is_empty() { String::new() } else { format!("{body}\n") };
            files.insert(path.to_owned(), text);
        }
        Some(("delete", path)) => {
            files.remove(path);
        }
        Some(("edit", path)) => {
            let text = files.get_mut(path).ok_or_else(|| broken(&format!("there is no {path} to edit")))?;
            for hunk in body.split("\n@@\n") {
                *text = replaced(text, hunk).ok_or_else(|| broken(&format!("{path} does not hold once:\n{hunk}")))?;
            }
        }
        _ => return Err(broken(&format!("nobody knows how to {head}"))),
    }
    Ok(())
}

/// The text with the lines of ` ` and `-` replaced by those of ` ` and `+`; none unless they stand there exactly once.
pub fn replaced(text: &str, hunk: &str) -> Option<String> {
    let with = |other: char| -> String {
        let lines = hunk.lines().filter(|line| line.starts_with([' ', other]));
        lines.map(|line| format!("{}\n", &line[1..])).collect()
    };
    let (old, new) = (with('-'), with('+'));
    let found: Vec<usize> = text.match_indices(&old).map(|(at, _)| at).collect();
    match found.as_slice() {
        [at] if !old.is_empty() => Some(format!("{}{new}{}", &text[..*at], &text[at + old.len()..])),
        _ => None,
    }
}

fn failed(error: &git2::Error) -> Error {
    Error::internal(format!("the repository of the demonstration: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_replaces_lines_that_stand_there_once() {
        assert_eq!(replaced("a\nb\nc\n", " a\n-b\n+x\n+y").as_deref(), Some("a\nx\ny\nc\n"));
        assert_eq!(replaced("a\na\n", "-a\n+b"), None);
        assert_eq!(replaced("a\n", "-b\n+c"), None);
    }

    #[test]
    fn all_commits_of_the_semester_can_be_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let people = super::super::script::project().expect("a project").people;
        let made = History::make(&folder.path().join("x.git"), &Calendar::until_now(), &people);
        let history = made.map_err(|error| error.to_string()).expect("a repository");
        assert!(history.ids.len() >= 50);
        assert!(history.pushes.windows(2).all(|two| two[0].at <= two[1].at));
    }
}
