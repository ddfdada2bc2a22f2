//! Stories of the calendar: what is due stands on its day, for those who may see it, and a full day leads to its list.

use serde_json::json;

use crate::support::{Person, TestSite};

fn file(person: &Person<'_>, summary: &str, more: &[(&str, &str)]) {
    let fields: Vec<(&str, &str)> =
        [("field_summary", summary)].iter().chain(more).chain(&[("submit", "1")]).copied().collect();
    person.submit("/demo/newticket", &fields).expect(303);
}

/// What stands on a day.
fn on(person: &Person<'_>, address: &str, day: &str) -> Vec<String> {
    person.get(address).expect(200).all(&format!("td:has(> time[datetime='{day}']) li"))
}

#[test]
fn what_is_due_stands_on_its_day_for_those_who_may_see_it() {
    let test = TestSite::new();
    let (kim, ann) = (test.user("kim").member(), test.user("ann").member());
    test.command(&["milestone", "create", "demo", "1.0", "--due", "2031-05-15"]).expect(0);
    test.command(&["milestone", "create", "demo", "1.1", "--due", "2031-06-02"]).expect(0);
    file(&kim, "The door", &[("field_due", "2031-05-15"), ("field_starts", "2031-05-12"), ("field_milestone", "1.1")]);
    file(&kim, "The safe", &[("field_due", "2031-05-15"), ("field_private", "1")]);

    let may = "/demo/calendar?month=2031-05";
    let page = kim.get(may).expect(200);
    assert_eq!(page.all("#month"), ["May 2031"]);
    assert_eq!(page.all(".month th"), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    assert_eq!(
        page.attributes("a[rel=prev], a[rel=next]", "href"),
        ["/demo/calendar?month=2031-04", "/demo/calendar?month=2031-06"]
    );
    let days = page.attributes("td > time", "datetime");
    assert_eq!((days.len(), days[0].as_str(), days[34].as_str()), (35, "2031-04-28", "2031-06-01"));
    assert_eq!(on(&kim, may, "2031-05-15"), ["Milestone 1.0", "Due: #1 The door", "Due: #2 The safe"]);
    assert_eq!(on(&kim, may, "2031-05-12"), ["Starts: #1 The door"]);
    assert_eq!(on(&ann, may, "2031-05-15"), ["Milestone 1.0", "Due: #1 The door"]);
    // The days around a month are there as well.
    assert_eq!(on(&kim, "/demo/calendar?month=2031-06", "2031-06-02"), ["Milestone 1.1"]);

    // A query narrows it, and a milestone that it names is the only one.
    assert_eq!(on(&kim, "/demo/calendar?month=2031-05&milestone=1.1", "2031-05-15"), ["Due: #1 The door"]);
    assert_eq!(on(&kim, "/demo/calendar?month=2031-05&owner=ann", "2031-05-15"), ["Milestone 1.0"]);
    let mine = page.attributes("[role=switch]", "href").remove(0);
    assert_eq!(mine, "/demo/calendar?month=2031-05&owner=$USER");
    assert_eq!(on(&kim, &mine, "2031-05-15"), ["Milestone 1.0"]);

    let json = kim.get("/demo/calendar?month=2031-05&format=json").expect(200).json();
    assert_eq!((&json["total"], &json["items"][0]["date"]), (&json!(4), &json!("2031-05-12")));
    for (query, field) in [("month=May", "month"), ("month=2031-13", "month"), ("colour=red", "colour")] {
        assert_eq!(kim.get(&format!("/demo/calendar?{query}")).expect(422).problems()[0].0, field);
    }
    kim.get("/demo/calendar?format=doc").expect(422);
    // This month, today marked.
    assert_eq!(kim.get("/demo/calendar").expect(200).all("td[aria-current=date] > time").len(), 1);
    test.user("eve").get("/demo/calendar").expect(404);
}

#[test]
fn a_full_day_leads_to_its_list() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for number in 0..9 {
        file(&kim, &format!("Number {number}"), &[("field_due", "2031-05-15")]);
    }
    file(&kim, "On the day after", &[("field_due", "2031-05-16")]);
    let page = kim.get("/demo/calendar?month=2031-05").expect(200);
    assert_eq!(page.all(".entry-more"), ["4 more"]);
    let list = page.attributes(".entry-more a", "href").remove(0);
    assert_eq!(kim.get(&list).expect(200).all("h1 .figures"), ["9"]);
}
