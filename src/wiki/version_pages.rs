//! The pages that put a saved version right: its comment, and versions that are taken out of the history.

use rocket::http::Status;
use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::WIKI_ADMIN;
use super::change_pages::{Refusal, existing, refusal};
use super::name::PageName;
use super::shown::{self, Head, enter};
use super::store::{self, PageRow};
use super::versions;
use crate::base::error::{Error, Problem, Result};
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![comment, remove]
}

#[get("/<project>/wiki/<_..>?action=comment", rank = 41)]
async fn comment(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            room.viewer.require(WIKI_ADMIN)?;
            let version = asked_version(desk, &page)?;
            comment_page(desk, &room, &page, version, None, None)
        })
        .await
}

#[get("/<project>/wiki/<_..>?action=remove", rank = 42)]
async fn remove(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            let to = asked_version(desk, &page)?;
            versions::may_remove(&room.viewer, &page, to, to)?;
            remove_page(desk, &room, &page, (to.to_string(), to.to_string()), None)
        })
        .await
}

fn asked_version(desk: &Desk, page: &PageRow) -> Result<i64> {
    match desk.visit.value("version") {
        None => Ok(page.version),
        Some(text) => text.parse().map_err(|_| super::pages::bad_version(&text)),
    }
}

#[derive(Serialize)]
struct CommentPage {
    #[serde(flatten)]
    head: Head,
    version: i64,
    when: When,
    author: String,
    comment: String,
    problems: Vec<Problem>,
}

impl Page for CommentPage {
    const TEMPLATE: &'static str = "wiki/comment.html";
}

fn comment_page(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    version: i64,
    typed: Option<&str>,
    refusal: Option<Refusal>,
) -> Result<Answer> {
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let sheet = room.project.read(|db| {
        let row = store::version(db, page.id, version)?.ok_or_else(|| versions::no_version(page, version))?;
        Ok(CommentPage {
            head: shown::head_of(db, room, page)?,
            version,
            when: row.saved_at.when(&room.viewer.zone()),
            author: row.author,
            comment: typed.map_or(row.comment, str::to_owned),
            problems,
        })
    })?;
    let title = format!("Comment of version {version} of {}", page.name);
    Sheet::new(title, sheet).at("/wiki").noindex().status(status).render(desk)
}

pub(super) fn do_comment(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let page = existing(desk, room)?;
    let name = PageName::parse(&page.name, "page")?;
    room.viewer.require(WIKI_ADMIN)?;
    let version = form.number("version")?;
    let comment = form.text("comment");
    match versions::set_comment(&room.project, room.act(), &name, version, comment) {
        Ok(()) => {}
        Err(error) if form.json => return Err(error),
        Err(error) => return comment_page(desk, room, &page, version, Some(comment), Some(refusal(error)?)),
    }
    if form.json {
        return Answer::json(&json!({ "name": page.name, "version": version, "comment": comment.trim() }));
    }
    let href = format!("{}{}?action=history", room.root, name.href());
    Ok(Answer::see(&href).telling(desk, &format!("The comment of version {version} is changed.")))
}

#[derive(Serialize)]
struct RemovePage {
    #[serde(flatten)]
    head: Head,
    seen: i64,
    first: String,
    last: String,
    administers: bool,
    problems: Vec<Problem>,
}

impl Page for RemovePage {
    const TEMPLATE: &'static str = "wiki/remove.html";
}

/// `range` as it was asked for or typed.
fn remove_page(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    (first, last): (String, String),
    refusal: Option<Refusal>,
) -> Result<Answer> {
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let sheet = RemovePage {
        head: room.project.read(|db| shown::head_of(db, room, page))?,
        seen: page.version,
        first,
        last,
        administers: room.viewer.may(WIKI_ADMIN),
        problems,
    };
    Sheet::new(format!("Remove versions of {}", page.name), sheet).at("/wiki").noindex().status(status).render(desk)
}

pub(super) fn do_remove(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let page = existing(desk, room)?;
    let name = PageName::parse(&page.name, "page")?;
    let range = || {
        let (first, last, seen) = (form.number("first")?, form.number("last")?, form.number("seen")?);
        if seen != page.version {
            let now = page.version;
            return Err(Error::conflict(format!(
                "The page is at version {now} by now. Please look at its history again."
            )));
        }
        Ok(first..=last)
    };
    let removed = range().and_then(|range| {
        let newest = versions::remove(desk.site(), &room.project, room.act(), &name, range.clone())?;
        Ok((range, newest))
    });
    let (range, newest) = match removed {
        Ok(removed) => removed,
        Err(error) if form.json => return Err(error),
        Err(error) => {
            let typed = (form.text("first").to_owned(), form.text("last").to_owned());
            let refusal = refusal(error)?;
            versions::may_remove(&room.viewer, &page, page.version, page.version)?;
            return remove_page(desk, room, &page, typed, Some(refusal));
        }
    };
    if form.json {
        let value = json!({ "name": page.name, "first": range.start(), "last": range.end(), "version": newest });
        return Answer::json(&value);
    }
    let (first, last) = (range.start(), range.end());
    let told = if first == last {
        format!("Version {first} is removed.")
    } else {
        format!("The versions {first} to {last} are removed.")
    };
    Ok(Answer::see(&format!("{}{}?action=history", room.root, name.href())).telling(desk, &told))
}
