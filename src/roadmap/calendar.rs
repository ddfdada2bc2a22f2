//! The roadmap as a calendar (RFC 5545, row M11): an all-day event for each milestone with a date, and for one person a
//! to-do for each of their tickets in these milestones.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use rocket::http::{ContentType, Status};
use rusqlite::{Connection, named_params};

use super::shown::href;
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::milestone::store::MilestoneRow;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;
use crate::ticket::status::Category;
use crate::web::{Answer, Desk, Room};

/// Tickets that one calendar tells of: open ones first, then those that were closed last.
const MOST_TICKETS: usize = 1000;
/// The longest description, in characters; a calendar is no place to read more.
const LONGEST_TEXT: usize = 10_000;

pub(super) fn answer(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    rows: &[MilestoneRow],
    user: Option<&str>,
) -> Result<Answer> {
    let mut calendar = Calendar::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//Trackway//Roadmap//EN");
    calendar.line("METHOD", "PUBLISH");
    calendar.text("X-WR-CALNAME", &format!("{}: roadmap", room.row.called()));
    for row in rows {
        event(&mut calendar, desk, room, row);
    }
    if let Some(login) = user.filter(|login| !login.is_empty()) {
        let choices = Choices::load(db, &room.viewer)?;
        for ticket in tickets(db, room, rows, login)? {
            let milestone = rows.iter().find(|row| row.id == ticket.milestone);
            todo(&mut calendar, desk, room, &ticket, milestone, &choices);
        }
    }
    calendar.line("END", "VCALENDAR");
    let kind = ContentType::new("text", "calendar").with_params(("charset", "utf-8"));
    Ok(Answer::new(Status::Ok, kind, calendar.0.into_bytes()))
}

fn event(calendar: &mut Calendar, desk: &Desk, room: &Room, row: &MilestoneRow) {
    let Some(due) = row.due.as_deref().and_then(|due| due.parse::<Date>().ok()) else {
        return;
    };
    calendar.line("BEGIN", "VEVENT");
    calendar.line("UID", &format!("milestone-{}.{}@trackway", row.id, room.row.id));
    calendar.moment("DTSTAMP", row.changed_at);
    calendar.moment("CREATED", row.created_at);
    calendar.moment("LAST-MODIFIED", row.changed_at);
    // Without an end it lasts for the whole of its day.
    calendar.line("DTSTART;VALUE=DATE", &day(due));
    calendar.line("TRANSP", "TRANSPARENT");
    calendar.text("SUMMARY", &format!("Milestone {}", row.name));
    if !row.description.is_empty() {
        calendar.text("DESCRIPTION", &row.description.chars().take(LONGEST_TEXT).collect::<String>());
    }
    calendar.line("URL", &desk.web().address.absolute(&href(room, row)));
    calendar.line("END", "VEVENT");
}

struct Ticket {
    id: i64,
    summary: String,
    description: String,
    milestone: i64,
    status: i64,
    priority: Option<i64>,
    created_at: Instant,
    changed_at: Instant,
    closed_at: Option<Instant>,
}

fn tickets(db: &Connection, room: &Room, rows: &[MilestoneRow], login: &str) -> Result<Vec<Ticket>> {
    if !room.viewer.may(TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select ticket.id, summary, substr(description, 1, :longest) as description, milestone, ticket.status, priority,
           ticket.created_at, ticket.changed_at, closed_at
         from ticket join ticket_status on ticket_status.id = ticket.status
         where ticket.owner in (select id from person where login = :login)
           and milestone in (select value from json_each(:milestones)) and {sees}
         order by ticket_status.category = 'closed', closed_at desc, ticket.id limit :most",
        sees = room.viewer.sees_sql("ticket", "ticket"),
    );
    let milestones: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut statement = db.prepare_cached(&sql)?;
    let parameters = named_params! {
        ":login": login, ":milestones": serde_json::to_string(&milestones)?, ":most": MOST_TICKETS as i64,
        ":longest": LONGEST_TEXT as i64,
    };
    let tickets = statement.query_map(parameters, |row| {
        Ok(Ticket {
            id: row.get("id")?,
            summary: row.get("summary")?,
            description: row.get("description")?,
            milestone: row.get("milestone")?,
            status: row.get("status")?,
            priority: row.get("priority")?,
            created_at: row.get("created_at")?,
            changed_at: row.get("changed_at")?,
            closed_at: row.get("closed_at")?,
        })
    })?;
    Ok(tickets.collect::<rusqlite::Result<_>>()?)
}

fn todo(
    calendar: &mut Calendar,
    desk: &Desk,
    room: &Room,
    ticket: &Ticket,
    milestone: Option<&MilestoneRow>,
    choices: &Choices,
) {
    calendar.line("BEGIN", "VTODO");
    calendar.line("UID", &format!("ticket-{}.{}@trackway", ticket.id, room.row.id));
    calendar.moment("DTSTAMP", ticket.changed_at);
    calendar.moment("CREATED", ticket.created_at);
    calendar.moment("LAST-MODIFIED", ticket.changed_at);
    if let Some(due) = milestone.and_then(|row| row.due.as_deref()?.parse::<Date>().ok()) {
        calendar.line("DUE;VALUE=DATE", &day(due));
    }
    calendar.text("SUMMARY", &format!("#{}: {}", ticket.id, ticket.summary));
    if !ticket.description.is_empty() {
        calendar.text("DESCRIPTION", &ticket.description);
    }
    if let Some(priority) = priority(ticket, choices) {
        calendar.line("PRIORITY", &priority.to_string());
    }
    let closed = choices.status(ticket.status).is_some_and(|status| status.category.is_closed());
    calendar.line("STATUS", state(ticket, choices));
    if let Some(at) = ticket.closed_at.filter(|_| closed) {
        calendar.moment("COMPLETED", at);
    }
    calendar.line("URL", &desk.web().address.absolute(&format!("{}/ticket/{}", room.root, ticket.id)));
    calendar.line("END", "VTODO");
}

/// 1 for the most urgent of the project's priorities to 9 for the least.
fn priority(ticket: &Ticket, choices: &Choices) -> Option<usize> {
    let all: Vec<i64> = choices.options("priority").map(|option| option.id).collect();
    let at = all.iter().position(|id| Some(*id) == ticket.priority)?;
    if all.len() < 2 { Some(5) } else { Some(1 + at * 8 / (all.len() - 1)) }
}

fn state(ticket: &Ticket, choices: &Choices) -> &'static str {
    let Some(status) = choices.status(ticket.status) else {
        return "NEEDS-ACTION";
    };
    let first = choices.statuses.iter().find(|status| status.category == Category::Open);
    match status.category {
        Category::Closed => "COMPLETED",
        Category::Open if first.is_none_or(|first| first.id != status.id) => "IN-PROCESS",
        Category::Open | Category::Waiting => "NEEDS-ACTION",
    }
}

fn day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// Lines as RFC 5545 has them: CRLF at their ends, none longer than 75 octets.
#[derive(Default)]
struct Calendar(String);

impl Calendar {
    /// A value that holds nothing but what we put there.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut length = 0;
        for character in line.chars() {
            if length + character.len_utf8() > 75 {
                self.0.push_str("\r\n ");
                length = 1;
            }
            length += character.len_utf8();
            self.0.push(character);
        }
        self.0.push_str("\r\n");
    }

    /// A value that somebody typed.
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => {
                    escaped.push('\\');
                    escaped.push(character);
                }
                '\n' => escaped.push_str("\\n"),
                '\t' => escaped.push(' '),
                other if other.is_control() => {}
                other => escaped.push(other),
            }
        }
        self.line(name, &escaped);
    }

    fn moment(&mut self, name: &str, at: Instant) {
        let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut value = String::new();
        let _ = write!(value, "{}", at.strftime("%Y%m%dT%H%M%SZ"));
        self.line(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_special_ones_escaped() {
        let mut calendar = Calendar::default();
        calendar.text("SUMMARY", &format!("a,b;c\\d\ne\r\u{7}{}", "ä".repeat(100)));
        let text = calendar.0;
        assert!(text.starts_with("SUMMARY:a\\,b\\;c\\\\d\\ne\u{e4}"));
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert_eq!(text.replace("\r\n ", "").matches('ä').count(), 100);
    }

    #[test]
    fn days_have_four_digits_for_the_year() {
        assert_eq!(day(Date::constant(1, 2, 3)), "00010203");
        assert_eq!(day(Date::MAX), "99991231");
    }
}
