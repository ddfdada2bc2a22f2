//! An account by another name, and an account that is forgotten: in `site.db` and in every project that has met it.
//!
//! History refers to rows and not to names, so neither rewrites it. No two databases are changed at once: each step can be
//! done again, and one that failed half-way is finished by doing it again.

use rusqlite::{Connection, named_params};

use super::accounts::{self, Account};
use super::{names, sessions};
use crate::base::audit::{self, Forgotten};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::project::{forget_person, rename_person};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::text::fold;
use crate::base::time::Instant;

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// What nobody else is called.
pub(super) const FORMER: &str = "former-";

/// What belongs to an account and goes with it. Each of these tables has a column `account`.
const BELONGINGS: [&str; 11] = [
    "session", "api_token", "feed_token", "sign_in_link", "outbox", "registration", "second_factor", "recovery_code",
    "outside_identity", "account_group_member", "account_former_login",
];

/// Gives an account another name. The old one goes on leading to it, and nobody else gets it.
pub fn rename(site: &Site, by: Option<i64>, via: Via, account: &Account, login: &str) -> Result<()> {
    let renamed = site.write(by, via, |db, record| {
        set_login(db, record, account, login)?;
        accounts::by_id(db, account.id)?.ok_or_else(|| Error::internal("the renamed account is not there"))
    })?;
    follow_name(site, &renamed)
}

fn set_login(db: &Connection, record: Record<'_>, account: &Account, login: &str) -> Result<()> {
    let problems = names::login_problems_but(db, login, Some(account.id))?;
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    db.execute("delete from account_former_login where login_folded = ?1", [fold(login)])?;
    if fold(login) != fold(&account.login) {
        db.execute(
            "insert or ignore into account_former_login (login_folded, account) values (?1, ?2)",
            (fold(&account.login), account.id),
        )?;
    }
    db.execute("update account set login = ?2, login_folded = ?3 where id = ?1", (account.id, login, fold(login)))?;
    accounts::tell(db, record, "account.renamed", account)
}

/// Lets every project know what an account is called now. One that can't be opened learns of it when they next act there.
pub fn follow_name(site: &Site, account: &Account) -> Result<()> {
    for row in site.kept_projects()? {
        let told = site
            .project(&row)
            .and_then(|project| rename_person(&project, &account.uuid, &account.login, &account.display_name));
        if let Err(error) = told {
            log::warn!("project {}: {} has another name, which it was not told: {error}", row.name, account.uuid);
        }
    }
    Ok(())
}

/// Forgets who an account was: what is left is a number that history refers to. There is no way back.
pub fn forget(site: &Site, by: Option<i64>, via: Via, account: &Account) -> Result<()> {
    let neutral = format!("{FORMER}{}", account.id);
    site.write(by, via, |db, record| {
        require_another_administrator(db, account)?;
        accounts::set_disabled(db, record, account.id, true)
    })?;
    let mut texts = site.read(|db| names::former_logins(db, account.id))?;
    texts.extend([&account.login, &account.display_name, &account.email, &account.pending_email].map(String::clone));
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for row in site.kept_projects()? {
        let project = site.project(&row)?;
        forget_person(&project, &account.uuid, &neutral, &texts).map_err(|error| error.during(&row.name))?;
    }
    site.write(by, via, |db, record| {
        for table in BELONGINGS {
            db.execute(&format!("delete from {table} where account = ?1"), [account.id])?;
        }
        db.execute(
            "update account set login = :login, login_folded = :login, display_name = '', email = '', email_confirmed = 0,
               pending_email = '', password = null, admin = 0, disabled = 1, waiting = 0, time_zone = '', theme = 'auto',
               keys = 1, full_width = 0, date_style = 'relative', start_page = '', last_seen_at = null, forgotten_at = :now
             where id = :id",
            named_params! { ":id": account.id, ":login": neutral, ":now": Instant::now() },
        )?;
        record(&NewEvent::new("account.forgotten", Resource::new("account", account.id), 1))?;
        let resource = Resource::new("account", account.id);
        audit::erase(db, &Forgotten { resource: &resource, texts: &texts }).map(|_| ())
    })
}

/// Makes somebody an administrator of the site, or an account like others. All their sessions end: new rights, new ids.
pub fn set_admin(db: &Connection, record: Record<'_>, account: &Account, admin: bool) -> Result<()> {
    if !admin {
        require_another_administrator(db, account)?;
    }
    db.execute("update account set admin = ?2 where id = ?1", (account.id, admin))?;
    sessions::end_all(db, account.id, None)?;
    accounts::tell(db, record, if admin { "account.admin" } else { "account.no_admin" }, account)
}

/// The site must not be left without anybody who administers it.
pub fn require_another_administrator(db: &Connection, account: &Account) -> Result<()> {
    let others: bool = db
        .prepare_cached("select exists (select 1 from account where admin and not disabled and id <> ?1)")?
        .query_row([account.id], |row| row.get(0))?;
    if account.admin && !others {
        let who = &account.login;
        return Err(Error::conflict(format!(
            "{who} is the only administrator of the site; make somebody else one first"
        )));
    }
    Ok(())
}
