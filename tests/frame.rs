//! The frame around every page: headers, hosts, cookies, signing in, expired sessions, addresses of old.

use serde_json::json;

use crate::support::TestSite;

#[test]
fn every_answer_carries_the_headers_that_keep_a_browser_safe() {
    let test = TestSite::public();
    let kim = test.user("kim");
    kim.save_page("Plan", "Text");

    for address in
        ["/demo/wiki/Plan", "/demo/wiki/Missing", "/-/login", "/-/static/any/trackway.css", "/%ff", "/-/health"]
    {
        let answer = kim.get(address);
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        for needed in [
            "default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(needed), "{address}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{address}: {policy}");
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{address}");
        }
    }
    let frame = kim.get("/-/static/any/diagram.html").expect(200);
    let policy = frame.header("Content-Security-Policy").unwrap_or_default();
    for needed in ["sandbox allow-scripts;", "default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"] {
        assert!(policy.contains(needed), "{policy}");
    }
    assert!(!policy.contains("allow-same-origin"), "{policy}");
}

#[test]
fn another_host_is_answered_by_421() {
    let test = TestSite::public();
    let there = test.anonymous().with_header("Host", "evil.example");

    for address in ["/demo/wiki/WikiStart", "/-/login", "/", "/nowhere"] {
        there.get(address).expect(421);
    }
    test.anonymous().with_header("Host", "localhost:8000").get("/-/health").expect(200);
}

#[test]
fn a_page_that_is_read_anonymously_sets_no_cookie() {
    let test = TestSite::public();
    test.user("kim").save_page("Plan", "Text");

    for address in ["/demo/wiki/Plan", "/-/login", "/demo/search?q=text", "/demo/wiki/Missing"] {
        assert_eq!(test.anonymous().get(address).header("Set-Cookie"), None, "{address}");
    }
}

#[test]
fn who_signs_in_comes_back_to_where_they_were() {
    let test = TestSite::new();
    test.user("kim").member().save_page("Plan", "Text");
    test.command_with_input(&["user", "password", "kim"], "a few words of mine\n").expect(0);
    let stranger = test.anonymous();

    let missing = stranger.get("/demo/wiki/Plan").expect(404);
    let way = missing.attributes("main a", "href").into_iter().find(|href| href.contains("/-/login")).unwrap();
    let typed = [("user", "Kim"), ("password", "a few words of mine")];
    let signed_in = stranger.submit(&way, &typed).expect(303);

    assert_eq!(signed_in.location(), "/demo/wiki/Plan");
    let cookie = signed_in.headers.iter().find(|(_, value)| value.starts_with("trackway=")).unwrap().1.clone();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains("Secure"), "on http, a cookie that is Secure would never come back: {cookie}");
}

#[test]
fn a_wrong_password_says_no_more_than_that_and_keeps_the_name() {
    let test = TestSite::new();
    test.user("kim");
    test.command_with_input(&["user", "password", "kim"], "a few words of mine\n").expect(0);
    let stranger = test.anonymous();

    let wrong = stranger.submit("/-/login", &[("user", "kim"), ("password", "not my password")]).expect(422);
    let nobody = stranger.submit("/-/login", &[("user", "nobody"), ("password", "not my password")]).expect(422);

    assert_eq!(wrong.problems(), nobody.problems());
    assert_eq!(wrong.attributes("input[name=user]", "value"), ["kim"]);
    assert!(!wrong.text().contains("not my password"));
}

#[test]
fn a_form_whose_session_has_ended_is_kept_through_signing_in() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text");
    test.command_with_input(&["user", "password", "kim"], "a few words of mine\n").expect(0);
    let kim = test.signed_in("kim");
    let form = kim.form("/demo/wiki/Plan?action=edit", &[("text", "Typed over lunch"), ("save", "1")]);
    test.command(&["user", "disable", "kim"]).expect(0);
    test.command(&["user", "enable", "kim"]).expect(0);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

    let asked = kim.post(&form.action, &fields).expect(401);

    assert_eq!(asked.attributes("input[name='kept.text']", "value"), ["Typed over lunch"]);
    assert!(!kim.page("Plan").text().contains("Typed over lunch"));
}

#[test]
fn a_json_body_takes_the_place_of_a_form() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let token = kim.form("/demo/wiki/Plan?action=edit", &[]).fields.remove(0);
    assert_eq!(token.0, "__FORM_TOKEN");

    let body = json!({ "text": "Text", "version": 0, "__FORM_TOKEN": token.1 });
    let made = kim.post_json("/demo/wiki/Plan", &body).expect(201);
    let refused = kim.post_json("/demo/wiki/Plan", &json!({ "text": "x", "__FORM_TOKEN": token.1 })).expect(422);

    assert!(made.location().ends_with("/demo/wiki/Plan"), "{}", made.location());
    assert_eq!(refused.header("Content-Type"), Some("application/problem+json"));
    assert_eq!(refused.json()["problems"][0]["field"], "version");
}

#[test]
fn rights_that_are_taken_back_are_gone_at_once() {
    let test = TestSite::new();
    let kim = test.user("kim");
    test.group("friends", &["kim"]);
    kim.get("/demo/wiki/Plan").expect(404);
    // Whoever is granted anything is a member, and has what members have.
    test.revoke("members", &["WIKI_MODIFY"]);
    test.grant("friends", &["WIKI_VIEW", "WIKI_CREATE", "WIKI_MODIFY"]);
    kim.save_page("Plan", "Text");
    assert!(kim.page("Plan").expect(200).words().contains("Text"));

    test.revoke("friends", &["WIKI_MODIFY"]);
    let refused = kim.get("/demo/wiki/Plan?action=edit").expect(403);
    assert!(refused.words().contains("WIKI_MODIFY"), "{}", refused.words());
    test.revoke("friends", &["WIKI_VIEW", "WIKI_CREATE"]);
    kim.page("Plan").expect(404);
}

#[test]
fn a_project_that_was_renamed_is_found_under_its_old_name() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "The text of the plan");

    test.command(&["project", "rename", "demo", "show"]).expect(0);

    kim.get("/demo/wiki/Plan?version=1").expect(301);
    assert!(kim.follow("/demo/wiki/Plan").expect(200).words().contains("The text of the plan"));
    test.anonymous().get("/demo/wiki/Plan").expect(404);
}

#[test]
fn names_of_any_characters_are_text_and_nothing_else() {
    let test = TestSite::new();
    let name = "\"><img src=x onerror=alert(1)> & 'quotes' %2e%2e";
    let kim = test.user("kim").member();
    let profile = [("full_name", "\"><script>alert(1)</script>"), ("email", ""), ("time_zone", "")];
    kim.submit("/-/account", &profile).expect(303);

    kim.save_page(name, "Hostile [[Image(\"x\\\" onerror=1.png\")]] <script>alert(1)</script>");
    test.catch_up();

    let page = kim.page(name).expect(200);
    let here = format!("/demo/wiki/{}", trackway::web::address::path(name));
    for address in [
        here.clone(),
        format!("{here}?action=history"),
        format!("{here}?action=edit"),
        "/demo/wiki?action=index".into(),
        "/demo/search?q=hostile".into(),
        "/-/account".into(),
    ] {
        let answer = kim.get(&address).expect(200);
        assert!(answer.all("main img[onerror], script:not([src])").is_empty(), "{address}:\n{}", answer.main());
    }
    assert_eq!(page.all("h1 bdi"), [name]);
}
