//! Accounts of the site: the people who can sign in.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::names;
use super::outbox::{self, Letter};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::site::random_id;
use crate::base::text::fold;
use crate::base::time::{self, DateStyle, Instant};

#[derive(Debug, Clone)]
pub struct Account {
    pub id: i64,
    pub uuid: String,
    pub login: String,
    pub display_name: String,
    pub email: String,
    /// Whether it is theirs for certain: only then is anything sent there, and do commits of its author act for them.
    pub email_confirmed: bool,
    /// The address that is to take its place, until a link that was sent there is opened. Empty: none.
    pub pending_email: String,
    /// A PHC string; none: can only sign in by link.
    pub password: Option<String>,
    pub admin: bool,
    pub disabled: bool,
    /// Registered, but not let in yet; disabled as long.
    pub waiting: bool,
    /// Nobody's any longer, see [`persons::forget`](super::persons::forget).
    pub forgotten: bool,
    /// An IANA name, or empty for UTC.
    pub time_zone: String,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// Whether single keys are shortcuts.
    pub keys: bool,
    /// Whether pages take the whole width of the window (row K20).
    pub full_width: bool,
    pub date_style: DateStyle,
    /// Where they begin after signing in, and at the site's root: a path of this site. Empty: the projects.
    pub start_page: String,
    pub created_at: Instant,
    pub last_seen_at: Option<Instant>,
}

/// What a new account is made of.
#[derive(Debug, Clone, Default)]
pub struct NewAccount<'a> {
    pub login: &'a str,
    pub display_name: &'a str,
    pub email: &'a str,
    pub password: Option<String>,
    pub admin: bool,
}

/// What people change about themselves.
#[derive(Debug, Clone)]
pub struct Profile<'a> {
    pub display_name: &'a str,
    pub email: &'a str,
    pub time_zone: &'a str,
    pub theme: &'a str,
    pub keys: bool,
    pub full_width: bool,
    /// `relative`, `exact` or `iso`.
    pub date_style: &'a str,
    pub start_page: &'a str,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        login: row.get("login")?,
        display_name: row.get("display_name")?,
        email: row.get("email")?,
        email_confirmed: row.get("email_confirmed")?,
        pending_email: row.get("pending_email")?,
        password: row.get("password")?,
        admin: row.get("admin")?,
        disabled: row.get("disabled")?,
        waiting: row.get("waiting")?,
        forgotten: row.get::<_, Option<Instant>>("forgotten_at")?.is_some(),
        time_zone: row.get("time_zone")?,
        theme: row.get("theme")?,
        keys: row.get("keys")?,
        full_width: row.get("full_width")?,
        date_style: DateStyle::parse(&row.get::<_, String>("date_style")?).unwrap_or_default(),
        start_page: row.get("start_page")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
    })
}

pub fn by_login(db: &Connection, login: &str) -> Result<Option<Account>> {
    Ok(db
        .prepare_cached("select * from account where login_folded = ?1")?
        .query_row([fold(login)], from_row)
        .optional()?)
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<Account>> {
    Ok(db.prepare_cached("select * from account where id = ?1")?.query_row([id], from_row).optional()?)
}

/// Those whose address this is for certain, disabled ones too. Case does not count.
pub fn by_proven_email(db: &Connection, email: &str) -> Result<Vec<Account>> {
    if email.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement =
        db.prepare_cached("select * from account where email_confirmed and email = ?1 collate nocase order by id")?;
    Ok(statement.query_map([email], from_row)?.collect::<rusqlite::Result<_>>()?)
}

pub fn by_uuid(db: &Connection, uuid: &str) -> Result<Option<Account>> {
    Ok(db.prepare_cached("select * from account where uuid = ?1")?.query_row([uuid], from_row).optional()?)
}

/// Sets the address, as an administrator does who knows that it is theirs: it counts as proven.
pub fn set_email(db: &Connection, record: Record<'_>, account: i64, email: &str) -> Result<()> {
    if let Some(problem) = names::email_problem(email) {
        return Err(Error::Invalid(vec![problem]));
    }
    let email = email.trim();
    let before = existing(db, account)?;
    db.execute(
        "update account set email = ?2, email_confirmed = ?3, pending_email = '' where id = ?1",
        (account, email, !email.is_empty()),
    )?;
    tell(db, record, "account.changed", &before)
}

fn existing(db: &Connection, id: i64) -> Result<Account> {
    by_id(db, id)?.ok_or_else(|| Error::not_found("There is no such account."))
}

/// Records what was done with an account, and tells the audit log in what it is another one now.
pub(super) fn tell(db: &Connection, record: Record<'_>, kind: &'static str, before: &Account) -> Result<()> {
    let now = existing(db, before.id)?;
    let event = NewEvent::new(kind, Resource::new("account", before.id), 1)
        .saying("what", &before.login)
        .changing("login", &before.login, &now.login)
        .changing("full_name", &before.display_name, &now.display_name)
        .changing("email", &before.email, &now.email)
        .changing("admin", before.admin, now.admin)
        .changing("disabled", before.disabled, now.disabled);
    record(&event)?;
    Ok(())
}

/// The account of that name, for commands.
pub fn load(db: &Connection, login: &str) -> Result<Account> {
    by_login(db, login)?.ok_or_else(|| Error::not_found(format!("there is no account `{login}`")))
}

/// All that are somebody's.
pub fn list(db: &Connection) -> Result<Vec<Account>> {
    let mut statement = db.prepare_cached("select * from account where forgotten_at is null order by login_folded")?;
    Ok(statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Whether there is anybody who could sign in and administer.
pub fn has_administrator(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from account where admin and not disabled)")?
        .query_row([], |row| row.get(0))?)
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

pub fn create(db: &Connection, record: Record<'_>, new: &NewAccount<'_>) -> Result<Account> {
    create_as(db, record, &random_id(), new)
}

/// The same for whoever has told projects of the account before it is made: by what they know it.
pub fn create_as(db: &Connection, record: Record<'_>, uuid: &str, new: &NewAccount<'_>) -> Result<Account> {
    let mut problems = names::login_problems(db, new.login)?;
    problems.extend(names::name_problem(new.display_name));
    problems.extend(names::email_problem(new.email));
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    db.prepare_cached(
        "insert into account (uuid, login, login_folded, display_name, email, email_confirmed, password, admin, created_at)
         values (:uuid, :login, :folded, :name, :email, 0, :password, :admin, :now)",
    )?
    .execute(named_params! {
        ":uuid": uuid,
        ":login": new.login,
        ":folded": fold(new.login),
        ":name": new.display_name.trim(),
        ":email": new.email.trim(),
        ":password": new.password,
        ":admin": new.admin,
        ":now": Instant::now(),
    })?;
    let id = db.last_insert_rowid();
    let event = NewEvent::new("account.created", Resource::new("account", id), 1).saying("what", new.login);
    record(&event.saying("email", new.email.trim()).saying("admin", new.admin))?;
    by_id(db, id)?.ok_or_else(|| Error::internal("the new account is not there"))
}

/// Saves what people change about themselves. Another address takes effect once it is proven by a link that is sent there;
/// administrators are believed.
pub fn save_profile(db: &Connection, record: Record<'_>, account: &Account, profile: &Profile<'_>) -> Result<()> {
    let mut problems = Vec::new();
    problems.extend(names::name_problem(profile.display_name));
    problems.extend(names::email_problem(profile.email));
    if time::zone(profile.time_zone).is_none() {
        problems.push(Problem::new(
            "time_zone",
            format!("There is no time zone “{}”; use a name such as Europe/Prague.", profile.time_zone),
        ));
    }
    if !["auto", "light", "dark"].contains(&profile.theme) {
        problems.push(Problem::new("theme", "The theme is auto, light or dark."));
    }
    if DateStyle::parse(profile.date_style).is_none() {
        problems.push(Problem::new("date_style", "Dates are relative, exact or iso."));
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    db.prepare_cached(
        "update account set display_name = :name, time_zone = :zone, theme = :theme, keys = :keys,
           full_width = :full_width, date_style = :date_style, start_page = :start_page
         where id = :id",
    )?
    .execute(named_params! {
        ":name": profile.display_name.trim(),
        ":zone": profile.time_zone,
        ":theme": profile.theme,
        ":keys": profile.keys,
        ":full_width": profile.full_width,
        ":date_style": profile.date_style,
        ":start_page": profile.start_page,
        ":id": account.id,
    })?;
    wish_email(db, record, account, profile.email.trim())?;
    tell(db, record, "account.changed", account)
}

/// The address that somebody writes for themselves.
fn wish_email(db: &Connection, record: Record<'_>, account: &Account, email: &str) -> Result<()> {
    if email == account.pending_email && !email.is_empty() {
        return Ok(());
    }
    let pending = if email == account.email || email.is_empty() || account.admin { "" } else { email };
    db.execute("update account set pending_email = ?2 where id = ?1", (account.id, pending))?;
    if !pending.is_empty() {
        return ask_to_confirm(db, account, pending);
    }
    if email == account.email && (account.email_confirmed || !account.admin) {
        return Ok(());
    }
    outbox::tell(db, Letter::Moved, account)?;
    set_email(db, record, account.id, email)
}

/// Sends the link that proves an address, if none is on its way.
pub fn ask_to_confirm(db: &Connection, account: &Account, email: &str) -> Result<()> {
    if outbox::was_just_put(db, Letter::Confirmation, email)? {
        return Ok(());
    }
    outbox::put(db, Letter::Confirmation, Some(account.id), None, email)
}

/// The address is proven, if it is still the one that they want or have.
pub fn confirm_email(db: &Connection, record: Record<'_>, account: i64, email: &str) -> Result<()> {
    let account = existing(db, account)?;
    if email.is_empty() || (email != account.pending_email && email != account.email) {
        return Err(Error::conflict("This is not the address of the account any more."));
    }
    if email != account.email {
        outbox::tell(db, Letter::Moved, &account)?;
    }
    set_email(db, record, account.id, email)
}

/// Saves the full name alone, as the page of a one-time link does.
pub fn save_name(db: &Connection, record: Record<'_>, account: i64, name: &str) -> Result<()> {
    if let Some(problem) = names::name_problem(name) {
        return Err(Error::Invalid(vec![Problem::new("full_name", problem.message)]));
    }
    let before = existing(db, account)?;
    db.execute("update account set display_name = ?2 where id = ?1", (account, name.trim()))?;
    tell(db, record, "account.changed", &before)
}

/// Sets the password (a PHC string) and ends every session but the one given.
pub fn save_password(
    db: &Connection,
    record: Record<'_>,
    account: i64,
    password: &str,
    but: Option<&[u8]>,
) -> Result<()> {
    let before = existing(db, account)?;
    db.execute("update account set password = ?2 where id = ?1", (account, password))?;
    if before.password.is_some() {
        outbox::tell(db, Letter::Changed, &before)?;
    }
    super::sessions::end_all(db, account, but)?;
    super::links::revoke_all(db, account)?;
    tell(db, record, "account.password", &before)
}

/// Disabling ends every session; enabling lets the account sign in again, or for the first time.
pub fn set_disabled(db: &Connection, record: Record<'_>, account: i64, disabled: bool) -> Result<()> {
    let before = existing(db, account)?;
    db.execute(
        "update account set disabled = ?2, waiting = waiting and ?2 where id = ?1 and forgotten_at is null",
        (account, disabled),
    )?;
    if disabled {
        super::sessions::end_all(db, account, None)?;
        super::links::revoke_all(db, account)?;
    }
    tell(db, record, if disabled { "account.disabled" } else { "account.enabled" }, &before)
}
