//! Stories of watching pages: one, one with those below it, or all, and what is new to whoever does.

use serde_json::{Value as Json, json};

use crate::support::{Person, TestSite};

fn names(person: &Person<'_>) -> Vec<String> {
    let list = person.get("/demo/watched?format=json").expect(200).json();
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn first(person: &Person<'_>) -> Json {
    person.get("/demo/watched?format=json").expect(200).json()["items"][0].clone()
}

#[test]
fn what_others_did_to_watched_pages_is_new_until_it_is_marked_as_seen() {
    let test = TestSite::new();
    let (kim, sam) = (test.user("kim").member(), test.user("sam").member());
    for name in ["Plan", "Other"] {
        sam.save_page(name, "One.");
    }
    assert_eq!(kim.get("/demo/watched").expect(200).all(".empty-lead"), ["You watch no page yet."]);
    let events = test.event_count();
    let watched = kim.submit("/demo/wiki/Plan", &[("watch", "page")]).expect(303);
    assert_eq!(watched.location(), "/demo/wiki/Plan");
    assert_eq!(test.event_count(), events, "nobody hears what somebody watches");
    assert!(kim.page("Plan").all(".watch span").contains(&"You watch this page.".to_owned()));
    assert_eq!(names(&kim), [] as [&str; 0], "what there was before is not new");

    for name in ["Plan", "Other"] {
        sam.save_page(name, "Two.");
        sam.save_page(name, "Three.");
    }
    kim.save_page("Plan", "Four.");
    assert_eq!(names(&kim), ["Plan"]);
    let page = kim.get("/demo/watched").expect(200);
    assert_eq!(page.all(".watched-news .muted a .unseen"), ["of Plan: what changed"]);
    let diff = page.attributes(".watched-news .muted a", "href");
    assert_eq!(diff, ["/demo/wiki/Plan?action=diff&old_version=1&version=4"]);
    assert_eq!((&first(&kim)["versions"], &first(&kim)["seen"]), (&json!(2), &json!(1)), "one's own is not counted");

    let looked = page.attributes("button[name=looked]", "value").pop().unwrap();
    sam.save_page("Plan", "Five.");
    kim.submit("/demo/watched", &[("looked", &looked)]).expect(303);
    assert_eq!(first(&kim)["versions"], 1, "what came after the page was made is still new");
    sam.post_json("/demo/wiki/Plan?action=discussion", &json!({ "comment": "A word" })).expect(201);
    assert_eq!(first(&kim)["messages"], 1);
    kim.post_json("/demo/watched", &json!({ "looked": i64::MAX })).expect(200);
    assert_eq!(names(&kim), [] as [&str; 0]);
    kim.save_page("Plan", "Mine.");
    assert_eq!(names(&kim), [] as [&str; 0]);
    sam.post_json("/demo/wiki/Plan?action=discussion", &json!({ "comment": "Another" })).expect(201);
    let page = kim.get("/demo/watched").expect(200);
    assert_eq!(
        page.attributes(".watched-news .muted a", "href"),
        ["/demo/wiki/Plan?action=discussion&message=2#message-2"]
    );
    kim.submit("/demo/wiki/Plan", &[("unwatch", "page")]).expect(303);
    assert_eq!(names(&kim), [] as [&str; 0]);
}

#[test]
fn a_tree_is_watched_with_what_comes_below_it_and_a_page_wherever_it_moves() {
    let test = TestSite::new();
    let (kim, sam) = (test.user("kim").member(), test.user("sam").member().can("WIKI_RENAME"));
    sam.save_page("Guide", "One.");
    sam.save_page("Guidebook", "One.");
    kim.submit("/demo/wiki/Guide", &[("watch", "tree")]).expect(303);
    for name in ["Guide/New", "Guidebook", "Elsewhere"] {
        sam.save_page(name, "Two.");
    }
    assert_eq!(names(&kim), ["Guide/New"]);
    assert!(kim.page("Guide/New").words().contains("with all below Guide"));
    assert!(kim.get("/demo/watched").words().contains("new page"));
    sam.submit("/demo/wiki/Guide?action=rename", &[("new_name", "Manual"), ("redirect", "1")]).expect(303);
    sam.save_page("Manual", "Three.");
    assert_eq!(names(&kim), ["Manual"]);
    kim.post_json("/demo/watched", &json!({ "watch": "all" })).expect(200);
    sam.save_page("Elsewhere", "Four.");
    assert_eq!(names(&kim), ["Elsewhere", "Manual"]);
    kim.post_json("/demo/watched", &json!({ "unwatch": "all" })).expect(200);
    assert_eq!(names(&kim), ["Manual"]);
}

#[test]
fn watching_needs_a_name_and_shows_nothing_that_is_hidden() {
    let test = TestSite::public();
    let (kim, sam) = (test.user("kim"), test.user("sam"));
    sam.save_page("Plan", "One.");
    let reader = test.anonymous();
    assert_eq!(reader.page("Plan").all(".watch").len(), 0);
    reader.get("/demo/watched").expect(403);
    reader.get("/demo/watched?format=atom").expect(403);
    reader.post_json("/demo/watched", &json!({ "watch": "all" })).expect(403);
    kim.post_json("/demo/watched", &json!({ "watch": "page", "page_name": "Nowhere" })).expect(404);
    kim.post_json("/demo/watched", &json!({ "watch": "everything" })).expect(422);
    kim.post_json("/demo/watched", &json!({ "looked": "soon" })).expect(422);
    kim.post_json("/demo/watched", &json!({ "watch": "all" })).expect(200);
    sam.save_page("Secret/Plan", "Two.");
    assert_eq!(names(&kim), ["Secret/Plan"]);
    crate::discussion::restrict(&test, "secret", "sam");
    assert_eq!(names(&kim), [] as [&str; 0]);
    let feed = kim.get("/demo/watched?format=atom").expect(200).text();
    assert!(feed.contains("Plan, version 1") && !feed.contains("Secret"));
    let token = kim.submit("/-/account", &[("label", "Reader")]).expect(200).all(".new-token").pop().unwrap();
    let feed = reader.get(&format!("/demo/watched?format=atom&token={token}")).expect(200).text();
    assert!(feed.contains("Plan, version 1"));
    reader.get(&format!("/demo/watched?token={token}")).expect(403);
}

#[test]
fn boxes_at_a_glance_hold_watched_pages_and_suggestions() {
    let test = TestSite::new();
    let (kim, sam) = (test.user("kim").member(), test.user("sam").member());
    sam.save_page("Plan", "One.\n");
    kim.submit("/demo/wiki/Plan", &[("watch", "page")]).expect(303);
    sam.save_page("Plan", "Two.\n");
    let body = json!({ "text": "Three.\n", "version": 2, "comment": "Better" });
    sam.post_json("/demo/wiki/Plan?action=suggest", &body).expect(201);
    let mut fields = vec![("refresh", "0"), ("save", "1")];
    for [kind, title, content, place, side] in [
        ["kind_1", "title_1", "content_1", "place_1", "side_1"],
        ["kind_2", "title_2", "content_2", "place_2", "side_2"],
    ] {
        let (named, at) = if kind == "kind_1" { ("watched", "1") } else { ("suggestions", "2") };
        fields.extend([(kind, named), (title, ""), (content, ""), (place, at), (side, "main")]);
    }
    kim.post_signed("/demo/home/arrange", &fields).expect(303);
    let home = kim.get("/demo/home").expect(200);
    assert_eq!(home.all(".glance-watched li"), ["Plan 1 new version"]);
    assert_eq!(
        home.attributes(".glance-watched li a", "href"),
        ["/demo/wiki/Plan?action=diff&old_version=1&version=2"]
    );
    assert_eq!(home.all(".glance-suggestions li"), ["Plan by sam: Better"]);
}
