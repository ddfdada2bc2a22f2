//! What a viewer may see of an index: one bit for each of its documents, worked out once for each segment and set of rights.
//!
//! A segment never changes and has an id that no other has, so what is kept can't be out of date. Where everything may be
//! seen there is nothing to ask for, which is the usual case and the quick one.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, Searcher, SegmentOrdinal, SegmentReader, TERMINATED, TantivyError};

use super::hits::Bits;
use super::matching;
use crate::base::viewer::{TRAC_ADMIN, Viewer};

/// Segments and sets of rights that are remembered.
const KEPT: usize = 256;

static KNOWN: LazyLock<Cache<(SegmentId, String), Seen>> = LazyLock::new(|| Cache::new(KEPT));

/// What may be seen of one segment.
#[derive(Debug, Clone)]
enum Seen {
    Everything,
    /// The documents whose bits are set, 64 in each number.
    Some(Arc<Vec<u64>>),
}

/// What one viewer may see of the segments of a searcher.
#[derive(Debug, Clone)]
pub struct Sight {
    segments: Vec<(SegmentId, Seen)>,
}

impl Sight {
    pub fn of(viewer: &Viewer, searcher: &Searcher) -> tantivy::Result<Self> {
        let rights = rights(viewer);
        let mut segments = Vec::new();
        for segment in searcher.segment_readers() {
            let key = (segment.segment_id(), rights.clone());
            let seen = match KNOWN.get(&key) {
                Some(seen) => seen,
                None => {
                    let seen = look(viewer, searcher, segment)?;
                    KNOWN.insert(key, seen.clone());
                    seen
                }
            };
            segments.push((segment.segment_id(), seen));
        }
        Ok(Self { segments })
    }

    /// These documents alone, by the segments' order in the searcher.
    pub fn only(searcher: &Searcher, documents: impl Iterator<Item = (SegmentOrdinal, DocId)>) -> Self {
        let mut bits: Vec<Bits> = searcher.segment_readers().iter().map(Bits::none).collect();
        for (segment, doc) in documents {
            if let Some(bits) = bits.get_mut(segment as usize) {
                bits.set(doc);
            }
        }
        let seen = bits.into_iter().map(|bits| Seen::Some(Arc::new(bits.into_words())));
        Self { segments: searcher.segment_readers().iter().map(SegmentReader::segment_id).zip(seen).collect() }
    }

    pub fn is_everything(&self) -> bool {
        self.segments.iter().all(|(_, seen)| matches!(seen, Seen::Everything))
    }
}

/// All of a viewer that decides what they find: see [`matching::access`].
fn rights(viewer: &Viewer) -> String {
    let person = viewer.person.filter(|_| !viewer.joined_classes.is_empty());
    let mut permissions: Vec<&str> = viewer.permissions.iter().copied().collect();
    if viewer.may(TRAC_ADMIN) {
        permissions = vec![TRAC_ADMIN.name];
    }
    format!("{:?} {:?} {person:?} {}", viewer.classes, viewer.joined_classes, permissions.join(" "))
}

fn look(viewer: &Viewer, searcher: &Searcher, segment: &SegmentReader) -> tantivy::Result<Seen> {
    let weight = matching::access(viewer).weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut bits = vec![0_u64; segment.max_doc().div_ceil(64) as usize];
    let mut count = 0;
    let mut documents = weight.scorer(segment, 1.0)?;
    while documents.doc() != TERMINATED {
        let doc = documents.doc();
        if let Some(word) = bits.get_mut((doc / 64) as usize) {
            *word |= 1 << (doc % 64);
            count += 1;
        }
        documents.advance();
    }
    Ok(if count == segment.max_doc() { Seen::Everything } else { Seen::Some(Arc::new(bits)) })
}

impl Query for Sight {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Sight {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let seen = self.segments.iter().find(|(id, _)| *id == segment.segment_id()).map(|(_, seen)| seen);
        Ok(match seen {
            None => Box::new(EmptyScorer),
            Some(Seen::Everything) => {
                Box::new(ConstScorer::new(tantivy::query::AllScorer::new(segment.max_doc()), 0.0))
            }
            Some(Seen::Some(bits)) => Box::new(ConstScorer::new(Documents::of(Arc::clone(bits)), 0.0)),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("what is seen is not explained".to_owned()))
    }
}

/// The documents whose bits are set, in order.
struct Documents {
    bits: Arc<Vec<u64>>,
    /// What is left of the current number.
    left: u64,
    at: usize,
    doc: DocId,
}

impl Documents {
    fn of(bits: Arc<Vec<u64>>) -> Self {
        let left = bits.first().copied().unwrap_or(0);
        let mut documents = Self { bits, left, at: 0, doc: 0 };
        documents.advance();
        documents
    }
}

impl DocSet for Documents {
    fn advance(&mut self) -> DocId {
        while self.left == 0 {
            self.at += 1;
            let Some(next) = self.bits.get(self.at) else {
                self.doc = TERMINATED;
                return TERMINATED;
            };
            self.left = *next;
        }
        self.doc = self.at as u32 * 64 + self.left.trailing_zeros();
        self.left &= self.left - 1;
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc >= target {
            return self.doc;
        }
        let at = (target / 64) as usize;
        if at >= self.at {
            let Some(bits) = self.bits.get(at) else {
                (self.at, self.left, self.doc) = (self.bits.len(), 0, TERMINATED);
                return TERMINATED;
            };
            let rest = if at == self.at { self.left } else { *bits };
            (self.at, self.left) = (at, rest & (u64::MAX << (target % 64)));
        }
        self.advance()
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.bits.iter().map(|bits| bits.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_in_order_from_wherever_one_looks() {
        let set: Vec<u32> = vec![0, 3, 63, 64, 130, 191, 300];
        let mut bits = vec![0_u64; 6];
        for doc in &set {
            bits[(doc / 64) as usize] |= 1 << (doc % 64);
        }
        let bits = Arc::new(bits);
        let mut all = Documents::of(Arc::clone(&bits));
        let mut walked = Vec::new();
        while all.doc() != TERMINATED {
            walked.push(all.doc());
            all.advance();
        }
        assert_eq!(walked, set);
        for start in 0..3 {
            for target in 0..400 {
                let mut documents = Documents::of(Arc::clone(&bits));
                for _ in 0..start {
                    documents.advance();
                }
                let here = documents.doc();
                let expected = set.iter().copied().find(|doc| *doc >= target.max(here)).unwrap_or(TERMINATED);
                assert_eq!(documents.seek(target), expected, "{start} {target}");
                let after = set.iter().copied().find(|doc| *doc > expected).unwrap_or(TERMINATED);
                assert_eq!(documents.advance(), after, "{start} {target}");
            }
        }
        assert_eq!(Documents::of(Arc::new(Vec::new())).doc(), TERMINATED);
    }
}
