//! Links to reports (row R15): `{3}`, `report:3`, `report:3?OWNER=kim`.

use super::report_href;
use super::store;
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::web::address;

pub const KINDS: &[LinkKind] = &[LinkKind {
    prefixes: &["report"],
    doc: "A report, by its number; values for its variables may follow: `report:3?OWNER=kim`. `{3}` is short for it.",
    example: "report:1",
    targets: |here, rest| target(here, rest).into_iter().collect(),
    resolve,
}];

/// The number, and `?query` after it.
fn reading(rest: &str) -> Option<(i64, &str)> {
    let (number, query) = rest.trim().split_once('?').unwrap_or((rest.trim(), ""));
    let is_number = !number.is_empty() && number.len() <= 10 && number.bytes().all(|digit| digit.is_ascii_digit());
    Some((number.parse().ok().filter(|_| is_number)?, query))
}

fn target(_: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    reading(rest).map(|(number, _)| LinkTarget::new("report", number.to_string()))
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(i64, &str)>> = rests.iter().map(|rest| reading(rest)).collect();
    let ids: Vec<i64> = wanted.iter().flatten().map(|(number, _)| *number).collect();
    let rows = store::by_ids(context.db, context.viewer, &ids)?;
    Ok(wanted
        .into_iter()
        .map(|wanted| {
            let row = wanted.and_then(|(number, query)| rows.iter().find(|row| row.id == number).zip(Some(query)));
            match row {
                Some((row, query)) => Resolved::Found {
                    href: format!("{}{}", report_href(row.id), encoded(query)),
                    label: None,
                    title: Some(row.title.clone()),
                    class: None,
                },
                None => Resolved::Missing { href: None, title: "There is no such report".to_owned() },
            }
        })
        .collect())
}

fn encoded(query: &str) -> String {
    let pairs: Vec<String> = address::pairs(query)
        .iter()
        .map(|(name, value)| format!("{}={}", address::query_value(name), address::query_value(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
