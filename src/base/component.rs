//! What a component may contribute, on one page. Components never import each other sideways: they ask through this
//! trait and tell through events.
//!
//! Every method has an empty default, so that a component says only what it has.

use rusqlite::Connection;

use super::error::Result;
use super::event::{Event, Follower};
use super::markup::{InterMap, LinkKind, Macro, Vocabulary};
use super::project::{Project, Tx};
use super::resource::Resource;
use super::settings::Setting;
use super::time::Instant;
use super::viewer::{Permission, Viewer};

pub trait Component: Send + Sync {
    fn name(&self) -> &'static str;

    /// Routes with their full paths.
    fn routes(&self) -> Vec<rocket::Route> {
        Vec::new()
    }

    /// Its entries in the top bar of a project.
    fn places(&self) -> &'static [Place] {
        &[]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[]
    }

    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[]
    }

    fn macros(&self) -> &'static [Macro] {
        &[]
    }

    /// Hears an event inside the transaction that records it. SQL only.
    fn react(&self, _tx: &Tx<'_>, _event: &Event) -> Result<()> {
        Ok(())
    }

    /// Hears of events afterwards, for whatever is slow.
    fn follower(&self) -> Option<&'static dyn Follower> {
        None
    }

    /// The kinds of resource that can be found by searching, and that this component answers for.
    fn searchable(&self) -> &[Searchable] {
        &[]
    }

    /// What the search index keeps of a resource; none if it is gone.
    fn document(&self, _db: &Connection, _resource: &Resource) -> Result<Option<Document>> {
        Ok(None)
    }

    /// Ids of one kind above `after` in their order, for rebuilding the index.
    fn document_ids(&self, _db: &Connection, _kind: &str, _after: i64, _limit: usize) -> Result<Vec<i64>> {
        Ok(Vec::new())
    }

    /// What this viewer is shown of each resource of one kind, in the order asked for; none for what they may not see.
    /// The decision of every list, feed and hit.
    fn cards(&self, _db: &Connection, _viewer: &Viewer, _kind: &str, _ids: &[i64]) -> Result<Vec<Option<Card>>> {
        Ok(Vec::new())
    }

    /// The prefixes for addresses outside, if this component keeps them.
    fn intermap(&self, _db: &Connection) -> Result<Option<InterMap>> {
        Ok(None)
    }

    /// What files may hang on: the resource of an address such as `attachment/wiki/Plan`, where `realm` is `wiki` and `id`
    /// is `Plan`. None if this viewer may not see it, or it is not of this component.
    fn owner(&self, _db: &Connection, _viewer: &Viewer, _realm: &str, _id: &str) -> Result<Option<Owner>> {
        Ok(None)
    }

    /// The same by resource.
    fn owner_of(&self, _db: &Connection, _viewer: &Viewer, _resource: &Resource) -> Result<Option<Owner>> {
        Ok(None)
    }

    /// What is to be tidied up once a day.
    fn tend(&self, _project: &Project) -> Result<()> {
        Ok(())
    }

    /// Looks for what cannot be: each finding is a sentence.
    fn check(&self, _project: &Project, _findings: &mut Vec<String>) -> Result<()> {
        Ok(())
    }
}

/// An entry of the top bar.
pub struct Place {
    pub name: &'static str,
    /// Below the project's address: `/wiki`.
    pub path: &'static str,
    /// `w` for the keys `g w`.
    pub key: &'static str,
    /// Shown to those who have it.
    pub permission: Permission,
    /// Order in the bar; lower is further left.
    pub order: u8,
}

pub struct Searchable {
    /// The resource kind: `page`.
    pub kind: &'static str,
    /// As the facet names it: `Pages`.
    pub title: &'static str,
    /// The right without which none of them is seen.
    pub permission: Permission,
}

/// What the search index is told of one resource.
#[derive(Debug, Clone)]
pub struct Document {
    pub resource: Resource,
    pub acl: i64,
    /// Of whom a class may ask that they take part.
    pub participants: Vec<i64>,
    pub title: String,
    /// Without markup.
    pub text: String,
    /// Login or name, for `author:`.
    pub author: String,
    pub changed: Instant,
}

/// A resource as a list shows it to one viewer.
#[derive(Debug, Clone)]
pub struct Card {
    pub resource: Resource,
    pub title: String,
    /// Below the project's address, percent-encoded: `/wiki/Plan`.
    pub href: String,
    /// Without markup; excerpts are cut from it.
    pub text: String,
    pub author: String,
    pub changed: Instant,
    /// Where it belongs, e.g. the page that has the attachment.
    pub place: String,
}

/// Something that has attachments, as one viewer may see and use it.
#[derive(Debug, Clone)]
pub struct Owner {
    pub resource: Resource,
    pub acl: i64,
    /// As addresses name its kind: `wiki`.
    pub realm: &'static str,
    /// As addresses name it within its kind: `Plan/Details`.
    pub id: String,
    pub title: String,
    /// Below the project's address: `/wiki/Plan/Details`.
    pub href: String,
    /// The right to add files, and the right to remove those of others (row H09).
    pub to_attach: Permission,
    pub to_remove: Permission,
}

/// THE components of this program, in order.
#[derive(Clone, Copy, Default)]
pub struct Components(pub &'static [&'static dyn Component]);

impl Components {
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Component> + use<> {
        self.0.iter().copied()
    }

    pub fn permissions(&self) -> Vec<Permission> {
        let mut all = vec![super::viewer::TRAC_ADMIN];
        all.extend(self.iter().flat_map(|component| component.permissions().iter().copied()));
        all
    }

    pub fn settings(&self) -> Vec<&'static Setting> {
        self.iter().flat_map(Component::settings).collect()
    }

    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary {
            components: *self,
            link_kinds: self.iter().flat_map(Component::link_kinds).collect(),
            macros: self.iter().flat_map(Component::macros).collect(),
        }
    }

    pub fn intermap(&self, db: &Connection) -> Result<InterMap> {
        for component in self.iter() {
            if let Some(intermap) = component.intermap(db)? {
                return Ok(intermap);
            }
        }
        Ok(InterMap::default())
    }

    /// What files may hang on, by address.
    pub fn owner(&self, db: &Connection, viewer: &Viewer, realm: &str, id: &str) -> Result<Option<Owner>> {
        for component in self.iter() {
            if let Some(owner) = component.owner(db, viewer, realm, id)? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }

    /// What files may hang on, by resource.
    pub fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        for component in self.iter() {
            if let Some(owner) = component.owner_of(db, viewer, resource)? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }

    /// The component that answers for resources of that kind, if they can be found at all.
    pub fn of_kind(&self, kind: &str) -> Option<&'static dyn Component> {
        self.iter().find(|component| component.searchable().iter().any(|searchable| searchable.kind == kind))
    }
}
