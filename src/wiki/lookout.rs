//! Reports on the wiki: pages that are wished for, that nothing leads to, whose links lead nowhere, that nobody has touched for
//! long, and addresses that lead on. Each is what one viewer sees: a page that is hidden from them counts as missing, as its
//! links show it.

use rusqlite::{Connection, named_params};

use super::name::PageName;
use super::store;
use crate::base::component::Components;
use crate::base::error::Result;
use crate::base::link;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Former names that are looked at.
const MOST_REDIRECTS: i64 = 20_000;

/// A report: its name in addresses, its title, and what it is for, a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    Wanted,
    Orphaned,
    DeadLinks,
    Oldest,
    Redirects,
}

pub const REPORTS: [Report; 5] =
    [Report::Wanted, Report::Orphaned, Report::DeadLinks, Report::Oldest, Report::Redirects];

impl Report {
    pub fn name(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Orphaned => "orphaned",
            Self::DeadLinks => "dead-links",
            Self::Oldest => "oldest",
            Self::Redirects => "redirects",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        REPORTS.into_iter().find(|report| report.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Wanted => "Wanted pages",
            Self::Orphaned => "Orphaned pages",
            Self::DeadLinks => "Links that lead nowhere",
            Self::Oldest => "Oldest pages",
            Self::Redirects => "Addresses that lead on",
        }
    }

    pub fn line(self) -> &'static str {
        match self {
            Self::Wanted => {
                "Pages that texts link to and that nobody has written yet, those that most texts ask for first."
            }
            Self::Orphaned => "Pages that no other text links to.",
            Self::DeadLinks => "Pages with links to pages that are not there.",
            Self::Oldest => "Pages by their last change, the oldest first.",
            Self::Redirects => "Former names and aliases, with the pages that they lead to.",
        }
    }
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The page that it is about; of one that is wanted, its folded name.
    pub name: String,
    /// The page that is missing, or that an address leads to.
    pub other: Option<String>,
    /// How many texts ask for it.
    pub count: Option<i64>,
    pub changed_at: Option<Instant>,
}

/// The rows of a report and how many there are in all.
pub fn rows(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    report: Report,
    limit: usize,
    offset: usize,
) -> Result<(Vec<Row>, usize)> {
    let Some(sql) = sql(components, viewer, report) else {
        return Ok((Vec::new(), 0));
    };
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Row { name: row.get(0)?, other: row.get(1)?, count: row.get(2)?, changed_at: row.get(3)? })
    };
    let mut statement = db.prepare_cached(&format!("{sql} limit :limit offset :offset"))?;
    if report == Report::Redirects {
        // Which names are hidden only the rules of paths can tell.
        let all = statement.query_map(named_params! { ":limit": MOST_REDIRECTS, ":offset": 0 }, read)?;
        let mut seen = Vec::new();
        for row in all.collect::<rusqlite::Result<Vec<Row>>>()? {
            if may_know(db, viewer, &row.name)? {
                seen.push(row);
            }
        }
        let total = seen.len();
        return Ok((seen.into_iter().skip(offset).take(limit).collect(), total));
    }
    let total: i64 = db.prepare_cached(&format!("select count(*) from ({sql})"))?.query_row([], |row| row.get(0))?;
    let found = statement.query_map(named_params! { ":limit": limit as i64, ":offset": offset as i64 }, read)?;
    Ok((found.collect::<rusqlite::Result<_>>()?, total as usize))
}

/// The former name of a page may have been a hidden one.
fn may_know(db: &Connection, viewer: &Viewer, name: &str) -> Result<bool> {
    let name = PageName::parse(name, "page").ok();
    name.map_or(Ok(false), |name| Ok(viewer.sees_class(store::class_of(db, name.folded())?)))
}

/// Name, other page, count and time. None where this viewer sees no text at all that could link.
fn sql(components: Components, viewer: &Viewer, report: Report) -> Option<String> {
    let seen = viewer.class_sql("page");
    let from = link::seen_sources_sql(components, viewer)?;
    let nearest = link::nothing_nearer_sql(&store::leads_sql(viewer, "nearer.value"));
    let dead = format!("wished = 1 and not {} and {nearest}", store::leads_sql(viewer, "link.target"));
    Some(match report {
        Report::Wanted => format!(
            "select target, null, count(distinct source_kind || source_id), null from link indexed by link_target
             where target_kind = 'page' and {from} and {dead}
             group by target order by 3 desc, target"
        ),
        Report::Orphaned => format!(
            "select page.name, null, null, page.changed_at from page
             where deleted_at is null and {seen} and folded <> 'wikistart'
               and folded not in ('_sidebar', '_footer') and substr(folded, -9) <> '/_sidebar'
               and substr(folded, -8) <> '/_footer' and folded not like 'pagetemplates/%'
               and not exists (select 1 from link indexed by link_target where target_kind = 'page'
                 and target in (select page.folded union all
                                select former.folded from page_former_name as former where former.page = page.id)
                 and not (source_kind = 'page' and source_id = page.id) and {from} and {nearest})
             order by folded"
        ),
        Report::DeadLinks => format!(
            "select page.name, link.target, null, page.changed_at from link join page on page.id = link.source_id
             where link.source_kind = 'page' and link.target_kind = 'page' and deleted_at is null and {seen}
               and {dead}
             group by page.folded, link.target order by page.folded, link.target"
        ),
        Report::Oldest => format!(
            "select page.name, null, null, page.changed_at from page where deleted_at is null and {seen}
             order by page.changed_at, page.id"
        ),
        Report::Redirects => format!(
            "select page_former_name.name, page.name, null, null from page_former_name
             join page on page.id = page_former_name.page
             where deleted_at is null and {seen} order by page_former_name.folded"
        ),
    })
}
