//! What the timeline says of reports, for those who ask for it (row TL02).

use rusqlite::Connection;

use super::{REPORT_VIEW, report_href, store};
use crate::base::component::{Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::viewer::Viewer;

pub const FILTERS: &[TimelineFilter] = &[TimelineFilter {
    name: "report",
    title: "Reports",
    events: &["report.created", "report.changed", "report.deleted"],
    permission: REPORT_VIEW,
    on: false,
}];

/// Of what is still there: nothing else has a title that its reader may be told.
pub fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let rows = store::by_ids(db, viewer, &ids)?;
    Ok(events
        .iter()
        .map(|event| {
            let row = rows.iter().find(|row| row.id == event.resource.id)?;
            let deed = match event.kind.as_str() {
                "report.created" => "made",
                "report.changed" => "changed",
                _ => return None,
            };
            Some(Occurrence {
                who: None,
                title: format!("Report {}: {}", row.id, row.title),
                href: report_href(row.id),
                deed: deed.to_owned(),
                counts_as: None,
                class: None,
                icon: "ticket",
                excerpt: String::new(),
                more: None,
                many: None,
            })
        })
        .collect())
}
