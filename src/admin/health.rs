//! `/-/health`: a word for machines, and for administrators how the site is.

use std::path::Path;

use rocket::{Route, get, routes};
use serde::Serialize;

use super::backups;
use crate::base::component::SitePanel;
use crate::base::db::Schema;
use crate::base::error::Result;
use crate::base::event;
use crate::base::time::{When, Zone};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Health",
    line: "How the site is: sizes, what lags behind, what has failed.",
    path: "/-/admin",
    order: 10,
};

/// So many of the last backups are shown.
const BACKUPS: i64 = 10;
/// Less than that, in bytes, is little; of a small disk a tenth is.
const LITTLE: u64 = 2_000_000_000;

pub(super) fn routes() -> Vec<Route> {
    routes![health, report]
}

/// The bare route that load balancers ask and other pages are measured against: two bytes, whoever asks and by whatever
/// name of the host, without a look at the database.
#[get("/-/health")]
fn health() -> Answer {
    Answer::text("ok".to_owned())
}

#[derive(Serialize)]
struct HealthPage {
    panels: Vec<PanelGroup>,
    checks: Vec<Check>,
    followers: Vec<Following>,
    listening: usize,
    parked: Vec<ParkedRow>,
    disk: Vec<Size>,
    backups: Vec<BackupRow>,
    versions: Vec<Version>,
}

impl Page for HealthPage {
    const TEMPLATE: &'static str = "admin/health.html";
}

#[derive(Serialize)]
struct Check {
    name: String,
    state: &'static str,
    sentence: String,
}

#[derive(Serialize)]
struct Following {
    project: String,
    name: String,
    position: i64,
    newest: i64,
    behind: i64,
    when: Option<When>,
}

#[derive(Serialize)]
struct ParkedRow {
    project: String,
    follower: String,
    event: i64,
    kind: String,
    error: String,
    attempts: i64,
    when: When,
    retry_href: Option<String>,
}

/// One of the last backups.
#[derive(Serialize)]
struct BackupRow {
    when: When,
    scheduled: bool,
    file: String,
    bytes: i64,
    /// Between its beginning and its end.
    seconds: i64,
    /// Why none was made; empty if one was.
    error: String,
    /// When it was tried out; none: not at all.
    drilled: Option<When>,
    drill_error: String,
}

#[derive(Serialize)]
struct Size {
    name: String,
    bytes: u64,
}

#[derive(Serialize)]
struct Version {
    name: &'static str,
    value: String,
}

#[get("/-/admin")]
async fn report(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            panels::require_administrator(desk)?;
            page(desk)
        })
        .await
}

fn page(desk: &Desk) -> Result<Answer> {
    let zone = desk.principal.zone();
    let mut checks = Vec::new();
    let mut followers = Vec::new();
    let mut parked = Vec::new();
    let mut disk = vec![size("site.db", &desk.site().dir().join("site.db"))];
    for row in desk.site().projects()? {
        let project = match desk.site().project(&row) {
            Ok(project) => project,
            Err(error) => {
                checks.push(Check { name: row.name.clone(), state: "failed", sentence: error.to_string() });
                continue;
            }
        };
        disk.push(size(&row.name, &project.dir().join("project.db")));
        let newest = project.read(event::newest)?;
        for follower in project.components().iter().filter_map(|component| component.follower()) {
            let position = project.read(|db| event::position(db, follower.name()))?;
            followers.push(Following {
                project: row.name.clone(),
                name: follower.name().to_owned(),
                position,
                newest,
                behind: newest - position,
                when: project.read(event::last_time)?.map(|at| at.when(&zone)),
            });
        }
        for one in project.read(event::parked)? {
            parked.push(ParkedRow {
                project: row.name.clone(),
                follower: one.follower,
                event: one.event,
                kind: one.kind,
                error: one.error,
                attempts: event::TRIES,
                when: one.parked_at.when(&zone),
                retry_href: None,
            });
        }
    }
    checks.extend(network_check(desk.site().dir()));
    let space = space(desk.site().dir())?;
    disk.push(Size { name: "Free on this disk".to_owned(), bytes: space.free });
    checks.extend(space.check());
    let backups =
        desk.site().read(|db| backups::last(db, BACKUPS))?.into_iter().map(|run| row_of(run, &zone)).collect();
    let alarm = desk.site().read(backups::alarm)?;
    checks.extend(alarm.map(|alarm| Check {
        name: "Backup".to_owned(),
        state: "attention",
        sentence: alarm.replace('`', ""),
    }));
    if checks.is_empty() {
        checks.push(Check {
            name: "Data folder".to_owned(),
            state: "fine",
            sentence: "Every project can be opened.".to_owned(),
        });
    }
    let versions = vec![
        Version { name: "Trackway", value: env!("CARGO_PKG_VERSION").to_owned() },
        Version { name: "libgit2", value: libgit2() },
        Version { name: "SQLite", value: rusqlite::version().to_owned() },
        Version { name: "Schema of the site", value: Schema::Site.version().to_string() },
        Version { name: "Schema of projects", value: Schema::Project.version().to_string() },
    ];
    let panels = panels::of_site(desk, "/-/admin");
    let listening = desk.site().news().listeners();
    let sheet = HealthPage { panels, checks, followers, listening, parked, disk, backups, versions };
    if desk.visit.wants_json() {
        return Ok(Answer::json(&sheet)?.header("Cache-Control", "no-store"));
    }
    Sheet::new("Health", sheet).noindex().render(desk)
}

fn network_check(dir: &Path) -> Option<Check> {
    let kind = crate::base::site::network_file_system(dir)?;
    Some(Check {
        name: "Data folder".to_owned(),
        state: "attention",
        sentence: format!("It lies on a network file system ({kind}), whose locks SQLite can't trust."),
    })
}

fn row_of(run: backups::Run, zone: &Zone) -> BackupRow {
    BackupRow {
        when: run.ended_at.when(zone),
        scheduled: run.scheduled,
        bytes: run.bytes,
        seconds: run.ended_at.seconds() - run.begun_at.seconds(),
        error: run.error,
        drilled: run.drilled_at.map(|at| at.when(zone)),
        drill_error: run.drill_error,
        file: run.file,
    }
}

fn libgit2() -> String {
    let (major, minor, patch) = git2::Version::get().libgit2_version();
    format!("{major}.{minor}.{patch}")
}

/// What the disk of the data folder holds, in bytes.
pub(super) struct Space {
    pub free: u64,
    pub whole: u64,
}

/// As much as this program may still write there.
pub(super) fn space(dir: &Path) -> Result<Space> {
    let found = rustix::fs::statvfs(dir).map_err(std::io::Error::from)?;
    Ok(Space { free: found.f_bavail * found.f_frsize, whole: found.f_blocks * found.f_frsize })
}

impl Space {
    /// Says when a disk is nearly full: less is free than an upgrade and a backup may need for a while.
    fn check(&self) -> Option<Check> {
        (self.free < LITTLE.min(self.whole / 10)).then(|| Check {
            name: "Disk".to_owned(),
            state: "attention",
            sentence: format!(
                "Only {} MB are free. Without any, nothing can be saved; reading goes on.",
                self.free / 1_000_000
            ),
        })
    }
}

fn size(name: &str, path: &Path) -> Size {
    Size { name: name.to_owned(), bytes: std::fs::metadata(path).map(|found| found.len()).unwrap_or(0) }
}
