//! Why somebody sees something, or does not; and what anybody can open (rt.md A11: the rights inspector).
//!
//! The verdict is that of the code which enforces it: whoever is asked about enters the project as they would by themselves.
//! Beside it stand the rules that bear on it, as [`grants`](super::grants) and the classes have them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::grants::{self, Written};
use super::permissions::{self, Standing};
use super::{accounts, groups, operator, principal};
use crate::base::error::{Error, Result};
use crate::base::local_rights::{Place, complete};
use crate::base::project::Project;
use crate::base::site::{ProjectRow, Site, State};
use crate::base::time::Instant;
use crate::base::viewer::{Credential, DEFAULT_CLASS, Permission, Principal, TRAC_ADMIN, TRASH_CLASS, Viewer};

/// So many accounts are asked about at once.
pub const MOST_ASKED: usize = 300;

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What holds or does not: `sees the project`, `has TICKET_VIEW`.
    pub answer: String,
    pub because: String,
}

fn reason(answer: impl Into<String>, because: impl Into<String>) -> Reason {
    Reason { answer: answer.into(), because: because.into() }
}

/// Explains what somebody sees. The first line is the verdict. `what` is `kind:id`, as links have it; none: the project.
pub fn explain(site: &Site, project: &Project, row: &ProjectRow, who: &str, what: Option<&str>) -> Result<Vec<Reason>> {
    let principal = match who {
        "anonymous" => Principal::anonymous(),
        name => {
            let account = site.read(|db| accounts::by_login(db, name))?;
            let account = account.ok_or_else(|| Error::invalid("who", format!("There is no account `{name}`.")))?;
            if account.disabled {
                let because = "The account is disabled: it can't sign in, whatever was granted to it.";
                return Ok(vec![reason(format!("{name} sees nothing"), because)]);
            }
            principal(site, &account, Credential::Session)?
        }
    };
    let principal = Arc::new(principal);
    let everything = everything(site, project, row)?;
    project.read(|db| {
        let viewer = permissions::enter_with(db, project, row, &principal)?;
        let told = Told { db, project, row, who, principal: &principal, viewer: viewer.as_ref() };
        match what.map(str::trim).filter(|what| !what.is_empty()) {
            None => told.project(),
            Some(what) => told.thing(&everything, what),
        }
    })
}

/// An access class, as its row has it.
struct Class {
    kind: String,
    path: String,
    base: Option<i64>,
    participants: bool,
    right: String,
    visible_from: Option<Instant>,
}

struct Told<'a> {
    db: &'a Connection,
    project: &'a Project,
    row: &'a ProjectRow,
    who: &'a str,
    principal: &'a Principal,
    viewer: Option<&'a Viewer>,
}

impl Told<'_> {
    fn project(&self) -> Result<Vec<Reason>> {
        let who = self.who;
        let Some(viewer) = self.viewer else {
            let because = "Nothing in it was granted to them, by name, by a group, or as one of everybody.";
            return Ok(vec![reason(format!("{who} sees nothing of the project"), because)]);
        };
        let count = viewer.permissions.len();
        let mut told = vec![reason(format!("{who} sees the project"), format!("They have {count} permissions in it."))];
        told.extend(self.state());
        for permission in self.project.components().permissions().iter().filter(|known| viewer.may(**known)) {
            told.push(reason(format!("has {}", permission.name), self.sources(*permission)?.join("; ")));
        }
        Ok(told)
    }

    fn thing(&self, everything: &Viewer, what: &str) -> Result<Vec<Reason>> {
        let (kind, id) = parted(what)?;
        let missing = || Error::not_found(format!("There is no {kind} “{id}” in this project."));
        let components = self.project.components();
        let thing = components.guarded(self.db, everything, kind, id)?.ok_or_else(missing)?;
        let who = self.who;
        let sees = match self.viewer {
            Some(viewer) => sees(self.db, self.project, viewer, kind, id)?,
            None => false,
        };
        let verdict = if sees { "sees" } else { "does not see" };
        let mut told = vec![reason(format!("{who} {verdict} {}", thing.title), {
            match (sees, self.viewer.is_some_and(|viewer| viewer.may(thing.to_view))) {
                (true, _) => format!("They have {}, and nothing closes it to them.", thing.to_view.name),
                (false, false) => format!("They have not got {} here.", thing.to_view.name),
                (false, true) => format!("They have {}, but it is closed to them.", thing.to_view.name),
            }
        })];
        told.extend(self.state());
        let sources = self.sources(thing.to_view)?;
        let has = self.viewer.is_some_and(|viewer| viewer.may(thing.to_view));
        let because = if sources.is_empty() { "Nobody granted it to them.".to_owned() } else { sources.join("; ") };
        told.push(reason(format!("{} {}", if has { "has" } else { "has not" }, thing.to_view.name), because));
        let mut class = Some(thing.acl);
        while let Some(acl) = class {
            class = self.class(acl, &thing.resource.kind, thing.resource.id, &mut told)?;
        }
        Ok(told)
    }

    /// The parts that they play on something.
    fn parts(&self, kind: &str, id: i64) -> Result<Vec<String>> {
        let Some(person) = self.viewer.and_then(|viewer| viewer.person) else { return Ok(Vec::new()) };
        let mut statement = self.db.prepare_cached(
            "select role from participant where resource_kind = ?1 and resource_id = ?2 and person = ?3 order by role",
        )?;
        Ok(statement.query_map((kind, id, person), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    fn state(&self) -> Option<Reason> {
        (self.row.state == State::Archived)
            .then(|| reason("changes nothing", "The project is archived: it can be read, and not changed."))
    }

    /// The rules by which they have a right, or have not.
    fn sources(&self, permission: Permission) -> Result<Vec<String>> {
        let defined = self.project.components().permissions();
        let mut sources = Vec::new();
        if self.principal.belongs_to_administrator() {
            sources.push("they administer the site, so nothing is kept from them".to_owned());
        }
        let mut standing = Standing::of(self.db, self.principal)?;
        for rule in grants::for_somebody(self.db, &mut standing, &defined)? {
            if rule.denied && rule.right == permission.name {
                sources.push(self.sentence(&rule, permission)?);
            } else if !rule.denied {
                let alone = BTreeSet::from([rule.right]);
                if complete(&alone, &BTreeSet::new(), &defined).contains(permission.name) {
                    sources.push(self.sentence(&rule, permission)?);
                }
            }
        }
        if sources.is_empty() && self.viewer.is_some_and(|viewer| viewer.may(permission)) {
            sources.push("a part of the project is opened to everybody".to_owned());
        }
        Ok(sources)
    }

    fn sentence(&self, rule: &Written, permission: Permission) -> Result<String> {
        let verb = if rule.denied { "denied" } else { "granted" };
        let subject = match rule.role {
            Some(role) => format!("to whoever is {} of the ticket", role.name()),
            None => format!("to {}", rule.subject),
        };
        let set = rule.set.as_ref().map(|set| format!(" by the set {set}")).unwrap_or_default();
        let with =
            if rule.right == permission.name { String::new() } else { format!(", which comes with {}", rule.right) };
        let place = match &rule.place {
            Place::Everywhere => String::new(),
            Place::Path(path) => format!(" on pages below {path}"),
            place => format!(" in the component {}", grants::place_name(self.project, self.db, place)?),
        };
        Ok(format!("{verb} {subject}{set}{place}{with}"))
    }

    /// Says how they stand to an access class. Returns the class that it is based on.
    fn class(&self, acl: i64, kind: &str, id: i64, told: &mut Vec<Reason>) -> Result<Option<i64>> {
        if acl == DEFAULT_CLASS {
            return Ok(None);
        }
        let whole = self.viewer.is_some_and(|viewer| viewer.sees_class(acl));
        if acl == TRASH_CLASS {
            told.push(reason("does not see the trash", "It lies in the trash."));
            return Ok(None);
        }
        let Class { kind: class_kind, path, base, participants, right, visible_from } = self.db.query_row(
            "select kind, path, base, participants, permission, visible_from from acl where id = ?1",
            [acl],
            |row| {
                Ok(Class {
                    kind: row.get("kind")?,
                    path: row.get("path")?,
                    base: row.get("base")?,
                    participants: row.get("participants")?,
                    right: row.get::<_, Option<String>>("permission")?.unwrap_or_default(),
                    visible_from: row.get("visible_from")?,
                })
            },
        )?;
        let called = match class_kind.as_str() {
            "path" => format!("the rule for the path {path}"),
            "component" => "a closed component".to_owned(),
            "private" => "private tickets".to_owned(),
            "note" => "internal notes".to_owned(),
            other => format!("the class {other}"),
        };
        let mut because: Vec<String> = Vec::new();
        let subjects = super::path_rules::subjects(self.db, acl)?;
        if !subjects.is_empty() {
            because.push(format!("open to {}", subjects.join(", ")));
        }
        if !right.is_empty() {
            because.push(format!("open to those with {right}"));
        }
        if participants {
            let parts = self.parts(kind, id)?;
            because.push(match parts.is_empty() {
                true => "open to those who take part, which they do not".to_owned(),
                false => format!("open to those who take part, as they do: {}", parts.join(", ")),
            });
        }
        if let Some(from) = visible_from {
            because.push(format!("kept back until {}", from.iso()));
        }
        if self.viewer.is_some_and(|viewer| viewer.may(TRAC_ADMIN)) {
            because.push("they have TRAC_ADMIN, so every class is theirs to see".to_owned());
        }
        let joined = participants
            && self.viewer.is_some_and(|viewer| viewer.joined_classes.contains(&acl))
            && !self.parts(kind, id)?.is_empty();
        let verb = if whole || joined { "sees" } else { "does not see" };
        told.push(reason(format!("{verb} what falls under {called}"), because.join("; ")));
        Ok(base)
    }
}

/// Somebody, and whether they see a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sees {
    /// `anonymous`, or the login of an account.
    pub who: String,
    pub sees: bool,
}

/// Who sees a thing, asked of the code that enforces it: anonymous readers, somebody who is signed in and has no more than all
/// who are, and each account. Of those at most [`MOST_ASKED`].
pub fn who_sees(site: &Site, project: &Project, row: &ProjectRow, what: &str) -> Result<Vec<Sees>> {
    let (kind, id) = parted(what)?;
    let everything = everything(site, project, row)?;
    let components = project.components();
    project
        .read(|db| components.guarded(db, &everything, kind, id))?
        .ok_or_else(|| Error::not_found(format!("There is no {kind} “{id}” in this project.")))?;
    let mut asked = vec![
        ("anonymous".to_owned(), Principal::anonymous()),
        ("authenticated".to_owned(), Principal::stranger(Vec::new())),
    ];
    let accounts = site.read(accounts::list)?.into_iter().filter(|account| !account.disabled);
    for account in accounts.take(MOST_ASKED) {
        asked.push((account.login.clone(), principal(site, &account, Credential::Session)?));
    }
    project.read(|db| {
        let one = |(who, principal): (String, Principal)| {
            let sees = match permissions::enter_with(db, project, row, &Arc::new(principal))? {
                Some(viewer) => sees(db, project, &viewer, kind, id)?,
                None => false,
            };
            Ok(Sees { who, sees })
        };
        asked.into_iter().map(one).collect()
    })
}

/// The verdict on one thing, by its component and by the right that it needs.
fn sees(db: &Connection, project: &Project, viewer: &Viewer, kind: &str, id: &str) -> Result<bool> {
    let found = project.components().guarded(db, viewer, kind, id)?;
    Ok(found.is_some_and(|thing| viewer.may(thing.to_view)))
}

/// Who sees all that is not in the trash, to find out what is asked about.
fn everything(site: &Site, project: &Project, row: &ProjectRow) -> Result<Arc<Viewer>> {
    permissions::enter(project, row, &operator(site, None)?)?
        .ok_or_else(|| Error::internal("the operator does not see the project"))
}

fn parted(what: &str) -> Result<(&str, &str)> {
    let (kind, id) = what.trim().split_once(':').ok_or_else(|| {
        let message =
            "Say what it is about as links do: `ticket:12`, `wiki:Plan`, `milestone:1.0`, `note:3:ticket:12`.";
        Error::invalid("what", message)
    })?;
    Ok((kind, id.trim_matches('"')))
}

/// What one kind of reader can open.
#[derive(Debug, Clone)]
pub struct Opened {
    /// `anonymous`, `authenticated`, or the name of a group.
    pub subject: String,
    /// The rights that they have in the whole project, in order.
    pub rights: Vec<String>,
    /// The parts that are closed to others, or opened beyond the rest, and that they see.
    pub parts: Vec<String>,
}

/// What anonymous readers, all who are signed in, and each group of the site can open.
pub fn opened(site: &Site, project: &Project, row: &ProjectRow) -> Result<Vec<Opened>> {
    let mut kinds = vec![("anonymous".to_owned(), Principal::anonymous())];
    // Somebody who is signed in, whom nothing was granted to by name and who is in no group.
    kinds.push(("authenticated".to_owned(), Principal::stranger(Vec::new())));
    for group in site.read(groups::list)? {
        let ids = site.read(|db| groups::around(db, &group.id))?;
        kinds.push((group.name, Principal::stranger(ids)));
    }
    project.read(|db| {
        let mut all = Vec::new();
        for (subject, principal) in kinds {
            let viewer = permissions::enter_with(db, project, row, &Arc::new(principal))?;
            let (rights, parts) = match viewer {
                None => (Vec::new(), Vec::new()),
                Some(viewer) => {
                    let rights = viewer.permissions.iter().map(|name| (*name).to_owned()).collect();
                    (rights, viewer.classes.iter().filter_map(|acl| part(db, *acl).transpose()).collect::<Result<_>>()?)
                }
            };
            all.push(Opened { subject, rights, parts });
        }
        Ok(all)
    })
}

/// How a class is called on the page of what is open; none for what needs no name.
fn part(db: &Connection, acl: i64) -> Result<Option<String>> {
    let found: Option<(String, String)> = db
        .prepare_cached(
            "select kind, path from acl where id = ?1 and kind in ('path', 'component', 'private', 'note')",
        )?
        .query_row([acl], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(kind, path)| match kind.as_str() {
        "path" => format!("pages below {path}"),
        "component" => "a closed component".to_owned(),
        "private" => "private tickets".to_owned(),
        _ => "internal notes".to_owned(),
    }))
}
