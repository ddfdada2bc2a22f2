//! `trackway export --static PROJECT DIR --as READER`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::output::{Bar, print};
use super::{Entered, Shell, actor};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::site::{ProjectRow, Site, project_event};
use crate::publish;

/// Write what a reader may see of a project as plain files that need no server
#[derive(Debug, Args)]
pub struct Export {
    /// As pages that work from a disk: the one form there is
    #[arg(long = "static", required = true)]
    as_static: bool,
    project: String,
    /// A folder that is empty or not there yet
    folder: PathBuf,
}

pub fn run(shell: &Shell, export: &Export) -> Result<()> {
    // What leaves the site is for somebody: nobody gets everything because a word was forgotten.
    if shell.as_name.is_none() {
        return Err(Error::invalid("--as", "Name the reader for whom it is: an account, or `anonymous`."));
    }
    let Entered { site, row, viewer, .. } = shell.enter(&export.project)?;
    let mut bar = Bar::new(&row.name, "pages");
    let site = Arc::new(site);
    let done = publish::publish(&site, &row, &viewer.principal, &export.folder, &mut |done, total| bar.at(done, total));
    bar.end();
    let done = done?;
    // For whom it is, is who may have read it.
    note(&site, &row, "project.published", actor(&viewer.principal))?;
    print(&format!("{} pages and {} attachments written\n", done.pages, done.files))
}

/// Notes in the log of the site that something of a project has left it.
pub(super) fn note(site: &Site, row: &ProjectRow, kind: &'static str, by: Option<i64>) -> Result<()> {
    site.write(by, Via::Command, |db, record| record(&project_event(db, kind, &row.id, &row.name)?).map(drop))
}
