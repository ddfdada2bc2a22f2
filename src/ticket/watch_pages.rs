//! Watching a ticket with one click, on its page or in a list: onto its Cc list or off it, as far as oneself is concerned
//! (row C17).

use rocket::data::Data;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::change_pages::list_to_return_to;
use super::edit::{self, Outcome};
use super::fields::Choices;
use super::form::with_own;
use super::head::{enter_ticket, with_list};
use super::merge;
use super::people;
use super::plan::Request;
use super::store::{self, Ticket, TicketRow};
use super::values::{Names, People};
use super::{NO_TICKET, TICKET_APPEND, ticket_href};
use crate::base::error::{Error, Result};
use crate::base::project::{Act, Project, Tx};
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Room, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![watch]
}

/// What the page offers: to begin with it, or to stop.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Watching {
    href: String,
    watches: bool,
}

/// Whether somebody can be on the Cc list of a ticket that they see, and may change at least that.
pub fn may_watch(viewer: &Viewer) -> bool {
    viewer.signed_in() && viewer.may(TICKET_APPEND)
}

/// None for those who may not, and for what lives on in another ticket. Who is on the list of a ticket that was merged into
/// this one watches this one.
pub(super) fn watching(
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    merged: &[TicketRow],
) -> Result<Option<Watching>> {
    let (viewer, id) = (&room.viewer, ticket.row.id);
    if !may_watch(viewer) || ticket.row.merged_into.is_some() {
        return Ok(None);
    }
    let watches = match viewer.person {
        None => false,
        Some(person) if ticket.values.ids("cc").any(|id| id == person) => true,
        Some(person) => !merged.is_empty() && merge::watches(db, viewer, id, person)?,
    };
    Ok(Some(Watching { href: format!("{}{}/watch", room.root, ticket_href(id)), watches }))
}

#[post("/<project>/ticket/<number>/watch", data = "<data>")]
async fn watch(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let watches = match form.text("watch") {
                "1" => true,
                // JSON's false is no value.
                "0" => false,
                "" if form.json => false,
                _ => return Err(Error::invalid("watch", "`watch` is 1 to watch the ticket, or 0 to stop.")),
            };
            put(desk.site(), &room.project, room.act(), ticket.row.id, watches)?;
            told(desk, &room, &ticket, form, watches)
        })
        .await
}

/// Puts whoever acts on the Cc list of a ticket, or takes them off, and off the lists of what was merged into it. Nothing
/// happens where that is so already.
fn put(site: &Site, project: &Project, by: Act<'_>, id: i64, watches: bool) -> Result<()> {
    if !by.viewer.signed_in() {
        return Err(Error::Forbidden {
            permission: TICKET_APPEND.name,
            message: "Only somebody who is signed in can watch a ticket.".to_owned(),
        });
    }
    by.viewer.require(TICKET_APPEND)?;
    project.write(by, |tx| {
        let ticket = store::find(tx, by.viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        merge::require_to_stand(tx, by.viewer, &ticket.row)?;
        let merged = if watches { Vec::new() } else { merge::merged_rows(tx, by.viewer, id)? };
        for id in std::iter::once(id).chain(merged.iter().map(|row| row.id)) {
            put_on(site, tx, by.viewer, id, watches)?;
        }
        Ok(())
    })
}

fn put_on(site: &Site, tx: &Tx<'_>, viewer: &Viewer, id: i64, watches: bool) -> Result<()> {
    let ticket = store::find(tx, viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    let (choices, people) = (Choices::load(tx, viewer)?, People::load(tx, ticket.values.people())?);
    let names = Names { choices: &choices, people: &people };
    let cc = with_own(&ticket, &names, people::own_login(viewer), watches);
    let request = Request { set: vec![("cc".to_owned(), cc)], ..Request::default() };
    // The person's row is there by now, so that the rule for one's own place on the list finds it.
    let viewer = Viewer { person: tx.actor(), ..viewer.clone() };
    match edit::change_found(site, tx, &viewer, &ticket, &request)? {
        Outcome::Saved { .. } | Outcome::Unchanged => Ok(()),
        Outcome::Conflict(_) => Err(Error::conflict("The Cc list was changed meanwhile. Please try again.")),
    }
}

fn told(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, watches: bool) -> Result<Answer> {
    let id = ticket.row.id;
    if form.json {
        return Answer::json(&json!({ "id": id, "watch": watches }));
    }
    // Who leaves a private ticket may have seen it for the last time.
    let room = desk.room(&room.row.name)?;
    let sees = room.project.read(|db| store::find(db, &room.viewer, id))?.is_some();
    let href = list_to_return_to(desk, &room).unwrap_or_else(|| match sees {
        true => with_list(desk, &format!("{}{}", room.root, ticket_href(id))),
        false => format!("{}/query", room.root),
    });
    let sentence = match (watches, sees) {
        (true, _) => format!("You watch #{id} now: you are on its Cc list."),
        (false, true) => format!("You no longer watch #{id}."),
        (false, false) => format!("You no longer watch #{id}, and may no longer see it."),
    };
    Ok(Answer::see(&href).telling(desk, &sentence))
}
