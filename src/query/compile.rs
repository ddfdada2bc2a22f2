//! A query becomes one statement under the viewer's access classes. Every value is bound; names of options, states,
//! milestones and people are ids before the statement is made, so that an index serves it.
//!
//! What is empty asks for nothing: a value that contains, begins or ends with nothing is left out, a group without any
//! condition is no group (row Q07). A name that nobody and nothing has is found in no ticket, and “not” that name in all.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::dates::{self, Clock, Span};
use super::tree::{Clause, Column, Operator, Order, Query, USER};
use super::words::{self, Word};
use super::{ids, measures};
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::base::project::called;
use crate::base::text::{fold, natural};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::ticket::fields::{Choices, Field, Kind};
use crate::ticket::options::category_meant;
use crate::ticket::sight::sees_sql;
use crate::ticket::{merge, relations, seen, tally, time_store};

/// So many ids stand in a statement one by one, more as one list.
const MOST_IN_PLACE: usize = 64;
/// A text is looked through for so many others in one call.
const MOST_PARTS: usize = 100;

/// A statement in parts: the same conditions find, count and group.
#[derive(Debug)]
pub struct Statement {
    condition: String,
    /// Those of the condition.
    parameters: Vec<Value>,
    ranks: Vec<String>,
    joins: Vec<String>,
    order: String,
    group_order: String,
    /// Those of the order, after the others.
    order_parameters: Vec<Value>,
    /// The value that groups them, as SQL.
    group: Option<String>,
    /// What orders first, if that is a column with few ids.
    first: Option<Ranked>,
    /// What is asked of every ticket beside the condition: that it stands for itself, where any is merged into another.
    standing: String,
    /// If nothing but state, class, milestone and the column that orders first decides what is found: the same condition
    /// in two parts.
    tallied: Option<Tallied>,
}

/// What is counted beforehand, and what has to be counted for this viewer.
#[derive(Debug)]
struct Tallied {
    of_classes: String,
    /// None: they see nothing only because they take part in it.
    of_their_own: Option<String>,
}

/// A column of ids and their order.
#[derive(Debug)]
struct Ranked {
    column: &'static str,
    ids: Vec<i64>,
    descending: bool,
}

/// A stretch of a list: the tickets that have the same value where it is ordered first.
#[derive(Debug)]
pub struct Stretch {
    /// None: those with no value, or one that has no place in the order.
    id: Option<i64>,
    pub tickets: usize,
}

impl Statement {
    /// Ids in their order with the value of the column that groups them. A negative limit is none.
    pub fn ids(&self, limit: i64, offset: i64) -> (String, Vec<Value>) {
        self.ids_where("", limit, offset)
    }

    /// The same of some stretches alone, which are less to put into order.
    pub fn ids_within(&self, stretches: &[Stretch], limit: i64, offset: i64) -> (String, Vec<Value>) {
        let Some(first) = &self.first else { return self.ids(limit, offset) };
        let named: Vec<i64> = stretches.iter().filter_map(|stretch| stretch.id).collect();
        let mut any = vec![format!("ticket.{} in ({})", first.column, listed(&named))];
        if stretches.iter().any(|stretch| stretch.id.is_none()) {
            any.push(first.nowhere());
        }
        self.ids_where(&format!(" and ({})", any.join(" or ")), limit, offset)
    }

    fn ids_where(&self, and: &str, limit: i64, offset: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.extend([Value::Integer(limit), Value::Integer(offset)]);
        let sql = format!(
            "{with}select ticket.id, {} as grouped from ticket{} where {}{}{and} order by {} limit ?{} offset ?{}",
            self.group.as_deref().unwrap_or("null"),
            self.joins.concat(),
            self.condition,
            self.standing,
            self.order,
            parameters.len() - 1,
            parameters.len()
        );
        (sql, parameters)
    }

    /// How many there are in each stretch of the list: the column's id and the number, in no order. None if nothing is
    /// ordered by a column of few ids.
    pub fn stretches(&self) -> Option<(String, Vec<Value>)> {
        let first = self.first.as_ref()?;
        let (column, condition) = (first.column, &self.condition);
        let sql = if let Some(tallied) = &self.tallied {
            // The counters of milestones (0: none) have it for the whole project, too: a few rows, however large it is.
            let (field, value) = if matches!(column, "status" | "milestone") { ("", "none") } else { (column, column) };
            let of_classes = format!(
                "select {column}, sum(tickets) as tickets from (
                     select acl, status, nullif(milestone, 0) as milestone, nullif(value, 0) as {value}, tickets
                     from ticket_tally where field = '{field}' and milestone in (select 0 union all select id from milestone)
                 ) as ticket where {} group by 1",
                tallied.of_classes
            );
            match &tallied.of_their_own {
                None => of_classes,
                Some(own) => format!(
                    "select {column}, sum(tickets) from ({of_classes}
                         union all select {column}, count(*) from ticket where {own}{} group by 1) group by 1",
                    self.standing
                ),
            }
        } else {
            format!("select {column}, count(*) from ticket where {condition}{} group by 1", self.standing)
        };
        Some((sql, self.parameters.clone()))
    }

    /// The stretches in their order, of what [`Self::stretches`] found.
    pub fn in_order(&self, found: &[(Option<i64>, usize)]) -> Vec<Stretch> {
        let Some(first) = &self.first else { return Vec::new() };
        let of = |id: i64| found.iter().find(|(found, _)| *found == Some(id)).map_or(0, |(_, tickets)| *tickets);
        let mut stretches: Vec<Stretch> =
            first.ids.iter().map(|id| Stretch { id: Some(*id), tickets: of(*id) }).collect();
        let placed: usize = stretches.iter().map(|stretch| stretch.tickets).sum();
        let all: usize = found.iter().map(|(_, tickets)| *tickets).sum();
        stretches.push(Stretch { id: None, tickets: all - placed });
        if first.descending {
            stretches.reverse();
        }
        stretches
    }

    /// All of them, in no order.
    pub fn members(&self) -> (String, Vec<Value>) {
        let sql = format!("select ticket.id from ticket where {}{}", self.condition, self.standing);
        (sql, self.parameters.clone())
    }

    /// Those whose date in a column of the ticket lies in a span of days (the second one is the first after it): number and
    /// date, by date and then in their order.
    pub fn on_days(&self, column: &'static str, (from, to): (&str, &str), most: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.extend([Value::from(from.to_owned()), Value::from(to.to_owned()), Value::Integer(most)]);
        let last = parameters.len();
        let sql = format!(
            "{with}select ticket.id, ticket.{column} from ticket{} where {}{}
             and ticket.{column} >= ?{} and ticket.{column} < ?{} order by ticket.{column}, {} limit ?{last}",
            self.joins.concat(),
            self.condition,
            self.standing,
            last - 2,
            last - 1,
            self.order
        );
        (sql, parameters)
    }

    /// How many there are.
    pub fn count(&self) -> (String, Vec<Value>) {
        let sql = format!("select count(*) from ticket where {}{}", self.condition, self.standing);
        (sql, self.parameters.clone())
    }

    /// How many there are for each value of the column that groups them, in the order of the groups.
    pub fn group_counts(&self) -> Option<(String, Vec<Value>)> {
        let value = self.group.as_deref()?;
        let (with, parameters) = self.ordered();
        let sql = format!(
            "{with}select {value} as grouped, count(*) from ticket{} where {}{} group by {value} order by {}",
            self.joins.concat(),
            self.condition,
            self.standing,
            self.group_order
        );
        Some((sql, parameters))
    }

    /// How many there are in each state, for each value of the column that groups them, if one does.
    pub fn state_counts(&self) -> (String, Vec<Value>) {
        let Some(value) = self.group.as_deref() else {
            let sql = format!(
                "select null, status, count(*) from ticket where {}{} group by status",
                self.condition, self.standing
            );
            return (sql, self.parameters.clone());
        };
        let (with, parameters) = self.ordered();
        let sql = format!(
            "{with}select {value} as grouped, ticket.status, count(*) from ticket{} where {}{}
             group by {value}, ticket.status order by {}",
            self.joins.concat(),
            self.condition,
            self.standing,
            self.group_order
        );
        (sql, parameters)
    }

    /// How many there are for each pair of values of two columns, given as SQL.
    pub fn cell_counts(&self, column: &str, row: &str) -> (String, Vec<Value>) {
        let sql = format!(
            "select {column}, {row}, count(*) from ticket where {}{} group by 1, 2",
            self.condition, self.standing
        );
        (sql, self.parameters.clone())
    }

    /// The first of them for each pair of such values, in their order: number, column, row.
    pub fn cells(&self, column: &str, row: &str, most: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.push(Value::Integer(most));
        let sql = format!(
            "{with}select id, across, down from (
                 select ticket.id as id, {column} as across, {row} as down,
                   row_number() over (partition by {column}, {row} order by {}) as place
                 from ticket{} where {}{})
             where place <= ?{} order by across, down, place",
            self.order,
            self.joins.concat(),
            self.condition,
            self.standing,
            parameters.len()
        );
        (sql, parameters)
    }

    /// The tables of ranks that the order refers to, and everything bound so far.
    fn ordered(&self) -> (String, Vec<Value>) {
        let with = if self.ranks.is_empty() { String::new() } else { format!("with {} ", self.ranks.join(", ")) };
        (with, [self.parameters.as_slice(), &self.order_parameters].concat())
    }
}

impl Ranked {
    /// That a ticket has none of the ids.
    fn nowhere(&self) -> String {
        format!("(ticket.{0} is null or ticket.{0} not in ({1}))", self.column, listed(&self.ids))
    }
}

/// The column of a field as SQL; none if it has none. What was worked on a merged ticket counts where that lives on.
fn column_sql(viewer: &Viewer, any_merged: bool, field: &Field) -> Option<String> {
    match field.column() {
        Some("worked") if any_merged => Some(time_store::worked_sql(viewer)),
        column => column.map(|column| format!("ticket.{column}")),
    }
}

/// The current value of a field as SQL, of several the first. Names of a project's own fields are words of letters, digits
/// and `_`, which is what makes them fit to stand here.
fn value_sql(viewer: &Viewer, any_merged: bool, field: &'static Field) -> String {
    match column_sql(viewer, any_merged, field) {
        Some(column) => column,
        None if field.kind == Kind::Text => format!(
            "(select value from ticket_value where ticket_value.ticket = ticket.id and field = '{}' and to_change is null)",
            field.name
        ),
        None => format!(
            "(select value from ticket_current where ticket_current.ticket = ticket.id and field = '{}'
                order by ord limit 1)",
            field.name
        ),
    }
}

/// The same for a statement that is made of parts elsewhere.
pub(super) fn field_sql(db: &Connection, viewer: &Viewer, field: &'static Field) -> Result<String> {
    Ok(value_sql(viewer, merge::any(db)?, field))
}

fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_lowercase().as_str(), "1" | "yes" | "true" | "on")
}

fn listed(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// The statement for this viewer. What is wrong with dates and ids is told by field.
pub fn compile(query: &Query, db: &Connection, viewer: &Viewer, choices: &Choices) -> Result<Statement> {
    let any_merged = merge::any(db)?;
    let clock = Clock { now: Instant::now(), zone: viewer.zone() };
    let mut compiler = Compiler {
        db,
        viewer,
        choices,
        clock,
        any_merged,
        people: OnceCell::new(),
        parameters: Vec::new(),
        ranks: Vec::new(),
        joins: Vec::new(),
    };
    let mut groups = Vec::new();
    for group in &query.groups {
        groups.extend(compiler.group(group)?);
    }
    let asked_for = if groups.is_empty() { String::new() } else { format!(" and {}", joined(groups, " or ")) };
    let condition = format!("{}{asked_for}", viewer.sees_sql("ticket", "ticket"));
    let condition_parameters = compiler.parameters.len();
    let order = compiler.order(query)?;
    let first = compiler.first(query)?;
    let mut parameters = compiler.parameters;
    let order_parameters = parameters.split_off(condition_parameters);
    let group = query.group.and_then(|group| group.column.field()).map(|field| value_sql(viewer, any_merged, field));
    let column = first.as_ref().map(|first| first.column);
    let asked = query.groups.iter().flatten().map(|clause| clause.column.name());
    let is_tallied = column
        .is_some_and(|column| matches!(column, "status" | "milestone") || tally::FIELDS.contains(&column))
        && asked.into_iter().all(|name| matches!(name, "status" | "milestone") || Some(name) == column);
    let tallied = is_tallied.then(|| Tallied {
        of_classes: format!("{}{asked_for}", viewer.sees_whole_sql("ticket")),
        of_their_own: viewer.joins_sql("ticket", "ticket").map(|own| format!("{own}{asked_for}")),
    });
    Ok(Statement {
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
    people: OnceCell<Vec<PersonRow>>,
    parameters: Vec<Value>,
    ranks: Vec<String>,
    joins: Vec<String>,
}

struct PersonRow {
    id: i64,
    called: String,
    folded_login: String,
    folded_name: String,
}

/// Values of a column that holds ids.
#[derive(Default)]
struct Ids {
    ids: BTreeSet<i64>,
    /// That it has none.
    none: bool,
}

impl Compiler<'_> {
    /// All columns of a group; none if it asks for nothing.
    fn group(&mut self, group: &[Clause]) -> Result<Option<String>> {
        let mut columns: Vec<Column> = Vec::new();
        for clause in group {
            if !columns.contains(&clause.column) {
                columns.push(clause.column);
            }
        }
        let mut conditions = Vec::new();
        for column in columns {
            let clauses: Vec<&Clause> = group.iter().filter(|clause| clause.column == column).collect();
            conditions.extend(self.column(column, &clauses)?);
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

    /// Conditions that are true or false, never NULL; one for each value that asks for something.
    fn tests(&mut self, column: Column, values: Vec<(Operator, String)>) -> Result<Vec<String>> {
        let mut tests = Vec::new();
        let mut equal = Vec::new();
        let mut parts: Vec<(Operator, String)> = Vec::new();
        for (operator, value) in values {
            match (column, operator) {
                (Column::Id, _) => tests.extend(self.id_test(&value)?),
                (Column::Of(field), _) if column.is_time() => tests.extend(self.time_test(field, &value)?),
                (Column::Of(field), _) if column.is_measured() => tests.extend(self.measure_test(field, &value)?),
                (Column::Of(field), _) if field.kind == Kind::People => {
                    tests.extend(self.people_test(operator, &value)?)
                }
                (column, _) if column.is_unread() => tests.push(self.unread_test(&value)),
                (Column::Of(field), _) if field.kind == Kind::Check => tests.push(self.check_test(field, &value)),
                (Column::Of(field), _) if field.kind == Kind::Tickets => tests.push(self.tickets_test(field, &value)?),
                (Column::Of(field), _) if field.is_id() => tests.push(self.current_ids_test(field, operator, &value)?),
                (Column::Of(field), Operator::Is) if field.own && value.trim().is_empty() => {
                    tests.push(self.current_test(field, None));
                }
                (Column::Of(field), Operator::Contains) if field.kind == Kind::Words => {
                    tests.extend(self.words_test(field, &value));
                }
                (Column::Of(field), Operator::Is) if field.own => {
                    let value = self.bound(value.trim().to_owned());
                    tests.push(self.current_test(field, Some(&format!("value = {value}"))));
                }
                (Column::Of(_), Operator::Is) => equal.push(value.trim().to_owned()),
                (Column::Of(_), _) => parts.push((operator, value)),
            }
        }
        if !equal.is_empty() {
            let marks: Vec<String> = equal.into_iter().map(|value| self.bound(value)).collect();
            tests.push(format!("ticket.{} in ({})", column.name(), marks.join(", ")));
        }
        // Neighbours of one kind are looked for together.
        for parts in parts.chunk_by(|one, other| one.0 == other.0) {
            let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
            if let Column::Of(field) = column {
                tests.extend(texts.chunks(MOST_PARTS).map(|texts| self.text_test(field, parts[0].0, texts)));
            }
        }
        Ok(tests)
    }

    fn id_test(&mut self, list: &str) -> Result<Option<String>> {
        let mut ranges = ids::ranges(list).map_err(|message| Error::invalid("id", message))?;
        ranges.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        let (single, long): (Vec<_>, Vec<_>) = merged.into_iter().partition(|(first, last)| first == last);
        let mut tests: Vec<String> = Vec::new();
        if !single.is_empty() {
            let list = self.list(single.into_iter().map(|(id, _)| id));
            tests.push(format!("ticket.id in ({list})"));
        }
        for (first, last) in long {
            tests.push(format!("ticket.id between {} and {}", self.bound(first), self.bound(last)));
        }
        Ok((!tests.is_empty()).then(|| joined(tests, " or ")))
    }

    fn time_test(&mut self, field: &Field, text: &str) -> Result<Option<String>> {
        let span = dates::span(text, &self.clock).map_err(|message| Error::invalid(field.name, message))?;
        let Span::Between(from, until) = span else {
            return Ok(Some(self.scalar_test(field, None)));
        };
        let mut end = |end: Option<Instant>, sign: &str| {
            let end = end?;
            let value = match field.kind {
                // A date is on the day of its end, as whoever asks has it.
                Kind::Date => Value::from(moment::iso(moment::day_of(end, &self.clock.zone))?),
                _ => Value::from(end.0),
            };
            Some(format!("value {sign} {}", self.bound(value)))
        };
        let ends: Vec<String> = end(from, ">=").into_iter().chain(end(until, "<")).collect();
        Ok((!ends.is_empty()).then(|| self.scalar_test(field, Some(&ends.join(" and ")))))
    }

    fn measure_test(&mut self, field: &'static Field, text: &str) -> Result<Option<String>> {
        let range = measures::range(Column::Of(field), text).map_err(|message| Error::invalid(field.name, message))?;
        let Some((least, most)) = range else { return Ok(Some(self.scalar_test(field, None))) };
        let least = least.map(|least| format!("cast(value as real) >= {}", self.bound(least)));
        let most = most.map(|most| format!("cast(value as real) <= {}", self.bound(most)));
        let ends: Vec<String> = least.into_iter().chain(most).collect();
        Ok((!ends.is_empty()).then(|| self.scalar_test(field, Some(&ends.join(" and ")))))
    }

    /// The tickets in which something is new to whoever asks; none to those who are not signed in.
    fn unread(&mut self) -> String {
        let Some(identity) = &self.viewer.principal.identity else { return "select null where 0".to_owned() };
        let account = self.bound(identity.uuid.clone());
        seen::unread_sql(self.viewer, &account, None)
    }

    fn unread_test(&mut self, value: &str) -> String {
        let not = if is_yes(value) { "" } else { "not " };
        format!("ticket.id {not}in ({})", self.unread())
    }

    /// Ticked or not; anything but yes in some form means not.
    fn check_test(&mut self, field: &Field, value: &str) -> String {
        match (field.column(), is_yes(value)) {
            (Some(column), yes) => format!("ticket.{column} = {}", u8::from(yes)),
            (None, true) => self.current_test(field, Some("value = 1")),
            (None, false) => self.current_test(field, None),
        }
    }

    /// A test of the one value that a field has, called `value` in it, or (none) that it has none.
    fn scalar_test(&mut self, field: &Field, test: Option<&str>) -> String {
        let Some(column) = column_sql(self.viewer, self.any_merged, field) else {
            return self.current_test(field, test);
        };
        match test {
            Some(test) => format!("({column} is not null and {})", test.replace("value", &column)),
            None => format!("{column} is null"),
        }
    }

    /// A test of the values of a field that is no column, called `value` in it: that one of them meets it, or (none) that
    /// there are none.
    fn current_test(&mut self, field: &Field, test: Option<&str>) -> String {
        let name = self.bound(field.name.to_owned());
        if field.kind == Kind::Text {
            // Long texts stand in the spans alone.
            let spans = format!(
                "select 1 from ticket_value where ticket_value.ticket = ticket.id and field = {name} and to_change is null"
            );
            return match test {
                Some(test) => format!("exists ({spans} and {test})"),
                None => format!("not exists ({spans})"),
            };
        }
        match test {
            Some(test) => format!("ticket.id in (select ticket from ticket_current where field = {name} and {test})"),
            None => format!("ticket.id not in (select ticket from ticket_current where field = {name})"),
        }
    }

    /// Options and people of a field that is no column.
    fn current_ids_test(&mut self, field: &'static Field, operator: Operator, value: &str) -> Result<String> {
        if operator == Operator::Is && value.trim().is_empty() {
            return Ok(self.current_test(field, None));
        }
        let found = self.ids(field, &[(operator, value.to_owned())])?;
        let list = self.list(found.ids);
        Ok(self.current_test(field, Some(&format!("value in ({list})"))))
    }

    /// A relation from either end: `depends_on=3`, `blocks=3`. What the viewer may not see is related to nothing, and what was
    /// merged into a ticket means that ticket.
    fn tickets_test(&mut self, field: &Field, value: &str) -> Result<String> {
        let (relation, near, far) = relations::kept(field);
        let name = self.bound(relation.to_owned());
        let ranges = ids::ranges(&value.replace('#', "")).map_err(|message| Error::invalid(field.name, message))?;
        let mut tests = Vec::new();
        for (first, last) in ranges {
            let between = format!("between {} and {}", self.bound(first), self.bound(last));
            tests.push(format!("({far} {between} and {})", self.sees(far)));
            if self.any_merged {
                tests.push(format!(
                    "{far} in (with recursive member(id) as (
                         select merged.id from ticket as merged where merged.merged_into {between} and {sees}
                         union select merged.id from member join ticket as merged on merged.merged_into = member.id)
                       select id from member)",
                    sees = sees_sql(self.viewer, "merged.merged_into")
                ));
            }
        }
        let none = value.trim().is_empty();
        let test = match tests.is_empty() {
            true if none => self.sees(far),
            true => "0".to_owned(),
            false => joined(tests, " or "),
        };
        let mut related = format!("select {near} as id from ticket_current where field = {name} and {test}");
        if self.any_merged {
            related = format!(
                "with recursive home(id) as ({related}
                     union select merged.merged_into from home join ticket as merged on merged.id = home.id
                         where merged.merged_into is not null)
                 select id from home"
            );
        }
        Ok(format!("ticket.id {}in ({related})", if none { "not " } else { "" }))
    }

    /// That the viewer sees the ticket in this column of `ticket_current`.
    fn sees(&self, column: &str) -> String {
        sees_sql(self.viewer, &format!("ticket_current.{column}"))
    }

    /// Whether a text has one of these in it; no text of a ticket is NULL.
    fn text_test(&mut self, field: &Field, operator: Operator, parts: &[&str]) -> String {
        let function = match operator {
            Operator::Is | Operator::Contains => "text_holds",
            Operator::Begins => "text_begins",
            Operator::Ends => "text_ends",
        };
        let marks: Vec<String> = parts.iter().map(|part| self.bound(fold(part))).collect();
        match field.column() {
            Some(column) => format!("{function}(ticket.{column}, {})", marks.join(", ")),
            None => self.current_test(field, Some(&format!("{function}(value, {})", marks.join(", ")))),
        }
    }

    /// All words are in it, and none of those with a minus (row Q08).
    fn words_test(&mut self, field: &Field, text: &str) -> Option<String> {
        let tests: Vec<String> = words::split(text)
            .into_iter()
            .map(|Word { text, unwanted }| {
                let test = self.text_test(field, Operator::Contains, &[&text]);
                if unwanted { format!("not {test}") } else { test }
            })
            .collect();
        (!tests.is_empty()).then(|| joined(tests, " and "))
    }

    /// Of several people: that one of them is meant. Words as in other lists, each anywhere in the names of one of them.
    fn people_test(&mut self, operator: Operator, text: &str) -> Result<Option<String>> {
        if operator == Operator::Is && text.trim().is_empty() {
            return Ok(Some(
                "not exists (select 1 from participant where resource_kind = 'ticket' and resource_id = ticket.id
                   and role = 'cc')"
                    .to_owned(),
            ));
        }
        let words = match operator {
            Operator::Contains => words::split(text),
            _ => vec![Word { text: text.to_owned(), unwanted: false }],
        };
        let mut tests = Vec::new();
        for Word { text, unwanted } in words {
            let people = self.people(operator, &text)?;
            let list = self.list(people);
            let not = if unwanted { "not " } else { "" };
            tests.push(format!(
                "ticket.id {not}in (select resource_id from participant where person in ({list})
                   and resource_kind = 'ticket' and role = 'cc')"
            ));
        }
        Ok((!tests.is_empty()).then(|| joined(tests, " and ")))
    }

    fn id_column(
        &mut self,
        field: &Field,
        wanted: &[(Operator, String)],
        unwanted: &[(Operator, String)],
    ) -> Result<Option<String>> {
        let Some(column) = field.column() else { return Ok(None) };
        let mut conditions = Vec::new();
        let (yes, no) = (self.ids(field, wanted)?, self.ids(field, unwanted)?);
        if field.kind == Kind::Status && !(wanted.is_empty() && unwanted.is_empty()) {
            // Every ticket has a state, so that what it is not says what it is, and an index serves.
            let states = self.choices.statuses.iter().map(|status| status.id);
            let list =
                self.list(states.filter(|id| (wanted.is_empty() || yes.ids.contains(id)) && !no.ids.contains(id)));
            return Ok(Some(format!("ticket.{column} in ({list})")));
        }
        if !wanted.is_empty() {
            let mut any = Vec::new();
            if !yes.ids.is_empty() || !yes.none {
                any.push(format!("ticket.{column} in ({})", self.list(yes.ids)));
            }
            if yes.none {
                any.push(format!("ticket.{column} is null"));
            }
            conditions.push(joined(any, " or "));
        }
        if !unwanted.is_empty() {
            let list = self.list(no.ids);
            conditions.push(match no.none {
                true => format!("(ticket.{column} is not null and ticket.{column} not in ({list}))"),
                false => format!("(ticket.{column} is null or ticket.{column} not in ({list}))"),
            });
        }
        Ok((!conditions.is_empty()).then(|| joined(conditions, " and ")))
    }

    /// Everything that one of these values names.
    fn ids(&self, field: &Field, values: &[(Operator, String)]) -> Result<Ids> {
        let mut found = Ids::default();
        for (operator, value) in values {
            if *operator == Operator::Is && value.trim().is_empty() {
                found.none = true;
                continue;
            }
            match field.kind {
                Kind::Person => found.ids.extend(self.people(*operator, value)?),
                Kind::Status => {
                    let word = Some(value.trim()).filter(|_| *operator == Operator::Is);
                    let category = word.and_then(|word| category_meant(&self.choices.statuses, word));
                    let named = self
                        .choices
                        .statuses
                        .iter()
                        .filter(|row| is_named(&row.name, *operator, value) || category == Some(row.category));
                    found.ids.extend(named.map(|row| row.id));
                }
                Kind::Milestone => {
                    let named = self.choices.milestones.iter().filter(|row| is_named(&row.name, *operator, value));
                    found.ids.extend(named.map(|row| row.id));
                }
                _ => {
                    let options = self.choices.options.iter().filter(|row| row.field == field.name);
                    found.ids.extend(options.filter(|row| is_named(&row.name, *operator, value)).map(|row| row.id));
                }
            }
        }
        Ok(found)
    }

    /// People by login, letter for letter; else by login or full name, whatever the case.
    fn people(&self, operator: Operator, value: &str) -> Result<BTreeSet<i64>> {
        if operator == Operator::Is {
            let mut statement = self.db.prepare_cached("select id from person where login = ?1")?;
            return Ok(statement.query_map([value.trim()], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?);
        }
        let folded = fold(value);
        let named = self.everybody()?.iter().filter(|person| {
            [&person.folded_login, &person.folded_name].iter().any(|name| compares(name, operator, &folded))
        });
        Ok(named.map(|person| person.id).collect())
    }

    fn everybody(&self) -> Result<&[PersonRow]> {
        if let Some(people) = self.people.get() {
            return Ok(people);
        }
        let mut statement = self.db.prepare_cached("select id, login, display_name from person")?;
        let people = statement
            .query_map([], |row| {
                let (login, name): (String, String) = (row.get(1)?, row.get(2)?);
                Ok(PersonRow {
                    id: row.get(0)?,
                    called: natural(&called(Some(&login), Some(&name))),
                    folded_login: fold(&login),
                    folded_name: fold(&name),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(self.people.get_or_init(|| people))
    }

    /// First by what groups, then as asked, then by id (rows Q18, Q19).
    fn order(&mut self, query: &Query) -> Result<Vec<String>> {
        let mut terms = Vec::new();
        let mut seen: Vec<Column> = Vec::new();
        for order in query.group.into_iter().chain(query.effective_order()) {
            if !seen.contains(&order.column) {
                seen.push(order.column);
                terms.push(self.order_term(order)?);
            }
        }
        if !seen.contains(&Column::Id) {
            terms.push("ticket.id".to_owned());
        }
        Ok(terms)
    }

    /// What orders first, if that is a column of few ids.
    fn first(&self, query: &Query) -> Result<Option<Ranked>> {
        let Some(order) = query.group.into_iter().chain(query.effective_order()).next() else { return Ok(None) };
        let Column::Of(field) = order.column else { return Ok(None) };
        let Some(column) = field.column().filter(|_| field.is_id()) else { return Ok(None) };
        let ids = self.ranked(field)?;
        let few = !ids.is_empty() && ids.len() <= MOST_IN_PLACE;
        Ok(few.then_some(Ranked { column, ids, descending: order.descending }))
    }

    /// What is empty comes last, and first where the order is turned round.
    fn order_term(&mut self, order: Order) -> Result<String> {
        let direction = if order.descending { " desc" } else { "" };
        let Column::Of(field) = order.column else { return Ok(format!("ticket.id{direction}")) };
        let nulls = if order.descending { "desc nulls first" } else { "asc nulls last" };
        Ok(match field.kind {
            _ if order.column.is_unread() => {
                let unread = self.unread();
                self.ranks.push(format!("unread(id) as ({unread})"));
                format!("(ticket.id in (select id from unread)){direction}")
            }
            Kind::Time if matches!(field.name, "time" | "changetime") => {
                format!("{}{direction}", self.value_sql(field))
            }
            Kind::Line | Kind::Text | Kind::Words | Kind::Url => {
                format!("nullif(folded({}), '') {nulls}", self.value_sql(field))
            }
            Kind::Number => format!("cast({} as real) {nulls}", self.value_sql(field)),
            Kind::Time | Kind::Moment | Kind::Date | Kind::Minutes | Kind::Check => {
                format!("{} {nulls}", self.value_sql(field))
            }
            Kind::Tickets => {
                let (relation, near, far) = relations::kept(field);
                format!(
                    "(select {far} from ticket_current where {near} = ticket.id and field = '{relation}' and {}
                        order by ticket, ord limit 1) {nulls}",
                    self.sees(far)
                )
            }
            Kind::People => format!(
                "(select min(folded(coalesce(nullif(person.display_name, ''), person.login))) from participant
                   join person on person.id = participant.person
                   where participant.resource_kind = 'ticket' and participant.resource_id = ticket.id
                     and participant.role = 'cc') {nulls}"
            ),
            Kind::Status | Kind::Option { .. } | Kind::Options | Kind::Milestone | Kind::Person => {
                let ranked = self.ranked(field)?;
                format!("{} {nulls}", self.rank(field, &ranked))
            }
        })
    }

    fn value_sql(&self, field: &'static Field) -> String {
        value_sql(self.viewer, self.any_merged, field)
    }

    /// The ids of a field in the order of what they name.
    fn ranked(&self, field: &Field) -> Result<Vec<i64>> {
        Ok(match field.kind {
            Kind::Status => self.choices.statuses.iter().map(|row| row.id).collect(),
            Kind::Milestone => self.choices.milestones.iter().map(|row| row.id).collect(),
            Kind::Person => {
                let mut people: Vec<&PersonRow> = self.everybody()?.iter().collect();
                people.sort_by(|one, other| (&one.called, one.id).cmp(&(&other.called, other.id)));
                people.into_iter().map(|person| person.id).collect()
            }
            _ => {
                let mut options: Vec<_> = self.choices.options.iter().filter(|row| row.field == field.name).collect();
                if field.name == "version" {
                    options.sort_by_cached_key(|row| {
                        (row.released_at.is_none(), row.released_at, natural(&row.name), row.id)
                    });
                }
                options.into_iter().map(|row| row.id).collect()
            }
        })
    }

    /// The rank of a column's id as SQL.
    fn rank(&mut self, field: &'static Field, ranked: &[i64]) -> String {
        if ranked.is_empty() {
            return "null".to_owned();
        }
        if ranked.len() <= MOST_IN_PLACE {
            let whens: Vec<String> =
                ranked.iter().enumerate().map(|(rank, id)| format!("when {id} then {rank}")).collect();
            return format!("case {} {} end", self.value_sql(field), whens.join(" "));
        }
        let list = self.bound(json(ranked.iter().copied()));
        let name = format!("{}_rank", field.name);
        self.ranks.push(format!(
            "{name}(id, place) as materialized (select cast(value as integer), key from json_each({list}))"
        ));
        self.joins.push(format!(" left join {name} on {name}.id = {}", self.value_sql(field)));
        format!("{name}.place")
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

/// Whether a ticket whose column has this name meets what a group asks of that column. `word` means it as well: that of its
/// category, of a state.
pub(super) fn could_be(name: &str, word: Option<&str>, group: &[Clause], column: Column) -> bool {
    let (mut asked, mut wanted) = (false, false);
    for clause in group.iter().filter(|clause| clause.column == column) {
        let meets = clause.values.iter().any(|value| {
            is_named(name, clause.operator, value) || clause.operator == Operator::Is && word == Some(value.trim())
        });
        if clause.negated && meets {
            return false;
        }
        asked |= !clause.negated;
        wanted |= !clause.negated && meets;
    }
    wanted || !asked
}

/// Equal letter for letter; else whatever the case (row Q06).
fn is_named(name: &str, operator: Operator, value: &str) -> bool {
    match operator {
        Operator::Is => name == value.trim(),
        _ => compares(&fold(name), operator, &fold(value)),
    }
}

fn compares(folded: &str, operator: Operator, part: &str) -> bool {
    match operator {
        Operator::Is => folded == part,
        Operator::Contains => folded.contains(part),
        Operator::Begins => folded.starts_with(part),
        Operator::Ends => folded.ends_with(part),
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
