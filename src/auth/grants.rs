//! What was granted to whom in a project, denied to whom, and in which part of it (rows PM02, PM08 to PM11, PM13).
//!
//! A rule names a subject, a right or a set of rights, and where it holds: everywhere, in a component, or below a path. Sets are
//! named in lower case ([`permission_sets`](super::permission_sets)), so none is taken for a right. A right to *see* holds
//! everywhere or not at all: who sees the tickets of a component or the pages below a path is said by closing those
//! ([`path_rules`](super::path_rules)). Nobody grants more than they have themselves.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::permission_sets::{Set, sets};
use super::permissions::Standing;
use super::{accounts, groups};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::local_rights::{LocalRule, Place, Role};
use crate::base::project::{Act, Project, Tx, person_of_account};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::text::fold;
use crate::base::viewer::{
    ByDefault, DEFAULT_CLASS, PERMISSION_GRANT, PERMISSION_REVOKE, Permission, TRAC_ADMIN, Viewer,
};

/// The word that makes a subject a member.
pub const MEMBERS: &str = "members";

/// For whom a grant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Anonymous,
    Authenticated,
    Members,
    Person {
        id: i64,
        login: String,
    },
    Group {
        id: String,
        name: String,
    },
    /// Whoever plays that part on a ticket.
    Role(Role),
}

impl Subject {
    /// As the tables name its kind, itself, and how it is called.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Authenticated => "authenticated",
            Self::Members => "members",
            Self::Person { .. } => "person",
            Self::Group { .. } => "group",
            Self::Role(_) => "role",
        }
    }

    pub fn key(&self) -> String {
        match self {
            Self::Person { id, .. } => id.to_string(),
            Self::Group { id, .. } => id.clone(),
            Self::Role(role) => role.name().to_owned(),
            _ => String::new(),
        }
    }

    pub fn label(&self) -> &str {
        match self {
            Self::Person { login, .. } => login,
            Self::Group { name, .. } => name,
            Self::Role(role) => role.name(),
            other => other.kind(),
        }
    }
}

/// A rule that matches somebody.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// As lists name the subject.
    pub subject: String,
    pub role: Option<Role>,
    pub right: &'static str,
    /// The set that brought it.
    pub set: Option<String>,
    pub denied: bool,
    pub place: Place,
}

impl Written {
    pub fn is_everywhere(&self) -> bool {
        self.place == Place::Everywhere && self.role.is_none()
    }

    pub fn local(self) -> LocalRule {
        LocalRule { role: self.role, place: self.place, right: self.right, denied: self.denied }
    }
}

/// All rules that match somebody, or would if they played a part on a ticket. Finds out whether they are a member, too.
pub(super) fn for_somebody(db: &Connection, standing: &mut Standing, defined: &[Permission]) -> Result<Vec<Written>> {
    let mut statement = db.prepare_cached(
        "select subject_kind, subject, label, coalesce(permission_set_right.permission, permission_grant.permission),
             permission_grant.permission, denied, place_kind, place
         from permission_grant
         left join permission_set_right on permission_set_right.permission_set = permission_grant.permission",
    )?;
    let mut rows = statement.query([])?;
    let mut written = Vec::new();
    let mut of_members = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
        let (kind, subject, right) = (text(0)?, text(1)?, text(3)?);
        let denied: bool = row.get(5)?;
        let place = place_of(text(6)?, text(7)?);
        let role = if kind == "role" { Role::named(subject) } else { None };
        let matches = role.is_some() || standing.matches(kind, subject);
        standing.member |= matches && !denied && place == Place::Everywhere && matches!(kind, "person" | "group");
        if !matches && kind != MEMBERS {
            continue;
        }
        let Some(known) = defined.iter().find(|known| known.name == right) else { continue };
        let label = text(2)?;
        let set = text(4)?;
        let rule = Written {
            subject: if label.is_empty() { kind.to_owned() } else { label.to_owned() },
            role,
            right: known.name,
            set: (set != right).then(|| set.to_owned()),
            denied,
            place,
        };
        // Who is a member is known when all grants have been looked at.
        if kind == MEMBERS { of_members.push(rule) } else { written.push(rule) }
    }
    if standing.member {
        written.append(&mut of_members);
    }
    Ok(written)
}

fn place_of(kind: &str, place: &str) -> Place {
    match kind {
        "component" => Place::Component(place.parse().unwrap_or_default()),
        "path" => Place::Path(place.to_owned()),
        _ => Place::Everywhere,
    }
}

fn key_of(place: &Place) -> (&'static str, String) {
    match place {
        Place::Everywhere => ("", String::new()),
        Place::Component(id) => ("component", id.to_string()),
        Place::Path(path) => ("path", path.clone()),
    }
}

/// A rule as the list shows it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// As commands and forms take it.
    pub subject: String,
    /// A right, a set, or the word `members`.
    pub permission: String,
    pub denied: bool,
    pub place: Place,
}

pub fn list(db: &Connection) -> Result<Vec<Grant>> {
    let mut statement = db.prepare_cached(
        "select case subject_kind when 'person' then (select login from person where id = cast(subject as integer))
                                  when 'group' then label when 'role' then 'role:' || subject
                                  else subject_kind end as subject,
             permission, denied, place_kind, place
         from permission_grant order by place_kind, place, subject_kind, subject, denied, permission",
    )?;
    let grants = statement
        .query_map([], |row| {
            let (kind, place): (String, String) = (row.get("place_kind")?, row.get("place")?);
            Ok(Grant {
                subject: row.get("subject")?,
                permission: row.get("permission")?,
                denied: row.get("denied")?,
                place: place_of(&kind, &place),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(grants)
}

/// Whether a group of the site has been granted anything here: then the project is one of the group's.
pub fn is_of_group(db: &Connection, group: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from permission_grant
                 where subject_kind = 'group' and subject = ?1 and not denied and place_kind = '')",
        )?
        .query_row([group], |row| row.get(0))?)
}

/// Whether somebody was granted that by themselves in the whole project, not by what else they have.
pub fn is_granted(db: &Connection, subject: &Subject, permission: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from permission_grant
                 where subject_kind = ?1 and subject = ?2 and permission = ?3 and place_kind = '' and not denied)",
        )?
        .query_row((subject.kind(), subject.key(), permission), |row| row.get(0))?)
}

/// The same as [`subject`], or `role:owner`: whoever plays that part on a ticket.
pub fn holder(site: &Site, project: &Project, name: &str) -> Result<Subject> {
    let Some(role) = name.strip_prefix("role:") else { return subject(site, project, name) };
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    Role::named(role)
        .map(Subject::Role)
        .ok_or_else(|| Error::invalid("subject", format!("There is no role `{role}`; there are {}.", known.join(", "))))
}

/// What a word on the command line or in a form stands for.
/// The person's row is made here if the project has not met the account yet.
pub fn subject(site: &Site, project: &Project, name: &str) -> Result<Subject> {
    match name {
        "anonymous" => return Ok(Subject::Anonymous),
        "authenticated" => return Ok(Subject::Authenticated),
        MEMBERS => return Ok(Subject::Members),
        _ => {}
    }
    let (account, group) = site.read(|db| Ok((accounts::by_login(db, name)?, groups::find(db, name)?)))?;
    if let Some(account) = account {
        let id =
            project.db().write(|db| person_of_account(db, &account.uuid, &account.login, &account.display_name))?;
        return Ok(Subject::Person { id, login: account.login });
    }
    if let Some((id, name)) = group {
        return Ok(Subject::Group { id, name });
    }
    Err(Error::invalid("subject", format!("There is no account or group `{name}`.")))
}

/// The same for taking rights away: a group that is gone still stands in the list of grants by the name it had.
pub fn subject_to_revoke(site: &Site, project: &Project, name: &str) -> Result<Subject> {
    let found = holder(site, project, name);
    if found.is_ok() {
        return found;
    }
    let gone: Option<(String, String)> = project.read(|db| {
        Ok(db
            .prepare("select subject, label from permission_grant where subject_kind = 'group' and label = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    })?;
    gone.map_or(found, |(id, name)| Ok(Subject::Group { id, name }))
}

/// Where a rule is to hold, as it was typed.
pub fn place(project: &Project, component: Option<&str>, path: Option<&str>) -> Result<Place> {
    match (component.filter(|name| !name.is_empty()), path.filter(|path| !path.is_empty())) {
        (None, None) => Ok(Place::Everywhere),
        (Some(_), Some(_)) => Err(Error::invalid("path", "A rule holds in a component or below a path, not in both.")),
        (None, Some(path)) => Ok(Place::Path(fold(path.trim().trim_matches('/')))),
        (Some(name), None) => {
            for component in project.components().iter() {
                if let Some(id) = project.read(|db| component.component_called(db, name))? {
                    return Ok(Place::Component(id));
                }
            }
            Err(Error::invalid("component", format!("There is no component `{name}`.")))
        }
    }
}

/// What lists call a place: the name of the component, or the path; nothing for everywhere.
pub fn place_name(project: &Project, db: &Connection, place: &Place) -> Result<String> {
    match place {
        Place::Everywhere => Ok(String::new()),
        Place::Path(path) => Ok(path.clone()),
        Place::Component(id) => {
            for component in project.components().iter() {
                if let Some(name) = component.component_name(db, *id)? {
                    return Ok(name);
                }
            }
            Ok(String::new())
        }
    }
}

/// Grants rights everywhere; each must exist, and whoever grants must have it (row PM11).
pub fn grant(project: &Project, by: Act<'_>, subject: &Subject, names: &[String]) -> Result<()> {
    set(project, by, subject, &Place::Everywhere, false, names)
}

/// Grants rights in a place, or denies them there. What stood before for that subject and right there is replaced.
pub fn set(
    project: &Project,
    by: Act<'_>,
    subject: &Subject,
    place: &Place,
    denied: bool,
    names: &[String],
) -> Result<()> {
    check(project, by, subject, place, denied, names)?;
    project.write(by, |tx| write(tx, subject, place, denied, names))
}

/// Refuses rules that can't be made, or not by these people.
fn check(
    project: &Project,
    by: Act<'_>,
    subject: &Subject,
    place: &Place,
    denied: bool,
    names: &[String],
) -> Result<()> {
    by.viewer.require(if denied { PERMISSION_REVOKE } else { PERMISSION_GRANT })?;
    let sets = project.read(sets)?;
    for name in &known(project, &sets, names)? {
        let rights = rights_of(&sets, name);
        require_to_have(project, by.viewer, &rights)?;
        fits(project, subject, place, denied, name, &rights)?;
    }
    Ok(())
}

fn write(tx: &Tx<'_>, subject: &Subject, place: &Place, denied: bool, names: &[String]) -> Result<()> {
    let (place_kind, place_key) = key_of(place);
    for name in names {
        tx.execute(
            "insert into permission_grant (subject_kind, subject, label, permission, denied, place_kind, place)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict do update set denied = excluded.denied, label = excluded.label",
            (subject.kind(), subject.key(), subject.label(), name, denied, place_kind, &place_key),
        )?;
    }
    tell(tx, if denied { "permission.denied" } else { "permission.granted" }, subject, place, names)
}

/// Takes rules back that hold everywhere; one that was not made is an error that names it.
pub fn revoke(project: &Project, by: Act<'_>, subject: &Subject, names: &[String]) -> Result<()> {
    unset(project, by, subject, &Place::Everywhere, names)
}

/// Takes rules back, whether they grant or deny.
pub fn unset(project: &Project, by: Act<'_>, subject: &Subject, place: &Place, names: &[String]) -> Result<()> {
    by.viewer.require(PERMISSION_REVOKE)?;
    let sets = project.read(sets)?;
    let names = known(project, &sets, names)?;
    for name in &names {
        require_to_have(project, by.viewer, &rights_of(&sets, name))?;
    }
    let (place_kind, place_key) = key_of(place);
    project.write(by, |tx| {
        for name in &names {
            let gone = tx.execute(
                "delete from permission_grant where subject_kind = ?1 and subject = ?2 and permission = ?3
                     and place_kind = ?4 and place = ?5",
                (subject.kind(), subject.key(), name, place_kind, &place_key),
            )?;
            if gone == 0 {
                let label = subject.label();
                return Err(Error::not_found(format!("{name} was not granted to `{label}` itself")));
            }
        }
        tell(tx, "permission.revoked", subject, place, &names)
    })
}

/// Gives one subject all rules that another has, beside those it has (row PM13): all of them, or none where one is refused.
pub fn copy(project: &Project, by: Act<'_>, from: &Subject, to: &Subject) -> Result<()> {
    type Rule = (String, bool, String, String);
    let rules: Vec<Rule> = project.read(|db| {
        let mut statement = db.prepare_cached(
            "select permission, denied, place_kind, place from permission_grant where subject_kind = ?1 and subject = ?2",
        )?;
        let rows = statement.query_map((from.kind(), from.key()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })?;
    let rules: Vec<(Place, bool, [String; 1])> = rules
        .into_iter()
        .map(|(permission, denied, kind, place)| (place_of(&kind, &place), denied, [permission]))
        .collect();
    rules.iter().try_for_each(|(place, denied, names)| check(project, by, to, place, *denied, names))?;
    project.write(by, |tx| rules.iter().try_for_each(|(place, denied, names)| write(tx, to, place, *denied, names)))
}

fn tell(tx: &Tx<'_>, kind: &'static str, subject: &Subject, place: &Place, names: &[String]) -> Result<()> {
    let (place_kind, place_key) = key_of(place);
    let mut data = json!({ "subject_kind": subject.kind(), "subject": subject.key(), "permissions": names });
    if *place != Place::Everywhere {
        data["place_kind"] = json!(place_kind);
        // A path is a name that people gave: only its presence is told.
        if matches!(place, Place::Component(_)) {
            data["place"] = json!(place_key);
        }
    }
    let mut event = NewEvent::new(kind, Resource::new("project", 0), DEFAULT_CLASS)
        .data(data)
        .saying("what", subject.label())
        .saying("permissions", names.join(", "));
    if *place != Place::Everywhere {
        event = event.saying("part", place_name(tx.project(), tx, place)?);
    }
    tx.record(&event)?;
    Ok(())
}

pub(super) fn known(project: &Project, sets: &[Set], names: &[String]) -> Result<Vec<String>> {
    let defined = project.components().permissions();
    let is_known = |name: &str| {
        name == MEMBERS
            || defined.iter().any(|permission| permission.name == name)
            || sets.iter().any(|set| set.name == name)
    };
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let mut all: Vec<&str> = defined.iter().map(|permission| permission.name).collect();
        all.extend(sets.iter().map(|set| set.name.as_str()));
        return Err(Error::invalid(
            "permission",
            format!("There is no permission `{name}`; known are {}.", all.join(", ")),
        ));
    }
    Ok(names.to_vec())
}

/// The rights that a name stands for: itself, or those of the set.
pub(super) fn rights_of(sets: &[Set], name: &str) -> Vec<String> {
    match sets.iter().find(|set| set.name == name) {
        Some(set) => set.rights.clone(),
        None => vec![name.to_owned()],
    }
}

/// Nobody gives away, or takes from others, what they have not got (row PM11).
pub(super) fn require_to_have(project: &Project, viewer: &Viewer, rights: &[String]) -> Result<()> {
    let defined = project.components().permissions();
    let held = |name: &&String| {
        let known = defined.iter().find(|known| known.name == name.as_str());
        name.as_str() == MEMBERS || known.is_none_or(|known| viewer.may(*known))
    };
    match rights.iter().find(|name| !held(name)) {
        None => Ok(()),
        Some(name) => Err(Error::invalid(
            "permission",
            format!("You have not got {name} yourself, so it isn't yours to give or take."),
        )),
    }
}

/// Refuses rules that mean nothing: what opens something holds everywhere, and a role is played on tickets.
pub(super) fn fits(
    project: &Project,
    subject: &Subject,
    place: &Place,
    denied: bool,
    name: &str,
    rights: &[String],
) -> Result<()> {
    if *subject == Subject::Anonymous && rights.iter().any(|right| right == TRAC_ADMIN.name) && !denied {
        return Err(Error::invalid("permission", "TRAC_ADMIN is not for everybody.".to_owned()));
    }
    let is_role = matches!(subject, Subject::Role(_));
    if *place == Place::Everywhere && !is_role {
        return Ok(());
    }
    if matches!(place, Place::Path(_)) && is_role {
        return Err(Error::invalid("path", "A role is played on a ticket; pages know none."));
    }
    let offered: BTreeSet<&str> = match place {
        Place::Path(_) => project
            .components()
            .iter()
            .flat_map(|component| component.rights_below_paths())
            .map(|right| right.name)
            .collect(),
        _ => project
            .components()
            .iter()
            .flat_map(|component| component.rights_in_components())
            .map(|right| right.name)
            .collect(),
    };
    match rights.iter().find(|right| !offered.contains(right.as_str())) {
        None => Ok(()),
        Some(right) => {
            let offered: Vec<&str> = offered.into_iter().collect();
            let of_set = if right == name { String::new() } else { format!(" of the set `{name}`") };
            Err(Error::invalid(
                "permission",
                format!(
                    "{right}{of_set} holds in the whole project or not at all. In a part of it there are {}. Who sees a part is said by closing the component or the path.",
                    offered.join(", ")
                ),
            ))
        }
    }
}

/// Who has at least one of these rights everywhere, as kinds of subjects and their labels: first to whom it was granted, then
/// to whom it was denied.
pub fn subjects_with(db: &Connection, rights: &[&str]) -> Result<[Vec<(String, String)>; 2]> {
    let mut statement = db.prepare_cached(
        "select distinct denied, subject_kind, case subject_kind
             when 'person' then (select login from person where id = cast(subject as integer)) else label end
         from permission_grant
         left join permission_set_right on permission_set_right.permission_set = permission_grant.permission
         where place_kind = '' and subject_kind <> 'role'
             and coalesce(permission_set_right.permission, permission_grant.permission)
                 in (select value from json_each(?1))",
    )?;
    let mut found = [Vec::new(), Vec::new()];
    let mut rows = statement.query([serde_json::to_string(rights)?])?;
    while let Some(row) = rows.next()? {
        let label: Option<String> = row.get(2)?;
        found[usize::from(row.get::<_, bool>(0)?)].push((row.get(1)?, label.unwrap_or_default()));
    }
    Ok(found)
}

/// The rights of a new project, as the components define them (row PM14).
pub fn grant_defaults(db: &Connection, permissions: &[Permission], public: bool) -> Result<()> {
    let (readers, writers) = if public { ("anonymous", "authenticated") } else { (MEMBERS, MEMBERS) };
    for permission in permissions {
        let subject = match permission.by_default {
            ByDefault::Readers => readers,
            ByDefault::Writers => writers,
            ByDefault::Nobody => continue,
        };
        db.execute(
            "insert or ignore into permission_grant (subject_kind, permission) values (?1, ?2)",
            (subject, permission.name),
        )?;
    }
    Ok(())
}
