//! Many projects from a roster: a file that says who works with whom on what, as course administrations have it.
//!
//! [`file`] reads it, [`plan`] compares it with what is there and finds everything that is wrong with it before anything is
//! done, [`work`] makes what is missing. A roster that was carried out has nothing left to do.

pub mod file;
pub mod plan;
pub mod work;

pub use plan::Plan;
pub use work::{Invite, Made, carry_out};

use crate::auth::permission_sets;
use crate::base::error::Result;
use crate::base::site::Site;

/// Reads a roster and plans what it asks for.
///
/// # Errors
/// Everything that is wrong with the file, each problem with its line and column; or there is no such template.
pub fn read(site: &Site, bytes: &[u8], template: Option<&str>) -> Result<Plan> {
    let sets = match template {
        Some(name) => super::open_template(site, name)?.read(permission_sets::sets)?,
        None => Vec::new(),
    };
    plan::make(site, &file::read(bytes)?, sets.into_iter().map(|set| set.name).collect())
}
