//! Which lines of two stretches are the same one, changed; and which words of it changed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::time::Instant;

use similar::DiffOp;

use super::super::fold;
use super::super::lines::{Numbers, compare};
use super::super::words::{Kind, Token, tokens};
use super::{Options, Span};

/// How much two lines must share to be shown as one changed line, as the share of their signs (0 to 1).
pub(super) const ENOUGH_SHARED: f64 = 0.4;

pub(super) fn word_key<'a>(line: &'a str, token: &Token, options: &Options) -> Cow<'a, str> {
    let word = &line[token.range.clone()];
    match token.kind {
        Kind::Blank if options.ignore_blanks => Cow::Borrowed(" "),
        Kind::Word if options.ignore_case => Cow::Owned(fold(word)),
        _ => Cow::Borrowed(word),
    }
}

/// The words and signs of a line without their order, each with its length in bytes.
pub(super) struct Bag {
    pub(super) words: Vec<(u32, usize)>,
    weight: usize,
}

impl Bag {
    pub(super) fn of<'a>(line: &'a str, options: &Options, numbers: &mut Numbers<Cow<'a, str>>) -> Bag {
        let tokens: Vec<Token> = tokens(line).into_iter().filter(|token| token.kind != Kind::Blank).collect();
        let ids = numbers.of(tokens.iter().map(|token| word_key(line, token, options)));
        let mut words: Vec<_> = ids.into_iter().zip(tokens.iter().map(|token| token.range.len())).collect();
        words.sort_unstable();
        let weight = words.iter().map(|(_, weight)| weight).sum();
        Bag { words, weight }
    }

    pub(super) fn shared_with(&self, other: &Bag) -> f64 {
        let (mut here, mut there) = (self.words.iter().peekable(), other.words.iter().peekable());
        let mut shared = 0;
        while let (Some(&&(a, weight)), Some(&&(b, _))) = (here.peek(), there.peek()) {
            match a.cmp(&b) {
                Ordering::Less => drop(here.next()),
                Ordering::Greater => drop(there.next()),
                Ordering::Equal => {
                    shared += 2 * weight;
                    here.next();
                    there.next();
                }
            }
        }
        share(shared, self.weight + other.weight)
    }
}

fn share(shared: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { shared as f64 / of as f64 }
}

/// The pairs (row, column), rising in both, with the greatest sum of those values that are enough.
pub(super) fn best_pairs(shared: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let columns = shared.first().map_or(0, Vec::len);
    let mut best = vec![vec![0.0_f64; columns + 1]; shared.len() + 1];
    for (i, row) in shared.iter().enumerate().rev() {
        for (j, &value) in row.iter().enumerate().rev() {
            let without = best[i + 1][j].max(best[i][j + 1]);
            let with = if value >= ENOUGH_SHARED { value + best[i + 1][j + 1] } else { 0.0 };
            best[i][j] = without.max(with);
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < shared.len() && j < columns {
        if shared[i][j] >= ENOUGH_SHARED && best[i][j] == shared[i][j] + best[i + 1][j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i][j] == best[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Both lines in pieces, or nothing if too little of them stayed in order.
pub(super) fn changed_words(
    old: &str,
    new: &str,
    options: &Options,
    deadline: Instant,
) -> Option<(Vec<Span>, Vec<Span>)> {
    if options.by_line {
        return None;
    }
    let (old_tokens, new_tokens) = (tokens(old), tokens(new));
    let mut numbers = Numbers::new();
    let old_ids = numbers.of(old_tokens.iter().map(|token| word_key(old, token, options)));
    let new_ids = numbers.of(new_tokens.iter().map(|token| word_key(new, token, options)));
    let ops = compare(&old_ids, &new_ids, deadline);
    let (mut old_changed, mut new_changed) = (vec![false; old_ids.len()], vec![false; new_ids.len()]);
    let mut stayed = 0;
    for (at, op) in ops.iter().enumerate() {
        let (old_range, new_range) = (op.old_range(), op.new_range());
        let blank = |tokens: &[Token]| tokens.iter().all(|token| token.kind == Kind::Blank);
        let (old_blank, new_blank) = (blank(&old_tokens[old_range.clone()]), blank(&new_tokens[new_range.clone()]));
        let (old_here, new_here) = if let DiffOp::Equal { .. } = op {
            let kept = old_tokens[old_range.clone()].iter().filter(|token| token.kind != Kind::Blank);
            stayed += kept.map(|token| token.range.len()).sum::<usize>();
            // Blanks between two changes are drawn as changed too: one mark instead of many small ones.
            let between = |side: fn(&DiffOp) -> Range<usize>| {
                let changes = |op: Option<&DiffOp>| {
                    op.is_some_and(|op| !matches!(op, DiffOp::Equal { .. }) && !side(op).is_empty())
                };
                at > 0 && changes(ops.get(at - 1)) && changes(ops.get(at + 1))
            };
            (old_blank && between(DiffOp::old_range), new_blank && between(DiffOp::new_range))
        } else {
            (!(options.ignore_blanks && old_blank), !(options.ignore_blanks && new_blank))
        };
        old_changed[old_range].fill(old_here);
        new_changed[new_range].fill(new_here);
    }
    let weight = |tokens: &[Token]| -> usize {
        tokens.iter().filter(|token| token.kind != Kind::Blank).map(|token| token.range.len()).sum()
    };
    if share(2 * stayed, weight(&old_tokens) + weight(&new_tokens)) < ENOUGH_SHARED {
        return None;
    }
    Some((spans(old, &old_tokens, &old_changed), spans(new, &new_tokens, &new_changed)))
}

fn spans(line: &str, tokens: &[Token], changed: &[bool]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (token, &changed) in tokens.iter().zip(changed) {
        let text = &line[token.range.clone()];
        match spans.last_mut() {
            Some(last) if last.changed == changed => last.text.push_str(text),
            _ => spans.push(Span { text: text.to_owned(), changed }),
        }
    }
    spans
}
