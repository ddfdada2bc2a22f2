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
//!
//! `tree` and `place` know what lies where, `file_path` how names of any bytes are shown, `history` keeps which commit changed which path and `past` answers from it;
//! `browse_pages`, `file_pages`, `log_pages` and `raw` show all that. `blame` works out who changed which line, and
//! `blame_pages` shows it, in colours by `age`; `archive` packs a folder for those who want to take it along.
//! A log is narrowed by `selection`, drawn with its branches by `graph`, and told at length by `log_details`.
//!
//! `path_choice` offers paths to who types one. `found` finds a commit, `changeset_pages` and `diff_pages` show what differs: `changed` compares two trees, `file_diff` draws one file,
//! `differences` puts both on a page, `whole` has a job do what is more than a page may, `mail` makes a patch of a commit, `asked` tells what a message did to tickets and
//! `reach` where a commit stands.

mod act;
mod actor;
mod admin;
mod age;
mod archive;
mod asked;
mod blame;
mod blame_pages;
mod browse_pages;
mod changed;
mod changed_paths;
mod changeset_pages;
mod check;
pub mod commit_refs;
mod diff_pages;
mod differences;
mod document;
mod file_diff;
mod file_pages;
mod file_path;
mod found;
pub mod git;
mod graph;
pub mod heads;
pub mod history;
mod incoming;
pub mod link;
pub mod listed;
mod log_details;
mod log_extras;
mod log_pages;
mod log_rows;
mod macros;
mod quote;
mod mail;
mod order;
mod past;
mod patch_id;
mod path_choice;
pub mod place;
mod raw;
mod reach;
mod refs;
mod relative;
pub mod repository;
mod selection;
mod source;
pub mod store;
pub mod sync;
mod sync_pages;
mod timeline;
pub mod told;
pub mod tree;
mod walk;
pub mod watch;
mod whole;

use rusqlite::Connection;

use crate::base::component::{
    Authors, Card, Component, Document, Guarded, Occurrence, Panel, Place, Searchable, TimelineFilter, TimelinePart,
};
use crate::base::error::Result;
use crate::base::event::{Event, Follower};
use crate::base::markup::{LinkKind, Macro};
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::viewer::{ByDefault, DEFAULT_CLASS, Permission, Viewer};

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
/// What those are told who may see nothing of the code.
pub const NO_PAGE: &str = "There is no page at this address.";

/// The address of a changeset, below the project's.
pub fn changeset_href(sha: &str) -> String {
    format!("/changeset/{sha}")
}

/// A commit as texts and lists name it: the first seven digits of its id.
pub fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// Longer first lines are cut.
const LONGEST_SUBJECT: usize = 300;

/// The first line of a message, as lists show it.
pub fn subject_of(message: &str) -> String {
    let line = git::one_line(message.trim_start().lines().next().unwrap_or_default().as_bytes());
    match line.char_indices().nth(LONGEST_SUBJECT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

pub struct Code;

pub static COMPONENT: Code = Code;

impl Component for Code {
    fn name(&self) -> &'static str {
        "code"
    }

    fn routes(&self) -> Vec<rocket::Route> {
        [
            browse_pages::routes(),
            log_pages::routes(),
            raw::routes(),
            changeset_pages::routes(),
            diff_pages::routes(),
            sync_pages::routes(),
            admin::routes(),
        ]
        .concat()
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Code", path: "/browser", key: "s", any_of: &[BROWSER_VIEW], order: 50 }]
    }

    fn panels(&self) -> &'static [Panel] {
        &admin::PANELS
    }

    fn permissions(&self) -> &'static [Permission] {
        &[BROWSER_VIEW, FILE_VIEW, LOG_VIEW, CHANGESET_VIEW, VERSIONCONTROL_ADMIN]
    }

    fn guarded(&self, db: &Connection, viewer: &Viewer, kind: &str, id: &str) -> Result<Option<Guarded>> {
        if kind == "source" && viewer.may(FILE_VIEW) {
            // Nothing in a repository is closed by itself, so what it is about is all the same.
            let title = format!("the code at {}", id.trim_start_matches('/'));
            let resource = Resource::new("source", 0);
            return Ok(Some(Guarded { resource, acl: DEFAULT_CLASS, title, to_view: FILE_VIEW }));
        }
        if kind != "changeset" || !viewer.may(CHANGESET_VIEW) {
            return Ok(None);
        }
        Ok(store::by_prefix(db, viewer, id)?.map(|changeset| Guarded {
            resource: Resource::new("changeset", changeset.id),
            acl: changeset.acl,
            title: format!("the changeset {}", short(&changeset.sha)),
            to_view: CHANGESET_VIEW,
        }))
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn macros(&self) -> &'static [Macro] {
        &[macros::COMMITS, quote::CODE, macros::REPOSITORY_INDEX]
    }

    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[(listed::KIND, CHANGESET_VIEW)]
    }

    fn searchable(&self) -> &[Searchable] {
        &[Searchable { kind: listed::KIND, title: "Commits", permission: None }]
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

    fn timeline_parts(&self, db: &Connection, viewer: &Viewer) -> Result<Vec<TimelinePart>> {
        timeline::parts(db, viewer)
    }

    fn in_parts(&self, db: &Connection, events: &[&Event], parts: &[String]) -> Result<Vec<bool>> {
        timeline::in_parts(db, events, parts)
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

    fn follower(&self) -> Option<&'static dyn Follower> {
        Some(&history::FOLLOWER)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        project.read(|db| check::check(db, findings))?;
        history::check(project, findings)
    }
}
