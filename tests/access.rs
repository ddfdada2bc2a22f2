//! Who may read a part of the wiki, and from when on: opened to everybody, kept for a few, kept back until a moment. Every
//! way to a page agrees, at the moment itself and without anybody doing anything.

use std::thread::sleep;
use std::time::{Duration, Instant as Clock};

use trackway::auth::path_rules::{self, KeptBack};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::time::Instant;
use trackway::wiki::{WIKI_ADMIN, WIKI_MODIFY};

use crate::support::{Person, TestSite};

const WORD: &str = "quokka";

/// Every page on which something of the course could be seen.
const WAYS: &[&str] = &[
    "/demo/wiki/Course/Week3",
    "/demo/wiki/Course/Week3?format=txt",
    "/demo/wiki/Course/Week3?action=history",
    "/demo/wiki/Course/Week3?action=print",
    "/demo/wiki/Course?action=print&children=1",
    "/demo/wiki/Course",
    "/demo/wiki?action=index",
    "/demo/wiki?action=index&format=json",
    "/demo/wiki?format=atom",
    "/demo/attachment/wiki/Course/Week3/",
    "/demo/raw-attachment/wiki/Course/Week3/quokka.txt",
    "/demo/search?q=quokka&format=json",
    "/demo/search/suggest?q=quokka",
    "/demo/timeline",
    "/demo/timeline?format=atom",
    "/demo/wiki/Lists",
    "/demo/wiki/Guide?action=backlinks",
];

fn course(test: &TestSite) {
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    kim.save_page("Guide", "for all");
    kim.save_page("Course", "what we do");
    kim.save_page("Course/Week3", &format!("# {WORD} exercises\n\n[[Guide]]"));
    kim.save_page("Lists", "[[TitleIndex]]\n\n[[RecentChanges]]\n\n[[Backlinks(Guide)]]");
    kim.attach("/demo/attachment/wiki/Course/Week3/", "quokka.txt", WORD.as_bytes()).expect(303);
    test.catch_up();
}

fn keep_back(test: &TestSite, path: &str, until: Option<Instant>) {
    let kept = until.map(|until| KeptBack { until, but_for: WIKI_MODIFY });
    path_rules::keep_back(&test.demo(), Act::new(&test.operator(), Via::Command), WIKI_ADMIN, path, kept).unwrap();
    test.catch_up();
}

/// The ways on which somebody finds the exercises.
fn found(person: &Person<'_>) -> Vec<&'static str> {
    let shows = |way: &&&str| {
        let answer = person.get(way);
        let text = answer.text().replace("q=quokka", "").replace("value=\"quokka\"", "").replace("“quokka”", "");
        answer.status == 200 && (text.contains("Week3") || text.contains(WORD))
    };
    WAYS.iter().filter(shows).copied().collect()
}

/// What somebody gets on every way, without what differs each time.
fn answers(person: &Person<'_>) -> Vec<(u16, String)> {
    WAYS.iter().map(|way| person.get(way)).map(|answer| (answer.status, answer.without_token())).collect()
}

#[test]
fn a_page_that_is_kept_back_is_nowhere_until_its_moment_and_everywhere_after_it() {
    let test = TestSite::public();
    course(&test);
    let reader = test.user("robin");
    let kim = test.signed_in("kim");
    let open = found(&reader);
    assert!(open.len() > 12, "{open:?}");
    test.revoke("authenticated", &["WIKI_MODIFY", "WIKI_CREATE"]);
    let begun = Clock::now();
    let moment = Instant(Instant::now().0 + 8_000_000);

    keep_back(&test, "course/week3", Some(moment));

    assert_eq!(found(&reader), Vec::<&str>::new());
    assert_eq!(found(&test.anonymous()), Vec::<&str>::new());
    assert!(found(&kim).len() > 12, "who may change pages sees it");
    assert!(kim.page("Course/Week3").words().contains("Kept back until"));
    let title = test.command(&["wiki", "list", "demo", "--as", "robin", "--format", "ids"]).expect(0).stdout;
    assert_eq!(title, "Course\nGuide\nLists\n");
    assert!(begun.elapsed() < Duration::from_secs(8), "the test is too slow to say anything");
    while Instant::now() < moment {
        sleep(Duration::from_millis(20));
    }
    assert_eq!(reader.page("Course/Week3").status, 200, "at once, without anybody doing anything");
    assert_eq!(found(&reader), open);
    let check = test.command(&["check", "demo"]).expect(0);
    assert!(check.stdout.contains("nothing found"), "{}", check.stdout);
}

#[test]
fn nothing_tells_that_something_is_kept_back() {
    let (test, bare) = (TestSite::public(), TestSite::public());
    for test in [&test, &bare] {
        let kim = test.user("kim").member().can("WIKI_ADMIN");
        kim.save_page("Guide", "for all");
        kim.save_page("Course", "what we do");
        kim.save_page(
            "Lists",
            "[[TitleIndex]]\n\n[[Include(Course/Week3)]]\n\n[[Course/Week3]]\n\n[[Backlinks(Guide)]]",
        );
    }
    test.signed_in("kim").save_page("Course/Week3", &format!("# {WORD}\n\n[[Guide]] [[Course]]"));
    keep_back(&test, "course/week3", Some(Instant::now().plus_seconds(3600)));
    bare.catch_up();
    test.revoke("authenticated", &["WIKI_MODIFY", "WIKI_CREATE"]);
    bare.revoke("authenticated", &["WIKI_MODIFY", "WIKI_CREATE"]);
    let pages = |answers: Vec<(u16, String)>| -> Vec<(u16, String)> {
        // Moments differ between the two sites.
        let still = answers.into_iter().filter(|(_, text)| !text.contains("<time") && !text.contains("<updated>"));
        still.map(|(status, text)| (status, text.replace(|digit: char| digit.is_ascii_digit(), "0"))).collect()
    };

    let (seen, there) = (pages(answers(&test.anonymous())), pages(answers(&bare.anonymous())));

    assert!(seen.len() > 8);
    assert_eq!(seen, there);
}

#[test]
fn a_rule_that_leaves_its_readers_to_the_one_above_follows_it() {
    let test = TestSite::public();
    course(&test);
    let robin = test.user("robin");
    keep_back(&test, "course/week3", Some(Instant::now().plus_seconds(-1)));
    assert_eq!(robin.page("Course/Week3").status, 200);

    test.command(&["permission", "restrict", "demo", "Course", "kim"]).expect(0);
    assert_eq!(robin.page("Course/Week3").status, 404, "the rule above decides who");
    assert_eq!(test.signed_in("kim").page("Course/Week3").status, 200);

    test.command(&["permission", "unrestrict", "demo", "Course"]).expect(0);
    assert_eq!(robin.page("Course/Week3").status, 200);
}

#[test]
fn a_part_is_opened_to_those_who_see_nothing_else() {
    let test = TestSite::new();
    course(&test);
    let admin = test.admin("ann");
    let nobody = test.anonymous();
    assert_eq!(nobody.get("/demo/wiki/Course").status, 404);

    let asked = admin.submit("/demo/wiki/Course?action=access", &[("readers", "everybody")]).expect(200);
    assert!(
        asked.words().contains("everybody, signed in or not") && asked.words().contains("2 pages"),
        "{}",
        asked.words()
    );
    assert_eq!(asked.all("#concerned ~ ul a"), ["Course", "Course/Week3"]);
    assert_eq!(nobody.get("/demo/wiki/Course").status, 404, "nothing is done before it is confirmed");
    let done = admin.post_signed("/demo/wiki/Course?action=access", &[("readers", "everybody"), ("confirm", "1")]);
    done.expect(303);

    for who in [&nobody, &test.user("stranger")] {
        assert!(who.page("Course").expect(200).words().contains("what we do"));
        for closed in ["Guide", "Lists", "WikiStart"] {
            assert_eq!(who.page(closed).status, 404, "{closed}");
        }
        for closed in [
            "/demo/search?q=quokka", "/demo/timeline", "/demo/roadmap", "/demo/query", "/demo/ticket/1",
            "/demo/admin/project",
        ] {
            assert_eq!(who.get(closed).status, 404, "{closed}");
        }
        let index = who.get("/demo/wiki?action=index&format=json").expect(200).json();
        assert_eq!(index["total"], 2);
    }
    assert!(admin.page("Guide").status == 200 && test.signed_in("kim").page("Guide").status == 200);

    keep_back(&test, "course/week3", Some(Instant::now().plus_seconds(3600)));
    assert_eq!(nobody.page("Course/Week3").status, 404, "what is kept back there is kept back from them as well");
    keep_back(&test, "course/week3", None);
    assert_eq!(nobody.page("Course/Week3").status, 200);

    admin.post_signed("/demo/wiki/Course?action=access", &[("readers", "above"), ("confirm", "1")]).expect(303);
    assert_eq!(nobody.get("/demo/wiki/Course").status, 404);
}

#[test]
fn the_form_is_for_those_who_may_and_names_what_is_wrong() {
    let test = TestSite::public();
    course(&test);
    let kim = test.signed_in("kim");
    let address = "/demo/wiki/Course/Week3?action=access";
    test.anonymous().get(address).expect(403);
    test.user("robin").get(address).expect(403);
    assert!(kim.get(address).expect(200).attributes("[name]", "name").iter().all(|name| name != "readers"));
    kim.post_signed(address, &[("readers", "everybody"), ("confirm", "1")]).expect(403);
    let admin = test.admin("ann");
    for (fields, wrong) in [
        ([("readers", "only"), ("subjects", "nobody-here")], "subjects"),
        ([("readers", "only"), ("subjects", " ")], "subjects"),
        ([("readers", "some"), ("subjects", "")], "readers"),
        ([("readers", "above"), ("visible_from", "soon")], "visible_from"),
    ] {
        let refused = admin.post_signed(address, &fields).expect(422);
        assert_eq!(refused.problems()[0].0, wrong);
    }
    let asked = kim.submit(address, &[("visible_from", "2999-12-31T18:00")]).expect(200);
    assert!(asked.words().contains("Until") && asked.words().contains("2999"), "{}", asked.words());
    kim.post_signed(address, &[("visible_from", "2999-12-31T18:00"), ("confirm", "1")]).expect(303);
    assert_eq!(kim.get(address).expect(200).attributes("[name=visible_from]", "value"), ["2999-12-31T18:00"]);
    assert_eq!(test.anonymous().page("Course/Week3").status, 404);
    let rules = test.command(&["permission", "rules", "demo", "--format", "csv"]).expect(0).stdout;
    assert!(rules.contains("course/week3,as above,2999-12-31T18:00:00"), "{rules}");
    test.command(&["permission", "visible-from", "demo", "Course/Week3", "now"]).expect(0);
    assert_eq!(test.anonymous().page("Course/Week3").status, 200);
    test.command(&["permission", "open", "demo", "Course"]).expect(0);
    test.command(&["permission", "visible-from", "demo", "Course", "2999-01-01"]).expect(0);
    assert_eq!(test.anonymous().page("Course").status, 404);
}
