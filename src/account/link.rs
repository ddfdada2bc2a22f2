//! One-time links: the first administrator and whoever registers choose name and password, invited people a password, and
//! addresses are confirmed.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use super::confirm;
use super::login::{Entrance, go_on};
use crate::auth::accounts::{self, Account, NewAccount};
use crate::auth::links::{self, Link, Purpose};
use crate::auth::{names, passwords, registration};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![open, choose]
}

#[derive(Serialize)]
struct LinkPage {
    action: String,
    kind: &'static str,
    user: String,
    user_fixed: bool,
    full_name: String,
    expires: When,
    problems: Vec<Problem>,
}

impl Page for LinkPage {
    const TEMPLATE: &'static str = "account/link.html";
}

#[get("/-/link/<token>")]
async fn open(visit: Visit, token: String) -> Answer {
    visit
        .answer(move |desk| {
            let (link, account) = found(desk, &token)?;
            if let (Purpose::Confirmation, Some(account)) = (link.purpose, &account) {
                return confirm::page(desk, &token, &link, account);
            }
            let (user, name) = match &account {
                Some(account) => (account.login.clone(), account.display_name.clone()),
                None => (String::new(), registered_name(desk, &link)?),
            };
            page(desk, &token, &link, account.as_ref(), user, name, Vec::new())
        })
        .await
}

#[post("/-/link/<token>", data = "<data>")]
async fn choose(visit: Visit, token: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| chosen(desk, &token, form)).await
}

/// A link that is used, run out or made up: one answer for all.
fn found(desk: &Desk, token: &str) -> Result<(Link, Option<Account>)> {
    let gone = || {
        Error::not_found(
            "This link has been used already or has run out. Ask for another one: a new password by “Forgotten password” on the sign-in page, anything else from an administrator.",
        )
    };
    desk.site().read(|db| {
        let link = links::find(db, token)?.ok_or_else(gone)?;
        match (link.purpose, link.account) {
            (Purpose::Registration, None) if registration::of_link(db, &link)?.is_some() => Ok((link, None)),
            // The first administrator's link is worth nothing once there is one.
            (Purpose::Invitation, None) if !accounts::has_administrator(db)? => Ok((link, None)),
            (_, None) => Err(gone()),
            (_, Some(id)) => {
                let account = accounts::by_id(db, id)?.filter(|account| !account.disabled).ok_or_else(gone)?;
                Ok((link, Some(account)))
            }
        }
    })
}

fn page(
    desk: &Desk,
    token: &str,
    link: &Link,
    account: Option<&Account>,
    user: String,
    full_name: String,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = LinkPage {
        action: format!("{}/-/link/{token}", desk.base()),
        kind: match account {
            None if link.purpose == Purpose::Registration => "registered",
            None => "first",
            Some(account) if account.password.is_none() => "invited",
            Some(_) => "forgotten",
        },
        user,
        user_fixed: account.is_some(),
        full_name,
        expires: link.expires_at.when(&desk.principal.zone()),
        problems,
    };
    let answer = Sheet::new("Welcome", page).noindex().status(status).render(desk)?;
    // The address is a secret until it is spent. No other site hears of it by the referrer policy of every page; a stricter
    // one would make browsers send the form with the origin `null`.
    Ok(answer.header("Cache-Control", "no-store"))
}

/// What somebody wrote as their full name when they registered.
fn registered_name(desk: &Desk, link: &Link) -> Result<String> {
    let wish = desk.site().read(|db| registration::of_link(db, link))?;
    Ok(wish.map(|wish| wish.full_name).unwrap_or_default())
}

fn chosen(desk: &Desk, token: &str, form: &Form) -> Result<Answer> {
    let (link, account) = found(desk, token)?;
    if let (Purpose::Confirmation, Some(account)) = (link.purpose, &account) {
        return confirm::confirmed(desk, token, &link, account);
    }
    let user = account.as_ref().map_or_else(|| form.text("user").trim().to_owned(), |account| account.login.clone());
    let full_name = form.text("full_name").trim().to_owned();
    let password = form.text("password");
    let mut problems: Vec<Problem> = passwords::problem(password, &user).into_iter().collect();
    if form.get("password_again").is_some_and(|again| again != password) {
        problems.push(Problem::new("password_again", "The two passwords are not the same."));
    }
    if account.is_none() {
        problems.extend(desk.site().read(|db| names::login_problems(db, &user))?);
    }
    let refuse = |problems: Vec<Problem>| {
        if form.json {
            return Err(Error::Invalid(problems));
        }
        page(desk, token, &link, account.as_ref(), user.clone(), full_name.clone(), problems)
    };
    if !problems.is_empty() {
        return refuse(problems);
    }
    let hash = passwords::hash(password)?;
    let actor = account.as_ref().map(|account| account.id);
    let settled = desk.site().write(actor, Via::Web, |db, record| {
        if !links::spend(db, token)? {
            return Err(Error::not_found("This link has just been used."));
        }
        match &account {
            None if link.purpose == Purpose::Registration => {
                registration::complete(db, record, &link, &user, &full_name, hash)
            }
            None => {
                let new =
                    NewAccount { login: &user, display_name: &full_name, email: "", password: Some(hash), admin: true };
                accounts::create(db, record, &new)
            }
            Some(account) => {
                accounts::save_password(db, record, account.id, &hash, None)?;
                if !full_name.is_empty() {
                    accounts::save_name(db, record, account.id, &full_name)?;
                }
                accounts::load(db, &account.login)
            }
        }
    });
    match settled {
        Ok(account) if account.waiting => {
            let sentence = "Your account is made. As soon as an administrator lets you in, a mail tells you so.";
            Ok(Answer::see(&format!("{}/-/login", desk.base())).telling(desk, sentence))
        }
        Ok(account) => {
            let told = Some(format!("Welcome, {}.", if full_name.is_empty() { &user } else { &full_name }));
            let next = format!("{}/", desk.base());
            go_on(desk, &Entrance { account: &account, door: "link", next: &next, kept: Vec::new(), told })
        }
        Err(Error::Invalid(problems)) => refuse(problems),
        Err(other) => Err(other),
    }
}
