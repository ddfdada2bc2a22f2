//! Who sees a ticket: its access class follows from its values, and whatever hangs on it follows the ticket (DESIGN 1.4).
//!
//! A ticket has the class of its component, which is the default one unless the component is closed to all but some. A
//! private ticket has a class on top of that: those who take part in it see it, and whoever may see private tickets. Internal
//! notes have a class on top of their ticket's. A component with people who see its notes has a class of notes of its own.
//! Classes are made when they are first needed, and stay.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::plan::Request;
use super::store::{Ticket, TicketRow};
use super::values::Values;
use super::{TICKET_NOTES, TICKET_PRIVATE, note, remarks, tally};
use super::{options, queue_store};
use crate::base::error::Result;
use crate::base::event::NewEvent;
use crate::base::local_rights::Role;
use crate::base::project::Tx;
use crate::base::resource::Resource;
use crate::base::viewer::{DEFAULT_CLASS, TRASH_CLASS, Viewer};
use crate::web::Room;

/// Tickets that one event names: a search looks at them one by one until the index holds them.
const TOLD_AT_ONCE: usize = 100;

/// The field that makes a ticket private.
pub const PRIVATE: &str = "private";

pub fn is_private(values: &Values) -> bool {
    values.id(PRIVATE) == Some(1)
}

/// The viewer that somebody is on a ticket: there they may have rights, or be denied rights, that they have not got or are not
/// denied elsewhere.
pub(super) fn standing<'v>(db: &Connection, viewer: &'v Viewer, ticket: &TicketRow) -> Result<Cow<'v, Viewer>> {
    if !viewer.has_local_rights() {
        return Ok(Cow::Borrowed(viewer));
    }
    let component: Option<i64> = db
        .prepare_cached("select component from ticket where id = ?1")?
        .query_row([ticket.id], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(viewer.on_ticket(&roles(db, viewer, ticket.id, component)?, component))
}

/// The viewer that somebody is who files this ticket: with what they may in its component, typed or proposed.
pub(super) fn standing_to_file<'v>(db: &Connection, viewer: &'v Viewer, request: &Request) -> Result<Cow<'v, Viewer>> {
    if !viewer.has_local_rights() {
        return Ok(Cow::Borrowed(viewer));
    }
    let typed = request.set.iter().find(|(field, _)| field == "component").map(|(_, typed)| typed.trim());
    let component: Option<i64> = match typed {
        Some(name) => options::id_of(db, "component", name)?,
        None => options::proposed(db, "component")?,
    };
    Ok(viewer.on_ticket(&[], component))
}

/// The same of a room: whatever is drawn of a ticket offers what its viewer may there.
pub(super) fn room_on<'r>(db: &Connection, room: &'r Room, ticket: &TicketRow) -> Result<Cow<'r, Room>> {
    Ok(match standing(db, &room.viewer, ticket)? {
        Cow::Borrowed(_) => Cow::Borrowed(room),
        Cow::Owned(viewer) => Cow::Owned(Room { viewer: Arc::new(viewer), ..room.clone() }),
    })
}

fn roles(db: &Connection, viewer: &Viewer, ticket: i64, component: Option<i64>) -> Result<Vec<Role>> {
    let Some(person) = viewer.person else { return Ok(Vec::new()) };
    let mut statement = db.prepare_cached(
        "select role from participant where resource_kind = 'ticket' and resource_id = ?1 and person = ?2",
    )?;
    let names: Vec<String> =
        statement.query_map([ticket, person], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut roles: Vec<Role> = names.iter().filter_map(|name| Role::named(name)).collect();
    if let Some(component) = component
        && queue_store::watches_inside(db, component, person)?
    {
        roles.push(Role::AdminCc);
    }
    Ok(roles)
}

/// The class that a ticket with these values has.
pub(super) fn class_of(tx: &Tx<'_>, values: &Values) -> Result<i64> {
    let component = match values.id("component") {
        Some(component) => class_of_component(tx, component)?,
        None => DEFAULT_CLASS,
    };
    if is_private(values) { private(tx, component) } else { Ok(component) }
}

/// Gives a ticket the class that its new values ask for, and all that hangs on it theirs. Returns its class. What lies in
/// the trash stays there, whatever becomes of its values.
pub(super) fn settle(tx: &Tx<'_>, ticket: &Ticket, values: &Values) -> Result<i64> {
    let (id, old) = (ticket.row.id, ticket.row.acl);
    if old == TRASH_CLASS {
        return Ok(old);
    }
    let new = class_of(tx, values)?;
    if new != old || values.id("component") != ticket.values.id("component") {
        move_to(tx, &[id], new, values.id("component"))?;
    }
    Ok(new)
}

/// Puts tickets of one component (or of none) into a class, with everything that hangs on them. Their counters are the
/// caller's, and so is telling of it.
pub(super) fn move_to(tx: &Tx<'_>, tickets: &[i64], acl: i64, component: Option<i64>) -> Result<()> {
    let ids = serde_json::to_string(tickets)?;
    for sql in [
        "update ticket set acl = ?2 where id in (select value from json_each(?1)) and acl <> ?2",
        "update ticket_change set acl = ?2 where ticket in (select value from json_each(?1)) and acl <> ?2",
        "update link set acl = ?2 where source_kind = 'ticket' and source_id in (select value from json_each(?1))
            and part not glob 'note:*' and acl <> ?2",
        "update event set acl = ?2 where resource_kind = 'ticket' and resource_id in (select value from json_each(?1))
            and acl <> ?2",
        "update event set acl = ?2 where resource_kind = 'attachment' and acl <> ?2 and resource_id in (
            select id from attachment where parent_kind = 'ticket' and parent_id in (select value from json_each(?1)))",
        "update attachment set acl = ?2 where parent_kind = 'ticket' and parent_id in (select value from json_each(?1))
            and acl <> ?2",
    ] {
        tx.prepare_cached(sql)?.execute((&ids, acl))?;
    }
    if has_notes(tx, &ids)? {
        move_notes(tx, &ids, notes(tx, acl, component)?)?;
    }
    Ok(())
}

fn has_notes(db: &Connection, ids: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from ticket_note where ticket in (select value from json_each(?1)))")?
        .query_row([ids], |row| row.get(0))?)
}

/// `ids`: of tickets, as a JSON array.
fn move_notes(tx: &Tx<'_>, ids: &str, acl: i64) -> Result<()> {
    for sql in [
        "update ticket_note set acl = ?2 where ticket in (select value from json_each(?1)) and acl <> ?2",
        "update link set acl = ?2 where source_kind = 'ticket' and source_id in (select value from json_each(?1))
            and part glob 'note:*' and acl <> ?2",
        "update event set acl = ?2 where resource_kind = 'note' and acl <> ?2 and resource_id in (
            select id from ticket_note where ticket in (select value from json_each(?1)))",
    ] {
        tx.prepare_cached(sql)?.execute((ids, acl))?;
    }
    Ok(())
}

/// What the followers are to read again with a ticket: its notes, and the remarks of the time that was worked on it, whose
/// class and readers follow it.
pub(super) fn to_read_again(db: &Connection, ticket: i64) -> Result<Vec<(&'static str, i64)>> {
    let mut statement = db.prepare_cached(
        "select 0, id from ticket_note where ticket = ?1
         union all select 1, ?1 where exists (select 1 from ticket_time where ticket = ?1 and remark <> '')",
    )?;
    let kind = |is_time: bool| if is_time { remarks::KIND } else { note::KIND };
    let rows = statement.query_map([ticket], |row| Ok((kind(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives a component another class, and its tickets with it.
pub(super) fn move_component(tx: &Tx<'_>, component: i64, old: i64, new: i64) -> Result<()> {
    tx.execute("update field_option set acl = nullif(?2, 1) where id = ?1", (component, new))?;
    let private_old = find(tx, "private", &old.to_string())?;
    let mut moved = tickets_of(tx, component, old)?;
    move_all(tx, component, &moved, old, new)?;
    if let Some(private_old) = private_old {
        let of_private = tickets_of(tx, component, private_old)?;
        if !of_private.is_empty() {
            move_all(tx, component, &of_private, private_old, private(tx, new)?)?;
        }
        moved.extend(of_private);
    }
    tell(tx, new, &moved)
}

fn move_all(tx: &Tx<'_>, component: i64, tickets: &[i64], old: i64, new: i64) -> Result<()> {
    tally::move_component(tx, component, old, new)?;
    move_to(tx, tickets, new, Some(component))
}

fn tickets_of(db: &Connection, component: i64, acl: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from ticket where component = ?1 and acl = ?2 order by id")?;
    Ok(statement.query_map([component, acl], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Has the followers read tickets again, and what hangs on them.
fn tell(tx: &Tx<'_>, acl: i64, tickets: &[i64]) -> Result<()> {
    for some in tickets.chunks(TOLD_AT_ONCE) {
        let mut also: Vec<(&str, i64)> = Vec::new();
        for ticket in some {
            also.push(("ticket", *ticket));
            also.extend(to_read_again(tx, *ticket)?);
        }
        let event = NewEvent::new("acl.moved", Resource::new("acl", acl), acl).data(json!({ "also": also }));
        tx.record(&event)?;
    }
    Ok(())
}

/// Who sees the notes of a component's tickets has changed: those notes get the class that there is for them now.
pub(super) fn move_component_notes(tx: &Tx<'_>, component: i64) -> Result<()> {
    let classes: Vec<i64> = tx
        .prepare_cached(
            "select distinct ticket.acl from ticket_note join ticket on ticket.id = ticket_note.ticket
             where ticket.component = ?1",
        )?
        .query_map([component], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for acl in classes {
        let tickets = tickets_of(tx, component, acl)?;
        let ids = serde_json::to_string(&tickets)?;
        move_notes(tx, &ids, notes(tx, acl, Some(component))?)?;
        tell(tx, acl, &tickets)?;
    }
    let own = format!("* {component}");
    tx.execute(
        "delete from acl_subject where acl in (select id from acl where kind = 'note' and path glob ?1)",
        [&own],
    )?;
    tx.execute(
        "insert into acl_subject (acl, subject_kind, subject)
         select acl.id, 'person', person from acl, component_watcher
         where acl.kind = 'note' and acl.path glob ?1 and component = ?2 and component_watcher.kind = 'admincc'",
        (&own, component),
    )?;
    Ok(())
}

/// The class of a component: the default one, or its own if it is closed to all but some.
fn class_of_component(db: &Connection, component: i64) -> Result<i64> {
    let acl = db
        .prepare_cached("select coalesce(acl, 1) from field_option where id = ?1")?
        .query_row([component], |row| row.get(0))
        .optional()?;
    Ok(acl.unwrap_or(DEFAULT_CLASS))
}

/// The class of a closed component, which is not yet put to use by this.
pub(super) fn of_closed(tx: &Tx<'_>, component: i64) -> Result<i64> {
    ensure(
        tx,
        &Class { kind: "component", path: component.to_string(), participants: false, permission: "", base: None },
    )
}

/// The class of private tickets whose class would be that one.
fn private(tx: &Tx<'_>, base: i64) -> Result<i64> {
    ensure(
        tx,
        &Class {
            kind: "private",
            path: base.to_string(),
            participants: true,
            permission: TICKET_PRIVATE.name,
            base: Some(base),
        },
    )
}

/// The class of notes on tickets of that class and component.
pub(super) fn notes(tx: &Tx<'_>, base: i64, component: Option<i64>) -> Result<i64> {
    let watched = match component {
        Some(component) if is_watched_inside(tx, component)? => Some(component),
        _ => None,
    };
    let path = watched.map_or_else(|| base.to_string(), |component| format!("{base} {component}"));
    let is_new = find(tx, "note", &path)?.is_none();
    let acl = ensure(
        tx,
        &Class { kind: "note", path, participants: false, permission: TICKET_NOTES.name, base: Some(base) },
    )?;
    if let Some(component) = watched.filter(|_| is_new) {
        tx.execute(
            "insert into acl_subject (acl, subject_kind, subject)
             select ?1, 'person', person from component_watcher where component = ?2 and kind = 'admincc'",
            (acl, component),
        )?;
    }
    Ok(acl)
}

/// Whether anybody sees the notes of that component without a right to all notes.
fn is_watched_inside(db: &Connection, component: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("select exists (select 1 from component_watcher where component = ?1 and kind = 'admincc')")?
        .query_row([component], |row| row.get(0))?)
}

struct Class {
    kind: &'static str,
    path: String,
    participants: bool,
    permission: &'static str,
    base: Option<i64>,
}

fn find(db: &Connection, kind: &str, path: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select id from acl where kind = ?1 and path = ?2")?
        .query_row((kind, path), |row| row.get(0))
        .optional()?)
}

fn ensure(tx: &Tx<'_>, class: &Class) -> Result<i64> {
    if let Some(known) = find(tx, class.kind, &class.path)? {
        return Ok(known);
    }
    tx.prepare_cached("insert into acl (kind, path, participants, permission, base) values (?1, ?2, ?3, ?4, ?5)")?
        .execute((class.kind, &class.path, class.participants, class.permission, class.base))?;
    Ok(tx.last_insert_rowid())
}

/// Looks for tickets whose class is not what their values ask for, and for what hangs on one and has another class.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    for (what, sql) in [
        (
            "it is not in the access class that its values ask for",
            "select ticket.id from ticket left join field_option on field_option.id = ticket.component
             where ticket.acl <> 0 and ticket.acl is not case when private = 1
                 then (select id from acl where kind = 'private' and path = cast(coalesce(field_option.acl, 1) as text))
                 else coalesce(field_option.acl, 1) end",
        ),
        (
            "a change of it has another access class",
            "select ticket.id from ticket_change join ticket on ticket.id = ticket_change.ticket
             where ticket_change.acl <> ticket.acl",
        ),
        (
            "a file on it has another access class",
            "select ticket.id from attachment join ticket on ticket.id = parent_id
             where parent_kind = 'ticket' and attachment.acl <> ticket.acl",
        ),
        (
            "what it refers to has another access class",
            "select ticket.id from link join ticket on ticket.id = source_id
             where source_kind = 'ticket' and part not glob 'note:*' and link.acl <> ticket.acl",
        ),
        (
            "what happened to it has another access class",
            "select ticket.id from event join ticket on ticket.id = resource_id
             where resource_kind = 'ticket' and event.acl <> ticket.acl",
        ),
        (
            "a note on it is not in an access class of its notes",
            "select ticket_note.ticket from ticket_note join ticket on ticket.id = ticket_note.ticket
             join acl on acl.id = ticket_note.acl where acl.kind <> 'note' or acl.base is not ticket.acl",
        ),
        (
            "what a note on it refers to has another access class",
            "select source_id from link join ticket_note on ticket_note.ticket = source_id
             where source_kind = 'ticket' and part = 'note:' || number and link.acl <> ticket_note.acl",
        ),
        (
            "that a note was written on it has another access class",
            "select ticket from event join ticket_note on ticket_note.id = resource_id
             where resource_kind = 'note' and event.acl <> ticket_note.acl",
        ),
    ] {
        let mut statement = db.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            findings.push(format!("ticket #{}: {what}", row.get::<_, i64>(0)?));
        }
    }
    Ok(())
}
