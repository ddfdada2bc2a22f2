//! SQL reports as files (row R13): CSV, tab-separated, JSON, Atom, and the SQL itself. All rows, whatever a page shows.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::report_href;
use super::sandbox::{Cell, Found};
use super::shown::{Column, Columns, Meaning, moment};
use super::sql_page::Asked;
use super::store::ReportRow;
use crate::base::error::Result;
use crate::base::markup::{self, Html};
use crate::base::time::Instant;
use crate::web::feed::{Entry, Feed};
use crate::web::paging;
use crate::web::paging::with_value;
use crate::web::separated::Separated;
use crate::web::{Answer, Desk, Room};

const FEED_ENTRIES: usize = 50;
const LONGEST_EXCERPT: usize = 1_000;
/// Items of a JSON list where `max` says nothing.
const JSON_ITEMS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Tab,
    Json,
    Atom,
}

pub(super) fn answer(desk: &Desk, room: &Room, asked: &Asked<'_>, found: Found, kind: Kind) -> Result<Answer> {
    let columns = Columns::of(&found.columns);
    match kind {
        Kind::Csv => Ok(separated(desk, room, asked, &columns, &found, ',')),
        Kind::Tab => Ok(separated(desk, room, asked, &columns, &found, '\t')),
        Kind::Json => as_json(desk, room, asked, &columns, &found),
        Kind::Atom => feed(desk, room, asked, &columns, &found),
    }
}

/// The SQL as it was written, below its title.
pub(super) fn sql(row: &ReportRow) -> Answer {
    let mut text = format!("-- {{{}}} {}\n", row.id, row.title);
    for line in row.description.lines() {
        text.push_str(&format!("-- {line}\n"));
    }
    text.push_str(&format!("\n{}\n", row.query));
    Answer::text(text).header("Content-Disposition", format!("attachment; filename=\"report_{}.sql\"", row.id))
}

fn separated(desk: &Desk, room: &Room, asked: &Asked<'_>, columns: &Columns, found: &Found, separator: char) -> Answer {
    let mut file = Separated::new(separator, desk.visit.wants_raw());
    file.line(columns.in_files().map(|column| Cow::Borrowed(column.name.as_str())));
    for row in &found.rows {
        file.line(columns.in_files().map(|column| match time(column, &row[column.at]) {
            // As spreadsheets take them, in the reader's own zone.
            Some(at) => {
                let zoned = Timestamp::from_microsecond(at.0).unwrap_or_default().to_zoned(room.viewer.zone().into());
                zoned.strftime("%Y-%m-%d %H:%M:%S").to_string().into()
            }
            None => row[column.at].text(),
        }));
    }
    file.answer(&format!("report_{}", asked.row.id))
}

fn time(column: &Column, cell: &Cell) -> Option<Instant> {
    if column.meaning == Meaning::Time { moment(cell) } else { None }
}

fn as_json(desk: &Desk, room: &Room, asked: &Asked<'_>, columns: &Columns, found: &Found) -> Result<Answer> {
    let size = desk.visit.value("max").and_then(|max| max.parse().ok()).unwrap_or(JSON_ITEMS);
    let size = if size == 0 { found.rows.len().max(1) } else { size };
    let path = desk.web().address.absolute(&format!("{}{}", room.root, report_href(asked.row.id)));
    let paging = paging::Paging::new(
        &path,
        &desk.visit.pairs(),
        paging::asked(desk.visit.value("page")),
        size,
        found.rows.len(),
    );
    let item = |row: &Vec<Cell>| {
        let cells = columns.in_files().map(|column| {
            let value = time(column, &row[column.at]).map_or_else(|| row[column.at].json(), |at| json!(at.iso()));
            (column.name.clone(), value)
        });
        Value::Object(cells.collect::<Map<_, _>>())
    };
    let rows = found.rows.iter().skip(paging.offset(size)).take(size);
    Answer::json(&json!({
        "title": asked.title, "total": found.rows.len(), "page": paging.page, "cut": found.cut,
        "items": rows.map(item).collect::<Vec<_>>(), "next": paging.next,
    }))
}

fn feed(desk: &Desk, room: &Room, asked: &Asked<'_>, columns: &Columns, found: &Found) -> Result<Answer> {
    let root = desk.web().address.absolute(&room.root);
    let pairs: Vec<(String, String)> = desk.visit.pairs().into_iter().filter(|(name, _)| name != "format").collect();
    let html_url = with_value(&format!("{root}{}", report_href(asked.row.id)), &pairs, "", "");
    let entries: Vec<Entry> =
        found.rows.iter().take(FEED_ENTRIES).map(|row| entry(columns, row, asked, &root, &html_url)).collect();
    let updated = entries.iter().map(|entry| entry.updated.clone()).max();
    Feed {
        title: format!("{}: {}", room.row.called(), asked.title),
        subtitle: markup::plain(&asked.description),
        id: html_url.clone(),
        self_url: with_value(&format!("{root}{}", report_href(asked.row.id)), &pairs, "format", "atom"),
        updated: updated.unwrap_or_else(|| asked.row.changed_at.iso()),
        html_url,
        entries,
    }
    .render(desk)
}

fn entry(columns: &Columns, row: &[Cell], asked: &Asked<'_>, root: &str, html_url: &str) -> Entry {
    let text = |names: &[&str]| {
        let column = names.iter().find_map(|name| columns.named(name));
        column.map(|column| row[column.at].text().into_owned()).filter(|text| !text.is_empty())
    };
    let of_time = ["changetime", "modified", "time", "created", "datetime", "date"];
    let at = of_time.iter().filter_map(|name| columns.named(name)).find_map(|column| moment(&row[column.at]));
    let url = columns.href(row).map_or_else(|| html_url.to_owned(), |href| format!("{root}{href}"));
    let number = text(&["ticket", "id"]).filter(|id| id.bytes().all(|digit| digit.is_ascii_digit()));
    let title = text(&["summary", "title", "name"]).unwrap_or_else(|| asked.title.clone());
    let mut summary = Html::default();
    for column in columns.in_files().filter(|column| matches!(column.meaning, Meaning::Plain)) {
        let value = row[column.at].text();
        if !value.is_empty() {
            summary.tag("<p>").text(&column.label).tag(": ").text(&value).tag("</p>");
        }
    }
    if let Some(description) = text(&["description"]) {
        let plain: String = markup::plain(&description).chars().take(LONGEST_EXCERPT).collect();
        summary.tag("<p>").text(&plain).tag("</p>");
    }
    Entry {
        title: number.map_or_else(|| title.clone(), |number| format!("#{number} {title}")),
        id: url.clone(),
        url,
        updated: at.unwrap_or(asked.row.changed_at).iso(),
        author: text(&["reporter", "author", "owner"]).unwrap_or_else(|| "anonymous".to_owned()),
        summary_html: summary.into_string(),
    }
}
