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
];

/// A reference of each kind to what is there, and one to what is not, which differ in nothing else.
const PAIRS: &[(&str, &str)] = &[
    ("wiki:Secret/Plan", "wiki:Secret/Plxn"),
    ("ticket:1", "ticket:9"),
    ("comment:1:ticket:1", "comment:1:ticket:9"),
    ("milestone:M1", "milestone:M9"),
    ("report:1", "report:999"),
    ("attachment:a.txt:wiki:Secret/Plan", "attachment:a.txt:wiki:Secret/Plxn"),
    ("raw-attachment:a.txt:wiki:Secret/Plan", "raw-attachment:a.txt:wiki:Secret/Plxn"),
];

fn site() -> (TestSite, TestRepository) {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let root = test.admin("root");
    let tree = TestRepository::new();
    tree.write("src/a.rs", "fn one() {}\nfn two() {}\n");
    tree.commit("One");
    test.connect(&tree.path(), "main");
    kim.save_page("Secret/Plan", "The plan.").expect(303);
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
        for prefix in kind.prefixes.iter().filter(|prefix| !matches!(**prefix, "user" | "changeset" | "discussion")) {
            let listed = THERE.iter().any(|(written, _)| written.starts_with(&format!("{prefix}:")));
            assert!(listed, "{prefix}: is in no row");
        }
    }
}

#[test]
fn what_is_there_is_linked_in_every_way_to_write_it_and_in_no_other() {
    let (test, _tree) = site();
    let mut lines = Vec::new();
    for (written, _) in THERE {
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
    for ((written, leads), shown) in THERE.iter().zip(shown.chunks(5)) {
        for linked in &shown[..3] {
            let href = href(linked).unwrap_or_default();
            assert!(href == *leads || *written == "@kim" && !href.is_empty(), "{written}: {linked}");
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
    let (test, _tree) = site();
    test.user("lee").member();
    let operator = test.operator();
    let root = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[root]).unwrap();
    test.revoke("members", &["TICKET_VIEW", "MILESTONE_VIEW", "REPORT_VIEW"]);
    let ways = |written: &str| {
        [
            format!("See {written} now"),
            format!("[[{written}|label]]"),
            format!("[label]({written})"),
            format!("`{written}`"),
        ]
    };
    let there: Vec<String> = PAIRS.iter().flat_map(|(written, _)| ways(written)).collect();
    let missing: Vec<String> = PAIRS.iter().flat_map(|(_, written)| ways(written)).collect();
    let (hidden, nothing) = (paragraphs(&test, "lee", &there), paragraphs(&test, "lee", &missing));
    for (at, (hidden, nothing)) in hidden.iter().zip(&nothing).enumerate() {
        let bare = |html: &str| html.replace("Plxn", "Plan").replace("999", "1").replace('9', "1");
        assert_eq!(bare(hidden), bare(nothing), "{}", there[at]);
        assert!(href(hidden).is_none_or(|href| href.ends_with("action=edit") || href.contains("wiki")), "{hidden}");
    }
    for (at, nothing) in paragraphs(&test, "root", &missing).iter().enumerate().filter(|(at, _)| at % 4 < 2) {
        assert!(nothing.contains("class=\"missing\""), "{}: {nothing}", missing[at]);
    }
}

#[test]
fn a_link_in_the_search_box_is_followed_unless_it_is_escaped() {
    let (test, _tree) = site();
    let root = test.admin("ann");
    for (written, leads) in THERE.iter().filter(|(written, _)| !written.starts_with('@')) {
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
