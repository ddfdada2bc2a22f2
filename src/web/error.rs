//! Errors as answers: a page that helps, or `application/problem+json`. Here and nowhere else.

use rocket::Catcher;
use rocket::http::{Method, Status};
use rocket::request::Request;
use serde::Serialize;

use super::address;
use super::answer::Answer;
use super::desk::Desk;
use super::form::Form;
use super::page::{Page, Sheet};
use super::visit::Visit;
use crate::auth::outside::{OIDC_ISSUER, OIDC_NAME};
use crate::auth::registration::REGISTRATION;
use crate::base::error::{Error, Fault, Problem};
use crate::base::site::RESERVED;

/// Fields of problems that are no field: a form that did not come from here, a session that ended meanwhile.
pub(super) const FORGED: &str = "__FORM_TOKEN";
pub(super) const EXPIRED: &str = "__SESSION";

#[derive(Serialize)]
struct ErrorPage {
    status: u16,
    heading: &'static str,
    sentence: String,
    problems: Vec<Problem>,
    ways: Vec<Way>,
    kept_text: Option<String>,
    sign_in: Option<String>,
    again: Option<Again>,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "layout/error.html";
}

#[derive(Serialize)]
struct Way {
    href: String,
    text: &'static str,
}

#[derive(Serialize)]
struct Again {
    action: String,
    fields: Vec<Kept>,
}

/// A field of a form that is carried on.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    pub name: String,
    pub value: String,
}

pub fn answer(desk: &Desk, error: Error, form: Option<&Form>) -> Answer {
    if let (Error::NotFound(_), Some(href)) = (&error, elsewhere(desk)) {
        return Answer::moved(&href);
    }
    if let Error::Internal { log, .. } = &error {
        log::error!("{} {}: {log}", desk.visit.method, desk.visit.path);
    }
    let status = status_of(&error);
    if desk.visit.wants_json() || desk.visit.sends_json() || form.is_some_and(|form| form.json) {
        return as_json(desk, status, &error);
    }
    if is(&error, EXPIRED)
        && let Some(form) = form
        && let Ok(answer) = sign_in_again(desk, form)
    {
        return answer;
    }
    as_page(desk, status, &error, form).unwrap_or_else(|second| {
        log::error!("the page of an error: {second}");
        let text = format!("{}\n", told(&error));
        Answer::new(status, rocket::http::ContentType::Plain, text.into_bytes())
    })
}

/// What somebody is told who asks too often; a form keeps its text.
pub(super) fn too_many(desk: &Desk, seconds: i64, form: Option<&Form>) -> Answer {
    let sentence = format!(
        "This was asked too often from your network, or by a new account. Please wait {seconds} seconds. Nothing was changed; \
         nothing you typed is lost."
    );
    let answer = answer(desk, Error::conflict(sentence), form).with_status(Status::TooManyRequests);
    answer.header("Retry-After", seconds.to_string())
}

/// Where an address that leads nowhere has moved to: a project's former name, or an address without a project
/// while there is only one (DESIGN 5). Only for those who may enter that project.
fn elsewhere(desk: &Desk) -> Option<String> {
    if !matches!(desk.visit.method, Method::Get | Method::Head) {
        return None;
    }
    let below = desk.visit.path.strip_prefix(desk.base())?.strip_prefix('/')?;
    let (first, rest) = below.split_once('/').unwrap_or((below, ""));
    let former = desk.site().find_former(first).ok()?;
    let (row, path) = match former {
        Some(row) => (row, rest),
        None if RESERVED.contains(&first) => {
            let mut all = desk.site().projects().ok()?;
            (all.pop().filter(|_| all.is_empty())?, below)
        }
        None => return None,
    };
    let room = desk.room_of(row).ok()??;
    let query = if desk.visit.query.is_empty() { String::new() } else { format!("?{}", desk.visit.query) };
    Some(format!("{}/{path}{query}", room.root).trim_end_matches('/').to_owned())
}

/// Around the page of what is not there stands the frame of the project that the address names, for those who may enter
/// it: the same bytes for whatever is missing or hidden in one project, and for projects that are missing or closed.
fn stay_in_project(desk: &Desk) {
    desk.leave();
    let below = desk.visit.path.strip_prefix(desk.base()).unwrap_or_default();
    let name = below.split('/').nth(1).unwrap_or_default();
    if let Ok(Some(row)) = desk.site().find(name)
        && let Err(error) = desk.room_of(row)
    {
        log::warn!("the frame of {name}: {error}");
    }
}

fn status_of(error: &Error) -> Status {
    match error {
        Error::NotFound(_) => Status::NotFound,
        Error::Forbidden { .. } => Status::Forbidden,
        Error::Invalid(_) if is(error, FORGED) || is(error, EXPIRED) => Status::BadRequest,
        Error::Invalid(_) => Status::UnprocessableEntity,
        Error::Conflict(_) => Status::Conflict,
        // RFC 4918, 11.5: there is no room for what the request would keep.
        Error::Internal { fault: Fault::DiskFull, .. } => Status::InsufficientStorage,
        Error::Internal { fault: Fault::Unavailable, .. } => Status::ServiceUnavailable,
        Error::Internal { fault: Fault::Program, .. } => Status::InternalServerError,
    }
}

fn is(error: &Error, field: &str) -> bool {
    matches!(error, Error::Invalid(problems) if problems.iter().any(|problem| problem.field == field))
}

/// What the reader is told; never what only the log shows.
fn told(error: &Error) -> String {
    match error {
        Error::Internal { told, .. } => told.clone(),
        Error::Invalid(problems) => {
            problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn heading_of(desk: &Desk, status: Status, error: &Error) -> &'static str {
    let only_reads = matches!(desk.visit.method, Method::Get | Method::Head);
    match status.code {
        400 => "Nothing was done",
        403 => "You may not do this",
        404 => "Not found",
        405 => "This address takes no such request",
        409 if only_reads => "This can't be shown now",
        409 => "Somebody was faster",
        413 => "Too large",
        421 => "Wrong host",
        422 => "This can't be done as it stands",
        503 if matches!(error, Error::Internal { fault: Fault::Unavailable, .. }) => "Not possible at the moment",
        503 => "Too busy",
        507 => "The disk is full",
        _ => "Something went wrong",
    }
}

fn as_json(desk: &Desk, status: Status, error: &Error) -> Answer {
    let problems: &[Problem] = if let Error::Invalid(problems) = error { problems } else { &[] };
    Answer::problems(status, heading_of(desk, status, error), &told(error), problems)
}

fn as_page(desk: &Desk, status: Status, error: &Error, form: Option<&Form>) -> crate::base::error::Result<Answer> {
    let base = desk.base();
    let mut ways = Vec::new();
    if status == Status::NotFound {
        stay_in_project(desk);
    } else if let Some(entered) = desk.entered() {
        ways.push(Way { href: format!("{base}/{}", entered.row.name), text: "The start page of this project" });
    }
    ways.push(Way { href: format!("{base}/"), text: "All projects" });
    let anonymous = desk.account.is_none();
    let sign_in = (anonymous && matches!(status.code, 403 | 404))
        .then(|| format!("{base}/-/login?next={}", address::segment(&desk.visit.here())));
    let again = form.filter(|_| is(error, FORGED) && !desk.visit.is_foreign()).map(|form| Again {
        action: desk.visit.here(),
        fields: form
            .pairs()
            .iter()
            .filter(|(name, _)| name != "__FORM_TOKEN" && !name.contains("password"))
            .map(|(name, value)| Kept { name: name.clone(), value: value.clone() })
            .collect(),
    });
    // Problems of fields stand in a list, as on every form; the rest is one sentence.
    let problems = match error {
        Error::Invalid(problems) if status == Status::UnprocessableEntity => problems.clone(),
        _ => Vec::new(),
    };
    let page = ErrorPage {
        status: status.code,
        heading: heading_of(desk, status, error),
        sentence: if problems.is_empty() { told(error) } else { String::new() },
        problems,
        ways,
        kept_text: form.and_then(Form::longest_text).map(str::to_owned),
        sign_in,
        again,
    };
    Sheet::new(heading_of(desk, status, error), page).noindex().status(status).render(desk)
}

/// The sign-in page that carries a form whose session has ended; the form goes on after it.
#[derive(Debug, Clone, Serialize, Default)]
pub struct LoginPage {
    pub user: String,
    pub next: String,
    pub problems: Vec<Problem>,
    pub kept_form: Vec<Kept>,
    pub kept_text: Option<String>,
    /// Whether everybody may register here.
    pub registers: bool,
    /// The name of another place that vouches for people here.
    pub vouched_by: Option<String>,
}

impl LoginPage {
    /// With the other ways in that this site has.
    pub fn with_ways(self, desk: &Desk) -> crate::base::error::Result<Self> {
        desk.site().read(|db| {
            let registers = REGISTRATION.text(db)? == "open";
            let name = OIDC_NAME.text(db)?;
            let vouched_by = (!OIDC_ISSUER.text(db)?.is_empty()).then_some(name);
            Ok(Self { registers, vouched_by, ..self })
        })
    }
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "account/login.html";
}

/// Before each name of a form that is carried through the sign-in page.
pub const KEPT_PREFIX: &str = "kept.";

fn sign_in_again(desk: &Desk, form: &Form) -> crate::base::error::Result<Answer> {
    let mut kept_form: Vec<Kept> = form
        .pairs()
        .iter()
        .filter(|(name, _)| name != "__FORM_TOKEN" && !name.contains("password"))
        .map(|(name, value)| Kept { name: format!("{KEPT_PREFIX}{name}"), value: value.clone() })
        .collect();
    if kept_form.is_empty() {
        // A form of one button has nothing to carry, but it was sent all the same.
        kept_form.push(Kept { name: format!("{KEPT_PREFIX}submit"), value: "1".to_owned() });
    }
    let page = LoginPage {
        next: desk.visit.here(),
        problems: vec![Problem::new(
            "",
            "You have been signed out meanwhile. Sign in again and the form goes on; nothing you typed is lost.",
        )],
        kept_form,
        kept_text: form.longest_text().map(str::to_owned),
        ..LoginPage::default()
    };
    desk.leave();
    Sheet::new("Sign in", page.with_ways(desk)?).noindex().status(Status::Unauthorized).render(desk)
}

/// After signing in again: the form that was kept, to be sent with one press, with a token of the new session.
pub fn send_again(desk: &Desk, session: &str, action: &str, fields: Vec<Kept>) -> crate::base::error::Result<Answer> {
    desk.renew_session(session);
    let kept_text =
        fields.iter().map(|kept| &kept.value).filter(|value| value.len() > 20).max_by_key(|value| value.len());
    let page = ErrorPage {
        status: 200,
        heading: "You are signed in again",
        sentence: "What you typed before is still here. Send it, and it goes on as if nothing had happened.".to_owned(),
        problems: Vec::new(),
        ways: Vec::new(),
        kept_text: kept_text.cloned(),
        sign_in: None,
        again: Some(Again { action: action.to_owned(), fields }),
    };
    Sheet::new("You are signed in again", page).noindex().render(desk)
}

/// Whatever Rocket itself refuses gets the same pages.
pub fn catchers() -> Vec<Catcher> {
    vec![Catcher::new(None, caught)]
}

fn caught<'r>(status: Status, request: &'r Request<'_>) -> rocket::catcher::BoxFuture<'r> {
    Box::pin(async move {
        let response = match Visit::of(request) {
            None => Answer::busy(),
            Some(visit) => {
                visit
                    .answer(move |desk| {
                        let (status, error) = match status.code {
                            404 | 405 | 422 => {
                                (Status::NotFound, Error::not_found("There is no page at this address."))
                            }
                            413 => (status, Error::invalid("", "What was sent is too large; nothing of it was taken.")),
                            400 => (status, Error::invalid("", "The request could not be read.")),
                            503 => (status, Error::told("The server has too much to do at the moment.", "busy")),
                            _ => (status, Error::internal(format!("Rocket answered {status}"))),
                        };
                        let made = answer(desk, error, None);
                        Ok(if made.status == Status::MovedPermanently { made } else { made.with_status(status) })
                    })
                    .await
            }
        };
        rocket::response::Responder::respond_to(response, request)
    })
}
