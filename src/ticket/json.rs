//! A ticket as JSON (DESIGN 5): what pages answer to `?format=json` and commands to `--format json`. Trac's field names are
//! the keys; what is empty is null, what has several values is an array.

use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};

use super::fields::{Choices, FIELDS, Field, Kind};
use super::history::{self, Group};
use super::merge;
use super::note_store::{self, NoteRow};
use super::relations::{self, RELATIONS};
use super::store::{self, Ticket, Times};
use super::time_store;
use super::values::{Names, People, Value, Values};
use super::worked;
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// The whole ticket with all that was said, as it is now or as it was after its change `version` (row C09). `url` is its
/// absolute address. Whoever calls it has found the ticket for this viewer.
pub fn ticket(db: &Connection, viewer: &Viewer, ticket: &Ticket, version: Option<i64>, url: &str) -> Result<Json> {
    let latest = version.unwrap_or(ticket.row.changes);
    let earlier = version.map(|version| history::at(db, viewer, ticket, version)).transpose()?;
    let values = earlier.as_ref().unwrap_or(&ticket.values);
    let choices = Choices::load(db, viewer)?;
    let groups = history::groups(db, viewer, &choices.fields, ticket, 0, latest)?;
    let meant = values.named_people(&choices.fields).into_iter().chain(people_of(&groups));
    let people = People::load(db, meant)?.shown_to(viewer);
    let names = Names { choices: &choices, people: &people };
    let times = match version {
        None => time_store::times(db, viewer, &ticket.row)?,
        Some(_) => times_then(&choices, ticket, &groups),
    };
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(ticket.row.id));
    object.insert("url".to_owned(), json!(url));
    for (name, value) in fields(&names, values, &times) {
        object.insert(name.to_owned(), value);
    }
    object.insert("custom".to_owned(), own(&names, values));
    if version.is_none() {
        object.extend(other_ends(db, viewer, ticket)?);
    }
    let comments: Vec<Json> =
        groups.iter().filter(|group| group.change.number > 0).map(|group| comment(viewer, &names, group)).collect();
    object.insert("comments".to_owned(), json!(comments));
    if version.is_none() {
        let notes = note_store::of_ticket(db, viewer, ticket.row.id)?;
        if !notes.is_empty() {
            object.insert("notes".to_owned(), json!(notes_of(db, viewer, &notes)?));
        }
    }
    Ok(Json::Object(object))
}

/// The other ends of its relations, and where it lives on or what lives on in it, as far as the viewer may see those.
fn other_ends(db: &Connection, viewer: &Viewer, ticket: &Ticket) -> Result<Map<String, Json>> {
    let around = relations::around(db, ticket.row.id)?;
    let survivor = ticket.row.merged_into.map(|into| merge::survivor(db, into)).transpose()?;
    let others = around.edges.iter().map(|edge| edge.other).chain(around.merged.iter().copied()).chain(survivor);
    let rows = store::by_ids(db, viewer, &others.collect::<Vec<_>>())?;
    let seen = |id: &i64| rows.iter().any(|row| row.id == *id);
    let listed = |ids: Vec<i64>| json!(ids.into_iter().filter(seen).collect::<Vec<_>>());
    let mut ends = Map::new();
    for relation in &RELATIONS {
        ends.insert(relation.inverse.to_owned(), listed(around.others(relation.field, true)));
    }
    ends.insert("merged_into".to_owned(), json!(survivor.filter(seen)));
    ends.insert("merged".to_owned(), listed(around.merged));
    Ok(ends)
}

/// Whether this is a name under which [`ticket`] tells of the other ends.
pub fn is_other_end(name: &str) -> bool {
    matches!(name, "merged_into" | "merged") || RELATIONS.iter().any(|relation| relation.inverse == name)
}

/// What is noted of a ticket, as it was after the last of these changes, which are all up to then. An edited comment counts
/// for the ticket as it is, not for the ticket as it was.
fn times_then(choices: &Choices, ticket: &Ticket, groups: &[Group]) -> Times {
    let now = Times::of(&ticket.row);
    let changed_at = groups.last().map_or(now.created_at, |group| group.change.at);
    let mut closed_at = None;
    for group in groups {
        let Some(status) = group.fields.iter().find(|change| change.field.name == "status") else { continue };
        let closed = match status.new.first() {
            Some(Value::Id(id)) => choices.status(*id).is_some_and(|status| status.category.is_closed()),
            _ => false,
        };
        closed_at = closed.then(|| closed_at.unwrap_or(group.change.at));
    }
    let entries: Vec<i64> = groups.iter().flat_map(|group| &group.worked).map(|entry| entry.minutes).collect();
    let worked = (!entries.is_empty()).then(|| entries.iter().sum());
    let by_then = |at: Option<Instant>| at.filter(|at| *at <= changed_at);
    Times {
        changed_at,
        closed_at,
        started_at: by_then(now.started_at),
        contacted_at: by_then(now.contacted_at),
        worked,
        ..now
    }
}

/// Internal notes, for those who may read them.
fn notes_of(db: &Connection, viewer: &Viewer, notes: &[NoteRow]) -> Result<Vec<Json>> {
    let people = People::load(db, notes.iter().filter_map(|note| note.author))?.shown_to(viewer);
    let one = |note: &NoteRow| {
        json!({
            "number": note.number, "author": author(&people, note.author), "time": note.at.iso(), "text": note.text,
            "replyto": note.reply_to,
        })
    };
    Ok(notes.iter().map(one).collect())
}

/// Every built-in field of a ticket by name, in order.
pub fn fields(names: &Names<'_>, values: &Values, times: &Times) -> Vec<(&'static str, Json)> {
    let of = |field: &'static Field| match field.kind {
        Kind::Time => times.of_field(field).map_or(Json::Null, |at| json!(at.iso())),
        _ if field.is_noted() => json!(times.worked),
        _ => value(names, field, values.get(field.name)),
    };
    FIELDS.iter().map(|field| (field.name, of(field))).collect()
}

/// The fields that the project has defined itself, by name.
pub fn own(names: &Names<'_>, values: &Values) -> Json {
    let own = names.choices.fields().filter(|field| field.own);
    Json::Object(own.map(|field| (field.name.to_owned(), value(names, field, values.get(field.name)))).collect())
}

/// The values of one field.
pub fn value(names: &Names<'_>, field: &Field, values: &[Value]) -> Json {
    match field.kind {
        Kind::People => json!(values.iter().map(|value| names.written(field, value)).collect::<Vec<_>>()),
        Kind::Words => {
            let words = names.joined(field, values);
            let separates = |character: char| character == ',' || character == ';' || character.is_whitespace();
            json!(words.split(separates).filter(|word| !word.is_empty()).collect::<Vec<_>>())
        }
        Kind::Options => json!(values.iter().map(|value| names.written(field, value)).collect::<Vec<_>>()),
        Kind::Tickets | Kind::Minutes | Kind::Check | Kind::Moment | Kind::Number => {
            let mut numbers = values.iter().map(|value| number(names, field, value));
            match field.kind {
                Kind::Tickets => Json::Array(numbers.collect()),
                Kind::Check => json!(numbers.next().is_some()),
                _ => numbers.next().unwrap_or(Json::Null),
            }
        }
        _ => text(names.joined(field, values)),
    }
}

/// Minutes and numbers of tickets are numbers, instants are RFC 3339.
fn number(names: &Names<'_>, field: &Field, value: &Value) -> Json {
    match (value, field.kind) {
        (Value::Id(at), Kind::Moment) => json!(Instant(*at).iso()),
        (Value::Id(number), _) => json!(number),
        (Value::Text(text), Kind::Number) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(names.written(field, value)),
    }
}

fn comment(viewer: &Viewer, names: &Names<'_>, group: &Group) -> Json {
    let changes: Vec<Json> = group
        .fields
        .iter()
        .map(|change| {
            json!({
                "field": change.field.name,
                "old": value(names, change.field, &change.old),
                "new": value(names, change.field, &change.new),
            })
        })
        .collect();
    json!({
        "number": group.change.number,
        "author": author(names.people, group.change.author),
        "time": group.change.at.iso(),
        "text": text(group.change.comment.clone()),
        "changes": changes,
        "worked": worked::as_json(viewer, names.people, &group.worked),
    })
}

/// Who did something.
pub fn author(people: &People, id: Option<i64>) -> &str {
    match people.login(id) {
        "" => "anonymous",
        login => login,
    }
}

/// The persons that a history names.
pub fn people_of(groups: &[Group]) -> impl Iterator<Item = i64> {
    groups.iter().flat_map(|group| {
        let of_fields = group
            .fields
            .iter()
            .filter(|change| matches!(change.field.kind, Kind::Person | Kind::People))
            .flat_map(|change| change.old.iter().chain(&change.new))
            .filter_map(|value| match value {
                Value::Id(id) => Some(*id),
                _ => None,
            });
        let workers = group.worked.iter().map(|entry| entry.person);
        group.change.author.into_iter().chain(group.change.edited_by).chain(of_fields).chain(workers)
    })
}

fn text(text: String) -> Json {
    if text.is_empty() { Json::Null } else { Json::String(text) }
}
