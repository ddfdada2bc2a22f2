//! The lists that pages at a glance are made of, as queries.

use crate::query::{Clause, Column, Operator, Order, Query, not_closed};
use crate::ticket::fields::Choices;

/// The open tickets whose fields have these values, in this order: a column, and whether it descends.
pub fn open(choices: &Choices, asked: &[(&str, &str)], order: &[(&str, bool)]) -> Query {
    let asked = asked.iter().filter_map(|(name, value)| is(name, value));
    let ordered = |(name, descending): &(&str, bool)| {
        let column = if *name == "id" { Some(Column::Id) } else { Column::built_in(name) };
        column.map(|column| Order { column, descending: *descending })
    };
    Query {
        groups: vec![not_closed(choices).into_iter().chain(asked).collect()],
        order: order.iter().filter_map(ordered).collect(),
        ..Query::default()
    }
}

/// The tickets in one state whose field has this value.
pub fn in_state(state: &str, field: &str, value: &str) -> Query {
    let clauses = [is("status", state), is(field, value)];
    Query { groups: vec![clauses.into_iter().flatten().collect()], ..Query::default() }
}

fn is(name: &str, value: &str) -> Option<Clause> {
    let column = Column::built_in(name)?;
    Some(Clause { column, operator: Operator::Is, negated: false, values: vec![value.to_owned()] })
}
