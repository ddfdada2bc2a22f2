//! Tickets: what is to be done, who does it, and everything that was said about it.
//!
//! `fields` says what a ticket has, `store` keeps it, `edit` is the one way to change it, `workflow` decides which actions
//! there are, `history` reads what was. `worked` is the time that it took, with its rows in `time_store` and the table of all
//! tickets in `time_table`; `reminders` and `bookmarks` bring tickets back to people.

pub mod status;
pub mod progress_groups;
pub mod fields;
pub mod own_fields;
mod field_types;
pub mod own_fields_wish;
pub mod own_fields_edit;
pub mod own_fields_admin;
pub use crate::base::duration;
pub mod time_store;
pub mod worked;
pub mod time_table;
pub mod reminders;
pub mod bookmarks;
pub mod calendar;
pub mod asked;
pub mod options;
pub mod values;
pub mod workflow;
pub mod people;
pub mod store;
pub mod plan;
mod typed;
pub mod access;
pub mod relations;
pub mod sight;
mod relations_rules;
mod relations_pages;
mod relations_admin;
pub mod merge;
mod merge_entries;
mod merge_pages;
pub mod edit;
pub mod note_store;
pub mod note;
mod obey;
pub mod tally;
pub mod course;
pub mod burn;
pub mod ways;
pub mod history;
pub mod json;
pub mod workflow_edit;
pub mod workflows;
pub mod options_edit;
pub mod queue_store;
pub mod queue;
pub mod admin;
mod wording;
mod kept_text;
mod written;
mod written_pages;
pub mod watch_pages;
mod history_pages;
mod mentions;
mod workflow_admin;
mod queue_admin;
mod workflow_drawing;
mod workflow_macro;
pub mod link;
mod document;
mod head;
mod form;
mod controls;
mod drawn_entries;
mod drawn_fields;
pub mod trash;
mod trash_pages;
pub mod undo;
mod undo_pages;
pub mod batch;
mod look;
pub mod seen;
mod tasks;
pub mod texts;
mod texts_admin;
mod template;
mod reply;
pub mod audience;
mod similar;
mod copy;
mod conversation;
mod edit_form;
mod scene;
mod pages;
mod change_pages;
mod new_pages;
mod export;
pub mod verbs;
pub mod moves;
mod beside;
mod remarks;
mod time_pages;
mod time_table_pages;
mod reminder_pages;
mod bookmark_pages;

use std::borrow::Cow;
use std::sync::Arc;

use rocket::Route;
use rusqlite::Connection;

use crate::base::component::{
    Card, Component, Document, Guarded, KeptText, Obeyed, Occurrence, Order, Owner, Panel, Place, Searchable,
    TimelineFilter,
};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::field_type::FieldType;
use crate::base::markup::{LinkKind, Macro};
use crate::base::project::{Project, Tx};
use crate::base::resource::Resource;
use crate::base::settings::Setting;
use crate::base::site::Site;
use crate::base::viewer::{ByDefault, Permission, Viewer};

pub const TICKET_VIEW: Permission = Permission {
    name: "TICKET_VIEW",
    doc: "See tickets, their history and their attachments.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const TICKET_CREATE: Permission =
    Permission { name: "TICKET_CREATE", doc: "File tickets.", implies: &[], by_default: ByDefault::Writers };
pub const TICKET_APPEND: Permission = Permission {
    name: "TICKET_APPEND",
    doc: "Comment on tickets and attach files to them.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_CHGPROP: Permission = Permission {
    name: "TICKET_CHGPROP",
    doc: "Change the fields of tickets, but not reporter, Cc and description.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_MODIFY: Permission = Permission {
    name: "TICKET_MODIFY",
    doc: "Comment on tickets and change their fields; most actions of the workflow ask for it.",
    implies: &["TICKET_APPEND", "TICKET_CHGPROP"],
    by_default: ByDefault::Writers,
};
pub const TICKET_EDIT_CC: Permission = Permission {
    name: "TICKET_EDIT_CC",
    doc: "Change the whole Cc list, not only whether oneself is on it.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_EDIT_DESCRIPTION: Permission = Permission {
    name: "TICKET_EDIT_DESCRIPTION",
    doc: "Change the descriptions of tickets that others have filed.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_EDIT_COMMENT: Permission = Permission {
    name: "TICKET_EDIT_COMMENT",
    doc: "Change the comments of others.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_NOTES: Permission = Permission {
    name: "TICKET_NOTES",
    doc: "Read and write internal notes on tickets.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_PRIVATE: Permission = Permission {
    name: "TICKET_PRIVATE",
    doc: "See private tickets that one takes no part in.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TIME_VIEW: Permission = Permission {
    name: "TIME_VIEW",
    doc: "See who has worked how long on tickets.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const TIME_ADMIN: Permission = Permission {
    name: "TIME_ADMIN",
    doc: "Enter and correct the time that others have worked on tickets.",
    implies: &["TIME_VIEW"],
    by_default: ByDefault::Nobody,
};
pub const TICKET_ADMIN: Permission = Permission {
    name: "TICKET_ADMIN",
    doc: "All rights on tickets, and the administration of their fields and their workflow.",
    implies: &[
        "TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY", "TICKET_EDIT_CC", "TICKET_EDIT_DESCRIPTION",
        "TICKET_EDIT_COMMENT", "TICKET_BATCH_MODIFY", "TICKET_NOTES", "TICKET_PRIVATE", "TIME_VIEW", "TIME_ADMIN",
    ],
    by_default: ByDefault::Nobody,
};

pub const TICKET_BATCH_MODIFY: Permission = Permission {
    name: "TICKET_BATCH_MODIFY",
    doc: "Change many tickets in one act, as far as one may change each of them.",
    implies: &["TICKET_MODIFY"],
    by_default: ByDefault::Nobody,
};
pub const TICKET_PURGE: Permission = Permission {
    name: "TICKET_PURGE",
    doc: "Erase tickets that are in the trash, for good.",
    implies: &[],
    by_default: ByDefault::Nobody,
};

/// The setting that holds the text of the workflow; none: the shipped one.
pub const WORKFLOW: &str = "workflow";

/// Missing and hidden tickets give the same answer.
pub const NO_TICKET: &str = "There is no such ticket.";

/// The address of a ticket, below the project's.
pub fn ticket_href(id: i64) -> String {
    format!("/ticket/{id}")
}

/// The address of a comment on a ticket, below the project's. Of a ticket with many comments it names the page;
/// `latest` is the number of the newest one.
pub fn comment_href(id: i64, number: i64, latest: i64) -> String {
    match conversation::page_of_comment(number, latest) {
        None => format!("/ticket/{id}#comment:{number}"),
        Some(page) => format!("/ticket/{id}?page={page}#comment:{number}"),
    }
}

pub struct Tickets;

pub static COMPONENT: Tickets = Tickets;

impl Component for Tickets {
    fn name(&self) -> &'static str {
        "ticket"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = pages::routes();
        routes.extend(change_pages::routes());
        routes.extend(new_pages::routes());
        routes.extend(written_pages::routes());
        routes.extend(history_pages::routes());
        routes.extend(look::routes());
        routes.extend(seen::routes());
        routes.extend(tasks::routes());
        routes.extend(texts_admin::routes());
        routes.extend(reply::routes());
        routes.extend(similar::routes());
        routes.extend(time_pages::routes());
        routes.extend(time_table_pages::routes());
        routes.extend(reminder_pages::routes());
        routes.extend(bookmark_pages::routes());
        routes.extend(workflow_admin::routes());
        routes.extend(own_fields_admin::routes());
        routes.extend(trash_pages::routes());
        routes.extend(undo_pages::routes());
        routes.extend(admin::routes());
        routes.extend(watch_pages::routes());
        routes.extend(queue_admin::routes());
        routes.extend(relations_pages::routes());
        routes.extend(relations_admin::routes());
        routes.extend(merge_pages::routes());
        routes
    }

    fn panels(&self) -> &'static [Panel] {
        &admin::PANELS
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Tickets", path: "/query", key: "t", any_of: &[TICKET_VIEW], order: 20 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[
            TICKET_VIEW, TICKET_CREATE, TICKET_APPEND, TICKET_CHGPROP, TICKET_MODIFY, TICKET_EDIT_CC,
            TICKET_EDIT_DESCRIPTION, TICKET_EDIT_COMMENT, TICKET_NOTES, TICKET_PRIVATE, TICKET_BATCH_MODIFY,
            TICKET_PURGE, TIME_VIEW, TIME_ADMIN, TICKET_ADMIN,
        ]
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn macros(&self) -> &'static [Macro] {
        &[workflow_macro::WORKFLOW]
    }

    fn react(&self, tx: &Tx<'_>, event: &Event) -> Result<()> {
        let retarget = event.data.get("retarget").and_then(|milestone| milestone.as_i64());
        match event.kind.as_str() {
            "milestone.deleted" => {
                let why = "Moved when its milestone was deleted.";
                edit::retarget(tx, event.resource.id, retarget, false, why, None)
            }
            "milestone.completed" if retarget.is_some() => {
                let why = "Moved when its milestone was completed.";
                edit::retarget(tx, event.resource.id, retarget, true, why, tx.said().as_ref())
            }
            _ => Ok(()),
        }
    }

    fn obey(&self, site: &Site, tx: &Tx<'_>, viewer: &Viewer, order: &Order) -> Result<Option<Obeyed>> {
        obey::obey(site, tx, viewer, order).map(Some)
    }

    fn rights_in_components(&self) -> &'static [Permission] {
        &[
            TICKET_CREATE, TICKET_APPEND, TICKET_CHGPROP, TICKET_MODIFY, TICKET_EDIT_CC, TICKET_EDIT_DESCRIPTION,
            TICKET_EDIT_COMMENT,
        ]
    }

    fn component_called(&self, db: &Connection, name: &str) -> Result<Option<i64>> {
        options::id_of(db, "component", name)
    }

    fn component_name(&self, db: &Connection, id: i64) -> Result<Option<String>> {
        options::name_of(db, id)
    }

    fn settings(&self) -> &'static [Setting] {
        &[
            obey::CLOSE_ACTION,
            obey::CLOSE_RESOLUTION,
            obey::REOPEN_ACTION,
            relations_rules::CLOSE_WITH_OPEN_DEPENDENCIES,
        ]
    }

    fn field_types(&self) -> Vec<FieldType> {
        field_types::all()
    }

    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[("ticket", TICKET_VIEW)]
    }

    fn text_to_change(
        &self,
        db: &Connection,
        viewer: &Viewer,
        resource: &Resource,
        part: &str,
    ) -> Result<Option<KeptText>> {
        kept_text::find(db, viewer, resource, part)
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
        kept_text::change(site, tx, viewer, kept, text)
    }

    fn searchable(&self) -> &[Searchable] {
        &[
            Searchable { kind: "ticket", title: "Tickets", permission: None },
            Searchable { kind: note::KIND, title: "Internal notes", permission: None },
            Searchable { kind: remarks::KIND, title: "Time worked", permission: Some(TIME_VIEW) },
        ]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        match resource.kind.as_ref() {
            note::KIND => note::document(db, resource),
            remarks::KIND => remarks::document(db, resource),
            _ => document::document(db, resource),
        }
    }

    fn document_ids(&self, db: &Connection, kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        match kind {
            note::KIND => note_store::ids_after(db, after, limit),
            remarks::KIND => time_store::remarked_after(db, after, limit),
            _ => store::ids_after(db, after, limit),
        }
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        match kind {
            note::KIND => note::cards(db, viewer, ids),
            remarks::KIND => remarks::cards(db, viewer, ids),
            _ => document::cards(db, viewer, ids),
        }
    }

    fn owner(&self, db: &Connection, viewer: &Viewer, realm: &str, id: &str) -> Result<Option<Owner>> {
        if realm != "ticket" {
            return Ok(None);
        }
        let Some(number) = link::number(id) else {
            return Ok(None);
        };
        self.owner_of(db, viewer, &Resource::new("ticket", number))
    }

    fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        if !resource.is("ticket") {
            return Ok(None);
        }
        let Some(row) = store::by_ids(db, viewer, &[resource.id])?.pop() else { return Ok(None) };
        let asked_by = match access::standing(db, viewer, &row)? {
            Cow::Owned(viewer) => Some(Arc::new(viewer)),
            Cow::Borrowed(_) => None,
        };
        Ok(Some(Owner {
            resource: Resource::new("ticket", row.id),
            acl: row.acl,
            realm: "ticket",
            id: row.id.to_string(),
            title: format!("#{} {}", row.id, row.summary),
            href: ticket_href(row.id),
            to_view: TICKET_VIEW,
            to_attach: TICKET_APPEND,
            to_remove: TICKET_ADMIN,
            asked_by,
        }))
    }

    fn guarded_part(
        &self,
        db: &Connection,
        viewer: &Viewer,
        owner: &Owner,
        kind: &str,
        part: &str,
    ) -> Result<Option<Guarded>> {
        let (true, Some(number)) = (owner.resource.is("ticket"), link::number(part)) else { return Ok(None) };
        let ticket = owner.resource.id;
        let acl = match kind {
            "comment" => store::class_of_change(db, viewer, ticket, number)?,
            "note" => note_store::find(db, viewer, ticket, number)?.map(|note| note.acl),
            _ => None,
        };
        Ok(acl.map(|acl| Guarded {
            resource: owner.resource.clone(),
            acl,
            title: format!("{} {number} on #{ticket}", if kind == "note" { "internal note" } else { "comment" }),
            to_view: TICKET_VIEW,
        }))
    }

    fn timeline(&self) -> &'static [TimelineFilter] {
        &[
            TimelineFilter {
                name: "ticket",
                title: "Opened and closed tickets",
                events: &["ticket.created", "ticket.closed", "ticket.reopened"],
                permission: TICKET_VIEW,
                on: true,
            },
            TimelineFilter {
                name: "ticket_details",
                title: "Changes of tickets",
                events: &[
                    "ticket.changed", "ticket.commented", "note.written", "ticket.worked", "ticket.merged",
                    "ticket.unmerged", "ticket.related", "ticket.unrelated",
                ],
                permission: TICKET_VIEW,
                on: false,
            },
        ]
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        document::occurrences(db, viewer, events)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        project.read(|db| {
            document::check(db, findings)?;
            access::check(db, findings)?;
            trash::check(db, findings)?;
            tally::check(db, findings)?;
            relations::check(db, findings)?;
            merge::check(db, findings)
        })
    }
}
