//! What stands on all pages of one ticket: its number, summary, state, and the ways to its other pages.

use rusqlite::Connection;
use serde::Serialize;

use super::fields::{Choices, field};
use super::link::number;
use super::status::Category;
use super::store::{self, Ticket};
use super::{NO_TICKET, TICKET_APPEND, TICKET_CHGPROP, TICKET_VIEW, ticket_href};
use crate::base::error::{Error, Result};
use crate::web::address::query_value;
use crate::web::{Desk, Room};

/// The fields of `ticket/_head.html`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub number: i64,
    pub href: String,
    pub summary: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: Status,
    pub resolution: String,
    pub may: May,
    pub files_href: String,
    pub history_href: String,
    pub walk: Option<Walk>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Status {
    pub name: String,
    pub category: Category,
    pub href: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct May {
    pub edit: bool,
    pub attach: bool,
}

/// The tickets before and after this one; these pages stand beside the walk.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Walk {}

/// Enters the project for one of its tickets. A number that can be none, a missing ticket and a hidden one are alike.
pub(super) fn enter(desk: &Desk, project: &str, typed: &str) -> Result<(Room, Ticket)> {
    let room = desk.room(project)?;
    let ticket = find(&room, number(typed).unwrap_or(0))?;
    Ok((room, ticket))
}

pub(super) fn find(room: &Room, id: i64) -> Result<Ticket> {
    room.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    let ticket = room.project.read(|db| store::find(db, &room.viewer, id))?;
    ticket.ok_or_else(|| Error::not_found(NO_TICKET))
}

pub(super) fn head(room: &Room, choices: &Choices, ticket: &Ticket) -> Head {
    let (id, values) = (ticket.row.id, &ticket.values);
    let named = |name: &str| {
        let known = field(name).zip(values.id(name));
        known.map_or_else(String::new, |(field, id)| choices.name_of(field, id).to_owned())
    };
    let status = choices.status(ticket.row.status);
    let name = status.map_or_else(String::new, |status| status.name.clone());
    Head {
        number: id,
        href: href(room, id),
        summary: ticket.row.summary.clone(),
        kind: named("type"),
        resolution: named("resolution"),
        status: Status {
            href: Some(format!("{}/query?status={}", room.root, query_value(&name))),
            category: status.map_or(Category::Open, |status| status.category),
            name,
        },
        may: May {
            edit: room.viewer.may(TICKET_APPEND) || room.viewer.may(TICKET_CHGPROP),
            attach: room.viewer.may(TICKET_APPEND),
        },
        files_href: format!("{}/attachment/ticket/{id}/", room.root),
        history_href: format!("{}?action=history", href(room, id)),
        walk: None,
    }
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
    let wrong = || Error::invalid(name, format!("`{}` is no number.", crate::web::form::shortened(&typed)));
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
