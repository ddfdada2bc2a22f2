//! The administration of what tickets choose from: one page for each field that has options (rows E01 to E05).

use std::collections::HashMap;

use jiff::tz::TimeZone;
use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::TICKET_ADMIN;
use super::options::{self, OptionRow};
use super::options_edit::{self, Removed, Step, Wish, is_ordered};
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::Flavour;
use crate::base::moment;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

const NO_PAGE: &str = "There is no page at this address.";
const MOST_OWNERS: usize = 500;

/// The page of one field.
struct Kind {
    field: &'static str,
    /// The end of its address.
    plural: &'static str,
    /// Below the project's address.
    path: &'static str,
    title: &'static str,
    line: &'static str,
}

static KINDS: [Kind; 6] = [
    Kind {
        field: "component",
        plural: "components",
        path: "/admin/ticket/components",
        title: "Components",
        line: "The parts that a ticket can be about. New tickets of a component belong to its owner.",
    },
    Kind {
        field: "version",
        plural: "versions",
        path: "/admin/ticket/versions",
        title: "Versions",
        line: "The releases in which something was seen, the newest first; those without a day come before them.",
    },
    Kind {
        field: "type",
        plural: "types",
        path: "/admin/ticket/types",
        title: "Types",
        line: "What kinds of tickets there are.",
    },
    Kind {
        field: "priority",
        plural: "priorities",
        path: "/admin/ticket/priorities",
        title: "Priorities",
        line: "What comes first; the topmost is the most urgent.",
    },
    Kind {
        field: "severity",
        plural: "severities",
        path: "/admin/ticket/severities",
        title: "Severities",
        line: "How bad it is; the topmost is the worst.",
    },
    Kind {
        field: "resolution",
        plural: "resolutions",
        path: "/admin/ticket/resolutions",
        title: "Resolutions",
        line: "With what words tickets are closed.",
    },
];

const fn panel(kind: &Kind, order: u8) -> Panel {
    Panel { title: kind.title, line: kind.line, path: kind.path, permission: TICKET_ADMIN, order }
}

pub static PANELS: [Panel; 12] = [
    panel(&KINDS[0], 31),
    panel(&KINDS[1], 32),
    panel(&KINDS[2], 33),
    panel(&KINDS[3], 34),
    panel(&KINDS[4], 35),
    panel(&KINDS[5], 36),
    super::own_fields_admin::PANEL,
    super::workflow_admin::PANEL,
    super::trash_pages::PANEL,
    super::texts_admin::REPLIES,
    super::texts_admin::TEMPLATES,
    super::relations_admin::PANEL,
];

pub fn routes() -> Vec<Route> {
    routes![list, act]
}

// Other components have pages beside these, with whole addresses of their own.
#[get("/<project>/admin/ticket/<kind>", rank = 20)]
async fn list(visit: Visit, project: String, kind: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            if let Some(kind) = KINDS.iter().find(|one| one.field == kind) {
                return Ok(Answer::moved(&href(&room, kind)));
            }
            let kind = find(&kind)?;
            if desk.visit.wants_json() { as_json(&room, kind) } else { page(desk, &room, kind, Typed::default()) }
        })
        .await
}

#[post("/<project>/admin/ticket/<kind>", rank = 20, data = "<data>")]
async fn act(visit: Visit, project: String, kind: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let kind = find(&kind)?;
            match done(desk, &room, kind, form) {
                Ok(done) => answer(desk, &room, kind, form, done),
                Err(Error::Invalid(problems)) if !form.json => {
                    page(desk, &room, kind, Typed { form: Some(form), problems })
                }
                Err(other) => Err(other),
            }
        })
        .await
}

/// Enters a project for the administration of its tickets. Whoever has no part in that learns nothing of its pages; in an
/// archived project nobody has, and is told so.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    if room.viewer.archived {
        room.viewer.require(TICKET_ADMIN)?;
    }
    room.viewer.require_to_see(TICKET_ADMIN, NO_PAGE)?;
    Ok(room)
}

fn find(plural: &str) -> Result<&'static Kind> {
    KINDS.iter().find(|kind| kind.plural == plural).ok_or_else(|| Error::not_found(NO_PAGE))
}

fn href(room: &Room, kind: &Kind) -> String {
    format!("{}{}", room.root, kind.path)
}

/// What an act has come to.
enum Done {
    Created(OptionRow),
    Changed(OptionRow),
    Removed(Removed, String),
    Default,
}

fn done(desk: &Desk, room: &Room, kind: &Kind, form: &Form) -> Result<Done> {
    let (site, project, by, field) = (desk.site(), &room.project, room.act(), kind.field);
    let existing = || -> Result<OptionRow> {
        let id = form.number("id")?;
        let rows = project.read(|db| options::seen(db, &room.viewer))?;
        let row = rows.into_iter().find(|row| row.field == field && row.id == id);
        row.ok_or_else(|| Error::not_found(format!("There is no such {field}.")))
    };
    let wish = Wish {
        name: form.get("name"),
        description: form.get("description"),
        owner: form.get("owner"),
        released: form.get("released"),
        ..Wish::default()
    };
    match form.text("act") {
        "add" => options_edit::create(site, project, by, field, &wish).map(Done::Created),
        "change" => {
            let row = existing()?;
            // The form shows a day; sent back as it was, it leaves the exact time alone.
            let kept = wish.released == Some(released(&row).as_str()) && !released(&row).is_empty();
            let wish = Wish { released: wish.released.filter(|_| !kept), ..wish };
            options_edit::change(site, project, by, field, row.id, &wish).map(Done::Changed)
        }
        act @ ("up" | "down") => {
            let step = Some(if act == "up" { Step::Up } else { Step::Down });
            let wish = Wish { step, ..Wish::default() };
            options_edit::change(site, project, by, field, existing()?.id, &wish).map(Done::Changed)
        }
        "retire" => {
            let row = existing()?;
            Ok(Done::Removed(options_edit::remove(project, by, field, row.id)?, row.name))
        }
        "restore" => options_edit::restore(project, by, field, existing()?.id).map(Done::Changed),
        "default" => {
            let id = match form.text("default") {
                "" => None,
                _ => Some(form.number("default")?),
            };
            options_edit::set_default(project, by, field, id).map(|()| Done::Default)
        }
        other => {
            let acts = "add, change, up, down, retire, restore or default";
            Err(Error::invalid("act", format!("There is no act `{}`; it is {acts}.", shortened(other))))
        }
    }
}

fn answer(desk: &Desk, room: &Room, kind: &Kind, form: &Form, done: Done) -> Result<Answer> {
    let href = href(room, kind);
    if form.json {
        return match done {
            Done::Created(row) => Answer::created(desk, &href, &item(room, &row)?),
            Done::Changed(row) => Answer::json(&item(room, &row)?),
            Done::Removed(removed, name) => {
                Answer::json(&json!({ "name": name, "retired": removed == Removed::Retired }))
            }
            Done::Default => as_json(room, kind),
        };
    }
    let told = match done {
        Done::Created(row) => format!("“{}” is there now.", row.name),
        Done::Changed(row) => format!("“{}” is changed.", row.name),
        Done::Removed(Removed::Retired, name) => format!("“{name}” is retired: tickets that have it keep it."),
        Done::Removed(Removed::Deleted, name) => format!("“{name}” is gone; no ticket ever had it."),
        Done::Default => "The default is changed.".to_owned(),
    };
    Ok(Answer::see(&href).telling(desk, &told))
}

#[derive(Serialize)]
struct OptionsPage {
    panels: Vec<PanelGroup>,
    href: String,
    heading: &'static str,
    noun: &'static str,
    line: &'static str,
    ordered: bool,
    with_default: bool,
    with_owner: bool,
    with_released: bool,
    owners: Vec<String>,
    items: Vec<Item>,
    no_default: bool,
    added: Added,
    problems: Vec<Problem>,
}

impl Page for OptionsPage {
    const TEMPLATE: &'static str = "admin/options.html";
}

#[derive(Serialize)]
struct Item {
    id: i64,
    name: String,
    description: String,
    description_html: String,
    is_default: bool,
    owner: String,
    released: String,
    retired: bool,
    tickets: i64,
    tickets_href: Option<String>,
    open: bool,
    /// Of a component: who watches it, to whom it is open.
    queue_href: Option<String>,
    closed: bool,
}

#[derive(Serialize, Default)]
struct Added {
    name: String,
    description: String,
    owner: String,
    released: String,
}

/// A form that was refused.
#[derive(Default)]
struct Typed<'a> {
    form: Option<&'a Form>,
    problems: Vec<Problem>,
}

fn page(desk: &Desk, room: &Room, kind: &Kind, typed: Typed<'_>) -> Result<Answer> {
    let (rows, logins, counts, owners) = room.project.read(|db| {
        let rows = of_field(db, &room.viewer, kind.field)?;
        Ok((rows, logins(db)?, counts(db, &room.viewer, kind.field)?, people(db)?))
    })?;
    let mut items: Vec<Item> = rows.iter().map(|row| shown(room, kind, row, &logins, &counts)).collect();
    describe(desk, room, &mut items)?;
    let mut added = Added::default();
    if let Some(form) = typed.form {
        let text = |name: &str| form.text(name).to_owned();
        if form.text("act") == "add" {
            added = Added {
                name: text("name"),
                description: text("description"),
                owner: text("owner"),
                released: text("released"),
            };
        } else if let Some(item) = items.iter_mut().find(|item| item.id.to_string() == form.text("id")) {
            item.open = true;
            for (field, shown) in [
                ("name", &mut item.name),
                ("description", &mut item.description),
                ("owner", &mut item.owner),
                ("released", &mut item.released),
            ] {
                if let Some(typed) = form.get(field) {
                    typed.clone_into(shown);
                }
            }
        }
    }
    let status = if typed.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = OptionsPage {
        panels: panels::groups(room, kind.path),
        href: href(room, kind),
        heading: kind.title,
        noun: kind.field,
        line: kind.line,
        ordered: is_ordered(kind.field),
        with_default: true,
        with_owner: kind.field == "component",
        with_released: kind.field == "version",
        owners,
        no_default: !rows.iter().any(|row| row.is_default),
        items,
        added,
        problems: typed.problems,
    };
    Sheet::new(kind.title, sheet).at("/admin").noindex().status(status).render(desk)
}

/// What is said of each, as a line of text with its links (row E05).
fn describe(desk: &Desk, room: &Room, items: &mut [Item]) -> Result<()> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    room.project.read(|db| {
        for item in items.iter_mut().filter(|item| !item.description.is_empty()) {
            let compiled = reader.compiled(&item.description, Flavour::Line)?;
            item.description_html = reader.html(db, &compiled, None)?.into_string();
        }
        Ok(())
    })
}

/// Those that this viewer may know of: what is offered, in order, then the retired ones.
pub fn of_field(db: &Connection, viewer: &Viewer, field: &str) -> Result<Vec<OptionRow>> {
    let mut rows = options::seen(db, viewer)?;
    rows.retain(|row| row.field == field);
    rows.sort_by_key(|row| row.retired_at.is_some());
    Ok(rows)
}

fn shown(room: &Room, kind: &Kind, row: &OptionRow, logins: &HashMap<i64, String>, counts: &HashMap<i64, i64>) -> Item {
    let tickets = counts.get(&row.id).copied().unwrap_or(0);
    // In a query these would begin a condition of another kind.
    let is_plain = !row.name.starts_with(['!', '~', '^', '$']);
    let query = format!("{}/query?{}={}", room.root, kind.field, address::query_value(&row.name));
    Item {
        id: row.id,
        name: row.name.clone(),
        description: row.description.clone(),
        description_html: String::new(),
        is_default: row.is_default,
        owner: row.owner.and_then(|owner| logins.get(&owner).cloned()).unwrap_or_default(),
        released: released(row),
        retired: row.retired_at.is_some(),
        tickets,
        tickets_href: (tickets > 0 && is_plain).then_some(query),
        open: false,
        queue_href: (kind.field == "component" && row.retired_at.is_none())
            .then(|| format!("{}{}", room.root, super::queue_admin::href(row.id))),
        closed: row.acl != DEFAULT_CLASS,
    }
}

/// The day of a version's release: `2026-11-22`, or empty.
pub fn released(row: &OptionRow) -> String {
    let day = row.released_at.and_then(|at| moment::iso(moment::day_of(at, &TimeZone::UTC)));
    day.unwrap_or_default()
}

/// Who owns components, by login.
pub fn logins(db: &Connection) -> Result<HashMap<i64, String>> {
    let mut statement = db.prepare_cached(
        "select distinct person.id, person.login from field_option join person on person.id = field_option.owner",
    )?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn people(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select login from person where kind = 'account' order by login limit ?1")?;
    Ok(statement.query_map([MOST_OWNERS as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// How many tickets that this viewer sees have each option of a field now.
pub fn counts(db: &Connection, viewer: &Viewer, field: &'static str) -> Result<HashMap<i64, i64>> {
    let sql = format!(
        "select {field}, count(*) from ticket where {field} is not null and merged_into is null and {} group by {field}",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare(&sql)?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn as_json(room: &Room, kind: &Kind) -> Result<Answer> {
    let rows = room.project.read(|db| of_field(db, &room.viewer, kind.field))?;
    let items = rows.iter().map(|row| item(room, row)).collect::<Result<Vec<Value>>>()?;
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

fn item(room: &Room, row: &OptionRow) -> Result<Value> {
    let logins = room.project.read(logins)?;
    let mut item = json!({
        "id": row.id, "name": row.name, "description": row.description, "default": row.is_default,
        "retired": row.retired_at.is_some(),
    });
    if row.field == "component" {
        item["owner"] = json!(row.owner.and_then(|owner| logins.get(&owner)));
        item["closed"] = json!(row.acl != DEFAULT_CLASS);
    }
    if row.field == "version" {
        item["released"] = json!(row.released_at.map(crate::base::time::Instant::iso));
    }
    Ok(item)
}
