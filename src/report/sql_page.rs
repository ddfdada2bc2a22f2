//! An SQL report as a page (rows R05 to R12): its rows in sections, in the order of a click, a page at a time; a form for its
//! variables; what went wrong with the statement, instead of rows.

use rocket::http::Status;
use serde::Serialize;

use super::edit;
use super::export::{self, Kind};
use super::pages::{Export, media_type};
use super::sandbox::{self, Cell, Found, MOST_ROWS};
use super::shown::{Column, Columns, Meaning, cell_html, safe_href};
use super::store::ReportRow;
use super::variables::{self, Arguments, Bound};
use super::{REPORT_SQL_MODIFY, REPORT_SQL_VIEW, neighbours, report_href};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging, with_value};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, address};

const PAGE_SIZE: usize = 100;
/// A page holds so many rows at most, whatever `max` says; fewer with texts in them.
const MOST_ON_PAGE: usize = 1_000;
const MOST_WITH_TEXTS: usize = 100;
/// Texts longer than this are cut short in a cell.
const LONGEST_TEXT: usize = 20_000;

/// A report with what its address gives it.
pub(super) struct Asked<'a> {
    pub row: &'a ReportRow,
    pub title: String,
    pub description: String,
    pub arguments: Arguments,
    pub bound: Bound,
    sort: Option<(String, bool)>,
    /// The statement itself has a place for the column that orders it.
    sorts_itself: bool,
}

impl<'a> Asked<'a> {
    fn of(desk: &Desk, room: &Room, row: &'a ReportRow) -> Self {
        let mut arguments = variables::defaults(&row.query);
        let user = room.viewer.principal.identity.as_ref().map_or("anonymous", |identity| identity.login.as_str());
        arguments.insert("USER".to_owned(), user.to_owned());
        for (name, value) in desk.visit.pairs() {
            if variables::is_name(&name) {
                arguments.insert(name, value.replace('\0', "\u{FFFD}"));
            }
        }
        let sort = desk.visit.value("sort").filter(|column| !column.is_empty());
        let sort = sort.map(|column| (column, desk.visit.value("asc").as_deref() != Some("0")));
        let column = sort.as_ref().map(|(column, ascending)| (column.as_str(), *ascending));
        let sql = variables::with_places(&row.query, column);
        let sorts_itself = row.query.contains(variables::SORT_COLUMN);
        Self {
            title: variables::substitute(&row.title, &arguments),
            description: variables::substitute(&row.description, &arguments),
            bound: variables::bind(&sql, &arguments),
            row,
            arguments,
            sort,
            sorts_itself,
        }
    }

    /// Runs it for this viewer.
    fn found(&self, room: &Room) -> Result<Found> {
        let mut found = sandbox::run(&room.project, &room.viewer, &self.bound.sql, &self.bound.values)?;
        if let Some((name, ascending)) = self.sort.as_ref().filter(|_| !self.sorts_itself) {
            let columns = Columns::of(&found.columns);
            let column = columns
                .named(name)
                .ok_or_else(|| Error::invalid("sort", format!("The report has no column `{}`.", shortened(name))))?;
            columns.sort(&mut found, column, *ascending);
        }
        Ok(found)
    }
}

pub(super) fn answer(desk: &Desk, room: &Room, row: &ReportRow) -> Result<Answer> {
    let asked = Asked::of(desk, room, row);
    let kind = match desk.visit.value("format").as_deref() {
        _ if desk.visit.wants_json() => Some(Kind::Json),
        None | Some("" | "html") => None,
        Some("csv") => Some(Kind::Csv),
        Some("tab" | "tsv") => Some(Kind::Tab),
        Some("atom" | "rss") => Some(Kind::Atom),
        Some("sql") => {
            room.viewer.require(REPORT_SQL_VIEW)?;
            return Ok(export::sql(row));
        }
        Some(other) => {
            let message = format!("There is no format `{}` here.", shortened(other));
            return Err(Error::invalid("format", message));
        }
    };
    match kind {
        Some(kind) => export::answer(desk, room, &asked, asked.found(room)?, kind),
        None => as_page(desk, room, &asked),
    }
}

/// The fields of `report/show.html`.
#[derive(Serialize)]
struct ShowPage {
    number: i64,
    title: String,
    description_html: String,
    href: String,
    tickets_href: String,
    reports_href: String,
    edit_href: Option<String>,
    copy_href: Option<String>,
    delete_href: Option<String>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    final_sql: Option<String>,
    sql: Option<String>,
    variables: Vec<Variable>,
    total: usize,
    width: usize,
    heads: Vec<Vec<Head>>,
    sections: Vec<Section>,
    paging: Paging,
    exports: Vec<Export>,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "report/show.html";
}

#[derive(Serialize)]
struct Variable {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Head {
    label: String,
    href: String,
    sorted: &'static str,
}

#[derive(Serialize)]
struct Section {
    heading: String,
    href: Option<String>,
    count: usize,
    continued: bool,
    grouped: bool,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    color: Option<i64>,
    lines: Vec<Vec<String>>,
    beneath: Vec<Beneath>,
}

#[derive(Serialize)]
struct Beneath {
    label: String,
    html: String,
}

fn as_page(desk: &Desk, room: &Room, asked: &Asked<'_>) -> Result<Answer> {
    let href = format!("{}{}", room.root, report_href(asked.row.id));
    let mut problems = Vec::new();
    let found = match asked.found(room) {
        Ok(found) => found,
        Err(Error::Invalid(more)) => {
            problems = more;
            Found::default()
        }
        Err(other) => return Err(other),
    };
    let columns = Columns::of(&found.columns);
    let lines = columns.lines();
    let all: Vec<&Column> = lines.iter().flatten().copied().chain(columns.beneath()).collect();
    let has_texts = all.iter().any(|column| column.meaning == Meaning::Text);
    let most = if has_texts { MOST_WITH_TEXTS } else { MOST_ON_PAGE };
    let size = desk.visit.value("max").and_then(|max| max.parse().ok()).unwrap_or(PAGE_SIZE);
    let size = if size == 0 { most } else { size.min(most) };
    let pairs = desk.visit.pairs();
    let paging = Paging::new(&href, &pairs, paging::asked(desk.visit.value("page")), size, found.rows.len());
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let (sections, description) = room.project.read(|db| {
        let drawer = Drawer { room, reader: &reader, columns: &columns, db, number: asked.row.id };
        let sections = drawer.sections(&found, paging.offset(size), size)?;
        let here = Here { resource: Resource::new("report", asked.row.id), name: asked.row.id.to_string() };
        let compiled = reader.compiled(&asked.description, Flavour::Page)?;
        Ok((sections, reader.html(db, &compiled, Some(&here))?))
    })?;
    let refused = !problems.is_empty();
    let sees_sql = room.viewer.may(REPORT_SQL_VIEW) || room.viewer.may(REPORT_SQL_MODIFY);
    let exports = exports(room, &href, &pairs, refused);
    let alternates = exports
        .iter()
        .map(|export| Alternate {
            href: export.href.clone(),
            media_type: media_type(export.label),
            title: format!("{} as {}", asked.title, export.label),
        })
        .collect();
    let page = ShowPage {
        number: asked.row.id,
        title: asked.title.clone(),
        description_html: description.into_string(),
        tickets_href: format!("{}/query", room.root),
        reports_href: format!("{}/report", room.root),
        edit_href: edit::may_change(&room.viewer, asked.row).then(|| format!("{href}?action=edit")),
        copy_href: room.viewer.may(REPORT_SQL_MODIFY).then(|| format!("{href}?action=copy")),
        delete_href: edit::may_delete(&room.viewer, asked.row).then(|| format!("{href}?action=delete")),
        final_sql: (refused && sees_sql).then(|| asked.bound.sql.clone()),
        sql: (!refused && sees_sql).then(|| asked.row.query.clone()),
        warnings: warnings(asked, &found),
        variables: asked_for(asked),
        total: found.rows.len(),
        width: lines.iter().map(Vec::len).max().unwrap_or(1),
        heads: lines
            .iter()
            .map(|line| line.iter().map(|column| head(asked, column, &href, &pairs)).collect())
            .collect(),
        sections,
        paging,
        exports,
        href,
        problems,
    };
    let status = if refused { Status::UnprocessableEntity } else { Status::Ok };
    let mut sheet = Sheet::new(asked.title.clone(), page)
        .at("/query")
        .about(format!("report:{}", asked.row.id))
        .alternates(alternates)
        .status(status);
    if !pairs.is_empty() {
        sheet = sheet.noindex();
    }
    sheet.render(desk)
}

fn warnings(asked: &Asked<'_>, found: &Found) -> Vec<String> {
    let mut warnings = Vec::new();
    if !asked.bound.missing.is_empty() {
        let names: Vec<String> = asked.bound.missing.iter().map(|name| format!("${name}")).collect();
        warnings.push(format!("Nothing gives a value for {}: taken for empty.", names.join(", ")));
    }
    if found.cut {
        let rows = found.rows.len();
        let why = if rows == MOST_ROWS { "no report shows more" } else { "they hold as much as a report may" };
        warnings.push(format!("These are the first {rows} rows; {why}."));
    }
    warnings
}

/// What the form asks for: every variable but `$USER`.
fn asked_for(asked: &Asked<'_>) -> Vec<Variable> {
    let names = variables::names(&asked.row.query).into_iter().filter(|name| name != "USER");
    names.map(|name| Variable { value: asked.arguments.get(&name).cloned().unwrap_or_default(), name }).collect()
}

fn head(asked: &Asked<'_>, column: &Column, href: &str, pairs: &[(String, String)]) -> Head {
    let current = asked.sort.as_ref().filter(|(name, _)| column.name.eq_ignore_ascii_case(name));
    let ascending = current.is_none_or(|(_, ascending)| !ascending);
    let kept: Vec<(String, String)> =
        pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "asc" | "sort")).cloned().collect();
    let sorts = with_value(href, &kept, "sort", &column.name);
    Head {
        label: column.label.clone(),
        href: if ascending { sorts } else { format!("{sorts}&asc=0") },
        sorted: match current {
            None => "",
            Some((_, true)) => "ascending",
            Some((_, false)) => "descending",
        },
    }
}

fn exports(room: &Room, href: &str, pairs: &[(String, String)], refused: bool) -> Vec<Export> {
    let pairs: Vec<(String, String)> =
        pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "max" | "format")).cloned().collect();
    let mut formats = vec![("CSV", "csv"), ("Tab-separated", "tab"), ("JSON", "json"), ("Atom", "atom")];
    if refused {
        formats.clear();
    }
    if room.viewer.may(REPORT_SQL_VIEW) {
        formats.push(("SQL", "sql"));
    }
    formats
        .into_iter()
        .map(|(label, format)| Export { label, href: with_value(href, &pairs, "format", format) })
        .collect()
}

struct Drawer<'a> {
    room: &'a Room,
    reader: &'a Reader<'a>,
    columns: &'a Columns,
    db: &'a rusqlite::Connection,
    number: i64,
}

/// The tickets of a page, and what the links to them carry along (row R17).
struct Along {
    tickets: Vec<i64>,
    list: Option<String>,
}

impl Along {
    fn of(&self, href: String, ticket: Option<i64>) -> String {
        let at = self.tickets.iter().position(|known| Some(*known) == ticket);
        match (&self.list, at) {
            (Some(list), Some(at)) => format!("{href}?list={}&at={at}", address::query_value(list)),
            _ => href,
        }
    }
}

impl Drawer<'_> {
    /// The rows of a page: a section ends where the value of `__group__` changes (row R06).
    fn sections(&self, found: &Found, from: usize, size: usize) -> Result<Vec<Section>> {
        let group = |row: &Vec<Cell>| self.columns.special("group", row).cloned();
        let mut sections: Vec<Section> = Vec::new();
        let (mut begin, rows) = (0, &found.rows);
        let mut tickets: Vec<i64> = Vec::new();
        for ticket in rows.iter().skip(from).take(size).filter_map(|row| self.columns.ticket(row)) {
            if !tickets.contains(&ticket) {
                tickets.push(ticket);
            }
        }
        let along = Along { list: neighbours::list_of(self.number, &tickets), tickets };
        while begin < rows.len() {
            let value = group(&rows[begin]);
            let end = begin + rows[begin..].iter().take_while(|row| group(row) == value).count();
            let (first, last) = (begin.max(from), end.min(from + size));
            if first < last {
                let link = self.columns.special("grouplink", &rows[begin]).map(|link| link.text().into_owned());
                sections.push(Section {
                    heading: value.as_ref().map_or_else(String::new, |value| value.text().into_owned()),
                    href: link.as_deref().and_then(safe_href).map(str::to_owned),
                    count: end - begin,
                    continued: begin < first,
                    grouped: value.is_some(),
                    rows: rows[first..last].iter().map(|row| self.row(row, &along)).collect::<Result<_>>()?,
                });
            }
            begin = end;
        }
        Ok(sections)
    }

    fn row(&self, row: &[Cell], along: &Along) -> Result<Row> {
        let ticket = self.columns.ticket(row);
        let href = self.columns.href(row).map(|href| along.of(format!("{}{href}", self.room.root), ticket));
        let lines = self.columns.lines();
        let draw = |column: &Column| Ok(self.cell(column, &row[column.at], href.as_deref())?.into_string());
        let lines = lines.into_iter().map(|line| line.into_iter().map(draw).collect()).collect::<Result<_>>()?;
        let beneath = self.columns.beneath().filter(|column| !row[column.at].text().is_empty());
        let beneath = beneath.map(|column| Ok(Beneath { label: column.label.clone(), html: draw(column)? }));
        Ok(Row { color: self.columns.color(row), lines, beneath: beneath.collect::<Result<_>>()? })
    }

    fn cell(&self, column: &Column, cell: &Cell, href: Option<&str>) -> Result<Html> {
        if column.meaning != Meaning::Text {
            return Ok(cell_html(column, cell, href, &self.room.root, &self.room.viewer.zone()));
        }
        let text = cell.text();
        let short = text.char_indices().nth(LONGEST_TEXT).map_or(&*text, |(end, _)| &text[..end]);
        self.reader.html(self.db, &*self.reader.compiled(short, Flavour::Note)?, None)
    }
}
