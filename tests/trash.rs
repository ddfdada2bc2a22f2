//! Deleting, restoring and purging tickets; taking back one's own last change; changing many at once.

use serde_json::{Value, json};

use crate::support::{Person, TestSite};

const TRASH: &str = "/demo/admin/ticket/trash";
const BATCH: &str = "/demo/batchmodify";

fn file(person: &Person<'_>, summary: &str) -> i64 {
    let body = json!({ "summary": summary, "keywords": "gen k0" });
    person.post_json("/demo/newticket", &body).expect(201).json()["id"].as_i64().unwrap()
}

fn ticket(person: &Person<'_>, id: i64) -> Value {
    person.get(&format!("/demo/ticket/{id}?format=json")).expect(200).json()
}

fn clean(test: &TestSite) {
    let checked = test.command(&["check"]);
    assert!(checked.stdout.contains("nothing found"), "{}", checked.stdout);
}

#[test]
fn a_deleted_ticket_is_nowhere_until_it_is_restored_whole() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let kim = test.user("kim").member();
    let id = file(&kim, "Doors open too late");
    kim.post_json(&format!("/demo/ticket/{id}"), &json!({ "comment": "Said once" })).expect(201);
    let before = ticket(&kim, id);
    kim.get(&format!("/demo/ticket/{id}/delete")).expect(403);
    kim.post_json(&format!("/demo/ticket/{id}/delete"), &json!({})).expect(403);

    assert!(ada.get(&format!("/demo/ticket/{id}/delete")).expect(200).words().contains("1 comment"));
    ada.post_signed(&format!("/demo/ticket/{id}/delete"), &[]).expect(303);
    test.catch_up();
    for person in [&ada, &kim] {
        person.get(&format!("/demo/ticket/{id}")).expect(404);
        person.post_json(&format!("/demo/ticket/{id}"), &json!({ "comment": "More" })).expect(404);
        assert_eq!(person.get("/demo/query?id=!0&format=json").expect(200).json()["total"], 0);
        assert_eq!(person.get("/demo/search?q=doors&format=json").expect(200).json()["total"], 0);
        assert!(!person.get("/demo/timeline?daysback=30").expect(200).text().contains("Doors open"));
    }
    kim.get(TRASH).expect(404);
    assert_eq!(ada.get(TRASH).expect(200).all("tbody bdi")[0], "Doors open too late");
    clean(&test);

    ada.post_json(TRASH, &json!({ "act": "restore", "ticket": id.to_string() })).expect(200);
    test.catch_up();
    let mut after = ticket(&kim, id);
    after["changetime"] = before["changetime"].clone();
    assert_eq!(after, before);
    assert_eq!(kim.get("/demo/search?q=doors&format=json").expect(200).json()["total"], 1);
    clean(&test);
}

#[test]
fn purging_is_a_right_of_its_own_and_leaves_a_tombstone() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let lee = test.user("lee").member().can("TICKET_ADMIN");
    let (first, second) = (file(&lee, "First"), file(&lee, "Second"));
    lee.attach(&format!("/demo/attachment/ticket/{second}/"), "a.txt", b"bytes").expect(303);
    lee.post_json(&format!("/demo/ticket/{first}"), &json!({ "comment": format!("See #{second}") })).expect(201);
    test.command(&["ticket", "remove", "demo", &second.to_string()]).expect(0);

    let purge = json!({ "act": "purge", "ticket": second.to_string(), "confirm": "1" });
    lee.post_json(TRASH, &purge).expect(403);
    assert!(test.command(&["ticket", "purge", "demo", &second.to_string()]).expect(1).stderr.contains("--yes"));
    let asked = ada.submit(TRASH, &[("act", "purge"), ("ticket", &second.to_string())]).expect(200);
    assert!(asked.words().contains("Purge #2 for good?"), "{}", asked.words());
    ada.post_json(TRASH, &purge).expect(200);
    test.catch_up();

    assert!(ada.get(TRASH).expect(200).words().contains("#2"));
    ada.get("/demo/ticket/2").expect(404);
    ada.post_json(TRASH, &json!({ "act": "restore", "ticket": "2" })).expect(404);
    assert_eq!(file(&lee, "Third"), 3, "its number is not given again");
    assert!(lee.get("/demo/ticket/1").expect(200).words().contains("See #2"));
    clean(&test);
}

#[test]
fn ones_own_last_change_can_be_taken_back_and_nothing_is_erased() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let lee = test.user("lee").member();
    let id = file(&kim, "Doors");
    let href = format!("/demo/ticket/{id}");
    let undo = format!("{href}/undo");
    kim.post_json(&undo, &json!({})).expect(409);
    kim.post_json(&href, &json!({ "action": "resolve", "comment": "Done", "priority": "minor" })).expect(201);

    assert_eq!(kim.get(&href).expect(200).all("form.undo button"), ["Take back comment 1"]);
    assert!(lee.get(&href).expect(200).all("form.undo button").is_empty());
    lee.post_json(&undo, &json!({})).expect(409);
    kim.submit(&href, &[("change", "1")]).expect(303);

    let after = ticket(&kim, id);
    let is = |name: &str| after[name].as_str().unwrap_or("").to_owned();
    assert_eq!((is("status"), is("resolution"), is("priority")), ("new".to_owned(), String::new(), "major".to_owned()));
    let comments = after["comments"].as_array().unwrap();
    assert_eq!(
        (comments.len(), &comments[0]["text"], &comments[1]["text"]),
        (2, &json!("Done"), &json!("Takes back comment:1."))
    );
    clean(&test);

    kim.post_json(&href, &json!({ "priority": "minor" })).expect(201);
    lee.post_json(&href, &json!({ "comment": "I rely on that" })).expect(201);
    kim.post_json(&undo, &json!({ "change": "3" })).expect(409);
    kim.post_json(&href, &json!({ "comment": "Only words" })).expect(201);
    kim.post_json(&undo, &json!({})).expect(409);
}

#[test]
fn many_tickets_change_in_one_act_or_none_does_and_it_can_be_taken_back() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let kim = test.user("kim").member();
    let ids: Vec<i64> = (0..4).map(|at| file(&ada, &format!("Number {at}"))).collect();
    ada.post_json("/demo/ticket/4", &json!({ "action": "resolve" })).expect(201);
    kim.get(BATCH).expect(403);
    assert!(kim.get("/demo/query?id=!0").expect(200).attributes("p.exports a[href*=batch]", "href").is_empty());
    let list = ada.get("/demo/query?id=!0").expect(200).attributes("p.exports a[href*=batch]", "href");
    assert_eq!(ada.get(&list[0]).expect(200).all("ul.batch-tickets bdi").len(), 4);

    let all: Vec<String> = ids.iter().map(i64::to_string).collect();
    let body = json!({
        "selected_tickets": all.join(","), "field_keywords": "new1,new2", "mode_keywords": "+-", "remove_keywords": "gen",
        "field_priority": "minor", "action": "resolve", "comment": "All of you",
    });
    let done = ada.post_json(BATCH, &body).expect(200).json();
    assert_eq!(done["changed"], 4);
    for id in &ids {
        let ticket = ticket(&ada, *id);
        assert_eq!((&ticket["keywords"], &ticket["priority"]), (&json!(["k0", "new1", "new2"]), &json!("minor")));
        assert_eq!(ticket["status"], "closed");
    }
    let wrong = json!({ "selected_tickets": all.join(","), "field_priority": "none-such" });
    assert!(ada.post_json(BATCH, &wrong).expect(422).json()["problems"][0]["message"].as_str().unwrap().contains("#1"));
    for (field, value) in [("summary", "x"), ("status", "new"), ("description", "x")] {
        let body = json!({ "selected_tickets": "1", format!("field_{field}"): value });
        ada.post_json(BATCH, &body).expect(422);
    }
    clean(&test);

    let shown =
        ada.submit(BATCH, &[("ticket", "1"), ("set_priority", "1"), ("field_priority", "major"), ("preview", "1")]);
    assert!(shown.expect(200).words().contains("This would happen"));
    let taken_back = [("act", "undo"), ("ticket", "1"), ("number", "1"), ("list", "priority=minor&order=id")];
    let back = ada.post_signed(BATCH, &taken_back).expect(303);
    assert!(back.header("Location").unwrap().contains("/demo/query?priority=minor"), "{:?}", back.headers);
    let states: Vec<Value> = ids.iter().map(|id| ticket(&ada, *id)["status"].clone()).collect();
    assert_eq!(states, ["new", "new", "new", "closed"]);
    assert_eq!(ticket(&ada, 1)["keywords"], json!(["gen", "k0"]));
    clean(&test);
}

#[test]
fn taking_back_one_act_leaves_the_comments_that_changed_nothing() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    for summary in ["One", "Two", "Three"] {
        file(&ada, summary);
    }
    ada.post_json("/demo/ticket/2", &json!({ "priority": "minor" })).expect(201);
    let body = json!({ "ticket": "1,2,3", "field_priority": "minor", "comment": "Not now" });
    let done = ada.post_json(BATCH, &body).expect(200).json();
    assert_eq!(done["changed"], 3);
    let offered = ada.get("/demo/ticket/1").expect(200);
    assert_eq!(offered.all("form.undo button"), ["Take back comment 1", "Take all of it back"]);
    ada.submit("/demo/ticket/1", &[("act", "undo"), ("number", "1")]).expect(303);
    let of = |id: i64| (ticket(&ada, id)["priority"].clone(), ticket(&ada, id)["comments"].as_array().unwrap().len());
    assert_eq!((of(1), of(2), of(3)), ((json!("major"), 2), (json!("minor"), 2), (json!("major"), 2)));
    let timeline = ada.get("/demo/timeline?ticket_details=on").expect(200).all(".event-body > p:first-child");
    assert_eq!(timeline[0], "#3 Three, #1 One changed back: priority by ada");
    assert_eq!(timeline[1], "3 tickets: 2 changed: priority, 1 commented by ada");
    let only_said = json!({ "ticket": "1,3", "comment": "Really" });
    ada.post_json(BATCH, &only_said).expect(200);
    ada.post_json(BATCH, &json!({ "act": "undo", "ticket": 1, "number": 3 })).expect(409);
    clean(&test);
}

#[test]
fn many_tickets_are_watched_in_one_act_and_no_longer() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let kim = test.user("kim").member().can("TICKET_BATCH_MODIFY");
    let ids = [file(&ada, "One"), file(&ada, "Two")];
    ada.post_json("/demo/ticket/2", &json!({ "cc": "sam" })).expect(201);
    let cc = |id: i64| ticket(&ada, id)["cc"].clone();

    // It is the first that the project hears of kim, and she may change nothing of the list but her own place.
    kim.submit(&format!("{BATCH}?order=id"), &[("watch", "1"), ("submit", "1"), ("ticket", "1"), ("ticket", "2")])
        .expect(303);
    assert_eq!((cc(ids[0]), cc(ids[1])), (json!(["kim"]), json!(["sam", "kim"])));
    let again = json!({ "ticket": "1,2", "watch": "1" });
    assert_eq!(kim.post_json(BATCH, &again).expect(200).json()["changed"], 0, "who watches already stays");
    let with_others = json!({ "ticket": "1", "watch": "0", "field_cc": "lee", "mode_cc": "+" });
    kim.post_json(BATCH, &with_others).expect(422);
    ada.post_json(BATCH, &json!({ "ticket": "2", "watch": "1", "field_cc": "sam", "mode_cc": "-" })).expect(200);
    assert_eq!(cc(2), json!(["kim", "ada"]));
    kim.post_json(BATCH, &json!({ "ticket": "1,2", "watch": "0" })).expect(200);
    assert_eq!((cc(ids[0]), cc(ids[1])), (json!([]), json!(["ada"])));
    kim.post_json(BATCH, &json!({ "ticket": "1", "watch": "yes" })).expect(422);
    clean(&test);
}

#[test]
fn commands_change_many_and_take_back() {
    let test = TestSite::new();
    test.admin("ada");
    for summary in ["One", "Two"] {
        test.command(&["--as", "ada", "ticket", "new", "demo", "--summary", summary]).expect(0);
    }
    let many = ["--as", "ada", "ticket", "batch", "demo", "status!=closed", "--set", "keywords+=red"];
    assert_eq!(test.command(&many).expect(0).stdout, "1\n2\n");
    assert!(test.command(&["query", "demo", "keywords~=red&col=id"]).expect(0).stdout.contains('2'));
    assert_eq!(test.command(&["--as", "ada", "ticket", "undo", "demo", "2"]).expect(0).stdout, "2\n");
    let preview =
        test.command(&["ticket", "batch", "demo", "id=1,2", "--set", "priority=none-such", "--preview"]).expect(0);
    assert!(preview.stdout.contains("0 of 2 tickets would change"), "{}", preview.stdout);
    test.command(&["ticket", "remove", "demo", "1"]).expect(0);
    assert!(test.command(&["ticket", "trash", "demo"]).expect(0).stdout.contains("One"));
    test.command(&["ticket", "restore", "demo", "1"]).expect(0);
    test.command(&["ticket", "remove", "demo", "99"]).expect(1);
}
