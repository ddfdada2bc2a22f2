//! How far milestones are: counted from `ticket_tally`, which the tickets keep in the transaction of each change, and from
//! nothing that the viewer may not see. Percents add up to 100 (rows M04 to M06).

use rusqlite::{Connection, ToSql, named_params};
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;
use crate::milestone::store::MilestoneRow;
use crate::ticket::TICKET_VIEW;
use crate::ticket::asked::exactly;
use crate::ticket::fields::{Choices, Field};
use crate::ticket::options::StatusRow;
use crate::ticket::status::Category;

/// So many tickets of a milestone have a value in a field and are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub milestone: i64,
    /// The id of an option, state or person; 0 for none, and where no field was asked for.
    pub value: i64,
    pub status: i64,
    pub tickets: i64,
}

/// The tickets of these milestones that this viewer may see, by a field or (None) all together.
pub fn tallies(db: &Connection, viewer: &Viewer, ids: &[i64], field: Option<&Field>) -> Result<Vec<Tally>> {
    if !viewer.may(TICKET_VIEW) || ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = serde_json::to_string(ids)?;
    let sql = format!(
        "select milestone, ticket_tally.value, status, sum(tickets) from json_each(:ids) as wanted
         cross join ticket_tally on milestone = wanted.value
         where field = :field and {} group by milestone, ticket_tally.value, status",
        viewer.class_sql("ticket_tally")
    );
    let mut found = collect(db, &sql, named_params! { ":ids": ids, ":field": field.map_or("", |field| field.name) })?;
    let joined: Vec<i64> = viewer.joined_classes.iter().copied().filter(|acl| !viewer.sees_class(*acl)).collect();
    if let (Some(person), false) = (viewer.person, joined.is_empty()) {
        // Of these classes everybody sees other rows, so there is nothing that could be kept.
        let column = field.and_then(Field::column).unwrap_or("0");
        let sql = format!(
            "select milestone, coalesce({column}, 0), status, count(*) from ticket
             where milestone in (select value from json_each(:ids)) and acl in (select value from json_each(:joined))
               and merged_into is null
               and exists (select 1 from participant
                           where resource_kind = 'ticket' and resource_id = ticket.id and person = :person)
             group by 1, 2, 3"
        );
        let joined = serde_json::to_string(&joined)?;
        found.extend(collect(db, &sql, named_params! { ":ids": ids, ":joined": joined, ":person": person })?);
    }
    found.retain(|tally| tally.tickets > 0);
    Ok(found)
}

fn collect(db: &Connection, sql: &str, parameters: &[(&str, &dyn ToSql)]) -> Result<Vec<Tally>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| {
        Ok(Tally { milestone: row.get(0)?, value: row.get(1)?, status: row.get(2)?, tickets: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tickets by category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub closed: i64,
    pub waiting: i64,
    pub open: i64,
}

impl Counts {
    pub fn of<'a>(tallies: impl IntoIterator<Item = &'a Tally>, choices: &Choices) -> Self {
        let mut counts = Self::default();
        for tally in tallies {
            let category = choices.status(tally.status).map_or(Category::Open, |status| status.category);
            *counts.category(category) += tally.tickets;
        }
        counts
    }

    pub fn total(self) -> i64 {
        self.closed + self.waiting + self.open
    }

    fn category(&mut self, category: Category) -> &mut i64 {
        match category {
            Category::Closed => &mut self.closed,
            Category::Waiting => &mut self.waiting,
            Category::Open => &mut self.open,
        }
    }
}

/// Whole percents of the parts, adding up to 100: halves go to the even number, and what is then too much or too little
/// goes to the largest or to the smallest part that is not nothing (row M05). All are 0 where there is nothing.
pub fn percents(parts: &[i64]) -> Vec<i64> {
    let total: i64 = parts.iter().sum();
    if total <= 0 {
        return parts.iter().map(|_| 0).collect();
    }
    let mut percents: Vec<i64> = parts.iter().map(|part| rounded(part.saturating_mul(100), total)).collect();
    let rest = 100 - percents.iter().sum::<i64>();
    let counted = percents.iter_mut().filter(|percent| **percent > 0);
    let fudged =
        if rest < 0 { counted.rev().max_by_key(|percent| **percent) } else { counted.min_by_key(|percent| **percent) };
    if let Some(percent) = fudged {
        *percent += rest;
    }
    percents
}

fn rounded(numerator: i64, denominator: i64) -> i64 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = match (rest * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole % 2 == 1,
    };
    whole + i64::from(up)
}

/// A bar with its numbers: the `Progress` of `layout/progress.html`.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    /// Of what counts as done.
    pub percent: i64,
    /// How many tickets that is.
    pub done: i64,
    pub total: i64,
    pub href: Option<String>,
    pub length: f64,
    pub segments: Vec<Segment>,
}

/// One group of states in a bar.
#[derive(Debug, Clone, Serialize)]
pub struct Segment {
    pub title: String,
    pub href: Option<String>,
    pub count: i64,
    pub percent: i64,
    pub is_done: bool,
    /// How it looks: a [`crate::ticket::progress_groups::Look`].
    pub kind: &'static str,
    pub x: f64,
    pub width: f64,
}

/// Which tickets the numbers of a bar are of: what a query asks for, beside their state.
pub struct Asked<'a> {
    /// Base path and project.
    pub root: &'a str,
    pub milestone: &'a str,
    /// A field and the name of its value.
    pub field: Option<(&'static str, &'a str)>,
}

impl Asked<'_> {
    /// The query that lists the tickets in these states, in any of them if there are none.
    fn href(&self, statuses: &[&StatusRow]) -> String {
        let mut pairs = vec![("milestone", exactly(self.milestone))];
        // The states say it already, where the bar is of one state.
        let by_status = self.field.is_some_and(|(name, _)| name == "status");
        if let Some((name, value)) = self.field.filter(|_| !by_status || statuses.is_empty()) {
            pairs.push((name, exactly(value)));
        }
        pairs.extend(statuses.iter().map(|status| ("status", exactly(&status.name))));
        query_href(self.root, &pairs)
    }
}

/// The query with these conditions; names of pairs are ours.
pub(super) fn query_href(root: &str, pairs: &[(&str, String)]) -> String {
    let query: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", crate::web::address::segment(value))).collect();
    format!("{root}/query?{}", query.join("&"))
}

impl Progress {
    /// The bar of these tickets, by the groups of the project; `longest` is the total of the bar that it is compared with
    /// (its own if none).
    pub fn new<'a>(
        tallies: impl IntoIterator<Item = &'a Tally>,
        choices: &Choices,
        asked: &Asked<'_>,
        longest: Option<i64>,
    ) -> Self {
        let counts = choices.groups.counts(tallies.into_iter().map(|tally| (tally.status, tally.tickets)));
        let total = counts.iter().sum();
        let length = match longest {
            Some(longest) if longest > 0 => share(total, longest, 100.0),
            _ => 100.0,
        };
        let percents = percents(&counts);
        let mut before = 0;
        let mut segments = Vec::new();
        for (at, group) in choices.groups.groups.iter().enumerate() {
            let (count, percent) = (counts[at], percents[at]);
            let statuses: Vec<&StatusRow> = choices
                .statuses
                .iter()
                .filter(|status| choices.groups.at(status.id) == at)
                .filter(|status| match asked.field {
                    Some(("status", name)) => status.name == name,
                    _ => true,
                })
                .collect();
            let begins = share(before, total, length);
            before += count;
            // Most workflows have no state in which a ticket waits, and a bar of one state has no other.
            if count > 0 || !statuses.is_empty() {
                segments.push(Segment {
                    title: group.title.clone(),
                    href: (!statuses.is_empty()).then(|| group.asked(asked.href(&statuses))),
                    count,
                    percent,
                    is_done: group.is_done,
                    kind: group.look.name(),
                    x: begins,
                    width: in_thousandths(share(before, total, length) - begins),
                });
            }
        }
        let of_done = |number: fn(&Segment) -> i64| segments.iter().filter(|one| one.is_done).map(number).sum();
        Self {
            percent: of_done(|segment| segment.percent),
            done: of_done(|segment| segment.count),
            total,
            href: (total > 0).then(|| asked.href(&[])),
            length,
            segments,
        }
    }

    /// As JSON answers have it.
    pub fn as_json(&self) -> Value {
        let groups: Vec<Value> = self
            .segments
            .iter()
            .map(|segment| {
                json!({
                    "title": segment.title, "tickets": segment.count, "percent": segment.percent, "done": segment.is_done,
                })
            })
            .collect();
        json!({ "percent": self.percent, "done": self.done, "total": self.total, "groups": groups })
    }
}

pub(super) fn share(part: i64, total: i64, length: f64) -> f64 {
    if total <= 0 { 0.0 } else { in_thousandths(part as f64 / total as f64 * length) }
}

fn in_thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// The bars of several milestones, in their order.
pub fn of_milestones(
    db: &Connection,
    viewer: &Viewer,
    rows: &[MilestoneRow],
    choices: &Choices,
    root: &str,
) -> Result<Vec<(Counts, Progress)>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let tallies = tallies(db, viewer, &ids, None)?;
    Ok(rows
        .iter()
        .map(|row| {
            let tallies = || tallies.iter().filter(|tally| tally.milestone == row.id);
            let asked = Asked { root, milestone: &row.name, field: None };
            (Counts::of(tallies(), choices), Progress::new(tallies(), choices, &asked, None))
        })
        .collect())
}

/// The bar of one milestone.
pub fn of_milestone(
    db: &Connection,
    viewer: &Viewer,
    row: &MilestoneRow,
    choices: &Choices,
    root: &str,
) -> Result<(Counts, Progress)> {
    let mut bars = of_milestones(db, viewer, std::slice::from_ref(row), choices, root)?;
    bars.pop().ok_or_else(|| Error::internal("a milestone without a bar"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_add_up_to_a_hundred() {
        for (parts, wanted) in [
            (vec![1, 2], vec![33, 67]),
            (vec![1, 1, 1], vec![34, 33, 33]),
            (vec![1, 7], vec![12, 88]),
            (vec![1, 199], vec![0, 100]),
            (vec![0, 0, 0], vec![0, 0, 0]),
            (vec![5, 0, 0], vec![100, 0, 0]),
            (vec![1, 1, 1, 1, 1, 1], vec![17, 17, 17, 17, 17, 15]),
        ] {
            assert_eq!(percents(&parts).iter().sum::<i64>(), wanted.iter().sum::<i64>(), "{parts:?}");
            if parts.len() < 4 {
                assert_eq!(percents(&parts), wanted, "{parts:?}");
            }
        }
    }
}
