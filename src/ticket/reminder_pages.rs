//! Reminders by form and as JSON: making one on a ticket, ending it, and the list of one's own at `/<project>/reminders`.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::beside::Item;
use super::fields::Choices;
use super::head::{self, enter};
use super::link::class_of;
use super::reminders::{self, End, Reminder, Wish};
use super::values::People;
use super::{TICKET_CHGPROP, json as ticket_json, store, ticket_href};
use crate::base::error::{Error, Problem, Result};
use crate::base::time::Instant;
use crate::milestone::due::Clock;
use crate::web::form::Form;
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![add, end, mine]
}

#[post("/<project>/ticket/<number>/reminder", data = "<data>")]
async fn add(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let ticket = room.project.read(|db| head::asked_ticket(db, &room, &number))?.row.id;
            let wish = Wish { due: form.text("due"), text: form.text("text"), person: form.text("person") };
            match reminders::add(desk.site(), &room.project, room.act(), ticket, &wish) {
                Ok(id) if form.json => {
                    Answer::created(desk, &format!("{}/reminders", room.root), &json!({ "id": id, "ticket": ticket }))
                }
                Ok(_) => Ok(Answer::see(&format!("{}{}#reminders", room.root, ticket_href(ticket)))
                    .telling(desk, "The reminder is made.")),
                Err(Error::Invalid(problems)) if !form.json => refused(desk, &room, ticket, form, problems),
                Err(error) => Err(error),
            }
        })
        .await
}

#[post("/<project>/reminder/<id>", data = "<data>")]
async fn end(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = super::link::number(&id).ok_or_else(|| Error::not_found("There is no such reminder."))?;
            let (how, told) = match (form.has("done"), form.has("remove")) {
                (true, false) => (End::Done, "Done."),
                (false, true) => (End::Removed, "The reminder is gone."),
                _ => return Err(Error::invalid("done", "A reminder is `done`, or it is to be removed (`remove`).")),
            };
            let ticket = reminders::end(&room.project, room.act(), id, how)?;
            if form.json {
                return Answer::json(&json!({ "id": id, "ticket": ticket, "done": how == End::Done }));
            }
            let back = match form.text("back") {
                "list" => format!("{}/reminders", room.root),
                "home" => format!("{}/home", room.root),
                _ => format!("{}{}#reminders", room.root, ticket_href(ticket)),
            };
            Ok(Answer::see(&back).telling(desk, told))
        })
        .await
}

#[get("/<project>/reminders")]
async fn mine(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let done = desk.visit.value("state").as_deref() == Some("done");
            room.project.read(|db| {
                let found = reminders::of_viewer(db, &room.viewer, done)?;
                if desk.visit.wants_json() {
                    return Answer::json(&as_json(desk, db, &room, &found)?);
                }
                page(desk, db, &room, &found, done)
            })
        })
        .await
}

fn as_json(desk: &Desk, db: &Connection, room: &Room, found: &[Reminder]) -> Result<Json> {
    let named = found.iter().flat_map(|one| std::iter::once(one.person).chain(one.created_by));
    let people = People::load(db, named)?.shown_to(&room.viewer);
    let items: Vec<Json> = found
        .iter()
        .map(|one| {
            let url = desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(one.ticket)));
            json!({
                "id": one.id,
                "ticket": one.ticket,
                "url": url,
                "person": ticket_json::author(&people, Some(one.person)),
                "due": one.due,
                "text": if one.text.is_empty() { None } else { Some(&one.text) },
                "created_by": ticket_json::author(&people, one.created_by),
                "done": one.done_at.map(Instant::iso),
            })
        })
        .collect();
    Ok(json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

#[derive(Serialize)]
struct MinePage {
    href: String,
    done: bool,
    items: Vec<Line>,
    tickets_href: String,
    signed_in: bool,
}

impl Page for MinePage {
    const TEMPLATE: &'static str = "ticket/reminders.html";
}

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    item: Item,
    number: i64,
    summary: String,
    class: Option<&'static str>,
    ticket_href: String,
}

fn page(desk: &Desk, db: &Connection, room: &Room, found: &[Reminder], done: bool) -> Result<Answer> {
    let viewer = &room.viewer;
    let ids: Vec<i64> = found.iter().map(|one| one.ticket).collect();
    let rows = store::by_ids(db, viewer, &ids)?;
    let (choices, clock) = (Choices::load(db, &room.viewer)?, Clock::of(db)?);
    let people = People::load(db, found.iter().map(|one| one.person))?.shown_to(viewer);
    let line = |one: &Reminder| {
        let row = rows.iter().find(|row| row.id == one.ticket)?;
        Some(Line {
            item: Item::of(room, &people, &clock, one),
            number: row.id,
            summary: row.summary.clone(),
            class: class_of(&choices, row.status),
            ticket_href: format!("{}{}", room.root, ticket_href(row.id)),
        })
    };
    let href = format!("{}/reminders", room.root);
    let sheet = MinePage {
        items: found.iter().filter_map(line).collect(),
        done,
        tickets_href: format!("{}/query", room.root),
        signed_in: viewer.signed_in(),
        href: href.clone(),
    };
    let json = Alternate::json(format!("{href}?format=json"), "Reminders as JSON");
    Sheet::new("Reminders", sheet).at("/query").alternates(vec![json]).noindex().render(desk)
}

#[derive(Serialize)]
struct RefusedPage {
    number: i64,
    ticket_href: String,
    form_href: String,
    due: String,
    text: String,
    person: String,
    may_remind_others: bool,
    problems: Vec<Problem>,
}

impl Page for RefusedPage {
    const TEMPLATE: &'static str = "ticket/reminder.html";
}

/// The form by itself, with what was typed.
fn refused(desk: &Desk, room: &Room, ticket: i64, form: &Form, problems: Vec<Problem>) -> Result<Answer> {
    let href = format!("{}{}", room.root, ticket_href(ticket));
    let page = RefusedPage {
        number: ticket,
        form_href: format!("{href}/reminder"),
        ticket_href: href,
        due: form.text("due").to_owned(),
        text: form.text("text").to_owned(),
        person: form.text("person").to_owned(),
        may_remind_others: room.viewer.may(TICKET_CHGPROP),
        problems,
    };
    Sheet::new(format!("Reminder of #{ticket}"), page)
        .at("/query")
        .noindex()
        .status(Status::UnprocessableEntity)
        .render(desk)
}
