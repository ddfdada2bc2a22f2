//! Moving pages (row K09): a page, and the pages below it, get other names; history and attachments stay with them, links
//! follow where the mover wishes it and may change what holds them, and the old addresses lead on. All of it is one act that
//! can be undone as long as nobody has edited the pages since.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::json;

use super::edit::{also, refuse_stale, require_on};
use super::move_store::{self, MovedRow};
use super::name::{PageName, below};
use super::rewriting::{Moves, References};
use super::store::{self, PageRow};
use super::{WIKI_RENAME, WIKI_VIEW, discussion, suggestion};
use crate::base::component::{Component, KeptText};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::link::{self, Links};
use crate::base::markup::{self, Here};
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::text::options;

/// Pages that one move takes along.
const MOST_MOVED: usize = 1000;
/// Texts whose links one move rewrites, and their bytes in all.
const MOST_TEXTS: usize = 2000;
const MOST_BYTES: usize = 64 << 20;

#[derive(Clone, Copy)]
pub struct Rename<'a> {
    pub name: &'a PageName,
    pub new_name: &'a PageName,
    /// The old address goes on leading to the page.
    pub redirect: bool,
    /// The pages below it go along.
    pub children: bool,
    /// Links follow, in whatever the mover may change.
    pub rewrite: bool,
    pub version: Option<i64>,
}

/// What a move comes to, worked out before the writer is taken.
pub struct Plan {
    pub(super) moves: Vec<Moving>,
    /// The texts that get other links, in the order of the link table.
    pub texts: Vec<NewText>,
}

pub(super) struct Moving {
    pub page: PageRow,
    pub name: PageName,
    /// What its text refers to under the new name, and each message about it: relative links mean something else there.
    links: Vec<(Resource, Links)>,
}

/// A text with other links.
pub struct NewText {
    pub(super) kept: KeptText,
    pub(super) text: String,
    /// Each link that changes, as it was and as it will be.
    pub changes: Vec<(String, String)>,
}

impl NewText {
    pub fn resource(&self) -> &Resource {
        &self.kept.resource
    }

    /// The comment or the note that it is, as `("comment", "3")`; none for a main text.
    pub fn part(&self) -> Option<(&str, &str)> {
        self.kept.part.split_once(':')
    }

    /// The page that it stands on, where it does.
    pub fn page(&self) -> &str {
        &self.kept.here.name
    }
}

/// What was done.
pub struct Moved {
    /// By which it is undone.
    pub id: i64,
    /// How many pages have other names.
    pub pages: usize,
    /// How many texts have other links.
    pub texts: usize,
}

/// What would be moved and rewritten.
pub fn plan(site: &Site, project: &Project, viewer: &Viewer, rename: &Rename<'_>) -> Result<Plan> {
    viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    let (moves, names, kept) = project.read(|db| {
        let moves = moves_of(db, viewer, rename)?;
        refuse_taken(db, viewer, &moves)?;
        let names = Moves::new(project, db, viewer, &moves, rename.redirect)?;
        let kept = if rename.rewrite { kept_texts(project, db, viewer, &moves, &names)? } else { Vec::new() };
        Ok((moves, names, kept))
    })?;
    let mut texts = Vec::new();
    for kept in kept {
        let on_page = kept.here.resource.is("page");
        let moved = moves.iter().find(|(page, _)| on_page && kept.here.resource.id == page.id);
        let here = match moved {
            Some((page, name)) => Some((page.name.as_str(), name.as_str())),
            None => on_page.then_some((kept.here.name.as_str(), kept.here.name.as_str())),
        };
        let references = References { moves: &names, acl: kept.acl, here };
        let rewritten =
            markup::rewritten(&kept.text, kept.flavour, site.vocabulary(), &options(site, project)?, &references);
        if let Some(rewritten) = rewritten {
            texts.push(NewText { kept, text: rewritten.text, changes: rewritten.changes });
        }
    }
    Ok(Plan { moves: with_links(site, project, moves)?, texts })
}

/// Moves a page, and the pages below it if they are to go along.
pub fn rename(site: &Site, project: &Project, by: Act<'_>, rename: &Rename<'_>) -> Result<Moved> {
    let plan = plan(site, project, by.viewer, rename)?;
    warm(site, project, &plan.texts)?;
    project.write(by, |tx| {
        let now = moves_of(tx, by.viewer, rename)?;
        let known = |(page, name): &(PageRow, PageName)| {
            plan.moves
                .iter()
                .any(|moving| (moving.page.id, moving.page.version, &moving.name) == (page.id, page.version, name))
        };
        if now.len() != plan.moves.len() || !now.iter().all(known) {
            return Err(Error::conflict("Somebody changed one of these pages meanwhile. Please try again."));
        }
        refuse_taken(tx, by.viewer, &now)?;
        carry_out(site, tx, by.viewer, &plan, rename.redirect, &why(tx, rename)?)
    })
}

fn moves_of(db: &Connection, viewer: &Viewer, rename: &Rename<'_>) -> Result<Vec<(PageRow, PageName)>> {
    let page = store::find(db, viewer, rename.name.folded())?
        .ok_or_else(|| Error::not_found(format!("There is no page “{}”.", rename.name.as_str())))?;
    refuse_stale(&page, rename.version)?;
    require_on(viewer, &page, WIKI_RENAME)?;
    if page.name == rename.new_name.as_str() {
        return Err(Error::invalid("new_name", "That is its name already."));
    }
    let mut moves = vec![(page.clone(), rename.new_name.clone())];
    if rename.children {
        for child in store::list(db, viewer, &format!("{}/", page.folded), MOST_MOVED + 1)? {
            let rest = below(&child.name, &page.name);
            let name = PageName::parse(&format!("{}/{rest}", rename.new_name.as_str()), "new_name")?;
            require_on(viewer, &child, WIKI_RENAME)?;
            moves.push((child, name));
        }
        if moves.len() > MOST_MOVED {
            return Err(Error::invalid("children", format!("More than {MOST_MOVED} pages can't be renamed at once.")));
        }
    }
    Ok(moves)
}

pub(super) fn refuse_taken(db: &Connection, viewer: &Viewer, moves: &[(PageRow, PageName)]) -> Result<()> {
    for (_, name) in moves {
        let class = store::class_of(db, name.folded())?;
        if !viewer.sees_class(class) {
            return Err(Error::invalid("new_name", format!("“{}” can't be taken by you.", name.as_str())));
        }
        viewer.at_path(name.folded()).require(WIKI_RENAME)?;
        let other = store::find_unseen(db, name.folded())?;
        if other.is_some_and(|other| !moves.iter().any(|(moved, _)| moved.id == other.id)) {
            return Err(Error::invalid("new_name", format!("There is a page “{}” already.", name.as_str())));
        }
    }
    Ok(())
}

/// The texts that may have to change: those that link to what moves, and the pages themselves.
fn kept_texts(
    project: &Project,
    db: &Connection,
    viewer: &Viewer,
    moves: &[(PageRow, PageName)],
    names: &Moves<'_>,
) -> Result<Vec<KeptText>> {
    let keys = names.names();
    let mut places = link::texts(db, project.components(), viewer, ("page", &keys), MOST_TEXTS + 1)?;
    for (page, _) in moves {
        let messages = discussion::store::message_ids(db, page.id)?.into_iter();
        let own = messages.map(|id| Resource::new(discussion::MESSAGE, id)).chain([Resource::new("page", page.id)]);
        for own in own.map(|resource| (resource, String::new())) {
            if !places.contains(&own) {
                places.push(own);
            }
        }
    }
    if places.len() > MOST_TEXTS + moves.len() {
        return Err(too_many());
    }
    let suggestions = suggestion::store::open_ids(db)?.into_iter();
    places.extend(suggestions.map(|id| (Resource::new(suggestion::SUGGESTION, id), String::new())));
    let mut kept = Vec::new();
    let mut bytes = 0;
    for (resource, part) in places {
        let Some(component) = holder(project, &resource.kind) else { continue };
        let Some(text) = component.text_to_change(db, viewer, &resource, &part)? else { continue };
        // The link table knows nothing of suggestions.
        let own = moves.iter().any(|(page, _)| page.id == text.here.resource.id);
        if resource.is(suggestion::SUGGESTION) && !own && !names.may_be_in(&text.text) {
            continue;
        }
        bytes += text.text.len();
        if bytes > MOST_BYTES {
            return Err(too_many());
        }
        kept.push(text);
    }
    Ok(kept)
}

/// The component that keeps texts of that kind; suggestions can't be searched, and so are of no component's kinds.
pub(super) fn holder(project: &Project, kind: &str) -> Option<&'static dyn Component> {
    if kind == suggestion::SUGGESTION { Some(&super::Wiki) } else { project.components().of_kind(kind) }
}

fn too_many() -> Error {
    Error::invalid("rewrite", "Too many texts link here to change them at once. Their links can go on by the redirect.")
}

/// The references that each page will have under its new name.
pub(super) fn with_links(site: &Site, project: &Project, moves: Vec<(PageRow, PageName)>) -> Result<Vec<Moving>> {
    let options = options(site, project)?;
    let mut moving = Vec::with_capacity(moves.len());
    for (page, name) in moves {
        let text = project.read(|db| store::version(db, page.id, page.version))?.map(|version| version.text);
        let compiled =
            project.cache().compiled(&text.unwrap_or_default(), markup::Flavour::Page, site.vocabulary(), &options)?;
        let here = Here { resource: Resource::new("page", page.id), name: name.as_str().to_owned() };
        let mut links = discussion::kept_text::links_on(site, project, page.id, name.as_str())?;
        links.push((here.resource.clone(), link::of(&compiled, site.vocabulary(), &here)));
        moving.push(Moving { page, name, links });
    }
    Ok(moving)
}

/// Reads the new texts before the writer is taken, so that their links are at hand within.
pub(super) fn warm(site: &Site, project: &Project, texts: &[NewText]) -> Result<()> {
    let options = options(site, project)?;
    for new in texts {
        project.cache().compiled(&new.text, new.kept.flavour, site.vocabulary(), &options)?;
    }
    Ok(())
}

pub(super) fn carry_out(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    plan: &Plan,
    redirect: bool,
    why: &str,
) -> Result<Moved> {
    let id = move_store::insert(tx)?;
    for moving in &plan.moves {
        // Pages of one subtree may take each other's places: each first leaves its own.
        tx.execute("update page set folded = char(1) || id where id = ?1", [moving.page.id])?;
    }
    for moving in &plan.moves {
        move_page(tx, moving, redirect)?;
    }
    for moving in &plan.moves {
        // What one page has left another one may have taken: an address in use leads to nobody else.
        tx.execute("delete from page_former_name where folded = ?1", [moving.name.folded()])?;
    }
    let mut versions: HashMap<i64, i64> = HashMap::new();
    let mut texts = 0;
    for new in &plan.texts {
        let Some(component) = holder(tx.project(), &new.kept.resource.kind) else { continue };
        let after = match component.change_text(site, tx, viewer, &new.kept, &new.text, why) {
            Ok(after) => after,
            // Its own rules keep it from being saved as it is: its links go on by the redirect.
            Err(Error::Invalid(_) | Error::Forbidden { .. }) => continue,
            Err(other) => return Err(other),
        };
        if new.kept.resource.is("page") {
            versions.insert(new.kept.resource.id, after);
        }
        move_store::insert_text(tx, id, &new.kept, after)?;
        texts += 1;
    }
    for Moving { page, name, .. } in &plan.moves {
        let moved = MovedRow {
            page: page.id,
            from_name: page.name.clone(),
            to_name: name.as_str().to_owned(),
            version: versions.get(&page.id).copied().unwrap_or(page.version),
        };
        move_store::insert_moved(tx, id, &moved)?;
    }
    Ok(Moved { id, pages: plan.moves.len(), texts })
}

fn move_page(tx: &Tx<'_>, moving: &Moving, redirect: bool) -> Result<()> {
    let Moving { page, name, links } = moving;
    let acl = store::class_of(tx, name.folded())?;
    tx.execute(
        "update page set name = ?2, folded = ?3, acl = ?4 where id = ?1",
        (page.id, name.as_str(), name.folded(), acl),
    )?;
    if redirect && page.folded != name.folded() {
        tx.execute(
            "insert or replace into page_former_name (folded, name, page) values (?1, ?2, ?3)",
            (&page.folded, &page.name, page.id),
        )?;
    }
    super::reclassify(tx, page.id, acl)?;
    for (source, links) in links {
        link::replace(tx, source, "", acl, links)?;
    }
    let event = NewEvent::new("page.renamed", Resource::new("page", page.id), acl)
        .part(page.version)
        .data(json!({ "also": also(tx, page.id)? }));
    tx.record(&event)?;
    Ok(())
}

/// What the history of a text that follows says. Names that not everybody may know are not among it.
fn why(db: &Connection, rename: &Rename<'_>) -> Result<String> {
    let (old, new) = (rename.name, rename.new_name);
    let open = |name: &PageName| Ok::<_, Error>(store::class_of(db, name.folded())? == DEFAULT_CLASS);
    if open(old)? && open(new)? {
        Ok(format!("Links follow “{}” to “{}”.", old.as_str(), new.as_str()))
    } else {
        Ok("Links follow a page to its new name.".to_owned())
    }
}
