//! What shows queries, from outside: the page and its filters without a script, files, `[[TicketQuery]]`, `query:`.

use std::sync::Arc;

use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::viewer::Viewer;
use trackway::ticket::edit;
use trackway::ticket::plan::{ActionRequest, Request};
use trackway::web::address;

use crate::support::answer::Answer;
use crate::support::{Person, TestSite, count_tickets};

fn viewer(test: &TestSite, login: &str) -> Viewer {
    let principal = trackway::auth::operator(&test.site, Some(login)).unwrap();
    let viewer = trackway::auth::permissions::enter(&test.demo(), &test.row("demo"), &principal).unwrap().unwrap();
    Arc::unwrap_or_clone(viewer)
}

fn file(test: &TestSite, viewer: &Viewer, set: &[(&str, &str)]) -> i64 {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = Request { set, ..Request::default() };
    edit::create(&test.site, &test.demo(), Act::new(viewer, Via::Web), &request).unwrap()
}

fn act(test: &TestSite, viewer: &Viewer, id: i64, name: &str) {
    let action = ActionRequest { name: name.to_owned(), ..ActionRequest::default() };
    let request = Request { action: Some(action), ..Request::default() };
    edit::change(&test.site, &test.demo(), Act::new(viewer, Via::Web), id, &request).unwrap();
}

/// Takes a ticket out of sight of everybody who is not let in.
fn hide(test: &TestSite, id: i64) {
    let operator = test.operator();
    trackway::auth::permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[]).unwrap();
    test.demo()
        .db()
        .write(|db| {
            db.execute("update ticket set acl = (select id from acl where path = 'secret') where id = ?1", [id])?;
            Ok(db.execute_batch(&count_tickets())?)
        })
        .unwrap();
}

/// Five tickets: 1 and 2 are kim's, 3 is closed, 4 waits for nobody, 5 is a task.
fn five(test: &TestSite) -> Viewer {
    test.user("lee").member();
    test.user("kim").member();
    let kim = viewer(test, "kim");
    file(test, &kim, &[("summary", "Doors open too late"), ("owner", "kim"), ("priority", "minor")]);
    file(test, &kim, &[("summary", "Roof, \"east\" side"), ("owner", "kim"), ("keywords", "rain wet")]);
    file(test, &kim, &[("summary", "Windows"), ("owner", "lee")]);
    file(test, &kim, &[("summary", "Lamp <b>& bulb"), ("priority", "blocker")]);
    file(test, &kim, &[("summary", "Sweep"), ("type", "task"), ("description", "With a **broom**.\n\nDaily.")]);
    act(test, &viewer(test, "kim"), 3, "resolve");
    viewer(test, "kim")
}

fn ids(answer: &Answer) -> Vec<String> {
    answer.all("main table.tickets td.col-id")
}

/// Follows what the filter form leads to.
fn sent<'t>(person: &Person<'t>, query: &str) -> (String, Answer) {
    let led = person.get(&format!("/demo/query?{query}")).expect(303);
    let href = led.location().to_owned();
    let page = person.get(&href);
    (href, page)
}

#[test]
fn nothing_asked_shows_what_people_usually_want() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let mine = kim.get("/demo/query").expect(200);
    assert_eq!(ids(&mine), ["#2", "#1"], "by priority");
    assert_eq!(mine.all("nav.tabs:not(.ways) [aria-current]"), ["Mine"]);
    let open = test.anonymous().get("/demo/query").expect(200);
    assert_eq!(ids(&open), ["#4", "#2", "#5", "#1"]);
    assert_eq!(open.attributes("meta[name=robots]", "content"), [""; 0]);
    assert_eq!(
        test.anonymous().get("/demo/query?status=new").attributes("meta[name=robots]", "content"),
        ["noindex, nofollow"]
    );
    assert_eq!(ids(&kim.get("/demo/query?order=id")), ["#1", "#2", "#3", "#4", "#5"]);
}

#[test]
fn the_links_of_a_list_lead_through_it() {
    let test = TestSite::public();
    five(&test);
    let page =
        test.signed_in("kim").get("/demo/query?status=!closed&order=id&col=id&col=summary&col=status").expect(200);
    let hrefs = page.attributes("td.col-summary a", "href");
    let list = "query%3Astatus";
    assert!(hrefs[1].starts_with("/demo/ticket/2?list=query:status") || hrefs[1].contains(list), "{}", hrefs[1]);
    assert!(hrefs[1].ends_with("&at=1"), "{}", hrefs[1]);
    let carried = address::pairs(hrefs[1].split_once('?').unwrap().1);
    assert_eq!(
        carried[0],
        ("list".to_owned(), "query:status=!closed&order=id&col=id&col=summary&col=status".to_owned())
    );
    let all = test.signed_in("kim").get("/demo/query?order=id");
    assert_eq!(all.all("td.col-summary a.closed"), ["Windows"]);
    assert_eq!(all.all("tr.rank-1 td.col-id"), ["#4"]);
}

#[test]
fn a_filter_is_added_filled_and_taken_away_without_a_script() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let (href, page) = sent(&kim, "add_filter_0=summary&add_0=1&order=id");
    assert_eq!(href, "/demo/query?summary=~&order=id&action=edit");
    assert_eq!(page.attributes("input[name='0_summary']", "value"), [""]);
    assert_eq!(page.attributes("details.filters", "open"), [""]);
    assert_eq!(ids(&page).len(), 5, "an empty filter leaves nothing out");

    let (href, page) = sent(&kim, "0_summary_mode=~&0_summary=door&order=id&update=1&add_filter_0=");
    assert_eq!(href, "/demo/query?summary=~door&order=id");
    assert_eq!(ids(&page), ["#1"]);

    // Another value, another group, a way to compare that comes after its values.
    let (href, _) =
        sent(&kim, "0_summary=door&0_summary=roof&0_summary_mode=~&1_owner=lee&1_owner_mode=&order=id&update=1");
    assert_eq!(href, "/demo/query?summary=~door&summary=~roof&or&owner=lee&order=id");
    let page = kim.get(&href);
    assert_eq!(ids(&page), ["#1", "#2", "#3"]);
    assert_eq!(page.all(".filters-line"), ["Summary contains door or roof; or Owner is lee"]);
    let buttons = page.attributes("button[name^=rm_filter]", "name");
    assert_eq!(buttons, ["rm_filter_0_summary_0", "rm_filter_0_summary_1", "rm_filter_1_owner_0"]);

    let (href, _) =
        sent(&kim, "0_summary_mode=~&0_summary=door&0_summary=roof&1_owner_mode=&1_owner=lee&rm_filter_0_summary_0=1");
    assert_eq!(href, "/demo/query?summary=~roof&or&owner=lee&action=edit");
    let (href, _) = sent(&kim, "0_summary_mode=~&0_summary=door&1_owner_mode=&1_owner=lee&rm_filter_0_summary=1");
    assert_eq!(href, "/demo/query?owner=lee&action=edit");
    let (href, _) = sent(&kim, "0_owner_mode=&0_owner=lee&rm_filter_0_owner_0=1");
    assert_eq!(href, "/demo/query?order=priority&action=edit", "nothing is left to ask, and still all is shown");
}

#[test]
fn boxes_menus_and_dates_come_back_as_they_were_chosen() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let (href, page) = sent(&kim, "add_filter_0=status&add_0=1");
    assert_eq!(href, "/demo/query?status=!closed&action=edit");
    assert_eq!(page.attributes("input[name='0_status'][checked]", "value"), ["closed"]);
    assert_eq!(page.attributes("select[name='0_status_mode'] option[selected]", "value"), ["!"]);
    let (href, _) = sent(
        &kim,
        "0_status_mode=&0_status=new&0_status=assigned&0_time_mode=!&0_time=2020-01-01&0_time_end=&update=1",
    );
    assert_eq!(href, "/demo/query?status=new&status=assigned&time=!2020-01-01..");
    let page = kim.get(&href).expect(200);
    assert_eq!(page.attributes("input[name='0_time']", "value"), ["2020-01-01"]);
    assert_eq!(page.all(".filters-line"), ["Status is new or assigned and Created not from 2020-01-01"]);
    assert_eq!(ids(&page), [""; 0]);
    // Two ways to compare one field stay two.
    let address = "/demo/query?summary=~o&summary=!~door";
    let page = kim.get(address).expect(200);
    assert_eq!(page.attributes("select[name='0_summary_mode'] option[selected]", "value"), ["~", "!~"]);
    let (href, _) = sent(&kim, "0_summary_mode=~&0_summary=o&0_summary_mode=!~&0_summary=door&update=1");
    assert_eq!(format!("/demo{}", &href[5..]), address);
}

/// Sends the form of the page as a browser does, untouched but for a button.
fn untouched(page: &Answer, button: &str) -> String {
    let html = page.text().replace("method=\"get\" data-query", "method=\"post\" data-query");
    let form = crate::support::form::post_forms(&html)
        .into_iter()
        .find(|form| form.names.iter().any(|name| name == "update"))
        .expect("the form of filters");
    format!("{}&{button}=1", form.encoded())
}

#[test]
fn a_form_that_nobody_touched_leads_to_the_same_address() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    for query in [
        "status=!closed",
        "status=new&or&owner=~k&summary=!^a",
        "status=!closed&order=id&desc=1&group=owner&groupdesc=1&max=3",
        "status=!closed&col=id&col=owner&col=summary&row=description",
        "id=1,3-5&time=2020-01-01..&changetime=!..2030-01-01&milestone=",
        "type=defect&type=task&priority=!minor&cc=~x&keywords=$t&owner=$USER",
        "status=~e&milestone=nowhere&resolution=",
    ] {
        let page = kim.get(&format!("/demo/query?{query}")).expect(200);
        let (href, _) = sent(&kim, &untouched(&page, "update"));
        assert_eq!(href, format!("/demo/query?{query}"));
    }
}

#[test]
fn a_problem_is_told_in_place_and_what_was_typed_stays() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/query?colour=red&owner=lee&time=soonish&order=id").expect(422);
    let fields: Vec<String> = page.problems().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["colour", "time"]);
    assert_eq!(page.attributes("input[name='0_owner']", "value"), ["lee"]);
    assert_eq!(page.attributes("input[name='0_time']", "value"), ["soonish"]);
    assert_eq!(page.attributes("details.filters", "open"), [""]);

    let (href, page) = sent(&kim, "0_time=soonish&0_time_end=&0_owner=lee&update=1");
    assert_eq!(href, "/demo/query?time=soonish..&owner=lee");
    assert_eq!(page.status, 422);

    let beyond = kim.get("/demo/query?order=id&max=2&page=9").expect(422);
    assert_eq!(beyond.problems()[0].0, "page");
    for format in ["json", "csv", "tab", "atom"] {
        kim.get(&format!("/demo/query?colour=red&format={format}")).expect(422);
    }
    kim.get("/demo/query?format=nonsense").expect(422);
}

#[test]
fn ten_thousand_terms_are_refused_in_a_sentence() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let many = |term: &str| vec![term; 10_000].join("&");
    for query in [many("id=1"), many("0_id=1"), many("or"), many("order=id"), many("summary=~a&or"), many("9_x=")] {
        let page = kim.get(&format!("/demo/query?{query}"));
        let page = if page.status == 303 { kim.get(page.location()) } else { page };
        assert!([200, 422].contains(&page.status), "{} answers {}", &query[..10], page.status);
        assert!(page.body.len() < 200_000, "{}: {} bytes", &query[..10], page.body.len());
    }
    let text = format!("[[TicketQuery({})]]", vec!["or"; 1_000].join(","));
    kim.save_page("Many", &text);
    kim.page("Many").expect(200);
}

#[test]
fn heads_order_groups_part_and_pages_turn() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/query?status=!closed&order=id&col=id&col=summary").expect(200);
    let heads = page.attributes("table.tickets thead a", "href");
    assert_eq!(
        heads,
        [
            "/demo/query?status=!closed&order=id&desc=1&col=id&col=summary",
            "/demo/query?status=!closed&order=summary&col=id&col=summary"
        ]
    );
    assert_eq!(page.attributes("th[aria-sort]", "aria-sort"), ["ascending"]);

    let page = kim.get("/demo/query?group=owner&order=id&max=2").expect(200);
    assert_eq!(page.all("tbody.group th"), ["Owner kim 2"]);
    let page = kim.get("/demo/query?group=owner&order=id&max=3&page=2").expect(200);
    assert_eq!(page.all("tbody.group th"), ["Owner None 2"]);
    let page = kim.get("/demo/query?group=owner&order=id&max=1&page=2").expect(200);
    assert_eq!(page.all("tbody.group th"), ["Owner kim 2 continued"]);
    assert_eq!(page.attributes("nav.paging a[rel=next]", "href"), ["/demo/query?order=id&group=owner&max=1&page=3"]);
    assert_eq!(page.attributes("nav.paging a[rel=prev]", "href"), ["/demo/query?order=id&group=owner&max=1"]);
    let group = kim.get("/demo/query?group=owner&order=id").attributes("tbody.group a", "href");
    let counts: Vec<usize> = group.iter().map(|href| ids(&kim.get(href)).len()).collect();
    assert_eq!(counts, [2, 1, 2], "{group:?}");

    let page = kim.get("/demo/query?id=5&row=description").expect(200);
    assert_eq!(page.all("tr.full strong"), ["broom"]);
}

#[test]
fn csv_and_tabs_are_exact() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let csv =
        kim.get("/demo/query?order=id&col=id&col=summary&col=status&col=owner&row=description&format=csv").expect(200);
    assert_eq!(
        csv.text(),
        "\u{FEFF}id,Summary,Status,Owner,Description\n\
         1,Doors open too late,assigned,kim,\n\
         2,\"Roof, \"\"east\"\" side\",assigned,kim,\n\
         3,Windows,closed,lee,\n\
         4,Lamp <b>& bulb,new,,\n\
         5,Sweep,new,,\"With a **broom**.\n\nDaily.\"\n"
            .replace("assigned", &csv_status(&csv))
    );
    assert_eq!(csv.header("Content-Type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.header("Content-Disposition"), Some("attachment; filename=\"query.csv\""));
    let tab = kim.get("/demo/query?id=2&col=id&col=summary&col=keywords&format=tab").expect(200);
    assert_eq!(tab.text(), "\u{FEFF}id\tSummary\tKeywords\n2\t\"Roof, \"\"east\"\" side\"\train wet\n");
    // All of them, unless `max` says how many.
    assert_eq!(kim.get("/demo/query?order=id&format=csv").text().lines().count(), 6);
    let two = kim.get("/demo/query?order=id&max=2&format=csv");
    assert_eq!(two.text().lines().count(), 3);
    assert_eq!(
        two.header("Link"),
        Some("<http://127.0.0.1:8000/demo/query?order=id&max=2&page=2&format=csv>; rel=\"next\"")
    );
}

/// Whether a ticket that is filed for somebody begins as new or assigned is the workflow's business.
fn csv_status(csv: &Answer) -> String {
    csv.text().lines().nth(1).and_then(|line| line.split(',').nth(2)).unwrap_or_default().to_owned()
}

#[test]
fn json_and_atom_hold_the_same_tickets() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let json = kim.get("/demo/query?status=!closed&order=id&max=3&format=json").expect(200).json();
    assert_eq!(json["total"], 4);
    assert_eq!(json["page"], 1);
    let numbers: Vec<i64> = json["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 4]);
    assert_eq!(json["items"][1]["keywords"], serde_json::json!(["rain", "wet"]));
    assert_eq!(json["items"][2]["owner"], serde_json::Value::Null);
    let whole = kim.get("/demo/ticket/1?format=json").expect(200).json();
    // Texts and the other ends of relations are told of one ticket alone.
    let alone =
        ["comments", "description", "blocks", "children", "referred_to_by", "duplicates", "merged_into", "merged"];
    for key in whole.as_object().unwrap().keys().filter(|key| !alone.contains(&key.as_str())) {
        assert_eq!(json["items"][0][key], whole[key], "{key}: the list says what the ticket says");
    }
    let next = json["next"].as_str().unwrap().strip_prefix("http://127.0.0.1:8000").unwrap().to_owned();
    let rest = kim.get(&next).expect(200).json();
    assert_eq!((rest["items"][0]["id"].as_i64(), rest["next"].is_null()), (Some(5), true));
    let atom = kim.get("/demo/query?status=!closed&format=atom").expect(200);
    assert_eq!(atom.header("Content-Type"), Some("application/atom+xml"));
    assert_eq!(atom.text().matches("<entry>").count(), 4);
    assert!(atom.text().contains("#4 Lamp &lt;b&gt;&amp; bulb"), "{}", atom.text());
    let problem = kim.get("/demo/query?hue=1&format=json").expect(422).json();
    assert_eq!(problem["problems"][0]["field"], "hue");
}

fn drawn(person: &Person<'_>, text: &str) -> Answer {
    person.save_page("Drawn", text);
    person.page("Drawn").expect(200)
}

#[test]
fn the_macro_draws_lists_tables_numbers_and_bars() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let list = drawn(&kim, "[[TicketQuery(status!=closed)]]");
    assert_eq!(
        list.all("article .ticket-list li"),
        ["#1 Doors open too late", "#2 Roof, \"east\" side", "#4 Lamp <b>& bulb", "#5 Sweep"]
    );
    let href = &list.attributes("article .ticket-list a", "href")[0];
    assert!(href.starts_with("/demo/ticket/1?list=query:status="), "{href}");

    let inline = drawn(
        &kim,
        "See [[TicketQuery(id=1-3, format=compact)]], [[TicketQuery(id=1|3&format=count)]] of [[TicketQuery(format=rawcount)]].",
    );
    assert_eq!(inline.all("article p"), ["See #1, #2, #3, 2 of 5."]);
    assert_eq!(inline.attributes("article p a.closed", "title"), ["Windows"]);
    assert_eq!(inline.attributes("article p > a:last-of-type", "href"), ["/demo/query?id=1&id=3&order=id"]);

    let table =
        drawn(&kim, "[[TicketQuery(status!=closed, order=priority, col=id|summary|priority, format=table, max=2)]]");
    assert_eq!(table.all("article td.col-id"), ["#4", "#2"]);
    assert_eq!(table.all("article th"), ["Ticket", "Summary", "Priority"]);

    let bar = drawn(&kim, "[[TicketQuery(owner!=, format=progress)]]");
    assert_eq!(bar.all("article .progress .counts"), ["33%: 1 closed, 2 open, 3 in all"]);
    let hrefs = bar.attributes("article .progress .counts a", "href");
    let counts: Vec<usize> = hrefs.iter().map(|href| ids(&kim.get(href).expect(200)).len()).collect();
    assert_eq!(counts, [1, 2, 3], "{hrefs:?}");

    let bars = drawn(&kim, "[[TicketQuery(status=new|assigned|closed&group=owner, format=progress)]]");
    assert_eq!(bars.all("article .stats th"), ["kim", "lee", "None"]);
    for (href, words) in bars.attributes("article .stats a", "href").iter().zip(bars.all("article .stats a")) {
        let found = ids(&kim.get(href).expect(200)).len();
        let said = words.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(found);
        assert_eq!(found, said, "{words}: {href}");
    }
    let groups = drawn(&kim, "[[TicketQuery(group=owner, order=id)]]");
    assert_eq!(groups.all("article strong"), ["kim", "lee", "None"]);
}

#[test]
fn the_numbers_of_every_bar_lead_to_the_very_tickets() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    for query in [
        "owner=kim&or&type=task&group=owner",
        "owner=$USER|lee&group=owner",
        "owner!=kim&or&summary~=&group=type",
        "owner=$USER&or&id=4&group=priority",
        "status=new&or&status=closed&group=status",
        "status!=closed&group=resolution",
        "group=keywords",
        "owner~=K&group=reporter",
    ] {
        let bars =
            drawn(&kim, &format!("[[TicketQuery({query}, format=progress)]]\n\n[[TicketQuery({query}, table)]]"));
        assert!(!bars.all("article .stats td").is_empty(), "{query}");
        let links: Vec<(String, String)> =
            bars.attributes("article .stats td a", "href").into_iter().zip(bars.all("article .stats td a")).collect();
        assert_eq!(links.len(), 3 * bars.all("article .stats td").len(), "{query}: {}", bars.main());
        for (href, words) in links {
            let said: usize = words.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(ids(&kim.get(&href).expect(200)).len(), said, "{query}, {words}: {href}");
        }
        for href in bars.attributes("article tbody.group a", "href") {
            assert!(!ids(&kim.get(&href).expect(200)).is_empty(), "{query}: {href}");
        }
    }
}

#[test]
fn the_macro_understands_or_old_calls_and_lines() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let compact = |text: &str| drawn(&kim, text).all("article p").join(" ");
    assert_eq!(compact("[[TicketQuery(owner=lee, or, type=task, format=compact)]]"), "#3, #5");
    assert_eq!(compact("[[TicketQuery(owner=lee&or&type=task, compact)]]"), "#3, #5");
    assert_eq!(compact("[[TicketQuery(summary~=Roof\\, , format=compact)]]"), "#2");
    assert_eq!(compact("[[TicketQuery(owner=$USER&format=compact)]]"), "#1, #2");
    assert_eq!(compact("[[TicketQuery(owner=nobody, format=compact)]]"), "No results");
    assert_eq!(compact("[[TicketQuery(owner=nobody)]]"), "No results");
    let fenced = drawn(&kim, "```TicketQuery(format=table)\nowner=lee\nor\ntype=task\n```");
    assert_eq!(fenced.all("article td.col-id"), ["#3", "#5"]);
    for bad in ["colour=red", "status", "format=song", "time=soonish", "max=many", "page=7", "order=hue"] {
        let page = drawn(&kim, &format!("[[TicketQuery({bad})]]"));
        assert_eq!(page.all("article .macro-box").len(), 1, "{bad}: {}", page.main());
    }
}

#[test]
fn the_call_that_a_page_offers_shows_the_same_list() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    for query in [
        "status=!closed",
        "summary=~Roof,&or&summary=~%22east%22",
        "summary=!~a)&order=summary&desc=1",
        "owner=kim|lee&or&id=1,3-5",
    ] {
        let page = kim.get(&format!("/demo/query?{query}")).expect(200);
        let call = page.all(".exports code").pop().unwrap();
        let shown = drawn(&kim, &call);
        assert_eq!(shown.all("article .macro-box"), [""; 0], "{call}");
        assert_eq!(shown.all("article td.col-id"), ids(&page), "{call}");
    }
}

#[test]
fn links_lead_to_lists_and_tell_what_they_cannot_read() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    let text = "query:?status=new&or&owner=kim then query:status!=closed&owner=kim|lee and [mine](query:owner=$USER), \
                query:colour=red";
    let page = drawn(&kim, text);
    assert_eq!(
        page.attributes("article p a", "href"),
        [
            "/demo/query?status=new&or&owner=kim",
            "/demo/query?status=!closed&owner=kim&owner=lee",
            "/demo/query?owner=$USER"
        ]
    );
    assert_eq!(page.attributes("article .missing", "title"), ["There is no field “colour”."]);
    test.revoke("anonymous", &["TICKET_VIEW"]);
    let stranger = test.anonymous().page("Drawn").expect(200);
    assert_eq!(stranger.all("article a[href*=query]"), [""; 0]);
}

#[test]
fn hidden_tickets_are_in_no_list_and_no_number() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    kim.save_page(
        "Numbers",
        "[[TicketQuery(format=count)]] [[TicketQuery(format=compact)]]\n\n[[TicketQuery(group=owner)]]\n\n\
         [[TicketQuery(format=progress)]]\n\n[[TicketQuery(format=progress, group=owner)]]\n\n[[TicketQuery(format=table)]]",
    );
    hide(&test, 3);
    for format in ["html", "json", "csv", "tab", "atom"] {
        let answer = kim.get(&format!("/demo/query?order=id&group=owner&format={format}")).expect(200);
        assert!(!answer.text().contains("Windows"), "{format}");
        let about_lee = format == "html" && !answer.all("tbody.group").is_empty() && answer.words().contains("lee");
        assert!(!about_lee, "{format}: {}", answer.words());
    }
    assert_eq!(kim.get("/demo/query?order=id&format=json").json()["total"], 4);
    let page = kim.page("Numbers").expect(200);
    assert!(!page.text().contains("Windows") && !page.all("article").concat().contains("lee"), "{}", page.main());
    assert_eq!(page.all("article p > a")[0], "4");
}

#[test]
fn without_the_right_to_see_tickets_there_is_no_such_page() {
    let test = TestSite::public();
    five(&test);
    let kim = test.signed_in("kim");
    kim.save_page("Numbers", "[[TicketQuery(format=count)]] of [[TicketQuery()]]\n\n[[TicketQuery()]]");
    test.revoke("anonymous", &["TICKET_VIEW"]);
    for address in ["/demo/query", "/demo/query?colour=red", "/demo/query?format=csv", "/demo/query?update=1"] {
        test.anonymous().get(address).expect(404);
    }
    let page = test.anonymous().page("Numbers").expect(200);
    assert_eq!(page.all("article p > a"), ["0"]);
    assert!(page.words().contains("No results"), "{}", page.words());
}

#[test]
fn addresses_of_people_are_short_for_readers_who_are_not_signed_in() {
    let test = TestSite::public();
    test.user("kim").member();
    let kim = viewer(&test, "kim");
    file(&test, &kim, &[("summary", "One"), ("owner", "zed@mail.example"), ("cc", "yan@mail.example")]);
    let signed_in = test.signed_in("kim");
    signed_in.save_page(
        "Owners",
        "[[TicketQuery(format=progress, group=owner)]]\n\n[[TicketQuery(format=table, group=owner, col=owner|cc)]]",
    );
    for format in ["html", "json", "csv", "atom"] {
        let address = format!("/demo/query?order=id&col=owner&col=cc&col=summary&group=owner&format={format}");
        let seen = test.anonymous().get(&address).expect(200).text();
        assert!(!seen.contains("mail.example"), "{format}: {seen}");
        assert!(seen.contains("zed@…"), "{format}");
        assert!(signed_in.get(&address).text().contains("zed@mail.example"), "{format}");
    }
    let page = test.anonymous().page("Owners").expect(200).main();
    assert!(!page.contains("mail.example") && page.contains("zed@…"), "{page}");
}

#[test]
fn markup_in_every_name_stays_text() {
    const EVIL: &str = "<i>\"'&amp;</i>";
    let test = TestSite::public();
    test.user("kim").member();
    let kim = viewer(&test, "kim");
    let operator = test.operator();
    test.demo()
        .write(Act::new(&operator, Via::Command), |tx| {
            tx.execute("update field_option set name = ?1 || name where field in ('type', 'priority')", [EVIL])?;
            tx.execute(
                "insert into milestone (name, folded, acl, created_at, changed_at, description) values (?1, lower(?1), 1, 0, 0, '')",
                [EVIL],
            )?;
            Ok(())
        })
        .unwrap();
    let set = [
        ("summary", EVIL),
        ("keywords", EVIL),
        ("description", EVIL),
        ("owner", "kim"),
        ("milestone", EVIL),
        ("cc", "<i>x</i>"),
    ];
    file(&test, &kim, &set);
    test.demo().db().write(|db| Ok(db.execute("update person set display_name = ?1", [EVIL])?)).unwrap();
    let person = test.signed_in("kim");
    let all = "col=summary&col=keywords&col=type&col=priority&col=owner&col=cc&col=milestone&col=description";
    for rest in ["group=milestone", "group=owner&summary=~<i>", "group=type&row=description", "milestone=<i>x</i>"] {
        let page =
            person.get(&format!("/demo/query?{all}&{}", rest.replace('<', "%3C").replace('>', "%3E"))).expect(200);
        let drawn = page.all("table.tickets i").len() - page.all("tr.full i").len();
        assert_eq!((drawn, page.all(".filters i, p.exports i").len()), (0, 0), "{rest}: {}", page.main());
    }
    let page = drawn(
        &person,
        &format!(
            "[[TicketQuery({all}, format=table, group=milestone)]]\n\n[[TicketQuery(format=progress, group=type)]]\n\n[[TicketQuery(group=owner)]] "
        ),
    );
    assert_eq!(page.all("article i"), [""; 0], "{}", page.main());
}
