//! What may be done with a ticket: its states and the actions between them, as a project has written them down.
//!
//! A definition is text in Trac's language (rows W01 to W16). [`Workflow::parse`] reads it, [`Workflow::offer`] says which
//! actions one person has for one ticket, and [`Workflow::apply`] says what an action changes. Nothing here touches a
//! database: the ticket form, the command line and commits that close a ticket bring what is asked for in a [`Situation`].

use std::sync::LazyLock;

use serde::Serialize;

mod apply;
mod language;
mod offer;

pub use super::status::Category;
pub use apply::{Effect, Inputs};
pub use language::{MOST_BYTES, Warning};
pub use offer::{Choices, Offer, OwnerInput, ResolutionInput, Situation, owner_field, resolution_field};

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

    /// In the order of the definition; `_reset` is among them if there is a state to reset to (row W16).
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What the definition names and the project does not have: resolutions and permissions. A definition can't know them,
    /// so this is asked where it is edited and when options change.
    pub fn unknown_names(&self, resolutions: &[String], is_permission: &dyn Fn(&str) -> bool) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for action in &self.actions {
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
}

impl Action {
    /// Whether it brings back tickets whose state is not defined any more (row W16).
    pub fn is_reset(&self) -> bool {
        self.name == RESET
    }

    fn does(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
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
    /// Marks the action that leaves the ticket as it is; changes only the hint.
    LeaveStatus,
    /// Marks the action that brings a ticket back from a state that is gone; changes only the hint.
    ResetWorkflow,
}

impl Operation {
    pub const ALL: [Self; 8] = [
        Self::SetOwner,
        Self::MaySetOwner,
        Self::SetOwnerToSelf,
        Self::DelOwner,
        Self::SetResolution,
        Self::DelResolution,
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
    ]
}

/// The workflow of a new project.
pub fn basic() -> &'static Workflow {
    static BASIC: LazyLock<Workflow> = LazyLock::new(|| Workflow::parse(include_str!("basic.ini")).0);
    &BASIC
}
