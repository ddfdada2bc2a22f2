//! Class 33, doors to what was: whoever may not read something reads no earlier version of it either, by whatever door, and
//! what was taken away for good is at none.

use serde_json::json;

use super::nothing_in;
use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

/// Stands in everything that sam may not read, in each of its versions.
const WORD: &str = "quokka";

/// What lies behind each of them is told in [`house`]; those that take a number of a version are asked for each.
const DOORS: &[&str] = &[
    "/demo/wiki/Board/Minutes",
    "/demo/wiki/Board/Minutes?version=1",
    "/demo/wiki/Board/Minutes?version=2",
    "/demo/wiki/Board/Minutes?version=1&format=txt",
    "/demo/wiki/Board/Minutes?version=1&format=json",
    "/demo/wiki/Board/Minutes?action=diff&old_version=1&version=2",
    "/demo/wiki/Board/Minutes?action=diff&old_version=1&version=2&format=txt",
    "/demo/wiki/Board/Minutes?action=annotate",
    "/demo/wiki/Board/Minutes?action=annotate&version=1",
    "/demo/wiki/Board/Minutes?action=annotate&version=1&format=json",
    "/demo/wiki/Board/Minutes?action=history",
    "/demo/wiki/Board/Minutes?action=history&format=atom",
    "/demo/wiki/Board/Minutes?action=history&format=json",
    "/demo/wiki/Board/Minutes?action=edit&version=1",
    "/demo/wiki/Board/Minutes?action=edit&undo=2",
    "/demo/wiki/Board/Minutes?action=print&version=1",
    "/demo/wiki/Board/Minutes?action=discussion",
    "/demo/wiki/Board/Minutes?action=remove&version=1",
    "/demo/wiki/Board/Minutes?action=comment&version=1",
    "/demo/wiki/Former",
    "/demo/wiki/Former?version=1",
    "/demo/wiki/Former?action=history",
    "/demo/wiki?action=trash",
    "/demo/wiki?format=atom",
    "/demo/discussion/1/1/history",
    "/demo/suggestion/1",
    "/demo/suggestion/1?format=json",
    "/demo/raw-attachment/wiki/Board/Minutes/list.txt",
    "/demo/attachment/wiki/Board/Minutes/list.txt",
    "/demo/attachment/wiki/Board/Minutes/",
    "/demo/timeline",
    "/demo/timeline?format=atom",
    "/demo/timeline?ticket_details=on",
    "/demo/search?q=quokka&format=json",
    // The internal note of a ticket that sam sees.
    "/demo/ticket/1",
    "/demo/ticket/1?format=json",
    "/demo/ticket/1?action=note-history&note=1",
    "/demo/ticket/1?action=note-history&note=1&format=json",
    "/demo/ticket/1?action=note-diff&note=1&version=1",
    "/demo/ticket/1?action=note-diff&note=1&version=1&format=txt",
    "/demo/ticket/1?action=note-edit&note=1",
    "/demo/ticket/1?action=history",
    "/demo/ticket/1?action=history&format=json",
    // A private ticket.
    "/demo/ticket/2",
    "/demo/ticket/2?format=json",
    "/demo/ticket/2?action=history",
    "/demo/ticket/2?action=history&format=json",
    "/demo/ticket/2?action=history&field=summary",
    "/demo/ticket/2?action=diff&version=1&field=description",
    "/demo/ticket/2?action=diff&version=1&format=diff",
    "/demo/ticket/2?action=comment-history&cnum=1",
    "/demo/ticket/2?action=comment-history&cnum=1&format=json",
    "/demo/ticket/2?action=comment-diff&cnum=1&version=1&old_version=0",
    "/demo/ticket/2?action=comment-edit&cnum=1",
    "/demo/newticket?clone=2",
    "/demo/newticket?clone=2&comment=1",
    "/demo/newticket?like=2",
    "/demo/query?id=1-9&at=now&col=summary&format=csv",
    "/demo/query?q=was:summary%3D~quokka&col=summary&format=json",
    "/demo/query?id=1-9&row=description&col=summary",
];

/// Pages below `Board` are for ada alone, ticket 2 is private; both have been read, changed and talked about.
fn house() -> TestSite {
    let test = TestSite::new();
    let ada = test.admin("ada");
    test.user("sam").member();
    for text in ["one", "two", "three"] {
        ada.save_page("Board/Minutes", &format!("{WORD} {text}"));
    }
    ada.attach("/demo/attachment/wiki/Board/Minutes/", "list.txt", WORD.as_bytes()).expect(303);
    let minutes = "/demo/wiki/Board/Minutes";
    let said = json!({ "comment": format!("{WORD} said") });
    ada.post_json(&format!("{minutes}?action=discussion"), &said).expect(201);
    let better = [("comment", "Said better"), ("version", "0"), ("save", "1")];
    ada.post_signed("/demo/discussion/1/1/edit", &better).expect(303);
    let edit = json!({ "text": format!("{WORD} suggested"), "version": 3, "comment": WORD });
    ada.post_json(&format!("{minutes}?action=suggest"), &edit).expect(201);
    // One that was open once and was moved to where it is not.
    ada.save_page("Former", &format!("{WORD} once"));
    ada.submit("/demo/wiki/Former?action=rename", &[("new_name", "Board/Former"), ("redirect", "1")]).expect(303);
    ada.save_page("Board/Gone", &format!("{WORD} gone"));
    ada.submit("/demo/wiki/Board/Gone?action=delete", &[("comment", WORD)]).expect(303);

    ada.post_json("/demo/newticket", &json!({ "summary": "Doors" })).expect(201);
    ada.post_json("/demo/ticket/1", &json!({ "comment": format!("{WORD} noted"), "internal": true })).expect(201);
    ada.submit("/demo/ticket/1?action=note-edit&note=1", &[("edited_note", "Noted better")]).expect(303);
    let filed = json!({ "summary": format!("{WORD} one"), "description": format!("{WORD} was here"), "private": "1" });
    ada.post_json("/demo/newticket", &filed).expect(201);
    ada.post_json("/demo/ticket/2", &json!({ "comment": format!("{WORD} told") })).expect(201);
    ada.submit("/demo/ticket/2?action=comment-edit&cnum=1", &[("edited_comment", "Told better"), ("save", "1")])
        .expect(303);
    test.command(&["ticket", "change", "demo", "2", "--set", "description=quokka went"]).expect(0);
    test.command(&["permission", "restrict", "demo", "Board", "ada"]).expect(0);
    test.catch_up();
    test
}

/// The doors at which somebody finds the word; to have asked for it is not to have found it.
fn found(person: &Person<'_>) -> Vec<String> {
    let shows = |door: &&&str| {
        let text =
            person.get(door).text().replace("q=quokka", "").replace("~quokka", "").replace("value=\"quokka\"", "");
        text.replace("“quokka”", "").replace("\"query\":\"quokka\"", "").contains(WORD)
    };
    DOORS.iter().filter(shows).map(|door| (*door).to_owned()).collect()
}

#[test]
fn who_may_not_read_something_reads_nothing_that_it_was() {
    let test = house();
    let (ada, sam) = (test.signed_in("ada"), test.signed_in("sam"));
    let all = found(&ada);
    let missed: Vec<&&str> = DOORS.iter().filter(|door| !all.contains(&(**door).to_owned())).collect();
    assert!(all.len() > 40, "at {missed:#?} nothing is found");
    nothing_in(&found(&sam));
    // Versions that there are and versions that there never were are the same to them.
    for (there, never) in [
        ("/demo/wiki/Board/Minutes?version=1", "/demo/wiki/Board/Minutes?version=99"),
        ("/demo/wiki/Board/Minutes?action=diff&version=2", "/demo/wiki/Board/Nothing?action=diff&version=2"),
        ("/demo/wiki/Board/Minutes?action=annotate&version=1", "/demo/wiki/Board/Nothing?action=annotate&version=1"),
        ("/demo/ticket/2?action=diff&version=1", "/demo/ticket/99?action=diff&version=1"),
        ("/demo/ticket/2?action=comment-history&cnum=1", "/demo/ticket/99?action=comment-history&cnum=1"),
        ("/demo/ticket/1?action=note-history&note=1", "/demo/ticket/1?action=note-history&note=99"),
        ("/demo/discussion/1/1/history", "/demo/discussion/99/1/history"),
    ] {
        let (there, never) = (sam.get(there).expect(404), sam.get(never).expect(404));
        let bare =
            |answer: &Answer| answer.words().replace(|c: char| c.is_ascii_digit(), "").replace("Nothing", "Minutes");
        assert_eq!(bare(&there), bare(&never), "{}", there.asked);
    }
}

#[test]
fn what_was_taken_away_for_good_is_at_no_door() {
    let test = TestSite::new();
    let (ada, sam) = (test.admin("ada"), test.user("sam").member());
    let page = "/demo/wiki/Plan";
    for text in ["one", "quokka two", "three"] {
        ada.save_page("Plan", text);
    }
    ada.submit(&format!("{page}?action=remove&version=2"), &[("first", "2"), ("last", "2")]).expect(303);
    ada.attach("/demo/attachment/wiki/Plan/", "list.txt", b"quokka").expect(303);
    ada.post_signed("/demo/attachment/wiki/Plan/list.txt?action=delete", &[]).expect(303);
    ada.post_json(&format!("{page}?action=discussion"), &json!({ "comment": "quokka said" })).expect(201);
    ada.post_signed("/demo/discussion/1/1/removed", &[("removed", "1")]).expect(303);
    ada.post_json("/demo/newticket", &json!({ "summary": "quokka one" })).expect(201);
    ada.post_json("/demo/ticket/1", &json!({ "comment": "quokka told" })).expect(201);
    ada.post_signed("/demo/ticket/1/delete", &[]).expect(303);
    test.catch_up();
    let mut complaints = Vec::new();
    for door in [
        "?version=2",
        "?version=2&format=txt",
        "?version=2&format=json",
        "?action=diff&old_version=1&version=2",
        "?action=diff&old_version=2&version=3",
        "?action=diff&old_version=1&version=3",
        "?action=annotate",
        "?action=annotate&version=2",
        "?action=history",
        "?action=history&format=json",
        "?action=history&format=atom",
        "?action=edit&version=2",
        "?action=edit&undo=3",
        "?action=edit&undo=2",
        "?action=discussion",
        "?action=discussion&format=json",
        "?action=discussion&format=atom",
        "?action=discussion&replyto=1",
    ]
    .map(|rest| format!("{page}{rest}"))
    .into_iter()
    .chain(
        [
            "/demo/raw-attachment/wiki/Plan/list.txt",
            "/demo/attachment/wiki/Plan/list.txt",
            "/demo/zip-attachment/wiki/Plan/",
            "/demo/discussion/1/1/history",
            "/demo/discussions?format=json",
            "/demo/ticket/1",
            "/demo/ticket/1?action=history&format=json",
            "/demo/ticket/1?action=comment-history&cnum=1",
            "/demo/newticket?clone=1",
            "/demo/query?id=1&format=csv",
            "/demo/query?id=1&at=now&format=json",
            "/demo/query?q=was:summary%3D~quokk&format=csv",
            "/demo/timeline?format=atom",
            "/demo/watched?format=json",
            "/demo/search?q=quokk*&format=json",
            "/demo/admin/ticket/trash",
            "/demo/people/suggest?q=quokka",
        ]
        .map(str::to_owned),
    ) {
        if sam.get(&door).text().replace("~quokk", "").replace("q=quokka", "").contains(WORD) {
            complaints.push(door);
        }
    }
    nothing_in(&complaints);
}
