//! Paths of files in git: bytes, which need not be text. How they are read from addresses, written into them and shown.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::base::text::unseen::is_unseen;

const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b',')
    .remove(b'(')
    .remove(b')');

/// The bytes that stand percent-encoded in a raw path.
pub fn from_raw(raw: &str) -> Vec<u8> {
    percent_decode_str(raw).collect()
}

/// The first value of that name in a raw query, as bytes.
pub fn from_query(query: &str, name: &str) -> Option<Vec<u8>> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(from_raw(&value.replace('+', " ")))
}

/// For an address; slashes stay.
pub fn encoded(path: &[u8]) -> String {
    // A segment of dots alone would be taken out of the address by the browser.
    let dots = |segment: &[u8]| (segment == b"." || segment == b"..").then(|| "%2E".repeat(segment.len()));
    let segments = path.split(|byte| *byte == b'/');
    segments
        .map(|segment| dots(segment).unwrap_or_else(|| percent_encode(segment, PATH).to_string()))
        .collect::<Vec<_>>()
        .join("/")
}

/// For functions that want a path of the system.
pub fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// For reading: what would break a line, turn the direction of the text or is no text stands there escaped.
pub fn shown(path: &[u8]) -> String {
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                character if character.is_ascii_control() => {
                    shown.push_str(&format!("\\x{:02x}", u32::from(character)));
                }
                character if is_unseen(character) || has_no_width(character) => {
                    shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)))
                }
                character => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// Two names that differ in these alone look the same.
fn has_no_width(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_from_its_address() {
        for path in [&b"a b/c"[..], b"caf\xc3\xa9", b"caf\xe9", b"-x/100%/#1?", b"a\nb", b"src/..x"] {
            assert_eq!(from_raw(&encoded(path)), path);
        }
        assert_eq!(encoded(b"a/../b"), "a/%2E%2E/b");
        assert_eq!(from_query("old=1&path=caf%E9+x", "path").as_deref(), Some(&b"caf\xe9 x"[..]));
        assert_eq!(from_query("old_path=x", "path"), None);
    }

    #[test]
    fn what_cannot_be_seen_is_shown_escaped() {
        assert_eq!(shown(b"caf\xe9/\x07"), "caf\\xe9/\\x07");
        assert_eq!(shown("a\u{202e}b é".as_bytes()), "a\\u{202e}b é");
        assert_eq!(shown("new\nline\u{200b}".as_bytes()), "new\\x0aline\\u{200b}");
    }
}
