//! Stories of projects that travel: exported as one file, imported here or elsewhere wholly or not at all, and hostile files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;
use sha2::{Digest, Sha256};
use trackway::base::db::Schema;
use trackway::base::site::hex;

use crate::support::TestSite;
use crate::support::command;
use crate::support::repository::Repository;

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A project with people, pages, a file, tickets and rights, and a folder for its exports.
fn furnished() -> (TestSite, tempfile::TempDir) {
    let test = TestSite::new();
    test.admin("ada");
    let kim = test.user("kim").member().can("TICKET_ADMIN");
    test.user("lea").member().get("/demo/timeline").expect(200);
    kim.save_page("Plan", "The plan of the lighthouse.");
    kim.attach("/demo/attachment/wiki/Plan/", "tide.csv", b"hour,height\n1,2\n").expect(303);
    test.group("keepers", &["lea"]);
    test.grant("keepers", &["WIKI_DELETE"]);
    let new = ["ticket", "new", "demo", "--summary", "Doors stick", "--as", "kim"];
    test.command(&new).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "They do.", "--as", "lea"]).expect(0);
    (test, tempfile::tempdir().unwrap())
}

/// The files of an archive by name.
fn unpacked(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(zstd::Decoder::new(File::open(file).unwrap()).unwrap());
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        found.insert(name, bytes);
    }
    found
}

/// Every row of the database of an export, by table, and the hashes of the files beside it.
fn contents(folder: &Path, file: &Path) -> (BTreeMap<String, Vec<Vec<Cell>>>, Vec<String>) {
    let files = unpacked(file);
    let copy = folder.join("looked-at.db");
    let database = files.iter().find(|(name, _)| name.ends_with("project.db")).unwrap().1;
    fs::write(&copy, database).unwrap();
    let db = Connection::open(&copy).unwrap();
    let mut statement = db
        .prepare(
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name <> 'follower'",
        )
        .unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut rows = BTreeMap::new();
    for table in tables {
        let width = db.prepare(&format!("select * from \"{table}\"")).unwrap().column_count();
        let order: Vec<String> = (1..=width).map(|column| column.to_string()).collect();
        let mut statement = db.prepare(&format!("select * from \"{table}\" order by {}", order.join(", "))).unwrap();
        let cells = statement.query_map([], |row| (0..width).map(|at| row.get::<_, Cell>(at)).collect()).unwrap();
        rows.insert(table, cells.map(Result::unwrap).collect());
    }
    let blobs = files.keys().filter_map(|name| name.split_once("/files/").map(|(_, hash)| hash.to_owned())).collect();
    (rows, blobs)
}

#[test]
fn what_is_exported_and_imported_under_another_name_is_the_same_project() {
    let (test, folder) = furnished();
    let (first, second) = (folder.path().join("demo.tar.zst"), folder.path().join("copy.tar.zst"));

    test.command(&["project", "export", "demo", &text(&first)]).expect(0);
    let told = test.command(&["project", "import", &text(&first), "copy"]).expect(0);
    test.command(&["project", "export", "copy", &text(&second)]).expect(0);

    assert_eq!(fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(told.stdout.contains("Tied to their accounts here: kim lea"), "{}", told.stdout);
    let (before, after) = (contents(folder.path(), &first), contents(folder.path(), &second));
    assert_eq!(before.1, after.1);
    assert_eq!(before.1.len(), 1);
    for (table, rows) in &before.0 {
        assert_eq!(Some(rows), after.0.get(table), "{table}");
    }
    let kim = test.signed_in("kim");
    assert!(kim.get("/copy/wiki/Plan").expect(200).words().contains("lighthouse"));
    assert_eq!(kim.get("/copy/raw-attachment/wiki/Plan/tide.csv").expect(200).text(), "hour,height\n1,2\n");
    assert!(kim.get("/copy/ticket/1").expect(200).words().contains("They do."));
    test.user("eve").get("/copy/wiki/Plan").expect(404);
    let found = test.command(&["search", "copy", "lighthouse"]).expect(0).stdout;
    assert!(found.contains("Plan"), "the index is made: {found}");
    test.command(&["check"]).expect(0);
    let log = test.command(&["audit", "--format", "csv"]).expect(0).stdout;
    assert!(log.contains("project.exported") && log.contains("project.imported"), "{log}");
    assert!(test.command(&["project", "import", &text(&first)]).expect(1).stderr.contains("There is a project `demo`"));
    assert!(test.command(&["project", "export", "demo", &text(&first)]).expect(1).stderr.contains("is there already"));
    test.command(&["project", "export", "demo", &text(&folder.path().join("kims")), "--as", "kim"]).expect(1);
    test.command(&["project", "import", &text(&first), "kims", "--as", "kim"]).expect(1);
}

#[test]
fn on_another_site_history_keeps_its_names_and_strangers_get_nothing() {
    let (test, folder) = furnished();
    let file = folder.path().join("demo.tar.zst");
    test.command(&["project", "export", "demo", &text(&file)]).expect(0);
    let there = TestSite::new();
    there.user("kim");
    there.user("tom");
    there.group("keepers", &["tom"]);

    // The same login may be another person's: nobody is taken for anybody unless an administrator says so.
    let told = there.command(&["project", "import", &text(&file), "apart"]).expect(0).stdout;
    assert!(told.contains("so without rights: kim lea") && told.contains("Groups that are not here"), "{told}");
    there.signed_in("kim").get("/apart/wiki/Plan").expect(404);
    there.signed_in("tom").get("/apart/wiki/Plan").expect(404);
    let page = there.admin("ada").get("/apart/ticket/1").expect(200).words();
    assert!(page.contains("kim") && page.contains("lea"), "{page}");
    let rights = there.command(&["permission", "list", "apart"]).expect(0).stdout;
    assert!(!rights.contains("kim") && !rights.contains("keepers"), "{rights}");

    let told = there.command(&["project", "import", &text(&file), "tied", "--same-names"]).expect(0).stdout;
    assert!(told.contains("here: kim\n") && told.contains("so without rights: lea"), "{told}");
    there.signed_in("kim").get("/tied/wiki/Plan").expect(200);
    let rights = there.command(&["permission", "list", "tied"]).expect(0).stdout;
    assert!(rights.contains("kim") && rights.contains("keepers"), "{rights}");
    there.command(&["check"]).expect(0);
    // Nothing of the old site's ids is left, but where it is told what happened there.
    let old: Vec<String> = test
        .site
        .read(|db| {
            let mut statement = db.prepare("select uuid from account union select id from account_group")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    for name in ["apart", "tied"] {
        let again = folder.path().join(format!("{name}.tar.zst"));
        there.command(&["project", "export", name, &text(&again)]).expect(0);
        for (table, rows) in contents(folder.path(), &again).0.into_iter().filter(|(table, _)| table != "event") {
            let holds =
                |cell: &Cell| matches!(cell, Cell::Text(text) if old.iter().any(|id| text.contains(id.as_str())));
            assert!(!rows.iter().flatten().any(holds), "{name}: {table}");
        }
    }
}

#[test]
fn repositories_are_connected_again_by_hand_and_secrets_stay() {
    let (test, folder) = furnished();
    let repository = Repository::new(&folder.path().join("code"));
    repository.commit_file("a.txt", "a", "Begin");
    let place = text(&folder.path().join("code"));
    test.command(&["repo", "add", "demo", &place, "--name", "main"]).expect(0);
    test.command(&["repo", "sync", "demo"]).expect(0);
    test.command(&["repo", "secret", "demo", "main"]).expect(0);
    let file = folder.path().join("demo.tar.zst");
    test.command(&["project", "export", "demo", &text(&file)]).expect(0);
    let rows = contents(folder.path(), &file).0;
    assert!(!rows["repository"].iter().flatten().any(|cell| matches!(cell, Cell::Blob(_))), "no hash of a secret");

    let told = test.command(&["project", "import", &text(&file), "apart"]).expect(0).stdout;
    assert!(told.contains(&place) && told.contains("trackway repo add apart PATH --name main"), "{told}");
    assert_eq!(test.command(&["repo", "list", "apart", "--format", "ids"]).expect(0).stdout.trim(), "");
    test.command(&["repo", "add", "apart", &place, "--name", "main"]).expect(0);
    let kept = ["project", "import", &text(&file), "kept", "--keep-repositories"];
    test.command(&kept).expect(0);
    assert!(test.command(&["repo", "list", "kept"]).expect(0).stdout.contains("main"));
    test.command(&["check"]).expect(0);
}

/// An archive as somebody else might make one, with a list that fits unless it is given.
fn forged(path: &Path, head: &serde_json::Value, entries: &[(&str, &[u8])], list: Option<&serde_json::Value>) {
    let mut archive = tar::Builder::new(zstd::Encoder::new(File::create(path).unwrap(), 3).unwrap());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        if header.set_path(name).is_err() {
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        }
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        archive.append(&header, bytes).unwrap();
    };
    add("trackway-project.json", head.to_string().as_bytes());
    let mut files = Vec::new();
    for (name, bytes) in entries {
        add(name, bytes);
        files.push(json!({ "path": name, "size": bytes.len(), "sha256": hex(&Sha256::digest(bytes)) }));
    }
    let whole = json!({ "files": files, "counts": {}, "projects": {} });
    add("manifest.json", list.unwrap_or(&whole).to_string().as_bytes());
    archive.into_inner().unwrap().finish().unwrap();
}

fn head(schema: i64) -> serde_json::Value {
    json!({
        "format": 1, "program": "9.9", "made_at": "2026-01-01T00:00:00Z", "site_schema": 1, "project_schema": schema,
        "project": { "name": "guest", "title": "Guest" },
    })
}

/// A database of a project at that version, with what a statement does to it.
fn database(folder: &Path, version: usize, more: &str) -> Vec<u8> {
    let path = folder.join("made.db");
    let _ = fs::remove_file(&path);
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    for (name, sql) in Schema::Project.migrations().into_iter().take(version) {
        db.execute_batch(&sql).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    db.pragma_update(None, "application_id", 0x5457_5031).unwrap();
    db.pragma_update(None, "user_version", version as i64).unwrap();
    db.execute_batch(more).unwrap();
    drop(db);
    fs::read(&path).unwrap()
}

#[test]
fn an_older_export_is_brought_up_and_a_newer_one_refused_in_plain_words() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.tar.zst");
    let place = format!("projects/{}/project.db", "a".repeat(32));
    let old = database(
        folder.path(),
        10,
        "insert into person (uuid, login, display_name, kind) values ('0123', 'zoe', 'Zoe', 'account');
         insert into page (name, folded, version, author, changed_at, created_at) values ('Old', 'old', 1, 1, 1, 1);
         insert into page_version (page, version, author, saved_at, comment, via, size, text)
           values (1, 1, 1, 1, '', 'web', 8, 'Long ago');",
    );
    forged(&file, &head(10), &[(&place, &old)], None);

    test.command(&["project", "import", &text(&file)]).expect(0);

    let page = test.command(&["wiki", "show", "guest", "Old", "--raw"]).expect(0).stdout;
    assert_eq!(page, "Long ago");
    test.command(&["check"]).expect(0);
    forged(&file, &head(9999), &[(&place, &old)], None);
    let refused = test.command(&["project", "import", &text(&file), "newer"]).expect(1).stderr;
    assert!(refused.contains("This export was made by a newer Trackway (9.9); please use that one."), "{refused}");
}

#[test]
fn sets_that_bear_the_name_of_a_right_and_logos_that_are_none_stay_behind() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("forged.tar.zst");
    let newest = Schema::Project.migrations().len();
    let forgery = database(
        folder.path(),
        newest,
        "insert into permission_set (name) values ('WIKI_VIEW'), ('reviewers');
         insert into permission_set_right (permission_set, permission)
           values ('WIKI_VIEW', 'TRAC_ADMIN'), ('reviewers', 'WIKI_VIEW');
         insert into project_logo (id, hash, media_type, width, height, bytes) values (1, 'x', 'image/png', -1, 1, x'00');",
    );
    forged(&file, &head(newest as i64), &[(&format!("projects/{}/project.db", "a".repeat(32)), &forgery)], None);

    test.command(&["project", "import", &text(&file)]).expect(0);

    test.admin("ada").get("/guest/timeline").expect(200);
    assert_eq!(test.command(&["project", "logo", "guest"]).expect(0).stdout, "none\n");
    let copy = folder.path().join("again.tar.zst");
    test.command(&["project", "export", "guest", &text(&copy)]).expect(0);
    let kept = contents(folder.path(), &copy).0;
    assert_eq!(kept["permission_set"], [[Cell::Text("reviewers".to_owned())]]);
}

#[test]
fn files_and_rules_that_lead_to_each_other_are_followed_once() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("forged.tar.zst");
    let newest = Schema::Project.migrations().len();
    let hash = hex(&Sha256::digest(b"x"));
    let forgery = database(
        folder.path(),
        newest,
        &format!(
            "insert into acl (id, kind, path, opens, base)
               values (5, 'path', 'a', 'WIKI_VIEW', 6), (6, 'path', 'b', 'WIKI_VIEW', 5);
             insert into acl_subject (acl, subject_kind) values (5, 'anonymous'), (6, 'anonymous');
             insert into person (uuid, login, display_name, kind) values ('0123', 'zoe', 'Zoe', 'account');
             insert into page (name, folded, version, author, changed_at, created_at, acl)
               values ('A', 'a', 1, 1, 1, 1, 5), ('B', 'b', 1, 1, 1, 1, 1);
             insert into page_version (page, version, author, saved_at, comment, via, size, text)
               values (1, 1, 1, 1, '', 'web', 8, 'Long ago'), (2, 1, 1, 1, '', 'web', 8, 'Long ago');
             insert into attachment (id, parent_kind, parent_id, name, hash, size, added_at, replaced_by)
               values (1, 'page', 2, 'x.txt', '{hash}', 1, 1, 1);"
        ),
    );
    let place = format!("projects/{}", "a".repeat(32));
    let (database, blob) = (format!("{place}/project.db"), format!("{place}/files/{}/{hash}", &hash[..2]));
    forged(&file, &head(newest as i64), &[(&blob, b"x"), (&database, &forgery)], None);

    test.command(&["project", "import", &text(&file)]).expect(0);

    assert!(test.anonymous().get("/guest/wiki/A").expect(200).words().contains("Long ago"));
    assert!(test.admin("ada").get("/guest/attachment/wiki/B/x.txt").expect(200).words().contains("x.txt"));
}

#[test]
fn hostile_files_are_refused_and_leave_nothing() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let newest = Schema::Project.migrations().len();
    let (id, other) = ("a".repeat(32), "b".repeat(32));
    let place = format!("projects/{id}/project.db");
    let made = |more: &str| database(folder.path(), newest, more);
    let good = made("");
    let trigger = made("create trigger t after insert on person begin delete from setting; end;");
    let view = made("create view v as select 1;");
    let table = made("create table t (x);");
    let newer = made("pragma user_version = 9999;");
    let loose = made(
        "pragma foreign_keys = off; insert into event (recorded_at, happened_at, actor, via, kind, resource_kind,
        resource_id, acl) values (1, 1, 77, 'web', 'page.saved', 'page', 1, 1);",
    );
    let attached = |hash: &str| {
        made(&format!(
            "insert into attachment (parent_kind, parent_id, name, hash, size, added_at)
             values ('page', 1, 'x', '{hash}', 1, 1);"
        ))
    };
    let (above, absent) = (attached("../../../../etc/passwd"), attached(&"c".repeat(64)));
    let mut torn = good.clone();
    torn[4096..8192].fill(0xff);
    let blob = format!("projects/{id}/files/ab/ab{}", "1".repeat(62));
    let second = format!("projects/{other}/project.db");
    let (foreign, schema) = ("none that Trackway has made", newest as i64);
    type Entry<'e> = (&'e str, &'e [u8]);
    let cases: Vec<(&str, Vec<Entry<'_>>, &str)> = vec![
        ("above", vec![("../evil", b"x")], "which no export does"),
        ("absolute", vec![("/tmp/evil", b"x")], "which no export does"),
        ("no project", vec![], "does not hold one project"),
        ("two projects", vec![(&place, &good), (&second, &good)], "does not hold one project"),
        ("a site", vec![(&place, &good), ("site.db", b"x")], "no part of a project"),
        ("twice", vec![(&place, &good), (&place, &good)], "twice"),
        ("wrong contents", vec![(&blob, b"x"), (&place, &good)], "not those that were attached"),
        ("no database", vec![(&place, b"a letter")], "damaged"),
        ("torn", vec![(&place, &torn)], ""),
        ("trigger", vec![(&place, &trigger)], foreign),
        ("view", vec![(&place, &view)], foreign),
        ("table", vec![(&place, &table)], foreign),
        ("loose rows", vec![(&place, &loose)], foreign),
        ("newer database", vec![(&place, &newer)], "newer Trackway"),
        ("a file elsewhere", vec![(&place, &above)], "attached files are missing"),
        ("a file that is not there", vec![(&place, &absent)], "attached files are missing"),
    ];
    for (what, entries, why) in &cases {
        let file = folder.path().join("evil.tar.zst");
        forged(&file, &head(schema), entries, None);
        let refused = test.command(&["project", "import", &text(&file)]).expect(1).stderr;
        assert!(refused.contains(why), "{what}: {refused}");
    }
    let file = folder.path().join("evil.tar.zst");
    let wrong = json!({ "files": [{ "path": place, "size": good.len(), "sha256": "0".repeat(64) }], "counts": {}, "projects": {} });
    forged(&file, &head(schema), &[(&place, &good)], Some(&wrong));
    let refused = test.command(&["project", "import", &text(&file)]).expect(1).stderr;
    assert!(refused.contains("is not what was put in"), "{refused}");
    let backup = folder.path().join("site.tar.zst");
    test.command(&["backup", &text(&backup)]).expect(0);
    let refused = test.command(&["project", "import", &text(&backup), "site"]).expect(1).stderr;
    assert!(refused.contains("does not begin as one does"), "{refused}");
    let mut named = head(schema);
    named["project"]["name"] = json!("../up");
    forged(&file, &named, &[(&place, &good)], None);
    test.command(&["project", "import", &text(&file)]).expect(1);
    let escape = folder.path().join("evil");
    assert!(!escape.exists() && !Path::new("/tmp/evil").exists());
    only_demo_is_left(&test);
}

#[track_caller]
fn only_demo_is_left(test: &TestSite) {
    test.command(&["check"]).expect(0);
    assert_eq!(fs::read_dir(test.data().join("projects")).unwrap().count(), 1);
    let rows: i64 =
        test.site.read(|db| Ok(db.query_row("select count(*) from project", [], |row| row.get(0))?)).unwrap();
    assert_eq!(rows, 1);
}

/// The same moment never comes twice, so it is tried at many.
#[test]
fn whoever_is_killed_while_importing_leaves_nothing_or_all_of_it() {
    let (test, folder) = furnished();
    let file: PathBuf = folder.path().join("demo.tar.zst");
    test.command(&["project", "export", "demo", &text(&file)]).expect(0);
    for milliseconds in [20, 40, 60, 90, 120, 160, 200, 300, 400] {
        let mut child = command::trackway(&test.data())
            .args(["project", "import", &text(&file), "copy"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        let live = "select count(*) from project where state = 'live'";
        let live: i64 = test.site.read(|db| Ok(db.query_row(live, [], |row| row.get(0))?)).unwrap();
        test.command(&["check"]).expect(0);
        if live == 2 {
            test.signed_in("kim").get("/copy/wiki/Plan").expect(200);
            return;
        }
        only_demo_is_left(&test);
    }
    test.command(&["project", "import", &text(&file), "copy"]).expect(0);
    test.command(&["check"]).expect(0);
}
