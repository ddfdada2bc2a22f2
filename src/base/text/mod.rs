//! What every component needs to do with plain text, and no component's rules.
//!
//! * [`merge`]: two people changed one text; put both changes together, or show where they clash.
//! * [`diff`]: what changed between two versions, by line and by word, for pages and as a patch.
//! * [`annotate`]: with which version each line of a text came.
//! * [`excerpt`]: the piece of a long text that answers a search, with the hits marked.
//! * [`encoding`], [`unseen`], [`patch`], [`cells`]: what the bytes of a file say, what hides in it, and what a patch or a table in it is.
//! * [`fold`], [`plain`], [`searched_words`], [`natural`], [`lines_lf`]: the forms in which names are compared, words are searched, lists
//!   are ordered and texts are stored.
//!
//! Everything here is pure: no database, no viewer, no HTML. Whatever the texts hold, the work is
//! bounded and nothing panics; the limits are named where they are set.

pub mod annotate;
pub mod cells;
pub mod diff;
pub mod encoding;
pub mod excerpt;
pub mod hunks;
pub mod merge;
pub mod patch;
pub mod unseen;

mod lines;
mod words;

use std::borrow::Cow;
use std::ops::Range;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// The form in which two names are the same name: Unicode case folding in NFC.
///
/// Page names are unique under it: `Straße`, `STRASSE` and a decomposed spelling of either are one
/// page. Accents count (`resume` is not `résumé`). It is for comparing, never for showing.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let decomposed: String = name.nfd().collect();
    UniCase::new(decomposed).to_folded_case().nfc().collect()
}

/// The form in which words are searched: like [`fold`], but without accents and compatibility forms,
/// so that `é` is `e` and the ligature `ﬁ` is `fi`. Marks that make another letter (Japanese voicing,
/// Indic vowels) stay.
pub fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare: String = text.nfkd().filter(|&c| !is_accent(c)).collect();
    UniCase::new(bare).to_folded_case().nfkd().filter(|&c| !is_accent(c)).collect()
}

/// The words of a text, each with its place in bytes and in the form in which it is searched ([`plain`]). In scripts
/// that put no blanks between words every letter is one. [`excerpt`] and the search index agree on them.
pub fn searched_words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    words::tokens(text).into_iter().filter(|token| token.kind == words::Kind::Word).map(|token| {
        let word = plain(&text[token.range.clone()]);
        (token.range, word)
    })
}

/// The text with every line end as LF: CRLF and lone CR become LF. Borrows where nothing changes.
pub fn lines_lf(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The key under which names are put in order: without regard to case and accents, and numbers as numbers, so that `M 9`
/// comes before `M 10`.
pub fn natural(name: &str) -> String {
    let plain = plain(name);
    let mut key = String::with_capacity(plain.len() + 8);
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let digits = rest[..end].trim_start_matches('0');
            // The number of digits first: of two numbers the longer one is the larger.
            key.push_str(&format!("{:09}{digits}", digits.len()));
            rest = &rest[end..];
        } else {
            key.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    key
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_folded_form() {
        for (a, b) in [
            ("WikiStart", "wikistart"),
            ("Straße", "STRASSE"),
            ("Caf\u{e9}", "CAFE\u{301}"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("\u{fb03}", "FFI"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
    }

    #[test]
    fn an_accent_tells_names_apart_but_not_searched_words() {
        assert_ne!(fold("resume"), fold("résumé"));
        assert_eq!(plain("resume"), plain("RÉSUMÉ"));
        assert_eq!(plain("ﬁn"), "fin");
        assert_ne!(plain("か"), plain("が"));
    }

    #[test]
    fn searched_words_are_plain_and_letters_where_no_blanks_divide() {
        let words: Vec<String> = searched_words("Die Straße-é 東京!").map(|(_, word)| word).collect();
        assert_eq!(words, ["die", "strasse", "e", "東", "京"]);
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in '\0'..='\u{1ffff}' {
            let text = format!("a{c}\u{345}\u{301}");
            assert_eq!(fold(&fold(&text)), fold(&text), "{:x}", c as u32);
            assert_eq!(plain(&plain(&text)), plain(&text), "{:x}", c as u32);
        }
    }

    #[test]
    fn names_are_ordered_by_the_numbers_in_them() {
        let mut names = ["m 10", "M 9", "1.10", "1.9", "1.9.1", "m 009b", "Ä", "b", "a"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["1.9", "1.9.1", "1.10", "Ä", "a", "b", "M 9", "m 009b", "m 10"]);
    }

    #[test]
    fn every_line_end_becomes_lf() {
        assert_eq!(lines_lf("a\r\nb\rc\n\r\r\n"), "a\nb\nc\n\n\n");
        assert!(matches!(lines_lf("a\nb"), Cow::Borrowed(_)));
    }
}
