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
