//! What tickets choose from: administered in the browser, by JSON and by command, all by the same rules.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

fn list(person: &Person<'_>, page: &str) -> Vec<Value> {
    let answer = person.get(&format!("/demo/admin/ticket/{page}?format=json")).expect(200);
    answer.json()["items"].as_array().unwrap().clone()
}

/// Names in order; a star marks the default, brackets what is retired.
fn names(person: &Person<'_>, page: &str) -> Vec<String> {
    let name = |item: &Value| {
        let name = item["name"].as_str().unwrap();
        match (item["default"] == json!(true), item["retired"] == json!(true)) {
            (true, _) => format!("{name}*"),
            (_, true) => format!("({name})"),
            _ => name.to_owned(),
        }
    };
    list(person, page).iter().map(name).collect()
}

fn id(person: &Person<'_>, page: &str, name: &str) -> String {
    list(person, page).iter().find(|item| item["name"] == name).unwrap()["id"].to_string()
}

/// Sends a form of the page with exactly these fields.
fn send(person: &Person<'_>, page: &str, fields: &[(&str, &str)]) -> Answer {
    let token = person.form(page, &[]).fields[0].1.clone();
    let fields: Vec<(&str, &str)> =
        [("__FORM_TOKEN", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    person.post(page, &fields)
}

/// A ticket that has an option, as the history keeps it too.
fn ticket_with(test: &TestSite, field: &str, name: &str) {
    test.demo()
        .db()
        .write(|db| {
            db.execute(
                &format!(
                    "insert into ticket (created_at, changed_at, summary, status, {field})
                     values (1, 1, 'A ticket', 1, (select id from field_option where field = ?1 and name = ?2))"
                ),
                [field, name],
            )?;
            Ok(())
        })
        .unwrap();
}

fn events(test: &TestSite) -> Vec<String> {
    test.demo()
        .read(|db| {
            let mut statement = db.prepare("select kind from event where resource_kind = 'option' order by id")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap()
}

#[test]
fn components_get_names_owners_and_descriptions_by_the_form() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let page = "/demo/admin/ticket/components";
    assert!(kim.get(page).expect(200).words().contains("There is no component yet."));

    let add = [("act", "add"), ("name", " Doors "), ("description", "What opens."), ("owner", "kim")];
    let told = kim.follow(kim.submit(page, &add[1..]).expect(303).location());

    assert_eq!(told.all("table.options summary bdi"), ["Doors"]);
    assert_eq!(list(&kim, "components")[0]["owner"], "kim");
    let refused = send(&kim, page, &[("act", "add"), ("name", "DOORS"), ("owner", "kim")]).expect(422);
    assert_eq!(refused.problems(), [("name".to_owned(), "There is a component “DOORS” already.".to_owned())]);
    assert_eq!(refused.attributes("#field-name", "value"), ["DOORS"]);
    let refused = send(&kim, page, &[("act", "add"), ("name", "Walls"), ("owner", "nobody-here")]).expect(422);
    assert_eq!(refused.problems()[0].0, "owner");
    let doors = id(&kim, "components", "Doors");
    let refused =
        send(&kim, page, &[("act", "change"), ("id", &doors), ("name", ""), ("description", "Kept.")]).expect(422);
    assert_eq!(refused.attributes("details[open] input[name=description]", "value"), ["Kept."]);
    assert_eq!(events(&test), ["option.created"]);
}

#[test]
fn a_rename_is_one_row_and_one_event_and_tickets_keep_pointing_to_it() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    ticket_with(&test, "priority", "major");
    let major = id(&kim, "priorities", "major");

    let body = json!({ "act": "change", "id": major, "name": "Important", "description": "Soon." });
    let changed = kim.post_json("/demo/admin/ticket/priorities", &body).expect(200).json();

    assert_eq!((changed["name"].as_str(), changed["description"].as_str()), (Some("Important"), Some("Soon.")));
    assert_eq!(names(&kim, "priorities"), ["blocker", "critical", "Important*", "minor", "trivial"]);
    assert_eq!(events(&test), ["option.renamed", "option.changed"]);
    let shown = kim.get("/demo/admin/ticket/priorities").expect(200);
    assert_eq!(shown.attributes("td.number a", "href"), ["/demo/query?priority=Important"]);
    kim.post_json("/demo/admin/ticket/priorities", &body).expect(200);
    assert_eq!(events(&test).len(), 2, "nothing changed, so nothing is recorded");
}

#[test]
fn search_finds_tickets_by_the_new_name_of_an_option() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    ada.post_json("/demo/newticket", &json!({ "summary": "Doors", "priority": "blocker" })).expect(201);
    test.catch_up();
    let found = |query: &str| {
        ada.get(&format!("/demo/search?q={query}&format=json")).expect(200).json()["total"].as_i64().unwrap()
    };
    assert_eq!((found("priority:blocker"), found("priority:urgent")), (1, 0));

    test.command(&["priority", "change", "demo", "blocker", "--rename", "urgent"]).expect(0);
    test.catch_up();
    assert_eq!((found("priority:blocker"), found("priority:urgent")), (0, 1));
}

#[test]
fn what_tickets_have_is_retired_and_what_none_ever_had_is_deleted() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    ticket_with(&test, "type", "defect");
    let page = "/demo/admin/ticket/types";
    let act = |act: &str, name: &str| kim.post_json(page, &json!({ "act": act, "id": id(&kim, "types", name) })).status;

    assert_eq!((act("retire", "defect"), act("retire", "task")), (200, 200));
    assert_eq!(names(&kim, "types"), ["enhancement", "(defect)"]);
    assert_eq!(act("retire", "defect"), 409, "it is retired already");
    assert_eq!(act("up", "defect"), 409, "a retired one has no place in the order");
    assert_eq!(act("restore", "defect"), 200);
    assert_eq!(names(&kim, "types"), ["enhancement", "defect"]);
    assert_eq!(act("restore", "defect"), 409);
    act("retire", "defect");
    kim.post_json(page, &json!({ "act": "add", "name": "Defect" })).expect(201);
    let retired = list(&kim, "types").iter().find(|item| item["retired"] == true).unwrap()["id"].clone();
    kim.post_json(page, &json!({ "act": "restore", "id": retired })).expect(422);
}

#[test]
fn order_and_default_are_set_by_hand() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let page = "/demo/admin/ticket/priorities";
    let act = |act: &str, name: &str| {
        kim.post_json(page, &json!({ "act": act, "id": id(&kim, "priorities", name) })).expect(200);
    };

    act("up", "trivial");
    act("down", "blocker");
    act("up", "critical");
    assert_eq!(names(&kim, "priorities"), ["critical", "blocker", "major*", "trivial", "minor"]);
    assert_eq!(events(&test).len(), 2, "the first one has no further way up");

    send(&kim, page, &[("act", "default"), ("default", &id(&kim, "priorities", "minor"))]).expect(303);
    assert_eq!(names(&kim, "priorities")[4], "minor*");
    kim.post_json(page, &json!({ "act": "default", "default": "" })).expect(200);
    assert!(!names(&kim, "priorities").iter().any(|name| name.ends_with('*')));
}

#[test]
fn commands_do_the_same_by_the_same_rules() {
    let test = TestSite::new();
    test.user("kim").member();
    let run = |line: &str| test.command(&line.split('|').collect::<Vec<_>>());

    run("version|create|demo|1.0|--released|2026-01-31|--description|The first one").expect(0);
    run("version|create|demo|2.0|--default").expect(0);
    run("version|create|demo|1.5|--released|2026-06-01").expect(0);
    let listed = run("version|list|demo|--format|csv").expect(0).stdout;
    assert_eq!(
        listed,
        "name,description,default,tickets,retired,released\n2.0,,true,0,false,\n1.5,,false,0,false,2026-06-01\n\
         1.0,The first one,false,0,false,2026-01-31\n"
    );
    run("version|change|demo|1.5|--name|1.6|--released||--no-default").expect(0);
    run("version|remove|demo|1.0").expect(0);
    assert_eq!(run("version|list|demo|--format|ids").expect(0).stdout, "2.0\n1.6\n");

    run("component|create|demo|Doors|--owner|kim").expect(0);
    assert!(run("component|list|demo").expect(0).stdout.contains("kim"));
    run("priority|change|demo|minor|--up").expect(0);
    let expected = "blocker\ncritical\nminor\nmajor\ntrivial\n";
    assert_eq!(run("priority|list|demo|--format|ids").expect(0).stdout, expected);

    for (line, status, why) in [
        ("version|create|demo|2.0", 1, "already"),
        ("version|create|demo|3.0|--released|soon", 1, "is no date"),
        ("version|create|demo|3.0|--released|0000-01-01", 1, "between 0001-01-01"),
        ("version|create|demo|3.0|--released|9999-12-31", 1, "between 0001-01-01"),
        ("version|change|demo|2.0|--up", 1, "ordered by the day"),
        ("type|create|demo|", 1, "needs a name"),
        ("type|create|demo|Question|--owner|kim", 1, "Only a component"),
        ("severity|remove|demo|bad", 1, "there is no severity"),
        ("resolution|create|demo|Gone|--as|kim", 1, "TICKET_ADMIN"),
        ("priority|change|demo|minor|--up|--down", 2, "--down"),
    ] {
        let output = run(line).expect(status);
        assert!(output.stderr.contains(why), "{line}: {}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{line}: {}", output.stderr);
    }
}

#[test]
fn only_those_with_the_right_find_the_administration() {
    let test = TestSite::new();
    let (kim, pat) = (test.user("kim").member().can("TICKET_ADMIN"), test.user("pat").member());
    let nowhere = pat.get("/demo/nowhere").words();

    assert_eq!(pat.get("/demo/admin").expect(404).words(), nowhere);
    assert_eq!(pat.get("/demo/admin/ticket/types").expect(404).words(), nowhere);
    let links = kim.get("/demo/admin").expect(200).attributes("main dt a", "href");
    for page in ["components", "versions", "types", "priorities", "severities", "resolutions"] {
        assert!(links.contains(&format!("/demo/admin/ticket/{page}")), "{page}: {links:?}");
        kim.get(&format!("/demo/admin/ticket/{page}")).expect(200);
    }
    assert_eq!(kim.get("/demo/timeline").attributes("a[href='/demo/admin']", "href").len(), 1);
    assert!(pat.get("/demo/timeline").attributes("a[href='/demo/admin']", "href").is_empty());
    let pat = pat.can("MILESTONE_ADMIN");
    assert_eq!(pat.get("/demo/timeline").attributes("a[href='/demo/admin']", "href").len(), 1);
    pat.get("/demo/admin").expect(200);
}

#[test]
fn markup_in_a_name_stays_text_and_forged_acts_do_nothing() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let name = "<script>alert(1)</script> \"&' | [[x]]";
    kim.submit("/demo/admin/ticket/severities", &[("name", name), ("description", "<b>")]).expect(303);

    let page = kim.get("/demo/admin/ticket/severities").expect(200);
    assert_eq!(page.all("table.options summary bdi"), [name]);
    assert!(!page.text().contains("<script>alert"));
    let severity = id(&kim, "severities", name);
    for body in [
        json!({ "act": "retire", "id": severity }),
        json!({ "act": "default", "default": severity }),
        json!({ "act": "change", "id": severity, "name": "x" }),
    ] {
        kim.post_json("/demo/admin/ticket/types", &body).expect(404);
    }
    let long = "x".repeat(201);
    for body in [
        json!({ "act": "add", "name": long }),
        json!({ "act": "add", "name": "a\nb" }),
        json!({ "act": "add", "name": "a", "description": "a\nb" }),
        json!({ "act": "change", "id": "x" }),
        json!({ "act": "default", "default": "x" }),
        json!({}),
    ] {
        kim.post_json("/demo/admin/ticket/types", &body).expect(422);
    }
    assert_eq!(events(&test), ["option.created"]);
}

#[test]
fn descriptions_are_lines_of_text_with_links_and_nothing_that_runs() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN").can("TICKET_VIEW");
    kim.save_page("Doors", "All doors.");
    let page = "/demo/admin/ticket/components";
    let description = "See [[Doors]], **soon** <script>alert(1)</script>";
    send(&kim, page, &[("act", "add"), ("name", "door"), ("description", description)]).expect(303);
    let shown = kim.get(page).expect(200);
    assert_eq!(shown.all(".files-about a"), ["Doors"]);
    assert_eq!(shown.all(".files-about strong"), ["soon"]);
    assert!(shown.all("main script").is_empty());
    assert!(shown.text().contains(r#"value="See [[Doors]], **soon** &lt;script&gt;"#), "the form keeps what was typed");
}
