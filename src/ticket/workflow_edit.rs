//! Changing the workflows of a project, by page or by command: what a definition would mean here, putting it in force, and
//! giving types and components workflows of their own.
//!
//! No ticket is left in a state that its workflow does not know: a change that would do so is refused unless it says, for
//! each such state, where its tickets go; they go there in the same transaction, each by a change of its own.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fields::{Choices, Fields};
use super::options::{self, OptionRow, StatusRow};
use super::status::Category;
use super::workflow::{self, MOST_BYTES, Warning, Workflow};
use super::workflows::{self, Crowd, Named, Scheme, WorkflowRow};
use super::{TICKET_ADMIN, WORKFLOW, edit};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::settings;
use crate::base::site::hex;
use crate::base::text::fold;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

const LONGEST_NAME: usize = 60;
const MOST_WORKFLOWS: usize = 100;
const MOVED: &str = "Moved when the workflow was changed.";

/// For states that are not known any more, the ones that their tickets go to.
pub type Moves = BTreeMap<String, String>;

/// As forms name where the tickets of a state go.
pub fn move_field(state: &str) -> String {
    format!("map_{}", state.split_whitespace().collect::<Vec<_>>().join("_"))
}

/// A definition, looked at against one project.
pub struct Looked {
    pub workflow: Workflow,
    /// What was left out or can't be meant so. It does not stand in the way of saving.
    pub warnings: Vec<Warning>,
    /// Why it can't be saved. That tickets have nowhere to go is not among them, see `states`.
    pub problems: Vec<Problem>,
    /// The states that it defines, in order, then those that it does not and that have tickets.
    pub states: Vec<StateUse>,
}

impl Looked {
    /// The states whose tickets would be left behind.
    pub fn stranded(&self) -> impl Iterator<Item = &StateUse> {
        self.states.iter().filter(|state| !state.defined)
    }
}

/// A state and how many tickets of those that the viewer may see are in it and follow this workflow.
#[derive(Debug, Clone)]
pub struct StateUse {
    pub name: String,
    pub category: Category,
    pub tickets: i64,
    pub defined: bool,
    /// Of one that is not defined: the states that its tickets can go to.
    pub choices: Vec<String>,
}

/// Names a text, so that whoever saves can say which one they had before their eyes.
pub fn version(definition: &str) -> String {
    hex(&Sha256::digest(definition))[..16].to_owned()
}

/// The text of a definition that comes with the program.
pub fn shipped(name: &str) -> Option<&'static str> {
    workflow::shipped().iter().find(|(known, ..)| *known == name).map(|(_, _, text)| *text)
}

/// The text in force of a workflow; none: that of the project.
pub fn definition(db: &Connection, id: Option<i64>) -> Result<String> {
    match id {
        Some(id) => Ok(existing(db, id)?.definition),
        None => workflows::definition(db),
    }
}

/// Reads a definition and says what it would mean here.
pub fn look(db: &Connection, project: &Project, viewer: &Viewer, place: Place, text: &str) -> Result<Looked> {
    let (workflow, mut warnings) = Workflow::parse(text);
    let resolutions: Vec<String> = options::all(db)?
        .into_iter()
        .filter(|option| option.field == "resolution" && option.retired_at.is_none())
        .map(|option| option.name)
        .collect();
    let defined = project.components().permissions();
    let is_permission = |name: &str| defined.iter().any(|permission| permission.name == name);
    let fields = Fields::load(db)?;
    let is_field = |name: &str| fields.named(name).is_some();
    warnings.extend(workflow.unknown_names(&resolutions, &is_permission, &is_field));
    warnings.sort_by_key(|warning| (warning.line == 0, warning.line));
    let mut problems = problems(text, &workflow);
    let Place::Of(id) = place else {
        let states = workflow.states().iter();
        let states = states.map(|state| StateUse {
            name: state.name.clone(),
            category: state.category,
            tickets: 0,
            defined: true,
            choices: Vec::new(),
        });
        return Ok(Looked { states: states.collect(), workflow, warnings, problems });
    };
    let scheme = Scheme::load(db)?.with(id, text);
    problems.extend(contradictions(&scheme, id, "definition"));
    let crowds = workflows::crowds(db, viewer)?;
    let statuses = options::statuses(db)?;
    let follows = |crowd: &Crowd| scheme.chosen(crowd.component, crowd.kind) == id;
    let mut states = Vec::new();
    for state in workflow.states() {
        let row = statuses.iter().find(|row| row.name == state.name);
        let here = crowds.iter().filter(|crowd| follows(crowd) && row.is_some_and(|row| row.id == crowd.status));
        states.push(StateUse {
            name: state.name.clone(),
            category: state.category,
            tickets: here.map(|crowd| crowd.seen).sum(),
            defined: true,
            choices: Vec::new(),
        });
    }
    states.extend(stranded(&crowds, &statuses, &scheme, follows));
    Ok(Looked { workflow, warnings, problems, states })
}

/// Where a definition is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a workflow that is there; none: that of the project.
    Of(Option<i64>),
    /// In a new one.
    New,
}

impl Scheme {
    /// The same with another text of one workflow.
    fn with(mut self, id: Option<i64>, text: &str) -> Self {
        let workflow = workflow::compiled(text);
        match id {
            None => self.project = workflow,
            Some(id) => {
                let name = self.named.get(&id).map_or_else(String::new, |named| named.name.clone());
                self.named.insert(id, Named { name, workflow });
            }
        }
        self
    }
}

fn problems(text: &str, workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |why: String| problems.push(Problem::new("definition", why));
    if text.len() > MOST_BYTES {
        refuse(format!("The definition has {} bytes; at most {MOST_BYTES} are read.", text.len()));
    }
    if workflow.states().is_empty() {
        refuse("This defines no state that a ticket could be in.".to_owned());
    } else if workflow.start().is_none() {
        refuse("No action has the old state “<none>”, so nobody could file a ticket.".to_owned());
    }
    problems
}

/// A state means the same in all workflows that tickets follow: where it does not, as seen from one of them.
fn contradictions(scheme: &Scheme, id: Option<i64>, told_at: &str) -> Vec<Problem> {
    let in_force = scheme.in_force();
    if !in_force.contains(&id) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for state in scheme.workflow(id).states() {
        let other = in_force.iter().filter(|other| **other != id).find(|other| {
            let other = scheme.workflow(**other);
            other.defines(&state.name) && other.category(&state.name) != state.category
        });
        if let Some(other) = other {
            let theirs = scheme.workflow(*other).category(&state.name).name();
            let message = format!(
                "The state “{}” is {} here and {theirs} in {}; a state means the same in all of them.",
                state.name,
                state.category.name(),
                scheme.called(*other)
            );
            problems.push(Problem::new(told_at, message));
        }
    }
    problems
}

/// The states in which tickets would be that their workflow does not know, of those that are affected.
fn stranded(
    crowds: &[Crowd],
    statuses: &[StatusRow],
    scheme: &Scheme,
    affected: impl Fn(&Crowd) -> bool,
) -> Vec<StateUse> {
    let mut states: Vec<StateUse> = Vec::new();
    for row in statuses {
        let lost = |crowd: &Crowd| !scheme.workflow(scheme.chosen(crowd.component, crowd.kind)).defines(&row.name);
        let here = |crowd: &&Crowd| crowd.status == row.id && affected(crowd) && lost(crowd);
        if crowds.iter().any(|crowd| here(&crowd)) {
            let tickets = crowds.iter().filter(&here).map(|crowd| crowd.seen).sum();
            // A component that loses its workflow leaves its tickets to those of their types.
            let mut choices: Vec<String> = Vec::new();
            for crowd in crowds.iter().filter(&here) {
                let known = scheme.workflow(scheme.chosen(crowd.component, crowd.kind)).states();
                let more: Vec<String> =
                    known.iter().map(|state| state.name.clone()).filter(|name| !choices.contains(name)).collect();
                choices.extend(more);
            }
            let name = row.name.clone();
            states.push(StateUse { name, category: row.category, tickets, defined: false, choices });
        }
    }
    states
}

/// `3 tickets are`; of such as the viewer may not see no number is told.
pub fn count(tickets: i64) -> String {
    match tickets {
        0 => "Tickets that you don't see are".to_owned(),
        1 => "1 ticket is".to_owned(),
        count => format!("{count} tickets are"),
    }
}

/// What is to be saved.
pub struct Draft<'a> {
    /// None: the workflow of the project.
    pub id: Option<i64>,
    /// Another name; that of the project has none.
    pub name: Option<&'a str>,
    pub text: &'a str,
    /// The text that it was made from, see [`version`]; none: whatever there is.
    pub seen: Option<&'a str>,
    pub moves: &'a Moves,
}

/// What came of it.
#[derive(Debug)]
pub struct Saved {
    /// What whoever saved it should know.
    pub warnings: Vec<Warning>,
    /// How many tickets went to other states.
    pub moved: usize,
}

/// Puts a definition in the place of another.
pub fn save(project: &Project, by: Act<'_>, draft: &Draft<'_>) -> Result<Saved> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let current = definition(tx, draft.id)?;
        if draft.seen.is_some_and(|seen| seen != version(&current)) {
            return Err(Error::conflict("Somebody has saved another workflow since you opened this one."));
        }
        let looked = look(tx, project, by.viewer, Place::Of(draft.id), draft.text)?;
        let mut problems = looked.problems;
        let old = draft.id.map(|id| existing(tx, id)).transpose()?;
        if let Some(row) = old.as_ref().filter(|row| row.retired_at.is_some()) {
            return Err(Error::conflict(format!("“{}” is retired. Restore it first.", row.name)));
        }
        let name = draft.name.map(cleaned).filter(|_| old.is_some());
        if let Some(name) = &name {
            problems.extend(name_problem(tx, name, draft.id)?);
        }
        let (moves, lacking) = moves(&looked.states, draft.moves);
        problems.extend(lacking);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let named = old.as_ref().map_or("", |row| row.name.as_str());
        let name = name.as_deref().unwrap_or(named);
        let mut changed = Vec::new();
        if draft.text != current {
            changed.push("definition");
        }
        if name != named {
            changed.push("name");
        }
        if changed.is_empty() && moves.is_empty() {
            return Ok(Saved { warnings: looked.warnings, moved: 0 });
        }
        match draft.id {
            None => settings::set(tx, WORKFLOW, draft.text)?,
            Some(id) => workflows::update(tx, id, name, draft.text)?,
        }
        record(tx, "workflow.changed", draft.id, json!({ "changed": changed }))?;
        let scheme = Scheme::load(tx)?;
        let moved = put_in_force(tx, &scheme, &moves, |component, kind| scheme.chosen(component, kind) == draft.id)?;
        Ok(Saved { warnings: looked.warnings, moved })
    })
}

/// Adds a workflow that no ticket follows yet. Returns its id.
pub fn create(project: &Project, by: Act<'_>, name: &str, text: &str) -> Result<(i64, Vec<Warning>)> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let looked = look(tx, project, by.viewer, Place::New, text)?;
        let mut problems = looked.problems;
        let name = cleaned(name);
        problems.extend(name_problem(tx, &name, None)?);
        if workflows::all(tx)?.len() >= MOST_WORKFLOWS {
            problems.push(Problem::new("name", format!("A project has at most {MOST_WORKFLOWS} workflows.")));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let id = workflows::insert(tx, &name, text)?;
        record(tx, "workflow.created", Some(id), json!({}))?;
        Ok((id, looked.warnings))
    })
}

/// What would be left behind if a type or a component had that workflow; none: that of the project.
pub fn look_at_assignment(
    db: &Connection,
    viewer: &Viewer,
    option: &OptionRow,
    workflow: Option<i64>,
) -> Result<Vec<StateUse>> {
    let (old, new) = assigned(db, option.id, workflow)?;
    let affected = |crowd: &Crowd| old.chosen(crowd.component, crowd.kind) != new.chosen(crowd.component, crowd.kind);
    Ok(stranded(&workflows::crowds(db, viewer)?, &options::statuses(db)?, &new, affected))
}

/// What is in force, and what would be with that assignment.
fn assigned(db: &Connection, option: i64, workflow: Option<i64>) -> Result<(Scheme, Scheme)> {
    let old = Scheme::load(db)?;
    let mut new = old.clone();
    match workflow {
        Some(workflow) => new.owners.insert(option, workflow),
        None => new.owners.remove(&option),
    };
    Ok((old, new))
}

/// The type or component of that id.
pub fn owner(db: &Connection, option: i64) -> Result<OptionRow> {
    let found = options::all(db)?.into_iter().find(|row| row.id == option);
    found
        .filter(|row| workflows::OWNERS.contains(&row.field.as_str()))
        .ok_or_else(|| Error::invalid("option", "There is no such type or component."))
}

/// Gives a type or a component a workflow of its own, or (none) that of the project again. Returns how many tickets went
/// to other states.
pub fn assign(project: &Project, by: Act<'_>, option: i64, workflow: Option<i64>, moves: &Moves) -> Result<usize> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let option = owner(tx, option)?;
        if let Some(row) = workflow.map(|id| existing(tx, id)).transpose()?.filter(|row| row.retired_at.is_some()) {
            return Err(Error::conflict(format!("“{}” is retired. Restore it first.", row.name)));
        }
        if option.workflow == workflow {
            return Ok(0);
        }
        let (old, new) = assigned(tx, option.id, workflow)?;
        let states = look_at_assignment(tx, by.viewer, &option, workflow)?;
        let mut problems = contradictions(&new, workflow, "workflow");
        let (moves, lacking) = self::moves(&states, moves);
        problems.extend(lacking);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        workflows::assign(tx, option.id, workflow)?;
        let data = json!({ "field": option.field, "changed": ["workflow"] });
        tx.record(&NewEvent::new("option.changed", Resource::new("option", option.id), DEFAULT_CLASS).data(data))?;
        put_in_force(tx, &new, &moves, |component, kind| old.chosen(component, kind) != new.chosen(component, kind))
    })
}

/// Offers a workflow no longer. One that types or components have stays until they have another.
pub fn retire(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let row = existing(tx, id)?;
        let options = options::all(tx)?;
        let owners = workflows::owners(&options, Some(id));
        if let Some(owner) = owners.first() {
            let message = format!(
                "The {} “{}” has the workflow “{}”; give it another one first.",
                owner.field, owner.name, row.name
            );
            return Err(Error::conflict(message));
        }
        if row.retired_at.is_none() {
            workflows::retire(tx, id, Some(tx.now()))?;
            record(tx, "workflow.retired", Some(id), json!({}))?;
        }
        Ok(())
    })
}

/// Offers a retired workflow again.
pub fn restore(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    by.viewer.require(TICKET_ADMIN)?;
    project.write(by, |tx| {
        let row = existing(tx, id)?;
        if row.retired_at.is_some() {
            if let Some(problem) = name_problem(tx, &row.name, Some(id))? {
                return Err(Error::Invalid(vec![problem]));
            }
            workflows::retire(tx, id, None)?;
            record(tx, "workflow.restored", Some(id), json!({}))?;
        }
        Ok(())
    })
}

fn existing(db: &Connection, id: i64) -> Result<WorkflowRow> {
    workflows::by_id(db, id)?.ok_or_else(|| Error::not_found("There is no such workflow."))
}

fn cleaned(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_problem(db: &Connection, name: &str, but: Option<i64>) -> Result<Option<Problem>> {
    if name.is_empty() {
        return Ok(Some(Problem::new("name", "A workflow needs a name.")));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Ok(Some(Problem::new("name", format!("A name is one line of at most {LONGEST_NAME} characters."))));
    }
    let folded = fold(name);
    let taken = workflows::all(db)?
        .into_iter()
        .any(|row| row.retired_at.is_none() && Some(row.id) != but && fold(&row.name) == folded);
    Ok(taken.then(|| Problem::new("name", format!("There is a workflow “{name}” already."))))
}

fn record(tx: &Tx<'_>, kind: &'static str, id: Option<i64>, data: Value) -> Result<()> {
    let resource = id.map_or_else(|| Resource::new("project", 0), |id| Resource::new("workflow", id));
    tx.record(&NewEvent::new(kind, resource, DEFAULT_CLASS).data(data))?;
    Ok(())
}

/// Where the tickets of the states go that would be left behind, and what is wrong with that.
fn moves(states: &[StateUse], wanted: &Moves) -> (Moves, Vec<Problem>) {
    let (mut moves, mut problems) = (Moves::new(), Vec::new());
    for state in states.iter().filter(|state| !state.defined) {
        let refuse = |why: String| Problem::new(move_field(&state.name), why);
        match wanted.get(&state.name).map(|to| to.trim()).filter(|to| !to.is_empty()) {
            Some(to) if state.choices.iter().any(|choice| choice == to) => {
                moves.insert(state.name.clone(), to.to_owned());
            }
            Some(to) => problems.push(refuse(format!("“{to}” is no state of this workflow."))),
            None => {
                problems.push(refuse(format!(
                    "{} in the state “{}”, which is not defined any more. Say where to: {}.",
                    count(state.tickets),
                    state.name,
                    state.choices.join(", ")
                )));
            }
        }
    }
    (moves, problems)
}

/// Brings the states of tickets to what the workflows say, and the tickets concerned to states that theirs knows. Returns
/// how many were moved.
fn put_in_force(
    tx: &Tx<'_>,
    scheme: &Scheme,
    moves: &Moves,
    concerned: impl Fn(Option<i64>, Option<i64>) -> bool,
) -> Result<usize> {
    let mut moved = 0;
    save_states(tx, scheme)?;
    let choices = Choices::whole(tx)?;
    for (from, to) in moves {
        let (Some(from), Some(to)) = (choices.status_named(from), choices.status_named(to)) else { continue };
        for (ticket, component, kind) in workflows::in_status(tx, from.id)? {
            let workflow = scheme.workflow(scheme.chosen(component, kind));
            if !concerned(component, kind) || workflow.defines(&from.name) {
                continue;
            }
            // Of tickets that come to several workflows, not each need know the state that was named.
            let arrival = workflow.arrival(&to.name, to.category).or_else(|| workflow.start());
            let to = arrival.and_then(|name| choices.status_named(name)).unwrap_or(to);
            edit::restate(tx, &choices, ticket, to.id, MOVED)?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Brings the table of states to what the workflows in force say. One that none of them names is retired: tickets have been
/// in it.
fn save_states(tx: &Tx<'_>, scheme: &Scheme) -> Result<()> {
    let known = options::statuses(tx)?;
    let states = scheme.states();
    let retired = known.iter().filter(|row| !states.iter().any(|(name, ..)| *name == row.name));
    for (at, row) in retired.enumerate() {
        tx.prepare_cached("update ticket_status set retired_at = coalesce(retired_at, ?2), rank = ?3 where id = ?1")?
            .execute((row.id, tx.now(), (states.len() + at + 1) as i64))?;
    }
    for (at, (name, category, _)) in states.iter().enumerate() {
        tx.prepare_cached(
            "insert into ticket_status (name, category, rank) values (?1, ?2, ?3)
             on conflict (name) do update set category = ?2, rank = ?3, retired_at = null",
        )?
        .execute((name, category.name(), (at + 1) as i64))?;
        let Some(row) = known.iter().find(|row| row.name == *name) else { continue };
        match (row.category.is_closed(), category.is_closed()) {
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
