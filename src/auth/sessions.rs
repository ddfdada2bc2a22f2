//! Sessions: a random id in a cookie, its hash in `site.db`.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::accounts::{self, Account};
use super::second_factor;
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

/// From where somebody signs in.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// What the browser calls itself.
    pub agent: &'a str,
    pub network: &'a str,
    /// By which door: `password`, `link`, `oidc`, `proxy`.
    pub door: &'a str,
}

/// Begins a session; returns the secret for the cookie.
pub fn begin(db: &Connection, account: i64, agent: &str) -> Result<String> {
    begin_from(db, account, &Start { agent, network: "", door: "password" })
}

/// The same, and keeps where it began.
pub fn begin_from(db: &Connection, account: i64, start: &Start<'_>) -> Result<String> {
    let secret = hex(&random_bytes::<32>());
    let now = Instant::now();
    db.execute("delete from session where expires_at < ?1", [now])?;
    db.execute(
        "insert into session (hash, account, created_at, last_seen_at, expires_at, agent, network, entrance)
         values (:hash, :account, :now, :now, :expires, :agent, :network, :door)",
        named_params! {
            ":hash": hash_of(&secret),
            ":account": account,
            ":now": now,
            ":expires": now.plus_seconds(LIFETIME_SECONDS),
            ":agent": start.agent.chars().take(200).collect::<String>(),
            ":network": start.network,
            ":door": start.door,
        },
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
    /// Their rights have changed: the session goes on under another id.
    renew: bool,
}

impl Visitor {
    /// Whether the session is to go on under another id.
    pub fn is_to_be_renewed(&self) -> bool {
        self.renew
    }

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
    let session: Option<(i64, Instant, Instant, bool, String)> = db
        .prepare_cached("select account, last_seen_at, expires_at, renew, entrance from session where hash = ?1")?
        .query_row([hash_of(secret)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .optional()?;
    let Some((account, last_seen_at, expires_at, renew, door)) = session else {
        return Ok(None);
    };
    let Some(account) = accounts::by_id(db, account)?.filter(|account| !account.disabled) else {
        return Ok(None);
    };
    // A session from before a second factor was asked of everybody is none until there is one.
    let by_password = matches!(door.as_str(), "password" | "link");
    if by_password && second_factor::is_required(db, &account)? && !second_factor::is_on(db, account.id)? {
        return Ok(None);
    }
    let principal = Arc::new(super::principal_of(db, &account, Credential::Session)?);
    Ok(Some(Arc::new(Visitor { account: Arc::new(account), principal, last_seen_at, expires_at, renew })))
}

/// The rights of an account have changed: each of its sessions gets another id when its browser next asks for a page.
pub fn renew_all(db: &Connection, account: i64) -> Result<()> {
    db.execute("update session set renew = 1 where account = ?1", [account])?;
    Ok(())
}

/// Goes on with a session under another id. The former one holds for a minute, for what its browser has asked for already.
/// None: it was done just now, or the session has ended.
pub fn renew(db: &Connection, secret: &str) -> Result<Option<String>> {
    let renewed = hex(&random_bytes::<32>());
    let now = Instant::now();
    let copied = db.execute(
        "insert into session (hash, account, created_at, last_seen_at, expires_at, agent, network, entrance)
         select ?2, account, created_at, ?3, expires_at, agent, network, entrance from session where hash = ?1 and renew",
        (hash_of(secret), hash_of(&renewed), now),
    )?;
    if copied == 0 {
        return Ok(None);
    }
    db.execute(
        "update session set renew = 0, last_seen_at = ?2, expires_at = ?3 where hash = ?1",
        (hash_of(secret), now, now.plus_seconds(60)),
    )?;
    Ok(Some(renewed))
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
    pub network: String,
    pub door: String,
}

impl Session {
    /// What names it to its owner; it opens nothing.
    pub fn id(&self) -> String {
        hex(&self.hash[..self.hash.len().min(8)])
    }
}

pub fn of_account(db: &Connection, account: i64) -> Result<Vec<Session>> {
    let mut statement = db.prepare_cached(
        "select hash, created_at, last_seen_at, agent, network, entrance from session
         where account = ?1 and expires_at > ?2 order by last_seen_at desc limit 100",
    )?;
    let sessions = statement
        .query_map((account, Instant::now()), |row| {
            Ok(Session {
                hash: row.get("hash")?,
                created_at: row.get("created_at")?,
                last_seen_at: row.get("last_seen_at")?,
                agent: row.get("agent")?,
                network: row.get("network")?,
                door: row.get("entrance")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(sessions)
}

/// Ends one session of an account, by what names it to its owner. False: there is none.
pub fn end_one(db: &Connection, account: i64, id: &str) -> Result<bool> {
    let Some(session) = of_account(db, account)?.into_iter().find(|session| session.id() == id) else {
        return Ok(false);
    };
    db.execute("delete from session where hash = ?1 and account = ?2", (session.hash, account))?;
    Ok(true)
}
