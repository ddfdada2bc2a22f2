//! Where somebody is signed in, as they and their administrators see it, and ending that.

use rocket::data::Data;
use rocket::{Route, post, routes};
use serde::Serialize;

use super::profile::{done, own};
use crate::auth::accounts::Account;
use crate::auth::sessions::{self, Session};
use crate::base::error::Error;
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
use crate::base::time::{When, Zone};
use crate::web::{Answer, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![end_others, end_one]
}

/// A session: `account/_sessions.html` draws it.
#[derive(Serialize)]
pub(super) struct SessionRow {
    id: String,
    browser: String,
    network: String,
    /// How they came in, in words.
    door: &'static str,
    since: When,
    seen: When,
    current: bool,
}

impl SessionRow {
    /// The current one first.
    pub(super) fn all(sessions: Vec<Session>, current: Option<&[u8]>, zone: &Zone) -> Vec<Self> {
        let row = |session: Session| Self {
            id: session.id(),
            browser: browser_of(&session.agent),
            door: match session.door.as_str() {
                "link" => "by a one-time link",
                "oidc" => "by another place",
                "proxy" => "by the proxy",
                _ => "",
            },
            since: session.created_at.when(zone),
            seen: session.last_seen_at.when(zone),
            current: Some(session.hash.as_slice()) == current,
            network: session.network,
        };
        let mut rows: Vec<Self> = sessions.into_iter().map(row).collect();
        rows.sort_by_key(|row| !row.current);
        rows
    }
}

#[post("/-/account/sessions", data = "<data>")]
async fn end_others(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, _| {
            let account = own(desk)?;
            let current = desk.visit.session.as_deref().map(sessions::hash_of);
            let ended = desk.site().write(Some(account.id), Via::Web, |db, record| {
                record(&ended_event(account))?;
                sessions::end_all(db, account.id, current.as_deref())
            })?;
            Ok(done(desk, &format!("{ended} other sessions have ended.")))
        })
        .await
}

#[post("/-/account/sessions/<id>/end", data = "<data>")]
async fn end_one(visit: Visit, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, _| {
            let account = own(desk)?;
            desk.site().write(Some(account.id), Via::Web, |db, record| {
                if !sessions::end_one(db, account.id, &id)? {
                    return Err(Error::not_found("This session has ended already."));
                }
                record(&ended_event(account))
            })?;
            Ok(done(desk, "The session has ended."))
        })
        .await
}

fn ended_event(account: &Account) -> NewEvent {
    NewEvent::new("session.ended", Resource::new("account", account.id), 1)
}

/// `Firefox on Linux`, as far as the browser tells.
fn browser_of(agent: &str) -> String {
    let named = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}
