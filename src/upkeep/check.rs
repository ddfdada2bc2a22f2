//! Looking through a whole site for what cannot be: `trackway check`, and what a backup is tried out with.

use crate::app::COMPONENTS;
use crate::base::audit;
use crate::base::db::Db;
use crate::base::error::Result;
use crate::base::event;
use crate::base::project::Project;
use crate::base::site::{ProjectRow, Site};

/// Everything that is found in the site and in these projects, each a sentence that says where.
pub fn site(site: &Site, rows: &[ProjectRow]) -> Result<Vec<String>> {
    let mut findings: Vec<String> =
        site.leftovers()?.iter().map(|path| format!("{}: belongs to no project", path.display())).collect();
    let mut own = integrity(site.db())?;
    own.extend(site.read(audit::check)?);
    findings.extend(own.into_iter().map(|finding| format!("site.db: {finding}")));
    findings.extend(projects(site, rows));
    Ok(findings)
}

/// The same of these projects alone.
pub fn projects(site: &Site, rows: &[ProjectRow]) -> Vec<String> {
    let mut findings = Vec::new();
    for row in rows {
        let mut own = Vec::new();
        if let Err(error) = site.project(row).and_then(|project| of_project(&project, &mut own)) {
            own.push(error.to_string());
        }
        findings.extend(own.into_iter().map(|finding| format!("{}: {finding}", row.name)));
    }
    findings
}

fn of_project(project: &Project, findings: &mut Vec<String>) -> Result<()> {
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

fn integrity(db: &Db) -> Result<Vec<String>> {
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
