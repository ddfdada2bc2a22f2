//! Logs that are narrowed, told at length, drawn with their branches, and as a text.

use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;

fn messages(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let items = json["items"].as_array().unwrap();
    items.iter().map(|item| item["message"].as_str().unwrap().lines().next().unwrap().to_owned()).collect()
}

/// Six commits: two on the trunk, one on a branch, a merge, one more and a rename. `v1` is the second.
fn connected() -> (TestSite, TestRepository) {
    let repository = TestRepository::new();
    repository.write("a.txt", "1\n").commit("One");
    repository.write("a.txt", "2\n").commit("Two\n\nSee [[Plan]] and\nthe second line.");
    repository.git(["tag", "v1"]);
    repository.git(["checkout", "-q", "-b", "side"]);
    repository.write("b.txt", "side\n").commit("Aside");
    repository.git(["checkout", "-q", "main"]);
    repository.write("a.txt", "3\n").commit("Three");
    repository.git(["merge", "-q", "--no-edit", "-m", "Merge aside", "side"]);
    repository.git(["mv", "a.txt", "c.txt"]);
    repository.commit("Rename");
    let test = TestSite::new();
    test.connect(&repository.path(), "doors");
    test.take_in_history();
    (test, repository)
}

#[test]
fn a_log_is_narrowed_to_ranges_and_to_what_came_after_a_commit() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let first = repository.git(["rev-list", "--max-parents=0", "HEAD"]);
    let log = |query: &str| messages(&kim.get(&format!("/demo/log{query}")).expect(200));

    assert_eq!(log("?format=json&revs=v1..main"), ["Rename", "Merge aside", "Three", "Aside"]);
    assert_eq!(log("?format=json&revs=v1:main").last().unwrap(), "Two");
    assert_eq!(log(&format!("?format=json&revs=v1..side,{}", first.trim())), ["Aside", "One"]);
    assert_eq!(log("?format=json&stop_rev=v1"), ["Rename", "Merge aside", "Three", "Aside", "Two"]);
    assert_eq!(log("?format=json&stop_rev=v1&limit=2&page=2"), ["Three", "Aside"]);
    assert_eq!(log("/c.txt?format=json&revs=v1..main"), ["Rename", "Three"]);
    assert_eq!(log("/c.txt?format=json&stop_rev=v1&mode=stop_on_copy"), ["Rename"]);
    let page = kim.get("/demo/log?revs=v1..main").expect(200);
    assert_eq!(page.attributes(".note a", "href"), ["/demo/log"]);
    kim.get("/demo/log?revs=v1..nowhere").expect(404);
    kim.get(&format!("/demo/log?revs={}", vec!["v1"; 30].join(","))).expect(422);
}

#[test]
fn with_verbose_each_commit_tells_its_message_and_its_files() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");
    let page = kim.get("/demo/log").expect(200);
    assert!(page.all(".log-files").is_empty());
    let way = page.attributes("p.muted > a", "href")[0].clone();

    let page = kim.get(&way).expect(200);

    assert_eq!(way, "/demo/log?verbose=on");
    assert_eq!(page.attributes(".log-message a", "href"), ["/demo/wiki/Plan"]);
    let files = page.all(".log-files li");
    assert_eq!(files[0], "renamed c.txt from a.txt");
    assert!(files.contains(&"added b.txt".to_owned()), "{files:?}");
}

#[test]
fn branches_are_drawn_for_the_eye_and_said_in_words() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();

    let page = kim.get("/demo/log").expect(200);

    assert_eq!(page.all("td.graph").len(), 6);
    assert!(page.attributes("td.graph svg", "aria-hidden").iter().all(|hidden| hidden == "true"));
    assert!(!page.main().contains("style="));
    let parents = page.all(".log-parents");
    let (three, aside) =
        (repository.git(["rev-parse", "--short=7", "main~1^1"]), repository.git(["rev-parse", "--short=7", "side"]));
    assert_eq!(parents[0], format!("merges {} and {}", three.trim(), aside.trim()));
    let linear = kim.get("/demo/log?rev=v1").expect(200);
    assert!(linear.all("td.graph").is_empty() && linear.all(".log-parents").is_empty());
    assert!(kim.get("/demo/log/c.txt").expect(200).all("td.graph").is_empty());
}

#[test]
fn a_log_comes_as_a_text_of_changes() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();

    let text = kim.get("/demo/log?format=changelog&stop_rev=v1").expect(200);

    assert_eq!(text.header("Content-Type"), Some("text/plain; charset=utf-8"));
    let text = text.text();
    assert!(text.starts_with("# Changes of doors\n\n2023-"), "{text}");
    let sha = repository.git(["rev-parse", "--short=7", "v1"]);
    let two = format!("  [{}]\n\n\t* a.txt (changed)\n\n\tTwo\n\n\tSee [[Plan]] and\n\tthe second line.\n", sha.trim());
    assert!(text.contains(&two), "{text}");
    assert!(text.contains("\t* c.txt (renamed from a.txt)\n"), "{text}");
    assert!(!text.contains("example.org"), "addresses are nobody's business");
}

#[test]
fn the_changeset_of_a_path_leads_to_those_before_and_after_it() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let two = repository.git(["rev-parse", "v1"]);

    let page = kim.get(&format!("/demo/changeset/{}/doors/a.txt", two.trim())).expect(200);

    let (first, three) = (repository.git(["rev-parse", "v1~1"]), repository.git(["rev-parse", "main~1^1"]));
    let address = |sha: &str| format!("/demo/changeset/{}/doors/a.txt", sha.trim());
    assert_eq!(page.attributes("nav.paging a", "href"), [address(&first), address(&three)]);
    let oldest = kim.get(&address(&first)).expect(200);
    assert_eq!(oldest.attributes("nav.paging a", "href"), [address(&two)]);
    assert!(kim.get(&format!("/demo/changeset/{}", two.trim())).expect(200).all("nav.paging").is_empty());
}

#[test]
fn the_fields_of_a_comparison_offer_the_paths_of_the_folder_that_is_typed() {
    let (test, repository) = connected();
    repository.write("src/main.rs", "").write("src/more.rs", "").write("src/deep/x", "").commit("Folders");
    let kim = test.user("kim").member();
    let offered =
        |query: &str| kim.get(&format!("/demo/diff?format=paths&{query}")).expect(200).json()["paths"].clone();

    assert_eq!(offered("path=src/m"), serde_json::json!(["src/main.rs", "src/more.rs"]));
    assert_eq!(offered("path=SRC"), serde_json::json!(["src/"]));
    assert_eq!(offered("path=src/"), serde_json::json!(["src/deep/", "src/main.rs", "src/more.rs"]));
    assert_eq!(offered("rev=v1&path="), serde_json::json!(["a.txt"]));
    assert_eq!(offered("rev=nowhere&path="), serde_json::json!([]));
    let page = kim.get("/demo/diff?old=v1&new=main&old_path=src/&new_path=src/").expect(200);
    assert_eq!(page.attributes("#new-paths option", "value"), ["src/"]);
    test.revoke("members", &["BROWSER_VIEW"]);
    kim.get("/demo/diff?format=paths&path=").expect(404);
}
