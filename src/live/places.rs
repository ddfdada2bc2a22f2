//! How many streams there may be: a thousand in all, sixteen of one listener.
//!
//! That a browser has gone is noticed only when it is written to. So a page names its stream, and the next page of the same
//! tab says which one it comes instead of: who clicks fast does not fill the places with streams of pages that are gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::tokio::sync::{Notify, Semaphore, SemaphorePermit};

const IN_ALL: usize = 1_000;
/// Those who are not signed in leave room for those who are.
const OF_ANONYMOUS: usize = 700;
const OF_ONE: usize = 16;
/// Streams that look things up at the same time: pages come first.
const LOOK_AT_ONCE: usize = 4;

/// Who listens, as far as their streams are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listener {
    /// The secret of a session that was found to be one.
    Session(String),
    Network(String),
    /// A proxy on this machine, behind which everybody has the same address.
    Proxy,
}

impl Listener {
    pub fn of(session: Option<&str>, network: &str) -> Self {
        match session {
            Some(session) => Self::Session(session.to_owned()),
            None if network.starts_with("127.") || network == LOOPBACK_6 => Self::Proxy,
            None => Self::Network(network.to_owned()),
        }
    }
}

/// `::1`, as networks are called.
const LOOPBACK_6: &str = "0:0:0:0::/64";

pub struct Places {
    taken: Mutex<Taken>,
    looking: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        Self { taken: Mutex::default(), looking: Semaphore::new(LOOK_AT_ONCE) }
    }
}

#[derive(Default)]
struct Taken {
    next: u64,
    by_number: HashMap<u64, Entry>,
}

struct Entry {
    listener: Listener,
    name: String,
    over: Arc<Notify>,
}

/// A stream's place, free again when this is dropped.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    /// Notified when another stream has taken this place.
    pub over: Arc<Notify>,
}

impl Places {
    /// A place for a stream of that name, which comes instead of another one of the same listener. None if there is none.
    pub fn take(self: &Arc<Self>, listener: Listener, name: &str, instead: Option<&str>) -> Option<Place> {
        let mut taken = self.taken();
        if let Some(instead) = instead {
            taken.by_number.retain(|_, entry| {
                let goes = entry.name == instead && entry.listener == listener;
                if goes {
                    entry.over.notify_one();
                }
                !goes
            });
        }
        let anonymous = |entry: &&Entry| !matches!(entry.listener, Listener::Session(_));
        let of_one = taken.by_number.values().filter(|entry| entry.listener == listener).count();
        let full = match &listener {
            Listener::Proxy => false,
            Listener::Session(_) | Listener::Network(_) => of_one >= OF_ONE,
        };
        let crowded = !matches!(listener, Listener::Session(_))
            && taken.by_number.values().filter(anonymous).count() >= OF_ANONYMOUS;
        if full || crowded || taken.by_number.len() >= IN_ALL {
            return None;
        }
        let (number, over) = (taken.next, Arc::new(Notify::new()));
        taken.next += 1;
        taken.by_number.insert(number, Entry { listener, name: name.to_owned(), over: Arc::clone(&over) });
        Some(Place { places: Arc::clone(self), number, over })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until this stream may look up what its listener may hear.
    pub async fn turn_to_look(&self) -> Option<SemaphorePermit<'_>> {
        self.places.looking.acquire().await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str) -> Listener {
        Listener::of(Some(name), "192.0.2.1")
    }

    #[test]
    fn one_listener_has_sixteen_places_and_another_one_their_own() {
        let places = Arc::new(Places::default());
        let kept: Vec<_> = (0..OF_ONE).map(|at| places.take(session("kim"), &at.to_string(), None)).collect();
        assert!(kept.iter().all(Option::is_some));
        assert!(places.take(session("kim"), "one more", None).is_none());
        assert!(places.take(session("lee"), "first", None).is_some());

        drop(kept);

        assert!(places.take(session("kim"), "again", None).is_some());
    }

    #[test]
    fn a_stream_takes_the_place_of_the_one_it_comes_instead_of_but_never_of_somebody_elses() {
        let places = Arc::new(Places::default());
        let kept: Vec<_> = (0..OF_ONE).map(|at| places.take(session("kim"), &at.to_string(), None)).collect();
        let other = places.take(session("lee"), "3", None);

        let next = places.take(session("kim"), "next", Some("3"));

        assert!(next.is_some());
        assert!(places.take(session("kim"), "another", Some("3")).is_none(), "that one has gone already");
        assert!(other.is_some() && places.taken().by_number.values().any(|entry| entry.listener == session("lee")));
        drop(kept);
        assert!(places.taken().by_number.len() == 2);
    }

    #[test]
    fn readers_behind_a_proxy_leave_room_for_those_who_are_signed_in() {
        let places = Arc::new(Places::default());
        let proxy = || Listener::of(None, "127.0.0.1");
        let kept: Vec<_> = (0..OF_ANONYMOUS).map(|at| places.take(proxy(), &at.to_string(), None)).collect();

        assert!(kept.iter().all(Option::is_some));
        assert!(places.take(proxy(), "one more", None).is_none());
        assert!(places.take(session("kim"), "first", None).is_some());
    }
}
