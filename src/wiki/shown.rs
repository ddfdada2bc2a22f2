//! What several wiki pages show alike: the head, differences, lists of links.

use rusqlite::Connection;
use serde::Serialize;

use super::name::{PageName, href_of, last_part};
use super::store::{self, PageRow};
use super::{WIKI_ADMIN, WIKI_CREATE, WIKI_DELETE, WIKI_MODIFY, WIKI_RENAME, WIKI_SUGGEST, WIKI_VIEW};
use crate::base::component::Components;
use crate::base::error::{Error, Result};
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::web::{Desk, Room, address};

/// Not there, or not to be seen: one sentence for both.
pub(super) const NO_PAGE: &str = "There is no page at this address.";

/// The fields of `wiki/_head.html`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub name: String,
    pub href: String,
    pub files_href: String,
    pub crumbs: Vec<Crumb>,
    /// How many discussions are open; none where there is no page to discuss.
    pub open_threads: Option<i64>,
    /// Where suggested edits that wait are listed, and how many there are, for those who may take them.
    pub suggestions: Option<Counted>,
    pub may: May,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Crumb {
    pub name: String,
    pub href: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct May {
    pub edit: bool,
    pub suggest: bool,
    pub rename: bool,
    pub delete: bool,
    pub attach: bool,
    /// Who may read it, and when.
    pub access: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Named {
    pub name: String,
    pub href: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Counted {
    pub count: i64,
    pub href: String,
}

/// The head of a page that exists, or (`exists` false) of one that could be made.
pub(super) fn head(db: &Connection, room: &Room, name: &PageName, exists: bool) -> Result<Head> {
    let viewer = &*room.viewer.at_path(name.folded());
    let ancestors = name.ancestors();
    let folded: Vec<String> = ancestors.iter().map(|ancestor| ancestor.folded().to_owned()).collect();
    let existing = if folded.is_empty() { Vec::new() } else { store::by_folded(db, viewer, &folded)? };
    let crumbs = ancestors
        .iter()
        .map(|ancestor| Crumb {
            name: last_part(ancestor.as_str()).to_owned(),
            href: existing
                .iter()
                .find(|page| page.folded == ancestor.folded())
                .map(|page| format!("{}{}", room.root, href_of(&page.name))),
        })
        .collect();
    let (open_threads, open_suggestions) =
        if exists { store::open_counts(db, name.folded())? } else { Default::default() };
    Ok(Head {
        name: name.as_str().to_owned(),
        href: format!("{}{}", room.root, name.href()),
        files_href: format!("{}/attachment/wiki/{}/", room.root, address::path(name.as_str())),
        crumbs,
        open_threads: exists.then_some(open_threads),
        suggestions: (open_suggestions > 0 && viewer.may(WIKI_MODIFY)).then(|| Counted {
            count: open_suggestions,
            href: format!("{}/suggestions?page_name={}", room.root, address::query_value(name.as_str())),
        }),
        may: May {
            suggest: exists && !viewer.may(WIKI_MODIFY) && viewer.may(WIKI_SUGGEST),
            edit: viewer.may(if exists { WIKI_MODIFY } else { WIKI_CREATE }),
            rename: exists && viewer.may(WIKI_RENAME),
            delete: exists && viewer.may(WIKI_DELETE),
            attach: exists && viewer.may(WIKI_MODIFY),
            access: exists && viewer.may(WIKI_ADMIN),
        },
    })
}

/// The head of a page: what is read-only offers no changes.
pub(super) fn head_of(db: &Connection, room: &Room, page: &PageRow) -> Result<Head> {
    let mut head = head(db, room, &PageName::parse(&page.name, "page")?, true)?;
    let there = room.viewer.at_path(&page.folded);
    if page.read_only && !there.may(WIKI_ADMIN) {
        let suggest = there.may(WIKI_SUGGEST);
        head.may = May { edit: false, rename: false, delete: false, attach: false, suggest, ..head.may };
    }
    Ok(head)
}

/// The name in the address of this visit. An address that can be no page's is as good as a missing page.
pub(super) fn asked_name(desk: &Desk) -> Result<PageName> {
    let tail = desk.visit.tail("/wiki").ok_or_else(|| Error::not_found(NO_PAGE))?;
    if tail.is_empty() {
        return PageName::parse(super::name::START, "page");
    }
    PageName::of_address(&tail).ok_or_else(|| Error::not_found(NO_PAGE))
}

/// Enters the project for its wiki.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(WIKI_VIEW, NO_PAGE)?;
    Ok(room)
}

/// A text that links here.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Source {
    pub title: String,
    pub href: String,
    pub kind: String,
    /// A state that shows, such as `closed`.
    pub class: Option<&'static str>,
    pub excerpt: String,
}

/// Who links here, as their own components show them to this viewer.
pub(super) fn sources(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    root: &str,
    links: &[Resource],
) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut kinds: Vec<&str> = links.iter().map(|link| &*link.kind).collect();
    kinds.dedup();
    for kind in kinds {
        let Some(component) = components.of_kind(kind) else {
            continue;
        };
        let ids: Vec<i64> = links.iter().filter(|link| link.kind == kind).map(|link| link.id).collect();
        for card in component.cards(db, viewer, kind, &ids)?.into_iter().flatten() {
            sources.push(Source {
                title: card.title,
                href: format!("{root}{}", card.href),
                kind: kind.to_owned(),
                class: card.class,
                excerpt: String::new(),
            });
        }
    }
    Ok(sources)
}
