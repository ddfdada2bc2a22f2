//! Bringing a whole data folder to the newest schema.

use std::fs;
use std::path::{Path, PathBuf};

use super::Site;
use super::folder::lock_file;
use crate::base::db::{self, Schema};
use crate::base::error::{Error, Result};

/// What an upgrade did.
#[derive(Debug, Default)]
pub struct Upgraded {
    /// The copies of the state before that were kept; empty if nothing was to do.
    pub copies: Vec<PathBuf>,
    /// Databases of projects that are as they were, each with the reason.
    pub failed: Vec<String>,
}

/// Brings the whole folder to the newest schema, alone on it. One damaged project does not keep the others back.
pub fn upgrade(dir: &Path) -> Result<Upgraded> {
    if !Site::exists(dir) {
        return Err(Error::not_found(format!("there is no Trackway site in {}", dir.display())));
    }
    let lock = lock_file(dir)?;
    if lock.try_lock().is_err() {
        return Err(Error::conflict(
            "another Trackway process is using the data folder; stop it, then run the upgrade again".to_owned(),
        ));
    }
    let mut upgraded = Upgraded::default();
    upgraded.copies.extend(db::upgrade(&dir.join("site.db"), Schema::Site)?);
    for path in project_databases(dir)? {
        match db::upgrade(&path, Schema::Project) {
            Ok(copy) => upgraded.copies.extend(copy),
            Err(error) => upgraded.failed.push(format!("{}: {error}", path.display())),
        }
    }
    Ok(upgraded)
}

/// Whether any database of the folder is of an older schema.
pub fn outdated(dir: &Path) -> Result<bool> {
    if db::outdated(&dir.join("site.db"), Schema::Site)? {
        return Ok(true);
    }
    for path in project_databases(dir)? {
        // One damaged project must not keep the others from being served.
        if db::outdated(&path, Schema::Project).unwrap_or_else(|error| {
            log::error!("{}: {error}", path.display());
            false
        }) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn project_databases(dir: &Path) -> Result<Vec<PathBuf>> {
    let projects = dir.join("projects");
    let mut paths = Vec::new();
    if projects.exists() {
        for entry in fs::read_dir(projects)? {
            let path = entry?.path().join("project.db");
            if path.exists() {
                paths.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}
