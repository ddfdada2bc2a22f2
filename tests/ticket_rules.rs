//! The rules of tickets without any page: what a submit does, what history says of it, and what keeps both true.

use std::sync::Arc;

use rusqlite::Connection;
use trackway::base::error::Error;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::viewer::Viewer;
use trackway::ticket::edit::{self, Outcome};
use trackway::ticket::fields::{Choices, FIELDS, Fields, Kind};
use trackway::ticket::history;
use trackway::ticket::plan::{ActionRequest, Request};
use trackway::ticket::store;
use trackway::ticket::values::{Names, People, Values};

use crate::support::TestSite;

fn request(set: &[(&str, &str)]) -> Request {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { set, ..Request::default() }
}

fn action(name: &str, owner: Option<&str>, resolution: Option<&str>) -> Option<ActionRequest> {
    Some(ActionRequest {
        name: name.to_owned(),
        owner: owner.map(str::to_owned),
        resolution: resolution.map(str::to_owned),
        ..ActionRequest::default()
    })
}

fn create(test: &TestSite, viewer: &Viewer, request: &Request) -> i64 {
    edit::create(&test.site, &test.demo(), Act::new(viewer, Via::Web), request).unwrap()
}

fn change(test: &TestSite, viewer: &Viewer, id: i64, request: &Request) -> Result<Outcome, Error> {
    edit::change(&test.site, &test.demo(), Act::new(viewer, Via::Web), id, request)
}

fn saved(outcome: Result<Outcome, Error>) -> i64 {
    match outcome.unwrap() {
        Outcome::Saved { number, .. } => number,
        Outcome::Unchanged => panic!("nothing was saved"),
        Outcome::Conflict(plan) => panic!("a conflict: {:?}", plan.conflicts),
    }
}

fn problems(error: Error) -> Vec<String> {
    match error {
        Error::Invalid(problems) => problems.into_iter().map(|problem| problem.field).collect(),
        other => panic!("{other}"),
    }
}

/// The values in words: `status=new owner=kim`.
fn words(db: &Connection, values: &Values) -> String {
    let choices = Choices::whole(db).unwrap();
    let people = People::load(db, values.people()).unwrap();
    let names = Names { choices: &choices, people: &people };
    let said: Vec<String> = FIELDS
        .iter()
        .filter(|field| field.kind != Kind::Time && !values.get(field.name).is_empty())
        .map(|field| format!("{}={}", field.name, names.joined(field, values.get(field.name))))
        .collect();
    said.join(" | ")
}

fn now(test: &TestSite, id: i64) -> String {
    test.demo().read(|db| Ok(words(db, &store::find_unseen(db, id).unwrap().unwrap().values))).unwrap()
}

fn at(test: &TestSite, id: i64, number: i64) -> String {
    test.demo()
        .read(|db| {
            let ticket = store::find_unseen(db, id).unwrap().unwrap();
            Ok(words(db, &history::at(db, &test.operator(), &ticket, number).unwrap()))
        })
        .unwrap()
}

fn findings(test: &TestSite) -> Vec<String> {
    let mut findings = Vec::new();
    for component in test.site.components().iter() {
        component.check(&test.demo(), &mut findings).unwrap();
    }
    findings
}

/// An account that takes part in `demo`, as a viewer.
fn viewer(test: &TestSite, login: &str, rights: &[&str]) -> Viewer {
    let person = test.user(login).member();
    drop(person);
    if !rights.is_empty() {
        test.grant(login, rights);
    }
    enter(test, login)
}

fn enter(test: &TestSite, login: &str) -> Viewer {
    let principal = trackway::auth::operator(&test.site, Some(login)).unwrap();
    let viewer = trackway::auth::permissions::enter(&test.demo(), &test.row("demo"), &principal).unwrap().unwrap();
    Arc::unwrap_or_clone(viewer)
}

#[test]
fn a_new_ticket_has_the_defaults_and_its_reporter() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "  Doors\topen  too late ")]));
    assert_eq!(
        now(&test, id),
        "summary=Doors open too late | reporter=kim | type=defect | status=new | priority=major"
    );
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn what_cannot_be_is_refused_by_field_all_at_once() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let bad = request(&[
        ("summary", " "),
        ("priority", "urgent"),
        ("colour", "red"),
        ("milestone", "M1"),
        ("status", "closed"),
    ]);
    let refused = edit::create(&test.site, &test.demo(), Act::new(&kim, Via::Web), &bad).unwrap_err();
    assert_eq!(
        problems(refused),
        ["field_summary", "field_priority", "field_colour", "field_milestone", "field_status"]
    );
}

#[test]
fn one_submit_is_one_numbered_group_and_nothing_changed_is_none() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One"), ("keywords", "a b")]));
    let same = Request { seen: Some(0), ..request(&[("summary", "One"), ("priority", "major"), ("keywords", "a b")]) };
    assert!(matches!(change(&test, &kim, id, &same).unwrap(), Outcome::Unchanged));
    let both = Request { comment: "Done.".into(), ..request(&[("priority", "minor"), ("keywords", "")]) };
    assert_eq!(saved(change(&test, &kim, id, &both)), 1);
    let groups = test
        .demo()
        .read(|db| {
            let ticket = store::find(db, &kim, id)?.unwrap();
            history::groups(db, &kim, &Fields::BUILT_IN, &ticket, 1, i64::MAX)
        })
        .unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].change.comment, "Done.");
    let fields: Vec<&str> = groups[0].fields.iter().map(|change| change.field.name).collect();
    assert_eq!(fields, ["priority", "keywords"]);
    assert!(groups[0].fields[1].new.is_empty() && !groups[0].fields[1].old.is_empty());
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn an_action_closes_and_another_one_opens_again() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One")]));
    let resolve = Request { action: action("resolve", None, Some("wontfix")), ..Request::default() };
    saved(change(&test, &kim, id, &resolve));
    assert_eq!(
        now(&test, id),
        "summary=One | reporter=kim | type=defect | status=closed | priority=major | resolution=wontfix"
    );
    assert_eq!(problems(change(&test, &kim, id, &resolve).err().unwrap()), ["action"]);
    let reopen = Request { action: action("reopen", None, None), ..Request::default() };
    saved(change(&test, &kim, id, &reopen));
    assert_eq!(now(&test, id), "summary=One | reporter=kim | type=defect | status=reopened | priority=major");
    let kinds: Vec<String> = test
        .demo()
        .read(|db| {
            let mut statement = db.prepare("select kind from event where resource_kind = 'ticket' order by id")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    assert_eq!(kinds, ["ticket.created", "ticket.closed", "ticket.reopened"]);
}

#[test]
fn two_who_change_different_fields_both_get_their_way() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let lee = viewer(&test, "lee", &["TICKET_EDIT_DESCRIPTION"]);
    let text = "first\nsecond\nthird\nfourth\n";
    let id = create(&test, &kim, &request(&[("summary", "One"), ("description", text)]));
    let by_kim = request(&[("priority", "minor"), ("description", "FIRST\nsecond\nthird\nfourth\n")]);
    saved(change(&test, &kim, id, &Request { seen: Some(0), ..by_kim }));
    // Lee's browser sends all fields as it had shown them.
    let by_lee = request(&[
        ("summary", "One"),
        ("priority", "major"),
        ("type", "task"),
        ("description", "first\nsecond\nthird\nFOURTH\n"),
    ]);
    saved(change(&test, &lee, id, &Request { seen: Some(0), ..by_lee }));
    assert_eq!(
        now(&test, id),
        "summary=One | reporter=kim | description=FIRST\nsecond\nthird\nFOURTH\n | type=task | status=new | priority=minor"
    );
}

#[test]
fn two_who_change_one_field_see_both_values_and_nothing_is_saved() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One")]));
    saved(change(&test, &kim, id, &Request { seen: Some(0), ..request(&[("priority", "minor")]) }));
    let clash = Request { seen: Some(0), comment: "x".into(), ..request(&[("priority", "blocker"), ("type", "task")]) };
    let Outcome::Conflict(plan) = change(&test, &kim, id, &clash).unwrap() else { panic!("no conflict") };
    assert_eq!(plan.conflicts.iter().map(|conflict| conflict.field.name).collect::<Vec<_>>(), ["priority"]);
    assert!(now(&test, id).contains("type=defect"));
    let resolve = Request { seen: Some(1), action: action("resolve", None, None), ..Request::default() };
    saved(change(&test, &kim, id, &resolve));
    let late = Request { seen: Some(1), action: action("accept", None, None), ..Request::default() };
    assert_eq!(problems(change(&test, &kim, id, &late).err().unwrap()), ["action"]);
}

#[test]
fn two_who_change_the_list_of_watchers_both_get_their_way() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &["TICKET_EDIT_CC"]);
    let lee = viewer(&test, "lee", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One"), ("cc", "a@x b@x")]));
    saved(change(&test, &kim, id, &Request { seen: Some(0), ..request(&[("cc", "b@x c@x")]) }));
    // Lee may put only themselves on the list, and has not seen what Kim did.
    saved(change(&test, &lee, id, &Request { seen: Some(0), ..request(&[("cc", "a@x, b@x, lee")]) }));
    assert!(now(&test, id).ends_with("cc=b@x, c@x, lee"), "{}", now(&test, id));
}

#[test]
fn a_value_that_was_retired_stays_but_is_not_taken_again() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One"), ("priority", "trivial")]));
    test.demo()
        .db()
        .write(|db| Ok(db.execute("update field_option set retired_at = 1 where name = 'trivial'", [])?))
        .unwrap();
    let keeps = request(&[("priority", "trivial"), ("type", "task")]);
    saved(change(&test, &kim, id, &keeps));
    let other = create(&test, &kim, &request(&[("summary", "Two")]));
    assert_eq!(
        problems(change(&test, &kim, other, &request(&[("priority", "trivial")])).err().unwrap()),
        ["field_priority"]
    );
}

#[test]
fn people_are_split_made_and_kept_once() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &["TICKET_EDIT_CC"]);
    let _bob = viewer(&test, "bob", &[]);
    let _outsider = test.user("outsider");
    let id = create(&test, &kim, &request(&[("summary", "One"), ("cc", "x@example.org; bob, bob kim")]));
    assert!(now(&test, id).ends_with("cc=x@example.org, bob, kim"));
    saved(change(&test, &kim, id, &request(&[("owner", "outsider"), ("cc", "bob")])));
    assert!(now(&test, id).contains("owner=outsider"));
    let kinds: Vec<(String, String)> = test
        .demo()
        .read(|db| {
            let mut statement =
                db.prepare("select login, kind from person where login <> 'operator' order by login")?;
            Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    let expected = [("bob", "account"), ("kim", "account"), ("outsider", "address"), ("x@example.org", "address")];
    assert_eq!(kinds, expected.map(|(login, kind)| (login.to_owned(), kind.to_owned())));
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn each_right_is_asked_for_by_name() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One")]));
    test.revoke("members", &["TICKET_MODIFY"]);
    let _lee = viewer(&test, "lee", &[]);
    let cases: [(Request, &str); 6] = [
        (request(&[("description", "x")]), "TICKET_EDIT_DESCRIPTION"),
        (request(&[("reporter", "lee")]), "TICKET_ADMIN"),
        (request(&[("cc", "kim")]), "TICKET_EDIT_CC"),
        (request(&[("priority", "minor")]), "TICKET_CHGPROP"),
        (Request { comment: "x".into(), ..Request::default() }, "TICKET_APPEND"),
        (request(&[("cc", "lee")]), "TICKET_EDIT_CC"),
    ];
    for (request, right) in cases {
        let lee = enter(&test, "lee");
        match change(&test, &lee, id, &request) {
            Err(Error::Forbidden { permission, .. }) => assert_eq!(permission, right),
            _ => panic!("{right} was not asked for"),
        }
    }
    test.grant("lee", &["TICKET_APPEND"]);
    let lee = enter(&test, "lee");
    saved(change(&test, &lee, id, &request(&[("cc", "lee")])));
    test.revoke("members", &["TICKET_VIEW"]);
    let blind = enter(&test, "lee");
    assert!(matches!(change(&test, &blind, id, &request(&[])), Err(Error::NotFound(_))));
}

#[test]
fn a_component_brings_its_owner_until_somebody_has_begun() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let _ada = viewer(&test, "ada", &[]);
    let _bob = viewer(&test, "bob", &[]);
    test.demo()
        .db()
        .write(|db| {
            for (rank, login) in ["ada", "bob"].into_iter().enumerate() {
                db.execute(
                    "insert into person (login, kind) select ?1, 'address' where not exists (select 1 from person where login = ?1)",
                    [login],
                )?;
                db.execute(
                    "insert into field_option (field, name, folded, rank, owner)
                     values ('component', ?1 || '-part', ?1 || '-part', ?2, (select id from person where login = ?1))",
                    (login, rank as i64),
                )?;
            }
            Ok(())
        })
        .unwrap();
    let id = create(&test, &kim, &request(&[("summary", "One"), ("component", "ada-part"), ("owner", "< default >")]));
    assert!(now(&test, id).contains("owner=ada"));
    saved(change(&test, &kim, id, &request(&[("component", "bob-part")])));
    assert!(now(&test, id).contains("owner=bob"));
    saved(change(&test, &kim, id, &Request { action: action("accept", None, None), ..Request::default() }));
    saved(change(&test, &kim, id, &request(&[("component", "ada-part")])));
    assert!(now(&test, id).contains("owner=kim"));
}

#[test]
fn an_edited_comment_keeps_its_earlier_texts() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let lee = viewer(&test, "lee", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One")]));
    saved(change(&test, &kim, id, &Request { comment: "Frist".into(), ..Request::default() }));
    let by = |viewer| Act::new(viewer, Via::Web);
    let demo = test.demo();
    edit::edit_comment(&test.site, &demo, by(&kim), id, 1, "First", Some(0)).unwrap();
    edit::edit_comment(&test.site, &demo, by(&kim), id, 1, "First!", Some(1)).unwrap();
    let late = edit::edit_comment(&test.site, &demo, by(&kim), id, 1, "Late", Some(1)).unwrap_err();
    assert!(matches!(late, Error::Conflict(_)));
    let forbidden = edit::edit_comment(&test.site, &demo, by(&lee), id, 1, "Mine", None).unwrap_err();
    assert!(matches!(forbidden, Error::Forbidden { permission: "TICKET_EDIT_COMMENT", .. }));
    assert!(matches!(edit::edit_comment(&test.site, &demo, by(&kim), id, 2, "x", None), Err(Error::NotFound(_))));
    demo.read(|db| {
        let comment = store::changes(db, &kim, id, 1, 1)?.pop().unwrap();
        assert_eq!((comment.comment.as_str(), comment.edits), ("First!", 2));
        let texts: Vec<String> =
            store::comment_versions(db, comment.id)?.into_iter().map(|version| version.text).collect();
        assert_eq!(texts, ["Frist", "First"]);
        Ok(())
    })
    .unwrap();
}

/// A generator whose numbers are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

#[test]
fn random_changes_replay_to_every_state_that_was_seen() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &["TICKET_ADMIN"]);
    let lee = viewer(&test, "lee", &["TICKET_ADMIN"]);
    test.demo()
        .db()
        .write(|db| {
            Ok(db.execute_batch(
                "insert into milestone (name, folded, created_at, changed_at) values ('M1', 'm1', 1, 1), ('M2', 'm2', 1, 1);
                 insert into field_option (field, name, folded, rank) values ('component', 'doors', 'doors', 1),
                     ('version', '1.0', '1.0', 1);",
            )?)
        })
        .unwrap();
    let mut dice = Dice(0x2026_1122);
    let mut seen: Vec<(i64, i64, String)> = Vec::new();
    for _ in 0..12 {
        let id = create(&test, &kim, &request(&[("summary", dice.pick(&["One", "Two", "Три"]))]));
        seen.push((id, 0, now(&test, id)));
        for _ in 0..25 {
            let set = [
                ("summary", dice.pick(&["One", "Two", "<b>Three</b>", "'; drop table ticket"])),
                ("description", dice.pick(&["", "Text", "Other\ntext"])),
                ("priority", dice.pick(&["minor", "major", "blocker"])),
                ("milestone", dice.pick(&["", "M1", "M2"])),
                ("component", dice.pick(&["doors"])),
                ("version", dice.pick(&["", "1.0"])),
                ("keywords", dice.pick(&["", "a", "a b"])),
                ("cc", dice.pick(&["", "kim", "kim lee", "x@example.org"])),
                ("owner", dice.pick(&["", "kim", "lee"])),
            ];
            let set: Vec<(&str, &str)> = set.into_iter().filter(|_| dice.roll(3) == 0).collect();
            let mut wanted = request(&set);
            if dice.roll(3) == 0 {
                let name = dice.pick(&["resolve", "reopen", "accept", "reassign", "leave"]);
                wanted.action = action(name, None, None);
            }
            if dice.roll(4) == 0 {
                wanted.comment = "Said.".into();
            }
            let who = if dice.roll(2) == 0 { &kim } else { &lee };
            match change(&test, who, id, &wanted) {
                Ok(Outcome::Saved { number, .. }) => seen.push((id, number, now(&test, id))),
                Ok(Outcome::Unchanged) => {}
                Ok(Outcome::Conflict(_)) => panic!("nobody else was there"),
                Err(error) => assert_eq!(problems(error), ["action"]),
            }
        }
    }
    assert!(seen.len() > 150, "only {} states were reached", seen.len());
    for (id, number, state) in &seen {
        assert_eq!(at(&test, *id, *number), *state, "ticket {id} at change {number}");
    }
    assert_eq!(findings(&test), Vec::<String>::new());
}

#[test]
fn check_finds_what_was_tampered_with() {
    let test = TestSite::new();
    let kim = viewer(&test, "kim", &[]);
    let id = create(&test, &kim, &request(&[("summary", "One")]));
    saved(change(&test, &kim, id, &request(&[("priority", "minor")])));
    for (tampering, finding) in [
        ("update ticket set summary = 'Other'", "its summary is not what its history says"),
        ("update ticket set changes = 5", "its changes are not complete"),
        ("delete from participant", "those who take part"),
        ("update ticket_tally set tickets = tickets + 1 where field = ''", "are counted"),
        ("update ticket_value set to_change = from_change where field = 'summary'", "end before they begin"),
    ] {
        let connection = Connection::open(test.demo().dir().join("project.db")).unwrap();
        connection.execute_batch(tampering).unwrap();
        let found = findings(&test);
        assert!(found.iter().any(|one| one.contains(finding)), "{tampering}: {found:?}");
    }
}
