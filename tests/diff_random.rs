//! Patches against git itself: over random trees and edits, what is sent as a diff makes of the parent's tree exactly the
//! commit's tree (`git apply`), and what is sent as a mail makes the commit anew (`git am`).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::code::repository;

use crate::support::TestSite;
use crate::support::repository::Repository;

const HISTORIES: u64 = 10;
const COMMITS: usize = 8;

/// xorshift: the same histories on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

#[derive(Clone, PartialEq)]
enum Node {
    File(Vec<u8>, bool),
    Link(String),
}

type Files = BTreeMap<Vec<u8>, Node>;

const NAMES: [&[u8]; 16] = [
    b"a", b"b.txt", b"dir/c", b"dir/deep/d.rs", b"with blank", b"-dash", b"caf\xc3\xa9", b"latin\xe9", b"quote\"d",
    b"back\\slash", b"tab\there", b"line\nbreak", b"a => b", b"dir with blank/e f", b"!bang", b"%41",
];

fn content(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => Vec::new(),
        1 => (0..random.below(300)).map(|_| random.below(256) as u8).chain([0]).collect(),
        _ => {
            let end: &[u8] = if random.below(4) == 0 { b"\r\n" } else { b"\n" };
            let mut bytes = Vec::new();
            for _ in 0..random.below(40) {
                bytes.extend(*random.of(&[
                    &b"one"[..],
                    b"two words",
                    b"-- ",
                    b"+x",
                    b"",
                    b"caf\xe9",
                    b"\tindent",
                    b"From x",
                ]));
                bytes.extend(random.below(10).to_string().bytes());
                bytes.extend(end);
            }
            if random.below(4) == 0 {
                bytes.extend(b"no end");
            }
            bytes
        }
    }
}

fn edited(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return content(random);
    }
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for _ in 0..=random.below(3) {
        let at = random.below(lines.len() + 1);
        match random.below(3) {
            0 => lines.insert(at, b"new line\n"),
            _ if at < lines.len() => drop(lines.remove(at)),
            _ => lines.push(b"last"),
        }
    }
    lines.concat()
}

fn step(random: &mut Random, files: &mut Files) {
    let paths: Vec<Vec<u8>> = files.keys().cloned().collect();
    let free = *random.of(&NAMES);
    if paths.is_empty() || random.below(4) == 0 {
        let node = if random.below(6) == 0 {
            Node::Link("dir/c".to_owned())
        } else {
            Node::File(content(random), random.below(4) == 0)
        };
        files.insert(free.to_vec(), node);
        return;
    }
    let path = random.of(&paths).clone();
    let node = files[&path].clone();
    match (random.below(6), node) {
        (0, _) => drop(files.remove(&path)),
        (1, node) => {
            files.remove(&path);
            files.insert(free.to_vec(), node);
        }
        (2, Node::File(bytes, run)) => {
            files.remove(&path);
            files.insert(free.to_vec(), Node::File(edited(random, &bytes), run));
        }
        (3, node) => drop(files.insert(free.to_vec(), node)),
        (4, Node::File(bytes, run)) => drop(files.insert(path, Node::File(bytes, !run))),
        (_, Node::File(bytes, run)) => drop(files.insert(path, Node::File(edited(random, &bytes), run))),
        (_, Node::Link(_)) => drop(files.insert(path, Node::Link(format!("to{}", random.below(9))))),
    }
}

fn write(folder: &Path, files: &Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(".git") {
        } else if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    for (name, node) in files {
        let path = folder.join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match node {
            Node::File(bytes, run) => {
                fs::write(&path, bytes).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(if *run { 0o755 } else { 0o644 })).unwrap();
            }
            Node::Link(target) => symlink(target, path).unwrap(),
        }
    }
}

fn history(seed: u64, folder: PathBuf) -> (Repository, Vec<String>) {
    let made = Repository::new(&folder);
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (seed + 1));
    let mut files = Files::new();
    let mut commits = Vec::new();
    while commits.len() < COMMITS {
        for _ in 0..=random.below(5) {
            step(&mut random, &mut files);
        }
        write(&made.folder, &files);
        made.git(&["add", "-A"]);
        let subject = *random.of(&[
            "Plain words",
            "Grüße, \"Zoë\" <z>",
            "A long subject that goes on and on past the usual width, =?x?=",
        ]);
        if made.command().args(["diff", "--cached", "--quiet"]).status().unwrap().success() {
            continue;
        }
        made.git(&["commit", "-q", "-m", &format!("{subject}\n\nBody with ü.")]);
        commits.push(made.head());
    }
    (made, commits)
}

#[test]
fn patches_of_random_commits_make_the_trees_and_commits_of_git() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for seed in 0..HISTORIES {
        let name = format!("history{seed}");
        let (made, commits) = history(seed, test.data().parent().unwrap().join(&name));
        let operator = test.operator();
        repository::connect(
            &test.demo(),
            Act::new(&operator, Via::Command),
            &made.folder,
            &name,
            &repository::Wish::default(),
        )
        .unwrap();
        for pair in commits.windows(2) {
            let (old, new) = (&pair[0], &pair[1]);
            let tree = made.git(&["rev-parse", &format!("{new}^{{tree}}")]);
            let file = made.folder.join(".git/patch");

            fs::write(&file, &kim.get(&format!("/demo/changeset/{new}/{name}?format=diff")).expect(200).body).unwrap();
            made.git(&["read-tree", old]);
            made.git(&["apply", "--cached", "--whitespace=nowarn", ".git/patch"]);
            assert_eq!(made.git(&["write-tree"]), tree, "history {seed}: {old}..{new}");

            // Two steps at once, and back.
            let address = format!("/demo/diff?old={new}&new={old}&repository={name}&format=diff");
            fs::write(&file, &kim.get(&address).expect(200).body).unwrap();
            made.git(&["apply", "--cached", "--whitespace=nowarn", ".git/patch"]);
            let before = made.git(&["rev-parse", &format!("{old}^{{tree}}")]);
            assert_eq!(made.git(&["write-tree"]), before, "history {seed}: {new}..{old}");

            fs::write(&file, &kim.get(&format!("/demo/changeset/{new}/{name}?format=patch")).expect(200).body).unwrap();
            made.git(&["reset", "-q", "--hard", old]);
            made.git(&["clean", "-q", "-ffdx"]);
            made.git(&["am", "-q", "--keep-cr", ".git/patch"]);
            assert_eq!(made.git(&["rev-parse", "HEAD^{tree}"]), tree, "history {seed}: mail of {new}");
            let told = "--format=%an <%ae> %ad%n%B";
            assert_eq!(made.git(&["log", "-1", told]), made.git(&["log", "-1", told, new]));
        }
        // The first one, against nothing.
        let first = &commits[0];
        let patch = kim.get(&format!("/demo/changeset/{first}/{name}?format=diff")).expect(200).body;
        fs::write(made.folder.join(".git/patch"), patch).unwrap();
        made.git(&["read-tree", "--empty"]);
        made.git(&["apply", "--cached", "--whitespace=nowarn", ".git/patch"]);
        assert_eq!(made.git(&["write-tree"]), made.git(&["rev-parse", &format!("{first}^{{tree}}")]));
        // Every page of them is drawn.
        for sha in &commits {
            kim.get(&format!("/demo/changeset/{sha}/{name}")).expect(200);
        }
    }
}
