//! Two texts beside each other, three into one, and what was found in one.

use divan::Bencher;
use trackway::base::text::diff::{Options, diff};
use trackway::base::text::excerpt::{Term, excerpt};
use trackway::base::text::merge::merge;

const SIZES: [usize; 2] = [10 << 10, 100 << 10];

#[divan::bench(args = SIZES)]
fn a_difference(bencher: Bencher<'_, '_>, bytes: usize) {
    let old = super::manual(bytes);
    let new = super::edited(&old);
    bencher.bench(|| diff(divan::black_box(&old), &new, &Options::default()));
}

#[divan::bench(args = SIZES)]
fn a_merge(bencher: Bencher<'_, '_>, bytes: usize) {
    let base = super::manual(bytes);
    let yours = super::edited(&base);
    let theirs = format!("A line above.\n{base}A line below.\n");
    bencher.bench(|| merge(divan::black_box(&base), &theirs, &yours));
}

#[divan::bench(args = SIZES)]
fn an_excerpt(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = super::manual(bytes);
    let terms = ["ticket", "milestone"].map(|word| Term { text: word.to_owned(), prefix: false });
    bencher.bench(|| excerpt(divan::black_box(&text), &terms, 200));
}
