//! The golden tables: `=== claim [flavour] [camel]`, the text, `---`, the page.
//!
//! `TRACKWAY_WRITE_TABLES=1` writes what the code answers now; read the difference before you commit it.

use std::fmt::Write as _;

use trackway::base::markup::Flavour;

use super::world;

fn check(name: &str) {
    let path = format!("{}/tests/markup/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(&path).expect("the table is there");
    let mut now = String::new();
    let mut wrong = Vec::new();
    let (head, cases) = table.split_once("=== ").unwrap_or((&table, ""));
    now.push_str(head);
    for case in cases.split("\n=== ") {
        let (claim, rest) = case.split_once('\n').expect("a claim ends with a line break");
        let (text, expected) = rest.split_once("\n---\n").unwrap_or((rest, ""));
        let flavour = match claim {
            _ if claim.contains("[note]") => Flavour::Note,
            _ if claim.contains("[line]") => Flavour::Line,
            _ => Flavour::Page,
        };
        let mut options = world::options();
        options.settings.camel_case = claim.contains("[camel]");
        options.references = !claim.contains("[no references]");
        let page = world::page_of(text, flavour, &options);
        if page.trim_end() != expected.trim_end() {
            wrong.push(format!("{claim}\n{text}\nexpected: {}\nanswered: {}\n", expected.trim_end(), page.trim_end()));
        }
        let _ = write!(now, "=== {claim}\n{text}\n---\n{}\n\n", page.trim_end());
    }
    if std::env::var_os("TRACKWAY_WRITE_TABLES").is_some() {
        let now = now.trim_end().to_owned() + "\n";
        std::fs::write(&path, now).expect("the table can be written");
        return;
    }
    assert!(wrong.is_empty(), "{name}: {} cases\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn links_are_read_as_the_table_says() {
    check("links");
}

#[test]
fn macros_are_read_as_the_table_says() {
    check("macros");
}

#[test]
fn markdown_is_written_as_the_table_says() {
    check("markdown");
}
