//! The time of one ticket: `/<project>/ticket/<n>/time`, its entries by day with the form for another one, as JSON too.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::beside::{TimeInputs, entries_href, inputs};
use super::edit::{self, Outcome};
use super::fields::Choices;
use super::head::{self, Head, enter_ticket};
use super::plan::Request;
use super::store::Ticket;
use super::time_store::{self, Entry};
use super::values::People;
use super::worked::{self, TimeRequest};
use super::{TIME_VIEW, comment_href, duration, json as ticket_json, people};
use crate::base::error::{Error, Problem, Result};
use crate::base::time::When;
use crate::web::form::{Form, shortened};
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const NO_PAGE: &str = "There is no page at this address.";

pub(super) fn routes() -> Vec<Route> {
    routes![show, enter]
}

#[get("/<project>/ticket/<number>/time")]
async fn show(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, ticket) = entered(desk, &project, &number)?;
            room.project.read(|db| {
                if desk.visit.wants_json() {
                    return Answer::json(&as_json(db, &room, &ticket)?);
                }
                if let Some(format) =
                    desk.visit.value("format").filter(|format| !matches!(format.as_str(), "" | "html"))
                {
                    let message = format!("There is no format `{}` here.", shortened(&format));
                    return Err(Error::invalid("format", message));
                }
                page(desk, db, &room, &ticket, Draft::asked(desk, db, &room, &ticket)?)
            })
        })
        .await
}

/// Enters time alone, without a comment.
#[post("/<project>/ticket/<number>/time", data = "<data>")]
async fn enter(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = entered(desk, &project, &number)?;
            submit(desk, &room, &ticket, form)
        })
        .await
}

fn entered(desk: &Desk, project: &str, number: &str) -> Result<(Room, Ticket)> {
    let (room, ticket) = enter_ticket(desk, project, number)?;
    if !room.viewer.may(TIME_VIEW) && !worked::may_enter(&room.viewer) {
        room.viewer.require_to_see(TIME_VIEW, NO_PAGE)?;
    }
    Ok((room, ticket))
}

fn submit(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form) -> Result<Answer> {
    let typed = worked::read(form).unwrap_or_else(|| TimeRequest {
        day: form.text("time_day").to_owned(),
        person: form.text("time_person").to_owned(),
        ..TimeRequest::default()
    });
    let request = Request { time: Some(typed.clone()), ..Request::default() };
    let saved = edit::change(desk.site(), &room.project, room.act(), ticket.row.id, &request);
    let href = entries_href(room, ticket.row.id);
    match saved {
        Ok(Outcome::Saved { number, .. }) if form.json => {
            let url =
                desk.web().address.absolute(&format!("{}{}", room.root, comment_href(ticket.row.id, number, number)));
            let body = room.project.read(|db| {
                let ticket = head::asked_ticket(db, room, &ticket.row.id.to_string())?;
                as_json(db, room, &ticket)
            })?;
            Ok(Answer::json(&body)?.with_status(Status::Created).header("Location", url))
        }
        Ok(_) => Ok(Answer::see(&href).telling(desk, "The time is entered.")),
        Err(error) if form.json => Err(error),
        Err(error) => {
            let (status, problems) = match error {
                Error::Invalid(problems) => (Status::UnprocessableEntity, problems),
                Error::Forbidden { message, .. } => (Status::Forbidden, vec![Problem::new("", message)]),
                other => return Err(other),
            };
            room.project.read(|db| {
                let draft =
                    Draft { typed: typed.clone(), problems: problems.clone(), status: Some(status), corrects: None };
                page(desk, db, room, ticket, draft)
            })
        }
    }
}

/// What stands in the form.
#[derive(Default)]
struct Draft {
    typed: TimeRequest,
    problems: Vec<Problem>,
    status: Option<Status>,
    /// The entry that is about to be taken back.
    corrects: Option<i64>,
}

impl Draft {
    /// `?correct=<id>` proposes what takes that entry back.
    fn asked(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket) -> Result<Self> {
        let Some(id) = head::asked(desk, "correct")? else { return Ok(Self::default()) };
        let found = time_store::of_ticket(db, &room.viewer, ticket.row.id)?.into_iter().find(|entry| entry.id == id);
        let entry = found.ok_or_else(|| Error::not_found("There is no such entry."))?;
        let people = People::load(db, [entry.person])?;
        let typed = TimeRequest {
            amount: duration::written(-entry.minutes),
            day: entry.day,
            person: people.login(Some(entry.person)).to_owned(),
            remark: String::new(),
            changeset: None,
        };
        Ok(Self { typed, corrects: Some(id), ..Self::default() })
    }
}

#[derive(Serialize)]
struct TimePage {
    #[serde(flatten)]
    head: Head,
    entries: Option<Vec<Row>>,
    people: Vec<Of>,
    total: String,
    form: Option<TimeInputs>,
    form_href: String,
    corrects: Option<i64>,
}

impl Page for TimePage {
    const TEMPLATE: &'static str = "ticket/time.html";
}

#[derive(Serialize)]
struct Row {
    id: i64,
    day: String,
    person: String,
    minutes: i64,
    time: String,
    remark: String,
    /// The change that it came with.
    href: Option<String>,
    number: Option<i64>,
    /// Who entered it, where that was somebody else.
    entered_by: Option<String>,
    entered: When,
    via: String,
    correct_href: Option<String>,
}

/// What one of several people has worked.
#[derive(Serialize)]
struct Of {
    person: String,
    time: String,
}

fn page(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, draft: Draft) -> Result<Answer> {
    let (row, viewer) = (&ticket.row, &room.viewer);
    let choices = Choices::load(db, &room.viewer)?;
    let entries = if viewer.may(TIME_VIEW) { Some(time_store::of_ticket(db, viewer, row.id)?) } else { None };
    let known = entries.as_deref().unwrap_or_default();
    let named = known.iter().flat_map(|entry| std::iter::once(entry.person).chain(entry.entered_by));
    let people = People::load(db, named)?.shown_to(viewer);
    let logins_html = people::logins_html(db)?;
    let total = known.iter().map(|entry| entry.minutes).sum();
    let href = entries_href(room, row.id);
    let form =
        inputs(viewer, &logins_html, Some(&draft.typed)).map(|form| TimeInputs { problems: draft.problems, ..form });
    let owner = head::owner_of_files(db, room, row)?;
    let sheet = TimePage {
        head: head::head(desk, db, room, ticket, &ticket.values, &choices, owner.as_ref())?,
        people: by_person(known, &people),
        total: duration::written(total),
        entries: entries
            .as_ref()
            .map(|entries| entries.iter().rev().map(|entry| shown(room, ticket, &people, entry, &href)).collect()),
        form,
        form_href: href.clone(),
        corrects: draft.corrects,
    };
    let json = Alternate::json(format!("{href}?format=json"), format!("Time of #{}", row.id));
    Sheet::new(format!("Time of #{} {}", row.id, row.summary), sheet)
        .at("/query")
        .alternates(vec![json])
        .noindex()
        .status(draft.status.unwrap_or(Status::Ok))
        .render(desk)
}

fn shown(room: &Room, ticket: &Ticket, people: &People, entry: &Entry, href: &str) -> Row {
    let viewer = &room.viewer;
    let own = viewer.person.is_some() && viewer.person == Some(entry.person);
    let corrects = worked::may_enter(viewer)
        && (own || viewer.may(super::TIME_ADMIN))
        && entry.minutes > 0
        && entry.ticket == ticket.row.id;
    Row {
        id: entry.id,
        day: entry.day.clone(),
        person: people.called(Some(entry.person)),
        minutes: entry.minutes,
        time: duration::written(entry.minutes),
        remark: entry.remark.clone(),
        href: entry
            .number
            .map(|number| format!("{}{}", room.root, comment_href(entry.ticket, number, ticket.row.changes))),
        number: entry.number,
        entered_by: (entry.entered_by != Some(entry.person)).then(|| people.called(entry.entered_by)),
        entered: entry.entered_at.when(&viewer.zone()),
        via: if entry.via == "web" { String::new() } else { format!("via {}", entry.via) },
        correct_href: corrects.then(|| format!("{href}?correct={}#enter", entry.id)),
    }
}

/// What each has worked, the most first; nothing to tell where it was only one.
fn by_person(entries: &[Entry], people: &People) -> Vec<Of> {
    let mut sums: Vec<(i64, i64)> = Vec::new();
    for entry in entries {
        match sums.iter_mut().find(|(person, _)| *person == entry.person) {
            Some((_, minutes)) => *minutes += entry.minutes,
            None => sums.push((entry.person, entry.minutes)),
        }
    }
    if sums.len() < 2 {
        return Vec::new();
    }
    sums.sort_by_key(|(_, minutes)| -minutes);
    let of = |(person, minutes)| Of { person: people.called(Some(person)), time: duration::written(minutes) };
    sums.into_iter().map(of).collect()
}

fn as_json(db: &Connection, room: &Room, ticket: &Ticket) -> Result<Json> {
    room.viewer.require_to_see(TIME_VIEW, NO_PAGE)?;
    let entries = time_store::of_ticket(db, &room.viewer, ticket.row.id)?;
    let named = entries.iter().flat_map(|entry| std::iter::once(entry.person).chain(entry.entered_by));
    let people = People::load(db, named)?.shown_to(&room.viewer);
    let (own, beneath) = time_store::sums(db, &room.viewer, ticket.row.id)?;
    let sum = |sum: time_store::Sum| {
        json!({
            "tickets": sum.tickets, "estimated": sum.estimated, "remaining": sum.remaining, "worked": sum.worked,
        })
    };
    let items: Vec<Json> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.id,
                "ticket": entry.ticket,
                "day": entry.day,
                "person": ticket_json::author(&people, Some(entry.person)),
                "minutes": entry.minutes,
                "remark": if entry.remark.is_empty() { None } else { Some(&entry.remark) },
                "comment": entry.number,
                "entered_by": ticket_json::author(&people, entry.entered_by),
                "entered": entry.entered_at.iso(),
                "via": entry.via,
            })
        })
        .collect();
    Ok(json!({
        "total": items.len(), "page": 1, "items": items, "next": null, "own": sum(own), "beneath": sum(beneath),
    }))
}
