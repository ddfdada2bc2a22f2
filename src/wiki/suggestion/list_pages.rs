//! The suggested edits of a project in a list: those that wait, to one page alone, or one's own.

use std::borrow::Cow;

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::store::{self, Wanted};
use super::{href, json};
use crate::base::error::{Error, Result};
use crate::base::time::When;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{self, enter};
use crate::wiki::store::{self as wiki, PageRow};
use crate::wiki::{WIKI_MODIFY, WIKI_SUGGEST};

const PER_PAGE: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    routes![list]
}

#[derive(Serialize)]
struct ListPage {
    /// The page alone to which these are suggested.
    page: Option<Named>,
    mine: bool,
    rows: Vec<Row>,
    paging: Paging,
    all_href: Option<String>,
    mine_href: Option<String>,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "wiki/suggestions.html";
}

#[derive(Serialize)]
struct Named {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    href: String,
    page: String,
    author: String,
    when: When,
    comment: String,
    state: &'static str,
    reason: String,
}

/// `page=Name` for one page; `by=me` for one's own, which is all that those have who don't write.
#[get("/<project>/suggestions")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            listed(desk, &room)
        })
        .await
}

fn listed(desk: &Desk, room: &Room) -> Result<Answer> {
    let viewer = &room.viewer;
    let path = format!("{}/suggestions", room.root);
    let page = match desk.visit.value("page_name") {
        Some(name) => Some(room.project.read(|db| asked_page(db, room, &name))?),
        None => None,
    };
    let there = page.as_ref().map_or_else(|| Cow::Borrowed(&**viewer), |page| viewer.at_path(&page.folded));
    let writes = viewer.may(WIKI_MODIFY) || there.may(WIKI_MODIFY);
    let mine = !writes || desk.visit.value("by").as_deref() == Some("me");
    if !writes && !viewer.may_somewhere(WIKI_SUGGEST) {
        there.require(WIKI_SUGGEST)?;
    }
    let (rows, paging) = room.project.read(|db| {
        let wanted =
            Wanted { page: page.as_ref().map(|page| page.id), author: mine.then(|| viewer.person.unwrap_or(0)) };
        let total = store::count(db, viewer, wanted)?;
        let paging = Paging::new(&path, &desk.visit.pairs(), paging::asked(desk.visit.value("page")), PER_PAGE, total);
        Ok((store::list(db, viewer, wanted, PER_PAGE, paging.offset(PER_PAGE))?, paging))
    })?;
    let absolute = |href: &str| desk.web().address.absolute(href);
    if desk.visit.wants_json() {
        let items: Vec<Value> = rows.iter().map(|(row, name)| json::of_row(desk, room, row, name)).collect();
        let next = paging.next.as_deref().map(absolute);
        return Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = viewer.zone();
    let rows = rows
        .into_iter()
        .map(|(row, page)| Row {
            id: row.id,
            href: format!("{}{}", room.root, href(row.id)),
            page,
            author: viewer.shown_name(&row.author_name),
            when: row.made_at.when(&zone),
            comment: row.comment,
            state: row.state.name(),
            reason: row.reason,
        })
        .collect();
    let sheet = ListPage {
        all_href: (writes && (mine || page.is_some())).then(|| path.clone()),
        mine_href: (writes && !mine && viewer.may(WIKI_SUGGEST) && viewer.signed_in()).then(|| format!("{path}?by=me")),
        page: page.map(|page| Named { href: format!("{}{}", room.root, href_of(&page.name)), name: page.name }),
        mine,
        rows,
        paging,
    };
    let json = Alternate::json(format!("{path}?format=json"), "Suggested edits");
    Sheet::new("Suggested edits", sheet).at("/wiki").noindex().alternates(vec![json]).render(desk)
}

fn asked_page(db: &Connection, room: &Room, name: &str) -> Result<PageRow> {
    let missing = || Error::not_found(shown::NO_PAGE);
    let name = PageName::parse(name, "page_name").map_err(|_| missing())?;
    wiki::find(db, &room.viewer, name.folded())?.ok_or_else(missing)
}
