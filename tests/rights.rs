//! Stories of rights in full: denied ones, rights in a part of the project, of those who play a part on a ticket, sets of
//! rights, groups in groups, who may give what, and why somebody sees something.

use rocket::http::Method;
use serde_json::json;

use crate::support::form::multipart;
use crate::support::{Person, TestSite};

fn permission(test: &TestSite, arguments: &[&str]) {
    test.command(&[&["permission"], arguments].concat()).expect(0);
}

fn refused(test: &TestSite, arguments: &[&str]) -> String {
    test.command(&[&["permission"], arguments].concat()).expect(1).stderr
}

fn file(person: &Person<'_>, summary: &str, component: &str) -> u16 {
    let mut body = json!({ "summary": summary });
    if !component.is_empty() {
        body["component"] = json!(component);
    }
    person.post_json("/demo/newticket", &body).status
}

fn comments(person: &Person<'_>, ticket: i64) -> u16 {
    person.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "comment": "Hello" })).status
}

fn writes(person: &Person<'_>, page: &str) -> u16 {
    person
        .post_json(&format!("/demo/wiki/{page}?action=edit"), &json!({ "text": "More", "version": 1, "save": "1" }))
        .status
}

#[test]
fn what_is_denied_is_taken_from_all_that_was_granted() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    assert_eq!((file(&kim, "Tea", ""), comments(&kim, 1), comments(&lee, 1)), (201, 201, 201));

    permission(&test, &["deny", "demo", "kim", "TICKET_MODIFY"]);
    assert_eq!((comments(&kim, 1), comments(&lee, 1)), (403, 201), "what came with TICKET_MODIFY goes with it");
    assert!(!kim.get("/demo/ticket/1").expect(200).text().contains("name=\"comment\""));
    permission(&test, &["grant", "demo", "kim", "TICKET_APPEND"]);
    assert_eq!(comments(&kim, 1), 201, "what was granted by itself stays");
    permission(&test, &["deny", "demo", "members", "TICKET_VIEW"]);
    kim.get("/demo/ticket/1").expect(404);
    permission(&test, &["revoke", "demo", "members", "TICKET_VIEW"]);
    permission(&test, &["revoke", "demo", "kim", "TICKET_MODIFY"]);
    assert_eq!(comments(&kim, 1), 404, "to take a rule back grants nothing");

    let ada = test.admin("ada");
    permission(&test, &["deny", "demo", "ada", "TICKET_VIEW", "WIKI_VIEW"]);
    ada.get("/demo/ticket/1").expect(200);
}

#[test]
fn a_right_holds_in_one_component_or_not_in_one() {
    let test = TestSite::new();
    for name in ["desk", "lab"] {
        test.command(&["component", "create", "demo", name]).expect(0);
    }
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    assert_eq!((file(&kim, "Desk", "desk"), file(&kim, "Lab", "lab")), (201, 201));
    permission(&test, &["deny", "demo", "members", "TICKET_MODIFY", "TICKET_CREATE"]);
    permission(&test, &["grant", "demo", "lee", "TICKET_MODIFY", "TICKET_CREATE", "--component", "desk"]);

    assert_eq!((comments(&lee, 1), comments(&lee, 2), comments(&kim, 1)), (201, 403, 403));
    assert_eq!((file(&lee, "One more", "desk"), file(&lee, "No", "lab"), file(&kim, "No", "desk")), (201, 403, 403));
    lee.get("/demo/newticket").expect(200);
    kim.get("/demo/newticket").expect(403);
    assert!(lee.get("/demo/ticket/1").expect(200).text().contains("name=\"comment\""));
    assert!(!lee.get("/demo/ticket/2").expect(200).text().contains("name=\"comment\""));
    // Files and edits go by the same rule.
    assert_eq!(lee.attach("/demo/attachment/ticket/1/", "a.txt", b"x").status, 303);
    assert!(!lee.get("/demo/attachment/ticket/2/").expect(200).text().contains("multipart"));

    permission(&test, &["revoke", "demo", "members", "TICKET_MODIFY", "TICKET_CREATE"]);
    permission(&test, &["grant", "demo", "members", "TICKET_MODIFY", "TICKET_CREATE"]);
    permission(&test, &["deny", "demo", "kim", "TICKET_MODIFY", "--component", "lab"]);
    assert_eq!((comments(&kim, 1), comments(&kim, 2)), (201, 403));
    let listed = test.command(&["permission", "list", "demo", "--format", "csv"]).expect(0).stdout;
    assert!(
        listed.contains("kim,TICKET_MODIFY,true,lab") && listed.contains("lee,TICKET_MODIFY,false,desk"),
        "{listed}"
    );

    let why = refused(&test, &["grant", "demo", "lee", "TICKET_VIEW", "--component", "lab"]);
    assert!(why.contains("TICKET_VIEW") && why.contains("closing"), "{why}");
    refused(&test, &["grant", "demo", "lee", "TICKET_MODIFY", "--component", "attic"]);
    refused(&test, &["grant", "demo", "lee", "WIKI_MODIFY", "--component", "lab"]);
}

#[test]
fn whoever_plays_a_part_on_a_ticket_has_rights_there() {
    let test = TestSite::new();
    let (kim, lee, sam) = (test.user("kim").member(), test.user("lee").member(), test.user("sam").member());
    assert_eq!(file(&kim, "Kim's", ""), 201);
    assert_eq!(file(&lee, "Lee's", ""), 201);
    test.command(&["ticket", "change", "demo", "2", "--set", "owner=sam"]).expect(0);
    permission(&test, &["deny", "demo", "members", "TICKET_MODIFY"]);
    permission(&test, &["grant", "demo", "role:reporter", "TICKET_APPEND"]);
    permission(&test, &["grant", "demo", "role:owner", "TICKET_CHGPROP", "TICKET_APPEND"]);

    assert_eq!((comments(&kim, 1), comments(&kim, 2)), (201, 403));
    assert_eq!((comments(&lee, 1), comments(&lee, 2)), (403, 201));
    let change = |person: &Person<'_>, ticket: i64| {
        person.post_json(&format!("/demo/ticket/{ticket}"), &json!({ "field_keywords": person.login })).status
    };
    assert_eq!((change(&sam, 1), change(&sam, 2), change(&lee, 2)), (403, 201, 403));
    // The ticket is given to somebody else: the right goes with it.
    test.command(&["ticket", "change", "demo", "2", "--set", "owner=kim"]).expect(0);
    assert_eq!((comments(&sam, 2), comments(&kim, 2)), (403, 201));

    test.command(&["component", "create", "demo", "lab"]).expect(0);
    test.command(&["ticket", "change", "demo", "1", "--set", "component=lab"]).expect(0);
    permission(&test, &["grant", "demo", "role:admincc", "TICKET_APPEND"]);
    assert_eq!(comments(&sam, 1), 403);
    test.command(&["component", "change", "demo", "lab", "--admincc", "sam"]).expect(0);
    assert_eq!((comments(&sam, 1), comments(&sam, 2)), (201, 403));
    for wrong in [["role:reporter", "TICKET_VIEW"], ["role:reporter", "WIKI_MODIFY"], ["role:nobody", "TICKET_APPEND"]]
    {
        refused(&test, &["grant", "demo", wrong[0], wrong[1]]);
    }
    refused(&test, &["restrict", "demo", "A", "role:owner"]);
}

#[test]
fn a_right_holds_below_one_path_or_not_below_one() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    for page in ["Course", "Course/Week-1", "Courses", "Own"] {
        test.command_with_input(&["wiki", "save", "demo", page], "text").expect(0);
    }
    permission(&test, &["deny", "demo", "members", "WIKI_MODIFY", "WIKI_CREATE", "--path", "Course"]);
    assert_eq!(["Course", "course/week-1", "Courses", "Own"].map(|page| writes(&kim, page)), [403, 403, 201, 201]);
    assert_eq!(
        kim.post_json("/demo/wiki/Course/New?action=edit", &json!({ "text": "x", "version": 0, "save": "1" })).status,
        404
    );
    assert!(!kim.page("Course/Week-1").expect(200).text().contains("action=edit"));
    assert!(kim.page("Courses").expect(200).text().contains("action=edit"));
    let offers =
        |page: &str| kim.get(&format!("/demo/attachment/wiki/{page}/")).expect(200).text().contains("multipart");
    assert_eq!((offers("Course"), offers("Own")), (false, true));
    let form = kim.form("/demo/attachment/wiki/Own/", &[("attachment", "")]);
    let token = form.fields.iter().find(|(name, _)| name == "__FORM_TOKEN").map_or("", |(_, value)| value);
    let (kind, body) = multipart(&[("__FORM_TOKEN", token)], &[("attachment", "a.txt", b"x")]);
    assert_eq!(kim.send(Method::Post, "/demo/attachment/wiki/Course/", &kind, body).status, 403);

    // A teacher may, and none moves a page to where they may not write.
    permission(&test, &["grant", "demo", "members", "WIKI_RENAME", "WIKI_DELETE"]);
    permission(&test, &["deny", "demo", "members", "WIKI_RENAME", "WIKI_DELETE", "--path", "course"]);
    kim.get("/demo/wiki/Course?action=delete").expect(403);
    kim.get("/demo/wiki/Course/Week-1?action=rename").expect(403);
    let moved = kim.submit("/demo/wiki/Own?action=rename", &[("new_name", "Course/Own")]);
    assert!([403, 422].contains(&moved.status), "{}", moved.status);
    kim.get("/demo/wiki/Courses?action=delete").expect(200);

    permission(&test, &["deny", "demo", "members", "WIKI_MODIFY"]);
    permission(&test, &["grant", "demo", "lee", "WIKI_MODIFY", "--path", "Own"]);
    assert_eq!((writes(&lee, "Courses"), writes(&kim, "Own")), (403, 403));
    lee.get("/demo/wiki/Own?action=edit").expect(200);
}

#[test]
fn discussing_and_suggesting_hold_below_one_path_or_not_below_one() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    for page in ["Course/Week-1", "Own"] {
        test.command_with_input(&["wiki", "save", "demo", page], "text").expect(0);
    }
    let begin = |person: &Person<'_>, page: &str| {
        let said = json!({ "comment": "What is that?" });
        person.post_json(&format!("/demo/wiki/{page}?action=discussion"), &said)
    };
    let suggest = |person: &Person<'_>, page: &str| {
        let wish = json!({ "text": "another text", "version": 1, "comment": "Why", "save": "1" });
        person.post_json(&format!("/demo/wiki/{page}?action=suggest"), &wish)
    };
    permission(&test, &["deny", "demo", "members", "WIKI_MODIFY", "WIKI_SUGGEST"]);
    permission(&test, &["grant", "demo", "members", "WIKI_DISCUSS"]);
    let thread = begin(&kim, "Course/Week-1").expect(201).json()["thread"].clone();
    permission(&test, &["deny", "demo", "members", "WIKI_DISCUSS", "--path", "Course"]);
    permission(&test, &["grant", "demo", "kim", "WIKI_SUGGEST", "--path", "Course"]);
    permission(&test, &["grant", "demo", "lee", "WIKI_MODIFY", "--path", "Course"]);

    assert_eq!((begin(&kim, "Course/Week-1").status, begin(&kim, "Own").status), (403, 201));
    let shown = kim.get("/demo/wiki/Course/Week-1?action=discussion").expect(200);
    assert!(shown.words().contains("What is that?") && !shown.text().contains("name=\"comment\""));
    for (door, fields) in [
        ("", json!({ "comment": "More." })),
        ("/state", json!({ "state": "resolved" })),
        ("/1/edit", json!({ "comment": "Else." })),
    ] {
        kim.post_json(&format!("/demo/discussion/{thread}{door}"), &fields).expect(403);
    }

    assert_eq!((suggest(&kim, "Own").status, suggest(&kim, "Course/Week-1").status), (403, 201));
    kim.get("/demo/wiki/Own?action=suggest").expect(403);
    kim.get("/demo/wiki/Course/Week-1?action=suggest").expect(200);
    // Who writes there sees and takes it, and nobody else does.
    let waiting = |person: &Person<'_>| {
        person.get("/demo/suggestions?page_name=Course/Week-1&format=json").expect(200).json()["total"].clone()
    };
    assert_eq!((waiting(&kim), waiting(&lee)), (json!(1), json!(1)));
    lee.get("/demo/suggestion/1").expect(200);
    test.user("pat").member().get("/demo/suggestion/1").expect(404);
    assert_eq!(kim.post_json("/demo/suggestion/1/decline", &json!({ "reason": "No." })).status, 403);
    lee.post_json("/demo/suggestion/1/decline", &json!({ "reason": "No." })).expect(200);
}

#[test]
fn a_set_of_rights_is_granted_by_its_name_and_changes_for_all_who_have_it() {
    let test = TestSite::new();
    let kim = test.user("kim");
    test.command_with_input(&["wiki", "save", "demo", "A"], "text").expect(0);
    permission(&test, &["set", "demo", "reader", "WIKI_VIEW"]);
    permission(&test, &["grant", "demo", "kim", "reader"]);
    kim.page("A").expect(200);
    kim.get("/demo/wiki/A?action=delete").expect(403);
    permission(&test, &["set", "demo", "reader", "WIKI_VIEW", "WIKI_DELETE"]);
    kim.get("/demo/wiki/A?action=delete").expect(200);
    permission(&test, &["unset", "demo", "reader"]);
    kim.page("A").expect(404);
    for (name, right) in [("Reader", "WIKI_VIEW"), ("members", "WIKI_VIEW"), ("a b", "WIKI_VIEW"), ("x", "WIKI_EAT")] {
        refused(&test, &["set", "demo", name, right]);
    }
    permission(&test, &["set", "demo", "helper", "TICKET_APPEND"]);
    permission(&test, &["grant", "demo", "role:cc", "helper"]);
    let why = refused(&test, &["set", "demo", "helper", "TICKET_APPEND", "TICKET_VIEW"]);
    assert!(why.contains("TICKET_VIEW"), "a set that a role has opens nothing: {why}");
}

#[test]
fn whoever_is_in_an_inner_group_is_in_the_outer_one() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim"), test.user("lee"));
    test.command_with_input(&["wiki", "save", "demo", "A"], "text").expect(0);
    test.group("tutors", &["kim"]);
    test.group("teachers", &[]);
    test.group("staff", &["lee"]);
    test.command(&["group", "add", "teachers", "tutors"]).expect(0);
    test.command(&["group", "add", "staff", "teachers"]).expect(0);
    for around in [["tutors", "staff"], ["tutors", "tutors"], ["teachers", "staff"]] {
        let refused = test.command(&["group", "add", around[0], around[1]]).expect(1);
        assert!(refused.stderr.contains(around[1]), "{}", refused.stderr);
    }
    test.grant("staff", &["WIKI_VIEW"]);
    kim.page("A").expect(200);
    lee.page("A").expect(200);
    test.command(&["group", "drop", "teachers", "tutors"]).expect(0);
    kim.page("A").expect(404);
    lee.page("A").expect(200);
}

#[test]
fn nobody_gives_or_takes_what_they_have_not_got() {
    let test = TestSite::new();
    test.user("kim").member();
    test.user("lee");
    let by_kim = |arguments: &[&str]| test.command(&[&["permission"], arguments, &["--as", "kim"]].concat());
    assert_eq!(by_kim(&["grant", "demo", "lee", "WIKI_VIEW"]).status, 1);
    permission(&test, &["grant", "demo", "kim", "PERMISSION_GRANT"]);
    by_kim(&["grant", "demo", "lee", "WIKI_VIEW", "members"]).expect(0);
    for right in ["TICKET_ADMIN", "TRAC_ADMIN", "PERMISSION_ADMIN", "WIKI_DELETE"] {
        let refused = by_kim(&["grant", "demo", "lee", right]).expect(1);
        assert!(refused.stderr.contains(right), "{}", refused.stderr);
        by_kim(&["grant", "demo", "kim", right]).expect(1);
    }
    by_kim(&["revoke", "demo", "lee", "WIKI_VIEW"]).expect(1);
    by_kim(&["deny", "demo", "lee", "WIKI_VIEW"]).expect(1);
    by_kim(&["set", "demo", "all", "WIKI_VIEW"]).expect(1);
    permission(&test, &["set", "demo", "chief", "WIKI_DELETE", "WIKI_VIEW"]);
    let refused = by_kim(&["grant", "demo", "kim", "chief"]).expect(1);
    assert!(refused.stderr.contains("WIKI_DELETE"), "{}", refused.stderr);
    permission(&test, &["grant", "demo", "kim", "PERMISSION_ADMIN"]);
    by_kim(&["set", "demo", "chief", "WIKI_VIEW", "TICKET_ADMIN"]).expect(1);
    by_kim(&["unset", "demo", "chief"]).expect(1);
    by_kim(&["revoke", "demo", "lee", "WIKI_VIEW"]).expect(0);
}

#[test]
fn it_is_told_why_somebody_sees_something() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.user("lee");
    test.admin("ada");
    test.group("staff", &["lee"]);
    for page in ["Plan", "Secret/Exam"] {
        test.command_with_input(&["wiki", "save", "demo", page], "text").expect(0);
    }
    permission(&test, &["restrict", "demo", "Secret", "staff"]);
    permission(&test, &["grant", "demo", "staff", "WIKI_VIEW"]);
    assert_eq!(file(&kim, "Tea", ""), 201);
    test.command(&["ticket", "change", "demo", "1", "--set", "private=1"]).expect(0);
    let why = |who: &str, what: &str| {
        let told = test.command(&["permission", "why", "demo", who, what, "--format", "csv"]).expect(0).stdout;
        told.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    for (who, what, sees, words) in [
        ("kim", "wiki:Plan", true, vec!["granted to members"]),
        ("lee", "wiki:Plan", true, vec!["granted to staff"]),
        ("anonymous", "wiki:Plan", false, vec!["Nobody granted it"]),
        ("kim", "wiki:Secret/Exam", false, vec!["secret", "open to staff"]),
        ("lee", "wiki:Secret/Exam", true, vec!["secret", "open to staff"]),
        ("ada", "wiki:Secret/Exam", true, vec!["administer the site"]),
        ("kim", "ticket:1", true, vec!["private", "reporter"]),
        ("lee", "ticket:1", false, vec!["TICKET_VIEW"]),
    ] {
        let told = why(who, what);
        assert_eq!(told[0].contains("does not see"), !sees, "{who} {what}: {told:#?}");
        let all = told.join("\n");
        assert!(words.iter().all(|word| all.contains(word)), "{who} {what}: {all}");
        // The same as what they get.
        let address = what.replacen("wiki:", "/demo/wiki/", 1).replacen("ticket:", "/demo/ticket/", 1);
        let person = if who == "anonymous" { test.anonymous() } else { test.signed_in(who) };
        assert_eq!(person.get(&address).status == 200, sees, "{who} {what}");
    }
    // What hangs on something: files, comments, internal notes, discussions; each at the address where it is.
    test.user("max").can("TICKET_VIEW").can("TICKET_NOTES");
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.txt");
    std::fs::write(&key, "a b c").unwrap();
    test.command(&["attachment", "add", "demo", "wiki:Secret/Exam", key.to_str().unwrap()]).expect(0);
    assert_eq!(file(&test.signed_in("kim"), "Coffee", ""), 201);
    test.command(&["ticket", "comment", "demo", "2", "For all."]).expect(0);
    test.command(&["ticket", "comment", "demo", "2", "Between us.", "--internal"]).expect(0);
    let ada = test.signed_in("ada");
    ada.post_json("/demo/wiki/Secret/Exam?action=discussion", &json!({ "comment": "Too hard?" })).expect(201);
    for (what, address, seers) in [
        ("attachment:key.txt:wiki:Secret/Exam", "/demo/attachment/wiki/Secret/Exam/key.txt", &["lee", "ada"][..]),
        ("comment:1:ticket:2", "/demo/ticket/2", &["kim", "lee", "max", "ada"]),
        ("note:1:ticket:2", "/demo/ticket/2?format=json", &["max", "ada"]),
        ("discussion:1", "/demo/wiki/Secret/Exam?action=discussion", &["lee", "ada"]),
    ] {
        let page = format!("/demo/admin/permissions/why?format=json&what={what}");
        let seen = ada.get(&page).expect(200).json()["seen_by"].clone();
        for one in seen.as_array().unwrap() {
            let who = one["who"].as_str().unwrap();
            assert_eq!(one["sees"].as_bool().unwrap(), seers.contains(&who), "{who} {what}");
            if who == "authenticated" {
                continue;
            }
            assert_eq!(why(who, what)[0].contains("does not see"), !seers.contains(&who), "{who} {what}");
            let person = if who == "anonymous" { test.anonymous() } else { test.signed_in(who) };
            let shown = person.get(address);
            let sees = shown.status == 200 && (!what.starts_with("note:") || shown.text().contains("Between us."));
            assert_eq!(sees, seers.contains(&who), "{who} at {address}");
        }
        assert_eq!(seen.as_array().unwrap().len(), 6, "{seen}");
    }
    // Every such page leads there, for those who may ask.
    let links = |person: &Person<'_>, page: &str| person.get(page).expect(200).attributes(".foot a", "href");
    let way = "/demo/admin/permissions/why?what=ticket:2";
    assert!(links(&ada, "/demo/ticket/2").contains(&way.to_owned()), "{:?}", links(&ada, "/demo/ticket/2"));
    assert!(ada.get(way).expect(200).words().contains("Who sees ticket:2"));
    assert!(!links(&test.signed_in("kim"), "/demo/ticket/2").iter().any(|href| href.contains("permissions")));
    test.signed_in("kim").get(way).expect(404);

    permission(&test, &["deny", "demo", "lee", "WIKI_VIEW"]);
    let told = why("lee", "wiki:Plan").join("\n");
    assert!(told.contains("does not see") && told.contains("denied to lee"), "{told}");
    assert!(why("kim", "").len() > 5);
    assert!(test.command(&["permission", "why", "demo", "kim", "wiki:Nothing"]).expect(1).stderr.contains("Nothing"));
    test.command(&["permission", "why", "demo", "nobody-there"]).expect(1);
}

#[test]
fn rules_are_made_and_taken_back_on_their_page() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let kim = test.user("kim").member();
    test.command_with_input(&["wiki", "save", "demo", "A"], "text").expect(0);
    let page = "/demo/admin/permissions";
    kim.get(page).expect(404);
    let form = ada.submit(page, &[("subject", "kim"), ("permission", "WIKI_DELETE"), ("path", "A"), ("act", "grant")]);
    form.expect(303);
    let with = |act: &str, fields: &[(&str, &str)]| {
        let mut body = json!({ "act": act });
        for (name, value) in fields {
            body[name] = json!(value);
        }
        ada.post_json(page, &body)
    };
    with("grant", &[("subject", "kim"), ("permission", "WIKI_DELETE WIKI_RENAME"), ("path", "A")]).expect(200);
    kim.get("/demo/wiki/A?action=delete").expect(200);
    let shown = ada.get(page).expect(200).text();
    assert!(shown.contains("WIKI_RENAME") && shown.contains("pages below"), "{shown}");
    with("deny", &[("subject", "kim"), ("permission", "WIKI_DELETE"), ("path", "A")]).expect(200);
    kim.get("/demo/wiki/A?action=delete").expect(403);
    with("revoke", &[("subject", "kim"), ("permission", "WIKI_DELETE"), ("path", "A")]).expect(200);
    with("save_set", &[("name", "tutor"), ("permission", "WIKI_DELETE")]).expect(200);
    with("grant", &[("subject", "kim"), ("permission", "tutor")]).expect(200);
    kim.get("/demo/wiki/A?action=delete").expect(200);
    test.user("lee");
    with("copy", &[("from", "kim"), ("to", "lee")]).expect(200);
    test.signed_in("lee").get("/demo/wiki/A?action=delete").expect(200);
    with("remove_set", &[("name", "tutor")]).expect(200);
    kim.get("/demo/wiki/A?action=delete").expect(403);
    for (act, fields, field) in [
        ("grant", vec![("subject", "nobody-here"), ("permission", "WIKI_VIEW")], "subject"),
        ("grant", vec![("subject", "kim"), ("permission", "")], "permission"),
        ("grant", vec![("subject", "anonymous"), ("permission", "TRAC_ADMIN")], "permission"),
        ("grant", vec![("subject", "kim"), ("permission", "TICKET_VIEW"), ("path", "A")], "permission"),
        ("grant", vec![("subject", "kim"), ("permission", "TICKET_APPEND"), ("component", "attic")], "component"),
        ("copy", vec![("from", "nobody-here"), ("to", "kim")], "from"),
        ("save_set", vec![("name", "Tutor"), ("permission", "WIKI_VIEW")], "name"),
        ("juggle", vec![], "act"),
    ] {
        let refused = with(act, &fields).expect(422);
        assert_eq!(refused.json()["problems"][0]["field"], field, "{act} {fields:?}");
    }
    let listed = ada.get("/demo/admin/permissions?format=csv").expect(200).text();
    assert!(listed.contains("kim,WIKI_RENAME,,,a"), "{listed}");
    let why = ada.get("/demo/admin/permissions/why?who=kim&what=wiki:A").expect(200);
    assert!(why.words().contains("kim sees A"), "{}", why.words());
    ada.get("/demo/admin/permissions/why?who=kim&what=wiki:Nowhere").expect(422);
    ada.get("/demo/admin/permissions/why?who=nobody-here").expect(422);
}

#[test]
fn groups_are_made_on_their_page() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let kim = test.user("kim");
    kim.get("/-/admin/groups").expect(404);
    ada.submit("/-/admin/groups", &[("name", "tutors"), ("members", "kim"), ("act", "create")]).expect(303);
    ada.submit("/-/admin/groups", &[("name", "staff"), ("members", "tutors, ada"), ("act", "create")]).expect(303);
    let listed = ada.get("/-/admin/groups?format=json").expect(200).json();
    assert_eq!(listed["items"][0], json!({ "name": "staff", "members": ["ada"], "groups": ["tutors"] }));
    let refused =
        ada.submit("/-/admin/groups", &[("name", "tutors"), ("members", "staff"), ("act", "add")]).expect(422);
    assert!(refused.text().contains("staff"), "what was typed is shown again");
    ada.submit("/-/admin/groups", &[("name", "tutors"), ("members", "lee"), ("act", "drop")]).expect(422);
    ada.submit("/-/admin/groups", &[("name", "tutors"), ("act", "remove")]).expect(303);
    assert_eq!(ada.get("/-/admin/groups?format=json").expect(200).json()["total"], 1);
}
