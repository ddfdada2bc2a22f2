//! What was: the numbered groups of changes of a ticket (rows C01, C02, C05), and the ticket as it was at one of them.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::fields::{Field, Fields};
use super::store::{self, ChangeRow, Ticket, ValueSpan};
use super::time_store::{self, Entry};
use super::values::{Value, Values};
use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;

/// One submit with everything that it changed.
#[derive(Debug, Clone)]
pub struct Group {
    pub change: ChangeRow,
    /// In the order of the fields.
    pub fields: Vec<FieldChange>,
    /// The numbers of the changes that answer this one.
    pub answers: Vec<i64>,
    /// The time that was entered with it.
    pub worked: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub struct FieldChange {
    pub field: &'static Field,
    pub old: Vec<Value>,
    pub new: Vec<Value>,
}

/// The changes of a ticket with numbers from … to …; the filing is number 0.
pub fn groups(
    db: &Connection,
    viewer: &Viewer,
    fields: &Fields,
    ticket: &Ticket,
    from: i64,
    to: i64,
) -> Result<Vec<Group>> {
    let changes = store::changes(db, viewer, ticket.row.id, from, to)?;
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Ok(Vec::new());
    };
    let spans = store::spans(db, ticket.row.id, first.id, last.id)?;
    let mut by_change = differences(fields, &spans);
    let answers = store::answers(db, ticket.row.id, first.number, last.number)?;
    let mut worked = match ticket.row.worked {
        Some(_) => time_store::of_changes(db, ticket.row.id, first.id, last.id)?,
        None => Vec::new(),
    };
    Ok(changes
        .into_iter()
        .map(|change| Group {
            fields: by_change.remove(&change.id).unwrap_or_default(),
            answers: answers.iter().filter(|(to, _)| *to == change.number).map(|(_, number)| *number).collect(),
            worked: worked.extract_if(.., |entry| entry.change == Some(change.id)).collect(),
            change,
        })
        .collect())
}

/// The old and new values of each field, by the id of the change that ended the ones and began the others.
fn differences(fields: &Fields, spans: &[ValueSpan]) -> BTreeMap<i64, Vec<FieldChange>> {
    let mut by_change: BTreeMap<i64, Vec<FieldChange>> = BTreeMap::new();
    for span in spans {
        let Some(field) = fields.named(&span.field) else { continue };
        entry(&mut by_change, span.from_change, field).new.push(span.value.clone());
        if let Some(ended) = span.to_change {
            entry(&mut by_change, ended, field).old.push(span.value.clone());
        }
    }
    for changed in by_change.values_mut() {
        changed.sort_by_key(|change| fields.place(change.field));
    }
    by_change
}

fn entry<'a>(
    by_change: &'a mut BTreeMap<i64, Vec<FieldChange>>,
    change: i64,
    field: &'static Field,
) -> &'a mut FieldChange {
    let fields = by_change.entry(change).or_default();
    let at = fields.iter().position(|known| known.field == field).unwrap_or_else(|| {
        fields.push(FieldChange { field, old: Vec::new(), new: Vec::new() });
        fields.len() - 1
    });
    &mut fields[at]
}

/// The values of a ticket after its change of that number (row C09).
pub fn at(db: &Connection, ticket: &Ticket, number: i64) -> Result<Values> {
    let change = store::change_id(db, ticket.row.id, number)?.ok_or_else(|| {
        Error::not_found(format!(
            "Ticket #{} has no version {number}; the newest one is {}.",
            ticket.row.id, ticket.row.changes
        ))
    })?;
    store::values_after(db, ticket.row.id, change)
}
