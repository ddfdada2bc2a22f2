//! Atom feeds.

use rocket::http::{ContentType, Status};
use serde::Serialize;

use super::answer::Answer;
use super::desk::Desk;
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
    pub fn render(mut self, desk: &Desk) -> Result<Answer> {
        for text in [&mut self.title, &mut self.subtitle] {
            keep_xml(text);
        }
        for entry in &mut self.entries {
            for text in [&mut entry.title, &mut entry.author, &mut entry.summary_html] {
                keep_xml(text);
            }
        }
        let xml = desk.web().templates.document("feed/atom.xml", &self)?;
        Ok(Answer::new(Status::Ok, ContentType::new("application", "atom+xml"), xml.into_bytes()))
    }
}

/// Takes out the characters that XML can't hold in any way.
fn keep_xml(text: &mut String) {
    text.retain(|one| match one {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => !other.is_control(),
    });
}
