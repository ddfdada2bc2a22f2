//! Everything that one viewer can find at one moment: the index without what has changed since, and that in memory.
//!
//! Counts, hits and their order come from what the viewer may see and from nothing else. Even the weight of a word, which
//! usually comes from how many texts hold it, is counted over what this viewer may see: otherwise a score would tell that a
//! hidden text holds a word.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rusqlite::Connection;
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::columnar::StrColumn;
use tantivy::fastfield::Column;
use tantivy::query::{Bm25StatisticsProvider, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Value as _};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, TantivyError, Term};

use super::census::{Census, Values};
use super::columns::Columns;
use super::hits::Hits;
use super::index::{self, Snapshot};
use super::matching;
use super::newest::{MOST_RANKED, MOST_TITLES, newest};
use super::schema::{self, fields};
use super::sight::Sight;
use super::touched::Touched;
use crate::base::component::Components;
use crate::base::error::{Error, Result};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::base::viewer::{Permission, Viewer};

/// Taken for the mean length of titles and texts, in words.
const TITLE_LENGTH: u64 = 4;
const TEXT_LENGTH: u64 = 200;
/// What is new gains so much at most …
const RECENT: f64 = 0.25;
/// … and half of it at this age.
const RECENT_MICROSECONDS: f64 = 30.0 * 86_400e6;

pub struct Corpus {
    shelves: Vec<Shelf>,
    weights: Weights,
    /// Not everything that changed after the index was read could be looked at.
    pub behind: bool,
}

/// An index, and what of it may be seen.
struct Shelf {
    searcher: Searcher,
    /// None: everything.
    visible: Option<Box<dyn Query>>,
}

/// Why there is no answer: the index can't be trusted, or something else went wrong.
pub enum Trouble {
    Index(String),
    Other(Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Best,
    Newest,
}

/// Something that was found, not yet read.
#[derive(Debug, Clone)]
pub struct Found {
    pub resource: Resource,
    pub score: f64,
    sort: f64,
    /// Where its text is kept: a shelf, and the place there.
    at: (usize, DocAddress),
}

impl Corpus {
    /// `db` was opened after the snapshot was taken, so that it knows of everything that the index may hold.
    pub fn open(
        db: &Connection,
        components: Components,
        viewer: &Viewer,
        snapshot: Option<Snapshot>,
    ) -> std::result::Result<Self, Trouble> {
        let snapshot = match snapshot {
            Some(snapshot) if snapshot.fits(db, components)? => Some(snapshot),
            _ => None,
        };
        let position = snapshot.as_ref().map_or(0, Snapshot::position);
        let stale = Touched::since(db, components, position)?;
        let (documents, complete) = stale.documents(db, components)?;
        // Kinds of which this viewer finds nothing, whatever each document asks for.
        let lacks = |right: Permission| !viewer.may(right);
        let closed: Vec<&str> = components
            .iter()
            .flat_map(|component| component.searchable())
            .filter(|searchable| searchable.permission.is_some_and(lacks))
            .map(|searchable| searchable.kind)
            .collect();
        let mut shelves = Vec::new();
        let mut weights = Weights::default();
        if let Some(snapshot) = snapshot {
            let mut hidden = closed_kinds(&closed);
            if stale.resources().next().is_some() {
                hidden.push(matching::keys(stale.resources().map(schema::key)));
            }
            if stale.kinds().next().is_some() {
                hidden.push(matching::kinds(stale.kinds()));
            }
            let sight = guarded(|| Sight::of(viewer, &snapshot.searcher))?;
            let visible: Option<Box<dyn Query>> = match hidden.is_empty() {
                true if sight.is_everything() => None,
                true => Some(Box::new(sight)),
                false => Some(matching::but(Box::new(sight), hidden)),
            };
            let shelf = Shelf { searcher: snapshot.searcher, visible };
            weights = Weights::of(&shelf)?;
            shelves.push(shelf);
        }
        if !documents.is_empty() {
            let visible = Some(matching::but(matching::access(viewer), closed_kinds(&closed)));
            shelves.push(Shelf { searcher: index::in_memory(&documents)?, visible });
        }
        Ok(Self { shelves, weights, behind: !complete })
    }

    /// How many match, and of which kinds and values.
    pub fn census(&self, query: &dyn Query) -> std::result::Result<Census, Trouble> {
        let mut census = Census::default();
        for shelf in &self.shelves {
            let query = shelf.visible_among(query);
            census.add(guarded(|| Hits::of(&shelf.searcher, &*query)?.census(&shelf.searcher, Values::All))?);
        }
        Ok(census)
    }

    /// The first `most` of everything that matches.
    pub fn top(&self, query: &dyn Query, order: Order, most: usize) -> std::result::Result<Vec<Found>, Trouble> {
        let mut found = Vec::new();
        for (number, shelf) in self.shelves.iter().enumerate() {
            let query = shelf.visible_among(query);
            let top = shelf.collector(order, most);
            let best = guarded(|| shelf.searcher.search_with_statistics_provider(&*query, &top, &self.weights))?;
            found.extend(guarded(|| shelf.found(number, best))?);
        }
        Ok(first(found, most))
    }

    /// The same with the census of everything that matches: of [`schema::COUNTED`]. Of very many hits those are ranked that
    /// were changed last, and those that `titles` finds of them all.
    pub fn top_counted(
        &self,
        query: &dyn Query,
        titles: Option<&dyn Query>,
        order: Order,
        most: usize,
    ) -> std::result::Result<(Census, Vec<Found>), Trouble> {
        let mut census = Census::default();
        let mut found = Vec::new();
        for (number, shelf) in self.shelves.iter().enumerate() {
            let query = shelf.visible_among(query);
            let (counted, ranked) = guarded(|| shelf.counted(query, titles))?;
            let top = shelf.collector(order, most);
            let best = guarded(|| shelf.searcher.search_with_statistics_provider(&*ranked, &top, &self.weights))?;
            census.add(counted);
            found.extend(guarded(|| shelf.found(number, best))?);
        }
        Ok((census, first(found, most)))
    }

    /// The beginning of its text, without markup, as it was when it was indexed. Only for whoever is shown its card: that is
    /// made from the database, this is not.
    pub fn text(&self, found: &Found) -> std::result::Result<String, Trouble> {
        let (shelf, address) = found.at;
        let Some(shelf) = self.shelves.get(shelf) else { return Ok(String::new()) };
        let entry: TantivyDocument = guarded(|| shelf.searcher.doc(address))?;
        Ok(entry.get_first(fields().shown).and_then(|text| text.as_str()).unwrap_or_default().to_owned())
    }
}

/// What is left out for the sake of kinds of which nothing is found.
fn closed_kinds(closed: &[&str]) -> Vec<Box<dyn Query>> {
    if closed.is_empty() { Vec::new() } else { vec![matching::kinds(closed.iter().copied())] }
}

impl Shelf {
    /// What may be seen of what matches.
    fn visible_among(&self, query: &dyn Query) -> Box<dyn Query> {
        match &self.visible {
            None => query.box_clone(),
            Some(visible) => matching::all(&[visible, &query.box_clone()]),
        }
    }

    /// The census of what is found, and what of it is ranked.
    fn counted(&self, query: Box<dyn Query>, titles: Option<&dyn Query>) -> tantivy::Result<(Census, Box<dyn Query>)> {
        let hits = Hits::of(&self.searcher, &*query)?;
        let census = hits.census(&self.searcher, Values::Usual)?;
        if census.total <= MOST_RANKED as u64 {
            return Ok((census, query));
        }
        let mut documents = newest(&self.searcher, &hits, MOST_RANKED);
        if let Some(titles) = titles {
            let titled = Hits::of(&self.searcher, titles)?.and(&hits);
            documents.extend(newest(&self.searcher, &titled, MOST_TITLES));
        }
        let only: Box<dyn Query> = Box::new(Sight::only(&self.searcher, documents.into_iter()));
        Ok((census, matching::all(&[&only, &query])))
    }

    fn collector(&self, order: Order, most: usize) -> impl Collector<Fruit = Vec<((f64, f64), DocAddress)>> + use<> {
        let now = Instant::now().0;
        TopDocs::with_limit(most.max(1)).tweak_score(move |segment: &SegmentReader| {
            let unpacked = Columns::of(segment);
            let changed = segment.fast_fields().i64("changed").ok().map(|column| column.first_or_default_col(0));
            move |doc: DocId, score: Score| {
                let changed = match &unpacked {
                    Some(columns) => columns.changed(doc),
                    None => changed.as_ref().map_or(0, |changed| changed.get_val(doc)),
                };
                let score = ranked(f64::from(score), now.saturating_sub(changed));
                let sort = if order == Order::Newest { changed as f64 } else { score };
                (sort, score)
            }
        })
    }

    /// What the best places hold.
    fn found(&self, number: usize, best: Vec<((f64, f64), DocAddress)>) -> tantivy::Result<Vec<Found>> {
        let mut found = Vec::with_capacity(best.len());
        let mut columns = HashMap::new();
        for ((sort, score), address) in best {
            let columns = match columns.entry(address.segment_ord) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(self.columns(address.segment_ord)?),
            };
            if let Some(resource) = resource(columns, address.doc_id)? {
                found.push(Found { resource, score, sort, at: (number, address) });
            }
        }
        Ok(found)
    }

    /// Kinds and ids of a segment.
    fn columns(&self, segment: SegmentOrdinal) -> tantivy::Result<(Option<StrColumn>, Column<i64>)> {
        let columns = self.searcher.segment_reader(segment).fast_fields();
        Ok((columns.str("kind")?, columns.i64("id")?))
    }
}

/// The best of all shelves.
fn first(mut found: Vec<Found>, most: usize) -> Vec<Found> {
    found.sort_by(|one, other| other.sort.total_cmp(&one.sort).then_with(|| one.resource.cmp(&other.resource)));
    found.truncate(most);
    found
}

fn resource((kinds, ids): &(Option<StrColumn>, Column<i64>), doc: DocId) -> tantivy::Result<Option<Resource>> {
    let Some((kinds, kind, id)) =
        kinds.as_ref().and_then(|kinds| Some((kinds, kinds.ords().first(doc)?, ids.first(doc)?)))
    else {
        return Ok(None);
    };
    let mut name = String::new();
    kinds.ord_to_str(kind, &mut name)?;
    Ok(Some(Resource::stored(name, id)))
}

/// The score with a mild regard for what is new.
fn ranked(score: f64, age: i64) -> f64 {
    let age = age.max(0) as f64 / RECENT_MICROSECONDS;
    // Where nothing was asked for but filters, the newest comes first.
    (score + 0.01) * (1.0 + RECENT / (1.0 + age))
}

/// How much a word weighs, from what the viewer may see.
#[derive(Default)]
struct Weights {
    shelf: Option<(Searcher, Option<Box<dyn Query>>)>,
    documents: u64,
    known: RefCell<HashMap<Term, u64>>,
}

impl Weights {
    fn of(shelf: &Shelf) -> std::result::Result<Self, Trouble> {
        let documents = match &shelf.visible {
            None => shelf.searcher.num_docs(),
            Some(visible) => guarded(|| shelf.searcher.search(visible, &Count))? as u64,
        };
        let shelf = Some((shelf.searcher.clone(), shelf.visible.as_ref().map(|visible| visible.box_clone())));
        Ok(Self { shelf, documents, known: RefCell::default() })
    }
}

impl Bm25StatisticsProvider for Weights {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let is_title = [fields().title, fields().title_stems].contains(&field);
        Ok((self.documents + 1) * if is_title { TITLE_LENGTH } else { TEXT_LENGTH })
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.documents + 1)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        if let Some(known) = self.known.borrow().get(term) {
            return Ok(*known);
        }
        let Some((searcher, visible)) = &self.shelf else { return Ok(0) };
        let holds: Box<dyn Query> = Box::new(TermQuery::new(term.clone(), IndexRecordOption::Basic));
        let visible_holds = match visible {
            None => holds,
            Some(visible) => matching::all(&[visible, &holds]),
        };
        let count = searcher.search(&visible_holds, &Count)? as u64;
        self.known.borrow_mut().insert(term.clone(), count);
        Ok(count)
    }
}

/// A damaged index may make the library fail or panic; neither may reach the page.
fn guarded<T>(search: impl FnOnce() -> tantivy::Result<T>) -> std::result::Result<T, Trouble> {
    match catch_unwind(AssertUnwindSafe(search)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Trouble::Index("a search panicked".to_owned())),
    }
}

impl From<TantivyError> for Trouble {
    fn from(error: TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Runs a search in the project of that folder; over what the database says alone, if the index turns out to be damaged. The search is told by `None`.
pub fn with_index<T>(dir: &Path, search: impl Fn(Option<Snapshot>) -> std::result::Result<T, Trouble>) -> Result<T> {
    match search(index::snapshot(dir)) {
        Ok(answer) => Ok(answer),
        Err(Trouble::Other(error)) => Err(error),
        Err(Trouble::Index(reason)) => {
            index::distrust(dir, &reason);
            search(None).map_err(|trouble| match trouble {
                Trouble::Other(error) => error,
                Trouble::Index(reason) => Error::internal(format!("search: {reason}")),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::base::component::Document;
    use crate::search::query::{Query as Asked, Reading};

    /// `many` texts that hold “leak”, every third of them new, the later the newer; the oldest has it in its title.
    fn corpus(many: i64) -> Corpus {
        let document = |at: i64| Document {
            resource: Resource::new("thing", at),
            acl: 1,
            participants: Vec::new(),
            title: if at == 0 { "A leak in the roof".to_owned() } else { format!("Thing {at}") },
            text: "It leaks again".to_owned(),
            author: String::new(),
            changed: Instant(at * 1_000_000),
            permission: "VIEW",
            facets: if at % 3 == 0 { vec![("status", "new".to_owned())] } else { Vec::new() },
        };
        let documents: Vec<Document> = (0..many).map(document).collect();
        let shelf = Shelf { searcher: index::in_memory(&documents).expect("an index"), visible: None };
        let weights = Weights::of(&shelf).ok().expect("weights");
        Corpus { shelves: vec![shelf], weights, behind: false }
    }

    fn searched(corpus: &Corpus, order: Order) -> (Census, Vec<i64>) {
        let reading = Reading { kinds: Vec::new(), zone: TimeZone::UTC, now: Instant::now() };
        let asked = Asked::read("leak", &reading);
        let titles = matching::in_titles(&asked);
        let found = corpus.top_counted(&*matching::of_query(&asked, false), titles.as_deref(), order, 20);
        let (census, found) = found.ok().expect("an answer");
        (census, found.into_iter().map(|found| found.resource.id).collect())
    }

    #[test]
    fn of_very_many_hits_all_are_counted_and_the_newest_and_the_titles_ranked() {
        let many = MOST_RANKED as i64 + 1_500;
        let (census, found) = searched(&corpus(many), Order::Best);

        assert_eq!((census.total, census.kind("thing")), (many as u64, many as u64));
        assert_eq!(census.values("status")[0].count, (0..many).filter(|at| at % 3 == 0).count() as u64);
        assert_eq!(found[..3], [0, many - 1, many - 2]);
        let (_, newest) = searched(&corpus(many), Order::Newest);
        assert_eq!(newest[..3], [many - 1, many - 2, many - 3]);
    }

    #[test]
    fn what_is_not_too_much_is_ranked_whole() {
        let (census, found) = searched(&corpus(900), Order::Best);
        assert_eq!((census.total, found[0]), (900, 0));
        assert_eq!(census.values("status")[0].count, 300);
    }
}
