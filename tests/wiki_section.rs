//! Stories of sections: one is edited alone, others save elsewhere meanwhile, and nothing that was typed is lost.

use rocket::http::Method;
use serde_json::json;

use crate::support::{Person, TestSite};

const FORM: &str = "application/x-www-form-urlencoded";
const PAGE: &str = "/demo/wiki/Plan";
const TEXT: &str = "# Plan\n\nIntro\n\n## Goals\n\none\n\n### Later\n\ntwo\n\n## Steps\n\nthree\n";

fn text(person: &Person<'_>) -> String {
    person.get(&format!("{PAGE}?format=txt")).expect(200).text()
}

fn editor(section: &str) -> String {
    format!("{PAGE}?action=edit&section={section}")
}

#[test]
fn a_section_is_edited_alone_from_the_pencil_at_its_heading() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", TEXT);
    let pencils = kim.get(PAGE).attributes(".text a.pencil", "href");
    assert_eq!(pencils, ["plan", "goals", "later", "steps"].map(editor));
    let names = kim.get(PAGE).attributes(".text a.pencil", "aria-label");
    assert_eq!(names[1], "Edit the section “Goals”");
    let opened = kim.get(&pencils[1]).expect(200);
    assert_eq!(opened.all("textarea[name=text]"), ["## Goals one ### Later two"]);
    let saved = kim.submit(&pencils[1], &[("text", "## Aims\r\n\r\nnine\r\n"), ("save", "1")]).expect(303);
    assert_eq!(saved.location(), format!("{PAGE}#aims"));
    assert_eq!(text(&kim), "# Plan\n\nIntro\n\n## Aims\n\nnine\n\n## Steps\n\nthree\n");
    kim.submit(&editor("aims"), &[("text", ""), ("save", "1")]).expect(303);
    assert_eq!(text(&kim), "# Plan\n\nIntro\n\n## Steps\n\nthree\n");
    let refused = kim.submit(&editor("steps"), &[("text", "## Steps\n\nthree"), ("save", "1")]).expect(422);
    assert_eq!(refused.problems()[0].0, "text");
    assert_eq!(refused.attributes("input[name=section]", "value"), ["steps"], "it is still the section that is edited");
}

#[test]
fn pencils_are_for_who_may_write_and_for_the_newest_version() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    let reader = test.anonymous();
    kim.save_page("Plan", "## Old\n");
    kim.save_page("Plan", "## New\n\n> ## Quoted\n");
    assert_eq!(kim.get(PAGE).all(".text a.pencil").len(), 1);
    assert!(kim.get(&format!("{PAGE}?version=1")).all(".text a.pencil").is_empty());
    assert!(reader.get(PAGE).all(".text a.pencil").is_empty());
    let lost = kim.get(&editor("old")).expect(200);
    assert!(lost.words().contains("no such section any more"));
    assert_eq!(lost.all("textarea[name=text]"), ["## New > ## Quoted"]);
    kim.save_page("Shows", "[[Include(Plan)]]\n");
    assert!(kim.get("/demo/wiki/Shows").all(".text a.pencil").is_empty(), "an included heading is another page's");
}

#[test]
fn two_sections_are_saved_at_once_and_the_same_one_shows_both() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    kim.save_page("Plan", TEXT);
    let mut goals = kim.form(&editor("goals"), &[("text", "## Goals\n\none and a half\n"), ("save", "1")]);
    let steps = lee.form(&editor("steps"), &[("text", "## First\n\n## Steps\n\nfour\n"), ("save", "1")]);
    let send = |person: &Person<'_>, form: &crate::support::form::PageForm| {
        person.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
    };
    send(&lee, &steps).expect(303);
    send(&kim, &goals).expect(303);
    assert_eq!(text(&kim), "# Plan\n\nIntro\n\n## Goals\n\none and a half\n\n## First\n\n## Steps\n\nfour\n");
    // Someone takes the section away while it is being written.
    let late = kim.form(&editor("goals"), &[("text", "## Goals\n\none, two\n"), ("save", "1")]);
    lee.submit(&editor("goals"), &[("text", ""), ("save", "1")]).expect(303);
    let clash = send(&kim, &late).expect(409);
    assert!(clash.words().contains("one, two"), "{}", clash.words());
    assert!(!text(&kim).contains("Goals"), "nothing is saved by a conflict");
    // A section of a version that never had it.
    goals.fill(&[("section", "nowhere"), ("version", "1"), ("text", "typed long ago")]);
    let gone = send(&kim, &goals).expect(409);
    assert!(gone.words().contains("typed long ago"));
    let body = json!({"text": "x", "section": "nowhere", "version": 1});
    kim.post_json(PAGE, &body).expect(409);
    kim.post_json(PAGE, &json!({"text": "## Steps\n\nfive\n", "section": "steps", "version": 1})).expect(409);
    let newest = kim.get(&format!("{PAGE}?format=json")).json()["version"].clone();
    kim.post_json(PAGE, &json!({"text": "## Steps\n\nfive\n", "section": "steps", "version": newest})).expect(201);
    assert!(text(&kim).ends_with("## Steps\n\nfive\n"));
}

#[test]
fn the_preview_of_a_section_is_that_part_of_the_page() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "## Part\n\n[^1] and [there]\n\n[^1]: note\n\n[there]: /wiki/Plan\n\n## Part\n\nx\n");
    let typed = "## Part\n\ny [^1] [there]\n\n### Sub\n";
    let preview = kim.submit(&editor("part-1"), &[("text", typed), ("preview", "1")]).expect(200);
    assert_eq!(preview.attributes("[data-preview-pane] h2", "id"), ["part-1"]);
    assert_eq!(preview.all("[data-preview-pane] .footnote-definition").len(), 1);
    let shown = preview.main();
    kim.submit(&editor("part-1"), &[("text", typed), ("save", "1")]).expect(303);
    let pane = shown.split("data-preview-pane dir=\"auto\">").nth(1).unwrap();
    let pane = &pane[..pane.find("</section>").unwrap()];
    let page = kim.get(PAGE).main();
    let bare: String = page
        .split("<a class=\"pencil\"")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { &part[part.find("</a>").unwrap() + 4..] })
        .collect();
    assert!(bare.contains(pane.trim().trim_end_matches("</div>").trim()), "{pane}\n\n{bare}");
}
