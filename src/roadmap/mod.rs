//! How far the milestones are: the roadmap, the page of a milestone with its forms, the calendar.
//!
//! `progress` counts tickets and `work` their time, `list_pages` and `milestone_page` show, `form_pages` and `admin` change by `milestone::edit`,
//! `progress_groups_pages` arranges what bars are made of,
//! `calendar` writes iCalendar, `macros` put bars into texts.

mod admin;
mod calendar;
mod form_pages;
mod list_pages;
mod macros;
mod milestone_page;
mod progress;
mod progress_groups_pages;
mod shown;
mod work;

use rocket::Route;
use rusqlite::Connection;

pub use progress::Counts;

use crate::base::component::{Component, Panel, Place};
use crate::base::error::Result;
use crate::base::markup::Macro;
use crate::base::settings::Setting;
use crate::base::viewer::{ByDefault, Permission, Viewer};
use crate::milestone::store::MilestoneRow;
use crate::ticket::fields::Choices;

pub const ROADMAP_VIEW: Permission =
    Permission { name: "ROADMAP_VIEW", doc: "See the roadmap.", implies: &[], by_default: ByDefault::Readers };

/// Not there, or not to be seen: one sentence for both.
const NO_ROADMAP: &str = "There is no page at this address.";

pub struct Roadmap;

pub static COMPONENT: Roadmap = Roadmap;

impl Component for Roadmap {
    fn name(&self) -> &'static str {
        "roadmap"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = list_pages::routes();
        routes.extend(milestone_page::routes());
        routes.extend(form_pages::routes());
        routes.extend(admin::routes());
        routes.extend(progress_groups_pages::routes());
        routes
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Roadmap", path: "/roadmap", key: "r", any_of: &[ROADMAP_VIEW], order: 30 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[ROADMAP_VIEW]
    }

    fn settings(&self) -> &'static [Setting] {
        &[work::BY_ESTIMATE]
    }

    fn macros(&self) -> &'static [Macro] {
        macros::MACROS
    }

    fn panels(&self) -> &'static [Panel] {
        &[admin::PANEL, progress_groups_pages::PANEL]
    }
}

/// The tickets of milestones that this viewer may see, in their order.
pub fn counts(db: &Connection, viewer: &Viewer, rows: &[MilestoneRow]) -> Result<Vec<Counts>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let (tallies, choices) = (progress::tallies(db, viewer, &ids, None)?, Choices::load(db, viewer)?);
    let of = |row: &MilestoneRow| Counts::of(tallies.iter().filter(|tally| tally.milestone == row.id), &choices);
    Ok(rows.iter().map(of).collect())
}
