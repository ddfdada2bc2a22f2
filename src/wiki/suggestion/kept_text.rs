//! The texts of open suggestions for whoever puts other references into them: what is suggested to a page goes on meaning what
//! it meant.

use rusqlite::Connection;

use super::SUGGESTION;
use super::edit::told;
use super::store::{self, State};
use crate::base::component::KeptText;
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Here};
use crate::base::project::Tx;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::wiki::edit::refuse_read_only;
use crate::wiki::store as pages;
use crate::wiki::{WIKI_MODIFY, WIKI_VIEW};

/// See [`Component::text_to_change`](crate::base::component::Component::text_to_change): for those who decide about it.
pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<KeptText>> {
    if !viewer.may(WIKI_VIEW) || !viewer.may(WIKI_MODIFY) {
        return Ok(None);
    }
    let Some(row) = store::by_id(db, id)?.filter(|row| row.state == State::Open) else { return Ok(None) };
    let page = pages::by_ids(db, viewer, &[row.page])?.pop();
    let Some(page) = page.filter(|page| refuse_read_only(viewer, page).is_ok()) else { return Ok(None) };
    Ok(Some(KeptText {
        resource: Resource::new(SUGGESTION, id),
        part: String::new(),
        flavour: Flavour::Page,
        acl: page.acl,
        here: Here { resource: Resource::new("page", page.id), name: page.name },
        text: store::text(db, id)?,
        revision: row.edits,
    }))
}

/// See [`Component::change_text`](crate::base::component::Component::change_text).
pub fn change(tx: &Tx<'_>, viewer: &Viewer, kept: &KeptText, text: &str) -> Result<i64> {
    let gone = || Error::conflict("Somebody has changed a suggestion meanwhile. Please try again.");
    find(tx, viewer, kept.resource.id)?.filter(|now| now.revision == kept.revision).ok_or_else(gone)?;
    let row = store::by_id(tx, kept.resource.id)?.ok_or_else(gone)?;
    let page = pages::by_ids(tx, viewer, &[row.page])?.pop().ok_or_else(gone)?;
    store::improve(tx, row.id, row.base, text, &row.comment)?;
    tx.record(&told("suggestion.followed", row.id, &page))?;
    Ok(kept.revision + 1)
}
