//! Watching pages: a page, a page with those below it, or all. Whoever watches finds what changed since they last looked on one
//! page, in a feed and among their boxes at a glance. What somebody watches is their own affair: no event tells of it.

mod pages;
mod store;

pub use pages::{News, Watch, news, on_page, routes};

/// The page of what is watched, below the project's address.
pub const PATH: &str = "/watched";
