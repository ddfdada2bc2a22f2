//! Queries in words from outside: the page, completion, the macro, links, files, the badge and the command, all with the same
//! tickets for each kind of viewer.

use std::sync::Arc;

use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::viewer::Viewer;
use trackway::ticket::edit;
use trackway::ticket::plan::{ActionRequest, Request};
use trackway::web::address::query_value;

use crate::support::answer::Answer;
use crate::support::{Person, TestSite, count_tickets};

fn viewer(test: &TestSite, login: &str) -> Viewer {
    let principal = trackway::auth::operator(&test.site, Some(login)).unwrap();
    let viewer = trackway::auth::permissions::enter(&test.demo(), &test.row("demo"), &principal).unwrap().unwrap();
    Arc::unwrap_or_clone(viewer)
}

fn file(test: &TestSite, set: &[(&str, &str)]) {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let kim = viewer(test, "kim");
    edit::create(&test.site, &test.demo(), Act::new(&kim, Via::Web), &Request { set, ..Request::default() }).unwrap();
}

fn change(test: &TestSite, id: i64, set: &[(&str, &str)], action: Option<&str>) {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let action = action.map(|name| ActionRequest { name: name.to_owned(), ..ActionRequest::default() });
    let kim = viewer(test, "kim");
    let request = Request { set, action, ..Request::default() };
    edit::change(&test.site, &test.demo(), Act::new(&kim, Via::Web), id, &request).unwrap();
}

/// Six tickets, of which the last is hidden from all but the operator; 2 was kim's, 3 is closed and blocked 4.
fn six() -> TestSite {
    let test = TestSite::public();
    for login in ["kim", "lee"] {
        test.user(login).member();
    }
    file(&test, &[("summary", "=1+1"), ("owner", "kim"), ("priority", "blocker"), ("keywords", "rain")]);
    file(&test, &[("summary", "Roof leaks"), ("owner", "kim"), ("description", "When it rains, drops fall.")]);
    file(&test, &[("summary", "Windows"), ("owner", "lee"), ("priority", "minor")]);
    file(&test, &[("summary", "Lamp <b>& bulb"), ("depends_on", "2,3")]);
    file(&test, &[("summary", "-5"), ("due", "2001-01-01")]);
    file(&test, &[("summary", "Hidden rain"), ("owner", "kim")]);
    change(&test, 2, &[("owner", "lee"), ("priority", "critical")], None);
    change(&test, 3, &[], Some("resolve"));
    let operator = test.operator();
    trackway::auth::permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[]).unwrap();
    test.demo()
        .db()
        .write(|db| {
            db.execute_batch("update ticket set acl = (select id from acl where path = 'secret') where id = 6")?;
            Ok(db.execute_batch(&count_tickets())?)
        })
        .unwrap();
    test.catch_up();
    test
}

fn ids(answer: &Answer) -> Vec<String> {
    answer.all("main table.tickets td.col-id")
}

fn listed(person: &Person<'_>, words: &str) -> Answer {
    person.get(&format!("/demo/query?q={}", query_value(words))).expect(200)
}

#[test]
fn every_output_has_the_rows_of_the_page_in_their_order() {
    let test = six();
    let people = [test.anonymous(), test.signed_in("kim"), test.signed_in("lee")];
    for words in [
        "is:open sort:-id",
        "is:blocked",
        "was:owner=kim sort:id",
        "owner:me or priority:>=critical sort:-id",
        "not (owner:lee or owner:kim) sort:id",
        "about:rain",
        "text:rain",
        "changed:priority",
        "is:overdue",
        "at:now owner:lee sort:-id",
        "at:2001",
        "sort:-priority,id",
    ] {
        for person in &people {
            let page = listed(person, words);
            let expected: Vec<String> = ids(&page).iter().map(|id| id.trim_start_matches('#').to_owned()).collect();
            assert!(!expected.contains(&"6".to_owned()), "{words}");
            let get =
                |format: &str| person.get(&format!("/demo/query?q={}&format={format}", query_value(words))).expect(200);
            let json: Vec<String> =
                get("json").json()["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()).collect();
            assert_eq!(json, expected, "{words}");
            for (format, separator) in [("csv", ','), ("tab", '\t')] {
                let file = get(format).text();
                let lines: Vec<&str> = file.lines().skip(1).map(|line| line.split(separator).next().unwrap()).collect();
                assert_eq!(lines, expected, "{words}, {format}");
            }
            let total = expected.len().to_string();
            assert!(get("svg").text().contains(&format!(": {total}\"")), "{words}: {}", get("svg").text());
            assert_eq!(get("atom").text().matches("<entry>").count(), expected.len(), "{words}");
        }
        let kim = &people[1];
        let expected: Vec<String> = ids(&listed(kim, words));
        let order = if words.contains("sort") { "" } else { ", order=priority" };
        kim.save_page("Drawn", &format!("[[TicketQuery({words}{order}, format=table)]]"));
        assert_eq!(kim.page("Drawn").expect(200).all("table.tickets td.col-id"), expected, "{words}");
        let bare: Vec<String> = expected.iter().map(|id| id.trim_start_matches('#').to_owned()).collect();
        let told = test.command(&["query", "demo", words, "--format", "ids", "--as", "kim"]).expect(0).stdout;
        assert_eq!(told.lines().collect::<Vec<_>>(), bare, "{words}");
    }
}

#[test]
fn words_typed_into_the_page_become_filters_as_far_as_they_can() {
    let test = six();
    let kim = test.signed_in("kim");
    let led = kim.get("/demo/query?q=status:CLOSED+or+owner:me&update=1&order=id").expect(303);
    assert_eq!(led.location(), "/demo/query?status=closed&or&owner=$USER&order=id");
    let led = kim
        .get("/demo/query?q=owner:any+(is:open+or+was:owner%3Dkim)+-roof+sort:-id&update=1&order=priority")
        .expect(303);
    assert_eq!(led.location(), "/demo/query?owner=!&about=!roof&q=is:open%20or%20was:owner=kim&order=id&desc=1");
    let page = kim.get(led.location()).expect(200);
    assert_eq!(ids(&page), ["#1"]);
    assert_eq!(page.attributes("#field-q", "value"), ["is:open or was:owner=kim"]);
    assert_eq!(page.all(".filters-line"), ["Owner is not empty and About is not roof; and is:open or was:owner=kim"]);
    assert!(page.words().contains("-owner:none -\"roof\" (is:open or was:owner=kim) sort:-id"), "{}", page.words());
    // What no filter has a mode for keeps its meaning when the form is sent as it is.
    let page = kim.get("/demo/query?priority=%3E=major&time==2026&owner=%3C%3Ckim&status=!%3E%3C..&is=open&order=id");
    let mode = page.expect(200).attributes("option[selected]", "value");
    for sign in [">=", "=", "<<", "!><"] {
        assert!(mode.contains(&sign.to_owned()), "{sign}: {mode:?}");
    }
}

#[test]
fn what_cannot_be_read_is_shown_with_its_place() {
    let test = six();
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/query?q=is:open+ownr:me+status:asigned&update=1").expect(422);
    let problems: Vec<String> =
        page.problems().into_iter().map(|(field, message)| format!("{field}: {message}")).collect();
    assert_eq!(
        problems,
        [
            "q: There is no field “ownr”. Did you mean “owner”? (character 9)",
            "q: Status has no choice “asigned”. Did you mean “assigned”? (character 24)"
        ]
    );
    assert_eq!(page.all(".query-slip mark"), ["ownr"]);
    assert_eq!(page.attributes("#field-q", "value"), ["is:open ownr:me status:asigned"], "what was typed stays");
    assert_eq!(page.attributes("#field-q", "aria-invalid"), ["true"]);
    let page = kim.get("/demo/query?0_owner_mode=~&0_owner=ki&q=milestone:91&order=id&update=1").expect(422);
    assert_eq!(page.problems().len(), 1, "{:?}", page.problems());
    assert_eq!(page.attributes("input[name='0_owner']", "value"), ["ki"], "the filters stay, too");
    let told = kim.get("/demo/query?q=due:2026-02-30&format=json").expect(422).json();
    assert_eq!(told["problems"][0]["field"], "q");
    let refused = test.command(&["query", "demo", "ownr:me"]).expect(1).stderr;
    assert!(refused.contains("owner") && refused.contains("(character 1)"), "{refused}");
    kim.save_page("Drawn", "[[TicketQuery(ownr:me)]]\n\nquery:ownr:me");
    assert!(kim.page("Drawn").words().contains("Did you mean “owner”?"));
}

#[test]
fn a_list_of_an_earlier_moment_says_so_and_leads_back() {
    let test = six();
    let kim = test.signed_in("kim");
    let before: String = test
        .demo()
        .db()
        .read(|db| {
            let at: i64 =
                db.query_row("select changed_at - 1 from ticket_change where ticket = 2 and number = 1", [], |row| {
                    row.get(0)
                })?;
            Ok(trackway::base::time::Instant(at).iso())
        })
        .unwrap();
    let page =
        kim.get(&format!("/demo/query?owner=kim&order=id&at={before}&col=id&col=owner&col=priority")).expect(200);
    assert_eq!(ids(&page), ["#1", "#2"]);
    assert_eq!(page.all("td.col-owner"), ["kim", "kim"]);
    assert_eq!(page.all("td.col-priority"), ["blocker", "major"]);
    assert!(page.words().contains("As it was on"), "{}", page.words());
    assert_eq!(
        page.attributes(".query-then a", "href"),
        ["/demo/query?owner=kim&order=id&col=id&col=owner&col=priority"]
    );
    assert_eq!(ids(&kim.follow(&page.attributes(".query-then a", "href")[0])), ["#1"]);
    let csv = kim.get(&format!("/demo/query?id=2&at={before}&col=owner&format=csv")).expect(200).text();
    assert_eq!(csv, "\u{FEFF}id,Owner\n2,kim\n");
    test.grant("kim", &["TICKET_BATCH_MODIFY"]);
    kim.get(&format!("/demo/batchmodify?owner=kim&at={before}")).expect(422);
    let page = kim.get(&format!("/demo/query?owner=kim&at={before}")).expect(200);
    assert!(page.attributes("a[href*=batchmodify]", "href").is_empty(), "nothing is changed in the past");
    let refused = kim.get(&format!("/demo/query?at={before}&col=worked")).expect(422);
    assert!(refused.problems()[0].1.contains("what was worked on a ticket"), "{:?}", refused.problems());
}

#[test]
fn cells_of_spreadsheets_have_no_power_unless_they_are_wanted_as_they_are() {
    let test = six();
    let kim = test.signed_in("kim");
    let cells =
        |more: &str| kim.get(&format!("/demo/query?id=1,5&order=id&col=summary&format=csv{more}")).expect(200).text();
    assert_eq!(cells(""), "\u{FEFF}id,Summary\n1,'=1+1\n5,-5\n");
    assert_eq!(cells("&raw=1"), "\u{FEFF}id,Summary\n1,=1+1\n5,-5\n");
    let tab = kim.get("/demo/query?id=1&col=summary&format=tab").expect(200).text();
    assert_eq!(tab, "\u{FEFF}id\tSummary\n1\t'=1+1\n");
}

#[test]
fn a_badge_says_what_it_counts() {
    let test = six();
    let badge = test.anonymous().get("/demo/query?status=!closed&format=svg").expect(200);
    assert_eq!(badge.header("Content-Type"), Some("image/svg+xml"));
    assert!(badge.text().contains("<title>Status is not closed: 4</title>"), "{}", badge.text());
    let odd = test.anonymous().get("/demo/query?summary=~%3Cscript%3E%22&format=svg").expect(200).text();
    assert!(!odd.contains("<script>"), "{odd}");
}

#[test]
fn names_and_values_are_offered_where_they_are_written() {
    let test = six();
    let kim = test.signed_in("kim");
    let offers = |person: &Person<'_>, q: &str| -> Vec<String> {
        let list = person.get(&format!("/demo/query/suggest?q={}", query_value(q))).expect(200).json();
        list.as_array().unwrap().iter().map(|offer| offer["text"].as_str().unwrap().to_owned()).collect()
    };
    for (written, offered) in [
        ("own", "owner:"),
        ("is:open -pri", "priority:"),
        ("(sta", "status:"),
        ("status:as", "assigned"),
        ("status:new,clo", "closed"),
        ("priority:>=ma", "major"),
        ("owner:", "me"),
        ("owner:le", "lee"),
        ("is:bl", "blocked"),
        ("due:<tod", "today"),
        ("was:own", "owner="),
        ("was:owner=le", "lee"),
        ("sort:-pri", "-priority"),
        ("changed:to", "today"),
    ] {
        assert!(offers(&kim, written).contains(&offered.to_owned()), "{written}: {:?}", offers(&kim, written));
    }
    assert_eq!(offers(&kim, "\"own"), [""; 0]);
    assert_eq!(offers(&kim, ""), [""; 0]);
    assert!(
        !offers(&test.anonymous(), "owner:le").contains(&"lee".to_owned()),
        "people are for those who are signed in"
    );
    let whole = kim.get("/demo/query/suggest?q=status:as%20x&at=9").expect(200).json();
    assert_eq!((&whole[0]["from"], &whole[0]["to"]), (&7.into(), &9.into()), "{whole}");
}

#[test]
fn what_is_searched_for_by_fields_is_offered_as_a_list() {
    let test = six();
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/search?q=owner:kim+rain").expect(200);
    let href = page.attributes("a[href*='/query?q=']", "href");
    assert_eq!(href, ["/demo/query?q=owner:kim%20rain"]);
    assert_eq!(ids(&kim.get(&href[0]).expect(200)), ["#1"]);
    assert!(kim.get("/demo/search?q=rain").expect(200).attributes("a[href*='/query?q=']", "href").is_empty());
}

#[test]
fn calls_in_texts_may_have_brackets_quotes_and_commas() {
    let test = six();
    let kim = test.signed_in("kim");
    for (call, found) in [
        ("[[TicketQuery(owner:lee,kim -is:closed)]]", "1 2"),
        ("[[TicketQuery((owner:kim or summary:\"Lamp <b>& bulb\"), order=id, desc=1)]]", "4 1"),
        ("[[TicketQuery(summary:\"a, b\",\"Win\", format=list)]]", "3"),
        ("```TicketQuery\nowner:lee or owner:kim\norder=id\n```", "1 2 3"),
    ] {
        kim.save_page("Drawn", call);
        let page = kim.page("Drawn").expect(200);
        let numbers: Vec<String> =
            page.all("ul.ticket-list li a").iter().map(|link| link.trim_start_matches('#').to_owned()).collect();
        assert_eq!(numbers.join(" "), found, "{call}: {}", page.main());
    }
    kim.save_page("Drawn", "There are [[TicketQuery(is:open (owner:kim or owner:none), format=count)]].");
    assert_eq!(kim.page("Drawn").expect(200).all("article p > a"), ["3"]);
}

#[test]
fn a_group_of_the_site_stands_for_its_members() {
    let test = six();
    test.group("roofers", &["lee"]);
    let kim = test.signed_in("kim");
    assert_eq!(ids(&listed(&kim, "owner:roofers sort:id")), ["#2", "#3"]);
    assert_eq!(ids(&kim.get("/demo/query?owner=!roofers&owner=!&order=id").expect(200)), ["#1"]);
    assert_eq!(ids(&listed(&kim, "was:owner=roofers owner:kim")), [""; 0]);
    assert_eq!(ids(&listed(&test.anonymous(), "owner:roofers")), [""; 0], "groups are for those who are signed in");
    kim.save_page("Drawn", "[[TicketQuery(owner:roofers)]]");
    assert_eq!(kim.page("Drawn").expect(200).all("ul.ticket-list li a"), ["#2", "#3"]);
    let told = test.command(&["query", "demo", "owner:roofers", "--format", "ids", "--as", "kim"]).expect(0).stdout;
    assert_eq!(told.lines().count(), 2, "{told}");
}
