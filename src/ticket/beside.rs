//! What stands beside a ticket on its page: its times and dates, the reminders of it, whether its reader has marked it. What a
//! ticket does without costs one question.

use rusqlite::Connection;
use serde::Serialize;

use super::bookmarks::WHOLE;
use super::fields::Choices;
use super::reminders::{self, Reminder};
use super::store::Ticket;
use super::time_store::{self, Sum};
use super::values::People;
use super::{TICKET_APPEND, TICKET_CHGPROP, TIME_VIEW, duration, edit, ticket_href, worked};
use crate::base::error::{Problem, Result};
use crate::base::time::{Instant, When};
use crate::base::viewer::Viewer;
use crate::milestone::due::{Clock, Day};
use crate::web::Room;

/// The fields of `ticket/_beside.html`.
#[derive(Serialize)]
pub(super) struct Beside {
    time: Option<TimeBox>,
    /// How late it is, in words.
    overdue: Option<Day>,
    started: Option<When>,
    contacted: Option<When>,
    reminders: Option<Reminders>,
    bookmark: Option<Star>,
}

#[derive(Serialize)]
struct TimeBox {
    sum: Times,
    beneath: Option<Times>,
    /// Tickets beneath it.
    tickets: i64,
    /// Its entries.
    href: Option<String>,
}

/// Times in words, and the bar that compares them.
#[derive(Serialize)]
struct Times {
    estimated: String,
    worked: String,
    left: String,
    /// By how much more was worked than was estimated.
    over: String,
    bar: Option<Bar>,
}

/// Of a hundred.
#[derive(Serialize)]
struct Bar {
    worked: i64,
    /// Where the estimate ends, if the bar goes on beyond it.
    estimated: Option<i64>,
}

#[derive(Serialize)]
struct Star {
    href: String,
    on: bool,
}

#[derive(Serialize)]
struct Reminders {
    items: Vec<Item>,
    /// Where a new one is sent; none for those who may make none.
    add_href: Option<String>,
    may_remind_others: bool,
}

#[derive(Serialize)]
pub(super) struct Item {
    pub id: i64,
    pub day: Day,
    pub text: String,
    pub person: String,
    pub own: bool,
    /// Where it is ended; none for those who may not.
    pub href: Option<String>,
}

impl Item {
    pub fn of(room: &Room, people: &People, clock: &Clock, reminder: &Reminder) -> Self {
        let viewer = &room.viewer;
        let own = viewer.person.is_some() && viewer.person == Some(reminder.person);
        let mine = own || viewer.person.is_some() && viewer.person == reminder.created_by;
        let ends = mine && viewer.may(TICKET_APPEND) || viewer.may(TICKET_CHGPROP);
        Self {
            id: reminder.id,
            day: Day::of(&reminder.due, clock),
            text: reminder.text.clone(),
            person: people.called(Some(reminder.person)),
            own,
            href: ends.then(|| format!("{}/reminder/{}", room.root, reminder.id)),
        }
    }
}

/// What there is of it, found out together.
struct There {
    beneath: bool,
    reminders: bool,
    marked: bool,
}

fn there(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<There> {
    let sql = format!(
        "select exists (select 1 from ticket_current where field = 'parent' and value = ?2)
              or exists (select 1 from ticket where merged_into = ?2),
           exists (select 1 from reminder where ticket = ?2 and done_at is null),
           exists (select 1 from bookmark where person = ?1 and ticket = ?2)
              or exists (select 1 from ticket where merged_into = ?2)
                 and exists (select 1 from bookmark where person = ?1 and ticket in {WHOLE})"
    );
    Ok(db.prepare_cached(&sql)?.query_row((viewer.person, ticket), |row| {
        Ok(There { beneath: row.get(0)?, reminders: row.get(1)?, marked: row.get(2)? })
    })?)
}

pub(super) fn of(db: &Connection, room: &Room, ticket: &Ticket, choices: &Choices) -> Result<Beside> {
    let (row, viewer) = (&ticket.row, &room.viewer);
    let there = there(db, viewer, row.id)?;
    let due = ticket.values.text("due");
    let clock = if due.is_empty() && !there.reminders { None } else { Some(Clock::of(db)?) };
    let closed = edit::is_closed(choices, &ticket.values);
    let when = |at: Option<Instant>| at.map(|at| at.when(&viewer.zone()));
    Ok(Beside {
        time: time(db, room, ticket, &there)?,
        overdue: clock.as_ref().filter(|_| !closed).map(|clock| Day::of(due, clock)).filter(|day| day.late),
        started: when(row.started_at),
        contacted: when(row.contacted_at),
        reminders: of_reminders(db, room, row.id, clock.filter(|_| there.reminders))?,
        bookmark: viewer
            .signed_in()
            .then(|| Star { href: format!("{}{}/bookmark", room.root, ticket_href(row.id)), on: there.marked }),
    })
}

fn time(db: &Connection, room: &Room, ticket: &Ticket, there: &There) -> Result<Option<TimeBox>> {
    let viewer = &room.viewer;
    let mut own = Sum {
        tickets: 1,
        estimated: ticket.values.id("estimated"),
        remaining: ticket.values.id("remaining"),
        worked: ticket.row.worked,
    };
    let mut beneath = Sum::default();
    if there.beneath {
        (own, beneath) = time_store::sums(db, viewer, ticket.row.id)?;
    }
    if own.is_empty() && beneath.is_empty() {
        return Ok(None);
    }
    let seen = viewer.may(TIME_VIEW) || worked::may_enter(viewer);
    Ok(Some(TimeBox {
        sum: Times::of(own),
        tickets: beneath.tickets,
        // Whether all of them were estimated nobody knows.
        beneath: (!beneath.is_empty()).then(|| Times { over: String::new(), ..Times::of(together(own, beneath)) }),
        href: seen.then(|| entries_href(room, ticket.row.id)),
    }))
}

/// The page of a ticket's entries.
pub(super) fn entries_href(room: &Room, ticket: i64) -> String {
    format!("{}{}/time", room.root, ticket_href(ticket))
}

fn together(one: Sum, other: Sum) -> Sum {
    let add = |one: Option<i64>, other: Option<i64>| match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0) + other.unwrap_or(0)),
    };
    Sum {
        tickets: one.tickets + other.tickets,
        estimated: add(one.estimated, other.estimated),
        remaining: add(one.remaining, other.remaining),
        worked: add(one.worked, other.worked),
    }
}

impl Times {
    fn of(sum: Sum) -> Self {
        let written = |minutes: Option<i64>| minutes.map(duration::written).unwrap_or_default();
        let worked = sum.worked.unwrap_or(0);
        let over = sum.estimated.map_or(0, |estimated| worked - estimated).max(0);
        Self {
            estimated: written(sum.estimated),
            worked: written(sum.worked),
            left: written(sum.remaining),
            over: if over > 0 { duration::written(over) } else { String::new() },
            bar: Bar::of(sum.estimated.unwrap_or(0), worked, sum.remaining.unwrap_or(0)),
        }
    }
}

impl Bar {
    /// As long as what is expected: the estimate, or what was worked and what is left if that is more.
    fn of(estimated: i64, worked: i64, left: i64) -> Option<Self> {
        let whole = estimated.max(worked + left);
        if whole <= 0 || estimated + left == 0 {
            return None;
        }
        let share = |minutes: i64| minutes.max(0) * 100 / whole;
        Some(Self { worked: share(worked), estimated: (estimated > 0 && estimated < whole).then(|| share(estimated)) })
    }
}

/// None for those who see none and may make none.
fn of_reminders(db: &Connection, room: &Room, ticket: i64, clock: Option<Clock>) -> Result<Option<Reminders>> {
    let viewer = &room.viewer;
    let adds = viewer.may(TICKET_APPEND) && viewer.signed_in();
    let items = match clock {
        None => Vec::new(),
        Some(clock) => {
            let found = reminders::of_ticket(db, viewer, ticket)?;
            let people = People::load(db, found.iter().map(|reminder| reminder.person))?.shown_to(viewer);
            found.iter().map(|reminder| Item::of(room, &people, &clock, reminder)).collect()
        }
    };
    Ok((adds || !items.is_empty()).then(|| Reminders {
        items,
        add_href: adds.then(|| format!("{}{}/reminder", room.root, ticket_href(ticket))),
        may_remind_others: viewer.may(TICKET_CHGPROP),
    }))
}

/// The controls by which time is entered: beside a comment, and on the page of a ticket's entries.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct TimeInputs {
    pub time: String,
    pub day: String,
    pub person: String,
    pub remark: String,
    /// Whether it may be somebody else's.
    pub of_others: bool,
    /// Known people as options.
    pub logins_html: String,
    pub problems: Vec<Problem>,
}

/// With what was typed; none for those who may enter none.
pub(super) fn inputs(viewer: &Viewer, logins_html: &str, typed: Option<&worked::TimeRequest>) -> Option<TimeInputs> {
    let typed = typed.cloned().unwrap_or_default();
    let of_others = viewer.may(super::TIME_ADMIN);
    worked::may_enter(viewer).then(|| TimeInputs {
        time: typed.amount,
        day: typed.day,
        person: typed.person,
        remark: typed.remark,
        of_others,
        logins_html: if of_others { logins_html.to_owned() } else { String::new() },
        problems: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_what_is_expected() {
        for (estimated, worked, left, bar) in [
            (100, 25, 75, Some((25, None))),
            (100, 25, 0, Some((25, None))),
            (100, 150, 50, Some((75, Some(50)))),
            (0, 30, 30, Some((50, None))),
            (0, 30, 0, None),
            (0, 0, 0, None),
            (60, 0, 0, Some((0, None))),
        ] {
            let made = Bar::of(estimated, worked, left).map(|bar| (bar.worked, bar.estimated));
            assert_eq!(made, bar, "{estimated} {worked} {left}");
        }
    }
}
