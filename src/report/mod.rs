//! Reports: lists of tickets that are kept under a name, for oneself, a group or the project, and questions in SQL
//! (rows R01 to R17).
//!
//! `store` keeps them, `edit` is the one way to change them, `pages` lists, shows and edits them. Lists of tickets are shown
//! by the page of queries: it is asked for their address form and told of them through the trait of components. SQL runs in
//! `sandbox`, reads `views` alone, has its `variables` bound, and `shown` gives its columns their meaning.

mod edit_pages;
mod export;
mod link;
mod neighbours;
mod occurrence;
mod pages;
mod sql_page;
pub mod edit;
pub mod sandbox;
pub mod shown;
pub mod store;
pub mod variables;
pub mod views;

use rusqlite::Connection;

use crate::base::component::{
    Component, Guarded, ListPlace, Neighbours, Occurrence, SavedList, SavedLists, TimelineFilter,
};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup::LinkKind;
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::viewer::{ByDefault, DEFAULT_CLASS, Permission, Viewer};
use store::{Kind, ReportRow};

pub const REPORT_VIEW: Permission =
    Permission { name: "REPORT_VIEW", doc: "See reports.", implies: &[], by_default: ByDefault::Readers };
pub const REPORT_SQL_VIEW: Permission = Permission {
    name: "REPORT_SQL_VIEW",
    doc: "See the SQL of reports.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const REPORT_CREATE: Permission = Permission {
    name: "REPORT_CREATE",
    doc: "Make reports for others. Lists for oneself need no right.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const REPORT_MODIFY: Permission = Permission {
    name: "REPORT_MODIFY",
    doc: "Change the reports of others, and choose the list that everybody gets first.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const REPORT_DELETE: Permission =
    Permission { name: "REPORT_DELETE", doc: "Delete reports.", implies: &[], by_default: ByDefault::Nobody };
pub const REPORT_SQL_MODIFY: Permission = Permission {
    name: "REPORT_SQL_MODIFY",
    doc: "Write reports in SQL. They read only what their reader may see, but can keep the server busy.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const REPORT_ADMIN: Permission = Permission {
    name: "REPORT_ADMIN",
    doc: "All rights on reports.",
    implies: &[
        "REPORT_VIEW", "REPORT_SQL_VIEW", "REPORT_CREATE", "REPORT_MODIFY", "REPORT_DELETE", "REPORT_SQL_MODIFY",
    ],
    by_default: ByDefault::Nobody,
};

/// Not there, or not to be seen: one sentence for both.
pub const NO_REPORT: &str = "There is no page at this address.";

/// The address of a report, below the project's.
pub fn report_href(number: i64) -> String {
    format!("/report/{number}")
}

pub struct Reports;

pub static COMPONENT: Reports = Reports;

impl Component for Reports {
    fn name(&self) -> &'static str {
        "report"
    }

    fn routes(&self) -> Vec<rocket::Route> {
        let mut routes = pages::routes();
        routes.extend(edit_pages::routes());
        routes
    }

    fn permissions(&self) -> &'static [Permission] {
        &[REPORT_VIEW, REPORT_SQL_VIEW, REPORT_CREATE, REPORT_MODIFY, REPORT_DELETE, REPORT_SQL_MODIFY, REPORT_ADMIN]
    }

    fn guarded(&self, db: &Connection, viewer: &Viewer, kind: &str, id: &str) -> Result<Option<Guarded>> {
        let (true, true, Ok(number)) = (kind == "report", viewer.may(REPORT_VIEW), id.parse()) else { return Ok(None) };
        Ok(store::find(db, viewer, number)?.map(|row| Guarded {
            resource: Resource::new("report", row.id),
            acl: DEFAULT_CLASS,
            title: format!("the report “{}”", row.title),
            to_view: REPORT_VIEW,
        }))
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn timeline(&self) -> &'static [TimelineFilter] {
        occurrence::FILTERS
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        occurrence::occurrences(db, viewer, events)
    }

    fn neighbours(&self, db: &Connection, viewer: &Viewer, place: &ListPlace) -> Result<Option<Neighbours>> {
        neighbours::neighbours(db, viewer, place)
    }

    fn saved_lists(&self) -> Option<&'static dyn SavedLists> {
        Some(&COMPONENT)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        let lost = project.read(store::usual_without_report)?;
        if lost > 0 {
            findings.push(format!("{lost} usual lists are reports that are gone or no lists"));
        }
        Ok(())
    }
}

impl SavedLists for Reports {
    fn may_see(&self, viewer: &Viewer) -> bool {
        viewer.may(REPORT_VIEW)
    }

    fn may_save(&self, viewer: &Viewer) -> bool {
        edit::may_save(viewer)
    }

    fn by_number(&self, db: &Connection, viewer: &Viewer, number: i64) -> Result<Option<SavedList>> {
        let row = store::find(db, viewer, number)?;
        Ok(row.filter(|row| row.kind == Kind::Query).map(|row| saved(row, viewer)))
    }

    fn usual(&self, db: &Connection, viewer: &Viewer) -> Result<Option<SavedList>> {
        Ok(store::usual(db, viewer)?.map(|row| saved(row, viewer)))
    }
}

fn saved(row: ReportRow, viewer: &Viewer) -> SavedList {
    SavedList {
        may_change: edit::may_change(viewer, &row),
        number: row.id,
        title: row.title,
        description: row.description,
        query: row.query.trim_start_matches('?').to_owned(),
    }
}
