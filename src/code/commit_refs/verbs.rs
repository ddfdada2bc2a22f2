//! The words that ask for something, and the nouns that may stand before a number.

use std::ops::Range;

use super::Verb;
use super::scan::{blanks, is_word};

/// Longer words before the shorter ones that they begin with.
const WORDS: &[(&str, Verb)] = &[
    ("closed", Verb::Close),
    ("closes", Verb::Close),
    ("closing", Verb::Close),
    ("close", Verb::Close),
    ("fixed", Verb::Close),
    ("fixes", Verb::Close),
    ("fixing", Verb::Close),
    ("fix", Verb::Close),
    ("resolved", Verb::Close),
    ("resolves", Verb::Close),
    ("resolving", Verb::Close),
    ("resolve", Verb::Close),
    ("implemented", Verb::Close),
    ("implements", Verb::Close),
    ("implementing", Verb::Close),
    ("implement", Verb::Close),
    ("reopened", Verb::Reopen),
    ("reopens", Verb::Reopen),
    ("reopening", Verb::Reopen),
    ("reopen", Verb::Reopen),
    ("referenced", Verb::Refer),
    ("references", Verb::Refer),
    ("reference", Verb::Refer),
    ("refs", Verb::Refer),
    ("ref", Verb::Refer),
    ("re", Verb::Refer),
    ("see", Verb::Refer),
    ("addresses", Verb::Refer),
];

/// Verbs of two words; all of them refer.
const PAIRS: &[(&str, &str)] = &[("part", "of"), ("relates", "to"), ("related", "to")];

const NOUNS: &[&str] = &["ticket", "issue", "bug"];

/// The verb of the word at this place, and where it ends: at the end of the word, of its second word, or before a noun
/// that is glued to it (`fixbug12`).
pub fn verb_at(text: &str, word: Range<usize>) -> Option<(Verb, usize)> {
    let written = text.get(word.clone())?;
    for (name, verb) in WORDS {
        if written.eq_ignore_ascii_case(name) {
            return Some((*verb, word.end));
        }
        // `reissue` is a word of its own.
        if begins_with(written, name) && *name != "re" && noun_at(text, word.start + name.len()).is_some() {
            return Some((*verb, word.start + name.len()));
        }
    }
    for (first, second) in PAIRS {
        if written.eq_ignore_ascii_case(first) {
            let at = blanks(text, word.end).filter(|gap| gap.breaks <= 1 && gap.end > word.end)?.end;
            return word_at(text, at, second).map(|end| (Verb::Refer, end));
        }
    }
    None
}

/// Where the noun at this place ends, with an `s` if it has one. What follows is no letter.
pub fn noun_at(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let noun = NOUNS.iter().find(|noun| begins_with(rest, noun))?;
    let plain = at + noun.len();
    let end = if rest[noun.len()..].starts_with(['s', 'S']) { plain + 1 } else { plain };
    let goes_on = text[end..].starts_with(|character: char| character.is_alphabetic() || character == '_');
    (!goes_on).then_some(end)
}

/// Whether a word means something here, so that it is no project's name before `#`.
pub fn is_known(word: &str) -> bool {
    WORDS.iter().any(|(name, _)| word.eq_ignore_ascii_case(name))
        || NOUNS.iter().any(|noun| begins_with(word, noun) && ["", "s"].contains(&&*word[noun.len()..].to_lowercase()))
}

/// The end of this word, if it stands there whole.
pub fn word_at(text: &str, at: usize, word: &str) -> Option<usize> {
    let rest = text.get(at..)?;
    let ends = begins_with(rest, word) && !rest[word.len()..].starts_with(is_word);
    ends.then_some(at + word.len())
}

/// In any case; `beginning` is ASCII.
pub fn begins_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning))
}
