//! Components as queues, private tickets and internal notes: what they are for those who may see them, and that they are
//! nothing for all others.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

/// Files a ticket by JSON. Returns its number.
#[track_caller]
fn file(person: &Person<'_>, fields: Value) -> i64 {
    person.post_json("/demo/newticket", &fields).expect(201).json()["id"].as_i64().unwrap()
}

#[track_caller]
fn note(person: &Person<'_>, ticket: i64, text: &str) {
    person.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "comment": text, "internal": true })).expect(201);
}

fn component(test: &TestSite, name: &str, options: &[&str]) {
    test.command(&["component", "create", "demo", name]).expect(0);
    if !options.is_empty() {
        test.command(&[&["component", "change", "demo", name], options].concat()).expect(0);
    }
}

fn make_private(test: &TestSite, ticket: i64, private: bool) {
    let set = format!("private={}", u8::from(private));
    test.command(&["ticket", "change", "demo", &ticket.to_string(), "--set", &set]).expect(0);
}

fn json_of(person: &Person<'_>, ticket: i64) -> Value {
    person.get(&format!("/demo/ticket/{ticket}?format=json")).expect(200).json()
}

fn found(person: &Person<'_>, query: &str) -> Vec<i64> {
    let answer = person.get(&format!("/demo/query?{query}&format=json")).expect(200).json();
    assert_eq!(answer["total"], json!(answer["items"].as_array().unwrap().len()));
    answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

fn hits(person: &Person<'_>, words: &str) -> u64 {
    person.get(&format!("/demo/search?q={words}&format=json")).expect(200).json()["total"].as_u64().unwrap()
}

/// That every row has the class that it ought to have, and every counter its number.
#[track_caller]
fn is_sound(test: &TestSite) {
    let mut findings = Vec::new();
    for component in trackway::app::COMPONENTS.iter() {
        component.check(&test.demo(), &mut findings).unwrap();
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

/// An answer without what differs between two sites: tokens, moments and ids of projects.
fn plain(test: &TestSite, answer: &Answer) -> String {
    let mut text = answer.without_token().replace(&test.row("demo").id, "");
    for (begin, end) in
        [("<time", "</time>"), ("\"time\":\"", "\""), ("\"changetime\":\"", "\""), ("timeline?from=", "&")]
    {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(begin) {
            out.push_str(&rest[..at]);
            rest = rest[at + begin.len()..].split_once(end).map_or("", |(_, after)| after);
        }
        text = out + rest;
    }
    format!("{} {:?}\n{text}", answer.status, answer.header("ETag"))
}

#[test]
fn a_closed_component_is_nowhere_for_the_rest_and_open_again_it_is_back() {
    let test = TestSite::public();
    test.group("office", &[]);
    let (kim, lee, sam) = (test.user("kim"), test.user("lee"), test.user("sam"));
    test.command(&["group", "add", "office", "lee"]).expect(0);
    component(&test, "Doors", &[]);
    component(&test, "Personnel", &[]);
    test.command(&["milestone", "create", "demo", "M1"]).expect(0);
    let own =
        file(&kim, json!({ "summary": "Who earns what", "component": "Personnel", "milestone": "M1", "cc": ["sam"] }));
    kim.attach(&format!("/demo/attachment/ticket/{own}/"), "list.txt", b"A list.").expect(303);
    file(&kim, json!({ "summary": "Doors open late", "component": "Doors", "milestone": "M1" }));
    test.catch_up();
    assert_eq!(hits(&sam, "earns"), 1);

    test.command(&["component", "change", "demo", "Personnel", "--closed-to", "office"]).expect(0);

    for caught_up in [false, true] {
        if caught_up {
            test.catch_up();
        }
        for person in [&test.anonymous(), &kim, &sam] {
            person.get(&format!("/demo/ticket/{own}")).expect(404);
            person.get(&format!("/demo/raw-attachment/ticket/{own}/list.txt")).expect(404);
            assert_eq!(found(person, "order=id"), [2]);
            assert_eq!(found(person, "component=Personnel"), [0; 0]);
            assert_eq!(hits(person, "earns") + hits(person, "list.txt"), 0);
            let milestone = person.get("/demo/milestone/M1?by=component").expect(200);
            assert!(!milestone.text().contains("Personnel"));
            assert_eq!(person.get("/demo/milestone/M1?format=json").expect(200).json()["tickets"]["total"], 1);
            for page in ["/demo/query?action=edit", "/demo/query?group=component", "/demo/timeline?ticket_details=on"] {
                assert!(!person.get(page).expect(200).text().contains("Personnel"), "{page}");
            }
        }
        assert_eq!(found(&lee, "component=Personnel"), [own]);
        assert_eq!(hits(&lee, "earns"), 1);
    }
    assert!(!kim.get("/demo/newticket").expect(200).text().contains("Personnel"));
    let refused = kim.post_json("/demo/newticket", &json!({ "summary": "Mine", "component": "Personnel" })).expect(422);
    let unknown = kim.post_json("/demo/newticket", &json!({ "summary": "Mine", "component": "Nowhere" })).expect(422);
    assert_eq!(refused.text().replace("Personnel", "Nowhere"), unknown.text());
    is_sound(&test);

    test.command(&["component", "change", "demo", "Personnel", "--open"]).expect(0);
    test.catch_up();

    assert_eq!(found(&kim, "component=Personnel"), [own]);
    assert_eq!(hits(&kim, "earns"), 1);
    is_sound(&test);
}

#[test]
fn whoever_administers_tickets_and_is_not_let_in_meets_a_project_without_that_component() {
    let sites: Vec<TestSite> = [true, false]
        .into_iter()
        .map(|hides| {
            let test = TestSite::new();
            test.user("office").member();
            test.user("kim").member().can("TICKET_ADMIN");
            component(&test, "Doors", &[]);
            if hides {
                component(&test, "Personnel", &["--closed-to", "office", "--set-default", "priority=minor"]);
            } else {
                let skip = "update sqlite_sequence set seq = seq + 1 where name = 'field_option'";
                test.demo().db().write(|db| Ok(db.execute_batch(skip)?)).unwrap();
            }
            component(&test, "Windows", &[]);
            for (name, there) in [("Doors", true), ("Personnel", hides), ("Windows", true)] {
                if there {
                    file(&test.signed_in("office"), json!({ "summary": name, "component": name }));
                }
            }
            test
        })
        .collect();
    let asked = |ask: &dyn Fn(&TestSite) -> String| {
        let answers: Vec<String> = sites.iter().map(ask).collect();
        assert_eq!(answers[0], answers[1]);
        answers[0].clone()
    };

    for address in [
        "/demo/admin/ticket/components",
        "/demo/admin/ticket/components?format=json",
        "/demo/admin/ticket/components/15",
        "/demo/newticket",
        "/demo/newticket?component=Personnel",
    ] {
        asked(&|test| plain(test, &test.signed_in("kim").get(address)));
    }
    for command in [
        &["component", "list", "demo", "--as", "kim"][..],
        &["component", "list", "demo", "--as", "kim", "--format", "json"],
        &["component", "change", "demo", "Personnel", "--description", "Mine", "--as", "kim"],
        &["component", "change", "demo", "Personnel", "--open", "--as", "kim"],
        &["component", "remove", "demo", "Personnel", "--as", "kim"],
        &["query", "demo", "component=Personnel", "--as", "kim"],
        &["search", "demo", "Personnel", "--as", "kim"],
    ] {
        asked(&|test| {
            let output = test.command(command);
            format!("{} {}{}", output.status, output.stdout, output.stderr)
        });
    }
    // A step past what one does not know of is one step.
    let moved = asked(&|test| {
        test.command(&["component", "change", "demo", "Windows", "--up", "--as", "kim"]).expect(0);
        test.command(&["component", "list", "demo", "--as", "kim", "--format", "ids"]).stdout
    });
    assert_eq!(moved, "Windows\nDoors\n");
    let out =
        sites[0].command(&["component", "change", "demo", "Doors", "--closed-to", "office", "--as", "kim"]).expect(1);
    assert!(out.stderr.contains("shut yourself out"), "{}", out.stderr);
}

#[test]
fn a_private_ticket_is_for_those_who_take_part_and_for_those_with_the_right() {
    let test = TestSite::public();
    let (kim, lee) = (test.user("kim"), test.user("lee"));
    let keeper = test.user("keeper").can("TICKET_PRIVATE");
    let own = file(&kim, json!({ "summary": "My secret" }));
    file(&kim, json!({ "summary": "No secret" }));

    // By the form: that of the reporter has the box.
    kim.submit(&format!("/demo/ticket/{own}"), &[("field_private", "1"), ("submit", "1")]).expect(303);
    test.catch_up();

    for person in [&test.anonymous(), &lee] {
        person.get(&format!("/demo/ticket/{own}")).expect(404);
        assert_eq!((found(person, "order=id"), hits(person, "secret")), (vec![2], 1));
        assert!(!person.get("/demo/timeline?ticket_details=on").expect(200).text().contains("My secret"));
    }
    for person in [&kim, &keeper] {
        assert_eq!((found(person, "order=id"), hits(person, "secret")), (vec![1, 2], 2));
        // The counters of the whole project say the same as the list.
        assert_eq!(found(person, "status=new&order=status"), [1, 2]);
    }
    is_sound(&test);
    kim.post_json(&format!("/demo/ticket/{own}"), &json!({ "cc": ["lee"] })).expect(403);
    test.command(&["ticket", "change", "demo", "1", "--set", "cc=lee"]).expect(0);
    test.catch_up();
    assert_eq!((found(&lee, "order=id"), hits(&lee, "secret")), (vec![1, 2], 2));
    assert!(lee.get("/demo/timeline?ticket_details=on").expect(200).text().contains("My secret"));

    let gone = lee.submit("/demo/ticket/1", &[("watch", "0")]).expect(303);

    assert_eq!(gone.location(), "/demo/query");
    lee.get("/demo/ticket/1").expect(404);
    make_private(&test, own, false);
    test.catch_up();
    assert_eq!((found(&test.anonymous(), "order=id"), hits(&test.anonymous(), "secret")), (vec![1, 2], 2));
    is_sound(&test);
}

#[test]
fn a_private_ticket_of_a_closed_component_needs_both_doors() {
    let test = TestSite::public();
    let kim = test.user("kim");
    let keeper = test.user("keeper").can("TICKET_PRIVATE");
    let office = test.user("office");
    component(&test, "Personnel", &[]);
    file(&kim, json!({ "summary": "My wages", "component": "Personnel" }));
    make_private(&test, 1, true);

    test.command(&["component", "change", "demo", "Personnel", "--closed-to", "office"]).expect(0);

    for person in [&kim, &keeper, &office] {
        person.get("/demo/ticket/1").expect(404);
    }
    test.command(&["component", "change", "demo", "Personnel", "--closed-to", "office, kim"]).expect(0);
    kim.get("/demo/ticket/1").expect(200);
    keeper.get("/demo/ticket/1").expect(404);
    office.get("/demo/ticket/1").expect(404);
    is_sound(&test);
}

#[test]
fn a_note_is_there_for_those_who_may_read_notes_and_for_all_others_nothing_has_happened() {
    let test = TestSite::public();
    let kim = test.user("kim");
    let agent = test.user("agent").can("TICKET_NOTES");
    file(&kim, json!({ "summary": "Printer broken", "description": "It smokes." }));
    file(&kim, json!({ "summary": "Another" }));
    test.catch_up();
    let doors = [
        "/demo/ticket/1",
        "/demo/ticket/1?format=json",
        "/demo/ticket/1?format=atom",
        "/demo/ticket/1?action=history",
        "/demo/ticket/2",
        "/demo/ticket/2?action=backlinks",
        "/demo/query",
        "/demo/query?format=json",
        "/demo/timeline",
        "/demo/timeline?ticket=on&ticket_details=on",
        "/demo/timeline?ticket_details=on&format=rss",
        "/demo/search?q=smoke",
        "/demo/search?q=contract&format=json",
        "/demo/search?q=note&format=json",
        "/-/projects",
    ];
    let look =
        |person: &Person<'_>| -> Vec<String> { doors.iter().map(|door| person.get(door).without_token()).collect() };
    let before = (look(&kim), look(&test.anonymous()));

    note(&agent, 1, "Their contract ended, see #2 and note:1.");
    note(&agent, 1, "Told them on the phone.");
    test.catch_up();

    assert_eq!((look(&kim), look(&test.anonymous())), before);
    let seen = json_of(&agent, 1);
    assert_eq!(seen["notes"][0]["number"], 1);
    assert_eq!(seen["notes"][0]["text"], "Their contract ended, see #2 and note:1.");
    assert_eq!(seen["comments"], json!([]));
    assert_eq!(seen["changetime"], seen["time"]);
    let page = agent.get("/demo/ticket/1").expect(200);
    assert_eq!(page.attributes(".entry-note", "id"), ["note:1", "note:2"]);
    assert_eq!(page.all(".entry-note .badge-internal").len(), 2);
    assert!(page.text().contains("href=\"/demo/ticket/1#note:1\""));
    assert_eq!(hits(&agent, "contract"), 1);
    assert!(agent.get("/demo/timeline?ticket_details=on").expect(200).words().contains("noted internally"));
    assert!(agent.get("/demo/ticket/2?action=backlinks").expect(200).words().contains("Printer broken"));
    // In the text of others a note is as good as one that never was.
    kim.post_json("/demo/ticket/2", &json!({ "comment": "note:1:ticket:1 note:7:ticket:1" })).expect(201);
    let marks = kim.get("/demo/ticket/2").expect(200).main();
    assert!(
        marks.contains("There is no such note. (1:ticket:1)") && marks.contains("There is no such note. (7:ticket:1)")
    );
    is_sound(&test);
}

#[test]
fn what_a_form_with_a_note_changes_is_public_and_what_it_says_is_not() {
    let test = TestSite::public();
    let kim = test.user("kim");
    let agent = test.user("agent").can("TICKET_NOTES");
    file(&kim, json!({ "summary": "Printer broken" }));

    let sent = agent.submit(
        "/demo/ticket/1",
        &[("comment", "Not our fault."), ("internal", "1"), ("field_priority", "minor"), ("submit", "1")],
    );

    assert_eq!(sent.expect(303).location(), "/demo/ticket/1#note:1");
    let public = json_of(&kim, 1);
    assert_eq!(public["priority"], "minor");
    assert_eq!(public["comments"][0]["text"], Value::Null);
    assert!(public.get("notes").is_none() && !public.to_string().contains("fault"));
    assert_eq!(json_of(&agent, 1)["notes"][0]["text"], "Not our fault.");
    // An answer to a note is one, whatever box is ticked.
    let reply = agent.form("/demo/ticket/1?replyto=note:1", &[("comment", "Quite so.")]);
    assert!(agent.get("/demo/ticket/1?replyto=note:1").expect(200).text().contains("Replying to [agent](note:1):"));
    let fields: Vec<(&str, &str)> = reply
        .fields
        .iter()
        .filter(|(name, _)| name != "internal")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("submit", "1")])
        .collect();
    assert_eq!(agent.post("/demo/ticket/1", &fields).expect(303).location(), "/demo/ticket/1#note:2");
    assert_eq!(json_of(&kim, 1)["comments"].as_array().unwrap().len(), 1);
    // Without the right there is no choice, and asking for it is refused with the text kept.
    assert!(!kim.get("/demo/ticket/1").expect(200).text().contains("name=\"internal\""));
    let body = json!({ "comment": "Hush.", "internal": true });
    kim.post_json("/demo/ticket/1", &body).expect(403);
    let token = kim.form("/demo/ticket/1", &[("comment", "")]).fields[0].1.clone();
    let refused = kim.post(
        "/demo/ticket/1",
        &[("__FORM_TOKEN", &token), ("comment", "Hush."), ("internal", "1"), ("view_time", "1"), ("submit", "1")],
    );
    assert!(refused.expect(403).main().contains("Hush."));
}

#[test]
fn a_note_keeps_its_earlier_texts() {
    let test = TestSite::public();
    let kim = test.user("kim");
    let (agent, other) = (test.user("agent").can("TICKET_NOTES"), test.user("other").can("TICKET_NOTES"));
    file(&kim, json!({ "summary": "Printer broken" }));
    note(&agent, 1, "First words.");
    let changed = json_of(&agent, 1)["changetime"].clone();

    agent
        .submit("/demo/ticket/1?action=note-edit&note=1", &[("edited_note", "Better words."), ("save", "1")])
        .expect(303);

    assert_eq!(json_of(&agent, 1)["notes"][0]["text"], "Better words.");
    assert_eq!(json_of(&agent, 1)["changetime"], changed);
    let history = agent.get("/demo/ticket/1?action=note-history&note=1").expect(200).words();
    assert!(history.contains("First words.") && history.contains("Better words."));
    let diff = agent.get("/demo/ticket/1?action=note-diff&note=1").expect(200).words();
    assert!(diff.contains("First") && diff.contains("Better"));
    let stale = [("edited_note", "Late."), ("version", "0"), ("save", "1")];
    let token = agent.form("/demo/ticket/1?action=note-edit&note=1", &[]).fields[0].1.clone();
    let fields: Vec<_> = [("__FORM_TOKEN", token.as_str())].into_iter().chain(stale).collect();
    assert!(agent.post("/demo/ticket/1/note/1", &fields).expect(409).main().contains("Late."));
    other.get("/demo/ticket/1?action=note-edit&note=1").expect(403);
    for door in ["note-edit", "note-history", "note-diff"] {
        kim.get(&format!("/demo/ticket/1?action={door}&note=1")).expect(404);
    }
    is_sound(&test);
}

#[test]
fn who_watches_a_component_from_inside_reads_its_notes_and_those_of_no_other() {
    let test = TestSite::public();
    let (kim, lee) = (test.user("kim"), test.user("lee"));
    let agent = test.user("agent").can("TICKET_NOTES");
    component(&test, "Printers", &[]);
    component(&test, "Doors", &[]);
    file(&kim, json!({ "summary": "Printer broken", "component": "Printers" }));
    file(&kim, json!({ "summary": "Doors open late", "component": "Doors" }));
    note(&agent, 1, "Of printers.");
    note(&agent, 2, "Of doors.");
    let notes = |person: &Person<'_>, ticket: i64| {
        json_of(person, ticket).get("notes").and_then(Value::as_array).map_or(0, Vec::len)
    };
    assert_eq!((notes(&lee, 1), notes(&lee, 2)), (0, 0));

    test.command(&["component", "change", "demo", "Printers", "--admincc", "lee", "--cc", "kim"]).expect(0);

    assert_eq!((notes(&lee, 1), notes(&lee, 2), notes(&kim, 1), notes(&agent, 1)), (1, 0, 0, 1));
    note(&lee, 1, "Me too.");
    lee.post_json("/demo/ticket/2", &json!({ "comment": "Me too.", "internal": true })).expect(403);
    test.catch_up();
    assert_eq!((hits(&lee, "printers"), hits(&lee, "doors")), (2, 1));
    is_sound(&test);

    test.command(&["ticket", "change", "demo", "1", "--set", "component=Doors"]).expect(0);
    test.catch_up();

    assert_eq!((notes(&lee, 1), notes(&agent, 1), hits(&lee, "printers")), (0, 2, 1));
    is_sound(&test);
    test.command(&["component", "change", "demo", "Doors", "--admincc", "lee"]).expect(0);
    assert_eq!((notes(&lee, 1), notes(&lee, 2)), (2, 1));
    test.command(&["component", "change", "demo", "Doors", "--admincc", "", "--cc", "lee"]).expect(0);
    assert_eq!((notes(&lee, 1), notes(&lee, 2), notes(&agent, 1)), (0, 0, 2));
    is_sound(&test);
}

#[test]
fn notes_by_command_are_in_their_own_series() {
    let test = TestSite::public();
    test.user("kim");
    test.user("agent").can("TICKET_NOTES");
    test.command(&["ticket", "new", "demo", "--summary", "Printer broken"]).expect(0);

    let first = test.command(&["ticket", "comment", "demo", "1", "Not paid.", "--internal", "--as", "agent"]).expect(0);

    assert_eq!(first.stdout, "1\n");
    let public = test.command(&["ticket", "comment", "demo", "1", "Soon.", "--as", "agent"]).expect(0);
    assert_eq!(public.stdout, "1\n");
    assert!(
        test.command(&["ticket", "show", "demo", "1", "--as", "agent"])
            .expect(0)
            .stdout
            .contains("Internal note 1, agent")
    );
    let shown = test.command(&["ticket", "show", "demo", "1", "--as", "kim"]).expect(0).stdout;
    assert!(!shown.contains("Not paid") && !shown.contains("note"), "{shown}");
    test.command(&["ticket", "comment", "demo", "1", "Hush.", "--internal", "--as", "kim"]).expect(1);
}

#[test]
fn a_component_says_what_its_new_tickets_begin_with() {
    let test = TestSite::public();
    let kim = test.user("kim");
    component(
        &test,
        "Printers",
        &[
            "--set-default", "priority=minor", "--set-default", "keywords=paper ink", "--set-default",
            "cc=lee@example.org",
        ],
    );
    component(&test, "Doors", &[]);

    let form = kim.form("/demo/newticket?component=Printers", &[("field_summary", "It smokes"), ("submit", "1")]);
    let field = |name: &str| form.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((field("field_priority"), field("field_keywords")), (Some("minor"), Some("paper ink")));

    let by_json = file(&kim, json!({ "summary": "It smokes", "component": "Printers", "keywords": ["fire"] }));
    let ticket = json_of(&kim, by_json);
    assert_eq!(ticket["priority"], "minor");
    assert_eq!((&ticket["keywords"], &ticket["cc"]), (&json!(["fire"]), &json!(["lee@example.org"])));
    let other = file(&kim, json!({ "summary": "It is shut", "component": "Doors" }));
    assert_eq!(json_of(&kim, other)["priority"], "major");
    for (line, why) in [
        ("priority", "written like"),
        ("colour=red", "no field"),
        ("summary=x", "no field"),
        ("priority=odd", "There is no priority"),
    ] {
        let refused = test.command(&["component", "change", "demo", "Printers", "--set-default", line]).expect(1);
        assert!(refused.stderr.contains(why), "{line}: {}", refused.stderr);
    }
    test.command(&["component", "change", "demo", "Printers", "--no-defaults"]).expect(0);
    let last = file(&kim, json!({ "summary": "It is out of paper", "component": "Printers" }));
    assert_eq!(json_of(&kim, last)["priority"], "major");
}

#[test]
fn a_queue_is_administered_in_the_browser() {
    let test = TestSite::public();
    let admin = test.admin("admin");
    test.user("lee");
    component(&test, "Printers", &[]);
    let list = admin.get("/demo/admin/ticket/components").expect(200);
    let page = list.attributes("a.button[href*='/components/']", "href").pop().unwrap();

    let typed = [("doors", "closed"), ("closed_to", "nobody"), ("cc", "sam"), ("defaults", "priority=odd")];
    let refused = admin.submit(&page, &typed).expect(422);

    let fields: Vec<String> = refused.problems().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["closed_to"]);
    assert!(refused.main().contains("priority=odd"));
    let typed =
        [("doors", "closed"), ("closed_to", "lee"), ("cc", "sam"), ("admincc", "lee"), ("defaults", "priority=minor")];
    admin.submit(&page, &typed).expect(303);
    let item = admin.get(&format!("{page}?format=json")).expect(200).json();
    assert_eq!(item["closed_to"], json!(["lee"]));
    assert_eq!((&item["cc"], &item["admincc"]), (&json!(["sam"]), &json!(["lee"])));
    assert_eq!(item["defaults"], json!({ "priority": "minor" }));
    assert_eq!(admin.get("/demo/admin/ticket/components").expect(200).all(".badge-internal"), ["closed"]);
}

#[test]
fn one_click_watches_and_unwatches() {
    let test = TestSite::public();
    let (kim, lee) = (test.user("kim"), test.user("lee"));
    file(&kim, json!({ "summary": "Printer broken" }));

    lee.submit("/demo/ticket/1", &[("watch", "1")]).expect(303);

    assert_eq!(json_of(&kim, 1)["cc"], json!(["lee"]));
    assert_eq!(found(&lee, "cc=~$USER"), [1]);
    lee.post_json("/demo/ticket/1/watch", &json!({ "watch": true })).expect(200);
    assert_eq!(json_of(&kim, 1)["comments"].as_array().unwrap().len(), 1);
    lee.submit("/demo/ticket/1", &[("watch", "0")]).expect(303);
    assert_eq!(json_of(&kim, 1)["cc"], json!([]));
    assert!(!test.anonymous().get("/demo/ticket/1").expect(200).text().contains("name=\"watch\""));
}

#[test]
fn somebody_without_an_account_is_a_name_and_an_address() {
    let test = TestSite::public();
    let kim = test.user("kim");
    test.grant("anonymous", &["TICKET_CREATE"]);

    let typed = [("field_summary", "It smokes"), ("reporter", ""), ("submit", "1")];
    let form = test.anonymous().form("/demo/newticket", &[("field_summary", "It smokes"), ("submit", "1")]);
    let name = form.names.iter().find(|name| name.contains("reporter")).unwrap().clone();
    test.anonymous().submit("/demo/newticket", &[typed[0], (&name, "Eve Doe <eve@example.org>"), typed[2]]).expect(303);

    assert_eq!(json_of(&kim, 1)["reporter"], "eve@example.org");
    assert!(kim.get("/demo/ticket/1").expect(200).words().contains("Eve Doe"));
    let seen = test.anonymous().get("/demo/ticket/1").expect(200).text();
    assert!(seen.contains("Eve Doe") && !seen.contains("eve@example.org"));
    test.command(&[
        "ticket",
        "change",
        "demo",
        "1",
        "--set",
        "cc=Eve Doe <eve@example.org>, Sam <sam@example.org> kim",
    ])
    .expect(0);
    assert_eq!(json_of(&kim, 1)["cc"], json!(["eve@example.org", "Sam", "<sam@example.org>", "kim"]));
}

#[test]
fn names_full_of_markup_stay_inert_on_all_pages() {
    let test = TestSite::new();
    let admin = test.admin("admin");
    let evil =
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "'; drop table ticket; --"];
    for name in evil {
        for kind in ["component", "version", "type", "priority", "severity", "resolution"] {
            test.command(&[kind, "create", "demo", name, "--description", name]).expect(0);
        }
        test.command(&["milestone", "create", "demo", name]).expect(0);
        test.command(&[
            "component",
            "change",
            "demo",
            name,
            "--cc",
            name,
            "--admincc",
            name,
            "--set-default",
            &format!("keywords={name}"),
        ])
        .expect(0);
        file(
            &admin,
            json!({
                "summary": name, "component": name, "version": name, "type": name, "priority": name, "severity": name,
                "milestone": name, "keywords": name, "cc": [name], "reporter": name, "description": name,
            }),
        );
    }
    note(&admin, 1, evil[0]);
    test.catch_up();

    let mut pages: Vec<String> = [
        "/demo/query?order=id&col=id&col=component&col=milestone&col=cc&col=reporter&col=keywords&col=version&col=type",
        "/demo/query?group=component",
        "/demo/query?action=edit&component=%3Cscript%3Ealert(1)%3C/script%3E",
        "/demo/query?format=atom",
        "/demo/roadmap",
        "/demo/timeline?ticket_details=on",
        "/demo/timeline?ticket_details=on&format=rss",
        "/demo/search?q=alert",
        "/demo/newticket",
        "/demo/newticket?component=%3Cscript%3Ealert(1)%3C/script%3E",
        "/demo/admin/ticket/components",
        "/demo/admin/ticket/types",
        "/demo/admin/ticket/versions",
        "/demo/admin/ticket/milestones",
        "/demo/wiki/WikiStart",
    ]
    .map(str::to_owned)
    .to_vec();
    for id in 1..=4 {
        for tail in ["", "?version=0", "?action=history", "?format=atom", "?replyto=description", "?action=backlinks"] {
            pages.push(format!("/demo/ticket/{id}{tail}"));
        }
    }
    pages.push("/demo/ticket/1?action=note-history&note=1".to_owned());
    pages.push("/demo/ticket/1?action=note-edit&note=1".to_owned());
    let list = admin.get("/demo/admin/ticket/components").expect(200);
    pages.extend(list.attributes("a.button[href*='/components/']", "href"));
    let roadmap = admin.get("/demo/roadmap").expect(200);
    for href in roadmap.attributes("a[href*='/milestone/']", "href") {
        pages.extend(["", "?by=component", "?by=owner"].map(|tail| format!("{href}{tail}")));
    }
    for page in pages {
        let answer = admin.get(&page);
        assert!(answer.status < 500, "{page}: {}", answer.status);
        let text = answer.text();
        for live in ["<script>alert", "<img src=x", "onerror=alert(1)>", " 49 ", ">49<"] {
            // In an attribute or a text the sign before it is escaped.
            let raw = text
                .match_indices(live)
                .any(|(at, _)| live.starts_with('<') || live.contains("49") || text[..at].ends_with("<img src=x "));
            assert!(!raw, "{page} has {live}");
        }
    }
}

#[test]
fn whatever_is_closed_opened_hidden_and_moved_everything_has_the_class_it_ought_to_have() {
    let test = TestSite::public();
    let agent = test.admin("agent");
    for name in ["Printers", "Doors"] {
        component(&test, name, &[]);
    }
    test.command(&["milestone", "create", "demo", "M1"]).expect(0);
    for at in 0..6 {
        let name = if at % 2 == 0 { "Printers" } else { "Doors" };
        let number = file(&agent, json!({ "summary": format!("Ticket {at}"), "component": name, "milestone": "M1" }));
        note(&agent, number, "A note, see #1.");
    }
    let mut seed = 20_260_101_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };

    for _ in 0..40 {
        let ticket = (random(6) + 1).to_string();
        let name = if random(2) == 0 { "Printers" } else { "Doors" };
        match random(6) {
            0 => test.command(&["component", "change", "demo", name, "--closed-to", "agent"]),
            1 => test.command(&["component", "change", "demo", name, "--open"]),
            2 => test.command(&[
                "component",
                "change",
                "demo",
                name,
                "--admincc",
                if random(2) == 0 { "agent" } else { "" },
            ]),
            3 => test.command(&["ticket", "change", "demo", &ticket, "--set", &format!("component={name}")]),
            4 => {
                make_private(&test, ticket.parse().unwrap(), random(2) == 0);
                continue;
            }
            _ => test.command(&["ticket", "comment", "demo", &ticket, "Inside.", "--internal"]),
        }
        .expect(0);
        is_sound(&test);
    }
}

#[test]
fn the_trash_of_a_closed_component_is_for_those_to_whom_it_is_open() {
    let test = TestSite::new();
    let office = test.user("office").member().can("TICKET_ADMIN");
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    component(&test, "Doors", &[]);
    component(&test, "Personnel", &["--closed-to", "office"]);
    file(&office, json!({ "summary": "Who earns what", "component": "Personnel" }));
    file(&office, json!({ "summary": "Doors open late", "component": "Doors" }));
    for ticket in ["1", "2"] {
        test.command(&["ticket", "remove", "demo", ticket]).expect(0);
    }

    let seen = kim.get("/demo/admin/ticket/trash").expect(200).text();

    assert!(seen.contains("Doors open late") && !seen.contains("earns"));
    assert!(office.get("/demo/admin/ticket/trash").expect(200).text().contains("Who earns what"));
    let hidden = test.command(&["ticket", "restore", "demo", "1", "--as", "kim"]).expect(1).stderr;
    let missing = test.command(&["ticket", "restore", "demo", "7", "--as", "kim"]).expect(1).stderr;
    assert_eq!(hidden.replace('1', "7"), missing);
    test.command(&["ticket", "restore", "demo", "1", "--as", "office"]).expect(0);
    office.get("/demo/ticket/1").expect(200);
    is_sound(&test);
}

#[test]
fn a_name_that_a_closed_component_has_is_refused_without_telling_whose_it_is() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    test.user("office").member();
    component(&test, "Doors", &[]);
    component(&test, "Personnel", &["--closed-to", "office"]);
    let add = |name: &str| {
        kim.post_signed("/demo/admin/ticket/components", &[("act", "add"), ("name", name)]).expect(422).problems()
    };

    assert_eq!(add("doors")[0].1, "There is a component “doors” already.");
    assert_eq!(add("personnel")[0].1, "“personnel” can't be used as a name here.");
    let rename = ["component", "change", "demo", "Doors", "--rename", "Personnel", "--as", "kim"];
    let renamed = test.command(&rename).expect(1).stderr;
    assert!(renamed.contains("“Personnel” can't be used as a name here."), "{renamed}");
}
