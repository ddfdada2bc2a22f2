//! A ticket as a line of a list: its scalar columns with the names behind the ids of people, and what a cell says.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::tree::Column;
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::ticket::fields::{Choices, Field, Kind};
use crate::ticket::status::Category;

/// Somebody as lists name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    pub login: String,
    pub display_name: String,
}

impl Person {
    /// As pages call them: full name, else login.
    pub fn called(&self) -> String {
        called(Some(&self.login), Some(&self.display_name))
    }
}

#[derive(Debug, Clone)]
pub struct TicketLine {
    pub id: i64,
    pub summary: String,
    /// Only where it was asked for.
    pub description: Option<String>,
    pub status: i64,
    pub reporter: Option<Person>,
    pub owner: Option<Person>,
    /// In the order in which they were written.
    pub cc: Vec<Person>,
    pub kind: Option<i64>,
    pub priority: Option<i64>,
    pub severity: Option<i64>,
    pub component: Option<i64>,
    pub version: Option<i64>,
    pub resolution: Option<i64>,
    pub milestone: Option<i64>,
    pub keywords: String,
    pub created_at: Instant,
    pub changed_at: Instant,
}

impl TicketLine {
    pub fn category(&self, choices: &Choices) -> Category {
        choices.status(self.status).map_or(Category::Open, |status| status.category)
    }

    /// The id of an option, state or milestone that it has.
    pub fn choice(&self, field: &Field) -> Option<i64> {
        match field.name {
            "status" => Some(self.status),
            "type" => self.kind,
            "priority" => self.priority,
            "severity" => self.severity,
            "component" => self.component,
            "version" => self.version,
            "resolution" => self.resolution,
            "milestone" => self.milestone,
            _ => None,
        }
    }

    pub fn time(&self, field: &Field) -> Option<Instant> {
        match field.name {
            "time" => Some(self.created_at),
            "changetime" => Some(self.changed_at),
            _ => None,
        }
    }

    /// As exports and commands write it: names of options, logins of people, times in RFC 3339; empty if there is none.
    pub fn cell(&self, column: Column, choices: &Choices) -> String {
        match self.json_cell(column, choices) {
            Value::String(text) => text,
            Value::Array(items) => {
                let between = if column.name() == "cc" { ", " } else { " " };
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(between)
            }
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    /// As JSON has it (DESIGN 5): empty is null, lists are arrays.
    pub fn json_cell(&self, column: Column, choices: &Choices) -> Value {
        let Column::Of(field) = column else { return json!(self.id) };
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        let login = |person: &Option<Person>| person.as_ref().map_or(Value::Null, |person| json!(person.login));
        match (field.name, field.kind) {
            ("summary", _) => text(&self.summary),
            ("description", _) => text(self.description.as_deref().unwrap_or_default()),
            ("keywords", _) => {
                let words = self.keywords.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
                json!(words.filter(|word| !word.is_empty()).collect::<Vec<_>>())
            }
            ("reporter", _) => login(&self.reporter),
            ("owner", _) => login(&self.owner),
            ("cc", _) => json!(self.cc.iter().map(|person| &person.login).collect::<Vec<_>>()),
            (_, Kind::Time) => self.time(field).map_or(Value::Null, |time| json!(time.iso())),
            _ => self.choice(field).map_or(Value::Null, |id| text(choices.name_of(field, id))),
        }
    }

    /// An item of a JSON list: the number, its address, and these columns. `root` is the project's whole address.
    pub fn json(&self, columns: &[Column], choices: &Choices, root: &str) -> Value {
        let mut item = Map::new();
        item.insert("id".to_owned(), json!(self.id));
        item.insert("url".to_owned(), json!(format!("{root}/ticket/{}", self.id)));
        for column in columns {
            item.insert(column.name().to_owned(), self.json_cell(*column, choices));
        }
        Value::Object(item)
    }
}

/// The tickets of these ids, in this order. Whoever asks has found out that the viewer may see them.
pub(super) fn load(db: &Connection, ids: &[i64], with_description: bool) -> Result<Vec<TicketLine>> {
    let list = json!(ids).to_string();
    let mut statement = db.prepare_cached(
        "select id, summary, case when ?2 then description end as description, status, reporter, owner, type, priority,
           severity, component, version, resolution, milestone, keywords, created_at, changed_at
         from ticket where id in (select value from json_each(?1))",
    )?;
    let mut rows = statement.query((&list, with_description))?;
    let mut lines: HashMap<i64, (TicketLine, [Option<i64>; 2])> = HashMap::with_capacity(ids.len());
    while let Some(row) = rows.next()? {
        let line = TicketLine {
            id: row.get(0)?,
            summary: row.get(1)?,
            description: row.get(2)?,
            status: row.get(3)?,
            reporter: None,
            owner: None,
            cc: Vec::new(),
            kind: row.get(6)?,
            priority: row.get(7)?,
            severity: row.get(8)?,
            component: row.get(9)?,
            version: row.get(10)?,
            resolution: row.get(11)?,
            milestone: row.get(12)?,
            keywords: row.get(13)?,
            created_at: row.get(14)?,
            changed_at: row.get(15)?,
        };
        lines.insert(line.id, (line, [row.get(4)?, row.get(5)?]));
    }
    let cc = cc_of(db, &list)?;
    let mut meant: Vec<i64> = lines.values().flat_map(|(_, people)| people.iter().flatten().copied()).collect();
    meant.extend(cc.iter().map(|(_, person)| *person));
    let people = people(db, &meant)?;
    for (ticket, person) in cc {
        if let (Some((line, _)), Some(person)) = (lines.get_mut(&ticket), people.get(&person)) {
            line.cc.push(person.clone());
        }
    }
    for (line, [reporter, owner]) in lines.values_mut() {
        let named = |id: &Option<i64>| id.and_then(|id| people.get(&id)).cloned();
        (line.reporter, line.owner) = (named(reporter), named(owner));
    }
    Ok(ids.iter().filter_map(|id| lines.remove(id)).map(|(line, _)| line).collect())
}

fn cc_of(db: &Connection, tickets: &str) -> Result<Vec<(i64, i64)>> {
    let mut statement = db.prepare_cached(
        "select participant.resource_id, participant.person from participant
         left join ticket_value on ticket_value.ticket = participant.resource_id and ticket_value.field = 'cc'
           and ticket_value.to_change is null and ticket_value.value = participant.person
         where participant.resource_kind = 'ticket' and participant.role = 'cc'
           and participant.resource_id in (select value from json_each(?1))
         order by participant.resource_id, ticket_value.ord nulls last, participant.person",
    )?;
    let rows = statement.query_map([tickets], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Names of people by their ids.
pub(super) fn people(db: &Connection, ids: &[i64]) -> Result<HashMap<i64, Person>> {
    let mut statement =
        db.prepare_cached("select id, login, display_name from person where id in (select value from json_each(?1))")?;
    let rows = statement.query_map([json!(ids).to_string()], |row| {
        Ok(Person { id: row.get(0)?, login: row.get(1)?, display_name: row.get(2)? })
    })?;
    let people = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(people.into_iter().map(|person| (person.id, person)).collect())
}
