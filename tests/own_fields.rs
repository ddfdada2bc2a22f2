//! Fields that a project defines itself (rows F01 to F10): defined in the browser and by command, typed, asked for, shown,
//! exported and searched like all others.

use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{Person, TestSite};

const PAGE: &str = "/demo/admin/ticket/fields";

/// A field of each kind.
fn define(test: &TestSite) {
    for arguments in [
        "found_in --kind select --option alpha --option beta --option final --default beta",
        "tags --kind text --show-as list",
        "customer --kind text",
        "story --kind textarea",
        "checked --kind checkbox",
        "level --kind radio --option low --option high",
        "systems --kind multiple --option linux --option mac --option windows",
        "seen_at --kind time",
        "ship --kind date",
        "cost --kind number",
        "tester --kind user",
        "paper --kind url",
    ] {
        let words: Vec<&str> = ["field", "create", "demo"].into_iter().chain(arguments.split(' ')).collect();
        test.command(&words).expect(0);
    }
}

fn values() -> Value {
    json!({
        "summary": "All of them", "found_in": "final", "tags": "red blue", "customer": "Harbour & sons", "story": "Once *upon*",
        "checked": "1", "level": "high", "systems": "linux, mac", "seen_at": "2026-03-01T10:00Z", "ship": "2026-04-01",
        "cost": "012.50", "tester": "kim", "paper": "https://example.org/a",
    })
}

fn ids(person: &Person<'_>, query: &str) -> Vec<i64> {
    let answer = person.get(&format!("/demo/query?{query}&order=id&format=json")).expect(200).json();
    answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_field_of_each_kind_is_filed_shown_found_and_exported() {
    let test = TestSite::new();
    define(&test);
    let kim = test.user("kim").member().can("TICKET_ADMIN");

    let filed = kim.post_json("/demo/newticket", &values()).expect(201).json();
    let other = kim.post_json("/demo/newticket", &json!({ "summary": "None of them" })).expect(201).json();

    let custom = &filed["custom"];
    assert_eq!(custom["found_in"], "final");
    assert_eq!(custom["tags"], json!(["red", "blue"]));
    assert_eq!(custom["checked"], true);
    assert_eq!(custom["systems"], json!(["linux", "mac"]));
    assert_eq!(custom["seen_at"], "2026-03-01T10:00:00.000000Z");
    assert_eq!(
        (&custom["ship"], &custom["cost"], &custom["tester"]),
        (&json!("2026-04-01"), &json!(12.5), &json!("kim"))
    );
    assert_eq!(custom["story"], "Once *upon*");
    assert_eq!((&other["custom"]["found_in"], &other["custom"]["customer"]), (&json!("beta"), &Value::Null));

    let page = kim.get("/demo/ticket/1").expect(200);
    for said in ["Harbour & sons", "final", "linux, mac", "2026-04-01", "12.5", "https://example.org/a", "Once upon"] {
        assert!(page.words().contains(said), "{said}: {}", page.words());
    }
    for (query, found) in [
        ("found_in=final", vec![1]),
        ("found_in=!final", vec![2]),
        ("tags=~red", vec![1]),
        ("customer=~harbour", vec![1]),
        ("customer=", vec![2]),
        ("story=~upon", vec![1]),
        ("checked=1", vec![1]),
        ("checked=0", vec![2]),
        ("level=high", vec![1]),
        ("systems=mac", vec![1]),
        ("systems=!mac", vec![2]),
        ("systems=", vec![2]),
        ("seen_at=2026-02-28..2026-03-02", vec![1]),
        ("ship=2026-04-01..2026-04-02", vec![1]),
        ("ship=..2026-04-01", vec![]),
        ("cost=12..13", vec![1]),
        ("cost=13..", vec![]),
        ("tester=kim", vec![1]),
        ("paper=^https", vec![1]),
    ] {
        assert_eq!(ids(&kim, query), found, "{query}");
    }
    let list = kim.get("/demo/query?col=id&col=found_in&col=cost&col=systems&order=cost&group=found_in&format=csv");
    let csv = list.expect(200).text();
    assert!(csv.contains("final,12.5,\"linux, mac\""), "{csv}");
    kim.get("/demo/query?order=tester&desc=1&group=level&col=story&col=ship&row=story").expect(200);
    test.catch_up();
    let found = kim.get("/demo/search?q=harbour&format=json").expect(200).json();
    assert_eq!(found["total"], 1);
    assert!(test.command(&["check"]).expect(0).stdout.contains("nothing found"), "spans and rows agree");
}

#[test]
fn what_is_wrong_is_told_by_field_and_a_change_is_told_in_words() {
    let test = TestSite::new();
    define(&test);
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let wrong = json!({
        "summary": "Wrong", "found_in": "gamma", "systems": "linux, amiga", "seen_at": "soon", "ship": "2026-13-01",
        "cost": "much", "paper": "javascript:alert(1)", "checked": "perhaps",
    });

    let refused = kim.post_json("/demo/newticket", &wrong).expect(422).json();

    let fields: Vec<&str> =
        refused["problems"].as_array().unwrap().iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    for field in ["found_in", "systems", "seen_at", "ship", "cost", "paper", "checked"] {
        assert!(fields.contains(&format!("field_{field}").as_str()), "{field}: {fields:?}");
    }
    kim.post_json("/demo/newticket", &values()).expect(201);
    let form = [("field_found_in", "alpha"), ("field_cost", "3"), ("field_checkbox_systems", "1"), ("comment", "")];
    kim.submit("/demo/ticket/1", &form).expect(303);
    let page = kim.get("/demo/ticket/1").expect(200);
    let changes = page.all(".changes li").join("\n");
    assert!(changes.contains("final") && changes.contains("alpha") && changes.contains("12.5"), "{changes}");
}

#[test]
fn a_default_shows_on_older_tickets_and_writes_no_history() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    kim.post_json("/demo/newticket", &json!({ "summary": "Older" })).expect(201);

    let preview = test.command(&[
        "field", "create", "demo", "found_in", "--kind", "select", "--option", "alpha", "--option", "beta",
        "--default", "beta", "--preview",
    ]);
    assert!(preview.expect(0).stdout.contains("1 ticket is shown with the default “beta”"));
    assert!(kim.get(&format!("{PAGE}?format=json")).expect(200).json()["items"].as_array().unwrap().is_empty());
    test.command(&[
        "field", "create", "demo", "found_in", "--kind", "select", "--option", "alpha", "--option", "beta",
        "--default", "beta",
    ])
    .expect(0);

    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!((&ticket["custom"]["found_in"], ticket["comments"].as_array().unwrap().len()), (&json!("beta"), 0));
    assert_eq!(ids(&kim, "found_in=beta"), [1]);
    kim.post_json("/demo/ticket/1", &json!({ "found_in": "beta" })).expect(200);
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert!(ticket["comments"].as_array().unwrap().is_empty(), "setting it to the default writes nothing");
}

#[test]
fn a_retired_field_is_hidden_and_comes_back_with_its_values() {
    let test = TestSite::new();
    define(&test);
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    kim.post_json("/demo/newticket", &values()).expect(201);

    test.command(&["field", "remove", "demo", "customer"]).expect(0);
    assert!(!kim.get("/demo/ticket/1").expect(200).words().contains("Harbour"));
    assert!(!kim.get("/demo/newticket").expect(200).text().contains("field_customer"));
    test.command(&["field", "restore", "demo", "customer"]).expect(0);
    assert!(kim.get("/demo/ticket/1").expect(200).words().contains("Harbour"));

    test.command(&["field", "change", "demo", "found_in", "--rename-option", "final=gold"]).expect(0);
    assert!(kim.get("/demo/ticket/1").expect(200).words().contains("gold"));
    let refused = test.command(&["field", "change", "demo", "customer", "--kind", "number"]).expect(1);
    assert!(refused.stderr.contains("stays a text"), "{}", refused.stderr);
}

#[test]
fn a_field_may_be_required_in_a_state_and_belong_to_some_types() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    test.command(&["field", "create", "demo", "cause", "--required-in", "closed", "--type", "defect"]).expect(0);
    for kind in ["defect", "task"] {
        kim.post_json("/demo/newticket", &json!({ "summary": "One", "type": kind })).expect(201);
    }

    let refused = kim.post_json("/demo/ticket/1", &json!({ "action": "resolve" })).expect(422).json();
    assert_eq!(refused["problems"][0]["field"], "field_cause");
    kim.post_json("/demo/ticket/1", &json!({ "action": "resolve", "cause": "Rust" })).expect(201);
    kim.post_json("/demo/ticket/2", &json!({ "action": "resolve" })).expect(201);
    kim.post_json("/demo/ticket/2", &json!({ "cause": "Rust" })).expect(422);
    assert!(!kim.get("/demo/ticket/2").expect(200).all("dt").contains(&"Cause".to_owned()));
}

#[test]
fn fields_are_defined_in_the_browser_with_a_preview() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    assert!(kim.get(PAGE).expect(200).words().contains("This project has no fields of its own."));

    let shown = kim.submit(PAGE, &[("name", "found_in"), ("act", "preview")]).expect(200);
    assert!(shown.words().contains("Saving would"), "{}", shown.words());
    assert!(kim.get(&format!("{PAGE}?format=json")).expect(200).json()["items"].as_array().unwrap().is_empty());
    kim.submit(PAGE, &[("name", "found_in"), ("label", "<b>Found</b>"), ("act", "save")]).expect(303);
    assert_eq!(kim.get(PAGE).expect(200).all(".texts details summary bdi"), ["<b>Found</b>"]);
    let body = |name: &str| json!({ "act": "save", "name": name });
    for name in ["summary", "a", "1st", "found in", "FOUND_IN", "status", "cc"] {
        let refused = kim.post_json(PAGE, &body(name)).expect(422).json();
        assert_eq!(refused["problems"][0]["field"], "name", "{name}");
    }
    let lee = test.user("lee").member();
    lee.get(PAGE).expect(404);
    lee.post_json(PAGE, &body("more")).expect(404);
}

#[test]
fn the_manual_tells_of_each_kind_with_a_value_that_it_takes() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    test.user("ann").member();
    kim.save_page("Fields", "[[Reference(fields)]]");

    let page = Html::parse_document(&kim.get("/demo/wiki/Fields").expect(200).text());
    let table = page.select(&selector("table")).find(|table| words(*table).contains("In every project")).unwrap();
    let rows: Vec<Vec<String>> =
        table.select(&selector("tbody tr")).map(|row| row.select(&selector("td")).map(words).collect()).collect();
    let listed: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    for kind in ["text", "textarea", "select", "user", "url", "milestone", "duration", "noted"] {
        assert!(listed.contains(&kind), "{kind} is missing: {listed:?}");
    }

    let mut taken = 0;
    for row in &rows {
        let (kind, example) = (row[0].as_str(), row[2].as_str());
        let name = format!("own_{kind}");
        let mut words = vec!["field", "create", "demo", &name, "--kind", kind];
        if matches!(kind, "select" | "radio" | "multiple") {
            words.extend(example.split(", ").flat_map(|option| ["--option", option]));
        }
        let answer = test.command(&words);
        let may_be_defined = !["people", "status", "milestone", "duration", "tickets", "noted"].contains(&kind);
        if !may_be_defined {
            assert_ne!(answer.status, 0, "{kind}");
            continue;
        }
        answer.expect(0);
        for format in row[3].split_whitespace() {
            test.command(&["field", "change", "demo", &name, "--show-as", format]).expect(0);
        }
        let filed = kim.post_json("/demo/newticket", &json!({ "summary": kind, name.as_str(): example })).expect(201);
        assert!(!filed.json()["custom"][&name].is_null(), "{kind} takes {example}");
        taken += 1;
    }
    assert_eq!(taken, 11);
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}
