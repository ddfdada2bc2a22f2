//! Stories of the roadmap: which milestones it shows and in which order, and that every number on it is what counting the
//! tickets says, for each viewer.

use std::collections::BTreeMap;

use rusqlite::params;
use serde_json::{Value, json};
use trackway::web::address;

use crate::support::{Person, TestSite};

const STATES: [&str; 5] = ["new", "assigned", "accepted", "reopened", "closed"];

fn planner(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("MILESTONE_ADMIN")
}

fn plan(test: &TestSite, name: &str, more: &[&str]) {
    let mut arguments = vec!["milestone", "create", "demo", name];
    arguments.extend(more);
    test.command(&arguments).expect(0);
}

fn write(test: &TestSite, sql: &str) {
    test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
}

fn person_id(test: &TestSite, login: &str) -> i64 {
    test.demo()
        .read(|db| Ok(db.query_row("select id from person where login = ?1", [login], |row| row.get(0))?))
        .unwrap()
}

/// A ticket as the roadmap needs it, written by SQL.
struct Filed<'a> {
    milestone: &'a str,
    state: &'a str,
    kind: Option<&'a str>,
    owner: Option<i64>,
    acl: i64,
}

/// Files tickets and counts them into the tally.
fn file(test: &TestSite, tickets: &[Filed<'_>]) {
    test.demo()
        .db()
        .write(|db| {
            for ticket in tickets {
                db.execute(
                    "insert into ticket (acl, created_at, changed_at, closed_at, summary, status, type, owner, milestone, priority)
                     values (?1, 1, 1, iif(?2 = 'closed', 1790000000000000, null), 'Summary', (select id from ticket_status where name = ?2),
                       (select id from field_option where field = 'type' and name = ?3), ?4,
                       (select id from milestone where name = ?5),
                       (select id from field_option where field = 'priority' and name = 'blocker'))",
                    params![ticket.acl, ticket.state, ticket.kind, ticket.owner, ticket.milestone],
                )?;
            }
            db.execute("delete from ticket_tally", [])?;
            for (field, value) in [
                ("", "0"), ("type", "coalesce(type, 0)"), ("status", "status"), ("owner", "coalesce(owner, 0)"),
                ("priority", "coalesce(priority, 0)"), ("component", "coalesce(component, 0)"),
            ] {
                db.execute(
                    &format!(
                        "insert into ticket_tally (milestone, field, value, status, acl, tickets)
                         select milestone, '{field}', {value}, status, acl, count(*) from ticket
                         where milestone is not null group by 1, 2, 3, 4, 5"
                    ),
                    [],
                )?;
            }
            Ok(())
        })
        .unwrap();
}

fn filed<'a>(milestone: &'a str, state: &'a str) -> Filed<'a> {
    Filed { milestone, state, kind: None, owner: None, acl: 1 }
}

fn names(person: &Person<'_>, address: &str) -> Vec<String> {
    person.get(address).expect(200).all("main h2 a")
}

#[test]
fn milestones_stand_in_the_order_of_their_dates_and_the_switches_choose_among_them() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&test, "M 10", &[]);
    plan(&test, "M 9", &[]);
    plan(&test, "Late", &["--due", "2020-01-01"]);
    plan(&test, "Soon", &["--due", "2099-01-01"]);
    plan(&test, "B 2", &["--due", "2099-01-01"]);
    plan(&test, "Done last", &["--completed", "2021-05-05"]);
    plan(&test, "Done first", &["--completed", "2021-05-04", "--due", "2030-01-01"]);
    let dated = ["Late", "B 2", "Soon"];
    assert_eq!(names(&kim, "/demo/roadmap"), [&dated[..], &["M 9", "M 10"]].concat());
    assert_eq!(names(&kim, "/demo/roadmap?show=noduedate"), dated);
    let done = ["Done first", "Done last"];
    assert_eq!(names(&kim, "/demo/roadmap?show=completed"), [&done[..], &dated, &["M 9", "M 10"]].concat());
    assert_eq!(names(&kim, "/demo/roadmap?show=completed&show=noduedate"), [&done[..], &dated].concat());
    kim.get("/demo/roadmap?show=everything").expect(422);
    kim.get("/demo/roadmap?format=doc").expect(422);

    let json = kim.get("/demo/roadmap?show=completed&format=json").expect(200).json();
    assert_eq!((&json["total"], &json["page"], &json["next"]), (&json!(7), &json!(1), &Value::Null));
    assert_eq!(json["items"][0]["name"], "Done first");
    assert_eq!(json["items"][0]["completed"], "2021-05-04T12:00:00.000000Z");
    assert_eq!(json["items"][2]["due"], "2020-01-01");
    let keys: Vec<&String> = json["items"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["completed", "description", "due", "name", "progress", "tickets", "url"]);

    let page = kim.get("/demo/milestone/Soon").expect(200);
    assert_eq!(page.attributes("a[rel=prev]", "href"), ["/demo/milestone/B%202"]);
    assert_eq!(page.attributes("a[rel=next]", "href"), ["/demo/milestone/M%209"]);
}

#[test]
fn a_long_roadmap_is_paged() {
    let test = TestSite::new();
    let kim = planner(&test);
    write(
        &test,
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 120)
         insert into milestone (name, folded, created_at, changed_at) select 'm ' || n, 'm ' || n, 1, 1 from n",
    );
    assert_eq!(names(&kim, "/demo/roadmap").len(), 50);
    assert_eq!(names(&kim, "/demo/roadmap?page=3").last().unwrap(), "m 120");
    let json = kim.get("/demo/roadmap?format=json&page=2").expect(200).json();
    assert_eq!((json["total"].as_i64(), json["items"].as_array().unwrap().len()), (Some(120), 50));
    assert!(json["next"].as_str().unwrap().ends_with("/demo/roadmap?format=json&page=3"));
}

/// The counts of a bar as the page shows them: title → number, and its link.
fn shown(person: &Person<'_>, address: &str, list: usize) -> BTreeMap<String, (i64, String)> {
    let page = person.get(address).expect(200);
    let html = scraper::Html::parse_document(&page.text());
    let lists = scraper::Selector::parse("ul.counts").unwrap();
    let links = scraper::Selector::parse("a").unwrap();
    let counts = html.select(&lists).nth(list).unwrap();
    counts
        .select(&links)
        .map(|link| {
            let words = link.text().collect::<String>();
            let (count, title) = words.split_once(' ').unwrap();
            (title.to_owned(), (count.parse().unwrap(), link.attr("href").unwrap().to_owned()))
        })
        .collect()
}

#[test]
fn every_number_is_what_counting_says_and_leads_to_the_query_for_it() {
    let test = TestSite::new();
    let kim = planner(&test);
    write(&test, "insert into ticket_status (name, category, rank) values ('needs info', 'waiting', 9)");
    plan(&test, "!Big & bold", &[]);
    plan(&test, "Small", &[]);
    let mut tickets = vec![];
    for (at, state) in STATES.into_iter().chain(["needs info", "closed"]).enumerate() {
        let kind = ["defect", "task"][at % 2];
        tickets.push(Filed { kind: Some(kind), ..filed("!Big & bold", state) });
    }
    tickets.push(filed("Small", "closed"));
    file(&test, &tickets);

    let bar = shown(&kim, "/demo/roadmap", 0);
    let milestone = "/demo/query?milestone=%5C%21Big%20%26%20bold";
    assert_eq!(
        bar,
        BTreeMap::from([
            ("closed".to_owned(), (2, format!("{milestone}&status=closed"))),
            ("waiting".to_owned(), (1, format!("{milestone}&status=needs%20info"))),
            ("open".to_owned(), (4, format!("{milestone}&status=new&status=assigned&status=accepted&status=reopened"))),
            ("in all".to_owned(), (7, milestone.to_owned())),
        ])
    );
    let address = "/demo/milestone/%21Big%20%26%20bold";
    assert_eq!(
        kim.get(&format!("{address}?format=json")).json()["tickets"],
        json!({ "total": 7, "closed": 2, "waiting": 1, "open": 4 })
    );
    // 2, 1 and 4 of 7: 28.6, 14.3 and 57.1 percent.
    let segments = kim.get("/demo/roadmap").attributes("main svg.bar rect[class]", "width");
    assert_eq!(segments[..4], ["100.0", "28.571", "14.286", "57.143"]);
    assert!(kim.get("/demo/roadmap").words().contains("29%"));

    // By type: tasks are three of the seven, defects four, and their bars as long.
    let by_type = kim.get(&format!("{address}?by=type")).expect(200);
    assert_eq!(by_type.all("tbody th"), ["defect", "task"]);
    assert_eq!(by_type.attributes("tbody rect.bar-ground", "width"), ["100.0", "75.0"]);
    let defects = shown(&kim, &format!("{address}?by=type"), 1);
    assert_eq!(defects["in all"], (4, format!("{milestone}&type=defect")));
    assert_eq!(defects["closed"], (2, format!("{milestone}&type=defect&status=closed")));
    let by_status = kim.get(&format!("{address}?by=status")).expect(200);
    assert_eq!(by_status.all("tbody th"), ["new", "assigned", "accepted", "reopened", "closed", "needs info"]);
    assert_eq!(shown(&kim, &format!("{address}?by=status"), 1)["open"], (1, format!("{milestone}&status=new")));
    // There are no components, so the first field that has values is taken.
    assert_eq!(kim.get(address).attributes("select[name=by] option[selected]", "value"), ["type"]);
    assert_eq!(kim.get(&format!("{address}?by=owner")).all("tbody th"), ["none"]);
    kim.get(&format!("{address}?by=summary")).expect(422);
}

#[test]
fn nobody_counts_what_they_may_not_see() {
    let test = TestSite::new();
    let (kim, lee) = (planner(&test), test.user("lee").member());
    plan(&test, "M1", &[]);
    // Both have acted here, so they are people of the project.
    let (kim_id, lee_id) = (person_id(&test, "kim"), person_id(&test, "lee"));
    write(&test, "insert into acl (id, kind, participants) values (7, 'component', 0), (8, 'private', 1)");
    let hidden = |state| Filed { acl: 7, ..filed("M1", state) };
    let private = |state, owner| Filed { acl: 8, owner: Some(owner), kind: Some("task"), ..filed("M1", state) };
    file(
        &test,
        &[
            filed("M1", "closed"),
            filed("M1", "new"),
            hidden("closed"),
            hidden("new"),
            hidden("new"),
            private("new", kim_id),
            private("closed", lee_id),
            private("closed", lee_id),
        ],
    );
    write(
        &test,
        "insert into participant (resource_kind, resource_id, person, role)
         select 'ticket', id, owner, 'owner' from ticket where acl = 8",
    );
    let counted =
        |person: &Person<'_>| person.get("/demo/milestone/M1?format=json").expect(200).json()["tickets"].clone();
    assert_eq!(counted(&kim), json!({ "total": 3, "closed": 1, "waiting": 0, "open": 2 }));
    assert_eq!(counted(&lee), json!({ "total": 4, "closed": 3, "waiting": 0, "open": 1 }));
    assert_eq!(shown(&lee, "/demo/milestone/M1?by=type", 1)["in all"].0, 2, "the private ones alone have a type");
    assert_eq!(shown(&lee, "/demo/milestone/M1?by=owner", 1)["in all"].0, 2);
    assert_eq!(kim.get("/demo/milestone/M1?by=owner").all("tbody th"), ["kim", "none"]);
    let admin = test.admin("root");
    assert_eq!(counted(&admin)["total"], 8);
    test.revoke("members", &["TICKET_VIEW"]);
    assert_eq!(counted(&lee)["total"], 0);
    assert!(lee.get("/demo/milestone/M1").expect(200).words().contains("No tickets yet"));
}

#[test]
fn a_thousand_random_tickets_are_counted_as_one_would_count_them() {
    let test = TestSite::new();
    let kim = planner(&test);
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below) as usize
    };
    let milestones = ["M1", "M2", "M3"];
    for name in milestones {
        plan(&test, name, &[]);
    }
    let kinds = [None, Some("defect"), Some("task"), Some("enhancement")];
    let tickets: Vec<Filed<'_>> = (0..1000)
        .map(|_| Filed { kind: kinds[random(4)], ..filed(milestones[random(3)], STATES[random(5)]) })
        .collect();
    file(&test, &tickets);
    for name in milestones {
        let count = |kind: Option<Option<&str>>, closed: Option<bool>| {
            tickets
                .iter()
                .filter(|ticket| ticket.milestone == name)
                .filter(|ticket| kind.is_none_or(|kind| ticket.kind == kind))
                .filter(|ticket| closed.is_none_or(|closed| (ticket.state == "closed") == closed))
                .count() as i64
        };
        let address = format!("/demo/milestone/{name}?by=type");
        for (list, kind) in
            [None, Some(kinds[1]), Some(kinds[3]), Some(kinds[2]), Some(kinds[0])].into_iter().enumerate()
        {
            let bar = shown(&kim, &address, list);
            assert_eq!(bar["in all"].0, count(kind, None), "{name} {kind:?}");
            assert_eq!(bar["closed"].0, count(kind, Some(true)), "{name} {kind:?}");
            assert_eq!(bar["open"].0, count(kind, Some(false)), "{name} {kind:?}");
        }
    }
}

#[test]
fn the_queries_behind_the_numbers_find_exactly_so_many_tickets() {
    let test = TestSite::new();
    let kim = planner(&test);
    let names = ["!M & \"1\"", "\\~x", "$5", "plain", "a|b"];
    let (kim_id, states) = (person_id(&test, "kim"), ["new", "closed", "assigned"]);
    let mut tickets = Vec::new();
    for (at, name) in names.iter().enumerate() {
        plan(&test, name, &[]);
        for count in 0..=at + 3 {
            let owner = (count % 2 == 0).then_some(kim_id);
            let kind = ["defect", "task"].get(count % 3).copied();
            tickets.push(Filed { kind, owner, ..filed(name, states[count % 3]) });
        }
    }
    file(&test, &tickets);
    let mut asked = 0;
    for name in names {
        for by in ["type", "status", "owner", "priority"] {
            let address = format!("/demo/milestone/{}?by={by}", address::segment(name));
            let page = kim.get(&address).expect(200);
            let words = page.all("ul.counts a");
            for (words, link) in words.iter().zip(page.attributes("ul.counts a", "href")) {
                let query = link.strip_prefix("/demo/query").unwrap();
                let found = test.command(&["query", "demo", &format!("{query}&max=0"), "--format", "ids"]).expect(0);
                let shown: usize = words.split(' ').next().unwrap().parse().unwrap();
                assert_eq!(found.stdout.lines().count(), shown, "{words} in {address} is {link}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

/// The lines of a calendar, unfolded, after a look at its form.
fn calendar(person: &Person<'_>, address: &str) -> Vec<String> {
    let answer = person.get(address).expect(200);
    assert_eq!(answer.header("Content-Type"), Some("text/calendar; charset=utf-8"));
    let text = answer.text();
    assert!(text.ends_with("\r\n"));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text}");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    text.replace("\r\n ", "").split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_calendar_has_the_dates_and_the_tickets_of_one_person() {
    let test = TestSite::new();
    let (kim, lee) = (planner(&test), test.user("lee").member());
    let text = format!("One; two, three \\ four\nnext line {}", "ä".repeat(60));
    plan(&test, "M; 1", &["--due", "2099-12-31", "--description", &text]);
    plan(&test, "No date", &[]);
    plan(&test, "End", &["--due", "9999-12-31"]);
    let lee_id = person_id(&test, "lee");
    let of_lee = |milestone, state| Filed { owner: Some(lee_id), ..filed(milestone, state) };
    file(
        &test,
        &[
            of_lee("M; 1", "new"),
            of_lee("M; 1", "closed"),
            of_lee("No date", "assigned"),
            filed("M; 1", "new"),
            Filed { acl: 1, owner: Some(person_id(&test, "kim")), ..filed("M; 1", "new") },
        ],
    );
    let lines = calendar(&kim, "/demo/roadmap?format=ics");
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("BEGIN:VCALENDAR", "END:VCALENDAR"));
    assert_eq!(lines[1], "VERSION:2.0");
    let summaries = |lines: &[String]| -> Vec<String> {
        lines.iter().filter_map(|line| line.strip_prefix("SUMMARY:")).map(str::to_owned).collect()
    };
    assert_eq!(summaries(&lines), ["Milestone M\\; 1", "Milestone End"]);
    let has = |lines: &[String], line: &str| assert!(lines.iter().any(|known| known == line), "{line} in {lines:#?}");
    has(&lines, "DTSTART;VALUE=DATE:20991231");
    has(&lines, "DTSTART;VALUE=DATE:99991231");
    has(&lines, &format!("DESCRIPTION:One\\; two\\, three \\\\ four\\nnext line {}", "ä".repeat(60)));
    has(&lines, "URL:http://127.0.0.1:8000/demo/milestone/M%3B%201");
    let uids =
        |lines: &[String]| -> Vec<String> { lines.iter().filter(|line| line.starts_with("UID:")).cloned().collect() };
    assert_eq!(lines.iter().filter(|line| line.starts_with("DTSTAMP:2")).count(), 2);

    let lines = calendar(&lee, "/demo/roadmap?format=ics&user=lee");
    assert_eq!(summaries(&lines)[2..], ["#1: Summary", "#3: Summary", "#2: Summary"]);
    for line in [
        "BEGIN:VTODO",
        "DUE;VALUE=DATE:20991231",
        "STATUS:NEEDS-ACTION",
        "STATUS:IN-PROCESS",
        "STATUS:COMPLETED",
        "PRIORITY:1",
        "COMPLETED:20260921T141320Z",
        "URL:http://127.0.0.1:8000/demo/ticket/1",
    ] {
        has(&lines, line);
    }
    // A rename keeps them.
    test.command(&["milestone", "change", "demo", "M; 1", "--name", "Other"]).expect(0);
    assert_eq!(uids(&calendar(&lee, "/demo/roadmap?format=ics&user=lee")), uids(&lines));
    assert_eq!(summaries(&calendar(&lee, "/demo/roadmap?format=ics&user=nobody")).len(), 2);
    test.revoke("members", &["TICKET_VIEW"]);
    assert_eq!(summaries(&calendar(&lee, "/demo/roadmap?format=ics&user=lee")).len(), 2);
}

#[test]
fn macros_put_milestones_with_their_bars_into_texts() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&test, "M1", &["--due", "2020-01-01"]);
    plan(&test, "M2", &["--completed", "now"]);
    file(&test, &[filed("M1", "new"), filed("M1", "closed"), filed("M1", "closed")]);
    kim.save_page(
        "Plan",
        "It is [[Progress(milestone=M1)]] so far.\n\n[[Milestone(m1)]]\n\n[[Roadmap]]\n\n[[Roadmap(show=completed, limit=1)]]",
    );
    let page = kim.page("Plan").expect(200);
    assert_eq!(page.all("article .macro-box"), Vec::<String>::new());
    assert!(page.words().contains("It is 67% (2 closed, 1 open, 3 in all) so far."), "{}", page.words());
    assert_eq!(page.all("article .milestone-head a"), ["M1", "M1", "M2"]);
    assert_eq!(page.all("article .milestone-head a.closed"), ["M2"]);
    assert_eq!(page.all("article .milestone .counts li")[..3], ["2 closed", "1 open", "3 in all"]);
    let queries: Vec<String> =
        page.attributes("article a", "href").into_iter().filter(|href| href.contains("/query")).collect();
    assert_eq!(queries.len(), 9);
    assert_eq!(queries[0], "/demo/query?milestone=M1&status=closed");
    assert!(!page.text().contains("style="));
    let source: Vec<String> = test
        .demo()
        .read(|db| {
            let mut statement = db.prepare("select target from link where target_kind = 'milestone'")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    assert_eq!(source, ["m1"]);
    kim.save_page(
        "Plan",
        "[[Progress(milestone=Nothing)]] [[Progress]] [[Progress(x=1)]]\n\n[[Roadmap(limit=0)]]\n\n[[Roadmap(show=x)]]",
    );
    assert_eq!(kim.page("Plan").all("article .macro-box").len(), 5);
    test.revoke("members", &["MILESTONE_VIEW"]);
    let lee = test.user("lee").member();
    let (hidden, missing) = ("[[Milestone(M1)]]", "[[Milestone(M7)]]");
    let render = |text: &str| {
        lee.get("/demo/wiki/Plan").expect(200);
        test.command_with_input(&["--as", "lee", "render", "--project", "demo"], text).expect(0).stdout
    };
    assert_eq!(render(hidden), render(missing).replace("M7", "M1"));
}

#[test]
fn the_feed_tells_of_the_milestones_that_were_changed_last() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&test, "M1", &[]);
    plan(&test, "M2", &["--due", "2020-01-01"]);
    test.command(&["milestone", "change", "demo", "M1", "--description", "More."]).expect(0);
    let feed = kim.get("/demo/roadmap?format=rss").expect(200);
    assert_eq!(feed.all("entry > title"), ["M1", "M2"]);
    assert!(feed.text().contains("late (1 Jan 2020); no tickets."));
}

#[test]
fn progress_is_counted_in_estimated_time_where_that_is_wanted() {
    let test = TestSite::new();
    let kim = planner(&test).can("TIME_VIEW");
    let ann = test.user("ann").member();
    plan(&test, "1.0", &["--due", "2031-01-01"]);
    let file = |fields: &[(&str, &str)]| {
        let fixed = [("field_summary", "Something"), ("field_milestone", "1.0"), ("submit", "1")];
        kim.submit("/demo/newticket", &[&fixed, fields].concat()).expect(303);
    };
    file(&[]);
    assert!(kim.get("/demo/milestone/1.0").expect(200).all("[role=switch]").is_empty(), "nothing is estimated");
    file(&[("field_estimated", "4h"), ("field_remaining", "1h")]);
    file(&[("field_estimated", "2h"), ("field_private", "1")]);
    file(&[("field_remaining", "30m")]);
    kim.submit("/demo/ticket/3", &[("action", "resolve"), ("submit", "1")]).expect(303);

    let milestone = kim.get("/demo/milestone/1.0").expect(200);
    assert!(milestone.words().contains("5h done1h 30m left6h 30m estimated"), "{}", milestone.words());
    assert_eq!(milestone.all(".progress-percent"), ["25%"]);
    let by_time = milestone.attributes("[role=switch]", "href").remove(0);
    assert_eq!(kim.get(&by_time).expect(200).all(".progress-percent"), ["77%"]);
    // A private ticket is in no sum of anybody else's.
    assert!(ann.get("/demo/milestone/1.0").expect(200).words().contains("3h done1h 30m left4h 30m estimated"));
    assert_eq!(kim.get("/demo/roadmap?by_estimate=1").expect(200).all(".progress-percent"), ["77%"]);
    assert_eq!(kim.get("/demo/roadmap").expect(200).all(".progress-percent"), ["25%"]);

    // The project says which of the two comes first.
    let page = "/demo/admin/ticket/milestones";
    let events = test.event_count();
    kim.submit(page, &[("act", "progress"), ("progress_by_estimate", "1")]).expect(303);
    assert_eq!(test.event_count(), events + 1);
    assert_eq!(kim.get("/demo/roadmap").expect(200).all(".progress-percent"), ["77%"]);
    assert_eq!(kim.get("/demo/roadmap?by_estimate=0").expect(200).all(".progress-percent"), ["25%"]);
    kim.post_signed(page, &[("act", "progress"), ("progress_by_estimate", "maybe")]).expect(422);
}

#[test]
fn bars_count_by_the_groups_of_states_that_a_project_arranges() {
    let test = TestSite::new();
    let kim = planner(&test);
    plan(&test, "M1", &[]);
    let states = ["new", "new", "assigned", "assigned", "assigned", "accepted", "reopened", "closed", "closed"];
    file(&test, &states.map(|state| filed("M1", state)));
    let panel = "/demo/admin/ticket/progress";
    let usual = kim.get(&format!("{panel}?format=json")).expect(200).json();
    assert_eq!(usual["usual"], true);
    let titles: Vec<&str> =
        usual["groups"].as_array().unwrap().iter().map(|group| group["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["closed", "waiting", "open"]);
    let progress = || kim.get("/demo/milestone/M1?format=json").expect(200).json()["progress"].clone();
    assert_eq!((&progress()["percent"], &progress()["done"]), (&json!(22), &json!(2)));

    // The places order them, a group takes what no other names, and a list is asked for more.
    let arranged = [
        ("act", "save"),
        ("title_0", "to do"),
        ("look_0", "open"),
        ("place_0", "9"),
        ("rest", "0"),
        ("title_1", "finished"),
        ("look_1", "closed"),
        ("done_1", "1"),
        ("status_1", "closed"),
        ("place_1", "1"),
        ("title_2", "in hand"),
        ("look_2", "started"),
        ("done_2", "1"),
        ("status_2", "assigned"),
        ("status_2", "accepted"),
        ("place_2", "2"),
        ("query_2", "group=owner&max=50"),
        ("title_3", ""),
        ("look_3", "closed"),
    ];
    kim.post_signed(panel, &arranged).expect(303);
    let counted = progress();
    assert_eq!((&counted["percent"], &counted["done"], &counted["total"]), (&json!(67), &json!(6), &json!(9)));
    let groups: Vec<(&str, i64)> = counted["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["title"].as_str().unwrap(), group["tickets"].as_i64().unwrap()))
        .collect();
    assert_eq!(groups, [("finished", 2), ("in hand", 4), ("to do", 3)]);
    let percents: i64 =
        counted["groups"].as_array().unwrap().iter().map(|group| group["percent"].as_i64().unwrap()).sum();
    assert_eq!(percents, 100);

    // The page says the same, each number leads to just those tickets, and so do the roadmap and macros.
    let page = kim.get("/demo/milestone/M1").expect(200);
    let links = page.all("main .milestone-progress .counts a, main .counts a");
    assert!(links.contains(&"4 in hand".to_owned()), "{links:?}");
    let hrefs = page.attributes("main .counts a", "href");
    let in_hand = hrefs.iter().find(|href| href.contains("assigned")).expect("a link to what is in hand");
    assert!(in_hand.contains("group=owner") && in_hand.contains("max=50"), "{in_hand}");
    assert_eq!(kim.get(&format!("{in_hand}&format=json")).expect(200).json()["total"], 4);
    let to_do =
        hrefs.iter().find(|href| href.contains("new") && href.contains("reopened")).expect("a link to the rest");
    assert_eq!(kim.get(&format!("{to_do}&format=json")).expect(200).json()["total"], 3);
    test.user("ann")
        .member()
        .can("WIKI_CREATE")
        .save_page("Bars", "[[Progress(M1)]]\n\n[[TicketQuery(milestone=M1, format=progress)]]\n");
    let shown = kim.page("Bars").expect(200).all("article").concat();
    assert_eq!(shown.matches("4 in hand").count(), 2, "{shown}");
    assert_eq!(shown.matches("3 to do").count(), 2, "{shown}");
    assert!(kim.get("/demo/roadmap").expect(200).main().contains("67%"));

    // What can't be a bar is refused by name, and what was typed is shown again.
    let twice = [
        ("act", "save"),
        ("title_0", "A"),
        ("look_0", "open"),
        ("rest", "0"),
        ("status_0", "new"),
        ("title_1", "B"),
        ("look_1", "closed"),
        ("status_1", "new"),
    ];
    let refused = kim.post_signed(panel, &twice).expect(422);
    assert_eq!(
        refused.problems(),
        [("status_1".to_owned(), "The state “new” is in the group “A” already.".to_owned())]
    );
    assert_eq!(refused.attributes("input[name=title_1]", "value"), ["B"]);
    let wrong = |more: &[(&str, &str)], field: &str| {
        let base = [("act", "save"), ("title_0", "A"), ("look_0", "open"), ("rest", "0")];
        let fields: Vec<(&str, &str)> =
            base.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more).copied().collect();
        let refused = kim.post_signed(panel, &fields).expect(422);
        assert!(refused.problems().iter().any(|(name, _)| name == field), "{field}: {:?}", refused.problems());
    };
    wrong(&[("look_0", "pink")], "look_0");
    wrong(&[("status_0", "nowhere")], "status_0");
    wrong(&[("title_0", ""), ("status_0", "new")], "title_0");
    wrong(&[("rest", "7"), ("status_0", "new")], "rest_0");
    wrong(&[("query_0", "colour=red")], "query_0");
    wrong(&[("title_1", "a"), ("look_1", "open"), ("status_1", "new")], "title_1");
    assert_eq!(progress(), counted, "nothing of that was kept");

    // By the same names as JSON, recorded once, and back to what is usual.
    let body = json!({ "act": "save", "title_0": "all", "look_0": "open", "rest": 0, "status_0": ["new", "closed"] });
    assert_eq!(kim.post_json(panel, &body).expect(200).json()["groups"][0]["statuses"], json!(["new", "closed"]));
    kim.post_json(panel, &body).expect(200);
    kim.post_signed(panel, &[("act", "usual")]).expect(303);
    assert_eq!(progress()["percent"], 22);
    let events: i64 = test
        .demo()
        .read(|db| {
            let sql = "select count(*) from event where kind = 'setting.changed' and data like '%progress_groups%'";
            Ok(db.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(events, 3);
    test.user("lee").member().get(panel).expect(404);
}
