//! Settings of the site that every answer needs. They count within a second after they were changed, by whatever process:
//! then the database is asked again, and not for every request.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;

use super::limits::{ANONYMOUS_EXPENSIVE, ANONYMOUS_WRITES, NEW_ACCOUNT_WRITES, Rates};
use super::proxy::Peers;
use crate::base::error::Result;
use crate::base::site::{IMAGE_HOSTS, SITE_TITLE, Site};
use crate::base::time::Instant;

/// So long, in microseconds, nobody asks again.
const FRESH: i64 = 1_000_000;

/// What is set at the moment.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub title: String,
    /// Hosts whose images the policy of content lets in.
    pub image_hosts: Vec<String>,
    pub rates: Rates,
    pub peers: Peers,
}

impl Settings {
    fn read(db: &Connection) -> Result<Self> {
        let hosts = IMAGE_HOSTS.text(db)?;
        Ok(Self {
            title: SITE_TITLE.text(db)?,
            image_hosts: hosts.split_whitespace().map(str::to_ascii_lowercase).collect(),
            peers: Peers::of(db)?,
            rates: Rates {
                anonymous_writes: ANONYMOUS_WRITES.number(db)?,
                anonymous_expensive: ANONYMOUS_EXPENSIVE.number(db)?,
                new_account_writes: NEW_ACCOUNT_WRITES.number(db)?,
            },
        })
    }
}

#[derive(Default)]
pub(super) struct InForce {
    asked_at: AtomicI64,
    settings: RwLock<Arc<Settings>>,
}

impl InForce {
    pub(super) fn of(&self, site: &Site) -> Arc<Settings> {
        let now = Instant::now().0;
        let asked = self.asked_at.load(Ordering::Relaxed);
        let is_mine = now - asked > FRESH
            && self.asked_at.compare_exchange(asked, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_mine {
            match site.read(Settings::read) {
                Ok(read) => *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read),
                Err(error) => log::warn!("settings are what they were: {error}"),
            }
        }
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }
}
