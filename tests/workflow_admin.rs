//! The workflow of a project as its administrators write it, on the page and by command.

use serde_json::{Value, json};

use crate::support::{Person, TestSite};

const PAGE: &str = "/demo/admin/ticket/workflow";

const SHORT: &str = "create = <none> -> new\n\
    ask = new -> asked\n\
    answer = asked -> new\n\
    finish = new, asked -> done\n\
    finish.operations = set_resolution\n\
    [ticket-status]\n\
    asked = waiting\n";

fn put(test: &TestSite, text: &str) -> String {
    test.command_with_input(&["workflow", "set", "demo", "-"], text).expect(0).stderr
}

fn put_with(test: &TestSite, text: &str, options: &[&str]) {
    let command = [&["workflow", "set", "demo", "-"], options].concat();
    test.command_with_input(&command, text).expect(0);
}

fn ticket(test: &TestSite, number: &str) -> Value {
    let output = test.command(&["ticket", "show", "demo", number, "--format", "json"]).expect(0);
    serde_json::from_str(&output.stdout).unwrap()
}

fn administrator(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("TICKET_ADMIN")
}

/// Name, category, and whether it is retired.
fn states(test: &TestSite) -> Vec<(String, String, bool)> {
    test.demo()
        .read(|db| {
            let mut statement =
                db.prepare("select name, category, retired_at is not null from ticket_status order by rank, id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap()
}

fn closed_at(test: &TestSite, number: i64) -> Option<i64> {
    test.demo()
        .read(|db| Ok(db.query_row("select closed_at from ticket where id = ?1", [number], |row| row.get(0))?))
        .unwrap()
}

#[test]
fn a_definition_that_is_saved_decides_what_can_be_done() {
    let test = TestSite::new();
    let kim = administrator(&test);
    test.command(&["ticket", "new", "demo", "--summary", "Doors"]).expect(0);
    kim.submit(PAGE, &[("definition", SHORT), ("save", "1")]).expect(303);
    let page = kim.get(PAGE).expect(200);
    assert!(page.words().contains("asked") && page.words().contains("done"), "{}", page.words());
    assert!(!page.words().contains("not in force"));
    test.command(&["ticket", "change", "demo", "1", "--action", "accept"]).expect(1);
    test.command(&["ticket", "change", "demo", "1", "--action", "ask"]).expect(0);
    assert_eq!(ticket(&test, "1")["status"], "asked");
    let named = |name: &str, category: &str, retired| (name.to_owned(), category.to_owned(), retired);
    let expected = [named("new", "open", false), named("asked", "waiting", false), named("done", "closed", false)];
    assert_eq!(states(&test)[..3], expected);
    assert!(states(&test)[3..].iter().all(|(_, _, retired)| *retired));
    assert_eq!(test.command(&["workflow", "show", "demo"]).expect(0).stdout, SHORT);
    let event = test.demo().read(|db| {
        let sql = "select resource_kind, resource_id from event where kind = 'workflow.changed'";
        Ok(db.query_row(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?)
    });
    assert_eq!(event.unwrap(), ("project".to_owned(), 0));
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_check_shows_what_a_text_would_mean_and_saves_nothing() {
    let test = TestSite::new();
    let kim = administrator(&test);
    let events = test.event_count();
    let text = format!("{SHORT}nonsense\nask.permissions = FLY\n");
    let page = kim.submit(PAGE, &[("definition", &text), ("preview", "1")]).expect(200);
    let words = page.words();
    for said in ["not in force yet", "Line 8:", "FLY", "finish", "asked"] {
        assert!(words.contains(said), "{said} is not in {words}");
    }
    assert!(page.main().contains("nonsense\n"));
    let cells = page.all("[aria-label='What can be done in each state'] td");
    let expected = [
        "a new ticket",
        "create → new",
        "new",
        "finish → done, ask → asked",
        "asked",
        "finish → done, answer → new",
        "done",
        "nothing",
    ];
    assert_eq!(cells[..8], expected);
    assert_eq!(test.event_count(), events);
}

#[test]
fn each_shipped_definition_can_be_loaded_and_put_in_force() {
    let test = TestSite::new();
    let kim = administrator(&test);
    let list = test.command(&["workflow", "list", "--format", "ids"]).expect(0).stdout;
    assert_eq!(
        list.lines().collect::<Vec<_>>(),
        ["basic", "original", "simple", "trivial", "enterprise", "opensource", "rt", "classroom"]
    );
    for name in list.lines() {
        let page = format!("{PAGE}?shipped={name}");
        let loaded = kim.get(&page).expect(200);
        assert_eq!(loaded.words().contains("not in force yet"), name != "basic", "{name}");
        assert_eq!(loaded.attributes("svg.flow", "role"), ["img"], "{name}");
        // What the one before it has and this one has not goes to the first of its own.
        let names = loaded.attributes("fieldset.moves select", "name");
        let first = loaded.attributes("fieldset.moves option:nth-child(2)", "value");
        let moves = names.iter().zip(&first).map(|(name, to)| (name.as_str(), to.as_str()));
        kim.submit(&page, &moves.chain([("save", "1")]).collect::<Vec<_>>()).expect(303);
        let saved = test.command(&["workflow", "show", "demo"]).expect(0).stdout;
        assert_eq!(test.command(&["workflow", "set", "demo", "--shipped", name]).expect(0).stderr, "", "{name}");
        assert_eq!(test.command(&["workflow", "show", "demo"]).expect(0).stdout, saved);
        test.command(&["ticket", "new", "demo", "--summary", name]).expect(0);
    }
    kim.get(&format!("{PAGE}?shipped=mine")).expect(404);
    test.command(&["workflow", "set", "demo", "--shipped", "mine"]).expect(2);
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_definition_by_which_nobody_could_file_a_ticket_is_refused_with_the_text_kept() {
    let test = TestSite::new();
    let kim = administrator(&test);
    test.command(&["ticket", "new", "demo", "--summary", "Doors"]).expect(0);
    let events = test.event_count();
    let large = format!("{SHORT}{}", "# more\n".repeat(10_000));
    for (text, words) in [
        ("", "no state"),
        ("# nothing here", "no state"),
        ("leave = * -> *", "no state"),
        ("finish = new -> done", "file a ticket"),
        (large.as_str(), "bytes"),
    ] {
        let page = kim.submit(PAGE, &[("definition", text), ("save", "1")]).expect(422);
        let problems = page.problems();
        assert!(problems.iter().any(|(field, why)| field == "definition" && why.contains(words)), "{problems:?}");
        let kept = page.attributes("textarea", "name").into_iter().zip(page.all("textarea")).next();
        let written = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(kept, Some(("definition".to_owned(), written)));
        let refused = test.command_with_input(&["workflow", "set", "demo", "-"], text).expect(1).stderr;
        assert!(refused.lines().count() == 1 && (refused.contains(words) || refused.contains("65536")), "{refused}");
    }
    assert_eq!(test.event_count(), events);
    assert_eq!(states(&test).len(), 5);
}

#[test]
fn a_definition_that_strands_tickets_is_refused_until_it_says_where_they_go() {
    let test = TestSite::new();
    let kim = administrator(&test);
    put(&test, SHORT);
    for _ in 0..2 {
        test.command(&["ticket", "new", "demo", "--summary", "Doors"]).expect(0);
        test.command(&["ticket", "change", "demo", "1", "--action", "ask"]);
    }
    test.command(&["ticket", "change", "demo", "2", "--action", "finish"]).expect(0);
    let newest = |test: &TestSite| -> i64 {
        test.demo().read(|db| Ok(db.query_row("select max(id) from event", [], |row| row.get(0))?)).unwrap()
    };
    let before = newest(&test);
    let text = "create = <none> -> idea\nend = idea -> dropped\n[ticket-status]\ndropped = closed\n";
    let send = |moves: &[(&str, &str)]| {
        let mut form = kim.form(PAGE, &[("definition", text), ("save", "1")]);
        form.fill(moves);
        kim.post(&form.action, &form.fields.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>())
    };
    let refused = send(&[]).expect(422);
    let problems = refused.problems();
    let fields: Vec<&str> = problems.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["map_asked", "map_done"]);
    assert!(problems[0].1.contains("1 ticket is in the state “asked”") && problems[0].1.contains("idea, dropped"));
    assert_eq!(refused.attributes("fieldset.moves select", "name"), ["map_asked", "map_done"]);
    let refused = send(&[("map_asked", "nowhere"), ("map_done", "idea")]).expect(422);
    assert_eq!(refused.problems(), [("map_asked".to_owned(), "“nowhere” is no state of this workflow.".to_owned())]);
    assert_eq!(refused.attributes("fieldset.moves option[selected]", "value"), ["idea"]);
    let by_command = test.command_with_input(&["workflow", "set", "demo", "-", "--map", "asked=idea"], text).expect(1);
    assert!(by_command.stderr.contains("--map done=…"), "{}", by_command.stderr);
    assert_eq!(newest(&test), before);

    send(&[("map_asked", "dropped"), ("map_done", "idea")]).expect(303);
    let (first, second) = (ticket(&test, "1"), ticket(&test, "2"));
    assert_eq!((&first["status"], &second["status"]), (&json!("dropped"), &json!("idea")));
    assert_eq!(second["resolution"], Value::Null, "what is open has no resolution");
    let told = first["comments"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&told["author"], &told["text"]), (&json!("kim"), &json!("Moved when the workflow was changed.")));
    assert_eq!(told["changes"], json!([{ "field": "status", "old": "asked", "new": "dropped" }]));
    assert!(closed_at(&test, 1).is_some() && closed_at(&test, 2).is_none());
    let batch: (i64, i64) = test
        .demo()
        .read(|db| {
            let sql = "select count(*), count(distinct coalesce(batch, id)) from event where id > ?1";
            Ok(db.query_row(sql, [before], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })
        .unwrap();
    assert_eq!(batch, (3, 1), "the workflow and two tickets in one act");
    test.command(&["check", "demo"]).expect(0);
    put_with(&test, SHORT, &["--map", "dropped=asked", "--map", "idea=new"]);
    assert_eq!(ticket(&test, "1")["status"], "asked");
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_state_that_becomes_closed_closes_its_tickets_as_of_when_they_came_into_it() {
    let test = TestSite::new();
    put(&test, SHORT);
    test.command(&["ticket", "new", "demo", "--summary", "Doors"]).expect(0);
    test.command(&["ticket", "change", "demo", "1", "--action", "ask"]).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "Still asked."]).expect(0);
    assert_eq!(closed_at(&test, 1), None);
    let before = ticket(&test, "1");
    let tallies = |test: &TestSite| -> i64 {
        let sql = "select total(tickets) from ticket_tally where field = ''";
        test.demo().read(|db| Ok(db.query_row(sql, [], |row| row.get::<_, f64>(0))? as i64)).unwrap()
    };
    put(&test, &SHORT.replace("asked = waiting", "asked = closed"));
    let asked_at: i64 = test
        .demo()
        .read(|db| Ok(db.query_row("select changed_at from ticket_change where number = 1", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(closed_at(&test, 1), Some(asked_at));
    let mut after = ticket(&test, "1");
    assert!(after["resolved"].is_string());
    after["resolved"] = before["resolved"].clone();
    assert_eq!((after, tallies(&test)), (before, 1));
    test.command(&["check", "demo"]).expect(0);
    put(&test, SHORT);
    assert_eq!(closed_at(&test, 1), None);
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_workflow_that_somebody_else_saved_meanwhile_is_not_written_over() {
    let test = TestSite::new();
    let kim = administrator(&test);
    let form = kim.form(PAGE, &[("definition", SHORT), ("save", "1")]);
    test.command(&["workflow", "set", "demo", "--shipped", "trivial"]).expect(0);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = kim.post(&form.action, &fields).expect(409);
    assert!(answer.main().contains("finish.operations = set_resolution"));
    let shown = test.command(&["workflow", "show", "demo", "--format", "json"]).expect(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["states"].as_array().unwrap().len(), 2, "{shown}");
}

#[test]
fn only_who_administers_tickets_writes_the_workflow() {
    let test = TestSite::new();
    let lee = test.user("lee").member();
    lee.get(PAGE).expect(404);
    lee.post_json(PAGE, &json!({ "definition": SHORT })).expect(404);
    let refused = test.command_with_input(&["workflow", "set", "demo", "-", "--as", "lee"], SHORT).expect(1);
    assert!(refused.stderr.contains("TICKET_ADMIN"), "{}", refused.stderr);
    assert!(test.command(&["workflow", "show", "demo", "--as", "lee"]).expect(0).stdout.contains("reassign"));
    test.command(&["workflow", "show", "demo", "--as", "anonymous"]).expect(1);
    let kim = administrator(&test);
    let answer = kim.post_json(PAGE, &json!({ "definition": format!("{SHORT}nonsense\n") })).expect(201).json();
    assert!(answer["warnings"][0]["message"].as_str().unwrap().contains("nonsense"), "{answer}");
    let page = kim.get(PAGE).expect(200);
    assert_eq!(page.attributes("nav.panels a[aria-current=page]", "href").first().map(String::as_str), Some(PAGE));
}

#[test]
fn a_large_or_binary_file_is_no_workflow() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.ini");
    let name = path.to_str().unwrap();
    for bytes in [&b"\xff\xfe"[..], &vec![b'#'; 70 * 1024]] {
        std::fs::write(&path, bytes).unwrap();
        let refused = test.command(&["workflow", "set", "demo", name]).expect(1).stderr;
        assert!(refused.lines().count() == 1 && refused.contains("flow.ini"), "{refused}");
    }
    std::fs::write(&path, SHORT).unwrap();
    test.command(&["workflow", "set", "demo", name]).expect(0);
    assert!(test.command(&["workflow", "set", "demo", "/nowhere"]).expect(1).stderr.contains("/nowhere"));
    test.command(&["workflow", "set", "demo"]).expect(2);
}
