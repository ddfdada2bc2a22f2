//! Class 35, races: of many who do the same thing at the same moment one does it, no limit is passed by asking at once, and
//! whatever begins after a right was taken away is refused. Codes of second factors are in `second_factor.rs`.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tempfile::TempDir;
use trackway::auth::{accounts, passwords};
use trackway::web::token;

use crate::accounts::{person, sign_in, with_mail};
use crate::second_factor::{hidden, set_up};
use crate::support::form::encode;
use crate::support::server::{Server, free_address, request};
use crate::support::{Person, TestSite};

const MANY: usize = 6;
const SECRET: &str = "a secret of several words";

/// The statuses of what all of them do at the same moment, each in a thread and by a door of their own.
fn at_once(test: &TestSite, people: &[Person<'_>], deed: impl Fn(&Person<'_>, usize) -> u16 + Sync) -> Vec<u16> {
    let doors: Vec<TestSite> = people.iter().map(|_| test.another_door()).collect();
    let (barrier, deed) = (&Barrier::new(people.len()), &deed);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = doors
            .into_iter()
            .zip(people)
            .enumerate()
            .map(|(at, (door, person))| {
                let (login, session) = (person.login.clone(), person.session.clone());
                scope.spawn(move || {
                    let person = Person::new(&door, &login, session);
                    barrier.wait();
                    deed(&person, at)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    statuses
}

fn done(statuses: &[u16]) -> usize {
    statuses.iter().filter(|status| **status < 400).count()
}

/// The same person, so often.
fn crowd<'t>(person: &Person<'t>) -> Vec<Person<'t>> {
    vec![person.clone(); MANY]
}

#[test]
fn a_form_that_is_sent_often_at_once_is_carried_out_once() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    kim.submit("/demo/newticket", &[("field_summary", "Doors"), ("submit", "1")]).expect(303);
    kim.save_page("Plan", "One.");
    let change = [("field_priority", "minor"), ("view_time", "0"), ("submit", "1")];
    let edit = [("action", "edit"), ("text", "Two."), ("version", "1"), ("save", "1")];
    for (address, fields) in [
        ("/demo/ticket/1", &change[..]),
        ("/demo/wiki/Plan", &edit),
        ("/demo/wiki/Plan", &[("action", "rename"), ("new_name", "Plans"), ("version", "2")]),
        ("/demo/wiki/Plans", &[("action", "delete"), ("version", "2")]),
        ("/demo/milestone", &[("name", "M1"), ("save", "1")]),
        ("/demo/admin/ticket/components", &[("act", "add"), ("name", "Doors")]),
        ("/-/admin/projects/new", &[("name", "course")]),
        ("/-/admin/accounts", &[("user", "newcomer")]),
        ("/-/admin/groups", &[("act", "create"), ("name", "friends")]),
    ] {
        let events = test.event_count();
        let statuses = at_once(&test, &crowd(&kim), |kim, _| kim.post_signed(address, fields).status);
        let written = test.event_count() - events;
        assert!(statuses.iter().all(|status| *status < 500), "{address} {fields:?}: {statuses:?}");
        // What finds everything as it wants it already may say that it is done.
        assert!(done(&statuses) >= 1 && written >= 1, "{address} {fields:?}: {statuses:?}");
        let kinds = doubled(&test);
        assert!(kinds.is_empty(), "{address} {fields:?}: {statuses:?}: {kinds:?}");
    }
    test.command(&["check"]).expect(0);
}

/// What of which there may be one was made twice: by the events of the site and of `demo`.
fn doubled(test: &TestSite) -> Vec<String> {
    let sql = "select kind || ' ' || count(*) from event
               where kind in ('ticket.changed', 'page.renamed', 'page.deleted', 'milestone.created', 'account.created', 'group.created')
               group by kind, resource_kind, resource_id having count(*) > 1";
    let read = |db: &rusqlite::Connection| {
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
    };
    [test.site.read(read).unwrap(), test.demo().read(read).unwrap()].concat()
}

#[test]
fn a_link_is_good_for_one_of_all_who_follow_it_at_once() {
    let (test, server) = with_mail();
    person(&test, "kim");
    test.anonymous().submit("/-/forgot", &[("who", "kim")]).expect(200);
    test.send_mail();
    let link = server.next().link();
    let statuses = at_once(&test, &vec![test.anonymous(); MANY], |nobody, at| {
        let password = format!("{SECRET} {at}");
        nobody.post_signed(&link, &[("password", &password), ("password_again", &password)]).status
    });
    assert_eq!(done(&statuses), 1, "{statuses:?}");
    // Signing in with each of them would be guessing, which is slowed down.
    let stored = test.site.read(|db| accounts::load(db, "kim")).unwrap().password;
    let holds = |at: &usize| passwords::verify(&format!("{SECRET} {at}"), stored.as_deref());
    assert_eq!((0..MANY).filter(holds).count(), 1, "one password holds");
    assert!(!passwords::verify(SECRET, stored.as_deref()));
}

#[test]
fn two_administrators_who_dismiss_each_other_leave_one() {
    for deed in ["no-admin", "disable"] {
        let test = TestSite::new();
        let both = [test.admin("ada"), test.admin("bob")];
        let statuses = at_once(&test, &both, |person, at| {
            let other = ["bob", "ada"][at];
            person.post_signed(&format!("/-/admin/accounts/{other}/{deed}"), &[]).status
        });
        assert_eq!(done(&statuses), 1, "{deed}: {statuses:?}");
        let left: i64 = test
            .site
            .read(|db| {
                let sql = "select count(*) from account where admin and not disabled";
                Ok(db.query_row(sql, [], |row| row.get(0))?)
            })
            .unwrap();
        assert_eq!(left, 1, "{deed}");
    }
}

/// The real server on a site, since what it counts it keeps in its memory.
struct Served {
    _folder: TempDir,
    _server: Server,
    address: SocketAddr,
}

impl Served {
    fn new(test: TestSite) -> Self {
        let (folder, address) = (test.close(), free_address());
        let server = Server::start(&folder.path().join("data"), address);
        Self { _folder: folder, _server: server, address }
    }

    /// The statuses of forms that are sent at the same moment, in order.
    fn send(&self, forms: &[(String, String)], cookie: &str) -> Vec<u16> {
        let barrier = &Barrier::new(forms.len());
        let headers = [("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded")];
        let headers = &headers[usize::from(cookie.is_empty())..];
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = forms
                .iter()
                .map(|(path, body)| {
                    scope.spawn(move || {
                        barrier.wait();
                        request(self.address, "POST", path, headers, body).unwrap().status
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        statuses
    }
}

#[test]
fn no_limit_is_passed_by_asking_at_once() {
    let test = TestSite::new();
    let session = test.user("kim").member().session.unwrap();
    test.command(&["setting", "set", "limits.new_account_writes", "3"]).expect(0);
    let token = token::issue(test.site.secret(), &session);
    let served = Served::new(test);
    let forms = (0..MANY).map(|at| {
        let fields = [("__FORM_TOKEN", token.as_str()), ("text", "x"), ("version", "0"), ("save", "1")];
        (format!("/demo/wiki/Page{at}?action=edit"), encode(fields))
    });
    let statuses = served.send(&forms.collect::<Vec<_>>(), &format!("trackway={session}"));
    assert_eq!(statuses, [303, 303, 303, 429, 429, 429]);
}

/// Guesses that are sent at once are slowed down like those that come one after the other.
#[test]
fn nothing_is_guessed_faster_by_asking_at_once() {
    for (path, name) in [("/-/login/second", "code"), ("/-/login", "password")] {
        let test = TestSite::new();
        set_up(&person(&test, "kim"));
        let proof = hidden(&sign_in(&test, "kim").expect(200), "proof");
        let token = token::issue(test.site.secret(), "");
        let served = Served::new(test);
        let forms = (0..4 * MANY).map(|at| {
            let guess = format!("{:06}", 111 * at);
            let known = [("__FORM_TOKEN", token.as_str()), ("user", "kim"), ("proof", &proof), ("next", "/")];
            (path.to_owned(), encode(known.into_iter().chain([(name, guess.as_str())])))
        });
        let statuses = served.send(&forms.collect::<Vec<_>>(), "");
        let guesses = statuses.iter().filter(|status| **status != 429).count();
        assert_eq!(done(&statuses), 0);
        assert!((1..=MANY).contains(&guesses), "{guesses} guesses at once by {path}: {statuses:?}");
    }
}

#[test]
fn nothing_that_begins_after_a_right_was_taken_away_is_done() {
    let test = TestSite::new();
    let (ada, kim) = (test.admin("ada"), test.user("kim").member());
    ada.submit("/demo/newticket", &[("field_summary", "Doors"), ("submit", "1")]).expect(303);
    let doors: Vec<TestSite> = (0..3).map(|_| test.another_door()).collect();
    let (revoked, over) = (&AtomicBool::new(false), &AtomicBool::new(false));
    let (written, late, refused) = (&AtomicUsize::new(0), &AtomicUsize::new(0), &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for door in doors {
            let session = kim.session.clone();
            scope.spawn(move || {
                let kim = Person::new(&door, "kim", session);
                while !over.load(Ordering::SeqCst) {
                    let after = revoked.load(Ordering::SeqCst);
                    let status =
                        kim.post_json("/demo/ticket/1", &serde_json::json!({ "comment": "Still here" })).status;
                    match (status, after) {
                        (201, true) => late.fetch_add(1, Ordering::SeqCst),
                        (201, false) => written.fetch_add(1, Ordering::SeqCst),
                        _ => refused.fetch_add(1, Ordering::SeqCst),
                    };
                }
            });
        }
        while written.load(Ordering::SeqCst) < 10 {
            std::thread::yield_now();
        }
        test.revoke("kim", &["members"]);
        revoked.store(true, Ordering::SeqCst);
        while refused.load(Ordering::SeqCst) < 20 {
            std::thread::yield_now();
        }
        over.store(true, Ordering::SeqCst);
    });
    assert_eq!(late.load(Ordering::SeqCst), 0, "written after the right was gone");
    test.command(&["check"]).expect(0);
}
