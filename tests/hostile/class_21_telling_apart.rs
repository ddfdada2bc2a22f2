//! Class 21, comparisons that tell: an answer, what is written and how long it takes are the same for a name that has an
//! account and for one that has none.

use trackway::auth::registration::REGISTRATION;

use crate::accounts::{person, with_mail};
use crate::support::TestSite;

#[test]
fn nobody_learns_who_has_an_account() {
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
