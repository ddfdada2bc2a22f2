//! A query becomes one statement under the viewer's access classes. Every value is bound; names of options, states,
//! milestones and people are ids before the statement is made, so that an index serves it.
//!
//! What is empty asks for nothing: a value that contains, begins or ends with nothing is left out, a group without any
//! condition is no group (row Q07). A name that nobody and nothing has is found in no ticket, and “not” that name in all.
//!
//! [`statement`] is what comes out, [`conditions`] says what is asked of one column, [`more`] what Trac can't ask, [`history`]
//! what once was, [`names`] finds ids, [`order`] puts tickets in a row. A query of an earlier moment is the same statement over
//! other tables: see [`past`](super::past).

mod conditions;
mod history;
mod more;
mod names;
mod order;
mod statement;

use std::cell::OnceCell;

use rusqlite::Connection;
use rusqlite::types::Value;

use self::names::PersonRow;
use self::statement::Tallied;
use super::dates::Clock;
use super::lookup::Lookups;
use super::past::{self, Past};
use super::tree::{Clause, Column, Condition, Operator, Query, USER};
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::ticket::fields::Choices;
use crate::ticket::{merge, tally};

pub(super) use self::names::could_be;
pub(super) use self::order::field_sql;
pub use self::statement::{Statement, Stretch};

/// So many ids stand in a statement one by one, more as one list.
const MOST_IN_PLACE: usize = 64;

/// The statement for this viewer. What is wrong with dates and ids is told by field.
pub fn compile(query: &Query, db: &Connection, viewer: &Viewer, choices: &Choices) -> Result<Statement> {
    let any_merged = merge::any(db)?;
    let past = past::of(query, viewer, choices)?;
    let clock = Clock { now: Instant::now(), zone: viewer.zone().into() };
    let mut compiler = Compiler {
        db,
        viewer,
        choices,
        clock,
        any_merged,
        past: past.as_ref(),
        lookups: &query.lookups,
        people: OnceCell::new(),
        parameters: Vec::new(),
        ranks: Vec::new(),
        joins: Vec::new(),
    };
    let mut groups = Vec::new();
    for group in &query.groups {
        groups.extend(compiler.group(group)?);
    }
    let mut asked = Vec::new();
    if !groups.is_empty() {
        asked.push(joined(groups, " or "));
    }
    if let Some(further) = &query.further {
        asked.extend(compiler.condition(further)?);
    }
    let asked_for: String = asked.into_iter().map(|asked| format!(" and {asked}")).collect();
    let condition = format!("{}{asked_for}", viewer.sees_sql("ticket", "ticket"));
    let condition_parameters = compiler.parameters.len();
    let order = compiler.order(query)?;
    // Of an earlier moment nothing is counted beforehand, and each value costs.
    let first = if past.is_none() { compiler.first(query)? } else { None };
    let group = query.group.and_then(|group| group.column.field()).map(|field| compiler.value_sql(field));
    let mut parameters = compiler.parameters;
    let order_parameters = parameters.split_off(condition_parameters);
    let column = first.as_ref().map(|first| first.column);
    let is_tallied = column
        .is_some_and(|column| matches!(column, "status" | "milestone") || tally::FIELDS.contains(&column))
        && query.further.is_none()
        && query.groups.iter().flatten().all(|clause| {
            let name = clause.column.name();
            !clause.operator.is_historical() && (matches!(name, "status" | "milestone") || Some(name) == column)
        });
    let tallied = is_tallied.then(|| Tallied {
        of_classes: format!("{}{asked_for}", viewer.sees_whole_sql("ticket")),
        of_their_own: viewer.joins_sql("ticket", "ticket").map(|own| format!("{own}{asked_for}")),
    });
    Ok(Statement {
        tables: past.as_ref().map_or_else(String::new, |past| past.tables("")),
        from: past::ticket_table(past.as_ref()),
        condition,
        parameters,
        ranks: compiler.ranks,
        joins: compiler.joins,
        group_order: order.first().cloned().unwrap_or_default(),
        order: order.join(", "),
        order_parameters,
        group,
        first,
        standing: if any_merged { format!(" and {}", merge::STANDS) } else { String::new() },
        tallied,
    })
}

struct Compiler<'a> {
    db: &'a Connection,
    viewer: &'a Viewer,
    choices: &'a Choices,
    clock: Clock,
    any_merged: bool,
    /// The moment that is asked about; none: now.
    past: Option<&'a Past>,
    lookups: &'a Lookups,
    people: OnceCell<Vec<PersonRow>>,
    parameters: Vec<Value>,
    ranks: Vec<String>,
    joins: Vec<String>,
}

impl Compiler<'_> {
    /// What stands beside the groups; none if it asks for nothing. What asks for nothing is left out wherever it stands.
    fn condition(&mut self, condition: &Condition) -> Result<Option<String>> {
        let (parts, between) = match condition {
            Condition::Is(clause) => return self.group(std::slice::from_ref(clause)),
            // A column that has no value is in no list, which SQL does not know for sure.
            Condition::Not(inner) => {
                return Ok(self.condition(inner)?.map(|inner| format!("not coalesce({inner}, 0)")));
            }
            Condition::All(parts) => (parts, " and "),
            Condition::Any(parts) => (parts, " or "),
        };
        let mut conditions = Vec::new();
        for part in parts {
            conditions.extend(self.condition(part)?);
        }
        Ok((!conditions.is_empty()).then(|| joined(conditions, between)))
    }

    /// All columns of a group; none if it asks for nothing.
    fn group(&mut self, group: &[Clause]) -> Result<Option<String>> {
        let mut keys = Vec::new();
        for clause in group {
            if !keys.contains(&clause.key()) {
                keys.push(clause.key());
            }
        }
        let mut conditions = Vec::new();
        for key in keys {
            let clauses: Vec<&Clause> = group.iter().filter(|clause| clause.key() == key).collect();
            conditions.extend(self.column(key.0, &clauses)?);
        }
        Ok((!conditions.is_empty()).then(|| joined(conditions, " and ")))
    }

    /// Everything asked of one column: any of what is wanted, none of what is not.
    fn column(&mut self, column: Column, clauses: &[&Clause]) -> Result<Option<String>> {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for clause in clauses {
            for value in &clause.values {
                if let Some(value) = self.asked(clause.operator, value) {
                    let list = if clause.negated { &mut unwanted } else { &mut wanted };
                    list.push((clause.operator, value));
                }
            }
        }
        if let Column::Of(field) = column
            && field.is_id()
            && !field.kind.is_list()
            && !field.own
            && !clauses.iter().any(|clause| clause.operator.is_historical())
        {
            return self.id_column(field, &wanted, &unwanted);
        }
        let (wanted, unwanted) = (self.tests(column, wanted)?, self.tests(column, unwanted)?);
        let mut conditions = Vec::new();
        if !wanted.is_empty() {
            conditions.push(joined(wanted, " or "));
        }
        if !unwanted.is_empty() {
            conditions.push(format!("not {}", joined(unwanted, " or ")));
        }
        Ok((!conditions.is_empty()).then(|| joined(conditions, " and ")))
    }

    /// The value with the login of whoever asks; none if it asks for nothing, or for somebody who has no login.
    fn asked(&self, operator: Operator, value: &str) -> Option<String> {
        let value = if value.contains(USER) {
            let principal = &self.viewer.principal;
            let login = principal.identity.as_ref().map(|identity| identity.login.as_str());
            // The operator has no account, but signs.
            value.replace(USER, login.or(principal.is_operator().then_some("operator"))?)
        } else {
            value.to_owned()
        };
        (operator == Operator::Is || !value.is_empty()).then_some(value)
    }

    /// Ids for `in (…)`.
    fn list(&mut self, ids: impl IntoIterator<Item = i64>) -> String {
        let ids: Vec<i64> = ids.into_iter().collect();
        if ids.len() <= MOST_IN_PLACE {
            let marks: Vec<String> = ids.into_iter().map(|id| self.bound(id)).collect();
            return marks.join(", ");
        }
        format!("select value from json_each({})", self.bound(json(ids)))
    }

    fn bound(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("?{}", self.parameters.len())
    }
}

fn json(ids: impl IntoIterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// Conditions in pairs of pairs: SQLite refuses what is nested too deeply, as a long chain would be.
fn joined(mut conditions: Vec<String>, between: &str) -> String {
    while conditions.len() > 1 {
        conditions = conditions
            .chunks(2)
            .map(|pair| match pair {
                [one, other] => format!("({one}{between}{other})"),
                rest => rest.concat(),
            })
            .collect();
    }
    conditions.concat()
}
