//! Who changed which line last, in the page and against git's own answer; and what is said while it is being worked out.

use std::time::Duration;

use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;

fn connected(repository: &TestRepository) -> TestSite {
    let test = TestSite::new();
    test.connect(&repository.path(), "doors");
    test.take_in_history();
    test
}

/// The commit of each line, from the JSON.
fn commits(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let stretches = json["stretches"].as_array().unwrap().clone();
    let of = |stretch: &serde_json::Value| {
        vec![stretch["commit"].as_str().unwrap().to_owned(); stretch["lines"].as_u64().unwrap() as usize]
    };
    stretches.iter().flat_map(of).collect()
}

/// The same as git says it.
fn as_git_says(repository: &TestRepository, path: &str) -> Vec<String> {
    let said = repository.git(["blame", "-s", "--no-abbrev", "--root", "HEAD", "--", path]);
    said.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn each_line_names_the_commit_that_changed_it_last() {
    let repository = TestRepository::new();
    let first = repository.write("src/a.rs", "one\ntwo\nthree\n").commit("Begin <b>boldly</b>");
    let second = repository.write("src/a.rs", "one\nTWO\nthree\nfour\n").commit("Say it louder");
    let test = connected(&repository);
    let kim = test.user("kim").member();
    let file = kim.get("/demo/browser/src/a.rs").expect(200);
    let way = file.attributes(".file-head .switch a", "href").into_iter().find(|href| href.contains("blame")).unwrap();

    let page = kim.get(&way).expect(200);

    assert_eq!(way, "/demo/browser/src/a.rs?annotate=blame");
    let short = |sha: &str| sha[..7].to_owned();
    assert_eq!(page.all(".blame th .sha"), [&first, &second, &first, &second].map(|sha| short(sha)));
    assert_eq!(page.attributes(".blame th .sha", "title")[0], "Begin <b>boldly</b>");
    assert_eq!(page.all(".blame .line"), ["1one", "2TWO", "3three", "4four"]);
    assert_eq!(page.attributes(".blame .line", "id"), ["L1", "L2", "L3", "L4"]);
    let ages = page.attributes(".blame th", "class");
    assert_eq!(ages, ["age age-1", "age age-0", "age age-1", "age age-0"]);
    let before = page.attributes(".blame-before", "href");
    assert_eq!(before.len(), 2, "what came with the first commit has nothing before it");
    let earlier = kim.get(&before[0]).expect(200);
    assert_eq!(earlier.all(".blame .line"), ["1one", "2two", "3three"]);
    let json = kim.get(&format!("{way}&format=json")).expect(200);
    assert_eq!(commits(&json), as_git_says(&repository, "src/a.rs"));
    assert_eq!(json.json()["commits"][0]["message"].as_str().unwrap().trim(), "Say it louder");
}

#[test]
fn lines_are_followed_through_renames_and_merges() {
    let repository = TestRepository::new();
    repository.write("old.txt", "a\nb\nc\nd\ne\nf\n").commit("Begin");
    repository.git(["checkout", "-q", "-b", "side"]);
    repository.write("old.txt", "a\nb\nc\nd\ne\nF on the side\n").commit("Change the end");
    repository.git(["checkout", "-q", "main"]);
    repository.git(["mv", "old.txt", "new.txt"]);
    let renamed = repository.write("new.txt", "A renamed\nb\nc\nd\ne\nf\n").commit("Rename and change");
    repository.git(["merge", "-q", "--no-edit", "side"]);
    repository.write("other.txt", "x").commit("Something else");
    let test = connected(&repository);
    let kim = test.user("kim").member();

    let json = kim.get("/demo/browser/new.txt?annotate=blame&format=json").expect(200);

    assert_eq!(commits(&json), as_git_says(&repository, "new.txt"));
    let stretches = json.json()["stretches"].as_array().unwrap().clone();
    assert_eq!(stretches[0]["commit"], renamed);
    assert_eq!(stretches[1]["path"], "old.txt");
    let before = stretches[0]["before"].as_str().unwrap();
    assert!(before.contains("/demo/browser/old.txt?rev="), "{before}");
    // On a branch that the kept line does not know it is the same.
    let side = kim.get("/demo/browser/old.txt?rev=side&annotate=blame").expect(200);
    assert_eq!(side.all(".blame .line").last().unwrap(), "6F on the side");
}

/// Lines that are all different leave no room for opinions: whatever history made them, both say the same.
#[test]
fn what_random_histories_say_is_what_git_says() {
    let mut seed = 0x5eed_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let repository = TestRepository::new();
    let mut counter = 0;
    let mut line = || {
        counter += 1;
        format!("line {counter} of a kind that is not found twice\n")
    };
    let mut lines: Vec<String> = (0..30).map(|_| line()).collect();
    repository.write("file", lines.concat()).commit("Begin");
    for round in 0..40 {
        let at = random(lines.len());
        match random(4) {
            0 => drop(lines.remove(at)),
            1 => lines[at] = line(),
            _ => lines.insert(at, line()),
        }
        match random(5) {
            // A branch that changes the one end while the other end is changed on the trunk.
            0 => {
                let before = repository.git(["show", "HEAD:file"]);
                repository.git(["checkout", "-q", "-b", &format!("branch-{round}")]);
                let added = line();
                repository.write("file", format!("{added}{before}")).commit("On a branch");
                repository.git(["checkout", "-q", "main"]);
                let end = line();
                repository.write("file", format!("{before}{end}")).commit("On the trunk");
                repository.git(["merge", "-q", "--no-edit", &format!("branch-{round}")]);
                lines = repository.git(["show", "HEAD:file"]).split_inclusive('\n').map(str::to_owned).collect();
            }
            1 => drop(repository.write("elsewhere", round.to_string()).commit("Elsewhere")),
            _ => drop(repository.write("file", lines.concat()).commit("Change")),
        }
    }
    repository.write("file", lines.concat()).commit("End");
    let test = connected(&repository);
    let kim = test.user("kim").member();

    let json = kim.get("/demo/browser/file?annotate=blame&format=json").expect(200);

    assert_eq!(commits(&json), as_git_says(&repository, "file"));
}

#[test]
fn what_takes_longer_is_worked_out_beside_and_shown_when_it_is_there() {
    let repository = TestRepository::new();
    repository.write("a.txt", "one\n").commit("Begin");
    let test = connected(&repository);
    let kim = test.user("kim").member();
    test.site.jobs().try_for(Duration::ZERO);
    let address = "/demo/browser/a.txt?annotate=blame";

    let page = kim.get(address).expect(202);

    assert!(page.words().contains("Who changed which line of a.txt"), "{}", page.words());
    assert!(page.text().contains("<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>"));
    assert_eq!(page.header("Retry-After"), Some("2"));
    assert!(test.site.jobs().wait(Duration::from_secs(20)));
    assert_eq!(kim.get(address).expect(200).all(".blame .line"), ["1one"]);
    // Whoever reads JSON is told the same.
    let later = repository.write("a.txt", "one\ntwo\n").commit("More");
    let json = kim.get(&format!("/demo/browser/a.txt?rev={later}&annotate=blame&format=json"));
    assert_eq!((json.status, json.json()["status"].as_str()), (202, Some("running")));
    // What is there is there for those alone who may see it.
    test.revoke("members", &["FILE_VIEW"]);
    kim.get(address).expect(404);
}

#[test]
fn what_has_no_lines_says_so() {
    let repository = TestRepository::new();
    repository.write("binary", b"a\0b").write("empty", "").write("large.txt", "x\n".repeat(600_000));
    repository.commit("Begin");
    let test = connected(&repository);
    let kim = test.user("kim").member();

    for (path, words) in
        [("binary", "is binary"), ("empty", "is empty"), ("large.txt", "larger than 1 MiB"), ("none", "")]
    {
        let page = kim.get(&format!("/demo/browser/{path}?annotate=blame"));
        match words {
            "" => assert_eq!(page.status, 404),
            words => assert!(page.expect(200).words().contains(words), "{path}"),
        }
    }
}
