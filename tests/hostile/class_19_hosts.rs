//! Class 19, trust in headers: no address of ours and no person comes from a header that anybody can write.

use trackway::web::proxy::{PROXY_PEERS, PROXY_USER_HEADER};

use crate::accounts::{person, session_of, with_mail};
use crate::second_factor::set_up;
use crate::support::TestSite;

#[test]
fn links_in_mails_name_our_own_host() {
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
fn an_identity_header_is_believed_from_listed_peers_only() {
    let test = TestSite::new();
    let kim = person(&test, "kim");
    let asking = |from: &str, name: &str| {
        let asked = test.anonymous().with_header("X-Remote-User", name).coming_from(from).get("/-/account");
        (asked.status, session_of(&asked).is_some())
    };
    let (refused, let_in) = ((303, false), (200, true));
    assert_eq!(asking("10.0.0.1", "kim"), refused, "nobody is listened to unless somebody is listed");
    test.setting(PROXY_USER_HEADER, "X-Remote-User");
    assert_eq!(asking("10.0.0.1", "kim"), refused);
    test.setting(PROXY_PEERS, "192.0.2.0/24 10.0.0.1");
    assert_eq!(asking("10.0.0.1", "kim"), let_in);
    assert_eq!(asking("192.0.2.77", "kim"), let_in);
    for other in ["10.0.0.2", "192.0.3.1", "::1", "127.0.0.1"] {
        assert_eq!(asking(other, "kim"), refused, "{other}");
    }
    assert_eq!(asking("10.0.0.1", "nobody"), refused);
    assert_eq!(asking("10.0.0.1", ""), refused);
    let twice = test.anonymous().with_header("X-Remote-User", "kim").with_header("X-Remote-User", "ada");
    assert_eq!(twice.coming_from("10.0.0.1").get("/-/account").status, 303, "said twice it may be anybody's");
    let forwarded = test.anonymous().with_header("X-Remote-User", "kim").with_header("X-Forwarded-For", "10.0.0.1");
    assert_eq!(forwarded.coming_from("203.0.113.9").get("/-/account").status, 303);
    set_up(&kim);
    assert_eq!(asking("10.0.0.1", "kim"), refused, "a second factor is not got around");
    test.command(&["user", "second-factor", "reset", "kim"]).expect(0);
    test.command(&["user", "disable", "kim"]).expect(0);
    assert_eq!(asking("10.0.0.1", "kim"), refused);
}

#[test]
fn forwarded_addresses_are_believed_from_listed_peers_only() {
    let test = TestSite::public();
    test.command(&["setting", "set", "limits.anonymous_expensive", "2"]).expect(0);
    let last_of_three = |peer: &str, asker: &dyn Fn(usize) -> String| {
        let ask = |number: usize| {
            let asker = test.anonymous().coming_from(peer).with_header("X-Forwarded-For", &asker(number));
            asker.get("/demo/query").status
        };
        (0..3).map(ask).last().unwrap()
    };
    // Made up by whoever asks: they are told apart by where they come from.
    assert_eq!(last_of_three("203.0.113.9", &|number| format!("198.51.100.{number}")), 429);
    // By a proxy that nobody has listed: as if it were a program of its operator.
    assert_eq!(last_of_three("127.0.0.1", &|_| "198.51.100.7".to_owned()), 200);
    let listed = TestSite::public();
    let test = &listed;
    for (name, value) in [("limits.anonymous_expensive", "2"), ("proxy.peers", "127.0.0.1 10.0.0.0/8")] {
        test.command(&["setting", "set", name, value]).expect(0);
    }
    let ask = |peer: &str, chain: &str| {
        let asker = test.anonymous().coming_from(peer).with_header("X-Forwarded-For", chain);
        [(); 3].map(|()| asker.get("/demo/query").status)[2]
    };
    assert_eq!(ask("127.0.0.1", "198.51.100.7"), 429);
    assert_eq!(ask("10.0.0.1", "198.51.100.7, 198.51.100.8, 10.0.0.2"), 429, "by two proxies");
    let other = test.anonymous().coming_from("127.0.0.1").with_header("X-Forwarded-For", "198.51.100.9");
    assert_eq!(other.get("/demo/query").status, 200, "others behind the same proxy are not held up");
    // What stands before the last address is made up by whoever asked the proxy.
    let made_up = |number: u8| {
        let chain = format!("192.0.2.{number}, 198.51.100.10");
        test.anonymous().coming_from("127.0.0.1").with_header("X-Forwarded-For", &chain).get("/demo/query").status
    };
    assert_eq!([made_up(1), made_up(2), made_up(3)], [200, 200, 429]);
}
