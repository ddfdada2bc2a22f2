//! What refers to a ticket: pages, other tickets, commits, each as its own component shows it (DESIGN 1.8).

use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::fields::Choices;
use super::head::{self, Head, head_now};
use super::merge;
use super::store::{Ticket, TicketRow};
use crate::base::component::Card;
use crate::base::error::Result;
use crate::base::link;
use crate::base::resource::Resource;
use crate::base::time::When;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet};

/// The ticket's page shows so many of each kind.
const NEWEST: usize = 10;
const PER_PAGE: usize = 100;
const KIND: &str = "ticket";

/// Those of one kind.
#[derive(Debug, Serialize)]
pub(super) struct Mentions {
    /// `Commits`
    title: &'static str,
    items: Vec<Mention>,
    /// There are more than these.
    more: bool,
}

#[derive(Debug, Serialize)]
struct Mention {
    #[serde(skip)]
    kind: String,
    title: String,
    href: String,
    class: Option<&'static str>,
    author: String,
    when: When,
}

#[derive(Serialize)]
struct BacklinksPage {
    #[serde(flatten)]
    head: Head,
    mentions: Vec<Mentions>,
    paging: Paging,
}

impl Page for BacklinksPage {
    const TEMPLATE: &'static str = "ticket/backlinks.html";
}

pub(super) fn href(room: &Room, number: i64) -> String {
    format!("{}?action=backlinks", head::href(room, number))
}

/// The newest of each kind, for the ticket's page.
pub(super) fn newest(db: &Connection, room: &Room, number: i64, merged: &[TicketRow]) -> Result<Vec<Mentions>> {
    let components = room.project.components();
    let of = |number: i64| {
        link::newest_sources(db, components, &room.viewer, (KIND, number.to_string().as_str()), NEWEST + 2)
    };
    let mut found = of(number)?;
    for row in merged {
        found.extend(of(row.id)?);
    }
    if !merged.is_empty() {
        found.sort_by(|one, other| one.kind.cmp(&other.kind).then(other.id.cmp(&one.id)));
        found.dedup();
    }
    let mut groups = grouped(db, room, number, &found)?;
    for group in &mut groups {
        group.more = group.items.len() > NEWEST;
        group.items.truncate(NEWEST);
    }
    Ok(groups)
}

/// `?action=backlinks`: all of them, page by page.
pub(super) fn all(desk: &Desk, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let number = ticket.row.id;
    let components = room.project.components();
    let (groups, paging) = room.project.read(|db| {
        let merged = merge::merged_rows(db, &room.viewer, number)?;
        let keys: Vec<String> =
            std::iter::once(number).chain(merged.iter().map(|row| row.id)).map(|id| id.to_string()).collect();
        let total = link::count(db, components, &room.viewer, (KIND, &keys))? as usize;
        let asked = paging::asked(desk.visit.value("page"));
        let paging = Paging::new(&head::href(room, number), &desk.visit.pairs(), asked, PER_PAGE, total);
        let found = link::sources(db, components, &room.viewer, (KIND, &keys), PER_PAGE, paging.offset(PER_PAGE))?;
        Ok((grouped(db, room, number, &found)?, paging))
    })?;
    if desk.visit.wants_json() {
        let absolute = |href: &str| desk.web().address.absolute(href);
        let mentions = groups.iter().flat_map(|group| &group.items);
        let items: Vec<_> = mentions
            .map(|item| json!({ "type": item.kind, "title": item.title, "url": absolute(&item.href) }))
            .collect();
        let next = paging.next.as_deref().map(absolute);
        return Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }));
    }
    let head = head_now(desk, room, &*room.project.read(|db| Choices::load(db, &room.viewer))?, ticket)?;
    let page = BacklinksPage { head, mentions: groups, paging };
    Sheet::new(format!("What links to #{number}"), page).at("/query").noindex().render(desk)
}

/// As their components show them to this viewer; the ticket's mention of itself is none.
fn grouped(db: &Connection, room: &Room, number: i64, found: &[Resource]) -> Result<Vec<Mentions>> {
    let zone = room.viewer.zone();
    let mention = |card: Card| Mention {
        kind: card.resource.kind.to_string(),
        title: card.title,
        href: format!("{}{}", room.root, card.href),
        class: card.class,
        author: card.author,
        when: card.changed.when(&zone),
    };
    let mut groups = Vec::new();
    for of_kind in found.chunk_by(|one, other| one.kind == other.kind) {
        let kind = of_kind[0].kind.as_ref();
        let Some(component) = room.project.components().of_kind(kind) else { continue };
        let own = Resource::new(KIND, number);
        let ids: Vec<i64> = of_kind.iter().filter(|one| **one != own).map(|one| one.id).collect();
        let title = component.searchable().iter().find(|one| one.kind == kind).map_or("", |one| one.title);
        let cards = component.cards(db, &room.viewer, kind, &ids)?;
        let items: Vec<Mention> = cards.into_iter().flatten().map(mention).collect();
        if !items.is_empty() {
            groups.push(Mentions { title, items, more: false });
        }
    }
    Ok(groups)
}
