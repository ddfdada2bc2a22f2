//! Taking back one's own last change of a ticket, within half an hour and as long as nobody else has built on it. It is a change
//! of its own that gives the fields their earlier values: nothing is erased, and comments keep their numbers.

use rusqlite::Connection;

use super::edit::{self, Said};
use super::fields::Choices;
use super::store::{self, ChangeRow, Ticket};
use super::{NO_TICKET, TICKET_APPEND, TICKET_CHGPROP, TICKET_VIEW, time_store, worked};
use crate::base::error::{Error, Result};
use crate::base::project::{Act, Project, Tx};
use crate::base::site::Site;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// So long a change can be taken back, in seconds.
pub const WINDOW: i64 = 30 * 60;

/// The change that this viewer may take back now, or a sentence that says why there is none.
pub fn undoable(
    db: &Connection,
    viewer: &Viewer,
    ticket: &Ticket,
    now: Instant,
) -> Result<std::result::Result<ChangeRow, String>> {
    let refused = |why: &str| Ok(Err(why.to_owned()));
    if !viewer.may(TICKET_APPEND) && !viewer.may(TICKET_CHGPROP) {
        return refused("You may not change this ticket.");
    }
    let newest = ticket.row.changes;
    let change = store::changes(db, viewer, ticket.row.id, newest, newest)?.pop().filter(|change| change.number > 0);
    let Some(change) = change else {
        return refused("There is no change that could be taken back.");
    };
    if change.author.is_none() || change.author != viewer.person {
        return refused("The last change is somebody else's; only one's own can be taken back.");
    }
    if change.at.plus_seconds(WINDOW) < now {
        return refused("Your last change is more than half an hour old.");
    }
    if is_comment_alone(db, viewer, ticket.row.id, change.id)? {
        return refused("Your last change is a comment alone: edit it instead.");
    }
    Ok(Ok(change))
}

/// Whether a change of that id gave no field another value and logged no time.
fn is_comment_alone(db: &Connection, viewer: &Viewer, ticket: i64, change: i64) -> Result<bool> {
    Ok(store::spans(db, viewer, ticket, change, change)?.is_empty()
        && time_store::of_changes(db, ticket, change, change)?.is_empty())
}

/// Takes back the newest change, which must be `number` if that is given. Returns the number of the change that does it.
pub fn undo(site: &Site, project: &Project, by: Act<'_>, id: i64, number: Option<i64>) -> Result<i64> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| undo_within(site, tx, by.viewer, id, number))
}

/// Takes back everything that one act did to many tickets, or nothing of it; where it left no more than its comment, there is
/// nothing to take back. `id` and `number` are one of its changes. Returns how many tickets it were.
pub fn undo_batch(site: &Site, project: &Project, by: Act<'_>, id: i64, number: i64) -> Result<usize> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    project.write(by, |tx| {
        store::find(tx, by.viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        let changes = store::same_batch(tx, id, number)?;
        if changes.is_empty() {
            return Err(Error::not_found("This change was made alone."));
        }
        let mut count = 0;
        for (ticket, number) in &changes {
            if let Some(change) = store::change_id(tx, *ticket, *number)?
                && is_comment_alone(tx, by.viewer, *ticket, change)?
            {
                continue;
            }
            count += 1;
            undo_within(site, tx, by.viewer, *ticket, Some(*number))
                .map_err(|error| Error::conflict(format!("Nothing was taken back, because of #{ticket}: {error}")))?;
        }
        if count == 0 {
            return Err(Error::conflict("This was a comment alone, which stays: edit it instead."));
        }
        Ok(count)
    })
}

fn undo_within(site: &Site, tx: &Tx<'_>, viewer: &Viewer, id: i64, number: Option<i64>) -> Result<i64> {
    let ticket = store::find(tx, viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    if let Some(number) = number.filter(|number| *number != ticket.row.changes) {
        return Err(Error::conflict(format!(
            "Comment {number} is not the last of #{id} any more, so it can't be taken back."
        )));
    }
    let change = undoable(tx, viewer, &ticket, tx.now())?.map_err(Error::conflict)?;
    let before = store::change_id(tx, id, change.number - 1)?
        .ok_or_else(|| Error::internal(format!("ticket #{id} has no change before {}", change.number)))?;
    let values = store::values_after(tx, viewer, id, before)?;
    let why = format!("Takes back comment:{}.", change.number);
    let choices = Choices::whole(tx)?;
    let counter = worked::counter(tx, id, change.id)?;
    let said = Said { comment: &why, worked: counter.as_ref(), ..Said::default() };
    let (taken_back, acl) = edit::append(tx, &ticket, &values, &choices, &said)?;
    let description = values.text("description");
    if description != ticket.values.text("description") {
        edit::save_links(site, tx.project(), tx, id, "", acl, description)?;
    }
    edit::save_links(site, tx.project(), tx, id, &edit::comment_part(taken_back), acl, &why)?;
    store::mark_undoing(tx, id, taken_back, change.id)?;
    Ok(taken_back)
}
