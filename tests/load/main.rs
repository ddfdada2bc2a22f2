//! Projects of three sizes, always the same, and how long the server takes over their pages.
//!
//! `cargo bench --bench load -- generate M DIR` makes the project M with its repository in a folder; `cargo bench --bench load
//! -- measure DIR` asks a server on a copy of it for every kind of page and prints the figures beside the bounds.
//! `cargo bench --bench load -- course DIR` lets the people of a course work at once, and prints what the machine can do.
#![expect(clippy::unwrap_used, reason = "a measurement that meets what it did not expect ends there")]

mod client;
mod course;
mod generate;
mod measure;
mod repository;
mod server;
mod size;
mod texts;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo bench --bench load -- generate S|M|L DIR
       cargo bench --bench load -- measure DIR [--only WORD] [--json] [--rounds N]
       cargo bench --bench load -- course DIR [--groups N] [--people N] [--minutes N]";

fn main() {
    // Cargo adds a word of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["generate", size, folder] => generate::run(size::named(size).expect(USAGE), &PathBuf::from(folder)),
        ["measure", folder, ref options @ ..] => {
            measure::run(&PathBuf::from(folder), &measure::Options::read(options).expect(USAGE))
        }
        ["course", folder, ref options @ ..] => {
            course::run(&PathBuf::from(folder), &course::Options::read(options).expect(USAGE));
        }
        _ => eprintln!("{USAGE}"),
    }
}
