//! Who vouches for an account elsewhere: an issuer and the name that it has given to somebody, the two together.

use rusqlite::{Connection, OptionalExtension};

use crate::base::error::Result;
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::time::Instant;

pub const OIDC_ISSUER: Setting = Setting {
    name: "oidc.issuer",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "Another place that vouches for people, by OpenID Connect: its address, as in `https://id.example.org/realm`. Empty: \
          none. It must be https unless it is this machine.",
};

pub const OIDC_NAME: Setting = Setting {
    name: "oidc.name",
    scope: Scope::Site,
    values: Values::Text,
    default: "single sign-on",
    doc: "How the button on the sign-in page calls the place that vouches for people.",
};

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// The account of that person there, disabled ones too.
pub fn find(db: &Connection, issuer: &str, subject: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select account from outside_identity where issuer = ?1 and subject = ?2")?
        .query_row([issuer, subject], |row| row.get(0))
        .optional()?)
}

/// Ties an account to a person there.
pub fn tie(db: &Connection, record: Record<'_>, account: i64, issuer: &str, subject: &str) -> Result<()> {
    db.execute(
        "insert into outside_identity (issuer, subject, account, linked_at) values (?1, ?2, ?3, ?4)",
        (issuer, subject, account, Instant::now()),
    )?;
    record(&NewEvent::new("account.tied", Resource::new("account", account), 1))?;
    Ok(())
}

pub fn used(db: &Connection, issuer: &str, subject: &str) -> Result<()> {
    db.execute(
        "update outside_identity set last_used_at = ?3 where issuer = ?1 and subject = ?2",
        (issuer, subject, Instant::now()),
    )?;
    Ok(())
}

/// Whether anybody vouches for the account.
pub fn is_known(db: &Connection, account: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from outside_identity where account = ?1)")?
        .query_row([account], |row| row.get(0))?)
}

/// The issuers that vouch for an account.
pub fn of_account(db: &Connection, account: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select issuer from outside_identity where account = ?1 order by issuer")?;
    Ok(statement.query_map([account], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Unties an account from whoever vouches for it.
pub fn untie(db: &Connection, record: Record<'_>, account: i64) -> Result<()> {
    if db.execute("delete from outside_identity where account = ?1", [account])? > 0 {
        record(&NewEvent::new("account.untied", Resource::new("account", account), 1))?;
    }
    Ok(())
}
