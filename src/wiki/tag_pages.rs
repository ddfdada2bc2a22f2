//! The tags of pages: all of them, and the pages that have one.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::name::href_of;
use super::shown::{NO_PAGE, enter};
use super::tag_store;
use crate::base::error::{Error, Result};
use crate::base::text::fold;
use crate::base::time::When;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Sheet, Visit, address};

const PER_PAGE: usize = 200;

pub fn routes() -> Vec<Route> {
    routes![all, one]
}

/// Where the pages with a tag are listed, below the project's address.
pub fn href(tag: &str) -> String {
    format!("/tags/{}", address::segment(tag))
}

#[derive(Serialize)]
struct TagsPage {
    tags: Vec<Tag>,
    paging: Paging,
}

impl Page for TagsPage {
    const TEMPLATE: &'static str = "wiki/tags.html";
}

#[derive(Serialize)]
struct Tag {
    name: String,
    href: String,
    count: i64,
}

#[get("/<project>/tags")]
async fn all(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let path = format!("{}/tags", room.root);
            let asked = paging::asked(desk.visit.value("page"));
            let (paging, tags) = room.project.read(|db| {
                let total = tag_store::count_tags(db, &room.viewer)?;
                let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, total);
                let tags = tag_store::tags(db, &room.viewer, PER_PAGE, paging.offset(PER_PAGE))?;
                Ok((paging, tags))
            })?;
            let tags: Vec<Tag> = tags
                .into_iter()
                .map(|(name, count)| Tag { href: format!("{}{}", room.root, href(&name)), name, count })
                .collect();
            if desk.visit.wants_json() {
                let absolute = |href: &str| desk.web().address.absolute(href);
                let items: Vec<_> = tags
                    .iter()
                    .map(|tag| json!({ "name": tag.name, "pages": tag.count, "url": absolute(&tag.href) }))
                    .collect();
                let next = paging.next.as_deref().map(absolute);
                return Answer::json(
                    &json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }),
                );
            }
            Sheet::new("Tags", TagsPage { tags, paging }).at("/wiki").render(desk)
        })
        .await
}

#[derive(Serialize)]
struct TagPage {
    tag: String,
    tags_href: String,
    pages: Vec<Tagged>,
    paging: Paging,
}

impl Page for TagPage {
    const TEMPLATE: &'static str = "wiki/tag.html";
}

#[derive(Serialize)]
struct Tagged {
    title: String,
    name: String,
    href: String,
    when: When,
}

#[get("/<project>/tags/<_..>", rank = 11)]
async fn one(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| tagged(desk, &project)).await
}

fn tagged(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let missing = || Error::not_found(NO_PAGE);
    let tag = fold(&desk.visit.tail("/tags").ok_or_else(missing)?);
    let path = format!("{}{}", room.root, href(&tag));
    let asked = paging::asked(desk.visit.value("page"));
    let (paging, pages) = room.project.read(|db| {
        let total = tag_store::count_tagged(db, &room.viewer, &tag)?;
        let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, total);
        Ok((paging.clone(), tag_store::tagged(db, &room.viewer, &tag, PER_PAGE, paging.offset(PER_PAGE))?))
    })?;
    if pages.is_empty() {
        return Err(missing());
    }
    if desk.visit.wants_json() {
        return super::list_pages::names_as_json(desk, &room, &pages, &paging);
    }
    let zone = room.viewer.zone();
    let pages = pages
        .into_iter()
        .map(|page| Tagged {
            title: page.called().to_owned(),
            href: format!("{}{}", room.root, href_of(&page.name)),
            when: page.changed_at.when(&zone),
            name: page.name,
        })
        .collect();
    let sheet = TagPage { tags_href: format!("{}/tags", room.root), pages, paging, tag: tag.clone() };
    Sheet::new(format!("Pages tagged {tag}"), sheet).at("/wiki").render(desk)
}
