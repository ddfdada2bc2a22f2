//! The page on which a project's workflows are written: what is in force, what another text would mean, saving it, and which
//! types and components have which.

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::admin::enter;
use super::options::{self, OptionRow};
use super::status::Category;
use super::workflow::{self, Warning};
use super::workflow_edit::{self, Looked, Moves, Place, StateUse, count, move_field};
use super::workflows::{self, WorkflowRow};
use super::{TICKET_ADMIN, workflow_drawing};
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

const NEW: &str = "new";

pub(super) fn routes() -> Vec<Route> {
    routes![show, save]
}

#[get("/<project>/admin/ticket/workflow")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let mut draft = room.project.read(|db| asked(desk, db))?;
            if let Some(name) = desk.visit.value("shipped") {
                let text = workflow_edit::shipped(&name).ok_or_else(|| {
                    Error::not_found(format!("There is no workflow “{}” to start from.", shortened(&name)))
                })?;
                text.clone_into(&mut draft.definition);
            }
            page(desk, &room, draft)
        })
        .await
}

#[post("/<project>/admin/ticket/workflow", data = "<data>")]
async fn save(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            match form.get("act") {
                None => submit(desk, &room, form),
                Some("assign") => assign(desk, &room, form),
                Some(act @ ("retire" | "restore")) => {
                    let id = form.number("id")?;
                    let (deed, told) = match act {
                        "retire" => (workflow_edit::retire(&room.project, room.act(), id), "retired"),
                        _ => (workflow_edit::restore(&room.project, room.act(), id), "offered again"),
                    };
                    deed?;
                    done(desk, &room, form, None, &format!("The workflow is {told}."))
                }
                Some(other) => {
                    let acts = "assign, retire or restore; without one a definition is saved";
                    Err(Error::invalid("act", format!("There is no act `{}`; it is {acts}.", shortened(other))))
                }
            }
        })
        .await
}

/// What stands in the editor.
struct Draft {
    place: Place,
    /// Of one that is not the project's.
    name: Option<String>,
    definition: String,
    /// The version seen; none: the one in force.
    version: Option<String>,
    moves: Moves,
    problems: Vec<Problem>,
    status: Option<Status>,
    assigned: Option<Assigned>,
}

/// An assignment that was refused.
struct Assigned {
    option: i64,
    workflow: Option<i64>,
    moves: Moves,
}

impl Draft {
    fn new(place: Place, name: Option<String>, definition: String) -> Self {
        let (version, moves, problems, status, assigned) = (None, Moves::new(), Vec::new(), None, None);
        Self { place, name, definition, version, moves, problems, status, assigned }
    }
}

/// The workflow that the address names.
fn asked(desk: &Desk, db: &Connection) -> Result<Draft> {
    if desk.visit.value("new").is_some() {
        return Ok(Draft::new(Place::New, Some(String::new()), workflow::basic_text().to_owned()));
    }
    let Some(name) = desk.visit.value("name") else {
        return Ok(Draft::new(Place::Of(None), None, workflows::definition(db)?));
    };
    let retired = || Ok::<_, Error>(workflows::all(db)?.into_iter().find(|row| row.name == name));
    let found = match workflows::by_name(db, &name)? {
        None => retired()?,
        found => found,
    };
    let row = found.ok_or_else(|| Error::not_found(format!("There is no workflow “{}”.", shortened(&name))))?;
    Ok(Draft::new(Place::Of(Some(row.id)), Some(row.name), row.definition))
}

/// What was typed for the states whose tickets would be left behind.
fn moves(db: &Connection, form: &Form) -> Result<Moves> {
    let states = options::statuses(db)?;
    let typed = states.into_iter().filter_map(|state| {
        let to = form.get(&move_field(&state.name)).filter(|to| !to.trim().is_empty())?;
        Some((state.name, to.to_owned()))
    });
    Ok(typed.collect())
}

fn submit(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let place = match form.text("id") {
        "" if form.json && form.has("name") => Place::New,
        "" => Place::Of(None),
        NEW => Place::New,
        _ => Place::Of(Some(form.number("id")?)),
    };
    let name = (place != Place::Of(None)).then(|| form.text("name").to_owned());
    let mut draft = Draft::new(place, name, form.text("definition").to_owned());
    draft.moves = room.project.read(|db| moves(db, form))?;
    draft.version = form.get("version").map(str::to_owned);
    let fragment = desk.visit.value("action").as_deref() == Some("preview");
    if fragment || form.has("preview") {
        return if fragment { preview(desk, room, &draft) } else { page(desk, room, draft) };
    }
    match saved(room, form, &draft) {
        Ok((warnings, told)) => {
            if form.json {
                let href = href_of(room, draft.name.as_deref());
                return Answer::created(desk, &href, &json!({ "warnings": warnings }));
            }
            done(desk, room, form, draft.name.as_deref(), &told)
        }
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            page(desk, room, draft)
        }
        Err(Error::Conflict(message)) => {
            let why = format!("{message} Yours is below; saved again, it takes the other's place.");
            draft.problems = vec![Problem::new("version", why)];
            draft.version = None;
            draft.status = Some(Status::Conflict);
            page(desk, room, draft)
        }
        Err(other) => Err(other),
    }
}

/// Returns what whoever saved it should know, and what was done in a sentence.
fn saved(room: &Room, form: &Form, draft: &Draft) -> Result<(Vec<Warning>, String)> {
    let Some(text) = form.get("definition") else {
        return Err(Error::invalid("definition", "The field `definition` is missing."));
    };
    let Place::Of(id) = draft.place else {
        let name = draft.name.as_deref().unwrap_or_default();
        let (_, warnings) = workflow_edit::create(&room.project, room.act(), name, text)?;
        return Ok((warnings, "The workflow is there; no ticket follows it yet.".to_owned()));
    };
    let saved = workflow_edit::save(
        &room.project,
        room.act(),
        &workflow_edit::Draft { id, name: form.get("name"), text, seen: form.get("version"), moves: &draft.moves },
    )?;
    Ok((saved.warnings, told("The workflow is in force.", saved.moved)))
}

fn told(sentence: &str, moved: usize) -> String {
    match moved {
        0 => sentence.to_owned(),
        1 => format!("{sentence} One ticket went to another state."),
        moved => format!("{sentence} {moved} tickets went to other states."),
    }
}

fn assign(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let option = form.number("option")?;
    let workflow = match form.text("workflow") {
        "" => None,
        _ => Some(form.number("workflow")?),
    };
    let moves = room.project.read(|db| moves(db, form))?;
    match workflow_edit::assign(&room.project, room.act(), option, workflow, &moves) {
        Ok(moved) => done(desk, room, form, None, &told("From now on they follow it.", moved)),
        Err(Error::Invalid(problems)) if !form.json => {
            let mut draft = room.project.read(|db| asked(desk, db))?;
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            draft.assigned = Some(Assigned { option, workflow, moves });
            page(desk, room, draft)
        }
        Err(other) => Err(other),
    }
}

fn done(desk: &Desk, room: &Room, form: &Form, name: Option<&str>, sentence: &str) -> Result<Answer> {
    if form.json {
        return room.project.read(|db| Answer::json(&json!({ "items": items(db)? })));
    }
    Ok(Answer::see(&href_of(room, name)).telling(desk, sentence))
}

fn href_of(room: &Room, name: Option<&str>) -> String {
    let name = name.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
    match name {
        None => format!("{}{}", room.root, PANEL.path),
        Some(name) => format!("{}{}?name={}", room.root, PANEL.path, query_value(&name)),
    }
}

#[derive(Serialize)]
struct WorkflowPage {
    panels: Vec<PanelGroup>,
    href: String,
    tabs: Vec<Tab>,
    id: String,
    name: Option<String>,
    retired: bool,
    definition: String,
    version: String,
    saved: bool,
    used_by: Vec<String>,
    meaning: Meaning,
    problems: Vec<Problem>,
    preview_href: String,
    shipped: Vec<Shipped>,
    assignments: Vec<Assignment>,
    assign: Option<Assign>,
    help_href: Option<String>,
}

impl Page for WorkflowPage {
    const TEMPLATE: &'static str = "admin/workflow.html";
}

#[derive(Serialize)]
struct PreviewPart {
    meaning: Meaning,
}

#[derive(Serialize)]
struct Tab {
    label: String,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Meaning {
    warnings: Vec<Warning>,
    contradictions: Vec<String>,
    picture_html: String,
    table_html: String,
    states: Vec<State>,
    stranded: Vec<Stranded>,
    offers: Vec<OffersRow>,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct State {
    name: String,
    category: Category,
    tickets: i64,
    tickets_href: Option<String>,
}

#[derive(Serialize)]
struct Stranded {
    field: String,
    name: String,
    words: String,
    choices: Vec<String>,
    chosen: String,
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
struct Line {
    number: usize,
    text: String,
    marked: bool,
}

#[derive(Serialize)]
struct Shipped {
    name: &'static str,
    title: &'static str,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Assignment {
    owner: String,
    id: i64,
    workflow: String,
}

#[derive(Serialize)]
struct Assign {
    owners: Vec<Choice>,
    workflows: Vec<Choice>,
    stranded: Vec<Stranded>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

fn page(desk: &Desk, room: &Room, draft: Draft) -> Result<Answer> {
    let place = draft.place;
    let id = match place {
        Place::Of(id) => id,
        Place::New => None,
    };
    let sheet = room.project.read(|db| {
        let looked = workflow_edit::look(db, &room.project, &room.viewer, place, &draft.definition)?;
        let rows = workflows::all(db)?;
        let row = id.and_then(|id| rows.iter().find(|row| row.id == id));
        let current = if place == Place::New { String::new() } else { workflow_edit::definition(db, id)? };
        if desk.visit.wants_json() {
            return Ok(Err(json!({
                "id": id, "name": row.map(|row| &row.name),
                "definition": draft.definition, "version": workflow_edit::version(&current),
                "states": looked.states.iter().filter(|state| state.defined).map(as_json).collect::<Vec<_>>(),
                "stranded": looked.stranded().map(as_json).collect::<Vec<_>>(),
                "warnings": looked.warnings, "items": items(db)?,
            })));
        }
        let options = options::all(db)?;
        let help = room.project.components().owner(db, &room.viewer, "wiki", "Manual/Workflow")?;
        // Shipped ones are loaded into the workflow that is being written.
        let here = match (place, row) {
            (Place::New, _) => format!("{}{}?new=1", room.root, PANEL.path),
            (_, row) => href_of(room, row.map(|row| row.name.as_str())),
        };
        let join = if here.contains('?') { '&' } else { '?' };
        Ok(Ok(WorkflowPage {
            panels: panels::groups(room, PANEL.path),
            tabs: tabs(room, &rows, place),
            id: match place {
                Place::New => NEW.to_owned(),
                Place::Of(id) => id.map(|id| id.to_string()).unwrap_or_default(),
            },
            name: draft.name.clone(),
            retired: row.is_some_and(|row| row.retired_at.is_some()),
            version: draft.version.clone().unwrap_or_else(|| workflow_edit::version(&current)),
            saved: draft.definition == current,
            used_by: match id {
                Some(id) => workflows::owners(&options, Some(id)).into_iter().map(called).collect(),
                None => Vec::new(),
            },
            meaning: meaning(room, &draft, looked),
            problems: draft.problems.clone(),
            preview_href: format!("{}{}?action=preview", room.root, PANEL.path),
            shipped: workflow::shipped()
                .iter()
                .map(|(name, title, text)| Shipped {
                    name,
                    title,
                    href: format!("{here}{join}shipped={name}"),
                    current: *text == current,
                })
                .collect(),
            assignments: assignments(&options, &rows),
            assign: assign_form(db, room, &draft, &options, &rows)?,
            help_href: help.map(|page| format!("{}{}", room.root, page.href)),
            definition: draft.definition.clone(),
            href: here,
        }))
    })?;
    match sheet {
        Err(value) => Answer::json(&value),
        Ok(sheet) => {
            Sheet::new("Workflow", sheet).at("/admin").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
        }
    }
}

/// What the text means, drawn anew while it is written.
fn preview(desk: &Desk, room: &Room, draft: &Draft) -> Result<Answer> {
    let looked =
        room.project.read(|db| workflow_edit::look(db, &room.project, &room.viewer, draft.place, &draft.definition))?;
    let part = PreviewPart { meaning: meaning(room, draft, looked) };
    let html = desk.web().templates.document("admin/workflow_preview.html", &part)?;
    Ok(Answer::new(Status::Ok, ContentType::HTML, html.into_bytes()))
}

fn as_json(state: &StateUse) -> serde_json::Value {
    json!({ "name": state.name, "category": state.category, "tickets": state.tickets })
}

/// All workflows of the project but its own, with what has them.
fn items(db: &Connection) -> Result<Vec<serde_json::Value>> {
    let options = options::all(db)?;
    let of = |row: &WorkflowRow, field: &str| -> Vec<String> {
        let owners = workflows::owners(&options, Some(row.id));
        owners.iter().filter(|owner| owner.field == field).map(|owner| owner.name.clone()).collect()
    };
    let item = |row: WorkflowRow| {
        json!({
            "id": row.id, "name": row.name, "retired": row.retired_at.is_some(), "types": of(&row, "type"),
            "components": of(&row, "component"),
        })
    };
    Ok(workflows::all(db)?.into_iter().map(item).collect())
}

fn called(owner: &OptionRow) -> String {
    format!("{} {}", owner.field, owner.name)
}

fn tabs(room: &Room, rows: &[WorkflowRow], place: Place) -> Vec<Tab> {
    let mut tabs =
        vec![Tab { label: "The project's".to_owned(), href: href_of(room, None), current: place == Place::Of(None) }];
    tabs.extend(rows.iter().map(|row| Tab {
        label: if row.retired_at.is_some() { format!("{} (retired)", row.name) } else { row.name.clone() },
        href: href_of(room, Some(&row.name)),
        current: place == Place::Of(Some(row.id)),
    }));
    let href = format!("{}{}?new=1", room.root, PANEL.path);
    tabs.push(Tab { label: "Another one".to_owned(), href, current: place == Place::New });
    tabs
}

fn meaning(room: &Room, draft: &Draft, looked: Looked) -> Meaning {
    let label = match draft.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("Workflow {name}"),
        None => "Workflow".to_owned(),
    };
    let is_marked = |number: usize| looked.warnings.iter().any(|warning| warning.line == number);
    let lines = draft.definition.lines().enumerate().map(|(at, text)| Line {
        number: at + 1,
        text: text.to_owned(),
        marked: is_marked(at + 1),
    });
    let marked = looked.warnings.iter().any(|warning| warning.line > 0);
    Meaning {
        picture_html: workflow_drawing::picture(&looked.workflow, &label).into_string(),
        table_html: workflow_drawing::table(&looked.workflow).into_string(),
        states: looked.states.iter().filter(|state| state.defined).map(|state| shown(room, state)).collect(),
        stranded: stranded(looked.stranded(), &draft.moves),
        offers: offers(&looked),
        lines: if marked { lines.collect() } else { Vec::new() },
        // Refused, they stand above.
        contradictions: if draft.problems.is_empty() {
            looked.problems.into_iter().map(|problem| problem.message).collect()
        } else {
            Vec::new()
        },
        warnings: looked.warnings,
    }
}

fn shown(room: &Room, state: &StateUse) -> State {
    State {
        name: state.name.clone(),
        category: state.category,
        tickets: state.tickets,
        tickets_href: (state.tickets > 0).then(|| format!("{}/query?status={}", room.root, query_value(&state.name))),
    }
}

fn stranded<'a>(states: impl Iterator<Item = &'a StateUse>, moves: &Moves) -> Vec<Stranded> {
    states
        .map(|state| Stranded {
            field: move_field(&state.name),
            name: state.name.clone(),
            words: count(state.tickets),
            choices: state.choices.clone(),
            chosen: moves.get(&state.name).cloned().unwrap_or_default(),
        })
        .collect()
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

fn assignments(options: &[OptionRow], rows: &[WorkflowRow]) -> Vec<Assignment> {
    let owners = workflows::owners(options, None);
    owners
        .into_iter()
        .filter_map(|owner| {
            let row = rows.iter().find(|row| Some(row.id) == owner.workflow)?;
            Some(Assignment { owner: called(owner), id: owner.id, workflow: row.name.clone() })
        })
        .collect()
}

fn assign_form(
    db: &Connection,
    room: &Room,
    draft: &Draft,
    options: &[OptionRow],
    rows: &[WorkflowRow],
) -> Result<Option<Assign>> {
    let owners = workflows::owners(options, None);
    if rows.iter().all(|row| row.retired_at.is_some()) || owners.is_empty() {
        return Ok(None);
    }
    let asked = draft.assigned.as_ref();
    let here = match (asked, draft.place) {
        (Some(asked), _) => asked.workflow,
        (None, Place::Of(id)) => id,
        (None, Place::New) => None,
    };
    let own = Choice { value: String::new(), label: "the workflow of the project".to_owned(), chosen: here.is_none() };
    let named = rows.iter().filter(|row| row.retired_at.is_none()).map(|row| Choice {
        value: row.id.to_string(),
        label: row.name.clone(),
        chosen: here == Some(row.id),
    });
    let option = asked.and_then(|asked| options.iter().find(|option| option.id == asked.option));
    let left_behind = match (asked, option) {
        (Some(asked), Some(option)) => {
            let states = workflow_edit::look_at_assignment(db, &room.viewer, option, asked.workflow)?;
            stranded(states.iter(), &asked.moves)
        }
        _ => Vec::new(),
    };
    Ok(Some(Assign {
        owners: owners
            .iter()
            .map(|owner| Choice {
                value: owner.id.to_string(),
                label: called(owner),
                chosen: asked.is_some_and(|asked| asked.option == owner.id),
            })
            .collect(),
        workflows: std::iter::once(own).chain(named).collect(),
        stranded: left_behind,
    }))
}
