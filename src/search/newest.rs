//! Of very many hits only those that were changed last are ranked: a word that thousands of things hold says little of any of
//! them, and a search must not take longer because a project has grown.

use tantivy::{DocId, Searcher, SegmentOrdinal, SegmentReader};

use super::columns::Columns;
use super::hits::{Bits, Hits};

/// So many hits are ranked.
pub const MOST_RANKED: usize = 5_000;

/// When it was changed, the segment and the document.
type Place = (i64, SegmentOrdinal, DocId);

/// The documents among the hits that were changed last, at most [`MOST_RANKED`].
pub fn newest(searcher: &Searcher, hits: &Hits) -> Vec<(SegmentOrdinal, DocId)> {
    let mut places: Vec<Place> = Vec::new();
    for ((segment, bits), ordinal) in searcher.segment_readers().iter().zip(hits.segments()).zip(0..) {
        match Columns::of(segment) {
            Some(columns) => {
                let hits = columns.newest_first().iter().filter(|doc| bits.has(**doc)).take(MOST_RANKED);
                places.extend(hits.map(|doc| (columns.changed(*doc), ordinal, *doc)));
            }
            None => places.extend(where_they_lie(segment, bits, ordinal)),
        }
    }
    if places.len() > MOST_RANKED {
        places.select_nth_unstable_by(MOST_RANKED - 1, |one, other| other.cmp(one));
        places.truncate(MOST_RANKED);
    }
    places.into_iter().map(|(_, segment, doc)| (segment, doc)).collect()
}

fn where_they_lie(segment: &SegmentReader, bits: &Bits, ordinal: SegmentOrdinal) -> Vec<Place> {
    let changed = segment.fast_fields().i64("changed").ok();
    let changed = |doc| changed.as_ref().and_then(|column| column.first(doc)).unwrap_or(0);
    bits.documents().map(|doc| (changed(doc), ordinal, doc)).collect()
}
