//! Attached files as people meet them: previews, versions, searching in them, moving them, and what can't be done with them.

use std::fs;

use serde_json::Value;

use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::TestSite;
use crate::support::form::multipart;

const PLAN: &str = "/demo/attachment/wiki/Plan/";

/// Attaches a file and has it take the place of one of the same name.
fn replace(person: &crate::support::Person<'_>, name: &str, bytes: &[u8]) {
    let form = person.form(PLAN, &[]);
    let mut fields: Vec<(&str, &str)> =
        form.fields.iter().filter(|(name, _)| name != "attachment").map(|(name, value)| (&**name, &**value)).collect();
    fields.push(("replace", "1"));
    let (kind, body) = multipart(&fields, &[("attachment", name, bytes)]);
    person.send(rocket::http::Method::Post, PLAN, &kind, body).expect(303);
}

#[test]
fn a_replaced_file_keeps_its_versions() {
    let test = TestSite::public();
    let kim = test.user("kim");
    kim.save_page("Plan", "Text").expect(303);
    kim.attach(PLAN, "notes.txt", b"first\n").expect(303);
    assert!(!kim.get("/demo/attachment/wiki/Plan/notes.txt").expect(200).main().contains("Versions"));
    replace(&kim, "notes.txt", b"second\n");
    replace(&kim, "notes.txt", b"third\n");

    let page = kim.get("/demo/attachment/wiki/Plan/notes.txt").expect(200);
    let hrefs = page.attributes("table a:not([download])", "href");
    assert_eq!(
        hrefs,
        [
            PLAN.to_owned() + "notes.txt",
            PLAN.to_owned() + "notes.txt?version=2",
            PLAN.to_owned() + "notes.txt?version=1"
        ]
    );
    let old = kim.get(&hrefs[2]).expect(200);
    assert!(old.main().contains("first") && !old.main().contains("third"), "{}", old.main());
    assert!(old.attributes(".tabs a", "href").is_empty(), "nothing is done to what was");
    assert_eq!(kim.get("/demo/raw-attachment/wiki/Plan/notes.txt?version=2").expect(200).text(), "second\n");
    assert_eq!(kim.get("/demo/raw-attachment/wiki/Plan/notes.txt").expect(200).text(), "third\n");
    for nothing in ["0", "4", "x", "-1", "99999999999999999999"] {
        kim.get(&format!("/demo/attachment/wiki/Plan/notes.txt?version={nothing}")).expect(404);
        kim.get(&format!("/demo/raw-attachment/wiki/Plan/notes.txt?version={nothing}")).expect(404);
    }
    let delete = format!("{PLAN}notes.txt?action=delete");
    let form = kim.form(&delete, &[]);
    kim.post(&delete, &[("__FORM_TOKEN", &form.fields[0].1)]).expect(303);
    kim.get("/demo/raw-attachment/wiki/Plan/notes.txt?version=1").expect(404);
}

#[test]
fn each_kind_of_file_is_shown_as_what_it_is() {
    let test = TestSite::public();
    let kim = test.user("kim");
    kim.save_page("Plan", "Text").expect(303);
    let show = |name: &str, bytes: &[u8], query: &str| {
        kim.attach(PLAN, name, bytes).expect(303);
        kim.get(&format!("{PLAN}{name}{query}")).expect(200)
    };

    let code = show("a.rs", b"fn main() {\n    /* <b> */\n}\n", "?marks=2");
    assert_eq!(code.attributes(".source .line", "id"), ["L1", "L2", "L3"]);
    assert_eq!(code.all(".source .marked").len(), 1);
    assert!(code.main().contains("hl-comment") && code.main().contains("&lt;b&gt;"), "{}", code.main());
    let script = show("deploy", b"#!/usr/bin/env python3\nprint('x') # y\n", "");
    assert!(script.main().contains("hl-comment"), "{}", script.main());

    let patch = show("fix.patch", b"--- a/x.txt\n+++ b/x.txt\n@@ -1,2 +1,2 @@\n same\n-old word\n+new word\n", "");
    assert_eq!(patch.all(".file-name"), ["x.txt"]);
    assert_eq!(
        (patch.all(".diff .removed del"), patch.all(".diff .added ins")),
        (vec!["old".into()], vec!["new".into()])
    );
    assert_eq!(kim.get(&format!("{PLAN}fix.patch?style=side")).expect(200).all("table.diff.side .changed").len(), 1);
    assert!(kim.get(&format!("{PLAN}fix.patch?as=source")).expect(200).main().contains("id=\"L6\""));

    let table = show("prices.csv", b"fruit;price\napple;\"1,20\"\n<b>;=1+1\n", "");
    assert_eq!(table.all("th"), ["fruit", "price"]);
    assert_eq!(table.all("td"), ["apple", "1,20", "<b>", "=1+1"]);

    let document =
        show("read.md", b"# Title\n\n[[Plan]] attachment:a.rs <script>x</script> <img src=x onerror=y>\n", "");
    assert!(document.main().contains("href=\"/demo/attachment/wiki/Plan/a.rs\""), "{}", document.main());
    assert!(!document.main().contains("<script>") && !document.main().contains("onerror"), "{}", document.main());

    let latin = show("old.txt", b"caf\xe9\n", "");
    assert!(latin.main().contains("caf\u{e9}") && latin.main().contains("Latin-1"), "{}", latin.main());
    let hidden = show("trojan.txt", "a\u{202e}b".as_bytes(), "");
    assert!(hidden.main().contains("⟨U+202E⟩"), "{}", hidden.main());
    assert!(show("x.bin", b"\0\x01", "").main().contains("There is no preview"));
    assert!(show("plan.pdf", b"%PDF-1.4 <script>", "").main().contains("There is no preview"));
    let svg = show("evil.svg", b"<svg onload=alert(1)><script>alert(1)</script></svg>", "");
    assert!(svg.main().contains("class=\"source") && !svg.main().contains("<svg onload"), "{}", svg.main());

    let long = "word ".repeat(20) + "\n";
    let cut = show("long.txt", long.repeat(3_000).as_bytes(), "");
    assert!(cut.main().contains("Only the beginning is shown"));
}

#[test]
fn what_is_downloaded_can_do_nothing_and_is_sent_once() {
    let test = TestSite::public();
    let kim = test.user("kim");
    kim.save_page("Plan", "Text").expect(303);
    let body = b"<script>alert(document.cookie)</script>";
    for name in
        ["a.html", "a.svg", "a.xml", "a.js", "a.pdf", "a.xhtml", "a.swf", "noname", "a.png", "a.txt", "a.css", "a.mjs"]
    {
        kim.attach(PLAN, name, body).expect(303);
        let raw = kim.get(&format!("/demo/raw-attachment/wiki/Plan/{name}")).expect(200);
        assert_eq!(raw.header("Content-Security-Policy"), Some("sandbox; default-src 'none'"), "{name}");
        assert_eq!(raw.header("X-Content-Type-Options"), Some("nosniff"), "{name}");
        let shown = raw.header("Content-Disposition").unwrap().starts_with("inline");
        assert_eq!(shown, ["a.png", "a.txt"].contains(&name), "{name}");
        let sent = raw.header("Content-Type").unwrap();
        for active in ["html", "svg", "xml", "javascript", "css"] {
            assert!(!sent.contains(active), "{name}: {sent}");
        }
    }

    let first = kim.get("/demo/raw-attachment/wiki/Plan/a.txt").expect(200);
    let (tag, date) = (first.header("ETag").unwrap(), first.header("Last-Modified").unwrap());
    assert!(date.ends_with(" GMT"), "{date}");
    let again = |name: &str, value: &str| {
        test.signed_in("kim").with_header(name, value).get("/demo/raw-attachment/wiki/Plan/a.txt")
    };
    assert_eq!(again("If-None-Match", tag).expect(304).text(), "");
    again("If-Modified-Since", date).expect(304);
    again("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT").expect(200);
}

#[test]
fn what_stands_in_a_text_file_is_found_by_those_who_may_see_it() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let lee = test.user("lee").member();
    kim.save_page("Plan", "Text").expect(303);
    kim.attach(PLAN, "log.txt", b"the flugelhorn broke at noon\n").expect(303);
    kim.attach(PLAN, "read.md", "# Heading\n\nA **xylophone** too.\n".as_bytes()).expect(303);
    kim.attach(PLAN, "picture.png", b"harpsichord").expect(303);
    kim.attach(PLAN, "broken.zip", b"PK\0\0 clavichord").expect(303);

    let found = |who: &crate::support::Person<'_>, word: &str| {
        who.get(&format!("/demo/search?q={word}&format=json")).expect(200).json()["total"].as_i64()
    };
    for _ in 0..2 {
        for (word, count) in [("flugelhorn", 1), ("xylophone", 1), ("harpsichord", 0), ("clavichord", 0)] {
            assert_eq!(found(&kim, word), Some(count), "{word}");
        }
        test.catch_up();
    }
    let answer = kim.get("/demo/search?q=flugelhorn&format=json").expect(200).json();
    assert_eq!(answer["items"][0]["title"], "log.txt");
    let operator = test.operator();
    let kim_alone = permissions::subject(&test.site, &test.demo(), "kim").unwrap();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "plan", &[kim_alone]).unwrap();
    assert_eq!(found(&lee, "flugelhorn"), Some(0));
}

#[test]
fn commands_list_add_remove_move_and_export_files() {
    let test = TestSite::new();
    test.command_with_input(&["wiki", "save", "demo", "Plan"], "Text").expect(0);
    test.command_with_input(&["wiki", "save", "demo", "Other"], "Text").expect(0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "one").unwrap();
    let path = file.to_str().unwrap();
    let attachment = |arguments: &[&str]| test.command(&[&["attachment"], arguments].concat());

    assert_eq!(
        attachment(&["add", "demo", "wiki:Plan", path, "--description", "What we said"]).expect(0).stdout,
        "notes.txt\n"
    );
    assert_eq!(attachment(&["add", "demo", "wiki:Plan", path]).expect(0).stdout, "notes.2.txt\n");
    fs::write(&file, "two").unwrap();
    attachment(&["add", "demo", "wiki:Plan", path, "--replace"]).expect(0);
    let listed = attachment(&["list", "demo", "--format", "json"]).expect(0).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(listed[1]["parent"], "wiki:Plan");

    assert_eq!(
        attachment(&["move", "demo", "wiki:Plan", "notes.txt", "wiki:Other", "--name", "said.txt"]).expect(0).stdout,
        "said.txt\n"
    );
    assert_eq!(attachment(&["list", "demo", "wiki:Plan", "--format", "ids"]).expect(0).stdout, "notes.2.txt\n");
    assert_eq!(attachment(&["export", "demo", "wiki:Other", "said.txt", "--to", "-"]).expect(0).stdout, "two");
    let old = attachment(&["export", "demo", "wiki:Other", "said.txt", "--version", "1", "--to", "-"]).expect(0);
    assert_eq!(old.stdout, "one", "its versions came along");
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    attachment(&["export", "demo", "wiki:Other", "--to", out.to_str().unwrap()]).expect(0);
    assert_eq!(fs::read_to_string(out.join("said.txt")).unwrap(), "two");
    let again = attachment(&["export", "demo", "wiki:Other", "--to", out.to_str().unwrap()]).expect(1);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    let timeline = test.admin("root").get("/demo/timeline").expect(200);
    assert!(timeline.words().contains("moved to Other"), "{}", timeline.words());

    attachment(&["move", "demo", "wiki:Plan", "notes.2.txt", "wiki:Other", "--name", "said.txt"]).expect(1);
    attachment(&["remove", "demo", "wiki:Other", "said.txt"]).expect(0);
    for (arguments, word) in [
        (&["remove", "demo", "wiki:Other", "said.txt"][..], "said.txt"),
        (&["list", "demo", "wiki:Nowhere"], "Nowhere"),
        (&["list", "demo", "Plan"], "PARENT"),
        (&["add", "demo", "wiki:Plan", "/nowhere/x"], "FILE"),
        (&["export", "demo", "wiki:Plan", "notes.2.txt", "--version", "2"], "version 2"),
        (&["--as", "anonymous", "list", "demo", "wiki:Plan"], "demo"),
    ] {
        let refused = if arguments[0] == "--as" {
            test.command(&[&arguments[..2], &["attachment"], &arguments[2..]].concat())
        } else {
            attachment(arguments)
        };
        assert!(refused.expect(1).stderr.contains(word), "{arguments:?}");
    }
}

#[test]
fn moving_needs_rights_at_both_ends() {
    let test = TestSite::public();
    let (kim, root) = (test.user("kim"), test.admin("root"));
    kim.save_page("Plan", "Text").expect(303);
    root.attach(PLAN, "notes.txt", b"x").expect(303);
    test.command(&["milestone", "create", "demo", "M1"]).expect(0);
    let refused = test
        .command(&["--as", "kim", "attachment", "move", "demo", "wiki:Plan", "notes.txt", "milestone:M1"])
        .expect(1);
    assert!(refused.stderr.contains("WIKI_DELETE"), "{}", refused.stderr);
    test.grant("kim", &["WIKI_DELETE"]);
    let refused = test
        .command(&["--as", "kim", "attachment", "move", "demo", "wiki:Plan", "notes.txt", "milestone:M1"])
        .expect(1);
    assert!(refused.stderr.contains("MILESTONE_MODIFY"), "{}", refused.stderr);
    test.grant("kim", &["MILESTONE_MODIFY"]);
    test.command(&["--as", "kim", "attachment", "move", "demo", "wiki:Plan", "notes.txt", "milestone:M1"]).expect(0);
    root.get("/demo/attachment/milestone/M1/notes.txt").expect(200);
    root.get(&format!("{PLAN}notes.txt")).expect(404);
}
