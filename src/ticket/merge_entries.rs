//! What a conversation tells beside its own changes: what was said of the tickets that live on in this one, in the order of
//! time and with their own numbers (`comment:3:ticket:7`), and when others were related to it or merged with it.

use rusqlite::Connection;

use super::conversation::{self, Asked, Entry, of_group};
use super::head;
use super::history;
use super::json;
use super::merge;
use super::note;
use super::note_store;
use super::store::{self, Ticket, TicketRow};
use super::values::{Names, People};
use crate::base::error::Result;
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::time::Instant;

/// Of one merged ticket so much is told on one page of a conversation.
const MOST_CHANGES: i64 = 400;

/// The place of a merged ticket, or of its comment, in the conversation of the one in which it lives on.
pub(super) fn place(ticket: i64, comment: i64) -> String {
    if comment > 0 { format!("comment:{comment}:ticket:{ticket}") } else { format!("ticket:{ticket}") }
}

/// The place of an internal note on a merged ticket.
pub(super) fn place_of_note(ticket: i64, note: i64) -> String {
    format!("note:{note}:ticket:{ticket}")
}

/// All of it that happened while one page was talked, each with its time for the order. Of an old version: what had been
/// merged by then.
pub(super) fn entries(
    asked: &Asked<'_>,
    begins: Option<Instant>,
    ends: Option<Instant>,
) -> Result<Vec<(String, Entry)>> {
    let mut entries = traces(asked, begins, ends)?;
    if asked.merged.is_empty() {
        return Ok(entries);
    }
    // Whoever may not read the notes on this ticket finds none here, whatever they may read elsewhere.
    let notes = asked.current && note::may_read(asked.db, &asked.room.viewer, asked.ticket)?;
    for row in asked.merged {
        let ticket = Ticket { values: store::values(asked.db, &asked.room.viewer, row.id)?, row: row.clone() };
        let plain = head::href(asked.room, row.id);
        let own = Asked { ticket: &ticket, latest: row.changes, plain: &plain, current: false, merged: &[], ..*asked };
        entries.extend(of_merged(&own, begins, ends)?);
        if notes {
            entries.extend(notes_of_merged(&own, begins, ends)?);
        }
    }
    Ok(entries)
}

/// The internal notes on one merged ticket, which are answered and edited nowhere as long as it is merged.
fn notes_of_merged(own: &Asked<'_>, begins: Option<Instant>, ends: Option<Instant>) -> Result<Vec<(String, Entry)>> {
    let id = own.ticket.row.id;
    let all = note_store::of_ticket(own.db, &own.room.viewer, id)?;
    let mut notes = conversation::notes(own, &format!("ticket-{id}-"), &all, None, begins, ends)?;
    for (_, entry) in &mut notes {
        let number = entry.id.strip_prefix("note:").and_then(|number| number.parse().ok()).unwrap_or(0);
        entry.id = place_of_note(id, number);
        entry.called = format!("note {number} of #{id}");
        if let Some(answered) = &mut entry.in_reply_to {
            answered.href = format!("#{}", place_of_note(id, answered.number));
        }
        for reply in &mut entry.replies {
            reply.href = format!("#{}", place_of_note(id, reply.number));
        }
    }
    Ok(notes)
}

/// What was said of one merged ticket.
fn of_merged(own: &Asked<'_>, begins: Option<Instant>, ends: Option<Instant>) -> Result<Vec<(String, Entry)>> {
    let (db, room, ticket, row) = (own.db, own.room, own.ticket, &own.ticket.row);
    let Some((from, to)) = merge::numbers_between(db, row.id, begins, ends)? else { return Ok(Vec::new()) };
    let to = to.min(from + MOST_CHANGES - 1);
    let groups = history::groups(db, &room.viewer, &own.choices.fields, ticket, from, to)?;
    let authors = People::load(db, json::people_of(&groups))?.shown_to(&room.viewer);
    let names = Names { choices: own.choices, people: &authors };
    // Its own texts mean its own comments.
    let here = Here { resource: Resource::new("ticket", row.id), name: row.id.to_string() };
    let texts = groups
        .iter()
        .map(|group| {
            let filing = group.change.number == 0;
            let text = if filing { ticket.values.text("description") } else { group.change.comment.as_str() };
            let prefix = format!("ticket-{}-{}-", row.id, group.change.number);
            Ok((own.reader.compiled(text, Flavour::Note)?, prefix))
        })
        .collect::<Result<Vec<_>>>()?;
    let borrowed: Vec<_> = texts.iter().map(|(compiled, prefix)| (&**compiled, prefix.as_str())).collect();
    let htmls = own.reader.htmls(db, &borrowed, Some(&here))?;
    let entries = groups.iter().zip(htmls).map(|(group, html)| {
        let mut entry = of_group(own, &names, group, None, html.into_string());
        entry.id = place(row.id, group.change.number);
        entry.called = format!("comment {} of #{}", group.change.number, row.id);
        entry.answers = None;
        if group.change.number == 0 {
            entry.kind = "merged";
            entry.number = None;
            entry.changes.clear();
            let mut deed = Html::default();
            deed.text("filed ");
            ticket_link(&mut deed, &format!("{}?merged=show", own.plain), row);
            entry.deed_html = deed.into_string();
        }
        if let Some(answered) = &mut entry.in_reply_to {
            answered.href = format!("#{}", place(row.id, answered.number));
        }
        for reply in &mut entry.replies {
            reply.href = format!("#{}", place(row.id, reply.number));
        }
        (group.change.at.iso(), entry)
    });
    Ok(entries.collect())
}

fn ticket_link(html: &mut Html, href: &str, row: &TicketRow) {
    html.tag("<a")
        .attribute("href", href)
        .tag("><bdi>")
        .text(&format!("#{} {}", row.id, row.summary))
        .tag("</bdi></a>");
}

/// What an event tells of two tickets.
struct Trace {
    at: Instant,
    actor: Option<i64>,
    via: String,
    kind: String,
    /// Of a relation: the field that the other ticket has.
    field: Option<String>,
    other: i64,
    /// Of a merge: this ticket lives on in the other one.
    into: bool,
}

/// The index `event_ticket_ends` has these events alone.
fn traces_of(db: &Connection, ticket: i64) -> Result<Vec<Trace>> {
    let mut statement = db.prepare_cached(
        "select happened_at, actor, via, kind, data ->> 'field', coalesce(data ->> 'ticket', data ->> 'into'),
             data ->> 'into' is not null
         from event where resource_id = ?1 and resource_kind = 'ticket'
             and kind in ('ticket.merged', 'ticket.unmerged', 'ticket.related', 'ticket.unrelated') order by id",
    )?;
    let rows = statement.query_map([ticket], |row| {
        Ok(Trace {
            at: row.get(0)?,
            actor: row.get(1)?,
            via: row.get(2)?,
            kind: row.get(3)?,
            field: row.get(4)?,
            other: row.get(5)?,
            into: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn traces(asked: &Asked<'_>, begins: Option<Instant>, ends: Option<Instant>) -> Result<Vec<(String, Entry)>> {
    let (db, room) = (asked.db, asked.room);
    let mut traces = traces_of(db, asked.ticket.row.id)?;
    traces.retain(|trace| begins.is_none_or(|begins| trace.at >= begins) && ends.is_none_or(|ends| trace.at < ends));
    if traces.is_empty() {
        return Ok(Vec::new());
    }
    let others: Vec<i64> = traces.iter().map(|trace| trace.other).collect();
    let rows = store::by_ids(db, &room.viewer, &others)?;
    let people = People::load(db, traces.iter().filter_map(|trace| trace.actor))?.shown_to(&room.viewer);
    let zone = room.viewer.zone();
    // Whoever may not see the other ticket is not told of it.
    let seen = traces.iter().filter_map(|trace| Some((trace, rows.iter().find(|row| row.id == trace.other)?)));
    let entries = seen.enumerate().map(|(at, (trace, row))| {
        let (before, after) = words(&trace.kind, trace.field.as_deref(), trace.into);
        let mut deed = Html::default();
        deed.text(before);
        ticket_link(&mut deed, &head::href(room, row.id), row);
        deed.text(after);
        let via = if trace.via == "web" { String::new() } else { format!("via {}", trace.via) };
        let mut entry =
            Entry::bare("trace", format!("trace-{}", at + 1), people.called(trace.actor), trace.at.when(&zone));
        entry.via = via;
        entry.deed_html = deed.into_string();
        (trace.at.iso(), entry)
    });
    Ok(entries.collect())
}

/// What was done, before and after the name of the other ticket.
pub(super) fn words(kind: &str, field: Option<&str>, into: bool) -> (&'static str, &'static str) {
    let told = match (kind, into) {
        ("ticket.merged", true) => return ("merged this into ", ""),
        ("ticket.merged", false) => return ("merged ", " into this"),
        ("ticket.unmerged", true) => return ("took this out of ", " again"),
        ("ticket.unmerged", false) => return ("took ", " out of this again"),
        (kind, _) => kind == "ticket.related",
    };
    match (field.unwrap_or_default(), told) {
        ("depends_on", true) => ("made ", " depend on this"),
        ("depends_on", false) => ("let ", " no longer depend on this"),
        ("parent", true) => ("made ", " a child of this"),
        ("parent", false) => ("let ", " no longer be a child of this"),
        ("duplicate_of", true) => ("made ", " a duplicate of this"),
        ("duplicate_of", false) => ("let ", " no longer be a duplicate of this"),
        (_, true) => ("made ", " refer to this"),
        (_, false) => ("let ", " no longer refer to this"),
    }
}
