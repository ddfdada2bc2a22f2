//! The commands as people and scripts meet them: what they print, what they refuse and how they end.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::TestSite;
use crate::support::command::{Output, run, trackway};

/// Ends with that code and says one line on standard error that holds all these words.
#[track_caller]
fn refused(output: Output, status: i32, words: &[&str]) {
    let output = output.expect(status);
    let said = &output.stderr;
    assert!(said.starts_with("trackway: ") && said.lines().count() == 1, "{}:\n{said}", output.asked);
    for word in words {
        assert!(said.contains(word), "{} says nothing of {word}:\n{said}", output.asked);
    }
    assert_eq!(output.stdout, "", "{}", output.asked);
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{}: {error}\n{}", output.asked, output.stdout))
}

#[test]
fn wrong_usage_ends_with_2_and_one_line_that_names_it() {
    let test = TestSite::new();
    for (arguments, words) in [
        (&["nope"][..], &["nope"][..]),
        (&["project"], &["subcommand"]),
        (&["project", "create"], &["NAME"]),
        (&["project", "list", "--colour"], &["--colour"]),
        (&["project", "list", "--format", "xml"], &["xml", "--format", "json"]),
        (&["wiki", "show", "demo", "A", "--version", "two"], &["two", "--version"]),
        (&["wiki", "save", "demo", "A", "--base", "x"], &["x", "--base"]),
        (&["search", "demo"], &["WORDS"]),
        (&["search", "demo", "x", "--limit", "0"], &["0", "--limit"]),
        (&["render", "--flavour", "rich"], &["rich", "--flavour"]),
        (&["render", "--page", "A"], &["--project"]),
        (&["permission", "grant", "demo", "kim"], &["PERMISSION"]),
        (&["--data", "", "project", "list"], &["--data"]),
    ] {
        refused(test.command(arguments), 2, words);
    }
    assert!(test.command(&["--help"]).expect(0).stdout.contains("Usage"));
    assert!(test.command(&["--version"]).expect(0).stdout.starts_with("trackway "));
}

#[test]
fn refusals_end_with_1_and_name_the_argument_and_the_reason() {
    let test = TestSite::new();
    test.user("kim");
    test.group("writers", &["kim"]);
    for (arguments, words) in [
        (&["project", "create", "9lives"][..], &["name", "9lives"][..]),
        (&["project", "create", "Demo"], &["name", "Demo"]),
        (&["project", "create", "wiki"], &["name", "wiki"]),
        (&["project", "create", "demo"], &["name", "already"]),
        (&["project", "create", "new", "--title", "two\nlines"], &["title"]),
        (&["project", "create", "new", "--repo", "/nowhere"], &["--repo", "/nowhere"]),
        (&["project", "show", "other"], &["other"]),
        (&["project", "rename", "demo", "a b"], &["name", "a b"]),
        (&["user", "add", "kim"], &["user", "kim"]),
        (&["user", "add", "KIM"], &["user", "KIM"]),
        (&["user", "add", "anonymous"], &["user", "anonymous"]),
        (&["user", "add", "writers"], &["user", "group", "writers"]),
        (&["user", "add", "a/b", "--email", "nowhere"], &["user", "email", "nowhere"]),
        (&["user", "link", "lee"], &["lee"]),
        (&["group", "create", "kim"], &["name", "account", "kim"]),
        (&["group", "create", "Writers"], &["name", "lower-case"]),
        (&["group", "create", "members"], &["name", "members"]),
        (&["group", "add", "writers", "lee"], &["lee"]),
        (&["group", "add", "readers", "kim"], &["readers"]),
        (&["group", "remove", "readers"], &["readers"]),
        (&["wiki", "show", "demo", "Nowhere"], &["Nowhere"]),
        (&["wiki", "show", "demo", "a//b"], &["PAGE", "a//b", "slash"]),
        (&["wiki", "save", "demo", ".."], &["PAGE", "other pages"]),
        (&["wiki", "remove", "demo", "Nowhere"], &["Nowhere"]),
        (&["wiki", "list", "other"], &["other"]),
        (&["wiki", "import", "demo", "/nowhere"], &["FOLDER", "/nowhere"]),
        (&["wiki", "list", "demo", "--as", "nobody-like-that"], &["--as", "nobody-like-that"]),
        (&["upgrade", "--as", "kim"], &["--as", "operator"]),
        (&["serve", "--as", "kim"], &["--as", "operator"]),
        (&["serve", "--listen", "here"], &["--listen", "here"]),
        (&["serve", "--url", "ftp://x", "--listen", "127.0.0.1:0"], &["url"]),
        (&["check", "other"], &["other"]),
        (&["check", "--as", "kim"], &["administrator"]),
        (&["index", "rebuild", "other"], &["other"]),
    ] {
        refused(test.command(arguments), 1, words);
    }
}

#[test]
fn standard_input_is_checked_and_never_asked_for() {
    let test = TestSite::new();
    let large = "x".repeat(2 * 1024 * 1024);
    for (arguments, input, words) in [
        (&["wiki", "save", "demo", "A"][..], &b""[..], &["text", "empty"][..]),
        (&["wiki", "save", "demo", "A"], b"\xff\xfe", &["text", "UTF-8"]),
        (&["wiki", "save", "demo", "A"], large.as_bytes(), &["text", "1048576"]),
        (&["render"], b"\xff", &["text", "UTF-8"]),
        (&["render"], large.as_bytes(), &["text", "1048576"]),
        (&["user", "add", "lee", "--password-stdin"], b"", &["password"]),
        (&["user", "add", "lee", "--password-stdin"], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", &["password", "UTF-8"]),
        (&["user", "add", "lee", "--password-stdin"], large.as_bytes(), &["password"]),
    ] {
        refused(test.command_with_input(arguments, input), 1, words);
    }
    assert_eq!(test.command(&["wiki", "list", "demo", "--format", "ids"]).expect(0).stdout, "");
    assert_eq!(test.command(&["user", "list", "--format", "ids"]).expect(0).stdout, "");
}

#[test]
fn a_first_command_makes_the_site_and_others_say_how() {
    for (arguments, printed) in
        [(&["project", "create", "demo"][..], "demo\n"), (&["user", "add", "kim"], "http://127.0.0.1:8000/-/link/")]
    {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("deep/er");
        refused(run(&data, &["project", "list"], b""), 1, &["no Trackway site", "project create"]);
        assert!(!data.exists());

        assert!(run(&data, arguments, b"").expect(0).stdout.starts_with(printed));

        run(&data, &["check"], b"").expect(0);
        assert_eq!(fs::read_to_string(data.join(".gitignore")).unwrap(), "*\n");
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&data).unwrap().permissions()) & 0o777, 0o700);
    }
}

#[test]
fn two_first_commands_at_once_make_one_site() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let names: Vec<String> = (0..6).map(|number| format!("kim{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let data = &data;
            scope.spawn(move || run(data, &["user", "add", name], b"").expect(0));
        }
    });
    let listed = run(&data, &["user", "list", "--format", "ids"], b"").expect(0).stdout;
    assert_eq!(listed.lines().collect::<Vec<_>>(), names);
}

#[test]
fn the_folder_is_named_by_flag_or_surroundings_and_the_flag_wins() {
    let test = TestSite::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let data = test.data();
    let list = |with: &Path, arguments: &[&str]| run(with, arguments, b"");

    assert_eq!(list(&data, &["project", "list", "--format", "ids"]).expect(0).stdout, "demo\n");
    let named = data.to_str().unwrap();
    assert_eq!(list(elsewhere.path(), &["project", "list", "--format", "ids", "--data", named]).stdout, "demo\n");
    refused(list(elsewhere.path(), &["project", "list"]), 1, &[elsewhere.path().to_str().unwrap()]);

    let beside = trackway(&data).env_remove("TRACKWAY_DATA").current_dir(&elsewhere).args(["user", "list"]).output();
    assert!(String::from_utf8(beside.unwrap().stderr).unwrap().contains("./trackway-data"));
}

#[test]
fn lists_come_in_four_forms() {
    let test = TestSite::new();
    test.command(&["user", "add", "kim", "--full-name", "=Kim, \"K\"", "--email", "kim@example.org"]).expect(0);
    test.command(&["user", "add", "lee", "--admin"]).expect(0);
    let list = |format: &str| test.command(&["user", "list", "--format", format]).expect(0);

    let table = list("table").stdout;
    assert!(table.starts_with("name  full_name"), "{table}");
    assert_eq!(table.lines().count(), 3);
    assert_eq!(list("ids").stdout, "kim\nlee\n");
    assert!(list("csv").stdout.contains("\r\n") || list("csv").stdout.contains("\n"));
    assert!(list("csv").stdout.contains("kim,\"'=Kim, \"\"K\"\"\",kim@example.org,false,false,"));
    let users = json(&list("json"));
    assert_eq!(users[0]["full_name"], "=Kim, \"K\"");
    assert_eq!(users[1]["admin"], true);
    assert_eq!(users[1]["last_seen"], Value::Null);
    for arguments in [
        &["project", "list"][..],
        &["project", "show", "demo"],
        &["group", "list"],
        &["permission", "list", "demo"],
        &["permission", "rules", "demo"],
        &["wiki", "list", "demo"],
    ] {
        let with = |format| test.command(&[arguments, &["--format", format]].concat()).expect(0);
        assert!(json(&with("json")).is_array());
        assert_eq!(with("csv").stdout.lines().count(), with("ids").stdout.lines().count() + 1);
        assert_eq!(with("table").stdout.lines().count(), with("ids").stdout.lines().count() + 1);
    }
}

#[test]
fn acting_as_somebody_gives_their_rights_and_no_others() {
    let test = TestSite::new();
    test.user("kim").member();
    test.user("lee");
    test.admin("ada");
    let save = |name: &str, page: &str| {
        test.command_with_input(&["--as", name, "wiki", "save", "demo", page], format!("by {name}\n"))
    };
    save("KIM", "Kims").expect(0);
    save("ada", "Adas").expect(0);
    refused(save("lee", "Lees"), 1, &["there is no project `demo`"]);
    refused(save("anonymous", "Nobodys"), 1, &["there is no project `demo`"]);

    let unknown = test.command(&["--as", "lee", "wiki", "list", "other"]).stderr;
    let hidden = test.command(&["--as", "lee", "wiki", "list", "demo"]).stderr;
    assert_eq!(unknown.replace("other", "demo"), hidden);
    assert_eq!(test.command(&["--as", "lee", "project", "list", "--format", "ids"]).expect(0).stdout, "");
    assert_eq!(test.command(&["--as", "kim", "project", "list", "--format", "ids"]).expect(0).stdout, "demo\n");
    let authors = json(&test.command(&["wiki", "list", "demo", "--format", "json"]));
    assert_eq!((&authors[0]["author"], &authors[1]["author"]), (&"ada".into(), &"kim".into()));

    refused(test.command(&["--as", "kim", "wiki", "remove", "demo", "Kims"]), 1, &["WIKI_DELETE", "kim"]);
    for arguments in [
        &["project", "create", "own"][..],
        &["project", "remove", "demo"],
        &["project", "archive", "demo"],
        &["project", "rename", "demo", "mine"],
        &["user", "add", "friend"],
        &["user", "list"],
        &["user", "link", "ada"],
        &["group", "create", "friends"],
        &["permission", "grant", "demo", "kim", "TRAC_ADMIN"],
        &["permission", "list", "demo"],
        &["index", "rebuild", "demo"],
        &["check"],
    ] {
        refused(test.command(&[&["--as", "kim"], arguments].concat()), 1, &[]);
        test.command(&[&["--as", "anonymous"], arguments].concat()).expect(1);
    }
    test.command(&["--as", "ada", "project", "create", "hers"]).expect(0);

    test.command(&["user", "disable", "kim"]).expect(0);
    refused(save("kim", "Late"), 1, &["--as", "kim", "disabled"]);
    test.command(&["user", "enable", "kim"]).expect(0);
    save("kim", "Late").expect(0);
}

#[test]
fn accounts_get_links_and_passwords() {
    let test = TestSite::new();
    let printed = test.command(&["user", "add", "kim"]).expect(0).stdout;
    let token = printed.trim().strip_prefix("http://127.0.0.1:8000/-/link/").unwrap().to_owned();
    assert!(token.len() >= 32 && token.chars().all(|character| character.is_ascii_hexdigit()));
    test.anonymous().get(&format!("/-/link/{token}")).expect(200);

    let newer = test.command(&["user", "link", "kim"]).expect(0).stdout;
    assert_ne!(printed, newer);
    assert_ne!(test.anonymous().get(&format!("/-/link/{token}")).status, 200, "an earlier link has lost its power");
    test.command(&["user", "disable", "kim"]).expect(0);
    refused(test.command(&["user", "link", "kim"]), 1, &["kim", "disabled"]);

    let silent = test.command_with_input(&["user", "add", "lee", "--password-stdin"], "a good long secret\n").expect(0);
    assert_eq!(silent.stdout, "");
    let sign_in =
        |password: &str| test.anonymous().submit("/-/login", &[("user", "lee"), ("password", password)]).status;
    assert_eq!(sign_in("a good long secret"), 303);
    test.command_with_input(&["user", "password", "lee"], "another good secret").expect(0);
    assert_ne!(sign_in("a good long secret"), 303);
    assert_eq!(sign_in("another good secret"), 303);
}

#[test]
fn rendering_without_a_project_opens_no_folder_and_leaves_references_plain() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none");
    let render = |arguments: &[&str], text: &str| run(&nowhere, &[&["render"], arguments].concat(), text.as_bytes());

    assert_eq!(render(&[], "#12 [[Page]] *so*").expect(0).stdout, "<p>#12 [[Page]] <em>so</em></p>\n");
    assert_eq!(render(&["--flavour", "page"], "a\nb").expect(0).stdout, "<p>a\nb</p>\n");
    assert!(render(&["--flavour", "note"], "a\nb").expect(0).stdout.contains("<br"));
    assert_eq!(render(&["--flavour", "line"], "# *a* <b>").expect(0).stdout.matches("<h1").count(), 0);
    let hostile = render(&[], "<script>alert(1)</script>[x](javascript:alert(1))").expect(0).stdout;
    assert!(!hostile.contains("<script") && !hostile.contains("href=\"javascript"), "{hostile}");
    assert_eq!(render(&[], "").expect(0).stdout, "\n");
    assert!(!nowhere.exists());
}

#[test]
fn rendering_in_a_project_shows_what_the_reader_may_see() {
    let test = TestSite::new();
    test.user("kim").member();
    test.project("open", true);
    for project in ["demo", "open"] {
        test.command_with_input(&["wiki", "save", project, "Guide/Sub"], "text").expect(0);
    }
    let render = |arguments: &[&str]| test.command_with_input(&[&["render"], arguments].concat(), "[[Guide/Sub]]");

    assert!(render(&["--project", "open"]).expect(0).stdout.contains("href=\"/open/wiki/Guide/Sub\""));
    refused(render(&["--project", "demo"]), 1, &["demo", "anonymous", "--as"]);
    assert!(render(&["--project", "demo", "--as", "kim"]).expect(0).stdout.contains("href=\"/demo/wiki/Guide/Sub\""));
    let hidden = render(&["--project", "demo"]).stderr;
    assert_eq!(render(&["--project", "none"]).stderr.replace("none", "demo"), hidden);

    let relative = test.command_with_input(&["render", "--project", "open", "--page", "Guide"], "[[./Sub]]").expect(0);
    assert!(relative.stdout.contains("href=\"/open/wiki/Guide/Sub\""), "{}", relative.stdout);
    refused(render(&["--project", "open", "--page", "a//b"]), 1, &["--page", "a//b"]);
}

#[test]
fn a_page_is_saved_shown_merged_refused_and_removed() {
    let test = TestSite::new();
    let save = |arguments: &[&str], text: &str| {
        test.command_with_input(&[&["wiki", "save", "demo", "Plan"], arguments].concat(), text)
    };
    let show = |arguments: &[&str]| test.command(&[&["wiki", "show", "demo", "plan"], arguments].concat());

    assert_eq!(save(&["--base", "0"], "one\ntwo\nthree\n").expect(0).stdout, "1\n");
    assert_eq!(save(&["--base", "1"], "ONE\ntwo\nthree\n").expect(0).stdout, "2\n");
    assert_eq!(save(&["--base", "1", "--comment", "late"], "one\ntwo\nTHREE\n").expect(0).stdout, "3\n");
    assert_eq!(show(&["--raw"]).expect(0).stdout, "ONE\ntwo\nTHREE\n");
    assert_eq!(show(&["--raw", "--version", "1"]).expect(0).stdout, "one\ntwo\nthree\n");
    assert!(show(&[]).expect(0).stdout.contains("<p>ONE"));

    refused(save(&["--base", "1"], "Eins\ntwo\nthree\n"), 1, &["Plan", "version 3", "nothing was saved"]);
    refused(save(&["--base", "9"], "x"), 1, &["version", "9"]);
    refused(save(&["--base", "3"], "ONE\ntwo\nTHREE\n"), 1, &["text", "Nothing was changed"]);
    refused(save(&["--comment", "two\nlines"], "x"), 1, &["comment"]);
    for version in ["0", "4", "99999999999"] {
        refused(show(&["--version", version]), 1, &["Plan", version]);
    }
    assert_eq!(show(&["--raw"]).expect(0).stdout, "ONE\ntwo\nTHREE\n");

    test.command(&["wiki", "remove", "demo", "Plan"]).expect(0);
    refused(show(&[]), 1, &["plan"]);
    assert_eq!(test.command(&["wiki", "list", "demo", "--format", "ids"]).expect(0).stdout, "");
}

#[test]
fn odd_page_names_come_back_from_an_export() {
    let test = TestSite::new();
    test.project("copy", false);
    let long = "長".repeat(200);
    let names = [
        "WikiStart", "Guide", "Guide/Two Words", ".hidden/.dot", "x.md", "x.md/y", "x", "50% #1?", "日本/東京",
        "C:\\x", "a&b=c+d", "-rf", "~", "a%/b", &long, "v1.0", "con", "*",
    ];
    for name in names {
        test.command_with_input(&["wiki", "save", "demo", "--", name], format!("text of {name}\r\n\nend")).expect(0);
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("out");
    let folder = folder.to_str().unwrap();

    test.command(&["wiki", "export", "demo", folder]).expect(0);
    test.command(&["wiki", "import", "copy", folder]).expect(0);

    let list = |project: &str| test.command(&["wiki", "list", project, "--format", "ids"]).expect(0).stdout;
    assert_eq!(list("copy"), list("demo"));
    assert_eq!(list("copy").lines().count(), names.len());
    for name in names {
        let text = test.command(&["wiki", "show", "copy", "--raw", "--", name]).expect(0).stdout;
        assert_eq!(text, format!("text of {name}\n\nend"));
    }
    let again = test.command(&["wiki", "import", "copy", folder]).expect(0);
    assert_eq!(again.stdout, "", "what is the same already makes no new version");
}

#[test]
fn an_import_names_the_file_that_it_refuses() {
    use std::os::unix::ffi::OsStrExt;
    let test = TestSite::new();
    let import = |name: &[u8], bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), bytes).unwrap();
        test.command(&["wiki", "import", "demo", folder.path().to_str().unwrap()])
    };
    refused(import(b"latin.md", b"caf\xe9"), 1, &["latin.md", "UTF-8"]);
    refused(import(b"large.md", &vec![b'x'; 2 * 1024 * 1024]), 1, &["large.md", "1 MiB"]);
    refused(import(b"empty.md", b""), 1, &["empty.md", "empty"]);
    refused(import(b"a%2F%2Fb.md", b"x"), 1, &["a%2F%2Fb.md", "slash"]);
    refused(import(b"\xff.md", b"x"), 1, &["UTF-8"]);
    assert_eq!(import(b"100%.md", b"x").expect(0).stdout, "100%\n");
    assert_eq!(import(b"notes.txt", b"x").expect(0).stdout, "");

    let file = tempfile::NamedTempFile::new().unwrap();
    let taken = file.path().to_str().unwrap();
    refused(test.command(&["wiki", "export", "demo", taken]), 1, &["FOLDER", taken]);
}

#[test]
fn search_answers_the_json_that_programs_were_promised() {
    let test = TestSite::new();
    test.user("kim");
    for (page, text) in [("Deep Sea", "squid and whales"), ("Shore", "a squid on the beach"), ("Hills", "goats")] {
        test.command_with_input(&["wiki", "save", "demo", page], text).expect(0);
    }
    let found = json(&test.command(&["search", "demo", "squid"]).expect(0));
    assert_eq!(found["total"], 2);
    let items = found["items"].as_array().unwrap();
    for item in items {
        let keys: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = ["type", "id", "title", "url", "excerpt", "hits", "score"];
        wanted.sort_unstable();
        assert_eq!(keys, wanted);
        assert_eq!(item["type"], "page");
        assert!(item["hits"].as_u64().unwrap() >= 1 && item["score"].is_number());
    }
    assert!(items.iter().any(|item| item["url"] == "http://127.0.0.1:8000/demo/wiki/Deep%20Sea"));

    let one = json(&test.command(&["search", "demo", "squid", "--limit", "1"]).expect(0));
    assert_eq!((&one["total"], one["items"].as_array().unwrap().len()), (&2.into(), 1));
    let words = json(&test.command(&["search", "demo", "squid", "beach"]).expect(0));
    assert_eq!(words["total"], 1);
    assert_eq!(json(&test.command(&["search", "demo", "zeppelin"]).expect(0))["total"], 0);
    refused(test.command(&["search", "demo", "squid", "--as", "kim"]), 1, &["there is no project `demo`"]);
    test.grant("kim", &["SEARCH_VIEW"]);
    // Who was granted anything by name is a member, and members read the wiki.
    assert_eq!(json(&test.command(&["search", "demo", "squid", "--as", "kim"]).expect(0))["total"], 2);
    for odd in ["\"", "((", "-", "*", "a:b", "\u{0}x", ""] {
        if !odd.contains('\0') {
            json(&test.command(&["search", "demo", "--", odd]).expect(0));
        }
    }
    // Three pages and kim.
    assert!(test.command(&["index", "rebuild", "demo"]).expect(0).stdout.contains('4'));
}

#[test]
fn a_project_is_renamed_archived_removed_and_made_again() {
    let test = TestSite::public();
    let text = |project: &str| test.command(&["wiki", "show", project, "A", "--raw"]);
    test.command_with_input(&["wiki", "save", "demo", "A"], "first").expect(0);

    test.command(&["project", "rename", "demo", "later"]).expect(0);
    refused(text("demo"), 1, &["demo"]);
    let old = test.anonymous().get("/demo/wiki/A").expect(301);
    assert!(old.location().ends_with("/later/wiki/A"), "{}", old.location());

    test.command(&["project", "archive", "later"]).expect(0);
    assert_eq!(text("later").expect(0).stdout, "first");
    refused(test.command_with_input(&["wiki", "save", "later", "A"], "second"), 1, &["archived"]);
    refused(test.command(&["wiki", "remove", "later", "A"]), 1, &["archived"]);
    refused(test.command(&["permission", "grant", "later", "anonymous", "WIKI_MODIFY"]), 1, &["archived"]);
    test.command(&["permission", "list", "later"]).expect(0);
    test.command(&["index", "rebuild", "later"]).expect(0);
    test.command(&["search", "later", "first"]).expect(0);
    test.command(&["check"]).expect(0);
    let shown = json(&test.command(&["project", "list", "--format", "json"]));
    assert_eq!(shown[0]["state"], "archived");
    test.command(&["project", "archive", "later", "--undo"]).expect(0);
    test.command_with_input(&["wiki", "save", "later", "A"], "second").expect(0);

    test.command(&["project", "remove", "later"]).expect(0);
    refused(text("later"), 1, &["later"]);
    test.anonymous().get("/demo/wiki/A").expect(404);
    test.command(&["project", "create", "later", "--title", "Anew"]).expect(0);
    refused(text("later"), 1, &["A"]);
    test.command(&["project", "create", "demo"]).expect(0);
    assert_eq!(test.command(&["project", "list", "--format", "ids"]).expect(0).stdout, "demo\nlater\n");
    test.command(&["check"]).expect(0);
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_one_that_is_not_wanted_is_none() {
    let test = TestSite::new();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let run = trackway(&test.data()).args(["project", "list"]).stdout(full).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8(run.stderr).unwrap().contains("standard output"));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run = trackway(&test.data()).args(["project", "list"]).stdout(writer).output().unwrap();
    assert!(run.status.success() && run.stderr.is_empty());
}

#[test]
fn every_command_explains_itself() {
    let help = run(Path::new("/nowhere"), &["--help"], b"").expect(0).stdout;
    for name in
        ["serve", "project", "user", "group", "permission", "wiki", "search", "render", "index", "check", "upgrade"]
    {
        assert!(help.lines().any(|line| line.trim_start().starts_with(name)), "{name}");
        let own = run(Path::new("/nowhere"), &[name, "--help"], b"").expect(0).stdout;
        let commands = own.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for line in commands {
            assert!(line.split_whitespace().count() > 1, "`trackway {name}` says nothing of its command{line}");
        }
    }
}

#[test]
fn shells_complete_commands_and_options() {
    let test = TestSite::new();
    for (shell, marks) in [
        ("bash", ["complete -F _trackway", "milestone", "--dry-run"]),
        ("zsh", ["#compdef trackway", "milestone", "--dry-run"]),
        ("fish", ["complete -c trackway", "milestone", "dry-run"]),
    ] {
        let text = test.command(&["completions", shell]).expect(0).stdout;
        assert!(marks.iter().all(|mark| text.contains(mark)), "{shell}: {text}");
    }
    // What bash itself makes of it.
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("trackway.bash");
    fs::write(&script, test.command(&["completions", "bash"]).expect(0).stdout).unwrap();
    let asked = "COMP_WORDS=(trackway project ex); COMP_CWORD=2; _trackway trackway ex project; echo ${COMPREPLY[@]}";
    let source = format!("source {}; {asked}", script.display());
    let bash = std::process::Command::new("bash").args(["-c", &source]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "export", "{}", String::from_utf8_lossy(&bash.stderr));
}
