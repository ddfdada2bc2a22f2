//! What looks as if it asked for something and does not: told to whoever writes the message, while it can be changed.

use std::ops::Range;

use super::reference::number_at;
use super::scan::{Scan, after_separator, blanks, blanks_in_line, byte_at, is_word, scan};
use super::verbs::noun_at;
use super::{Context, Verb, plain};

/// Words that people put between a verb and what it is about.
const FILLERS: [&str; 14] =
    ["the", "this", "that", "a", "for", "of", "in", "up", "number", "no", "nr", "problem", "pr", "task"];
/// Words that mean closing elsewhere, or look as if they did.
const UNKNOWN: [&str; 16] = [
    "solve", "solves", "solved", "solving", "complete", "completes", "completed", "finish", "finishes", "finished",
    "address", "addressed", "addressing", "bugfix", "hotfix", "done",
];

/// Something that was probably meant as a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Where it stands, in bytes of the message.
    pub range: Range<usize>,
    /// Why it is none, and how it would be one: to be put behind a colon.
    pub advice: String,
}

/// What in a message was probably meant to ask for something and does not, in order. A message may have any number.
pub fn near_misses(message: &str, context: &Context<'_>) -> Vec<NearMiss> {
    let text = plain::without_code_and_quotes(message);
    let found = scan(&text, context);
    let mut misses: Vec<NearMiss> = found
        .idle
        .iter()
        .filter_map(|(verb, range)| after_verb(&text, *verb, range.clone(), &found))
        .chain(bare_numbers(&text, &found))
        .chain(unknown_verbs(&text, &found))
        .collect();
    misses.sort_by_key(|miss| miss.range.start);
    misses
}

/// What follows a verb that has no reference: `fixes 12`, `closes#`, `fix the bug #12`, `Closes: [#12]`.
fn after_verb(text: &str, verb: Verb, verb_at: Range<usize>, found: &Scan) -> Option<NearMiss> {
    let word = &text[verb_at.clone()];
    let is_plain_reference = ["ref", "refs"].iter().any(|plain| word.eq_ignore_ascii_case(plain));
    if !verb.acts() && !is_plain_reference {
        return None;
    }
    let at = after_signs(text, verb_at.end)?;
    let miss = |end: usize, advice: String| Some(NearMiss { range: verb_at.start..end, advice });
    if let Some((number, end)) = bare_number(text, at) {
        return miss(end, format!("a ticket's number needs a `#` before it: `{word} #{number}`"));
    }
    if byte_at(text, at) == Some(b'#') && number_at(text, at + 1).is_none() {
        let end = at + 1 + text[at + 1..].find(|character| !is_word(character)).unwrap_or(text.len() - at - 1);
        return miss(
            end,
            "no ticket has that number: behind `#` stand digits alone, the first of them not 0".to_owned(),
        );
    }
    let at = after_fillers(text, at)?;
    // Mentions are in the order of the text.
    let next = found.steps.partition_point(|step| step.reference_at.end <= at);
    let step = found.steps.get(next).filter(|step| step.reference_at.start <= at && step.verb == Verb::Mention)?;
    miss(
        step.reference_at.end,
        format!(
            "this only mentions {}; between the verb and the ticket stands too much: `{word} {}`",
            step.target, step.target
        ),
    )
}

/// Behind blanks and any signs that people put there; none beyond a blank line.
fn after_signs(text: &str, at: usize) -> Option<usize> {
    let mut at = at;
    let mut breaks = 0;
    for _ in 0..4 {
        let gap = blanks(text, at)?;
        breaks += gap.breaks;
        let has_sign = byte_at(text, gap.end).is_some_and(|byte| b":-([\"'=,.".contains(&byte));
        at = gap.end + usize::from(has_sign);
        if !has_sign {
            break;
        }
    }
    (breaks <= 1).then_some(at)
}

/// Behind up to three words that say nothing, and the signs between them.
fn after_fillers(text: &str, at: usize) -> Option<usize> {
    let mut at = at;
    for _ in 0..3 {
        let end = at + text[at..].find(|character| !is_word(character)).unwrap_or(text.len() - at);
        let is_filler = FILLERS.iter().any(|filler| text[at..end].eq_ignore_ascii_case(filler));
        if !is_filler && noun_at(text, at) != Some(end) {
            break;
        }
        at = after_signs(text, end)?;
    }
    Some(at)
}

/// A number that may be a ticket's: not `1.5`, `32-bit`, `50 %` or the number of things, as in `12 bugs`.
fn bare_number(text: &str, at: usize) -> Option<(i64, usize)> {
    let (number, end) = number_at(text, at)?;
    let mut rest = text[end..].chars();
    match rest.next() {
        Some('.' | ',' | ':') if rest.next().is_some_and(|next| next.is_ascii_digit()) => return None,
        Some('-') if rest.next().is_some_and(char::is_alphanumeric) => return None,
        Some('%' | '_' | '/' | '°') => return None,
        _ => {}
    }
    let next = &text[blanks_in_line(text, end)..];
    let word: String = next.chars().take_while(|character| is_word(*character)).take(40).collect();
    let is_many = next.starts_with('%') || word.chars().count() > 3 && word.ends_with(['s', 'S']);
    (!is_many).then_some((number, end))
}

/// `fixes #1, 2`: the second has no `#`.
fn bare_numbers<'a>(text: &'a str, found: &'a Scan) -> impl Iterator<Item = NearMiss> + use<'a> {
    found.steps.iter().filter(|step| step.verb > Verb::Mention).filter_map(|step| {
        let end = step.reference_at.end;
        let at = after_separator(text, end).filter(|at| !text[end..*at].trim().is_empty())?;
        let (number, number_end) = bare_number(text, at)?;
        Some(NearMiss {
            range: step.reference_at.start..number_end,
            advice: format!("{number} is not taken for a ticket: each needs its own `#`, as in `#{number}`"),
        })
    })
}

/// `solves #12`: a word that does nothing here.
fn unknown_verbs<'a>(text: &'a str, found: &'a Scan) -> impl Iterator<Item = NearMiss> + use<'a> {
    found.steps.iter().filter(|step| step.verb == Verb::Mention).filter_map(|step| {
        let at = step.reference_at.start;
        let before = &text[..at];
        let before = before.strip_suffix(' ').unwrap_or(before);
        let before = before.strip_suffix(':').unwrap_or(before);
        let length: usize = before.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
        let word = &before[before.len() - length..];
        let is_meant = UNKNOWN.iter().any(|unknown| word.eq_ignore_ascii_case(unknown));
        is_meant.then(|| NearMiss {
            range: before.len() - length..step.reference_at.end,
            advice: format!("`{word}` does nothing; to close it say `fixes {}`", step.target),
        })
    })
}
