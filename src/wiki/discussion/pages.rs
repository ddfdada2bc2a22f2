//! The discussion of a page: `?action=discussion` lists its threads and begins new ones, with `thread`, `message` or
//! `replyto` it shows one with a form to answer. A thread has an address of its own, `/discussion/<number>`, which stays the
//! same when the page is renamed.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::edit::{self, FIELD, LARGEST_TEXT, Reply};
use super::form::{Typed, Writing, about, writing};
use super::shown::{Scene, Thread, rendered};
use super::store::{self, ThreadRow};
use super::{NO_THREAD, feed, link, thread_href};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::web::form::{Form, shortened};
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::WIKI_DISCUSS;
use crate::wiki::change_pages::enter_page;
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{self, Head, enter};
use crate::wiki::store::PageRow;

/// Threads on one page.
const THREADS: usize = 20;
/// Of each of them the first message and so many of the newest are shown …
const NEWEST: usize = 20;
/// … of one by itself so many.
const MESSAGES: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    routes![discussion, begin, preview, thread, reply, state]
}

#[get("/<project>/wiki/<_..>?action=discussion", rank = 31)]
async fn discussion(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, page) = enter_page(desk, &project)?;
            match desk.visit.value("format").as_deref() {
                Some("atom" | "rss") => return feed::atom(desk, &room, &page),
                None | Some("html" | "json") => {}
                Some(other) => return Err(crate::wiki::pages::unknown_format(other)),
            }
            let one = room.project.read(|db| asked_thread(desk, db, &page))?;
            if desk.visit.wants_json() {
                return feed::json(desk, &room, &page, one);
            }
            match one {
                Some(thread) => one_thread(desk, &room, &page, &thread, &Typed::default()),
                None => all_threads(desk, &room, &page, &Typed::asked(desk)),
            }
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=discussion", rank = 31, data = "<data>")]
async fn begin(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, page) = enter_page(desk, &project)?;
            room.viewer.require(WIKI_DISCUSS)?;
            begun(desk, &room, &page, form)
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=discussion-preview", rank = 32, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, page) = enter_page(desk, &project)?;
            room.viewer.require(WIKI_DISCUSS)?;
            let text = form.get("text").unwrap_or_else(|| form.text(FIELD));
            Ok(Answer::fragment(previewed(desk, &room, &page, text)?))
        })
        .await
}

#[get("/<project>/discussion/<thread>")]
async fn thread(visit: Visit, project: String, thread: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, thread, page) = enter_thread(desk, &project, &thread)?;
            let href = format!("{}{}?action=discussion&thread={}", room.root, href_of(&page.name), thread.id);
            Ok(Answer::see(&match desk.visit.wants_json() {
                true => format!("{href}&format=json"),
                false => format!("{href}#thread-{}", thread.id),
            }))
        })
        .await
}

#[post("/<project>/discussion/<thread>", data = "<data>")]
async fn reply(visit: Visit, project: String, thread: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, thread, page) = enter_thread(desk, &project, &thread)?;
            room.viewer.require(WIKI_DISCUSS)?;
            replied(desk, &room, &page, &thread, form)
        })
        .await
}

#[post("/<project>/discussion/<thread>/state", data = "<data>")]
async fn state(visit: Visit, project: String, thread: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, found, page) = enter_thread(desk, &project, &thread)?;
            room.viewer.require(WIKI_DISCUSS)?;
            let resolved = match form.text("state") {
                "resolved" => true,
                "open" => false,
                other => {
                    let message = format!("`{}` is none of resolved and open.", shortened(other));
                    return Err(Error::invalid("state", message));
                }
            };
            edit::resolve(&room.project, room.act(), found.id, resolved)?;
            if form.json {
                return Answer::json(&json!({ "id": found.id, "state": form.text("state") }));
            }
            let sentence = if resolved { "The discussion is resolved." } else { "The discussion is open again." };
            let href = format!("{}{}?action=discussion#thread-{}", room.root, href_of(&page.name), found.id);
            Ok(Answer::see(&href).telling(desk, sentence))
        })
        .await
}

/// Enters the project for a thread that is to be seen, with its page.
fn enter_thread(desk: &Desk, project: &str, thread: &str) -> Result<(Room, ThreadRow, PageRow)> {
    let room = enter(desk, project)?;
    let (thread, page) = room.project.read(|db| edit::find(db, &room.viewer, parsed(thread)))?;
    Ok((room.at_path(&page.folded), thread, page))
}

/// The number of a thread or a message in an address; what is none is 0, which nothing has.
pub(super) fn parsed(typed: &str) -> i64 {
    link::number(typed).unwrap_or(0)
}

/// The thread that the address asks for: by its number, by a message of it, by one that is to be answered.
fn asked_thread(desk: &Desk, db: &Connection, page: &PageRow) -> Result<Option<ThreadRow>> {
    let value = |name: &str| desk.visit.value(name).map(|text| parsed(&text));
    let found = match (value("thread"), value("message").or(value("replyto"))) {
        (None, None) => return Ok(None),
        (Some(thread), _) => store::thread(db, thread)?,
        (None, Some(number)) => match store::message(db, page.id, number)? {
            Some(message) => store::thread(db, message.thread)?,
            None => None,
        },
    };
    found.filter(|thread| thread.page == page.id).map(Some).ok_or_else(|| Error::not_found(NO_THREAD))
}

#[derive(Serialize)]
struct DiscussionPage {
    #[serde(flatten)]
    head: Head,
    live: String,
    threads: Vec<Thread>,
    paging: Paging,
    /// Leads from one thread to all of them.
    all_href: Option<String>,
    form: Option<Writing>,
    sign_in: Option<String>,
}

impl Page for DiscussionPage {
    const TEMPLATE: &'static str = "wiki/discussion.html";
}

fn all_threads(desk: &Desk, room: &Room, page: &PageRow, typed: &Typed) -> Result<Answer> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let name = PageName::parse(&page.name, "page")?;
    let sheet = room.project.read(|db| {
        let head = shown::head(db, room, &name, true)?;
        let total = store::thread_count(db, page.id)?;
        let pairs = [("action".to_owned(), "discussion".to_owned())];
        let paging = Paging::new(&head.href, &pairs, paging::asked(desk.visit.value("page")), THREADS, total);
        let rows = store::threads(db, page.id, THREADS, paging.offset(THREADS))?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let messages = store::messages_of(db, &ids, NEWEST)?;
        let scene = Scene { db, room, page, reader: &reader, href: &head.href };
        let mut form = writing(&scene, typed, format!("{}?action=discussion", head.href), "discussion")?;
        if let Some(form) = &mut form {
            form.about = Some(about(&scene, &typed.wish)?);
        }
        Ok(DiscussionPage {
            live: format!("page:{}", page.id),
            threads: scene.threads(rows, messages)?,
            paging,
            all_href: None,
            form,
            sign_in: sign_in(desk, room),
            head,
        })
    })?;
    let json = Alternate::json(format!("{}?action=discussion&format=json", sheet.head.href), "Discussion");
    let atom = Alternate {
        href: format!("{}?action=discussion&format=atom", sheet.head.href),
        media_type: "application/atom+xml",
        title: format!("Discussion of {}", page.name),
    };
    let title = format!("Discussion of {}", page.name);
    Sheet::new(title, sheet).at("/wiki").noindex().alternates(vec![atom, json]).status(typed.status()).render(desk)
}

fn one_thread(desk: &Desk, room: &Room, page: &PageRow, thread: &ThreadRow, typed: &Typed) -> Result<Answer> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let name = PageName::parse(&page.name, "page")?;
    let number = |name: &str| desk.visit.value(name).map(|text| parsed(&text));
    let sheet = room.project.read(|db| {
        let head = shown::head(db, room, &name, true)?;
        let asked = match number("message").or(number("replyto")) {
            Some(number) => match store::message(db, page.id, number)? {
                Some(message) => store::messages_before(db, &message)? / MESSAGES + 1,
                None => 1,
            },
            None => paging::asked(desk.visit.value("page")),
        };
        let pairs = [("action", "discussion".to_owned()), ("thread", thread.id.to_string())]
            .map(|(name, value)| (name.to_owned(), value));
        let total = usize::try_from(thread.messages).unwrap_or(0);
        let paging = Paging::new(&head.href, &pairs, asked, MESSAGES, total);
        let messages = store::messages(db, thread.id, MESSAGES, paging.offset(MESSAGES))?;
        let scene = Scene { db, room, page, reader: &reader, href: &head.href };
        let mut form = writing(
            &scene,
            typed,
            format!("{}{}", room.root, thread_href(thread.id)),
            &format!("discussion/{}", thread.id),
        )?;
        if let Some(form) = &mut form {
            form.open = thread.is_open();
            if form.replyto.is_empty() {
                form.replyto = number("replyto").map(|number| number.to_string()).unwrap_or_default();
            }
        }
        Ok(DiscussionPage {
            live: format!("page:{}", page.id),
            threads: scene.threads(vec![thread.clone()], messages)?,
            paging,
            all_href: Some(format!("{}?action=discussion", head.href)),
            form,
            sign_in: sign_in(desk, room),
            head,
        })
    })?;
    let title = format!("Discussion {} of {}", thread.id, page.name);
    Sheet::new(title, sheet)
        .at("/wiki")
        .about(format!("discussion:{}", thread.id))
        .noindex()
        .status(typed.status())
        .render(desk)
}

fn sign_in(desk: &Desk, room: &Room) -> Option<String> {
    let offered = !room.viewer.signed_in() && !room.viewer.may(WIKI_DISCUSS) && !room.viewer.archived;
    let here = crate::web::address::segment(&desk.visit.here());
    offered.then(|| format!("{}/-/login?next={here}", desk.base()))
}

pub(super) fn previewed(desk: &Desk, room: &Room, page: &PageRow, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid(FIELD, "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    room.project.read(|db| rendered(&reader, db, page, text))
}

fn begun(desk: &Desk, room: &Room, page: &PageRow, form: &Form) -> Result<Answer> {
    let mut typed = Typed::sent(form);
    if form.has("preview") {
        typed.previewed = true;
        return all_threads(desk, room, page, &typed);
    }
    let name = PageName::parse(&page.name, "page")?;
    match edit::begin(desk.site(), &room.project, room.act(), &name, &typed.wish, &typed.comment) {
        Ok((thread, number)) => {
            let sentence = "The discussion has begun. It is open until somebody resolves it.";
            said(desk, room, page, thread, number, form, sentence)
        }
        Err(Error::Invalid(problems)) if !form.json => {
            typed.problems = problems;
            all_threads(desk, room, page, &typed)
        }
        Err(other) => Err(other),
    }
}

fn replied(desk: &Desk, room: &Room, page: &PageRow, thread: &ThreadRow, form: &Form) -> Result<Answer> {
    let mut typed = Typed::sent(form);
    if form.has("preview") {
        typed.previewed = true;
        return one_thread(desk, room, page, thread, &typed);
    }
    let reply_to = match typed.replyto.trim() {
        "" => Ok(None),
        number => link::number(number)
            .map(Some)
            .ok_or_else(|| Error::invalid("replyto", format!("`{}` is no number of a message.", shortened(number)))),
    };
    let resolved = match form.get("state") {
        None | Some("") => Ok(None),
        Some("resolved") => Ok(Some(true)),
        Some("open") => Ok(Some(false)),
        Some(other) => Err(Error::invalid("state", format!("`{}` is none of resolved and open.", shortened(other)))),
    };
    let saved = reply_to.and_then(|reply_to| {
        let reply = Reply { text: &typed.comment, reply_to, resolved: resolved? };
        edit::reply(desk.site(), &room.project, room.act(), thread.id, &reply)
    });
    match saved {
        Ok(number) => {
            let sentence = match form.get("state") {
                Some("resolved") => "Said, and the discussion is resolved.",
                Some("open") => "Said, and the discussion is open again.",
                _ => "Said.",
            };
            said(desk, room, page, thread.id, number, form, sentence)
        }
        Err(Error::Invalid(problems)) if !form.json => {
            typed.problems = problems;
            one_thread(desk, room, page, thread, &typed)
        }
        Err(other) => Err(other),
    }
}

fn said(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    thread: i64,
    number: i64,
    form: &Form,
    sentence: &str,
) -> Result<Answer> {
    let href = format!("{}{}", room.root, super::message_href(&page.name, number));
    if form.json {
        return Answer::created(desk, &href, &json!({ "thread": thread, "number": number }));
    }
    Ok(Answer::see(&href).telling(desk, sentence))
}
