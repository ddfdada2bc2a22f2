//! What a component says of its resources to searches, lists and whatever shows them to one viewer.

use std::sync::Arc;

use crate::base::error::Result;
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{Permission, Viewer};

pub struct Searchable {
    /// The resource kind: `page`.
    pub kind: &'static str,
    /// As the facet names it: `Pages`.
    pub title: &'static str,
    /// A right without which nothing of this kind is found, beside the one that each document asks for.
    pub permission: Option<Permission>,
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
    /// 0 where nobody can say; then no `changed:` finds it.
    pub changed: Instant,
    /// The right without which it is not seen: of a file, that of what it hangs on.
    pub permission: &'static str,
    /// What can be asked for by name and counted, such as `("status", "new")`. Its own type is `type`, as in `type:defect`.
    pub facets: Vec<(&'static str, String)>,
}

/// A resource as a list shows it to one viewer.
#[derive(Debug, Clone)]
pub struct Card {
    pub resource: Resource,
    pub title: String,
    /// Below the project's address, percent-encoded: `/wiki/Plan`.
    pub href: String,
    pub author: String,
    pub changed: Instant,
    /// Where it belongs, e.g. the page that has the attachment.
    pub place: String,
    /// A state that shows, such as `closed`; as link classes are called.
    pub class: Option<&'static str>,
}

/// A text of a resource, to be changed from outside of its component.
#[derive(Debug, Clone)]
pub struct KeptText {
    pub resource: Resource,
    /// As in the link table: empty for its main text, `comment:3` for a comment.
    pub part: String,
    pub flavour: Flavour,
    /// The access class of those who read it.
    pub acl: i64,
    /// Where its relative links start from.
    pub here: Here,
    pub text: String,
    /// Tells whether somebody has changed it since; what counts is its component's own.
    pub revision: i64,
}

/// What decides whether something is seen.
#[derive(Debug, Clone)]
pub struct Guarded {
    pub resource: Resource,
    pub acl: i64,
    pub title: String,
    pub to_view: Permission,
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
    /// The right to see it and its files.
    pub to_view: Permission,
    /// The right to add files, and the right to remove those of others (row H09).
    pub to_attach: Permission,
    pub to_remove: Permission,
    /// Whom the rules for this very thing make of the viewer who asked; none: nobody else.
    pub asked_by: Option<Arc<Viewer>>,
}

impl Owner {
    /// Whether a viewer, for whom this was found, may do with its files what needs that right.
    pub fn lets(&self, viewer: &Viewer, permission: Permission) -> bool {
        self.viewer(viewer).may(permission)
    }

    /// The same as a check.
    pub fn require(&self, viewer: &Viewer, permission: Permission) -> Result<()> {
        self.viewer(viewer).require(permission)
    }

    fn viewer<'v>(&'v self, viewer: &'v Viewer) -> &'v Viewer {
        self.asked_by.as_deref().unwrap_or(viewer)
    }
}

/// What something may be alike to.
#[derive(Debug, Clone, Copy)]
pub struct Alike<'a> {
    /// The kind of resource.
    pub kind: &'a str,
    pub words: &'a str,
    pub limit: usize,
}

/// What a search has found.
#[derive(Debug, Clone, Default)]
pub struct Matching {
    /// The best first, no more than were wanted.
    pub ids: Vec<i64>,
    /// There are others.
    pub more: bool,
}
