//! What the pages of milestones show alike.

use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::time::Instant;
use crate::milestone::due::{self, Clock, Standing};
use crate::milestone::name::{MilestoneName, href_of};
use crate::milestone::store::{self, MilestoneRow};
use crate::milestone::{MILESTONE_VIEW, NO_MILESTONE};
use crate::roadmap::progress::{Counts, Progress};
use crate::web::{Desk, Room};

/// The `Due` of `roadmap/_parts.html`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Due {
    kind: &'static str,
    words: String,
    exact: String,
    iso: String,
}

impl Due {
    pub fn of(row: &MilestoneRow, clock: &Clock) -> Self {
        let Standing { state, words, exact, iso } = due::standing(row, clock);
        Self { kind: state.name(), words, exact, iso }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Named {
    pub name: String,
    pub href: String,
}

/// One of several milestones to choose from; an empty value is none of them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Choice {
    pub value: String,
    pub label: String,
}

/// Enters the project for its milestones.
pub(super) fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(MILESTONE_VIEW, NO_MILESTONE)?;
    Ok(room)
}

/// The name in the address of this visit; None for `/milestone` itself. An address that can be no milestone's is as good as
/// a missing one.
pub(super) fn asked_name(desk: &Desk) -> Result<Option<MilestoneName>> {
    let missing = || Error::not_found(NO_MILESTONE);
    let tail = desk.visit.tail("/milestone").ok_or_else(missing)?;
    if tail.is_empty() {
        return Ok(None);
    }
    MilestoneName::parse(&tail, "name").map(Some).map_err(|_| missing())
}

/// The milestone of this address, which must be there and be seen.
pub(super) fn existing(desk: &Desk, room: &Room) -> Result<MilestoneRow> {
    let missing = || Error::not_found(NO_MILESTONE);
    let name = asked_name(desk)?.ok_or_else(missing)?;
    room.project.read(|db| store::meant(db, &room.viewer, name.folded()))?.ok_or_else(missing)
}

pub(super) fn href(room: &Room, row: &MilestoneRow) -> String {
    format!("{}{}", room.root, href_of(&row.name))
}

/// Where the tickets of a milestone may go: first what is still to come, then what is completed (row T18).
pub(super) fn targets(rows: &[MilestoneRow], own: i64, none: &str) -> Vec<Choice> {
    let others = || rows.iter().filter(move |row| row.id != own);
    let choice = |row: &MilestoneRow, label: String| Choice { value: row.name.clone(), label };
    let open = others().filter(|row| row.completed_at.is_none()).map(|row| choice(row, row.name.clone()));
    let completed =
        others().filter(|row| row.completed_at.is_some()).map(|row| choice(row, format!("{} (completed)", row.name)));
    let none = Choice { value: String::new(), label: none.to_owned() };
    std::iter::once(none).chain(open).chain(completed).collect()
}

/// A milestone as JSON answers have it: its tickets by category, and by the groups that its bar shows.
pub(super) fn as_json(
    desk: &Desk,
    room: &Room,
    row: &MilestoneRow,
    (counts, progress): &(Counts, Progress),
) -> serde_json::Value {
    serde_json::json!({
        "name": row.name,
        "due": row.due,
        "completed": row.completed_at.map(Instant::iso),
        "description": if row.description.is_empty() { None } else { Some(&row.description) },
        "url": desk.web().address.absolute(&href(room, row)),
        "tickets": {
            "total": counts.total(), "closed": counts.closed, "waiting": counts.waiting, "open": counts.open,
        },
        "progress": progress.as_json(),
    })
}

/// The page of the manual that tells how to write, if this project has it.
pub(super) fn help(room: &Room) -> Result<Option<String>> {
    let found = room.project.read(|db| room.project.components().owner(db, &room.viewer, "wiki", "Manual/Text"))?;
    Ok(found.map(|page| format!("{}{}", room.root, page.href)))
}
