//! How far milestones are by the time that was estimated, not by the number of tickets: what of it is done, what is left, and
//! how long was worked. Counted from nothing that the viewer may not see.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::progress::{percents, share};
use crate::base::error::Result;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::viewer::Viewer;
use crate::ticket::fields::Choices;
use crate::ticket::{TICKET_VIEW, TIME_VIEW, duration, merge, time_store};
use crate::web::Desk;

pub const BY_ESTIMATE: Setting = Setting {
    name: "progress_by_estimate",
    scope: Scope::Project,
    values: Values::Switch,
    default: "false",
    doc: "Roadmap and milestones show what is done of the estimated time, not of the number of tickets.",
};
/// Asks for the one or the other in an address.
pub(super) const ASKS: &str = "by_estimate";

/// Whether progress is to be shown by estimates: as the address says, else as the project has it.
pub(super) fn is_wanted(desk: &Desk, db: &Connection) -> Result<bool> {
    match desk.visit.value(ASKS).as_deref() {
        Some("1") => Ok(true),
        Some("0") => Ok(false),
        _ => BY_ESTIMATE.switch(db),
    }
}

/// Minutes of a milestone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minutes {
    pub milestone: i64,
    /// What is done of the estimates: all of a closed ticket, of an open one what no longer remains.
    pub done: i64,
    pub left: i64,
    pub worked: i64,
}

/// The minutes of these milestones, of those that have any. What is left of an open ticket is its remaining time, or its
/// estimate where nobody has said what remains.
pub(super) fn minutes(db: &Connection, viewer: &Viewer, choices: &Choices, ids: &[i64]) -> Result<Vec<Minutes>> {
    if !viewer.may(TICKET_VIEW) || ids.is_empty() {
        return Ok(Vec::new());
    }
    // What was worked on a merged ticket counts where that lives on, so that any may have time. Else an index holds those
    // alone that have any, by the very condition that stands here.
    let (worked, any_time, standing) = if merge::any(db)? {
        (time_store::worked_sql(viewer), "1", format!(" and {}", merge::STANDS))
    } else {
        let any_time = "(estimated is not null or remaining is not null or worked is not null)";
        ("ticket.worked".to_owned(), any_time, String::new())
    };
    let sql = format!(
        "select milestone, status, sum(max(coalesce(estimated, remaining, 0), coalesce(remaining, estimated, 0))),
           sum(coalesce(remaining, estimated, 0)), sum({worked})
         from json_each(:ids) as wanted cross join ticket on ticket.milestone = wanted.value
         where {any_time} and {}{standing} group by milestone, status",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! { ":ids": serde_json::to_string(ids)? })?;
    let mut found: Vec<Minutes> = Vec::new();
    while let Some(row) = rows.next()? {
        let (milestone, status): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (all, remaining): (i64, i64) = (row.get(2)?, row.get(3)?);
        let worked = row.get::<_, Option<i64>>(4)?.filter(|_| viewer.may(TIME_VIEW)).unwrap_or_default();
        let left = if choices.status(status).is_some_and(|status| status.category.is_closed()) { 0 } else { remaining };
        let at = found.iter().position(|minutes| minutes.milestone == milestone).unwrap_or_else(|| {
            found.push(Minutes { milestone, ..Minutes::default() });
            found.len() - 1
        });
        let minutes = &mut found[at];
        minutes.done += all - left;
        minutes.left += left;
        minutes.worked += worked;
    }
    found.retain(|minutes| minutes.done + minutes.left != 0 || minutes.worked != 0);
    Ok(found)
}

/// The `Work` of `roadmap/_parts.html`.
#[derive(Debug, Clone, Serialize)]
pub struct Work {
    /// What is done of the estimates; none where nothing is estimated.
    pub percent: Option<i64>,
    pub width: f64,
    pub done: String,
    pub left: String,
    pub estimated: String,
    /// Empty where nobody has worked.
    pub worked: String,
}

impl Work {
    pub fn of(minutes: &Minutes) -> Self {
        let all = minutes.done + minutes.left;
        Self {
            percent: (all > 0).then(|| percents(&[minutes.done, minutes.left])[0]),
            width: share(minutes.done, all, 100.0),
            done: duration::written(minutes.done),
            left: duration::written(minutes.left),
            estimated: duration::written(all),
            worked: if minutes.worked == 0 { String::new() } else { duration::written(minutes.worked) },
        }
    }
}

/// Of one milestone; none where nobody has estimated or worked anything.
pub(super) fn of_milestone(db: &Connection, viewer: &Viewer, choices: &Choices, id: i64) -> Result<Option<Work>> {
    Ok(minutes(db, viewer, choices, &[id])?.first().map(Work::of))
}
