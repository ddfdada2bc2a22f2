//! What the server does beside answering: the followers of all projects, the daily tidying up, the closing of projects that
//! nobody uses.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{ProjectRow, Site};
use crate::base::event;
use crate::base::project::Project;
use crate::base::time::Instant;

/// Unused for so long, a project is closed.
const IDLE_SECONDS: i64 = 600;
/// Components tidy up so often.
const TENDED_EVERY_SECONDS: i64 = 86_400;

impl Site {
    /// Runs the followers of all projects until `stop` says so. One thread of the server does this.
    pub fn run_followers(&self, stop: &dyn Fn() -> bool) {
        let mut site_version = None;
        let mut versions: HashMap<String, i64> = HashMap::new();
        let everything = self.projects().unwrap_or_default();
        for row in &everything {
            self.follow_row(row);
        }
        let mut tended = None;
        // Streams may have been opened before this began, and their sessions may have ended since.
        let mut told = None;
        while !stop() {
            self.nudge.wait(Duration::from_millis(200));
            if tended.is_none_or(|at: Instant| at.plus_seconds(TENDED_EVERY_SECONDS) < Instant::now()) {
                tended = Some(Instant::now());
                self.tend();
            }
            if let Ok(version) = self.db.data_version()
                && site_version.replace(version) != Some(version)
            {
                self.follow_woken();
            }
            self.tell_of_accounts(&mut told);
            let open: Vec<Arc<Project>> =
                self.open.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
            for project in open {
                let version = project.db().data_version().unwrap_or(0);
                let changed = versions.insert(project.id().to_owned(), version) != Some(version);
                if changed || project.is_due() || !project.holds_followers() {
                    catch_up(&project);
                }
            }
            self.close_idle(&mut versions);
        }
    }

    /// Streams that are open end with their session and their account, whether or not there is any news. `told`: the newest
    /// event of the site that they were told of.
    fn tell_of_accounts(&self, told: &mut Option<i64>) {
        match self.read(event::newest) {
            Ok(newest) if told.replace(newest) == Some(newest) => {}
            Ok(_) => self.news().tell_of_accounts(),
            Err(error) => log::error!("events of the site: {error}"),
        }
    }

    fn follow_row(&self, row: &ProjectRow) {
        match self.project(row) {
            Ok(project) => catch_up(&project),
            Err(error) => log::error!("project {}: {error}", row.name),
        }
    }

    /// Lets the components tidy every project up.
    fn tend(&self) {
        for row in self.projects().unwrap_or_default() {
            let tended = self
                .project(&row)
                .and_then(|project| self.components.iter().try_for_each(|component| component.tend(&project)));
            if let Err(error) = tended {
                log::error!("project {}: {error}", row.name);
            }
        }
    }

    /// Projects that another process has written to.
    fn follow_woken(&self) {
        let woken = self.read(|db| {
            let mut statement = db.prepare_cached(
                "select project.*, wake.at as woken_at from wake join project on project.id = wake.project",
            )?;
            let rows = statement
                .query_map([], |row| Ok((ProjectRow::from_row(row)?, row.get::<_, Instant>("woken_at")?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows)
        });
        for (row, at) in woken.unwrap_or_default() {
            self.follow_row(&row);
            let _ =
                self.db.write(|db| Ok(db.execute("delete from wake where project = ?1 and at <= ?2", (&row.id, at))?));
        }
    }

    fn close_idle(&self, versions: &mut HashMap<String, i64>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|id, project| {
            let keep = Arc::strong_count(project) > 1 || project.is_due() || project.idle_seconds() < IDLE_SECONDS;
            if !keep {
                versions.remove(id);
            }
            keep
        });
    }
}

fn catch_up(project: &Project) {
    if let Err(error) = project.catch_up_in_part() {
        log::error!("project {}: followers: {error}", project.id());
    }
}
