//! A question to the tickets as a tree, and how Trac's two forms write it. Pure: no database, no viewer.
//!
//! A query is an *or* of groups, a group is an *and* over columns. Within a group the values asked of one column are
//! alternatives of each other, and the negated ones all hold (rows Q02, Q05): `status=new&status=assigned` is either state,
//! `status=!new&status=!assigned` neither. Operators that Trac has not got ask for something beside that, see
//! [`Operator::is_tracs`]. What groups can't say stands beside them, as a [`Condition`]; Trac's forms hold it as `q=`, in the
//! words of the form for people ([`people`](super::people)).

pub use super::column::{ABOUT, Column, IS, IS_WORDS, TEXT, UNREAD};
pub use super::condition::Condition;
use super::lookup::Lookups;
pub use super::operator::Operator;
use super::operator::escaped;
use super::people;
use crate::base::error::{Error, Result};
pub use crate::ticket::asked::USER;
use crate::ticket::fields::Field;
use crate::web::address;

/// A list without `max` shows so many tickets on a page (row Q20).
pub const DEFAULT_PAGE_SIZE: usize = 100;
/// The names of what Trac's forms have not got: what the groups can't say, and the moment.
pub(super) const FURTHER: &str = "q";
pub(super) const AT: &str = "at";
/// The column that orders a list that names none (row Q18).
pub const DEFAULT_ORDER: &str = "priority";

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Any of these; every ticket if there is none.
    pub groups: Vec<Vec<Clause>>,
    /// And this, if there is anything that the groups can't say.
    pub further: Option<Condition>,
    /// A date or a moment, as it was typed: the tickets as they were then; none: as they are.
    pub at: Option<String>,
    /// By the first, then by the next; then always by id. By [`DEFAULT_ORDER`] if empty.
    pub order: Vec<Order>,
    pub group: Option<Order>,
    pub columns: Option<Vec<Column>>,
    /// Long texts that are shown below each ticket over the whole width (row Q17).
    pub rows: Vec<&'static Field>,
    /// Tickets on a page, 0 for all of them.
    pub max: Option<usize>,
    /// Counted from 1.
    pub page: usize,
    /// What was looked up elsewhere. No part of what is written; see [`looked_up`](super::looked_up).
    pub lookups: Lookups,
}

/// All values that one column is asked for in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    pub column: Column,
    pub operator: Operator,
    pub negated: bool,
    /// As they were typed: dates and ranges of ids are read when the query is run, `$USER` is replaced then.
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub column: Column,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            further: None,
            at: None,
            order: Vec::new(),
            group: None,
            columns: None,
            rows: Vec::new(),
            max: None,
            page: 1,
            lookups: Lookups::default(),
        }
    }
}

impl Query {
    /// The pairs of its address form, in canonical order; reading them gives this query again.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (at, group) in self.groups.iter().enumerate() {
            if at > 0 {
                pairs.push(("or".to_owned(), String::new()));
            }
            for clause in group {
                let values = clause.values.iter().map(|value| clause.prefix() + &escaped(clause.operator, value));
                pairs.extend(values.map(|value| (clause.column.name().to_owned(), value)));
            }
        }
        pairs.extend(self.further.iter().map(|further| (FURTHER.to_owned(), people::written(further))));
        pairs.extend(self.manner());
        pairs
    }

    /// What is no condition: order, group, columns, paging.
    fn manner(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        for order in &self.order {
            pairs.push(("order", order.column.name().to_owned()));
            if order.descending {
                pairs.push(("desc", "1".to_owned()));
            }
        }
        if let Some(group) = &self.group {
            pairs.push(("group", group.column.name().to_owned()));
            if group.descending {
                pairs.push(("groupdesc", "1".to_owned()));
            }
        }
        for column in self.columns.iter().flatten() {
            pairs.push(("col", column.name().to_owned()));
        }
        for row in &self.rows {
            pairs.push(("row", row.name.to_owned()));
        }
        if let Some(max) = self.max {
            pairs.push(("max", max.to_string()));
        }
        if self.page != 1 {
            pairs.push(("page", self.page.to_string()));
        }
        if let Some(at) = &self.at {
            pairs.push((AT, at.clone()));
        }
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The address form without a question mark: `status=!closed&order=priority`.
    pub fn to_address(&self) -> String {
        written(&self.pairs())
    }

    /// Where it is shown, below the project's address: `/query?status=!closed`.
    pub fn href(&self) -> String {
        at(&self.to_address())
    }

    /// The text form: `status!=closed&keywords~=red|blue`.
    pub fn to_text(&self) -> String {
        let mut clauses: Vec<String> = Vec::new();
        for (at, group) in self.groups.iter().enumerate() {
            if at > 0 {
                clauses.push("or".to_owned());
            }
            clauses.extend(group.iter().map(|clause| {
                let values = clause.values.iter().map(|value| shielded(&escaped(clause.operator, value)));
                // Beside the `=` a sign of ours could be taken for another one.
                let (before, each) = match clause.operator.is_tracs() {
                    true => (clause.prefix(), String::new()),
                    false => (String::new(), clause.prefix()),
                };
                let values: Vec<String> = values.map(|value| each.clone() + &value).collect();
                format!("{}{before}={}", clause.column.name(), values.join("|"))
            }));
        }
        clauses.extend(self.further.iter().map(|further| format!("{FURTHER}={}", shielded(&people::written(further)))));
        clauses.extend(self.manner().iter().map(|(name, value)| format!("{name}={}", shielded(value))));
        clauses.join("&")
    }

    /// Takes on what another one says of how the list looks.
    pub(super) fn look_like(&mut self, other: Self) {
        if !other.order.is_empty() {
            self.order = other.order;
        }
        if !other.rows.is_empty() {
            self.rows = other.rows;
        }
        self.group = other.group.or(self.group);
        self.columns = other.columns.or(self.columns.take());
        self.max = other.max.or(self.max);
        self.at = other.at.or(self.at.take());
        if other.page != 1 {
            self.page = other.page;
        }
    }

    /// Its order, or the one that goes without saying.
    pub fn effective_order(&self) -> Vec<Order> {
        if !self.order.is_empty() {
            return self.order.clone();
        }
        Column::built_in(DEFAULT_ORDER).map(|column| Order { column, descending: false }).into_iter().collect()
    }

    /// Tickets on a page; none if all of them are.
    pub fn page_size(&self) -> Option<usize> {
        Some(self.max.unwrap_or(DEFAULT_PAGE_SIZE)).filter(|size| *size > 0)
    }

    /// Whether a column has one and the same value in all that is found.
    pub fn fixes(&self, column: Column) -> bool {
        let mut fixed: Option<&str> = None;
        for group in &self.groups {
            let mut asked = group.iter().filter(|clause| clause.column == column);
            let (Some(clause), None) = (asked.next(), asked.next()) else { return false };
            match clause.values.as_slice() {
                [value]
                    if clause.operator == Operator::Is
                        && !clause.negated
                        && !value.is_empty()
                        && fixed.is_none_or(|fixed| fixed == value) =>
                {
                    fixed = Some(value);
                }
                _ => return false,
            }
        }
        fixed.is_some() && !matches!(column, Column::Id) && !column.is_time()
    }

    pub fn asks_for(&self, column: Column) -> bool {
        self.clauses().iter().any(|clause| clause.column == column)
    }

    /// Everything that is asked, in the groups and beside them.
    pub fn clauses(&self) -> Vec<&Clause> {
        let mut clauses: Vec<&Clause> = self.groups.iter().flatten().collect();
        if let Some(further) = &self.further {
            further.each(&mut |clause| clauses.push(clause));
        }
        clauses
    }

    /// Refuses to act on tickets as they were.
    pub fn require_now(&self) -> Result<()> {
        match self.at {
            None => Ok(()),
            Some(_) => {
                Err(Error::invalid(AT, "Tickets are changed as they are now, not as they were at another moment."))
            }
        }
    }

    /// The whole condition, as the form for people writes it.
    pub fn condition(&self) -> Option<Condition> {
        Condition::of(&self.groups, self.further.as_ref())
    }
}

impl Clause {
    /// What its values begin with in the address form: `!~`.
    pub fn prefix(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.operator.sign())
    }

    /// What its values are alternatives of each other in: the column, and the operator where Trac has not got it.
    pub fn key(&self) -> (Column, Option<Operator>) {
        (self.column, Some(self.operator).filter(|operator| !operator.is_tracs()))
    }
}

fn at(query: &str) -> String {
    if query.is_empty() { "/query".to_owned() } else { format!("/query?{query}") }
}

fn written(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| match name.as_str() {
            "or" => name.clone(),
            _ => format!("{}={}", address::query_value(name), address::query_value(value)),
        })
        .collect();
    pairs.join("&")
}

/// A value of the text form: separators get a backslash, and backslashes before one are doubled.
fn shielded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut backslashes = 0;
    for character in value.chars() {
        if matches!(character, '|' | '&') {
            text.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
        text.push(character);
    }
    // A separator or the end may follow.
    text.push_str(&"\\".repeat(backslashes));
    text
}
