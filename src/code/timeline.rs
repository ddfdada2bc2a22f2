//! What the timeline says of commits: each stands there by the time and under the name that git knows.

use rusqlite::Connection;

use super::listed::{self, Listed};
use super::{CHANGESET_VIEW, changeset_href, short};
use crate::base::component::{Authors, Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::text::fold;
use crate::base::viewer::Viewer;

pub(super) const ADDED: &str = "changeset.added";

pub const FILTERS: &[TimelineFilter] =
    &[TimelineFilter { name: "changeset", title: "Commits", events: &[ADDED], permission: CHANGESET_VIEW, on: true }];

/// Characters of a message that the timeline may cut an excerpt from.
const MOST_EXCERPT: usize = 1200;

pub(super) fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let found = listed::by_ids(db, viewer, &ids)?;
    Ok(found.into_iter().map(|commit| commit.map(|commit| occurrence(&commit, viewer))).collect())
}

fn occurrence(commit: &Listed, viewer: &Viewer) -> Occurrence {
    Occurrence {
        who: Some(viewer.shown_name(&commit.author)),
        title: format!("[{}] {}", short(&commit.sha), commit.subject()).trim_end().to_owned(),
        href: changeset_href(&commit.sha),
        deed: "committed".to_owned(),
        class: None,
        icon: "changeset",
        excerpt: commit.body().chars().take(MOST_EXCERPT).collect(),
        more: None,
    }
}

/// Which of the commits that these events tell of are by one of these authors.
pub(super) fn done_by(db: &Connection, viewer: &Viewer, events: &[&Event], authors: &Authors) -> Result<Vec<bool>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let found = listed::by_ids(db, viewer, &ids)?;
    let is_by = |commit: &Listed| match commit.person {
        Some(person) => authors.people.contains(&person),
        None => authors.names.contains(&fold(&commit.author)),
    };
    Ok(found.iter().map(|commit| commit.as_ref().is_some_and(is_by)).collect())
}
