//! How tickets went: how many of a milestone or of a list were open and closed at each moment, and how much work was left of
//! them. Read from the spans of their values in one pass, so that a ticket counts as it was, not as it is.
//!
//! Rights are today's and apply to the whole ticket: one that the viewer may not see now was never there. One that was
//! merged into another counts nowhere, as everywhere. What was imported happened when it happened there.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};
use serde_json::json;

use super::fields::Choices;
use super::{TICKET_VIEW, merge};
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Whose course it is.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// The tickets of a milestone, each for as long as it was in it.
    Milestone(i64),
    /// These tickets, each since it was filed.
    Tickets(&'a [i64]),
}

/// What is added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unit {
    #[default]
    Tickets,
    /// Minutes of estimates. What is left of an open ticket is its remaining time, or its estimate where nobody has said
    /// what remains; all of it is its estimate, or what remains where there is none. Nothing is left of a closed one.
    Work,
}

/// What the tickets came to at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// All of them, and those of them that were open.
    pub all: i64,
    pub left: i64,
    /// How often a ticket had become open until then, by being filed, reopened, or put into the milestone; and how often
    /// one had been closed. Always numbers of tickets.
    pub opened: i64,
    pub closed: i64,
}

/// What tickets came to at any moment.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// By time: what a change added.
    steps: Vec<(Instant, Sums)>,
}

impl Course {
    /// When it begins; none if there never was a ticket.
    pub fn begin(&self) -> Option<Instant> {
        self.steps.first().map(|(at, _)| *at)
    }

    /// The sums just before each of these moments, which are in order.
    pub fn at(&self, moments: &[Instant]) -> Vec<Sums> {
        let mut steps = self.steps.iter().peekable();
        let mut sums = Sums::default();
        let until = |moment: &Instant| {
            while let Some((_, step)) = steps.next_if(|(at, _)| at < moment) {
                sums = sums.plus(step);
            }
            sums
        };
        moments.iter().map(until).collect()
    }

    /// The most that there ever was in all before a moment.
    pub fn most(&self, before: Instant) -> i64 {
        let mut sum = 0;
        let sums = self.steps.iter().take_while(|(at, _)| *at < before).map(|(_, step)| {
            sum += step.all;
            sum
        });
        sums.max().unwrap_or_default()
    }
}

impl Sums {
    fn plus(self, other: &Self) -> Self {
        Self {
            all: self.all + other.all,
            left: self.left + other.left,
            opened: self.opened + other.opened,
            closed: self.closed + other.closed,
        }
    }
}

/// What there is to a ticket at one moment, or begins or ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    // What ends comes first: a value that takes the place of another begins when that ends.
    Left,
    Reopened,
    EstimateGone,
    RemainderGone,
    Came,
    Closed,
    Estimate(i64),
    Remainder(i64),
}

/// A ticket while its marks are gone through.
#[derive(Default)]
struct State {
    /// Spans of being in it, and of being closed, that hold at the moment.
    within: u32,
    closed: u32,
    estimated: Option<i64>,
    remaining: Option<i64>,
}

impl State {
    fn take(&mut self, mark: Mark) {
        match mark {
            Mark::Came => self.within += 1,
            Mark::Left => self.within = self.within.saturating_sub(1),
            Mark::Closed => self.closed += 1,
            Mark::Reopened => self.closed = self.closed.saturating_sub(1),
            Mark::Estimate(minutes) => self.estimated = Some(minutes),
            Mark::EstimateGone => self.estimated = None,
            Mark::Remainder(minutes) => self.remaining = Some(minutes),
            Mark::RemainderGone => self.remaining = None,
        }
    }

    fn is_open(&self) -> bool {
        self.within > 0 && self.closed == 0
    }

    fn is_closed(&self) -> bool {
        self.within > 0 && self.closed > 0
    }

    /// What it adds to all, and to what is left.
    fn amounts(&self, unit: Unit) -> (i64, i64) {
        let (all, left) = match unit {
            Unit::Tickets => (1, 1),
            Unit::Work => (
                self.estimated.or(self.remaining).unwrap_or_default(),
                self.remaining.or(self.estimated).unwrap_or_default(),
            ),
        };
        (if self.within > 0 { all } else { 0 }, if self.is_open() { left } else { 0 })
    }
}

/// The course of what this viewer may see of them.
pub fn course(db: &Connection, viewer: &Viewer, choices: &Choices, of: Of<'_>, unit: Unit) -> Result<Course> {
    if !viewer.may(TICKET_VIEW) {
        return Ok(Course::default());
    }
    let mut marks: HashMap<i64, Vec<(Instant, Mark)>> = HashMap::new();
    let mut note = |ticket: i64, from: Instant, to: Option<Instant>, begin: Mark, end: Mark| {
        if to.is_none_or(|to| to > from) {
            let marks = marks.entry(ticket).or_default();
            marks.push((from, begin));
            marks.extend(to.map(|to| (to, end)));
        }
    };
    let members = members(db, viewer, choices, of)?;
    let mut undated = Vec::new();
    for Member { ticket, from, to, closed, .. } in &members {
        note(*ticket, *from, *to, Mark::Came, Mark::Left);
        if *closed == Closed::SomeTime {
            undated.push(*ticket);
        }
    }
    let mut tickets: Vec<(i64, Closed)> = members.iter().map(|member| (member.ticket, member.closed)).collect();
    tickets.dedup();
    for (ticket, closed) in &tickets {
        if let Closed::Since(at) = closed {
            note(*ticket, *at, None, Mark::Closed, Mark::Reopened);
        }
    }
    for (ticket, from, to) in closed_before(db, choices)? {
        if tickets.binary_search_by_key(&ticket, |(ticket, _)| *ticket).is_ok() {
            note(ticket, from, to, Mark::Closed, Mark::Reopened);
        }
    }
    for (ticket, from, to) in closed_since(db, &undated)? {
        note(ticket, from, to, Mark::Closed, Mark::Reopened);
    }
    if unit == Unit::Work {
        let tickets: Vec<i64> = tickets.iter().map(|(ticket, _)| *ticket).collect();
        for (ticket, is_estimate, minutes, from, to) in work(db, &json!(tickets).to_string())? {
            let (begin, end) = if is_estimate {
                (Mark::Estimate(minutes), Mark::EstimateGone)
            } else {
                (Mark::Remainder(minutes), Mark::RemainderGone)
            };
            note(ticket, from, to, begin, end);
        }
    }
    let mut steps: Vec<(Instant, Sums)> = Vec::with_capacity(2 * marks.len());
    for marks in marks.values_mut() {
        marks.sort_unstable();
        go_through(marks, unit, &mut steps);
    }
    steps.sort_unstable_by_key(|(at, _)| *at);
    Ok(Course { steps })
}

/// Adds what each moment of one ticket changed.
fn go_through(marks: &[(Instant, Mark)], unit: Unit, steps: &mut Vec<(Instant, Sums)>) {
    let mut state = State::default();
    for together in marks.chunk_by(|one, other| one.0 == other.0) {
        let (was_open, before) = (state.is_open(), state.amounts(unit));
        together.iter().for_each(|(_, mark)| state.take(*mark));
        let after = state.amounts(unit);
        let step = Sums {
            all: after.0 - before.0,
            left: after.1 - before.1,
            opened: i64::from(!was_open && state.is_open()),
            closed: i64::from(was_open && state.is_closed()),
        };
        if step != Sums::default() {
            steps.push((together[0].0, step));
        }
    }
}

/// A ticket, when something of it began, and when that ended.
type Span = (i64, Instant, Option<Instant>);

/// A ticket among those meant, from when to when, and how it is now.
struct Member {
    ticket: i64,
    from: Instant,
    to: Option<Instant>,
    closed: Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    No,
    /// Since then, whatever closed states it has been in.
    Since(Instant),
    /// Its state has been made a closed one without anybody closing the ticket.
    SomeTime,
}

/// When this viewer's tickets were among those meant, by ticket.
fn members(db: &Connection, viewer: &Viewer, choices: &Choices, of: Of<'_>) -> Result<Vec<Member>> {
    let mut condition = viewer.sees_sql("ticket", "ticket");
    if merge::any(db)? {
        condition = format!("{condition} and {}", merge::STANDS);
    }
    let (sql, bound) = match of {
        Of::Milestone(id) => (
            format!(
                "select ticket.id, begin.changed_at, end.changed_at, ticket.status, ticket.closed_at from ticket_value
                 cross join ticket on ticket.id = ticket_value.ticket
                 cross join ticket_change as begin on begin.id = ticket_value.from_change
                 left join ticket_change as end on end.id = ticket_value.to_change
                 where ticket_value.field = 'milestone' and ticket_value.value = :bound and {condition}
                 order by ticket_value.ticket"
            ),
            rusqlite::types::Value::from(id),
        ),
        Of::Tickets(ids) => (
            format!(
                "select ticket.id, ticket.created_at, null, ticket.status, ticket.closed_at from ticket
                 where ticket.id in (select value from json_each(:bound)) and {condition} order by ticket.id"
            ),
            rusqlite::types::Value::from(json!(ids).to_string()),
        ),
    };
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! { ":bound": bound }, |row| {
        let (status, closed_at): (i64, Option<Instant>) = (row.get(3)?, row.get(4)?);
        let closed = match choices.status(status).is_some_and(|status| status.category.is_closed()) {
            true => closed_at.map_or(Closed::SomeTime, Closed::Since),
            false => Closed::No,
        };
        Ok(Member { ticket: row.get(0)?, from: row.get(1)?, to: row.get(2)?, closed })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When any tickets were in states that are closed and that they have left: few, since few are reopened.
fn closed_before(db: &Connection, choices: &Choices) -> Result<Vec<Span>> {
    let states = choices.statuses.iter().filter(|status| status.category.is_closed());
    let states = states.map(|status| status.id.to_string()).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "select ticket_value.ticket, begin.changed_at, end.changed_at from ticket_value
         cross join ticket_change as begin on begin.id = ticket_value.from_change
         cross join ticket_change as end on end.id = ticket_value.to_change
         where ticket_value.field = 'status' and ticket_value.to_change is not null and ticket_value.value in ({states})"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([], span)?.collect::<rusqlite::Result<_>>()?)
}

/// Since when tickets are in their state.
fn closed_since(db: &Connection, tickets: &[i64]) -> Result<Vec<Span>> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "select ticket_value.ticket, begin.changed_at, null from json_each(?1) as wanted
         cross join ticket_value on ticket_value.ticket = wanted.value and ticket_value.field = 'status'
         cross join ticket_change as begin on begin.id = ticket_value.from_change
         where ticket_value.to_change is null",
    )?;
    Ok(statement.query_map([json!(tickets).to_string()], span)?.collect::<rusqlite::Result<_>>()?)
}

fn span(row: &rusqlite::Row<'_>) -> rusqlite::Result<Span> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// Of a ticket: whether it is the estimate or what remained, minutes, when that began and when it ended.
type Work = (i64, bool, i64, Instant, Option<Instant>);

/// What was estimated and what remained.
fn work(db: &Connection, tickets: &str) -> Result<Vec<Work>> {
    let mut statement = db.prepare_cached(
        "select ticket_value.ticket, field = 'estimated', ticket_value.value, begin.changed_at, end.changed_at
         from json_each(?1) as wanted
         cross join ticket_value on ticket_value.ticket = wanted.value and field in ('estimated', 'remaining')
         cross join ticket_change as begin on begin.id = ticket_value.from_change
         left join ticket_change as end on end.id = ticket_value.to_change
         where typeof(ticket_value.value) = 'integer'",
    )?;
    let rows =
        statement.query_map([tickets], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(marks: &[(i64, Mark)], unit: Unit) -> Vec<(i64, i64, i64, i64, i64)> {
        let marks: Vec<(Instant, Mark)> = marks.iter().map(|(at, mark)| (Instant(*at), *mark)).collect();
        let mut steps = Vec::new();
        go_through(&marks, unit, &mut steps);
        let course = Course { steps };
        let moments: Vec<Instant> = course.steps.iter().map(|(at, _)| Instant(at.0 + 1)).collect();
        let told = moments.iter().zip(course.at(&moments));
        told.map(|(at, sums)| (at.0 - 1, sums.all, sums.left, sums.opened, sums.closed)).collect()
    }

    #[test]
    fn a_ticket_is_filed_closed_reopened_and_taken_out() {
        let marks = [(1, Mark::Came), (4, Mark::Closed), (6, Mark::Reopened), (7, Mark::Closed), (9, Mark::Left)];
        let told = [(1, 1, 1, 1, 0), (4, 1, 0, 1, 1), (6, 1, 1, 2, 1), (7, 1, 0, 2, 2), (9, 0, 0, 2, 2)];
        assert_eq!(sums(&marks, Unit::Tickets), told);
        // Another closed state takes the place of the first one: nothing is closed again.
        let marks = [(1, Mark::Came), (2, Mark::Closed), (3, Mark::Reopened), (3, Mark::Closed)];
        assert_eq!(sums(&marks, Unit::Tickets), [(1, 1, 1, 1, 0), (2, 1, 0, 1, 1)]);
    }

    #[test]
    fn work_is_what_remains_or_else_what_was_estimated() {
        let marks = [
            (1, Mark::Came),
            (2, Mark::Estimate(60)),
            (3, Mark::Remainder(45)),
            (4, Mark::EstimateGone),
            (4, Mark::Estimate(90)),
            (5, Mark::RemainderGone),
            (6, Mark::Closed),
        ];
        let told = [
            (1, 0, 0, 1, 0),
            (2, 60, 60, 1, 0),
            (3, 60, 45, 1, 0),
            (4, 90, 45, 1, 0),
            (5, 90, 90, 1, 0),
            (6, 90, 0, 1, 1),
        ];
        assert_eq!(sums(&marks, Unit::Work), told);
    }
}
