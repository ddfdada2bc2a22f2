//! The page of the tokens that one's programs have.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use crate::auth::accounts::Account;
use crate::auth::api_tokens::{self, LONGEST_DAYS, NewToken};
use crate::auth::permissions;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::time::{Instant, When};
use crate::base::viewer::Scope;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![show, make, revoke]
}

/// So many days a token is good for unless its owner asks for another number.
const PROPOSED_DAYS: i64 = 90;

#[derive(Serialize)]
struct TokensPage {
    tokens: Vec<TokenRow>,
    /// Just made: it is shown this once.
    secret: Option<String>,
    label: String,
    scope: String,
    days: String,
    days_hint: String,
    projects: Vec<Choice>,
    problems: Vec<Problem>,
}

impl Page for TokensPage {
    const TEMPLATE: &'static str = "account/api_tokens.html";
}

#[derive(Serialize)]
struct TokenRow {
    id: i64,
    label: String,
    scope: &'static str,
    projects: String,
    made: When,
    ends: When,
    ended: bool,
    used: Option<When>,
}

#[derive(Serialize)]
struct Choice {
    name: String,
    title: String,
    chosen: bool,
}

#[get("/-/account/api-tokens")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let Some(account) = &desk.account else { return Ok(super::profile::sign_in_first(desk)) };
            if desk.visit.wants_json() {
                return as_json(desk, account);
            }
            page(desk, account, None, Vec::new(), None)
        })
        .await
}

/// The answer itself shows the secret, so that it stands in no address and no cookie.
#[post("/-/account/api-tokens", data = "<data>")]
async fn make(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, |desk, form| {
            let account = super::profile::own(desk)?;
            match made(desk, account, form) {
                Ok(secret) if form.json => {
                    let href = format!("{}/-/account/api-tokens", desk.base());
                    let answer = Answer::created(desk, &href, &serde_json::json!({ "token": secret }))?;
                    Ok(answer.header("Cache-Control", "no-store"))
                }
                Ok(secret) => page(desk, account, None, Vec::new(), Some(secret)),
                Err(Error::Invalid(problems)) if !form.json => page(desk, account, Some(form), problems, None),
                Err(other) => Err(other),
            }
        })
        .await
}

#[post("/-/account/api-tokens/<id>/revoke", data = "<data>")]
async fn revoke(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, _| {
            let account = super::profile::own(desk)?;
            let id: i64 = id.parse().map_err(|_| Error::not_found("There is no such token."))?;
            desk.site()
                .write(Some(account.id), Via::Web, |db, record| api_tokens::revoke(db, record, account.id, id))?;
            let back = format!("{}/-/account/api-tokens", desk.base());
            Ok(Answer::see(&back).telling(desk, "The token is revoked: programs that show it get nothing any more."))
        })
        .await
}

fn made(desk: &Desk, account: &Account, form: &Form) -> Result<String> {
    let mut problems = Vec::new();
    let scope = Scope::named(form.get("scope").unwrap_or("read"));
    if scope.is_none() {
        problems.push(Problem::new("scope", "A token is good to `read`, to `write` or to `admin`."));
    }
    let days = match form.get("days").map(str::trim).filter(|days| !days.is_empty()) {
        None => Some(PROPOSED_DAYS),
        Some(typed) => typed.parse().ok(),
    };
    if days.is_none() {
        problems.push(Problem::new("days", "For how many days is a whole number."));
    }
    let mut projects = Vec::new();
    for name in form.pairs().iter().filter(|(name, value)| name == "project" && !value.is_empty()) {
        match desk.room(&name.1) {
            Ok(room) => projects.push(room.row.id),
            Err(_) => problems.push(Problem::new("project", format!("There is no project `{}` for you.", name.1))),
        }
    }
    desk.leave();
    let (Some(scope), Some(days), true) = (scope, days, problems.is_empty()) else {
        return Err(Error::Invalid(problems));
    };
    let new = NewToken { label: form.text("label"), scope, projects: &projects, days };
    desk.site().write(Some(account.id), Via::Web, |db, record| api_tokens::create(db, record, account.id, &new))
}

fn as_json(desk: &Desk, account: &Account) -> Result<Answer> {
    let tokens = desk.site().read(|db| api_tokens::of_account(db, account.id))?;
    let items: Vec<_> = tokens
        .iter()
        .map(|token| {
            serde_json::json!({
                "id": token.id, "label": token.label, "scope": token.scope.name(), "projects": token.projects,
                "created": token.created_at.iso(), "expires": token.expires_at.iso(),
                "last_used": token.last_used_at.map(Instant::iso),
            })
        })
        .collect();
    let list = serde_json::json!({ "total": items.len(), "page": 1, "items": items, "next": null });
    Ok(Answer::json(&list)?.header("Cache-Control", "no-store"))
}

fn page(
    desk: &Desk,
    account: &Account,
    typed: Option<&Form>,
    problems: Vec<Problem>,
    secret: Option<String>,
) -> Result<Answer> {
    let zone = desk.principal.zone();
    let (tokens, longest_days) =
        desk.site().read(|db| Ok((api_tokens::of_account(db, account.id)?, LONGEST_DAYS.number(db)?)))?;
    let refused = !problems.is_empty();
    let field = |name: &str| typed.map(|form| form.text(name).to_owned());
    let chosen = |name: &str| {
        typed.is_some_and(|form| form.pairs().iter().any(|(key, value)| key == "project" && value == name))
    };
    let mut projects = Vec::new();
    for row in desk.site().projects()? {
        let project = desk.site().project(&row)?;
        if permissions::enter(&project, &row, &desk.principal)?.is_some() {
            projects.push(Choice { title: row.called().to_owned(), chosen: chosen(&row.name), name: row.name });
        }
    }
    let now = Instant::now();
    let sheet = TokensPage {
        tokens: tokens
            .into_iter()
            .map(|token| TokenRow {
                id: token.id,
                label: token.label,
                scope: token.scope.name(),
                projects: token.projects.join(", "),
                made: token.created_at.when(&zone),
                ends: token.expires_at.when(&zone),
                ended: token.expires_at <= now,
                used: token.last_used_at.map(|at| at.when(&zone)),
            })
            .collect(),
        secret,
        label: field("label").unwrap_or_default(),
        scope: field("scope").unwrap_or_else(|| Scope::Read.name().to_owned()),
        days: field("days").unwrap_or_else(|| PROPOSED_DAYS.min(longest_days).to_string()),
        days_hint: format!("At most {longest_days}. Afterwards it opens nothing."),
        projects,
        problems,
    };
    let status = if refused { Status::UnprocessableEntity } else { Status::Ok };
    let answer = Sheet::new("Your API tokens", sheet).noindex().status(status).render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}
