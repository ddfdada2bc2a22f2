//! Signing in with a password, and signing out.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};

use crate::auth::accounts::{self, Account};
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
    Ok(Sheet::new("Sign in", page).noindex().status(status).render(desk)?.header("Cache-Control", "no-store"))
}

/// Where to go on to; anything that is no path of this site leads to its start.
fn next_of(desk: &Desk, next: &str) -> String {
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
        let kept_form: Vec<Kept> = kept(form)
            .map(|(name, value)| Kept { name: format!("{KEPT_PREFIX}{name}"), value: value.to_owned() })
            .collect();
        let kept_text =
            kept(form).map(|(_, value)| value).filter(|value| value.len() > 20).max_by_key(|value| value.len());
        let kept_text = kept_text.map(str::to_owned);
        page(desk, LoginPage { user: user.to_owned(), next: next.clone(), problems, kept_form, kept_text }, status)
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
    if let Some(seconds) = desk.web().throttle.wait(&keys) {
        let sentence = format!("Too many attempts. Please wait {seconds} seconds before the next one.");
        return Ok(refuse(Status::TooManyRequests, vec![Problem::new("", sentence)])?
            .header("Retry-After", seconds.to_string()));
    }
    let account = desk.site().read(|db| accounts::by_login(db, user))?;
    let usable = account.filter(|account| !account.disabled);
    let right = passwords::verify(password, usable.as_ref().and_then(|account| account.password.as_deref()));
    match usable.filter(|_| right) {
        Some(account) => {
            desk.web().throttle.succeeded(&keys[0]);
            begin(desk, &account, &next, form)
        }
        None => {
            desk.web().throttle.failed(&keys);
            tell_of_failure(desk, user)?;
            // The same sentence and the same time whether the name or the password is wrong.
            refuse(
                Status::UnprocessableEntity,
                vec![Problem::new("password", "This user name and password don't belong together.")],
            )
        }
    }
}

/// Writes down that somebody has failed to sign in. A name that nobody has is left out: it may be a password, typed into the
/// wrong field.
fn tell_of_failure(desk: &Desk, user: &str) -> Result<()> {
    let account = desk.site().read(|db| accounts::by_login(db, user))?;
    let resource = Resource::new("account", account.as_ref().map_or(0, |account| account.id));
    let what = account.map_or_else(|| "a name that no account has".to_owned(), |account| account.login);
    desk.site().write(None, Via::Web, |_, record| {
        record(&NewEvent::new("session.failed", resource, 1).saying("what", what))?;
        Ok(())
    })
}

/// A form that came along through an expired session.
fn kept(form: &Form) -> impl Iterator<Item = (&str, &str)> {
    form.pairs().iter().filter_map(|(name, value)| Some((name.strip_prefix(KEPT_PREFIX)?, value.as_str())))
}

fn begin(desk: &Desk, account: &Account, next: &str, form: &Form) -> Result<Answer> {
    let secret = start_session(desk, account.id, "password")?;
    let kept: Vec<Kept> =
        kept(form).map(|(name, value)| Kept { name: name.to_owned(), value: value.to_owned() }).collect();
    if kept.is_empty() {
        return Ok(Answer::see(next).with_session(desk, &secret));
    }
    // The form goes on where it was going, with a token of the new session.
    let answer = send_again(desk, &secret, next, kept)?;
    Ok(answer.with_session(desk, &secret))
}

/// A new session with a new id, in place of the one the browser had. `how`: what they have shown, for the audit log.
pub(super) fn start_session(desk: &Desk, account: i64, how: &str) -> Result<String> {
    desk.site().write(Some(account), Via::Web, |db, record| {
        record(&NewEvent::new("session.begun", Resource::new("account", account), 1).saying("with", how))?;
        if let Some(old) = &desk.visit.session {
            sessions::end(db, old)?;
        }
        sessions::begin(db, account, &desk.visit.agent)
    })
}
