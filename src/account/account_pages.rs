//! `/-/admin/accounts/<login>`: one account as its administrators see it, and all that they can do with it.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::accounts_pages::{self, href_of};
use super::sessions_pages::SessionRow;
use crate::auth::accounts::{self, Account};
use crate::auth::{groups, links, outside, persons, registration, second_factor, sessions};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

pub(super) fn routes() -> Vec<Route> {
    routes![show, act]
}

#[derive(Serialize)]
struct AccountPage {
    panels: Vec<PanelGroup>,
    href: String,
    list_href: String,
    login: String,
    full_name: String,
    email: String,
    pending_email: String,
    proven: bool,
    admin: bool,
    disabled: bool,
    waiting: bool,
    itself: bool,
    has_password: bool,
    made: When,
    seen: Option<When>,
    second_factor: Option<When>,
    vouched_by: Vec<String>,
    groups: Vec<String>,
    sessions: Vec<SessionRow>,
    about: String,
    link: Option<String>,
    problems: Vec<Problem>,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account/account.html";
}

/// What an administrator does with an account: the last part of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Rename,
    Email,
    Admin,
    NoAdmin,
    Disable,
    Enable,
    Approve,
    Link,
    SecondFactor,
    Sessions,
    Forget,
}

impl Deed {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "rename" => Self::Rename,
            "email" => Self::Email,
            "admin" => Self::Admin,
            "no-admin" => Self::NoAdmin,
            "disable" => Self::Disable,
            "enable" => Self::Enable,
            "approve" => Self::Approve,
            "link" => Self::Link,
            "second-factor" => Self::SecondFactor,
            "sessions" => Self::Sessions,
            "forget" => Self::Forget,
            _ => return None,
        })
    }
}

#[get("/-/admin/accounts/<login>")]
async fn show(visit: Visit, login: String) -> Answer {
    visit
        .answer(move |desk| {
            let account = found(desk, &login)?;
            if desk.visit.wants_json() {
                return Answer::json(&accounts_pages::as_json(&account));
            }
            page(desk, &account, None, Vec::new())
        })
        .await
}

#[post("/-/admin/accounts/<login>/<deed>", data = "<data>")]
async fn act(visit: Visit, login: String, deed: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let account = found(desk, &login)?;
            let deed = Deed::parse(&deed).ok_or_else(nothing)?;
            match done(desk, form, &account, deed) {
                Err(Error::Invalid(problems)) if !form.json => page(desk, &account, None, problems),
                other => other,
            }
        })
        .await
}

fn nothing() -> Error {
    Error::not_found("There is no page at this address.")
}

fn found(desk: &Desk, login: &str) -> Result<Account> {
    require_administrator(desk)?;
    desk.site().read(|db| accounts::by_login(db, login))?.filter(|account| !account.forgotten).ok_or_else(nothing)
}

fn done(desk: &Desk, form: &Form, account: &Account, deed: Deed) -> Result<Answer> {
    let by = desk.account.as_ref().map(|account| account.id);
    let site = desk.site();
    let itself = by == Some(account.id);
    if itself && matches!(deed, Deed::Disable | Deed::Forget | Deed::NoAdmin) {
        return Err(Error::conflict("This is your own account: another administrator can do that."));
    }
    let write =
        |act: &dyn Fn(&Connection, Record<'_>) -> Result<()>| site.write(by, Via::Web, |db, record| act(db, record));
    let mut login = account.login.clone();
    let told = match deed {
        Deed::Rename => {
            login = form.text("user").trim().to_owned();
            persons::rename(site, by, Via::Web, account, &login)?;
            "The account has another name. The old one still leads to it."
        }
        Deed::Email => {
            write(&|db, record| accounts::set_email(db, record, account.id, form.text("email")))?;
            "The address is set, and counts as proven."
        }
        Deed::Admin => {
            write(&|db, record| persons::set_admin(db, record, account, true))?;
            "The account administers the site. All its sessions have ended."
        }
        Deed::NoAdmin => {
            write(&|db, record| persons::set_admin(db, record, account, false))?;
            "The account is like all others. All its sessions have ended."
        }
        Deed::Disable => {
            write(&|db, record| {
                persons::require_another_administrator(db, account)?;
                accounts::set_disabled(db, record, account.id, true)
            })?;
            "The account is shut out, and all its sessions have ended."
        }
        Deed::Enable => {
            write(&|db, record| accounts::set_disabled(db, record, account.id, false))?;
            "The account can sign in again."
        }
        Deed::Approve => {
            write(&|db, record| registration::approve(db, record, account))?;
            "They are let in, and a mail tells them so."
        }
        Deed::SecondFactor => {
            write(&|db, record| second_factor::disable(db, record, account))?;
            "The second factor is gone, and all sessions have ended."
        }
        Deed::Sessions => {
            write(&|db, record| {
                sessions::end_all(db, account.id, None)?;
                record(&NewEvent::new("session.ended", Resource::new("account", account.id), 1))?;
                Ok(())
            })?;
            "All sessions have ended."
        }
        Deed::Link => return link(desk, form, account, by),
        Deed::Forget => {
            if form.text("confirm").trim() != account.login {
                let message = "Type the login name of the account, so that nobody is forgotten by mistake.";
                return Err(Error::invalid("confirm", message));
            }
            persons::forget(site, by, Via::Web, account)?;
            let told = "Forgotten. What they wrote stays, under a name that says nothing.";
            return Ok(Answer::see(&format!("{}{}", desk.base(), accounts_pages::PATH)).telling(desk, told));
        }
    };
    Ok(Answer::see(&href_of(desk, &login)).telling(desk, told))
}

/// A link to choose a password; the answer itself shows it, so that it stands in no address and no cookie.
fn link(desk: &Desk, form: &Form, account: &Account, by: Option<i64>) -> Result<Answer> {
    if account.disabled {
        return Err(Error::conflict("The account is disabled; enable it first."));
    }
    let token = desk.site().write(by, Via::Web, |db, record| links::create(db, record, Some(account.id)))?;
    let link = desk.web().address.absolute(&format!("{}/-/link/{token}", desk.base()));
    if form.json {
        let answer = Answer::created(desk, &href_of(desk, &account.login), &serde_json::json!({ "link": link }))?;
        return Ok(answer.header("Cache-Control", "no-store"));
    }
    page(desk, account, Some(link), Vec::new())
}

fn page(desk: &Desk, account: &Account, link: Option<String>, problems: Vec<Problem>) -> Result<Answer> {
    let zone = desk.principal.zone();
    let href = href_of(desk, &account.login);
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = desk.site().read(|db| {
        Ok(AccountPage {
            panels: panels::of_site(desk, accounts_pages::PATH),
            href,
            list_href: format!("{}{}", desk.base(), accounts_pages::PATH),
            login: account.login.clone(),
            full_name: account.display_name.clone(),
            email: account.email.clone(),
            pending_email: account.pending_email.clone(),
            proven: account.email_confirmed,
            admin: account.admin,
            disabled: account.disabled,
            waiting: account.waiting,
            itself: desk.account.as_ref().is_some_and(|own| own.id == account.id),
            has_password: account.password.is_some(),
            made: account.created_at.when(&zone),
            seen: account.last_seen_at.map(|at| at.when(&zone)),
            second_factor: second_factor::since(db, account.id)?.map(|at| at.when(&zone)),
            vouched_by: outside::of_account(db, account.id)?,
            groups: groups::names(db, &groups::of_account(db, account.id)?)?,
            sessions: SessionRow::all(sessions::of_account(db, account.id)?, None, &zone),
            about: registration::of_account(db, account.id)?.map(|wish| wish.about).unwrap_or_default(),
            link,
            problems,
        })
    })?;
    let answer = Sheet::new(account.login.clone(), page).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}
