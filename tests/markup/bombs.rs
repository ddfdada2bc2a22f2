//! One megabyte of the worst of each kind ends in bounded work.
//!
//! The bound is generous, since test machines are slow and busy; quadratic work on such texts takes minutes.

use std::time::{Duration, Instant};

use trackway::base::markup::{Flavour, MAX_TEXT, compile};

use super::world;

const BOUND: Duration = Duration::from_secs(20);

fn defuse(name: &str, text: &str) {
    let mut text = text.to_owned();
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    let options = world::options();
    let begun = Instant::now();
    let compiled = world::compiled(&text, Flavour::Page, &options);
    let took = begun.elapsed();
    let html = world::resolved(&compiled, &options);
    println!("{name}: {} KiB in {took:?}, {} KiB out", text.len() >> 10, html.len() >> 10);
    assert!(took < BOUND, "{name} took {took:?}");
    assert!(html.len() < 64 << 20, "{name} gives {} bytes", html.len());
}

fn times(text: &str) -> String {
    text.repeat(MAX_TEXT / text.len())
}

/// `before`, and then `after`, each as often as fits.
fn halves(before: &str, after: &str) -> String {
    before.repeat(MAX_TEXT / 2 / before.len()) + &after.repeat(MAX_TEXT / 2 / after.len())
}

#[test]
fn texts_beyond_a_mebibyte_are_refused() {
    let error = compile(&"a".repeat(MAX_TEXT + 1), Flavour::Page, &world::VOCABULARY, &world::options());
    assert!(error.expect_err("it is too long").to_string().contains("1 MiB"));
}

#[test]
fn nesting_is_bounded() {
    defuse("quotes", &times(">"));
    defuse("quotes with blanks", &times("> "));
    defuse("lists on one line", &times("- "));
    defuse("lists, deeper each line", &(0..1400).map(|depth| " ".repeat(depth) + "- a\n").collect::<String>());
    defuse("quotes, deeper each line", &(0..1400).map(|depth| ">".repeat(depth) + "a\n").collect::<String>());
    defuse("emphasis", &times("*a **a "));
    defuse("emphasis, closed", &halves("*a **a ", "b* c**"));
    defuse("brackets", &halves("[", "]"));
    defuse("links in links", &halves("[a", "](b)"));
    defuse("images", &halves("![", "](b)"));
    defuse("definitions", &times("a\n: b\n"));
    defuse("tables", &(String::from("|a|b|\n|-|-|\n") + &times("|x|y|\n")));
    defuse(
        "wide tables",
        &(times("|a").split_at(8000).0.to_owned() + "\n" + &"|-".repeat(4000) + "\n" + &times("|\n")),
    );
}

#[test]
fn delimiters_are_bounded() {
    defuse("backticks", &(1..1400).map(|length| "`".repeat(length) + " ").collect::<String>());
    defuse("stars", &times("*"));
    defuse("stars and underscores", &times("*_"));
    defuse("openers", &times("a**b"));
    defuse("tildes", &times("~~a"));
    defuse("carets", &times("^a"));
    defuse("dollars", &times("$a"));
    defuse("formulas", &times("$x^2$ "));
    defuse("braces of math", &times("${"));
    defuse("deep formula", &format!("${}x{}$", "{".repeat(2000), "}".repeat(2000)));
    defuse("deep fractions", &format!("${}$", "\\frac".repeat(800)));
    defuse("deep roots", &format!("${}x$", "\\sqrt".repeat(800)));
    defuse("deep scripts", &format!("$x{}$", "^{x".repeat(1300)));
    defuse("macros of LaTeX", &times(r"$\def\a{\a\a}\a$ "));
    defuse("comments", &times("<!--"));
    defuse("declarations", &times("<!A "));
    defuse("processing", &times("<?"));
    defuse("CDATA", &times("<![CDATA["));
    defuse("pointed", &times("<a"));
    defuse("pointed with attributes", &times("<a b='"));
    defuse("entities", &times("&amp;"));
    defuse("backslashes", &times("\\"));
    defuse("no line break", &times("word "));
    defuse("nothing but line breaks", &times("\n"));
    defuse("hard breaks", &times("a\\\n"));
}

#[test]
fn references_of_markdown_are_bounded() {
    defuse("definitions of links", &(0..30_000).map(|n| format!("[{n}]: /url{n}\n")).collect::<String>());
    let definition = format!("[a]: /{}\n\n", "b".repeat(300_000));
    defuse("one long definition, used often", &(definition + &"[a] ".repeat(180_000)));
    defuse("footnotes", &(0..20_000).map(|n| format!("[^{n}]\n\n[^{n}]: note\n\n")).collect::<String>());
    defuse("one footnote, referred to often", &("[^1]: x\n\n".to_owned() + &times("[^1]")));
    defuse("open references", &times("[a]["));
    defuse("open footnotes", &times("[^"));
}

#[test]
fn raw_html_is_bounded() {
    defuse("divs", &times("<div>"));
    defuse("divs as blocks", &times("<div>\n\n"));
    defuse("bold", &times("<b>"));
    defuse("bold with ids", &(0..60_000).map(|n| format!("<b id={n}>")).collect::<String>());
    defuse("bold in paragraphs", &(0..40_000).map(|n| format!("<b id={n}>\n\nx\n\n")).collect::<String>());
    let bold: String = (0..40).map(|n| format!("<b id={n}>")).collect();
    defuse("reopened bold", &(format!("<div><p>{bold}</p>\n") + &times("<p>x</p>\n")));
    defuse("tables in tables", &times("<table><tr><td>"));
    defuse("fostered", &times("<table><b>"));
    defuse("links", &times("<a href=x>"));
    defuse("list items", &times("<ul><li>"));
    defuse("paragraphs", &times("<div><p>"));
    defuse("closers", &times("</p></div>"));
    defuse("unknown", &times("<x-y>"));
    defuse("selects", &times("<select><option>"));
    defuse("math and svg", &times("<math><mtext><svg>"));
}

#[test]
fn forms_and_macros_are_bounded() {
    for form in [
        "[[", "[[a", "[[A(", "[[A(\"", "[[Page]]", "[[Page|", "#1", "#1,", "#1 ", "{1", "{1} ", "@kim ", "@a", "a:b ",
        "a:b*", "wiki:\"", "wiki:a\"", "wiki:(", "1a2b3c4 ", "ticket:1 ", "http://", "(http://a", "http://a) ", "www.",
        "www.a ", "a@b.c ", "a@", "a.b@", "mailto:", "AbCd", "!#1 ", "\\[[", "other-project#1 ", "x-", "_#1_ ",
        "[[Badge(1)]] ", "[[TitleIndex]]\n\n", "[[Fail]] ", "```TitleIndex(a)\n```\n", "[x](ticket:1) ",
        "![x](attachment:a.png) ", "[x](a:b) ", "<wiki:Page> ",
    ] {
        defuse(form, &times(form));
    }
    defuse("ten thousand links", &(0..10_000).map(|n| format!("ticket:{n} [[Page {n}]] ")).collect::<String>());
    defuse("addresses without end", &("http://a".to_owned() + &times("(")));
    defuse("a long number list", &("#1".to_owned() + &times(",1")));
}

#[test]
fn code_is_bounded() {
    defuse("small fences", &times("```rust\nfn a() {}\n```\n"));
    defuse("one large fence", &("```rust\n".to_owned() + &times("let a = \"b\"; // c\n")));
    defuse("one medium fence", &("```cpp\n".to_owned() + &"int a = (b < c) ? \"d\" : 'e'; // f\n".repeat(6000)));
    defuse("deep code", &("```json\n".to_owned() + &"[\n".repeat(100_000)));
    defuse("long lines", &("```js\n".to_owned() + &times("a(")));
}
