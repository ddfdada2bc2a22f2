//! `trackway check` and `trackway upgrade`, and what an upgrade does to the pages that came with the program.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Shell;
use super::output::{List, print};
use crate::admin::safety::{self, Danger};
use crate::auth::permissions;
use crate::base::audit::Auditor;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::Act;
use crate::base::site::{self, ProjectRow, Site, State};
use crate::base::time::Instant;
use crate::base::viewer::Principal;
use crate::upkeep::check;
use crate::wiki::{defaults, relink};

#[derive(Debug, Args)]
pub struct Check {
    /// Only this project
    project: Option<String>,
    /// Say instead what is dangerous as the site is set up now
    #[arg(long, conflicts_with = "project")]
    safety: bool,
}

#[derive(Debug, Args)]
pub struct Upgrade {}

pub fn check(shell: &Shell, check: &Check) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    if check.safety {
        return tell_dangers(shell, &safety::dangers(&site, Auditor::of_site(&principal)?)?);
    }
    let rows = match &check.project {
        Some(name) => vec![site.load(name)?],
        None => site.projects()?,
    };
    if check.project.is_none() {
        site.clear_unfinished()?;
    }
    let findings = match check.project {
        Some(_) => check::projects(&site, &rows),
        None => check::site(&site, &rows)?,
    };
    for finding in &findings {
        print(&format!("{finding}\n"))?;
    }
    if findings.is_empty() {
        return print(&format!("{} projects checked, nothing found\n", rows.len()));
    }
    Err(Error::conflict(format!("{} findings", findings.len())))
}

fn tell_dangers(shell: &Shell, dangers: &[Danger]) -> Result<()> {
    let mut list = List::new(&["name", "what", "remedy"]);
    for danger in dangers {
        list.row(vec![json!(danger.name), json!(danger.what), json!(danger.remedy)]);
    }
    list.print(shell.format)
}

pub fn upgrade(shell: &Shell, _: &Upgrade) -> Result<()> {
    shell.refuse_as("upgrade")?;
    let upgraded = site::upgrade(&shell.data)?;
    for copy in &upgraded.copies {
        print(&format!("upgraded; the state before is in {}\n", copy.display()))?;
    }
    let pages = refresh_manuals(&shell.site()?);
    if pages > 0 {
        print(&format!("{pages} pages of the manual brought up to date\n"))?;
    }
    match (upgraded.failed.first(), upgraded.copies.is_empty() && pages == 0) {
        (Some(_), _) => Err(Error::conflict(format!("not upgraded: {}", upgraded.failed.join("; ")))),
        (None, true) => print("nothing to upgrade\n"),
        (None, false) => Ok(()),
    }
}

/// Brings the links of every project to the form of this program, and the manual where nobody has changed it. Returns how many pages were
/// written. What fails is logged: a manual is no reason not to go on.
pub(super) fn refresh_manuals(site: &Site) -> usize {
    let refresh = |row: &ProjectRow| {
        let project = site.project(row)?;
        let Some(viewer) = permissions::enter(&project, row, &Arc::new(Principal::operator()))? else { return Ok(0) };
        relink::refresh(site, &project, &viewer)?;
        defaults::refresh(site, &project, Act::new(&viewer, Via::System).at(Instant::now()))
    };
    let rows = site.projects().unwrap_or_default();
    let mut pages = 0;
    for row in rows.iter().filter(|row| row.state == State::Live) {
        match refresh(row) {
            Ok(written) => pages += written,
            Err(error) => log::error!("project {}: its manual is not up to date: {error}", row.name),
        }
    }
    pages
}
