//! Stories of programs that show a token in place of a session (trackers.md e2, class 11).

use rocket::http::Method;
use serde_json::json;
use trackway::base::time::Instant;

use crate::support::{Person, TestSite};

/// A program that shows a token made at the command line.
fn program<'t>(test: &'t TestSite, arguments: &[&str]) -> Person<'t> {
    let made = test.command(&[&["token", "create"], arguments, &["--label", "a robot"]].concat()).expect(0);
    showing(test, made.stdout.trim())
}

fn showing<'t>(test: &'t TestSite, secret: &str) -> Person<'t> {
    test.anonymous().with_header("Authorization", &format!("Bearer {secret}"))
}

/// `demo`, with a page and a ticket, in which kim may do everything that members may.
fn with_kim() -> TestSite {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "What we plan");
    kim.post_json("/demo/newticket", &json!({ "summary": "Tea" })).expect(201);
    test
}

#[test]
fn a_scope_says_how_much_of_what_the_account_may_a_token_does() {
    let test = with_kim();
    test.grant("kim", &["WIKI_ADMIN", "TICKET_ADMIN"]);
    let (read, write, admin) = (
        program(&test, &["kim"]),
        program(&test, &["kim", "--scope", "write"]),
        program(&test, &["kim", "--scope", "admin"]),
    );
    for someone in [&read, &write, &admin] {
        someone.get("/demo/wiki/Plan").expect(200);
        assert_eq!(someone.get("/demo/ticket/1?format=json").expect(200).json()["summary"], "Tea");
        someone.get("/demo/query?format=csv").expect(200);
    }
    let comment = json!({ "comment": "By a program" });
    read.post_json("/demo/ticket/1", &comment).expect(403);
    write.post_json("/demo/ticket/1", &comment).expect(201);
    // A form needs no form token either: no browser sends such a header by itself.
    write.post("/demo/ticket/1", &[("comment", "As a form"), ("view_time", "1")]).expect(303);
    write.get("/demo/admin/ticket/components").expect(404);
    admin.get("/demo/admin/ticket/components").expect(200);
    let told = test.command(&["ticket", "show", "demo", "1", "--format", "json"]).expect(0).stdout;
    assert!(told.contains("By a program") && told.contains("As a form"), "{told}");
}

#[test]
fn a_token_of_an_administrator_administers_by_its_scope_alone() {
    let test = with_kim();
    test.admin("ada");
    for (scope, status) in [("read", 403), ("write", 403), ("admin", 200)] {
        let program = program(&test, &["ada", "--scope", scope]);
        assert!([status, 404].contains(&program.get("/-/admin").status), "{scope}");
        assert_eq!(program.get("/-/admin").status == 200, status == 200, "{scope}");
        program.get("/demo/wiki/Plan").expect(200);
    }
    let only_here = program(&test, &["ada", "--scope", "admin", "--project", "demo"]);
    assert_ne!(only_here.get("/-/admin").status, 200, "the site is no project");
    only_here.get("/demo/admin").expect(200);
}

#[test]
fn a_token_for_one_project_gets_for_others_the_bytes_of_nothing() {
    let test = with_kim();
    test.project("other", false);
    test.command(&["permission", "grant", "other", "kim", "members"]).expect(0);
    let program = program(&test, &["kim", "--scope", "write", "--project", "demo"]);
    program.get("/demo/wiki/Plan").expect(200);
    let hidden = program.get("/other/wiki/WikiStart").expect(404);
    let missing = program.get("/nowhere/wiki/WikiStart").expect(404);
    assert_eq!(hidden.words(), missing.words());
    program.post_json("/other/newticket", &json!({ "summary": "No" })).expect(404);
    let listed = program.get("/-/projects?format=json").text();
    assert!(!listed.contains("other"), "{listed}");
}

#[test]
fn no_token_opens_what_belongs_to_the_account() {
    let test = with_kim();
    test.admin("ada");
    for name in ["kim", "ada"] {
        let program = program(&test, &[name, "--scope", "admin"]);
        program.get("/-/account/api-tokens").expect(303);
        program.get("/-/account").expect(303);
        for (address, fields) in [
            ("/-/account", vec![("full_name", "Mallory")]),
            ("/-/account/password", vec![("old_password", ""), ("password", "a new secret"), ("password_again", "")]),
            ("/-/account/sessions", vec![]),
            ("/-/account/tokens", vec![("label", "more")]),
            ("/-/account/api-tokens", vec![("label", "more")]),
            ("/-/account/api-tokens/1/revoke", vec![]),
        ] {
            let answer = program.post(address, &fields);
            assert_eq!(answer.status, 403, "{}", answer.asked);
        }
    }
}

#[test]
fn a_worthless_token_is_refused_and_never_taken_for_nobody_or_for_the_session() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "What we plan");
    let made = test.command(&["token", "create", "kim", "--label", "a", "--scope", "write"]).expect(0);
    let secret = made.stdout.trim().to_owned();
    showing(&test, &secret).get("/demo/wiki/Plan").expect(200);

    let worthless = |why: &str, secret: &str| {
        for person in [showing(&test, secret), kim.clone().with_header("Authorization", &format!("Bearer {secret}"))] {
            for address in ["/demo/wiki/Plan", "/-/projects", "/-/account", "/demo/ticket/1?format=json"] {
                let refused = person.get(address).expect(401);
                assert!(refused.header("WWW-Authenticate").unwrap().starts_with("Bearer"), "{why}");
                assert!(!refused.text().contains("plan"), "{why}");
            }
            person.post("/demo/newticket", &[("field_summary", "No")]).expect(401);
        }
    };
    worthless("unknown", "twk_0123");
    worthless("nothing but its beginning", "twk_");
    worthless("a byte more", &format!("{secret}0"));
    let feed = kim.post_json("/-/account/tokens", &json!({ "label": "feed" })).expect(201).json();
    // What is no API token makes nobody of anybody.
    for other in [feed["token"].as_str().unwrap(), kim.session.as_deref().unwrap(), ""] {
        let nobody = showing(&test, other);
        nobody.get("/-/account").expect(303);
        assert_ne!(nobody.post_json("/demo/newticket", &json!({ "summary": "No" })).status, 201);
    }

    test.command(&["token", "revoke", "kim", "1"]).expect(0);
    worthless("revoked", &secret);
    let made = test.command(&["token", "create", "kim", "--label", "b", "--days", "1"]).expect(0);
    let secret = made.stdout.trim().to_owned();
    showing(&test, &secret).get("/demo/wiki/Plan").expect(200);
    let past = Instant::now().plus_seconds(-1);
    test.site.db().write(|db| Ok(db.execute("update api_token set expires_at = ?1", [past])?)).unwrap();
    worthless("past its end", &secret);
    let made = test.command(&["token", "create", "kim", "--label", "c"]).expect(0);
    test.command(&["user", "disable", "kim"]).expect(0);
    worthless("of a disabled account", made.stdout.trim());
}

#[test]
fn a_token_is_made_on_its_page_and_shown_once() {
    let test = with_kim();
    let kim = test.signed_in("kim");
    let page = "/-/account/api-tokens";
    for (fields, field) in [
        (vec![("label", ""), ("days", "5")], "label"),
        (vec![("label", "a"), ("days", "0")], "days"),
        (vec![("label", "a"), ("days", "many")], "days"),
        (vec![("label", "a"), ("days", "100000")], "days"),
        (vec![("label", "a"), ("scope", "everything")], "scope"),
        (vec![("label", "a"), ("project", "nowhere")], "project"),
    ] {
        let listed = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let refused = kim.post_json(page, &serde_json::Value::Object(listed)).expect(422);
        assert_eq!(refused.json()["problems"][0]["field"], field, "{fields:?}");
    }
    let refused = kim.submit(page, &[("label", ""), ("days", "0")]).expect(422);
    assert_eq!(refused.problems().iter().map(|problem| &*problem.0).collect::<Vec<_>>(), ["label", "days"]);
    let made = kim.submit(page, &[("label", "Backup"), ("scope", "write"), ("days", "7")]).expect(200);
    let secret = made.all(".new-token")[0].clone();
    assert_eq!(made.header("Cache-Control"), Some("no-store"));
    showing(&test, &secret).post_json("/demo/ticket/1", &json!({ "comment": "Hello" })).expect(201);
    let later = kim.get(page).expect(200).text();
    assert!(later.contains("Backup") && !later.contains(&secret));
    let listed = kim.get("/-/account/api-tokens?format=json").expect(200);
    assert_eq!(listed.json()["items"][0]["scope"], "write");
    assert!(!listed.text().contains(&secret[4..]));
    // Nobody revokes a token of somebody else's.
    let lee = test.user("lee");
    lee.post_json("/-/account/api-tokens/1/revoke", &json!({})).expect(404);
    kim.post_json("/-/account/api-tokens/1/revoke", &json!({})).expect(303);
    showing(&test, &secret).get("/demo/wiki/Plan").expect(401);
    let bytes = std::fs::read(test.data().join("site.db")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the secret is in the database");
}

#[test]
fn a_head_and_a_foreign_page_are_answered_as_ever() {
    let test = with_kim();
    let program = program(&test, &["kim", "--scope", "write"]);
    assert_eq!(program.send(Method::Head, "/demo/wiki/Plan", "", Vec::new()).status, 200);
    let foreign = program.with_header("Origin", "https://evil.example");
    foreign.post("/demo/ticket/1", &[("comment", "from elsewhere")]).expect(400);
    // Another scheme is for whoever stands before us.
    let basic = test.signed_in("kim").with_header("Authorization", "Basic a2ltOnNlY3JldA==");
    basic.get("/demo/wiki/Plan").expect(200);
}

#[test]
fn a_reading_token_keeps_nothing_of_its_own_either() {
    let test = with_kim();
    let read = program(&test, &["kim"]);
    let list = json!({ "title": "Mine", "query": "?status=new" });
    let refused = read.post_json("/demo/report", &list).expect(403).text();
    assert!(refused.contains("This token reads only"), "{refused}");
    read.post_json("/demo/ticket/1/bookmark", &json!({ "on": "1" })).expect(403);
    program(&test, &["kim", "--scope", "write"]).post_json("/demo/report", &list).expect(201);
}
