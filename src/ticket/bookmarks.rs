//! Bookmarks: tickets that somebody has marked for themselves. They are nobody else's business: nothing tells of them.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{NO_TICKET, TICKET_VIEW, store};
use crate::base::error::{Error, Result};
use crate::base::project::{Act, Project};
use crate::base::viewer::Viewer;

/// Of one person; a longer list is no help to anybody.
pub const MOST: i64 = 1_000;

/// The ticket `?2` with those that were merged into it: a mark on any of them is one on all.
pub(super) const WHOLE: &str = "(with recursive whole(id) as (
         select ?2 union select ticket.id from whole join ticket on ticket.merged_into = whole.id)
     select id from whole)";

/// Marks a ticket, or takes the mark away.
pub fn set(project: &Project, by: Act<'_>, ticket: i64, on: bool) -> Result<()> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    if !by.viewer.signed_in() && !by.viewer.principal.is_operator() {
        return Err(Error::Forbidden {
            permission: TICKET_VIEW.name,
            message: "Bookmarks are for those who are signed in.".to_owned(),
        });
    }
    project.write(by, |tx| {
        store::by_ids(tx, by.viewer, &[ticket])?.pop().ok_or_else(|| Error::not_found(NO_TICKET))?;
        let Some(person) = tx.actor() else { return Err(Error::internal("a bookmark of nobody")) };
        if !on {
            tx.prepare_cached(&format!("delete from bookmark where person = ?1 and ticket in {WHOLE}"))?
                .execute([person, ticket])?;
            return Ok(());
        }
        let count: i64 = tx
            .prepare_cached("select count(*) from bookmark where person = ?1")?
            .query_row([person], |row| row.get(0))?;
        if count >= MOST {
            let message = format!("You have {MOST} bookmarks; some of them have to go first.");
            return Err(Error::invalid("on", message));
        }
        tx.prepare_cached("insert or ignore into bookmark (person, ticket, created_at) values (?1, ?2, ?3)")?
            .execute((person, ticket, tx.now()))?;
        Ok(())
    })
}

/// The tickets that whoever asks has marked, the newest mark first, as far as they may see them. A merged one stands for the
/// ticket that it was merged into.
pub fn of_viewer(db: &Connection, viewer: &Viewer) -> Result<Vec<i64>> {
    if !viewer.may(TICKET_VIEW) || viewer.person.is_none() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "with recursive up(id, next, marked_at) as (
             select ticket.id, ticket.merged_into, bookmark.created_at
             from bookmark join ticket on ticket.id = bookmark.ticket where person = ?1
             union select ticket.id, ticket.merged_into, marked_at from up join ticket on ticket.id = up.next)
         select ticket.id from up join ticket on ticket.id = up.id
         where up.next is null and {} group by ticket.id order by max(marked_at) desc, ticket.id desc",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([viewer.person], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Which of these tickets whoever asks has marked, themselves or what was merged into them.
pub fn among(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<i64>> {
    if viewer.person.is_none() || ids.is_empty() {
        return Ok(Vec::new());
    }
    // From the few that somebody has marked to where these live on, and not the other way round.
    let mut statement = db.prepare_cached(
        "with recursive marked(id) as (
             select ticket from bookmark where person = ?1
             union select merged_into from marked join ticket on ticket.id = marked.id where merged_into is not null)
         select id from marked",
    )?;
    let marked: HashSet<i64> =
        statement.query_map([viewer.person], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids.iter().copied().filter(|id| marked.contains(id)).collect())
}
