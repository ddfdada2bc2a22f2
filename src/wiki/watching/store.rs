//! Who watches which pages, and what is new to them. Decides nothing.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::base::error::Result;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// How much is watched from a page on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Page,
    /// The page and those below it.
    Tree,
    All,
}

impl Scope {
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Tree => "tree",
            Self::All => "all",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Page, Self::Tree, Self::All].into_iter().find(|scope| scope.name() == name)
    }
}

/// Something that is watched; `folded` is the name of its page, empty for all.
#[derive(Debug, Clone)]
pub struct WatchRow {
    pub scope: Scope,
    pub page: i64,
    pub name: String,
    pub folded: String,
}

/// What an account watches of pages that its viewer sees, by name; `all` comes first.
pub fn watches(db: &Connection, viewer: &Viewer, account: &str) -> Result<Vec<WatchRow>> {
    let sql = format!(
        "select scope, page_watch.page, coalesce(page.name, ''), coalesce(page.folded, '') from page_watch
         left join page on page.id = page_watch.page
         where account = ?1 and (page_watch.page = 0 or (page.deleted_at is null and {}))
         order by page.folded, scope",
        viewer.class_sql("page")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([account], |row| {
        let scope: String = row.get(0)?;
        let scope = Scope::named(&scope).unwrap_or(Scope::Page);
        Ok(WatchRow { scope, page: row.get(1)?, name: row.get(2)?, folded: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What an account watches that has to do with one page: itself, trees, all.
pub fn watches_around(db: &Connection, account: &str, page: i64) -> Result<Vec<WatchRow>> {
    let mut statement = db.prepare_cached(
        "select scope, page_watch.page, coalesce(page.name, ''), coalesce(page.folded, '') from page_watch
         left join page on page.id = page_watch.page
         where account = ?1 and (scope = 'tree' or page_watch.page in (0, ?2))",
    )?;
    let rows = statement.query_map((account, page), |row| {
        let scope: String = row.get(0)?;
        let scope = Scope::named(&scope).unwrap_or(Scope::Page);
        Ok(WatchRow { scope, page: row.get(1)?, name: row.get(2)?, folded: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count(db: &Connection, account: &str) -> Result<i64> {
    Ok(db
        .prepare_cached("select count(*) from page_watch where account = ?1")?
        .query_row([account], |row| row.get(0))?)
}

/// Begins to watch. Whoever watches nothing yet has seen all that there is.
pub fn watch(db: &Connection, account: &str, scope: Scope, page: i64, now: Instant) -> Result<()> {
    db.prepare_cached("insert or ignore into page_watch_look (account, looked_at) values (?1, ?2)")?
        .execute((account, now))?;
    db.prepare_cached("insert or ignore into page_watch (account, scope, page, since) values (?1, ?2, ?3, ?4)")?
        .execute((account, scope.name(), page, now))?;
    Ok(())
}

pub fn unwatch(db: &Connection, account: &str, scope: Scope, page: i64) -> Result<()> {
    db.prepare_cached("delete from page_watch where account = ?1 and scope = ?2 and page = ?3")?.execute((
        account,
        scope.name(),
        page,
    ))?;
    Ok(())
}

pub fn looked_at(db: &Connection, account: &str) -> Result<Instant> {
    let found = db
        .prepare_cached("select looked_at from page_watch_look where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(Instant(0)))
}

/// Notes that somebody has looked at what there was until then. Nobody unsees what they have seen.
pub fn look(db: &Connection, account: &str, until: Instant) -> Result<()> {
    db.prepare_cached(
        "insert into page_watch_look (account, looked_at) values (?1, ?2)
         on conflict (account) do update set looked_at = max(looked_at, ?2)",
    )?
    .execute((account, until))?;
    Ok(())
}

/// That a page is watched and something happened to it at an instant after the watch began.
fn watched(at: &str) -> String {
    format!(
        "exists (select 1 from page_watch where account = :account and since < {at}
           and (scope = 'all' or (scope = 'page' and page_watch.page = page.id)
             or (scope = 'tree' and exists (select 1 from page as top where top.id = page_watch.page
                   and (page.folded = top.folded
                     or substr(page.folded, 1, length(top.folded) + 1) = top.folded || '/')))))"
    )
}

/// A watched page, and what others have done to it since an instant.
#[derive(Debug, Clone)]
pub struct ChangedRow {
    pub name: String,
    pub version: i64,
    pub changed_at: Instant,
    /// The newest version that was there at that instant; 0 if the page was not.
    pub seen: i64,
    /// How many versions others have saved since.
    pub saved: i64,
    /// The first message that others have written since, and how many.
    pub first_message: i64,
    pub messages: i64,
}

/// Watched pages that others have changed or discussed since an instant, the latest first. Goes through what happened since
/// then in the order of time, and no further than `limit` pages of each sort.
pub fn changed(
    db: &Connection,
    viewer: &Viewer,
    account: &str,
    since: Instant,
    limit: usize,
) -> Result<Vec<ChangedRow>> {
    let sees = viewer.class_sql("page");
    let sql = format!(
        "with touched (id, at) as (
           select * from (select page.id, page.changed_at from page indexed by page_changed
             where page.changed_at > :since and page.deleted_at is null and {sees} and {saved}
               and exists (select 1 from page_version where page_version.page = page.id and saved_at > :since
                             and page_version.author is not :person)
             order by page.changed_at desc limit :limit)
           union all
           select * from (select page.id, max(page_message.written_at) from page_message indexed by page_message_written
             cross join page on page.id = page_message.page
             where page_message.written_at > :since and page_message.removed_at is null
               and page_message.author is not :person and page.deleted_at is null and {sees} and {written}
             group by page.id order by 2 desc limit :limit))
         select page.name, page.version, max(touched.at),
           coalesce((select max(version) from page_version where page_version.page = page.id and saved_at <= :since), 0),
           (select count(*) from page_version where page_version.page = page.id and saved_at > :since
              and page_version.author is not :person),
           coalesce((select min(number) from page_message where page_message.page = page.id and written_at > :since
              and removed_at is null and author is not :person), 0),
           (select count(*) from page_message where page_message.page = page.id and written_at > :since
              and removed_at is null and author is not :person)
         from touched join page on page.id = touched.id group by page.id order by 3 desc limit :limit",
        saved = watched("page.changed_at"),
        written = watched("page_message.written_at"),
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! { ":account": account, ":since": since, ":person": viewer.person, ":limit": limit as i64 },
        |row| {
            Ok(ChangedRow {
                name: row.get(0)?,
                version: row.get(1)?,
                changed_at: row.get(2)?,
                seen: row.get(3)?,
                saved: row.get(4)?,
                first_message: row.get(5)?,
                messages: row.get(6)?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A watched page with its newest version.
#[derive(Debug, Clone)]
pub struct LatestRow {
    pub name: String,
    pub version: i64,
    pub author: String,
    pub changed_at: Instant,
    pub comment: String,
}

/// Watched pages by the time of their last change, whoever made it, the latest first.
pub fn latest(db: &Connection, viewer: &Viewer, account: &str, limit: usize) -> Result<Vec<LatestRow>> {
    let sql = format!(
        "select page.name, page.version, page.changed_at, page_version.comment, person.login, person.display_name
         from page indexed by page_changed
         join page_version on page_version.page = page.id and page_version.version = page.version
         left join person on person.id = page.author
         where page.deleted_at is null and {} and {} order by page.changed_at desc limit :limit",
        viewer.class_sql("page"),
        watched("9223372036854775807"),
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! { ":account": account, ":limit": limit as i64 }, |row| {
        let [login, name]: [Option<String>; 2] = [row.get(4)?, row.get(5)?];
        Ok(LatestRow {
            name: row.get(0)?,
            version: row.get(1)?,
            changed_at: row.get(2)?,
            comment: row.get(3)?,
            author: crate::base::project::called(login.as_deref(), name.as_deref()),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
