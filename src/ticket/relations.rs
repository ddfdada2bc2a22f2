//! How tickets hang together (row A2 of RT): what depends on what, parents and children, references, duplicates. A relation is a
//! value of an ordinary field of the one ticket; the other end reads it by the index of `ticket_current`.
//!
//! Whatever was merged into a ticket counts as that ticket here: its relations are those of the ticket in which it lives on,
//! and what leads to it leads there. Nothing is rewritten for that, so taking a merge back brings everything back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;
use serde_json::json;

use super::TICKET_VIEW;
use super::fields::{Field, Kind};
use super::merge::{self, survivors};
use super::store;
use super::values::{Value, Values};
use crate::base::error::Result;
use crate::base::event::NewEvent;
use crate::base::project::Tx;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;

/// A field that relates tickets, as it is called from both ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Relation {
    /// The name of the field.
    pub field: &'static str,
    /// The name of the other end, in JSON and in forms.
    pub inverse: &'static str,
    /// As pages call both ends.
    pub label: &'static str,
    pub inverse_label: &'static str,
    /// `#3 … #7`, in the middle of a sentence.
    pub verb: &'static str,
    /// A ticket has at most one.
    pub single: bool,
    /// It never leads back to where it began.
    pub acyclic: bool,
}

pub const RELATIONS: [Relation; 4] = [
    Relation {
        field: "depends_on",
        inverse: "blocks",
        label: "Depends on",
        inverse_label: "Blocks",
        verb: "depends on",
        single: false,
        acyclic: true,
    },
    Relation {
        field: "parent",
        inverse: "children",
        label: "Parent",
        inverse_label: "Children",
        verb: "is a child of",
        single: true,
        acyclic: true,
    },
    Relation {
        field: "refers_to",
        inverse: "referred_to_by",
        label: "Refers to",
        inverse_label: "Referred to by",
        verb: "refers to",
        single: false,
        acyclic: false,
    },
    Relation {
        field: "duplicate_of",
        inverse: "duplicates",
        label: "Duplicate of",
        inverse_label: "Duplicates",
        verb: "is a duplicate of",
        single: true,
        acyclic: true,
    },
];

/// The relation of that field.
pub fn relation(field: &str) -> Option<&'static Relation> {
    RELATIONS.iter().find(|relation| relation.field == field)
}

/// The other ends of the relations, as questions know them: nothing is stored under these names, and nobody sets them.
pub const INVERSES: [Field; 4] =
    [other_end(&RELATIONS[0]), other_end(&RELATIONS[1]), other_end(&RELATIONS[2]), other_end(&RELATIONS[3])];

const fn other_end(relation: &Relation) -> Field {
    Field { name: relation.inverse, label: relation.inverse_label, kind: Kind::Tickets, own: false }
}

/// The other end of that name.
pub fn inverse(name: &str) -> Option<&'static Field> {
    INVERSES.iter().find(|field| field.name == name)
}

/// Whether a field is the other end of a relation, and not one of the project's own that is called so.
pub fn is_inverse(field: &Field) -> bool {
    !field.own && inverse(field.name).is_some()
}

/// How a field of tickets is kept: the field of the relation, and the columns of `ticket_current` that have the ticket which
/// is asked about and those at the other end.
pub fn kept(field: &Field) -> (&'static str, &'static str, &'static str) {
    match RELATIONS.iter().find(|relation| relation.inverse == field.name) {
        Some(relation) => (relation.field, "value", "ticket"),
        None => (relation(field.name).map_or("", |relation| relation.field), "ticket", "value"),
    }
}

/// So many tickets are looked through for a way back; where more hang together, nobody could follow them either.
pub const MOST_REACHED: usize = 20_000;
/// What is said then.
pub const TOO_MANY: &str =
    "So many tickets hang together here that nobody could tell whether they lead round in a circle.";
/// Of a ticket's children and their children so many are counted.
const MOST_DESCENDANTS: i64 = 5_000;

/// `ticket_current` between a ticket, or one that was merged into it, and others.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    pub relation: &'static Relation,
    /// The other end has the field.
    pub inverse: bool,
    /// The ticket that has the field: the ticket itself, one merged into it, or the other end.
    pub holder: i64,
    /// The ticket in which the other end lives on.
    pub other: i64,
}

/// Everything around one ticket, whoever asks.
#[derive(Debug, Default)]
pub struct Around {
    /// What was merged into it, however indirectly, by number.
    pub merged: Vec<i64>,
    pub edges: Vec<Edge>,
}

impl Around {
    /// The tickets at the other end of a relation, each once, in the order in which they are kept.
    pub fn others(&self, field: &str, inverse: bool) -> Vec<i64> {
        let mut others = Vec::new();
        for edge in self.edges.iter().filter(|edge| edge.relation.field == field && edge.inverse == inverse) {
            if !others.contains(&edge.other) {
                others.push(edge.other);
            }
        }
        others
    }
}

/// Whether anything is merged into a ticket, or related to it.
const HAS_ANY: &str = "select exists (select 1 from ticket where merged_into = ?1)
    or exists (select 1 from ticket_current
        where ticket = ?1 and field in ('depends_on', 'parent', 'refers_to', 'duplicate_of'))
    or exists (select 1 from ticket_current
        where value = ?1 and field in ('depends_on', 'parent', 'refers_to', 'duplicate_of'))";

/// What is merged into a ticket and all its relations: one small query where there are none.
pub fn around(db: &Connection, id: i64) -> Result<Around> {
    if !db.prepare_cached(HAS_ANY)?.query_row([id], |row| row.get::<_, bool>(0))? {
        return Ok(Around::default());
    }
    let mut statement = db.prepare_cached(
        "with recursive member(id) as (
             select ?1 union select ticket.id from member join ticket on ticket.merged_into = member.id)
         select 0, ticket_current.field, ticket_current.ticket, ticket_current.value, ord
             from member join ticket_current on ticket_current.ticket = member.id
             where ticket_current.field in ('depends_on', 'parent', 'refers_to', 'duplicate_of')
         union all select 1, ticket_current.field, ticket_current.ticket, ticket_current.ticket, 0
             from member join ticket_current on ticket_current.value = member.id
             and ticket_current.field in ('depends_on', 'parent', 'refers_to', 'duplicate_of')
         union all select 2, '', id, id, 0 from member where id <> ?1
         order by 1, 3, 5",
    )?;
    let mut rows = statement.query([id])?;
    let mut around = Around::default();
    let mut found: Vec<(i64, &'static Relation, i64, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (side, holder): (i64, i64) = (row.get(0)?, row.get(2)?);
        if side == 2 {
            around.merged.push(holder);
        } else if let (Some(relation), Value::Id(other)) = (relation(&row.get::<_, String>(1)?), row.get(3)?) {
            found.push((side, relation, holder, other));
        }
    }
    let others: Vec<i64> = found.iter().map(|(_, _, _, other)| *other).collect();
    let survivors = survivors(db, &others)?;
    let edges = found.into_iter().filter_map(|(side, relation, holder, other)| {
        let other = *survivors.get(&other)?;
        (other != id).then_some(Edge { relation, inverse: side == 1, holder, other })
    });
    around.edges = edges.collect();
    Ok(around)
}

/// The tickets that can be reached from some by a relation that one would follow, each with the one before it.
/// None: there are more than anybody looks at.
fn reached(db: &Connection, field: &str, from: &[i64], goal: i64) -> Result<Option<HashMap<i64, Option<i64>>>> {
    let mut statement = db.prepare_cached(
        "with level(id) as (select value from json_each(?1))
         select level.id, ticket_current.value from level
             join ticket_current on ticket_current.ticket = level.id and ticket_current.field = ?2
         union all select level.id, ticket.id from level join ticket on ticket.merged_into = level.id
         union all select level.id, ticket.merged_into from level join ticket on ticket.id = level.id
             where ticket.merged_into is not null",
    )?;
    let mut before: HashMap<i64, Option<i64>> = from.iter().map(|id| (*id, None)).collect();
    let mut level: Vec<i64> = before.keys().copied().collect();
    while !level.is_empty() && !before.contains_key(&goal) {
        let mut next = Vec::new();
        let mut rows = statement.query((json!(level).to_string(), field))?;
        while let Some(row) = rows.next()? {
            let (id, to): (i64, i64) = (row.get(0)?, row.get(1)?);
            if let std::collections::hash_map::Entry::Vacant(entry) = before.entry(to) {
                entry.insert(Some(id));
                next.push(to);
            }
        }
        if before.len() > MOST_REACHED {
            return Ok(None);
        }
        level = next;
    }
    Ok(Some(before))
}

/// A way along a relation.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// There is none.
    None,
    /// The tickets on it, both ends among them.
    Through(Vec<i64>),
    /// So many hang together that nobody looks for it.
    TooLong,
}

/// The way from some tickets to another one, along a relation and from what was merged to where it lives on.
pub fn way(db: &Connection, relation: &Relation, from: &[i64], to: i64) -> Result<Way> {
    if from.is_empty() {
        return Ok(Way::None);
    }
    let Some(before) = reached(db, relation.field, from, to)? else { return Ok(Way::TooLong) };
    if !before.contains_key(&to) {
        return Ok(Way::None);
    }
    let mut raw = vec![to];
    while let Some(Some(previous)) = raw.last().and_then(|last| before.get(last)) {
        raw.push(*previous);
    }
    raw.reverse();
    let survivors = survivors(db, &raw)?;
    let mut named: Vec<i64> = raw.iter().map(|id| survivors.get(id).copied().unwrap_or(*id)).collect();
    named.dedup();
    Ok(Way::Through(named))
}

/// The way from a ticket back to itself, if a relation leads there.
pub fn circle(db: &Connection, relation: &Relation, id: i64) -> Result<Way> {
    let from = around(db, id)?.others(relation.field, false);
    Ok(match way(db, relation, &from, id)? {
        Way::Through(way) => Way::Through(std::iter::once(id).chain(way).collect()),
        other => other,
    })
}

/// `#3 depends on #7, which depends on #3`, with what this viewer may not see left unnamed.
pub fn told(db: &Connection, viewer: &Viewer, relation: &Relation, way: &[i64]) -> Result<String> {
    const MOST_NAMED: usize = 8;
    let seen: Vec<i64> = store::by_ids(db, viewer, way)?.into_iter().map(|row| row.id).collect();
    let name = |id: &i64| if seen.contains(id) { format!("#{id}") } else { "another ticket".to_owned() };
    let mut names: Vec<String> = way.iter().map(name).collect();
    if names.len() > MOST_NAMED {
        let last = names.pop();
        names.truncate(MOST_NAMED - 2);
        names.push("…".to_owned());
        names.extend(last);
    }
    let mut sentence = names.remove(0);
    for (at, name) in names.iter().enumerate() {
        let which = if at == 0 { " " } else { ", which " };
        sentence.push_str(&format!("{which}{} {name}", relation.verb));
    }
    Ok(sentence)
}

/// Those of these tickets, or of where they live on, that are not closed, by number, as far as this viewer sees them: whoever
/// may not see a ticket is not told, not even by a refusal, whether it is done.
pub fn open_among(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<i64>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "with recursive target(id) as (
             select value from json_each(?1)
             union select ticket.merged_into from target join ticket on ticket.id = target.id
                 where ticket.merged_into is not null)
         select ticket.id from target join ticket on ticket.id = target.id
             join ticket_status on ticket_status.id = ticket.status
         where ticket.merged_into is null and ticket.deleted_at is null and ticket_status.category <> 'closed' and {}
         order by ticket.id",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json!(ids).to_string()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The open tickets that these ones depend on, as far as this viewer may see them: one query for all of them, and nearly none
/// where no ticket of the project depends on another.
pub fn waiting(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<HashMap<i64, Vec<i64>>> {
    let mut waiting: HashMap<i64, Vec<i64>> = HashMap::new();
    if ids.is_empty() || !viewer.may(TICKET_VIEW) || !depends_any(db)? {
        return Ok(waiting);
    }
    let sql = format!(
        "with recursive member(root, id) as (
             select value, value from json_each(?1)
             union select member.root, ticket.id from member join ticket on ticket.merged_into = member.id),
         target(root, id) as (
             select member.root, ticket_current.value from member
                 join ticket_current on ticket_current.ticket = member.id and ticket_current.field = 'depends_on'
             union select target.root, ticket.merged_into from target join ticket on ticket.id = target.id
                 where ticket.merged_into is not null)
         select target.root, ticket.id from target join ticket on ticket.id = target.id
             join ticket_status on ticket_status.id = ticket.status
         where ticket.merged_into is null and ticket.deleted_at is null and ticket.id <> target.root
             and ticket_status.category <> 'closed' and {}
         order by 1, 2",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([json!(ids).to_string()])?;
    while let Some(row) = rows.next()? {
        waiting.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(waiting)
}

fn depends_any(db: &Connection) -> Result<bool> {
    let any = "select exists (select 1 from ticket_current where field = 'depends_on')";
    Ok(db.prepare_cached(any)?.query_row([], |row| row.get(0))?)
}

/// What a ticket waits for, in words: `waiting for #3`, `waiting for 3 tickets`, and the address of those, below the
/// project's.
pub fn waiting_for(ids: &[i64]) -> Option<(String, String)> {
    match ids {
        [] => None,
        [id] => Some((format!("waiting for #{id}"), super::ticket_href(*id))),
        ids => {
            let list: Vec<String> = ids.iter().map(i64::to_string).collect();
            Some((format!("waiting for {} tickets", ids.len()), format!("/query?id={}", list.join(","))))
        }
    }
}

/// How many children a ticket has, the children of its children among them, by the category of their states:
/// `(category, number)`. Each is counted once; those that this viewer may not see are not, nor is what is reached by way of
/// them.
pub fn descendants(db: &Connection, viewer: &Viewer, id: i64) -> Result<Vec<(String, i64)>> {
    let sql = format!(
        "with recursive descendant(id) as (
             select ?1
             union select ticket.id from descendant
                 join ticket_current on ticket_current.field = 'parent' and ticket_current.value = descendant.id
                 join ticket on ticket.id = ticket_current.ticket where {sees}
             union select ticket.id from descendant join ticket on ticket.merged_into = descendant.id where {sees}
             union select survivor.id from descendant join ticket as merged on merged.id = descendant.id
                 join ticket as survivor on survivor.id = merged.merged_into where {survivor_seen}
             limit {MOST_DESCENDANTS})
         select ticket_status.category, count(*) from descendant join ticket on ticket.id = descendant.id
             join ticket_status on ticket_status.id = ticket.status
         where ticket.id <> ?1 and ticket.merged_into is null group by 1",
        sees = viewer.sees_sql("ticket", "ticket"),
        survivor_seen = viewer.sees_sql("survivor", "ticket"),
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Tells the tickets at the other ends of a change that they are related now, or no longer (RT: on both ends).
pub(super) fn tell_other_ends(tx: &Tx<'_>, ticket: i64, before: &Values, after: &Values) -> Result<()> {
    for relation in &RELATIONS {
        let (old, new) = (before.stored(relation.field), after.stored(relation.field));
        if old == new {
            continue;
        }
        let ids = |some: &[Value], others: &[Value]| -> Vec<i64> {
            let only = some.iter().filter(|value| !others.contains(value));
            only.filter_map(|value| if let Value::Id(id) = value { Some(*id) } else { None }).collect()
        };
        for (kind, ends) in [("ticket.unrelated", ids(old, new)), ("ticket.related", ids(new, old))] {
            for end in ends {
                let end = merge::survivor(tx, end)?;
                let Some(acl) = merge::class_of(tx, end)? else { continue };
                let data = json!({ "field": relation.field, "ticket": ticket, "with": ["ticket", ticket] });
                tx.record(&NewEvent::new(kind, Resource::new("ticket", end), acl).data(data))?;
            }
        }
    }
    Ok(())
}

/// Looks for relations that lead back to where they began, and for a second parent.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    for relation in RELATIONS.iter().filter(|relation| relation.acyclic) {
        let mut statement = db.prepare("select ticket, value from ticket_current where field = ?1")?;
        let edges: Vec<(i64, i64)> = statement
            .query_map([relation.field], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let ends: Vec<i64> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let survivors = survivors(db, &ends)?;
        let of = |id: &i64| survivors.get(id).copied().unwrap_or(*id);
        let mut graph: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (from, to) in &edges {
            if of(from) != of(to) {
                graph.entry(of(from)).or_default().insert(of(to));
            }
        }
        findings.extend(
            circles(&graph).into_iter().map(|id| format!("ticket #{id}: it {} others in a circle", relation.verb)),
        );
    }
    let single: Vec<&str> =
        RELATIONS.iter().filter(|relation| relation.single).map(|relation| relation.field).collect();
    let mut statement = db.prepare(
        "select ticket, field from ticket_current where field in (select value from json_each(?1))
         group by ticket, field having count(*) > 1",
    )?;
    let mut rows = statement.query([json!(single).to_string()])?;
    while let Some(row) = rows.next()? {
        let (ticket, field): (i64, String) = (row.get(0)?, row.get(1)?);
        findings.push(format!("ticket #{ticket}: it has more than one value of {field}"));
    }
    Ok(())
}

/// The tickets that are left when those that lead nowhere are taken away, again and again: they stand in circles, or lead
/// to one.
fn circles(graph: &BTreeMap<i64, BTreeSet<i64>>) -> Vec<i64> {
    let mut into: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut left: HashMap<i64, usize> = HashMap::new();
    for (from, targets) in graph {
        *left.entry(*from).or_default() += targets.len();
        for to in targets {
            left.entry(*to).or_default();
            into.entry(*to).or_default().push(*from);
        }
    }
    let mut free: Vec<i64> = left.iter().filter(|(_, out)| **out == 0).map(|(id, _)| *id).collect();
    let mut gone: HashSet<i64> = HashSet::new();
    while let Some(id) = free.pop() {
        gone.insert(id);
        for from in into.get(&id).into_iter().flatten() {
            if let Some(out) = left.get_mut(from) {
                *out -= 1;
                if *out == 0 {
                    free.push(*from);
                }
            }
        }
    }
    graph.keys().copied().filter(|id| !gone.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_round_in_a_circle_is_found() {
        let graph = |edges: &[(i64, i64)]| {
            let mut graph: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
            edges.iter().for_each(|(from, to)| {
                graph.entry(*from).or_default().insert(*to);
            });
            circles(&graph)
        };
        assert_eq!(graph(&[(1, 2), (2, 3), (1, 3)]), [0; 0]);
        assert_eq!(graph(&[(1, 2), (2, 3), (3, 1), (4, 5)]), [1, 2, 3]);
    }
}
