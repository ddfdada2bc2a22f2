//! `/-/login/oidc`: signing in by another place that vouches for people.
//!
//! 1. The browser is sent there, with a signed cookie of ten minutes that holds what has to come back.
//! 2. It comes back with a code; the code is taken, and what the issuer says of somebody is checked.
//! 3. The issuer and its name for somebody lead to an account. Where there is none yet, an administrator's choice decides:
//!    the account with the same proven address, a new one, or none.
//! 4. Groups that an administrator has mapped follow what the issuer says. A disabled account stays disabled.

use rocket::{Route, get, routes};
use rusqlite::Connection;

use super::login::{Entrance, go_on, next_of};
use super::oidc_client::{Provider, Sent, Vouched};
use super::oidc_settings::{CREATE_ACCOUNTS, GROUPS, GROUPS_CLAIM, LINK_BY_EMAIL};
use crate::auth::accounts::{self, Account, NewAccount};
use crate::auth::{groups, names, outside};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::time::Instant;
use crate::web::visit::OIDC_COOKIE;
use crate::web::{Answer, Desk, Visit, address, token};

const LIFETIME_SECONDS: i64 = 600;

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

pub(super) fn routes() -> Vec<Route> {
    routes![send, back]
}

#[get("/-/login/oidc")]
async fn send(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let next = next_of(desk, &desk.visit.value("next").unwrap_or_default());
            let provider = provider(desk)?;
            let sent = provider.send(&way_back(desk))?;
            let cookie = sealed(desk, &sent, &next);
            Ok(Answer::see(&sent.href)
                .header("Cache-Control", "no-store")
                .remembering_for(desk, OIDC_COOKIE, &cookie, LIFETIME_SECONDS))
        })
        .await
}

#[get("/-/login/oidc/back")]
async fn back(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let provider = provider(desk)?;
            let mut answer = came_back(desk, &provider)?;
            answer.drop_cookie(OIDC_COOKIE, desk.base());
            Ok(answer.header("Cache-Control", "no-store"))
        })
        .await
}

/// Where nobody vouches for anybody, this is nowhere.
fn provider(desk: &Desk) -> Result<Provider> {
    desk.site().read(Provider::of)?.ok_or_else(|| Error::not_found("There is no page at this address."))
}

fn way_back(desk: &Desk) -> String {
    desk.web().address.absolute(&format!("{}/-/login/oidc/back", desk.base()))
}

fn came_back(desk: &Desk, provider: &Provider) -> Result<Answer> {
    let again = || Error::invalid("", "This took too long, or was begun in another browser. Please sign in again.");
    let (sent, next) = desk.visit.oidc.as_deref().and_then(|cookie| unsealed(desk, cookie)).ok_or_else(again)?;
    if !token::same(&sent.state, &desk.visit.value("state").unwrap_or_default()) {
        return Err(again());
    }
    let Some(code) = desk.visit.value("code") else {
        return Err(Error::invalid("", "The other place did not let you in, so you are not signed in here either."));
    };
    let vouched = provider.take(&way_back(desk), &code, &sent)?;
    let account = desk.site().write(None, Via::Web, |db, record| settled(db, record, &vouched))?;
    if account.disabled {
        return Err(Error::invalid("", "This account is disabled. An administrator of this site can say why."));
    }
    go_on(desk, &Entrance { account: &account, door: "oidc", next: &next, kept: Vec::new(), told: None })
}

/// State, nonce, verifier and where to go on to, signed; `.` stands in none of them.
fn sealed(desk: &Desk, sent: &Sent, next: &str) -> String {
    let time = Instant::now().seconds().to_string();
    let next = address::segment(next).replace('.', "%2E");
    let parts = [sent.state.as_str(), &sent.nonce, &sent.verifier, &next, &time];
    format!("{}.{}", parts.join("."), signature(desk, &parts))
}

fn signature(desk: &Desk, parts: &[&str]) -> String {
    let parts: Vec<&str> = std::iter::once("oidc").chain(parts.iter().copied()).collect();
    token::sign(desk.site().secret(), &parts)
}

fn unsealed(desk: &Desk, cookie: &str) -> Option<(Sent, String)> {
    let (signed, given) = cookie.rsplit_once('.')?;
    let parts: Vec<&str> = signed.split('.').collect();
    let [state, nonce, verifier, next, time] = parts.as_slice() else { return None };
    let age = Instant::now().seconds().saturating_sub(time.parse().ok()?);
    if !token::same(&signature(desk, &parts), given) || !(0..=LIFETIME_SECONDS).contains(&age) {
        return None;
    }
    let sent = Sent {
        href: String::new(),
        state: (*state).to_owned(),
        nonce: (*nonce).to_owned(),
        verifier: (*verifier).to_owned(),
    };
    // What was signed once is looked at again all the same.
    Some((sent, next_of(desk, &address::decode(next)?)))
}

/// The account of whom the issuer vouches for, found, tied or made, in the groups that it tells of.
fn settled(db: &Connection, record: Record<'_>, vouched: &Vouched) -> Result<Account> {
    let account = match outside::find(db, &vouched.issuer, &vouched.subject)? {
        Some(id) => {
            outside::used(db, &vouched.issuer, &vouched.subject)?;
            accounts::by_id(db, id)?.ok_or_else(|| Error::internal("a tied account is not there"))?
        }
        None => {
            let account = match of_address(db, vouched)? {
                Some(account) => account,
                None if CREATE_ACCOUNTS.switch(db)? => made(db, record, vouched)?,
                None => {
                    let who = "You have no account here yet. An administrator of this site can invite you.";
                    return Err(Error::invalid("", who));
                }
            };
            outside::tie(db, record, account.id, &vouched.issuer, &vouched.subject)?;
            account
        }
    };
    if !account.disabled {
        follow_groups(db, record, &account, vouched)?;
    }
    Ok(account)
}

/// The only account with an address that both sides know to be theirs, where that is enough.
fn of_address(db: &Connection, vouched: &Vouched) -> Result<Option<Account>> {
    if vouched.email.is_empty() || !LINK_BY_EMAIL.switch(db)? {
        return Ok(None);
    }
    let mut known = accounts::by_proven_email(db, &vouched.email)?;
    let account = known.pop().filter(|_| known.is_empty());
    // Whoever is tied to somebody else already is not them.
    match account {
        Some(account) if !outside::is_known(db, account.id)? => Ok(Some(account)),
        _ => Ok(None),
    }
}

/// A new account, by the name that the issuer gives or one like it.
fn made(db: &Connection, record: Record<'_>, vouched: &Vouched) -> Result<Account> {
    let wanted = [&vouched.login, vouched.email.split('@').next().unwrap_or_default(), &vouched.subject];
    let names = wanted.map(fitting);
    let name = names.iter().find(|name| !name.is_empty()).map_or("person", String::as_str);
    let tries = std::iter::once(name.to_owned()).chain((2..100).map(|number| format!("{name}-{number}")));
    for login in tries {
        if names::login_problems(db, &login)?.is_empty() {
            let full_name = names::fitting_name(&vouched.full_name);
            let new = NewAccount { login: &login, display_name: &full_name, ..NewAccount::default() };
            let account = accounts::create(db, record, &new)?;
            if !vouched.email.is_empty() {
                accounts::set_email(db, record, account.id, &vouched.email)?;
            }
            return accounts::load(db, &login);
        }
    }
    Err(Error::conflict("No name is free that is like yours. An administrator of this site can invite you."))
}

/// What of a name can be a login name.
fn fitting(name: &str) -> String {
    let allowed = |character: &char| character.is_alphanumeric() || "._-".contains(*character);
    let name: String = name.chars().filter(allowed).skip_while(|first| !first.is_alphanumeric()).take(50).collect();
    name.to_lowercase()
}

/// Puts somebody into the groups that an administrator has mapped, and takes them out of them, as the issuer says.
fn follow_groups(db: &Connection, record: Record<'_>, account: &Account, vouched: &Vouched) -> Result<()> {
    let told = vouched.words(&GROUPS_CLAIM.text(db)?);
    let mapped = GROUPS.text(db)?;
    let mapped: Vec<(&str, &str)> = mapped
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .map(|(there, here)| (there.trim(), here.trim()))
        .collect();
    let present = groups::names(db, &groups::of_account(db, account.id)?)?;
    let login = std::slice::from_ref(&account.login);
    let mut seen: Vec<&str> = Vec::new();
    for (_, here) in &mapped {
        // A group that is mapped twice is theirs if one of both is.
        if seen.contains(here) || groups::find(db, here)?.is_none() {
            continue;
        }
        seen.push(here);
        let belongs = mapped.iter().any(|(there, other)| other == here && told.iter().any(|word| word == there));
        match (belongs, present.iter().any(|name| name == here)) {
            (true, false) => groups::add(db, record, here, login)?,
            (false, true) => groups::drop(db, record, here, login)?,
            _ => {}
        }
    }
    Ok(())
}
