//! `/-/admin/projects/new`: makes a project, after the model of another one if that is wanted.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::NewProject;
use crate::base::component::SitePanel;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::web::form::Form;
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) const PATH: &str = "/-/admin/projects/new";

pub(in crate::admin) const SITE_PANEL: SitePanel = SitePanel {
    title: "New project",
    line: "Makes a project, with the manual or after the model of another one.",
    path: PATH,
    order: 20,
};

pub(in crate::admin) fn routes() -> Vec<Route> {
    routes![show, make]
}

#[derive(Serialize)]
struct NewProjectPage {
    panels: Vec<PanelGroup>,
    href: String,
    name: String,
    title: String,
    template: String,
    public: bool,
    templates: Vec<Template>,
    problems: Vec<Problem>,
}

impl Page for NewProjectPage {
    const TEMPLATE: &'static str = "admin/new_project.html";
}

#[derive(Serialize)]
pub(super) struct Template {
    name: String,
    label: String,
}

#[get("/-/admin/projects/new")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            page(desk, &Form::default(), Vec::new())
        })
        .await
}

#[post("/-/admin/projects/new", data = "<data>")]
async fn make(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            require_administrator(desk)?;
            let template = form.text("template");
            let new = NewProject {
                name: form.text("name").trim(),
                title: form.text("title").trim(),
                template: Some(template).filter(|template| !template.is_empty()),
                public: form.has("public"),
                repository: None,
            };
            let actor = desk.account.as_ref().map(|account| account.id);
            match super::project(desk.site(), actor, Via::Web, &new) {
                Ok(row) => {
                    let href = format!("{}/{}", desk.base(), row.name);
                    if form.json {
                        return Answer::created(desk, &href, &json!({ "name": row.name, "title": row.title }));
                    }
                    Ok(Answer::see(&href).telling(desk, "The project is there."))
                }
                Err(Error::Invalid(problems)) if !form.json => page(desk, form, problems),
                Err(other) => Err(other),
            }
        })
        .await
}

/// Projects that another one can be made after.
pub(super) fn templates(desk: &Desk) -> Result<Vec<Template>> {
    let projects = desk.site().projects()?.into_iter();
    Ok(projects.map(|row| Template { label: row.called().to_owned(), name: row.name }).collect())
}

fn page(desk: &Desk, form: &Form, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = NewProjectPage {
        panels: panels::of_site(desk, PATH),
        href: format!("{}{PATH}", desk.base()),
        name: form.text("name").to_owned(),
        title: form.text("title").to_owned(),
        template: form.text("template").to_owned(),
        public: form.has("public"),
        templates: templates(desk)?,
        problems,
    };
    Sheet::new("New project", sheet).noindex().status(status).render(desk)
}
