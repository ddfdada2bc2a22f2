//! What was written on a ticket, afterwards: the editor of a comment or of an internal note, all the texts that it ever had,
//! and what differs between two of them (rows C06, C07). For whoever may not read notes none of them is there.
//!
//! Versions count the edits: 0 is as it was first written.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::fields::{Choices, LARGEST_TEXT};
use super::head::{self, Head, asked, enter_ticket, with_values};
use super::history_pages::{DiffPage, End, Text, sent};
use super::json::author;
use super::store::{CommentVersion, Ticket};
use super::values::People;
use super::written::{Series, Written};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::text::diff::unified;
use crate::base::time::When;
use crate::web::diff::Style;
use crate::web::diff_look::Look;
use crate::web::form::Form;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const VERSIONS_PER_PAGE: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    routes![preview_comment, save_comment, preview_note, save_note]
}

#[post("/<project>/ticket/<number>/comment/<comment>?action=preview", data = "<data>")]
async fn preview_comment(visit: Visit, project: String, number: String, comment: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| preview(desk, (&project, &number), (Series::Comments, &comment), form))
        .await
}

#[post("/<project>/ticket/<number>/comment/<comment>", data = "<data>")]
async fn save_comment(visit: Visit, project: String, number: String, comment: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| save(desk, (&project, &number), (Series::Comments, &comment), form)).await
}

#[post("/<project>/ticket/<number>/note/<note>?action=preview", data = "<data>")]
async fn preview_note(visit: Visit, project: String, number: String, note: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| preview(desk, (&project, &number), (Series::Notes, &note), form)).await
}

#[post("/<project>/ticket/<number>/note/<note>", data = "<data>")]
async fn save_note(visit: Visit, project: String, number: String, note: String, data: Data<'_>) -> Answer {
    visit.answer_form(data, move |desk, form| save(desk, (&project, &number), (Series::Notes, &note), form)).await
}

/// What the parts of an address say: a project and a ticket, then a series and a number in it.
type Of<'a> = (&'a str, &'a str);
type Named<'a> = (Series, &'a str);

fn preview(desk: &Desk, (project, number): Of<'_>, (series, named): Named<'_>, form: &Form) -> Result<Answer> {
    let (room, ticket) = enter_ticket(desk, project, number)?;
    to_edit(&room, &ticket, series, parsed(named))?;
    let text = form.get("text").unwrap_or_else(|| form.text(series.field()));
    Ok(Answer::fragment(previewed(desk, &room, &ticket, series, text)?))
}

fn save(desk: &Desk, (project, number): Of<'_>, (series, named): Named<'_>, form: &Form) -> Result<Answer> {
    let (room, ticket) = enter_ticket(desk, project, number)?;
    saved(desk, &room, &ticket, (series, parsed(named)), form)
}

/// Saves or previews a comment as the form of the ticket's own page sends it: `edit_comment`, `cnum_edit` (or `cnum`),
/// `edited_comment`.
pub(super) fn edit_comment_from_form(desk: &Desk, room: &Room, number: &str, form: &Form) -> Result<Answer> {
    let ticket = room.project.read(|db| head::asked_ticket(db, room, number))?;
    let name = if form.has("cnum_edit") { "cnum_edit" } else { "cnum" };
    saved(desk, room, &ticket, (Series::Comments, form.number(name)?), form)
}

/// `?action=comment-edit&cnum=K`, `?action=note-edit&note=K`
pub(super) fn editor_of(desk: &Desk, room: &Room, ticket: &Ticket, series: Series) -> Result<Answer> {
    let written = to_edit(room, ticket, series, asked_number(desk, series)?)?;
    let draft = Draft { text: written.text().to_owned(), version: written.edits(), ..Draft::default() };
    editor(desk, room, ticket, (series, written.number()), draft)
}

/// The number of a comment or a note in an address; what is none is 0, which neither has.
fn parsed(typed: &str) -> i64 {
    super::link::number(typed).unwrap_or(0)
}

fn asked_number(desk: &Desk, series: Series) -> Result<i64> {
    let message = || format!("The number of the {} is missing.", series.name());
    asked(desk, series.parameter())?.ok_or_else(|| Error::invalid(series.parameter(), message()))
}

fn found(room: &Room, ticket: &Ticket, series: Series, number: i64) -> Result<Written> {
    room.project.read(|db| Written::find(db, &room.viewer, ticket, series, number))
}

/// The same for whoever may put another text in its place.
fn to_edit(room: &Room, ticket: &Ticket, series: Series, number: i64) -> Result<Written> {
    room.project.read(|db| {
        let written = Written::find(db, &room.viewer, ticket, series, number)?;
        written.require_to_edit(db, &room.viewer, ticket)?;
        Ok(written)
    })
}

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    series: &'static str,
    written: i64,
    place_href: String,
    action_href: String,
    field: &'static str,
    label: &'static str,
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
    const TEMPLATE: &'static str = "ticket/written_edit.html";
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

fn editor(desk: &Desk, room: &Room, ticket: &Ticket, (series, number): (Series, i64), draft: Draft) -> Result<Answer> {
    let preview_html = match draft.previewed {
        true => Some(previewed(desk, room, ticket, series, &draft.text)?.into_string()),
        false => None,
    };
    let (choices, help_href) =
        room.project.read(|db| Ok((Choices::load(db, &room.viewer)?, head::help_href(db, room)?)))?;
    let head = head::head_now(desk, room, &choices, ticket)?;
    let action_href = format!("{}/{}/{number}", head::href(room, ticket.row.id), series.name());
    let page = EditPage {
        series: series.name(),
        written: number,
        place_href: place(room, ticket, series, number),
        field: series.field(),
        label: series.label(),
        text: draft.text,
        version: draft.version,
        problems: draft.problems,
        preview_html,
        preview_href: format!("{action_href}?action=preview"),
        // A file is seen by all who see the ticket, so none is sent with a note.
        upload_href: (head.may.attach && series == Series::Comments).then(|| head.files_href.clone()),
        draft_key: format!("{}/ticket/{}/{}/{number}", room.row.id, ticket.row.id, series.name()),
        help_href,
        action_href,
        head,
    };
    let title = format!("Edit {} {number} on #{}", series.name(), ticket.row.id);
    Sheet::new(title, page).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn previewed(desk: &Desk, room: &Room, ticket: &Ticket, series: Series, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid(series.field(), "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    room.project.read(|db| rendered(&reader, db, ticket, text))
}

fn rendered(reader: &Reader<'_>, db: &Connection, ticket: &Ticket, text: &str) -> Result<Html> {
    let compiled = reader.compiled(text, Flavour::Note)?;
    let here = Here { resource: Resource::new("ticket", ticket.row.id), name: ticket.row.id.to_string() };
    reader.html(db, &compiled, Some(&here))
}

fn saved(desk: &Desk, room: &Room, ticket: &Ticket, (series, number): (Series, i64), form: &Form) -> Result<Answer> {
    let written = to_edit(room, ticket, series, number)?;
    let field = series.field();
    let mut draft = Draft { text: form.text(field).to_owned(), version: written.edits(), ..Draft::default() };
    let seen = match desk.visit.if_match()? {
        Some(version) => Some(version),
        None if form.has("version") => Some(form.number("version")?),
        None => None,
    };
    let saved = if !form.has(field) {
        Err(Error::invalid(field, format!("The field `{field}` is missing.")))
    } else if form.has("preview") {
        draft.version = seen.unwrap_or(written.edits());
        draft.previewed = draft.text.len() <= LARGEST_TEXT;
        return editor(desk, room, ticket, (series, number), draft);
    } else {
        written.edit(desk.site(), &room.project, room.act(), ticket, &draft.text, seen)
    };
    match saved {
        Ok(()) => told(desk, room, ticket, (series, number), form),
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            editor(desk, room, ticket, (series, number), draft)
        }
        Err(Error::Conflict(message)) => {
            // The form that comes back counts from the text that is there now: sent again, it goes over it knowingly.
            draft.version = found(room, ticket, series, number)?.edits();
            draft.problems = vec![Problem::new("version", message)];
            draft.status = Some(Status::Conflict);
            editor(desk, room, ticket, (series, number), draft)
        }
        Err(other) => Err(other),
    }
}

fn told(desk: &Desk, room: &Room, ticket: &Ticket, (series, number): (Series, i64), form: &Form) -> Result<Answer> {
    let href = place(room, ticket, series, number);
    if form.json {
        let version = found(room, ticket, series, number)?.edits();
        let value = json!({ "id": ticket.row.id, "number": number, "version": version });
        return Ok(Answer::created(desk, &href, &value)?.header("ETag", format!("\"{version}\"")));
    }
    let sentence = format!("{} {number} has its new text; the old one is kept.", series.title());
    Ok(Answer::see(&href).telling(desk, &sentence))
}

/// Where it stands, on whatever page of the conversation.
fn place(room: &Room, ticket: &Ticket, series: Series, number: i64) -> String {
    format!("{}{}", room.root, series.href(&ticket.row, number))
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    series: &'static str,
    written: i64,
    place_href: String,
    versions: Vec<Version>,
    paging: Paging,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "ticket/written_history.html";
}

#[derive(Serialize)]
struct Version {
    version: i64,
    current: bool,
    href: Option<String>,
    when: When,
    author: String,
    html: String,
    diff_href: Option<String>,
}

/// The conversation with the text of that version in its place. A note has but the one that is there now.
fn version_href(room: &Room, ticket: &Ticket, written: &Written, version: i64) -> Option<String> {
    let number = written.number();
    match written.series() {
        Series::Comments if version == written.edits() => Some(place(room, ticket, Series::Comments, number)),
        Series::Comments => {
            let plain = head::href(room, ticket.row.id);
            Some(format!("{plain}?cnum_hist={number}&cversion={version}#comment:{number}"))
        }
        Series::Notes => None,
    }
}

/// `?action=comment-history&cnum=K`, `?action=note-history&note=K`
pub(super) fn versions(desk: &Desk, room: &Room, ticket: &Ticket, series: Series) -> Result<Answer> {
    let written = &found(room, ticket, series, asked_number(desk, series)?)?;
    let (id, number, newest) = (ticket.row.id, written.number(), written.edits());
    let href = head::href(room, id);
    let total = usize::try_from(newest + 1).unwrap_or(1);
    let page = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&href, &desk.visit.pairs(), page, VERSIONS_PER_PAGE, total);
    let last = newest - paging.offset(VERSIONS_PER_PAGE) as i64;
    let (texts, people, choices) = room.project.read(|db| {
        let texts = written.versions(db, last - VERSIONS_PER_PAGE as i64 + 1, last)?;
        let people = People::load(db, texts.iter().filter_map(|text| text.author))?.shown_to(&room.viewer);
        Ok((texts, people, Choices::load(db, &room.viewer)?))
    })?;
    if desk.visit.wants_json() {
        let absolute = |href: &str| desk.web().address.absolute(href);
        let item = |text: &CommentVersion| {
            let mut item = json!({
                "version": text.version, "author": author(&people, text.author), "time": text.at.iso(),
                "text": text.text,
            });
            if let Some(href) = version_href(room, ticket, written, text.version) {
                item["url"] = json!(absolute(&href));
            }
            item
        };
        let items: Vec<_> = texts.iter().rev().map(item).collect();
        let next = paging.next.as_deref().map(absolute);
        return Answer::json(&json!({ "total": total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = room.viewer.zone();
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let (name, parameter) = (series.name(), series.parameter());
    let versions = room.project.read(|db| {
        let row = |text: &CommentVersion| {
            Ok(Version {
                version: text.version,
                current: text.version == newest,
                href: version_href(room, ticket, written, text.version),
                when: text.at.when(&zone),
                author: people.called(text.author),
                html: rendered(&reader, db, ticket, &text.text)?.into_string(),
                diff_href: (text.version > 0).then(|| {
                    let (version, before) = (text.version, text.version - 1);
                    format!("{href}?action={name}-diff&{parameter}={number}&version={version}&old_version={before}")
                }),
            })
        };
        texts.iter().rev().map(row).collect::<Result<Vec<_>>>()
    })?;
    let page = HistoryPage {
        head: head::head_now(desk, room, &choices, ticket)?,
        series: name,
        written: number,
        place_href: place(room, ticket, series, number),
        versions,
        paging,
    };
    Sheet::new(format!("History of {name} {number} on #{id}"), page).at("/query").noindex().render(desk)
}

/// `?action=comment-diff&cnum=K&version=V&old_version=U`, `?action=note-diff&note=K&…`
pub(super) fn compared(desk: &Desk, room: &Room, ticket: &Ticket, series: Series) -> Result<Answer> {
    let written = &found(room, ticket, series, asked_number(desk, series)?)?;
    let (id, number, newest) = (ticket.row.id, written.number(), written.edits());
    let newer = asked(desk, "version")?.unwrap_or(newest);
    let older = asked(desk, "old_version")?.unwrap_or(newer.saturating_sub(1).max(0));
    let (older, newer) = (older.min(newer), older.max(newer));
    let (name, title) = (series.name(), series.title());
    let (old, new, people, choices) = room.project.read(|db| {
        let one = |version: i64| {
            let missing = || Error::not_found(format!("{title} {number} on ticket #{id} has no version {version}."));
            written.versions(db, version, version)?.pop().ok_or_else(missing)
        };
        let (old, new) = (one(older)?, one(newer)?);
        let people = People::load(db, old.author.into_iter().chain(new.author))?.shown_to(&room.viewer);
        Ok((old, new, people, Choices::load(db, &room.viewer)?))
    })?;
    if let Some("diff" | "patch" | "txt") = desk.visit.value("format").as_deref() {
        let label = |version: i64| format!("ticket/{id}/{name}/{number}?version={version}");
        return Ok(Answer::text(unified(&label(older), &label(newer), &old.text, &new.text)));
    }
    let href = head::href(room, id);
    let look = Look::asked(desk, Style::Side)?;
    let head = head::head_now(desk, room, &choices, ticket)?;
    let zone = room.viewer.zone();
    let history = format!("{href}?action={name}-history&{}={number}", series.parameter());
    let end = |text: &CommentVersion| End {
        version: text.version,
        when: text.at.when(&zone),
        author: people.called(text.author),
        href: version_href(room, ticket, written, text.version).unwrap_or_else(|| history.clone()),
    };
    let pairs = desk.visit.pairs();
    let step = |older: i64, newer: i64| {
        with_values(&href, &pairs, &[("old_version", older.to_string()), ("version", newer.to_string())])
    };
    let page = DiffPage {
        texts: Text::compared("", &old.text, &new.text, &look).into_iter().collect(),
        what: format!("{title} {number}"),
        what_href: place(room, ticket, series, number),
        old: end(&old),
        new: end(&new),
        changes: Vec::new(),
        previous: (older > 0).then(|| step(older - 1, older)),
        next: (newer < newest).then(|| step(newer, newer + 1)),
        look: look.bar(&href, &desk.visit.query),
        sent: sent(&pairs),
        head,
    };
    let answer =
        Sheet::new(format!("Changes of {name} {number} on #{id}"), page).at("/query").noindex().render(desk)?;
    Ok(look.kept(desk, answer))
}
