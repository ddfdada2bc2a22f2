//! A page, or a page with all below it, as one document to be printed: `?action=print[&children=1]`.
//!
//! Every page is a part whose headings stand below those of the page above it; links between the parts lead within the
//! document. What is in it is what this viewer may see.

use std::collections::HashMap;

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::change_pages::existing;
use super::name::{PageName, below, last_part};
use super::pages::{OutlineItem, nested};
use super::shown::enter;
use super::store::{self, PageRow};
use crate::base::error::Result;
use crate::base::markup::{Flavour, Heading, Here};
use crate::base::resource::Resource;
use crate::base::time::{Instant, When};
use crate::web::rewrite::{Fate, rewritten};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Pages of one document.
const MOST_PAGES: usize = 200;
/// Bytes of their texts together, which the first page alone may exceed.
const MOST_TEXT: i64 = 4 * 1024 * 1024;
/// Headings deeper than this are not in the contents.
const CONTENTS_DEPTH: u8 = 3;

pub fn routes() -> Vec<Route> {
    routes![print]
}

#[get("/<project>/wiki/<_..>?action=print", rank = 50)]
async fn print(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            let with_children = desk.visit.value("children").is_some_and(|value| value == "1");
            room.project.read(|db| document(desk, db, &room, &page, with_children))
        })
        .await
}

#[derive(Serialize)]
struct PrintPage {
    href: String,
    contents: Vec<OutlineItem>,
    parts: Vec<Part>,
    whole_href: Option<String>,
    single_href: Option<String>,
    left_out: usize,
    most_pages: usize,
    printed: When,
}

impl Page for PrintPage {
    const TEMPLATE: &'static str = "wiki/print.html";
}

#[derive(Serialize)]
struct Part {
    id: String,
    /// Of the heading that the name becomes, where the text does not begin with one of the first level itself.
    level: Option<u8>,
    name: String,
    body_html: String,
}

fn document(desk: &Desk, db: &Connection, room: &Room, page: &PageRow, with_children: bool) -> Result<Answer> {
    let mut all = vec![page.clone()];
    let children = store::list(db, &room.viewer, &format!("{}/", page.folded), MOST_PAGES + 1)?;
    let has_children = !children.is_empty();
    if with_children {
        all.extend(children);
        // `a-b` sorts between `a` and `a/b`, but what is below `a` follows it.
        all.sort_by_key(|page| page.folded.split('/').map(str::to_owned).collect::<Vec<_>>());
    }
    let (taken, left_out) = fitting(db, all)?;
    let places: HashMap<&str, usize> =
        taken.iter().enumerate().map(|(at, (page, _))| (page.folded.as_str(), at)).collect();
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let (mut parts, mut headings) = (Vec::new(), Vec::new());
    for (at, (one, text)) in taken.iter().enumerate() {
        let compiled = reader.compiled(text, Flavour::Page)?;
        let id = format!("page-{at}");
        let prefix = format!("{id}-");
        let here = Here { resource: Resource::new("page", one.id), name: one.name.clone() };
        let html = reader.htmls(db, &[(&compiled, &prefix)], Some(&here))?.pop().unwrap_or_default();
        let depth = one.name.matches('/').count() - page.name.matches('/').count();
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        let own_title = compiled.outline.first().is_some_and(|first| first.level == 1);
        let is_titled_below = !own_title && compiled.outline.iter().any(|heading| heading.level == 1);
        let shift = depth.saturating_add(u8::from(is_titled_below));
        let name = if at == 0 { last_part(&one.name) } else { below(&one.name, &page.name) };
        headings.push(Heading { level: level(1, depth), id: id.clone(), text: name.to_owned(), at: None });
        let inner =
            compiled.outline.iter().skip(usize::from(own_title)).filter(|heading| heading.level <= CONTENTS_DEPTH);
        headings.extend(inner.map(|heading| Heading {
            level: level(heading.level.max(2), shift),
            id: format!("{prefix}{}", heading.id),
            text: heading.text.clone(),
            at: None,
        }));
        parts.push(Part {
            id,
            level: (!own_title).then(|| level(1, depth)),
            name: name.to_owned(),
            body_html: placed(html.as_str(), shift, &room.root, &places),
        });
    }
    let href = format!("{}{}", room.root, super::name::href_of(&page.name));
    let with = |wish: bool, query: &str| wish.then(|| format!("{href}?action=print{query}"));
    let sheet = PrintPage {
        contents: if headings.len() < 3 { Vec::new() } else { nested(&headings) },
        parts,
        whole_href: with(has_children && !with_children, "&children=1"),
        single_href: with(has_children && with_children, ""),
        left_out,
        most_pages: MOST_PAGES,
        printed: Instant::now().when(&room.viewer.zone()),
        href,
    };
    Sheet::new(page.name.clone(), sheet).at("/wiki").noindex().render(desk)
}

/// The pages of which a document is made, with their texts, and how many are left out.
fn fitting(db: &Connection, mut all: Vec<PageRow>) -> Result<(Vec<(PageRow, String)>, usize)> {
    let total = all.len();
    all.truncate(MOST_PAGES);
    let mut taken: Vec<(PageRow, String)> = Vec::new();
    let mut size = 0;
    for page in all {
        let Some(version) = store::version(db, page.id, page.version)? else { continue };
        size += version.size;
        if size > MOST_TEXT && !taken.is_empty() {
            break;
        }
        taken.push((page, version.text));
    }
    let left_out = total - taken.len();
    Ok((taken, left_out))
}

fn level(level: u8, shift: u8) -> u8 {
    level.saturating_add(shift).min(6)
}

/// A text as a part of the document: its headings lower, its links to other parts within.
fn placed(html: &str, shift: u8, root: &str, places: &HashMap<&str, usize>) -> String {
    rewritten(html, &mut |tag, _| {
        let own = tag.name.strip_prefix('h').and_then(|digit| digit.parse().ok());
        if let Some(own) = own.filter(|own| (1..=6).contains(own)) {
            tag.name = format!("h{}", level(own, shift));
        }
        let inside = tag.get("href").filter(|_| tag.name == "a").and_then(|href| inside(href, root, places));
        if let Some(inside) = inside {
            tag.set("href", inside);
        }
        Fate::Stays
    })
}

/// Where an address stands in the document: `#page-3-goals` for `/demo/wiki/Plan#goals`.
fn inside(href: &str, root: &str, places: &HashMap<&str, usize>) -> Option<String> {
    let below = href.strip_prefix(root)?.strip_prefix("/wiki/")?;
    let (path, heading) = below.split_once('#').map_or((below, None), |(path, heading)| (path, Some(heading)));
    // Whatever asks for more than the page itself leads there.
    if path.contains('?') {
        return None;
    }
    let name = PageName::of_address(&address::decode(path)?)?;
    let at = places.get(name.folded())?;
    Some(heading.map_or_else(|| format!("#page-{at}"), |heading| format!("#page-{at}-{heading}")))
}
