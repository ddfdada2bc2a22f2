//! Merging in the browser: the page that shows both tickets before anything is done, `/<project>/ticket/<n>/merge`, the way
//! back, and how the address of a merged ticket leads to the one in which it lives on.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::conversation::page_of_comment;
use super::fields::Choices;
use super::head::{self, Head, asked_ticket, enter_ticket};
use super::link;
use super::merge::{self, Pair, require_to_merge};
use super::merge_entries::{place, place_of_note};
use super::note;
use super::note_store;
use super::pages::as_json;
use super::status::Category;
use super::store::{self, Ticket, TicketRow};
use crate::base::error::{Error, Problem, Result};
use crate::base::viewer::TRASH_CLASS;
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![ask, merge_in, take_out]
}

/// What a ticket's page tells of merges: the `Merged` of `ticket/show.html`.
#[derive(Debug, Serialize)]
pub(super) struct Merged {
    /// Whether this ticket lives on in another one, and in which; none if the viewer may not see that.
    gone: bool,
    into: Option<Other>,
    /// Whether this viewer may take it out again.
    unmerge_href: Option<String>,
    /// The reader asked for this one, and was led here.
    asked: Option<Other>,
}

#[derive(Debug, Serialize)]
struct Other {
    number: i64,
    href: String,
    summary: String,
}

impl Other {
    fn of(room: &Room, row: &TicketRow) -> Self {
        Self { number: row.id, href: head::href(room, row.id), summary: row.summary.clone() }
    }
}

/// `rows` are those that live on in this ticket, as far as the viewer may see them.
pub(super) fn merged(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    rows: &[TicketRow],
) -> Result<Option<Merged>> {
    if ticket.row.merged_into.is_some() {
        let survivor = merge::survivor_to_leave(db, &room.viewer, ticket.row.id)?;
        let may = survivor.is_some() && merge::may_merge(&room.viewer);
        let into = survivor.filter(|row| row.acl != TRASH_CLASS);
        return Ok(Some(Merged {
            gone: true,
            unmerge_href: may.then(|| format!("{}/unmerge", head::href(room, ticket.row.id))),
            into: into.map(|row| Other::of(room, &row)),
            asked: None,
        }));
    }
    let number = desk.visit.value("merged").and_then(|number| link::number(&number));
    let asked = rows.iter().find(|row| Some(row.id) == number).map(|row| Other::of(room, row));
    Ok(asked.map(|asked| Merged { gone: false, into: None, unmerge_href: None, asked: Some(asked) }))
}

/// Where the address of a merged ticket leads: to its place in the conversation of the one in which it lives on, or to that
/// of the comment or note that `?comment=3` or `?note=3` names. `?merged=show` and old versions show the ticket itself, as does one whose
/// successor the viewer may not see.
pub(super) fn led_on(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    version: Option<i64>,
) -> Result<Option<Answer>> {
    let id = ticket.row.id;
    let shows_itself = version.is_some() || desk.visit.value("merged").as_deref() == Some("show");
    if ticket.row.merged_into.is_none() || shows_itself {
        return Ok(None);
    }
    let Some(into) = store::find(db, &room.viewer, merge::survivor(db, id)?)? else { return Ok(None) };
    let asked = |name: &str| desk.visit.value(name).and_then(|text| link::number(&text));
    let note = asked("note").map(|number| note_store::find(db, &room.viewer, id, number)).transpose()?.flatten();
    let (at, place) = match note {
        Some(_) if !note::may_read(db, &room.viewer, &into)? => return Ok(None),
        Some(note) => (note.at, place_of_note(id, note.number)),
        None => {
            let comment = asked("comment").unwrap_or(0);
            let change = store::changes(db, &room.viewer, id, comment, comment)?.pop();
            let number = change.as_ref().map_or(0, |change| change.number);
            (change.map_or(ticket.row.created_at, |change| change.at), place(id, number))
        }
    };
    let into = &into.row;
    let page = page_of_comment(merge::number_at(db, into.id, at)?, into.changes);
    let page = page.map(|page| format!("&page={page}")).unwrap_or_default();
    Ok(Some(Answer::see(&format!("{}?merged={id}{page}#{place}", head::href(room, into.id)))))
}

#[derive(Serialize)]
struct MergePage {
    #[serde(flatten)]
    head: Head,
    action: String,
    into: String,
    /// Both, once it is known which.
    both: Option<[Side; 2]>,
    problems: Vec<Problem>,
}

impl Page for MergePage {
    const TEMPLATE: &'static str = "ticket/merge.html";
}

#[derive(Serialize)]
struct Side {
    number: i64,
    href: String,
    summary: String,
    state: State,
    comments: i64,
    reporter: String,
}

#[derive(Serialize)]
struct State {
    name: String,
    category: &'static str,
    href: Option<String>,
}

#[get("/<project>/ticket/<number>/merge")]
async fn ask(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            require_to_merge(&room.viewer)?;
            let into = desk.visit.value("into").unwrap_or_default();
            if into.trim().is_empty() {
                return page(desk, &room, &ticket, into, Vec::new());
            }
            let pair = parsed(&into)
                .and_then(|number| room.project.read(|db| merge::pair(db, &room.viewer, ticket.row.id, number)));
            match pair {
                Ok(_) => page(desk, &room, &ticket, into, Vec::new()),
                Err(Error::Invalid(problems)) => page(desk, &room, &ticket, into, problems),
                Err(other) => Err(other),
            }
        })
        .await
}

fn page(desk: &Desk, room: &Room, ticket: &Ticket, into: String, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
    let both = room.project.read(|db| {
        let pair = parsed(&into).and_then(|number| merge::pair(db, &room.viewer, ticket.row.id, number));
        let Ok(Pair { from, into }) = pair else { return Ok(None) };
        let reporters = from.row.reporter.into_iter().chain(into.row.reporter);
        let people = super::values::People::load(db, reporters)?.shown_to(&room.viewer);
        let side = |row: &TicketRow| {
            let status = choices.status(row.status);
            Side {
                number: row.id,
                href: head::href(room, row.id),
                summary: row.summary.clone(),
                state: State {
                    name: status.map(|status| status.name.clone()).unwrap_or_default(),
                    category: status.map_or(Category::Open, |status| status.category).name(),
                    href: None,
                },
                comments: row.changes,
                reporter: people.called(row.reporter),
            }
        };
        Ok(Some([side(&from.row), side(&into.row)]))
    })?;
    let head = head::head_now(desk, room, &choices, ticket)?;
    let action = format!("{}/merge", head::href(room, ticket.row.id));
    let title = format!("Merge #{} {}", ticket.row.id, ticket.row.summary);
    Sheet::new(title, MergePage { head, action, into, both, problems })
        .at("/query")
        .noindex()
        .status(status)
        .render(desk)
}

fn parsed(typed: &str) -> Result<i64> {
    let typed = typed.trim();
    link::number(typed.strip_prefix('#').unwrap_or(typed)).ok_or_else(|| {
        let message = match typed {
            "" => "The number of the other ticket is missing.".to_owned(),
            typed => format!("“{}” is no number of a ticket.", shortened(typed)),
        };
        Error::invalid("into", message)
    })
}

#[post("/<project>/ticket/<number>/merge", data = "<data>")]
async fn merge_in(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            require_to_merge(&room.viewer)?;
            let typed = form.text("into");
            let done = parsed(typed).and_then(|into| merge::merge(&room.project, room.act(), ticket.row.id, into));
            match done {
                Ok(into) => {
                    let href = format!("{}?merged={}", head::href(&room, into), ticket.row.id);
                    let sentence = format!("#{} is merged into #{into} now.", ticket.row.id);
                    done_with(desk, &room, &ticket, form, &href, &sentence)
                }
                Err(Error::Invalid(problems)) if !form.json => page(desk, &room, &ticket, typed.to_owned(), problems),
                Err(error) => Err(error),
            }
        })
        .await
}

#[post("/<project>/ticket/<number>/unmerge", data = "<data>")]
async fn take_out(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            require_to_merge(&room.viewer)?;
            let from = merge::unmerge(&room.project, room.act(), ticket.row.id)?;
            let href = head::href(&room, ticket.row.id);
            let id = ticket.row.id;
            let sentence = match from {
                Some(from) => format!("#{id} is a ticket of its own again, no longer a part of #{from}."),
                None => format!("#{id} is a ticket of its own again."),
            };
            done_with(desk, &room, &ticket, form, &href, &sentence)
        })
        .await
}

fn done_with(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, href: &str, sentence: &str) -> Result<Answer> {
    if !form.json {
        return Ok(Answer::see(href).telling(desk, sentence));
    }
    let number = ticket.row.id.to_string();
    let answer = room.project.read(|db| as_json(desk, db, room, &asked_ticket(db, room, &number)?, None))?;
    Ok(answer.with_status(Status::Created).header("Location", desk.web().address.absolute(href)))
}
