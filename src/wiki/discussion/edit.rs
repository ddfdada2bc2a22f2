//! The one way to say something about a page, to change what was said, and to resolve a thread, whoever asks.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;

use super::anchor::{Anchor, Ground, Wish};
use super::store::{self, MessageRow, ThreadRow};
use super::{MESSAGE, NO_THREAD, THREAD};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::link;
use crate::base::markup::{Compiled, Flavour, Here};
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;
use crate::wiki::name::PageName;
use crate::wiki::shown::NO_PAGE;
use crate::wiki::store::{self as pages, PageRow};
use crate::wiki::{WIKI_ADMIN, WIKI_DISCUSS, WIKI_VIEW};

/// The largest message (DESIGN 11).
pub const LARGEST_TEXT: usize = 1024 * 1024;
/// The field that holds what is said.
pub const FIELD: &str = "comment";

/// A thread with its page, as far as the viewer may see it.
pub fn find(db: &Connection, viewer: &Viewer, thread: i64) -> Result<(ThreadRow, PageRow)> {
    let missing = || Error::not_found(NO_THREAD);
    viewer.require_to_see(WIKI_VIEW, NO_THREAD)?;
    let thread = store::thread(db, thread)?.ok_or_else(missing)?;
    let page = pages::by_ids(db, viewer, &[thread.page])?.pop().ok_or_else(missing)?;
    Ok((thread, page))
}

/// A message of a thread with both of them.
pub fn find_message(
    db: &Connection,
    viewer: &Viewer,
    thread: i64,
    number: i64,
) -> Result<(MessageRow, ThreadRow, PageRow)> {
    let (thread, page) = find(db, viewer, thread)?;
    let message = store::message(db, page.id, number)?.filter(|message| message.thread == thread.id);
    Ok((message.ok_or_else(|| Error::not_found(NO_THREAD))?, thread, page))
}

/// Begins a thread about a page or a part of it. Returns the thread and the number of its first message.
pub fn begin(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    name: &PageName,
    wish: &Wish,
    text: &str,
) -> Result<(i64, i64)> {
    by.viewer.require_to_see(WIKI_VIEW, NO_PAGE)?;
    let compiled = read(site, project, text);
    let found = project.read(|db| {
        let page = pages::find(db, by.viewer, name.folded())?.ok_or_else(|| Error::not_found(NO_PAGE))?;
        by.viewer.at_path(&page.folded).require(WIKI_DISCUSS)?;
        let version = pages::version(db, page.id, page.version)?.ok_or_else(|| Error::not_found(NO_PAGE))?;
        Ok((page, version.text))
    })?;
    let (page, page_text) = found;
    let of_page = project.cache().compiled(&page_text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    let anchor = Ground::of(&page_text, &of_page.outline).anchor(wish);
    // All that is wrong is said at once.
    let (anchor, compiled) = match (anchor, compiled) {
        (Ok(anchor), Ok(compiled)) => (anchor, compiled),
        (Err(Error::Invalid(mut problems)), Err(Error::Invalid(more))) => {
            problems.extend(more);
            return Err(Error::Invalid(problems));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    project.write(by, |tx| {
        let page = still(tx, by.viewer, page.id)?;
        by.viewer.at_path(&page.folded).require(WIKI_DISCUSS)?;
        let thread = begin_within(tx, &page, &anchor)?;
        let number = say(site, tx, &page, thread, text, None, &compiled)?;
        Ok((thread, number))
    })
}

/// The thread alone, within a transaction that says something in it.
pub(in crate::wiki) fn begin_within(tx: &Tx<'_>, page: &PageRow, anchor: &Anchor) -> Result<i64> {
    let thread = store::insert_thread(tx, page.id, page.version, anchor)?;
    store::count_open(tx, page.id)?;
    Ok(thread)
}

/// What is said to a thread.
#[derive(Debug, Clone, Default)]
pub struct Reply<'a> {
    pub text: &'a str,
    /// The number of the message that it answers.
    pub reply_to: Option<i64>,
    /// Whether the thread is resolved from now on; none: as it is.
    pub resolved: Option<bool>,
}

/// Answers in a thread. Returns the number of the message.
pub fn reply(site: &Site, project: &Project, by: Act<'_>, thread: i64, reply: &Reply<'_>) -> Result<i64> {
    project.read(|db| to_discuss(db, by.viewer, thread))?;
    let compiled = read(site, project, reply.text)?;
    project.write(by, |tx| {
        let (thread, page) = to_discuss(tx, by.viewer, thread)?;
        if let Some(answered) = reply.reply_to
            && store::message(tx, page.id, answered)?.is_none_or(|message| message.thread != thread.id)
        {
            return Err(Error::invalid("replyto", format!("This thread has no message {answered} to reply to.")));
        }
        let number = say(site, tx, &page, thread.id, reply.text, reply.reply_to, &compiled)?;
        if let Some(resolved) = reply.resolved {
            put(tx, &thread, &page, resolved)?;
        }
        Ok(number)
    })
}

/// Resolves a thread, or opens it again. False if it was so already.
pub fn resolve(project: &Project, by: Act<'_>, thread: i64, resolved: bool) -> Result<bool> {
    project.read(|db| to_discuss(db, by.viewer, thread))?;
    project.write(by, |tx| {
        let (thread, page) = to_discuss(tx, by.viewer, thread)?;
        put(tx, &thread, &page, resolved)
    })
}

/// Puts another text in place of a message; the earlier ones are kept. `seen` is how often it had been edited when its
/// editor looked.
pub fn edit(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    (thread, number): (i64, i64),
    text: &str,
    seen: i64,
) -> Result<()> {
    project.read(|db| to_edit(db, by.viewer, thread, number))?;
    let compiled = read(site, project, text)?;
    project.write(by, |tx| {
        let (message, _, page) = to_edit(tx, by.viewer, thread, number)?;
        if message.removed.is_some() {
            return Err(Error::conflict("This message was removed meanwhile. Your text is below."));
        }
        if seen != message.edits {
            return Err(Error::conflict(
                "This message was edited meanwhile. Please look at it again; your text is below.",
            ));
        }
        if text == message.text {
            return Ok(());
        }
        store::save_text(tx, &message, text)?;
        save_links(site, tx, &page, message.id, &compiled)?;
        tx.record(&told("message.edited", Resource::new(MESSAGE, message.id), &page).part(number))?;
        Ok(())
    })
}

/// Takes a message away from all eyes, or puts it back. Whoever wrote it may take it away, whoever looks after the pages may
/// do both. False if it was so already.
pub fn remove(site: &Site, project: &Project, by: Act<'_>, (thread, number): (i64, i64), gone: bool) -> Result<bool> {
    let (message, _, _) = project.read(|db| to_remove(db, by.viewer, thread, number, gone))?;
    let compiled = compiled(site, project, &message.text)?;
    project.write(by, |tx| {
        let (message, _, page) = to_remove(tx, by.viewer, thread, number, gone)?;
        if message.removed.is_some() == gone {
            return Ok(false);
        }
        store::set_removed(tx, message.id, gone)?;
        let resource = Resource::new(MESSAGE, message.id);
        if gone {
            link::replace(tx, &resource, "", page.acl, &Vec::new())?;
        } else {
            save_links(site, tx, &page, message.id, &compiled)?;
        }
        let kind = if gone { "message.removed" } else { "message.restored" };
        tx.record(&told(kind, resource, &page).part(number))?;
        Ok(true)
    })
}

/// Whether this viewer, as they are on its page, may put another text in place of that message.
pub fn may_edit(viewer: &Viewer, message: &MessageRow) -> bool {
    let own = viewer.signed_in() && viewer.person.is_some() && viewer.person == message.author;
    (own && viewer.may(WIKI_DISCUSS)) || viewer.may(WIKI_ADMIN)
}

/// A message that this viewer may edit.
pub fn to_edit(db: &Connection, viewer: &Viewer, thread: i64, number: i64) -> Result<(MessageRow, ThreadRow, PageRow)> {
    let found = find_message(db, viewer, thread, number)?;
    let there = viewer.at_path(&found.2.folded);
    if !may_edit(&there, &found.0) {
        there.require(WIKI_ADMIN)?;
    }
    Ok(found)
}

fn to_remove(
    db: &Connection,
    viewer: &Viewer,
    thread: i64,
    number: i64,
    gone: bool,
) -> Result<(MessageRow, ThreadRow, PageRow)> {
    if gone {
        return to_edit(db, viewer, thread, number);
    }
    let found = find_message(db, viewer, thread, number)?;
    viewer.at_path(&found.2.folded).require(WIKI_ADMIN)?;
    Ok(found)
}

fn to_discuss(db: &Connection, viewer: &Viewer, thread: i64) -> Result<(ThreadRow, PageRow)> {
    let found = find(db, viewer, thread)?;
    viewer.at_path(&found.1.folded).require(WIKI_DISCUSS)?;
    Ok(found)
}

pub(super) fn still(tx: &Tx<'_>, viewer: &Viewer, page: i64) -> Result<PageRow> {
    pages::by_ids(tx, viewer, &[page])?.pop().ok_or_else(|| Error::not_found(NO_PAGE))
}

/// Adds a message to a thread within a transaction that may do more. Returns its number.
pub(in crate::wiki) fn say(
    site: &Site,
    tx: &Tx<'_>,
    page: &PageRow,
    thread: i64,
    text: &str,
    reply_to: Option<i64>,
    compiled: &Compiled,
) -> Result<i64> {
    let (message, number) = store::insert_message(tx, page.id, thread, text, reply_to)?;
    save_links(site, tx, page, message, compiled)?;
    let resource = Resource::new(MESSAGE, message);
    tx.record(
        &NewEvent::new("message.written", resource, page.acl)
            .part(number)
            .data(json!({ "parent": ["page", page.id], "thread": thread })),
    )?;
    Ok(number)
}

fn put(tx: &Tx<'_>, thread: &ThreadRow, page: &PageRow, resolved: bool) -> Result<bool> {
    if thread.is_open() != resolved {
        return Ok(false);
    }
    store::set_resolved(tx, thread.id, resolved)?;
    store::count_open(tx, page.id)?;
    let kind = if resolved { "thread.resolved" } else { "thread.reopened" };
    tx.record(&told(kind, Resource::new(THREAD, thread.id), page))?;
    Ok(true)
}

/// What hangs on a page is told together with it.
pub(super) fn told(kind: &'static str, resource: Resource, page: &PageRow) -> NewEvent {
    NewEvent::new(kind, resource, page.acl).data(json!({ "parent": ["page", page.id] }))
}

pub(super) fn save_links(site: &Site, tx: &Tx<'_>, page: &PageRow, message: i64, compiled: &Compiled) -> Result<()> {
    let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
    let links = link::of(compiled, site.vocabulary(), &here);
    link::replace(tx, &Resource::new(MESSAGE, message), "", page.acl, &links)
}

/// Reads what somebody says before the writer is taken.
pub(in crate::wiki) fn read(site: &Site, project: &Project, text: &str) -> Result<Arc<Compiled>> {
    if text.trim().is_empty() {
        return Err(Error::invalid(FIELD, "A message says something."));
    }
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid(FIELD, "A message has at most 1 MiB (1,048,576 bytes)."));
    }
    compiled(site, project, text)
}

pub(super) fn compiled(site: &Site, project: &Project, text: &str) -> Result<Arc<Compiled>> {
    project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)
}
