//! `trackway check` and `trackway upgrade`, and what an upgrade does to the pages that came with the program.

use std::sync::Arc;

use clap::Args;

use super::Shell;
use super::output::print;
use crate::app::COMPONENTS;
use crate::auth::permissions;
use crate::base::audit;
use crate::base::error::{Error, Result};
use crate::base::event::{self, Via};
use crate::base::project::{Act, Project};
use crate::base::site::{self, ProjectRow, Site, State};
use crate::base::time::Instant;
use crate::base::viewer::Principal;
use crate::wiki::{defaults, relink};

#[derive(Debug, Args)]
pub struct Check {
    /// Only this project
    project: Option<String>,
}

#[derive(Debug, Args)]
pub struct Upgrade {}

pub fn check(shell: &Shell, check: &Check) -> Result<()> {
    let site = shell.site()?;
    shell.administrator(&site)?;
    let rows = match &check.project {
        Some(name) => vec![site.load(name)?],
        None => site.projects()?,
    };
    let mut findings = Vec::new();
    if check.project.is_none() {
        findings.extend(site.leftovers()?.iter().map(|path| format!("{}: belongs to no project", path.display())));
        let mut own = integrity(site.db())?;
        own.extend(site.read(audit::check)?);
        findings.extend(own.into_iter().map(|finding| format!("site.db: {finding}")));
    }
    for row in &rows {
        let mut own = Vec::new();
        match site.project(row) {
            Ok(project) => {
                if let Err(error) = check_project(&project, &mut own) {
                    own.push(error.to_string());
                }
            }
            Err(error) => own.push(error.to_string()),
        }
        findings.extend(own.into_iter().map(|finding| format!("{}: {finding}", row.name)));
    }
    for finding in &findings {
        print(&format!("{finding}\n"))?;
    }
    if findings.is_empty() {
        return print(&format!("{} projects checked, nothing found\n", rows.len()));
    }
    Err(Error::conflict(format!("{} findings", findings.len())))
}

fn check_project(project: &Project, findings: &mut Vec<String>) -> Result<()> {
    findings.extend(integrity(project.db())?);
    findings.extend(project.read(audit::check)?);
    findings.extend(
        project
            .read(event::parked)?
            .into_iter()
            .map(|parked| format!("event {} is parked by {}: {}", parked.event, parked.follower, parked.error)),
    );
    COMPONENTS.iter().try_for_each(|component| component.check(project, findings))
}

fn integrity(db: &crate::base::db::Db) -> Result<Vec<String>> {
    db.read(|db| {
        let mut findings: Vec<String> = db
            .prepare("pragma integrity_check(20)")?
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<_>>()?;
        findings.retain(|line| line != "ok");
        let dangling: i64 = db.query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))?;
        if dangling > 0 {
            findings.push(format!("{dangling} rows refer to what is not there"));
        }
        Ok(findings)
    })
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
