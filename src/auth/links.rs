//! One-time links: they let the first administrator and invited people in to choose a password.

use rusqlite::{Connection, OptionalExtension};

use super::sessions::hash_of;
use crate::base::error::Result;
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;

const LIFETIME_SECONDS: i64 = 7 * 86_400;

/// A link that can still be used.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// None: for the first administrator, who is still to choose a name.
    pub account: Option<i64>,
    pub expires_at: Instant,
}

/// Makes a link and returns its token; earlier ones for the same account lose their power.
pub fn create(db: &Connection, account: Option<i64>) -> Result<String> {
    let token = hex(&random_bytes::<24>());
    let now = Instant::now();
    db.execute(
        "delete from sign_in_link where (account is ?1 and used_at is null) or expires_at < ?2",
        (account, now),
    )?;
    db.execute(
        "insert into sign_in_link (hash, account, created_at, expires_at) values (?1, ?2, ?3, ?4)",
        (hash_of(&token), account, now, now.plus_seconds(LIFETIME_SECONDS)),
    )?;
    Ok(token)
}

pub fn find(db: &Connection, token: &str) -> Result<Option<Link>> {
    Ok(db
        .prepare_cached(
            "select account, expires_at from sign_in_link where hash = ?1 and used_at is null and expires_at > ?2",
        )?
        .query_row((hash_of(token), Instant::now()), |row| Ok(Link { account: row.get(0)?, expires_at: row.get(1)? }))
        .optional()?)
}

/// Spends the link; false if somebody was faster.
pub fn spend(db: &Connection, token: &str) -> Result<bool> {
    let now = Instant::now();
    let spent = db.execute(
        "update sign_in_link set used_at = ?2 where hash = ?1 and used_at is null and expires_at > ?2",
        (hash_of(token), now),
    )?;
    Ok(spent == 1)
}
