//! A ticket in a calendar: a to-do with the day on which it is due (row M11).

use jiff::civil::Date;

use super::fields::Choices;
use super::status::Category;
use super::ticket_href;
use crate::base::time::Instant;
use crate::web::calendar::{Calendar, day};
use crate::web::{Desk, Room};

/// The longest description, in characters; a calendar is no place to read more.
pub const LONGEST_TEXT: usize = 10_000;

pub struct Todo {
    pub id: i64,
    pub summary: String,
    pub description: String,
    pub status: i64,
    pub priority: Option<i64>,
    pub due: Option<Date>,
    pub created_at: Instant,
    pub changed_at: Instant,
    pub closed_at: Option<Instant>,
}

/// Writes it. Whoever calls it has found out that the viewer may see the ticket.
pub fn todo(calendar: &mut Calendar, desk: &Desk, room: &Room, choices: &Choices, todo: &Todo) {
    calendar.line("BEGIN", "VTODO");
    calendar.line("UID", &format!("ticket-{}.{}@trackway", todo.id, room.row.id));
    calendar.moment("DTSTAMP", todo.changed_at);
    calendar.moment("CREATED", todo.created_at);
    calendar.moment("LAST-MODIFIED", todo.changed_at);
    if let Some(due) = todo.due {
        calendar.line("DUE;VALUE=DATE", &day(due));
    }
    calendar.text("SUMMARY", &format!("#{}: {}", todo.id, todo.summary));
    if !todo.description.is_empty() {
        calendar.text("DESCRIPTION", &todo.description.chars().take(LONGEST_TEXT).collect::<String>());
    }
    if let Some(priority) = priority(todo, choices) {
        calendar.line("PRIORITY", &priority.to_string());
    }
    let closed = choices.status(todo.status).is_some_and(|status| status.category.is_closed());
    calendar.line("STATUS", state(todo, choices));
    if let Some(at) = todo.closed_at.filter(|_| closed) {
        calendar.moment("COMPLETED", at);
    }
    calendar.line("URL", &desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(todo.id))));
    calendar.line("END", "VTODO");
}

/// 1 for the most urgent of the project's priorities to 9 for the least.
fn priority(todo: &Todo, choices: &Choices) -> Option<usize> {
    let all: Vec<i64> = choices.options("priority").map(|option| option.id).collect();
    let at = all.iter().position(|id| Some(*id) == todo.priority)?;
    if all.len() < 2 { Some(5) } else { Some(1 + at * 8 / (all.len() - 1)) }
}

fn state(todo: &Todo, choices: &Choices) -> &'static str {
    let Some(status) = choices.status(todo.status) else {
        return "NEEDS-ACTION";
    };
    let first = choices.statuses.iter().find(|status| status.category == Category::Open);
    match status.category {
        Category::Closed => "COMPLETED",
        Category::Open if first.is_none_or(|first| first.id != status.id) => "IN-PROCESS",
        Category::Open | Category::Waiting => "NEEDS-ACTION",
    }
}
