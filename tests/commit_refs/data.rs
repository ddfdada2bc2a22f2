//! Real messages, compared with labels that follow a rule much like ours (`TRACKWAY_TEST_DATA/commits`).
//!
//! Where they differ, rows that count first:
//!
//! * `related to`, `relates to` and `reference` are verbs of ours: most of the rows, not all of them tagged.
//! * A noun between verb and reference may be followed by a line break or by several blanks (`fixes bug\n#3862`).
//! * Only `: - ( [ " '` may stand between verb and reference: `fix, #5148`, `fix. #681`, `ref. https://…`, `closes Ã#6643`.
//! * `fixup!` messages close nothing.
//!
//! And those that do not count:
//!
//! * `closing`, `fixing`, `resolving`, `implementing` are verbs of ours (`unlisted-keyword`).
//! * Plural nouns are nouns (`plural-prefix`), reverts only refer (`revert`), `Fixes: 9726c4770 ("…")` asks for nothing and
//!   no sign but `"` and `'` quotes (`in-quotes`), code asks for nothing (`code?`).

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use trackway::code::commit_refs::{Context, Verb, read};

use crate::support::test_data;

/// What a row is tagged with where its rule is another one than ours, or where it does not tell.
const LEFT_OUT: [&str; 5] = ["unlisted-keyword", "plural-prefix", "revert", "in-quotes", "code?"];

/// The messages alone; none where the data are to be left out.
pub fn messages() -> Option<Vec<String>> {
    Some(rows()?.into_iter().map(|row| row["message"].as_str().unwrap().to_owned()).collect())
}

fn rows() -> Option<Vec<Value>> {
    let files = ["commits/labelled.jsonl", "commits/derived.jsonl"].map(test_data);
    let mut rows = Vec::new();
    for file in files {
        for line in fs::read_to_string(file?).unwrap().lines() {
            rows.push(serde_json::from_str(line).unwrap());
        }
    }
    Some(rows)
}

struct Row {
    id: String,
    agrees: bool,
    counts: bool,
    told: String,
}

#[test]
fn real_messages_are_read_as_their_labels_say() {
    let (Some(repositories), Some(rows)) = (test_data("commits/repos.json"), rows()) else {
        return;
    };
    let repositories: Value = serde_json::from_slice(&fs::read(repositories).unwrap()).unwrap();
    let rows: Vec<Row> = rows.iter().map(|row| compare(row, &repositories)).collect();
    for row in rows.iter().filter(|row| !row.agrees) {
        println!("{} {}{}", row.id, if row.counts { "COUNTS " } else { "" }, row.told);
    }
    let share = |rows: &mut dyn Iterator<Item = &Row>| {
        let (mut agreeing, mut all) = (0_u32, 0_u32);
        for row in rows {
            all += 1;
            agreeing += u32::from(row.agrees);
        }
        (f64::from(agreeing) * 100.0 / f64::from(all.max(1)), agreeing, all)
    };
    let (of_all, agreeing, all) = share(&mut rows.iter());
    println!("all rows: {agreeing} of {all}, {of_all:.2} %");
    let (of_counting, agreeing, all) = share(&mut rows.iter().filter(|row| row.counts));
    println!("unambiguous rows: {agreeing} of {all}, {of_counting:.2} %");
    assert!(all > 1000 && of_counting >= 99.0);
}

fn compare(row: &Value, repositories: &Value) -> Row {
    let message = row["message"].as_str().unwrap();
    let own = &repositories[row["repo"].as_str().unwrap()]["own_ticket_urls"];
    let prefixes: Vec<String> = strings(own).into_iter().map(str::to_owned).collect();
    let reading = read(message, &Context { project: None, site_prefixes: &prefixes });
    let tags = strings(&row["tags"]);
    let counts = row["ambiguous"] == false && !tags.iter().any(|tag| LEFT_OUT.contains(tag));
    let mut told = String::new();
    for (name, verb) in [("closes", Verb::Close), ("refs", Verb::Refer)] {
        let expected: BTreeSet<i64> =
            row["rule"][name].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
        let found: BTreeSet<i64> = reading.asked(verb).collect();
        if expected != found {
            told += &format!("{name}: {expected:?} expected, {found:?} found; ");
        }
    }
    if !told.is_empty() {
        told += &format!("{tags:?}\n    {}", message.replace('\n', "\n    "));
    }
    Row { id: row["id"].as_str().unwrap().to_owned(), agrees: told.is_empty(), counts, told }
}

fn strings(array: &Value) -> Vec<&str> {
    array.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}
