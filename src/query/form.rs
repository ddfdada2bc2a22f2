//! The filters of the query page without any script (row Q25): what the form sent becomes plain pairs, and a query becomes
//! the fields of the form again.
//!
//! The form sends `<n>_<field>` with `<n>_<field>_mode` before the values that it is for, `<n>_<field>_end` after a time,
//! and the buttons `add_<n>` (with the menu `add_filter_<n>`), `rm_filter_<n>_<field>[_<i>]` and `update`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::operator::operator_of;
use super::people;
use super::read::SIGN;
use super::tree::{ABOUT, AT, Clause, Column, Condition, FURTHER, IS, IS_WORDS, Operator, Query, TEXT, UNREAD, USER};
use crate::ticket::fields::{Choices, Field, Fields, Kind};
use crate::ticket::{options, relations};

/// No form has more groups than these.
const MOST_GROUPS: usize = 100;
/// Filters beyond these are not drawn.
const MOST_DRAWN: usize = 200;
/// The line that says what is asked is so long at most, in characters.
const LONGEST_LINE: usize = 300;
/// The fields that offer a box for each of their choices; others a menu.
const BOXES: [&str; 5] = ["status", "resolution", "type", "priority", "severity"];
/// More choices than these are a menu all the same.
const MOST_BOXES: usize = 12;
/// The columns that were ticked because nobody had chosen any.
pub const DEFAULT_COLUMNS: &str = "default_cols";

/// What a submitted form asks for.
pub struct Sent {
    /// The pairs of the address form.
    pub pairs: Vec<(String, String)>,
    /// A filter was added or taken away, so the filters stay in sight.
    pub editing: bool,
}

/// A part of a name that the form sends.
enum Name<'a> {
    Value(usize, Column),
    Mode(usize, Column),
    End(usize, Column),
    AddTo(usize),
    Menu(usize),
    Remove(usize, Column, Which),
    /// `<n>_<field>` with a field that there is not.
    Unknown(&'a str),
}

enum Which {
    All,
    Value(usize),
    /// Boxes of one field that are compared in several ways: the whole of one of them.
    Part(usize),
}

/// Values of a field that are compared in one way.
#[derive(Default)]
struct Part {
    mode: Option<String>,
    values: Vec<String>,
    ends: Vec<String>,
}

/// Whether an address was sent by the form.
pub fn is_sent(fields: &Fields, pairs: &[(String, String)]) -> bool {
    pairs.iter().any(|(name, _)| name == "update" || name_of(fields, name).is_some())
}

/// The plain pairs that a submitted form stands for.
pub fn sent(pairs: &[(String, String)], choices: &Choices) -> Sent {
    let mut parts: BTreeMap<usize, Vec<(Column, Vec<Part>)>> = BTreeMap::new();
    let (mut menus, mut added, mut removed) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    let mut others: Vec<(String, String)> = Vec::new();
    let mut default_columns = None;
    let mut plain_group = 0;
    for (name, value) in pairs {
        match name_of(&choices.fields, name) {
            Some(Name::Value(group, column)) => part(&mut parts, group, column).values.push(value.clone()),
            Some(Name::End(group, column)) => part(&mut parts, group, column).ends.push(value.clone()),
            Some(Name::Mode(group, column)) => {
                let of_column = of_column(&mut parts, group, column);
                match of_column.last_mut().filter(|part| part.mode.is_none()) {
                    Some(part) => part.mode = Some(value.clone()),
                    None => of_column.push(Part { mode: Some(value.clone()), ..Part::default() }),
                }
            }
            Some(Name::Menu(group)) => {
                menus.insert(group, value.clone());
            }
            Some(Name::AddTo(group)) => {
                added.insert(group);
            }
            Some(Name::Remove(group, column, which)) => removed.push((group, column, which)),
            Some(Name::Unknown(field)) => others.push((field.to_owned(), value.clone())),
            None if name == DEFAULT_COLUMNS => default_columns = Some(value.clone()),
            None if name == "or" => plain_group += 1,
            None if [FURTHER, AT].contains(&name.as_str()) && choices.fields.named(name).is_none() => {
                others.push((name.clone(), value.clone()));
            }
            None => match condition(&choices.fields, name, value) {
                // What stands in the address beside the fields of the form.
                Some(clause) => {
                    let of_column = of_column(&mut parts, plain_group.min(MOST_GROUPS), clause.column);
                    of_column.push(Part { mode: Some(clause.prefix()), values: clause.values, ends: Vec::new() });
                }
                None => others.push((name.clone(), value.clone())),
            },
        }
    }
    let editing = !(added.is_empty() && removed.is_empty());
    for (group, column, which) in removed {
        remove(of_column(&mut parts, group, column), which);
    }
    let updates = pairs.iter().any(|(name, _)| name == "update");
    for (group, field) in menus {
        if let Some(column) =
            Column::named(&choices.fields, &field).filter(|_| added.contains(&group) || updates && !editing)
        {
            add(of_column(&mut parts, group, column), column, choices);
        }
    }
    let groups: Vec<Vec<Clause>> = parts.into_values().map(clauses).filter(|group| !group.is_empty()).collect();
    let mut plain = Query { groups, ..Query::default() }.pairs();
    let chosen: Vec<&str> =
        others.iter().filter(|(name, _)| name == "col").map(|(_, column)| column.as_str()).collect();
    if default_columns.is_some_and(|columns| columns.split(',').eq(chosen.iter().copied())) {
        others.retain(|(name, _)| name != "col");
    }
    others.retain(|(name, value)| !value.is_empty() && name != "update");
    plain.extend(others);
    Sent { pairs: plain, editing }
}

fn name_of<'a>(fields: &Fields, name: &'a str) -> Option<Name<'a>> {
    let named = |name: &str| Column::named(fields, name);
    let group = |text: &str| text.parse::<usize>().ok().filter(|group| *group <= MOST_GROUPS);
    if let Some(rest) = name.strip_prefix("rm_filter_") {
        let (number, rest) = rest.split_once('_')?;
        let group = group(number)?;
        if let Some(column) = named(rest) {
            return Some(Name::Remove(group, column, Which::All));
        }
        let (field, index) = rest.rsplit_once('_')?;
        let which = match index.strip_prefix('m') {
            Some(part) => Which::Part(part.parse().ok()?),
            None => Which::Value(index.parse().ok()?),
        };
        return named(field).map(|column| Name::Remove(group, column, which));
    }
    if let Some(rest) = name.strip_prefix("add_filter_") {
        return group(rest).map(Name::Menu);
    }
    if let Some(rest) = name.strip_prefix("add_") {
        return group(rest).map(Name::AddTo);
    }
    let (number, field) = name.split_once('_')?;
    let group = group(number)?;
    if let Some(column) = field.strip_suffix("_mode").and_then(named) {
        return Some(Name::Mode(group, column));
    }
    if let Some(column) = field.strip_suffix("_end").and_then(named) {
        return Some(Name::End(group, column));
    }
    Some(named(field).map_or(Name::Unknown(field), |column| Name::Value(group, column)))
}

fn of_column(parts: &mut BTreeMap<usize, Vec<(Column, Vec<Part>)>>, group: usize, column: Column) -> &mut Vec<Part> {
    let group = parts.entry(group).or_default();
    let at = group.iter().position(|(known, _)| *known == column).unwrap_or_else(|| {
        group.push((column, Vec::new()));
        group.len() - 1
    });
    &mut group[at].1
}

fn part(parts: &mut BTreeMap<usize, Vec<(Column, Vec<Part>)>>, group: usize, column: Column) -> &mut Part {
    let of_column = of_column(parts, group, column);
    if of_column.is_empty() {
        of_column.push(Part::default());
    }
    let last = of_column.len() - 1;
    &mut of_column[last]
}

fn remove(parts: &mut Vec<Part>, which: Which) {
    match which {
        Which::All => parts.clear(),
        Which::Part(index) => {
            if index < parts.len() {
                parts.remove(index);
            }
        }
        Which::Value(mut index) => {
            for part in parts.iter_mut() {
                if index < part.values.len() {
                    part.values.remove(index);
                    if index < part.ends.len() {
                        part.ends.remove(index);
                    }
                    return;
                }
                index -= part.values.len();
            }
        }
    }
}

/// A new filter: what is typed asks for nothing yet, what is chosen begins with the first choice.
fn add(parts: &mut Vec<Part>, column: Column, choices: &Choices) {
    let offered = column.field().map(|field| offered(field, choices)).unwrap_or_default();
    let kind = column.field().map(|field| field.kind);
    let (mode, values) = match kind {
        None => ("", vec![String::new()]),
        _ if column == Column::Of(&IS) => ("", vec![IS_WORDS[0].to_owned()]),
        _ if column.is_question() => ("", vec![String::new()]),
        Some(Kind::Time | Kind::Moment | Kind::Date) => ("", vec!["..".to_owned()]),
        Some(Kind::Number | Kind::Minutes | Kind::Tickets) => ("", vec![String::new()]),
        Some(Kind::Check) => ("", vec!["1".to_owned()]),
        Some(Kind::Status) => {
            let closed = options::closed_words(&choices.statuses);
            ("!", closed.into_iter().map(str::to_owned).collect())
        }
        Some(Kind::Option { .. } | Kind::Options | Kind::Milestone) => {
            let first = offered.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            ("", vec![first])
        }
        Some(_) => ("~", vec![String::new()]),
    };
    let boxes = column.field().is_some_and(|field| has_boxes(field, choices));
    match parts.last_mut() {
        Some(_) if boxes => {}
        Some(part) => part.values.extend(values),
        None => parts.push(Part { mode: Some(mode.to_owned()), values, ends: Vec::new() }),
    }
}

fn clauses(group: Vec<(Column, Vec<Part>)>) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for (column, parts) in group {
        for part in parts {
            let (negated, operator, _) = operator_of(column, part.mode.as_deref().unwrap_or_default());
            let operator = if column.takes(operator) { operator } else { Operator::Is };
            let mut ends = part.ends.into_iter();
            let values: Vec<String> = part
                .values
                .into_iter()
                .map(|value| match ends.next().filter(|_| column.is_time()) {
                    Some(end) if !end.trim().is_empty() || !value.contains("..") => format!("{value}..{end}"),
                    _ => value,
                })
                .collect();
            if !values.is_empty() {
                clauses.push(Clause { column, operator, negated, values });
            }
        }
    }
    clauses
}

/// The groups that pairs of an address speak of, whether they can be asked or not, so that nothing typed is lost.
pub fn groups(fields: &Fields, pairs: &[(String, String)]) -> Vec<Vec<Clause>> {
    let mut groups: Vec<Vec<Clause>> = vec![Vec::new()];
    let mut drawn = 0;
    for (name, value) in pairs {
        if name == "or" {
            groups.push(Vec::new());
        }
        let (Some(clause), Some(group)) = (condition(fields, name, value), groups.last_mut()) else { continue };
        drawn += 1;
        if drawn > MOST_DRAWN {
            break;
        }
        let same = |known: &&mut Clause| {
            known.column == clause.column && known.operator == clause.operator && known.negated == clause.negated
        };
        match group.iter_mut().find(same) {
            Some(known) => known.values.extend(clause.values),
            None => group.push(clause),
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn condition(fields: &Fields, written: &str, value: &str) -> Option<Clause> {
    let name = written.trim_end_matches(SIGN);
    let column = Column::named(fields, name.trim())?;
    let (negated, operator, value) = operator_of(column, &format!("{}{value}", written[name.len()..].trim()));
    Some(Clause { column, operator, negated, values: vec![value] })
}

/// The fields of `query/show.html`.
#[derive(Debug, Serialize)]
pub struct Group {
    pub number: usize,
    pub filters: Vec<Filter>,
    pub can_add: Vec<Addable>,
}

#[derive(Debug, Serialize)]
pub struct Filter {
    pub field: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub modes: Vec<Mode>,
    pub options: Vec<Choice>,
    pub values: Vec<FilterValue>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// A way to compare.
#[derive(Debug, Clone, Serialize)]
pub struct Mode {
    pub value: &'static str,
    pub label: &'static str,
    pub chosen: bool,
}

#[derive(Debug, Serialize)]
pub struct FilterValue {
    pub value: String,
    pub end: String,
    pub remove: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Addable {
    pub label: &'static str,
    pub fields: Vec<Named>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Named {
    pub name: &'static str,
    pub label: &'static str,
}

/// The filters of these groups, and the next group that could be begun.
pub fn filters(groups: &[Vec<Clause>], choices: &Choices) -> (Vec<Group>, Group) {
    let can_add = can_add(choices);
    let drawn = groups.iter().enumerate().map(|(number, group)| {
        let mut filters = Vec::new();
        let mut counted: Vec<(Column, usize, usize)> = Vec::new();
        for clause in group {
            let at = counted.iter().position(|(column, _, _)| *column == clause.column).unwrap_or_else(|| {
                counted.push((clause.column, 0, 0));
                counted.len() - 1
            });
            let several = group.iter().filter(|other| other.column == clause.column).count() > 1;
            let (_, part, values) = &mut counted[at];
            filters.extend(filter(clause, number, (*part, *values), several, choices));
            *part += 1;
            *values += clause.values.len();
        }
        Group { number, filters, can_add: can_add.clone() }
    });
    (drawn.collect(), Group { number: groups.len(), filters: Vec::new(), can_add: can_add.clone() })
}

/// `part` and `first` count the ways of comparing and the values of this field that come before these.
fn filter(
    clause: &Clause,
    number: usize,
    (part, first): (usize, usize),
    several: bool,
    choices: &Choices,
) -> Vec<Filter> {
    let (field, label) = (clause.column.name(), clause.column.label());
    let chooses = clause.column.field().filter(|field| {
        clause.operator == Operator::Is
            && (matches!(
                field.kind,
                Kind::Option { .. } | Kind::Options | Kind::Status | Kind::Milestone | Kind::Check
            ) || **field == IS)
    });
    let value = |at: usize, value: &str| FilterValue {
        value: value.to_owned(),
        end: String::new(),
        remove: format!("rm_filter_{number}_{field}_{}", first + at),
    };
    let values = || clause.values.iter().enumerate().map(|(at, typed)| value(at, typed)).collect::<Vec<_>>();
    let modes = modes(clause, chooses.is_some());
    let one = |kind, options, values| Filter { field, label, kind, modes: modes.clone(), options, values };
    if clause.column.is_time() && clause.operator == Operator::Is {
        let filters = clause.values.iter().enumerate().map(|(at, typed)| {
            let (from, until) = typed.split_once("..").unwrap_or((typed, ""));
            let value = FilterValue { end: until.to_owned(), ..value(at, from) };
            one("time", Vec::new(), vec![value])
        });
        return filters.collect();
    }
    let Some(of) = chooses else {
        return vec![one("text", Vec::new(), values())];
    };
    let boxes = has_boxes(of, choices);
    let mut offered = offered(of, choices);
    for typed in &clause.values {
        if !offered.contains(typed) {
            offered.push(typed.clone());
        }
    }
    let options = offered
        .into_iter()
        .map(|name| Choice {
            label: match options::category_meant(&choices.statuses, &name).filter(|_| of.kind == Kind::Status) {
                _ if name.is_empty() => "(none)".to_owned(),
                _ if of.kind == Kind::Check && name == "1" => "yes".to_owned(),
                _ if of.kind == Kind::Check && name == "0" => "no".to_owned(),
                Some(category) => format!("any {} state", category.name()),
                None => name.clone(),
            },
            chosen: boxes && clause.values.contains(&name),
            value: name,
        })
        .collect();
    if !boxes {
        return vec![one("select", options, values())];
    }
    let remove =
        if several { format!("rm_filter_{number}_{field}_m{part}") } else { format!("rm_filter_{number}_{field}") };
    vec![one("choice", options, vec![FilterValue { value: String::new(), end: String::new(), remove }])]
}

fn modes(clause: &Clause, chooses: bool) -> Vec<Mode> {
    const PIECES: [(&str, &str); 8] = [
        ("~", "contains"),
        ("!~", "does not contain"),
        ("^", "begins with"),
        ("!^", "does not begin with"),
        ("$", "ends with"),
        ("!$", "does not end with"),
        ("", "is"),
        ("!", "is not"),
    ];
    const TIME: [(&str, &str); 2] = [("", "is between"), ("!", "is not between")];
    const WITHIN: [(&str, &str); 2] = [("=", "is within"), ("!=", "is not within")];
    const LATER: [(&str, &str); 8] = [
        (">", "is after"),
        (">=", "is in or after"),
        ("<", "is before"),
        ("<=", "is in or before"),
        ("!>", "is not after"),
        ("!>=", "is not in or after"),
        ("!<", "is not before"),
        ("!<=", "is not in or before"),
    ];
    const MORE: [(&str, &str); 8] = [
        (">", "is more than"),
        (">=", "is at least"),
        ("<", "is less than"),
        ("<=", "is at most"),
        ("!>", "is not more than"),
        ("!>=", "is not at least"),
        ("!<", "is not less than"),
        ("!<=", "is not at most"),
    ];
    const WAS: [(&str, &str); 2] = [("<<", "is or was once"), ("!<<", "is not and never was")];
    const CHANGED: [(&str, &str); 2] = [("><", "was changed in"), ("!><", "was not changed in")];
    let known: &[(&str, &str)] = match (clause.operator, clause.column) {
        (Operator::Was, _) => &WAS,
        (Operator::Changed, _) => &CHANGED,
        (Operator::During, _) => &WITHIN,
        (Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost, column) => {
            if column.is_time() {
                &LATER
            } else {
                &MORE
            }
        }
        (_, column) if column.is_time() => &TIME,
        (_, column) if !column.takes(Operator::Contains) => &PIECES[6..],
        _ if chooses => &PIECES[6..],
        _ => &PIECES,
    };
    let prefix = clause.prefix();
    known.iter().map(|(value, label)| Mode { value, label, chosen: *value == prefix }).collect()
}

/// The names that a field can be asked for, an empty one for none.
fn offered(field: &Field, choices: &Choices) -> Vec<String> {
    let none = std::iter::once(String::new());
    match field.kind {
        _ if *field == IS => IS_WORDS.map(str::to_owned).to_vec(),
        Kind::Status => choices
            .statuses
            .iter()
            .filter(|status| status.retired_at.is_none())
            .map(|status| status.name.clone())
            .collect(),
        Kind::Milestone => {
            let open = choices.milestones.iter().filter(|milestone| milestone.completed_at.is_none());
            let completed = choices.milestones.iter().filter(|milestone| milestone.completed_at.is_some());
            none.chain(open.chain(completed).map(|milestone| milestone.name.clone())).collect()
        }
        Kind::Check => vec!["1".to_owned(), "0".to_owned()],
        Kind::Option { .. } | Kind::Options => {
            let names = choices.options(field.name).map(|option| option.name.clone());
            if field.kind != (Kind::Option { empty: false }) { none.chain(names).collect() } else { names.collect() }
        }
        _ => Vec::new(),
    }
}

fn has_boxes(field: &Field, choices: &Choices) -> bool {
    BOXES.contains(&field.name) && offered(field, choices).len() <= MOST_BOXES
}

fn can_add(choices: &Choices) -> Vec<Addable> {
    let mut fields: Vec<Named> = std::iter::once(Column::Id)
        .chain(choices.fields().chain(&relations::INVERSES).map(Column::Of))
        .chain([&UNREAD, &ABOUT, &TEXT, &IS].map(Column::Of))
        .map(|column| Named { name: column.name(), label: column.label() })
        .collect();
    fields.sort_by_key(|field| field.label);
    vec![Addable { label: "", fields }]
}

/// What is asked, in one line; empty for every ticket.
pub fn in_words(groups: &[Vec<Clause>], further: Option<&Condition>) -> String {
    let said: Vec<String> = groups
        .iter()
        .map(|group| group.iter().filter_map(clause_in_words).collect::<Vec<_>>().join(" and "))
        .filter(|group| !group.is_empty())
        .collect();
    let said: Vec<String> = [said.join("; or "), further.map(people::written).unwrap_or_default()].into();
    let said: Vec<String> = said.into_iter().filter(|said| !said.is_empty()).collect();
    super::table::shortened(&said.join("; and "), LONGEST_LINE)
}

fn clause_in_words(clause: &Clause) -> Option<String> {
    let (column, operator) = (clause.column, clause.operator);
    let asks = |value: &&String| match column {
        _ if !operator.is_tracs() => true,
        Column::Id => !value.trim().is_empty(),
        column if column.is_time() => value.trim() != "..",
        _ => operator == Operator::Is || !value.is_empty(),
    };
    let is_check = column.field().is_some_and(|field| field.kind == Kind::Check);
    let values: Vec<String> = clause
        .values
        .iter()
        .filter(asks)
        .map(|value| match value.as_str() {
            "" => "empty".to_owned(),
            USER => "me".to_owned(),
            "1" if is_check => "yes".to_owned(),
            "0" if is_check => "no".to_owned(),
            ".." if operator == Operator::Changed => "any time".to_owned(),
            value if column.is_time() && operator == Operator::Is => {
                let (from, until) = value.split_once("..").unwrap_or((value, ""));
                match (from.trim(), until.trim()) {
                    (from, "") => format!("from {from}"),
                    ("", until) => format!("before {until}"),
                    (from, until) => format!("from {from} to {until}"),
                }
            }
            value => value.to_owned(),
        })
        .collect();
    if values.is_empty() {
        return None;
    }
    let verb = match (operator, clause.negated) {
        (_, false) if column == Column::Of(&IS) => return Some(format!("Is {}", values.join(" or "))),
        (_, true) if column == Column::Of(&IS) => return Some(format!("Is not {}", values.join(" or "))),
        (Operator::Is, false) if column.is_time() => {
            return Some(format!("{} {}", column.label(), values.join(" or ")));
        }
        (Operator::Is, true) if column.is_time() => "not",
        (Operator::Is, false) => "is",
        (Operator::Is, true) => "is not",
        (Operator::Contains, false) => "contains",
        (Operator::Contains, true) => "does not contain",
        (Operator::Begins, false) => "begins with",
        (Operator::Begins, true) => "does not begin with",
        (Operator::Ends, false) => "ends with",
        (Operator::Ends, true) => "does not end with",
        _ => modes(clause, false).into_iter().find(|mode| mode.chosen).map_or("", |mode| mode.label),
    };
    Some(format!("{} {verb} {}", column.label(), values.join(" or ")))
}
