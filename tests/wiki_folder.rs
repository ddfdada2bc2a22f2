//! A wiki as a folder of Markdown: out, in, and out again byte for byte; and folders that are not taken in.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use trackway::attachment::blob::{self, Spool};
use trackway::attachment::edit::{self, Add, NewFile};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::resource::Resource;

use crate::support::{TestSite, command};

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn export(test: &TestSite, project: &str, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    test.command(&["wiki", "export", project, folder.to_str().unwrap()]).expect(0);
    contents(folder)
}

fn save(test: &TestSite, name: &str, text: &str) {
    test.command_with_input(&["wiki", "save", "demo", "--", name], text).expect(0);
}

fn attach(test: &TestSite, page: &str, file: &str, description: &str, bytes: &[u8]) {
    let project = test.demo();
    let id: i64 =
        project.read(|db| Ok(db.query_row("select id from page where name = ?1", [page], |row| row.get(0))?)).unwrap();
    let mut contents = Spool::new(&blob::folder(&project), 1 << 20).unwrap();
    contents.write(bytes).unwrap();
    let files = vec![NewFile { name: file.to_owned(), contents }];
    let add = Add { parent: &Resource::new("page", id), files, description, replace: false };
    edit::add(&project, Act::new(&test.operator(), Via::Command), add).unwrap();
}

fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn an_export_that_was_imported_is_exported_byte_for_byte() {
    let test = TestSite::new();
    test.project("copy", false);
    let long = "長".repeat(200);
    for name in [
        "WikiStart", "Guide/A", "guide/B", "GUIDE/C", "con", "con/aux.txt", "ends./here", "x.md", "x.md/y",
        "x.files/z", "x", "日本/東京", "C:\\x", "100%", "a%/b", "-rf", "*?|\"<>", &long,
    ] {
        save(&test, name, &format!("# {name}\n\ntrailing blanks  \nno end of line"));
    }
    for (file, description, bytes) in [
        ("plan.txt", "The plan, “as agreed”\u{a0}", &b"one"[..]),
        ("PLAN.txt", "", b"two"),
        ("Plan.txt", "", b"three"),
        ("résumé: v2?.md", "", b"\xff\xfe\0"),
    ] {
        attach(&test, "Guide/A", file, description, bytes);
    }
    attach(&test, &long, &"名".repeat(60), "", b"long");
    let folders = tempfile::tempdir().unwrap();

    let first = export(&test, "demo", &folders.path().join("first"));
    let into = folders.path().join("first");
    test.command(&["wiki", "import", "copy", into.to_str().unwrap()]).expect(0);
    let second = export(&test, "copy", &folders.path().join("second"));

    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    assert!(first == second, "the bytes differ");
    assert!(first.keys().all(|path| path.is_ascii()), "{:?}", first.keys());
    let lower: std::collections::HashSet<String> = first.keys().map(|path| path.to_lowercase()).collect();
    assert_eq!(lower.len(), first.len(), "two files differ by case alone");
    let again = test.command(&["wiki", "import", "copy", into.to_str().unwrap()]).expect(0);
    assert_eq!(again.stdout, "", "what is the same is left alone");
}

#[test]
fn a_dry_run_tells_what_an_import_would_change_and_the_import_is_one_act() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    save(&test, "Same", "as it is");
    save(&test, "Other", "before");
    attach(&test, "Other", "old.txt", "kept", b"old");
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("Same.md", b"as it is"),
            ("other.md", b"after\r\nanother line"),
            ("Other.files/old.txt", b"old"),
            ("New/Below.md", b"below"),
            ("New/Below.files/pic.png", b"png"),
            (".git/config.md", b"hidden"),
            ("README.txt", b"no page"),
        ],
    );
    let path = folder.path().to_str().unwrap();
    let events = test.event_count();

    let dry = test.command(&["wiki", "import", "demo", path, "--dry-run", "--format", "csv"]).expect(0);

    assert_eq!(dry.stdout, "page,attachment,change\nNew/Below,,new\nNew/Below,pic.png,new\nother,,changed\n");
    assert_eq!(test.event_count(), events, "nothing happened");

    let done = test.command(&["wiki", "import", "demo", path, "--as", "kim"]).expect(0);

    assert_eq!(done.stdout, "New/Below\nNew/Below: pic.png\nother\n");
    assert_eq!(kim.get("/demo/wiki/Other?format=txt").text(), "after\nanother line");
    assert!(kim.get("/demo/wiki/Other?action=history").words().contains("kim"));
    let acts: (i64, i64, i64) = test
        .demo()
        .read(|db| {
            let sql = "select count(*), count(distinct batch), sum(live) from event where via = 'import' and batch is not null";
            Ok(db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
        })
        .unwrap();
    assert_eq!(acts, (3, 1, 0), "three changes of one act, of which nobody is told");
}

#[test]
fn what_cannot_be_taken_in_is_named_by_its_path_and_nothing_is_saved() {
    use std::os::unix::ffi::OsStrExt;
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let large = vec![b'x'; 2 << 20];
    write(
        folder.path(),
        &[
            ("Good.md", b"good"),
            ("%2E%2E/%2E%2E/etc.md", b"up"),
            ("Twice.md", b"one"),
            ("twice.md", b"two"),
            ("Latin.md", b"caf\xe9"),
            ("Large.md", &large),
            ("Empty.md", b" \n"),
            ("a%00b.md", b"nul"),
            ("Nobody.files/x.txt", b"x"),
            ("Good.files/%2E%2E%2Fup.txt", b"x"),
            ("Good.files/empty.txt", b""),
        ],
    );
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("Link.md")).unwrap();
    std::os::unix::fs::symlink("/etc", folder.path().join("Folder")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("Good.files/passwd")).unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.md")), "x").unwrap();

    let refused = test.command(&["wiki", "import", "demo", folder.path().to_str().unwrap()]).expect(1);

    for path in [
        "%2E%2E/%2E%2E/etc.md: ", "twice.md: ", "Latin.md: ", "Large.md: ", "Empty.md: ", "a%00b.md: ",
        "Nobody.files: ", "Good.files/%2E%2E%2Fup.txt: ", "Good.files/empty.txt: ", "Link.md: ", "Folder: ",
        "Good.files/passwd: ", "\u{FFFD}.md: ",
    ] {
        assert!(refused.stderr.contains(path), "{path} is not named:\n{}", refused.stderr);
    }
    assert_eq!(refused.stderr.lines().count(), 1);
    assert!(!refused.stderr.contains("Good.md"), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
    assert_eq!(test.command(&["wiki", "list", "demo", "--format", "ids"]).expect(0).stdout, "");
}

#[test]
fn an_import_and_an_export_keep_to_what_somebody_may() {
    let test = TestSite::public();
    test.user("kim");
    for (page, text) in [("Open", "for all"), ("Board/Minutes", "for a few")] {
        save(&test, page, text);
    }
    test.command(&["permission", "restrict", "demo", "Board", "kim"]).expect(0);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");

    test.command(&["wiki", "export", "demo", out.to_str().unwrap(), "--as", "anonymous"]).expect(0);
    assert_eq!(contents(&out).keys().collect::<Vec<_>>(), ["Open.md", "trackway-wiki.json"]);

    write(&out, &[("Board/Minutes.md", b"taken over"), ("Open.md", b"changed")]);
    let refused = test.command(&["wiki", "import", "demo", out.to_str().unwrap(), "--as", "anonymous"]).expect(1);
    assert!(refused.stderr.contains("Open.md: ") && refused.stderr.contains("WIKI_MODIFY"), "{}", refused.stderr);
    assert!(refused.stderr.contains("Board/Minutes.md: There is no page"), "{}", refused.stderr);
    let text = test.command(&["wiki", "show", "demo", "Open", "--raw"]).expect(0).stdout;
    assert_eq!(text, "for all");
}

#[test]
fn an_import_that_was_killed_is_made_whole_by_another() {
    let test = TestSite::new();
    test.project("copy", false);
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("in");
    for number in 0..60 {
        let page = format!("Page{number:02}");
        write(
            &into,
            &[(&format!("{page}.md"), page.as_bytes()), (&format!("{page}.files/{page}.txt"), page.as_bytes())],
        );
    }
    let path = into.to_str().unwrap();
    let mut child =
        command::trackway(&test.data()).args(["wiki", "import", "copy", path]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = lines.take(25).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(seen, 25);

    let rest = test.command(&["wiki", "import", "copy", path]).expect(0);

    assert!(rest.stdout.lines().count() <= 120 - 25, "{}", rest.stdout);
    let mut out = export(&test, "copy", &folder.path().join("out"));
    assert!(out.remove("trackway-wiki.json").is_some());
    assert!(out == contents(&into), "something is missing");
}
