//! What a query finds as a board: a column for each state, or for each value of another field, and if wanted a row for each
//! value of a second one. Every cell shows its first cards and says how many there are.

use std::collections::HashMap;

use rusqlite::{Connection, params_from_iter};

use super::compile::{compile, field_sql};
use super::line::{self, TicketLine};
use super::tree::{Clause, Column, Operator, Query};
use super::{chart, from_pairs};
use crate::base::error::{Error, Problem, Result};
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::{Choices, Field, Kind, field};
use crate::ticket::options::closed_words;
use crate::ticket::status::Category;
use crate::ticket::values::People;
use crate::web::address;
use crate::web::form::shortened;

/// What a board is asked beside its query.
pub(super) const OWN: [&str; 2] = ["columns", "rows"];
/// A cell shows so many cards; fewer where there are rows.
const MOST_CARDS: i64 = 25;
const MOST_CARDS_IN_ROWS: i64 = 8;
/// And a board so many columns and rows.
const MOST_COLUMNS: usize = 30;
const MOST_ROWS: usize = 30;
/// A board of which nothing is asked shows what was closed since then beside all that is open.
const LATELY: &str = "14 days ago";

/// What a board is asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub query: Query,
    pub columns: &'static Field,
    pub rows: Option<&'static Field>,
}

impl Asked {
    pub fn read(choices: &Choices, pairs: &[(String, String)]) -> Result<Self> {
        let (own, rest): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(name, _)| OWN.contains(&name.as_str()));
        let value = |name: &str| {
            own.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let mut chosen = |name: &'static str| match value(name).map(|typed| parting(choices, typed)) {
            Some(Ok(field)) => Some(field),
            Some(Err(message)) => {
                problems.push(Problem::new(name, message));
                None
            }
            None => None,
        };
        let (columns, rows) = (chosen("columns"), chosen("rows"));
        let query = match from_pairs(&choices.fields, &rest) {
            Ok(query) => {
                // Cards are moved as they are now.
                if let Err(Error::Invalid(wrong)) = query.require_now() {
                    problems.extend(wrong);
                }
                Query { group: None, page: 1, max: None, columns: None, rows: Vec::new(), ..query }
            }
            Err(Error::Invalid(wrong)) => {
                problems.extend(wrong);
                Query::default()
            }
            Err(other) => return Err(other),
        };
        let columns = columns.or_else(|| field("status")).ok_or_else(|| Error::internal("tickets without states"))?;
        if rows == Some(columns) && problems.is_empty() {
            problems.push(Problem::new("rows", "Rows and columns can't be of the same field."));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let nothing = rest.is_empty();
        Ok(Self { query: if nothing { usual(choices) } else { query }, columns, rows })
    }

    /// The query part of its address.
    pub fn address(&self) -> String {
        let mut parts: Vec<String> = vec![self.query.to_address()];
        if self.columns.name != "status" {
            parts.push(format!("columns={}", address::query_value(self.columns.name)));
        }
        parts.extend(self.rows.map(|rows| format!("rows={}", address::query_value(rows.name))));
        parts.retain(|part| !part.is_empty());
        if parts.is_empty() { "order=priority".to_owned() } else { parts.join("&") }
    }
}

/// Everything that is open, and what was closed of late.
fn usual(choices: &Choices) -> Query {
    let clause = |name: &str, negated: bool, values: Vec<String>| {
        let column = Column::built_in(name)?;
        Some(vec![Clause { column, operator: Operator::Is, negated, values }])
    };
    let closed: Vec<String> = closed_words(&choices.statuses).into_iter().map(str::to_owned).collect();
    let groups = [clause("status", true, closed), clause("resolved", false, vec![format!("{LATELY}..")])];
    Query { groups: groups.into_iter().flatten().collect(), ..Query::default() }
}

/// The field of that name, if a board can be parted by it.
fn parting(choices: &Choices, name: &str) -> std::result::Result<&'static Field, String> {
    partings(choices).find(|field| field.name == name).ok_or_else(|| {
        let known: Vec<&str> = partings(choices).map(|field| field.name).collect();
        format!("A board has no columns or rows by “{}”; it can have them by {}.", shortened(name), known.join(", "))
    })
}

/// The fields by which a board can be parted.
pub(super) fn partings(choices: &Choices) -> impl Iterator<Item = &'static Field> {
    chart::groupings(choices).filter(|field| field.kind != Kind::Check)
}

/// One column or row.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub id: Option<i64>,
    /// As forms and queries write it; empty for none.
    pub name: String,
    pub label: String,
    /// Of a state.
    pub category: Option<Category>,
    /// A ticket can be given it.
    pub takes: bool,
}

/// The ids of a column and of a row.
type Place = (Option<i64>, Option<i64>);

#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub total: usize,
    pub lines: Vec<TicketLine>,
}

pub(super) struct Board {
    pub columns: Vec<Value>,
    /// One without a name where nothing parts it into rows.
    pub rows: Vec<Value>,
    pub cells: HashMap<Place, Cell>,
    pub total: usize,
    /// Columns and rows that are left out.
    pub left_out: usize,
}

impl Board {
    /// What this viewer sees of it.
    pub fn load(db: &Connection, viewer: &Viewer, choices: &Choices, asked: &Asked) -> Result<Self> {
        let statement = compile(&asked.query, db, viewer, choices)?;
        let column = field_sql(db, viewer, asked.columns)?;
        let row =
            asked.rows.map(|field| field_sql(db, viewer, field)).transpose()?.unwrap_or_else(|| "null".to_owned());
        let mut cells: HashMap<Place, Cell> = HashMap::new();
        if viewer.may(TICKET_VIEW) {
            let (sql, parameters) = statement.cell_counts(&column, &row);
            let mut counted = db.prepare_cached(&sql)?;
            let mut rows = counted.query(params_from_iter(parameters))?;
            while let Some(row) = rows.next()? {
                let total: i64 = row.get(2)?;
                let total = usize::try_from(total).unwrap_or_default();
                cells.insert((row.get(0)?, row.get(1)?), Cell { total, lines: Vec::new() });
            }
        }
        let used = |of: fn(&Place) -> Option<i64>| -> Vec<Option<i64>> {
            let mut ids: Vec<Option<i64>> = cells.keys().map(of).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let mut columns = values(db, viewer, choices, asked.columns, &used(|(column, _)| *column))?;
        let mut left_out = columns.len().saturating_sub(MOST_COLUMNS);
        columns.truncate(MOST_COLUMNS);
        let mut rows = match asked.rows {
            Some(field) => {
                let found = used(|(_, row)| *row);
                let mut rows = values(db, viewer, choices, field, &found)?;
                rows.retain(|row| found.contains(&row.id));
                rows
            }
            None => vec![Value { id: None, ..value(0, "", false) }],
        };
        left_out += rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let total = cells.values().map(|cell| cell.total).sum();
        let mut board = Self { columns, rows, cells, total, left_out };
        if total > 0 {
            let most = if asked.rows.is_some() { MOST_CARDS_IN_ROWS } else { MOST_CARDS };
            let (sql, parameters) = statement.cells(&column, &row, most);
            board.fill(db, viewer, choices, (&sql, parameters))?;
        }
        Ok(board)
    }

    /// Puts the cards into the cells that are shown.
    fn fill(
        &mut self,
        db: &Connection,
        viewer: &Viewer,
        choices: &Choices,
        (sql, parameters): (&str, Vec<rusqlite::types::Value>),
    ) -> Result<()> {
        let mut statement = db.prepare_cached(sql)?;
        let mut found = statement.query(params_from_iter(parameters))?;
        let (mut ids, mut places) = (Vec::new(), Vec::new());
        while let Some(row) = found.next()? {
            let place: Place = (row.get(1)?, row.get(2)?);
            let shown =
                self.columns.iter().any(|column| column.id == place.0) && self.rows.iter().any(|row| row.id == place.1);
            if shown {
                ids.push(row.get(0)?);
                places.push(place);
            }
        }
        let mut lines = line::load(db, &ids, false, None)?;
        line::wait(db, viewer, choices, &mut lines)?;
        for (line, place) in lines.into_iter().zip(places) {
            if let Some(cell) = self.cells.get_mut(&place) {
                cell.lines.push(line);
            }
        }
        Ok(())
    }

    pub fn cell(&self, column: &Value, row: &Value) -> Option<&Cell> {
        self.cells.get(&(column.id, row.id))
    }

    /// How many there are in a column, on all rows.
    pub fn in_column(&self, column: &Value) -> usize {
        self.cells.iter().filter(|((id, _), _)| *id == column.id).map(|(_, cell)| cell.total).sum()
    }

    pub fn in_row(&self, row: &Value) -> usize {
        self.cells.iter().filter(|((_, id), _)| *id == row.id).map(|(_, cell)| cell.total).sum()
    }
}

/// The values of a field in their order: those that can be chosen, and those beside them that tickets have.
fn values(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    field: &'static Field,
    used: &[Option<i64>],
) -> Result<Vec<Value>> {
    let mut values: Vec<Value> = match field.kind {
        Kind::Status => (choices.statuses.iter())
            .map(|status| Value {
                category: Some(status.category),
                ..value(status.id, &status.name, status.retired_at.is_none())
            })
            .collect(),
        Kind::Milestone => (choices.milestones.iter())
            .filter(|row| viewer.may(MILESTONE_VIEW) && viewer.sees_class(row.acl) || used.contains(&Some(row.id)))
            .map(|milestone| value(milestone.id, &milestone.name, milestone.completed_at.is_none()))
            .collect(),
        Kind::Person => {
            let ids: Vec<i64> = used.iter().copied().flatten().chain(viewer.person).collect();
            let people = People::load(db, ids.iter().copied())?.shown_to(viewer);
            let mut values: Vec<Value> = ids
                .iter()
                .map(|id| Value { label: people.called(Some(*id)), ..value(*id, people.login(Some(*id)), true) })
                .collect();
            values.sort_by_key(|value| (value.label.to_lowercase(), value.id));
            values.dedup_by_key(|value| value.id);
            values
        }
        _ => (choices.options.iter().filter(|option| option.field == field.name))
            .map(|option| value(option.id, &option.name, option.retired_at.is_none()))
            .collect(),
    };
    values.retain(|value| value.takes || used.contains(&value.id));
    // A component that is hidden from somebody who takes part in one of its tickets has no name for them.
    let known: Vec<Option<i64>> = values.iter().map(|value| value.id).collect();
    let nameless = used.iter().filter(|id| id.is_some() && !known.contains(id));
    values.extend(nameless.map(|id| Value { id: *id, label: "other".to_owned(), ..value(0, "", false) }));
    let may_be_empty = !matches!(field.kind, Kind::Status | Kind::Option { empty: false }) || used.contains(&None);
    if may_be_empty && !known.contains(&None) {
        let none = Value { id: None, label: "none".to_owned(), ..value(0, "", true) };
        // Nobody comes first where work is handed out, no milestone last where it is planned.
        if field.kind == Kind::Person { values.insert(0, none) } else { values.push(none) }
    }
    Ok(values)
}

fn value(id: i64, name: &str, takes: bool) -> Value {
    Value { id: Some(id), name: name.to_owned(), label: name.to_owned(), category: None, takes }
}
