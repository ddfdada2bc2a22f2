//! How both written forms become a tree: what a name and a value mean, and everything that can be wrong with them.

use super::tree::{Clause, Column, Operator, Order, Query, operator_of};
use super::{dates, ids, measures, words};
use crate::base::error::{Error, Problem, Result};
use crate::ticket::fields::{Fields, Kind};

/// A query is so long at most, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// It has so many conditions at most, and so many values in all of them.
pub const MOST_CLAUSES: usize = 200;
pub const MOST_VALUES: usize = 2_000;
/// Of these so many may be pieces of texts, which no index finds.
pub const MOST_PARTS: usize = 100;
/// More problems than these are not told.
const MOST_PROBLEMS: usize = 20;
/// Names that say how a page is made and nothing about tickets.
const NOT_OURS: [&str; 5] = ["format", "report", "update", "action", "verbs"];

/// What may stand between a name and its `=`.
const SIGNS: [&str; 8] = ["", "!", "~", "^", "$", "!~", "!^", "!$"];

/// Builds a query from names and values in the order in which they stand.
pub(super) struct Reading<'a> {
    fields: &'a Fields,
    query: Query,
    group: Vec<Clause>,
    problems: Vec<Problem>,
    clauses: usize,
    values: usize,
    parts: usize,
    /// `desc` came before any `order`.
    descends: bool,
    group_descends: bool,
    /// There is too much of it: nothing more is read.
    refused: bool,
}

impl<'a> Reading<'a> {
    /// Reads a query about tickets with these fields.
    pub(super) fn of(fields: &'a Fields) -> Self {
        Self {
            fields,
            query: Query::default(),
            group: Vec::new(),
            problems: Vec::new(),
            clauses: 0,
            values: 0,
            parts: 0,
            descends: false,
            group_descends: false,
            refused: false,
        }
    }

    /// Refuses what is too long to be read at all.
    pub(super) fn fits(bytes: usize) -> Result<()> {
        if bytes <= LONGEST {
            return Ok(());
        }
        Err(Error::invalid("query", format!("A query has at most {LONGEST} bytes; this one has {bytes}.")))
    }

    /// One value for a name; false if there is no sense in reading on.
    pub(super) fn pair(&mut self, name: &str, value: &str) -> bool {
        match name {
            "or" => {
                let group = std::mem::take(&mut self.group);
                self.query.groups.push(group);
            }
            "order" | "group" | "col" | "row" | "rows" if value.is_empty() => {}
            "order" => {
                let order = self.column(name, value).map(|column| Order { column, descending: false });
                self.query.order.extend(order);
                self.counted(1);
            }
            "desc" => match self.query.order.last_mut() {
                Some(order) => order.descending = is_yes(value),
                None => self.descends = is_yes(value),
            },
            "group" => self.group_by(value),
            "groupdesc" => self.group_descends = is_yes(value),
            "col" => {
                if let Some(column) = self.column(name, value) {
                    let columns = self.query.columns.get_or_insert_default();
                    if !columns.contains(&column) {
                        columns.push(column);
                    }
                }
                self.counted(1);
            }
            "row" | "rows" => self.row(name, value),
            "verbose" => {
                if is_yes(value) {
                    self.row(name, "description");
                }
            }
            "max" => self.query.max = self.number(name, value, 0).or(self.query.max),
            "page" => self.query.page = self.number(name, value, 1).unwrap_or(1),
            name if NOT_OURS.contains(&name) => {}
            name => self.condition(name, value),
        }
        !self.refused && self.problems.len() < MOST_PROBLEMS
    }

    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        let problem = Problem::new(shortened(field), message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn done(mut self) -> Result<Query> {
        if !self.problems.is_empty() {
            return Err(Error::Invalid(self.problems));
        }
        if self.descends {
            match self.query.order.first_mut() {
                Some(first) => first.descending = true,
                None => {
                    self.query.order = self
                        .query
                        .effective_order()
                        .into_iter()
                        .map(|order| Order { descending: true, ..order })
                        .collect();
                }
            }
        }
        if let Some(group) = &mut self.query.group {
            group.descending = self.group_descends;
        }
        self.query.groups.push(self.group);
        self.query.groups.retain(|group| !group.is_empty());
        Ok(self.query)
    }

    /// `field`, `field!`, `field~`, `field!~` and a value that may begin with an operator itself.
    fn condition(&mut self, written: &str, value: &str) {
        let name = written.trim_end_matches(['~', '^', '$', '!', ' ']);
        let sign = written[name.len()..].trim();
        let name = name.trim_start();
        let Some(column) = self.column(name, name) else { return };
        if !SIGNS.contains(&sign) {
            self.problem(name, format!("“{}” is no way to compare.", shortened(sign)));
            return;
        }
        let (negated, operator, value) = operator_of(&format!("{sign}{value}"));
        if !column.takes(operator) {
            self.problem(name, format!("{} takes {}, nothing else.", column.label(), column.takes_what()));
            return;
        }
        let values = match column {
            Column::Id => ids::ranges(&value).map(|ranges| ranges.len().max(1)),
            column if column.is_time() => dates::check(&value).map(|()| 1),
            column if column.is_measured() => measures::check(column, &value).map(|()| 1),
            Column::Of(field) if field.kind == Kind::Tickets && !value.trim().is_empty() => {
                ids::ranges(&value.replace('#', "")).map(|ranges| ranges.len().max(1))
            }
            _ if value.contains('\0') => Err("This holds a character that no text of a ticket has.".to_owned()),
            _ => Ok(1),
        };
        match values {
            Ok(values) => self.counted(values),
            Err(message) => self.problem(name, message),
        }
        if operator != Operator::Is {
            self.parts += words::split(&value).len().max(1);
            if self.parts > MOST_PARTS {
                self.too_much(format!("A query looks for at most {MOST_PARTS} pieces of texts."));
            }
        }
        let same =
            |clause: &&mut Clause| clause.column == column && clause.operator == operator && clause.negated == negated;
        match self.group.iter_mut().find(same) {
            Some(clause) => clause.values.push(value),
            None => {
                self.clauses += 1;
                if self.clauses > MOST_CLAUSES {
                    self.too_much(format!("A query has at most {MOST_CLAUSES} conditions."));
                }
                self.group.push(Clause { column, operator, negated, values: vec![value] });
            }
        }
    }

    fn counted(&mut self, values: usize) {
        self.values += values;
        if self.values > MOST_VALUES {
            self.too_much(format!("A query asks for at most {MOST_VALUES} values."));
        }
    }

    /// A limit is the one thing that is told: what comes after it was not read.
    fn too_much(&mut self, message: String) {
        if !self.refused {
            self.problems = vec![Problem::new("query", message)];
            self.refused = true;
        }
    }

    fn column(&mut self, field: &str, name: &str) -> Option<Column> {
        let column = Column::named(self.fields, name.trim());
        if column.is_none() {
            let message = match name.trim() {
                "" => "The name of a field is missing.".to_owned(),
                name => format!("There is no field “{}”.", shortened(name)),
            };
            self.problem(field, message);
        }
        column
    }

    fn group_by(&mut self, name: &str) {
        match self.column("group", name) {
            Some(column) if column.groups() => self.query.group = Some(Order { column, descending: false }),
            Some(column) => self.problem("group", format!("Lists can't be grouped by {}.", column.label())),
            None => {}
        }
    }

    fn row(&mut self, name: &str, value: &str) {
        let Some(column) = self.column(name, value) else { return };
        match column.field() {
            Some(field) if field.kind == Kind::Text => {
                if !self.query.rows.contains(&field) {
                    self.query.rows.push(field);
                }
            }
            _ => self.problem(name, format!("{} is no long text that could have a row of its own.", column.label())),
        }
    }

    fn number(&mut self, name: &str, value: &str, least: usize) -> Option<usize> {
        let value = value.trim();
        let number = value.parse().ok().filter(|number| (least..1_000_000_000).contains(number));
        if number.is_none() && !value.is_empty() {
            self.problem(name, format!("“{}” is no number from {least} on.", shortened(value)));
        }
        number
    }
}

fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "yes" | "true" | "on" | "enabled" | "aye")
}

/// What was typed, as a sentence can hold it.
pub(super) fn shortened(text: &str) -> String {
    let clean = |character: char| if character.is_control() { ' ' } else { character };
    match text.char_indices().nth(40) {
        Some((end, _)) => text[..end].chars().map(clean).chain(['…']).collect(),
        None => text.chars().map(clean).collect(),
    }
}
