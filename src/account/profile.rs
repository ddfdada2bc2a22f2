//! The page of one's own name, address, time zone, password, sessions and feed tokens.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use crate::auth::accounts::{self, Account, Profile};
use crate::auth::{feed_tokens, passwords, sessions};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::text::fold;
use crate::base::time::{When, zone_names};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit, address};

pub(super) fn routes() -> Vec<Route> {
    routes![show, save, save_password, end_others, make_token, revoke_token]
}

#[derive(Serialize)]
struct ProfilePage {
    login: String,
    full_name: String,
    email: String,
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
struct SessionRow {
    browser: String,
    since: When,
    seen: When,
    current: bool,
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
            let Some(account) = &desk.account else {
                let next = address::segment(&desk.visit.here());
                return Ok(Answer::see(&format!("{}/-/login?next={next}", desk.base())));
            };
            page(desk, account, None, Told::default())
        })
        .await
}

#[post("/-/account", data = "<data>")]
async fn save(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            let profile = Profile {
                display_name: form.text("full_name"),
                email: form.text("email"),
                time_zone: form.text("time_zone").trim(),
                theme: form.get("theme").unwrap_or("auto"),
                keys: form.has("keys"),
                full_width: form.has("full_width"),
            };
            let saved = desk.site().write(Some(account.id), Via::Web, |db, record| {
                accounts::save_profile(db, record, account.id, &profile)
            });
            match saved {
                Ok(()) => Ok(done(desk, "Saved.")),
                Err(Error::Invalid(problems)) if !form.json => {
                    page(desk, account, Some(form), Told { problems, ..Told::default() })
                }
                Err(other) => Err(other),
            }
        })
        .await
}

#[post("/-/account/password", data = "<data>")]
async fn save_password(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            let password = form.text("password");
            let mut problems = Vec::new();
            let keys = [format!("user:{}", fold(&account.login))];
            if let Some(seconds) = desk.web().throttle.wait(&keys) {
                problems
                    .push(Problem::new("old_password", format!("Too many attempts. Please wait {seconds} seconds.")));
            } else if account.password.is_some()
                && !passwords::verify(form.text("old_password"), account.password.as_deref())
            {
                desk.web().throttle.failed(&keys);
                problems.push(Problem::new("old_password", "That is not your password so far."));
            }
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
            let secret = super::login::start_session(desk, account.id, "new password")?;
            Ok(done(desk, "The password is changed, and all other sessions have ended.").with_session(desk, &secret))
        })
        .await
}

#[post("/-/account/sessions", data = "<data>")]
async fn end_others(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, _| {
            let account = own(desk)?;
            let current = desk.visit.session.as_deref().map(sessions::hash_of);
            let ended = desk.site().db().write(|db| sessions::end_all(db, account.id, current.as_deref()))?;
            Ok(done(desk, &format!("{ended} other sessions have ended.")))
        })
        .await
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

fn own(desk: &Desk) -> Result<&Account> {
    desk.account.as_deref().ok_or_else(|| Error::Forbidden {
        permission: "authenticated",
        message: "Sign in first: this page is about your own account.".to_owned(),
    })
}

fn done(desk: &Desk, sentence: &str) -> Answer {
    Answer::see(&format!("{}/-/account", desk.base())).telling(desk, sentence)
}

fn page(desk: &Desk, account: &Account, typed: Option<&Form>, told: Told) -> Result<Answer> {
    let zone = desk.principal.zone();
    let current = desk.visit.session.as_deref().map(sessions::hash_of);
    let (own_sessions, tokens) =
        desk.site().read(|db| Ok((sessions::of_account(db, account.id)?, feed_tokens::of_account(db, account.id)?)))?;
    let refused = [&told.problems, &told.password_problems, &told.token_problems].iter().any(|some| !some.is_empty());
    let field = |name: &str, saved: &str| typed.map_or_else(|| saved.to_owned(), |form| form.text(name).to_owned());
    let mut rows: Vec<SessionRow> = own_sessions
        .iter()
        .map(|session| SessionRow {
            browser: browser_of(&session.agent),
            since: session.created_at.when(&zone),
            seen: session.last_seen_at.when(&zone),
            current: Some(&session.hash) == current.as_ref(),
        })
        .collect();
    rows.sort_by_key(|row| !row.current);
    let sheet = ProfilePage {
        login: account.login.clone(),
        full_name: field("full_name", &account.display_name),
        email: field("email", &account.email),
        time_zone: field("time_zone", &account.time_zone),
        time_zones: zone_names(),
        theme: typed.and_then(|form| form.get("theme")).unwrap_or(&account.theme).to_owned(),
        keys: typed.map_or(account.keys, |form| form.has("keys")),
        full_width: typed.map_or(account.full_width, |form| form.has("full_width")),
        problems: told.problems,
        password_problems: told.password_problems,
        sessions: rows,
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

/// `Firefox on Linux`, as far as the browser tells.
fn browser_of(agent: &str) -> String {
    let named = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}
