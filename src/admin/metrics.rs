//! `/-/metrics`: numbers for Prometheus. For programs on the same machine, for those that show the token of the setting
//! `metrics.token`, and for administrators; to all others there is no such page.

use std::fmt::Write;
use std::net::IpAddr;

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Route, get, routes};

use super::backups;
use crate::auth::outbox;
use crate::auth::sessions::hash_of;
use crate::base::error::{Error, Result};
use crate::base::event;
use crate::base::settings::{Scope, Setting, Values};
use crate::web::{Answer, Desk, Visit};

pub const TOKEN: Setting = Setting {
    name: "metrics.token",
    scope: Scope::Site,
    values: Values::Secret,
    default: "",
    doc: "Whoever sends `Authorization: Bearer` with it reads `/-/metrics` from elsewhere. Programs on the same machine need none.",
};

pub(super) fn routes() -> Vec<Route> {
    routes![metrics]
}

/// What a request shows for itself.
struct Shown {
    /// It comes from this machine, and no proxy has handed it on.
    is_local: bool,
    bearer: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Shown {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let headers = request.headers();
        let handed_on = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];
        let is_local = request.client_ip().is_some_and(is_loopback)
            && handed_on.iter().all(|name| !headers.contains(name))
            && headers.get_one("Host").is_some_and(is_local_name);
        let bearer =
            headers.get_one("Authorization").and_then(|shown| shown.strip_prefix("Bearer ")).map(str::to_owned);
        Outcome::Success(Self { is_local, bearer })
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

fn is_local_name(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[get("/-/metrics")]
async fn metrics(visit: Visit, shown: Shown) -> Answer {
    visit
        .answer(move |desk| {
            let token = desk.site().read(|db| TOKEN.text(db))?;
            let has_token = !token.is_empty() && shown.bearer.is_some_and(|bearer| hash_of(&bearer) == hash_of(&token));
            if !shown.is_local && !has_token && !desk.principal.administers() {
                return Err(Error::not_found("There is no page at this address."));
            }
            let kind = ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
            Ok(Answer::new(Status::Ok, kind, written(desk)?.into_bytes()).header("Cache-Control", "no-store"))
        })
        .await
}

fn written(desk: &Desk) -> Result<String> {
    let mut text = String::new();
    desk.web().metrics.write(&mut text);
    let version = env!("CARGO_PKG_VERSION");
    gauge(&mut text, "trackway_info", "The program.", &[(&format!("version=\"{version}\""), 1.0)]);
    let mut lag = Vec::new();
    let mut parked = Vec::new();
    let mut sizes = vec![("database=\"site\"".to_owned(), length(&desk.site().dir().join("site.db")))];
    let rows = desk.site().projects()?;
    for row in &rows {
        // One damaged project must not hide the others.
        let Ok(project) = desk.site().project(row) else { continue };
        let label = format!("project=\"{}\"", row.name);
        sizes.push((format!("database=\"{}\"", row.name), length(&project.dir().join("project.db"))));
        parked.push((label, project.read(event::parked)?.len() as f64));
        let newest = project.read(event::newest)?;
        for follower in project.components().iter().filter_map(|component| component.follower()) {
            let position = project.read(|db| event::position(db, follower.name()))?;
            let label = format!("project=\"{}\",follower=\"{}\"", row.name, follower.name());
            lag.push((label, (newest - position).max(0) as f64));
        }
    }
    gauge(&mut text, "trackway_projects", "Projects that can be entered.", &[("", rows.len() as f64)]);
    gauge(&mut text, "trackway_follower_lag_events", "Events that a follower has not dealt with yet.", &lag);
    gauge(&mut text, "trackway_parked_events", "Events that a follower gave up on.", &parked);
    gauge(&mut text, "trackway_database_bytes", "Sizes of databases.", &sizes);
    let listening = desk.site().news().listeners() as f64;
    gauge(&mut text, "trackway_listeners", "Open pages that follow what happens.", &[("", listening)]);
    let jobs = desk.site().jobs().counts();
    let states = [("state=\"going\"", jobs.going as f64), ("state=\"failed\"", jobs.failed as f64)];
    gauge(&mut text, "trackway_jobs", "Slow work: in line or being done, and failed a moment ago.", &states);
    let (waiting, failed) = desk.site().read(|db| Ok((outbox::waiting(db)?, outbox::given_up(db)?)))?;
    let states = [("state=\"waiting\"", waiting as f64), ("state=\"failed\"", failed as f64)];
    gauge(&mut text, "trackway_outbox_mails", "Mails that wait, and mails that were given up.", &states);
    let space = super::health::space(desk.site().dir())?;
    gauge(
        &mut text,
        "trackway_disk_free_bytes",
        "What is free on the disk of the data folder.",
        &[("", space.free as f64)],
    );
    let (made, alarm) = desk.site().read(|db| Ok((backups::last_made(db)?, backups::alarm(db)?)))?;
    let made = made.map_or(0, |run| run.ended_at.seconds()) as f64;
    gauge(
        &mut text,
        "trackway_last_backup_seconds",
        "When the last backup was made, since 1970; 0: never.",
        &[("", made)],
    );
    let alarmed = f64::from(u8::from(alarm.is_some()));
    gauge(&mut text, "trackway_backup_alarm", "1 if backups need to be looked at.", &[("", alarmed)]);
    Ok(text)
}

fn gauge(text: &mut String, name: &str, help: &str, values: &[(impl AsRef<str>, f64)]) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in values {
        let labels = labels.as_ref();
        let _ = if labels.is_empty() {
            writeln!(text, "{name} {value}")
        } else {
            writeln!(text, "{name}{{{labels}}} {value}")
        };
    }
}

fn length(path: &std::path::Path) -> f64 {
    std::fs::metadata(path).map(|found| found.len()).unwrap_or(0) as f64
}
