//! The code of a project: its git repositories, what was committed to them, and what commit messages do (DESIGN 7).
//!
//! `git` reads a repository, `store` keeps what the project knows of commits, `repository` says which repositories there
//! are, `commit_refs` understands messages. Tickets are not known here: a commit's orders go to whoever has tickets through
//! [`crate::base::component::Component::obey`].

pub mod commit_refs;
pub mod git;
pub mod repository;
pub mod store;

use crate::base::component::Component;
use crate::base::viewer::{ByDefault, Permission};

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

    fn permissions(&self) -> &'static [Permission] {
        &[BROWSER_VIEW, FILE_VIEW, LOG_VIEW, CHANGESET_VIEW, VERSIONCONTROL_ADMIN]
    }
}
