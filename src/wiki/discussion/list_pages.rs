//! The open discussions of all pages of a project in one list: for whoever looks after a wiki, or wants to help with it.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::store::{self, MessageRow, ThreadRow};
use super::{feed, thread_href};
use crate::base::error::Result;
use crate::base::markup;
use crate::base::time::When;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::shown::enter;

const PER_PAGE: usize = 50;
/// Characters of what was said first.
const EXCERPT: usize = 240;

pub(super) fn routes() -> Vec<Route> {
    routes![list]
}

#[derive(Serialize)]
struct ListPage {
    rows: Vec<Row>,
    paging: Paging,
    index_href: String,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "wiki/discussions.html";
}

#[derive(Serialize)]
struct Row {
    id: i64,
    href: String,
    page: String,
    about: &'static str,
    words: String,
    /// The beginning of what was said first; empty if that was removed.
    said: String,
    author: String,
    when: When,
    messages: i64,
    last_author: String,
    last_when: When,
}

#[get("/<project>/discussions")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            listed(desk, &room)
        })
        .await
}

fn listed(desk: &Desk, room: &Room) -> Result<Answer> {
    let path = format!("{}/discussions", room.root);
    let (paging, threads, messages) = room.project.read(|db| {
        let total = store::open_count(db, &room.viewer)?;
        let paging = Paging::new(&path, &desk.visit.pairs(), paging::asked(desk.visit.value("page")), PER_PAGE, total);
        let threads = store::open(db, &room.viewer, PER_PAGE, paging.offset(PER_PAGE))?;
        let ids: Vec<i64> = threads.iter().map(|(thread, _)| thread.id).collect();
        Ok((paging, threads, store::messages_of(db, &ids, 1)?))
    })?;
    let of = |thread: &ThreadRow| messages.iter().filter(|message| message.thread == thread.id).collect::<Vec<_>>();
    if desk.visit.wants_json() {
        let item = |(thread, page): &(ThreadRow, String)| {
            let mut item = feed::of_thread(desk, room, page, thread, of(thread).into_iter());
            item["page"] = json!(page);
            item
        };
        let items: Vec<Value> = threads.iter().map(item).collect();
        let next = paging.next.as_deref().map(|href| desk.web().address.absolute(href));
        return Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }));
    }
    let rows = threads.iter().filter_map(|(thread, page)| row(room, thread, page, &of(thread))).collect();
    let sheet = ListPage { rows, paging, index_href: format!("{}/wiki?action=index", room.root) };
    let json = Alternate::json(format!("{path}?format=json"), "Open discussions");
    Sheet::new("Open discussions", sheet).at("/wiki").noindex().alternates(vec![json]).render(desk)
}

/// `said` are its first message and its newest one, which may be the same.
fn row(room: &Room, thread: &ThreadRow, page: &str, said: &[&MessageRow]) -> Option<Row> {
    let (first, last) = (said.first()?, said.last()?);
    let (viewer, zone) = (&room.viewer, room.viewer.zone());
    let words = if first.removed.is_some() { String::new() } else { markup::plain(&first.text) };
    Some(Row {
        id: thread.id,
        href: format!("{}{}", room.root, thread_href(thread.id)),
        page: page.to_owned(),
        about: thread.anchor.kind(),
        words: thread.anchor.words().to_owned(),
        said: beginning(words.trim()),
        author: viewer.shown_name(&first.author_name),
        when: first.at.when(&zone),
        messages: thread.messages,
        last_author: viewer.shown_name(&last.author_name),
        last_when: last.at.when(&zone),
    })
}

fn beginning(words: &str) -> String {
    match words.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words.to_owned(),
    }
}
