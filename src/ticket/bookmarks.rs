//! Bookmarks: tickets that somebody has marked for themselves. They are nobody else's business: nothing tells of them.

use rusqlite::Connection;
use serde_json::json;

use super::{NO_TICKET, TICKET_VIEW, store};
use crate::base::error::{Error, Result};
use crate::base::project::{Act, Project};
use crate::base::viewer::Viewer;

/// Of one person; a longer list is no help to anybody.
pub const MOST: i64 = 1_000;

/// The ticket with those that were merged into it: a mark on any of them is one on all.
const WHOLE: &str = "(select ?2 union all select id from ticket where merged_into = ?2)";

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
        "select ticket.id from bookmark join ticket as marked on marked.id = bookmark.ticket
         join ticket on ticket.id = coalesce(marked.merged_into, marked.id)
         where person = ?1 and {} group by ticket.id order by max(bookmark.created_at) desc, ticket.id desc",
        viewer.sees_sql("ticket", "ticket")
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([viewer.person], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Which of these tickets whoever asks has marked.
pub fn among(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<i64>> {
    if viewer.person.is_none() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "select ticket from bookmark where person = ?1 and ticket in (select value from json_each(?2))",
    )?;
    let rows = statement.query_map((viewer.person, json!(ids).to_string()), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
