//! The history of a ticket: its versions, of all fields or of one, and what differs between two of them (rows C08, C09).
//!
//! Versions are the numbers of the changes; 0 is the ticket as it was filed.

use rocket::{FromFormField, Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::fields::{Choices, Field, Fields, Kind};
use super::head::{self, Head, asked, enter_ticket, with_values};
use super::history::{self, FieldChange, Group};
use super::json::{author, people_of, value};
use super::mentions;
use super::store::{self, ChangeRow, Ticket};
use super::values::{Names, People, Values};
use super::wording::{self, Change};
use super::worked;
use super::written::Series;
use super::written_pages;
use crate::base::error::{Error, Result};
use crate::base::text::diff::{diff, unified};
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::diff_look::{Bar, Look, is_about_look};
use crate::web::form::shortened;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const VERSIONS_PER_PAGE: usize = 100;
/// Above so many bytes the words of changed lines are not compared.
const WORDS_COMPARED: usize = 512 * 1024;
/// Characters of a comment that its row shows.
const SHOWN_OF_COMMENT: usize = 120;

pub(super) fn routes() -> Vec<Route> {
    routes![page_of_action]
}

/// What an address asks of a ticket besides showing it.
#[derive(Debug, Clone, Copy, FromFormField)]
enum Action {
    #[field(value = "history")]
    History,
    #[field(value = "diff")]
    Diff,
    #[field(value = "backlinks")]
    Backlinks,
    #[field(value = "comment-edit")]
    CommentEdit,
    #[field(value = "comment-history")]
    CommentHistory,
    #[field(value = "comment-diff")]
    CommentDiff,
    #[field(value = "note-edit")]
    NoteEdit,
    #[field(value = "note-history")]
    NoteHistory,
    #[field(value = "note-diff")]
    NoteDiff,
}

/// Any other action goes on to the ticket's own page.
#[get("/<project>/ticket/<number>?<action>")]
async fn page_of_action(visit: Visit, project: String, number: String, action: Action) -> Answer {
    visit
        .answer(move |desk| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            match action {
                Action::History => versions(desk, &room, &ticket),
                Action::Diff => compared(desk, &room, &ticket),
                Action::Backlinks => mentions::all(desk, &room, &ticket),
                Action::CommentEdit => written_pages::editor_of(desk, &room, &ticket, Series::Comments),
                Action::CommentHistory => written_pages::versions(desk, &room, &ticket, Series::Comments),
                Action::CommentDiff => written_pages::compared(desk, &room, &ticket, Series::Comments),
                Action::NoteEdit => written_pages::editor_of(desk, &room, &ticket, Series::Notes),
                Action::NoteHistory => written_pages::versions(desk, &room, &ticket, Series::Notes),
                Action::NoteDiff => written_pages::compared(desk, &room, &ticket, Series::Notes),
            }
        })
        .await
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    field: Option<Named>,
    fields: Vec<FieldWay>,
    versions: Vec<Version>,
    paging: Paging,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "ticket/history.html";
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    label: &'static str,
}

#[derive(Serialize)]
struct FieldWay {
    name: &'static str,
    label: &'static str,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Version {
    version: i64,
    href: String,
    when: When,
    author: String,
    #[serde(rename = "changes_html", serialize_with = "wording::as_html")]
    changes: Vec<Change>,
    comment: String,
}

/// The field that the address names; none for the whole ticket.
fn asked_field(desk: &Desk, fields: &Fields) -> Result<Option<&'static Field>> {
    match desk.visit.value("field").filter(|name| !name.is_empty()) {
        None => Ok(None),
        Some(name) => match fields.named(&name).filter(|field| !field.is_noted()) {
            Some(field) => Ok(Some(field)),
            None => Err(Error::invalid("field", format!("Tickets have no field `{}`.", shortened(&name)))),
        },
    }
}

fn versions(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let known = room.project.read(Fields::load)?;
    let of_field = asked_field(desk, &known)?;
    let href = head::href(room, ticket.row.id);
    let asked = paging::asked(desk.visit.value("page"));
    let loaded = room.project.read(|db| {
        let numbers = match of_field {
            Some(field) => history::numbers_of_field(db, &room.viewer, ticket, field)?,
            None => (0..=ticket.row.changes).rev().collect(),
        };
        let paging = Paging::new(&href, &desk.visit.pairs(), asked, VERSIONS_PER_PAGE, numbers.len());
        let wanted: Vec<i64> =
            numbers.into_iter().skip(paging.offset(VERSIONS_PER_PAGE)).take(VERSIONS_PER_PAGE).collect();
        let groups = groups_of(db, room, ticket, &wanted)?;
        let people = People::load(db, people_of(&groups))?.shown_to(&room.viewer);
        Ok((
            paging,
            groups,
            people,
            Choices::load(db, &room.viewer)?,
            history::changed_fields(db, &room.viewer, ticket)?,
        ))
    });
    let (paging, groups, people, choices, changed) = loaded?;
    let names = Names { choices: &choices, people: &people };
    if desk.visit.wants_json() {
        return as_json(desk, &names, &href, &paging, &groups);
    }
    let zone = room.viewer.zone();
    let versions = groups
        .iter()
        .map(|group| {
            let number = group.change.number;
            let diff_href = format!("{href}?action=diff&version={number}");
            let shown = |change: &&FieldChange| of_field.is_none_or(|field| *field == *change.field);
            Version {
                version: number,
                href: format!("{href}?version={number}"),
                when: group.change.at.when(&zone),
                author: people.called(group.change.author),
                // What it was filed with is the ticket itself.
                changes: if number == 0 && of_field.is_none() {
                    Vec::new()
                } else {
                    let fields = group.fields.iter().filter(shown);
                    let fields = fields.map(|change| wording::change(&names, change, &diff_href));
                    let worked = if of_field.is_none() { group.worked.as_slice() } else { &[] };
                    fields.chain(worked::wording(&room.viewer, &people, worked, &group.change)).collect()
                },
                comment: if of_field.is_none() { beginning(&group.change.comment) } else { String::new() },
            }
        })
        .collect();
    let head = head::head_now(desk, room, &choices, ticket)?;
    let page = HistoryPage {
        field: of_field.map(named),
        fields: ways(&known, &href, of_field, &changed),
        versions,
        paging,
        head,
    };
    Sheet::new(format!("History of #{}", ticket.row.id), page).at("/query").noindex().render(desk)
}

/// The changes of these numbers, the newest first.
fn groups_of(db: &Connection, room: &Room, ticket: &Ticket, numbers: &[i64]) -> Result<Vec<Group>> {
    let fields = Fields::load(db)?;
    let mut groups = Vec::with_capacity(numbers.len());
    // Numbers that follow each other are read at once.
    for run in numbers.chunk_by(|newer, older| newer - older == 1) {
        if let (Some(last), Some(first)) = (run.first(), run.last()) {
            groups.extend(history::groups(db, &room.viewer, &fields, ticket, *first, *last)?.into_iter().rev());
        }
    }
    Ok(groups)
}

fn named(field: &'static Field) -> Named {
    Named { name: field.name, label: field.label }
}

/// The histories there are: of everything, and of each field that ever changed.
fn ways(known: &Fields, href: &str, current: Option<&'static Field>, changed: &[String]) -> Vec<FieldWay> {
    let all =
        FieldWay { name: "", label: "Everything", href: format!("{href}?action=history"), current: current.is_none() };
    let fields = known.iter().filter(|field| {
        changed.iter().any(|name| name == field.name) || current.is_some_and(|current| current == *field)
    });
    std::iter::once(all)
        .chain(fields.map(|field| FieldWay {
            name: field.name,
            label: field.label,
            href: format!("{href}?action=history&field={}", field.name),
            current: current == Some(field),
        }))
        .collect()
}

/// The first line of a comment, cut short.
fn beginning(comment: &str) -> String {
    let line = comment.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= SHOWN_OF_COMMENT {
        return line.to_owned();
    }
    line.chars().take(SHOWN_OF_COMMENT).chain(['…']).collect()
}

fn as_json(desk: &Desk, names: &Names<'_>, href: &str, paging: &Paging, groups: &[Group]) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let items: Vec<_> = groups
        .iter()
        .map(|group| {
            let change = &group.change;
            let changes: Vec<_> = group
                .fields
                .iter()
                .map(|one| {
                    json!({
                        "field": one.field.name, "old": value(names, one.field, &one.old),
                        "new": value(names, one.field, &one.new),
                    })
                })
                .collect();
            json!({
                "version": change.number, "author": author(names.people, change.author), "time": change.at.iso(),
                "changes": changes, "url": absolute(&format!("{href}?version={}", change.number)),
            })
        })
        .collect();
    let next = paging.next.as_deref().map(absolute);
    Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }))
}

/// The fields of `ticket/diff.html`, which compares versions of tickets and of comments.
#[derive(Serialize)]
pub(super) struct DiffPage {
    #[serde(flatten)]
    pub head: Head,
    pub what: String,
    pub what_href: String,
    pub old: End,
    pub new: End,
    #[serde(rename = "changes_html", serialize_with = "wording::as_html")]
    pub changes: Vec<Change>,
    pub texts: Vec<Text>,
    pub look: Bar,
    pub sent: Vec<Sent>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Page for DiffPage {
    const TEMPLATE: &'static str = "ticket/diff.html";
}

#[derive(Serialize)]
pub(super) struct End {
    pub version: i64,
    pub when: When,
    pub author: String,
    pub href: String,
}

/// One text in both versions, line by line.
#[derive(Serialize)]
pub(super) struct Text {
    label: &'static str,
    rows_html: String,
    added: usize,
    removed: usize,
    too_large: bool,
}

impl Text {
    /// None if they are the same, as far as this look goes.
    pub(super) fn compared(label: &'static str, old: &str, new: &str, look: &Look) -> Option<Self> {
        let found = diff(old, new, &look.options());
        let (added, removed) = (found.added, found.removed);
        let too_large = found.left_out > 0 || old.len() + new.len() > WORDS_COMPARED;
        let differ = added + removed > 0;
        differ.then(|| Self {
            label,
            rows_html: rows_html(&found, look.style).into_string(),
            added,
            removed,
            too_large,
        })
    }
}

/// What the form of the bar sends beside the look.
pub(super) fn sent(pairs: &[(String, String)]) -> Vec<Sent> {
    pairs
        .iter()
        .filter(|(name, _)| !is_about_look(name))
        .map(|(name, value)| Sent { name: name.clone(), value: value.clone() })
        .collect()
}

#[derive(Serialize)]
pub(super) struct Sent {
    name: String,
    value: String,
}

/// A ticket as it was after one of its changes.
struct Moment {
    change: ChangeRow,
    values: Values,
}

fn moment(db: &Connection, room: &Room, ticket: &Ticket, number: i64) -> Result<Moment> {
    let values = history::at(db, &room.viewer, ticket, number)?;
    let change = store::changes(db, &room.viewer, ticket.row.id, number, number)?.pop();
    let change = change.ok_or_else(|| Error::not_found(format!("This ticket has no version {number}.")))?;
    Ok(Moment { change, values })
}

fn compared(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let id = ticket.row.id;
    let of_field = asked_field(desk, &room.project.read(Fields::load)?)?;
    let newer = asked(desk, "version")?.unwrap_or(ticket.row.changes);
    let older = asked(desk, "old_version")?.unwrap_or(newer.saturating_sub(1).max(0));
    let (older, newer) = (older.min(newer), older.max(newer));
    let (old, new, people, choices) = room.project.read(|db| {
        let (old, new) = (moment(db, room, ticket, older)?, moment(db, room, ticket, newer)?);
        let choices = Choices::load(db, &room.viewer)?;
        let named = [&old, &new].map(|moment| moment.values.named_people(&choices.fields));
        let authors = old.change.author.into_iter().chain(new.change.author);
        let people = People::load(db, named.into_iter().flatten().chain(authors))?.shown_to(&room.viewer);
        Ok((old, new, people, choices))
    })?;
    let (old_text, new_text) = (old.values.text("description"), new.values.text("description"));
    if let Some("diff" | "patch" | "txt") = desk.visit.value("format").as_deref() {
        let label = |version: i64| format!("ticket/{id}?version={version}");
        return Ok(Answer::text(unified(&label(older), &label(newer), old_text, new_text)));
    }
    let names = Names { choices: &choices, people: &people };
    let wanted = |field: &&Field| of_field.is_none_or(|only| only == *field);
    let changes = choices
        .fields
        .iter()
        .filter(wanted)
        .filter(|field| field.kind != Kind::Text && old.values.get(field.name) != new.values.get(field.name))
        .map(|field| {
            let change = FieldChange {
                field,
                old: old.values.get(field.name).to_vec(),
                new: new.values.get(field.name).to_vec(),
            };
            wording::change(&names, &change, "")
        })
        .collect();
    let href = head::href(room, id);
    let look = Look::asked(desk, Style::Side)?;
    let with_description = of_field.is_none_or(|field| field.kind == Kind::Text);
    let label = if of_field.is_some() { "" } else { "Description" };
    let text = if with_description { Text::compared(label, old_text, new_text, &look) } else { None };
    let head = head::head_now(desk, room, &choices, ticket)?;
    let zone = room.viewer.zone();
    let end = |moment: &Moment| End {
        version: moment.change.number,
        when: moment.change.at.when(&zone),
        author: people.called(moment.change.author),
        href: format!("{href}?version={}", moment.change.number),
    };
    let pairs = desk.visit.pairs();
    let step = |older: i64, newer: i64| {
        with_values(&href, &pairs, &[("old_version", older.to_string()), ("version", newer.to_string())])
    };
    let page = DiffPage {
        what: of_field.map_or("Ticket", |field| field.label).to_owned(),
        what_href: href.clone(),
        old: end(&old),
        new: end(&new),
        changes,
        texts: text.into_iter().collect(),
        previous: (older > 0).then(|| step(older - 1, older)),
        next: (newer < ticket.row.changes).then(|| step(newer, newer + 1)),
        look: look.bar(&href, &desk.visit.query),
        sent: sent(&pairs),
        head,
    };
    let answer = Sheet::new(format!("Changes of #{id}"), page).at("/query").noindex().render(desk)?;
    Ok(look.kept(desk, answer))
}
