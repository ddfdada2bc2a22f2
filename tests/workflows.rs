//! Several workflows in one project, what takes one click, lists by category, and the picture in texts.

use serde_json::{Value, json};

use crate::support::{Person, TestSite};

const PAGE: &str = "/demo/admin/ticket/workflow";

/// A site with a board for tasks beside the workflow of the project.
fn with_board(test: &TestSite) {
    test.command(&["workflow", "set", "demo", "--shipped", "classroom", "--name", "Board"]).expect(0);
    test.command(&["workflow", "assign", "demo", "Board", "--type", "task"]).expect(0);
}

fn file(test: &TestSite, kind: &str) -> String {
    let set = format!("type={kind}");
    test.command(&["ticket", "new", "demo", "--summary", "Doors", "--set", &set]).expect(0).stdout.trim().to_owned()
}

fn ticket(test: &TestSite, number: &str) -> Value {
    let output = test.command(&["ticket", "show", "demo", number, "--format", "json"]).expect(0);
    serde_json::from_str(&output.stdout).unwrap()
}

/// Somebody who can own tickets does something with one.
fn act(test: &TestSite, login: &str, number: &str, action: &str) {
    test.command(&["ticket", "change", "demo", number, "--action", action, "--as", login]).expect(0);
}

fn status(test: &TestSite, number: &str) -> String {
    ticket(test, number)["status"].as_str().unwrap().to_owned()
}

fn member<'t>(test: &'t TestSite, login: &str) -> Person<'t> {
    test.user(login).member().can("TICKET_MODIFY").can("TICKET_CREATE")
}

/// The numbers that a list finds.
fn found(test: &TestSite, query: &str) -> Vec<String> {
    let output = test.command(&["query", "demo", query, "--format", "ids"]).expect(0).stdout;
    let mut ids: Vec<String> = output.lines().map(str::to_owned).collect();
    ids.sort();
    ids
}

#[test]
fn a_type_has_a_workflow_of_its_own_and_a_component_comes_before_it() {
    let test = TestSite::new();
    for component in ["Doors", "Help desk"] {
        test.command(&["component", "create", "demo", component]).expect(0);
    }
    with_board(&test);
    test.command(&["workflow", "set", "demo", "--shipped", "rt", "--name", "Desk"]).expect(0);
    let kim = member(&test, "kim");
    let (bug, task) = (file(&test, "defect"), file(&test, "task"));
    assert_eq!((status(&test, &bug).as_str(), status(&test, &task).as_str()), ("new", "todo"));
    let page = kim.get(&format!("/demo/ticket/{task}")).expect(200);
    assert!(page.words().contains("hand over for review") || page.words().contains("start"), "{}", page.words());
    act(&test, "kim", &task, "start");
    test.command(&["ticket", "change", "demo", &bug, "--action", "start"]).expect(1);

    // The type's workflow gives way, and its tickets keep states that both know; others have to be told where to go.
    test.command(&["workflow", "assign", "demo", "Desk", "--component", "Help desk"]).expect(0);
    test.command(&["ticket", "change", "demo", &task, "--set", "component=Help desk"]).expect(0);
    assert_eq!(status(&test, &task), "new", "the desk knows no “doing”");
    let refused = test.command(&["workflow", "assign", "demo", "--component", "Help desk"]).expect(1);
    assert!(refused.stderr.contains("--map new=…"), "{}", refused.stderr);
    test.command(&["workflow", "assign", "demo", "--component", "Help desk", "--map", "new=review"]).expect(0);
    assert_eq!(status(&test, &task), "review");
    test.command(&["check", "demo"]).expect(0);

    let list = test.command(&["workflow", "list", "demo", "--format", "json"]).expect(0).stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[1], json!({ "name": "Board", "types": "task", "components": "", "retired": false }));
    let kept = test.command(&["workflow", "retire", "demo", "Board"]).expect(1);
    assert!(kept.stderr.contains("The type “task” has the workflow “Board”"), "{}", kept.stderr);
    test.command(&["workflow", "retire", "demo", "Desk"]).expect(0);
    test.command(&["workflow", "assign", "demo", "Desk", "--type", "task"]).expect(1);
    test.command(&["workflow", "restore", "demo", "Desk"]).expect(0);
    let kinds: Vec<String> = test
        .demo()
        .read(|db| {
            let mut statement = db.prepare("select kind from event where kind like 'workflow.%' order by id")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    assert_eq!(kinds, ["workflow.created", "workflow.created", "workflow.retired", "workflow.restored"]);
}

#[test]
fn a_ticket_that_changes_its_type_goes_on_in_a_state_that_is_known_there() {
    let test = TestSite::new();
    with_board(&test);
    let kim = member(&test, "kim");
    for (action, before, after) in [("accept", "accepted", "todo"), ("resolve", "closed", "done")] {
        let number = file(&test, "defect");
        act(&test, "kim", &number, action);
        assert_eq!(status(&test, &number), before);
        let page = format!("/demo/ticket/{number}");
        let previewed = kim.submit(&page, &[("field_type", "task"), ("comment", ""), ("preview", "1")]).expect(200);
        let words = previewed.words();
        assert!(words.contains(&format!("Status {before} → became {after}")), "{words}");
        assert_eq!(previewed.attributes("input[name=action]", "value"), ["leave"]);
        kim.submit(&page, &[("field_type", "task"), ("comment", ""), ("submit", "1")]).expect(303);
        assert_eq!(status(&test, &number), after);
    }
    // An action of the new workflow counts, one that it does not have is refused by name.
    let number = file(&test, "defect");
    let both = ["ticket", "change", "demo", &number, "--set", "type=task", "--action"];
    let refused = test.command(&[&both[..], &["accept"]].concat()).expect(1);
    assert!(refused.stderr.contains("has no action “accept”"), "{}", refused.stderr);
    test.command(&[&both[..], &["leave"]].concat()).expect(0);
    assert_eq!(status(&test, &number), "todo");
    // Filed with another type than the form proposed, a ticket begins where that type begins.
    let location = kim
        .submit("/demo/newticket", &[("field_summary", "Windows"), ("field_type", "task"), ("submit", "1")])
        .expect(303)
        .location()
        .to_owned();
    assert_eq!(status(&test, location.rsplit('/').next().unwrap()), "todo");
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn the_page_makes_assigns_and_retires_workflows() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let number = file(&test, "task");
    act(&test, "kim", &number, "accept");
    let board = trackway::ticket::workflow_edit::shipped("classroom").unwrap();
    let made =
        kim.submit(&format!("{PAGE}?new=1"), &[("name", "  Our <b>board</b> "), ("definition", board), ("save", "1")]);
    let named = made.expect(303).location().to_owned();
    assert!(named.starts_with(&format!("{PAGE}?name=Our")), "{named}");
    kim.submit(&format!("{PAGE}?new=1"), &[("name", "our <b>board</b>"), ("definition", board), ("save", "1")])
        .expect(422);
    let page = kim.get(&named).expect(200);
    assert!(page.words().contains("No ticket follows it yet"), "{}", page.words());
    let option = |page: &str, name: &str| {
        let labels = kim.get(page).all("#field-option option");
        let values = kim.get(page).attributes("#field-option option", "value");
        values[labels.iter().position(|label| label == name).expect(name)].clone()
    };
    let task = option(&named, "type task");
    let workflow = kim.get(&named).attributes("#field-workflow option[selected]", "value")[0].clone();
    assert_eq!(workflow, "1");
    let refused = kim.submit(&named, &[("option", &task), ("workflow", &workflow)]).expect(422);
    assert_eq!(refused.attributes("form.assign fieldset.moves select", "name"), ["map_accepted"]);
    let assign = [("act", "assign"), ("option", &task), ("workflow", "1"), ("map_accepted", "doing")];
    let mut form = kim.form(&named, &assign[1..3]);
    form.fill(&assign);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    kim.post(&form.action, &fields).expect(303);
    assert_eq!(status(&test, &number), "doing");
    assert!(kim.get(&named).expect(200).words().contains("Tickets of type task follow it"));
    // Renamed and written anew in one go.
    let renamed = [("name", "Board"), ("definition", &*board.replace("review", "look")), ("save", "1")];
    kim.submit(&named, &renamed).expect(303);
    kim.get(&named).expect(404);
    kim.submit(&format!("{PAGE}?name=Board"), &[("act", "retire"), ("id", "1")]).expect(409);
    let data = kim.get(&format!("{PAGE}?format=json")).expect(200).json();
    assert_eq!(
        data["items"][0],
        json!({ "id": 1, "name": "Board", "retired": false, "types": ["task"], "components": [] })
    );
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_state_means_the_same_in_all_workflows() {
    let test = TestSite::new();
    with_board(&test);
    let other = "create = <none> -> new\nshow = new -> review\nend = review -> gone\n[ticket-status]\nreview = waiting\ngone = closed\n";
    let refused = test.command_with_input(&["workflow", "set", "demo", "-"], other).expect(1).stderr;
    assert!(refused.contains("“review” is waiting here and open in the workflow “Board”"), "{refused}");
    // One that nothing has may say what it likes, until something is to have it.
    test.command_with_input(&["workflow", "set", "demo", "-", "--name", "Other"], other).expect(0);
    let refused = test.command(&["workflow", "assign", "demo", "Other", "--type", "defect"]).expect(1).stderr;
    assert!(refused.contains("a state means the same"), "{refused}");
}

#[test]
fn what_is_written_is_shown_as_it_will_be_beside_the_text() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    file(&test, "defect");
    let text = "create = <none> -> open\nnonsense\nend = open -> closed\n";
    let form = kim.form(PAGE, &[("definition", text), ("preview", "1")]);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let part = kim.post(&format!("{PAGE}?action=preview"), &fields).expect(200);
    assert!(!part.text().contains("<main"));
    assert_eq!(part.attributes("a[data-line]", "href"), ["#line-2"]);
    assert_eq!(part.all("li.marked"), ["nonsense"]);
    assert_eq!(part.attributes("select", "name"), ["map_new"]);
    assert_eq!(part.all("svg .flow-name"), ["open", "closed"]);
    assert!(part.all("svg desc")[0].contains("open (open): end to closed."), "{:?}", part.all("svg desc"));
    // The same without scripts.
    let page = kim.submit(PAGE, &[("definition", text), ("preview", "1")]).expect(200);
    assert_eq!(page.attributes("#line-2", "class"), ["marked"]);
    // Names full of markup stay words.
    let wild = "create = <none> -> <b>\"new\n[ticket-status]\n";
    kim.submit(PAGE, &[("definition", wild), ("preview", "1")]).expect(200);
    let wild = "create = <none> -> a&b\nend = a&b -> \"closed'\nend.label = <script>alert(1)</script>\n";
    let page = kim.submit(PAGE, &[("definition", wild), ("preview", "1")]).expect(200);
    assert!(!page.text().contains("<script>alert"));
    assert_eq!(page.all("svg .flow-name"), ["a&b", "\"closed'"]);
}

#[test]
fn lists_ask_for_open_and_closed_whatever_the_states_are_called() {
    let test = TestSite::new();
    let kim = member(&test, "kim");
    let (first, second) = (file(&test, "defect"), file(&test, "defect"));
    act(&test, "kim", &first, "resolve");
    assert_eq!(
        (found(&test, "status=closed"), found(&test, "status!=closed")),
        (vec![first.clone()], vec![second.clone()])
    );
    let move_all = ["--map", "new=todo", "--map", "closed=done"];
    test.command(&[&["workflow", "set", "demo", "--shipped", "classroom"][..], &move_all].concat()).expect(0);
    assert_eq!(
        (found(&test, "status=closed"), found(&test, "status!=closed")),
        (vec![first.clone()], vec![second.clone()])
    );
    assert_eq!(found(&test, "status=open"), [second.as_str()]);
    assert_eq!(found(&test, "status=waiting"), Vec::<String>::new());
    act(&test, "kim", &second, "start");
    assert_eq!(found(&test, "?status=!closed&status=!doing"), Vec::<String>::new());
    let page = kim.get("/demo/query?status=!closed").expect(200);
    assert_eq!(page.all("td.col-id"), ["#2"]);
    assert!(page.words().contains("any closed state"), "{}", page.words());
    let tabs = page.attributes("nav.tabs a", "href");
    assert!(tabs.contains(&"/demo/query?status=!closed".to_owned()), "{tabs:?}");
    // A state in use means itself alone.
    let rt = [&["workflow", "set", "demo", "--shipped", "rt"][..], &["--map", "doing=new", "--map", "done=rejected"]];
    test.command(&rt.concat()).expect(0);
    assert_eq!(found(&test, "status=open"), Vec::<String>::new());
    assert_eq!(found(&test, "status!=closed"), [second.as_str()]);
}

#[test]
fn tickets_are_taken_stolen_given_and_put_back_with_one_click() {
    let test = TestSite::new();
    test.command(&["workflow", "set", "demo", "--shipped", "rt"]).expect(0);
    let (kim, lee) = (member(&test, "kim"), member(&test, "lee"));
    let number = file(&test, "defect");
    let page = format!("/demo/ticket/{number}");
    let verbs = |person: &Person<'_>| person.get(&page).expect(200).all(".quick button[name=submit]");
    assert_eq!(verbs(&kim), ["Take", "Stall", "Resolve", "Reject", "Open it"]);
    let click = |person: &Person<'_>, action: &str| {
        person.submit(&page, &[("action", action), ("submit", "1")]).expect(303);
    };
    click(&kim, "take");
    assert_eq!((ticket(&test, &number)["owner"].as_str(), status(&test, &number).as_str()), (Some("kim"), "new"));
    assert_eq!(verbs(&kim), ["Untake", "Stall", "Resolve", "Reject", "Open it"]);
    assert_eq!(verbs(&lee)[0], "Steal");
    assert_eq!(lee.get(&page).all("form.give button"), Vec::<String>::new(), "it is not hers to give");
    click(&lee, "steal");
    assert_eq!(ticket(&test, &number)["owner"], "lee");
    lee.submit(&page, &[("action_give_reassign_owner", "kim"), ("submit", "1")]).expect(303);
    assert_eq!(ticket(&test, &number)["owner"], "kim");
    click(&kim, "untake");
    assert_eq!(ticket(&test, &number)["owner"], Value::Null);
    test.command(&["check", "demo"]).expect(0);
}

#[test]
fn a_list_has_the_same_verbs_and_is_come_back_to() {
    let test = TestSite::new();
    with_board(&test);
    let (kim, _lee) = (member(&test, "kim"), member(&test, "lee"));
    let (bug, task) = (file(&test, "defect"), file(&test, "task"));
    assert_eq!(kim.get("/demo/query?order=id").expect(200).all(".col-acts"), Vec::<String>::new());
    assert_eq!(test.anonymous().get("/demo/query?order=id&verbs=1").all(".col-acts"), Vec::<String>::new());
    let list = "/demo/query?order=id&verbs=1";
    let page = kim.get(list).expect(200);
    let offered =
        ["Take #1 Resolve as fixed #1 Give #1 Watch #1", "Take #2 Take and start #2 Done #2 Give #2 Watch #2"];
    assert_eq!(page.all("td.col-acts"), offered);
    assert!(page.attributes("thead a", "href").iter().all(|href| href.ends_with("&verbs=1")));
    let buttons = page.attributes("td.col-acts button", "formaction");
    let press = |at: usize, action: &str| {
        let mut form = kim.form(list, &[("submit", "1")]);
        form.fill(&[("action", action)]);
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        kim.post(&buttons[at], &fields)
    };
    let pressed = press(0, "accept").expect(303);
    assert_eq!(pressed.location(), list);
    assert!(kim.get(list).all("td.col-acts")[0].contains("Resolve"));
    assert_eq!((status(&test, &bug).as_str(), ticket(&test, &bug)["owner"].as_str()), ("accepted", Some("kim")));
    // What somebody else did meanwhile is not run over.
    act(&test, "lee", &task, "start");
    press(4, "take").expect(422);
    assert_eq!(ticket(&test, &task)["owner"], "lee");
    // Watching is one click more, for oneself alone.
    let click = |address: &str, typed: &[(&str, &str)]| {
        let mut form = kim.form(list, &[("submit", "1")]);
        form.fill(typed);
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        kim.post(address, &fields)
    };
    assert_eq!(click(&buttons[3], &[("watch", "1")]).expect(303).location(), list);
    assert_eq!(ticket(&test, &bug)["cc"], serde_json::json!(["kim"]));
    assert!(kim.get(list).all("td.col-acts")[0].ends_with("Unwatch #1"));
    assert_eq!(click(&buttons[3], &[("watch", "0")]).expect(303).location(), list);
    assert_eq!(ticket(&test, &bug)["cc"], serde_json::json!([]));
    // Giving asks to whom, once for the whole list.
    let give = buttons[2].replace("view_time=0", "view_time=3");
    let refused = click(&give, &[("give", "reassign")]).expect(422);
    assert_eq!(refused.problems()[0].0, "action_reassign_reassign_owner");
    assert_eq!(click(&give, &[("give", "reassign"), ("give_to", "lee")]).expect(303).location(), list);
    assert_eq!(ticket(&test, &bug)["owner"], "lee");
    // Nobody is led astray.
    let astray = buttons[0].replace("back=", "back=%0D%0Ax").replace("view_time=0", "view_time=1");
    let mut form = kim.form(list, &[("submit", "1")]);
    form.fill(&[("action", "leave")]);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(kim.post(&astray, &fields).expect(303).location(), format!("/demo/ticket/{bug}"));
}

#[test]
fn a_guard_says_which_field_is_missing() {
    let test = TestSite::new();
    let text = "create = <none> -> new\nleave = * -> *\nleave.operations = leave_status\nend = new -> closed\n\
        end.operations = set_resolution\nend.require = milestone, keywords\n";
    test.command_with_input(&["workflow", "set", "demo", "-"], text).expect(0);
    test.command(&["milestone", "create", "demo", "1.0"]).expect(0);
    let kim = member(&test, "kim");
    let number = file(&test, "defect");
    let page = format!("/demo/ticket/{number}");
    assert_eq!(kim.get(&page).expect(200).all(".quick button[name=submit]"), Vec::<String>::new());
    let end = [("action", "end"), ("field_milestone", "1.0"), ("submit", "1")];
    let refused = kim.submit(&page, &end).expect(422);
    assert_eq!(
        refused.problems(),
        [("field_keywords".to_owned(), "The action “end” needs a value for keywords.".to_owned())]
    );
    kim.submit(&page, &[&end[..], &[("field_keywords", "wood")]].concat()).expect(303);
    assert_eq!(status(&test, &number), "closed");
}

#[test]
fn a_workflow_is_drawn_in_a_text() {
    let test = TestSite::new();
    with_board(&test);
    let kim = test.user("kim").member().can("TICKET_VIEW").can("WIKI_CREATE").can("WIKI_MODIFY");
    let text = "[[Workflow]]\n\n[[Workflow(Board)]]\n\n[[Workflow(shipped=rt)]]\n\n```Workflow\ncreate = <none> -> idea\nend = idea -> closed\n```\n";
    kim.save_page("Flow", text).expect(303);
    let page = kim.page("Flow").expect(200);
    assert_eq!(page.attributes("article svg.flow", "role").len(), 4);
    let names = page.all("article svg .flow-name");
    for name in ["accepted", "review", "stalled", "idea"] {
        assert!(names.iter().any(|drawn| drawn == name), "{name} is not among {names:?}");
    }
    assert_eq!(page.all("article .macro-box"), Vec::<String>::new());
    kim.save_page(
        "Wrong",
        "[[Workflow(Nowhere)]]\n\n[[Workflow(x=1)]]\n\n```Workflow\ncreate = <none> -> new\nwhat\n```\n",
    )
    .expect(303);
    let boxes = kim.page("Wrong").expect(200).all("article .macro-box");
    assert_eq!(boxes.len(), 3, "{boxes:?}");
    assert!(boxes[2].contains("Line 2"), "{boxes:?}");
}
