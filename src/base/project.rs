//! One project: its folder, its database, and the one way to change it.
//!
//! `projects/<id>/` holds `project.db`, `files/` (attachments by content hash), `index/` and `cache.db`; the last two are
//! derived and may be deleted (DESIGN 1.1).

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use super::audit::{self, Forgotten};
use super::component::Components;
use super::db::{Db, Schema};
use super::error::Result;
use super::event::{self, Event, NewEvent, Stamp, Via};
use super::markup::{Cache, Compiled};
use super::news::News;
use super::resource::Resource;
use super::site::Nudge;
use super::time::Instant;
use super::viewer::{Credential, DEFAULT_CLASS, Viewer};

pub struct Project {
    id: String,
    dir: PathBuf,
    db: Db,
    cache: Cache,
    components: Components,
    site_db: Arc<Db>,
    nudge: Arc<Nudge>,
    news: Arc<News>,
    /// Held while this process runs the followers of this project.
    followers: Mutex<Option<File>>,
    due: AtomicBool,
    last_used: AtomicI64,
}

/// Who changes something, and by which door.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub viewer: &'a Viewer,
    pub via: Via,
    /// When it happened, for what is told afterwards: then nobody is mailed and no page stirs. None: now.
    pub happened_at: Option<Instant>,
    /// The first event of a greater act that this one is a part of.
    pub batch: Option<i64>,
}

impl<'a> Act<'a> {
    pub fn new(viewer: &'a Viewer, via: Via) -> Self {
        Self { viewer, via, happened_at: None, batch: None }
    }

    /// The same act, as a part of the one that began with that event.
    pub fn within(self, batch: i64) -> Self {
        Self { batch: Some(batch), ..self }
    }

    /// The same act, as it was done at that instant.
    pub fn at(self, happened_at: Instant) -> Self {
        Self { happened_at: Some(happened_at), ..self }
    }
}

/// How far the followers have come; what keeps them from the end counts more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CaughtUp {
    Wholly,
    /// One waits for another try.
    Waits,
    /// One goes on with what it has begun.
    Partly,
}

/// An open write transaction of a project. Derefs to the connection; records events.
pub struct Tx<'a> {
    db: &'a Connection,
    project: &'a Project,
    stamp: Stamp,
    first_event: Cell<Option<i64>>,
    reacting: RefCell<u8>,
    said: RefCell<Option<Said>>,
}

/// What somebody says along with a change of one thing, for whatever else changes with it.
#[derive(Debug, Clone)]
pub struct Said {
    pub text: String,
    /// The same as a note.
    pub compiled: Arc<Compiled>,
}

impl Project {
    pub(super) fn open(
        dir: &Path,
        id: &str,
        components: Components,
        site_db: Arc<Db>,
        (nudge, news): (Arc<Nudge>, Arc<News>),
        create: bool,
    ) -> Result<Self> {
        let path = dir.join("project.db");
        let db = if create {
            std::fs::create_dir_all(dir.join("files"))?;
            Db::create(&path, Schema::Project)?
        } else {
            Db::open(&path, Schema::Project)?
        };
        Ok(Self {
            id: id.to_owned(),
            dir: dir.to_owned(),
            db,
            cache: Cache::open(&dir.join("cache.db")),
            components,
            site_db,
            nudge,
            news,
            followers: Mutex::default(),
            due: AtomicBool::new(true),
            last_used: AtomicI64::new(Instant::now().seconds()),
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn components(&self) -> Components {
        self.components
    }

    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    pub fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.db.read(act)
    }

    /// The only way to change a project: one transaction in which events are recorded and heard.
    pub fn write<T>(&self, by: Act<'_>, act: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let written = self.db.write(|db| {
            let stamp = Stamp {
                actor: person_of(db, by.viewer)?,
                via: by.via,
                happened_at: by.happened_at.unwrap_or_else(Instant::now),
                batch: None,
                live: by.happened_at.is_none(),
            };
            let tx = Tx {
                db,
                project: self,
                stamp,
                first_event: Cell::new(by.batch),
                reacting: RefCell::new(0),
                said: RefCell::default(),
            };
            let result = act(&tx)?;
            Ok((result, tx.first_event.get().is_some()))
        });
        let (result, told) = written?;
        if told {
            self.wake_followers();
        }
        Ok(result)
    }

    /// Lets the followers know: in this process at once, in another one through the site.
    pub fn wake_followers(&self) {
        if self.holds_followers() {
            self.due.store(true, Ordering::SeqCst);
            self.nudge.ring();
            return;
        }
        let woken = self.site_db.write(|db| {
            db.prepare_cached(
                "insert into wake (project, at) values (?1, ?2) on conflict (project) do update set at = ?2",
            )?
            .execute((&self.id, Instant::now()))?;
            Ok(())
        });
        if let Err(error) = woken {
            log::warn!("{}: followers were not woken: {error}", self.id);
        }
    }

    pub fn holds_followers(&self) -> bool {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Becomes the process that runs this project's followers, unless another one is.
    pub fn hold_followers(&self) -> Result<bool> {
        let mut held = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(true);
        }
        let file = File::options().create(true).truncate(false).write(true).open(self.dir.join("lock"))?;
        if file.try_lock().is_err() {
            return Ok(false);
        }
        *held = Some(file);
        Ok(true)
    }

    /// Lets the followers catch up with everything that has happened. False if they wait for a retry.
    /// Another process may be the one that runs them; then there is nothing to do here.
    pub fn catch_up(&self) -> Result<bool> {
        loop {
            match self.catch_up_in_part()? {
                CaughtUp::Partly => {}
                CaughtUp::Wholly => return Ok(true),
                CaughtUp::Waits => return Ok(false),
            }
        }
    }

    /// The same, but a follower with much to do is left in the middle of it, so that nobody waits for it.
    pub(super) fn catch_up_in_part(&self) -> Result<CaughtUp> {
        if !self.hold_followers()? {
            return Ok(CaughtUp::Wholly);
        }
        self.due.store(false, Ordering::SeqCst);
        // Who is looking does not wait for the followers.
        let told = self.news.tell(self).unwrap_or_else(|error| {
            log::warn!("{}: pages that are open were not told: {error}", self.id);
            Arc::from([])
        });
        let done = self.run_followers()?;
        self.news.tell_followed(self, told);
        if done != CaughtUp::Wholly {
            self.due.store(true, Ordering::SeqCst);
        }
        if done == CaughtUp::Partly {
            self.nudge.ring();
        }
        Ok(done)
    }

    fn run_followers(&self) -> Result<CaughtUp> {
        let mut done = CaughtUp::Wholly;
        for follower in self.components.iter().filter_map(|component| component.follower()) {
            loop {
                match event::advance(self, follower)? {
                    event::Round::Idle => break,
                    event::Round::Moved => {}
                    event::Round::Partly => {
                        done = CaughtUp::Partly;
                        break;
                    }
                    event::Round::Waits(_) => {
                        done = done.max(CaughtUp::Waits);
                        break;
                    }
                }
            }
        }
        Ok(done)
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.load(Ordering::SeqCst)
    }

    pub(super) fn used(&self) {
        self.last_used.store(Instant::now().seconds(), Ordering::Relaxed);
    }

    pub(super) fn idle_seconds(&self) -> i64 {
        Instant::now().seconds() - self.last_used.load(Ordering::Relaxed)
    }
}

impl Tx<'_> {
    /// Who is changing it: none for anonymous.
    pub fn actor(&self) -> Option<i64> {
        self.stamp.actor
    }

    pub fn via(&self) -> Via {
        self.stamp.via
    }

    pub fn now(&self) -> Instant {
        self.stamp.happened_at
    }

    pub fn project(&self) -> &Project {
        self.project
    }

    /// Keeps what is said along with the change for components that write it down where they react: events hold no text.
    pub fn say(&self, said: Said) {
        *self.said.borrow_mut() = Some(said);
    }

    pub fn said(&self) -> Option<Said> {
        self.said.borrow().clone()
    }

    /// Writes the event and hands it to every component, all within this transaction. Returns its id.
    pub fn record(&self, event: &NewEvent) -> Result<i64> {
        self.record_as(event, self.stamp)
    }

    /// The same for what has a time of its own, such as a commit. What is not `live` is found and listed, but no page stirs.
    pub fn record_at(&self, event: &NewEvent, happened_at: Instant, live: bool) -> Result<i64> {
        self.record_as(event, Stamp { happened_at, live, ..self.stamp })
    }

    fn record_as(&self, event: &NewEvent, stamp: Stamp) -> Result<i64> {
        let stamp = Stamp { batch: self.first_event.get(), ..stamp };
        let id = event::insert(self.db, Schema::Project, event, &stamp)?;
        if self.first_event.get().is_none() {
            self.first_event.set(Some(id));
        }
        let depth = self.reacting.replace_with(|depth| *depth + 1);
        // A reaction may record in its turn (a commit closes a ticket), but never for ever.
        let result = if depth < 4 { self.tell(id, event, &stamp) } else { Ok(()) };
        self.reacting.replace_with(|depth| *depth - 1);
        result.map(|()| id)
    }

    fn tell(&self, id: i64, event: &NewEvent, stamp: &Stamp) -> Result<()> {
        let event = Event {
            id,
            recorded_at: stamp.happened_at,
            happened_at: stamp.happened_at,
            actor: stamp.actor,
            via: stamp.via.name().to_owned(),
            kind: event.kind.to_owned(),
            resource: event.resource.clone(),
            part: event.part.clone(),
            acl: event.acl,
            batch: stamp.batch,
            live: stamp.live,
            data: event.data.clone(),
        };
        self.project.components.iter().try_for_each(|component| component.react(self, &event))
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

/// The row of whoever writes, made or brought up to date: accounts by `uuid`, never by name (DESIGN 1.2).
fn person_of(db: &Connection, viewer: &Viewer) -> Result<Option<i64>> {
    if viewer.principal.credential == Credential::Operator {
        let known = db
            .prepare_cached("select id from person where kind = 'operator'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        if known.is_some() {
            return Ok(known);
        }
        db.execute("insert into person (login, display_name, kind) values ('operator', 'Operator', 'operator')", [])?;
        return Ok(Some(db.last_insert_rowid()));
    }
    match &viewer.principal.identity {
        Some(identity) => person_of_account(db, &identity.uuid, &identity.login, &identity.display_name).map(Some),
        None => Ok(None),
    }
}

/// The person of an account, made if the project has not met it yet; the name follows the account's.
pub fn person_of_account(db: &Connection, uuid: &str, login: &str, display_name: &str) -> Result<i64> {
    let known: Option<(i64, String, String)> = db
        .prepare_cached("select id, login, display_name from person where uuid = ?1")?
        .query_row([uuid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match known {
        Some((id, known_login, known_name)) => {
            if known_login != login || known_name != display_name {
                db.execute("update person set login = ?2, display_name = ?3 where id = ?1", (id, login, display_name))?;
                tell_of_person(db, "person.renamed", id)?;
            }
            Ok(id)
        }
        None => {
            db.execute(
                "insert into person (uuid, login, display_name, kind) values (?1, ?2, ?3, 'account')",
                (uuid, login, display_name),
            )?;
            let id = db.last_insert_rowid();
            tell_of_person(db, "person.met", id)?;
            Ok(id)
        }
    }
}

/// Lets a project know that an account has another name, if it has met the account. The former one goes on leading there.
pub fn rename_person(project: &Project, uuid: &str, login: &str, display_name: &str) -> Result<()> {
    let known = project.db.write(|db| {
        let Some((id, former)) = person_of_uuid(db, uuid)? else { return Ok(false) };
        if former != login {
            db.execute("delete from person_former_login where person = ?1 and login = ?2", (id, login))?;
            db.execute("insert or ignore into person_former_login (login, person) values (?1, ?2)", (&former, id))?;
        }
        db.execute("update person set login = ?2, display_name = ?3 where id = ?1", (id, login, display_name))?;
        record_of_person(db, "person.renamed", id, authored(project.components))?;
        Ok(true)
    })?;
    if known {
        project.wake_followers();
    }
    Ok(())
}

/// Lets a project forget who somebody was: what they did stays, and is by `neutral`. `texts`: what they were called. Done
/// again, it does nothing.
pub fn forget_person(project: &Project, uuid: &str, neutral: &str, texts: &[&str]) -> Result<()> {
    let known = project.db.write(|db| {
        forget_belongings(db, uuid)?;
        let Some((id, _)) = person_of_uuid(db, uuid)? else { return Ok(false) };
        db.execute("delete from person_former_login where person = ?1", [id])?;
        db.execute("delete from permission_grant where subject_kind = 'person' and subject = ?1", [id.to_string()])?;
        db.execute("delete from acl_subject where subject_kind = 'person' and subject = ?1", [id.to_string()])?;
        db.execute(
            "update person set kind = 'former', uuid = null, login = ?2, display_name = '' where id = ?1",
            (id, neutral),
        )?;
        audit::erase(db, &Forgotten { resource: &Resource::new("person", id), texts })?;
        record_of_person(db, "person.forgotten", id, authored(project.components))?;
        Ok(true)
    })?;
    if known {
        project.wake_followers();
    }
    Ok(())
}

fn forget_belongings(db: &Connection, uuid: &str) -> Result<()> {
    for table in tables_by_account(db)? {
        // A name out of the schema itself.
        db.execute(&format!("delete from \"{table}\" where account = ?1"), [uuid])?;
    }
    Ok(())
}

/// Whatever keeps something for an account alone names the account, by its uuid, in a column `account`.
pub fn tables_by_account(db: &Connection) -> Result<Vec<String>> {
    Ok(db
        .prepare(
            "select tables.name from sqlite_schema as tables join pragma_table_info(tables.name) as columns
             where tables.type = 'table' and columns.name = 'account' and columns.type = 'TEXT' collate nocase",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

fn person_of_uuid(db: &Connection, uuid: &str) -> Result<Option<(i64, String)>> {
    Ok(db
        .prepare_cached("select id, login from person where uuid = ?1")?
        .query_row([uuid], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Whatever can be found may name its author: all of it is to be looked at again.
fn authored(components: Components) -> serde_json::Value {
    let kinds: Vec<&str> = components
        .iter()
        .flat_map(|component| component.searchable().iter().map(|searchable| searchable.kind))
        .collect();
    serde_json::json!({ "kinds": kinds })
}

/// So that the followers hear of people, too.
fn tell_of_person(db: &Connection, kind: &'static str, id: i64) -> Result<()> {
    record_of_person(db, kind, id, serde_json::json!({}))
}

fn record_of_person(db: &Connection, kind: &'static str, id: i64, data: serde_json::Value) -> Result<()> {
    let stamp = Stamp { actor: Some(id), via: Via::System, happened_at: Instant::now(), batch: None, live: true };
    event::insert(
        db,
        Schema::Project,
        &NewEvent::new(kind, Resource::new("person", id), DEFAULT_CLASS).data(data),
        &stamp,
    )?;
    Ok(())
}

/// How a person is called on pages: full name, else login; nobody is `anonymous`.
pub fn called(login: Option<&str>, display_name: Option<&str>) -> String {
    match (display_name.filter(|name| !name.is_empty()), login) {
        (Some(name), _) => name.to_owned(),
        (None, Some(login)) => login.to_owned(),
        (None, None) => "anonymous".to_owned(),
    }
}
