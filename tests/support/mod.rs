//! Stories over the whole program: a site of its own on disk for each test, people who read pages and send forms.
//!
//! `let test = TestSite::new(); let kim = test.user("kim").member(); kim.save_page("Plan", "Text"); kim.get("/demo/wiki/Plan")`

pub mod answer;
pub mod command;
pub mod commit;
pub mod form;
pub mod person;
pub mod repository;
pub mod work_tree;
pub mod server;
pub mod oidc;
pub mod smtp;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rocket::local::blocking::Client;
use tempfile::TempDir;
use trackway::app;
use trackway::auth::permissions::{self, Subject};
use trackway::auth::{accounts, groups, operator, sessions};
use trackway::base::commands;
use trackway::base::event::Via;
use trackway::base::project::{Act, Project};
use trackway::base::site::{ProjectRow, Site};
use trackway::base::viewer::Viewer;
use trackway::ticket::tally;
use trackway::web::address::SiteAddress;
use trackway::web::limits;

use command::Output;
pub use person::Person;

/// Where the site of a test thinks that it lives.
pub const ADDRESS: &str = "http://127.0.0.1:8000";

/// SQL that counts all tickets again, for tickets that were put in or changed by SQL.
pub fn count_tickets() -> String {
    let count = |field: &str| {
        let value = if field.is_empty() { "0".to_owned() } else { format!("coalesce({field}, 0)") };
        format!(
            "insert into ticket_tally (milestone, field, value, status, acl, tickets)
             select coalesce(milestone, 0), '{field}', {value}, status, acl, count(*) from ticket group by 1, 3, 4, 5;"
        )
    };
    let counts: String = std::iter::once("").chain(tally::FIELDS).map(count).collect();
    format!("delete from ticket_tally; {counts}")
}

/// A site with the project `demo`, in a folder of its own that goes with it.
pub struct TestSite {
    pub site: Arc<Site>,
    pub client: Client,
    folder: TempDir,
}

impl TestSite {
    /// `demo` is empty and for its members.
    pub fn new() -> Self {
        Self::with_project(false)
    }

    /// Anonymous people read `demo`, all who are signed in write in it.
    pub fn public() -> Self {
        Self::with_project(true)
    }

    fn with_project(public: bool) -> Self {
        commands::describe(trackway::cli::described::commands);
        let folder = tempfile::tempdir().unwrap();
        let site = Arc::new(Site::create(&folder.path().join("data"), app::COMPONENTS).unwrap());
        let client = client(&site);
        let test = Self { site, client, folder };
        // However busy the machine is, what a request can make by itself is there at once; a test that wants to wait says so.
        test.site.jobs().try_for(Duration::from_secs(60));
        // People of a test are all new here, and in a hurry; a test of limits sets its own.
        test.site.db().write(|db| limits::NEW_ACCOUNT_WRITES.save(db, "0")).unwrap();
        test.project("demo", public);
        test
    }

    /// A site like the one in that folder, which nobody has open.
    pub fn copied(model: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(model, folder.path());
        let site = Arc::new(Site::open(&folder.path().join("data"), app::COMPONENTS).unwrap());
        let test = Self { client: client(&site), site, folder };
        test.site.jobs().try_for(Duration::from_secs(60));
        test
    }

    /// Another way into the same site, for another thread; its files are not to be had by it.
    pub fn another_door(&self) -> Self {
        Self { site: Arc::clone(&self.site), client: client(&self.site), folder: tempfile::tempdir().unwrap() }
    }

    /// Makes another project.
    pub fn project(&self, name: &str, public: bool) -> Arc<Project> {
        let defined = self.site.components().permissions();
        let fill = |project: &Project| project.db().write(|db| permissions::grant_defaults(db, &defined, public));
        let row = self.site.create_project(name, "", None, Via::Command, fill).unwrap();
        self.site.project(&row).unwrap()
    }

    pub fn row(&self, project: &str) -> ProjectRow {
        self.site.load(project).unwrap()
    }

    pub fn demo(&self) -> Arc<Project> {
        self.site.project(&self.row("demo")).unwrap()
    }

    /// Who may do everything in `demo`, as commands do.
    pub fn operator(&self) -> Viewer {
        let operator = operator(&self.site, None).unwrap();
        Arc::unwrap_or_clone(permissions::enter(&self.demo(), &self.row("demo"), &operator).unwrap().unwrap())
    }

    pub fn anonymous(&self) -> Person<'_> {
        Person::new(self, "", None)
    }

    /// A new account, signed in, without a password and without any right of its own.
    pub fn user(&self, login: &str) -> Person<'_> {
        self.account(login, false)
    }

    /// A new account that administers the site, signed in.
    pub fn admin(&self, login: &str) -> Person<'_> {
        self.account(login, true)
    }

    /// The same person in another browser.
    pub fn signed_in(&self, login: &str) -> Person<'_> {
        let account = self.site.read(|db| accounts::load(db, login)).unwrap();
        let session = self.site.db().write(|db| sessions::begin(db, account.id, "tests")).unwrap();
        Person::new(self, login, Some(session))
    }

    fn account(&self, login: &str, admin: bool) -> Person<'_> {
        let new = accounts::NewAccount { login, display_name: "", email: "", password: None, admin };
        self.site.write(None, Via::Command, |db, record| accounts::create(db, record, &new)).unwrap();
        self.signed_in(login)
    }

    pub fn group(&self, name: &str, logins: &[&str]) {
        let logins: Vec<String> = logins.iter().map(|login| (*login).to_owned()).collect();
        self.site
            .write(None, Via::Command, |db, record| {
                groups::create(db, record, name)?;
                groups::add(db, record, name, &logins)
            })
            .unwrap();
    }

    /// Grants rights in `demo` to an account, a group, `anonymous`, `authenticated` or `members`.
    pub fn grant(&self, subject: &str, names: &[&str]) {
        let (act, subject, names) = (self.operator(), self.subject(subject), owned(names));
        permissions::grant(&self.demo(), by(&act), &subject, &names).unwrap();
    }

    pub fn revoke(&self, subject: &str, names: &[&str]) {
        let (act, subject, names) = (self.operator(), self.subject(subject), owned(names));
        permissions::revoke(&self.demo(), by(&act), &subject, &names).unwrap();
    }

    fn subject(&self, name: &str) -> Subject {
        permissions::subject(&self.site, &self.demo(), name).unwrap()
    }

    /// Lets search and all other followers of `demo` hear what has happened.
    pub fn catch_up(&self) {
        let caught_up = self.demo().catch_up().unwrap();
        assert!(caught_up, "a follower waits for another try: {:?}", self.parked());
    }

    /// Events that a follower gave up on.
    pub fn parked(&self) -> Vec<(String, String)> {
        self.demo()
            .read(|db| {
                let mut statement = db.prepare("select follower, error from parked_event")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    /// How much has happened in the site and in all projects.
    pub fn event_count(&self) -> i64 {
        let count = |db: &rusqlite::Connection| Ok(db.query_row("select count(*) from event", [], |row| row.get(0))?);
        let mut sum: i64 = self.site.read(count).unwrap();
        for row in self.site.projects().unwrap() {
            sum += self.site.project(&row).unwrap().read(count).unwrap();
        }
        sum
    }

    /// Closes the site and leaves its folder, for other processes.
    pub fn close(self) -> TempDir {
        self.folder
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs the real program on this folder.
    pub fn command(&self, arguments: &[&str]) -> Output {
        command::run(&self.data(), arguments, b"")
    }

    pub fn command_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
        command::run(&self.data(), arguments, input.as_ref())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

fn by(viewer: &Viewer) -> Act<'_> {
    Act::new(viewer, Via::Command)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn client(site: &Arc<Site>) -> Client {
    let address = SiteAddress::parse(ADDRESS).unwrap();
    let rocket = app::rocket(Arc::clone(site), address, (Ipv4Addr::LOCALHOST.into(), 8000)).unwrap();
    Client::untracked(rocket).unwrap()
}

/// A file of the test texts that are not part of the repository; none only where `TRACKWAY_SKIP=data` says so.
pub fn test_data(file: &str) -> Option<PathBuf> {
    let skips = std::env::var("TRACKWAY_SKIP").unwrap_or_default();
    if skips.split(',').any(|part| part == "data") {
        return None;
    }
    let folder = std::env::var_os("TRACKWAY_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join(file);
    println!("test data: {}", path.display());
    assert!(
        path.exists(),
        "{} is not there: name its folder in TRACKWAY_TEST_DATA, or do without by TRACKWAY_SKIP=data",
        path.display()
    );
    Some(path)
}

/// How long this thread computed, however busy the machine is with other things.
pub fn cpu_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(schedule.split(' ').next().unwrap().parse().unwrap())
    };
    let begun = now();
    work();
    now().saturating_sub(begun)
}
