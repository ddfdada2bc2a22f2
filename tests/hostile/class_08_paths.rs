//! Class 8, paths: no name that somebody gives or asks for reaches a file of the machine. Archives of backups are in
//! `backup.rs`, folders of pages in `wiki_folder.rs`, links in archives of code in `archive.rs`.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;

use rocket::http::Method;
use serde_json::json;

use super::class_05_echoes::encoded;
use super::nothing_in;
use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::form::multipart;
use crate::support::work_tree::TestRepository;

/// What lies beside the data, and in it.
const CANARY: &str = "a word that nobody may read";
const OURS: [&str; 3] = [CANARY, "SQLite format 3", "root:x:0:0"];

/// Ways up, out and to devices, as they are typed.
const NAMES: &[&str] = &[
    "..", "../canary", "../../../../canary", "..\\..\\canary", "/etc/passwd", "//etc/passwd", "\\\\host\\share",
    "C:\\canary", "....//....//canary", "..;/canary", "a/../../canary", "./.././canary", "~/canary", "canary\0.txt",
    "\u{FF0E}\u{FF0E}/canary", "..\u{2215}..\u{2215}canary", "..\u{FF0F}canary", ".git/config", ".GIT/config",
    ".git\u{200C}/config", "git~1/config", "CON", "nul.txt", "canary.", "canary ", ".htaccess", "file:///etc/passwd",
    "-canary", "$(touch canary)", "`touch canary`", "canary|touch canary", "%2e%2e/canary", "%252e%252e%252fcanary",
    "site.db", "../site.db", "../../site.db", "projects",
];

/// The same as they can stand in an address: with ways and dots as they are, with dots, without, and encoded twice.
fn written(name: &str) -> [String; 4] {
    let all = encoded(name);
    let dots = all.replace("%2E", ".");
    [dots.replace("%2F", "/"), dots, all.clone(), all.replace('%', "%25")]
}

/// A site with something beside it that is not to be read.
fn with_canary() -> TestSite {
    let test = TestSite::new();
    for place in ["../canary", "canary", "projects/canary"] {
        std::fs::write(test.data().join(place), CANARY).unwrap();
    }
    test
}

fn betrays(answer: &Answer) -> Option<String> {
    if answer.status >= 500 {
        return Some(format!("{} answers {}", answer.asked, answer.status));
    }
    let text = answer.text();
    OURS.iter().find(|word| text.contains(**word)).map(|word| format!("{} answers {word:?}", answer.asked))
}

#[test]
fn no_address_leads_to_a_file_of_the_machine() {
    let test = with_canary();
    let kim = test.admin("kim");
    kim.save_page("Plan", "words");
    kim.attach("/demo/attachment/wiki/Plan/", "plan.txt", b"words").expect(303);
    let repository = TestRepository::new();
    repository.write("src/main.rs", "fn main() {}\n");
    repository.commit("Begin");
    test.connect(&repository.path(), "code");
    let mut complaints = Vec::new();
    let mut asked = 0;
    for name in NAMES {
        for name in written(name) {
            for (place, rest) in [
                ("/-/static/any/", ""),
                ("/-/static/", "/trackway.css"),
                ("/", ""),
                ("/", "/wiki/Plan"),
                ("/demo/wiki/", ""),
                ("/demo/wiki/", "?format=txt"),
                ("/demo/wiki/Plan?version=", ""),
                ("/demo/attachment/", "/Plan/plan.txt"),
                ("/demo/attachment/wiki/", "/plan.txt"),
                ("/demo/raw-attachment/wiki/Plan/", ""),
                ("/demo/raw-attachment/wiki/", "/plan.txt"),
                ("/demo/raw-attachment/", "/Plan/plan.txt"),
                ("/demo/zip-attachment/wiki/", "/"),
                ("/demo/export/main/", ""),
                ("/demo/export/", "/src/main.rs"),
                ("/demo/browser/", ""),
                ("/demo/browser/", "?format=raw"),
                ("/demo/browser/", "?format=zip"),
                ("/demo/browser/src?rev=", ""),
                ("/demo/browser/src/main.rs?annotate=blame&rev=", ""),
                ("/demo/log/", ""),
                ("/demo/log?rev=", ""),
                ("/demo/changeset/", ""),
                ("/demo/changeset/main/code/", ""),
                ("/demo/diff?old=", ""),
                ("/demo/diff?old=main&old_path=", ""),
                ("/demo/milestone/", ""),
                ("/demo/report/", ""),
                ("/demo/tags/", ""),
                ("/demo/wiki-tree/", ""),
                ("/demo/wiki-report/", ""),
                ("/-/link/", ""),
                ("/demo/newticket?template=", ""),
                ("/demo/wiki/New?action=edit&template=", ""),
                ("/-/admin/accounts/", ""),
            ] {
                let answer = kim.get(&format!("{place}{name}{rest}"));
                asked += 1;
                complaints.extend(betrays(&answer));
            }
        }
    }
    nothing_in(&complaints);
    assert!(asked > 4000, "{asked}");
}

/// All that lies in a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

/// Ours have names of letters, digits, dots and dashes: ids and hashes that nobody chose.
fn is_ours(path: &str) -> bool {
    let known = |part: &str| {
        let hex = part.chars().all(|c| c.is_ascii_hexdigit());
        let shipped = ["data", "projects", "files", "index", "tmp", "canary", "site.lock", "lock", ".gitignore"];
        hex || shipped.contains(&part) || ["site.db", "project.db", "cache.db"].iter().any(|db| part.starts_with(db))
    };
    path.split('/').all(known) || path.contains("/index/") || path.contains("/tmp/")
}

#[test]
fn no_name_becomes_a_file_of_the_machine() {
    let test = with_canary();
    let kim = test.admin("kim");
    kim.save_page("Plan", "words");
    let form = kim.form("/demo/attachment/wiki/Plan/", &[("attachment", "")]);
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|f| f.0 != "attachment")
        .collect();
    let mut complaints = Vec::new();
    let mut taken = 0;
    for name in NAMES {
        let (kind, body) = multipart(&fields, &[("attachment", name, b"words")]);
        let attached = kim.send(Method::Post, &form.action, &kind, body);
        let page = format!("/demo/wiki/{}", encoded(name));
        let fields = [("action", "edit"), ("text", "words"), ("version", "0"), ("save", "1")];
        for answer in [
            attached,
            kim.post_signed(&page, &fields),
            kim.post_signed("/demo/wiki/Plan", &[("action", "rename"), ("new_name", name)]),
            kim.post_signed("/demo/milestone", &[("name", name), ("save", "1")]),
            kim.post_signed("/-/admin/projects/new", &[("name", name)]),
            kim.post_signed("/-/admin/accounts", &[("user", name)]),
            kim.post_signed("/-/admin/groups", &[("act", "create"), ("name", name)]),
            kim.post_json("/demo/report", &json!({ "title": name, "query": "?status=new" })),
            kim.post_signed("/demo/admin/ticket/templates", &[("act", "add"), ("name", name), ("text", "words")]),
            kim.post_signed("/demo/admin/versioncontrol/repository", &[("act", "add"), ("name", name), ("path", name)]),
        ] {
            taken += usize::from(answer.status < 400);
            complaints.extend(betrays(&answer));
        }
        kim.post_signed("/demo/wiki?action=undo-move&id=1", &[]);
        let typed: String = name.chars().filter(|c| *c != '\0').collect();
        test.command_with_input(&["wiki", "save", "demo", "--", &typed], "words");
        test.command(&["project", "create", "--", &typed]);
    }
    nothing_in(&complaints);
    assert!(taken > 30, "only {taken} names were taken");
    test.catch_up();
    let beside = test.data().parent().unwrap().to_owned();
    let odd: Vec<String> = files(&beside).into_iter().filter(|path| !is_ours(path)).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    // What was taken comes out into one folder, as files that stand nowhere else.
    let out = beside.join("data/tmp-out");
    test.command(&["wiki", "export", "demo", out.to_str().unwrap()]).expect(0);
    let kinds = files(&out).iter().filter(|path| path.ends_with(".md")).count();
    assert!(kinds > 5, "{kinds} pages");
    assert!(files(&out).iter().all(|path| path.split('/').all(|part| part != ".." && part != ".git")));
    std::fs::remove_dir_all(&out).unwrap();
    let odd: Vec<String> = files(&beside).into_iter().filter(|path| !is_ours(path)).collect();
    assert!(odd.is_empty(), "{odd:#?}");
}

/// A link in a repository is a text that names a path; nobody goes there.
#[test]
fn links_in_a_repository_lead_nowhere() {
    let test = with_canary();
    let kim = test.admin("kim");
    let repository = TestRepository::new();
    let canary = test.data().join("canary");
    repository.write("plan.txt", "words\n");
    symlink(&canary, repository.path().join("link")).unwrap();
    symlink(test.data(), repository.path().join("folder")).unwrap();
    symlink("../../../../../../etc/passwd", repository.path().join("up")).unwrap();
    repository.commit("Begin");
    // In the place of what was committed, too.
    std::fs::remove_file(repository.path().join("plan.txt")).unwrap();
    symlink(&canary, repository.path().join("plan.txt")).unwrap();
    test.connect(&repository.path(), "code");
    test.take_in_history();
    kim.save_page("Plan", "[[Code(link)]]\n\n[[Code(folder/canary)]]\n\n[[Code(up)]]\n\n[[Code(plan.txt)]]");
    let mut complaints = Vec::new();
    for path in ["link", "folder", "folder/canary", "folder/site.db", "up", "plan.txt"] {
        for address in [
            format!("/demo/browser/{path}"),
            format!("/demo/browser/{path}?format=raw"),
            format!("/demo/browser/{path}?format=txt"),
            format!("/demo/browser/{path}?annotate=blame"),
            format!("/demo/export/main/{path}"),
            format!("/demo/log/{path}"),
        ] {
            complaints.extend(betrays(&kim.get(&address)));
        }
    }
    for address in ["/demo/wiki/Plan", "/demo/browser?format=zip", "/demo/changeset/main?whole=1", "/demo/browser"] {
        complaints.extend(betrays(&kim.get(address)));
    }
    nothing_in(&complaints);
    assert!(kim.get("/demo/export/main/plan.txt").expect(200).text().contains("words"));
}
