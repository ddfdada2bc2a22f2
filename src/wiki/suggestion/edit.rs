//! The one way to suggest an edit, to improve and withdraw it, and to take it, answer it or decline it.

use rusqlite::Connection;
use serde_json::json;

use super::rebase::proposal;
use super::store::{self, New, State, SuggestionRow};
use super::{NO_SUGGESTION, SUGGESTION};
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::markup::{Flavour, Here};
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;
use crate::wiki::discussion;
use crate::wiki::discussion::anchor::Anchor;
use crate::wiki::edit::{NextVersion, add_version, check_text, refuse_read_only};
use crate::wiki::name::PageName;
use crate::wiki::shown::NO_PAGE;
use crate::wiki::store::{self as pages, PageRow};
use crate::wiki::{WIKI_DISCUSS, WIKI_MODIFY, WIKI_SUGGEST, WIKI_VIEW};

const LONGEST_REASON: usize = 1000;

/// Whether this viewer has made that suggestion.
pub fn is_own(viewer: &Viewer, row: &SuggestionRow) -> bool {
    viewer.signed_in() && viewer.person.is_some() && viewer.person == row.author
}

/// Whether this viewer may see a suggestion to a page that they see: who writes pages may, in the whole project or there.
pub fn may_see(viewer: &Viewer, row: &SuggestionRow, page: &PageRow) -> bool {
    viewer.may(WIKI_MODIFY) || viewer.at_path(&page.folded).may(WIKI_MODIFY) || is_own(viewer, row)
}

/// A suggestion with its page. For those who write the page, and for whoever made it.
pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<(SuggestionRow, PageRow)> {
    let missing = || Error::not_found(NO_SUGGESTION);
    viewer.require_to_see(WIKI_VIEW, NO_SUGGESTION)?;
    let row = store::by_id(db, id)?.ok_or_else(missing)?;
    let page = pages::by_ids(db, viewer, &[row.page])?.pop().ok_or_else(missing)?;
    if !may_see(viewer, &row, &page) {
        return Err(missing());
    }
    Ok((row, page))
}

/// The page of that name, for whoever may suggest an edit of it.
pub fn to_suggest(db: &Connection, viewer: &Viewer, name: &PageName) -> Result<PageRow> {
    viewer.require_to_see(WIKI_VIEW, NO_PAGE)?;
    let page = pages::find(db, viewer, name.folded())?.ok_or_else(|| Error::not_found(NO_PAGE))?;
    viewer.at_path(&page.folded).require(WIKI_SUGGEST)?;
    Ok(page)
}

/// What somebody suggests.
pub struct Wish<'a> {
    pub text: &'a str,
    pub comment: &'a str,
    /// The version that the text was made from.
    pub base: i64,
}

/// Returns the number of the suggestion.
pub fn suggest(project: &Project, by: Act<'_>, name: &PageName, wish: &Wish<'_>) -> Result<i64> {
    project.read(|db| {
        let page = to_suggest(db, by.viewer, name)?;
        check(db, &page, wish)
    })?;
    project.write(by, |tx| {
        let page = to_suggest(tx, by.viewer, name)?;
        check(tx, &page, wish)?;
        let new = New { page: page.id, base: wish.base, text: wish.text, comment: wish.comment.trim() };
        let id = store::insert(tx, &new)?;
        tx.record(&told("suggestion.made", id, &page))?;
        Ok(id)
    })
}

/// Puts another text in place of one's own suggestion. `seen` is how often that had been done when its editor looked.
pub fn improve(project: &Project, by: Act<'_>, id: i64, wish: &Wish<'_>, seen: i64) -> Result<()> {
    project.write(by, |tx| {
        let (row, page) = own(tx, by.viewer, id)?;
        require_open(&row)?;
        if row.edits != seen {
            return Err(Error::conflict(
                "You have put another text in its place meanwhile. Please look at it again; your text is below.",
            ));
        }
        check(tx, &page, wish)?;
        store::improve(tx, id, wish.base, wish.text, wish.comment.trim())?;
        tx.record(&told("suggestion.improved", id, &page))?;
        Ok(())
    })
}

pub fn withdraw(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    project.write(by, |tx| {
        let (row, page) = own(tx, by.viewer, id)?;
        require_open(&row)?;
        store::close(tx, &row, State::Withdrawn, "")?;
        tx.record(&told("suggestion.withdrawn", id, &page))?;
        Ok(())
    })
}

/// Declines what is left of a suggestion, with a reason for whoever made it.
pub fn decline(project: &Project, by: Act<'_>, id: i64, reason: &str) -> Result<()> {
    project.write(by, |tx| {
        let (row, page) = to_decide(tx, by.viewer, id)?;
        require_open(&row)?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::invalid("reason", "Say why, so that whoever suggested it learns something."));
        }
        if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
            return Err(Error::invalid("reason", "A reason is one line of at most 1,000 characters."));
        }
        store::close(tx, &row, State::Declined, reason)?;
        tx.record(&told("suggestion.declined", id, &page))?;
        Ok(())
    })
}

/// What a writer takes, and what they had before them when they chose.
pub struct Taking<'a> {
    /// Whether the change at that place is taken.
    pub chosen: &'a dyn Fn(usize) -> bool,
    /// The version of the page, and how often the suggestion had been improved.
    pub version: i64,
    pub edits: i64,
}

/// What has come of taking.
pub struct Taken {
    pub version: i64,
    /// Changes that are left; with none the suggestion is closed.
    pub left: usize,
}

/// Saves the chosen changes as a version of the page by whoever suggested them.
pub fn take(site: &Site, project: &Project, by: Act<'_>, id: i64, taking: &Taking<'_>) -> Result<Taken> {
    let moved = || {
        Error::conflict("The page or the suggestion has changed since you looked. Please look at what is left of it.")
    };
    let proposal = project.read(|db| {
        let (row, page) = to_decide(db, by.viewer, id)?;
        require_open(&row)?;
        if page.version != taking.version || row.edits != taking.edits {
            return Err(moved());
        }
        proposal(db, &row, &page)
    })?;
    let hunks = proposal.hunks();
    let count = (0..hunks.changes.len()).filter(|place| (taking.chosen)(*place)).count();
    if count == 0 {
        return Err(Error::invalid("hunk", "Choose at least one change to take."));
    }
    let text = hunks.taken(taking.chosen);
    let left = hunks.changes.len() - count + proposal.clashes.len();
    let compiled = project.cache().compiled(&text, Flavour::Page, site.vocabulary(), &options(site, project)?)?;
    project.write(by, |tx| {
        let (row, page) = to_decide(tx, by.viewer, id)?;
        require_open(&row)?;
        if page.version != taking.version || row.edits != taking.edits {
            return Err(moved());
        }
        refuse_read_only(by.viewer, &page)?;
        check_text(&text, &row.comment)?;
        let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
        let new = NextVersion {
            version: pages::next_version(tx, page.id)?,
            acl: page.acl,
            text: &text,
            comment: &row.comment,
            author: row.author,
            taken: Some((id, tx.actor())),
            kind: "page.saved",
            minor: false,
        };
        add_version(site, tx, by.viewer, &here, &compiled, &new)?;
        if left == 0 {
            store::close(tx, &row, State::Taken, "")?;
        }
        tx.record(&told("suggestion.taken", id, &page).part(new.version))?;
        Ok(Taken { version: new.version, left })
    })
}

/// Says something about a suggestion, in a thread of its own beneath the page. Returns the thread and the message's number.
pub fn answer(site: &Site, project: &Project, by: Act<'_>, id: i64, text: &str) -> Result<(i64, i64)> {
    project.read(|db| to_answer(db, by.viewer, id))?;
    let compiled = discussion::edit::read(site, project, text)?;
    project.write(by, |tx| {
        let (row, page) = to_answer(tx, by.viewer, id)?;
        let thread = match row.thread {
            Some(thread) => thread,
            None => {
                let thread = discussion::edit::begin_within(tx, &page, &Anchor::Suggestion)?;
                store::set_thread(tx, id, thread)?;
                thread
            }
        };
        let number = discussion::edit::say(site, tx, &page, thread, text, None, &compiled)?;
        Ok((thread, number))
    })
}

/// Whoever made it may always answer; others by the right to discuss. `viewer` is who they are on the page.
pub fn may_answer(viewer: &Viewer, row: &SuggestionRow) -> bool {
    viewer.may(WIKI_DISCUSS) || (is_own(viewer, row) && viewer.may(WIKI_SUGGEST))
}

pub fn to_answer(db: &Connection, viewer: &Viewer, id: i64) -> Result<(SuggestionRow, PageRow)> {
    let found = find(db, viewer, id)?;
    let there = viewer.at_path(&found.1.folded);
    if !may_answer(&there, &found.0) {
        there.require(WIKI_DISCUSS)?;
    }
    Ok(found)
}

fn to_decide(db: &Connection, viewer: &Viewer, id: i64) -> Result<(SuggestionRow, PageRow)> {
    let found = find(db, viewer, id)?;
    viewer.at_path(&found.1.folded).require(WIKI_MODIFY)?;
    Ok(found)
}

/// One's own, which one may still suggest.
pub fn own(db: &Connection, viewer: &Viewer, id: i64) -> Result<(SuggestionRow, PageRow)> {
    let found = find(db, viewer, id)?;
    viewer.at_path(&found.1.folded).require(WIKI_SUGGEST)?;
    if is_own(viewer, &found.0) {
        return Ok(found);
    }
    Err(Error::Forbidden {
        permission: WIKI_SUGGEST.name,
        message: "Only whoever made a suggestion can change it or withdraw it.".to_owned(),
    })
}

fn require_open(row: &SuggestionRow) -> Result<()> {
    match row.state {
        State::Open => Ok(()),
        state => Err(Error::conflict(format!("This suggestion is {} already.", state.name()))),
    }
}

fn check(db: &Connection, page: &PageRow, wish: &Wish<'_>) -> Result<()> {
    check_text(wish.text, wish.comment)?;
    if wish.base < 1 || wish.base > page.version {
        return Err(Error::invalid("version", format!("There is no version {} of this page.", wish.base)));
    }
    let base = pages::version(db, page.id, wish.base)?;
    if base.is_some_and(|base| base.text == wish.text) {
        return Err(Error::invalid("text", "Nothing was changed, so there is nothing to suggest."));
    }
    Ok(())
}

pub(super) fn told(kind: &'static str, id: i64, page: &PageRow) -> NewEvent {
    NewEvent::new(kind, Resource::new(SUGGESTION, id), page.acl).data(json!({ "parent": ["page", page.id] }))
}
