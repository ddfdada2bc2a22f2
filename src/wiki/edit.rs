//! The one way to change pages, whoever asks: form, JSON, command, import.

use rusqlite::Connection;
use serde_json::json;

use super::name::PageName;
use super::store::{self, PageRow};
use super::tag_store;
use super::{WIKI_ADMIN, WIKI_CREATE, WIKI_DELETE, WIKI_MODIFY, WIKI_VIEW, discussion};
use crate::base::component::KeptText;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::link;
use crate::base::markup::{Compiled, Flavour, Front, Here};
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::text::fold;
use crate::base::text::merge::{self, Merge};
use crate::base::viewer::{Permission, Viewer};
use crate::web::text::options;

/// The largest text (DESIGN 11).
pub const LARGEST_TEXT: usize = 1024 * 1024;
const LONGEST_COMMENT: usize = 1000;
/// Of so many who press the button at the same moment, the last one is slower than all others.
const TRIES: usize = 32;

pub struct Save<'a> {
    pub name: &'a PageName,
    pub text: &'a str,
    pub comment: &'a str,
    /// The version that the text was made from: 0 for a new page, none for “whatever it is now”.
    pub base: Option<i64>,
    /// Refuse a stale base even if the texts would merge.
    pub strict: bool,
}

/// What is said of a version beside its text and its comment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Also {
    /// A small change: lists can leave it out.
    pub minor: bool,
    /// From now on only WIKI_ADMIN changes the page, or no longer so; none leaves that as it is. Needs WIKI_ADMIN.
    pub read_only: Option<bool>,
}

#[derive(Debug)]
pub enum Saved {
    /// `merged` with that version, which somebody saved meanwhile.
    As { version: i64, name: String, merged: Option<i64> },
    /// Nothing is saved: both changed the same lines.
    Conflict { version: i64, merge: Merge },
}

/// Saves a new version. Changes of other lines that were saved meanwhile are merged in.
pub fn save(site: &Site, project: &Project, by: Act<'_>, save: &Save<'_>) -> Result<Saved> {
    save_also(site, project, by, save, Also::default())
}

/// The same with what else is said of it.
pub fn save_also(site: &Site, project: &Project, by: Act<'_>, save: &Save<'_>, also: Also) -> Result<Saved> {
    check_text(save.text, save.comment)?;
    if also.read_only.is_some() {
        by.viewer.require(WIKI_ADMIN)?;
    }
    for _ in 0..TRIES {
        let (newest, class) = project.read(|db| {
            let page = store::find_unseen(db, save.name.folded())?;
            let version = match &page {
                Some(page) => store::version(db, page.id, page.version)?.map(|version| version.text),
                None => None,
            };
            Ok((page.zip(version), store::class_of(db, save.name.folded())?))
        })?;
        allowed(by.viewer, newest.as_ref().map(|(page, _)| page), class, save.name)?;
        let current = newest.as_ref().map_or(0, |(page, _)| page.version);
        let base = save.base.unwrap_or(current);
        if base > current || base < 0 {
            return Err(Error::invalid("version", format!("There is no version {base} of this page.")));
        }
        let mut text = save.text.to_owned();
        let mut merged = None;
        if let Some((page, current_text)) = newest.as_ref().filter(|_| base < current) {
            if save.strict {
                return Err(Error::conflict(format!("The page is at version {current} by now, not at {base}.")));
            }
            let base_text = match base {
                0 => String::new(),
                _ => project.read(|db| store::version(db, page.id, base))?.map(|row| row.text).unwrap_or_default(),
            };
            let merge = merge::merge(&base_text, current_text, save.text);
            match merge.clean() {
                Some(clean) => {
                    text = clean;
                    merged = Some(current);
                }
                None => return Ok(Saved::Conflict { version: current, merge }),
            }
        }
        let unchanged = newest
            .as_ref()
            .is_some_and(|(page, current_text)| *current_text == text && page.name == save.name.as_str());
        if unchanged {
            let changes_kept = |page: &PageRow| also.read_only.is_some_and(|read_only| read_only != page.read_only);
            return match (merged, &newest) {
                // The other one saved the very same.
                (Some(version), _) => Ok(Saved::As { version, name: save.name.as_str().to_owned(), merged }),
                (None, Some((page, _))) if changes_kept(page) => {
                    project.write(by, |tx| protect(tx, page, !page.read_only))?;
                    Ok(Saved::As { version: page.version, name: page.name.clone(), merged })
                }
                (None, _) => Err(Error::invalid("text", "Nothing was changed, so there is nothing to save.")),
            };
        }
        if text.len() > LARGEST_TEXT {
            return Err(too_large(text.len()));
        }
        let known = newest.map(|(page, _)| page);
        if let Some(version) = write(site, project, by, &Writing { save, also, text: &text, known, class })? {
            return Ok(Saved::As { version, name: save.name.as_str().to_owned(), merged });
        }
    }
    Err(Error::conflict("Others are saving this page all the time. Please try again."))
}

/// Whether a page can have that text, and a version that comment.
pub(super) fn check_text(text: &str, comment: &str) -> Result<()> {
    let mut problems = Vec::new();
    if text.len() > LARGEST_TEXT {
        return Err(too_large(text.len()));
    }
    if text.trim().is_empty() {
        problems.push(Problem::new("text", "A page can't be empty. To take it away, delete it: it goes to the trash."));
    }
    problems.extend(comment_problem(comment));
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn too_large(bytes: usize) -> Error {
    Error::invalid("text", format!("The text has {bytes} bytes; a page holds at most 1 MiB (1,048,576 bytes)."))
}

pub(super) fn comment_problem(comment: &str) -> Option<Problem> {
    let bad = comment.chars().count() > LONGEST_COMMENT || comment.chars().any(|character| character.is_control());
    bad.then(|| Problem::new("comment", "A comment is one line of at most 1,000 characters."))
}

/// Creating under a name needs the right to view that name (DESIGN 1.5).
pub(super) fn allowed(viewer: &Viewer, page: Option<&PageRow>, class: i64, name: &PageName) -> Result<()> {
    let missing = format!("There is no page “{}”.", name.as_str());
    viewer.require_to_see(WIKI_VIEW, &missing)?;
    match page {
        Some(page) if !viewer.sees_class(page.acl) => Err(Error::not_found(missing)),
        Some(page) => require_on(viewer, page, WIKI_MODIFY),
        None if !viewer.sees_class(class) => Err(Error::not_found(missing)),
        None => viewer.at_path(name.folded()).require(WIKI_CREATE),
    }
}

/// Whether somebody has a right on a page, which may hold there and not elsewhere, or elsewhere and not there.
pub(super) fn require_on(viewer: &Viewer, page: &PageRow, permission: Permission) -> Result<()> {
    let viewer = viewer.at_path(&page.folded);
    viewer.require(permission)?;
    refuse_read_only(&viewer, page)
}

/// A read-only page is changed by nobody without WIKI_ADMIN, whatever else they may (row K13).
pub fn refuse_read_only(viewer: &Viewer, page: &PageRow) -> Result<()> {
    if !page.read_only || viewer.may(WIKI_ADMIN) {
        return Ok(());
    }
    Err(Error::Forbidden {
        permission: WIKI_ADMIN.name,
        message: format!("“{}” is read-only: changing it needs the permission WIKI_ADMIN.", page.name),
    })
}

fn protect(tx: &Tx<'_>, page: &PageRow, read_only: bool) -> Result<()> {
    store::set_read_only(tx, page.id, read_only)?;
    let kind = if read_only { "page.protected" } else { "page.released" };
    tx.record(
        &NewEvent::new(kind, Resource::new("page", page.id), page.acl).part(page.version).saying("what", &page.name),
    )?;
    Ok(())
}

/// What is about to be written, and the page as it was when that was made.
struct Writing<'a> {
    save: &'a Save<'a>,
    also: Also,
    text: &'a str,
    known: Option<PageRow>,
    class: i64,
}

/// Writes the version if the page is still what it was; None if somebody was faster.
fn write(site: &Site, project: &Project, by: Act<'_>, writing: &Writing<'_>) -> Result<Option<i64>> {
    let Writing { save, also, text, ref known, class } = *writing;
    let compiled = project.cache().compiled(text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    project.write(by, |tx| {
        let current = store::find_unseen(tx, save.name.folded())?;
        let same =
            current.as_ref().map(|page| (page.id, page.version)) == known.as_ref().map(|page| (page.id, page.version));
        if !same {
            return Ok(None);
        }
        let (id, version, acl, kind) = match &current {
            Some(page) => {
                // Somebody may have made it read-only just now.
                refuse_read_only(by.viewer, page)?;
                let kind = if also.minor { "page.retouched" } else { "page.saved" };
                (page.id, store::next_version(tx, page.id)?, page.acl, kind)
            }
            None => {
                let id = store::insert_page(tx, save.name.as_str(), save.name.folded(), class, tx.actor(), tx.now())?;
                (id, 1, class, "page.created")
            }
        };
        let name = current.as_ref().map_or(save.name.as_str(), |page| page.name.as_str());
        let here = Here { resource: Resource::new("page", id), name: name.to_owned() };
        let author = tx.actor();
        let new = NextVersion {
            version,
            acl,
            text,
            comment: save.comment.trim(),
            author,
            taken: None,
            kind,
            minor: also.minor && current.is_some(),
        };
        add_version(site, tx, by.viewer, &here, &compiled, &new)?;
        if let Some(read_only) = also.read_only
            && let Some(page) = store::find_unseen(tx, save.name.folded())?.filter(|page| page.read_only != read_only)
        {
            protect(tx, &page, read_only)?;
        }
        Ok(Some(version))
    })
}

/// The next version of a page, about to be written.
pub(super) struct NextVersion<'a> {
    pub version: i64,
    pub acl: i64,
    pub text: &'a str,
    pub comment: &'a str,
    pub author: Option<i64>,
    /// Of a suggested edit: its number, and who took it.
    pub taken: Option<(i64, Option<i64>)>,
    /// The event that tells of it.
    pub kind: &'static str,
    pub minor: bool,
}

/// Writes a version with what it refers to, and tells of it.
pub(super) fn add_version(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    here: &Here,
    compiled: &Compiled,
    new: &NextVersion<'_>,
) -> Result<()> {
    store::insert_version(
        tx,
        &store::NewVersion {
            page: here.resource.id,
            version: new.version,
            author: new.author,
            at: tx.now(),
            comment: new.comment,
            via: tx.via().name(),
            minor: new.minor,
            text: new.text,
            taken: new.taken,
        },
    )?;
    tag_store::keep(tx, viewer, here.resource.id, &fold(&here.name), &Front::of(new.text).unwrap_or_default())?;
    link::replace(tx, &here.resource, "", new.acl, &link::of(compiled, site.vocabulary(), here))?;
    let event = NewEvent::new(new.kind, here.resource.clone(), new.acl).part(new.version);
    let mut data = json!({ "version": new.version });
    if let Some((suggestion, _)) = new.taken {
        data["suggestion"] = json!(suggestion);
    }
    tx.record(&event.data(data))?;
    Ok(())
}

/// The newest text of a page that this viewer may change, for whoever puts other references into it.
pub(super) fn text_to_change(db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<KeptText>> {
    if !resource.is("page") || !viewer.may(WIKI_VIEW) {
        return Ok(None);
    }
    let page = store::by_ids(db, viewer, &[resource.id])?.pop();
    let Some(page) = page.filter(|page| require_on(viewer, page, WIKI_MODIFY).is_ok()) else {
        return Ok(None);
    };
    let text = store::version(db, page.id, page.version)?.map(|version| version.text).unwrap_or_default();
    Ok(Some(KeptText {
        resource: resource.clone(),
        part: String::new(),
        flavour: Flavour::Page,
        acl: page.acl,
        here: Here { resource: resource.clone(), name: page.name },
        text,
        revision: page.version,
    }))
}

/// Saves such a text as a version, within a transaction that does more. Returns the number of the version.
pub(super) fn change_text(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    kept: &KeptText,
    text: &str,
    comment: &str,
) -> Result<i64> {
    let page = store::by_ids(tx, viewer, &[kept.resource.id])?.pop();
    let page = page.filter(|page| page.version == kept.revision).ok_or_else(|| {
        Error::conflict(format!("Somebody has changed “{}” meanwhile. Please try again.", kept.here.name))
    })?;
    let project = tx.project();
    let compiled = project.cache().compiled(text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    let here = Here { resource: Resource::new("page", page.id), name: page.name };
    let version = store::next_version(tx, page.id)?;
    add_version(
        site,
        tx,
        viewer,
        &here,
        &compiled,
        &NextVersion {
            version,
            acl: page.acl,
            text,
            comment,
            author: tx.actor(),
            taken: None,
            kind: "page.saved",
            minor: false,
        },
    )?;
    Ok(version)
}

/// Puts a page into the trash: its text, history and attachments wait there.
pub fn delete(project: &Project, by: Act<'_>, name: &PageName, version: Option<i64>, comment: &str) -> Result<()> {
    if let Some(problem) = comment_problem(comment) {
        return Err(Error::Invalid(vec![problem]));
    }
    by.viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    project.write(by, |tx| {
        let page = store::find(tx, by.viewer, name.folded())?
            .ok_or_else(|| Error::not_found(format!("There is no page “{}”.", name.as_str())))?;
        require_on(by.viewer, &page, WIKI_DELETE)?;
        refuse_stale(&page, version)?;
        tx.execute(
            "update page set deleted_at = ?2, deleted_by = ?3, deleted_comment = ?4 where id = ?1",
            (page.id, tx.now(), tx.actor(), comment.trim()),
        )?;
        tx.execute("delete from link where source_kind = 'page' and source_id = ?1", [page.id])?;
        discussion::store::follow_page(tx, page.id)?;
        let event = NewEvent::new("page.deleted", Resource::new("page", page.id), page.acl)
            .part(page.version)
            .data(json!({ "also": also(tx, page.id)? }))
            .saying("what", &page.name);
        tx.record(&event)?;
        Ok(())
    })
}

/// Brings a page back from the trash under its name, if that is free.
pub fn restore(site: &Site, project: &Project, by: Act<'_>, id: i64) -> Result<String> {
    let missing = || Error::not_found("There is no such page in the trash.");
    by.viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    // First of all, or the answer would tell whether there is such a page in the trash.
    by.viewer.require(WIKI_DELETE)?;
    let text = project.read(|db| {
        let row = store::trashed(db, by.viewer, id)?.ok_or_else(missing)?;
        store::version(db, id, row.page.version)?.map(|version| version.text).ok_or_else(missing)
    })?;
    let compiled = project.cache().compiled(&text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    project.write(by, |tx| {
        let row = store::trashed(tx, by.viewer, id)?.ok_or_else(missing)?;
        if row.taken {
            return Err(Error::conflict(format!(
                "There is a page “{}” by now. Rename that one first; this one stays in the trash until then.",
                row.page.name
            )));
        }
        tx.execute("update page set deleted_at = null, deleted_by = null where id = ?1", [id])?;
        tx.execute("delete from page_former_name where folded = ?1", [&row.page.folded])?;
        discussion::store::follow_page(tx, id)?;
        let here = Here { resource: Resource::new("page", id), name: row.page.name.clone() };
        link::replace(tx, &here.resource, "", row.page.acl, &link::of(&compiled, site.vocabulary(), &here))?;
        let event = NewEvent::new("page.restored", Resource::new("page", id), row.page.acl)
            .part(row.page.version)
            .data(json!({ "also": also(tx, id)? }))
            .saying("what", &row.page.name);
        tx.record(&event)?;
        Ok(row.page.name)
    })
}

/// The attachments of a page and what was said about it: what else a change of the page concerns.
pub(super) fn also(tx: &Tx<'_>, page: i64) -> Result<Vec<(&'static str, i64)>> {
    let files = store::attachment_ids(tx, page)?.into_iter().map(|id| ("attachment", id));
    let messages = discussion::store::message_ids(tx, page)?.into_iter().map(|id| (discussion::MESSAGE, id));
    Ok(files.chain(messages).collect())
}

pub(super) fn refuse_stale(page: &PageRow, seen: Option<i64>) -> Result<()> {
    match seen {
        Some(seen) if seen != page.version => Err(Error::conflict(format!(
            "“{}” has changed since you looked: it is at version {} by now. Please look at it again.",
            page.name, page.version
        ))),
        _ => Ok(()),
    }
}
