//! The administration of canned replies and of templates: one page for each.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::TICKET_ADMIN;
use super::admin::enter;
use super::fields::{Choices, field};
use super::texts::{self, Kind, TextRow, Wish};
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const REPLIES: Panel = Panel {
    title: "Canned replies",
    line: "Comments that are written once and put in with two clicks.",
    path: "/admin/ticket/replies",
    permission: TICKET_ADMIN,
    order: 61,
};

pub(super) const TEMPLATES: Panel = Panel {
    title: "Templates",
    line: "What the description of a new ticket begins with, and which parts of it have to be filled in.",
    path: "/admin/ticket/templates",
    permission: TICKET_ADMIN,
    order: 62,
};

pub(super) fn routes() -> Vec<Route> {
    routes![replies, act_on_replies, templates, act_on_templates]
}

#[get("/<project>/admin/ticket/replies")]
async fn replies(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| listed(desk, &project, Kind::Reply)).await
}

#[get("/<project>/admin/ticket/templates")]
async fn templates(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| listed(desk, &project, Kind::Template)).await
}

#[post("/<project>/admin/ticket/replies", data = "<data>")]
async fn act_on_replies(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| acted(desk, &project, Kind::Reply, form)).await
}

#[post("/<project>/admin/ticket/templates", data = "<data>")]
async fn act_on_templates(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| acted(desk, &project, Kind::Template, form)).await
}

fn panel(kind: Kind) -> &'static Panel {
    match kind {
        Kind::Reply => &REPLIES,
        Kind::Template => &TEMPLATES,
    }
}

fn listed(desk: &Desk, project: &str, kind: Kind) -> Result<Answer> {
    let room = enter(desk, project)?;
    if !desk.visit.wants_json() {
        return page(desk, &room, kind, None, Vec::new());
    }
    let (rows, choices) = room.project.read(|db| Ok((texts::all(db, kind)?, Choices::load(db, &room.viewer)?)))?;
    let items: Vec<Value> = rows.iter().map(|row| item(&choices, kind, row)).collect();
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

fn acted(desk: &Desk, project: &str, kind: Kind, form: &Form) -> Result<Answer> {
    let room = enter(desk, project)?;
    let (project, by) = (&room.project, room.act());
    let wish = Wish {
        name: form.get("name"),
        text: form.get("text"),
        ticket_type: form.get("type"),
        component: form.get("component"),
        summary: form.get("summary"),
        required_parts: form.get("required_parts"),
    };
    let done = match form.text("act") {
        "add" => texts::create(project, by, kind, &wish).map(|row| (row, "is there now")),
        "change" => texts::change(project, by, kind, form.number("id")?, &wish).map(|row| (row, "is changed")),
        "retire" => texts::retire(project, by, kind, form.number("id")?).map(|row| (row, "is offered no longer")),
        "restore" => texts::restore(project, by, kind, form.number("id")?).map(|row| (row, "is offered again")),
        other => {
            let message = format!("There is no act `{}`; it is add, change, retire or restore.", shortened(other));
            Err(Error::invalid("act", message))
        }
    };
    let href = format!("{}{}", room.root, panel(kind).path);
    match done {
        Ok((row, _)) if form.json => {
            let value = item(&*room.project.read(|db| Choices::load(db, &room.viewer))?, kind, &row);
            if form.text("act") == "add" { Answer::created(desk, &href, &value) } else { Answer::json(&value) }
        }
        Ok((row, become_)) => Ok(Answer::see(&href).telling(desk, &format!("“{}” {become_}.", row.name))),
        Err(Error::Invalid(problems)) if !form.json => page(desk, &room, kind, Some(form), problems),
        Err(other) => Err(other),
    }
}

fn item(choices: &Choices, kind: Kind, row: &TextRow) -> Value {
    let shown = Shown::of(choices, row);
    let or_null = |name: &str| if name.is_empty() { Value::Null } else { json!(name) };
    let mut item = json!({
        "id": row.id, "name": row.name, "text": row.text, "type": or_null(&shown.ticket_type),
        "component": or_null(&shown.component), "retired": shown.retired,
    });
    if kind == Kind::Template {
        item["summary"] = json!(row.summary);
        item["required_parts"] = json!(row.required_parts);
    }
    item
}

#[derive(Serialize)]
struct TextsPage {
    panels: Vec<PanelGroup>,
    href: String,
    heading: &'static str,
    line: &'static str,
    noun: &'static str,
    is_template: bool,
    types: Vec<String>,
    components: Vec<String>,
    items: Vec<Shown>,
    added: Shown,
    problems: Vec<Problem>,
}

impl Page for TextsPage {
    const TEMPLATE: &'static str = "admin/texts.html";
}

#[derive(Serialize, Default)]
struct Shown {
    id: i64,
    name: String,
    text: String,
    #[serde(rename = "type")]
    ticket_type: String,
    component: String,
    summary: String,
    required_parts: String,
    retired: bool,
    open: bool,
}

impl Shown {
    fn of(choices: &Choices, row: &TextRow) -> Self {
        let named = |name: &str, id: Option<i64>| {
            field(name).zip(id).map(|(field, id)| choices.name_of(field, id).to_owned()).unwrap_or_default()
        };
        Self {
            id: row.id,
            name: row.name.clone(),
            text: row.text.clone(),
            ticket_type: named("type", row.ticket_type),
            component: named("component", row.component),
            summary: row.summary.clone(),
            required_parts: row.required_parts.join("\n"),
            retired: row.retired_at.is_some(),
            open: false,
        }
    }

    fn take(&mut self, form: &Form) {
        for (name, shown) in [
            ("name", &mut self.name),
            ("text", &mut self.text),
            ("type", &mut self.ticket_type),
            ("component", &mut self.component),
            ("summary", &mut self.summary),
            ("required_parts", &mut self.required_parts),
        ] {
            if let Some(typed) = form.get(name) {
                typed.clone_into(shown);
            }
        }
    }
}

/// `typed` was refused for these problems.
fn page(desk: &Desk, room: &Room, kind: Kind, typed: Option<&Form>, problems: Vec<Problem>) -> Result<Answer> {
    let (rows, choices) = room.project.read(|db| Ok((texts::all(db, kind)?, Choices::load(db, &room.viewer)?)))?;
    let mut items: Vec<Shown> = rows.iter().map(|row| Shown::of(&choices, row)).collect();
    let mut added = Shown::default();
    if let Some(form) = typed {
        match items.iter_mut().find(|item| item.id.to_string() == form.text("id")) {
            Some(item) => {
                item.take(form);
                item.open = true;
            }
            None => added.take(form),
        }
    }
    let offered = |field: &str| choices.options(field).map(|option| option.name.clone()).collect();
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let panel = panel(kind);
    let sheet = TextsPage {
        panels: panels::groups(room, panel.path),
        href: format!("{}{}", room.root, panel.path),
        heading: panel.title,
        line: panel.line,
        noun: kind.name(),
        is_template: kind == Kind::Template,
        types: offered("type"),
        components: offered("component"),
        items,
        added,
        problems,
    };
    Sheet::new(panel.title, sheet).at("/admin").noindex().status(status).render(desk)
}
