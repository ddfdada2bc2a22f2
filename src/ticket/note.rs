//! Internal notes: what is said about a ticket among those who may read it (DESIGN 1.6, row A5). A series of their own that
//! touches neither the numbers of comments nor the time of the last change, so that for all others there is nothing.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::json;

use super::conversation::is_paged;
use super::edit::{self, Outcome, save_links};
use super::fields::LARGEST_TEXT;
use super::note_store::{self, NewNote, NoteRow};
use super::plan::Request;
use super::store::{self, Ticket};
use super::{NO_TICKET, TICKET_EDIT_COMMENT, TICKET_NOTES, TICKET_VIEW, access, link, queue_store, ticket_href};
use crate::base::component::{Card, Document, Occurrence};
use crate::base::error::{Error, Result};
use crate::base::event::{Event, NewEvent};
use crate::base::markup::{self, Flavour};
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;

/// Characters of a note that the timeline may cut an excerpt from.
const MOST_EXCERPT: usize = 600;

/// The kind of resource that a note is.
pub const KIND: &str = "note";

/// A note as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub text: String,
    /// The number of the note that it answers.
    pub reply_to: Option<i64>,
}

/// Whether this viewer writes and reads notes on that ticket: by right, or as one who watches its component from inside.
pub fn may(db: &Connection, viewer: &Viewer, ticket: &Ticket) -> Result<bool> {
    if viewer.may(TICKET_NOTES) {
        return Ok(true);
    }
    match (viewer.person, ticket.values.id("component")) {
        (Some(person), Some(component)) if !viewer.archived && viewer.signed_in() => {
            queue_store::watches_inside(db, component, person)
        }
        _ => Ok(false),
    }
}

/// Whether this viewer reads notes on that ticket. Where there is none yet, only the right to write one can tell.
pub(super) fn may_read(db: &Connection, viewer: &Viewer, ticket: &Ticket) -> Result<bool> {
    Ok(may(db, viewer, ticket)? || !note_store::of_ticket(db, viewer, ticket.row.id)?.is_empty())
}

/// What a submit with a note has come to: of its fields and action, and the number of the note.
pub struct Submitted {
    pub outcome: Outcome,
    pub note: Option<i64>,
}

/// Does a submit whose text is an internal note: what it changes of the ticket is an ordinary change for all eyes, the text
/// is not. Where others have changed the same fields nothing is saved, the note neither.
pub fn submit(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    ticket: i64,
    request: &Request,
    draft: &Draft,
) -> Result<Submitted> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    warm(site, project, &draft.text)?;
    edit::warm(site, project, request)?;
    project.write(by, |tx| {
        let found = store::find(tx, by.viewer, ticket)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        if !may(tx, by.viewer, &found)? {
            by.viewer.require(TICKET_NOTES)?;
        }
        let outcome = edit::change_within(site, tx, by.viewer, ticket, request)?;
        if matches!(outcome, Outcome::Conflict(_)) || draft.text.trim().is_empty() {
            return Ok(Submitted { outcome, note: None });
        }
        let note = write(site, tx, by.viewer, ticket, draft)?;
        Ok(Submitted { outcome, note: Some(note) })
    })
}

/// Writes a note on the ticket as it is after what the same submit changed. Returns its number.
fn write(site: &Site, tx: &Tx<'_>, viewer: &Viewer, id: i64, draft: &Draft) -> Result<i64> {
    let ticket = store::find_unseen(tx, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    if let Some(answered) = draft.reply_to
        && note_store::find(tx, viewer, id, answered)?.is_none()
    {
        return Err(Error::invalid("replyto", format!("This ticket has no note {answered} to reply to.")));
    }
    let acl = access::notes(tx, ticket.row.acl, ticket.values.id("component"))?;
    let new = NewNote { ticket: id, text: &draft.text, reply_to: draft.reply_to, acl };
    let (note, number) = note_store::insert(tx, &new)?;
    save_links(site, tx.project(), tx, id, &part(number), acl, &draft.text)?;
    super::seen::after_own_note(tx, viewer, id, number)?;
    tx.record(&event("note.written", id, note, number, acl))?;
    Ok(number)
}

/// Puts another text in place of a note; the earlier ones are kept. `seen` is how often it had been edited when its editor
/// looked.
pub fn edit(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    ticket: i64,
    number: i64,
    text: &str,
    seen: Option<i64>,
) -> Result<()> {
    warm(site, project, text)?;
    project.write(by, |tx| edit_within(site, tx, by.viewer, (ticket, number), text, seen))
}

/// The same within a transaction that does more.
pub(super) fn edit_within(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    (ticket, number): (i64, i64),
    text: &str,
    seen: Option<i64>,
) -> Result<()> {
    let found = store::find(tx, viewer, ticket)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    let note = note_store::find(tx, viewer, ticket, number)?.ok_or_else(|| no_note(ticket, number))?;
    require_to_edit(tx, viewer, &found, &note)?;
    if seen.is_some_and(|seen| seen != note.edits) {
        return Err(Error::conflict("This note was edited meanwhile. Please look at it again; your text is below."));
    }
    if text.trim().is_empty() {
        return Err(Error::invalid("edited_note", "A note says something."));
    }
    if text == note.text {
        return Ok(());
    }
    note_store::save_text(tx, &note, text)?;
    save_links(site, tx.project(), tx, ticket, &part(number), note.acl, text)?;
    tx.record(&event("note.edited", ticket, note.id, number, note.acl))?;
    Ok(())
}

/// Their own as long as they may write notes there, those of others with the right to edit comments.
pub fn may_edit(viewer: &Viewer, may_write: bool, note: &NoteRow) -> bool {
    let own = viewer.signed_in() && viewer.person.is_some() && viewer.person == note.author;
    may_write && (own || viewer.may(TICKET_EDIT_COMMENT))
}

pub fn require_to_edit(db: &Connection, viewer: &Viewer, ticket: &Ticket, note: &NoteRow) -> Result<()> {
    let may_write = may(db, viewer, ticket)?;
    if may_edit(viewer, may_write, note) {
        return Ok(());
    }
    viewer.require(if may_write { TICKET_EDIT_COMMENT } else { TICKET_NOTES })
}

pub fn no_note(ticket: i64, number: i64) -> Error {
    Error::not_found(format!("Ticket #{ticket} has no note {number}."))
}

/// The address of a note, below the project's: of a merged ticket, or of one with so many comments that they fill several
/// pages, it names the note before the `#`, too, which the server never sees. `latest` is the number of the newest comment.
pub fn href(ticket: i64, number: i64, latest: i64, merged: bool) -> String {
    let plain = ticket_href(ticket);
    match (merged, is_paged(latest)) {
        (true, _) => format!("{plain}?note={number}"),
        (false, true) => format!("{plain}?note={number}#note:{number}"),
        (false, false) => format!("{plain}#note:{number}"),
    }
}

pub(super) fn part(number: i64) -> String {
    format!("note:{number}")
}

/// What it hangs on stands in its data, as with files: so nothing of the ticket itself is looked at anew.
fn event(kind: &'static str, ticket: i64, note: i64, number: i64, acl: i64) -> NewEvent {
    NewEvent::new(kind, Resource::new(KIND, note), acl).part(number).data(json!({ "parent": ["ticket", ticket] }))
}

/// Reads a text before the writer is taken, so that its links are at hand within.
fn warm(site: &Site, project: &Project, text: &str) -> Result<()> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("comment", "A note has at most 1 MiB (1,048,576 bytes)."));
    }
    project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    Ok(())
}

/// What the search index keeps of a note: a document of its own, so that the ticket's own tells nothing of it.
pub(super) fn document(db: &Connection, resource: &Resource) -> Result<Option<Document>> {
    let Some(note) = note_store::by_ids(db, &[resource.id])?.pop() else {
        return Ok(None);
    };
    let people = super::values::People::load(db, note.author)?;
    Ok(Some(Document {
        resource: resource.clone(),
        acl: note.acl,
        participants: store::participants(db, note.ticket)?,
        title: title(&note),
        text: markup::plain(&note.text),
        author: [people.login(note.author).to_owned(), people.called(note.author)].join(" "),
        changed: note.edited_at.unwrap_or(note.at),
        permission: TICKET_VIEW.name,
        facets: Vec::new(),
    }))
}

fn title(note: &NoteRow) -> String {
    format!("Note {} on #{}", note.number, note.ticket)
}

/// Notes whose ticket and class this viewer sees, by id.
fn seen(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<HashMap<i64, (NoteRow, link::Title)>> {
    let notes = note_store::by_ids(db, ids)?;
    let tickets: Vec<i64> = notes.iter().map(|note| note.ticket).collect();
    let mut titles = link::titles(db, viewer, &tickets)?;
    Ok(notes
        .into_iter()
        .filter(|note| viewer.sees_class_in(note.acl))
        .filter_map(|note| {
            let title = titles.get_mut(&note.ticket)?;
            Some((note.id, (note, title.clone())))
        })
        .collect())
}

pub(super) fn cards(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Card>>> {
    let seen = seen(db, viewer, ids)?;
    let authors = seen.values().filter_map(|(note, _)| note.author);
    let people = super::values::People::load(db, authors)?.shown_to(viewer);
    let card = |id: &i64| {
        let (note, ticket) = seen.get(id)?;
        Some(Card {
            resource: Resource::new(KIND, note.id),
            title: title(note),
            href: href(note.ticket, note.number, ticket.changes, ticket.merged),
            author: people.called(note.author),
            changed: note.edited_at.unwrap_or(note.at),
            place: format!("#{} {}", note.ticket, ticket.summary),
            class: ticket.class,
        })
    };
    Ok(ids.iter().map(card).collect())
}

pub(super) fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let seen = seen(db, viewer, &ids)?;
    let one = |event: &&Event| {
        let (note, ticket) = seen.get(&event.resource.id)?;
        Some(Occurrence {
            who: None,
            title: format!("#{} {}", note.ticket, ticket.summary),
            href: href(note.ticket, note.number, ticket.changes, ticket.merged),
            deed: "noted internally".to_owned(),
            counts_as: None,
            class: ticket.class,
            icon: "ticket",
            excerpt: markup::plain(&note.text.chars().take(MOST_EXCERPT).collect::<String>()),
            more: None,
            many: None,
        })
    };
    Ok(events.iter().map(one).collect())
}
