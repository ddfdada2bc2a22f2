//! Commits come in and act: a story for each sentence of DESIGN 7, "Acting", with real repositories.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::person::Person;
use crate::support::repository::Repository;
use crate::support::server::{Server, free_address};
use crate::support::{TestSite, command};

/// A project with two tickets, a repository that was connected when it had one commit, and Kim, who may do everything that
/// members may.
struct Stage {
    test: TestSite,
    code: Repository,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self::unconnected();
        stage.code.commit_file("begin", "begin\n", "Begin, fixes #1");
        stage.connect();
        stage
    }

    fn unconnected() -> Self {
        let test = TestSite::new();
        test.user("kim").member();
        let folder = tempfile::tempdir().unwrap();
        let code = Repository::new(&folder.path().join("code"));
        let stage = Self { test, code, folder };
        stage.run(&["user", "email", "kim", "kim@example.org"]);
        for summary in ["One", "Two"] {
            stage.run(&["ticket", "new", "demo", "--summary", summary]);
        }
        stage
    }

    fn connect(&self) {
        self.run(&["repo", "add", "demo", &self.code.folder.display().to_string(), "--name", "code"]);
        self.sync();
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        self.test.command(arguments).expect(0).stdout
    }

    #[track_caller]
    fn sync(&self) -> String {
        self.run(&["repo", "sync", "demo"])
    }

    fn person(&self) -> Person<'_> {
        self.test.signed_in("kim")
    }

    fn ticket(&self, number: i64) -> serde_json::Value {
        let answer = self.person().get(&format!("/demo/ticket/{number}?format=json")).expect(200);
        serde_json::from_str(&answer.text()).unwrap()
    }

    fn status(&self, number: i64) -> String {
        self.ticket(number)["status"].as_str().unwrap().to_owned()
    }

    fn comments(&self, number: i64) -> Vec<String> {
        let ticket = self.ticket(number);
        let comments = ticket["comments"].as_array().unwrap();
        comments.iter().map(|comment| comment["text"].as_str().unwrap().to_owned()).collect()
    }

    /// What is kept of a commit and a ticket: strength, what was done, and why not more.
    fn kept(&self, sha: &str, ticket: i64) -> (String, String, String) {
        self.test
            .demo()
            .read(|db| {
                Ok(db.query_row(
                    "select strength, done, reason from changeset_ticket
                     join changeset on id = changeset where sha = ?1 and ticket = ?2",
                    (sha, ticket),
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )?)
            })
            .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn what_was_there_when_the_repository_was_connected_never_acts() {
    let stage = Stage::new();
    assert_eq!(stage.status(1), "new");
    assert_eq!(stage.kept(&stage.code.head(), 1).0, "none");
    stage.code.git(&["branch", "copy"]);
    stage.sync();
    assert!(stage.comments(1).is_empty());
}

#[test]
fn what_was_pushed_between_connecting_and_the_first_sync_acts() {
    let stage = Stage::unconnected();
    stage.code.commit("Begin, refs #1");
    stage.run(&["repo", "add", "demo", &stage.code.folder.display().to_string()]);
    stage.code.commit("Fixes #2");
    stage.sync();
    assert_eq!((stage.status(1), stage.status(2)), ("new".to_owned(), "closed".to_owned()));
}

#[test]
fn a_commit_closes_one_ticket_and_refers_to_another_as_its_author() {
    let stage = Stage::new();
    let sha = stage.code.commit("Fixes #1, refs #2\n\nThe *reason*:\n- one\n- two");
    assert!(stage.sync().contains('2'), "two tickets were touched");
    assert_eq!((stage.status(1), stage.status(2)), ("closed".to_owned(), "new".to_owned()));
    let ticket = stage.ticket(1);
    assert_eq!(ticket["resolution"], "fixed");
    assert_eq!(ticket["comments"][0]["author"], "kim");
    let said = &stage.comments(2)[0];
    assert!(said.starts_with(&format!("In [{}](changeset:{sha}) on `main`:\n\n> Fixes #1, refs #2\n", &sha[..7])));
    assert!(said.contains("> - two"));
    assert_eq!(stage.kept(&sha, 1), ("close".to_owned(), "close".to_owned(), String::new()));
    stage.sync();
    assert_eq!(stage.comments(1).len(), 1);
}

#[test]
fn a_branch_refers_and_merging_it_closes() {
    let stage = Stage::new();
    stage.code.git(&["checkout", "-q", "-b", "fix"]);
    let sha = stage.code.commit_file("a", "a\n", "Fixes #1");
    stage.sync();
    assert_eq!(stage.status(1), "new");
    assert_eq!(stage.kept(&sha, 1).0, "refer");
    stage.code.git(&["checkout", "-q", "main"]);
    stage.code.git(&["merge", "-q", "--no-ff", "-m", "Merge the fix", "fix"]);
    stage.sync();
    assert_eq!(stage.status(1), "closed");
    assert_eq!(stage.comments(1)[1], format!("[{}](changeset:{sha}) is now on `main`.", &sha[..7]));
    assert_eq!(stage.kept(&sha, 1), ("close".to_owned(), "close".to_owned(), String::new()));
}

#[test]
fn branches_that_the_project_names_close_too() {
    let stage = Stage::new();
    stage.code.git(&["checkout", "-q", "-b", "release/1.0"]);
    stage.code.commit("Fixes #1");
    stage.sync();
    assert_eq!(stage.status(1), "new");
    stage.run(&["repo", "change", "demo", "code", "--acting-branches", "release/* stable"]);
    stage.sync();
    assert_eq!(stage.status(1), "closed");
}

#[test]
fn a_cherry_picked_or_rebased_commit_does_nothing_again() {
    let stage = Stage::new();
    stage.code.git(&["checkout", "-q", "-b", "fix"]);
    let first = stage.code.commit_file("a", "a\n", "Fixes #1");
    stage.sync();
    stage.code.git(&["checkout", "-q", "main"]);
    stage.code.commit_file("b", "b\n", "Something else");
    stage.code.git(&["cherry-pick", "-x", &first]);
    let picked = stage.code.head();
    stage.sync();
    assert_eq!(stage.status(1), "closed");
    assert_eq!(stage.comments(1).len(), 2, "a reference on the branch, closing on main");
    assert!(stage.comments(1)[1].contains("the same change as"));
    stage.code.git(&["merge", "-q", "-m", "Merge", "fix"]);
    stage.sync();
    assert_eq!(stage.comments(1).len(), 2);
    assert_eq!(stage.kept(&picked, 1).1, "close");
    assert_eq!(stage.kept(&first, 1).1, "refer");
}

#[test]
fn rebased_old_history_does_nothing() {
    let stage = Stage::unconnected();
    stage.code.commit_file("begin", "begin\n", "Begin");
    stage.code.commit_file("a", "a\n", "Fixes #1");
    stage.connect();
    stage.code.git(&["commit", "-q", "--amend", "--no-edit", "--date", "2020-01-01T00:00:00Z"]);
    stage.sync();
    assert_eq!(stage.status(1), "new");
    assert!(stage.kept(&stage.code.head(), 1).2.contains("was there before"));
}

#[test]
fn nobody_acts_for_an_author_without_an_account() {
    let stage = Stage::new();
    let sha = stage.code.of("stranger").commit("Fixes #1");
    stage.sync();
    assert_eq!(stage.status(1), "new");
    let (strength, done, reason) = stage.kept(&sha, 1);
    assert_eq!((strength.as_str(), done.as_str()), ("close", "none"));
    assert!(reason.contains("No account") && !reason.contains('@'), "{reason}");
}

#[test]
fn an_address_that_nobody_proved_acts_for_nobody() {
    let stage = Stage::new();
    stage.test.user("sam").member();
    let sam = stage.test.signed_in("sam");
    sam.submit("/-/account", &[("email", "sam@example.org")]).expect(303);
    stage.code.of("sam").commit("Fixes #1");
    stage.sync();
    assert_eq!(stage.status(1), "new");
}

#[test]
fn a_close_that_the_workflow_does_not_offer_becomes_a_reference() {
    let stage = Stage::new();
    stage.code.commit("Fixes #1");
    stage.sync();
    let again = stage.code.commit("Really fixes #1");
    stage.sync();
    let (strength, done, reason) = stage.kept(&again, 1);
    assert_eq!((strength.as_str(), done.as_str()), ("close", "refer"));
    assert!(!reason.is_empty());
    assert_eq!(stage.comments(1).len(), 2);
}

#[test]
fn who_pushes_acts_where_it_is_so_chosen() {
    let stage = Stage::new();
    stage.run(&["repo", "change", "demo", "code", "--acts-as", "pusher"]);
    stage.code.of("stranger").commit("Fixes #1");
    stage.run(&["repo", "sync", "demo", "--pusher", "kim"]);
    assert_eq!(stage.status(1), "closed");
}

#[test]
fn one_account_acts_for_all_or_nobody_does() {
    let stage = Stage::new();
    stage.run(&["repo", "change", "demo", "code", "--account", "kim"]);
    stage.code.of("stranger").commit("Refs #1");
    stage.sync();
    assert_eq!(stage.comments(1).len(), 1);
    stage.run(&["repo", "change", "demo", "code", "--acts-as", "nobody"]);
    stage.code.commit("Fixes #1");
    stage.sync();
    assert_eq!(stage.status(1), "new");
}

#[test]
fn an_archived_project_is_not_changed() {
    let stage = Stage::new();
    stage.run(&["project", "archive", "demo"]);
    let sha = stage.code.commit("Fixes #1");
    stage.sync();
    assert_eq!(stage.kept(&sha, 1).1, "none");
    stage.run(&["project", "archive", "demo", "--undo"]);
    stage.sync();
    assert_eq!(stage.status(1), "new");
}

#[test]
fn the_same_commit_in_two_repositories_acts_once() {
    let stage = Stage::new();
    let second = stage.path("second.git");
    stage.code.git(&["clone", "-q", "--bare", ".", &second.display().to_string()]);
    stage.run(&["repo", "add", "demo", &second.display().to_string(), "--name", "second"]);
    stage.sync();
    stage.code.commit("Fixes #1, refs #2");
    stage.code.git(&["push", "-q", &second.display().to_string(), "main"]);
    stage.sync();
    assert_eq!((stage.comments(1).len(), stage.comments(2).len()), (1, 1));
}

#[test]
fn old_history_pushed_to_an_empty_repository_still_does_nothing() {
    let stage = Stage::new();
    let empty = Repository::bare(&stage.path("empty.git"));
    stage.run(&["repo", "add", "demo", &empty.folder.display().to_string(), "--name", "empty"]);
    stage.sync();
    stage.code.git(&["push", "-q", &empty.folder.display().to_string(), "main"]);
    stage.sync();
    assert_eq!(stage.status(1), "new");
    stage.code.commit("Fixes #2");
    stage.code.git(&["push", "-q", &empty.folder.display().to_string(), "main"]);
    stage.run(&["repo", "sync", "demo", "--repository", "empty"]);
    assert_eq!(stage.status(2), "closed");
}

#[test]
fn a_hook_asks_over_http_with_the_secret_of_the_repository() {
    let stage = Stage::new();
    let secret = stage.run(&["repo", "secret", "demo", "code"]).trim().to_owned();
    stage.code.commit("Fixes #1");
    let ask = |secret: &str, name: &str| {
        let hook = stage.test.anonymous().with_header("Authorization", &format!("Bearer {secret}"));
        hook.post_json(&format!("/demo/repository/{name}/sync"), &serde_json::json!({}))
    };
    let wrong_secret = ask("0000", "code").expect(404);
    let wrong_name = ask(&secret, "other").expect(404);
    assert_eq!(wrong_secret.text(), wrong_name.text());
    assert_eq!(stage.status(1), "new");
    let answer: serde_json::Value = serde_json::from_str(&ask(&secret, "code").expect(200).text()).unwrap();
    assert_eq!(answer, serde_json::json!({ "stored": 1, "acted": 1 }));
    assert_eq!(stage.status(1), "closed");
    let newer = stage.run(&["repo", "secret", "demo", "code"]);
    ask(&secret, "code").expect(404);
    ask(newer.trim(), "code").expect(200);
}

#[test]
fn guessing_the_secret_is_slowed_down() {
    let stage = Stage::new();
    let hook = stage.test.anonymous().with_header("Authorization", "Bearer guess");
    let answers: Vec<u16> = (0..8).map(|_| hook.post("/demo/repository/code/sync", &[]).status).collect();
    assert_eq!((answers[0], answers[7]), (404, 429));
}

#[test]
fn a_hook_names_who_pushed() {
    let stage = Stage::new();
    stage.run(&["repo", "change", "demo", "code", "--acts-as", "pusher"]);
    let secret = stage.run(&["repo", "secret", "demo", "code"]).trim().to_owned();
    let hook = stage.test.anonymous().with_header("Authorization", &format!("Bearer {secret}"));
    stage.code.of("stranger").commit("Fixes #1");
    let sync = "/demo/repository/code/sync";
    hook.post(sync, &[]).expect(422);
    hook.post_json(sync, &serde_json::json!({ "pusher": { "login": "nobody-here" } })).expect(422);
    assert_eq!(stage.status(1), "new");
    hook.post_json(sync, &serde_json::json!({ "pusher": { "login": "kim", "id": 3 }, "commits": [] })).expect(200);
    assert_eq!(stage.status(1), "closed");
}

#[test]
fn repositories_are_administered_in_the_browser() {
    let stage = Stage::new();
    let sam = stage.test.user("sam").member().can("VERSIONCONTROL_ADMIN");
    let page = "/demo/admin/versioncontrol/repository";
    assert!(sam.get(page).expect(200).words().contains("trackway repo add demo"));
    sam.submit(page, &[("acting_branches", "release/*"), ("acts_as", "account"), ("account", "kim")]).expect(303);
    stage.code.git(&["checkout", "-q", "-b", "release/1"]);
    stage.code.of("stranger").commit("Fixes #1");
    let synced = sam.post_json(page, &serde_json::json!({ "act": "sync", "id": 1 })).expect(200);
    assert_eq!(synced.text(), r#"{"acted":1,"stored":1}"#);
    assert_eq!(stage.status(1), "closed");
    let refused = sam.submit(page, &[("acting_branches", "a..b *x"), ("account", "nobody-here")]).expect(422);
    assert_eq!(refused.problems()[0].0, "account");
    assert!(refused.text().contains("a..b *x"), "what was typed is kept");
    let refused = sam.submit(page, &[("acting_branches", "*x")]).expect(422);
    assert_eq!(refused.problems()[0].0, "acting_branches");
    let answer = sam.post_json(page, &serde_json::json!({ "act": "secret", "id": 1 })).expect(200);
    assert!(answer.text().contains("secret"));
    let listed = sam.get(&format!("{page}?format=json")).expect(200);
    assert!(listed.text().contains(r#""acts_as":"account""#));
}

#[test]
fn a_removed_repository_leaves_what_its_commits_did() {
    let stage = Stage::new();
    let sha = stage.code.commit("Fixes #1");
    stage.sync();
    stage.run(&["repo", "remove", "demo", "code"]);
    assert_eq!(stage.run(&["--format", "ids", "repo", "list", "demo"]), "");
    assert_eq!(stage.kept(&sha, 1).1, "close");
    stage.connect();
    assert_eq!(stage.comments(1).len(), 1);
    stage.run(&["check"]);
}

#[test]
fn what_links_here_knows_the_commits_of_a_ticket() {
    let stage = Stage::new();
    stage.code.commit("Fixes #1, refs #2, as [[Plan]] says");
    stage.sync();
    let links: Vec<(String, String, String)> = stage
        .test
        .demo()
        .read(|db| {
            let mut statement = db.prepare(
                "select target_kind, target, role from link where source_kind = 'changeset' and source_id = 2
                 order by target_kind, target, role",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    let links: Vec<String> = links.into_iter().map(|(kind, target, role)| format!("{kind} {target} {role}")).collect();
    assert_eq!(links, ["page plan link", "ticket 1 close", "ticket 1 link", "ticket 2 link", "ticket 2 refer"]);
}

#[test]
fn a_running_server_notices_by_itself_and_learns_of_new_repositories() {
    let stage = Stage::new();
    let data = stage.test.data();
    let second = Repository::new(&stage.path("second"));
    second.commit("Begin there");
    let (code, folder) = (stage.code.clone(), stage.folder);
    let _kept = stage.test.close();
    let _server = Server::start(&data, free_address());
    let is_closed = |number: &str| {
        let begun = Instant::now();
        loop {
            let shown = command::run(&data, &["ticket", "show", "demo", number], b"").expect(0).stdout;
            if shown.contains("closed") {
                println!("noticed after {:?}", begun.elapsed());
                return true;
            }
            if begun.elapsed() > Duration::from_secs(30) {
                return false;
            }
            sleep(Duration::from_millis(50));
        }
    };
    code.commit("Fixes #1");
    assert!(is_closed("1"));
    command::run(&data, &["repo", "add", "demo", &second.folder.display().to_string()], b"").expect(0);
    second.commit("Fixes #2");
    assert!(is_closed("2"));
    drop(folder);
}

#[test]
fn commands_of_repositories_say_what_is_wrong() {
    let stage = Stage::new();
    let refused = |arguments: &[&str]| stage.test.command(arguments).expect(1).stderr;
    let folder = stage.folder.path().display().to_string();
    let code = stage.code.folder.display().to_string();
    assert!(refused(&["repo", "add", "demo", &folder]).contains("no git repository"));
    assert!(refused(&["repo", "add", "demo", &code, "--name", "code"]).contains("already"));
    assert!(refused(&["repo", "add", "demo", &code, "--name", "a/b"]).contains("a/b"));
    assert!(refused(&["repo", "sync", "demo", "--repository", "other"]).contains("other"));
    assert!(refused(&["repo", "sync", "demo", "--pusher", "other"]).contains("other"));
    assert!(refused(&["repo", "change", "demo", "code", "--acts-as", "account"]).contains("--account"));
    assert!(refused(&["--as", "kim", "repo", "list", "demo"]).contains("VERSIONCONTROL_ADMIN"));
    assert!(refused(&["user", "email", "kim", "no address"]).contains("not an e-mail address"));
    stage.test.command(&["repo", "change", "demo", "code", "--acts-as", "everybody"]).expect(2);
}

#[test]
fn what_came_with_the_rest_of_a_shallow_copy_never_acts() {
    let stage = Stage::unconnected();
    stage.code.commit("Fixes #1");
    stage.code.commit("Two");
    let copy = stage.path("copy");
    let from = format!("file://{}", stage.code.folder.display());
    stage.code.git(&["clone", "-q", "--depth", "1", &from, copy.to_str().unwrap()]);
    stage.run(&["repo", "add", "demo", &copy.display().to_string()]);
    assert!(stage.sync().contains('1'), "one commit is there");
    Repository::new(&copy).git(&["fetch", "-q", "--unshallow"]);

    stage.sync();

    assert_eq!(stage.status(1), "new");
    let commits = stage.person().get("/demo/search?q=fixes&format=json").expect(200);
    assert_eq!(commits.status, 200);
    assert_eq!(stage.kept(&stage.code.git(&["rev-parse", "HEAD~1"]), 1).0, "none");
}
