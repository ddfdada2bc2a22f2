//! Stories of boards: what stands where for each viewer, and that a card moves by the rules of the workflow or not at all.

use serde_json::json;

use crate::support::{Person, TestSite};

const ASSIGNED: [(&str, &str); 3] =
    [("field_priority", "minor"), ("action", "create_and_assign"), ("action_create_and_assign_reassign_owner", "ann")];

fn file(person: &Person<'_>, summary: &str, more: &[(&str, &str)]) {
    let fields: Vec<(&str, &str)> =
        [("field_summary", summary)].iter().chain(more).chain(&[("submit", "1")]).copied().collect();
    person.submit("/demo/newticket", &fields).expect(303);
}

/// The numbers of the cards that stand in a column, or in one of its rows.
fn cards(person: &Person<'_>, address: &str, place: &str) -> Vec<String> {
    person.get(address).expect(200).all(&format!("ul.cards{place} > li > .card-head > a:first-child"))
}

fn status(person: &Person<'_>, number: i64) -> String {
    person.get(&format!("/demo/ticket/{number}?format=json")).expect(200).json()["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_board_shows_what_a_query_finds_by_two_fields() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let ann = test.user("ann").member();
    assert!(kim.get("/demo/board").expect(200).words().contains("No ticket is like that."));
    file(&kim, "The door", &[("field_priority", "blocker")]);
    file(&kim, "The gate", &ASSIGNED);
    file(&kim, "The safe", &[("field_private", "1")]);

    let page = kim.get("/demo/board").expect(200);
    assert_eq!(page.all(".board-head"), ["new 2", "assigned 1", "accepted 0", "reopened 0", "closed 0"]);
    assert_eq!(cards(&kim, "/demo/board", "[data-column='status=new']"), ["#1", "#3"]);
    // A private ticket is neither shown nor counted to others.
    assert_eq!(ann.get("/demo/board").expect(200).all(".board-head")[0], "new 1");
    assert_eq!(ann.get("/demo/board").expect(200).all("h1 .figures"), ["2"]);

    let both = "/demo/board?status=!closed&columns=priority&rows=owner";
    assert_eq!(kim.get(both).expect(200).all(".board-row"), ["none 2", "ann 1"]);
    assert_eq!(cards(&kim, both, "[data-column='priority=minor'][data-row='owner=ann']"), ["#2"]);
    let ways = ["/demo/query?status=!closed", both, "/demo/chart?chart=opened&status=!closed"];
    let shown = kim.get(both).expect(200).attributes(".ways a", "href");
    assert_eq!((&shown[0], &shown[2]), (&ways[0].to_owned(), &ways[2].to_owned()));

    for (query, field) in
        [("columns=summary", "columns"), ("rows=time", "rows"), ("rows=status", "rows"), ("colour=red", "colour")]
    {
        assert_eq!(kim.get(&format!("/demo/board?{query}")).expect(422).problems()[0].0, field);
    }
    test.user("eve").get("/demo/board").expect(404);
}

#[test]
fn a_full_cell_leads_to_the_list_of_the_rest() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for number in 0..28 {
        file(&kim, &format!("Number {number}"), &[]);
    }
    let page = kim.get("/demo/board?status=!closed").expect(200);
    assert_eq!(page.all(".card").len(), 25);
    assert_eq!(page.all(".board-more"), ["3 more"]);
    let list = page.attributes(".board-more a", "href").remove(0);
    assert_eq!(kim.get(&list).expect(200).all("h1 .figures"), ["28"]);
}

#[test]
fn a_card_moves_by_the_action_of_the_workflow_that_leads_there() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, "The door", &[]);
    let board = kim.get("/demo/board?status=!closed").expect(200);
    let menu = board.attributes("#card-1 option", "value");
    assert!(menu.contains(&"status=accepted".to_owned()) && menu.contains(&"status=closed".to_owned()), "{menu:?}");
    assert!(!menu.contains(&"status=reopened".to_owned()), "{menu:?}");
    let target = board.attributes("#card-1 button", "formaction").remove(0);
    assert_eq!(target, "/demo/board/move?view_time=0");

    // All menus of the board are in one form; the button says which one counts.
    let sent = [("ticket", "1"), ("to-1", "status=accepted"), ("to-2", "status=closed"), ("back", "status=!closed")];
    let moved = kim.post_signed(&target, &sent).expect(303);
    assert_eq!(moved.location(), "/demo/board?status=!closed#card-1");
    assert_eq!(status(&kim, 1), "accepted");

    // Closing asks how, on a page that goes back to the board as well.
    let asks = kim.post_signed("/demo/board/move?view_time=1", &[("ticket", "1"), ("to", "status=closed")]).expect(303);
    assert_eq!(asks.location(), "/demo/board/move?ticket=1&to=status=closed&back=");
    let page = asks.location().to_owned();
    assert_eq!(kim.get(&page).expect(200).all("h1"), ["Move #1 to closed"]);
    let how = [("action_resolve_resolve_resolution", "wontfix"), ("comment", "Nobody needs it.")];
    assert_eq!(kim.submit(&page, &how).expect(303).location(), "/demo/board#card-1");
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!((&ticket["status"], &ticket["resolution"]), (&json!("closed"), &json!("wontfix")));
    assert_eq!(ticket["comments"][1]["text"], "Nobody needs it.");

    // From here nothing leads to `accepted`.
    let refused = kim.post_signed("/demo/board/move?view_time=2", &[("ticket", "1"), ("to", "status=assigned")]);
    assert_eq!(
        refused.expect(422).problems()[0],
        ("to".to_owned(), "Nothing that you may do leads #1 from closed to assigned.".to_owned())
    );
    assert_eq!(status(&kim, 1), "closed");
}

#[test]
fn a_move_that_is_refused_changes_nothing_and_says_why() {
    let test = TestSite::public();
    let (kim, reader) = (test.user("kim"), test.anonymous());
    file(&kim, "The door", &[("field_priority", "minor")]);
    file(&kim, "The safe", &[("field_private", "1")]);

    assert_eq!(reader.get("/demo/board").expect(200).all(".card-move"), [""; 0]);
    for to in ["status=accepted", "priority=blocker"] {
        let refused = reader.post_signed("/demo/board/move?view_time=0", &[("ticket", "1"), ("to", to)]).expect(403);
        assert_eq!(refused.problems().len(), 1, "{to}");
        // What they may not see is not there.
        let hidden = reader.post_signed("/demo/board/move?view_time=0", &[("ticket", "2"), ("to", to)]);
        let missing = reader.post_signed("/demo/board/move?view_time=0", &[("ticket", "99"), ("to", to)]);
        assert_eq!((hidden.status, missing.status), (404, 404));
    }
    for (fields, field) in [
        (&[("ticket", "1")][..], "to"),
        (&[("ticket", "1"), ("to", "colour=red")], "to"),
        (&[("ticket", "1"), ("to", "priority=urgent")], "field_priority"),
    ] {
        let refused = kim.post_signed("/demo/board/move?view_time=0", fields).expect(422);
        assert_eq!(refused.problems()[0].0, field, "{fields:?}");
    }
    kim.post_signed("/demo/board/move", &[("ticket", "1"), ("to", "priority=major")]).expect(422);
    assert_eq!(kim.get("/demo/ticket/1?format=json").expect(200).json()["priority"], "minor");

    // Somebody was faster with the same field.
    kim.post_signed("/demo/board/move?view_time=0", &[("ticket", "1"), ("to", "priority=blocker")]).expect(303);
    let stale =
        kim.post_signed("/demo/board/move?view_time=0", &[("ticket", "1"), ("to", "priority=major")]).expect(409);
    assert!(stale.words().contains("Somebody was faster: #1 has changed since you looked."), "{}", stale.words());
    assert_eq!(kim.get("/demo/ticket/1?format=json").expect(200).json()["priority"], "blocker");

    // Scripts send both places at once.
    let both = json!({ "ticket": 1, "to": ["status=accepted", "priority=major"] });
    assert_eq!(kim.post_json("/demo/board/move", &both).expect(201).json()["id"], 1);
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("accepted"), &json!("major")));
}
