//! What an action changes, once somebody has chosen it (rows W08 to W14, W17).

use super::offer::{Choices, Offer, Situation, owner_field, resolution_field};
use super::{Operation, Workflow};
use crate::base::error::Problem;
use crate::web::form::shortened;

const LONGEST_OWNER: usize = 200;

/// What was entered beside the action. None: what the action proposes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// Empty for nobody.
    pub owner: Option<&'a str>,
    pub resolution: Option<&'a str>,
}

/// The fields that get another value; none for those that stay as they are. A new ticket always gets a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    pub status: Option<String>,
    /// Empty: nobody owns it any more.
    pub owner: Option<String>,
    /// Empty: it has none any more.
    pub resolution: Option<String>,
}

impl Workflow {
    /// Does one action in thought. Refuses what is not offered to this person in this state, and values that were not among
    /// the choices; the problems name the fields of the form.
    pub fn apply(&self, situation: &Situation<'_>, action: &str, inputs: &Inputs<'_>) -> Result<Effect, Vec<Problem>> {
        let refused = |why: String| vec![Problem::new("action", why)];
        let Some(known) = self.actions.iter().find(|known| known.name == action) else {
            return Err(refused(format!("The workflow of this project has no action “{}”.", shortened(action))));
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
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut effect = Effect { status: offer.next, owner, resolution };
        for operation in &known.operations {
            match operation {
                Operation::SetOwnerToSelf => effect.owner = Some(situation.viewer_login.to_owned()),
                Operation::DelOwner => effect.owner = Some(String::new()),
                Operation::DelResolution => effect.resolution = Some(String::new()),
                Operation::SetOwner
                | Operation::MaySetOwner
                | Operation::SetResolution
                | Operation::LeaveStatus
                | Operation::ResetWorkflow => {}
            }
        }
        // A new ticket has no value yet that could stay.
        if situation.status.is_some() {
            effect.owner = effect.owner.filter(|owner| owner != situation.owner);
            effect.resolution = effect.resolution.filter(|resolution| resolution != situation.resolution);
        }
        Ok(effect)
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
