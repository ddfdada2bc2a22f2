//! The site as a whole: its projects, its health, what robots may read; and the front door of a project's administration.

mod health;
mod project;
mod projects;

use rocket::Route;

use crate::base::component::{Component, Place, SitePanel};
use crate::milestone::MILESTONE_ADMIN;
use crate::ticket::TICKET_ADMIN;

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
        routes
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Admin", path: "/admin", key: "a", any_of: &[TICKET_ADMIN, MILESTONE_ADMIN], order: 60 }]
    }

    fn site_panels(&self) -> &'static [SitePanel] {
        &[SitePanel { title: "Health", line: "How the site is.", path: "/-/admin", order: 10 }]
    }
}
