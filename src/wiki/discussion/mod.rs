//! Discussions: what is said about a page, in threads beneath it. A thread is about the whole page, a heading or a passage
//! that was quoted from it, is open until somebody resolves it, and can become a ticket.
//!
//! `anchor` finds passages again in a text that has changed, `store` keeps the threads, `edit` is the one way to write,
//! `pages`, `message_pages` and `list_pages` show them, `told` says what lists, searches and the timeline know of them, `link` what texts
//! may, `kept_text` lets their links follow a page that moves. A discussion follows its page: into another access class, under another name, into the trash and out of it.

pub mod anchor;
pub mod edit;
pub(super) mod kept_text;
mod feed;
mod form;
pub(super) mod link;
mod list_pages;
mod message_pages;
mod pages;
pub(super) mod shown;
pub(super) mod store;
pub(super) mod told;

use rocket::Route;

/// The kinds of resource.
pub const THREAD: &str = "thread";
pub const MESSAGE: &str = "message";

const NO_THREAD: &str = "There is no such discussion.";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = pages::routes();
    routes.extend(message_pages::routes());
    routes.extend(list_pages::routes());
    routes
}

/// The permanent address of a thread, below the project's.
pub fn thread_href(thread: i64) -> String {
    format!("/discussion/{thread}")
}

/// Where a message stands, below the project's address.
pub fn message_href(page: &str, number: i64) -> String {
    format!("{}?action=discussion&message={number}#message-{number}", super::name::href_of(page))
}
