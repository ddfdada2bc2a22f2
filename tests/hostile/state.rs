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
    let names: Vec<String> = db
        .prepare_cached("select name from sqlite_master where type = 'table' and sql not like 'create virtual%'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in names.iter().filter(|name| !MOVES.contains(&name.as_str())) {
        found.insert(format!("{of}.{name}"), rows(db, name)?);
    }
    Ok(())
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
