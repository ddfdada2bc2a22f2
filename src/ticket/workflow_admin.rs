//! The page on which a project's workflow is written: what is in force, what another text would mean, saving it.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::TICKET_ADMIN;
use super::status::Category;
use super::workflow::{self, Action, Warning};
use super::workflow_edit::{self, Looked};
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::web::address::query_value;
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Workflow",
    line: "Which states a ticket can be in, and which actions lead from one to the next.",
    path: "/admin/ticket/workflow",
    permission: TICKET_ADMIN,
    order: 60,
};

const NO_PAGE: &str = "There is no page at this address.";

pub(super) fn routes() -> Vec<Route> {
    routes![show, save]
}

#[get("/<project>/admin/ticket/workflow")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let current = room.project.read(workflow_edit::definition)?;
            let draft = match desk.visit.value("shipped") {
                None => Draft { definition: current, ..Draft::default() },
                Some(name) => {
                    let text = workflow_edit::shipped(&name).ok_or_else(|| {
                        Error::not_found(format!("There is no workflow “{}” to start from.", shortened(&name)))
                    })?;
                    Draft { definition: text.to_owned(), ..Draft::default() }
                }
            };
            page(desk, &room, draft)
        })
        .await
}

#[post("/<project>/admin/ticket/workflow", data = "<data>")]
async fn save(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            submit(desk, &room, form)
        })
        .await
}

/// Whoever may not administer tickets learns nothing of the page.
fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    if room.viewer.archived {
        room.viewer.require(TICKET_ADMIN)?;
    }
    room.viewer.require_to_see(TICKET_ADMIN, NO_PAGE)?;
    Ok(room)
}

fn submit(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let mut draft = Draft { definition: form.text("definition").to_owned(), ..Draft::default() };
    if form.has("preview") {
        draft.version = form.get("version").map(str::to_owned);
        return page(desk, room, draft);
    }
    let saved = match form.get("definition") {
        Some(text) => workflow_edit::save(&room.project, room.act(), text, form.get("version")),
        None => Err(Error::invalid("definition", "The field `definition` is missing.")),
    };
    match saved {
        Ok(warnings) => {
            let href = format!("{}{}", room.root, PANEL.path);
            if form.json {
                return Answer::created(desk, &href, &json!({ "warnings": warnings }));
            }
            Ok(Answer::see(&href).telling(desk, "The workflow is in force."))
        }
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.version = form.get("version").map(str::to_owned);
            draft.status = Some(Status::UnprocessableEntity);
            page(desk, room, draft)
        }
        Err(Error::Conflict(message)) => {
            let why = format!("{message} Yours is below; saved again, it takes the other's place.");
            draft.problems = vec![Problem::new("version", why)];
            draft.status = Some(Status::Conflict);
            page(desk, room, draft)
        }
        Err(other) => Err(other),
    }
}

/// What stands in the editor.
#[derive(Default)]
struct Draft {
    definition: String,
    /// The version seen; none: the one in force.
    version: Option<String>,
    problems: Vec<Problem>,
    status: Option<Status>,
}

#[derive(Serialize)]
struct WorkflowPage {
    panels: Vec<PanelGroup>,
    href: String,
    definition: String,
    version: String,
    saved: bool,
    warnings: Vec<Warning>,
    problems: Vec<Problem>,
    states: Vec<State>,
    offers: Vec<OffersRow>,
    actions: Vec<ActionRow>,
    shipped: Vec<Shipped>,
    help_href: Option<String>,
}

impl Page for WorkflowPage {
    const TEMPLATE: &'static str = "admin/workflow.html";
}

#[derive(Serialize)]
struct State {
    name: String,
    category: Category,
    tickets: i64,
    tickets_href: Option<String>,
    missing: bool,
}

/// What can be done with a ticket in one state.
#[derive(Serialize)]
struct OffersRow {
    state: String,
    actions: Vec<OfferCell>,
}

#[derive(Serialize)]
struct OfferCell {
    label: String,
    to: String,
}

#[derive(Serialize)]
struct ActionRow {
    name: String,
    label: String,
    from: String,
    to: String,
    permissions: String,
}

#[derive(Serialize)]
struct Shipped {
    name: &'static str,
    title: &'static str,
    href: String,
    current: bool,
}

fn page(desk: &Desk, room: &Room, draft: Draft) -> Result<Answer> {
    let (current, looked, help) = room.project.read(|db| {
        let looked = workflow_edit::look(db, &room.project, &room.viewer, &draft.definition)?;
        let help = room.project.components().owner(db, &room.viewer, "wiki", "Manual/Workflow")?;
        Ok((workflow_edit::definition(db)?, looked, help))
    })?;
    let href = format!("{}{}", room.root, PANEL.path);
    if desk.visit.wants_json() {
        let states: Vec<_> = looked
            .states
            .iter()
            .map(|state| json!({ "name": state.name, "category": state.category, "tickets": state.tickets }))
            .collect();
        return Answer::json(&json!({
            "definition": draft.definition, "version": workflow_edit::version(&current), "states": states,
            "warnings": looked.warnings,
        }));
    }
    let page = WorkflowPage {
        panels: panels::groups(room, PANEL.path),
        version: draft.version.unwrap_or_else(|| workflow_edit::version(&current)),
        saved: draft.definition == current,
        problems: draft.problems,
        states: states(room, &looked),
        offers: offers(&looked),
        actions: looked.workflow.actions().iter().map(action_row).collect(),
        shipped: workflow::shipped()
            .iter()
            .map(|(name, title, text)| Shipped {
                name,
                title,
                href: format!("{href}?shipped={name}"),
                current: *text == current,
            })
            .collect(),
        help_href: help.map(|page| format!("{}{}", room.root, page.href)),
        warnings: looked.warnings,
        definition: draft.definition,
        href,
    };
    Sheet::new("Workflow", page).at("/admin").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn states(room: &Room, looked: &Looked) -> Vec<State> {
    let row = |state: &workflow_edit::StateUse| State {
        name: state.name.clone(),
        category: state.category,
        tickets: state.tickets,
        tickets_href: (state.tickets > 0).then(|| format!("{}/query?status={}", room.root, query_value(&state.name))),
        missing: !state.defined,
    };
    looked.states.iter().map(row).collect()
}

fn offers(looked: &Looked) -> Vec<OffersRow> {
    let row = |state: String, status: Option<&str>| OffersRow {
        state,
        actions: looked
            .workflow
            .actions_in(status)
            .into_iter()
            .map(|action| OfferCell { label: action.label.clone(), to: action.to.clone().unwrap_or_default() })
            .collect(),
    };
    let of_states = looked.states.iter().map(|state| row(state.name.clone(), Some(&state.name)));
    std::iter::once(row("a new ticket".to_owned(), None)).chain(of_states).collect()
}

fn action_row(action: &Action) -> ActionRow {
    let mut from = action.from.clone();
    if action.creates {
        from.insert(0, "a new ticket".to_owned());
    }
    if action.is_reset() && from.is_empty() {
        from.push("a state not defined any more".to_owned());
    }
    ActionRow {
        name: action.name.clone(),
        label: action.label.clone(),
        from: from.join(", "),
        to: action.to.clone().unwrap_or_default(),
        permissions: action.permissions.join(" or "),
    }
}
