//! Feed tokens: secrets in the addresses of feeds and calendars, for programs that can't sign in. One opens what its account
//! may read there and nothing else; `web` lets it stand only where it may. Only their hashes are kept, see
//! [`hash_of`](super::sessions::hash_of).

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::accounts;
use super::bearer::Bearer;
use super::sessions::hash_of;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;
use crate::base::viewer::Credential;

/// Nobody needs more of them.
const MOST: i64 = 50;
const LONGEST_LABEL: usize = 100;

/// A token as its owner sees it.
#[derive(Debug, Clone)]
pub struct FeedToken {
    pub id: i64,
    pub label: String,
    pub created_at: Instant,
    pub last_used_at: Option<Instant>,
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// Makes a token and returns its secret, which nobody can read again.
pub fn create(db: &Connection, record: Record<'_>, account: i64, label: &str) -> Result<String> {
    let label = label.trim();
    if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        let message = format!("What it is for is one line of at most {LONGEST_LABEL} characters.");
        return Err(Error::invalid("label", message));
    }
    let count: i64 = db.query_row("select count(*) from feed_token where account = ?1", [account], |row| row.get(0))?;
    if count >= MOST {
        return Err(Error::invalid("label", format!("You have {MOST} tokens already. Revoke one that nothing uses.")));
    }
    let secret = hex(&random_bytes::<24>());
    db.execute(
        "insert into feed_token (account, hash, label, created_at) values (?1, ?2, ?3, ?4)",
        (account, hash_of(&secret), label, Instant::now()),
    )?;
    tell(record, "account.token_created", account, db.last_insert_rowid(), label)?;
    Ok(secret)
}

/// Takes a token's power away. Only its own account can.
pub fn revoke(db: &Connection, record: Record<'_>, account: i64, id: i64) -> Result<()> {
    let label: Option<String> = db
        .prepare_cached("delete from feed_token where account = ?1 and id = ?2 returning label")?
        .query_row((account, id), |row| row.get(0))
        .optional()?;
    let label = label.ok_or_else(|| Error::not_found("There is no such token."))?;
    tell(record, "account.token_revoked", account, id, &label)
}

fn tell(record: Record<'_>, kind: &'static str, account: i64, id: i64, label: &str) -> Result<()> {
    let event = NewEvent::new(kind, Resource::new("account", account), 1).data(json!({ "token": id }));
    record(&event.saying("what", format!("feed token {id}")).saying("label", label))?;
    Ok(())
}

pub fn of_account(db: &Connection, account: i64) -> Result<Vec<FeedToken>> {
    let mut statement = db.prepare_cached(
        "select id, label, created_at, last_used_at from feed_token where account = ?1 order by id desc",
    )?;
    let tokens = statement.query_map([account], |row| {
        Ok(FeedToken { id: row.get(0)?, label: row.get(1)?, created_at: row.get(2)?, last_used_at: row.get(3)? })
    })?;
    Ok(tokens.collect::<rusqlite::Result<_>>()?)
}

/// Whose token it is, if it has not been revoked and its account may sign in.
pub fn bearer(db: &Connection, secret: &str) -> Result<Option<Bearer>> {
    let found: Option<(i64, i64, Option<Instant>)> = db
        .prepare_cached("select id, account, last_used_at from feed_token where hash = ?1")?
        .query_row([hash_of(secret)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((token, account, last_used_at)) = found else { return Ok(None) };
    let Some(account) = accounts::by_id(db, account)?.filter(|account| !account.disabled) else { return Ok(None) };
    let principal = super::principal_of(db, &account, Credential::FeedToken)?;
    Ok(Some(Bearer { principal, token, last_used_at }))
}

pub fn used(db: &Connection, bearer: &Bearer) -> Result<()> {
    db.execute("update feed_token set last_used_at = ?2 where id = ?1", (bearer.token, Instant::now()))?;
    Ok(())
}
