//! Suggested edits: the text of a page as a reader without the right to change it would have it. Whoever writes the page sees
//! what would change, takes all or some of it, answers, or declines with a reason. The version that comes of it is by whoever
//! suggested it.
//!
//! `store` keeps the texts, `rebase` brings one together with what the page has become since, `edit` is the one way to make
//! and to decide them, `list_pages` and `pages` show them, `decide_pages` takes and declines them, `write_pages` is their editor, `told` what the timeline says of them,
//! `kept_text` lets their links follow a page that moves.

mod decide_pages;
pub mod edit;
mod json;
pub(super) mod kept_text;
mod list_pages;
mod pages;
mod rebase;
pub(super) mod store;
pub(super) mod told;
mod write_pages;

use rocket::Route;
use rusqlite::Connection;

use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;
pub use store::SuggestionRow;
use store::Wanted;

/// The kind of resource.
pub const SUGGESTION: &str = "suggestion";

const NO_SUGGESTION: &str = "There is no such suggestion.";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = pages::routes();
    routes.extend(list_pages::routes());
    routes.extend(decide_pages::routes());
    routes.extend(write_pages::routes());
    routes
}

/// The newest suggestions that wait, each with the name of its page; for those who may take them.
pub fn waiting(db: &Connection, viewer: &Viewer, limit: usize) -> Result<Vec<(SuggestionRow, String)>> {
    store::list(db, viewer, Wanted::default(), limit, 0)
}

/// Where the suggestion is that a thread is about, below the project's address, if this viewer may see it.
pub(super) fn of_thread(db: &Connection, viewer: &Viewer, thread: i64) -> Result<Option<String>> {
    let Some(id) = store::of_thread(db, thread)? else { return Ok(None) };
    match edit::find(db, viewer, id) {
        Ok((row, _)) => Ok(Some(href(row.id))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The address of a suggestion, below the project's.
pub fn href(suggestion: i64) -> String {
    format!("/suggestion/{suggestion}")
}
