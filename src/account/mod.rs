//! Signing in and out, and what people say of themselves. The rules are in `auth`; these are the pages.

mod link;
mod login;
mod people;
mod profile;

use rocket::Route;

use crate::base::component::Component;
use crate::base::markup::LinkKind;

pub struct Account;

pub static COMPONENT: Account = Account;

impl Component for Account {
    fn name(&self) -> &'static str {
        "account"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = login::routes();
        routes.extend(link::routes());
        routes.extend(profile::routes());
        routes
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        people::KINDS
    }
}
