//! Who wrote which line of a page, and when: `?action=annotate[&version=N]`.

use std::collections::HashMap;
use std::time::Duration;

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::change_pages::existing;
use super::shown::{self, Head, enter};
use super::store::{self, HistoryRow, PageRow};
use super::versions;
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::base::text::annotate::Annotation;
use crate::base::time::When;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Lines on one page of the list.
const LINES: usize = 2_000;
/// Versions and bytes that are looked at; what is older stays together.
const MOST_VERSIONS: usize = 1_000;
const MOST_BYTES: usize = 64 << 20;
const TIME: Duration = Duration::from_millis(400);

pub fn routes() -> Vec<Route> {
    routes![annotate]
}

#[get("/<project>/wiki/<_..>?action=annotate", rank = 43)]
async fn annotate(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            let version = match desk.visit.value("version") {
                None => page.version,
                Some(text) => text.parse().map_err(|_| super::pages::bad_version(&text))?,
            };
            annotated(desk, &room, &page, version)
        })
        .await
}

#[derive(Serialize)]
struct AnnotatePage {
    #[serde(flatten)]
    head: Head,
    version: i64,
    latest: i64,
    version_href: String,
    groups: Vec<Group>,
    /// Lines that are older than this version are told apart no further.
    oldest: Option<i64>,
    paging: Paging,
}

impl Page for AnnotatePage {
    const TEMPLATE: &'static str = "wiki/annotate.html";
}

/// Neighbouring lines of one version.
#[derive(Serialize)]
struct Group {
    origin: Option<Origin>,
    age: usize,
    first: usize,
    lines_html: String,
}

#[derive(Serialize, Clone)]
struct Origin {
    version: i64,
    href: String,
    when: When,
    author: String,
    comment: String,
}

/// The origins of the lines of a text, and the versions that are named among them.
struct Found {
    text: String,
    annotation: Annotation,
    rows: HashMap<i64, HistoryRow>,
}

fn annotated(desk: &Desk, room: &Room, page: &PageRow, version: i64) -> Result<Answer> {
    let found = room.project.read(|db| find(db, page, version))?;
    let head = room.project.read(|db| shown::head_of(db, room, page))?;
    let lines: Vec<&str> = found.text.lines().collect();
    let origins = found.annotation.origins();
    if desk.visit.wants_json() {
        let items: Vec<_> = lines
            .iter()
            .zip(origins)
            .map(|(line, origin)| {
                let row = origin.and_then(|version| found.rows.get(&version));
                json!({
                    "line": line, "version": origin, "author": row.map(|row| &row.author),
                    "time": row.map(|row| row.saved_at.iso()),
                })
            })
            .collect();
        return Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }));
    }
    let asked = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&head.href, &desk.visit.pairs(), asked, LINES, lines.len());
    let begin = paging.offset(LINES).min(lines.len());
    let end = lines.len().min(begin + LINES);
    let zone = room.viewer.zone();
    let origin = |version: i64| {
        let row = found.rows.get(&version)?;
        Some(Origin {
            version,
            href: format!("{}?action=diff&version={version}", head.href),
            when: row.saved_at.when(&zone),
            author: row.author.clone(),
            comment: row.comment.clone(),
        })
    };
    let ages = ages(origins);
    let mut groups: Vec<Group> = Vec::new();
    let mut last = None;
    for at in begin..end {
        if at == begin || last != Some(origins[at]) {
            let age = origins[at].and_then(|version| ages.get(&version).copied()).unwrap_or(OLDEST);
            let origin = origins[at].and_then(origin);
            groups.push(Group { origin, age, first: at + 1, lines_html: String::new() });
        }
        last = Some(origins[at]);
        if let Some(group) = groups.last_mut() {
            group.lines_html.push_str(&line_html(at + 1, lines[at]));
        }
    }
    let is_cut = origins.iter().any(Option::is_none);
    let sheet = AnnotatePage {
        version,
        latest: page.version,
        version_href: if version == page.version {
            head.href.clone()
        } else {
            format!("{}?version={version}", head.href)
        },
        groups,
        oldest: is_cut.then(|| found.annotation.oldest()),
        paging,
        head,
    };
    Sheet::new(format!("Who wrote {}", page.name), sheet).at("/wiki").noindex().render(desk)
}

fn find(db: &Connection, page: &PageRow, version: i64) -> Result<Found> {
    let row = store::version(db, page.id, version)?.ok_or_else(|| versions::no_version(page, version))?;
    let mut annotation = Annotation::of(version, row.text.clone(), TIME);
    let (mut count, mut bytes) = (0, 0);
    let is_whole = store::texts_before(db, page.id, version, |older, text| {
        if !annotation.goes_on() || count >= MOST_VERSIONS || bytes >= MOST_BYTES {
            return false;
        }
        count += 1;
        bytes += text.len();
        annotation.look_at(older, text);
        true
    })?;
    if is_whole {
        annotation.end();
    }
    let mut named: Vec<i64> = annotation.origins().iter().copied().flatten().collect();
    named.sort_unstable();
    named.dedup();
    let rows = store::history_of(db, page.id, &named)?.into_iter().map(|row| (row.version, row)).collect();
    Ok(Found { text: row.text, annotation, rows })
}

/// The step of what is older than all that was looked at.
const OLDEST: usize = 7;

/// How old each version is beside the others that are named: 0 is the newest.
fn ages(origins: &[Option<i64>]) -> HashMap<i64, usize> {
    let mut versions: Vec<i64> = origins.iter().copied().flatten().collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.dedup();
    let steps = versions.len().max(OLDEST + 1) - 1;
    versions.into_iter().enumerate().map(|(at, version)| (version, at * OLDEST / steps.max(1))).collect()
}

fn line_html(number: usize, line: &str) -> String {
    let mut html = Html::default();
    let number = number.to_string();
    html.tag("<span class=\"line\"").attribute("id", &format!("L{number}")).tag("><a");
    html.attribute("href", &format!("#L{number}")).tag(">").text(&number).tag("</a><span dir=\"auto\">");
    html.text(line).tag("</span></span>");
    html.into_string()
}
