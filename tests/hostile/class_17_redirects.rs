//! Class 17, open redirects: whoever signs in comes back to a page of ours, wherever the address says that it goes on.

use trackway::web::address;

use crate::accounts::{person, sign_in};
use crate::second_factor::{hidden, set_up};
use crate::support::TestSite;

const SECRET: &str = "a secret of several words";

#[test]
fn signing_in_leads_nowhere_else() {
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
