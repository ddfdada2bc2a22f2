//! The pages that a new project begins with: the files of `wiki-default`, embedded in the program.
//!
//! They are ordinary pages, to be changed by whoever may. With a newer program [`refresh`] brings those up to date that
//! nobody has changed: their newest version is one that the program itself has written (row K18).

use rusqlite::Connection;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::edit::{self, Save, Saved};
use super::name::PageName;
use super::store;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::{Act, Project};
use crate::base::settings;
use crate::base::site::{Site, hex};

#[derive(RustEmbed)]
#[folder = "wiki-default"]
struct Embedded;

/// What versions say that come from here.
const COMMENT: &str = "From the manual of Trackway.";
/// The start of the manual, and what its pages begin with.
const MANUAL: &str = "Manual";
/// The value under which a project keeps which manual it was last compared with.
const COMPARED: &str = "manual";

/// Names and texts; `Manual/Links.md` is the page `Manual/Links`.
pub fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Embedded::iter()
        .filter_map(|file| {
            let name = file.strip_suffix(".md")?.to_owned();
            let data = Embedded::get(&file)?.data;
            Some((name, String::from_utf8_lossy(&data).into_owned()))
        })
        .collect();
    pages.sort();
    pages
}

/// Writes them into a project that has none yet.
pub fn fill(site: &Site, project: &Project, by: Act<'_>) -> Result<()> {
    for (name, text) in pages() {
        let name = PageName::parse(&name, "page")?;
        edit::save(
            site,
            project,
            by,
            &Save { name: &name, text: &text, comment: COMMENT, base: Some(0), strict: true },
        )?;
    }
    Ok(())
}

/// Brings the pages up to date that nobody has changed, and adds new ones to a manual that is there. What was deleted or
/// renamed stays so. Returns how many were written.
pub fn refresh(site: &Site, project: &Project, by: Act<'_>) -> Result<usize> {
    let pages = pages();
    let mut hasher = Sha256::new();
    for (name, text) in &pages {
        hasher.update(name);
        hasher.update(text);
    }
    let ours = hex(&hasher.finalize()[..8]);
    if project.read(|db| settings::get(db, COMPARED))?.is_some_and(|compared| compared == ours) {
        return Ok(0);
    }
    let mut written = 0;
    for (name, text) in &pages {
        let name = PageName::parse(name, "page")?;
        let Some(base) = project.read(|db| base_of(db, by, &name, text))? else { continue };
        let save = Save { name: &name, text, comment: COMMENT, base: Some(base), strict: true };
        match edit::save(site, project, by, &save) {
            Ok(Saved::As { .. }) => written += 1,
            // Somebody is changing it right now: then it is theirs.
            Ok(Saved::Conflict { .. }) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    project.db().write(|db| settings::set(db, COMPARED, &ours))?;
    Ok(written)
}

/// The version that a text of ours may follow: none if the page is somebody's, is up to date, or is not wanted.
fn base_of(db: &Connection, by: Act<'_>, name: &PageName, text: &str) -> Result<Option<i64>> {
    let Some(page) = store::find_unseen(db, name.folded())? else {
        let folded = [name.folded().to_owned()];
        let is_of_manual = name.as_str().split('/').next() == Some(MANUAL);
        let has_manual = store::find_unseen(db, &MANUAL.to_ascii_lowercase())?.is_some();
        let was_here = store::trashed_by_name(db, by.viewer, name.folded())?.is_some()
            || !store::by_former_names(db, by.viewer, &folded)?.is_empty();
        return Ok((is_of_manual && has_manual && !was_here).then_some(0));
    };
    let newest = store::version(db, page.id, page.version)?;
    let is_ours = |version: &store::VersionRow| version.via == Via::System.name() && version.comment == COMMENT;
    Ok(newest.filter(|version| is_ours(version) && version.text != text).map(|version| version.version))
}
