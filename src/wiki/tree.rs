//! The tree that the names of pages make, one level at a time: however many pages there are, a level costs what it shows.

use std::collections::HashMap;

use rusqlite::Connection;

use super::name::{PageName, href_of, last_part};
use super::store::{self, PageRow};
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::base::viewer::Viewer;
use crate::web::address;

/// A page, or a part of names without a page of its own.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The whole name, as a page spells it.
    pub name: String,
    /// How it is called here: its title, else the last part of its name.
    pub label: String,
    pub is_page: bool,
    pub has_below: bool,
}

impl Branch {
    pub fn of(page: &PageRow, has_below: bool) -> Self {
        let label = if page.title.is_empty() { last_part(&page.name) } else { &page.title };
        Self { name: page.name.clone(), label: label.to_owned(), is_page: true, has_below }
    }

    pub fn without_page(name: &str) -> Self {
        Self { name: name.to_owned(), label: last_part(name).to_owned(), is_page: false, has_below: true }
    }
}

/// One level of the tree.
#[derive(Debug, Clone, Default)]
pub struct Level {
    pub branches: Vec<Branch>,
    /// Where the next ones begin, if there are more.
    pub next: Option<String>,
}

/// What stands directly below a page (or at the top, where `above` is empty), in order, after the folded name `after`.
pub fn level(db: &Connection, viewer: &Viewer, above: &str, after: Option<&str>, limit: usize) -> Result<Level> {
    let from = if above.is_empty() { String::new() } else { format!("{above}/") };
    let to = format!("{from}\u{10FFFF}");
    let mut level = Level::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut at = after.unwrap_or(&from).to_owned();
    while let Some(page) = store::next_after(db, viewer, &at, &to)? {
        let rest = page.folded.strip_prefix(&from).unwrap_or(&page.folded);
        let (part, is_own) = rest.split_once('/').map_or((rest, true), |(part, _)| (part, false));
        let folded = format!("{from}{part}");
        match places.get(part) {
            Some(place) => level.branches[*place].has_below |= !is_own,
            None if level.branches.len() == limit => {
                level.next = Some(at);
                break;
            }
            None => {
                places.insert(part.to_owned(), level.branches.len());
                level.branches.push(branch(db, viewer, &page, &folded, is_own)?);
            }
        }
        // What is below a part is one thing here: on to whatever follows all of it.
        at = if is_own { page.folded } else { format!("{folded}/\u{10FFFF}") };
    }
    Ok(level)
}

fn branch(db: &Connection, viewer: &Viewer, page: &PageRow, folded: &str, is_own: bool) -> Result<Branch> {
    if is_own {
        return Ok(Branch::of(page, false));
    }
    if let Some(own) = store::find(db, viewer, folded)? {
        return Ok(Branch::of(&own, true));
    }
    let depth = folded.split('/').count();
    let name: Vec<&str> = page.name.split('/').take(depth).collect();
    Ok(Branch::without_page(&name.join("/")))
}

/// Where a level has a page of its own: `/wiki-tree/Guide`.
pub fn href(name: &str) -> String {
    if name.is_empty() { "/wiki-tree".to_owned() } else { format!("/wiki-tree/{}", address::path(name)) }
}

/// A level as a list in which each branch opens to what is below it: by a script in place, without one by its own page.
/// `inner` is what stands open below the branch of that folded name.
pub fn drawn(level: &Level, root: &str, here: Option<&PageName>, inner: Option<(&str, &Html)>) -> Html {
    let mut html = Html::default();
    html.tag("<ul class=\"page-tree\">");
    for branch in &level.branches {
        html.tag("<li>");
        let folded = crate::base::text::fold(&branch.name);
        if branch.is_page {
            html.tag("<a").attribute("href", &format!("{root}{}", href_of(&branch.name)));
            if here.is_some_and(|here| here.folded() == folded) {
                html.attribute("aria-current", "page");
            }
            html.tag("><bdi>").text(&branch.label).tag("</bdi></a>");
        } else {
            html.tag("<bdi class=\"muted\">").text(&branch.label).tag("</bdi>");
        }
        match inner.filter(|(name, _)| *name == folded) {
            Some((_, inner)) => {
                html.html(inner);
            }
            None if branch.has_below => below(&mut html, branch, root),
            None => {}
        }
        html.tag("</li>");
    }
    html.tag("</ul>");
    html
}

/// What is below a branch, to be opened.
fn below(html: &mut Html, branch: &Branch, root: &str) {
    let href = format!("{root}{}", href(&branch.name));
    html.tag("<details").attribute("data-tree", &href).tag("><summary><span class=\"unseen\">Below ");
    html.text(&branch.label).tag("</span></summary><p><a").attribute("href", &href);
    html.tag(">The pages below</a></p></details>");
}
