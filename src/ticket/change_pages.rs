//! Changing a ticket by its form or as JSON: saving, the preview, and what comes back when nothing was saved.

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::access;
use super::conversation::comment_href;
use super::edit::{self, Outcome};
use super::fields::{Choices, Fields};
use super::form::{self, Newer, Preview, Typed, pending};
use super::head::{asked_ticket, enter, with_list};
use super::history;
use super::note::{self, Submitted};
use super::pages::{Draft, as_json, drawn, planner};
use super::store::{self, Ticket};
use super::values::{Names, People};
use super::{TICKET_APPEND, TICKET_CHGPROP, TICKET_NOTES, audience, people, reply, ticket_href, time_store, worked};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::web::form::{Form, shortened};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Room, Visit};

pub fn routes() -> Vec<Route> {
    routes![change]
}

#[post("/<project>/ticket/<number>", rank = 20, data = "<data>")]
async fn change(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            if form.has("edit_comment") || form.has("edited_comment") {
                return super::written_pages::edit_comment_from_form(desk, &room, &number, form);
            }
            changed(desk, &room, &number, form)
        })
        .await
}

/// What is done with the form of a ticket.
fn changed(desk: &Desk, room: &Room, number: &str, form: &Form) -> Result<Answer> {
    let (room, ticket, mut typed) = room.project.read(|db| {
        let ticket = asked_ticket(db, room, number)?;
        let room = access::room_on(db, room, &ticket.row)?;
        let choices = Choices::load(db, &room.viewer)?;
        let people = People::load(db, ticket.values.named_people(&choices.fields))?;
        let names = Names { choices: &choices, people: &people };
        let times = time_store::times(db, &room.viewer, &ticket.row)?;
        let before = (&ticket, &names, people::own_login(&room.viewer), &times);
        let mut typed = form::read(&choices.fields, form, Some(before));
        if form.has("insert_canned") {
            put_in_canned(db, &room, &ticket, form.text("canned"), &mut typed)?;
        }
        Ok((room, ticket, typed))
    })?;
    let room = &*room;
    let fragment = match desk.visit.value("action").as_deref() {
        None | Some("") => false,
        Some("preview") => true,
        Some(other) => {
            return Err(Error::invalid("action", format!("There is no page `{}` of a ticket.", shortened(other))));
        }
    };
    let if_match = desk.visit.if_match()?;
    typed.request.strict = if_match.is_some();
    match form::seen(form, desk.visit.value("view_time").as_deref(), if_match) {
        Ok(seen) => typed.request.seen = seen,
        Err(problem) => typed.problems.push(problem),
    }
    if fragment || typed.preview {
        return previewed(desk, room, &ticket, form, typed, fragment);
    }
    if !typed.problems.is_empty() {
        let problems = std::mem::take(&mut typed.problems);
        return refused(desk, room, &ticket, form, typed, Error::Invalid(problems));
    }
    let (site, project, id) = (desk.site(), &room.project, ticket.row.id);
    let submitted = match &typed.note {
        Some(draft) => note::submit(site, project, room.act(), id, &typed.request, draft),
        None => {
            edit::change(site, project, room.act(), id, &typed.request).map(|outcome| Submitted { outcome, note: None })
        }
    };
    if let Ok(Submitted { note: Some(note), .. }) = submitted {
        return noted(desk, room, &ticket, form, note);
    }
    match submitted.map(|submitted| submitted.outcome) {
        Ok(Outcome::Saved { number, merged }) => saved(desk, room, &ticket, form, number, merged),
        Ok(Outcome::Unchanged) if form.json => {
            room.project.read(|db| as_json(desk, db, room, &current(db, room, &ticket)?, None))
        }
        Ok(Outcome::Unchanged) => {
            let plain = format!("{}{}", room.root, ticket_href(ticket.row.id));
            let href = list_to_return_to(desk, room).unwrap_or_else(|| with_list(desk, &plain));
            Ok(Answer::see(&href).telling(desk, "Nothing was changed, so nothing was saved."))
        }
        Ok(Outcome::Conflict(plan)) if form.json => Ok(Answer::problems(
            Status::Conflict,
            "Somebody was faster",
            "Others have changed the same fields meanwhile. Nothing was saved.",
            &edit::conflict_problems(&plan),
        )),
        Ok(Outcome::Conflict(_)) => conflicted(desk, room, &ticket, typed),
        Err(error) => refused(desk, room, &ticket, form, typed, error),
    }
}

/// Without script, the button beside the canned replies puts one below what was typed and shows the form again.
fn put_in_canned(db: &Connection, room: &Room, ticket: &Ticket, id: &str, typed: &mut Typed) -> Result<()> {
    typed.preview = true;
    match reply::canned_text(db, room, ticket, id)? {
        Some(text) => typed.request.comment = reply::below(&typed.request.comment, &text),
        None => typed.problems.push(Problem::new("canned", "Choose a reply that is to be put in.")),
    }
    Ok(())
}

/// The ticket as it is by now.
fn current(db: &Connection, room: &Room, ticket: &Ticket) -> Result<Ticket> {
    asked_ticket(db, room, &ticket.row.id.to_string())
}

fn saved(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, number: i64, merged: bool) -> Result<Answer> {
    let plain = format!("{}{}", room.root, ticket_href(ticket.row.id));
    let href = format!("{}#comment:{number}", with_list(desk, &plain));
    // The classes of a viewer are those of their arrival: this change may have made the first private ticket.
    let room = &desk.room(&room.row.name)?;
    if room.project.read(|db| store::find(db, &room.viewer, ticket.row.id))?.is_none() {
        let sentence = format!("#{} is changed. It is no longer among the tickets that you may see.", ticket.row.id);
        if form.json {
            return Ok(Answer::json(&json!({ "id": ticket.row.id }))?.with_status(Status::Created));
        }
        return Ok(Answer::see(&format!("{}/query", room.root)).telling(desk, &sentence));
    }
    if form.json {
        let answer = room.project.read(|db| as_json(desk, db, room, &current(db, room, ticket)?, None))?;
        return Ok(answer.with_status(Status::Created).header("Location", desk.web().address.absolute(&href)));
    }
    if let Some(list) = list_to_return_to(desk, room) {
        let now = room.project.read(|db| current(db, room, ticket))?;
        return Ok(Answer::see(&list)
            .telling(desk, &how_it_stands(&*room.project.read(|db| Choices::load(db, &room.viewer))?, &now)));
    }
    let answer = Answer::see(&href);
    if merged {
        let sentence =
            format!("Saved as comment {number}. Others had changed other fields meanwhile; those changes stay.");
        return Ok(answer.telling(desk, &sentence));
    }
    Ok(answer)
}

/// Back to the ticket, at the note.
fn noted(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, number: i64) -> Result<Answer> {
    let plain = format!("{}{}", room.root, ticket_href(ticket.row.id));
    let href = format!("{}#note:{number}", with_list(desk, &plain));
    if form.json {
        let room = &desk.room(&room.row.name)?;
        let answer = room.project.read(|db| as_json(desk, db, room, &current(db, room, ticket)?, None))?;
        return Ok(answer.with_status(Status::Created).header("Location", desk.web().address.absolute(&href)));
    }
    Ok(Answer::see(&href))
}

/// The page on which a button was pressed: `back` is the part of a list's address that follows the question mark, or `home`
/// for the page at a glance.
pub(super) fn list_to_return_to(desk: &Desk, room: &Room) -> Option<String> {
    let back = desk.visit.value("back")?;
    if back == "home" {
        return Some(format!("{}/home", room.root));
    }
    back.bytes().all(|byte| byte.is_ascii_graphic()).then(|| format!("{}/query?{back}", room.root))
}

/// Told on a list, on which the ticket need not be any more.
fn how_it_stands(choices: &Choices, ticket: &Ticket) -> String {
    let status = choices.status(ticket.row.status).map_or("", |status| status.name.as_str());
    format!("#{} is {status} now.", ticket.row.id)
}

/// The form again with what is wrong; what no form can mend has pages of its own.
fn refused(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, typed: Typed, error: Error) -> Result<Answer> {
    let (status, problems) = match &error {
        _ if form.json => return Err(error),
        Error::Invalid(problems) => (Status::UnprocessableEntity, problems.clone()),
        Error::Forbidden { message, .. } => (Status::Forbidden, vec![Problem::new("", message.clone())]),
        Error::Conflict(message) => (Status::Conflict, vec![Problem::new("", message.clone())]),
        _ => return Err(error),
    };
    let viewer = &room.viewer;
    let may_write = viewer.may(TICKET_APPEND) || viewer.may(TICKET_CHGPROP);
    room.project.read(|db| {
        let ticket = current(db, room, ticket)?;
        if !may_write && !note::may(db, viewer, &ticket)? {
            return Err(error);
        }
        // A change that nobody can have seen: the form that comes back starts from what there is now.
        let seen = typed.request.seen.filter(|seen| (0..=ticket.row.changes).contains(seen));
        let draft = Draft { seen, typed: Some(typed), problems, status: Some(status), ..Draft::default() };
        drawn(desk, db, room, &ticket, draft)
    })
}

/// Row C10: both values of each field, everything typed, and the way to go on.
fn conflicted(desk: &Desk, room: &Room, ticket: &Ticket, typed: Typed) -> Result<Answer> {
    room.project.read(|db| {
        let ticket = current(db, room, ticket)?;
        let plan = planner(desk, db, room).change(&ticket, &typed.request)?;
        let draft = Draft {
            seen: typed.request.seen,
            typed: Some(typed),
            conflict: Some(plan),
            status: Some(Status::Conflict),
            ..Draft::default()
        };
        drawn(desk, db, room, &ticket, draft)
    })
}

#[derive(Serialize)]
pub(super) struct PreviewPart {
    pub preview: Preview,
}

/// Row C11: what would happen, and what others have done meanwhile; nothing is saved.
fn previewed(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, typed: Typed, fragment: bool) -> Result<Answer> {
    room.project.read(|db| {
        let ticket = current(db, room, ticket)?;
        let preview = preview(desk, db, room, &ticket, &typed)?;
        if form.json {
            let changes: Vec<_> = preview
                .changes
                .iter()
                .map(|change| json!({ "field": change.field, "old": change.old, "new": change.new }))
                .collect();
            return Answer::json(&json!({
                "html": preview.html, "changes": changes, "problems": preview.problems, "told": preview.told,
            }));
        }
        if fragment {
            let html = desk.web().templates.document("ticket/preview.html", &PreviewPart { preview })?;
            return Ok(Answer::new(Status::Ok, ContentType::HTML, html.into_bytes()));
        }
        let seen = typed.request.seen.filter(|seen| (0..=ticket.row.changes).contains(seen));
        let draft = Draft { seen, typed: Some(typed), preview: Some(preview), ..Draft::default() };
        drawn(desk, db, room, &ticket, draft)
    })
}

fn preview(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, typed: &Typed) -> Result<Preview> {
    let mut preview = Preview { problems: typed.problems.clone(), ..Preview::default() };
    let planner = planner(desk, db, room);
    match planner.change(ticket, &typed.request) {
        Ok(plan) => {
            preview.told = audience::of_plan(&planner, &room.row, Some(ticket), &plan)?;
            let fields = &plan.choices.fields;
            let people = plan.before.named_people(fields).into_iter().chain(plan.after.named_people(fields));
            let people = People::load(db, people)?.shown_to(&room.viewer);
            preview.changes = pending(&Names { choices: &plan.choices, people: &people }, &plan, typed);
            if let Some(worked) = &plan.worked {
                let people = People::load(db, worked.person_id())?.shown_to(&room.viewer);
                preview.changes.push(worked::pending(&plan.choices, &people, worked));
            }
            preview.problems.extend(edit::conflict_problems(&plan));
            preview.problems.extend(plan.problems);
        }
        Err(Error::Invalid(problems)) => preview.problems.extend(problems),
        Err(Error::Forbidden { message, .. } | Error::Conflict(message)) => {
            preview.problems.push(Problem::new("", message));
        }
        Err(other) => return Err(other),
    }
    let newest = ticket.row.changes;
    if typed.request.seen.is_some_and(|seen| seen < newest)
        && let Some(group) = history::groups(db, &room.viewer, &Fields::load(db)?, ticket, newest, newest)?.pop()
    {
        let people = People::load(db, group.change.author)?.shown_to(&room.viewer);
        let plain = format!("{}{}", room.root, ticket_href(ticket.row.id));
        preview.newer = Some(Newer {
            number: newest,
            author: people.called(group.change.author),
            when: group.change.at.when(&room.viewer.zone()),
            href: comment_href(&plain, newest, newest),
        });
    }
    if typed.note.is_some() && !note::may(db, &room.viewer, ticket)? {
        preview
            .problems
            .extend(room.viewer.require(TICKET_NOTES).err().map(|error| Problem::new("", error.to_string())));
    }
    preview.html = rendered(desk, db, room, ticket.row.id, typed.said())?;
    Ok(preview)
}

/// A text of a ticket that is not stored yet; 0 is the ticket that is about to be filed.
pub(super) fn rendered(desk: &Desk, db: &Connection, room: &Room, ticket: i64, text: &str) -> Result<String> {
    if text.trim().is_empty() || text.len() > super::fields::LARGEST_TEXT {
        return Ok(String::new());
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let here = Here { resource: Resource::new("ticket", ticket), name: ticket.to_string() };
    let compiled = reader.compiled(text, Flavour::Note)?;
    let mut htmls = reader.htmls(db, &[(&compiled, "preview-")], Some(&here))?;
    Ok(htmls.pop().unwrap_or_default().into_string())
}
