//! The page of one's own name, address, preferences, password and feed tokens.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use super::sessions_pages::SessionRow;
use crate::auth::accounts::{self, Account, Profile};
use crate::auth::{feed_tokens, passwords, second_factor, sessions};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::text::fold;
use crate::base::time::{When, zone_names};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit, address};

pub(super) fn routes() -> Vec<Route> {
    routes![show, save, confirm, save_password, make_token, revoke_token]
}

#[derive(Serialize)]
struct ProfilePage {
    login: String,
    full_name: String,
    email: String,
    /// The address that is in use, if it is another one; empty: none.
    used_email: String,
    proven: bool,
    second_factor: Option<When>,
    date_style: String,
    start_page: String,
    time_zone: String,
    time_zones: Vec<String>,
    theme: String,
    keys: bool,
    full_width: bool,
    problems: Vec<Problem>,
    password_problems: Vec<Problem>,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    new_token: Option<String>,
    token_label: String,
    token_problems: Vec<Problem>,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "account/profile.html";
}

#[derive(Serialize)]
struct TokenRow {
    id: i64,
    label: String,
    made: When,
    used: Option<When>,
}

/// What a page of one's own account tells beside what is kept.
#[derive(Default)]
struct Told {
    problems: Vec<Problem>,
    password_problems: Vec<Problem>,
    token_problems: Vec<Problem>,
    token_label: String,
    /// Just made: it is shown this once.
    new_token: Option<String>,
}

#[get("/-/account")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let Some(account) = &desk.account else { return Ok(sign_in_first(desk)) };
            page(desk, account, None, Told::default())
        })
        .await
}

#[post("/-/account", data = "<data>")]
async fn save(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            let start_page = form.text("start_page").trim();
            let profile = Profile {
                display_name: form.text("full_name"),
                email: form.text("email"),
                time_zone: form.text("time_zone").trim(),
                theme: form.get("theme").unwrap_or("auto"),
                keys: form.has("keys"),
                full_width: form.has("full_width"),
                date_style: form.get("date_style").unwrap_or("relative"),
                start_page: if start_page == "/" { "" } else { start_page },
            };
            let email = profile.email.trim();
            let is_known = email.is_empty() || email == account.email || email == account.pending_email;
            let asks = !is_known && !account.admin;
            let problem = start_page_problem(start_page).or_else(|| asks.then(|| too_many_links(desk, account))?);
            let saved = match problem {
                Some(problem) => Err(Error::Invalid(vec![problem])),
                None => desk.site().write(Some(account.id), Via::Web, |db, record| {
                    accounts::save_profile(db, record, account, &profile)
                }),
            };
            match saved {
                Ok(()) => {
                    if asks {
                        count_link(desk, account);
                    }
                    Ok(done(desk, "Saved."))
                }
                Err(Error::Invalid(problems)) if !form.json => {
                    page(desk, account, Some(form), Told { problems, ..Told::default() })
                }
                Err(other) => Err(other),
            }
        })
        .await
}

fn start_page_problem(path: &str) -> Option<Problem> {
    let message = "The start page is a path of this site that begins with one slash, such as /demo/wiki.";
    (!path.is_empty() && (path.len() > 500 || address::safe_next(path, "").is_none()))
        .then(|| Problem::new("start_page", message))
}

/// Each link makes a mail to an address that may be a stranger's: a few are free, then one waits longer and longer.
fn too_many_links(desk: &Desk, account: &Account) -> Option<Problem> {
    let seconds = desk.web().throttle.wait(&[of_links(account)])?;
    let message = format!("You have asked for many links. The next one can be sent in {seconds} seconds.");
    Some(Problem::new("email", message))
}

/// One more was sent.
fn count_link(desk: &Desk, account: &Account) {
    desk.web().throttle.failed(&[of_links(account)]);
}

fn of_links(account: &Account) -> String {
    format!("confirmation:{}", account.id)
}

/// Sends the link that proves the address once more.
#[post("/-/account/confirmation", data = "<data>")]
async fn confirm(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, _| {
            let account = own(desk)?;
            let wanted = if account.pending_email.is_empty() { &account.email } else { &account.pending_email };
            if wanted.is_empty() || (wanted == &account.email && account.email_confirmed) {
                return Err(Error::conflict("There is no address to be confirmed."));
            }
            if let Some(problem) = too_many_links(desk, account) {
                return Err(Error::Invalid(vec![problem]));
            }
            desk.site().db().write(|db| accounts::ask_to_confirm(db, account, wanted))?;
            count_link(desk, account);
            Ok(done(desk, "A link is on its way to your address. It can take some minutes."))
        })
        .await
}

#[post("/-/account/password", data = "<data>")]
async fn save_password(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            let password = form.text("password");
            let mut problems: Vec<Problem> =
                password_problem(desk, account, form.text("old_password")).into_iter().collect();
            problems.extend(passwords::problem(password, &account.login));
            if form.get("password_again").is_some_and(|again| again != password) {
                problems.push(Problem::new("password_again", "The two new passwords are not the same."));
            }
            if !problems.is_empty() {
                return if form.json {
                    Err(Error::Invalid(problems))
                } else {
                    page(desk, account, None, Told { password_problems: problems, ..Told::default() })
                };
            }
            let hash = passwords::hash(password)?;
            // Every session ends, this one too: it goes on under a new id.
            desk.site().write(Some(account.id), Via::Web, |db, record| {
                accounts::save_password(db, record, account.id, &hash, None)
            })?;
            let secret = super::login::start_session(desk, account.id, "password")?;
            Ok(done(desk, "The password is changed, and all other sessions have ended.").with_session(desk, &secret))
        })
        .await
}

/// What is wrong with the password that somebody shows once more; nothing for who has none.
pub(super) fn password_problem(desk: &Desk, account: &Account, typed: &str) -> Option<Problem> {
    let stored = account.password.as_deref()?;
    let keys = [format!("user:{}", fold(&account.login))];
    if let Some(seconds) = desk.web().throttle.begin(&keys) {
        return Some(Problem::new("old_password", format!("Too many attempts. Please wait {seconds} seconds.")));
    }
    if passwords::verify(typed, Some(stored)) {
        desk.web().throttle.succeeded(&keys[0]);
        return None;
    }
    Some(Problem::new("old_password", "That is not your password so far."))
}

/// The answer itself shows the secret, so that it stands in no address and no cookie.
#[post("/-/account/tokens", data = "<data>")]
async fn make_token(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            let label = form.text("label");
            let made = desk
                .site()
                .write(Some(account.id), Via::Web, |db, record| feed_tokens::create(db, record, account.id, label));
            let told = match made {
                Ok(secret) if form.json => {
                    let href = format!("{}/-/account", desk.base());
                    let answer = Answer::created(desk, &href, &serde_json::json!({ "token": secret }))?;
                    return Ok(answer.header("Cache-Control", "no-store"));
                }
                Ok(secret) => Told { new_token: Some(secret), ..Told::default() },
                Err(Error::Invalid(problems)) if !form.json => {
                    Told { token_problems: problems, token_label: label.to_owned(), ..Told::default() }
                }
                Err(other) => return Err(other),
            };
            page(desk, account, None, told)
        })
        .await
}

#[post("/-/account/tokens/<id>/revoke", data = "<data>")]
async fn revoke_token(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, _| {
            let account = own(desk)?;
            let id: i64 = id.parse().map_err(|_| Error::not_found("There is no such token."))?;
            desk.site()
                .write(Some(account.id), Via::Web, |db, record| feed_tokens::revoke(db, record, account.id, id))?;
            Ok(done(desk, "The token is revoked: addresses that have it in them open nothing any more."))
        })
        .await
}

/// Leads to the sign-in and back to this page, for pages that show what is somebody's own.
pub(super) fn sign_in_first(desk: &Desk) -> Answer {
    let next = address::segment(&desk.visit.here());
    Answer::see(&format!("{}/-/login?next={next}", desk.base()))
}

pub(super) fn own(desk: &Desk) -> Result<&Account> {
    desk.account.as_deref().ok_or_else(|| Error::Forbidden {
        permission: "authenticated",
        message: "Sign in first: this page is about your own account.".to_owned(),
    })
}

pub(super) fn done(desk: &Desk, sentence: &str) -> Answer {
    Answer::see(&format!("{}/-/account", desk.base())).telling(desk, sentence)
}

fn page(desk: &Desk, account: &Account, typed: Option<&Form>, told: Told) -> Result<Answer> {
    let zone = desk.principal.zone();
    let current = desk.visit.session.as_deref().map(sessions::hash_of);
    let (own_sessions, tokens, second_factor) = desk.site().read(|db| {
        let sessions = sessions::of_account(db, account.id)?;
        Ok((sessions, feed_tokens::of_account(db, account.id)?, second_factor::since(db, account.id)?))
    })?;
    let refused = [&told.problems, &told.password_problems, &told.token_problems].iter().any(|some| !some.is_empty());
    let field = |name: &str, saved: &str| typed.map_or_else(|| saved.to_owned(), |form| form.text(name).to_owned());
    let wanted = if account.pending_email.is_empty() { &account.email } else { &account.pending_email };
    let sheet = ProfilePage {
        login: account.login.clone(),
        full_name: field("full_name", &account.display_name),
        email: field("email", wanted),
        used_email: if account.email_confirmed && wanted != &account.email {
            account.email.clone()
        } else {
            String::new()
        },
        proven: wanted.is_empty() || (account.email_confirmed && wanted == &account.email),
        second_factor: second_factor.map(|at| at.when(&zone)),
        date_style: typed.and_then(|form| form.get("date_style")).unwrap_or(account.date_style.name()).to_owned(),
        start_page: field("start_page", &account.start_page),
        time_zone: field("time_zone", &account.time_zone),
        time_zones: zone_names(),
        theme: typed.and_then(|form| form.get("theme")).unwrap_or(&account.theme).to_owned(),
        keys: typed.map_or(account.keys, |form| form.has("keys")),
        full_width: typed.map_or(account.full_width, |form| form.has("full_width")),
        problems: told.problems,
        password_problems: told.password_problems,
        sessions: SessionRow::all(own_sessions, current.as_deref(), &zone),
        tokens: tokens
            .into_iter()
            .map(|token| TokenRow {
                id: token.id,
                label: token.label,
                made: token.created_at.when(&zone),
                used: token.last_used_at.map(|at| at.when(&zone)),
            })
            .collect(),
        new_token: told.new_token,
        token_label: told.token_label,
        token_problems: told.token_problems,
    };
    let status = if refused { Status::UnprocessableEntity } else { Status::Ok };
    let answer = Sheet::new("Your account", sheet).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}
