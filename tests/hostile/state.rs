//! All that a site holds, in short: to see whether anything has changed, and where.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use trackway::base::error::Result;

use crate::support::TestSite;

/// What moves when somebody only reads: when they were here last, and how far those who follow the events have come.
const MOVES: &[&str] = &["session", "timeline_visit", "wake", "follower", "page_watch_look"];

/// A number for the rows of each table of the site and of its projects.
pub fn state(test: &TestSite) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    test.site.read(|db| tables(db, "site", &mut found)).unwrap();
    for row in test.site.projects().unwrap() {
        let project = test.site.project(&row).unwrap();
        project.read(|db| tables(db, &row.name, &mut found)).unwrap();
    }
    found
}

/// The tables that are not as they were.
pub fn changed(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn tables(db: &Connection, of: &str, found: &mut BTreeMap<String, u64>) -> Result<()> {
    for name in names(db)? {
        found.insert(format!("{of}.{name}"), rows(db, &name)?);
    }
    Ok(())
}

fn names(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select name from sqlite_master where type = 'table'")?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names.into_iter().filter(|name| !MOVES.contains(&name.as_str())).collect())
}

fn rows(db: &Connection, table: &str) -> Result<u64> {
    let mut statement = db.prepare_cached(&format!("select * from \"{table}\""))?;
    let (columns, mut hasher) = (statement.column_count(), DefaultHasher::new());
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for at in 0..columns {
            match row.get_ref(at)? {
                ValueRef::Null => 0.hash(&mut hasher),
                ValueRef::Integer(value) => (1, value).hash(&mut hasher),
                ValueRef::Real(value) => (2, value.to_bits()).hash(&mut hasher),
                ValueRef::Text(value) | ValueRef::Blob(value) => (3, value).hash(&mut hasher),
            }
        }
    }
    Ok(hasher.finish())
}

/// The rows of each table, without what no two runs have in common: moments, secrets and random ids.
pub fn settled(test: &TestSite) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut take = |db: &Connection, of: &str| -> Result<()> {
        for name in names(db)? {
            found.insert(format!("{of}.{name}"), plain_rows(db, &name)?);
        }
        Ok(())
    };
    test.site.read(|db| take(db, "site")).unwrap();
    for row in test.site.projects().unwrap() {
        test.site.project(&row).unwrap().read(|db| take(db, &row.name)).unwrap();
    }
    found
}

/// Rows that came and rows that went, by their tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes(pub Vec<(String, Vec<String>, Vec<String>)>);

impl Changes {
    pub fn between(before: &BTreeMap<String, Vec<String>>, after: &BTreeMap<String, Vec<String>>) -> Self {
        let without = |all: &[String], some: &[String]| -> Vec<String> {
            all.iter().filter(|row| !some.contains(row)).cloned().collect()
        };
        let none = Vec::new();
        let of = |(name, rows): (&String, &Vec<String>)| {
            let old = before.get(name).unwrap_or(&none);
            (rows != old).then(|| (name.clone(), without(rows, old), without(old, rows)))
        };
        Self(after.iter().filter_map(of).collect())
    }
}

fn plain_rows(db: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(&format!("select * from \"{table}\""))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let mut text = String::new();
        for at in 0..columns {
            match row.get_ref(at)? {
                ValueRef::Null => text.push('-'),
                // A moment, in microseconds.
                ValueRef::Integer(value) if value > 1_000_000_000_000 => text.push('t'),
                ValueRef::Integer(value) => text.push_str(&value.to_string()),
                ValueRef::Real(value) => text.push_str(&value.to_string()),
                ValueRef::Text(value) => text.push_str(&String::from_utf8_lossy(value)),
                ValueRef::Blob(_) => text.push('b'),
            }
            text.push('|');
        }
        all.push(text);
    }
    all.sort();
    Ok(all)
}
