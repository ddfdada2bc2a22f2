//! Changing many tickets at once (rows B01 to B08): `/<project>/batchmodify` with the address of a list. The page shows the
//! list with a box for each ticket and what can be changed; a preview names what would be refused; what was done can be taken
//! back in one go.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::pages::looked_up_by;
use super::tree::Query;
use super::{Found, NO_PAGE, from_address, run};
use crate::base::error::{Error, Problem, Result};
use crate::ticket::batch::{self, Batch, Looked, Mode, Wish};
use crate::ticket::fields::{Choices, Field, Kind, PLANNING};
use crate::ticket::plan::ActionRequest;
use crate::ticket::workflow::{self, Operation, owner_field, resolution_field};
use crate::ticket::{TICKET_ADMIN, TICKET_BATCH_MODIFY, undo, workflows};
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

const PATH: &str = "/batchmodify";
/// Tickets that a preview names one by one, and problems that are told.
const MOST_TOLD: usize = 100;

pub fn routes() -> Vec<Route> {
    routes![show, act]
}

/// Where the tickets of a query are changed, below the project's address.
pub fn href(query: &Query) -> String {
    let all = Query { page: 1, max: None, columns: None, rows: Vec::new(), group: None, ..query.clone() };
    format!("{PATH}?{}", all.to_address())
}

#[get("/<project>/batchmodify")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            if let Some(done) = desk.visit.value("done") {
                return finished(desk, &room, &done);
            }
            let list = desk.visit.query.clone();
            page(desk, &room, &list, Typed::default())
        })
        .await
}

#[post("/<project>/batchmodify", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            if form.text("act") == "undo" {
                return undone(desk, &room, form);
            }
            submitted(desk, &room, form)
        })
        .await
}

fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = super::enter(desk, project)?;
    room.viewer.require(TICKET_BATCH_MODIFY)?;
    Ok(room)
}

#[derive(Serialize)]
struct BatchPage {
    href: String,
    list: String,
    list_href: String,
    tickets: Vec<Ticket>,
    total: usize,
    fields: Vec<Control>,
    planning: Vec<Control>,
    actions: Vec<Action>,
    comment: String,
    watch: Vec<Choice>,
    problems: Vec<Problem>,
    preview: Option<Preview>,
}

impl Page for BatchPage {
    const TEMPLATE: &'static str = "query/batch.html";
}

#[derive(Serialize)]
struct Ticket {
    number: i64,
    href: String,
    summary: String,
    status: String,
    closed: bool,
    chosen: bool,
}

#[derive(Serialize)]
struct Control {
    name: &'static str,
    label: &'static str,
    /// `select`, `list`, `check`, `date` or `text`.
    kind: &'static str,
    options: Vec<Choice>,
    set: bool,
    modes: Vec<Choice>,
    value: String,
    remove: String,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Action {
    name: String,
    label: String,
    chosen: bool,
    owner: Option<String>,
    resolutions: Vec<Choice>,
}

#[derive(Serialize)]
struct Preview {
    changed: usize,
    unchanged: usize,
    refused: usize,
    lines: Vec<Line>,
    more: usize,
}

#[derive(Serialize)]
struct Line {
    number: i64,
    summary: String,
    says: String,
    refused: bool,
}

/// What came with a form.
#[derive(Default)]
struct Typed<'a> {
    form: Option<&'a Form>,
    problems: Vec<Problem>,
    preview: Option<Preview>,
    status: Option<Status>,
}

/// The tickets of a list, all of them up to what one act may change.
fn listed(desk: &Desk, db: &Connection, room: &Room, choices: &Choices, list: &str) -> Result<(Query, Found)> {
    let query = from_address(&choices.fields, list)?;
    query.require_now()?;
    let query = looked_up_by(desk, room, db, &query)?;
    let bounded = Query { page: 1, max: Some(batch::MOST), columns: None, rows: Vec::new(), ..query.clone() };
    let found = run(db, &room.viewer, choices, &bounded)?;
    Ok((query, found))
}

fn page(desk: &Desk, room: &Room, list: &str, typed: Typed<'_>) -> Result<Answer> {
    let viewer = &room.viewer;
    let action = typed.form.map(|form| form.text("action")).unwrap_or_default();
    let (choices, query, found, actions) = room.project.read(|db| {
        let choices = Choices::load(db, viewer)?;
        let (query, found) = listed(desk, db, room, &choices, list)?;
        let actions = actions_of(db, &found, &choices, action)?;
        Ok((choices, query, found, actions))
    })?;
    let chosen: Option<Vec<i64>> = typed.form.map(selected).transpose()?;
    let tickets = found.lines.iter().map(|line| Ticket {
        number: line.id,
        href: format!("{}/ticket/{}", room.root, line.id),
        summary: line.summary.clone(),
        status: choices.status(line.status).map(|status| status.name.clone()).unwrap_or_default(),
        closed: line.category(&choices).is_closed(),
        chosen: chosen.as_ref().is_none_or(|chosen| chosen.contains(&line.id)),
    });
    let text = |name: &str| typed.form.map(|form| form.text(name).to_owned()).unwrap_or_default();
    let controls = choices
        .fields()
        .filter(|field| batch::takes(field) && (field.name != "reporter" || viewer.may(TICKET_ADMIN)))
        .map(|field| control(&choices, field, typed.form));
    let (planning, fields): (Vec<Control>, Vec<Control>) =
        controls.partition(|control| PLANNING.contains(&control.name));
    let sheet = BatchPage {
        href: format!("{}{PATH}", room.root),
        list: query.to_address(),
        list_href: format!("{}{}", room.root, super::pages::href(&query)),
        total: found.total,
        tickets: tickets.collect(),
        fields,
        planning,
        actions,
        comment: text("comment"),
        watch: if viewer.signed_in() { watching(&text("watch")) } else { Vec::new() },
        problems: typed.problems,
        preview: typed.preview,
    };
    let status = typed.status.unwrap_or(Status::Ok);
    Sheet::new("Change tickets", sheet).at("/query").noindex().status(status).render(desk)
}

fn control(choices: &Choices, field: &'static Field, form: Option<&Form>) -> Control {
    let typed = |prefix: &str| form.map(|form| form.text(&format!("{prefix}_{}", field.name)).to_owned());
    let value = typed("field").unwrap_or_default();
    let one =
        |name: &str, label: &str| Choice { value: name.to_owned(), label: label.to_owned(), chosen: name == value };
    let options: Vec<Choice> = match field.kind {
        Kind::Option { empty } => {
            let names = choices.options(field.name).map(|option| one(&option.name, &option.name));
            if empty { std::iter::once(one("", "none")).chain(names).collect() } else { names.collect() }
        }
        Kind::Milestone => std::iter::once(one("", "none"))
            .chain(choices.milestones.iter().map(|milestone| one(&milestone.name, &milestone.name)))
            .collect(),
        Kind::Check => vec![one("1", "yes"), one("0", "no")],
        _ => Vec::new(),
    };
    let mode = typed("mode").unwrap_or_default();
    Control {
        name: field.name,
        label: field.label,
        kind: match field.kind {
            _ if batch::is_list(field) => "list",
            Kind::Option { .. } | Kind::Milestone | Kind::Check => "select",
            Kind::Date => "date",
            _ => "text",
        },
        options,
        set: form.is_some_and(|form| form.has(&format!("set_{}", field.name))),
        modes: Mode::ALL
            .iter()
            .map(|(_, sign, label)| Choice {
                value: (*sign).to_owned(),
                label: (*label).to_owned(),
                chosen: *sign == mode,
            })
            .collect(),
        remove: typed("remove").unwrap_or_default(),
        value,
    }
}

/// Whether the reader watches them afterwards.
fn watching(chosen: &str) -> Vec<Choice> {
    let one =
        |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned(), chosen: value == chosen };
    vec![one("", "as before"), one("1", "watch them"), one("0", "stop watching them")]
}

/// Row B04: what any of these tickets could be done with, by the workflow of each.
fn actions_of(db: &Connection, found: &Found, choices: &Choices, chosen: &str) -> Result<Vec<Action>> {
    let mut places: Vec<(Option<i64>, i64)> = Vec::new();
    for line in &found.lines {
        let own = |option: Option<i64>| choices.option(option?)?.workflow;
        let place = (own(line.component).or_else(|| own(line.kind)), line.status);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let mut actions: Vec<Action> = Vec::new();
    for (workflow, status) in places {
        let workflow = workflows::named(db, workflow)?;
        let state = choices.status(status).map_or("", |status| status.name.as_str());
        for action in workflow.actions_in(Some(state)) {
            if !actions.iter().any(|known| known.name == action.name) {
                actions.push(action_of(action, choices, chosen));
            }
        }
    }
    Ok(actions)
}

fn action_of(action: &workflow::Action, choices: &Choices, chosen: &str) -> Action {
    let does = |operation| action.operations.contains(&operation);
    let asks_owner = does(Operation::SetOwner) || does(Operation::MaySetOwner);
    let resolutions = choices.options("resolution").filter(|_| does(Operation::SetResolution));
    Action {
        name: action.name.clone(),
        label: action.label.clone(),
        chosen: action.name == chosen,
        owner: asks_owner.then(|| owner_field(&action.name)),
        resolutions: resolutions
            .map(|option| Choice { value: option.name.clone(), label: option.name.clone(), chosen: option.is_default })
            .collect(),
    }
}

fn selected(form: &Form) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = Vec::new();
    let typed = form.pairs().iter().filter(|(name, _)| name == "ticket" || name == "selected_tickets");
    for one in typed.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|one| !one.is_empty()) {
        let id = one
            .parse()
            .map_err(|_| Error::invalid("ticket", format!("`{}` is no number of a ticket.", shortened(one))))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// What is wanted: fields whose box is ticked; in JSON, and by Trac's names, those that are there.
fn wanted(form: &Form) -> Result<Batch> {
    let mut wishes: Vec<Wish> = Vec::new();
    for (name, value) in form.pairs() {
        let (field, by_box) = match (name.strip_prefix("field_"), name.strip_prefix("batchmod_value_")) {
            (Some(field), _) => (field, !form.json),
            (None, Some("comment")) | (None, None) => continue,
            (None, Some(field)) => (field, false),
        };
        if by_box && !form.has(&format!("set_{field}")) || wishes.iter().any(|wish| wish.field == field) {
            continue;
        }
        let sign = [format!("mode_{field}"), format!("batchmod_mode_{field}")];
        let sign = sign.iter().find_map(|name| form.get(name)).unwrap_or("=");
        let mode = Mode::from_sign(sign).ok_or_else(|| {
            Error::invalid(
                format!("mode_{field}"),
                format!("There is no mode `{}`; it is =, +, - or +-.", shortened(sign)),
            )
        })?;
        let remove = [format!("remove_{field}"), format!("batchmod_secondary_{field}")];
        let remove = remove.iter().find_map(|name| form.get(name)).unwrap_or_default();
        wishes.push(Wish { field: field.to_owned(), mode, add: value.clone(), remove: remove.to_owned() });
    }
    let action = form.get("action").filter(|name| !name.is_empty() && *name != "leave").map(|name| ActionRequest {
        name: name.to_owned(),
        owner: form.get(&owner_field(name)).map(str::to_owned),
        resolution: form.get(&resolution_field(name)).map(str::to_owned),
        ..ActionRequest::default()
    });
    let comment = form.get("comment").or_else(|| form.get("batchmod_value_comment")).unwrap_or_default().to_owned();
    let watch = match form.text("watch") {
        "" => None,
        "1" => Some(true),
        "0" => Some(false),
        _ => return Err(Error::invalid("watch", "`watch` is 1 to watch the tickets, or 0 to stop.")),
    };
    Ok(Batch { wishes, action, comment, watch })
}

fn submitted(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let list = form.text("list").to_owned();
    let refused = |problems: Vec<Problem>| {
        let status = Some(Status::UnprocessableEntity);
        let problems = problems.into_iter().take(MOST_TOLD).collect();
        page(desk, room, &list, Typed { form: Some(form), problems, status, ..Typed::default() })
    };
    let wanted = selected(form).and_then(|ids| Ok((ids, wanted(form)?)));
    let (ids, batch) = match wanted {
        Ok(wanted) => wanted,
        Err(Error::Invalid(problems)) if !form.json => return refused(problems),
        Err(error) => return Err(error),
    };
    if ids.is_empty() {
        let problem = Problem::new("ticket", "No ticket is chosen.");
        return if form.json { Err(Error::Invalid(vec![problem])) } else { refused(vec![problem]) };
    }
    if form.has("preview") {
        let looked = room.project.read(|db| batch::look(desk.site(), &room.project, &room.viewer, db, &ids, &batch));
        let looked = match looked {
            Err(Error::Invalid(problems)) if !form.json => return refused(problems),
            other => other?,
        };
        if form.json {
            let items: Vec<_> = looked.iter().map(|one| json!({ "id": one.id, "problems": one.problems })).collect();
            return Answer::json(&json!({ "items": items }));
        }
        let preview = Some(preview(&looked));
        return page(desk, room, &list, Typed { form: Some(form), preview, ..Typed::default() });
    }
    match batch::change(desk.site(), &room.project, room.act(), &ids, &batch) {
        Ok(changed) if form.json => {
            let items: Vec<_> = changed.iter().map(|(id, number)| json!({ "id": id, "comment": number })).collect();
            Answer::json(&json!({ "changed": changed.len(), "items": items }))
        }
        Ok(changed) => {
            let Some((id, number)) = changed.first() else {
                let href = format!("{}/query?{list}", room.root);
                return Ok(Answer::see(&href).telling(desk, "Nothing was changed, so nothing was saved."));
            };
            let done = format!("{id}.{number}.{}", changed.len());
            Ok(Answer::see(&format!("{}{PATH}?done={done}&list={}", room.root, address::query_value(&list))))
        }
        Err(Error::Invalid(problems)) if !form.json => refused(problems),
        Err(other) => Err(other),
    }
}

fn preview(looked: &[Looked]) -> Preview {
    let refused = looked.iter().filter(|one| !one.problems.is_empty()).count();
    let unchanged = looked.iter().filter(|one| one.changes_nothing()).count();
    // What is refused comes first.
    let mut told: Vec<&Looked> = looked.iter().filter(|one| !one.changes_nothing()).collect();
    told.sort_by_key(|one| one.problems.is_empty());
    let lines = told.iter().take(MOST_TOLD).map(|one| {
        let says = if one.problems.is_empty() {
            let changed: Vec<String> =
                one.plan.iter().flat_map(|plan| plan.changed()).map(|field| field.label.to_lowercase()).collect();
            let what = if changed.is_empty() {
                "gets the comment".to_owned()
            } else {
                format!("changes {}", changed.join(", "))
            };
            if one.without_action { format!("{what}; the action is not for its state") } else { what }
        } else {
            one.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ")
        };
        Line { number: one.id, summary: one.summary.clone(), says, refused: !one.problems.is_empty() }
    });
    Preview {
        changed: looked.len() - refused - unchanged,
        unchanged,
        refused,
        lines: lines.collect(),
        more: told.len().saturating_sub(MOST_TOLD),
    }
}

#[derive(Serialize)]
struct DonePage {
    href: String,
    list_href: String,
    list: String,
    ticket: i64,
    number: i64,
    changed: usize,
}

impl Page for DonePage {
    const TEMPLATE: &'static str = "query/batch_done.html";
}

fn finished(desk: &Desk, room: &Room, done: &str) -> Result<Answer> {
    let parts: Vec<i64> = done.split('.').filter_map(|part| part.parse().ok()).collect();
    let [ticket, number, changed] = parts[..] else {
        return Err(Error::not_found(NO_PAGE));
    };
    let list = desk.visit.value("list").unwrap_or_default();
    let sheet = DonePage {
        href: format!("{}{PATH}", room.root),
        list_href: format!("{}/query?{list}", room.root),
        list,
        ticket,
        number,
        changed: usize::try_from(changed).unwrap_or(0),
    };
    Sheet::new("Tickets changed", sheet).at("/query").noindex().render(desk)
}

fn undone(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let (ticket, number) = (form.number("ticket")?, form.number("number")?);
    let count = undo::undo_batch(desk.site(), &room.project, room.act(), ticket, number)?;
    if form.json {
        return Answer::json(&json!({ "undone": count }));
    }
    let told = if count == 1 {
        "1 ticket is as it was before.".to_owned()
    } else {
        format!("{count} tickets are as they were before.")
    };
    let list = room.project.read(|db| from_address(&Choices::load(db, &room.viewer)?.fields, form.text("list")));
    let href = super::pages::href(&list.unwrap_or_default());
    Ok(Answer::see(&format!("{}{href}", room.root)).telling(desk, &told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_list_leads_to_its_batch() {
        assert_eq!(href(&Query { page: 3, max: Some(5), ..Query::default() }), "/batchmodify?");
    }
}
