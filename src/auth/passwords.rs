//! Passwords: argon2id with its standard cost, at most two at a time, and a brake on guessing.

use std::collections::HashMap;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};

use crate::base::error::{Error, Problem, Result};
use crate::base::time::Instant;

/// One check takes 19 MiB and some 15 ms.
const AT_ONCE: usize = 2;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// What an unknown name is checked against, so that it takes as long as a known one (trackers.md e2, class 21).
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// A PHC string with a salt of its own.
pub fn hash(password: &str) -> Result<String> {
    one_of_few(|| {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| Error::internal(format!("argon2: {error}")))
    })
}

/// Whether that is the password. Takes the same time when there is none.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let stored_or_other = stored.map_or_else(|| NOBODY.clone(), str::to_owned);
    let right = one_of_few(|| {
        PasswordHash::new(&stored_or_other)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    right && stored.is_some()
}

fn one_of_few<T>(act: impl FnOnce() -> T) -> T {
    let (running, freed) = &RUNNING;
    let mut count = running.lock().unwrap_or_else(PoisonError::into_inner);
    while *count >= AT_ONCE {
        count = freed.wait(count).unwrap_or_else(PoisonError::into_inner);
    }
    *count += 1;
    drop(count);
    let result = act();
    *running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    freed.notify_one();
    result
}

/// What is wrong with a password that somebody wants to have.
pub fn problem(password: &str, login: &str) -> Option<Problem> {
    let length = password.chars().count();
    let message = if length < 8 {
        "A password has at least 8 characters."
    } else if password.len() > 1024 {
        "A password has at most 1,024 bytes."
    } else if password.eq_ignore_ascii_case(login) {
        "The password must not be the user name."
    } else {
        return None;
    };
    Some(Problem::new("password", message))
}

/// How often, and when last.
type Failures = HashMap<String, (u32, Instant)>;

/// Counts failed attempts by whatever they have in common: the account aimed at, the network they come from.
/// Five are free, or as many as it is made with; each further one doubles the wait, up to a quarter of an hour. Kept in
/// memory: a restart forgives.
pub struct Throttle {
    failures: Mutex<Failures>,
    free: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::with_free(FREE_FAILURES)
    }
}

const FREE_FAILURES: u32 = 5;
const LONGEST_WAIT: i64 = 900;
const REMEMBERED: usize = 10_000;

impl Throttle {
    pub fn with_free(free: u32) -> Self {
        Self { failures: Mutex::default(), free }
    }

    /// Seconds to wait before any of these may try again.
    pub fn wait(&self, keys: &[String]) -> Option<i64> {
        longest_wait(&self.failures.lock().unwrap_or_else(PoisonError::into_inner), keys, self.free)
    }

    /// Begins an attempt: seconds to wait, or none, and then it counts as failed for whatever the first key names until
    /// [`Throttle::succeeded`] says otherwise, so that guesses which are sent all at once are as few as those that are sent one
    /// after the other. What the other keys name, such as a network, is shared by people who have done nothing wrong: there
    /// only what has failed counts.
    pub fn begin(&self, keys: &[String]) -> Option<i64> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = longest_wait(&failures, keys, self.free);
        if wait.is_none() {
            count(&mut failures, &keys[..keys.len().min(1)]);
        }
        wait
    }

    pub fn failed(&self, keys: &[String]) {
        count(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner), keys);
    }

    pub fn succeeded(&self, key: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

fn longest_wait(failures: &Failures, keys: &[String], free: u32) -> Option<i64> {
    let now = Instant::now();
    keys.iter()
        .filter_map(|key| failures.get(key))
        .map(|(count, last)| last.plus_seconds(pause(*count, free)).seconds() - now.seconds())
        .filter(|seconds| *seconds > 0)
        .max()
}

fn count(failures: &mut Failures, keys: &[String]) {
    let now = Instant::now();
    if failures.len() >= REMEMBERED {
        failures.retain(|_, (_, last)| last.plus_seconds(LONGEST_WAIT) > now);
    }
    for key in keys {
        let entry = failures.entry(key.clone()).or_insert((0, now));
        // An hour without failures wipes the slate.
        if entry.1.plus_seconds(3600) < now {
            entry.0 = 0;
        }
        *entry = (entry.0.saturating_add(1), now);
    }
}

fn pause(count: u32, free: u32) -> i64 {
    if count < free {
        return 0;
    }
    (1_i64 << (count - free).min(10)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_against_its_hash_only() {
        let stored = hash("correct horse").expect("hashes");
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("correct horsf", Some(&stored)));
        assert!(!verify("nobody has this password", None));
        assert!(!verify("x", Some("not a hash")));
    }

    #[test]
    fn guessing_is_slowed_down_after_five_failures() {
        let throttle = Throttle::default();
        let keys = ["kim".to_owned()];
        for _ in 0..4 {
            throttle.failed(&keys);
        }
        assert_eq!(throttle.wait(&keys), None);
        for _ in 0..6 {
            throttle.failed(&keys);
        }
        assert!(throttle.wait(&keys).is_some_and(|seconds| seconds >= 15));
        throttle.succeeded("kim");
        assert_eq!(throttle.wait(&keys), None);
    }

    #[test]
    fn what_has_begun_counts_until_it_has_succeeded() {
        let throttle = Throttle::default();
        let keys = ["kim".to_owned(), "network".to_owned()];
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.begin(&keys), None);
        }
        assert!(throttle.begin(&keys).is_some());
        assert_eq!(throttle.wait(&keys[1..]), None, "others of the same network are not held up by what is under way");
        throttle.succeeded("kim");
        assert_eq!(throttle.begin(&keys), None);
    }
}
