//! What of the news one listener may hear, by the rights of this moment (DESIGN 10).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

use crate::auth::{permissions, sessions};
use crate::base::component::Components;
use crate::base::error::Result;
use crate::base::news::{Happening, Notice, Stage};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::{Principal, Viewer};

/// The class of nothing.
const NO_CLASS: i64 = -1;
/// Of one burst; after more, pages are told to look at everything again.
const MOST: usize = 100;

/// Who listens to which projects.
pub struct Listening {
    pub site: Arc<Site>,
    /// The secret of the session in which the stream was opened; none for somebody who was not signed in.
    pub session: Option<String>,
    /// As they were asked for.
    pub projects: Vec<String>,
}

/// What a page is told. Never a text: it asks for its own address again.
#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
pub struct Message {
    project: String,
    /// `ticket.changed`; `search.followed`: a search finds what was told before; `missed`: look at everything again.
    event: String,
    /// `ticket`; `search`; `*` for everything.
    kind: String,
    /// `ticket:12`, of a file what it hangs on; empty for a whole kind.
    resource: String,
    /// A version, a comment's number; may be empty.
    part: String,
}

impl Message {
    /// Something was told that nobody heard.
    pub fn missed(project: &str) -> Self {
        Self::of(project, "missed", "*")
    }

    fn of(project: &str, event: &str, kind: &str) -> Self {
        Self {
            project: project.to_owned(),
            event: event.to_owned(),
            kind: kind.to_owned(),
            resource: String::new(),
            part: String::new(),
        }
    }

    fn about(project: &str, happening: &Happening) -> Self {
        Self {
            resource: happening.parent.as_ref().unwrap_or(&happening.resource).to_string(),
            part: happening.part.clone(),
            ..Self::of(project, &happening.kind, &happening.resource.kind)
        }
    }
}

impl Listening {
    /// What these notices tell this listener, each thing once. None: who opened the stream is nobody any more.
    pub fn messages(&self, notices: &[Arc<Notice>]) -> Result<Option<Vec<Message>>> {
        let Some(principal) = self.principal()? else {
            return Ok(None);
        };
        let mut messages = Vec::new();
        let mut told = BTreeSet::new();
        let mut tell = |message: Message| {
            if told.insert(message.clone()) {
                messages.push(message);
            }
        };
        for name in &self.projects {
            let Some(row) = self.site.find(name)? else { continue };
            let of_project: Vec<&Notice> =
                notices.iter().map(Arc::as_ref).filter(|notice| notice.project == row.id).collect();
            if of_project.is_empty() {
                continue;
            }
            let project = self.site.project(&row)?;
            let Some(viewer) = permissions::enter(&project, &row, &principal)? else { continue };
            if of_project.iter().any(|notice| notice.stage == Stage::Much) {
                tell(Message::missed(name));
            }
            let happenings: Vec<&Happening> = of_project.iter().flat_map(|notice| notice.happenings.iter()).collect();
            // What has a class of its own on something that they see, as an internal note has, needs that class as well.
            let seen = project.read(|db| seen(db, project.components(), &viewer, &happenings))?;
            for notice in of_project {
                let mut visible = notice.happenings.iter().filter(|happening| {
                    viewer.sees_class_in(happening.acl)
                        && seen.contains(about(happening))
                        && happening.with.as_ref().is_none_or(|other| seen.contains(other))
                });
                match notice.stage {
                    Stage::Happened => visible.for_each(|happening| tell(Message::about(name, happening))),
                    Stage::Followed if visible.next().is_some() => tell(Message::of(name, "search.followed", "search")),
                    Stage::Followed | Stage::Much | Stage::Accounts => {}
                }
            }
        }
        if messages.len() > MOST {
            let projects: BTreeSet<_> = messages.into_iter().map(|message| message.project).collect();
            return Ok(Some(projects.iter().map(|project| Message::missed(project)).collect()));
        }
        Ok(Some(messages))
    }

    /// With the groups and rights of now; none if the session has ended or the account is disabled.
    fn principal(&self) -> Result<Option<Arc<Principal>>> {
        let Some(session) = &self.session else {
            return Ok(Some(Arc::new(Principal::anonymous())));
        };
        let visitor = self.site.read(|db| sessions::visitor(db, session))?;
        Ok(visitor.map(|visitor| Arc::clone(&visitor.principal)))
    }
}

/// Whoever sees this may hear of it.
fn about(happening: &Happening) -> &Resource {
    happening.parent.as_ref().unwrap_or(&happening.resource)
}

/// Those things that this viewer sees, or would see if they had not been removed. What nobody can search for, such as a
/// change of rights, is told to nobody.
fn seen(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    happenings: &[&Happening],
) -> Result<BTreeSet<Resource>> {
    let mut by_kind: BTreeMap<&str, BTreeMap<i64, i64>> = BTreeMap::new();
    for happening in happenings {
        let resource = about(happening);
        by_kind.entry(&resource.kind).or_default().insert(resource.id, happening.acl);
    }
    for other in happenings.iter().filter_map(|happening| happening.with.as_ref()) {
        // Of no class that anybody has: it is there, or it is not.
        by_kind.entry(&other.kind).or_default().entry(other.id).or_insert(NO_CLASS);
    }
    let mut seen = BTreeSet::new();
    for (kind, classes) in by_kind {
        let Some(component) = components.of_kind(kind) else { continue };
        let ids: Vec<i64> = classes.keys().copied().collect();
        let cards = component.cards(db, viewer, kind, &ids)?;
        let to_view = component.texts().iter().find(|(of, _)| *of == kind).map(|(_, permission)| *permission);
        for ((id, acl), card) in classes.into_iter().zip(cards) {
            let resource = Resource::stored(kind.to_owned(), id);
            let saw = to_view.is_some_and(|permission| viewer.may(permission)) && viewer.sees_class(acl);
            if card.is_some() || (saw && component.document(db, &resource)?.is_none()) {
                seen.insert(resource);
            }
        }
    }
    Ok(seen)
}
