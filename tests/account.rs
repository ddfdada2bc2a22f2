//! Stories of accounts: the link that works once, signing in, guessing, and what people say of themselves.

use rocket::http::Method;
use serde_json::json;
use trackway::auth::{accounts, links};
use trackway::base::event::Via;

use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

const SECRET: &str = "a secret of several words";

fn link(test: &TestSite, login: Option<&str>) -> String {
    let token = test.site.write(None, Via::Command, |db, record| {
        let account = login.map(|login| accounts::load(db, login)).transpose()?.map(|account| account.id);
        links::create(db, record, account)
    });
    format!("/-/link/{}", token.unwrap())
}

fn choose(person: &Person<'_>, link: &str, password: &str) -> Answer {
    person.submit(link, &[("password", password), ("password_again", password)])
}

/// The secret of the session that an answer begins.
#[track_caller]
fn session_of(answer: &Answer) -> String {
    let cookies = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let found = cookies.map(|(_, value)| value).find(|value| value.starts_with("trackway="));
    let cookie = found.unwrap_or_else(|| panic!("{} begins no session", answer.asked));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

fn sign_in(test: &TestSite, user: &str, password: &str, next: &str) -> Answer {
    let page = format!("/-/login?next={}", trackway::web::address::segment(next));
    test.anonymous().submit(&page, &[("user", user), ("password", password)])
}

#[test]
fn the_first_link_makes_the_administrator_and_works_once() {
    let test = TestSite::new();
    let first = link(&test, None);
    let anonymous = test.anonymous();
    let opened = anonymous.get(&first).expect(200);
    assert_eq!(opened.header("Referrer-Policy"), Some("same-origin"), "no other site hears of the address");
    assert_eq!(opened.header("Cache-Control"), Some("no-store"));
    assert_eq!(opened.header("Set-Cookie"), None);
    for (fields, field) in [
        ([("user", ""), ("password", SECRET), ("password_again", SECRET)], "user"),
        ([("user", "a b"), ("password", SECRET), ("password_again", SECRET)], "user"),
        ([("user", "anonymous"), ("password", SECRET), ("password_again", SECRET)], "user"),
        ([("user", "ada"), ("password", "short"), ("password_again", "short")], "password"),
        ([("user", "ada-lovelace"), ("password", "Ada-Lovelace"), ("password_again", "Ada-Lovelace")], "password"),
        ([("user", "ada"), ("password", SECRET), ("password_again", "another secret")], "password_again"),
    ] {
        let refused = anonymous.submit(&first, &fields).expect(422);
        assert_eq!(refused.problems()[0].0, field, "{fields:?}");
        assert_eq!(refused.attributes("input[name=user]", "value"), [fields[0].1]);
        assert!(!refused.text().contains(SECRET), "a password is never shown again");
    }
    let fields = [("user", "ada"), ("full_name", "Ada"), ("password", SECRET), ("password_again", SECRET)];
    let ada = Person::new(&test, "ada", Some(session_of(&anonymous.submit(&first, &fields).expect(303))));
    ada.get("/-/admin").expect(200);
    let used = anonymous.get(&first).expect(404);
    let forged = anonymous.get(&format!("/-/link/{}", "0".repeat(48))).expect(404);
    assert_eq!(used.words(), forged.words());
    let another = link(&test, None);
    anonymous.get(&another).expect(404);
}

#[test]
fn an_invited_person_chooses_a_password_and_a_disabled_one_cannot() {
    let test = TestSite::new();
    let kim = test.user("kim");
    let first = link(&test, Some("kim"));
    let second = link(&test, Some("kim"));
    test.anonymous().get(&first).expect(404);
    test.anonymous().submit(&second, &[("user", "root"), ("password", SECRET), ("password_again", SECRET)]).expect(303);
    // Sessions from before have ended.
    assert!(kim.get("/-/account").expect(303).location().starts_with("/-/login"));
    session_of(&sign_in(&test, "kim", SECRET, "/").expect(303));
    let open = link(&test, Some("kim"));
    test.site
        .write(None, Via::Command, |db, record| {
            let account = accounts::load(db, "kim")?.id;
            accounts::set_disabled(db, record, account, true)
        })
        .unwrap();
    test.anonymous().get(&open).expect(404);
    let after = link(&test, Some("kim"));
    test.anonymous().get(&after).expect(404);
    sign_in(&test, "kim", SECRET, "/").expect(422);
}

#[test]
fn a_wrong_name_and_a_wrong_password_read_alike() {
    let test = TestSite::new();
    test.user("kim");
    choose(&test.anonymous(), &link(&test, Some("kim")), SECRET).expect(303);
    let wrong = sign_in(&test, "kim", "not the secret", "/").expect(422);
    let unknown = sign_in(&test, "kit", "not the secret", "/").expect(422);
    assert_eq!(wrong.problems(), unknown.problems());
    assert_eq!(wrong.without_token().replace("kim", "kit"), unknown.without_token());
    assert_eq!(sign_in(&test, "", "", "/").expect(422).problems().len(), 2);
    session_of(&sign_in(&test, "KIM", SECRET, "/").expect(303));
}

#[test]
fn guessing_is_slowed_down_for_forms_and_for_scripts() {
    let test = TestSite::new();
    for _ in 0..8 {
        sign_in(&test, "kim", "guess", "/");
    }
    let slowed = sign_in(&test, "kim", "guess", "/").expect(429);
    assert!(slowed.header("Retry-After").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|count| count > 0)));
    let script = test.anonymous().post_json("/-/login", &json!({"user": "kim", "password": "guess"})).expect(429);
    assert!(script.header("Retry-After").is_some());
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let test = TestSite::new();
    test.user("kim");
    let begun = choose(&test.anonymous(), &link(&test, Some("kim")), SECRET).expect(303);
    let here = Person::new(&test, "kim", Some(session_of(&begun)));
    let there = Person::new(&test, "kim", Some(session_of(&sign_in(&test, "kim", SECRET, "/").expect(303))));
    let new = "another secret of words";
    for (old, password, again, field) in [
        ("wrong", new, new, "old_password"),
        (SECRET, "short", "short", "password"),
        (SECRET, new, "something else", "password_again"),
    ] {
        let fields = [("old_password", old), ("password", password), ("password_again", again)];
        assert_eq!(here.submit("/-/account", &fields).expect(422).problems()[0].0, field);
    }
    there.get("/-/account").expect(200);
    let fields = [("old_password", SECRET), ("password", new), ("password_again", new)];
    let changed = here.submit("/-/account", &fields).expect(303);
    let renewed = Person::new(&test, "kim", Some(session_of(&changed)));
    renewed.get("/-/account").expect(200);
    for ended in [&here, &there] {
        ended.get("/-/account").expect(303);
    }
    sign_in(&test, "kim", SECRET, "/").expect(422);
    sign_in(&test, "kim", new, "/").expect(303);
}

#[test]
fn what_people_say_of_themselves_is_checked_field_by_field() {
    let test = TestSite::new();
    let kim = test.user("kim");
    let long = "n".repeat(201);
    let good = [("full_name", "Kim"), ("email", "kim@example.org"), ("time_zone", "Europe/Prague")];
    for (field, value) in [
        ("full_name", long.as_str()),
        ("email", "no address"),
        ("email", "a@b@c"),
        ("email", "@"),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "\u{FFFD}"),
        ("theme", "loud"),
    ] {
        let mut form = kim.form("/-/account", &good);
        form.fill(&[(field, value)]);
        let body = form.encoded().into_bytes();
        let refused = kim.send(Method::Post, &form.action, "application/x-www-form-urlencoded", body).expect(422);
        assert_eq!(refused.problems()[0].0, field, "{value}");
        if field != "theme" {
            assert_eq!(refused.attributes(&format!("input[name={field}]"), "value"), [value]);
        }
    }
    kim.submit("/-/account", &good).expect(303);
    let shown = kim.get("/-/account").expect(200);
    assert_eq!(shown.attributes("input[name=email]", "value"), ["kim@example.org"]);
    test.anonymous().post("/-/account", &good).expect(400);
}

#[test]
fn signing_in_leads_to_places_of_this_site_only() {
    let test = TestSite::new();
    test.user("kim");
    choose(&test.anonymous(), &link(&test, Some("kim")), SECRET).expect(303);
    for (next, leads) in [
        ("/demo/wiki/A%20B?version=1", "/demo/wiki/A%20B?version=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("https:evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let answer = sign_in(&test, "kim", SECRET, next).expect(303);
        assert_eq!(answer.location(), leads, "{next:?}");
        let kim = Person::new(&test, "kim", Some(session_of(&answer)));
        let page = format!("/-/login?next={}", trackway::web::address::segment(next));
        assert_eq!(kim.get(&page).expect(303).location(), leads, "{next:?}");
    }
}

#[test]
fn signing_out_ends_the_session() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let form = kim.form("/demo/wiki/Plan?action=edit", &[]);
    assert_eq!(form.action, "/-/logout");
    let kind = "application/x-www-form-urlencoded";
    kim.send(Method::Post, &form.action, kind, form.encoded().into_bytes()).expect(303);
    kim.get("/demo/wiki/Plan?action=edit").expect(404);
}

#[test]
fn a_form_of_passwords_carries_none_of_them_through_signing_in() {
    let test = TestSite::new();
    let kim = test.user("kim");
    let mut form = kim.form("/-/account", &[("old_password", "the old secret")]);
    form.fill(&[("password", "the new secret")]);
    test.site.db().write(|db| trackway::auth::sessions::end(db, kim.session.as_deref().unwrap())).unwrap();
    let kind = "application/x-www-form-urlencoded";
    let ended = kim.send(Method::Post, &form.action, kind, form.encoded().into_bytes()).expect(401);
    assert!(!ended.text().contains("the old secret") && !ended.text().contains("the new secret"));
}

#[test]
fn who_begins_to_write_a_name_is_offered_people_of_the_project() {
    let test = TestSite::new();
    test.command(&["user", "add", "lee", "--full-name", "Kit Lee"]).expect(0);
    let lee = test.signed_in("lee").member();
    let (kim, kirk) = (test.user("kim").member(), test.user("kirk").member());
    for person in [&lee, &kim, &kirk] {
        person.save_page(&person.login, "So that the project knows me.");
    }
    test.user("kitty");
    let offered = |person: &Person<'_>, typed: &str| {
        let answer = person.get(&format!("/demo/people/suggest?q={typed}")).expect(200).json();
        let people = answer.as_array().unwrap().clone();
        people.iter().map(|one| one["login"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(
        offered(&kim, "ki"),
        ["kim", "kirk", "lee"],
        "user names before full names, and nobody else of the site"
    );
    assert_eq!(offered(&kim, "KIT"), ["lee"]);
    assert_eq!(offered(&kim, "le"), ["lee"], "also the later words of a full name");
    assert_eq!(offered(&kim, "it"), [] as [&str; 0]);
    assert_eq!(offered(&kim, ""), ["kim", "kirk", "lee"]);
    assert_eq!(offered(&kim, "%25"), [] as [&str; 0]);
    assert_eq!(kim.get("/demo/people/suggest?q=lee").expect(200).json()[0]["name"], "Kit Lee");
    for number in 0..12 {
        test.user(&format!("many{number}")).member().save_page(&format!("Of {number}"), "Text");
    }
    assert_eq!(offered(&kim, "many").len(), 8);
    // Who may not see people is told of none.
    test.anonymous().get("/demo/people/suggest?q=ki").expect(404);
    test.revoke("members", &["WIKI_VIEW"]);
    kim.get("/demo/people/suggest?q=ki").expect(404);
}
