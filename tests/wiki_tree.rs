//! Stories of the tree of pages: one level at a time, however many pages there are, and never more than a viewer may see.

use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::{Person, TestSite};

fn names(person: &Person<'_>, address: &str) -> Vec<(String, bool, bool)> {
    let level = person.get(address).expect(200).json();
    let items = level["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| (item["name"].as_str().unwrap().to_owned(), !item["url"].is_null(), !item["below"].is_null()))
        .collect()
}

fn owned(name: &str, is_page: bool, below: bool) -> (String, bool, bool) {
    (name.to_owned(), is_page, below)
}

#[test]
fn a_level_holds_each_part_once_with_or_without_a_page_of_its_own() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    for name in ["A", "A/B", "A/B x", "A/B-c", "A/B/C", "A/B0", "A/Only/Deep", "b", "Ü/x"] {
        kim.save_page(name, "text");
    }
    assert_eq!(
        names(&kim, "/demo/wiki-tree?format=json"),
        [owned("A", true, true), owned("b", true, false), owned("Ü", false, true)]
    );
    assert_eq!(
        names(&kim, "/demo/wiki-tree/a?format=json"),
        [
            owned("A/B", true, true),
            owned("A/B x", true, false),
            owned("A/B-c", true, false),
            owned("A/B0", true, false),
            owned("A/Only", false, true),
        ]
    );
    let page = kim.get("/demo/wiki-tree/A").expect(200);
    assert!(page.all("main .page-tree a").contains(&"B x".to_owned()), "{}", page.words());
    let around = kim.get("/demo/wiki-tree/A/B?around=1").expect(200);
    assert_eq!(around.all("a[aria-current=page]"), ["B"]);
    for part in ["A", "B x", "C", "Only"] {
        assert!(around.text().contains(&format!(">{part}</bdi>")), "{part} in {}", around.text());
    }
    let shown = kim.page("A/B").expect(200);
    assert_eq!(shown.attributes("details.tree", "data-tree"), ["/demo/wiki-tree/A/B"]);
}

#[test]
fn many_pages_come_in_parts() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.demo()
        .write(Act::new(&test.operator(), Via::Command), |tx| {
            for number in 0..600 {
                let name = format!("Notes/{number:04}");
                let id = trackway::wiki::store::insert_page(tx, &name, &name.to_lowercase(), 1, None, tx.now())?;
                let text = "text";
                let (author, at, comment, via) = (None, tx.now(), "", "web");
                let new = trackway::wiki::store::NewVersion {
                    page: id,
                    version: 1,
                    author,
                    at,
                    comment,
                    via,
                    minor: false,
                    text,
                    taken: None,
                };
                trackway::wiki::store::insert_version(tx, &new)?;
            }
            Ok(())
        })
        .unwrap();
    let first = kim.get("/demo/wiki-tree/Notes?format=json").expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 250);
    let next = first["next"].as_str().unwrap();
    let next = &next[next.find("/demo").unwrap()..];
    let second = kim.get(&format!("{next}&format=json")).expect(200).json();
    assert_eq!(second["items"][0]["name"], "Notes/0250");
    let around = kim.get("/demo/wiki-tree/Notes/0599?around=1").expect(200);
    assert_eq!(around.all("a[aria-current=page]"), ["0599"]);

    let index = kim.get("/demo/wiki?action=index&format=json&page=3").expect(200).json();
    assert_eq!((index["total"].as_i64(), index["items"].as_array().map(Vec::len)), (Some(600), Some(100)));
    let page = kim.get("/demo/wiki?action=index").expect(200);
    assert!(page.words().contains("All pages 600"), "{}", page.words());
    assert_eq!(page.all("main .title-index li a").len(), 250);
}

#[test]
fn a_page_has_an_address_that_never_changes() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    kim.save_page("Plan", "text");
    let short = kim.page("Plan").expect(200).attributes("a[rel=bookmark]", "href").pop().unwrap();
    assert_eq!(kim.get(&short).expect(301).location(), "/demo/wiki/Plan");
    kim.submit("/demo/wiki/Plan?action=rename", &[("new_name", "Other")]).expect(303);
    assert_eq!(kim.get(&short).expect(301).location(), "/demo/wiki/Other");
    kim.submit("/demo/wiki/Other?action=delete", &[("comment", "")]).expect(303);
    kim.get(&short).expect(404);
}

#[test]
fn what_is_hidden_has_no_place_in_the_tree() {
    let test = TestSite::new();
    let (root, kim) = (test.user("root").member(), test.user("kim").member());
    root.save_page("Open", "text");
    root.save_page("Secret/Plan", "text");
    let subject = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    permissions::restrict(&test.demo(), Act::new(&test.operator(), Via::Command), "secret", &[subject]).unwrap();
    assert_eq!(names(&kim, "/demo/wiki-tree?format=json"), [owned("Open", true, false)]);
    assert_eq!(names(&root, "/demo/wiki-tree?format=json").len(), 2);
    kim.get("/demo/wiki-tree/Secret").expect(404);
    assert!(!kim.get("/demo/wiki-tree/Secret/Plan?around=1").text().contains("href=\"/demo/wiki/Secret"));
    assert_eq!(kim.get("/demo/wiki?action=index&format=json").json()["total"], 1);
}
