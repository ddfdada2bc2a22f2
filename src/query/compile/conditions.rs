//! What is asked of one column as SQL: a test of each value, by the kind of the column.

use rusqlite::types::Value;

use super::order::column_sql;
use super::{Compiler, joined};
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::query::dates::{self, Span};
use crate::query::past::current_table;
use crate::query::tree::{Column, Operator};
use crate::query::words::{self, Word};
use crate::query::{ids, measures};
use crate::ticket::fields::{Field, Kind};
use crate::ticket::sight::sees_sql;
use crate::ticket::{relations, seen};

/// A text is looked through for so many others in one call.
const MOST_PARTS: usize = 100;

impl Compiler<'_> {
    /// Conditions that are true or false, never NULL; one for each value that asks for something.
    pub(super) fn tests(&mut self, column: Column, values: Vec<(Operator, String)>) -> Result<Vec<String>> {
        let mut tests = Vec::new();
        let mut equal = Vec::new();
        let mut parts: Vec<(Operator, String)> = Vec::new();
        for (operator, value) in values {
            match (column, operator) {
                (Column::Of(field), Operator::Was | Operator::Changed) => {
                    tests.push(self.history_test(field, operator, &value)?);
                }
                _ if column.is_question() => tests.push(self.question_test(column, &value)?),
                (_, Operator::During) => tests.extend(self.during_test(column, &value)?),
                (_, Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost)
                    if !column.is_ranked() =>
                {
                    tests.push(self.comparison_test(column, operator, &value)?);
                }
                (Column::Id, _) => tests.extend(self.id_test(&value)?),
                (Column::Of(field), _) if column.is_time() => tests.extend(self.time_test(field, &value)?),
                (Column::Of(field), _) if column.is_measured() => tests.extend(self.measure_test(field, &value)?),
                (Column::Of(field), _) if field.kind == Kind::People => {
                    tests.extend(self.people_test(field, operator, &value)?)
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
    pub(super) fn unread(&mut self) -> String {
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
    pub(super) fn scalar_test(&mut self, field: &Field, test: Option<&str>) -> String {
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
        if field.kind == Kind::Text && self.past.is_none() {
            // Long texts stand in the spans alone.
            let spans = format!(
                "select 1 from ticket_value where ticket_value.ticket = ticket.id and field = {name} and to_change is null"
            );
            return match test {
                Some(test) => format!("exists ({spans} and {test})"),
                None => format!("not exists ({spans})"),
            };
        }
        let current = current_table(self.past);
        match test {
            Some(test) => format!("ticket.id in (select ticket from {current} where field = {name} and {test})"),
            None => format!("ticket.id not in (select ticket from {current} where field = {name})"),
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
        let current = current_table(self.past);
        let mut related = format!("select {near} as id from {current} where field = {name} and {test}");
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
    pub(super) fn sees(&self, column: &str) -> String {
        sees_sql(self.viewer, &format!("ticket_current.{column}"))
    }

    /// Whether a text has one of these in it; no text of a ticket is NULL.
    pub(super) fn text_test(&mut self, field: &Field, operator: Operator, parts: &[&str]) -> String {
        let function = match operator {
            Operator::Begins => "text_begins",
            Operator::Ends => "text_ends",
            _ => "text_holds",
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
    fn people_test(&mut self, field: &Field, operator: Operator, text: &str) -> Result<Option<String>> {
        if operator == Operator::Is && text.trim().is_empty() {
            if self.past.is_some() {
                return Ok(Some(self.current_test(field, None)));
            }
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
            if self.past.is_some() {
                tests.push(format!("{not}{}", self.current_test(field, Some(&format!("value in ({list})")))));
                continue;
            }
            tests.push(format!(
                "ticket.id {not}in (select resource_id from participant where person in ({list})
                   and resource_kind = 'ticket' and role = 'cc')"
            ));
        }
        Ok((!tests.is_empty()).then(|| joined(tests, " and ")))
    }

    pub(super) fn id_column(
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
}

pub(super) fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_lowercase().as_str(), "1" | "yes" | "true" | "on")
}
