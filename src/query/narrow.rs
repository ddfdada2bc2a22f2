//! Narrower queries: the tickets of one group of a list, those of some states. What a number counts is what its link shows.

use super::compile::could_be;
use super::tree::{Clause, Column, Operator, Query, USER};
use crate::base::viewer::Viewer;
use crate::ticket::fields::Choices;
use crate::ticket::options::StatusRow;

/// The tickets of a query that have this value in a column; none if that can't be said in one query.
pub fn to_value(query: &Query, column: Column, value: &str, viewer: &Viewer) -> Option<Query> {
    let login = login(viewer);
    let mut groups = asking(query, login);
    let had_any = !groups.is_empty();
    groups.retain(|group| {
        let known: Vec<Clause> = group.iter().map(|clause| with_login(clause, login)).collect();
        could_be(value, None, &known, column)
    });
    if had_any && groups.is_empty() {
        return None;
    }
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    for group in &mut groups {
        // What is more or less, and what once was, goes on to hold.
        group.retain(|clause| clause.column != column || !clause.operator.is_tracs());
        group.push(Clause { column, operator: Operator::Is, negated: false, values: vec![value.to_owned()] });
    }
    Some(whole(query, groups))
}

/// The tickets of a query in the states that are wanted.
pub fn to_states(query: &Query, choices: &Choices, viewer: &Viewer, wanted: impl Fn(&StatusRow) -> bool) -> Query {
    let Some(column) = Column::built_in("status") else { return query.clone() };
    let names = |yes: bool| -> Vec<String> {
        choices.statuses.iter().filter(|status| wanted(status) == yes).map(|status| status.name.clone()).collect()
    };
    let mut groups = asking(query, login(viewer));
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    for group in &mut groups {
        // Beside what is asked already only “none of these” narrows: other values would be alternatives.
        let negated = group.iter().any(|clause| clause.column == column && clause.operator.is_tracs());
        let values = names(!negated);
        if !values.is_empty() {
            group.push(Clause { column, operator: Operator::Is, negated, values });
        }
    }
    whole(query, groups)
}

fn whole(query: &Query, groups: Vec<Vec<Clause>>) -> Query {
    Query {
        groups,
        further: query.further.clone(),
        at: query.at.clone(),
        order: query.order.clone(),
        columns: query.columns.clone(),
        ..Query::default()
    }
}

fn login(viewer: &Viewer) -> Option<&str> {
    let login = viewer.principal.identity.as_ref().map(|identity| identity.login.as_str());
    // The operator has no account, but signs.
    login.or(viewer.principal.is_operator().then_some("operator"))
}

fn with_login(clause: &Clause, login: Option<&str>) -> Clause {
    let mut clause = clause.clone();
    if let Some(login) = login {
        for value in &mut clause.values {
            *value = value.replace(USER, login);
        }
    }
    clause
}

/// The groups that ask for anything: another condition would bring the others to life.
fn asking(query: &Query, login: Option<&str>) -> Vec<Vec<Clause>> {
    let asks = |clause: &Clause, value: &str| match clause.column {
        _ if !clause.operator.is_tracs() => login.is_some() || !value.contains(USER),
        Column::Id => !value.trim().is_empty(),
        column if column.is_time() => value.trim() != "..",
        _ => (clause.operator == Operator::Is || !value.is_empty()) && (login.is_some() || !value.contains(USER)),
    };
    let any = |group: &&Vec<Clause>| group.iter().any(|clause| clause.values.iter().any(|value| asks(clause, value)));
    query.groups.iter().filter(any).cloned().collect()
}
