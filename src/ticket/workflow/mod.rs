//! What may be done with a ticket: its states and the actions between them, as a project has written them down.
//!
//! A definition is text in Trac's language (rows W01 to W16). [`Workflow::parse`] reads it, [`Workflow::offer`] says which
//! actions one person has for one ticket, and [`Workflow::apply`] says what an action changes. Nothing here touches a
//! database: the ticket form, the command line and commits that close a ticket bring what is asked for in a [`Situation`].

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Serialize;

mod apply;
pub mod graph;
mod language;
mod offer;

pub use super::status::Category;
pub use apply::{Effect, Inputs};
pub use language::{MOST_BYTES, Warning};
pub use offer::{
    Choices, Offer, OwnerInput, ResolutionInput, Situation, duplicate_field, owner_field, resolution_field,
};

/// A definition as it was understood. The text itself is kept as it was typed, by whoever stores it.
#[derive(Debug, Clone)]
pub struct Workflow {
    actions: Vec<Action>,
    states: Vec<State>,
}

impl Workflow {
    /// Reads a definition. What can't be understood is left out and told with its line; the rest holds.
    pub fn parse(text: &str) -> (Self, Vec<Warning>) {
        language::parse(text)
    }

    /// In the order in which the definition first names them.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The category of a state. One that is not defined (any more) counts as open: somebody has to look at its tickets.
    pub fn category(&self, status: &str) -> Category {
        self.states.iter().find(|state| state.name == status).map_or(Category::Open, |state| state.category)
    }

    pub fn defines(&self, status: &str) -> bool {
        self.states.iter().any(|state| state.name == status)
    }

    /// The action of that name.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// In the order of the definition; `_reset` is among them if there is a state to reset to (row W16).
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Where a new ticket begins: the state that the first of the actions leads to which make one.
    pub fn start(&self) -> Option<&str> {
        self.actions_in(None).into_iter().find_map(|action| action.to.as_deref())
    }

    /// The state that a ticket comes to which was in another one, under another workflow: its own if it is known here, else
    /// where tickets begin, and for a closed one the first that is closed. None if there is no such state.
    pub fn arrival(&self, status: &str, category: Category) -> Option<&str> {
        if let Some(own) = self.states.iter().find(|state| state.name == status) {
            return Some(&own.name);
        }
        if category.is_closed() {
            return self.states.iter().find(|state| state.category.is_closed()).map(|state| state.name.as_str());
        }
        self.start()
    }

    /// What the definition names and the project does not have: resolutions, permissions and fields. A definition can't know
    /// them, so this is asked where it is edited and when options change.
    pub fn unknown_names(
        &self,
        resolutions: &[String],
        is_permission: &dyn Fn(&str) -> bool,
        is_field: &dyn Fn(&str) -> bool,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for action in &self.actions {
            for name in action.require.iter().filter(|name| !is_field(name)) {
                let message = format!("The action “{}” requires “{name}”, which is no field of tickets.", action.name);
                warnings.push(Warning { line: action.line, message });
            }
            for name in action.set_resolution.iter().flatten().filter(|name| !resolutions.contains(name)) {
                let message =
                    format!("The action “{}” sets the resolution “{name}”, which does not exist.", action.name);
                warnings.push(Warning { line: action.line, message });
            }
            for name in action.permissions.iter().filter(|name| !is_permission(name)) {
                let message = format!("The action “{}” asks for “{name}”, which is no permission.", action.name);
                warnings.push(Warning { line: action.line, message });
            }
        }
        warnings
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    pub name: String,
    pub category: Category,
}

/// One action of a definition: `resolve = new,assigned -> closed` and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// As forms, commands and addresses name it; lower case, as Trac reads it.
    pub name: String,
    /// As the page names it (row W06).
    pub label: String,
    /// Where it stands in the text, counted from 1; 0 for the `_reset` that nobody wrote.
    pub line: usize,
    /// It makes a ticket: `<none>` is among its old states (row W03).
    pub creates: bool,
    /// Its old state is `*`: any ticket that exists (row W04).
    pub from_any: bool,
    pub from: Vec<String>,
    /// None for `*`: the ticket stays in its state.
    pub to: Option<String>,
    /// Any one of them suffices; everybody may if there is none (row W07).
    pub permissions: Vec<String>,
    pub operations: Vec<Operation>,
    /// The highest comes first (row W05).
    pub rank: i64,
    /// To whom the ticket can be given: logins, groups, permissions, `authenticated`. None: no limit (row W08).
    pub set_owner: Option<Vec<String>>,
    /// None: all resolutions of the project (row W12).
    pub set_resolution: Option<Vec<String>>,
    /// Whose ticket it has to be; empty: anybody's (rows A4).
    pub if_owner: Vec<Ownership>,
    /// Fields that can't be empty once it is done.
    pub require: Vec<String>,
    /// It is refused as long as the ticket depends on open ones.
    pub require_closed_dependencies: bool,
}

/// Whose a ticket is, seen by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ownership {
    Nobody,
    Me,
    Another,
}

impl Ownership {
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Me, Self::Another];

    /// As definitions name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Me => "me",
            Self::Another => "another",
        }
    }

    /// Of a ticket whose owner is `owner`, seen by `viewer`: two logins, empty for nobody.
    pub fn of(owner: &str, viewer: &str) -> Self {
        match owner {
            "" => Self::Nobody,
            owner if owner == viewer => Self::Me,
            _ => Self::Another,
        }
    }
}

impl Action {
    /// Whether it brings back tickets whose state is not defined any more (row W16).
    pub fn is_reset(&self) -> bool {
        self.name == RESET
    }

    pub fn does(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Whether it asks how the ticket is resolved, or knows it.
    pub fn resolves(&self) -> bool {
        self.does(Operation::SetResolution) || self.does(Operation::SetDuplicateOf)
    }
}

/// What an action does beside the change of state. To add one: its name here, its input or effect in `offer.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Asks for an owner; proposes whoever acts (row W08).
    SetOwner,
    /// Asks for an owner; proposes the one it has (row W09).
    MaySetOwner,
    SetOwnerToSelf,
    DelOwner,
    SetResolution,
    DelResolution,
    /// Asks for the number of the ticket that this one repeats; resolves it as a duplicate where the action says nothing
    /// else of the resolution (row W23).
    SetDuplicateOf,
    DelDuplicateOf,
    /// Marks the action that leaves the ticket as it is; changes only the hint.
    LeaveStatus,
    /// Marks the action that brings a ticket back from a state that is gone; changes only the hint.
    ResetWorkflow,
}

impl Operation {
    pub const ALL: [Self; 10] = [
        Self::SetOwner,
        Self::MaySetOwner,
        Self::SetOwnerToSelf,
        Self::DelOwner,
        Self::SetResolution,
        Self::DelResolution,
        Self::SetDuplicateOf,
        Self::DelDuplicateOf,
        Self::LeaveStatus,
        Self::ResetWorkflow,
    ];

    /// As definitions name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetOwner => "set_owner",
            Self::MaySetOwner => "may_set_owner",
            Self::SetOwnerToSelf => "set_owner_to_self",
            Self::DelOwner => "del_owner",
            Self::SetResolution => "set_resolution",
            Self::DelResolution => "del_resolution",
            Self::SetDuplicateOf => "set_duplicate_of",
            Self::DelDuplicateOf => "del_duplicate_of",
            Self::LeaveStatus => "leave_status",
            Self::ResetWorkflow => "reset_workflow",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The field of the ticket that it writes. Of two operations on one field the later one counts.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::SetOwner | Self::MaySetOwner | Self::SetOwnerToSelf | Self::DelOwner => Some("owner"),
            Self::SetResolution | Self::DelResolution => Some("resolution"),
            Self::SetDuplicateOf | Self::DelDuplicateOf => Some("duplicate_of"),
            Self::LeaveStatus | Self::ResetWorkflow => None,
        }
    }
}

/// The action that brings back a ticket whose state is not defined any more (row W16).
const RESET: &str = "_reset";

/// The definitions that come with the program, to start from (rows W19 and W20): name, title, text.
pub fn shipped() -> &'static [(&'static str, &'static str, &'static str)] {
    &[
        ("basic", "Basic: accept, assign, resolve, reopen", include_str!("basic.ini")),
        ("original", "Original: as Trac worked before workflows could be changed", include_str!("original.ini")),
        ("simple", "Simple: new, accepted, closed", include_str!("simple.ini")),
        ("trivial", "Trivial: new and closed", include_str!("trivial.ini")),
        ("enterprise", "Enterprise: work, testing, and questions to the reporter", include_str!("enterprise.ini")),
        (
            "opensource",
            "Open source: accepted and started work, questions to the reporter",
            include_str!("opensource.ini"),
        ),
        (
            "rt",
            "Request Tracker: new, open, stalled, resolved, rejected; take, steal, untake, give",
            include_str!("rt.ini"),
        ),
        ("classroom", "Classroom: todo, doing, review, done", include_str!("classroom.ini")),
    ]
}

/// The text of the workflow of a new project.
pub fn basic_text() -> &'static str {
    include_str!("basic.ini")
}

/// The workflow of a new project.
pub fn basic() -> &'static Workflow {
    static BASIC: LazyLock<Workflow> = LazyLock::new(|| Workflow::parse(basic_text()).0);
    &BASIC
}

/// So many definitions are kept as they were understood.
const MOST_KEPT: usize = 64;

/// A definition as it is understood. A text always means the same, so it is read once.
pub fn compiled(text: &str) -> Arc<Workflow> {
    static KEPT: LazyLock<Mutex<HashMap<String, Arc<Workflow>>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return Arc::clone(known);
    }
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    let workflow = Arc::new(Workflow::parse(text).0);
    kept.insert(text.to_owned(), Arc::clone(&workflow));
    workflow
}
