//! What stands around a list of tickets: the pages that it has, the columns, groups and orders that it could have, and the files
//! that it can be had as.

use serde::Serialize;

use super::pages::explicit;
use super::tree::{Column, Order, Query, UNREAD};
use crate::ticket::fields::{Choices, Kind};
use crate::ticket::relations;
use crate::web::page::Alternate;
use crate::web::paging::Paging;

/// Pages on either side of this one that have a link of their own.
const WINDOW: usize = 3;

#[derive(Serialize)]
pub struct PageLink {
    pub number: usize,
    pub href: Option<String>,
    /// Pages are left out before it.
    pub gap: bool,
}

#[derive(Serialize)]
pub struct ColumnChoice {
    pub name: &'static str,
    pub label: &'static str,
    pub chosen: bool,
}

#[derive(Serialize)]
pub struct Link {
    pub label: &'static str,
    pub href: String,
}

pub fn page_href(path: &str, query: &Query, page: usize) -> String {
    format!("{path}?{}", explicit(&Query { page, ..query.clone() }))
}

pub fn paging(path: &str, query: &Query, page: usize, pages: usize, total: usize, size: usize) -> Paging {
    let paging = Paging::new(path, &[], page, size, total);
    Paging {
        page,
        pages,
        previous: (page > 1).then(|| page_href(path, query, page - 1)),
        next: (page < pages).then(|| page_href(path, query, page + 1)),
        ..paging
    }
}

/// The first page, those around this one, and the last (row Q20).
pub fn window(path: &str, query: &Query, page: usize, pages: usize) -> Vec<PageLink> {
    let mut links: Vec<PageLink> = Vec::new();
    let near = page.saturating_sub(WINDOW).max(1)..=(page + WINDOW).min(pages);
    let numbers = std::iter::once(1).chain(near).chain([pages]);
    for number in numbers {
        let last = links.last().map_or(0, |last| last.number);
        if number > last {
            let href = (number != page).then(|| page_href(path, query, number));
            links.push(PageLink { number, href, gap: number > last + 1 });
        }
    }
    links
}

/// Those that are shown first, in their order, then the others.
pub fn columns(query: &Query, choices: &Choices) -> Vec<ColumnChoice> {
    let shown = query.shown_columns(choices);
    let others = choices.fields().filter(|field| field.kind != Kind::Text).chain(&relations::INVERSES).map(Column::Of);
    let others = std::iter::once(Column::Id).chain(others).chain([Column::Of(&UNREAD)]);
    let others = others.filter(|column| !shown.contains(column));
    let all: Vec<(Column, bool)> =
        shown.iter().map(|column| (*column, true)).chain(others.map(|column| (column, false))).collect();
    all.into_iter()
        .map(|(column, chosen)| ColumnChoice { name: column.name(), label: column.label(), chosen })
        .collect()
}

pub fn groups(query: &Query, choices: &Choices) -> Vec<ColumnChoice> {
    let none = ColumnChoice { name: "", label: "nothing", chosen: query.group.is_none() };
    let columns = choices.fields().map(Column::Of).filter(|column| column.groups());
    let chosen = |column| query.group.is_some_and(|group| group.column == column);
    let choice = |column: Column| ColumnChoice { name: column.name(), label: column.label(), chosen: chosen(column) };
    std::iter::once(none).chain(columns.map(choice)).collect()
}

pub fn orders(query: &Query, choices: &Choices) -> Vec<ColumnChoice> {
    let first = query.effective_order().first().map(|order: &Order| order.column);
    std::iter::once(Column::Id)
        .chain(choices.fields().map(Column::Of))
        .chain([Column::Of(&UNREAD)])
        .map(|column| ColumnChoice { name: column.name(), label: column.label(), chosen: first == Some(column) })
        .collect()
}

pub fn exports(path: &str, query: &Query) -> Vec<Link> {
    let address = explicit(&Query { page: 1, ..query.clone() });
    let kinds = [
        ("CSV", "csv"),
        ("Tab-separated", "tab"),
        ("JSON", "json"),
        ("Atom", "atom"),
        ("iCalendar", "ics"),
        ("Badge", "svg"),
    ];
    kinds.map(|(label, format)| Link { label, href: format!("{path}?{address}&format={format}") }).into()
}

pub fn alternate(export: &Link) -> Alternate {
    let media_type = match export.label {
        "CSV" => "text/csv",
        "JSON" => "application/json",
        "Atom" => "application/atom+xml",
        "iCalendar" => "text/calendar",
        "Badge" => "image/svg+xml",
        _ => "text/tab-separated-values",
    };
    Alternate { href: export.href.clone(), media_type, title: format!("Tickets as {}", export.label) }
}
