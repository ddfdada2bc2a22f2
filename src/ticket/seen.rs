//! "Seen up to here": how far somebody has read a ticket, what is new since, and the way to the first of it (row A5).
//!
//! Looking at a page writes nothing. A page that shows something new has a small form; script sends it once the page has been
//! looked at, whoever has none presses its button. So a ticket costs a write when there is something new in it, and prefetching,
//! crawling and glancing at it mark nothing as read. What somebody says or files themselves they have read, of course: that is
//! written in the transaction of the change.

use rocket::data::Data;
use rocket::{Route, post, routes};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::Serialize;
use serde_json::json;

use super::conversation::comment_href;
use super::head::{enter_ticket, href, with_list};
use super::look::{self, Look};
use super::sight::knows_sql;
use super::store::Ticket;
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::web::{Answer, Desk, Room, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![mark]
}

/// What is kept of one reader: how far they have read a ticket, none if they never marked it, and how they want it laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub seen: Option<Seen>,
    pub look: Look,
}

/// The numbers of the newest change and the newest note that somebody has had before them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub change: i64,
    pub note: i64,
}

/// What is kept of this viewer; of anonymous ones nothing.
pub(super) fn of(db: &Connection, viewer: &Viewer, ticket: i64) -> Result<Reading> {
    let Some(identity) = &viewer.principal.identity else { return Ok(Reading::default()) };
    let mut statement = db.prepare_cached(
        "select seen.change, seen.note, (select look from ticket_look where account = ?1)
         from (select ?1 as account, ?2 as ticket) as asked
         left join ticket_seen as seen on seen.account = asked.account and seen.ticket = asked.ticket",
    )?;
    Ok(statement.query_row((&identity.uuid, ticket), |row| {
        let seen = row.get::<_, Option<i64>>(0)?.zip(row.get(1)?).map(|(change, note)| Seen { change, note });
        Ok(Reading { seen, look: Look::read(&row.get::<_, Option<String>>(2)?.unwrap_or_default()) })
    })?)
}

/// What others have done since.
#[derive(Debug, Clone, Serialize)]
pub(super) struct News {
    count: i64,
    /// The first of it.
    href: String,
}

/// The form that marks all of it as read.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Mark {
    href: String,
    change: i64,
}

/// What is new to this viewer in a ticket of which they have read so much. `plain` is its address.
pub(super) fn news(
    db: &Connection,
    viewer: &Viewer,
    ticket: &Ticket,
    seen: Option<Seen>,
    plain: &str,
) -> Result<Option<News>> {
    let Some(seen) = seen.filter(|seen| seen.change < ticket.row.changes) else { return Ok(None) };
    // A change of nothing that they may know of is no news.
    let sql = format!(
        "select count(*), min(number) from ticket_change
         where ticket = :ticket and number > :seen and author is not :own
            and (acl = (select acl from ticket where id = :ticket) or acl in (select value from json_each(:acls)))
            and (comment <> '' or edits > 0
                or exists (select 1 from ticket_value where ticket = :ticket and ticket_change.id in (from_change, to_change) and {knows})
                or not exists (select 1 from ticket_value where ticket = :ticket and ticket_change.id in (from_change, to_change)))",
        knows = knows_sql(viewer, "ticket_value")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let (count, first): (i64, Option<i64>) = statement.query_row(
        named_params! { ":ticket": ticket.row.id, ":seen": seen.change, ":own": viewer.person.unwrap_or(0), ":acls": viewer.acls() },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(first.map(|first| News { count, href: comment_href(plain, first, ticket.row.changes) }))
}

/// Offered where something is unread, or nothing is known.
pub(super) fn marking(room: &Room, ticket: &Ticket, seen: Option<Seen>, plain: &str) -> Option<Mark> {
    let unread = seen.is_none_or(|seen| seen.change < ticket.row.changes);
    let may = room.viewer.signed_in() && !room.viewer.archived;
    (unread && may).then(|| Mark { href: format!("{plain}/seen"), change: ticket.row.changes })
}

#[post("/<project>/ticket/<number>/seen", data = "<data>")]
async fn mark(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let account = look::account(&room)?;
            let seen = Seen {
                change: form.number("change")?.clamp(0, ticket.row.changes),
                note: if form.has("note") { form.number("note")?.max(0) } else { 0 },
            };
            room.project.db().write(|db| save(db, &account, ticket.row.id, seen))?;
            answer(desk, &room, &ticket, form.json, seen)
        })
        .await
}

fn answer(desk: &Desk, room: &Room, ticket: &Ticket, json: bool, seen: Seen) -> Result<Answer> {
    if json {
        return Answer::json(&json!({ "id": ticket.row.id, "seen": seen.change }));
    }
    let href = with_list(desk, &href(room, ticket.row.id));
    Ok(Answer::see(&format!("{href}#conversation")).telling(desk, "All of this ticket is marked as read."))
}

/// Nobody unreads what they have read.
fn save(db: &Connection, account: &str, ticket: i64, seen: Seen) -> Result<()> {
    db.prepare_cached(
        "insert into ticket_seen (account, ticket, change, note, seen_at) values (?1, ?2, ?3, ?4, ?5)
         on conflict (account, ticket) do update
         set change = max(change, ?3), note = max(note, ?4), seen_at = ?5",
    )?
    .execute((account, ticket, seen.change, seen.note, Instant::now()))?;
    Ok(())
}

/// After their own change of that number: whoever had all before it before their eyes has read everything.
pub(super) fn after_own(db: &Connection, viewer: &Viewer, ticket: i64, number: i64, looked: Option<i64>) -> Result<()> {
    let Some(identity) = &viewer.principal.identity else { return Ok(()) };
    let known: Option<i64> = db
        .prepare_cached("select change from ticket_seen where account = ?1 and ticket = ?2")?
        .query_row((&identity.uuid, ticket), |row| row.get(0))
        .optional()?;
    let before = number - 1;
    if before < 0 || [known, looked].into_iter().flatten().any(|seen| seen >= before) {
        save(db, &identity.uuid, ticket, Seen { change: number, note: 0 })?;
    }
    Ok(())
}
