//! What happened, newest first: pages, tickets, milestones, files and commits in one list.
//!
//! It reads the event log and knows no other component: which kinds of events there are, and what is said of each, it asks
//! for through `Component::timeline` and `Component::occurrences`. `asked` reads what an address wants, `store` the log,
//! `walk` makes entries of events, `pages` shows them, `rows` draws them; `visit` knows what is new to whom.

mod asked;
mod link;
mod macros;
mod pages;
mod rows;
mod store;
mod visit;
mod walk;

use crate::base::component::{Component, Place};
use crate::base::markup::{LinkKind, Macro};
use crate::base::viewer::{ByDefault, Permission};

pub const TIMELINE_VIEW: Permission =
    Permission { name: "TIMELINE_VIEW", doc: "See the timeline.", implies: &[], by_default: ByDefault::Readers };

pub struct Timeline;

pub static COMPONENT: Timeline = Timeline;

impl Component for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn routes(&self) -> Vec<rocket::Route> {
        pages::routes()
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[link::TIMELINE]
    }

    fn macros(&self) -> &'static [Macro] {
        &[macros::TIMELINE]
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Timeline", path: "/timeline", key: "l", any_of: &[TIMELINE_VIEW], order: 40 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[TIMELINE_VIEW]
    }
}
