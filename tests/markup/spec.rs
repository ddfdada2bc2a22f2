//! Markdown's own examples: all 652 of CommonMark with extensions off; with them on, and of GFM, all but those listed with a
//! reason in `differences.txt`.

use std::collections::BTreeMap;

use scraper::node::Node;
use scraper::{ElementRef, Html};
use serde::Deserialize;
use trackway::base::markup::{Flavour, Options, unsanitised};

use crate::support::test_data;

#[derive(Deserialize)]
struct Example {
    example: u32,
    markdown: String,
    html: String,
}

fn examples(file: &str) -> Option<Vec<Example>> {
    let path = test_data("mdspec")?.join(file);
    let json = std::fs::read_to_string(path).expect("the examples can be read");
    Some(serde_json::from_str(&json).expect("the examples are JSON"))
}

fn options(extensions: bool) -> Options {
    Options { references: false, extensions, ..Options::default() }
}

const BLOCKS: [&str; 24] = [
    "p", "ul", "ol", "li", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody",
    "tr", "td", "th", "div", "dl", "dt", "dd", "br",
];

/// HTML as a browser would read it, without what can't be seen and without what we add to every page.
fn normal(html: &str) -> String {
    let tree = Html::parse_fragment(html);
    let mut out = String::new();
    write(tree.root_element(), &mut out, false);
    out.trim().to_owned()
}

fn write(parent: ElementRef<'_>, out: &mut String, verbatim: bool) {
    for node in parent.children() {
        match (node.value(), ElementRef::wrap(node)) {
            (Node::Text(text), _) if verbatim => out.push_str(text),
            (Node::Text(text), _) => words(text, out),
            (_, Some(element)) => tag(element, out, verbatim),
            _ => {}
        }
    }
}

fn words(text: &str, out: &mut String) {
    for word in text.split_inclusive([' ', '\n', '\t']) {
        let bare = word.trim_end_matches([' ', '\n', '\t']);
        out.push_str(bare);
        if bare.len() < word.len() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

fn tag(element: ElementRef<'_>, out: &mut String, verbatim: bool) {
    let name = element.value().name();
    let class = element.value().attr("class").unwrap_or_default();
    let inside = verbatim || name == "pre";
    if class == "anchor" {
        return;
    }
    if class == "table-wrap" || class.starts_with("hl-") {
        return write(element, out, inside);
    }
    let heading = name.starts_with('h') && name.len() == 2;
    let added = |key: &str| {
        name == "pre" && matches!(key, "class" | "tabindex")
            || heading && key == "id"
            || name == "li" && key == "class"
            || name == "input" && !matches!(key, "checked" | "type")
    };
    block_edge(name, out, verbatim);
    out.push_str(&format!("<{name}"));
    let mut attributes: Vec<_> = element.value().attrs().filter(|(key, _)| !added(key)).collect();
    attributes.sort_unstable();
    for (key, value) in attributes {
        out.push_str(&format!(" {key}={value:?}"));
    }
    out.push('>');
    block_edge(name, out, inside);
    write(element, out, inside);
    block_edge(name, out, inside);
    out.push_str(&format!("</{name}>"));
    block_edge(name, out, verbatim);
}

fn block_edge(name: &str, out: &mut String, verbatim: bool) {
    if BLOCKS.contains(&name) && !verbatim {
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
}

fn differing(file: &str, extensions: bool) -> Option<BTreeMap<u32, String>> {
    let differs = |example: Example| {
        let ours = unsanitised(&example.markdown, Flavour::Page, &options(extensions));
        let (ours, theirs) = (normal(&ours), normal(&example.html));
        (ours != theirs).then(|| (example.example, format!("{}\nours:\n{ours}\ntheirs:\n{theirs}\n", example.markdown)))
    };
    Some(examples(file)?.into_iter().filter_map(differs).collect())
}

#[test]
fn all_commonmark_examples_hold_without_extensions() {
    let Some(differing) = differing("commonmark-0.31.2.json", false) else { return };
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn with_extensions_only_the_listed_examples_differ() {
    let list = include_str!("differences.txt");
    let mut unlisted = String::new();
    let mut listed: Vec<(String, u32)> = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut words = line.split_whitespace();
            let file = words.next().expect("a line names the file");
            let number = words.next().and_then(|number| number.trim_end_matches(':').parse().ok());
            (file.to_owned(), number.expect("a line names the example"))
        })
        .collect();
    for file in ["commonmark-0.31.2", "gfm-spec", "gfm-extensions", "cmark-regression"] {
        let Some(differing) = differing(&format!("{file}.json"), true) else { return };
        for (number, what) in differing {
            match listed.iter().position(|(known, at)| known == file && *at == number) {
                Some(at) => drop(listed.remove(at)),
                None => unlisted.push_str(&format!("{file} {number}: {what}\n")),
            }
        }
    }
    assert!(unlisted.is_empty(), "not listed:\n{unlisted}");
    assert!(listed.is_empty(), "listed, but no different: {listed:?}");
}
