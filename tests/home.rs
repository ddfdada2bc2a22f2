//! Pages at a glance: of one project as somebody has arranged it, of all projects, of those of a group.

use serde_json::Value as Json;
use trackway::auth::groups;
use trackway::auth::permissions::{self, Subject};
use trackway::base::event::Via;
use trackway::base::project::Act;

use crate::support::{Person, TestSite};

const HOME: &str = "/demo/home";
const ARRANGE: &str = "/demo/home/arrange";

#[track_caller]
fn file(person: &Person<'_>, fields: &[(&str, &str)]) {
    let fields: Vec<_> = fields.iter().copied().chain([("submit", "1")]).collect();
    person.post_signed("/demo/newticket", &fields).expect(303);
}

fn sql(test: &TestSite, sql: &str) {
    test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
}

/// The words of a box of that kind.
#[track_caller]
fn boxed(person: &Person<'_>, kind: &str) -> String {
    person.get(HOME).expect(200).all(&format!(".glance-{kind}")).join(" ")
}

#[test]
fn my_tickets_come_by_priority_and_what_nobody_has_can_be_taken() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    file(&kim, &[("field_summary", "Paint the fence"), ("field_priority", "minor"), ("field_owner", "kim")]);
    file(&kim, &[("field_summary", "The roof leaks"), ("field_priority", "blocker"), ("field_owner", "kim")]);
    file(&kim, &[("field_summary", "Doors open too late")]);

    let mine = boxed(&kim, "mine");
    let place = |text: &str| mine.find(text).unwrap_or_else(|| panic!("{text} is not in {mine}"));
    assert!(place("The roof leaks") < place("Paint the fence"));
    assert!(!mine.contains("Doors"));
    let page = kim.get(HOME).expect(200);
    assert!(page.all(".glance-unowned td.col-summary")[0].contains("Doors open too late"));

    let take = page.attributes(".glance-unowned button", "formaction");
    let action = page.attributes(".glance-unowned button", "value");
    let taken = kim.post_signed(&take[0], &[("action", &action[0])]).expect(303);

    assert_eq!(taken.location(), HOME);
    assert!(boxed(&kim, "mine").contains("Doors open too late"));
    assert!(boxed(&kim, "unowned").contains("Every open ticket has an owner."));
}

#[test]
fn components_are_counted_by_state_as_far_as_one_sees_their_tickets() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let lee = test.user("lee").member();
    for component in ["Doors", "Roof"] {
        test.command(&["component", "create", "demo", component]).expect(0);
    }
    for (summary, component) in [("One", "Doors"), ("Two", "Doors"), ("Three", "Roof")] {
        file(&kim, &[("field_summary", summary), ("field_component", component)]);
    }
    file(&kim, &[("field_summary", "Secret"), ("field_component", "Doors"), ("field_private", "1")]);

    for (person, of_first) in [(&kim, 3), (&lee, 2)] {
        let page = person.get(HOME).expect(200);
        let hrefs = page.attributes(".glance-counts td a", "href");
        let numbers = page.all(".glance-counts td a");
        assert_eq!(numbers[0], of_first.to_string(), "{}", person.login);
        assert_eq!(numbers.len(), 2);
        for (href, number) in hrefs.iter().zip(&numbers) {
            let json: Json = person.get(&format!("{href}&format=json")).expect(200).json();
            assert_eq!(json["total"].to_string(), *number, "{href}");
        }
    }
}

#[test]
fn bookmarks_and_reminders_stand_there_and_a_ticket_is_filed_in_a_line() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.submit(HOME, &[("field_summary", "Doors open too late"), ("field_owner", "kim")]).expect(303);
    assert!(boxed(&kim, "mine").contains("Doors open too late"));

    kim.submit("/demo/ticket/1", &[("on", "1")]).expect(303);
    kim.submit("/demo/ticket/1", &[("due", "2999-12-24"), ("text", "Ask <again>")]).expect(303);
    assert!(boxed(&kim, "bookmarks").contains("#1 Doors open too late"));
    assert!(boxed(&kim, "reminders").contains("Ask <again>"));

    let done = kim.submit(HOME, &[("back", "home"), ("done", "1")]).expect(303);
    assert_eq!(done.location(), HOME);
    assert!(boxed(&kim, "reminders").contains("nothing to be reminded of"));
}

#[test]
fn each_arranges_a_page_of_their_own() {
    let test = TestSite::new();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    file(&kim, &[("field_summary", "Doors open too late"), ("field_keywords", "doors")]);

    let added = kim.submit(ARRANGE, &[("new_kind", "text"), ("add", "1")]).expect(200);
    assert_eq!(added.all("fieldset.glance-row legend").len(), 8, "six boxes, the new one, one more");
    assert!(boxed(&kim, "text").is_empty(), "nothing is kept before it is saved");
    kim.post_signed(
        ARRANGE,
        &[
            ("kind_1", "query"),
            ("title_1", "Doors"),
            ("content_1", "keywords~=doors"),
            ("place_1", "2"),
            ("side_1", "main"),
            ("kind_2", "text"),
            ("title_2", ""),
            ("content_2", "Look at *this*: #1 <script>x</script>"),
            ("place_2", "1"),
            ("side_2", "aside"),
            ("kind_3", "mine"),
            ("place_3", "3"),
            ("remove_3", "1"),
            ("refresh", "5"),
            ("save", "1"),
        ],
    )
    .expect(303);

    let page = kim.get(HOME).expect(200);
    assert_eq!(page.all(".glance-main h2"), ["Doors"]);
    assert_eq!(page.all(".glance-aside h2"), ["Note"]);
    assert!(page.all(".glance-query td.col-summary")[0].contains("Doors open too late"));
    assert_eq!(page.attributes(".glance-text a", "href"), ["/demo/ticket/1"]);
    assert!(page.all(".glance-text script").is_empty());
    assert_eq!(page.header("Refresh"), Some("300"));
    assert!(lee.get(HOME).expect(200).all(".glance-text").is_empty(), "nobody else's page has changed");
    assert_eq!(lee.get(HOME).header("Refresh"), None);

    kim.submit(ARRANGE, &[("reset", "1")]).expect(303);
    assert_eq!(kim.get(HOME).all(".glance-main h2"), lee.get(HOME).all(".glance-main h2"));
}

#[test]
fn what_can_not_be_shown_is_said_with_everything_typed() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let long = "x".repeat(101);
    let refused = kim
        .post_signed(
            ARRANGE,
            &[
                ("kind_1", "chart"),
                ("title_1", &long),
                ("content_1", " "),
                ("place_1", "first"),
                ("kind_2", "text"),
                ("content_2", "Kept words"),
                ("place_2", "2"),
                ("refresh", "3"),
                ("save", "1"),
            ],
        )
        .expect(422);
    assert_eq!(refused.attributes("ul.problems li", "data-field"), ["title_1", "content_1", "place_1", "refresh"]);
    assert!(refused.text().contains(&long) && refused.text().contains("Kept words"));
    assert!(kim.get(HOME).expect(200).all(".glance-text").is_empty());

    let many: Vec<(String, String)> = (1..=25)
        .flat_map(|at| [(format!("kind_{at}"), "mine".to_owned()), (format!("place_{at}"), at.to_string())])
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = kim.post_signed(ARRANGE, &many).expect(422);
    assert!(refused.words().contains("at most 24 boxes"));
    // A box that no longer makes sense does not take the page down.
    kim.post_signed(ARRANGE, &[("kind_1", "query"), ("content_1", "nonsense=1)]] {{ 7 }}"), ("place_1", "1")])
        .expect(303);
    kim.get(HOME).expect(200);
}

#[test]
fn who_may_do_everything_arranges_for_those_who_have_not() {
    let test = TestSite::new();
    let (ada, kim) = (test.admin("ada"), test.user("kim").member());
    let everybody = [("kind_1", "text"), ("content_1", "Welcome to the course"), ("place_1", "1"), ("save", "1")];

    kim.post_signed("/demo/home/arrange?whose=everybody", &everybody).expect(403);
    ada.post_signed("/demo/home/arrange?whose=everybody", &everybody).expect(303);

    let told = "select count(*) from event where kind = 'home.arranged'";
    let told: i64 = test.demo().read(|db| Ok(db.query_row(told, [], |row| row.get(0))?)).unwrap();
    assert_eq!(told, 1);
    assert!(boxed(&kim, "text").contains("Welcome to the course"));
    kim.post_signed(ARRANGE, &[("kind_1", "mine"), ("place_1", "1"), ("save", "1")]).expect(303);
    assert!(boxed(&kim, "text").is_empty());
}

#[test]
fn anonymous_readers_see_what_is_everybodys() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    file(&kim, &[("field_summary", "Doors open too late")]);
    let page = test.anonymous().get(HOME).expect(200);
    assert!(page.words().contains("Doors open too late"));
    assert!(page.all(".glance-mine, .glance-bookmarks, .glance-reminders, .glance-unowned button").is_empty());
    let asked = test.anonymous().get(ARRANGE).expect(303);
    assert!(asked.location().starts_with("/-/login"));
}

#[test]
fn an_instructor_sees_the_projects_of_a_group_in_one_table() {
    let test = TestSite::new();
    let (ann, kim) = (test.user("ann"), test.user("kim").member());
    test.group("course", &["ann"]);
    test.project("other", false);
    for project in ["demo", "other"] {
        let project = test.site.project(&test.row(project)).unwrap();
        let (id, name) = test.site.read(|db| groups::find(db, "course")).unwrap().unwrap();
        let operator = test.operator();
        let by = Act::new(&operator, Via::Command);
        permissions::grant(&project, by, &Subject::Group { id, name }, &["members".to_owned()]).unwrap();
    }
    test.project("third", true);
    file(&kim, &[("field_summary", "Late"), ("field_due", "2999-01-02"), ("field_owner", "kim")]);
    file(&kim, &[("field_summary", "Ann's"), ("field_owner", "ann")]);
    sql(&test, "update ticket set due = '2026-01-02' where id = 1");

    let table = |address: &str| -> Vec<(String, Json, Json, Json)> {
        let json: Json = ann.get(address).expect(200).json();
        let items = json["items"].as_array().unwrap();
        items
            .iter()
            .map(|one| {
                (
                    one["name"].as_str().unwrap().to_owned(),
                    one["open"].clone(),
                    one["overdue"].clone(),
                    one["mine"].clone(),
                )
            })
            .collect()
    };
    let row =
        |name: &str, open: i64, overdue: i64, mine: i64| (name.to_owned(), open.into(), overdue.into(), mine.into());
    assert_eq!(table("/-/home?group=course&format=json"), [row("demo", 2, 1, 1), row("other", 0, 0, 0)]);
    let names: Vec<String> = table("/-/home?format=json").into_iter().map(|one| one.0).collect();
    assert_eq!(names, ["demo", "other", "third"]);

    let page = ann.get("/-/home").expect(200);
    assert!(page.words().contains("#2 Ann's"), "{}", page.words());
    assert!(page.all("nav.tabs a").contains(&"course".to_owned()));
    // That there is such a group is nobody else's business.
    let hidden = kim.get("/-/home?group=course").expect(404);
    assert_eq!(hidden.text(), kim.get("/-/home?group=nobodys").expect(404).text());
    assert_eq!(kim.get("/-/home").expect(200).all(".glance-projects tbody th"), ["demo", "third"]);
}
