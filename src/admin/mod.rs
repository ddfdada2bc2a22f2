//! The site as a whole: its projects, its health, its audit log, what robots may read; and the front door of a project's
//! administration.

mod audit;
mod health;
mod project;
mod projects;

use rocket::Route;

use crate::base::component::{Component, Panel, Place, SitePanel};
use crate::milestone::MILESTONE_ADMIN;
use crate::ticket::TICKET_ADMIN;

pub(crate) use audit::{changes_in_words, to_json};

pub struct Admin;

pub static COMPONENT: Admin = Admin;

impl Component for Admin {
    fn name(&self) -> &'static str {
        "admin"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = projects::routes();
        routes.extend(health::routes());
        routes.extend(project::routes());
        routes.extend(audit::routes());
        routes
    }

    fn panels(&self) -> &'static [Panel] {
        &[audit::PANEL]
    }

    fn site_panels(&self) -> &'static [SitePanel] {
        &[health::SITE_PANEL, audit::SITE_PANEL]
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Admin", path: "/admin", key: "a", any_of: &[TICKET_ADMIN, MILESTONE_ADMIN], order: 60 }]
    }
}
