//! Groups of people belong to the site; what they may do belongs to each project.

use rusqlite::{Connection, OptionalExtension};

use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::site::{Site, random_id};
use crate::base::text::fold;

#[derive(Debug, Clone)]
pub struct Group {
    pub id: String,
    pub name: String,
    /// Logins of its members in order, without those of its inner groups.
    pub members: Vec<String>,
    /// Names of the groups in it, in order.
    pub groups: Vec<String>,
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// The ids of the groups that an account is in, also by being in a group that is in them.
pub fn of_account(db: &Connection, account: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "with recursive inside (id) as (
             select account_group from account_group_member where account = ?1
             union select account_group_group.account_group from inside
                 join account_group_group on account_group_group.inner_group = inside.id)
         select id from inside order by id",
    )?;
    Ok(statement.query_map([account], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The ids of a group and of those that it is in, however far around.
pub fn around(db: &Connection, id: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "with recursive around (id) as (
             select ?1 union select account_group_group.account_group from around
                 join account_group_group on account_group_group.inner_group = around.id)
         select id from around",
    )?;
    Ok(statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn find(db: &Connection, name: &str) -> Result<Option<(String, String)>> {
    Ok(db
        .prepare_cached("select id, name from account_group where name_folded = ?1")?
        .query_row([fold(name)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The names of these groups, in order.
pub fn names(db: &Connection, ids: &[String]) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select name from account_group where id in (select value from json_each(?1)) order by name_folded",
    )?;
    let names = statement.query_map([serde_json::to_string(ids)?], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn load(db: &Connection, name: &str) -> Result<String> {
    let (id, _) = find(db, name)?.ok_or_else(|| Error::not_found(format!("there is no group `{name}`")))?;
    Ok(id)
}

pub fn list(db: &Connection) -> Result<Vec<Group>> {
    let mut statement = db.prepare(
        "select account_group.id, account_group.name, account.login from account_group
         left join account_group_member on account_group_member.account_group = account_group.id
         left join account on account.id = account_group_member.account
         order by account_group.name_folded, account.login_folded",
    )?;
    let mut rows = statement.query([])?;
    let mut groups: Vec<Group> = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, name, login): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if groups.last().is_none_or(|group| group.id != id) {
            groups.push(Group { id, name, members: Vec::new(), groups: Vec::new() });
        }
        if let (Some(group), Some(login)) = (groups.last_mut(), login) {
            group.members.push(login);
        }
    }
    let mut statement = db.prepare(
        "select account_group_group.account_group, inner_group.name from account_group_group
         join account_group as inner_group on inner_group.id = account_group_group.inner_group
         order by inner_group.name_folded",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (outer, inner): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(group) = groups.iter_mut().find(|group| group.id == outer) {
            group.groups.push(inner);
        }
    }
    Ok(groups)
}

/// The logins of those who are in a group, also by an inner one, in order; none if there is no such group.
pub fn members_in(site: &Site, name: &str) -> Result<Option<Vec<String>>> {
    site.read(|db| {
        let Some((id, _)) = find(db, name)?.filter(|(_, known)| known == name) else { return Ok(None) };
        let mut statement = db.prepare_cached(
            "with recursive inside (id) as (
                 select ?1 union select account_group_group.inner_group from inside
                     join account_group_group on account_group_group.account_group = inside.id)
             select distinct account.login from inside
             join account_group_member on account_group_member.account_group = inside.id
             join account on account.id = account_group_member.account order by account.login_folded",
        )?;
        let logins = statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(Some(logins))
    })
}

/// Groups must not be taken for people or for permissions, so they are lower case and no account has their name.
pub fn create(db: &Connection, record: Record<'_>, name: &str) -> Result<()> {
    create_as(db, record, &random_id(), name)
}

/// The same for whoever has told projects of the group before it is made: by what they know it.
pub fn create_as(db: &Connection, record: Record<'_>, id: &str, name: &str) -> Result<()> {
    if let Some(problem) = name_problem(db, name)? {
        return Err(Error::Invalid(vec![problem]));
    }
    db.execute("insert into account_group (id, name, name_folded) values (?1, ?2, ?3)", (id, name, fold(name)))?;
    tell(db, record, "group.created", id, None)
}

/// Why a new group can't have that name; none: it can.
pub fn name_problem(db: &Connection, name: &str) -> Result<Option<Problem>> {
    let well_formed = (1..=64).contains(&name.chars().count())
        && name.chars().all(|character| character.is_alphanumeric() || "._-".contains(character))
        && !name.chars().any(char::is_uppercase);
    let message = if !well_formed {
        "A group's name has 1 to 64 lower-case letters, digits and . _ - only.".to_owned()
    } else if ["anonymous", "authenticated", "members"].contains(&name) {
        format!("`{name}` has a meaning of its own.")
    } else if find(db, name)?.is_some() {
        format!("There is a group `{name}` already.")
    } else if super::accounts::by_login(db, name)?.is_some() {
        format!("There is an account `{name}`; a group needs another name.")
    } else {
        return Ok(None);
    };
    Ok(Some(Problem::new("name", message)))
}

/// Whether the account of that uuid is in the group of that id.
pub fn has_member(db: &Connection, id: &str, uuid: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from account_group_member
                            join account on account.id = account_group_member.account
                            where account_group = ?1 and account.uuid = ?2)",
        )?
        .query_row((id, uuid), |row| row.get(0))?)
}

pub fn remove(db: &Connection, record: Record<'_>, name: &str) -> Result<()> {
    let id = load(db, name)?;
    tell(db, record, "group.removed", &id, None)?;
    db.execute("delete from account_group where id = ?1", [id])?;
    Ok(())
}

/// Puts accounts and groups into a group, by their names.
pub fn add(db: &Connection, record: Record<'_>, name: &str, members: &[String]) -> Result<()> {
    let id = load(db, name)?;
    for member in members {
        match member_of(db, member)? {
            Member::Account(account) => {
                let added = db.execute(
                    "insert or ignore into account_group_member (account_group, account) values (?1, ?2)",
                    (&id, account),
                )?;
                if added > 0 {
                    super::sessions::renew_all(db, account)?;
                }
                added
            }
            Member::Group(inner) => {
                if inner == id || holds(db, &inner, &id)? {
                    let message = format!("`{name}` is in `{member}` itself, so `{member}` can't be in `{name}`.");
                    return Err(Error::invalid("name", message));
                }
                db.execute(
                    "insert or ignore into account_group_group (account_group, inner_group) values (?1, ?2)",
                    (&id, inner),
                )?
            }
        };
    }
    tell(db, record, "group.changed", &id, Some(("added", members)))
}

/// Takes accounts and groups out of a group.
pub fn drop(db: &Connection, record: Record<'_>, name: &str, members: &[String]) -> Result<()> {
    let id = load(db, name)?;
    for member in members {
        let gone = match member_of(db, member)? {
            Member::Account(account) => {
                super::sessions::renew_all(db, account)?;
                db.execute(
                    "delete from account_group_member where account_group = ?1 and account = ?2",
                    (&id, account),
                )?
            }
            Member::Group(inner) => db.execute(
                "delete from account_group_group where account_group = ?1 and inner_group = ?2",
                (&id, inner),
            )?,
        };
        if gone == 0 {
            return Err(Error::not_found(format!("`{member}` is not in the group `{name}`")));
        }
    }
    tell(db, record, "group.changed", &id, Some(("dropped", members)))
}

enum Member {
    Account(i64),
    Group(String),
}

fn member_of(db: &Connection, name: &str) -> Result<Member> {
    match find(db, name)? {
        Some((id, _)) => Ok(Member::Group(id)),
        None => Ok(Member::Account(super::accounts::load(db, name)?.id)),
    }
}

/// Whether a group is in another one, however far down.
fn holds(db: &Connection, outer: &str, inner: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "with recursive inside (id) as (
                 select ?1 union select account_group_group.inner_group from inside
                     join account_group_group on account_group_group.account_group = inside.id)
             select exists (select 1 from inside where id = ?2)",
        )?
        .query_row([outer, inner], |row| row.get(0))?)
}

fn tell(
    db: &Connection,
    record: Record<'_>,
    kind: &'static str,
    id: &str,
    members: Option<(&str, &[String])>,
) -> Result<()> {
    let (row, name): (i64, String) =
        db.query_row("select rowid, name from account_group where id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut event = NewEvent::new(kind, Resource::new("group", row), 1)
        .data(serde_json::json!({ "group": id }))
        .saying("what", name);
    if let Some((how, logins)) = members {
        event = event.saying(how, logins.join(", "));
    }
    record(&event)?;
    Ok(())
}
