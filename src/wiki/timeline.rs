//! What the timeline says of pages: written, edited, renamed, put into the trash and brought back (row TL06).

use std::collections::HashMap;

use rusqlite::Connection;

use super::name::href_of;
use super::{WIKI_DELETE, WIKI_VIEW, discussion, suggestion};
use crate::base::component::{Occurrence, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::project::called;
use crate::base::viewer::Viewer;

pub const FILTERS: &[TimelineFilter] = &[
    TimelineFilter {
        name: "wiki",
        title: "Pages",
        events: &[
            "page.created", "page.saved", "page.renamed", "page.deleted", "page.restored", "page.protected",
            "page.released", "page.versions_removed",
        ],
        permission: WIKI_VIEW,
        on: true,
    },
    TimelineFilter {
        name: "wiki_minor",
        title: "Small changes of pages",
        events: &["page.retouched"],
        permission: WIKI_VIEW,
        on: true,
    },
    discussion::told::FILTER,
    suggestion::told::FILTER,
];

struct Row {
    name: String,
    version: i64,
    acl: i64,
    in_trash: bool,
    deleted_comment: String,
}

pub fn occurrences(db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
    if !viewer.may(WIKI_VIEW) {
        return Ok(events.iter().map(|_| None).collect());
    }
    let pages = pages(db, events)?;
    let comments = comments(db, events)?;
    let mut discussed = discussion::told::occurrences(db, viewer, events)?;
    let mut suggested = suggestion::told::occurrences(db, viewer, events)?;
    let one = |(at, event): (usize, &&Event)| {
        if discussion::told::is_of_discussion(event) {
            return discussed[at].take();
        }
        if event.resource.is(suggestion::SUGGESTION) {
            return suggested[at].take();
        }
        let page = pages.get(&event.resource.id).filter(|page| viewer.sees_class(page.acl))?;
        let version: i64 = event.part.parse().unwrap_or(0);
        let said = comments.get(&(event.resource.id, version));
        let comment = said.map_or("", |said| said.comment.as_str());
        let is_removed = said.is_some_and(|said| said.is_removed);
        let told = occurrence(event, page, (version, is_removed), comment, viewer)?;
        // Who took a suggested edit has recorded it; it is by whoever suggested it.
        Some(Occurrence { who: said.and_then(|said| said.suggested_by.clone()), ..told })
    };
    Ok(events.iter().enumerate().map(one).collect())
}

/// Of a page in the trash others are told only that it went there; those who may restore it see its past.
fn occurrence(
    event: &Event,
    page: &Row,
    (version, is_removed): (i64, bool),
    comment: &str,
    viewer: &Viewer,
) -> Option<Occurrence> {
    if page.in_trash && event.kind != "page.deleted" && !viewer.may(WIKI_DELETE) {
        return None;
    }
    let address = href_of(&page.name);
    let at_version = || {
        if version == page.version || page.in_trash || is_removed {
            address.clone()
        } else {
            format!("{address}?version={version}")
        }
    };
    let (deed, href, excerpt, more) = match event.kind.as_str() {
        "page.created" => ("created", at_version(), comment, None),
        "page.saved" | "page.retouched" => {
            let difference = (!page.in_trash && !is_removed)
                .then(|| ("difference", format!("{address}?action=diff&version={version}")));
            let deed = if event.kind == "page.saved" { "edited" } else { "edited a little" };
            (deed, at_version(), comment, difference)
        }
        "page.renamed" => ("renamed", address.clone(), "", None),
        "page.protected" => ("made read-only", address.clone(), "", None),
        "page.released" => ("no longer read-only", address.clone(), "", None),
        "page.versions_removed" => {
            let history = (!page.in_trash).then(|| ("history", format!("{address}?action=history")));
            ("versions removed", address.clone(), "", history)
        }
        "page.restored" => ("restored from the trash", address.clone(), "", None),
        "page.deleted" => {
            let why = if page.in_trash { page.deleted_comment.as_str() } else { "" };
            ("deleted", address.clone(), why, None)
        }
        _ => return None,
    };
    Some(Occurrence {
        who: None,
        title: page.name.clone(),
        href,
        deed: deed.to_owned(),
        counts_as: None,
        class: page.in_trash.then_some("missing"),
        icon: "page",
        excerpt: excerpt.to_owned(),
        more,
        many: None,
    })
}

fn pages(db: &Connection, events: &[&Event]) -> Result<HashMap<i64, Row>> {
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let mut statement = db.prepare_cached(
        "select id, name, version, acl, deleted_at is not null, deleted_comment from page
         where id in (select value from json_each(?1))",
    )?;
    let rows = statement.query_map([serde_json::to_string(&ids)?], |row| {
        let page = Row {
            name: row.get(1)?,
            version: row.get(2)?,
            acl: row.get(3)?,
            in_trash: row.get(4)?,
            deleted_comment: row.get(5)?,
        };
        Ok((row.get(0)?, page))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What was said along with a version, and who suggested it if somebody else took it.
struct Said {
    comment: String,
    suggested_by: Option<String>,
    is_removed: bool,
}

/// What was said along with the versions that the events name.
fn comments(db: &Connection, events: &[&Event]) -> Result<HashMap<(i64, i64), Said>> {
    let versions: Vec<(i64, &str)> = events
        .iter()
        .filter(|event| matches!(event.kind.as_str(), "page.created" | "page.saved" | "page.retouched"))
        .map(|event| (event.resource.id, event.part.as_str()))
        .collect();
    let mut statement = db.prepare_cached(
        "select page, version, comment, suggestion is not null, login, display_name, removed_at is not null
         from json_each(?1) as wanted
         join page_version on page = wanted.value ->> 0 and version = cast(wanted.value ->> 1 as integer)
         left join person on person.id = page_version.author
         where comment <> '' or suggestion is not null or removed_at is not null",
    )?;
    let rows = statement.query_map([serde_json::to_string(&versions)?], |row| {
        let [login, name]: [Option<String>; 2] = [row.get(4)?, row.get(5)?];
        let suggested: bool = row.get(3)?;
        let suggested_by = suggested.then(|| called(login.as_deref(), name.as_deref()));
        Ok(((row.get(0)?, row.get(1)?), Said { comment: row.get(2)?, suggested_by, is_removed: row.get(6)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
