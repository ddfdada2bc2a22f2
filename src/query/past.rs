//! Tickets as they were at a moment (`at=2026-03-01T12:00Z`): the same questions over other tables.
//!
//! 1. `then_change` has, for every ticket that was there by then, the last change that had been made to it. Changes of imported
//!    tickets count from when they happened.
//! 2. `ticket_then` has the columns of `ticket`: each is the value whose span that change lies in, read only where a statement
//!    asks for the column. What the program notes by itself is worked out from the changes; what was worked on a ticket is not.
//! 3. `current_then` is the same of `ticket_current`, with Cc and long texts beside it.
//!
//! A statement reads them under the names of the tables of now. Names and rights are those of now as well: a ticket is found
//! that may be seen today, whatever class it was of then, and one that has been merged since is found where it lives on alone.

use super::dates::{self, Clock};
use super::tree::{AT, Column, IS, Query, TEXT};
use crate::base::error::{Error, Result};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::ticket::fields::{Choices, FIELDS, Field, Kind};

/// A moment that is asked about.
#[derive(Debug, Clone)]
pub struct Past {
    pub at: Instant,
    /// Ids of the states that are closed.
    closed: Vec<i64>,
}

/// The moment of a query; none if that is now. `Invalid` for what can't be asked of an earlier one.
pub fn of(query: &Query, viewer: &Viewer, choices: &Choices) -> Result<Option<Past>> {
    let Some(at) = &query.at else { return Ok(None) };
    let clock = Clock { now: Instant::now(), zone: viewer.zone().into() };
    let at = dates::moment(at, &clock).map_err(|message| Error::invalid(AT, message))?;
    if let Some(what) = unknown(query) {
        return Err(Error::invalid(
            AT,
            format!("A list of an earlier moment can't know {what}: only now is that known."),
        ));
    }
    let closed = choices.statuses.iter().filter(|status| status.category.is_closed()).map(|status| status.id);
    Ok(Some(Past { at, closed: closed.collect() }))
}

/// The first thing in a query that nobody can tell of an earlier moment.
fn unknown(query: &Query) -> Option<&'static str> {
    let of_column = |column: Column| match column {
        _ if column == Column::Of(&TEXT) => Some("what a full-text search finds"),
        _ if column.is_unread() => Some("what is unread"),
        Column::Of(field) if field.name == "worked" && !field.own => Some("what was worked on a ticket"),
        _ => None,
    };
    let asked = query.clauses().into_iter().find_map(|clause| {
        let says =
            |word: &str| clause.column == Column::Of(&IS) && clause.values.iter().any(|value| value.trim() == word);
        match () {
            () if says("unread") => Some("what is unread"),
            () if says("bookmarked") => Some("what was bookmarked"),
            () => of_column(clause.column),
        }
    });
    let orders = query.order.iter().chain(&query.group).map(|order| order.column);
    let shown = query.columns.iter().flatten().copied();
    asked.or_else(|| orders.chain(shown).find_map(of_column))
}

/// Where tickets are read under the name `ticket`.
pub fn ticket_table(past: Option<&Past>) -> &'static str {
    if past.is_some() { "ticket_then as ticket" } else { "ticket" }
}

/// Where values are read that are no columns, under the name `ticket_current`.
pub fn current_table(past: Option<&Past>) -> &'static str {
    if past.is_some() { "current_then as ticket_current" } else { "ticket_current" }
}

/// `with` those tables before a statement about some tickets; nothing for now.
pub fn with(past: Option<&Past>, only: &str) -> String {
    past.map_or_else(String::new, |past| format!("with {} ", past.tables(only)))
}

impl Past {
    /// The tables, of all tickets or only of some: `and id in (…)`. Holds numbers of ours and nothing else.
    pub fn tables(&self, only: &str) -> String {
        let at = self.at.0;
        let columns: Vec<String> = FIELDS.iter().filter_map(|field| self.column(field)).collect();
        format!(
            "then_change(ticket, change) as materialized (
                 select id, (select id from ticket_change
                     where ticket_change.ticket = ticket.id and changed_at <= {at} order by number desc limit 1)
                 from ticket where created_at <= {at} {only}),
             ticket_then as not materialized (
                 select ticket.id, ticket.acl, ticket.created_at, ticket.merged_into, ticket.deleted_at, {}
                 from then_change cross join ticket on ticket.id = then_change.ticket where then_change.change is not null),
             current_then(ticket, field, ord, value) as not materialized (
                 select then_change.ticket, ticket_value.field, ticket_value.ord, ticket_value.value
                 from then_change cross join ticket_value on ticket_value.ticket = then_change.ticket
                 where {THEN})",
            columns.join(", ")
        )
    }

    /// A column of `ticket` as it was; none of one that is what it is for ever.
    fn column(&self, field: &Field) -> Option<String> {
        let column = field.column()?;
        let (at, closed) = (self.at.0, self.closed.iter().map(i64::to_string).collect::<Vec<_>>().join(", "));
        let value = |name: &str| {
            format!(
                "(select value from ticket_value where ticket_value.ticket = then_change.ticket
                    and ticket_value.field = '{name}' and {THEN} order by ord limit 1)"
            )
        };
        let then = match (field.name, field.kind) {
            ("time", _) => return None,
            ("changetime", _) => "(select changed_at from ticket_change where id = then_change.change)".to_owned(),
            ("started", _) => format!("(case when ticket.started_at <= {at} then ticket.started_at end)"),
            // The first change to a closed state after the last one to another.
            ("resolved", _) => format!(
                "(select min(changed_at) from ticket_value join ticket_change on ticket_change.id = from_change
                  where {OF_STATUS} and ticket_value.value in ({closed}) and from_change > coalesce(
                      (select max(from_change) from ticket_value where {OF_STATUS} and value not in ({closed})), 0))"
            ),
            ("contacted", _) => format!(
                "(select changed_at from ticket_change join person on person.id = ticket_change.author
                  where ticket_change.ticket = then_change.ticket and comment <> '' and number > 0
                      and ticket_change.id <= then_change.change and person.kind <> 'address' and author is not {}
                  order by number desc limit 1)",
                value("reporter")
            ),
            ("worked", _) => "null".to_owned(),
            (name, Kind::Line | Kind::Text | Kind::Words) => format!("coalesce({}, '')", value(name)),
            (name, Kind::Check) => format!("coalesce({}, 0)", value(name)),
            (name, _) => value(name),
        };
        Some(format!("{then} as {column}"))
    }
}

/// That a row of `ticket_value` had begun and not ended by the change of `then_change`.
const THEN: &str = "ticket_value.from_change <= then_change.change
    and (ticket_value.to_change is null or ticket_value.to_change > then_change.change)";
/// That it is a state that a ticket had by then.
const OF_STATUS: &str = "ticket_value.ticket = then_change.ticket and ticket_value.field = 'status'
    and ticket_value.from_change <= then_change.change";
