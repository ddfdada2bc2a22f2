//! `/-/account/second-factor`: setting up an app that shows codes, switching it off, and the codes that are kept on paper.

use qrcode::{Color, EcLevel, QrCode};
use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use super::login::{Entrance, start_session};
use super::profile::{own, password_problem};
use crate::auth::accounts::Account;
use crate::auth::second_factor;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::markup::Html;
use crate::base::site::SITE_TITLE;
use crate::base::time::When;
use crate::web::error::Kept;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit};

const PATH: &str = "/-/account/second-factor";

pub(super) fn routes() -> Vec<Route> {
    routes![show, enable, disable, renew]
}

/// What an app is set up with.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Setup {
    pub secret: String,
    /// The secret in groups of four, to be typed.
    shown: String,
    picture_html: String,
    href: String,
}

impl Setup {
    /// With a new secret.
    pub(super) fn new(desk: &Desk, account: &Account) -> Result<Self> {
        Self::again(desk, account, &second_factor::new_secret())
    }

    /// With the secret that was shown before; one that could not be ours is a new one.
    pub(super) fn again(desk: &Desk, account: &Account, secret: &str) -> Result<Self> {
        let ours = secret.len() == 32 && secret.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
        let secret = if ours { secret.to_owned() } else { second_factor::new_secret() };
        let site = desk.site().read(|db| SITE_TITLE.text(db))?;
        let href = second_factor::address(&secret, &site, &account.login);
        let groups: Vec<String> =
            secret.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        Ok(Self { shown: groups.join(" "), picture_html: picture(&href)?.into_string(), secret, href })
    }
}

/// A code that cameras read, as a drawing without colours of its own.
fn picture(text: &str) -> Result<Html> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Error::internal(format!("QR code: {error}")))?;
    let width = code.width();
    let mut path = String::new();
    for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        path.push_str(&format!("M{} {}h1v1h-1z", at % width, at / width));
    }
    let mut html = Html::default();
    // Readers want four modules of quiet around it.
    html.tag("<svg class=\"qr\" role=\"img\" aria-label=\"The secret as a code to be read by a camera\"");
    html.attribute("viewBox", &format!("-4 -4 {0} {0}", width + 8)).tag("><path").attribute("d", &path).tag("/></svg>");
    Ok(html)
}

#[derive(Serialize)]
struct FactorPage {
    href: String,
    since: Option<When>,
    codes_left: i64,
    setup: Option<Setup>,
    has_password: bool,
    problems: Vec<Problem>,
}

impl Page for FactorPage {
    const TEMPLATE: &'static str = "account/factor.html";
}

#[derive(Serialize)]
struct CodesPage {
    codes: Vec<String>,
    next: String,
    /// A form that goes on from here.
    kept: Vec<Kept>,
}

impl Page for CodesPage {
    const TEMPLATE: &'static str = "account/codes.html";
}

#[get("/-/account/second-factor")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let Some(account) = &desk.account else { return Ok(super::profile::sign_in_first(desk)) };
            page(desk, account, "", Vec::new())
        })
        .await
}

#[post("/-/account/second-factor", data = "<data>")]
async fn enable(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            if let Some(refused) = refused(desk, form, account)? {
                return Ok(refused);
            }
            let (secret, code) = (form.text("secret"), form.text("code"));
            let made = desk.site().write(Some(account.id), Via::Web, |db, record| {
                second_factor::enable(db, record, account, secret, code)
            });
            codes_or_page(desk, form, account, made)
        })
        .await
}

#[post("/-/account/second-factor/codes", data = "<data>")]
async fn renew(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            if let Some(refused) = refused(desk, form, account)? {
                return Ok(refused);
            }
            let made = desk.site().write(Some(account.id), Via::Web, |db, record| {
                if !second_factor::is_on(db, account.id)? {
                    return Err(Error::conflict("There is no second factor."));
                }
                second_factor::renew_codes(db, record, account.id)
            });
            codes_or_page(desk, form, account, made)
        })
        .await
}

#[post("/-/account/second-factor/off", data = "<data>")]
async fn disable(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let account = own(desk)?;
            if let Some(refused) = refused(desk, form, account)? {
                return Ok(refused);
            }
            desk.site().write(Some(account.id), Via::Web, |db, record| second_factor::disable(db, record, account))?;
            let secret = start_session(desk, account.id, "password")?;
            let told = "The second factor is off, and all other sessions have ended.";
            Ok(Answer::see(&format!("{}{PATH}", desk.base())).with_session(desk, &secret).telling(desk, told))
        })
        .await
}

/// All of this needs the password once more: somebody may have left the browser alone.
fn refused(desk: &Desk, form: &Form, account: &Account) -> Result<Option<Answer>> {
    let Some(problem) = password_problem(desk, account, form.text("old_password")) else { return Ok(None) };
    if form.json {
        return Err(Error::Invalid(vec![problem]));
    }
    page(desk, account, form.text("secret"), vec![problem]).map(Some)
}

fn codes_or_page(desk: &Desk, form: &Form, account: &Account, made: Result<Vec<String>>) -> Result<Answer> {
    match made {
        Ok(codes) if form.json => {
            let answer = Answer::json(&serde_json::json!({ "recovery_codes": codes }))?;
            Ok(answer.header("Cache-Control", "no-store"))
        }
        Ok(codes) => {
            let next = format!("{}{PATH}", desk.base());
            let entrance = Entrance { account, door: "password", next: &next, kept: Vec::new(), told: None };
            codes_page(desk, &entrance, codes)
        }
        Err(Error::Invalid(problems)) if !form.json => page(desk, account, form.text("secret"), problems),
        Err(other) => Err(other),
    }
}

/// Shows the codes, this once, to somebody who is signed in anew with it.
pub(super) fn codes_page(desk: &Desk, entrance: &Entrance<'_>, codes: Vec<String>) -> Result<Answer> {
    let session = start_session(desk, entrance.account.id, entrance.door)?;
    desk.renew_session(&session);
    let page = CodesPage { codes, next: entrance.next.to_owned(), kept: entrance.kept.clone() };
    let answer = Sheet::new("Recovery codes", page).noindex().render(desk)?;
    Ok(answer.header("Cache-Control", "no-store").with_session(desk, &session))
}

fn page(desk: &Desk, account: &Account, secret: &str, problems: Vec<Problem>) -> Result<Answer> {
    let (since, codes_left) = desk
        .site()
        .read(|db| Ok((second_factor::since(db, account.id)?, second_factor::codes_left(db, account.id)?)))?;
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = FactorPage {
        href: format!("{}{PATH}", desk.base()),
        codes_left,
        setup: since.is_none().then(|| Setup::again(desk, account, secret)).transpose()?,
        since: since.map(|at| at.when(&desk.principal.zone())),
        has_password: account.password.is_some(),
        problems,
    };
    let answer = Sheet::new("Second factor", page).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}
