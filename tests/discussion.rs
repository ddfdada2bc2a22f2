//! Stories of discussions beneath pages: threads about a page, a heading or a passage, answers, what is resolved, edited and
//! removed, tickets that come of them, and who may see and do what.

use serde_json::{Value as Json, json};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

const TEXT: &str = "# Doors\n\nDoors open **two seconds** after the signal.\n\n## Windows\n\nWindows stay shut.\n";

fn kim(test: &TestSite) -> Person<'_> {
    let kim = test.user("kim").member();
    kim.save_page("Plan", TEXT);
    kim
}

#[track_caller]
fn begin(person: &Person<'_>, body: Json) -> i64 {
    let answer = person.post_json("/demo/wiki/Plan?action=discussion", &body).expect(201);
    answer.json()["thread"].as_i64().unwrap()
}

#[track_caller]
fn threads(person: &Person<'_>) -> Vec<Json> {
    let list = person.get("/demo/wiki/Plan?action=discussion&format=json").expect(200).json();
    list["items"].as_array().unwrap().clone()
}

fn page(person: &Person<'_>) -> Answer {
    person.get("/demo/wiki/Plan?action=discussion").expect(200)
}

fn count(person: &Person<'_>) -> Vec<String> {
    person.page("Plan").all(".tabs .count")
}

/// Closes a path to all but one account.
pub fn restrict(test: &TestSite, path: &str, login: &str) {
    let subject = permissions::subject(&test.site, &test.demo(), login).unwrap();
    let operator = test.operator();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), path, &[subject]).unwrap();
}

// All that is open

#[test]
fn open_discussions_of_all_pages_stand_in_one_list_for_those_who_see_the_pages() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    kim.save_page("Secret/Plan", "hidden");
    kim.save_page("Gone", "soon");
    let list = |person: &Person<'_>| person.get("/demo/discussions").expect(200);
    assert_eq!(list(&sam).all(".empty-lead"), ["No discussion is open."]);
    begin(&kim, json!({ "comment": "Is *two* enough?", "heading": "windows" }));
    begin(&kim, json!({ "comment": "Resolved soon." }));
    for name in ["Secret/Plan", "Gone"] {
        let body = json!({ "comment": "Psst." });
        kim.post_json(&format!("/demo/wiki/{name}?action=discussion"), &body).expect(201);
    }
    kim.post_json("/demo/discussion/2/state", &json!({ "state": "resolved" })).expect(200);
    sam.post_json("/demo/discussion/1", &json!({ "comment": "It is." })).expect(201);
    test.grant("kim", &["WIKI_DELETE"]);
    kim.submit("/demo/wiki/Gone?action=delete", &[("comment", "")]).expect(303);
    restrict(&test, "secret", "kim");

    assert_eq!(list(&sam).all(".hits h2"), ["On “Windows” of Plan"]);
    assert_eq!(list(&sam).all(".hits p")[0], "Is two enough?");
    assert!(list(&sam).all(".hits .muted")[0].contains("2 messages"));
    assert_eq!(list(&kim).all(".hits h2"), ["On Secret/Plan", "On “Windows” of Plan"]);
    let json = sam.get("/demo/discussions?format=json").expect(200).json();
    assert_eq!(json["total"], 1);
    assert_eq!(json["items"][0]["page"], "Plan");
    assert_eq!(json["items"][0]["messages"][1]["text"], "It is.");
    test.anonymous().get("/demo/discussions").expect(404);
}

// Talking

#[test]
fn a_discussion_is_begun_answered_and_resolved() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    assert_eq!(page(&kim).all(".empty-lead"), ["Nothing has been said about this page yet."]);
    let typed = [("comment", "Is **two** enough? See #1."), ("submit", "1")];
    let answer = kim.submit("/demo/wiki/Plan?action=discussion", &typed).expect(303);
    assert_eq!(answer.location(), "/demo/wiki/Plan?action=discussion&message=1#message-1");
    let seen = page(&sam);
    assert_eq!(seen.all(".thread h2"), ["On the page"]);
    assert_eq!(seen.all("#message-1 .text strong"), ["two"]);
    assert_eq!(count(&sam), ["1 open"]);

    let form = "/demo/wiki/Plan?action=discussion&replyto=1";
    sam.submit(form, &[("comment", "It is not."), ("submit", "1")]).expect(303);
    kim.submit("/demo/wiki/Plan?action=discussion&thread=1", &[("comment", "Anybody else?"), ("submit", "1")])
        .expect(303);
    kim.submit("/demo/wiki/Plan?action=discussion&replyto=2", &[("comment", "Three, then."), ("submit", "1")])
        .expect(303);
    let seen = page(&sam);
    assert_eq!(seen.attributes("li.entry", "id"), ["message-1", "message-2", "message-4", "message-3"]);
    assert_eq!(seen.attributes("li.depth-2", "id"), ["message-4"]);

    sam.submit("/demo/wiki/Plan?action=discussion&thread=1", &[("comment", "Done."), ("state", "resolved")])
        .expect(303);
    assert_eq!(page(&kim).all(".thread h2 .badge"), ["resolved"]);
    assert_eq!(count(&kim).len(), 0);
    kim.post_json("/demo/discussion/1/state", &json!({ "state": "open" })).expect(200);
    assert_eq!(threads(&kim)[0]["state"], "open");
    let events = test.event_count();
    kim.post_json("/demo/discussion/1/state", &json!({ "state": "open" })).expect(200);
    assert_eq!(test.event_count(), events, "it was open already");
    assert_eq!(
        kim.get("/demo/discussion/1").expect(303).location(),
        "/demo/wiki/Plan?action=discussion&thread=1#thread-1"
    );
}

#[test]
fn what_was_typed_is_shown_again_with_what_is_wrong() {
    let test = TestSite::new();
    let kim = kim(&test);
    let form = "/demo/wiki/Plan?action=discussion";
    let refused = kim.submit(form, &[("quote", "Doors stay shut"), ("comment", " "), ("submit", "1")]).expect(422);
    let fields: Vec<String> = refused.problems().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["quote", "comment"]);
    assert_eq!(refused.attributes("#field-quote", "value"), ["Doors stay shut"]);
    let previewed = kim.submit(form, &[("comment", "A *word*"), ("preview", "1")]).expect(200);
    assert_eq!(previewed.all("[data-preview-pane] em"), ["word"]);
    assert_eq!(previewed.all("#field-comment"), ["A *word*"]);
    kim.post_json(form, &json!({ "comment": "x", "heading": "doors", "quote": "Windows" })).expect(422);
    kim.post_json(form, &json!({ "comment": "x", "heading": "nowhere" })).expect(422);
    assert_eq!(threads(&kim).len(), 0);
    begin(&kim, json!({ "comment": "One" }));
    let refused =
        kim.submit("/demo/wiki/Plan?action=discussion&thread=1", &[("comment", ""), ("submit", "1")]).expect(422);
    assert_eq!(refused.problems(), [("comment".to_owned(), "A message says something.".to_owned())]);
    kim.post_json("/demo/discussion/1", &json!({ "comment": "x", "replyto": 7 })).expect(422);
    kim.post_json("/demo/discussion/1", &json!({ "comment": "x", "state": "shut" })).expect(422);
    kim.post_json("/demo/discussion/1/state", &json!({ "state": "shut" })).expect(422);
    let preview = kim.post_signed("/demo/wiki/Plan?action=discussion-preview", &[("text", "~~no~~")]).expect(200);
    assert!(preview.text().contains("<del>no</del>"));
}

// Places

#[test]
fn a_passage_and_a_heading_are_found_again_or_said_to_be_gone() {
    let test = TestSite::new();
    let kim = kim(&test);
    let asked = kim
        .get("/demo/wiki/Plan?action=discussion&quote=open+two+seconds&quote_before=Doors&quote_after=after")
        .expect(200);
    assert_eq!(asked.attributes("#field-quote", "value"), ["open two seconds"]);
    let quote = json!({ "comment": "Too late", "quote": "open two  seconds after", "quote_before": "Doors", "quote_after": "the signal" });
    begin(&kim, quote);
    begin(&kim, json!({ "comment": "And these?", "heading": "windows" }));
    begin(&kim, json!({ "comment": "All of it" }));
    let shown = kim.page("Plan");
    assert_eq!(shown.all("[data-marks] a"), ["open two seconds after", "On “Windows”"]);
    assert_eq!(shown.attributes("[data-marks] a[data-heading]", "data-heading"), ["windows"]);
    assert_eq!(shown.attributes("[data-marks] a[data-words]", "data-before"), ["Doors"]);
    assert_eq!(shown.attributes("article", "data-discuss"), ["/demo/wiki/Plan?action=discussion"]);
    assert_eq!(page(&kim).all(".thread h2"), ["On the page", "On the heading “Windows”", "On a passage"]);

    kim.save_page("Plan", "Before all else: doors *open* two seconds after.\n\n# Windows\n\nOpen.\n");
    assert!(!page(&kim).words().contains("no longer in the text"));
    kim.save_page("Plan", "Nothing is left.\n");
    assert_eq!(page(&kim).words().matches("no longer in the text").count(), 2);
    let items = threads(&kim);
    assert_eq!((&items[2]["about"], &items[2]["words"]), (&json!("quote"), &json!("open two seconds after")));
    assert_eq!(items[2]["version"], 1);
    let old = kim.get("/demo/wiki/Plan?version=1").expect(200);
    assert_eq!(old.all("[data-marks] a").len() + old.attributes("article[data-discuss]", "id").len(), 0);
}

#[test]
fn odd_quotations_and_messages_stay_text() {
    let test = TestSite::new();
    let kim = kim(&test);
    let odd = "<script>alert(1)</script> \"' --> {{ x }} &amp; \u{202E}evil";
    kim.save_page("Plan", &format!("`{odd}`\n\n# {odd}\n"));
    begin(&kim, json!({ "comment": odd, "quote": odd, "quote_before": odd, "quote_after": odd }));
    begin(&kim, json!({ "comment": "<img src=x onerror=alert(1)> [x](javascript:alert(1))" }));
    kim.post_json("/demo/discussion/1/1/edit", &json!({ "comment": format!("{odd} again"), "version": 0 })).expect(201);
    for address in [
        "/demo/wiki/Plan",
        "/demo/wiki/Plan?action=discussion",
        "/demo/discussion/1/1/history",
        "/demo/discussion/1/1/edit",
        "/demo/timeline",
        "/demo/wiki/Plan?action=discussion&format=atom",
    ] {
        let text = kim.get(address).expect(200).text();
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{address}");
        assert!(!text.contains("href=\"javascript:"), "{address}");
    }
    let long = "a".repeat(1024 * 1024 + 1);
    kim.post_json("/demo/discussion/1", &json!({ "comment": long })).expect(422);
    for odd in ["0", "01", "-1", "x", "99999999999999999999", "1%00"] {
        kim.get(&format!("/demo/discussion/{odd}")).expect(404);
        kim.get(&format!("/demo/wiki/Plan?action=discussion&thread={odd}")).expect(404);
        kim.get(&format!("/demo/wiki/Plan?action=discussion&message={odd}")).expect(404);
        kim.get(&format!("/demo/discussion/1/{odd}/history")).expect(404);
    }
    kim.save_page("Other", "Another page.");
    kim.get("/demo/wiki/Other?action=discussion&thread=1").expect(404);
    kim.get("/demo/wiki/Plan?action=discussion&format=pdf").expect(422);
}

// Afterwards

#[test]
fn a_message_is_edited_removed_and_put_back() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ada = test.admin("ada");
    begin(&kim, json!({ "comment": "The wrong words, see [[Nowhere]]" }));
    sam.get("/demo/discussion/1/1/edit").expect(403);
    sam.post_json("/demo/discussion/1/1/edit", &json!({ "comment": "x", "version": 0 })).expect(403);
    sam.post_json("/demo/discussion/1/1/removed", &json!({ "removed": true })).expect(403);
    kim.submit("/demo/discussion/1/1/edit", &[("comment", "The right words"), ("save", "1")]).expect(303);
    let stale = json!({ "comment": "Others", "version": 0 });
    kim.post_json("/demo/discussion/1/1/edit", &stale).expect(409);
    let mut form = kim.form("/demo/discussion/1/1/edit", &[("comment", "Kept all the same")]);
    form.fill(&[("version", "0"), ("save", "1")]);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = kim.post("/demo/discussion/1/1/edit", &fields).expect(409);
    assert_eq!(refused.all("#field-comment"), ["Kept all the same"]);
    let history = sam.get("/demo/discussion/1/1/history").expect(200);
    assert_eq!(history.all("pre.message-text"), ["The wrong words, see [[Nowhere]]"]);
    assert_eq!(history.all("tr.added td.new"), ["The right words"]);

    kim.submit("/demo/wiki/Plan?action=discussion", &[("removed", "1")]).expect(303);
    let seen = page(&sam);
    assert!(!seen.text().contains("right words") && seen.words().contains("This message was removed"));
    sam.get("/demo/discussion/1/1/history").expect(404);
    kim.get("/demo/discussion/1/1/edit").expect(404);
    assert_eq!(threads(&sam)[0]["messages"][0]["text"], Json::Null);
    assert!(!sam.get("/demo/wiki/Plan?action=discussion&format=atom").expect(200).text().contains("right words"));
    test.catch_up();
    assert_eq!(sam.get("/demo/search?q=right&format=json").json()["total"], 0);
    assert!(!sam.get("/demo/timeline").text().contains("right words"));
    kim.post_json("/demo/discussion/1/1/removed", &json!({ "removed": false })).expect(403);
    ada.submit("/demo/wiki/Plan?action=discussion", &[("removed", "0")]).expect(303);
    assert!(page(&sam).text().contains("right words"));
    ada.post_json("/demo/discussion/1/1/edit", &json!({ "comment": "Said with care", "version": 1 })).expect(201);
    assert!(page(&sam).words().contains("Said with care"));
}

#[test]
fn a_ticket_comes_of_a_discussion_and_the_thread_knows_it() {
    let test = TestSite::new();
    let kim = kim(&test);
    begin(&kim, json!({ "comment": "Too late\n\nPeople wait.", "quote": "two seconds after" }));
    let way = page(&kim).attributes(".thread-ways > a[href*=newticket]", "href").pop().unwrap();
    let form = kim.get(&way).expect(200);
    assert_eq!(form.attributes("#field-field_summary", "value"), ["Too late"]);
    kim.submit(&way, &[("submit", "1")]).expect(303);
    assert_eq!(page(&kim).all(".thread-tickets a"), ["#1 Too late"]);
    let ticket = kim.get("/demo/ticket/1").expect(200);
    assert_eq!(ticket.all(".description blockquote"), ["two seconds after"]);
    assert_eq!(ticket.attributes(".description a[title^=Discussion]", "href"), ["/demo/discussion/1"]);
    kim.post_json("/demo/discussion/1/state", &json!({ "state": "resolved" })).expect(200);
    assert_eq!(kim.get("/demo/ticket/1").all(".description a.closed"), ["discussion:1"]);
    let private = json!({ "summary": "Hidden", "description": "discussion:1", "private": true });
    kim.post_json("/demo/newticket", &private).expect(201);
    assert_eq!(page(&kim).all(".thread-tickets a").len(), 2);
    let sam = test.user("sam").member();
    assert_eq!(page(&sam).all(".thread-tickets a").len(), 1, "a private ticket is told to nobody else");
}

#[test]
fn a_discussion_follows_its_page() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test).can("WIKI_ADMIN"), test.user("sam").member());
    kim.save_page("Other", "Linked to.");
    begin(&kim, json!({ "comment": "Findable words about [[Other]]" }));
    test.catch_up();
    let found = |person: &Person<'_>| {
        test.catch_up();
        person.get("/demo/search?q=findable&format=json").expect(200).json()["total"].as_i64().unwrap()
    };
    let linking = |person: &Person<'_>| {
        person.get("/demo/wiki/Other?action=backlinks&format=json").expect(200).json()["total"].as_i64().unwrap()
    };
    assert_eq!((found(&sam), linking(&sam)), (1, 1));
    assert!(sam.get("/demo/timeline").words().contains("Plan discussed"));

    kim.submit("/demo/wiki/Plan?action=rename", &[("new_name", "Secret/Plan"), ("redirect", "1")]).expect(303);
    assert_eq!(sam.get("/demo/discussion/1").location(), "/demo/wiki/Secret/Plan?action=discussion&thread=1#thread-1");
    restrict(&test, "secret", "kim");
    assert_eq!((found(&sam), linking(&sam), found(&kim), linking(&kim)), (0, 0, 1, 1));
    sam.get("/demo/discussion/1").expect(404);
    assert!(!sam.get("/demo/timeline").words().contains("discussed"));
    let missing = sam.get("/demo/discussion/99").expect(404).without_token();
    assert_eq!(
        sam.get("/demo/discussion/1").expect(404).without_token().replace("discussion/1", "discussion/99"),
        missing
    );

    kim.submit("/demo/wiki/Secret/Plan?action=delete", &[("comment", "")]).expect(303);
    assert_eq!((found(&kim), linking(&kim)), (0, 0));
    kim.get("/demo/discussion/1").expect(404);
    kim.post_json("/demo/discussion/1", &json!({ "comment": "x" })).expect(404);
    kim.post_json("/demo/wiki?action=restore&id=1", &json!({})).expect(201);
    assert_eq!((found(&kim), linking(&kim)), (1, 1));
    assert_eq!(kim.get("/demo/wiki/Secret/Plan").all(".tabs .count"), ["1 open"]);
}

#[test]
fn who_only_reads_only_reads() {
    let test = TestSite::public();
    let kim = kim(&test);
    begin(&kim, json!({ "comment": "One" }));
    let reader = test.anonymous();
    let seen = page(&reader);
    assert_eq!(seen.all(".thread-ways").len() + seen.all("[data-comment-form]").len(), 0);
    assert!(seen.words().contains("Sign in to take part"));
    assert_eq!(reader.page("Plan").attributes("article[data-discuss]", "id").len(), 0);
    for (address, body) in [
        ("/demo/wiki/Plan?action=discussion", json!({ "comment": "x" })),
        ("/demo/wiki/Plan?action=discussion-preview", json!({ "text": "x" })),
        ("/demo/discussion/1", json!({ "comment": "x" })),
        ("/demo/discussion/1/state", json!({ "state": "resolved" })),
        ("/demo/discussion/1/1/edit", json!({ "comment": "x", "version": 0 })),
        ("/demo/discussion/1/1/removed", json!({ "removed": true })),
    ] {
        reader.post_json(address, &body).expect(403);
    }
    test.grant("anonymous", &["WIKI_DISCUSS"]);
    reader.post_json("/demo/discussion/1", &json!({ "comment": "From outside" })).expect(201);
    let seen = page(&reader);
    assert_eq!(seen.all("#message-2 .entry-head strong"), ["anonymous"]);
    reader.post_json("/demo/discussion/1/2/edit", &json!({ "comment": "x", "version": 0 })).expect(403);
}

#[test]
fn many_threads_and_messages_come_in_pages() {
    let test = TestSite::new();
    let kim = kim(&test);
    for at in 1..=25 {
        begin(&kim, json!({ "comment": format!("Thread {at}") }));
    }
    for at in 1..=110 {
        kim.post_json("/demo/discussion/25", &json!({ "comment": format!("Answer {at}") })).expect(201);
    }
    let first = page(&kim);
    assert_eq!(first.all("section.thread").len(), 20);
    assert!(first.words().contains("90 more messages in between"));
    let second = kim.get("/demo/wiki/Plan?action=discussion&page=2").expect(200);
    assert_eq!(second.all("section.thread").len(), 5);
    let last = kim.get("/demo/wiki/Plan?action=discussion&message=135").expect(200);
    assert_eq!(last.all("#message-135").len(), 1);
    assert_eq!(last.all("section.thread").len(), 1);
    assert_eq!(last.all("li.entry").len(), 11);
}
