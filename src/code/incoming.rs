//! What a sync writes into the project's database. Decides nothing.

use std::collections::{BTreeMap, HashSet};

use git2::Oid;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::commit_refs::Asked;
use crate::auth::accounts::Account;
use crate::base::error::Result;
use crate::base::event::NewEvent;
use crate::base::link::{self, Links};
use crate::base::project::{Tx, person_of_account};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::DEFAULT_CLASS;

/// A commit as it was read from git, ready to be stored.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub sha: String,
    /// Their shas, parted by blanks.
    pub parents: String,
    pub author_name: String,
    pub author_email: String,
    pub authored_at: Instant,
    pub committer_name: String,
    pub committer_email: String,
    pub committed_at: Instant,
    pub author: Option<Account>,
    pub message: String,
    pub asked: BTreeMap<i64, Asked>,
    /// Empty if it asks for nothing but mentions.
    pub key: String,
    pub patch_id: Option<String>,
    pub links: Links,
}

/// Stores the commit if it is new to the project, and notes that the repository has it. Returns its id.
/// `baseline`: it was there when the repository was connected.
pub fn store(tx: &Tx<'_>, repository: i64, commit: &Incoming, baseline: bool) -> Result<i64> {
    let known: Option<i64> = tx
        .prepare_cached("select id from changeset where sha = ?1")?
        .query_row([&commit.sha], |row| row.get(0))
        .optional()?;
    let id = match known {
        Some(id) => id,
        None => insert(tx, commit, baseline)?,
    };
    tx.prepare_cached(
        "insert or ignore into changeset_repository (repository, changeset, baseline) values (?1, ?2, ?3)",
    )?
    .execute((repository, id, baseline))?;
    Ok(id)
}

fn insert(tx: &Tx<'_>, commit: &Incoming, dormant: bool) -> Result<i64> {
    let author = match &commit.author {
        Some(account) => Some(person_of_account(tx, &account.uuid, &account.login, &account.display_name)?),
        None => None,
    };
    tx.prepare_cached(
        "insert into changeset (sha, parents, author_name, author_email, authored_at, committer_name, committer_email,
           committed_at, author, message, references_key, patch_id, dormant, acl)
         values (:sha, :parents, :author_name, :author_email, :authored_at, :committer_name, :committer_email,
           :committed_at, :author, :message, :key, :patch_id, :dormant, :acl)",
    )?
    .execute(named_params! {
        ":sha": commit.sha,
        ":parents": commit.parents,
        ":author_name": commit.author_name,
        ":author_email": commit.author_email,
        ":authored_at": commit.authored_at,
        ":committer_name": commit.committer_name,
        ":committer_email": commit.committer_email,
        ":committed_at": commit.committed_at,
        ":author": author,
        ":message": commit.message,
        ":key": commit.key,
        ":patch_id": commit.patch_id,
        ":dormant": dormant,
        ":acl": DEFAULT_CLASS,
    })?;
    let id = tx.last_insert_rowid();
    let mut statement = tx.prepare_cached(
        "insert into changeset_ticket (changeset, ticket, asked, strength, minutes) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (ticket, asked) in &commit.asked {
        // One that logs time has that to do.
        let is_mention = asked.verb == super::commit_refs::Verb::Mention && asked.minutes == 0 && !dormant;
        let strength = if is_mention { "mention" } else { "none" };
        statement.execute((id, ticket, asked.verb.name(), strength, asked.minutes))?;
    }
    link::replace(tx, &Resource::new("changeset", id), "", DEFAULT_CLASS, &commit.links)?;
    let happened_at = commit.committed_at.min(Instant::now());
    tx.record_at(
        &NewEvent::new("changeset.added", Resource::new("changeset", id), DEFAULT_CLASS),
        happened_at,
        !dormant,
    )?;
    Ok(id)
}

/// Those of them that the repository is known to have.
pub fn known(db: &Connection, repository: i64, shas: &[String]) -> Result<HashSet<String>> {
    let mut statement = db.prepare_cached(
        "select sha from changeset join changeset_repository on changeset = id and repository = ?1
         where sha in (select value from json_each(?2))",
    )?;
    let rows = statement.query_map((repository, serde_json::to_string(shas)?), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Commits of the repository that would close or reopen on a branch that acts, and have not been on one yet.
pub fn waiting(db: &Connection, repository: i64) -> Result<HashSet<String>> {
    let mut statement = db.prepare_cached(
        "select distinct sha from changeset_ticket
         join changeset on changeset.id = changeset_ticket.changeset and not dormant
         join changeset_repository on changeset_repository.changeset = changeset.id
           and repository = ?1 and not baseline
         where asked in ('close', 'reopen') and strength <> asked",
    )?;
    Ok(statement.query_map([repository], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// What a step needs to know of a stored commit.
pub struct Stored {
    pub id: i64,
    pub author_email: String,
    pub committer_email: String,
    pub committed_at: Instant,
    pub message: String,
    pub key: String,
}

pub fn stored(db: &Connection, sha: &str) -> Result<Option<Stored>> {
    Ok(db
        .prepare_cached("select * from changeset where sha = ?1")?
        .query_row([sha], |row| {
            Ok(Stored {
                id: row.get("id")?,
                author_email: row.get("author_email")?,
                committer_email: row.get("committer_email")?,
                committed_at: row.get("committed_at")?,
                message: row.get("message")?,
                key: row.get("references_key")?,
            })
        })
        .optional()?)
}

/// Commits that ask for the same, of which nobody has worked out what they change: the newest first.
pub fn without_patch_id(db: &Connection, key: &str, most: usize) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select sha from changeset where references_key = ?1 and references_key <> '' and patch_id is null
         order by id desc limit ?2",
    )?;
    Ok(statement.query_map((key, most as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn save_patch_id(db: &Connection, sha: &str, patch_id: &str) -> Result<()> {
    db.prepare_cached("update changeset set patch_id = ?2 where sha = ?1")?.execute([sha, patch_id])?;
    Ok(())
}

/// Commits of a repository that had no parents when they were stored: the first ones, and the oldest of a shallow copy.
pub fn without_parents(db: &Connection, repository: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select sha from changeset join changeset_repository on changeset = changeset.id
         where repository = ?1 and parents = ''",
    )?;
    Ok(statement.query_map([repository], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn save_parents(db: &Connection, sha: &str, parents: &str) -> Result<()> {
    db.prepare_cached("update changeset set parents = ?2 where sha = ?1")?.execute([sha, parents])?;
    Ok(())
}

/// The refs as they were when they were last synced.
pub fn refs(db: &Connection, repository: i64) -> Result<BTreeMap<String, String>> {
    let mut statement = db.prepare_cached("select name, sha from repository_ref where repository = ?1")?;
    let rows = statement.query_map([repository], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn save_refs(db: &Connection, repository: i64, refs: &BTreeMap<String, Oid>) -> Result<()> {
    db.prepare_cached("delete from repository_ref where repository = ?1")?.execute([repository])?;
    let mut statement = db.prepare_cached("insert into repository_ref (repository, name, sha) values (?1, ?2, ?3)")?;
    for (name, commit) in refs {
        statement.execute((repository, name, commit.to_string()))?;
    }
    Ok(())
}

pub fn save_baseline(db: &Connection, repository: i64, baseline: &str) -> Result<()> {
    db.execute("update repository set baseline = ?2 where id = ?1", (repository, baseline))?;
    Ok(())
}

pub fn save_acting_heads(db: &Connection, repository: i64, heads: &str) -> Result<()> {
    db.execute("update repository set acting_heads = ?2 where id = ?1", (repository, heads))?;
    Ok(())
}

/// How a sync ended: `trouble` is empty if nothing was wrong.
pub fn save_outcome(db: &Connection, repository: i64, trouble: &str) -> Result<()> {
    db.execute(
        "update repository set synced_at = ?2, trouble = ?3 where id = ?1",
        (repository, Instant::now(), trouble),
    )?;
    Ok(())
}
