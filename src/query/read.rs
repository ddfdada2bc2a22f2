//! How Trac's written forms become a tree: what a name and a value mean, and everything that can be wrong with them. What the
//! form for people shares with them is here, too: how large a query may be, and what each column can be asked.

use super::condition::{insert, lifted};
use super::operator::operator_of;
use super::tree::{AT, Clause, Column, Condition, FURTHER, IS, IS_WORDS, Operator, Order, Query};
use super::{dates, ids, measures, people, words};
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
const NOT_OURS: [&str; 6] = ["format", "report", "update", "action", "verbs", "raw"];

/// What may stand between a name and its `=`.
const SIGNS: [&str; 12] = ["", "!", "~", "^", "$", "!~", "!^", "!$", ">", "<", "!>", "!<"];
/// The characters of those.
pub(super) const SIGN: [char; 7] = ['~', '^', '$', '!', '>', '<', ' '];

/// How much of a query has been read.
#[derive(Default)]
pub(super) struct Size {
    clauses: usize,
    values: usize,
    parts: usize,
}

impl Size {
    /// Counts a condition and its values; a sentence if that is too much.
    pub(super) fn add(&mut self, clauses: usize, values: usize, parts: usize) -> std::result::Result<(), String> {
        self.clauses += clauses;
        self.values += values;
        self.parts += parts;
        if self.parts > MOST_PARTS {
            return Err(format!("A query looks for at most {MOST_PARTS} pieces of texts."));
        }
        if self.clauses > MOST_CLAUSES {
            return Err(format!("A query has at most {MOST_CLAUSES} conditions."));
        }
        if self.values > MOST_VALUES {
            return Err(format!("A query asks for at most {MOST_VALUES} values."));
        }
        Ok(())
    }
}

/// How many values and pieces of texts a column is asked for by this; a sentence if it can't be asked for that.
pub(super) fn checked(column: Column, operator: Operator, value: &str) -> std::result::Result<(usize, usize), String> {
    if !column.takes(operator) {
        return Err(format!("{} takes {}, nothing else.", column.label(), column.takes_what()));
    }
    if value.contains('\0') {
        return Err("This holds a character that no text of a ticket has.".to_owned());
    }
    let is_empty = value.trim().is_empty();
    if is_empty && (!operator.is_tracs() || column.is_question()) {
        return Err(format!("{}: it is not said what to compare with.", column.label()));
    }
    let pieces = || words::split(value).len().max(1);
    match (operator, column) {
        (Operator::Contains | Operator::Begins | Operator::Ends, _) => return Ok((1, pieces())),
        (Operator::Changed, _) => dates::check_stretch(value)?,
        (Operator::Is | Operator::Was, Column::Id) => return Ok((ids::ranges(value)?.len().max(1), 0)),
        (_, Column::Id) => ids::number(value).map(|_| ())?,
        (Operator::Is, column) if column.is_time() => dates::check(value)?,
        (Operator::During | Operator::Was, column) if column.is_time() => dates::check_stretch(value)?,
        (_, column) if column.is_time() => dates::check_end(value)?,
        (Operator::Is | Operator::Was, column) if column.is_measured() => measures::check(column, value)?,
        (_, column) if column.is_measured() => measures::measure(column, value).map(|_| ())?,
        (_, Column::Of(field)) if field.kind == Kind::Tickets && !is_empty => {
            return Ok((ids::ranges(&value.replace('#', ""))?.len().max(1), 0));
        }
        (_, column) if column == Column::Of(&IS) && !IS_WORDS.contains(&value.trim()) => {
            return Err(format!(
                "“{}” is nothing that a ticket is; known are {}.",
                shortened(value),
                IS_WORDS.join(", ")
            ));
        }
        (_, column) if column.is_question() && column != Column::Of(&IS) => return Ok((1, pieces())),
        _ => {}
    }
    Ok((1, 0))
}

/// Builds a query from names and values in the order in which they stand.
pub(super) struct Reading<'a> {
    fields: &'a Fields,
    query: Query,
    group: Vec<Clause>,
    further: Vec<Condition>,
    /// How the list is to look, as was said along with that.
    said: Vec<Query>,
    problems: Vec<Problem>,
    size: Size,
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
            further: Vec::new(),
            said: Vec::new(),
            problems: Vec::new(),
            size: Size::default(),
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
                let order = self.shown_column(name, value).map(|column| Order { column, descending: false });
                self.query.order.extend(order);
                self.count(0, 1, 0);
            }
            "desc" => match self.query.order.last_mut() {
                Some(order) => order.descending = is_yes(value),
                None => self.descends = is_yes(value),
            },
            "group" => self.group_by(value),
            "groupdesc" => self.group_descends = is_yes(value),
            "col" => {
                if let Some(column) = self.shown_column(name, value) {
                    let columns = self.query.columns.get_or_insert_default();
                    if !columns.contains(&column) {
                        columns.push(column);
                    }
                }
                self.count(0, 1, 0);
            }
            "row" | "rows" => self.row(name, value),
            "verbose" => {
                if is_yes(value) {
                    self.row(name, "description");
                }
            }
            "max" => self.query.max = self.number(name, value, 0).or(self.query.max),
            "page" => self.query.page = self.number(name, value, 1).unwrap_or(1),
            FURTHER if self.fields.named(name).is_none() => self.further(value),
            AT if self.fields.named(name).is_none() => self.at(value),
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
        for said in self.said {
            self.query.look_like(said);
        }
        self.query.groups.push(self.group);
        let further = Condition::all(self.further);
        (self.query.groups, self.query.further) = lifted(Condition::of(&self.query.groups, further.as_ref()));
        Ok(self.query)
    }

    /// `field`, `field!`, `field~`, `field!~` and a value that may begin with an operator itself.
    fn condition(&mut self, written: &str, value: &str) {
        let name = written.trim_end_matches(SIGN);
        let sign = written[name.len()..].trim();
        let name = name.trim_start();
        let Some(column) = self.column(name, name) else { return };
        if !SIGNS.contains(&sign) {
            self.problem(name, format!("“{}” is no way to compare.", shortened(sign)));
            return;
        }
        // `priority>=major`: the `=` belongs to the sign.
        let equals = if sign.ends_with(['>', '<']) { "=" } else { "" };
        let (negated, operator, value) = operator_of(column, &format!("{sign}{equals}{value}"));
        if !equals.is_empty() && operator.is_tracs() {
            self.problem(name, format!("{} takes {}, nothing else.", column.label(), column.takes_what()));
            return;
        }
        match checked(column, operator, &value) {
            Ok((values, parts)) => self.count(0, values, parts),
            Err(message) => {
                self.problem(name, message);
                return;
            }
        }
        let before = self.group.len();
        insert(&mut self.group, Clause { column, operator, negated, values: vec![value] });
        self.count(self.group.len() - before, 0, 0);
    }

    /// What the groups can't say, in the form for people.
    fn further(&mut self, text: &str) {
        match people::said(self.fields, None, &mut self.size, text) {
            Ok(said) => {
                self.further.extend(said.condition);
                self.said.push(said.manner);
            }
            Err(slips) => slips.into_iter().for_each(|slip| self.problem(FURTHER, slip.told(text))),
        }
    }

    fn at(&mut self, value: &str) {
        match (value.trim(), dates::check_end(value)) {
            ("", _) => {}
            (value, Ok(())) => self.query.at = Some(value.to_owned()),
            (_, Err(message)) => self.problem(AT, message),
        }
    }

    fn count(&mut self, clauses: usize, values: usize, parts: usize) {
        if let Err(message) = self.size.add(clauses, values, parts) {
            self.too_much(message);
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

    /// A column that has values, which can be shown and put into order.
    fn shown_column(&mut self, field: &str, name: &str) -> Option<Column> {
        let column = self.column(field, name)?;
        if column.is_question() {
            self.problem(field, format!("“{}” can be asked for, but has no value of its own.", column.name()));
            return None;
        }
        Some(column)
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
