//! What was said and what was changed, afterwards: editing comments, their versions, the history of a ticket.

use serde_json::json;

use crate::support::{Person, TestSite};

/// Ticket 1 by kim with a first comment by kim and a second one by lee that changes fields.
fn discussed() -> TestSite {
    let test = TestSite::new();
    test.user("kim").member();
    test.user("lee").member();
    let run = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["ticket"].iter().chain(arguments).copied().collect();
        test.command(&arguments).expect(0);
    };
    run(&["new", "demo", "--summary", "Doors", "--description", "One line.\nAnother line.", "--as", "kim"]);
    run(&["comment", "demo", "1", "The **first** word.", "--as", "kim"]);
    run(&[
        "change", "demo", "1", "--set", "priority=minor", "--set", "keywords=doors late", "--comment", "Less.", "--as",
        "lee",
    ]);
    run(&["change", "demo", "1", "--set", "description=One line.\nA second line.", "--as", "kim"]);
    test
}

const EDITOR: &str = "/demo/ticket/1?action=comment-edit&cnum=1";

fn edit(person: &Person<'_>, text: &str) {
    let answer = person.submit(EDITOR, &[("edited_comment", text), ("save", "1")]).expect(303);
    assert_eq!(answer.location(), "/demo/ticket/1#comment:1");
}

fn ticket(test: &TestSite) -> serde_json::Value {
    let output = test.command(&["ticket", "show", "demo", "1", "--format", "json"]).expect(0);
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn an_edited_comment_keeps_its_earlier_texts_with_editor_and_time() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let before = ticket(&test);
    let timeline = |test: &TestSite| {
        test.demo()
            .read(|db| {
                let sql = "select count(*) from event where kind in ('ticket.changed', 'ticket.commented')";
                Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
            })
            .unwrap()
    };
    let told = timeline(&test);
    edit(&kim, "The _second_ word.");
    test.grant("lee", &["TICKET_EDIT_COMMENT"]);
    edit(&test.signed_in("lee"), "The third word.");

    let after = ticket(&test);
    assert_eq!(after["comments"][0]["text"], "The third word.");
    assert_eq!(after["comments"][0]["author"], "kim");
    assert_eq!(after["comments"].as_array().unwrap().len(), before["comments"].as_array().unwrap().len());
    assert!(after["changetime"].as_str() > before["changetime"].as_str(), "{after}");
    assert_eq!(timeline(&test), told);

    let page = kim.get("/demo/ticket/1?action=comment-history&cnum=1").expect(200);
    let heads = page.all(".entry-head");
    assert_eq!(heads.len(), 3);
    assert!(heads[0].contains("Version 2") && heads[0].contains("current") && heads[0].contains("lee"), "{heads:?}");
    assert!(heads[2].contains("Version 0") && heads[2].contains("kim"), "{heads:?}");
    assert!(page.main().contains("<strong>first</strong>") && page.main().contains("<em>second</em>"));
    let listed = kim.get("/demo/ticket/1?action=comment-history&cnum=1&format=json").expect(200).json();
    assert_eq!(listed["total"], 3);
    assert_eq!(listed["items"][2]["text"], "The **first** word.");
}

#[test]
fn the_words_that_differ_between_two_texts_of_a_comment_are_marked() {
    let test = discussed();
    let kim = test.signed_in("kim");
    edit(&kim, "The **second** word.");
    let page = kim.get("/demo/ticket/1?action=comment-diff&cnum=1&version=1&old_version=0").expect(200);
    assert!(page.words().contains("Comment 1, version 0 to 1"), "{}", page.words());
    assert_eq!((page.all("del"), page.all("ins")), (vec!["first".to_owned()], vec!["second".to_owned()]));
    let newest = kim.get("/demo/ticket/1?action=comment-diff&cnum=1").expect(200);
    assert_eq!(newest.all("ins"), ["second"]);
    let text = kim.get("/demo/ticket/1?action=comment-diff&cnum=1&format=diff").expect(200).text();
    assert!(text.contains("-The **first** word.") && text.contains("+The **second** word."), "{text}");
    kim.get("/demo/ticket/1?action=comment-diff&cnum=1&version=2").expect(404);
}

#[test]
fn a_comment_that_was_edited_meanwhile_is_not_written_over_and_the_text_is_kept() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let mut form = kim.form(EDITOR, &[("edited_comment", "Mine, typed slowly."), ("save", "1")]);
    edit(&test.signed_in("kim"), "Theirs.");
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = kim.post(&form.action, &fields).expect(409);
    assert!(answer.problems().iter().any(|(field, message)| field == "version" && message.contains("meanwhile")));
    assert!(answer.main().contains("Mine, typed slowly."));
    assert_eq!(ticket(&test)["comments"][0]["text"], "Theirs.");
    // What comes back has seen the other text.
    form.fill(&[("version", "1")]);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    kim.post(&form.action, &fields).expect(303);
    assert_eq!(ticket(&test)["comments"][0]["text"], "Mine, typed slowly.");

    let stale = kim.post_json("/demo/ticket/1/comment/1", &json!({ "edited_comment": "x", "version": 0 })).expect(409);
    assert_eq!(stale.header("Content-Type"), Some("application/problem+json"));
    let saved = kim.post_json("/demo/ticket/1/comment/1", &json!({ "edited_comment": "By script.", "version": 2 }));
    assert_eq!(saved.expect(201).json()["version"], 3);
}

#[test]
fn a_preview_of_a_comment_saves_nothing() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let shown = kim.submit(EDITOR, &[("edited_comment", "A *new* one."), ("preview", "1")]).expect(200);
    assert!(shown.main().contains("<em>new</em>") && shown.main().contains("A *new* one."));
    assert_eq!(ticket(&test)["comments"][0]["text"], "The **first** word.");
    let form = kim.form(EDITOR, &[("edited_comment", "")]);
    let token = form.fields.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
    let fields = [("__FORM_TOKEN", token.as_str()), ("text", "Seen *live*.")];
    let live = kim.post("/demo/ticket/1/comment/1?action=preview", &fields).expect(200);
    assert_eq!(live.text().trim(), "<p>Seen <em>live</em>.</p>");
}

#[test]
fn own_comments_are_edited_with_one_right_and_those_of_others_with_another() {
    let test = discussed();
    let lee = test.signed_in("lee");
    lee.get(EDITOR).expect(403);
    lee.get("/demo/ticket/1?action=comment-edit&cnum=2").expect(200);
    let refused = lee.post_json("/demo/ticket/1/comment/1", &json!({ "edited_comment": "x" })).expect(403);
    assert!(refused.text().contains("TICKET_EDIT_COMMENT"));
    test.user("stranger").get(EDITOR).expect(404);
    for address in [
        "/demo/ticket/1?action=comment-edit&cnum=9",
        "/demo/ticket/1?action=comment-edit&cnum=0",
        "/demo/ticket/1?action=comment-history&cnum=-1",
        "/demo/ticket/2?action=comment-edit&cnum=1",
        "/demo/ticket/01?action=comment-edit&cnum=1",
        "/demo/ticket/99999999999?action=history",
    ] {
        lee.get(address).expect(404);
    }
    for address in [
        "/demo/ticket/1?action=comment-edit",
        "/demo/ticket/1?action=comment-edit&cnum=x",
        "/demo/ticket/1?action=diff&version=x",
        "/demo/ticket/1?action=history&field=colour",
    ] {
        lee.get(address).expect(422);
    }
    let large = "x".repeat(1024 * 1024 + 1);
    test.signed_in("kim").submit(EDITOR, &[("edited_comment", &large), ("save", "1")]).expect(422);
    test.revoke("members", &["TICKET_VIEW"]);
    test.user("robin").member().get(EDITOR).expect(404);
}

#[test]
fn the_history_of_a_ticket_lists_every_version_or_those_of_one_field() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/ticket/1?action=history").expect(200);
    let rows = page.all("tbody tr");
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows[0].contains("Description") && rows[0].contains("kim"), "{rows:?}");
    assert!(rows[1].contains("Priority major") && rows[1].contains("minor"), "{rows:?}");
    assert!(rows[1].contains("doors, late added") && rows[1].contains("Less."), "{rows:?}");
    assert!(rows[3].contains("filed"), "{rows:?}");
    let ways = page.all("nav.switch a");
    assert_eq!(ways, ["Everything", "Description", "Priority", "Keywords"]);

    let priority = kim.get("/demo/ticket/1?action=history&field=priority").expect(200).all("tbody tr");
    assert_eq!(priority.len(), 2);
    assert!(priority[0].starts_with('2') && priority[1].starts_with('0'), "{priority:?}");
    let listed = kim.get("/demo/ticket/1?action=history&format=json").expect(200).json();
    assert_eq!(listed["items"][1]["changes"][0], json!({ "field": "priority", "old": "major", "new": "minor" }));
}

#[test]
fn two_versions_of_a_ticket_are_compared_field_by_field_and_word_by_word() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let page = kim.get("/demo/ticket/1?action=diff&version=3").expect(200);
    assert_eq!(page.all("ul.changes li"), [] as [&str; 0]);
    assert!(page.words().contains("Ticket, version 2 to 3"), "{}", page.words());
    assert!(page.all("ins").join(" ").contains("second"), "{:?}", page.all("ins"));
    let whole = kim.get("/demo/ticket/1?action=diff&version=3&old_version=0").expect(200);
    let changes = whole.all("ul.changes li");
    assert!(changes.len() == 2 && changes[0].contains("minor") && changes[1].contains("doors"), "{changes:?}");
    let only = kim.get("/demo/ticket/1?action=diff&version=3&old_version=0&field=priority").expect(200);
    assert_eq!(only.all("ul.changes li").len(), 1);
    let same = kim.get("/demo/ticket/1?action=diff&version=1").expect(200);
    assert!(same.words().contains("The two versions are the same"), "{}", same.words());
    let text = kim.get("/demo/ticket/1?action=diff&version=3&format=diff").expect(200).text();
    assert!(text.contains("-Another line.") && text.contains("+A second line."), "{text}");
    kim.get("/demo/ticket/1?action=diff&version=4").expect(404);
    kim.get("/demo/ticket/1?action=diff&version=-9223372036854775808").expect(404);
}

#[test]
fn the_list_that_one_came_from_goes_along() {
    let test = discussed();
    let kim = test.signed_in("kim");
    let carried = "list=query:status=new&at=0";
    for action in ["comment-edit&cnum=1", "diff&version=3", "history", "comment-diff&cnum=1"] {
        let page = kim.get(&format!("/demo/ticket/1?action={action}&{carried}")).expect(200);
        let links = page.attributes("main a", "href").into_iter().chain(page.attributes("main form", "action"));
        let broken: Vec<String> = links.filter(|href| href.matches('?').count() > 1).collect();
        assert_eq!(broken, [] as [String; 0], "{action}");
    }
    let editor = format!("{EDITOR}&{carried}");
    kim.submit(&editor, &[("edited_comment", "Better."), ("save", "1")]).expect(303);
}

#[test]
fn names_that_are_mail_addresses_are_shortened_for_those_who_are_not_signed_in() {
    let test = TestSite::public();
    test.command(&["ticket", "new", "demo", "--summary", "Doors"]).expect(0);
    test.command(&["ticket", "change", "demo", "1", "--set", "owner=robin@example.org", "--set", "cc=lee@example.org"])
        .expect(0);
    let addresses = [
        "/demo/ticket/1?action=history",
        "/demo/ticket/1?action=diff&version=1",
        "/demo/ticket/1?action=history&format=json",
    ];
    let signed_in = test.user("kim");
    for address in addresses {
        assert!(signed_in.get(address).expect(200).text().contains("robin@example.org"), "{address}");
        assert!(!test.anonymous().get(address).expect(200).text().contains("@example.org"), "{address}");
    }
}

#[test]
fn markup_in_names_and_values_stays_text() {
    let test = TestSite::new();
    let mean = "\"><img src=x onerror=alert(1)>";
    let set = format!("keywords={mean}");
    test.command(&["ticket", "new", "demo", "--summary", mean, "--description", mean]).expect(0);
    test.command(&[
        "ticket",
        "change",
        "demo",
        "1",
        "--set",
        &set,
        "--set",
        &format!("owner={mean}"),
        "--comment",
        mean,
    ])
    .expect(0);
    let root = test.admin("root");
    root.submit(EDITOR, &[("edited_comment", "Mended."), ("save", "1")]).expect(303);
    for address in [
        "/demo/ticket/1?action=history",
        "/demo/ticket/1?action=diff&version=1&old_version=0",
        EDITOR,
        "/demo/ticket/1?action=comment-history&cnum=1",
        "/demo/ticket/1?action=comment-diff&cnum=1",
    ] {
        let page = root.get(address).expect(200);
        assert_eq!(page.attributes("[onerror]", "onerror"), [] as [&str; 0], "{address}");
    }
}
