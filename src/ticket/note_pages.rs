//! Internal notes afterwards: the editor of one, all the texts it ever had, and what differs between two of them. As with
//! comments (rows C06, C07), but for the eyes of those who may read notes: for all others none of it is there.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::comment_pages::parsed;
use super::fields::{Choices, LARGEST_TEXT};
use super::head::{self, Head, asked, enter_ticket, with_values};
use super::history_pages::{DiffPage, End, Look, Text};
use super::json::author;
use super::note;
use super::note_store::{self, NoteRow};
use super::store::{CommentVersion, Ticket};
use super::values::People;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::text::diff::unified;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const VERSIONS_PER_PAGE: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    routes![preview, save]
}

#[post("/<project>/ticket/<number>/note/<note>?action=preview", data = "<data>")]
async fn preview(visit: Visit, project: String, number: String, note: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            room.project.read(|db| {
                let note = note_of(db, &room, &ticket, parsed(&note))?;
                note::require_to_edit(db, &room.viewer, &ticket, &note)
            })?;
            let text = form.get("text").unwrap_or_else(|| form.text("edited_note"));
            Ok(Answer::fragment(previewed(desk, &room, &ticket, text)?))
        })
        .await
}

#[post("/<project>/ticket/<number>/note/<note>", data = "<data>")]
async fn save(visit: Visit, project: String, number: String, note: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            saved(desk, &room, &ticket, parsed(&note), form)
        })
        .await
}

fn note_of(db: &Connection, room: &Room, ticket: &Ticket, number: i64) -> Result<NoteRow> {
    let id = ticket.row.id;
    note_store::find(db, &room.viewer, id, number)?.ok_or_else(|| note::no_note(id, number))
}

fn asked_note(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<NoteRow> {
    let number = asked(desk, "note")?.ok_or_else(|| Error::invalid("note", "The number of the note is missing."))?;
    room.project.read(|db| note_of(db, room, ticket, number))
}

/// `?action=note-edit&note=K`
pub(super) fn editor_of(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let note = asked_note(desk, room, ticket)?;
    room.project.read(|db| note::require_to_edit(db, &room.viewer, ticket, &note))?;
    let draft = Draft { text: note.text.clone(), version: note.edits, ..Draft::default() };
    editor(desk, room, ticket, note.number, draft)
}

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    note: i64,
    note_href: String,
    action_href: String,
    text: String,
    version: i64,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    draft_key: String,
    help_href: Option<String>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "ticket/note_edit.html";
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
    let action_href = format!("{}/note/{number}", head::href(room, ticket.row.id));
    let page = EditPage {
        note: number,
        note_href: place(room, ticket, number),
        text: draft.text,
        version: draft.version,
        problems: draft.problems,
        preview_html,
        preview_href: format!("{action_href}?action=preview"),
        draft_key: format!("{}/ticket/{}/note/{number}", room.row.id, ticket.row.id),
        help_href,
        action_href,
        head,
    };
    let title = format!("Edit note {number} on #{}", ticket.row.id);
    Sheet::new(title, page).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn previewed(desk: &Desk, room: &Room, ticket: &Ticket, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("edited_note", "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    room.project.read(|db| rendered(&reader, db, ticket, text))
}

fn rendered(reader: &Reader<'_>, db: &Connection, ticket: &Ticket, text: &str) -> Result<Html> {
    let compiled = reader.compiled(text, Flavour::Note)?;
    let here = Here { resource: Resource::new("ticket", ticket.row.id), name: ticket.row.id.to_string() };
    reader.html(db, &compiled, Some(&here))
}

fn saved(desk: &Desk, room: &Room, ticket: &Ticket, number: i64, form: &Form) -> Result<Answer> {
    let note = room.project.read(|db| {
        let note = note_of(db, room, ticket, number)?;
        note::require_to_edit(db, &room.viewer, ticket, &note)?;
        Ok(note)
    })?;
    let mut draft = Draft { text: form.text("edited_note").to_owned(), version: note.edits, ..Draft::default() };
    let seen = match desk.visit.if_match()? {
        Some(version) => Some(version),
        None if form.has("version") => Some(form.number("version")?),
        None => None,
    };
    let saved = if !form.has("edited_note") {
        Err(Error::invalid("edited_note", "The field `edited_note` is missing."))
    } else if form.has("preview") {
        draft.version = seen.unwrap_or(note.edits);
        draft.previewed = draft.text.len() <= LARGEST_TEXT;
        return editor(desk, room, ticket, number, draft);
    } else {
        note::edit(desk.site(), &room.project, room.act(), ticket.row.id, number, &draft.text, seen)
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
            draft.version = room.project.read(|db| note_of(db, room, ticket, number))?.edits;
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
        let version = room.project.read(|db| note_of(db, room, ticket, number))?.edits;
        let value = json!({ "id": ticket.row.id, "number": number, "version": version });
        return Ok(Answer::created(desk, &href, &value)?.header("ETag", format!("\"{version}\"")));
    }
    Ok(Answer::see(&href).telling(desk, &format!("Note {number} has its new text; the old one is kept.")))
}

/// Where a note stands in the conversation.
fn place(room: &Room, ticket: &Ticket, number: i64) -> String {
    let row = &ticket.row;
    format!("{}{}", room.root, note::href(row.id, number, row.changes, row.merged_into.is_some()))
}

/// The versions from … to … of a note, oldest first, its present text among them.
fn texts(db: &Connection, note: &NoteRow, from: i64, to: i64) -> Result<Vec<CommentVersion>> {
    let mut texts = note_store::versions(db, note.id, from, to)?;
    if (from..=to).contains(&note.edits) {
        texts.push(CommentVersion {
            version: note.edits,
            author: if note.edits == 0 { note.author } else { note.edited_by },
            at: note.edited_at.unwrap_or(note.at),
            text: note.text.clone(),
        });
    }
    Ok(texts)
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    note: i64,
    note_href: String,
    versions: Vec<Version>,
    paging: Paging,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "ticket/note_history.html";
}

#[derive(Serialize)]
struct Version {
    version: i64,
    current: bool,
    when: When,
    author: String,
    html: String,
    diff_href: Option<String>,
}

/// `?action=note-history&note=K`
pub(super) fn versions(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let note = &asked_note(desk, room, ticket)?;
    let id = ticket.row.id;
    let href = head::href(room, id);
    let total = usize::try_from(note.edits + 1).unwrap_or(1);
    let asked = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&href, &desk.visit.pairs(), asked, VERSIONS_PER_PAGE, total);
    let newest = note.edits - paging.offset(VERSIONS_PER_PAGE) as i64;
    let oldest = newest - VERSIONS_PER_PAGE as i64 + 1;
    let (texts, people, choices) = room.project.read(|db| {
        let texts = texts(db, note, oldest, newest)?;
        let people = People::load(db, texts.iter().filter_map(|text| text.author))?.shown_to(&room.viewer);
        Ok((texts, people, Choices::load(db, &room.viewer)?))
    })?;
    if desk.visit.wants_json() {
        let items: Vec<_> = texts
            .iter()
            .rev()
            .map(|text| {
                json!({
                    "version": text.version, "author": author(&people, text.author), "time": text.at.iso(),
                    "text": text.text,
                })
            })
            .collect();
        let next = paging.next.as_deref().map(|href| desk.web().address.absolute(href));
        return Answer::json(&json!({ "total": total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = room.viewer.zone();
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let versions = room.project.read(|db| {
        let row = |text: &CommentVersion| {
            Ok(Version {
                version: text.version,
                current: text.version == note.edits,
                when: text.at.when(&zone),
                author: people.called(text.author),
                html: rendered(&reader, db, ticket, &text.text)?.into_string(),
                diff_href: (text.version > 0).then(|| {
                    let (version, before) = (text.version, text.version - 1);
                    let number = note.number;
                    format!("{href}?action=note-diff&note={number}&version={version}&old_version={before}")
                }),
            })
        };
        texts.iter().rev().map(row).collect::<Result<Vec<_>>>()
    })?;
    let page = HistoryPage {
        head: head::head_now(desk, room, &choices, ticket)?,
        note: note.number,
        note_href: place(room, ticket, note.number),
        versions,
        paging,
    };
    Sheet::new(format!("History of note {} on #{id}", note.number), page).at("/query").noindex().render(desk)
}

/// `?action=note-diff&note=K&version=V&old_version=U`
pub(super) fn compared(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let note = &asked_note(desk, room, ticket)?;
    let id = ticket.row.id;
    let newer = asked(desk, "version")?.unwrap_or(note.edits);
    let older = asked(desk, "old_version")?.unwrap_or(newer.saturating_sub(1).max(0));
    let (older, newer) = (older.min(newer), older.max(newer));
    let (old, new, people, choices) = room.project.read(|db| {
        let one = |version: i64| {
            texts(db, note, version, version)?.pop().ok_or_else(|| {
                Error::not_found(format!("Note {} on ticket #{id} has no version {version}.", note.number))
            })
        };
        let (old, new) = (one(older)?, one(newer)?);
        let people = People::load(db, old.author.into_iter().chain(new.author))?.shown_to(&room.viewer);
        Ok((old, new, people, Choices::load(db, &room.viewer)?))
    })?;
    if let Some("diff" | "patch" | "txt") = desk.visit.value("format").as_deref() {
        let label = |version: i64| format!("ticket/{id}/note/{}?version={version}", note.number);
        return Ok(Answer::text(unified(&label(older), &label(newer), &old.text, &new.text)));
    }
    let href = head::href(room, id);
    let look = Look::asked(desk);
    let head = head::head_now(desk, room, &choices, ticket)?;
    let zone = room.viewer.zone();
    let history = format!("{href}?action=note-history&note={}", note.number);
    let end = |text: &CommentVersion| End {
        version: text.version,
        when: text.at.when(&zone),
        author: people.called(text.author),
        href: history.clone(),
    };
    let pairs = desk.visit.pairs();
    let step = |older: i64, newer: i64| {
        with_values(&href, &pairs, &[("old_version", older.to_string()), ("version", newer.to_string())])
    };
    let page = DiffPage {
        texts: Text::compared("", &old.text, &new.text, &look).into_iter().collect(),
        what: format!("Note {}", note.number),
        what_href: place(room, ticket, note.number),
        old: end(&old),
        new: end(&new),
        changes: Vec::new(),
        previous: (older > 0).then(|| step(older - 1, older)),
        next: (newer < note.edits).then(|| step(newer, newer + 1)),
        look: look.shown(&href, &pairs),
        head,
    };
    Sheet::new(format!("Changes of note {} on #{id}", note.number), page).at("/query").noindex().render(desk)
}
