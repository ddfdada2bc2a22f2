//! Where a handler works: it knows who asks, and may wait for a disk.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rocket::http::Method;

use super::error::{EXPIRED, FORGED};
use super::form::Form;
use super::look::Look;
use super::visit::Visit;
use super::{Web, token};
use crate::auth::accounts::{self, Account};
use crate::auth::{api_tokens, feed_tokens, permissions, second_factor, sessions};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::{ProjectRow, Site};
use crate::base::viewer::{Credential, Principal, Scope, Viewer};

pub struct Desk {
    pub visit: Visit,
    pub principal: Arc<Principal>,
    pub account: Option<Arc<Account>>,
    flash_shown: Cell<bool>,
    /// The session that this very answer begins, or goes on with under another id.
    renewed: RefCell<Option<String>>,
    /// The project that was entered, for the layout of whatever page comes of it.
    entered: RefCell<Option<Entered>>,
}

/// What the frame of a page shows of the project around it.
#[derive(Clone)]
pub struct Entered {
    pub row: ProjectRow,
    pub viewer: Arc<Viewer>,
    pub look: Arc<Look>,
}

/// A project that has been entered.
#[derive(Clone)]
pub struct Room {
    pub project: Arc<Project>,
    pub row: ProjectRow,
    pub viewer: Arc<Viewer>,
    /// Base path and project: `/base/demo`.
    pub root: String,
}

impl Desk {
    /// Finds out who asks. On failure the visit comes back for the error page.
    #[expect(clippy::result_large_err, reason = "the visit is needed to draw the page that tells of the error")]
    pub fn open(visit: Visit) -> std::result::Result<Self, (Visit, Error)> {
        match identify_or_begin(&visit) {
            Ok((principal, account, renewed)) => Ok(Self {
                visit,
                principal,
                account,
                flash_shown: Cell::new(false),
                renewed: RefCell::new(renewed),
                entered: RefCell::new(None),
            }),
            Err(error) => Err((visit, error)),
        }
    }

    /// For an answer when not even that could be found out.
    pub fn of_nobody(visit: Visit) -> Self {
        Self {
            visit,
            principal: Arc::new(Principal::anonymous()),
            account: None,
            flash_shown: Cell::new(false),
            renewed: RefCell::new(None),
            entered: RefCell::new(None),
        }
    }

    pub fn web(&self) -> &Web {
        &self.visit.web
    }

    pub fn site(&self) -> &Arc<Site> {
        &self.visit.web.site
    }

    pub fn base(&self) -> &str {
        &self.visit.web.address.base
    }

    /// Enters a project by its current name. Missing and forbidden give the same answer; a former name leads on.
    pub fn room(&self, name: &str) -> Result<Room> {
        let missing = || Error::not_found("There is no page at this address.");
        let row = self.site().find(name)?.ok_or_else(missing)?;
        self.room_of(row)?.ok_or_else(missing)
    }

    /// Enters a project if there is anything for this principal.
    pub fn room_of(&self, row: ProjectRow) -> Result<Option<Room>> {
        let project = self.site().project(&row)?;
        let (viewer, look) = project.read(|db| {
            let viewer = permissions::enter_within(db, &project, &row, &self.principal)?;
            Ok((viewer, Look::of(db, &project, self.site())?))
        })?;
        let Some(viewer) = viewer else { return Ok(None) };
        let root = format!("{}/{}", self.base(), row.name);
        *self.entered.borrow_mut() = Some(Entered { row: row.clone(), viewer: Arc::clone(&viewer), look });
        Ok(Some(Room { project, row, viewer, root }))
    }

    pub fn entered(&self) -> Option<Entered> {
        self.entered.borrow().clone()
    }

    /// Leaves the project again, for a page of the site.
    pub fn leave(&self) {
        *self.entered.borrow_mut() = None;
    }

    pub fn form_token(&self) -> String {
        if let Some(session) = self.renewed.borrow().as_deref() {
            return token::issue(self.site().secret(), session);
        }
        token::issue(self.site().secret(), self.token_session())
    }

    /// Forms of this answer belong to a session that it begins.
    pub fn renew_session(&self, session: &str) {
        *self.renewed.borrow_mut() = Some(session.to_owned());
    }

    /// The id under which the session goes on that asked, if it has another one now.
    pub(super) fn renewed(&self) -> Option<String> {
        self.renewed.borrow().clone()
    }

    /// Whether an API token was shown that is good for nothing.
    pub(super) fn has_worthless_token(&self) -> bool {
        self.visit.api_token.is_some() && !self.is_by_token()
    }

    /// Whether a program asks, by its API token.
    fn is_by_token(&self) -> bool {
        matches!(self.principal.credential, Credential::ApiToken(_))
    }

    /// Forms of people who are signed in are bound to their session, others to nobody.
    fn token_session(&self) -> &str {
        if self.account.is_some() { self.visit.session.as_deref().unwrap_or_default() } else { "" }
    }

    /// Refuses what another site's page sent, and forms without a token of ours.
    pub(super) fn check_form(&self, form: &Form) -> Result<()> {
        if self.visit.is_foreign() {
            return Err(Error::invalid(FORGED, "This form was sent by a page of another site, so nothing was done."));
        }
        if self.principal.credential == Credential::ApiToken(Scope::Read) {
            // Some things need no right but to be signed in: saving a list of one's own, watching, marking.
            let message = "This token reads only: it changes nothing, so it sends no forms.".to_owned();
            return Err(Error::Forbidden { permission: "write", message });
        }
        if self.is_by_token() {
            // A browser sends no such header by itself, so nobody was led here.
            return Ok(());
        }
        if form.json && (self.visit.session.is_none() || self.account.is_some()) {
            // Another site's page can't send JSON here: its browser would ask us first, and we never agree.
            return Ok(());
        }
        let token = form.text("__FORM_TOKEN");
        if token::is_valid(self.site().secret(), self.token_session(), token) {
            return Ok(());
        }
        if self.account.is_none() && (self.visit.session.is_some() || token::was_of_a_session(token)) {
            return Err(Error::invalid(EXPIRED, "You have been signed out meanwhile. Sign in and the form goes on."));
        }
        Err(Error::invalid(
            FORGED,
            "The form has run out or did not come from this site. Nothing was done; nothing you typed is lost.",
        ))
    }

    /// The sentence that the last page left for this one.
    pub fn take_flash(&self) -> Option<String> {
        if self.visit.by_itself {
            return None;
        }
        self.flash_shown.set(true);
        let text = super::address::decode(self.visit.flash.as_deref()?)?;
        (!text.is_empty() && text.len() < 1000).then_some(text)
    }

    pub(super) fn flash_was_shown(&self) -> bool {
        self.flash_shown.get()
    }
}

impl Room {
    /// The uuid of the account that asks; none for anonymous.
    pub fn reader(&self) -> Option<&str> {
        self.viewer.principal.identity.as_ref().map(|identity| identity.uuid.as_str())
    }

    /// The same, for what is kept of readers. An archived project keeps nothing new.
    pub fn keeper(&self) -> Result<&str> {
        self.reader().filter(|_| !self.viewer.archived).ok_or_else(|| Error::Forbidden {
            permission: "authenticated",
            message: "This is kept for those who are signed in, in projects that are not archived.".to_owned(),
        })
    }

    /// The same room for who they are on a page, by its folded name, where rights hold or are denied in parts.
    pub fn at_path(self, folded: &str) -> Self {
        let there = match self.viewer.at_path(folded) {
            Cow::Owned(there) => Some(Arc::new(there)),
            Cow::Borrowed(_) => None,
        };
        Self { viewer: there.unwrap_or_else(|| Arc::clone(&self.viewer)), ..self }
    }

    /// How changes from this page are signed.
    pub fn act(&self) -> Act<'_> {
        Act::new(&self.viewer, Via::Web)
    }
}

/// Who asks, their account, and another id for their session, if it is to have one.
type Asker = (Arc<Principal>, Option<Arc<Account>>, Option<String>);

fn identify(visit: &Visit) -> Result<Asker> {
    if let Some(reader) = &visit.web.reader {
        return Ok((Arc::clone(reader), None, None));
    }
    let site = &visit.web.site;
    if let Some(secret) = &visit.api_token {
        return of_api_token(site, secret);
    }
    if let Some(secret) = &visit.feed_token {
        return of_bearer(site, secret);
    }
    let visitor = match &visit.session {
        Some(secret) => site.read(|db| sessions::visitor(db, secret))?.map(|visitor| (secret, visitor)),
        None => None,
    };
    let Some((secret, visitor)) = visitor else {
        return Ok((Arc::new(Principal::anonymous()), None, None));
    };
    let account = &visitor.account;
    if visitor.is_due()
        && !visit.by_itself
        && let Err(error) = site.db().write(|db| sessions::seen(db, secret, account.id))
    {
        // A full disk must not keep people from reading.
        log::warn!("the last visit of {} was not noted: {error}", account.login);
    }
    // Forms keep the id that they were made for.
    let asks_for_a_page = visit.method == Method::Get && !visit.by_itself;
    let renewed = match visitor.is_to_be_renewed() && asks_for_a_page {
        true => site.db().write(|db| sessions::renew(db, secret)).unwrap_or_else(|error| {
            // Nor this: the old id serves until there is room for a new one.
            log::warn!("the session of {} was not renewed: {error}", account.login);
            None
        }),
        false => None,
    };
    Ok((Arc::clone(&visitor.principal), Some(Arc::clone(account)), renewed))
}

/// Who asks, and the session that begins with this very request: under another id, or because a proxy says who comes.
fn identify_or_begin(visit: &Visit) -> Result<Asker> {
    let (principal, account, renewed) = identify(visit)?;
    if let Some((secret, visitor)) = named_by_proxy(visit, account.as_deref())? {
        return Ok((Arc::clone(&visitor.principal), Some(Arc::clone(&visitor.account)), Some(secret)));
    }
    Ok((principal, account, renewed))
}

/// A session for somebody whom a listed proxy names, when their browser asks for a page. Accounts with a second factor sign
/// in by themselves.
fn named_by_proxy(visit: &Visit, present: Option<&Account>) -> Result<Option<(String, Arc<sessions::Visitor>)>> {
    let asks_for_a_page = visit.method == Method::Get && !visit.by_itself && visit.feed_token.is_none();
    if !asks_for_a_page || visit.web.reader.is_some() || visit.neighbour.is_silent() {
        return Ok(None);
    }
    let site = &visit.web.site;
    let named = site.read(|db| {
        let Some(name) = visit.neighbour.names(db)? else { return Ok(None) };
        let account = accounts::by_login(db, &name)?.filter(|account| !account.disabled);
        let Some(account) = account.filter(|account| present.is_none_or(|present| present.id != account.id)) else {
            return Ok(None);
        };
        Ok((!second_factor::is_on(db, account.id)?).then_some(account))
    })?;
    let Some(account) = named else { return Ok(None) };
    let start = sessions::Start { agent: &visit.agent, network: &visit.network, door: "proxy" };
    let secret = site.write(Some(account.id), Via::Web, |db, record| {
        record(&NewEvent::new("session.begun", Resource::new("account", account.id), 1).saying("with", "proxy"))?;
        sessions::begin_from(db, account.id, &start)
    })?;
    let visitor = site.read(|db| sessions::visitor(db, &secret))?;
    Ok(visitor.map(|visitor| (secret, visitor)))
}

/// Who has put a feed token into an address. They have no account here: nothing is theirs to change, and no page is shown.
fn of_bearer(site: &Site, secret: &str) -> Result<Asker> {
    let Some(bearer) = site.read(|db| feed_tokens::bearer(db, secret))? else {
        return Ok((Arc::new(Principal::anonymous()), None, None));
    };
    if bearer.is_due()
        && let Err(error) = site.db().write(|db| feed_tokens::used(db, &bearer))
    {
        log::warn!("the use of a feed token was not noted: {error}");
    }
    Ok((Arc::new(bearer.principal), None, None))
}

/// Which program has shown an API token. It has no account here either: a token opens no page of the account itself.
fn of_api_token(site: &Site, secret: &str) -> Result<Asker> {
    let Some(bearer) = site.read(|db| api_tokens::bearer(db, secret))? else {
        return Ok((Arc::new(Principal::anonymous()), None, None));
    };
    if bearer.is_due()
        && let Err(error) = site.db().write(|db| api_tokens::used(db, &bearer))
    {
        log::warn!("the use of an API token was not noted: {error}");
    }
    Ok((Arc::new(bearer.principal), None, None))
}
