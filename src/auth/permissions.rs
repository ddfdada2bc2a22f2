//! What a principal may do in a project, and which access classes they see (rows PM01 to PM14, DESIGN 1.4). What was granted
//! to whom is kept by [`grants`](super::grants).
//!
//! Members are those to whom something was granted in the whole project, by name or through a group; granting `members` makes
//! one a member and gives nothing else. What is denied is taken from all that was granted, however it came. In an archived
//! project only what lets one look is left.
//!
//! Who sees a class is one rule for all kinds of them, in [`seen`]: its subjects and the holders of its right see all of it,
//! those who take part in a row of it see that row, and nobody sees anything of it who does not see the class that it is
//! based on. Administrators see every class but that of the trash. A class that is kept back until a moment counts until then
//! for those alone who may see it earlier. Those to whom nothing was granted see the classes that are opened to them, with the
//! right that comes with it, and nothing else: [`opened`].

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::grants::{self, Written};
pub use super::grants::{
    MEMBERS, Subject, grant, grant_defaults, is_granted, is_of_group, list, revoke, subject, subject_to_revoke,
};
pub use super::path_rules::{restrict, unrestrict};
use crate::base::error::Result;
use crate::base::kept::kept_if;
use crate::base::local_rights::{LocalRights, LocalRule, complete};
use crate::base::project::Project;
use crate::base::site::{ProjectRow, State};
use crate::base::time::Instant;
use crate::base::viewer::{Credential, DEFAULT_CLASS, Principal, Scope, TRAC_ADMIN, Viewer};

/// Who somebody is in a project, before any grant is looked at.
pub(super) struct Standing {
    pub person: Option<i64>,
    pub groups: Vec<String>,
    pub signed_in: bool,
    pub member: bool,
}

impl Standing {
    pub fn of(db: &Connection, principal: &Principal) -> Result<Self> {
        let uuid = principal.identity.as_ref().map(|identity| &identity.uuid);
        let person = uuid.map(|uuid| person_of_uuid(db, uuid)).transpose()?.flatten();
        let signed_in = principal.identity.is_some();
        Ok(Self { person, groups: principal.groups.clone(), signed_in, member: false })
    }

    pub fn matches(&self, kind: &str, subject: &str) -> bool {
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

/// The person that an account is here, if the project has met it.
pub fn person_of_uuid(db: &Connection, uuid: &str) -> Result<Option<i64>> {
    Ok(db.prepare_cached("select id from person where uuid = ?1")?.query_row([uuid], |row| row.get(0)).optional()?)
}

/// The viewer that a principal is in a project, or none if nothing there is for them.
pub fn enter(project: &Project, row: &ProjectRow, principal: &Arc<Principal>) -> Result<Option<Arc<Viewer>>> {
    project.read(|db| enter_within(db, project, row, principal))
}

/// The same within a read that looks at more.
pub fn enter_within(
    db: &Connection,
    project: &Project,
    row: &ProjectRow,
    principal: &Arc<Principal>,
) -> Result<Option<Arc<Viewer>>> {
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
    if !principal.reaches(&row.id) {
        return Ok(None);
    }
    let defined = project.components().permissions();
    let mut standing = Standing::of(db, principal)?;
    let written = grants::for_somebody(db, &mut standing, &defined)?;
    let of_site = principal.belongs_to_administrator().then_some(TRAC_ADMIN.name);
    let held = |denied: bool| {
        let here = written.iter().filter(move |rule| rule.is_everywhere() && rule.denied == denied);
        here.map(|rule| rule.right)
    };
    let granted: BTreeSet<&'static str> = held(false).chain(of_site).collect();
    // Nothing is denied to whoever administers the site.
    let denied: BTreeSet<&'static str> = if of_site.is_some() { BTreeSet::new() } else { held(true).collect() };
    let mut permissions = complete(&granted, &denied, &defined);
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
    let limit = match principal.credential {
        _ if row.state == State::Archived => Scope::Read,
        Credential::FeedToken => Scope::Read,
        Credential::ApiToken(scope) => scope,
        _ => Scope::Admin,
    };
    permissions.retain(|name| limit.allows(name));
    if permissions.is_empty() {
        return Ok(None);
    }
    let rules: Vec<LocalRule> = written.into_iter().filter(|rule| !rule.is_everywhere()).map(Written::local).collect();
    let local =
        (!rules.is_empty()).then(|| Arc::new(LocalRights { rules, granted, denied, defined: defined.to_vec(), limit }));
    Ok(Some(Viewer {
        principal: Arc::clone(principal),
        local,
        person: standing.person,
        permissions,
        classes,
        joined_classes,
        archived: row.state == State::Archived,
    }))
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
