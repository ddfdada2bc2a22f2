//! Making projects. Each is built as `building`, which nobody sees; one transaction of the site makes it `live`, alone or
//! together with others.
//!
//! Whoever builds holds a file in the project's folder locked. What a process that was killed left behind nobody holds, and it
//! is cleared away by the next one that builds, and by `trackway check`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::{ProjectRow, Site, name_problem, project_event, random_id, title_problem};
use crate::base::db::{self, Schema};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::project::Project;
use crate::base::time::Instant;

/// The file that is there, and held, as long as a project is being built.
const MARK: &str = "building";

/// A project that is being built. It is gone with its folder when this is dropped before it was made live.
pub struct Building<'a> {
    site: &'a Site,
    id: String,
    name: String,
    project: Option<Project>,
    live: bool,
    _held: File,
}

impl Building<'_> {
    /// Tells the site that it is there from now on. Within a transaction that can still fail: only
    /// [`keep`](Self::keep) says that it was committed.
    pub fn make_live(&self, db: &Connection, record: &dyn Fn(&NewEvent) -> Result<i64>) -> Result<()> {
        let id = &self.id;
        let sql = "update project set state = 'live' where id = ?1 and name = ?2 and state = 'building'";
        let made = db.execute(sql, (id, &self.name))?;
        if made == 0 {
            let name = &self.name;
            return Err(Error::conflict(format!("somebody else was making a project `{name}` at the same time")));
        }
        db.execute("delete from project_former_name where name = ?1", [&self.name])?;
        // Nobody follows it before it is live, so what happened until then was told to nobody.
        db.execute(
            "insert into wake (project, at) values (?1, ?2) on conflict (project) do update set at = ?2",
            (id, Instant::now()),
        )?;
        record(&project_event(db, "project.created", id, &self.name)?)?;
        Ok(())
    }

    /// It is live: its folder stays.
    pub fn keep(mut self) {
        self.live = true;
        // One that stays says nothing of a project that is live.
        let _ = fs::remove_file(self.site.folder_of(&self.id).join(MARK));
    }
}

impl Drop for Building<'_> {
    fn drop(&mut self) {
        if self.live {
            return;
        }
        self.project = None;
        if let Err(error) = self.site.clear_away(&self.id) {
            log::warn!("project {}: what was built of it can't be removed: {error}", self.name);
        }
    }
}

impl Site {
    /// Builds a project, lets `fill` put its first contents in, and makes it live. Nothing is seen of it before.
    pub fn create_project(
        &self,
        name: &str,
        title: &str,
        actor: Option<i64>,
        via: Via,
        fill: impl FnOnce(&Project) -> Result<()>,
    ) -> Result<ProjectRow> {
        let building = self.build(name, title, fill)?;
        self.write(actor, via, |db, record| building.make_live(db, record))?;
        building.keep();
        self.load(name)
    }

    /// Builds a project and lets `fill` put its first contents in; it is still to be made live.
    pub fn build(&self, name: &str, title: &str, fill: impl FnOnce(&Project) -> Result<()>) -> Result<Building<'_>> {
        let building = self.begin(name, title)?;
        self.fill(building, true, fill)
    }

    /// The same of a database and files that came from elsewhere, which `unpack` puts into the folder. A database that is
    /// none of ours is refused, an older one brought to the newest schema.
    pub fn build_from(
        &self,
        name: &str,
        title: &str,
        unpack: impl FnOnce(&Path) -> Result<()>,
        fill: impl FnOnce(&Project) -> Result<()>,
    ) -> Result<Building<'_>> {
        let building = self.begin(name, title)?;
        let dir = self.folder_of(&building.id);
        unpack(&dir)?;
        db::adopt(&dir.join("project.db"), Schema::Project)?;
        self.fill(building, false, fill)
    }

    /// Claims the name and makes the folder, which is held from here on.
    fn begin(&self, name: &str, title: &str) -> Result<Building<'_>> {
        let mut problems = Vec::new();
        problems.extend(name_problem(name));
        problems.extend(title_problem(title));
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        self.clear_unfinished()?;
        let id = random_id();
        let dir = self.folder_of(&id);
        let held = fs::create_dir_all(&dir).and_then(|()| {
            let mark = File::create(dir.join(MARK))?;
            mark.lock().map(|()| mark)
        });
        let held = held.map_err(|error| {
            Error::told(format!("the folder of the project can't be made: {error}"), dir.display().to_string())
        })?;
        let building =
            Building { site: self, id: id.clone(), name: name.to_owned(), project: None, live: false, _held: held };
        self.db.write(|db| {
            claim_name(db, name, &id)?;
            db.execute(
                "insert into project (id, name, title, state, created_at) values (?1, ?2, ?3, 'building', ?4)",
                (&id, name, title, Instant::now()),
            )?;
            Ok(())
        })?;
        Ok(building)
    }

    fn fill<'a>(
        &'a self,
        mut building: Building<'a>,
        create: bool,
        fill: impl FnOnce(&Project) -> Result<()>,
    ) -> Result<Building<'a>> {
        let (dir, id) = (self.folder_of(&building.id), &building.id);
        let bells = (Arc::clone(&self.nudge), Arc::clone(&self.news));
        let project = Project::open(&dir, id, self.components, Arc::clone(&self.db), bells, create)?;
        // What happens before anybody sees it wakes nobody.
        project.hold_followers()?;
        fill(&project)?;
        building.project = Some(project);
        Ok(building)
    }

    /// Clears away what those left behind who were killed while they built projects.
    pub fn clear_unfinished(&self) -> Result<()> {
        let mut begun: BTreeSet<String> = self.read(|db| {
            let mut statement = db.prepare_cached("select id from project where state = 'building'")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        for entry in self.folders()? {
            if entry.join(MARK).exists() {
                begun.extend(entry.file_name().map(|id| id.to_string_lossy().into_owned()));
            }
        }
        for id in begun {
            let is_held = match File::options().write(true).open(self.folder_of(&id).join(MARK)) {
                Ok(mark) => mark.try_lock().is_err(),
                Err(_) => false,
            };
            if !is_held {
                self.clear_away(&id)?;
            }
        }
        Ok(())
    }

    /// Takes the folder of a project away that never was live, then its row.
    fn clear_away(&self, id: &str) -> Result<()> {
        let is_known = self.read(|db| {
            let sql = "select exists (select 1 from project where id = ?1 and state <> 'building')";
            Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get::<_, bool>(0))?)
        })?;
        let dir = self.folder_of(id);
        let removed = if is_known { fs::remove_file(dir.join(MARK)) } else { fs::remove_dir_all(&dir) };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.db.write(|db| {
            db.execute("delete from project where id = ?1 and state = 'building'", [id])?;
            Ok(())
        })
    }

    /// Folders below `projects/` that `site.db` does not know.
    pub fn leftovers(&self) -> Result<Vec<PathBuf>> {
        let known: Vec<String> = self.read(|db| {
            let mut statement = db.prepare("select id from project")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let is_known = |folder: &PathBuf| {
            folder.file_name().is_some_and(|id| known.iter().any(|known| **known == *id.to_string_lossy()))
        };
        Ok(self.folders()?.into_iter().filter(|folder| !is_known(folder)).collect())
    }

    fn folders(&self) -> Result<Vec<PathBuf>> {
        match fs::read_dir(self.dir.join("projects")) {
            Ok(entries) => Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>()?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Says who has the name if it is not free for that project. Of two who build under one name at a time the later
/// one has it; the other learns of it when it is ready.
pub(super) fn claim_name(db: &Connection, name: &str, but: &str) -> Result<()> {
    let taken: bool = db.query_row(
        "select exists (select 1 from project where name = ?1 and id <> ?2 and state <> 'building')",
        [name, but],
        |row| row.get(0),
    )?;
    if taken {
        return Err(Error::invalid("name", format!("There is a project `{name}` already.")));
    }
    db.execute("update project set name = id where name = ?1 and id <> ?2 and state = 'building'", [name, but])?;
    Ok(())
}
