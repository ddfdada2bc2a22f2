//! The second step of signing in: a code of the app, or the app is set up here if the site wants one of everybody.
//!
//! Between the steps nothing is kept: the first one hands out a proof, signed and short-lived, bound to the account and its
//! password of that moment. It is worth nothing without a code.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use serde::Serialize;

use super::factor_pages::Setup;
use super::login::{Entrance, enter};
use crate::auth::accounts::{self, Account};
use crate::auth::second_factor;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::web::error::{KEPT_PREFIX, Kept};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit, token};

/// The second step has to follow within so many seconds.
const LIFETIME_SECONDS: i64 = 600;

pub(super) fn routes() -> Vec<Route> {
    routes![second]
}

/// What somebody still needs who has shown a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    Code,
    /// An app is to be set up first.
    Setup,
}

/// Doors behind which somebody else has looked at who comes.
const OUTSIDE_DOORS: [&str; 2] = ["oidc", "proxy"];

/// What is needed beside what was shown at a door.
pub(super) fn need(desk: &Desk, account: &Account, door: &str) -> Result<Need> {
    desk.site().read(|db| {
        if second_factor::is_on(db, account.id)? {
            return Ok(Need::Code);
        }
        let required = !OUTSIDE_DOORS.contains(&door) && second_factor::is_required(db, account)?;
        Ok(if required { Need::Setup } else { Need::Nothing })
    })
}

#[derive(Serialize)]
struct SecondPage {
    proof: String,
    next: String,
    kept_form: Vec<Kept>,
    setup: Option<Setup>,
    problems: Vec<Problem>,
}

impl Page for SecondPage {
    const TEMPLATE: &'static str = "account/second.html";
}

pub(super) fn page(desk: &Desk, entrance: &Entrance<'_>, need: Need) -> Result<Answer> {
    let setup = (need == Need::Setup).then(|| Setup::new(desk, entrance.account)).transpose()?;
    draw(desk, entrance, setup, Vec::new(), Status::Ok)
}

fn draw(
    desk: &Desk,
    entrance: &Entrance<'_>,
    setup: Option<Setup>,
    problems: Vec<Problem>,
    status: Status,
) -> Result<Answer> {
    let kept_form = entrance
        .kept
        .iter()
        .map(|kept| Kept { name: format!("{KEPT_PREFIX}{}", kept.name), value: kept.value.clone() });
    let page = SecondPage {
        proof: prove(desk, entrance.account, entrance.door),
        next: entrance.next.to_owned(),
        kept_form: kept_form.collect(),
        setup,
        problems,
    };
    let answer = Sheet::new("Sign in", page).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}

fn prove(desk: &Desk, account: &Account, door: &str) -> String {
    let time = Instant::now().seconds();
    format!("{}.{time:x}.{door}.{}", account.id, signature(desk, account, door, time))
}

fn signature(desk: &Desk, account: &Account, door: &str, time: i64) -> String {
    let password = account.password.as_deref().unwrap_or_default();
    token::sign(desk.site().secret(), &["second step", &account.uuid, password, door, &time.to_string()])
}

/// Whose proof it is, and at which door they have shown it.
fn proven(desk: &Desk, proof: &str) -> Result<Option<(Account, &'static str)>> {
    let parts: Vec<&str> = proof.split('.').collect();
    let [id, time, door, given] = parts.as_slice() else { return Ok(None) };
    let (Ok(id), Ok(time)) = (id.parse::<i64>(), i64::from_str_radix(time, 16)) else { return Ok(None) };
    let Some(door) = super::login::DOORS.into_iter().find(|known| known == door) else { return Ok(None) };
    let account = desk.site().read(|db| accounts::by_id(db, id))?.filter(|account| !account.disabled);
    let age = Instant::now().seconds().saturating_sub(time);
    let holds = |account: &Account| {
        (0..=LIFETIME_SECONDS).contains(&age) && token::same(&signature(desk, account, door, time), given)
    };
    Ok(account.filter(holds).map(|account| (account, door)))
}

#[post("/-/login/second", data = "<data>")]
async fn second(visit: Visit, data: Data<'_>) -> Answer {
    visit.answer_form(data, stepped).await
}

fn stepped(desk: &Desk, form: &Form) -> Result<Answer> {
    let Some((account, door)) = proven(desk, form.text("proof"))? else {
        return Err(Error::invalid("", "This took longer than ten minutes. Please sign in again."));
    };
    let next = super::login::next_of(desk, form.text("next"));
    let entrance = Entrance { account: &account, door, next: &next, kept: super::login::kept(form), told: None };
    let setup = match need(desk, &account, door)? {
        Need::Setup => Some(Setup::again(desk, &account, form.text("secret"))?),
        Need::Code | Need::Nothing => None,
    };
    let keys = keys_of(desk, &account);
    if let Some(seconds) = desk.web().throttle.begin(&keys) {
        let sentence = format!("Too many attempts. Please wait {seconds} seconds before the next one.");
        let problems = vec![Problem::new("", sentence)];
        let answer = draw(desk, &entrance, setup, problems, Status::TooManyRequests)?;
        return Ok(answer.header("Retry-After", seconds.to_string()));
    }
    let code = form.text("code");
    let refuse = |setup: Option<Setup>, problems: Vec<Problem>| {
        desk.web().throttle.failed(&keys[1..]);
        draw(desk, &entrance, setup, problems, Status::UnprocessableEntity)
    };
    let Some(setup) = setup else {
        if !taken(desk, &account, code)? {
            return refuse(None, vec![wrong_code()]);
        }
        desk.web().throttle.succeeded(&keys[0]);
        return enter(desk, &entrance);
    };
    let enabled = desk.site().write(Some(account.id), Via::Web, |db, record| {
        second_factor::enable(db, record, &account, &setup.secret, code)
    });
    match enabled {
        Ok(codes) => {
            desk.web().throttle.succeeded(&keys[0]);
            super::factor_pages::codes_page(desk, &entrance, codes)
        }
        Err(Error::Invalid(problems)) => refuse(Some(setup), problems),
        Err(other) => Err(other),
    }
}

/// What failures at the second step have in common.
pub(super) fn keys_of(desk: &Desk, account: &Account) -> [String; 2] {
    [format!("second:{}", account.id), format!("network:{}", desk.visit.network)]
}

pub(super) fn wrong_code() -> Problem {
    Problem::new("code", "This code is not right, or it was used already. Take the one that the app shows now.")
}

/// Takes a code, once; a wrong one is written down.
pub(super) fn taken(desk: &Desk, account: &Account, code: &str) -> Result<bool> {
    desk.site().write(Some(account.id), Via::Web, |db, record| {
        let taken = second_factor::take(db, record, account.id, code)?;
        if !taken {
            record(&NewEvent::new("session.failed", Resource::new("account", account.id), 1))?;
        }
        Ok(taken)
    })
}
