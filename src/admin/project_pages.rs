//! `/-/admin/projects`: all projects for who administers the site, and what becomes of each: another name, an end to changes,
//! its removal and its return. The command `trackway project` does the same.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use crate::base::component::SitePanel;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::site::{ProjectRow, State};
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::paging::{self, Paging};
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

const PATH: &str = "/-/admin/projects";
const PER_PAGE: usize = 100;

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Projects",
    line: "All projects: to rename, archive, remove and bring back.",
    path: PATH,
    order: 15,
};

pub(super) fn routes() -> Vec<Route> {
    routes![list, show, act]
}

#[derive(Serialize)]
struct ListPage {
    panels: Vec<PanelGroup>,
    projects: Vec<Row>,
    paging: Paging,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "admin/project_list.html";
}

#[derive(Serialize)]
struct Row {
    /// Of a project that was removed: its id, since its name is free again.
    name: String,
    called: String,
    /// `live`, `archived`, `removed`
    state: &'static str,
    created: When,
    href: String,
}

#[derive(Serialize)]
struct OnePage {
    panels: Vec<PanelGroup>,
    project: Row,
    /// Where the project itself is.
    root: String,
    /// As typed.
    new_name: String,
    problems: Vec<Problem>,
}

impl Page for OnePage {
    const TEMPLATE: &'static str = "admin/project_one.html";
}

#[get("/-/admin/projects")]
async fn list(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            let rows = desk.site().kept_projects()?;
            let path = format!("{}{PATH}", desk.base());
            let asked = paging::asked(desk.visit.value("page"));
            let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, rows.len());
            let shown = rows.into_iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE);
            let projects: Vec<Row> = shown.map(|row| row_of(desk, row)).collect();
            if desk.visit.wants_json() {
                let total = paging.total;
                return Answer::json(
                    &json!({ "total": total, "page": paging.page, "items": projects, "next": paging.next }),
                );
            }
            let sheet = ListPage { panels: panels::of_site(desk, PATH), projects, paging };
            Sheet::new("Projects", sheet).noindex().render(desk)
        })
        .await
}

#[get("/-/admin/projects/<name>")]
async fn show(visit: Visit, name: String) -> Answer {
    visit
        .answer(move |desk| {
            require_administrator(desk)?;
            page(desk, existing(desk, &name)?, &Form::default(), Vec::new())
        })
        .await
}

#[post("/-/admin/projects/<name>/<deed>", data = "<data>")]
async fn act(visit: Visit, name: String, deed: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            require_administrator(desk)?;
            let row = existing(desk, &name)?;
            match done(desk, &row, &deed, form) {
                Ok((name, sentence)) if form.json => {
                    let row = desk.site().kept_projects()?.into_iter().find(|row| row.name == name);
                    let row = row.map(|row| row_of(desk, row));
                    Answer::json(&json!({ "project": row, "told": sentence }))
                }
                Ok((name, sentence)) => Ok(Answer::see(&href(desk, &name)).telling(desk, &sentence)),
                Err(Error::Invalid(problems)) if !form.json => page(desk, row, form, problems),
                Err(other) => Err(other),
            }
        })
        .await
}

/// Does it. The name under which the project is found afterwards, and what to say.
fn done(desk: &Desk, row: &ProjectRow, deed: &str, form: &Form) -> Result<(String, String)> {
    let site = desk.site();
    let actor = desk.account.as_ref().map(|account| account.id);
    let typed = form.text("name").trim();
    let set = |state| site.set_state(row, state, actor, Via::Web);
    match (deed, row.state) {
        ("rename", State::Live | State::Archived) => {
            site.rename_project(row, typed, actor, Via::Web)?;
            Ok((typed.to_owned(), format!("The project is called {typed} now. Its old addresses lead to it.")))
        }
        ("archive", State::Live) => {
            set(State::Archived)?;
            Ok((row.name.clone(), "The project can be read, and no longer changed.".to_owned()))
        }
        ("open", State::Archived) => {
            set(State::Live)?;
            Ok((row.name.clone(), "The project can be changed again.".to_owned()))
        }
        ("remove", State::Live | State::Archived) => {
            if typed != row.name {
                return Err(Error::invalid(
                    "confirm",
                    format!("Type `{}` here: what is removed is gone for all.", row.name),
                ));
            }
            set(State::Removed)?;
            Ok((row.id.clone(), "The project is removed. Its folder is kept, and brings it back.".to_owned()))
        }
        ("restore", State::Removed) => {
            site.restore_project(row, typed, actor, Via::Web)?;
            Ok((typed.to_owned(), format!("The project is back as {typed}.")))
        }
        _ => Err(Error::not_found("There is nothing like that to do with this project.")),
    }
}

fn existing(desk: &Desk, name: &str) -> Result<ProjectRow> {
    let found = desk.site().kept_projects()?.into_iter().find(|row| row.name == name);
    found.ok_or_else(|| Error::not_found(format!("There is no project `{}`.", crate::web::form::shortened(name))))
}

fn href(desk: &Desk, name: &str) -> String {
    format!("{}{PATH}/{name}", desk.base())
}

fn row_of(desk: &Desk, row: ProjectRow) -> Row {
    Row {
        called: row.called().to_owned(),
        state: row.state.name(),
        created: row.created_at.when(&desk.principal.zone()),
        href: href(desk, &row.name),
        name: row.name,
    }
}

fn page(desk: &Desk, row: ProjectRow, form: &Form, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let title = row.called().to_owned();
    let root = format!("{}/{}", desk.base(), row.name);
    let project = row_of(desk, row);
    if desk.visit.wants_json() && problems.is_empty() {
        return Answer::json(&json!({ "project": project }));
    }
    // What was typed to remove it is no new name.
    let is_new = problems.iter().any(|problem| problem.field == "name");
    let new_name = if is_new { form.text("name").to_owned() } else { String::new() };
    let sheet = OnePage { panels: panels::of_site(desk, PATH), project, root, new_name, problems };
    Sheet::new(&title, sheet).noindex().status(status).render(desk)
}
