//! Any of a few words in a document, each adding to its score: the union that a search for a word is made of.
//!
//! The library's own union works out windows of thousands of documents ahead, which is wasted where only some of them are
//! looked at, as [`super::newest`] has it for a common word. This one keeps the place of each word and goes on from there.

use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

/// Documents that are handed over at once.
pub const BLOCK: usize = COLLECT_BLOCK_BUFFER_LEN;

#[derive(Debug)]
pub struct Either(Vec<Box<dyn Query>>);

impl Either {
    pub fn of(ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
        Box::new(Self(ways))
    }
}

impl Clone for Either {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|way| way.box_clone()).collect())
    }
}

impl Query for Either {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let weights = self.0.iter().map(|way| way.weight(scoring)).collect::<tantivy::Result<Vec<_>>>()?;
        Ok(Box::new(EitherWeight(weights)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        for way in &self.0 {
            way.query_terms(visitor);
        }
    }
}

struct EitherWeight(Vec<Box<dyn Weight>>);

impl Weight for EitherWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut ways = Vec::with_capacity(self.0.len());
        for weight in &self.0 {
            let scorer = weight.scorer(segment, boost)?;
            if scorer.doc() != TERMINATED {
                ways.push(Way { doc: scorer.doc(), scorer });
            }
        }
        if ways.len() > 1 {
            let doc = ways.iter().map(|way| way.doc).min().unwrap_or(TERMINATED);
            return Ok(Box::new(EitherScorer { ways, doc }));
        }
        Ok(ways.pop().map_or_else(|| Box::new(EmptyScorer) as Box<dyn Scorer>, |only| only.scorer))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("a score is not explained".to_owned()))
    }
}

struct Way {
    /// Where its scorer is, which is dear to ask.
    doc: DocId,
    scorer: Box<dyn Scorer>,
}

struct EitherScorer {
    ways: Vec<Way>,
    doc: DocId,
}

impl DocSet for EitherScorer {
    fn advance(&mut self) -> DocId {
        let mut next = TERMINATED;
        for way in &mut self.ways {
            if way.doc == self.doc {
                way.doc = way.scorer.advance();
            }
            next = next.min(way.doc);
        }
        self.doc = next;
        next
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let mut next = TERMINATED;
        for way in &mut self.ways {
            if way.doc < target {
                way.doc = way.scorer.seek(target);
            }
            next = next.min(way.doc);
        }
        self.doc = next;
        next
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.ways.iter().map(|way| way.scorer.size_hint()).max().unwrap_or(0)
    }

    fn cost(&self) -> u64 {
        self.ways.iter().map(|way| way.scorer.cost()).sum()
    }
}

/// Hands on every document of a scorer, in blocks and in no order, some of them more than once.
pub fn each_block(scorer: &mut Box<dyn Scorer>, mut act: impl FnMut(&[DocId])) {
    match scorer.downcast_mut::<EitherScorer>() {
        // One word after the other, which spares comparing where each of them is.
        Some(either) => either.ways.iter_mut().for_each(|way| blocks(way.scorer.as_mut(), &mut act)),
        None => blocks(scorer.as_mut(), &mut act),
    }
}

fn blocks(scorer: &mut dyn Scorer, act: &mut impl FnMut(&[DocId])) {
    let mut block = [0; BLOCK];
    loop {
        let filled = scorer.fill_buffer(&mut block);
        act(&block[..filled]);
        if filled < BLOCK {
            return;
        }
    }
}

impl Scorer for EitherScorer {
    fn score(&mut self) -> Score {
        let here = self.doc;
        self.ways.iter_mut().filter(|way| way.doc == here).map(|way| way.scorer.score()).sum()
    }
}
