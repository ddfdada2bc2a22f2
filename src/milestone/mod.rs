//! Milestones: what is planned for when. Tickets are put into them, the roadmap shows how far they are.
//!
//! `store` keeps them, `edit` is the one way to change them, `due` knows what their dates mean today. Their pages
//! and forms count tickets, so they stand on a higher floor, in `roadmap`.

pub mod name;
pub mod due;
pub mod store;
pub mod edit;
mod link;
mod occurrence;

use rusqlite::Connection;

use crate::base::component::{Card, Component, Document, KeptText, Occurrence, Owner, Searchable, TimelineFilter};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup::{self, Flavour, Here, LinkKind};
use crate::base::project::{Project, Tx};
use crate::base::resource::Resource;
use crate::base::settings::Setting;
use crate::base::site::Site;
use crate::base::viewer::{ByDefault, Permission, Viewer};
use name::MilestoneName;
use store::MilestoneRow;

pub const MILESTONE_VIEW: Permission =
    Permission { name: "MILESTONE_VIEW", doc: "See milestones.", implies: &[], by_default: ByDefault::Readers };
pub const MILESTONE_CREATE: Permission =
    Permission { name: "MILESTONE_CREATE", doc: "Make milestones.", implies: &[], by_default: ByDefault::Nobody };
pub const MILESTONE_MODIFY: Permission = Permission {
    name: "MILESTONE_MODIFY",
    doc: "Change, rename and complete milestones, and attach files to them.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const MILESTONE_DELETE: Permission =
    Permission { name: "MILESTONE_DELETE", doc: "Delete milestones.", implies: &[], by_default: ByDefault::Nobody };
pub const MILESTONE_ADMIN: Permission = Permission {
    name: "MILESTONE_ADMIN",
    doc: "All rights on milestones.",
    implies: &["MILESTONE_VIEW", "MILESTONE_CREATE", "MILESTONE_MODIFY", "MILESTONE_DELETE"],
    by_default: ByDefault::Nobody,
};

/// Not there, or not to be seen: one sentence for both, and for every address that means nothing.
pub const NO_MILESTONE: &str = "There is no page at this address.";

pub struct Milestones;

pub static COMPONENT: Milestones = Milestones;

impl Component for Milestones {
    fn name(&self) -> &'static str {
        "milestone"
    }

    fn permissions(&self) -> &'static [Permission] {
        &[MILESTONE_VIEW, MILESTONE_CREATE, MILESTONE_MODIFY, MILESTONE_DELETE, MILESTONE_ADMIN]
    }

    fn settings(&self) -> &'static [Setting] {
        &[due::TIME_ZONE]
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[("milestone", MILESTONE_VIEW)]
    }

    fn searchable(&self) -> &'static [Searchable] {
        &[Searchable { kind: "milestone", title: "Milestones", permission: None }]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        let Some(row) = store::by_id_unseen(db, resource.id)? else {
            return Ok(None);
        };
        let status = if row.completed_at.is_some() { "completed" } else { "open" };
        Ok(Some(Document {
            resource: resource.clone(),
            acl: row.acl,
            participants: Vec::new(),
            text: markup::plain(&row.description),
            author: store::author_of(db, &row)?,
            changed: row.changed_at,
            permission: MILESTONE_VIEW.name,
            facets: vec![("status", status.to_owned()), ("milestone", row.name.clone())],
            title: row.name,
        }))
    }

    fn document_ids(&self, db: &Connection, _kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        store::ids_after(db, after, limit)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, _kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        if !viewer.may(MILESTONE_VIEW) {
            return Ok(ids.iter().map(|_| None).collect());
        }
        let rows = store::by_ids(db, viewer, ids)?;
        ids.iter().map(|id| rows.iter().find(|row| row.id == *id).map(|row| card(db, row)).transpose()).collect()
    }

    fn timeline(&self) -> &'static [TimelineFilter] {
        occurrence::FILTERS
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        occurrence::occurrences(db, viewer, events)
    }

    fn owner(&self, db: &Connection, viewer: &Viewer, realm: &str, id: &str) -> Result<Option<Owner>> {
        if realm != "milestone" || !viewer.may(MILESTONE_VIEW) {
            return Ok(None);
        }
        let Ok(name) = MilestoneName::parse(id, "name") else {
            return Ok(None);
        };
        Ok(store::find(db, viewer, name.folded())?.map(owner))
    }

    fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        if !resource.is("milestone") || !viewer.may(MILESTONE_VIEW) {
            return Ok(None);
        }
        Ok(store::by_id(db, viewer, resource.id)?.map(owner))
    }

    fn text_to_change(
        &self,
        db: &Connection,
        viewer: &Viewer,
        resource: &Resource,
        _part: &str,
    ) -> Result<Option<KeptText>> {
        if !viewer.may(MILESTONE_VIEW) || !viewer.may(MILESTONE_MODIFY) {
            return Ok(None);
        }
        Ok(store::by_id(db, viewer, resource.id)?.map(|row| KeptText {
            resource: resource.clone(),
            part: String::new(),
            flavour: Flavour::Page,
            acl: row.acl,
            here: Here { resource: resource.clone(), name: row.name },
            text: row.description,
            revision: row.changed_at.0,
        }))
    }

    fn change_text(
        &self,
        site: &Site,
        tx: &Tx<'_>,
        viewer: &Viewer,
        kept: &KeptText,
        text: &str,
        _why: &str,
    ) -> Result<i64> {
        let row = edit::describe(site, tx, viewer, kept.resource.id, kept.revision, text)?;
        Ok(row.changed_at.0)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        project.read(|db| {
            for name in store::wrongly_folded(db)? {
                findings.push(format!("milestone “{name}”: it is not kept under the folded form of its name"));
            }
            for name in store::wrongly_dated(db)? {
                findings.push(format!("milestone “{name}”: its due date is no day of the calendar"));
            }
            Ok(())
        })
    }
}

/// A milestone as what files hang on.
pub fn owner(row: MilestoneRow) -> Owner {
    Owner {
        resource: Resource::new("milestone", row.id),
        acl: row.acl,
        realm: "milestone",
        href: name::href_of(&row.name),
        title: format!("Milestone {}", row.name),
        id: row.name,
        to_view: MILESTONE_VIEW,
        to_attach: MILESTONE_MODIFY,
        to_remove: MILESTONE_DELETE,
        asked_by: None,
    }
}

fn card(db: &Connection, row: &MilestoneRow) -> Result<Card> {
    Ok(Card {
        resource: Resource::new("milestone", row.id),
        title: row.name.clone(),
        href: name::href_of(&row.name),
        author: store::author_of(db, row)?,
        changed: row.changed_at,
        place: String::new(),
        class: link::class(row),
    })
}
