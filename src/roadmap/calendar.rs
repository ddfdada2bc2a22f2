//! The roadmap as a calendar (RFC 5545, row M11): an all-day event for each milestone with a date, and for one person a
//! to-do for each of their tickets in these milestones.

use jiff::civil::Date;
use rusqlite::{Connection, named_params};

use super::shown::href;
use crate::base::error::Result;
use crate::milestone::store::MilestoneRow;
use crate::ticket::TICKET_VIEW;
use crate::ticket::calendar::{LONGEST_TEXT, Todo, todo};
use crate::ticket::fields::Choices;
use crate::web::calendar::{Calendar, day};
use crate::web::{Answer, Desk, Room};

/// Tickets that one calendar tells of: open ones first, then those that were closed last.
const MOST_TICKETS: usize = 1000;

pub(super) fn answer(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    rows: &[MilestoneRow],
    user: Option<&str>,
) -> Result<Answer> {
    let mut calendar = Calendar::begin("Roadmap", &format!("{}: roadmap", room.row.called()));
    for row in rows {
        event(&mut calendar, desk, room, row);
    }
    if let Some(login) = user.filter(|login| !login.is_empty()) {
        let choices = Choices::load(db, &room.viewer)?;
        for ticket in tickets(db, room, rows, login)? {
            todo(&mut calendar, desk, room, &choices, &ticket);
        }
    }
    Ok(calendar.answer())
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

/// The tickets of somebody in these milestones; one without a day of its own is due when its milestone is.
fn tickets(db: &Connection, room: &Room, rows: &[MilestoneRow], login: &str) -> Result<Vec<Todo>> {
    if !room.viewer.may(TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select ticket.id, summary, substr(description, 1, :longest) as description, milestone, ticket.status, priority,
           ticket.created_at, ticket.changed_at, closed_at, due
         from ticket join ticket_status on ticket_status.id = ticket.status
         where ticket.owner in (select id from person where login = :login)
           and milestone in (select value from json_each(:milestones)) and ticket.merged_into is null and {sees}
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
        let (milestone, own): (i64, Option<String>) = (row.get("milestone")?, row.get("due")?);
        let of_milestone = || rows.iter().find(|row| row.id == milestone)?.due.clone();
        Ok(Todo {
            id: row.get("id")?,
            summary: row.get("summary")?,
            description: row.get("description")?,
            status: row.get("status")?,
            priority: row.get("priority")?,
            due: own.or_else(of_milestone).and_then(|due| due.parse().ok()),
            created_at: row.get("created_at")?,
            changed_at: row.get("changed_at")?,
            closed_at: row.get("closed_at")?,
        })
    })?;
    Ok(tickets.collect::<rusqlite::Result<_>>()?)
}
