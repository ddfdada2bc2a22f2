//! Walks over a message once and finds the verbs and their references.

use std::ops::Range;

use super::reference::{Reference, address_end, reference_at};
use super::verbs::{begins_with, noun_at, verb_at, word_at};
use super::{Context, Step, Verb};

/// What was found in a message.
#[derive(Default)]
pub struct Scan {
    pub steps: Vec<Step>,
    /// Verbs that no reference follows, in order.
    pub idle: Vec<(Verb, Range<usize>)>,
}

/// Finds everything in a text from which code and quotes were removed.
pub fn scan(text: &str, context: &Context<'_>) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let before = text[..at].chars().next_back();
        at = if is_word(character) {
            from_word(text, at, before, context, &mut scan)
        } else if character == '#' && !before.is_some_and(|before| is_word(before) || "#&=/".contains(before)) {
            list(text, at, None, context, &mut scan).unwrap_or(at + 1)
        } else {
            at + character.len_utf8()
        };
    }
    scan
}

/// Takes the word at this place with all that belongs to it, and says where that ends.
fn from_word(text: &str, at: usize, before: Option<char>, context: &Context<'_>, scan: &mut Scan) -> usize {
    let end = at + text[at..].find(|character| !is_word(character)).unwrap_or(text.len() - at);
    if let Some((verb, verb_end)) =
        verb_at(text, at..end).filter(|_| !is_contracted(text, at) && !is_own_project(text, at, context))
    {
        if let Some(first) = after_gap(text, verb_end, context) {
            let said = (verb, at..verb_end);
            return list(text, first, Some(said), context, scan).unwrap_or(verb_end);
        }
        scan.idle.push((verb, at..verb_end));
        return end;
    }
    let is_apart = !before.is_some_and(|before| "/-.@#&=~\\".contains(before));
    if (is_apart || noun_at(text, at).is_some())
        && let Some(end) = list(text, at, None, context, scan)
    {
        return end;
    }
    if text[end..].starts_with("://") { address_end(text, end) } else { end }
}

/// Whether the word is the tail of another, as in `we're`.
fn is_contracted(text: &str, at: usize) -> bool {
    let mut before = text[..at].chars().rev();
    matches!(before.next(), Some('\'' | '’')) && before.next().is_some_and(char::is_alphabetic)
}

/// Whether this project's name stands here before a number, which may begin like a verb: `re-write#5`.
fn is_own_project(text: &str, at: usize, context: &Context<'_>) -> bool {
    context.project.is_some_and(|own| {
        let rest = text.get(at + own.len()..).unwrap_or_default();
        own.contains('-') && begins_with(&text[at..], own) && rest.starts_with('#')
    })
}

/// Where the first reference of a verb begins: after blanks with at most one line break, at most one sign, and perhaps a
/// noun.
fn after_gap(text: &str, at: usize, context: &Context<'_>) -> Option<usize> {
    let is_reference = |at: usize| reference_at(text, at, context).is_some();
    let first = blanks(text, at)?;
    let has_sign = byte_at(text, first.end).is_some_and(|byte| b":-([\"'".contains(&byte));
    let second = blanks(text, first.end + usize::from(has_sign))?;
    let breaks = first.breaks + second.breaks;
    if breaks > 1 {
        return None;
    }
    if is_reference(second.end) {
        return (second.end > at || byte_at(text, at) != Some(b'<')).then_some(second.end);
    }
    let noun_end = noun_at(text, second.end)?;
    let third = blanks(text, noun_end + usize::from(byte_at(text, noun_end) == Some(b':')))?;
    (breaks + third.breaks <= 1 && third.end > noun_end && is_reference(third.end)).then_some(third.end)
}

/// Takes the references that follow each other from this place on; none if there is none.
fn list(
    text: &str,
    at: usize,
    said: Option<(Verb, Range<usize>)>,
    context: &Context<'_>,
    scan: &mut Scan,
) -> Option<usize> {
    let (verb, verb_at) = said.map_or((Verb::Mention, None), |(verb, range)| (verb, Some(range)));
    let mut next = Some(reference_at(text, at, context)?);
    let mut end = at;
    while let Some(Reference { target, minutes, range }) = next {
        end = range.end;
        scan.steps.push(Step { verb, verb_at: verb_at.clone(), reference_at: range, target, minutes });
        next = after_separator(text, end).and_then(|at| reference_at(text, at, context));
    }
    Some(end)
}

/// Where the next reference of a list may begin.
pub fn after_separator(text: &str, start: usize) -> Option<usize> {
    let mut at = start;
    let mut breaks = 0;
    loop {
        let gap = blanks(text, at)?;
        breaks += gap.breaks;
        at = match byte_at(text, gap.end) {
            Some(b',' | b';' | b'&' | b'+' | b'/') => gap.end + 1,
            _ => match word_at(text, gap.end, "and") {
                Some(end) if gap.end > start => end,
                _ => {
                    at = gap.end;
                    break;
                }
            },
        };
    }
    (breaks <= 1 && at > start).then_some(at)
}

pub struct Blanks {
    pub end: usize,
    pub breaks: usize,
}

/// The blanks from this place on, line breaks of any kind among them. None beyond the end.
pub fn blanks(text: &str, at: usize) -> Option<Blanks> {
    let mut found = Blanks { end: at, breaks: 0 };
    let mut characters = text.get(at..)?.chars().peekable();
    while let Some(character) = characters.next_if(|character| is_blank(*character)) {
        found.end += character.len_utf8();
        let is_half = character == '\r' && characters.peek() == Some(&'\n');
        found.breaks += usize::from(is_break(character) && !is_half);
    }
    Some(found)
}

/// Where the blanks end that stand here in one line.
pub fn blanks_in_line(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest.find(|character: char| !is_blank(character) || is_break(character)).unwrap_or(rest.len())
}

/// Those without any width are there by accident, where somebody copied from a page.
fn is_blank(character: char) -> bool {
    is_break(character) || character.is_whitespace() || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// As [`crate::code::git::message`] has it, a NUL ends a line.
fn is_break(character: char) -> bool {
    matches!(character, '\0' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

pub fn byte_at(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}
