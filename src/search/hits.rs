//! Everything that a search matches in an index, as a bit for each document: what is counted, and of which the newest are
//! ranked ([`super::newest`]).

use tantivy::query::{EnableScoring, Query};
use tantivy::{DocId, Searcher, SegmentReader};

use super::census::{Census, Counting, Values};
use super::either::each_block;

pub struct Hits {
    /// In the order of the searcher.
    segments: Vec<Bits>,
}

impl Hits {
    pub fn of(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Self> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let mut segments = Vec::new();
        for segment in searcher.segment_readers() {
            let mut bits = Bits::none(segment);
            each_block(&mut weight.scorer(segment, 1.0)?, |block| block.iter().for_each(|doc| bits.set(*doc)));
            bits.leave_out_deleted(segment);
            segments.push(bits);
        }
        Ok(Self { segments })
    }

    /// What both have.
    pub fn and(mut self, other: &Self) -> Self {
        for (bits, others) in self.segments.iter_mut().zip(&other.segments) {
            for (word, other) in bits.0.iter_mut().zip(&others.0) {
                *word &= other;
            }
        }
        self
    }

    pub fn segments(&self) -> &[Bits] {
        &self.segments
    }

    pub fn census(&self, searcher: &Searcher, values: Values) -> tantivy::Result<Census> {
        let mut census = Census::default();
        for (segment, bits) in searcher.segment_readers().iter().zip(&self.segments) {
            let mut counting = Counting::of(segment, values)?;
            counting.count(bits.documents());
            census.add(counting.census()?);
        }
        Ok(census)
    }
}

/// Some documents of a segment, 64 in each number.
#[derive(Debug, Clone)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn none(segment: &SegmentReader) -> Self {
        Self(vec![0; segment.max_doc().div_ceil(64) as usize])
    }

    pub fn set(&mut self, doc: DocId) {
        if let Some(word) = self.0.get_mut((doc / 64) as usize) {
            *word |= 1 << (doc % 64);
        }
    }

    pub fn has(&self, doc: DocId) -> bool {
        self.0.get((doc / 64) as usize).is_some_and(|word| word >> (doc % 64) & 1 == 1)
    }

    pub fn into_words(self) -> Vec<u64> {
        self.0
    }

    /// In order.
    pub fn documents(&self) -> impl Iterator<Item = DocId> {
        self.0.iter().zip(0_u32..).flat_map(|(word, at)| Ones(*word).map(move |bit| at * 64 + bit))
    }

    fn leave_out_deleted(&mut self, segment: &SegmentReader) {
        let Some(alive) = segment.alive_bitset() else { return };
        let deleted: Vec<DocId> = self.documents().filter(|doc| alive.is_deleted(*doc)).collect();
        for doc in deleted {
            self.0[(doc / 64) as usize] &= !(1 << (doc % 64));
        }
    }
}

/// The places of the bits that are set.
struct Ones(u64);

impl Iterator for Ones {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(place)
    }
}
