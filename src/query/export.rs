//! What a query finds for other programs: CSV, tab-separated, JSON, Atom and iCalendar (rows Q23, G09, G10).
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and whoever files a ticket could write one: in
//! the files for spreadsheets such a cell begins with `'`. `raw=1` gives the very data, for programs that read them back. Lists
//! are bounded; where there is more, the answer names the next part (`Link: …; rel="next"`, in JSON `next`).

use jiff::Timestamp;
use rocket::http::{ContentType, Status};
use rusqlite::Connection;

use super::badge;
use super::table::{shorten_addresses, shortened};
use super::tree::{Clause, Column, Operator, Order, Query};
use super::{Found, TicketLine, run, run_whole};
use crate::base::error::Result;
use crate::base::markup::{self, Html};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::ticket::calendar::{Todo, todo};
use crate::ticket::fields::Choices;
use crate::ticket::ticket_href;
use crate::web::calendar::Calendar;
use crate::web::feed::{Entry, Feed};
use crate::web::separated::powerless;
use crate::web::{Answer, Desk, Room};

/// A file has so many tickets at most.
const MOST: usize = 10_000;
const FEED_ENTRIES: usize = 50;
const MOST_IN_CALENDAR: usize = 1_000;
const LONGEST_EXCERPT: usize = 1_000;
/// Asks for cells as they are.
pub const RAW: &str = "raw";
const BOM: &str = "\u{FEFF}";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Tab,
    Json,
    Atom,
    Ics,
    Svg,
}

/// The answer in that format. `Invalid` for a date that can't be read and a page that there is not.
pub fn answer(
    desk: &Desk,
    room: &Room,
    db: &Connection,
    choices: &Choices,
    query: &Query,
    kind: Kind,
) -> Result<Answer> {
    let root = desk.web().address.absolute(&room.root);
    if kind == Kind::Atom {
        return feed(desk, room, db, choices, query, &root);
    }
    if kind == Kind::Ics {
        return calendar(desk, room, db, choices, query);
    }
    if kind == Kind::Svg {
        return badge::answer(room, db, choices, query);
    }
    let bound = |size: usize| if size == 0 { MOST } else { size.min(MOST) };
    let max = match (query.max, kind) {
        (None, Kind::Json) => None,
        (max, _) => Some(bound(max.unwrap_or(0))),
    };
    let query = Query { max, ..query.clone() };
    let mut found = match kind {
        Kind::Json => run_whole(db, &room.viewer, choices, &query)?,
        _ => run(db, &room.viewer, choices, &query)?,
    };
    shorten_addresses(&mut found, &room.viewer, &query);
    let (separator, format, file, content_type) = match kind {
        Kind::Json | Kind::Atom | Kind::Ics | Kind::Svg => return Answer::json(&query.json(&found, choices, &root)),
        Kind::Csv => (',', "csv", "query.csv", ContentType::new("text", "csv")),
        Kind::Tab => ('\t', "tab", "query.tsv", ContentType::new("text", "tab-separated-values")),
    };
    let raw = desk.visit.wants_raw();
    let text = separated(&query, &found, choices, &room.viewer, separator, raw);
    let content_type = content_type.with_params(("charset", "utf-8"));
    let mut answer = Answer::new(Status::Ok, content_type, text.into_bytes())
        .header("Content-Disposition", format!("attachment; filename=\"{file}\""));
    if found.page < found.pages {
        let next = Query { page: found.page + 1, ..query }.href();
        let raw = if raw { "&raw=1" } else { "" };
        answer = answer.header("Link", format!("<{root}{next}&format={format}{raw}>; rel=\"next\""));
    }
    Ok(answer)
}

/// A head of labels, then a line for each ticket; quotes only where they are needed.
fn separated(query: &Query, found: &Found, choices: &Choices, viewer: &Viewer, separator: char, raw: bool) -> String {
    let mut columns = query.shown_columns(choices);
    for row in query.rows.iter().copied().map(Column::Of) {
        if !columns.contains(&row) {
            columns.push(row);
        }
    }
    // Trac's number has no label.
    let label = |column: &Column| if *column == Column::Id { "id".to_owned() } else { column.label().to_owned() };
    let told = |cell: String| if raw { cell } else { powerless(cell) };
    let mut text = BOM.to_owned();
    write_line(&mut text, columns.iter().map(label).map(told), separator);
    for line in &found.lines {
        let cells = columns.iter().map(|column| told(cell(line, *column, choices, viewer)));
        write_line(&mut text, cells, separator);
    }
    text
}

/// A table of cells as a file of such lines; `raw`: with the very data.
pub(super) fn lines(rows: &[Vec<String>], separator: char, raw: bool) -> String {
    let mut text = BOM.to_owned();
    let told = |cell: String| if raw { cell } else { powerless(cell) };
    rows.iter().for_each(|row| write_line(&mut text, row.iter().cloned().map(told), separator));
    text
}

fn write_line(text: &mut String, cells: impl Iterator<Item = String>, separator: char) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(separator);
        }
        if cell.contains([separator, '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push('\n');
}

/// Times are those of the reader's own zone, as spreadsheets take them.
fn cell(line: &TicketLine, column: Column, choices: &Choices, viewer: &Viewer) -> String {
    match column.field().and_then(|field| line.time(field)) {
        Some(at) => local(at, viewer),
        None => line.cell(column, choices),
    }
}

fn local(at: Instant, viewer: &Viewer) -> String {
    let zoned = Timestamp::from_microsecond(at.0).unwrap_or_default().to_zoned(viewer.zone().into());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Those tickets of the query that have a day on which they are due.
fn calendar(desk: &Desk, room: &Room, db: &Connection, choices: &Choices, query: &Query) -> Result<Answer> {
    let mut dated = Query { group: None, page: 1, max: Some(MOST_IN_CALENDAR), ..query.clone() };
    dated.rows = Column::built_in("description").and_then(Column::field).into_iter().collect();
    dated.columns = Some(Column::built_in("resolved").into_iter().collect());
    if let Some(column) = Column::built_in("due") {
        let has_day = Clause { column, operator: Operator::Is, negated: true, values: vec![String::new()] };
        if dated.groups.is_empty() {
            dated.groups.push(Vec::new());
        }
        for group in &mut dated.groups {
            group.push(has_day.clone());
        }
        dated.order = vec![Order { column, descending: false }];
    }
    let found = run(db, &room.viewer, choices, &dated)?;
    let mut calendar = Calendar::begin("Tickets", &format!("{}: tickets", room.row.called()));
    for line in &found.lines {
        let one = Todo {
            id: line.id,
            summary: line.summary.clone(),
            description: line.description.clone().unwrap_or_default(),
            status: line.status,
            priority: line.priority,
            due: line.due.as_deref().and_then(|due| due.parse().ok()),
            created_at: line.created_at,
            changed_at: line.changed_at,
            closed_at: line.more.get("resolved").and_then(|cell| cell.at),
        };
        todo(&mut calendar, desk, room, choices, &one);
    }
    Ok(calendar.answer())
}

/// The newest tickets of the query, whatever its own order.
fn feed(desk: &Desk, room: &Room, db: &Connection, choices: &Choices, query: &Query, root: &str) -> Result<Answer> {
    let newest = Column::built_in("time").map(|column| Order { column, descending: true });
    let newest = Query {
        order: newest.into_iter().collect(),
        group: None,
        max: Some(FEED_ENTRIES),
        page: 1,
        rows: Column::built_in("description").and_then(Column::field).into_iter().collect(),
        ..query.clone()
    };
    let mut found = run(db, &room.viewer, choices, &newest)?;
    shorten_addresses(&mut found, &room.viewer, &newest);
    let updated = found.lines.iter().map(|line| line.changed_at).max().unwrap_or(room.row.created_at);
    let entries = found.lines.iter().map(|line| entry(line, choices, root)).collect();
    let html_url = format!("{root}{}", Query { page: 1, ..query.clone() }.href());
    let between = if html_url.contains('?') { '&' } else { '?' };
    Feed {
        title: format!("{}: tickets", room.row.called()),
        subtitle: super::form::in_words(&query.groups, query.further.as_ref()),
        id: html_url.clone(),
        self_url: format!("{html_url}{between}format=atom"),
        html_url,
        updated: updated.iso(),
        entries,
    }
    .render(desk)
}

fn entry(line: &TicketLine, choices: &Choices, root: &str) -> Entry {
    let url = format!("{root}{}", ticket_href(line.id));
    let state: Vec<String> = ["status", "resolution", "type", "priority", "milestone", "owner"]
        .into_iter()
        .filter_map(Column::built_in)
        .map(|column| (column.label(), line.cell(column, choices)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label}: {value}"))
        .collect();
    let text = markup::plain(line.description.as_deref().unwrap_or_default());
    let mut summary = Html::default();
    summary.tag("<p>").text(&state.join(" · ")).tag("</p><p>").text(&shortened(&text, LONGEST_EXCERPT)).tag("</p>");
    Entry {
        title: format!("#{} {}", line.id, line.summary),
        id: url.clone(),
        url,
        updated: line.changed_at.iso(),
        author: line.reporter.as_ref().map_or_else(|| "anonymous".to_owned(), super::Person::called),
        summary_html: summary.into_string(),
    }
}
