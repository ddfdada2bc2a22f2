//! What a commit does to tickets (DESIGN 7): for each ticket that its message asks something of, its strength only rises,
//! each step is taken once, and what a twin of it has done is not done again.

use rusqlite::{Connection, named_params};

use super::actor::Actor;
use super::incoming::Stored;
use super::short;
use crate::base::component::{Deed, Obeyed, Order, Work};
use crate::base::error::Result;
use crate::base::project::Tx;
use crate::base::site::Site;

/// One commit acts on so many tickets at most.
const MOST_TICKETS: usize = 100;
/// More of a message is not repeated on a ticket.
const LONGEST_QUOTE: usize = 16 << 10;
const LONGEST_BRANCH: usize = 100;

/// The commit that is about to act, and where it is now.
pub struct Standing<'a> {
    pub sha: &'a str,
    pub commit: &'a Stored,
    /// The branch or tag by which it came.
    pub branch: &'a str,
    /// Closing and reopening count there.
    pub acts: bool,
}

/// How far something counts.
fn level(strength: &str) -> u8 {
    match strength {
        "mention" => 1,
        "refer" => 2,
        "close" | "reopen" => 3,
        _ => 0,
    }
}

/// Lets the commit's strength rise to what it is where it stands, and takes the steps that nobody has taken. Everything
/// happens within the transaction that stores the commit. Returns how many tickets were touched.
pub fn rise(site: &Site, tx: &Tx<'_>, standing: &Standing<'_>, actor: &Actor) -> Result<usize> {
    let (mut touched, mut steps) = (0, 0);
    for row in rows(tx, standing.commit.id)? {
        let strength = if standing.acts || level(&row.asked) < 3 { row.asked.as_str() } else { "refer" };
        // A mention does nothing but log time.
        if level(&row.asked) < 2 && row.minutes <= 0 || level(strength) <= level(&row.strength) {
            continue;
        }
        let step = Step { strength, row: &row, twin: twin(tx, standing.commit, row.ticket)? };
        steps += 1;
        let taken = if steps > MOST_TICKETS {
            let reason = format!("A commit acts on {MOST_TICKETS} tickets at most.");
            Obeyed { reason, ..Obeyed::default() }
        } else {
            take(site, tx, standing, &step, actor)?
        };
        touched += usize::from(taken.done.is_some());
        save(tx, standing.commit.id, &step, &taken)?;
    }
    Ok(touched)
}

/// What is known of the commit and one ticket.
struct Row {
    ticket: i64,
    asked: String,
    strength: String,
    done: String,
    minutes: i64,
}

fn rows(db: &Connection, changeset: i64) -> Result<Vec<Row>> {
    let mut statement = db.prepare_cached(
        "select ticket, asked, strength, done, minutes from changeset_ticket
         join changeset on changeset.id = changeset and not dormant where changeset = ?1 order by ticket",
    )?;
    let rows = statement.query_map([changeset], |row| {
        Ok(Row {
            ticket: row.get(0)?,
            asked: row.get(1)?,
            strength: row.get(2)?,
            done: row.get(3)?,
            minutes: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The same change under another id, as far as it got with this ticket.
struct Twin {
    id: i64,
    sha: String,
    strength: String,
    done: String,
    dormant: bool,
}

/// Of several twins the one that got furthest; one that never acts comes before all.
fn twin(db: &Connection, commit: &Stored, ticket: i64) -> Result<Option<Twin>> {
    let mut statement = db.prepare_cached(
        "select other.id, other.sha, of_other.strength, of_other.done, other.dormant
         from changeset as own
         join changeset as other on other.references_key = own.references_key and other.patch_id = own.patch_id
           and other.id <> own.id
         join changeset_ticket as of_other on of_other.changeset = other.id and of_other.ticket = :ticket
         where own.id = :own and own.references_key <> '' and own.patch_id <> '' order by other.id",
    )?;
    let rows = statement.query_map(named_params! { ":own": commit.id, ":ticket": ticket }, |row| {
        Ok(Twin { id: row.get(0)?, sha: row.get(1)?, strength: row.get(2)?, done: row.get(3)?, dormant: row.get(4)? })
    })?;
    let mut furthest: Option<Twin> = None;
    for twin in rows {
        let twin = twin?;
        let rank = |twin: &Twin| (twin.dormant, level(&twin.strength), level(&twin.done));
        if furthest.as_ref().is_none_or(|known| rank(known) < rank(&twin)) {
            furthest = Some(twin);
        }
    }
    Ok(furthest)
}

struct Step<'a> {
    row: &'a Row,
    /// What it rises to.
    strength: &'a str,
    twin: Option<Twin>,
}

impl Step<'_> {
    /// The twin that has taken this step, or never takes any.
    fn taken_by(&self) -> Option<&Twin> {
        self.twin.as_ref().filter(|twin| twin.dormant || level(&twin.strength) >= level(self.strength))
    }
}

fn take(site: &Site, tx: &Tx<'_>, standing: &Standing<'_>, step: &Step<'_>, actor: &Actor) -> Result<Obeyed> {
    if let Some(twin) = step.taken_by() {
        let reason = if twin.dormant { "The same change was there before the repository was connected." } else { "" };
        return Ok(Obeyed { reason: reason.to_owned(), ..Obeyed::default() });
    }
    let viewer = match actor {
        Ok(viewer) => viewer,
        Err(reason) => return Ok(Obeyed { reason: reason.clone(), ..Obeyed::default() }),
    };
    let deed = match step.strength {
        "close" => Deed::Close,
        "reopen" => Deed::Reopen,
        _ => Deed::Refer,
    };
    let work = work(tx, standing.commit, step.row)?;
    if step.strength == "mention" {
        let order = Order { ticket: step.row.ticket, deed: Deed::Refer, comment: String::new(), work };
        let obeyed = tx.project().components().obey(site, tx, viewer, &order)?;
        return Ok(Obeyed { done: None, ..obeyed });
    }
    let said_by_twin = step.twin.as_ref().filter(|twin| level(&twin.done) > 0).map(|twin| twin.sha.as_str());
    let comment = if level(&step.row.done) > 0 || said_by_twin.is_some() {
        arrived(standing.sha, standing.branch, said_by_twin)
    } else {
        told(standing.sha, standing.branch, &standing.commit.message)
    };
    tx.project().components().obey(site, tx, viewer, &Order { ticket: step.row.ticket, deed, comment, work })
}

/// The time that the commit logs on a ticket.
fn work(db: &Connection, commit: &Stored, row: &Row) -> Result<Option<Work>> {
    if row.minutes <= 0 {
        return Ok(None);
    }
    let mut statement = db.prepare_cached(
        "select other.id from changeset as own
         join changeset as other on other.references_key = own.references_key and other.patch_id = own.patch_id
           and other.id <> own.id
         where own.id = ?1 and own.references_key <> '' and own.patch_id <> ''",
    )?;
    let twins = statement.query_map([commit.id], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let changesets = std::iter::once(commit.id).chain(twins).collect();
    Ok(Some(Work { minutes: row.minutes, changesets, committed_at: commit.committed_at }))
}

fn save(tx: &Tx<'_>, changeset: i64, step: &Step<'_>, taken: &Obeyed) -> Result<()> {
    let done = match taken.done {
        Some(Deed::Refer) if level(&step.row.done) < 2 => Some("refer"),
        Some(Deed::Close) => Some("close"),
        Some(Deed::Reopen) => Some("reopen"),
        _ => None,
    };
    tx.prepare_cached(
        "update changeset_ticket set strength = :strength, done = coalesce(:done, done), reason = :reason,
           twin = :twin, change = coalesce(:change, change)
         where changeset = :changeset and ticket = :ticket",
    )?
    .execute(named_params! {
        ":strength": step.strength,
        ":done": done,
        ":reason": taken.reason,
        ":twin": step.taken_by().map(|twin| twin.id),
        ":change": taken.change,
        ":changeset": changeset,
        ":ticket": step.row.ticket,
    })?;
    Ok(())
}

/// What a ticket is told when a commit first comes to it (row V19): where it was committed, and its message. As a quotation
/// the message can't break out, and what it links to is linked.
pub fn told(sha: &str, branch: &str, message: &str) -> String {
    let mut text = format!("In {}{}:\n", link(sha), on(branch));
    let message = message.trim_end();
    let (shown, is_whole) = shortened(message);
    for line in shown.lines().skip_while(|line| line.trim().is_empty()) {
        text.push_str("\n> ");
        text.push_str(line.trim_end());
    }
    if !is_whole {
        text.push_str("\n>\n> …");
    }
    text
}

/// What it is told when the same commit, or its twin, comes to a branch on which it counts for more.
pub fn arrived(sha: &str, branch: &str, twin: Option<&str>) -> String {
    match twin {
        Some(twin) => format!("{}, the same change as {}, is now{}.", link(sha), link(twin), on(branch)),
        None => format!("{} is now{}.", link(sha), on(branch)),
    }
}

fn link(sha: &str) -> String {
    format!("[{}](changeset:{sha})", short(sha))
}

/// The branch as code, in which nothing is read, whatever it is called.
fn on(branch: &str) -> String {
    let name: String = branch.chars().filter(|character| !character.is_control()).take(LONGEST_BRANCH).collect();
    if name.trim().is_empty() {
        return String::new();
    }
    let longest = name.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if longest > 0 { " " } else { "" };
    format!(" on {fence}{blank}{name}{blank}{fence}")
}

fn shortened(message: &str) -> (&str, bool) {
    if message.len() <= LONGEST_QUOTE {
        return (message, true);
    }
    let mut end = LONGEST_QUOTE;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let shown = &message[..end];
    (shown.rfind('\n').map_or(shown, |at| &shown[..at]), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789012345678901234567890123456789";

    #[test]
    fn a_message_is_quoted_line_by_line() {
        let text = told(SHA, "main", "\nFixes #1\n\n```\nno end\n");
        let link = format!("[0123456](changeset:{SHA})");
        assert_eq!(text, format!("In {link} on `main`:\n\n> Fixes #1\n> \n> ```\n> no end"));
    }

    #[test]
    fn the_name_of_a_branch_stays_text() {
        assert_eq!(on("fix-#12"), " on `fix-#12`");
        assert_eq!(on("a`b``c"), " on ``` a`b``c ```");
        assert_eq!(on(""), "");
    }

    #[test]
    fn a_long_message_is_cut_between_lines() {
        let long = "ä line\n".repeat(10_000);
        let (shown, is_whole) = shortened(&long);
        assert!(!is_whole && shown.len() <= LONGEST_QUOTE && shown.ends_with("line"));
    }
}
