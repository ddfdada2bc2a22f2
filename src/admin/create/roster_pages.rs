//! `/-/admin/projects/roster`: makes many projects from a roster. First it says what would be made, then one button makes it.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::roster::{self, Invite, Plan};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::base::text::lines_lf;
use crate::web::form::Form;
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

const PATH: &str = "/-/admin/projects/roster";

pub(in crate::admin) fn routes() -> Vec<Route> {
    routes![show, take]
}

#[derive(Serialize)]
struct RosterPage {
    panels: Vec<PanelGroup>,
    href: String,
    outbox: String,
    roster: String,
    template: String,
    templates: Vec<super::new_pages::Template>,
    planned: Option<Planned>,
    problems: Vec<Problem>,
}

impl Page for RosterPage {
    const TEMPLATE: &'static str = "admin/roster.html";
}

/// What would be made.
#[derive(Serialize)]
struct Planned {
    lines: usize,
    done: bool,
    projects: Vec<PlannedProject>,
    groups: Vec<PlannedGroup>,
    accounts: Vec<PlannedAccount>,
}

#[derive(Serialize)]
struct PlannedProject {
    name: String,
    title: String,
    is_new: bool,
    /// `tutors: members`
    grants: Vec<String>,
}

#[derive(Serialize)]
struct PlannedGroup {
    name: String,
    is_new: bool,
    joining: Vec<String>,
}

#[derive(Serialize)]
struct PlannedAccount {
    login: String,
    full_name: String,
    email: String,
}

#[get("/-/admin/projects/roster")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            page(desk, "", "", None, Vec::new())
        })
        .await
}

#[post("/-/admin/projects/roster", data = "<data>")]
async fn take(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            require_administrator(desk)?;
            match taken(desk, form) {
                Err(Error::Invalid(problems)) if !form.json => {
                    let text = typed(form).unwrap_or_else(|_| form.text("roster").to_owned());
                    page(desk, &text, form.text("template"), None, problems)
                }
                other => other,
            }
        })
        .await
}

/// The roster of a form: a file, if one was chosen, or what stands in the field. From here on it stands in the field.
fn typed(form: &Form) -> Result<String> {
    let Some(bytes) = form.file("file") else { return Ok(form.text("roster").to_owned()) };
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let text = text.map_err(|_| Error::invalid("file", "This file is not in UTF-8. Save it as “CSV UTF-8”."))?;
    Ok(lines_lf(text).into_owned())
}

fn taken(desk: &Desk, form: &Form) -> Result<Answer> {
    let template = Some(form.text("template")).filter(|template| !template.is_empty());
    let text = typed(form)?;
    let plan = roster::read(desk.site(), text.as_bytes(), template)?;
    // What was chosen just now has not been looked through yet.
    if !form.has("make") || form.file("file").is_some() || plan.is_done() {
        let planned = planned(&plan);
        return if form.json {
            Answer::json(&planned)
        } else {
            page(desk, &text, form.text("template"), Some(planned), Vec::new())
        };
    }
    let actor = desk.account.as_ref().map(|account| account.id);
    let by = (actor, Via::Web);
    let made = roster::carry_out(desk.site(), by, &plan, template, Invite::ByMail, &mut |_, _| {})?;
    let (projects, accounts) = (made.projects.len(), made.invited.len());
    let href = format!("{}/-/admin/projects", desk.base());
    if form.json {
        return Answer::created(desk, &href, &json!({ "projects": made.projects, "accounts": accounts }));
    }
    let sentence = format!(
        "Made: projects {projects}, accounts {accounts}. Their invitations go out by mail, or wait in the outbox."
    );
    Ok(Answer::see(&href).telling(desk, &sentence))
}

fn planned(plan: &Plan) -> Planned {
    let projects = plan.projects.iter().filter(|project| project.row.is_none() || !project.grants.is_empty());
    let groups = plan.groups.iter().filter(|group| group.is_new || !group.joining.is_empty());
    Planned {
        lines: plan.lines,
        done: plan.is_done(),
        projects: projects
            .map(|project| PlannedProject {
                name: project.name.clone(),
                title: project.title.clone(),
                is_new: project.row.is_none(),
                grants: project
                    .grants
                    .iter()
                    .map(|grant| format!("{}: {}", grant.holder.name(), grant.permission))
                    .collect(),
            })
            .collect(),
        groups: groups
            .map(|group| PlannedGroup {
                name: group.name.clone(),
                is_new: group.is_new,
                joining: group.joining.clone(),
            })
            .collect(),
        accounts: plan
            .accounts
            .iter()
            .map(|account| PlannedAccount {
                login: account.login.clone(),
                full_name: account.full_name.clone(),
                email: account.email.clone(),
            })
            .collect(),
    }
}

fn page(desk: &Desk, roster: &str, template: &str, planned: Option<Planned>, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = RosterPage {
        panels: panels::of_site(desk, super::new_pages::PATH),
        href: format!("{}{PATH}", desk.base()),
        outbox: format!("{}/-/admin/outbox", desk.base()),
        roster: roster.to_owned(),
        template: template.to_owned(),
        templates: super::new_pages::templates(desk)?,
        planned,
        problems,
    };
    Sheet::new("Projects from a roster", sheet).noindex().status(status).render(desk)
}
