//! Takes text apart into words, blanks and signs without breaking what a reader sees as one character.
//! Serves `diff` (what changed in a line) and `excerpt` (whole words at the edges).

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters and digits; in scripts that put no blanks between words, one letter.
    Word,
    /// A run of white space.
    Blank,
    /// One punctuation mark, symbol or emoji.
    Sign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// In bytes.
    pub(super) range: Range<usize>,
}

/// All tokens of a text in order; together they are the text. Linear.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    let mut previous: Option<char> = None;
    let mut at = 0;
    while let Some(first) = bytes.get(at) {
        // Nearly all text is of these, where nothing but runs of one kind belongs together.
        if first.is_ascii() && previous.is_none_or(|previous| previous.is_ascii()) {
            let kind = kind_of_ascii(*first);
            let goes_on = |next: &u8| kind != Kind::Sign && next.is_ascii() && kind_of_ascii(*next) == kind;
            let end = at + 1 + bytes[at + 1..].iter().take_while(|next| goes_on(next)).count();
            match tokens.last_mut() {
                Some(token) if token.kind == kind && kind != Kind::Sign => token.range.end = end,
                _ => tokens.push(Token { kind, range: at..end }),
            }
            previous = Some(char::from(bytes[end - 1]));
            at = end;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        let kind = kind_of(c);
        let end = at + c.len_utf8();
        match tokens.last_mut() {
            Some(token) if belongs(previous, token.kind, c, kind) => token.range.end = end,
            _ => tokens.push(Token { kind, range: at..end }),
        }
        previous = Some(c);
        at = end;
    }
    tokens
}

/// [`kind_of`] for ASCII.
fn kind_of_ascii(byte: u8) -> Kind {
    OF_ASCII[usize::from(byte & 0x7f)]
}

/// A table, since a search takes thousands of words apart.
const OF_ASCII: [Kind; 128] = {
    let mut kinds = [Kind::Sign; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte as usize] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Kind::Word,
            b' ' | b'\t'..=b'\r' => Kind::Blank,
            _ => Kind::Sign,
        };
        byte += 1;
    }
    kinds
};

/// The largest prefix of `text` of at most `max_chars` characters that ends where a reader sees a
/// character end. It is empty only if no such end is near.
pub(super) fn cut(text: &str, max_chars: usize) -> &str {
    let mut end = 0;
    let mut previous = None;
    for (count, (at, c)) in text.char_indices().enumerate() {
        if !clings(previous, c) {
            end = at;
        }
        if count == max_chars {
            return &text[..end];
        }
        previous = Some(c);
    }
    text
}

fn kind_of(c: char) -> Kind {
    if c.is_whitespace() {
        Kind::Blank
    } else if c.is_alphanumeric() || !c.is_ascii() && is_combining_mark(c) {
        Kind::Word
    } else {
        Kind::Sign
    }
}

fn belongs(previous: Option<char>, last: Kind, c: char, kind: Kind) -> bool {
    if clings(previous, c) {
        return true;
    }
    match (last, kind) {
        (Kind::Blank, Kind::Blank) => true,
        (Kind::Word, Kind::Word) => !stands_alone(c) && !previous.is_some_and(stands_alone),
        _ => false,
    }
}

/// Whether `c` is drawn as part of the character before it. A little more than Unicode's rule for
/// grapheme clusters: any flags in a row stay together.
fn clings(previous: Option<char>, c: char) -> bool {
    let Some(previous) = previous else {
        return false;
    };
    // Nearly all text is of these, and what follows is dear.
    if previous.is_ascii() && c.is_ascii() {
        return previous == '\r' && c == '\n';
    }
    if previous == '\u{200d}' {
        return !c.is_whitespace();
    }
    if previous.is_whitespace() {
        return previous == '\r' && c == '\n';
    }
    is_combining_mark(c)
        || matches!(c, '\u{e33}' | '\u{eb3}' | '\u{200c}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
        || is_flag_half(previous) && is_flag_half(c)
        || is_jamo(previous) && matches!(c, '\u{1160}'..='\u{11ff}')
}

fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Letters of scripts without blanks between words: Thai, Lao, Burmese, Khmer, kana, Han. (Combining
/// marks among them cling before this is asked.)
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|token| &text[token.range]).collect()
    }

    #[test]
    fn words_blanks_and_signs_are_told_apart() {
        assert_eq!(pieces("The  sink-leaks!"), ["The", "  ", "sink", "-", "leaks", "!"]);
        assert_eq!(pieces("日本go語"), ["日", "本", "go", "語"]);
        assert_eq!(pieces(""), [""; 0]);
    }

    #[test]
    fn what_is_quick_for_ascii_is_right() {
        for byte in 0..128_u8 {
            assert_eq!(kind_of_ascii(byte), kind_of(char::from(byte)), "{byte}");
        }
        assert_eq!(pieces("a\r\n b\u{301}c👍\u{200d}dé e"), ["a", "\r\n ", "b\u{301}c", "👍\u{200d}d", "é", " ", "e"]);
    }

    #[test]
    fn what_is_drawn_as_one_stays_one() {
        for one in [
            "e\u{301}", "👩\u{200d}👩\u{200d}👧", "👍🏽", "🇩🇪", "ก\u{e33}", "1\u{fe0f}\u{20e3}",
            "\u{1112}\u{1161}\u{11ab}",
        ] {
            assert_eq!(pieces(one), [one]);
        }
        assert_eq!(cut("ae\u{301}b", 2), "a");
        assert_eq!(cut("ae\u{301}b", 3), "ae\u{301}");
        assert_eq!(cut("ab", 9), "ab");
    }
}
