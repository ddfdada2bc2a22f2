//! What was: the numbered groups of changes of a ticket (rows C01, C02, C05), and the ticket as it was at one of them. Both as
//! far as the viewer may know of it: a change of nothing but numbers of tickets that they may not see is no change to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use super::fields::{Field, Fields, Kind, field};
use super::relations::RELATIONS;
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
    let spans = store::spans(db, viewer, ticket.row.id, first.id, last.id)?;
    let Told { mut by_change, silent } = told(fields, spans);
    let answers = store::answers(db, ticket.row.id, first.number, last.number)?;
    let mut worked = match ticket.row.worked {
        Some(_) => time_store::of_changes(db, ticket.row.id, first.id, last.id)?,
        None => Vec::new(),
    };
    let groups = changes.into_iter().map(|change| Group {
        fields: by_change.remove(&change.id).unwrap_or_default(),
        answers: answers.iter().filter(|(to, _)| *to == change.number).map(|(_, number)| *number).collect(),
        worked: worked.extract_if(.., |entry| entry.change == Some(change.id)).collect(),
        change,
    });
    Ok(groups.filter(|group| !silent.contains(&group.change.id) || group.says_more()).collect())
}

impl Group {
    /// Whether it is worth telling without any of its values.
    fn says_more(&self) -> bool {
        let change = &self.change;
        change.number == 0 || !(change.comment.is_empty() && change.edits == 0 && self.worked.is_empty())
    }
}

/// What changes tell somebody of the values of fields.
struct Told {
    by_change: BTreeMap<i64, Vec<FieldChange>>,
    /// Those that tell nothing, because everything that they changed is a number that the viewer may not know of.
    silent: BTreeSet<i64>,
}

fn told(fields: &Fields, spans: Vec<ValueSpan>) -> Told {
    let (known, hidden): (Vec<ValueSpan>, Vec<ValueSpan>) = spans.into_iter().partition(|span| span.known);
    let mut by_change = differences(fields, &known);
    let mut silent = BTreeSet::new();
    for change in hidden.iter().flat_map(|span| [Some(span.from_change), span.to_change]).flatten() {
        let changed = by_change.entry(change).or_default();
        // A list is written anew as a whole: where what is left of it stays the same, nothing was changed.
        changed.retain(|change| change.field.kind != Kind::Tickets || change.old != change.new);
        if changed.is_empty() {
            silent.insert(change);
        }
    }
    Told { by_change, silent }
}

/// The numbers of the changes that tell this viewer of a field, the filing among them, the newest first.
pub fn numbers_of_field(db: &Connection, viewer: &Viewer, ticket: &Ticket, field: &Field) -> Result<Vec<i64>> {
    let mut changes = store::changes_of_field(db, ticket.row.id, field.name)?;
    if field.kind == Kind::Tickets {
        let told = told(&Fields::BUILT_IN, store::spans_of_field(db, viewer, ticket.row.id, field.name)?);
        changes.retain(|(id, number)| *number == 0 || !told.silent.contains(id));
    }
    Ok(changes.into_iter().map(|(_, number)| number).collect())
}

/// The names of the fields that ever got another value after the ticket was filed, as far as this viewer may know of it.
pub fn changed_fields(db: &Connection, viewer: &Viewer, ticket: &Ticket) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for name in store::changed_fields(db, ticket.row.id)? {
        let tickets = field(&name).filter(|field| field.kind == Kind::Tickets);
        // The filing alone is no history.
        let tells = |field| numbers_of_field(db, viewer, ticket, field).map(|numbers| numbers.len() > 1);
        if tickets.map_or(Ok(true), tells)? {
            changed.push(name);
        }
    }
    Ok(changed)
}

/// Which relations each of these changes (by ticket and number) tells this viewer of, by the names of their fields.
pub fn relations_told(
    db: &Connection,
    viewer: &Viewer,
    changes: &[(i64, i64)],
) -> Result<HashMap<(i64, i64), Vec<&'static str>>> {
    if changes.is_empty() {
        return Ok(HashMap::new());
    }
    let changes = store::change_ids(db, changes)?;
    let ids: Vec<i64> = changes.iter().map(|(_, _, id)| *id).collect();
    let fields = RELATIONS.each_ref().map(|relation| relation.field);
    let mut told = told(&Fields::BUILT_IN, store::spans_of_changes(db, viewer, &ids, &fields)?);
    let mut names = |id: i64| -> Vec<&'static str> {
        let fields = told.by_change.remove(&id).unwrap_or_default();
        fields.iter().map(|change| change.field.name).collect()
    };
    Ok(changes.into_iter().map(|(ticket, number, id)| ((ticket, number), names(id))).collect())
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
pub fn at(db: &Connection, viewer: &Viewer, ticket: &Ticket, number: i64) -> Result<Values> {
    let change = store::change_id(db, ticket.row.id, number)?.ok_or_else(|| {
        Error::not_found(format!(
            "Ticket #{} has no version {number}; the newest one is {}.",
            ticket.row.id, ticket.row.changes
        ))
    })?;
    store::values_after(db, viewer, ticket.row.id, change)
}
