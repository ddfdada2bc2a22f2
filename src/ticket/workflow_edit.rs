//! Changing the workflow of a project, by page or by command: what a definition would mean here, and putting it in force.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::options::{self, StatusRow};
use super::workflow::{self, MOST_BYTES, Warning, Workflow};
use super::{TICKET_ADMIN, WORKFLOW};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::settings;
use crate::base::site::hex;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

/// A definition, looked at against one project.
pub struct Looked {
    pub workflow: Workflow,
    /// What was left out or can't be meant so. It does not stand in the way of saving.
    pub warnings: Vec<Warning>,
    /// Why it can't be saved.
    pub problems: Vec<Problem>,
    /// The states that it defines, in order, then those that it does not and that have tickets.
    pub states: Vec<StateUse>,
}

/// A state and how many tickets of those that the viewer may see are in it.
pub struct StateUse {
    pub name: String,
    pub category: workflow::Category,
    pub tickets: i64,
    pub defined: bool,
}

/// The text of the workflow in force.
pub fn definition(db: &Connection) -> Result<String> {
    Ok(settings::get(db, WORKFLOW)?.unwrap_or_else(|| basic_text().to_owned()))
}

/// Names the text in force, so that whoever saves can say which one they had before their eyes.
pub fn version(definition: &str) -> String {
    hex(&Sha256::digest(definition))[..16].to_owned()
}

/// The text of a definition that comes with the program.
pub fn shipped(name: &str) -> Option<&'static str> {
    workflow::shipped().iter().find(|(known, ..)| *known == name).map(|(_, _, text)| *text)
}

fn basic_text() -> &'static str {
    shipped("basic").unwrap_or_default()
}

/// Reads a definition and says what it would mean here.
pub fn look(db: &Connection, project: &Project, viewer: &Viewer, text: &str) -> Result<Looked> {
    let (workflow, mut warnings) = Workflow::parse(text);
    let resolutions: Vec<String> = options::all(db)?
        .into_iter()
        .filter(|option| option.field == "resolution" && option.retired_at.is_none())
        .map(|option| option.name)
        .collect();
    let defined = project.components().permissions();
    let is_permission = |name: &str| defined.iter().any(|permission| permission.name == name);
    warnings.extend(workflow.unknown_names(&resolutions, &is_permission));
    let states = states(db, viewer, &workflow)?;
    warnings.extend(states.iter().filter(|state| !state.defined).map(|state| Warning {
        line: 0,
        message: format!(
            "{} in the state “{}”, which is not defined any more. {}",
            tickets(state.tickets),
            state.name,
            way_out(&workflow)
        ),
    }));
    warnings.sort_by_key(|warning| (warning.line == 0, warning.line));
    let problems = problems(text, &workflow, &states);
    Ok(Looked { workflow, warnings, problems, states })
}

fn problems(text: &str, workflow: &Workflow, states: &[StateUse]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |why: String| problems.push(Problem::new("definition", why));
    if text.len() > MOST_BYTES {
        refuse(format!("The definition has {} bytes; at most {MOST_BYTES} are read.", text.len()));
    }
    if workflow.states().is_empty() {
        refuse("This defines no state that a ticket could be in.".to_owned());
    } else if !workflow.actions().iter().any(|action| action.creates) {
        refuse("No action has the old state “<none>”, so nobody could file a ticket.".to_owned());
    }
    for state in states.iter().filter(|state| !state.defined && !leaves(workflow)) {
        refuse(format!(
            "{} in the state “{}”, which is not defined any more and which no action leaves.",
            tickets(state.tickets),
            state.name
        ));
    }
    problems
}

/// Whether a ticket in a state that is not defined has a way out: an action of every state, or `_reset` (row W16).
fn leaves(workflow: &Workflow) -> bool {
    workflow.actions().iter().any(|action| action.to.is_some() && (action.from_any || action.is_reset()))
}

fn way_out(workflow: &Workflow) -> String {
    let onward = workflow.actions().iter().find(|action| action.from_any && action.to.is_some());
    let reset = workflow.actions().iter().find(|action| action.is_reset());
    match onward.or(reset) {
        Some(action) => format!(
            "The action “{}” takes them to “{}”{}.",
            action.name,
            action.to.as_deref().unwrap_or_default(),
            match action.permissions.as_slice() {
                [] => String::new(),
                needed => format!(", for those who have {}", needed.join(" or ")),
            }
        ),
        None => "No action leaves it.".to_owned(),
    }
}

fn tickets(count: i64) -> String {
    if count == 1 { "1 ticket is".to_owned() } else { format!("{count} tickets are") }
}

fn states(db: &Connection, viewer: &Viewer, workflow: &Workflow) -> Result<Vec<StateUse>> {
    let rows = options::statuses(db)?;
    let counts = counts(db, viewer)?;
    let count = |row: &StatusRow| counts.get(&row.id).copied().unwrap_or(0);
    let mut states: Vec<StateUse> = workflow
        .states()
        .iter()
        .map(|state| StateUse {
            tickets: rows.iter().find(|row| row.name == state.name).map_or(0, count),
            name: state.name.clone(),
            category: state.category,
            defined: true,
        })
        .collect();
    states.extend(rows.iter().filter(|row| !workflow.defines(&row.name) && count(row) > 0).map(|row| StateUse {
        name: row.name.clone(),
        category: row.category,
        tickets: count(row),
        defined: false,
    }));
    Ok(states)
}

/// Tickets by the id of their state.
fn counts(db: &Connection, viewer: &Viewer) -> Result<BTreeMap<i64, i64>> {
    let sees = viewer.sees_sql("ticket", "ticket");
    let sql = format!("select status, count(*) from ticket where {sees} group by status");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts a definition in force. `seen` names the one that it was made from, see [`version`]; none: whatever there is.
/// Returns what whoever saved it should know.
pub fn save(project: &Project, by: Act<'_>, text: &str, seen: Option<&str>) -> Result<Vec<Warning>> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let current = definition(tx)?;
        if seen.is_some_and(|seen| seen != version(&current)) {
            return Err(Error::conflict("Somebody has saved another workflow since you opened this one."));
        }
        let looked = look(tx, project, by.viewer, text)?;
        if !looked.problems.is_empty() {
            return Err(Error::Invalid(looked.problems));
        }
        if text != current {
            settings::set(tx, WORKFLOW, text)?;
            save_states(tx, &looked.workflow)?;
            tx.record(&NewEvent::new("workflow.changed", Resource::new("project", 0), DEFAULT_CLASS).data(json!({})))?;
        }
        Ok(looked.warnings)
    })
}

/// Brings the table of states to what the definition says. One that it no longer names is retired: tickets may be in it,
/// and have been in it.
fn save_states(tx: &Tx<'_>, workflow: &Workflow) -> Result<()> {
    let known = options::statuses(tx)?;
    let retired = known.iter().filter(|row| !workflow.defines(&row.name));
    for (at, row) in retired.enumerate() {
        tx.prepare_cached("update ticket_status set retired_at = coalesce(retired_at, ?2), rank = ?3 where id = ?1")?
            .execute((row.id, tx.now(), (workflow.states().len() + at + 1) as i64))?;
    }
    for (at, state) in workflow.states().iter().enumerate() {
        tx.prepare_cached(
            "insert into ticket_status (name, category, rank) values (?1, ?2, ?3)
             on conflict (name) do update set category = ?2, rank = ?3, retired_at = null",
        )?
        .execute((&state.name, state.category.name(), (at + 1) as i64))?;
        let Some(row) = known.iter().find(|row| row.name == state.name) else { continue };
        match (row.category.is_closed(), state.category.is_closed()) {
            (false, true) => close(tx, row.id)?,
            (true, false) => {
                tx.prepare_cached("update ticket set closed_at = null where status = ?1")?.execute([row.id])?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tickets in a state that counts as closed from now on were closed when they came into it.
fn close(tx: &Tx<'_>, status: i64) -> Result<()> {
    tx.prepare_cached(
        "update ticket set closed_at = (
             select ticket_change.changed_at from ticket_value
             join ticket_change on ticket_change.id = ticket_value.from_change
             where ticket_value.ticket = ticket.id and field = 'status' and to_change is null)
         where status = ?1",
    )?
    .execute([status])?;
    Ok(())
}
