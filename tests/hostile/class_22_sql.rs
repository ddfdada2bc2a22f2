//! Class 22, SQL: no value becomes a part of a statement. What breaks out of quotes would break the statement, and that shows.
//! What reports of SQL may do is tried in `report::sandbox`; that every condition of a query is bound, in `query`.

use std::collections::BTreeSet;

use super::class_05_echoes::{encoded, poisoned};
use super::nothing_in;
use super::sources::{Source, sources};
use super::state::{changed, state};
use crate::enumerator::house::{Guard, Hides, House};
use crate::enumerator::rules::{RULES, Send};
use crate::support::answer::Answer;

/// Each breaks another kind of quotes, or what is around a name or a number.
const BREAKS: &[&str] = &[
    "x'",
    "x\"",
    "x`]",
    "1) or (1=1",
    "x' or '1'='1' --",
    "id; drop table ticket",
    "1 union select hash from session",
    "%_\\",
];

fn wrong(answer: &Answer) -> Option<String> {
    if answer.status >= 500 {
        return Some(format!("{} answers {}", answer.asked, answer.status));
    }
    let text = answer.text().to_lowercase();
    let told = ["sqlite_", "sqlite3", "syntax error", "no such column", "no such table", "unrecognized token"];
    told.iter().find(|word| text.contains(**word)).map(|word| format!("{} says {word:?}", answer.asked))
}

#[test]
fn no_address_breaks_out_of_its_quotes() {
    let house = House::new(Hides::Everything);
    let before = state(&house.test);
    let admin = house.person("admin");
    let mut complaints = Vec::new();
    let mut asked = BTreeSet::new();
    let rules = RULES.iter().filter(|rule| rule.is_get() && !rule.route.contains("/live"));
    for (at, door) in rules.flat_map(|rule| rule.doors.iter().take(5)).enumerate() {
        for number in 0..3 {
            asked.extend(poisoned(door.address, BREAKS[(at + 3 * number) % BREAKS.len()]));
        }
    }
    for (place, names) in [
        (
            "/demo/query",
            "order group row col max page status owner component milestone format at report or desc groupdesc groups verbose",
        ),
        ("/demo/report", "sort asc page max format"),
        ("/demo/report/1", "sort asc page max format USER WORD"),
        ("/demo/search", "q page type sort from to author in"),
        ("/-/search", "q page type sort project"),
        ("/demo/timeline", "from daysback authors page wiki ticket"),
        ("/demo/time", "from to by person milestone ticket component sort"),
        ("/demo/chart", "chart by unit milestone of component"),
        ("/demo/calendar", "month owner component"),
        ("/demo/board", "columns rows order owner"),
        ("/demo/wiki-report/wanted", "page sort order"),
        ("/demo/milestone/M1", "by"),
        ("/-/admin/audit", "kind who since until page about"),
        ("/-/admin/accounts", "show q page sort"),
        ("/demo/wiki", "action name format"),
        ("/demo/people/suggest", "q for"),
    ] {
        for name in names.split(' ') {
            asked.extend(BREAKS.iter().map(|text| format!("{place}?{name}={}", encoded(text))));
            asked.insert(format!("{place}?{}=1", encoded(&format!("{name}'\""))));
        }
    }
    for address in &asked {
        complaints.extend(wrong(&admin.get(address)));
    }
    nothing_in(&complaints);
    assert!(asked.len() > 2000, "{}", asked.len());
    assert_eq!(changed(&before, &state(&house.test)), [] as [String; 0]);
}

#[test]
fn no_field_breaks_out_of_its_quotes() {
    let house = House::new(Hides::Everything);
    let mut complaints = Vec::new();
    for door in RULES.iter().filter(|rule| !rule.is_get()).flat_map(|rule| rule.doors.iter().take(3)) {
        let Send::Form(fields) = door.send else { continue };
        if door.address.starts_with("/-/log") || door.address == "/-/admin/settings" {
            continue;
        }
        for at in 0..fields.len() {
            let text = BREAKS[at % BREAKS.len()];
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .enumerate()
                .map(|(n, (name, value))| (*name, if n == at { text } else { *value }))
                .collect();
            complaints.extend(wrong(&house.person("admin").post_signed(door.address, &fields)));
        }
        complaints.extend(wrong(&house.post("admin", door.address, door.send, Guard::Own)));
    }
    nothing_in(&complaints);
    let tables =
        house.test.demo().read(|db| Ok(db.query_row("select count(*) from ticket", [], |row| row.get::<_, i64>(0))?));
    assert!(tables.unwrap() >= 4);
}

/// Statements are put together from parts of ours; a value in quotes of its own is not among them.
#[test]
fn no_statement_has_a_value_between_quotes() {
    const WORDS: &[&str] = &["select ", " from ", " where ", "insert into", "update ", "delete from", " order by "];
    let mut complaints = Vec::new();
    for Source { path, text } in sources() {
        for line in text.lines() {
            let says_sql = WORDS.iter().any(|word| line.contains(word));
            let quotes = ["'{", "}'", "\\\"{", "'%{"].iter().any(|quote| line.contains(quote));
            if says_sql && quotes && !ALLOWED.iter().any(|part| line.contains(part)) {
                complaints.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    nothing_in(&complaints);
}

/// Names of tables, fields, kinds and relations of our own; those of a project's own fields are letters, digits and `_`.
const ALLOWED: &[&str] = &[
    "'{kind}'",
    "'{realm}'",
    "ticket_value.field = '{name}'",
    "'{relation}'",
    "'{field}'",
    "field = '{}'",
    "\\\"{secret}",
    "\\\"{table}\\\"",
    "\\\"{quoted}\\\"",
];
