//! Files on any resource.

use rusqlite::Connection;
use serde::Serialize;

use crate::base::component::{Component, Owner};
use crate::base::error::Result;
use crate::base::time::When;
use crate::base::viewer::Viewer;

/// A file as templates show it (the head of `attachment/list.html` tells the fields).
#[derive(Debug, Clone, Serialize)]
pub struct File {
    pub name: String,
    pub href: String,
    pub raw_href: String,
    pub size: i64,
    pub kind: &'static str,
    pub description: String,
    pub author: String,
    pub when: When,
    pub delete_href: Option<String>,
}

/// The files of something that this viewer may see, by name.
pub fn files(_db: &Connection, _viewer: &Viewer, _owner: &Owner, _root: &str) -> Result<Vec<File>> {
    Ok(Vec::new())
}

pub struct Attachments;

pub static COMPONENT: Attachments = Attachments;

impl Component for Attachments {
    fn name(&self) -> &'static str {
        "attachment"
    }
}

/// What Rocket lets through.
pub fn limits(_upload_limit: i64) -> rocket::data::Limits {
    rocket::data::Limits::default()
}
