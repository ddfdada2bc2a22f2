//! Writing a project into a file.

use std::path::Path;

use rusqlite::Connection;

use crate::admin::create::template::secret_settings;
use crate::app::COMPONENTS;
use crate::base::error::Result;
use crate::base::event::Via;
use crate::base::site::{ProjectRow, Site, project_event};
use crate::upkeep::backup::{Made, make_of_project};

/// Writes everything that a project is into a new file, which nobody but its owner can read, and notes that in the audit log
/// of the site. `actor`: the account that does it.
pub fn export(site: &Site, (actor, via): (Option<i64>, Via), row: &ProjectRow, file: &Path) -> Result<Made> {
    let made = make_of_project(site, row, file, leave_secrets)?;
    site.write(actor, via, |db, record| {
        let event = project_event(db, "project.exported", &row.id, &row.name)?;
        record(&event.saying("file", made.file.file_name().unwrap_or_default().to_string_lossy())).map(drop)
    })?;
    Ok(made)
}

/// Secrets are for the site that keeps them. What was purged goes for good, from between the rows, too.
fn leave_secrets(db: &Connection) -> Result<()> {
    for name in secret_settings(COMPONENTS) {
        db.execute("delete from setting where name = ?1", [name])?;
    }
    db.execute("update repository set secret_hash = null", [])?;
    db.execute_batch("vacuum")?;
    Ok(())
}
