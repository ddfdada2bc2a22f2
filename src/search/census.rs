//! How many of what was found are of which kind and have which values: the exact counts beside the results.
//!
//! Each distinct value of a segment is counted by its number there, and read once at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::columnar::{Cardinality, StrColumn};
use tantivy::{DocId, SegmentReader};

use super::columns::{self, COUNTED, Columns, FEW};
use super::either::BLOCK;
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

/// Which values are counted, beside the kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Those of [`schema::COUNTED`].
    Usual,
    /// Also those that are counted only if they were asked for.
    All,
}

/// Takes the census of documents of one segment.
pub struct Counting {
    total: u64,
    unpacked: Option<Unpacked>,
    /// All columns; the kinds are the last of those that are always counted.
    tallies: Vec<Tally>,
    waiting: Vec<DocId>,
}

/// What is counted in memory.
struct Unpacked {
    columns: Arc<Columns>,
    /// By column and by the number of the value.
    counts: Box<[[u32; FEW]; COUNTED]>,
}

impl Counting {
    pub fn of(segment: &SegmentReader, values: Values) -> tantivy::Result<Self> {
        let unpacked = Columns::of(segment);
        let mut tallies = Vec::new();
        let all = columns::names().chain((values == Values::All).then_some("facet_label"));
        for (at, name) in all.enumerate() {
            let in_memory = unpacked.as_ref().is_some_and(|columns| at < COUNTED && columns.has(at));
            tallies.extend(segment.fast_fields().str(name)?.map(|column| Tally::of(column, name, at, in_memory)));
        }
        let unpacked = unpacked.map(|columns| Unpacked { columns, counts: Box::new([[0; FEW]; COUNTED]) });
        Ok(Self { total: 0, unpacked, tallies, waiting: Vec::with_capacity(BLOCK) })
    }

    pub fn count(&mut self, documents: impl Iterator<Item = DocId>) {
        let waits = self.tallies.iter().any(|tally| !tally.in_memory);
        for doc in documents {
            self.total += 1;
            if let Some(Unpacked { columns, counts }) = &mut self.unpacked {
                for (counts, value) in counts.iter_mut().zip(columns.values(doc)) {
                    counts[usize::from(value)] += 1;
                }
            }
            if waits {
                self.waiting.push(doc);
                if self.waiting.len() == BLOCK {
                    self.count_waiting();
                }
            }
        }
        self.count_waiting();
    }

    /// Many at once, which is much quicker than one by one.
    fn count_waiting(&mut self) {
        for tally in self.tallies.iter_mut().filter(|tally| !tally.in_memory) {
            tally.count(&self.waiting);
        }
        self.waiting.clear();
    }

    pub fn census(self) -> tantivy::Result<Census> {
        let mut census = Census { total: self.total, ..Census::default() };
        for mut tally in self.tallies {
            if let Some(unpacked) = self.unpacked.as_ref().filter(|_| tally.in_memory) {
                tally.counts = unpacked.counts[tally.at].iter().map(|count| u64::from(*count)).collect();
                tally.counts.truncate(tally.column.num_terms());
            }
            let into = if tally.name == "kind" { &mut census.kinds } else { &mut census.labels };
            tally.read(into)?;
        }
        Ok(census)
    }
}

struct Tally {
    name: &'static str,
    /// Its place among the columns.
    at: usize,
    column: StrColumn,
    in_memory: bool,
    counts: Vec<u64>,
    /// A document may have several values.
    several: bool,
    first: Vec<Option<u64>>,
}

impl Tally {
    fn of(column: StrColumn, name: &'static str, at: usize, in_memory: bool) -> Self {
        let counts = if in_memory { Vec::new() } else { vec![0; column.num_terms()] };
        let several = column.ords().get_cardinality() == Cardinality::Multivalued;
        Self { name, at, column, in_memory, counts, several, first: Vec::new() }
    }

    fn count(&mut self, docs: &[DocId]) {
        let counts = &mut self.counts;
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
