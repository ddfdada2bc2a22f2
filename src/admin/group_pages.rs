//! `/-/admin/groups`: the groups of the site, who is in them, and groups in groups (row PM02).

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use crate::auth::{accounts, groups};
use crate::base::component::SitePanel;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Via;
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup, require_administrator};
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Groups",
    line: "Who belongs together. What a group may do is said in each project.",
    path: "/-/admin/groups",
    order: 25,
};

/// So many accounts are suggested.
const SUGGESTED: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    routes![show, act]
}

#[derive(Serialize)]
struct GroupsPage {
    panels: Vec<PanelGroup>,
    href: String,
    groups: Vec<GroupRow>,
    people: Vec<String>,
    name: String,
    members: String,
    problems: Vec<Problem>,
}

impl Page for GroupsPage {
    const TEMPLATE: &'static str = "admin/groups.html";
}

#[derive(Serialize)]
struct GroupRow {
    name: String,
    members: Vec<String>,
    groups: Vec<String>,
}

#[get("/-/admin/groups")]
async fn show(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            require_administrator(desk)?;
            if desk.visit.wants_json() {
                let groups = rows(desk)?;
                return Answer::json(&json!({ "total": groups.len(), "page": 1, "items": groups, "next": null }));
            }
            page(desk, None, Vec::new())
        })
        .await
}

#[post("/-/admin/groups", data = "<data>")]
async fn act(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            require_administrator(desk)?;
            match done(desk, form) {
                Ok(told) if form.json => Answer::json(&json!({ "done": told })),
                Ok(told) => Ok(Answer::see(&format!("{}{}", desk.base(), SITE_PANEL.path)).telling(desk, &told)),
                Err(error @ (Error::Invalid(_) | Error::NotFound(_))) if !form.json => {
                    let problems = match error {
                        Error::Invalid(problems) => problems,
                        other => vec![Problem::new("members", other.to_string())],
                    };
                    page(desk, Some(form), problems)
                }
                Err(other) => Err(other),
            }
        })
        .await
}

fn done(desk: &Desk, form: &Form) -> Result<String> {
    let name = form.text("name").trim();
    let members: Vec<String> =
        form.text("members").split([' ', ',', '\n']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let by = desk.principal.identity.as_ref().map(|identity| identity.account);
    let some = || match members.is_empty() {
        true => Err(Error::invalid("members", "Name accounts or groups.")),
        false => Ok(()),
    };
    desk.site().write(by, Via::Web, |db, record| match form.text("act") {
        "create" => {
            groups::create(db, record, name)?;
            if !members.is_empty() {
                groups::add(db, record, name, &members)?;
            }
            Ok(format!("There is a group “{name}” now."))
        }
        "add" => {
            some()?;
            groups::add(db, record, name, &members)?;
            Ok(format!("In “{name}” now: {}.", members.join(", ")))
        }
        "drop" => {
            some()?;
            groups::drop(db, record, name, &members)?;
            Ok(format!("No longer in “{name}”: {}.", members.join(", ")))
        }
        "remove" => {
            groups::remove(db, record, name)?;
            Ok(format!("The group “{name}” is gone, and with it what it was granted."))
        }
        other => {
            let message = format!("There is no act `{}`; it is create, add, drop or remove.", shortened(other));
            Err(Error::invalid("act", message))
        }
    })
}

fn rows(desk: &Desk) -> Result<Vec<GroupRow>> {
    let row = |group: groups::Group| GroupRow { name: group.name, members: group.members, groups: group.groups };
    Ok(desk.site().read(groups::list)?.into_iter().map(row).collect())
}

fn page(desk: &Desk, typed: Option<&Form>, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let typed = |name: &str| typed.map(|form| form.text(name).to_owned()).unwrap_or_default();
    let mut people: Vec<String> =
        desk.site().read(accounts::list)?.into_iter().take(SUGGESTED).map(|account| account.login).collect();
    let groups = rows(desk)?;
    people.extend(groups.iter().map(|group| group.name.clone()));
    let sheet = GroupsPage {
        panels: panels::of_site(desk, SITE_PANEL.path),
        href: format!("{}{}", desk.base(), SITE_PANEL.path),
        groups,
        people,
        name: typed("name"),
        members: typed("members"),
        problems,
    };
    Sheet::new("Groups", sheet).noindex().status(status).render(desk)
}
