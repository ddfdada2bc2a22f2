//! Class 25, using everything up: what one account can make others wait for has a limit. Limits of bodies, texts, diffs and
//! archives are with what they limit.

use crate::support::TestSite;

#[test]
fn new_accounts_write_so_much_and_no_more() {
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
