//! The texts of tickets for whoever puts other references into them: descriptions, comments and internal notes, each changed
//! as by hand.

use rusqlite::Connection;

use super::edit::{self, Outcome, comment_part};
use super::plan::Request;
use super::store::{self, Ticket};
use super::{TICKET_APPEND, TICKET_EDIT_COMMENT, TICKET_EDIT_DESCRIPTION, TICKET_VIEW};
use super::{note, note_store};
use crate::base::component::KeptText;
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Here};
use crate::base::project::Tx;
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;

/// See [`Component::text_to_change`](crate::base::component::Component::text_to_change).
pub fn find(db: &Connection, viewer: &Viewer, resource: &Resource, part: &str) -> Result<Option<KeptText>> {
    if !resource.is("ticket") || !viewer.may(TICKET_VIEW) {
        return Ok(None);
    }
    let Some(ticket) = store::find(db, viewer, resource.id)?.filter(|ticket| ticket.row.merged_into.is_none()) else {
        return Ok(None);
    };
    if let Some(number) = note_number(part) {
        let note = note_store::find(db, viewer, ticket.row.id, number)?;
        let may_write = note::may(db, viewer, &ticket)?;
        let note = note.filter(|note| note::may_edit(viewer, may_write, note));
        return Ok(note.map(|note| kept(resource, part, note.acl, note.text, note.edits)));
    }
    let found = match comment_number(part) {
        None if part.is_empty() && may_describe(viewer, &ticket) => {
            Some((ticket.values.text("description").to_owned(), ticket.row.changes))
        }
        Some(number) => store::changes(db, viewer, ticket.row.id, number, number)?
            .pop()
            .filter(|change| {
                let own = viewer.signed_in() && change.author.is_some() && change.author == viewer.person;
                viewer.may(TICKET_EDIT_COMMENT) || own && viewer.may(TICKET_APPEND)
            })
            .map(|change| (change.comment, change.edits)),
        None => None,
    };
    Ok(found.map(|(text, revision)| kept(resource, part, ticket.row.acl, text, revision)))
}

fn kept(resource: &Resource, part: &str, acl: i64, text: String, revision: i64) -> KeptText {
    KeptText {
        resource: resource.clone(),
        part: part.to_owned(),
        flavour: Flavour::Note,
        acl,
        here: Here { resource: resource.clone(), name: resource.id.to_string() },
        text,
        revision,
    }
}

fn may_describe(viewer: &Viewer, ticket: &Ticket) -> bool {
    let reporter = viewer.signed_in() && ticket.row.reporter.is_some() && ticket.row.reporter == viewer.person;
    viewer.may(TICKET_EDIT_DESCRIPTION) || reporter && viewer.may(TICKET_APPEND)
}

/// See [`Component::change_text`](crate::base::component::Component::change_text).
pub fn change(site: &Site, tx: &Tx<'_>, viewer: &Viewer, kept: &KeptText, text: &str) -> Result<i64> {
    let id = kept.resource.id;
    if let Some(number) = note_number(&kept.part) {
        note::edit_within(site, tx, viewer, (id, number), text, Some(kept.revision))?;
        return Ok(kept.revision + 1);
    }
    if let Some(number) = comment_number(&kept.part) {
        edit::edit_comment_within(site, tx, viewer, id, number, text, Some(kept.revision))?;
        return Ok(kept.revision + 1);
    }
    let request = Request {
        set: vec![("description".to_owned(), text.to_owned())],
        seen: Some(kept.revision),
        strict: true,
        ..Request::default()
    };
    match edit::change_within(site, tx, viewer, id, &request)? {
        Outcome::Saved { number, .. } => Ok(number),
        Outcome::Unchanged => Ok(kept.revision),
        Outcome::Conflict(_) => Err(Error::conflict(format!("Somebody has changed ticket #{id} meanwhile."))),
    }
}

/// The number of a comment, by the part of the link table that stands for its text.
fn comment_number(part: &str) -> Option<i64> {
    part.strip_prefix("comment:")?.parse().ok().filter(|number| comment_part(*number) == part)
}

/// The number of an internal note, likewise.
fn note_number(part: &str) -> Option<i64> {
    part.strip_prefix("note:")?.parse().ok().filter(|number| note::part(*number) == part)
}
