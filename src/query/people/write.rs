//! A query in the form for people: as short as it can be and still read as the same tree.

use super::super::dates;
use super::super::tree::{ABOUT, Clause, Column, Condition, Operator, Order, Query, USER};
use super::{JOINTS, SIGNS, WORDS, knows_none, usual};
use crate::ticket::fields::Kind;

/// The whole query.
pub fn of_query(query: &Query) -> String {
    let condition = query.condition().iter().map(bare).collect::<Vec<_>>();
    condition.into_iter().chain(query.manner_words()).collect::<Vec<_>>().join(" ")
}

/// A condition alone.
pub fn written(condition: &Condition) -> String {
    bare(condition)
}

fn bare(condition: &Condition) -> String {
    let joined = |parts: &[Condition], between: &str, within: fn(&Condition) -> String| {
        parts.iter().map(within).collect::<Vec<_>>().join(between)
    };
    match condition {
        Condition::All(parts) => joined(parts, " ", |part| match part {
            Condition::Any(_) => format!("({})", bare(part)),
            other => bare(other),
        }),
        Condition::Any(parts) => joined(parts, " or ", bare),
        Condition::Not(inner) => format!("-({})", bare(inner)),
        Condition::Is(clause) => format!("{}{}", if clause.negated { "-" } else { "" }, term(clause)),
    }
}

fn term(clause: &Clause) -> String {
    let (column, name) = (clause.column, clause.column.name());
    match (clause.operator, clause.values.as_slice()) {
        // What could be a date as well says that it is none.
        (Operator::Changed, [always]) if always == ".." && dates::check_stretch(name).is_err() => {
            return format!("changed:{name}");
        }
        (Operator::Changed, values) => return format!("changed:{name}={}", list(clause, values)),
        (Operator::Was, values) => return format!("was:{name}={}", list(clause, values)),
        (Operator::Is, [number]) if column == Column::Id && is_digits(number) => return format!("#{number}"),
        (Operator::Is, [words]) if column == Column::Of(&ABOUT) => return quoted(words),
        _ => {}
    }
    let sign = match clause.operator {
        operator if operator == usual(column) => "",
        // Without a sign an empty value is none; with one it would be looked for.
        Operator::Is if knows_none(column) && clause.values.iter().all(String::is_empty) => "",
        operator => SIGNS.iter().find(|(_, known)| *known == operator).map_or("", |(sign, _)| sign),
    };
    let values: Vec<String> = clause.values.iter().map(|value| self::value(clause, value, sign.is_empty())).collect();
    format!("{}:{sign}{}", head(column), values.join(","))
}

/// The name of a column as it begins a condition.
fn head(column: Column) -> String {
    match column.name() {
        "changetime" => "changed".to_owned(),
        "time" => "created".to_owned(),
        // In quotes it is no word of the form itself.
        name if WORDS.contains(&name) || JOINTS.contains(&name) => quoted(name),
        name => name.to_owned(),
    }
}

/// What a list is like: order, group, columns, pages, moment.
impl Query {
    fn manner_words(&self) -> Vec<String> {
        let of = |order: &Order| format!("{}{}", if order.descending { "-" } else { "" }, order.column.name());
        let names = |names: Vec<String>| names.join(",");
        let mut words = Vec::new();
        if !self.order.is_empty() {
            words.push(format!("sort:{}", names(self.order.iter().map(of).collect())));
        }
        words.extend(self.group.iter().map(|group| format!("group:{}", of(group))));
        if let Some(columns) = &self.columns {
            words.push(format!("columns:{}", names(columns.iter().map(|column| column.name().to_owned()).collect())));
        }
        if !self.rows.is_empty() {
            words.push(format!("show:{}", names(self.rows.iter().map(|row| row.name.to_owned()).collect())));
        }
        words.extend(self.max.map(|max| format!("max:{max}")));
        words.extend(Some(self.page).filter(|page| *page != 1).map(|page| format!("page:{page}")));
        words.extend(self.at.iter().map(|at| format!("at:{}", in_place(at))));
        words
    }
}

fn list(clause: &Clause, values: &[String]) -> String {
    values.iter().map(|value| self::value(clause, value, true)).collect::<Vec<_>>().join(",")
}

fn value(clause: &Clause, value: &str, is_bare: bool) -> String {
    let of_people = clause.column.field().is_some_and(|field| matches!(field.kind, Kind::Person | Kind::People));
    let equal = matches!(clause.operator, Operator::Is | Operator::Was);
    if is_bare && equal && of_people && value == USER {
        return "me".to_owned();
    }
    if is_bare && clause.operator == Operator::Is && value.is_empty() && knows_none(clause.column) {
        return "none".to_owned();
    }
    in_place(value)
}

/// A value, in quotes where it needs them.
pub(super) fn in_place(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quoted(value) }
}

/// Whether a value can stand without quotes.
fn is_plain(value: &str) -> bool {
    let fits = |character: char| character.is_alphanumeric() || "_-./+:@#".contains(character);
    !value.is_empty() && value.chars().all(fits) && !["none", "any", "me"].contains(&value.to_lowercase().as_str())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}
