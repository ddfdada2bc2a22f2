//! The reports on the wiki: `/<project>/wiki-report/<name>`, as a page, JSON and CSV.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::lookout::{REPORTS, Report, Row, rows};
use super::name::href_of;
use super::shown::{NO_PAGE, Named, enter};
use crate::base::error::{Error, Result};
use crate::base::time::When;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::separated::Separated;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PER_PAGE: usize = 100;
/// Rows of a file for spreadsheets.
const MOST_ROWS: usize = 10_000;

pub fn routes() -> Vec<Route> {
    routes![all, one]
}

#[derive(Serialize)]
struct ReportsPage {
    reports: Vec<Offered>,
}

impl Page for ReportsPage {
    const TEMPLATE: &'static str = "wiki/reports.html";
}

#[derive(Serialize)]
struct Offered {
    title: &'static str,
    line: &'static str,
    href: String,
}

#[get("/<project>/wiki-report")]
async fn all(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let offered = |report: Report| Offered {
                title: report.title(),
                line: report.line(),
                href: format!("{}/wiki-report/{}", room.root, report.name()),
            };
            let sheet = ReportsPage { reports: REPORTS.into_iter().map(offered).collect() };
            Sheet::new("Reports on the wiki", sheet).at("/wiki").noindex().render(desk)
        })
        .await
}

#[derive(Serialize)]
struct ReportPage {
    title: &'static str,
    line: &'static str,
    reports_href: String,
    csv_href: String,
    rows: Vec<ShownRow>,
    counts: bool,
    times: bool,
    others: Option<&'static str>,
    paging: Paging,
}

impl Page for ReportPage {
    const TEMPLATE: &'static str = "wiki/report.html";
}

#[derive(Serialize)]
struct ShownRow {
    page: Named,
    other: Option<Named>,
    count: Option<i64>,
    links_href: Option<String>,
    when: Option<When>,
}

#[get("/<project>/wiki-report/<name>")]
async fn one(visit: Visit, project: String, name: &str) -> Answer {
    let report = Report::named(name);
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            shown(desk, &room, report.ok_or_else(|| Error::not_found(NO_PAGE))?)
        })
        .await
}

fn shown(desk: &Desk, room: &Room, report: Report) -> Result<Answer> {
    let path = format!("{}/wiki-report/{}", room.root, report.name());
    let read = |limit: usize, offset: usize| {
        room.project.read(|db| rows(db, room.project.components(), &room.viewer, report, limit, offset))
    };
    match desk.visit.value("format").as_deref() {
        Some("csv") => return Ok(as_csv(report, &read(MOST_ROWS, 0)?.0)),
        None | Some("html" | "json") => {}
        Some(other) => return Err(super::pages::unknown_format(other)),
    }
    let asked = paging::asked(desk.visit.value("page"));
    let (found, total) = read(PER_PAGE, (asked - 1) * PER_PAGE)?;
    let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, total);
    let href = |name: &str| format!("{}{}", room.root, href_of(name));
    if desk.visit.wants_json() {
        let items: Vec<_> = found
            .iter()
            .map(|row| {
                json!({
                    "name": row.name, "url": desk.web().address.absolute(&href(&row.name)), "other": row.other,
                    "count": row.count, "time": row.changed_at.map(|at| at.iso()),
                })
            })
            .collect();
        let next = paging.next.as_deref().map(|next| desk.web().address.absolute(next));
        return Answer::json(&json!({ "total": total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = room.viewer.zone();
    let rows = found
        .into_iter()
        .map(|row| ShownRow {
            links_href: row.count.map(|_| format!("{}?action=backlinks", href(&row.name))),
            page: Named { href: href(&row.name), name: row.name },
            other: row.other.map(|name| Named { href: href(&name), name }),
            count: row.count,
            when: row.changed_at.map(|at| at.when(&zone)),
        })
        .collect();
    let sheet = ReportPage {
        title: report.title(),
        line: report.line(),
        reports_href: format!("{}/wiki-report", room.root),
        csv_href: format!("{path}?format=csv"),
        rows,
        counts: report == Report::Wanted,
        times: matches!(report, Report::Orphaned | Report::Oldest | Report::DeadLinks),
        others: match report {
            Report::DeadLinks => Some("Missing"),
            Report::Redirects => Some("Leads to"),
            _ => None,
        },
        paging,
    };
    let csv = Alternate { href: format!("{path}?format=csv"), media_type: "text/csv", title: "CSV".to_owned() };
    let sheet = Sheet::new(report.title(), sheet).at("/wiki").noindex();
    sheet.alternates(vec![csv, Alternate::json(format!("{path}?format=json"), "JSON")]).render(desk)
}

fn as_csv(report: Report, rows: &[Row]) -> Answer {
    let mut file = Separated::new(',', false);
    file.line(["page", "other", "count", "time"].into_iter().map(Into::into));
    for row in rows {
        let count = row.count.map(|count| count.to_string()).unwrap_or_default();
        let time = row.changed_at.map(|at| at.iso()).unwrap_or_default();
        let cells = [row.name.as_str(), row.other.as_deref().unwrap_or_default(), &count, &time];
        file.line(cells.into_iter().map(Into::into));
    }
    file.answer(report.name())
}
