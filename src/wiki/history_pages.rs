//! The versions of a page: their list, their feed, and what differs between two.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::WIKI_ADMIN;
use super::change_pages::existing;
use super::name::PageName;
use super::shown::{self, Head, NO_PAGE, enter};
use super::store::{self, HistoryRow, PageRow, VersionRow};
use super::versions;
use crate::base::error::{Error, Result};
use crate::base::text::diff::{diff, unified};
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::diff_look::{Bar, Look};
use crate::web::feed::{Entry, Feed};
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging, with_value};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

const VERSIONS_PER_PAGE: usize = 100;
const FEED_ENTRIES: usize = 50;
/// Above so many bytes the words of changed lines are not compared.
const WORDS_COMPARED: usize = 512 * 1024;

pub fn routes() -> Vec<Route> {
    routes![history, difference]
}

#[get("/<project>/wiki/<_..>?action=history", rank = 4)]
async fn history(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            match desk.visit.value("format").as_deref() {
                Some("atom" | "rss") => feed(desk, &room, &page),
                None | Some("html" | "json") => list(desk, &room, &page),
                Some(other) => Err(super::pages::unknown_format(other)),
            }
        })
        .await
}

#[get("/<project>/wiki/<_..>?action=diff", rank = 5)]
async fn difference(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            compared(desk, &room, &page)
        })
        .await
}

#[derive(Serialize)]
struct HistoryPage {
    #[serde(flatten)]
    head: Head,
    versions: Vec<Version>,
    paging: Paging,
}

impl Page for HistoryPage {
    const TEMPLATE: &'static str = "wiki/history.html";
}

#[derive(Serialize)]
struct Version {
    version: i64,
    href: String,
    when: When,
    author: String,
    comment: String,
    taken_by: Option<String>,
    size: i64,
    change: i64,
    note: &'static str,
    minor: bool,
    removed: Option<Removed>,
    comment_href: Option<String>,
    remove_href: Option<String>,
}

#[derive(Serialize)]
struct Removed {
    when: When,
    author: String,
}

fn list(desk: &Desk, room: &Room, page: &PageRow) -> Result<Answer> {
    let head = room.project.read(|db| shown::head_of(db, room, page))?;
    let asked = paging::asked(desk.visit.value("page"));
    let total = room.project.read(|db| store::next_version(db, page.id))? - 1;
    let paging = Paging::new(&head.href, &desk.visit.pairs(), asked, VERSIONS_PER_PAGE, total as usize);
    let rows =
        room.project.read(|db| store::history(db, page.id, VERSIONS_PER_PAGE, paging.offset(VERSIONS_PER_PAGE)))?;
    if desk.visit.wants_json() {
        return as_json(desk, &head, &paging, &rows);
    }
    let zone = room.viewer.zone();
    let administers = room.viewer.may(WIKI_ADMIN);
    let may_remove = |version| versions::may_remove(&room.viewer, page, version, version).is_ok();
    let versions = rows
        .into_iter()
        .map(|row| Version {
            version: row.version,
            href: format!("{}?version={}", head.href, row.version),
            when: row.saved_at.when(&zone),
            author: row.author,
            comment: row.comment,
            taken_by: row.taken_by,
            size: row.size,
            change: row.size - row.size_before.unwrap_or(0),
            minor: row.minor,
            comment_href: (administers && row.removed.is_none())
                .then(|| format!("{}?action=comment&version={}", head.href, row.version)),
            remove_href: (row.removed.is_none() && page.version > 1 && may_remove(row.version))
                .then(|| format!("{}?action=remove&version={}", head.href, row.version)),
            removed: row.removed.map(|(at, author)| Removed { when: at.when(&zone), author }),
            note: match (row.version, row.via.as_str()) {
                (1, _) => "created",
                (_, "import") => "imported",
                _ => "",
            },
        })
        .collect();
    let atom = Alternate {
        href: format!("{}?action=history&format=atom", head.href),
        media_type: "application/atom+xml",
        title: format!("Changes of {}", page.name),
    };
    let title = format!("History of {}", page.name);
    Sheet::new(title, HistoryPage { head, versions, paging }).at("/wiki").noindex().alternates(vec![atom]).render(desk)
}

fn as_json(desk: &Desk, head: &Head, paging: &Paging, rows: &[HistoryRow]) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let items: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "version": row.version, "author": row.author, "time": row.saved_at.iso(), "comment": row.comment,
                "taken_by": row.taken_by, "size": row.size, "minor": row.minor,
                "removed": row.removed.is_some(), "url": absolute(&format!("{}?version={}", head.href, row.version)),
            })
        })
        .collect();
    Answer::json(&json!({
        "total": paging.total, "page": paging.page, "items": items, "next": paging.next.as_deref().map(absolute),
    }))
}

fn feed(desk: &Desk, room: &Room, page: &PageRow) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let url = desk.web().address.absolute(&format!("{}{}", room.root, name.href()));
    let rows = room.project.read(|db| store::history(db, page.id, FEED_ENTRIES, 0))?;
    let entries = rows
        .into_iter()
        .map(|row| Entry {
            title: format!("{}, version {}", page.name, row.version),
            id: format!("{url}?version={}", row.version),
            url: format!("{url}?action=diff&version={}", row.version),
            updated: row.saved_at.iso(),
            author: row.author,
            summary_html: crate::base::markup::Html::escaped(&row.comment).into_string(),
        })
        .collect();
    Feed {
        title: format!("{}: changes of {}", room.row.called(), page.name),
        subtitle: String::new(),
        id: format!("{url}?action=history"),
        html_url: format!("{url}?action=history"),
        self_url: format!("{url}?action=history&format=atom"),
        updated: page.changed_at.iso(),
        entries,
    }
    .render(desk)
}

#[derive(Serialize)]
struct DiffPage {
    #[serde(flatten)]
    head: Head,
    old: End,
    new: End,
    look: Bar,
    rows_html: String,
    added: usize,
    removed: usize,
    too_large: bool,
    previous: Option<String>,
    next: Option<String>,
    undo_href: Option<String>,
    restore_href: Option<String>,
}

impl Page for DiffPage {
    const TEMPLATE: &'static str = "wiki/diff.html";
}

#[derive(Serialize)]
struct End {
    version: i64,
    when: When,
    author: String,
    comment: String,
    href: String,
}

/// Version 0 is the empty page before the first.
fn asked(desk: &Desk, name: &str, otherwise: i64) -> Result<i64> {
    match desk.visit.value(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| Error::invalid(name, format!("`{}` is no version.", crate::web::form::shortened(&text)))),
    }
}

fn compared(desk: &Desk, room: &Room, page: &PageRow) -> Result<Answer> {
    let newer = asked(desk, "version", page.version)?;
    let before = room.project.read(|db| store::version_before(db, page.id, newer))?;
    let older = asked(desk, "old_version", before)?;
    let (older, newer) = if older > newer { (newer, older) } else { (older, newer) };
    let (old, new) = room.project.read(|db| {
        let old = if older == 0 { Some(before_the_first(page)) } else { store::version(db, page.id, older)? };
        Ok((old, store::version(db, page.id, newer)?))
    })?;
    let missing = |version: i64| Error::not_found(format!("“{}” has no version {version}.", page.name));
    let old = old.ok_or_else(|| missing(older))?;
    let new = new.ok_or_else(|| missing(newer))?;
    match desk.visit.value("format").as_deref() {
        Some("diff" | "patch" | "txt") => {
            let label = |version: &VersionRow| format!("{}?version={}", address::path(&page.name), version.version);
            Ok(Answer::text(unified(&label(&old), &label(&new), &old.text, &new.text)))
        }
        None | Some("html") => as_page(desk, room, page, old, new),
        Some(other) => Err(super::pages::unknown_format(other)),
    }
}

fn before_the_first(page: &PageRow) -> VersionRow {
    VersionRow {
        version: 0,
        author: String::new(),
        saved_at: page.changed_at,
        comment: String::new(),
        minor: false,
        via: String::new(),
        size: 0,
        text: String::new(),
    }
}

fn as_page(desk: &Desk, room: &Room, page: &PageRow, old: VersionRow, new: VersionRow) -> Result<Answer> {
    let (head, before, after) = room.project.read(|db| {
        let before = store::version_before(db, page.id, old.version)?;
        Ok((shown::head_of(db, room, page)?, before, store::version_after(db, page.id, new.version)?))
    })?;
    let follows = room.project.read(|db| store::version_before(db, page.id, new.version))? == old.version;
    let pairs = desk.visit.pairs();
    let look = Look::asked(desk, Style::Side)?;
    let found = diff(&old.text, &new.text, &look.options());
    let same = found.added + found.removed == 0;
    let zone = room.viewer.zone();
    let end = |version: &VersionRow| End {
        version: version.version,
        when: version.saved_at.when(&zone),
        author: version.author.clone(),
        comment: version.comment.clone(),
        href: format!("{}?version={}", head.href, version.version),
    };
    let step = |older: i64, newer: i64| {
        let pairs: Vec<_> = pairs
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "old_version" | "version"))
            .cloned()
            .chain([("old_version".to_owned(), older.to_string())])
            .collect();
        with_value(&head.href, &pairs, "version", &newer.to_string())
    };
    let sheet = DiffPage {
        look: look.bar(&head.href, &desk.visit.query),
        added: found.added,
        removed: found.removed,
        too_large: found.left_out > 0 || old.text.len() + new.text.len() > WORDS_COMPARED,
        rows_html: if same { String::new() } else { rows_html(&found, look.style).into_string() },
        previous: (old.version > 0).then(|| step(before, old.version)),
        next: (after > 0).then(|| step(new.version, after)),
        undo_href: (head.may.edit && old.version > 0 && follows)
            .then(|| format!("{}?action=edit&undo={}", head.href, new.version)),
        restore_href: (head.may.edit && old.version > 0)
            .then(|| format!("{}?action=edit&version={}", head.href, old.version)),
        old: end(&old),
        new: end(&new),
        head,
    };
    if sheet.new.version == 0 {
        return Err(Error::not_found(NO_PAGE));
    }
    let answer = Sheet::new(format!("Changes of {}", page.name), sheet).at("/wiki").noindex().render(desk)?;
    Ok(look.kept(desk, answer))
}
