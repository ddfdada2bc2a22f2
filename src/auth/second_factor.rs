//! The second factor: six digits from an app (TOTP, RFC 6238), and ten codes to be kept on paper, each of which works once.
//!
//! A code counts once: the newest time step that was taken is kept, and moved on by one statement that only one of several
//! at the same time can win (trackers.md e2, class 20).

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use super::accounts::{self, Account};
use super::outbox::{self, Letter};
use super::sessions;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;

pub const SECOND_FACTOR: Setting = Setting {
    name: "accounts.second_factor",
    scope: Scope::Site,
    values: Values::Choice(&["optional", "administrators", "everybody"]),
    default: "optional",
    doc: "Who needs a second factor to sign in with a password. Whoever has none sets it up at the next sign-in.",
};

const RECOVERY_CODES: usize = 10;

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// A secret for an app, in base 32, that belongs to nobody yet.
pub fn new_secret() -> String {
    Secret::from(random_bytes::<20>().to_vec()).to_base32()
}

/// The address that apps read from a picture.
pub fn address(secret: &str, site: &str, login: &str) -> String {
    let encoded =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    // Both parts are parted by a colon, so neither may hold one.
    let (site, login) = (encoded(&site.replace(':', " ")), encoded(&login.replace(':', " ")));
    format!("otpauth://totp/{site}:{login}?secret={secret}&issuer={site}")
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).build().ok()
}

/// The time step of a code that is right now; one step before and after are forgiven.
fn step_of(secret: &str, code: &str) -> Option<i64> {
    let code: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    let now = u64::try_from(Instant::now().seconds()).ok()?;
    let step = totp(secret)?.check(&code, now)?;
    i64::try_from(step).ok()
}

pub fn is_on(db: &Connection, account: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from second_factor where account = ?1)")?
        .query_row([account], |row| row.get(0))?)
}

/// Since when an account has a second factor.
pub fn since(db: &Connection, account: i64) -> Result<Option<Instant>> {
    Ok(db
        .prepare_cached("select since from second_factor where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?)
}

/// Whether somebody may not sign in with a password alone.
pub fn is_required(db: &Connection, account: &Account) -> Result<bool> {
    Ok(match SECOND_FACTOR.text(db)?.as_str() {
        "everybody" => true,
        "administrators" => account.admin,
        _ => false,
    })
}

/// Takes a secret as an account's second factor, if the code is of it. Ends all sessions and returns new recovery codes.
pub fn enable(db: &Connection, record: Record<'_>, account: &Account, secret: &str, code: &str) -> Result<Vec<String>> {
    if is_on(db, account.id)? {
        return Err(Error::conflict("There is a second factor already. Switch it off first."));
    }
    let step = step_of(secret, code)
        .ok_or_else(|| Error::invalid("code", "This is not the code that the app shows now. Is its clock right?"))?;
    db.execute(
        "insert into second_factor (account, secret, last_step, since) values (?1, ?2, ?3, ?4)",
        (account.id, secret, step, Instant::now()),
    )?;
    sessions::end_all(db, account.id, None)?;
    let codes = make_codes(db, account.id)?;
    accounts::tell(db, record, "account.second_factor_on", account)?;
    outbox::tell(db, Letter::Changed, account)?;
    Ok(codes)
}

/// Switches it off, and ends all sessions.
pub fn disable(db: &Connection, record: Record<'_>, account: &Account) -> Result<()> {
    if !is_on(db, account.id)? {
        return Err(Error::conflict("There is no second factor."));
    }
    remove(db, account.id)?;
    sessions::end_all(db, account.id, None)?;
    accounts::tell(db, record, "account.second_factor_off", account)?;
    outbox::tell(db, Letter::Changed, account)
}

/// Forgets secret and codes.
pub(super) fn remove(db: &Connection, account: i64) -> Result<()> {
    db.execute("delete from second_factor where account = ?1", [account])?;
    db.execute("delete from recovery_code where account = ?1", [account])?;
    Ok(())
}

/// Makes new recovery codes; the former ones are worth nothing any more.
pub fn renew_codes(db: &Connection, record: Record<'_>, account: i64) -> Result<Vec<String>> {
    let codes = make_codes(db, account)?;
    record(&NewEvent::new("account.recovery_codes", Resource::new("account", account), 1))?;
    Ok(codes)
}

fn make_codes(db: &Connection, account: i64) -> Result<Vec<String>> {
    db.execute("delete from recovery_code where account = ?1", [account])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let digits = hex(&random_bytes::<8>());
        let code = [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join("-");
        db.execute("insert into recovery_code (account, hash) values (?1, ?2)", (account, hash_of(account, &code)))?;
        codes.push(code);
    }
    Ok(codes)
}

/// How many recovery codes are left.
pub fn codes_left(db: &Connection, account: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("select count(*) from recovery_code where account = ?1 and used_at is null")?
        .query_row([account], |row| row.get(0))?)
}

/// Takes a code of the app or from the paper, once. Within the transaction of whatever it allows.
pub fn take(db: &Connection, record: Record<'_>, account: i64, code: &str) -> Result<bool> {
    let secret: Option<String> = db
        .prepare_cached("select secret from second_factor where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    let Some(secret) = secret else { return Ok(false) };
    if let Some(step) = step_of(&secret, code) {
        let taken = db.execute(
            "update second_factor set last_step = ?2 where account = ?1 and last_step < ?2",
            (account, step),
        )?;
        return Ok(taken == 1);
    }
    let taken = db.execute(
        "update recovery_code set used_at = ?3 where account = ?1 and hash = ?2 and used_at is null",
        (account, hash_of(account, code), Instant::now()),
    )?;
    if taken == 1 {
        record(&NewEvent::new("account.recovery_code", Resource::new("account", account), 1))?;
    }
    Ok(taken == 1)
}

/// Written large or small, with hyphens or without: the same code. Of another account it is another one.
fn hash_of(account: i64, code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut digest = Sha256::new();
    digest.update(account.to_be_bytes());
    digest.update(plain.to_ascii_lowercase());
    digest.finalize().to_vec()
}

/// The code that an app shows for a secret at a moment, for tests of the whole program.
pub fn code_at(secret: &str, at: Instant) -> Option<String> {
    let at = u64::try_from(at.seconds()).ok()?;
    Some(totp(secret)?.generate(at).to_string())
}
