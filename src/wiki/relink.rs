//! Links of texts that an older program saved: their rows of the link table lack what has come into it since. They are made
//! again once, by `serve` and `upgrade`.

use super::store;
use crate::base::error::Result;
use crate::base::link;
use crate::base::markup::{Flavour, Here};
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::settings;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;

/// The value under which a project keeps the form of its links, and the one that this program writes.
const KEPT: &str = "links";
const FORM: &str = "scoped";
/// Pages of one write.
const CHUNK: usize = 100;

/// Makes the links of pages again, unless they are of this form. `viewer` is one who sees everything.
pub fn refresh(site: &Site, project: &Project, viewer: &Viewer) -> Result<()> {
    if project.read(|db| settings::get(db, KEPT))?.is_some_and(|form| form == FORM) {
        return Ok(());
    }
    let options = options(site, project)?;
    let mut after = String::new();
    loop {
        let pages = project.read(|db| store::list_after(db, viewer, &after, CHUNK))?;
        let Some(last) = pages.last() else { break };
        after.clone_from(&last.folded);
        let mut found = Vec::with_capacity(pages.len());
        for page in pages {
            let text = project.read(|db| store::version(db, page.id, page.version))?.map(|version| version.text);
            let compiled =
                project.cache().compiled(&text.unwrap_or_default(), Flavour::Page, site.vocabulary(), &options)?;
            let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
            found.push((page, link::of(&compiled, site.vocabulary(), &here)));
        }
        project.db().write(|db| {
            for (page, links) in &found {
                // What was saved meanwhile is of the new form already.
                let now = store::by_id_unseen(db, page.id)?;
                if now.is_some_and(|now| (now.version, &now.name) == (page.version, &page.name)) {
                    link::replace(db, &Resource::new("page", page.id), "", page.acl, links)?;
                }
            }
            Ok(())
        })?;
    }
    project.db().write(|db| settings::set(db, KEPT, FORM))
}
