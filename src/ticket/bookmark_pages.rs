//! Bookmarks by form and as JSON: marking a ticket, and one's own list at `/<project>/bookmarks`.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::bookmarks;
use super::fields::Choices;
use super::head::{self, enter};
use super::link::class_of;
use super::store::{self, TicketRow};
use super::ticket_href;
use super::values::People;
use crate::base::error::Result;
use crate::base::time::When;
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![mark, mine]
}

/// `on=1` marks, `on=0` takes the mark away. `back` is the page of ours to which the reader returns.
#[post("/<project>/ticket/<number>/bookmark", data = "<data>")]
async fn mark(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let ticket = room.project.read(|db| head::asked_ticket(db, &room, &number))?.row.id;
            let on = form.text("on") == "1";
            bookmarks::set(&room.project, room.act(), ticket, on)?;
            if form.json {
                return Answer::json(&json!({ "ticket": ticket, "bookmarked": on }));
            }
            let href = format!("{}{}", room.root, ticket_href(ticket));
            // Only pages of this project are gone back to.
            let back = form.get("back").filter(|back| back.starts_with(&format!("{}/", room.root)));
            Ok(Answer::see(back.filter(|back| !back.contains(['\r', '\n', '\\'])).unwrap_or(&href)))
        })
        .await
}

#[get("/<project>/bookmarks")]
async fn mine(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.project.read(|db| {
                let ids = bookmarks::of_viewer(db, &room.viewer)?;
                let rows = store::by_ids(db, &room.viewer, &ids)?;
                let rows: Vec<&TicketRow> = ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)).collect();
                let choices = Choices::load(db, &room.viewer)?;
                if desk.visit.wants_json() {
                    return Answer::json(&as_json(desk, &room, &choices, &rows));
                }
                page(desk, db, &room, &choices, &rows)
            })
        })
        .await
}

fn as_json(desk: &Desk, room: &Room, choices: &Choices, rows: &[&TicketRow]) -> Json {
    let items: Vec<Json> = rows
        .iter()
        .map(|row| {
            let url = desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(row.id)));
            let status = choices.status(row.status).map(|status| status.name.as_str());
            json!({ "id": row.id, "url": url, "summary": row.summary, "status": status })
        })
        .collect();
    json!({ "total": items.len(), "page": 1, "items": items, "next": null })
}

#[derive(Serialize)]
struct MinePage {
    href: String,
    items: Vec<Line>,
    tickets_href: String,
    signed_in: bool,
}

impl Page for MinePage {
    const TEMPLATE: &'static str = "ticket/bookmarks.html";
}

#[derive(Serialize)]
struct Line {
    number: i64,
    summary: String,
    href: String,
    class: Option<&'static str>,
    status: Status,
    owner: String,
    changed: When,
}

#[derive(Serialize)]
struct Status {
    name: String,
    category: &'static str,
    href: Option<String>,
}

fn page(desk: &Desk, db: &Connection, room: &Room, choices: &Choices, rows: &[&TicketRow]) -> Result<Answer> {
    let viewer = &room.viewer;
    let people = People::load(db, rows.iter().filter_map(|row| row.owner))?.shown_to(viewer);
    let line = |row: &&TicketRow| {
        let status = choices.status(row.status);
        Line {
            number: row.id,
            summary: row.summary.clone(),
            href: format!("{}{}", room.root, ticket_href(row.id)),
            class: class_of(choices, row.status),
            status: Status {
                name: status.map(|status| status.name.clone()).unwrap_or_default(),
                category: status.map_or("open", |status| status.category.name()),
                href: None,
            },
            owner: row.owner.map(|owner| people.called(Some(owner))).unwrap_or_default(),
            changed: row.changed_at.when(&viewer.zone()),
        }
    };
    let href = format!("{}/bookmarks", room.root);
    let sheet = MinePage {
        items: rows.iter().map(line).collect(),
        tickets_href: format!("{}/query", room.root),
        signed_in: viewer.signed_in(),
        href: href.clone(),
    };
    let json = Alternate::json(format!("{href}?format=json"), "Bookmarks as JSON");
    Sheet::new("Bookmarks", sheet).at("/query").alternates(vec![json]).noindex().render(desk)
}
