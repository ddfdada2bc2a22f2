//! The order of a conversation that is read in threads: each thing that was said, followed by its answers.

use std::collections::{HashMap, HashSet};

/// Answers are moved in so many times at most.
const DEEPEST: usize = 6;

/// One thing of a conversation; what has no number can't be answered.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub number: Option<i64>,
    /// The number of what it answers.
    pub answers: Option<i64>,
}

/// Where each stands in `said`, which comes in the order of time, and how deep. An answer to what is not among them, or comes
/// later, stands for itself.
pub fn threaded(said: &[Said]) -> Vec<(usize, usize)> {
    let here: HashSet<i64> = said.iter().filter_map(|one| one.number).collect();
    let mut below: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    for (at, one) in said.iter().enumerate() {
        match one.answers.filter(|answered| here.contains(answered) && one.number > Some(*answered)) {
            Some(answered) => below.entry(answered).or_default().push(at),
            None => waiting.push((at, 0)),
        }
    }
    waiting.reverse();
    let mut ordered = Vec::with_capacity(said.len());
    while let Some((at, depth)) = waiting.pop() {
        let answers = said[at].number.and_then(|number| below.remove(&number)).unwrap_or_default();
        waiting.extend(answers.into_iter().rev().map(|answer| (answer, depth + 1)));
        ordered.push((at, depth.min(DEEPEST)));
    }
    ordered
}
