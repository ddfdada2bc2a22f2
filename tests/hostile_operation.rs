//! Classes of real vulnerabilities that concern who runs a site (trackers.md e2). Archives of class 26 are in `backup.rs`.

use crate::support::TestSite;

#[test]
fn class_25_resource_exhaustion_by_new_accounts_is_held_up() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.command(&["setting", "set", "limits.new_account_writes", "3"]).expect(0);
    let answers: Vec<u16> = (0..5)
        .map(|at| {
            kim.post_signed(
                &format!("/demo/wiki/Page{at}?action=edit"),
                &[("text", "x"), ("version", "0"), ("save", "1")],
            )
            .status
        })
        .collect();
    assert_eq!(answers, [303, 303, 303, 429, 429]);
    let refused = kim.post_signed(
        "/demo/wiki/Late?action=edit",
        &[("text", "What was typed, all of it."), ("version", "0"), ("save", "1")],
    );
    assert!(refused.header("Retry-After").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    assert!(refused.text().contains("What was typed, all of it."), "nothing typed is lost");
    kim.page("Page0").expect(200);
    // Who has been here for longer is not held up.
    test.site
        .db()
        .write(|db| Ok(db.execute("update account set created_at = created_at - 172800000000", [])?))
        .unwrap();
    test.signed_in("kim").save_page("Later", "x");
}

#[test]
fn class_19_forwarded_addresses_are_believed_from_listed_peers_only() {
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
        (0..3).map(|_| asker.get("/demo/query").status).last().unwrap()
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

#[test]
fn class_26_a_frame_that_asks_for_endless_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not");
    std::fs::write(&file, [0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap();
    let refused = crate::support::command::run(
        &folder.path().join("x"),
        &["restore", "--verify", &file.display().to_string()],
        b"",
    );
    assert!(refused.expect(1).stderr.contains("not whole"));
}

#[test]
fn class_31_secrets_shown_or_cached() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    test.command_with_input(&["setting", "set", "metrics.token", "-"], "open sesame").expect(0);
    for address in [
        "/-/admin/settings",
        "/-/admin/settings?format=json",
        "/-/admin/audit?format=json",
        "/-/admin/audit?format=csv",
    ] {
        let answer = ada.get(address).expect(200);
        assert!(!answer.text().contains("sesame"), "{address}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{address}");
    }
}

#[test]
fn class_36_robots_spam_and_frames() {
    let test = TestSite::public();
    let page = test.anonymous().get("/demo/query").expect(200);
    assert!(page.header("Content-Security-Policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(page.header("X-Frame-Options"), Some("DENY"));
    for address in ["/-/admin/audit", "/-/admin/settings", "/-/admin/safety"] {
        let shown = test.admin(&format!("a{}", address.len())).get(address).expect(200);
        assert_eq!(shown.attributes("meta[name=robots]", "content"), ["noindex, nofollow"], "{address}");
    }
}
