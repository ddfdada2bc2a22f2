//! Messages for whoever puts other references into them, each changed as by hand; and what they refer to.

use rusqlite::Connection;

use super::edit::{compiled, may_edit, save_links, still, told};
use super::{MESSAGE, store};
use crate::base::component::KeptText;
use crate::base::error::{Error, Result};
use crate::base::link::{self, Links};
use crate::base::markup::{Flavour, Here};
use crate::base::project::{Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::wiki::WIKI_VIEW;
use crate::wiki::store as pages;

/// See [`Component::text_to_change`](crate::base::component::Component::text_to_change).
pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<KeptText>> {
    if !viewer.may(WIKI_VIEW) {
        return Ok(None);
    }
    let Some(message) = store::messages_by_ids(db, &[id])?.pop().filter(|message| message.removed.is_none()) else {
        return Ok(None);
    };
    let page = pages::by_ids(db, viewer, &[message.page])?.pop();
    let page = page.filter(|page| may_edit(&viewer.at_path(&page.folded), &message));
    Ok(page.map(|page| KeptText {
        resource: Resource::new(MESSAGE, id),
        part: String::new(),
        flavour: Flavour::Note,
        acl: page.acl,
        here: Here { resource: Resource::new("page", page.id), name: page.name },
        text: message.text,
        revision: message.edits,
    }))
}

/// See [`Component::change_text`](crate::base::component::Component::change_text).
pub fn change(site: &Site, tx: &Tx<'_>, viewer: &Viewer, kept: &KeptText, text: &str) -> Result<i64> {
    let now = find(tx, viewer, kept.resource.id)?.filter(|now| now.revision == kept.revision);
    let message = store::messages_by_ids(tx, &[kept.resource.id])?.pop();
    let (Some(_), Some(message)) = (now, message) else {
        return Err(Error::conflict("Somebody has edited a message meanwhile. Please try again."));
    };
    let page = still(tx, viewer, message.page)?;
    store::save_text(tx, &message, text)?;
    let compiled = compiled(site, tx.project(), text)?;
    save_links(site, tx, &page, message.id, &compiled)?;
    tx.record(&told("message.edited", Resource::new(MESSAGE, message.id), &page).part(message.number))?;
    Ok(kept.revision + 1)
}

/// What the messages of a page refer to if the page has that name.
pub fn links_on(site: &Site, project: &Project, page: i64, name: &str) -> Result<Vec<(Resource, Links)>> {
    let here = Here { resource: Resource::new("page", page), name: name.to_owned() };
    let messages = project.read(|db| store::messages_by_ids(db, &store::message_ids(db, page)?))?;
    let spoken = messages.into_iter().filter(|message| message.removed.is_none());
    spoken
        .map(|message| {
            let text = compiled(site, project, &message.text)?;
            let links = link::of(&text, site.vocabulary(), &here);
            Ok((Resource::new(MESSAGE, message.id), links))
        })
        .collect()
}
