//! What a component may contribute, on one page. Components never import each other sideways: they ask through this
//! trait and tell through events.
//!
//! Every method has an empty default, so that a component says only what it has.

mod found;
mod listed;
mod occurrence;
mod order;
mod places;

pub use found::{Alike, Card, Document, Guarded, KeptText, Matching, Owner, Searchable};
pub use listed::{ListPlace, Neighbours, SavedList, SavedLists};
pub use occurrence::{Authors, Many, Occurrence, TimelineFilter, TimelinePart};
pub use order::{Deed, Obeyed, Order, Work};
pub use places::{Panel, Place, SitePanel};

use rusqlite::Connection;

use super::error::{Error, Result};
use super::event::{Event, Follower};
use super::field_type::FieldType;
use super::markup::{Arguments, InterMap, LinkKind, Macro, Vocabulary};
use super::project::{Project, Tx};
use super::resource::Resource;
use super::settings::Setting;
use super::site::Site;
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

    /// Those of its rights that may hold in one component, or for those who play a part on a ticket. None that opens anything.
    fn rights_in_components(&self) -> &'static [Permission] {
        &[]
    }

    /// Those of its rights that may hold below one path. None that opens anything.
    fn rights_below_paths(&self) -> &'static [Permission] {
        &[]
    }

    /// The id of a component of tickets by its name.
    fn component_called(&self, _db: &Connection, _name: &str) -> Result<Option<i64>> {
        Ok(None)
    }

    /// The name of a component of tickets by its id.
    fn component_name(&self, _db: &Connection, _id: i64) -> Result<Option<String>> {
        Ok(None)
    }

    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// The kinds of fields that its resources have.
    fn field_types(&self) -> Vec<FieldType> {
        Vec::new()
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[]
    }

    fn macros(&self) -> &'static [Macro] {
        &[]
    }

    /// Whether a call of one of its block macros stands within a sentence all the same, as `format=count` of a list does.
    fn is_inline_call(&self, _name: &str, _arguments: &Arguments) -> bool {
        false
    }

    /// Hears an event inside the transaction that records it. SQL only.
    fn react(&self, _tx: &Tx<'_>, _event: &Event) -> Result<()> {
        Ok(())
    }

    /// Does what the message of a commit asks of a ticket, inside the transaction that stores the commit (DESIGN 7). None
    /// if this component has no tickets. What can't be done is no error: the reason comes back.
    fn obey(&self, _site: &Site, _tx: &Tx<'_>, _viewer: &Viewer, _order: &Order) -> Result<Option<Obeyed>> {
        Ok(None)
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

    /// What the timeline may show of this component, each to be switched on and off (row TL02). Files that hang on a kind of
    /// resource which this component is asked for by `searchable` come under its first filter (row TL12).
    fn timeline(&self) -> &'static [TimelineFilter] {
        &[]
    }

    /// The parts of its timeline that can be asked for by themselves in this project, as far as this viewer sees them (row
    /// V23); none where there is nothing to choose from. They belong to its first filter.
    fn timeline_parts(&self, _db: &Connection, _viewer: &Viewer) -> Result<Vec<TimelinePart>> {
        Ok(Vec::new())
    }

    /// Which events of its first filter belong to one of these parts, in the order asked for.
    fn in_parts(&self, _db: &Connection, events: &[&Event], _parts: &[String]) -> Result<Vec<bool>> {
        Ok(events.iter().map(|_| true).collect())
    }

    /// What the timeline says of events that one of its own filters names (for files: of events of its own), in the order
    /// asked for; none for what this viewer may not see.
    fn occurrences(&self, _db: &Connection, _viewer: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
        Ok(events.iter().map(|_| None).collect())
    }

    /// Kinds of its events that are not by whom they were recorded, as a commit is by its author.
    fn authored(&self) -> &'static [&'static str] {
        &[]
    }

    /// Which of such events are by one of these authors, in the order asked for.
    fn done_by(&self, _db: &Connection, _viewer: &Viewer, events: &[&Event], _authors: &Authors) -> Result<Vec<bool>> {
        Ok(events.iter().map(|_| false).collect())
    }

    /// Where a resource stands in a list that an address names, such as `query:status=!closed&order=priority` (row C16).
    /// None if this component knows no such list.
    fn neighbours(&self, _db: &Connection, _viewer: &Viewer, _place: &ListPlace) -> Result<Option<Neighbours>> {
        Ok(None)
    }

    /// The address form of a list of tickets that somebody wrote in any of its forms: `status=!closed&order=priority`.
    /// `Invalid` if it can't be read; none if this component has no such lists.
    fn list_address(&self, _db: &Connection, _viewer: &Viewer, _written: &str) -> Result<Option<String>> {
        Ok(None)
    }

    /// Who keeps lists of tickets under names, if this component does.
    fn saved_lists(&self) -> Option<&'static dyn SavedLists> {
        None
    }

    /// Resources of one kind that a few words may be about already, the likeliest first, for whoever is about to write of it
    /// anew; none if this component searches nothing. Not within a read of the project: an index is looked at before it.
    fn alike(&self, _project: &Project, _viewer: &Viewer, _wanted: &Alike<'_>) -> Result<Option<Vec<Card>>> {
        Ok(None)
    }

    /// The resources of one kind that a full-text search for some words finds for this viewer, for a list that is asked for in
    /// other ways as well; none if this component searches nothing. The index is looked at as it is, through the read of whoever
    /// asks.
    fn matching(
        &self,
        _db: &Connection,
        _components: Components,
        _viewer: &Viewer,
        _wanted: &Alike<'_>,
    ) -> Result<Option<Matching>> {
        Ok(None)
    }

    /// Its pages of a project's administration, in order.
    fn panels(&self) -> &'static [Panel] {
        &[]
    }

    /// Its pages of the administration of the whole site, in order.
    fn site_panels(&self) -> &'static [SitePanel] {
        &[]
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

    /// What decides whether something is seen that no files hang on: a changeset, a report. `kind` and `id` are as links have
    /// them. None if this viewer may not see it, or it is not of this component.
    fn guarded(&self, _db: &Connection, _viewer: &Viewer, _kind: &str, _id: &str) -> Result<Option<Guarded>> {
        Ok(None)
    }

    /// The same of what is a part of something on which files hang, found for this viewer: a file of it (`attachment`), a
    /// comment or a note on a ticket. `part` is its name or its number.
    fn guarded_part(
        &self,
        _db: &Connection,
        _viewer: &Viewer,
        _owner: &Owner,
        _kind: &str,
        _part: &str,
    ) -> Result<Option<Guarded>> {
        Ok(None)
    }

    /// The kinds of resource of this component whose texts refer to others, with the right without which none is seen.
    fn texts(&self) -> &'static [(&'static str, Permission)] {
        &[]
    }

    /// Of the component whose references may mean one thing or another, whichever is there (`LinkTarget::nearer`): the
    /// condition that a key of that kind leads to something which this viewer sees. `key` is an expression of ours.
    fn leads_sql(&self, _viewer: &Viewer, _kind: &str, _key: &str) -> Option<String> {
        None
    }

    /// A text of one of its resources as it is now, for whoever puts other references into it: `part` is as in the link
    /// table. None if this viewer may not see it or may not change it.
    fn text_to_change(
        &self,
        _db: &Connection,
        _viewer: &Viewer,
        _resource: &Resource,
        _part: &str,
    ) -> Result<Option<KeptText>> {
        Ok(None)
    }

    /// Puts another text in place of such a one, as an ordinary change with its history; `why` is said along with it where
    /// that is kept. `Conflict` if somebody was faster. Returns the revision that it has then.
    fn change_text(
        &self,
        _site: &Site,
        _tx: &Tx<'_>,
        _viewer: &Viewer,
        _kept: &KeptText,
        _text: &str,
        _why: &str,
    ) -> Result<i64> {
        Err(Error::internal("a text of nobody"))
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

/// THE components of this program, in order.
#[derive(Clone, Copy, Default)]
pub struct Components(pub &'static [&'static dyn Component]);

impl Components {
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Component> + use<> {
        self.0.iter().copied()
    }

    pub fn permissions(&self) -> Vec<Permission> {
        let mut all = super::viewer::OF_PROJECT.to_vec();
        all.extend(self.iter().flat_map(|component| component.permissions().iter().copied()));
        all
    }

    /// Every setting that there is, those of the ground first; each once.
    pub fn settings(&self) -> Vec<&'static Setting> {
        let mut all: Vec<&'static Setting> = Vec::new();
        for setting in super::site::SETTINGS.iter().chain(self.iter().flat_map(Component::settings)) {
            if !all.iter().any(|known| known.name == setting.name) {
                all.push(setting);
            }
        }
        all
    }

    pub fn vocabulary(&self) -> Vocabulary {
        let link_kinds = self.iter().flat_map(Component::link_kinds).collect();
        Vocabulary::new(*self, link_kinds, self.iter().flat_map(Component::macros).collect())
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

    /// What decides whether something is seen, see [`Component::guarded`].
    pub fn guarded(&self, db: &Connection, viewer: &Viewer, kind: &str, id: &str) -> Result<Option<Guarded>> {
        if let Some(Owner { resource, acl, title, to_view, .. }) = self.owner(db, viewer, kind, id)? {
            return Ok(Some(Guarded { resource, acl, title, to_view }));
        }
        for component in self.iter() {
            if let Some(guarded) = component.guarded(db, viewer, kind, id)? {
                return Ok(Some(guarded));
            }
        }
        // `3:ticket:12`: a part and what it is a part of. A name may hold colons.
        for (at, _) in id.match_indices(':') {
            let (part, rest) = (&id[..at], &id[at + 1..]);
            let Some((realm, id)) = rest.split_once(':') else { continue };
            let Some(owner) = self.owner(db, viewer, realm, id)? else { continue };
            for component in self.iter() {
                if let Some(guarded) = component.guarded_part(db, viewer, &owner, kind, part)? {
                    return Ok(Some(guarded));
                }
            }
        }
        Ok(None)
    }

    /// Where a resource stands in the list that an address names, if any component knows that list.
    pub fn neighbours(&self, db: &Connection, viewer: &Viewer, place: &ListPlace) -> Result<Option<Neighbours>> {
        for component in self.iter() {
            if let Some(neighbours) = component.neighbours(db, viewer, place)? {
                return Ok(Some(neighbours));
            }
        }
        Ok(None)
    }

    /// The address form of a list of tickets, see [`Component::list_address`].
    pub fn list_address(&self, db: &Connection, viewer: &Viewer, written: &str) -> Result<Option<String>> {
        for component in self.iter() {
            if let Some(address) = component.list_address(db, viewer, written)? {
                return Ok(Some(address));
            }
        }
        Ok(None)
    }

    pub fn saved_lists(&self) -> Option<&'static dyn SavedLists> {
        self.iter().find_map(Component::saved_lists)
    }

    /// Resources of one kind that a few words may be about already, as far as this viewer may find them.
    pub fn alike(&self, project: &Project, viewer: &Viewer, wanted: &Alike<'_>) -> Result<Vec<Card>> {
        for component in self.iter() {
            if let Some(cards) = component.alike(project, viewer, wanted)? {
                return Ok(cards);
            }
        }
        Ok(Vec::new())
    }

    /// The resources of one kind that a full-text search for some words finds for this viewer.
    pub fn matching(self, db: &Connection, viewer: &Viewer, wanted: &Alike<'_>) -> Result<Matching> {
        for component in self.iter() {
            if let Some(matching) = component.matching(db, self, viewer, wanted)? {
                return Ok(matching);
            }
        }
        Ok(Matching::default())
    }

    /// The pages of a project's administration that this viewer may use, in order.
    pub fn panels(&self, viewer: &Viewer) -> Vec<&'static Panel> {
        let mut panels: Vec<&'static Panel> =
            self.iter().flat_map(Component::panels).filter(|panel| viewer.may(panel.permission)).collect();
        panels.sort_by_key(|panel| panel.order);
        panels
    }

    /// The pages of the administration of the whole site, in order.
    pub fn site_panels(&self) -> Vec<&'static SitePanel> {
        let mut panels: Vec<&'static SitePanel> = self.iter().flat_map(Component::site_panels).collect();
        panels.sort_by_key(|panel| panel.order);
        panels
    }

    /// Does what a commit asks of a ticket; where there are no tickets, nothing.
    pub fn obey(&self, site: &Site, tx: &Tx<'_>, viewer: &Viewer, order: &Order) -> Result<Obeyed> {
        for component in self.iter() {
            if let Some(obeyed) = component.obey(site, tx, viewer, order)? {
                return Ok(obeyed);
            }
        }
        Ok(Obeyed::default())
    }

    /// The component that answers for resources of that kind, if they can be found at all.
    pub fn of_kind(&self, kind: &str) -> Option<&'static dyn Component> {
        self.iter().find(|component| component.searchable().iter().any(|searchable| searchable.kind == kind))
    }
}
