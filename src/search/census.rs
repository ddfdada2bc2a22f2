//! How many of what was found are of which kind and have which values: the exact counts beside the results.
//!
//! Each distinct value of a segment is counted by its number there, and read once at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Cardinality, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::columns::Columns;
use super::schema;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Census {
    pub total: u64,
    pub kinds: BTreeMap<String, u64>,
    /// There were so many that values were counted among those changed last alone: see [`super::newest`].
    pub partial: bool,
    /// As the index has them: [`schema::facet_parts`].
    labels: BTreeMap<String, u64>,
}

/// A value with how often it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub key: String,
    /// As most have it written.
    pub label: String,
    pub count: u64,
}

impl Census {
    pub fn add(&mut self, other: Self) {
        self.total += other.total;
        self.partial |= other.partial;
        for (counts, more) in [(&mut self.kinds, other.kinds), (&mut self.labels, other.labels)] {
            for (value, count) in more {
                *counts.entry(value).or_default() += count;
            }
        }
    }

    /// The values counted here, of a part of what the other has counted.
    pub fn of_a_part(self, whole: Self) -> Self {
        Self { labels: self.labels, partial: true, ..whole }
    }

    pub fn kind(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    /// The values of one name, the most frequent first.
    pub fn values(&self, name: &str) -> Vec<Value> {
        let mut values: BTreeMap<&str, (&str, u64, u64)> = BTreeMap::new();
        for (counted, count) in &self.labels {
            let Some((of, key, label)) = schema::facet_parts(counted) else { continue };
            if of != name {
                continue;
            }
            let (best, most, sum) = values.entry(key).or_insert((label, 0, 0));
            *sum += count;
            if count > most {
                (*best, *most) = (label, *count);
            }
        }
        let mut values: Vec<Value> = values
            .into_iter()
            .map(|(key, (label, _, count))| Value { key: key.to_owned(), label: label.to_owned(), count })
            .collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.count));
        values
    }
}

/// Takes the census of whatever a search matches.
pub struct Counting {
    pub values: Values,
}

/// Which values are counted, beside the kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    None,
    /// Those of [`schema::COUNTED`].
    Usual,
    /// Also those that are counted only if they were asked for.
    All,
}

impl Collector for Counting {
    type Fruit = Census;
    type Child = CountingSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<CountingSegment> {
        let columns = Columns::of(segment);
        let column = |name: &str| -> tantivy::Result<Option<Tally>> {
            let unpacked = columns.as_ref().and_then(|columns| columns.values(name));
            Ok(segment.fast_fields().str(name)?.map(|column| Tally::of(column, unpacked)))
        };
        let mut labels = Vec::new();
        if self.values != Values::None {
            for (_, _, field) in schema::COUNTED {
                labels.extend(column(field)?);
            }
        }
        if self.values == Values::All {
            labels.extend(column("facet_label")?);
        }
        Ok(CountingSegment { total: 0, kinds: column("kind")?, labels, waiting: Vec::with_capacity(BLOCK) })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Census>>) -> tantivy::Result<Census> {
        let mut census = Census::default();
        for segment in segments {
            census.add(segment?);
        }
        Ok(census)
    }
}

/// Documents that are counted at once, which is much quicker than one by one.
const BLOCK: usize = 64;

pub struct CountingSegment {
    total: u64,
    kinds: Option<Tally>,
    labels: Vec<Tally>,
    waiting: Vec<DocId>,
}

impl CountingSegment {
    fn count(&mut self, docs: &[DocId]) {
        self.total += docs.len() as u64;
        for tally in self.kinds.iter_mut().chain(&mut self.labels) {
            tally.count(docs);
        }
    }
}

impl SegmentCollector for CountingSegment {
    type Fruit = tantivy::Result<Census>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.waiting.push(doc);
        if self.waiting.len() == BLOCK {
            let mut waiting = std::mem::take(&mut self.waiting);
            self.count(&waiting);
            waiting.clear();
            self.waiting = waiting;
        }
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.count(docs);
    }

    fn harvest(mut self) -> tantivy::Result<Census> {
        let waiting = std::mem::take(&mut self.waiting);
        self.count(&waiting);
        let mut census = Census { total: self.total, ..Census::default() };
        if let Some(kinds) = self.kinds {
            kinds.read(&mut census.kinds)?;
        }
        for tally in self.labels {
            tally.read(&mut census.labels)?;
        }
        Ok(census)
    }
}

struct Tally {
    column: StrColumn,
    counts: Vec<u64>,
    /// A document may have several values.
    several: bool,
    first: Vec<Option<u64>>,
    /// The numbers of its values in memory.
    unpacked: Option<Arc<[u16]>>,
}

impl Tally {
    fn of(column: StrColumn, unpacked: Option<Arc<[u16]>>) -> Self {
        let counts = vec![0; column.num_terms()];
        let several = column.ords().get_cardinality() == Cardinality::Multivalued;
        Self { column, counts, several, first: Vec::new(), unpacked }
    }

    fn count(&mut self, docs: &[DocId]) {
        let counts = &mut self.counts;
        if let Some(unpacked) = &self.unpacked {
            for doc in docs {
                let value = unpacked.get(*doc as usize).map_or(usize::MAX, |value| usize::from(*value));
                if let Some(count) = counts.get_mut(value) {
                    *count += 1;
                }
            }
            return;
        }
        let mut add = |value: u64| {
            if let Some(count) = usize::try_from(value).ok().and_then(|value| counts.get_mut(value)) {
                *count += 1;
            }
        };
        if self.several {
            docs.iter().flat_map(|doc| self.column.term_ords(*doc)).for_each(add);
            return;
        }
        self.first.clear();
        self.first.resize(docs.len(), None);
        self.column.ords().first_vals(docs, &mut self.first);
        self.first.iter().flatten().for_each(|value| add(*value));
    }

    fn read(self, into: &mut BTreeMap<String, u64>) -> tantivy::Result<()> {
        let found: Vec<(u64, u64)> = (0..).zip(self.counts).filter(|(_, count)| *count > 0).collect();
        let values: Vec<u64> = found.iter().map(|(value, _)| *value).collect();
        let mut counts = found.iter().map(|(_, count)| *count);
        self.column.dictionary().sorted_ords_to_term_cb(&values, |text| {
            let count = counts.next().unwrap_or(0);
            if text.is_empty() {
                return;
            }
            *into.entry(String::from_utf8_lossy(text).into_owned()).or_default() += count;
        })?;
        Ok(())
    }
}
