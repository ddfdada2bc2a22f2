//! The link that was sent to an address: whoever opens it proves that the address is theirs.
//!
//! Opening it changes nothing, since mail programs open links by themselves: the button does.

use serde::Serialize;

use crate::auth::accounts::{self, Account};
use crate::auth::links::{self, Link};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::web::{Answer, Desk, Page, Sheet};

#[derive(Serialize)]
struct ConfirmPage {
    action: String,
    login: String,
    email: String,
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "account/confirm.html";
}

pub(super) fn page(desk: &Desk, token: &str, link: &Link, account: &Account) -> Result<Answer> {
    let page = ConfirmPage {
        action: format!("{}/-/link/{token}", desk.base()),
        login: account.login.clone(),
        email: link.email.clone(),
    };
    let answer = Sheet::new("Confirm your address", page).noindex().render(desk)?;
    Ok(answer.header("Cache-Control", "no-store"))
}

pub(super) fn confirmed(desk: &Desk, token: &str, link: &Link, account: &Account) -> Result<Answer> {
    desk.site().write(Some(account.id), Via::Web, |db, record| {
        if !links::spend(db, token)? {
            return Err(Error::not_found("This link has just been used."));
        }
        accounts::confirm_email(db, record, account.id, &link.email)
    })?;
    // It begins no session: the address is proven, not who has the password.
    let place = if desk.account.is_some() { "/-/account" } else { "/-/login" };
    Ok(Answer::see(&format!("{}{place}", desk.base())).telling(desk, "The address is confirmed."))
}
