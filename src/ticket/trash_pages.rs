//! Deleting a ticket, and the trash: `/<project>/admin/ticket/trash`.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::fields::Choices;
use super::head::{Head, asked_ticket, enter, head_now};
use super::store::Ticket;
use super::trash::{self, Tombstone, Trashed};
use super::{NO_TICKET, TICKET_ADMIN, TICKET_PURGE, TICKET_VIEW, ticket_href};
use crate::base::component::Panel;
use crate::base::error::{Error, Result};
use crate::base::time::When;
use crate::web::form::{Form, shortened};
use crate::web::paging::{self, Paging};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Trash",
    line: "Tickets that were deleted, and can be restored.",
    path: "/admin/ticket/trash",
    permission: TICKET_ADMIN,
    order: 70,
};

const PER_PAGE: usize = 50;
const MOST_TOMBSTONES: usize = 50;
const NO_PAGE: &str = "There is no page at this address.";

pub(super) fn routes() -> Vec<Route> {
    routes![ask, delete, list, act]
}

#[derive(Serialize)]
struct DeletePage {
    #[serde(flatten)]
    head: Head,
    action_href: String,
    comments: i64,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "ticket/delete.html";
}

#[get("/<project>/ticket/<number>/delete")]
async fn ask(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let ticket = deletable(&room, &number)?;
            let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
            let page = DeletePage {
                head: head_now(desk, &room, &choices, &ticket)?,
                action_href: format!("{}{}/delete", room.root, ticket_href(ticket.row.id)),
                comments: ticket.row.changes,
            };
            Sheet::new(format!("Delete #{}", ticket.row.id), page).at("/query").noindex().render(desk)
        })
        .await
}

#[post("/<project>/ticket/<number>/delete", data = "<data>")]
async fn delete(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = deletable(&room, &number)?.row.id;
            trash::delete(&room.project, room.act(), id)?;
            if form.json {
                return Answer::json(&json!({ "id": id, "deleted": true }));
            }
            let told = format!("#{id} is in the trash. From there it can be restored.");
            Ok(Answer::see(&format!("{}/query", room.root)).telling(desk, &told))
        })
        .await
}

fn deletable(room: &Room, number: &str) -> Result<Ticket> {
    let ticket = room.project.read(|db| asked_ticket(db, room, number))?;
    room.viewer.require(TICKET_ADMIN)?;
    Ok(ticket)
}

#[derive(Serialize)]
struct TrashPage {
    panels: Vec<PanelGroup>,
    href: String,
    tickets: Vec<Item>,
    paging: Paging,
    may_purge: bool,
    asked: Option<Item>,
    tombstones: Vec<Grave>,
}

impl Page for TrashPage {
    const TEMPLATE: &'static str = "admin/trash.html";
}

#[derive(Serialize)]
struct Item {
    number: i64,
    summary: String,
    comments: i64,
    when: When,
    author: String,
}

#[derive(Serialize)]
struct Grave {
    number: i64,
    when: When,
    author: String,
}

#[get("/<project>/admin/ticket/trash")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter_trash(desk, &project)?;
            page(desk, &room, None)
        })
        .await
}

#[post("/<project>/admin/ticket/trash", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter_trash(desk, &project)?;
            done(desk, &room, form)
        })
        .await
}

fn enter_trash(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(TICKET_VIEW, NO_PAGE)?;
    room.viewer.require_to_see(TICKET_ADMIN, NO_PAGE)?;
    Ok(room)
}

fn done(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let id = form.number("ticket").map_err(|_| Error::not_found(NO_TICKET))?;
    let (told, href) = match form.text("act") {
        "restore" => {
            trash::restore(&room.project, room.act(), id)?;
            (format!("#{id} is back."), ticket_href(id))
        }
        "purge" if form.has("confirm") => {
            trash::purge(&room.project, room.act(), id)?;
            (format!("#{id} is gone for good. Its number is not given again."), PANEL.path.to_owned())
        }
        "purge" => {
            room.viewer.require(TICKET_PURGE)?;
            return page(desk, room, Some(id));
        }
        other => {
            let message = format!("There is no act `{}`; it is restore or purge.", shortened(other));
            return Err(Error::invalid("act", message));
        }
    };
    if form.json {
        return Answer::json(&json!({ "id": id, "act": form.text("act") }));
    }
    Ok(Answer::see(&format!("{}{href}", room.root)).telling(desk, &told))
}

fn page(desk: &Desk, room: &Room, asked: Option<i64>) -> Result<Answer> {
    let href = format!("{}{}", room.root, PANEL.path);
    let (viewer, zone) = (&room.viewer, room.viewer.zone());
    let (rows, graves, paging, asked) = room.project.read(|db| {
        let total = trash::count(db, viewer)?;
        let page = paging::asked(desk.visit.value("page"));
        let paging = Paging::new(&href, &desk.visit.pairs(), page, PER_PAGE, total);
        let rows = trash::list(db, viewer, PER_PAGE, paging.offset(PER_PAGE))?;
        let asked = asked.map(|id| trash::find(db, viewer, id)).transpose()?;
        Ok((rows, trash::tombstones(db, viewer, MOST_TOMBSTONES)?, paging, asked))
    })?;
    let item = |row: Trashed| Item {
        number: row.id,
        summary: row.summary,
        comments: row.changes,
        when: row.deleted_at.when(&zone),
        author: viewer.shown_name(&row.deleted_by),
    };
    let grave = |row: Tombstone| Grave {
        number: row.ticket,
        when: row.purged_at.when(&zone),
        author: viewer.shown_name(&row.purged_by),
    };
    if desk.visit.wants_json() {
        let items: Vec<_> = rows
            .iter()
            .map(|row| json!({ "id": row.id, "summary": row.summary, "deleted": row.deleted_at.iso() }))
            .collect();
        let purged: Vec<i64> = graves.iter().map(|row| row.ticket).collect();
        return Answer::json(&json!({
            "total": paging.total, "page": paging.page, "items": items, "next": paging.next, "purged": purged,
        }));
    }
    let sheet = TrashPage {
        panels: panels::groups(room, PANEL.path),
        href,
        may_purge: viewer.may(TICKET_PURGE),
        asked: asked.map(|ticket| Item {
            number: ticket.row.id,
            summary: ticket.row.summary,
            comments: ticket.row.changes,
            when: ticket.row.changed_at.when(&zone),
            author: String::new(),
        }),
        tickets: rows.into_iter().map(item).collect(),
        tombstones: graves.into_iter().map(grave).collect(),
        paging,
    };
    Sheet::new("Trash", sheet).at("/admin").noindex().render(desk)
}
