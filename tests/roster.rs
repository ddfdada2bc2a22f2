//! Stories of a course: forty groups of five from one file, all at once or none, each closed to the others.

use std::process::Stdio;
use std::time::{Duration, Instant};

use trackway::auth::accounts;

use crate::enumerator::rules::RULES;
use crate::support::command;
use crate::support::form::multipart;
use crate::support::{Person, TestSite};

const HEADER: &str = "project,title,login,email,full_name,group,role\n";

/// So many groups of so many people, with a tutor who looks after all of them.
fn roster(groups: usize, people: usize) -> String {
    let mut text = HEADER.to_owned();
    for group in 1..=groups {
        for person in 1..=people {
            let login = format!("s{group}.{person}");
            text.push_str(&format!(
                "group-{group},Group {group},{login},{login}@example.org,Student {login},g{group},members\n"
            ));
        }
        text.push_str(&format!("group-{group},,tutor,tutor@example.org,Tutor,tutors,TRAC_ADMIN\n"));
    }
    text
}

fn carry_out(test: &TestSite, text: &str, more: &[&str]) -> command::Output {
    let arguments = [&["project", "create", "--from", "demo", "--roster", "-"], more].concat();
    test.command_with_input(&arguments, text)
}

fn template() -> TestSite {
    let test = TestSite::new();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do. See [[Rules]].");
    ada.save_page("Rules", "Be kind.");
    ada.attach("/demo/attachment/wiki/Plan/", "map.txt", b"A map.").expect(303);
    test
}

fn counts(test: &TestSite) -> (i64, i64, i64, i64) {
    let count = |sql: &str| test.site.read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?)).unwrap();
    (
        count("select count(*) from project"),
        count("select count(*) from account"),
        count("select count(*) from account_group_member"),
        count("select count(*) from outbox"),
    )
}

#[test]
fn forty_groups_of_five_are_made_at_once_and_a_second_time_changes_nothing() {
    let test = template();
    let text = roster(40, 5);
    let dry = carry_out(&test, &text, &["--dry-run", "--format", "csv"]).expect(0);
    assert_eq!(dry.stdout.lines().filter(|line| line.starts_with("new project,")).count(), 40);
    assert_eq!(counts(&test), (1, 1, 0, 0), "a dry run makes nothing");

    let begun = Instant::now();
    let made = carry_out(&test, &text, &[]).expect(0);
    println!("40 groups of 5 took {:?}", begun.elapsed());
    assert_eq!(made.stdout, "40 projects and 201 accounts were made.\n");
    assert_eq!(counts(&test), (41, 202, 201, 201));
    let events = test.site.read(|db| Ok(db.query_row("select max(id) from event", [], |row| row.get::<_, i64>(0))?));

    let again = carry_out(&test, &text, &[]).expect(0);
    assert_eq!(again.stdout, "Everything is there already; nothing was changed.\n");
    assert_eq!(counts(&test), (41, 202, 201, 201));
    let later = test.site.read(|db| Ok(db.query_row("select max(id) from event", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(events.unwrap(), later.unwrap());

    // One who comes late needs one line, and nobody else is touched.
    let late = format!("{HEADER}group-7,,late,,Late,g7,members\n");
    let made = carry_out(&test, &late, &[]).expect(0);
    assert!(made.stdout.contains("0 projects and 1 accounts") && made.stdout.contains("late"), "{}", made.stdout);
    test.signed_in("late").get("/group-7/wiki/Plan").expect(200);
    test.signed_in("late").get("/group-8/wiki/Plan").expect(404);
    test.signed_in("tutor").get("/group-31/admin/audit").expect(200);
    test.command(&["check"]).expect(0);
}

#[test]
fn the_whole_file_is_checked_before_anything_is_done() {
    let test = template();
    test.user("kim");
    test.command(&["user", "disable", "kim"]).expect(0);
    test.group("staff", &["ada"]);
    test.site
        .write(None, trackway::base::event::Via::Command, |db, record| {
            accounts::set_email(db, record, 1, "ada@example.org")
        })
        .unwrap();
    let text = format!(
        "{HEADER}fine,Fine,lea,lea@example.org,Lea,g1,members\n\
         Not Fine,,max,max@example.org,Max,g1,members\n\
         fine,Otherwise,mia,no address,Mia,g1,members\n\
         fine,,kim,,Kim,g1,members\n\
         fine,,tom,ada@example.org,Tom,g1,members\n\
         fine,,ben,lea@example.org,Ben,g1,members\n\
         fine,,joe,,Joe,g1,TRAC_ADMIN\n\
         fine,,zoe,,Zoe,Upper,members\n\
         fine,,eva,,Eva,,NOTHING\n\
         wiki,,eva,,Eve,eva,members\n"
    );
    let before = counts(&test);
    let refused = carry_out(&test, &text, &[]).expect(1);
    for problem in [
        "line 3, project: ",
        "line 4, title: ",
        "line 4, email: ",
        "line 5, login: The account kim is disabled.",
        "line 6, email: This is the address of the account ada.",
        "line 7, email: This is the address of lea above.",
        "line 8, role: The group g1 is members of this project in line 2.",
        "line 9, group: ",
        "line 10, role: There is no permission `NOTHING`",
        "line 11, project: `wiki` is kept",
        "line 11, full_name: Line 10 says “Eva”.",
        "line 11, group: ",
    ] {
        assert!(refused.stderr.contains(problem), "{problem} is not in\n{}", refused.stderr);
    }
    assert_eq!(counts(&test), before);
    let without = ["project", "create", "--from", "nothing", "--roster", "-"];
    test.command_with_input(&without, "project,login\nfine,lea\n").expect(1);
}

#[test]
fn links_are_printed_for_those_who_hand_them_over_and_let_the_invited_in() {
    let test = template();
    let made = carry_out(&test, &roster(1, 2), &["--links", "--format", "csv"]).expect(0);
    let lines: Vec<&str> = made.stdout.lines().collect();
    assert_eq!(lines[0], "login,full_name,email,link");
    assert_eq!(lines.len(), 4);
    assert_eq!(counts(&test).3, 0, "no mail is sent to them");
    let link = lines[1].rsplit(',').next().unwrap();
    let place = link.find("/-/link/").map(|at| &link[at..]).unwrap();
    test.anonymous().get(place).expect(200);
}

/// The same moment never comes twice, so it is tried at many.
#[test]
fn whoever_is_killed_half_way_leaves_nothing_and_the_next_one_succeeds() {
    let test = template();
    let text = roster(12, 2);
    let file = test.data().parent().unwrap().join("roster.csv");
    std::fs::write(&file, &text).unwrap();
    let before = counts(&test);
    let mut killed = 0;
    for milliseconds in [60, 120, 200, 300, 450, 650] {
        let mut child = command::trackway(&test.data())
            .args(["project", "create", "--from", "demo", "--roster"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        killed += 1;
        let live = "select count(*) from project where state = 'live'";
        let live: i64 = test.site.read(|db| Ok(db.query_row(live, [], |row| row.get(0))?)).unwrap();
        if live == 13 {
            break;
        }
        assert_eq!(live, 1, "all are live at once or none");
        test.command(&["check"]).expect(0);
        assert_eq!(counts(&test), before, "what was left is cleared away");
        assert_eq!(std::fs::read_dir(test.data().join("projects")).unwrap().count(), 1);
    }
    assert!(killed > 0);
    carry_out(&test, &text, &[]).expect(0);
    assert_eq!(counts(&test).0, 13);
    assert_eq!(carry_out(&test, &text, &[]).expect(0).stdout, "Everything is there already; nothing was changed.\n");
}

#[test]
fn a_member_of_one_group_gets_for_everything_of_another_the_bytes_of_nothing() {
    let test = template();
    carry_out(&test, &roster(2, 1), &[]).expect(0);
    let theirs = test.signed_in("s2.1");
    theirs.submit("/group-2/wiki/Secret?action=edit", &[("text", "A secret."), ("save", "1")]).expect(303);
    test.command(&["ticket", "new", "group-2", "--summary", "A secret ticket", "--as", "s2.1"]).expect(0);
    test.site.project(&test.row("group-2")).unwrap().catch_up().unwrap();
    let (member, nobody) = (test.signed_in("s1.1"), test.anonymous());
    member.get("/group-1/wiki/Plan").expect(200);
    let mut asked = 0;
    for door in RULES.iter().filter(|rule| rule.is_get()).flat_map(|rule| rule.doors) {
        let Some(rest) = door.address.strip_prefix("/demo") else { continue };
        for person in [&member, &nobody] {
            same_as_nothing(person, rest);
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
    for rest in ["/wiki/Secret", "/ticket/1", "/wiki/Plan", "/raw-attachment/wiki/Plan/map.txt"] {
        theirs.get(&format!("/group-2{rest}")).expect(200);
        same_as_nothing(&member, rest);
    }
    for words in ["/-/search?q=secret&format=json", "/-/projects?format=json", "/-/home"] {
        assert!(!member.get(words).text().contains("group-2"), "{words}");
    }
}

/// What they get there is what they get of a project that does not exist.
#[track_caller]
fn same_as_nothing(person: &Person<'_>, rest: &str) {
    let answer = person.get(&format!("/group-2{rest}"));
    let nothing = person.get(&format!("/group-0{rest}"));
    assert_eq!(answer.status, nothing.status, "{}", answer.asked);
    let bytes = answer.without_token().replace("group-2", "group-0");
    assert_eq!(bytes, nothing.without_token(), "{}", answer.asked);
}

#[test]
fn a_page_says_what_would_be_made_and_makes_it_by_one_button() {
    let test = template();
    let ada = test.signed_in("ada");
    test.command(&["permission", "set", "demo", "helpers", "WIKI_VIEW", "TICKET_VIEW"]).expect(0);
    let page = "/-/admin/projects/roster";
    let text = format!("{HEADER}first,First,kim,kim@example.org,Kim,g1,helpers\nfirst,,lee,,Lee,g1,helpers\n");

    let wrong =
        ada.submit(page, &[("roster", &text.replace("helpers", "HELP")), ("template", "demo"), ("preview", "1")]);
    let wrong = wrong.expect(422);
    assert!(wrong.words().contains("There is no permission `HELP`"), "{}", wrong.words());
    assert!(wrong.text().contains("Kim,g1,HELP"), "nothing typed is lost");

    let asked = ada.submit(page, &[("roster", &text), ("template", "demo"), ("preview", "1")]).expect(200);
    for said in ["Projects: 1. Groups: 1. New accounts: 2. Lines: 2.", "g1: helpers", "kim@example.org"] {
        assert!(asked.words().contains(said), "{said}: {}", asked.words());
    }
    assert_eq!(counts(&test), (1, 1, 0, 0), "nothing is made yet");

    let form = crate::support::form::post_forms(&asked.text());
    let mut form = form.into_iter().find(|form| form.names.iter().any(|name| name == "make")).unwrap();
    form.fill(&[("make", "1")]);
    form.fields.retain(|(name, _)| name != "preview");
    let encoded = form.encoded().into_bytes();
    let made = ada.send(rocket::http::Method::Post, page, "application/x-www-form-urlencoded", encoded);
    assert_eq!(made.expect(303).location(), "/-/admin/projects");
    assert_eq!(counts(&test), (2, 3, 2, 1));
    let kim = test.signed_in("kim");
    kim.get("/first/wiki/Plan").expect(200);
    let granted = test.command(&["permission", "list", "first", "--format", "csv"]).expect(0).stdout;
    assert!(granted.lines().any(|line| line.contains("g1") && line.contains("helpers")), "{granted}");
    let again = ada.submit(page, &[("roster", &text), ("template", "demo"), ("preview", "1")]).expect(200);
    assert!(again.words().contains("Nothing: all 2 lines are there already."), "{}", again.words());
}

#[test]
fn a_file_that_nobody_has_looked_through_is_shown_before_it_is_made() {
    let test = template();
    let ada = test.signed_in("ada");
    let page = "/-/admin/projects/roster";
    let text = |project: &str| format!("{HEADER}{project},First,kim,,Kim,g1,WIKI_VIEW\n");
    let asked = ada.submit(page, &[("roster", &text("first")), ("template", "demo"), ("preview", "1")]).expect(200);
    let token = asked.attributes("input[name=__FORM_TOKEN]", "value").remove(0);

    let fields = [("__FORM_TOKEN", &*token), ("roster", &text("first")), ("template", "demo"), ("make", "1")];
    let (kind, body) = multipart(&fields, &[("file", "second.csv", text("second").as_bytes())]);
    let shown = ada.send(rocket::http::Method::Post, page, &kind, body).expect(200);

    assert!(shown.words().contains("What would be made"), "{}", shown.words());
    assert!(shown.text().contains("second,First,kim"), "it stands in the field now");
    assert_eq!(counts(&test), (1, 1, 0, 0), "nothing is made yet");
}
