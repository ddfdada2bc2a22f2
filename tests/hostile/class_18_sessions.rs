//! Class 18, sessions and one-time links: they begin anew, are for one purpose and end with what they rest on.

use serde_json::json;
use trackway::account::oidc_settings::LINK_BY_EMAIL;
use trackway::auth::accounts;

use crate::accounts::{choose, person, session_of, sign_in, with_mail};
use crate::oidc::{come, with_provider};
use crate::second_factor::{code, second_step, set_up};
use crate::support::Person;

const SECRET: &str = "a secret of several words";

#[test]
fn sessions_and_links_end_with_what_they_rest_on() {
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
fn a_disabled_account_stays_disabled_and_a_second_factor_is_asked_for() {
    let (test, provider) = with_provider();
    let kim = person(&test, "kim");
    test.setting(LINK_BY_EMAIL, "true");
    let claims = json!({ "sub": "u-17", "email": "kim@example.org", "email_verified": true });
    come(&test, &provider, claims.clone()).expect(303);
    let (secret, _, _) = set_up(&kim);
    let first = come(&test, &provider, claims.clone()).expect(200);
    assert!(session_of(&first).is_none());
    assert!(session_of(&second_step(&test, &first, &code(&secret, 1)).expect(303)).is_some());
    test.command(&["user", "disable", "kim"]).expect(0);
    assert!(session_of(&come(&test, &provider, claims).expect(422)).is_none());
    assert!(test.site.read(|db| accounts::load(db, "kim")).unwrap().disabled);
}
