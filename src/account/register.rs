//! `/-/register` and `/-/forgot`: what somebody asks for who is not signed in. Both have one answer, whoever asks; what comes
//! of it is said by mail alone.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use crate::auth::registration::{self, REGISTRATION, Wish};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![register, registered, forgot, forgotten]
}

#[derive(Serialize, Default)]
struct RegisterPage {
    email: String,
    full_name: String,
    about: String,
    problems: Vec<Problem>,
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "account/register.html";
}

#[derive(Serialize, Default)]
struct ForgotPage {
    who: String,
    problems: Vec<Problem>,
}

impl Page for ForgotPage {
    const TEMPLATE: &'static str = "account/forgot.html";
}

/// The one answer to whatever was asked for.
#[derive(Serialize)]
struct AskedPage {
    sentence: &'static str,
}

impl Page for AskedPage {
    const TEMPLATE: &'static str = "account/asked.html";
}

#[get("/-/register")]
async fn register(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_open(desk)?;
            Sheet::new("Register", RegisterPage::default()).noindex().render(desk)
        })
        .await
}

#[post("/-/register", data = "<data>")]
async fn registered(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            require_open(desk)?;
            if let Some(wait) = slowed_down(desk)? {
                return Ok(wait);
            }
            let wish =
                Wish { email: form.text("email"), full_name: form.text("full_name"), about: form.text("about") };
            let taken = desk.site().write(None, Via::Web, |db, record| registration::register(db, record, &wish));
            match taken {
                Err(Error::Invalid(problems)) if !form.json => {
                    let page = RegisterPage {
                        email: wish.email.to_owned(),
                        full_name: wish.full_name.to_owned(),
                        about: wish.about.to_owned(),
                        problems,
                    };
                    let sheet = Sheet::new("Register", page).noindex().status(Status::UnprocessableEntity);
                    sheet.render(desk)
                }
                Err(other) => Err(other),
                Ok(()) => asked(
                    desk,
                    form,
                    "If this address can be used, a mail with the next step is on its way to it. It can take some minutes.",
                ),
            }
        })
        .await
}

#[get("/-/forgot")]
async fn forgot(visit: Visit) -> Answer {
    visit.answer(|desk| Sheet::new("Forgotten password", ForgotPage::default()).noindex().render(desk)).await
}

#[post("/-/forgot", data = "<data>")]
async fn forgotten(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            if let Some(wait) = slowed_down(desk)? {
                return Ok(wait);
            }
            let who = form.text("who").trim();
            if who.is_empty() {
                let problems = vec![Problem::new("who", "Your login name or your address is needed.")];
                if form.json {
                    return Err(Error::Invalid(problems));
                }
                let page = ForgotPage { who: String::new(), problems };
                let sheet = Sheet::new("Forgotten password", page).noindex().status(Status::UnprocessableEntity);
                return sheet.render(desk);
            }
            desk.site().write(None, Via::Web, |db, record| registration::ask_for_reset(db, record, who))?;
            asked(
                desk,
                form,
                "If there is an account with this name or address, and the address is known to be theirs, a mail with a link \
                 is on its way to it. The link works for two hours. Where no mail comes, an administrator of this site can \
                 help.",
            )
        })
        .await
}

/// Where registration is not open, its page is nowhere.
fn require_open(desk: &Desk) -> Result<()> {
    if desk.site().read(|db| REGISTRATION.text(db))? == "open" {
        return Ok(());
    }
    Err(Error::not_found("There is no page at this address."))
}

/// Each asking makes a mail: some are free, then one network has to wait longer and longer.
fn slowed_down(desk: &Desk) -> Result<Option<Answer>> {
    let keys = [format!("network:{}", desk.visit.network)];
    let Some(seconds) = desk.web().asking.wait(&keys) else {
        desk.web().asking.failed(&keys);
        return Ok(None);
    };
    let sentence = format!("Too much was asked for from your network. Please wait {seconds} seconds.");
    let answer = if desk.visit.sends_json() {
        Answer::problems(Status::TooManyRequests, "Please wait", &sentence, &[])
    } else {
        let page = ForgotPage { who: String::new(), problems: vec![Problem::new("", sentence)] };
        Sheet::new("Please wait", page).noindex().status(Status::TooManyRequests).render(desk)?
    };
    Ok(Some(answer.header("Retry-After", seconds.to_string())))
}

fn asked(desk: &Desk, form: &Form, sentence: &'static str) -> Result<Answer> {
    if form.json {
        return Answer::json(&serde_json::json!({ "told": sentence }));
    }
    Sheet::new("Look into your mail", AskedPage { sentence }).noindex().render(desk)
}
