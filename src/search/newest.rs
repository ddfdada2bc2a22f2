//! Of very many hits only those that were changed last are ranked: a word that thousands of things hold says little of any of
//! them, and a search must not take longer because a project has grown.

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use tantivy::{DocId, Searcher, SegmentOrdinal, SegmentReader};

use super::columns::Columns;
use super::hits::{Bits, Hits};

/// So many hits are ranked …
pub const MOST_RANKED: usize = 2_000;
/// … and beside them so many that have it in their titles.
pub const MOST_TITLES: usize = 1_000;

/// When it was changed, the segment and the document.
type Place = (i64, SegmentOrdinal, DocId);

/// The documents among the hits that were changed last.
pub fn newest(searcher: &Searcher, hits: &Hits, most: usize) -> Vec<(SegmentOrdinal, DocId)> {
    let mut queues: Vec<Queue<'_>> = searcher
        .segment_readers()
        .iter()
        .zip(hits.segments())
        .map(|(segment, bits)| Queue::of(segment, bits))
        .collect();
    let mut heads: BinaryHeap<Place> = BinaryHeap::new();
    for (queue, ordinal) in queues.iter_mut().zip(0..) {
        heads.extend(queue.next().map(|(changed, doc)| (changed, ordinal, doc)));
    }
    let mut newest = Vec::with_capacity(most);
    while let Some(mut head) = heads.peek_mut() {
        let (_, ordinal, doc) = *head;
        newest.push((ordinal, doc));
        if newest.len() == most {
            break;
        }
        match queues.get_mut(ordinal as usize).and_then(Queue::next) {
            Some((changed, doc)) => *head = (changed, ordinal, doc),
            None => drop(PeekMut::pop(head)),
        }
    }
    newest
}

/// The hits of a segment, the newest first, each with when it was changed.
enum Queue<'a> {
    InMemory { columns: Arc<Columns>, bits: &'a Bits, at: usize },
    Read(std::vec::IntoIter<(i64, DocId)>),
}

impl<'a> Queue<'a> {
    fn of(segment: &SegmentReader, bits: &'a Bits) -> Self {
        if let Some(columns) = Columns::of(segment) {
            return Self::InMemory { columns, bits, at: 0 };
        }
        let changed = segment.fast_fields().i64("changed").ok();
        let changed = |doc| changed.as_ref().and_then(|column| column.first(doc)).unwrap_or(0);
        let mut places: Vec<(i64, DocId)> = bits.documents().map(|doc| (changed(doc), doc)).collect();
        places.sort_unstable_by(|one, other| other.cmp(one));
        Self::Read(places.into_iter())
    }

    fn next(&mut self) -> Option<(i64, DocId)> {
        match self {
            Self::Read(places) => places.next(),
            Self::InMemory { columns, bits, at } => {
                let rest = columns.newest_first().get(*at..)?;
                let skipped = rest.iter().position(|doc| bits.has(*doc))?;
                *at += skipped + 1;
                let doc = rest[skipped];
                Some((columns.changed(doc), doc))
            }
        }
    }
}
