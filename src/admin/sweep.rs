//! "Remove everything by this account" (trackers.md a8, spam): what somebody has written in all projects goes where it can be
//! brought back from. Tickets and pages of theirs alone go to the trash, files and messages are removed, comments are emptied,
//! and pages of others get back the text that they had before. What fields of tickets they have changed stays in the history.
//!
//! It is done by the ordinary ways of each component, one after the other, as parts of one batch in each project: whatever is
//! done stays done if it breaks off, and running it again does the rest.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde_json::json;

use crate::attachment;
use crate::auth::accounts::{self, Account};
use crate::auth::permissions;
use crate::base::component::SitePanel;
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::{Site, State};
use crate::base::viewer::{DEFAULT_CLASS, Principal};
use crate::ticket;
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Sheet, Visit};
use crate::wiki::name::PageName;
use crate::wiki::{self, discussion};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Clean up",
    line: "Remove everything that one account has written, as after spam.",
    path: "/-/admin/sweep",
    order: 85,
};

pub(super) fn routes() -> Vec<Route> {
    routes![ask, sweep]
}

/// What there is of somebody in one project.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Found {
    pub project: String,
    pub tickets: Vec<i64>,
    /// Ticket and number of the comment.
    pub comments: Vec<(i64, i64)>,
    /// Names of pages that nobody else has ever saved.
    pub pages: Vec<String>,
    /// Names of pages whose newest text is theirs, and the newest version of somebody else.
    pub reverts: Vec<(String, i64)>,
    /// Threads and numbers.
    pub messages: Vec<(i64, i64)>,
    /// Kinds and ids of what files hang on, and their names.
    pub files: Vec<(String, i64, String)>,
}

impl Found {
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub fn count(&self) -> usize {
        self.tickets.len()
            + self.comments.len()
            + self.pages.len()
            + self.reverts.len()
            + self.messages.len()
            + self.files.len()
    }
}

/// What would be removed, project by project. Archived ones are left alone, as they can't be changed.
pub fn preview(site: &Site, account: &Account) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for row in site.projects()?.iter().filter(|row| row.state == State::Live) {
        let project = site.project(row)?;
        let found = project.read(|db| found_in(db, &account.uuid))?;
        all.extend(found.filter(|found| !found.is_empty()).map(|found| Found { project: row.name.clone(), ..found }));
    }
    Ok(all)
}

fn found_in(db: &Connection, uuid: &str) -> Result<Option<Found>> {
    let person: Option<i64> =
        db.query_row("select id from person where uuid = ?1", [uuid], |row| row.get(0)).optional()?;
    let Some(person) = person else { return Ok(None) };
    Ok(Some(Found {
        project: String::new(),
        tickets: db
            .prepare("select id from ticket where reporter = ?1 and deleted_at is null order by id")?
            .query_map([person], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
        comments: db
            .prepare(
                "select ticket_change.ticket, ticket_change.number from ticket_change
                 join ticket on ticket.id = ticket_change.ticket
                 where ticket_change.author = ?1 and ticket_change.number > 0 and ticket_change.comment <> ''
                   and ticket.deleted_at is null and ticket.reporter is not ?1 order by 1, 2",
            )?
            .query_map([person], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?,
        pages: db
            .prepare(
                "select name from page where author = ?1 and deleted_at is null
                   and not exists (select 1 from page_version where page = page.id and author is not ?1) order by name",
            )?
            .query_map([person], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
        reverts: db
            .prepare(
                "select name, (select max(version) from page_version where page = page.id and author is not ?1) as before
                 from page where author = ?1 and deleted_at is null and before is not null order by name",
            )?
            .query_map([person], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?,
        messages: db
            .prepare("select thread, number from page_message where author = ?1 and removed_at is null order by 1, 2")?
            .query_map([person], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?,
        files: db
            .prepare(
                "select parent_kind, parent_id, name from attachment
                 where author = ?1 and removed_at is null order by 1, 2, 3",
            )?
            .query_map([person], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?,
    }))
}

/// Removes it all. Returns how many things were done, and what could not be, each a sentence.
pub fn remove(
    site: &Site,
    principal: &std::sync::Arc<Principal>,
    via: Via,
    account: &Account,
) -> Result<(usize, Vec<String>)> {
    let (mut done, mut failed) = (0, Vec::new());
    for found in preview(site, account)? {
        let row = site.load(&found.project)?;
        let project = site.project(&row)?;
        let Some(viewer) = permissions::enter(&project, &row, principal)? else { continue };
        let by = Act::new(&viewer, via);
        let batch = project.write(by, |tx| {
            let event = NewEvent::new("account.swept", Resource::new("project", 0), DEFAULT_CLASS);
            tx.record(&event.saying("what", &account.login).saying("things", found.count()))
        })?;
        let sweeping = Sweeping { site, project: &project, by: by.within(batch), login: &account.login };
        sweeping.all(&found, &mut |what, outcome| match outcome {
            Ok(()) => done += 1,
            Err(error) => failed.push(format!("{}: {what}: {error}", found.project)),
        });
    }
    Ok((done, failed))
}

struct Sweeping<'a> {
    site: &'a Site,
    project: &'a Project,
    by: Act<'a>,
    login: &'a str,
}

impl Sweeping<'_> {
    fn all(&self, found: &Found, told: &mut dyn FnMut(String, Result<()>)) {
        let Self { site, project, by, .. } = *self;
        // Files first: those of a page in the trash can't be reached.
        for (kind, id, name) in &found.files {
            let parent = Resource::stored(kind.clone(), *id);
            told(format!("file {name}"), attachment::edit::remove(project, by, &parent, name));
        }
        for (thread, number) in &found.messages {
            let removed = discussion::edit::remove(site, project, by, (*thread, *number), true);
            told(format!("message {number}"), removed.map(drop));
        }
        for (id, number) in &found.comments {
            let emptied = ticket::edit::edit_comment(site, project, by, *id, *number, "", None);
            told(format!("comment {number} of #{id}"), emptied);
        }
        for id in &found.tickets {
            told(format!("#{id}"), ticket::trash::delete(project, by, *id));
        }
        for (name, version) in &found.reverts {
            told(format!("page {name}"), self.revert(name, *version));
        }
        for name in &found.pages {
            let why = format!("Everything by {} is removed.", self.login);
            let deleted =
                PageName::parse(name, "name").and_then(|name| wiki::edit::delete(project, by, &name, None, &why));
            told(format!("page {name}"), deleted);
        }
    }

    fn revert(&self, name: &str, version: i64) -> Result<()> {
        let text: String = self.project.read(|db| {
            Ok(db.query_row(
                "select page_version.text from page_version join page on page.id = page_version.page
                 where page.name = ?1 and page.deleted_at is null and page_version.version = ?2",
                (name, version),
                |row| row.get(0),
            )?)
        })?;
        let name = PageName::parse(name, "name")?;
        let comment = format!("Back to version {version}: everything by {} is removed.", self.login);
        let save = wiki::edit::Save { name: &name, text: &text, comment: &comment, base: None, strict: false };
        wiki::edit::save(self.site, self.project, self.by, &save).map(drop)
    }
}

#[derive(Serialize)]
struct SweepPage {
    panels: Vec<PanelGroup>,
    href: String,
    base: String,
    who: String,
    asked: bool,
    found: Vec<Found>,
    count: usize,
}

impl Page for SweepPage {
    const TEMPLATE: &'static str = "admin/sweep.html";
}

fn account_of(desk: &Desk, login: &str) -> Result<Account> {
    let found = desk.site().read(|db| accounts::by_login(db, login))?;
    found.ok_or_else(|| Error::invalid("who", format!("There is no account “{login}”.")))
}

#[get("/-/admin/sweep")]
async fn ask(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            panels::require_administrator(desk)?;
            let who = desk.visit.value("who").unwrap_or_default().trim().to_owned();
            let found = if who.is_empty() { Vec::new() } else { preview(desk.site(), &account_of(desk, &who)?)? };
            if desk.visit.wants_json() {
                return Answer::json(&json!({ "who": who, "projects": found }));
            }
            let page = SweepPage {
                panels: panels::of_site(desk, SITE_PANEL.path),
                href: format!("{}{}", desk.base(), SITE_PANEL.path),
                base: desk.base().to_owned(),
                asked: !who.is_empty(),
                who,
                count: found.iter().map(Found::count).sum(),
                found,
            };
            Sheet::new("Clean up", page).noindex().render(desk)
        })
        .await
}

#[post("/-/admin/sweep", data = "<data>")]
async fn sweep(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            panels::require_administrator(desk)?;
            let account = account_of(desk, form.text("who").trim())?;
            if !form.has("confirm") {
                return Err(Error::invalid(
                    "confirm",
                    "Nothing was done: look at what would be removed, and confirm it.",
                ));
            }
            let (done, failed) = remove(desk.site(), &desk.principal, Via::Web, &account)?;
            if form.json {
                return Answer::json(&json!({ "removed": done, "failed": failed }));
            }
            let href = format!("{}{}", desk.base(), SITE_PANEL.path);
            let told = match failed.first() {
                None => format!("{done} things by {} were removed. They can be brought back.", account.login),
                Some(first) => format!("{done} things were removed, {} could not be: {first}", failed.len()),
            };
            Ok(Answer::see(&href).telling(desk, &told))
        })
        .await
}
