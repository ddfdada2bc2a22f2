//! Folders and changesets in one archive: what is in it, and what better is not.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;

/// The files of an archive by their names: mode and contents. Read by its directory, as everybody does.
fn unpacked(answer: &Answer) -> BTreeMap<String, (u32, Vec<u8>)> {
    let bytes = &answer.body;
    let short = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()) as usize;
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let end = (0..bytes.len() - 21).rev().find(|at| long(*at) == 0x0605_4b50).unwrap();
    let (count, mut at) = (short(end + 10), long(end + 16));
    let mut files = BTreeMap::new();
    for _ in 0..count {
        let (size, name, local) = (long(at + 24), short(at + 28), long(at + 42));
        let contents = local + 30 + short(local + 26) + short(local + 28);
        let called = String::from_utf8(bytes[at + 46..at + 46 + name].to_vec()).unwrap();
        files.insert(called, ((long(at + 38) >> 16) as u32, bytes[contents..contents + size].to_vec()));
        at += 46 + name;
    }
    assert_eq!(at, end);
    files
}

fn remark(answer: &Answer) -> String {
    let at = (0..answer.body.len() - 21).rev().find(|at| answer.body[*at..].starts_with(b"PK\x05\x06")).unwrap();
    String::from_utf8(answer.body[at + 22..].to_vec()).unwrap()
}

fn connected(repository: &TestRepository) -> TestSite {
    let test = TestSite::new();
    test.connect(&repository.path(), "doors");
    test.take_in_history();
    test
}

#[test]
fn a_folder_comes_as_an_archive_with_the_modes_and_links_of_its_files() {
    let repository = TestRepository::new();
    repository.write("README.md", "read").write("src/main.rs", "fn main() {}\n").write("src/run.sh", "#!/bin/sh\n");
    repository.git(["add", "-A"]);
    repository.git(["update-index", "--chmod=+x", "src/run.sh"]);
    symlink("main.rs", repository.path().join("src/link.rs")).unwrap();
    symlink("../../../etc/passwd", repository.path().join("src/away")).unwrap();
    repository.git(["add", "src/link.rs", "src/away"]);
    repository.git(["commit", "-q", "-m", "Begin"]);
    let sha = repository.head();
    let test = connected(&repository);
    let kim = test.user("kim").member();
    let folder = kim.get("/demo/browser/src?rev=main").expect(200);
    let way = folder.attributes(".formats a", "href")[0].clone();

    let archive = kim.get(&way).expect(200);

    assert_eq!(way, "/demo/browser/src?rev=main&format=zip");
    let name = format!("doors-src-{}", &sha[..7]);
    assert_eq!(
        archive.header("Content-Disposition"),
        Some(format!("attachment; filename*=UTF-8''{name}.zip").as_str())
    );
    let files = unpacked(&archive);
    let modes: Vec<_> = files.iter().map(|(name, (mode, _))| (name.as_str(), *mode)).collect();
    let names = ["link.rs", "main.rs", "run.sh"].map(|file| format!("{name}/{file}"));
    assert_eq!(modes, [(names[0].as_str(), 0o120_777), (names[1].as_str(), 0o100_644), (names[2].as_str(), 0o100_755)]);
    assert_eq!(files[&names[0]].1, b"main.rs");
    assert_eq!(files[&names[1]].1, b"fn main() {}\n");
    assert_eq!(remark(&archive), "Left out: 1 symbolic links that lead out of the folder.");
    assert_eq!(unpacked(&kim.get("/demo/browser?format=zip").expect(200)).len(), 4);
    test.revoke("members", &["FILE_VIEW"]);
    kim.get(&way).expect(403);
    assert!(kim.get("/demo/browser/src").expect(200).all(".formats").is_empty());
}

/// Git would not check such trees out, but whoever can push can push them.
#[test]
fn names_that_lead_elsewhere_are_left_out() {
    let repository = TestRepository::new();
    repository.write("good", "good").commit("Begin");
    let blob = repository.git(["rev-parse", "HEAD:good"]);
    let blob = blob.trim();
    let entry = |mode: &str, name: &str, id: &str| {
        let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()).collect();
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &id].concat()
    };
    let tree = |bytes: Vec<u8>| {
        let file = repository.path().join(".git/made");
        std::fs::write(&file, bytes).unwrap();
        let arguments = ["hash-object", "-w", "--literally", "-t", "tree", file.to_str().unwrap()];
        repository.git(arguments).trim().to_owned()
    };
    let inner = tree(entry("100644", "config", blob));
    let outer = tree(
        [
            entry("40000", "..", &inner),
            entry("40000", ".GIT", &inner),
            entry("100644", "C:evil", blob),
            entry("100644", "a\\b", blob),
            entry("100644", "good", blob),
        ]
        .concat(),
    );
    let commit = repository.git(["commit-tree", &outer, "-m", "Evil"]);
    repository.git(["update-ref", "refs/heads/main", commit.trim()]);
    let test = connected(&repository);
    let kim = test.user("kim").member();

    let archive = kim.get("/demo/browser?format=zip").expect(200);

    let names: Vec<String> = unpacked(&archive).keys().map(|name| name.split_once('/').unwrap().1.to_owned()).collect();
    assert_eq!(names, ["C_evil", "a_b", "good"]);
    assert!(remark(&archive).contains("2 files and folders whose names"), "{}", remark(&archive));
}

#[test]
fn a_changeset_comes_as_the_files_that_it_left() {
    let repository = TestRepository::new();
    repository.write("a/stays", "1").write("a/goes", "1").write("b/other", "1").commit("Begin");
    repository.git(["rm", "-q", "a/goes"]);
    let sha = repository.write("a/stays", "2").write("b/new", "3").commit("Change");
    let gone = {
        repository.git(["rm", "-q", "b/new"]);
        repository.commit("Remove")
    };
    let test = connected(&repository);
    let kim = test.user("kim").member();
    let page = kim.get(&format!("/demo/changeset/{sha}")).expect(200);
    let way = page.attributes(".formats a", "href").into_iter().find(|href| href.ends_with("format=zip")).unwrap();

    let files = unpacked(&kim.get(&way).expect(200));

    let top = format!("doors-changeset-{}", &sha[..7]);
    assert_eq!(files.keys().collect::<Vec<_>>(), [&format!("{top}/a/stays"), &format!("{top}/b/new")]);
    assert_eq!(files[&format!("{top}/a/stays")].1, b"2");
    let part = kim.get(&format!("/demo/changeset/{sha}/doors/b?format=zip")).expect(200);
    assert_eq!(unpacked(&part).len(), 1);
    kim.get(&format!("/demo/changeset/{gone}?format=zip")).expect(404);
}

#[test]
fn a_large_folder_is_packed_beside_and_then_sent() {
    let repository = TestRepository::new();
    for at in 0..30 {
        repository.write(format!("files/{at}.txt"), format!("{at}\n").repeat(1_000));
    }
    repository.commit("Begin");
    let test = connected(&repository);
    let kim = test.user("kim").member();
    test.site.jobs().try_for(Duration::ZERO);

    let page = kim.get("/demo/browser/files?format=zip").expect(202);

    assert!(page.words().contains("An archive of files"), "{}", page.words());
    assert!(test.site.jobs().wait(Duration::from_secs(20)));
    for _ in 0..2 {
        let archive = kim.get("/demo/browser/files?format=zip").expect(200);
        assert_eq!(unpacked(&archive).len(), 30);
    }
}

#[test]
fn what_other_programs_read_is_what_was_packed() {
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let repository = TestRepository::new();
    repository.write("grün/ä.txt", "ä").write("b", "b").commit("Begin");
    let test = connected(&repository);
    let archive = test.user("kim").member().get("/demo/browser?format=zip").expect(200);
    let file = test.data().with_file_name("archive.zip");
    std::fs::write(&file, &archive.body).unwrap();
    let program = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                   print(sorted(n.split('/', 1)[1] for n in z.namelist()))";

    let output = Command::new("python3").args(["-c", program, file.to_str().unwrap()]).output().unwrap();

    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "['b', 'grün/ä.txt']", "{output:?}");
}
