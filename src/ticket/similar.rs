//! Open tickets that may be about the same as one that is just being written: shown while its summary is typed, and in the
//! preview to those without script.

use rocket::http::{ContentType, Status};
use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::TICKET_VIEW;
use crate::base::component::Alike;
use crate::base::error::Result;
use crate::web::{Answer, Room, Visit};

const MOST: usize = 5;
/// Shorter summaries are alike to everything.
const LEAST_LETTERS: usize = 4;

pub(super) fn routes() -> Vec<Route> {
    routes![similar]
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Similar {
    pub title: String,
    pub href: String,
}

/// The fields of `ticket/similar.html`.
#[derive(Serialize)]
struct Part {
    similar: Vec<Similar>,
}

/// Not within a read of the project.
pub(super) fn to(room: &Room, summary: &str) -> Result<Vec<Similar>> {
    if !room.viewer.may(TICKET_VIEW) || summary.trim().chars().count() < LEAST_LETTERS {
        return Ok(Vec::new());
    }
    let wanted = Alike { kind: "ticket", words: summary, limit: MOST };
    let cards = room.project.components().alike(&room.project, &room.viewer, &wanted)?;
    let shown =
        |card: crate::base::component::Card| Similar { title: card.title, href: format!("{}{}", room.root, card.href) };
    Ok(cards.into_iter().map(shown).collect())
}

/// A piece of a page; as JSON a list of titles and addresses.
#[get("/<project>/newticket/similar")]
async fn similar(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = super::new_pages::enter(desk, &project)?;
            let similar = to(&room, &desk.visit.value("summary").unwrap_or_default())?;
            if desk.visit.wants_json() {
                let item = |one: &Similar| json!({ "title": one.title, "url": desk.web().address.absolute(&one.href) });
                let items: Vec<_> = similar.iter().map(item).collect();
                return Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }));
            }
            let html = desk.web().templates.document("ticket/similar.html", &Part { similar })?;
            Ok(Answer::new(Status::Ok, ContentType::HTML, html.into_bytes()))
        })
        .await
}
