//! What a project knew of the site that it comes from. Accounts and groups are known by ids that only that site gave, so
//! they are found again by these, or, if an administrator says so, by their names: two people can have one login. Who is not
//! found stays in the history under their name and has no rights. A repository is a folder of that machine: it is
//! disconnected and can be connected again, unless an administrator says that the same folders are here.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::Wish;
use crate::admin::create::template::secret_settings;
use crate::app::COMPONENTS;
use crate::auth::{accounts, groups, permission_sets};
use crate::base::error::{Error, Result};
use crate::base::project::{Project, tables_by_account};
use crate::base::settings::{self, Scope};
use crate::base::site::Site;
use crate::web::look;

/// What became of them, by name.
#[derive(Debug, Default)]
pub struct Settled {
    /// Logins of people who have an account here.
    pub people: Vec<String>,
    /// Logins of people who have none that is known to be theirs.
    pub strangers: Vec<String>,
    /// Groups that are not here: their rights are gone.
    pub no_groups: Vec<String>,
    /// Names and folders of repositories that were disconnected.
    pub repositories: Vec<(String, String)>,
}

/// An id of the old site and the one that takes its place here; none: nobody.
struct Match {
    old: String,
    new: Option<String>,
}

pub(super) fn settle(site: &Site, project: &Project, wish: &Wish<'_>) -> Result<Settled> {
    project.db().write(|db| {
        let mut settled = Settled::default();
        people(site, db, wish, &mut settled)?;
        let no_person =
            "subject_kind = 'person' and subject not in (select cast(id as text) from person where uuid is not null)";
        for table in ["permission_grant", "acl_subject"] {
            db.execute(&format!("delete from {table} where {no_person}"), [])?;
        }
        site_groups(site, db, wish, &mut settled)?;
        if !wish.keep_repositories {
            settled.repositories = disconnect(db)?;
        }
        db.execute("update repository set secret_hash = null", [])?;
        own_settings(db)?;
        permission_sets::drop_misnamed(db)?;
        logo(db)?;
        Ok(settled)
    })
}

/// A logo is one that could have been chosen here, measured anew; anything else goes.
fn logo(db: &Connection) -> Result<()> {
    let bytes: Option<Vec<u8>> = db
        .prepare("select bytes from project_logo where typeof(bytes) = 'blob' and length(bytes) <= ?1")?
        .query_row([look::MOST_BYTES as i64], |row| row.get(0))
        .optional()?;
    look::take_away(db)?;
    match bytes.map(|bytes| look::draw(&bytes).map(|logo| (logo, bytes))) {
        Some(Ok((logo, bytes))) => look::keep(db, &logo, &bytes),
        Some(Err(Error::Invalid(_))) | None => Ok(()),
        Some(Err(error)) => Err(error),
    }
}

fn people(site: &Site, db: &Connection, wish: &Wish<'_>, settled: &mut Settled) -> Result<()> {
    let known: Vec<(i64, String, String)> = db
        .prepare("select id, uuid, login from person where uuid is not null order by id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut taken: HashSet<String> = known.iter().map(|(_, uuid, _)| uuid.clone()).collect();
    let mut matches = Vec::new();
    for (person, uuid, login) in known {
        let account = site.read(|db| match accounts::by_uuid(db, &uuid)? {
            None if wish.same_names => {
                Ok(accounts::by_login(db, &login)?.filter(|account| !taken.contains(&account.uuid)))
            }
            found => Ok(found),
        })?;
        match &account {
            Some(account) => {
                taken.insert(account.uuid.clone());
                db.execute(
                    "update person set uuid = ?2, login = ?3, display_name = ?4 where id = ?1",
                    (person, &account.uuid, &account.login, &account.display_name),
                )?;
                settled.people.push(account.login.clone());
            }
            None => {
                db.execute("update person set uuid = null, kind = 'former' where id = ?1", [person])?;
                settled.strangers.push(login);
            }
        }
        matches.push(Match { old: uuid, new: account.map(|account| account.uuid) });
    }
    belongings(site, db, matches)
}

/// What is kept for an account alone, also of those who never did anything that others see.
fn belongings(site: &Site, db: &Connection, mut matches: Vec<Match>) -> Result<()> {
    let tables = tables_by_account(db)?;
    let mut all: HashSet<String> = HashSet::new();
    for table in &tables {
        let mut statement = db.prepare(&format!("select distinct account from \"{table}\""))?;
        all.extend(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?);
    }
    let mut statement = db.prepare("select distinct acts_as_account from repository where acts_as_account <> ''")?;
    all.extend(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?);
    for old in all {
        if !matches.iter().any(|known| known.old == old) {
            let is_here = site.read(|db| Ok(accounts::by_uuid(db, &old)?.is_some()))?;
            matches.push(Match { new: is_here.then(|| old.clone()), old });
        }
    }
    for Match { old, new } in matches.iter().filter(|known| known.new.as_ref() != Some(&known.old)) {
        for table in &tables {
            match new {
                Some(new) => {
                    db.execute(&format!("update \"{table}\" set account = ?2 where account = ?1"), (old, new))?
                }
                None => db.execute(&format!("delete from \"{table}\" where account = ?1"), [old])?,
            };
        }
        db.execute(
            "update repository set acts_as_account = coalesce(?2, ''), acts_as = iif(?2 is null, 'nobody', acts_as)
             where acts_as_account = ?1",
            (old, new),
        )?;
    }
    Ok(())
}

fn site_groups(site: &Site, db: &Connection, wish: &Wish<'_>, settled: &mut Settled) -> Result<()> {
    let known: Vec<(String, String)> = db
        .prepare(
            "select subject, label from permission_grant where subject_kind = 'group'
             union select subject, label from acl_subject where subject_kind = 'group'
             union select audience, audience_label from report where scope = 'group' order by 2, 1",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (old, label) in known {
        let found = site.read(|db| match groups::names(db, std::slice::from_ref(&old))?.pop() {
            Some(name) => Ok(Some((old.clone(), name))),
            None if wish.same_names => groups::find(db, &label),
            None => Ok(None),
        })?;
        for table in ["permission_grant", "acl_subject"] {
            if let Some((new, name)) = &found {
                let sql = format!(
                    "update or ignore {table} set subject = ?2, label = ?3 where subject_kind = 'group' and subject = ?1"
                );
                db.execute(&sql, (&old, new, name))?;
            }
            if found.as_ref().is_none_or(|(new, _)| *new != old) {
                db.execute(&format!("delete from {table} where subject_kind = 'group' and subject = ?1"), [&old])?;
            }
        }
        db.execute(
            "update report set scope = iif(?2 is null, 'person', scope), audience = coalesce(?2, ''),
               audience_label = coalesce(?3, '') where scope = 'group' and audience = ?1",
            (&old, found.as_ref().map(|(id, _)| id), found.as_ref().map(|(_, name)| name)),
        )?;
        if found.is_none() && !settled.no_groups.contains(&label) {
            settled.no_groups.push(label);
        }
    }
    Ok(())
}

/// What is known of their commits stays, as when one is disconnected by hand.
fn disconnect(db: &Connection) -> Result<Vec<(String, String)>> {
    let found = db
        .prepare("select name, path from repository order by id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    db.execute("delete from repository", [])?;
    Ok(found)
}

/// Secrets of whoever made the file have no place here, nor has what no form would take.
fn own_settings(db: &Connection) -> Result<()> {
    let secrets = secret_settings(COMPONENTS);
    for setting in COMPONENTS.settings().into_iter().filter(|setting| setting.scope == Scope::Project) {
        let Some(value) = settings::get(db, setting.name)? else { continue };
        if secrets.contains(&setting.name) || !setting.values.fits(&value) {
            db.execute("delete from setting where name = ?1", [setting.name])?;
        }
    }
    Ok(())
}
