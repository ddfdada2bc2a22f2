//! Filing a ticket: `/<project>/newticket` (rows T01 to T18).

use std::sync::Arc;

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::change_pages::{PreviewPart, rendered};
use super::fields::{Choices, Field, Fields, Kind, PLANNING};
use super::form::{self, Action, Controls, FormField, Preview, Typed, actions, may_choose};
use super::plan::{self, Planner};
use super::store;
use super::values::{Names, People};
use super::workflows;
use super::{NO_TICKET, TICKET_ADMIN, TICKET_APPEND, TICKET_CREATE, TICKET_VIEW, edit, people, ticket_href};
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![blank, file]
}

#[get("/<project>/newticket")]
async fn blank(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let typed = prefilled(desk, &room.project.read(Fields::load)?);
            page(desk, &room, &typed, Draft::default())
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
fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    if !room.viewer.may(TICKET_CREATE) {
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

#[derive(Serialize)]
struct NewPage {
    href: String,
    list_href: String,
    summary: String,
    description: String,
    reporter: Option<String>,
    fields: Vec<FormField>,
    planning: Vec<FormField>,
    actions: Vec<Action>,
    attach: Option<bool>,
    problems: Vec<Problem>,
    preview: Option<Preview>,
    preview_href: String,
    draft_key: String,
    help_href: Option<String>,
    typed: bool,
    similar_href: Option<String>,
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "ticket/new.html";
}

/// What comes back with the form after a submit that was not saved.
#[derive(Default)]
struct Draft {
    sent: bool,
    attach: bool,
    problems: Vec<Problem>,
    preview: Option<Preview>,
    status: Option<Status>,
}

fn planner<'a>(desk: &'a Desk, db: &'a Connection, room: &'a Room) -> Planner<'a> {
    Planner { db, site: desk.site(), project: &room.project, viewer: &room.viewer, actor: people::own(&room.viewer) }
}

fn page(desk: &Desk, room: &Room, typed: &Typed, draft: Draft) -> Result<Answer> {
    let viewer = &room.viewer;
    let sheet = room.project.read(|db| {
        let planner = planner(desk, db, room);
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
            fields,
            planning,
            actions: actions(&offers, typed.request.action.as_ref(), &logins_html),
            attach: (viewer.may(TICKET_APPEND) && viewer.may(TICKET_VIEW)).then_some(draft.attach),
            problems: draft.problems,
            preview: draft.preview,
            preview_href: format!("{}/newticket?action=preview", room.root),
            draft_key: format!("{}/newticket", room.row.id),
            help_href: help.map(|page| format!("{}{}", room.root, page.href)),
            typed: draft.sent,
            similar_href: viewer.may(TICKET_VIEW).then(|| format!("{}/search", room.root)),
        })
    })?;
    Sheet::new("New ticket", sheet).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

/// The owner is a matter of the workflow's actions; summary, reporter and description have places of their own.
fn in_form(room: &Room, field: &Field) -> bool {
    let elsewhere = ["summary", "reporter", "description", "owner"];
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
    let preview = room.project.read(|db| {
        let mut preview = Preview { problems: typed.problems.clone(), ..Preview::default() };
        match planner(desk, db, room).create(&typed.request) {
            Ok(plan) => preview.problems.extend(plan.problems),
            Err(Error::Invalid(problems)) => preview.problems.extend(problems),
            Err(Error::Forbidden { message, .. }) => preview.problems.push(Problem::new("", message)),
            Err(other) => return Err(other),
        }
        preview.html = rendered(desk, db, room, 0, typed.value("description").unwrap_or_default())?;
        Ok(preview)
    })?;
    if form.json {
        return Answer::json(&serde_json::json!({ "html": preview.html, "problems": preview.problems }));
    }
    if fragment {
        let html = desk.web().templates.document("ticket/preview.html", &PreviewPart { preview })?;
        return Ok(Answer::new(Status::Ok, ContentType::HTML, html.into_bytes()));
    }
    page(desk, room, typed, Draft { sent: true, attach, preview: Some(preview), ..Draft::default() })
}
