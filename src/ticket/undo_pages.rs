//! Taking back one's own last change of a ticket: `POST /<project>/ticket/<n>/undo`.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::head::{asked_ticket, enter};
use super::pages::as_json;
use super::store::{self, Ticket};
use super::{TICKET_BATCH_MODIFY, ticket_href, undo};
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::web::{Answer, Desk, Room, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![take_back]
}

#[post("/<project>/ticket/<number>/undo", data = "<data>")]
async fn take_back(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = room.project.read(|db| asked_ticket(db, &room, &number))?.row.id;
            let change = if form.has("change") { Some(form.number("change")?) } else { None };
            let taken_back = undo::undo(desk.site(), &room.project, room.act(), id, change)?;
            let href = format!("{}{}#comment:{taken_back}", room.root, ticket_href(id));
            if form.json {
                return answer_json(desk, &room, &number, &href);
            }
            Ok(Answer::see(&href).telling(desk, "Taken back. The change and its undoing both stay in the history."))
        })
        .await
}

fn answer_json(desk: &Desk, room: &Room, number: &str, href: &str) -> Result<Answer> {
    let answer = room.project.read(|db| as_json(desk, db, room, &asked_ticket(db, room, number)?, None))?;
    Ok(answer.with_status(Status::Created).header("Location", desk.web().address.absolute(href)))
}

/// The number of the change that this viewer may take back on the page of a ticket, if there is one.
pub(super) fn offered(db: &Connection, room: &Room, ticket: &Ticket) -> Result<Option<i64>> {
    let now = Instant::now();
    // Most pages are of tickets that nobody has changed lately.
    if !room.viewer.signed_in() || ticket.row.changed_at.plus_seconds(undo::WINDOW) < now {
        return Ok(None);
    }
    Ok(undo::undoable(db, &room.viewer, ticket, now)?.ok().map(|change| change.number))
}

/// The act on many tickets that a change was part of.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    href: String,
    /// Its tickets.
    count: usize,
}

/// The whole act that goes with the change of that number, for those who may take all of it back.
pub(super) fn whole(db: &Connection, room: &Room, ticket: &Ticket, number: Option<i64>) -> Result<Option<Whole>> {
    let Some(number) = number.filter(|_| room.viewer.may(TICKET_BATCH_MODIFY)) else { return Ok(None) };
    let count = store::same_batch(db, ticket.row.id, number)?.len();
    Ok((count > 1).then(|| Whole { href: format!("{}/batchmodify", room.root), count }))
}
