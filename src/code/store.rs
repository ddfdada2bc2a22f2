//! What the project's database knows of commits. Decides nothing.

use rusqlite::{Connection, OptionalExtension, Row};

use super::CHANGESET_VIEW;
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// How many commits after one are looked through for its children.
const CHILDREN_AMONG: i64 = 300;

#[derive(Debug, Clone)]
pub struct Changeset {
    pub id: i64,
    pub sha: String,
    pub parents: Vec<String>,
    pub author_name: String,
    pub author_email: String,
    pub authored_at: Instant,
    pub committer_name: String,
    pub committer_email: String,
    pub committed_at: Instant,
    /// The person of the project whom the author's address proves, if any.
    pub author: Option<i64>,
    pub message: String,
    pub acl: i64,
}

impl Changeset {
    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.trim_start().lines().next().unwrap_or_default().trim_end()
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Changeset> {
    let parents: String = row.get("parents")?;
    Ok(Changeset {
        id: row.get("id")?,
        sha: row.get("sha")?,
        parents: parents.split(' ').filter(|parent| !parent.is_empty()).map(str::to_owned).collect(),
        author_name: row.get("author_name")?,
        author_email: row.get("author_email")?,
        authored_at: row.get("authored_at")?,
        committer_name: row.get("committer_name")?,
        committer_email: row.get("committer_email")?,
        committed_at: row.get("committed_at")?,
        author: row.get("author")?,
        message: row.get("message")?,
        acl: row.get("acl")?,
    })
}

/// The one commit whose id begins so, if this viewer may see it; none if there are several.
pub fn by_prefix(db: &Connection, viewer: &Viewer, prefix: &str) -> Result<Option<Changeset>> {
    let prefix = prefix.to_ascii_lowercase();
    if !viewer.may(CHANGESET_VIEW) || prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    // `g` follows `f`: everything between begins with the prefix.
    let mut statement = db.prepare_cached("select * from changeset where sha >= ?1 and sha < ?1 || 'g' limit 2")?;
    let mut found = statement.query_map([&prefix], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    if found.len() != 1 {
        return Ok(None);
    }
    Ok(found.pop().filter(|changeset| viewer.sees_class(changeset.acl)))
}

/// Those of them that this viewer may see, in any order.
pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Changeset>> {
    if !viewer.may(CHANGESET_VIEW) {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached("select * from changeset where id in (select value from json_each(?1))")?;
    let rows = statement.query_map([serde_json::to_string(ids)?], from_row)?;
    let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|changeset| viewer.sees_class(changeset.acl)).collect())
}

/// For the index alone, which hands on whose it is.
pub fn find_unseen(db: &Connection, id: i64) -> Result<Option<Changeset>> {
    Ok(db.prepare_cached("select * from changeset where id = ?1")?.query_row([id], from_row).optional()?)
}

/// The repositories that have it, the one that was connected first before the others.
pub fn repositories_of(db: &Connection, changeset: i64) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select repository from changeset_repository where changeset = ?1 order by repository")?;
    Ok(statement.query_map([changeset], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Whether it was there when a repository that has it was connected: then it never acts.
pub fn is_baseline(db: &Connection, changeset: i64) -> Result<bool> {
    let mut statement =
        db.prepare_cached("select coalesce(max(baseline), 0) from changeset_repository where changeset = ?1")?;
    Ok(statement.query_row([changeset], |row| row.get(0))?)
}

/// The commits that were made of this one: those among the next few hundred in time that name it as a parent. One that came
/// much later, on a branch of its own, is not found.
pub fn children(db: &Connection, viewer: &Viewer, sha: &str, committed_at: Instant) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select sha, acl from (
             select sha, acl, parents from changeset where committed_at >= ?1 order by committed_at, id limit ?2)
         where instr(parents, ?3)",
    )?;
    let rows = statement.query_map((committed_at, CHILDREN_AMONG, sha), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let children = rows.collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
    Ok(children.into_iter().filter(|(_, acl)| viewer.sees_class(*acl)).map(|(sha, _)| sha).collect())
}

/// Of those commits, by id, what they say first; none for those that are not known or may not be seen.
pub fn subjects(db: &Connection, viewer: &Viewer, shas: &[String]) -> Result<Vec<Option<String>>> {
    let mut statement = db.prepare_cached("select * from changeset where sha = ?1")?;
    shas.iter()
        .map(|sha| {
            let found = statement.query_row([sha], from_row).optional()?;
            let seen = found.filter(|changeset| viewer.may(CHANGESET_VIEW) && viewer.sees_class(changeset.acl));
            Ok(seen.map(|changeset| changeset.subject().to_owned()))
        })
        .collect()
}

/// Of a commit by its whole id: whether it is known here, and then itself if this viewer may see it.
pub fn by_sha(db: &Connection, viewer: &Viewer, sha: &str) -> Result<Option<Option<Changeset>>> {
    let found = db.prepare_cached("select * from changeset where sha = ?1")?.query_row([sha], from_row).optional()?;
    Ok(found.map(|found| Some(found).filter(|found| viewer.may(CHANGESET_VIEW) && viewer.sees_class(found.acl))))
}

/// How a person of the project is called.
pub fn called(db: &Connection, person: i64) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("select login, display_name from person where id = ?1")?;
    let called = statement.query_row([person], |row| {
        let (login, name): (String, String) = (row.get("login")?, row.get("display_name")?);
        Ok(if name.is_empty() { login } else { name })
    });
    Ok(called.optional()?)
}

/// What a commit asked of one ticket, and what came of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub changeset: i64,
    pub ticket: i64,
    /// `mention`, `refer`, `close` or `reopen`.
    pub asked: String,
    /// The same, or `none`: as far as the branches that have it let it count.
    pub strength: String,
    /// What was really done by it: `none`, `refer`, `close` or `reopen`.
    pub done: String,
    /// Why that is less than its strength; empty if it is not.
    pub reason: String,
    /// The same change under another id that acted before.
    pub twin: Option<i64>,
    pub minutes: i64,
    /// The number of the change on the ticket.
    pub change: Option<i64>,
}

/// What a commit asked for, in the order of the tickets. Who is shown a ticket is for the caller to decide.
pub fn asked_by(db: &Connection, changeset: i64) -> Result<Vec<Asked>> {
    let mut statement = db.prepare_cached("select * from changeset_ticket where changeset = ?1 order by ticket")?;
    let rows = statement.query_map([changeset], |row| {
        Ok(Asked {
            changeset: row.get("changeset")?,
            ticket: row.get("ticket")?,
            asked: row.get("asked")?,
            strength: row.get("strength")?,
            done: row.get("done")?,
            reason: row.get("reason")?,
            twin: row.get("twin")?,
            minutes: row.get("minutes")?,
            change: row.get("change")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
