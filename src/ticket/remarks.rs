//! The remarks of time that was worked, as search finds them: those on one ticket are a document of their own, so that the
//! ticket's own tells nothing of them to whoever may not see time.

use rusqlite::Connection;

use super::store;
use super::time_store;
use super::values::People;
use super::{TICKET_VIEW, TIME_VIEW, link, ticket_href};
use crate::base::component::{Card, Document};
use crate::base::error::Result;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;

/// The kind of resource that the remarks on a ticket are; its id is the ticket's number.
pub const KIND: &str = "time";

/// What the search index keeps of the remarks on one ticket; none where nobody has made any. Search asks for the right to see
/// time with the kind, for that to see the ticket with the document.
pub(super) fn document(db: &Connection, resource: &Resource) -> Result<Option<Document>> {
    let remarks = time_store::remarks(db, resource.id)?;
    let Some(last) = remarks.last() else { return Ok(None) };
    let Some(acl) = super::merge::class_of(db, resource.id)? else { return Ok(None) };
    let people = People::load(db, remarks.iter().map(|entry| entry.person))?;
    let mut authors: Vec<i64> = remarks.iter().map(|entry| entry.person).collect();
    authors.sort_unstable();
    authors.dedup();
    let named = |person: &i64| [people.login(Some(*person)).to_owned(), people.called(Some(*person))];
    let texts: Vec<&str> = remarks.iter().map(|entry| entry.remark.as_str()).collect();
    Ok(Some(Document {
        resource: resource.clone(),
        acl,
        participants: store::participants(db, resource.id)?,
        title: title(resource.id),
        text: texts.join("\n"),
        author: authors.iter().flat_map(named).collect::<Vec<_>>().join(" "),
        changed: last.entered_at,
        permission: TICKET_VIEW.name,
        facets: Vec::new(),
    }))
}

fn title(ticket: i64) -> String {
    format!("Time of #{ticket}")
}

pub(super) fn cards(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Card>>> {
    if !viewer.may(TIME_VIEW) {
        return Ok(ids.iter().map(|_| None).collect());
    }
    let titles = link::titles(db, viewer, ids)?;
    let card = |id: &i64| {
        let Some(ticket) = titles.get(id) else { return Ok(None) };
        let Some(last) = time_store::remarks(db, *id)?.pop() else { return Ok(None) };
        let people = People::load(db, [last.person])?.shown_to(viewer);
        Ok(Some(Card {
            resource: Resource::new(KIND, *id),
            title: title(*id),
            href: format!("{}/time", ticket_href(*id)),
            author: people.called(Some(last.person)),
            changed: last.entered_at,
            place: format!("#{id} {}", ticket.summary),
            class: ticket.class,
        }))
    };
    ids.iter().map(card).collect()
}
