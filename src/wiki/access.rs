//! Who may read a page and those below it: what the rule for its path says, and which pages a change of it concerns.

use rusqlite::Connection;

use super::store::{self, PageRow};
use crate::auth::path_rules::{PathRule, covers, deciding, path_rules};
use crate::base::error::Result;
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

/// Pages that are looked at to say which a rule decides on.
const LOOKED_AT: usize = 5000;

/// How a path stands.
pub(super) struct Standing {
    /// Its own rule.
    pub own: Option<PathRule>,
    /// The rule that would decide on it without its own.
    pub above: Option<PathRule>,
}

pub(super) fn standing(db: &Connection, folded: &str) -> Result<Standing> {
    let (own, others): (Vec<_>, Vec<_>) = path_rules(db)?.into_iter().partition(|rule| rule.path == folded);
    Ok(Standing { own: own.into_iter().next(), above: deciding(&others, folded).cloned() })
}

/// The pages that a rule for a path decides on.
#[derive(Default)]
pub(super) struct Concerned {
    pub pages: Vec<PageRow>,
    pub files: usize,
    /// Pages below that have a rule of their own.
    pub others: usize,
    /// There are more than were looked at.
    pub more: bool,
}

pub(super) fn concerned(db: &Connection, viewer: &Viewer, folded: &str) -> Result<Concerned> {
    let rules = path_rules(db)?;
    let own_below = |page: &PageRow| {
        rules.iter().any(|rule| rule.path != folded && covers(folded, &rule.path) && covers(&rule.path, &page.folded))
    };
    let mut pages = store::list(db, viewer, &format!("{folded}/"), LOOKED_AT + 1)?;
    let more = pages.len() > LOOKED_AT;
    pages.truncate(LOOKED_AT);
    pages.splice(0..0, store::find(db, viewer, folded)?);
    let total = pages.len();
    pages.retain(|page| !own_below(page));
    let mut files = 0;
    for page in &pages {
        files += crate::attachment::store::of_parent(db, &Resource::new("page", page.id))?.len();
    }
    Ok(Concerned { files, others: total - pages.len(), pages, more })
}

/// Until when a page is kept back from those who may not change it, if it still is.
pub(super) fn kept_back(db: &Connection, page: &PageRow) -> Result<Option<Instant>> {
    if page.acl == DEFAULT_CLASS {
        return Ok(None);
    }
    let mut class = Some(page.acl);
    let mut latest = None;
    let mut seen = Vec::new();
    let mut statement = db.prepare_cached("select visible_from, base from acl where id = ?1")?;
    // What leaves it to a rule above is kept back with that one, too. An imported project may hold a ring of rules.
    while let Some(acl) = class.filter(|acl| !seen.contains(acl)) {
        seen.push(acl);
        let (until, base): (Option<Instant>, Option<i64>) =
            statement.query_row([acl], |row| Ok((row.get(0)?, row.get(1)?)))?;
        latest = latest.max(until);
        class = base;
    }
    Ok(latest.filter(|until| *until > Instant::now()))
}
