//! Classes of real vulnerabilities around accounts, one test each, named after the class (trackers.md e2).

use trackway::auth::registration::REGISTRATION;
use trackway::web::address;

use crate::accounts::{choose, person, session_of, sign_in, with_mail};
use crate::second_factor::{code, hidden, second_step, set_up};
use crate::support::{Person, TestSite};

const SECRET: &str = "a secret of several words";

#[test]
fn class_17_open_redirect() {
    let test = TestSite::new();
    let (secret, codes, _) = set_up(&person(&test, "kim"));
    person(&test, "lee");
    let evil = [
        "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "/\t/evil.example",
        "/\n/evil.example", "%2f%2fevil.example", "javascript:alert(1)", "\\\\evil.example",
    ];
    for (at, next) in evil.iter().enumerate() {
        let page = format!("/-/login?next={}", address::segment(next));
        let first = test.anonymous().submit(&page, &[("user", "lee"), ("password", SECRET)]).expect(303);
        assert_eq!(first.location(), "/", "{next:?}");
        if at < codes.len() {
            let first = sign_in(&test, "kim").expect(200);
            let fields =
                [("proof", hidden(&first, "proof")), ("next", (*next).to_owned()), ("code", codes[at].clone())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let second = test.anonymous().post_signed("/-/login/second", &fields).expect(303);
            assert_eq!(second.location(), "/", "{next:?}");
        }
    }
    assert!(!secret.is_empty());
}

#[test]
fn class_18_sessions_and_reset_tokens() {
    let (test, server) = with_mail();
    let kim = person(&test, "kim");
    person(&test, "lee");
    // A session id that somebody has planted is worth nothing after signing in.
    let planted = "a".repeat(64);
    let mallory = Person::new(&test, "kim", Some(planted.clone()));
    let begun = mallory.submit("/-/login", &[("user", "kim"), ("password", SECRET)]).expect(303);
    assert_ne!(session_of(&begun).unwrap(), planted);
    mallory.get("/-/account").expect(303);
    // A link is for one account, once, and no other purpose; asking again takes the power of the earlier one.
    test.anonymous().submit("/-/forgot", &[("who", "kim")]).expect(200);
    test.send_mail();
    let link = server.next().link();
    choose(&test, &link, &[("user", "lee")]).expect(303);
    assert!(session_of(&sign_in(&test, "lee").expect(303)).is_some(), "lee's password is lee's");
    test.anonymous().post_signed(&link, &[("password", SECRET), ("password_again", SECRET)]).expect(404);
    // All sessions have ended with the password; they end with the second factor, with rights, with disabling.
    kim.get("/-/account").expect(303);
    let ada = test.admin("ada");
    for deed in ["admin", "no-admin", "disable"] {
        let lee = test.signed_in("lee");
        ada.post_signed(&format!("/-/admin/accounts/lee/{deed}"), &[]).expect(303);
        lee.get("/-/account").expect(303);
    }
    // What is disabled is let in by nothing.
    let before = test.outbox().len();
    test.anonymous().submit("/-/forgot", &[("who", "lee")]).expect(200);
    assert_eq!(test.outbox().len(), before);
    sign_in(&test, "lee").expect(422);
    // A new password does not get around the second factor.
    let kim = Person::new(&test, "kim", session_of(&sign_in(&test, "kim")));
    let (secret, _, _) = set_up(&kim);
    test.setting(trackway::account::mail::SMTP, "");
    let link = test.command(&["user", "link", "kim"]).expect(0).stdout;
    let link = link.trim();
    let chosen = choose(&test, &link[link.find("/-/link/").unwrap()..], &[]).expect(200);
    assert!(session_of(&chosen).is_none());
    assert!(session_of(&second_step(&test, &chosen, &code(&secret, 1)).expect(303)).is_some());
}

#[test]
fn class_19_host_header() {
    let (test, server) = with_mail();
    person(&test, "kim");
    let mallory = test.anonymous().with_header("X-Forwarded-Host", "evil.example");
    mallory.submit("/-/forgot", &[("who", "kim")]).expect(200);
    let elsewhere = test.anonymous().with_header("Host", "evil.example");
    assert_eq!(elsewhere.get("/-/forgot").status, 421);
    test.send_mail();
    let mail = server.next().text();
    assert!(mail.contains(crate::support::ADDRESS) && !mail.contains("evil.example"), "{mail}");
}

#[test]
fn class_20_second_factor() {
    let test = TestSite::new();
    let (secret, codes, _) = set_up(&person(&test, "kim"));
    let (_, others, _) = set_up(&person(&test, "lee"));
    let now = code(&secret, 1);
    let first = sign_in(&test, "kim").expect(200);
    second_step(&test, &first, &others[0]).expect(422);
    second_step(&test, &first, &now).expect(303);
    // The same code again, with the same proof or with another one.
    second_step(&test, &first, &now).expect(422);
    second_step(&test, &sign_in(&test, "kim"), &now).expect(422);
    // A proof belongs to its account, and to the password of its moment.
    let proof = hidden(&first, "proof");
    let lee = test.site.read(|db| trackway::auth::accounts::load(db, "lee")).unwrap().id;
    let forged = proof.replacen(|digit: char| digit.is_ascii_digit(), &lee.to_string(), 1);
    let send = |proof: &str, code: &str| {
        test.anonymous().post_signed("/-/login/second", &[("proof", proof), ("next", "/"), ("code", code)])
    };
    send(&forged, &others[0]).expect(422);
    send("", &codes[0]).expect(422);
    send("1.2.3.4", &codes[0]).expect(422);
    test.command_with_input(&["user", "password", "kim"], "another secret of words").expect(0);
    send(&proof, &codes[0]).expect(422);
    // Guessing is slowed down.
    let first = sign_in(&test, "lee").expect(200);
    let mut slowed = false;
    for _ in 0..12 {
        slowed |= second_step(&test, &first, "123456").status == 429;
    }
    assert!(slowed);
}

#[test]
fn class_21_nobody_learns_who_has_an_account() {
    let (test, server) = with_mail();
    test.setting(REGISTRATION, "open");
    person(&test, "kim");
    let ask = |page: &str, name: &str, value: &str| {
        let asked = test.anonymous().submit(page, &[(name, value)]).expect(200);
        let headers: Vec<_> = asked.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        (asked.without_token(), headers)
    };
    let events = |test: &TestSite| test.event_count();
    let mut counts = Vec::new();
    for (page, name, known, unknown) in [
        ("/-/forgot", "who", "kim", "kit"),
        ("/-/forgot", "who", "kim@example.org", "kit@example.org"),
        ("/-/register", "email", "kim@example.org", "kit@example.org"),
    ] {
        let before = events(&test);
        let answer = ask(page, name, known);
        let between = events(&test);
        assert_eq!(answer, ask(page, name, unknown), "{page} {known}");
        counts.push((between - before, events(&test) - between));
    }
    assert!(counts.iter().all(|(known, unknown)| known == unknown), "as much is written for both: {counts:?}");
    test.send_mail();
    let mails = server.rest();
    assert_eq!(mails.len(), 3, "a new password, a registration, and a word that there is an account");
    assert!(mails.iter().all(|mail| mail.to[0].contains("example.org")));
}

#[test]
fn class_31_secrets_are_shown_once_and_never_written_down() {
    let (test, server) = with_mail();
    let kim = person(&test, "kim");
    let (secret, codes, kim) = set_up(&kim);
    assert!(!kim.get("/-/account/second-factor").expect(200).text().contains(&secret));
    test.anonymous().submit("/-/forgot", &[("who", "kim")]).expect(200);
    test.send_mail();
    let token = server.next();
    let token = if token.text().contains("/-/link/") { token } else { server.next() }.link();
    let token = token.rsplit('/').next().unwrap().to_owned();
    let events: String =
        test.site.read(|db| Ok(db.query_row("select group_concat(data) from event", [], |row| row.get(0))?)).unwrap();
    for hidden in [secret.as_str(), codes[0].as_str(), token.as_str(), SECRET, "kim@example.org"] {
        assert!(!events.contains(hidden), "an event holds {hidden}");
    }
}
