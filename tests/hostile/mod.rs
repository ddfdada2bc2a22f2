//! What somebody could try who means us ill: the classes of vulnerabilities that others really had (trackers.md e2), one file
//! each, called by its number. `cargo test hostile::class_12` asks what still leaks after a right was taken away.

mod class_01_texts;
mod class_02_names;
mod class_03_files;
mod class_04_languages;
mod class_05_echoes;
mod class_06_forgery;
mod class_07_reaching_out;
mod class_08_paths;
mod class_09_arguments;
mod class_10_git_internals;
mod class_11_scopes;
mod class_12_after_revocation;
mod class_13_swapped_ids;
mod class_14_existence;
mod class_16_more_fields;
mod class_17_redirects;
mod class_18_sessions;
mod class_19_hosts;
mod class_20_second_factors;
mod class_21_telling_apart;
mod class_22_sql;
mod class_24_growth;
mod class_25_exhaustion;
mod class_26_bombs;
mod class_28_formulas;
mod class_29_types;
mod class_30_visibility;
mod class_31_secrets;
mod class_33_history;
mod class_35_races;
mod class_36_frames;
mod judge;
mod sources;
mod state;

use std::collections::BTreeSet;

use crate::support::answer::Answer;
use judge::problem;

/// Classes that there is nothing to try of, and why.
const WITHOUT_TESTS: &[(u8, &str)] = &[
    (15, "no mail is taken in"),
    (23, "there is no directory of accounts that we ask (LDAP)"),
    (27, "no converter runs: pictures are sent as they came, and drawings are our own"),
    (32, "nothing is evaluated: templates are compiled in, texts are no templates (class 4 tries)"),
    (
        34,
        "parts of what is signed are told apart by their lengths: `web::token` tests it; mail asks whether the \
         certificate of its server is for that server: `tests/mail.rs`",
    ),
    (37, "tests/run asks for known weaknesses of what we depend on"),
    (38, "nothing is taken in from other trackers; projects of other Trackways, in `transfer.rs`"),
];
const CLASSES: u8 = 38;

#[test]
fn every_class_has_a_file_with_a_test_or_a_reason() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile");
    let mut tried = BTreeSet::new();
    let here = include_str!("mod.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(number) = name.strip_prefix("class_").and_then(|rest| rest.get(..2)) else { continue };
        let number: u8 = number.parse().unwrap();
        let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        assert!(text.contains("#[test]"), "{name} has no test");
        assert!(text.starts_with(&format!("//! Class {number}, ")), "{name} says no class");
        assert!(here.contains(&format!("mod {};", name.trim_end_matches(".rs"))), "{name} is not among the tests");
        assert!(tried.insert(number), "two files for class {number}");
    }
    let reasons: BTreeSet<u8> = WITHOUT_TESTS.iter().map(|(number, _)| *number).collect();
    let missing: Vec<u8> =
        (1..=CLASSES).filter(|number| !tried.contains(number) && !reasons.contains(number)).collect();
    assert!(missing.is_empty(), "classes that nobody tries: {missing:?}");
    assert_eq!(tried.intersection(&reasons).count(), 0, "what is tried needs no reason not to be");
}

/// Takes note of what is wrong with an answer.
fn judged(complaints: &mut Vec<String>, answer: &Answer) {
    if answer.status >= 500 {
        complaints.push(format!("{} answers {}", answer.asked, answer.status));
    }
    if let Some(problem) = problem(answer) {
        complaints.push(format!("{}: {problem}", answer.asked));
    }
}

#[track_caller]
fn nothing_in(complaints: &[String]) {
    let first: Vec<&str> = complaints.iter().take(20).map(String::as_str).collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}\n", complaints.len(), first.join("\n"));
}
