//! What the parts cost of which pages are made, each alone: `cargo bench --bench bench`, with a word for those it names.
//!
//! `tests/load` measures whole pages; this tells which part of one has become slower. Texts are the manual's own.
#![expect(clippy::unwrap_used, reason = "a measurement that meets what it did not expect ends there")]

mod markup;
mod question;
mod text;

use std::path::Path;

fn main() {
    divan::main();
}

/// The pages of the manual one after the other, cut at a line: `bytes` of them at most.
fn manual(bytes: usize) -> String {
    let mut files: Vec<_> = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/wiki-default/Manual"))
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    let mut text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap() + "\n\n").collect();
    let lines = text.match_indices('\n').map(|(at, _)| at + 1);
    let end = lines.take_while(|end| *end <= bytes).last().unwrap();
    text.truncate(end);
    text
}

/// The same text after an edit: every 40th line has another word in it, every 100th is gone.
fn edited(text: &str) -> String {
    let lines = text.split_inclusive('\n').enumerate().filter(|(number, _)| number % 100 != 99);
    lines
        .map(|(number, line)| if number % 40 == 7 { line.replacen(' ', " newer ", 1) } else { line.to_owned() })
        .collect()
}
