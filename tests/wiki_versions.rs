//! Stories of versions: small changes, one change taken back, who wrote which line, comments put right, versions removed,
//! pages that are kept from changes.

use rocket::http::Method;
use serde_json::json;

use crate::support::{Person, TestSite};

const PAGE: &str = "/demo/wiki/Plan";

fn text(person: &Person<'_>) -> String {
    person.get(&format!("{PAGE}?format=txt")).expect(200).text()
}

fn edit(more: &str) -> String {
    format!("{PAGE}?action=edit{more}")
}

fn newest(person: &Person<'_>) -> i64 {
    person.get(&format!("{PAGE}?format=json")).expect(200).json()["version"].as_i64().unwrap()
}

// Small changes

#[test]
fn a_small_change_says_so_and_lists_can_leave_it_out() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "first");
    kim.submit(&edit(""), &[("text", "second"), ("minor", "1"), ("comment", "a comma"), ("save", "1")]).expect(303);
    let items = kim.get(&format!("{PAGE}?action=history&format=json")).expect(200).json()["items"].clone();
    assert_eq!([&items[0]["minor"], &items[1]["minor"]], [&json!(true), &json!(false)]);
    assert_eq!(kim.get(&format!("{PAGE}?action=history")).all(".history .badge"), ["small", "created"]);
    let all = kim.get("/demo/timeline").expect(200).words();
    assert!(all.contains("a comma"), "{all}");
    let others = kim.get("/demo/timeline?wiki=on").expect(200).words();
    assert!(!others.contains("a comma") && others.contains("Plan"), "{others}");
    kim.save_page("Lists", "[[RecentChanges(Plan, minor=no, group=none)]]\n");
    let listed = kim.page("Lists").expect(200).all(".text li");
    assert_eq!(listed.len(), 1);
    assert!(!listed[0].contains("a comma"), "{listed:?}");
    kim.save_page("Lists", "[[RecentChanges(Plan, group=none)]]\n");
    assert!(kim.page("Lists").all(".text li")[0].contains("a comma"));
}

// Taking back

#[test]
fn one_change_in_the_middle_is_taken_back_and_later_ones_stay() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for text in ["a\n\nb\n\nc\n", "a\n\nwrong\n\nc\n", "a\n\nwrong\n\nc\n\nd\n"] {
        kim.save_page("Plan", text);
    }
    let difference = kim.get(&format!("{PAGE}?action=diff&version=2")).expect(200);
    assert!(difference.attributes("a.button", "href").contains(&edit("&undo=2")));
    let opened = kim.get(&edit("&undo=2")).expect(200);
    assert_eq!(opened.all("textarea[name=text]"), ["a b c d"]);
    kim.submit(&edit("&undo=2"), &[("save", "1")]).expect(303);
    assert_eq!(text(&kim), "a\n\nb\n\nc\n\nd\n");
    let page = kim.get(&format!("{PAGE}?format=json")).json();
    assert_eq!(page["comment"], "Took the change of version 2 back.");
    kim.get(&edit("&undo=1")).expect(422);
    kim.get(&edit("&undo=9")).expect(404);
    kim.get(&edit("&undo=x")).expect(422);
}

#[test]
fn a_change_that_was_changed_again_is_shown_with_both_texts() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for text in ["one\n", "two\n", "three\n"] {
        kim.save_page("Plan", text);
    }
    let clash = kim.get(&edit("&undo=2")).expect(409);
    assert!(clash.words().contains("The same lines were changed again"));
    let forms = crate::support::form::post_forms(&clash.text());
    let mut form = forms.into_iter().find(|form| form.names.iter().any(|name| name == "merge")).unwrap();
    let send = |form: &crate::support::form::PageForm| {
        kim.send(Method::Post, &form.action, "application/x-www-form-urlencoded", form.encoded().into_bytes())
    };
    form.fill(&[("merge", "yours")]);
    let chosen = send(&form).expect(409);
    assert_eq!(chosen.all("textarea[name=text]"), ["one"]);
    assert!(chosen.words().contains("Before version 2"), "{}", chosen.words());
    form.fill(&[("text", "one and three\n"), ("save", "1")]);
    form.fields.retain(|(name, _)| name != "merge");
    send(&form).expect(303);
    assert_eq!(text(&kim), "one and three\n");
}

// Who wrote what

#[test]
fn each_line_names_who_wrote_it() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    kim.save_page("Plan", "a\nb <i>\n");
    lee.save_page("Plan", "a\nnew\nb <i>\n");
    let lines = kim.get(&format!("{PAGE}?action=annotate&format=json")).expect(200).json()["items"].clone();
    let told: Vec<_> = lines.as_array().unwrap().iter().map(|line| (&line["version"], &line["author"])).collect();
    assert_eq!(json!(told), json!([[1, "kim"], [2, "lee"], [1, "kim"]]));
    let page = kim.get(&format!("{PAGE}?action=annotate")).expect(200);
    assert_eq!(page.all(".blame th .blame-author"), ["kim", "lee", "kim"]);
    assert_eq!(page.all(".blame .line span"), ["a", "new", "b <i>"]);
    assert_eq!(kim.get(&format!("{PAGE}?action=annotate&version=1")).all(".blame .line").len(), 2);
    kim.get(&format!("{PAGE}?action=annotate&version=3")).expect(404);
    kim.get(&format!("{PAGE}?action=annotate&version=x")).expect(422);
}

#[test]
fn a_long_history_is_read_in_bounded_time() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "begin\n");
    let id: i64 = test.demo().read(|db| Ok(db.query_row("select id from page", [], |row| row.get(0))?)).unwrap();
    let body: String = (0..2_000).map(|line| format!("line {line}\n")).collect();
    test.demo()
        .db()
        .write(|db| {
            for version in 2..=1_500 {
                let text = format!("version {version}\n{body}");
                db.execute(
                    "insert into page_version (page, version, saved_at, via, size, text) values (?1, ?2, 0, 'web', 0, ?3)",
                    (id, version, text),
                )?;
            }
            db.execute("update page set version = 1500", [])?;
            Ok(())
        })
        .unwrap();
    let begun = std::time::Instant::now();
    let page = kim.get(&format!("{PAGE}?action=annotate")).expect(200);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert!(page.words().contains("Go on from version"));
}

// Comments and versions put right

#[test]
fn the_comment_of_a_version_is_put_right_by_who_administers_the_wiki() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    let lee = test.user("lee").member();
    kim.submit(&edit(""), &[("text", "a"), ("comment", "tpyo"), ("save", "1")]).expect(303);
    let address = format!("{PAGE}?action=comment&version=1");
    lee.get(&address).expect(403);
    assert!(kim.get(&format!("{PAGE}?action=history")).attributes(".version-ways a", "href").contains(&address));
    let before = test.event_count();
    let long = "x".repeat(1001);
    let refused = kim.submit(&address, &[("comment", &long)]).expect(422);
    assert_eq!(refused.attributes("input[name=comment]", "value"), [long]);
    kim.submit(&address, &[("comment", "typo")]).expect(303);
    assert_eq!(kim.get(&format!("{PAGE}?format=json")).json()["comment"], "typo");
    assert_eq!(test.event_count(), before + 1);
    lee.post_json(PAGE, &json!({"action": "comment", "version": 1, "comment": "mine"})).expect(403);
    kim.get(&format!("{PAGE}?action=comment&version=9")).expect(404);
}

#[test]
fn a_version_that_should_never_have_been_is_removed_for_good() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    let lee = test.user("lee").member();
    let pat = test.user("pat").member().can("WIKI_DELETE");
    for text in ["one", "two", "secret three", "secret four", "five"] {
        kim.save_page("Plan", text);
    }
    lee.get(&format!("{PAGE}?action=remove")).expect(403);
    pat.get(&format!("{PAGE}?action=remove&version=3")).expect(403);
    kim.submit(&format!("{PAGE}?action=remove&version=3"), &[("first", "3"), ("last", "4")]).expect(303);
    for version in [3, 4] {
        kim.get(&format!("{PAGE}?version={version}")).expect(404);
        kim.get(&edit(&format!("&version={version}"))).expect(404);
    }
    let history = kim.get(&format!("{PAGE}?action=history")).expect(200);
    assert!(!history.words().contains("secret") && history.words().contains("Removed"));
    let difference = kim.get(&format!("{PAGE}?action=diff")).expect(200).words();
    assert!(difference.contains("From version 2 to 5"), "{difference}");
    let kept: i64 = test
        .demo()
        .read(|db| {
            Ok(db.query_row("select count(*) from page_version where text like '%secret%'", [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(kept, 0);
    assert!(!kim.get("/demo/timeline").expect(200).text().contains("version=3"));
    // The newest one, by who may delete; its number is not used again.
    pat.submit(&format!("{PAGE}?action=remove"), &[("last", "5")]).expect(303);
    assert_eq!((text(&kim), newest(&kim)), ("two".to_owned(), 2));
    kim.save_page("Plan", "six");
    assert_eq!(newest(&kim), 6);
    // What is left stays: one version at least.
    let mut all = kim.form(&format!("{PAGE}?action=remove"), &[("first", "1"), ("last", "6")]);
    let refused = kim.post(&all.action, &pairs(&all)).expect(422);
    assert!(refused.words().contains("at least one version"), "{}", refused.words());
    all.fill(&[("seen", "5")]);
    kim.post(&all.action, &pairs(&all)).expect(409);
    assert_eq!(test.command(&["check", "demo"]).status, 0);
}

fn pairs(form: &crate::support::form::PageForm) -> Vec<(&str, &str)> {
    form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

// Read-only pages

#[test]
fn a_read_only_page_is_changed_by_nobody_else_whatever_they_try() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    let lee = test.user("lee").member().can("WIKI_RENAME").can("WIKI_DELETE");
    kim.save_page("Plan", "text");
    kim.attach("/demo/attachment/wiki/Plan/", "a.txt", b"a");
    kim.submit(&edit(""), &[("read_only", "1"), ("save", "1")]).expect(303);
    assert_eq!(newest(&kim), 1, "the text is the same, so there is no new version");
    let page = lee.get(PAGE).expect(200);
    assert!(page.words().contains("This page is read-only"), "{}", page.words());
    assert!(!page.all(".tabs a").iter().any(|tab| tab == "Edit"));
    for action in ["edit", "rename", "delete"] {
        let refused = lee.get(&format!("{PAGE}?action={action}")).expect(403);
        assert!(refused.words().contains("WIKI_ADMIN"), "{}", refused.words());
    }
    let saved = lee.post_json(PAGE, &json!({"text": "mine", "version": 1})).expect(403);
    assert!(saved.text().contains("read-only"), "{}", saved.text());
    lee.post_json(PAGE, &json!({"action": "rename", "new_name": "Other", "version": 1})).expect(403);
    lee.post_json(PAGE, &json!({"action": "delete", "version": 1})).expect(403);
    lee.post_json(PAGE, &json!({"action": "remove", "first": 1, "last": 1, "seen": 1})).expect(403);
    let file = test.command_with_input(&["--as", "lee", "wiki", "save", "demo", "Plan"], "by command");
    assert_ne!(file.status, 0);
    assert_eq!(text(&kim), "text");
    kim.submit(&edit(""), &[("text", "new text"), ("save", "1")]).expect(303);
    assert_eq!(text(&kim), "new text");
    kim.post_json(PAGE, &json!({"text": "new text", "version": 2, "protection": true})).expect(201);
    lee.submit(&edit(""), &[("text", "mine again"), ("save", "1")]).expect(303);
    lee.post_json(PAGE, &json!({"text": "x", "version": 3, "protection": true, "read_only": true})).expect(403);
}
