//! Time that was worked on a ticket (row A1): entered with a change of the ticket, by form, JSON, command or commit, for a day
//! and a person. Entries are never changed; one of less than nothing corrects.

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use super::fields::Choices;
use super::plan::Planner;
use super::store::{ChangeRow, Ticket};
use super::time_store::{self, Entry};
use super::values::{Newcomer, People, Value};
use super::wording::Change;
use super::{TICKET_CHGPROP, TIME_ADMIN, TIME_VIEW, duration, people};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::Html;
use crate::base::moment;
use crate::base::project::Tx;
use crate::base::viewer::Viewer;
use crate::milestone::due::{self, Clock};
use crate::web::form::{Form, shortened};

/// More is not entered at once: a thousand hours.
pub(super) const MOST: i64 = 60_000;
/// Characters of a remark.
const LONGEST: usize = 500;

/// An entry as it was typed.
#[derive(Debug, Clone, Default)]
pub struct TimeRequest {
    /// `2h30m`; with a minus before it, it corrects.
    pub amount: String,
    /// `2026-12-31`; empty: today.
    pub day: String,
    /// A login; empty: whoever enters it.
    pub person: String,
    pub remark: String,
    /// The commit that logs it.
    pub changeset: Option<i64>,
}

/// An entry that a submit makes.
#[derive(Debug, Clone)]
pub struct Worked {
    pub minutes: i64,
    pub day: String,
    pub person: Value,
    pub remark: String,
    pub changeset: Option<i64>,
}

impl Worked {
    /// Whose it is, if the project has met them.
    pub(super) fn person_id(&self) -> Option<i64> {
        match self.person {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }
}

/// Reads the controls that stand beside a comment; none where no time was typed. In JSON `time` is also when the ticket was
/// created, as it says itself; that is an instant and no length.
pub(super) fn read(form: &Form) -> Option<TimeRequest> {
    let amount = form.text("time");
    let request = TimeRequest {
        amount: if form.json && is_instant(amount) { String::new() } else { amount.trim().to_owned() },
        day: form.text("time_day").trim().to_owned(),
        person: form.text("time_person").trim().to_owned(),
        remark: form.text("time_remark").trim().to_owned(),
        changeset: None,
    };
    // A day alone is what the form proposes.
    (!request.amount.is_empty() || !request.remark.is_empty()).then_some(request)
}

pub(super) fn is_instant(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

/// Whether this viewer may enter time at all.
pub(super) fn may_enter(viewer: &Viewer) -> bool {
    viewer.may(TICKET_CHGPROP) && (viewer.signed_in() || viewer.principal.is_operator())
}

impl Planner<'_> {
    /// The entry that was typed; all that is wrong with it at once.
    pub(super) fn worked(&self, ticket: &Ticket, typed: &TimeRequest) -> Result<Worked> {
        self.viewer.require(TICKET_CHGPROP)?;
        let mut problems = Vec::new();
        let minutes = match duration::parse(&typed.amount) {
            _ if typed.amount.trim().is_empty() => {
                problems.push(Problem::new("time", "Please say how long it took."));
                0
            }
            Ok(0) => {
                problems.push(Problem::new("time", "No time at all need not be entered."));
                0
            }
            Ok(minutes) if minutes.abs() > MOST => {
                problems.push(Problem::new("time", "At most a thousand hours are entered at once."));
                0
            }
            Ok(minutes) => minutes,
            Err(why) => {
                problems.push(Problem::new("time", why));
                0
            }
        };
        let day = kept(self.day(&typed.day), &mut problems)?.unwrap_or_default();
        let person = kept(self.worker(&typed.person), &mut problems)?;
        if typed.remark.chars().count() > LONGEST || typed.remark.chars().any(char::is_control) {
            let message = format!("A remark is one line of at most {LONGEST} characters.");
            problems.push(Problem::new("time_remark", message));
        }
        let Some(person) = person.filter(|_| problems.is_empty()) else { return Err(Error::Invalid(problems)) };
        if minutes < 0 {
            let entered = match &person {
                Value::Id(id) => time_store::of_person(self.db, ticket.row.id, *id)?,
                _ => 0,
            };
            if entered + minutes < 0 {
                let entered = duration::written(entered);
                let message = format!("Only {entered} are entered for that person here; no more can be taken back.");
                return Err(Error::invalid("time", message));
            }
        }
        Ok(Worked { minutes, day, person, remark: typed.remark.trim().to_owned(), changeset: typed.changeset })
    }

    fn day(&self, typed: &str) -> Result<String> {
        let today = Clock::of(self.db)?.today;
        let day = due::due(typed, "time_day")?.unwrap_or(today);
        if day > today {
            return Err(Error::invalid(
                "time_day",
                "Time is entered when it has been worked: that day is still to come.",
            ));
        }
        moment::iso(day).ok_or_else(|| Error::invalid("time_day", "There is no such day."))
    }

    /// Whoever enters it, or with a right of its own another account.
    fn worker(&self, typed: &str) -> Result<Value> {
        let nobody =
            |who: &str| Error::invalid("time_person", format!("There is nobody called “{}” here.", shortened(who)));
        if typed.trim().is_empty() {
            let message = "Sign in to enter your time, or say whose it is.";
            return self.actor.clone().ok_or_else(|| Error::invalid("time_person", message));
        }
        let found =
            people::account(self.db, self.site, self.project, "time_person", typed)?.ok_or_else(|| nobody(typed))?;
        let is_own = self.actor.as_ref() == Some(&found)
            || matches!(&found, Value::Newcomer(Newcomer::Account { login, .. }) if login == people::own_login(self.viewer));
        if !is_own {
            self.viewer.require(TIME_ADMIN)?;
        }
        Ok(found)
    }
}

/// What was read; what is wrong with it is kept for later.
fn kept<T>(read: Result<T>, problems: &mut Vec<Problem>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(more)) => {
            problems.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Enters it with a change of the ticket that has just been made.
pub(super) fn enter(tx: &Tx<'_>, ticket: i64, change: i64, worked: &Worked) -> Result<()> {
    let Value::Id(person) = people::settle(tx, worked.person.clone())? else {
        return Err(Error::internal("time of nobody"));
    };
    let new = time_store::New {
        ticket,
        person,
        day: &worked.day,
        minutes: worked.minutes,
        remark: &worked.remark,
        change,
        changeset: worked.changeset,
    };
    time_store::insert(tx, &new)
}

/// What takes back the time that came with a change.
pub(super) fn counter(db: &Connection, ticket: i64, change: i64) -> Result<Option<Worked>> {
    let entry = time_store::of_changes(db, ticket, change, change)?.into_iter().next();
    Ok(entry.map(|entry| Worked {
        minutes: -entry.minutes,
        day: entry.day,
        person: Value::Id(entry.person),
        remark: String::new(),
        changeset: None,
    }))
}

/// The time that came with a change, among what it changed.
pub(super) fn wording(viewer: &Viewer, people: &People, entries: &[Entry], with: &ChangeRow) -> Vec<Change> {
    let on = moment::iso(moment::day_of(with.at, &viewer.zone())).unwrap_or_default();
    let one = |entry: &Entry| {
        let by = (with.author != Some(entry.person)).then(|| people.called(Some(entry.person)));
        let day = (entry.day != on).then_some(entry.day.as_str());
        said(entry.minutes, by.as_deref(), day, &entry.remark)
    };
    if viewer.may(TIME_VIEW) {
        return entries.iter().map(one).collect();
    }
    entries.iter().take(1).map(|_| change("time was entered".to_owned())).collect()
}

/// The same for other programs.
pub(super) fn as_json(viewer: &Viewer, people: &People, entries: &[Entry]) -> Json {
    let shown = entries.iter().filter(|_| viewer.may(TIME_VIEW));
    let one = |entry: &Entry| json!({ "minutes": entry.minutes, "day": entry.day, "person": people.login(Some(entry.person)) });
    Json::Array(shown.map(one).collect())
}

/// The same of an entry that is about to be made.
pub(super) fn pending(choices: &Choices, people: &People, worked: &Worked) -> Change {
    let names = super::values::Names { choices, people };
    let by = super::fields::field("owner").map(|field| names.shown(field, &worked.person));
    said(worked.minutes, by.as_deref(), Some(&worked.day), &worked.remark)
}

fn said(minutes: i64, by: Option<&str>, day: Option<&str>, remark: &str) -> Change {
    let mut html = Html::default();
    html.tag("<em>").text(&duration::written(minutes)).tag("</em>");
    if let Some(by) = by {
        html.text(" by ").tag("<bdi>").text(by).tag("</bdi>");
    }
    if let Some(day) = day {
        html.text(" on ").text(day);
    }
    if !remark.is_empty() {
        html.text(": ").tag("<bdi>").text(remark).tag("</bdi>");
    }
    change(html.into_string())
}

fn change(html: String) -> Change {
    Change { field: "worked", label: "Worked", html: Some(html), old: None, new: None, diff_href: None, revert: None }
}
