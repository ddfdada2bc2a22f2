//! THE list of components, and how the web program is put together from them.

use std::sync::Arc;

use rocket::config::{Ident, LogLevel, Shutdown};
use rocket::figment::Figment;
use rocket::{Build, Config, Rocket};

use crate::attachment::Attachments;
use crate::base::component::Components;
use crate::base::error::Result;
use crate::base::site::Site;
use crate::base::viewer::Principal;
use crate::web::address::SiteAddress;
use crate::web::{Web, assets, error, headers, metrics};
use crate::{account, admin, code, home, live, milestone, query, report, roadmap, search, ticket, timeline, wiki};

/// Every component, in the order in which they are asked.
pub static COMPONENTS: Components = Components(&[
    &ATTACHMENTS,
    &milestone::COMPONENT,
    &wiki::COMPONENT,
    &ticket::COMPONENT,
    &code::COMPONENT,
    &roadmap::COMPONENT,
    &query::COMPONENT,
    &report::COMPONENT,
    &timeline::COMPONENT,
    &search::COMPONENT,
    &live::COMPONENT,
    &account::COMPONENT,
    &admin::COMPONENT,
    &home::COMPONENT,
]);

/// Files hang on what other components own, so this one is given the list.
static ATTACHMENTS: Attachments = Attachments::new(|| COMPONENTS);

/// The program as Rocket runs it: routes of all components below the base path.
pub fn rocket(site: Arc<Site>, address: SiteAddress, listen: (std::net::IpAddr, u16)) -> Result<Rocket<Build>> {
    built(site, address, listen, None)
}

/// The same for this process alone: whoever asks is that reader.
pub fn reading_as(site: Arc<Site>, address: SiteAddress, reader: Arc<Principal>) -> Result<Rocket<Build>> {
    built(site, address, (std::net::Ipv4Addr::LOCALHOST.into(), 0), Some(reader))
}

fn built(
    site: Arc<Site>,
    address: SiteAddress,
    listen: (std::net::IpAddr, u16),
    reader: Option<Arc<Principal>>,
) -> Result<Rocket<Build>> {
    let base = if address.base.is_empty() { "/".to_owned() } else { address.base.clone() };
    let config = config(&site, listen);
    let web = Arc::new(Web::new(site, address)?.read_by(reader));
    let mut rocket = rocket::custom(config)
        .manage(web)
        .manage(Arc::new(live::Places::default()))
        .attach(metrics::begin())
        .attach(headers::fairing())
        .attach(metrics::end())
        .register("/", error::catchers())
        .mount(&base, rocket::routes![assets::asset, assets::favicon]);
    for component in COMPONENTS.iter() {
        rocket = rocket.mount(&base, component.routes());
    }
    Ok(rocket)
}

fn config(site: &Site, (address, port): (std::net::IpAddr, u16)) -> Figment {
    let config = Config {
        address,
        port,
        // Uploads wait on the file system on which they will stay.
        temp_dir: site.dir().join("projects").into(),
        // Rocket would believe it from anybody; `web::proxy` believes it from listed peers.
        ip_header: None,
        ident: Ident::none(),
        log_level: LogLevel::Off,
        cli_colors: false,
        // Whoever stops the server waits no longer than this: requests are finished, streams end.
        shutdown: Shutdown { grace: 3, mercy: 2, ..Shutdown::default() },
        ..Config::release_default()
    };
    Figment::from(config)
}
