//! Previous and next among the tickets of a report (rows C16, R17). A report is too dear to be asked again for each ticket, so
//! that its links carry along which tickets were on the page.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{report_href, store};
use crate::base::component::{ListPlace, Neighbours};
use crate::base::error::Result;
use crate::base::viewer::Viewer;
use crate::ticket::TICKET_VIEW;
use crate::ticket::store::by_ids;

/// A list begins so: `report:3:17,5,21`.
const PREFIX: &str = "report:";
/// A longer list is not carried along.
const LONGEST: usize = 900;

/// The list of a report's page, for the links to its tickets; none where there are too many.
pub(super) fn list_of(report: i64, tickets: &[i64]) -> Option<String> {
    let tickets: Vec<String> = tickets.iter().map(i64::to_string).collect();
    Some(format!("{PREFIX}{report}:{}", tickets.join(","))).filter(|list| tickets.len() > 1 && list.len() <= LONGEST)
}

pub(super) fn neighbours(db: &Connection, viewer: &Viewer, place: &ListPlace) -> Result<Option<Neighbours>> {
    let named = place.list.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':'));
    let Some((number, tickets)) = named.filter(|_| viewer.may(TICKET_VIEW)) else { return Ok(None) };
    let tickets: Vec<i64> = tickets.split(',').filter_map(|id| id.parse().ok()).collect();
    let report = number.parse().ok().map(|number| store::find(db, viewer, number)).transpose()?.flatten();
    let (Some(report), false) = (report, tickets.is_empty()) else { return Ok(None) };
    let seen: HashSet<i64> = by_ids(db, viewer, &tickets)?.into_iter().map(|row| row.id).collect();
    let at = tickets.iter().position(|id| *id == place.id).unwrap_or(place.at.min(tickets.len() - 1));
    let placed = |at: usize| tickets.get(at).filter(|id| seen.contains(id)).map(|id| (*id, at));
    Ok(Some(Neighbours {
        previous: (0..at).rev().find_map(placed),
        next: (at + 1..tickets.len()).find_map(placed),
        at,
        total: tickets.len(),
        href: report_href(report.id),
        title: format!("Report {}", report.id),
    }))
}
