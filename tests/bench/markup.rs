//! Texts into what is kept of them.

use divan::Bencher;
use divan::counter::BytesCount;
use trackway::app::COMPONENTS;
use trackway::base::markup::{Flavour, Options, compile};

#[divan::bench(args = [1 << 10, 10 << 10, 100 << 10])]
fn a_page(bencher: Bencher<'_, '_>, bytes: usize) {
    let (text, vocabulary, options) = (super::manual(bytes), COMPONENTS.vocabulary(), Options::default());
    bencher
        .counter(BytesCount::of_str(&*text))
        .bench(|| compile(divan::black_box(&text), Flavour::Page, &vocabulary, &options).unwrap());
}

/// Openings of everything that could close, and nothing that does.
#[divan::bench(args = ["[", "*_", "![[", "<a ", "`` ", "> - ", "|", "$$ "])]
fn a_bomb(bencher: Bencher<'_, '_>, opening: &str) {
    let text = opening.repeat((64 << 10) / opening.len());
    let (vocabulary, options) = (COMPONENTS.vocabulary(), Options::default());
    bencher.bench(|| compile(divan::black_box(&text), Flavour::Page, &vocabulary, &options).is_ok());
}
