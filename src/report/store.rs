//! The SQL of reports. Decides nothing but who sees which: that is in every question.

use rusqlite::{Connection, OptionalExtension, Row};

use super::REPORT_VIEW;
use crate::base::error::Result;
use crate::base::project::Tx;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// What a report is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A list of tickets: `query` is its address form, with the question mark.
    Query,
    Sql,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Sql => "sql",
        }
    }

    fn of(name: &str) -> Self {
        if name == "sql" { Self::Sql } else { Self::Query }
    }
}

/// Who sees a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody who sees reports.
    Project,
    /// A group of the site, and the owner.
    Group { id: String, name: String },
    /// The owner alone.
    Person,
}

impl Scope {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Group { .. } => "group",
            Self::Person => "person",
        }
    }

    fn audience(&self) -> (&str, &str) {
        match self {
            Self::Group { id, name } => (id, name),
            _ => ("", ""),
        }
    }
}

#[derive(Debug, Clone)]
pub struct ReportRow {
    pub id: i64,
    pub title: String,
    pub description: String,
    pub kind: Kind,
    pub query: String,
    pub scope: Scope,
    pub owner: Option<i64>,
    /// The owner's login; empty for nobody.
    pub owner_login: String,
    pub revision: i64,
    pub changed_at: Instant,
}

const COLUMNS: &str =
    "report.id, report.title, report.description, report.kind, report.query, report.scope, report.owner,
    report.audience, report.audience_label, report.revision, report.changed_at,
    coalesce((select login from person where person.id = report.owner), '') as owner_login";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ReportRow> {
    let scope = match row.get::<_, String>("scope")?.as_str() {
        "group" => Scope::Group { id: row.get("audience")?, name: row.get("audience_label")? },
        "person" => Scope::Person,
        _ => Scope::Project,
    };
    Ok(ReportRow {
        id: row.get("id")?,
        title: row.get("title")?,
        description: row.get("description")?,
        kind: Kind::of(&row.get::<_, String>("kind")?),
        query: row.get("query")?,
        scope,
        owner: row.get("owner")?,
        owner_login: row.get("owner_login")?,
        revision: row.get("revision")?,
        changed_at: row.get("changed_at")?,
    })
}

/// That a row of `report` is seen by this viewer, who may see reports. Holds ids of ours and nothing else: those of groups
/// are hexadecimal digits.
pub fn sees_sql(viewer: &Viewer) -> String {
    let mut any = vec!["report.scope = 'project'".to_owned()];
    if viewer.principal.is_operator() {
        any.push("1".to_owned());
    }
    any.extend(viewer.person.map(|person| format!("report.owner = {person}")));
    let is_id = |group: &&String| group.chars().all(|digit| digit.is_ascii_hexdigit());
    let groups: Vec<String> = viewer.principal.groups.iter().filter(is_id).map(|id| format!("'{id}'")).collect();
    if !groups.is_empty() {
        any.push(format!("(report.scope = 'group' and report.audience in ({}))", groups.join(", ")));
    }
    format!("(report.deleted_at is null and ({}))", any.join(" or "))
}

/// All that this viewer sees, in the order of their numbers.
pub fn list(db: &Connection, viewer: &Viewer) -> Result<Vec<ReportRow>> {
    seen_where(db, viewer, "1", [])
}

pub fn find(db: &Connection, viewer: &Viewer, id: i64) -> Result<Option<ReportRow>> {
    Ok(seen_where(db, viewer, "report.id = ?1", [id])?.pop())
}

pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<ReportRow>> {
    seen_where(db, viewer, "report.id in (select value from json_each(?1))", [serde_json::to_string(ids)?])
}

/// Whoever sees it; for the transaction that changes it, after its reader was looked at.
pub fn find_unseen(db: &Connection, id: i64) -> Result<Option<ReportRow>> {
    let sql = format!("select {COLUMNS} from report where id = ?1 and deleted_at is null");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// The list that somebody gets who asks for none: their own choice, else everybody's. One that they do not see is none.
pub fn usual(db: &Connection, viewer: &Viewer) -> Result<Option<ReportRow>> {
    let chosen = "report.kind = 'query' and report.id = (select report from report_usual where account = ?1)";
    let own = account_of(viewer);
    for account in [own, ""].into_iter().skip(usize::from(own.is_empty())) {
        if let Some(row) = seen_where(db, viewer, chosen, [account])?.pop() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Whose usual list a report is: whether this viewer's own, and whether everybody's.
pub fn is_usual(db: &Connection, viewer: &Viewer, id: i64) -> Result<(bool, bool)> {
    let sql = "select count(*) filter (where account = ?1 and ?1 <> ''), count(*) filter (where account = '')
               from report_usual where report = ?2";
    Ok(db.prepare_cached(sql)?.query_row((account_of(viewer), id), |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn account_of(viewer: &Viewer) -> &str {
    viewer.principal.identity.as_ref().map_or("", |identity| identity.uuid.as_str())
}

fn seen_where(
    db: &Connection,
    viewer: &Viewer,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<ReportRow>> {
    if !viewer.may(REPORT_VIEW) {
        return Ok(Vec::new());
    }
    let sees = sees_sql(viewer);
    let sql = format!("select {COLUMNS} from report where {sees} and {condition} order by report.id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map(parameters, from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// What is kept of a report.
#[derive(Debug)]
pub struct Values<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub kind: Kind,
    pub query: &'a str,
    pub scope: &'a Scope,
}

pub fn insert(tx: &Tx<'_>, values: &Values<'_>) -> Result<i64> {
    let (audience, label) = values.scope.audience();
    tx.prepare_cached(
        "insert into report (title, description, kind, query, scope, owner, audience, audience_label, created_at, changed_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    )?
    .execute((
        values.title,
        values.description,
        values.kind.name(),
        values.query,
        values.scope.name(),
        tx.actor(),
        audience,
        label,
        tx.now(),
    ))?;
    Ok(tx.last_insert_rowid())
}

pub fn update(tx: &Tx<'_>, id: i64, owner: Option<i64>, values: &Values<'_>) -> Result<()> {
    let (audience, label) = values.scope.audience();
    tx.prepare_cached(
        "update report set title = ?2, description = ?3, kind = ?4, query = ?5, scope = ?6, owner = ?7, audience = ?8,
             audience_label = ?9, changed_at = ?10, revision = revision + 1 where id = ?1",
    )?
    .execute((
        id,
        values.title,
        values.description,
        values.kind.name(),
        values.query,
        values.scope.name(),
        owner,
        audience,
        label,
        tx.now(),
    ))?;
    Ok(())
}

pub fn delete(tx: &Tx<'_>, id: i64) -> Result<()> {
    end_usual(tx, id)?;
    tx.execute("update report set deleted_at = ?2, revision = revision + 1 where id = ?1", (id, tx.now()))?;
    Ok(())
}

/// Makes a report nobody's usual list. False if it was nobody's.
pub fn end_usual(tx: &Tx<'_>, id: i64) -> Result<bool> {
    Ok(tx.execute("delete from report_usual where report = ?1", [id])? > 0)
}

/// Makes a report the usual list of an account (empty: of all), or takes that back.
pub fn set_usual(tx: &Tx<'_>, account: &str, id: i64, is_usual: bool) -> Result<bool> {
    let changed = if is_usual {
        tx.execute(
            "insert into report_usual (account, report) values (?1, ?2)
             on conflict (account) do update set report = ?2 where report <> ?2",
            (account, id),
        )?
    } else {
        tx.execute("delete from report_usual where account = ?1 and report = ?2", (account, id))?
    };
    Ok(changed > 0)
}

/// Usual lists that are none: for `check`.
pub fn usual_without_report(db: &Connection) -> Result<i64> {
    let sql = "select count(*) from report_usual join report on report.id = report_usual.report
               where report.deleted_at is not null or report.kind <> 'query'";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}
