//! A sync asked for over HTTP, by a hook that runs as another user or on another machine: it shows the repository's secret
//! and learns nothing if that is wrong.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use rocket::data::{Data, ToByteUnit};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Route, post, routes};
use serde_json::{Value, json};

use super::repository::{self, ActsAs, Repository};
use super::sync::{Synced, Wish, sync};
use crate::auth::accounts::{self, Account};
use crate::base::error::{Error, Problem, Result};
use crate::base::site::{ProjectRow, Site};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Visit};

const NO_PAGE: &str = "There is no page at this address.";
/// What hooks of other systems send along may be large; all of it is read over but the pusher.
const LARGEST_BODY: u64 = 1 << 20;
/// What takes longer goes on by itself.
const WAIT: Duration = Duration::from_secs(5);

pub fn routes() -> Vec<Route> {
    routes![take_in]
}

/// What stands after `Authorization: Bearer`; empty if there is none.
struct Bearer(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Bearer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = request.headers().get_one("Authorization").unwrap_or_default();
        let secret = header.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        Outcome::Success(Self(secret.map_or_else(String::new, |(_, secret)| secret.trim().to_owned())))
    }
}

/// Needs no token of a form: browsers send no such header by themselves.
#[post("/<project>/repository/<name>/sync", data = "<data>")]
async fn take_in(visit: Visit, bearer: Bearer, project: String, name: String, data: Data<'_>) -> Answer {
    let body = data.open(LARGEST_BODY.bytes()).into_bytes().await;
    visit
        .answer(move |desk| {
            let keys = [format!("hook:{}", desk.visit.network)];
            if let Some(seconds) = desk.web().throttle.wait(&keys) {
                let detail = format!("Too many attempts. Please wait {seconds} seconds before the next one.");
                let answer = Answer::problems(Status::TooManyRequests, "Too many attempts", &detail, &[]);
                return Ok(answer.header("Retry-After", seconds.to_string()));
            }
            let Some((row, repository)) = find(desk, &project, &name, &bearer.0)? else {
                if !bearer.0.is_empty() {
                    desk.web().throttle.failed(&keys);
                }
                return Err(Error::not_found(NO_PAGE));
            };
            let body = body.ok().filter(|body| body.is_complete()).map(|body| body.into_inner());
            let body = body.ok_or_else(|| Error::invalid("", "The body is larger than 1 MiB, or broke off."))?;
            let pusher = pusher(desk, &repository, &body)?;
            match within_reason(desk.site(), row, repository.id, pusher)? {
                Some(synced) => Answer::json(&json!({ "stored": synced.stored, "acted": synced.acted })),
                None => Ok(Answer::json(&json!({ "accepted": true }))?.with_status(Status::Accepted)),
            }
        })
        .await
}

/// The repository, for whoever knows its secret. A wrong name is like a wrong secret.
fn find(desk: &Desk, project: &str, name: &str, secret: &str) -> Result<Option<(ProjectRow, Repository)>> {
    let Some(row) = desk.site().find(project)? else { return Ok(None) };
    let found = desk.site().project(&row)?.read(|db| {
        let Some(repository) = repository::by_name(db, name)? else { return Ok(None) };
        Ok(repository::knows_secret(db, repository.id, secret)?.then_some(repository))
    })?;
    Ok(found.map(|repository| (row, repository)))
}

/// Who pushed: `pusher=kim` of a form, `"pusher": "kim"` of JSON, or an object with `login`, `username` or `name` as other
/// systems send it. Looked at only where commits act for who pushes them.
fn pusher(desk: &Desk, repository: &Repository, body: &[u8]) -> Result<Option<Account>> {
    if repository.acts_as != ActsAs::Pusher {
        return Ok(None);
    }
    let login = if desk.visit.sends_json() {
        let sent: Value = serde_json::from_slice(body)
            .map_err(|error| Error::invalid("body", format!("This is not JSON: {error}.")))?;
        let pusher = &sent["pusher"];
        let named = ["login", "username", "name"].into_iter().find_map(|key| pusher[key].as_str());
        pusher.as_str().or(named).unwrap_or_default().to_owned()
    } else {
        Form::parse(&desk.visit.content_type, body)?.text("pusher").to_owned()
    };
    if login.is_empty() {
        return Err(Error::invalid(
            "pusher",
            "Commits act for who pushes them here, so `pusher` must name an account.",
        ));
    }
    let account = desk.site().read(|db| accounts::by_login(db, &login))?;
    account.map(Some).ok_or_else(|| Error::Invalid(vec![Problem::new("pusher", "There is no account of that name.")]))
}

/// Syncs in a thread of its own. None if that takes longer than anybody waits; it goes on all the same.
pub(super) fn within_reason(
    site: &Arc<Site>,
    row: ProjectRow,
    repository: i64,
    pusher: Option<Account>,
) -> Result<Option<Synced>> {
    let (tell, told) = mpsc::channel::<Result<Synced>>();
    let site = Arc::clone(site);
    std::thread::spawn(move || {
        let wish = Wish { pusher: pusher.as_ref(), ..Wish::default() };
        let synced = site.project(&row).and_then(|project| sync(&site, &project, repository, wish, &mut |_, _| {}));
        // Whoever asked may have stopped listening.
        let _ = tell.send(synced);
    });
    told.recv_timeout(WAIT).ok().transpose()
}
