//! The link table: what every text refers to (DESIGN 1.8). Saving a text replaces its rows; backlinks, orphans and wanted
//! pages are read from them.

use rusqlite::Connection;

use super::error::Result;
use super::markup::{Compiled, Here, LinkTarget, Role, Vocabulary, outgoing};
use super::resource::Resource;

/// The outgoing references of one text.
pub type Links = Vec<(LinkTarget, Role)>;

/// What a text at that place refers to.
pub fn of(compiled: &Compiled, vocabulary: &Vocabulary, here: &Here) -> Links {
    outgoing(compiled, vocabulary, Some(here))
}

/// Puts these references in place of those that a part of a resource had: the part `` is its main text, `comment:3` a
/// comment.
pub fn replace(db: &Connection, source: &Resource, part: &str, acl: i64, links: &Links) -> Result<()> {
    db.prepare_cached("delete from link where source_kind = ?1 and source_id = ?2 and part = ?3")?
        .execute((&source.kind, source.id, part))?;
    let mut insert = db.prepare_cached(
        "insert or ignore into link (source_kind, source_id, part, target_kind, target, role, acl)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (target, role) in links {
        insert.execute((&source.kind, source.id, part, target.kind, &target.key, role.name(), acl))?;
    }
    Ok(())
}
