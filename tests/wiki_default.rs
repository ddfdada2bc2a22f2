//! The pages that a new project begins with: they stand up to what they teach.

use trackway::app::COMPONENTS;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::wiki::defaults;

use crate::support::TestSite;

fn filled() -> TestSite {
    let test = TestSite::public();
    let operator = test.operator();
    defaults::fill(&test.site, &test.demo(), Act::new(&operator, Via::System)).unwrap();
    test
}

#[test]
fn every_link_of_the_default_pages_leads_somewhere() {
    let test = filled();
    let missing: Vec<(String, String)> = test
        .demo()
        .read(|db| {
            let mut statement = db.prepare(
                "select source.name, link.target from link join page as source on source.id = link.source_id
                 where link.source_kind = 'page' and link.target_kind = 'page'
                   and not exists (select 1 from page where page.folded = link.target)",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();

    assert_eq!(missing, []);
}

#[test]
fn every_default_page_shows_without_a_box_or_a_missing_link() {
    let test = filled();
    let reader = test.anonymous();
    for (name, _) in defaults::pages() {
        let page = reader.get(&format!("/demo/wiki/{}", name.replace(' ', "%20")));
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.all("article .macro-box"), Vec::<String>::new(), "{name}");
        assert_eq!(page.all("article .missing"), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_macro_and_every_link_kind_has_a_place_in_the_manual() {
    let all: String = defaults::pages().into_iter().map(|(_, text)| text).collect();
    for component in COMPONENTS.iter() {
        for one in component.macros() {
            assert!(all.contains(&format!("[[{}", one.name)), "the manual does not show [[{}]]", one.name);
        }
        for kind in component.link_kinds() {
            let shown = kind.prefixes.iter().any(|prefix| all.contains(&format!("{prefix}:")))
                || kind.prefixes.contains(&"user") && all.contains("`@");
            assert!(shown, "the manual does not show {}:", kind.prefixes[0]);
        }
    }
}
