//! The site: the data folder, `site.db`, and the projects that are open.
//!
//! Any number of processes may use one folder; each holds `site.lock` shared, an upgrade holds it alone (DESIGN 3).

mod building;
mod folder;
mod follow;
mod random;
mod upgrade;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::base::component::Components;
use crate::base::db::{Db, Schema};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::{self, NewEvent, Stamp, Via};
use crate::base::job::Jobs;
use crate::base::kept::kept;
use crate::base::markup::Vocabulary;
use crate::base::news::News;
use crate::base::project::Project;
use crate::base::settings::{self, Scope, Setting, Values};
use crate::base::time::Instant;

pub use building::Building;
pub use folder::{RESTORING, claim_empty, network_file_system};
use folder::{lock_shared, prepare_folder, refuse_broken_off};
use random::unhex;
pub use random::{hex, random_bytes, random_id};
pub use upgrade::{Upgraded, outdated, upgrade};

/// At most this many projects are open at once; the one longest unused makes room.
const OPEN: usize = 64;

/// The only source of absolute links, secure cookies and accepted host names (DESIGN 5).
pub const URL: Setting = Setting {
    name: "url",
    scope: Scope::Site,
    values: Values::Checked { takes: "an address that begins with http:// or https://", fits: is_address },
    default: "http://127.0.0.1:8000",
    doc: "The address under which readers reach the site, with the base path if there is one. Counts from the next start on.",
};

fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', '%', ' ', '<', '>', '@'])
    })
}

pub const SITE_TITLE: Setting = Setting {
    name: "title",
    scope: Scope::Site,
    values: Values::Text,
    default: "Trackway",
    doc: "What the site is called where no project is open.",
};

pub const UPLOAD_LIMIT: Setting = Setting {
    name: "upload_limit",
    scope: Scope::Site,
    values: Values::Number(1, 4_294_967_296),
    default: "33554432",
    doc: "The largest file that can be attached, in bytes.",
};

/// They get into a header of every answer, so nothing else may.
fn are_hosts(names: &str) -> bool {
    names.split_whitespace().all(|name| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
            && !name.starts_with(['-', '.', ':'])
    })
}

pub const IMAGE_HOSTS: Setting = Setting {
    name: "image_hosts",
    scope: Scope::Site,
    values: Values::Checked { takes: "names of hosts with blanks between them", fits: are_hosts },
    default: "",
    doc: "Host names, separated by blanks, whose images pages may show in place. Images of other hosts become links.",
};

pub const CAMEL_CASE: Setting = Setting {
    name: "camel_case",
    scope: Scope::Project,
    values: Values::Switch,
    default: "false",
    doc: "Whether CamelCase words are links to pages.",
};

/// The settings that the ground itself asks for.
pub const SETTINGS: &[Setting] = &[URL, SITE_TITLE, UPLOAD_LIMIT, IMAGE_HOSTS, CAMEL_CASE];

/// Names that old addresses without a project begin with.
pub const RESERVED: &[&str] = &[
    "admin", "attachment", "browser", "changeset", "diff", "export", "log", "milestone", "newticket", "prefs", "query",
    "raw-attachment", "report", "roadmap", "search", "ticket", "timeline", "wiki", "zip-attachment",
];

pub struct Site {
    dir: PathBuf,
    db: Arc<Db>,
    components: Components,
    vocabulary: Vocabulary,
    secret: [u8; 32],
    open: Mutex<HashMap<String, Arc<Project>>>,
    nudge: Arc<Nudge>,
    news: Arc<News>,
    jobs: Jobs,
    _lock: File,
}

/// Rings when followers have something to do.
#[derive(Default)]
pub struct Nudge {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Nudge {
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
    }

    /// Waits for a ring, at most so long.
    pub fn wait(&self, at_most: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) =
            self.bell.wait_timeout_while(rung, at_most, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Building,
    Live,
    /// Can be read, not changed.
    Archived,
    Removed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Archived => "archived",
            Self::Removed => "removed",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "live" => Self::Live,
            "archived" => Self::Archived,
            "removed" => Self::Removed,
            _ => Self::Building,
        }
    }
}

/// What `site.db` says of a project.
#[derive(Debug, Clone)]
pub struct ProjectRow {
    pub id: String,
    pub name: String,
    pub title: String,
    pub state: State,
    pub created_at: Instant,
}

impl ProjectRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            title: row.get("title")?,
            state: State::parse(&state),
            created_at: row.get("created_at")?,
        })
    }

    /// The title, or the name of a project without one.
    pub fn called(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }
}

impl Site {
    pub fn exists(dir: &Path) -> bool {
        dir.join("site.db").exists()
    }

    /// Makes an empty site in a folder that is empty or not there yet.
    pub fn create(dir: &Path, components: Components) -> Result<Self> {
        refuse_broken_off(dir)?;
        prepare_folder(dir)?;
        let lock = lock_shared(dir)?;
        // Built beside and renamed, so that a site is there whole or not at all.
        let building = dir.join(format!("site.db.building-{}", random_id()));
        let made = Db::create(&building, Schema::Site)?;
        let secret = random_bytes::<32>();
        made.write(|db| settings::set(db, "secret", &hex(&secret)))?;
        drop(made);
        // A link, unlike a renaming, never takes the place of the site that another process has made meanwhile.
        let placed = fs::hard_link(&building, dir.join("site.db"));
        match placed.map_err(|error| error.kind()) {
            Ok(()) | Err(ErrorKind::AlreadyExists) => fs::remove_file(&building)?,
            Err(_) => fs::rename(&building, dir.join("site.db"))?,
        }
        Self::over(dir, components, lock)
    }

    /// Opens the site of a folder; says what to do where there is none or an older one.
    pub fn open(dir: &Path, components: Components) -> Result<Self> {
        if !Self::exists(dir) {
            return Err(Error::not_found(format!(
                "there is no Trackway site in {}; `trackway serve` or `trackway project create` makes one",
                dir.display()
            )));
        }
        let lock = lock_shared(dir)?;
        Self::over(dir, components, lock)
    }

    fn over(dir: &Path, components: Components, lock: File) -> Result<Self> {
        let db = Db::open(&dir.join("site.db"), Schema::Site)?;
        let secret = db.read(|db| settings::get(db, "secret"))?.and_then(|text| unhex(&text));
        let secret = secret.ok_or_else(|| Error::internal("site.db has no secret"))?;
        Ok(Self {
            dir: dir.to_owned(),
            db: Arc::new(db),
            components,
            vocabulary: components.vocabulary(),
            secret,
            open: Mutex::default(),
            nudge: Arc::default(),
            news: Arc::default(),
            jobs: Jobs::default(),
            _lock: lock,
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn db(&self) -> &Arc<Db> {
        &self.db
    }

    pub fn components(&self) -> Components {
        self.components
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// For signing form tokens and the like; never leaves the server.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What happens, for those who are looking.
    pub fn news(&self) -> &News {
        &self.news
    }

    /// What is made for those who wait for it.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    pub fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.db.read(act)
    }

    /// Changes the site itself and logs it: `actor` is an account.
    pub fn write<T>(
        &self,
        actor: Option<i64>,
        via: Via,
        act: impl FnOnce(&Connection, &dyn Fn(&NewEvent) -> Result<i64>) -> Result<T>,
    ) -> Result<T> {
        self.db.write(|db| {
            let stamp = Stamp { actor, via, happened_at: Instant::now(), batch: None, live: true };
            act(db, &|event| event::insert(db, Schema::Site, event, &stamp))
        })
    }

    /// Projects that exist for readers, by name.
    pub fn projects(&self) -> Result<Vec<ProjectRow>> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached("select * from project where state in ('live', 'archived') order by name")?;
            Ok(statement.query_map([], ProjectRow::from_row)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// All projects whose folders are there: those that were removed, too.
    pub fn kept_projects(&self) -> Result<Vec<ProjectRow>> {
        let rows: Vec<ProjectRow> = self.read(|db| {
            let mut statement = db.prepare_cached("select * from project where state <> 'building' order by name")?;
            Ok(statement.query_map([], ProjectRow::from_row)?.collect::<rusqlite::Result<_>>()?)
        })?;
        Ok(rows.into_iter().filter(|row| self.folder_of(&row.id).join("project.db").exists()).collect())
    }

    /// The project that has that name, through a database that is being read already.
    pub fn find_within(&self, db: &Connection, name: &str) -> Result<Option<ProjectRow>> {
        Ok(db
            .prepare_cached("select * from project where name = ?1 and state in ('live', 'archived')")?
            .query_row([name], ProjectRow::from_row)
            .optional()?)
    }

    /// The project that has that name now.
    pub fn find(&self, name: &str) -> Result<Option<ProjectRow>> {
        let found = self.read(|db| kept(db, name, || self.find_within(db, name)))?;
        Ok(found.as_ref().clone())
    }

    /// What is known of an open project now.
    pub fn row_of(&self, project: &Project) -> Result<ProjectRow> {
        let found = self.read(|db| {
            Ok(db
                .prepare_cached("select * from project where id = ?1 and state in ('live', 'archived')")?
                .query_row([project.id()], ProjectRow::from_row)
                .optional()?)
        })?;
        found.ok_or_else(|| Error::not_found("there is no such project any longer"))
    }

    /// The project that once had that name and has another one now.
    pub fn find_former(&self, name: &str) -> Result<Option<ProjectRow>> {
        self.read(|db| {
            Ok(db
                .prepare_cached(
                    "select project.* from project_former_name
                     join project on project.id = project_former_name.project
                     where project_former_name.name = ?1 and state in ('live', 'archived')",
                )?
                .query_row([name], ProjectRow::from_row)
                .optional()?)
        })
    }

    /// The project of that name, for commands: a missing one is an error that names it.
    pub fn load(&self, name: &str) -> Result<ProjectRow> {
        self.find(name)?.ok_or_else(|| Error::not_found(format!("there is no project `{name}`")))
    }

    /// Opens a project, or gives the one that is open.
    pub fn project(&self, row: &ProjectRow) -> Result<Arc<Project>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(project) = open.get(&row.id) {
            project.used();
            return Ok(Arc::clone(project));
        }
        while open.len() >= OPEN {
            let longest_unused = open
                .values()
                // One whose followers are about to run would forget that they are due.
                .filter(|project| Arc::strong_count(project) == 1 && !(project.holds_followers() && project.is_due()))
                .max_by_key(|project| project.idle_seconds())
                .map(|project| project.id().to_owned());
            let Some(id) = longest_unused else { break };
            open.remove(&id);
        }
        let project = Arc::new(Project::open(
            &self.folder_of(&row.id),
            &row.id,
            self.components,
            Arc::clone(&self.db),
            (Arc::clone(&self.nudge), Arc::clone(&self.news)),
            false,
        )?);
        open.insert(row.id.clone(), Arc::clone(&project));
        Ok(project)
    }

    /// The project if this process has it open; looking does not count as using it.
    pub fn opened(&self, id: &str) -> Option<Arc<Project>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn folder_of(&self, id: &str) -> PathBuf {
        self.dir.join("projects").join(id)
    }

    /// Gives a project another name; the old one goes on leading to it.
    pub fn rename_project(&self, row: &ProjectRow, name: &str, actor: Option<i64>, via: Via) -> Result<()> {
        if let Some(problem) = name_problem(name) {
            return Err(Error::Invalid(vec![problem]));
        }
        self.write(actor, via, |db, record| {
            building::claim_name(db, name, &row.id)?;
            db.execute("delete from project_former_name where name = ?1", [name])?;
            db.execute("update project set name = ?2 where id = ?1", (&row.id, name))?;
            if row.name != name {
                db.execute(
                    "insert or replace into project_former_name (name, project) values (?1, ?2)",
                    (&row.name, &row.id),
                )?;
            }
            let event = project_event(db, "project.renamed", &row.id, &row.name)?;
            record(&event.changing("name", &row.name, name))?;
            Ok(())
        })
    }

    pub fn set_state(&self, row: &ProjectRow, state: State, actor: Option<i64>, via: Via) -> Result<()> {
        self.write(actor, via, |db, record| {
            // A removed project keeps its folder and frees its name.
            let name = if state == State::Removed { &row.id } else { &row.name };
            db.execute("update project set state = ?2, name = ?3 where id = ?1", (&row.id, state.name(), name))?;
            if state == State::Removed {
                db.execute("delete from project_former_name where project = ?1", [&row.id])?;
            }
            let event = project_event(db, "project.state", &row.id, &row.name)?;
            record(&event.changing("state", row.state.name(), state.name()))?;
            Ok(())
        })?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
        Ok(())
    }

    /// Brings a project back that was removed, under a name that is free.
    pub fn restore_project(&self, row: &ProjectRow, name: &str, actor: Option<i64>, via: Via) -> Result<()> {
        if row.state != State::Removed {
            return Err(Error::invalid("name", format!("The project {} is not removed.", row.name)));
        }
        if let Some(problem) = name_problem(name) {
            return Err(Error::Invalid(vec![problem]));
        }
        self.write(actor, via, |db, record| {
            building::claim_name(db, name, &row.id)?;
            db.execute("delete from project_former_name where name = ?1", [name])?;
            db.execute("update project set state = 'live', name = ?2 where id = ?1", (&row.id, name))?;
            let event = project_event(db, "project.state", &row.id, name)?;
            record(&event.changing("state", State::Removed.name(), State::Live.name()))?;
            Ok(())
        })
    }
}

/// An event that tells of a project as a whole, for the log of the site.
pub fn project_event(db: &Connection, kind: &'static str, id: &str, name: &str) -> Result<NewEvent> {
    let row: i64 = db.query_row("select rowid from project where id = ?1", [id], |row| row.get(0))?;
    Ok(NewEvent::new(kind, super::resource::Resource::new("project", row), 1)
        .data(serde_json::json!({ "project": id }))
        .saying("what", name))
}

/// Why that can't be the name of a project; none: it can.
pub fn name_problem(name: &str) -> Option<Problem> {
    let mut characters = name.chars();
    let well_formed = characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|rest| rest.is_ascii_lowercase() || rest.is_ascii_digit() || rest == '-')
        && name.len() <= 39;
    if !well_formed {
        return Some(Problem::new(
            "name",
            format!("`{name}` can't be a project's name: 1 to 39 of a-z, 0-9 and `-`, beginning with a letter."),
        ));
    }
    RESERVED.contains(&name).then(|| {
        Problem::new("name", format!("`{name}` is kept for addresses such as /{name}/…; please choose another name."))
    })
}

/// The same of its title.
pub fn title_problem(title: &str) -> Option<Problem> {
    let bad = title.chars().any(char::is_control) || title.chars().count() > 200;
    bad.then(|| Problem::new("title", "A title is one line of at most 200 characters."))
}
