//! Tickets by command: filing, showing, changing, and what is refused.

use std::fs;

use serde_json::{Value, json};

use crate::support::TestSite;
use crate::support::command::Output;

#[track_caller]
fn refused(output: Output, status: i32, words: &[&str]) {
    let output = output.expect(status);
    let said = &output.stderr;
    assert!(said.starts_with("trackway: ") && said.lines().count() == 1, "{}:\n{said}", output.asked);
    for word in words {
        assert!(said.contains(word), "{} says nothing of {word}:\n{said}", output.asked);
    }
    assert_eq!(output.stdout, "", "{}", output.asked);
}

#[track_caller]
fn filed(test: &TestSite, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["ticket", "new", "demo"].iter().chain(arguments).copied().collect();
    test.command(&arguments).expect(0).stdout.trim_end().to_owned()
}

#[track_caller]
fn shown(test: &TestSite, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> =
        ["ticket", "show", "demo", "--format", "json"].iter().chain(arguments).copied().collect();
    let output = test.command(&arguments).expect(0);
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn a_ticket_is_filed_and_shown_with_all_its_fields() {
    let test = TestSite::new();
    test.user("kim").member();
    test.user("lee").member();
    let first = filed(&test, &["--summary", "Doors open too late", "--as", "kim"]);
    let second = test
        .command_with_input(
            &[
                "ticket", "new", "demo", "--summary", "Windows", "--description", "-", "--set", "priority=minor",
                "--set", "type=task", "--set", "owner=lee", "--set", "cc=kim, robin@example.org", "--set",
                "keywords=glass north", "--as", "lee",
            ],
            "They do not\r\nopen, see #1.\n",
        )
        .expect(0);
    assert_eq!((first.as_str(), second.stdout.as_str()), ("1", "2\n"));

    let ticket = shown(&test, &["2"]);
    let time = ticket["time"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.len() == "2026-09-21T14:13:20.000000Z".len(), "{time}");
    let expected = json!({
        "id": 2, "url": "http://127.0.0.1:8000/demo/ticket/2", "summary": "Windows", "reporter": "lee", "owner": "lee",
        "description": "They do not\nopen, see #1.\n", "type": "task", "status": "new", "priority": "minor",
        "milestone": null, "component": null, "version": null, "severity": null, "resolution": null,
        "keywords": ["glass", "north"], "cc": ["kim", "robin@example.org"], "time": time, "changetime": time,
        "custom": {}, "comments": [],
    });
    // What has no value is there as well, by the names of later fields.
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&ticket[name], value, "{name}");
    }
    assert_eq!((&ticket["due"], &ticket["depends_on"], &ticket["private"]), (&json!(null), &json!([]), &json!(false)));

    let text = test.command(&["ticket", "show", "demo", "2"]).expect(0).stdout;
    for words in
        ["#2 Windows\n", "Reporter:   lee\n", "Priority:   minor\n", "Keywords:   glass north\n", "\nThey do not\n"]
    {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn a_ticket_is_taken_resolved_and_reopened() {
    let test = TestSite::new();
    test.user("kim").member();
    filed(&test, &["--summary", "Doors open too late"]);
    let change = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["ticket", "change", "demo", "1"].iter().chain(arguments).copied().collect();
        test.command(&arguments).expect(0).stdout
    };
    assert_eq!(change(&["--action", "accept", "--as", "kim"]), "1\n");
    assert_eq!(change(&["--set", "priority=minor", "--set", "keywords=doors", "--comment", "Seen."]), "2\n");
    assert_eq!(change(&["--action", "reassign", "--owner", "lee"]), "3\n");
    assert_eq!(change(&["--action", "resolve", "--resolution", "wontfix", "--comment", "-"]), "4\n");
    assert_eq!(change(&["--action", "reopen"]), "5\n");

    let ticket = shown(&test, &["1"]);
    assert_eq!(ticket["status"], "reopened");
    assert_eq!(ticket["owner"], "lee");
    assert_eq!(ticket["resolution"], Value::Null);
    let comments = ticket["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 5);
    assert_eq!(comments[0]["author"], "kim");
    assert_eq!(
        comments[0]["changes"],
        json!([{ "field": "owner", "old": null, "new": "kim" }, { "field": "status", "old": "new", "new": "accepted" }])
    );
    assert_eq!((&comments[1]["number"], &comments[1]["text"]), (&json!(2), &json!("Seen.")));
    assert_eq!(
        comments[1]["changes"],
        json!([
            { "field": "priority", "old": "major", "new": "minor" },
            { "field": "keywords", "old": [], "new": ["doors"] },
        ])
    );
    assert_eq!(comments[3]["text"], Value::Null);

    let then = shown(&test, &["1", "--version", "4"]);
    assert_eq!((&then["status"], &then["resolution"]), (&json!("closed"), &json!("wontfix")));
    assert_eq!(then["comments"].as_array().unwrap().len(), 4);
    assert_eq!(then["changetime"], comments[3]["time"]);
    assert_eq!(shown(&test, &["1", "--version", "0"])["status"], "new");
    let text = test.command(&["ticket", "show", "demo", "1", "--version", "2"]).expect(0).stdout;
    assert!(text.contains("Comment 2, Operator, ") && text.contains("  Priority: major → minor\n"), "{text}");
    assert!(text.contains("\n  Seen.\n") && !text.contains("Comment 3"), "{text}");
}

#[test]
fn a_change_that_changes_nothing_prints_nothing_and_takes_no_number() {
    let test = TestSite::new();
    filed(&test, &["--summary", "Doors"]);
    let same = test.command(&["ticket", "change", "demo", "1", "--set", "priority=major"]).expect(0);
    assert_eq!((same.stdout.as_str(), same.stderr.as_str()), ("", ""));
    assert_eq!(test.command(&["ticket", "comment", "demo", "1", "First"]).expect(0).stdout, "1\n");
    let piped = test.command_with_input(&["ticket", "comment", "demo", "1", "-"], "- a list\n").expect(0);
    assert_eq!(piped.stdout, "2\n");
    assert_eq!(test.command(&["ticket", "comment", "demo", "1", "- also one"]).expect(0).stdout, "3\n");
    assert_eq!(shown(&test, &["1"])["comments"][1]["text"], "- a list\n");
}

#[test]
fn tickets_are_listed_like_a_query_and_those_not_closed_without_one() {
    let test = TestSite::new();
    for (summary, priority) in
        [("Doors", "priority=minor"), ("Windows", "priority=blocker"), ("Roof", "priority=major")]
    {
        filed(&test, &["--summary", summary, "--set", priority]);
    }
    test.command(&["ticket", "change", "demo", "3", "--action", "resolve"]).expect(0);
    let ids = |query: &[&str]| {
        let arguments: Vec<&str> =
            ["ticket", "list", "demo"].iter().chain(query).chain(&["--format", "ids"]).copied().collect();
        test.command(&arguments).expect(0).stdout
    };
    assert_eq!(ids(&[]), "2\n1\n");
    assert_eq!(ids(&["status=closed"]), "3\n");
    assert_eq!(ids(&["?order=id&desc=1"]), "3\n2\n1\n");
    let query = |arguments: &[&str]| test.command(arguments).expect(0).stdout;
    let listed = query(&["ticket", "list", "demo", "priority=blocker", "--format", "json"]);
    assert_eq!(listed, query(&["query", "demo", "priority=blocker", "--format", "json"]));
    refused(test.command(&["ticket", "list", "demo", "colour=red"]), 1, &["colour"]);
}

#[test]
fn files_are_attached_to_a_new_ticket_or_there_is_no_ticket() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("note.txt"), "A note.").unwrap();
    fs::write(path("empty.txt"), "").unwrap();
    let note = path("note.txt");
    for missing in [path("nowhere.txt"), path("empty.txt"), folder.path().to_str().unwrap().to_owned()] {
        let arguments = ["ticket", "new", "demo", "--summary", "Doors", "--attach", &note, "--attach", &missing];
        refused(test.command(&arguments), 1, &["--attach", &missing]);
    }
    assert_eq!(filed(&test, &["--summary", "Doors", "--attach", &note]), "1");
    let files = test.admin("root").get("/demo/attachment/ticket/1/").expect(200);
    assert!(files.words().contains("note.txt"), "{}", files.words());
}

#[test]
fn what_is_wrong_is_said_in_one_line_and_nothing_is_changed() {
    let test = TestSite::new();
    test.user("kim").member();
    filed(&test, &["--summary", "Doors"]);
    let events = test.event_count();
    for (arguments, words) in [
        (&["new", "demo", "--summary", " "][..], &["--summary"][..]),
        (&["new", "demo", "--summary", "S", "--set", "colour=red"], &["--set colour", "priority", "milestone"]),
        (&["new", "demo", "--summary", "S", "--set", "priority=urgent"], &["--set priority", "urgent", "blocker"]),
        (&["new", "demo", "--summary", "S", "--set", "status=closed"], &["--set status", "workflow"]),
        (
            &["new", "demo", "--summary", "S", "--set", "type=x", "--set", "milestone=y"],
            &["--set type", "--set milestone"],
        ),
        (&["new", "other", "--summary", "S"], &["other"]),
        (&["show", "demo", "7"], &["7"]),
        (&["show", "demo", "0"], &["0"]),
        (&["show", "demo", "99999999999"], &["99999999999"]),
        (&["show", "demo", "1", "--version", "3"], &["3", "0"]),
        (&["show", "demo", "1", "--format", "csv"], &["--format"]),
        (&["change", "demo", "7", "--comment", "x"], &["7"]),
        (&["change", "demo", "1", "--action", "fly"], &["--action", "fly"]),
        (&["change", "demo", "1", "--action", "reopen"], &["--action", "reopen", "new"]),
        (&["change", "demo", "1", "--action", "resolve", "--resolution", "eaten"], &["--resolution", "eaten"]),
        (&["change", "demo", "1", "--action", "resolve", "--owner", "kim"], &["--owner", "resolve"]),
        (&["comment", "demo", "1", "  "], &["TEXT"]),
        (&["comment", "demo", "7", "x"], &["7"]),
        (&["change", "demo", "1", "--set", "reporter=lee", "--as", "kim"], &["TICKET_ADMIN", "kim"]),
        (&["comment", "demo", "1", "x", "--as", "anonymous"], &["demo"]),
    ] {
        let arguments: Vec<&str> = ["ticket"].iter().chain(arguments).copied().collect();
        refused(test.command(&arguments), 1, words);
    }
    for (arguments, words) in [
        (&["new", "demo"][..], &["--summary"][..]),
        (&["new", "demo", "--summary", "S", "--set", "priority"], &["--set", "FIELD=VALUE"]),
        (&["change", "demo", "1"], &["--set"]),
        (&["change", "demo", "1", "--owner", "kim"], &["--action"]),
        (&["show", "demo", "one"], &["one"]),
        (&["comment", "demo", "1"], &["TEXT"]),
    ] {
        let arguments: Vec<&str> = ["ticket"].iter().chain(arguments).copied().collect();
        refused(test.command(&arguments), 2, words);
    }
    assert_eq!(test.event_count(), events);
}

#[test]
fn whoever_may_not_see_tickets_is_told_that_there_is_none() {
    let test = TestSite::new();
    filed(&test, &["--summary", "Doors"]);
    test.user("kim").member();
    test.revoke("members", &["TICKET_VIEW"]);
    let hidden = test.command(&["ticket", "show", "demo", "1", "--as", "kim"]).expect(1).stderr;
    let missing = test.command(&["ticket", "show", "demo", "2", "--as", "kim"]).expect(1).stderr;
    assert_eq!(hidden.replace('1', "2"), missing);
    let hidden = test.command(&["ticket", "comment", "demo", "1", "x", "--as", "kim"]).expect(1).stderr;
    let missing = test.command(&["ticket", "comment", "demo", "2", "x", "--as", "kim"]).expect(1).stderr;
    assert_eq!(hidden.replace('1', "2"), missing);
}
