//! Signing in and out, what people say of themselves, the accounts as their administrators see them, and the mail that
//! tells of all that. The rules are in `auth`; these are the pages.

mod account_pages;
mod accounts_pages;
mod api_tokens;
mod confirm;
mod factor_pages;
mod letters;
mod link;
mod login;
pub mod mail;
mod oidc;
mod oidc_client;
pub mod oidc_settings;
mod outbox_pages;
mod people;
mod profile;
mod register;
mod second;
mod sessions_pages;
mod suggest;

use rocket::Route;

use rusqlite::Connection;

use crate::auth::api_tokens::LONGEST_DAYS;
use crate::auth::outside::{OIDC_ISSUER, OIDC_NAME};
use crate::auth::registration::REGISTRATION;
use crate::auth::second_factor::SECOND_FACTOR;
use crate::base::component::{Card, Component, Document, Searchable, SitePanel};
use crate::base::error::Result;
use crate::base::markup::LinkKind;
use crate::base::resource::Resource;
use crate::base::settings::Setting;
use crate::base::viewer::Viewer;
use crate::web::proxy::{PROXY_PEERS, PROXY_USER_HEADER};

pub struct Account;

pub static COMPONENT: Account = Account;

const PANELS: &[SitePanel] = &[
    SitePanel {
        title: "Accounts",
        line: "Who can sign in, and who would like to.",
        path: accounts_pages::PATH,
        order: 30,
    },
    SitePanel { title: "Outbox", line: "Mail that waits, and what became of it.", path: outbox_pages::PATH, order: 40 },
];

/// How people come in and how they are reached.
const SETTINGS: &[Setting] = &[
    REGISTRATION,
    SECOND_FACTOR,
    mail::SMTP,
    mail::USER,
    mail::PASSWORD,
    mail::FROM,
    mail::CA_FILE,
    LONGEST_DAYS,
    OIDC_ISSUER,
    OIDC_NAME,
    oidc_settings::CLIENT_ID,
    oidc_settings::CLIENT_SECRET,
    oidc_settings::SCOPES,
    oidc_settings::GROUPS_CLAIM,
    oidc_settings::GROUPS,
    oidc_settings::LINK_BY_EMAIL,
    oidc_settings::CREATE_ACCOUNTS,
    PROXY_PEERS,
    PROXY_USER_HEADER,
];

impl Component for Account {
    fn name(&self) -> &'static str {
        "account"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = login::routes();
        routes.extend(link::routes());
        routes.extend(profile::routes());
        routes.extend(sessions_pages::routes());
        routes.extend(api_tokens::routes());
        routes.extend(suggest::routes());
        routes.extend(second::routes());
        routes.extend(factor_pages::routes());
        routes.extend(oidc::routes());
        routes.extend(register::routes());
        routes.extend(accounts_pages::routes());
        routes.extend(account_pages::routes());
        routes.extend(outbox_pages::routes());
        routes
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn site_panels(&self) -> &'static [SitePanel] {
        PANELS
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        people::KINDS
    }

    fn searchable(&self) -> &'static [Searchable] {
        people::SEARCHABLE
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        people::document(db, resource.id)
    }

    fn document_ids(&self, db: &Connection, _kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        people::ids_after(db, after, limit)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, _kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        people::cards(db, viewer, ids)
    }
}
