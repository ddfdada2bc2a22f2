//! The site as a whole: its projects, its health, what robots may read.

mod health;
mod projects;

use rocket::Route;

use crate::base::component::Component;

pub struct Admin;

pub static COMPONENT: Admin = Admin;

impl Component for Admin {
    fn name(&self) -> &'static str {
        "admin"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = projects::routes();
        routes.extend(health::routes());
        routes
    }
}
