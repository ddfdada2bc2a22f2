//! Tickets as search, the timeline and lists of hits know them.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;
use rusqlite::Connection;

use super::fields::{Choices, FIELDS, Fields};
use super::history;
use super::link::class_of;
use super::merge_entries;
use super::relations::relation;
use super::store::{self, Said, TicketRow};
use super::time_store;
use super::values::{Names, People, Value};
use super::{TICKET_VIEW, TIME_VIEW, duration, link, merge, note, ticket_href};
use crate::base::component::{Card, Document, Many, Occurrence};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;

/// Characters of comments that the search index reads of one ticket.
const MOST_TEXT: usize = 512 * 1024;
/// Characters of what was said that the timeline may cut an excerpt from.
const MOST_EXCERPT: usize = 600;
/// Texts whose plain words are remembered.
const KEPT_EXCERPTS: usize = 400;

/// The fields by which hits are counted and asked for.
const FACETS: [&str; 11] = [
    "status", "type", "priority", "severity", "milestone", "component", "version", "resolution", "owner", "reporter",
    "cc",
];

/// What the search index keeps of a ticket: its title, description, comments and keywords as text, its other
/// fields as what can be asked for by name.
pub(super) fn document(db: &Connection, resource: &Resource) -> Result<Option<Document>> {
    // A merged ticket is found as the one in which it lives on.
    let Some(ticket) = store::find_unseen(db, resource.id)?.filter(|ticket| ticket.row.merged_into.is_none()) else {
        return Ok(None);
    };
    let choices = Choices::whole(db)?;
    let people = People::load(db, ticket.values.named_people(&choices.fields))?;
    let names = Names { choices: &choices, people: &people };
    let mut facets = Vec::new();
    for field in FIELDS.iter() {
        let values = ticket.values.get(field.name);
        if FACETS.contains(&field.name) {
            facets.extend(values.iter().map(|value| (field.name, names.written(field, value))));
        }
    }
    let mut text = text_of(db, &ticket.row, ticket.values.text("description"))?;
    text.push('\n');
    text.push_str(ticket.values.text("keywords"));
    for field in choices.fields.iter().filter(|field| field.own) {
        for value in ticket.values.get(field.name) {
            text.push('\n');
            text.push_str(&names.written(field, value));
        }
    }
    // What was said of a merged ticket is found here, if everybody who finds this one may read it.
    for id in merge::merged_ids(db, resource.id)? {
        if text.len() > MOST_TEXT {
            break;
        }
        if let Some(merged) = store::find_unseen(db, id)?.filter(|merged| merged.row.acl == ticket.row.acl) {
            text.push('\n');
            text.push_str(&merged.row.summary);
            text.push('\n');
            text.push_str(&text_of(db, &merged.row, merged.values.text("description"))?);
        }
    }
    let reporter = ticket.row.reporter;
    Ok(Some(Document {
        resource: resource.clone(),
        acl: ticket.row.acl,
        participants: store::participants(db, resource.id)?,
        title: title(&ticket.row),
        text,
        author: [people.login(reporter).to_owned(), people.called(reporter)].join(" "),
        changed: ticket.row.changed_at,
        permission: TICKET_VIEW.name,
        facets,
    }))
}

fn title(row: &TicketRow) -> String {
    format!("#{} {}", row.id, row.summary)
}

/// Description and comments without markup.
fn text_of(db: &Connection, row: &TicketRow, description: &str) -> Result<String> {
    let mut text = markup::plain(description);
    let mut statement =
        db.prepare_cached("select comment from ticket_change where ticket = ?1 and comment <> '' order by number")?;
    let mut rows = statement.query([row.id])?;
    while let Some(row) = rows.next()? {
        let comment: String = row.get(0)?;
        text.push('\n');
        text.push_str(&markup::plain(&comment));
        if text.len() > MOST_TEXT {
            break;
        }
    }
    Ok(text)
}

pub(super) fn cards(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Card>>> {
    let rows = store::by_ids(db, viewer, ids)?;
    if rows.is_empty() {
        return Ok(ids.iter().map(|_| None).collect());
    }
    let choices = Choices::load(db, viewer)?;
    let people = People::load(db, rows.iter().filter_map(|row| row.reporter))?.shown_to(viewer);
    let card = |id: &i64| {
        let row = rows.iter().find(|row| row.id == *id)?;
        Some(Card {
            resource: Resource::new("ticket", row.id),
            title: title(row),
            href: ticket_href(row.id),
            author: people.called(row.reporter),
            changed: row.changed_at,
            place: String::new(),
            class: class_of(&choices, row.status),
        })
    };
    Ok(ids.iter().map(card).collect())
}

/// Rows TL05: filed, closed with a resolution, reopened, changed with the names of the fields, commented.
pub(super) fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let (notes, changes): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| event.resource.is(note::KIND));
    if notes.is_empty() {
        return of_changes(db, viewer, events);
    }
    let mut notes = note::occurrences(db, viewer, &notes)?.into_iter();
    let mut changes = of_changes(db, viewer, &changes)?.into_iter();
    let next = |event: &&Event| if event.resource.is(note::KIND) { notes.next() } else { changes.next() }.flatten();
    Ok(events.iter().map(next).collect())
}

fn of_changes(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let others = events.iter().filter_map(|event| other_end(event));
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).chain(others).collect();
    let rows = store::by_ids(db, viewer, &ids)?;
    if rows.is_empty() {
        return Ok(events.iter().map(|_| None).collect());
    }
    let choices = Choices::load(db, viewer)?;
    let number = |event: &Event| event.part.parse::<i64>().unwrap_or(0);
    let wanted: Vec<(i64, i64, bool)> =
        events.iter().map(|event| (event.resource.id, number(event), event.kind == "ticket.closed")).collect();
    let said = store::said(db, &wanted, MOST_EXCERPT)?;
    let worked: Vec<(i64, i64)> = events
        .iter()
        .filter(|event| event.kind == "ticket.worked" && viewer.may(TIME_VIEW))
        .map(|event| (event.resource.id, number(event)))
        .collect();
    let worked = if worked.is_empty() { Vec::new() } else { time_store::minutes_of(db, &worked)? };
    let related: Vec<(i64, i64)> = events
        .iter()
        .filter(|event| event.kind == "ticket.changed" && fields_of(event).any(|name| relation(name).is_some()))
        .map(|event| (event.resource.id, number(event)))
        .collect();
    let relations = history::relations_told(db, viewer, &related)?;
    let row_of = |id: i64| rows.binary_search_by_key(&id, |row| row.id).ok().map(|at| &rows[at]);
    let one = |event: &&Event| {
        let row = row_of(event.resource.id)?;
        if let Some(other) = other_end(event) {
            return Some(of_both_ends(event, row, row_of(other)?, &choices));
        }
        let number = number(event);
        let said = said.get(&(row.id, number))?;
        let deed = match worked.iter().find(|(change, _)| *change == (row.id, number)) {
            Some((_, minutes)) => format!("worked {}", duration::written(*minutes)),
            None => deed(event, said, relations.get(&(row.id, number)).map(Vec::as_slice), &choices)?,
        };
        Some(Occurrence {
            who: None,
            title: title(row),
            href: link::of_comment(row.id, number, row.changes, row.merged_into.is_some()),
            counts_as: (deed == "commented").then_some("ticket.commented"),
            deed,
            class: class_of(&choices, row.status),
            icon: "ticket",
            // What an undoing says, that it is one, is said already.
            excerpt: if said.undoes { String::new() } else { EXCERPTS.plain(&said.text) },
            more: None,
            many: Some(Many { noun: "tickets", href: list_href }),
        })
    };
    Ok(events.iter().map(one).collect())
}

/// The list of these tickets, below the project's address.
fn list_href(ids: &[i64]) -> String {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let ranges = ids.chunk_by(|one, next| next - one == 1).filter_map(|run| Some((*run.first()?, *run.last()?)));
    let written = ranges.map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    format!("/query?id={}&order=id", written.collect::<Vec<_>>().join("%2C"))
}

/// The ticket at the other end of what an event tells of two.
fn other_end(event: &Event) -> Option<i64> {
    let told = ["ticket.merged", "ticket.unmerged", "ticket.related", "ticket.unrelated"];
    let ids = ["ticket", "into"].iter().find_map(|name| event.data.get(name)?.as_i64());
    ids.filter(|_| told.contains(&event.kind.as_str()))
}

/// Told only to those who may see both.
fn of_both_ends(event: &Event, row: &TicketRow, other: &TicketRow, choices: &Choices) -> Occurrence {
    let field = event.data.get("field").and_then(|field| field.as_str());
    let (before, after) = merge_entries::words(&event.kind, field, event.data.get("into").is_some());
    Occurrence {
        who: None,
        title: title(row),
        href: ticket_href(row.id),
        deed: format!("{before}#{}{after}", other.id),
        counts_as: None,
        class: class_of(choices, row.status),
        icon: "ticket",
        excerpt: String::new(),
        more: None,
        many: None,
    }
}

/// The plain words of what was said lately: they follow from the text alone, and taking its markup apart costs more than all
/// else that is told of a change.
struct Excerpts(LazyLock<Cache<String, Arc<str>>>);

static EXCERPTS: Excerpts = Excerpts(LazyLock::new(|| Cache::new(KEPT_EXCERPTS)));

impl Excerpts {
    fn plain(&self, text: &str) -> String {
        if let Some(known) = self.0.get(text) {
            return known.as_ref().to_owned();
        }
        let plain = markup::plain(text);
        self.0.insert(text.to_owned(), plain.as_str().into());
        plain
    }
}

/// What was done, in words. `relations` are those of which the change tells the viewer anything; none: it is about no
/// relations. None: there is nothing in it that they may know of.
fn deed(event: &Event, said: &Said, relations: Option<&[&str]>, choices: &Choices) -> Option<String> {
    Some(match event.kind.as_str() {
        "ticket.created" => "filed".to_owned(),
        "ticket.closed" => match said.resolution {
            Some(id) => {
                format!("closed as {}", choices.option(id).map_or("something else", |option| option.name.as_str()))
            }
            None => "closed".to_owned(),
        },
        "ticket.reopened" => "reopened".to_owned(),
        "ticket.commented" => "commented".to_owned(),
        "ticket.worked" => "worked on it".to_owned(),
        _ => {
            let is_told = |name: &&str| relation(name).is_none() || relations.is_none_or(|told| told.contains(name));
            let labels: Vec<String> = fields_of(event)
                .filter(is_told)
                .filter_map(|name| choices.fields.named(name))
                .map(|field| field.label.to_lowercase())
                .collect();
            let changed = if said.undoes { "changed back" } else { "changed" };
            match (labels.is_empty(), relations) {
                (false, _) => format!("{changed}: {}", labels.join(", ")),
                (true, None) => changed.to_owned(),
                (true, Some(_)) if said.text.is_empty() || said.undoes => return None,
                (true, Some(_)) => "commented".to_owned(),
            }
        }
    })
}

/// The names of the fields that a change gave other values.
fn fields_of(event: &Event) -> impl Iterator<Item = &str> {
    let fields = event.data.get("fields").and_then(|fields| fields.as_array());
    fields.into_iter().flatten().filter_map(|name| name.as_str())
}

/// Replays the history of every ticket: what the spans say now must be what the row says, and every change must be there.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    time_store::check(db, findings)?;
    let mut after = 0;
    loop {
        let ids = store::ids_after(db, after, 500)?;
        let Some(last) = ids.last() else { break };
        after = *last;
        for id in ids {
            check_one(db, id, findings)?;
        }
    }
    Ok(())
}

fn check_one(db: &Connection, id: i64, findings: &mut Vec<String>) -> Result<()> {
    let Some(ticket) = store::find_unseen(db, id)? else {
        return Ok(());
    };
    for field in FIELDS.iter().filter(|field| !field.is_noted()) {
        let Some(column) = field.column() else { continue };
        let kept: rusqlite::types::Value = db
            .prepare_cached(&format!("select {column} from ticket where id = ?1"))?
            .query_row([id], |row| row.get(0))?;
        let spans = match ticket.values.get(field.name).first() {
            Some(Value::Id(value)) => rusqlite::types::Value::Integer(*value),
            Some(Value::Text(text)) => rusqlite::types::Value::Text(text.clone()),
            _ => field.nothing(),
        };
        if kept != spans {
            findings.push(format!("ticket #{id}: its {} is not what its history says", field.name));
        }
    }
    let fields = Fields::load(db)?;
    let spans = fields
        .iter()
        .filter(|field| field.is_current())
        .flat_map(|field| ticket.values.get(field.name).iter().map(|value| (field.name.to_owned(), value.clone())));
    let mut spans: Vec<(String, Value)> = spans.collect();
    spans.sort_by(|(one, _), (other, _)| one.cmp(other));
    if store::current(db, id)? != spans {
        findings
            .push(format!("ticket #{id}: what is kept of its relations and own fields is not what its history says"));
    }
    let (changes, newest): (i64, Option<i64>) = db
        .prepare_cached("select count(*), max(number) from ticket_change where ticket = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if changes != ticket.row.changes + 1 || newest != Some(ticket.row.changes) {
        findings.push(format!("ticket #{id}: its changes are not complete"));
    }
    let crossed: bool = db
        .prepare_cached(
            "select exists (select 1 from ticket_value where ticket = ?1 and (to_change <= from_change
                 or from_change not in (select id from ticket_change where ticket = ?1)
                 or to_change not in (select id from ticket_change where ticket = ?1)))",
        )?
        .query_row([id], |row| row.get(0))?;
    if crossed {
        findings
            .push(format!("ticket #{id}: its history has values that end before they begin, or belong to no change"));
    }
    if time_store::contact(db, id, ticket.row.reporter)? != ticket.row.contacted_at {
        findings.push(format!("ticket #{id}: its last contact is not when somebody answered last"));
    }
    let mut participants: Vec<i64> = ticket.values.people().collect();
    participants.sort_unstable();
    participants.dedup();
    let mut kept = store::participants(db, id)?;
    kept.sort_unstable();
    if participants != kept {
        findings.push(format!("ticket #{id}: those who take part in it are not those that its fields name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_in_a_row_are_a_range_of_their_list() {
        assert_eq!(list_href(&[9, 7, 8, 3, 5]), "/query?id=3%2C5%2C7-9&order=id");
    }

    #[test]
    fn plain_words_are_those_of_the_text_whatever_was_asked_for_before() {
        for text in ["", "It *leaks*.", "It *drips*.", "It *leaks*.", "See [[Plan|the plan]]."] {
            assert_eq!(EXCERPTS.plain(text), markup::plain(text));
        }
    }
}
