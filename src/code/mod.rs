//! The git repositories of a project. So far they are connected and listed.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::base::component::Component;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN};

pub struct Code;

pub static COMPONENT: Code = Code;

impl Component for Code {
    fn name(&self) -> &'static str {
        "code"
    }
}

#[derive(Debug, Clone)]
pub struct Repository {
    pub name: String,
    pub path: String,
}

/// The git directory of the repository that a folder lies in, if any.
pub fn discover(folder: &Path) -> Option<PathBuf> {
    let repository = git2::Repository::discover(folder).ok()?;
    Some(repository.path().to_owned())
}

/// How a repository is called after its folder: `trackway` for `…/trackway/.git` and for `…/trackway.git`.
pub fn name_of(git_directory: &Path) -> String {
    let own = git_directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if own == ".git" {
        let folder = git_directory.parent().and_then(Path::file_name).unwrap_or_default();
        return folder.to_string_lossy().into_owned();
    }
    own.strip_suffix(".git").unwrap_or(&own).to_owned()
}

/// Connects a repository that is there and can be read.
pub fn connect(project: &Project, by: Act<'_>, path: &Path, name: &str) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
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

pub fn list(db: &Connection) -> Result<Vec<Repository>> {
    let mut statement = db.prepare_cached("select name, path from repository order by name")?;
    let rows = statement
        .query_map([], |row| Ok(Repository { name: row.get(0)?, path: row.get(1)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
