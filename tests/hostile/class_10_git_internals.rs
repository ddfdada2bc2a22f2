//! Class 10, writing what git keeps for itself: we write nothing at all into a repository, and nothing in one makes anything
//! run: no hook, no filter, no pager.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::enumerator::rules::RULES;
use crate::support::TestSite;
use crate::support::work_tree::TestRepository;

/// Every file, with its bytes, its rights and when it was written.
fn contents(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32, std::time::SystemTime)> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            if about.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let state = (bytes, about.permissions().mode(), about.modified().unwrap());
                found.insert(path.to_string_lossy().into_owned(), state);
            }
        }
    }
    found
}

#[test]
fn a_repository_is_read_and_nothing_in_it_is_written_or_run() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let repository = TestRepository::new();
    repository.write("README.md", "See [[Plan]].").write("src/main.rs", "fn main() {}\n");
    repository.write(".gitattributes", "*.rs filter=run diff=run\n*.md export-subst\n");
    repository.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% mark\n");
    repository.commit("Begin");
    repository.write("src/main.rs", "fn main() { print!(); }\n");
    repository.commit("Fix #1");
    let mark = test.data().join("mark");
    let run = format!("touch {}", mark.display());
    for name in [
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "diff.run.textconv",
        "diff.run.command", "filter.run.smudge", "filter.run.clean", "filter.run.process",
        "uploadpack.packObjectsHook", "core.askPass", "credential.helper", "gpg.program", "alias.log",
    ] {
        repository.git(["config", name, &run]);
    }
    repository.git(["config", "core.hooksPath", ".git/hooks"]);
    for hook in ["post-checkout", "pre-commit", "post-index-change", "reference-transaction", "update", "pre-receive"] {
        let path = repository.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{run}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = contents(&repository.path());

    test.command(&["repo", "add", "demo", &repository.path().display().to_string(), "--name", "doors"]).expect(0);
    kim.save_page("Plan", "[[Code(src/main.rs)]] [[Commits]] source:src/main.rs");
    test.command(&["repo", "sync", "demo"]).expect(0);
    test.take_in_history();
    test.catch_up();
    let mut read = 0;
    for rule in RULES.iter().filter(|rule| rule.is_get()) {
        for door in rule.doors {
            let room = door.address.split(['/', '?']).nth(2).unwrap_or_default();
            if ["browser", "log", "export", "changeset", "diff", "wiki", "timeline", "admin"].contains(&room) {
                read += usize::from(kim.get(door.address).status == 200);
            }
        }
    }
    assert!(read > 60, "{read}");
    for act in ["sync", "change", "remove"] {
        kim.post_signed("/demo/admin/versioncontrol/repository", &[("act", act), ("id", "1"), ("name", "doors")]);
    }
    test.command(&["check"]).expect(0);
    test.command(&["repo", "remove", "demo", "doors"]);

    assert!(contents(&repository.path()) == before, "something in the repository has been written");
    assert!(!mark.exists(), "something of the repository has run");
}
