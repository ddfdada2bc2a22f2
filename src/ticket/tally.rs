//! How many tickets a milestone has, by state and by the value of a field: kept in the transaction that changes a ticket,
//! so that the roadmap reads a few rows however large the project is.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::values::Values;
use crate::base::error::Result;
use crate::base::viewer::Viewer;

/// The fields by which a milestone's tickets can be grouped.
pub const FIELDS: [&str; 7] = ["type", "priority", "component", "version", "severity", "owner", "reporter"];

/// The counters that a ticket stands in: milestone (0: none), field (`` for all), value (0: none), state, class.
type Counter = (i64, &'static str, i64, i64, i64);

fn counters(values: &Values, acl: i64) -> impl Iterator<Item = Counter> {
    let (milestone, status) = (values.id("milestone").unwrap_or(0), values.id("status").unwrap_or(0));
    let by_field = FIELDS.map(|field| (milestone, field, values.id(field).unwrap_or(0), status, acl));
    std::iter::once((milestone, "", 0, status, acl)).chain(by_field)
}

/// Takes a ticket out of the counters of its old values and into those of its new ones.
pub(super) fn update(db: &Connection, old: Option<(&Values, i64)>, new: Option<(&Values, i64)>) -> Result<()> {
    let mut differences: BTreeMap<Counter, i64> = BTreeMap::new();
    for counter in old.into_iter().flat_map(|(values, acl)| counters(values, acl)) {
        *differences.entry(counter).or_default() -= 1;
    }
    for counter in new.into_iter().flat_map(|(values, acl)| counters(values, acl)) {
        *differences.entry(counter).or_default() += 1;
    }
    let mut statement = db.prepare_cached(
        "insert into ticket_tally (milestone, field, value, status, acl, tickets) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (milestone, field, value, status, acl) do update set tickets = tickets + ?6",
    )?;
    for ((milestone, field, value, status, acl), difference) in differences {
        if difference != 0 {
            statement.execute((milestone, field, value, status, acl, difference))?;
        }
    }
    Ok(())
}

/// Counts the tickets of a component, as far as they are in one class, in another one instead. They still have the old one.
pub(super) fn move_component(db: &Connection, component: i64, old: i64, new: i64) -> Result<()> {
    for field in std::iter::once("").chain(FIELDS) {
        let value = if field.is_empty() { "0".to_owned() } else { format!("coalesce({field}, 0)") };
        for (acl, sign) in [(old, -1), (new, 1)] {
            let sql = format!(
                "insert into ticket_tally (milestone, field, value, status, acl, tickets)
                 select coalesce(milestone, 0), ?1, {value}, status, ?4, count(*) * ?5
                 from ticket where component = ?2 and acl = ?3 and merged_into is null group by 1, 3, 4
                 on conflict (milestone, field, value, status, acl) do update set tickets = tickets + excluded.tickets"
            );
            db.prepare_cached(&sql)?.execute((field, component, old, acl, sign))?;
        }
    }
    Ok(())
}

/// How many tickets there are for each value of one of [`FIELDS`] (none: without one) in each state, as far as this viewer
/// sees them.
pub fn by_state(db: &Connection, viewer: &Viewer, field: &'static str) -> Result<BTreeMap<(Option<i64>, i64), i64>> {
    debug_assert!(FIELDS.contains(&field));
    let own = match viewer.joins_sql("ticket", "ticket") {
        None => String::new(),
        Some(joins) => format!(
            " union all select {field}, status, count(*) from ticket where {joins} and merged_into is null group by 1, 2"
        ),
    };
    let sql = format!(
        "select value, status, sum(tickets) from (
             select nullif(value, 0) as value, status, tickets from ticket_tally
             where field = ?1 and milestone in (select 0 union all select id from milestone) and {}{own})
         group by 1, 2 having sum(tickets) > 0",
        viewer.sees_whole_sql("ticket_tally")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let counts = statement.query_map([field], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

/// Counts again and says where the counters are wrong.
pub(super) fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    for field in std::iter::once("").chain(FIELDS) {
        let value = if field.is_empty() { "0".to_owned() } else { format!("coalesce({field}, 0)") };
        let sql = format!(
            "with counted as (
                 select coalesce(milestone, 0) as milestone, {value} as value, status, acl, count(*) as tickets
                 from ticket where merged_into is null group by 1, 2, 3, 4)
             select milestone, value, status, sum(kept), sum(real) from (
                 select milestone, value, status, acl, tickets as kept, 0 as real from ticket_tally where field = ?1
                 union all select milestone, value, status, acl, 0, tickets from counted)
             group by milestone, value, status, acl having sum(kept) <> sum(real)"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([field])?;
        while let Some(row) = rows.next()? {
            let (milestone, value, status): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (kept, real): (i64, i64) = (row.get(3)?, row.get(4)?);
            let by = if field.is_empty() { String::new() } else { format!(", {field} {value}") };
            findings.push(format!(
                "milestone {milestone}{by}, state {status}: {kept} tickets are counted, there are {real}"
            ));
        }
    }
    Ok(())
}
