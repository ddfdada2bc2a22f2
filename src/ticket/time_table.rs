//! Time over many tickets: how much was worked by whom, on what and when, as far as a viewer may see the tickets. Entries of
//! hidden ones count nowhere, those of a merged ticket for the one in which it lives on.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::{TICKET_VIEW, TIME_VIEW, merge};
use crate::base::error::Result;
use crate::base::viewer::Viewer;

/// What the rows of the table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Person,
    Ticket,
    Milestone,
    Day,
    Week,
    Month,
    /// Every entry by itself.
    Entry,
}

impl By {
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Ticket, Self::Milestone, Self::Day, Self::Week, Self::Month, Self::Entry];

    /// As addresses and commands call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Ticket => "ticket",
            Self::Milestone => "milestone",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Entry => "entry",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Ticket => "Ticket",
            Self::Milestone => "Milestone",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Entry => "Entry",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }

    /// What groups the entries, as SQL; a week is the Monday on which it begins.
    fn group(self) -> &'static str {
        match self {
            Self::Person => "ticket_time.person",
            Self::Ticket => "ticket.id",
            Self::Milestone => "coalesce(ticket.milestone, 0)",
            Self::Day => "worked_on",
            Self::Week => "date(worked_on, 'weekday 0', '-6 days')",
            Self::Month => "substr(worked_on, 1, 7)",
            Self::Entry => "ticket_time.id",
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::Person | Self::Ticket | Self::Milestone => "minutes desc, 1",
            Self::Day | Self::Week | Self::Month => "1 desc",
            Self::Entry => "max(worked_on) desc, 1 desc",
        }
    }
}

/// What the table is about; none: everything.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The first and the last day, both included: `2026-12-31`.
    pub from: Option<String>,
    pub to: Option<String>,
    /// People of that login.
    pub person: Option<String>,
    /// The id of a milestone; 0: tickets without one.
    pub milestone: Option<i64>,
    /// These tickets, as a JSON array.
    pub tickets: Option<String>,
}

/// What the entries of one group come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id or the day that they have in common.
    pub key: Key,
    pub minutes: i64,
    pub tickets: i64,
    pub entries: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Id(i64),
    Day(String),
}

/// Everything that was asked for, in one sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub minutes: i64,
    pub tickets: i64,
    pub people: i64,
    pub entries: i64,
    /// How many rows the table has.
    pub rows: i64,
}

/// One entry with its ticket.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: i64,
    pub day: String,
    pub person: i64,
    pub ticket: i64,
    pub summary: String,
    pub milestone: Option<i64>,
    pub minutes: i64,
    pub remark: String,
}

/// What is read, and under which condition.
struct Source {
    /// What goes before `select`.
    with: String,
    from: &'static str,
    condition: String,
    /// What is bound to the condition.
    parameters: Vec<Value>,
}

/// The tickets of entries are those rows, and each stands for itself.
const FROM: &str = "from ticket_time join ticket on ticket.id = ticket_time.ticket";

/// The same where some are merged: an entry counts for the ticket in which its own lives on, if the viewer sees both.
const FROM_MERGED: &str = "from ticket_time join ticket as part on part.id = ticket_time.ticket
     left join survivor on survivor.part = part.id join ticket on ticket.id = coalesce(survivor.id, part.id)";

/// None for those who see no time at all.
fn source(db: &Connection, viewer: &Viewer, asked: &Asked) -> Result<Option<Source>> {
    if !viewer.may(TICKET_VIEW) || !viewer.may(TIME_VIEW) {
        return Ok(None);
    }
    let merged = merge::any(db)?;
    let with = if merged { survivors_sql(viewer) } else { String::new() };
    let mut parameters: Vec<Value> = Vec::new();
    let mut conditions = vec![viewer.sees_sql(if merged { "part" } else { "ticket" }, "ticket")];
    let mut add = |sql: &str, value: Option<Value>| {
        if let Some(value) = value {
            parameters.push(value);
            conditions.push(sql.replace('?', &format!("?{}", parameters.len())));
        }
    };
    add("worked_on >= ?", asked.from.clone().map(Value::from));
    add("worked_on <= ?", asked.to.clone().map(Value::from));
    add(
        "ticket_time.person in (select id from person where login = ? collate nocase)",
        asked.person.clone().map(Value::from),
    );
    add("coalesce(ticket.milestone, 0) = ?", asked.milestone.map(Value::from));
    add("ticket.id in (select value from json_each(?))", asked.tickets.clone().map(Value::from));
    let from = if merged { FROM_MERGED } else { FROM };
    Ok(Some(Source { with, from, condition: conditions.join(" and "), parameters }))
}

/// Where each merged ticket lives on, as far as the viewer sees that.
fn survivors_sql(viewer: &Viewer) -> String {
    format!(
        "with recursive up(part, id) as (
             select id, merged_into from ticket where merged_into is not null
             union select up.part, ticket.merged_into from up join ticket on ticket.id = up.id
                 where ticket.merged_into is not null),
         survivor(part, id) as materialized (
             select up.part, ticket.id from up cross join ticket on ticket.id = up.id
             where ticket.merged_into is null and {}) ",
        viewer.sees_sql("ticket", "ticket")
    )
}

/// The rows of the table in their order, so many of them.
pub fn groups(db: &Connection, viewer: &Viewer, asked: &Asked, by: By, most: usize) -> Result<Vec<Group>> {
    let Some(source) = source(db, viewer, asked)? else { return Ok(Vec::new()) };
    let Source { with, from, condition, mut parameters } = source;
    parameters.push(Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
    let sql = format!(
        "{with}select {}, sum(minutes) as minutes, count(distinct ticket.id), count(*) {from} where {condition}
         group by 1 order by {} limit ?{}",
        by.group(),
        by.order(),
        parameters.len()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| {
        let key = match row.get::<_, Value>(0)? {
            Value::Integer(id) => Key::Id(id),
            Value::Text(day) => Key::Day(day),
            _ => Key::Id(0),
        };
        Ok(Group { key, minutes: row.get(1)?, tickets: row.get(2)?, entries: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn total(db: &Connection, viewer: &Viewer, asked: &Asked, by: By) -> Result<Total> {
    let Some(source) = source(db, viewer, asked)? else { return Ok(Total::default()) };
    let Source { with, from, condition, parameters } = source;
    let sql = format!(
        "{with}select coalesce(sum(minutes), 0), count(distinct ticket.id), count(distinct ticket_time.person), count(*),
           count(distinct {}) {from} where {condition}",
        by.group()
    );
    Ok(db.prepare_cached(&sql)?.query_row(params_from_iter(parameters), |row| {
        Ok(Total {
            minutes: row.get(0)?,
            tickets: row.get(1)?,
            people: row.get(2)?,
            entries: row.get(3)?,
            rows: row.get(4)?,
        })
    })?)
}

/// The entries themselves, the newest day first.
pub fn lines(db: &Connection, viewer: &Viewer, asked: &Asked, most: usize) -> Result<Vec<Line>> {
    let Some(source) = source(db, viewer, asked)? else { return Ok(Vec::new()) };
    let Source { with, from, condition, mut parameters } = source;
    parameters.push(Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
    let sql = format!(
        "{with}select ticket_time.id, worked_on, ticket_time.person, ticket.id, ticket.summary, ticket.milestone, minutes, remark
         {from} where {condition} order by worked_on desc, ticket_time.id desc limit ?{}",
        parameters.len()
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map(params_from_iter(parameters), from_row)?.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        id: row.get(0)?,
        day: row.get(1)?,
        person: row.get(2)?,
        ticket: row.get(3)?,
        summary: row.get(4)?,
        milestone: row.get(5)?,
        minutes: row.get(6)?,
        remark: row.get(7)?,
    })
}

/// The logins of all who have entries that this viewer may see, for proposals.
pub fn people(db: &Connection, viewer: &Viewer) -> Result<Vec<String>> {
    let Some(source) = source(db, viewer, &Asked::default())? else { return Ok(Vec::new()) };
    let Source { with, from, condition, parameters } = source;
    let sql = format!(
        "{with}select distinct person.login {from} join person on person.id = ticket_time.person where {condition}
         order by person.login limit 200"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map(params_from_iter(parameters), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
