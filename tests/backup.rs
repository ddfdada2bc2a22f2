//! Stories of backups: made while people write, restored whole or not at all, tried out, and hostile ones refused.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trackway::base::site::Site;

use crate::support::TestSite;
use crate::support::command::{self, Output};
use crate::support::server::{self, Server};

/// A site with pages, a ticket and a file, and a folder for backups that goes with it.
fn furnished() -> (TestSite, tempfile::TempDir) {
    let test = TestSite::new();
    test.admin("ada");
    let kim = test.user("kim").member();
    kim.save_page("Plan", "The plan.");
    kim.attach("/demo/attachment/wiki/Plan/", "tide.csv", b"hour,height\n1,2\n").expect(303);
    test.command(&["ticket", "new", "demo", "--summary", "Doors stick"]).expect(0);
    test.project("other", false);
    (test, tempfile::tempdir().unwrap())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn restored(folder: &Path, file: &Path) -> (PathBuf, Output) {
    let data = folder.join("restored");
    let output = command::run(&data, &["restore", &text(file)], b"");
    (data, output)
}

#[test]
fn a_backup_brings_everything_back_on_an_empty_machine() {
    let (test, folder) = furnished();
    let file = folder.path().join("site.tar.zst");

    let made = test.command(&["backup", &text(&file)]).expect(0);

    assert!(made.stdout.contains("2 projects, 2 accounts, 1 page, 1 ticket, 1 attached file"), "{}", made.stdout);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (data, _) = restored(folder.path(), &file);
    command::run(&data, &["check"], b"").expect(0);
    let page = command::run(&data, &["wiki", "show", "demo", "Plan", "--raw"], b"").expect(0);
    assert_eq!(page.stdout, "The plan.");
    let list = command::run(&data, &["ticket", "list", "demo", "--format", "ids"], b"").expect(0);
    assert_eq!(list.stdout, "1\n");
    let search = command::run(&data, &["search", "demo", "plan"], b"").expect(0);
    assert!(search.stdout.contains("Plan"), "the index is made again: {}", search.stdout);
    let log = command::run(&data, &["audit", "--format", "csv"], b"").expect(0).stdout;
    assert!(log.contains("site.restored") && log.contains("site.tar.zst"), "{log}");
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    let ours = test.command(&["audit", "--kind", "site"]).expect(0).stdout;
    assert!(ours.contains("site.backed_up"), "{ours}");
}

#[test]
fn verifying_writes_nothing_and_names_what_is_inside() {
    let (test, folder) = furnished();
    let file = folder.path().join("site.tar.zst");
    test.command(&["backup", &text(&file)]).expect(0);
    let nowhere = folder.path().join("nowhere");

    let told = command::run(&nowhere, &["restore", "--verify", &text(&file), "--format", "json"], b"").expect(0);

    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["projects"].as_object().unwrap().len(), 2);
    assert_eq!(told["counts"]["site.db"]["account"], 2);
    assert_eq!(told["files"].as_array().unwrap().len(), 4, "two projects, a file, the site");
    assert!(!nowhere.exists());
}

#[test]
fn a_passphrase_closes_it_to_all_others() {
    let (test, folder) = furnished();
    let (file, secret) = (folder.path().join("site.age"), folder.path().join("secret"));
    fs::write(&secret, "correct horse battery\nnot this\n").unwrap();
    test.command(&["backup", &text(&file), "--passphrase-file", &text(&secret)]).expect(0);
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));

    let (data, refused) = restored(folder.path(), &file);
    refused.expect(1);
    assert!(!Site::exists(&data));
    fs::write(folder.path().join("wrong"), "another passphrase").unwrap();
    let wrong = ["restore", "--verify", &text(&file), "--passphrase-file", &text(&folder.path().join("wrong"))];
    assert!(command::run(&data, &wrong, b"").expect(1).stderr.contains("not the passphrase"));
    command::run(&data, &["restore", &text(&file), "--passphrase-file", &text(&secret)], b"").expect(0);
    command::run(&data, &["check"], b"").expect(0);
    fs::write(&secret, "short\n").unwrap();
    let short = test.command(&["backup", &text(&folder.path().join("b")), "--passphrase-file", &text(&secret)]);
    assert!(short.expect(1).stderr.contains("at least 8"));
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let (test, folder) = furnished();
    let file = folder.path().join("site.tar.zst");
    test.command(&["backup", &text(&file)]).expect(0);
    assert!(test.command(&["backup", &text(&file)]).expect(1).stderr.contains("is there already"));
    let onto = test.command(&["restore", &text(&file)]).expect(1);
    assert!(onto.stderr.contains("is not empty"), "{}", onto.stderr);
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter.txt"), "keep me").unwrap();
    command::run(&other, &["restore", &text(&file)], b"").expect(1);
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    test.command(&["backup", "--as", "kim", &text(&folder.path().join("kims"))]).expect(1);
    assert!(test.command(&["backup", "/nowhere/at/all"]).expect(1).stderr.contains("no folder that is there"));
}

#[test]
fn a_backup_while_people_write_is_of_one_moment() {
    let (test, folder) = furnished();
    let kim = test.signed_in("kim");
    let data = test.data();
    let file = folder.path().join("site.tar.zst");
    let running = std::thread::spawn({
        let file = text(&file);
        move || command::run(&data, &["backup", &file], b"").expect(0)
    });
    let mut saved = 0;
    while !running.is_finished() {
        saved += 1;
        kim.save_page(&format!("Page {saved}"), &format!("See [[Page {}]].", saved - 1));
    }
    running.join().unwrap();
    assert!(saved > 0);
    let (data, output) = restored(folder.path(), &file);
    output.expect(0);
    command::run(&data, &["check"], b"").expect(0);
}

#[test]
fn a_torn_or_changed_backup_is_refused_and_leaves_no_site() {
    let (test, folder) = furnished();
    let file = folder.path().join("site.tar.zst");
    test.command(&["backup", &text(&file)]).expect(0);
    let whole = fs::read(&file).unwrap();
    for (what, bytes) in [
        ("torn", whole[..whole.len() * 2 / 3].to_vec()),
        ("torn at the end", whole[..whole.len() - 20].to_vec()),
        ("changed", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
            bytes
        }),
        ("nothing", Vec::new()),
        ("no archive", b"this is a letter and no backup".to_vec()),
    ] {
        let bad = folder.path().join("bad");
        fs::write(&bad, bytes).unwrap();
        let (data, output) = restored(folder.path(), &bad);
        output.expect(1);
        assert!(!Site::exists(&data), "{what}");
        command::run(&data, &["restore", "--verify", &text(&bad)], b"").expect(1);
        let served = command::run(&data, &["project", "create", "demo"], b"");
        assert!(data.join("restoring").exists(), "{what}");
        assert!(served.expect(1).stderr.contains("broke off"), "what broke off is no site");
    }
    let (data, output) = restored(folder.path(), &file);
    output.expect(0);
    command::run(&data, &["check"], b"").expect(0);
}

/// An archive as somebody else might make one: names with their types and contents.
fn forged(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut archive = tar::Builder::new(zstd::Encoder::new(File::create(path).unwrap(), 3).unwrap());
    for (name, kind, contents) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(*kind);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *contents).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

fn head(format: u32, schema: i64) -> Vec<u8> {
    json!({ "format": format, "program": "9.9", "made_at": "2026-01-01T00:00:00Z", "site_schema": schema, "project_schema": schema })
        .to_string()
        .into_bytes()
}

#[test]
fn hostile_archives_are_refused_before_anything_lies_outside() {
    use tar::EntryType::{Link, Regular, Symlink};
    let folder = tempfile::tempdir().unwrap();
    let (good, newer, later) = (head(1, 1), head(2, 1), head(1, 9999));
    let empty = json!({ "files": [], "counts": {}, "projects": {} }).to_string();
    let project = format!("projects/{}/project.db", "a".repeat(32));
    let first = ("trackway-backup.json", Regular, good.as_slice());
    type Entry<'e> = (&'e str, tar::EntryType, &'e [u8]);
    let cases: Vec<(&str, Vec<Entry<'_>>, &str)> = vec![
        ("above", vec![first, ("../evil", Regular, b"x")], "which no backup does"),
        ("absolute", vec![first, ("/tmp/evil", Regular, b"x")], "which no backup does"),
        ("link", vec![first, ("site.db", Symlink, b"")], "which no backup does"),
        ("hard link", vec![first, (&project, Link, b"")], "which no backup does"),
        ("twice", vec![first, ("site.db", Regular, b"1"), ("site.db", Regular, b"2")], "twice"),
        ("no head", vec![("site.db", Regular, b"x")], "does not begin as"),
        (
            "after the end",
            vec![first, ("manifest.json", Regular, empty.as_bytes()), ("site.db", Regular, b"x")],
            "after its end",
        ),
        (
            "not in the list",
            vec![first, ("site.db", Regular, b"x"), ("manifest.json", Regular, empty.as_bytes())],
            "knows nothing",
        ),
        ("newer form", vec![("trackway-backup.json", Regular, &newer)], "newer Trackway"),
        ("newer schema", vec![("trackway-backup.json", Regular, &later)], "newer Trackway"),
        ("no site", vec![first, ("manifest.json", Regular, empty.as_bytes())], "holds no site"),
        ("deep list", vec![first, ("manifest.json", Regular, b"{\"files\": 7}")], "can't be read"),
    ];
    for (what, entries, why) in cases {
        let file = folder.path().join("evil.tar.zst");
        forged(&file, &entries);
        let (data, output) = restored(folder.path(), &file);
        let output = output.expect(1);
        assert!(output.stderr.contains(why), "{what}: {}", output.stderr);
        assert!(!Site::exists(&data), "{what}");
        assert!(!folder.path().join("evil").exists() && !Path::new("/tmp/evil").exists(), "{what}");
    }
}

#[test]
fn a_bomb_is_left_alone_before_it_fills_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bomb.tar.zst");
    let mut encoder = zstd::Encoder::new(File::create(&file).unwrap(), 3).unwrap();
    let entry = |name: &str, size: u64| {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_size(size);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let head = head(1, 1);
    let mut first = head.clone();
    first.resize(512, 0);
    encoder.write_all(&entry("trackway-backup.json", head.len() as u64)).unwrap();
    encoder.write_all(&first).unwrap();
    encoder.write_all(&entry("site.db", 7 << 30)).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..(5 << 10) {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap();
    assert!(fs::metadata(&file).unwrap().len() < 2 << 20);

    let refused = command::run(&folder.path().join("x"), &["restore", "--verify", &text(&file)], b"").expect(1);

    assert!(refused.stderr.contains("far more than a backup"), "{}", refused.stderr);
}

#[test]
fn a_process_killed_at_any_moment_leaves_no_half_backup_and_no_half_site() {
    let (test, folder) = furnished();
    let whole = folder.path().join("whole.tar.zst");
    test.command(&["backup", &text(&whole)]).expect(0);
    let killed_after = |data: &Path, arguments: &[&str], pause: Duration| {
        let mut child =
            command::trackway(data).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(pause);
        let _ = child.kill();
        child.wait().unwrap().success()
    };
    let begun = Instant::now();
    test.command(&["backup", &text(&folder.path().join("measured"))]).expect(0);
    let usual = begun.elapsed();
    for step in 0..12 {
        let pause = usual * step / 10;
        let file = folder.path().join(format!("killed-{step}"));
        killed_after(&test.data(), &["backup", &text(&file)], pause);
        if file.exists() {
            command::run(&test.data(), &["restore", "--verify", &text(&file)], b"").expect(0);
        }
        let data = folder.path().join(format!("data-{step}"));
        killed_after(&data, &["restore", &text(&whole)], pause);
        if Site::exists(&data) {
            command::run(&data, &["check"], b"").expect(0);
        } else {
            command::run(&data, &["restore", &text(&whole)], b"").expect(0);
            command::run(&data, &["check"], b"").expect(0);
        }
    }
    test.command(&["check"]).expect(0);
}

#[test]
fn the_schedule_makes_tries_and_removes_them_and_alarms_when_one_fails() {
    let (test, folder) = furnished();
    let backups = folder.path().join("kept");
    for (name, value) in [("backup.every_hours", "1"), ("backup.keep", "1"), ("backup.folder", &text(&backups))] {
        test.command(&["setting", "set", name, value]).expect(0);
    }
    let ada = test.signed_in("ada");
    assert!(ada.get("/-/admin").words().contains("No backup was ever made"));
    let session = ada.session.clone().unwrap();
    let data = test.data();
    let address = server::free_address();
    let kept = test.close();
    let serving = Server::start(&data, address);
    let alarms = || {
        let cookie = format!("trackway={session}");
        let headers = [("Cookie", cookie.as_str()), ("Accept", "application/json")];
        let health = server::request(address, "GET", "/-/admin?format=json", &headers, "").unwrap().body;
        serde_json::from_str::<Value>(&health).unwrap()["checks"].to_string()
    };
    let runs = |condition: &str| -> i64 {
        let db = rusqlite::Connection::open(data.join("site.db")).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db.query_row(&format!("select count(*) from backup_run where {condition}"), [], |row| row.get(0)).unwrap()
    };
    let wait_for = |what: &str, met: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !met() {
            assert!(begun.elapsed() < Duration::from_secs(120), "{what}:\n{}", serving.said());
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    let make_due = || {
        let db = rusqlite::Connection::open(data.join("site.db")).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db.execute("update backup_run set begun_at = begun_at - 7200000000", []).unwrap();
    };

    wait_for("a first one", &|| runs("drilled_at is not null and drill_error = ''") == 1);
    assert!(!alarms().contains("Backup"), "all is well: {}", alarms());
    make_due();
    wait_for("a second one in place of it", &|| runs("removed = 1") == 1);
    assert_eq!(fs::read_dir(&backups).unwrap().count(), 1);

    // Nothing can be written there any more.
    fs::remove_dir_all(&backups).unwrap();
    fs::write(&backups, "in the way").unwrap();
    make_due();
    wait_for("a failure", &|| runs("error <> ''") == 1);
    assert!(alarms().contains("The last scheduled backup was not made"), "{}", alarms());
    drop(serving);
    drop(kept);
}

#[test]
fn an_attached_file_that_is_lost_keeps_nothing_else_out() {
    let (test, folder) = furnished();
    let files = test.demo().dir().join("files");
    for home in fs::read_dir(files).unwrap() {
        fs::remove_dir_all(home.unwrap().path()).unwrap();
    }
    let file = folder.path().join("site.tar.zst");
    let made = test.command(&["backup", &text(&file), "--drill"]).expect(1);
    assert!(made.stdout.contains("1 attached files could not be read"), "{}", made.stdout);
    assert!(made.stderr.contains("tide.csv"), "{}", made.stderr);
    let (data, output) = restored(folder.path(), &file);
    output.expect(0);
    command::run(&data, &["wiki", "show", "demo", "Plan", "--raw"], b"").expect(0);
}
