//! The lists that are wanted most, ready-made.

use rusqlite::Connection;

use super::from_address;
use super::tree::{Clause, Column, Operator, Order, Query, UNREAD, USER};
use crate::base::component::SavedList;
use crate::base::error::Result;
use crate::ticket::fields::Choices;
use crate::ticket::options::closed_words;
use crate::web::Room;

/// The list of those who ask for nothing (row Q15): the saved one that they or the project have chosen, if it can be read,
/// else their own open tickets, or for anonymous readers all open ones.
pub(super) fn usual(room: &Room, db: &Connection, choices: &Choices) -> Result<(Query, Option<SavedList>)> {
    let chosen = match room.project.components().saved_lists() {
        Some(lists) => lists.usual(db, &room.viewer)?,
        None => None,
    };
    let read = chosen.and_then(|list| Some((from_address(&choices.fields, &list.query).ok()?, Some(list))));
    let of_everybody = || if room.viewer.signed_in() { of_mine("owner", choices) } else { open(choices) };
    Ok(read.unwrap_or_else(|| (of_everybody(), None)))
}

pub(super) fn open(choices: &Choices) -> Query {
    Query { groups: not_closed(choices).map(|clause| vec![clause]).into_iter().collect(), ..Query::default() }
}

pub(super) fn of_mine(field: &str, choices: &Choices) -> Query {
    let mine = Column::built_in(field).map(|column| Clause {
        column,
        operator: Operator::Is,
        negated: false,
        values: vec![USER.to_owned()],
    });
    Query { groups: vec![not_closed(choices).into_iter().chain(mine).collect()], ..Query::default() }
}

/// What has something new to whoever asks, the newest first.
pub(super) fn unread() -> Query {
    let column = Column::Of(&UNREAD);
    let clause = Clause { column, operator: Operator::Is, negated: false, values: vec!["1".to_owned()] };
    let order = Column::built_in("changetime").map(|column| Order { column, descending: true });
    Query { groups: vec![vec![clause]], order: order.into_iter().collect(), ..Query::default() }
}

/// That a ticket is in no state of the category closed; none where there is no such state.
pub fn not_closed(choices: &Choices) -> Option<Clause> {
    let values: Vec<String> = closed_words(&choices.statuses).into_iter().map(str::to_owned).collect();
    let column = Column::built_in("status").filter(|_| !values.is_empty())?;
    Some(Clause { column, operator: Operator::Is, negated: true, values })
}
