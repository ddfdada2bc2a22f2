//! Changing a page: where its forms arrive, and what the pages of the several changes share.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;

use super::name::href_of;
use super::shown::{NO_PAGE, Named, asked_name, enter};
use super::store::{self, PageRow};
use super::{delete_pages, edit_pages, move_pages, version_pages};
use crate::base::error::{Error, Problem, Result};
use crate::web::{Answer, Desk, Room, Visit};

pub fn routes() -> Vec<Route> {
    let mut routes = routes![change];
    routes.extend(edit_pages::routes());
    routes.extend(delete_pages::routes());
    routes.extend(version_pages::routes());
    routes
}

/// What `action` names: `edit` where it is absent, as the editor and scripts send it.
#[post("/<project>/wiki/<_..>", rank = 101, data = "<data>")]
async fn change(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let asked = desk.visit.value("action");
            match form.get("action").or(asked.as_deref()).unwrap_or("edit") {
                "edit" => edit_pages::save(desk, &room, form),
                "rename" => move_pages::do_rename(desk, &room, form),
                "delete" => delete_pages::do_delete(desk, &room, form),
                "comment" => version_pages::do_comment(desk, &room, form),
                "remove" => version_pages::do_remove(desk, &room, form),
                other => Err(Error::invalid(
                    "action",
                    format!(
                        "There is no action `{}`; it is edit, rename, delete, comment or remove.",
                        crate::web::form::shortened(other)
                    ),
                )),
            }
        })
        .await
}

/// The page of this address, which must be there and be seen.
pub(super) fn existing(desk: &Desk, room: &Room) -> Result<PageRow> {
    let name = asked_name(desk)?;
    room.project.read(|db| store::find(db, &room.viewer, name.folded()))?.ok_or_else(|| Error::not_found(NO_PAGE))
}

/// Enters the project for that page.
pub(super) fn enter_page(desk: &Desk, project: &str) -> Result<(Room, PageRow)> {
    let room = enter(desk, project)?;
    let page = existing(desk, &room)?;
    Ok((room.at_path(&page.folded), page))
}

/// With which status a form comes back, and what is wrong with it.
pub(super) type Refusal = (Status, Vec<Problem>);

/// Errors that the form itself shows; others have pages of their own.
pub(super) fn refusal(error: Error) -> Result<Refusal> {
    match error {
        Error::Invalid(problems) => Ok((Status::UnprocessableEntity, problems)),
        Error::Conflict(message) => Ok((Status::Conflict, vec![Problem::new("version", message)])),
        other => Err(other),
    }
}

pub(super) fn children(db: &Connection, room: &Room, page: &PageRow) -> Result<Vec<Named>> {
    let children = store::list(db, &room.viewer, &format!("{}/", page.folded), 200)?;
    Ok(children
        .into_iter()
        .map(|child| Named { href: format!("{}{}", room.root, href_of(&child.name)), name: child.name })
        .collect())
}
