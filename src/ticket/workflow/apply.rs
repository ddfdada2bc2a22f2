//! What an action changes, once somebody has chosen it (rows W08 to W14, W17, W23).

use super::offer::{Choices, Offer, Situation, duplicate_field, owner_field, resolution_field, still};
use super::{Action, Operation, Workflow};
use crate::base::error::Problem;
use crate::web::form::shortened;

const LONGEST_OWNER: usize = 200;
/// How a ticket is resolved that repeats another, if the project has such a resolution.
const DUPLICATE: &str = "duplicate";

/// What was entered beside the action. None: what the action proposes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// Empty for nobody.
    pub owner: Option<&'a str>,
    pub resolution: Option<&'a str>,
    /// The number of the ticket that this one repeats, as it was typed.
    pub duplicate_of: Option<&'a str>,
}

/// The fields that get another value; none for those that stay as they are. A new ticket always gets a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    pub status: Option<String>,
    /// Empty: nobody owns it any more.
    pub owner: Option<String>,
    /// Empty: it has none any more.
    pub resolution: Option<String>,
    /// As it was typed; empty: it repeats none any more.
    pub duplicate_of: Option<String>,
}

impl Workflow {
    /// Does one action in thought. Refuses what is not offered to this person in this state, and values that were not among
    /// the choices; the problems name the fields of the form.
    pub fn apply(&self, situation: &Situation<'_>, action: &str, inputs: &Inputs<'_>) -> Result<Effect, Vec<Problem>> {
        let refused = |why: String| vec![Problem::new("action", why)];
        let Some(known) = self.action(action) else {
            return Err(refused(format!("The workflow of this ticket has no action “{}”.", shortened(action))));
        };
        let offer = self.consider(known, situation).map_err(refused)?;
        let mut problems = Vec::new();
        let owner = chosen_owner(&offer, inputs).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let resolution = chosen_resolution(&offer, inputs).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let duplicate_of = chosen_duplicate(&offer, inputs).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let mut effect = Effect { status: offer.next, owner, resolution, duplicate_of };
        for operation in &known.operations {
            match operation {
                Operation::SetOwnerToSelf => effect.owner = Some(situation.viewer_login.to_owned()),
                Operation::DelOwner => effect.owner = Some(String::new()),
                Operation::DelResolution => effect.resolution = Some(String::new()),
                Operation::DelDuplicateOf => effect.duplicate_of = Some(String::new()),
                Operation::SetDuplicateOf => {
                    let says_nothing = !known.operations.iter().any(|other| other.field() == Some("resolution"));
                    let duplicate = situation.resolutions.iter().find(|name| *name == DUPLICATE);
                    effect.resolution = effect.resolution.or(duplicate.filter(|_| says_nothing).cloned());
                }
                Operation::SetOwner
                | Operation::MaySetOwner
                | Operation::SetResolution
                | Operation::LeaveStatus
                | Operation::ResetWorkflow => {}
            }
        }
        problems.extend(missing(known, situation, &effect));
        if known.require_closed_dependencies && !offer.waits_for.is_empty() {
            let open = still(&offer.waits_for);
            problems.push(Problem::new("action", format!("The action “{}” waits: {open} open.", known.name)));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // A new ticket has no value yet that could stay.
        if situation.status.is_some() {
            effect.owner = effect.owner.filter(|owner| owner != situation.owner);
            effect.resolution = effect.resolution.filter(|resolution| resolution != situation.resolution);
        }
        Ok(effect)
    }
}

/// The fields that it can't be done without and that would be empty.
fn missing(action: &Action, situation: &Situation<'_>, effect: &Effect) -> Vec<Problem> {
    let set = |field: &str| match field {
        "owner" => effect.owner.as_ref(),
        "resolution" => effect.resolution.as_ref(),
        "duplicate_of" => effect.duplicate_of.as_ref(),
        _ => None,
    };
    let is_there = |field: &str| match set(field) {
        Some(value) => Some(!value.is_empty()),
        None => (situation.has)(field),
    };
    let lacking = action.require.iter().filter(|field| is_there(field) == Some(false));
    lacking
        .map(|field| {
            Problem::new(format!("field_{field}"), format!("The action “{}” needs a value for {field}.", action.name))
        })
        .collect()
}

/// The number is checked by whoever knows the tickets.
fn chosen_duplicate(offer: &Offer, inputs: &Inputs<'_>) -> Result<Option<String>, Problem> {
    let entered = inputs.duplicate_of.map(str::trim).filter(|entered| !entered.is_empty());
    match (&offer.duplicate_of, entered) {
        (Some(_), Some(number)) => Ok(Some(number.to_owned())),
        (Some(field), None) => {
            Err(Problem::new(field.clone(), "Which ticket does this one repeat? Its number, please."))
        }
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Problem::new(
            duplicate_field(&offer.name),
            format!("The action “{}” does not ask which ticket this one repeats.", offer.name),
        )),
    }
}

fn chosen_owner(offer: &Offer, inputs: &Inputs<'_>) -> Result<Option<String>, Problem> {
    let field = owner_field(&offer.name);
    let entered = inputs.owner.map(str::trim);
    let Some(input) = &offer.owner else {
        return match entered {
            None | Some("") => Ok(None),
            Some(_) => Err(Problem::new(field, format!("The action “{}” takes no owner.", offer.name))),
        };
    };
    let owner = entered.unwrap_or(&input.default);
    let among = match &input.choices {
        Choices::Free => true,
        Choices::Of(people) => people.iter().any(|login| login == owner),
        Choices::Fixed(login) => login == owner,
    };
    if !among {
        let message = format!("The action “{}” can't give the ticket to “{}”.", offer.name, shortened(owner));
        return Err(Problem::new(field, message));
    }
    if owner.chars().count() > LONGEST_OWNER || owner.chars().any(char::is_control) {
        return Err(Problem::new(field, "An owner is one name of at most 200 characters."));
    }
    Ok(Some(owner.to_owned()))
}

fn chosen_resolution(offer: &Offer, inputs: &Inputs<'_>) -> Result<Option<String>, Problem> {
    let field = resolution_field(&offer.name);
    let entered = inputs.resolution.map(str::trim).filter(|entered| !entered.is_empty());
    let Some(input) = &offer.resolution else {
        return match entered {
            None => Ok(None),
            Some(_) => Err(Problem::new(field, format!("The action “{}” sets no resolution.", offer.name))),
        };
    };
    let resolution = entered.unwrap_or(&input.default);
    if !input.choices.iter().any(|choice| choice == resolution) {
        let message = format!("“{}” is no resolution that “{}” can set.", shortened(resolution), offer.name);
        return Err(Problem::new(field, message));
    }
    Ok(Some(resolution.to_owned()))
}
