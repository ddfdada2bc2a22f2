//! What a submit would do to a ticket, worked out before anything is written: the preview shows it, saving does it.
//!
//! Fields are set by what was typed; the workflow's action comes on top. Whoever sends a form names the newest change they
//! had seen: a field that somebody else has changed since and that they left alone keeps the other's value, one that both
//! have changed is a conflict that shows both (row C10).

use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::Connection;

use super::access;
use super::fields::{Choices, Field, Kind, LARGEST_TEXT, field};
use super::queue;
use super::store::{self, Ticket};
use super::typed::reads_as;
use super::values::{Names, People, Value, Values};
use super::worked::{TimeRequest, Worked};
use super::workflow::{Effect, Inputs, Offer, Operation, Situation, Workflow};
use super::workflows;
use super::{
    TICKET_ADMIN, TICKET_APPEND, TICKET_CHGPROP, TICKET_CREATE, TICKET_EDIT_CC, TICKET_EDIT_DESCRIPTION, TICKET_VIEW,
};
use super::{own_fields_edit, people, relations};
use crate::base::error::{Error, Problem, Result};
use crate::base::project::Project;
use crate::base::site::Site;
use crate::base::text::merge;
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;

/// Stands for the owner of the component in the field `owner` of a new ticket (row T06).
pub const DEFAULT_OWNER: &str = "<default>";

/// One submit, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Field names and what was typed for them.
    pub set: Vec<(String, String)>,
    pub action: Option<ActionRequest>,
    pub comment: String,
    /// The change that the comment answers; 0 is the description.
    pub reply_to: Option<i64>,
    /// The number of the newest change that the sender had seen; none: whatever is there now.
    pub seen: Option<i64>,
    /// Refuse if there is a newer change than `seen`, even if both would merge.
    pub strict: bool,
    /// Time that was worked.
    pub time: Option<TimeRequest>,
    /// Close it even if it depends on tickets that are open, where the project leaves that to whoever closes it.
    pub force: bool,
}

#[derive(Debug, Clone, Default)]
pub struct ActionRequest {
    pub name: String,
    pub owner: Option<String>,
    pub resolution: Option<String>,
    /// The number of the ticket that this one repeats.
    pub duplicate_of: Option<String>,
    /// What is given counts only as far as the action asks for it, as of commits, which don't know the workflow.
    pub if_asked: bool,
}

/// What a submit comes to.
pub struct Plan {
    pub before: Values,
    pub after: Values,
    pub comment: String,
    pub reply_to: Option<i64>,
    pub worked: Option<Worked>,
    pub problems: Vec<Problem>,
    pub conflicts: Vec<Conflict>,
    /// Fields that others have changed since, and that keep their values.
    pub merged: Vec<&'static Field>,
    pub choices: Arc<Choices>,
}

/// A field that two people have changed at the same time.
#[derive(Debug, Clone)]
pub struct Conflict {
    pub field: &'static Field,
    /// What it was when the sender looked, what it is now, and what the sender wants.
    pub base: Vec<Value>,
    pub theirs: Vec<Value>,
    pub yours: Vec<Value>,
}

impl Plan {
    /// The fields that get another value, in order.
    pub fn changed(&self) -> Vec<&'static Field> {
        let differs = |field: &&Field| self.before.get(field.name) != self.after.get(field.name);
        self.choices.fields.iter().filter(differs).collect()
    }

    pub fn changes_nothing(&self) -> bool {
        self.before == self.after && self.comment.trim().is_empty() && self.worked.is_none()
    }
}

/// Who plans, and with what.
pub struct Planner<'a> {
    pub db: &'a Connection,
    pub site: &'a Site,
    pub project: &'a Project,
    pub viewer: &'a Viewer,
    /// Whoever signs: inside a transaction the person's row is there.
    pub actor: Option<Value>,
}

impl Planner<'_> {
    /// What a new ticket would be.
    pub fn create(&self, request: &Request) -> Result<Plan> {
        self.viewer.require(TICKET_CREATE)?;
        let mut plan = self.begin(request, Values::default())?;
        let fields: Vec<&'static Field> = plan.choices.fields().filter(|field| field.is_editable()).collect();
        for field in fields {
            let values = self.proposed(field, &plan.choices)?;
            plan.after.set(field.name, values);
        }
        let proposed = plan.after.clone();
        for (name, typed) in &request.set {
            let Some(field) = self.known(&mut plan, name, typed)? else { continue };
            if field.name == "owner" && is_default_owner(typed) {
                continue;
            }
            let parsed = self.parsed(&mut plan, field, typed)?;
            // A form that leaves a choice open means the proposed one.
            let Some(parsed) = parsed else { continue };
            if field.name == "reporter" {
                if parsed.is_empty() || Some(&parsed[..]) == self.actor.as_ref().map(std::slice::from_ref) {
                    continue;
                }
                if self.viewer.signed_in() {
                    self.viewer.require(TICKET_ADMIN)?;
                }
            }
            self.refuse_closed_milestone(&mut plan, field, &parsed);
            let empties_choice = parsed.is_empty() && field.kind == Kind::Option { empty: false };
            if empties_choice && !proposed.get(field.name).is_empty() {
                plan.problems.push(Problem::new(form_name(field), format!("{} can't be empty.", field.label)));
                continue;
            }
            plan.after.set(field.name, parsed);
        }
        self.fill_from_component(&mut plan, request)?;
        if plan.after.get("reporter").is_empty()
            && let Some(actor) = &self.actor
        {
            plan.after.set("reporter", vec![actor.clone()]);
        }
        let workflow = workflows::of(self.db, &plan.choices, &plan.after)?;
        // A form may offer the actions of the type that it proposed, and come with another one.
        let moved = workflows::chosen(&plan.choices, &plan.after) != workflows::chosen(&plan.choices, &proposed);
        let known = request.action.clone().filter(|action| !moved || workflow.action(&action.name).is_some());
        let action = known.or_else(|| {
            let offers = self.offers(&workflow, &plan.choices, None).ok()?;
            offers.first().map(|offer| ActionRequest { name: offer.name.clone(), ..ActionRequest::default() })
        });
        match action {
            Some(action) => self.act(&mut plan, &workflow, None, &action)?,
            None => {
                plan.problems.push(Problem::new("action", "The workflow of this project lets nobody file tickets."))
            }
        }
        drop_foreign_defaults(&mut plan, &proposed);
        self.require_own_fields(&mut plan, None);
        if plan.after.get("owner").is_empty()
            && request.action.as_ref().and_then(|action| action.owner.as_deref()).is_none_or(is_default_owner)
            && let Some(owner) = component_owner(&plan.choices, &plan.after)
        {
            plan.after.set("owner", vec![Value::Id(owner)]);
        }
        if plan.after.text("summary").is_empty()
            && !plan.problems.iter().any(|problem| problem.field == "field_summary")
        {
            plan.problems
                .push(Problem::new("field_summary", "A ticket needs a summary: one line that says what it is about."));
        }
        plan.problems.extend(super::template::problems(self.db, &plan.after)?);
        self.relate(&mut plan, None, request.force)?;
        Ok(plan)
    }

    /// What the component says of its new tickets stands where nothing was typed. A default that means nothing any more, or
    /// a ticket that the viewer may not see, is none.
    fn fill_from_component(&self, plan: &mut Plan, request: &Request) -> Result<()> {
        let Some(component) = plan.after.id("component") else { return Ok(()) };
        for (name, value) in queue::defaults(self.db, component)? {
            let is_typed = request.set.iter().any(|(typed, value)| *typed == name && !value.trim().is_empty());
            let known = plan.choices.fields.named(&name);
            let Some(field) = known.filter(|field| !is_typed && plan.choices.has(field)) else { continue };
            match self.parse(&plan.choices, field, &value) {
                Ok(mut values) => {
                    if field.kind == Kind::Tickets {
                        let ids: Vec<i64> = values.iter().filter_map(Value::as_id).collect();
                        let seen = store::by_ids(self.db, self.viewer, &ids)?;
                        values.retain(|value| seen.iter().any(|row| value.as_id() == Some(row.id)));
                    }
                    plan.after.set(field.name, values);
                }
                Err(Error::Invalid(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// What a submit would make of a ticket.
    pub fn change(&self, ticket: &Ticket, request: &Request) -> Result<Plan> {
        let mut plan = self.begin(request, ticket.values.clone())?;
        if let Some(seen) = request.seen.filter(|seen| request.strict && *seen != ticket.row.changes) {
            let newest = ticket.row.changes;
            return Err(Error::conflict(format!("The newest change of this ticket is {newest} by now, not {seen}.")));
        }
        let base = self.base(ticket, request)?;
        let base = base.as_ref().unwrap_or(&ticket.values);
        let people = {
            let fields = &plan.choices.fields;
            People::load(self.db, base.named_people(fields).into_iter().chain(ticket.values.named_people(fields)))?
        };
        for (name, typed) in &request.set {
            let Some(field) = self.known(&mut plan, name, typed)? else { continue };
            let names = Names { choices: &plan.choices, people: &people };
            if reads_as(field, typed, &names.joined(field, base.get(field.name))) {
                continue;
            }
            let Some(parsed) = self.parsed(&mut plan, field, typed)? else { continue };
            let current = ticket.values.get(field.name);
            let parsed = if field.kind.is_list() { together(base.get(field.name), current, parsed) } else { parsed };
            if parsed == current || parsed == base.get(field.name) {
                continue;
            }
            self.require_to_change(field, ticket, current, &parsed)?;
            self.refuse_closed_milestone(&mut plan, field, &parsed);
            if current == base.get(field.name) || field.kind.is_list() {
                plan.after.set(field.name, parsed);
                continue;
            }
            match merged_text(field, base, &ticket.values, &parsed) {
                Some(text) => plan.after.set(field.name, vec![Value::Text(text)]),
                None => plan.conflicts.push(Conflict {
                    field,
                    base: base.get(field.name).to_vec(),
                    theirs: current.to_vec(),
                    yours: parsed,
                }),
            }
        }
        plan.merged = plan
            .choices
            .fields
            .iter()
            .filter(|field| base.get(field.name) != ticket.values.get(field.name))
            .filter(|field| !plan.conflicts.iter().any(|conflict| conflict.field == *field))
            .collect();
        if let Some(action) = &request.action {
            let workflow = workflows::of(self.db, &plan.choices, &plan.after)?;
            let before_action = plan.after.clone();
            if workflow.action(&action.name).is_some() || !self.leaves(&plan, &action.name)? {
                self.act(&mut plan, &workflow, Some(ticket), action)?;
                self.clash(&mut plan, base, &ticket.values, &before_action);
            }
        }
        self.follow_workflow(&mut plan)?;
        self.follow_component(&mut plan);
        self.require_own_fields(&mut plan, Some(ticket));
        if let Some(typed) = &request.time {
            match self.worked(ticket, typed) {
                Ok(worked) => plan.worked = Some(worked),
                Err(Error::Invalid(problems)) => plan.problems.extend(problems),
                Err(other) => return Err(other),
            }
        }
        self.relate(&mut plan, Some(ticket), request.force)?;
        if !plan.comment.trim().is_empty() {
            self.viewer.require(TICKET_APPEND)?;
        }
        if let Some(answered) = plan.reply_to
            && !(0..=ticket.row.changes).contains(&answered)
        {
            plan.problems.push(Problem::new("replyto", format!("This ticket has no comment {answered} to reply to.")));
        }
        Ok(plan)
    }

    /// The actions that this viewer has for a ticket, or for a new one (rows W03 to W16).
    pub fn offers(&self, workflow: &Workflow, choices: &Choices, ticket: Option<&Ticket>) -> Result<Vec<Offer>> {
        match ticket {
            Some(ticket) => self.offers_for(workflow, choices, &ticket.values),
            None => self.with_situation(choices, None, &Values::default(), |situation| workflow.offer(situation)),
        }
    }

    /// The same for a ticket with these values.
    pub fn offers_for(&self, workflow: &Workflow, choices: &Choices, values: &Values) -> Result<Vec<Offer>> {
        self.with_situation(choices, Some(values), values, |situation| workflow.offer(situation))
    }

    fn begin(&self, request: &Request, values: Values) -> Result<Plan> {
        self.viewer.require_to_see(TICKET_VIEW, super::NO_TICKET).or_else(|error| {
            // Whoever may file tickets without seeing any has been let in by that right (row T17).
            if values == Values::default() && self.viewer.may(TICKET_CREATE) { Ok(()) } else { Err(error) }
        })?;
        let mut problems = Vec::new();
        if request.comment.len() > LARGEST_TEXT {
            problems.push(too_large("comment", request.comment.len()));
        }
        Ok(Plan {
            before: values.clone(),
            after: values,
            comment: if request.comment.trim().is_empty() { String::new() } else { request.comment.clone() },
            reply_to: request.reply_to,
            worked: None,
            problems,
            conflicts: Vec::new(),
            merged: Vec::new(),
            choices: Choices::load(self.db, self.viewer)?,
        })
    }

    /// The values that the sender had before their eyes, if they are no longer the current ones.
    fn base(&self, ticket: &Ticket, request: &Request) -> Result<Option<Values>> {
        let Some(seen) = request.seen.filter(|seen| *seen != ticket.row.changes) else {
            return Ok(None);
        };
        let change = if seen < 0 { None } else { store::change_id(self.db, ticket.row.id, seen)? };
        let change = change.ok_or_else(|| {
            Error::invalid(
                "view_time",
                format!("This ticket has no change {seen}; the newest one is {}.", ticket.row.changes),
            )
        })?;
        store::values_after(self.db, self.viewer, ticket.row.id, change).map(Some)
    }

    /// A project's own fields that can't be empty in the state that a ticket comes into, and those that its type has not got.
    /// What was there before they were defined so may stay until it is touched.
    fn require_own_fields(&self, plan: &mut Plan, ticket: Option<&Ticket>) {
        let state = plan.after.id("status").and_then(|id| plan.choices.status(id));
        let state = state.map(|status| status.name.clone()).unwrap_or_default();
        let kind = plan.after.id("type");
        let moves = ticket.is_none() || plan.before.get("status") != plan.after.get("status");
        let mut problems = Vec::new();
        for own in &plan.choices.own {
            let values = plan.after.get(own.field.name);
            let touched = plan.before.get(own.field.name) != values;
            if moves || touched {
                problems.extend(own_fields_edit::missing(own, kind, &state, values));
            }
            if touched && !values.is_empty() && !own.is_of_type(kind) {
                let message = format!("Tickets of this type have no field {}.", own.field.label);
                problems.push(Problem::new(form_name(own.field), message));
            }
        }
        plan.problems.extend(problems);
    }

    /// Rows C17, C18 and PM06.
    fn require_to_change(&self, field: &Field, ticket: &Ticket, old: &[Value], new: &[Value]) -> Result<()> {
        let own = people::own(self.viewer);
        let is_reporter = own.is_some() && ticket.row.reporter.map(Value::Id) == own;
        match field.name {
            "description" => {
                if is_reporter && self.viewer.may(TICKET_APPEND) {
                    return Ok(());
                }
                self.viewer.require(TICKET_EDIT_DESCRIPTION)
            }
            "reporter" => self.viewer.require(TICKET_ADMIN),
            access::PRIVATE if is_reporter && self.viewer.may(TICKET_APPEND) => Ok(()),
            "cc" => {
                let differs: Vec<&Value> = old
                    .iter()
                    .filter(|value| !new.contains(value))
                    .chain(new.iter().filter(|value| !old.contains(value)))
                    .collect();
                let only_self = own.as_ref().is_some_and(|own| differs.iter().all(|value| *value == own));
                if only_self && self.viewer.may(TICKET_APPEND) {
                    return Ok(());
                }
                self.viewer.require(TICKET_EDIT_CC)
            }
            _ => self.viewer.require(TICKET_CHGPROP),
        }
    }

    /// What a new ticket has where nothing is typed (row T06).
    fn proposed(&self, field: &'static Field, choices: &Choices) -> Result<Vec<Value>> {
        if let Some(own) = choices.own(field.name) {
            // A default that does not fit any more proposes nothing.
            return match self.parse(choices, field, &own.proposed) {
                Err(Error::Invalid(_)) => Ok(Vec::new()),
                other => other,
            };
        }
        let value = match field.kind {
            Kind::Option { empty } => {
                let default = choices.options(field.name).find(|option| option.is_default);
                let first = if empty { None } else { choices.options(field.name).next() };
                default.or(first).map(|option| Value::Id(option.id))
            }
            Kind::Milestone if self.viewer.may(MILESTONE_VIEW) => choices
                .milestones
                .iter()
                .find(|milestone| milestone.is_default && milestone.completed_at.is_none())
                .map(|milestone| Value::Id(milestone.id)),
            _ => None,
        };
        Ok(value.into_iter().collect())
    }

    fn with_situation<T>(
        &self,
        choices: &Choices,
        values: Option<&Values>,
        planned: &Values,
        act: impl FnOnce(&Situation<'_>) -> T,
    ) -> Result<T> {
        let people = match values {
            Some(values) => People::load(self.db, values.people())?,
            None => People::default(),
        };
        let names = Names { choices, people: &people };
        let written = |name: &str| {
            values.zip(field(name)).map(|(values, field)| names.joined(field, values.get(name))).unwrap_or_default()
        };
        let (status, owner, resolution) = (written("status"), written("owner"), written("resolution"));
        let resolutions: Vec<String> = choices.options("resolution").map(|option| option.name.clone()).collect();
        let default = choices.options("resolution").find(|option| option.is_default);
        let defined = self.project.components().permissions();
        let known_people = || people::logins(self.db).map(|logins| logins.to_vec()).unwrap_or_default();
        let in_group = |name: &str| people::of_group(self.db, self.site, &defined, name).ok().flatten();
        let may = |name: &str| {
            defined.iter().find(|permission| permission.name == name).is_some_and(|known| self.viewer.may(*known))
        };
        // What can't be read must not look as if nothing were in the way.
        let failure = RefCell::new(None);
        let situation = Situation {
            status: values.map(|_| status.as_str()),
            owner: &owner,
            resolution: &resolution,
            default_owner: DEFAULT_OWNER,
            viewer_login: people::own_login(self.viewer),
            may: &may,
            restrict_owner: false,
            resolutions: &resolutions,
            default_resolution: default.map_or("", |option| option.name.as_str()),
            known_people: &known_people,
            in_group: &in_group,
            has: &|name| {
                let field = choices.fields.named(name).filter(|field| choices.has(field))?;
                Some(!planned.get(field.name).is_empty())
            },
            open_dependencies: &|| {
                let tickets: Vec<i64> = planned.ids("depends_on").collect();
                relations::open_among(self.db, self.viewer, &tickets).unwrap_or_else(|error| {
                    failure.replace(Some(error));
                    Vec::new()
                })
            },
        };
        let done = act(&situation);
        failure.take().map_or(Ok(done), Err)
    }

    fn act(&self, plan: &mut Plan, workflow: &Workflow, ticket: Option<&Ticket>, action: &ActionRequest) -> Result<()> {
        let known = workflow.action(&action.name);
        let asks = |operation| !action.if_asked || known.is_some_and(|known| known.does(operation));
        let inputs = Inputs {
            owner: action.owner.as_deref(),
            resolution: action.resolution.as_deref().filter(|_| asks(Operation::SetResolution)),
            duplicate_of: action.duplicate_of.as_deref(),
        };
        let values = ticket.map(|ticket| &ticket.values);
        let act = |situation: &Situation<'_>| workflow.apply(situation, &action.name, &inputs);
        let effect = self.with_situation(&plan.choices, values, &plan.after, act)?;
        match effect {
            Ok(effect) => self.take(plan, &effect, &action.name),
            Err(problems) => {
                plan.problems.extend(problems);
                Ok(())
            }
        }
    }

    fn take(&self, plan: &mut Plan, effect: &Effect, action: &str) -> Result<()> {
        if let Some(status) = &effect.status {
            match plan.choices.status_named(status) {
                Some(row) => {
                    let id = row.id;
                    plan.after.set("status", vec![Value::Id(id)]);
                }
                None => plan.problems.push(Problem::new(
                    "action",
                    format!("The action `{action}` leads to the state `{status}`, which this project does not have."),
                )),
            }
        }
        if let Some(owner) = effect.owner.as_deref().filter(|owner| !is_default_owner(owner)) {
            let field = super::workflow::owner_field(action);
            match people::find(self.db, self.site, self.project, &field, owner) {
                Ok(found) => plan.after.set("owner", found.into_iter().collect()),
                Err(Error::Invalid(problems)) => plan.problems.extend(problems),
                Err(other) => return Err(other),
            }
        }
        if let Some(typed) = &effect.duplicate_of {
            let control = super::workflow::duplicate_field(action);
            match field("duplicate_of").map(|field| (field, self.parse(&plan.choices, field, typed))) {
                None if typed.is_empty() => {}
                Some((field, Ok(found))) => plan.after.set(field.name, found),
                Some((_, Err(Error::Invalid(problems)))) => {
                    let here = problems.into_iter().map(|problem| Problem { field: control.clone(), ..problem });
                    plan.problems.extend(here);
                }
                Some((_, Err(other))) => return Err(other),
                None => plan.problems.push(Problem::new(control, "Tickets have no field `duplicate_of`.")),
            }
        }
        if let Some(resolution) = &effect.resolution {
            let found = field("resolution").and_then(|field| plan.choices.id_of(field, resolution));
            plan.after.set("resolution", found.map(Value::Id).into_iter().collect());
        }
        Ok(())
    }

    /// An action that changes what somebody else has changed since is shown with both, and not done.
    fn clash(&self, plan: &mut Plan, base: &Values, current: &Values, before_action: &Values) {
        for name in ["status", "owner", "resolution"] {
            let Some(field) = field(name) else { continue };
            let (now, wanted) = (current.get(name), plan.after.get(name));
            let acted = wanted != before_action.get(name);
            if acted && base.get(name) != now && wanted != now {
                plan.conflicts.push(Conflict {
                    field,
                    base: base.get(name).to_vec(),
                    theirs: now.to_vec(),
                    yours: wanted.to_vec(),
                });
            }
        }
    }

    /// Whether the action means nothing but to leave the ticket as it is: a form that was made under one workflow comes with
    /// it when it leads to another.
    fn leaves(&self, plan: &Plan, action: &str) -> Result<bool> {
        let before = workflows::of(self.db, &plan.choices, &plan.before)?;
        Ok(before.action(action).is_some_and(|action| action.operations == [Operation::LeaveStatus]))
    }

    /// Another type or component may mean another workflow, which need not know the state of the ticket.
    fn follow_workflow(&self, plan: &mut Plan) -> Result<()> {
        if !workflows::follow(self.db, &plan.choices, &plan.before, &mut plan.after)? {
            let moved = workflows::OWNERS.iter().find(|name| plan.before.get(name) != plan.after.get(name));
            let field = moved.copied().unwrap_or("type");
            let why = "Its tickets follow another workflow, which has no state for this ticket.";
            plan.problems.push(Problem::new(format!("field_{field}"), why));
        }
        Ok(())
    }

    /// A ticket that nobody has begun goes to the owner of its new component (row T19).
    fn follow_component(&self, plan: &mut Plan) {
        let (old, new) = (component_owner(&plan.choices, &plan.before), component_owner(&plan.choices, &plan.after));
        let moved = plan.before.get("component") != plan.after.get("component");
        let untouched = plan.before.get("owner") == plan.after.get("owner");
        let begun = workflows::of(self.db, &plan.choices, &plan.before)
            .map_or(true, |workflow| is_begun(&workflow, &plan.choices, &plan.before));
        if moved && untouched && !begun && plan.before.id("owner") == old {
            plan.after.set("owner", new.map(Value::Id).into_iter().collect());
        }
    }
}

/// A form shows all fields with their defaults, whatever type is chosen in it: those that the type has not got go.
fn drop_foreign_defaults(plan: &mut Plan, proposed: &Values) {
    let kind = plan.after.id("type");
    for own in plan.choices.own.iter().filter(|own| !own.is_of_type(kind)) {
        if plan.after.get(own.field.name) == proposed.get(own.field.name) {
            plan.after.set(own.field.name, Vec::new());
        }
    }
}

/// Whether a ticket with these values has left the states in which tickets are filed.
pub fn is_begun(workflow: &Workflow, choices: &Choices, values: &Values) -> bool {
    values.id("status").and_then(|id| choices.status(id)).is_none_or(|status| {
        !workflow.actions().iter().any(|action| action.creates && action.to.as_deref() == Some(&status.name))
    })
}

/// As forms name a field, for problems.
pub fn form_name(field: &Field) -> String {
    format!("field_{}", field.name)
}

fn is_default_owner(typed: &str) -> bool {
    typed.replace(' ', "") == DEFAULT_OWNER
}

fn component_owner(choices: &Choices, values: &Values) -> Option<i64> {
    values.id("component").and_then(|id| choices.option(id)).and_then(|option| option.owner)
}

/// Both have changed a list: whom either added is on it, whom either took off is not.
fn together(base: &[Value], theirs: &[Value], yours: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> =
        theirs.iter().filter(|value| yours.contains(value) || !base.contains(value)).cloned().collect();
    let added = yours.into_iter().filter(|value| !base.contains(value) && !theirs.contains(value));
    kept.extend(added.collect::<Vec<_>>());
    kept
}

/// Both have changed the text: what both changes together make of it, if they don't meet.
fn merged_text(field: &Field, base: &Values, theirs: &Values, yours: &[Value]) -> Option<String> {
    if field.kind != Kind::Text {
        return None;
    }
    let yours = match yours {
        [Value::Text(text)] => text.as_str(),
        _ => "",
    };
    merge::merge(base.text(field.name), theirs.text(field.name), yours)
        .clean()
        .filter(|text| text.len() <= LARGEST_TEXT)
}

pub(super) fn too_large(field: &str, bytes: usize) -> Problem {
    Problem::new(field, format!("The text has {bytes} bytes; at most 1 MiB (1,048,576 bytes) is kept."))
}
