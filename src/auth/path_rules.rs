//! Rules for paths: who sees the page of a path and the pages below it, and from when on (DESIGN 1.4).
//!
//! Each rule is an access class. The longest path wins. A rule names its readers, opens its part of the wiki to everybody, or
//! leaves it to the rule above; and it may keep its part back until a moment. The moment is looked at whenever somebody
//! enters the project, so nothing has to be done when it comes: [`permissions`](super::permissions) tells how.

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::permissions::Subject;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Permission, TRAC_ADMIN};

/// A rule as it stands.
#[derive(Debug, Clone)]
pub struct PathRule {
    /// Its access class.
    pub acl: i64,
    /// Folded.
    pub path: String,
    pub readers: Readers,
    /// Kept back until then.
    pub visible_from: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Whoever sees what lies above.
    Above,
    /// These, as lists name them, and administrators.
    Only(Vec<String>),
    /// Everybody, whether or not they see anything else of the project.
    Everybody,
}

impl Readers {
    /// For the audit log.
    fn words(&self) -> String {
        match self {
            Self::Above => "as above".to_owned(),
            Self::Only(subjects) => subjects.join(", "),
            Self::Everybody => "everybody".to_owned(),
        }
    }
}

/// The same about to be set.
#[derive(Debug, Clone, Copy)]
pub enum NewReaders<'a> {
    Above,
    Only(&'a [Subject]),
    /// With the right that they get there.
    Everybody(Permission),
}

/// Until when a part is kept back, and the right with which it is seen before.
#[derive(Debug, Clone, Copy)]
pub struct KeptBack {
    pub until: Instant,
    pub but_for: Permission,
}

pub fn path_rules(db: &Connection) -> Result<Vec<PathRule>> {
    let mut statement = db.prepare_cached(
        "select acl.id, acl.path, acl.opens, acl.inherits, acl.visible_from,
             case acl_subject.subject_kind
             when 'person' then (select login from person where id = cast(acl_subject.subject as integer))
             when 'group' then acl_subject.label else acl_subject.subject_kind end as subject
         from acl left join acl_subject on acl_subject.acl = acl.id
         where acl.kind = 'path' order by acl.path, subject",
    )?;
    let mut rows = statement.query([])?;
    let mut rules: Vec<PathRule> = Vec::new();
    while let Some(row) = rows.next()? {
        let acl = row.get("id")?;
        if rules.last().is_none_or(|rule| rule.acl != acl) {
            let (opens, inherits): (String, bool) = (row.get("opens")?, row.get("inherits")?);
            let readers = match (inherits, opens.is_empty()) {
                (true, _) => Readers::Above,
                (false, false) => Readers::Everybody,
                (false, true) => Readers::Only(Vec::new()),
            };
            rules.push(PathRule { acl, path: row.get("path")?, readers, visible_from: row.get("visible_from")? });
        }
        let subject: Option<String> = row.get("subject")?;
        if let (Some(Readers::Only(subjects)), Some(subject)) =
            (rules.last_mut().map(|rule| &mut rule.readers), subject)
        {
            subjects.push(subject);
        }
    }
    Ok(rules)
}

/// The rule that decides on a folded path: the longest that is the path itself or above it.
pub fn deciding<'a>(rules: &'a [PathRule], path: &str) -> Option<&'a PathRule> {
    rules.iter().filter(|rule| covers(&rule.path, path)).max_by_key(|rule| rule.path.len())
}

/// Whether a path is another one or above it.
pub fn covers(path: &str, other: &str) -> bool {
    other == path || other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Says who sees what lies at a path (folded), in place of what was said before. Whatever lies there changes its class in the
/// same transaction: the components hear `acl.changed`.
pub fn set_readers(project: &Project, by: Act<'_>, path: &str, readers: NewReaders<'_>) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    project.write(by, |tx| {
        let before = rule_of(tx, path)?;
        let known = find(tx, path)?;
        let (subjects, opens, inherits): (&[Subject], &str, bool) = match readers {
            NewReaders::Only(subjects) => (subjects, "", false),
            NewReaders::Everybody(right) => (&[Subject::Anonymous], right.name, false),
            NewReaders::Above => match known {
                None => return Ok(()),
                Some((acl, None)) => return remove(tx, acl, before),
                Some((_, Some(_))) => (&[Subject::Anonymous], "", true),
            },
        };
        let acl = known.map_or_else(|| insert(tx, path), |(acl, _)| Ok(acl))?;
        tx.execute("update acl set opens = ?2, inherits = ?3 where id = ?1", (acl, opens, inherits))?;
        set_subjects(tx, acl, subjects)?;
        changed(tx, acl, before)
    })
}

/// Keeps what lies at a path back until a moment, or no longer. Needs the right `needs`.
pub fn keep_back(project: &Project, by: Act<'_>, needs: Permission, path: &str, kept: Option<KeptBack>) -> Result<()> {
    by.viewer.require(needs)?;
    project.write(by, |tx| {
        let before = rule_of(tx, path)?;
        let known = find(tx, path)?;
        let acl = match (known, kept) {
            (None, None) => return Ok(()),
            (Some((acl, _)), _) => acl,
            (None, Some(_)) => {
                let acl = insert(tx, path)?;
                tx.execute("update acl set inherits = 1 where id = ?1", [acl])?;
                set_subjects(tx, acl, &[Subject::Anonymous])?;
                acl
            }
        };
        let inherits: bool = tx.query_row("select inherits from acl where id = ?1", [acl], |row| row.get(0))?;
        if kept.is_none() && inherits {
            return remove(tx, acl, before);
        }
        tx.execute(
            "update acl set visible_from = ?2, early = ?3 where id = ?1",
            (acl, kept.map(|kept| kept.until), kept.map_or("", |kept| kept.but_for.name)),
        )?;
        changed(tx, acl, before)
    })
}

/// Restricts a path to these subjects; a moment until which it is kept back stays.
pub fn restrict(project: &Project, by: Act<'_>, path: &str, subjects: &[Subject]) -> Result<()> {
    set_readers(project, by, path, NewReaders::Only(subjects))
}

/// Takes a rule away.
pub fn unrestrict(project: &Project, by: Act<'_>, path: &str) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    project.write(by, |tx| {
        let known = find(tx, path)?;
        let (acl, _) = known.ok_or_else(|| Error::not_found(format!("there is no rule for the path `{path}`")))?;
        let before = rule_of(tx, path)?;
        remove(tx, acl, before)
    })
}

/// To whom a class is open by name, as lists name them.
pub fn subjects(db: &Connection, acl: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "select case subject_kind when 'person' then (select login from person where id = cast(subject as integer))
                                  when 'group' then label else subject_kind end
         from acl_subject where acl = ?1 order by 1",
    )?;
    Ok(statement.query_map([acl], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The class of a rule, and until when it keeps back.
fn find(tx: &Tx<'_>, path: &str) -> Result<Option<(i64, Option<Instant>)>> {
    Ok(tx
        .query_row("select id, visible_from from acl where kind = 'path' and path = ?1", [path], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

fn insert(tx: &Tx<'_>, path: &str) -> Result<i64> {
    tx.execute("insert into acl (kind, path) values ('path', ?1)", [path])?;
    Ok(tx.last_insert_rowid())
}

fn set_subjects(tx: &Tx<'_>, acl: i64, subjects: &[Subject]) -> Result<()> {
    tx.execute("delete from acl_subject where acl = ?1", [acl])?;
    for subject in subjects {
        tx.execute(
            "insert or ignore into acl_subject (acl, subject_kind, subject, label) values (?1, ?2, ?3, ?4)",
            (acl, subject.kind(), subject.key(), subject.label()),
        )?;
    }
    Ok(())
}

fn remove(tx: &Tx<'_>, acl: i64, before: Option<PathRule>) -> Result<()> {
    // The class itself stays for whatever still names it; without a path it matches nothing.
    tx.execute("delete from acl_subject where acl = ?1", [acl])?;
    tx.execute(
        "update acl set path = 'former ' || id, kind = 'former', opens = '', visible_from = null, early = '', inherits = 0,
             base = null
         where id = ?1",
        [acl],
    )?;
    changed(tx, acl, before)
}

/// The rule of exactly that path.
fn rule_of(tx: &Tx<'_>, path: &str) -> Result<Option<PathRule>> {
    Ok(path_rules(tx)?.into_iter().find(|rule| rule.path == path))
}

/// Puts the rules that leave it to others below these, and lets everybody know. `before`: the rule as it was.
fn changed(tx: &Tx<'_>, acl: i64, before: Option<PathRule>) -> Result<()> {
    let rules = path_rules(tx)?;
    for rule in &rules {
        let above = rules.iter().filter(|above| above.acl != rule.acl && covers(&above.path, &rule.path));
        let above = above.max_by_key(|above| above.path.len()).filter(|_| rule.readers == Readers::Above);
        tx.execute("update acl set base = ?2 where id = ?1", (rule.acl, above.map(|above| above.acl)))?;
    }
    // Everything that has an access class is to be read again by the followers.
    let event = NewEvent::new("acl.changed", Resource::new("acl", acl), DEFAULT_CLASS)
        .data(json!({ "acl": acl, "kinds": ["page", "attachment", "message"] }));
    let after = rules.iter().find(|rule| rule.acl == acl);
    let readers = |rule: Option<&PathRule>| rule.map_or_else(|| "no rule".to_owned(), |rule| rule.readers.words());
    let from = |rule: Option<&PathRule>| {
        let moment = rule.and_then(|rule| rule.visible_from);
        moment.map_or_else(|| "always".to_owned(), Instant::iso)
    };
    let path = after.or(before.as_ref()).map_or("", |rule| &rule.path);
    tx.record(&event.saying("what", path).changing("readers", readers(before.as_ref()), readers(after)).changing(
        "visible_from",
        from(before.as_ref()),
        from(after),
    ))?;
    Ok(())
}
