//! Stories of plain names on pages below others: each means the nearest page upward (row L04), for links, for the lists of what
//! links where, and as far as its reader sees.

use serde_json::{Value, json};
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::{Person, TestSite};

const READER: &str = "/demo/wiki/Course/Week%201/Monday";
const TEXT: &str =
    "[[Glossary]] wiki:Glossary [x](wiki:Glossary) [[Glossary#a]]\n\n[[/Glossary]] wiki:/Glossary [[./Glossary]]";

/// Where the links of a page lead, those to nothing with their sign.
fn links(person: &Person<'_>, address: &str) -> Vec<String> {
    let page = person.get(address).expect(200);
    let (hrefs, classes) = (page.attributes("#text a", "href"), page.attributes("#text a", "class"));
    let missing = page.all("#text a.missing").len();
    assert_eq!(classes.iter().filter(|class| *class == "missing").count(), missing);
    let strip = |href: &String| href.strip_prefix("/demo/wiki/").unwrap_or(href).to_owned();
    hrefs.iter().map(strip).collect()
}

fn linked_from(person: &Person<'_>, name: &str) -> Vec<String> {
    let answer = person.get(&format!("/demo/wiki/{name}?action=backlinks&format=json")).expect(200).json();
    let titles = answer["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned());
    let titles: Vec<String> = titles.collect();
    assert_eq!(answer["total"], titles.len());
    titles
}

fn report(person: &Person<'_>, name: &str) -> Vec<String> {
    let answer = person.get(&format!("/demo/wiki-report/{name}?format=json")).expect(200).json();
    let named = |item: &Value| item["name"].as_str().unwrap().to_owned();
    answer["items"].as_array().unwrap().iter().map(named).collect()
}

fn remove(person: &Person<'_>, name: &str) {
    let address = format!("/demo/wiki/{name}");
    let version = person.get(&format!("{address}?format=json")).expect(200).json()["version"].clone();
    person.post_json(&address, &json!({ "action": "delete", "version": version })).expect(200);
}

#[test]
fn a_plain_name_means_the_nearest_page_that_is_there() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    kim.save_page("Glossary", "top").expect(303);
    kim.save_page("Course/Week 1/Monday", TEXT).expect(303);
    let near = |name: &str| {
        let own = "Course/Week%201/Monday/Glossary";
        [name, name, name, &format!("{name}#a"), "Glossary", "Glossary", own].map(str::to_owned).to_vec()
    };
    assert_eq!(links(&kim, READER), near("Glossary"));
    assert_eq!(linked_from(&kim, "Glossary"), ["Course/Week 1/Monday"]);
    for (name, title) in
        [("Course/Glossary", "Course/Glossary"), ("Course/Week 1/Glossary", "Course/Week%201/Glossary")]
    {
        kim.save_page(name, "nearer").expect(303);
        assert_eq!(links(&kim, READER), near(title));
        assert_eq!(linked_from(&kim, title), ["Course/Week 1/Monday"]);
    }
    // The top is asked for by name, so it is linked to all the same; the one between is not.
    assert_eq!(linked_from(&kim, "Glossary"), ["Course/Week 1/Monday"]);
    assert!(linked_from(&kim, "Course/Glossary").is_empty());
    assert!(report(&kim, "orphaned").contains(&"Course/Glossary".to_owned()));
    remove(&kim, "Course/Week%201/Glossary");
    assert_eq!(links(&kim, READER), near("Course/Glossary"));
    assert_eq!(linked_from(&kim, "Course/Glossary"), ["Course/Week 1/Monday"]);
    assert!(!report(&kim, "orphaned").contains(&"Course/Glossary".to_owned()));
    // A page that has moved away still has its address.
    let moved = json!({ "action": "rename", "new_name": "Elsewhere", "redirect": "1", "version": "1" });
    kim.post_json("/demo/wiki/Course/Glossary", &moved).expect(201);
    assert_eq!(links(&kim, READER), near("Elsewhere"));
    assert_eq!(linked_from(&kim, "Elsewhere"), ["Course/Week 1/Monday"]);
    // On a ticket there is nothing to be near to.
    kim.post_json("/demo/newticket", &json!({ "summary": "One", "description": "[[Glossary]]" })).expect(201);
    assert!(kim.get("/demo/ticket/1").text().contains("href=\"/demo/wiki/Glossary\""));
}

#[test]
fn what_is_not_there_is_wished_for_beside_or_by_its_path() {
    let test = TestSite::new();
    let kim = test.user("kim").member().can("WIKI_ADMIN");
    kim.save_page("Course/Week 1/Monday", "[[Nothing]] [[Course/Rules]] [[week 1/Tuesday]]").expect(303);
    let wishes = ["Course/Week%201/Nothing", "Course/Rules", "Course/week%201/Tuesday"];
    assert_eq!(links(&kim, READER), wishes);
    assert_eq!(report(&kim, "wanted"), ["course/rules", "course/week 1/nothing", "course/week 1/tuesday"]);
    assert_eq!(report(&kim, "dead-links").len(), 3);
    let missing = kim.get("/demo/wiki/Course/Rules").expect(404);
    assert!(missing.words().contains("1"), "{}", missing.words());
    kim.save_page("Nothing", "at the top").expect(303);
    assert_eq!(links(&kim, READER)[0], "Nothing");
    assert_eq!(report(&kim, "wanted"), ["course/rules", "course/week 1/tuesday"]);
    remove(&kim, "Nothing");
    assert_eq!(report(&kim, "wanted").len(), 3);
}

#[test]
fn a_nearer_page_that_is_hidden_is_none() {
    let test = TestSite::new();
    let root = test.user("root").member().can("WIKI_ADMIN");
    let lee = test.user("lee").member();
    root.save_page("Plan", "open").expect(303);
    root.save_page("Team/Notes", "[[Plan]] [[Team/Plan/More]]").expect(303);
    let before = (links(&lee, "/demo/wiki/Team/Notes"), lee.page("Team/Notes").expect(200).main());
    let lists = || {
        let names = ["wanted", "orphaned", "dead-links"];
        (linked_from(&lee, "Plan"), names.map(|name| report(&lee, name)))
    };
    let listed = lists();
    let subject = permissions::subject(&test.site, &test.demo(), "root").unwrap();
    let operator = test.operator();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "team/plan", &[subject]).unwrap();
    root.save_page("Team/Plan", "hidden").expect(303);
    root.save_page("Team/Plan/More", "hidden").expect(303);
    assert_eq!(links(&root, "/demo/wiki/Team/Notes"), ["Team/Plan", "Team/Plan/More"]);
    let now = (links(&lee, "/demo/wiki/Team/Notes"), lee.page("Team/Notes").expect(200).main());
    assert_eq!(now.0, before.0);
    for (now, before) in now.1.lines().zip(before.1.lines()) {
        assert_eq!(now, before);
    }
    assert_eq!(lists(), listed);
    assert!(linked_from(&root, "Plan").is_empty());
}

#[test]
fn links_that_an_older_program_saved_are_made_again() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Course/Plan", "x").expect(303);
    kim.save_page("Course/Monday", "[[Plan]]").expect(303);
    let demo = test.demo();
    let old = "delete from link where target = 'course/plan'";
    demo.db().write(|db| Ok(db.execute(old, [])?)).unwrap();
    assert!(linked_from(&kim, "Course/Plan").is_empty());
    trackway::wiki::relink::refresh(&test.site, &demo, &test.operator()).unwrap();
    assert_eq!(linked_from(&kim, "Course/Plan"), ["Course/Monday"]);
}
