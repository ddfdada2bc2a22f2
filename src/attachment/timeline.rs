//! What the timeline says of files. They come under the filter of what they hang on (row TL12).

use std::collections::HashMap;

use rusqlite::Connection;

use super::href;
use crate::base::component::{Components, Occurrence, Owner};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;

struct Row {
    parent: Resource,
    name: String,
    description: String,
    is_there: bool,
    was_replaced: bool,
}

pub fn occurrences(
    db: &Connection,
    viewer: &Viewer,
    all: Components,
    events: &[&Event],
) -> Result<Vec<Option<Occurrence>>> {
    let rows = rows(db, events)?;
    let mut owners: HashMap<Resource, Option<Owner>> = HashMap::new();
    for row in rows.values() {
        if !owners.contains_key(&row.parent) {
            owners.insert(row.parent.clone(), all.owner_of(db, viewer, &row.parent)?);
        }
    }
    let one = |event: &&Event| {
        let row = rows.get(&event.resource.id)?;
        let owner = owners.get(&row.parent)?.as_ref()?;
        occurrence(event, row, owner)
    };
    Ok(events.iter().map(one).collect())
}

/// Of a file that was removed, only that is told.
fn occurrence(event: &Event, row: &Row, owner: &Owner) -> Option<Occurrence> {
    let deed = match event.kind.as_str() {
        "attachment.removed" => "removed from",
        _ if !row.is_there && !row.was_replaced => return None,
        "attachment.replaced" => "replaced on",
        "attachment.moved" => "moved to",
        _ => "attached to",
    };
    Some(Occurrence {
        who: None,
        title: row.name.clone(),
        href: if row.is_there { href(owner, &row.name) } else { owner.href.clone() },
        deed: format!("{deed} {}", owner.title),
        counts_as: None,
        class: None,
        icon: "file",
        excerpt: row.description.clone(),
        more: None,
        many: None,
    })
}

fn rows(db: &Connection, events: &[&Event]) -> Result<HashMap<i64, Row>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let mut statement = db.prepare_cached(
        "select id, parent_kind, parent_id, name, description, removed_at is null, replaced_by is not null
         from attachment where id in (select value from json_each(?1))",
    )?;
    let rows = statement.query_map([serde_json::to_string(&ids)?], |row| {
        let one = Row {
            parent: Resource::stored(row.get(1)?, row.get(2)?),
            name: row.get(3)?,
            description: row.get(4)?,
            is_there: row.get(5)?,
            was_replaced: row.get(6)?,
        };
        Ok((row.get(0)?, one))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
