//! The tree of pages, level by level, and the short addresses that never change.

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::name::{PageName, href_of, last_part};
use super::shown::{Crumb, NO_PAGE, enter};
use super::store;
use super::tree::{self, Branch, Level};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::base::text::fold;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Branches of one level on a page of its own, and around a page.
const PER_PAGE: usize = 250;
const AROUND: usize = 80;

pub fn routes() -> Vec<Route> {
    routes![top, level, short]
}

#[get("/<project>/wiki-tree")]
async fn top(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| answer(desk, &project)).await
}

#[get("/<project>/wiki-tree/<_..>", rank = 11)]
async fn level(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| answer(desk, &project)).await
}

/// The permanent address of a page: whatever it is called by now.
#[get("/<project>/p/<id>")]
async fn short(visit: Visit, project: String, id: &str) -> Answer {
    let id: Option<i64> = id.parse().ok();
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = room.project.read(|db| store::by_ids(db, &room.viewer, id.as_slice()))?.pop();
            let page = page.ok_or_else(|| Error::not_found(NO_PAGE))?;
            Ok(Answer::moved(&format!("{}{}", room.root, href_of(&page.name))))
        })
        .await
}

#[derive(Serialize)]
struct TreePage {
    name: Option<String>,
    page_href: Option<String>,
    crumbs: Vec<Crumb>,
    tree_html: String,
    next_href: Option<String>,
    index_href: String,
}

impl Page for TreePage {
    const TEMPLATE: &'static str = "wiki/tree.html";
}

fn answer(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let tail = desk.visit.tail("/wiki-tree").ok_or_else(|| Error::not_found(NO_PAGE))?;
    let name = match tail.as_str() {
        "" => None,
        written => Some(PageName::of_address(written).ok_or_else(|| Error::not_found(NO_PAGE))?),
    };
    room.project.read(|db| match desk.visit.value("around") {
        Some(_) => Ok(Answer::fragment(around(db, &room, name.as_ref())?)),
        None => one_level(desk, db, &room, name.as_ref()),
    })
}

fn one_level(desk: &Desk, db: &Connection, room: &Room, name: Option<&PageName>) -> Result<Answer> {
    let folded = name.map_or("", PageName::folded);
    let after = desk.visit.value("after").map(|after| fold(&after));
    let after = after.filter(|after| after.starts_with(folded));
    let level = tree::level(db, &room.viewer, folded, after.as_deref(), PER_PAGE)?;
    let page = name.map(|name| store::find(db, &room.viewer, name.folded())).transpose()?.flatten();
    if level.branches.is_empty() && page.is_none() && name.is_some() {
        return Err(Error::not_found(NO_PAGE));
    }
    let name = match (&page, name) {
        (Some(page), _) => Some(page.name.clone()),
        (None, Some(name)) => Some(name.as_str().to_owned()),
        (None, None) => None,
    };
    let here = format!("{}{}", room.root, tree::href(name.as_deref().unwrap_or_default()));
    let next_href = level.next.as_deref().map(|next| format!("{here}?after={}", address::query_value(next)));
    if desk.visit.wants_json() {
        return as_json(desk, room, &level, next_href.as_deref());
    }
    if desk.visit.value("fragment").is_some() {
        return Ok(Answer::fragment(with_more(tree::drawn(&level, &room.root, None, None), next_href.as_deref())));
    }
    let sheet = TreePage {
        page_href: page.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        crumbs: crumbs(room, name.as_deref()),
        tree_html: tree::drawn(&level, &room.root, None, None).into_string(),
        next_href,
        index_href: format!("{}/wiki?action=index", room.root),
        name: name.as_deref().map(|name| last_part(name).to_owned()),
    };
    let title = name.map_or_else(|| "The tree of pages".to_owned(), |name| format!("Below {name}"));
    Sheet::new(title, sheet).at("/wiki").noindex().render(desk)
}

fn with_more(mut html: Html, next: Option<&str>) -> Html {
    if let Some(next) = next {
        html.tag("<p><a").attribute("href", next).tag(">More pages</a></p>");
    }
    html
}

/// The levels above, each with its own page.
fn crumbs(room: &Room, name: Option<&str>) -> Vec<Crumb> {
    let Some(name) = name else { return Vec::new() };
    let level = |name: &str| Some(format!("{}{}", room.root, tree::href(name)));
    let mut crumbs = vec![Crumb { name: "All".to_owned(), href: level("") }];
    for (at, _) in name.match_indices('/') {
        crumbs.push(Crumb { name: last_part(&name[..at]).to_owned(), href: level(&name[..at]) });
    }
    crumbs
}

fn as_json(desk: &Desk, room: &Room, level: &Level, next: Option<&str>) -> Result<Answer> {
    let absolute = |href: String| desk.web().address.absolute(&format!("{}{href}", room.root));
    let items: Vec<_> = level
        .branches
        .iter()
        .map(|branch| {
            json!({
                "name": branch.name,
                "title": branch.label,
                "url": branch.is_page.then(|| absolute(href_of(&branch.name))),
                "below": branch.has_below.then(|| absolute(tree::href(&branch.name))),
            })
        })
        .collect();
    let total = next.is_none().then_some(items.len());
    let next = next.map(|next| desk.web().address.absolute(next));
    Answer::json(&json!({ "total": total, "page": 1, "items": items, "next": next }))
}

/// What stands around a page: those above it, those beside it and those directly below it.
fn around(db: &Connection, room: &Room, name: Option<&PageName>) -> Result<Html> {
    let Some(name) = name else {
        let level = tree::level(db, &room.viewer, "", None, AROUND)?;
        let more = level.next.is_some().then(|| format!("{}{}", room.root, tree::href("")));
        return Ok(with_more(tree::drawn(&level, &room.root, None, None), more.as_deref()));
    };
    let ancestors = name.ancestors();
    let above = ancestors.last();
    let mut beside = tree::level(db, &room.viewer, above.map_or("", PageName::folded), None, AROUND)?;
    let below = tree::level(db, &room.viewer, name.folded(), None, AROUND)?;
    if !beside.branches.iter().any(|branch| fold(&branch.name) == name.folded())
        && let Some(page) = store::find(db, &room.viewer, name.folded())?
    {
        beside.branches.push(Branch::of(&page, !below.branches.is_empty()));
    }
    let more = |level: &Level, name: &str| level.next.is_some().then(|| format!("{}{}", room.root, tree::href(name)));
    let own = with_more(tree::drawn(&below, &room.root, None, None), more(&below, name.as_str()).as_deref());
    let own = Some((name.folded(), &own)).filter(|_| !below.branches.is_empty());
    let mut html = tree::drawn(&beside, &room.root, Some(name), own);
    html = with_more(html, more(&beside, above.map_or("", PageName::as_str)).as_deref());
    let folded: Vec<String> = ancestors.iter().map(|ancestor| ancestor.folded().to_owned()).collect();
    let pages = store::by_folded(db, &room.viewer, &folded)?;
    for ancestor in ancestors.iter().rev() {
        let page = pages.iter().find(|page| page.folded == ancestor.folded());
        let branch = page.map_or_else(|| Branch::without_page(ancestor.as_str()), |page| Branch::of(page, true));
        let level = Level { branches: vec![branch], next: None };
        html = tree::drawn(&level, &room.root, None, Some((ancestor.folded(), &html)));
    }
    Ok(html)
}
