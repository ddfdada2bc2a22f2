//! Stories of people for whom another place vouches: a provider that the test runs, and a proxy.

use serde_json::{Value, json};
use trackway::account::oidc_settings::{CLIENT_SECRET, CREATE_ACCOUNTS, GROUPS, LINK_BY_EMAIL};
use trackway::auth::outside::OIDC_ISSUER;
use trackway::auth::{accounts, groups};

use crate::accounts::{person, session_of};
use crate::support::answer::Answer;
use crate::support::oidc::{self, Fault, Provider, Signing};
use crate::support::{Person, TestSite};

pub fn with_provider() -> (TestSite, Provider) {
    let (test, provider) = (TestSite::new(), Provider::start());
    test.setting(OIDC_ISSUER, &provider.issuer);
    test.setting(CLIENT_SECRET, oidc::CLIENT_SECRET);
    (test, provider)
}

/// The value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let cookies = answer.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie"));
    let begin = format!("{name}=");
    let found = cookies.map(|(_, value)| value).find_map(|value| value.strip_prefix(&begin));
    let found = found.unwrap_or_else(|| panic!("{} sets no {name}", answer.asked));
    assert!(found.contains("HttpOnly") && found.contains("SameSite=Lax"), "{found}");
    found.split(';').next().unwrap().to_owned()
}

/// A browser begins, the provider lets somebody in, and the browser comes back.
pub fn come(test: &TestSite, provider: &Provider, claims: Value) -> Answer {
    let (back, browser) = sent(test, provider, claims);
    browser.get(&back)
}

fn sent<'t>(test: &'t TestSite, provider: &Provider, claims: Value) -> (String, Person<'t>) {
    let begun = test.anonymous().get("/-/login/oidc?next=/demo/wiki").expect(303);
    let query = provider.let_in(begun.location(), claims);
    let browser = test.anonymous().with_cookie("trackway_oidc", &cookie(&begun, "trackway_oidc"));
    (format!("/-/login/oidc/back?{query}"), browser)
}

fn groups_of(test: &TestSite, login: &str) -> Vec<String> {
    test.site.read(|db| groups::names(db, &groups::of_account(db, accounts::load(db, login)?.id)?)).unwrap()
}

#[test]
fn somebody_comes_from_another_place_and_is_the_same_person_each_time() {
    let (test, provider) = with_provider();
    assert!(test.anonymous().get("/-/login").expect(200).text().contains("/-/login/oidc?next="));
    let claims = json!({ "sub": "u-17", "preferred_username": "Kim", "name": "Kim Lee", "email": "kim@example.org" });
    come(&test, &provider, claims.clone()).expect(422);
    assert!(test.site.read(|db| accounts::by_login(db, "kim")).unwrap().is_none(), "nobody gets an account unasked");
    test.setting(CREATE_ACCOUNTS, "true");
    let came = come(&test, &provider, claims.clone()).expect(303);
    assert_eq!(came.location(), "/demo/wiki");
    let kim = Person::new(&test, "kim", session_of(&came));
    assert!(kim.get("/-/account").expect(200).text().contains("Kim Lee"));
    let account = test.site.read(|db| accounts::load(db, "kim")).unwrap();
    assert_eq!(account.email, "", "an address that the provider has not looked at is nobody's");
    // The name there may change, and others may take it: the subject counts.
    come(&test, &provider, json!({ "sub": "u-17", "preferred_username": "kimberly" })).expect(303);
    come(&test, &provider, json!({ "sub": "u-18", "preferred_username": "kim" })).expect(303);
    let logins: Vec<String> = test.site.read(accounts::list).unwrap().into_iter().map(|one| one.login).collect();
    assert_eq!(logins, ["kim", "kim-2"]);
    // Without a password there is nothing to forget.
    test.anonymous().submit("/-/forgot", &[("who", "kim")]).expect(200);
    assert!(test.outbox().is_empty());
}

#[test]
fn whatever_it_signs_with_is_believed_also_when_it_has_other_keys_than_before() {
    let (test, provider) = with_provider();
    test.setting(CREATE_ACCOUNTS, "true");
    let claims = json!({ "sub": "u-17", "preferred_username": "kim" });
    for signing in [Signing::Rs256, Signing::Es256, Signing::Rs256] {
        provider.sign_with(signing);
        come(&test, &provider, claims.clone()).expect(303);
        provider.fault(Fault::Signature);
        assert!(session_of(&come(&test, &provider, claims.clone()).expect(500)).is_none(), "{signing:?}");
        provider.fault(Fault::None);
    }
    assert_eq!(test.site.read(accounts::list).unwrap().len(), 1);
}

#[test]
fn a_code_and_what_is_said_with_it_are_believed_only_if_everything_fits() {
    let (test, provider) = with_provider();
    test.setting(CREATE_ACCOUNTS, "true");
    let claims = json!({ "sub": "u-17", "preferred_username": "kim" });
    for fault in [Fault::Nonce, Fault::Audience, Fault::Issuer, Fault::Expired, Fault::Signature, Fault::Unsigned] {
        provider.fault(fault);
        let refused = come(&test, &provider, claims.clone()).expect(500);
        assert!(session_of(&refused).is_none(), "{fault:?}");
    }
    for fault in [Fault::Redirect, Fault::ForeignKeys] {
        // One that was asked before is not asked again for a while.
        let (test, provider) = with_provider();
        provider.fault(fault);
        test.anonymous().get("/-/login/oidc").expect(500);
    }
    provider.fault(Fault::None);
    // From another browser, with another state, or twice.
    let (back, browser) = sent(&test, &provider, claims.clone());
    test.anonymous().get(&back).expect(422);
    browser.get(&back.replace("state=", "state=x")).expect(422);
    browser.get(&back).expect(303);
    browser.get(&back).expect(500);
    browser.get("/-/login/oidc/back").expect(422);
    // A cookie that somebody has changed.
    let (back, _) = sent(&test, &provider, claims);
    let forged = test.anonymous().with_cookie("trackway_oidc", "a.b.c.d.1.e");
    forged.get(&back).expect(422);
    test.setting(OIDC_ISSUER, "");
    test.anonymous().get("/-/login/oidc").expect(404);
    test.setting(OIDC_ISSUER, "http://192.0.2.1");
    test.anonymous().get("/-/login/oidc").expect(500);
}

#[test]
fn an_account_is_found_by_an_address_only_where_both_sides_know_it() {
    let (test, provider) = with_provider();
    person(&test, "kim");
    let claims = |verified: bool| json!({ "sub": "u-17", "email": "kim@example.org", "email_verified": verified });
    come(&test, &provider, claims(true)).expect(422);
    test.setting(LINK_BY_EMAIL, "true");
    come(&test, &provider, claims(false)).expect(422);
    let came = come(&test, &provider, claims(true)).expect(303);
    let kim = Person::new(&test, "kim", session_of(&came));
    assert!(kim.get("/-/account").expect(200).text().contains("kim"));
    // Somebody else there with the same address is not them.
    let other = json!({ "sub": "u-99", "email": "kim@example.org", "email_verified": true });
    come(&test, &provider, other).expect(422);
}

#[test]
fn groups_follow_what_is_said_and_no_other_group_is_touched() {
    let (test, provider) = with_provider();
    person(&test, "kim");
    for group in ["teachers", "students", "ours"] {
        test.command(&["group", "create", group]).expect(0);
    }
    test.command(&["group", "add", "students", "kim"]).expect(0);
    test.command(&["group", "add", "ours", "kim"]).expect(0);
    test.setting(LINK_BY_EMAIL, "true");
    test.setting(GROUPS, "staff of 2026=teachers; students=students; gone=not-here");
    let claims =
        |groups: Value| json!({ "sub": "u-17", "email": "kim@example.org", "email_verified": true, "groups": groups });
    come(&test, &provider, claims(json!(["staff of 2026", "ours", "admin", "gone"]))).expect(303);
    assert_eq!(groups_of(&test, "kim"), ["ours", "teachers"]);
    come(&test, &provider, claims(json!([]))).expect(303);
    assert_eq!(groups_of(&test, "kim"), ["ours"]);
}
