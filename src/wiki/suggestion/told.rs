//! What the timeline says of suggested edits, to those who may see them: whoever writes the pages, and whoever made one.

use rusqlite::Connection;

use super::store;
use super::{SUGGESTION, href};
use crate::base::component::{Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::viewer::Viewer;
use crate::wiki::WIKI_SUGGEST;
use crate::wiki::store as pages;

pub const FILTER: TimelineFilter = TimelineFilter {
    name: "wiki_suggestion",
    title: "Suggested edits",
    events: &["suggestion.made", "suggestion.declined", "suggestion.withdrawn"],
    permission: WIKI_SUGGEST,
    on: true,
};

pub fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let of_suggestion = |event: &&&Event| event.resource.is(SUGGESTION);
    let ids: Vec<i64> = events.iter().filter(of_suggestion).map(|event| event.resource.id).collect();
    if ids.is_empty() {
        return Ok(events.iter().map(|_| None).collect());
    }
    let rows = store::by_ids(db, &ids)?;
    let wanted: Vec<i64> = rows.iter().map(|row| row.page).collect();
    let pages = pages::by_ids(db, viewer, &wanted)?;
    let one = |event: &&Event| {
        let row = rows.iter().find(|row| event.resource.is(SUGGESTION) && row.id == event.resource.id)?;
        let page = pages.iter().find(|page| page.id == row.page)?;
        if !super::edit::may_see(viewer, row, page) {
            return None;
        }
        let (deed, excerpt) = match event.kind.as_str() {
            "suggestion.made" => ("suggested", &row.comment),
            "suggestion.declined" => ("declined", &row.reason),
            _ => ("withdrawn", &row.comment),
        };
        Some(Occurrence {
            who: None,
            title: format!("Edit of {}", page.name),
            href: href(row.id),
            deed: deed.to_owned(),
            counts_as: None,
            class: None,
            icon: "edit",
            excerpt: excerpt.clone(),
            more: None,
            many: None,
        })
    };
    Ok(events.iter().map(one).collect())
}
