//! Sessions: a random id in a cookie, its hash in `site.db`.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::accounts::{self, Account};
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;
use crate::base::viewer::{Credential, Principal};

/// A session ends after four weeks without a visit.
const LIFETIME_SECONDS: i64 = 28 * 86_400;
/// Last-seen times are written at most this often (DESIGN 10).
const SEEN_EVERY_SECONDS: i64 = 300;

pub fn hash_of(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Begins a session; returns the secret for the cookie.
pub fn begin(db: &Connection, account: i64, agent: &str) -> Result<String> {
    let secret = hex(&random_bytes::<32>());
    let now = Instant::now();
    db.execute("delete from session where expires_at < ?1", [now])?;
    db.execute(
        "insert into session (hash, account, created_at, last_seen_at, expires_at, agent) values (?1, ?2, ?3, ?3, ?4, ?5)",
        (hash_of(&secret), account, now, now.plus_seconds(LIFETIME_SECONDS), agent.chars().take(200).collect::<String>()),
    )?;
    db.execute("update account set last_seen_at = ?2 where id = ?1", (account, now))?;
    Ok(secret)
}

/// Who has shown the secret of a session.
pub struct Visitor {
    pub account: Arc<Account>,
    pub principal: Arc<Principal>,
    last_seen_at: Instant,
    expires_at: Instant,
}

impl Visitor {
    /// Whether it is time to write down that they were here.
    pub fn is_due(&self) -> bool {
        self.last_seen_at.plus_seconds(SEEN_EVERY_SECONDS) < Instant::now()
    }
}

/// Whose session it is, if it has not ended and its account may sign in.
pub fn visitor(site: &Connection, secret: &str) -> Result<Option<Arc<Visitor>>> {
    let found = kept(site, secret, || found(site, secret))?;
    Ok(found.as_ref().clone().filter(|visitor| visitor.expires_at > Instant::now()))
}

fn found(db: &Connection, secret: &str) -> Result<Option<Arc<Visitor>>> {
    let session: Option<(i64, Instant, Instant)> = db
        .prepare_cached("select account, last_seen_at, expires_at from session where hash = ?1")?
        .query_row([hash_of(secret)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((account, last_seen_at, expires_at)) = session else {
        return Ok(None);
    };
    let Some(account) = accounts::by_id(db, account)?.filter(|account| !account.disabled) else {
        return Ok(None);
    };
    let principal = Arc::new(super::principal_of(db, &account, Credential::Session)?);
    Ok(Some(Arc::new(Visitor { account: Arc::new(account), principal, last_seen_at, expires_at })))
}

pub fn seen(db: &Connection, secret: &str, account: i64) -> Result<()> {
    let now = Instant::now();
    db.execute(
        "update session set last_seen_at = ?2, expires_at = ?3 where hash = ?1",
        (hash_of(secret), now, now.plus_seconds(LIFETIME_SECONDS)),
    )?;
    db.execute("update account set last_seen_at = ?2 where id = ?1", (account, now))?;
    Ok(())
}

pub fn end(db: &Connection, secret: &str) -> Result<()> {
    db.execute("delete from session where hash = ?1", [hash_of(secret)])?;
    Ok(())
}

/// Ends every session of an account but the one of that hash.
pub fn end_all(db: &Connection, account: i64, but: Option<&[u8]>) -> Result<usize> {
    Ok(db.execute("delete from session where account = ?1 and (?2 is null or hash <> ?2)", (account, but))?)
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct Session {
    pub hash: Vec<u8>,
    pub created_at: Instant,
    pub last_seen_at: Instant,
    pub agent: String,
}

pub fn of_account(db: &Connection, account: i64) -> Result<Vec<Session>> {
    let mut statement = db.prepare_cached(
        "select hash, created_at, last_seen_at, agent from session where account = ?1 and expires_at > ?2
         order by last_seen_at desc limit 100",
    )?;
    let sessions = statement
        .query_map((account, Instant::now()), |row| {
            Ok(Session { hash: row.get(0)?, created_at: row.get(1)?, last_seen_at: row.get(2)?, agent: row.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(sessions)
}
