//! Pages as one document: what is in it, in what order, and where its links lead.

use crate::support::TestSite;

#[test]
fn a_page_with_those_below_it_is_one_document() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Guide", "Read [[./Install]] and [[Guide/Use#first-steps|how]], not [[Other]].\n\n## Why\n\nBecause.[^1]\n\n[^1]: A note.");
    kim.save_page(
        "Guide/Install",
        "# Installing\n\nBack to [[Guide]], to [the reason](wiki:Guide#why).\n\n## Linux\n\nx",
    );
    kim.save_page("Guide/Install/Mac", "# Part one\n\ny");
    kim.save_page("Guide/Use", "## First steps\n\n[down](#first-steps) [old](?version=1)\n\n# Late title");
    kim.save_page("Other", "elsewhere");
    let reader = test.anonymous();

    let page = reader.get("/demo/wiki/Guide?action=print&children=1").expect(200);

    let headings: Vec<String> = (1..=6)
        .flat_map(|level| {
            let found = page.all(&format!("article h{level}"));
            found.into_iter().map(move |text| format!("{level} {}", text.trim_end_matches('#')))
        })
        .collect();
    assert_eq!(
        headings,
        ["1 Guide", "2 Why", "2 Installing", "2 Use", "3 Linux", "3 Part one", "3 Late title", "4 First steps"]
    );
    let links = page.attributes("article a:not(.anchor)", "href");
    for inside in ["#page-1", "#page-3-first-steps", "#page-0", "#page-0-why"] {
        assert!(links.iter().any(|link| link == inside), "{inside}: {links:?}");
    }
    assert!(links.contains(&"/demo/wiki/Other".to_owned()), "{links:?}");
    let ids = page.attributes("[id]", "id");
    let all = page.attributes("a[href^='#']", "href");
    let dangling: Vec<_> = all.iter().filter(|href| !ids.iter().any(|id| Some(id.as_str()) == href.get(1..))).collect();
    assert!(dangling.is_empty(), "{dangling:?} of {ids:?}");
    let unique: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    assert_eq!(page.all("nav.print-contents > ol > li > a"), ["Guide"]);
    assert!(page.attributes("script", "src").len() == 1 && page.all("form, .top, .foot").is_empty());
}

#[test]
fn a_document_holds_what_its_reader_may_see_and_says_when_it_is_cut() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Guide", "open");
    kim.save_page("Guide/Secret", "nobody knows");
    kim.save_page("Guide/Shown", "seen");
    test.command(&["permission", "restrict", "demo", "Guide/Secret", "kim"]).expect(0);
    let address = "/demo/wiki/Guide?action=print&children=1";

    let seen = test.anonymous().get(address).expect(200);
    assert!(!seen.text().contains("ecret") && seen.words().contains("seen"));
    assert!(kim.get(address).expect(200).words().contains("nobody knows"));
    test.anonymous().get("/demo/wiki/Guide/Secret?action=print").expect(404);

    let alone = test.anonymous().get("/demo/wiki/Guide?action=print").expect(200);
    assert!(!alone.words().contains("seen"));
    assert_eq!(alone.attributes(".print-ways a", "href"), ["/demo/wiki/Guide", address]);

    for number in 0..205 {
        let name = format!("Many/Page {number}");
        test.command_with_input(&["wiki", "save", "demo", &name], "x").expect(0);
    }
    kim.save_page("Many", "of them");
    let cut = kim.get("/demo/wiki/Many?action=print&children=1").expect(200);
    assert_eq!(cut.all("article").len(), 200);
    assert!(cut.words().contains("This is not all of it"), "{}", cut.words());
}
