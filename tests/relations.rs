//! How tickets hang together: both ends, circles by name, what is hidden, closing with open dependencies, waiting in lists.

use serde_json::{Value as Json, json};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::edit::{self, Outcome};
use trackway::ticket::plan::{ActionRequest, Request};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

/// Tickets with these summaries, numbered from 1.
fn file(person: &Person<'_>, summaries: &[&str]) {
    for summary in summaries {
        person.post_json("/demo/newticket", &json!({ "summary": summary })).expect(201);
    }
}

fn relate(person: &Person<'_>, ticket: i64, relation: &str, other: &str) -> Answer {
    person.post_signed(&format!("/demo/ticket/{ticket}/relation"), &[("relation", relation), ("ticket", other)])
}

fn data(person: &Person<'_>, ticket: i64) -> Json {
    person.get(&format!("/demo/ticket/{ticket}?format=json&merged=show")).expect(200).json()
}

/// The groups of the box with what stands in each.
fn related(page: &Answer) -> Vec<String> {
    let groups: Vec<String> = page.all(".relations .mentions > div");
    groups.iter().map(|group| group.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The ticket as the program itself knows it.
fn whole(test: &TestSite, ticket: i64) -> Json {
    let shown = test.command(&["ticket", "show", "demo", &ticket.to_string(), "--format", "json"]).expect(0);
    serde_json::from_str(&shown.stdout).unwrap()
}

fn close(person: &Person<'_>, ticket: i64, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("action", "resolve"), ("submit", "1")];
    all.extend_from_slice(fields);
    person.submit(&format!("/demo/ticket/{ticket}"), &all)
}

fn findings(test: &TestSite) -> Vec<String> {
    let mut findings = Vec::new();
    for component in test.site.components().iter() {
        component.check(&test.demo(), &mut findings).unwrap();
    }
    findings
}

/// Hides a ticket as a closed component would.
fn hide(test: &TestSite, ticket: i64) {
    let hide = format!(
        "insert into acl (kind, path) select 'path', 'secret' where not exists (select 1 from acl where path = 'secret');
         update ticket set acl = (select id from acl where path = 'secret') where id = {ticket};
         {}",
        crate::support::count_tickets()
    );
    test.demo().db().write(|db| Ok(db.execute_batch(&hide)?)).unwrap();
}

#[test]
fn a_relation_shows_at_both_ends_and_can_be_taken_away_at_either() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Frame", "Door", "House"]);
    assert_eq!(related(&kim.get("/demo/ticket/1")), [""; 0]);
    assert_eq!(relate(&kim, 2, "depends_on", "#1").expect(303).location(), "/demo/ticket/2#relations");
    relate(&kim, 1, "parent", "3").expect(303);
    relate(&kim, 3, "children", "2").expect(303);
    relate(&kim, 1, "referred_to_by", "2, 3").expect(303);
    let door = kim.get("/demo/ticket/2");
    assert_eq!(
        related(&door),
        [
            "Depends on #1 Frame new remove: Depends on #1",
            "Parent #3 House new remove: Parent #3",
            "Refers to #1 Frame new remove: Refers to #1"
        ]
    );
    assert_eq!(door.all(".ticket-state .waiting-for"), ["waiting for #1"]);
    let house = kim.get("/demo/ticket/3");
    assert!(
        related(&house)[0].starts_with("Children #1 Frame new remove: Children #1 #2 Door"),
        "{:?}",
        related(&house)
    );
    assert!(house.words().contains("0 of 2 closed"));
    let frame = data(&kim, 1);
    assert_eq!(frame["blocks"], json!([2]));
    assert_eq!(frame["parent"], json!([3]));
    assert_eq!(frame["referred_to_by"], json!([2, 3]));
    // The other end tells of it in its conversation, without a change of its own.
    let words = kim.get("/demo/ticket/1").words();
    assert!(words.contains("made #2 Door depend on this"), "{words}");
    assert_eq!(frame["comments"].as_array().unwrap().len(), 1, "only the parent is its own change");
    let remove = [("relation", "blocks"), ("ticket", "2"), ("remove", "1")];
    kim.post_signed("/demo/ticket/1/relation", &remove).expect(303);
    assert_eq!(data(&kim, 2)["depends_on"], json!([]));
    let timeline = kim.get("/demo/timeline?ticket_details=on").words();
    assert!(
        timeline.contains("made #2 depend on this") && timeline.contains("let #2 no longer depend on this"),
        "{timeline}"
    );
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn circles_are_refused_by_name_and_so_is_what_makes_no_sense() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["One", "Two", "Three", "Four"]);
    relate(&kim, 1, "depends_on", "2").expect(303);
    relate(&kim, 2, "depends_on", "3").expect(303);
    relate(&kim, 1, "parent", "2").expect(303);
    let told = |answer: Answer| answer.expect(422).problems();
    let at = |field: &str, message: &str| vec![(field.to_owned(), message.to_owned())];
    assert_eq!(
        told(relate(&kim, 3, "depends_on", "1")),
        at("ticket", "That would lead round in a circle: #3 depends on #1, which depends on #2, which depends on #3.")
    );
    assert_eq!(
        told(relate(&kim, 1, "children", "2")),
        at("ticket", "That would lead round in a circle: #2 is a child of #1, which is a child of #2.")
    );
    assert_eq!(told(relate(&kim, 1, "depends_on", "1")), at("ticket", "A ticket can't depend on itself."));
    assert_eq!(told(relate(&kim, 1, "depends_on", "99")), at("ticket", "There is no ticket #99."));
    assert_eq!(told(relate(&kim, 1, "depends_on", "x")), at("ticket", "“x” is no number of a ticket."));
    assert_eq!(told(relate(&kim, 1, "depends_on", " ")), at("ticket", "The number of the other ticket is missing."));
    assert_eq!(told(relate(&kim, 1, "parent", "3, 4")), at("ticket", "Parent is one ticket, not #3, #4."));
    assert!(told(relate(&kim, 1, "cousin", "2"))[0].1.contains("depends_on, blocks"));
    // What was typed stands in the form again.
    let again = relate(&kim, 3, "depends_on", "1");
    assert_eq!(again.attributes("#field-ticket", "value"), ["1"]);
    // One parent takes the place of another; nothing twice is nothing.
    relate(&kim, 1, "parent", "3").expect(303);
    assert_eq!(data(&kim, 1)["parent"], json!([3]));
    let changes = data(&kim, 1)["comments"].as_array().unwrap().len();
    relate(&kim, 1, "depends_on", "2").expect(303);
    assert_eq!(data(&kim, 1)["comments"].as_array().unwrap().len(), changes);
    // The form of the whole ticket goes by the same rules.
    let refused = kim.post_json("/demo/ticket/3", &json!({ "depends_on": [1] })).expect(422).json();
    assert_eq!(refused["problems"][0]["field"], "field_depends_on");
    let reader = test.user("lee").member();
    test.revoke("members", &["TICKET_MODIFY"]);
    relate(&reader, 1, "refers_to", "2").expect(403);
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn what_is_hidden_is_betrayed_at_neither_end() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Seen", "The secret matter", "Also seen"]);
    relate(&kim, 2, "depends_on", "1").expect(303);
    relate(&kim, 3, "depends_on", "2").expect(303);
    relate(&kim, 2, "parent", "1").expect(303);
    hide(&test, 2);
    let seen = kim.get("/demo/ticket/1");
    assert!(!seen.text().contains("secret matter"), "{}", seen.words());
    assert_eq!(related(&seen), [""; 0]);
    assert_eq!(data(&kim, 1)["blocks"], json!([]));
    assert_eq!(data(&kim, 1)["children"], json!([]));
    assert!(!kim.get("/demo/timeline?ticket_details=on").text().contains("secret matter"));
    assert!(!kim.get("/demo/query?id=1,3").text().contains("waiting for"));
    assert_eq!(relate(&kim, 1, "depends_on", "2").expect(422).problems()[0].1, "There is no ticket #2.");
    assert_eq!(relate(&kim, 1, "blocks", "2").expect(422).problems()[0].1, "There is no ticket #2.");
    // A circle by way of it is refused without its name, and what it stands for stays when others are added.
    assert_eq!(
        relate(&kim, 1, "depends_on", "3").expect(422).problems()[0].1,
        "That would lead round in a circle: #1 depends on #3, which depends on another ticket, which depends on #1."
    );
    file(&kim, &["Another"]);
    relate(&kim, 3, "depends_on", "4").expect(303);
    assert_eq!(data(&kim, 3)["depends_on"], json!([4]));
    assert_eq!(whole(&test, 3)["depends_on"], json!([2, 4]));
    // Not even closing it tells whether the hidden one is done.
    let refused = close(&kim, 3, &[]).expect(422).problems();
    assert!(refused[0].1.starts_with("This ticket depends on #4, which is open"), "{refused:?}");
    close(&kim, 4, &[]).expect(303);
    close(&kim, 3, &[]).expect(303);
}

#[test]
fn a_number_that_one_may_not_see_is_in_nothing_that_one_reads() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Roof", "The secret matter", "Frame", "Door"]);
    let change = |fields: Json| kim.post_json("/demo/ticket/1", &fields).expect(201);
    change(json!({ "comment": "Needs the frame.", "depends_on": [2, 3], "parent": [2] }));
    change(json!({ "refers_to": [2] }));
    change(json!({ "refers_to": [2, 4], "priority": "minor" }));
    hide(&test, 2);

    let roof = data(&kim, 1);
    assert_eq!((&roof["depends_on"], &roof["parent"], &roof["refers_to"]), (&json!([3]), &json!([]), &json!([4])));
    let comments = roof["comments"].as_array().unwrap();
    let told = |at: usize| (comments[at]["number"].as_i64().unwrap(), comments[at]["changes"].clone());
    assert_eq!(told(0), (1, json!([{ "field": "depends_on", "old": [], "new": [3] }])));
    assert_eq!(told(1).0, 3, "the second change was of nothing else");
    assert_eq!(told(1).1[1], json!({ "field": "refers_to", "old": [], "new": [4] }));
    let then = kim.get("/demo/ticket/1?format=json&version=1").json();
    assert_eq!((&then["depends_on"], &then["parent"]), (&json!([3]), &json!([])));

    let page = kim.get("/demo/ticket/1");
    let values = |field: &str| page.attributes(&format!("#field-field_{field}"), "value");
    assert_eq!((values("depends_on"), values("parent")), (vec!["3".to_owned()], vec![String::new()]));
    assert_eq!(page.all(".entry-number"), ["comment:1", "comment:3"]);
    for address in [
        "/demo/ticket/1",
        "/demo/ticket/1?version=1",
        "/demo/ticket/1?version=2",
        "/demo/ticket/1?format=csv",
        "/demo/ticket/1?format=atom",
        "/demo/ticket/1?action=history",
        "/demo/ticket/1?action=history&field=refers_to",
        "/demo/ticket/1?action=diff&old_version=0&version=3",
        "/demo/newticket?clone=1",
        "/demo/query?col=depends_on&col=parent&col=refers_to",
        "/demo/query?id=1&col=depends_on&col=parent&format=csv",
        "/demo/timeline?ticket=on&ticket_details=on",
    ] {
        let answer = kim.get(address).expect(200);
        let text = if answer.text().contains("<main") { answer.main() } else { answer.text() };
        for sign in ["#2", "ticket/2\"", "\"2\"", "2, ", ", 2\""] {
            assert!(!text.contains(sign), "{address} has {sign}: {text}");
        }
    }
    let history = kim.get("/demo/ticket/1?action=history&field=parent").expect(200);
    assert!(history.words().contains("1 version"), "that it has had a parent is not told: {}", history.words());
    let timeline = kim.get("/demo/timeline?ticket_details=on").words();
    assert!(timeline.contains("changed: depends on") && !timeline.contains("parent"), "{timeline}");

    let found = |query: &str| -> Vec<i64> {
        let items = kim.get(&format!("/demo/query?{query}&order=id&format=json")).expect(200).json();
        items["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    for (query, ids) in [
        ("depends_on=2", &[][..]),
        ("depends_on=99", &[]),
        ("depends_on=1-3", &[1]),
        ("depends_on=!2", &[1, 3, 4]),
        ("parent=", &[1, 3, 4]),
        ("parent=!", &[]),
        ("blocks=1", &[3]),
        ("children=1", &[]),
    ] {
        assert_eq!(found(query), ids, "{query}");
    }
}

#[test]
fn what_one_may_not_see_stays_when_one_saves_the_rest() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Roof", "The secret matter", "Frame", "Door"]);
    kim.post_json("/demo/ticket/1", &json!({ "depends_on": [3, 2], "parent": [2] })).expect(201);
    hide(&test, 2);
    let stored = |field: &str| whole(&test, 1)[field].clone();

    // As it came.
    kim.submit("/demo/ticket/1", &[("comment", "Said alone."), ("submit", "1")]).expect(303);
    let read = data(&kim, 1);
    kim.post_json("/demo/ticket/1", &json!({ "depends_on": read["depends_on"], "parent": read["parent"] })).expect(200);
    assert_eq!((stored("depends_on"), stored("parent")), (json!([3, 2]), json!([2])));
    // With more, with less, with nothing, and by each of the ways there are.
    kim.submit("/demo/ticket/1", &[("field_depends_on", "3, 4"), ("submit", "1")]).expect(303);
    assert_eq!(stored("depends_on"), json!([3, 2, 4]));
    let remove = [("relation", "depends_on"), ("ticket", "3"), ("remove", "1")];
    kim.post_signed("/demo/ticket/1/relation", &remove).expect(303);
    assert_eq!(stored("depends_on"), json!([4, 2]));
    kim.submit("/demo/ticket/1", &[("field_depends_on", ""), ("submit", "1")]).expect(303);
    assert_eq!(stored("depends_on"), json!([2]));
    kim.post_signed("/demo/ticket/1/undo", &[]).expect(303);
    assert_eq!(stored("depends_on"), json!([4, 2]));
    // Typing its number is like typing one that there is not; it neither comes twice nor goes.
    let changes = data(&kim, 1)["comments"].as_array().unwrap().len();
    for number in ["2", "99"] {
        let refused = kim.submit("/demo/ticket/1", &[("field_depends_on", number), ("submit", "1")]).expect(422);
        let message = format!("There is no ticket #{number}.");
        assert_eq!(refused.problems(), [("field_depends_on".to_owned(), message.clone())]);
        assert_eq!(relate(&kim, 1, "depends_on", number).expect(422).problems()[0].1, message);
        let remove = [("relation", "depends_on"), ("ticket", number), ("remove", "1")];
        kim.post_signed("/demo/ticket/1/relation", &remove).expect(303);
    }
    assert_eq!(stored("depends_on"), json!([4, 2]));
    assert_eq!(data(&kim, 1)["comments"].as_array().unwrap().len(), changes);
    // A parent is one ticket: to whoever sees none there is none, so that theirs takes its place.
    relate(&kim, 1, "parent", "3").expect(303);
    assert_eq!((stored("parent"), &data(&kim, 1)["parent"]), (json!([3]), &json!([3])));
    assert!(!findings(&test).iter().any(|finding| finding.contains("#1")), "{:?}", findings(&test));
}

#[test]
fn closing_with_open_dependencies_is_confirmed_refused_or_let_be() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Frame", "Door"]);
    relate(&kim, 2, "depends_on", "1").expect(303);
    let refused = close(&kim, 2, &[("comment", "Done, more or less.")]).expect(422);
    assert_eq!(
        refused.problems(),
        [(
            "close_anyway".to_owned(),
            "This ticket depends on #1, which is open; it is closed only if that is confirmed.".to_owned()
        )]
    );
    assert!(refused.text().contains("Done, more or less."));
    assert_eq!(refused.attributes("#field-close_anyway", "type"), ["checkbox"]);
    assert_eq!(data(&kim, 2)["status"], "new");
    let command = test.command(&["ticket", "change", "demo", "2", "--action", "resolve"]).expect(1);
    assert!(command.stderr.contains("--force") && command.stderr.contains("#1"), "{}", command.stderr);
    let boss = test.admin("boss");
    let set = |value: &str| {
        boss.submit("/demo/admin/ticket/closing", &[("close_with_open_dependencies", value)]).expect(303);
    };
    boss.post_signed("/demo/admin/ticket/closing", &[("close_with_open_dependencies", "never")]).expect(422);
    set("refuse");
    let anyway = [("close_anyway", "1"), ("view_time", "1"), ("action", "resolve"), ("submit", "1")];
    assert_eq!(kim.post_signed("/demo/ticket/2", &anyway).expect(422).problems()[0].0, "action");
    set("confirm");
    kim.post_signed("/demo/ticket/2", &anyway).expect(303);
    assert_eq!(data(&kim, 2)["status"], "closed");
    kim.submit("/demo/ticket/2", &[("action", "reopen"), ("submit", "1")]).expect(303);
    test.command(&["ticket", "change", "demo", "2", "--action", "resolve", "--force"]).expect(0);
    kim.submit("/demo/ticket/2", &[("action", "reopen"), ("submit", "1")]).expect(303);
    set("allow");
    close(&kim, 2, &[]).expect(303);
    kim.submit("/demo/ticket/2", &[("action", "reopen"), ("submit", "1")]).expect(303);
    set("refuse");
    close(&kim, 1, &[]).expect(303);
    close(&kim, 2, &[]).expect(303);
    // A parent is never forced to wait for its children; its page says that some are open.
    file(&kim, &["House", "Room"]);
    relate(&kim, 4, "parent", "3").expect(303);
    close(&kim, 3, &[]).expect(303);
    assert!(kim.get("/demo/ticket/3").words().contains("This ticket is closed; one of its children is still open."));
}

#[test]
fn a_list_says_what_a_ticket_waits_for() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["One", "Two", "Three", "Four"]);
    relate(&kim, 4, "depends_on", "1, 2").expect(303);
    relate(&kim, 3, "depends_on", "1").expect(303);
    let list = kim.get("/demo/query?order=id");
    assert_eq!(list.all("td .waiting-for"), ["waiting for #1", "waiting for 2 tickets"]);
    assert_eq!(list.attributes("td .waiting-for", "href"), ["/demo/ticket/1", "/demo/query?id=1,2"]);
    close(&kim, 1, &[]).expect(303);
    let list = kim.get("/demo/query?order=id");
    assert_eq!(list.all("td .waiting-for"), ["waiting for #2"]);
    assert_eq!(kim.get("/demo/query?depends_on=1&format=json").json()["total"], 2);
    assert_eq!(kim.get("/demo/query?depends_on=2&format=json").json()["items"][0]["id"], 4);
}

#[test]
fn tickets_are_asked_for_from_either_end() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["House", "Floor", "Door", "Window", "Hinge"]);
    relate(&kim, 2, "parent", "1").expect(303);
    relate(&kim, 3, "parent", "2").expect(303);
    relate(&kim, 3, "depends_on", "4, 5").expect(303);
    relate(&kim, 4, "depends_on", "5").expect(303);
    relate(&kim, 4, "duplicate_of", "1").expect(303);
    relate(&kim, 5, "refers_to", "1, 2").expect(303);
    let found = |query: &str| -> Vec<i64> {
        let items = kim.get(&format!("/demo/query?{query}&order=id&format=json")).expect(200).json();
        items["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    for (query, ids) in [
        ("blocks=3", &[4, 5][..]),
        ("blocks=%233", &[4, 5]),
        ("blocks=4", &[5]),
        ("blocks=3-4", &[4, 5]),
        ("blocks=!4", &[1, 2, 3, 4]),
        ("blocks=", &[1, 2, 3]),
        ("blocks=!", &[4, 5]),
        ("children=3", &[2]),
        ("children=2&or&duplicates=4", &[1]),
        ("referred_to_by=5&children=!2", &[2]),
        ("blocks=99", &[]),
    ] {
        assert_eq!(found(query), ids, "{query}");
    }
    let problem = kim.get("/demo/query?blocks=~3&format=json").expect(422).json();
    assert_eq!(problem["problems"][0]["message"], "Blocks takes numbers and ranges such as 1,3-5, nothing else.");
    // In the text form, and by command.
    let by_command = |query: &str| test.command(&["query", "demo", query, "--format", "ids"]).expect(0).stdout;
    assert_eq!(by_command("blocks=3|4&order=id").split_whitespace().collect::<Vec<_>>(), ["4", "5"]);
    kim.save_page("Waits", "[[TicketQuery(children=2|3, order=id)]]");
    assert_eq!(kim.page("Waits").all("article .ticket-list li"), ["#1 House", "#2 Floor"]);
    // As a column, and in the form of the page.
    let csv = kim.get("/demo/query?id=3-5&col=id&col=blocks&col=children&order=id&format=csv").text();
    assert_eq!(csv.trim_start_matches('\u{feff}'), "id,Blocks,Children\n3,,\n4,3,\n5,\"3, 4\",\n");
    let list = kim.get("/demo/query?id=5&col=blocks");
    assert_eq!(list.attributes("td.col-blocks a", "href"), ["/demo/ticket/3", "/demo/ticket/4"]);
    assert!(list.attributes("[name=col]", "value").contains(&"referred_to_by".to_owned()));
    let added = kim.get("/demo/query?add_filter_0=blocks&add_0=1&update=1").expect(303);
    assert!(added.location().contains("blocks="), "{}", added.location());
    // What was merged means the ticket in which it lives on, from either end.
    kim.post_signed("/demo/ticket/4/merge", &[("into", "2")]).expect(303);
    assert_eq!((found("blocks=3"), found("blocks=2")), (vec![2, 5], vec![5]));
    assert_eq!((found("depends_on=5"), found("depends_on=2")), (vec![2, 3], vec![3]));
    // And what is hidden is related to nothing.
    hide(&test, 5);
    assert_eq!((found("blocks=3"), found("referred_to_by=5"), found("blocks=")), (vec![2], vec![], vec![1, 3]));
}

#[test]
fn children_of_children_are_counted_once() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["House", "Floor", "Room", "Door", "Window"]);
    for (child, parent) in [(2, "1"), (3, "2"), (4, "3"), (5, "3")] {
        relate(&kim, child, "parent", parent).expect(303);
    }
    close(&kim, 4, &[]).expect(303);
    let house = kim.get("/demo/ticket/1");
    assert!(house.words().contains("1 of 4 closed"), "{}", house.words());
    assert_eq!(house.attributes(".relations svg.bar", "aria-label"), ["25% done of 4 tickets"]);
    hide(&test, 3);
    // What is beneath a hidden one is reached by no way that one knows of.
    assert!(kim.get("/demo/ticket/1").words().contains("0 of 1 closed"));
}

#[test]
fn a_duplicate_leads_to_the_other_one() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Doors", "Doors again", "Doors, too"]);
    let typed = [("action_resolve_resolve_resolution", "duplicate"), ("field_duplicate_of", "1")];
    close(&kim, 2, &typed).expect(303);
    assert_eq!(data(&kim, 2)["duplicate_of"], json!([1]));
    assert_eq!(data(&kim, 1)["duplicates"], json!([2]));
    let page = kim.get("/demo/ticket/2").words();
    assert!(page.contains("Closed as duplicate of #1 Doors"), "{page}");
    // Without the number it is closed all the same.
    close(&kim, 3, &[("action_resolve_resolve_resolution", "duplicate")]).expect(303);
    let again = close(&kim, 1, &[("action_resolve_resolve_resolution", "duplicate"), ("field_duplicate_of", "2")]);
    assert!(again.expect(422).problems()[0].1.contains("#1 is a duplicate of #2, which is a duplicate of #1"));
}

#[test]
fn a_commit_that_would_close_too_early_says_why_it_did_not() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &["Frame", "Door"]);
    relate(&kim, 2, "depends_on", "1").expect(303);
    let operator = test.operator();
    let request = Request {
        action: Some(ActionRequest {
            name: "resolve".to_owned(),
            resolution: Some("fixed".to_owned()),
            ..ActionRequest::default()
        }),
        ..Request::default()
    };
    let by = Act::new(&operator, Via::Commit);
    let refused = edit::change(&test.site, &test.demo(), by, 2, &request).err().unwrap().to_string();
    assert!(refused.contains("depends on #1"), "{refused}");
    let forced = Request { force: true, ..request };
    assert!(matches!(edit::change(&test.site, &test.demo(), by, 2, &forced).unwrap(), Outcome::Saved { .. }));
}
