//! Who is asking: accounts and how they come and go, passwords, second factors, sessions, API tokens, feed tokens, one-time
//! links, the mail that brings them, groups, and what they may do in a project.
//!
//! Store and rules only; the pages are in `account`. Everybody above asks here, nobody below.

pub mod accounts;
pub mod api_tokens;
pub mod bearer;
pub mod feed_tokens;
pub mod grants;
pub mod groups;
pub mod links;
pub mod names;
pub mod outbox;
pub mod outside;
pub mod passwords;
pub mod persons;
pub mod permission_sets;
pub mod permissions;
pub mod path_rules;
pub mod registration;
pub mod second_factor;
pub mod sessions;
pub mod why;

use std::sync::Arc;

use rusqlite::Connection;

use crate::base::error::{Error, Result};
use crate::base::site::Site;
use crate::base::viewer::{Credential, Identity, Principal};

/// The principal of an account with its groups.
pub fn principal(site: &Site, account: &accounts::Account, credential: Credential) -> Result<Principal> {
    site.read(|db| principal_of(db, account, credential))
}

fn principal_of(db: &Connection, account: &accounts::Account, credential: Credential) -> Result<Principal> {
    Ok(Principal {
        identity: Some(Identity {
            account: account.id,
            uuid: account.uuid.clone(),
            login: account.login.clone(),
            display_name: account.display_name.clone(),
            admin: account.admin,
            zone: crate::base::time::zone(&account.time_zone).unwrap_or(jiff::tz::TimeZone::UTC),
            date_style: account.date_style,
        }),
        groups: groups::of_account(db, account.id)?,
        credential,
        only_projects: None,
    })
}

/// Who a command acts for: the operator, or with `--as NAME` that account (`anonymous` is nobody).
pub fn operator(site: &Site, as_name: Option<&str>) -> Result<Arc<Principal>> {
    let principal = match as_name {
        None => Principal::operator(),
        Some("anonymous") => Principal::anonymous(),
        Some(name) => {
            let account = site.read(|db| accounts::by_login(db, name))?;
            let account = account.ok_or_else(|| Error::invalid("--as", format!("There is no account `{name}`.")))?;
            if account.disabled {
                return Err(Error::invalid("--as", format!("The account `{name}` is disabled.")));
            }
            principal(site, &account, Credential::OperatorAs)?
        }
    };
    Ok(Arc::new(principal))
}
