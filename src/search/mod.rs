//! Search: one box that finds everything of a project that its reader may see, and nothing else.
//!
//! 1. The [`follower`] hears of every event and keeps the [`index`] up to date; what the index holds of a thing it is told by
//!    the thing's component.
//! 2. A [`query`] is read from what somebody typed.
//! 3. [`find`] looks it up in a [`corpus`]: the index without what was touched since its last commit, and that, read from the
//!    database, in memory. So a text is found as soon as it is saved, and no count, hit or order betrays a row whose class has
//!    just changed.
//! 4. What is found is counted by kind and by values (`census`), in the same corpus, so the counts are exact for this viewer.

pub mod corpus;
mod either;
pub mod find;
pub mod follower;
pub mod hits;
mod index;
pub mod query;

mod census;
mod columns;
mod folder;
mod json;
mod jump;
mod link;
mod macros;
mod matching;
mod near;
mod newest;
mod pages;
mod schema;
mod shown;
mod sight;
mod site_pages;
mod touched;

pub use json::command_json;

use rusqlite::Connection;

use crate::base::component::{Alike, Card, Component, Components, Matching};
use crate::base::error::Result;
use crate::base::event::{Follower, NewEvent, Via};
use crate::base::markup::{LinkKind, Macro};
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::viewer::{ByDefault, DEFAULT_CLASS, Permission, Viewer};

pub const SEARCH_VIEW: Permission =
    Permission { name: "SEARCH_VIEW", doc: "May search the project.", implies: &[], by_default: ByDefault::Readers };

pub struct Search;

pub static COMPONENT: Search = Search;

impl Component for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn permissions(&self) -> &'static [Permission] {
        &[SEARCH_VIEW]
    }

    fn routes(&self) -> Vec<rocket::Route> {
        let mut routes = pages::routes();
        routes.extend(site_pages::routes());
        routes
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[link::SEARCH]
    }

    fn macros(&self) -> &'static [Macro] {
        &[macros::SEARCH_RESULTS]
    }

    fn follower(&self) -> Option<&'static dyn Follower> {
        Some(&follower::SearchFollower)
    }

    fn alike(&self, project: &Project, viewer: &Viewer, wanted: &Alike<'_>) -> Result<Option<Vec<Card>>> {
        find::alike(project, viewer, wanted).map(Some)
    }

    fn matching(
        &self,
        db: &Connection,
        components: Components,
        viewer: &Viewer,
        wanted: &Alike<'_>,
    ) -> Result<Option<Matching>> {
        find::ids(db, components, viewer, wanted).map(Some)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        findings.extend(index::check(project)?);
        Ok(())
    }
}

/// What came of asking for a new index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebuilt {
    /// It is there, with so many documents.
    Done(u64),
    /// The process that serves the project has been asked to.
    Asked,
}

/// Builds the index anew (`trackway index rebuild`), here or in the process that runs the project's followers.
pub fn rebuild(project: &Project, viewer: &Viewer) -> Result<Rebuilt> {
    if project.hold_followers()? {
        return follower::rebuild(project).map(Rebuilt::Done);
    }
    project.write(Act::new(viewer, Via::Command), |tx| {
        tx.record(&NewEvent::new(follower::REBUILD, Resource::new("project", 0), DEFAULT_CLASS))
    })?;
    Ok(Rebuilt::Asked)
}
