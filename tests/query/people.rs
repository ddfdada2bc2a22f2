//! The form for people: what it finds, what is wrong in it and where, and that it comes back as it was read.

use trackway::query::people::{self, Slip};
use trackway::query::{Query, from_address, from_either, from_text, from_typed};
use trackway::ticket::fields::Fields;

use super::random::Dice;
use super::world::viewer;
use super::{World, examples};

fn read(text: &str) -> Query {
    people::query(&Fields::BUILT_IN, None, text).unwrap_or_else(|slips| panic!("{text}: {slips:?}"))
}

#[test]
fn what_people_write_finds_what_they_mean() {
    let world = examples();
    for (text, ids) in [
        ("status:new", "1 5"),
        ("status:new,assigned", "1 2 5"),
        ("status:new status:assigned", ""),
        ("status:new or status:assigned", "1 2 5"),
        ("STATUS:new AND owner:kim", "1"),
        ("status:new owner:kim or component:lifts", "1 3"),
        ("(status:new or status:closed) owner:kim", "1 3"),
        ("status:new (owner:kim or owner:ada)", "1 5"),
        ("-status:closed", "1 2 4 5 6"),
        ("not status:closed and not owner:none", "1 2 5 6"),
        ("not (status:closed or owner:none)", "1 2 5 6"),
        ("-(status:new owner:kim)", "2 3 4 5 6 7"),
        ("--status:new", "1 5"),
        ("owner:me", "1 3"),
        ("owner:none", "4 7"),
        ("owner:any", "1 2 3 5 6"),
        ("-owner:any", "4 7"),
        ("owner:none,me", "1 3 4 7"),
        ("owner:\"me\"", ""),
        ("owner:~lee", "1 2 3 6"),
        ("reporter:kim,ada", "1 2 3"),
        ("cc:lee", "1"),
        ("cc:none", "2 4 5 6 7"),
        ("summary:door", "1 2"),
        ("summary:~door,^LIFT", "1 2 3"),
        ("summary:=six", "6"),
        ("summary:=Six", ""),
        ("summary:$late", "1"),
        ("-summary:door", "3 4 5 6 7"),
        ("summary:\"| & 100\"", "2"),
        ("keywords:\"red -green\"", "1"),
        ("priority:>=major", "2 3"),
        ("priority:>major", "3"),
        ("priority:<=minor", "1 5"),
        ("priority:<minor", "5"),
        ("-priority:>=major", "1 4 5 6 7"),
        ("priority:none", "4 6 7"),
        ("version:>=1.0", "1 2 3"),
        ("version:>1.0", "2 3"),
        ("version:<next", "1 2"),
        ("milestone:\"M 9\"", "6"),
        ("milestone:^done", "2 3"),
        ("milestone:none", "7 4"),
        ("status:open", "1 2 4 5 6"),
        ("is:open", "1 2 4 5 6"),
        ("is:closed,unowned", "3 4 7"),
        ("-is:closed is:unowned", "4"),
        ("is:watched", ""),
        ("created:2026-01-02", "2"),
        ("created:2026-01", "1 2 3 4 5 6 7"),
        ("created:>2026-01-05", "6 7"),
        ("created:>=2026-01-05", "5 6 7"),
        ("created:<2026-01-03", "1 2"),
        ("created:<=2026-01-03", "1 2 3"),
        ("created:2026-01-03..2026-01-04", "3 4"),
        ("created:>2026-01-02 created:<2026-01-05", "3 4"),
        ("created:=2026-01-05..", "5 6 7"),
        ("-created:2026-01-03..", "1 2"),
        ("changed:-1d", ""),
        ("changed:>\"3 days ago\"", ""),
        ("changed:2026", "1 2 3 4 5 6 7"),
        ("due:none", "1 2 3 4 5 6 7"),
        ("due:<=today", ""),
        ("id:>5", "6 7"),
        ("id:1,3-5", "1 3 4 5"),
        ("#3", "3"),
        ("3", "3"),
        ("#1,3-4 -#3", "1 4"),
        ("door", "1 2"),
        ("\"light blue\"", "1"),
        ("doors -late", "2"),
        ("back\\slash", "5"),
        ("\"back\\\\slash\"", "5"),
        ("red or six", "1 3 6"),
        ("resolution:fixed,none", "1 2 3 4 5 6"),
        ("description:markup", "5"),
        ("\"status\":new", "1 5"),
    ] {
        let query = read(text);
        let mut found: Vec<i64> = world.ids(&viewer("kim"), &query);
        found.sort_unstable();
        let mut ids: Vec<i64> = ids.split_whitespace().map(|id| id.parse().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(found, ids, "{text}");
        comes_back(&query, text);
    }
}

#[test]
fn a_list_is_ordered_and_parted_as_it_says() {
    let world = examples();
    for (text, ids) in [
        ("sort:-id", vec![7, 6, 5, 4, 3, 2, 1]),
        ("is:open sort:priority,-id", vec![2, 1, 5, 6, 4]),
        ("status:new or status:closed sort:id", vec![1, 3, 5, 7]),
        ("sort:-id max:2 page:2", vec![5, 4]),
        ("group:-status sort:id columns:id,summary show:description", vec![3, 7, 4, 6, 2, 1, 5]),
    ] {
        let query = read(text);
        assert_eq!(world.ids_on_page(&viewer("kim"), &query), ids, "{text}");
        comes_back(&query, text);
    }
}

/// Reading what any form writes gives the same tree.
pub fn comes_back(query: &Query, what: &str) {
    let (people, address, text) = (people::of_query(query), query.to_address(), query.to_text());
    assert_eq!(
        people::query(&Fields::BUILT_IN, None, &people).as_ref(),
        Ok(query),
        "{what}, in the form for people: {people}"
    );
    assert_eq!(
        from_address(&Fields::BUILT_IN, &address).ok().as_ref(),
        Some(query),
        "{what}, as an address: {address}"
    );
    assert_eq!(from_text(&Fields::BUILT_IN, &text).ok().as_ref(), Some(query), "{what}, in Trac's form: {text}");
}

#[test]
fn what_fits_into_groups_is_there_and_the_rest_beside_them() {
    for (text, address) in [
        ("status:new owner:kim", "status=new&owner=kim"),
        ("status:new or owner:kim", "status=new&or&owner=kim"),
        ("(a:x)", ""),
        ("status:new owner:kim or -component:docs", "status=new&owner=kim&or&component=!docs"),
        ("status:new (owner:kim or -component:docs)", "status=new&q=owner:kim%20or%20-component:docs"),
        ("status:new status:assigned", "status=new&q=status:assigned"),
        ("summary:~a,^b", "summary=~a&summary=^b"),
        ("-(status:new owner:kim)", "q=-(status:new%20owner:kim)"),
        ("owner:me priority:>=major", "owner=$USER&priority=%3E=major"),
        ("due:>=2026-01-01 due:<=2026-01-31", "due=%3E=2026-01-01&due=%3C=2026-01-31"),
        ("was:owner=ann -changed:status", "owner=%3C%3Cann&status=!%3E%3C.."),
        ("is:blocked rain", "is=blocked&about=rain"),
        ("created:2026-03", "time==2026-03"),
        ("sort:-priority group:owner max:5", "order=priority&desc=1&group=owner&max=5"),
        ("at:2026-03-01T12:00Z", "at=2026-03-01T12:00Z"),
    ] {
        if !address.is_empty() {
            assert_eq!(read(text).to_address(), address, "{text}");
        }
    }
    let both = from_address(&Fields::BUILT_IN, "status=new&or&owner=kim&q=component:docs").unwrap();
    assert_eq!(both.to_address(), "component=docs&q=status:new%20or%20owner:kim");
    let trac = from_text(&Fields::BUILT_IN, "priority>=major&due<=2026-01-31&created=!=2026").unwrap();
    assert_eq!(people::of_query(&trac), "priority:>=major due:<=2026-01-31 -created:2026");
}

#[test]
fn the_first_sign_decides_which_form_it_is() {
    for (text, is_for_people) in [
        ("status:new", true),
        ("status=new", false),
        ("summary~=a:b", false),
        ("summary:\"a=b\"", true),
        ("\"a=b\" status:new", true),
        ("milestone:>=1.0", true),
        ("was:owner=ann", true),
        ("rain", true),
        ("", false),
        ("or", false),
    ] {
        assert_eq!(super::query::is_for_people(text), is_for_people, "{text}");
    }
    assert!(from_either(&Fields::BUILT_IN, "?status=new").is_ok());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let place = |text: &str, slip: &Slip| slip.parts(text)[1].to_owned();
    for (text, wrong, says) in [
        ("ownr:me", "ownr", "Did you mean “owner”?"),
        ("status:new colour:red", "colour", "There is no field “colour”."),
        ("status:", "", "A value is missing here"),
        ("due:soonish", "soonish", "no date"),
        ("due:2026-02-30", "2026-02-30", "no date"),
        ("estimated:much", "much", "2h30m"),
        ("id:x", "x", "no ticket"),
        ("is:nice", "nice", "open, waiting"),
        ("summary:>a", ">a", "takes"),
        ("priority:>\"\"", ">\"\"", "compare"),
        ("(status:new", "(", "never closed"),
        ("status:new)", ")", "too many"),
        ("status:new))", ")", "too many"),
        ("()", "()", "nothing within"),
        ("status:new or", "or", "after this “or”"),
        ("or status:new", "or", "before this “or”"),
        ("and status:new", "and", "before this “and”"),
        ("status:new and", "and", "after this “and”"),
        ("not", "not", "after this “not”"),
        ("summary:\"open", "\"", "never closed"),
        ("summary:\"a\"b", "b", "quotes"),
        ("status:new owner=kim", "owner=kim", "owner:kim"),
        ("(sort:id)", "sort", "outside of brackets"),
        ("-max:3", "max", "outside of brackets"),
        ("sort:colour", "colour", "no field"),
        ("group:summary,cc", "cc", "grouped"),
        ("show:owner", "owner", "long text"),
        ("max:many", "max", "no number"),
        ("at:soonish", "soonish", "no date"),
        ("was:owner", "was:owner", "was:owner=kim"),
        ("was:time=2026", "2026", "takes"),
        ("changed:colour", "colour", "neither a date nor a field"),
        ("changed:status=soonish", "soonish", "no date"),
        ("#x", "#x", "number of a ticket"),
        (",", ",", "begins like this"),
        ("äöü ownr:me", "ownr", "owner"),
    ] {
        let slips = people::query(&Fields::BUILT_IN, None, text).err().unwrap_or_default();
        let slip = slips.first().unwrap_or_else(|| panic!("{text} was read"));
        assert_eq!(place(text, slip).trim(), wrong, "{text}: {slip:?}");
        assert!(slip.message.contains(says), "{text}: {}", slip.message);
    }
    let told = people::query(&Fields::BUILT_IN, None, "äöü ownr:me a:b").unwrap_err();
    assert_eq!(told.len(), 2, "all are told at once");
    assert!(told[0].told("äöü ownr:me a:b").ends_with("(character 5)"), "{}", told[0].told("äöü ownr:me a:b"));
}

#[test]
fn names_that_the_project_has_not_got_are_told() {
    let world = examples();
    let choices = world.choices();
    for (text, says) in [
        ("milestone:\"M 91\"", "Did you mean “M 9”"),
        ("status:asigned", "Did you mean “assigned”?"),
        ("priority:>=mayor", "Did you mean “major”"),
        ("was:component=doros", "Did you mean “doors”?"),
        ("version:3.0", "Version has no choice “3.0”."),
    ] {
        let told = from_typed(&choices, text).unwrap_err().to_string();
        assert!(told.contains(says), "{text}: {told}");
    }
    for text in ["status:NEW", "status:open,Closed", "milestone:~anything", "owner:stranger", "component:none"] {
        from_typed(&choices, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    assert_eq!(from_typed(&choices, "status:NEW").unwrap().to_address(), "status=new");
}

#[test]
fn hostile_texts_are_refused_at_once() {
    let world = examples();
    let kim = viewer("kim");
    for text in [
        "(".repeat(16_000),
        "-".repeat(16_000),
        format!("{}status:new{}", "(".repeat(200), ")".repeat(200)),
        format!("{}status:new", "not ".repeat(4_000)),
        "status:new or ".repeat(1_100),
        "a ".repeat(8_000),
        "\"".repeat(16_000),
        ":".repeat(16_000),
        "a:b ".repeat(4_000),
        format!("status:{}", "x,".repeat(7_900)),
        "x".repeat(20_000),
        "status:new\u{0}".to_owned(),
        "summary:\"'; drop table ticket; --\"".to_owned(),
        format!("{} status:new {}", "(status:new or -(owner:kim ".repeat(24), "))".repeat(24)),
    ] {
        let shown: String = text.chars().take(40).collect();
        let begun = std::time::Instant::now();
        if let Ok(query) = from_either(&Fields::BUILT_IN, &text) {
            comes_back(&query, &shown);
            world.run(&kim, &query).unwrap_or_else(|error| panic!("{shown}: {error}"));
        }
        assert!(begun.elapsed().as_secs_f32() < 1.0, "{shown}");
    }
}

#[test]
fn whatever_people_write_comes_back_from_all_forms() {
    const PIECES: [&str; 64] = [
        "status:", "owner:", "summary:", "keywords:", "priority:", "milestone:", "due:", "created:", "changed:", "id:",
        "is:", "was:", "changed:", "depends_on:", "text:", "about:", "estimated:", "description:", "type", "owner",
        "status=", "new", "open", "blocked", "kim", "me", "none", "any", "major", "2026", "-7d", "today", "..", "1",
        "12", "#3", "2h", "\"a b\"", "\"\\\"\\\\\"", "\"none\"", "\"$USER\"", ",", ",", ">=", ">", "<", "<=", "=", "~",
        "^", "$", "-", "not ", " or ", " or ", " and ", "(", "(", ")", ")", "ä", "\\", "sort:-id", "max:3",
    ];
    let mut dice = Dice(0x0dd5_ba11_0000_0003);
    let mut read = 0;
    for round in 0..40_000 {
        let mut text = String::new();
        for _ in 0..1 + dice.below(10) {
            text.push_str(dice.one_of(&PIECES));
            if dice.below(2) == 0 {
                text.push(' ');
            }
        }
        let Ok(query) = people::query(&Fields::BUILT_IN, None, &text) else { continue };
        read += 1;
        comes_back(&query, &format!("{round}: {text}"));
    }
    assert!(read > 1_500, "only {read} texts were queries");
}

impl World {
    fn ids_on_page(&self, viewer: &trackway::base::viewer::Viewer, query: &Query) -> Vec<i64> {
        self.run(viewer, query).unwrap().lines.iter().map(|line| line.id).collect()
    }
}

#[test]
fn an_index_serves_what_people_usually_ask() {
    let world = examples();
    let kim = viewer("kim");
    for text in [
        "is:open owner:me",
        "status:open priority:>=major",
        "milestone:due (priority:>=major or was:owner=kim)",
        "component:doors -is:closed sort:-changed",
        "changed:-7d",
        "created:2026-01",
        "owner:me is:blocked",
        "#1,3-5",
        "reporter:kim changed:status",
    ] {
        let plan = world.plan(&kim, &read(text));
        assert!(!plan.iter().any(|step| step == "SCAN ticket"), "{text}: {plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN ticket_value")), "{text}: {plan:#?}");
    }
    // Of an earlier moment every ticket is looked at, each once.
    for text in ["at:now is:open owner:me", "at:-7d sort:cc group:component", "at:-7d depends_on:any sort:-depends_on"]
    {
        let plan = world.plan(&kim, &read(text));
        let wide = |step: &&String| step.starts_with("SCAN ticket") || step.starts_with("SCAN then_change");
        assert!(plan.iter().filter(wide).count() <= 3, "{text}: {plan:#?}");
        let by_ticket = "SEARCH then_change USING AUTOMATIC";
        assert!(!text.contains("sort") || plan.iter().any(|step| step.starts_with(by_ticket)), "{text}: {plan:#?}");
    }
}
