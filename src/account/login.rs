//! Signing in with a password, signing out, and what all ways in have in common: sooner or later they come to
//! [`go_on`].

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};

use super::second::{self, Need};
use crate::auth::accounts::{self, Account};
use crate::auth::sessions::Start;
use crate::auth::{passwords, sessions};
use crate::base::error::{Problem, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::text::fold;
use crate::web::address::safe_next;
use crate::web::error::{KEPT_PREFIX, Kept, LoginPage, send_again};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![login, sign_in, logout]
}

#[get("/-/login")]
async fn login(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let next = next_of(desk, &desk.visit.value("next").unwrap_or_default());
            if desk.account.is_some() {
                return Ok(Answer::see(&next));
            }
            page(desk, LoginPage { next, ..LoginPage::default() }, Status::Ok)
        })
        .await
}

#[post("/-/login", data = "<data>")]
async fn sign_in(visit: Visit, data: Data<'_>) -> Answer {
    visit.answer_form(data, signed_in).await
}

#[post("/-/logout", data = "<data>")]
async fn logout(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, _| {
            if let Some(secret) = &desk.visit.session {
                let account = desk.account.as_ref().map(|account| account.id);
                desk.site().write(account, Via::Web, |db, record| {
                    if let Some(account) = account {
                        record(&NewEvent::new("session.ended", Resource::new("account", account), 1))?;
                    }
                    sessions::end(db, secret)
                })?;
            }
            let start = format!("{}/", desk.base());
            Ok(Answer::see(&start).without_session(desk).telling(desk, "You are signed out."))
        })
        .await
}

fn page(desk: &Desk, page: LoginPage, status: Status) -> Result<Answer> {
    Ok(Sheet::new("Sign in", page.with_ways(desk)?)
        .noindex()
        .status(status)
        .render(desk)?
        .header("Cache-Control", "no-store"))
}

/// Where to go on to; anything that is no path of this site leads to its start.
pub(super) fn next_of(desk: &Desk, next: &str) -> String {
    safe_next(next, desk.base()).map_or_else(|| format!("{}/", desk.base()), str::to_owned)
}

fn signed_in(desk: &Desk, form: &Form) -> Result<Answer> {
    let (user, password) = (form.text("user").trim(), form.text("password"));
    let next = next_of(desk, form.text("next"));
    let refuse = |status: Status, problems: Vec<Problem>| {
        if form.json {
            let detail = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ");
            return Ok(Answer::problems(status, "Not signed in", &detail, &problems));
        }
        let kept = kept(form);
        let kept_text =
            kept.iter().map(|one| &one.value).filter(|value| value.len() > 20).max_by_key(|value| value.len()).cloned();
        let kept_form =
            kept.into_iter().map(|one| Kept { name: format!("{KEPT_PREFIX}{}", one.name), value: one.value }).collect();
        let login = LoginPage {
            user: user.to_owned(),
            next: next.clone(),
            problems,
            kept_form,
            kept_text,
            ..LoginPage::default()
        };
        page(desk, login, status)
    };
    let mut problems = Vec::new();
    if user.is_empty() {
        problems.push(Problem::new("user", "Your user name is needed."));
    }
    if password.is_empty() {
        problems.push(Problem::new("password", "Your password is needed."));
    }
    if !problems.is_empty() {
        return refuse(Status::UnprocessableEntity, problems);
    }
    let keys = [format!("user:{}", fold(user)), format!("network:{}", desk.visit.network)];
    if let Some(seconds) = desk.web().throttle.begin(&keys) {
        let sentence = format!("Too many attempts. Please wait {seconds} seconds before the next one.");
        return Ok(refuse(Status::TooManyRequests, vec![Problem::new("", sentence)])?
            .header("Retry-After", seconds.to_string()));
    }
    let account = desk.site().read(|db| accounts::by_login(db, user))?;
    let usable = account.as_ref().filter(|account| !account.disabled || account.waiting);
    let right = passwords::verify(password, usable.and_then(|account| account.password.as_deref()));
    let Some(account) = usable.filter(|_| right) else {
        desk.web().throttle.failed(&keys[1..]);
        tell_of_failure(desk, account.as_ref())?;
        // The same sentence and the same time whether the name or the password is wrong.
        return refuse(
            Status::UnprocessableEntity,
            vec![Problem::new("password", "This user name and password don't belong together.")],
        );
    };
    desk.web().throttle.succeeded(&keys[0]);
    if account.waiting {
        let sentence = "The password is right, but an administrator has not let you in yet.";
        return refuse(Status::UnprocessableEntity, vec![Problem::new("", sentence)]);
    }
    if form.json && second::need(desk, account, "password")? == Need::Code {
        // A script sends both at once.
        let keys = second::keys_of(desk, account);
        if desk.web().throttle.begin(&keys).is_some() || !second::taken(desk, account, form.text("code"))? {
            desk.web().throttle.failed(&keys[1..]);
            return refuse(Status::UnprocessableEntity, vec![second::wrong_code()]);
        }
        desk.web().throttle.succeeded(&keys[0]);
        return enter(desk, &Entrance { account, door: "password", next: &next, kept: Vec::new(), told: None });
    }
    go_on(desk, &Entrance { account, door: "password", next: &next, kept: kept(form), told: None })
}

/// Writes down that somebody has failed to sign in. A name that nobody has is left out: it may be a password, typed into the
/// wrong field.
fn tell_of_failure(desk: &Desk, account: Option<&Account>) -> Result<()> {
    let resource = Resource::new("account", account.map_or(0, |account| account.id));
    let what = account.map_or("a name that no account has", |account| account.login.as_str());
    desk.site().write(None, Via::Web, |_, record| {
        record(&NewEvent::new("session.failed", resource, 1).saying("what", what))?;
        Ok(())
    })
}

/// A form that came along through an expired session.
pub(super) fn kept(form: &Form) -> Vec<Kept> {
    let kept = |(name, value): &(String, String)| {
        Some(Kept { name: name.strip_prefix(KEPT_PREFIX)?.to_owned(), value: value.clone() })
    };
    form.pairs().iter().filter_map(kept).collect()
}

/// The doors by which people come in.
pub(super) const DOORS: [&str; 4] = ["password", "link", "oidc", "proxy"];

/// Somebody who has shown who they are, and where they go on to.
pub(super) struct Entrance<'a> {
    pub account: &'a Account,
    /// One of [`DOORS`].
    pub door: &'static str,
    pub next: &'a str,
    /// A form that goes on there.
    pub kept: Vec<Kept>,
    /// What the next page says.
    pub told: Option<String>,
}

/// Lets somebody in, or asks for the second factor first.
pub(super) fn go_on(desk: &Desk, entrance: &Entrance<'_>) -> Result<Answer> {
    match second::need(desk, entrance.account, entrance.door)? {
        Need::Nothing => enter(desk, entrance),
        need => second::page(desk, entrance, need),
    }
}

/// Lets somebody in who has shown all that is needed.
pub(super) fn enter(desk: &Desk, entrance: &Entrance<'_>) -> Result<Answer> {
    let secret = start_session(desk, entrance.account.id, entrance.door)?;
    let answer = if entrance.kept.is_empty() {
        Answer::see(&start_of(desk, entrance))
    } else {
        // The form goes on where it was going, with a token of the new session.
        send_again(desk, &secret, entrance.next, entrance.kept.clone())?
    };
    let answer = match &entrance.told {
        Some(sentence) => answer.telling(desk, sentence),
        None => answer,
    };
    Ok(answer.with_session(desk, &secret))
}

/// Where somebody wanted to go, or their own start page.
fn start_of(desk: &Desk, entrance: &Entrance<'_>) -> String {
    let home = format!("{}/", desk.base());
    let own = &entrance.account.start_page;
    if entrance.next == home && !own.is_empty() { format!("{}{own}", desk.base()) } else { entrance.next.to_owned() }
}

/// A new session with a new id, in place of the one the browser had.
pub(super) fn start_session(desk: &Desk, account: i64, door: &str) -> Result<String> {
    let start = Start { agent: &desk.visit.agent, network: &desk.visit.network, door };
    desk.site().write(Some(account), Via::Web, |db, record| {
        record(&NewEvent::new("session.begun", Resource::new("account", account), 1).saying("with", door))?;
        if let Some(old) = &desk.visit.session {
            sessions::end(db, old)?;
        }
        sessions::begin_from(db, account, &start)
    })
}
