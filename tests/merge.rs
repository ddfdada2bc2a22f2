//! Tickets that are one and the same: where their addresses lead, what lives on, what is counted, and that a merge can be
//! taken back; then many made-up relations, merges and ways back, which never lead round in a circle.

use serde_json::{Value as Json, json};
use trackway::base::error::Error;
use trackway::base::event::Via;
use trackway::base::project::{Act, Project};
use trackway::base::viewer::Viewer;
use trackway::query;
use trackway::ticket::fields::Choices;
use trackway::ticket::plan::Request;
use trackway::ticket::time_table::{self, Asked, By, Key};
use trackway::ticket::worked::TimeRequest;
use trackway::ticket::{edit, merge, store, time_store};

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

fn file(person: &Person<'_>, summary: &str, description: &str) {
    person.post_json("/demo/newticket", &json!({ "summary": summary, "description": description })).expect(201);
}

fn say(person: &Person<'_>, ticket: i64, comment: &str) {
    person.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "comment": comment })).expect(201);
}

fn data(person: &Person<'_>, ticket: i64) -> Json {
    person.get(&format!("/demo/ticket/{ticket}?format=json")).expect(200).json()
}

fn merge(person: &Person<'_>, from: i64, into: &str) -> Answer {
    person.post_signed(&format!("/demo/ticket/{from}/merge"), &[("into", into)])
}

fn unmerge(person: &Person<'_>, ticket: i64) -> Answer {
    person.post_signed(&format!("/demo/ticket/{ticket}/unmerge"), &[])
}

fn findings(test: &TestSite) -> Vec<String> {
    let mut findings = Vec::new();
    for component in test.site.components().iter() {
        component.check(&test.demo(), &mut findings).unwrap();
    }
    findings
}

fn hide(test: &TestSite, ticket: i64) {
    let hide = format!(
        "insert into acl (kind, path) select 'path', 'secret' where not exists (select 1 from acl where path = 'secret');
         update ticket set acl = (select id from acl where path = 'secret') where id = {ticket};
         update ticket_change set acl = (select id from acl where path = 'secret') where ticket = {ticket};
         delete from ticket_tally where acl = 0;"
    );
    test.demo().db().write(|db| Ok(db.execute_batch(&hide)?)).unwrap();
}

#[test]
fn what_is_merged_lives_on_in_the_other_ticket() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, "Doors open too late", "First seen today.");
    file(&kim, "Doors are slow", "They are, see comment:1.");
    say(&kim, 2, "Said of the second.");
    say(&kim, 1, "Said of the first, see #2 and comment:1:ticket:2.");
    kim.attach("/demo/attachment/ticket/2/", "slow.txt", b"Slow.").expect(303);
    test.commit("abc", "kim", "Oil the doors, see #2");

    let asks = kim.get("/demo/ticket/2/merge?into=1").expect(200);
    assert!(asks.words().contains("Doors are slow") && asks.words().contains("Doors open too late"));
    assert_eq!(merge(&kim, 2, "#1").expect(303).location(), "/demo/ticket/1?merged=2");

    // The address leads on, to the place of what was asked for.
    assert_eq!(kim.get("/demo/ticket/2").expect(303).location(), "/demo/ticket/1?merged=2#ticket:2");
    assert_eq!(
        kim.get("/demo/ticket/2?comment=1").expect(303).location(),
        "/demo/ticket/1?merged=2#comment:1:ticket:2"
    );
    let page = kim.get("/demo/ticket/1?merged=2").expect(200);
    assert!(page.words().contains("#2 Doors are slow was merged into this ticket."), "{}", page.words());
    let ids = page.attributes(".entry", "id");
    let place = |id: &str| ids.iter().position(|one| one == id).unwrap_or_else(|| panic!("{id} is not in {ids:?}"));
    assert!(place("ticket:2") < place("comment:1:ticket:2") && place("comment:1:ticket:2") < place("comment:1"));
    assert!(page.words().contains("Said of the second.") && page.words().contains("They are, see"));
    assert!(page.words().contains("merged #2 Doors are slow into this"), "{}", page.words());
    assert!(page.words().contains("slow.txt") && page.words().contains("Oil the doors"), "{}", page.words());
    let links = page.attributes(".entry .text a", "href");
    assert!(links.contains(&"/demo/ticket/2?comment=1".to_owned()), "{links:?}");
    let titles = page.attributes(".entry .text a", "title");
    assert!(titles.iter().any(|title| title.contains("merged into #1, ")), "{titles:?}");

    // It is in no list, no count and no search, but can be read.
    assert_eq!(kim.get("/demo/query?status=!closed&format=json").json()["total"], 1);
    assert_eq!(kim.get("/demo/query?id=1,2&format=json").json()["total"], 1);
    assert_eq!(data(&kim, 2)["merged_into"], 1);
    assert_eq!(data(&kim, 1)["merged"], json!([2]));
    let itself = kim.get("/demo/ticket/2?merged=show").expect(200);
    assert!(itself.words().contains("This ticket was merged into #1 Doors open too late"), "{}", itself.words());
    assert!(itself.all("form[data-ticket-form]").is_empty());
    let late =
        kim.post_signed("/demo/ticket/2", &[("comment", "Too late."), ("view_time", "1"), ("submit", "1")]).expect(409);
    assert!(late.text().contains("Too late."), "what was typed is not lost");
    test.catch_up();
    let hits = kim.get("/demo/search?q=slow&format=json").json();
    let urls: Vec<&str> = hits["items"].as_array().unwrap().iter().filter_map(|item| item["url"].as_str()).collect();
    assert!(urls.iter().any(|url| url.ends_with("/ticket/1")), "{hits}");
    assert!(!urls.iter().any(|url| url.ends_with("/ticket/2")), "{hits}");
    assert_eq!(findings(&test), Vec::<String>::new());

    // Both tell of it, in the timeline too, and taking it back leaves everything as it was.
    let timeline = kim.get("/demo/timeline?ticket_details=on").words();
    assert!(timeline.contains("merged this into #1") && timeline.contains("merged #2 into this"), "{timeline}");
    assert_eq!(unmerge(&kim, 2).expect(303).location(), "/demo/ticket/2");
    kim.get("/demo/ticket/2").expect(200);
    let page = kim.get("/demo/ticket/1").expect(200);
    assert!(!page.words().contains("Said of the second."));
    assert!(page.words().contains("took #2 Doors are slow out of this again"), "{}", page.words());
    assert_eq!(kim.get("/demo/query?status=!closed&format=json").json()["total"], 2);
    assert_eq!(findings(&test), Vec::<String>::new());
    unmerge(&kim, 2).expect(422);
}

#[test]
fn what_cannot_be_merged_is_refused_by_name() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for summary in ["One", "Two", "Three", "Four"] {
        file(&kim, summary, "");
    }
    let told = |answer: Answer| answer.expect(422).problems()[0].1.clone();
    assert_eq!(told(merge(&kim, 1, "1")), "A ticket can't be merged into itself.");
    assert_eq!(told(merge(&kim, 1, "99")), "There is no ticket #99.");
    assert_eq!(told(merge(&kim, 1, "")), "The number of the other ticket is missing.");
    assert_eq!(told(merge(&kim, 1, "x")), "“x” is no number of a ticket.");
    kim.get("/demo/ticket/1/merge?into=99").expect(422);
    merge(&kim, 1, "2").expect(303);
    assert_eq!(told(merge(&kim, 1, "3")), "#1 is merged already, into #2.");
    assert_eq!(told(merge(&kim, 2, "1")), "#1 is merged into #2 already; a ticket can't be merged into itself.");
    // Into one that lives on elsewhere means that one; what came before comes along.
    assert_eq!(merge(&kim, 3, "1").expect(303).location(), "/demo/ticket/2?merged=3");
    merge(&kim, 2, "4").expect(303);
    assert_eq!(data(&kim, 4)["merged"], json!([1, 2, 3]));
    assert_eq!(data(&kim, 1)["merged_into"], 4);
    unmerge(&kim, 2).expect(303);
    assert_eq!(data(&kim, 2)["merged"], json!([1, 3]));
    assert_eq!(findings(&test), Vec::<String>::new());
    // A relation between them would lead from a ticket to itself by way of others.
    let relate = |ticket: i64, other: &str| {
        let typed = [("relation", "depends_on"), ("ticket", other)];
        kim.post_signed(&format!("/demo/ticket/{ticket}/relation"), &typed).expect(303)
    };
    file(&kim, "Five", "");
    file(&kim, "Six", "");
    relate(4, "5");
    relate(5, "6");
    assert_eq!(told(merge(&kim, 6, "4")), "That would lead round in a circle: #4 depends on #5, which depends on #4.");
    let lee = test.user("lee").member();
    test.revoke("members", &["TICKET_MODIFY"]);
    test.grant("members", &["TICKET_APPEND"]);
    merge(&lee, 5, "6").expect(403);
    lee.get("/demo/ticket/5/merge").expect(403);
}

#[test]
fn relations_of_a_merged_ticket_are_those_of_the_other() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for summary in ["Doors", "Doors again", "House", "Key"] {
        file(&kim, summary, "");
    }
    let relate = |ticket: i64, relation: &str, other: &str| {
        let typed = [("relation", relation), ("ticket", other)];
        kim.post_signed(&format!("/demo/ticket/{ticket}/relation"), &typed).expect(303)
    };
    relate(3, "depends_on", "2");
    relate(2, "depends_on", "4");
    merge(&kim, 2, "1").expect(303);
    assert_eq!(data(&kim, 1)["blocks"], json!([3]));
    assert_eq!(kim.get("/demo/ticket/3").all(".waiting-for"), ["waiting for #1"]);
    assert_eq!(kim.get("/demo/ticket/1").all(".waiting-for"), ["waiting for #4"]);
    let list = kim.get("/demo/query?order=id");
    assert_eq!(list.all("td .waiting-for"), ["waiting for #4", "waiting for #1"]);
    assert_eq!(kim.get("/demo/query?depends_on=1&format=json").json()["items"][0]["id"], 3);
    let close = |ticket: i64| kim.submit(&format!("/demo/ticket/{ticket}"), &[("action", "resolve"), ("submit", "1")]);
    assert!(close(1).expect(422).problems()[0].1.contains("#4"));
    // A number that was merged means the ticket in which it lives on.
    relate(4, "refers_to", "2");
    assert_eq!(data(&kim, 4)["refers_to"], json!([1]));
    unmerge(&kim, 2).expect(303);
    assert_eq!(data(&kim, 2)["blocks"], json!([3]));
    assert_eq!(kim.get("/demo/ticket/1").all(".waiting-for"), [""; 0]);
}

#[test]
fn a_hidden_ticket_shows_itself_nowhere_when_it_is_merged() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, "Open to all", "");
    file(&kim, "The secret matter", "Words of the secret.");
    say(&kim, 2, "Said in secret.");
    kim.attach("/demo/attachment/ticket/2/", "secret.txt", b"Secret.").expect(303);
    merge(&kim, 2, "1").expect(303);
    hide(&test, 2);
    let page = kim.get("/demo/ticket/1?merged=2").expect(200);
    for word in ["secret matter", "Words of the secret", "Said in secret", "secret.txt", "merged #2"] {
        assert!(!page.text().contains(word), "{word}: {}", page.words());
    }
    assert_eq!(data(&kim, 1)["merged"], json!([]));
    kim.get("/demo/ticket/2").expect(404);
    kim.get("/demo/ticket/2/merge").expect(404);
    unmerge(&kim, 2).expect(404);
    let feed = kim.get("/demo/timeline?ticket_details=on").text();
    assert!(!feed.contains("secret matter"));
    // The other way round: whoever sees only the merged one reads that it was merged, not into what.
    let show =
        "update ticket set acl = 1; update ticket set acl = (select id from acl where path = 'secret') where id = 1";
    test.demo().db().write(|db| Ok(db.execute_batch(show)?)).unwrap();
    let page = kim.get("/demo/ticket/2").expect(200);
    assert!(page.words().contains("This ticket was merged into another ticket."), "{}", page.words());
    assert!(!page.text().contains("Open to all"));
    assert_eq!(data(&kim, 2)["merged_into"], Json::Null);
}

fn note(person: &Person<'_>, ticket: i64, text: &str) {
    person.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "comment": text, "internal": true })).expect(201);
}

fn work(person: &Person<'_>, ticket: i64, time: &str) {
    let entry = json!({ "time": time, "time_day": "2026-01-05" });
    person.post_json(&format!("/demo/ticket/{ticket}/time"), &entry).expect(201);
}

#[test]
fn notes_on_a_merged_ticket_are_read_where_those_on_both_may_be_read() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_NOTES");
    let lee = test.user("lee").member();
    for summary in ["Doors", "Doors again"] {
        file(&kim, summary, "");
    }
    note(&kim, 2, "They call about it daily.");
    kim.post_json("/demo/ticket/2", &json!({ "comment": "So they do.", "replyto": "note:1" })).expect(201);
    note(&kim, 1, "See note:1:ticket:2.");
    // What stands around the editor of a note, and around its versions, is about the ticket.
    for (action, heading) in [("edit", "Edit note 1"), ("history", "History of note 1")] {
        let page = kim.get(&format!("/demo/ticket/2?action=note-{action}&note=1")).expect(200);
        assert!(page.words().contains("#2 Doors again"), "{}", page.words());
        assert!(page.all("h2")[0].starts_with(heading), "{:?}", page.all("h2"));
    }
    merge(&kim, 2, "1").expect(303);

    let page = kim.get("/demo/ticket/1").expect(200);
    assert_eq!(page.all("[id='note:1:ticket:2'] .text"), ["They call about it daily."]);
    assert_eq!(page.attributes("[id='note:2:ticket:2'] .entry-head a[href^='#note']", "href")[0], "#note:1:ticket:2");
    assert!(page.attributes("[id='note:1:ticket:2'] .entry-ways a[href*='replyto']", "href").is_empty());
    assert_eq!(page.attributes("[id='note:1'] .text a", "href"), ["/demo/ticket/2?note=1"]);
    let led = kim.get("/demo/ticket/2?note=1").expect(303);
    assert_eq!(led.location(), "/demo/ticket/1?merged=2#note:1:ticket:2");
    let shown = lee.get("/demo/ticket/1").expect(200);
    assert!(!shown.text().contains("daily") && !shown.text().contains("note:1"), "{}", shown.words());
    assert_eq!(lee.get("/demo/ticket/2?note=1").expect(303).location(), "/demo/ticket/1?merged=2#ticket:2");

    unmerge(&kim, 2).expect(303);
    assert!(!kim.get("/demo/ticket/1").text().contains("They call about it daily."));
    assert_eq!(kim.get("/demo/ticket/2").expect(200).all("[id='note:1'] .text"), ["They call about it daily."]);
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn an_old_version_shows_what_had_been_merged_by_then() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for summary in ["Doors", "Doors again", "And again"] {
        file(&kim, summary, "");
    }
    say(&kim, 2, "Said of the second.");
    say(&kim, 1, "Before.");
    merge(&kim, 3, "2").expect(303);
    merge(&kim, 2, "1").expect(303);
    say(&kim, 1, "After.");
    say(&kim, 1, "Later.");

    let old = |version: i64| kim.get(&format!("/demo/ticket/1?version={version}")).expect(200);
    for version in [0, 1] {
        // The merge came after comment 1 and before comment 2, so it belongs to the ticket as it was after comment 1.
        let has = version == 1;
        assert_eq!(old(version).words().contains("Said of the second."), has, "{version}: {}", old(version).words());
        assert_eq!(old(version).words().contains("merged #2 Doors again into this"), has, "{version}");
    }
    let second = old(2);
    assert_eq!(second.attributes(".entry", "id").iter().filter(|id| id.ends_with("ticket:3")).count(), 1);
    assert!(second.words().contains("Said of the second.") && second.words().contains("After."));
    assert!(!second.words().contains("Later."));
    unmerge(&kim, 2).expect(303);
    assert!(!old(2).words().contains("Said of the second."));
}

#[test]
fn who_follows_a_merged_ticket_follows_the_other_one_without_being_copied() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    let mo = test.user("mo").member();
    file(&kim, "Doors", "");
    file(&mo, "Doors again", "");
    lee.post_json("/demo/ticket/2/watch", &json!({ "watch": true })).expect(200);
    let told = || {
        let typed = [("comment", "Look here."), ("view_time", "0"), ("preview", "1")];
        kim.post_signed("/demo/ticket/1", &typed).expect(200).words()
    };
    assert!(!told().contains("merged into this one"), "{}", told());
    merge(&kim, 2, "1").expect(303);

    assert!(told().contains("lee (follows a ticket that was merged into this one)"), "{}", told());
    assert!(told().contains("mo (follows a ticket that was merged into this one)"), "{}", told());
    assert_eq!(data(&kim, 1)["cc"], json!([]));
    assert_eq!(lee.get("/demo/ticket/1").all("button[name=watch]"), ["Unwatch"]);
    assert_eq!(mo.get("/demo/ticket/1").all("button[name=watch]"), ["Watch"]);
    // Who stops watching is off all of these lists.
    lee.post_json("/demo/ticket/1/watch", &json!({ "watch": false })).expect(200);
    assert_eq!(lee.get("/demo/ticket/1").all("button[name=watch]"), ["Watch"]);
    assert_eq!(data(&kim, 2)["cc"], json!([]));
    lee.post_json("/demo/ticket/2/watch", &json!({ "watch": true })).expect(409);
    lee.post_json("/demo/ticket/1/watch", &json!({ "watch": true })).expect(200);
    assert_eq!(data(&kim, 1)["cc"], json!(["lee"]));
    assert!(lee.get("/demo/ticket/2?merged=show").all("button[name=watch]").is_empty());

    unmerge(&kim, 2).expect(303);
    assert!(!told().contains("merged into this one"), "{}", told());
    assert_eq!(data(&kim, 2)["cc"], json!([]));
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn time_of_a_merged_ticket_counts_for_the_other_one() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for summary in ["Doors", "Doors again", "Third", "Alone"] {
        file(&kim, summary, "");
    }
    work(&kim, 1, "1h");
    work(&kim, 2, "30m");
    work(&kim, 3, "15m");
    work(&kim, 4, "2h");
    merge(&kim, 3, "2").expect(303);
    merge(&kim, 2, "1").expect(303);

    let list = |query: &str| kim.get(&format!("/demo/query?{query}")).expect(200);
    let worked = |query: &str| -> Vec<(i64, Option<i64>)> {
        let found = list(&format!("{query}&format=json")).json();
        let items = found["items"].as_array().unwrap();
        items.iter().map(|item| (item["id"].as_i64().unwrap(), item["worked"].as_i64())).collect()
    };
    assert_eq!(worked("order=worked&col=id&col=worked"), [(1, Some(105)), (4, Some(120))]);
    assert_eq!(worked("worked=100m..110m&col=id&col=worked"), [(1, Some(105))]);
    assert_eq!(worked("worked=1h&col=id&col=worked"), []);
    assert_eq!(list("order=id&col=id&col=worked").all("td.col-worked"), ["1h 45m", "2h"]);
    assert_eq!(list("group=worked&order=id").all("td.col-id, td.col-summary").len(), 4);
    assert!(list("order=id&col=id&col=worked&format=csv").text().contains("1,105"), "CSV");
    assert_eq!(data(&kim, 1)["worked"], 105);
    assert_eq!(data(&kim, 2)["worked"], 45);
    // What JSON tells can be sent back.
    kim.post_json("/demo/ticket/1", &json!({ "worked": 105, "comment": "Seen." })).expect(201);
    kim.post_json("/demo/ticket/1", &json!({ "worked": 60, "comment": "Seen." })).expect(422);
    assert!(kim.get("/demo/ticket/1?format=csv").text().contains("1h 45m"));
    assert!(test.command(&["ticket", "show", "demo", "1"]).expect(0).stdout.contains("1h 45m"));
    let page = kim.get("/demo/ticket/1/time?format=json").expect(200).json();
    assert_eq!((&page["total"], &page["own"]["worked"]), (&json!(3), &json!(105)));

    let table = |by: &str| kim.get(&format!("/demo/time?from=&to=&by={by}&format=csv")).expect(200).text();
    assert_eq!(
        table("ticket"),
        "\u{feff}ticket,summary,minutes,hours,tickets,entries\n4,Alone,120,2.00,1,1\n1,Doors,105,1.75,1,3\n"
    );
    assert_eq!(table("person"), "\u{feff}person,minutes,hours,tickets,entries\nkim,225,3.75,2,4\n");
    let by_ticket = kim.get("/demo/time?from=&to=&by=ticket&format=json").expect(200).json();
    assert_eq!((&by_ticket["total"], &by_ticket["minutes"]), (&json!(2), &json!(225)));
    assert!(!kim.get("/demo/time?from=&to=&by=entry").expect(200).words().contains("Doors again"));
    let lines = test.command(&["ticket", "worked", "demo", "--by", "ticket", "--format", "csv"]).expect(0).stdout;
    assert!(lines.contains("105") && !lines.contains("Doors again"), "{lines}");

    // What is hidden counts nowhere, what lives on in something hidden for itself.
    hide(&test, 3);
    assert_eq!(worked("order=worked&col=id&col=worked"), [(1, Some(90)), (4, Some(120))]);
    assert_eq!(data(&kim, 1)["worked"], 90);
    assert!(table("ticket").contains("1,Doors,90,1.50,1,2"), "{}", table("ticket"));
    let show = "update ticket set acl = 1; update ticket set acl = 3 where id = 1";
    let secret = "select id from acl where path = 'secret'";
    test.demo().db().write(|db| Ok(db.execute_batch(&show.replace("= 3", &format!("= ({secret})")))?)).unwrap();
    let shown = table("ticket");
    assert!(shown.contains("2,Doors again,30,0.50,1,1") && shown.contains("3,Third,15"), "{shown}");
    test.demo().db().write(|db| Ok(db.execute_batch("update ticket set acl = 1")?)).unwrap();
    unmerge(&kim, 2).expect(303);
    assert_eq!(worked("order=id&col=id&col=worked"), [(1, Some(60)), (2, Some(45)), (4, Some(120))]);
    assert!(table("ticket").contains("2,Doors again,45"), "{}", table("ticket"));
}

#[test]
fn what_a_merged_ticket_adds_is_found_by_an_index() {
    let test = TestSite::new();
    let operator = test.operator();
    let plan = test.demo().read(|db| {
        let worked = time_store::worked_sql(&operator);
        let sql = format!("explain query plan select id, {worked} from ticket where id in (1, 2)");
        let mut statement = db.prepare(&sql)?;
        Ok(statement.query_map([], |row| row.get(3))?.collect::<Result<Vec<String>, _>>()?)
    });
    let plan = plan.unwrap();
    let by_merges =
        plan.iter().filter(|step| step.contains("SEARCH part USING") && step.contains("ticket_merged_into"));
    assert_eq!(by_merges.count(), 2, "{plan:#?}");
    assert!(!plan.iter().any(|step| step.starts_with("SCAN ticket") || step.starts_with("SCAN part")), "{plan:#?}");
}

#[test]
fn what_was_merged_into_a_ticket_in_the_trash_shows_itself_and_can_be_taken_out() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let root = test.admin("root");
    file(&kim, "The one that goes", "");
    file(&kim, "The one that stays", "Words of it.");
    merge(&kim, 2, "1").expect(303);
    root.post_signed("/demo/ticket/1/delete", &[]).expect(303);

    let itself = kim.get("/demo/ticket/2").expect(200);
    assert!(itself.words().contains("This ticket was merged into another ticket."), "{}", itself.words());
    assert!(itself.words().contains("Words of it.") && !itself.text().contains("The one that goes"));
    assert_eq!(data(&kim, 2)["merged_into"], Json::Null);
    assert_eq!(kim.get("/demo/query?id=1,2&format=json").json()["total"], 0);
    assert_eq!(itself.attributes("form[action$='/unmerge']", "action"), ["/demo/ticket/2/unmerge"]);
    let kept = json!({ "act": "purge", "ticket": "1", "confirm": "1" });
    root.post_json("/demo/admin/ticket/trash", &kept).expect(409);
    assert_eq!(unmerge(&kim, 2).expect(303).location(), "/demo/ticket/2");
    assert!(!kim.get("/demo/ticket/2").expect(200).words().contains("merged into"));
    assert_eq!(kim.get("/demo/query?id=1,2&format=json").json()["total"], 1);
    assert_eq!(findings(&test), Vec::<String>::new());

    // Restored, it comes back without what was taken out of it meanwhile.
    root.post_json("/demo/admin/ticket/trash", &json!({ "act": "restore", "ticket": "1" })).expect(200);
    assert!(!kim.get("/demo/ticket/1").expect(200).words().contains("Words of it."));
}

#[test]
fn commands_merge_and_take_back() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, "One", "");
    file(&kim, "Two", "");
    assert_eq!(test.command(&["ticket", "merge", "demo", "2", "1"]).expect(0).stdout, "1\n");
    let again = test.command(&["ticket", "merge", "demo", "2", "1"]).expect(1);
    assert_eq!(again.stderr, "trackway: B: #2 is merged already, into #1.\n");
    let comment = test.command(&["ticket", "comment", "demo", "2", "Late."]).expect(1);
    assert!(comment.stderr.contains("#2 was merged into #1"), "{}", comment.stderr);
    assert_eq!(test.command(&["ticket", "unmerge", "demo", "2"]).expect(0).stdout, "1\n");
    test.command(&["ticket", "unmerge", "demo", "2"]).expect(1);
    test.command(&["ticket", "merge", "demo", "9", "1"]).expect(1);
    test.command(&["check", "demo"]).expect(0);
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::try_from(end).unwrap()) as i64
    }
}

/// A list, the table of time and the page of each ticket count what was worked on a ticket and on what lives on in it, once.
fn all_tell_of_the_same_time(demo: &Project, viewer: &Viewer) {
    demo.read(|db| {
        let choices = Choices::load(db, viewer)?;
        let query = query::from_address(&choices.fields, "order=id&col=id&col=worked&max=0")?;
        let found = query::run(db, viewer, &choices, &query)?;
        let table = time_table::groups(db, viewer, &Asked::default(), By::Ticket, usize::MAX)?;
        let mut whole = 0;
        for line in &found.lines {
            let row = store::find(db, viewer, line.id)?.unwrap().row;
            let mut parts = merge::merged_rows(db, viewer, line.id)?;
            parts.push(row.clone());
            let minutes = parts.iter().filter_map(|part| part.worked).reduce(|one, other| one + other);
            whole += minutes.unwrap_or(0);
            assert_eq!(line.more["worked"].json, json!(minutes), "#{} in a list", line.id);
            assert_eq!(time_store::times(db, viewer, &row)?.worked, minutes, "#{}", line.id);
            assert_eq!(time_store::sums(db, viewer, line.id)?.0.worked, minutes, "#{} in sum", line.id);
            let of_table = table.iter().find(|group| group.key == Key::Id(line.id)).map(|group| group.minutes);
            assert_eq!(of_table, minutes, "#{} in the table", line.id);
        }
        assert_eq!(whole, table.iter().map(|group| group.minutes).sum::<i64>());
        Ok(())
    })
    .unwrap();
}

#[test]
fn whatever_is_related_and_merged_never_leads_round_in_a_circle() {
    const TICKETS: i64 = 12;
    let test = TestSite::new();
    let operator = test.operator();
    let (site, demo, by) = (&test.site, test.demo(), Act::new(&operator, Via::Command));
    for number in 1..=TICKETS {
        let set = vec![("summary".to_owned(), format!("Ticket {number}"))];
        edit::create(site, &demo, by, &Request { set, ..Request::default() }).unwrap();
    }
    let mut dice = Dice(0x0ddb_a115_eed5_0001);
    let (mut done, mut refused) = (0, 0);
    for round in 0..600 {
        let (one, other) = (1 + dice.below(TICKETS), 1 + dice.below(TICKETS));
        let result = match dice.below(12) {
            0 => merge::merge(&demo, by, one, other).map(drop),
            1 | 2 => merge::unmerge(&demo, by, one).map(drop),
            10 | 11 => {
                let time = TimeRequest { amount: format!("{}m", 1 + dice.below(90)), ..TimeRequest::default() };
                edit::change(site, &demo, by, one, &Request { time: Some(time), ..Request::default() }).map(drop)
            }
            kind => {
                let field = ["depends_on", "parent", "duplicate_of"][kind as usize % 3];
                let more = 1 + dice.below(TICKETS);
                let value = if field == "depends_on" { format!("{other}, {more}") } else { other.to_string() };
                let set = vec![(field.to_owned(), if dice.below(4) == 0 { String::new() } else { value })];
                edit::change(site, &demo, by, one, &Request { set, ..Request::default() }).map(drop)
            }
        };
        match result {
            Ok(()) => done += 1,
            Err(Error::Invalid(_) | Error::Conflict(_)) => refused += 1,
            Err(other) => panic!("round {round}: {other}"),
        }
        if round % 20 == 0 {
            assert_eq!(findings(&test), Vec::<String>::new(), "round {round}");
            all_tell_of_the_same_time(&demo, &operator);
        }
    }
    assert!(done > 150 && refused > 50, "{done} done, {refused} refused");
    assert_eq!(findings(&test), Vec::<String>::new());
    for number in 1..=TICKETS {
        match merge::unmerge(&demo, by, number) {
            Ok(_) | Err(Error::Invalid(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(findings(&test), Vec::<String>::new());
}
