//! Which actions one person has for one ticket, what each asks for, and what it will do in words (rows W03 to W16).

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Action, Operation, Ownership, RESET, Workflow};

/// A ticket and somebody in front of it. Texts and lists are what the caller has; what may cost a read is asked for only
/// when an action needs it.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// None for a ticket that is about to be made.
    pub status: Option<&'a str>,
    /// Empty for none.
    pub owner: &'a str,
    /// Empty for none.
    pub resolution: &'a str,
    /// Who is proposed as the owner of a new ticket. It passes through as it is, so `<default>` may stand for the owner of
    /// the component that is chosen in the same form.
    pub default_owner: &'a str,
    /// Whom "self" means. Empty for somebody who can't own a ticket: then those actions are not offered.
    pub viewer_login: &'a str,
    /// Whether the viewer has a permission here.
    pub may: &'a dyn Fn(&str) -> bool,
    /// Owners are chosen among those who may change tickets, wherever the action does not say otherwise.
    pub restrict_owner: bool,
    /// The resolutions that can be chosen, in order.
    pub resolutions: &'a [String],
    pub default_resolution: &'a str,
    /// The logins that `authenticated` means.
    pub known_people: &'a dyn Fn() -> Vec<String>,
    /// The logins that a group or a permission means, groups within groups included. None if it is neither.
    pub in_group: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// Whether a field has a value, those typed along with the action among them. None if there is no such field.
    pub has: &'a dyn Fn(&str) -> Option<bool>,
    /// The numbers of the open tickets that this one depends on.
    pub open_dependencies: &'a dyn Fn() -> Vec<i64>,
}

/// An action that the viewer may do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// As the field `action` and `--action` name it.
    pub name: String,
    pub label: String,
    /// The state it leads to; none if the ticket stays in its own.
    pub next: Option<String>,
    pub operations: Vec<Operation>,
    pub owner: Option<OwnerInput>,
    pub resolution: Option<ResolutionInput>,
    /// The form field in which it asks for the ticket that this one repeats.
    pub duplicate_of: Option<String>,
    /// Fields that are empty, and that it can't be done without.
    pub needs: Vec<String>,
    /// Open tickets because of which it would be refused as things stand.
    pub waits_for: Vec<i64>,
    /// What will happen, in plain text; may be empty.
    pub hint: String,
    /// It can be done without asking: it needs no input, or what it proposes is what is mostly meant.
    pub one_click: bool,
    /// Status, owner and resolution stay as they are, whatever is entered.
    pub changes_nothing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerInput {
    pub field: String,
    pub choices: Choices,
    /// Taken when nothing is entered. Empty for nobody.
    pub default: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "people", rename_all = "lowercase")]
pub enum Choices {
    /// Anybody: the caller knows which names it takes.
    Free,
    /// One of these. An empty name stands for nobody.
    Of(Vec<String>),
    /// Shown as text: there is nothing to choose.
    Fixed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolutionInput {
    pub field: String,
    /// At least one.
    pub choices: Vec<String>,
    /// One of the choices, taken when nothing is entered.
    pub default: String,
    /// There is nothing to choose.
    pub fixed: bool,
    /// What the definition names beside the choices and the project does not have.
    pub undefined: Vec<String>,
}

/// The form field in which an action asks for the owner.
pub fn owner_field(action: &str) -> String {
    format!("action_{action}_reassign_owner")
}

/// The form field in which an action asks for the resolution.
pub fn resolution_field(action: &str) -> String {
    format!("action_{action}_resolve_resolution")
}

/// The form field in which an action asks for the number of the ticket that this one repeats.
pub fn duplicate_field(action: &str) -> String {
    format!("action_{action}_duplicate_of")
}

impl Workflow {
    /// The actions that this person has for this ticket: the highest `default` first, then by name from Z to A. The first
    /// is the one to select (row W05).
    pub fn offer(&self, situation: &Situation<'_>) -> Vec<Offer> {
        let mut offers: Vec<(i64, Offer)> = self
            .actions
            .iter()
            .filter_map(|action| self.consider(action, situation).ok().map(|offer| (action.rank, offer)))
            .collect();
        offers.sort_by(|(rank, offer), (other_rank, other)| (other_rank, &other.name).cmp(&(rank, &offer.name)));
        offers.into_iter().map(|(_, offer)| offer).collect()
    }

    /// The actions that somebody has for a ticket in that state, or (none) for a new one, whoever it is; in the order of
    /// [`Workflow::offer`].
    pub fn actions_in(&self, status: Option<&str>) -> Vec<&Action> {
        let mut actions: Vec<&Action> = self.actions.iter().filter(|action| self.starts_here(action, status)).collect();
        actions.sort_by(|one, other| (other.rank, &other.name).cmp(&(one.rank, &one.name)));
        actions
    }

    /// The action as an offer, or a sentence that says why it is none.
    pub(super) fn consider(&self, action: &Action, situation: &Situation<'_>) -> Result<Offer, String> {
        let name = &action.name;
        if !self.starts_here(action, situation.status) {
            return Err(match situation.status {
                Some(status) => format!("The action “{name}” is not for tickets in the state “{status}”."),
                None => format!("The action “{name}” is not for new tickets."),
            });
        }
        if !action.permissions.is_empty() && !action.permissions.iter().any(|permission| (situation.may)(permission)) {
            return Err(match action.permissions.as_slice() {
                [one] => format!("The action “{name}” needs the permission {one}."),
                any => format!("The action “{name}” needs one of the permissions {}.", any.join(", ")),
            });
        }
        let ownership = Ownership::of(situation.owner, situation.viewer_login);
        if situation.status.is_some() && !action.if_owner.is_empty() && !action.if_owner.contains(&ownership) {
            return Err(format!(
                "The action “{name}” is not for tickets {}.",
                match ownership {
                    Ownership::Nobody => "that nobody owns",
                    Ownership::Me => "of your own",
                    Ownership::Another => "of somebody else",
                }
            ));
        }
        if action.does(Operation::SetOwnerToSelf) && situation.viewer_login.is_empty() {
            return Err(format!("The action “{name}” makes you the owner, and only somebody signed in can be that."));
        }
        let owner = owner_input(action, situation)?;
        let resolution = resolution_input(action, situation)?;
        let next = action.to.clone().filter(|to| situation.status != Some(to.as_str()));
        let duplicate_of = action.does(Operation::SetDuplicateOf).then(|| duplicate_field(name));
        let asks = owner.is_some() || resolution.is_some() || duplicate_of.is_some();
        let changes_nothing = next.is_none() && !asks && !changes_by_itself(action, situation);
        if changes_nothing && action.does(Operation::SetOwnerToSelf) {
            return Err(format!("The action “{name}” would change nothing: the ticket is already yours."));
        }
        let sets = |field: &str| action.operations.iter().any(|operation| operation.field() == Some(field));
        let is_empty = |field: &str| !sets(field) && (situation.has)(field) == Some(false);
        let needs: Vec<String> = action.require.iter().filter(|field| is_empty(field)).cloned().collect();
        let waits_for = if action.require_closed_dependencies { (situation.open_dependencies)() } else { Vec::new() };
        let mut offer = Offer {
            name: name.clone(),
            label: action.label.clone(),
            hint: String::new(),
            one_click: !action.does(Operation::SetOwner)
                && duplicate_of.is_none()
                && needs.is_empty()
                && waits_for.is_empty()
                && resolution.as_ref().is_none_or(|input| input.fixed || input.default == situation.default_resolution),
            changes_nothing,
            next,
            operations: action.operations.clone(),
            owner,
            resolution,
            duplicate_of,
            needs,
            waits_for,
        };
        offer.hint = hint(action, situation, &offer);
        Ok(offer)
    }

    fn starts_here(&self, action: &Action, status: Option<&str>) -> bool {
        match status {
            None => action.creates,
            Some(status) => {
                action.from_any
                    || action.from.iter().any(|from| from == status)
                    || (action.name == RESET && !self.defines(status))
            }
        }
    }
}

/// Whether an operation without input changes owner or resolution.
fn changes_by_itself(action: &Action, situation: &Situation<'_>) -> bool {
    (action.does(Operation::SetOwnerToSelf) && situation.owner != situation.viewer_login)
        || (action.does(Operation::DelOwner) && !situation.owner.is_empty())
        || (action.does(Operation::DelResolution) && !situation.resolution.is_empty())
        || (action.does(Operation::DelDuplicateOf) && (situation.has)("duplicate_of") == Some(true))
}

/// What the action asks of the owner, if it does (rows W08 and W09).
fn owner_input(action: &Action, situation: &Situation<'_>) -> Result<Option<OwnerInput>, String> {
    let keeps = action.does(Operation::MaySetOwner);
    if !keeps && !action.does(Operation::SetOwner) {
        return Ok(None);
    }
    let proposed = match (keeps, situation.status) {
        (true, None) => situation.default_owner,
        (true, Some(_)) => situation.owner,
        (false, _) => situation.viewer_login,
    };
    let field = owner_field(&action.name);
    let Some(mut people) = allowed_owners(action, situation) else {
        return Ok(Some(OwnerInput { field, choices: Choices::Free, default: proposed.to_owned() }));
    };
    if keeps && !people.iter().any(|login| login == proposed) {
        people.insert(0, proposed.to_owned());
    }
    let Some(first) = people.first().cloned() else {
        return Err(format!(
            "The action “{}” gives the ticket to one of a list of people, and nobody is on it.",
            action.name
        ));
    };
    let default = if people.iter().any(|login| login == proposed) { proposed.to_owned() } else { first.clone() };
    let choices = if people.len() == 1 { Choices::Fixed(first) } else { Choices::Of(people) };
    Ok(Some(OwnerInput { field, choices, default }))
}

/// In the order of their logins. None if anybody can be chosen.
fn allowed_owners(action: &Action, situation: &Situation<'_>) -> Option<Vec<String>> {
    let everybody_who_changes = ["TICKET_MODIFY".to_owned()];
    let names = match &action.set_owner {
        Some(names) => names.as_slice(),
        None if situation.restrict_owner => &everybody_who_changes,
        None => return None,
    };
    let mut people = BTreeSet::new();
    for name in names {
        if name == "authenticated" {
            people.extend((situation.known_people)());
        } else if let Some(members) = (situation.in_group)(name) {
            people.extend(members);
        } else if !is_permission_name(name) {
            people.insert(name.clone());
        }
    }
    Some(people.into_iter().collect())
}

/// All its letters are capitals, and it has some.
fn is_permission_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// What the action asks of the resolution, if it does (row W12).
fn resolution_input(action: &Action, situation: &Situation<'_>) -> Result<Option<ResolutionInput>, String> {
    if !action.does(Operation::SetResolution) {
        return Ok(None);
    }
    let wanted = action.set_resolution.as_deref().unwrap_or(situation.resolutions);
    let (choices, undefined): (Vec<String>, Vec<String>) =
        wanted.iter().cloned().partition(|name| situation.resolutions.contains(name));
    let Some(first) = choices.first() else {
        return Err(match undefined.as_slice() {
            [] => format!("The action “{}” sets a resolution, and this project has none.", action.name),
            _ => format!(
                "The action “{}” sets the resolution {}, which this project does not have.",
                action.name,
                undefined.join(" or ")
            ),
        });
    };
    let default = choices.iter().find(|name| *name == situation.default_resolution).unwrap_or(first).clone();
    let field = resolution_field(&action.name);
    Ok(Some(ResolutionInput { field, fixed: choices.len() == 1, choices, default, undefined }))
}

/// Row W15, as sentences.
fn hint(action: &Action, situation: &Situation<'_>, offer: &Offer) -> String {
    let mut sentences = Vec::new();
    if action.does(Operation::ResetWorkflow) {
        sentences.push("The current status is not defined any more".to_owned());
    }
    if let Some(next) = &offer.next {
        sentences.push(match situation.status {
            Some(_) => format!("Next status will be '{next}'"),
            None => format!("The status will be '{next}'"),
        });
    }
    sentences.extend(owner_hint(action, situation, offer.owner.as_ref()));
    if let Some(input) = &offer.resolution {
        sentences.push(match input.fixed {
            true => format!("The resolution will be set to {}", input.default),
            false => "The resolution will be set".to_owned(),
        });
    }
    if action.does(Operation::DelResolution) {
        sentences.push("The resolution will be removed".to_owned());
    }
    if !offer.needs.is_empty() {
        sentences.push(format!("It needs a value for {}", offer.needs.join(", ")));
    }
    if !offer.waits_for.is_empty() {
        sentences.push(format!("Not as long as {} open", still(&offer.waits_for)));
    }
    sentences.iter().map(|sentence| format!("{sentence}.")).collect::<Vec<_>>().join(" ")
}

/// `#3 is`, `#3 and #5 are`, `#3, #5 and 7 others are`.
pub(super) fn still(tickets: &[i64]) -> String {
    const NAMED: usize = 5;
    let numbers: Vec<String> = tickets.iter().take(NAMED).map(|number| format!("#{number}")).collect();
    match numbers.as_slice() {
        [one] => format!("{one} is"),
        _ if tickets.len() > NAMED => format!("{} and {} others are", numbers.join(", "), tickets.len() - NAMED),
        [others @ .., last] => format!("{} and {last} are", others.join(", ")),
        [] => String::new(),
    }
}

fn owner_hint(action: &Action, situation: &Situation<'_>, input: Option<&OwnerInput>) -> Option<String> {
    let current = situation.owner;
    let becomes = |who: &str| match (current, situation.status) {
        (_, None) | ("", _) => format!("The owner will be {who}"),
        (current, _) if current == who => format!("The owner will remain {who}"),
        (current, _) => format!("The owner will be changed from {current} to {who}"),
    };
    if let Some(input) = input {
        return Some(match &input.choices {
            Choices::Free => becomes("the specified user"),
            Choices::Of(_) => becomes("the selected user"),
            Choices::Fixed(login) if login.is_empty() => "The ticket will have no owner".to_owned(),
            Choices::Fixed(login) => becomes(login),
        });
    }
    if action.does(Operation::SetOwnerToSelf) {
        return Some(becomes(situation.viewer_login));
    }
    if action.does(Operation::DelOwner) {
        return Some("The ticket will have no owner".to_owned());
    }
    if action.operations == [Operation::LeaveStatus] {
        return Some(match current {
            "" => "The ticket will remain without an owner".to_owned(),
            current => format!("The owner will remain {current}"),
        });
    }
    None
}
