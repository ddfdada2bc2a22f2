//! Stories of second factors: an app that is set up, codes that count once, paper for bad days, and sites that want one of
//! everybody.

use serde_json::json;
use trackway::auth::second_factor::{self, SECOND_FACTOR, code_at};
use trackway::auth::{accounts, sessions};
use trackway::base::event::Via;
use trackway::base::time::Instant;

use crate::accounts::{person, session_of, sign_in};
use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

const SECRET: &str = "a secret of several words";
const PAGE: &str = "/-/account/second-factor";

/// The code that an app shows so many steps from now. An app is set up with that of now, and the next one is taken afterwards:
/// so nothing fails when half a minute is over in between.
pub fn code(secret: &str, steps: i64) -> String {
    code_at(secret, Instant::now().plus_seconds(30 * steps)).unwrap()
}

/// What stands in a form that was answered.
pub fn hidden(answer: &Answer, name: &str) -> String {
    answer.attributes(&format!("input[name={name}]"), "value").remove(0)
}

/// Sets an app up. Returns its secret, the recovery codes, and the person with the session that goes on.
pub fn set_up<'t>(person: &Person<'t>) -> (String, Vec<String>, Person<'t>) {
    let secret = hidden(&person.get(PAGE).expect(200), "secret");
    let fields = [("code", code(&secret, 0)), ("old_password", SECRET.to_owned()), ("secret", secret.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = person.submit(PAGE, &fields).expect(200);
    assert_eq!(done.header("Cache-Control"), Some("no-store"));
    let codes = done.all("ul.codes li");
    (secret, codes, Person::new(person.test, &person.login, session_of(&done)))
}

/// The second step of signing in, from the page that the first one answered.
pub fn second_step(test: &TestSite, first: &Answer, code: &str) -> Answer {
    let (proof, next) = (hidden(first, "proof"), hidden(first, "next"));
    test.anonymous().post_signed("/-/login/second", &[("proof", &proof), ("next", &next), ("code", code)])
}

#[test]
fn an_app_is_set_up_and_asked_for_from_then_on() {
    let test = TestSite::new();
    let kim = person(&test, "kim");
    let there = test.signed_in("kim");
    let page = kim.get(PAGE).expect(200);
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    assert_eq!(page.all("svg.qr").len(), 1);
    let secret = hidden(&page, "secret");
    for (code, password, field) in [
        (code(&secret, 0), "wrong", "old_password"),
        ("000000".to_owned(), SECRET, "code"),
        (String::new(), SECRET, "code"),
    ] {
        let refused = kim.submit(PAGE, &[("secret", &secret), ("code", &code), ("old_password", password)]).expect(422);
        assert_eq!(refused.problems()[0].0, field);
        assert_eq!(hidden(&refused, "secret"), secret, "the app has read it already");
    }
    let (secret, codes, kim) = set_up(&kim);
    assert_eq!(codes.len(), 10);
    kim.get("/-/account").expect(200);
    there.get("/-/account").expect(303);

    let first = sign_in(&test, "kim").expect(200);
    assert!(session_of(&first).is_none(), "the password alone begins no session");
    second_step(&test, &first, "000000").expect(422);
    let done = second_step(&test, &first, &code(&secret, 1)).expect(303);
    assert!(session_of(&done).is_some());

    kim.submit(PAGE, &[("old_password", "wrong")]).expect(422);
    let off = kim.post_signed(&format!("{PAGE}/off"), &[("old_password", SECRET)]).expect(303);
    assert!(session_of(&off).is_some());
    kim.get("/-/account").expect(303);
    assert!(session_of(&sign_in(&test, "kim").expect(303)).is_some());
}

#[test]
fn a_recovery_code_works_once_and_new_ones_take_its_place() {
    let test = TestSite::new();
    let (_, codes, kim) = set_up(&person(&test, "kim"));
    let loud = codes[0].to_uppercase().replace('-', " ");
    let first = sign_in(&test, "kim").expect(200);
    assert!(session_of(&second_step(&test, &first, &loud).expect(303)).is_some());
    second_step(&test, &sign_in(&test, "kim"), &codes[0]).expect(422);
    assert!(kim.get(PAGE).expect(200).text().contains("9 recovery codes are left"));
    let renewed = kim.submit(PAGE, &[("old_password", SECRET)]).expect(200).all("ul.codes li");
    assert_eq!(renewed.len(), 10);
    second_step(&test, &sign_in(&test, "kim"), &codes[1]).expect(422);
    second_step(&test, &sign_in(&test, "kim"), &renewed[1]).expect(303);
}

#[test]
fn a_script_sends_password_and_code_at_once() {
    let test = TestSite::new();
    let (secret, _, _) = set_up(&person(&test, "kim"));
    let send = |code: &str| {
        test.anonymous().post_json("/-/login", &json!({ "user": "kim", "password": SECRET, "code": code }))
    };
    let refused = send("").expect(422);
    assert_eq!(refused.json()["problems"][0]["field"], "code");
    let next = code(&secret, 1);
    assert!(session_of(&send(&next).expect(303)).is_some());
    send(&next).expect(422);
}

#[test]
fn a_site_that_wants_one_of_everybody_has_it_set_up_at_the_next_sign_in() {
    let test = TestSite::new();
    let kim = person(&test, "kim");
    test.setting(SECOND_FACTOR, "administrators");
    kim.get("/-/account").expect(200);
    test.setting(SECOND_FACTOR, "everybody");
    kim.get("/-/account").expect(303);
    let first = sign_in(&test, "kim").expect(200);
    assert!(session_of(&first).is_none());
    let secret = hidden(&first, "secret");
    let proof = hidden(&first, "proof");
    let send = |secret: &str, code: &str| {
        let fields = [("proof", proof.as_str()), ("next", "/"), ("secret", secret), ("code", code)];
        test.anonymous().post_signed("/-/login/second", &fields)
    };
    send(&secret, "000000").expect(422);
    let now = code(&secret, 0);
    let done = send(&secret, &now).expect(200);
    assert_eq!(done.all("ul.codes li").len(), 10);
    Person::new(&test, "kim", session_of(&done)).get("/-/account").expect(200);
    send(&secret, &now).expect(422);
}

#[test]
fn an_administrator_resets_it_for_somebody_who_has_lost_everything() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let (_, _, kim) = set_up(&person(&test, "kim"));
    ada.post_signed("/-/admin/accounts/kim/second-factor", &[]).expect(303);
    ada.post_signed("/-/admin/accounts/kim/second-factor", &[]).expect(409);
    kim.get("/-/account").expect(303);
    let again = Person::new(&test, "kim", session_of(&sign_in(&test, "kim").expect(303)));
    set_up(&again);
    test.command(&["user", "second-factor", "reset", "kim"]).expect(0);
    assert!(session_of(&sign_in(&test, "kim").expect(303)).is_some());
}

#[test]
fn a_session_goes_on_under_another_id_when_groups_change() {
    let test = TestSite::new();
    let kim = test.user("kim");
    test.command(&["group", "create", "staff"]).expect(0);
    test.command(&["group", "add", "staff", "kim"]).expect(0);
    let typed = kim.form("/-/account", &[("full_name", "Kim")]);
    let answer = kim.get("/-/account").expect(200);
    assert!(session_of(&answer).is_none(), "the first of two requests at once has renewed it");
    let sessions = test.site.read(|db| sessions::of_account(db, accounts::load(db, "kim")?.id)).unwrap();
    assert_eq!(sessions.len(), 2, "the former id holds for a minute");
    drop(typed);
}

#[test]
fn of_several_who_send_a_code_at_the_same_time_one_gets_in() {
    let test = TestSite::new();
    let (secret, codes, _) = set_up(&person(&test, "kim"));
    let account = test.site.read(|db| accounts::load(db, "kim")).unwrap().id;
    for one in [code(&secret, 1), codes[3].clone()] {
        let taken: usize = std::thread::scope(|scope| {
            let site = &test.site;
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let one = one.clone();
                    scope.spawn(move || {
                        site.write(None, Via::Web, |db, record| second_factor::take(db, record, account, &one)).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(taken, 1);
    }
}
