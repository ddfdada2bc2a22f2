//! Stories of milestones: planned, changed by two at once, completed, renamed and deleted, and names that try to be more
//! than names.

use rocket::http::Method;
use serde_json::{Value, json};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::edit as tickets;
use trackway::ticket::plan::{ActionRequest, Request};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

fn planner(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("MILESTONE_ADMIN")
}

#[track_caller]
fn plan(person: &Person<'_>, name: &str, due: &str) {
    person.submit("/demo/milestone?action=new", &[("name", name), ("duedate", due), ("save", "1")]).expect(303);
}

/// Kinds and data of the events of milestones, in order.
fn events(test: &TestSite) -> Vec<(String, Value)> {
    test.demo()
        .read(|db| {
            let mut statement =
                db.prepare("select kind, data from event where resource_kind = 'milestone' order by id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            let rows: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(rows.into_iter().map(|(kind, data)| (kind, serde_json::from_str(&data).unwrap())).collect())
        })
        .unwrap()
}

fn id_of(test: &TestSite, name: &str) -> i64 {
    test.demo()
        .read(|db| Ok(db.query_row("select id from milestone where name = ?1", [name], |row| row.get(0))?))
        .unwrap()
}

fn version_of(person: &Person<'_>, address: &str) -> String {
    let form = person.form(&format!("{address}?action=edit"), &[("name", "")]);
    form.fields.iter().find(|(name, _)| name == "version").map(|(_, value)| value.clone()).unwrap()
}

#[test]
fn a_milestone_is_planned_changed_completed_and_reopened() {
    let test = TestSite::new();
    let kim = planner(&test);
    let made = kim
        .submit(
            "/demo/milestone?action=new",
            &[
                ("name", "  First   release "),
                ("duedate", "2099-01-31"),
                ("description", "**All** of it."),
                ("save", "1"),
            ],
        )
        .expect(303);
    assert_eq!(made.location(), "/demo/milestone/First%20release");
    let page = kim.get(made.location()).expect(200);
    assert!(page.words().contains("First release") && page.words().contains("31 Jan 2099"), "{}", page.words());
    assert_eq!(page.all("article strong"), ["All"]);

    let edit = "/demo/milestone/First%20release?action=edit";
    kim.submit(edit, &[("duedate", "2099-02-01"), ("save", "1")]).expect(303);
    kim.submit(edit, &[("completed", "1"), ("completeddate", ""), ("save", "1")]).expect(303);
    let json = kim.get("/demo/milestone/First%20release?format=json").expect(200).json();
    assert_eq!((&json["name"], &json["due"]), (&json!("First release"), &json!("2099-02-01")));
    assert!(json["completed"].as_str().unwrap().ends_with('Z'));
    assert_eq!(json["tickets"], json!({ "total": 0, "closed": 0, "waiting": 0, "open": 0 }));
    // The same form again says the same moment again.
    kim.submit(edit, &[("description", "Less."), ("save", "1")]).expect(303);
    assert_eq!(kim.get("/demo/milestone/First%20release?format=json").json()["completed"], json["completed"]);

    let mut form = kim.form(edit, &[("completed", "1")]);
    form.fields.retain(|(name, _)| name != "completed");
    kim.send(Method::Post, &form.action, "application/x-www-form-urlencoded", form.encoded().into_bytes()).expect(303);
    assert_eq!(kim.get("/demo/milestone/First%20release?format=json").json()["completed"], Value::Null);

    let kinds: Vec<String> = events(&test).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        ["milestone.created", "milestone.changed", "milestone.completed", "milestone.changed", "milestone.reopened"]
    );
    assert_eq!(events(&test)[1].1, json!({ "fields": ["due"] }));
}

#[test]
fn a_refused_milestone_comes_back_with_every_problem_and_what_was_typed() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "Taken", "");
    for (name, due, completed, field) in [
        ("", "", "", "name"),
        (" taken ", "", "", "name"),
        ("TAKEN", "", "", "name"),
        ("a//b", "", "", "name"),
        (&"x".repeat(201), "", "", "name"),
        ("New", "0000-01-01", "", "duedate"),
        ("New", "2026-02-30", "", "duedate"),
        ("New", "10000-01-01", "", "duedate"),
        ("New", "-0001-01-01", "", "duedate"),
        ("New", "next week", "", "duedate"),
        ("New", "", "9999-12-31T00:00", "completeddate"),
        ("New", "", "0000-12-31T00:00", "completeddate"),
        ("New", "", "yesterday", "completeddate"),
    ] {
        let typed = [
            ("name", name),
            ("duedate", due),
            ("completed", "1"),
            ("completeddate", completed),
            ("description", "Typed at length & kept."),
            ("save", "1"),
        ];
        let answer = kim.submit("/demo/milestone?action=new", &typed).expect(422);
        let fields: Vec<String> = answer.problems().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [field], "{name} {due} {completed}");
        assert_eq!(answer.all("textarea"), ["Typed at length & kept."]);
    }
    let both = kim.submit("/demo/milestone?action=new", &[("name", ""), ("duedate", "soon"), ("save", "1")]);
    assert_eq!(both.expect(422).problems().len(), 2);
    plan(&kim, "Last", "9999-12-31");
    plan(&kim, "First", "0001-01-01");
    let roadmap = kim.get("/demo/roadmap").expect(200).words();
    assert!(roadmap.contains("31 Dec 9999") && roadmap.contains("years late"), "{roadmap}");
    assert_eq!(events(&test).len(), 3);
}

#[test]
fn of_two_who_change_a_milestone_the_slower_one_sees_what_the_faster_one_did() {
    let test = TestSite::new();
    let (kim, lee) = (planner(&test), test.user("lee").member().can("MILESTONE_ADMIN"));
    plan(&kim, "M1", "2099-01-01");
    let mut slow = lee.form("/demo/milestone/M1?action=edit", &[("description", "")]);
    kim.submit("/demo/milestone/M1?action=edit", &[("duedate", "2099-12-24"), ("save", "1")]).expect(303);
    slow.fill(&[("description", "Written slowly."), ("save", "1")]);
    let send = |form: &crate::support::form::PageForm| {
        lee.send(Method::Post, &form.action, "application/x-www-form-urlencoded", form.encoded().into_bytes())
    };
    let refused = send(&slow).expect(409);
    assert!(refused.words().contains("Its due date is “2099-12-24” by now."), "{}", refused.words());
    assert_eq!(refused.all("textarea"), ["Written slowly."]);
    assert_eq!(kim.get("/demo/milestone/M1?format=json").json()["description"], Value::Null);

    // The form that came back has seen it and may be sent.
    let again = crate::support::form::post_forms(&refused.text())
        .into_iter()
        .find(|form| form.names.iter().any(|name| name == "duedate"))
        .unwrap();
    let mut again = again;
    again.fill(&[("save", "1")]);
    send(&again).expect(303);
    assert_eq!(kim.get("/demo/milestone/M1?format=json").json()["description"], "Written slowly.");

    kim.post_json("/demo/milestone/M1", &json!({ "due": "2099-01-01", "view_time": "1" })).expect(409);
    kim.post_json("/demo/milestone/M1", &json!({ "due": "2099-01-01" })).expect(422);
}

#[test]
fn a_renamed_milestone_is_reached_by_its_old_address_until_another_one_takes_it() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "Old name", "");
    kim.attach("/demo/attachment/milestone/Old%20name/", "plan.txt", b"bytes").expect(303);
    kim.save_page("Plan", "See milestone:\"Old name\" and [[Milestone(Old name)]].");
    kim.submit("/demo/milestone/Old%20name?action=edit", &[("name", "New name"), ("save", "1")]).expect(303);

    let moved = kim.get("/demo/milestone/old%20NAME?by=type").expect(301);
    assert_eq!(moved.location(), "/demo/milestone/New%20name?by=type");
    assert_eq!(kim.get("/demo/milestone/new%20name").expect(301).location(), "/demo/milestone/New%20name");
    let page = kim.page("Plan").expect(200);
    assert_eq!(page.attributes("article a[href*='/milestone/']", "href")[0], "/demo/milestone/New%20name");
    assert!(kim.get("/demo/milestone/New%20name").words().contains("plan.txt"));
    kim.get("/demo/attachment/milestone/New%20name/plan.txt").expect(200);
    let renames: Vec<Value> = events(&test)
        .into_iter()
        .filter(|(kind, _)| kind == "milestone.renamed")
        .map(|(_, data)| data["also"].clone())
        .collect();
    assert_eq!(renames, [json!([["attachment", 1]])]);

    plan(&kim, "Old name", "");
    kim.get("/demo/milestone/Old%20name").expect(200);
    let page = kim.page("Plan").expect(200);
    assert_eq!(page.attributes("article a[href*='/milestone/']", "href")[0], "/demo/milestone/Old%20name");
}

#[test]
fn completing_and_deleting_say_in_their_event_where_the_tickets_go() {
    let test = TestSite::new();
    let kim = planner(&test);
    for name in ["A", "B", "C"] {
        plan(&kim, name, "");
    }
    let b = id_of(&test, "B");
    let version = version_of(&kim, "/demo/milestone/A");
    kim.post_json("/demo/milestone/A", &json!({ "completed": true, "retarget": "b", "view_time": version }))
        .expect(201);
    let version = version_of(&kim, "/demo/milestone/A");
    kim.post_json("/demo/milestone/A", &json!({ "action": "delete", "retarget": "A", "version": version })).expect(422);
    kim.post_json("/demo/milestone/A", &json!({ "action": "delete", "retarget": "Z", "version": version })).expect(422);
    kim.post_json("/demo/milestone/A", &json!({ "action": "delete", "retarget": "B", "version": "7" })).expect(409);
    kim.post_json("/demo/milestone/A", &json!({ "action": "delete", "retarget": "B", "version": version })).expect(200);
    kim.submit("/demo/milestone/C?action=delete", &[("action", "delete")]).expect(303);

    let told: Vec<(String, Value)> = events(&test).into_iter().skip(3).collect();
    assert_eq!(
        told,
        [
            ("milestone.completed".to_owned(), json!({ "retarget": b, "open_only": true })),
            ("milestone.deleted".to_owned(), json!({ "retarget": b, "also": [] })),
            ("milestone.deleted".to_owned(), json!({ "retarget": null, "also": [] })),
        ]
    );
    kim.get("/demo/milestone/C?format=json").expect(404);
    plan(&kim, "C", "");
    assert_eq!(test.command(&["check"]).expect(0).stdout.lines().filter(|line| line.contains("milestone")).count(), 0);
}

/// Files a ticket in a milestone, closed if asked for.
fn file(test: &TestSite, milestone: &str, closed: bool) -> i64 {
    let operator = test.operator();
    let by = Act::new(&operator, Via::Command);
    let set = [("summary", "Paint"), ("milestone", milestone)];
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let id = tickets::create(&test.site, &test.demo(), by, &Request { set, ..Request::default() }).unwrap();
    if closed {
        let resolve = ActionRequest {
            name: "resolve".to_owned(),
            resolution: Some("fixed".to_owned()),
            ..ActionRequest::default()
        };
        let request = Request { action: Some(resolve), ..Request::default() };
        tickets::change(&test.site, &test.demo(), by, id, &request).unwrap();
    }
    id
}

#[test]
fn tickets_move_on_when_their_milestone_is_completed_or_deleted() {
    let test = TestSite::new();
    let kim = planner(&test);
    for name in ["A", "B"] {
        plan(&kim, name, "");
    }
    file(&test, "A", false);
    file(&test, "A", true);
    file(&test, "A", false);
    let counted = |name: &str| kim.get(&format!("/demo/milestone/{name}?format=json")).json()["tickets"].clone();
    assert_eq!(counted("A"), json!({ "total": 3, "closed": 1, "waiting": 0, "open": 2 }));

    let edit = "/demo/milestone/A?action=edit";
    assert_eq!(kim.get(edit).all("label[for=field-target]"), ["Its 2 open tickets when it is completed"]);
    // Where they go is said only when it is being completed.
    let early = kim.submit(edit, &[("target", "B"), ("save", "1")]).expect(422);
    assert_eq!(early.problems()[0].0, "target");
    let said = "Not in time, see #2.";
    let nowhere = kim.submit(edit, &[("completed", "1"), ("comment", said), ("save", "1")]).expect(422);
    assert_eq!(nowhere.problems()[0].0, "comment");
    assert_eq!(nowhere.attributes("[name=comment]", "value"), [said]);
    kim.submit(edit, &[("completed", "1"), ("target", "B"), ("comment", said), ("save", "1")]).expect(303);
    let moved = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!(moved["comments"].as_array().unwrap().last().unwrap()["text"], said);
    assert!(kim.get("/demo/ticket/2?action=backlinks").expect(200).words().contains("#1"), "its links are kept");
    assert_eq!(counted("A"), json!({ "total": 1, "closed": 1, "waiting": 0, "open": 0 }));
    assert_eq!(counted("B"), json!({ "total": 2, "closed": 0, "waiting": 0, "open": 2 }));

    let delete = "/demo/milestone/B?action=delete";
    assert_eq!(kim.get(delete).all("select[name=target] option"), ["no milestone", "A (completed)"]);
    kim.submit(delete, &[("target", "A")]).expect(303);
    assert_eq!(counted("A"), json!({ "total": 3, "closed": 1, "waiting": 0, "open": 2 }));
    kim.submit("/demo/milestone/A?action=delete", &[("target", "")]).expect(303);
    let left = test.demo().read(|db| {
        Ok(db.query_row("select count(*) from ticket where milestone is not null", [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(left.unwrap(), 0);
    // Where they were stays in their history.
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    let moves: Vec<(&str, &str)> = ticket["comments"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|comment| comment["changes"].as_array().unwrap())
        .map(|change| (change["old"].as_str().unwrap_or(""), change["new"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(moves, [("A", "B"), ("B", "A"), ("A", "")]);
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn the_timeline_tells_what_happened_to_milestones() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "M1", "");
    plan(&kim, "Gone", "");
    let edit = "/demo/milestone/M1?action=edit";
    kim.submit(edit, &[("name", "M one"), ("description", "Words."), ("completed", "1"), ("save", "1")]).expect(303);
    kim.submit("/demo/admin/ticket/milestones", &[("default", "1")]).expect(303);
    kim.submit("/demo/milestone/Gone?action=delete", &[("action", "delete")]).expect(303);
    let words = kim.get("/demo/timeline?milestone=on").expect(200).words();
    for deed in ["planned", "renamed", "changed: description", "completed", "deleted"] {
        assert!(words.contains(deed), "{deed} in {words}");
    }
    assert!(!words.contains("default"), "{words}");
    test.revoke("members", &["MILESTONE_VIEW"]);
    let lee = test.user("lee").member();
    assert!(!lee.get("/demo/timeline").expect(200).words().contains("M one"));
}

#[test]
fn who_may_not_create_change_or_delete_is_told_which_right_it_needs() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "M1", "");
    let lee = test.user("lee").member();
    let asks = |answer: Answer, right: &str| assert!(answer.expect(403).words().contains(right));
    asks(lee.get("/demo/milestone?action=new"), "MILESTONE_CREATE");
    asks(lee.get("/demo/milestone/M1?action=edit"), "MILESTONE_MODIFY");
    asks(lee.get("/demo/milestone/M1?action=delete"), "MILESTONE_DELETE");
    lee.post_json("/demo/milestone", &json!({ "name": "X" })).expect(403);
    lee.post_json("/demo/milestone/M1", &json!({ "name": "X", "view_time": "1" })).expect(403);
    lee.post_json("/demo/milestone/M1", &json!({ "action": "delete", "view_time": "1" })).expect(403);
    lee.get("/demo/admin/ticket/milestones").expect(404);
    lee.get("/demo/milestone/Unknown").expect(404);
    // Who may make one is given the form (row M10).
    let form = kim.get("/demo/milestone/Unknown").expect(200);
    assert_eq!(form.attributes("input[name=name]", "value"), ["Unknown"]);
    kim.get("/demo/milestone/Unknown?format=json").expect(404);
    kim.get("/demo/milestone/Unknown?action=edit").expect(404);

    test.revoke("members", &["MILESTONE_VIEW"]);
    let stranger = lee.get("/demo/milestone/M1").expect(404);
    assert_eq!(stranger.without_token(), lee.get("/demo/milestone/M1").without_token());
    lee.get("/demo/milestone/M1?action=edit").expect(404);
    lee.post_json("/demo/milestone/M1", &json!({ "name": "X", "view_time": "1" })).expect(404);
    lee.get("/demo/attachment/milestone/M1/").expect(404);
    assert!(!lee.get("/demo/roadmap").expect(200).words().contains("M1"));
}

#[test]
fn markup_in_names_and_descriptions_stays_inert() {
    let test = TestSite::new();
    let kim = planner(&test);
    let nasty = "<script>alert(1)</script>\"'&%41#x?y=1";
    plan(&kim, nasty, "2020-01-01");
    let address = "/demo/milestone/%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26%2541%23x%3Fy%3D1";
    kim.save_page("Plan", "[[Roadmap]]\n\n[[Milestone(\"<script>alert(1)</script>\\\"'&%41#x?y=1\")]]");
    let form = kim
        .submit(&format!("{address}?action=edit"), &[("description", "<img src=x onerror=alert(1)>"), ("save", "1")]);
    form.expect(303);
    for page in [
        address,
        "/demo/roadmap",
        "/demo/wiki/Plan",
        "/demo/admin/ticket/milestones",
        "/demo/roadmap?format=atom",
        &format!("{address}?action=edit"),
        &format!("{address}?action=delete"),
    ] {
        let text = kim.get(page).expect(200).text();
        assert!(!text.contains("<script>alert") && !text.contains("onerror=alert(1)>"), "{page}");
    }
    assert_eq!(kim.get(address).all("h1"), [nasty]);
    assert_eq!(kim.get(&format!("{address}?format=json")).json()["name"], nasty);
    assert_eq!(kim.get("/demo/wiki/Plan").all(".macro-box"), Vec::<String>::new());
}

#[test]
fn links_tell_how_a_milestone_stands() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "Next", "9999-12-31");
    plan(&kim, "Late one", "2020-02-29");
    plan(&kim, "Done", "");
    plan(&kim, "Some day", "");
    kim.submit("/demo/milestone/Done?action=edit", &[("completed", "1"), ("save", "1")]).expect(303);
    kim.save_page(
        "Plan",
        "milestone:Next milestone:\"Late one\" milestone:Done [some](milestone:\"Some day\") milestone:Nothing",
    );
    let page = kim.page("Plan").expect(200);
    let titles = page.attributes("article a[title]", "title");
    assert!(titles[0].starts_with("Due in ") && titles[0].ends_with("years (31 Dec 9999)"), "{titles:?}");
    assert!(titles[1].ends_with("late (29 Feb 2020)"), "{titles:?}");
    assert!(titles[2].starts_with("Completed "), "{titles:?}");
    assert_eq!(titles[3], "No date set");
    assert_eq!(page.all("article a.closed"), ["milestone:Done"]);
    assert_eq!(page.attributes("article .missing", "href"), ["/demo/milestone/Nothing"]);
    let lee = test.user("lee").member();
    assert_eq!(lee.page("Plan").attributes("article .missing", "href"), Vec::<String>::new());
}

#[test]
fn milestones_are_found_by_searching_under_their_present_name() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&kim, "Wombat", "");
    kim.submit(
        "/demo/milestone/Wombat?action=edit",
        &[("name", "Quokka"), ("description", "with numbats"), ("save", "1")],
    )
    .expect(303);
    test.catch_up();
    let found = |words: &str| kim.get(&format!("/demo/search?q={words}&format=json")).expect(200).json();
    assert_eq!(found("numbats")["items"][0]["title"], "Quokka");
    assert_eq!(found("numbats")["items"][0]["url"], "http://127.0.0.1:8000/demo/milestone/Quokka");
    assert_eq!(found("wombat")["total"], 0);
    kim.submit("/demo/milestone/Quokka?action=delete", &[("action", "delete")]).expect(303);
    assert_eq!(found("numbats")["total"], 0);
}

#[test]
fn the_administration_lists_adds_and_chooses_the_default() {
    let test = TestSite::new();
    let kim = planner(&test);
    let page = "/demo/admin/ticket/milestones";
    kim.submit(page, &[("name", "M2"), ("duedate", "2099-01-01")]).expect(303);
    kim.submit(page, &[("name", "M10"), ("duedate", "2099-01-01")]).expect(303);
    assert_eq!(kim.submit(page, &[("name", "m2"), ("duedate", "x")]).expect(422).problems().len(), 1);
    assert_eq!(kim.submit(page, &[("name", "m2"), ("duedate", "")]).expect(422).problems()[0].0, "name");
    let names: Vec<String> = kim.get(page).all("tbody td a > bdi");
    assert_eq!(names, ["M2", "M10"]);
    let id = id_of(&test, "M10").to_string();
    kim.submit(page, &[("default", &id)]).expect(303);
    assert_eq!(kim.get(page).attributes("input[name=default][checked]", "value"), [id]);
    kim.submit(page, &[("default", "")]).expect(303);
    assert_eq!(kim.get(page).attributes("input[name=default][checked]", "value"), [""]);
    kim.submit(page, &[("default", "999")]).expect(422);
}

#[test]
fn the_command_plans_changes_and_removes_under_the_rights_of_whom_it_acts_for() {
    let test = TestSite::new();
    test.user("lee").member();
    assert_eq!(
        test.command(&["milestone", "create", "demo", "M 1", "--due", "2099-03-01", "--default"]).expect(0).stdout,
        "M 1\n"
    );
    test.command_with_input(&["milestone", "create", "demo", "M 2", "--description", "-"], "From a pipe.").expect(0);
    test.command(&["milestone", "change", "demo", "m 1", "--name", "M one", "--completed", "now", "--retarget", "M 2"])
        .expect(0);
    let shown = test.command(&["milestone", "show", "demo", "M 1", "--format", "json"]).expect(0);
    let json: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&json["name"], &json["due"], &json["default"]), (&json!("M one"), &json!("2099-03-01"), &json!(true)));
    assert_eq!(test.command(&["milestone", "list", "demo", "--format", "ids"]).expect(0).stdout, "M one\nM 2\n");
    test.command(&["milestone", "change", "demo", "M one", "--completed", "no", "--due", "", "--no-default"]).expect(0);
    let refused = test.command(&["milestone", "change", "demo", "M one", "--due", "0000-01-01"]).expect(1);
    assert!(refused.stderr.contains("year 0") && refused.stderr.lines().count() == 1, "{}", refused.stderr);
    test.command(&["milestone", "change", "demo", "M one", "--completed", "9999-12-31"]).expect(1);
    test.command(&["milestone", "change", "demo", "M one", "--retarget", "M 2"]).expect(1);
    test.command(&["milestone", "remove", "demo", "Nothing"]).expect(1);
    let lee = test.command(&["--as", "lee", "milestone", "remove", "demo", "M 2"]).expect(1);
    assert!(lee.stderr.contains("MILESTONE_DELETE"), "{}", lee.stderr);
    test.command(&["--as", "anonymous", "milestone", "list", "demo"]).expect(1);
    test.command(&["milestone", "remove", "demo", "M 2"]).expect(0);
    assert_eq!(test.command(&["milestone", "list", "demo", "--format", "ids"]).expect(0).stdout, "M one\n");
}
