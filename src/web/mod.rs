//! Between HTTP and the components: what a request is, how a page is made, how a form is read, how an error looks.
//!
//! A handler names a [`Visit`] in its signature and calls [`Visit::answer`] with a closure. That closure runs on a blocking
//! thread with a [`Desk`]: the principal is known there, projects are entered there, and pages are rendered there. Whatever
//! goes wrong becomes a page or a JSON answer in [`error`] and nowhere else.

pub mod desk;
pub mod visit;
pub mod answer;
pub mod page;
mod templates;
pub mod form;
pub mod options;
pub mod error;
pub mod address;
pub mod paging;
pub mod presence;
pub mod proxy;
pub mod separated;
pub mod panels;
pub mod feed;
pub mod job;
pub mod calendar;
pub mod chart;
pub mod diff_look;
pub mod text;
pub mod threads;
pub mod assets;
pub mod headers;
mod controls;
pub mod in_force;
mod inline;
pub mod limits;
mod lookout;
pub mod look;
pub mod metrics;
pub mod multipart;
pub mod rewrite;
pub mod token;

pub use crate::base::markup::diff;
pub use answer::Answer;
pub use desk::{Desk, Room};
pub use page::{Page, Sheet};
pub use templates::Templates;
pub use visit::Visit;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use rocket::tokio::sync::Semaphore;

use self::lookout::Lookout;
use crate::auth::passwords::Throttle;
use crate::base::site::Site;
use crate::base::viewer::Principal;

/// Requests that write at once, and that may wait for their turn before more are turned away (DESIGN 10).
const WRITE_AT_ONCE: usize = 16;
const IN_LINE: usize = 256;

/// So often a network may ask for mail before it has to wait: a whole class may sit behind one address.
const ASKING_FREE: u32 = 30;

/// Pages that are made at once: that is work for the processors alone, but some may wait for a disk.
pub fn pages_at_once() -> usize {
    2 * std::thread::available_parallelism().map_or(2, usize::from)
}

/// What every request can reach.
pub struct Web {
    pub site: Arc<Site>,
    pub address: address::SiteAddress,
    pub templates: Templates,
    pub throttle: Throttle,
    /// The brake on what makes mail for people who are not signed in.
    pub asking: Throttle,
    pub presence: presence::Presence,
    in_force: in_force::InForce,
    pub metrics: metrics::Metrics,
    limits: limits::Limits,
    /// Somebody hands requests on who is not listed in `proxy.peers`: limits can't tell their people apart.
    pub unlisted_proxy: AtomicBool,
    /// Who asks, whoever it is: where pages are made for somebody without a server. None: each request says it.
    reader: Option<Arc<Principal>>,
    to_write: Semaphore,
    to_read: Semaphore,
    line: Semaphore,
    lookout: OnceLock<Lookout>,
}

impl Web {
    pub fn new(site: Arc<Site>, address: address::SiteAddress) -> crate::base::error::Result<Self> {
        Ok(Self {
            templates: Templates::load(&address.base)?,
            site,
            address,
            throttle: Throttle::default(),
            asking: Throttle::with_free(ASKING_FREE),
            presence: presence::Presence::default(),
            in_force: in_force::InForce::default(),
            metrics: metrics::Metrics::default(),
            limits: limits::Limits::default(),
            unlisted_proxy: AtomicBool::new(false),
            reader: None,
            to_write: Semaphore::new(WRITE_AT_ONCE),
            to_read: Semaphore::new(pages_at_once()),
            line: Semaphore::new(WRITE_AT_ONCE + IN_LINE),
            lookout: OnceLock::new(),
        })
    }

    /// The settings of the site as they are now.
    pub fn settings(&self) -> Arc<in_force::Settings> {
        self.in_force.of(&self.site)
    }

    /// For one reader alone.
    pub fn read_by(self, reader: Option<Arc<Principal>>) -> Self {
        Self { reader, ..self }
    }
}
