//! A commit in one line, as this viewer may see it.

use std::collections::{HashMap, HashSet};

use git2::{Oid, Repository as Git};
use rusqlite::Connection;
use serde::Serialize;

use super::{CHANGESET_VIEW, changeset_href, git, short, subject_of};
use crate::base::error::Result;
use crate::base::time::{Instant, When};
use crate::base::viewer::Viewer;
use crate::web::Room;

/// What may be known of a commit.
#[derive(Debug, Clone)]
pub struct Told {
    pub sha: String,
    /// The first line of the message; empty where it may not be seen.
    pub subject: String,
    pub message: String,
    pub author: String,
    pub at: Instant,
    pub parents: Vec<String>,
    /// Whether its page may be seen.
    pub is_open: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct CommitLine {
    pub sha: String,
    pub short: String,
    pub href: Option<String>,
    pub subject: String,
    pub author: String,
    pub when: When,
}

impl Told {
    pub fn line(&self, room: &Room) -> CommitLine {
        CommitLine {
            short: short(&self.sha).to_owned(),
            href: self.is_open.then(|| format!("{}{}", room.root, changeset_href(&self.sha))),
            subject: self.subject.clone(),
            author: self.author.clone(),
            when: self.at.when(&room.viewer.zone()),
            sha: self.sha.clone(),
        }
    }
}

/// What this viewer is told of some commits. Of those that are hidden from them, only when they were made.
pub fn told(
    db: &Connection,
    git: &Git,
    viewer: &Viewer,
    commits: impl Iterator<Item = Oid>,
) -> Result<HashMap<Oid, Told>> {
    let commits: HashSet<Oid> = commits.collect();
    let hidden = hidden(db, viewer, &commits)?;
    let mut all = HashMap::with_capacity(commits.len());
    for id in commits {
        // What can't be read is told by its page.
        let Ok(commit) = git.find_commit(id) else { continue };
        let sha = id.to_string();
        let is_open = viewer.may(CHANGESET_VIEW) && !hidden.contains(&sha);
        let author = viewer.shown_name(&git::one_line(commit.author().name_bytes()));
        let message = if is_open { git::message(&commit) } else { String::new() };
        let told = Told {
            subject: subject_of(&message),
            author: match (is_open, author.is_empty()) {
                (true, true) => "unknown".to_owned(),
                (true, false) => author,
                (false, _) => String::new(),
            },
            at: git::instant(commit.time()),
            parents: commit.parent_ids().map(|parent| parent.to_string()).collect(),
            is_open,
            message,
            sha,
        };
        all.insert(id, told);
    }
    Ok(all)
}

/// Those commits whose class this viewer does not see.
fn hidden(db: &Connection, viewer: &Viewer, commits: &HashSet<Oid>) -> Result<HashSet<String>> {
    if !viewer.may(CHANGESET_VIEW) {
        return Ok(HashSet::new());
    }
    let shas: Vec<String> = commits.iter().map(Oid::to_string).collect();
    let mut statement = db.prepare_cached(
        "select sha from changeset where sha in (select value from json_each(?1))
         and acl not in (select value from json_each(?2))",
    )?;
    let rows = statement.query_map((serde_json::to_string(&shas)?, viewer.acls()), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
