//! Whom a typed name means: owners, reporters, watchers (rows T10 to T12).

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::values::{Newcomer, Value};
use crate::auth::{self, accounts, grants, groups, permissions};
use crate::base::error::{Error, Result};
use crate::base::kept::kept;
use crate::base::project::{Project, Tx, person_of_account};
use crate::base::site::Site;
use crate::base::viewer::{Credential, Permission, TRAC_ADMIN, Viewer};
use crate::web::options::proposals;

/// The longest name or address, in characters.
const LONGEST: usize = 200;
/// Names that one list of proposals holds.
const MOST_PROPOSED: usize = 500;

/// The person that a typed name means: somebody of the project, an account that may enter it, else a name or address
/// without an account. `Kim <kim@example.org>` is never an account: addresses bind nobody to one. Empty is nobody.
pub fn find(db: &Connection, site: &Site, project: &Project, field: &str, typed: &str) -> Result<Option<Value>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if typed.chars().count() > LONGEST || typed.chars().any(char::is_control) {
        return Err(Error::invalid(field, format!("A name is one line of at most {LONGEST} characters.")));
    }
    if let Some((_, address)) = named_address(typed) {
        let known: Option<i64> = db
            .prepare_cached(
                "select id from person where login = ?1 collate nocase and kind = 'address' order by login <> ?1, id limit 1",
            )?
            .query_row([address], |row| row.get(0))
            .optional()?;
        return Ok(Some(known.map_or_else(|| Value::Newcomer(Newcomer::Address(typed.to_owned())), Value::Id)));
    }
    let known: Option<i64> = db
        .prepare_cached(
            "select id from person where login = ?1 collate nocase and kind in ('account', 'operator', 'address')
             order by kind = 'address', login <> ?1, id limit 1",
        )?
        .query_row([typed], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(Some(Value::Id(id)));
    }
    if let Some(account) = site.read(|db| accounts::by_login(db, typed))?
        && !account.disabled
        && enters(site, project, &account)?
    {
        let newcomer =
            Newcomer::Account { uuid: account.uuid, login: account.login, display_name: account.display_name };
        return Ok(Some(Value::Newcomer(newcomer)));
    }
    Ok(Some(Value::Newcomer(Newcomer::Address(typed.to_owned()))))
}

/// The account that a typed name means; none if it means nobody, or somebody without one.
pub fn account(db: &Connection, site: &Site, project: &Project, field: &str, typed: &str) -> Result<Option<Value>> {
    let found = find(db, site, project, field, typed)?;
    let has_account = match &found {
        Some(Value::Id(id)) => db
            .prepare_cached("select kind in ('account', 'operator') from person where id = ?1")?
            .query_row([id], |row| row.get(0))?,
        Some(Value::Newcomer(Newcomer::Account { .. })) => true,
        _ => false,
    };
    Ok(found.filter(|_| has_account))
}

/// Only accounts that may enter the project are known in it: another one must not be found out by typing its name.
fn enters(site: &Site, project: &Project, account: &accounts::Account) -> Result<bool> {
    let Some(row) = site.projects()?.into_iter().find(|row| row.id == project.id()) else {
        return Ok(false);
    };
    let principal = Arc::new(auth::principal(site, account, Credential::OperatorAs)?);
    Ok(permissions::enter(project, &row, &principal)?.is_some())
}

/// The names of a Cc list, each once, in order (row T10); `Kim Lee <kim@example.org>` between commas is one.
pub fn split(typed: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in typed.split([';', ',']) {
        let whole = Some(part.trim()).filter(|part| named_address(part).is_some());
        let words = part.split_whitespace().filter(|_| whole.is_none());
        for name in whole.into_iter().chain(words) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// `Kim Lee <kim@example.org>` taken apart, as mail programs write it.
pub fn named_address(typed: &str) -> Option<(&str, &str)> {
    let (name, address) = typed.trim().strip_suffix('>')?.split_once('<')?;
    let (name, address) = (name.trim().trim_matches('"').trim(), address.trim());
    let (local, host) = address.split_once('@')?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['<', '>', '@']) && !text.contains(char::is_whitespace);
    (!name.is_empty() && !name.contains(['<', '>']) && plain(local) && plain(host)).then_some((name, address))
}

/// Whoever is asking, as a value; none for anonymous.
pub fn own(viewer: &Viewer) -> Option<Value> {
    if let Some(person) = viewer.person {
        return Some(Value::Id(person));
    }
    viewer.principal.identity.as_ref().map(|identity| {
        Value::Newcomer(Newcomer::Account {
            uuid: identity.uuid.clone(),
            login: identity.login.clone(),
            display_name: identity.display_name.clone(),
        })
    })
}

/// The login of whoever is asking; empty for anonymous and the operator.
pub fn own_login(viewer: &Viewer) -> &str {
    viewer.principal.identity.as_ref().map_or("", |identity| identity.login.as_str())
}

/// A name as this viewer may read it: addresses are shortened to `user@…` for those who are not signed in (row T21).
pub fn shown_to(viewer: &Viewer, name: &str) -> String {
    viewer.shown_name(name)
}

/// Makes a newcomer a person of the project.
pub(super) fn settle(tx: &Tx<'_>, value: Value) -> Result<Value> {
    Ok(match value {
        Value::Newcomer(Newcomer::Account { uuid, login, display_name }) => {
            Value::Id(person_of_account(tx, &uuid, &login, &display_name)?)
        }
        Value::Newcomer(Newcomer::Address(name)) => Value::Id(super::store::person_of_address(tx, &name)?),
        known => known,
    })
}

/// The logins of the project's people, for proposals and for what `authenticated` means in a workflow.
pub fn logins(db: &Connection) -> Result<Arc<Vec<String>>> {
    kept(db, "logins", || {
        let mut statement =
            db.prepare_cached("select login from person where kind = 'account' order by login limit ?1")?;
        Ok(statement.query_map([MOST_PROPOSED as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    })
}

/// The same as proposals of a form: `<option>` elements.
pub fn logins_html(db: &Connection) -> Result<Arc<String>> {
    kept(db, "logins_html", || Ok(proposals(logins(db)?.iter())))
}

/// The logins that a group of the site or a permission means, as a workflow may name them (row W08).
pub fn of_group(db: &Connection, site: &Site, defined: &[Permission], name: &str) -> Result<Option<Vec<String>>> {
    if defined.iter().any(|permission| permission.name == name) {
        return with_permission(db, site, defined, name).map(Some);
    }
    groups::members_in(site, name)
}

/// Who has a permission in the project by name, by group, or as anybody.
fn with_permission(db: &Connection, site: &Site, defined: &[Permission], name: &str) -> Result<Vec<String>> {
    let mut enough = vec![name, TRAC_ADMIN.name];
    let mut at = 0;
    while let Some(wanted) = enough.get(at).copied() {
        at += 1;
        for permission in defined.iter().filter(|permission| permission.implies.contains(&wanted)) {
            if !enough.contains(&permission.name) {
                enough.push(permission.name);
            }
        }
    }
    let [granted, _] = grants::subjects_with(db, &enough)?;
    let [_, denied] = grants::subjects_with(db, &[name])?;
    let named = |subjects: Vec<(String, String)>| -> Result<Vec<String>> {
        let mut logins = Vec::new();
        for (kind, label) in subjects {
            match kind.as_str() {
                "person" => logins.push(label),
                "group" => logins.extend(groups::members_in(site, &label)?.unwrap_or_default()),
                _ => logins.extend(self::logins(db)?.iter().cloned()),
            }
        }
        Ok(logins)
    };
    let mut logins = named(granted)?;
    let without = named(denied)?;
    logins.retain(|login| !without.contains(login));
    logins.sort();
    logins.dedup();
    Ok(logins)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::viewer::Principal;

    #[test]
    fn an_address_is_shortened_for_those_who_are_not_signed_in() {
        let mut viewer = Viewer {
            principal: Arc::new(Principal::anonymous()),
            person: None,
            permissions: BTreeSet::new(),
            classes: Vec::new(),
            joined_classes: Vec::new(),
            archived: false,
            local: None,
        };
        assert_eq!(split("kim, sam;lee  ali"), ["kim", "sam", "lee", "ali"]);
        assert_eq!(split("Kim Lee <kim@example.org>, sam"), ["Kim Lee <kim@example.org>", "sam"]);
        assert_eq!(named_address("\"Kim\" <kim@example.org>"), Some(("Kim", "kim@example.org")));
        for plain in
            ["kim", "<kim@example.org>", "Kim <kim>", "Kim <a@b> x", "Kim <a b@c>", "Kim <<a@b>>", "Kim <a@b@c>"]
        {
            assert_eq!(named_address(plain), None, "{plain}");
        }
        for (name, shown) in [
            ("kim", "kim"),
            ("kim@example.org", "kim@…"),
            ("Kim Lee <kim@example.org> (home)", "Kim Lee <kim@…> (home)"),
            ("@kim", "@kim"),
            ("kim@", "kim@"),
            ("a@b@c", "a@…"),
        ] {
            assert_eq!(shown_to(&viewer, name), shown);
        }
        viewer.principal = Arc::new(Principal::operator());
        assert_eq!(shown_to(&viewer, "kim@example.org"), "kim@example.org");
    }
}
