//! A new ticket from one that is there: a clone of it, a comment of it filed on its own (row C23), or another one like it.

use rusqlite::Connection;

use super::fields::{Choices, Field, Kind, PLANNING};
use super::form::Typed;
use super::head::asked_ticket;
use super::reply::quoted;
use super::store::{self, Ticket};
use super::values::{Names, People, Value};
use crate::base::error::{Error, Result};
use crate::web::form::shortened;
use crate::web::{Desk, Room};

/// `?clone=12`, `?clone=12&comment=3`, `?like=12`: fills what the address leaves open. False if it asks for none of them, or
/// leaves the description open.
pub(super) fn prefill(desk: &Desk, db: &Connection, room: &Room, choices: &Choices, typed: &mut Typed) -> Result<bool> {
    let (clone, like) = (desk.visit.value("clone"), desk.visit.value("like"));
    let Some(number) = clone.as_deref().or(like.as_deref()) else { return Ok(false) };
    let ticket = asked_ticket(db, room, number)?;
    let people = People::load(db, ticket.values.named_people(&choices.fields))?;
    let names = Names { choices, people: &people };
    for field in choices.fields().filter(|field| is_copied(room, field)) {
        let values: Vec<Value> =
            ticket.values.get(field.name).iter().filter(|value| is_offered(choices, field, value)).cloned().collect();
        if !values.is_empty() {
            typed.fill(field.name, &names.joined(field, &values));
        }
    }
    if clone.is_none() {
        return Ok(false);
    }
    let (of, text) = match desk.visit.value("comment") {
        None => (format!("Copied from #{}.", ticket.row.id), ticket.values.text("description").to_owned()),
        Some(comment) => {
            let (number, text) = comment_text(db, room, &ticket, &comment)?;
            (format!("From comment:{number}:ticket:{}.", ticket.row.id), quoted(&text))
        }
    };
    typed.fill("summary", ticket.values.text("summary"));
    typed.fill("description", format!("{of}\n\n{text}").trim_end());
    Ok(true)
}

/// What says whose it is, when and in what order it is done belongs to the one ticket alone; that it is private does not.
fn is_copied(room: &Room, field: &Field) -> bool {
    let own = ["summary", "description", "reporter", "owner"];
    let is_plan = PLANNING.contains(&field.name) && !["parent", "private"].contains(&field.name);
    // Who is not signed in reads shortened addresses only.
    let hides = matches!(field.kind, Kind::Person | Kind::People) && !room.viewer.signed_in();
    field.is_editable() && !own.contains(&field.name) && !is_plan && !hides
}

/// What is retired or completed can't be chosen for a new ticket.
fn is_offered(choices: &Choices, field: &Field, value: &Value) -> bool {
    let Value::Id(id) = value else { return true };
    match field.kind {
        Kind::Option { .. } | Kind::Options => choices.option(*id).is_some_and(|option| option.retired_at.is_none()),
        Kind::Milestone => choices.milestone(*id).is_some_and(|one| one.completed_at.is_none()),
        _ => true,
    }
}

fn comment_text(db: &Connection, room: &Room, ticket: &Ticket, asked: &str) -> Result<(i64, String)> {
    let missing = || Error::not_found(format!("Ticket #{} has no comment {}.", ticket.row.id, shortened(asked)));
    let number = super::link::number(asked).ok_or_else(missing)?;
    let change = store::changes(db, &room.viewer, ticket.row.id, number, number)?.pop().ok_or_else(missing)?;
    Ok((number, change.comment))
}

/// The addresses that do it, below the project's.
pub(super) fn clone_href(room: &Room, ticket: i64) -> String {
    format!("{}/newticket?clone={ticket}", room.root)
}

pub(super) fn like_href(room: &Room, ticket: i64) -> String {
    format!("{}/newticket?like={ticket}", room.root)
}
