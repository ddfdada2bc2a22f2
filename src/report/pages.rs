//! `/<project>/report`, the list of reports (row R01), and `/<project>/report/<number>`: a list of tickets leads to the page
//! of queries (R02), SQL is run and shown by `sql_page`.

use std::borrow::Cow;

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::edit;
use super::store::{self, Kind, ReportRow, Scope};
use super::{NO_REPORT, REPORT_CREATE, REPORT_SQL_VIEW, REPORT_VIEW, report_href, sql_page};
use crate::base::error::{Error, Result};
use crate::base::markup;
use crate::base::text::{fold, natural};
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::paging::with_value;
use crate::web::separated::Separated;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// So much of a description stands in the list.
const LONGEST_EXCERPT: usize = 300;

pub(super) fn routes() -> Vec<Route> {
    routes![list, show]
}

/// Enters a project whose reports this viewer may see.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(REPORT_VIEW, NO_REPORT)?;
    Ok(room)
}

/// The report of a number in an address.
pub(super) fn existing(room: &Room, number: &str) -> Result<ReportRow> {
    let missing = || Error::not_found(NO_REPORT);
    let well_formed = !number.starts_with('0') && number.bytes().all(|digit| digit.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| well_formed).ok_or_else(missing)?;
    room.project.read(|db| store::find(db, &room.viewer, number))?.ok_or_else(missing)
}

#[get("/<project>/report", rank = 2)]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let mut rows = room.project.read(|db| store::list(db, &room.viewer))?;
            let (by, ascending) = order(desk)?;
            if by == "title" {
                rows.sort_by_cached_key(|row| natural(&fold(&row.title)));
            }
            if !ascending {
                rows.reverse();
            }
            match desk.visit.value("format").as_deref() {
                _ if desk.visit.wants_json() => Answer::json(&json!({
                    "total": rows.len(), "page": 1, "next": null,
                    "items": rows.iter().map(|row| as_json(desk, &room, row)).collect::<Vec<_>>(),
                })),
                Some("csv") => Ok(as_file(&rows, ',', desk)),
                Some("tab" | "tsv") => Ok(as_file(&rows, '\t', desk)),
                None | Some("" | "html") => as_page(desk, &room, rows, by, ascending),
                Some(other) => {
                    let message = format!("There is no format `{}` here.", shortened(other));
                    Err(Error::invalid("format", message))
                }
            }
        })
        .await
}

#[get("/<project>/report/<number>", rank = 4)]
async fn show(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(&room, &number)?;
            match row.kind {
                Kind::Sql => sql_page::answer(desk, &room, &row),
                Kind::Query => Ok(Answer::see(&list_href(desk, &room, &row))),
            }
        })
        .await
}

/// The page of queries with this list; how it is to be shown goes along.
fn list_href(desk: &Desk, room: &Room, row: &ReportRow) -> String {
    let mut href = format!("{}/query{}&report={}", room.root, row.query, row.id);
    let along: Vec<(String, String)> = desk
        .visit
        .pairs()
        .into_iter()
        .filter(|(name, _)| matches!(name.as_str(), "format" | "page" | "max" | "raw"))
        .chain(desk.visit.feed_token.clone().map(|token| ("token".to_owned(), token)))
        .collect();
    for (name, value) in along {
        href.push_str(&format!("&{name}={}", address::query_value(&value)));
    }
    if desk.visit.wants_json() && !href.contains("&format=") {
        href.push_str("&format=json");
    }
    href
}

/// The column that orders the list, and whether it ascends.
fn order(desk: &Desk) -> Result<(&'static str, bool)> {
    let by = match desk.visit.value("sort").as_deref() {
        None | Some("" | "id" | "report") => "id",
        Some("title") => "title",
        Some(other) => {
            let message = format!("The list has no order `{}`; it is id or title.", shortened(other));
            return Err(Error::invalid("sort", message));
        }
    };
    Ok((by, desk.visit.value("asc").as_deref() != Some("0")))
}

/// Who sees a report, in a word.
pub(super) fn shared_with(row: &ReportRow) -> String {
    match &row.scope {
        Scope::Project => String::new(),
        Scope::Group { name, .. } => name.clone(),
        Scope::Person => "only you".to_owned(),
    }
}

/// As forms and JSON write it.
pub(super) fn scope_written(scope: &Scope) -> String {
    match scope {
        Scope::Group { name, .. } => format!("group:{name}"),
        other => other.name().to_owned(),
    }
}

pub(super) fn as_json(desk: &Desk, room: &Room, row: &ReportRow) -> serde_json::Value {
    let sees_query = row.kind == Kind::Query || room.viewer.may(REPORT_SQL_VIEW);
    json!({
        "id": row.id,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, report_href(row.id))),
        "title": row.title,
        "description": Some(&row.description).filter(|text| !text.is_empty()),
        "kind": row.kind.name(),
        "query": Some(&row.query).filter(|_| sees_query),
        "scope": scope_written(&row.scope),
        "owner": Some(room.viewer.shown_name(&row.owner_login)).filter(|login| !login.is_empty()),
        "version": row.revision,
        "changetime": row.changed_at.iso(),
    })
}

fn as_file(rows: &[ReportRow], separator: char, desk: &Desk) -> Answer {
    let mut file = Separated::new(separator, desk.visit.wants_raw());
    file.line(["report", "title", "description", "kind"].into_iter().map(Cow::Borrowed));
    for row in rows {
        let cells: [Cow<'_, str>; 4] = [
            row.id.to_string().into(),
            row.title.as_str().into(),
            row.description.as_str().into(),
            row.kind.name().into(),
        ];
        file.line(cells.into_iter());
    }
    file.answer("reports")
}

/// The fields of `report/index.html`.
#[derive(Serialize)]
struct IndexPage {
    tickets_href: String,
    new_href: Option<String>,
    number: Head,
    title: Head,
    items: Vec<Item>,
    exports: Vec<Export>,
    may_share: bool,
}

impl Page for IndexPage {
    const TEMPLATE: &'static str = "report/index.html";
}

#[derive(Serialize)]
struct Head {
    href: String,
    sorted: &'static str,
}

#[derive(Serialize)]
struct Item {
    number: i64,
    title: String,
    href: String,
    edit_href: Option<String>,
    description: String,
    kind: &'static str,
    shared: String,
    owner: String,
}

#[derive(Serialize)]
pub(super) struct Export {
    pub label: &'static str,
    pub href: String,
}

fn as_page(desk: &Desk, room: &Room, rows: Vec<ReportRow>, by: &str, ascending: bool) -> Result<Answer> {
    let path = format!("{}/report", room.root);
    let pairs = desk.visit.pairs();
    let head = |name: &'static str| {
        let turned = by == name && ascending;
        let href = with_value(&path, &[], "sort", name);
        let sorted = match (by == name, ascending) {
            (false, _) => "",
            (true, true) => "ascending",
            (true, false) => "descending",
        };
        Head { href: if turned { format!("{href}&asc=0") } else { href }, sorted }
    };
    let exports: Vec<Export> = [("CSV", "csv"), ("Tab-separated", "tab"), ("JSON", "json")]
        .map(|(label, format)| Export { label, href: with_value(&path, &pairs, "format", format) })
        .into();
    let alternates = exports
        .iter()
        .map(|export| Alternate {
            href: export.href.clone(),
            media_type: media_type(export.label),
            title: format!("Reports as {}", export.label),
        })
        .collect();
    let items = rows
        .into_iter()
        .map(|row| {
            let href = format!("{}{}", room.root, report_href(row.id));
            Item {
                number: row.id,
                edit_href: edit::may_change(&room.viewer, &row).then(|| format!("{href}?action=edit")),
                href,
                description: excerpt(&row.description),
                kind: row.kind.name(),
                shared: shared_with(&row),
                owner: if row.scope == Scope::Person {
                    String::new()
                } else {
                    room.viewer.shown_name(&row.owner_login)
                },
                title: row.title,
            }
        })
        .collect();
    let page = IndexPage {
        tickets_href: format!("{}/query", room.root),
        new_href: edit::may_save(&room.viewer).then(|| format!("{path}?action=new")),
        number: head("id"),
        title: head("title"),
        items,
        exports,
        may_share: room.viewer.may(REPORT_CREATE),
    };
    Sheet::new("Reports", page).at("/query").alternates(alternates).render(desk)
}

pub(super) fn media_type(label: &str) -> &'static str {
    match label {
        "CSV" => "text/csv",
        "JSON" => "application/json",
        "Atom" => "application/atom+xml",
        "SQL" => "text/plain",
        _ => "text/tab-separated-values",
    }
}

fn excerpt(description: &str) -> String {
    let plain = markup::plain(description);
    match plain.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => format!("{}…", plain[..end].trim_end()),
        None => plain,
    }
}
