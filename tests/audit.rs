//! Stories of the audit log: what stands in it, who reads it, and that nobody changes it without a trace.

use trackway::auth::accounts;
use trackway::auth::passwords;
use trackway::base::audit::{self, Forgotten};
use trackway::base::event::Via;
use trackway::base::resource::Resource;

use crate::support::TestSite;

const SECRET: &str = "a secret of several words";

fn with_password(test: &TestSite, login: &str) {
    let id = test.site.read(|db| accounts::load(db, login)).unwrap().id;
    let hash = passwords::hash(SECRET).unwrap();
    test.site.write(None, Via::Command, |db, record| accounts::save_password(db, record, id, &hash, None)).unwrap();
}

fn sign_in(test: &TestSite, user: &str, password: &str) -> u16 {
    test.anonymous().submit("/-/login", &[("user", user), ("password", password)]).status
}

/// Rows of the site's log as (who, what happened, with what), the newest first.
fn rows(test: &TestSite, address: &str) -> Vec<(String, String, String)> {
    let list = test.signed_in("ada").get(address).expect(200).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("(erased)").to_owned();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| (text(&item["who"]), text(&item["kind"]), text(&item["what"]))).collect()
}

fn row(who: &str, kind: &str, what: &str) -> (String, String, String) {
    (who.to_owned(), kind.to_owned(), what.to_owned())
}

#[test]
fn sign_ins_are_written_down_failed_ones_too_and_never_what_was_typed() {
    let test = TestSite::new();
    test.admin("ada");
    test.user("kim");
    with_password(&test, "kim");

    assert_eq!(sign_in(&test, "kim", SECRET), 303);
    assert_eq!(sign_in(&test, "kim", "my other password"), 422);
    assert_eq!(sign_in(&test, "my password in the wrong field", SECRET), 422);

    let seen = rows(&test, "/-/admin/audit?kind=session&format=json");
    assert_eq!(seen[0], row("anonymous", "session.failed", "a name that no account has"));
    assert_eq!(seen[1], row("anonymous", "session.failed", "kim"));
    assert_eq!(seen[2], row("kim", "session.begun", "kim"));
    let page = test.signed_in("ada").get("/-/admin/audit").expect(200).text();
    assert!(!page.contains("wrong field") && !page.contains("my other password"), "{page}");
    let begun = test.signed_in("ada").get("/-/admin/audit?kind=session.begun&format=json").json();
    assert_eq!(begun["items"][0]["changes"][0]["after"], "password");
}

#[test]
fn rights_accounts_and_settings_are_told_with_what_was_before() {
    let test = TestSite::new();
    test.admin("ada");
    test.user("kim").member();
    let id = test.site.read(|db| accounts::load(db, "kim")).unwrap().id;
    test.site.write(Some(1), Via::Web, |db, record| accounts::set_email(db, record, id, "kim@example.org")).unwrap();
    test.grant("kim", &["WIKI_ADMIN"]);

    let site = test.signed_in("ada").get("/-/admin/audit?who=ada&format=json").json();
    assert_eq!(site["items"][0]["what"], "kim");
    let change = &site["items"][0]["changes"][0];
    assert_eq!(
        (&change["name"], &change["before"], &change["after"]),
        (&"email".into(), &"".into(), &"kim@example.org".into())
    );
    let project = test.signed_in("ada").get("/demo/admin/audit?kind=permission&format=json").json();
    assert_eq!(project["items"][0]["changes"][0]["after"], "WIKI_ADMIN");
    assert_eq!(project["items"][0]["who"], "operator");
}

#[test]
fn options_repositories_and_rules_of_access_are_told_with_what_was_before() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let last = |kind: &str| {
        let list = ada.get(&format!("/demo/admin/audit?kind={kind}&format=json")).expect(200).json();
        let item = &list["items"][0];
        let changes = item["changes"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let told: Vec<String> = changes
            .map(|change| {
                format!("{}: {} > {}", text(&change["name"]), text(&change["before"]), text(&change["after"]))
            })
            .collect();
        (text(&item["what"]), told)
    };
    let told = |what: &str, changes: &[&str]| (what.to_owned(), changes.iter().map(|&text| text.to_owned()).collect());

    test.command(&["component", "create", "demo", "Doors"]).expect(0);
    test.command(&["component", "change", "demo", "Doors", "--rename", "Gates"]).expect(0);
    assert_eq!(last("option.renamed"), told("component Gates", &["name: Doors > Gates"]));
    test.command(&["component", "change", "demo", "Gates", "--owner", "ada", "--description", "All of them"]).expect(0);
    assert_eq!(last("option.changed"), told("component Gates", &["description:  > All of them", "owner:  > ada"]));
    test.command(&["component", "remove", "demo", "Gates"]).expect(0);
    assert_eq!(last("option.deleted").0, "component Gates");

    let repository = crate::support::work_tree::TestRepository::new();
    repository.write("a", "a").commit("A");
    let path = repository.path();
    test.command(&["repo", "add", "demo", path.to_str().unwrap(), "--name", "code"]).expect(0);
    assert_eq!(last("repository.added").0, "code");
    test.command(&["repo", "change", "demo", "code", "--acts-as", "nobody"]).expect(0);
    let (what, changes) = last("repository.changed");
    assert_eq!(what, "code");
    assert!(changes[0].starts_with("acts_as: ") && changes[0].ends_with(" > nobody"), "{changes:?}");

    test.user("kim");
    test.command(&["permission", "restrict", "demo", "Secret", "kim"]).expect(0);
    assert_eq!(last("acl.changed"), told("secret", &["readers: no rule > kim"]));
    test.command(&["permission", "unrestrict", "demo", "Secret"]).expect(0);
    assert_eq!(last("acl.changed").1, ["readers: kim > no rule"]);
}

#[test]
fn what_leaves_the_house_and_links_that_let_somebody_in_are_told() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do.");
    test.user("kim").member();
    let folder = test.data().parent().unwrap().join("out");
    let out = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    test.command(&["wiki", "export", "demo", &out("wiki")]).expect(0);
    test.command(&["export", "--static", "demo", &out("static"), "--as", "kim"]).expect(0);
    test.command(&["user", "link", "kim"]).expect(0);
    let seen = rows(&test, "/-/admin/audit?format=json");
    assert_eq!(seen[0], row("operator", "link.created", "kim"));
    assert_eq!(seen[1], row("kim", "project.published", "demo"));
    assert_eq!(seen[2], row("operator", "wiki.exported", "demo"));
}

#[test]
fn only_administrators_learn_that_there_is_a_log() {
    let test = TestSite::new();
    let (ada, kim, lea) = (test.admin("ada"), test.user("kim").member(), test.user("lea").can("TRAC_ADMIN"));
    for person in [&kim, &test.anonymous()] {
        for address in ["/-/admin/audit", "/demo/admin/audit", "/demo/admin/audit?format=csv"] {
            person.get(address).expect(404);
        }
    }
    lea.get("/-/admin/audit").expect(404);
    lea.get("/demo/admin/audit").expect(200);
    ada.get("/demo/admin/audit").expect(200);
    test.command(&["audit", "--as", "kim"]).expect(1);
    test.command(&["audit", "demo", "--as", "kim"]).expect(1);
    let told = test.command(&["audit", "--kind", "account.created", "--format", "csv"]).expect(0);
    assert!(told.stdout.contains("operator") && told.stdout.contains("lea"), "{}", told.stdout);
}

#[test]
fn a_name_that_a_spreadsheet_would_reckon_with_is_disarmed() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    test.site.write(Some(1), Via::Web, |db, record| accounts::save_name(db, record, 1, "=cmd()")).unwrap();
    let csv = ada.get("/-/admin/audit?format=csv").expect(200).text();
    assert!(csv.contains("full_name: ") && !csv.contains(",=cmd"), "{csv}");
}

#[test]
fn whoever_changes_a_row_is_found_out_and_the_row_is_named() {
    for (tampering, named) in [
        ("update audit_value set value = 'lea' where audit = 3 and name = 'what'", "row 3"),
        ("update audit set kind = 'group.created' where id = 3", "row 3"),
        ("update audit set actor = 7 where id = 3", "row 3"),
        ("delete from audit_value where audit = 3 and name = 'who'", "row 3"),
        ("delete from audit_value where audit = 3; delete from audit where id = 3", "row 3"),
        ("delete from audit_value where audit = 4; delete from audit where id = 4", "row 4"),
        ("update event set kind = 'group.created' where id = (select event from audit where id = 3)", "row 3"),
    ] {
        let test = TestSite::new();
        test.user("kim");
        test.user("lea");
        test.command(&["check"]).expect(0);
        let db = rusqlite::Connection::open(test.data().join("site.db")).unwrap();
        db.execute_batch(tampering).unwrap();
        drop(db);
        let found = test.command(&["check"]).expect(1);
        assert!(
            found.stdout.contains("the audit log is broken at") && found.stdout.contains(named),
            "{tampering}: {}",
            found.stdout
        );
    }
}

#[test]
fn forgetting_somebody_leaves_the_chain_whole() {
    let test = TestSite::new();
    test.admin("ada");
    test.user("kim");
    test.group("testers", &["ada", "kim"]);
    with_password(&test, "kim");
    sign_in(&test, "kim", SECRET);
    let resource = Resource::new("account", 2);
    let before = test.site.read(audit::head).unwrap().unwrap().hash;

    let gone = test
        .site
        .db()
        .write(|db| audit::erase(db, &Forgotten { resource: &resource, texts: &["kim", "kim@example.org"] }))
        .unwrap();

    assert!(gone > 3, "{gone}");
    assert_eq!(test.site.read(audit::check).unwrap(), None);
    assert_eq!(test.site.read(audit::head).unwrap().unwrap().hash, before);
    let page = test.signed_in("ada").get("/-/admin/audit").expect(200);
    assert!(!page.words().contains("kim"), "{}", page.words());
    assert!(page.words().contains("erased"));
    let salts: i64 = test
        .site
        .read(|db| {
            Ok(db.query_row(
                "select count(*) from audit_value where value is null and salt is not null",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    assert_eq!(salts, 0, "a salt that stays lets the value be guessed");
}

#[test]
fn the_log_of_an_older_site_begins_by_saying_so() {
    let test = TestSite::new();
    test.user("kim");
    let data = test.data();
    let db = rusqlite::Connection::open(data.join("site.db")).unwrap();
    db.execute_batch("pragma foreign_keys = off; delete from audit_value; delete from audit; delete from sqlite_sequence where name = 'audit'").unwrap();
    drop(db);
    test.user("lea");
    let log = test.command(&["audit", "--format", "json"]).expect(0).stdout;
    assert!(log.contains("earlier events are not in this log"), "{log}");
    test.command(&["check"]).expect(0);
}
