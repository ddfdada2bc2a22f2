//! Copies of a whole site that can be brought back: one file, made while the site is served.
//!
//! * [`manifest`]: what a backup holds, and by which names;
//! * [`make`]: writing one. Each project's database is copied by SQLite, then its files; `site.db` comes last, since it alone
//!   decides what exists;
//! * [`walk`]: reading one, which may have been made by anybody;
//! * [`restore`]: an empty data folder becomes that site, wholly or not at all; and trying a backup out;
//! * [`schedule`]: making them from time to time, trying each out, removing old ones;
//! * [`seal`]: the passphrase.
//!
//! A backup is a tar archive, compressed with zstd and, if there is a passphrase, encrypted with age: other programs can open
//! it. Indexes and caches are not in it, as they can be made again.

mod make;
mod manifest;
mod restore;
pub mod schedule;
mod seal;
mod walk;

pub(super) use make::make_of_project;
pub use make::{Made, make};
pub(super) use manifest::{Entry, Of};
pub use manifest::{Head, Manifest};
pub(super) use restore::write;
pub use restore::{drill, note, restore};
pub use seal::{Passphrase, VARIABLE};
pub use walk::{Verified, verify};
pub(super) use walk::{through, walk};
