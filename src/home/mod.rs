//! "At a glance": what somebody wants to see first, put together from the views below (section A7 of RT). One page for a
//! project, arranged by each person from boxes; one across all projects; and for instructors the projects of a group in one
//! table.
//!
//! `kinds` says what boxes there are, `store` keeps how they are arranged, `lists` the queries behind
//! them, `drawn` fills them for one viewer, `pages` and
//! `arrange_pages` show and arrange those of a project, `site_pages` looks at many projects.

mod arrange_pages;
mod drawn;
mod kinds;
mod lists;
mod pages;
mod site_pages;
mod store;

use rocket::Route;

use crate::base::component::Component;

pub struct Home;

pub static COMPONENT: Home = Home;

/// Not there, or not to be seen: one sentence for both.
const NO_PAGE: &str = "There is no page at this address.";

impl Component for Home {
    fn name(&self) -> &'static str {
        "home"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = pages::routes();
        routes.extend(arrange_pages::routes());
        routes.extend(site_pages::routes());
        routes
    }
}
