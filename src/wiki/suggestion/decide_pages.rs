//! What is done about a suggested edit: taken whole or in part, declined, withdrawn, answered.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use serde_json::json;

use super::edit::{self, Taking};
use super::href;
use super::pages::{MOST_CHANGES, Typed, enter_suggestion, parsed, shown_page};
use super::store::{State, SuggestionRow};
use crate::base::error::{Error, Problem, Result};
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Room, Visit};
use crate::wiki::WIKI_MODIFY;
use crate::wiki::discussion::edit::FIELD;
use crate::wiki::name::href_of;
use crate::wiki::shown::enter;
use crate::wiki::store::PageRow;

pub(super) fn routes() -> Vec<Route> {
    routes![take, decline, withdraw, answer]
}

#[post("/<project>/suggestion/<id>/take", data = "<data>")]
async fn take(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let (room, row, page) = enter_suggestion(desk, &project, &id)?;
            room.viewer.require(WIKI_MODIFY)?;
            taken(desk, &room, &row, &page, form)
        })
        .await
}

fn taken(desk: &Desk, room: &Room, row: &SuggestionRow, page: &PageRow, form: &Form) -> Result<Answer> {
    let all = form.has("all");
    let mut chosen = Vec::new();
    let rest = form.pairs().iter().any(|(name, value)| name == "hunk" && value == "rest");
    for (_, value) in form.pairs().iter().filter(|(name, value)| name == "hunk" && value != "rest") {
        match value.parse::<usize>() {
            Ok(place) => chosen.push(place),
            Err(_) => {
                let message = format!("`{}` is no change of this suggestion.", shortened(value));
                return Err(Error::invalid("hunk", message));
            }
        }
    }
    chosen.sort_unstable();
    let is_chosen = |place: usize| all || (rest && place >= MOST_CHANGES) || chosen.binary_search(&place).is_ok();
    let take = || {
        let taking = Taking { chosen: &is_chosen, version: form.number("version")?, edits: form.number("edits")? };
        edit::take(desk.site(), &room.project, room.act(), row.id, &taking)
    };
    match take() {
        Ok(taken) => {
            let page_href = format!("{}{}", room.root, href_of(&page.name));
            if form.json {
                let value = json!({ "id": row.id, "version": taken.version, "left": taken.left });
                return Answer::created(desk, &page_href, &value);
            }
            let saved = format!("Saved as version {}, by {}.", taken.version, row.author_name);
            if taken.left == 0 {
                return Ok(Answer::see(&page_href).telling(desk, &saved));
            }
            let href = format!("{}{}", room.root, href(row.id));
            let left = if taken.left == 1 {
                "One change is left.".to_owned()
            } else {
                format!("{} changes are left.", taken.left)
            };
            Ok(Answer::see(&href).telling(desk, &format!("{saved} {left}")))
        }
        Err(error) => refused(desk, room, row.id, form, error, Typed::default()),
    }
}

/// The suggestion as it is now, with what was typed and why that can't be done; programs get the error itself.
fn refused(desk: &Desk, room: &Room, id: i64, form: &Form, error: Error, typed: Typed) -> Result<Answer> {
    let (status, problems) = match error {
        error if form.json => return Err(error),
        Error::Invalid(problems) => (Status::UnprocessableEntity, problems),
        Error::Conflict(why) => (Status::Conflict, vec![Problem::new("", why)]),
        other => return Err(other),
    };
    shown_page(desk, room, id, &Typed { problems, status: Some(status), ..typed })
}

#[post("/<project>/suggestion/<id>/decline", data = "<data>")]
async fn decline(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, SuggestionRow { id, .. }, _) = enter_suggestion(desk, &project, &id)?;
            room.viewer.require(WIKI_MODIFY)?;
            let reason = form.text("reason");
            let typed = || Typed { reason: reason.to_owned(), ..Typed::default() };
            match edit::decline(&room.project, room.act(), id, reason) {
                Ok(()) => closed(desk, &room, id, form, State::Declined, "The suggestion is declined."),
                Err(error) => refused(desk, &room, id, form, error, typed()),
            }
        })
        .await
}

#[post("/<project>/suggestion/<id>/withdraw", data = "<data>")]
async fn withdraw(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = parsed(&id);
            match edit::withdraw(&room.project, room.act(), id) {
                Ok(()) => closed(desk, &room, id, form, State::Withdrawn, "Your suggestion is withdrawn."),
                Err(error) => refused(desk, &room, id, form, error, Typed::default()),
            }
        })
        .await
}

fn closed(desk: &Desk, room: &Room, id: i64, form: &Form, state: State, sentence: &str) -> Result<Answer> {
    if form.json {
        return Answer::json(&json!({ "id": id, "state": state.name() }));
    }
    Ok(Answer::see(&format!("{}{}", room.root, href(id))).telling(desk, sentence))
}

#[post("/<project>/suggestion/<id>/answer", data = "<data>")]
async fn answer(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = parsed(&id);
            let typed = Typed { comment: form.text(FIELD).to_owned(), ..Typed::default() };
            if form.has("preview") {
                room.project.read(|db| edit::to_answer(db, &room.viewer, id))?;
                return shown_page(desk, &room, id, &Typed { previewed: true, ..typed });
            }
            match edit::answer(desk.site(), &room.project, room.act(), id, &typed.comment) {
                Ok((thread, number)) => {
                    let place = format!("{}{}#message-{number}", room.root, href(id));
                    if form.json {
                        return Answer::created(desk, &place, &json!({ "thread": thread, "number": number }));
                    }
                    Ok(Answer::see(&place).telling(desk, "Said."))
                }
                Err(error) => refused(desk, &room, id, form, error, typed),
            }
        })
        .await
}
