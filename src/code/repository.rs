//! Which git repositories belong to a project, and how their commits act. Only their git directory is read, never written.
//!
//! The one that was connected first is the default one: its paths stand in addresses without its name (row V03).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row};

use super::git;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN};

#[derive(Debug, Clone)]
pub struct Repository {
    pub id: i64,
    pub name: String,
    /// The git directory.
    pub path: PathBuf,
    pub description: String,
    /// Branches on which commits close and reopen beside the default one, as they were typed.
    pub acting_branches: String,
    pub acts_as: ActsAs,
    /// The uuid of the account, for [`ActsAs::Account`].
    pub acts_as_account: String,
    pub synced_at: Option<Instant>,
    /// Why the last sync failed; empty if it did not.
    pub trouble: String,
    /// Paths in addresses begin without its name.
    pub is_default: bool,
}

/// Whose rights the commits of a repository have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsAs {
    Author,
    Committer,
    Pusher,
    Account,
    Nobody,
}

impl ActsAs {
    pub const ALL: [Self; 5] = [Self::Author, Self::Committer, Self::Pusher, Self::Account, Self::Nobody];

    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Committer => "committer",
            Self::Pusher => "pusher",
            Self::Account => "account",
            Self::Nobody => "nobody",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acts_as| acts_as.name() == name)
    }
}

const COLUMNS: &str = "repository.*, repository.id = (select min(id) from repository) as is_default";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Repository> {
    let path: String = row.get("path")?;
    let acts_as: String = row.get("acts_as")?;
    Ok(Repository {
        id: row.get("id")?,
        name: row.get("name")?,
        path: path.into(),
        description: row.get("description")?,
        acting_branches: row.get("acting_branches")?,
        acts_as: ActsAs::named(&acts_as).unwrap_or(ActsAs::Nobody),
        acts_as_account: row.get("acts_as_account")?,
        synced_at: row.get("synced_at")?,
        trouble: row.get("trouble")?,
        is_default: row.get("is_default")?,
    })
}

/// All of them, the default one first, then by name.
pub fn list(db: &Connection) -> Result<Vec<Repository>> {
    let mut statement =
        db.prepare_cached(&format!("select {COLUMNS} from repository order by is_default desc, name"))?;
    Ok(statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?)
}

pub fn by_name(db: &Connection, name: &str) -> Result<Option<Repository>> {
    Ok(db
        .prepare_cached(&format!("select {COLUMNS} from repository where name = ?1"))?
        .query_row([name], from_row)
        .optional()?)
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<Repository>> {
    Ok(db
        .prepare_cached(&format!("select {COLUMNS} from repository where id = ?1"))?
        .query_row([id], from_row)
        .optional()?)
}

/// The git directory of the repository that a folder lies in, if any.
pub fn discover(folder: &Path) -> Option<PathBuf> {
    git::trust_all_owners();
    let repository = git2::Repository::discover(folder).ok()?;
    Some(repository.path().to_owned())
}

/// How a repository is called after its folder: `trackway` for `…/trackway/.git` and for `…/trackway.git`.
pub fn name_of(git_directory: &Path) -> String {
    let own = git_directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = if own == ".git" {
        git_directory.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
    } else {
        own.strip_suffix(".git").unwrap_or(&own).to_owned()
    };
    let name: String =
        name.chars().map(|character| if is_fit(character) { character } else { '-' }).take(100).collect();
    let name = name.trim();
    if name_problem(name).is_none() { name.to_owned() } else { "repository".to_owned() }
}

fn is_fit(character: char) -> bool {
    !character.is_control() && !"/@#?\\".contains(character)
}

/// Connects a repository that is there and can be read. What is in it becomes known with its first sync.
pub fn connect(project: &Project, by: Act<'_>, path: &Path, name: &str) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    if let Some(problem) = name_problem(name) {
        return Err(Error::invalid("--name", problem));
    }
    git::trust_all_owners();
    let found = git2::Repository::open(path).map_err(|error| {
        Error::invalid("--repo", format!("{} is no git repository: {}.", path.display(), error.message()))
    })?;
    let directory = found.path().to_string_lossy().into_owned();
    project.write(by, |tx| {
        let taken: bool =
            tx.query_row("select exists (select 1 from repository where name = ?1)", [name], |row| row.get(0))?;
        if taken {
            return Err(Error::invalid("--name", format!("There is a repository `{name}` already.")));
        }
        tx.execute("insert into repository (name, path, added_at) values (?1, ?2, ?3)", (name, &directory, tx.now()))?;
        let id = tx.last_insert_rowid();
        tx.record(&NewEvent::new("repository.added", Resource::new("repository", id), DEFAULT_CLASS))?;
        Ok(())
    })
}

/// Names stand in addresses and links, so they are one segment without blanks at their ends.
fn name_problem(name: &str) -> Option<String> {
    let bad = name.is_empty()
        || name.chars().count() > 100
        || name.trim() != name
        || [".", ".."].contains(&name)
        || !name.chars().all(is_fit);
    bad.then(|| {
        format!(
            "`{name}` can't be a repository's name: 1 to 100 characters, without / @ # ? \\ and blanks at its ends."
        )
    })
}
