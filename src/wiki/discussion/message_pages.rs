//! One message of a discussion: its editor, the texts that it ever had, and taking it away.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::edit::{self, FIELD, LARGEST_TEXT};
use super::pages::{parsed, previewed};
use super::store::{self, MessageRow, ThreadRow};
use super::{NO_THREAD, message_href, thread_href};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::diff::{Options, diff};
use crate::base::time::When;
use crate::base::viewer::Viewer;
use crate::web::diff::{Style, rows_html};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::WIKI_ADMIN;
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{self, Head, enter};
use crate::wiki::store::{self as pages, PageRow};

/// Texts of a message that its history shows, the newest.
const VERSIONS: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    routes![message, editor, save, history, removed]
}

#[get("/<project>/discussion/<thread>/<number>")]
async fn message(visit: Visit, project: String, thread: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, message, page) = enter_message(desk, &project, (&thread, &number), edit::find_message)?;
            Ok(Answer::see(&format!("{}{}", room.root, message_href(&page.name, message.number))))
        })
        .await
}

#[get("/<project>/discussion/<thread>/<number>/edit")]
async fn editor(visit: Visit, project: String, thread: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, message, page) = enter_message(desk, &project, (&thread, &number), edit::to_edit)?;
            if message.removed.is_some() {
                return Err(Error::not_found(NO_THREAD));
            }
            let draft = Draft { text: message.text.clone(), version: message.edits, ..Draft::default() };
            edit_page(desk, &room, &page, &message, draft)
        })
        .await
}

#[post("/<project>/discussion/<thread>/<number>/edit", data = "<data>")]
async fn save(visit: Visit, project: String, thread: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, message, page) = enter_message(desk, &project, (&thread, &number), edit::to_edit)?;
            saved(desk, &room, &page, &message, form)
        })
        .await
}

#[get("/<project>/discussion/<thread>/<number>/history")]
async fn history(visit: Visit, project: String, thread: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, message, page) = enter_message(desk, &project, (&thread, &number), edit::find_message)?;
            if message.removed.is_some() && !room.viewer.may(WIKI_ADMIN) {
                return Err(Error::not_found(NO_THREAD));
            }
            versions(desk, &room, &page, &message)
        })
        .await
}

#[post("/<project>/discussion/<thread>/<number>/removed", data = "<data>")]
async fn removed(visit: Visit, project: String, thread: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, message, page) = enter_message(desk, &project, (&thread, &number), edit::find_message)?;
            let gone = match form.text("removed") {
                "1" => true,
                "0" => false,
                // JSON's false is no value.
                "" if form.json => false,
                _ => {
                    return Err(Error::invalid(
                        "removed",
                        "`removed` is 1 to take the message away, 0 to put it back.",
                    ));
                }
            };
            edit::remove(desk.site(), &room.project, room.act(), (message.thread, message.number), gone)?;
            if form.json {
                return Answer::json(&json!({ "number": message.number, "removed": gone }));
            }
            let sentence = if gone { "The message is gone." } else { "The message is back." };
            Ok(Answer::see(&format!("{}{}", room.root, message_href(&page.name, message.number)))
                .telling(desk, sentence))
        })
        .await
}

/// How a message is found for a viewer, by its thread and its number.
type Find = fn(&Connection, &Viewer, i64, i64) -> Result<(MessageRow, ThreadRow, PageRow)>;

/// Enters the project for a message, as `find` lets the viewer have it.
fn enter_message(
    desk: &Desk,
    project: &str,
    (thread, number): (&str, &str),
    find: Find,
) -> Result<(Room, MessageRow, PageRow)> {
    let room = enter(desk, project)?;
    let (message, _, page) = room.project.read(|db| find(db, &room.viewer, parsed(thread), parsed(number)))?;
    Ok((room, message, page))
}

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    number: i64,
    place_href: String,
    action_href: String,
    preview_href: String,
    preview_html: Option<String>,
    draft_key: String,
    help_href: Option<String>,
    text: String,
    version: i64,
    problems: Vec<Problem>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "wiki/message_edit.html";
}

/// What stands in the editor.
#[derive(Default)]
struct Draft {
    text: String,
    version: i64,
    problems: Vec<Problem>,
    previewed: bool,
    status: Option<Status>,
}

fn edit_page(desk: &Desk, room: &Room, page: &PageRow, message: &MessageRow, draft: Draft) -> Result<Answer> {
    let preview_html = match draft.previewed {
        true => Some(previewed(desk, room, page, &draft.text)?.into_string()),
        false => None,
    };
    let name = PageName::parse(&page.name, "page")?;
    let (head, help) = room.project.read(|db| {
        let help = pages::by_folded(db, &room.viewer, &["manual/text".to_owned()])?.pop();
        Ok((shown::head(db, room, &name, true)?, help))
    })?;
    let number = message.number;
    let sheet = EditPage {
        number,
        place_href: format!("{}{}", room.root, message_href(&page.name, number)),
        action_href: format!("{}{}/{number}/edit", room.root, thread_href(message.thread)),
        preview_href: format!("{}?action=discussion-preview", head.href),
        preview_html,
        draft_key: format!("{}/wiki/{}/message/{number}", room.row.id, page.id),
        help_href: help.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        text: draft.text,
        version: draft.version,
        problems: draft.problems,
        head,
    };
    let title = format!("Edit message {number} on {}", page.name);
    Sheet::new(title, sheet).at("/wiki").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn saved(desk: &Desk, room: &Room, page: &PageRow, message: &MessageRow, form: &Form) -> Result<Answer> {
    let mut draft = Draft { text: form.text(FIELD).to_owned(), version: message.edits, ..Draft::default() };
    let place = (message.thread, message.number);
    if form.has("preview") {
        draft.version = form.number("version").unwrap_or(message.edits);
        draft.previewed = draft.text.len() <= LARGEST_TEXT;
        return edit_page(desk, room, page, message, draft);
    }
    let saved = form
        .number("version")
        .and_then(|seen| edit::edit(desk.site(), &room.project, room.act(), place, &draft.text, seen));
    match saved {
        Ok(()) => {
            let href = format!("{}{}", room.root, message_href(&page.name, message.number));
            if form.json {
                let now = room.project.read(|db| store::message(db, page.id, message.number))?;
                let version = now.map_or(message.edits, |now| now.edits);
                return Answer::created(desk, &href, &json!({ "number": message.number, "version": version }));
            }
            Ok(Answer::see(&href).telling(desk, "The message has its new text; the old one is kept."))
        }
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            edit_page(desk, room, page, message, draft)
        }
        Err(Error::Conflict(why)) => {
            // The form that comes back counts from the text that is there now: sent again, it goes over it knowingly.
            let now = room.project.read(|db| store::message(db, page.id, message.number))?;
            draft.version = now.map_or(message.edits, |now| now.edits);
            draft.problems = vec![Problem::new("version", why)];
            draft.status = Some(Status::Conflict);
            edit_page(desk, room, page, message, draft)
        }
        Err(other) => Err(other),
    }
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    number: i64,
    place_href: String,
    versions: Vec<Version>,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "wiki/message_history.html";
}

#[derive(Serialize)]
struct Version {
    version: i64,
    current: bool,
    when: When,
    author: String,
    /// What differs from the one before; of the first one its text.
    rows_html: String,
    text: Option<String>,
}

fn versions(desk: &Desk, room: &Room, page: &PageRow, message: &MessageRow) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let (head, mut texts) =
        room.project.read(|db| Ok((shown::head(db, room, &name, true)?, store::earlier(db, message.id, VERSIONS)?)))?;
    let last = message.edited.as_ref();
    texts.push(store::EarlierRow {
        version: message.edits,
        author: last.map_or_else(|| message.author_name.clone(), |done| done.by.clone()),
        at: last.map_or(message.at, |done| done.at),
        text: message.text.clone(),
    });
    let mut before: Option<&str> = None;
    let mut versions = Vec::with_capacity(texts.len());
    for text in &texts {
        versions.push(Version {
            version: text.version,
            current: text.version == message.edits,
            when: text.at.when(&room.viewer.zone()),
            author: room.viewer.shown_name(&text.author),
            rows_html: before.map_or_else(String::new, |before| {
                rows_html(&diff(before, &text.text, &Options::default()), Style::Inline).into_string()
            }),
            text: before.is_none().then(|| text.text.clone()),
        });
        before = Some(&text.text);
    }
    versions.reverse();
    let place_href = format!("{}{}", room.root, message_href(&page.name, message.number));
    let sheet = HistoryPage { head, number: message.number, place_href, versions };
    Sheet::new(format!("History of message {} on {}", message.number, page.name), sheet)
        .at("/wiki")
        .noindex()
        .render(desk)
}
