//! Comments afterwards: the editor of one, all the texts it ever had, and what differs between two of them (rows C06, C07).
//!
//! Versions of a comment count its edits: 0 is as it was first written.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::conversation::comment_href;
use super::fields::{Choices, LARGEST_TEXT};
use super::head::{self, Head, asked, enter_ticket, with_values};
use super::history_pages::{DiffPage, End, Look, Text};
use super::json::author;
use super::store::{self, ChangeRow, CommentVersion, Ticket};
use super::values::People;
use super::{TICKET_APPEND, TICKET_EDIT_COMMENT, edit};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::text::diff::unified;
use crate::base::time::When;
use crate::base::viewer::Viewer;
use crate::web::form::Form;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const VERSIONS_PER_PAGE: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    routes![preview, save]
}

#[post("/<project>/ticket/<number>/comment/<comment>?action=preview", data = "<data>")]
async fn preview(visit: Visit, project: String, number: String, comment: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let change = comment_of(&room, &ticket, parsed(&comment))?;
            require_to_edit(&room.viewer, &change)?;
            let text = form.get("text").unwrap_or_else(|| form.text("edited_comment"));
            Ok(Answer::fragment(previewed(desk, &room, &ticket, text)?))
        })
        .await
}

#[post("/<project>/ticket/<number>/comment/<comment>", data = "<data>")]
async fn save(visit: Visit, project: String, number: String, comment: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            edit_comment(desk, &room, &ticket, parsed(&comment), form)
        })
        .await
}

/// `?action=comment-edit&cnum=K`
pub(super) fn editor_of(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let change = asked_comment(desk, room, ticket)?;
    require_to_edit(&room.viewer, &change)?;
    let draft = Draft { text: change.comment.clone(), version: change.edits, ..Draft::default() };
    editor(desk, room, ticket, change.number, draft)
}

/// Saves or previews a comment as the form of the ticket's own page sends it: `edit_comment`, `cnum_edit` (or `cnum`),
/// `edited_comment`.
pub(super) fn edit_comment_from_form(desk: &Desk, room: &Room, number: &str, form: &Form) -> Result<Answer> {
    let ticket = room.project.read(|db| head::asked_ticket(db, room, number))?;
    let name = if form.has("cnum_edit") { "cnum_edit" } else { "cnum" };
    edit_comment(desk, room, &ticket, form.number(name)?, form)
}

/// Whether this viewer may put another text in place of that comment.
pub(super) fn may_edit(viewer: &Viewer, change: &ChangeRow) -> bool {
    let own = viewer.person.is_some() && viewer.person == change.author;
    (own && viewer.may(TICKET_APPEND)) || viewer.may(TICKET_EDIT_COMMENT)
}

fn require_to_edit(viewer: &Viewer, change: &ChangeRow) -> Result<()> {
    if may_edit(viewer, change) { Ok(()) } else { viewer.require(TICKET_EDIT_COMMENT) }
}

/// The number of a comment or a note in an address; what is none is 0, which no comment has.
pub(super) fn parsed(typed: &str) -> i64 {
    super::link::number(typed).unwrap_or(0)
}

fn asked_comment(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<ChangeRow> {
    let number = asked(desk, "cnum")?.ok_or_else(|| Error::invalid("cnum", "The number of the comment is missing."))?;
    comment_of(room, ticket, number)
}

fn comment_of(room: &Room, ticket: &Ticket, number: i64) -> Result<ChangeRow> {
    let id = ticket.row.id;
    let found = room.project.read(|db| store::changes(db, &room.viewer, id, number.max(1), number))?.pop();
    found.ok_or_else(|| Error::not_found(format!("Ticket #{id} has no comment {number}.")))
}

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    comment: i64,
    comment_href: String,
    action_href: String,
    text: String,
    version: i64,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    upload_href: Option<String>,
    draft_key: String,
    help_href: Option<String>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "ticket/comment_edit.html";
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

fn editor(desk: &Desk, room: &Room, ticket: &Ticket, number: i64, draft: Draft) -> Result<Answer> {
    let preview_html =
        if draft.previewed { Some(previewed(desk, room, ticket, &draft.text)?.into_string()) } else { None };
    let (choices, help_href) =
        room.project.read(|db| Ok((Choices::load(db, &room.viewer)?, head::help_href(db, room)?)))?;
    let head = head::head_now(desk, room, &choices, ticket)?;
    let action_href = format!("{}/comment/{number}", head::href(room, ticket.row.id));
    let page = EditPage {
        comment: number,
        comment_href: place(room, ticket, number),
        text: draft.text,
        version: draft.version,
        problems: draft.problems,
        preview_html,
        preview_href: format!("{action_href}?action=preview"),
        upload_href: head.may.attach.then(|| head.files_href.clone()),
        draft_key: format!("{}/ticket/{}/comment/{number}", room.row.id, ticket.row.id),
        help_href,
        action_href,
        head,
    };
    let title = format!("Edit comment {number} on #{}", ticket.row.id);
    Sheet::new(title, page).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn previewed(desk: &Desk, room: &Room, ticket: &Ticket, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("edited_comment", "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    room.project.read(|db| rendered(&reader, db, ticket, text))
}

fn rendered(reader: &Reader<'_>, db: &Connection, ticket: &Ticket, text: &str) -> Result<Html> {
    let compiled = reader.compiled(text, Flavour::Note)?;
    let here = Here { resource: Resource::new("ticket", ticket.row.id), name: ticket.row.id.to_string() };
    reader.html(db, &compiled, Some(&here))
}

fn edit_comment(desk: &Desk, room: &Room, ticket: &Ticket, number: i64, form: &Form) -> Result<Answer> {
    let change = comment_of(room, ticket, number)?;
    require_to_edit(&room.viewer, &change)?;
    let mut draft = Draft { text: form.text("edited_comment").to_owned(), version: change.edits, ..Draft::default() };
    let seen = match desk.visit.if_match()? {
        Some(version) => Some(version),
        None if form.has("version") => Some(form.number("version")?),
        None => None,
    };
    let saved = if !form.has("edited_comment") {
        Err(Error::invalid("edited_comment", "The field `edited_comment` is missing."))
    } else if form.has("preview") {
        draft.version = seen.unwrap_or(change.edits);
        draft.previewed = draft.text.len() <= LARGEST_TEXT;
        return editor(desk, room, ticket, number, draft);
    } else {
        edit::edit_comment(desk.site(), &room.project, room.act(), ticket.row.id, number, &draft.text, seen)
    };
    match saved {
        Ok(()) => told(desk, room, ticket, number, form),
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            editor(desk, room, ticket, number, draft)
        }
        Err(Error::Conflict(message)) => {
            // The form that comes back counts from the text that is there now: sent again, it goes over it knowingly.
            draft.version = comment_of(room, ticket, number)?.edits;
            draft.problems = vec![Problem::new("version", message)];
            draft.status = Some(Status::Conflict);
            editor(desk, room, ticket, number, draft)
        }
        Err(other) => Err(other),
    }
}

fn told(desk: &Desk, room: &Room, ticket: &Ticket, number: i64, form: &Form) -> Result<Answer> {
    let href = place(room, ticket, number);
    if form.json {
        let version = comment_of(room, ticket, number)?.edits;
        let value = json!({ "id": ticket.row.id, "number": number, "version": version });
        return Ok(Answer::created(desk, &href, &value)?.header("ETag", format!("\"{version}\"")));
    }
    Ok(Answer::see(&href).telling(desk, &format!("Comment {number} has its new text; the old one is kept.")))
}

/// The versions from … to … of a comment, oldest first, its present text among them.
fn texts(db: &Connection, change: &ChangeRow, from: i64, to: i64) -> Result<Vec<CommentVersion>> {
    let mut texts = store::comment_versions_between(db, change.id, from, to)?;
    if (from..=to).contains(&change.edits) {
        texts.push(CommentVersion {
            version: change.edits,
            author: if change.edits == 0 { change.author } else { change.edited_by },
            at: change.edited_at.unwrap_or(change.at),
            text: change.comment.clone(),
        });
    }
    Ok(texts)
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    comment: i64,
    comment_href: String,
    versions: Vec<Version>,
    paging: Paging,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "ticket/comment_history.html";
}

#[derive(Serialize)]
struct Version {
    version: i64,
    current: bool,
    href: String,
    when: When,
    author: String,
    html: String,
    diff_href: Option<String>,
}

/// Where a comment stands, on whatever page of the conversation.
fn place(room: &Room, ticket: &Ticket, number: i64) -> String {
    let plain = head::href(room, ticket.row.id);
    let href = comment_href(&plain, number, ticket.row.changes);
    if href.starts_with('#') { format!("{plain}{href}") } else { href }
}

/// The same with the text of that version.
fn version_href(room: &Room, ticket: &Ticket, change: &ChangeRow, version: i64) -> String {
    let number = change.number;
    if version == change.edits {
        return place(room, ticket, number);
    }
    format!("{}?cnum_hist={number}&cversion={version}#comment:{number}", head::href(room, ticket.row.id))
}

/// `?action=comment-history&cnum=K`
pub(super) fn versions(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let change = &asked_comment(desk, room, ticket)?;
    let id = ticket.row.id;
    let href = head::href(room, id);
    let asked = paging::asked(desk.visit.value("page"));
    let total = usize::try_from(change.edits + 1).unwrap_or(1);
    let paging = Paging::new(&href, &desk.visit.pairs(), asked, VERSIONS_PER_PAGE, total);
    let newest = change.edits - paging.offset(VERSIONS_PER_PAGE) as i64;
    let oldest = newest - VERSIONS_PER_PAGE as i64 + 1;
    let (texts, people, choices) = room.project.read(|db| {
        let texts = texts(db, change, oldest, newest)?;
        let people = People::load(db, texts.iter().filter_map(|text| text.author))?.shown_to(&room.viewer);
        Ok((texts, people, Choices::load(db, &room.viewer)?))
    })?;
    if desk.visit.wants_json() {
        let absolute = |href: &str| desk.web().address.absolute(href);
        let items: Vec<_> = texts
            .iter()
            .rev()
            .map(|text| {
                json!({
                    "version": text.version, "author": author(&people, text.author), "time": text.at.iso(),
                    "text": text.text, "url": absolute(&version_href(room, ticket, change, text.version)),
                })
            })
            .collect();
        let next = paging.next.as_deref().map(absolute);
        return Answer::json(&json!({ "total": total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = room.viewer.zone();
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let versions = room.project.read(|db| {
        let row = |text: &CommentVersion| {
            Ok(Version {
                version: text.version,
                current: text.version == change.edits,
                href: version_href(room, ticket, change, text.version),
                when: text.at.when(&zone),
                author: people.called(text.author),
                html: rendered(&reader, db, ticket, &text.text)?.into_string(),
                diff_href: (text.version > 0).then(|| {
                    format!(
                        "{href}?action=comment-diff&cnum={}&version={}&old_version={}",
                        change.number,
                        text.version,
                        text.version - 1
                    )
                }),
            })
        };
        texts.iter().rev().map(row).collect::<Result<Vec<_>>>()
    })?;
    let page = HistoryPage {
        head: head::head_now(desk, room, &choices, ticket)?,
        comment: change.number,
        comment_href: place(room, ticket, change.number),
        versions,
        paging,
    };
    Sheet::new(format!("History of comment {} on #{id}", change.number), page).at("/query").noindex().render(desk)
}

/// `?action=comment-diff&cnum=K&version=V&old_version=U`
pub(super) fn compared(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let change = &asked_comment(desk, room, ticket)?;
    let id = ticket.row.id;
    let newer = asked(desk, "version")?.unwrap_or(change.edits);
    let older = asked(desk, "old_version")?.unwrap_or(newer.saturating_sub(1).max(0));
    let (older, newer) = (older.min(newer), older.max(newer));
    let (old, new, people, choices) = room.project.read(|db| {
        let one = |version: i64| {
            texts(db, change, version, version)?.pop().ok_or_else(|| {
                Error::not_found(format!("Comment {} on ticket #{id} has no version {version}.", change.number))
            })
        };
        let (old, new) = (one(older)?, one(newer)?);
        let people = People::load(db, old.author.into_iter().chain(new.author))?.shown_to(&room.viewer);
        Ok((old, new, people, Choices::load(db, &room.viewer)?))
    })?;
    let name = format!("Comment {}", change.number);
    if let Some("diff" | "patch" | "txt") = desk.visit.value("format").as_deref() {
        let label = |version: i64| format!("ticket/{id}/comment/{}?version={version}", change.number);
        return Ok(Answer::text(unified(&label(older), &label(newer), &old.text, &new.text)));
    }
    let href = head::href(room, id);
    let look = Look::asked(desk);
    let head = head::head_now(desk, room, &choices, ticket)?;
    let zone = room.viewer.zone();
    let end = |text: &CommentVersion| End {
        version: text.version,
        when: text.at.when(&zone),
        author: people.called(text.author),
        href: version_href(room, ticket, change, text.version),
    };
    let pairs = desk.visit.pairs();
    let step = |older: i64, newer: i64| {
        with_values(&href, &pairs, &[("old_version", older.to_string()), ("version", newer.to_string())])
    };
    let page = DiffPage {
        texts: Text::compared("", &old.text, &new.text, &look).into_iter().collect(),
        what: name.clone(),
        what_href: place(room, ticket, change.number),
        old: end(&old),
        new: end(&new),
        changes: Vec::new(),
        previous: (older > 0).then(|| step(older - 1, older)),
        next: (newer < change.edits).then(|| step(newer, newer + 1)),
        look: look.shown(&href, &pairs),
        head,
    };
    Sheet::new(format!("Changes of {} on #{id}", name.to_lowercase()), page).at("/query").noindex().render(desk)
}
