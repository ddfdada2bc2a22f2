//! Commits as search and lists of hits know them.

use rusqlite::{Connection, named_params};

use super::CHANGESET_VIEW;
use super::listed::KIND;
use super::{short, store};
use crate::base::component::Document;
use crate::base::error::Result;
use crate::base::resource::Resource;
use crate::base::viewer::without_hosts;

/// Characters of a message that the search index reads.
const MOST_TEXT: usize = 512 * 1024;
/// Tickets of one commit by which it can be asked for.
const MOST_TICKETS: i64 = 100;

/// What the search index keeps of a commit: the first digits of its id, its message, and by name its repositories and tickets.
pub(super) fn document(db: &Connection, resource: &Resource) -> Result<Option<Document>> {
    let Some(commit) = store::find_unseen(db, resource.id)? else {
        return Ok(None);
    };
    let body = commit.message.trim_start().split_once('\n').map_or("", |(_, body)| body.trim());
    Ok(Some(Document {
        resource: Resource::new(KIND, commit.id),
        acl: commit.acl,
        participants: Vec::new(),
        title: format!("{} {}", short(&commit.sha), commit.subject()),
        text: body.chars().take(MOST_TEXT).collect(),
        author: author(db, commit.author, &commit.author_name)?,
        changed: commit.committed_at,
        permission: CHANGESET_VIEW.name,
        facets: facets(db, commit.id)?,
    }))
}

/// Every name by which the author may be asked for. Whoever may search can ask, so of addresses only their beginning.
fn author(db: &Connection, person: Option<i64>, written: &str) -> Result<String> {
    let mut statement = db.prepare_cached("select login, display_name from person where id = ?1")?;
    let mut rows = statement.query([person])?;
    Ok(match rows.next()? {
        Some(row) => [row.get(0)?, row.get(1)?, without_hosts(written)].join(" "),
        None => without_hosts(written),
    })
}

fn facets(db: &Connection, commit: i64) -> Result<Vec<(&'static str, String)>> {
    let mut facets = Vec::new();
    let mut statement = db.prepare_cached(
        "select name from changeset_repository join repository on repository.id = repository
         where changeset = ?1 order by repository.id",
    )?;
    for name in statement.query_map([commit], |row| row.get(0))? {
        facets.push(("repository", name?));
    }
    let mut statement =
        db.prepare_cached("select ticket from changeset_ticket where changeset = :id order by ticket limit :most")?;
    let tickets = statement.query_map(named_params! { ":id": commit, ":most": MOST_TICKETS }, |row| row.get(0))?;
    for number in tickets {
        let number: i64 = number?;
        facets.push(("ticket", number.to_string()));
    }
    Ok(facets)
}

pub(super) fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("select id from changeset where id > ?1 order by id limit ?2")?;
    Ok(statement.query_map([after, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
