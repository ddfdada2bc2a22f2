//! What is kept of somebody's visits: when the last one was, since what is newer is marked as new (row TL08), and what they
//! chose to be shown (row TL02).

use super::asked;
use super::store::{self, Seen};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::web::{Desk, Room, address};

/// Looks that follow each other sooner are one visit, and not written down again.
const VISIT_SECONDS: i64 = 300;

/// Notes this visit and tells when the one before it was; none for those who are not signed in or here for the first time.
pub fn before_this(desk: &Desk, room: &Room) -> Result<Option<Instant>> {
    let Some(identity) = &desk.principal.identity else {
        return Ok(None);
    };
    let seen = room.project.read(|db| store::seen(db, &identity.uuid))?;
    if desk.visit.by_itself {
        return Ok(seen.and_then(|seen| seen.before.or(Some(seen.last))));
    }
    let (before, noted) = noted(seen, Instant::now());
    if let Some(noted) = noted.filter(|_| !room.viewer.archived)
        && let Err(error) = room.project.db().write(|db| store::save_seen(db, &identity.uuid, noted))
    {
        // A full disk must not keep people from reading.
        log::warn!("the visit of {} to the timeline was not noted: {error}", identity.login);
    }
    Ok(before)
}

/// The pairs of the address, with the filters that this account chose last where the address names none. The page's links
/// are made from these, so that they lead everybody else to the same list. “Update” is what makes a choice.
pub fn with_choice(desk: &Desk, room: &Room, mut pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let Some(identity) = &desk.principal.identity else {
        return Ok(pairs);
    };
    let choices = asked::choices(room.project.components(), &room.viewer, |_| false);
    let parts = room.project.read(|db| asked::parts(db, room.project.components(), &room.viewer))?;
    let is_filter = |name: &str| {
        choices.iter().any(|choice| choice.filter.name == name) || parts.iter().any(|part| part.part.name == name)
    };
    let is_on = |(name, value): &&(String, String)| is_filter(name) && asked::is_on(value);
    let named: Vec<&str> = pairs.iter().filter(is_on).map(|(name, _)| name.as_str()).collect();
    if pairs.iter().any(|(name, _)| name == "update") {
        // Names of parts may hold blanks.
        let filters = named.iter().map(|name| address::segment(name)).collect::<Vec<_>>().join(" ");
        if !room.viewer.archived
            && let Err(error) = room.project.db().write(|db| store::save_chosen(db, &identity.uuid, &filters))
        {
            log::warn!("what {} chose on the timeline was not noted: {error}", identity.login);
        }
    } else if named.is_empty() {
        let filters = room.project.read(|db| store::chosen(db, &identity.uuid))?.unwrap_or_default();
        let names = filters.split(' ').filter_map(address::decode).filter(|name| is_filter(name));
        pairs.extend(names.map(|name| (name, "on".to_owned())));
    }
    Ok(pairs)
}

/// The visit before this one, and what is to be written if this one is new.
fn noted(seen: Option<Seen>, now: Instant) -> (Option<Instant>, Option<Seen>) {
    match seen {
        None => (None, Some(Seen { before: None, last: now })),
        Some(seen) if now > seen.last.plus_seconds(VISIT_SECONDS) => {
            (Some(seen.last), Some(Seen { before: Some(seen.last), last: now }))
        }
        // Where there was only one visit so far, what came after its first look is newer than it.
        Some(seen) => (seen.before.or(Some(seen.last)), None),
    }
}

/// Whether an event is news to somebody who was here at that time.
pub fn is_new(event: &Event, viewer: &Viewer, before: Option<Instant>) -> bool {
    let own = event.actor.is_some() && event.actor == viewer.person;
    event.live && !own && before.is_some_and(|before| event.recorded_at > before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_in_quick_succession_are_one_visit() {
        let first = Instant(1_000_000_000_000);
        let seen = Seen { before: None, last: first };
        assert_eq!(noted(None, first), (None, Some(seen)));
        assert_eq!(noted(Some(seen), first.plus_seconds(200)), (Some(first), None));
        let later = first.plus_seconds(1_000);
        let second = Seen { before: Some(first), last: later };
        assert_eq!(noted(Some(seen), later), (Some(first), Some(second)));
        assert_eq!(noted(Some(second), later.plus_seconds(10)), (Some(first), None));
    }
}
