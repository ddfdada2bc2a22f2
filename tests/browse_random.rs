//! Random histories: what pages say of the last change of an entry and of the log of a path is what git says.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use trackway::code::tree;

use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound.max(1) as u64) as usize
    }
}

const FOLDERS: [&[u8]; 5] = [b"", b"src/", b"src/deep/", b"d\xff/", b"src.x/"];
const NAMES: [&[u8]; 7] = [b"a", b"b.txt", b"caf\xe9", b"-x", b"a b", b"src", b"z"];

fn random_path(dice: &mut Dice) -> OsString {
    let mut path = FOLDERS[dice.below(FOLDERS.len())].to_vec();
    path.extend_from_slice(NAMES[dice.below(NAMES.len())]);
    OsString::from_vec(path)
}

/// The files of the work tree.
fn files(repository: &TestRepository) -> Vec<OsString> {
    let mut found = Vec::new();
    let mut folders = vec![repository.path()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().unwrap() != ".git" {
                folders.push(path);
            } else if path.is_file() {
                found.push(path.strip_prefix(repository.path()).unwrap().as_os_str().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Changes one thing or a few.
fn stir(repository: &TestRepository, dice: &mut Dice, number: usize) {
    for _ in 0..=dice.below(3) {
        let files = files(repository);
        let some = files.get(dice.below(files.len())).cloned();
        let target = random_path(dice);
        let full = repository.path().join(&target);
        // Where a folder is, or a file above, nothing can be written.
        let free = !full.is_dir() && full.ancestors().skip(1).all(|above| !above.is_file());
        match (dice.below(6), some) {
            (0, Some(file)) => drop(std::fs::remove_file(repository.path().join(file))),
            (1, Some(file)) if free => {
                std::fs::create_dir_all(full.parent().unwrap()).unwrap();
                std::fs::rename(repository.path().join(file), full).unwrap();
            }
            (2, Some(file)) => {
                use std::os::unix::fs::PermissionsExt;
                let mode = if dice.below(2) == 0 { 0o755 } else { 0o644 };
                let path = repository.path().join(file);
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            _ if free => drop(repository.write(&target, format!("{number}\n{}\n", "line\n".repeat(dice.below(9))))),
            _ => {}
        }
        remove_empty_folders(repository);
    }
}

/// As git would: it knows no empty folders, so a file may take their place.
fn remove_empty_folders(repository: &TestRepository) {
    for folder in ["src/deep", "src", "src.x"] {
        let _ = std::fs::remove_dir(repository.path().join(folder));
    }
    let _ = std::fs::remove_dir(repository.path().join(OsString::from_vec(b"d\xff".to_vec())));
}

#[test]
fn last_changes_and_logs_are_those_of_git() {
    for seed in [7, 42] {
        let mut dice = Dice(seed);
        let repository = TestRepository::new();
        let test = TestSite::new();
        test.connect(&repository.path(), "random");
        let kim = test.user("kim").member();
        repository.commit("Root");
        for number in 0..40 {
            stir(&repository, &mut dice, number);
            repository.commit(&format!("Commit {number}"));
            match dice.below(12) {
                0 => merge_something(&repository, &mut dice, number),
                1 => {
                    // A forced push throws the last ones away.
                    repository.git(["reset", "-q", "--hard", &format!("HEAD~{}", 1 + dice.below(2))]);
                }
                2 => test.take_in_history(),
                _ => {}
            }
        }
        let kept = repository.head();
        test.take_in_history();
        compare(&repository, &kim, "", &kept);
        let older = repository.git(["rev-parse", "HEAD~12"]).trim().to_owned();
        compare(&repository, &kim, &older, &older);
        // Not taken in, so it is worked out on the way.
        repository.git(["checkout", "-q", "-b", "side", "HEAD~5"]);
        for number in 100..104 {
            stir(&repository, &mut dice, number);
            repository.commit(&format!("Side {number}"));
        }
        compare(&repository, &kim, "side", "side");
        repository.git(["checkout", "-q", "main"]);
        assert_eq!(test.findings_of_history(), Vec::<String>::new());
    }
}

fn merge_something(repository: &TestRepository, dice: &mut Dice, number: usize) {
    let branch = format!("b{number}");
    repository.git(["checkout", "-q", "-b", &branch, "HEAD~1"]);
    stir(repository, dice, 1_000 + number);
    repository.commit(&format!("Branch {number}"));
    repository.git(["checkout", "-q", "main"]);
    repository.git(["merge", "-q", "--no-ff", "-s", "ours", "--no-commit", &branch]);
    stir(repository, dice, 2_000 + number);
    repository.commit(&format!("Merge {number}"));
}

/// Every folder and every path that ever was, at one revision.
fn compare(repository: &TestRepository, kim: &Person<'_>, rev: &str, git_rev: &str) {
    let query = if rev.is_empty() { String::new() } else { format!("&rev={rev}") };
    let listed = repository.git_bytes(["ls-tree", "-r", "-t", "-z", "--name-only", git_rev]);
    let paths: Vec<&[u8]> = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()).collect();
    let mut folders: BTreeSet<Vec<u8>> = BTreeSet::from([Vec::new()]);
    for path in &paths {
        folders.extend(path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| path[..at].to_vec()));
    }
    let address = |path: &[u8]| tree::href(&path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>());
    for folder in folders {
        let below = if folder.is_empty() { String::new() } else { address(&folder) };
        let json = kim.get(&format!("/demo/browser{below}?format=json{query}")).expect(200).json();
        for item in json["items"].as_array().unwrap() {
            let url = item["url"].as_str().unwrap();
            let raw = url.split_once("/demo/browser/").unwrap().1.split('?').next().unwrap();
            let path = tree::segments(raw).join(&b'/');
            let expected = log_of_git(repository, git_rev, &path, 1);
            let found = item["changed"]["id"].as_str().unwrap_or("unknown");
            assert_eq!([found], expected.as_slice(), "last change of {} at {git_rev}", tree::shown(&path));
        }
    }
    let ever = repository.git_bytes(["log", "--first-parent", "-m", "--format=", "--name-only", "-z", git_rev]);
    let ever: BTreeSet<&[u8]> = ever.split(|byte| [0, b'\n'].contains(byte)).filter(|path| !path.is_empty()).collect();
    for path in ever.into_iter().chain([&b"src"[..]]) {
        let expected = log_of_git(repository, git_rev, path, 500);
        if expected.is_empty() {
            continue;
        }
        let log = format!("/demo/log{}?format=json&limit=500&mode=path_history{query}", address(path));
        let json = kim.get(&log).expect(200).json();
        let found: Vec<&str> =
            json["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "log of {} at {git_rev}", tree::shown(path));
    }
}

fn log_of_git(repository: &TestRepository, rev: &str, path: &[u8], most: usize) -> Vec<String> {
    let most = format!("-{most}");
    let mut arguments: Vec<OsString> =
        ["--literal-pathspecs", "log", "--first-parent", &most, "--format=%H", rev, "--"].map(OsString::from).to_vec();
    arguments.push(std::ffi::OsStr::from_bytes(path).to_owned());
    repository.git(arguments).lines().map(str::to_owned).collect()
}
