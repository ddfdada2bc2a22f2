//! `trackway ticket time`, `trackway ticket worked`, `trackway ticket remind`, `trackway ticket reminders`: time and
//! reminders of tickets.

use clap::Args;
use serde_json::{Value, json};

use super::output::{List, print};
use super::{Entered, Shell};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment;
use crate::milestone::due;
use crate::ticket::edit::{self, Outcome};
use crate::ticket::fields::{Choices, field};
use crate::ticket::plan::Request;
use crate::ticket::reminders::{self, End, Wish};
use crate::ticket::store;
use crate::ticket::time_table::{self, Asked, By, Key};
use crate::ticket::values::People;
use crate::ticket::worked::TimeRequest;
use crate::ticket::{TICKET_VIEW, TIME_VIEW, duration};

#[derive(Debug, Args)]
pub struct Time {
    pub project: String,
    #[arg(value_name = "N")]
    number: i64,
    /// How long: `2h30m`, `1.5h`, `1:30`, `45m`; `-30m` takes half an hour back
    #[arg(value_name = "LENGTH", allow_hyphen_values = true)]
    length: String,
    /// The day on which it was worked, `2026-12-31`; today if there is none
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Whose time it is; that of whoever enters it if nobody is named
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
    /// What was done, one line
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    remark: Option<String>,
}

/// Prints the number of the change.
pub fn enter(entered: &Entered, time: Time) -> Result<()> {
    let typed = TimeRequest {
        amount: time.length,
        day: time.day.unwrap_or_default(),
        person: time.person.unwrap_or_default(),
        remark: time.remark.unwrap_or_default(),
        changeset: None,
    };
    let request = Request { time: Some(typed), ..Request::default() };
    match edit::change(&entered.site, &entered.project, entered.act(), time.number, &request) {
        Ok(Outcome::Saved { number, .. }) => print(&format!("{number}\n")),
        Ok(_) => Ok(()),
        Err(error) => Err(by_option(missing(error, time.number))),
    }
}

#[derive(Debug, Args)]
pub struct Worked {
    pub project: String,
    /// What the rows are: person, ticket, milestone, day, week, month or entry
    #[arg(long, value_name = "WHAT", default_value = "person")]
    by: String,
    /// The first day, `2026-12-01`
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day, `2026-12-31`
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Only this person's
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
    /// Only that of tickets of this milestone
    #[arg(long, value_name = "NAME")]
    milestone: Option<String>,
}

/// Prints the table of time.
pub fn worked(shell: &Shell, entered: &Entered, worked: &Worked) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    entered.viewer.require(TIME_VIEW)?;
    let by = By::from_name(&worked.by).ok_or_else(|| {
        Error::invalid(
            "--by",
            format!("time can't be shown by `{}`; it can by {}", worked.by, By::ALL.map(By::name).join(", ")),
        )
    })?;
    let day = |text: &Option<String>, option: &str| -> Result<Option<String>> {
        Ok(due::due(text.as_deref().unwrap_or_default(), option)?.and_then(moment::iso))
    };
    let (from, to) = (day(&worked.from, "--from")?, day(&worked.to, "--to")?);
    let list = entered.project.read(|db| {
        let choices = Choices::load(db, &entered.viewer)?;
        let of_milestone = field("milestone");
        let milestone = match (&worked.milestone, of_milestone) {
            (Some(name), Some(field)) => Some(
                choices
                    .id_of(field, name)
                    .ok_or_else(|| Error::invalid("--milestone", format!("there is no milestone “{name}”")))?,
            ),
            _ => None,
        };
        let asked = Asked { from, to, person: worked.person.clone(), milestone, tickets: None };
        let named = |id: i64| of_milestone.map_or("", |field| choices.name_of(field, id)).to_owned();
        if by == By::Entry {
            let lines = time_table::lines(db, &entered.viewer, &asked, usize::MAX)?;
            let people = People::load(db, lines.iter().map(|line| line.person))?;
            let mut list = List::new(&["id", "day", "person", "ticket", "milestone", "minutes", "remark"]);
            for line in lines {
                list.row(vec![
                    json!(line.id),
                    json!(line.day),
                    json!(people.login(Some(line.person))),
                    json!(line.ticket),
                    line.milestone.map_or(Value::Null, |id| json!(named(id))),
                    json!(line.minutes),
                    json!(line.remark),
                ]);
            }
            return Ok(list);
        }
        let mut list = List::of(vec![by.name(), "minutes", "time", "tickets", "entries"]);
        for group in time_table::groups(db, &entered.viewer, &asked, by, usize::MAX)? {
            let key = match &group.key {
                Key::Day(day) => json!(day),
                Key::Id(id) if by == By::Person => json!(People::load(db, [*id])?.login(Some(*id))),
                Key::Id(id) if by == By::Ticket => json!(id),
                Key::Id(0) => Value::Null,
                Key::Id(id) => json!(named(*id)),
            };
            let time = duration::written(group.minutes);
            list.row(vec![key, json!(group.minutes), json!(time), json!(group.tickets), json!(group.entries)]);
        }
        Ok(list)
    })?;
    list.print(shell.format)
}

#[derive(Debug, Args)]
pub struct Remind {
    pub project: String,
    #[arg(value_name = "N")]
    number: i64,
    /// The day, `2026-12-31`
    #[arg(value_name = "DAY")]
    day: String,
    /// Of what, one line
    #[arg(value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    text: String,
    /// Whom; whoever makes it if nobody is named
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
}

/// Prints the id of the reminder.
pub fn remind(entered: &Entered, remind: &Remind) -> Result<()> {
    let wish = Wish { due: &remind.day, text: &remind.text, person: remind.person.as_deref().unwrap_or_default() };
    let id = reminders::add(&entered.site, &entered.project, entered.act(), remind.number, &wish)
        .map_err(|error| by_option(missing(error, remind.number)))?;
    print(&format!("{id}\n"))
}

#[derive(Debug, Args)]
pub struct Reminders {
    pub project: String,
    /// Those that are done
    #[arg(long)]
    done: bool,
    /// Has done what the reminder of this id says
    #[arg(long, value_name = "ID", conflicts_with = "done")]
    finish: Option<i64>,
    /// Takes the reminder of this id away
    #[arg(long, value_name = "ID", conflicts_with_all = ["done", "finish"])]
    remove: Option<i64>,
}

/// Prints the reminders of whoever asks, or ends one of them.
pub fn reminders(shell: &Shell, entered: &Entered, asked: &Reminders) -> Result<()> {
    let end = asked.finish.map(|id| (id, End::Done)).or(asked.remove.map(|id| (id, End::Removed)));
    if let Some((id, end)) = end {
        return reminders::end(&entered.project, entered.act(), id, end).map(drop);
    }
    entered.viewer.require(TICKET_VIEW)?;
    let list = entered.project.read(|db| {
        let mut list = List::new(&["id", "due", "ticket", "summary", "text"]);
        let found = reminders::of_viewer(db, &entered.viewer, asked.done)?;
        let ids: Vec<i64> = found.iter().map(|one| one.ticket).collect();
        let rows = store::by_ids(db, &entered.viewer, &ids)?;
        for one in found {
            let summary = rows.iter().find(|row| row.id == one.ticket).map_or("", |row| row.summary.as_str());
            list.row(vec![json!(one.id), json!(one.due), json!(one.ticket), json!(summary), json!(one.text)]);
        }
        Ok(list)
    })?;
    list.print(shell.format)
}

fn missing(error: Error, number: i64) -> Error {
    match error {
        Error::NotFound(_) => Error::not_found(format!("there is no ticket {number}")),
        other => other,
    }
}

/// The same problems, naming what was written on the command line.
fn by_option(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let option = |name: &str| match name {
        "time" => "LENGTH".to_owned(),
        "time_day" => "--day".to_owned(),
        "time_person" | "person" => "--person".to_owned(),
        "time_remark" => "--remark".to_owned(),
        "due" => "DAY".to_owned(),
        "text" => "TEXT".to_owned(),
        name => name.to_owned(),
    };
    Error::Invalid(problems.into_iter().map(|problem| Problem { field: option(&problem.field), ..problem }).collect())
}
