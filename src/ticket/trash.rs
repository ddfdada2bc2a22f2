//! Tickets in the trash (row C22): whole, and out of everybody's sight until somebody restores them; and purging, which leaves
//! nothing of a ticket but that its number is not given again.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use super::store::{self, Ticket};
use super::{NO_TICKET, TICKET_ADMIN, TICKET_PURGE, TICKET_VIEW, access, tally};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx, called};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{TRASH_CLASS, Viewer};

/// Nobody learns which numbers are in the trash.
const NOT_IN_TRASH: &str = "There is no such ticket in the trash.";

/// A ticket in the trash, as its page lists it.
#[derive(Debug, Clone)]
pub struct Trashed {
    pub id: i64,
    pub summary: String,
    /// Of its changes.
    pub changes: i64,
    pub deleted_at: Instant,
    pub deleted_by: String,
}

/// A ticket that is gone for good.
#[derive(Debug, Clone)]
pub struct Tombstone {
    pub ticket: i64,
    pub purged_at: Instant,
    pub purged_by: String,
}

/// Puts a ticket into the trash, with everything that hangs on it.
pub fn delete(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| {
        let ticket = store::find(tx, by.viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        by.viewer.require(TICKET_ADMIN)?;
        let old = ticket.row.acl;
        move_to(tx, &ticket, TRASH_CLASS)?;
        tx.prepare_cached("update ticket set deleted_at = ?2, deleted_by = ?3, class_before = ?4 where id = ?1")?
            .execute((id, tx.now(), tx.actor(), old))?;
        tell(tx, "ticket.deleted", id, TRASH_CLASS)
    })
}

/// Takes a ticket out of the trash. It gets the class that its values ask for by now.
pub fn restore(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let ticket = in_trash(tx, by.viewer, id)?;
        let acl = access::class_of(tx, &ticket.values)?;
        move_to(tx, &ticket, acl)?;
        tx.prepare_cached("update ticket set deleted_at = null, deleted_by = null, class_before = null where id = ?1")?
            .execute([id])?;
        tell(tx, "ticket.restored", id, acl)
    })
}

/// Takes a ticket that is in the trash out of the world: its texts, values, files and times. What happened stays in the log
/// by its number alone, which is never given again.
pub fn purge(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    require(by.viewer)?;
    by.viewer.require(TICKET_PURGE)?;
    project.write(by, |tx| {
        let ticket = in_trash(tx, by.viewer, id)?;
        let merged: Option<i64> = tx
            .prepare_cached("select id from ticket where merged_into = ?1 limit 1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(merged) = merged {
            return Err(Error::conflict(format!(
                "#{merged} is merged into #{id}; take that back before you purge it."
            )));
        }
        let also = hanging_on(tx, id)?;
        if ticket.row.merged_into.is_none() {
            tally::update(tx, Some((&ticket.values, TRASH_CLASS)), None)?;
        }
        erase(tx, id)?;
        tx.prepare_cached("insert into ticket_tombstone (ticket, purged_at, purged_by) values (?1, ?2, ?3)")?
            .execute((id, tx.now(), tx.actor()))?;
        let event =
            NewEvent::new("ticket.purged", Resource::new("ticket", id), TRASH_CLASS).data(json!({ "also": also }));
        tx.record(&event)?;
        Ok(())
    })
}

fn require(viewer: &Viewer) -> Result<()> {
    viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    viewer.require_to_see(TICKET_ADMIN, NOT_IN_TRASH)
}

fn in_trash(db: &Connection, viewer: &Viewer, id: i64) -> Result<Ticket> {
    let sql = format!("select exists (select 1 from ticket where id = ?2 and {IS_OPEN})");
    let is_open: bool = db.prepare_cached(&sql)?.query_row((viewer.acls(), id), |row| row.get(0))?;
    let found = store::find_unseen(db, id)?.filter(|ticket| is_open && ticket.row.acl == TRASH_CLASS);
    found.ok_or_else(|| Error::not_found(NOT_IN_TRASH))
}

/// That the component of a ticket is not closed to the viewer of these classes: a closed one has a trash that the rest does
/// not know of. Private tickets are known to all who may look into the trash, by the right that theirs brings along.
const IS_OPEN: &str = "coalesce((select acl from field_option where id = ticket.component), 1)
    in (select value from json_each(?1))";

fn move_to(tx: &Tx<'_>, ticket: &Ticket, acl: i64) -> Result<()> {
    // A merged ticket is counted nowhere.
    if ticket.row.merged_into.is_none() {
        tally::update(tx, Some((&ticket.values, ticket.row.acl)), Some((&ticket.values, acl)))?;
    }
    access::move_to(tx, &[ticket.row.id], acl, ticket.values.id("component"))
}

/// Records it, and has the followers read again whatever hangs on the ticket.
fn tell(tx: &Tx<'_>, kind: &'static str, id: i64, acl: i64) -> Result<()> {
    let event = NewEvent::new(kind, Resource::new("ticket", id), acl).data(json!({ "also": hanging_on(tx, id)? }));
    tx.record(&event)?;
    Ok(())
}

/// Files, notes and remarks of time, which are found by themselves.
fn hanging_on(db: &Connection, id: i64) -> Result<Vec<(String, i64)>> {
    let mut statement =
        db.prepare_cached("select 'attachment', id from attachment where parent_kind = 'ticket' and parent_id = ?1")?;
    let mut found: Vec<(String, i64)> =
        statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    found.extend(access::to_read_again(db, id)?.into_iter().map(|(kind, id)| (kind.to_owned(), id)));
    Ok(found)
}

/// What refers to others goes before them. The bytes of files are swept when no row names them any more.
fn erase(tx: &Tx<'_>, id: i64) -> Result<()> {
    for sql in [
        "delete from ticket_value where ticket = ?1",
        "delete from ticket_current where ticket = ?1",
        "delete from ticket_time where ticket = ?1",
        "delete from reminder where ticket = ?1",
        "delete from bookmark where ticket = ?1",
        "delete from ticket_seen where ticket = ?1",
        "delete from ticket_comment_version where change in (select id from ticket_change where ticket = ?1)",
        "update ticket_change set undoes = null where ticket = ?1",
        "delete from ticket_change where ticket = ?1",
        "delete from ticket_note_version where note in (select id from ticket_note where ticket = ?1)",
        "delete from ticket_note where ticket = ?1",
        "delete from participant where resource_kind = 'ticket' and resource_id = ?1",
        "delete from link where source_kind = 'ticket' and source_id = ?1",
        "update attachment set replaced_by = null where parent_kind = 'ticket' and parent_id = ?1",
        "delete from attachment where parent_kind = 'ticket' and parent_id = ?1",
        "delete from ticket where id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

/// What lies in the trash, the newest first.
pub fn list(db: &Connection, viewer: &Viewer, limit: usize, offset: usize) -> Result<Vec<Trashed>> {
    require(viewer)?;
    let sql = format!(
        "select ticket.id, summary, changes, deleted_at, person.login, person.display_name
         from ticket left join person on person.id = deleted_by
         where deleted_at is not null and {IS_OPEN} order by deleted_at desc, ticket.id desc limit ?2 offset ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((viewer.acls(), limit as i64, offset as i64), |row| {
        Ok(Trashed {
            id: row.get(0)?,
            summary: row.get(1)?,
            changes: row.get(2)?,
            deleted_at: row.get(3)?,
            deleted_by: who(row, 4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count(db: &Connection, viewer: &Viewer) -> Result<usize> {
    require(viewer)?;
    let sql = format!("select count(*) from ticket where deleted_at is not null and {IS_OPEN}");
    let count: i64 = db.prepare_cached(&sql)?.query_row([viewer.acls()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The ticket of that number, if it lies in the trash.
pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<Ticket> {
    require(viewer)?;
    in_trash(db, viewer, id)
}

/// The newest tombstones.
pub fn tombstones(db: &Connection, viewer: &Viewer, limit: usize) -> Result<Vec<Tombstone>> {
    require(viewer)?;
    let mut statement = db.prepare_cached(
        "select ticket, purged_at, person.login, person.display_name from ticket_tombstone
         left join person on person.id = purged_by order by purged_at desc limit ?1",
    )?;
    let rows = statement.query_map([limit as i64], |row| {
        Ok(Tombstone { ticket: row.get(0)?, purged_at: row.get(1)?, purged_by: who(row, 2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn who(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    let (login, name): (Option<String>, Option<String>) = (row.get(at)?, row.get(at + 1)?);
    Ok(called(login.as_deref(), name.as_deref()))
}

/// What lies in the trash has its class and its moment, and nothing else has.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    let mut statement = db.prepare("select id from ticket where (deleted_at is not null) <> (acl = ?1)")?;
    for id in statement.query_map([TRASH_CLASS], |row| row.get::<_, i64>(0))? {
        findings.push(format!("ticket #{}: its class does not say whether it is in the trash", id?));
    }
    Ok(())
}
