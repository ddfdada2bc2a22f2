//! Each kind of link in each way to write it: plain, labelled, as the target of a Markdown link, to what is missing, to what its
//! reader may not see, escaped, and in code (rows L01 to L21).

use trackway::app::COMPONENTS;
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::TestSite;
use crate::support::work_tree::TestRepository;

/// A reference to something that is there, and where it leads.
const THERE: &[(&str, &str)] = &[
    ("wiki:Secret/Plan", "/demo/wiki/Secret/Plan"),
    ("ticket:1", "/demo/ticket/1"),
    ("bug:1", "/demo/ticket/1"),
    ("issue:1", "/demo/ticket/1"),
    ("ticket:1#comment:1", "/demo/ticket/1#comment:1"),
    ("comment:1:ticket:1", "/demo/ticket/1#comment:1"),
    ("note:1:ticket:1", "/demo/ticket/1#note:1"),
    ("milestone:M1", "/demo/milestone/M1"),
    ("report:1", "/demo/report/1"),
    ("query:status=new", "/demo/query?status=new"),
    ("search:kettle", "/demo/search?q=kettle"),
    ("timeline:2026-11-30", "/demo/timeline?from=2026-11-30"),
    ("attachment:a.txt:wiki:Secret/Plan", "/demo/attachment/wiki/Secret/Plan/a.txt"),
    ("raw-attachment:a.txt:wiki:Secret/Plan", "/demo/raw-attachment/wiki/Secret/Plan/a.txt"),
    ("source:src/a.rs", "/demo/browser/src/a.rs"),
    ("browser:src", "/demo/browser/src"),
    ("repos:src", "/demo/browser/src"),
    ("source:src/a.rs@main#L1-L2", "/demo/browser/src/a.rs?rev=main#L1-L2"),
    ("export:src/a.rs@main", "/demo/export/main/src/a.rs"),
    ("log:src@main", "/demo/log/src?rev=main"),
    ("diff:src@a..b", "/demo/diff?old=a&new=b&old_path=src&new_path=src"),
    ("@kim", "/demo/"),
    ("changeset:SHA", "/demo/changeset/SHA"),
    ("discussion:1", "/demo/discussion/1"),
];
/// Stands for the id of the commit that there is.
const SHA: &str = "SHA";
const NO_SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A reference of each kind to what is there, and one to what is not, which differ in nothing else.
const PAIRS: &[(&str, &str)] = &[
    ("wiki:Secret/Plan", "wiki:Secret/Plxn"),
    ("ticket:1", "ticket:9"),
    ("comment:1:ticket:1", "comment:1:ticket:9"),
    ("milestone:M1", "milestone:M9"),
    ("report:1", "report:999"),
    ("attachment:a.txt:wiki:Secret/Plan", "attachment:a.txt:wiki:Secret/Plxn"),
    ("raw-attachment:a.txt:wiki:Secret/Plan", "raw-attachment:a.txt:wiki:Secret/Plxn"),
    ("note:1:ticket:1", "note:1:ticket:9"),
    ("discussion:1", "discussion:9"),
    ("changeset:SHA", "changeset:0123456789abcdef0123456789abcdef01234567"),
];

/// Kinds that name no one thing, or whose thing is not looked for when a text is shown: they are never missing.
const NEVER_MISSING: &[&str] = &["query", "search", "timeline", "source", "export", "log", "diff", "user"];

/// Rows with the commit that there is.
fn rows<'a>(table: &'a [(&'a str, &'a str)], tree: &TestRepository) -> Vec<(String, String)> {
    let sha = tree.head();
    table.iter().map(|(written, other)| (written.replace(SHA, &sha), other.replace(SHA, &sha))).collect()
}

fn site() -> (TestSite, TestRepository) {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let root = test.admin("root");
    let tree = TestRepository::new();
    tree.write("src/a.rs", "fn one() {}\nfn two() {}\n");
    tree.commit("One");
    test.connect(&tree.path(), "main");
    test.command(&["repo", "sync", "demo"]).expect(0);
    kim.save_page("Secret/Plan", "The plan.").expect(303);
    let said = serde_json::json!({ "comment": "Is it?" });
    kim.post_json("/demo/wiki/Secret/Plan?action=discussion", &said).expect(201);
    kim.attach("/demo/attachment/wiki/Secret/Plan/", "a.txt", b"x").expect(303);
    test.command(&["milestone", "create", "demo", "M1"]).expect(0);
    test.command(&["ticket", "new", "demo", "--summary", "Late"]).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "A comment."]).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "A note.", "--internal"]).expect(0);
    root.post_json("/demo/report", &serde_json::json!({ "title": "All", "query": "?status=new" }));
    (test, tree)
}

/// Each paragraph of a text as that account sees it.
fn paragraphs(test: &TestSite, reader: &str, lines: &[String]) -> Vec<String> {
    let text = lines.join("\n\n");
    let arguments = ["--as", reader, "render", "--project", "demo", "--page", "Other"];
    let html = test.command_with_input(&arguments, text).expect(0).stdout;
    let found: Vec<String> =
        html.trim().split("<p>").skip(1).map(|part| part.trim().trim_end_matches("</p>").to_owned()).collect();
    assert_eq!(found.len(), lines.len(), "{html}");
    found
}

fn href(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("href=\"")?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

#[test]
fn every_kind_is_in_the_table() {
    for kind in COMPONENTS.iter().flat_map(|component| component.link_kinds()) {
        let is_in = |table: &[(&str, &str)], prefix: &str| {
            let signs = if prefix == "user" { "@".to_owned() } else { format!("{prefix}:") };
            table.iter().any(|(written, _)| written.starts_with(&signs))
        };
        for prefix in kind.prefixes {
            assert!(is_in(THERE, prefix), "{prefix}: is in no row of what is there");
        }
        let first = kind.prefixes[0];
        assert!(is_in(PAIRS, first) != NEVER_MISSING.contains(&first), "{first}: is in no row of what is missing");
    }
}

#[test]
fn what_is_there_is_linked_in_every_way_to_write_it_and_in_no_other() {
    let (test, tree) = site();
    let there = rows(THERE, &tree);
    let mut lines = Vec::new();
    for (written, _) in &there {
        let target = written.replace('@', if written.starts_with('@') { "user:" } else { "@" });
        lines.extend([
            format!("See {written}, now"),
            format!("[[{target}|the *label*]]"),
            format!("[the *label*]({target})"),
            format!("See !{written} now"),
            format!("`{written}`"),
        ]);
    }
    let shown = paragraphs(&test, "root", &lines);
    for ((written, leads), shown) in there.iter().zip(shown.chunks(5)) {
        for linked in &shown[..3] {
            let href = href(linked).unwrap_or_default();
            assert!(href == *leads || written == "@kim" && !href.is_empty(), "{written}: {linked}");
            assert!(!linked.contains("missing"), "{written}: {linked}");
        }
        assert!(shown[0].ends_with("</a>, now"), "{written}: {}", shown[0]);
        assert!(shown[1].contains(">the *label*</a>"), "{written}: {}", shown[1]);
        assert!(shown[2].contains(">the <em>label</em></a>"), "{written}: {}", shown[2]);
        for plain in &shown[3..] {
            assert!(!plain.contains("<a ") && plain.replace("&amp;", "&").contains(written), "{written}: {plain}");
        }
    }
}

#[test]
fn what_may_not_be_seen_reads_like_what_is_missing() {
    let (test, tree) = site();
    let pairs = rows(PAIRS, &tree);
    test.user("lee").member();
    let operator = test.operator();
    let root = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[root]).unwrap();
    test.revoke("members", &["TICKET_VIEW", "MILESTONE_VIEW", "REPORT_VIEW", "CHANGESET_VIEW"]);
    let ways = |written: &str| {
        [
            format!("See {written} now"),
            format!("[[{written}|label]]"),
            format!("[label]({written})"),
            format!("`{written}`"),
        ]
    };
    let there: Vec<String> = pairs.iter().flat_map(|(written, _)| ways(written)).collect();
    let missing: Vec<String> = pairs.iter().flat_map(|(_, written)| ways(written)).collect();
    let (hidden, nothing) = (paragraphs(&test, "lee", &there), paragraphs(&test, "lee", &missing));
    for (at, (hidden, nothing)) in hidden.iter().zip(&nothing).enumerate() {
        let sha = tree.head();
        let bare =
            |html: &str| html.replace(NO_SHA, &sha).replace("Plxn", "Plan").replace("999", "1").replace('9', "1");
        assert_eq!(bare(hidden), bare(nothing), "{}", there[at]);
        assert!(href(hidden).is_none_or(|href| href.ends_with("action=edit") || href.contains("wiki")), "{hidden}");
    }
    for (at, nothing) in paragraphs(&test, "root", &missing).iter().enumerate().filter(|(at, _)| at % 4 < 2) {
        assert!(nothing.contains("class=\"missing\""), "{}: {nothing}", missing[at]);
    }
}

#[test]
fn a_link_in_the_search_box_is_followed_unless_it_is_escaped() {
    let (test, tree) = site();
    let root = test.admin("ann");
    for (written, leads) in rows(THERE, &tree).iter().filter(|(written, _)| !written.starts_with('@')) {
        let typed = trackway::web::address::query_value(written);
        let answer = root.get(&format!("/demo/search?q={typed}")).expect(303);
        assert!(answer.location().ends_with(leads), "{written} leads to {}", answer.location());
        root.get(&format!("/demo/search?q=!{typed}")).expect(200);
    }
    for (typed, leads) in
        [("%7B1%7D", "/demo/report/1"), ("[[ticket:1|x]]", "/demo/ticket/1"), ("%231,1", "/demo/query?id=1,1")]
    {
        let answer = root.get(&format!("/demo/search?q={typed}")).expect(303);
        assert!(answer.location().starts_with(leads), "{typed} leads to {}", answer.location());
    }
    for nothing in
        ["ticket:9", "wiki:Secret/Plxn", "report:9", "https://example.org/", "//example.org", "timeline:never"]
    {
        root.get(&format!("/demo/search?q={}", trackway::web::address::query_value(nothing))).expect(200);
    }
}
