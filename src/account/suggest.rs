//! Whom somebody may mean who begins to write `@ki`: the answer that the lists of names in texts are made of.
//!
//! Offered are the people whom a mention can name and nobody else, to those who may see people at all; so the list tells no
//! more than the texts and the search of the project do.

use rocket::{Route, get, routes};
use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::people;
use crate::base::error::Result;
use crate::base::text::fold;
use crate::base::viewer::Viewer;
use crate::web::{Answer, Visit};

/// So many are offered at once.
const MOST: i64 = 8;
/// Of what was typed, so many characters are looked at.
const LONGEST: usize = 100;
const NO_PAGE: &str = "There is no page at this address.";

pub fn routes() -> Vec<Route> {
    routes![suggest]
}

/// Somebody of the project.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Suggested {
    login: String,
    /// The full name; empty where there is none.
    name: String,
}

/// `?q=ki`: JSON, those whose user name begins so before those of whose full name a word does.
#[get("/<project>/people/suggest")]
async fn suggest(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(people::PEOPLE_VIEW, NO_PAGE)?;
            let typed = desk.visit.value("q").unwrap_or_default();
            Answer::json(&room.project.read(|db| called(db, &room.viewer, &typed))?)
        })
        .await
}

fn called(db: &Connection, viewer: &Viewer, typed: &str) -> Result<Vec<Suggested>> {
    let typed: String = fold(typed.trim()).chars().take(LONGEST).collect();
    let mut statement = db.prepare_cached(
        "select login, display_name from person
         where kind = 'account' and (text_begins(login, :typed) or text_begins(display_name, :typed)
             or text_holds(display_name, :later))
         order by not text_begins(login, :typed), folded(login) limit :most",
    )?;
    let later = format!(" {typed}");
    let bound = named_params! { ":typed": typed, ":later": later, ":most": MOST };
    let rows = statement.query_map(bound, |row| {
        let (login, name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(Suggested { name: if name == login { String::new() } else { viewer.shown_name(&name) }, login })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
