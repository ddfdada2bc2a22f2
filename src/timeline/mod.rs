//! What happened, newest first: pages, tickets, milestones, files and commits in one list.

use crate::base::component::{Component, Place};
use crate::base::viewer::{ByDefault, Permission};

pub const TIMELINE_VIEW: Permission =
    Permission { name: "TIMELINE_VIEW", doc: "See the timeline.", implies: &[], by_default: ByDefault::Readers };

pub struct Timeline;

pub static COMPONENT: Timeline = Timeline;

impl Component for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Timeline", path: "/timeline", key: "l", permission: TIMELINE_VIEW, order: 40 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[TIMELINE_VIEW]
    }
}
