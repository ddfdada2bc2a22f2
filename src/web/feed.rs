//! Atom feeds.

use rocket::http::{ContentType, Status};
use serde::Serialize;

use super::desk::Desk;
use super::page::Answer;
use crate::base::error::Result;

/// The fields of `feed/atom.xml`; all addresses are absolute.
#[derive(Debug, Serialize)]
pub struct Feed {
    pub title: String,
    pub subtitle: String,
    pub id: String,
    pub html_url: String,
    pub self_url: String,
    /// RFC 3339.
    pub updated: String,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
pub struct Entry {
    pub title: String,
    pub id: String,
    pub url: String,
    pub updated: String,
    pub author: String,
    pub summary_html: String,
}

impl Feed {
    pub fn render(&self, desk: &Desk) -> Result<Answer> {
        let xml = desk.web().templates.document("feed/atom.xml", self)?;
        Ok(Answer::new(Status::Ok, ContentType::new("application", "atom+xml"), xml.into_bytes()))
    }
}
