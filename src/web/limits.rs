//! How often somebody may write or ask for what is expensive, where nobody knows who they are or has known them for long
//! (trackers.md e2, classes 25 and 36). Counted in memory: a restart forgives.
//!
//! Who asks from this machine itself is not counted: that is a program of its operator, or a proxy that is not listed in
//! `proxy.peers` and hands on everybody's requests. One that is listed says for whom it asks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rocket::http::Method;

use super::desk::Desk;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::time::Instant;

pub const ANONYMOUS_WRITES: Setting = Setting {
    name: "limits.anonymous_writes",
    scope: Scope::Site,
    values: Values::Number(0, 1_000_000),
    default: "120",
    doc: "So many changes an hour may come from one network without signing in; 0: as many as there are.",
};

pub const ANONYMOUS_EXPENSIVE: Setting = Setting {
    name: "limits.anonymous_expensive",
    scope: Scope::Site,
    values: Values::Number(0, 1_000_000),
    default: "300",
    doc: "So many searches, lists, differences, logs and archives a minute may come from one network without signing in; \
          0: as many as there are.",
};

pub const NEW_ACCOUNT_WRITES: Setting = Setting {
    name: "limits.new_account_writes",
    scope: Scope::Site,
    values: Values::Number(0, 1_000_000),
    default: "600",
    doc: "So many changes an hour may be made by an account in its first day; 0: as many as there are.",
};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
/// An account is new for so long.
const NEW_SECONDS: i64 = 86_400;
const REMEMBERED: usize = 20_000;
/// Places whose pages cost much or are endless.
const EXPENSIVE: &[&str] = &[
    "query", "search", "log", "diff", "changeset", "export", "zip-attachment", "browser", "timeline", "report", "time",
];

/// What is set at the moment; 0: no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    pub anonymous_writes: i64,
    pub anonymous_expensive: i64,
    pub new_account_writes: i64,
}

/// What is counted, and for whom.
type Whose = (&'static str, String);
/// Since when, in seconds, and how many.
type Window = (i64, i64);

/// Counts, by what they count and for whom, since when.
#[derive(Default)]
pub struct Limits {
    counted: Mutex<HashMap<Whose, Window>>,
}

impl Limits {
    /// Counts a request. Seconds to wait if it is one too many.
    pub(super) fn take(&self, desk: &Desk) -> Option<i64> {
        let visit = &desk.visit;
        let rates = desk.web().settings().rates;
        let reads = matches!(visit.method, Method::Get | Method::Head);
        match &desk.account {
            Some(account) if !reads && account.created_at.plus_seconds(NEW_SECONDS) > Instant::now() => {
                self.count("account", &account.id.to_string(), rates.new_account_writes, HOUR)
            }
            Some(_) => None,
            None if is_near(&visit.network) => None,
            None if reads && !is_expensive(visit.path.strip_prefix(desk.base()).unwrap_or_default()) => None,
            None if reads => self.count("read", &visit.network, rates.anonymous_expensive, MINUTE),
            None => self.count("write", &visit.network, rates.anonymous_writes, HOUR),
        }
    }

    fn count(&self, what: &'static str, whose: &str, most: i64, seconds: i64) -> Option<i64> {
        if most == 0 {
            return None;
        }
        let now = Instant::now().seconds();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= REMEMBERED {
            counted.retain(|_, (since, _)| *since + HOUR > now);
        }
        let (since, count) = counted.entry((what, whose.to_owned())).or_insert((now, 0));
        if *since + seconds <= now {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        (*count > most).then(|| *since + seconds - now)
    }
}

/// This machine, or a test without a network.
fn is_near(network: &str) -> bool {
    network.is_empty() || network.starts_with("127.") || network == "0:0:0:0::/64"
}

fn is_expensive(below: &str) -> bool {
    let mut parts = below.trim_start_matches('/').split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    EXPENSIVE.contains(&second) || (first == "-" && second == "search")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_waits_until_the_time_is_over() {
        let limits = Limits::default();
        for _ in 0..3 {
            assert_eq!(limits.count("write", "10.0.0.1", 3, HOUR), None);
        }
        assert!(limits.count("write", "10.0.0.1", 3, HOUR).is_some_and(|seconds| (3590..=3600).contains(&seconds)));
        assert_eq!(limits.count("write", "10.0.0.2", 3, HOUR), None, "others are not held up");
        assert_eq!(limits.count("read", "10.0.0.1", 3, HOUR), None);
        assert_eq!(limits.count("write", "10.0.0.1", 0, HOUR), None, "0 is no limit");
    }

    #[test]
    fn pages_that_cost_much_are_known_by_their_addresses() {
        for (address, expensive) in [
            ("/demo/query", true),
            ("/demo/log/src", true),
            ("/-/search", true),
            ("/demo/wiki/query", false),
            ("/demo/ticket/1", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(is_expensive(address), expensive, "{address}");
        }
    }
}
