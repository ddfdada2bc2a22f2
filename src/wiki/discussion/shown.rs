//! Threads as pages show them: what they are about and whether that is still there, what was said, and what this viewer may
//! do with it.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;

use super::anchor::{Anchor, Ground};
use super::edit::may_edit;
use super::store::{self, Done, MessageRow, ThreadRow};
use super::thread_href;
use crate::base::error::{Error, Result};
use crate::base::markup::{self, Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::time::When;
use crate::web::form::shortened;
use crate::web::text::Reader;
use crate::web::threads::{Said, threaded};
use crate::web::{Room, address};
use crate::wiki::name::href_of;
use crate::wiki::shown::NO_PAGE;
use crate::wiki::store::{self as pages, PageRow};
use crate::wiki::suggestion;
use crate::wiki::{WIKI_ADMIN, WIKI_DISCUSS};

/// Bytes of what was said that a ticket made of it begins with.
const MOST_QUOTED: usize = 1500;
/// Characters of the summary of such a ticket.
const SUMMARY: usize = 80;
/// Characters of a passage that a browser is asked to show.
const SHOWN_PASSAGE: usize = 120;

/// The fields of a thread in `wiki/discussion.html`.
#[derive(Debug, Serialize)]
pub struct Thread {
    id: i64,
    about: &'static str,
    words: String,
    place_href: Option<String>,
    gone: bool,
    resolved: Option<Did>,
    messages: Vec<Message>,
    left_out: i64,
    href: String,
    tickets: Vec<Ticket>,
    state_href: Option<String>,
    ticket_href: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Did {
    when: When,
    author: String,
}

#[derive(Debug, Serialize)]
pub struct Message {
    number: i64,
    author: String,
    when: When,
    via: String,
    html: String,
    removed: Option<Did>,
    answers: Option<i64>,
    edited: Option<Did>,
    depth: usize,
    reply_href: Option<String>,
    href: String,
    may_edit: bool,
    may_restore: bool,
}

/// A ticket that was made of a thread, or refers to it.
#[derive(Debug, Serialize)]
struct Ticket {
    title: String,
    href: String,
    class: Option<&'static str>,
}

/// Where threads are shown, and to whom.
pub struct Scene<'a> {
    pub db: &'a Connection,
    pub room: &'a Room,
    pub page: &'a PageRow,
    pub reader: &'a Reader<'a>,
    /// The page's own address.
    pub href: &'a str,
}

impl Scene<'_> {
    /// The present text of the page.
    pub fn text(&self) -> Result<String> {
        let version = pages::version(self.db, self.page.id, self.page.version)?;
        version.map(|version| version.text).ok_or_else(|| Error::not_found(NO_PAGE))
    }

    /// Where a thread stands among the others, on whatever page of them.
    pub fn thread_href(&self, thread: i64) -> String {
        format!("{}?action=discussion&thread={thread}#thread-{thread}", self.href)
    }

    /// `messages` are those that are shown of these threads, in order.
    pub fn threads(&self, rows: Vec<ThreadRow>, messages: Vec<MessageRow>) -> Result<Vec<Thread>> {
        let text = self.text()?;
        let of_page = self.reader.compiled(&text, Flavour::Page)?;
        let ground = Ground::of(&text, &of_page.outline);
        let mut tickets = self.tickets(&rows)?;
        let mut htmls = self.htmls(&messages)?;
        let mut said: HashMap<i64, Vec<MessageRow>> = HashMap::new();
        for message in messages {
            said.entry(message.thread).or_default().push(message);
        }
        let may_file = self.may_file();
        let shown = rows.into_iter().map(|row| {
            let messages = said.remove(&row.id).unwrap_or_default();
            let first = messages.first().filter(|message| message.number == row.first);
            let ticket_href = (may_file && row.is_open()).then(|| self.new_ticket_href(&row, first));
            Ok(Thread {
                about: row.anchor.kind(),
                words: row.anchor.words().to_owned(),
                place_href: self.place_href(&row)?,
                gone: !ground.has(&row.anchor),
                resolved: row.resolved.as_ref().map(|done| self.did(done)),
                left_out: row.messages - messages.len() as i64,
                href: self.thread_href(row.id),
                tickets: tickets.remove(&row.id).unwrap_or_default(),
                state_href: self
                    .room
                    .viewer
                    .may(WIKI_DISCUSS)
                    .then(|| format!("{}{}/state", self.room.root, thread_href(row.id))),
                ticket_href,
                messages: self.messages(messages, &mut htmls),
                id: row.id,
            })
        });
        shown.collect()
    }

    fn did(&self, done: &Done) -> Did {
        let viewer = &self.room.viewer;
        Did { when: done.at.when(&viewer.zone()), author: viewer.shown_name(&done.by) }
    }

    fn messages(&self, rows: Vec<MessageRow>, htmls: &mut HashMap<i64, Html>) -> Vec<Message> {
        let said: Vec<Said> = rows.iter().map(|row| Said { number: Some(row.number), answers: row.reply_to }).collect();
        let order = threaded(&said);
        order.into_iter().map(|(at, depth)| self.message(&rows[at], depth, htmls.remove(&rows[at].id))).collect()
    }

    fn message(&self, row: &MessageRow, depth: usize, html: Option<Html>) -> Message {
        let viewer = &self.room.viewer;
        let there = row.removed.is_none();
        Message {
            number: row.number,
            author: viewer.shown_name(&row.author_name),
            when: row.at.when(&viewer.zone()),
            via: if row.via == "web" { String::new() } else { format!("via {}", row.via) },
            html: html.unwrap_or_default().into_string(),
            removed: row.removed.as_ref().map(|done| self.did(done)),
            answers: row.reply_to,
            edited: row.edited.as_ref().filter(|_| there).map(|done| self.did(done)),
            depth,
            reply_href: (there && viewer.may(WIKI_DISCUSS))
                .then(|| format!("{}?action=discussion&replyto={}#edit", self.href, row.number)),
            href: format!("{}{}/{}", self.room.root, thread_href(row.thread), row.number),
            may_edit: there && may_edit(viewer, row),
            may_restore: !there && viewer.may(WIKI_ADMIN),
        }
    }

    /// What all of them refer to is looked up together.
    fn htmls(&self, messages: &[MessageRow]) -> Result<HashMap<i64, Html>> {
        let there: Vec<&MessageRow> = messages.iter().filter(|message| message.removed.is_none()).collect();
        let compiled = there
            .iter()
            .map(|row| Ok((self.reader.compiled(&row.text, Flavour::Note)?, format!("message-{}-", row.number))))
            .collect::<Result<Vec<_>>>()?;
        let borrowed: Vec<_> = compiled.iter().map(|(compiled, prefix)| (&**compiled, prefix.as_str())).collect();
        let here = Here { resource: Resource::new("page", self.page.id), name: self.page.name.clone() };
        let htmls = self.reader.htmls(self.db, &borrowed, Some(&here))?;
        Ok(there.iter().map(|row| row.id).zip(htmls).collect())
    }

    /// Where on the page it is. A browser finds a passage by its words, see `static/discussion.js`.
    fn place_href(&self, row: &ThreadRow) -> Result<Option<String>> {
        Ok(match &row.anchor {
            Anchor::Page => None,
            Anchor::Suggestion => suggestion::of_thread(self.db, &self.room.viewer, row.id)?
                .map(|href| format!("{}{href}", self.room.root)),
            Anchor::Heading { id, .. } => Some(format!("{}#{}", self.href, address::query_value(id))),
            Anchor::Quote(quote) => {
                let passage: String = quote.words.chars().take(SHOWN_PASSAGE).collect();
                // A hyphen would part the passage from what stands around it.
                let passage = address::segment(&passage).replace('-', "%2D");
                Some(format!("{}#:~:text={passage}", self.href))
            }
        })
    }

    /// Filing tickets is another component's business; whether somebody may is told by the name of its right.
    fn may_file(&self) -> bool {
        let known = self.room.project.components().permissions();
        known.into_iter().any(|permission| permission.name == "TICKET_CREATE" && self.room.viewer.may(permission))
    }

    /// The form for a new ticket, with what it is about, the first message and a link back: by that link the thread knows
    /// the ticket.
    fn new_ticket_href(&self, row: &ThreadRow, first: Option<&MessageRow>) -> String {
        let said = first.filter(|message| message.removed.is_none()).map_or("", |message| message.text.as_str());
        let plain = markup::plain(said);
        let line = plain.lines().find(|line| !line.trim().is_empty()).unwrap_or(&self.page.name);
        let summary: String = line.trim().chars().take(SUMMARY).collect();
        let mut description = String::new();
        if let Anchor::Quote(quote) = &row.anchor {
            description.push_str(&quoted(&quote.words));
        }
        description.push_str(cut(said, MOST_QUOTED));
        description.push_str(&format!("\n\nFrom discussion:{} of [[{}]].", row.id, self.page.name));
        let value = |text: &str| address::query_value(text);
        let root = &self.room.root;
        format!("{root}/newticket?summary={}&description={}", value(&summary), value(description.trim_start()))
    }

    fn tickets(&self, rows: &[ThreadRow]) -> Result<HashMap<i64, Vec<Ticket>>> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let pairs = store::tickets_of(self.db, &self.room.viewer, &ids)?;
        let mut tickets: HashMap<i64, Vec<Ticket>> = HashMap::new();
        let Some(component) = self.room.project.components().of_kind("ticket").filter(|_| !pairs.is_empty()) else {
            return Ok(tickets);
        };
        let wanted: Vec<i64> = pairs.iter().map(|(_, ticket)| *ticket).collect();
        let cards = component.cards(self.db, &self.room.viewer, "ticket", &wanted)?;
        for ((thread, _), card) in pairs.into_iter().zip(cards) {
            if let Some(card) = card {
                let href = format!("{}{}", self.room.root, card.href);
                tickets.entry(thread).or_default().push(Ticket { title: card.title, href, class: card.class });
            }
        }
        Ok(tickets)
    }
}

/// What somebody says about a page, as HTML.
pub fn rendered(reader: &Reader<'_>, db: &Connection, page: &PageRow, text: &str) -> Result<Html> {
    let compiled = reader.compiled(text, Flavour::Note)?;
    let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
    reader.html(db, &compiled, Some(&here))
}

/// A passage as Markdown quotes it.
fn quoted(words: &str) -> String {
    format!("> {words}\n\n")
}

/// The beginning of a text, at most so many bytes of it.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// A thread that is marked on its page.
#[derive(Debug, Serialize)]
pub struct Marked {
    id: i64,
    href: String,
    about: &'static str,
    /// The id of the heading.
    heading: String,
    words: String,
    short: String,
    before: String,
    after: String,
    messages: i64,
}

/// Threads that are marked on their page at most.
const MOST_MARKED: usize = 50;

/// The open threads about parts of a page. Asks nothing where there are none.
pub fn marked(db: &Connection, page: &PageRow, root: &str, open_threads: i64) -> Result<Vec<Marked>> {
    if open_threads == 0 {
        return Ok(Vec::new());
    }
    let mark = |row: ThreadRow| {
        let (id, messages) = (row.id, row.messages);
        let (heading, before, after) = match &row.anchor {
            Anchor::Heading { id, .. } => (id.clone(), String::new(), String::new()),
            Anchor::Quote(quote) => (String::new(), quote.before.clone(), quote.after.clone()),
            Anchor::Page | Anchor::Suggestion => Default::default(),
        };
        Marked {
            href: format!("{root}{}?action=discussion&thread={id}#thread-{id}", href_of(&page.name)),
            about: row.anchor.kind(),
            short: shortened(row.anchor.words()),
            words: row.anchor.words().to_owned(),
            id,
            heading,
            before,
            after,
            messages,
        }
    };
    Ok(store::marked(db, page.id, MOST_MARKED)?.into_iter().map(mark).collect())
}
