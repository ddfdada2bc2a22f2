//! Runs queries: the one way for the page, the macro, the exports and the command.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::compile::{Statement, Stretch, compile};
use super::line::{self, TicketLine};
use super::past;
use super::tree::{Column, Query, UNREAD};
use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;
use crate::ticket::fields::{Choices, FIELDS, Field, Kind};
use crate::ticket::options::category_meant;
use crate::ticket::status::Category;
use crate::ticket::{TICKET_VIEW, duration};

/// What a query found, one page of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// On all pages.
    pub total: usize,
    /// This page, counted from 1, and how many there are; at least one.
    pub page: usize,
    pub pages: usize,
    /// Where the first line stands in the whole list, counted from 0.
    pub offset: usize,
    pub lines: Vec<TicketLine>,
    /// The groups that begin or go on on this page, in order; empty if nothing groups.
    pub groups: Vec<GroupHead>,
}

/// The head of a group of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHead {
    /// What its tickets have in common; empty if that is that they have none. A person's login.
    pub value: String,
    /// The id behind it, where the column holds ids.
    pub id: Option<i64>,
    /// Its tickets on all pages.
    pub total: usize,
    /// Its first line on this page, as an index of `Found::lines`.
    pub first: usize,
    /// It began on a page before.
    pub continued: bool,
}

/// The same with everything that an item of a JSON list has where no columns were asked for.
pub fn run_whole(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<Found> {
    let mut found = run(db, viewer, choices, query)?;
    if query.columns.is_none() {
        let past = past::of(query, viewer, choices)?;
        let fields: Vec<&'static Field> = choices.fields().filter(|field| field.kind != Kind::Text).collect();
        line::more(db, viewer, choices, &mut found.lines, &fields, past.as_ref())?;
    }
    Ok(found)
}

/// One page of what this viewer finds; nothing without the right to see tickets. A page beyond the last is refused with
/// how many there are (row Q20).
pub fn run(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<Found> {
    let statement = compile(query, db, viewer, choices)?;
    let stretches = if viewer.may(TICKET_VIEW) { stretches(db, &statement)? } else { Some(Vec::new()) };
    let total = match &stretches {
        Some(stretches) => stretches.iter().map(|stretch| stretch.tickets).sum(),
        None => number(db, statement.count())?,
    };
    let size = query.page_size();
    let pages = size.map_or(1, |size| total.div_ceil(size)).max(1);
    let page = query.page.max(1);
    if page > pages {
        let (tickets, on) = (plural(total, "ticket"), plural(pages, "page"));
        return Err(Error::invalid("page", format!("There is no page {page}: {tickets} fill {on}.")));
    }
    let offset = size.map_or(0, |size| (page - 1) * size);
    let mut found = Found { total, page, pages, offset, lines: Vec::new(), groups: Vec::new() };
    if total == 0 {
        return Ok(found);
    }
    // The line before the page tells whether its first group goes on.
    let before = usize::from(query.group.is_some() && offset > 0);
    let limit = size.map_or(-1, |size| (size + before) as i64);
    let from = offset - before;
    let wanted = match stretches {
        Some(stretches) => {
            let (within, skipped) = overlapping(stretches, from, size.map_or(usize::MAX, |size| from + before + size));
            statement.ids_within(&within, limit, (from - skipped) as i64)
        }
        None => statement.ids(limit, from as i64),
    };
    let mut rows = ids(db, wanted)?;
    let previous = if before == 1 && !rows.is_empty() { Some(rows.remove(0).1) } else { None };
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let past = past::of(query, viewer, choices)?;
    found.lines = line::load(db, &ids, query.wants_description(), past.as_ref())?;
    let shown = query.shown_fields(choices);
    line::more(db, viewer, choices, &mut found.lines, &shown, past.as_ref())?;
    // What a ticket waits for is told as it is now.
    if past.is_none() && shown.iter().any(|field| field.kind == Kind::Status) {
        line::wait(db, viewer, choices, &mut found.lines)?;
    }
    if shown.contains(&&UNREAD) {
        line::mark_unread(db, viewer, &mut found.lines)?;
    }
    if let (Some(column), Some(counts)) = (query.group.and_then(|group| group.column.field()), statement.group_counts())
    {
        let totals: HashMap<String, usize> =
            group_totals(db, counts)?.into_iter().map(|(key, total)| (hashable(&key), total)).collect();
        let mut last = previous.as_ref();
        for (at, (_, key)) in rows.iter().enumerate() {
            if at > 0 && last == Some(key) {
                continue;
            }
            let (value, id) = named(db, choices, column, key)?;
            let total = totals.get(&hashable(key)).copied().unwrap_or_default();
            found.groups.push(GroupHead { value, id, total, first: at, continued: at == 0 && last == Some(key) });
            last = Some(key);
        }
    }
    Ok(found)
}

/// The stretches of the list with their tickets, in order; none if it has none.
fn stretches(db: &Connection, statement: &Statement) -> Result<Option<Vec<Stretch>>> {
    let Some((sql, parameters)) = statement.stretches() else { return Ok(None) };
    let mut counted = db.prepare_cached(&sql)?;
    let rows = counted.query_map(params_from_iter(parameters), |row| {
        let (id, tickets): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
        Ok((id, tickets.max(0) as usize))
    })?;
    let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Some(statement.in_order(&found)))
}

/// Those that hold places from … to …, and how many places there are before them.
fn overlapping(stretches: Vec<Stretch>, from: usize, to: usize) -> (Vec<Stretch>, usize) {
    let (mut within, mut skipped, mut begin) = (Vec::new(), 0, 0);
    for stretch in stretches {
        let end = begin + stretch.tickets;
        if end <= from {
            skipped = end;
        } else if begin < to && stretch.tickets > 0 {
            within.push(stretch);
        }
        begin = end;
    }
    (within, skipped)
}

/// The numbers of all tickets of a query that this viewer sees, in no order.
pub(super) fn members(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<Vec<i64>> {
    if !viewer.may(TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let (sql, parameters) = compile(query, db, viewer, choices)?.members();
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many tickets of a query this viewer sees, on all pages.
pub fn count(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<usize> {
    if !viewer.may(TICKET_VIEW) {
        return Ok(0);
    }
    number(db, compile(query, db, viewer, choices)?.count())
}

/// How many tickets of a query there are for each value of its group, in the order of the groups.
pub fn group_counts(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<Vec<GroupHead>> {
    let Some(column) = query.group.and_then(|group| group.column.field()).filter(|_| viewer.may(TICKET_VIEW)) else {
        return Ok(Vec::new());
    };
    let statement = compile(query, db, viewer, choices)?;
    let Some(counts) = statement.group_counts() else { return Ok(Vec::new()) };
    let mut heads = Vec::new();
    for (key, total) in group_totals(db, counts)? {
        let (value, id) = named(db, choices, column, &key)?;
        heads.push(GroupHead { value, id, total, first: 0, continued: false });
    }
    Ok(heads)
}

/// The tickets of a group, or of the whole query, by their state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCounts {
    /// As in [`GroupHead`]; empty where nothing groups.
    pub value: String,
    /// Ids of states with the number of tickets in each.
    pub states: Vec<(i64, usize)>,
}

/// How many tickets of a query there are in each state, for each value of its group in the order of the groups; where
/// nothing groups, one entry for all.
pub fn state_counts(db: &Connection, viewer: &Viewer, choices: &Choices, query: &Query) -> Result<Vec<StateCounts>> {
    if !viewer.may(TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let (sql, parameters) = compile(query, db, viewer, choices)?.state_counts();
    let mut statement = db.prepare(&sql)?;
    let rows = statement
        .query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?)))?
        .collect::<rusqlite::Result<Vec<(Value, i64, i64)>>>()?;
    let mut counts: Vec<StateCounts> = Vec::new();
    let mut last: Option<Value> = None;
    for (key, status, tickets) in rows {
        if last.as_ref() != Some(&key) {
            let value = match query.group.and_then(|group| group.column.field()) {
                Some(field) => named(db, choices, field, &key)?.0,
                None => String::new(),
            };
            counts.push(StateCounts { value, states: Vec::new() });
            last = Some(key);
        }
        if let Some(current) = counts.last_mut() {
            current.states.push((status, tickets.max(0) as usize));
        }
    }
    Ok(counts)
}

/// Ids of a query in its order, from one place on.
pub(super) fn ids_from(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    query: &Query,
    (offset, limit): (usize, usize),
) -> Result<Vec<i64>> {
    if !viewer.may(TICKET_VIEW) {
        return Ok(Vec::new());
    }
    let found = ids(db, compile(query, db, viewer, choices)?.ids(limit as i64, offset as i64))?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

fn ids(db: &Connection, (sql, parameters): (String, Vec<Value>)) -> Result<Vec<(i64, Value)>> {
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn number(db: &Connection, (sql, parameters): (String, Vec<Value>)) -> Result<usize> {
    let count: i64 = db.prepare_cached(&sql)?.query_row(params_from_iter(parameters), |row| row.get(0))?;
    Ok(count.max(0) as usize)
}

fn group_totals(db: &Connection, (sql, parameters): (String, Vec<Value>)) -> Result<Vec<(Value, usize)>> {
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| {
        let (key, count): (Value, i64) = (row.get(0)?, row.get(1)?);
        Ok((key, count.max(0) as usize))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Values of one column are of one type or NULL, so that their texts tell them apart.
fn hashable(key: &Value) -> String {
    match key {
        Value::Integer(id) => id.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// What the value of a grouping column means.
fn named(db: &Connection, choices: &Choices, field: &Field, key: &Value) -> Result<(String, Option<i64>)> {
    Ok(match key {
        Value::Integer(id) if field.kind == Kind::Person => {
            (line::people(db, &[*id])?.remove(id).map(|person| person.login).unwrap_or_default(), Some(*id))
        }
        Value::Integer(number) => match field.kind {
            Kind::Check => (number.to_string(), None),
            Kind::Minutes => (duration::written(*number), None),
            _ => (choices.name_of(field, *number).to_owned(), Some(*number)),
        },
        Value::Text(text) => (text.clone(), None),
        _ => (String::new(), None),
    })
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("{count} {what}") } else { format!("{count} {what}s") }
}

impl Query {
    fn wants_description(&self) -> bool {
        let shown = self.columns.iter().flatten().any(|column| column.name() == "description");
        shown || self.rows.iter().any(|field| field.name == "description")
    }

    /// The fields of the columns and rows that are shown.
    fn shown_fields(&self, choices: &Choices) -> Vec<&'static Field> {
        let columns = self.shown_columns(choices).into_iter().filter_map(Column::field);
        columns.chain(self.rows.iter().copied()).collect()
    }

    /// A page of the list as JSON (DESIGN 5); `root` is the project's whole address. Where no columns were asked for, an
    /// item has all fields but the long texts.
    pub fn json(&self, found: &Found, choices: &Choices, root: &str) -> serde_json::Value {
        let mut columns = match &self.columns {
            Some(columns) => columns.clone(),
            // The keys of a whole ticket, whatever the project offers; only its long texts are left to be asked for.
            None => FIELDS.iter().filter(|field| field.kind != Kind::Text).map(Column::Of).collect(),
        };
        columns.extend(self.rows.iter().copied().map(Column::Of));
        let mut items: Vec<serde_json::Value> =
            found.lines.iter().map(|line| line.json(&columns, choices, root)).collect();
        if self.columns.is_none() {
            for (item, line) in items.iter_mut().zip(&found.lines) {
                let own = choices.fields().filter(|field| field.own && field.kind != Kind::Text).map(Column::Of);
                let own = own.map(|column| (column.name().to_owned(), line.json_cell(column, choices)));
                item["custom"] = serde_json::Value::Object(own.collect());
            }
        }
        let next = (found.page < found.pages)
            .then(|| format!("{root}{}&format=json", Self { page: found.page + 1, ..self.clone() }.href()));
        serde_json::json!({ "total": found.total, "page": found.page, "items": items, "next": next })
    }

    /// The columns to be shown: those that were asked for, the number always before them, else those that tell the
    /// tickets found apart, at most seven (row Q16).
    pub fn shown_columns(&self, choices: &Choices) -> Vec<Column> {
        if let Some(columns) = &self.columns {
            let others = columns.iter().copied().filter(|column| *column != Column::Id);
            return std::iter::once(Column::Id).chain(others).collect();
        }
        let mut columns: Vec<Column> = std::iter::once(Column::Id)
            .chain(choices.fields().filter(|field| field.kind != Kind::Text).map(Column::Of))
            .filter(|column| self.at.is_none() || column.name() != "worked")
            .collect();
        let asked: Vec<Column> = self.clauses().iter().map(|clause| clause.column).collect();
        columns.sort_by_key(|column| match column.name() {
            "id" => 0,
            "summary" => 1,
            _ if asked.contains(column) => 2,
            "reporter" | "keywords" | "cc" => 4,
            _ if column.field().is_some_and(line::is_more) => 5,
            _ => 3,
        });
        columns.retain(|column| {
            let hidden = self.fixes(*column)
                || self.group.is_some_and(|group| group.column == *column)
                || column.name() == "resolution" && !self.may_be_closed(choices);
            !hidden || *column == Column::Id
        });
        columns.truncate(MOST_DEFAULT_COLUMNS);
        if let Some(first) = self.effective_order().first()
            && !columns.contains(&first.column)
            && self.group.is_none_or(|group| group.column != first.column)
            && !self.fixes(first.column)
            && first.column.field().is_none_or(|field| choices.has(field))
            && let Some(last) = columns.last_mut()
        {
            *last = first.column;
        }
        columns
    }

    /// Whether a closed ticket could be found, as far as the states asked for tell.
    fn may_be_closed(&self, choices: &Choices) -> bool {
        let Some(column) = Column::built_in("status") else { return true };
        if self.groups.is_empty() {
            return true;
        }
        self.groups.iter().any(|group| {
            let closed = choices.statuses.iter().filter(|status| status.category.is_closed());
            let word = category_meant(&choices.statuses, "closed").map(Category::name);
            let mut asked = group.iter().filter(|clause| clause.column == column).peekable();
            asked.peek().is_none()
                || closed.into_iter().any(|status| super::compile::could_be(&status.name, word, group, column))
        })
    }
}

/// A list that names no columns shows so many at most.
const MOST_DEFAULT_COLUMNS: usize = 7;
