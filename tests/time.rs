//! Time and dates of tickets: entered with a comment, alone, by command, in JSON and by commits; totals over children; the
//! table of many tickets; what the program notes by itself.

use rocket::http::Method;
use serde_json::{Value as Json, json};

use crate::support::answer::Answer;
use crate::support::form;
use crate::support::repository::Repository;
use crate::support::{Person, TestSite};

const FORM: &str = "application/x-www-form-urlencoded";
const TICKET: &str = "/demo/ticket/1";

/// A ticket of Kim's, who is a member and may do what members may.
fn with_ticket(test: &TestSite) -> Person<'_> {
    let kim = test.user("kim").member();
    file(&kim, &[]);
    kim
}

#[track_caller]
fn file(person: &Person<'_>, fields: &[(&str, &str)]) {
    let mut typed = vec![("field_summary", "Doors open too late"), ("submit", "1")];
    typed.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    typed.extend_from_slice(fields);
    person.submit("/demo/newticket", &typed).expect(303);
}

/// Fills in the form of a ticket as its page has it, and sends it.
#[track_caller]
fn change(person: &Person<'_>, ticket: &str, fields: &[(&str, &str)]) -> Answer {
    let forms = form::post_forms(&person.get(ticket).expect(200).text());
    let mut form = forms.into_iter().find(|form| form.names.iter().any(|name| name == "comment")).unwrap();
    form.fill(fields);
    form.fill(&[("submit", "1")]);
    person.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
}

#[track_caller]
fn data(person: &Person<'_>, address: &str) -> Json {
    let sign = if address.contains('?') { '&' } else { '?' };
    person.get(&format!("{address}{sign}format=json")).expect(200).json()
}

fn sql(test: &TestSite, sql: &str) {
    test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
}

fn fields_of(answer: &Answer) -> Vec<String> {
    answer.problems().into_iter().map(|(field, _)| field).collect()
}

fn findings(test: &TestSite) -> Vec<String> {
    let mut findings = Vec::new();
    for component in test.site.components().iter() {
        component.check(&test.demo(), &mut findings).unwrap();
    }
    findings
}

#[track_caller]
fn sound(test: &TestSite) {
    assert_eq!(findings(test), Vec::<String>::new());
}

// Entering

#[test]
fn time_comes_with_a_comment_and_is_part_of_the_change() {
    let test = TestSite::new();
    let kim = with_ticket(&test);

    change(
        &kim,
        TICKET,
        &[("comment", "Oiled the hinges."), ("time", "2h30m"), ("time_remark", "Hinges & <b>oil</b>")],
    )
    .expect(303);

    let page = kim.get(TICKET).expect(200);
    assert_eq!(page.all("[id='comment:1'] .changes"), ["Worked 2h 30m: Hinges & <b>oil</b>"]);
    assert!(page.all(".time-box")[0].contains("2h 30m worked"), "{:?}", page.all(".time-box"));
    let ticket = data(&kim, TICKET);
    assert_eq!(ticket["worked"], 150);
    let worked = &ticket["comments"][0]["worked"][0];
    assert_eq!((&worked["minutes"], &worked["person"]), (&json!(150), &json!("kim")));
    assert_eq!(data(&kim, "/demo/query?worked=2h..3h")["total"], 1);
    assert_eq!(data(&kim, "/demo/query?worked=3h..")["total"], 0);
    sound(&test);
}

#[test]
fn time_alone_is_entered_on_a_page_of_its_own_for_a_day_and_corrected_there() {
    let test = TestSite::new();
    let kim = with_ticket(&test);

    kim.submit("/demo/ticket/1/time", &[("time", "1:30"), ("time_day", "2026-01-05"), ("time_remark", "Look")])
        .expect(303);
    let page = kim.get("/demo/ticket/1/time").expect(200);
    let way = page.attributes("a[href*='correct=']", "href").remove(0);
    let proposed = kim.form(&way.replace("#enter", ""), &[("time", "-1h"), ("time_remark", "Too much")]);
    kim.send(Method::Post, &proposed.action, FORM, proposed.encoded().into_bytes()).expect(303);

    let entries = data(&kim, "/demo/ticket/1/time");
    let said: Vec<(String, i64)> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["day"].as_str().unwrap().to_owned(), entry["minutes"].as_i64().unwrap()))
        .collect();
    assert_eq!(said, [("2026-01-05".to_owned(), 90), ("2026-01-05".to_owned(), -60)]);
    assert_eq!(data(&kim, TICKET)["worked"], 30);
    assert!(kim.get(TICKET).text().contains("-1h"));
    sound(&test);
}

#[test]
fn what_was_entered_by_mistake_is_taken_back_with_its_change() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    kim.post_json("/demo/ticket/1/time", &json!({ "time": "8h", "time_day": "2026-01-05" })).expect(201);

    test.command(&["ticket", "undo", "demo", "1", "--as", "kim"]).expect(0);

    assert_eq!(data(&kim, TICKET)["worked"], 0);
    let days = data(&kim, "/demo/time?from=&to=&by=day");
    assert_eq!((&days["minutes"], &days["entries"]), (&json!(0), &json!(2)));
    sound(&test);
}

#[test]
fn what_is_no_time_is_refused_and_typed_text_is_kept() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    test.user("lee").member();

    let refused =
        change(&kim, TICKET, &[("comment", "All of this."), ("time", "soon"), ("time_day", "2999-01-01")]).expect(422);
    assert_eq!(fields_of(&refused), ["time", "time_day"]);
    assert!(refused.text().contains("All of this.") && refused.text().contains("value=\"soon\""));
    for (time, problem) in [("0", "time"), ("-5m", "time"), ("1001h", "time"), ("", "time")] {
        let fields = [("time", time), ("time_remark", "x"), ("time_day", ""), ("submit", "1")];
        let token = kim.form("/demo/ticket/1/time", &[("time", "")]);
        let token = token.fields.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
        let all: Vec<(&str, &str)> = fields.into_iter().chain([("__FORM_TOKEN", token.as_str())]).collect();
        assert_eq!(fields_of(&kim.post("/demo/ticket/1/time", &all).expect(422)), [problem], "{time}");
    }
    for person in ["nobody-here", "robin@example.org"] {
        let refused = kim.post_json("/demo/ticket/1/time", &json!({ "time": "1h", "time_person": person })).expect(422);
        assert!(refused.text().contains("time_person"));
    }
    // Another's time asks for a right of its own.
    kim.post_json("/demo/ticket/1/time", &json!({ "time": "1h", "time_person": "lee" })).expect(403);
    test.grant("kim", &["TIME_ADMIN"]);
    kim.post_json("/demo/ticket/1/time", &json!({ "time": "1h", "time_person": "lee" })).expect(201);
    let entry = &data(&kim, "/demo/ticket/1/time")["items"][0];
    assert_eq!((&entry["person"], &entry["entered_by"]), (&json!("lee"), &json!("kim")));
    assert_eq!(data(&kim, TICKET)["worked"], 60);
    sound(&test);
}

#[test]
fn json_that_is_sent_back_as_it_came_enters_nothing() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    kim.post_json(TICKET, &json!({ "time": "45m", "comment": "Done." })).expect(201);

    let mut whole = data(&kim, TICKET);
    for key in ["id", "url", "custom", "comments"] {
        whole.as_object_mut().unwrap().remove(key);
    }
    kim.post_json(TICKET, &whole).expect(200);

    assert_eq!(data(&kim, TICKET)["comments"].as_array().unwrap().len(), 1);
    assert_eq!(data(&kim, TICKET)["worked"], 45);
    assert!(kim.post_json(TICKET, &json!({ "time": "ages" })).expect(422).text().contains("\"time\""));
}

#[test]
fn who_may_only_comment_enters_no_time_and_who_may_not_see_it_sees_none() {
    let test = TestSite::new();
    let kim = with_ticket(&test).can("TICKET_MODIFY");
    test.revoke("members", &["TICKET_MODIFY", "TIME_VIEW"]);
    change(&kim, TICKET, &[("time", "2h")]).expect(303);
    let lee = test.user("lee").can("TICKET_VIEW").can("TICKET_APPEND");

    let page = lee.get(TICKET).expect(200);
    assert!(!page.text().contains("name=\"time\""));
    assert_eq!(page.all("[id='comment:1'] .changes"), ["Worked time was entered"]);
    assert_eq!(data(&lee, TICKET)["comments"][0]["worked"], json!([]));
    lee.get("/demo/ticket/1/time").expect(404);
    lee.get("/demo/time").expect(404);
    lee.post_json(TICKET, &json!({ "time": "1h" })).expect(403);
    test.grant("lee", &["TIME_VIEW"]);
    lee.get("/demo/ticket/1/time").expect(200);
    assert_eq!(lee.get(TICKET).all("[id='comment:1'] .changes"), ["Worked 2h"]);
}

#[test]
fn time_is_entered_and_listed_by_command() {
    let test = TestSite::new();
    with_ticket(&test);

    test.command(&["ticket", "time", "demo", "1", "1.5h", "--day", "2026-02-03", "--remark", "Oil", "--as", "kim"])
        .expect(0);
    test.command(&["ticket", "time", "demo", "1", "-30m", "--day", "2026-02-03", "--person", "kim"]).expect(0);
    let listed = test.command(&["ticket", "worked", "demo", "--by", "person", "--format", "csv"]).expect(0).stdout;
    assert_eq!(listed, "person,minutes,time,tickets,entries\nkim,60,1h,1,2\n");
    let days = test.command(&["ticket", "worked", "demo", "--by", "week", "--from", "2026-02-01", "--format", "ids"]);
    assert_eq!(days.expect(0).stdout, "2026-02-02\n");
    let refused = test.command(&["ticket", "time", "demo", "1", "much"]).expect(1).stderr;
    assert!(refused.contains("LENGTH"), "{refused}");
    assert!(test.command(&["ticket", "time", "demo", "7", "1h"]).expect(1).stderr.contains("no ticket 7"));
    sound(&test);
}

#[test]
fn a_commit_logs_its_time_once_however_often_it_comes() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    file(&kim, &[("field_summary", "Two")]);
    test.command(&["user", "email", "kim", "kim@example.org"]).expect(0);
    let folder = tempfile::tempdir().unwrap();
    let code = Repository::new(&folder.path().join("code"));
    code.commit_file("begin", "begin\n", "Begin");
    test.command(&["repo", "add", "demo", &code.folder.display().to_string(), "--name", "code"]).expect(0);
    let sync = || test.command(&["repo", "sync", "demo"]).expect(0);
    sync();

    code.git(&["checkout", "-q", "-b", "fix"]);
    let first = code.commit_file("a", "a\n", "Fixes #1 @2h30m, as seen in #2 @15m");
    sync();
    assert_eq!(data(&kim, TICKET)["worked"], 150, "on a branch it refers, and logs");
    code.git(&["checkout", "-q", "main"]);
    code.commit_file("b", "b\n", "Something else");
    code.git(&["cherry-pick", "-x", &first]);
    sync();
    code.git(&["merge", "-q", "-m", "Merge", "fix"]);
    sync();

    let ticket = data(&kim, TICKET);
    assert_eq!((&ticket["status"], &ticket["worked"]), (&json!("closed"), &json!(150)));
    assert_eq!(data(&kim, "/demo/ticket/2")["worked"], 15, "a mention logs, and says nothing");
    assert_eq!(data(&kim, "/demo/ticket/2")["comments"].as_array().unwrap().len(), 1);
    let entry = &data(&kim, "/demo/ticket/1/time")["items"][0];
    assert_eq!((&entry["person"], &entry["via"]), (&json!("kim"), &json!("commit")));
    sound(&test);
}

#[test]
fn a_commit_of_somebody_who_may_only_comment_logs_nothing() {
    let test = TestSite::new();
    let kim = with_ticket(&test).can("TICKET_MODIFY");
    test.revoke("members", &["TICKET_MODIFY"]);
    test.user("sam").can("TICKET_VIEW").can("TICKET_APPEND");
    test.command(&["user", "email", "sam", "sam@example.org"]).expect(0);
    let folder = tempfile::tempdir().unwrap();
    let code = Repository::new(&folder.path().join("code"));
    code.commit_file("begin", "begin\n", "Begin");
    test.command(&["repo", "add", "demo", &code.folder.display().to_string(), "--name", "code"]).expect(0);
    test.command(&["repo", "sync", "demo"]).expect(0);

    code.of("sam").commit("Refs #1 @2h");
    test.command(&["repo", "sync", "demo"]).expect(0);

    let ticket = data(&kim, TICKET);
    assert_eq!((&ticket["worked"], ticket["comments"].as_array().unwrap().len()), (&json!(null), 1));
    let page = kim.get(&format!("/demo/changeset/{}", code.head())).expect(200);
    assert!(page.words().contains("Its time was not logged"), "{}", page.words());
}

// Adding up

#[test]
fn the_time_of_children_is_added_up_once_and_hidden_ones_count_nowhere() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    for (summary, parent) in [("Child", "1"), ("Grandchild", "2"), ("Hidden", "1"), ("Below the hidden", "4")] {
        file(&kim, &[("field_summary", summary)]);
        let number: i64 =
            test.demo().read(|db| Ok(db.query_row("select max(id) from ticket", [], |row| row.get(0))?)).unwrap();
        let ticket = format!("/demo/ticket/{number}");
        kim.post_json(&ticket, &json!({ "field_parent": parent, "time": "1h", "field_estimated": "2h" })).expect(201);
    }
    kim.post_json(TICKET, &json!({ "time": "30m", "field_remaining": "1h" })).expect(201);
    sql(
        &test,
        "insert into acl (kind, path) values ('path', 'secret');
        update ticket set acl = (select id from acl where path = 'secret') where id = 4",
    );

    let sums = data(&kim, "/demo/ticket/1/time");

    assert_eq!(sums["own"], json!({ "tickets": 1, "estimated": null, "remaining": 60, "worked": 30 }));
    assert_eq!(sums["beneath"], json!({ "tickets": 2, "estimated": 240, "remaining": null, "worked": 120 }));
    let page = kim.get(TICKET).expect(200).all(".time-box .time-row");
    assert!(page[1].contains("With 2 beneath") && page[1].contains("2h 30m worked"), "{page:?}");
}

#[test]
fn a_circle_of_parents_is_added_up_all_the_same() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    file(&kim, &[("field_summary", "Two")]);
    for (ticket, other) in [(1, 2), (2, 1)] {
        sql(&test, &format!("insert into ticket_current (ticket, field, value) values ({ticket}, 'parent', {other})"));
        kim.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "time": "1h" })).expect(201);
    }
    let sums = data(&kim, "/demo/ticket/1/time");
    assert_eq!((&sums["own"]["worked"], &sums["beneath"]["worked"]), (&json!(60), &json!(60)));
}

#[test]
fn the_table_of_time_is_by_whom_on_what_and_when() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    let lee = test.user("lee").member();
    test.admin("root").submit("/demo/milestone?action=new", &[("name", "1.0, final"), ("duedate", "")]).expect(303);
    file(&lee, &[("field_summary", "=Two, \"quoted\""), ("field_milestone", "1.0, final")]);
    for (person, ticket, time, day) in [
        (&kim, 1, "2h", "2026-01-05"),
        (&kim, 2, "1h", "2026-01-06"),
        (&lee, 2, "30m", "2026-02-01"),
        (&lee, 2, "-15m", "2026-02-01"),
    ] {
        person.post_json(&format!("/demo/ticket/{ticket}/time"), &json!({ "time": time, "time_day": day })).expect(201);
    }

    let csv = |address: &str| kim.get(&format!("/demo/time?{address}&format=csv")).expect(200).text();
    assert_eq!(
        csv("from=&to=&by=person"),
        "\u{feff}person,minutes,hours,tickets,entries\nkim,180,3.00,2,2\nlee,15,0.25,1,2\n"
    );
    assert_eq!(
        csv("from=2026-01-06&to=2026-12-31&by=ticket"),
        "\u{feff}ticket,summary,minutes,hours,tickets,entries\n2,\"'=Two, \"\"quoted\"\"\",75,1.25,1,3\n"
    );
    assert!(csv("from=2026-01-06&to=2026-12-31&by=ticket&raw=1").contains("2,\"=Two, "), "the very data");
    assert_eq!(
        csv("from=&to=&by=milestone"),
        "\u{feff}milestone,minutes,hours,tickets,entries\n,120,2.00,1,1\n\"1.0, final\",75,1.25,1,3\n"
    );
    assert_eq!(
        csv("from=&to=&by=month&person=kim"),
        "\u{feff}month,minutes,hours,tickets,entries\n2026-01,180,3.00,2,2\n"
    );
    assert!(csv("from=&to=&by=entry&milestone=1.0%2C+final").lines().count() == 4);
    let all = data(&kim, "/demo/time?from=&to=&by=day");
    assert_eq!((&all["minutes"], &all["people"], &all["total"]), (&json!(195), &json!(2), &json!(3)));
    for by in ["person", "ticket", "milestone", "day", "week", "month", "entry"] {
        let page = kim.get(&format!("/demo/time?from=&to=&by={by}")).expect(200);
        assert!(page.words().contains("3h 15m"), "{by}: {}", page.words());
    }
    let refused = kim.get("/demo/time?from=x&to=2026-01-01&by=moon&milestone=none+such").expect(422);
    assert_eq!(fields_of(&refused), ["from", "by", "milestone"]);
    // This month, where no period is named.
    assert_eq!(data(&kim, "/demo/time")["minutes"], 0);

    sql(
        &test,
        "insert into acl (kind, path) values ('path', 'secret');
        update ticket set acl = (select id from acl where path = 'secret') where id = 1",
    );
    assert_eq!(data(&kim, "/demo/time?from=&to=")["minutes"], 75);
    assert!(!kim.get("/demo/time?from=&to=&by=entry").text().contains("Doors open too late"));
}

// What the program notes

#[test]
fn begun_resolved_and_last_contact_are_noted_and_reopening_clears_resolved() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    let lee = test.user("lee").member();
    let now = |name: &str| data(&kim, TICKET)[name].clone();

    change(&kim, TICKET, &[("comment", "My own words are no answer.")]).expect(303);
    assert_eq!((now("started"), now("contacted"), now("resolved")), (json!(null), json!(null), json!(null)));

    change(&lee, TICKET, &[("comment", "We look at it.")]).expect(303);
    let contacted = now("contacted");
    assert!(contacted.is_string());
    change(&lee, TICKET, &[("action", "accept")]).expect(303);
    let started = now("started");
    assert!(started.is_string());
    change(&lee, TICKET, &[("action", "resolve")]).expect(303);
    assert!(now("resolved").is_string());
    change(&lee, TICKET, &[("action", "reopen")]).expect(303);
    change(&lee, TICKET, &[("action", "accept")]).expect(303);

    assert_eq!((now("started"), now("contacted"), now("resolved")), (started, contacted, json!(null)));
    assert_eq!(data(&kim, "/demo/query?started=today..")["total"], 1);
    let page = kim.get(TICKET).expect(200).all(".ticket-times");
    assert!(page[0].contains("begun") && page[0].contains("last contact"), "{page:?}");
    sound(&test);
    sql(&test, "update ticket set started_at = 5, contacted_at = 6, worked = 7");
    let wrong = findings(&test).join("\n");
    for words in ["the sum of its entries", "state did not change", "last contact"] {
        assert!(wrong.contains(words), "{wrong}");
    }
}

#[test]
fn a_ticket_that_is_late_says_so_until_it_is_closed() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    file(&kim, &[("field_summary", "In time")]);
    kim.post_json(TICKET, &json!({ "field_due": "2026-01-02" })).expect(201);
    kim.post_json("/demo/ticket/2", &json!({ "field_due": "2999-01-02" })).expect(201);

    assert!(kim.get(TICKET).expect(200).all(".ticket-state .due-late")[0].contains("late"));
    assert!(kim.get("/demo/ticket/2").expect(200).all(".ticket-state .due-late").is_empty());
    let list = "/demo/query?status=!closed";
    assert_eq!(kim.get(list).all("tr .overdue").len(), 1);
    assert_eq!(kim.get(&format!("{list}&col=id&col=due")).all("tr .overdue").len(), 1);
    assert_eq!(data(&kim, "/demo/query?due=..today")["total"], 1);

    let calendar = kim.get("/demo/query?status=!closed&format=ics").expect(200);
    assert!(calendar.header("Content-Type").unwrap().starts_with("text/calendar"));
    let calendar = calendar.text();
    assert_eq!(calendar.matches("BEGIN:VTODO").count(), 2, "{calendar}");
    assert!(calendar.contains("DUE;VALUE=DATE:20260102") && calendar.contains("SUMMARY:#1: Doors open too late"));

    change(&kim, TICKET, &[("action", "resolve")]).expect(303);
    assert!(kim.get(TICKET).expect(200).all(".ticket-state .due-late").is_empty());
    assert!(kim.get("/demo/query?order=id").all("tr .overdue").is_empty());
}

#[test]
fn the_timeline_tells_of_time_that_was_entered() {
    let test = TestSite::new();
    let kim = with_ticket(&test);
    kim.post_json("/demo/ticket/1/time", &json!({ "time": "2h30m" })).expect(201);

    let page = kim.get("/demo/timeline?ticket_details=on").expect(200).words();
    assert!(page.contains("worked 2h 30m"), "{page}");
}

// Search

#[test]
fn remarks_are_found_by_those_who_may_see_time_and_the_ticket() {
    let test = TestSite::new();
    let kim = with_ticket(&test).can("TICKET_VIEW").can("TIME_VIEW");
    test.revoke("members", &["TICKET_VIEW", "TIME_VIEW"]);
    let lee = test.user("lee").can("TICKET_VIEW");
    let mo = test.user("mo").can("TIME_VIEW");
    let body =
        json!({ "time": "1h", "time_day": "2026-01-05", "time_remark": "Measured the hysteresis & <b>more</b>" });
    kim.post_json("/demo/ticket/1/time", &body).expect(201);
    let found = |person: &Person<'_>, words: &str| {
        let hits = person.get(&format!("/demo/search?q={words}&format=json")).expect(200).json();
        let items = hits["items"].as_array().unwrap().iter();
        let urls: Vec<String> = items.map(|item| item["url"].as_str().unwrap().to_owned()).collect();
        (hits["total"].as_i64().unwrap(), urls)
    };
    for when in ["before it is indexed", "afterwards"] {
        let (total, urls) = found(&kim, "hysteresis");
        assert_eq!((total, urls.len()), (1, 1), "{when}");
        assert!(urls[0].ends_with("/demo/ticket/1/time"), "{when}: {urls:?}");
        for person in [&lee, &mo] {
            assert_eq!(found(person, "hysteresis"), (0, Vec::new()), "{when}");
            assert_eq!(found(person, "hysteresys"), (0, Vec::new()), "{when}");
            assert_eq!(person.get("/demo/search/suggest?q=time+of").expect(200).json(), json!([]), "{when}");
            let page = person.get("/demo/search?q=hysteresis").expect(200);
            assert!(!page.text().contains("Measured") && !page.text().contains("Time of #1"), "{when}");
        }
        test.catch_up();
    }
    let page = kim.get("/demo/search?q=hysteresis&noquickjump=1").expect(200);
    assert!(page.words().contains("Time of #1") && page.words().contains("<b>more</b>"), "{}", page.words());
    assert_eq!(found(&kim, "author:kim+hysteresis").0, 1);
    // Another entry, a change of class and the trash are followed.
    let body = json!({ "time": "1h", "time_day": "2026-01-05", "time_remark": "Recalibrated" });
    kim.post_json("/demo/ticket/1/time", &body).expect(201);
    assert_eq!(found(&kim, "recalibrated").0, 1);
    let sam = test.user("sam").can("TICKET_VIEW").can("TIME_VIEW");
    assert_eq!(found(&sam, "hysteresis").0, 1);
    kim.post_json("/demo/ticket/1", &json!({ "private": true })).expect(201);
    for _ in 0..2 {
        assert_eq!((found(&kim, "hysteresis").0, found(&sam, "hysteresis").0), (1, 0));
        test.catch_up();
    }
    test.command(&["ticket", "remove", "demo", "1"]).expect(0);
    for _ in 0..2 {
        assert_eq!(found(&kim, "hysteresis").0, 0);
        test.catch_up();
    }
    assert!(test.command(&["check"]).stdout.contains("nothing found"));
}
