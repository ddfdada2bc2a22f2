//! Class 9, arguments and commands: the program starts no other one, so no name can become an option or a command of one. What
//! looks like an option is a name like any other.

use super::sources::{Source, sources};
use crate::support::TestSite;
use crate::support::repository::Repository;

/// How a program is started from Rust.
const STARTS: &[&str] = &[
    "process::Command", "Command::new", "tokio::process", "libc::", "posix_spawn", "execv", "popen", "::system(",
    "SendmailTransport", "dlopen", "libloading",
];

#[test]
fn no_other_program_is_started() {
    for Source { path, text } in sources() {
        for start in STARTS {
            assert!(!text.contains(start), "{path} has {start}");
        }
    }
    // Nor by what we depend on: the ways of lettre and of libgit2 to other programs are not built in.
    let manifest = include_str!("../../Cargo.toml");
    let line = |name: &str| manifest.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("git2 = ").contains("default-features = false, features = [\"vendored-libgit2\"]"));
    assert!(line("lettre = ").contains("default-features = false") && !line("lettre = ").contains("sendmail"));
}

#[test]
fn what_looks_like_an_option_is_a_name() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let beside = test.data().parent().unwrap().to_owned();
    let made = Repository::new(&beside.join("--upload-pack=touch mark"));
    made.commit_file("--output=mark", "first\n", "--help");
    let author = made.of("--exec=touch mark");
    let last = author.commit_file("-rf", "second\n", "-c core.pager=touch mark");
    for name in ["refs/heads/-x", "refs/heads/--output=mark", "refs/tags/--help", "refs/tags/-"] {
        made.git(&["update-ref", name, &last]);
    }
    let added = test.command(&["repo", "add", "demo", "--name", "code", "--", &made.folder.display().to_string()]);
    added.expect(0);
    test.command(&["repo", "sync", "demo"]).expect(0);
    for address in [
        "/demo/browser?rev=-x",
        "/demo/browser?rev=--output%3Dmark",
        "/demo/browser/-rf",
        "/demo/browser/--output%3Dmark",
        "/demo/export/main/-rf",
        "/demo/export/-x/--output%3Dmark",
        "/demo/browser/-rf?annotate=blame",
        "/demo/log?rev=-x",
        "/demo/log/-rf",
        "/demo/browser?format=zip&rev=--output%3Dmark",
        "/demo/changeset/-x",
        "/demo/diff?old=-x&new=main",
    ] {
        kim.follow(address).expect(200);
    }
    assert!(kim.get("/demo/export/-x/-rf").expect(200).text().contains("second"));
    for rev in [
        "--upload-pack%3Dtouch+mark", "-", "--", "--all", "-1", "main+--output%3Dmark", "main;touch+mark",
        "%7Ctouch+mark", "main%0atouch+mark", "$(touch+mark)", "@%7B-1%7D", ":/second", "main^{/second}", "main:-rf",
    ] {
        for address in [
            format!("/demo/browser?rev={rev}"),
            format!("/demo/log?rev={rev}"),
            format!("/demo/diff?old={rev}&new={rev}"),
            format!("/demo/export/{rev}/-rf"),
            format!("/demo/changeset/{rev}"),
        ] {
            let status = kim.get(&address).status;
            assert!(status < 500, "{address}: {status}");
        }
    }
    kim.save_page("-rf", "A page like any other");
    assert!(test.command(&["wiki", "show", "demo", "--", "-rf"]).expect(0).stdout.contains("like any other"));
    let marks = ["mark", "data/mark", "--upload-pack=touch mark/mark", "--upload-pack=touch mark/.git/mark"];
    assert!(marks.iter().all(|mark| !beside.join(mark).exists()));
}
