//! Lists of tickets that are kept or that an address names.

use rusqlite::Connection;

use crate::base::error::Result;
use crate::base::viewer::Viewer;

/// A place in a list that an address names: `list` is how the list was asked for, `at` where the resource stood in it.
#[derive(Debug, Clone)]
pub struct ListPlace {
    pub list: String,
    pub at: usize,
    pub id: i64,
}

/// What stands before and after a resource in a list.
#[derive(Debug, Clone)]
pub struct Neighbours {
    pub previous: Option<(i64, usize)>,
    pub next: Option<(i64, usize)>,
    /// Where it stands now, counted from 0, and how many there are.
    pub at: usize,
    pub total: usize,
    /// The list itself, below the project's address.
    pub href: String,
    pub title: String,
}

/// Keeps lists of tickets under names. Its pages are `/report` and `/report/<number>`.
pub trait SavedLists: Send + Sync {
    /// Whether there is anything for this viewer.
    fn may_see(&self, viewer: &Viewer) -> bool;

    /// Whether they may save one.
    fn may_save(&self, viewer: &Viewer) -> bool;

    /// The list of that number; none for what is no list, or what they may not see.
    fn by_number(&self, db: &Connection, viewer: &Viewer, number: i64) -> Result<Option<SavedList>>;

    /// What they see who ask for no list: their own choice, else the project's.
    fn usual(&self, db: &Connection, viewer: &Viewer) -> Result<Option<SavedList>>;
}

/// A list of tickets that is kept under a name.
#[derive(Debug, Clone)]
pub struct SavedList {
    pub number: i64,
    pub title: String,
    /// Markdown of the flavour `page`.
    pub description: String,
    /// In the address form, as it was when it was saved: it may name what is no more.
    pub query: String,
    /// Whether whoever asks may change it.
    pub may_change: bool,
}
