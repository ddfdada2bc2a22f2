//! Finding the commit that an address names: in git, in what the project keeps of it, or in both.

use git2::{Commit, Oid};

use super::git::{self, Git, SHORTEST_ID};
use super::place;
use super::repository::{self, Repository};
use super::store::{self, Changeset};
use super::{NO_CHANGESET, file_path, subject_of};
use crate::base::error::{Error, Result};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::web::{Room, address};

/// A commit as it was found: in a repository, in the project's database, or in both.
pub struct Found {
    pub facts: Facts,
    pub stored: Option<Changeset>,
    pub opened: Option<(Repository, Git)>,
    /// Why it was not found in git, or not all of it: sentences.
    pub troubles: Vec<String>,
    pub path: Vec<u8>,
}

/// What is known of a commit, from git or else from the database.
pub struct Facts {
    pub sha: String,
    pub author: String,
    pub authored_at: Instant,
    pub committer: String,
    pub committed_at: Instant,
    pub message: String,
    pub parents: Vec<String>,
}

impl Facts {
    fn of_git(commit: &Commit<'_>, viewer: &Viewer) -> Self {
        let encoding = commit.message_encoding().ok().flatten().unwrap_or_default().to_ascii_lowercase();
        let name = |signature: git2::Signature<'_>| {
            viewer.shown_name(&git::one_line(git::text_of(signature.name_bytes(), &encoding).as_bytes()))
        };
        Self {
            sha: commit.id().to_string(),
            authored_at: git::instant(commit.author().when()),
            author: name(commit.author()),
            committed_at: git::instant(commit.committer().when()),
            committer: name(commit.committer()),
            message: git::message(commit),
            parents: commit.parent_ids().map(|id| id.to_string()).collect(),
        }
    }

    fn of_store(changeset: &Changeset, viewer: &Viewer) -> Self {
        Self {
            sha: changeset.sha.clone(),
            author: viewer.shown_name(&changeset.author_name),
            authored_at: changeset.authored_at,
            committer: viewer.shown_name(&changeset.committer_name),
            committed_at: changeset.committed_at,
            message: changeset.message.clone(),
            parents: changeset.parents.clone(),
        }
    }

    pub fn subject(&self) -> String {
        subject_of(&self.message)
    }

    pub fn oid(&self) -> Result<Oid> {
        Oid::from_str(&self.sha).map_err(|_| Error::not_found(NO_CHANGESET))
    }
}

/// Finds what `<rev>[/<repository>][/<path>]` names. The first segment after the revision may be a repository; else all of
/// it is a path in the default one (row V03).
pub fn find(room: &Room, tail: &str) -> Result<Found> {
    let missing = || Error::not_found(NO_CHANGESET);
    let (rev, rest) = tail.split_once('/').unwrap_or((tail, ""));
    let rev = address::decode(rev).ok_or_else(missing)?;
    let is_id = rev.len() >= SHORTEST_ID && rev.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (all, stored) = room.project.read(|db| {
        let stored = if is_id { store::by_prefix(db, &room.viewer, &rev)? } else { None };
        Ok((repository::list(db)?, stored))
    })?;
    let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
    let named = all.iter().find(|repository| repository.name.as_bytes() == file_path::from_raw(first)).cloned();
    let path = file_path::from_raw(if named.is_some() { below } else { rest });
    let is_named = named.is_some();
    let holders = match &stored {
        Some(stored) => room.project.read(|db| store::repositories_of(db, stored.id))?,
        None => Vec::new(),
    };
    let mut candidates = named.map_or(all, |named| vec![named]);
    candidates.sort_by_key(|repository| !holders.contains(&repository.id));
    let (mut troubles, mut ambiguous) = (Vec::new(), None);
    for repository in candidates {
        let git = match git::open(&repository) {
            Ok(git) => git,
            Err(error) => {
                troubles.push(error.to_string());
                continue;
            }
        };
        match place::revision(&git, &repository, Some(&rev)) {
            Ok(revision) => {
                let Ok(commit) = git.find_commit(revision.commit) else {
                    troubles.push(format!("The commit can't be read in the repository {}.", repository.name));
                    continue;
                };
                let facts = Facts::of_git(&commit, &room.viewer);
                drop(commit);
                let stored = match room.project.read(|db| store::by_sha(db, &room.viewer, &facts.sha))? {
                    Some(None) => return Err(missing()),
                    known => known.flatten(),
                };
                return Ok(Found { facts, stored, opened: Some((repository, git)), troubles: Vec::new(), path });
            }
            Err(Error::NotFound(told)) if told.starts_with("More than one") => ambiguous = Some(told),
            Err(_) => {}
        }
    }
    if let Some(stored) = stored.filter(|_| !is_named) {
        if troubles.is_empty() {
            troubles.push("What is told here was kept when it was there.".to_owned());
        }
        return Ok(Found {
            facts: Facts::of_store(&stored, &room.viewer),
            stored: Some(stored),
            opened: None,
            troubles,
            path,
        });
    }
    match (ambiguous, troubles.pop()) {
        (Some(told), _) => Err(Error::not_found(told)),
        (None, Some(trouble)) => Err(Error::not_found(trouble)),
        (None, None) => Err(missing()),
    }
}
