//! Tickets that turn out to be one and the same (row A2 of RT): A is merged into B and lives on there. Nothing is copied and
//! nothing rewritten, only `merged_into` is set; what B shows of A is read from A, so taking the merge back is clearing it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::relations::{self, RELATIONS, Way};
use super::store::{self, Ticket, TicketRow};
use super::{NO_TICKET, TICKET_APPEND, TICKET_CHGPROP, TICKET_VIEW, tally};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{TRASH_CLASS, Viewer};

/// That a row of the table `ticket` stands for itself. In this form it needs no look at the row, so that indexes which
/// cover a question go on covering it.
pub const STANDS: &str =
    "ticket.id not in (select merged.id from ticket as merged where merged.merged_into is not null)";

/// Whether any ticket of the project is merged.
pub fn any(db: &Connection) -> Result<bool> {
    let any = "select exists (select 1 from ticket where merged_into is not null)";
    Ok(db.prepare_cached(any)?.query_row([], |row| row.get(0))?)
}

/// Where each of these tickets lives on: in itself, unless it was merged. Numbers that no ticket has are left out.
pub fn survivors(db: &Connection, ids: &[i64]) -> Result<HashMap<i64, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut statement = db.prepare_cached(
        "with recursive up(origin, id, next) as (
             select id, id, merged_into from ticket where id in (select value from json_each(?1))
             union select up.origin, ticket.id, ticket.merged_into from up join ticket on ticket.id = up.next)
         select origin, id from up where next is null",
    )?;
    let rows = statement.query_map([json!(ids).to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Where a ticket lives on; itself, unless it was merged.
pub fn survivor(db: &Connection, id: i64) -> Result<i64> {
    Ok(survivors(db, &[id])?.get(&id).copied().unwrap_or(id))
}

/// What was merged into a ticket, directly or by way of another one, by number, whoever asks.
pub fn merged_ids(db: &Connection, into: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "with recursive member(id) as (
             select id from ticket where merged_into = ?1
             union select ticket.id from member join ticket on ticket.merged_into = member.id)
         select id from member order by id",
    )?;
    Ok(statement.query_map([into], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Those of them that this viewer may see: a ticket of a narrower class shows itself to nobody else where it lives on.
pub fn merged_rows(db: &Connection, viewer: &Viewer, into: i64) -> Result<Vec<TicketRow>> {
    store::by_ids(db, viewer, &merged_ids(db, into)?)
}

/// Those that had been merged into it before its change after `version` came: what lived on in it as it was then. One that
/// was taken out again is not among them, since nothing is kept of that.
pub(super) fn merged_rows_at(db: &Connection, viewer: &Viewer, into: i64, version: i64) -> Result<Vec<TicketRow>> {
    let sql = format!(
        "with recursive member(id, since) as (
             select ticket.id, {MERGED_AT} from ticket where merged_into = ?1
             union
             select ticket.id, max(member.since, {MERGED_AT}) from member join ticket on ticket.merged_into = member.id)
         select id from member where since <
             coalesce((select changed_at from ticket_change where ticket = ?1 and number = ?2 + 1), since + 1)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let ids: Vec<i64> = statement.query_map([into, version], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    store::by_ids(db, viewer, &ids)
}

/// When a row of `ticket` was merged, as its events tell; the index `event_ticket_ends` has them.
const MERGED_AT: &str = "coalesce((select max(happened_at) from event
     where resource_id = ticket.id and resource_kind = 'ticket' and data ->> 'into' is not null
         and kind in ('ticket.merged', 'ticket.unmerged', 'ticket.related', 'ticket.unrelated') and kind = 'ticket.merged'), 0)";

/// The people who reported what was merged into a ticket, or are on its Cc list: they follow the ticket in which it lives on,
/// as far as the viewer may see what they followed.
pub(super) fn followers(db: &Connection, viewer: &Viewer, into: i64) -> Result<Vec<i64>> {
    people_of(db, viewer, into, "'reporter', 'cc'")
}

/// Whether that person is on the Cc list of something that was merged into a ticket and that the viewer may see.
pub(super) fn watches(db: &Connection, viewer: &Viewer, into: i64, person: i64) -> Result<bool> {
    Ok(people_of(db, viewer, into, "'cc'")?.contains(&person))
}

fn people_of(db: &Connection, viewer: &Viewer, into: i64, roles: &'static str) -> Result<Vec<i64>> {
    let sql = format!(
        "with recursive member(id) as (
             select id from ticket where merged_into = ?1
             union select ticket.id from member join ticket on ticket.merged_into = member.id)
         select distinct person from member cross join ticket on ticket.id = member.id
         cross join participant on resource_kind = 'ticket' and resource_id = ticket.id
         where role in ({roles}) and {} order by person",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([into], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The access class of a ticket; none if there is no such ticket.
pub(super) fn class_of(db: &Connection, id: i64) -> Result<Option<i64>> {
    Ok(db.prepare_cached("select acl from ticket where id = ?1")?.query_row([id], |row| row.get(0)).optional()?)
}

/// The number of the newest change that a ticket had at a moment.
pub(super) fn number_at(db: &Connection, ticket: i64, at: Instant) -> Result<i64> {
    let newest = "select coalesce(max(number), 0) from ticket_change where ticket = ?1 and changed_at <= ?2";
    Ok(db.prepare_cached(newest)?.query_row((ticket, at), |row| row.get(0))?)
}

/// The first and last number of the changes of a ticket within a time; either end may be open.
pub(super) fn numbers_between(
    db: &Connection,
    ticket: i64,
    begins: Option<Instant>,
    ends: Option<Instant>,
) -> Result<Option<(i64, i64)>> {
    let numbers: (Option<i64>, Option<i64>) = db
        .prepare_cached(
            "select min(number), max(number) from ticket_change where ticket = ?1
                 and (?2 is null or changed_at >= ?2) and (?3 is null or changed_at < ?3)",
        )?
        .query_row((ticket, begins, ends), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(numbers.0.zip(numbers.1))
}

/// Both tickets of a merge: what is merged, and where it lives on.
pub struct Pair {
    pub from: Ticket,
    pub into: Ticket,
}

/// Finds both tickets and refuses what can't be merged, at the field `into`; says nothing of what the viewer may not see.
pub fn pair(db: &Connection, viewer: &Viewer, from: i64, into: i64) -> Result<Pair> {
    let from = found(db, viewer, from)?;
    if let Some(already) = from.row.merged_into {
        let already = survivor(db, already)?;
        return Err(Error::invalid(
            "into",
            format!("#{} is merged already, into {}.", from.row.id, named(db, viewer, already)?),
        ));
    }
    let missing = || Error::invalid("into", format!("There is no ticket #{into}."));
    store::find(db, viewer, into)?.ok_or_else(missing)?;
    let survivor = survivor(db, into)?;
    if survivor == from.row.id {
        let message = match survivor == into {
            true => "A ticket can't be merged into itself.".to_owned(),
            false => format!("#{into} is merged into #{survivor} already; a ticket can't be merged into itself."),
        };
        return Err(Error::invalid("into", message));
    }
    let into = store::find(db, viewer, survivor)?.ok_or_else(missing)?;
    require_to_merge(viewer)?;
    Ok(Pair { from, into })
}

/// `TICKET_MODIFY` has both.
pub fn require_to_merge(viewer: &Viewer) -> Result<()> {
    viewer.require(TICKET_APPEND)?;
    viewer.require(TICKET_CHGPROP)
}

pub fn may_merge(viewer: &Viewer) -> bool {
    viewer.may(TICKET_APPEND) && viewer.may(TICKET_CHGPROP)
}

/// Refuses to change what lives on in another ticket.
pub(super) fn require_to_stand(db: &Connection, viewer: &Viewer, row: &TicketRow) -> Result<()> {
    if row.merged_into.is_none() {
        return Ok(());
    }
    let into = named(db, viewer, survivor(db, row.id)?)?;
    Err(Error::conflict(format!("#{} was merged into {into}: it is changed there.", row.id)))
}

fn found(db: &Connection, viewer: &Viewer, id: i64) -> Result<Ticket> {
    store::find(db, viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))
}

/// `#3`, or no name for what this viewer may not see.
pub fn named(db: &Connection, viewer: &Viewer, id: i64) -> Result<String> {
    let seen = store::by_ids(db, viewer, &[id])?;
    Ok(if seen.is_empty() { "another ticket".to_owned() } else { format!("#{id}") })
}

/// Merges a ticket into another one. Returns the number of the one in which it lives on now: that of `into`, or of the
/// ticket into which that one had been merged before.
pub fn merge(project: &Project, by: Act<'_>, from: i64, into: i64) -> Result<i64> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| {
        let Pair { from, into } = pair(tx, by.viewer, from, into)?;
        let (a, b) = (from.row.id, into.row.id);
        save(tx, a, Some(b))?;
        refuse_circles(tx, by.viewer, &[b], "into")?;
        tally::update(tx, Some((&from.values, from.row.acl)), None)?;
        record(tx, "ticket.merged", &from.row, json!({ "into": b, "with": ["ticket", b] }))?;
        record(tx, "ticket.merged", &into.row, json!({ "ticket": a, "with": ["ticket", a] }))?;
        Ok(b)
    })
}

/// Takes a merge back: everything is as it was before. Returns the number of the ticket in which it had lived on; none where
/// that lies in the trash, of which nobody is told.
pub fn unmerge(project: &Project, by: Act<'_>, id: i64) -> Result<Option<i64>> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| {
        let ticket = found(tx, by.viewer, id)?;
        if ticket.row.merged_into.is_none() {
            return Err(Error::invalid("", format!("#{id} is not merged into another ticket.")));
        }
        let from = survivor_to_leave(tx, by.viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        require_to_merge(by.viewer)?;
        save(tx, id, None)?;
        // What was merged meanwhile may have relations that only one ticket could have.
        refuse_circles(tx, by.viewer, &[id, from.id], "")?;
        tally::update(tx, None, Some((&ticket.values, ticket.row.acl)))?;
        record(tx, "ticket.unmerged", &ticket.row, json!({ "into": from.id, "with": ["ticket", from.id] }))?;
        record(tx, "ticket.unmerged", &from, json!({ "ticket": id, "with": ["ticket", id] }))?;
        Ok(Some(from.id).filter(|_| from.acl != TRASH_CLASS))
    })
}

/// The ticket in which a merged one lives on, if this viewer may take it out of there: they see it, or it lies in the trash,
/// from where nothing could lead on.
pub(super) fn survivor_to_leave(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<TicketRow>> {
    let survivor = survivor(db, id)?;
    match store::by_ids(db, viewer, &[survivor])?.pop() {
        Some(seen) => Ok(Some(seen)),
        None => Ok(store::find_unseen(db, survivor)?.map(|ticket| ticket.row).filter(|row| row.acl == TRASH_CLASS)),
    }
}

fn save(tx: &Tx<'_>, ticket: i64, into: Option<i64>) -> Result<()> {
    tx.prepare_cached("update ticket set merged_into = ?2 where id = ?1")?.execute((ticket, into))?;
    Ok(())
}

fn record(tx: &Tx<'_>, kind: &'static str, row: &TicketRow, data: serde_json::Value) -> Result<()> {
    tx.record(&NewEvent::new(kind, Resource::new("ticket", row.id), row.acl).data(data))?;
    Ok(())
}

/// Refuses by name what would lead round in a circle now.
fn refuse_circles(tx: &Tx<'_>, viewer: &Viewer, ids: &[i64], field: &str) -> Result<()> {
    let mut problems = Vec::new();
    for relation in RELATIONS.iter().filter(|relation| relation.acyclic) {
        for id in ids {
            match relations::circle(tx, relation, *id)? {
                Way::None => continue,
                Way::TooLong => problems.push(Problem::new(field, relations::TOO_MANY)),
                Way::Through(way) => {
                    let told = relations::told(tx, viewer, relation, &way)?;
                    problems.push(Problem::new(field, format!("That would lead round in a circle: {told}.")));
                }
            }
            break;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// Looks for merges that lead nowhere.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    let mut statement = db.prepare("select id from ticket where merged_into is not null order by id")?;
    let merged: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let survivors = survivors(db, &merged)?;
    findings.extend(
        merged
            .iter()
            .filter(|id| !survivors.contains_key(id))
            .map(|id| format!("ticket #{id}: it is merged into itself, by way of others")),
    );
    Ok(())
}
