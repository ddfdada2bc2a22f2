//! Files on pages, tickets and milestones: uploaded, shown, named in texts, found, and never lost.
//!
//! This room knows no other one: what a file hangs on is asked for through `Component::owner`. That answer alone decides who
//! may see, add and remove files. [`store`] keeps the rows and [`blob`] the bytes; [`edit`] is the one way to change them;
//! [`pages`], [`preview`] and [`raw`] show them and hand them out; `link` and `macros` are what texts may say of them.

pub mod blob;
pub mod edit;
pub mod media;
pub mod name;
pub mod raw;
pub mod store;

mod link;
mod macros;
mod pages;
mod preview;
mod timeline;
mod upload;

use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

use crate::base::component::{Card, Component, Components, Document, Guarded, Occurrence, Owner, Searchable};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::markup::{LinkKind, Macro};
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::time::When;
use crate::base::viewer::{Principal, TRAC_ADMIN, Viewer};
use crate::web::address;
use store::FileRow;

/// What is recorded of files; the resource is the file, `data.parent` what it hangs on.
pub const EVENTS: &[&str] = &["attachment.added", "attachment.replaced", "attachment.moved", "attachment.removed"];

/// The kind of resource that a file is.
pub const KIND: &str = "attachment";

pub struct Attachments {
    /// THE list of components: what files hang on is found there.
    all: fn() -> Components,
}

impl Attachments {
    pub const fn new(all: fn() -> Components) -> Self {
        Self { all }
    }
}

impl Component for Attachments {
    fn name(&self) -> &'static str {
        "attachment"
    }

    fn guarded_part(
        &self,
        db: &Connection,
        _viewer: &Viewer,
        owner: &Owner,
        kind: &str,
        part: &str,
    ) -> Result<Option<Guarded>> {
        if kind != "attachment" {
            return Ok(None);
        }
        Ok(store::find(db, &owner.resource, part)?.map(|file| Guarded {
            resource: owner.resource.clone(),
            acl: file.acl,
            title: format!("the file “{}” of {}", file.name, owner.title),
            to_view: owner.to_view,
        }))
    }

    fn routes(&self) -> Vec<rocket::Route> {
        let mut routes = pages::routes();
        routes.extend(raw::routes());
        routes
    }

    fn tend(&self, project: &Project) -> Result<()> {
        blob::sweep(project).map(|_| ())
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        link::KINDS
    }

    fn macros(&self) -> &'static [Macro] {
        macros::MACROS
    }

    fn searchable(&self) -> &'static [Searchable] {
        &[Searchable { kind: KIND, title: "Files", permission: None }]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        let Some(file) = store::by_id(db, resource.id)? else {
            return Ok(None);
        };
        let Some(owner) = (self.all)().owner_of(db, &all_seeing(db)?, &file.parent)? else {
            return Ok(None);
        };
        // Damage is for `check` to tell; what is left of the file is found all the same.
        let words = preview::words(db, &file).unwrap_or_else(|error| {
            log::warn!("attachment {}: its contents can't be searched: {error}", file.id);
            String::new()
        });
        Ok(Some(Document {
            resource: resource.clone(),
            acl: owner.acl,
            participants: store::participants(db, &file.parent)?,
            title: file.name,
            text: [file.description, words].join("\n").trim().to_owned(),
            author: file.author_name,
            changed: file.added_at,
            permission: owner.to_view.name,
            facets: Vec::new(),
        }))
    }

    fn document_ids(&self, db: &Connection, _kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        store::ids_after(db, after, limit)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, _kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        let mut owners: Vec<(Resource, Option<Owner>)> = Vec::new();
        let mut cards = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(file) = store::by_id(db, *id)? else {
                cards.push(None);
                continue;
            };
            let at = match owners.iter().position(|(parent, _)| *parent == file.parent) {
                Some(at) => at,
                None => {
                    let owner = (self.all)().owner_of(db, viewer, &file.parent)?;
                    owners.push((file.parent.clone(), owner));
                    owners.len() - 1
                }
            };
            cards.push(owners[at].1.as_ref().map(|owner| card(owner, file)));
        }
        Ok(cards)
    }

    fn occurrences(&self, db: &Connection, viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        timeline::occurrences(db, viewer, (self.all)(), events)
    }

    fn check(&self, project: &Project, findings: &mut Vec<String>) -> Result<()> {
        blob::check(project, findings)
    }
}

fn card(owner: &Owner, file: FileRow) -> Card {
    Card {
        resource: Resource::new(KIND, file.id),
        href: href(owner, &file.name),
        title: file.name,
        author: file.author_name,
        changed: file.added_at,
        place: owner.title.clone(),
        class: None,
    }
}

/// Somebody who may see everything: for asking whether a thing is there at all.
fn all_seeing(db: &Connection) -> Result<Viewer> {
    let mut statement = db.prepare_cached("select id from acl")?;
    let classes = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(Viewer {
        principal: Arc::new(Principal::operator()),
        person: None,
        permissions: [TRAC_ADMIN.name].into(),
        classes,
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    })
}

/// A file as templates list it: the `File` of `attachment/list.html`.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    pub name: String,
    pub href: String,
    pub raw_href: String,
    pub size: i64,
    pub kind: &'static str,
    pub description: String,
    pub author: String,
    pub when: When,
    pub delete_href: Option<String>,
}

/// The files of something that this viewer may see, for its page. `root` is base path and project.
pub fn files(db: &Connection, viewer: &Viewer, owner: &Owner, root: &str) -> Result<Vec<File>> {
    let rows = store::of_parent(db, &owner.resource)?;
    Ok(rows.iter().map(|row| file(viewer, owner, row, root)).collect())
}

fn file(viewer: &Viewer, owner: &Owner, row: &FileRow, root: &str) -> File {
    let page = format!("{root}{}", href(owner, &row.name));
    File {
        name: row.name.clone(),
        raw_href: format!("{root}{}", raw_href(owner, &row.name)),
        size: row.size,
        kind: media::of(&row.name).kind.name(),
        description: row.description.clone(),
        author: row.author_name.clone(),
        when: row.added_at.when(&viewer.zone()),
        delete_href: edit::may_remove(viewer, owner, row).then(|| format!("{page}?action=delete")),
        href: page,
    }
}

/// The list of files, below the project's address; forms and scripts upload to it.
pub fn list_href(owner: &Owner) -> String {
    format!("/attachment/{}/{}/", owner.realm, address::path(&owner.id))
}

fn href(owner: &Owner, name: &str) -> String {
    format!("{}{}", list_href(owner), address::segment(name))
}

fn raw_href(owner: &Owner, name: &str) -> String {
    href(owner, name).replacen("/attachment", "/raw-attachment", 1)
}

fn zip_href(owner: &Owner) -> String {
    list_href(owner).replacen("/attachment", "/zip-attachment", 1)
}
