//! Class 31, secrets that are shown or kept: each is shown once, to whom it belongs, and is in no event, page, cache or log.

use crate::accounts::{person, with_mail};
use crate::second_factor::set_up;
use crate::support::TestSite;

const SECRET: &str = "a secret of several words";

#[test]
fn secrets_of_accounts_are_shown_once_and_never_written_down() {
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

#[test]
fn secrets_of_the_site_are_never_shown() {
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
