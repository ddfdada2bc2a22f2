//! How many of what was found are of which kind and have which values: the exact counts beside the results.
//!
//! Each distinct value of a segment is counted by its number there, and read once at the end.

use std::collections::BTreeMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::schema;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Census {
    pub total: u64,
    pub kinds: BTreeMap<String, u64>,
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
        for (counts, more) in [(&mut self.kinds, other.kinds), (&mut self.labels, other.labels)] {
            for (value, count) in more {
                *counts.entry(value).or_default() += count;
            }
        }
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
pub struct Counting;

impl Collector for Counting {
    type Fruit = Census;
    type Child = CountingSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<CountingSegment> {
        let column = |name| -> tantivy::Result<Option<Tally>> { Ok(segment.fast_fields().str(name)?.map(Tally::of)) };
        Ok(CountingSegment { total: 0, kinds: column("kind")?, labels: column("facet_label")? })
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

pub struct CountingSegment {
    total: u64,
    kinds: Option<Tally>,
    labels: Option<Tally>,
}

impl SegmentCollector for CountingSegment {
    type Fruit = tantivy::Result<Census>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.total += 1;
        for tally in [&mut self.kinds, &mut self.labels].into_iter().flatten() {
            tally.count(doc);
        }
    }

    fn harvest(self) -> tantivy::Result<Census> {
        let read = |tally: Option<Tally>| tally.map_or(Ok(BTreeMap::new()), Tally::read);
        Ok(Census { total: self.total, kinds: read(self.kinds)?, labels: read(self.labels)? })
    }
}

struct Tally {
    column: StrColumn,
    counts: Vec<u64>,
}

impl Tally {
    fn of(column: StrColumn) -> Self {
        let counts = vec![0; column.num_terms()];
        Self { column, counts }
    }

    fn count(&mut self, doc: DocId) {
        for value in self.column.term_ords(doc) {
            if let Some(count) = usize::try_from(value).ok().and_then(|value| self.counts.get_mut(value)) {
                *count += 1;
            }
        }
    }

    fn read(self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut read = BTreeMap::new();
        for (value, count) in self.counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let mut text = String::new();
            self.column.ord_to_str(value as u64, &mut text)?;
            read.insert(text, count);
        }
        Ok(read)
    }
}
