//! The text form of a query (row Q04): `status!=closed&keywords~=red|blue&or&owner=kim`. Macros, links and commands use it.
//!
//! An operator stands before or after `=`. A backslash before `|` or `&` makes it a letter of the value; of several
//! backslashes before one, two stand for one; backslashes elsewhere are letters.

use super::people;
use super::read::{Reading, shortened};
use super::tree::Query;
use crate::base::error::{Error, Problem, Result};
use crate::ticket::fields::{Choices, Fields};

/// Reads the text form.
pub fn from_text(fields: &Fields, text: &str) -> Result<Query> {
    Reading::fits(text.len())?;
    let mut reading = Reading::of(fields);
    let clauses = if text.trim().is_empty() { Vec::new() } else { split(text, '&') };
    for clause in clauses {
        if clause.trim() == "or" {
            reading.pair("or", "");
            continue;
        }
        let Some((name, values)) = clause.split_once('=') else {
            reading.problem("query", format!("“{}” has no “=”.", shortened(clause.trim())));
            continue;
        };
        if name.trim().is_empty() {
            reading.problem("query", format!("“{}” has no name of a field before “=”.", shortened(clause.trim())));
            continue;
        }
        if !split(values, '|').into_iter().all(|value| reading.pair(name.trim(), &bare(value))) {
            break;
        }
    }
    reading.done()
}

/// Reads what may be any form: the address form begins with `?`, and of Trac's text form and the one for people the first sign
/// decides, `=` or `:` ([`is_for_people`]).
pub fn from_either(fields: &Fields, text: &str) -> Result<Query> {
    either(fields, None, text)
}

/// The same of a text that somebody has typed now: a name of an option, a state or a milestone that there is not is refused in
/// the form for people.
pub fn from_typed(choices: &Choices, text: &str) -> Result<Query> {
    either(&choices.fields, Some(choices), text)
}

fn either(fields: &Fields, choices: Option<&Choices>, text: &str) -> Result<Query> {
    if let Some(address) = text.trim_start().strip_prefix('?') {
        return super::from_address(fields, address);
    }
    if !is_for_people(text) {
        return from_text(fields, text);
    }
    people::query(fields, choices, text)
        .map_err(|slips| Error::Invalid(slips.into_iter().map(|slip| Problem::new("query", slip.told(text))).collect()))
}

/// Whether a text is in the form for people: outside of quotes a colon comes before any `=`, or there are only words.
pub fn is_for_people(text: &str) -> bool {
    let mut quoted = false;
    let first = text.chars().find(|character| {
        quoted ^= *character == '"';
        !quoted && matches!(character, ':' | '=')
    });
    match first {
        Some(sign) => sign == ':',
        None => !matches!(text.trim(), "" | "or"),
    }
}

/// The pieces between separators that no odd number of backslashes stands before.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut begin, mut backslashes) = (Vec::new(), 0, 0);
    for (at, character) in text.char_indices() {
        if character == separator && backslashes % 2 == 0 {
            pieces.push(&text[begin..at]);
            begin = at + 1;
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
    }
    pieces.push(&text[begin..]);
    pieces
}

/// The value without the backslashes that were for the form: those before separators and at its end.
fn bare(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut backslashes = 0;
    for character in value.chars().map(Some).chain([None]) {
        if character == Some('\\') {
            backslashes += 1;
            continue;
        }
        let halved = matches!(character, None | Some('|' | '&'));
        let kept =
            if halved { backslashes / 2 + usize::from(character.is_none()) * (backslashes % 2) } else { backslashes };
        text.push_str(&"\\".repeat(kept));
        text.extend(character);
        backslashes = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::from_address;

    #[test]
    fn both_forms_of_a_question_are_one_tree() {
        for (text, address) in [
            ("status=new|assigned", "status=new&status=assigned"),
            ("status!=closed&or&owner=kim", "status=!closed&or&owner=kim"),
            ("summary~=door|gate", "summary=~door&summary=~gate"),
            ("summary=~door|gate", "summary=~door&summary=gate"),
            ("summary!~=a\\|b\\&c", "summary=!~a|b%26c"),
            ("summary!=~a", "summary=!~a"),
            ("owner=$USER&cc~=$USER", "owner=$USER&cc=~$USER"),
            ("col=id|owner&order=time&desc=1&max=5", "order=time&desc=1&col=id&col=owner&max=5"),
            (" status = new & owner=", "status=%20new&owner="),
            ("created=2026..", "time=2026.."),
        ] {
            let read = from_text(&Fields::BUILT_IN, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let other = from_address(&Fields::BUILT_IN, address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(trimmed(read), trimmed(other), "{text}");
        }
    }

    /// Blanks round a value mean nothing, but are kept.
    fn trimmed(mut query: Query) -> Query {
        for value in query.groups.iter_mut().flatten().flat_map(|clause| &mut clause.values) {
            *value = value.trim().to_owned();
        }
        query
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let error = from_text(&Fields::BUILT_IN, "colour=red&=x&status&id=1-x&time=soonish&order=hue&max=many").err();
        let said = error.map(|error| error.to_string()).unwrap_or_default();
        for word in ["colour", "name of a field", "status", "1-x", "soonish", "hue", "many"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}
