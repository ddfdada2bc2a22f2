//! The demonstration: it comes up filled, holds together, and leaves nothing behind.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scraper::{Html, Selector};

use crate::support::command::{self, run};
use crate::support::server::{Server, free_address, request};

/// What a reader is led to within a project.
const PLACES: &[&str] =
    &["wiki", "ticket", "milestone", "roadmap", "timeline", "query", "attachment", "browser", "changeset", "log"];

#[test]
fn the_demonstration_is_full_of_work_and_nothing_in_it_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let address = free_address();
    let server = Server::start_with(&data, address, &["--demo"]);
    let said = server.said();
    assert!(said.contains("Sign in as hollis (the administrator)"), "{said}");

    let count = |arguments: &[&str]| run(&data, arguments, b"").expect(0).stdout.lines().count();
    assert!(count(&["query", "demo", "id!=0", "--format", "ids"]) >= 60);
    assert!((5..20).contains(&count(&["query", "demo", "status!=closed", "--format", "ids"])));
    assert!(count(&["wiki", "list", "demo", "--format", "ids"]) >= 30);
    assert_eq!(count(&["milestone", "list", "demo", "--format", "ids"]), 5);
    let checked = run(&data, &["check"], b"").expect(0);
    assert!(checked.stdout.contains("nothing found"), "{}", checked.stdout);

    for (what, as_told) in shown(&data, address) {
        assert!(as_told, "the demonstration has no {what}");
    }
    let closed = request(address, "GET", "/demo/ticket/16", &[], "").unwrap().body;
    assert!(closed.contains("closed") && closed.contains("Compare a week of predictions"), "{closed}");
    let complaints = walk(address);
    assert_eq!(complaints, Vec::<String>::new());
}

/// What a visitor is to find in use, and whether it is.
fn shown(data: &Path, address: SocketAddr) -> Vec<(&'static str, bool)> {
    let said = |arguments: &[&str]| run(data, arguments, b"").expect(0).stdout;
    let any = |query: &str| !said(&["query", "demo", query, "--format", "ids"]).trim().is_empty();
    let sees =
        |login: &str, query: &str| !said(&["query", "demo", query, "--format", "ids", "--as", login]).trim().is_empty();
    let lists = |arguments: &[&str], text: &str| said(arguments).contains(text);
    let page = |path: &str| request(address, "GET", path, &[], "").unwrap();
    let (seventh, rich) = (page("/demo/ticket/7").body, page("/demo/ticket/48").body);
    let told = said(&["ticket", "show", "demo", "48", "--as", "ines"]);
    let time = said(&["ticket", "worked", "demo", "--by", "entry"]);
    let timeline = page("/demo/timeline?ticket_details=on").body;
    vec![
        ("ticket that waits for another", any("depends_on!=&status!=closed") && rich.contains("Blocks")),
        ("ticket with children", any("parent=58")),
        ("duplicate", any("duplicate_of=20")),
        ("reference", any("refers_to!=")),
        ("merged ticket", !any("id=65") && page("/demo/ticket/64").body.contains("ticket/65")),
        ("estimate", any("estimated!=&worked!=")),
        ("time that somebody entered", time.contains("cardboard")),
        ("time of a commit", seventh.contains("via commit") && seventh.contains("6h")),
        ("internal note", told.contains("visor") && !rich.contains("visor")),
        ("thread", rich.contains("in reply to")),
        ("canned reply", lists(&["reply", "list", "demo"], "Thanks")),
        ("template", lists(&["template", "list", "demo"], "What I saw")),
        ("due date", any("due!=&status!=closed")),
        ("overdue ticket", any("due=..yesterday&status!=closed")),
        ("reminder", lists(&["ticket", "reminders", "demo", "--as", "ines"], "Fetch the gull")),
        ("bookmark", bookmarks(data) > 0),
        ("own field of defects", any("seen_at=on the quay")),
        ("own field of tasks", any("cost!=")),
        (
            "closed component",
            sees("yuki", "component=keys") && !sees("ines", "id=66") && page("/demo/ticket/66").status == 404,
        ),
        (
            "private ticket",
            sees("mira", "private=1") && !sees("ines", "id=67") && page("/demo/ticket/67").status == 404,
        ),
        ("task list", page("/demo/ticket/58").body.contains("2 of 4 done")),
        ("change of many tickets", timeline.contains("3 tickets")),
        ("burn-down", page("/demo/wiki/OpenDay").body.contains("chart-plot")),
        ("open discussion", page("/demo/discussions").body.contains("Everybody doubts the ferry")),
        ("resolved discussion", page("/demo/wiki/Glossary?action=discussion").body.contains("is-resolved")),
        ("suggestion", page("/demo/wiki/Report?action=discussion").body.contains("On a suggested edit")),
        ("list under a name", lists(&["report", "list", "demo"], "Left for the open day")),
    ]
}

/// No page but that of whoever made them tells of bookmarks.
fn bookmarks(data: &Path) -> i64 {
    let project = std::fs::read_dir(data.join("projects")).unwrap().next().unwrap().unwrap().path();
    let db = rusqlite::Connection::open(project.join("project.db")).unwrap();
    db.query_row("select count(*) from bookmark", [], |row| row.get(0)).unwrap()
}

/// Follows every link that texts and lists show, and tells what is wrong on the way.
fn walk(address: SocketAddr) -> Vec<String> {
    let (mut waiting, mut known, mut complaints) = (VecDeque::new(), BTreeSet::new(), Vec::new());
    for start in ["/demo/wiki/WikiStart", "/demo/query?id=!0&max=200", "/demo/roadmap?show=completed", "/demo/timeline"]
    {
        waiting.push_back((start.to_owned(), "the beginning".to_owned()));
    }
    while let Some((page, from)) = waiting.pop_front() {
        let reply = request(address, "GET", &page, &[], "").unwrap();
        // The places of the top bar lead on to a page.
        if reply.status == 303 {
            continue;
        }
        if reply.status != 200 {
            complaints.push(format!("{page} answers {} (linked on {from})", reply.status));
            continue;
        }
        let html = Html::parse_document(&reply.body);
        // The manual shows broken things on purpose, and has a test of its own.
        if !page.contains("/Manual") {
            for wrong in found(&html, "main .macro-box, main .missing") {
                complaints.push(format!("{page} shows: {wrong}"));
            }
        }
        let links = Selector::parse("main a[href], nav a[href]").unwrap();
        for href in html.select(&links).filter_map(|link| link.attr("href")) {
            let href = href.split('#').next().unwrap_or_default();
            if is_page(href) && known.insert(href.to_owned()) {
                waiting.push_back((href.to_owned(), page.clone()));
            }
        }
    }
    assert!(known.len() > 100, "only {} pages were found", known.len());
    complaints
}

/// Views of one and the same list or page are many; one of each is enough.
fn is_page(href: &str) -> bool {
    let place = href.strip_prefix("/demo/").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    place.is_some_and(|place| PLACES.contains(&place)) && !href.contains('?')
}

fn found(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).map(|element| element.text().collect::<String>().trim().to_owned()).collect()
}

#[test]
fn a_folder_that_holds_something_is_no_place_for_a_demonstration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "a year of work").unwrap();

    let refused = run(folder.path(), &["serve", "--demo", "--listen", "127.0.0.1:0"], b"").expect(1);

    assert!(refused.stderr.contains("is not empty"), "{}", refused.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_demonstration_without_a_folder_is_gone_when_the_server_stops() {
    let place = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut child = command::trackway(place.path())
        .env_remove("TRACKWAY_DATA")
        .env("TMPDIR", place.path())
        .args(["serve", "--demo", "--listen", &address.to_string()])
        .current_dir(place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while request(address, "GET", "/-/health", &[], "").is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
        assert!(begun.elapsed() < Duration::from_secs(120), "the server does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(things_in(place.path()), 1);

    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success() && child.wait().unwrap().success());

    assert_eq!(things_in(place.path()), 0);
}

fn things_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
