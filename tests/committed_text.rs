//! What somebody committed is read by everybody: addresses in it are not told to strangers, and nothing hides in it.

use crate::support::TestSite;
use crate::support::repository::Repository;

/// A project that everybody may read, and its repository; what is in that is synced by `synced`.
fn public() -> (TestSite, Repository) {
    let test = TestSite::public();
    let made = Repository::new(&test.data().parent().unwrap().join("house"));
    test.command(&["repo", "add", "demo", &made.folder.display().to_string(), "--name", "house"]).expect(0);
    (test, made)
}

fn synced(test: &TestSite) {
    test.command(&["repo", "sync", "demo"]).expect(0);
    test.catch_up();
}

#[test]
fn the_address_of_an_author_is_told_to_those_who_are_signed_in_alone() {
    let (test, made) = public();
    let sam = test.user("sam").member();
    let address = "secret@home.example";
    let first = made.commit_file("a", "one\n", "Begin");
    let mut commit = made.command();
    commit.env("GIT_AUTHOR_NAME", address).env("GIT_AUTHOR_EMAIL", address);
    commit.env("GIT_COMMITTER_NAME", address).env("GIT_COMMITTER_EMAIL", address);
    std::fs::write(made.folder.join("a"), "two\n").unwrap();
    assert!(commit.args(["commit", "-q", "-a", "-m", "Go on"]).status().unwrap().success());
    synced(&test);
    let sha = made.head();
    let stranger = test.anonymous();

    let pages = [
        "/demo/browser".to_owned(),
        "/demo/browser?format=json".to_owned(),
        "/demo/browser/a".to_owned(),
        "/demo/log".to_owned(),
        "/demo/log/a?format=json".to_owned(),
        "/demo/log?format=atom".to_owned(),
        format!("/demo/changeset/{sha}"),
        format!("/demo/changeset/{sha}?format=json"),
        format!("/demo/changeset/{sha}?format=patch"),
        format!("/demo/diff?old={first}&new={sha}"),
        "/demo/timeline".to_owned(),
        "/demo/timeline?format=atom".to_owned(),
        "/demo/search?q=Go".to_owned(),
    ];

    for page in &pages {
        let shown = stranger.get(page).expect(200).text();
        assert!(!shown.contains("home.example"), "{page}: {shown}");
    }
    assert!(stranger.get("/demo/log").words().contains("secret@…"));
    let patch = stranger.get(&format!("/demo/changeset/{sha}?format=patch")).text();
    assert!(patch.contains("<secret@hidden.invalid>"), "{patch}");
    let found =
        |query: &str| stranger.get(&format!("/demo/search?q={query}&format=json")).expect(200).json()["total"].clone();
    assert_eq!((found("author:secret"), found("author:home")), (1.into(), 0.into()));
    assert!(sam.get("/demo/log").words().contains(address));
    assert!(sam.get(&format!("/demo/changeset/{sha}?format=patch")).text().contains(&format!("<{address}>")));
}

#[test]
fn what_turns_the_direction_of_committed_text_is_named() {
    let (test, made) = public();
    let kim = test.user("kim").member();
    test.command(&["user", "email", "kim", "kim@example.org"]).expect(0);
    test.command(&["ticket", "new", "demo", "--summary", "One"]).expect(0);
    synced(&test);
    std::fs::write(made.folder.join("README.md"), "Words \u{202e}turned\n").unwrap();
    let sha =
        made.commit_file("a.c", "/*\u{202e} } \u{2066}if (admin)\u{2069} begin */\n", "Refs #1\n\nA \u{202e}turn");
    synced(&test);

    for page in [
        "/demo/browser".to_owned(),
        "/demo/browser/a.c".to_owned(),
        "/demo/browser/README.md".to_owned(),
        "/demo/log".to_owned(),
        "/demo/log?format=atom".to_owned(),
        format!("/demo/changeset/{sha}"),
        "/demo/timeline".to_owned(),
        "/demo/timeline?format=atom".to_owned(),
        "/demo/search?q=turn".to_owned(),
        "/demo/ticket/1".to_owned(),
    ] {
        let shown = kim.get(&page).expect(200).text();
        assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{2069}']), "{page}");
    }

    let source = kim.get("/demo/browser/a.c").words();
    assert!(source.contains("/*⟨U+202E⟩ } ⟨U+2066⟩if (admin)") && source.contains("can't be seen"), "{source}");
    assert!(kim.get(&format!("/demo/changeset/{sha}")).words().contains("A ⟨U+202E⟩turn"));
    assert!(kim.get("/demo/ticket/1").words().contains("A ⟨U+202E⟩turn"));
    // As it is where bytes are asked for.
    assert!(kim.get("/demo/export/main/a.c").text().contains('\u{202e}'));
}
