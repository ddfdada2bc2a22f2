//! The page on which a project defines fields of its own (rows F01 to F10): one form for each, with a preview of what a change
//! does to the tickets that there are.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::TICKET_ADMIN;
use super::admin::enter;
use super::fields::Choices;
use super::own_fields::{OwnField, OwnKind};
use super::own_fields_edit as edit;
use super::own_fields_wish::Wish;
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Fields",
    line: "What this project wants to know of its tickets beside what all tickets have.",
    path: "/admin/ticket/fields",
    permission: TICKET_ADMIN,
    order: 37,
};

pub(super) fn routes() -> Vec<Route> {
    routes![list, act]
}

#[get("/<project>/admin/ticket/fields")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            if desk.visit.wants_json() {
                return as_json(&room);
            }
            page(desk, &room, Typed { open: desk.visit.value("name").unwrap_or_default(), ..Typed::default() })
        })
        .await
}

#[post("/<project>/admin/ticket/fields", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            done(desk, &room, form)
        })
        .await
}

fn done(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let fields = edit::Desk { site: desk.site(), project: &room.project, viewer: &room.viewer };
    let name = form.text("name").trim().to_owned();
    let told = match form.text("act") {
        "preview" => {
            let looked = fields.look(&name, &wish(form))?;
            if form.json {
                return Answer::json(&json!({ "problems": looked.problems, "effects": looked.effects }));
            }
            let typed = Typed { form: Some(form), problems: looked.problems, effects: looked.effects, open: name };
            return page(desk, room, typed);
        }
        "save" => match fields.save(room.act(), &name, &wish(form)) {
            Ok(effects) => {
                std::iter::once(format!("The field `{name}` is saved.")).chain(effects).collect::<Vec<_>>().join(" ")
            }
            Err(Error::Invalid(problems)) if !form.json => {
                return page(desk, room, Typed { form: Some(form), problems, open: name, ..Typed::default() });
            }
            Err(other) => return Err(other),
        },
        "retire" => {
            fields.retire(room.act(), &name)?;
            format!("The field `{name}` is retired. What tickets have in it stays, and comes back with it.")
        }
        "restore" => {
            fields.restore(room.act(), &name)?;
            format!("The field `{name}` is in use again.")
        }
        "rename-option" => match fields.rename_option(room.act(), &name, form.text("from"), form.text("to")) {
            Ok(()) => "The option has its new name, on all tickets that have it.".to_owned(),
            Err(Error::Invalid(problems)) if !form.json => {
                return page(desk, room, Typed { problems, open: name, ..Typed::default() });
            }
            Err(other) => return Err(other),
        },
        other => {
            let acts = "preview, save, retire, restore or rename-option";
            return Err(Error::invalid("act", format!("There is no act `{}`; it is {acts}.", shortened(other))));
        }
    };
    if form.json {
        return as_json(room);
    }
    Ok(Answer::see(&format!("{}{}", room.root, PANEL.path)).telling(desk, &told))
}

/// What the form says; a JSON body leaves out what is to stay.
fn wish(form: &Form) -> Wish {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let all = |name: &str| -> Option<Vec<String>> {
        let sent = form.has(name) || form.has(&format!("has_{name}"));
        let values = form.pairs().iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone());
        sent.then(|| values.collect())
    };
    Wish {
        label: text("label"),
        kind: text("kind"),
        format: text("format"),
        help: text("help"),
        proposed: text("proposed"),
        options: form.get("options").map(|lines| lines.lines().map(str::to_owned).collect()),
        rows: text("rows"),
        max_size: text("max_size"),
        types: all("types"),
        required_in: all("required_in"),
        place: text("place"),
    }
}

#[derive(Serialize)]
struct FieldsPage {
    panels: Vec<PanelGroup>,
    href: String,
    items: Vec<Item>,
    added: Item,
    problems: Vec<Problem>,
    effects: Vec<String>,
    previewed: bool,
}

impl Page for FieldsPage {
    const TEMPLATE: &'static str = "admin/fields.html";
}

#[derive(Serialize, Default)]
struct Item {
    name: String,
    label: String,
    kind: String,
    format: String,
    help: String,
    proposed: String,
    options: String,
    choices: Vec<String>,
    rows: String,
    max_size: String,
    place: String,
    retired: bool,
    open: bool,
    kinds: Vec<Pick>,
    formats: Vec<Pick>,
    types: Vec<Pick>,
    states: Vec<Pick>,
    /// In a few words, for the list.
    about: String,
}

#[derive(Serialize)]
struct Pick {
    value: String,
    chosen: bool,
}

#[derive(Default)]
struct Typed<'a> {
    form: Option<&'a Form>,
    problems: Vec<Problem>,
    effects: Vec<String>,
    open: String,
}

fn page(desk: &Desk, room: &Room, typed: Typed<'_>) -> Result<Answer> {
    let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
    let mut items: Vec<Item> = choices.own.iter().map(|own| item(&choices, own)).collect();
    let mut added = Item { kind: OwnKind::Text.name().to_owned(), rows: "5".to_owned(), ..Item::default() };
    pick(&choices, &mut added, &[], &[]);
    let known = items.iter_mut().find(|item| item.name == typed.open);
    if let Some(form) = typed.form {
        let shown = known.unwrap_or(&mut added);
        fill(&choices, shown, form);
        shown.open = true;
    } else if let Some(item) = known {
        item.open = true;
    }
    let status = if typed.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = FieldsPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        items,
        added,
        previewed: typed.form.is_some() && typed.problems.is_empty(),
        problems: typed.problems,
        effects: typed.effects,
    };
    Sheet::new("Fields of tickets", page).at("/admin").noindex().status(status).render(desk)
}

fn item(choices: &Choices, own: &OwnField) -> Item {
    let options: Vec<String> = choices.options(own.field.name).map(|option| option.name.clone()).collect();
    let mut about = vec![own.kind.name().to_owned()];
    if !own.types.is_empty() {
        let types = own.types.iter().filter_map(|id| choices.option(*id)).map(|option| option.name.as_str());
        about.push(format!("of {}", types.collect::<Vec<_>>().join(", ")));
    }
    if !own.required_in.is_empty() {
        about.push(format!("required when {}", own.required_in.join(", ")));
    }
    let mut item = Item {
        name: own.field.name.to_owned(),
        label: own.field.label.to_owned(),
        kind: own.kind.name().to_owned(),
        format: own.format.clone(),
        help: own.help.clone(),
        proposed: own.proposed.clone(),
        options: options.join("\n"),
        choices: options,
        rows: own.rows.to_string(),
        max_size: own.max_size.map(|size| size.to_string()).unwrap_or_default(),
        place: if own.retired_at.is_some() { String::new() } else { own.rank.to_string() },
        retired: own.retired_at.is_some(),
        about: about.join("; "),
        ..Item::default()
    };
    let types: Vec<String> =
        own.types.iter().filter_map(|id| choices.option(*id)).map(|option| option.name.clone()).collect();
    pick(choices, &mut item, &types, &own.required_in);
    item
}

/// What can be chosen in the form of an item, with what is chosen in it.
fn pick(choices: &Choices, item: &mut Item, types: &[String], states: &[String]) {
    let one = |value: &str, chosen: bool| Pick { value: value.to_owned(), chosen };
    item.kinds = OwnKind::ALL.iter().map(|kind| one(kind.name(), kind.name() == item.kind)).collect();
    let formats = ["plain", "wiki", "reference", "list", "datetime", "date", "relative"];
    item.formats = formats.iter().map(|format| one(format, *format == item.format)).collect();
    item.types = choices.options("type").map(|option| one(&option.name, types.contains(&option.name))).collect();
    item.states = choices
        .statuses
        .iter()
        .filter(|status| status.retired_at.is_none() || states.contains(&status.name))
        .map(|status| one(&status.name, states.contains(&status.name)))
        .collect();
}

/// Everything as it was typed.
fn fill(choices: &Choices, item: &mut Item, form: &Form) {
    let text = |name: &str| form.text(name).to_owned();
    item.name = text("name");
    for (name, shown) in [
        ("label", &mut item.label),
        ("kind", &mut item.kind),
        ("format", &mut item.format),
        ("help", &mut item.help),
        ("proposed", &mut item.proposed),
        ("options", &mut item.options),
        ("rows", &mut item.rows),
        ("max_size", &mut item.max_size),
        ("place", &mut item.place),
    ] {
        if form.has(name) {
            *shown = text(name);
        }
    }
    let wish = wish(form);
    pick(choices, item, &wish.types.unwrap_or_default(), &wish.required_in.unwrap_or_default());
}

fn as_json(room: &Room) -> Result<Answer> {
    let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
    let items: Vec<Json> = choices.own.iter().map(|own| definition(&choices, own)).collect();
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

/// A field as JSON and commands have it.
pub fn definition(choices: &Choices, own: &OwnField) -> Json {
    let types: Vec<&str> =
        own.types.iter().filter_map(|id| choices.option(*id)).map(|option| option.name.as_str()).collect();
    let options: Vec<&str> = choices.options(own.field.name).map(|option| option.name.as_str()).collect();
    json!({
        "name": own.field.name,
        "label": own.field.label,
        "kind": own.kind.name(),
        "format": own.format,
        "help": own.help,
        "default": own.proposed,
        "options": options,
        "rows": own.rows,
        "max_size": own.max_size,
        "types": types,
        "required_in": own.required_in,
        "retired": own.retired_at.is_some(),
    })
}
