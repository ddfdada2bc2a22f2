//! What somebody could try who wants a script of theirs to run in another reader's browser (trackers.md e2, classes 1 to 5):
//! through texts, through names, through files, through the languages of diagrams and formulas, and through what answers
//! repeat of a request. Whatever comes back is read as a browser reads it, and holds nothing but what pages are made of.
//!
//! And what they could try around accounts (classes 17 to 21, 31).

mod accounts;
mod echoes;
mod files;
mod judge;
mod names;
mod renderers;
mod texts;

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
