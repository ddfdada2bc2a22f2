//! Texts as numbered lines, and the one place that calls the diff algorithm. Serves `merge` and `diff`.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// How long one comparison of two texts may search for the smallest difference. After that the rest
/// is taken as replaced: coarser, but right.
pub(super) const TIME_LIMIT: Duration = Duration::from_millis(800);

/// A text taken apart at LF. `"a\n"` and `"a"` hold the same line and differ only in the end;
/// a CR is part of its line.
pub(super) struct Lines<'a> {
    pub(super) lines: Vec<&'a str>,
    /// Whether the last line is ended; nothing in a text without lines.
    pub(super) ended: Option<bool>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        if text.is_empty() {
            return Lines { lines: Vec::new(), ended: None };
        }
        let body = text.strip_suffix('\n');
        Lines { lines: body.unwrap_or(text).split('\n').collect(), ended: Some(body.is_some()) }
    }
}

/// Gives equal keys equal small numbers, so that the search compares integers.
pub(super) struct Numbers<K>(HashMap<K, u32>);

impl<K: Hash + Eq> Numbers<K> {
    pub(super) fn new() -> Self {
        Numbers(HashMap::new())
    }

    pub(super) fn of(&mut self, keys: impl IntoIterator<Item = K>) -> Vec<u32> {
        keys.into_iter()
            .map(|key| {
                let next = self.0.len() as u32;
                *self.0.entry(key).or_insert(next)
            })
            .collect()
    }
}

/// The difference of two numbered sequences: equal and other operations that cover both from start to end.
pub(super) fn compare(old: &[u32], new: &[u32], deadline: Instant) -> Vec<DiffOp> {
    capture_diff_slices_deadline(Algorithm::Myers, old, new, Some(deadline))
}
