//! The lists that pages at a glance are made of, as queries.

use crate::query::{Clause, Column, Operator, Order, Query};
use crate::ticket::fields::Choices;
use crate::ticket::options::closed_words;

/// The open tickets whose fields have these values, in this order: a column, and whether it descends.
pub fn open(choices: &Choices, asked: &[(&str, &str)], order: &[(&str, bool)]) -> Query {
    let closed: Vec<String> = closed_words(&choices.statuses).into_iter().map(str::to_owned).collect();
    let is_open = if closed.is_empty() { None } else { clause("status", true, closed) };
    let asked = asked.iter().filter_map(|(name, value)| clause(name, false, vec![(*value).to_owned()]));
    let ordered = |(name, descending): &(&str, bool)| {
        let column = if *name == "id" { Some(Column::Id) } else { Column::built_in(name) };
        column.map(|column| Order { column, descending: *descending })
    };
    Query {
        groups: vec![is_open.into_iter().chain(asked).collect()],
        order: order.iter().filter_map(ordered).collect(),
        ..Query::default()
    }
}

/// The tickets in one state whose field has this value.
pub fn in_state(state: &str, field: &str, value: &str) -> Query {
    let clauses = [clause("status", false, vec![state.to_owned()]), clause(field, false, vec![value.to_owned()])];
    Query { groups: vec![clauses.into_iter().flatten().collect()], ..Query::default() }
}

fn clause(name: &str, negated: bool, values: Vec<String>) -> Option<Clause> {
    Some(Clause { column: Column::built_in(name)?, operator: Operator::Is, negated, values })
}
