//! What the timeline says of commits: each stands there by the time and under the name that git knows.

use std::collections::HashMap;

use rusqlite::Connection;

use super::listed::{self, Listed};
use super::repository::{self, Repository};
use super::{CHANGESET_VIEW, LOG_VIEW, changeset_href, place, short};
use crate::base::component::{Authors, Occurrence, TimelineFilter, TimelinePart};
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
    let repositories = repository::list(db)?;
    let homes = if repositories.len() > 1 { homes(db, &ids)? } else { HashMap::new() };
    let home = |id: i64| {
        let known = homes.get(&id)?;
        repositories.iter().find(|repository| known.contains(&repository.id))
    };
    Ok(found.into_iter().map(|commit| commit.map(|commit| occurrence(&commit, home(commit.id), viewer))).collect())
}

/// The repositories that have each of some commits.
fn homes(db: &Connection, ids: &[i64]) -> Result<HashMap<i64, Vec<i64>>> {
    let mut statement = db.prepare_cached(
        "select changeset, repository from changeset_repository
         where changeset in (select value from json_each(?1)) order by repository",
    )?;
    let rows = statement.query_map([serde_json::to_string(ids)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut homes: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in rows {
        let (changeset, repository) = row?;
        homes.entry(changeset).or_default().push(repository);
    }
    Ok(homes)
}

/// Where there are several repositories, each can be asked for by itself (row V23).
pub(super) fn parts(db: &Connection, viewer: &Viewer) -> Result<Vec<TimelinePart>> {
    if !viewer.may(CHANGESET_VIEW) {
        return Ok(Vec::new());
    }
    let repositories = repository::list(db)?;
    if repositories.len() < 2 {
        return Ok(Vec::new());
    }
    let part = |repository: &Repository| TimelinePart { name: part_name(repository), title: repository.name.clone() };
    Ok(repositories.iter().map(part).collect())
}

fn part_name(repository: &Repository) -> String {
    format!("repo-{}", repository.name)
}

/// Which of the commits that these events tell of are in one of these repositories.
pub(super) fn in_parts(db: &Connection, events: &[&Event], parts: &[String]) -> Result<Vec<bool>> {
    let repositories = repository::list(db)?;
    let chosen: Vec<i64> = repositories
        .iter()
        .filter(|repository| parts.contains(&part_name(repository)))
        .map(|repository| repository.id)
        .collect();
    let ids: Vec<i64> = events.iter().map(|event| event.resource.id).collect();
    let homes = homes(db, &ids)?;
    let is_in = |id: &i64| homes.get(id).is_some_and(|homes| homes.iter().any(|home| chosen.contains(home)));
    Ok(ids.iter().map(is_in).collect())
}

/// `home`: its repository, where it has to be said.
fn occurrence(commit: &Listed, home: Option<&Repository>, viewer: &Viewer) -> Occurrence {
    Occurrence {
        who: Some(viewer.shown_name(&commit.author)),
        title: format!("[{}] {}", short(&commit.sha), commit.subject()).trim_end().to_owned(),
        href: changeset_href(&commit.sha),
        deed: home.map_or_else(|| "committed".to_owned(), |home| format!("committed to {}", home.name)),
        counts_as: None,
        class: None,
        icon: "changeset",
        excerpt: commit.body().chars().take(MOST_EXCERPT).collect(),
        more: home
            .filter(|_| viewer.may(LOG_VIEW))
            .map(|home| ("log", format!("/log{}?rev={}", place::repository_tail(home), commit.sha))),
        many: None,
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
