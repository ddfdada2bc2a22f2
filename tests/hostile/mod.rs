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

use crate::support::answer::Answer;
use judge::problem;

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
