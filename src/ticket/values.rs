//! The values of a ticket's fields, as they are stored and as they are said.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::fields::{Choices, Field, Fields, Kind};
use super::{duration, people};
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// One value: a text, or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// The id of an option, state, milestone or person, or the number of a ticket; of fields that count, what they count:
    /// minutes, microseconds, 1 for what is ticked.
    Id(i64),
    /// A person that the project has not met yet; saving makes them one.
    Newcomer(Newcomer),
}

/// Somebody who is not yet a person of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newcomer {
    /// An account of the site.
    Account { uuid: String, login: String, display_name: String },
    /// A name or address without an account.
    Address(String),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Id(id) => id.to_sql(),
            Self::Newcomer(_) => Err(rusqlite::Error::ToSqlConversionFailure("a person without an id".into())),
        }
    }
}

impl FromSql for Value {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(id) => Ok(Self::Id(id)),
            ValueRef::Text(_) => String::column_result(value).map(Self::Text),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// The values of one ticket at one moment, by field. A field that is empty is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<Value>>);

impl Values {
    pub fn get(&self, field: &str) -> &[Value] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// The text of a field; empty where there is none.
    pub fn text(&self, field: &str) -> &str {
        match self.get(field).first() {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub fn id(&self, field: &str) -> Option<i64> {
        match self.get(field).first() {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        }
    }

    /// All ids of a field with several values.
    pub fn ids(&self, field: &str) -> impl Iterator<Item = i64> {
        self.get(field).iter().filter_map(|value| match value {
            Value::Id(id) => Some(*id),
            _ => None,
        })
    }

    pub fn set(&mut self, field: &str, values: Vec<Value>) {
        if values.iter().all(|value| *value == Value::Text(String::new())) {
            self.0.remove(field);
        } else {
            self.0.insert(field.to_owned(), values);
        }
    }

    pub fn push(&mut self, field: String, value: Value) {
        self.0.entry(field).or_default().push(value);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0.iter().map(|(field, values)| (field.as_str(), values.as_slice()))
    }

    /// Those who take part: reporter, owner, Cc.
    pub fn people(&self) -> impl Iterator<Item = i64> {
        ["reporter", "owner", "cc"].into_iter().flat_map(|field| self.ids(field))
    }

    /// Everybody whom a value names.
    pub fn named_people(&self, fields: &Fields) -> Vec<i64> {
        let of_people = fields.iter().filter(|field| matches!(field.kind, Kind::Person | Kind::People));
        of_people.flat_map(|field| self.ids(field.name)).collect()
    }
}

/// How persons are called, by id.
#[derive(Debug, Clone, Default)]
pub struct People(HashMap<i64, PersonName>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    pub login: String,
    pub display_name: String,
}

impl People {
    pub fn load(db: &Connection, ids: impl IntoIterator<Item = i64>) -> Result<Self> {
        let mut people = HashMap::new();
        let mut statement = db.prepare_cached("select login, display_name from person where id = ?1")?;
        for id in ids {
            if people.contains_key(&id) {
                continue;
            }
            let mut rows = statement.query([id])?;
            if let Some(row) = rows.next()? {
                people.insert(id, PersonName { login: row.get(0)?, display_name: row.get(1)? });
            }
        }
        Ok(Self(people))
    }

    /// The same with addresses shortened, for those who are not signed in (row T21). Never for a form that is sent back.
    pub fn shown_to(mut self, viewer: &Viewer) -> Self {
        for person in self.0.values_mut() {
            person.login = people::shown_to(viewer, &person.login);
            person.display_name = people::shown_to(viewer, &person.display_name);
        }
        self
    }

    /// The name by which queries and exports know somebody; nobody is empty.
    pub fn login(&self, id: Option<i64>) -> &str {
        id.and_then(|id| self.0.get(&id)).map_or("", |person| person.login.as_str())
    }

    /// The name that pages show; nobody is `anonymous`.
    pub fn called(&self, id: Option<i64>) -> String {
        let person = id.and_then(|id| self.0.get(&id));
        called(person.map(|person| person.login.as_str()), person.map(|person| person.display_name.as_str()))
    }
}

/// Ids made into words.
pub struct Names<'a> {
    pub choices: &'a Choices,
    pub people: &'a People,
}

impl Names<'_> {
    /// One value as forms, exports and queries write it: names of options, logins of people.
    pub fn written(&self, field: &Field, value: &Value) -> String {
        match (value, field.kind) {
            (Value::Text(text), _) => text.clone(),
            (Value::Newcomer(Newcomer::Account { login, .. } | Newcomer::Address(login)), _) => login.clone(),
            (Value::Id(id), Kind::Person | Kind::People) => self.people.login(Some(*id)).to_owned(),
            (Value::Id(id), Kind::Tickets | Kind::Check) => id.to_string(),
            (Value::Id(minutes), Kind::Minutes) => duration::written(*minutes),
            (Value::Id(at), Kind::Moment) => minute(Instant(*at)),
            (Value::Id(id), _) => self.choices.name_of(field, *id).to_owned(),
        }
    }

    /// All values of a field in one text: several are put together by `, ` (row T10).
    pub fn joined(&self, field: &Field, values: &[Value]) -> String {
        values.iter().map(|value| self.written(field, value)).collect::<Vec<_>>().join(", ")
    }

    /// One value as pages show it: people by their full names.
    pub fn shown(&self, field: &Field, value: &Value) -> String {
        match (value, field.kind) {
            (Value::Id(id), Kind::Person | Kind::People) => self.people.called(Some(*id)),
            (Value::Newcomer(Newcomer::Account { login, display_name, .. }), _) => {
                called(Some(login), Some(display_name))
            }
            (Value::Id(number), Kind::Tickets) => format!("#{number}"),
            (Value::Id(_), Kind::Check) => "yes".to_owned(),
            _ => self.written(field, value),
        }
    }

    pub fn shown_all(&self, field: &Field, values: &[Value]) -> String {
        values.iter().map(|value| self.shown(field, value)).collect::<Vec<_>>().join(", ")
    }
}

/// An instant as forms, exports and queries write it: `2026-12-31T14:05Z`.
pub fn minute(at: Instant) -> String {
    let iso = at.iso();
    format!("{}Z", iso.get(..16).unwrap_or(&iso))
}
