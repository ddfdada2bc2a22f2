//! Putting a page into the trash, and bringing it back from there.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::WIKI_DELETE;
use super::change_pages::{Refusal, children, existing, refusal};
use super::edit;
use super::name::{PageName, href_of};
use super::shown::{self, Counted, Head, Named, enter};
use super::store::{self, PageRow};
use crate::base::error::{Problem, Result};
use crate::base::link;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![delete, restore]
}

#[get("/<project>/wiki/<_..>?action=delete", rank = 3)]
async fn delete(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            edit::require_on(&room.viewer, &page, WIKI_DELETE)?;
            delete_page(desk, &room, &page, "", None)
        })
        .await
}

#[post("/<project>/wiki?action=restore&<id>", rank = 2, data = "<data>")]
async fn restore(visit: Visit, project: String, id: i64, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = edit::restore(desk.site(), &room.project, room.act(), id)?;
            let href = format!("{}{}", room.root, href_of(&name));
            if form.json {
                return Answer::created(desk, &href, &json!({ "name": name }));
            }
            Ok(Answer::see(&href).telling(desk, &format!("“{name}” is back, with its history and attachments.")))
        })
        .await
}

#[derive(Serialize)]
struct DeletePage {
    #[serde(flatten)]
    head: Head,
    version: i64,
    versions: i64,
    attachments: i64,
    children: Vec<Named>,
    backlinks: Counted,
    comment: String,
    problems: Vec<Problem>,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "wiki/delete.html";
}

fn delete_page(desk: &Desk, room: &Room, page: &PageRow, comment: &str, refusal: Option<Refusal>) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let sheet = room.project.read(|db| {
        let keys = store::keys_of(db, page)?;
        let head = shown::head(db, room, &name, true)?;
        Ok(DeletePage {
            version: page.version,
            versions: page.version,
            attachments: store::attachment_count(db, page.id)?,
            children: children(db, room, page)?,
            backlinks: Counted {
                count: link::count(db, room.project.components(), &room.viewer, ("page", &keys))?,
                href: format!("{}?action=backlinks", head.href),
            },
            comment: comment.to_owned(),
            head,
            problems,
        })
    })?;
    Sheet::new(format!("Delete {}", page.name), sheet).at("/wiki").noindex().status(status).render(desk)
}

pub(super) fn do_delete(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let page = existing(desk, room)?;
    let name = PageName::parse(&page.name, "page")?;
    let comment = form.text("comment");
    let deleted = form
        .number("version")
        .and_then(|version| edit::delete(&room.project, room.act(), &name, Some(version), comment));
    match deleted {
        Ok(()) => {}
        Err(error) if form.json => return Err(error),
        Err(error) => {
            let refusal = refusal(error)?;
            room.viewer.at_path(&page.folded).require(WIKI_DELETE)?;
            return delete_page(desk, room, &page, comment, Some(refusal));
        }
    }
    let href = format!("{}/wiki?action=trash", room.root);
    if form.json {
        return Answer::json(&json!({ "name": page.name, "deleted": true }));
    }
    Ok(Answer::see(&href).telling(desk, &format!("“{}” is in the trash. It can be brought back from here.", page.name)))
}
