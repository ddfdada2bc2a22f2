//! From events to entries: walks back through the log, asks the components for words, folds what belongs together.
//!
//! Events that this viewer may not see never become entries, so pages, counts and places in the walk are made of entries and
//! nothing else: nobody can tell from a gap that something was left out.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::store::{self, Found, Wanted};
use crate::attachment;
use crate::base::component::{Authors, Component, Components, Occurrence};
use crate::base::error::Result;
use crate::base::event::Event;
use crate::base::moment;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Events that are read at once, beyond those that a page needs at least.
const MARGIN: usize = 16;
const MOST_AT_ONCE: usize = 400;
/// Whoever wants to know how many entries there are learns it of so many events; of more it is not said.
pub const COUNTED: usize = 450;
/// The walk ends here, page or not.
const MOST: usize = 20_000;
/// Things that one folded entry names.
const MOST_NAMED: usize = 8;
/// So many are named in the line itself, where they could be told of by their number.
const NAMED_IN_LINE: usize = 2;

/// One line of the timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The newest of the events that it is made of.
    pub event: Event,
    pub author: String,
    /// In words, for that newest event.
    pub told: Occurrence,
    /// Other things that the same act did the same with: at most [`MOST_NAMED`] of them.
    pub also: Vec<Occurrence>,
    /// How many things it is about.
    pub things: usize,
    /// Their ids, where there are several.
    ids: Vec<i64>,
    /// What else than the newest was done in the same act, with how many things.
    others: Vec<(String, usize)>,
    /// How often the same was done in a row.
    pub times: usize,
    /// When the oldest of its events happened.
    pub since: Instant,
}

/// A place in the walk that an address can carry: so many entries of that very instant are before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Instant,
    pub past: usize,
}

#[derive(Debug, Default)]
pub struct Walked {
    pub entries: Vec<Entry>,
    /// Entries that were walked over, those before and after the page included.
    pub counted: usize,
    /// The walk came to the end: `counted` is all there is.
    pub complete: bool,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// The components that could not be asked (row TL13).
    pub failed: Vec<&'static str>,
}

/// Where to begin, what to leave out and how much to take.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub from: Option<Place>,
    pub skip: usize,
    pub size: usize,
    /// So many events are looked at to count the entries, although the page is full.
    pub counted: usize,
}

pub fn walk(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    zone: &TimeZone,
    wanted: &Wanted,
    page: Page,
) -> Result<Walked> {
    let mut wanted = wanted.clone();
    if let Some(place) = page.from {
        wanted.until = wanted.until.min(Instant(place.at.0.saturating_add(1)));
    }
    let mut walk = Walk { page, zone, walked: Walked::default(), open: None, at: Place { at: wanted.until, past: 0 } };
    let (mut before, mut read) = (None, 0);
    loop {
        let missing = (page.skip + page.size).saturating_sub(walk.walked.counted);
        let limit = (missing + MARGIN).min(MOST_AT_ONCE);
        let found = store::events(db, viewer, &wanted, before, limit)?;
        let Some(last) = found.last() else {
            walk.walked.complete = true;
            break;
        };
        before = Some((last.event.happened_at, last.event.id));
        read += found.len();
        let found = of_authors(db, components, viewer, &wanted, found);
        let found = of_parts(db, components, &wanted, found);
        let told = tell(db, components, viewer, &found, &mut walk.walked.failed)?;
        for (found, told) in found.into_iter().zip(told) {
            if let Some(told) = told {
                walk.take(found, told);
            }
        }
        let full = walk.walked.next.is_some();
        if read >= MOST || full && read >= page.counted {
            break;
        }
    }
    walk.close();
    let mut walked = walk.walked;
    if let Some((last_at, _)) = before.filter(|_| !walked.complete && walked.next.is_none()) {
        walked.next = Some(if walk.at.at == last_at { walk.at } else { Place { at: last_at, past: 0 } });
    }
    Ok(walked)
}

struct Walk<'a> {
    page: Page,
    zone: &'a TimeZone,
    walked: Walked,
    /// The entry into which the next event may be folded.
    open: Option<Entry>,
    /// How far it has come.
    at: Place,
}

impl Walk<'_> {
    fn take(&mut self, found: Found, told: Occurrence) {
        let at = found.event.happened_at;
        if self.at.at != at {
            self.at = Place { at, past: 0 };
        }
        let here = self.at;
        self.at.past += 1;
        if self.page.from.is_some_and(|from| from.at == at && here.past < from.past) {
            return;
        }
        let mut event = found.event;
        if let Some(kind) = told.counts_as {
            event.kind = kind.to_owned();
        }
        let author = told.who.clone().unwrap_or(found.author);
        if let Some(open) = &mut self.open
            && open.folds(&event, &told, self.zone)
        {
            open.fold(&event, told);
            return;
        }
        self.close();
        if self.walked.counted == self.page.skip + self.page.size {
            self.walked.next = Some(here);
        }
        let since = event.happened_at;
        let (also, ids, others) = (Vec::new(), Vec::new(), Vec::new());
        self.open = Some(Entry { event, author, told, also, things: 1, ids, others, times: 1, since });
    }

    fn close(&mut self) {
        let Some(entry) = self.open.take() else {
            return;
        };
        let shown = self.page.skip..self.page.skip + self.page.size;
        if shown.contains(&self.walked.counted) {
            self.walked.entries.push(entry);
        }
        self.walked.counted += 1;
    }
}

impl Entry {
    /// The same done with several things in one act (row TL05), whatever one act did with things that are told of together
    /// (row B05), or the same several times in a row without a word, on one day.
    fn folds(&self, event: &Event, told: &Occurrence, zone: &TimeZone) -> bool {
        let own = &self.event;
        // What has an author of its own, as a commit has, stands for itself.
        if told.who.is_some() || self.told.who.is_some() {
            return false;
        }
        let same_deed = own.kind == event.kind && self.told.deed == told.deed;
        let same_act = own.batch.unwrap_or(own.id) == event.batch.unwrap_or(event.id);
        if own.actor != event.actor {
            return false;
        }
        if own.resource != event.resource {
            let noun = |told: &Occurrence| told.many.map(|many| many.noun);
            let together = same_deed || noun(&self.told).is_some() && noun(&self.told) == noun(told);
            return same_act && together && self.times == 1 && told.excerpt == self.told.excerpt;
        }
        self.things == 1
            && same_deed
            && told.title == self.told.title
            && (told.excerpt.is_empty() || told.excerpt == self.told.excerpt)
            && moment::day_of(own.happened_at, zone) == moment::day_of(event.happened_at, zone)
    }

    fn fold(&mut self, event: &Event, told: Occurrence) {
        self.since = event.happened_at;
        if self.event.resource == event.resource {
            self.times += 1;
            return;
        }
        if self.ids.is_empty() {
            self.ids.push(self.event.resource.id);
        }
        self.ids.push(event.resource.id);
        if told.deed != self.told.deed {
            match self.others.iter_mut().find(|(deed, _)| *deed == told.deed) {
                Some((_, things)) => *things += 1,
                None => self.others.push((told.deed.clone(), 1)),
            }
        }
        self.things += 1;
        if self.also.len() + 1 < MOST_NAMED {
            self.also.push(told);
        }
    }

    /// What it is about, where that is told by number: `14 tickets`.
    pub fn counted(&self) -> Option<String> {
        let many = self.told.many.filter(|_| self.things > NAMED_IN_LINE || !self.others.is_empty())?;
        Some(format!("{} {}", self.things, many.noun))
    }

    /// Where all of it is to be seen, below the project's address.
    pub fn href(&self) -> String {
        match self.told.many.filter(|_| self.things > 1) {
            Some(many) => (many.href)(&self.ids),
            None => self.told.href.clone(),
        }
    }

    /// What it is about, in words: `Plan`, or `Plan, Budget and 3 more`.
    pub fn title(&self) -> String {
        if let Some(counted) = self.counted() {
            return counted;
        }
        let names: Vec<&str> = self.names().map(|told| told.title.as_str()).collect();
        match self.things - names.len() {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// The things that it names.
    pub fn names(&self) -> impl Iterator<Item = &Occurrence> {
        std::iter::once(&self.told).chain(&self.also)
    }

    /// What was done: `closed as fixed`, or `9 closed as fixed, 5 changed: priority`.
    pub fn deed(&self) -> String {
        if self.others.is_empty() {
            return self.told.deed.clone();
        }
        let rest = self.things - self.others.iter().map(|(_, things)| things).sum::<usize>();
        let said = |(deed, things): (&str, usize)| format!("{things} {deed}");
        let all = std::iter::once((self.told.deed.as_str(), rest));
        let all = all.chain(self.others.iter().map(|(deed, things)| (deed.as_str(), *things)));
        all.map(said).collect::<Vec<_>>().join(", ")
    }

    /// The same, with how often.
    pub fn deeds(&self) -> String {
        match self.times {
            1 => self.deed(),
            times => format!("{} {times} times", self.deed()),
        }
    }

    /// What stands between both: where each deed has its own number, they are a list.
    pub fn between(&self) -> &'static str {
        if self.others.is_empty() { " " } else { ": " }
    }

    /// The things beyond those that are named.
    pub fn unnamed(&self) -> usize {
        self.things - self.also.len() - 1
    }
}

/// Leaves out what is not by those who are wanted, where only the component knows by whom it is.
fn of_authors(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    wanted: &Wanted,
    mut found: Vec<Found>,
) -> Vec<Found> {
    if wanted.authors.is_none() && wanted.not_authors.names.is_empty() {
        return found;
    }
    for component in components.iter().filter(|component| !component.authored().is_empty()) {
        let is_its = |one: &Found| component.authored().contains(&one.event.kind.as_str());
        let events: Vec<&Event> = found.iter().filter(|one| is_its(one)).map(|one| &one.event).collect();
        let by = |authors: &Authors| {
            component.done_by(db, viewer, &events, authors).unwrap_or_else(|error| {
                log::error!("timeline: {}: {error}", component.name());
                vec![false; events.len()]
            })
        };
        let included = wanted.authors.as_ref().map(by);
        let excluded = by(&wanted.not_authors);
        let mut stays = (0..events.len())
            .map(|at| included.as_ref().is_none_or(|included| included[at]) && !excluded[at])
            .collect::<Vec<_>>()
            .into_iter();
        found.retain(|one| !is_its(one) || stays.next().unwrap_or(false));
    }
    found
}

/// Leaves out what is in none of the parts that are wanted.
fn of_parts(db: &Connection, components: Components, wanted: &Wanted, mut found: Vec<Found>) -> Vec<Found> {
    if wanted.parts.is_empty() {
        return found;
    }
    for component in components.iter() {
        let Some(first) = component.timeline().first() else { continue };
        let is_its = |one: &Found| first.events.contains(&one.event.kind.as_str());
        let events: Vec<&Event> = found.iter().filter(|one| is_its(one)).map(|one| &one.event).collect();
        let stays = component.in_parts(db, &events, &wanted.parts).unwrap_or_else(|error| {
            log::error!("timeline: {}: {error}", component.name());
            vec![false; events.len()]
        });
        let mut stays = stays.into_iter();
        found.retain(|one| !is_its(one) || stays.next().unwrap_or(false));
    }
    found
}

/// Words for each event, in order. A component that fails is named, and its events are left out.
fn tell(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    found: &[Found],
    failed: &mut Vec<&'static str>,
) -> Result<Vec<Option<Occurrence>>> {
    let mut told: Vec<Option<Occurrence>> = found.iter().map(|_| None).collect();
    let mut asked: HashMap<&'static str, (&'static dyn Component, Vec<usize>)> = HashMap::new();
    for (at, one) in found.iter().enumerate() {
        if let Some(component) = teller(components, &one.event.kind) {
            asked.entry(component.name()).or_insert_with(|| (component, Vec::new())).1.push(at);
        }
    }
    for (name, (component, places)) in asked {
        if failed.contains(&name) {
            continue;
        }
        let events: Vec<&Event> = places.iter().map(|at| &found[*at].event).collect();
        match component.occurrences(db, viewer, &events) {
            Ok(answers) => {
                for (at, answer) in places.into_iter().zip(answers) {
                    told[at] = answer;
                }
            }
            Err(error) => {
                log::error!("timeline: {name}: {error}");
                failed.push(name);
            }
        }
    }
    Ok(told)
}

/// The component that has words for events of that kind.
fn teller(components: Components, kind: &str) -> Option<&'static dyn Component> {
    if attachment::EVENTS.contains(&kind) {
        return components.of_kind("attachment");
    }
    components.iter().find(|component| component.timeline().iter().any(|filter| filter.events.contains(&kind)))
}

/// `1790000000000000.2`: microseconds since 1970, and how many of that instant.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.0, self.past)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (at, past) = text.split_once('.').ok_or(())?;
        Ok(Self { at: Instant(at.parse().map_err(|_| ())?), past: past.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::component::TimelineFilter;
    use crate::base::db::{Db, Schema};
    use crate::base::error::Error;
    use crate::base::viewer::{ByDefault, DEFAULT_CLASS, Permission, Principal};

    const VIEW: Permission =
        Permission { name: "VIEW", doc: "May look.", implies: &[], by_default: ByDefault::Readers };

    struct Whole;
    struct Broken;

    impl Component for Whole {
        fn name(&self) -> &'static str {
            "whole"
        }

        fn timeline(&self) -> &'static [TimelineFilter] {
            &[TimelineFilter { name: "whole", title: "Whole", events: &["whole.done"], permission: VIEW, on: true }]
        }

        fn occurrences(&self, _: &Connection, _: &Viewer, events: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
            let told = |event: &&Event| Occurrence {
                who: None,
                title: format!("Thing {}", event.resource.id),
                href: format!("/thing/{}", event.resource.id),
                deed: "done".to_owned(),
                counts_as: None,
                class: None,
                icon: "page",
                excerpt: String::new(),
                more: None,
                many: None,
            };
            // What has an odd number is gone by now.
            Ok(events.iter().map(|event| (event.resource.id % 2 == 0).then(|| told(event))).collect())
        }
    }

    impl Component for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn timeline(&self) -> &'static [TimelineFilter] {
            &[TimelineFilter { name: "broken", title: "Broken", events: &["broken.done"], permission: VIEW, on: true }]
        }

        fn occurrences(&self, _: &Connection, _: &Viewer, _: &[&Event]) -> Result<Vec<Option<Occurrence>>> {
            Err(Error::internal("it broke"))
        }
    }

    const COMPONENTS: Components = Components(&[&Whole, &Broken]);

    /// Events of these kinds and things, a second apart, walked over by pages of that size.
    fn walked(events: &[(&str, i64, Option<i64>)], page: Page) -> Walked {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        db.write(|db| {
            for (at, (kind, thing, batch)) in events.iter().enumerate() {
                db.execute(
                    "insert into event (recorded_at, happened_at, via, kind, resource_kind, resource_id, acl, batch)
                     values (?1, ?1, 'web', ?2, 'thing', ?3, 1, ?4)",
                    (Instant(0).plus_seconds(at as i64 + 1), kind, thing, batch),
                )?;
            }
            Ok(())
        })
        .expect("events");
        db.read(|db| walk(db, COMPONENTS, &viewer(), &TimeZone::UTC, &wanted(), page)).expect("a walk")
    }

    fn viewer() -> Viewer {
        Viewer {
            principal: Arc::new(Principal::anonymous()),
            person: None,
            permissions: [VIEW.name].into(),
            classes: vec![DEFAULT_CLASS],
            joined_classes: Vec::new(),
            archived: false,
            local: None,
        }
    }

    fn wanted() -> Wanted {
        Wanted { until: Instant(i64::MAX), kinds: vec!["whole.done", "broken.done"], ..Wanted::default() }
    }

    fn titles(walked: &Walked) -> Vec<String> {
        walked.entries.iter().map(Entry::title).collect()
    }

    const FIRST: Page = Page { from: None, skip: 0, size: 3, counted: COUNTED };

    #[test]
    fn a_component_that_fails_is_named_and_all_others_are_shown() {
        let walked = walked(&[("whole.done", 2, None), ("broken.done", 2, None), ("whole.done", 4, None)], FIRST);
        assert_eq!(titles(&walked), ["Thing 4", "Thing 2"]);
        assert_eq!((walked.failed, walked.counted, walked.complete), (vec!["broken"], 2, true));
    }

    #[test]
    fn what_is_gone_leaves_no_gap_in_a_page() {
        let events: Vec<_> = (1..=400).map(|thing| ("whole.done", thing, None)).collect();
        let first = walked(&events, FIRST);
        assert_eq!(titles(&first), ["Thing 400", "Thing 398", "Thing 396"]);
        assert_eq!((first.counted, first.complete), (200, true));
        let next = walked(&events, Page { from: first.next, ..FIRST });
        assert_eq!(titles(&next), ["Thing 394", "Thing 392", "Thing 390"]);
        assert_eq!(titles(&walked(&events, Page { skip: 198, ..FIRST })), ["Thing 4", "Thing 2"]);
        let uncounted = walked(&events, Page { counted: 0, ..FIRST });
        assert_eq!((titles(&uncounted), uncounted.next, uncounted.complete), (titles(&first), first.next, false));
    }

    #[test]
    fn things_of_one_act_are_one_entry_that_names_some_of_them() {
        let mut events = vec![("whole.done", 2, None)];
        events.extend((2..=30).map(|thing| ("whole.done", thing * 2, Some(1))));
        events.push(("whole.done", 100, None));
        let walked = walked(&events, FIRST);
        let expected = "Thing 60, Thing 58, Thing 56, Thing 54, Thing 52, Thing 50, Thing 48, Thing 46 and 22 more";
        assert_eq!(titles(&walked), ["Thing 100", expected]);
    }

    #[test]
    fn who_takes_part_in_a_thing_sees_what_happens_with_it_and_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        db.write(|db| {
            db.execute_batch(
                "insert into acl (id, kind, participants) values (2, 'private', 1);
                 insert into person (id, login, kind) values (1, 'kim', 'account'), (2, 'pat', 'account');
                 insert into participant (resource_kind, resource_id, person, role)
                 values ('thing', 2, 1, 'owner'), ('thing', 4, 2, 'owner'), ('other', 4, 1, 'owner');
                 insert into event (recorded_at, happened_at, via, kind, resource_kind, resource_id, acl, data) values
                 (1, 1, 'web', 'whole.done', 'thing', 2, 2, '{}'), (2, 2, 'web', 'whole.done', 'thing', 4, 2, '{}'),
                 (3, 3, 'web', 'attachment.added', 'attachment', 6, 2, '{\"parent\":[\"thing\",2]}'),
                 (4, 4, 'web', 'attachment.added', 'attachment', 8, 2, '{\"parent\":[\"thing\",4]}');",
            )?;
            Ok(())
        })
        .expect("events");
        let seen = |person: Option<i64>| {
            let viewer = Viewer { person, joined_classes: vec![2], ..viewer() };
            let wanted = Wanted { parents: vec!["thing"], ..wanted() };
            let found = db.read(|db| store::events(db, &viewer, &wanted, None, 10)).expect("events");
            found.iter().map(|one| one.event.resource.id).collect::<Vec<_>>()
        };
        assert_eq!(seen(Some(1)), [6, 2]);
        assert_eq!(seen(Some(2)), [8, 4]);
        assert_eq!(seen(None), [0; 0]);
    }

    #[test]
    fn a_place_comes_back_from_its_address() {
        let place = Place { at: Instant(-5), past: 7 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for bad in ["", "1", "1.", ".1", "1.-1", "x.1", "99999999999999999999.1"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
