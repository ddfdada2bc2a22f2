//! Stories of the wiki: pages written, changed by two at once, renamed, deleted and brought back, and names that try to
//! be more than names.

use rocket::http::{Cookie, Method};
use scraper::Html;
use serde_json::json;
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::web::address;

use crate::support::{Person, TestSite, form};

const FORM: &str = "application/x-www-form-urlencoded";

fn editor(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("WIKI_ADMIN")
}

fn at(name: &str) -> String {
    format!("/demo/wiki/{}", address::path(name))
}

/// Restricts a path to one account.
fn restrict(test: &TestSite, path: &str, login: &str) {
    let subject = permissions::subject(&test.site, &test.demo(), login).unwrap();
    let operator = test.operator();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), path, &[subject]).unwrap();
}

/// Sends the editor's form as it was when `version` was the newest.
fn save_from(person: &Person<'_>, name: &str, version: i64, fields: &[(&str, &str)]) -> crate::support::answer::Answer {
    let mut form = person.form(&format!("{}?action=edit", at(name)), &[("comment", "")]);
    form.fill(&[("version", &version.to_string())]);
    form.fill(fields);
    person.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
}

fn text_of(person: &Person<'_>, name: &str) -> String {
    person.get(&format!("{}?format=txt", at(name))).expect(200).text()
}

// Writing

#[test]
fn a_page_is_previewed_saved_and_kept_in_all_its_versions() {
    let test = TestSite::new();
    let kim = editor(&test);
    let preview =
        kim.submit(&format!("{}?action=edit", at("Plan")), &[("text", "**loud**"), ("preview", "1")]).expect(200);
    assert_eq!(preview.all("[data-preview-pane] strong"), ["loud"]);
    kim.get(&at("Plan")).expect(404);
    kim.save_page("Plan", "one\n\ntwo\n");
    kim.save_page("Plan", "one\n\nthree\n");
    assert!(kim.page("Plan").expect(200).words().contains("one three"));
    assert!(kim.get(&format!("{}?version=1", at("Plan"))).expect(200).words().contains("one two"));
    let history = kim.get(&format!("{}?action=history&format=json", at("Plan"))).expect(200).json();
    assert_eq!(history["total"], 2);
    assert_eq!(history["items"][0]["version"], 2);
    for style in ["side", "inline"] {
        let diff = kim.get(&format!("{}?action=diff&version=2&style={style}", at("Plan"))).expect(200);
        assert!(diff.words().contains("two") && diff.words().contains("three"), "{style}");
    }
    let unified = kim.get(&format!("{}?action=diff&version=2&format=diff", at("Plan"))).expect(200).text();
    assert!(unified.contains("-two\n+three\n"), "{unified}");
}

#[test]
fn text_comes_back_from_the_editor_byte_for_byte() {
    let test = TestSite::new();
    let kim = editor(&test);
    for text in [
        "\n\nbegins with empty lines", "ends without a line end", "</textarea><b>x</b>", "  a\n\n\n", "&amp; &lt;",
        "e\u{301}\u{feff}",
    ] {
        kim.save_page("Text", text);
        assert_eq!(text_of(&kim, "Text"), text);
        let form = kim.form(&format!("{}?action=edit", at("Text")), &[("text", "")]);
        let shown = kim.get(&format!("{}?action=edit", at("Text"))).text();
        let typed = form::post_forms(&shown)
            .into_iter()
            .find_map(|form| form.fields.into_iter().find(|(name, _)| name == "text").map(|(_, value)| value));
        assert_eq!(typed.as_deref(), Some(text));
        assert!(form.names.iter().any(|name| name == "version"));
    }
}

#[test]
fn an_old_version_is_brought_back_as_a_new_one() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "first");
    kim.save_page("Plan", "second");
    kim.submit(&format!("{}?action=edit&version=1", at("Plan")), &[("save", "1")]).expect(303);
    let page = kim.get(&format!("{}?format=json", at("Plan"))).json();
    assert_eq!((page["text"].as_str(), page["version"].as_i64()), (Some("first"), Some(3)));
    assert_eq!(page["comment"], "Reverted to version 1.");
}

#[test]
fn a_sentence_after_saving_is_shown_once() {
    let test = TestSite::new();
    let kim = editor(&test);
    let saved = kim.save_page("Plan", "text");
    let told = saved
        .headers
        .iter()
        .find(|(name, value)| name.eq_ignore_ascii_case("set-cookie") && value.starts_with("trackway_told="));
    let value = told.unwrap().1.split(['=', ';']).nth(1).unwrap().to_owned();
    let session = kim.session.clone().unwrap();
    let request = test
        .client
        .get(at("Plan"))
        .cookie(Cookie::new("trackway_told", value))
        .cookie(Cookie::new("trackway", session));
    let response = request.dispatch();
    let dropped = response.headers().get("Set-Cookie").any(|cookie| cookie.starts_with("trackway_told=;"));
    assert!(dropped, "the cookie of the sentence goes with the page that shows it");
    assert!(response.into_string().unwrap().contains("Saved as version 1."));
}

// Two at once

#[test]
fn changes_of_other_lines_are_merged() {
    let test = TestSite::new();
    let (kim, lee) = (editor(&test), test.user("lee").member());
    kim.save_page("Plan", "a\n\nb\n\nc\n");
    kim.save_page("Plan", "A\n\nb\n\nc\n");
    save_from(&lee, "Plan", 1, &[("text", "a\n\nb\n\nC\n"), ("save", "1")]).expect(303);
    assert_eq!(text_of(&kim, "Plan"), "A\n\nb\n\nC\n");
}

#[test]
fn a_conflicting_line_is_shown_with_both_texts_and_each_choice_can_be_saved() {
    for (choice, wanted) in [("yours", "mine\n"), ("theirs", "theirs\n"), ("both", "theirs\nmine\n")] {
        let test = TestSite::new();
        let (kim, lee) = (editor(&test), test.user("lee").member());
        kim.save_page("Plan", "line\n");
        kim.save_page("Plan", "theirs\n");
        let clash =
            save_from(&lee, "Plan", 1, &[("text", "mine\n"), ("comment", "my reason"), ("save", "1")]).expect(409);
        assert!(clash.words().contains("theirs") && clash.words().contains("mine"));
        assert_eq!(text_of(&kim, "Plan"), "theirs\n", "nothing is saved by a conflict");
        let mut form =
            form::post_forms(&clash.text()).into_iter().find(|form| form.names.iter().any(|n| n == "merge")).unwrap();
        form.fill(&[("merge", choice)]);
        let chosen = lee.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(409);
        let mut form =
            form::post_forms(&chosen.text()).into_iter().find(|form| form.names.iter().any(|n| n == "merge")).unwrap();
        form.fill(&[("save", "1")]);
        let saved = lee.send(Method::Post, &form.action, FORM, form.encoded().into_bytes());
        if choice == "theirs" {
            // What is there already need not be saved, and the form says so.
            saved.expect(422);
        } else {
            saved.expect(303);
            assert_eq!(kim.get(&format!("{}?format=json", at("Plan"))).json()["comment"], "my reason");
        }
        assert_eq!(text_of(&kim, "Plan"), wanted, "{choice}");
    }
}

#[test]
fn a_choice_that_is_none_keeps_the_text() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "line\n");
    let refused =
        save_from(&kim, "Plan", 1, &[("text", "typed at length"), ("merge", "nobody's"), ("yours", "x")]).expect(422);
    assert_eq!(refused.problems()[0].0, "merge");
    assert_eq!(refused.all("textarea[name=text]"), ["typed at length"]);
}

#[test]
fn a_text_whose_page_was_deleted_meanwhile_can_be_saved_with_a_second_press() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "line\n");
    let mut form = kim.form(&format!("{}?action=edit", at("Plan")), &[("text", "what I typed")]);
    form.fill(&[("save", "1")]);
    kim.submit(&format!("{}?action=delete", at("Plan")), &[("comment", "away")]).expect(303);
    let refused = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(422);
    assert_eq!(refused.problems()[0].0, "version");
    let mut again =
        form::post_forms(&refused.text()).into_iter().find(|form| form.names.iter().any(|n| n == "text")).unwrap();
    again.fill(&[("save", "1")]);
    kim.send(Method::Post, &again.action, FORM, again.encoded().into_bytes()).expect(303);
    assert_eq!(text_of(&kim, "Plan"), "what I typed");
}

// Renaming

#[test]
fn a_renamed_page_keeps_its_history_and_the_old_address_leads_on() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Old", "first");
    kim.save_page("Old", "second");
    kim.save_page("Other", "See [[Old]].");
    kim.submit(&format!("{}?action=rename", at("Old")), &[("new_name", "New"), ("redirect", "1")]).expect(303);
    assert_eq!(kim.page("Old").expect(301).location(), "/demo/wiki/New?from=Old");
    assert!(kim.follow(&at("Old")).expect(200).words().contains("second"));
    let old_version = kim.get("/demo/wiki/Old?version=1&format=txt").expect(301);
    assert_eq!(kim.get(old_version.location()).expect(200).text(), "first", "the version asked for is not forgotten");
    let links = kim.get(&format!("{}?action=backlinks", at("New"))).expect(200);
    assert!(links.words().contains("Other"));
    assert_eq!(kim.page("Other").attributes("main .text a", "href"), ["/demo/wiki/New"]);
    // A page that takes the old name takes the address over.
    kim.save_page("Old", "another page");
    assert!(kim.page("Old").expect(200).words().contains("another page"));
}

#[test]
fn pages_below_go_along_with_links_relative_to_them() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Waſſer", "Top. [[./Leaf]]");
    kim.save_page("WASSER/Leaf", "Up to [[..]]");
    kim.save_page("WASSER/Leaf/Deep", "Deep");
    assert!(kim.page("Waſſer").expect(200).words().contains("Leaf"));
    let form = [("new_name", "Way"), ("redirect", "1"), ("children", "1")];
    kim.submit(&format!("{}?action=rename", at("Waſſer")), &form).expect(303);
    assert_eq!(kim.page("Way").expect(200).attributes("main .text a", "href"), ["/demo/wiki/Way/Leaf"]);
    assert!(kim.get(&format!("{}?action=backlinks", at("Way"))).words().contains("Way/Leaf"));
    kim.page("Way/Leaf/Deep").expect(200);
    assert_eq!(kim.page("Waſſer/Leaf").expect(301).location(), "/demo/wiki/Way/Leaf?from=Wa%C5%BF%C5%BFer/Leaf");
}

#[test]
fn the_pages_below_are_listed_by_their_own_part_whatever_case_they_were_made_in() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Waſſer", "Top");
    kim.save_page("WASSER/Leaf", "Leaf");
    let page = kim.page("Waſſer").expect(200);
    assert!(page.all("main a").contains(&"Leaf".to_owned()), "{:?}", page.all("main a"));
}

#[test]
fn a_page_can_move_below_itself_and_take_its_children() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("A", "top [[A/B]]");
    kim.save_page("A/B", "below");
    let form = [("new_name", "A/B"), ("redirect", "1"), ("children", "1")];
    kim.submit(&format!("{}?action=rename", at("A")), &form).expect(303);
    assert!(kim.page("A/B").expect(200).words().contains("top"));
    assert!(kim.page("A/B/B").expect(200).words().contains("below"));
    // `A/B` is a page of its own now: the link has followed the one that was there before.
    assert_eq!(kim.get(&format!("{}?action=backlinks&format=json", at("A/B"))).json()["total"], 0);
    assert_eq!(kim.get(&format!("{}?action=backlinks&format=json", at("A/B/B"))).json()["total"], 1);
    assert_eq!(kim.page("A").expect(301).location(), "/demo/wiki/A/B?from=A");
    // And back, without children.
    kim.submit(&format!("{}?action=rename", at("A/B")), &[("new_name", "A"), ("redirect", "1")]).expect(303);
    kim.page("A").expect(200);
}

#[test]
fn renaming_can_change_the_case_alone() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("plan", "text");
    kim.submit(&format!("{}?action=rename", at("plan")), &[("new_name", "Plan"), ("redirect", "1")]).expect(303);
    kim.page("Plan").expect(200);
    assert_eq!(kim.page("plan").expect(301).location(), "/demo/wiki/Plan");
}

#[test]
fn a_refused_rename_names_the_field_and_keeps_what_was_typed() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "text");
    kim.save_page("Taken", "text");
    let rename = format!("{}?action=rename", at("Plan"));
    for bad in ["Taken", "taken", "a//b", "..", "", "Plan", &"x".repeat(201)] {
        let refused = kim.submit(&rename, &[("new_name", bad)]).expect(422);
        assert_eq!(refused.problems()[0].0, "new_name", "{bad:?}");
        assert_eq!(refused.attributes("input[name=new_name]", "value"), [bad]);
    }
    let mut form = kim.form(&rename, &[("new_name", "Better")]);
    form.fields.retain(|(name, _)| name != "version");
    let refused = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(422);
    assert_eq!(refused.problems()[0].0, "version");
    assert_eq!(refused.attributes("input[name=new_name]", "value"), ["Better"]);
    let mut stale = kim.form(&rename, &[("new_name", "Better")]);
    stale.fill(&[("version", "7")]);
    let refused = kim.send(Method::Post, &stale.action, FORM, stale.encoded().into_bytes()).expect(409);
    assert_eq!(refused.attributes("input[name=new_name]", "value"), ["Better"]);
}

// The trash

#[test]
fn a_deleted_page_waits_in_the_trash_and_comes_back_whole() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "See [[Other]].");
    kim.attach("/demo/attachment/wiki/Plan/", "note.txt", b"A note.").expect(303);
    kim.submit(&format!("{}?action=delete", at("Plan")), &[("comment", "no longer")]).expect(303);
    kim.page("Plan").expect(404);
    assert_eq!(kim.get(&format!("{}?action=backlinks&format=json", at("Other"))).json()["total"], 0);
    let trash = kim.get("/demo/wiki?action=trash").expect(200);
    assert!(trash.words().contains("Plan") && trash.words().contains("no longer"));
    // The name is taken: it stays where it is.
    let form = form::post_forms(&trash.text()).into_iter().find(|form| form.action.contains("restore")).unwrap();
    kim.save_page("Plan", "another");
    kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(409);
    assert!(kim.get("/demo/wiki?action=trash").words().contains("its name is in use again"));
    kim.submit(&format!("{}?action=rename", at("Plan")), &[("new_name", "Plan B")]).expect(303);
    kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(303);
    assert!(kim.page("Plan").expect(200).text().contains("note.txt"));
    assert_eq!(kim.get(&format!("{}?action=backlinks&format=json", at("Other"))).json()["total"], 1);
    kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(404);
}

#[test]
fn a_refused_deletion_says_why_on_its_own_page_and_keeps_the_reason_given() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "text");
    let delete = format!("{}?action=delete", at("Plan"));
    let long = "x".repeat(1001);
    let refused = kim.submit(&delete, &[("comment", &long)]).expect(422);
    assert_eq!(refused.problems()[0].0, "comment");
    assert_eq!(refused.attributes("input[name=comment]", "value"), [long.as_str()]);
    for (version, status) in [(None, 422), (Some("9"), 409), (Some("x"), 422)] {
        let mut form = kim.form(&delete, &[("comment", "a reason")]);
        form.fields.retain(|(name, _)| name != "version");
        form.fields.extend(version.map(|version| ("version".to_owned(), version.to_owned())));
        let refused = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(status);
        assert_eq!(refused.problems()[0].0, "version");
        assert_eq!(refused.attributes("input[name=comment]", "value"), ["a reason"]);
    }
    kim.page("Plan").expect(200);
}

#[test]
fn who_may_not_look_into_the_trash_learns_nothing_of_it() {
    let test = TestSite::new();
    let (kim, lee) = (editor(&test), test.user("lee").member());
    kim.save_page("Plan", "text");
    kim.submit(&format!("{}?action=delete", at("Plan")), &[("comment", "")]).expect(303);
    let trash = kim.get("/demo/wiki?action=trash").text();
    let there = form::post_forms(&trash).into_iter().find(|form| form.action.contains("restore")).unwrap().action;
    let token = lee.form("/demo/wiki/New?action=edit", &[]).fields;
    let token = token.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
    let existing = lee.post(&there, &[("__FORM_TOKEN", &token)]).expect(403);
    let missing = lee.post("/demo/wiki?action=restore&id=9999", &[("__FORM_TOKEN", &token)]).expect(403);
    assert_eq!(existing.words(), missing.words());
}

// JSON

#[test]
fn scripts_save_pages_by_json_and_are_told_what_is_wrong() {
    let test = TestSite::new();
    let kim = editor(&test);
    let made = kim.post_json(&at("Plan"), &json!({"text": "one\n", "version": 0})).expect(201);
    assert_eq!(made.location(), "http://127.0.0.1:8000/demo/wiki/Plan");
    assert_eq!(made.header("ETag"), Some("\"1\""));
    let read = kim.clone().with_header("Accept", "application/json").get(&at("Plan")).expect(200);
    assert_eq!((read.json()["text"].as_str(), read.header("ETag")), (Some("one\n"), Some("\"1\"")));
    let fresh = kim.clone().with_header("If-Match", "\"1\"");
    fresh.post_json(&at("Plan"), &json!({"text": "two\n"})).expect(201);
    fresh.post_json(&at("Plan"), &json!({"text": "three\n"})).expect(409);
    kim.post_json(&at("Plan"), &json!({"text": "four\n", "version": 1})).expect(409);
    for (body, field) in [
        (json!({"text": "x"}), "version"),
        (json!({"version": 2}), "text"),
        (json!({"version": 2, "text": "  "}), "text"),
        (json!({"version": "x", "text": "y"}), "version"),
        (json!({"version": 99, "text": "y"}), "version"),
        (json!({"version": -1, "text": "y"}), "version"),
        (json!({"version": 2, "text": "y", "comment": "a\nb"}), "comment"),
        (json!({"version": 2, "text": ["y"]}), "text"),
        (json!({"version": 2, "text": "y", "action": "burn"}), "action"),
        (json!({"version": 2, "text": "y", "merge": "nobody"}), "merge"),
    ] {
        let refused = kim.post_json(&at("Plan"), &body).expect(422);
        assert_eq!(refused.header("Content-Type"), Some("application/problem+json"), "{body}");
        assert_eq!(refused.json()["problems"][0]["field"], field, "{body}");
    }
    let odd = kim.clone().with_header("If-Match", "\"abc\"");
    let refused = odd.post_json(&at("Plan"), &json!({"text": "y", "version": 2})).expect(422);
    assert_eq!(refused.json()["problems"][0]["field"], "If-Match");
    let broken = kim.send(Method::Post, &at("Plan"), "application/json", b"{\"text\": ".to_vec());
    assert_eq!(broken.expect(422).json()["problems"][0]["field"], "body");
    assert_eq!(text_of(&kim, "Plan"), "two\n");
    kim.post_json(&at("Plan"), &json!({"action": "rename", "version": 2, "new_name": "Better"})).expect(201);
    kim.post_json(&at("Better"), &json!({"action": "delete", "version": 2})).expect(200);
}

#[test]
fn json_from_a_page_of_another_site_changes_nothing() {
    let test = TestSite::new();
    let kim = editor(&test);
    for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "null")] {
        let foreign = kim.clone().with_header(name, value);
        foreign.post_json(&at("Plan"), &json!({"text": "x", "version": 0})).expect(400);
    }
    kim.page("Plan").expect(404);
}

// Names and addresses

#[test]
fn every_name_round_trips_through_its_address() {
    let test = TestSite::new();
    let kim = editor(&test);
    let long = "x".repeat(200);
    for name in [
        "100%", "a%2Fb", "What?", "x#y", "R&D", "C++", "Two Words", "v1.2.3", "日本/東京", ".hidden", "a'b\"c",
        "a;b=c", "[x]", "~", "a\\b", "<b>", &long,
    ] {
        kim.save_page(name, "here");
        assert!(kim.page(name).expect(200).words().contains("here"), "{name}");
        let json = kim.get(&format!("{}?format=json", at(name))).json();
        assert_eq!(json["name"], name);
        let url = json["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:8000").unwrap().to_owned();
        assert_eq!(kim.get(&format!("{url}?format=txt")).expect(200).text(), "here", "{name}");
        for action in ["edit", "history", "diff", "rename", "delete", "backlinks"] {
            kim.get(&format!("{}?action={action}", at(name))).expect(200);
        }
        let index = kim.get("/demo/wiki?action=index").attributes("main a", "href");
        assert!(index.contains(&at(name)), "{name} is not in the index");
    }
}

#[test]
fn an_address_of_another_shape_leads_to_the_one_of_the_page() {
    let test = TestSite::public();
    let kim = editor(&test);
    kim.save_page("A/B", "text");
    for other in
        ["/demo/wiki/A//B", "/demo/wiki/A/B/", "/demo/wiki/a/b", "/demo/wiki/A/B///", "/demo/wiki//A/B", "/wiki/A/B"]
    {
        assert_eq!(kim.get(other).expect(301).location(), "/demo/wiki/A/B", "{other}");
        assert_eq!(kim.get(&format!("{other}?version=1")).location(), "/demo/wiki/A/B?version=1", "{other}");
    }
    let row = test.row("demo");
    test.site.rename_project(&row, "newer", None, Via::Command).unwrap();
    assert_eq!(kim.get("/demo/wiki/A/B?version=1").expect(301).location(), "/newer/wiki/A/B?version=1");
}

#[test]
fn no_address_leads_away_from_the_site() {
    let test = TestSite::public();
    for address in [
        "//evil.example/", "//evil.example/wiki/", "///evil.example/", "/%5Cevil.example/", "//evil.example%2F/",
        "/\\evil.example/",
    ] {
        for person in [test.anonymous(), editor_once(&test)] {
            let answer = person.get(address);
            let location = answer.location();
            let away = location.starts_with("//") || location.starts_with("/\\") || location.contains("://");
            assert!(!away, "{address} leads to {location}");
        }
    }
}

/// The same person for several rounds.
fn editor_once(test: &TestSite) -> Person<'_> {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    test.user(&format!("kim{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)))
}

#[test]
fn what_can_be_no_name_is_not_found() {
    let test = TestSite::public();
    let kim = editor(&test);
    let long = "y".repeat(201);
    for bad in ["%FF", "a%00b", "%2e%2e", "a/%2E/b", "a%0Ab", "%E2%80%AEx", &long] {
        for tail in ["", "?action=edit", "?action=history", "?action=diff", "?format=json"] {
            kim.get(&format!("/demo/wiki/{bad}{tail}")).expect(404);
        }
    }
    for odd in ["/demo/wiki/%", "/demo/wiki/%zz", "/%FF/wiki/A", "/de%00mo/wiki/A"] {
        kim.get(odd).expect(404);
    }
}

// Bad input

#[test]
fn what_is_wrong_with_a_form_is_named_and_the_text_is_kept() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "one");
    let edit = format!("{}?action=edit", at("Plan"));
    let text = "typed text that must not be lost";
    let long = "c".repeat(1001);
    for (changed, field) in [
        (("version", None), "version"),
        (("version", Some("abc")), "version"),
        (("version", Some("99")), "version"),
        (("version", Some("-1")), "version"),
        (("version", Some("99999999999999999999")), "version"),
        (("comment", Some(long.as_str())), "comment"),
        (("comment", Some("a\nb")), "comment"),
        (("text", Some("")), "text"),
        (("text", None), "text"),
    ] {
        let mut form = kim.form(&edit, &[("text", text), ("comment", "a reason")]);
        form.fields.retain(|(name, _)| name != changed.0);
        form.fields.extend(changed.1.map(|value| (changed.0.to_owned(), value.to_owned())));
        form.fill(&[("save", "1")]);
        let refused = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(422);
        assert_eq!(refused.problems()[0].0, field, "{changed:?}");
        if changed.0 != "text" {
            assert_eq!(refused.all("textarea[name=text]"), [text], "{changed:?}");
        }
        if changed.0 != "comment" {
            assert_eq!(refused.attributes("input[name=comment]", "value"), ["a reason"]);
        }
    }
    assert_eq!(text_of(&kim, "Plan"), "one");
}

#[test]
fn a_text_over_the_limit_is_refused_and_shown_again() {
    let test = TestSite::new();
    let kim = editor(&test);
    let text = "a\n".repeat(512 * 1024);
    kim.submit(&format!("{}?action=edit", at("Large")), &[("text", &text), ("save", "1")]).expect(303);
    let over = format!("{text}b");
    for button in ["save", "preview"] {
        let refused =
            kim.submit(&format!("{}?action=edit", at("Large")), &[("text", &over), (button, "1")]).expect(422);
        assert_eq!(refused.problems()[0].0, "text", "{button}");
        assert!(refused.text().contains("1 MiB") && refused.text().contains("\na\nb"), "{button}");
    }
}

#[test]
fn forms_that_are_no_forms_are_refused() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "one");
    for (kind, body) in [
        (FORM, &b"text=\xff\xfe&version=1"[..]),
        ("text/plain", b"text=x"),
        ("application/json", b"[]"),
        ("multipart/form-data", b""),
    ] {
        let refused = kim.send(Method::Post, &at("Plan"), kind, body.to_vec());
        assert_eq!(refused.status, 422, "{kind}");
    }
    kim.send(Method::Post, &at("Plan"), FORM, vec![b'a'; 9 * 1024 * 1024]).expect(422);
    assert_eq!(text_of(&kim, "Plan"), "one");
}

#[test]
fn unknown_actions_formats_and_versions_are_named() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Plan", "one");
    for (query, status) in [
        ("version=0", 404),
        ("version=99", 404),
        ("version=-1", 404),
        ("version=abc", 422),
        ("version=", 422),
        ("format=nonsense", 422),
        ("action=burn", 422),
        ("action=view", 200),
        ("action=diff&version=abc", 422),
        ("action=diff&version=0", 404),
        ("action=diff&old_version=9", 404),
        ("action=diff&format=nonsense", 422),
        ("action=diff&old_version=-9223372036854775808", 404),
        ("action=edit&version=0", 404),
        ("action=history&page=abc", 200),
        ("action=diff&version=1&old_version=1", 200),
        ("action=diff&context=99999999999", 200),
    ] {
        kim.get(&format!("{}?{query}", at("Plan"))).expect(status);
    }
    let token = kim.form(&format!("{}?action=edit", at("Plan")), &[]).fields;
    let token = token.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
    let fields = [("__FORM_TOKEN", token.as_str()), ("text", "overwritten"), ("version", "1")];
    kim.post(&format!("{}?action=burn", at("Plan")), &fields).expect(422);
    kim.post("/demo/wiki?action=restore&id=abc", &fields).expect(422);
    assert_eq!(text_of(&kim, "Plan"), "one");
    kim.page("WikiStart").expect(404);
}

// Sessions and tokens

#[test]
fn an_expired_session_carries_the_form_through_signing_in() {
    let test = TestSite::new();
    let admin = test.admin("root");
    let token = test.site.write(None, Via::Command, |db, record| {
        let account = trackway::auth::accounts::load(db, "root")?;
        trackway::auth::links::create(db, record, Some(account.id))
    });
    let link = format!("/-/link/{}", token.unwrap());
    test.anonymous()
        .submit(&link, &[("password", "root has a secret"), ("password_again", "root has a secret")])
        .expect(303);
    // Choosing a password has ended the session that `admin` holds; its form was open before.
    let now = test.site.db().write(|db| {
        let account = trackway::auth::accounts::load(db, "root")?;
        trackway::auth::sessions::begin(db, account.id, "tests")
    });
    let live = Person::new(&test, "root", Some(now.unwrap()));
    let mut form = live.form(&format!("{}?action=edit", at("Plan")), &[("text", "typed at great length and not lost")]);
    form.fill(&[("save", "1")]);
    let ended = admin.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(401);
    assert!(ended.text().contains("typed at great length and not lost"));
    let mut login =
        form::post_forms(&ended.text()).into_iter().find(|form| form.names.iter().any(|n| n == "password")).unwrap();
    login.fill(&[("user", "root"), ("password", "not this one")]);
    let wrong = admin.send(Method::Post, &login.action, FORM, login.encoded().into_bytes()).expect(422);
    let mut login =
        form::post_forms(&wrong.text()).into_iter().find(|form| form.names.iter().any(|n| n == "password")).unwrap();
    login.fill(&[("user", "root"), ("password", "root has a secret")]);
    let back = admin.send(Method::Post, &login.action, FORM, login.encoded().into_bytes()).expect(200);
    let cookie = back.header("Set-Cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let again = form::post_forms(&back.text()).into_iter().find(|form| form.names.iter().any(|n| n == "text")).unwrap();
    let renewed = Person::new(&test, "root", Some(cookie));
    renewed.send(Method::Post, &again.action, FORM, again.encoded().into_bytes()).expect(303);
    assert_eq!(text_of(&renewed, "Plan"), "typed at great length and not lost");
}

#[test]
fn a_form_with_a_bad_token_is_refused_and_can_be_sent_again() {
    let test = TestSite::new();
    let (kim, lee) = (editor(&test), test.user("lee").member());
    let theirs = lee.form(&format!("{}?action=edit", at("Plan")), &[]).fields;
    let theirs = theirs.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
    for bad in ["", "forged", "0.0", theirs.as_str()] {
        let fields = [("__FORM_TOKEN", bad), ("text", "typed at great length"), ("version", "0"), ("save", "1")];
        let refused = kim.post(&at("Plan"), &fields).expect(400);
        assert!(refused.text().contains("typed at great length"));
        let again = form::post_forms(&refused.text()).into_iter().find(|form| form.names.iter().any(|n| n == "text"));
        assert!(again.is_some(), "{bad}");
    }
    kim.page("Plan").expect(404);
    let mut form = kim.form(&format!("{}?action=edit", at("Plan")), &[("text", "typed at great length")]);
    form.fill(&[("save", "1")]);
    let foreign = kim.clone().with_header("Origin", "https://evil.example");
    let refused = foreign.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(400);
    assert!(refused.text().contains("typed at great length"));
    kim.page("Plan").expect(404);
}

#[test]
fn every_answer_carries_the_headers_and_reading_sets_no_cookie() {
    let test = TestSite::public();
    editor(&test).save_page("Plan", "text");
    let anonymous = test.anonymous();
    for address in [
        "/", "/-/login", "/-/account", "/demo", "/demo/wiki/Plan", "/demo/wiki/Plan?format=txt",
        "/demo/wiki/Plan?format=json", "/demo/wiki/Nowhere", "/demo/wiki/plan", "/demo/wiki?format=atom",
        "/demo/search?q=text", "/nowhere", "/%FF", "/-/health", "/robots.txt", "/-/static/nothing.css",
    ] {
        let answer = anonymous.get(address);
        assert_eq!(answer.header("Set-Cookie"), None, "{address}");
        for (name, value) in [
            ("Content-Security-Policy", "default-src 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=()"),
        ] {
            assert!(answer.header(name).is_some_and(|given| given.starts_with(value)), "{address}: {name}");
        }
    }
}

// What is hidden

#[test]
fn nothing_of_a_restricted_page_shows_anywhere() {
    let build = |hidden: bool| {
        let test = TestSite::new();
        let _ = test.user("insider").member();
        restrict(&test, "secret", "insider");
        let root = test.admin("root");
        let macros = "[[RecentChanges]]\n\n[[RecentChanges(Secret)]]\n\n[[TitleIndex]]\n\n[[TitleIndex(Secret, format=tree)]]\n\n[[Include(Secret/Plan)]]\n\n[[Backlinks]]\n\n[[Backlinks(Secret/Plan)]]\n\n[[Image(wiki:Secret/Plan:p.png)]]\n\n[[MacroList(Include)]]\n\n[[PageOutline]]\n\n[[Secret/Plan]] [[Secret/Old]] attachment:p.png:wiki:Secret/Plan\n\n# Open\n";
        root.save_page("Open", macros);
        if hidden {
            root.save_page("Secret/Old", "zebra [[Open]]");
            root.submit("/demo/wiki/Secret/Old?action=rename", &[("new_name", "Secret/Plan"), ("redirect", "1")])
                .expect(303);
            root.save_page("Secret/Plan", "zebra again [[Open]]\n\n# Zebra");
            root.attach("/demo/attachment/wiki/Secret/Plan/", "p.png", b"\x89PNG\r\n\x1a\n").expect(303);
            root.save_page("Secret/Gone", "zebra");
            root.submit("/demo/wiki/Secret/Gone?action=delete", &[("comment", "")]).expect(303);
            root.save_page("Open/Moved", "zebra");
            root.submit("/demo/wiki/Open/Moved?action=rename", &[("new_name", "Secret/Moved"), ("redirect", "1")])
                .expect(303);
        }
        test.catch_up();
        test
    };
    let (with, without) = (build(true), build(false));
    let (kim, lee) = (editor(&with), editor(&without));
    for address in [
        "/demo/wiki/Open",
        "/demo/wiki/Open?action=backlinks",
        "/demo/wiki/Open?action=backlinks&format=json",
        "/demo/wiki/Open?action=rename",
        "/demo/wiki/Open?action=delete",
        "/demo/wiki/Open/Moved",
        "/demo/wiki?action=index",
        "/demo/wiki?action=index&format=json",
        "/demo/wiki?format=atom",
        "/demo/wiki?action=trash",
        "/demo/wiki/Secret",
        "/demo/wiki/Secret/Plan",
        "/demo/wiki/secret/plan",
        "/demo/wiki/Secret/Old",
        "/demo/wiki/Secret/Gone",
        "/demo/wiki/Secret/Moved",
        "/demo/wiki/Secret/Plan?format=txt",
        "/demo/wiki/Secret/Plan?format=json",
        "/demo/wiki/Secret/Plan?action=edit",
        "/demo/wiki/Secret/Plan?action=history",
        "/demo/wiki/Secret/Plan?action=diff",
        "/demo/wiki/Secret/Plan?action=backlinks",
        "/demo/wiki/Secret/Plan?version=abc",
        "/demo/wiki/Secret/Plan?action=burn",
        "/demo/wiki/Secret/Plan?format=nonsense",
        "/demo/wiki/Other/Plan",
        "/demo/search?q=zebra",
        "/demo/search?q=zebra&format=json",
        "/demo/search?q=p.png",
        "/demo/search/suggest?q=se",
        "/demo/search/suggest?q=zeb",
        "/demo/search/suggest?q=p",
        "/demo/search?q=secret&format=json",
        "/demo/attachment/wiki/Secret/Plan/",
        "/demo/raw-attachment/wiki/Secret/Plan/p.png",
        "/demo/zip-attachment/wiki/Secret/Plan/",
    ] {
        let (seen, expected) = (kim.get(address), lee.get(address));
        assert_eq!(seen.status, expected.status, "{address}");
        assert_eq!(timeless(&seen.without_token()), timeless(&expected.without_token()), "{address}");
        assert!(!seen.text().to_lowercase().contains("zebra") || address.contains("zeb"), "{address}");
    }
}

/// The page without what each of two sites has of its own: times and the id of the project.
fn timeless(text: &str) -> String {
    let mut untold = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<time") {
        untold.push_str(before);
        rest = after.split_once("</time>").map_or("", |pair| pair.1);
    }
    untold.push_str(rest);
    // What is left are the instants of JSON and of feeds: 2026-01-31T…
    let mut kept = String::new();
    let mut rest = untold.as_str();
    while let Some((before, after)) = rest.split_once('T') {
        let day = before.len() >= 10
            && before.is_char_boundary(before.len() - 10)
            && before[before.len() - 10..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        kept.push_str(if day { &before[..before.len() - 10] } else { before });
        rest = if day { after.trim_start_matches(|c: char| c.is_ascii_digit() || ":.Z".contains(c)) } else { after };
    }
    kept.push_str(rest);
    let mut out = String::new();
    for line in kept.lines() {
        match line.split_once("data-draft=\"") {
            Some((before, after)) => {
                out.push_str(&format!("{before}{}", after.split_once('"').map_or("", |pair| pair.1)))
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[test]
fn a_viewer_of_hidden_pages_sees_them_in_the_same_places() {
    let test = TestSite::new();
    let insider = test.user("insider").member();
    restrict(&test, "secret", "insider");
    let root = test.admin("root");
    root.save_page("Open", "[[Include(Secret/Plan)]]\n\n[[Backlinks]]");
    root.save_page("Secret/Plan", "zebra [[Open]]");
    let page = insider.page("Open").expect(200);
    assert!(page.words().contains("zebra") && page.words().contains("Secret/Plan"), "{}", page.words());
}

#[test]
fn similar_pages_are_named_once() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("plan/other", "x");
    kim.save_page("plan/plan", "x");
    kim.save_page("planet", "x");
    let shown = kim.page("x/plan").expect(404).attributes("main a", "href");
    let count = shown.iter().filter(|href| *href == "/demo/wiki/plan/plan").count();
    assert_eq!(count, 1, "{shown:?}");
}

// Names that try to be more than names (trackers.md e2, class 2)

const PAYLOADS: &[&str] = &[
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "`onmouseover=alert(1) x=`",
    "[x](javascript:alert(1))",
    "![x](x\"onerror=\"alert(1))",
    "]] [[Image(x, onerror=alert(1))]]",
    "&lt;img src=x onerror=alert(1)&gt;",
    "<!--",
    "]]><script>alert(1)</script>",
    "--><script>alert(1)</script>",
];

/// Elements and attributes that no page of ours has, found by an HTML5 parser.
fn foreign_pieces(page: &str) -> Vec<String> {
    let html = Html::parse_document(page);
    let mut found = Vec::new();
    for node in html.tree.nodes() {
        let Some(element) = node.value().as_element() else { continue };
        let script =
            element.name() == "script" && !element.attr("src").is_some_and(|src| src.starts_with("/-/static/"));
        if script || matches!(element.name(), "iframe" | "object" | "embed" | "base" | "style") {
            found.push(format!("<{}>", element.name()));
        }
        // In the text itself an image is what its writer may have; anywhere else it came out of a name.
        let in_text = node
            .ancestors()
            .any(|above| above.value().as_element().is_some_and(|above| above.classes().any(|class| class == "text")));
        if element.name() == "img" && !in_text {
            found.push("<img>".to_owned());
        }
        for (name, value) in element.attrs() {
            let leads = matches!(name, "href" | "src" | "action" | "formaction" | "xlink:href");
            let scripted = value.trim().to_ascii_lowercase().starts_with("javascript:");
            if name.starts_with("on") || name == "style" || name.contains(['"', '\'', '<', '`']) || leads && scripted {
                found.push(format!("{}[{name}={value}]", element.name()));
            }
        }
    }
    found
}

#[test]
fn names_stay_names_on_every_page() {
    let test = TestSite::new();
    let root = test.admin("root");
    for (at_index, payload) in PAYLOADS.iter().enumerate() {
        let part = payload.replace('/', "\u{2215}");
        let page = format!("N{at_index}{part}");
        root.submit("/-/account", &[("full_name", payload)]).expect(303);
        let text = format!("[[{page}]] [[{page}|{payload}]] wiki:\"{page}\" [[TitleIndex]] {payload}\n\n# {payload}\n");
        let edit = format!("{}?action=edit", at(&page));
        root.submit(&edit, &[("text", &text), ("comment", payload), ("save", "1")]).expect(303);
        root.submit(&edit, &[("text", payload), ("comment", payload), ("save", "1")]).expect(303);
        let files = format!("/demo/attachment/wiki/{}/", address::path(&page));
        let mut form = root.form(&files, &[("attachment", "")]);
        form.fields.retain(|(name, _)| name != "attachment" && name != "description");
        let mut fields: Vec<(&str, &str)> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("description", payload));
        let (kind, body) = form::multipart(&fields, &[("attachment", &format!("{part}.txt"), b"text")]);
        root.send(Method::Post, &form.action, &kind, body);
        root.save_page(&format!("{page}/Below"), "[[..]] [[Backlinks(..)]]");
        root.save_page("Gone", payload);
    }
    root.save_page(
        "Lists",
        "[[RecentChanges]]\n\n[[TitleIndex(format=tree)]]\n\n[[TitleIndex(format=compact)]]\n\n@root\n",
    );
    root.submit("/demo/wiki/Gone?action=delete", &[("comment", PAYLOADS[0])]).expect(303);
    test.catch_up();
    let mut visited: Vec<String> = [
        "/", "/-/projects", "/-/account", "/-/admin", "/-/health", "/demo/wiki/Lists", "/demo/wiki?action=index",
        "/demo/wiki?action=trash", "/demo/wiki?format=atom", "/demo/search?q=alert",
    ]
    .map(str::to_owned)
    .into();
    for (at_index, payload) in PAYLOADS.iter().enumerate() {
        let page = format!("N{at_index}{}", payload.replace('/', "\u{2215}"));
        for query in [
            "", "?version=1", "?action=edit", "?action=edit&version=1", "?action=history", "?action=diff",
            "?action=diff&style=inline", "?action=rename", "?action=delete", "?action=backlinks",
            "?action=history&format=atom",
        ] {
            visited.push(format!("{}{query}", at(&page)));
        }
        visited.push(at(&format!("{page}/Below")));
        visited.push(at(&format!("{page}/Nowhere")));
        visited.push(format!("/demo/attachment/wiki/{}/", address::path(&page)));
        let echoed = address::segment(payload);
        for echo in [
            "/demo/search?q=", "/-/login?next=", "/demo/wiki/WikiStart?format=", "/demo/wiki/Lists?version=",
            "/demo/wiki/Lists?action=", "/demo/wiki/Lists?from=", "/demo/wiki?name=", "/", "/demo/",
            "/demo/attachment/", "/-/link/",
        ] {
            visited.push(format!("{echo}{echoed}"));
        }
    }
    for address in visited {
        let answer = root.get(&address);
        assert!(answer.status < 500, "{address}: {}", answer.status);
        assert_eq!(foreign_pieces(&answer.text()), Vec::<String>::new(), "{address}");
    }
}
