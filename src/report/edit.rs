//! The one way to change reports, whoever asks: form, JSON or command (row R14).
//!
//! What somebody keeps for themselves needs nothing but being signed in, and is theirs to change. What others see needs
//! `REPORT_CREATE`, `REPORT_MODIFY` and `REPORT_DELETE`. SQL is written by those with `REPORT_SQL_MODIFY` alone.

use serde_json::json;

use super::store::{self, Kind, ReportRow, Scope, Values};
use super::{NO_REPORT, REPORT_CREATE, REPORT_DELETE, REPORT_MODIFY, REPORT_SQL_MODIFY, REPORT_VIEW, sandbox};
use crate::auth::groups;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::{DEFAULT_CLASS, TRASH_CLASS, Viewer};
use crate::web::form::shortened;

pub const LONGEST_TITLE: usize = 200;
pub const LARGEST_TEXT: usize = 256 * 1024;

/// What somebody wants a report to be; what is none stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
    /// `query` or `sql`; none: as the text looks.
    pub kind: Option<&'a str>,
    pub query: Option<&'a str>,
    /// `project`, `person`, or `group:NAME`.
    pub scope: Option<&'a str>,
    /// The list that whoever asks gets when they ask for none.
    pub usual: Option<bool>,
    /// The list that everybody gets who has chosen none.
    pub usual_for_all: Option<bool>,
}

/// What a wish comes to.
struct Checked {
    title: String,
    description: String,
    kind: Kind,
    query: String,
    scope: Scope,
}

impl Checked {
    fn values(&self) -> Values<'_> {
        Values {
            title: &self.title,
            description: &self.description,
            kind: self.kind,
            query: &self.query,
            scope: &self.scope,
        }
    }
}

pub fn create(site: &Site, project: &Project, by: Act<'_>, wish: &Wish<'_>) -> Result<ReportRow> {
    require_to_save(by.viewer)?;
    let checked = checked(site, project, by.viewer, None, wish)?;
    require_to_share(by.viewer, &checked.scope)?;
    if checked.kind == Kind::Sql {
        by.viewer.require(REPORT_SQL_MODIFY)?;
    }
    project.write(by, |tx| {
        let id = store::insert(tx, &checked.values())?;
        save_usual(tx, by.viewer, id, checked.kind, wish)?;
        let row = written(tx, id)?;
        record(tx, "report.created", &row, &[])?;
        Ok(row)
    })
}

/// `seen`: the revision that was looked at.
pub fn change(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    id: i64,
    seen: Option<i64>,
    wish: &Wish<'_>,
) -> Result<ReportRow> {
    let old = project.read(|db| store::find(db, by.viewer, id))?.ok_or_else(|| Error::not_found(NO_REPORT))?;
    require_to_change(by.viewer, &old)?;
    let checked = checked(site, project, by.viewer, Some(&old), wish)?;
    if checked.scope != old.scope {
        require_to_share(by.viewer, &checked.scope)?;
    }
    let takes_over = checked.scope == Scope::Person && !is_own(by.viewer, &old);
    if takes_over {
        // Nobody else sees it afterwards.
        by.viewer.require(REPORT_DELETE)?;
    }
    let touches_sql = checked.query != old.query || checked.kind != old.kind;
    if touches_sql && (checked.kind == Kind::Sql || old.kind == Kind::Sql) {
        by.viewer.require(REPORT_SQL_MODIFY)?;
    }
    project.write(by, |tx| {
        let old = written(tx, id)?;
        if seen.is_some_and(|seen| seen != old.revision) {
            return Err(Error::conflict(
                "Somebody has changed this report since you looked. Nothing of yours is saved yet: please compare and \
                 save again.",
            ));
        }
        let mut fields = Vec::new();
        for (field, differs) in [
            ("title", old.title != checked.title),
            ("description", old.description != checked.description),
            ("query", old.query != checked.query || old.kind != checked.kind),
            ("scope", old.scope != checked.scope),
        ] {
            if differs {
                fields.push(field);
            }
        }
        if !fields.is_empty() {
            let owner = if takes_over { tx.actor() } else { old.owner };
            store::update(tx, id, owner, &checked.values())?;
        }
        if save_usual(tx, by.viewer, id, checked.kind, wish)? {
            fields.push("usual");
        }
        let row = written(tx, id)?;
        if !fields.is_empty() {
            record(tx, "report.changed", &row, &fields)?;
        }
        Ok(row)
    })
}

pub fn delete(project: &Project, by: Act<'_>, id: i64, seen: Option<i64>) -> Result<()> {
    let row = project.read(|db| store::find(db, by.viewer, id))?.ok_or_else(|| Error::not_found(NO_REPORT))?;
    if !may_delete(by.viewer, &row) {
        refuse_archived(by.viewer)?;
        by.viewer.require(REPORT_DELETE)?;
    }
    project.write(by, |tx| {
        let row = written(tx, id)?;
        if seen.is_some_and(|seen| seen != row.revision) {
            return Err(Error::conflict("Somebody has changed this report since you looked; it is still there."));
        }
        store::delete(tx, id)?;
        record(tx, "report.deleted", &row, &[])
    })
}

/// Whether it is somebody's own, shared with all or with nobody.
fn is_own(viewer: &Viewer, row: &ReportRow) -> bool {
    viewer.principal.is_operator() || (row.owner.is_some() && row.owner == viewer.person)
}

pub fn may_save(viewer: &Viewer) -> bool {
    viewer.may(REPORT_VIEW) && require_to_save(viewer).is_ok()
}

pub fn may_change(viewer: &Viewer, row: &ReportRow) -> bool {
    require_to_change(viewer, row).is_ok()
}

pub fn may_delete(viewer: &Viewer, row: &ReportRow) -> bool {
    let own = is_own(viewer, row) && row.scope != Scope::Project && !viewer.archived;
    own || viewer.may(REPORT_DELETE)
}

/// For whoever is to keep anything at all.
fn require_to_save(viewer: &Viewer) -> Result<()> {
    if viewer.archived || (!viewer.signed_in() && !viewer.principal.is_operator()) {
        return viewer.require(REPORT_CREATE);
    }
    Ok(())
}

fn refuse_archived(viewer: &Viewer) -> Result<()> {
    if viewer.archived { viewer.require(REPORT_MODIFY) } else { Ok(()) }
}

fn require_to_share(viewer: &Viewer, scope: &Scope) -> Result<()> {
    match scope {
        Scope::Person if viewer.signed_in() || viewer.principal.is_operator() => Ok(()),
        Scope::Person => Err(Error::invalid("scope", "Only who is signed in can keep a report to themselves.")),
        _ => viewer.require(REPORT_CREATE),
    }
}

fn require_to_change(viewer: &Viewer, row: &ReportRow) -> Result<()> {
    refuse_archived(viewer)?;
    if is_own(viewer, row) && row.scope != Scope::Project { Ok(()) } else { viewer.require(REPORT_MODIFY) }
}

/// Everything that is wrong with a wish, or what it comes to.
fn checked(
    site: &Site,
    project: &Project,
    viewer: &Viewer,
    old: Option<&ReportRow>,
    wish: &Wish<'_>,
) -> Result<Checked> {
    let mut problems = Vec::new();
    let title = wish.title.or(old.map(|old| old.title.as_str())).unwrap_or_default().trim();
    if title.is_empty() {
        problems.push(Problem::new("title", "A report needs a title."));
    } else if title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
        problems.push(Problem::new("title", format!("A title is one line of at most {LONGEST_TITLE} characters.")));
    }
    let description = wish.description.or(old.map(|old| old.description.as_str())).unwrap_or_default();
    if description.len() > LARGEST_TEXT {
        problems.push(Problem::new("description", "A description holds at most 256 KiB."));
    }
    let text = wish.query.or(old.map(|old| old.query.as_str())).unwrap_or_default();
    let kind = match wish.kind {
        Some("query") => Kind::Query,
        Some("sql") => Kind::Sql,
        Some(other) if !other.is_empty() => {
            let message = format!("There is no kind `{}`; it is query or sql.", shortened(other));
            problems.push(Problem::new("kind", message));
            Kind::Query
        }
        _ => match old.filter(|old| wish.query.is_none_or(|query| query == old.query)) {
            Some(old) => old.kind,
            None => kind_of(text),
        },
    };
    let query = match kind {
        Kind::Sql => sql(text),
        Kind::Query if old.is_some_and(|old| old.kind == kind && old.query == text) => Ok(text.to_owned()),
        Kind::Query => query(project, viewer, text),
    };
    let query = match query {
        Ok(query) => query,
        Err(Error::Invalid(more)) => {
            problems.extend(more.into_iter().map(|problem| Problem::new("query", problem.message)));
            String::new()
        }
        Err(other) => return Err(other),
    };
    let usual = wish.usual == Some(true) || wish.usual_for_all == Some(true);
    if usual && kind == Kind::Sql {
        problems.push(Problem::new("usual", "Only a list of tickets can be the usual one."));
    }
    let scope = match wish.scope {
        Some(scope) => scope_of(site, viewer, scope, old),
        None => Ok(old.map_or(Scope::Person, |old| old.scope.clone())),
    };
    let scope = match scope {
        Ok(scope) => scope,
        Err(Error::Invalid(more)) => {
            problems.extend(more);
            Scope::Person
        }
        Err(other) => return Err(other),
    };
    if wish.usual_for_all == Some(true) {
        viewer.require(REPORT_MODIFY)?;
        if scope != Scope::Project {
            problems
                .push(Problem::new("usual_for_all", "Not everybody sees it, so it can't be everybody's usual list."));
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    Ok(Checked { title: title.to_owned(), description: description.to_owned(), kind, query, scope })
}

/// How a text looks: a list begins with `?` or `query:`, anything else is SQL (row R02).
pub fn kind_of(text: &str) -> Kind {
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('?') || text.starts_with("query:") { Kind::Query } else { Kind::Sql }
}

fn sql(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("query", "A report needs something to ask."));
    }
    if text.len() > sandbox::LONGEST_SQL {
        return Err(Error::invalid("query", "The SQL of a report holds at most 64 KiB."));
    }
    Ok(text.to_owned())
}

/// The address form of a list; line breaks in it mean nothing.
fn query(project: &Project, viewer: &Viewer, text: &str) -> Result<String> {
    let text: String = text.lines().map(str::trim).collect();
    let text = text.strip_prefix("query:").unwrap_or(&text);
    if text.is_empty() {
        return Err(Error::invalid("query", "A report needs something to ask."));
    }
    let address = project.read(|db| project.components().list_address(db, viewer, text))?;
    let address = address.ok_or_else(|| Error::invalid("query", "There are no lists of tickets here."))?;
    Ok(format!("?{address}"))
}

fn scope_of(site: &Site, viewer: &Viewer, written: &str, old: Option<&ReportRow>) -> Result<Scope> {
    match written {
        "project" => return Ok(Scope::Project),
        "person" => return Ok(Scope::Person),
        _ => {}
    }
    let unknown = || {
        let message =
            format!("`{}` is no way to share it: project, person, or group: and a group of yours.", shortened(written));
        Error::invalid("scope", message)
    };
    let name = written.strip_prefix("group:").ok_or_else(unknown)?;
    if let Some(Scope::Group { name: kept, .. }) = old.map(|old| &old.scope)
        && kept == name
    {
        return Ok(old.map(|old| old.scope.clone()).unwrap_or(Scope::Person));
    }
    let (id, name) = site.read(|db| groups::find(db, name))?.ok_or_else(unknown)?;
    let is_member = viewer.principal.groups.contains(&id) || viewer.principal.administers();
    if is_member { Ok(Scope::Group { id, name }) } else { Err(unknown()) }
}

fn save_usual(tx: &Tx<'_>, viewer: &Viewer, id: i64, kind: Kind, wish: &Wish<'_>) -> Result<bool> {
    if kind == Kind::Sql {
        // What is no list any more is nobody's usual one.
        return store::end_usual(tx, id);
    }
    let mut changed = false;
    let account = viewer.principal.identity.as_ref().map(|identity| identity.uuid.as_str());
    let wishes = [(account, wish.usual), (Some(""), wish.usual_for_all.filter(|_| viewer.may(REPORT_MODIFY)))];
    for (account, wish) in wishes {
        if let (Some(account), Some(is_usual)) = (account, wish) {
            changed |= store::set_usual(tx, account, id, is_usual)?;
        }
    }
    Ok(changed)
}

/// As it stands in this transaction, whoever sees it.
fn written(tx: &Tx<'_>, id: i64) -> Result<ReportRow> {
    store::find_unseen(tx, id)?.ok_or_else(|| Error::not_found(NO_REPORT))
}

/// What only some see is told to nobody.
fn record(tx: &Tx<'_>, kind: &'static str, row: &ReportRow, fields: &[&str]) -> Result<()> {
    let class = if row.scope == Scope::Project { DEFAULT_CLASS } else { TRASH_CLASS };
    let event = NewEvent::new(kind, Resource::new("report", row.id), class).data(json!({ "fields": fields }));
    tx.record(&event.saying("what", format!("{{{}}} {}", row.id, row.title)))?;
    Ok(())
}
