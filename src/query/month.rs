//! A month of what is planned: the days on which milestones and tickets are due, and on which work on tickets starts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, params_from_iter};

use super::compile::{Statement, compile};
use super::line;
use super::past;
use super::tree::{Clause, Column, Operator, Query};
use crate::base::error::{Error, Result};
use crate::base::moment::{days_later, iso};
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::name::href_of;
use crate::milestone::store;
use crate::ticket::fields::{Choices, Kind};
use crate::ticket::{TICKET_VIEW, ticket_href};
use crate::web::form::shortened;

/// So many tickets are looked at for one month.
const MOST_TICKETS: i64 = 1_000;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    first: Date,
}

impl Month {
    pub fn of(day: Date) -> Self {
        Self { first: day.first_of_month() }
    }

    /// Reads `2026-11`.
    pub fn read(typed: &str) -> Result<Self> {
        let parts = typed.trim().split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2);
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i16>().ok())?;
        let read = parts.and_then(|(year, month)| {
            let (year, month) = (number(year)?, i8::try_from(number(month)?).ok()?);
            // The weeks around it have to be there, too.
            Date::new(year, month, 1).ok().filter(|_| (1..=9998).contains(&year))
        });
        read.map(|first| Self { first }).ok_or_else(|| {
            let message = format!("`{}` is no month; write it as year-month: 2026-11.", shortened(typed));
            Error::invalid("month", message)
        })
    }

    pub fn written(self) -> String {
        format!("{:04}-{:02}", self.first.year(), self.first.month())
    }

    /// `November 2026`
    pub fn name(self) -> String {
        self.first.strftime("%B %Y").to_string()
    }

    /// The month before it, and the one after it.
    pub fn around(self) -> [Self; 2] {
        [Self::of(days_later(self.first, -1)), Self::of(days_later(self.first.last_of_month(), 1))]
    }

    pub fn has(self, day: Date) -> bool {
        Self::of(day) == self
    }

    /// The Mondays of its weeks.
    pub fn weeks(self) -> Vec<Date> {
        let begin = days_later(self.first, -i64::from(self.first.weekday().to_monday_zero_offset()));
        let last = self.first.last_of_month();
        (0..6).map(|week| days_later(begin, 7 * week)).take_while(|monday| *monday <= last).collect()
    }
}

/// Something on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub what: What,
    /// Base path and project before it.
    pub href: String,
    /// `#12`; empty for a milestone.
    pub number: String,
    pub title: String,
    /// Closed, or completed.
    pub done: bool,
}

/// In the order in which a day tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Milestone,
    Due,
    Starts,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            Self::Milestone => "milestone",
            Self::Due => "due",
            Self::Starts => "starts",
        }
    }
}

/// What this viewer sees on the days of the weeks of a month, by day.
pub(super) fn entries(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    query: &Query,
    month: Month,
    root: &str,
) -> Result<BTreeMap<String, Vec<Entry>>> {
    let weeks = month.weeks();
    let (first, after) = match (weeks.first(), weeks.last()) {
        (Some(first), Some(last)) => (iso(*first).unwrap_or_default(), iso(days_later(*last, 7)).unwrap_or_default()),
        _ => return Ok(BTreeMap::new()),
    };
    let mut days: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    if viewer.may(MILESTONE_VIEW) {
        for row in store::list(db, viewer)?.into_iter().filter(|row| asks_for_milestone(query, &row.name)) {
            let Some(due) = row.due.filter(|due| **due >= *first && **due < *after) else { continue };
            let entry = Entry {
                what: What::Milestone,
                href: format!("{root}{}", href_of(&row.name)),
                number: String::new(),
                title: row.name,
                done: row.completed_at.is_some(),
            };
            days.entry(due).or_default().push(entry);
        }
    }
    if viewer.may(TICKET_VIEW) {
        let statement = compile(query, db, viewer, choices)?;
        let past = past::of(query, viewer, choices)?;
        for (what, column) in [(What::Due, "due"), (What::Starts, "starts")] {
            let found = dated(db, &statement, column, (&first, &after))?;
            let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
            for (line, (_, day)) in line::load(db, &ids, false, past.as_ref())?.into_iter().zip(found) {
                let entry = Entry {
                    what,
                    href: format!("{root}{}", ticket_href(line.id)),
                    number: format!("#{}", line.id),
                    done: line.category(choices).is_closed(),
                    title: line.summary,
                };
                days.entry(day).or_default().push(entry);
            }
        }
    }
    Ok(days)
}

fn dated(
    db: &Connection,
    statement: &Statement,
    column: &'static str,
    days: (&str, &str),
) -> Result<Vec<(i64, String)>> {
    let (sql, parameters) = statement.on_days(column, days, MOST_TICKETS);
    let mut found = db.prepare_cached(&sql)?;
    let rows = found.query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a calendar of these tickets tells of a milestone: of all, unless the query names some.
fn asks_for_milestone(query: &Query, name: &str) -> bool {
    let is_milestone = |clause: &&Clause| {
        clause.column.field().is_some_and(|field| field.kind == Kind::Milestone && !field.own)
            && clause.operator == Operator::Is
            && !clause.negated
    };
    let mut named = query.groups.iter().flatten().filter(is_milestone).peekable();
    named.peek().is_none() || named.any(|clause| clause.values.iter().any(|value| value.eq_ignore_ascii_case(name)))
}

/// The list of the tickets that are due on a day; all of the query where it asks for due dates itself.
pub(super) fn list_of(query: &Query, day: Date) -> Query {
    let Some(column) = Column::built_in("due").filter(|column| !query.asks_for(*column)) else { return query.clone() };
    let (from, to) = (iso(day).unwrap_or_default(), iso(days_later(day, 1)).unwrap_or_default());
    let clause = Clause { column, operator: Operator::Is, negated: false, values: vec![format!("{from}..{to}")] };
    let mut groups = query.groups.clone();
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    groups.iter_mut().for_each(|group| group.push(clause.clone()));
    Query { groups, ..query.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_whole_weeks() {
        for (month, count, first) in [
            ("2026-11", 6, "2026-10-26"),
            ("2026-02", 5, "2026-01-26"),
            ("2027-02", 4, "2027-02-01"),
            ("0001-01", 5, "0001-01-01"),
            ("9998-12", 5, "9998-11-30"),
        ] {
            let weeks = Month::read(month).map(Month::weeks).unwrap_or_default();
            assert_eq!((weeks.len(), weeks[0].to_string()), (count, first.to_owned()), "{month}");
        }
        for wrong in
            ["", "2026", "2026-13", "2026-1", "26-11", "0000-01", "9999-12", "2026-11-01", "-026-11", "２０２６-11"]
        {
            assert!(Month::read(wrong).is_err(), "{wrong}");
        }
    }
}
