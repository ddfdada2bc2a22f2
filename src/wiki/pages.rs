//! Reading a page: `/<project>/wiki/<Page>`, its old versions, its text, its JSON.
//!
//! Rocket tells routes apart by path alone, so those that differ only in `?action=` have ranks of their own.

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::access;
use super::discussion::{self, shown::Marked};
use super::furniture;
use super::name::{PageName, START, below, href_of, last_part};
use super::shown::{self, Counted, Head, NO_PAGE, Named, asked_name, enter};
use super::store::{self, PageRow, VersionRow};
use super::tag_pages;
use super::template;
use super::watching::{self, Watch};
use super::{WIKI_ADMIN, WIKI_CREATE, WIKI_DELETE, WIKI_DISCUSS, WIKI_MODIFY};
use crate::attachment::{self, File};
use crate::base::error::{Error, Result};
use crate::base::link;
use crate::base::markup::{self, Compiled, Flavour, Front, Heading, Here};
use crate::base::resource::Resource;
use crate::base::site::State;
use crate::base::time::When;
use crate::web::page::Alternate;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Children that the foot of a page lists.
const CHILDREN: usize = 60;

pub fn routes() -> Vec<Route> {
    routes![start, wiki, show]
}

#[get("/<project>")]
async fn start(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            Ok(Answer::see(&format!("{}/wiki/{START}", room.root)))
        })
        .await
}

#[get("/<project>/wiki", rank = 100)]
async fn wiki(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            match desk.visit.value("format").as_deref() {
                Some("atom" | "rss") => super::list_pages::recent_feed(desk, &room),
                _ => Ok(Answer::see(&format!("{}/wiki/{START}", room.root))),
            }
        })
        .await
}

#[get("/<project>/wiki/<_..>", rank = 101)]
async fn show(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| shown_page(desk, &project)).await
}

#[derive(Serialize)]
struct ShowPage {
    #[serde(flatten)]
    head: Head,
    heading: Option<String>,
    tags: Vec<Named>,
    unseen_heading: Option<String>,
    index_href: String,
    tree_href: String,
    short_href: String,
    live: String,
    body_html: String,
    sidebar_html: Option<String>,
    footer_html: Option<String>,
    outline: Vec<OutlineItem>,
    children: Vec<Named>,
    children_more: Option<String>,
    attachments: Vec<File>,
    marked: Vec<Marked>,
    discuss_href: Option<String>,
    watch: Option<Watch>,
    backlinks: Counted,
    change: Change,
    old: Option<Old>,
    redirected_from: Option<Named>,
    kept_back: Option<String>,
    read_only: Option<String>,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "wiki/show.html";
}

#[derive(Serialize)]
struct Change {
    version: i64,
    when: When,
    author: String,
    comment: String,
}

#[derive(Serialize)]
struct Old {
    version: i64,
    latest: i64,
    href: String,
    previous: Option<String>,
    next: Option<String>,
    diff_href: String,
}

#[derive(Serialize)]
pub(super) struct OutlineItem {
    id: String,
    text: String,
    children: Vec<OutlineItem>,
}

#[derive(Serialize)]
struct MissingPage {
    name: String,
    crumbs: Vec<shown::Crumb>,
    create_href: Option<String>,
    templates: Vec<Named>,
    sign_in: Option<String>,
    similar: Vec<Named>,
    trash: Option<Trashed>,
    backlinks: Counted,
    search_href: String,
}

impl Page for MissingPage {
    const TEMPLATE: &'static str = "wiki/missing.html";
}

#[derive(Serialize)]
struct Trashed {
    when: When,
    author: String,
    href: String,
}

fn shown_page(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let name = asked_name(desk)?;
    room.project.read(|db| {
        let Some(page) = store::find(db, &room.viewer, name.folded())? else {
            return missing(desk, db, &room, &name);
        };
        let here = format!("{}{}", room.root, href_of(&page.name));
        if desk.visit.path != here && !same_address(&desk.visit.path, &here) {
            // Another case, or slashes too many: one page has one address.
            return Ok(Answer::moved(&with_query(desk, &here)));
        }
        refuse_unknown_action(desk)?;
        let version = asked_version(desk, db, &page)?;
        match desk.visit.value("format").as_deref() {
            Some("txt") => return Ok(Answer::text(version.text)),
            None | Some("html" | "json") => {}
            Some(other) => return Err(unknown_format(other)),
        }
        if desk.visit.wants_json() {
            return as_json(desk, &room, &page, &version);
        }
        as_page(desk, db, &room, &page, version)
    })
}

/// The other actions have routes of their own.
fn refuse_unknown_action(desk: &Desk) -> Result<()> {
    match desk.visit.value("action").as_deref() {
        None | Some("" | "view") => Ok(()),
        Some(other) => Err(Error::invalid(
            "action",
            format!("There is no action `{}` for a page.", crate::web::form::shortened(other)),
        )),
    }
}

pub(super) fn unknown_format(format: &str) -> Error {
    Error::invalid("format", format!("There is no format `{}` here.", crate::web::form::shortened(format)))
}

/// Percent-encoding may differ between browsers; the names must not.
fn same_address(asked: &str, ours: &str) -> bool {
    address::decode(asked).is_some_and(|asked| address::decode(ours).is_some_and(|ours| asked == ours))
}

fn with_query(desk: &Desk, href: &str) -> String {
    if desk.visit.query.is_empty() { href.to_owned() } else { format!("{href}?{}", desk.visit.query) }
}

fn asked_version(desk: &Desk, db: &Connection, page: &PageRow) -> Result<VersionRow> {
    let asked = match desk.visit.value("version") {
        None => page.version,
        Some(text) => text.parse().map_err(|_| bad_version(&text))?,
    };
    store::version(db, page.id, asked)?.ok_or_else(|| {
        Error::not_found(format!("“{}” has no version {asked}; the newest one is {}.", page.name, page.version))
    })
}

pub(super) fn bad_version(text: &str) -> Error {
    let text = crate::web::form::shortened(text);
    Error::invalid("version", format!("`{text}` is no version: they are numbered from 1."))
}

fn as_json(desk: &Desk, room: &Room, page: &PageRow, version: &VersionRow) -> Result<Answer> {
    let front = Front::of(&version.text).unwrap_or_default();
    let value = json!({
        "name": page.name,
        "title": front.title,
        "tags": front.tags,
        "version": version.version,
        "latest": page.version,
        "author": version.author,
        "time": version.saved_at.iso(),
        "comment": if version.comment.is_empty() { None } else { Some(&version.comment) },
        "text": version.text,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, href_of(&page.name))),
    });
    Ok(Answer::json(&value)?.header("ETag", format!("\"{}\"", version.version)))
}

fn as_page(desk: &Desk, db: &Connection, room: &Room, page: &PageRow, version: VersionRow) -> Result<Answer> {
    let head = shown::head_of(db, room, page)?;
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(&version.text, Flavour::Page)?;
    let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
    let mut body = reader.html(db, &compiled, Some(&here))?;
    if head.may.edit && version.version == page.version {
        body = markup::with_pencils(&body, &compiled.outline, &format!("{}?action=edit&section=", head.href));
    }
    let furniture = furniture::around(db, &reader, &PageName::parse(&page.name, "page")?)?;
    let mut children = store::list(db, &room.viewer, &format!("{}/", page.folded), CHILDREN + 1)?;
    let more = children.len() > CHILDREN;
    children.truncate(CHILDREN);
    let keys = store::keys_of(db, page)?;
    let zone = room.viewer.zone();
    let old = if version.version < page.version { Some(old_of(db, &head.href, &version, page)?) } else { None };
    let owner = super::owner(&room.viewer, page.clone());
    let front = Front::of(&version.text).unwrap_or_default();
    let starts_with_title = compiled.outline.first().is_some_and(|first| first.level == 1);
    let atom = Alternate {
        href: format!("{}?action=history&format=atom", head.href),
        media_type: "application/atom+xml",
        title: format!("Changes of {}", page.name),
    };
    let plain = Alternate {
        href: format!("{}?format=txt", head.href),
        media_type: "text/plain",
        title: "Plain text".to_owned(),
    };
    let noindex = old.is_some();
    let sheet = ShowPage {
        heading: (page.name != START && !starts_with_title)
            .then(|| front.title.clone().unwrap_or_else(|| last_part(&page.name).to_owned())),
        tags: front
            .tags
            .iter()
            .map(|tag| Named { name: tag.clone(), href: format!("{}{}", room.root, tag_pages::href(tag)) })
            .collect(),
        unseen_heading: (page.name == START && !starts_with_title).then(|| room.row.called().to_owned()),
        index_href: format!("{}/wiki?action=index", room.root),
        tree_href: format!("{}{}", room.root, super::tree::href(&page.name)),
        short_href: format!("{}/p/{}", room.root, page.id),
        outline: if compiled.outline.len() < 2 { Vec::new() } else { nested(&compiled.outline) },
        live: if old.is_some() { String::new() } else { live(page, &compiled) },
        body_html: body.into_string(),
        sidebar_html: furniture.sidebar_html,
        footer_html: furniture.footer_html,
        children: children
            .iter()
            .map(|child| Named {
                name: if child.title.is_empty() { below(&child.name, &page.name) } else { &child.title }.to_owned(),
                href: format!("{}{}", room.root, href_of(&child.name)),
            })
            .collect(),
        children_more: more.then(|| format!("{}/wiki?action=index", room.root)),
        attachments: attachment::files(db, &room.viewer, &owner, &room.root)?,
        marked: match old {
            None => discussion::shown::marked(db, page, &room.root, head.open_threads.unwrap_or(0))?,
            Some(_) => Vec::new(),
        },
        watch: if old.is_none() { watching::on_page(db, room, page)? } else { None },
        discuss_href: (old.is_none() && room.viewer.at_path(&page.folded).may(WIKI_DISCUSS))
            .then(|| format!("{}?action=discussion", head.href)),
        backlinks: Counted {
            count: link::count(db, room.project.components(), &room.viewer, ("page", &keys))?,
            href: format!("{}?action=backlinks", head.href),
        },
        change: Change {
            version: version.version,
            when: version.saved_at.when(&zone),
            author: version.author,
            comment: version.comment,
        },
        old,
        redirected_from: redirected_from(desk, db, page, &head.href)?,
        kept_back: access::kept_back(db, page)?.map(|until| until.written(&zone)),
        read_only: read_only(room, page),
        head,
    };
    let title = if page.name == START { room.row.called() } else { page.called() };
    let sheet = Sheet::new(title, sheet).at("/wiki").about(format!("wiki:{}", page.name)).alternates(vec![atom, plain]);
    if noindex { sheet.noindex().render(desk) } else { sheet.render(desk) }
}

/// `?from=Old+Name`, set by the redirect of a former name: said on the page if it is true.
fn redirected_from(desk: &Desk, db: &Connection, page: &PageRow, href: &str) -> Result<Option<Named>> {
    let Some(from) = desk.visit.value("from").and_then(|from| PageName::parse(&from, "from").ok()) else {
        return Ok(None);
    };
    let leads_here = store::keys_of(db, page)?.iter().any(|key| key == from.folded() && *key != page.folded);
    Ok(leads_here.then(|| Named { name: from.as_str().to_owned(), href: format!("{href}?action=history") }))
}

/// Why the page can't be changed by this viewer, who might otherwise.
fn read_only(room: &Room, page: &PageRow) -> Option<String> {
    if room.row.state == State::Archived {
        return Some("This project is archived: it can be read but not changed.".to_owned());
    }
    let kept = page.read_only && room.viewer.may(WIKI_MODIFY);
    kept.then(|| {
        let who = if room.viewer.may(WIKI_ADMIN) { "You may, since you have" } else { "That needs" };
        format!(
            "This page is read-only: only those who administer the wiki change it. {who} the permission WIKI_ADMIN."
        )
    })
}

/// What a page shows changes with itself, and with whatever it refers to.
fn live(page: &PageRow, compiled: &Compiled) -> String {
    let others = if compiled.shows_others() { " page ticket milestone" } else { "" };
    format!("page:{}{others}", page.id)
}

fn old_of(db: &Connection, href: &str, version: &VersionRow, page: &PageRow) -> Result<Old> {
    let of = |number: i64| format!("{href}?version={number}");
    let previous = store::version_before(db, page.id, version.version)?;
    Ok(Old {
        version: version.version,
        latest: page.version,
        href: href.to_owned(),
        previous: (previous > 0).then(|| of(previous)),
        next: Some(of(store::version_after(db, page.id, version.version)?)),
        diff_href: format!("{href}?action=diff&old_version={}&version={}", version.version, page.version),
    })
}

/// Headings as a tree.
pub(super) fn nested(headings: &[Heading]) -> Vec<OutlineItem> {
    let mut items = Vec::new();
    let mut rest = headings;
    while let Some((first, after)) = rest.split_first() {
        let below = after.iter().take_while(|heading| heading.level > first.level).count();
        items.push(OutlineItem { id: first.id.clone(), text: first.text.clone(), children: nested(&after[..below]) });
        rest = &after[below..];
    }
    items
}

/// A name without a page: a former name leads on; else a 404 that helps, the same whether there is nothing or nothing for
/// this viewer.
fn missing(desk: &Desk, db: &Connection, room: &Room, name: &PageName) -> Result<Answer> {
    let viewer = &room.viewer;
    let former = store::by_former_names(db, viewer, &[name.folded().to_owned()])?.pop();
    if let Some((_, page)) = former {
        let mut query = format!("from={}", address::query_value(name.as_str()));
        for (key, value) in desk.visit.pairs().into_iter().filter(|(key, _)| key != "from") {
            query.push_str(&format!("&{}={}", address::query_value(&key), address::query_value(&value)));
        }
        return Ok(Answer::moved(&format!("{}{}?{query}", room.root, href_of(&page.name))));
    }
    let class = store::class_of(db, name.folded())?;
    let creates = viewer.may(WIKI_CREATE) && viewer.sees_class(class);
    if desk.visit.wants_json() || !creates && desk.visit.value("format").is_some() {
        return Err(Error::not_found(NO_PAGE));
    }
    let head = shown::head(db, room, name, false)?;
    let trashed = if viewer.may(WIKI_DELETE) { store::trashed_by_name(db, viewer, name.folded())? } else { None };
    let keys = [name.folded().to_owned()];
    let page = MissingPage {
        create_href: creates.then(|| format!("{}?action=edit", head.href)),
        templates: if creates { template::offered(db, room, name)? } else { Vec::new() },
        sign_in: (!viewer.signed_in())
            .then(|| format!("{}/-/login?next={}", desk.base(), address::segment(&desk.visit.here()))),
        similar: store::similar(db, viewer, name.folded(), 8)?
            .into_iter()
            .map(|page| Named { href: format!("{}{}", room.root, href_of(&page.name)), name: page.name })
            .collect(),
        trash: trashed.map(|row| Trashed {
            when: row.deleted_at.when(&viewer.zone()),
            author: row.deleted_by,
            href: format!("{}/wiki?action=trash", room.root),
        }),
        backlinks: Counted {
            count: link::count(db, room.project.components(), viewer, ("page", &keys))?,
            href: format!("{}?action=backlinks", head.href),
        },
        search_href: format!("{}/search?q={}", room.root, address::query_value(name.as_str())),
        name: head.name,
        crumbs: head.crumbs,
    };
    Sheet::new(name.as_str(), page).at("/wiki").noindex().status(Status::NotFound).render(desk)
}
