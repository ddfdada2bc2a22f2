//! How far the milestones are: the roadmap, the page of a milestone, the calendar.

use crate::base::component::{Component, Place};
use crate::base::viewer::{ByDefault, Permission};

pub const ROADMAP_VIEW: Permission =
    Permission { name: "ROADMAP_VIEW", doc: "See the roadmap.", implies: &[], by_default: ByDefault::Readers };

pub struct Roadmap;

pub static COMPONENT: Roadmap = Roadmap;

impl Component for Roadmap {
    fn name(&self) -> &'static str {
        "roadmap"
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Roadmap", path: "/roadmap", key: "r", permission: ROADMAP_VIEW, order: 30 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[ROADMAP_VIEW]
    }
}
