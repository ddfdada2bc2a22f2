//! Stories of what helps to write and to look after a wiki: templates, sidebars and footers, reports.

use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::{Person, TestSite};

fn editor(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("WIKI_ADMIN")
}

fn typed(person: &Person<'_>, address: &str) -> String {
    let form = person.form(address, &[("text", "")]);
    drop(form);
    let page = person.get(address).expect(200);
    page.all("textarea[name=text]").pop().unwrap_or_default()
}

// Templates

#[test]
fn a_new_page_begins_with_a_template() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page(
        "PageTemplates/Minutes",
        "# {{title}}\n\nOf {{name}} below {{parent}} in {{project}} by {{user}}, {{other}}\n",
    );
    let page = kim.get("/demo/wiki/Meetings/May?action=edit").expect(200);
    assert_eq!(page.all("p.templates a"), ["Minutes"]);
    assert_eq!(typed(&kim, "/demo/wiki/Meetings/May?action=edit"), "");
    let text = typed(&kim, "/demo/wiki/Meetings/May?action=edit&template=Minutes");
    assert!(
        text.contains("# May") && text.contains("Of Meetings/May below Meetings in demo by kim, {{other}}"),
        "{text}"
    );
    let missing = kim.get("/demo/wiki/Meetings/May?action=edit&template=Nothing").expect(200);
    assert!(missing.words().contains("There is no template “Nothing”."), "{}", missing.words());
    // Any page can be one, and one of them is the usual one.
    kim.save_page("Pattern", "copied");
    assert_eq!(typed(&kim, "/demo/wiki/New?action=edit&template=/Pattern").trim(), "copied");
    kim.save_page("PageTemplates/DefaultPage", "usual");
    assert_eq!(typed(&kim, "/demo/wiki/New?action=edit").trim(), "usual");
    // A page that is there keeps its own text.
    assert_eq!(typed(&kim, "/demo/wiki/Pattern?action=edit&template=Minutes").trim(), "copied");
}

// Sidebar and footer

#[test]
fn the_nearest_sidebar_and_footer_stand_around_a_page() {
    let test = TestSite::new();
    let kim = editor(&test);
    kim.save_page("Guide/Install/Linux", "text");
    assert_eq!(kim.page("Guide/Install/Linux").expect(200).all(".page-sidebar").len(), 0);
    kim.save_page("_Sidebar", "top [[./Guide]]");
    kim.save_page("_Footer", "foot of all");
    kim.save_page("Guide/_Sidebar", "beside the guide, [[../Guide/Install/Linux]]");
    let page = kim.page("Guide/Install/Linux").expect(200);
    assert!(page.all(".page-sidebar")[0].contains("beside the guide"), "{}", page.text());
    assert!(page.all(".page-footer")[0].contains("foot of all"));
    kim.save_page("Other", "text");
    assert!(kim.page("Other").expect(200).all(".page-sidebar")[0].contains("top"));
    assert_eq!(kim.page("_Sidebar").expect(200).all(".page-sidebar").len(), 0);
    // Who may not see the nearest one gets the next.
    let subject = permissions::subject(&test.site, &test.demo(), "kim").unwrap();
    permissions::restrict(&test.demo(), Act::new(&test.operator(), Via::Command), "guide/_sidebar", &[subject])
        .unwrap();
    let lee = test.user("lee").member();
    assert!(lee.page("Guide/Install/Linux").expect(200).all(".page-sidebar")[0].contains("top"));
}

// Reports

fn names(person: &Person<'_>, report: &str) -> Vec<String> {
    let rows = person.get(&format!("/demo/wiki-report/{report}?format=json")).expect(200).json();
    rows["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn reports_name_what_is_to_be_looked_after_as_far_as_a_viewer_sees_it() {
    let test = TestSite::new();
    let root = test.user("root").member().can("WIKI_ADMIN");
    let kim = test.user("kim").member();
    root.save_page("WikiStart", "[[A]] [[Wished]] [[Wished|again]] [[Secret/Plan]]");
    root.save_page("A", "[[Wished]] [[WikiStart]]");
    root.save_page("Alone", "[[Alone]]");
    root.save_page("Secret/Plan", "[[Secret/Wish]] [[Alone]]");
    root.submit("/demo/wiki/A?action=rename", &[("new_name", "B"), ("redirect", "1")]).expect(303);
    let subject = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    permissions::restrict(&test.demo(), Act::new(&test.operator(), Via::Command), "secret", &[subject]).unwrap();

    assert_eq!(names(&root, "wanted"), ["wished", "secret/wish"]);
    assert_eq!(names(&kim, "wanted"), ["wished", "secret/plan"]);
    assert_eq!(names(&root, "orphaned"), Vec::<String>::new());
    assert_eq!(names(&kim, "orphaned"), ["Alone"]);
    assert_eq!(names(&root, "dead-links"), ["B", "Secret/Plan", "WikiStart"]);
    assert_eq!(names(&kim, "dead-links"), ["B", "WikiStart", "WikiStart"]);
    assert_eq!(names(&kim, "redirects"), ["A"]);
    assert_eq!(names(&kim, "oldest").len(), 3);
    for report in ["wanted", "orphaned", "dead-links", "oldest", "redirects"] {
        let page = kim.get(&format!("/demo/wiki-report/{report}")).expect(200);
        assert_eq!(page.all("h1").len(), 1);
        let csv = kim.get(&format!("/demo/wiki-report/{report}?format=csv")).expect(200).text();
        assert!(csv.contains("page,other,count,time\n"), "{csv}");
        assert!(!csv.contains("Secret/Wish") && !csv.contains("secret/wish"), "{csv}");
    }
    assert_eq!(kim.get("/demo/wiki-report").expect(200).all("main dt a").len(), 5);
}
