//! One ticket: `/<project>/ticket/<n>`, as a page with the form to go on, as JSON, as a file, as it was at a version. What is
//! done with the form is in `change_pages`.

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::access;
use super::beside::{self, Beside};
use super::conversation::{Conversation, Edited};
use super::edit_form::{EditForm, edit_form};
use super::fields::Choices;
use super::form::{Preview, Typed};
use super::head::{Head, asked_ticket, enter, with_list};
use super::history;
use super::mentions::{self, Mentions};
use super::merge_pages::{self, Merged};
use super::plan::{Plan, Planner};
use super::relations_pages::{self, Relations};
use super::scene::{Moment, Property, Scene, description_edited};
use super::store::Ticket;
use super::verbs::{self, Giving, Verb};
use super::watch_pages::{Watching, watching};
use super::{TICKET_APPEND, TICKET_CREATE, copy, export, people, ticket_href, undo_pages, workflows};
use crate::attachment::File;
use crate::base::error::{Error, Problem, Result};
use crate::base::time::When;
use crate::web::form::shortened;
use crate::web::{Answer, Desk, Page, Room, Visit, address};

pub fn routes() -> Vec<Route> {
    routes![tickets, show]
}

#[get("/<project>/ticket", rank = 20)]
async fn tickets(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            Ok(Answer::see(&format!("{}/query", room.root)))
        })
        .await
}

/// Pages of a ticket that `action` names have routes of their own, of lower rank.
#[get("/<project>/ticket/<number>", rank = 20)]
async fn show(visit: Visit, project: String, number: String) -> Answer {
    visit.answer(move |desk| shown(desk, &project, &number)).await
}

#[derive(Serialize)]
struct ShowPage {
    #[serde(flatten)]
    head: Head,
    fields: Vec<Property>,
    created: Moment,
    modified: Option<Moment>,
    closed: Option<Moment>,
    #[serde(flatten)]
    talk: Conversation,
    description_reply_href: Option<String>,
    description_edited: Option<Edited>,
    clone_href: Option<String>,
    like_href: Option<String>,
    quick: Vec<Verb>,
    give: Option<Giving>,
    view_time: String,
    files: Vec<File>,
    upload_href: Option<String>,
    mentions: Vec<Mentions>,
    backlinks_href: String,
    old: Option<Old>,
    form: Option<EditForm>,
    sign_in: Option<String>,
    watch: Option<Watching>,
    /// The number of one's own last change, if it can be taken back.
    undo: Option<i64>,
    undo_href: String,
    undo_whole: Option<undo_pages::Whole>,
    beside: Option<Beside>,
    relations: Option<Relations>,
    merged: Option<Merged>,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "ticket/show.html";
}

#[derive(Serialize)]
struct Old {
    version: i64,
    latest: i64,
    when: When,
    author: String,
    href: String,
    previous: Option<String>,
    next: Option<String>,
    diff_href: Option<String>,
}

/// What comes back with the page after a submit that was not saved.
#[derive(Default)]
pub(super) struct Draft {
    pub typed: Option<Typed>,
    pub problems: Vec<Problem>,
    /// What both would come to: the form goes on from there.
    pub conflict: Option<Plan>,
    pub preview: Option<Preview>,
    pub status: Option<Status>,
    /// The change seen, as the form had it.
    pub seen: Option<i64>,
    /// What was typed into the form of its relations.
    pub relation: Option<relations_pages::Typed>,
}

fn shown(desk: &Desk, project: &str, number: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    room.project.read(|db| {
        let ticket = asked_ticket(db, &room, number)?;
        if let Some(action) = desk.visit.value("action").filter(|action| !matches!(action.as_str(), "" | "view")) {
            return Err(Error::invalid("action", format!("There is no page `{}` of a ticket.", shortened(&action))));
        }
        let version = asked_version(desk, &ticket)?;
        match desk.visit.value("format").as_deref() {
            None | Some("html" | "json") => {}
            Some(format @ ("csv" | "tab")) => return export::row(desk, db, &room, &ticket, version, format),
            Some("atom" | "rss") => return export::feed(desk, db, &room, &ticket),
            Some(other) => {
                return Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other))));
            }
        }
        if desk.visit.wants_json() {
            return as_json(desk, db, &room, &ticket, version);
        }
        if let Some(answer) = merge_pages::led_on(desk, db, &room, &ticket, version)? {
            return Ok(answer);
        }
        match version {
            Some(version) => drawn_old(desk, db, &room, &ticket, version),
            None => drawn(desk, db, &*access::room_on(db, &room, &ticket.row)?, &ticket, Draft::default()),
        }
    })
}

/// The version that the address asks for (row C09).
fn asked_version(desk: &Desk, ticket: &Ticket) -> Result<Option<i64>> {
    let Some(text) = desk.visit.value("version") else { return Ok(None) };
    let version: i64 = text.parse().map_err(|_| {
        let text = shortened(&text);
        Error::invalid("version", format!("`{text}` is no version: they are the numbers of comments, and 0."))
    })?;
    if !(0..=ticket.row.changes).contains(&version) {
        return Err(Error::not_found(format!(
            "Ticket #{} has no version {version}; the newest one is {}.",
            ticket.row.id, ticket.row.changes
        )));
    }
    Ok(Some(version))
}

pub(super) fn as_json(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    version: Option<i64>,
) -> Result<Answer> {
    let url = desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(ticket.row.id)));
    let value = super::json::ticket(db, &room.viewer, ticket, version, &url)?;
    Ok(Answer::json(&value)?.header("ETag", format!("\"{}\"", version.unwrap_or(ticket.row.changes))))
}

/// The ticket as it was after a change.
fn drawn_old(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, version: i64) -> Result<Answer> {
    let (values, choices) = (history::at(db, &room.viewer, ticket, version)?, Choices::load(db, &room.viewer)?);
    let scene = Scene::new(desk, db, room, ticket, &values, &choices, Some(version))?;
    let latest = ticket.row.changes;
    let change = match scene.group(version)? {
        // What that change did is not for this viewer, so that the ticket is as the one before it had left it.
        None => history::groups(db, &room.viewer, &choices.fields, ticket, 0, version)?.pop(),
        told => told,
    };
    let talk = scene.conversation(version, false)?;
    let of = |number: i64| with_list(desk, &format!("{}?version={number}", scene.plain));
    let page = ShowPage {
        head: scene.head()?,
        fields: scene.properties(false)?,
        created: scene.created()?,
        modified: None,
        closed: None,
        talk,
        description_reply_href: None,
        description_edited: None,
        clone_href: None,
        like_href: None,
        quick: Vec::new(),
        give: None,
        view_time: version.to_string(),
        files: Vec::new(),
        upload_href: None,
        mentions: Vec::new(),
        backlinks_href: mentions::href(room, ticket.row.id),
        old: Some(Old {
            version,
            latest,
            when: change.as_ref().map_or(ticket.row.created_at, |group| group.change.at).when(&room.viewer.zone()),
            author: change.as_ref().map(|group| scene.author_of(group)).transpose()?.unwrap_or_default(),
            href: with_list(desk, &scene.plain),
            previous: (version > 0).then(|| of(version - 1)),
            next: (version < latest).then(|| of(version + 1)),
            diff_href: (version < latest)
                .then(|| format!("{}?action=diff&old_version={version}&version={latest}", scene.plain)),
        }),
        form: None,
        undo: None,
        undo_href: String::new(),
        undo_whole: None,
        sign_in: None,
        watch: None,
        beside: None,
        relations: None,
        merged: None,
    };
    scene.sheet(page).noindex().render(desk)
}

/// The ticket as it is, with the form and what stands in it.
pub(super) fn drawn(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, mut draft: Draft) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let scene = Scene::new(desk, db, room, ticket, &ticket.values, &choices, None)?;
    let (row, viewer) = (&ticket.row, &room.viewer);
    let talk = scene.conversation(row.changes, true)?;
    let (status, seen) = (draft.status, if draft.conflict.is_some() { None } else { draft.seen });
    let head = scene.head()?;
    let relations = relations_pages::of_ticket(db, room, ticket, &choices, &scene.around, draft.relation.take())?;
    let planned = draft.typed.as_ref().map(|typed| typed.placed(&choices, &ticket.values));
    let planned = planned.as_ref().unwrap_or(&ticket.values);
    let workflow = workflows::of(db, &choices, planned)?;
    let offers = planner(desk, db, room).offers(&workflow, &choices, Some(ticket))?;
    // What lives on in another ticket is changed there; what was typed here is shown all the same.
    let form =
        if row.merged_into.is_some() && draft.typed.is_none() { None } else { edit_form(&scene, &offers, draft)? };
    let one_click = if form.is_some() { offers.as_slice() } else { &[] };
    let comments = viewer.may(TICKET_APPEND) && row.merged_into.is_none();
    let undo = undo_pages::offered(db, room, ticket)?;
    let mut fields = scene.properties(true)?;
    // The box of time says them.
    fields.retain(|field| !matches!(field.name, "estimated" | "remaining"));
    let page = ShowPage {
        fields,
        created: scene.created()?,
        modified: (row.changed_at != row.created_at).then(|| scene.moment(row.changed_at, String::new())),
        closed: row.closed_at.map(|at| scene.moment(at, String::new())),
        talk,
        description_reply_href: comments.then(|| format!("{}?replyto=description#edit", scene.plain)),
        description_edited: description_edited(&scene)?,
        clone_href: viewer.may(TICKET_CREATE).then(|| copy::clone_href(room, row.id)),
        like_href: viewer.may(TICKET_CREATE).then(|| copy::like_href(room, row.id)),
        quick: verbs::of(one_click, verbs::ownership(viewer, row.owner)),
        give: verbs::giving(one_click),
        view_time: seen.unwrap_or(row.changes).to_string(),
        upload_href: head.may.attach.then(|| head.files_href.clone()),
        files: scene.files.clone(),
        mentions: mentions::newest(db, room, row.id, &scene.merged)?,
        backlinks_href: mentions::href(room, row.id),
        old: None,
        undo,
        undo_whole: undo_pages::whole(db, room, ticket, undo)?,
        undo_href: format!("{}/undo", scene.plain),
        watch: watching(db, room, ticket, &scene.merged)?,
        sign_in: (form.is_none() && !viewer.signed_in())
            .then(|| format!("{}/-/login?next={}", desk.base(), address::segment(&desk.visit.here()))),
        form,
        beside: Some(beside::of(db, room, ticket, &choices)?),
        relations,
        merged: merge_pages::merged(desk, db, room, ticket, &scene.merged)?,
        head,
    };
    let sheet = scene.sheet(page).status(status.unwrap_or(Status::Ok));
    if desk.visit.query.is_empty() { sheet.render(desk) } else { sheet.noindex().render(desk) }
}

pub(super) fn planner<'a>(desk: &'a Desk, db: &'a Connection, room: &'a Room) -> Planner<'a> {
    Planner { db, site: desk.site(), project: &room.project, viewer: &room.viewer, actor: people::own(&room.viewer) }
}
