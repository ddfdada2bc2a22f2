//! The boxes of task lists in a description and in comments, ticked with one click.
//!
//! A click is a change like any other: of the description the next numbered one, of a comment its next text. It names the box
//! by its place and the text by a mark that ticks don't alter ([`mark`]), so two people tick two boxes of one list at once,
//! while a box of a text that was rewritten meanwhile is refused.

use rocket::data::Data;
use rocket::{Route, post, routes};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::conversation::comment_href;
use super::edit::{self, Outcome};
use super::head::{enter_ticket, href};
use super::plan::Request;
use super::store::{self, Ticket};
use crate::base::error::{Error, Result};
use crate::base::markup::{self, Compiled, Flavour, Html, Task};
use crate::base::site::hex;
use crate::web::form::{Form, shortened};
use crate::web::text::options;
use crate::web::{Answer, Desk, Room, Visit};

/// The id of the form that all boxes of a page belong to.
pub(super) const FORM: &str = "tasks";

pub(super) fn routes() -> Vec<Route> {
    routes![tick]
}

/// How far a list of tasks has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Progress {
    pub done: usize,
    pub total: usize,
}

impl Progress {
    /// None where there are no boxes.
    pub fn of(tasks: &[Task]) -> Option<Self> {
        let done = tasks.iter().filter(|task| task.done).count();
        (!tasks.is_empty()).then_some(Self { done, total: tasks.len() })
    }
}

/// The resolved text with its boxes to be clicked. `prefix` is that of its ids: `description-`, `comment-3-`.
pub(super) fn tickable(
    desk: &Desk,
    room: &Room,
    html: Html,
    prefix: &str,
    text: &str,
    compiled: &Compiled,
) -> Result<Html> {
    if compiled.tasks.is_empty() {
        return Ok(html);
    }
    Ok(markup::tickable(&html, prefix, &compiled.tasks, FORM, &mark(desk, room, text)?))
}

/// What stays the same of a text when boxes are ticked.
fn mark(desk: &Desk, room: &Room, text: &str) -> Result<String> {
    let bare = markup::unticked(text, Flavour::Note, &options(desk.site(), &room.project)?);
    Ok(hex(&Sha256::digest(bare)[..8]))
}

#[post("/<project>/ticket/<number>/task", data = "<data>")]
async fn tick(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let click = Click::read(form.text("task"))?;
            ticked(desk, &room, &ticket, form, &click)
        })
        .await
}

/// `description-2-done-0123456789abcdef`, `comment-3-0-open-…`: whose box, which one, what it is to be, and the mark of the
/// text as it was seen, which may be left out.
#[derive(Debug, PartialEq, Eq)]
struct Click<'a> {
    /// The number of the comment; none: the description.
    comment: Option<i64>,
    number: usize,
    done: bool,
    mark: Option<&'a str>,
}

impl<'a> Click<'a> {
    fn read(text: &'a str) -> Result<Self> {
        let wrong = || Error::invalid("task", format!("`{}` names no box of a task list.", shortened(text)));
        let mut parts = text.split('-');
        let comment = match parts.next() {
            Some("description") => None,
            Some("comment") => Some(parts.next().and_then(|number| number.parse().ok()).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
        let number = parts.next().and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
        let done = match parts.next() {
            Some("done") => true,
            Some("open") => false,
            _ => return Err(wrong()),
        };
        Ok(Self { comment, number, done, mark: parts.next() })
    }
}

fn ticked(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form, click: &Click<'_>) -> Result<Answer> {
    let change = match click.comment {
        None => None,
        Some(number) => {
            let found =
                room.project.read(|db| store::changes(db, &room.viewer, ticket.row.id, number.max(1), number))?;
            let missing = || Error::not_found(format!("Ticket #{} has no comment {number}.", ticket.row.id));
            Some(found.into_iter().next().ok_or_else(missing)?)
        }
    };
    let text = change.as_ref().map_or(ticket.values.text("description"), |change| &change.comment);
    let new = flipped(desk, room, text, click)?;
    if new != text {
        let (site, project, by, id) = (desk.site(), &room.project, room.act(), ticket.row.id);
        match &change {
            Some(change) => edit::edit_comment(site, project, by, id, change.number, &new, Some(change.edits))?,
            None => {
                let set = vec![("description".to_owned(), new.clone())];
                let request = Request { set, seen: Some(ticket.row.changes), ..Request::default() };
                if let Outcome::Conflict(_) = edit::change(site, project, by, id, &request)? {
                    return Err(rewritten());
                }
            }
        }
    }
    let plain = href(room, ticket.row.id);
    let place = match click.comment {
        None => format!("{plain}#description"),
        Some(number) => match comment_href(&plain, number, ticket.row.changes) {
            here if here.starts_with('#') => format!("{plain}{here}"),
            elsewhere => elsewhere,
        },
    };
    if !form.json {
        return Ok(Answer::see(&place));
    }
    let tasks = tasks(desk, room, &new)?;
    let progress = Progress::of(&tasks).unwrap_or(Progress { done: 0, total: 0 });
    Answer::json(&json!({ "url": desk.web().address.absolute(&place), "done": progress.done, "total": progress.total }))
}

/// The text with that box as it is to be.
fn flipped(desk: &Desk, room: &Room, text: &str, click: &Click<'_>) -> Result<String> {
    if click.mark.is_some_and(|seen| mark(desk, room, text).is_ok_and(|now| now != seen)) {
        return Err(rewritten());
    }
    let was = tasks(desk, room, text)?;
    let Some(task) = was.get(click.number) else { return Err(rewritten()) };
    if task.done == click.done {
        return Ok(text.to_owned());
    }
    let options = options(desk.site(), &room.project)?;
    let new = markup::ticked(text, Flavour::Note, &options, click.number, click.done);
    let mut wanted = was.clone();
    wanted[click.number].done = click.done;
    match new {
        Some(new) if tasks(desk, room, &new)? == wanted => Ok(new),
        _ => {
            Err(Error::invalid("task", "This box can't be told from the text around it. Please edit the text instead."))
        }
    }
}

fn tasks(desk: &Desk, room: &Room, text: &str) -> Result<Vec<Task>> {
    let options = options(desk.site(), &room.project)?;
    Ok(room.project.cache().compiled(text, Flavour::Note, desk.site().vocabulary(), &options)?.tasks.clone())
}

fn rewritten() -> Error {
    Error::conflict("This text was changed meanwhile, so nothing was ticked. Look at it again and tick what is right.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_names_a_text_a_box_and_a_state() {
        let read = |text| Click::read(text).ok();
        let click = |comment, number, done, mark| Some(Click { comment, number, done, mark });
        assert_eq!(read("description-2-done-ab"), click(None, 2, true, Some("ab")));
        assert_eq!(read("comment-3-0-open"), click(Some(3), 0, false, None));
        for wrong in [
            "", "description", "description-x-done", "comment-0-done", "wiki-0-done", "description-0-x",
            "comment--1-0-done",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
