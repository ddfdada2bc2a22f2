//! What can stand in the field for a comment before anybody types: the words that are answered (row C04), or a canned reply.

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::fields::{Choices, field};
use super::head::{asked_ticket, enter};
use super::store::Ticket;
use super::texts::{self, Kind};
use super::values::{Names, People};
use super::{TICKET_APPEND, people};
use crate::base::error::{Error, Result};
use crate::web::{Answer, Room, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![canned]
}

/// Row C04: who is answered, and their words with `> ` before each line. `target` is where those stand: `comment:3`.
pub(super) fn quotation(author: &str, target: &str, text: &str) -> String {
    format!("Replying to [{}]({target}):\n\n{}\n\n", inert(author), quoted(text))
}

pub(super) fn quoted(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A name or a summary for the middle of a text: it is shown as it is, whatever it looks like.
fn inert(words: &str) -> String {
    words
        .chars()
        .flat_map(|character| {
            let escaped = character.is_ascii_punctuation() && !",.' ".contains(character);
            escaped.then_some('\\').into_iter().chain([character])
        })
        .collect()
}

/// A canned reply to choose.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Canned {
    id: i64,
    name: String,
}

/// Those that are offered for a ticket.
pub(super) fn choices(db: &Connection, ticket: &Ticket) -> Result<Vec<Canned>> {
    let (of_type, of_component) = (ticket.values.id("type"), ticket.values.id("component"));
    let fits = |wanted: Option<i64>, has: Option<i64>| wanted.is_none() || wanted == has;
    Ok(texts::offered(db, Kind::Reply)?
        .into_iter()
        .filter(|row| fits(row.ticket_type, of_type) && fits(row.component, of_component))
        .map(|row| Canned { id: row.id, name: row.name })
        .collect())
}

/// The canned reply of that id with the words of this ticket, as this viewer may read them; none if there is no such reply.
pub(super) fn canned_text(db: &Connection, room: &Room, ticket: &Ticket, id: &str) -> Result<Option<String>> {
    let Some(row) = texts::offered(db, Kind::Reply)?.into_iter().find(|row| row.id.to_string() == id) else {
        return Ok(None);
    };
    let choices = Choices::load(db, &room.viewer)?;
    let people = People::load(db, ticket.values.people())?.shown_to(&room.viewer);
    let names = Names { choices: &choices, people: &people };
    let written = |name: &str| {
        let shown = field(name).map(|field| names.shown_all(field, ticket.values.get(name)));
        inert(&shown.unwrap_or_default())
    };
    let user = room.viewer.principal.identity.as_ref().map(|identity| identity.display_name.as_str());
    let user = user.filter(|name| !name.is_empty()).unwrap_or(people::own_login(&room.viewer));
    let word = |name: &str| {
        Some(match name {
            "ticket" => format!("#{}", ticket.row.id),
            "summary" | "reporter" | "owner" => written(name),
            "user" => inert(user),
            "project" => inert(if room.row.title.is_empty() { &room.row.name } else { &room.row.title }),
            _ => return None,
        })
    };
    Ok(Some(expanded(&row.text, &word)))
}

/// A text with the word of each `$name` in its place; `$$` is a dollar sign, and a name that means nothing stays.
fn expanded(text: &str, word: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let length = after.len() - after.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let (name, tail) = after.split_at(length);
        match word(name) {
            _ if after.starts_with('$') => {
                out.push('$');
                rest = &after[1..];
                continue;
            }
            Some(word) => out.push_str(&word),
            None => {
                out.push('$');
                out.push_str(name);
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A comment with more below what stands there already.
pub(super) fn below(comment: &str, more: &str) -> String {
    let before = comment.trim_end();
    if before.is_empty() { more.to_owned() } else { format!("{before}\n\n{more}") }
}

/// For the script that puts it into the field.
#[get("/<project>/ticket/<number>/reply/<id>")]
async fn canned(visit: Visit, project: String, number: String, id: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.project.read(|db| {
                let ticket = asked_ticket(db, &room, &number)?;
                room.viewer.require(TICKET_APPEND)?;
                let text = canned_text(db, &room, &ticket, &id)?;
                text.map(Answer::text).ok_or_else(|| Error::not_found("There is no such reply."))
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_take_the_place_of_their_names() {
        let word = |name: &str| (name == "ticket").then(|| "#12".to_owned());
        for (text, shown) in [
            ("See $ticket.", "See #12."),
            ("$ticket$ticket", "#12#12"),
            ("$$ticket costs $5", "$ticket costs $5"),
            ("$tickets $other $", "$tickets $other $"),
            ("$$$ticket", "$#12"),
        ] {
            assert_eq!(expanded(text, &word), shown, "{text}");
        }
    }

    #[test]
    fn a_name_full_of_markup_is_shown_as_it_is() {
        assert_eq!(inert("*Kim* <b> #1 @sam"), "\\*Kim\\* \\<b\\> \\#1 \\@sam");
    }
}
