//! `commit-refs` and `commit-msg` as git and people call them.

use std::fs;
use std::process::Command;

use crate::support::TestSite;
use crate::support::command::{Output, run};

fn refs(arguments: &[&str], message: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = run(&data, &[&["commit-refs"], arguments].concat(), message.as_ref()).expect(0);
    assert!(!data.exists(), "a data folder was made");
    output.stdout
}

#[test]
fn an_answer_always_has_all_keys_in_order() {
    assert_eq!(refs(&[], ""), "{\"close\":[],\"reopen\":[],\"refer\":[],\"mention\":[],\"time\":[],\"foreign\":[]}\n");
    assert_eq!(
        refs(&[], "Fixes #12 @2h30m, #2; reopen #7\n\nrefs #3 and x#5, see ticket:3. Like #4, #4."),
        "{\"close\":[2,12],\"reopen\":[7],\"refer\":[3],\"mention\":[4],\"time\":[{\"ticket\":12,\"minutes\":150}],\
         \"foreign\":[{\"project\":\"x\",\"ticket\":5,\"verb\":\"refer\"}]}\n"
    );
}

#[test]
fn bytes_of_any_kind_are_read() {
    assert!(refs(&[], b"f\xfcr \0 fixes #1\r\n\xff see #2").starts_with("{\"close\":[1],\"reopen\":[],\"refer\":[2]"));
    let long = "#1 fixes\n".repeat((1 << 20) / 9);
    assert!(refs(&[], long).starts_with("{\"close\":[1],"));
}

#[test]
fn addresses_are_taken_below_any_prefix_that_is_given() {
    let message = "Fixes https://a.example/ticket/1, http://b.example/x/ticket/2";
    let answer = refs(&["--site-url", "https://a.example/ticket/", "--site-url", "https://b.example"], message);
    assert!(answer.starts_with("{\"close\":[1],"), "{answer}");
    assert!(answer.contains("{\"project\":\"x\",\"ticket\":2,\"verb\":\"close\"}"), "{answer}");
}

#[test]
fn within_a_project_its_own_name_and_address_are_known() {
    let test = TestSite::new();
    let message = "fixes demo#1, http://127.0.0.1:8000/demo/ticket/2, other#3";
    let output = test.command_with_input(&["commit-refs", "--project", "demo"], message).expect(0);
    assert!(output.stdout.starts_with("{\"close\":[1,2],"), "{}", output.stdout);
    assert!(output.stdout.contains("\"project\":\"other\""), "{}", output.stdout);
    test.command_with_input(&["commit-refs", "--project", "none"], message).expect(1);
}

#[test]
fn an_explanation_goes_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["commit-refs", "--explain"], b"wip\n\nFixes #1").expect(0);
    assert!(output.stdout.contains("\"refer\":[1]"), "{}", output.stdout);
    assert!(output.stderr.starts_with("`Fixes #1`: close #1\n"), "{}", output.stderr);
    assert!(output.stderr.contains("work in progress"), "{}", output.stderr);
}

/// A project with ticket 1, which is open, and ticket 2, which is closed.
fn with_tickets() -> TestSite {
    let test = TestSite::new();
    for summary in ["Doors", "Windows"] {
        test.command(&["ticket", "new", "demo", "--summary", summary]).expect(0);
    }
    test.command(&["ticket", "change", "demo", "2", "--action", "resolve"]).expect(0);
    test
}

fn told(test: &TestSite, message: &str, more: &[&str]) -> Output {
    let file = test.data().with_file_name("COMMIT_EDITMSG");
    fs::write(&file, message).unwrap();
    test.command(&[&["commit-msg", "demo", file.to_str().unwrap()], more].concat())
}

#[test]
fn a_hook_warns_of_what_will_not_work() {
    let test = with_tickets();
    for (message, words) in [
        ("Fixes #99", "there is no ticket #99"),
        ("Like #99", "there is no ticket #99"),
        ("Fixes #2", "#2 is closed already"),
        ("refs #2", "#2 is closed"),
        ("reopens #1", "#1 is not closed"),
        ("fixes 1", "`fixes 1`: a ticket's number needs a `#`"),
        ("fixes #1, 2", "`#1, 2`: 2 is not taken for a ticket"),
    ] {
        let output = told(&test, message, &[]).expect(0);
        assert!(output.stderr.contains(words), "{message}: {}", output.stderr);
        assert_eq!(output.stdout, "");
        let strict = told(&test, message, &["--strict"]).expect(1);
        assert!(strict.stderr.contains(words), "{message}: {}", strict.stderr);
    }
}

#[test]
fn a_hook_is_silent_about_what_is_fine() {
    let test = with_tickets();
    for message in [
        "Fixes #1",
        "refs #1; like #2",
        "reopens #2",
        "Fixes demo#1 and http://127.0.0.1:8000/demo/ticket/1",
        "No ticket at all",
        "",
        "Fixes #1\n\n# fixes #99\n# ------------------------ >8 ------------------------\nfixes #98\n",
        "> fixes #99",
    ] {
        assert_eq!(told(&test, message, &["--strict"]).expect(0).stderr, "", "{message}");
    }
}

#[test]
fn a_hook_says_no_more_than_the_account_may_see() {
    let test = with_tickets();
    test.user("kim").member();
    test.user("lee");
    assert_eq!(told(&test, "fixes #1", &["--as", "kim"]).expect(0).stderr, "");
    told(&test, "fixes #1", &["--as", "lee"]).expect(1);
    let missing = test.command(&["commit-msg", "demo", "/nowhere/COMMIT_EDITMSG"]).expect(1);
    assert!(missing.stderr.lines().count() == 1, "{}", missing.stderr);
}

#[test]
fn git_calls_the_hook_and_heeds_it() {
    let test = with_tickets();
    let clone = test.data().with_file_name("clone");
    let git = |arguments: &[&str], editor: Option<&str>| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&clone).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", test.data());
        git.env_remove("GIT_EDITOR").env_remove("GIT_INDEX_FILE").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
        for (name, value) in [("NAME", "Kim"), ("EMAIL", "kim@example.org")] {
            git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        if let Some(editor) = editor {
            git.env("GIT_EDITOR", editor);
        }
        let output = git.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    fs::create_dir(&clone).unwrap();
    assert!(git(&["init", "--quiet"], None).0);
    let hook = clone.join(".git/hooks/commit-msg");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let program = env!("CARGO_BIN_EXE_trackway");
    let data = test.data();
    fs::write(
        &hook,
        format!("#!/bin/sh\nexec '{program}' --data '{}' commit-msg demo \"$1\" --strict\n", data.display()),
    )
    .unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();

    let commit = ["commit", "--quiet", "--allow-empty"];
    assert!(git(&[&commit[..], &["-m", "Fixes #1"]].concat(), None).0);
    let (done, said) = git(&[&commit[..], &["-m", "Fixes #99"]].concat(), None);
    assert!(!done && said.contains("there is no ticket #99"), "{said}");
    // Git keeps this line where nobody edits, and takes it for a comment where somebody does.
    let (done, said) = git(&[&commit[..], &["-m", "#1 is about doors"]].concat(), None);
    assert!(done, "{said}");
    let (done, said) = git(&commit, Some("printf 'Doors\\n\\n#1 is about them\\n' >"));
    assert!(!done && said.contains("takes this line for a comment"), "{said}");
    // Where comments begin with something else, it is a line like any other.
    assert!(git(&["config", "core.commentChar", ";"], None).0);
    let (done, said) = git(&commit, Some("printf 'Doors\n\n#1 is about them\n; fixes #99\n' >"));
    assert!(done, "{said}");
}
