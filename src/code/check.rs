//! What can't be, said of commits: for `trackway check`.

use rusqlite::Connection;

use crate::base::error::Result;

/// Each sentence with the question whose rows are wrong; the first column is what it is said of.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "it was there when its repository was connected, and it acted",
        "select substr(sha, 1, 12) from changeset_ticket join changeset on changeset.id = changeset_ticket.changeset
         where dormant and (done <> 'none' or strength <> 'none')",
    ),
    (
        "its message asks for references that are not kept",
        "select substr(sha, 1, 12) from changeset where references_key <> ''
           and not exists (select 1 from changeset_ticket where changeset = changeset.id)",
    ),
    (
        "it did more than its branches let it",
        "select substr(sha, 1, 12) from changeset_ticket join changeset on changeset.id = changeset_ticket.changeset
         where (done in ('close', 'reopen') and strength not in ('close', 'reopen'))
            or (done = 'refer' and strength in ('none', 'mention'))
            or (strength not in ('none', 'refer') and strength <> asked)",
    ),
    (
        "the change that it made on a ticket is not there",
        "select substr(sha, 1, 12) from changeset_ticket join changeset on changeset.id = changeset_ticket.changeset
         where done <> 'none' and not exists (select 1 from event where via = 'commit' and resource_kind = 'ticket'
           and resource_id = changeset_ticket.ticket and part = cast(change as text))",
    ),
    (
        "nothing tells of it",
        "select substr(sha, 1, 12) from changeset where not exists
           (select 1 from event where resource_kind = 'changeset' and resource_id = changeset.id)",
    ),
    (
        "what is kept of it names no commit",
        "select 'ref ' || name from repository_ref where length(sha) not in (40, 64)",
    ),
];

pub fn check(db: &Connection, findings: &mut Vec<String>) -> Result<()> {
    for (sentence, sql) in QUESTIONS {
        let mut statement = db.prepare(&format!("{sql} limit 20"))?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        findings.extend(found.into_iter().map(|what| format!("changeset {what}: {sentence}")));
    }
    Ok(())
}
