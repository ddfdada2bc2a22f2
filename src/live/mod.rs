//! Live pages: what happens appears on pages that are open, without a reload (DESIGN 10).
//!
//! A browser opens one stream of events for all its pages (`stream`). It is told that something has happened to what, and
//! never what: each page then asks for its own address again, like any reader, and `static/live.js` puts what is new in
//! its place. Whether a viewer is told of something is found out each time anew (`visible`); how many may listen is the
//! matter of `places`.

mod places;
mod stream;
mod visible;

pub use places::Places;

use rocket::Route;

use crate::base::component::Component;

pub struct Live;

pub static COMPONENT: Live = Live;

impl Component for Live {
    fn name(&self) -> &'static str {
        "live"
    }

    fn routes(&self) -> Vec<Route> {
        stream::routes()
    }
}
