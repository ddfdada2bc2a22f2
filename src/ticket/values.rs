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

impl Value {
    pub fn as_id(&self) -> Option<i64> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }
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
///
/// Read for somebody, they are what that viewer may know of: numbers of tickets that they may not see are kept beside
/// them, out of the way of whatever is shown, compared and typed. Only saving looks at [`Values::stored`], so that they
/// stay where they are when somebody who does not know of them changes the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    stored: BTreeMap<String, Vec<Value>>,
    /// The fields that have values which the viewer may not know of, with those that they may.
    seen: BTreeMap<String, Vec<Value>>,
    /// The same fields with the values which they may not know of.
    hidden: BTreeMap<String, Vec<Value>>,
}

impl Values {
    pub fn get(&self, field: &str) -> &[Value] {
        self.seen.get(field).map_or_else(|| self.stored(field), Vec::as_slice)
    }

    /// Everything that is kept of a field, whoever may know of it: for saving alone.
    pub(super) fn stored(&self, field: &str) -> &[Value] {
        self.stored.get(field).map_or(&[], Vec::as_slice)
    }

    /// The text of a field; empty where there is none.
    pub fn text(&self, field: &str) -> &str {
        match self.get(field).first() {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub fn id(&self, field: &str) -> Option<i64> {
        self.get(field).first().and_then(Value::as_id)
    }

    /// All ids of a field with several values.
    pub fn ids(&self, field: &str) -> impl Iterator<Item = i64> {
        self.get(field).iter().filter_map(Value::as_id)
    }

    /// Gives a field other values. What the viewer may not know of stays among them, in its place.
    pub fn set(&mut self, field: &str, mut values: Vec<Value>) {
        if values.iter().all(|value| *value == Value::Text(String::new())) {
            values.clear();
        }
        if let Some(hidden) = self.hidden.get(field) {
            let old = self.stored.remove(field).unwrap_or_default();
            let mut new = values.iter().filter(|value| !hidden.contains(value)).cloned();
            let mut stored: Vec<Value> = old
                .into_iter()
                .filter_map(|value| if hidden.contains(&value) { Some(value) } else { new.next() })
                .collect();
            stored.extend(new);
            self.seen.insert(field.to_owned(), std::mem::replace(&mut values, stored));
        }
        self.put(field, values);
    }

    /// Gives a field these values and no others, in place of those too that the viewer may not know of.
    pub(super) fn replace(&mut self, field: &str, values: Vec<Value>) {
        self.seen.remove(field);
        self.hidden.remove(field);
        self.put(field, values);
    }

    fn put(&mut self, field: &str, values: Vec<Value>) {
        if values.is_empty() {
            self.stored.remove(field);
        } else {
            self.stored.insert(field.to_owned(), values);
        }
    }

    /// One value more as it is read; `seen`: the viewer may know of it.
    pub(super) fn push(&mut self, field: String, value: Value, seen: bool) {
        let stored = self.stored.entry(field.clone()).or_default();
        if !seen {
            self.seen.entry(field.clone()).or_insert_with(|| stored.clone());
            self.hidden.entry(field).or_default().push(value.clone());
        } else if let Some(known) = self.seen.get_mut(&field) {
            known.push(value.clone());
        }
        stored.push(value);
    }

    /// The fields that have values of which the viewer may know, with those.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.stored.keys().map(|field| (field.as_str(), self.get(field))).filter(|(_, values)| !values.is_empty())
    }

    /// Everything that is kept, by field: for saving alone.
    pub(super) fn all_stored(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.stored.iter().map(|(field, values)| (field.as_str(), values.as_slice()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_viewer_may_not_know_of_stays_where_it_is() {
        let read = |numbers: &[(i64, bool)]| {
            let mut values = Values::default();
            numbers.iter().for_each(|(number, seen)| values.push("refers_to".to_owned(), Value::Id(*number), *seen));
            values
        };
        let ids = |values: &[Value]| -> Vec<i64> { values.iter().filter_map(Value::as_id).collect() };
        for (stored, typed, then) in [
            (&[(1, true), (2, false), (3, true)][..], &[1, 3][..], &[1, 2, 3][..]),
            (&[(1, true), (2, false), (3, true)], &[3, 1, 4], &[3, 2, 1, 4]),
            (&[(1, true), (2, false), (3, true)], &[3], &[3, 2]),
            (&[(2, false), (5, false)], &[], &[2, 5]),
            (&[(2, false)], &[4], &[2, 4]),
            // What is typed and may not be known of is refused elsewhere; it comes no second time.
            (&[(1, true), (2, false)], &[2, 4], &[4, 2]),
            (&[(1, true)], &[], &[]),
        ] {
            let mut values = read(stored);
            let seen: Vec<i64> = stored.iter().filter(|(_, seen)| *seen).map(|(number, _)| *number).collect();
            assert_eq!(ids(values.get("refers_to")), seen);
            values.set("refers_to", typed.iter().copied().map(Value::Id).collect());
            assert_eq!(
                (ids(values.get("refers_to")), ids(values.stored("refers_to"))),
                (typed.to_vec(), then.to_vec())
            );
        }
        let mut values = read(&[(2, false)]);
        assert_eq!((values.iter().count(), values.all_stored().count()), (0, 1));
        values.replace("refers_to", vec![Value::Id(4)]);
        assert_eq!(ids(values.stored("refers_to")), [4]);
    }
}
