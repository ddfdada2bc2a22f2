//! Class 30, what stays behind when something open is closed: a project, a page, a ticket or a component that everybody read is
//! read by few from the next request on, also by those who kept something of it: a watch, a bookmark, a feed, a page in a cache.

use serde_json::json;

use super::nothing_in;
use crate::enumerator::rules::RULES;
use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

/// Stands in everything that is open first.
const WORD: &str = "quokka";

/// A project that everybody reads, in which sam keeps whatever one can keep.
fn open_house() -> (TestSite, String) {
    let test = TestSite::public();
    let ada = test.admin("ada");
    ada.save_page("Plan", &format!("{WORD} one. See #1 and milestone:M1."));
    ada.save_page("Plan", &format!("{WORD} two. See #1 and milestone:M1."));
    ada.save_page("WikiStart", &format!("{WORD}: [[TitleIndex]] [[RecentChanges]] [[TicketQuery(id=1-9)]]"));
    ada.attach("/demo/attachment/wiki/Plan/", "note.txt", format!("{WORD} one in a file").as_bytes()).expect(303);
    ada.post_json("/demo/wiki/Plan?action=discussion", &json!({ "comment": format!("{WORD} said") })).expect(201);
    ada.submit("/demo/milestone?action=new", &[("name", "M1"), ("description", WORD), ("duedate", "2999-12-24")])
        .expect(303);
    test.command(&["component", "create", "demo", "Doors"]).expect(0);
    let filed = json!({ "summary": format!("{WORD} opens"), "milestone": "M1", "component": "Doors" });
    ada.post_json("/demo/newticket", &filed).expect(201);
    ada.post_json("/demo/ticket/1", &json!({ "comment": format!("{WORD} told"), "time": "1h" })).expect(201);
    ada.attach("/demo/attachment/ticket/1/", "note.txt", format!("{WORD} told in a file").as_bytes()).expect(303);
    ada.post_json("/demo/report", &json!({ "title": format!("{WORD} list"), "query": "?id=1-9" })).expect(201);
    let sam = test.user("sam");
    sam.post_json("/demo/watched", &json!({ "watch": "all" })).expect(200);
    sam.post_json("/demo/ticket/1/bookmark", &json!({ "on": "1" }));
    sam.post_json("/demo/ticket/1/reminder", &json!({ "due": "2999-12-24" }));
    ada.save_page("Plan", &format!("{WORD} three. See #1 and milestone:M1."));
    let feed = sam.post_json("/-/account/tokens", &json!({ "label": "reader" })).expect(201).json();
    test.catch_up();
    (test, feed["token"].as_str().unwrap().to_owned())
}

fn doors(feed: &str) -> Vec<String> {
    let gets = RULES.iter().filter(|rule| rule.is_get() && !rule.route.contains("/live"));
    let mut doors: Vec<String> = gets.flat_map(|rule| rule.doors).map(|door| door.address.to_owned()).collect();
    for more in [
        "/demo/search?q=quokka",
        "/demo/search?q=quokka&format=json",
        "/-/search?q=quokka&format=json",
        "/demo/search/suggest?q=quo",
        "/-/search/suggest?q=quo",
        "/demo/query?id=1-9&col=summary&format=csv",
        "/demo/query?summary=~quokk&format=json",
        "/demo/query?id=1-9&at=now&col=summary&format=csv",
        "/demo/raw-attachment/ticket/1/note.txt",
        "/demo/raw-attachment/wiki/Plan/note.txt",
        "/demo/attachment/wiki/Plan/note.txt",
        "/demo/wiki/Plan?version=1&format=txt",
        "/demo/bookmarks",
        "/demo/wiki/Plan?action=annotate",
        "/demo/calendar?month=2999-12",
        "/demo/report/1?format=csv",
        "/demo/chart",
    ] {
        doors.push(more.to_owned());
    }
    for feed_of in [
        "timeline?format=atom",
        "query?id=1-9&format=atom",
        "watched?format=atom",
        "roadmap?format=ics",
        "wiki?format=atom",
        "wiki/Plan?action=history&format=atom",
        "report/1?format=atom",
    ] {
        doors.push(format!("/demo/{feed_of}&token={feed}"));
    }
    doors
}

fn says(answer: &Answer) -> bool {
    let text = answer
        .text()
        .replace("q=quokka", "")
        .replace("q%3Dquokka", "")
        .replace("value=\"quokka\"", "")
        .replace("“quokka”", "");
    text.replace("\"query\":\"quokka\"", "").contains(WORD)
}

/// The doors at which somebody finds something that is about one of these.
fn found(person: &Person<'_>, doors: &[String]) -> Vec<String> {
    doors.iter().filter(|door| says(&person.get(door))).cloned().collect()
}

/// A request as a browser, or whatever stands between, sends it that has kept the former answer.
fn again(person: &Person<'_>, kept: &Answer, door: &str) -> Answer {
    let mut person = person.clone();
    for (header, condition) in [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")] {
        if let Some(value) = kept.header(header) {
            person = person.with_header(condition, value);
        }
    }
    person.get(door)
}

#[test]
fn a_project_that_is_closed_leaves_nothing_open() {
    let (test, feed) = open_house();
    let doors = doors(&feed);
    let (nobody, sam) = (test.anonymous(), test.signed_in("sam"));
    for person in [&nobody, &sam] {
        let found = found(person, &doors);
        assert!(found.len() > 40, "{} finds it at {} doors only", person.login, found.len());
    }
    let kept: Vec<(String, Answer, Answer)> =
        doors.iter().map(|door| (door.clone(), nobody.get(door), sam.get(door))).collect();
    let mut complaints = Vec::new();
    for (door, answer, _) in &kept {
        // Nobody between here and there may keep it, so that there is nothing to be called back.
        let cache = answer.header("Cache-Control").unwrap_or_default();
        if door.starts_with("/demo") && !cache.contains("private") && !cache.contains("no-store") {
            complaints.push(format!("{door} may be kept by others: {cache:?}"));
        }
    }
    nothing_in(&complaints);

    for who in ["anonymous", "authenticated"] {
        let rights = test.command(&["permission", "list", "demo", "--format", "csv"]).expect(0).stdout;
        let of = format!("{who},");
        let rights: Vec<&str> = rights
            .lines()
            .filter_map(|line| line.strip_prefix(&of))
            .map(|rest| rest.split(',').next().unwrap())
            .collect();
        assert!(!rights.is_empty(), "{who} has no rights");
        test.revoke(who, &rights);
    }

    for (door, of_nobody, of_sam) in &kept {
        for (person, kept) in [(&nobody, of_nobody), (&sam, of_sam)] {
            let answer = again(person, kept, door);
            if says(&answer) {
                complaints.push(format!("{} still shows it", answer.asked));
            }
            if says(kept) && answer.status == 304 {
                complaints.push(format!("{} says that what is kept is still good", answer.asked));
            }
        }
    }
    nothing_in(&complaints);
    for person in [&nobody, &sam] {
        let listed = person.get("/-/projects?format=json").expect(200).text();
        assert!(!listed.contains("demo"), "{listed}");
        assert_eq!(
            person.get("/demo/wiki/Plan").expect(404).words(),
            person.get("/nowhere/wiki/Plan").expect(404).words()
        );
    }
    let out = test.data().parent().unwrap().join("published");
    test.command(&["export", "--static", "demo", out.to_str().unwrap(), "--as", "anonymous"]).expect(1);
    assert!(!out.exists(), "nothing is published for those who see nothing");
}

#[test]
fn parts_that_are_closed_leave_nothing_open() {
    for (closing, of_ticket) in [
        (&["permission", "restrict", "demo", "Plan", "ada"][..], false),
        (&["ticket", "change", "demo", "1", "--set", "private=1"], true),
        (&["component", "change", "demo", "Doors", "--closed-to", "ada"], true),
    ] {
        let (test, feed) = open_house();
        let doors = doors(&feed);
        let (nobody, sam) = (test.anonymous(), test.signed_in("sam"));
        let words: &[&str] = if of_ticket {
            &["quokka opens", "quokka told"]
        } else {
            &["quokka one", "quokka two", "quokka three", "quokka said"]
        };
        let tell = |answer: &Answer| words.iter().any(|word| answer.text().contains(word));
        let kept: Vec<(&String, Answer)> =
            doors.iter().map(|door| (door, sam.get(door))).filter(|(_, a)| tell(a)).collect();
        assert!(kept.len() > 10, "{closing:?}: only {} doors show it", kept.len());

        test.command(closing).expect(0);
        test.catch_up();

        let mut complaints = Vec::new();
        for (door, kept) in kept {
            for person in [&nobody, &sam] {
                let answer = again(person, &kept, door);
                if tell(&answer) {
                    complaints.push(format!("{} still shows it after {closing:?}", answer.asked));
                }
                if answer.status == 304 {
                    complaints.push(format!("{} says that what is kept is still good", answer.asked));
                }
            }
        }
        nothing_in(&complaints);
    }
}

#[test]
fn milestones_that_are_closed_leave_nothing_open() {
    let (test, feed) = open_house();
    let ada = test.signed_in("ada");
    // Its own word: what tickets say of it by its name is theirs to say.
    let page = "/demo/milestone/M1?action=edit";
    ada.submit(page, &[("name", "M1"), ("description", "wombat"), ("duedate", "2999-12-24")]).expect(303);
    test.catch_up();
    let mut doors = doors(&feed);
    doors.extend(
        ["/demo/milestone/M1", "/demo/milestone/M1?format=json", "/demo/search?q=wombat&format=json"]
            .map(str::to_owned),
    );
    let (nobody, sam) = (test.anonymous(), test.signed_in("sam"));
    let tell =
        |answer: &Answer| answer.text().replace("q=wombat", "").replace("\"query\":\"wombat\"", "").contains("wombat");
    let kept: Vec<(&String, Answer)> =
        doors.iter().map(|door| (door, sam.get(door))).filter(|(_, answer)| tell(answer)).collect();
    assert!(kept.len() > 4, "only {} doors show it", kept.len());
    test.command(&["permission", "deny", "demo", "anonymous", "MILESTONE_VIEW"]).expect(0);
    let mut complaints = Vec::new();
    for (door, kept) in kept {
        for person in [&nobody, &sam] {
            let answer = again(person, &kept, door);
            if tell(&answer) || answer.status == 304 {
                complaints.push(format!("{} still shows it", answer.asked));
            }
        }
    }
    nothing_in(&complaints);
}
