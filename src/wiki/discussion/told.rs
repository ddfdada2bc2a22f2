//! What the rest of the house is told of discussions: cards of lists, documents of the search index, wording of the timeline.

use std::collections::HashMap;

use rusqlite::Connection;

use super::store::{self, MessageRow, ThreadRow};
use super::{MESSAGE, THREAD, message_href, thread_href};
use crate::base::component::{Card, Document, Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::wiki::WIKI_VIEW;
use crate::wiki::store::{self as pages, PageRow};

/// Characters of a message that the timeline may cut an excerpt from.
const MOST_EXCERPT: usize = 600;

pub const FILTER: TimelineFilter = TimelineFilter {
    name: "wiki_discussion",
    title: "Discussions of pages",
    events: &["message.written", "thread.resolved", "thread.reopened"],
    permission: WIKI_VIEW,
    on: true,
};

/// Whether an event is one that [`FILTER`] names.
pub fn is_of_discussion(event: &Event) -> bool {
    event.resource.is(MESSAGE) || event.resource.is(THREAD)
}

/// What the search index keeps of a message; none if it was removed or its page lies in the trash.
pub fn document(db: &Connection, resource: &Resource) -> Result<Option<Document>> {
    let Some(message) = store::messages_by_ids(db, &[resource.id])?.pop().filter(|message| message.removed.is_none())
    else {
        return Ok(None);
    };
    let Some(page) = pages::by_id_unseen(db, message.page)? else { return Ok(None) };
    Ok(Some(Document {
        resource: resource.clone(),
        acl: page.acl,
        participants: Vec::new(),
        title: title(&page),
        text: markup::plain(&message.text),
        author: [message.author_login.as_str(), message.author_name.as_str()].join(" ").trim().to_owned(),
        changed: message.edited.as_ref().map_or(message.at, |edited| edited.at),
        permission: WIKI_VIEW.name,
        facets: Vec::new(),
    }))
}

fn title(page: &PageRow) -> String {
    format!("Discussion of {}", page.name)
}

/// Messages that are there and whose page this viewer sees, by id.
fn seen(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<HashMap<i64, (MessageRow, PageRow)>> {
    let messages = store::messages_by_ids(db, ids)?;
    let wanted: Vec<i64> = messages.iter().map(|message| message.page).collect();
    let pages = pages::by_ids(db, viewer, &wanted)?;
    let with_page = |message: MessageRow| {
        let page = pages.iter().find(|page| page.id == message.page)?.clone();
        Some((message.id, (message, page)))
    };
    Ok(messages.into_iter().filter(|message| message.removed.is_none()).filter_map(with_page).collect())
}

pub fn cards(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Card>>> {
    let seen = seen(db, viewer, ids)?;
    let card = |id: &i64| {
        let (message, page) = seen.get(id)?;
        Some(Card {
            resource: Resource::new(MESSAGE, message.id),
            title: title(page),
            href: message_href(&page.name, message.number),
            author: viewer.shown_name(&message.author_name),
            changed: message.edited.as_ref().map_or(message.at, |edited| edited.at),
            place: page.name.clone(),
            class: None,
        })
    };
    Ok(ids.iter().map(card).collect())
}

pub fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let of = |kind: &str| -> Vec<i64> {
        events.iter().filter(|event| event.resource.is(kind)).map(|event| event.resource.id).collect()
    };
    let messages = seen(db, viewer, &of(MESSAGE))?;
    let threads = store::threads_by_ids(db, &of(THREAD))?;
    let wanted: Vec<i64> = threads.iter().map(|thread| thread.page).collect();
    let pages = pages::by_ids(db, viewer, &wanted)?;
    let one = |event: &&Event| {
        if event.resource.is(MESSAGE) {
            let (message, page) = messages.get(&event.resource.id)?;
            return Some(of_message(message, page));
        }
        let thread = threads.iter().find(|thread| thread.id == event.resource.id)?;
        let page = pages.iter().find(|page| page.id == thread.page)?;
        Some(of_thread(&event.kind, thread, page))
    };
    Ok(events.iter().map(one).collect())
}

fn of_message(message: &MessageRow, page: &PageRow) -> Occurrence {
    Occurrence {
        href: message_href(&page.name, message.number),
        excerpt: markup::plain(&message.text.chars().take(MOST_EXCERPT).collect::<String>()),
        ..occurrence(page.name.clone(), "discussed")
    }
}

fn of_thread(kind: &str, thread: &ThreadRow, page: &PageRow) -> Occurrence {
    Occurrence {
        href: thread_href(thread.id),
        excerpt: thread.anchor.words().to_owned(),
        class: (!thread.is_open()).then_some("closed"),
        ..occurrence(title(page), if kind == "thread.resolved" { "resolved" } else { "reopened" })
    }
}

fn occurrence(title: String, deed: &str) -> Occurrence {
    Occurrence {
        who: None,
        title,
        href: String::new(),
        deed: deed.to_owned(),
        counts_as: None,
        class: None,
        icon: "comment",
        excerpt: String::new(),
        more: None,
        many: None,
    }
}
