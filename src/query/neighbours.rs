//! Previous and next in the list that a ticket was reached from (row C16): the list is asked again, a few rows of it.

use rusqlite::Connection;

use super::from_address;
use super::lookup::is_whole;
use super::run::{count, ids_from};
use super::tree::Query;
use crate::base::component::{ListPlace, Neighbours};
use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;

/// A list begins so: `query:status=!closed&order=priority`.
const PREFIX: &str = "query:";
/// A ticket that has moved is looked for among so many.
const MOST_LOOKED_AT: usize = 10_000;

pub(super) fn neighbours(db: &Connection, viewer: &Viewer, place: &ListPlace) -> Result<Option<Neighbours>> {
    let Some(address) = place.list.strip_prefix(PREFIX).filter(|_| viewer.may(TICKET_VIEW)) else { return Ok(None) };
    let choices = Choices::load(db, viewer)?;
    let query = match from_address(&choices.fields, address) {
        Ok(query) => Query { page: 1, ..query },
        // An address that somebody made up is no list.
        Err(Error::Invalid(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    // Where a list needs more than the project to be found again, nothing is said of it.
    if !is_whole(&query, db)? {
        return Ok(None);
    }
    let total = match count(db, viewer, &choices, &query) {
        Err(Error::Invalid(_)) => return Ok(None),
        other => other?,
    };
    let hint = place.at.min(total);
    let begin = hint.saturating_sub(1);
    let near = ids_from(db, viewer, &choices, &query, (begin, 3))?;
    let at = match near.iter().position(|id| *id == place.id) {
        Some(index) => Some(begin + index),
        None => {
            let all = ids_from(db, viewer, &choices, &query, (0, MOST_LOOKED_AT))?;
            all.iter().position(|id| *id == place.id)
        }
    };
    // A ticket that is no longer in the list, such as one just closed, stands between its old neighbours.
    let (before, after) = at.map_or((hint, hint), |at| (at, at + 1));
    let from = before.saturating_sub(1);
    let around = ids_from(db, viewer, &choices, &query, (from, after + 1 - from))?;
    let id_at = |place: usize| place.checked_sub(from).and_then(|index| around.get(index)).map(|id| (*id, place));
    Ok(Some(Neighbours {
        previous: before.checked_sub(1).and_then(id_at),
        next: id_at(after),
        at: at.unwrap_or(hint),
        total,
        href: query.href(),
        title: "Tickets".to_owned(),
    }))
}
