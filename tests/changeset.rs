//! Changesets and differences: what a reader is shown of a commit, what it did to tickets, and what becomes of damaged,
//! hostile and very large ones.

use std::fs;
use std::os::unix::fs::symlink;

use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::code::repository;

use crate::support::TestSite;
use crate::support::repository::Repository;

/// A repository beside the site's data, connected to `demo`.
fn connected(test: &TestSite, name: &str) -> Repository {
    let made = Repository::new(&test.data().parent().unwrap().join(name));
    connect(test, &made, name);
    made
}

fn connect(test: &TestSite, made: &Repository, name: &str) {
    let operator = test.operator();
    repository::connect(
        &test.demo(),
        Act::new(&operator, Via::Command),
        &made.folder,
        name,
        &repository::Wish::default(),
    )
    .unwrap();
}

/// Lets the project know a commit, as a sync does.
fn known(test: &TestSite, made: &Repository, sha: &str, baseline: bool) -> i64 {
    let format = "--format=-%P%n%an%n%ae%n%at%n%ct%n%B";
    let said = made.git(&["show", "-s", format, sha]);
    let mut lines = said.splitn(6, '\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let (parents, name, email, authored, committed, message) = (next(), next(), next(), next(), next(), next());
    let micros = |seconds: &str| seconds.parse::<i64>().unwrap() * 1_000_000;
    let insert = |db: &rusqlite::Connection| {
        db.execute(
            "insert into changeset (sha, parents, author_name, author_email, authored_at, committer_name,
                 committer_email, committed_at, message) values (?1, ?2, ?3, ?4, ?5, ?3, ?4, ?6, ?7)",
            (sha, &parents[1..], name, email, micros(&authored), micros(&committed), message),
        )?;
        let id = db.last_insert_rowid();
        db.execute(
            "insert into changeset_repository (repository, changeset, baseline) select min(id), ?1, ?2 from repository",
            (id, baseline),
        )?;
        Ok(id)
    };
    test.demo().db().write(insert).unwrap()
}

/// What a sync has noted of a commit and a ticket.
fn asked(test: &TestSite, changeset: i64, ticket: i64, asked: &str, done: &str, reason: &str, change: Option<i64>) {
    let insert = |db: &rusqlite::Connection| {
        Ok(db.execute(
            "insert into changeset_ticket (changeset, ticket, asked, strength, done, reason, change)
             values (?1, ?2, ?3, ?3, ?4, ?5, ?6)",
            (changeset, ticket, asked, done, reason, change),
        )?)
    };
    test.demo().db().write(insert).unwrap();
}

#[test]
fn a_changeset_tells_who_made_it_why_and_what_it_changed() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.submit("/demo/newticket", &[("field_summary", "The sink leaks"), ("submit", "1")]).expect(303);
    let made = connected(&test, "house");
    let first = made.commit_file("plan.txt", "one\ntwo\nthree\n", "Begin <b>well</b>");
    let second =
        made.commit_file("plan.txt", "one\ntwo and a half\nthree\n", "Half a step, see #1\n\nWith **more** words.");
    made.git(&["tag", "v1"]);
    known(&test, &made, &first, true);
    known(&test, &made, &second, false);

    let page = kim.get(&format!("/demo/changeset/{}", &second[..7])).expect(200);

    assert_eq!(page.all("h1"), [format!("Changeset {}", &second[..7])]);
    assert_eq!(page.attributes(".changeset-message a", "href"), ["/demo/ticket/1"]);
    assert_eq!(page.all(".changeset-message strong"), ["more"]);
    let words = page.words();
    for expected in ["Kim", "is on main", "v1", &second, "1 changed file", "Begin <b>well</b>"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert_eq!(page.attributes(".changeset-facts a[rel=prev]", "href"), [format!("/demo/changeset/{first}")]);
    assert_eq!(page.all(".diff ins"), ["and a half"].map(|word| word.to_owned()));
    assert_eq!(page.all(".changed-files .number"), ["+1 −1"]);
    // Side by side, as the wiki has it.
    let side = kim.get(&format!("/demo/changeset/{second}?style=sidebyside&context=0")).expect(200);
    assert_eq!(side.all("table.diff.side tbody tr").len(), 3);
    // The one before knows the one after.
    let page = kim.get(&format!("/demo/changeset/{first}")).expect(200);
    assert_eq!(page.attributes(".changeset-facts a[rel=next]", "href"), [format!("/demo/changeset/{second}")]);
    assert_eq!(page.all(".how-add").len(), 2);
    // A branch and a tag name a changeset, too.
    assert!(kim.get("/demo/changeset/v1").expect(200).words().contains(&second));
    assert!(kim.get("/demo/changeset/main").expect(200).words().contains(&second));
}

#[test]
fn what_the_message_did_is_told_for_each_ticket_that_one_may_see() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for summary in ["One", "Two", "Three", "Secret"] {
        kim.submit("/demo/newticket", &[("field_summary", summary), ("submit", "1")]).expect(303);
    }
    let seclude = "insert into acl (id, kind) values (77, 'component'); update ticket set acl = 77 where id = 4";
    test.demo().db().write(|db| Ok(db.execute_batch(seclude)?)).unwrap();
    let made = connected(&test, "house");
    let old = made.commit_file("a", "1", "Fixes #1");
    let new = made.commit_file("a", "2", "Fixes #1, #2, #3, #4, #5");
    let old_id = known(&test, &made, &old, true);
    let new_id = known(&test, &made, &new, false);
    asked(&test, old_id, 1, "close", "none", "", None);
    asked(&test, new_id, 1, "close", "close", "", Some(1));
    asked(&test, new_id, 2, "close", "refer", "It is closed already.", Some(4));
    asked(&test, new_id, 3, "close", "none", "", None);
    let twin = format!("update changeset_ticket set twin = {old_id} where ticket = 3");
    test.demo().db().write(|db| Ok(db.execute_batch(&twin)?)).unwrap();
    asked(&test, new_id, 4, "close", "close", "", Some(1));
    asked(&test, new_id, 5, "close", "none", "There is no ticket 5 here.", None);

    let page = kim.get(&format!("/demo/changeset/{new}")).expect(200);

    let told = page.all(".asked li");
    assert_eq!(told.len(), 5);
    assert!(told[0].contains("it asks to close it. It was closed. Change 1"), "{}", told[0]);
    assert!(told[1].contains("A comment on it tells of this commit. Change 4"), "{}", told[1]);
    assert!(told[1].ends_with("It is closed already."), "{}", told[1]);
    assert!(told[2].ends_with(&format!("It is the same change as {}, which did it.", &old[..7])), "{}", told[2]);
    // What is hidden is as what never was.
    assert_eq!(told[3].replace('4', "5"), told[4]);
    let hrefs = page.attributes(".asked a", "href");
    assert!(hrefs.contains(&"/demo/ticket/1#comment:1".to_owned()), "{hrefs:?}");
    assert!(!hrefs.iter().any(|href| href.contains("/ticket/4")), "{hrefs:?}");
    let page = kim.get(&format!("/demo/changeset/{old}")).expect(200);
    assert!(page.all(".asked li")[0].contains("was there when the repository was connected, so it did nothing"));
    let json = kim.get(&format!("/demo/changeset/{new}?format=json")).expect(200).json();
    assert_eq!(json["tickets"][0]["done"], "close");
    assert_eq!(json["tickets"][0]["url"], "http://127.0.0.1:8000/demo/ticket/1");
    assert_eq!(json["tickets"][3]["done"], "none");
}

#[test]
fn json_names_the_files_with_their_lines() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    let first = made.commit_file("old name.txt", "one\ntwo\nthree\nfour\nfive\n", "Begin");
    fs::rename(made.folder.join("old name.txt"), made.folder.join("new.txt")).unwrap();
    let second = made.commit_file("added.bin", b"\0\x01", "Move it");

    let json = kim.get(&format!("/demo/changeset/{second}?format=json")).expect(200).json();

    assert_eq!(json["id"], second.as_str());
    assert_eq!(json["url"], format!("http://127.0.0.1:8000/demo/changeset/{second}"));
    assert_eq!(json["author"], "Kim");
    assert_eq!(json["message"], "Move it\n");
    assert_eq!(json["parents"], serde_json::json!([first]));
    assert_eq!(json["files"][0]["path"], "added.bin");
    assert_eq!((&json["files"][0]["kind"], &json["files"][0]["added"]), (&"add".into(), &serde_json::Value::Null));
    assert_eq!(json["files"][1]["path"], "new.txt");
    assert_eq!(json["files"][1]["old_path"], "old name.txt");
    assert_eq!((&json["files"][1]["kind"], &json["files"][1]["added"]), (&"rename".into(), &0.into()));
    assert_eq!(json["tickets"], serde_json::json!([]));
}

#[test]
fn what_has_no_lines_is_said_in_words() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    fs::write(made.folder.join("run.sh"), "echo\n").unwrap();
    fs::write(made.folder.join("latin"), b"caf\xe9\n").unwrap();
    fs::write(made.folder.join("ends"), "a\nb\n").unwrap();
    symlink("ends", made.folder.join("link")).unwrap();
    made.commit_file("pic.png", b"\x89PNG\0\x01", "Begin");
    made.git(&["update-index", "--chmod=+x", "run.sh"]);
    made.git(&["config", "core.fileMode", "false"]);
    fs::write(made.folder.join("latin"), b"caf\xe9s \xff\n").unwrap();
    fs::write(made.folder.join("ends"), "a\r\nb").unwrap();
    fs::write(made.folder.join("trojan"), "if (x\u{202e}) {}\n").unwrap();
    fs::remove_file(made.folder.join("link")).unwrap();
    symlink("latin", made.folder.join("link")).unwrap();
    fs::write(made.folder.join("large"), vec![b'a'; 3 << 20]).unwrap();
    let hostile = "a\u{202e}<b>\x07-\\..";
    fs::write(made.folder.join(hostile), "").unwrap();
    fs::write(made.folder.join("pic.png"), b"\x89PNG\0\x02\x03").unwrap();
    made.git(&["add", "-A"]);
    made.git(&["update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,module"]);
    let second = made.commit("Change");

    let page = kim.get(&format!("/demo/changeset/{second}")).expect(200);

    let words = page.words();
    for expected in [
        "It can be executed now (mode 100644 to 100755).",
        "It is not in UTF-8 and is shown as Latin-1.",
        "cafés ÿ",
        "The last line ends without a line end now.",
        "a␍",
        "It holds characters that can't be seen or that turn the direction of the text",
        "x⟨U+202E⟩)",
        "A symbolic link",
        "A file of 3 MiB, which is too large to be compared here.",
        "Before: A binary file of 6 B. Now: A binary file of 7 B.",
        "a\\u{202e}<b>\\x07-\\..",
        "Subproject commit 1234567890123456789012345678901234567890",
        "It is empty.",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let pictures = page.attributes(".pictures img", "src");
    assert_eq!(pictures.len(), 2);
    assert!(pictures[1] == format!("/demo/export/{second}/pic.png"), "{pictures:?}");
    // One file on a page of its own, whatever its name.
    let own = page.attributes(".file-diff .facts-line a:first-child", "href");
    for href in own {
        let page = kim.get(&href).expect(200);
        assert_eq!(page.all(".file-diff").len(), 1, "{href}");
    }
    kim.get(&format!("/demo/changeset/{second}/house/nothing")).expect(404);
    kim.get(&format!("/demo/changeset/{second}/latin")).expect(200);
}

#[test]
fn what_is_checked_out_does_not_change_which_branch_is_the_default_one() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = Repository::new(&test.data().parent().unwrap().join("house"));
    let first = made.commit_file("a", "one\n", "Begin");
    connect(&test, &made, "house");
    made.git(&["checkout", "-q", "-b", "side"]);
    let side = made.commit_file("a", "two\n", "Aside");

    let page = kim.get(&format!("/demo/changeset/{side}")).expect(200);

    assert!(page.words().contains("is not on main"), "{}", page.words());
    assert!(kim.get("/demo/changeset/HEAD").expect(200).words().contains(&first));
    let json = kim.get(&format!("/demo/diff?old={first}&new=HEAD&format=json")).expect(200).json();
    assert_eq!(json["new"], first);
}

#[test]
fn a_merge_is_compared_with_either_parent() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    made.commit_file("a", "1\n", "Begin");
    made.git(&["checkout", "-q", "-b", "side"]);
    made.commit_file("side", "1\n", "On the side");
    made.git(&["checkout", "-q", "main"]);
    let main = made.commit_file("main", "1\n", "On main");
    made.git(&["merge", "-q", "--no-ff", "-m", "Bring both together", "side"]);
    let merge = made.head();

    let page = kim.get(&format!("/demo/changeset/{merge}")).expect(200);
    assert_eq!(page.all(".changed-files .name"), ["side"]);
    assert!(page.words().contains(&format!("A merge: what is shown is what it changed of its parent {}.", &main[..7])));
    let second = page.attributes(".merge a", "href")[1].clone();
    assert_eq!(kim.get(&second).expect(200).all(".changed-files .name"), ["main"]);
    kim.get(&format!("/demo/changeset/{merge}?parent=3")).expect(422);
    kim.get(&format!("/demo/changeset/{merge}?parent=0")).expect(422);
}

#[test]
fn any_two_revisions_are_compared_and_the_other_way_round() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    made.commit_file("dir/a.txt", "one\n", "Begin");
    made.git(&["tag", "v1"]);
    made.commit_file("dir/b.txt", "one\ntwo\n", "More");
    made.commit_file("c.txt", "three\n", "Still more");

    let page = kim.get("/demo/diff?old=v1&new=main").expect(200);
    assert_eq!(page.all(".changed-files .name > a"), ["c.txt", "dir/b.txt"]);
    let back = page.attributes(".diff-ends p:last-child a", "href")[0].clone();
    assert_eq!(kim.get(&back).expect(200).all(".how-delete").len(), 4);
    // Without a new revision: the default branch.
    assert_eq!(kim.get("/demo/diff?old=v1").expect(200).all(".changed-files .name").len(), 2);
    // In one folder, and two files of different names.
    assert_eq!(kim.get("/demo/diff?old=v1&new=main&new_path=dir").expect(200).all(".changed-files .name").len(), 1);
    let files = kim.get("/demo/diff?old=v1&new=main&old_path=dir/a.txt&new_path=dir/b.txt").expect(200);
    assert_eq!(files.all(".changed-files .number"), ["+1"]);
    let text = kim.get("/demo/diff?old=v1&new=main&old_path=dir/a.txt&new_path=dir/b.txt&format=diff").expect(200);
    assert!(text.text().contains("--- a/dir/a.txt\n+++ b/dir/b.txt\n"), "{}", text.text());
    // Trac's address leads here.
    let moved = kim.get("/demo/changeset?old=v1&new=main").expect(301);
    assert_eq!(moved.location(), "/demo/diff?old=v1&new=main");
    // What is asked for wrongly is shown again with the form.
    assert_eq!(kim.get("/demo/diff").expect(200).all(".compare").len(), 1);
    let wrong = kim.get("/demo/diff?old=nowhere&new=main").expect(422);
    assert_eq!(wrong.problems()[0].0, "old");
    assert_eq!(wrong.attributes("#old", "value"), ["nowhere"]);
    kim.get("/demo/diff?old=v1&new=main&repository=nowhere").expect(404);
    kim.get("/demo/diff?old=v1&new_path=nothing").expect(404);
}

#[test]
fn a_commit_of_twenty_thousand_files_is_a_page_like_any_other() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    let mut input = String::from("blob\nmark :1\ndata 4\none\n\nblob\nmark :2\ndata 4\ntwo\n\n");
    for (commit, mark) in [("Begin", 1), ("Change all", 2)] {
        input.push_str(&format!(
            "commit refs/heads/main\ncommitter Kim <k@x> 1700000000 +0000\ndata <<E\n{commit}\nE\n"
        ));
        for file in 0..20_000 {
            input.push_str(&format!("M 100644 :{mark} dir{}/file{file}\n", file % 100));
        }
    }
    let mut child =
        made.command().args(["fast-import", "--quiet"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());

    let begun = std::time::Instant::now();
    let page = kim.get("/demo/changeset/main").expect(200);

    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    assert!(page.words().contains("20000 changed files"));
    assert!(page.words().contains("Page 1 of 67"));
    assert_eq!(page.all(".changed-files tbody tr").len(), 300);
    assert!(page.body.len() < 2 << 20, "{}", page.body.len());
    let last = kim.get("/demo/changeset/main?page=67").expect(200);
    assert_eq!(last.all(".changed-files tbody tr").len(), 200);
    kim.get("/demo/changeset/main?format=diff").expect(422);
    let json = kim.get("/demo/changeset/main?format=json").expect(200).json();
    assert_eq!(json["files_total"], 20_000);
    kim.get(&format!("/demo/changeset/{}/house/dir1?format=diff", made.head())).expect(200);
}

#[test]
fn renames_are_told_without_reading_the_other_files_of_the_commit() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    let lines: String = (0..50).map(|line| format!("line {line}\n")).collect();
    fs::write(made.folder.join("edited.txt"), &lines).unwrap();
    fs::write(made.folder.join("same.txt"), "same\n".repeat(9)).unwrap();
    made.commit_file("large.bin", "one", "Begin");
    made.git(&["mv", "same.txt", "moved.txt"]);
    made.git(&["mv", "edited.txt", "turned.txt"]);
    fs::write(made.folder.join("turned.txt"), lines + "one more\n").unwrap();
    made.commit_file("large.bin", "two", "Move");
    let blob = made.git(&["rev-parse", "HEAD:large.bin"]);
    fs::remove_file(made.folder.join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();

    let json = kim.get("/demo/changeset/main?format=json").expect(200).json();

    let file = |path: &str| json["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap().clone();
    assert_eq!((&file("moved.txt")["kind"], &file("moved.txt")["similarity"]), (&"rename".into(), &100.into()));
    let turned = file("turned.txt");
    assert_eq!(turned["old_path"], "edited.txt");
    assert!((90..100).contains(&turned["similarity"].as_i64().unwrap()), "{turned}");
    let page = kim.get("/demo/changeset/main").expect(200);
    assert!(page.words().contains("Its content is not in this repository"), "{}", page.words());
}

#[test]
fn a_changeset_that_is_gone_from_git_is_told_from_memory() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    let sha = made.commit_file("a", "1\n", "Remember #1 and me");
    known(&test, &made, &sha, false);
    fs::remove_dir_all(&made.folder).unwrap();

    let page = kim.get(&format!("/demo/changeset/{}", &sha[..8])).expect(200);
    assert!(page.words().contains("Remember #1 and me"));
    assert!(page.words().contains("The repository house can't be read"), "{}", page.words());
    assert!(!page.text().contains(made.folder.to_str().unwrap()), "paths of the machine are nobody's business");
    kim.get(&format!("/demo/changeset/{sha}?format=patch")).expect(404);
    let other = kim.get("/demo/changeset/1234567").expect(404);
    assert!(other.words().contains("can't be read"));
}

#[test]
fn broken_empty_shallow_and_second_repositories_are_said_on_the_page() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.get("/demo/changeset/main").expect(404);
    kim.get("/demo/diff?old=main").expect(404);
    let empty = connected(&test, "empty");
    kim.get("/demo/changeset/HEAD").expect(404);
    kim.get("/demo/diff?old=main&new=main").expect(422);
    let made = Repository::new(&test.data().parent().unwrap().join("made"));
    made.commit_file("a", "1\n", "One");
    let two = made.commit_file("a", "2\n", "Two");
    // A shallow copy says that it does not know what was before.
    let shallow = test.data().parent().unwrap().join("shallow");
    let from = format!("file://{}", made.folder.display());
    empty.git(&["clone", "-q", "--depth", "1", &from, shallow.to_str().unwrap()]);
    let shallow = Repository::new(&shallow);
    connect(&test, &shallow, "shallow");
    let page = kim.get(&format!("/demo/changeset/{two}")).expect(200);
    assert!(page.words().contains("This repository is a shallow copy"), "{}", page.words());
    // The other repository has it whole, and is named in the address.
    connect(&test, &made, "made");
    assert_eq!(kim.get(&format!("/demo/changeset/{two}/made")).expect(200).all(".changed-files .name"), ["a"]);
    // Objects that are gone.
    let three = made.commit_file("a", "3\n", "Three");
    let tree = made.git(&["rev-parse", "HEAD^{tree}"]);
    fs::remove_file(made.folder.join(".git/objects").join(&tree[..2]).join(&tree[2..])).unwrap();
    let page = kim.get(&format!("/demo/changeset/{three}/made")).expect(200);
    assert!(page.words().contains("A part of this repository can't be read"), "{}", page.words());
    assert!(page.words().contains("Three"));
    kim.get(&format!("/demo/changeset/{three}/made?format=patch")).expect(404);
    kim.get(&format!("/demo/diff?old={two}&new={three}&repository=made")).expect(404);
    // A folder that is gone, and a file.
    let made = Repository::new(&test.data().parent().unwrap().join("holes"));
    made.commit_file("a", "1\n", "One");
    made.commit_file("deep/er/b", "4\n", "Four");
    for (object, told) in
        [("HEAD:deep/er/b", "Its content is not in this repository."), ("HEAD:deep", "A part of this")]
    {
        let id = made.git(&["rev-parse", object]);
        fs::remove_file(made.folder.join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
        // Another name of the same folder: what was read once is kept.
        let copy = test.data().parent().unwrap().join(told.replace(' ', ""));
        symlink(&made.folder, &copy).unwrap();
        let name = format!("copy{}", told.len());
        let add = "insert into repository (name, path, added_at) values (?1, ?2, 0)";
        let path = copy.join(".git").to_str().unwrap().to_owned();
        test.demo().db().write(|db| Ok(db.execute(add, [&name, &path])?)).unwrap();
        let page = kim.get(&format!("/demo/changeset/HEAD/{name}")).expect(200);
        assert!(page.words().contains(told), "{told}: {}", page.words());
    }
}

#[test]
fn odd_names_and_dates_are_shown_as_they_are() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let beside = test.data().parent().unwrap().to_owned();
    let (bare, made) = (Repository::bare(&beside.join("bare.git")), Repository::new(&beside.join("made")));
    connect(&test, &bare, "bare");
    let odd = made.of("&lt; \"Zoë\" b");
    let mut shas = vec![odd.commit_file("a", "1\n", "<script>alert(1)</script> & more")];
    for date in ["@0 +0000", "@4102444800 +1400"] {
        let dated = [("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date)];
        let mut commit = made.command();
        assert!(commit.envs(dated).args(["commit", "-q", "--allow-empty", "-m", date]).status().unwrap().success());
        shas.push(made.head());
    }
    made.git(&["branch", "feature/a b".replace(' ', "-").as_str()]);
    made.git(&["tag", "main"]);
    made.git(&["push", "-q", bare.folder.to_str().unwrap(), "refs/heads/*", "refs/tags/*"]);

    let page = kim.get(&format!("/demo/changeset/{}", shas[0])).expect(200);
    assert!(page.words().contains("&lt; \"Zoë\" b"), "{}", page.words());
    assert!(!page.text().contains("<script>alert"));
    for (sha, time) in [(&shas[1], "1970-01-01T00:00:00.000000Z"), (&shas[2], "2100-01-01T00:00:00.000000Z")] {
        assert_eq!(kim.get(&format!("/demo/changeset/{sha}?format=json")).expect(200).json()["time"], time);
        assert!(kim.get(&format!("/demo/changeset/{sha}")).expect(200).words().contains("No file differs."));
    }
    // A branch with a slash stands encoded in the address; a tag that is called like a branch has its own way.
    let branch = kim.get("/demo/changeset/feature%2Fa-b").expect(200);
    assert!(branch.words().contains(&shas[2]));
    let names = branch.attributes(".changeset-facts a.badge", "href");
    let expected = ["heads/feature/a-b", "heads/main", "tags/main"].map(|name| format!("/demo/browser?rev={name}"));
    assert_eq!(names, expected);
}

#[test]
fn who_may_not_read_files_sees_no_content_and_who_may_see_nothing_gets_nothing() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    let sha = made.commit_file("a", "secret words\n", "Say it");
    let id = known(&test, &made, &sha, false);
    test.revoke("members", &["FILE_VIEW"]);
    let page = kim.get(&format!("/demo/changeset/{sha}")).expect(200);
    assert!(!page.text().contains("secret words") && page.words().contains("Say it"));
    kim.get(&format!("/demo/changeset/{sha}?format=diff")).expect(403);
    kim.get("/demo/diff?old=main&format=diff").expect(403);
    // A hidden one is as a missing one.
    let hide =
        format!("insert into acl (id, kind) values (77, 'component'); update changeset set acl = 77 where id = {id}");
    test.demo().db().write(|db| Ok(db.execute_batch(&hide)?)).unwrap();
    let missing = kim.get("/demo/changeset/0123456789").expect(404).main();
    for address in [format!("/demo/changeset/{sha}"), "/demo/changeset/main".to_owned()] {
        assert_eq!(kim.get(&address).expect(404).main(), missing, "{address}");
    }
    kim.get(&format!("/demo/diff?old={sha}")).expect(404);
    test.revoke("members", &["CHANGESET_VIEW"]);
    kim.get("/demo/diff").expect(404);
}

#[test]
fn what_is_more_than_a_page_draws_is_made_beside() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let made = connected(&test, "house");
    made.commit_file("begin", "", "Begin");
    for file in 0..60 {
        let lines: String = (0..100).map(|line| format!("{file} {line}\n")).collect();
        fs::write(made.folder.join(format!("file-{file}")), lines).unwrap();
    }
    made.git(&["add", "-A"]);
    let sha = made.commit("Much");
    let page = kim.get(&format!("/demo/changeset/{sha}")).expect(200);
    let way = page.attributes(".note a", "href").into_iter().find(|href| href.contains("whole=1")).unwrap();
    test.site.jobs().try_for(std::time::Duration::ZERO);

    let waits = kim.get(&way).expect(202);

    assert!(waits.words().contains("All differences on one page"), "{}", waits.words());
    assert!(test.site.jobs().wait(std::time::Duration::from_secs(60)));
    let whole = kim.get(&way).expect(200);
    assert_eq!(whole.all(".file-diff").len(), 60);
    assert!(!whole.words().contains("Show the difference") && !whole.words().contains("more than one page shows"));
    // A patch as well.
    let patch = format!("/demo/changeset/{sha}?format=diff");
    kim.get(&patch).expect(202);
    assert!(test.site.jobs().wait(std::time::Duration::from_secs(60)));
    let patch = kim.get(&patch).expect(200).text();
    assert_eq!(patch.matches("\n+59 ").count(), 100);
}
