//! What is kept between requests is never older than what stands in the databases: not in the process that answers when
//! another one has changed something, and not for one of many readers.

use std::sync::atomic::{AtomicBool, Ordering};

use trackway::auth::permissions;
use trackway::base::kept::kept;
use trackway::base::settings;
use trackway::web::text;

use crate::support::TestSite;

#[test]
fn what_another_process_grants_or_takes_away_counts_at_the_next_request() {
    let test = TestSite::new();
    let (kim, page) = (test.user("kim"), "/demo/wiki/A");
    test.user("lee");
    test.command_with_input(&["wiki", "save", "demo", "A"], "text").expect(0);
    test.command(&["group", "create", "devs"]).expect(0);
    kim.get(page).expect(404);

    let steps: [(&[&str], u16); 14] = [
        (&["permission", "grant", "demo", "kim", "WIKI_VIEW"], 200),
        (&["permission", "revoke", "demo", "kim", "WIKI_VIEW"], 404),
        (&["permission", "grant", "demo", "devs", "WIKI_VIEW"], 404),
        (&["group", "add", "devs", "kim"], 200),
        (&["group", "drop", "devs", "kim"], 404),
        (&["group", "add", "devs", "kim"], 200),
        (&["permission", "restrict", "demo", "A", "anonymous"], 200),
        (&["permission", "restrict", "demo", "A", "members"], 200),
        (&["permission", "restrict", "demo", "A", "lee"], 404),
        (&["permission", "unrestrict", "demo", "A"], 200),
        (&["project", "rename", "demo", "other"], 301),
        (&["project", "rename", "other", "demo"], 200),
        (&["user", "disable", "kim"], 404),
        (&["user", "enable", "kim"], 404),
    ];
    for (command, status) in steps {
        test.command(command).expect(0);
        // Twice: what the first request keeps must be right for the second.
        for _ in 0..2 {
            assert_eq!(kim.get(page).status, status, "after {command:?}");
        }
    }
}

#[test]
fn an_archived_project_can_no_longer_be_changed_whatever_was_kept() {
    let test = TestSite::public();
    let kim = test.user("kim");
    kim.save_page("A", "text").expect(303);
    let form = "/demo/wiki/A?action=edit";
    kim.get(form).expect(200);
    test.command(&["project", "archive", "demo"]).expect(0);
    kim.get(form).expect(403);
    kim.get("/demo/wiki/A").expect(200);
}

#[test]
fn choices_that_another_process_adds_are_offered_at_once() {
    let test = TestSite::public();
    let kim = test.user("kim");
    let (lee, form) = (test.user("lee"), "/demo/newticket");
    let offered = |name: &str| kim.get(form).expect(200).all(&format!("#field-field_{name} option")).join(",");
    assert!(!offered("milestone").contains("M7") && !offered("component").contains("server"));

    test.command(&["component", "create", "demo", "server"]).expect(0);
    assert!(offered("component").contains("server"));
    test.command(&["milestone", "create", "demo", "M7"]).expect(0);
    assert!(offered("milestone").contains("M7"));
    test.command(&["milestone", "change", "demo", "M7", "--name", "M8"]).expect(0);
    assert!(!offered("milestone").contains("M7") && offered("milestone").contains("M8"));

    let known = || kim.get(form).attributes("#list-field_cc option", "value");
    assert!(!known().contains(&"lee".to_owned()));
    lee.save_page("B", "of somebody whom the project meets").expect(303);
    assert!(known().contains(&"lee".to_owned()));

    kim.save_page("Links", "milestone:M8").expect(303);
    assert_eq!(kim.get("/demo/wiki/Links").all("article a.missing"), [""; 0]);
    test.command(&["milestone", "remove", "demo", "M8"]).expect(0);
    assert_eq!(kim.get("/demo/wiki/Links").all("article a.missing, article span.missing"), ["milestone:M8"]);
}

#[test]
fn settings_that_another_process_changes_are_read_at_once() {
    let test = TestSite::public();
    let (demo, site) = (test.demo(), &test.site);
    assert!(!text::settings(site, &demo).unwrap().camel_case);
    let elsewhere = trackway::base::site::Site::open(site.dir(), site.components()).unwrap();
    let project = elsewhere.project(&test.row("demo")).unwrap();
    project.db().write(|db| settings::set(db, "camel_case", "true")).unwrap();
    elsewhere.db().write(|db| settings::set(db, "image_hosts", "Pictures.example")).unwrap();
    let read = text::settings(site, &demo).unwrap();
    assert!(read.camel_case);
    assert_eq!(read.image_hosts, ["pictures.example"]);
}

#[test]
fn none_of_many_readers_keeps_a_right_that_was_taken_away() {
    let test = TestSite::new();
    test.user("kim");
    let (demo, row) = (test.demo(), test.row("demo"));
    let principal = trackway::auth::operator(&test.site, Some("kim")).unwrap();
    let (granted, over) = (&AtomicBool::new(false), &AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let (demo, row, principal) = (&demo, &row, &principal);
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let before = granted.load(Ordering::SeqCst);
                    let enters = permissions::enter(demo, row, principal).unwrap().is_some();
                    // Whoever looks while it changes may see either.
                    if granted.load(Ordering::SeqCst) == before && !before {
                        assert!(!enters || granted.load(Ordering::SeqCst), "kim enters without a right");
                    }
                }
            });
        }
        for _ in 0..3 {
            // Said before it is done, and taken back when it is.
            granted.store(true, Ordering::SeqCst);
            test.command(&["permission", "grant", "demo", "kim", "WIKI_VIEW"]).expect(0);
            assert!(permissions::enter(&demo, &row, &principal).unwrap().is_some());
            test.command(&["permission", "revoke", "demo", "kim", "WIKI_VIEW"]).expect(0);
            granted.store(false, Ordering::SeqCst);
            assert!(permissions::enter(&demo, &row, &principal).unwrap().is_none());
        }
        over.store(true, Ordering::SeqCst);
    });
}

#[test]
fn within_a_write_everything_is_made_of_what_was_just_written() {
    let test = TestSite::new();
    let demo = test.demo();
    let read = |db: &rusqlite::Connection| kept(db, "a", || settings::get(db, "a"));
    assert_eq!(*demo.read(read).unwrap(), None);
    demo.db()
        .write(|db| {
            settings::set(db, "a", "1")?;
            assert_eq!(read(db)?.as_deref(), Some("1"));
            settings::set(db, "a", "2")?;
            assert_eq!(read(db)?.as_deref(), Some("2"));
            // Nobody else sees it yet.
            assert_eq!(*demo.read(read)?, None);
            Ok(())
        })
        .unwrap();
    assert_eq!(demo.read(read).unwrap().as_deref(), Some("2"));
    assert_eq!(demo.read(read).unwrap().as_deref(), Some("2"));
}
