//! Stories of a disk that is full: what can't be written is said, and what was there before is whole. The limit of the system on
//! the size of a file stands for the disk.

use std::process::Command;

use crate::support::{TestSite, command};

/// Runs the program where no file can grow beyond so many blocks of 512 bytes. The signal that would end it is not heard, as on
/// a full disk, which has none.
fn with_room_for(test: &TestSite, blocks: usize, arguments: &[&str], input: &str) -> command::Output {
    let program = command::trackway(&test.data());
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
        .arg("sh")
        .arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.args(program.get_args()).args(arguments);
    command::finish(limited, arguments, input.as_bytes())
}

fn filled() -> TestSite {
    let test = TestSite::new();
    test.admin("ada").save_page("Plan", "What we do.");
    test
}

#[test]
fn a_page_that_finds_no_room_is_refused_and_the_others_are_whole() {
    let test = filled();
    let large = "Many words, line by line.\n".repeat(30_000);
    let refused = with_room_for(&test, 1000, &["wiki", "save", "demo", "Large"], &large).expect(1);
    assert!(refused.stderr.contains("can't be read or written. Nothing was changed."), "{}", refused.stderr);
    test.command(&["check"]).expect(0);
    test.command(&["wiki", "show", "demo", "Large"]).expect(1);
    assert!(test.command(&["wiki", "show", "demo", "Plan"]).expect(0).stdout.contains("What we do."));
    // With room again, everything goes on.
    test.command_with_input(&["wiki", "save", "demo", "Large"], &large).expect(0);
}

#[test]
fn a_backup_that_finds_no_room_leaves_none_that_looks_like_one() {
    let test = filled();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.tar.zst");
    let name = file.to_str().unwrap();
    with_room_for(&test, 100, &["backup", name], "").expect(1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    test.command(&["backup", name]).expect(0);
    test.command(&["restore", "--verify", name]).expect(0);
}

#[test]
fn a_restore_that_finds_no_room_is_no_site_and_can_be_begun_again() {
    let test = filled();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.tar.zst");
    test.command(&["backup", file.to_str().unwrap()]).expect(0);
    let empty = folder.path().join("new");
    let arguments = ["--data", empty.to_str().unwrap(), "restore", file.to_str().unwrap()];
    with_room_for(&test, 100, &arguments, "").expect(1);
    assert!(!empty.join("site.db").exists(), "what broke off is no site");
    test.command(&arguments).expect(0);
    test.command(&["--data", empty.to_str().unwrap(), "check"]).expect(0);
}
