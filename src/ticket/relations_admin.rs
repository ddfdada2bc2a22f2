//! The page on which a project says whether tickets are closed while others that they depend on are open.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::TICKET_ADMIN;
use super::admin::enter;
use super::relations_rules::{CLOSE_WITH_OPEN_DEPENDENCIES, CLOSING, Closing};
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Closing",
    line: "Whether a ticket is closed while others that it depends on are open.",
    path: "/admin/ticket/closing",
    permission: TICKET_ADMIN,
    order: 65,
};

pub(super) fn routes() -> Vec<Route> {
    routes![show, save]
}

#[get("/<project>/admin/ticket/closing")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let now = room.project.read(|db| CLOSE_WITH_OPEN_DEPENDENCIES.text(db))?;
            if desk.visit.wants_json() {
                return Answer::json(&json!({ CLOSE_WITH_OPEN_DEPENDENCIES.name: now }));
            }
            page(desk, &room, &now, Vec::new())
        })
        .await
}

#[post("/<project>/admin/ticket/closing", data = "<data>")]
async fn save(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            saved(desk, &room, form)
        })
        .await
}

fn saved(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let setting = &CLOSE_WITH_OPEN_DEPENDENCIES;
    let wanted = form.text(setting.name);
    if !CLOSING.iter().any(|closing| closing.value == wanted) {
        let known: Vec<&str> = CLOSING.iter().map(|closing| closing.value).collect();
        let message = format!("This is one of {}, not “{}”.", known.join(", "), shortened(wanted));
        let problem = Problem::new(setting.name, message);
        if form.json {
            return Err(Error::Invalid(vec![problem]));
        }
        return page(desk, room, wanted, vec![problem]);
    }
    room.project.write(room.act(), |tx| {
        if let Some(event) = setting.change(tx, Some(wanted))? {
            tx.record(&event)?;
        }
        Ok(())
    })?;
    let href = format!("{}{}", room.root, PANEL.path);
    if form.json {
        return Answer::created(desk, &href, &json!({ setting.name: wanted }));
    }
    Ok(Answer::see(&href).telling(desk, "Saved."))
}

#[derive(Serialize)]
struct ClosingPage {
    panels: Vec<PanelGroup>,
    href: String,
    name: &'static str,
    choices: Vec<Choice>,
    problems: Vec<Problem>,
}

impl Page for ClosingPage {
    const TEMPLATE: &'static str = "admin/closing.html";
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
    chosen: bool,
}

fn page(desk: &Desk, room: &Room, now: &str, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let choice = |&Closing { value, label, hint }: &Closing| Choice { value, label, hint, chosen: value == now };
    let page = ClosingPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        name: CLOSE_WITH_OPEN_DEPENDENCIES.name,
        choices: CLOSING.iter().map(choice).collect(),
        problems,
    };
    Sheet::new("Closing", page).at("/admin").noindex().status(status).render(desk)
}
