//! Stories of what pages say of themselves: titles, tags and other names, kept in the text and hidden from it.

use serde_json::json;
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::{Person, TestSite};

fn editor(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("WIKI_ADMIN")
}

const FRONT: &str =
    "---\ntitle: How we release\ntags: [Release, Check list]\naliases:\n  - Releasing\n---\n\nFirst the tests.\n";

#[test]
fn a_page_is_called_by_its_title_and_found_by_its_tags() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Guide/Release", FRONT);
    kim.save_page("Reader", "[[Guide/Release]] and [[Releasing]]");
    let page = kim.page("Guide/Release").expect(200);
    assert_eq!(page.all("h1"), ["How we release"]);
    assert_eq!(page.all("a[rel=tag]"), ["release", "check list"]);
    assert!(!page.words().contains("aliases"), "{}", page.words());
    assert_eq!(kim.get("/demo/wiki/Guide/Release?format=txt").text(), FRONT);
    let told = kim.get("/demo/wiki/Guide/Release?format=json").json();
    assert_eq!((told["title"].as_str(), &told["tags"]), (Some("How we release"), &json!(["release", "check list"])));

    assert_eq!(kim.page("Releasing").expect(301).location(), "/demo/wiki/Guide/Release?from=Releasing");
    let reader = kim.page("Reader").expect(200);
    assert_eq!(reader.attributes("#text a", "href"), ["/demo/wiki/Guide/Release"; 2]);
    assert_eq!(reader.attributes("#text a", "title"), ["How we release"; 2]);

    assert_eq!(kim.get("/demo/tags").expect(200).all("main ul.columns a"), ["check list", "release"]);
    assert_eq!(kim.get("/demo/tags/Check%20List").expect(200).all("main ul a").last().unwrap(), "How we release");
    kim.save_page("List", "[[TitleIndex(tag=Release)]]");
    assert_eq!(kim.page("List").expect(200).all(".title-index a"), ["How we release"]);
    test.catch_up();
    let hits = kim.get("/demo/search?q=tag:release&format=json").expect(200).json();
    assert_eq!((hits["total"].as_i64(), hits["items"][0]["title"].as_str()), (Some(1), Some("How we release")));
    assert_eq!(kim.get("/demo/search?q=aliases&format=json").expect(200).json()["total"], 0);

    // Without them it is called by its name again, and the other name is free.
    kim.save_page("Guide/Release", "First the tests.\n");
    assert_eq!(kim.page("Guide/Release").expect(200).all("h1"), ["Release"]);
    kim.page("Releasing").expect(404);
    kim.get("/demo/tags/release").expect(404);
}

#[test]
fn what_is_wrong_is_told_by_line_in_the_preview_and_when_it_is_saved() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Taken", "text");
    let text = "---\ntitle: x\ncolour: red\naliases: Taken, a//b, Free\n---\ntext\n";
    let refused = kim.submit("/demo/wiki/Plan?action=edit", &[("text", text), ("save", "1")]).expect(422);
    for part in ["Line 3:", "colour", "Line 4: “Taken” leads to another page already."] {
        assert!(refused.words().contains(part), "{part} in {}", refused.words());
    }
    assert!(refused.text().contains("colour: red"), "what was typed is there");
    let preview = kim.submit("/demo/wiki/Plan?action=edit", &[("text", text), ("preview", "1")]).expect(200);
    assert!(preview.all("[data-preview-pane] .macro-box").len() >= 3, "{}", preview.text());
    kim.page("Plan").expect(404);
}

#[test]
fn markdown_that_begins_with_a_rule_stays_markdown() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Rule", "---\nnot: front matter\n---\n");
    let page = kim.page("Rule").expect(200);
    assert_eq!((page.all("#text hr").len(), page.all("#text h2").len()), (1, 1), "{}", page.text());
}

#[test]
fn a_page_or_a_new_name_takes_over_what_was_an_alias() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("A", "---\naliases: Other\n---\ntext");
    kim.save_page("Other", "a page of its own");
    kim.page("Other").expect(200);
    // The text still asks for it: now that is a problem of its next version.
    kim.submit("/demo/wiki/A?action=edit", &[("text", "---\naliases: Other\n---\nmore"), ("save", "1")]).expect(422);
    // A redirect that a move has left stays when the text asks for the same name and no longer does.
    kim.save_page("B", "text");
    kim.submit("/demo/wiki/B?action=rename", &[("new_name", "C"), ("redirect", "1")]).expect(303);
    kim.save_page("C", "---\naliases: B\n---\ntext");
    kim.save_page("C", "text again");
    kim.page("B").expect(301);
}

#[test]
fn tags_and_names_of_hidden_pages_are_nobody_elses() {
    let test = TestSite::new();
    let root = test.user("root").member();
    let kim = test.user("kim").member();
    root.save_page("Secret/Plan", "---\ntags: hush\naliases: Whisper\n---\ntext");
    root.save_page("Open", "---\ntags: open\n---\n[[TitleIndex(tag=hush)]]");
    let subject = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    permissions::restrict(&test.demo(), Act::new(&test.operator(), Via::Command), "secret", &[subject]).unwrap();
    assert_eq!(kim.get("/demo/tags").expect(200).all("main ul.columns a"), ["open"]);
    kim.get("/demo/tags/hush").expect(404);
    kim.page("Whisper").expect(404);
    assert!(!kim.page("Open").expect(200).text().contains("Secret"));
    root.get("/demo/tags/hush").expect(200);
}
