//! What an address below Code means: a repository, a revision, a path; and the head of its page.

use git2::Oid;
use rusqlite::Connection;
use serde::Serialize;

use super::git::{self, Git, Revision, RevisionKind};
use super::refs;
use super::repository::{self, Repository};
use super::told::CommitLine;
use super::tree::{self, Kind, Segments};
use crate::base::error::{Error, Result};
use crate::web::{Desk, Room, address};

/// A repository and a path in it, as an address names them.
pub struct Asked {
    pub repositories: Vec<Repository>,
    /// Which of them; none: there is no repository at all.
    chosen: Option<usize>,
    pub path: Segments,
}

impl Asked {
    pub fn repository(&self) -> Option<&Repository> {
        self.repositories.get(self.chosen?)
    }
}

/// The first part of a path may name a repository other than the default one (row V03).
pub fn asked(db: &Connection, mut path: Segments) -> Result<Asked> {
    let repositories = repository::list(db)?;
    let named = path.first().and_then(|first| {
        repositories.iter().position(|known| !known.is_default && known.name.as_bytes() == first.as_slice())
    });
    if named.is_some() {
        path.remove(0);
    }
    let default = repositories.iter().position(|known| known.is_default);
    Ok(Asked { chosen: named.or(default), repositories, path })
}

/// A place in a repository at a revision.
pub struct Place {
    pub repository: Repository,
    pub git: Git,
    pub revision: Revision,
    /// As it was asked for; none: the default branch.
    pub rev: Option<String>,
    pub path: Segments,
    /// The path that was asked for, where the nearest folder stands in for it.
    pub asked_path: Option<Segments>,
    /// There are several repositories, so this one is named.
    pub is_one_of_many: bool,
}

/// Opens what was asked for. Conflict: the repository can't be read, or has no commit yet.
pub fn open(asked: Asked, rev: Option<String>) -> Result<Place> {
    let is_one_of_many = asked.repositories.len() > 1;
    let Asked { mut repositories, chosen, path } = asked;
    let chosen = chosen.filter(|chosen| *chosen < repositories.len());
    let repository = chosen.map(|chosen| repositories.swap_remove(chosen)).ok_or_else(no_repository)?;
    let git = git::open(&repository)?;
    let rev = rev.map(|rev| rev.trim().to_owned()).filter(|rev| !rev.is_empty());
    let revision = revision(&git, &repository, rev.as_deref())?;
    Ok(Place { repository, git, revision, rev, path, asked_path: None, is_one_of_many })
}

/// What `rev` means in a repository of the project: nothing or `HEAD` is its default branch; see [`git::revision`].
pub fn revision(git: &Git, repository: &Repository, rev: Option<&str>) -> Result<Revision> {
    match rev {
        None | Some("" | "HEAD") => {
            let (name, commit) = default_head(git, repository)?;
            Ok(Revision { commit, name, kind: RevisionKind::Default })
        }
        rev => git::revision(git, rev),
    }
}

/// The default branch and its newest commit. Where people work in the repository itself, what they have checked out at the
/// moment says nothing; there it is the branch that was noted.
pub fn default_head(git: &Git, repository: &Repository) -> Result<(Option<String>, Oid)> {
    let noted = &repository.default_branch;
    if !git.is_bare()
        && !noted.is_empty()
        && let Some(commit) = git::ref_commit(git, &format!("refs/heads/{noted}"))
    {
        return Ok((Some(noted.clone()), commit));
    }
    git::default_head(git)
}

pub fn no_repository() -> Error {
    Error::not_found("This project has no repository.")
}

impl Place {
    pub fn commit(&self) -> Oid {
        self.revision.commit
    }

    /// The repository and a path in it, as addresses name them.
    pub fn tail(&self, path: &[Vec<u8>]) -> String {
        format!("{}{}", repository_tail(&self.repository), tree::href(path))
    }

    /// The address of a page about a path at this revision: `way` is `/browser` or `/log`.
    pub fn href(&self, room: &Room, way: &str, path: &[Vec<u8>]) -> String {
        at_rev(&format!("{}{way}{}", room.root, self.tail(path)), self.rev.as_deref())
    }

    /// The address of the contents of a file at this revision.
    pub fn export_href(&self, room: &Room, path: &[Vec<u8>]) -> String {
        format!("{}{}{}", room.root, self.export_root(), self.tail(path))
    }

    pub fn export_root(&self) -> String {
        format!("/export/{}", address::segment(self.rev.as_deref().unwrap_or("HEAD")))
    }

    /// What is looked at, in a word.
    pub fn called(&self) -> String {
        let sha = self.commit().to_string();
        let name = self.revision.name.clone();
        name.map_or_else(|| super::short(&sha).to_owned(), |name| git::one_line(name.as_bytes()))
    }

    pub fn missing(&self) -> Error {
        Error::not_found(format!("There is no file or folder “{}” at {}.", tree::shown_path(&self.path), self.called()))
    }

    /// Who goes to another branch by the switch of a page (`nearest`) and finds nothing at its path there is shown the
    /// nearest folder above. Any other address that leads to nothing says so.
    pub fn or_nearest(mut self, desk: &Desk) -> Result<Self> {
        let is_page = !desk.visit.wants_json() && desk.visit.value("format").is_none_or(|format| format.is_empty());
        if desk.visit.value("nearest").is_none() || !is_page {
            return Ok(self);
        }
        let root = tree::root(&self.git, self.commit())?;
        let is_there = |path: &[Vec<u8>]| tree::find(&self.git, root, path);
        if is_there(&self.path)?.is_some() {
            return Ok(self);
        }
        let mut nearest = self.path.clone();
        while nearest.pop().is_some() && is_there(&nearest)?.is_none_or(|found| found.kind() != Kind::Folder) {}
        self.asked_path = Some(std::mem::replace(&mut self.path, nearest));
        Ok(self)
    }
}

/// What stands in addresses before the paths of a repository: nothing for the default one.
pub fn repository_tail(repository: &Repository) -> String {
    if repository.is_default { String::new() } else { format!("/{}", address::path(&repository.name)) }
}

pub fn at_rev(href: &str, rev: Option<&str>) -> String {
    rev.map_or_else(|| href.to_owned(), |rev| format!("{href}?rev={}", address::query_value(rev)))
}

/// `head` of `code/_head.html`.
#[derive(Serialize)]
pub struct Head {
    pub crumbs: Vec<Crumb>,
    pub heading: String,
    pub mono: bool,
    pub tabs: Vec<Tab>,
    pub switch: Option<Switch>,
    pub commit: Option<CommitLine>,
    /// What is not there, where something else is shown instead: a sentence.
    pub instead: Option<String>,
}

#[derive(Serialize)]
pub struct Crumb {
    pub name: String,
    pub href: Option<String>,
}

#[derive(Serialize)]
pub struct Tab {
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

#[derive(Serialize)]
pub struct Switch {
    href: String,
    /// What is looked at is not the same everywhere.
    nearest: bool,
    name: String,
    kind: &'static str,
    branches: Vec<Choice>,
    tags: Vec<Choice>,
    more: bool,
}

#[derive(Serialize)]
struct Choice {
    href: String,
    name: String,
    chosen: bool,
}

/// The head of a page about the path of a place: `way` is the one that is gone now, `ways` are all that there are.
pub fn head(
    db: &Connection,
    room: &Room,
    place: &Place,
    way: &'static str,
    ways: &[(&'static str, &'static str)],
    commit: Option<CommitLine>,
) -> Result<Head> {
    let mut crumbs = Vec::new();
    let (heading, above) = match place.path.split_last() {
        Some((last, above)) => (tree::shown(last), Some(above)),
        None => (place.repository.name.clone(), None),
    };
    if place.is_one_of_many {
        crumbs.push(Crumb { name: "Code".to_owned(), href: Some(format!("{}/browser", room.root)) });
    }
    if let Some(above) = above {
        for depth in 0..=above.len() {
            let name = if depth == 0 { place.repository.name.clone() } else { tree::shown(&above[depth - 1]) };
            crumbs.push(Crumb { name, href: Some(place.href(room, way, &above[..depth])) });
        }
    }
    let tab = |(name, of): &(&'static str, &'static str)| Tab {
        name,
        href: place.href(room, of, &place.path),
        current: *of == way,
    };
    Ok(Head {
        crumbs,
        heading,
        mono: above.is_some(),
        tabs: ways.iter().map(tab).collect(),
        switch: Some(switch(db, room, place, way)?),
        commit,
        instead: place.asked_path.as_deref().map(|asked| {
            let (asked, at) = (tree::shown_path(asked), place.called());
            format!("There is no “{asked}” at {at}; this is the nearest folder that is there.")
        }),
    })
}

fn switch(db: &Connection, room: &Room, place: &Place, way: &str) -> Result<Switch> {
    let names = refs::names(db, &place.git, place.repository.id)?;
    let path = place.asked_path.as_ref().unwrap_or(&place.path);
    let href = format!("{}{way}{}", room.root, place.tail(path));
    let nearest = !path.is_empty();
    let is_shown = |kind: RevisionKind, name: &str| {
        let same = place.revision.name.as_deref() == Some(name);
        same && (place.revision.kind == kind
            || (place.revision.kind == RevisionKind::Default && kind == RevisionKind::Branch))
    };
    let choice = |kind: RevisionKind, name: &str, rev: &str| Choice {
        href: format!("{}{}", at_rev(&href, Some(rev)), if nearest { "&nearest=1" } else { "" }),
        name: git::one_line(name.as_bytes()),
        chosen: is_shown(kind, name),
    };
    let branches = names.branches.iter();
    let branches = branches.map(|name| choice(RevisionKind::Branch, name, &branch_rev(name))).collect();
    let tags = names.tags.iter().map(|name| choice(RevisionKind::Tag, name, &refs::tag_rev(&names, name))).collect();
    Ok(Switch {
        name: place.called(),
        kind: match place.revision.kind {
            RevisionKind::Branch => "branch",
            RevisionKind::Default if place.revision.name.is_some() => "branch",
            RevisionKind::Tag => "tag",
            RevisionKind::Default | RevisionKind::Commit => "commit",
        },
        branches,
        tags,
        more: names.more,
        nearest,
        href,
    })
}

fn branch_rev(name: &str) -> String {
    if name == "HEAD" { "heads/HEAD".to_owned() } else { name.to_owned() }
}
