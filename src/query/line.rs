//! A ticket as a line of a list: its scalar columns with the names behind the ids of people, and what a cell says.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::past::{self, Past};
use super::tree::{Column, UNREAD};
use crate::base::error::Result;
use crate::base::moment;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::milestone::due;
use crate::ticket::fields::{Choices, Field, Kind, PLANNING};
use crate::ticket::sight::{knows_sql, sees_sql};
use crate::ticket::status::Category;
use crate::ticket::values::{Names, People, Value as Stored};
use crate::ticket::{json as ticket_json, merge, relations, seen, time_store};

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
    /// The day on which it is due.
    pub due: Option<String>,
    /// That day has passed.
    pub is_late: bool,
    /// Values of the fields that are read only where a list shows them, see [`more`].
    pub more: BTreeMap<&'static str, Cell>,
    /// The open tickets that it depends on, where a list shows its state.
    pub waiting: Vec<i64>,
    /// Something in it is new to the reader, where a list shows that.
    pub unread: bool,
}

/// A value of a field that few lists show.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// As JSON and exports have it.
    pub json: Value,
    /// As pages show it.
    pub shown: String,
    pub at: Option<Instant>,
    /// Of relations: the numbers.
    pub tickets: Vec<i64>,
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
            name => self.more.get(name).and_then(|cell| cell.at),
        }
    }

    /// As exports and commands write it: names of options, logins of people, times in RFC 3339; empty if there is none.
    pub fn cell(&self, column: Column, choices: &Choices) -> String {
        match self.json_cell(column, choices) {
            Value::String(text) => text,
            Value::Array(items) => {
                let between = if column.field().is_some_and(|field| field.kind.is_list()) { ", " } else { " " };
                let said = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                items.iter().map(said).collect::<Vec<_>>().join(between)
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
            _ if *field == UNREAD => json!(self.unread),
            _ if is_more(field) => self.more.get(field.name).map_or(Value::Null, |cell| cell.json.clone()),
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

/// The tickets of a list that is bound first.
const OF_LIST: &str = "and id in (select value from json_each(?1))";

/// Whether a field is read only where a list shows it.
pub(super) fn is_more(field: &Field) -> bool {
    field.own
        || PLANNING.contains(&field.name)
        || matches!(field.name, "started" | "resolved" | "contacted" | "worked")
        || relations::is_inverse(field)
}

/// Reads such fields for the lines of a page: those with a column in one query, the others in one.
pub(super) fn more(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    lines: &mut [TicketLine],
    fields: &[&'static Field],
    past: Option<&Past>,
) -> Result<()> {
    let fields: Vec<&'static Field> = fields.iter().copied().filter(|field| is_more(field)).collect();
    if fields.is_empty() || lines.is_empty() {
        return Ok(());
    }
    let list = json!(lines.iter().map(|line| line.id).collect::<Vec<_>>()).to_string();
    let mut found: HashMap<(i64, &'static str), Vec<Stored>> = HashMap::new();
    let with_column: Vec<(&'static Field, &str)> =
        fields.iter().filter_map(|field| Some((*field, field.column()?))).collect();
    if !with_column.is_empty() {
        let any_merged = with_column.iter().any(|(_, column)| *column == "worked") && merge::any(db)?;
        let columns: Vec<String> = with_column
            .iter()
            .map(|(_, column)| match *column {
                "worked" if any_merged => time_store::worked_sql(viewer),
                column => column.to_owned(),
            })
            .collect();
        let sql = format!(
            "{}select id, {} from {} where id in (select value from json_each(?1))",
            past::with(past, OF_LIST),
            columns.join(", "),
            past::ticket_table(past)
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query([&list])?;
        while let Some(row) = rows.next()? {
            for (at, (field, _)) in with_column.iter().enumerate() {
                let value: Option<Stored> = row.get(at + 1)?;
                let unset = field.kind == Kind::Check && value == Some(Stored::Id(0));
                found.entry((row.get(0)?, field.name)).or_default().extend(value.filter(|_| !unset));
            }
        }
    }
    let others = fields.iter().filter(|field| field.column().is_none());
    let names: HashMap<&str, &'static str> = others.map(|field| (field.name, field.name)).collect();
    if !names.is_empty() {
        // Long texts are in the spans alone, everything else is in the other table.
        // Of an earlier moment everything is in one.
        let texts = match past {
            Some(_) => format!("select ticket, field, ord, value from {}", past::current_table(past)),
            None => "select ticket, field, ord, value from ticket_value".to_owned(),
        };
        let current = if past.is_some() { "1" } else { "to_change is null" };
        let sql = format!(
            "{}select ticket, field, value from (
                 select ticket, field, ord, value from {} where ticket in (select value from json_each(?1))
                     and field in (select value from json_each(?2)) and {}
                 union all {texts} where ticket in (select value from json_each(?1))
                     and field in (select value from json_each(?3)) and {current})
             order by ticket, field, ord",
            past::with(past, OF_LIST),
            past::current_table(past),
            knows_sql(viewer, "ticket_current")
        );
        let mut statement = db.prepare_cached(&sql)?;
        let named = |text: bool| {
            let of_kind = fields.iter().filter(|field| field.column().is_none() && (field.kind == Kind::Text) == text);
            json!(of_kind.map(|field| field.name).collect::<Vec<_>>()).to_string()
        };
        let mut rows = statement.query([&list, &named(false), &named(true)])?;
        while let Some(row) = rows.next()? {
            let (ticket, field): (i64, String) = (row.get(0)?, row.get(1)?);
            if let Some(name) = names.get(field.as_str()) {
                found.entry((ticket, name)).or_default().push(row.get(2)?);
            }
        }
    }
    for field in fields.iter().copied().filter(|field| relations::is_inverse(field)) {
        for (ticket, other) in other_ends(db, viewer, field, &list, past)? {
            found.entry((ticket, field.name)).or_default().push(Stored::Id(other));
        }
    }
    let of_people = |field: &&'static Field| matches!(field.kind, Kind::Person | Kind::People);
    let meant: Vec<i64> = fields
        .iter()
        .copied()
        .filter(of_people)
        .flat_map(|field| lines.iter().filter_map(|line| found.get(&(line.id, field.name))))
        .flatten()
        .filter_map(|value| if let Stored::Id(id) = value { Some(*id) } else { None })
        .collect();
    let people = People::load(db, meant)?.shown_to(viewer);
    let names = Names { choices, people: &people };
    for line in lines {
        for field in &fields {
            let values = found.remove(&(line.id, field.name)).unwrap_or_default();
            line.more.insert(field.name, cell(&names, field, &values));
        }
    }
    Ok(())
}

/// The other end of a relation for tickets (a list as JSON), as far as the viewer sees those there.
fn other_ends(
    db: &Connection,
    viewer: &Viewer,
    field: &Field,
    tickets: &str,
    past: Option<&Past>,
) -> Result<Vec<(i64, i64)>> {
    let (relation, ..) = relations::kept(field);
    let sql = format!(
        "{}select value, ticket from {} where field = ?1 and value in (select value from json_each(?2)) and {}
         order by ticket",
        past::with(past, ""),
        past::current_table(past),
        sees_sql(viewer, "ticket_current.ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([relation, tickets], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn cell(names: &Names<'_>, field: &Field, values: &[Stored]) -> Cell {
    let numbers = || values.iter().filter_map(|value| if let Stored::Id(id) = value { Some(*id) } else { None });
    let at = match field.kind {
        Kind::Time | Kind::Moment => numbers().next().map(Instant),
        _ => None,
    };
    Cell {
        json: match field.kind {
            Kind::Time => at.map_or(Value::Null, |at| json!(at.iso())),
            _ => ticket_json::value(names, field, values),
        },
        shown: if at.is_some() { String::new() } else { names.shown_all(field, values) },
        at,
        tickets: if field.kind == Kind::Tickets { numbers().collect() } else { Vec::new() },
    }
}

/// Looks for what the open tickets among these wait for.
pub(super) fn wait(db: &Connection, viewer: &Viewer, choices: &Choices, lines: &mut [TicketLine]) -> Result<()> {
    let open = lines.iter().filter(|line| !line.category(choices).is_closed());
    let mut waiting = relations::waiting(db, viewer, &open.map(|line| line.id).collect::<Vec<_>>())?;
    for line in lines {
        line.waiting = waiting.remove(&line.id).unwrap_or_default();
    }
    Ok(())
}

/// Looks for what is new to the reader.
pub(super) fn mark_unread(db: &Connection, viewer: &Viewer, lines: &mut [TicketLine]) -> Result<()> {
    let unread = seen::unread(db, viewer, &lines.iter().map(|line| line.id).collect::<Vec<_>>())?;
    for line in lines {
        line.unread = unread.contains(&line.id);
    }
    Ok(())
}

/// The tickets of these ids, in this order. Whoever asks has found out that the viewer may see them.
pub(super) fn load(
    db: &Connection,
    ids: &[i64],
    with_description: bool,
    past: Option<&Past>,
) -> Result<Vec<TicketLine>> {
    let list = json!(ids).to_string();
    let mut statement = db.prepare_cached(&format!(
        "{}select id, summary, case when ?2 then description end as description, status, reporter, owner, type, priority,
           severity, component, version, resolution, milestone, keywords, created_at, changed_at, due
         from {} where id in (select value from json_each(?1))",
        past::with(past, OF_LIST),
        past::ticket_table(past)
    ))?;
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
            due: row.get(16)?,
            is_late: false,
            more: BTreeMap::new(),
            waiting: Vec::new(),
            unread: false,
        };
        lines.insert(line.id, (line, [row.get(4)?, row.get(5)?]));
    }
    if lines.values().any(|(line, _)| line.due.is_some()) {
        let clock = due::Clock::of(db)?;
        let today = moment::iso(past.map_or(clock.today, |past| clock.day(past.at))).unwrap_or_default();
        for (line, _) in lines.values_mut() {
            line.is_late = line.due.as_ref().is_some_and(|due| *due < today);
        }
    }
    let cc = match past {
        Some(past) => cc_then(db, past, &list)?,
        None => cc_of(db, ids)?,
    };
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

/// Pairs of a ticket and somebody on its Cc list, in the order of that list.
fn cc_of(db: &Connection, tickets: &[i64]) -> Result<Vec<(i64, i64)>> {
    // One by one: to hand SQLite a list costs more than to ask for each.
    let mut statement = db.prepare_cached(
        "select participant.person from participant
         left join ticket_value on ticket_value.ticket = participant.resource_id and ticket_value.field = 'cc'
           and ticket_value.to_change is null and ticket_value.value = participant.person
         where participant.resource_kind = 'ticket' and participant.role = 'cc' and participant.resource_id = ?1
         order by ticket_value.ord nulls last, participant.person",
    )?;
    let mut found = Vec::new();
    for ticket in tickets {
        let mut rows = statement.query([ticket])?;
        while let Some(row) = rows.next()? {
            found.push((*ticket, row.get(0)?));
        }
    }
    Ok(found)
}

/// The same at an earlier moment, of the tickets of a list as JSON.
fn cc_then(db: &Connection, past: &Past, tickets: &str) -> Result<Vec<(i64, i64)>> {
    let sql = format!(
        "{}select ticket, value from {} where field = 'cc' and ticket in (select value from json_each(?1))
         order by ticket, ord",
        past::with(Some(past), OF_LIST),
        past::current_table(Some(past))
    );
    let mut statement = db.prepare_cached(&sql)?;
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
