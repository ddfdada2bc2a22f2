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
                   and wished = 1 and not exists (select 1 from page where page.folded = link.target)
                   and not exists (select 1 from json_each(link.nearer) as nearer
                                   join page on page.folded = nearer.value)",
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

#[test]
fn every_macro_is_known_by_its_example_and_every_kind_of_field_is_told() {
    let test = filled();
    let kim = test.user("kim").member();
    let all: Vec<_> = COMPONENTS.iter().flat_map(|component| component.macros()).collect();
    for one in &all {
        kim.save_page("Example", one.example);
        let shown = kim.page("Example").expect(200);
        assert!(!shown.words().contains("there is no macro of this name"), "{}", one.example);
    }
    let fields = test.anonymous().get("/demo/wiki/Manual/Fields").expect(200).words();
    for kind in trackway::ticket::own_fields::OwnKind::ALL {
        assert!(fields.contains(&kind.doc().replace('`', "")), "Manual/Fields does not tell of {}", kind.name());
    }
    let reference = test.anonymous().get("/demo/wiki/Manual/Reference").expect(200).words();
    for permission in COMPONENTS.permissions() {
        assert!(reference.contains(permission.doc.replace('`', "").as_str()), "{}", permission.name);
    }
    for setting in COMPONENTS.settings() {
        assert!(reference.contains(setting.name), "{}", setting.name);
    }
}

#[test]
fn a_newer_program_brings_the_pages_up_to_date_that_nobody_has_changed() {
    let test = filled();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    let text = |name: &str| kim.get(&format!("/demo/wiki/{name}?format=txt")).expect(200).text();
    let ours = |name: &str| defaults::pages().into_iter().find(|(own, _)| own == name).unwrap().1;
    // As an older program wrote them.
    let age = |db: &rusqlite::Connection| {
        db.execute("update page_version set text = 'older'", [])?;
        db.execute("delete from page_version where page = (select id from page where name = 'Manual/Keys')", [])?;
        db.execute("delete from page where name = 'Manual/Keys'", [])?;
        db.execute("delete from setting where name = 'manual'", [])?;
        Ok(())
    };
    test.demo().db().write(age).unwrap();
    kim.save_page("Manual/Text", "our own words");
    kim.submit("/demo/wiki/Manual/Links?action=delete", &[("comment", "")]).expect(303);

    let said = test.command(&["upgrade"]);

    // The folder is in use by this test, as it is by a server: the same is done by whoever may be alone.
    assert_eq!(said.status, 1);
    let operator = test.operator();
    let by = Act::new(&operator, Via::System);
    assert!(defaults::refresh(&test.site, &test.demo(), by).unwrap() > 20);
    assert_eq!(text("Manual"), ours("Manual"));
    assert_eq!(text("Manual/Keys"), ours("Manual/Keys"), "a page that is new comes along");
    assert_eq!(text("Manual/Text"), "our own words");
    assert_eq!(kim.get("/demo/wiki/Manual/Links").status, 404, "what was deleted stays so");
    assert_eq!(defaults::refresh(&test.site, &test.demo(), by).unwrap(), 0);
    assert_eq!(kim.get("/demo/wiki/Manual?action=history&format=json").json()["total"], 2);
}
