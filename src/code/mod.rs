//! The code of a project: its git repositories, what was committed to them, and what commit messages do (DESIGN 7).
//!
//! `git` reads a repository, `store` keeps what the project knows of commits, `repository` says which repositories there
//! are, `commit_refs` understands messages. `listed` names commits for what all other places say of them: `link`, `macros`,
//! `document` and `timeline`.
//!
//! Commits come in by [`sync`], whoever asks: `watch` in the server, `sync_pages` for hooks, a command. It compares the
//! `heads` of history with those of the last time, `walk`s over what is new, stores it (`incoming`), finds out who stands
//! behind each commit (`actor`) and lets it `act`; `patch_id` tells copies of a commit. Tickets are not known here: a
//! commit's orders go to whoever has tickets through [`crate::base::component::Component::obey`].

mod act;
mod actor;
mod admin;
mod check;
pub mod commit_refs;
mod document;
pub mod git;
pub mod link;
pub mod listed;
mod macros;
pub mod repository;
pub mod store;
mod timeline;
pub mod heads;
mod incoming;
mod patch_id;
pub mod sync;
mod sync_pages;
mod walk;
pub mod watch;

use rusqlite::Connection;

use crate::base::component::{Authors, Card, Component, Document, Occurrence, Panel, Searchable, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup::{LinkKind, Macro};
use crate::base::resource::Resource;
use crate::base::viewer::{ByDefault, Permission, Viewer};
use crate::base::project::Project;

pub const BROWSER_VIEW: Permission = Permission {
    name: "BROWSER_VIEW",
    doc: "See the folders of the repositories.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const FILE_VIEW: Permission = Permission {
    name: "FILE_VIEW",
    doc: "Read the files of the repositories.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const LOG_VIEW: Permission = Permission {
    name: "LOG_VIEW",
    doc: "See the history of the repositories and of the files in them.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const CHANGESET_VIEW: Permission = Permission {
    name: "CHANGESET_VIEW",
    doc: "See commits: their messages and what they changed.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const VERSIONCONTROL_ADMIN: Permission = Permission {
    name: "VERSIONCONTROL_ADMIN",
    doc: "Administer the repositories: whose rights commits have, which branches close tickets, the secrets of hooks.",
    implies: &["BROWSER_VIEW", "FILE_VIEW", "LOG_VIEW", "CHANGESET_VIEW"],
    by_default: ByDefault::Nobody,
};

/// Missing and hidden commits give the same answer.
pub const NO_CHANGESET: &str = "There is no such changeset.";

/// The address of a changeset, below the project's.
pub fn changeset_href(sha: &str) -> String {
    format!("/changeset/{sha}")
}

/// A commit as texts and lists name it: the first seven digits of its id.
pub fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

pub struct Code;

pub static COMPONENT: Code = Code;

impl Component for Code {
    fn name(&self) -> &'static str {
        "code"
    }

    fn routes(&self) -> Vec<rocket::Route> {
        [sync_pages::routes(), admin::routes()].concat()
    }

    fn panels(&self) -> &'static [Panel] {
        &admin::PANELS
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        project.read(|db| check::check(db, findings))
    }

    fn permissions(&self) -> &'static [Permission] {
        &[BROWSER_VIEW, FILE_VIEW, LOG_VIEW, CHANGESET_VIEW, VERSIONCONTROL_ADMIN]
    }
    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn macros(&self) -> &'static [Macro] {
        &[macros::COMMITS]
    }

    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[(listed::KIND, CHANGESET_VIEW)]
    }

    fn searchable(&self) -> &[Searchable] {
        &[Searchable { kind: listed::KIND, title: "Commits" }]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        document::document(db, resource)
    }

    fn document_ids(&self, db: &Connection, _kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        document::ids_after(db, after, limit)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, _kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        let found = listed::by_ids(db, viewer, ids)?;
        Ok(found.iter().map(|commit| commit.as_ref().map(|commit| commit.card(viewer))).collect())
    }

    fn timeline(&self) -> &'static [TimelineFilter] {
        timeline::FILTERS
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        timeline::occurrences(db, viewer, events)
    }

    fn authored(&self) -> &'static [&'static str] {
        &[timeline::ADDED]
    }

    fn done_by(&self, db: &Connection, viewer: &Viewer, events: &[&Event], authors: &Authors) -> Result<Vec<bool>> {
        timeline::done_by(db, viewer, events, authors)
    }
}
