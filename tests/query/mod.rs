//! Questions to the tickets: both written forms, what they find, in which order, for whom, and how fast an index makes them.

mod dates;
mod history;
mod outputs;
mod people;
mod random;
mod world;

use rusqlite::params_from_iter;
use rusqlite::types::Value;
use trackway::base::component::{Component, ListPlace};
use trackway::base::error::Error;
use trackway::base::viewer::{TRAC_ADMIN, Viewer};
use trackway::query::{self, Column, Query, from_address, from_either, from_text};
use trackway::ticket::TICKET_VIEW;
use trackway::ticket::asked;
use trackway::ticket::fields::{Choices, FIELDS, Fields};

use crate::support::{TestSite, count_tickets};
use world::{Ticket, World, viewer};

/// Seven tickets in which every example of the rows finds something.
fn examples() -> World {
    let world = World::new();
    world.people(&[("kim", "Kim Lee"), ("lee", "Ödön Lee"), ("ada", "")]);
    world.options("component", &["doors", "lifts"]);
    world.versions(&[("2.0", Some("2026-05-01")), ("1.0", Some("2025-05-01")), ("next", None)]);
    world.options("severity", &["mild", "grave"]);
    world.milestone("done late", None, Some("2026-03-01"));
    world.milestone("done early", None, Some("2026-02-01"));
    world.milestone("due", Some("2026-12-31"), None);
    world.milestone("M 10", None, None);
    world.milestone("M 9", None, None);
    let tickets = [
        Ticket {
            summary: "Doors open too late",
            status: "new",
            owner: "kim",
            reporter: "ada",
            priority: "minor",
            component: "doors",
            milestone: "due",
            version: "1.0",
            keywords: "red, light blue",
            cc: &["lee", "ada"],
            day: "2026-01-01",
            ..Ticket::default()
        },
        Ticket {
            summary: "doors squeak | & 100%_",
            status: "assigned",
            owner: "lee",
            reporter: "kim",
            priority: "major",
            component: "doors",
            milestone: "done late",
            version: "2.0",
            keywords: "green",
            day: "2026-01-02",
            ..Ticket::default()
        },
        Ticket {
            summary: "LIFT stops",
            status: "closed",
            resolution: "fixed",
            owner: "kim",
            reporter: "kim",
            priority: "blocker",
            component: "lifts",
            milestone: "done early",
            version: "next",
            keywords: "red green",
            cc: &["kim"],
            day: "2026-01-03",
            ..Ticket::default()
        },
        Ticket {
            summary: "ÄRGER im Aufzug",
            status: "reopened",
            reporter: "lee",
            day: "2026-01-04",
            ..Ticket::default()
        },
        Ticket {
            summary: "!~odd",
            status: "new",
            owner: "ada",
            priority: "trivial",
            milestone: "M 10",
            description: "back\\slash and <b>markup</b>",
            day: "2026-01-05",
            ..Ticket::default()
        },
        Ticket {
            summary: "six",
            status: "accepted",
            owner: "lee",
            milestone: "M 9",
            day: "2026-01-06",
            ..Ticket::default()
        },
        Ticket { summary: "seven", status: "closed", resolution: "wontfix", day: "2026-01-07", ..Ticket::default() },
    ];
    for ticket in &tickets {
        world.ticket(ticket);
    }
    world
}

#[test]
fn the_examples_of_the_rows_find_what_they_say() {
    let world = examples();
    for (row, address, ids) in [
        ("Q02 all", "", "1 2 3 4 5 6 7"),
        ("Q02 values are alternatives", "status=new&status=assigned", "1 2 5"),
        ("Q02 fields narrow", "status=new&owner=kim", "1"),
        ("Q02 groups", "owner=ada&or&component=lifts", "3 5"),
        ("Q02 fields in any order", "status=new&owner=kim&status=closed", "1 3"),
        ("Q03 not", "status=!closed", "1 2 4 5 6"),
        ("Q03 contains", "summary=~door", "1 2"),
        ("Q03 contains not", "summary=!~door", "3 4 5 6 7"),
        ("Q03 begins", "summary=^doors s", "2"),
        ("Q03 begins not", "summary=!^door", "3 4 5 6 7"),
        ("Q03 ends", "summary=$late", "1"),
        ("Q03 ends not", "summary=!$late", "2 3 4 5 6 7"),
        ("Q03 a bar is a letter", "summary=~k | %26", "2"),
        ("Q03 nothing is a pattern", "summary=~0%25_", "2"),
        ("Q03 nothing is a pattern", "summary=~%25", "2"),
        ("Q05 neither", "status=!new&status=!closed", "2 4 6"),
        ("Q05 some and not others", "summary=~door&summary=!~late", "2"),
        ("Q06 contains in any case", "summary=~LIFT&or&summary=^SEV&or&summary=$X", "3 6 7"),
        ("Q06 in any case of any alphabet", "summary=~ärger im AUF", "4"),
        ("Q06 equal is exact", "summary=six", "6"),
        ("Q06 equal is exact", "summary=Six", ""),
        ("Q06 equal is exact", "status=New", ""),
        ("Q06 equal is exact", "owner=Kim", ""),
        ("Q06 none is empty", "owner=", "4 7"),
        ("Q06 none is empty", "owner=!", "1 2 3 5 6"),
        ("Q06 none is empty", "owner=!kim", "2 4 5 6 7"),
        ("Q06 none is empty", "owner=!kim&owner=!", "2 5 6"),
        ("Q06 none is empty", "resolution=&resolution=fixed", "1 2 3 4 5 6"),
        ("Q06 none is empty", "milestone=!~m", "1 2 3 4 7"),
        ("Q06 none is empty", "cc=", "2 4 5 6 7"),
        ("Q06 names contain", "owner=~LEE", "1 2 3 6"),
        ("Q06 names contain", "owner=~ödö", "2 6"),
        ("Q06 names contain", "milestone=^done", "2 3"),
        ("Q06 names contain", "priority=~or", "1 2"),
        ("Q06 nobody has that name", "owner=nobody", ""),
        ("Q06 nobody has that name", "owner=!nobody&status=!gone&milestone=!M 11", "1 2 3 4 5 6 7"),
        ("Q07 nothing contained is no condition", "summary=~&status=closed", "3 7"),
        ("Q07 nothing contained is no condition", "summary=~", "1 2 3 4 5 6 7"),
        ("Q07 nothing contained is no group", "status=closed&or&summary=~&owner=^", "3 7"),
        ("Q08 all words", "keywords=~red green", "3"),
        ("Q08 one word", "keywords=~red", "1 3"),
        ("Q08 not that word", "keywords=~red -green", "1"),
        ("Q08 a phrase", "keywords=~\"light blue\"", "1"),
        ("Q08 a phrase", "keywords=~\"blue light\"", ""),
        ("Q08 negated", "keywords=!~red green", "1 2 4 5 6 7"),
        ("Q08 people", "cc=~lee ada", "1"),
        ("Q08 people", "cc=~lee -ada", "3"),
        ("Q08 people", "cc=~\"kim lee\"", "3"),
        ("Q08 people", "cc=lee", "1"),
        ("Q08 people", "cc=!lee", "2 3 4 5 6 7"),
        ("Q09 ids", "id=1,3-5", "1 3 4 5"),
        ("Q09 ids", "id=3:5", "3 4 5"),
        ("Q09 ids", "id=!1-5", "6 7"),
        ("Q09 ids", "id=2&id=4,4,3-4", "2 3 4"),
        ("Q09 ids", "id=!1&id=!3-99999999999999999999", "2"),
        ("Q10 between", "time=2026-01-02..2026-01-04", "2 3"),
        ("Q10 open", "time=2026-01-05..", "5 6 7"),
        ("Q10 open", "time=..2026-01-03", "1 2"),
        ("Q10 alone", "time=2026-01-06", "6 7"),
        ("Q10 not", "time=!2026-01-02..2026-01-06", "1 6 7"),
        ("Q10 not", "time=!2026-01-06", "1 2 3 4 5"),
        ("Q10 never unset", "time=", ""),
        ("Q10 never unset", "time=!", "1 2 3 4 5 6 7"),
        ("Q10 any", "time=..", "1 2 3 4 5 6 7"),
        ("Q10 backwards", "time=2026-01-06..2026-01-02", ""),
        ("Q11 far off", "time=0000-01-01..9999-12-31", "1 2 3 4 5 6 7"),
        ("Q12 synonyms", "created=2026-01-06&modified=..tomorrow", "6 7"),
        ("Q14 whoever asks", "owner=$USER", "1 3"),
        ("Q14 whoever asks", "owner=!$USER&owner=!", "2 5 6"),
        ("Q14 whoever asks", "owner=^$USER", "1 3"),
        ("Q14 whoever asks", "summary=$USER", ""),
        ("quoted operators", "summary=\\!~odd", "5"),
        ("T03 descriptions", "description=~k\\s", "5"),
        ("T04 no such choice", "severity=mild", ""),
    ] {
        let query = from_address(&Fields::BUILT_IN, address).unwrap_or_else(|error| panic!("{row} {address}: {error}"));
        assert_eq!(world.find(&viewer("kim"), &query), ids, "{row}: {address}");
        let again = from_text(&Fields::BUILT_IN, &query.to_text())
            .unwrap_or_else(|error| panic!("{}: {error}", query.to_text()));
        assert_eq!(again, query, "{row}: {}", query.to_text());
    }
}

#[test]
fn the_text_form_finds_the_same() {
    let world = examples();
    for (text, ids) in [
        ("status=new|assigned", "1 2 5"),
        ("status!=new|closed", "2 4 6"),
        ("status=!closed&owner=kim", "1"),
        ("summary~=DOOR&summary!~=late", "2"),
        ("summary~=\\| \\&", "2"),
        ("owner=ada&or&component=lifts", "3 5"),
        ("status != closed & owner = kim", "1"),
        ("created=2026-01-06..", "6 7"),
        ("description~=back\\slash", "5"),
        ("id=1,3-5&order=id&desc=1", "5 4 3 1"),
        ("?id=1,3-5&order=id&desc=1", "5 4 3 1"),
        ("", "1 2 3 4 5 6 7"),
    ] {
        let query = from_either(&Fields::BUILT_IN, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(world.find(&viewer("kim"), &query), ids, "{text}");
    }
}

#[test]
fn an_order_knows_ranks_dates_and_names_and_puts_what_is_empty_last() {
    let world = examples();
    for (address, ids) in [
        ("", "3 2 1 5 4 6 7"),
        ("order=priority&desc=1", "4 6 7 5 1 2 3"),
        ("order=id&desc=1", "7 6 5 4 3 2 1"),
        ("order=milestone", "3 2 1 6 5 4 7"),
        ("order=milestone&desc=1", "4 7 5 6 1 2 3"),
        ("order=version", "1 2 3 4 5 6 7"),
        ("order=version&desc=1", "4 5 6 7 3 2 1"),
        ("order=owner", "5 1 3 2 6 4 7"),
        ("order=status", "1 5 2 6 4 3 7"),
        ("order=summary", "5 1 2 3 7 6 4"),
        ("order=created&desc=1", "7 6 5 4 3 2 1"),
        ("order=keywords", "2 3 1 4 5 6 7"),
        ("order=cc", "1 3 2 4 5 6 7"),
        ("order=component&order=time&desc=1", "2 1 3 7 6 5 4"),
        ("group=status&groupdesc=1&order=id", "3 7 4 6 2 1 5"),
    ] {
        let query = from_address(&Fields::BUILT_IN, address).unwrap();
        assert_eq!(world.find_ordered(&viewer("kim"), &query), ids, "{address}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (address, words) in [
        ("colour=red", "colour: There is no field “colour”."),
        ("order=colour", "order: There is no field “colour”."),
        ("col=colour", "col: There is no field “colour”."),
        ("group=colour", "group: There is no field “colour”."),
        ("group=description", "grouped"),
        ("row=owner", "row: Owner"),
        ("max=-1", "max: "),
        ("page=0", "page: "),
        ("id=~3", "id: Ticket takes numbers"),
        ("id=five", "“five”"),
        ("time=~2026", "time: Created takes a date"),
        ("time=2026-02-30", "“2026-02-30” is no date"),
        ("created=soonish", "soonish"),
        ("summary=~a%00b", "summary: "),
        ("0_owner=kim", "0_owner"),
        ("=x", "name of a field"),
    ] {
        let said = from_address(&Fields::BUILT_IN, address).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(words), "{address}: {said}");
    }
    for (text, words) in
        [("status", "“status” has no “=”"), ("=new", "no name"), ("a=1&b=2", "“b”"), ("status~~=x", "~~")]
    {
        let said = from_text(&Fields::BUILT_IN, text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(words), "{text}: {said}");
    }
}

#[test]
fn nobody_finds_everybodys_tickets_by_a_name_they_have_not_got() {
    let world = examples();
    let nobody = viewer("");
    for (address, ids) in
        [("owner=$USER", "1 2 3 4 5 6 7"), ("status=closed&owner=$USER", "3 7"), ("cc=~$USER&or&status=closed", "3 7")]
    {
        assert_eq!(world.find(&nobody, &from_address(&Fields::BUILT_IN, address).unwrap()), ids, "{address}");
    }
    assert_eq!(world.find(&nobody, &from_text(&Fields::BUILT_IN, "status!=closed&cc~=$USER").unwrap()), "1 2 4 5 6");
    assert_eq!(world.find(&viewer("kim"), &from_text(&Fields::BUILT_IN, "status!=closed&owner=$USER").unwrap()), "1");
}

#[test]
fn a_page_beyond_the_last_says_how_many_there_are() {
    let world = examples();
    let page = |address: &str| world.run(&viewer("kim"), &from_address(&Fields::BUILT_IN, address).unwrap());
    let found = page("order=id&max=3&page=3").unwrap();
    assert_eq!((found.total, found.pages, found.offset, found.lines.len()), (7, 3, 6, 1));
    let said = page("max=3&page=4").unwrap_err().to_string();
    assert!(said.contains("7 tickets") && said.contains("3 pages"), "{said}");
    assert!(page("max=3&page=999999999").is_err());
    assert_eq!(page("status=gone").unwrap().total, 0);
    assert!(page("status=gone&page=2").is_err());
    assert_eq!(page("max=0").unwrap().lines.len(), 7);
}

#[test]
fn groups_have_their_whole_count_and_go_on_over_pages() {
    let world = examples();
    let kim = viewer("kim");
    let heads = |address: &str| -> Vec<(String, usize, usize, bool)> {
        let found = world.run(&kim, &from_address(&Fields::BUILT_IN, address).unwrap()).unwrap();
        found.groups.into_iter().map(|head| (head.value, head.total, head.first, head.continued)).collect()
    };
    let head = |value: &str, total, first, continued| (value.to_owned(), total, first, continued);
    assert_eq!(heads("group=owner&order=id&max=3"), [head("ada", 1, 0, false), head("kim", 2, 1, false)]);
    assert_eq!(heads("group=owner&order=id&max=2&page=2"), [head("kim", 2, 0, true), head("lee", 2, 1, false)]);
    assert_eq!(heads("group=owner&order=id&max=3&page=2"), [head("lee", 2, 0, false), head("", 2, 2, false)]);
    assert_eq!(heads("group=owner&order=id&max=3&page=3"), [head("", 2, 0, true)]);
    let counts = world.group_counts(&kim, &from_address(&Fields::BUILT_IN, "group=status&status=!closed").unwrap());
    assert_eq!(
        counts,
        [("new", 2), ("assigned", 1), ("accepted", 1), ("reopened", 1)].map(|(name, n)| (name.to_owned(), n))
    );
}

#[test]
fn columns_are_those_that_tell_what_is_found_apart() {
    let world = examples();
    let columns = |address: &str| {
        let choices = world.choices();
        let shown = from_address(&Fields::BUILT_IN, address).unwrap().shown_columns(&choices);
        shown.into_iter().map(Column::name).collect::<Vec<_>>().join(" ")
    };
    for (address, shown) in [
        ("", "id summary owner type status priority milestone"),
        ("owner=kim", "id summary type status priority milestone component"),
        ("owner=kim&owner=lee", "id summary owner type status priority milestone"),
        ("keywords=~red&status=!closed", "id summary status keywords owner type priority"),
        ("order=time", "id summary owner type status priority time"),
        ("group=owner", "id summary type status priority milestone component"),
        ("status=new&version=!1.0&severity=!&cc=!&keywords=!", "id summary version severity keywords cc priority"),
        ("status=!new&resolution=!", "id summary status resolution owner type priority"),
        ("status=new&resolution=!", "id summary owner type priority milestone component"),
        ("status=new&or&owner=kim", "id summary owner status type priority milestone"),
        ("col=owner&col=time", "id owner time"),
        ("col=id&col=id", "id"),
    ] {
        assert_eq!(columns(address), shown, "{address}");
    }
}

#[test]
fn a_line_says_what_a_ticket_has() {
    let world = examples();
    let choices = world.choices();
    let found = world.run(&viewer("kim"), &from_address(&Fields::BUILT_IN, "id=1&row=description").unwrap()).unwrap();
    let line = &found.lines[0];
    let of_trac = FIELDS.iter().take(16).map(Column::Of);
    let cells: Vec<String> =
        std::iter::once(Column::Id).chain(of_trac).map(|column| line.cell(column, &choices)).collect();
    assert_eq!(
        cells,
        [
            "1", "Doors open too late", "ada", "kim", "", "defect", "new", "minor", "due", "doors", "1.0", "", "",
            "red light blue", "lee, ada", "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"
        ]
    );
}

#[test]
fn who_may_not_see_a_class_never_finds_or_counts_it() {
    let world = examples();
    world.exec("insert into acl (id, kind, participants) values (7, 'private', 1)");
    world.exec("update ticket set acl = 7 where id in (1, 3, 5)");
    let everybody = Viewer { classes: vec![1, 7], ..viewer("ada") };
    let outsider = viewer("ada");
    let ada = world.person("ada");
    let participant = Viewer { person: Some(ada), joined_classes: vec![7], ..viewer("ada") };
    let without = Viewer { permissions: Default::default(), ..viewer("ada") };
    let query = from_address(&Fields::BUILT_IN, "order=id").unwrap();
    assert_eq!(world.find(&everybody, &query), "1 2 3 4 5 6 7");
    assert_eq!(world.find(&outsider, &query), "2 4 6 7");
    assert_eq!(world.find(&participant, &query), "1 2 4 5 6 7");
    assert_eq!(world.find(&without, &query), "");
    assert_eq!(world.find(&outsider, &from_address(&Fields::BUILT_IN, "id=1,3&or&owner=kim&or&cc=~lee").unwrap()), "");
    let counts = |viewer: &Viewer| world.group_counts(viewer, &from_address(&Fields::BUILT_IN, "group=owner").unwrap());
    let sum = |viewer: &Viewer| counts(viewer).iter().map(|(_, count)| count).sum::<usize>();
    assert_eq!((sum(&everybody), sum(&outsider), sum(&participant), sum(&without)), (7, 4, 6, 0));
    assert!(counts(&outsider).iter().all(|(owner, _)| owner != "kim"), "{:?}", counts(&outsider));
}

#[test]
fn previous_and_next_are_those_of_the_list_as_it_is_now() {
    let world = examples();
    let kim = viewer("kim");
    let around = |list: &str, at: usize, id: i64| {
        let place = ListPlace { list: list.to_owned(), at, id };
        world.db.read(|db| query::COMPONENT.neighbours(db, &kim, &place)).unwrap()
    };
    let list = "query:status=!closed&order=id";
    let near = around(list, 1, 2).unwrap();
    assert_eq!((near.previous, near.next, near.at, near.total), (Some((1, 0)), Some((4, 2)), 1, 5));
    assert_eq!(near.href, "/query?status=!closed&order=id");
    let moved = around(list, 0, 5).unwrap();
    assert_eq!((moved.previous, moved.next, moved.at), (Some((4, 2)), Some((6, 4)), 3));
    let gone = around(list, 2, 3).unwrap();
    assert_eq!((gone.previous, gone.next, gone.at), (Some((2, 1)), Some((4, 2)), 2));
    let first = around("query:?order=id", 0, 1).unwrap();
    assert_eq!((first.previous, first.next), (None, Some((2, 1))));
    let last = around("query:order=id", usize::MAX, 7).unwrap();
    assert_eq!((last.previous, last.next), (Some((6, 5)), None));
    assert!(around("query:colour=red", 0, 1).is_none());
    assert!(around("search:doors", 0, 1).is_none());
}

#[test]
fn hostile_texts_are_refused_or_run_and_never_more() {
    let world = examples();
    let kim = viewer("kim");
    let many = |piece: &str, times: usize| piece.repeat(times);
    let texts = [
        many("status=new&or&", 10_000),
        many("summary~=a|", 10_000),
        format!("id={}", many("1,", 7_000)),
        format!("summary~={}", many("\\", 16_000)),
        format!("summary~={}|x", many("\\", 15_999)),
        many("=", 16_000),
        many("|", 16_000),
        many("a=b&", 4_000),
        "summary~='; drop table ticket; --".to_owned(),
        "summary='\"` <script>alert(1)</script>\u{202e}".to_owned(),
        "owner=\u{0}".to_owned(),
        "time=0000-00-00..9999-99-99".to_owned(),
        "time=-9999..9999-12-31T23:59:59.999999999-23:59".to_owned(),
        "time=999999999999years ago".to_owned(),
        "id=1-9223372036854775807,9223372036854775808".to_owned(),
        "max=99999999999999999999&page=18446744073709551615".to_owned(),
        format!("keywords~={}", many("-\"", 8_000)),
        format!("summary~={}", many("%", 15_000)),
    ];
    for text in &texts {
        let shown: String = text.chars().take(60).collect();
        match from_either(&Fields::BUILT_IN, text).and_then(|query| world.run(&kim, &query)) {
            Ok(found) => assert!(found.total <= 7, "{shown}"),
            Err(Error::Invalid(problems)) => assert!(!problems.is_empty() && problems.len() <= 20, "{shown}"),
            Err(other) => panic!("{shown}: {other}"),
        }
    }
    assert_eq!(world.find(&kim, &Query::default()), "1 2 3 4 5 6 7");
}

#[test]
fn the_largest_query_that_is_read_is_run() {
    let world = examples();
    let ids: Vec<String> = (0..2_000).map(|id| (2 * id + 1).to_string()).collect();
    assert_eq!(
        world.find(&viewer("kim"), &from_text(&Fields::BUILT_IN, &format!("id={}", ids.join(","))).unwrap()),
        "1 3 5 7"
    );
    let ranges: Vec<String> = (0..1_500).map(|id| format!("{}-{}", 3 * id + 1, 3 * id + 2)).collect();
    assert_eq!(
        world.find(&viewer("kim"), &from_text(&Fields::BUILT_IN, &format!("id={}", ranges.join(","))).unwrap()),
        "1 2 4 5 7"
    );
    let words: Vec<String> = (0..99).map(|word| format!("{word:x}")).collect();
    let found = from_text(&Fields::BUILT_IN, &format!("summary~=door|{}", words.join("|"))).unwrap();
    assert_eq!(world.find(&viewer("kim"), &found), "1 2 3 4 5 7");
    let one_more =
        from_text(&Fields::BUILT_IN, &format!("summary~=door|gate|{}", words.join("|"))).unwrap_err().to_string();
    assert!(one_more.contains("100 pieces"), "{one_more}");
    let values: Vec<String> = (0..1_950).map(|at| format!("kim{at}")).collect();
    assert_eq!(
        world.find(&viewer("kim"), &from_text(&Fields::BUILT_IN, &format!("owner=ada|{}", values.join("|"))).unwrap()),
        "5"
    );
    assert_eq!(
        world.find(
            &viewer("kim"),
            &from_text(&Fields::BUILT_IN, &format!("summary!=six|{}", values.join("|"))).unwrap()
        ),
        "1 2 3 4 5 7"
    );
    let groups: Vec<String> = (0..200).map(|at| format!("owner=kim{at}")).collect();
    assert_eq!(world.find(&viewer("kim"), &from_text(&Fields::BUILT_IN, &groups.join("&or&")).unwrap()), "");
    let refused = from_text(&Fields::BUILT_IN, &format!("{}&or&owner=x", groups.join("&or&"))).unwrap_err().to_string();
    assert!(refused.contains("200"), "{refused}");
}

#[test]
fn an_index_of_tickets_serves_the_usual_queries() {
    let world = examples();
    let kim = viewer("kim");
    for address in [
        "",
        "status=!closed",
        "status=!closed&owner=$USER",
        "status=!closed&cc=~$USER",
        "status=closed&order=changetime&desc=1",
        "owner=kim",
        "reporter=kim&status=!closed",
        "milestone=due",
        "milestone=due&status=closed",
        "milestone=due&group=component",
        "component=doors&status=!closed",
        "version=1.0",
        "type=defect&status=!closed",
        "severity=mild&or&owner=kim",
        "resolution=fixed",
        "priority=blocker",
        "id=1,3-5",
        "order=changetime&desc=1",
        "order=time",
        "time=2026-01-02..2026-01-04",
        "status=new&or&owner=kim",
        "order=id",
        "group=status",
    ] {
        let plan = world.plan(&kim, &from_address(&Fields::BUILT_IN, address).unwrap());
        let scanned = plan.iter().any(|step| step == "SCAN ticket");
        let in_order = address == "order=id" && !plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!scanned || in_order, "{address}: {plan:#?}");
        assert!(plan.iter().any(|step| step.contains(" ticket")), "{address}: {plan:#?}");
    }
}

#[test]
fn a_list_by_priority_is_counted_by_the_counters_and_sorts_only_what_a_page_shows() {
    let world = examples();
    let kim = viewer("kim");
    for address in ["status=!closed", "milestone=due", "priority=blocker&status=!closed", "group=status", ""] {
        let statement = world.statement(&kim, &from_address(&Fields::BUILT_IN, address).unwrap());
        let plan = world.plan_of(statement.stretches().unwrap());
        assert!(
            plan.iter().any(|step| step.starts_with("SEARCH ticket_tally USING PRIMARY KEY")),
            "{address}: {plan:#?}"
        );
        assert!(!plan.iter().any(|step| step.contains(" ticket ")), "{address}: {plan:#?}");
        let stretches = statement.in_order(&[(Some(4), 3), (None, 2)]);
        let plan = world.plan_of(statement.ids_within(&stretches[..1], 100, 0));
        assert!(plan.iter().any(|step| step.starts_with("SEARCH ticket ")), "{address}: {plan:#?}");
    }
    for address in ["component=doors", "summary=~red", "order=time", "id=1-5"] {
        let stretches = world.statement(&kim, &from_address(&Fields::BUILT_IN, address).unwrap()).stretches();
        assert!(stretches.is_none_or(|(sql, _)| !sql.contains("ticket_tally")), "{address}");
    }
}

#[test]
fn every_condition_is_bound() {
    let world = examples();
    let query = from_address(
        &Fields::BUILT_IN,
        "summary=~red'x&owner=kim'&milestone=due'&time=2026&id=4242&keywords=~blue'&cc=ada'",
    )
    .unwrap();
    let (sql, parameters) = world.statement(&viewer("kim"), &query).ids(10, 0);
    for text in ["red", "kim", "due", "4242", "blue", "ada", "2026"] {
        assert!(!sql.contains(text), "{text}: {sql}");
    }
    assert!(parameters.contains(&Value::Text("red'x".to_owned())), "{parameters:?}");
}

#[test]
fn links_mean_the_very_value() {
    assert_eq!(
        asked::href(&[("milestone", "M 1&2".to_owned()), ("status", "!closed".to_owned())]),
        "/query?milestone=M%201%262&status=!closed"
    );
    let odd = "!~$USER";
    let query =
        from_address(&Fields::BUILT_IN, &asked::href(&[("milestone", asked::exactly(odd))])["/query".len()..]).unwrap();
    assert_eq!(query.groups[0][0].values, [odd]);
    assert!(!query.groups[0][0].negated);
}

#[test]
fn the_command_lists_what_its_account_may_see() {
    let test = TestSite::new();
    test.user("kim").member();
    test.demo()
        .db()
        .write(|db| {
            db.execute_batch(
                "insert into ticket (summary, status, type, priority, keywords, created_at, changed_at)
                   values ('Doors, open', 1, 1, 4, 'red blue', 1790000000000000, 1790000000000000),
                          ('Lift', 5, 1, 6, '', 1790000000000000, 1790000000000001);",
            )?;
            Ok(db.execute_batch(&count_tickets())?)
        })
        .unwrap();
    let query = |arguments: &[&str]| test.command(&[&["query", "demo"], arguments].concat());
    assert_eq!(query(&["", "--format", "ids"]).expect(0).stdout, "1\n2\n");
    assert_eq!(query(&["status=closed", "--format", "ids"]).expect(0).stdout, "2\n");
    assert_eq!(
        query(&["?status=!closed&col=summary&col=keywords", "--format", "csv"]).expect(0).stdout,
        "id,summary,keywords\n1,\"Doors, open\",red blue\n"
    );
    let table = query(&["order=id&desc=1&max=1"]).expect(0).stdout;
    assert!(table.starts_with("id  summary") && table.contains("Lift") && !table.contains("Doors"), "{table}");
    let json: serde_json::Value =
        serde_json::from_str(&query(&["order=id&max=1", "--format", "json"]).expect(0).stdout).unwrap();
    assert_eq!((&json["total"], &json["page"]), (&2.into(), &1.into()));
    assert_eq!(json["next"], "http://127.0.0.1:8000/demo/query?order=id&max=1&page=2&format=json");
    let item = &json["items"][0];
    assert_eq!(item["id"], 1);
    assert_eq!(item["url"], "http://127.0.0.1:8000/demo/ticket/1");
    assert_eq!(item["keywords"], serde_json::json!(["red", "blue"]));
    assert_eq!(item["owner"], serde_json::Value::Null);
    assert_eq!(item["time"], "2026-09-21T14:13:20.000000Z");
    assert_eq!(query(&["owner=$USER", "--format", "ids"]).expect(0).stdout, "");
    assert!(query(&["colour=red"]).expect(1).stderr.contains("There is no field “colour”"));
    assert!(query(&["status=new&page=3"]).expect(1).stderr.contains("no page 3"));
    test.grant("kim", &[TICKET_VIEW.name]);
    assert_eq!(query(&["owner=$USER", "--as", "kim", "--format", "ids"]).expect(0).stdout, "");
    test.revoke("members", &[TICKET_VIEW.name]);
    test.user("eve").member();
    assert!(query(&["", "--as", "eve"]).expect(1).stderr.contains("TICKET_VIEW"));
}

impl World {
    fn find(&self, viewer: &Viewer, query: &Query) -> String {
        let mut ids = self.ids(viewer, query);
        if query.order.is_empty() {
            ids.sort_unstable();
        }
        ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
    }

    fn find_ordered(&self, viewer: &Viewer, query: &Query) -> String {
        self.ids(viewer, query).iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
    }

    fn ids(&self, viewer: &Viewer, query: &Query) -> Vec<i64> {
        let found = self.run(viewer, query).unwrap();
        let (count, choices) =
            (|db: &rusqlite::Connection, choices: &Choices| query::count(db, viewer, choices, query), self.choices());
        assert_eq!(self.db.read(|db| count(db, &choices)).unwrap(), found.total);
        found.lines.iter().map(|line| line.id).collect()
    }

    fn group_counts(&self, viewer: &Viewer, query: &Query) -> Vec<(String, usize)> {
        let heads = self.db.read(|db| query::group_counts(db, viewer, &self.choices_of(db), query)).unwrap();
        heads.into_iter().map(|head| (head.value, head.total)).collect()
    }

    fn plan(&self, viewer: &Viewer, query: &Query) -> Vec<String> {
        self.plan_of(self.statement(viewer, query).ids(100, 0))
    }

    fn plan_of(&self, (sql, parameters): (String, Vec<Value>)) -> Vec<String> {
        self.db
            .read(|db| {
                let mut statement = db.prepare(&format!("explain query plan {sql}"))?;
                let steps = statement.query_map(params_from_iter(parameters), |row| row.get("detail"))?;
                Ok(steps.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    fn statement(&self, viewer: &Viewer, query: &Query) -> query::compile::Statement {
        self.db.read(|db| query::compile::compile(query, db, viewer, &self.choices_of(db))).unwrap()
    }
}

#[test]
fn an_administrator_needs_no_other_right() {
    let world = examples();
    let admin = Viewer { permissions: [TRAC_ADMIN.name].into(), ..viewer("kim") };
    assert_eq!(world.find(&admin, &Query::default()), "1 2 3 4 5 6 7");
}
