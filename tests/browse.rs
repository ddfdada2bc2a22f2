//! Folders, files and logs of repositories, as readers see them.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use trackway::base::event::Followed;
use trackway::code::history;

use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;

/// Names in a folder as its page lists them.
fn names(answer: &Answer) -> Vec<String> {
    answer.all(".tree .name bdi").into_iter().filter(|name| name != "..").collect()
}

/// Name and last change of each entry, from the JSON.
fn changes(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("?").trim().to_owned();
    let json = answer.json();
    let items = json["items"].as_array().unwrap();
    items.iter().map(|item| (text(&item["name"]), text(&item["changed"]["message"]))).collect()
}

fn messages(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let items = json["items"].as_array().unwrap();
    items.iter().map(|item| item["message"].as_str().unwrap().trim().to_owned()).collect()
}

/// A repository of four commits and a branch, connected to `demo` and taken in.
fn connected() -> (TestSite, TestRepository) {
    let repository = TestRepository::new();
    repository
        .write("README.md", "# Doors\n\nSee [main](src/main.rs), ![plan](img/plan.png) and [the wiki](wiki:Plan).");
    repository.write("src/main.rs", "fn main() {\n    // <hello>\n    println!(\"a\");\n}\n");
    repository.commit("Begin");
    repository.write("src/lib.rs", "pub fn open() {}\npub fn shut() {}\npub fn lock() {}\n").commit("Add a library");
    repository.git(["tag", "v1.0"]);
    repository.git(["mv", "src/lib.rs", "src/doors.rs"]);
    repository.commit("Call it doors");
    repository.write("src/main.rs", "fn main() {}\n").commit("Say nothing <b>more</b>\n\nIt was too loud.");
    repository.git(["branch", "other", "v1.0"]);
    let test = TestSite::new();
    test.connect(&repository.path(), "doors");
    test.take_in_history();
    (test, repository)
}

#[test]
fn a_folder_lists_what_it_holds_with_the_last_change_of_each() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();

    let page = kim.get("/demo/browser").expect(200);

    assert_eq!(names(&page), ["src", "README.md"]);
    assert_eq!(page.all(".tree .what"), ["Say nothing <b>more</b>", "Begin"]);
    assert_eq!(page.all(".tree .who"), ["Kim bMüller/b", "Kim bMüller/b"]);
    let head = repository.head();
    assert_eq!(page.attributes(".tree .what a", "href")[0], format!("/demo/changeset/{head}"));
    assert_eq!(page.attributes(".tree .name a", "href"), ["/demo/browser/src", "/demo/browser/README.md"]);
    let json = kim.get("/demo/browser/src?format=json").expect(200);
    let expected = [("doors.rs", "Call it doors"), ("main.rs", "Say nothing <b>more</b>\n\nIt was too loud.")];
    assert_eq!(changes(&json), expected.map(|(name, message)| (name.to_owned(), message.to_owned())));
    assert_eq!(json.json()["items"][1]["size"], 13);
    assert_eq!(json.json()["total"], 2);
}

#[test]
fn a_folder_stands_in_the_order_asked_for_with_folders_first_and_the_age_of_each() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();
    let listed = |query: &str| names(&kim.get(&format!("/demo/browser/src{query}")).expect(200));

    assert_eq!(listed(""), ["doors.rs", "main.rs"]);
    assert_eq!(listed("?desc=1"), ["main.rs", "doors.rs"]);
    assert_eq!(listed("?order=size"), ["main.rs", "doors.rs"]);
    assert_eq!(listed("?order=size&desc=1"), ["doors.rs", "main.rs"]);
    assert_eq!(listed("?order=date&desc=1"), ["main.rs", "doors.rs"]);
    assert_eq!(listed("?order=date"), ["doors.rs", "main.rs"]);
    assert_eq!(listed("?order=author"), ["doors.rs", "main.rs"]);
    assert_eq!(names(&kim.get("/demo/browser?desc=1").expect(200)), ["src", "README.md"]);
    let page = kim.get("/demo/browser/src?rev=main&order=date&desc=1").expect(200);
    assert_eq!(page.attributes("th[aria-sort]", "aria-sort"), ["descending"]);
    let heads = page.attributes("th.sortable a", "href");
    assert_eq!(heads[0], "/demo/browser/src?rev=main");
    assert_eq!(heads[3], "/demo/browser/src?rev=main&order=date");
    assert_eq!(page.attributes("td.age", "class"), ["when age age-0", "when age age-1"]);
}

#[test]
fn several_repositories_stand_in_any_order() {
    let (test, repository) = connected();
    let other = TestRepository::new();
    other.write("a", "a").commit("Older than the rest");
    test.connect(&other.path(), "attic");
    let kim = test.user("kim").member();
    let listed = |query: &str| kim.get(&format!("/demo/browser{query}")).expect(200).all(".repositories .name a");

    assert_eq!(listed(""), ["doors", "attic"], "the default one first");
    assert_eq!(listed("?repositories_order=name"), ["attic", "doors"]);
    assert_eq!(listed("?repositories_order=date&repositories_desc=1"), ["doors", "attic"]);
    assert_eq!(listed("?repositories_order=date"), ["attic", "doors"]);
    let page = kim.get("/demo/browser").expect(200);
    let heads = page.attributes(".repositories th.sortable a", "href");
    assert_eq!(heads[0], "/demo/browser?repositories_order=name");
    assert!(page.attributes(".repositories th[aria-sort]", "aria-sort").is_empty());
    assert_eq!(page.attributes(".repositories td.age", "class"), ["when age age-0", "when age age-1"]);
    drop(repository);
}

#[test]
fn the_readme_is_rendered_and_its_relative_links_lead_to_the_files_at_the_same_revision() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "Text.");

    let page = kim.get("/demo/browser?rev=v1.0").expect(200);

    assert_eq!(page.attributes(".readme h1", "id"), ["doors"]);
    let links = page.attributes(".readme article a", "href");
    assert!(links.contains(&"/demo/browser/src/main.rs?rev=v1.0".to_owned()), "{links:?}");
    assert!(links.contains(&"/demo/wiki/Plan".to_owned()), "{links:?}");
    assert_eq!(page.attributes(".readme article img", "src"), ["/demo/export/v1.0/img/plan.png"]);
}

#[test]
fn a_file_is_shown_with_numbered_lines_and_its_last_change() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();

    let page = kim.get("/demo/browser/src/main.rs?rev=v1.0&marks=2-3").expect(200);

    assert_eq!(page.attributes(".line > a", "href"), ["#L1", "#L2", "#L3", "#L4"]);
    assert_eq!(page.all("#L2"), ["2 // <hello>"]);
    assert_eq!(page.attributes(".line.marked", "id"), ["L2", "L3"]);
    assert_eq!(page.all("#L2 .hl-comment"), ["// <hello>"]);
    assert_eq!(page.all(".facts-line > span")[..2], ["48 B", "4 lines"]);
    assert_eq!(page.attributes(".facts-line .sha", "title"), ["Begin"]);
    let raw = page.attributes("a[download]", "href");
    assert_eq!(raw, ["/demo/export/v1.0/src/main.rs"]);
    assert_eq!(kim.get(&raw[0]).expect(200).text(), "fn main() {\n    // <hello>\n    println!(\"a\");\n}\n");
    kim.get("/demo/browser/src/nothing.rs").expect(404);
    let missing = kim.get("/demo/browser/src/nothing.rs?rev=other").expect(404);
    assert!(missing.words().contains("no file or folder “src/nothing.rs” at other"), "{}", missing.words());
    assert!(kim.get("/demo/browser?rev=nowhere").expect(404).words().contains("no branch, tag or commit `nowhere`"));
}

#[test]
fn a_markdown_file_is_rendered_and_its_source_is_a_click_away() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();

    let page = kim.get("/demo/browser/README.md").expect(200);

    assert_eq!(page.attributes("article h1", "id"), ["doors"]);
    let source = page.attributes("a[data-source]", "href");
    assert_eq!(source, ["/demo/browser/README.md?as=source"]);
    assert_eq!(kim.get(&source[0]).expect(200).all("#L1"), ["1# Doors"]);
    assert_eq!(kim.get("/demo/browser/README.md?marks=1").expect(200).attributes(".marked", "id"), ["L1"]);
}

#[test]
fn branches_and_tags_are_switched_and_the_path_stays() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    repository.git(["tag", "other", "HEAD"]);
    test.command(&["repo", "sync", "demo"]).expect(0);

    let page = kim.get("/demo/browser/src").expect(200);

    let choices = page.attributes(".code-switch li a", "href");
    let expected = ["main", "other", "v1.0", "tags/other"].map(|rev| format!("/demo/browser/src?rev={rev}&nearest=1"));
    assert_eq!(choices, expected);
    assert_eq!(page.all(".code-switch [aria-current]"), ["main"]);
    assert_eq!(names(&kim.get(&choices[1]).expect(200)), ["lib.rs", "main.rs"]);
    assert_eq!(names(&kim.get(&choices[3]).expect(200)), ["doors.rs", "main.rs"]);
    let sha = repository.head();
    assert_eq!(names(&kim.get(&format!("/demo/browser/src?rev={}", &sha[..7])).expect(200)), ["doors.rs", "main.rs"]);
    assert_eq!(page.attributes(".tabs a", "href"), ["/demo/browser/src", "/demo/log/src"]);
}

#[test]
fn where_a_branch_lacks_the_path_the_switch_leads_to_the_nearest_folder_and_back() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();
    let file = kim.get("/demo/browser/src/doors.rs").expect(200);
    let choices = file.attributes(".code-switch li a", "href");

    let page = kim.get(choices.iter().find(|href| href.contains("rev=v1.0")).unwrap()).expect(200);

    assert_eq!(page.all("h1"), ["src"]);
    assert!(page.words().contains("There is no “src/doors.rs” at v1.0"), "{}", page.words());
    assert_eq!(page.attributes(".code-switch li a", "href"), choices, "the switch leads back to the file");
    kim.get("/demo/browser/src/doors.rs?rev=v1.0").expect(404);
    kim.get("/demo/browser/src/doors.rs?rev=v1.0&nearest=1&format=json").expect(404);
    kim.get("/demo/log/src/nothing/at/all?nearest=1").expect(200);
}

#[test]
fn the_log_of_a_path_goes_on_with_its_former_name() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();

    let log = kim.get("/demo/log/src/doors.rs?format=json").expect(200);

    assert_eq!(messages(&log), ["Call it doors", "Add a library"]);
    let json = log.json();
    assert_eq!((&json["items"][0]["kind"], &json["items"][0]["former"]), (&"renamed".into(), &"src/lib.rs".into()));
    assert_eq!(json["items"][1]["path"], "src/lib.rs");
    assert_eq!(json["total"], 2);
    assert_eq!(
        messages(&kim.get("/demo/log/src/doors.rs?format=json&mode=stop_on_copy").expect(200)),
        ["Call it doors"]
    );
    let page = kim.get("/demo/log/src/doors.rs").expect(200);
    assert_eq!(page.all(".log .what a[href^='/demo/changeset']"), ["Call it doors", "Add a library"]);
    assert_eq!(page.all(".log .badge"), ["renamed", "other", "v1.0", "added"]);
    // What is gone at a revision still has its log.
    assert_eq!(messages(&kim.get("/demo/log/src/lib.rs?format=json").expect(200)), ["Call it doors", "Add a library"]);
    kim.get("/demo/log/src/never.rs").expect(404);
}

#[test]
fn the_log_of_everything_comes_in_pages_that_a_push_does_not_move() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let first = kim.get("/demo/log?limit=3").expect(200);
    assert_eq!(first.all(".log td .sha").len(), 3);
    assert_eq!(first.all(".log .badge"), ["main", "other", "v1.0"]);
    let older = first.attributes("a[rel=next]", "href").remove(0);

    repository.write("new", "new").commit("Meanwhile");

    assert_eq!(kim.get(&older).expect(200).all(".log .what a[href^='/demo/changeset']"), ["Begin"]);
    let feed = kim.get("/demo/log?format=atom").expect(200);
    assert!(feed.header("Content-Type").unwrap().starts_with("application/atom+xml"));
    assert_eq!(feed.text().matches("<entry>").count(), 5);
    assert!(feed.text().contains("<title>Say nothing &lt;b&gt;more&lt;/b&gt;</title>"), "{}", feed.text());
    let json = kim.get("/demo/log?format=json&limit=2").expect(200).json();
    assert_eq!((&json["total"], json["items"].as_array().unwrap().len()), (&serde_json::Value::Null, 2));
    assert!(json["next"].as_str().unwrap().contains("page=2"), "{json}");
}

#[test]
fn two_commits_of_a_log_are_chosen_for_comparison() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();

    let page = kim.get("/demo/log/src/main.rs").expect(200);

    assert_eq!(
        page.attributes("form[action='/demo/diff'] [name=new][checked]", "value"),
        [format!("{}:src/main.rs", repository.head())]
    );
    let ends = page.attributes("form[action='/demo/diff'] [name=old]", "value");
    assert!(ends.iter().all(|end| end.ends_with(":src/main.rs") || end.ends_with(":src/doors.rs")), "{ends:?}");
}

#[test]
fn a_branch_that_is_not_kept_is_worked_out_on_the_way() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    repository.git(["checkout", "-q", "other"]);
    repository.write("src/main.rs", "// other\n").commit("On the other branch");
    repository.git(["mv", "src/lib.rs", "src/panes.rs"]);
    repository.commit("Call it panes");
    repository.git(["checkout", "-q", "main"]);

    let json = kim.get("/demo/browser/src?rev=other&format=json").expect(200);
    let log = kim.get("/demo/log/src/panes.rs?rev=other&format=json").expect(200);

    let expected = [("main.rs", "On the other branch"), ("panes.rs", "Call it panes")];
    assert_eq!(changes(&json), expected.map(|(name, message)| (name.to_owned(), message.to_owned())));
    assert_eq!(messages(&log), ["Call it panes", "Add a library"]);
}

#[test]
fn a_forced_push_leaves_no_trace_of_what_it_threw_away() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    repository.git(["reset", "-q", "--hard", "v1.0"]);
    repository.write("src/lib.rs", "// anew\n").commit("Another way");
    test.take_in_history();

    let json = kim.get("/demo/browser/src?format=json").expect(200);

    let expected = [("lib.rs", "Another way"), ("main.rs", "Begin")];
    assert_eq!(changes(&json), expected.map(|(name, message)| (name.to_owned(), message.to_owned())));
    assert_eq!(messages(&kim.get("/demo/log/src?format=json").expect(200)), ["Another way", "Add a library", "Begin"]);
    kim.get("/demo/log/src/doors.rs").expect(404);
    assert_eq!(test.findings_of_history(), Vec::<String>::new());
}

#[test]
fn with_several_repositories_the_first_part_of_a_path_names_one() {
    let (test, _repository) = connected();
    let kim = test.user("kim").member();
    let second = TestRepository::new();
    second.write("src/deep/note", "n\n").commit("Note it");
    test.connect(&second.path(), "notes");
    test.take_in_history();

    let page = kim.get("/demo/browser").expect(200);

    assert_eq!(page.attributes(".repositories .name a", "href"), ["/demo/browser", "/demo/browser/notes"]);
    assert_eq!(page.all(".repositories .what"), ["Say nothing <b>more</b>", "Note it"]);
    assert_eq!(names(&kim.get("/demo/browser/notes/src").expect(200)), ["deep"]);
    let file = kim.get("/demo/browser/notes/src/deep/note").expect(200);
    let trail = ["/demo/browser", "/demo/browser/notes", "/demo/browser/notes/src", "/demo/browser/notes/src/deep"];
    assert_eq!(file.attributes(".crumbs a", "href"), trail);
    assert_eq!(kim.get("/demo/export/main/notes/src/deep/note").expect(200).text(), "n\n");
    assert_eq!(messages(&kim.get("/demo/log/notes?format=json").expect(200)), ["Note it"]);
    fs::rename(second.path().join(".git"), second.path().join("gone")).unwrap();
    let page = kim.get("/demo/browser").expect(200);
    assert!(page.all(".trouble")[0].contains("The repository notes can't be read"), "{:?}", page.all(".trouble"));
    assert_eq!(names(&page).last().unwrap(), "README.md");
}

#[test]
fn contents_are_sent_so_that_they_can_do_nothing() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    repository.write("a.html", "<script>alert(1)</script>").write("plan.png", b"\x89PNG\0").commit("Add files");

    let page = kim.get("/demo/export/HEAD/a.html").expect(200);

    assert!(page.header("Content-Disposition").unwrap().starts_with("attachment"), "{:?}", page.headers);
    assert_eq!(page.header("Content-Security-Policy"), Some("sandbox; default-src 'none'"));
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
    assert!(page.header("Content-Type").unwrap().starts_with("text/plain"));
    let image = kim.get("/demo/browser/plan.png?format=raw").expect(200);
    assert_eq!((image.header("Content-Type"), &image.body[..]), (Some("image/png"), &b"\x89PNG\0"[..]));
    let tag = image.header("ETag").unwrap().to_owned();
    kim.clone().with_header("If-None-Match", &tag).get("/demo/export/main/plan.png").expect(304);
    assert_eq!(
        kim.get("/demo/browser/plan.png").expect(200).attributes("figure img", "src"),
        ["/demo/export/HEAD/plan.png"]
    );
    let text = kim.get("/demo/browser/a.html?format=txt").expect(200);
    assert!(text.header("Content-Disposition").unwrap().starts_with("inline"));
    kim.get("/demo/export/main/src").expect(404);
    kim.get("/demo/export/main/none").expect(404);
    kim.get("/demo/export/none/a.html").expect(404);
    kim.get("/demo/export").expect(404);
}

#[test]
fn whatever_can_not_be_shown_is_said() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let sub = repository.head();
    repository.write("binary", b"a\0b").write("latin.txt", b"caf\xe9\n").write("empty", "");
    repository.write("large.txt", "line\n".repeat(300_000));
    repository.write("lfs.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2048\n");
    std::os::unix::fs::symlink("../<b>etc", repository.path().join("link")).unwrap();
    repository.git(["add", "-A"]);
    repository.git(["update-index", "--add", "--cacheinfo", &format!("160000,{sub},module")]);
    repository.git(["commit", "-q", "-m", "Oddities"]);
    let said = |path: &str| kim.get(&format!("/demo/browser/{path}")).expect(200).words();

    assert!(said("binary").contains("binary, so there is nothing to read"));
    assert!(said("latin.txt").contains("Latin-1") && said("latin.txt").contains("café"));
    assert!(said("empty").contains("This file is empty"));
    assert!(said("large.txt").contains("larger than 1 MiB, so it is not shown here. The download has it."));
    assert_eq!(kim.get("/demo/export/HEAD/large.txt").expect(200).body.len(), 1_500_000);
    assert!(said("lfs.bin").contains("(2 KiB) are kept outside of the repository, by Git LFS"));
    assert!(said("link").contains("symbolic link to ../<b>etc"));
    assert_eq!(kim.get("/demo/export/HEAD/link").expect(200).text(), "../<b>etc");
    assert!(said("module").contains(&format!("submodule), at its commit {sub}")));
    kim.get("/demo/export/HEAD/module").expect(404);
    kim.get("/demo/browser/link/x").expect(404);
    kim.get("/demo/browser/module/x").expect(404);
    let root = kim.get("/demo/browser").expect(200).words();
    assert!(root.contains("link → ../<b>etc") && root.contains(&format!("module at {}", &sub[..7])), "{root}");
}

#[test]
fn names_of_any_bytes_are_found_and_do_no_harm() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let names: [&[u8]; 7] =
        [b"-rf", b"a b#c?d%41.txt", b"caf\xe9", b"new\nline", "\u{202e}gpj.exe".as_bytes(), b"<script>", b"..x"];
    for name in names {
        repository.write(std::ffi::OsStr::from_bytes(name), "x\n");
    }
    repository.commit("Names");
    test.take_in_history();

    let page = kim.get("/demo/browser").expect(200);

    let links = page.attributes(".tree .name a", "href");
    assert_eq!(links.len(), 9);
    for link in &links {
        kim.get(link).expect(200);
    }
    let shown = self::names(&page);
    for name in ["-rf", "caf\\xe9", "new\\x0aline", "\\u{202e}gpj.exe", "<script>", "..x"] {
        assert!(shown.contains(&name.to_owned()), "{shown:?}");
    }
    assert!(page.all(".tree .what").iter().filter(|what| *what == "Names").count() == 7);
    for odd in ["..", "%2e%2e/%2e%2e/etc/passwd", "src/..", "a%00b", "src%2fmain.rs%00", "%ff", "-x"] {
        kim.get(&format!("/demo/browser/{odd}")).expect(404);
        kim.get(&format!("/demo/log/{odd}")).expect(404);
        kim.get(&format!("/demo/export/main/{odd}")).expect(404);
    }
    for rev in ["..", "-x", "a%00b", "main..other", "%40%7b-1%7d", "refs/heads/", "%ff"] {
        kim.get(&format!("/demo/browser?rev={rev}")).expect(404);
    }
}

#[test]
fn what_is_broken_or_empty_is_said_within_the_frame() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let none = kim.get("/demo/browser").expect(200);
    assert!(none.words().contains("This project has no repository yet"), "{}", none.words());
    assert!(!none.words().contains("trackway repo add"));
    let pat = test.admin("pat");
    assert!(pat.get("/demo/browser").expect(200).words().contains("trackway repo add demo"));
    let repository = TestRepository::new();
    test.connect(&repository.path(), "doors");
    test.take_in_history();

    let empty = kim.get("/demo/browser").expect(200);
    assert!(empty.words().contains("There is no commit in this repository yet"), "{}", empty.words());
    assert!(kim.get("/demo/log").expect(200).words().contains("git push"));
    repository.write("a", "a").commit("First");
    assert_eq!(names(&kim.get("/demo/browser").expect(200)), ["a"]);
    repository.git(["checkout", "-q", "--detach"]);
    assert_eq!(names(&kim.get("/demo/browser").expect(200)), ["a"]);
    let blob = repository.git(["rev-parse", "HEAD:a"]);
    let object = repository.path().join(".git/objects").join(&blob[..2]).join(blob[2..].trim());
    fs::remove_file(object).unwrap();
    let broken = kim.get("/demo/browser/a").expect(409);
    assert!(broken.words().contains("A part of this repository is missing"), "{}", broken.words());
    kim.get("/demo/browser").expect(200);
    fs::rename(repository.path().join(".git"), repository.path().join("gone")).unwrap();
    let moved = kim.get("/demo/browser").expect(200);
    assert!(moved.words().contains("The repository doors can't be read"), "{}", moved.words());
    kim.get("/demo/browser/a").expect(409);
    let problem = kim.get("/demo/browser/a?format=json").expect(409).json();
    assert_eq!(problem["title"], "This can't be shown now");
    kim.get("/demo/export/main/a").expect(404);
    assert!(!moved.text().contains(repository.path().to_str().unwrap()));
}

#[test]
fn a_shallow_copy_shows_what_it_has() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let copy = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repository.path().display());
    let to = copy.path().join("copy");
    repository.git(["clone", "-q", "--depth", "2", &from, to.to_str().unwrap()]);
    test.connect(&to, "shallow");
    test.take_in_history();

    let log = kim.get("/demo/log/shallow?format=json").expect(200);

    assert_eq!(messages(&log), ["Say nothing <b>more</b>\n\nIt was too loud.", "Call it doors"]);
    let folder = kim.get("/demo/browser/shallow/src?format=json").expect(200);
    assert_eq!(changes(&folder)[0], ("doors.rs".to_owned(), "Call it doors".to_owned()));
}

#[test]
fn a_long_history_is_taken_in_by_parts_so_that_others_have_their_turn() {
    let repository = TestRepository::new();
    for number in 0..60 {
        repository.write("a", number.to_string()).commit(&format!("Commit {number}"));
    }
    let test = TestSite::new();
    test.connect(&repository.path(), "doors");
    let kim = test.user("kim").member();

    let mut parts = 1;
    while history::catch_up_all(&test.demo(), Duration::ZERO).unwrap() == Followed::Partly {
        parts += 1;
        assert!(parts <= 60, "each part takes one commit at least");
    }

    assert_eq!(messages(&kim.get("/demo/log/a?format=json&limit=100").expect(200)).len(), 60);
    assert_eq!(test.findings_of_history(), Vec::<String>::new());
}

#[test]
fn a_shallow_copy_that_was_made_whole_shows_all_of_it() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let copy = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repository.path().display());
    let to = copy.path().join("copy");
    repository.git(["clone", "-q", "--depth", "2", &from, to.to_str().unwrap()]);
    test.connect(&to, "shallow");
    test.command(&["repo", "sync", "demo"]).expect(0);
    test.take_in_history();
    assert_eq!(messages(&kim.get("/demo/log/shallow?format=json").expect(200)).len(), 2);

    repository.git(["-C", to.to_str().unwrap(), "fetch", "-q", "--unshallow"]);
    test.command(&["repo", "sync", "demo"]).expect(0);
    test.take_in_history();

    assert_eq!(messages(&kim.get("/demo/log/shallow?format=json").expect(200)).len(), 4);
    let readme = kim.get("/demo/log/shallow/README.md?format=json").expect(200);
    assert_eq!(messages(&readme), ["Begin"]);
    let known = |db: &rusqlite::Connection| {
        let sql = "select count(*) from changeset_repository join repository on repository.id = repository
                   where name = 'shallow'";
        Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(test.demo().read(known).unwrap(), 4);
    assert!(!test.command(&["repo", "list", "demo"]).expect(0).stdout.contains("can't be read"));
}

#[test]
fn rights_are_asked_for_each_kind_of_page() {
    let (test, _repository) = connected();
    test.revoke("members", &["BROWSER_VIEW", "FILE_VIEW", "LOG_VIEW", "CHANGESET_VIEW"]);
    let pat = test.user("pat").can("BROWSER_VIEW");
    let nothing = test.user("lou").can("WIKI_VIEW");

    let folder = pat.get("/demo/browser").expect(200);

    assert_eq!(names(&folder), ["src", "README.md"]);
    assert_eq!(folder.attributes(".tree .name a", "href"), ["/demo/browser/src"]);
    assert!(
        folder.all(".readme").is_empty() && !folder.text().contains("Say nothing") && !folder.text().contains("Müller")
    );
    assert_eq!(folder.attributes(".tabs a", "href"), ["/demo/browser"]);
    let (hidden, missing) =
        (pat.get("/demo/browser/README.md").expect(404), pat.get("/demo/browser/READMX.md").expect(404));
    assert_eq!(hidden.main(), missing.main().replace("READMX", "README"));
    pat.get("/demo/log").expect(404);
    pat.get("/demo/export/main/README.md").expect(404);
    for path in ["browser", "browser/src", "browser/none", "log", "log/src", "export/main/README.md", "export/none/x"] {
        let answer = nothing.get(&format!("/demo/{path}")).expect(404);
        assert_eq!(answer.main(), nothing.get("/demo/browser/elsewhere").main());
        assert!(!answer.text().contains(">Code</a>"));
    }
    let log = pat.clone().can("LOG_VIEW").get("/demo/log").expect(200);
    assert!(!log.text().contains("Say nothing"), "{}", log.words());
    assert_eq!(log.all(".log td .sha").len(), 4);
}

#[test]
fn a_folder_of_very_many_entries_comes_in_pages() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    for number in 0..2_005 {
        repository.write(format!("many/{number:04}"), "x");
    }
    repository.commit("Very many");
    test.take_in_history();

    let page = kim.get("/demo/browser/many").expect(200);

    assert_eq!(names(&page).len(), 2_000);
    assert!(page.words().contains("2005 entries; 2000 of them are on this page"));
    let next = kim.get("/demo/browser/many?page=2").expect(200);
    assert_eq!(names(&next), ["2000", "2001", "2002", "2003", "2004"]);
    assert_eq!(next.all(".tree .what"), ["Very many"; 5]);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    repository.write("huge.png", "").commit("Begin huge");
    fs::File::options().write(true).open(repository.path().join("huge.png")).unwrap().set_len(33 << 20).unwrap();
    repository.commit("Huge");

    let page = kim.get("/demo/browser/huge.png").expect(200);

    assert!(page.words().contains("larger than 1 MiB, so it is not shown here. A clone of the repository has it."));
    let refused = kim.get("/demo/export/main/huge.png").expect(422);
    assert!(refused.words().contains("33 MiB large; at most 32 MiB are sent"), "{}", refused.words());
    assert!(page.attributes("a[download]", "href").is_empty());
}

#[test]
fn one_commit_of_very_many_files_is_taken_in() {
    let (test, repository) = connected();
    let kim = test.user("kim").member();
    let blob = repository.git(["rev-parse", "HEAD:README.md"]);
    let entries: String = (0..20_000).map(|number| format!("100644 blob {}\tfile{number:05}\n", blob.trim())).collect();
    fs::write(repository.path().join(".git/entries"), entries).unwrap();
    let script = "git update-index --add --index-info < .git/entries && git checkout-index -a -f -q";
    repository.git(["-c", &format!("alias.fill=!{script}"), "fill"]);
    repository.git(["commit", "-q", "-m", "Twenty thousand"]);
    test.take_in_history();

    let folder = kim.get("/demo/browser?page=11&format=json").expect(200);

    assert_eq!(changes(&folder)[0].1, "Twenty thousand");
    assert_eq!(messages(&kim.get("/demo/log/file19999?format=json").expect(200)), ["Twenty thousand"]);
}
