//! A discussion for programs: threads with what was said as JSON, the newest messages as Atom.

use serde_json::{Value, json};

use super::anchor::Anchor;
use super::store::{self, MessageRow, ThreadRow};
use super::{message_href, thread_href};
use crate::base::error::Result;
use crate::base::markup::{self, Html};
use crate::web::feed::{Entry, Feed};
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Room};
use crate::wiki::name::href_of;
use crate::wiki::store::PageRow;

const THREADS: usize = 50;
/// Messages of each thread: the first one, and so many of the newest.
const NEWEST: usize = 100;
const FEED_ENTRIES: usize = 50;
const LONGEST_EXCERPT: usize = 600;

/// All threads of a page, or one of them.
pub fn json(desk: &Desk, room: &Room, page: &PageRow, one: Option<ThreadRow>) -> Result<Answer> {
    let href = format!("{}{}", room.root, href_of(&page.name));
    let pairs = desk.visit.pairs();
    let (rows, messages, paging) = room.project.read(|db| {
        let total = if one.is_some() { 1 } else { store::thread_count(db, page.id)? };
        let paging = Paging::new(&href, &pairs, paging::asked(desk.visit.value("page")), THREADS, total);
        let rows = match one {
            Some(thread) => vec![thread],
            None => store::threads(db, page.id, THREADS, paging.offset(THREADS))?,
        };
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        Ok((rows, store::messages_of(db, &ids, NEWEST)?, paging))
    })?;
    let items: Vec<Value> = rows
        .iter()
        .map(|row| of_thread(desk, room, &page.name, row, messages.iter().filter(|message| message.thread == row.id)))
        .collect();
    let next = paging.next.as_deref().map(|href| desk.web().address.absolute(href));
    Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }))
}

/// `page` is the name of its page, `messages` those that are shown of it.
pub fn of_thread<'m>(
    desk: &Desk,
    room: &Room,
    page: &str,
    row: &ThreadRow,
    messages: impl Iterator<Item = &'m MessageRow>,
) -> Value {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let heading = match &row.anchor {
        Anchor::Heading { id, .. } => Some(id.clone()),
        _ => None,
    };
    let messages: Vec<Value> = messages.map(|message| of_message(desk, room, page, message)).collect();
    json!({
        "id": row.id,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, thread_href(row.id))),
        "about": row.anchor.kind(),
        "heading": heading,
        "words": filled(row.anchor.words()),
        "version": row.version,
        "state": if row.is_open() { "open" } else { "resolved" },
        "resolved_by": row.resolved.as_ref().map(|done| room.viewer.shown_name(&done.by)),
        "resolved": row.resolved.as_ref().map(|done| done.at.iso()),
        "total": row.messages,
        "messages": messages,
    })
}

fn of_message(desk: &Desk, room: &Room, page: &str, message: &MessageRow) -> Value {
    let there = message.removed.is_none();
    json!({
        "number": message.number,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, message_href(page, message.number))),
        "author": room.viewer.shown_name(&message.author_name),
        "time": message.at.iso(),
        "text": there.then_some(&message.text),
        "replyto": message.reply_to,
        "version": message.edits,
        "removed": !there,
    })
}

pub fn atom(desk: &Desk, room: &Room, page: &PageRow) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(&format!("{}{href}", room.root));
    let url = absolute(&format!("{}?action=discussion", href_of(&page.name)));
    let messages = room.project.read(|db| store::newest(db, page.id, FEED_ENTRIES))?;
    let entries: Vec<Entry> = messages
        .iter()
        .map(|message| {
            let text: String = markup::plain(&message.text).chars().take(LONGEST_EXCERPT).collect();
            let mut summary = Html::default();
            summary.tag("<p>").text(text.trim()).tag("</p>");
            let url = absolute(&message_href(&page.name, message.number));
            Entry {
                title: format!("{}, message {}", page.name, message.number),
                // Stays the same when the page is renamed.
                id: absolute(&format!("{}#message-{}", thread_href(message.thread), message.number)),
                url,
                updated: message.edited.as_ref().map_or(message.at, |edited| edited.at).iso(),
                author: room.viewer.shown_name(&message.author_name),
                summary_html: summary.into_string(),
            }
        })
        .collect();
    let feed = Feed {
        title: format!("{}: discussion of {}", room.row.called(), page.name),
        subtitle: format!("What is said about the page {}", page.name),
        id: url.clone(),
        html_url: url.clone(),
        self_url: format!("{url}&format=atom"),
        updated: entries.first().map_or_else(|| page.changed_at.iso(), |entry| entry.updated.clone()),
        entries,
    };
    feed.render(desk)
}
