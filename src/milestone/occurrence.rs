//! What the timeline says of milestones (row TL02).

use rusqlite::Connection;

use super::name::href_of;
use super::store;
use super::{MILESTONE_VIEW, link};
use crate::base::component::{Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup;
use crate::base::viewer::Viewer;

pub const FILTERS: &[TimelineFilter] = &[TimelineFilter {
    name: "milestone",
    title: "Milestones",
    events: &[
        "milestone.created", "milestone.changed", "milestone.renamed", "milestone.completed", "milestone.reopened",
        "milestone.deleted",
    ],
    permission: MILESTONE_VIEW,
    on: true,
}];

pub fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    if !viewer.may(MILESTONE_VIEW) {
        return Ok(events.iter().map(|_| None).collect());
    }
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let rows = store::by_ids_ever(db, viewer, &ids)?;
    Ok(events
        .iter()
        .map(|event| {
            let (row, is_there) = rows.iter().find(|(row, _)| row.id == event.resource.id)?;
            let told = matches!(event.kind.as_str(), "milestone.created" | "milestone.completed") && *is_there;
            Some(Occurrence {
                who: None,
                title: row.name.clone(),
                href: if *is_there { href_of(&row.name) } else { "/roadmap".to_owned() },
                deed: deed(event)?,
                counts_as: None,
                class: link::class(row),
                icon: "milestone",
                excerpt: if told { markup::plain(&row.description) } else { String::new() },
                more: None,
                many: None,
            })
        })
        .collect())
}

/// What was done; none for what is no news: which milestone new tickets get.
fn deed(event: &Event) -> Option<String> {
    let deed = match event.kind.as_str() {
        "milestone.created" => "planned",
        "milestone.renamed" => "renamed",
        "milestone.completed" => "completed",
        "milestone.reopened" => "reopened",
        "milestone.deleted" => "deleted",
        "milestone.changed" => {
            let fields = event.data.get("fields").and_then(serde_json::Value::as_array)?;
            let names: Vec<&str> = fields
                .iter()
                .filter_map(|field| match field.as_str()? {
                    "due" => Some("due date"),
                    "completed" => Some("date of completion"),
                    "description" => Some("description"),
                    _ => None,
                })
                .collect();
            return (!names.is_empty()).then(|| format!("changed: {}", names.join(", ")));
        }
        _ => return None,
    };
    Some(deed.to_owned())
}
