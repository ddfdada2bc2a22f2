//! Who has something open for writing just now, so that two people who write one page know of each other. Kept in memory
//! alone and soon forgotten: it is a courtesy, and nothing depends on it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody counts as present who was heard of last.
pub const KEPT: Duration = Duration::from_secs(60);
/// How long somebody does who has opened it, and of whom nothing more may be heard: scripts would tell.
pub const KEPT_OPEN: Duration = Duration::from_secs(10 * 60);
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
    until: Instant,
}

impl Presence {
    /// Notes that an account has that thing open for as long as that, and answers the names of the others who have, in the
    /// order in which they came.
    pub fn hold(&self, thing: &str, account: i64, name: &str, kept: Duration) -> Vec<String> {
        self.hold_at(thing, account, name, kept, Instant::now())
    }

    fn hold_at(&self, thing: &str, account: i64, name: &str, kept: Duration, now: Instant) -> Vec<String> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST {
            for holders in held.values_mut() {
                holders.retain(|holder| holder.until > now);
            }
            held.retain(|_, holders| !holders.is_empty());
        }
        if held.len() >= MOST && !held.contains_key(thing) {
            return Vec::new();
        }
        let holders = held.entry(thing.to_owned()).or_default();
        holders.retain(|holder| holder.until > now);
        let is_full = holders.len() >= MOST_AT_ONE;
        let until = now + kept;
        match holders.iter_mut().find(|holder| holder.account == account) {
            Some(holder) => holder.until = until,
            None if !is_full => holders.push(Holder { account, name: name.to_owned(), until }),
            None => {}
        }
        holders.iter().filter(|holder| holder.account != account).map(|holder| holder.name.clone()).collect()
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
    fn others_are_known_for_a_while_and_until_they_leave() {
        let presence = Presence::default();
        let now = Instant::now();
        let hold = |thing: &str, account: i64, name: &str, seconds: u64| {
            presence.hold_at(thing, account, name, KEPT, now + Duration::from_secs(seconds))
        };
        assert!(hold("page", 1, "Ann", 0).is_empty());
        assert_eq!(hold("page", 2, "Bo", 10), ["Ann"]);
        assert!(hold("other", 3, "Cy", 10).is_empty());
        assert_eq!(hold("page", 1, "Ann", 40), ["Bo"]);
        assert_eq!(hold("page", 3, "Cy", 75), ["Ann"], "Bo was heard of over a minute ago");
        presence.leave("page", 1);
        assert!(hold("page", 3, "Cy", 80).is_empty());

        presence.hold_at("page", 4, "Di", KEPT_OPEN, now + Duration::from_secs(80));
        assert_eq!(hold("page", 3, "Cy", 200), ["Di"], "she has opened it, and her browser runs no scripts");
        assert!(hold("page", 3, "Cy", 700).is_empty());
    }
}
