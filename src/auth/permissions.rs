//! What a principal may do in a project, and which access classes they see (rows PM01 to PM14, DESIGN 1.4).
//!
//! Members are those to whom something was granted, by name or through a group; granting `members` makes one a member and
//! gives nothing else. In an archived project only what lets one look is left.
//!
//! Who sees a class is one rule for all kinds of them, in [`seen`]: its subjects and the holders of its right see all of it,
//! those who take part in a row of it see that row, and nobody sees anything of it who does not see the class that it is
//! based on. Administrators see every class but that of the trash. A class that is kept back until a moment counts until then
//! for those alone who may see it earlier. Those to whom nothing was granted see the classes that are opened to them, with the
//! right that comes with it, and nothing else: [`opened`].

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

pub use super::path_rules::{restrict, unrestrict};
use super::{accounts, groups};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::kept::kept_if;
use crate::base::project::{Act, Project, person_of_account};
use crate::base::resource::Resource;
use crate::base::site::{ProjectRow, Site, State};
use crate::base::time::Instant;
use crate::base::viewer::{ByDefault, Credential, DEFAULT_CLASS, Permission, Principal, TRAC_ADMIN, Viewer};

/// The word that makes a subject a member.
pub const MEMBERS: &str = "members";

/// For whom a grant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Anonymous,
    Authenticated,
    Members,
    Person { id: i64, login: String },
    Group { id: String, name: String },
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
        }
    }

    pub fn key(&self) -> String {
        match self {
            Self::Person { id, .. } => id.to_string(),
            Self::Group { id, .. } => id.clone(),
            _ => String::new(),
        }
    }

    pub fn label(&self) -> &str {
        match self {
            Self::Person { login, .. } => login,
            Self::Group { name, .. } => name,
            other => other.kind(),
        }
    }
}

/// Who somebody is in a project, before any grant is looked at.
struct Standing {
    person: Option<i64>,
    groups: Vec<String>,
    signed_in: bool,
    member: bool,
}

impl Standing {
    fn matches(&self, kind: &str, subject: &str) -> bool {
        match kind {
            "anonymous" => true,
            "authenticated" => self.signed_in,
            "members" => self.member,
            "person" => self.is_person(subject),
            "group" => self.groups.iter().any(|group| group == subject),
            _ => false,
        }
    }

    fn is_person(&self, subject: &str) -> bool {
        self.person.is_some_and(|person| subject == person.to_string())
    }
}

/// The viewer that a principal is in a project, or none if nothing there is for them.
pub fn enter(project: &Project, row: &ProjectRow, principal: &Arc<Principal>) -> Result<Option<Arc<Viewer>>> {
    project.read(|db| {
        let key = principal.identity.as_ref().map_or("", |identity| identity.uuid.as_str());
        let now = Instant::now();
        let fits = |known: &Entered| {
            let is_same = known.principal == *principal && known.state == row.state;
            is_same && known.until.is_none_or(|until| now < until)
        };
        let entered = kept_if(db, key, fits, || {
            let until = next_moment(db, now)?;
            let viewer = enter_with(db, project, row, principal)?.map(Arc::new);
            Ok(Entered { principal: Arc::clone(principal), state: row.state, until, viewer })
        })?;
        Ok(entered.viewer.clone())
    })
}

/// What became of a principal at the door of a project.
struct Entered {
    principal: Arc<Principal>,
    state: State,
    /// Then another class may be seen.
    until: Option<Instant>,
    viewer: Option<Arc<Viewer>>,
}

/// When the next class is kept back no longer.
fn next_moment(db: &Connection, now: Instant) -> Result<Option<Instant>> {
    let mut statement = db.prepare_cached("select min(visible_from) from acl where visible_from > ?1")?;
    Ok(statement.query_row([now], |row| row.get(0))?)
}

/// The same through a database that is being read already.
pub fn enter_with(
    db: &Connection,
    project: &Project,
    row: &ProjectRow,
    principal: &Arc<Principal>,
) -> Result<Option<Viewer>> {
    let defined = project.components().permissions();
    let mut standing = Standing {
        person: None,
        groups: principal.groups.clone(),
        signed_in: principal.identity.is_some(),
        member: false,
    };
    if let Some(identity) = &principal.identity {
        standing.person = db
            .prepare_cached("select id from person where uuid = ?1")?
            .query_row([&identity.uuid], |row| row.get(0))
            .optional()?;
    }
    let mut granted: BTreeSet<&'static str> = BTreeSet::new();
    let mut of_members: Vec<&'static str> = Vec::new();
    if principal.administers() {
        granted.insert(TRAC_ADMIN.name);
    }
    let mut statement = db.prepare_cached("select subject_kind, subject, permission from permission_grant")?;
    let mut grants = statement.query([])?;
    while let Some(grant) = grants.next()? {
        let text = |column: usize| Ok::<_, rusqlite::Error>(grant.get_ref(column)?.as_str()?);
        let (kind, permission) = (text(0)?, text(2)?);
        let matches = standing.matches(kind, text(1)?);
        standing.member |= matches && matches!(kind, "person" | "group");
        if !matches && kind != "members" {
            continue;
        }
        let Some(defined) = defined.iter().find(|defined| defined.name == permission) else { continue };
        // Who is a member is known when all grants have been looked at.
        if kind == "members" {
            of_members.push(defined.name);
        } else {
            granted.insert(defined.name);
        }
    }
    if standing.member {
        granted.extend(of_members);
    }
    let mut permissions = complete(granted, &defined);
    // What one could see before a project was archived can be seen afterwards.
    let all = classes(db, &standing, &permissions)?;
    let (classes, joined_classes) = if permissions.is_empty() {
        let (classes, rights) = opened(&all);
        permissions.extend(defined.iter().map(|defined| defined.name).filter(|name| rights.contains(name)));
        (classes, Vec::new())
    } else {
        let (whole, joined) = seen(&all);
        (whole, if standing.person.is_some() { joined } else { Vec::new() })
    };
    if row.state == State::Archived || principal.credential == Credential::FeedToken {
        permissions.retain(|name| name.ends_with("_VIEW"));
    }
    if permissions.is_empty() {
        return Ok(None);
    }
    Ok(Some(Viewer {
        principal: Arc::clone(principal),
        person: standing.person,
        permissions,
        classes,
        joined_classes,
        archived: row.state == State::Archived,
    }))
}

/// What comes with what was granted.
fn complete(granted: BTreeSet<&'static str>, defined: &[Permission]) -> BTreeSet<&'static str> {
    let mut complete = granted;
    if complete.contains(TRAC_ADMIN.name) {
        complete.extend(defined.iter().map(|permission| permission.name));
    }
    loop {
        let more: Vec<&'static str> = defined
            .iter()
            .filter(|permission| complete.contains(permission.name))
            .flat_map(|permission| permission.implies.iter().copied())
            .filter(|implied| !complete.contains(implied))
            .collect();
        if more.is_empty() {
            break;
        }
        complete.extend(more);
    }
    complete
}

/// A class as somebody stands to it.
#[derive(Debug, Clone, Default)]
struct Class {
    id: i64,
    /// Nobody sees this one who does not see that one.
    base: Option<i64>,
    /// They are among its subjects, have its right, or see everything.
    granted: bool,
    /// Those who take part in a row of it see that row.
    participants: bool,
    /// The right that goes with it where nothing else was granted; empty: none.
    opens: String,
}

/// All classes but the default one and that of the trash, as somebody stands to them at this moment.
fn classes(db: &Connection, standing: &Standing, permissions: &BTreeSet<&'static str>) -> Result<Vec<Class>> {
    let everything = permissions.contains(TRAC_ADMIN.name);
    let now = Instant::now();
    let mut classes: Vec<Class> = Vec::new();
    let mut kept_back: Vec<i64> = Vec::new();
    let mut statement = db.prepare_cached(
        "select acl.id, acl.base, acl.participants, acl.permission, acl_subject.subject_kind, acl_subject.subject,
             acl.visible_from, acl.early, acl.opens
         from acl left join acl_subject on acl_subject.acl = acl.id where acl.id not in (0, 1) order by acl.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if classes.last().is_none_or(|last| last.id != id) {
            let has = |column: usize| {
                Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str().is_ok_and(|right| permissions.contains(right)))
            };
            let (base, participants, opens) = (row.get(1)?, row.get(2)?, row.get(8)?);
            if row.get::<_, Option<Instant>>(6)?.is_some_and(|from| now < from) && !has(7)? && !everything {
                kept_back.push(id);
            }
            classes.push(Class { id, base, granted: everything || has(3)?, participants, opens });
        }
        let (kind, subject): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        if let (Some(class), Some((kind, subject))) = (classes.last_mut(), kind.zip(subject)) {
            class.granted |= standing.matches(&kind, &subject);
        }
    }
    classes.retain(|class| !kept_back.contains(&class.id));
    Ok(classes)
}

/// The classes that are opened to somebody to whom nothing was granted, with those that leave it to them, and the rights that
/// go with them.
fn opened(classes: &[Class]) -> (Vec<i64>, Vec<&str>) {
    let (mut whole, mut rights) = (Vec::new(), Vec::new());
    // A base may come after what is based on it, so we look until nothing more is found.
    loop {
        let before = whole.len();
        for class in classes.iter().filter(|class| class.granted) {
            let is_open = !class.opens.is_empty() || class.base.is_some_and(|base| whole.contains(&base));
            if is_open && !whole.contains(&class.id) {
                whole.push(class.id);
                rights.push(class.opens.as_str());
            }
        }
        if whole.len() == before {
            return (whole, rights);
        }
    }
}

/// Which of these classes, beside the default one, are seen as a whole and which in part. What is granted on top of a class
/// that is seen in part, as the notes on a private ticket are, is seen in that part.
fn seen(classes: &[Class]) -> (Vec<i64>, Vec<i64>) {
    let (mut whole, mut joined) = (vec![DEFAULT_CLASS], Vec::new());
    // A base may come after what is based on it, so we look until nothing more is found.
    loop {
        let before = whole.len();
        for class in classes.iter().filter(|class| class.granted) {
            if class.base.is_none_or(|base| whole.contains(&base)) && !whole.contains(&class.id) {
                whole.push(class.id);
            }
        }
        if whole.len() == before {
            break;
        }
    }
    loop {
        let before = joined.len();
        for class in classes.iter().filter(|class| !whole.contains(&class.id) && (class.granted || class.participants))
        {
            let on_part = class.base.is_some_and(|base| joined.contains(&base));
            let on_whole = class.base.is_none_or(|base| whole.contains(&base));
            if (on_part || (on_whole && class.participants)) && !joined.contains(&class.id) {
                joined.push(class.id);
            }
        }
        if joined.len() == before {
            break;
        }
    }
    (whole, joined)
}

/// A grant as the list shows it.
#[derive(Debug, Clone)]
pub struct Grant {
    pub subject: String,
    pub permission: String,
}

pub fn list(db: &Connection) -> Result<Vec<Grant>> {
    let mut statement = db.prepare_cached(
        "select case subject_kind when 'person' then (select login from person where id = cast(subject as integer))
                                  when 'group' then label else subject_kind end as subject, permission
         from permission_grant order by subject_kind, subject, permission",
    )?;
    let grants = statement
        .query_map([], |row| Ok(Grant { subject: row.get(0)?, permission: row.get(1)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(grants)
}

/// Whether a group of the site has been granted anything here: then the project is one of the group's.
pub fn is_of_group(db: &Connection, group: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from permission_grant where subject_kind = 'group' and subject = ?1)")?
        .query_row([group], |row| row.get(0))?)
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
    let found = subject(site, project, name);
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

/// Grants rights; each must exist, and only administrators may (row PM11).
pub fn grant(project: &Project, by: Act<'_>, subject: &Subject, names: &[String]) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    let names = known(project, names)?;
    project.write(by, |tx| {
        for name in &names {
            tx.execute(
                "insert or ignore into permission_grant (subject_kind, subject, label, permission) values (?1, ?2, ?3, ?4)",
                (subject.kind(), subject.key(), subject.label(), name),
            )?;
        }
        tell(tx, "permission.granted", subject, &names)
    })
}

/// Takes rights back; one that was not granted is an error that names it.
pub fn revoke(project: &Project, by: Act<'_>, subject: &Subject, names: &[String]) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    let names = known(project, names)?;
    project.write(by, |tx| {
        for name in &names {
            let gone = tx.execute(
                "delete from permission_grant where subject_kind = ?1 and subject = ?2 and permission = ?3",
                (subject.kind(), subject.key(), name),
            )?;
            if gone == 0 {
                let label = subject.label();
                return Err(Error::not_found(format!("{name} was not granted to `{label}` itself")));
            }
        }
        tell(tx, "permission.revoked", subject, &names)
    })
}

fn tell(tx: &crate::base::project::Tx<'_>, kind: &'static str, subject: &Subject, names: &[String]) -> Result<()> {
    let event = NewEvent::new(kind, Resource::new("project", 0), DEFAULT_CLASS)
        .data(json!({ "subject_kind": subject.kind(), "subject": subject.key(), "permissions": names }));
    tx.record(&event.saying("what", subject.label()).saying("permissions", names.join(", ")))?;
    Ok(())
}

fn known(project: &Project, names: &[String]) -> Result<Vec<String>> {
    let defined = project.components().permissions();
    let unknown: Vec<&String> = names
        .iter()
        .filter(|name| name.as_str() != MEMBERS && !defined.iter().any(|permission| permission.name == name.as_str()))
        .collect();
    if let Some(name) = unknown.first() {
        let all: Vec<&str> = defined.iter().map(|permission| permission.name).collect();
        return Err(Error::invalid(
            "permission",
            format!("There is no permission `{name}`; known are {}.", all.join(", ")),
        ));
    }
    Ok(names.to_vec())
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

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: Class = Class { id: 2, base: Some(1), granted: false, participants: true, opens: String::new() };
    const NOTES: Class = Class { id: 3, base: Some(1), granted: false, participants: false, opens: String::new() };
    const PRIVATE_NOTES: Class =
        Class { id: 4, base: Some(2), granted: false, participants: false, opens: String::new() };
    const CLOSED: Class = Class { id: 5, base: None, granted: false, participants: false, opens: String::new() };
    const PRIVATE_CLOSED: Class =
        Class { id: 6, base: Some(5), granted: false, participants: true, opens: String::new() };

    #[test]
    fn those_without_any_right_see_what_is_opened_and_what_leaves_it_to_that() {
        let open = Class { id: 2, granted: true, opens: "WIKI_VIEW".into(), ..Class::default() };
        let below = Class { id: 3, base: Some(2), granted: true, ..Class::default() };
        let named = Class { id: 4, granted: true, ..Class::default() };
        let closed = Class { id: 5, opens: "WIKI_VIEW".into(), ..Class::default() };
        assert_eq!(opened(&[below.clone(), open, named, closed]), (vec![2, 3], vec!["WIKI_VIEW", ""]));
        assert_eq!(opened(&[below]), (vec![], vec![]));
    }

    #[test]
    fn nobody_sees_a_class_whose_base_they_do_not_see() {
        let granted = |class: &Class| Class { granted: true, ..class.clone() };
        for (classes, whole, joined) in [
            // Without any right: their own private tickets, where those are not in a closed component.
            (vec![PRIVATE, NOTES, PRIVATE_NOTES, CLOSED, PRIVATE_CLOSED], vec![1], vec![2]),
            // Notes are seen on what is seen: of private tickets on one's own.
            (vec![PRIVATE, granted(&NOTES), granted(&PRIVATE_NOTES)], vec![1, 3], vec![2, 4]),
            (vec![granted(&PRIVATE), granted(&NOTES), granted(&PRIVATE_NOTES)], vec![1, 2, 3, 4], vec![]),
            // The right to private tickets opens no closed component, being let into one opens no private tickets.
            (vec![granted(&PRIVATE), CLOSED, granted(&PRIVATE_CLOSED)], vec![1, 2], vec![]),
            (vec![PRIVATE, granted(&CLOSED), PRIVATE_CLOSED], vec![1, 5], vec![2, 6]),
            // In whatever order they come.
            (vec![granted(&PRIVATE_NOTES), granted(&PRIVATE)], vec![1, 2, 4], vec![]),
            (vec![granted(&PRIVATE_NOTES), PRIVATE], vec![1], vec![2, 4]),
        ] {
            let (mut seen_whole, mut seen_joined) = seen(&classes);
            seen_whole.sort_unstable();
            seen_joined.sort_unstable();
            assert_eq!((seen_whole, seen_joined), (whole, joined), "{classes:?}");
        }
    }
}
