//! `/-/admin/accounts`: who has an account, who would like one, and inviting people.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use crate::auth::accounts::{self, Account};
use crate::auth::links;
use crate::auth::registration::{self, Invitation, REGISTRATION};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::text::fold;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::paging::{self, Paging};
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit, address};

pub const PATH: &str = "/-/admin/accounts";
const PER_PAGE: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    routes![show, invite]
}

#[derive(Serialize)]
struct AccountsPage {
    panels: Vec<PanelGroup>,
    href: String,
    shows: Vec<Show>,
    search: String,
    show: String,
    accounts: Vec<AccountRow>,
    paging: Paging,
    invites: bool,
    invitation: Typed,
    problems: Vec<Problem>,
    /// Of somebody who was just invited and has no address: shown this once.
    link: Option<String>,
    link_for: String,
}

impl Page for AccountsPage {
    const TEMPLATE: &'static str = "account/accounts.html";
}

/// A choice of accounts.
#[derive(Serialize)]
struct Show {
    label: &'static str,
    href: String,
    current: bool,
    count: usize,
}

#[derive(Serialize)]
struct AccountRow {
    login: String,
    full_name: String,
    email: String,
    proven: bool,
    admin: bool,
    disabled: bool,
    waiting: bool,
    seen: Option<When>,
    href: String,
}

#[derive(Serialize, Default)]
struct Typed {
    user: String,
    full_name: String,
    email: String,
    groups: String,
}

#[get("/-/admin/accounts")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            page(desk, Typed::default(), Vec::new(), None)
        })
        .await
}

#[post("/-/admin/accounts", data = "<data>")]
async fn invite(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            require_administrator(desk)?;
            invited(desk, form)
        })
        .await
}

fn invited(desk: &Desk, form: &Form) -> Result<Answer> {
    if !desk.site().read(invites)? {
        return Err(Error::conflict(
            "This site takes nobody by invitation: the setting accounts.registration says so.",
        ));
    }
    let login = form.text("user").trim();
    let groups: Vec<String> = form
        .text("groups")
        .split([',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let invitation =
        Invitation { login, full_name: form.text("full_name"), email: form.text("email"), groups: &groups };
    let by = desk.account.as_ref().map(|account| account.id);
    let made = desk.site().write(by, Via::Web, |db, record| {
        let account = registration::invite(db, record, &invitation).map_err(|error| match error {
            // The only thing that can be missing here.
            Error::NotFound(what) => Error::invalid("groups", what),
            other => other,
        })?;
        let link = if account.email.is_empty() { Some(links::create(db, record, Some(account.id))?) } else { None };
        Ok((account, link))
    });
    match made {
        Ok((account, link)) => {
            let link = link.map(|token| desk.web().address.absolute(&format!("{}/-/link/{token}", desk.base())));
            let href = href_of(desk, &account.login);
            if form.json {
                let value = json!({ "login": account.login, "link": link });
                return Ok(Answer::created(desk, &href, &value)?.header("Cache-Control", "no-store"));
            }
            match link {
                Some(link) => page(desk, Typed::default(), Vec::new(), Some((account.login, link))),
                None => Ok(Answer::see(&href).telling(desk, "The invitation is on its way.")),
            }
        }
        Err(Error::Invalid(problems)) if !form.json => {
            let typed = Typed {
                user: login.to_owned(),
                full_name: form.text("full_name").to_owned(),
                email: form.text("email").to_owned(),
                groups: form.text("groups").to_owned(),
            };
            page(desk, typed, problems, None)
        }
        Err(other) => Err(other),
    }
}

/// Whether administrators invite people here.
fn invites(db: &rusqlite::Connection) -> Result<bool> {
    Ok(matches!(REGISTRATION.text(db)?.as_str(), "invitation" | "open"))
}

/// The page of one account.
pub(super) fn href_of(desk: &Desk, login: &str) -> String {
    format!("{}{PATH}/{}", desk.base(), address::segment(login))
}

fn page(desk: &Desk, invitation: Typed, problems: Vec<Problem>, link: Option<(String, String)>) -> Result<Answer> {
    let path = format!("{}{PATH}", desk.base());
    let (all, invites) = desk.site().read(|db| Ok((accounts::list(db)?, invites(db)?)))?;
    let asked = desk.visit.value("show").unwrap_or_default();
    let search = desk.visit.value("q").unwrap_or_default();
    let wanted = fold(search.trim());
    let among = |show: &str, account: &Account| match show {
        "waiting" => account.waiting,
        "disabled" => account.disabled && !account.waiting,
        "administrators" => account.admin,
        _ => true,
    };
    let shows = [("All", ""), ("Waiting", "waiting"), ("Administrators", "administrators"), ("Disabled", "disabled")];
    let shows = shows.map(|(label, show)| Show {
        label,
        href: if show.is_empty() { path.clone() } else { format!("{path}?show={show}") },
        current: show == asked,
        count: all.iter().filter(|account| among(show, account)).count(),
    });
    let found = |account: &&Account| {
        let texts = [&account.login, &account.display_name, &account.email];
        among(&asked, account) && (wanted.is_empty() || texts.iter().any(|text| fold(text).contains(&wanted)))
    };
    let found: Vec<&Account> = all.iter().filter(found).collect();
    let paging =
        Paging::new(&path, &desk.visit.pairs(), paging::asked(desk.visit.value("page")), PER_PAGE, found.len());
    let shown = found.into_iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE);
    if desk.visit.wants_json() && problems.is_empty() && link.is_none() {
        let items: Vec<_> = shown.map(as_json).collect();
        return Answer::json(
            &json!({ "total": paging.total, "page": paging.page, "items": items, "next": paging.next }),
        );
    }
    let zone = desk.principal.zone();
    let rows = shown
        .map(|account| AccountRow {
            href: href_of(desk, &account.login),
            login: account.login.clone(),
            full_name: account.display_name.clone(),
            email: account.email.clone(),
            proven: account.email_confirmed,
            admin: account.admin,
            disabled: account.disabled,
            waiting: account.waiting,
            seen: account.last_seen_at.map(|at| at.when(&zone)),
        })
        .collect();
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let (link_for, link) = link.map_or((String::new(), None), |(login, link)| (login, Some(link)));
    let sheet = AccountsPage {
        panels: panels::of_site(desk, PATH),
        href: path,
        shows: shows.into(),
        search,
        show: asked,
        accounts: rows,
        paging,
        invites,
        invitation,
        problems,
        link,
        link_for,
    };
    let answer = Sheet::new("Accounts", sheet).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}

/// An account as programs of administrators read it; never what is secret.
pub(super) fn as_json(account: &Account) -> serde_json::Value {
    json!({
        "login": account.login, "full_name": account.display_name, "email": account.email,
        "email_confirmed": account.email_confirmed, "admin": account.admin, "disabled": account.disabled,
        "waiting": account.waiting, "created": account.created_at.iso(),
        "last_seen": account.last_seen_at.map(|at| at.iso()),
    })
}
