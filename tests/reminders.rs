//! Reminders and bookmarks: made on a ticket, seen by those whom they concern, found again.

use serde_json::{Value as Json, json};
use trackway::ticket::reminders::due_reminders;

use crate::support::{Person, TestSite};

const TICKET: &str = "/demo/ticket/1";

fn with_ticket(test: &TestSite) -> Person<'_> {
    let kim = test.user("kim").member();
    file(&kim, "Doors open too late");
    kim
}

fn file(person: &Person<'_>, summary: &str) {
    person.submit("/demo/newticket", &[("field_summary", summary), ("submit", "1")]).expect(303);
}

#[track_caller]
fn data(person: &Person<'_>, address: &str) -> Json {
    person.get(&format!("{address}?format=json")).expect(200).json()
}

fn sql(test: &TestSite, sql: &str) {
    test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
}

#[test]
fn a_reminder_brings_a_ticket_back_until_it_is_done() {
    let test = TestSite::new();
    let kim = with_ticket(&test);

    kim.submit(TICKET, &[("due", "2999-12-24"), ("text", "Ask <again>")]).expect(303);
    let page = kim.get(TICKET).expect(200);
    assert!(page.all(".reminders li")[0].contains("Ask <again>"));
    assert!(kim.get("/demo/query").expect(200).all(".reminders-due").is_empty(), "nothing is due yet");
    sql(&test, "update reminder set due = '2026-01-02'");
    assert_eq!(kim.get("/demo/query").expect(200).all(".reminders-due"), ["1 reminder is due"]);
    let due = test.demo().read(|db| due_reminders(db, "2026-01-02")).unwrap();
    assert_eq!((due.len(), due[0].ticket, due[0].text.as_str()), (1, 1, "Ask <again>"));

    kim.submit("/demo/reminders", &[("done", "1")]).expect(303);

    assert!(kim.get("/demo/query").expect(200).all(".reminders-due").is_empty());
    assert_eq!(data(&kim, "/demo/reminders")["total"], 0);
    assert!(kim.get("/demo/reminders?state=done").expect(200).words().contains("Ask <again>"));
    assert!(test.demo().read(|db| due_reminders(db, "2999-12-31")).unwrap().is_empty());
}

#[test]
fn others_are_reminded_by_those_who_may_change_fields_and_nobody_else_sees_it() {
    let test = TestSite::new();
    let kim = with_ticket(&test).can("TICKET_MODIFY");
    test.revoke("members", &["TICKET_MODIFY"]);
    let lee = test.user("lee").can("TICKET_VIEW").can("TICKET_APPEND");
    let sam = test.user("sam").can("TICKET_VIEW").can("TICKET_APPEND");

    let to = |person: &str| json!({ "due": "2999-12-24", "text": "Call them", "person": person });
    kim.post_json("/demo/ticket/1/reminder", &to("lee")).expect(201);
    sam.post_json("/demo/ticket/1/reminder", &to("kim")).expect(403);
    sam.post_json("/demo/ticket/1/reminder", &to("")).expect(201);

    assert_eq!(kim.get(TICKET).all(".reminders li").len(), 2);
    assert_eq!(lee.get(TICKET).all(".reminders li").len(), 1);
    assert_eq!(data(&lee, "/demo/reminders")["items"][0]["text"], "Call them");
    assert_eq!(data(&kim, "/demo/reminders")["total"], 0);
    sam.post_json("/demo/reminder/1", &json!({ "done": true })).expect(404);
    lee.post_json("/demo/reminder/1", &json!({ "remove": true })).expect(200);
    lee.post_json("/demo/reminder/2", &json!({ "remove": true })).expect(404);
    // What somebody may no longer see reminds them of nothing.
    sql(
        &test,
        "insert into acl (kind, path) values ('path', 'secret');
        update ticket set acl = (select id from acl where path = 'secret')",
    );
    assert_eq!(data(&sam, "/demo/reminders")["total"], 0);
}

#[test]
fn what_is_no_reminder_is_refused_with_what_was_typed() {
    let test = TestSite::new();
    let kim = with_ticket(&test);

    let refused = kim.submit(TICKET, &[("due", "2020-01-01"), ("text", "Too late for that")]).expect(422);
    assert_eq!(refused.problems()[0].0, "due");
    assert!(refused.text().contains("Too late for that"));
    assert_eq!(refused.all("input[name=person]").len(), 1, "whom to remind is asked again");
    kim.post_json("/demo/ticket/1/reminder", &json!({ "due": "2999-01-01", "person": "nobody-here" })).expect(422);
    kim.post_json("/demo/ticket/7/reminder", &json!({ "due": "2999-01-01" })).expect(404);
    test.anonymous().get("/demo/reminders").expect(404);
}

#[test]
fn reminders_are_made_and_ended_by_command() {
    let test = TestSite::new();
    with_ticket(&test);

    let id =
        test.command(&["ticket", "remind", "demo", "1", "2999-12-24", "Ask again", "--person", "kim"]).expect(0).stdout;
    let listed = test.command(&["ticket", "reminders", "demo", "--as", "kim", "--format", "csv"]).expect(0).stdout;
    assert_eq!(listed, "id,due,ticket,summary,text\n1,2999-12-24,1,Doors open too late,Ask again\n");
    test.command(&["ticket", "reminders", "demo", "--finish", id.trim(), "--as", "kim"]).expect(0);
    assert_eq!(test.command(&["ticket", "reminders", "demo", "--as", "kim", "--format", "ids"]).expect(0).stdout, "");
    assert!(test.command(&["ticket", "remind", "demo", "1", "2020-01-01"]).expect(1).stderr.contains("has passed"));
}

#[test]
fn a_bookmark_is_for_oneself_and_stays_with_a_merged_ticket() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    file(&kim, "The same again");
    let lee = test.user("lee").member();

    kim.submit(TICKET, &[("on", "1")]).expect(303);
    let events = test.event_count();
    kim.post_json("/demo/ticket/2/bookmark", &json!({ "on": "1" })).expect(200);
    assert_eq!(test.event_count(), events, "nobody is told");

    assert_eq!(kim.get(TICKET).attributes(".star button", "aria-pressed"), ["true"]);
    assert_eq!(data(&kim, "/demo/bookmarks")["total"], 2);
    assert_eq!(data(&lee, "/demo/bookmarks")["total"], 0);
    assert_eq!(kim.get("/demo/query?order=id").all("tr .star-on").len(), 2);
    assert!(lee.get("/demo/query?order=id").all("tr .star-on").is_empty());

    sql(&test, "update ticket set merged_into = 1 where id = 2");
    kim.post_json("/demo/ticket/1/bookmark", &json!({ "on": "0" })).expect(200);
    assert_eq!(data(&kim, "/demo/bookmarks")["total"], 0, "the mark of what was merged goes along");
    // By way of another one, too.
    file(&kim, "And again");
    sql(&test, "update ticket set merged_into = 2 where id = 3");
    kim.post_json("/demo/ticket/3/bookmark", &json!({ "on": "1" })).expect(200);
    assert_eq!(data(&kim, "/demo/bookmarks")["items"][0]["id"], 1);
    assert_eq!(kim.get(TICKET).attributes(".star button", "aria-pressed"), ["true"]);
    assert_eq!(kim.get("/demo/query?order=id").all("tr .star-on").len(), 1);
}

#[test]
fn a_list_marks_without_a_script_and_comes_back_to_itself() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    let list = "/demo/query?order=id&status=!closed";

    let page = kim.get(list).expect(200);
    let way = page.attributes("tr button[formaction]", "formaction").remove(0);
    assert_eq!(way, "/demo/ticket/1/bookmark");
    let form = kim.form(list, &[("back", list)]);
    let mut form = form.clone();
    form.fill(&[("on", "1")]);
    let answer =
        kim.send(rocket::http::Method::Post, &way, "application/x-www-form-urlencoded", form.encoded().into_bytes());
    assert_eq!(answer.expect(303).location(), list);
    assert_eq!(kim.get(list).all("tr .star-on").len(), 1);

    form.fill(&[("back", "https://evil.example/"), ("on", "0")]);
    let answer =
        kim.send(rocket::http::Method::Post, &way, "application/x-www-form-urlencoded", form.encoded().into_bytes());
    assert_eq!(answer.expect(303).location(), TICKET);
    test.anonymous().get("/demo/bookmarks").expect(404);
}
