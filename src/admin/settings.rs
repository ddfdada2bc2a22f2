//! Everything that can be set, in one place: `/-/admin/settings`, `/<project>/admin/settings` and `trackway setting`. The pages
//! are made from where each setting is defined, so that none can be left out.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::base::audit::{self, Auditor};
use crate::base::component::{Components, Panel, SitePanel};
use crate::base::db::Db;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::project::{Act, Project, Tx};
use crate::base::settings::{Scope, Setting, Values};
use crate::base::site::Site;
use crate::base::time::When;
use crate::base::viewer::TRAC_ADMIN;
use crate::web::form::Form;
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Settings",
    line: "Everything that can be set for this project.",
    path: "/admin/settings",
    permission: TRAC_ADMIN,
    order: 90,
};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Settings",
    line: "Everything that can be set for the whole site.",
    path: "/-/admin/settings",
    order: 20,
};

/// Before the name of a secret in a form: it is taken away.
const FORGET: &str = "forget.";

pub(super) fn routes() -> Vec<Route> {
    routes![of_site, change_site, of_project, change_project]
}

/// The settings of the site or of a project, by name.
pub fn of_scope(components: Components, scope: Scope) -> Vec<&'static Setting> {
    let mut all: Vec<_> = components.settings().into_iter().filter(|setting| setting.scope == scope).collect();
    all.sort_by_key(|setting| (group_of(setting.name), setting.name));
    all
}

/// The one of that name, for commands.
pub fn named(components: Components, scope: Scope, name: &str) -> Result<&'static Setting> {
    of_scope(components, scope).into_iter().find(|setting| setting.name == name).ok_or_else(|| {
        let whose = if scope == Scope::Site { "of the site" } else { "of projects" };
        Error::not_found(format!("there is no setting `{name}` {whose}; `trackway setting list` names them"))
    })
}

/// A setting and what it shall be; none: its default again.
pub type Wish<'a> = (&'static Setting, Option<&'a str>);

/// Changes settings of the site, all or none.
pub fn set_site(site: &Site, actor: Option<i64>, via: Via, wishes: &[Wish<'_>]) -> Result<usize> {
    site.write(actor, via, |db, record| change(db, wishes, &|event| record(event).map(drop)))
}

/// The same of a project.
pub fn set_project(project: &Project, by: Act<'_>, wishes: &[Wish<'_>]) -> Result<usize> {
    by.viewer.require(TRAC_ADMIN)?;
    project.write(by, |tx| set_within(tx, wishes))
}

/// The same within a transaction that does more; who may has been found out.
pub(super) fn set_within(tx: &Tx<'_>, wishes: &[Wish<'_>]) -> Result<usize> {
    change(tx, wishes, &|event| tx.record(event).map(drop))
}

/// Returns how many are other than before. Every problem at once.
fn change(db: &Connection, wishes: &[Wish<'_>], record: &dyn Fn(&NewEvent) -> Result<()>) -> Result<usize> {
    let (mut changed, mut problems) = (0, Vec::new());
    for (setting, value) in wishes {
        if *value == Some(setting.text(db)?.as_str()) {
            continue;
        }
        match setting.change(db, *value) {
            Ok(Some(event)) => {
                record(&event)?;
                changed += 1;
            }
            Ok(None) => {}
            Err(Error::Invalid(more)) => problems.extend(more),
            Err(error) => return Err(error),
        }
    }
    if problems.is_empty() { Ok(changed) } else { Err(Error::Invalid(problems)) }
}

#[derive(Serialize)]
struct SettingsPage {
    panels: Vec<PanelGroup>,
    href: String,
    log_href: String,
    groups: Vec<Group>,
    problems: Vec<Problem>,
}

impl Page for SettingsPage {
    const TEMPLATE: &'static str = "admin/settings.html";
}

#[derive(Serialize)]
struct Group {
    title: String,
    settings: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    name: &'static str,
    doc: &'static str,
    /// `line`, `lines`, `number`, `choice` or `secret`.
    control: &'static str,
    value: String,
    takes: String,
    choices: Vec<&'static str>,
    default: &'static str,
    is_set: bool,
    changed_by: Option<String>,
    changed: Option<When>,
}

/// `backup` of `backup.keep`; what has no first part comes first.
fn group_of(name: &str) -> &str {
    name.split_once('.').map_or("", |(group, _)| group)
}

#[get("/-/admin/settings")]
async fn of_site(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let auditor = Auditor::of_site(&desk.principal)?;
            let place = Place::of_site(desk);
            if desk.visit.wants_json() {
                return place.as_json();
            }
            place.page(desk, auditor, None, Vec::new())
        })
        .await
}

#[post("/-/admin/settings", data = "<data>")]
async fn change_site(visit: Visit, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, |desk, form| {
            let auditor = Auditor::of_site(&desk.principal)?;
            let place = Place::of_site(desk);
            let actor = desk.account.as_ref().map(|account| account.id);
            let done = place.wishes(form).and_then(|wishes| set_site(desk.site(), actor, Via::Web, &wishes));
            place.answer(desk, auditor, form, done)
        })
        .await
}

#[get("/<project>/admin/settings")]
async fn of_project(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let auditor = Auditor::of_project(&room.viewer)?;
            let place = Place::of_project(&room);
            if desk.visit.wants_json() {
                return place.as_json();
            }
            place.page(desk, auditor, None, Vec::new())
        })
        .await
}

#[post("/<project>/admin/settings", data = "<data>")]
async fn change_project(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = desk.room(&project)?;
            let auditor = Auditor::of_project(&room.viewer)?;
            let place = Place::of_project(&room);
            let done = place.wishes(form).and_then(|wishes| set_project(&room.project, room.act(), &wishes));
            place.answer(desk, auditor, form, done)
        })
        .await
}

/// Whose settings are shown.
struct Place<'a> {
    db: &'a Db,
    settings: Vec<&'static Setting>,
    panels: Vec<PanelGroup>,
    href: String,
    log_href: String,
}

impl<'a> Place<'a> {
    fn of_site(desk: &'a Desk) -> Self {
        Self {
            db: desk.site().db(),
            settings: of_scope(desk.site().components(), Scope::Site),
            panels: panels::of_site(desk, SITE_PANEL.path),
            href: format!("{}{}", desk.base(), SITE_PANEL.path),
            log_href: format!("{}/-/admin/audit?kind=setting.changed", desk.base()),
        }
    }

    fn of_project(room: &'a Room) -> Self {
        Self {
            db: room.project.db(),
            settings: of_scope(room.project.components(), Scope::Project),
            panels: panels::groups(room, PANEL.path),
            href: format!("{}{}", room.root, PANEL.path),
            log_href: format!("{}/admin/audit?kind=setting.changed", room.root),
        }
    }

    /// What a form asks for. An empty secret stays what it is, since nobody was shown it.
    fn wishes<'f>(&self, form: &'f Form) -> Result<Vec<Wish<'f>>> {
        let mut wishes: Vec<Wish<'f>> = Vec::new();
        if let Some(name) = form.get("reset") {
            let known = self.settings.iter().find(|setting| setting.name == name);
            let setting = known.ok_or_else(|| Error::invalid("reset", format!("There is no setting `{name}`.")))?;
            return Ok(vec![(*setting, None)]);
        }
        for setting in &self.settings {
            if form.has(&format!("{FORGET}{}", setting.name)) || form.emptied().iter().any(|name| name == setting.name)
            {
                wishes.push((*setting, None));
                continue;
            }
            match form.get(setting.name) {
                Some("") if setting.values.is_secret() => {}
                // As JSON writes it.
                Some("1") if matches!(setting.values, Values::Switch) => wishes.push((*setting, Some("true"))),
                Some("0") if matches!(setting.values, Values::Switch) => wishes.push((*setting, Some("false"))),
                Some(value) => wishes.push((*setting, Some(value))),
                None => {}
            }
        }
        if wishes.is_empty() && form.json {
            return Err(Error::invalid("", "None of these names is a setting."));
        }
        Ok(wishes)
    }

    fn answer(&self, desk: &Desk, auditor: Auditor, form: &Form, done: Result<usize>) -> Result<Answer> {
        match done {
            Ok(_) if form.json => self.as_json(),
            Ok(0) => Ok(Answer::see(&self.href).telling(desk, "Nothing was other than before.")),
            Ok(_) => Ok(Answer::see(&self.href).telling(desk, "Saved.")),
            Err(Error::Invalid(problems)) if !form.json => self.page(desk, auditor, Some(form), problems),
            Err(error) => Err(error),
        }
    }

    fn as_json(&self) -> Result<Answer> {
        let settings: Map<String, Value> = self.db.read(|db| {
            self.settings.iter().map(|setting| Ok((setting.name.to_owned(), value_of(db, setting)?))).collect()
        })?;
        Ok(Answer::json(&settings)?.header("Cache-Control", "no-store"))
    }

    fn page(&self, desk: &Desk, auditor: Auditor, typed: Option<&Form>, problems: Vec<Problem>) -> Result<Answer> {
        let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
        let zone = desk.principal.zone();
        let mut groups: Vec<Group> = Vec::new();
        for setting in &self.settings {
            let (mut value, is_set, changed) = self.db.read(|db| {
                let changed = audit::last_change(db, auditor, "setting.changed", setting.name)?;
                Ok((setting.text(db)?, setting.is_set(db)?, changed))
            })?;
            if let Some(typed) = typed.and_then(|form| form.get(setting.name)) {
                typed.clone_into(&mut value);
            }
            if setting.values.is_secret() {
                value.clear();
            }
            let (changed_by, changed) = changed.map(|(who, at)| (who, at.when(&zone))).unzip();
            let item = Item {
                name: setting.name,
                doc: setting.doc,
                control: control_of(&setting.values),
                value,
                takes: setting.values.takes(),
                choices: choices_of(&setting.values),
                default: setting.default,
                is_set,
                changed_by,
                changed,
            };
            let title = title_of(group_of(setting.name));
            match groups.last_mut().filter(|group| group.title == title) {
                Some(group) => group.settings.push(item),
                None => groups.push(Group { title, settings: vec![item] }),
            }
        }
        let page = SettingsPage {
            panels: self.panels.clone(),
            href: self.href.clone(),
            log_href: self.log_href.clone(),
            groups,
            problems,
        };
        let place = if desk.entered().is_some() { "/admin" } else { "" };
        let answer = Sheet::new("Settings", page).at(place).noindex().status(status).render(desk)?;
        Ok(answer.header("Cache-Control", "no-store"))
    }
}

/// What a setting is, for programs and commands: of a secret only whether there is one.
pub fn value_of(db: &Connection, setting: &Setting) -> Result<Value> {
    if setting.values.is_secret() {
        return Ok(json!(setting.is_set(db)?));
    }
    let text = setting.text(db)?;
    Ok(match setting.values {
        Values::Switch => json!(text == "true"),
        Values::Number(..) => json!(setting.number(db)?),
        _ => json!(text),
    })
}

fn control_of(values: &Values) -> &'static str {
    match values {
        Values::Text | Values::Words | Values::Checked { .. } => "line",
        Values::Lines(_) => "lines",
        Values::Number(..) => "number",
        Values::Switch | Values::Choice(_) => "choice",
        Values::Secret => "secret",
    }
}

fn choices_of(values: &Values) -> Vec<&'static str> {
    match values {
        Values::Switch => vec!["true", "false"],
        Values::Choice(choices) => choices.to_vec(),
        _ => Vec::new(),
    }
}

fn title_of(group: &str) -> String {
    let mut letters = group.chars();
    match letters.next() {
        None => "General".to_owned(),
        Some(first) if group.len() <= 4 && group != "mail" => {
            first.to_uppercase().chain(letters).collect::<String>().to_uppercase()
        }
        Some(first) => first.to_uppercase().chain(letters).collect(),
    }
}
