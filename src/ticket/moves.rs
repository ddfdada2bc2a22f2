//! Moving a ticket to a state, as boards do it: which states the workflow lets somebody move it to, and by which action. A move
//! is that action and nothing else; what it asks for is asked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::fields::Choices;
use super::plan::Planner;
use super::store::Ticket;
use super::verbs::{Subject, ownership, values_of};
use super::workflow::{self, Offer, Ownership};
use super::workflows;
use crate::base::error::Result;

/// The states that tickets of a list can be moved to: worked out once for each kind of them, however many there are.
pub struct ListMoves<'a> {
    planner: &'a Planner<'a>,
    choices: &'a Choices,
    known: HashMap<(Option<i64>, i64, Ownership, bool), Vec<String>>,
}

impl<'a> ListMoves<'a> {
    pub fn new(planner: &'a Planner<'a>, choices: &'a Choices) -> Self {
        Self { planner, choices, known: HashMap::new() }
    }

    /// The names of the states that such a ticket can be moved to, each once.
    pub fn of(&mut self, subject: &Subject) -> Result<&[String]> {
        let place = values_of([("component", subject.component), ("type", subject.kind)]);
        let workflow = workflows::chosen(self.choices, &place);
        let ownership = ownership(self.planner.viewer, subject.owner);
        let key = (workflow, subject.status, ownership, subject.resolution.is_some());
        Ok(match self.known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let workflow = workflows::named(self.planner.db, workflow)?;
                let values = values_of([
                    ("status", Some(subject.status)),
                    ("owner", subject.owner),
                    ("resolution", subject.resolution),
                ]);
                let offers = self.planner.offers_for(&workflow, self.choices, &values)?;
                let mut states: Vec<String> = Vec::new();
                for state in offers.into_iter().filter_map(|offer| offer.next) {
                    if !states.contains(&state) {
                        states.push(state);
                    }
                }
                free.insert(states)
            }
        })
    }
}

/// The actions that lead a ticket to a state, as this person has them; those that ask for nothing first.
pub fn leading(planner: &Planner<'_>, choices: &Choices, ticket: &Ticket, state: &str) -> Result<Vec<Offer>> {
    let workflow = workflows::of(planner.db, choices, &ticket.values)?;
    let mut offers = planner.offers(&workflow, choices, Some(ticket))?;
    offers.retain(|offer| offer.next.as_deref() == Some(state));
    offers.sort_by_key(asks);
    Ok(offers)
}

/// Whether an action can't be done before somebody has said something: who is to own the ticket, how it was resolved, what
/// it repeats, or what stands in a field that is empty.
pub fn asks(offer: &Offer) -> bool {
    let chooses_owner = offer.owner.as_ref().is_some_and(|input| !matches!(input.choices, workflow::Choices::Fixed(_)));
    let chooses_resolution = offer.resolution.as_ref().is_some_and(|input| !input.fixed);
    chooses_owner || chooses_resolution || offer.duplicate_of.is_some() || !offer.needs.is_empty()
}
