//! The workflows of a project: its own, and those that types and components have for their tickets. A component's own comes
//! before the type's, and the project's is for all the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::WORKFLOW;
use super::fields::Choices;
use super::options::{self, OptionRow};
use super::status::Category;
use super::values::{Value, Values};
use super::workflow::{self, Workflow};
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::project::Tx;
use crate::base::settings;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// What can have a workflow of its own, the stronger first.
pub const OWNERS: [&str; 2] = ["component", "type"];

/// A workflow beside that of the project.
#[derive(Debug, Clone)]
pub struct WorkflowRow {
    pub id: i64,
    pub name: String,
    pub definition: String,
    /// No longer offered.
    pub retired_at: Option<Instant>,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow { id: row.get(0)?, name: row.get(1)?, definition: row.get(2)?, retired_at: row.get(3)? })
}

/// All of them by name, retired ones last.
pub fn all(db: &Connection) -> Result<Vec<WorkflowRow>> {
    let mut statement = db.prepare_cached(
        "select id, name, definition, retired_at from ticket_workflow order by retired_at is not null, folded, id",
    )?;
    Ok(statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The one of that name that is not retired.
pub fn by_name(db: &Connection, name: &str) -> Result<Option<WorkflowRow>> {
    let sql = "select id, name, definition, retired_at from ticket_workflow where folded = ?1 and retired_at is null";
    Ok(db.prepare_cached(sql)?.query_row([fold(name.trim())], from_row).optional()?)
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<WorkflowRow>> {
    let sql = "select id, name, definition, retired_at from ticket_workflow where id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([id], from_row).optional()?)
}

/// The text of the project's workflow.
pub fn definition(db: &Connection) -> Result<String> {
    Ok(settings::get(db, WORKFLOW)?.unwrap_or_else(|| workflow::basic_text().to_owned()))
}

pub(super) fn insert(tx: &Tx<'_>, name: &str, definition: &str) -> Result<i64> {
    tx.prepare_cached("insert into ticket_workflow (name, folded, definition) values (?1, ?2, ?3)")?.execute((
        name,
        fold(name),
        definition,
    ))?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn update(tx: &Tx<'_>, id: i64, name: &str, definition: &str) -> Result<()> {
    tx.prepare_cached("update ticket_workflow set name = ?2, folded = ?3, definition = ?4 where id = ?1")?
        .execute((id, name, fold(name), definition))?;
    Ok(())
}

pub(super) fn retire(tx: &Tx<'_>, id: i64, at: Option<Instant>) -> Result<()> {
    tx.prepare_cached("update ticket_workflow set retired_at = ?2 where id = ?1")?.execute((id, at))?;
    Ok(())
}

/// Gives a type or a component a workflow, or takes it away.
pub(super) fn assign(tx: &Tx<'_>, option: i64, workflow: Option<i64>) -> Result<()> {
    tx.prepare_cached("update field_option set workflow = ?2 where id = ?1")?.execute((option, workflow))?;
    Ok(())
}

/// Which workflow tickets with these values follow: its id, none for that of the project.
pub fn chosen(choices: &Choices, values: &Values) -> Option<i64> {
    OWNERS.into_iter().find_map(|field| choices.option(values.id(field)?)?.workflow)
}

/// The workflow of tickets with these values.
pub fn of(db: &Connection, choices: &Choices, values: &Values) -> Result<Arc<Workflow>> {
    named(db, chosen(choices, values))
}

/// The workflow of that id, or (none) that of the project.
pub fn named(db: &Connection, id: Option<i64>) -> Result<Arc<Workflow>> {
    kept(db, &id.map(|id| id.to_string()).unwrap_or_default(), || {
        let text = match id {
            None => definition(db)?,
            Some(id) => db
                .prepare_cached("select definition from ticket_workflow where id = ?1")?
                .query_row([id], |row| row.get(0))?,
        };
        Ok(Workflow::clone(&workflow::compiled(&text)))
    })
}

/// A ticket whose type or component leads it to another workflow goes on in a state that is known there, see
/// [`Workflow::arrival`]: nobody need know both workflows to put a ticket where it belongs. False if there is no such state.
pub(super) fn follow(db: &Connection, choices: &Choices, before: &Values, after: &mut Values) -> Result<bool> {
    let to = chosen(choices, after);
    if to == chosen(choices, before) {
        return Ok(true);
    }
    let Some(status) = after.id("status").and_then(|id| choices.status(id)) else { return Ok(true) };
    let workflow = named(db, to)?;
    let arrival = workflow.arrival(&status.name, status.category).and_then(|name| choices.status_named(name));
    if let Some(arrival) = arrival {
        after.set("status", vec![Value::Id(arrival.id)]);
    }
    Ok(arrival.is_some())
}

/// All workflows of a project and who has them: what is in force, or would be.
#[derive(Clone)]
pub struct Scheme {
    pub project: Arc<Workflow>,
    pub named: BTreeMap<i64, Named>,
    /// Workflows by the types and components that have one.
    pub owners: HashMap<i64, i64>,
}

#[derive(Clone)]
pub struct Named {
    pub name: String,
    pub workflow: Arc<Workflow>,
}

impl Scheme {
    pub fn load(db: &Connection) -> Result<Self> {
        let named = all(db)?.into_iter().map(|row| {
            let workflow = workflow::compiled(&row.definition);
            (row.id, Named { name: row.name, workflow })
        });
        let owners = options::all(db)?.into_iter().filter_map(|option| Some((option.id, option.workflow?)));
        Ok(Self { project: workflow::compiled(&definition(db)?), named: named.collect(), owners: owners.collect() })
    }

    /// Which workflow tickets of this component and type follow; none: that of the project.
    pub fn chosen(&self, component: Option<i64>, kind: Option<i64>) -> Option<i64> {
        [component, kind].into_iter().find_map(|option| self.owners.get(&option?).copied())
    }

    pub fn workflow(&self, id: Option<i64>) -> &Workflow {
        id.and_then(|id| self.named.get(&id)).map_or(&self.project, |named| &named.workflow)
    }

    /// As sentences name it.
    pub fn called(&self, id: Option<i64>) -> String {
        match id.and_then(|id| self.named.get(&id)) {
            Some(named) => format!("the workflow “{}”", named.name),
            None => "the workflow of the project".to_owned(),
        }
    }

    /// Those that tickets follow: the project's, then those that a type or a component has.
    pub fn in_force(&self) -> Vec<Option<i64>> {
        let used = self.named.keys().filter(|id| self.owners.values().any(|used| used == *id));
        std::iter::once(None).chain(used.map(|id| Some(*id))).collect()
    }

    /// Every state in order with its category and the workflow that names it first.
    pub fn states(&self) -> Vec<(String, Category, Option<i64>)> {
        let mut states: Vec<(String, Category, Option<i64>)> = Vec::new();
        for id in self.in_force() {
            for state in self.workflow(id).states() {
                if !states.iter().any(|(name, ..)| *name == state.name) {
                    states.push((state.name.clone(), state.category, id));
                }
            }
        }
        states
    }
}

/// Tickets that are alike in all that decides what can be done with them.
pub struct Crowd {
    pub component: Option<i64>,
    pub kind: Option<i64>,
    pub status: i64,
    pub tickets: i64,
    /// How many of them this viewer sees.
    pub seen: i64,
}

/// All tickets, whoever sees them: what is in the way of another workflow can't be left out.
pub(super) fn crowds(db: &Connection, viewer: &Viewer) -> Result<Vec<Crowd>> {
    let sql = format!(
        "select component, type, status, count(*), total({}) from ticket group by component, type, status",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Crowd {
            component: row.get(0)?,
            kind: row.get(1)?,
            status: row.get(2)?,
            tickets: row.get(3)?,
            seen: row.get::<_, f64>(4)? as i64,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A ticket, its component and its type, by their numbers.
type Placed = (i64, Option<i64>, Option<i64>);

/// The tickets in a state.
pub(super) fn in_status(db: &Connection, status: i64) -> Result<Vec<Placed>> {
    let mut statement = db.prepare_cached("select id, component, type from ticket where status = ?1 order by id")?;
    let rows = statement.query_map([status], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The types and components that have a workflow, or (none) that can have one, those first that count first.
pub fn owners(options: &[OptionRow], workflow: Option<i64>) -> Vec<&OptionRow> {
    let of = |field: &'static str| {
        options.iter().filter(move |option| {
            option.field == field
                && match workflow {
                    Some(id) => option.workflow == Some(id),
                    None => option.retired_at.is_none() || option.workflow.is_some(),
                }
        })
    };
    OWNERS.into_iter().flat_map(of).collect()
}
