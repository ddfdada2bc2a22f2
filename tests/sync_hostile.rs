//! Repositories as nobody would wish them: broken, moved, empty, shallow, with hostile names, dates and encodings. What is
//! wrong is said, and the rest goes on.

use std::fs;
use std::process::Stdio;

use crate::support::TestSite;
use crate::support::command::Output;
use crate::support::repository::Repository;

struct Stage {
    test: TestSite,
    code: Repository,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let test = TestSite::new();
        test.user("kim").member();
        let folder = tempfile::tempdir().unwrap();
        let code = Repository::new(&folder.path().join("code"));
        let stage = Self { test, code, folder };
        stage.run(&["user", "email", "kim", "kim@example.org"]).expect(0);
        stage.run(&["ticket", "new", "demo", "--summary", "One"]).expect(0);
        stage
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.test.command(arguments)
    }

    #[track_caller]
    fn add(&self, repository: &Repository, name: &str) {
        self.run(&["repo", "add", "demo", &repository.folder.display().to_string(), "--name", name]).expect(0);
    }

    fn trouble(&self) -> String {
        let listed = self.run(&["--format", "json", "repo", "list", "demo"]).expect(0);
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        listed[0]["trouble"].as_str().unwrap().to_owned()
    }

    fn count(&self, sql: &str) -> i64 {
        self.test.demo().read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    fn changesets(&self) -> i64 {
        self.count("select count(*) from changeset")
    }

    fn status(&self) -> String {
        self.run(&["ticket", "show", "demo", "1"]).expect(0).stdout
    }
}

#[test]
fn a_repository_that_was_moved_away_is_said_to_be_and_is_read_again_when_it_is_back() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    let away = stage.folder.path().join("away");
    fs::rename(&stage.code.folder, &away).unwrap();
    let refused = stage.run(&["repo", "sync", "demo"]).expect(1);
    let said = refused.stderr.lines().find(|line| line.starts_with("trackway: ")).unwrap();
    assert!(said.contains("can't be read") && !said.contains("/code"), "{said}");
    assert!(stage.trouble().contains("can't be read"));
    fs::rename(&away, &stage.code.folder).unwrap();
    stage.code.commit("Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert_eq!(stage.trouble(), "");
    assert!(stage.status().contains("closed"));
}

#[test]
fn a_damaged_object_costs_only_what_lies_behind_it() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    let lost = stage.code.commit("Lost");
    stage.code.commit("After");
    let object = stage.code.folder.join(format!(".git/objects/{}/{}", &lost[..2], &lost[2..]));
    fs::remove_file(object).unwrap();
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.trouble().contains("history can't be read"));
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.trouble().contains("history can't be read"), "a sync that has nothing to do knows no better");
    stage.code.commit("Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn the_first_push_to_an_empty_repository_acts() {
    let stage = Stage::new();
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert_eq!(stage.trouble(), "");
    stage.code.commit("Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn a_shallow_clone_is_read_as_far_as_it_goes() {
    let stage = Stage::new();
    for number in 0..5 {
        stage.code.commit(&format!("Commit {number}"));
    }
    let shallow = stage.folder.path().join("shallow");
    let from = format!("file://{}", stage.code.folder.display());
    stage.code.git(&["clone", "-q", "--depth", "2", &from, &shallow.display().to_string()]);
    let mut clone = stage.code.clone();
    clone.folder = shallow;
    stage.add(&clone, "shallow");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert_eq!(stage.changesets(), 2);
    clone.commit("Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn what_is_checked_out_does_not_change_which_branch_closes() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    stage.code.git(&["checkout", "-q", "-b", "try"]);
    stage.code.commit("Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    stage.code.git(&["checkout", "-q", "--detach"]);
    stage.code.commit("On no branch: fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(!stage.status().contains("closed"));
    assert_eq!(stage.changesets(), 2, "what is on no branch is not there");
    stage.code.git(&["checkout", "-q", "-B", "main"]);
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn the_default_branch_of_a_bare_repository_is_where_its_head_leads() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.code.git(&["checkout", "-q", "-b", "next"]);
    let bare = Repository::bare(&stage.folder.path().join("bare.git"));
    let path = bare.folder.display().to_string();
    stage.code.git(&["push", "-q", &path, "main"]);
    stage.add(&bare, "bare");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    stage.code.commit("Fixes #1");
    stage.code.git(&["push", "-q", &path, "next"]);
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(!stage.status().contains("closed"));
    bare.git(&["symbolic-ref", "HEAD", "refs/heads/next"]);
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn hostile_names_dates_and_encodings_come_in_as_text() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    let hostile = |name: &str, date: &str, message: &[u8]| {
        let mut command = stage.code.command();
        command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        command.args(["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), message).unwrap();
        assert!(child.wait().unwrap().success());
    };
    hostile("<script>alert(1)</script>", "@0 +0000", b"Dated 1970, refs #1");
    hostile(
        "\u{202e}turned",
        "@4102444800 +0000",
        b"Dated 2100, refs #1\n\n</blockquote><script>alert(2)</script>\n```\n",
    );
    hostile("Ren\u{e9}", "@1700000000 +0000", b"Latin-1: caf\xe9, refs #1");
    stage.code.git(&["tag", "main"]);
    stage.code.git(&["branch", "x-#12-`b`", &stage.code.head()]);
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert_eq!(stage.trouble(), "");
    let names = "select count(*) from changeset where author_name like '%' || char(8238) || '%'";
    assert_eq!((stage.changesets(), stage.count(names)), (4, 0));
    assert_eq!(stage.count("select count(*) from changeset where committed_at = 0"), 1);
    let page = stage.test.signed_in("kim").get("/demo/ticket/1").expect(200);
    assert!(!page.text().contains("<script>alert"));
    let future = "select count(*) from event where resource_kind = 'changeset' and happened_at > unixepoch() * 1000000 + 1000000";
    assert_eq!(stage.count(future), 0);
    stage.run(&["check"]).expect(0);
}

#[test]
fn a_commit_of_very_many_files_acts_like_any_other() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    for number in 0..3_000 {
        let file = stage.code.folder.join(format!("f{number}"));
        fs::write(file, format!("{number}\n")).unwrap();
    }
    stage.code.commit_file("large.bin", vec![0_u8; 3 << 20], "Fixes #1");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert!(stage.status().contains("closed"));
}

#[test]
fn a_few_trees_that_unfold_to_a_billion_files_harm_nobody() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    fs::write(stage.code.folder.join("x"), "x\n").unwrap();
    let mut held = format!("100644 blob {}", stage.code.git(&["hash-object", "-w", "x"]));
    for _ in 0..9 {
        let entries: String = (0..10).map(|at| format!("{held}\t{at}\n")).collect();
        let mut mktree = stage.code.command();
        let mut child = mktree.arg("mktree").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), entries.as_bytes()).unwrap();
        let tree = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        held = format!("040000 tree {}", tree.trim());
    }
    let tree = held.split(' ').next_back().unwrap().to_owned();
    let sha = stage.code.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "Fixes #1"]);
    stage.code.git(&["update-ref", "refs/heads/main", &sha]);

    stage.run(&["repo", "sync", "demo"]).expect(0);
    stage.test.catch_up();

    assert!(stage.status().contains("closed"));
    let sam = stage.test.user("sam").member();
    let page = sam.get(&format!("/demo/changeset/{sha}")).expect(200);
    assert!(page.words().contains("too many to be compared here"), "{}", page.words());
    sam.get("/demo/browser").expect(200);
    sam.get("/demo/log/0/0").expect(200);
}

#[test]
fn a_commit_that_names_very_many_tickets_acts_on_some_and_says_so() {
    let stage = Stage::new();
    stage.code.commit("Begin");
    stage.add(&stage.code, "code");
    stage.run(&["repo", "sync", "demo"]).expect(0);
    let all: Vec<String> = (1..5_000).map(|number| format!("#{number}")).collect();
    let message = stage.folder.path().join("message");
    fs::write(&message, format!("Refs {}", all.join(", "))).unwrap();
    stage.code.git(&["commit", "-q", "--allow-empty", "-F", &message.display().to_string()]);
    stage.run(&["repo", "sync", "demo"]).expect(0);
    assert_eq!(stage.count("select count(*) from changeset_ticket"), 1_000);
    assert_eq!(stage.count("select count(*) from changeset_ticket where reason like '%100 tickets%'"), 900);
    assert_eq!(stage.count("select count(*) from changeset_ticket where done = 'refer'"), 1);
    stage.run(&["check"]).expect(0);
}
