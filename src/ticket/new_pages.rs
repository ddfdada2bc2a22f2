//! Filing a ticket: `/<project>/newticket` (rows T01 to T18).

use std::borrow::Cow;
use std::sync::Arc;

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::change_pages::{PreviewPart, rendered};
use super::controls::{Action, Controls, FormField, actions, may_choose};
use super::drawn_fields::{self, Fold};
use super::fields::{Choices, Field, Fields, Kind, PLANNING, field};
use super::form::{self, Preview, Typed};
use super::plan::{self, Planner};
use super::store;
use super::texts::{self, Kind as TextKind};
use super::values::{Names, People};
use super::{
    NO_TICKET, TICKET_ADMIN, TICKET_APPEND, TICKET_CREATE, TICKET_VIEW, audience, copy, edit, people, similar,
    template, ticket_href, workflows,
};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::fold;
use crate::base::viewer::Viewer;
use crate::web::form::{Form, shortened};
use crate::web::paging::with_value;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![blank, file]
}

#[get("/<project>/newticket")]
async fn blank(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
            let mut typed = prefilled(desk, &choices.fields);
            let copied = room.project.read(|db| copy::prefill(desk, db, &room, &choices, &mut typed))?;
            let start = begin(desk, &room, &choices, &mut typed, copied)?;
            let problems = start.problem.clone().into_iter().collect();
            page(desk, &room, &typed, Draft { start, problems, ..Draft::default() })
        })
        .await
}

#[post("/<project>/newticket", data = "<data>")]
async fn file(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            filed(desk, &room, form)
        })
        .await
}

/// Whoever may file tickets need not see any (row T17); whoever may do neither learns nothing.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    if !room.viewer.may_somewhere(TICKET_CREATE) {
        room.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
        room.viewer.require(TICKET_CREATE)?;
    }
    Ok(room)
}

/// Row T15: the address fills the form, by field names as they are or as the form has them.
fn prefilled(desk: &Desk, fields: &Fields) -> Typed {
    let pairs = desk.visit.pairs().into_iter().map(|(name, value)| {
        let value = value.replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        if fields.named(&name).is_some() { (format!("field_{name}"), value) } else { (name, value) }
    });
    form::read(fields, &Form::new(pairs.collect()), None)
}

/// What the form begins with, and what else it could.
#[derive(Default)]
struct Start {
    templates: Vec<Choice>,
    /// Something stands in the description that nobody has typed.
    given: bool,
    /// What the address asks for and can't have.
    problem: Option<Problem>,
}

/// A template to begin with.
#[derive(Serialize)]
struct Choice {
    name: String,
    href: String,
    current: bool,
}

/// `?template=Crash`, else the first that speaks of such tickets; `?template=` is none.
fn begin(desk: &Desk, room: &Room, choices: &Choices, typed: &mut Typed, copied: bool) -> Result<Start> {
    let described = typed.value("description").is_some();
    let pairs: Vec<(String, String)> =
        desk.visit.pairs().into_iter().filter(|(name, value)| name != "template" && !value.is_empty()).collect();
    room.project.read(|db| {
        let templates = texts::offered(db, TextKind::Template)?;
        let named = desk.visit.value("template").filter(|name| !name.is_empty());
        if copied || (templates.is_empty() && named.is_none()) {
            return Ok(Start { given: described, ..Start::default() });
        }
        let chosen = match &named {
            Some(name) => templates.iter().find(|row| fold(&row.name) == fold(name.trim())).cloned(),
            None if described || desk.visit.value("template").is_some() => None,
            None => {
                let filing = filing(room);
                let proposed = planner(desk, db, room, &filing).create(&plan::Request::default())?.after;
                let id = |name: &str| match (field(name), typed.value(name)) {
                    (Some(field), Some(value)) => choices.id_of(field, value),
                    _ => proposed.id(name),
                };
                template::of(&templates, id("type"), id("component")).first().map(|row| (*row).clone())
            }
        };
        if let Some(row) = &chosen {
            let named = |name: &str, id: Option<i64>| {
                field(name).zip(id).map(|(field, id)| choices.name_of(field, id).to_owned()).unwrap_or_default()
            };
            let (of_type, component) = (named("type", row.ticket_type), named("component", row.component));
            for (name, value) in
                [("summary", &row.summary), ("description", &row.text), ("type", &of_type), ("component", &component)]
            {
                if !value.is_empty() {
                    typed.fill(name, value);
                }
            }
        }
        let path = format!("{}/newticket", room.root);
        let choice = |row: &texts::TextRow| Choice {
            name: row.name.clone(),
            href: with_value(&path, &pairs, "template", &row.name),
            current: chosen.as_ref().is_some_and(|chosen| chosen.id == row.id),
        };
        let none = Choice {
            name: "none".to_owned(),
            href: format!("{}template=", with_query(&with_value(&path, &pairs, "template", ""))),
            current: chosen.is_none(),
        };
        let problem = named
            .filter(|_| chosen.is_none())
            .map(|name| Problem::new("", format!("There is no template “{}” any more.", shortened(&name))));
        let given = described || chosen.as_ref().is_some_and(|row| !row.text.is_empty());
        Ok(Start { templates: templates.iter().map(choice).chain([none]).collect(), given, problem })
    })
}

/// An address to which another pair is added.
fn with_query(href: &str) -> String {
    format!("{href}{}", if href.contains('?') { '&' } else { '?' })
}

#[derive(Serialize)]
struct NewPage {
    href: String,
    list_href: String,
    summary: String,
    description: String,
    reporter: Option<String>,
    fields_html: String,
    planning: Option<Fold>,
    actions: Vec<Action>,
    attach: Option<bool>,
    problems: Vec<Problem>,
    preview: Option<Preview>,
    preview_href: String,
    draft_key: String,
    help_href: Option<String>,
    typed: bool,
    templates: Vec<Choice>,
    given: bool,
    similar_href: Option<String>,
    search_href: Option<String>,
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "ticket/new.html";
}

/// What comes back with the form after a submit that was not saved.
#[derive(Default)]
struct Draft {
    sent: bool,
    start: Start,
    attach: bool,
    problems: Vec<Problem>,
    preview: Option<Preview>,
    status: Option<Status>,
}

/// The viewer for whom a form to file a ticket is drawn: which component it is for shows when it is sent.
fn filing(room: &Room) -> Cow<'_, Viewer> {
    if room.viewer.may(TICKET_CREATE) {
        return Cow::Borrowed(&room.viewer);
    }
    let mut viewer = Viewer::clone(&room.viewer);
    viewer.permissions.insert(TICKET_CREATE.name);
    Cow::Owned(viewer)
}

fn planner<'a>(desk: &'a Desk, db: &'a Connection, room: &'a Room, viewer: &'a Viewer) -> Planner<'a> {
    Planner { db, site: desk.site(), project: &room.project, viewer, actor: people::own(&room.viewer) }
}

fn page(desk: &Desk, room: &Room, typed: &Typed, draft: Draft) -> Result<Answer> {
    let viewer = &room.viewer;
    let sheet = room.project.read(|db| {
        let filing = filing(room);
        let planner = planner(desk, db, room, &filing);
        // An address that names a component shows what its new tickets begin with.
        let component = typed.value("component").map(|name| ("component".to_owned(), name.to_owned()));
        let begun = plan::Request { set: component.into_iter().collect(), ..plan::Request::default() };
        let proposed = planner.create(&begun)?.after;
        let choices = Choices::load(db, &room.viewer)?;
        let names_of = People::load(db, proposed.named_people(&choices.fields))?;
        let names = Names { choices: &choices, people: &names_of };
        let logins_html = if viewer.signed_in() { people::logins_html(db)? } else { Arc::default() };
        let controls = Controls { viewer, names: &names, logins_html: &logins_html, stored: &proposed };
        let value = |field: &'static Field| match typed.value(field.name) {
            Some(typed) => typed.to_owned(),
            None => names.joined(field, proposed.get(field.name)),
        };
        let workflow = workflows::of(db, &choices, &typed.placed(&choices, &proposed))?;
        let offers = planner.offers(&workflow, &choices, None)?;
        let help = room.project.components().owner(db, viewer, "wiki", "Manual/Text")?;
        let in_form = choices.fields().filter(|field| in_form(room, field) && leaves_a_choice(&choices, field));
        let (planning, fields): (Vec<FormField>, Vec<FormField>) = in_form
            .map(|field| FormField { changed: false, ..controls.control(field, &value(field)) })
            .partition(|field| PLANNING.contains(&field.name));
        Ok(NewPage {
            href: format!("{}/newticket", room.root),
            list_href: if viewer.may(TICKET_VIEW) { format!("{}/query", room.root) } else { room.root.clone() },
            summary: typed.value("summary").unwrap_or_default().to_owned(),
            description: typed.value("description").unwrap_or_default().to_owned(),
            reporter: (viewer.may(TICKET_ADMIN) || !viewer.signed_in())
                .then(|| typed.value("reporter").unwrap_or(people::own_login(viewer)).to_owned()),
            fields_html: drawn_fields::all(&fields, &draft.problems),
            planning: Fold::of(&planning, &draft.problems),
            actions: actions(&offers, typed.request.action.as_ref(), &logins_html),
            attach: (viewer.may(TICKET_APPEND) && viewer.may(TICKET_VIEW)).then_some(draft.attach),
            problems: draft.problems,
            preview: draft.preview,
            preview_href: format!("{}/newticket?action=preview", room.root),
            draft_key: format!("{}/newticket", room.row.id),
            help_href: help.map(|page| format!("{}{}", room.root, page.href)),
            typed: draft.sent,
            templates: draft.start.templates,
            given: draft.start.given,
            similar_href: viewer.may(TICKET_VIEW).then(|| format!("{}/newticket/similar", room.root)),
            search_href: viewer.may(TICKET_VIEW).then(|| format!("{}/search", room.root)),
        })
    })?;
    Sheet::new("New ticket", sheet).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

/// The owner is a matter of the workflow's actions; summary, reporter and description have places of their own.
fn in_form(room: &Room, field: &Field) -> bool {
    // A duplicate says of which it is one when it is closed.
    let elsewhere = ["summary", "reporter", "description", "owner", "duplicate_of"];
    field.is_editable() && !elsewhere.contains(&field.name) && may_choose(&room.viewer, field)
}

/// Row T04: where every option is retired there is nothing to choose for a new ticket.
fn leaves_a_choice(choices: &Choices, field: &Field) -> bool {
    !matches!(field.kind, Kind::Option { .. }) || choices.options(field.name).next().is_some()
}

fn filed(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let mut typed = form::read(&room.project.read(Fields::load)?, form, None);
    let attach = form.has("attachment");
    let fragment = match desk.visit.value("action").as_deref() {
        Some("preview") => true,
        Some(other) if form.get("action").is_none() && !other.is_empty() => {
            return Err(Error::invalid("action", format!("There is no page `{}` of a new ticket.", shortened(other))));
        }
        _ => false,
    };
    if fragment || typed.preview {
        return previewed(desk, room, form, &typed, attach, fragment);
    }
    let problems = std::mem::take(&mut typed.problems);
    let created = if problems.is_empty() {
        edit::create(desk.site(), &room.project, room.act(), &typed.request)
    } else {
        Err(Error::Invalid(problems))
    };
    match created {
        Ok(id) => created_answer(desk, room, form, id, attach),
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            let status = Some(Status::UnprocessableEntity);
            page(desk, room, &typed, Draft { sent: true, attach, problems, status, ..Draft::default() })
        }
        Err(Error::Forbidden { message, .. }) => {
            let (problems, status) = (vec![Problem::new("", message)], Some(Status::Forbidden));
            page(desk, room, &typed, Draft { sent: true, attach, problems, status, ..Draft::default() })
        }
        Err(other) => Err(other),
    }
}

fn created_answer(desk: &Desk, room: &Room, form: &Form, id: i64, attach: bool) -> Result<Answer> {
    let href = format!("{}{}", room.root, ticket_href(id));
    // The classes of a viewer are those of their arrival: this may be the first private ticket.
    let room = &desk.room(&room.row.name)?;
    let seen = room.project.read(|db| store::find(db, &room.viewer, id))?;
    if form.json {
        let Some(ticket) = seen else {
            return Answer::created(desk, &href, &serde_json::json!({ "id": id }));
        };
        let url = desk.web().address.absolute(&href);
        let value = room.project.read(|db| super::json::ticket(db, &room.viewer, &ticket, None, &url))?;
        return Ok(Answer::created(desk, &href, &value)?.header("ETag", format!("\"{}\"", ticket.row.changes)));
    }
    if seen.is_none() {
        // Row T17: filed, but not for their eyes.
        let sentence =
            format!("Your ticket is filed as #{id}. You may not see tickets here, so this is all that is shown.");
        return Ok(Answer::see(&format!("{}/newticket", room.root)).telling(desk, &sentence));
    }
    if attach && room.viewer.may(TICKET_APPEND) {
        let sentence = format!("Filed as #{id}. Now attach your files.");
        return Ok(Answer::see(&format!("{}/attachment/ticket/{id}/", room.root)).telling(desk, &sentence));
    }
    Ok(Answer::see(&href))
}

fn previewed(desk: &Desk, room: &Room, form: &Form, typed: &Typed, attach: bool, fragment: bool) -> Result<Answer> {
    // Script shows them while the summary is typed.
    let similar = if fragment { Vec::new() } else { similar::to(room, typed.value("summary").unwrap_or_default())? };
    let preview = room.project.read(|db| {
        let mut preview = Preview { problems: typed.problems.clone(), similar, ..Preview::default() };
        let filing = filing(room);
        let planner = planner(desk, db, room, &filing);
        match planner.create(&typed.request) {
            Ok(plan) => {
                preview.told = audience::of_plan(&planner, &room.row, None, &plan)?;
                preview.problems.extend(plan.problems);
            }
            Err(Error::Invalid(problems)) => preview.problems.extend(problems),
            Err(Error::Forbidden { message, .. }) => preview.problems.push(Problem::new("", message)),
            Err(other) => return Err(other),
        }
        preview.html = rendered(desk, db, room, 0, typed.value("description").unwrap_or_default())?;
        Ok(preview)
    })?;
    if form.json {
        return Answer::json(&serde_json::json!({
            "html": preview.html, "problems": preview.problems, "told": preview.told, "similar": preview.similar,
        }));
    }
    if fragment {
        let html = desk.web().templates.document("ticket/preview.html", &PreviewPart { preview })?;
        return Ok(Answer::new(Status::Ok, ContentType::HTML, html.into_bytes()));
    }
    page(desk, room, typed, Draft { sent: true, attach, preview: Some(preview), ..Draft::default() })
}
