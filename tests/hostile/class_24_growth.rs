//! Class 24, work that grows faster than what is sent: four times as much of the worst of each kind takes a few times as long,
//! and not sixteen times. Markup is in `markup::bombs`, diffs of random texts in `text.rs`, queries by their limits here.

use std::time::Duration;

use jiff::tz::TimeZone;
use trackway::admin::create::roster;
use trackway::base::text::diff::{Options, diff, unified};
use trackway::base::text::excerpt::{Term, excerpt};
use trackway::base::text::{cells, encoding, merge, natural, patch, plain};
use trackway::base::{duration, moment};
use trackway::code::commit_refs::{self, Context};
use trackway::search::query::{Query, Reading};
use trackway::ticket::workflow::{Workflow, graph};
use trackway::web::address;
use trackway::web::form::Form;

use super::sources::{Source, sources};
use crate::support::{TestSite, cpu_time};

const SMALL: usize = 48 << 10;
/// Of what is compared: the search for the smallest difference ends by the clock.
const FEW: usize = 4 << 10;
const TIMES: usize = 4;
/// Linear work on so much more takes [`TIMES`] as long, quadratic work the square of it; in between there is room for caches.
const MOST: u32 = 9;
/// What is done so soon is not worth measuring.
const SOON: Duration = Duration::from_millis(60);

fn grows_no_faster(what: &str, kind: &str, size: usize, text: &dyn Fn(usize) -> String, work: &dyn Fn(&str)) {
    let (small, large) = (text(size), text(size * TIMES));
    let took = |text: &str| cpu_time(|| work(text));
    let mut longer = took(&large);
    if longer < SOON {
        return;
    }
    let shorter = took(&small).max(SOON / 20);
    for _ in 0..2 {
        // A busy machine only ever makes it longer.
        if longer > shorter * MOST {
            longer = longer.min(took(&large));
        }
    }
    assert!(
        longer <= shorter * MOST,
        "{what} of {kind}: {shorter:?} for {size} bytes, {longer:?} for {TIMES} times as many"
    );
}

/// A text of about so many bytes.
type Text = Box<dyn Fn(usize) -> String>;

/// Texts that have cost others dearly, of any length.
fn worst() -> Vec<(&'static str, Text)> {
    let mut all: Vec<(&'static str, Text)> = Vec::new();
    for (kind, part) in [
        ("blanks", " "),
        ("lines", "\n"),
        ("letters", "a"),
        ("words", "ab cd "),
        ("quotes", "\""),
        ("commas", ","),
        ("tabs", "\t"),
        ("brackets", "["),
        ("braces", "{"),
        ("nested", "[{\"a\":"),
        ("pairs", "a=b&"),
        ("marks", "%41"),
        ("percents", "%"),
        ("plus", "+"),
        ("minus", "- "),
        ("refs", "fixes #1, #2 and "),
        ("numbers", "#1,"),
        ("close", "close close "),
        ("addresses", "http://a/ticket/1 "),
        ("heads", "@@ -1 +1 @@\n"),
        ("files", "--- a\n+++ b\n"),
        ("diffs", "diff --git a/a b/a\n"),
        ("removed", "-a\n"),
        ("removed and added", "-a\n+b\n"),
        ("sections", "[a]\n"),
        ("arrows", "a = b -> c\n"),
        ("more arrows", "a = b,c,d -> *\n"),
        ("names", "a.name = b\n"),
        ("dots", "a."),
        ("colons", "a:b "),
        ("digits", "12345678901234567890"),
        ("accents", "e\u{301}"),
        ("marks alone", "\u{301}"),
        ("wide", "日本"),
        ("crlf", "\r\n"),
        ("carriage returns", "\r"),
        ("rows", "a,b,c\n"),
        ("open quote", "\"a\n"),
        ("parentheses", "("),
        ("escapes", "\\"),
        ("ors", "a or "),
        ("stars", "a* "),
        ("zeros", "\0"),
    ] {
        all.push((kind, Box::new(move |size| part.repeat(size / part.len()))));
    }
    let numbered = |form: fn(usize) -> String| -> Box<dyn Fn(usize) -> String> {
        Box::new(move |size| {
            let mut text = String::new();
            for number in 0.. {
                if text.len() >= size {
                    break;
                }
                text.push_str(&form(number));
            }
            text
        })
    };
    all.push(("different lines", numbered(|n| format!("line {n}\n"))));
    all.push(("different fields", numbered(|n| format!("f{n}=1&"))));
    all.push(("different tickets", numbered(|n| format!("fixes #{n}, "))));
    all.push(("different states", numbered(|n| format!("a{n} = s{n} -> s{}\n", n + 1))));
    all.push(("different files", numbered(|n| format!("--- a{n}\n+++ b{n}\n@@ -1 +1 @@\n-x\n+y\n"))));
    all.push((
        "different rows",
        numbered(|n| format!("group-{n},Group {n},s{n},s{n}@example.org,S {n},g{n},members\n")),
    ));
    all.push((
        "json of fields",
        Box::new({
            let fields = numbered(|n| format!("\"f{n}\":\"x\","));
            move |size| format!("{{{}\"end\":1}}", fields(size))
        }),
    ));
    all
}

fn grow(what: &str, work: &dyn Fn(&str)) {
    grow_from(SMALL, what, work);
}

fn grow_from(size: usize, what: &str, work: &dyn Fn(&str)) {
    for (kind, text) in worst() {
        grows_no_faster(what, kind, size, &text, work);
    }
}

#[test]
fn forms_and_addresses() {
    grow("a form", &|text| drop(Form::parse("application/x-www-form-urlencoded", text.as_bytes())));
    grow("JSON", &|text| drop(Form::parse("application/json", text.as_bytes())));
    grow("an address", &|text| drop(address::pairs(text)));
    grow("a part of an address", &|text| drop(address::decode(text)));
}

#[test]
fn commit_messages() {
    let prefixes = ["http://a".to_owned()];
    let context = Context { project: Some("demo"), site_prefixes: &prefixes };
    grow("a message", &|text| drop(commit_refs::read(text, &context)));
}

#[test]
fn tables_patches_and_texts() {
    grow("a table", &|text| drop(cells::rows(text, cells::separator(text), usize::MAX)));
    grow("a roster", &|text| drop(roster::file::read(text.as_bytes())));
    grow("a roster with its head", &|text| {
        drop(roster::file::read(format!("project,title,login,email,full_name,group,role\n{text}").as_bytes()));
    });
    grow("a patch", &|text| drop(patch::read(text)));
    grow("unknown bytes", &|text| drop(encoding::decoded(text.as_bytes())));
    grow("plain text", &|text| drop(plain(text)));
    grow("a name to sort by", &|text| drop(natural(text)));
    let terms: Vec<Term> = ["a", "ab cd", "1"].map(|text| Term { text: text.to_owned(), prefix: true }).into();
    grow("an excerpt", &|text| drop(excerpt(text, &terms, 240)));
}

#[test]
fn differences() {
    let other = |text: &str| text.replace('a', "b").replace("line 1", "line x");
    grow_from(FEW, "a difference", &|text| drop(diff(text, &other(text), &Options::default())));
    grow_from(FEW, "a difference as a patch", &|text| drop(unified("a", "b", text, &other(text))));
    grow_from(FEW, "a merge", &|text| drop(merge::merge(text, &other(text), &format!("{text}\nmore"))));
}

#[test]
fn workflows_and_small_values() {
    grow("a workflow", &|text| drop(Workflow::parse(text)));
    grow("the drawing of a workflow", &|text| drop(graph::layout(&Workflow::parse(text).0)));
    grow("a duration", &|text| drop(duration::parse(text)));
    grow("a moment", &|text| drop(moment::parse(text, &TimeZone::UTC, None)));
    let reading =
        Reading { kinds: vec![("page", "Pages")], zone: TimeZone::UTC, now: trackway::base::time::Instant::now() };
    grow("what is searched for", &|text| drop(Query::read(text, &reading)));
}

/// What is read by the server without being kept: as much as a request takes of it, and nothing is answered by an error of ours.
#[test]
fn parts_of_requests_at_their_limits() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    kim.save_page("Plan", "words");
    for (kind, text) in worst() {
        let value: String = text(6 << 10).chars().filter(|c| !c.is_control()).collect();
        let written = address::segment(&value).chars().take(6 << 10).collect::<String>();
        for header in ["Accept-Language", "Accept", "If-None-Match", "If-Modified-Since", "Range", "Cookie", "Origin"] {
            let status = kim.clone().with_header(header, value.trim()).get("/demo/wiki/Plan").status;
            assert!(status < 500, "{header} of {kind}: {status}");
        }
        for place in [
            "/demo/query?q=", "/demo/search?q=", "/demo/wiki/", "/demo/timeline?from=", "/demo/log?rev=",
            "/demo/query?id=", "/demo/wiki/Plan?section=", "/demo/query/suggest?q=",
        ] {
            let asked = std::time::Instant::now();
            let status = kim.get(&format!("{place}{written}")).status;
            assert!(status < 500, "{place} of {kind}: {status}");
            assert!(asked.elapsed() < Duration::from_secs(20), "{place} of {kind} took {:?}", asked.elapsed());
        }
    }
}

/// An engine that goes back over what it has read colours code by the expressions of its own languages, within limits that
/// `markup::bombs` tries; nothing else has one.
#[test]
fn no_expression_of_anybody_goes_back() {
    let lock = include_str!("../../Cargo.lock");
    for engine in ["fancy-regex", "pcre2", "onig", "regress"] {
        let dependency = format!("\n \"{engine}\",");
        let has_it = lock.split("[[package]]\n").filter(|package| package.contains(&dependency));
        let names: Vec<&str> = has_it.filter_map(|package| package.lines().next()).collect();
        assert!(names.iter().all(|name| *name == "name = \"syntect\""), "{engine} is used by {names:?}");
    }
    // What people type is never taken for an expression.
    for Source { path, text } in sources() {
        for line in text.lines().filter(|line| line.contains("Regex::new(")) {
            assert!(line.contains("Regex::new(r") || line.contains("Regex::new(\""), "{path}: {line}");
        }
    }
}
