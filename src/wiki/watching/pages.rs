//! `/<project>/watched`: what others did to watched pages since their reader last looked, and what is watched. Watching begins
//! and ends with a button in the foot of each page.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::PATH;
use super::store::{self, ChangedRow, Scope, WatchRow};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::base::time::{Instant, When};
use crate::web::feed::{Entry, Feed};
use crate::web::form::{Form, shortened};
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::discussion::message_href;
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{NO_PAGE, enter};
use crate::wiki::store::{self as wiki, PageRow};

/// Pages with news that are listed at once.
const MOST_NEWS: usize = 100;
const FEED_ENTRIES: usize = 50;
/// Nobody watches more by name; whoever wants to watches a tree, or all.
const MOST_WATCHED: i64 = 1000;

pub fn routes() -> Vec<Route> {
    routes![watched, act]
}

/// What a page offers its reader; none for those who are not signed in.
#[derive(Debug, Serialize)]
pub struct Watch {
    href: String,
    page: String,
    /// This page by itself, and with those below it.
    itself: bool,
    tree: bool,
    /// Why it is watched anyway: the page above it, or all pages.
    above: Option<String>,
    all: bool,
}

/// One indexed query.
pub fn on_page(db: &Connection, room: &Room, page: &PageRow) -> Result<Option<Watch>> {
    let Some(account) = room.reader() else { return Ok(None) };
    let rows = store::watches_around(db, account, page.id)?;
    let is = |scope: Scope| rows.iter().any(|row| row.scope == scope && row.page == page.id);
    let above = rows.iter().find(|row| {
        row.scope == Scope::Tree && page.folded.strip_prefix(&row.folded).is_some_and(|rest| rest.starts_with('/'))
    });
    Ok(Some(Watch {
        href: format!("{}{PATH}", room.root),
        page: page.name.clone(),
        itself: is(Scope::Page),
        tree: is(Scope::Tree),
        above: above.map(|row| row.name.clone()),
        all: rows.iter().any(|row| row.scope == Scope::All),
    }))
}

/// A watched page with what others did to it.
#[derive(Debug, Serialize)]
pub struct News {
    pub name: String,
    pub href: String,
    pub when: When,
    /// `2 new versions`; empty: none.
    pub saved: String,
    pub diff_href: Option<String>,
    /// `1 new message`; empty: none.
    pub said: String,
    pub message_href: String,
}

/// What is new to a reader among the pages that they watch, at most `limit` pages; none for those who are not signed in.
pub fn news(db: &Connection, room: &Room, limit: usize) -> Result<Option<Vec<News>>> {
    let Some(account) = room.reader() else { return Ok(None) };
    let since = store::looked_at(db, account)?;
    let rows = store::changed(db, &room.viewer, account, since, limit)?;
    Ok(Some(rows.iter().map(|row| of_row(room, row)).collect()))
}

fn of_row(room: &Room, row: &ChangedRow) -> News {
    let href = format!("{}{}", room.root, href_of(&row.name));
    let counted = |count: i64, one: &str| match count {
        0 => String::new(),
        1 => format!("1 new {one}"),
        many => format!("{many} new {one}s"),
    };
    let is_new = row.saved > 0 && row.seen == 0;
    News {
        when: row.changed_at.when(&room.viewer.zone()),
        saved: if is_new { "new page".to_owned() } else { counted(row.saved, "version") },
        diff_href: (row.saved > 0 && row.seen > 0 && row.seen < row.version)
            .then(|| format!("{href}?action=diff&old_version={}&version={}", row.seen, row.version)),
        said: counted(row.messages, "message"),
        message_href: format!("{}{}", room.root, message_href(&row.name, row.first_message)),
        name: row.name.clone(),
        href,
    }
}

#[derive(Serialize)]
struct WatchedPage {
    news: Vec<News>,
    more: bool,
    /// Until when this reader has looked once they have looked at this.
    until: i64,
    watches: Vec<Watched>,
    all: bool,
    own_href: String,
    token_href: String,
}

impl Page for WatchedPage {
    const TEMPLATE: &'static str = "wiki/watched.html";
}

#[derive(Serialize)]
struct Watched {
    name: String,
    href: String,
    scope: &'static str,
}

#[get("/<project>/watched")]
async fn watched(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            match desk.visit.value("format").as_deref() {
                Some("atom" | "rss") => feed(desk, &room),
                None | Some("html" | "json") => shown(desk, &room),
                Some(other) => Err(crate::wiki::pages::unknown_format(other)),
            }
        })
        .await
}

/// The account of whoever asks, who may also be the bearer of a feed token.
fn signed_in(room: &Room) -> Result<&str> {
    room.reader().ok_or_else(|| Error::Forbidden {
        permission: "authenticated",
        message: "Watched pages are kept for those who are signed in.".to_owned(),
    })
}

fn shown(desk: &Desk, room: &Room) -> Result<Answer> {
    let account = signed_in(room)?;
    let until = Instant::now();
    let (since, mut rows, watches) = room.project.read(|db| {
        let since = store::looked_at(db, account)?;
        let rows = store::changed(db, &room.viewer, account, since, MOST_NEWS + 1)?;
        Ok((since, rows, store::watches(db, &room.viewer, account)?))
    })?;
    let more = rows.len() > MOST_NEWS;
    rows.truncate(MOST_NEWS);
    let own_href = format!("{}{PATH}", room.root);
    if desk.visit.wants_json() {
        return as_json(desk, room, since, &rows, &watches);
    }
    let sheet = WatchedPage {
        news: rows.iter().map(|row| of_row(room, row)).collect(),
        more,
        until: until.0,
        all: watches.iter().any(|row| row.scope == Scope::All),
        watches: watches
            .into_iter()
            .filter(|row| row.scope != Scope::All)
            .map(|row| Watched {
                href: format!("{}{}", room.root, href_of(&row.name)),
                name: row.name,
                scope: row.scope.name(),
            })
            .collect(),
        token_href: format!("{}/-/account", desk.base()),
        own_href: own_href.clone(),
    };
    let atom = Alternate {
        href: format!("{own_href}?format=atom"),
        media_type: "application/atom+xml",
        title: "Watched pages".to_owned(),
    };
    Sheet::new("Watched pages", sheet).at("/wiki").noindex().alternates(vec![atom]).render(desk)
}

fn as_json(desk: &Desk, room: &Room, since: Instant, rows: &[ChangedRow], watches: &[WatchRow]) -> Result<Answer> {
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "url": desk.web().address.absolute(&format!("{}{}", room.root, href_of(&row.name))),
                "time": row.changed_at.iso(), "version": row.version, "seen": row.seen, "versions": row.saved,
                "messages": row.messages,
            })
        })
        .collect();
    let watches: Vec<Value> = watches
        .iter()
        .map(|row| json!({ "scope": row.scope.name(), "page": (!row.name.is_empty()).then_some(&row.name) }))
        .collect();
    Answer::json(&json!({
        "total": items.len(), "page": 1, "items": items, "next": null, "since": since.iso(), "watches": watches,
    }))
}

/// The newest change of each watched page; for feed readers, which show a feed token.
fn feed(desk: &Desk, room: &Room) -> Result<Answer> {
    let account = signed_in(room)?;
    let rows = room.project.read(|db| store::latest(db, &room.viewer, account, FEED_ENTRIES))?;
    let absolute = |href: &str| desk.web().address.absolute(&format!("{}{href}", room.root));
    let entries: Vec<Entry> = rows
        .iter()
        .map(|row| {
            let href = href_of(&row.name);
            Entry {
                title: format!("{}, version {}", row.name, row.version),
                id: absolute(&format!("{href}?version={}", row.version)),
                url: absolute(&match row.version {
                    1 => href,
                    version => format!("{href}?action=diff&version={version}"),
                }),
                updated: row.changed_at.iso(),
                author: room.viewer.shown_name(&row.author),
                summary_html: Html::escaped(&row.comment).into_string(),
            }
        })
        .collect();
    let url = absolute(PATH);
    Feed {
        title: format!("{}: watched pages", room.row.called()),
        subtitle: String::new(),
        id: url.clone(),
        html_url: url.clone(),
        self_url: format!("{url}?format=atom"),
        updated: rows.first().map_or(Instant(0), |row| row.changed_at).iso(),
        entries,
    }
    .render(desk)
}

/// `watch` or `unwatch` = page | tree | all, with `page_name`; or `looked` = until when.
#[post("/<project>/watched", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let account = room.keeper()?;
            if form.has("looked") {
                // Not further than now, or what is still to come would be seen already.
                let until = Instant(form.number("looked")?.clamp(0, Instant::now().0));
                room.project.db().write(|db| store::look(db, account, until))?;
                return told(desk, &room, form, PATH, "All of it is marked as seen.");
            }
            put(desk, &room, account, form)
        })
        .await
}

fn put(desk: &Desk, room: &Room, account: &str, form: &Form) -> Result<Answer> {
    let (field, begins) = if form.has("unwatch") { ("unwatch", false) } else { ("watch", true) };
    let typed = form.text(field);
    let scope = Scope::named(typed)
        .ok_or_else(|| Error::invalid(field, format!("`{}` is none of page, tree and all.", shortened(typed))))?;
    let page = match scope {
        Scope::All => None,
        Scope::Page | Scope::Tree => Some(asked_page(room, form.text("page_name"))?),
    };
    let id = page.as_ref().map_or(0, |page| page.id);
    room.project.db().write(|db| {
        if !begins {
            return store::unwatch(db, account, scope, id);
        }
        if store::count(db, account)? >= MOST_WATCHED {
            return Err(Error::invalid(
                "watch",
                "You watch 1,000 pages already. Watch all, or a page with those below it.",
            ));
        }
        store::watch(db, account, scope, id, Instant::now())
    })?;
    let name = page.as_ref().map_or("", |page| page.name.as_str());
    let sentence = match (begins, scope) {
        (true, Scope::Page) => format!("You watch “{name}” now."),
        (true, Scope::Tree) => format!("You watch “{name}” and the pages below it now."),
        (true, Scope::All) => "You watch all pages now.".to_owned(),
        (false, Scope::Page) => format!("You no longer watch “{name}”."),
        (false, Scope::Tree) => format!("You no longer watch the pages below “{name}”."),
        (false, Scope::All) => "You no longer watch all pages.".to_owned(),
    };
    let back = match &page {
        Some(page) if form.text("back") == "page" => href_of(&page.name),
        _ => PATH.to_owned(),
    };
    told(desk, room, form, &back, &sentence)
}

fn asked_page(room: &Room, name: &str) -> Result<PageRow> {
    let missing = || Error::not_found(NO_PAGE);
    let name = PageName::parse(name, "page_name").map_err(|_| missing())?;
    room.project.read(|db| wiki::find(db, &room.viewer, name.folded()))?.ok_or_else(missing)
}

fn told(desk: &Desk, room: &Room, form: &Form, back: &str, sentence: &str) -> Result<Answer> {
    if form.json {
        return Answer::json(&json!({ "message": sentence }));
    }
    Ok(Answer::see(&format!("{}{back}", room.root)).telling(desk, sentence))
}
