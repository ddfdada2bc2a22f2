//! How accounts come to be: somebody is invited, or registers, proves an address and is let in by an administrator.
//!
//! Nobody learns here whether a name or an address is known: what is asked for by anybody has one answer and one cost, and
//! only mail tells the difference, to whoever owns the address (trackers.md e2, classes 14 and 21).

use rusqlite::{Connection, OptionalExtension, named_params};

use super::accounts::{self, Account, NewAccount};
use super::outbox::{self, Letter};
use super::{groups, links, names};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::time::Instant;

pub const REGISTRATION: Setting = Setting {
    name: "accounts.registration",
    scope: Scope::Site,
    values: Values::Choice(&["closed", "invitation", "roster", "open"]),
    default: "invitation",
    doc: "How accounts come to be: `closed`: by the command line alone; `invitation`: administrators invite people as well; \
          `roster`: only whoever stands in the roster of a project; `open`: everybody may register, and an administrator lets \
          them in.",
};

/// A registration whose address was not proven is forgotten after so many days.
const KEPT_DAYS: i64 = 7;
/// No more than these wait for their address to be proven: what comes beyond is made by machines.
const MOST_UNPROVEN: i64 = 1000;
const LONGEST_ABOUT: usize = 2000;

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// Who is to have an account.
#[derive(Debug, Clone, Copy)]
pub struct Invitation<'a> {
    pub login: &'a str,
    pub full_name: &'a str,
    /// Where the invitation goes, taken as proven. Empty: the link is handed over by other means.
    pub email: &'a str,
    /// Names of groups that exist.
    pub groups: &'a [String],
}

/// Makes an account and invites its owner to choose a password.
pub fn invite(db: &Connection, record: Record<'_>, invitation: &Invitation<'_>) -> Result<Account> {
    let email = invitation.email.trim();
    let new =
        NewAccount { login: invitation.login, display_name: invitation.full_name, email, ..NewAccount::default() };
    let account = accounts::create(db, record, &new)?;
    if !email.is_empty() {
        accounts::set_email(db, record, account.id, email)?;
        outbox::put(db, Letter::Invitation, Some(account.id), None, email)?;
    }
    for group in invitation.groups {
        groups::add(db, record, group, std::slice::from_ref(&account.login))?;
    }
    Ok(account)
}

/// Somebody who would like an account.
#[derive(Debug, Clone)]
pub struct Registration {
    pub id: i64,
    pub email: String,
    pub full_name: String,
    /// Why, in their words.
    pub about: String,
    pub created_at: Instant,
}

/// What somebody writes who registers.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub email: &'a str,
    pub full_name: &'a str,
    pub about: &'a str,
}

/// Takes a registration. Whoever has an account with that address already is told so by mail, and by nothing else.
pub fn register(db: &Connection, record: Record<'_>, wish: &Wish<'_>) -> Result<()> {
    let email = wish.email.trim();
    let mut problems: Vec<Problem> = names::email_problem(email).into_iter().collect();
    if email.is_empty() {
        problems.push(Problem::new("email", "An e-mail address is needed."));
    }
    problems.extend(names::name_problem(wish.full_name));
    if wish.about.chars().count() > LONGEST_ABOUT {
        problems.push(Problem::new("about", format!("This takes at most {LONGEST_ABOUT} characters.")));
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let now = Instant::now();
    let known = accounts::by_proven_email(db, email)?.into_iter().next();
    let letter = if known.is_some() { Letter::Known } else { Letter::Registration };
    let repeated = outbox::was_just_put(db, letter, email)?;
    record(&NewEvent::new("account.registration", Resource::new("account", 0), 1))?;
    match known {
        Some(account) if !account.disabled && !repeated => outbox::put(db, letter, Some(account.id), None, email),
        None if !repeated => {
            db.execute(
                "delete from registration where account is null and (email = ?1 collate nocase or created_at < ?2)",
                (email, now.plus_seconds(-KEPT_DAYS * 86_400)),
            )?;
            let unproven: i64 =
                db.query_row("select count(*) from registration where account is null", [], |row| row.get(0))?;
            if unproven >= MOST_UNPROVEN {
                log::warn!("a registration was not taken: {unproven} wait for their address to be proven");
                return Ok(());
            }
            db.execute(
                "insert into registration (email, full_name, about, created_at) values (:email, :name, :about, :now)",
                named_params! {
                    ":email": email,
                    ":name": wish.full_name.trim(),
                    ":about": wish.about.trim(),
                    ":now": now,
                },
            )?;
            outbox::put(db, letter, None, Some(db.last_insert_rowid()), email)
        }
        _ => Ok(()),
    }
}

/// Makes the account of somebody who has proven the address and chosen a name and a password. It waits for an administrator.
pub fn complete(
    db: &Connection,
    record: Record<'_>,
    link: &links::Link,
    login: &str,
    full_name: &str,
    password: String,
) -> Result<Account> {
    let gone = || Error::not_found("This registration is not there any more. Please register again.");
    let id = link.registration.ok_or_else(gone)?;
    let registration = load(db, id)?.ok_or_else(gone)?;
    if !accounts::by_proven_email(db, &registration.email)?.is_empty() {
        return Err(Error::conflict("There is an account with this address already. Sign in with it."));
    }
    let new = NewAccount {
        login,
        display_name: full_name,
        email: &registration.email,
        password: Some(password),
        admin: false,
    };
    let account = accounts::create(db, record, &new)?;
    db.execute("update account set email_confirmed = 1, disabled = 1, waiting = 1 where id = ?1", [account.id])?;
    db.execute("update registration set account = ?2 where id = ?1", (id, account.id))?;
    accounts::by_id(db, account.id)?.ok_or_else(gone)
}

fn load(db: &Connection, id: i64) -> Result<Option<Registration>> {
    Ok(db
        .prepare_cached("select * from registration where id = ?1 and account is null")?
        .query_row([id], from_row)
        .optional()?)
}

/// What an account wrote when it registered, as long as it waits.
pub fn of_account(db: &Connection, account: i64) -> Result<Option<Registration>> {
    Ok(db.prepare_cached("select * from registration where account = ?1")?.query_row([account], from_row).optional()?)
}

/// What somebody has written who holds a link to go on with their registration.
pub fn of_link(db: &Connection, link: &links::Link) -> Result<Option<Registration>> {
    link.registration.map(|id| load(db, id)).transpose().map(Option::flatten)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Registration> {
    Ok(Registration {
        id: row.get("id")?,
        email: row.get("email")?,
        full_name: row.get("full_name")?,
        about: row.get("about")?,
        created_at: row.get("created_at")?,
    })
}

/// Lets somebody in who has registered.
pub fn approve(db: &Connection, record: Record<'_>, account: &Account) -> Result<()> {
    if !account.waiting {
        return Err(Error::conflict(format!("`{}` does not wait to be let in", account.login)));
    }
    db.execute("update account set waiting = 0, disabled = 0 where id = ?1", [account.id])?;
    db.execute("delete from registration where account = ?1", [account.id])?;
    accounts::tell(db, record, "account.approved", account)?;
    outbox::tell(db, Letter::Approved, account)
}

/// Asks for new passwords for whoever is meant by a name or a proven address. Whether there is anybody shows in nothing but
/// the mail.
pub fn ask_for_reset(db: &Connection, record: Record<'_>, who: &str) -> Result<()> {
    let who = who.trim();
    let mut meant = accounts::by_proven_email(db, who)?;
    meant.extend(accounts::by_login(db, who)?.filter(|account| account.email_confirmed));
    record(&NewEvent::new("account.reset_asked", Resource::new("account", meant.first().map_or(0, |one| one.id)), 1))?;
    for account in meant.iter().filter(|account| !account.disabled) {
        // Whoever signs in elsewhere has no password here, and gets none by mail.
        let signs_in_elsewhere = account.password.is_none() && super::outside::is_known(db, account.id)?;
        if !signs_in_elsewhere && !outbox::was_just_put(db, Letter::Reset, &account.email)? {
            outbox::tell(db, Letter::Reset, account)?;
        }
    }
    Ok(())
}
