//! `/<project>/admin/ticket/components/<id>`: a component as a queue, with those who watch it, what its new tickets begin
//! with, and to whom it is open.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::queue::{self, Doors, Queue, Wish};
use super::{admin, link, people};
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const NO_PAGE: &str = "There is no page at this address.";
const LIST: &str = "/admin/ticket/components";

pub(super) fn routes() -> Vec<Route> {
    routes![show, save]
}

/// The address of a component's page, below the project's.
pub(super) fn href(component: i64) -> String {
    format!("{LIST}/{component}")
}

#[get("/<project>/admin/ticket/components/<component>")]
async fn show(visit: Visit, project: String, component: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, queue) = enter(desk, &project, &component)?;
            if desk.visit.wants_json() {
                Answer::json(&item(&queue))
            } else {
                page(desk, &room, &queue, None, Vec::new())
            }
        })
        .await
}

#[post("/<project>/admin/ticket/components/<component>", data = "<data>")]
async fn save(visit: Visit, project: String, component: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, queue) = enter(desk, &project, &component)?;
            match change(desk, &room, &queue, form) {
                Ok(()) => told(desk, &room, &queue, form),
                Err(Error::Invalid(problems)) if !form.json => page(desk, &room, &queue, Some(form), problems),
                Err(other) => Err(other),
            }
        })
        .await
}

fn enter(desk: &Desk, project: &str, component: &str) -> Result<(Room, Queue)> {
    let room = admin::enter(desk, project)?;
    let missing = || Error::not_found(NO_PAGE);
    let id = link::number(component).ok_or_else(missing)?;
    let queue = room.project.read(|db| queue::load(db, &room.viewer, id)).map_err(|error| match error {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    Ok((room, queue))
}

fn change(desk: &Desk, room: &Room, queue: &Queue, form: &Form) -> Result<()> {
    let doors = match form.get("doors") {
        None => None,
        Some("open") => Some(Doors::Open),
        Some("closed") => Some(Doors::ClosedTo(form.text("closed_to"))),
        Some(other) => {
            let message = format!("“{}” is neither open nor closed.", shortened(other));
            return Err(Error::invalid("doors", message));
        }
    };
    let (cc, admincc, defaults) = (form.get("cc"), form.get("admincc"), form.get("defaults"));
    queue::change(desk.site(), &room.project, room.act(), queue.row.id, &Wish { cc, admincc, defaults, doors })
}

fn told(desk: &Desk, room: &Room, queue: &Queue, form: &Form) -> Result<Answer> {
    if form.json {
        // The class of a component that was closed just now is not among those with which this viewer came.
        let room = desk.room(&room.row.name)?;
        return Answer::json(&item(&room.project.read(|db| queue::load(db, &room.viewer, queue.row.id))?));
    }
    let href = format!("{}{}", room.root, href(queue.row.id));
    Ok(Answer::see(&href).telling(desk, &format!("“{}” is changed.", queue.row.name)))
}

#[derive(Serialize)]
struct QueuePage {
    panels: Vec<PanelGroup>,
    href: String,
    list_href: String,
    name: String,
    cc: String,
    admincc: String,
    defaults: String,
    closed: bool,
    closed_to: String,
    people: Vec<String>,
    problems: Vec<Problem>,
}

impl Page for QueuePage {
    const TEMPLATE: &'static str = "admin/queue.html";
}

fn page(desk: &Desk, room: &Room, queue: &Queue, typed: Option<&Form>, problems: Vec<Problem>) -> Result<Answer> {
    let typed = |name: &str, kept: String| typed.and_then(|form| form.get(name)).map_or(kept, str::to_owned);
    let lines: Vec<String> = queue.defaults.iter().map(|(field, value)| format!("{field}={value}")).collect();
    let doors = if queue.closed_to.is_some() { "closed" } else { "open" };
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = QueuePage {
        panels: panels::groups(room, LIST),
        href: format!("{}{}", room.root, href(queue.row.id)),
        list_href: format!("{}{LIST}", room.root),
        name: queue.row.name.clone(),
        cc: typed("cc", queue.cc.join(", ")),
        admincc: typed("admincc", queue.admincc.join(", ")),
        defaults: typed("defaults", lines.join("\n")),
        closed: typed("doors", doors.to_owned()) == "closed",
        closed_to: typed("closed_to", queue.closed_to.clone().unwrap_or_default().join(", ")),
        people: room.project.read(people::logins)?.to_vec(),
        problems,
    };
    Sheet::new(format!("Component {}", queue.row.name), sheet).at("/admin").noindex().status(status).render(desk)
}

fn item(queue: &Queue) -> Value {
    let defaults: serde_json::Map<String, Value> =
        queue.defaults.iter().map(|(field, value)| (field.clone(), json!(value))).collect();
    json!({
        "id": queue.row.id, "name": queue.row.name, "cc": queue.cc, "admincc": queue.admincc, "defaults": defaults,
        "closed_to": queue.closed_to,
    })
}
