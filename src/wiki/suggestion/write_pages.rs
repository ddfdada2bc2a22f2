//! The editor of a suggested edit: for a new one, `?action=suggest` of the page, and for one's own that is still open.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::edit::{self, Wish};
use super::pages::parsed;
use super::store::{self, SuggestionRow};
use super::{NO_SUGGESTION, href};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::web::form::Form;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::edit::LARGEST_TEXT;
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{self, Head, NO_PAGE, asked_name, enter};
use crate::wiki::store::{self as pages, PageRow};

pub(super) fn routes() -> Vec<Route> {
    routes![blank, suggest, preview, editor, improve]
}

#[get("/<project>/wiki/<_..>?action=suggest", rank = 33)]
async fn blank(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = to_suggest(desk, &room)?;
            let text = room.project.read(|db| pages::version(db, page.id, page.version))?;
            let text = text.ok_or_else(|| Error::not_found(NO_PAGE))?.text;
            editor_page(desk, &room, &page, None, Draft { text, version: page.version, ..Draft::default() })
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=suggest", rank = 33, data = "<data>")]
async fn suggest(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let page = to_suggest(desk, &room)?;
            sent(desk, &room, &page, None, form)
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=suggest-preview", rank = 34, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let page = to_suggest(desk, &room)?;
            Ok(Answer::fragment(previewed(desk, &room, &page, form.text("text"))?))
        })
        .await
}

#[get("/<project>/suggestion/<id>/edit")]
async fn editor(visit: Visit, project: String, id: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let (row, page, text) = room.project.read(|db| {
                let (row, page) = edit::own(db, &room.viewer, parsed(&id))?;
                let text = store::text(db, row.id)?;
                Ok((row, page, text))
            })?;
            if row.state != store::State::Open {
                return Err(Error::not_found(NO_SUGGESTION));
            }
            let draft = Draft { text, comment: row.comment.clone(), version: row.base, ..Draft::default() };
            editor_page(desk, &room, &page, Some(&row), draft)
        })
        .await
}

#[post("/<project>/suggestion/<id>/edit", data = "<data>")]
async fn improve(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let (row, page) = room.project.read(|db| edit::own(db, &room.viewer, parsed(&id)))?;
            sent(desk, &room, &page, Some(&row), form)
        })
        .await
}

fn to_suggest(desk: &Desk, room: &Room) -> Result<PageRow> {
    let name = asked_name(desk)?;
    room.project.read(|db| edit::to_suggest(db, &room.viewer, &name))
}

#[derive(Serialize)]
struct EditorPage {
    #[serde(flatten)]
    head: Head,
    /// Of one that is improved: where it is, and how often that was done.
    own_href: Option<String>,
    edits: i64,
    action_href: String,
    preview_href: String,
    preview_html: Option<String>,
    draft_key: String,
    help_href: Option<String>,
    version: i64,
    text: String,
    comment: String,
    problems: Vec<Problem>,
}

impl Page for EditorPage {
    const TEMPLATE: &'static str = "wiki/suggest.html";
}

/// What stands in the editor.
#[derive(Default)]
struct Draft {
    text: String,
    comment: String,
    /// The version that the text comes from.
    version: i64,
    /// How often a suggestion had been improved when its editor looked.
    edits: Option<i64>,
    previewed: bool,
    problems: Vec<Problem>,
    status: Option<Status>,
}

fn editor_page(desk: &Desk, room: &Room, page: &PageRow, row: Option<&SuggestionRow>, draft: Draft) -> Result<Answer> {
    let preview_html = match draft.previewed {
        true => Some(previewed(desk, room, page, &draft.text)?.into_string()),
        false => None,
    };
    let name = PageName::parse(&page.name, "page")?;
    let (head, help) = room.project.read(|db| {
        let help = pages::by_folded(db, &room.viewer, &["manual/text".to_owned()])?.pop();
        Ok((shown::head(db, room, &name, true)?, help))
    })?;
    let own_href = row.map(|row| format!("{}{}", room.root, href(row.id)));
    let sheet = EditorPage {
        action_href: own_href
            .as_ref()
            .map_or_else(|| format!("{}?action=suggest", head.href), |href| format!("{href}/edit")),
        preview_href: format!("{}?action=suggest-preview", head.href),
        preview_html,
        draft_key: match row {
            Some(row) => format!("{}/suggestion/{}/edit", room.row.id, row.id),
            None => format!("{}/wiki/{}/suggest", room.row.id, page.id),
        },
        help_href: help.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        version: draft.version,
        edits: draft.edits.or(row.map(|row| row.edits)).unwrap_or(0),
        text: draft.text,
        comment: draft.comment,
        problems: draft.problems,
        own_href,
        head,
    };
    let title = format!("Suggest an edit of {}", page.name);
    Sheet::new(title, sheet).at("/wiki").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn previewed(desk: &Desk, room: &Room, page: &PageRow, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("text", "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
    room.project.read(|db| reader.html(db, &compiled, Some(&here)))
}

fn sent(desk: &Desk, room: &Room, page: &PageRow, row: Option<&SuggestionRow>, form: &Form) -> Result<Answer> {
    let mut draft = Draft {
        text: form.text("text").to_owned(),
        comment: form.text("comment").to_owned(),
        version: form.number("version").unwrap_or(page.version),
        edits: row.map(|row| form.number("edits").unwrap_or(row.edits)),
        ..Draft::default()
    };
    if form.has("preview") && draft.text.len() <= LARGEST_TEXT {
        draft.previewed = true;
        return editor_page(desk, room, page, row, draft);
    }
    let saved = save(room, page, row, form);
    match saved {
        Ok(id) => {
            let href = format!("{}{}", room.root, href(id));
            if form.json {
                return Answer::created(desk, &href, &json!({ "id": id }));
            }
            let sentence = match row {
                Some(_) => "Your suggestion has its new text.",
                None => "Thank you. Whoever writes this page will see your suggestion, and this is where you find it.",
            };
            Ok(Answer::see(&href).telling(desk, sentence))
        }
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            editor_page(desk, room, page, row, draft)
        }
        Err(Error::Conflict(why)) => {
            draft.problems = vec![Problem::new("", why)];
            draft.status = Some(Status::Conflict);
            // The form that comes back counts from what is there now: sent again, it goes over it knowingly.
            draft.edits = None;
            let now = row.map(|row| room.project.read(|db| store::by_id(db, row.id))).transpose()?.flatten();
            editor_page(desk, room, page, now.as_ref().or(row), draft)
        }
        Err(other) => Err(other),
    }
}

/// Returns the number of the suggestion.
fn save(room: &Room, page: &PageRow, row: Option<&SuggestionRow>, form: &Form) -> Result<i64> {
    if !form.has("text") {
        return Err(Error::invalid("text", "The field `text` is missing."));
    }
    let wish = Wish { text: form.text("text"), comment: form.text("comment"), base: form.number("version")? };
    match row {
        Some(row) => {
            edit::improve(&room.project, room.act(), row.id, &wish, form.number("edits")?)?;
            Ok(row.id)
        }
        None => edit::suggest(&room.project, room.act(), &PageName::parse(&page.name, "page")?, &wish),
    }
}
