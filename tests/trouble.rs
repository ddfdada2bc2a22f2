//! A data folder in trouble: what is said, what goes on, what can be put right.

use std::fs;
use std::sync::Mutex;

use rusqlite::Connection;
use trackway::base::component::{Component, Components};
use trackway::base::error::{Error, Result};
use trackway::base::event::{Event, Followed, Follower, NewEvent, Via, parked};
use trackway::base::project::{Act, Project};
use trackway::base::resource::Resource;
use trackway::base::site::Site;
use trackway::base::viewer::{Principal, Viewer};

use crate::support::TestSite;

#[test]
fn a_damaged_project_says_so_and_the_others_go_on() {
    let test = TestSite::new();
    test.project("other", false);
    test.command_with_input(&["wiki", "save", "other", "A"], "text").expect(0);
    let path = test.demo().dir().join("project.db");
    fs::write(&path, vec![0xee; 8192]).unwrap();

    let said = test.command(&["wiki", "list", "demo"]).expect(1).stderr;
    assert!(said.contains("damaged") && said.contains("project.db"), "{said}");
    assert_eq!(test.command(&["wiki", "show", "other", "A", "--raw"]).expect(0).stdout, "text");
    let listed = test.command(&["project", "list", "--format", "ids"]).expect(0).stdout;
    assert_eq!(listed, "demo\nother\n");
    let findings = test.command(&["check"]).expect(1).stdout;
    assert!(findings.contains("demo: ") && !findings.contains("other: "), "{findings}");
    assert!(test.command(&["upgrade"]).status == 1);
}

#[test]
fn a_site_database_that_is_none_or_newer_is_refused_by_every_command() {
    for break_it in [
        |path: &std::path::Path| fs::write(path, "a text, and long enough to be taken for a database's head").unwrap(),
        |path: &std::path::Path| {
            Connection::open(path).unwrap().pragma_update(None, "user_version", 9999).unwrap();
        },
    ] {
        let test = TestSite::new();
        let data = test.data();
        let folder = test.close();
        break_it(&data.join("site.db"));
        for arguments in [&["project", "list"][..], &["check"], &["upgrade"], &["serve", "--listen", "127.0.0.1:0"]] {
            let said = crate::support::command::run(&data, arguments, b"").expect(1).stderr;
            assert!(said.contains("site.db") && said.lines().count() == 1, "{said}");
        }
        drop(folder);
    }
}

/// Fails on every event of kind `bad.one`; remembers how often, and what else it was given.
struct Picky;

static PICKY: Picky = Picky;
static COMPONENTS: Components = Components(&[&PICKY]);
static HEARD: Mutex<(usize, Vec<i64>)> = Mutex::new((0, Vec::new()));

impl Component for Picky {
    fn name(&self) -> &'static str {
        "picky"
    }

    fn follower(&self) -> Option<&'static dyn Follower> {
        Some(&PICKY)
    }
}

impl Follower for Picky {
    fn name(&self) -> &'static str {
        "picky"
    }

    fn follow(&self, _: &Project, events: &[Event]) -> Result<Followed> {
        let mut heard = HEARD.lock().unwrap();
        if let [event] = events {
            if event.kind == "bad.one" {
                heard.0 += 1;
            } else {
                heard.1.push(event.id);
            }
        }
        if events.iter().any(|event| event.kind == "bad.one") {
            Err(Error::internal("no taste for it"))
        } else {
            Ok(Followed::All)
        }
    }
}

#[test]
fn an_event_that_fails_five_times_is_parked_and_all_others_are_heard_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::create(folder.path(), COMPONENTS).unwrap();
    let row = site.create_project("demo", "", None, Via::Command, |_| Ok(())).unwrap();
    let project = site.project(&row).unwrap();
    let viewer = Viewer {
        principal: Principal::operator().into(),
        person: None,
        permissions: [].into(),
        classes: vec![1],
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    };
    for kind in ["good.one", "good.one", "bad.one", "good.one"] {
        let by = Act::new(&viewer, Via::Command);
        project.write(by, |tx| tx.record(&NewEvent::new(kind, Resource::new("thing", 1), 1))).unwrap();
    }
    for attempt in 1..=4 {
        assert!(!project.catch_up().unwrap(), "it waits after failure {attempt}");
        assert_eq!(HEARD.lock().unwrap().clone(), (attempt, vec![1, 2]));
        assert!(project.read(parked).unwrap().is_empty());
        project.db().write(|db| Ok(db.execute("update follower set retry_at = 0", [])?)).unwrap();
    }

    assert!(project.catch_up().unwrap());

    assert_eq!(HEARD.lock().unwrap().clone(), (5, vec![1, 2, 4]));
    let parked = project.read(parked).unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].event, parked[0].kind.as_str()), (3, "bad.one"));
}
