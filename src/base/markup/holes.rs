//! The characters by which a hole passes Markdown and ammonia.
//!
//! They come from the last private-use plane, where nobody keeps glyphs (the icon fonts live in the other two). [`cleared`] takes the whole
//! plane out of the input first, written out or as a character reference, so a token can't be forged: whatever holds
//! such a character afterwards was written by us.

use std::borrow::Cow;

/// Before and after the number of a hole in HTML.
const HOLE: char = '\u{10FF00}';
/// Before the number of a form in the source.
const PLACE: char = '\u{10FF02}';
const END: char = '\u{10FF01}';
/// Where the prefix of the text's own ids goes.
pub(super) const ID: char = '\u{10FF03}';
const DIGIT: u32 = 0x10_FF10;
const OURS: std::ops::RangeInclusive<u32> = 0x10_0000..=0x10_FFFF;

/// Whether a character is one of those that no input may hold.
pub(super) fn is_ours(character: char) -> bool {
    OURS.contains(&u32::from(character))
}

/// The text without any character of ours: each becomes U+FFFD, as NUL does.
pub(super) fn cleared(text: &str) -> Cow<'_, str> {
    // Every one of them begins with the byte F4 in UTF-8, and every reference with `&#`.
    if !text.bytes().any(|byte| byte == 0xF4 || byte == 0) && !text.contains("&#") {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '&' || c == '\0' || is_ours(c)) {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match reference(rest) {
            Some(length) => length,
            None if rest.starts_with('&') => {
                clean.push('&');
                rest = &rest[1..];
                continue;
            }
            None => rest.chars().next().map_or(1, char::len_utf8),
        };
        clean.push('\u{FFFD}');
        rest = &rest[taken..];
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// The length of a numeric character reference at the start of `text` that stands for one of our characters. HTML reads
/// references of any length and also without a semicolon.
fn reference(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("&#")?;
    let (digits, radix, before) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 3),
        None => (digits, 10, 2),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let value = digits[..length]
        .chars()
        .filter_map(|digit| digit.to_digit(radix))
        .fold(0_u32, |value, digit| value.saturating_mul(radix).saturating_add(digit));
    let semicolon = usize::from(digits[length..].starts_with(';'));
    OURS.contains(&value).then_some(before + length + semicolon)
}

pub(super) fn write_hole(out: &mut String, number: usize) {
    write(out, HOLE, number);
}

pub(super) fn write_place(out: &mut String, number: usize) {
    write(out, PLACE, number);
}

fn write(out: &mut String, start: char, number: usize) {
    out.push(start);
    let mut shift = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    while shift > 0 {
        shift -= 1;
        let digit = u32::try_from(number >> (4 * shift) & 15).unwrap_or(0);
        out.extend(char::from_u32(DIGIT + digit));
    }
    out.push(END);
}

/// A stretch of text between tokens, or a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Hole(usize),
    Place(usize),
    Id,
}

/// Cuts a text at our characters. A broken token, which only a bug could make, gives nothing.
pub(super) fn pieces(text: &str) -> Pieces<'_> {
    Pieces { rest: text }
}

pub(super) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let first = self.rest.chars().next()?;
            if !is_ours(first) {
                let end = find_ours(self.rest).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Piece::Text(text));
            }
            self.rest = &self.rest[first.len_utf8()..];
            match first {
                ID => return Some(Piece::Id),
                HOLE | PLACE => {
                    let (number, length) = number(self.rest);
                    self.rest = &self.rest[length..];
                    if let Some(number) = number {
                        return Some(if first == HOLE { Piece::Hole(number) } else { Piece::Place(number) });
                    }
                }
                _ => {}
            }
        }
    }
}

fn find_ours(text: &str) -> Option<usize> {
    let mut from = 0;
    // 0xF4 leads every character of our plane and of nothing else that is valid in UTF-8.
    while let Some(at) = text.as_bytes()[from..].iter().position(|byte| *byte == 0xF4) {
        let at = from + at;
        if text[at..].chars().next().is_some_and(is_ours) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn number(text: &str) -> (Option<usize>, usize) {
    let mut number: Option<usize> = None;
    let mut length = 0;
    for character in text.chars() {
        if character == END {
            return (number, length + character.len_utf8());
        }
        let Some(digit) = u32::from(character).checked_sub(DIGIT).filter(|digit| *digit < 16) else { break };
        number = number.unwrap_or(0).checked_mul(16).map(|high| high + digit as usize);
        length += character.len_utf8();
        if number.is_none() {
            break;
        }
    }
    (None, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_back() {
        for number in [0, 1, 15, 16, 255, 4096, 123_456_789] {
            let mut text = String::from("ä");
            write_hole(&mut text, number);
            write_place(&mut text, number);
            text.push('z');
            let read: Vec<_> = pieces(&text).collect();
            assert_eq!(read, [Piece::Text("ä"), Piece::Hole(number), Piece::Place(number), Piece::Text("z")]);
        }
    }

    #[test]
    fn no_spelling_of_our_characters_survives() {
        for text in [
            "\u{10FF00}",
            "\u{100000}",
            "&#x10FF00;",
            "&#X10ff00;",
            "&#x00000000010FF00",
            "&#1113856;",
            "&#01113856 ",
            "a\u{10FF00}\u{10FF11}\u{10FF01}b",
        ] {
            let clean = cleared(text);
            assert!(!clean.chars().any(is_ours), "{text:?}");
            assert!(clean.contains('\u{FFFD}'), "{text:?} gives {clean:?}");
            assert!(!clean.contains("&#"), "{text:?} gives {clean:?}");
        }
        assert_eq!(cleared("&#x41; &#xE000; \u{E000} &amp;#x10FF00;"), "&#x41; &#xE000; \u{E000} &amp;#x10FF00;");
    }
}
