//! Named sets of rights: whoever was granted a set has what it holds, also when that changes (rows PM02, PM10).

use rusqlite::Connection;
use serde_json::json;

use super::grants::{self, MEMBERS, Subject, fits, known, require_to_have};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::local_rights::Role;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::viewer::{DEFAULT_CLASS, PERMISSION_ADMIN};

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub name: String,
    /// In order.
    pub rights: Vec<String>,
}

pub fn sets(db: &Connection) -> Result<Vec<Set>> {
    let mut statement = db.prepare_cached(
        "select name, permission from permission_set
         left join permission_set_right on permission_set_right.permission_set = permission_set.name
         order by name, permission",
    )?;
    let mut rows = statement.query([])?;
    let mut sets: Vec<Set> = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, right): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        if sets.last().is_none_or(|set| set.name != name) {
            sets.push(Set { name, rights: Vec::new() });
        }
        if let (Some(set), Some(right)) = (sets.last_mut(), right) {
            set.rights.push(right);
        }
    }
    Ok(sets)
}

/// No right is called so: a set under the name of one would give others in its place.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
        && name != MEMBERS
}

/// Drops the sets of a database from elsewhere that could not have been made here. What was granted under their names means
/// the rights of these names again.
pub fn drop_misnamed(db: &Connection) -> Result<()> {
    for set in sets(db)?.iter().filter(|set| !is_name(&set.name)) {
        db.execute("delete from permission_set where name = ?1", [&set.name])?;
    }
    Ok(())
}

/// Says what a set holds, in place of what it held. Whoever has been granted the set has that from now on.
pub fn save_set(project: &Project, by: Act<'_>, name: &str, rights: &[String]) -> Result<()> {
    by.viewer.require(PERMISSION_ADMIN)?;
    if !is_name(name) {
        let message =
            "A set's name has 1 to 40 lower-case letters, digits, - and _; `members` has a meaning of its own.";
        return Err(Error::invalid("name", message));
    }
    let rights = known(project, &[], rights)?;
    if rights.is_empty() || rights.iter().any(|right| right == MEMBERS) {
        return Err(Error::invalid("permission", "A set holds rights, at least one."));
    }
    require_to_have(project, by.viewer, &rights)?;
    // Or somebody could be given, by a rule made before, what such a rule can't give.
    let rules = project.read(grants::list)?;
    for rule in rules.iter().filter(|rule| rule.permission == name) {
        let role = rule.subject.strip_prefix("role:").and_then(Role::named);
        let subject = role.map_or(Subject::Authenticated, Subject::Role);
        fits(project, &subject, &rule.place, rule.denied, name, &rights)?;
    }
    project.write(by, |tx| {
        tx.execute("insert or ignore into permission_set (name) values (?1)", [name])?;
        tx.execute("delete from permission_set_right where permission_set = ?1", [name])?;
        for right in &rights {
            tx.execute(
                "insert or ignore into permission_set_right (permission_set, permission) values (?1, ?2)",
                [name, right],
            )?;
        }
        let event = NewEvent::new("permission.set_saved", Resource::new("project", 0), DEFAULT_CLASS)
            .data(json!({ "permissions": rights }))
            .saying("what", name)
            .saying("permissions", rights.join(", "));
        tx.record(&event)?;
        Ok(())
    })
}

/// Takes a set away, and with it the rules that name it.
pub fn remove_set(project: &Project, by: Act<'_>, name: &str) -> Result<()> {
    by.viewer.require(PERMISSION_ADMIN)?;
    let sets = project.read(sets)?;
    let Some(set) = sets.iter().find(|set| set.name == name) else {
        return Err(Error::not_found(format!("There is no set `{name}`.")));
    };
    require_to_have(project, by.viewer, &set.rights)?;
    project.write(by, |tx| {
        tx.execute("delete from permission_grant where permission = ?1", [name])?;
        tx.execute("delete from permission_set where name = ?1", [name])?;
        let event = NewEvent::new("permission.set_removed", Resource::new("project", 0), DEFAULT_CLASS)
            .data(json!({ "permissions": set.rights }))
            .saying("what", name)
            .saying("permissions", set.rights.join(", "));
        tx.record(&event)?;
        Ok(())
    })
}
