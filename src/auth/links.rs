//! One-time links: each is made for one purpose, for one account or address, and works once (trackers.md e2, class 18).
//!
//! What a link does is read from its row and never from the request, so that none can be used for another purpose. Only
//! hashes are kept; whoever makes one shows or sends it there and then.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::accounts;
use super::sessions::hash_of;
use crate::base::error::Result;
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// What opening a link lets somebody do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a password: made by an administrator, for the first one of all or for somebody invited.
    Invitation,
    /// Choose a new password: asked for by whoever has forgotten theirs.
    Reset,
    /// Prove that an address is theirs.
    Confirmation,
    /// Prove that an address is theirs, and choose name and password of a new account.
    Registration,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::Invitation, Self::Reset, Self::Confirmation, Self::Registration];

    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            Self::Confirmation => "confirmation",
            Self::Registration => "registration",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    /// For so long one can be opened.
    fn seconds(self) -> i64 {
        match self {
            Self::Invitation => 7 * 86_400,
            Self::Reset => 2 * 3_600,
            Self::Confirmation | Self::Registration => 2 * 86_400,
        }
    }
}

/// Whom a link is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bearer<'a> {
    /// None: for the first administrator, or somebody who registers; they are still to choose a name.
    pub account: Option<i64>,
    pub registration: Option<i64>,
    /// The address that opening it proves, if any.
    pub email: &'a str,
}

/// A link that can still be used.
#[derive(Debug, Clone)]
pub struct Link {
    pub purpose: Purpose,
    pub account: Option<i64>,
    pub registration: Option<i64>,
    pub email: String,
    pub expires_at: Instant,
}

/// Makes a link on which a password is chosen, for an account or for the first administrator, tells of it, and returns its
/// token.
pub fn create(db: &Connection, record: Record<'_>, account: Option<i64>) -> Result<String> {
    let what = match account {
        Some(id) => accounts::by_id(db, id)?.map(|account| account.login).unwrap_or_default(),
        None => "the first administrator".to_owned(),
    };
    record(
        &NewEvent::new("link.created", Resource::new("account", account.unwrap_or_default()), 1).saying("what", &what),
    )?;
    create_for(db, Purpose::Invitation, &Bearer { account, ..Bearer::default() })
}

/// Makes a link and returns its token; earlier ones for the same purpose and person lose their power.
pub fn create_for(db: &Connection, purpose: Purpose, bearer: &Bearer<'_>) -> Result<String> {
    let token = hex(&random_bytes::<24>());
    let now = Instant::now();
    db.execute(
        "delete from sign_in_link where expires_at < :now
           or (purpose = :purpose and account is :account and registration is :registration and used_at is null)",
        named_params! {
            ":now": now,
            ":purpose": purpose.name(),
            ":account": bearer.account,
            ":registration": bearer.registration,
        },
    )?;
    db.execute(
        "insert into sign_in_link (hash, purpose, account, registration, email, created_at, expires_at)
         values (:hash, :purpose, :account, :registration, :email, :now, :expires)",
        named_params! {
            ":hash": hash_of(&token),
            ":purpose": purpose.name(),
            ":account": bearer.account,
            ":registration": bearer.registration,
            ":email": bearer.email,
            ":now": now,
            ":expires": now.plus_seconds(purpose.seconds()),
        },
    )?;
    Ok(token)
}

pub fn find(db: &Connection, token: &str) -> Result<Option<Link>> {
    let found = db
        .prepare_cached(
            "select purpose, account, registration, email, expires_at from sign_in_link
             where hash = ?1 and used_at is null and expires_at > ?2",
        )?
        .query_row((hash_of(token), Instant::now()), |row| {
            let purpose: String = row.get("purpose")?;
            let Some(purpose) = Purpose::parse(&purpose) else { return Ok(None) };
            Ok(Some(Link {
                purpose,
                account: row.get("account")?,
                registration: row.get("registration")?,
                email: row.get("email")?,
                expires_at: row.get("expires_at")?,
            }))
        })
        .optional()?;
    Ok(found.flatten())
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

/// Takes their power from all links of an account.
pub fn revoke_all(db: &Connection, account: i64) -> Result<()> {
    db.execute("delete from sign_in_link where account = ?1", [account])?;
    Ok(())
}
