//! Very many hits: all are counted, by kind too, but only those that were changed last are ranked and counted by their
//! values. A word that thousands of things hold says little of any of them, and a search must not take longer because a
//! project has grown.

use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::fastfield::Column;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::census::{Census, Counting, CountingSegment, Values};
use super::columns::Columns;

/// So many hits are ranked.
pub const MOST_RANKED: usize = 5_000;

/// Counts whatever a search matches, and keeps the places of what was changed last of it.
pub struct Gathering;

/// What was found of a search before anything is ranked.
pub struct Gathered {
    /// Exact, but for the values, which are not counted.
    pub census: Census,
    /// At most [`MOST_RANKED`], in no order.
    newest: Vec<Place>,
}

/// When it was changed, the segment and the document.
type Place = (i64, SegmentOrdinal, DocId);

impl Gathered {
    /// Whether there is more than what is ranked.
    pub fn is_too_much(&self) -> bool {
        self.census.total > MOST_RANKED as u64
    }

    /// The documents that are kept, by segment.
    pub fn documents(&self) -> impl Iterator<Item = (SegmentOrdinal, DocId)> {
        self.newest.iter().map(|(_, segment, doc)| (*segment, *doc))
    }
}

impl Collector for Gathering {
    type Fruit = Gathered;
    type Child = GatheringSegment;

    fn for_segment(&self, ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<GatheringSegment> {
        Ok(GatheringSegment {
            ordinal,
            counting: Counting { values: Values::None }.for_segment(ordinal, segment)?,
            unpacked: Columns::of(segment).and_then(|columns| columns.changed()),
            changed: segment.fast_fields().i64("changed").ok(),
            newest: Vec::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Gathered>>) -> tantivy::Result<Gathered> {
        let mut all = Gathered { census: Census::default(), newest: Vec::new() };
        for segment in segments {
            let segment = segment?;
            all.census.add(segment.census);
            all.newest.extend(segment.newest);
        }
        keep_newest(&mut all.newest);
        Ok(all)
    }
}

pub struct GatheringSegment {
    ordinal: SegmentOrdinal,
    counting: CountingSegment,
    unpacked: Option<Arc<[i64]>>,
    changed: Option<Column<i64>>,
    newest: Vec<Place>,
}

impl GatheringSegment {
    fn changed(&self, doc: DocId) -> i64 {
        match &self.unpacked {
            Some(unpacked) => unpacked.get(doc as usize).copied().unwrap_or(0),
            None => self.changed.as_ref().and_then(|column| column.first(doc)).unwrap_or(0),
        }
    }

    fn keep(&mut self, doc: DocId) {
        self.newest.push((self.changed(doc), self.ordinal, doc));
        if self.newest.len() == 4 * MOST_RANKED {
            keep_newest(&mut self.newest);
        }
    }
}

impl SegmentCollector for GatheringSegment {
    type Fruit = tantivy::Result<Gathered>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.counting.collect(doc, score);
        self.keep(doc);
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.counting.collect_block(docs);
        for doc in docs {
            self.keep(*doc);
        }
    }

    fn harvest(self) -> tantivy::Result<Gathered> {
        Ok(Gathered { census: self.counting.harvest()?, newest: self.newest })
    }
}

fn keep_newest(places: &mut Vec<Place>) {
    if places.len() > MOST_RANKED {
        let oldest_kept = MOST_RANKED - 1;
        places.select_nth_unstable_by(oldest_kept, |one, other| other.cmp(one));
        places.truncate(MOST_RANKED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_however_they_come() {
        let mut places: Vec<Place> =
            (0..12_000_u32).map(|doc| (i64::from(doc.wrapping_mul(7919) % 12_000), 0, doc)).collect();
        keep_newest(&mut places);
        assert_eq!(places.len(), MOST_RANKED);
        assert!(places.iter().all(|(changed, _, _)| *changed >= 7_000));
    }
}
