//! What a query names that only others know, looked up before it is run: `text:"disk full"` becomes a bounded set of tickets that
//! the full-text search finds, `owner:team` the members of that group of the site.
//!
//! The search narrows by what the viewer may see, and the query does again. Where nobody has looked, a query that asks for
//! texts is refused (`compile`), so that none is ever answered without it. Groups are made known to those who are signed in.

use rusqlite::Connection;

use super::tree::{Clause, Column, Operator, Query, TEXT, USER};
use crate::base::component::{Alike, Components};
use crate::base::error::{Error, Result};
use crate::base::viewer::Viewer;
use crate::ticket::fields::Kind;

/// A search that finds more tickets than these narrows nothing.
const MOST: usize = 2_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lookups {
    /// Ids of tickets, by the words that were searched for.
    pub texts: Vec<(String, Vec<i64>)>,
    /// Logins, by the name of their group.
    pub groups: Vec<(String, Vec<String>)>,
}

/// Where it is looked up.
pub struct Sources<'a> {
    pub db: &'a Connection,
    pub components: Components,
    pub viewer: &'a Viewer,
    /// The logins of the members of a group of the site; none if there is no such group.
    pub members: &'a dyn Fn(&str) -> Result<Option<Vec<String>>>,
}

/// The query with what was found. `Invalid` for words that too many tickets have.
pub fn looked_up(query: &Query, sources: &Sources<'_>) -> Result<Query> {
    let mut lookups = Lookups::default();
    for clause in query.clauses() {
        // Of an earlier moment nothing can be searched, which is told where the query is run.
        if clause.column == Column::Of(&TEXT) && query.at.is_none() {
            for words in &clause.values {
                sources.search(words, &mut lookups)?;
            }
        } else if names_people(clause) {
            for name in clause.values.iter().map(|name| name.trim()) {
                sources.group(name, &mut lookups)?;
            }
        }
    }
    Ok(Query { lookups, ..query.clone() })
}

/// Whether a query names nothing that had to be looked up, so that it can be run as it is.
pub fn is_whole(query: &Query, db: &Connection) -> Result<bool> {
    for clause in query.clauses() {
        if clause.column == Column::Of(&TEXT) {
            return Ok(false);
        }
        for name in clause.values.iter().filter(|_| names_people(clause)) {
            if !is_known(db, name.trim())? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether a name is nobody's, or that of somebody here: no account is called like a group.
fn is_known(db: &Connection, name: &str) -> Result<bool> {
    if name.is_empty() || name.contains(USER) {
        return Ok(true);
    }
    Ok(db.prepare_cached("select 1 from person where login = ?1")?.exists([name])?)
}

fn names_people(clause: &Clause) -> bool {
    let of_people = clause.column.field().is_some_and(|field| matches!(field.kind, Kind::Person | Kind::People));
    of_people && matches!(clause.operator, Operator::Is | Operator::Was)
}

impl Sources<'_> {
    fn search(&self, words: &str, lookups: &mut Lookups) -> Result<()> {
        if lookups.texts.iter().any(|(known, _)| known == words) {
            return Ok(());
        }
        let matching = self.components.matching(self.db, self.viewer, &Alike { kind: "ticket", words, limit: MOST })?;
        if matching.more {
            let message =
                format!("A full-text search for “{words}” finds more than {MOST} tickets: ask for rarer words.");
            return Err(Error::invalid(TEXT.name, message));
        }
        lookups.texts.push((words.to_owned(), matching.ids));
        Ok(())
    }

    fn group(&self, name: &str, lookups: &mut Lookups) -> Result<()> {
        let may_know = self.viewer.signed_in() || self.viewer.principal.is_operator();
        if !may_know || lookups.groups.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        if !is_known(self.db, name)?
            && let Some(members) = (self.members)(name)?
        {
            lookups.groups.push((name.to_owned(), members));
        }
        Ok(())
    }
}
