//! Class 12, doors that stay open: once a right is taken away, nothing that was had by it is to be seen at any door, by the
//! session, a token or a feed that somebody still has. Streams that are open end at once: `live.rs`.

use serde_json::json;
use trackway::auth::{path_rules, permissions};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::queue::{self, Doors};

use super::nothing_in;
use crate::enumerator::house::{Hides, House};
use crate::enumerator::rules::RULES;
use crate::support::{Person, TestSite};

/// What only those read who are let in.
const SECRETS: &[&str] = &[
    "secret plan", "secret matter", "secret remark", "secret note", "secret suggestion", "in secret", "private matter",
    "private remark", "private note", "in private", "better remark", "Another remark", "hush",
];

/// All that can be asked for, and the feeds by token.
fn doors(feed_token: &str) -> Vec<String> {
    let mut doors: Vec<String> = RULES
        .iter()
        .filter(|rule| rule.is_get() && !rule.route.contains("/live"))
        .flat_map(|rule| rule.doors)
        .map(|door| door.address.to_owned())
        .collect();
    for feed in [
        "query?id=1-9&format=atom", "timeline?format=atom", "roadmap?format=ics", "watched?format=atom",
        "report/1?format=atom", "query?id=1-9&format=ics",
    ] {
        doors.push(format!("/demo/{feed}&token={feed_token}"));
    }
    for more in [
        "/demo/query?id=1-9&col=summary&col=component&format=csv",
        "/demo/query?group=component&id=1-9",
        "/demo/query?summary=~matter",
        "/demo/query/suggest?q=component:",
        "/demo/query/suggest?q=owner:",
        "/demo/people/suggest?q=a",
        "/-/search?q=words",
        "/demo/search?q=words",
        "/demo/search?q=words&format=json",
        "/demo/search/suggest?q=sec",
        "/-/search/suggest?q=pri",
        "/demo/watched",
        "/demo/bookmarks",
        "/demo/reminders",
        "/demo/home",
        "/-/home",
        "/demo/calendar?month=2999-12",
        "/demo/report",
        "/demo/wiki?action=index&format=json",
        "/demo/tags",
        "/demo/discussions",
        "/demo/suggestions",
    ] {
        doors.push(more.to_owned());
    }
    doors
}

/// The doors at which somebody reads something of what is kept for few; what was asked for does not count.
fn found(person: &Person<'_>, doors: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for door in doors {
        let answer = person.get(door);
        let text = answer.text();
        let asked_for = |word: &str| door.replace("%22", "").replace('+', " ").contains(word);
        if let Some(word) = SECRETS.iter().find(|word| text.contains(**word) && !asked_for(word)) {
            found.push(format!("{door} ({}): {word:?}", answer.status));
        }
    }
    found
}

/// Somebody who is let in, and has put what they see wherever one can keep it.
fn settled(house: &House) -> (String, String) {
    let insider = house.person("insider");
    for ticket in [1, 2, 3] {
        insider.post_json(&format!("/demo/ticket/{ticket}/bookmark"), &json!({ "on": "1" })).expect(200);
        insider.post_json(&format!("/demo/ticket/{ticket}/reminder"), &json!({ "due": "2999-12-24" })).expect(201);
        insider.post_signed(&format!("/demo/ticket/{ticket}/watch"), &[("watch", "1")]).expect(303);
    }
    insider.post_json("/demo/watched", &json!({ "watch": "all" })).expect(200);
    insider.post_json("/demo/watched", &json!({ "watch": "tree", "page_name": "Secret/Plan" })).expect(200);
    let feed = insider.post_json("/-/account/tokens", &json!({ "label": "reader" })).expect(201).json();
    let token = house.test.command(&["token", "create", "insider", "--label", "robot", "--scope", "write"]).expect(0);
    house.test.catch_up();
    (feed["token"].as_str().unwrap().to_owned(), token.stdout.trim().to_owned())
}

fn with_token<'t>(test: &'t TestSite, token: &str) -> Person<'t> {
    test.anonymous().with_header("Authorization", &format!("Bearer {token}"))
}

#[test]
fn who_is_no_longer_a_member_finds_nothing_at_any_door() {
    let house = House::with_code(Hides::Everything);
    let (feed, token) = settled(&house);
    let doors = doors(&feed);
    let insider = house.person("insider");
    let before = found(&insider, &doors);
    assert!(before.len() > 60, "only {} doors show anything: {before:#?}", before.len());
    assert!(before.iter().any(|door| door.contains("token=")), "the feeds show nothing");

    house.test.revoke("insider", &["members", "TICKET_NOTES"]);

    nothing_in(&found(&insider, &doors));
    nothing_in(&found(&with_token(&house.test, &token), &doors));
    // They are answered as somebody who never was there.
    let mut complaints = Vec::new();
    for door in RULES.iter().filter(|rule| rule.is_get() && !rule.route.contains("/live")).flat_map(|rule| rule.doors) {
        let (status, declared) = (insider.get(door.address).status, door.answers[1]);
        if status != declared {
            complaints.push(format!("{} answers {status} in place of {declared}", door.address));
        }
    }
    nothing_in(&complaints);
    for fields in [json!({ "comment": "Still here" }), json!({ "summary": "Still here" })] {
        for address in ["/demo/ticket/1", "/demo/ticket/3", "/demo/newticket", "/demo/wiki/Plan?action=discussion"] {
            insider.post_json(address, &fields).expect(404);
            with_token(&house.test, &token).post_json(address, &fields).expect(404);
        }
    }
}

#[test]
fn who_is_shut_out_of_a_part_finds_nothing_of_it_at_any_door() {
    let house = House::with_code(Hides::Everything);
    let (feed, token) = settled(&house);
    let doors = doors(&feed);
    let (test, insider) = (&house.test, house.person("insider"));
    assert!(found(&insider, &doors).len() > 60);

    let (demo, operator) = (test.demo(), test.operator());
    let by = Act::new(&operator, Via::Command);
    let admin = permissions::subject(&test.site, &demo, "admin").unwrap();
    path_rules::restrict(&demo, by, "secret", &[admin]).unwrap();
    let secret = demo.read(|db| queue::find(db, &operator, "Secret")).unwrap().id;
    let closed = queue::Wish { doors: Some(Doors::ClosedTo("admin")), ..queue::Wish::default() };
    queue::change(&test.site, &demo, by, secret, &closed).unwrap();
    for ticket in ["2", "3"] {
        let set = ["cc=", "owner=admin", "reporter=admin"].map(|set| ["--set", set]).concat();
        test.command(&[&["ticket", "change", "demo", ticket], &set[..]].concat()).expect(0);
    }
    test.revoke("insider", &["TICKET_NOTES"]);
    test.catch_up();

    nothing_in(&found(&insider, &doors));
    nothing_in(&found(&with_token(test, &token), &doors));
}
