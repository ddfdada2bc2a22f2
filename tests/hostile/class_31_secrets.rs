//! Class 31, secrets that are shown or kept: each is shown once, to whom it belongs, and is in no event, page, cache or log.

use std::path::Path;

use crate::accounts::{person, with_mail};
use crate::second_factor::set_up;
use crate::support::server::{Server, free_address, request};
use crate::support::{TestSite, command};

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

/// The files of a folder and of those in it that hold one of these.
fn holding(folder: &Path, secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, secrets));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        found.extend(
            secrets
                .iter()
                .filter(|secret| text.contains(*secret))
                .map(|secret| format!("{}: {secret}", path.display())),
        );
    }
    found
}

/// Whatever lets somebody in, shown at every kind of door in every way in which it can be: neither the log nor any file of the
/// site holds it afterwards.
#[test]
fn what_lets_somebody_in_is_in_no_log_and_no_file() {
    let test = TestSite::public();
    let kim = person(&test, "kim");
    let session = kim.session.clone().unwrap();
    let feed = kim.post_json("/-/account/tokens", &serde_json::json!({ "label": "reader" })).expect(201).json();
    let said = |arguments: &[&str]| test.command(arguments).expect(0).stdout;
    let word = |text: &str, begin: &str| {
        let found = text.split(|c: char| c.is_whitespace() || c == '/').find(|word| word.starts_with(begin));
        found.unwrap_or_else(|| panic!("no {begin} in {text}")).to_owned()
    };
    let token = word(&said(&["token", "create", "kim", "--label", "robot"]), "twk_");
    let link = said(&["user", "link", "kim"]);
    let link = link.trim().rsplit('/').next().unwrap().to_owned();
    let password = "a phrase that nobody else has".to_owned();
    let secrets = vec![session, feed["token"].as_str().unwrap().to_owned(), token, link, password.clone()];
    assert!(secrets.iter().all(|secret| secret.len() > 15), "{secrets:?}");

    let data = test.data();
    let _folder = test.close();
    let address = free_address();
    let server = Server::start_with(&data, address, &["--no-repo", "--log-format", "json", "--log-requests"]);
    let mut asked = 0;
    for secret in &secrets {
        for door in [
            "/demo/wiki", "/demo/query?format=atom", "/demo/nothing", "/-/account", "/-/admin", "/-/metrics",
            "/-/static/x/y", "/demo/ticket/1",
        ] {
            let and = if door.contains('?') { '&' } else { '?' };
            for (path, headers) in [
                (door.to_owned(), vec![("Authorization", format!("Bearer {secret}"))]),
                (door.to_owned(), vec![("Authorization", format!("Basic {secret}"))]),
                (door.to_owned(), vec![("Cookie", format!("trackway={secret}; trackway_oidc={secret}"))]),
                (
                    door.to_owned(),
                    vec![("Referer", format!("http://{address}/-/link/{secret}")), ("User-Agent", secret.clone())],
                ),
                (format!("{door}{and}token={secret}"), vec![]),
                (format!("/-/link/{}", secret.replace(' ', "%20")), vec![]),
            ] {
                let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let path = path.replace(' ', "+");
                request(address, "GET", &path, &headers, "").unwrap();
                asked += 1;
            }
        }
        for (door, field) in [
            ("/-/login", "password"),
            ("/-/register", "password"),
            ("/-/account/password", "old_password"),
            ("/-/login/second", "code"),
        ] {
            let body = format!("user=kim&{field}={}", secret.replace(' ', "+"));
            let kind = [("Content-Type", "application/x-www-form-urlencoded")];
            request(address, "POST", door, &kind, &body).unwrap();
            asked += 1;
        }
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let said = server.said();
    server.stop();
    assert!(said.lines().filter(|line| line.contains("trackway::request")).count() >= asked, "{said}");
    for secret in &secrets {
        for form in [secret.clone(), secret.replace(' ', "+"), secret.replace(' ', "%20")] {
            assert!(!said.contains(&form), "{form} in the log");
        }
    }
    command::run(&data, &["check"], b"").expect(0);
    let found = holding(&data, &secrets);
    assert!(found.is_empty(), "{found:#?}");
}
