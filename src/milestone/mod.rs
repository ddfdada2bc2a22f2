//! Milestones: what is planned for when. Tickets are put into them, the roadmap shows how far they are.

pub mod store;

use crate::base::component::Component;
use crate::base::viewer::{ByDefault, Permission};

pub const MILESTONE_VIEW: Permission =
    Permission { name: "MILESTONE_VIEW", doc: "See milestones.", implies: &[], by_default: ByDefault::Readers };
pub const MILESTONE_CREATE: Permission =
    Permission { name: "MILESTONE_CREATE", doc: "Make milestones.", implies: &[], by_default: ByDefault::Nobody };
pub const MILESTONE_MODIFY: Permission = Permission {
    name: "MILESTONE_MODIFY",
    doc: "Change, rename and complete milestones, and attach files to them.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const MILESTONE_DELETE: Permission =
    Permission { name: "MILESTONE_DELETE", doc: "Delete milestones.", implies: &[], by_default: ByDefault::Nobody };
pub const MILESTONE_ADMIN: Permission = Permission {
    name: "MILESTONE_ADMIN",
    doc: "All rights on milestones.",
    implies: &["MILESTONE_VIEW", "MILESTONE_CREATE", "MILESTONE_MODIFY", "MILESTONE_DELETE"],
    by_default: ByDefault::Nobody,
};

pub struct Milestones;

pub static COMPONENT: Milestones = Milestones;

impl Component for Milestones {
    fn name(&self) -> &'static str {
        "milestone"
    }

    fn permissions(&self) -> &'static [Permission] {
        &[MILESTONE_VIEW, MILESTONE_CREATE, MILESTONE_MODIFY, MILESTONE_DELETE, MILESTONE_ADMIN]
    }
}
