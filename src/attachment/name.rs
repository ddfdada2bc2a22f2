//! Names of files (rows H02, H03): what a browser sends becomes one plain name, or is refused with the reason.
//!
//! Names never reach our own file system (the bytes lie under their hash), but they do reach the reader's.

use unicode_normalization::UnicodeNormalization;

/// The longest name, in bytes of UTF-8.
pub const MOST_BYTES: usize = 200;

/// What the name that was sent becomes: without a path, control characters, marks that turn the direction, and dots at its
/// start; NFC; not longer than [`MOST_BYTES`], its extension kept. None if nothing is left.
pub fn clean(sent: &str) -> Option<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .nfc()
        .filter(|character| !is_unseen(*character))
        .map(|character| match character {
            // Slashes of other scripts' keyboards look like a path; a double quote could never be named in a text.
            '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF0F}' | '\u{FF3C}' => '-',
            '"' => '\'',
            other if other.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    let name = name.trim_start_matches(|character: char| character == '.' || character.is_whitespace());
    let name = name.trim_end_matches(|character: char| character == '.' || character.is_whitespace());
    if name.is_empty() {
        return None;
    }
    let (stem, extension) = parts(name);
    let stem = if is_device(stem) { format!("{stem}_") } else { stem.to_owned() };
    Some(joined(&stem, "", extension))
}

/// The `number`th file of that name: `plan.2.png`.
pub fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = parts(name);
    joined(stem, &format!(".{number}"), extension)
}

/// The lower-case extension without its dot, or an empty text.
pub fn extension(name: &str) -> String {
    parts(name).1.trim_start_matches('.').to_ascii_lowercase()
}

/// A name as a text writes it after `attachment:`, quoted where it must be.
pub fn quoted(name: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    if name.chars().all(plain) { name.to_owned() } else { format!("\"{name}\"") }
}

/// Stem and extension with its dot. What is longer than 20 bytes, or holds a blank, is no extension.
fn parts(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 20 && !name[at..].contains(' ') => name.split_at(at),
        _ => (name, ""),
    }
}

fn joined(stem: &str, middle: &str, extension: &str) -> String {
    let room = MOST_BYTES - middle.len() - extension.len();
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{middle}{extension}", stem[..end].trim_end())
}

fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}' | '\u{FDD0}'..='\u{FDEF}')
        || (character as u32) & 0xFFFE == 0xFFFE
}

/// Names that some systems keep for devices, whatever the extension.
fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let port = |prefix: &str| {
        first.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL") || port("COM") || port("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_becomes_a_plain_one() {
        for (sent, name) in [
            ("plan.png", "plan.png"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Users\\kim\\a b.txt", "a b.txt"),
            ("a\0b\r\nc.txt", "abc.txt"),
            (".htaccess", "htaccess"),
            ("  x.png. ", "x.png"),
            ("CON", "CON_"),
            ("com1.txt", "com1_.txt"),
            ("console.txt", "console.txt"),
            ("gpj\u{202E}.exe", "gpj.exe"),
            ("cafe\u{301}.txt", "caf\u{e9}.txt"),
            ("👩\u{200D}💻.png", "👩\u{200D}💻.png"),
            ("say \"hi\".txt", "say 'hi'.txt"),
            ("a\u{FF0F}b", "a-b"),
            ("a\u{a0}b\tc", "a bc"),
        ] {
            assert_eq!(clean(sent).as_deref(), Some(name), "{sent:?}");
        }
        for sent in ["", ".", "..", "../", "a/", "\0", " . ", "\u{202E}"] {
            assert_eq!(clean(sent), None, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_stays_clean() {
        for sent in [format!("{}.png", "x".repeat(900)), format!("{}.png", "日".repeat(300))] {
            let name = clean(&sent).expect("a name");
            assert!(name.len() <= MOST_BYTES && name.ends_with(".png"), "{name}");
            assert_eq!(clean(&name).as_deref(), Some(name.as_str()));
            let second = numbered(&name, 100);
            assert!(second.len() <= MOST_BYTES && second.ends_with(".100.png"), "{second}");
        }
    }

    #[test]
    fn the_second_of_a_name_gets_a_number_before_its_extension() {
        for (name, second) in [("plan.png", "plan.2.png"), ("README", "README.2"), ("a.tar.gz", "a.tar.2.gz")] {
            assert_eq!(numbered(name, 2), second);
        }
        assert_eq!(extension("Plan.PNG"), "png");
        assert_eq!(quoted("plan-2.png"), "plan-2.png");
        assert_eq!(quoted("two words.png"), "\"two words.png\"");
    }
}
