//! "Seen up to here": how far somebody has read a ticket, what is new since, and the way to the first of it (row A5). To those
//! who read internal notes, a note is as new as a comment.
//!
//! Looking at a page writes nothing. A page that shows something new has a small form; script sends it once the page has been
//! looked at, whoever has none presses its button. So a ticket costs a write when there is something new in it, and prefetching,
//! crawling and glancing at it mark nothing as read. What somebody says or files themselves they have read, of course: that is
//! written in the transaction of the change.

use std::collections::HashSet;

use rocket::data::Data;
use rocket::{Route, post, routes};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::Serialize;
use serde_json::json;

use super::conversation::{comment_href, note_href};
use super::head::{enter_ticket, href, with_list};
use super::look::Look;
use super::note_store::{self, NoteRow};
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
    /// The newest of the notes that the reader may see, 0 for none.
    note: i64,
}

/// Whether a note is by somebody else, and was written since.
pub(super) fn is_new_note(viewer: &Viewer, seen: Option<Seen>, note: &NoteRow) -> bool {
    let own = note.author.is_some() && note.author == viewer.person;
    !own && seen.is_some_and(|seen| note.number > seen.note)
}

/// What is new to this viewer in a ticket of which they have read so much. `notes` are those that they may see, `plain` is
/// the ticket's address.
pub(super) fn news(
    db: &Connection,
    viewer: &Viewer,
    ticket: &Ticket,
    seen: Option<Seen>,
    notes: &[NoteRow],
    plain: &str,
) -> Result<Option<News>> {
    let mut new_notes = notes.iter().filter(|note| is_new_note(viewer, seen, note));
    let noted = new_notes.clone().count() as i64;
    let (changed, first) = new_changes(db, viewer, ticket, seen)?;
    let latest = ticket.row.changes;
    let href = match (first, new_notes.next()) {
        (None, None) => return Ok(None),
        (Some((number, at)), Some(note)) if at <= note.at => comment_href(plain, number, latest),
        (Some((number, _)), None) => comment_href(plain, number, latest),
        (_, Some(note)) => note_href(plain, note.number, latest),
    };
    Ok(Some(News { count: changed + noted, href }))
}

/// How many changes are new, and number and time of the first of them.
fn new_changes(
    db: &Connection,
    viewer: &Viewer,
    ticket: &Ticket,
    seen: Option<Seen>,
) -> Result<(i64, Option<(i64, Instant)>)> {
    let Some(seen) = seen.filter(|seen| seen.change < ticket.row.changes) else { return Ok((0, None)) };
    let sql = format!(
        "select count(*), min(number), min(changed_at) from ticket_change
         where ticket = :ticket and number > :seen and author is not :own
            and (acl = (select acl from ticket where id = :ticket) or acl in (select value from json_each(:acls)))
            and {}",
        tells_sql(viewer, ":ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row(
        named_params! { ":ticket": ticket.row.id, ":seen": seen.change, ":own": viewer.person.unwrap_or(0), ":acls": viewer.acls() },
        |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.zip(row.get(2)?))),
    )?)
}

/// Whether a row of `ticket_change` tells this viewer anything: a change of nothing that they may know of is no news. `ticket`
/// is where its ticket's number stands.
fn tells_sql(viewer: &Viewer, ticket: &str) -> String {
    let of_change = format!("ticket_value.ticket = {ticket} and ticket_change.id in (from_change, to_change)");
    format!(
        "(comment <> '' or edits > 0
          or exists (select 1 from ticket_value where {of_change} and {})
          or not exists (select 1 from ticket_value where {of_change}))",
        knows_sql(viewer, "ticket_value")
    )
}

/// Offered where something is unread, or nothing is known.
pub(super) fn marking(
    room: &Room,
    ticket: &Ticket,
    seen: Option<Seen>,
    notes: &[NoteRow],
    plain: &str,
) -> Option<Mark> {
    let (change, note) = (ticket.row.changes, newest(notes));
    let unread = seen.is_none_or(|seen| seen.change < change || seen.note < note);
    let may = room.viewer.signed_in() && !room.viewer.archived;
    (unread && may).then(|| Mark { href: format!("{plain}/seen"), change, note })
}

fn newest(notes: &[NoteRow]) -> i64 {
    notes.last().map_or(0, |note| note.number)
}

/// The tickets in which something is new to this viewer, as a list of SQL: of what they have looked at, all that others did
/// since; what they take part in and never looked at, whole. `account` is where the uuid of their account is bound, `one`
/// (if any) where the number of the only ticket that is of interest is.
pub fn unread_sql(viewer: &Viewer, account: &str, one: Option<&str>) -> String {
    let own = viewer.person.unwrap_or(0);
    let others_wrote = |change: &str, note: &str| {
        format!(
            "(exists (select 1 from ticket_change where ticket_change.ticket = item.id and number > {change}
                 and author is not {own} and (ticket_change.acl = item.acl or {}) and {})
              or exists (select 1 from ticket_note where ticket_note.ticket = item.id and number > {note}
                 and author is not {own} and {}))",
            viewer.class_sql("ticket_change"),
            tells_sql(viewer, "item.id"),
            viewer.class_in_sql("ticket_note"),
        )
    };
    let of_interest = |column: &str| one.map_or_else(String::new, |one| format!("and {column} = {one}"));
    format!(
        "select item.id from ticket_seen as seen join ticket as item on item.id = seen.ticket
         where seen.account = {account} {} and {}
         union all
         select item.id from participant join ticket as item on item.id = participant.resource_id
         where participant.person = {own} and participant.resource_kind = 'ticket' {}
           and not exists (select 1 from ticket_seen where account = {account} and ticket_seen.ticket = item.id)
           and {}",
        of_interest("seen.ticket"),
        others_wrote("seen.change", "seen.note"),
        of_interest("participant.resource_id"),
        others_wrote("-1", "0"),
    )
}

/// Those of these tickets in which something is new to this viewer; to anonymous ones nothing ever is.
pub fn unread(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<HashSet<i64>> {
    let Some(identity) = viewer.principal.identity.as_ref().filter(|_| !ids.is_empty()) else {
        return Ok(HashSet::new());
    };
    // One by one: to hand SQLite a list costs more than to ask for each.
    let mut statement = db.prepare_cached(&unread_sql(viewer, "?1", Some("?2")))?;
    let mut unread = HashSet::new();
    for id in ids {
        if statement.exists((&identity.uuid, id))? {
            unread.insert(*id);
        }
    }
    Ok(unread)
}

#[post("/<project>/ticket/<number>/seen", data = "<data>")]
async fn mark(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let account = room.keeper()?;
            let note = if form.has("note") { form.number("note")?.max(0) } else { 0 };
            let notes = room.project.read(|db| note_store::of_ticket(db, &room.viewer, ticket.row.id))?;
            let seen =
                Seen { change: form.number("change")?.clamp(0, ticket.row.changes), note: note.min(newest(&notes)) };
            room.project.db().write(|db| save(db, account, ticket.row.id, seen))?;
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

/// Marks all tickets that this viewer sees as read, as they are now.
pub fn read_all(db: &Connection, viewer: &Viewer) -> Result<()> {
    let Some(identity) = &viewer.principal.identity else { return Ok(()) };
    let sql = format!(
        "insert into ticket_seen (account, ticket, change, note, seen_at)
         select ?1, ticket.id, ticket.changes,
             (select coalesce(max(number), 0) from ticket_note where ticket_note.ticket = ticket.id and {}), ?2
         from ticket where {}
         on conflict (account, ticket) do update
         set change = max(change, excluded.change), note = max(note, excluded.note), seen_at = excluded.seen_at",
        viewer.class_in_sql("ticket_note"),
        viewer.sees_sql("ticket", "ticket"),
    );
    db.prepare_cached(&sql)?.execute((&identity.uuid, Instant::now()))?;
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

/// After their own note of that number: whoever had read all notes before it has read all notes.
pub(super) fn after_own_note(db: &Connection, viewer: &Viewer, ticket: i64, number: i64) -> Result<()> {
    let Some(identity) = &viewer.principal.identity else { return Ok(()) };
    db.prepare_cached("update ticket_seen set note = ?3 where account = ?1 and ticket = ?2 and note = ?3 - 1")?
        .execute((&identity.uuid, ticket, number))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::base::db::{Db, Schema};
    use crate::base::viewer::{DEFAULT_CLASS, Principal};

    #[test]
    fn what_is_unread_is_found_by_its_reader_and_no_table_is_gone_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        let viewer = Viewer {
            principal: Arc::new(Principal::anonymous()),
            person: Some(1),
            permissions: BTreeSet::new(),
            classes: vec![DEFAULT_CLASS],
            joined_classes: Vec::new(),
            archived: false,
            local: None,
        };
        for one in [None, Some("?2")] {
            let plan: Vec<String> = db
                .read(|db| {
                    let sql = format!("explain query plan {}", unread_sql(&viewer, "?1", one));
                    let mut statement = db.prepare(&sql)?;
                    let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
                    Ok(statement.query_map(nothing, |row| row.get(3))?.collect::<rusqlite::Result<_>>()?)
                })
                .expect("a plan");
            let scans: Vec<_> = plan.iter().filter(|step| step.starts_with("SCAN")).collect();
            assert!(scans.is_empty(), "{plan:?}");
            assert!(plan.iter().any(|step| step.starts_with("SEARCH seen USING PRIMARY KEY (account=?")), "{plan:?}");
        }
    }
}
