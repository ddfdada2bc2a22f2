//! Reminders: on a day, somebody is to look at a ticket again. They are seen by whom they are for, by who made them and by
//! those who may change the ticket's fields; a reader of the ticket need not know whom it worries.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use super::values::Value;
use super::{NO_TICKET, TICKET_APPEND, TICKET_CHGPROP, TICKET_VIEW, people, store};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::moment;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::milestone::due::{self, Clock};
use crate::web::form::shortened;

/// Characters of what a reminder says.
const LONGEST: usize = 500;
/// So many of one list are shown.
const MOST: i64 = 500;
/// Open ones of one ticket: nobody reads more.
const MOST_OF_TICKET: i64 = 50;

#[derive(Debug, Clone)]
pub struct Reminder {
    pub id: i64,
    pub ticket: i64,
    pub person: i64,
    /// A calendar date in the project's time zone.
    pub due: String,
    pub text: String,
    pub created_by: Option<i64>,
    pub done_at: Option<Instant>,
}

const COLUMNS: &str = "reminder.id, reminder.ticket, reminder.person, reminder.due, text, created_by, done_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Reminder> {
    Ok(Reminder {
        id: row.get(0)?,
        ticket: row.get(1)?,
        person: row.get(2)?,
        due: row.get(3)?,
        text: row.get(4)?,
        created_by: row.get(5)?,
        done_at: row.get(6)?,
    })
}

/// A reminder as it was typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// `2026-12-31`.
    pub due: &'a str,
    /// One line; may be empty.
    pub text: &'a str,
    /// A login; empty: whoever makes it.
    pub person: &'a str,
}

/// Makes one. Returns its id.
pub fn add(site: &Site, project: &Project, by: Act<'_>, ticket: i64, wish: &Wish<'_>) -> Result<i64> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    by.viewer.require(TICKET_APPEND)?;
    project.write(by, |tx| {
        let row = store::by_ids(tx, by.viewer, &[ticket])?.pop().ok_or_else(|| Error::not_found(NO_TICKET))?;
        let mut problems = Vec::new();
        let day = match due::due(wish.due, "due") {
            Ok(Some(day)) if day < Clock::of(tx)?.today => {
                problems.push(Problem::new("due", "That day has passed."));
                None
            }
            Ok(Some(day)) => moment::iso(day),
            Ok(None) => {
                problems.push(Problem::new("due", "Please say on which day: 2026-12-31."));
                None
            }
            Err(Error::Invalid(more)) => {
                problems.extend(more);
                None
            }
            Err(other) => return Err(other),
        };
        let text = wish.text.trim();
        if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
            let message = format!("A reminder is one line of at most {LONGEST} characters.");
            problems.push(Problem::new("text", message));
        }
        let person = match wish.person.trim() {
            "" => tx.actor().map(Value::Id).ok_or_else(|| Error::invalid("person", "Sign in to be reminded."))?,
            name => match people::account(tx, site, project, "person", name)? {
                Some(person) => person,
                None => {
                    let message = format!("There is nobody called “{}” here.", shortened(name));
                    problems.push(Problem::new("person", message));
                    return Err(Error::Invalid(problems));
                }
            },
        };
        let Some(day) = day.filter(|_| problems.is_empty()) else { return Err(Error::Invalid(problems)) };
        let Value::Id(person) = people::settle(tx, person)? else {
            return Err(Error::internal("a reminder of nobody"));
        };
        if Some(person) != tx.actor() {
            by.viewer.require(TICKET_CHGPROP)?;
        }
        let open: i64 = tx
            .prepare_cached("select count(*) from reminder where ticket = ?1 and done_at is null")?
            .query_row([ticket], |row| row.get(0))?;
        if open >= MOST_OF_TICKET {
            let message = format!("This ticket has {MOST_OF_TICKET} reminders; some of them want to be done first.");
            return Err(Error::invalid("due", message));
        }
        tx.prepare_cached(
            "insert into reminder (ticket, person, due, text, created_by, created_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((ticket, person, day, text, tx.actor(), tx.now()))?;
        let id = tx.last_insert_rowid();
        tell(tx, "ticket.reminder_added", ticket, row.acl, id)?;
        Ok(id)
    })
}

/// What becomes of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    Removed,
}

/// Ends one. Returns its ticket. One that this viewer does not see is as good as missing.
pub fn end(project: &Project, by: Act<'_>, id: i64, end: End) -> Result<i64> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| {
        let missing = || Error::not_found("There is no such reminder.");
        let reminder = find(tx, id)?.ok_or_else(missing)?;
        let row = store::by_ids(tx, by.viewer, &[reminder.ticket])?.pop().ok_or_else(missing)?;
        let own = tx.actor().is_some() && (tx.actor() == Some(reminder.person) || tx.actor() == reminder.created_by);
        if !own && !by.viewer.may(TICKET_CHGPROP) {
            return Err(missing());
        }
        by.viewer.require(TICKET_APPEND).or_else(|_| by.viewer.require(TICKET_CHGPROP))?;
        match end {
            End::Done if reminder.done_at.is_some() => return Ok(reminder.ticket),
            End::Done => {
                tx.prepare_cached("update reminder set done_at = ?2 where id = ?1")?.execute((id, tx.now()))?;
                tell(tx, "ticket.reminder_done", reminder.ticket, row.acl, id)?;
            }
            End::Removed => {
                tx.prepare_cached("delete from reminder where id = ?1")?.execute([id])?;
                tell(tx, "ticket.reminder_removed", reminder.ticket, row.acl, id)?;
            }
        }
        Ok(reminder.ticket)
    })
}

fn tell(tx: &Tx<'_>, kind: &'static str, ticket: i64, acl: i64, id: i64) -> Result<()> {
    tx.record(&NewEvent::new(kind, Resource::new("ticket", ticket), acl).data(json!({ "reminder": id })))?;
    Ok(())
}

fn find(db: &Connection, id: i64) -> Result<Option<Reminder>> {
    let sql = format!("select {COLUMNS} from reminder where id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// The open reminders of a ticket that this viewer sees, by day. Whoever calls it has found the ticket for them.
pub fn of_ticket(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<Vec<Reminder>> {
    let sql = format!(
        "select {COLUMNS} from reminder where ticket = ?1 and done_at is null and (?2 or person = ?3 or created_by = ?3)
         order by due, id limit ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((ticket, viewer.may(TICKET_CHGPROP), viewer.person, MOST_OF_TICKET), from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The reminders of whoever asks, by day, on tickets that they may see: open ones, or those that are done, newest first.
pub fn of_viewer(db: &Connection, viewer: &Viewer, done: bool) -> Result<Vec<Reminder>> {
    if !viewer.may(TICKET_VIEW) || viewer.person.is_none() {
        return Ok(Vec::new());
    }
    let (state, order) = if done { ("not null", "done_at desc") } else { ("null", "reminder.due, reminder.id") };
    let sql = format!(
        "select {COLUMNS} from reminder join ticket on ticket.id = reminder.ticket
         where person = ?1 and done_at is {state} and {} order by {order} limit ?2",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map((viewer.person, MOST), from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// How many reminders of whoever asks are due by that day.
pub fn due_of_viewer(db: &Connection, viewer: &Viewer, day: &str) -> Result<usize> {
    if !viewer.may(TICKET_VIEW) || viewer.person.is_none() {
        return Ok(0);
    }
    let sql = format!(
        "select count(*) from reminder join ticket on ticket.id = reminder.ticket
         where person = ?1 and done_at is null and reminder.due <= ?2 and {}",
        viewer.sees_sql("ticket", "ticket")
    );
    let count: i64 = db.prepare_cached(&sql)?.query_row((viewer.person, day), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// All open reminders that are due by that day, by person: for whoever tells people of them. Whether a person may still see
/// the ticket is asked before they are told.
pub fn due_reminders(db: &Connection, day: &str) -> Result<Vec<Reminder>> {
    let sql = format!("select {COLUMNS} from reminder where done_at is null and due <= ?1 order by person, due, id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([day], from_row)?.collect::<rusqlite::Result<_>>()?)
}
