//! What is done to versions that are saved already: their comments put right, and versions taken out of the history (rows
//! K07, K08). For who keeps the wiki in order, and for what should never have been written down.

use serde_json::json;

use super::edit::{comment_problem, refuse_read_only};
use super::name::PageName;
use super::store::{self, PageRow};
use super::{WIKI_ADMIN, WIKI_DELETE, WIKI_VIEW};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::link;
use crate::base::markup::{Compiled, Flavour, Here};
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;

/// Gives a version another comment. Needs WIKI_ADMIN.
pub fn set_comment(project: &Project, by: Act<'_>, name: &PageName, version: i64, comment: &str) -> Result<()> {
    by.viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    if let Some(problem) = comment_problem(comment) {
        return Err(Error::Invalid(vec![problem]));
    }
    project.write(by, |tx| {
        let page = found(tx, by.viewer, name)?;
        by.viewer.require(WIKI_ADMIN)?;
        store::version(tx, page.id, version)?.ok_or_else(|| no_version(&page, version))?;
        store::set_comment(tx, page.id, version, comment.trim())?;
        let event = NewEvent::new("page.comment_changed", Resource::new("page", page.id), page.acl).part(version);
        tx.record(&event.data(json!({ "version": version })))?;
        Ok(())
    })
}

/// Takes the texts and comments of those versions away for good; their numbers, authors and moments stay in the history.
/// Attachments stay. The newest version alone needs WIKI_DELETE, others WIKI_ADMIN. At least one version stays: to take a
/// page away there is the trash. Returns the number of the version that is the newest afterwards.
pub fn remove(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    name: &PageName,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64> {
    by.viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    let (from, to) = (*range.start(), *range.end());
    // The links of the text that is left are read before the writer is taken.
    let (seen, newest) = project.read(|db| {
        let page = found(db, by.viewer, name)?;
        may_remove(by.viewer, &page, from, to)?;
        let newest = newest_without(db, &page, from, to)?;
        Ok((page, newest))
    })?;
    let text = project.read(|db| store::version(db, seen.id, newest))?.map(|row| row.text).unwrap_or_default();
    let compiled = project.cache().compiled(&text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    let newest = project.write(by, |tx| {
        let page = found(tx, by.viewer, name)?;
        may_remove(by.viewer, &page, from, to)?;
        if page.version != seen.version || newest_without(tx, &page, from, to)? != newest {
            return Err(Error::conflict("Somebody saved this page meanwhile. Please look at its history again."));
        }
        if store::remove_versions(tx, page.id, from, to, tx.actor(), tx.now())? == 0 {
            return Err(no_version(&page, from));
        }
        if newest != page.version {
            store::set_newest(tx, page.id, newest)?;
            let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
            link_again(tx, site, &here, page.acl, &compiled)?;
        }
        let event = NewEvent::new("page.versions_removed", Resource::new("page", page.id), page.acl).part(to);
        tx.record(&event.data(json!({ "from": from, "to": to })))?;
        Ok(newest)
    })?;
    project.cache().forget();
    Ok(newest)
}

fn link_again(tx: &Tx<'_>, site: &Site, here: &Here, acl: i64, compiled: &Compiled) -> Result<()> {
    let links = link::of(compiled, site.vocabulary(), here);
    link::replace(tx, &here.resource, "", acl, &links)
}

/// Whether this viewer may take those versions away.
pub(super) fn may_remove(viewer: &Viewer, page: &PageRow, from: i64, to: i64) -> Result<()> {
    viewer.require(if (from, to) == (page.version, page.version) { WIKI_DELETE } else { WIKI_ADMIN })?;
    refuse_read_only(viewer, page)
}

/// The newest version that is left without those.
fn newest_without(db: &rusqlite::Connection, page: &PageRow, from: i64, to: i64) -> Result<i64> {
    if from < 1 || from > to || to > page.version {
        let newest = page.version;
        return Err(Error::invalid(
            "version",
            format!("Versions are numbered from 1 to {newest}, the lower one first."),
        ));
    }
    let newest = if to < page.version { page.version } else { store::version_before(db, page.id, from)? };
    if newest == 0 {
        let message = "A page keeps at least one version. To take it away, delete the page: it goes to the trash.";
        return Err(Error::invalid("version", message));
    }
    Ok(newest)
}

fn found(db: &rusqlite::Connection, viewer: &Viewer, name: &PageName) -> Result<PageRow> {
    store::find(db, viewer, name.folded())?
        .ok_or_else(|| Error::not_found(format!("There is no page “{}”.", name.as_str())))
}

pub(super) fn no_version(page: &PageRow, version: i64) -> Error {
    Error::not_found(format!("“{}” has no version {version}.", page.name))
}
