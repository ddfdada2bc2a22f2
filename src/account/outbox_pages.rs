//! `/-/admin/outbox`: the mail that waits, and what became of it. An administrator hands a link over where mail can't.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::mail::SMTP;
use crate::auth::accounts;
use crate::auth::outbox::{self, Mail, State};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::time::When;
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub const PATH: &str = "/-/admin/outbox";
const SHOWN: i64 = 200;

pub(super) fn routes() -> Vec<Route> {
    routes![show, retry, discard, hand_over]
}

#[derive(Serialize)]
struct OutboxPage {
    panels: Vec<PanelGroup>,
    href: String,
    is_set_up: bool,
    mails: Vec<MailRow>,
    /// Just made: it is shown this once.
    link: Option<HandedLink>,
}

impl Page for OutboxPage {
    const TEMPLATE: &'static str = "account/outbox.html";
}

#[derive(Serialize)]
struct MailRow {
    id: i64,
    what: &'static str,
    address: String,
    login: String,
    state: &'static str,
    made: When,
    due: When,
    tries: i64,
    error: String,
    can_hand_over: bool,
    can_retry: bool,
}

#[derive(Serialize)]
struct HandedLink {
    address: String,
    href: String,
}

#[get("/-/admin/outbox")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            if desk.visit.wants_json() {
                return as_json(desk);
            }
            page(desk, None)
        })
        .await
}

#[post("/-/admin/outbox/<id>/retry", data = "<data>")]
async fn retry(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, _| {
            let id = numbered(desk, &id)?;
            desk.site().write(by(desk), Via::Web, |db, record| outbox::retry(db, record, id))?;
            Ok(done(desk, "It is tried again now."))
        })
        .await
}

#[post("/-/admin/outbox/<id>/drop", data = "<data>")]
async fn discard(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, _| {
            let id = numbered(desk, &id)?;
            desk.site().write(by(desk), Via::Web, |db, record| outbox::drop(db, record, id))?;
            Ok(done(desk, "The mail is out of the box."))
        })
        .await
}

/// The answer itself shows the link, so that it stands in no address and no cookie.
#[post("/-/admin/outbox/<id>/link", data = "<data>")]
async fn hand_over(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let id = numbered(desk, &id)?;
            let mail = desk.site().read(|db| outbox::load(db, id))?;
            let token = desk.site().write(by(desk), Via::Web, |db, record| outbox::hand_over(db, record, id))?;
            let href = desk.web().address.absolute(&format!("{}/-/link/{token}", desk.base()));
            if form.json {
                let place = format!("{}{PATH}", desk.base());
                return Ok(Answer::created(desk, &place, &json!({ "link": href }))?.header("Cache-Control", "no-store"));
            }
            page(desk, Some(HandedLink { address: mail.address, href }))
        })
        .await
}

fn numbered(desk: &Desk, id: &str) -> Result<i64> {
    require_administrator(desk)?;
    id.parse().map_err(|_| Error::not_found("There is no such mail."))
}

fn by(desk: &Desk) -> Option<i64> {
    desk.account.as_ref().map(|account| account.id)
}

fn done(desk: &Desk, sentence: &str) -> Answer {
    Answer::see(&format!("{}{PATH}", desk.base())).telling(desk, sentence)
}

/// Mails with the names of the accounts that they are for.
fn mails(desk: &Desk) -> Result<Vec<(Mail, String)>> {
    desk.site().read(|db| {
        let login = |mail: Mail| {
            let account = mail.account.map(|id| accounts::by_id(db, id)).transpose()?.flatten();
            Ok((mail, account.map(|account| account.login).unwrap_or_default()))
        };
        outbox::list(db, SHOWN)?.into_iter().map(login).collect()
    })
}

fn as_json(desk: &Desk) -> Result<Answer> {
    let items: Vec<_> = mails(desk)?
        .into_iter()
        .map(|(mail, login)| {
            json!({
                "id": mail.id, "purpose": mail.letter.name(), "address": mail.address, "login": login,
                "state": mail.state.name(), "created": mail.created_at.iso(), "due": mail.due_at.iso(),
                "tries": mail.tries, "error": mail.error,
            })
        })
        .collect();
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

fn page(desk: &Desk, link: Option<HandedLink>) -> Result<Answer> {
    let zone = desk.principal.zone();
    let rows = mails(desk)?
        .into_iter()
        .map(|(mail, login)| MailRow {
            id: mail.id,
            what: mail.letter.title(),
            login,
            state: mail.state.name(),
            made: mail.created_at.when(&zone),
            due: mail.due_at.when(&zone),
            tries: mail.tries,
            can_hand_over: mail.letter.link().is_some() && matches!(mail.state, State::Waiting | State::Failed),
            can_retry: matches!(mail.state, State::Failed | State::Handed)
                || (mail.tries > 0 && mail.state == State::Waiting),
            address: mail.address,
            error: mail.error,
        })
        .collect();
    let sheet = OutboxPage {
        panels: panels::of_site(desk, PATH),
        href: format!("{}{PATH}", desk.base()),
        is_set_up: !desk.site().read(|db| SMTP.text(db))?.is_empty(),
        mails: rows,
        link,
    };
    Ok(Sheet::new("Outbox", sheet).noindex().render(desk)?.header("Cache-Control", "no-store"))
}
