//! Who has something open for writing just now, so that two people who write one page know of each other. Kept in memory
//! alone and forgotten after a minute: it is a courtesy, and nothing depends on it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody counts as present who was heard of last.
pub const KEPT: Duration = Duration::from_secs(60);
/// Things that are held at once; beyond that nobody is noted.
const MOST: usize = 10_000;
/// People at one thing.
const MOST_AT_ONE: usize = 50;

#[derive(Default)]
pub struct Presence {
    held: Mutex<HashMap<String, Vec<Holder>>>,
}

struct Holder {
    account: i64,
    name: String,
    seen: Instant,
}

impl Presence {
    /// Notes that an account has that thing open, and answers the names of the others who have, in the order in which
    /// they came.
    pub fn hold(&self, thing: &str, account: i64, name: &str) -> Vec<String> {
        self.hold_at(thing, account, name, Instant::now())
    }

    fn hold_at(&self, thing: &str, account: i64, name: &str, now: Instant) -> Vec<String> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST {
            for holders in held.values_mut() {
                holders.retain(|holder| now.duration_since(holder.seen) < KEPT);
            }
            held.retain(|_, holders| !holders.is_empty());
        }
        if held.len() >= MOST && !held.contains_key(thing) {
            return Vec::new();
        }
        let holders = held.entry(thing.to_owned()).or_default();
        holders.retain(|holder| now.duration_since(holder.seen) < KEPT);
        let is_full = holders.len() >= MOST_AT_ONE;
        match holders.iter_mut().find(|holder| holder.account == account) {
            Some(holder) => holder.seen = now,
            None if !is_full => holders.push(Holder { account, name: name.to_owned(), seen: now }),
            None => {}
        }
        holders.iter().filter(|holder| holder.account != account).map(|holder| holder.name.clone()).collect()
    }

    /// The names of the others who have that thing open.
    pub fn others(&self, thing: &str, account: i64) -> Vec<String> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let holders = held.get(thing).map_or(&[][..], Vec::as_slice);
        let there = |holder: &&Holder| holder.account != account && holder.seen.elapsed() < KEPT;
        holders.iter().filter(there).map(|holder| holder.name.clone()).collect()
    }

    /// They have left it, or are done.
    pub fn leave(&self, thing: &str, account: i64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holders) = held.get_mut(thing) {
            holders.retain(|holder| holder.account != account);
            if holders.is_empty() {
                held.remove(thing);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_known_for_a_minute_and_until_they_leave() {
        let presence = Presence::default();
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        assert!(presence.hold_at("page", 1, "Ann", now).is_empty());
        assert_eq!(presence.hold_at("page", 2, "Bo", after(10)), ["Ann"]);
        assert!(presence.hold_at("other", 3, "Cy", after(10)).is_empty());
        assert_eq!(presence.hold_at("page", 1, "Ann", after(40)), ["Bo"]);
        assert_eq!(presence.hold_at("page", 3, "Cy", after(75)), ["Ann"], "Bo was heard of over a minute ago");
        presence.leave("page", 1);
        assert!(presence.hold_at("page", 3, "Cy", after(80)).is_empty());
    }
}
