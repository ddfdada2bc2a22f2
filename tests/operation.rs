//! Stories of those who run the server: stopping it, its log, its numbers, the texts for other programs, what is dangerous.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::TestSite;
use crate::support::command;
use crate::support::server::{self, Server};

#[test]
fn asked_to_stop_it_finishes_what_it_has_begun_and_ends() {
    let test = TestSite::public();
    let data = test.data();
    let _folder = test.close();
    let address = server::free_address();
    let serving = Server::start(&data, address);
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /-/live?projects=demo HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut hello = [0; 12];
    stream.read_exact(&mut hello).unwrap();
    // One that ends after all, and one that never does.
    let mut half = TcpStream::connect(address).unwrap();
    write!(half, "GET /-/health HTTP/1.1\r\nHost: {address}\r\n").unwrap();
    let mut never = TcpStream::connect(address).unwrap();
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000";
    write!(never, "POST /demo/wiki/Half HTTP/1.1\r\nHost: {address}\r\n{form}\r\n\r\ntext=Half+a+page").unwrap();
    let begun = Instant::now();
    let stopping = std::thread::spawn(move || serving.stop());
    std::thread::sleep(Duration::from_millis(100));
    let _ = write!(half, "\r\n");
    stopping.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // What came in time is answered whole, or not at all.
    let mut answer = Vec::new();
    half.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    if half.read_to_end(&mut answer).is_ok() && !answer.is_empty() {
        let answer = server::read_reply(&answer).expect("a whole answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let mut rest = Vec::new();
    never.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = never.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 303"), "half a page was taken");
    command::run(&data, &["check"], b"").expect(0);
    command::run(&data, &["wiki", "show", "demo", "Half"], b"").expect(1);
}

#[test]
fn the_log_is_json_where_that_is_asked_for_and_never_holds_a_secret() {
    let test = TestSite::public();
    let data = test.data();
    let _folder = test.close();
    let address = server::free_address();
    let options = ["--no-repo", "--log-format", "json", "--log-requests"];
    let serving = Server::start_with(&data, address, &options);
    let cookie = format!("trackway={}", "ab".repeat(32));
    let asked = [
        ("GET", "/demo/query?format=atom&token=sesame1", ""),
        ("GET", "/-/link/sesame2", ""),
        ("POST", "/-/login", "user=kim&password=sesame3"),
    ];
    for (method, path, body) in asked {
        let headers = [("Cookie", cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        server::request(address, method, path, &headers, body).unwrap();
        let with_token = [headers[0], headers[1], ("Authorization", "Bearer sesame4")];
        server::request(address, method, path, &with_token, body).unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    let said = serving.said();
    let lines: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let requests = lines.iter().filter(|line| line["target"] == "trackway::request");
    assert!(requests.count() >= 6, "{said}");
    assert!(lines.iter().any(|line| line["message"].as_str().unwrap().starts_with("GET /demo/query 200")), "{said}");
    // The first lines that are printed hold the link of the first administrator, which is what they are for.
    for secret in ["sesame", "abababab"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[test]
fn numbers_are_for_this_machine_for_those_with_the_token_and_for_administrators() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    test.user("kim");
    let numbers = ada.get("/-/metrics").expect(200).text();
    for name in [
        "trackway_info{version=",
        "trackway_follower_lag_events{project=\"demo\"",
        "trackway_database_bytes{database=\"site\"}",
    ] {
        assert!(numbers.contains(name), "{name} in {numbers}");
    }
    test.signed_in("kim").get("/-/metrics").expect(404);
    test.anonymous().get("/-/metrics").expect(404);
    test.command_with_input(&["setting", "set", "metrics.token", "-"], "open sesame").expect(0);
    test.anonymous().with_header("Authorization", "Bearer open sesame").get("/-/metrics").expect(200);
    test.anonymous().with_header("Authorization", "Bearer close sesame").get("/-/metrics").expect(404);

    let data = test.data();
    let _folder = test.close();
    let address = server::free_address();
    let _serving = Server::start(&data, address);
    server::request(address, "GET", "/demo/wiki", &[], "").unwrap();
    let local = server::request(address, "GET", "/-/metrics", &[], "").unwrap();
    assert_eq!(local.status, 200);
    assert!(local.body.contains("trackway_requests_total{group=\"wiki\",status="), "{}", local.body);
    assert!(local.body.contains("trackway_request_seconds_bucket{group=\"wiki\",le=\"+Inf\"} 1"), "{}", local.body);
    let handed_on = server::request(address, "GET", "/-/metrics", &[("X-Forwarded-For", "10.0.0.1")], "").unwrap();
    assert_eq!(handed_on.status, 404);
}

#[test]
fn texts_for_other_programs_are_whole() {
    let test = TestSite::new();
    for (kind, wanted) in [
        ("systemd", ["ExecStart=", "TimeoutStopSec=", "--url https://house.example/tracker"]),
        ("docker", ["ENTRYPOINT", "VOLUME", "--url\", \"https://house.example/tracker\""]),
        ("nginx", ["location /tracker {", "proxy_set_header Host", "proxy_buffering off"]),
        ("caddy", ["house.example {", "handle /tracker*", "flush_interval -1"]),
        ("apache", ["AllowEncodedSlashes NoDecode", "ProxyPass \"/tracker\"", "ProxyPreserveHost On"]),
    ] {
        let text = test.command(&["service", kind, "--url", "https://house.example/tracker"]).expect(0).stdout;
        for part in wanted {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains('@'), "{text}");
    }
    let evil = test.command(&["service", "nginx", "--listen", "127.0.0.1:1\n}"]);
    evil.expect(1);
}

#[test]
fn what_is_dangerous_is_said_in_plain_words_with_the_remedy() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let names = |test: &TestSite| -> Vec<String> {
        let list = test.command(&["check", "--safety", "--format", "json"]).expect(0).stdout;
        let list: Vec<Value> = serde_json::from_str(&list).unwrap();
        list.iter().map(|danger| danger["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&test), ["backup"]);
    test.grant("anonymous", &["WIKI_VIEW"]);
    test.command(&["setting", "set", "accounts.registration", "open"]).expect(0);
    test.command(&["setting", "set", "proxy.peers", "127.0.0.1 0.0.0.0/0"]).expect(0);
    assert_eq!(names(&test), ["open-registration", "wide-proxy", "public", "backup"]);
    test.revoke("anonymous", &["WIKI_VIEW"]);
    test.command(&["setting", "set", "accounts.registration", "roster"]).expect(0);
    test.command(&["setting", "set", "proxy.peers", "10.0.0.0/8"]).expect(0);
    assert_eq!(names(&test), ["backup"]);
    test.grant("anonymous", &["WIKI_MODIFY"]);
    test.command(&["setting", "set", "url", "http://house.example"]).expect(0);
    std::fs::set_permissions(test.data(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(test.data().join("site.db.before-3-1"), "old").unwrap();
    assert_eq!(names(&test), ["http", "folder-mode", "old-database", "anonymous-writes", "backup"]);
    let page = ada.get("/-/admin/safety").expect(200).words();
    assert!(page.contains("trackway permission revoke demo anonymous WIKI_MODIFY"), "{page}");
    test.user("kim");
    test.command(&["check", "--safety", "--as", "kim"]).expect(1);
}

#[test]
fn robots_are_told_what_is_computed_for_people() {
    let test = TestSite::public();
    let rules = test.anonymous().get("/robots.txt").expect(200).text();
    for closed in ["/-/", "/*/query", "/*/search", "/*/log", "/*/zip-attachment", "/*?*format="] {
        assert!(rules.contains(&format!("Disallow: {closed}\n")), "{closed} in {rules}");
    }
}

#[test]
fn a_proxy_that_is_not_listed_is_dangerous() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let dangers = || ada.get("/-/admin/safety").expect(200).words();
    test.anonymous().coming_from("127.0.0.1").get("/").expect(200);
    assert!(!dangers().contains("proxy.peers"));
    test.anonymous().coming_from("127.0.0.1").with_header("X-Forwarded-For", "203.0.113.9").get("/").expect(200);
    assert!(dangers().contains("Put the address of the proxy into proxy.peers"), "{}", dangers());
}

#[test]
fn health_tells_of_the_disk_of_backups_and_of_versions() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let file = test.data().parent().unwrap().join("house.tar.zst");
    test.command(&["backup", file.to_str().unwrap()]).expect(0);
    let health = ada.get("/-/admin?format=json").expect(200).json();
    let named = |list: &str, name: &str| {
        let found = health[list].as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("{name} in {health}"))
    };
    assert!(named("disk", "Free on this disk")["bytes"].as_u64().unwrap() > 0);
    assert_eq!(named("versions", "SQLite")["value"], rusqlite::version());
    assert!(named("versions", "libgit2")["value"].as_str().unwrap().contains('.'));
    let backup = &health["backups"][0];
    assert!(
        backup["file"].as_str().unwrap().ends_with("house.tar.zst") && backup["bytes"].as_u64().unwrap() > 0,
        "{health}"
    );
    assert!(ada.get("/-/admin").expect(200).words().contains("house.tar.zst"));
    let numbers = ada.get("/-/metrics").expect(200).text();
    for name in [
        "trackway_jobs{state=\"going\"} 0\n",
        "trackway_jobs{state=\"failed\"} 0\n",
        "trackway_outbox_mails{state=\"waiting\"} 0\n",
        "trackway_disk_free_bytes ",
        "trackway_last_backup_seconds 1",
    ] {
        assert!(numbers.contains(name), "{name} in {numbers}");
    }
}

#[test]
fn health_says_that_there_is_no_backup_also_to_programs() {
    let test = TestSite::new();
    let health = test.admin("ada").get("/-/admin?format=json").expect(200).json();
    let checks = health["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "Backup" && check["state"] == "attention"), "{health}");
}
