//! Stories of projects that are made after the model of another one.

use std::collections::BTreeSet;

use trackway::admin::create::tables::{COPIED, LEFT};
use trackway::base::site::Site;

use crate::support::TestSite;

fn tables(test: &TestSite) -> BTreeSet<String> {
    let sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite%'";
    let read = |db: &rusqlite::Connection| {
        Ok(db.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    };
    test.demo().read(read).unwrap()
}

fn count(test: &TestSite, project: &str, sql: &str) -> i64 {
    let project = test.site.project(&test.row(project)).unwrap();
    project.read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?)).unwrap()
}

#[test]
fn somebody_has_decided_of_every_table_whether_a_new_project_gets_its_rows() {
    let test = TestSite::new();
    let decided: Vec<&str> = COPIED.iter().map(|copied| copied.table).chain(LEFT.iter().copied()).collect();
    let known: BTreeSet<String> = decided.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(known.len(), decided.len(), "a table stands in two lists");
    assert_eq!(tables(&test), known, "see src/admin/create/tables.rs");
}

/// Else a row would refer to somebody who is another one in the new project, or nobody.
#[test]
fn no_column_that_names_a_person_is_copied_as_it_is() {
    let test = TestSite::new();
    for copied in COPIED {
        let sql = "select \"from\" from pragma_foreign_key_list(?1) where \"table\" = 'person'";
        let columns: Vec<String> = test
            .demo()
            .read(|db| {
                let mut statement = db.prepare(sql)?;
                Ok(statement.query_map([copied.table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap();
        for column in columns {
            let is_other = copied.instead.iter().any(|(name, _)| *name == column);
            assert!(is_other, "{}.{column} comes along as it is", copied.table);
        }
    }
}

#[test]
fn a_project_begins_with_what_its_template_has_and_with_nobody_of_it() {
    let test = TestSite::new();
    test.admin("ada");
    test.user("kim").member().can("TRAC_ADMIN");
    test.group("staff", &["kim"]);
    test.grant("staff", &["WIKI_ADMIN"]);
    let kim = test.signed_in("kim");
    kim.save_page("Plan", "First. See [[Rules]] and milestone:one.");
    kim.save_page("Plan", "What we *do*. See [[Rules]] and milestone:one.");
    kim.save_page("Rules", "Be kind.");
    kim.save_page("Gone", "Old.");
    kim.submit("/demo/wiki/Gone?action=delete", &[("comment", "away")]).expect(303);
    kim.attach("/demo/attachment/wiki/Plan/", "map.txt", b"A map.").expect(303);
    test.command(&["milestone", "create", "demo", "one", "--due", "2027-03-01"]).expect(0);
    test.command(&["ticket", "new", "demo", "--summary", "A ticket of demo"]).expect(0);

    test.command(&["project", "create", "group-1", "--title", "Group 1", "--from", "demo"]).expect(0);

    assert_eq!(count(&test, "group-1", "select count(*) from pragma_foreign_key_check"), 0);
    assert_eq!(count(&test, "group-1", "select count(*) from ticket"), 0);
    assert_eq!(count(&test, "group-1", "select count(*) from person where kind <> 'operator'"), 0);
    assert_eq!(count(&test, "group-1", "select max(version) from page_version"), 1);
    assert_eq!(count(&test, "group-1", "select count(*) from permission_grant where subject_kind = 'person'"), 0);
    assert_eq!(count(&test, "group-1", "select count(*) from permission_grant where label = 'staff'"), 1);
    for table in ["field_option", "ticket_status", "ticket_workflow", "setting", "acl"] {
        let sql = format!("select count(*) from {table}");
        assert_eq!(count(&test, "group-1", &sql), count(&test, "demo", &sql), "{table}");
    }

    let ada = test.signed_in("ada");
    let plan = ada.get("/group-1/wiki/Plan").expect(200).text();
    assert!(plan.contains("What we <em>do</em>"), "{plan}");
    assert!(plan.contains("/group-1/milestone/one"), "{plan}");
    assert_eq!(ada.get("/group-1/raw-attachment/wiki/Plan/map.txt").expect(200).body, b"A map.");
    ada.get("/group-1/wiki/Gone").expect(404);
    assert!(ada.get("/group-1/milestone/one").expect(200).text().contains("2027"));
    // It is a project of its own: what is written there does not show in the other one, and is found.
    let project = test.site.project(&test.row("group-1")).unwrap();
    project.catch_up().unwrap();
    assert!(ada.get("/group-1/search?q=kind").expect(200).text().contains("Rules"));
    // A member of the one is nobody in the other.
    test.user("lea");
    assert!(!test.signed_in("lea").get("/group-1/wiki/Plan").expect(404).text().contains("What we"));
    test.command(&["check"]).expect(0);
}

#[test]
fn an_administrator_makes_one_on_a_page_and_typed_text_is_kept() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    test.signed_in("ada").save_page("Plan", "Words.");
    let refused = ada.submit("/-/admin/projects/new", &[("name", "Group One"), ("title", "The first")]).expect(422);
    assert!(refused.text().contains("Group One") && refused.text().contains("The first"));
    let made = ada.submit("/-/admin/projects/new", &[("name", "one"), ("title", ""), ("template", "demo")]).expect(303);
    assert!(made.location().ends_with("/one"));
    assert!(ada.get("/one/wiki/Plan").expect(200).text().contains("Words."));
    ada.submit("/-/admin/projects/new", &[("name", "one")]).expect(422);
    test.user("kim").get("/-/admin/projects/new").expect(404);
}

#[test]
fn what_a_killed_builder_left_is_cleared_away_and_what_is_being_built_is_not() {
    let test = TestSite::new();
    let site: &Site = &test.site;
    let building = site.build("new", "", |_| Ok(())).unwrap();
    site.clear_unfinished().unwrap();
    assert_eq!(std::fs::read_dir(test.data().join("projects")).unwrap().count(), 2);
    drop(building);
    let folders = || std::fs::read_dir(test.data().join("projects")).unwrap().count();
    assert_eq!(folders(), 1, "what was not made live is gone");
    // As a kill leaves it: a row and a folder, and nobody who holds its lock.
    let building = site.build("new", "", |_| Ok(())).unwrap();
    std::mem::forget(building);
    assert_eq!(folders(), 2);
    test.command(&["project", "create", "other"]).expect(0);
    assert_eq!(folders(), 3, "it is held by this process");
    let failed = site.create_project("third", "", None, trackway::base::event::Via::Command, |_| {
        Err(trackway::base::error::Error::conflict("no"))
    });
    assert!(failed.is_err());
    assert_eq!(folders(), 3);
}
