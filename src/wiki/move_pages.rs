//! Another name for a page: the form with the links that will follow, and taking a move back.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::change_pages::{Refusal, children, existing, refusal};
use super::edit;
use super::move_store;
use super::moving::{self, NewText, Rename};
use super::name::{PageName, href_of};
use super::shown::{self, Head, Named, Source, enter};
use super::store::{self, PageRow};
use super::undo_move;
use super::{WIKI_MODIFY, WIKI_RENAME, suggestion};
use crate::base::error::{Error, Problem, Result};
use crate::base::link;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Texts that the page lists.
const LISTED: usize = 50;

pub fn routes() -> Vec<Route> {
    routes![rename, undo]
}

#[get("/<project>/wiki/<_..>?action=rename", rank = 2)]
async fn rename(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            edit::require_on(&room.viewer, &page, WIKI_RENAME)?;
            let typed = Typed { new_name: page.name.clone(), redirect: true, children: false, rewrite: true };
            rename_page(desk, &room, &page, typed, None, None)
        })
        .await
}

#[post("/<project>/wiki?action=undo-move&<id>", rank = 3, data = "<data>")]
async fn undo(visit: Visit, project: String, id: i64, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = undo_move::undo(desk.site(), &room.project, room.act(), id)?;
            let href = format!("{}{}", room.root, href_of(&name));
            if form.json {
                return Answer::created(desk, &href, &json!({ "name": name }));
            }
            Ok(Answer::see(&href).telling(desk, &format!("The move was undone: “{name}” has its name again.")))
        })
        .await
}

/// The form as somebody has filled it in.
struct Typed {
    new_name: String,
    redirect: bool,
    children: bool,
    rewrite: bool,
}

#[derive(Serialize)]
struct RenamePage {
    #[serde(flatten)]
    head: Head,
    version: i64,
    new_name: String,
    redirect: bool,
    with_children: bool,
    rewrite: bool,
    may_rewrite: bool,
    children: Vec<Named>,
    backlinks: Links,
    plan: Option<Planned>,
    last_move: Option<LastMove>,
    problems: Vec<Problem>,
}

impl Page for RenamePage {
    const TEMPLATE: &'static str = "wiki/rename.html";
}

#[derive(Serialize)]
struct Links {
    count: i64,
    links: Vec<Source>,
}

/// What would be rewritten.
#[derive(Serialize)]
struct Planned {
    total: usize,
    texts: Vec<PlannedText>,
}

#[derive(Serialize)]
struct PlannedText {
    title: String,
    href: String,
    kind: String,
    /// `comment 3`, if it is not the main text.
    part: Option<String>,
    changes: Vec<(String, String)>,
}

#[derive(Serialize)]
struct LastMove {
    from: String,
    author: String,
    when: When,
    others: usize,
    undo_href: String,
}

fn rename_page(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    typed: Typed,
    texts: Option<&[NewText]>,
    refusal: Option<Refusal>,
) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let sheet = room.project.read(|db| {
        let keys = store::keys_of(db, page)?;
        let links = link::sources(db, room.project.components(), &room.viewer, ("page", &keys), LISTED, 0)?;
        Ok(RenamePage {
            head: shown::head(db, room, &name, true)?,
            version: page.version,
            new_name: typed.new_name,
            redirect: typed.redirect,
            with_children: typed.children,
            rewrite: typed.rewrite,
            may_rewrite: room.viewer.may(WIKI_MODIFY),
            children: children(db, room, page)?,
            backlinks: Links {
                count: link::count(db, room.project.components(), &room.viewer, ("page", &keys))?,
                links: shown::sources(db, room.project.components(), &room.viewer, &room.root, &links)?,
            },
            plan: texts.map(|texts| planned(db, room, texts)).transpose()?,
            last_move: last_move(db, room, page)?,
            problems,
        })
    })?;
    Sheet::new(format!("Rename {}", page.name), sheet).at("/wiki").noindex().status(status).render(desk)
}

fn planned(db: &Connection, room: &Room, texts: &[NewText]) -> Result<Planned> {
    let mut shown = Vec::new();
    for text in texts.iter().take(LISTED) {
        let resource = text.resource();
        let (title, href) = if resource.is(suggestion::SUGGESTION) {
            (text.page().to_owned(), suggestion::href(resource.id))
        } else {
            let Some(component) = room.project.components().of_kind(&resource.kind) else { continue };
            let cards = component.cards(db, &room.viewer, &resource.kind, &[resource.id])?;
            let Some(card) = cards.into_iter().flatten().next() else { continue };
            (card.title, card.href)
        };
        shown.push(PlannedText {
            title,
            href: format!("{}{href}", room.root),
            kind: resource.kind.to_string(),
            part: text.part().map(|(series, number)| format!("{series} {number}")),
            changes: text.changes.clone(),
        });
    }
    Ok(Planned { total: texts.len(), texts: shown })
}

/// The last move of this page, if it can still be undone and its old name may be known.
fn last_move(db: &Connection, room: &Room, page: &PageRow) -> Result<Option<LastMove>> {
    let Some(last) = move_store::last_of(db, page.id)? else {
        return Ok(None);
    };
    let moved = move_store::moved(db, last.id)?;
    let Some(own) = moved.iter().find(|moved| moved.page == page.id && moved.to_name == page.name) else {
        return Ok(None);
    };
    let from = PageName::parse(&own.from_name, "page")?;
    if !room.viewer.sees_class(store::class_of(db, from.folded())?) {
        return Ok(None);
    }
    let ids: Vec<i64> = moved.iter().map(|moved| moved.page).collect();
    Ok(Some(LastMove {
        from: own.from_name.clone(),
        author: last.moved_by,
        when: last.moved_at.when(&room.viewer.zone()),
        others: store::by_ids(db, &room.viewer, &ids)?.len().saturating_sub(1),
        undo_href: format!("{}/wiki?action=undo-move&id={}", room.root, last.id),
    }))
}

/// The form of the page above, sent: `preview` shows what would follow, otherwise it is done.
pub(super) fn do_rename(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let page = existing(desk, room)?;
    let name = PageName::parse(&page.name, "page")?;
    let typed = Typed {
        new_name: form.text("new_name").to_owned(),
        redirect: form.has("redirect"),
        children: form.has("children"),
        rewrite: form.has("rewrite"),
    };
    match renamed(desk, room, form, &name, &typed) {
        Ok(Done::Planned(texts)) => rename_page(desk, room, &page, typed, Some(&texts), None),
        Ok(Done::Moved(new_name, moved)) => {
            let href = format!("{}{}", room.root, new_name.href());
            if form.json {
                let value = json!({
                    "name": new_name.as_str(), "renamed": moved.pages, "rewritten": moved.texts, "move": moved.id,
                });
                return Answer::created(desk, &href, &value);
            }
            let more = if moved.pages > 1 { format!(" and {} below it", moved.pages - 1) } else { String::new() };
            let followed = match moved.texts {
                0 => String::new(),
                1 => " The links of one text follow.".to_owned(),
                texts => format!(" The links of {texts} texts follow."),
            };
            let told = format!("“{}”{more} renamed to “{}”.{followed}", page.name, new_name.as_str());
            Ok(Answer::see(&href).telling(desk, &told))
        }
        Err(error) if form.json => Err(error),
        Err(error) => {
            let refusal = refusal(error)?;
            room.viewer.at_path(&page.folded).require(WIKI_RENAME)?;
            rename_page(desk, room, &page, typed, None, Some(refusal))
        }
    }
}

enum Done {
    Planned(Vec<NewText>),
    Moved(PageName, moving::Moved),
}

fn renamed(desk: &Desk, room: &Room, form: &Form, name: &PageName, typed: &Typed) -> Result<Done> {
    let version = form.number("version")?;
    let new_name = PageName::parse(&typed.new_name, "new_name")?;
    let request = Rename {
        name,
        new_name: &new_name,
        redirect: typed.redirect,
        children: typed.children,
        rewrite: typed.rewrite,
        version: Some(version),
    };
    if !form.has("preview") {
        let moved = moving::rename(desk.site(), &room.project, room.act(), &request)?;
        return Ok(Done::Moved(new_name, moved));
    }
    if form.json {
        return Err(Error::invalid("preview", "The preview is a page for people; leave it out."));
    }
    let plan = moving::plan(desk.site(), &room.project, &room.viewer, &request)?;
    Ok(Done::Planned(plan.texts))
}
