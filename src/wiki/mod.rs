//! The wiki: pages with all their versions, edited by several people at once without loss.
//!
//! `store` keeps pages, `edit` is the one way to change them and `moving` to give them other names, `pages` shows them, `link`,
//! `macros` and `intermap` are what texts everywhere may say of them. `discussion` is what is said about them,
//! `suggestion` what readers would change, `watching` who follows them.

pub mod name;
pub mod store;
pub mod edit;
pub mod versions;
mod version_pages;
pub mod moving;
mod undo_move;
mod move_store;
mod rewriting;
pub mod pages;
mod change_pages;
pub mod discussion;
mod editor;
mod edit_pages;
mod conflict_pages;
mod move_pages;
mod delete_pages;
mod history_pages;
mod annotate_pages;
mod list_pages;
mod tree;
mod tree_pages;
mod tag_store;
mod tag_pages;
mod template;
mod furniture;
mod lookout;
mod lookout_pages;
mod print_pages;
mod access;
mod access_pages;
mod shown;
pub mod suggestion;
mod timeline;
pub mod watching;
mod scope;
mod link;
mod macros;
mod title_index;
mod reference;
mod intermap;
pub mod defaults;
pub mod relink;
pub mod folder;

use std::borrow::Cow;
use std::sync::Arc;

use rocket::Route;
use rusqlite::{Connection, OptionalExtension};

use crate::base::component::{
    Card, Component, Document, Guarded, KeptText, Occurrence, Owner, Place, Searchable, TimelineFilter,
};
use crate::base::error::{Error, Result};
use crate::base::event::Event;
use crate::base::markup::{self, InterMap, LinkKind, Macro};
use crate::base::project::{Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::{ByDefault, Permission, Viewer};
use name::PageName;

pub const WIKI_VIEW: Permission = Permission {
    name: "WIKI_VIEW",
    doc: "See pages, their versions and their attachments.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const WIKI_CREATE: Permission =
    Permission { name: "WIKI_CREATE", doc: "Make new pages.", implies: &[], by_default: ByDefault::Writers };
pub const WIKI_MODIFY: Permission = Permission {
    name: "WIKI_MODIFY",
    doc: "Change pages and attach files to them.",
    implies: &[],
    by_default: ByDefault::Writers,
};
pub const WIKI_RENAME: Permission =
    Permission { name: "WIKI_RENAME", doc: "Give pages other names.", implies: &[], by_default: ByDefault::Nobody };
pub const WIKI_DELETE: Permission = Permission {
    name: "WIKI_DELETE",
    doc: "Put pages into the trash and bring them back, and remove attachments of others.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const WIKI_DISCUSS: Permission = Permission {
    name: "WIKI_DISCUSS",
    doc: "Take part in the discussions of pages, and resolve them.",
    implies: &[],
    by_default: ByDefault::Writers,
};
pub const WIKI_SUGGEST: Permission = Permission {
    name: "WIKI_SUGGEST",
    doc: "Suggest edits of pages, which those who may change them take or decline.",
    implies: &[],
    by_default: ByDefault::Writers,
};
pub const WIKI_ADMIN: Permission = Permission {
    name: "WIKI_ADMIN",
    doc: "All rights on pages, and to edit and remove what others said about them.",
    implies: &["WIKI_VIEW", "WIKI_CREATE", "WIKI_MODIFY", "WIKI_RENAME", "WIKI_DELETE", "WIKI_DISCUSS", "WIKI_SUGGEST"],
    by_default: ByDefault::Nobody,
};

pub struct Wiki;

pub static COMPONENT: Wiki = Wiki;

impl Component for Wiki {
    fn name(&self) -> &'static str {
        "wiki"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = pages::routes();
        routes.extend(change_pages::routes());
        routes.extend(move_pages::routes());
        routes.extend(history_pages::routes());
        routes.extend(annotate_pages::routes());
        routes.extend(list_pages::routes());
        routes.extend(discussion::routes());
        routes.extend(suggestion::routes());
        routes.extend(watching::routes());
        routes.extend(tree_pages::routes());
        routes.extend(tag_pages::routes());
        routes.extend(lookout_pages::routes());
        routes.extend(print_pages::routes());
        routes.extend(access_pages::routes());
        routes
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Wiki", path: "/wiki", key: "w", any_of: &[WIKI_VIEW], order: 10 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[WIKI_VIEW, WIKI_CREATE, WIKI_MODIFY, WIKI_RENAME, WIKI_DELETE, WIKI_DISCUSS, WIKI_SUGGEST, WIKI_ADMIN]
    }

    fn rights_below_paths(&self) -> &'static [Permission] {
        &[WIKI_CREATE, WIKI_MODIFY, WIKI_RENAME, WIKI_DELETE, WIKI_DISCUSS, WIKI_SUGGEST]
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn macros(&self) -> &'static [Macro] {
        macros::MACROS
    }

    fn intermap(&self, db: &Connection) -> Result<Option<InterMap>> {
        intermap::load(db).map(Some)
    }

    fn react(&self, tx: &Tx<'_>, event: &Event) -> Result<()> {
        if event.kind == "acl.changed" { reclassify_all(tx) } else { Ok(()) }
    }

    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[("page", WIKI_VIEW), (discussion::MESSAGE, WIKI_VIEW)]
    }

    fn searchable(&self) -> &'static [Searchable] {
        &[
            Searchable { kind: "page", title: "Pages", permission: None },
            Searchable { kind: discussion::MESSAGE, title: "Discussions of pages", permission: None },
        ]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        if resource.is(discussion::MESSAGE) {
            return discussion::told::document(db, resource);
        }
        let found = db
            .prepare_cached(
                "select page.name, page.title, page.acl, page.changed_at, page_version.text, person.login, person.display_name from page
                 join page_version on page_version.page = page.id and page_version.version = page.version
                 left join person on person.id = page.author
                 where page.id = ?1 and deleted_at is null",
            )?
            .query_row([resource.id], |row| {
                let (login, name): (Option<String>, Option<String>) = (row.get("login")?, row.get("display_name")?);
                let text: String = row.get("text")?;
                let (name_of, title): (String, String) = (row.get("name")?, row.get("title")?);
                Ok(Document {
                    resource: resource.clone(),
                    acl: row.get("acl")?,
                    participants: Vec::new(),
                    title: if title.is_empty() { name_of } else { format!("{title} ({name_of})") },
                    text: markup::plain(markup::without_front(&text)),
                    author: [login.unwrap_or_default(), name.unwrap_or_default()].join(" ").trim().to_owned(),
                    changed: row.get("changed_at")?,
                    permission: WIKI_VIEW.name,
                    facets: Vec::new(),
                })
            })
            .optional()?;
        let Some(mut document) = found else { return Ok(None) };
        document.facets = tag_store::of_page(db, resource.id)?.into_iter().map(|tag| ("tag", tag)).collect();
        Ok(Some(document))
    }

    fn document_ids(&self, db: &Connection, kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        if kind == discussion::MESSAGE {
            return discussion::store::message_ids_after(db, after, limit);
        }
        let mut statement =
            db.prepare_cached("select id from page where id > ?1 and deleted_at is null order by id limit ?2")?;
        Ok(statement.query_map([after, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        if !viewer.may(WIKI_VIEW) {
            return Ok(ids.iter().map(|_| None).collect());
        }
        if kind == discussion::MESSAGE {
            return discussion::told::cards(db, viewer, ids);
        }
        let pages = store::by_ids(db, viewer, ids)?;
        let card = |id: &i64| {
            let page = pages.iter().find(|page| page.id == *id)?;
            Some(Card {
                resource: Resource::new("page", page.id),
                title: page.called().to_owned(),
                href: name::href_of(&page.name),
                author: page.author.clone(),
                changed: page.changed_at,
                place: String::new(),
                class: None,
            })
        };
        Ok(ids.iter().map(card).collect())
    }

    fn timeline(&self) -> &'static [TimelineFilter] {
        timeline::FILTERS
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        timeline::occurrences(db, viewer, events)
    }

    fn owner(&self, db: &Connection, viewer: &Viewer, realm: &str, id: &str) -> Result<Option<Owner>> {
        if !matches!(realm, "wiki" | "page") || !viewer.may(WIKI_VIEW) {
            return Ok(None);
        }
        let Some(name) = PageName::of_address(id) else {
            return Ok(None);
        };
        Ok(store::lead(db, viewer, name.folded())?.map(|page| owner(viewer, page)))
    }

    fn guarded(&self, db: &Connection, viewer: &Viewer, kind: &str, id: &str) -> Result<Option<Guarded>> {
        let Some(number) = discussion::link::number(id) else { return Ok(None) };
        let found = match kind {
            "discussion" => discussion::edit::find(db, viewer, number).map(|(_, page)| page),
            "suggestion" => suggestion::edit::find(db, viewer, number).map(|(_, page)| page),
            _ => return Ok(None),
        };
        match found {
            Ok(page) => Ok(Some(Guarded {
                resource: Resource::new("page", page.id),
                acl: page.acl,
                title: format!("the {kind} {number} of {}", page.name),
                to_view: WIKI_VIEW,
            })),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        if !resource.is("page") || !viewer.may(WIKI_VIEW) {
            return Ok(None);
        }
        Ok(store::by_ids(db, viewer, &[resource.id])?.pop().map(|page| owner(viewer, page)))
    }

    fn leads_sql(&self, viewer: &Viewer, kind: &str, key: &str) -> Option<String> {
        (kind == "page" && viewer.may(WIKI_VIEW)).then(|| store::leads_sql(viewer, key))
    }

    fn text_to_change(
        &self,
        db: &Connection,
        viewer: &Viewer,
        resource: &Resource,
        _part: &str,
    ) -> Result<Option<KeptText>> {
        match resource.kind.as_ref() {
            discussion::MESSAGE => discussion::kept_text::find(db, viewer, resource.id),
            suggestion::SUGGESTION => suggestion::kept_text::find(db, viewer, resource.id),
            _ => edit::text_to_change(db, viewer, resource),
        }
    }

    fn change_text(
        &self,
        site: &Site,
        tx: &Tx<'_>,
        viewer: &Viewer,
        kept: &KeptText,
        text: &str,
        why: &str,
    ) -> Result<i64> {
        match kept.resource.kind.as_ref() {
            discussion::MESSAGE => discussion::kept_text::change(site, tx, viewer, kept, text),
            suggestion::SUGGESTION => suggestion::kept_text::change(tx, viewer, kept, text),
            _ => edit::change_text(site, tx, viewer, kept, text, why),
        }
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        project.read(|db| {
            let mut statement = db.prepare(
                "select page.name from page left join page_version
                   on page_version.page = page.id and page_version.version = page.version
                 where page_version.page is null or page_version.removed_at is not null
                    or (select count(*) <> max(version) from page_version as every where every.page = page.id)",
            )?;
            let broken =
                statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            findings.extend(broken.into_iter().map(|name| format!("page “{name}”: its versions are not complete")));
            let mut statement = db.prepare(
                "select name from page where open_threads <>
                   (select count(*) from page_thread where page_thread.page = page.id and resolved_at is null)
                 or open_suggestions <>
                   (select count(*) from page_suggestion where page_suggestion.page = page.id and state = 'open')",
            )?;
            let miscounted =
                statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            findings.extend(
                miscounted
                    .into_iter()
                    .map(|name| format!("page “{name}”: what is open beneath it is not counted right")),
            );
            let pages = db
                .prepare("select id, folded, name, acl from page")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
                .collect::<rusqlite::Result<Vec<(i64, String, String, i64)>>>()?;
            for (_, folded, name, acl) in &pages {
                if store::class_of(db, folded)? != *acl {
                    findings.push(format!("page “{name}”: its access class is not that of its path"));
                }
            }
            Ok(())
        })
    }
}

/// Whose files hang on a page: with the page, they are kept from changes, too.
fn owner(viewer: &Viewer, page: store::PageRow) -> Owner {
    let asked_by = match viewer.at_path(&page.folded) {
        Cow::Owned(viewer) => Some(Arc::new(viewer)),
        Cow::Borrowed(_) => None,
    };
    let (to_attach, to_remove) = if page.read_only { (WIKI_ADMIN, WIKI_ADMIN) } else { (WIKI_MODIFY, WIKI_DELETE) };
    Owner {
        resource: Resource::new("page", page.id),
        acl: page.acl,
        realm: "wiki",
        href: name::href_of(&page.name),
        title: page.name.clone(),
        id: page.name,
        to_view: WIKI_VIEW,
        to_attach,
        to_remove,
        asked_by,
    }
}

/// Puts a page and what hangs on it into an access class.
fn reclassify(tx: &Tx<'_>, page: i64, acl: i64) -> Result<()> {
    tx.execute("update page set acl = ?2 where id = ?1", (page, acl))?;
    tx.execute("update link set acl = ?2 where source_kind = 'page' and source_id = ?1", (page, acl))?;
    tx.execute("update event set acl = ?2 where resource_kind = 'page' and resource_id = ?1", (page, acl))?;
    let files = "select id from attachment where parent_kind = 'page' and parent_id = ?1";
    tx.execute(
        &format!("update event set acl = ?2 where resource_kind = 'attachment' and resource_id in ({files})"),
        (page, acl),
    )?;
    tx.execute("update attachment set acl = ?2 where parent_kind = 'page' and parent_id = ?1", (page, acl))?;
    discussion::store::follow_page(tx, page)?;
    Ok(())
}

/// After the path rules have changed: every page whose rule is another one now.
fn reclassify_all(tx: &Tx<'_>) -> Result<()> {
    let pages = tx
        .prepare("select id, folded, acl from page")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(i64, String, i64)>>>()?;
    for (id, folded, acl) in pages {
        let now = store::class_of(tx, &folded)?;
        if now != acl {
            reclassify(tx, id, now)?;
        }
    }
    Ok(())
}
