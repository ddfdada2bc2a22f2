//! What takes one click, on a ticket and in lists: the actions of the workflow that need no more than that, in the words of
//! a help desk: Take, Steal, Untake, Give, Start, Stall, Resolve, Reopen (rows A4 of RT).
//!
//! Nothing is allowed here that the workflow does not offer; each verb is an action that its form could send.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use super::fields::Choices;
use super::plan::Planner;
use super::values::{Value, Values};
use super::workflow::{self, Offer, Operation, Ownership};
use super::workflows;
use crate::base::error::Result;
use crate::base::viewer::Viewer;

/// Among more people one is chosen in the form alone.
const MOST_PEOPLE: usize = 50;

/// One click: what is sent with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verb {
    pub action: String,
    pub label: String,
    pub fields: Vec<Hidden>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hidden {
    pub name: String,
    pub value: String,
}

/// Giving the ticket to somebody: one click and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Giving {
    pub action: String,
    /// The form field that names the new owner.
    pub field: String,
    /// The people among whom one is chosen; empty: anybody.
    pub choices: Vec<String>,
    pub fields: Vec<Hidden>,
}

/// Whose a ticket is for this viewer.
pub fn ownership(viewer: &Viewer, owner: Option<i64>) -> Ownership {
    match owner {
        None => Ownership::Nobody,
        owner if viewer.person == owner => Ownership::Me,
        _ => Ownership::Another,
    }
}

/// The verbs of these offers, what takes the ticket first.
pub(super) fn of(offers: &[Offer], ownership: Ownership) -> Vec<Verb> {
    let takes = |offer: &Offer| offer.operations.contains(&Operation::SetOwnerToSelf);
    let mut clicks: Vec<&Offer> = offers.iter().filter(|offer| offer.one_click && !offer.changes_nothing).collect();
    clicks.sort_by_key(|offer| !takes(offer));
    clicks
        .into_iter()
        .map(|offer| {
            let mut label = if takes(offer) { taking(&offer.label, ownership) } else { capitalised(&offer.label) };
            let mut fields = Vec::new();
            if let Some(input) = &offer.resolution {
                label = format!("{label} as {}", input.default);
                fields.push(Hidden { name: input.field.clone(), value: input.default.clone() });
            }
            if let Some(input) = &offer.owner {
                fields.push(Hidden { name: input.field.clone(), value: input.default.clone() });
            }
            Verb { action: offer.name.clone(), label, fields }
        })
        .collect()
}

/// The first action that asks for a new owner and for nothing else.
pub(super) fn giving(offers: &[Offer]) -> Option<Giving> {
    offers.iter().find_map(gives)
}

fn gives(offer: &Offer) -> Option<Giving> {
    let input = offer.owner.as_ref().filter(|_| offer.operations.contains(&Operation::SetOwner))?;
    let asks_more = offer.resolution.as_ref().is_some_and(|input| !input.fixed)
        || offer.duplicate_of.is_some()
        || !offer.needs.is_empty()
        || !offer.waits_for.is_empty();
    if asks_more {
        return None;
    }
    let choices = match &input.choices {
        workflow::Choices::Free => Vec::new(),
        workflow::Choices::Of(people) if people.len() > MOST_PEOPLE => return None,
        workflow::Choices::Of(people) => people.clone(),
        workflow::Choices::Fixed(login) => vec![login.clone()],
    };
    let fixed = offer.resolution.iter().map(|input| Hidden { name: input.field.clone(), value: input.default.clone() });
    Some(Giving { action: offer.name.clone(), field: input.field.clone(), choices, fields: fixed.collect() })
}

/// Taking what nobody has, stealing what somebody has, and what an action does beside that.
fn taking(label: &str, ownership: Ownership) -> String {
    let verb = match ownership {
        Ownership::Nobody => "Take",
        Ownership::Another => "Steal",
        Ownership::Me => return capitalised(label),
    };
    // Trac's own word for it says no more.
    if label == "accept" || label.eq_ignore_ascii_case(verb) {
        return verb.to_owned();
    }
    format!("{verb} and {label}")
}

fn capitalised(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a list knows of a ticket that decides what can be done with it.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    pub component: Option<i64>,
    pub kind: Option<i64>,
    pub status: i64,
    pub owner: Option<i64>,
    pub resolution: Option<i64>,
}

/// What can be done with a ticket of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListActs {
    pub verbs: Vec<Verb>,
    /// The action that gives it to somebody whom the list names once for all its tickets.
    pub give: Option<String>,
}

/// The verbs of many tickets: worked out once for each kind of them, however many there are.
pub struct ListVerbs<'a> {
    planner: &'a Planner<'a>,
    choices: &'a Choices,
    known: HashMap<(Option<i64>, i64, Ownership, bool), ListActs>,
}

impl<'a> ListVerbs<'a> {
    pub fn new(planner: &'a Planner<'a>, choices: &'a Choices) -> Self {
        Self { planner, choices, known: HashMap::new() }
    }

    /// What takes one click for such a ticket. What a workflow asks of a ticket's fields is known on its page only, so an
    /// action that asks for any is not among them.
    pub fn of(&mut self, subject: &Subject) -> Result<&ListActs> {
        let place = values_of([("component", subject.component), ("type", subject.kind)]);
        let workflow = workflows::chosen(self.choices, &place);
        let ownership = ownership(self.planner.viewer, subject.owner);
        let key = (workflow, subject.status, ownership, subject.resolution.is_some());
        Ok(match self.known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(worked_out(self.planner, self.choices, workflow, subject, ownership)?),
        })
    }
}

fn worked_out(
    planner: &Planner<'_>,
    choices: &Choices,
    workflow: Option<i64>,
    subject: &Subject,
    ownership: Ownership,
) -> Result<ListActs> {
    let workflow = workflows::named(planner.db, workflow)?;
    let values =
        values_of([("status", Some(subject.status)), ("owner", subject.owner), ("resolution", subject.resolution)]);
    let offers = planner.offers_for(&workflow, choices, &values)?;
    let give = giving(&offers).filter(|giving| giving.fields.is_empty()).map(|giving| giving.action);
    let without_input = offers.into_iter().filter(|offer| !offer.operations.contains(&Operation::SetOwner));
    Ok(ListActs { verbs: of(&without_input.collect::<Vec<_>>(), ownership), give })
}

/// Values of a ticket of which no more is known.
pub(super) fn values_of<const N: usize>(ids: [(&str, Option<i64>); N]) -> Values {
    let mut values = Values::default();
    for (field, id) in ids {
        values.set(field, id.map(Value::Id).into_iter().collect());
    }
    values
}
