//! Stories of reports: lists that are kept under a name, for oneself, for others and as one's usual one; questions in SQL with
//! their variables, columns and files; and who may see and do what with them.

mod sandbox;

use serde_json::{Value, json};
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::options_edit::{self, Wish};
use trackway::ticket::queue::{self, Doors};

use crate::support::{Person, TestSite};

/// `kim` and `sam` are members, `root` administers. Tickets 1 and 4 are seen by all, 2 lies in a component that is closed to
/// both members, 3 is private to `sam`; 4 depends on 2 and 3. What is hidden has the word `hidden` in it.
fn house() -> TestSite {
    let test = TestSite::new();
    let (kim, sam, root) = (test.user("kim").member(), test.user("sam").member(), test.admin("root"));
    let (demo, operator) = (test.demo(), test.operator());
    let by = Act::new(&operator, Via::Command);
    let subject = permissions::subject(&test.site, &demo, "root").unwrap();
    permissions::restrict(&demo, by, "secret", &[subject]).unwrap();
    let open = Wish { name: Some("Open"), is_default: Some(true), ..Wish::default() };
    options_edit::create(&test.site, &demo, by, "component", &open).unwrap();
    let secret = Wish { name: Some("Secret"), ..Wish::default() };
    let secret = options_edit::create(&test.site, &demo, by, "component", &secret).unwrap();
    file(&kim, json!({ "summary": "Doors", "description": "A door.", "due": "2027-01-31" }));
    file(&root, json!({ "summary": "A hidden matter", "description": "hidden", "component": "Secret" }));
    root.post_json("/demo/ticket/2", &json!({ "comment": "hidden words" })).expect(201);
    root.attach("/demo/attachment/ticket/2/", "hidden.txt", b"hidden").expect(303);
    let closed = queue::Wish { doors: Some(Doors::ClosedTo("root")), ..queue::Wish::default() };
    queue::change(&test.site, &demo, by, secret.id, &closed).unwrap();
    file(&sam, json!({ "summary": "A hidden private matter", "description": "hidden", "private": "1" }));
    file(&root, json!({ "summary": "Refers", "description": "A door." }));
    root.post_json("/demo/ticket/4", &json!({ "comment": "", "depends_on": [2, 3] })).expect(201);
    kim.post_json("/demo/ticket/1", &json!({ "comment": "Rain comes in.", "priority": "blocker" })).expect(201);
    root.post_json("/demo/ticket/1", &json!({ "comment": "An internal note.", "internal": true })).expect(201);
    root.save_page("Secret/Plan", "hidden");
    root.post_json("/demo/report", &json!({ "title": "Hidden list", "query": "?status=new" })).expect(201);
    test
}

fn file(person: &Person<'_>, fields: Value) {
    let fields: serde_json::Map<String, Value> =
        fields.as_object().unwrap().iter().map(|(name, value)| (format!("field_{name}"), value.clone())).collect();
    person.post_json("/demo/newticket", &Value::Object(fields)).expect(201);
}

fn save(person: &Person<'_>, report: Value) -> i64 {
    person.post_json("/demo/report", &report).expect(201).json()["id"].as_i64().unwrap()
}

fn titles(person: &Person<'_>) -> Vec<String> {
    person.get("/demo/report").expect(200).all("main .reports td > a:first-child > bdi")
}

const STOCK: [&str; 8] = [
    "Active tickets",
    "Active tickets by version",
    "Active tickets by milestone",
    "Accepted, active tickets by owner",
    "Accepted, active tickets by owner, with descriptions",
    "All tickets by milestone, closed ones included",
    "My tickets",
    "Active tickets, mine first",
];

#[test]
fn a_list_is_saved_from_its_page_and_found_again() {
    let test = house();
    let kim = test.signed_in("kim");
    assert_eq!(titles(&kim), STOCK);
    let page = kim.get("/demo/query?status=new&order=priority").expect(200);
    let query = page.attributes("main form[action='/demo/report'] input[name=query]", "value").remove(0);
    assert_eq!(query, "?status=new&order=priority");
    let form = "/demo/report?action=new&query=%3Fstatus=new%26order=priority";
    let sent = kim.submit(form, &[("title", "What is new"), ("description", "Look at *these* first."), ("usual", "1")]);
    assert_eq!(sent.expect(303).location(), "/demo/report/10");
    assert!(titles(&kim).contains(&"What is new".to_owned()));

    let list = kim.follow("/demo/report/10").expect(200);
    assert_eq!(list.all("main h1")[0], "What is new 2");
    assert_eq!(list.all(".saved-about em"), ["these"]);
    // Who asks for nothing gets it, too.
    assert_eq!(kim.get("/demo/query").expect(200).all("main h1")[0], "What is new 2");
    // To nobody else it is there.
    for login in ["sam", "root"] {
        let other = test.signed_in(login);
        let missing = other.get("/demo/report/999").expect(404).without_token().replace("999", "10");
        assert_eq!(other.get("/demo/report/10").expect(404).without_token(), missing);
        assert!(!titles(&other).contains(&"What is new".to_owned()));
        other.get("/demo/report/10?action=edit").expect(404);
        other.get("/demo/query?status=new&report=10").expect(200);
        other.post_json("/demo/report/10", &json!({ "title": "Mine" })).expect(404);
        other.post_json("/demo/report/10", &json!({ "action": "delete" })).expect(404);
    }
    // Other filters can be put in place of those that were saved.
    let changed = kim.get("/demo/query?status=new&report=10").expect(200);
    let link = changed.attributes(".saved-about a:last-child", "href").remove(0);
    kim.submit(&link, &[("title", "All that is new")]).expect(303);
    assert_eq!(kim.get("/demo/report/10").expect(303).location(), "/demo/query?status=new&report=10");
    kim.submit("/demo/report/10?action=delete", &[("version", "2")]).expect(303);
    kim.get("/demo/report/10").expect(404);
    assert_eq!(kim.get("/demo/query").expect(200).all("main h1")[0], "Tickets 0");
}

#[test]
fn what_is_shared_is_seen_by_those_it_is_shared_with() {
    let test = house();
    test.group("night-shift", &["kim", "sam"]);
    let (kim, sam) = (test.signed_in("kim"), test.signed_in("sam"));
    let lee = test.user("lee").member();
    let refused = kim.post_json("/demo/report", &json!({ "title": "T", "query": "?status=new", "scope": "project" }));
    assert!(refused.expect(403).text().contains("REPORT_CREATE"));
    test.grant("kim", &["REPORT_CREATE"]);
    let ours = save(&kim, json!({ "title": "Ours", "query": "query:status=new", "scope": "group:night-shift" }));
    let all = save(&kim, json!({ "title": "For all", "query": "?owner=$USER", "scope": "project" }));
    for (person, sees) in [(&sam, true), (&lee, false)] {
        assert_eq!(person.get(&format!("/demo/report/{ours}")).status, if sees { 303 } else { 404 });
        assert_eq!(person.get(&format!("/demo/report/{all}")).status, 303);
    }
    // Those it is shared with may not change it, its owner may.
    sam.post_json(&format!("/demo/report/{ours}"), &json!({ "title": "Mine" })).expect(403);
    kim.post_json(&format!("/demo/report/{ours}"), &json!({ "title": "Ours still" })).expect(200);
    kim.post_json(&format!("/demo/report/{all}"), &json!({ "title": "X" })).expect(403);
    let lists = sam.get("/demo/report?format=json").expect(200).json();
    assert_eq!(lists["total"], 10);
    assert_eq!(lists["items"][8]["scope"], "group:night-shift");
    assert_eq!(lists["items"][8]["query"], "?status=new");
    assert_eq!(lists["items"][8]["owner"], "kim");
    // Groups that one is not in can't be named.
    test.group("day-shift", &["lee"]);
    let foreign = json!({ "title": "T", "query": "?status=new", "scope": "group:day-shift" });
    assert_eq!(kim.post_json("/demo/report", &foreign).expect(422).json()["problems"][0]["field"], "scope");
    // What is for all is told in the timeline to those who ask; what is for some to nobody.
    let timeline = sam.get("/demo/timeline?report=on").expect(200).text();
    assert!(timeline.contains("For all") && !timeline.contains("Ours"), "{timeline}");
    assert!(!sam.get("/demo/timeline").expect(200).text().contains("For all"));
    // A page shows who may see it what it is, and to others nothing.
    kim.save_page("Lists", &format!("{{{ours}}} and {{1}}, report:{ours}, report:8?USER=sam, {{99}}, report:99"));
    let page =
        |person: &Person<'_>| (person.page("Lists").all("article a"), person.page("Lists").all("article .missing"));
    let (links, missing) = page(&sam);
    assert_eq!(links, [format!("{{{ours}}}"), "{1}".into(), format!("report:{ours}"), "report:8?USER=sam".into()]);
    assert_eq!(missing, ["report:99"]);
    let (links, missing) = page(&lee);
    assert_eq!(links, ["{1}", "report:8?USER=sam"]);
    assert_eq!(missing, [format!("report:{ours}"), "report:99".into()]);
}

#[test]
fn the_project_has_a_usual_list_and_what_can_no_longer_be_read_says_so() {
    let test = house();
    let (kim, root) = (test.signed_in("kim"), test.signed_in("root"));
    test.command(&["field", "create", "demo", "harbour", "--kind", "text"]).expect(0);
    let list = save(
        &root,
        json!({
            "title": "Harbours", "query": "?harbour=~x&status=new", "scope": "project", "usual_for_all": true,
        }),
    );
    assert_eq!(kim.get("/demo/query").expect(200).all("main h1")[0], "Harbours 0");
    let refused = kim.post_json("/demo/report", &json!({ "title": "", "query": "?nothing=1" })).expect(422).json();
    let fields: Vec<&str> =
        refused["problems"].as_array().unwrap().iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["title", "query"]);
    // A field that is gone for good.
    test.demo()
        .db()
        .write(|db| Ok(db.execute("update report set query = '?nothing=1' where id = ?1", [list])?))
        .unwrap();
    let broken = kim.follow(&format!("/demo/report/{list}")).expect(422);
    assert_eq!(broken.all("main h1")[0], "Harbours 0");
    assert_eq!(broken.problems().len(), 1);
    // Then everybody has what they had before.
    assert_eq!(kim.get("/demo/query").expect(200).all("main h1")[0], "Tickets 0");
}

#[test]
fn a_form_that_is_refused_or_late_keeps_what_was_typed() {
    let test = house();
    let kim = test.signed_in("kim");
    let refused = kim
        .submit("/demo/report?action=new", &[("title", ""), ("query", "?nothing=<b>"), ("description", "Typed text")]);
    let refused = refused.expect(422);
    assert_eq!(refused.problems().iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["title", "query"]);
    assert!(refused.text().contains("?nothing=&lt;b&gt;") && refused.text().contains("Typed text"));
    let list = save(&kim, json!({ "title": "Mine", "query": "?status=new" }));
    let late = kim.form(&format!("/demo/report/{list}?action=edit"), &[("title", "Too late")]);
    kim.post_json(&format!("/demo/report/{list}"), &json!({ "title": "First" })).expect(200);
    let fields: Vec<(&str, &str)> = late.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = kim.post(&late.action, &fields).expect(409);
    assert!(answer.text().contains("Too late") && answer.text().contains("First"));
    // SQL is not written by whoever likes to.
    let sql = kim.post_json("/demo/report", &json!({ "title": "Sql", "query": "select 1" })).expect(403);
    assert!(sql.text().contains("REPORT_SQL_MODIFY"));
    kim.get("/demo/report/1?action=copy").expect(403);
    kim.get("/demo/report/1?action=edit").expect(403);
    kim.get("/demo/report/1?action=delete").expect(403);
    kim.submit(&format!("/demo/report/{list}?action=copy"), &[("title", "A copy")]).expect(303);
    assert!(titles(&kim).contains(&"A copy".to_owned()));
}

/// The first column of ticket numbers on a page, and the headings of its sections.
fn shown(person: &Person<'_>, address: &str) -> (Vec<String>, Vec<String>) {
    let page = person.get(address).expect(200);
    (page.all(".report-rows td:first-child a"), page.all(".report-rows .group bdi"))
}

#[test]
fn the_eight_of_trac_find_the_right_rows() {
    let test = TestSite::new();
    let (kim, sam) = (test.user("kim").member(), test.user("sam").member());
    test.grant("members", &["TICKET_ADMIN"]);
    test.command(&["milestone", "create", "demo", "M1"]).expect(0);
    test.command(&["milestone", "create", "demo", "M2"]).expect(0);
    test.command(&["version", "create", "demo", "1.0"]).expect(0);
    file(&kim, json!({ "summary": "One", "priority": "minor", "milestone": "M1", "version": "1.0" }));
    file(&kim, json!({ "summary": "Two", "priority": "blocker", "owner": "sam", "milestone": "M2" }));
    file(&sam, json!({ "summary": "Three", "owner": "kim", "description": "About *three*." }));
    file(&sam, json!({ "summary": "Four", "milestone": "M1" }));
    file(&sam, json!({ "summary": "Five" }));
    kim.post_json("/demo/ticket/3", &json!({ "action": "accept", "comment": "" })).expect(201);
    sam.post_json("/demo/ticket/4", &json!({ "action": "resolve", "comment": "Done" })).expect(201);
    kim.post_json("/demo/ticket/5", &json!({ "comment": "Me too" })).expect(201);
    for (number, tickets, sections) in [
        (1, vec!["#2", "#3", "#5", "#1"], vec![]),
        (2, vec!["#1", "#2", "#3", "#5"], vec!["1.0", "None"]),
        (3, vec!["#1", "#2", "#3", "#5"], vec!["Milestone M1", "Milestone M2", "None"]),
        (4, vec!["#3"], vec!["kim"]),
        (5, vec!["#3"], vec!["kim"]),
        (6, vec!["#2", "#1", "#4", "#3", "#5"], vec!["M2", "M1", "None"]),
        (7, vec!["#3", "#2", "#1", "#5"], vec!["Accepted", "Reported", "Commented"]),
        (8, vec!["#3", "#2", "#5", "#1"], vec!["My tickets", "Active tickets"]),
    ] {
        let (found, headings) = shown(&kim, &format!("/demo/report/{number}"));
        assert_eq!(found, tickets, "report {number}");
        assert_eq!(headings, sections, "report {number}");
    }
    let page = kim.get("/demo/report/3").expect(200);
    assert_eq!(page.attributes(".report-rows .group a", "href"), ["../milestone/M1", "../milestone/M2"]);
    assert_eq!(page.all(".report-rows tr.rank-1 td:nth-child(2)"), ["Two"]);
    assert_eq!(kim.get("/demo/report/5").expect(200).all(".report-rows .full em"), ["three"]);
    // From ticket to ticket of a report (row R17); who may not see one passes over it.
    let links = kim.get("/demo/report/8").expect(200).attributes(".report-rows td:first-child a", "href");
    assert_eq!(links[1], "/demo/ticket/2?list=report:8:3,2,5,1&at=1");
    let walked = kim.get(&links[1]).expect(200);
    assert_eq!(walked.attributes("nav.walk a", "href"), [links[0].as_str(), "/demo/report/8", links[2].as_str()]);
    kim.post_json("/demo/ticket/5", &json!({ "private": true })).expect(201);
    // In another order, each section by itself.
    assert_eq!(shown(&kim, "/demo/report/8?sort=ticket").0, ["#3", "#1", "#2", "#5"]);
    assert_eq!(shown(&kim, "/demo/report/1?sort=ticket&asc=0&max=2&page=2").0, ["#2", "#1"]);
    assert_eq!(shown(&kim, "/demo/report/7?USER=sam").0, ["#2", "#3", "#5"]);
    kim.get("/demo/report/1?sort=nothing").expect(422);
    // Who sees none of the tickets finds none.
    test.revoke("members", &["TICKET_VIEW"]);
    test.revoke("members", &["TICKET_ADMIN"]);
    assert_eq!(kim.get("/demo/report/1?format=json").expect(200).json()["total"], 0);
    let lee = test.user("lee").can("TICKET_VIEW");
    let passed = lee.get(&links[1]).expect(200).attributes("nav.walk a", "href");
    assert_eq!(passed[2], "/demo/ticket/1?list=report:8:3,2,5,1&at=3");
}

#[test]
fn variables_are_values_and_never_sql() {
    let test = house();
    let root = test.signed_in("root");
    let number = save(
        &root,
        json!({
            "title": "Tickets with $WORD", "scope": "project",
            "query": "-- STATE = new\nselect id, summary, $WORD as word from ticket
                where status = $STATE and summary like '%$WORD%' order by id",
        }),
    );
    let kim = test.signed_in("kim");
    let address = format!("/demo/report/{number}");
    let page = kim.get(&address).expect(200);
    assert_eq!(page.all(".warnings span"), ["Nothing gives a value for $WORD: taken for empty."]);
    assert_eq!(page.attributes(".report-variables input", "name"), ["WORD", "STATE"]);
    assert_eq!(page.attributes(".report-variables input", "value"), ["", "new"]);
    assert_eq!(page.all("main h1 bdi"), ["Tickets with $WORD"]);
    let page = kim.get(&format!("{address}?WORD=oor")).expect(200);
    assert_eq!(page.all("main h1 bdi"), ["Tickets with oor"]);
    assert_eq!(page.all(".report-rows tbody td"), ["#1", "Doors", "oor"]);
    for word in ["'", "';drop table ticket;--", "%' or 1=1 --", "\\", "$USER", "x'||(select 1)||'"] {
        let word = trackway::web::address::query_value(word);
        let json = kim.get(&format!("{address}?WORD={word}&format=json")).expect(200).json();
        assert_eq!(json["total"], 0, "{word}");
    }
    let found = kim.get(&format!("{address}?WORD=$STATE&STATE=new&format=json")).expect(200).json();
    assert_eq!(found["total"], 0);
    let closed = kim.get(&format!("{address}?WORD=oor&STATE=closed")).expect(200);
    assert_eq!(closed.all(".empty-lead"), ["The report finds nothing."]);
}

#[test]
fn columns_mean_something_by_their_names() {
    let test = house();
    let root = test.signed_in("root");
    let number = save(
        &root,
        json!({
            "title": "All", "scope": "project",
            "query": "select 7 as __color__, 'G' as __group__, 'javascript:alert(1)' as __grouplink__, 'color: red' as __style__,
            id as ticket, summary as summary_, time as created, 'A & <b>' as a_b, 'Plan' as _hidden, '*text*' as _description_
            from ticket where id = 1",
        }),
    );
    let page = root.get(&format!("/demo/report/{number}")).expect(200);
    assert_eq!(page.all(".report-rows thead th"), ["Ticket", "Summary", "Created", "A b"]);
    assert_eq!(page.all(".report-rows .group a").len(), 0);
    assert_eq!(page.attributes(".report-rows tbody td:first-child a", "href"), ["/demo/ticket/1"]);
    assert_eq!(page.all(".report-rows tr.rank-5").len(), 2);
    assert_eq!(page.all(".report-rows .full em"), ["text"]);
    assert!(page.text().contains("A &amp; &lt;b&gt;") && !page.text().contains("style="));
    assert!(!page.all(".report-rows").concat().contains("Plan"));

    let csv = root.get(&format!("/demo/report/{number}?format=csv")).expect(200);
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "\u{feff}ticket,summary,created,a_b,hidden,description");
    assert!(lines[1].starts_with("1,Doors,20") && lines[1].ends_with(",A & <b>,Plan,*text*"), "{}", lines[1]);
    let atom = root.get(&format!("/demo/report/{number}?format=rss")).expect(200);
    assert!(atom.header("Content-Type").unwrap().starts_with("application/atom+xml"));
    assert!(atom.text().contains("<title>#1 Doors</title>"), "{}", atom.text());
    let json = root.get(&format!("/demo/report/{number}?format=json")).expect(200).json();
    assert_eq!(json["items"][0]["ticket"], 1);
    assert_eq!(json["items"][0]["hidden"], "Plan");
    let sql = root.get(&format!("/demo/report/{number}?format=sql")).expect(200);
    assert!(sql.text().starts_with(&format!("-- {{{number}}} All\n")));
    root.get(&format!("/demo/report/{number}?format=doc")).expect(422);

    let formulas =
        save(&root, json!({ "title": "F", "query": "select '=1+1' as a, -3 as b, 'x' as realm, 'W' as id" }));
    let tab = root.get(&format!("/demo/report/{formulas}?format=tab")).expect(200).text();
    assert_eq!(tab.lines().nth(1).unwrap(), "\"'=1+1\"\t-3\tx\tW");
    let tab = root.get(&format!("/demo/report/{formulas}?format=tab&raw=1")).expect(200).text();
    assert_eq!(tab.lines().nth(1).unwrap(), "=1+1\t-3\tx\tW");
}

#[test]
fn a_statement_that_fails_says_why_in_the_page() {
    let test = house();
    let (kim, root) = (test.signed_in("kim"), test.signed_in("root"));
    let number = save(
        &root,
        json!({ "title": "Broken", "scope": "project", "query": "select nowhere\nfrom ticket where x = $X" }),
    );
    let page = kim.get(&format!("/demo/report/{number}?X=1")).expect(422);
    let (field, message) = page.problems().remove(0);
    assert_eq!(field, "sql");
    assert!(message.contains("no such column: nowhere"), "{message}");
    assert_eq!(page.all("#field-sql"), ["select nowhere from ticket where x = ?1"]);
    let json = kim.get(&format!("/demo/report/{number}?format=json")).expect(422).json();
    assert_eq!(json["problems"][0]["field"], "sql");
    // Who may not see SQL is not shown any, in no form.
    test.revoke("members", &["REPORT_SQL_VIEW"]);
    let page = kim.get(&format!("/demo/report/{number}?X=1")).expect(422);
    assert_eq!(page.all("#field-sql").len(), 0);
    kim.get(&format!("/demo/report/{number}?format=sql")).expect(403);
    assert!(kim.get("/demo/report/1").expect(200).all(".report-sql").is_empty());
    assert_eq!(kim.get("/demo/report?format=json").expect(200).json()["items"][0]["query"], Value::Null);
    let through = sandbox::viewer(&test, "kim");
    let found = trackway::report::sandbox::run(&test.demo(), &through, "select max(query) from report", &[]).unwrap();
    assert_eq!(found.rows[0][0].text(), "");
    // Without the right to reports there are none.
    test.revoke("members", &["REPORT_VIEW"]);
    for address in ["/demo/report", "/demo/report/1", "/demo/report?action=new", "/demo/report/1?format=csv"] {
        kim.get(address).expect(404);
    }
    assert!(!kim.get("/demo/query").expect(200).text().contains("/demo/report"));
}

#[test]
fn reports_are_listed_run_saved_and_removed_by_command() {
    let test = house();
    let told = |arguments: &[&str]| test.command(arguments).expect(0).stdout;
    assert!(told(&["report", "list", "demo", "--as", "kim"]).contains("1       Active tickets  "));
    assert!(!told(&["report", "list", "demo", "--as", "kim"]).contains("Hidden list"));
    let number = told(&["report", "save", "demo", "--title", "New ones", "--query", "?status=new", "--usual"]);
    assert_eq!(number, "10\n");
    assert_eq!(told(&["report", "show", "demo", "10", "--as", "kim", "--format", "ids"]).lines().count(), 2);
    assert_eq!(told(&["report", "show", "demo", "10", "--sql"]), "?status=new\n");
    let sql = "select id, summary, $X as x from ticket where summary like '%$X%'";
    let saved = test.command_with_input(&["report", "save", "demo", "--title", "By word", "--query", "-"], sql);
    assert_eq!(saved.expect(0).stdout, "11\n");
    let csv = told(&["report", "show", "demo", "11", "X=oor", "--as", "kim", "--format", "csv"]);
    assert_eq!(csv, "id,summary,x\n1,Doors,oor\n");
    assert_eq!(told(&["report", "show", "demo", "11", "X=hidden", "--as", "kim", "--format", "ids"]), "");
    assert_eq!(told(&["report", "show", "demo", "11", "X=hidden", "--format", "ids"]).lines().count(), 2);
    told(&["report", "save", "demo", "11", "--title", "By a word"]);
    test.command(&["report", "save", "demo", "11", "--title", "Mine", "--as", "kim"]).expect(1);
    test.command(&["report", "show", "demo", "11", "x=1"]).expect(1);
    test.command(&["report", "save", "demo", "--title", "T", "--query", "?nothing=1"]).expect(1);
    told(&["report", "remove", "demo", "11"]);
    test.command(&["report", "show", "demo", "11"]).expect(1);
    told(&["check", "demo"]);
}

/// The secret that the account page shows once.
fn token(person: &Person<'_>) -> String {
    let made = person.submit("/-/account", &[("label", "My reader")]).expect(200);
    assert_eq!(made.header("Cache-Control"), Some("no-store"));
    made.all(".new-token").remove(0)
}

#[test]
fn a_feed_token_opens_feeds_and_calendars_of_lists_and_nothing_else() {
    let test = house();
    let (sam, nobody) = (test.signed_in("sam"), test.anonymous());
    let token = token(&sam);
    assert_eq!(sam.get("/-/account").expect(200).all(".new-token").len(), 0);
    for (address, words) in [
        ("/demo/query?status=new&format=atom", "private matter"),
        ("/demo/query?status=new&format=rss", "private matter"),
        ("/demo/query?due=!&format=ics", "Doors"),
        ("/demo/timeline?ticket=on&format=atom", "private matter"),
        ("/demo/roadmap?format=ics&user=sam", "BEGIN:VCALENDAR"),
        ("/demo/roadmap?format=atom", "<feed"),
        ("/demo/report/1?format=atom", "private matter"),
    ] {
        nobody.get(address).expect(404);
        let answer = nobody.get(&format!("{address}&token={token}")).expect(200);
        assert!(answer.text().contains(words), "{address}: {}", answer.text());
        assert!(!answer.text().contains(&token) && !answer.text().contains("A hidden matter"), "{address}");
    }
    let list = save(&sam, json!({ "title": "Mine", "query": "?status=new" }));
    let led = nobody.get(&format!("/demo/report/{list}?format=atom&token={token}")).expect(303);
    nobody.get(led.location()).expect(200);
    // Everywhere else it is nothing.
    let events = test.event_count();
    for address in [
        "/demo/query?status=new",
        "/demo/query?status=new&format=csv",
        "/demo/query?status=new&format=json",
        "/demo/query?status=new&format=atom&format=json",
        "/demo/query?format=csv&format=atom",
        "/demo/ticket/1?format=atom",
        "/demo/ticket/1?a=b",
        "/demo/timeline?update=1&ticket=on",
        "/demo/timeline?format=json",
        "/demo/report/1?format=csv",
        "/demo/report?format=csv",
        "/demo/wiki/Plan?format=txt",
        "/demo/report/1?format=sql",
        "/demo/search?q=door",
        "/demo/milestone/M1?format=ics",
        "/demo/log?format=atom",
        "/demo/report/1?format=html",
    ] {
        nobody.get(&format!("{address}&token={token}")).expect(404);
    }
    assert!(nobody.get(&format!("/-/account?token={token}")).expect(303).location().contains("/-/login"));
    let fields = [("comment", "By token")];
    let sent = nobody.post_signed(&format!("/demo/ticket/1?format=atom&token={token}"), &fields);
    sent.expect(404);
    nobody.post_signed(&format!("/demo/query?format=atom&token={token}"), &fields).expect(404);
    assert_eq!(test.event_count(), events);
    nobody.get(&format!("/demo/query?status=new&format=atom&token={}x", &token[1..])).expect(404);
    // What is kept signs nobody in.
    let kept: Vec<u8> =
        test.site.read(|db| Ok(db.query_row("select hash from feed_token", [], |row| row.get(0))?)).unwrap();
    assert_eq!(kept.len(), 32);
    assert_eq!(sam.get("/-/account").expect(200).all("form[action$=revoke] button").len(), 1);
    // Nobody else can revoke it; then it opens nothing any more.
    let kim = test.signed_in("kim");
    kim.post_signed("/-/account/tokens/1/revoke", &[]).expect(404);
    sam.post_signed("/-/account/tokens/1/revoke", &[]).expect(303);
    nobody.get(&format!("/demo/query?status=new&format=atom&token={token}")).expect(404);
    assert_eq!(test.event_count(), events + 1);
}
