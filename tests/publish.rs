//! A project as plain files: every link of it leads to something, and nothing is in it that its reader may not see.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use scraper::{Html, Selector};
use serde_json::json;
use trackway::web::address;

use crate::support::TestSite;

const SECRET: &str = "xyzzy";

/// A project with a bit of everything; what only kim may see says [`SECRET`].
fn world() -> TestSite {
    let test = TestSite::public();
    let kim = test.user("kim").member().can("TRAC_ADMIN");
    let long_name = "長".repeat(60);
    for (page, text) in [
        (
            "WikiStart",
            "# Welcome\n\n[[Guide/Two Words]] [[Missing]] [[Board]] #1 #2 milestone:1.0 [[TitleIndex]] [x](wiki:Guide#part)",
        ),
        (
            "Guide",
            "## Part\n\n[up](WikiStart) [edit](/demo/wiki/Guide?action=edit) [other site](https://example.org/)\n\n- [ ] a task",
        ),
        (
            "Guide/Two Words",
            "[[Image(tide.png)]]\n\nattachment:notes.html\n\n[[TicketQuery(status=!closed)]]\n\n<b>bold</b> & co",
        ),
        ("guide/con", "attachment:none.txt [[Backlinks(Guide)]] search:\"words\" timeline"),
        (&long_name, "100% [[Guide]]"),
        ("_Sidebar", "[[Guide]] [[Board]] [[WikiStart]]"),
        ("Drawn", "```mermaid\ngraph TD; A-->B\n```\n\n```pikchr\nbox \"Tide\"\n```\n\n$x^2$ {{ x }}"),
        ("Board", SECRET),
        ("Board/Minutes", SECRET),
    ] {
        kim.save_page(page, text);
    }
    let said = |page: &str, text: &str| {
        let body = json!({ "comment": text });
        kim.post_json(&format!("/demo/wiki/{page}?action=discussion"), &body).expect(201);
    };
    said("Guide", "Is this so? See [[Guide/Two Words]], #1 and discussion:1.");
    said("Board", SECRET);
    // Suggestions are for those who write, not for readers.
    let suggested = json!({ "text": SECRET, "version": 1, "comment": SECRET });
    kim.post_json("/demo/wiki/Guide?action=suggest", &suggested).expect(201);
    kim.post_json("/demo/suggestion/1/decline", &json!({ "reason": SECRET })).expect(200);
    kim.attach("/demo/attachment/wiki/Guide/Two%20Words/", "tide.png", b"\x89PNG").expect(303);
    kim.attach("/demo/attachment/wiki/Guide/Two%20Words/", "notes.html", b"<script>alert(1)</script>").expect(303);
    kim.attach("/demo/attachment/wiki/Board/", &format!("{SECRET}.png"), SECRET.as_bytes()).expect(303);
    test.command(&["milestone", "create", "demo", "1.0", "--description", "See [[Guide]] and [[Board]]."]).expect(0);
    test.command(&["component", "create", "demo", "Doors"]).expect(0);
    test.command(&["component", "create", "demo", "Closed"]).expect(0);
    test.command(&["component", "change", "demo", "Closed", "--closed-to", "kim"]).expect(0);
    for arguments in [
        &[
            "--summary", "Doors open too late", "--set", "component=Doors", "--set", "milestone=1.0", "--description",
            "As [[Guide]] says, #2",
        ][..],
        &["--summary", SECRET, "--set", "component=Closed", "--set", "milestone=1.0"],
    ] {
        test.command(&[&["ticket", "new", "demo"], arguments].concat()).expect(0);
    }
    for number in 0..205 {
        let text = format!("Said {number} in #1, see comment:1");
        test.command(&["ticket", "comment", "demo", "1", &text]).expect(0);
    }
    test.command(&["permission", "restrict", "demo", "Board", "kim"]).expect(0);
    test
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// Every address of every page that leads nowhere.
fn dead_links(files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let pages: HashMap<&PathBuf, Html> = files
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "html"))
        .map(|(path, bytes)| (path, Html::parse_document(std::str::from_utf8(bytes).unwrap())))
        .collect();
    let with_id = Selector::parse("[id]").unwrap();
    let ids: HashMap<&PathBuf, HashSet<&str>> = pages
        .iter()
        .map(|(path, html)| (*path, html.select(&with_id).filter_map(|element| element.attr("id")).collect()))
        .collect();
    let linking = Selector::parse("[href], [src], form[action]").unwrap();
    let mut dead = Vec::new();
    for (path, html) in &pages {
        for element in html.select(&linking) {
            let href = element.attr("href").or(element.attr("src")).or(element.attr("action")).unwrap();
            if href.starts_with("https://") {
                continue;
            }
            let (way, heading) = href.split_once('#').map_or((href, None), |(way, heading)| (way, Some(heading)));
            let mut target = match way.is_empty() {
                true => (*path).clone(),
                false => path.parent().unwrap().to_owned(),
            };
            for part in address::decode(way).unwrap().split('/').filter(|part| !part.is_empty()) {
                match part {
                    ".." => assert!(target.pop(), "{href} leads out of the folder"),
                    part => target.push(part),
                }
            }
            let known = ids.get(&target);
            let is_there = !way.starts_with('/') && files.contains_key(&target);
            // A long conversation goes on in further files.
            let has_heading = heading.is_none_or(|heading| {
                let heading = address::decode(heading).unwrap();
                heading.starts_with("comment:") || known.is_some_and(|ids| ids.contains(heading.as_str()))
            });
            if !is_there || !has_heading {
                dead.push(format!("{}: {href}", path.display()));
            }
        }
    }
    dead.sort();
    dead
}

#[test]
fn an_export_works_from_a_disk_and_holds_what_its_reader_may_see() {
    let test = world();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let events = test.event_count();

    test.command(&["export", "--static", "demo", out.to_str().unwrap(), "--as", "anonymous"]).expect(0);

    assert_eq!(test.event_count(), events + 1, "reading changes nothing but the log, which tells of the export");
    let files = files(&out);
    assert_eq!(dead_links(&files), Vec::<String>::new());
    for (path, bytes) in &files {
        let name = path.to_str().unwrap();
        assert!(name.is_ascii() && !name.contains([' ', ':', '?', '*', '"']), "{name}");
        let text = String::from_utf8_lossy(bytes).into_owned() + name;
        for hidden in [SECRET, "Minutes", "__FORM_TOKEN", "/demo/"] {
            assert!(!text.contains(hidden), "{name} holds {hidden}");
        }
        assert!(!name.ends_with(".html") || !text.contains("<form action=\"/"), "{name}");
    }
    let page = |name: &str| {
        let bytes = files.get(Path::new(name)).unwrap_or_else(|| panic!("no {name} in {:?}", files.keys()));
        String::from_utf8(bytes.clone()).unwrap()
    };
    assert!(page("index.html").contains("<a href=\"wiki/Guide/Two%2520Words.html\""), "{}", page("index.html"));
    assert!(page("wiki/Guide/Two%20Words.html").contains("src=\"../../files/wiki/Guide/Two%2520Words/tide.png\""));
    assert_eq!(files[Path::new("files/wiki/Guide/Two%20Words/notes.html.txt")], b"<script>alert(1)</script>");
    assert!(page("ticket/1.html").contains("Doors open too late"));
    assert!(page("ticket/1-2.html").contains("Said 204"), "{:?}", files.keys());
    assert!(page("roadmap.html").contains("milestone/1.0.html"));
    assert!(page("milestone/1.0.html").contains("1 "), "the hidden ticket is not counted");
    assert!(page("tickets.html").contains("ticket/1.html") && !page("tickets.html").contains("ticket/2"));
    assert!(page("words/1.js").contains("Doors open too late") && page("search.html").contains("words/1.js"));
    let check = test.command(&["export", "--static", "demo", out.to_str().unwrap(), "--as", "anonymous"]).expect(1);
    assert!(check.stderr.contains("empty"), "{}", check.stderr);
}

#[test]
fn an_export_for_somebody_who_may_more_holds_more() {
    let test = world();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");

    test.command(&["export", "--static", "demo", out.to_str().unwrap(), "--as", "kim"]).expect(0);

    let files = files(&out);
    assert_eq!(dead_links(&files), Vec::<String>::new());
    let page = |name: &str| String::from_utf8(files[Path::new(name)].clone()).unwrap();
    assert!(page("wiki/Board/Minutes.html").contains(SECRET) && page("ticket/2.html").contains(SECRET));
    assert!(!page("index.html").contains("__FORM_TOKEN"));
    assert!(!page("index.html").contains('\u{270E}'), "nothing can be edited on a disk");
}

#[test]
fn an_export_names_its_reader_and_asks_nobody_who_may_not_enter() {
    let test = TestSite::new();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let without = test.command(&["export", "--static", "demo", out]).expect(1);
    assert!(without.stderr.contains("--as"), "{}", without.stderr);
    test.command(&["export", "demo", out, "--as", "anonymous"]).expect(2);
    let stranger = test.command(&["export", "--static", "demo", out, "--as", "anonymous"]).expect(1);
    assert!(stranger.stderr.contains("there is no project"), "{}", stranger.stderr);
}
