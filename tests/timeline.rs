//! The timeline: what is told, to whom, in which order, and what leaves no trace in it.

use std::collections::BTreeSet;

use serde_json::json;
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Entries as a reader sees them: what happened and by whom.
fn entries(answer: &Answer) -> Vec<String> {
    answer.all(".event-body > p:first-child")
}

fn items(person: &Person<'_>, query: &str) -> Vec<serde_json::Value> {
    let answer = person.get(&format!("/demo/timeline?format=json{query}")).expect(200);
    answer.json()["items"].as_array().unwrap().clone()
}

fn told(items: &[serde_json::Value]) -> Vec<String> {
    items.iter().map(|item| format!("{} {}", item["title"].as_str().unwrap(), item["deed"].as_str().unwrap())).collect()
}

/// Moves everything that happened so far into the past.
fn age(test: &TestSite, by: i64) {
    test.demo()
        .db()
        .write(|db| {
            db.execute("update event set happened_at = happened_at - ?1, recorded_at = recorded_at - ?1", [by])?;
            Ok(())
        })
        .unwrap();
}

fn insert_visits(test: &TestSite, by: i64) {
    test.demo()
        .db()
        .write(|db| {
            db.execute("update timeline_visit set seen_at = seen_at - ?1, before_at = before_at - ?1", [by])?;
            Ok(())
        })
        .unwrap();
}

#[test]
fn pages_are_told_newest_first_with_comment_and_difference() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.grant("members", &["WIKI_RENAME", "WIKI_DELETE"]);
    let save = [("text", "One."), ("comment", "A <b>plan</b>."), ("save", "1")];
    kim.submit("/demo/wiki/Plan?action=edit", &save).expect(303);
    kim.save_page("Plan", "Two.");
    kim.submit("/demo/wiki/Plan?action=rename", &[("new_name", "Budget"), ("redirect", "1")]).expect(303);
    kim.save_page("Old", "Soon gone.");
    kim.submit("/demo/wiki/Old?action=delete", &[("comment", "Not needed.")]).expect(303);

    let page = kim.get("/demo/timeline").expect(200);

    let expected = [
        "Old deleted by kim",
        "Old created by kim",
        "Budget renamed by kim",
        "Budget edited by kim difference",
        "Budget created by kim",
    ];
    assert_eq!(entries(&page), expected);
    assert_eq!(page.all(".event-excerpt"), ["Not needed.", "A <b>plan</b>."]);
    assert_eq!(page.attributes(".event-more", "href"), ["/demo/wiki/Budget?action=diff&version=2"]);
    assert_eq!(page.all("section.day h2"), ["Today"]);
    kim.get("/demo/wiki/Budget?action=diff&version=2").expect(200);
}

#[test]
fn of_a_page_in_the_trash_others_learn_only_that_it_went_there() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_DELETE");
    let pat = test.user("pat").member();
    kim.save_page("Old", "Soon gone.");
    kim.attach("/demo/attachment/wiki/Old/", "note.txt", b"A note.").expect(303);
    kim.submit("/demo/wiki/Old?action=delete", &[("comment", "")]).expect(303);

    assert_eq!(told(&items(&pat, "")), ["Old deleted"]);
    assert_eq!(told(&items(&kim, "")), ["Old deleted", "Old created"]);
}

#[test]
fn files_come_under_the_filter_of_what_they_hang_on() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");
    kim.attach("/demo/attachment/wiki/Plan/", "note.txt", b"A note.").expect(303);

    assert_eq!(told(&items(&kim, "&wiki=on")), ["note.txt attached to Plan", "Plan created"]);

    let delete = "/demo/attachment/wiki/Plan/note.txt?action=delete";
    let form = kim.form(delete, &[]);
    kim.post(delete, &[("__FORM_TOKEN", &form.fields[0].1)]).expect(303);
    assert_eq!(told(&items(&kim, "&wiki=on")), ["note.txt removed from Plan", "Plan created"]);
}

#[test]
fn what_one_may_not_see_leaves_no_trace_in_entries_pages_or_counts() {
    let test = TestSite::new();
    let admin = test.admin("admin");
    let pat = test.user("pat").member();
    let demo = test.demo();
    let subject = permissions::subject(&test.site, &demo, "admin").unwrap();
    let operator = test.operator();
    permissions::restrict(&demo, Act::new(&operator, Via::Command), "secret", &[subject]).unwrap();
    for number in 0..105 {
        admin.save_page(&format!("Page {number}"), "Text.");
        if number % 2 == 0 {
            admin.save_page(&format!("Secret/Page {number}"), "Text.");
        }
    }

    let first = pat.get("/demo/timeline?format=json").expect(200).json();
    assert_eq!(first["total"], 105);
    assert_eq!(first["items"].as_array().unwrap().len(), 100);
    assert_eq!(first["next"], "http://127.0.0.1:8000/demo/timeline?format=json&page=2");
    assert_eq!(items(&pat, "&page=2").len(), 5);
    assert_eq!(items(&pat, "&page=77").len(), 5, "a page too far is the last one");
    assert_eq!(admin.get("/demo/timeline?format=json").expect(200).json()["total"], 158);
    let all: BTreeSet<String> = told(&items(&pat, "")).into_iter().chain(told(&items(&pat, "&page=2"))).collect();
    assert_eq!(all.len(), 105);
    assert!(!all.iter().any(|line| line.contains("Secret")));
}

#[test]
fn a_long_log_is_walked_page_by_page_without_loss_or_double() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");
    // Thirty happenings of each instant, so that pages end amid one; each by another hand, so that nothing folds.
    test.demo()
        .db()
        .write(|db| {
            db.execute_batch(
                "with recursive number (n) as (select 1 union all select n + 1 from number where n < 2500)
                 insert into person (login, kind) select 'p' || n, 'git' from number;
                 with recursive number (n) as (select 1 union all select n + 1 from number where n < 2500)
                 insert into event (recorded_at, happened_at, actor, via, kind, resource_kind, resource_id, part, acl)
                 select happened_at - (n / 30) * 1000000, happened_at - (n / 30) * 1000000,
                        (select id from person where login = 'p' || n), 'web', 'page.saved', 'page', resource_id, '1', 1
                 from number, event where event.kind = 'page.created';",
            )?;
            Ok(())
        })
        .unwrap();

    let mut authors = Vec::new();
    let mut address = Some("/demo/timeline?format=json".to_owned());
    while let Some(next) = address.take() {
        let answer = kim.get(&next).expect(200).json();
        assert!(answer["total"].is_null(), "it does not say how many there are before it has counted them");
        authors
            .extend(answer["items"].as_array().unwrap().iter().map(|item| item["author"].as_str().unwrap().to_owned()));
        address = answer["next"].as_str().map(|next| next.replace("http://127.0.0.1:8000", ""));
    }

    assert_eq!(authors.len(), 2501);
    assert_eq!(authors.iter().collect::<BTreeSet<_>>().len(), 2501);
}

#[test]
fn one_sees_the_timeline_only_with_the_right_and_only_kinds_that_one_may_see() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");
    let (pat, robin) = (test.user("pat").member(), test.user("robin").member());
    test.revoke("members", &["TIMELINE_VIEW", "WIKI_VIEW"]);
    let (pat, robin) = (pat.can("TIMELINE_VIEW"), robin.can("WIKI_VIEW"));

    let page = pat.get("/demo/timeline?wiki=on").expect(200);
    assert!(entries(&page).is_empty());
    assert!(page.attributes("input[name=wiki]", "name").is_empty());
    assert_eq!(robin.get("/demo/timeline").status, 404);
    assert_eq!(robin.get("/demo/timeline").words(), robin.get("/demo/nowhere").words());
}

#[test]
fn one_act_on_many_things_and_one_thing_many_times_are_one_entry() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_RENAME");
    for name in ["Plan", "Plan/A", "Plan/B"] {
        kim.save_page(name, "Text.");
    }
    let rename = [("new_name", "Budget"), ("redirect", "1"), ("children", "1")];
    kim.submit("/demo/wiki/Plan?action=rename", &rename).expect(303);
    for text in ["One.", "Two.", "Three."] {
        kim.save_page("Budget", text);
    }

    let items = items(&kim, "");

    assert_eq!((items[0]["times"].as_i64(), items[0]["deed"].as_str()), (Some(3), Some("edited")));
    assert_eq!(items[1]["deed"], "renamed");
    assert_eq!(items[1]["count"], 3);
    assert_eq!(items[1]["things"].as_array().unwrap().len(), 3);
    assert_eq!(items.len(), 5);
    let page = kim.get("/demo/timeline").expect(200);
    assert!(entries(&page)[0].starts_with("Budget edited 3 times"), "{:?}", entries(&page));
}

#[test]
fn a_period_ends_on_its_day_and_leads_to_the_ones_beside_it() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Old", "Text.");
    age(&test, 40 * DAY);
    kim.save_page("New", "Text.");

    assert_eq!(told(&items(&kim, "")), ["New created"]);
    assert_eq!(told(&items(&kim, "&daysback=41")), ["New created", "Old created"]);
    assert_eq!(told(&items(&kim, "&daysback=999999999999999999999")), ["New created", "Old created"]);
    let page = kim.get("/demo/timeline?wiki=on&daysback=20").expect(200);
    let earlier = page.attributes("nav[aria-label=Periods] a[rel=prev]", "href").remove(0);
    assert!(page.attributes("nav[aria-label=Periods] a[rel=next]", "href").is_empty(), "nothing is later than today");
    assert!(earlier.starts_with("/demo/timeline?wiki=on&daysback=20&from="), "{earlier}");
    let page = kim.get(&earlier).expect(200);
    assert_eq!(entries(&page), ["Old created by kim"]);
    assert_eq!(page.attributes("nav[aria-label=Periods] a[rel=next]", "href").len(), 1);
    assert!(page.attributes("nav[aria-label=Periods] a[rel=prev]", "href").is_empty(), "nothing is earlier");
}

#[test]
fn authors_are_found_by_login_or_name_in_any_case_and_left_out_by_a_minus() {
    let test = TestSite::public();
    test.grant("anonymous", &["WIKI_CREATE", "WIKI_MODIFY"]);
    let (kim, robin) = (test.user("kim").member(), test.user("robin").member());
    kim.save_page("Of kim", "Text.");
    robin.save_page("Of robin", "Text.");
    test.anonymous().save_page("Of nobody", "Text.");
    let named = |db: &rusqlite::Connection| {
        db.execute("update person set display_name = 'Robin Ámos' where login = 'robin'", [])?;
        Ok(())
    };
    test.demo().db().write(named).unwrap();

    let titles = |query: &str| told(&items(&test.anonymous(), &format!("&authors={query}")));
    assert_eq!(titles("KIM"), ["Of kim created"]);
    assert_eq!(titles("%22robin+%C3%A1mos%22"), ["Of robin created"]);
    assert_eq!(titles("kim+anonymous"), ["Of nobody created", "Of kim created"]);
    assert_eq!(titles("-robin+-anonymous"), ["Of kim created"]);
    assert_eq!(titles("nobody-of-that-name"), Vec::<String>::new());
}

#[test]
fn a_moment_is_pointed_out_and_a_bad_date_is_a_named_problem() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");
    age(&test, 3 * DAY);
    kim.save_page("Budget", "Text.");
    let time = items(&kim, "")[1]["time"].as_str().unwrap().to_owned();

    let page = kim.get(&format!("/demo/timeline?from={time}&precision=second")).expect(200);
    assert_eq!(entries(&page), ["Plan created by kim"]);
    assert_eq!(page.all("li.highlighted .event-body em"), ["Plan"]);

    for (query, field) in [
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-11-22T10:00&precision=fortnight", "precision"),
        ("daysback=-3", "daysback"),
        ("daysback=many", "daysback"),
    ] {
        let page = kim.get(&format!("/demo/timeline?{query}")).expect(422);
        assert_eq!(page.problems().into_iter().map(|(field, _)| field).collect::<Vec<_>>(), [field], "{query}");
        kim.get(&format!("/demo/timeline?{query}&format=atom")).expect(422);
    }
    for query in [
        "from=0000-01-01",
        "from=9999-12-31",
        "from=0000-01-01&daysback=99999999999",
        "from=9999-12-31T23:59:59-14:00",
        "from=0000-01-01T00:00:00%2B14:00&precision=year",
        "page=999999",
        "page=x",
        "before=1.1",
        "before=-9999999999.99",
        "before=99999999999999999999.1",
        "authors=%22%22+-+--+%00",
    ] {
        kim.get(&format!("/demo/timeline?{query}")).expect(200);
    }
}

#[test]
fn what_others_did_since_the_last_visit_is_marked_and_readers_without_account_get_no_cookie() {
    let test = TestSite::public();
    let (kim, pat) = (test.user("kim").member(), test.user("pat"));
    kim.save_page("Plan", "Text.");
    assert!(pat.get("/demo/timeline").all(".event.unread").is_empty(), "to a newcomer nothing is newer than the rest");
    kim.save_page("Roof", "Text.");
    assert_eq!(
        pat.get("/demo/timeline").all(".event.unread em"),
        ["Roof"],
        "what came after the very first look is news"
    );
    age(&test, 1_000 * SECOND);
    insert_visits(&test, 900 * SECOND);
    kim.save_page("Budget", "Text.");

    for _ in 0..2 {
        let page = pat.get("/demo/timeline").expect(200);
        assert_eq!(page.all(".event.unread em"), ["Budget"], "a page shown again marks the same");
    }
    assert!(kim.get("/demo/timeline").all(".event.unread").is_empty(), "one's own doings are no news");
    let stranger = test.anonymous().get("/demo/timeline").expect(200);
    assert_eq!(stranger.header("Set-Cookie"), None);
    assert!(stranger.all(".event.unread").is_empty());
}

#[test]
fn the_feed_is_atom_with_whole_addresses_and_ids_of_its_own() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    for number in 0..60 {
        kim.submit(
            &format!("/demo/wiki/Page%20{number}?action=edit"),
            &[("text", "Text."), ("comment", "<script> & \"more\""), ("save", "1")],
        )
        .expect(303);
    }

    let page = test.anonymous().get("/demo/timeline?wiki=on&page=3&from=2020-01-01").expect(200);
    let feed = page.attributes("link[rel=alternate][type='application/atom+xml']", "href").remove(0);
    assert_eq!(feed, "/demo/timeline?wiki=on&format=atom");
    let answer = test.anonymous().get(&feed).expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/atom+xml"));
    let xml = answer.text();
    assert_eq!(xml.matches("<entry>").count(), 50);
    let ids: BTreeSet<&str> = xml.split("<id>").skip(1).map(|rest| rest.split_once("</id>").unwrap().0).collect();
    assert_eq!(ids.len(), 51);
    assert!(ids.iter().all(|id| id.starts_with("http://127.0.0.1:8000/demo/timeline")), "{ids:?}");
    for href in xml.split("href=\"").skip(1) {
        assert!(href.starts_with("http://127.0.0.1:8000/demo/"), "{}", &href[..40]);
    }
    assert!(!xml.contains("<script>") && xml.contains("&amp;lt;script&amp;gt;"), "a comment stays text");
    assert_eq!(test.anonymous().get("/demo/timeline?wiki=on&format=rss").expect(200).text().len(), xml.len() - 1);
}

#[test]
fn links_to_a_time_lead_there_and_the_macro_shows_what_its_reader_may_see() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "See timeline:2026-11-22T10:00 and timeline:nonsense and timeline:2026-11.");
    kim.save_page(
        "News",
        "[[Timeline(days=3, limit=2, filter=wiki)]]\n\n[[Timeline(filter=nonsense)]]\n\n[[Timeline(limit=0)]]",
    );

    let page = test.anonymous().page("Plan");
    let expected = ["/demo/timeline?from=2026-11-22T10:00&precision=minute", "/demo/timeline?from=2026-11"];
    assert_eq!(page.attributes("article a[href*=timeline]", "href"), expected);
    assert_eq!(page.all("article .missing"), ["timeline:nonsense"]);
    let page = test.anonymous().page("News");
    assert_eq!(page.all("article .recent-changes em"), ["News", "Plan"]);
    assert_eq!(page.all("article .macro-box").len(), 2);
    test.revoke("anonymous", &["TIMELINE_VIEW"]);
    assert!(test.anonymous().page("News").all("article .recent-changes em").is_empty());
}

#[test]
fn tickets_and_milestones_have_filters_of_their_own() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    let run = |arguments: &[&str]| {
        test.command(&[arguments, &["--as", "kim"]].concat()).expect(0);
    };
    run(&["ticket", "new", "demo", "--summary", "Doors <open> too late", "--description", "Very *late*."]);
    kim.attach("/demo/attachment/ticket/1/", "door.txt", b"A door.").expect(303);
    run(&["ticket", "change", "demo", "1", "--set", "priority=minor"]);
    run(&["ticket", "comment", "demo", "1", "It is a hinge."]);
    let closed = ["--action", "resolve", "--resolution", "fixed", "--comment", "Oiled."];
    run(&[&["ticket", "change", "demo", "1"], closed.as_slice()].concat());
    test.command(&["milestone", "create", "demo", "1.0"]).expect(0);

    let title = "#1 Doors <open> too late";
    let usual = told(&items(&kim, ""));
    let file = format!("door.txt attached to {title}");
    assert_eq!(
        usual,
        ["1.0 planned".to_owned(), format!("{title} closed as fixed"), file.clone(), format!("{title} filed")]
    );
    assert_eq!(told(&items(&kim, "&milestone=on")), ["1.0 planned"]);
    let details = told(&items(&kim, "&ticket_details=on"));
    assert_eq!(details, [format!("{title} commented"), format!("{title} changed: priority")]);
    assert_eq!(told(&items(&kim, "&ticket=on&ticket_details=on")).len(), 5);
    let page = kim.get("/demo/timeline").expect(200);
    assert_eq!(page.all(".event em s"), [title, title], "what is closed is struck through");
    assert!(page.all(".event-excerpt").contains(&"Oiled.".to_owned()));
    assert!(page.words().contains("everything but changes of tickets"));
    for href in page.attributes(".event-body a", "href") {
        kim.get(href.split('#').next().unwrap()).expect(200);
    }
}

#[test]
fn one_change_of_many_tickets_is_one_entry_that_counts_what_its_reader_sees() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let (kim, pat) = (test.user("kim").member(), test.user("pat").member());
    for number in 1..=15 {
        let private = if number > 13 { "1" } else { "" };
        let fields = json!({ "summary": format!("Door {number}"), "private": private, "reporter": "kim" });
        ada.post_json("/demo/newticket", &fields).expect(201);
    }
    let all: Vec<String> = (1..=15).map(|number: i64| number.to_string()).collect();
    // Some are closed already, so the action is not for them.
    ada.post_json("/demo/batchmodify", &json!({ "ticket": "2,5", "action": "resolve" })).expect(200);
    let change =
        json!({ "ticket": all.join(","), "action": "resolve", "field_priority": "minor", "comment": "Spring clean" });
    ada.post_json("/demo/batchmodify", &change).expect(200);
    let details = "?ticket=on&ticket_details=on";

    let page = ada.get(&format!("/demo/timeline{details}")).expect(200);
    let lines = entries(&page);
    assert_eq!(lines[0], "15 tickets: 13 closed as fixed, 2 changed: priority by ada");
    assert_eq!(lines[1], "#5 Door 5, #2 Door 2 closed as fixed by ada", "a few are named");
    assert_eq!(page.all(".event-excerpt"), ["Spring clean"]);
    assert_eq!(page.attributes(".event-body p:first-child > a", "href")[0], "/demo/query?id=1-15&order=id");
    assert_eq!(page.all(".event-things li").len(), 9, "some are named, the rest is a list away");
    for href in page.attributes(".event-body a", "href") {
        ada.get(href.split('#').next().unwrap()).expect(200);
    }

    let page = pat.get(&format!("/demo/timeline{details}")).expect(200);
    assert_eq!(entries(&page)[0], "13 tickets: 11 closed as fixed, 2 changed: priority by ada");
    assert_eq!(page.attributes(".event-body p:first-child > a", "href")[0], "/demo/query?id=1-13&order=id");
    let whole = pat.get(&format!("/demo/timeline{details}&format=json")).expect(200).text();
    assert!(!whole.contains("Door 14") && !whole.contains("15 tickets"), "{whole}");
    let newest = &items(&kim, "&ticket=on&ticket_details=on")[0];
    assert_eq!((&newest["count"], &newest["title"]), (&json!(15), &json!("15 tickets")), "a reporter sees their own");
    assert_eq!(told(&items(&pat, "&ticket=on"))[0], "11 tickets closed as fixed", "as far as they are asked for");
    let feed = pat.get("/demo/timeline?ticket=on&format=atom").expect(200).text();
    assert!(feed.contains("<title>11 tickets closed as fixed</title>"), "{feed}");
}

#[test]
fn what_was_chosen_with_update_is_chosen_at_the_next_visit_of_the_same_person_alone() {
    let test = TestSite::public();
    let (kim, pat) = (test.user("kim").member(), test.user("pat"));
    let checked = |page: &Answer| page.attributes("input[type=checkbox][checked]", "name");
    let usual = checked(&kim.get("/demo/timeline").expect(200));
    assert!(usual.len() > 1, "{usual:?}");

    kim.get("/demo/timeline?ticket=on").expect(200);
    assert_eq!(checked(&kim.get("/demo/timeline")), usual, "a link that was followed is no choice");
    kim.get("/demo/timeline?wiki=on&update=1").expect(200);
    let page = kim.get("/demo/timeline").expect(200);
    assert_eq!(checked(&page), ["wiki"]);
    let feed = page.attributes("link[type='application/atom+xml']", "href");
    assert!(feed[0].contains("wiki=on"), "a feed reader gets the list that was seen: {feed:?}");
    assert_eq!(checked(&kim.get("/demo/timeline?milestone=on")), ["milestone"]);
    assert_eq!(checked(&pat.get("/demo/timeline")), usual);

    let usual_of_readers = checked(&test.anonymous().get("/demo/timeline"));
    test.anonymous().get("/demo/timeline?wiki=on&update=1").expect(200);
    assert_eq!(checked(&test.anonymous().get("/demo/timeline")), usual_of_readers);
    kim.get("/demo/timeline?update=1").expect(200);
    assert_eq!(checked(&kim.get("/demo/timeline")), usual, "choosing nothing is to have no choice");
}

#[test]
fn commits_are_asked_for_by_repository_where_there_are_several() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let (doors, attic) = (TestRepository::new(), TestRepository::new());
    doors.write("a", "a").commit("Open the doors");
    test.connect(&doors.path(), "doors");
    test.command(&["repo", "sync", "demo"]).expect(0);
    let names = |page: &Answer| page.attributes("input[type=checkbox]", "name");
    assert!(
        !names(&kim.get("/demo/timeline?from=2024-01-01&daysback=400").expect(200)).contains(&"repo-doors".to_owned())
    );
    attic.write("b", "b").commit("Sweep the attic");
    test.connect(&attic.path(), "old attic");
    test.command(&["repo", "sync", "demo"]).expect(0);
    let days = "?from=2024-01-01&daysback=400";

    let page = kim.get(&format!("/demo/timeline{days}")).expect(200);

    assert_eq!(page.attributes(".choice-parts input", "name"), ["repo-doors", "repo-old attic"]);
    assert!(page.words().contains("Sweep the attic committed to old attic"), "{}", page.words());
    let logs = page.attributes(".event-more", "href");
    assert!(logs.iter().any(|href| href.starts_with("/demo/log/old%20attic?rev=")), "{logs:?}");
    for href in logs {
        kim.get(&href).expect(200);
    }
    let only = kim.get(&format!("/demo/timeline{days}&repo-old+attic=on")).expect(200);
    assert!(only.words().contains("Sweep the attic") && !only.words().contains("Open the doors"), "{}", only.words());
    assert!(only.words().contains("of old attic"), "the filter in one line says so");
    // A choice is kept with the names as they are.
    kim.get(&format!("/demo/timeline{days}&changeset=on&repo-old+attic=on&update=1")).expect(200);
    let again = kim.get(&format!("/demo/timeline{days}")).expect(200);
    assert_eq!(again.attributes("input[type=checkbox][checked]", "name"), ["changeset", "repo-old attic"]);
}
