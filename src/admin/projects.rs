//! `/`: the projects that somebody may enter, or the only one.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use crate::auth::permissions;
use crate::base::error::Result;
use crate::base::event;
use crate::base::site::{ProjectRow, State};
use crate::base::time::{Instant, When};
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

const PER_PAGE: usize = 60;

pub(super) fn routes() -> Vec<Route> {
    routes![home, list, robots]
}

#[derive(Serialize)]
struct ProjectsPage {
    projects: Vec<Listed>,
    paging: Paging,
}

impl Page for ProjectsPage {
    const TEMPLATE: &'static str = "admin/projects.html";
}

#[derive(Serialize)]
struct Listed {
    name: String,
    title: String,
    href: String,
    line: String,
    changed: Option<When>,
    archived: bool,
}

#[get("/")]
async fn home(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            if let Some(own) = desk.account.as_ref().map(|account| &account.start_page).filter(|own| !own.is_empty()) {
                return Ok(Answer::see(&format!("{}{own}", desk.base())));
            }
            let rows = entered(desk)?;
            match rows.as_slice() {
                [only] => Ok(Answer::see(&format!("{}/{}", desk.base(), only.name))),
                _ => page(desk, rows),
            }
        })
        .await
}

#[get("/-/projects")]
async fn list(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let rows = entered(desk)?;
            page(desk, rows)
        })
        .await
}

#[get("/robots.txt")]
async fn robots(visit: Visit) -> Answer {
    let base = visit.web.address.base.clone();
    // What is computed for people is no reading for robots.
    let closed = [
        "-/", "*/search", "*/query", "*/timeline?", "*/log", "*/diff", "*/changeset", "*/export", "*/zip-attachment",
        "*/browser/*?", "*/report/*?", "*/time?", "*/admin", "*?*action=", "*?*version=", "*?*format=",
    ];
    let lines: String = closed.iter().map(|path| format!("Disallow: {base}/{path}\n")).collect();
    Answer::text(format!("User-agent: *\n{lines}"))
}

/// The projects that this principal may enter.
fn entered(desk: &Desk) -> Result<Vec<ProjectRow>> {
    let mut rows = Vec::new();
    for row in desk.site().projects()? {
        // One damaged project must not hide the others.
        let enters = desk
            .site()
            .project(&row)
            .and_then(|project| Ok(permissions::enter(&project, &row, &desk.principal)?.is_some()));
        match enters {
            Ok(true) => rows.push(row),
            Ok(false) => {}
            Err(error) => {
                log::error!("project {}: {error}", row.name);
                if desk.principal.administers() {
                    rows.push(row);
                }
            }
        }
    }
    Ok(rows)
}

fn page(desk: &Desk, rows: Vec<ProjectRow>) -> Result<Answer> {
    let path = format!("{}/-/projects", desk.base());
    let asked = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, rows.len());
    let zone = desk.principal.zone();
    let shown = rows.into_iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE);
    if desk.visit.wants_json() {
        let items: Vec<_> = shown
            .map(|row| {
                let url = desk.web().address.absolute(&format!("{}/{}", desk.base(), row.name));
                json!({ "name": row.name, "title": row.title, "state": row.state.name(), "url": url })
            })
            .collect();
        return Answer::json(
            &json!({ "total": paging.total, "page": paging.page, "items": items, "next": paging.next }),
        );
    }
    let projects = shown
        .map(|row| Listed {
            changed: last_change(desk, &row).map(|at| at.when(&zone)),
            title: row.called().to_owned(),
            href: format!("{}/{}", desk.base(), row.name),
            line: String::new(),
            archived: row.state == State::Archived,
            name: row.name,
        })
        .collect();
    Sheet::new("Projects", ProjectsPage { projects, paging }).render(desk)
}

/// When anything happened there last that they may know of; nothing if it can't be read.
fn last_change(desk: &Desk, row: &ProjectRow) -> Option<Instant> {
    let project = desk.site().project(row).ok()?;
    let viewer = permissions::enter(&project, row, &desk.principal).ok()??;
    project.read(|db| event::last_time_seen(db, &viewer)).ok()?
}
