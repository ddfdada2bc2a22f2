//! Components are queues: people watch them, their new tickets begin with values of their own, and they may be closed to all
//! but some, who alone then know of them and of their tickets (rows E01, A1, A4). The one way to change that, whoever asks.

use rusqlite::Connection;

use super::access;
use super::fields::Choices;
use super::options::OptionRow;
use super::options_edit::{self, record};
use super::people;
use super::plan::Planner;
use super::queue_store::{self as store, Watch};
use super::values::Value;
use crate::auth::permissions::{self, Subject};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN, Viewer};

/// The field whose options are queues.
pub const COMPONENT: &str = "component";
const MOST_WATCHERS: usize = 200;
/// What only an action sets, what a ticket can't begin without, and what says which queue it is.
const WITHOUT_DEFAULT: [&str; 5] = ["summary", "reporter", "owner", "description", COMPONENT];

/// A component as a queue.
#[derive(Debug, Clone)]
pub struct Queue {
    pub row: OptionRow,
    /// Logins.
    pub cc: Vec<String>,
    pub admincc: Vec<String>,
    pub defaults: Vec<(String, String)>,
    /// To whom it is open; none: to everybody who sees tickets.
    pub closed_to: Option<Vec<String>>,
}

/// What somebody wants of a queue. What is None stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Names or addresses, as a Cc list is typed.
    pub cc: Option<&'a str>,
    pub admincc: Option<&'a str>,
    /// Lines such as `priority=minor`.
    pub defaults: Option<&'a str>,
    pub doors: Option<Doors<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors<'a> {
    Open,
    /// To all but these: accounts, groups, `members`, `authenticated`.
    ClosedTo(&'a str),
}

/// The component of that id that this viewer may administer.
pub fn load(db: &Connection, viewer: &Viewer, component: i64) -> Result<Queue> {
    options_edit::require(viewer)?;
    let row = options_edit::existing(db, viewer, COMPONENT, component)?;
    Ok(Queue {
        cc: store::watchers(db, component, Watch::Cc)?,
        admincc: store::watchers(db, component, Watch::AdminCc)?,
        defaults: store::defaults(db, component)?,
        closed_to: if row.acl == DEFAULT_CLASS { None } else { Some(store::subjects(db, row.acl)?) },
        row,
    })
}

/// The component of that name, in any case.
pub fn find(db: &Connection, viewer: &Viewer, name: &str) -> Result<OptionRow> {
    options_edit::require(viewer)?;
    options_edit::find(db, viewer, COMPONENT, name)
}

/// The values that new tickets of a component have where nothing is typed.
pub(super) fn defaults(db: &Connection, component: i64) -> Result<Vec<(String, String)>> {
    store::defaults(db, component)
}

pub(super) fn forget(tx: &Tx<'_>, component: i64) -> Result<()> {
    store::forget(tx, component)
}

/// Changes a queue; nothing is recorded where nothing changed.
pub fn change(site: &Site, project: &Project, by: Act<'_>, component: i64, wish: &Wish<'_>) -> Result<()> {
    project.read(|db| load(db, by.viewer, component))?;
    let subjects = match wish.doors {
        Some(Doors::ClosedTo(names)) => Some(subjects(site, project, by.viewer, names)?),
        Some(Doors::Open) | None => None,
    };
    project.write(by, |tx| {
        let queue = load(tx, by.viewer, component)?;
        let mut problems = Vec::new();
        let cc = wish.cc.map(|typed| found(tx, site, project, "cc", typed, &mut problems)).transpose()?;
        let admincc =
            wish.admincc.map(|typed| found(tx, site, project, "admincc", typed, &mut problems)).transpose()?;
        let planner = Planner { db: tx, site, project, viewer: by.viewer, actor: tx.actor().map(Value::Id) };
        let defaults = wish.defaults.map(|typed| parsed_defaults(&planner, typed, &mut problems)).transpose()?;
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let mut changed = Vec::new();
        // In this order somebody can go from one list to the other.
        for (watch, people) in [(Watch::AdminCc, admincc), (Watch::Cc, cc)] {
            let Some(people) = people else { continue };
            store::save_watchers(tx, component, watch, &settled(tx, people)?)?;
        }
        if store::watchers(tx, component, Watch::Cc)? != queue.cc {
            changed.push("cc");
        }
        if store::watchers(tx, component, Watch::AdminCc)? != queue.admincc {
            access::move_component_notes(tx, component)?;
            changed.push("admincc");
        }
        if let Some(defaults) = defaults.filter(|defaults| *defaults != queue.defaults) {
            store::save_defaults(tx, component, &defaults)?;
            changed.push("defaults");
        }
        let moved = match wish.doors {
            Some(Doors::Open) => open(tx, &queue)?,
            Some(Doors::ClosedTo(_)) => close(tx, &queue, &subjects.unwrap_or_default())?,
            None => false,
        };
        if moved {
            changed.push("closed");
        }
        if changed.is_empty() { Ok(()) } else { record(tx, "option.changed", COMPONENT, component, &changed) }
    })
}

/// False if it was open.
fn open(tx: &Tx<'_>, queue: &Queue) -> Result<bool> {
    let (component, old) = (queue.row.id, queue.row.acl);
    if old == DEFAULT_CLASS {
        return Ok(false);
    }
    access::move_component(tx, component, old, DEFAULT_CLASS)?;
    store::save_subjects(tx, old, &[])?;
    Ok(true)
}

/// False if it was closed to all but the same.
fn close(tx: &Tx<'_>, queue: &Queue, subjects: &[Subject]) -> Result<bool> {
    let component = queue.row.id;
    let acl = access::of_closed(tx, component)?;
    let before = store::subjects(tx, acl)?;
    store::save_subjects(tx, acl, subjects)?;
    if queue.row.acl != acl {
        access::move_component(tx, component, queue.row.acl, acl)?;
        return Ok(true);
    }
    if store::subjects(tx, acl)? == before {
        return Ok(false);
    }
    tx.record(&NewEvent::new("acl.changed", Resource::new("acl", acl), acl))?;
    Ok(true)
}

/// For whom a closed component is to be open. Whoever closes it must not shut themselves out by mistake.
fn subjects(site: &Site, project: &Project, viewer: &Viewer, names: &str) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    let mut problems = Vec::new();
    for name in people::split(names) {
        match permissions::subject(site, project, name) {
            Ok(subject) => subjects.push(subject),
            Err(Error::Invalid(found)) => {
                problems.extend(found.into_iter().map(|problem| Problem { field: "closed_to".to_owned(), ..problem }));
            }
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() && subjects.is_empty() {
        problems.push(Problem::new("closed_to", "Say to whom it stays open: accounts or groups."));
    } else if problems.is_empty() && !viewer.may(TRAC_ADMIN) && !subjects.iter().any(|subject| is_of(viewer, subject)) {
        problems
            .push(Problem::new("closed_to", "You would shut yourself out: name yourself or a group of yours, too."));
    }
    if problems.is_empty() { Ok(subjects) } else { Err(Error::Invalid(problems)) }
}

fn is_of(viewer: &Viewer, subject: &Subject) -> bool {
    match subject {
        Subject::Anonymous => true,
        Subject::Authenticated | Subject::Members => viewer.signed_in(),
        Subject::Person { id, .. } => viewer.person == Some(*id),
        Subject::Group { id, .. } => viewer.principal.groups.contains(id),
        Subject::Role(_) => false,
    }
}

/// Those whom a list of names means.
fn found(
    tx: &Tx<'_>,
    site: &Site,
    project: &Project,
    control: &str,
    typed: &str,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Value>> {
    let names = people::split(typed);
    if names.len() > MOST_WATCHERS {
        problems.push(Problem::new(control, format!("At most {MOST_WATCHERS} people watch a component.")));
        return Ok(Vec::new());
    }
    let mut values = Vec::new();
    for name in names {
        match people::find(tx, site, project, control, name) {
            Ok(found) => values.extend(found),
            Err(Error::Invalid(found)) => problems.extend(found),
            Err(other) => return Err(other),
        }
    }
    Ok(values)
}

fn settled(tx: &Tx<'_>, people: Vec<Value>) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for value in people {
        if let Value::Id(id) = people::settle(tx, value)?
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// `priority=minor`, one to a line: each is what could be typed for that field.
fn parsed_defaults(planner: &Planner<'_>, typed: &str, problems: &mut Vec<Problem>) -> Result<Vec<(String, String)>> {
    let choices = Choices::load(planner.db, planner.viewer)?;
    let mut defaults: Vec<(String, String)> = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut refuse = |why: String| problems.push(Problem::new("defaults", why));
        let shown = crate::web::form::shortened(line);
        let Some((name, value)) = line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            refuse(format!("“{shown}” is no default: it is written like priority=minor."));
            continue;
        };
        let Some(field) = choices
            .fields
            .named(name)
            .filter(|field| choices.has(field) && field.is_editable() && !WITHOUT_DEFAULT.contains(&field.name))
        else {
            refuse(format!(
                "“{}” is no field that a component can have a default for.",
                crate::web::form::shortened(name)
            ));
            continue;
        };
        if defaults.iter().any(|(known, _)| known == name) {
            refuse(format!("{} has two defaults.", field.label));
            continue;
        }
        if value.is_empty() {
            continue;
        }
        match planner.parse(&choices, field, value) {
            Ok(_) => defaults.push((field.name.to_owned(), value.to_owned())),
            Err(Error::Invalid(found)) => {
                let whys = found.into_iter().map(|problem| problem.message);
                whys.for_each(&mut refuse);
            }
            Err(other) => return Err(other),
        }
    }
    defaults.sort();
    Ok(defaults)
}
