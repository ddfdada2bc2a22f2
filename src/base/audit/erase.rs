//! Forgetting somebody: their name, addresses and networks go from the log, and the chain stays whole.

use rusqlite::{Connection, named_params};

use super::{NETWORK, WHO};
use crate::base::error::Result;
use crate::base::resource::Resource;

/// Who is to be forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Forgotten<'a> {
    /// `account` and its id in `site.db`, `person` and its id in a project.
    pub resource: &'a Resource,
    /// What they were called: logins, names, addresses.
    pub texts: &'a [&'a str],
}

/// Erases every value that tells of somebody: all of rows about them, who and from where of rows by them, and every other
/// value that is one of these texts or a list with one of them. Returns how many values are gone. Within a write.
pub fn erase(db: &Connection, forgotten: &Forgotten<'_>) -> Result<usize> {
    let mut gone = db
        .prepare_cached(
            "update audit_value set value = null, salt = null
             where value is not null and (
               audit in (select id from audit where resource_kind = :kind and resource_id = :id)
               or (name in (:who, :network) and audit in (select id from audit where actor = :id)))",
        )?
        .execute(named_params! {
            ":kind": forgotten.resource.kind,
            ":id": forgotten.resource.id,
            ":who": WHO,
            ":network": NETWORK,
        })?;
    for text in forgotten.texts.iter().filter(|text| !text.is_empty()) {
        let mut holding = db.prepare_cached(
            "select audit, name, value from audit_value where value is not null and instr(value, ?1) > 0",
        )?;
        let found = holding
            .query_map([text], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(i64, String, String)>>>()?;
        for (audit, name, _) in found.iter().filter(|(_, _, value)| names(value, text)) {
            gone += db.execute(
                "update audit_value set value = null, salt = null where audit = ?1 and name = ?2",
                (audit, name),
            )?;
        }
    }
    Ok(gone)
}

/// Whether a value is that text, or a list with it.
fn names(value: &str, text: &str) -> bool {
    value == text || value.split([',', ' ']).any(|part| part == text)
}
