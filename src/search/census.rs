//! How many of what was found are of which kind and have which values: the exact counts beside the results.
//!
//! Each distinct value of a segment is counted by its number there, and read once at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::columnar::{Cardinality, StrColumn};
use tantivy::{DocId, SegmentReader};

use super::columns::Columns;
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
    kinds: Option<Tally>,
    labels: Vec<Tally>,
}

impl Counting {
    pub fn of(segment: &SegmentReader, values: Values) -> tantivy::Result<Self> {
        let columns = Columns::of(segment);
        let column = |name: &str| -> tantivy::Result<Option<Tally>> {
            let unpacked = columns.as_ref().and_then(|columns| columns.values(name));
            Ok(segment.fast_fields().str(name)?.map(|column| Tally::of(column, unpacked)))
        };
        let mut labels = Vec::new();
        for (_, _, field) in schema::COUNTED {
            labels.extend(column(field)?);
        }
        if values == Values::All {
            labels.extend(column("facet_label")?);
        }
        Ok(Self { total: 0, kinds: column("kind")?, labels })
    }

    /// Many at once, which is much quicker than one by one.
    pub fn count(&mut self, docs: &[DocId]) {
        self.total += docs.len() as u64;
        for tally in self.kinds.iter_mut().chain(&mut self.labels) {
            tally.count(docs);
        }
    }

    pub fn census(self) -> tantivy::Result<Census> {
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
