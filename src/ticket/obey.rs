//! What commits do with tickets (DESIGN 7): they comment, and run the action that the project has chosen for closing or
//! reopening, with the rights of the account that stands behind the commit, as if it had sent the form.

use super::edit::{self, Outcome};
use super::merge;
use super::plan::{ActionRequest, Request};
use super::worked::{self, TimeRequest};
use super::{TICKET_CHGPROP, duration, time_store};
use crate::base::component::{Deed, Obeyed, Order, Work};
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::base::project::Tx;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::milestone::due::Clock;

pub const CLOSE_ACTION: Setting = Setting {
    name: "commit_close_action",
    scope: Scope::Project,
    values: Values::Text,
    default: "resolve",
    doc: "The action of the workflow that a commit which closes a ticket runs.",
};
pub const CLOSE_RESOLUTION: Setting = Setting {
    name: "commit_close_resolution",
    scope: Scope::Project,
    values: Values::Text,
    default: "fixed",
    doc: "The resolution that it sets, if the action asks for one.",
};
pub const REOPEN_ACTION: Setting = Setting {
    name: "commit_reopen_action",
    scope: Scope::Project,
    values: Values::Text,
    default: "reopen",
    doc: "The action of the workflow that a commit which reopens a ticket runs.",
};

/// Does as much of the order as the workflow and the rights allow: the action, else the comment alone, else nothing.
pub(super) fn obey(site: &Site, tx: &Tx<'_>, viewer: &Viewer, order: &Order) -> Result<Obeyed> {
    // What a commit says of a merged ticket is done to the one in which it lives on.
    let ticket = merge::survivor(tx, order.ticket)?;
    let (time, mut reason) = match &order.work {
        Some(work) => time(tx, viewer, ticket, work)?,
        None => (None, String::new()),
    };
    let comment_alone = Request { comment: order.comment.clone(), time, ..Request::default() };
    if order.deed != Deed::Refer {
        let request = Request { action: Some(action(tx, order.deed)?), ..comment_alone.clone() };
        match attempt(site, tx, viewer, ticket, &request)? {
            Ok(change) => return Ok(Obeyed { done: Some(order.deed), change, reason }),
            Err(refusal) => reason = [refusal, reason].join(" ").trim().to_owned(),
        }
    }
    match attempt(site, tx, viewer, ticket, &comment_alone)? {
        Ok(change) => Ok(Obeyed { done: Some(Deed::Refer), change, reason }),
        Err(refusal) => Ok(Obeyed { done: None, change: None, reason: refusal }),
    }
}

/// The entry that the commit makes, unless it or its like has made it. Where its author may make none, the rest is done all
/// the same, and the reason told.
fn time(tx: &Tx<'_>, viewer: &Viewer, ticket: i64, work: &Work) -> Result<(Option<TimeRequest>, String)> {
    if time_store::is_logged(tx, ticket, &work.changesets)? {
        return Ok((None, String::new()));
    }
    if !worked::may_enter(viewer) {
        let reason = format!("Its time was not logged: that needs the permission {}.", TICKET_CHGPROP.name);
        return Ok((None, reason));
    }
    if work.minutes > worked::MOST {
        let reason = "Its time was not logged: at most a thousand hours are entered at once.";
        return Ok((None, reason.to_owned()));
    }
    let clock = Clock::of(tx)?;
    // The clock of whoever commits may be ahead.
    let day = clock.day(work.committed_at).min(clock.today);
    let request = TimeRequest {
        amount: duration::written(work.minutes),
        day: moment::iso(day).unwrap_or_default(),
        changeset: work.changesets.first().copied(),
        ..TimeRequest::default()
    };
    Ok((Some(request), String::new()))
}

fn action(tx: &Tx<'_>, deed: Deed) -> Result<ActionRequest> {
    if deed == Deed::Reopen {
        return Ok(ActionRequest { name: REOPEN_ACTION.text(tx)?, if_asked: true, ..ActionRequest::default() });
    }
    Ok(ActionRequest {
        name: CLOSE_ACTION.text(tx)?,
        resolution: Some(CLOSE_RESOLUTION.text(tx)?),
        if_asked: true,
        ..ActionRequest::default()
    })
}

/// The number of the change that was made, or why none was. Only what is nobody's fault is an error.
fn attempt(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    ticket: i64,
    request: &Request,
) -> Result<std::result::Result<Option<i64>, String>> {
    match edit::change_within(site, tx, viewer, ticket, request) {
        Ok(Outcome::Saved { number, .. }) => Ok(Ok(Some(number))),
        Ok(Outcome::Unchanged) => Ok(Ok(None)),
        Ok(Outcome::Conflict(_)) => Ok(Err("Others have changed the ticket meanwhile.".to_owned())),
        Err(Error::Invalid(problems)) => {
            Ok(Err(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" ")))
        }
        Err(refusal @ (Error::NotFound(_) | Error::Forbidden { .. } | Error::Conflict(_))) => {
            Ok(Err(refusal.to_string()))
        }
        Err(error) => Err(error),
    }
}
