//! Live pages: what happens appears on pages that are open, without a reload (DESIGN 10).

use crate::base::component::Component;

pub struct Live;

pub static COMPONENT: Live = Live;

impl Component for Live {
    fn name(&self) -> &'static str {
        "live"
    }
}
