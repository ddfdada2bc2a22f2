//! Stories of suggested edits: a reader proposes, a writer takes all or some of it, answers or declines, and both of them are
//! named in the history.

use serde_json::{Value as Json, json};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
const BETTER: &str = "ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n";

/// Somebody who writes, and somebody who may only suggest.
fn people(test: &TestSite) -> (Person<'_>, Person<'_>) {
    let kim = test.user("kim").member();
    kim.save_page("Plan", TEXT);
    test.revoke("members", &["WIKI_MODIFY", "WIKI_CREATE", "WIKI_DISCUSS"]);
    (kim.can("WIKI_MODIFY").can("WIKI_DISCUSS"), test.user("ann").member())
}

#[track_caller]
fn suggest(person: &Person<'_>, text: &str) -> String {
    let body = json!({ "text": text, "comment": "Louder", "version": 1 });
    let answer = person.post_json("/demo/wiki/Plan?action=suggest", &body).expect(201);
    format!("/demo/suggestion/{}", answer.json()["id"])
}

fn text_of(person: &Person<'_>) -> String {
    person.get("/demo/wiki/Plan?format=txt").expect(200).text()
}

fn data(person: &Person<'_>, suggestion: &str) -> Json {
    person.get(&format!("{suggestion}?format=json")).expect(200).json()
}

fn take(person: &Person<'_>, suggestion: &str, body: Json) -> Answer {
    person.post_json(&format!("{suggestion}/take"), &body)
}

#[test]
fn a_reader_suggests_and_a_writer_takes_it() {
    let test = TestSite::new();
    let (kim, ann) = people(&test);
    assert_eq!(ann.page("Plan").attributes(".tabs a[data-key=e]", "href"), ["/demo/wiki/Plan?action=suggest"]);
    assert!(kim.page("Plan").attributes(".tabs a[href$=suggest]", "href").is_empty(), "who writes has the editor");
    let previewed = ann.submit("/demo/wiki/Plan?action=suggest", &[("text", "**loud**"), ("preview", "1")]).expect(200);
    assert_eq!(previewed.all("[data-preview-pane] strong"), ["loud"]);
    let typed = [("text", BETTER), ("comment", "Louder"), ("save", "1")];
    let made = ann.submit("/demo/wiki/Plan?action=suggest", &typed).expect(303);
    assert_eq!(made.location(), "/demo/suggestion/1");
    assert_eq!(text_of(&kim), TEXT, "nothing has changed yet");
    assert_eq!(kim.page("Plan").all(".tabs .count"), ["1"]);
    assert_eq!(kim.get("/demo/suggestions").expect(200).all("td.comment"), ["Louder"]);

    let shown = kim.get("/demo/suggestion/1").expect(200);
    assert_eq!(shown.all(".suggested label"), ["Take this change, line 1", "Take this change, line 7"]);
    assert_eq!(shown.all(".suggested tr.added td.new"), ["ONE", "SEVEN"]);
    kim.submit("/demo/suggestion/1", &[("hunk", "0")]).expect(303);
    assert_eq!(text_of(&kim), "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n");
    let shown = kim.get("/demo/suggestion/1").expect(200);
    assert_eq!(shown.all(".suggested tr.added td.new"), ["SEVEN"], "what is left");
    kim.submit("/demo/suggestion/1", &[("hunk", "0")]).expect(303);
    assert_eq!(text_of(&kim), BETTER);
    assert_eq!(data(&ann, "/demo/suggestion/1")["state"], "taken");
    assert_eq!(data(&ann, "/demo/suggestion/1")["versions"], json!([2, 3]));
    let history = kim.get("/demo/wiki/Plan?action=history&format=json").expect(200).json();
    assert_eq!((&history["items"][0]["author"], &history["items"][0]["taken_by"]), (&json!("ann"), &json!("kim")));
    assert_eq!(history["items"][2]["taken_by"], Json::Null);
    assert!(kim.get("/demo/wiki/Plan?action=history").words().contains("suggested, taken by kim"));
    assert!(kim.page("Plan").words().contains("by ann"));
    assert!(kim.get("/demo/timeline").words().contains("ann"));
    take(&kim, "/demo/suggestion/1", json!({ "version": 3, "edits": 0, "all": 1 })).expect(409);
    assert_eq!(kim.page("Plan").all(".tabs .count").len(), 0);
}

#[test]
fn what_the_page_has_become_since_is_kept_and_clashes_are_shown() {
    let test = TestSite::new();
    let (kim, ann) = people(&test);
    let suggestion = suggest(&ann, "one\nTWO\nthree\nfour\nfive\nSIX\nseven\n");
    kim.save_page("Plan", "one\ntwo\nthree\nfour\nfive\nzero\nseven\neight\n");
    let shown = kim.get(&suggestion).expect(200);
    assert_eq!(shown.all(".suggested tr.added td.new"), ["TWO"]);
    assert_eq!(shown.all(".clash pre"), ["zero", "SIX"]);
    take(&kim, &suggestion, json!({ "version": 1, "edits": 0, "all": 1 })).expect(409);
    let taken = take(&kim, &suggestion, json!({ "version": 2, "edits": 0, "all": 1 })).expect(201).json();
    assert_eq!((&taken["version"], &taken["left"]), (&json!(3), &json!(1)));
    assert_eq!(text_of(&kim), "one\nTWO\nthree\nfour\nfive\nzero\nseven\neight\n");
    assert_eq!(data(&kim, &suggestion)["state"], "open", "the clash is left");
    assert!(kim.get(&suggestion).words().contains("Nothing of it is left to take but what clashes"));
    kim.submit(&suggestion, &[("reason", "The rest is decided.")]).expect(303);
    assert_eq!(data(&ann, &suggestion)["reason"], "The rest is decided.");
}

#[test]
fn it_is_improved_answered_declined_and_withdrawn() {
    let test = TestSite::new();
    let (kim, ann) = people(&test);
    let suggestion = suggest(&ann, BETTER);
    ann.submit(&format!("{suggestion}/edit"), &[("text", "one\n2\nthree\n"), ("save", "1")]).expect(303);
    take(&kim, &suggestion, json!({ "version": 1, "edits": 0, "all": 1 })).expect(409);
    let stale = json!({ "text": "x", "version": 1, "edits": 0 });
    ann.post_json(&format!("{suggestion}/edit"), &stale).expect(409);
    kim.post_json(&format!("{suggestion}/edit"), &stale).expect(403);
    kim.post_json(&format!("{suggestion}/withdraw"), &json!({})).expect(403);
    kim.submit(&suggestion, &[("comment", "Why **two**?"), ("submit", "1")]).expect(303);
    ann.submit(&suggestion, &[("comment", "It is shorter."), ("submit", "1")]).expect(303);
    assert_eq!(ann.get(&suggestion).all(".entries .text"), ["Why two?", "It is shorter."]);
    let thread = kim.get("/demo/wiki/Plan?action=discussion").expect(200);
    assert_eq!(thread.all(".thread h2"), ["On a suggested edit"]);
    assert_eq!(thread.attributes(".thread-place a", "href"), std::slice::from_ref(&suggestion));

    let refused = kim.submit(&suggestion, &[("reason", " ")]).expect(422);
    assert_eq!(refused.problems()[0].0, "reason");
    kim.submit(&suggestion, &[("reason", "Not so short.")]).expect(303);
    assert!(
        ann.get(&suggestion).words().contains("Declined") && ann.get(&suggestion).words().contains("Not so short.")
    );
    ann.get(&format!("{suggestion}/edit")).expect(404);
    ann.post_json(&format!("{suggestion}/withdraw"), &json!({})).expect(409);
    let other = suggest(&ann, BETTER);
    ann.post_json(&format!("{other}/withdraw"), &json!({})).expect(200);
    take(&kim, &other, json!({ "version": 1, "edits": 0, "all": 1 })).expect(409);
    let states = ann.get("/demo/suggestions?format=json").expect(200).json();
    assert_eq!((&states["items"][0]["state"], &states["items"][1]["state"]), (&json!("withdrawn"), &json!("declined")));
}

#[test]
fn what_can_not_be_suggested_is_said_and_kept() {
    let test = TestSite::new();
    let (kim, ann) = people(&test);
    let form = "/demo/wiki/Plan?action=suggest";
    for (text, field) in [(TEXT, "text"), ("", "text"), ("  \n", "text")] {
        let refused = ann.submit(form, &[("text", text), ("comment", "Kept"), ("save", "1")]).expect(422);
        assert_eq!(refused.problems()[0].0, field);
        assert_eq!(refused.attributes("#field-comment", "value"), ["Kept"]);
    }
    for body in [json!({ "text": "x" }), json!({ "text": "x", "version": 9 }), json!({ "text": "x", "version": 0 })] {
        ann.post_json(form, &body).expect(422);
    }
    ann.post_json(form, &json!({ "text": "x".repeat((1 << 20) + 1), "version": 1 })).expect(422);
    ann.post_json(form, &json!({ "text": "x", "version": 1, "comment": "a\nb" })).expect(422);
    let suggestion = suggest(&ann, BETTER);
    for body in [
        json!({ "version": 1, "edits": 0 }),
        json!({ "version": 1, "edits": 0, "hunk": [7] }),
        json!({ "version": 1, "edits": 0, "hunk": ["x"] }),
        json!({ "edits": 0, "all": 1 }),
        json!({ "version": 1, "all": 1 }),
    ] {
        take(&kim, &suggestion, body).expect(422);
    }
    take(&ann, &suggestion, json!({ "version": 1, "edits": 0, "all": 1 })).expect(403);
    ann.post_json(&format!("{suggestion}/decline"), &json!({ "reason": "x" })).expect(403);
    let odd = "<script>alert(1)</script>\n\"'&amp;\u{202E}\n";
    let suggestion = suggest(&ann, odd);
    assert!(!kim.get(&suggestion).expect(200).text().contains("<script>alert"));
    assert_eq!(text_of(&kim), TEXT);
}

#[test]
fn nobody_else_learns_of_it() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Plan", TEXT);
    test.revoke("authenticated", &["WIKI_MODIFY"]);
    let (kim, ann, bob) = (kim.can("WIKI_MODIFY"), test.user("ann"), test.user("bob"));
    let suggestion = suggest(&ann, BETTER);
    bob.get(&suggestion).expect(404);
    let missing = bob.get("/demo/suggestion/99").expect(404).without_token().replace("/99", "/1");
    assert_eq!(bob.get(&suggestion).without_token(), missing);
    bob.post_json(&format!("{suggestion}/answer"), &json!({ "comment": "x" })).expect(404);
    assert_eq!(bob.get("/demo/suggestions?format=json").expect(200).json()["total"], 0);
    assert!(!bob.get("/demo/timeline").words().contains("Louder"));
    assert!(kim.get("/demo/timeline").words().contains("Louder"));
    assert_eq!(bob.page("Plan").all(".tabs .count").len(), 0);
    let reader = test.anonymous();
    reader.get("/demo/wiki/Plan?action=suggest").expect(403);
    reader.get("/demo/suggestions").expect(403);
    reader.get(&suggestion).expect(404);
    let body = json!({ "text": "x", "version": 1 });
    reader.post_json("/demo/wiki/Plan?action=suggest", &body).expect(403);
    test.grant("anonymous", &["WIKI_SUGGEST"]);
    reader.post_json("/demo/wiki/Plan?action=suggest", &body).expect(201);
    reader.get("/demo/suggestion/2").expect(404);
    take(&kim, "/demo/suggestion/2", json!({ "version": 1, "edits": 0, "all": 1 })).expect(201);
    assert!(kim.page("Plan").words().contains("by anonymous"));
}

#[test]
fn of_two_writers_who_take_the_same_one_does() {
    let test = TestSite::new();
    let (kim, ann) = people(&test);
    let lee = test.user("lee").member().can("WIKI_MODIFY");
    let suggestion = suggest(&ann, BETTER);
    let forms = [&kim, &lee].map(|person| (person, person.form(&suggestion, &[("hunk", "0")])));
    let statuses = forms.map(|(person, form)| {
        let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        person.post(&form.action, &fields).status
    });
    assert_eq!(statuses, [303, 409]);
    assert_eq!(kim.get("/demo/wiki/Plan?format=json").json()["version"], 2);
}
