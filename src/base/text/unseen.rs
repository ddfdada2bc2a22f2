//! What hides in texts that somebody committed: characters that show nothing and may change how others are read, so that a
//! line says something else than what a compiler or a reader of the raw file gets.

use std::borrow::Cow;

/// Controls, and what turns the direction of a text.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines in which such characters stand by name: `⟨U+202E⟩`, `␛`. Borrowed if there is none.
pub fn named(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| is_unseen(character) && !matches!(character, '\n' | '\t' | '\r');
    // Nearly all text is of these, for which there is a quicker look.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r'));
    if is_plain || !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut named = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        match character {
            character if !is_hidden(character) => named.push(character),
            // Their pictures stand in Unicode in the same order.
            '\0'..='\u{1f}' => named.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}')),
            character => named.push_str(&format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(character))),
        }
    }
    Cow::Owned(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_a_text_is_named_and_the_rest_is_left_alone() {
        assert_eq!(named("a\u{202e}b\u{2066}\u{1b}[0m\tc\r\n\u{7f}"), "a⟨U+202E⟩b⟨U+2066⟩␛[0m\tc\r\n⟨U+007F⟩");
        let plain = "é 👨\u{200d}👩 שלום\n";
        assert!(matches!(named(plain), Cow::Borrowed(same) if same == plain));
    }
}
