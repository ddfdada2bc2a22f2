//! `/<project>/admin/permissions`: who may do what, the sets of rights, and what everybody and each group can open (rows PM10
//! to PM13); `/<project>/admin/permissions/why`: why somebody sees something.

use std::borrow::Cow;

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use crate::auth::permission_sets::{self, Set};
use crate::auth::{grants, groups, why};
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::base::local_rights::Place;
use crate::base::viewer::{PERMISSION_ADMIN, PERMISSION_GRANT, PERMISSION_REVOKE};
use crate::web::address::query_value;
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::separated::Separated;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub const PANEL: Panel = Panel {
    title: "Permissions",
    line: "Who may do what, in the whole project or in a part of it, and why somebody sees something.",
    path: "/admin/permissions",
    permission: PERMISSION_GRANT,
    order: 5,
};

pub fn routes() -> Vec<Route> {
    routes![show, act, explain]
}

#[derive(Serialize)]
struct PermissionsPage {
    panels: Vec<PanelGroup>,
    href: String,
    may_revoke: bool,
    may_name_sets: bool,
    rules: Vec<RuleGroup>,
    sets: Vec<SetRow>,
    opened: Vec<OpenedRow>,
    rights: Vec<RightRow>,
    /// Words to suggest as subjects.
    subjects: Vec<String>,
    components: Vec<String>,
    typed: Typed,
    problems: Vec<Problem>,
}

impl Page for PermissionsPage {
    const TEMPLATE: &'static str = "admin/permissions.html";
}

#[derive(Serialize)]
struct RuleRow {
    subject: String,
    permission: String,
    denied: bool,
    component: String,
    path: String,
}

/// What stands for one subject in one place.
#[derive(Serialize)]
struct RuleGroup {
    subject: String,
    component: String,
    path: String,
    granted: Vec<String>,
    denied: Vec<String>,
}

#[derive(Serialize)]
struct SetRow {
    name: String,
    rights: String,
}

#[derive(Serialize)]
struct OpenedRow {
    subject: String,
    rights: String,
    parts: Vec<String>,
}

#[derive(Serialize)]
struct RightRow {
    name: &'static str,
    doc: &'static str,
    with: String,
}

/// What was typed, to be shown again.
#[derive(Default, Serialize)]
struct Typed {
    act: String,
    subject: String,
    permission: String,
    component: String,
    path: String,
    from: String,
    to: String,
    name: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            act: text("act"),
            subject: text("subject"),
            permission: words(form).join(" "),
            component: text("component"),
            path: text("path"),
            from: text("from"),
            to: text("to"),
            name: text("name"),
        }
    }
}

/// The rights that were typed: several values, or several words in one.
fn words(form: &Form) -> Vec<String> {
    form.pairs()
        .iter()
        .filter(|(name, _)| name == "permission")
        .flat_map(|(_, value)| value.split([' ', ',', '\n']))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Who may neither give nor take learns nothing of the page.
fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    if !room.viewer.may(PERMISSION_REVOKE) {
        room.viewer.require_to_see(PERMISSION_GRANT, "There is no page at this address.")?;
    }
    Ok(room)
}

#[get("/<project>/admin/permissions")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            match desk.visit.value("format").as_deref() {
                None | Some("html") if !desk.visit.wants_json() => page(desk, &room, Typed::default(), Vec::new()),
                None | Some("json") => as_json(&room),
                Some(format @ ("csv" | "tab")) => as_file(&room, format),
                Some(other) => {
                    Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other))))
                }
            }
        })
        .await
}

#[post("/<project>/admin/permissions", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            match done(desk, &room, form) {
                Ok(told) if form.json => Answer::json(&json!({ "done": told })),
                Ok(told) => Ok(Answer::see(&format!("{}{}", room.root, PANEL.path)).telling(desk, &told)),
                Err(Error::Invalid(problems)) if !form.json => page(desk, &room, Typed::of(form), problems),
                Err(other) => Err(other),
            }
        })
        .await
}

/// Does what was asked for; returns a sentence that says so.
fn done(desk: &Desk, room: &Room, form: &Form) -> Result<String> {
    let (site, project) = (desk.site(), &room.project);
    let named = |field: &str| match form.text(field).trim() {
        "" => Err(Error::invalid(field, "Name an account, a group, anonymous, authenticated, members or a role.")),
        name => Ok(name.to_owned()),
    };
    let rights = || match words(form) {
        words if words.is_empty() => Err(Error::invalid("permission", "Say which permissions.")),
        words => Ok(words),
    };
    let place = || grants::place(project, form.get("component"), form.get("path"));
    match form.text("act") {
        act @ ("grant" | "deny") => {
            let name = named("subject")?;
            let subject = grants::holder(site, project, &name)?;
            grants::set(project, room.act(), &subject, &place()?, act == "deny", &rights()?)?;
            Ok(format!("{} to {name}.", if act == "deny" { "Denied" } else { "Granted" }))
        }
        "revoke" => {
            let name = named("subject")?;
            let subject = grants::subject_to_revoke(site, project, &name)?;
            grants::unset(project, room.act(), &subject, &place()?, &rights()?)?;
            Ok(format!("Taken back from {name}."))
        }
        "copy" => {
            let (from, to) = (named("from")?, named("to")?);
            let known = |name: &str, field: &str| {
                grants::holder(site, project, name).map_err(|error| match error {
                    Error::Invalid(problems) => {
                        Error::Invalid(problems.into_iter().map(|one| Problem::new(field, one.message)).collect())
                    }
                    other => other,
                })
            };
            grants::copy(project, room.act(), &known(&from, "from")?, &known(&to, "to")?)?;
            Ok(format!("{to} has what {from} has."))
        }
        "save_set" => {
            permission_sets::save_set(project, room.act(), form.text("name").trim(), &rights()?)?;
            Ok(format!("The set “{}” is saved.", form.text("name").trim()))
        }
        "remove_set" => {
            permission_sets::remove_set(project, room.act(), form.text("name"))?;
            Ok(format!("The set “{}” is gone, and with it what it granted.", form.text("name")))
        }
        other => {
            let message = format!(
                "There is no act `{}`; it is grant, deny, revoke, copy, save_set or remove_set.",
                shortened(other)
            );
            Err(Error::invalid("act", message))
        }
    }
}

fn rules(room: &Room) -> Result<Vec<RuleRow>> {
    room.project.read(|db| {
        grants::list(db)?
            .into_iter()
            .map(|rule| {
                let name = grants::place_name(&room.project, db, &rule.place)?;
                let (component, path) = match rule.place {
                    Place::Everywhere => Default::default(),
                    Place::Component(_) => (name, String::new()),
                    Place::Path(_) => (String::new(), name),
                };
                Ok(RuleRow { subject: rule.subject, permission: rule.permission, denied: rule.denied, component, path })
            })
            .collect()
    })
}

/// In the order of the list, one for each subject and place.
fn grouped(rules: Vec<RuleRow>) -> Vec<RuleGroup> {
    let mut groups: Vec<RuleGroup> = Vec::new();
    for rule in rules {
        let known = groups.iter().position(|group| {
            group.subject == rule.subject && group.component == rule.component && group.path == rule.path
        });
        let at = known.unwrap_or_else(|| {
            let (subject, component, path) = (rule.subject.clone(), rule.component.clone(), rule.path.clone());
            groups.push(RuleGroup { subject, component, path, granted: Vec::new(), denied: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[at];
        if rule.denied { &mut group.denied } else { &mut group.granted }.push(rule.permission);
    }
    groups
}

fn as_json(room: &Room) -> Result<Answer> {
    let rules = rules(room)?;
    Answer::json(&json!({ "total": rules.len(), "page": 1, "items": rules, "next": null }))
}

fn as_file(room: &Room, format: &str) -> Result<Answer> {
    let mut file = Separated::new(if format == "csv" { ',' } else { '\t' }, false);
    file.line(["subject", "permission", "denied", "component", "path"].into_iter().map(Cow::Borrowed));
    for rule in rules(room)? {
        let denied = if rule.denied { "1" } else { "" };
        let cells = [rule.subject, rule.permission, denied.to_owned(), rule.component, rule.path];
        file.line(cells.into_iter().map(Cow::Owned));
    }
    Ok(file.answer("permissions"))
}

fn page(desk: &Desk, room: &Room, typed: Typed, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sets = room.project.read(permission_sets::sets)?;
    let groups = desk.site().read(groups::list)?;
    let mut subjects: Vec<String> = ["anonymous", "authenticated", "members"].map(str::to_owned).to_vec();
    subjects.extend(groups.into_iter().map(|group| group.name));
    subjects.extend(crate::base::local_rights::Role::ALL.iter().map(|role| format!("role:{}", role.name())));
    subjects.extend(room.project.read(|db| Ok(crate::ticket::people::logins(db)?.to_vec()))?);
    let components = room.project.read(|db| {
        let all = crate::ticket::options::seen(db, &room.viewer)?;
        let named = |option: &crate::ticket::options::OptionRow| option.field == "component";
        Ok(all.into_iter().filter(named).map(|option| option.name).collect())
    })?;
    let sheet = PermissionsPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        may_revoke: room.viewer.may(PERMISSION_REVOKE),
        may_name_sets: room.viewer.may(PERMISSION_ADMIN),
        rules: grouped(rules(room)?),
        opened: why::opened(desk.site(), &room.project, &room.row)?
            .into_iter()
            .map(|opened| OpenedRow { subject: opened.subject, rights: opened.rights.join(", "), parts: opened.parts })
            .collect(),
        rights: room
            .project
            .components()
            .permissions()
            .iter()
            .map(|right| RightRow { name: right.name, doc: right.doc, with: right.implies.join(", ") })
            .collect(),
        sets: sets.into_iter().map(|Set { name, rights }| SetRow { name, rights: rights.join(", ") }).collect(),
        subjects,
        components,
        typed,
        problems,
    };
    Sheet::new("Permissions", sheet).at("/admin").noindex().status(status).render(desk)
}

#[derive(Serialize)]
struct WhyPage {
    panels: Vec<PanelGroup>,
    href: String,
    list_href: String,
    who: String,
    what: String,
    verdict: Option<ReasonRow>,
    reasons: Vec<ReasonRow>,
    seen_by: Vec<SeenBy>,
    problems: Vec<Problem>,
}

impl Page for WhyPage {
    const TEMPLATE: &'static str = "admin/permissions_why.html";
}

/// Somebody, whether they see it, and where it is told why.
#[derive(Serialize)]
struct SeenBy {
    who: String,
    sees: bool,
    why_href: String,
}

#[derive(Serialize)]
struct ReasonRow {
    answer: String,
    because: String,
}

/// `?who=kim&what=ticket:12`: answered by the very code that lets somebody in or not. With `what` alone: who sees it.
#[get("/<project>/admin/permissions/why")]
async fn explain(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(PERMISSION_ADMIN, "There is no page at this address.")?;
            let value = |name: &str| desk.visit.value(name).unwrap_or_default().trim().to_owned();
            let (who, what) = (value("who"), value("what"));
            let (project, site) = (&room.project, desk.site());
            let told = match (who.is_empty(), what.is_empty()) {
                (true, true) => Ok((Vec::new(), Vec::new())),
                (true, false) => why::who_sees(site, project, &room.row, &what).map(|seen| (Vec::new(), seen)),
                (false, _) => why::explain(site, project, &room.row, &who, Some(&what)).map(|told| (told, Vec::new())),
            };
            let ((told, seen), problems) = match told {
                Ok(told) => (told, Vec::new()),
                Err(error) if desk.visit.wants_json() => return Err(error),
                Err(Error::Invalid(problems)) => (Default::default(), problems),
                Err(Error::NotFound(message)) => (Default::default(), vec![Problem::new("what", message)]),
                Err(other) => return Err(other),
            };
            let href = format!("{}{}/why", room.root, PANEL.path);
            let seen_by: Vec<SeenBy> = seen
                .into_iter()
                .map(|one| SeenBy {
                    why_href: format!("{href}?who={}&what={}", query_value(&one.who), query_value(&what)),
                    who: one.who,
                    sees: one.sees,
                })
                .collect();
            let row = |reason: why::Reason| ReasonRow { answer: reason.answer, because: reason.because };
            let mut rows = told.into_iter().map(row);
            let verdict = rows.next();
            if desk.visit.wants_json() {
                let reasons: Vec<ReasonRow> = rows.collect();
                return Answer::json(&json!({ "verdict": verdict, "reasons": reasons, "seen_by": seen_by }));
            }
            let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
            let sheet = WhyPage {
                panels: panels::groups(&room, PANEL.path),
                href,
                list_href: format!("{}{}", room.root, PANEL.path),
                verdict,
                reasons: rows.collect(),
                seen_by,
                who,
                what,
                problems,
            };
            Sheet::new("Why somebody sees something", sheet).at("/admin").noindex().status(status).render(desk)
        })
        .await
}
