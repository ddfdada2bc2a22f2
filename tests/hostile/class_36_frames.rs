//! Class 36, robots, spam and foreign frames.

use crate::support::TestSite;

#[test]
fn no_page_is_framed_and_robots_stay_out_of_the_back_rooms() {
    let test = TestSite::public();
    let page = test.anonymous().get("/demo/query").expect(200);
    assert!(page.header("Content-Security-Policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(page.header("X-Frame-Options"), Some("DENY"));
    for address in ["/-/admin/audit", "/-/admin/settings", "/-/admin/safety"] {
        let shown = test.admin(&format!("a{}", address.len())).get(address).expect(200);
        assert_eq!(shown.attributes("meta[name=robots]", "content"), ["noindex, nofollow"], "{address}");
    }
}
