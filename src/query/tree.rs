//! A question to the tickets as a tree, and its two written forms. Pure: no database, no viewer.
//!
//! A query is an *or* of groups, a group is an *and* over columns. Within a group the values asked of one column are
//! alternatives of each other, and the negated ones all hold (rows Q02, Q05): `status=new&status=assigned` is either state,
//! `status=!new&status=!assigned` neither.

pub use crate::ticket::asked::USER;
use crate::ticket::asked::{exactly, is_mistakable, is_shielded};
use crate::ticket::fields::{Field, Fields, Kind, field};
use crate::ticket::relations;
use crate::web::address;

/// A list without `max` shows so many tickets on a page (row Q20).
pub const DEFAULT_PAGE_SIZE: usize = 100;
/// The column that orders a list that names none (row Q18).
pub const DEFAULT_ORDER: &str = "priority";

/// Whether something in a ticket is new to whoever asks. No field of the ticket: everybody has their own.
pub static UNREAD: Field = Field { name: "unread", label: "Unread", kind: Kind::Check, own: false };

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Any of these; every ticket if there is none.
    pub groups: Vec<Vec<Clause>>,
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

/// What can be asked for, shown and ordered by: the number of a ticket, one of its fields, or the other end of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Id,
    Of(&'static Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal; of ids one of the ranges, of times within the span.
    Is,
    Contains,
    Begins,
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub column: Column,
    pub descending: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self { groups: Vec::new(), order: Vec::new(), group: None, columns: None, rows: Vec::new(), max: None, page: 1 }
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
                let values: Vec<String> =
                    clause.values.iter().map(|value| shielded(&escaped(clause.operator, value))).collect();
                format!("{}{}={}", clause.column.name(), clause.prefix(), values.join("|"))
            }));
        }
        clauses.extend(self.manner().iter().map(|(name, value)| format!("{name}={value}")));
        clauses.join("&")
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
        self.groups.iter().flatten().any(|clause| clause.column == column)
    }
}

impl Clause {
    /// What its values begin with in the address form: `!~`.
    pub fn prefix(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.operator.sign())
    }
}

impl Operator {
    pub const ALL: [Self; 4] = [Self::Is, Self::Contains, Self::Begins, Self::Ends];

    /// As both forms write it (row Q03).
    pub fn sign(self) -> &'static str {
        match self {
            Self::Is => "",
            Self::Contains => "~",
            Self::Begins => "^",
            Self::Ends => "$",
        }
    }
}

impl Column {
    /// The column of that name, by Trac's synonyms too (row Q12).
    pub fn named(fields: &Fields, name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "created" => field("time").map(Self::Of),
            "modified" => field("changetime").map(Self::Of),
            "unread" => Some(Self::Of(&UNREAD)),
            name => fields.named(name).or_else(|| relations::inverse(name)).map(Self::Of),
        }
    }

    /// That of a field which every project has.
    pub fn built_in(name: &str) -> Option<Self> {
        field(name).map(Self::Of)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Of(field) => field.name,
        }
    }

    pub fn is_unread(self) -> bool {
        self == Self::Of(&UNREAD)
    }

    /// As heads of tables call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Id => "Ticket",
            Self::Of(field) => field.label,
        }
    }

    pub fn field(self) -> Option<&'static Field> {
        match self {
            Self::Id => None,
            Self::Of(field) => Some(field),
        }
    }

    /// Instants and calendar dates.
    pub fn is_time(self) -> bool {
        self.field().is_some_and(|field| matches!(field.kind, Kind::Time | Kind::Moment | Kind::Date))
    }

    /// What is more or less: numbers, lengths of time.
    pub fn is_measured(self) -> bool {
        self.field().is_some_and(|field| matches!(field.kind, Kind::Number | Kind::Minutes))
    }

    /// What its values can be asked by: ids, times and numbers know nothing but ranges.
    pub fn takes(self, operator: Operator) -> bool {
        let counted = self.field().is_none_or(|field| matches!(field.kind, Kind::Tickets | Kind::Check));
        operator == Operator::Is || !(counted || self.is_time() || self.is_measured())
    }

    /// The same in words, for a column that takes ranges alone.
    pub fn takes_what(self) -> &'static str {
        match self.field().map(|field| field.kind) {
            None | Some(Kind::Tickets) => "numbers and ranges such as 1,3-5",
            Some(Kind::Check) => "1 or 0",
            Some(Kind::Number) => "a number or a range such as 1..5",
            Some(Kind::Minutes) => "a length of time or a range such as 1h..4h",
            _ => "a date or a range of dates",
        }
    }

    /// Whether a list can be parted by it (row Q19).
    pub fn groups(self) -> bool {
        !self.is_unread()
            && self.field().is_some_and(|field| {
                !field.kind.is_list() && !matches!(field.kind, Kind::Text | Kind::Time | Kind::Moment)
            })
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

/// Takes the operator from the beginning of a value: `!~x` is “does not contain x”. `$USER` is no operator, and a
/// backslash before what looks like one takes that meaning away.
pub(super) fn operator_of(text: &str) -> (bool, Operator, String) {
    let (negated, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (operator, rest) = match rest.chars().next() {
        Some('~') => (Operator::Contains, &rest[1..]),
        Some('^') => (Operator::Begins, &rest[1..]),
        Some('$') if !rest.starts_with(USER) => (Operator::Ends, &rest[1..]),
        _ => (Operator::Is, rest),
    };
    let value = rest.strip_prefix('\\').filter(|after| is_mistakable(after)).unwrap_or(rest);
    (negated, operator, value.to_owned())
}

fn escaped(operator: Operator, value: &str) -> String {
    let looks_like_one = match operator {
        Operator::Is => return exactly(value),
        // `$` and `USER` side by side would be `$USER`.
        Operator::Ends => value.starts_with(&USER[1..]),
        Operator::Contains | Operator::Begins => false,
    };
    if looks_like_one || is_shielded(value) { format!("\\{value}") } else { value.to_owned() }
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
