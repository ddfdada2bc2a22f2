//! What stands at the head of all pages of one ticket: the fields of `ticket/_head.html`.

use rusqlite::Connection;
use serde::Serialize;

use super::asked::exactly;
use super::fields::{Choices, field};
use super::form::alike;
use super::store::{self, Ticket, TicketRow};
use super::values::Values;
use super::{NO_TICKET, TICKET_ADMIN, TICKET_APPEND, TICKET_CHGPROP, TICKET_VIEW, access, link, ticket_href};
use crate::attachment;
use crate::base::component::{ListPlace, Owner};
use crate::base::error::{Error, Result};
use crate::base::resource::Resource;
use crate::web::address::query_value;
use crate::web::form::shortened;
use crate::web::paging::with_value;
use crate::web::{Desk, Room};

/// Longer descriptions of a list are not carried along.
const LONGEST_LIST: usize = 4000;

#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub number: i64,
    /// With the list from which the reader came (row C16).
    pub href: String,
    pub summary: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Tickets of the same type, and with the same resolution (row T20).
    pub type_href: String,
    pub status: Status,
    pub private: bool,
    pub resolution: String,
    pub resolution_href: String,
    pub may: May,
    pub files_href: String,
    pub history_href: String,
    pub delete_href: Option<String>,
    pub walk: Option<Walk>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Status {
    name: String,
    category: &'static str,
    href: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct May {
    pub edit: bool,
    pub attach: bool,
}

/// The way to the tickets before and after.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Walk {
    list_href: String,
    list_label: String,
    previous: Option<Step>,
    next: Option<Step>,
    position: Option<usize>,
    total: Option<usize>,
}

#[derive(Debug, Clone, Serialize)]
struct Step {
    href: String,
    number: i64,
    summary: String,
}

/// Enters the project for its tickets.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    Ok(room)
}

/// The ticket of an address. One that can be no ticket's is as good as a missing one.
pub(super) fn asked_ticket(db: &Connection, room: &Room, number: &str) -> Result<Ticket> {
    let missing = || Error::not_found(NO_TICKET);
    let id = link::number(number).ok_or_else(missing)?;
    store::find(db, &room.viewer, id)?.ok_or_else(missing)
}

/// Enters the project for one of its tickets, with the rights that the viewer has there.
pub(super) fn enter_ticket(desk: &Desk, project: &str, number: &str) -> Result<(Room, Ticket)> {
    let room = enter(desk, project)?;
    room.project.read(|db| {
        let ticket = asked_ticket(db, &room, number)?;
        let room = access::room_on(db, &room, &ticket.row)?.into_owned();
        Ok((room, ticket))
    })
}

/// The head of a page about the ticket as it is now.
pub(super) fn head_now(desk: &Desk, room: &Room, choices: &Choices, ticket: &Ticket) -> Result<Head> {
    room.project.read(|db| {
        let owner = owner_of_files(db, room, &ticket.row)?;
        head(desk, db, room, ticket, &ticket.values, choices, owner.as_ref())
    })
}

/// The address of a ticket, with the project's.
pub(super) fn href(room: &Room, id: i64) -> String {
    format!("{}{}", room.root, ticket_href(id))
}

/// The page of the manual that tells how to write, if there is one to be seen.
pub(super) fn help_href(db: &Connection, room: &Room) -> Result<Option<String>> {
    let page = room.project.components().owner(db, &room.viewer, "wiki", "Manual/Text")?;
    Ok(page.map(|page| format!("{}{}", room.root, page.href)))
}

/// A number in the query of this visit.
pub(super) fn asked(desk: &Desk, name: &str) -> Result<Option<i64>> {
    let Some(typed) = desk.visit.value(name) else {
        return Ok(None);
    };
    let wrong = || Error::invalid(name, format!("`{}` is no number.", shortened(&typed)));
    typed.trim().parse().map(Some).map_err(|_| wrong())
}

/// The address of this visit with other values in its query.
pub(super) fn with_values(href: &str, pairs: &[(String, String)], values: &[(&str, String)]) -> String {
    let kept = pairs.iter().filter(|(name, _)| !values.iter().any(|(other, _)| other == name));
    let query: Vec<String> = kept
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(values.iter().map(|(name, value)| (*name, value.as_str())))
        .map(|(name, value)| format!("{}={}", query_value(name), query_value(value)))
        .collect();
    format!("{href}?{}", query.join("&"))
}

/// What the files of a ticket hang on.
pub(super) fn owner_of_files(db: &Connection, room: &Room, row: &TicketRow) -> Result<Option<Owner>> {
    room.project.components().owner_of(db, &room.viewer, &Resource::new("ticket", row.id))
}

/// `values` are those that the page shows, perhaps earlier ones; `owner` is what its files hang on.
pub(super) fn head(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    values: &Values,
    choices: &Choices,
    owner: Option<&Owner>,
) -> Result<Head> {
    let row = &ticket.row;
    let plain = format!("{}{}", room.root, ticket_href(row.id));
    let name_of = |name: &str| {
        let id = values.id(name);
        field(name).zip(id).map(|(field, id)| choices.name_of(field, id).to_owned()).unwrap_or_default()
    };
    let alike_href = |name: &str| format!("{}{}", room.root, alike(choices, name, &exactly(&name_of(name))));
    let status = values.id("status").and_then(|id| choices.status(id));
    let viewer = &room.viewer;
    // What lives on in another ticket is changed there.
    let stands = row.merged_into.is_none();
    Ok(Head {
        number: row.id,
        href: with_list(desk, &plain),
        summary: values.text("summary").to_owned(),
        type_href: alike_href("type"),
        resolution_href: alike_href("resolution"),
        kind: name_of("type"),
        status: Status {
            name: status.map(|status| status.name.clone()).unwrap_or_default(),
            category: status.map_or("open", |status| status.category.name()),
            href: status.map(|status| format!("{}{}", room.root, alike(choices, "status", &exactly(&status.name)))),
        },
        private: access::is_private(values),
        resolution: name_of("resolution"),
        may: May {
            edit: stands && (viewer.may(TICKET_APPEND) || viewer.may(TICKET_CHGPROP)),
            attach: stands && owner.is_some_and(|owner| owner.lets(viewer, owner.to_attach)),
        },
        files_href: owner
            .map_or_else(|| plain.clone(), |owner| format!("{}{}", room.root, attachment::list_href(owner))),
        history_href: format!("{plain}?action=history"),
        delete_href: viewer.may(TICKET_ADMIN).then(|| format!("{plain}/delete")),
        walk: walk(desk, db, room, row)?,
    })
}

/// The list that the address names, and the place in it.
pub(super) fn list(desk: &Desk) -> Option<(String, usize)> {
    let list = desk.visit.value("list").filter(|list| !list.is_empty() && list.len() <= LONGEST_LIST)?;
    let at = desk.visit.value("at").and_then(|at| at.parse().ok()).unwrap_or(0);
    Some((list, at))
}

/// An address of this ticket that goes on carrying the list.
pub(super) fn with_list(desk: &Desk, href: &str) -> String {
    match list(desk) {
        Some((list, at)) => at_place(href, &list, at),
        None => href.to_owned(),
    }
}

fn at_place(href: &str, list: &str, at: usize) -> String {
    with_value(href, &[("list".to_owned(), list.to_owned())], "at", &at.to_string())
}

/// Row C16: through the list of the address, else by the numbers.
fn walk(desk: &Desk, db: &Connection, room: &Room, row: &TicketRow) -> Result<Option<Walk>> {
    let viewer = &room.viewer;
    let address = |id: i64| format!("{}{}", room.root, ticket_href(id));
    if let Some((list, at)) = list(desk) {
        let place = ListPlace { list: list.clone(), at, id: row.id };
        if let Some(found) = room.project.components().neighbours(db, viewer, &place)? {
            let ids: Vec<i64> = [found.previous, found.next].into_iter().flatten().map(|(id, _)| id).collect();
            let rows = store::by_ids(db, viewer, &ids)?;
            let step = |place: Option<(i64, usize)>| {
                let (id, at) = place?;
                let row = rows.iter().find(|row| row.id == id)?;
                Some(Step { href: at_place(&address(id), &list, at), number: id, summary: row.summary.clone() })
            };
            return Ok(Some(Walk {
                previous: step(found.previous),
                next: step(found.next),
                list_href: format!("{}{}", room.root, found.href),
                list_label: found.title,
                position: Some(found.at + 1),
                total: Some(found.total),
            }));
        }
    }
    let beside = store::beside(db, viewer, row.id)?;
    let [previous, next] =
        beside.map(|found| found.map(|(number, summary)| Step { href: address(number), number, summary }));
    Ok(Some(Walk {
        previous,
        next,
        list_href: format!("{}/query", room.root),
        list_label: "All tickets".to_owned(),
        position: None,
        total: None,
    }))
}
