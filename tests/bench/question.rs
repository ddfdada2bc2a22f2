//! What people and commits ask for, read.

use divan::Bencher;
use trackway::code::commit_refs::{Context, read};
use trackway::query::{from_address, from_either};
use trackway::ticket::fields::Fields;

#[divan::bench]
fn a_commit_message(bencher: Bencher<'_, '_>) {
    let message = "web: Answer before the timer runs out\n\n\
                   Closes #3, #4 and #5; see ticket:7#comment:2 and demo#8 @1h30m.\n\nReviewed-by: Ada";
    bencher.bench(|| read(divan::black_box(message), &Context::default()));
}

/// A message of 100 KiB.
#[divan::bench]
fn a_long_commit_message(bencher: Bencher<'_, '_>) {
    let message = super::manual(100 << 10);
    bencher.bench(|| read(divan::black_box(&message), &Context::default()));
}

#[divan::bench(args = ["status:open owner:me (milestone:\"1.0\" or priority:>=major) -component:docs sort:-priority"])]
fn a_typed_query(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench(|| from_either(&Fields::BUILT_IN, divan::black_box(text)).unwrap());
}

#[divan::bench(args = ["status=!closed&owner=kim&milestone=1.0&order=priority&desc=1&group=component&col=id&col=summary"])]
fn a_query_in_an_address(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| from_address(&Fields::BUILT_IN, divan::black_box(address)).unwrap());
}
