//! The administration of milestones: all of them in one list, which one new tickets get, adding one (row E04).

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::progress;
use super::shown::{Due, as_json, href};
use super::work::BY_ESTIMATE;
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::milestone::due::Clock;
use crate::milestone::edit::{self, Wish};
use crate::milestone::store::{self, MilestoneRow};
use crate::milestone::{MILESTONE_ADMIN, NO_MILESTONE};
use crate::ticket::asked::exactly;
use crate::ticket::fields::Choices;
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub const PANEL: Panel = Panel {
    title: "Milestones",
    line: "All of them in one list, and which one new tickets get.",
    path: "/admin/ticket/milestones",
    permission: MILESTONE_ADMIN,
    order: 30,
};

pub fn routes() -> Vec<Route> {
    routes![list, act]
}

#[get("/<project>/admin/ticket/milestones")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            page(desk, &room, Added::default(), Vec::new())
        })
        .await
}

#[post("/<project>/admin/ticket/milestones", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            match form.text("act") {
                "add" => add(desk, &room, form),
                "default" => choose_default(desk, &room, form),
                "progress" => choose_progress(desk, &room, form),
                other => {
                    let message = format!("There is no act `{}`; it is add, default or progress.", shortened(other));
                    Err(Error::invalid("act", message))
                }
            }
        })
        .await
}

fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(MILESTONE_ADMIN, NO_MILESTONE)?;
    Ok(room)
}

#[derive(Serialize)]
struct MilestonesPage {
    panels: Vec<PanelGroup>,
    href: String,
    milestones: Vec<Line>,
    no_default: bool,
    by_estimate: bool,
    may_add: bool,
    added: Added,
    problems: Vec<Problem>,
}

impl Page for MilestonesPage {
    const TEMPLATE: &'static str = "admin/milestones.html";
}

#[derive(Serialize)]
struct Line {
    id: i64,
    name: String,
    href: String,
    due: Due,
    tickets: i64,
    tickets_href: Option<String>,
    is_default: bool,
    edit_href: Option<String>,
    delete_href: Option<String>,
}

#[derive(Default, Serialize)]
struct Added {
    name: String,
    due: String,
}

fn page(desk: &Desk, room: &Room, added: Added, problems: Vec<Problem>) -> Result<Answer> {
    let (rows, clock, bars, by_estimate) = room.project.read(|db| {
        let rows = store::list(db, &room.viewer)?;
        let bars = progress::of_milestones(db, &room.viewer, &rows, &*Choices::load(db, &room.viewer)?, &room.root)?;
        Ok((rows, Clock::of(db)?, bars, BY_ESTIMATE.switch(db)?))
    })?;
    if desk.visit.wants_json() {
        let items: Vec<Value> = rows
            .iter()
            .zip(&bars)
            .map(|(row, bar)| {
                let mut item = as_json(desk, room, row, bar);
                item["default"] = row.is_default.into();
                item
            })
            .collect();
        return Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": Value::Null }));
    }
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = MilestonesPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        no_default: !rows.iter().any(|row| row.is_default),
        milestones: rows.iter().zip(bars).map(|(row, (counts, _))| line(room, row, &clock, counts.total())).collect(),
        by_estimate,
        may_add: true,
        added,
        problems,
    };
    Sheet::new("Milestones", sheet).at("/admin").noindex().status(status).render(desk)
}

fn line(room: &Room, row: &MilestoneRow, clock: &Clock, tickets: i64) -> Line {
    let href = href(room, row);
    let named = [("milestone", exactly(&row.name))];
    Line {
        id: row.id,
        name: row.name.clone(),
        due: Due::of(row, clock),
        tickets,
        tickets_href: (tickets > 0).then(|| progress::query_href(&room.root, &named)),
        is_default: row.is_default,
        edit_href: Some(format!("{href}?action=edit")),
        delete_href: Some(format!("{href}?action=delete")),
        href,
    }
}

fn add(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let due = form.get("duedate").or_else(|| form.get("due"));
    let wish = Wish { name: form.get("name"), due, description: form.get("description"), ..Wish::default() };
    match edit::create(desk.site(), &room.project, room.act(), &wish) {
        Ok(row) if form.json => {
            let name = json!({ "id": row.id, "name": row.name, "due": row.due });
            Answer::created(desk, &href(room, &row), &name)
        }
        Ok(row) => Ok(back(room).telling(desk, &format!("Milestone “{}” is added.", row.name))),
        Err(Error::Invalid(mut problems)) if !form.json => {
            for problem in problems.iter_mut().filter(|problem| problem.field == "due") {
                "duedate".clone_into(&mut problem.field);
            }
            let added = Added { name: form.text("name").to_owned(), due: due.unwrap_or_default().to_owned() };
            page(desk, room, added, problems)
        }
        Err(other) => Err(other),
    }
}

fn choose_default(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let unknown = || Error::invalid("default", "There is no such milestone.");
    let id = match form.get("default") {
        None => return Err(Error::invalid("default", "The field `default` is missing.")),
        Some("") => None,
        Some(written) => Some(written.parse::<i64>().map_err(|_| unknown())?),
    };
    let saved = edit::set_default(&room.project, room.act(), id).map_err(|error| match error {
        Error::NotFound(_) => unknown(),
        other => other,
    });
    match saved {
        Ok(()) if form.json => Answer::json(&json!({ "default": id })),
        Ok(()) => {
            let sentence = if id.is_some() { "New tickets get it." } else { "New tickets get no milestone." };
            Ok(back(room).telling(desk, sentence))
        }
        Err(Error::Invalid(problems)) if !form.json => page(desk, room, Added::default(), problems),
        Err(other) => Err(other),
    }
}

/// Whether roadmap and milestones count tickets or time.
fn choose_progress(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let by_estimate = match form.text(BY_ESTIMATE.name) {
        "1" | "true" => "true",
        "0" | "false" => "false",
        other => {
            let message = format!("This is 1 for estimated time or 0 for tickets, not “{}”.", shortened(other));
            return Err(Error::invalid(BY_ESTIMATE.name, message));
        }
    };
    room.project.write(room.act(), |tx| {
        if let Some(event) = BY_ESTIMATE.change(tx, Some(by_estimate))? {
            tx.record(&event)?;
        }
        Ok(())
    })?;
    if form.json {
        return Answer::json(&json!({ BY_ESTIMATE.name: by_estimate == "true" }));
    }
    Ok(back(room).telling(desk, "Saved."))
}

fn back(room: &Room) -> Answer {
    Answer::see(&format!("{}{}", room.root, PANEL.path))
}
