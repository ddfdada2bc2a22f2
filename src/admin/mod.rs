//! The site as a whole: its projects, its health, its audit log, what robots may read; and the front door of a project's
//! administration.

mod audit;
pub mod backups;
pub mod create;
mod group_pages;
mod health;
pub mod look;
mod metrics;
mod permission_pages;
mod project;
mod project_pages;
mod projects;
pub mod safety;
pub mod settings;
pub mod sweep;

use rocket::Route;

use crate::base::component::{Component, Panel, Place, SitePanel};
use crate::base::settings::Setting;
use crate::base::viewer::PERMISSION_GRANT;
use crate::milestone::MILESTONE_ADMIN;
use crate::ticket::TICKET_ADMIN;
use crate::web::{limits, look as frame};

pub(crate) use audit::{changes_in_words, to_json};

pub struct Admin;

pub static COMPONENT: Admin = Admin;

const SETTINGS: &[Setting] = &[
    backups::EVERY_HOURS,
    backups::FOLDER,
    backups::KEEP,
    backups::PASSPHRASE_FILE,
    metrics::TOKEN,
    frame::ACCENT,
    frame::FOOTER,
    frame::PLACES,
    limits::ANONYMOUS_WRITES,
    limits::ANONYMOUS_EXPENSIVE,
    limits::NEW_ACCOUNT_WRITES,
];

impl Component for Admin {
    fn name(&self) -> &'static str {
        "admin"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = projects::routes();
        routes.extend(project_pages::routes());
        routes.extend(create::new_pages::routes());
        routes.extend(create::roster_pages::routes());
        routes.extend(health::routes());
        routes.extend(project::routes());
        routes.extend(audit::routes());
        routes.extend(settings::routes());
        routes.extend(look::routes());
        routes.extend(safety::routes());
        routes.extend(sweep::routes());
        routes.extend(metrics::routes());
        routes.extend(permission_pages::routes());
        routes.extend(group_pages::routes());
        routes
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn panels(&self) -> &'static [Panel] {
        &[settings::PANEL, look::PANEL, permission_pages::PANEL, audit::PANEL]
    }

    fn site_panels(&self) -> &'static [SitePanel] {
        &[
            health::SITE_PANEL,
            project_pages::SITE_PANEL,
            create::new_pages::SITE_PANEL,
            settings::SITE_PANEL,
            safety::SITE_PANEL,
            group_pages::SITE_PANEL,
            sweep::SITE_PANEL,
            audit::SITE_PANEL,
        ]
    }

    fn places(&self) -> &'static [Place] {
        &[Place {
            name: "Admin",
            path: "/admin",
            key: "a",
            any_of: &[TICKET_ADMIN, MILESTONE_ADMIN, PERMISSION_GRANT],
            order: 60,
        }]
    }
}
