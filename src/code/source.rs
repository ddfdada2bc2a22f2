//! A file as text: which bytes are text at all, in which encoding, and its lines with their numbers and colours, kept by blob.

use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use git2::Oid;

use crate::base::markup::{Html, file_lines, highlighted};
use crate::base::text::encoding::decoded;

pub use crate::base::markup::{line_count, marks};

/// Files in colours that are kept, in bytes.
const KEPT: u64 = 8 << 20;
/// What one page may spend on colours.
const TIME: Duration = Duration::from_millis(120);

static COLOURED: LazyLock<quick_cache::sync::Cache<(Oid, String), Arc<str>, ByBytes>> =
    LazyLock::new(|| quick_cache::sync::Cache::with_weighter(200, KEPT, ByBytes));

#[derive(Clone)]
struct ByBytes;

impl quick_cache::Weighter<(Oid, String), Arc<str>> for ByBytes {
    fn weight(&self, _: &(Oid, String), html: &Arc<str>) -> u64 {
        html.len() as u64 + 100
    }
}

/// What the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Text {
        text: String,
        encoding: &'static str,
    },
    Binary,
    /// Stands for a file that is kept elsewhere (Git LFS).
    Pointer {
        bytes: u64,
        id: String,
    },
}

pub fn content(bytes: &[u8]) -> Content {
    if let Some(pointer) = pointer(bytes) {
        return pointer;
    }
    match decoded(bytes) {
        Some((text, encoding)) => Content::Text { text, encoding: encoding.name() },
        None => Content::Binary,
    }
}

fn pointer(bytes: &[u8]) -> Option<Content> {
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(1_024))?).ok().filter(|_| bytes.len() < 1_024)?;
    let rest = text.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
    let value = |name: &str| rest.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Some(Content::Pointer { bytes: value("size")?.parse().ok()?, id: super::git::one_line(value("oid")?.as_bytes()) })
}

/// The lines of a file, each with its number as a link to itself; those within `marks` are marked.
pub fn lines_html(blob: Oid, text: &str, language: &str, marks: &[RangeInclusive<usize>]) -> Html {
    file_lines(text, &coloured(blob, text, language), marks)
}

fn coloured(blob: Oid, text: &str, language: &str) -> Arc<str> {
    let key = (blob, language.to_owned());
    if let Some(known) = COLOURED.get(&key) {
        return known;
    }
    let coloured: Arc<str> = highlighted(text, language, TIME).into_string().into();
    COLOURED.insert(key, Arc::clone(&coloured));
    coloured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_in_an_encoding_or_none() {
        let text = |text: &str, encoding| Content::Text { text: text.to_owned(), encoding };
        assert_eq!(content("caf\u{e9}\n".as_bytes()), text("caf\u{e9}\n", "UTF-8"));
        assert_eq!(content(b"\xef\xbb\xbfa"), text("a", "UTF-8"));
        assert_eq!(content(b"caf\xe9\n"), text("caf\u{e9}\n", "Latin-1"));
        assert_eq!(content(b"\x89PNG\0"), Content::Binary);
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert_eq!(content(pointer), Content::Pointer { bytes: 12_345, id: "sha256:4d7a".to_owned() });
    }
}
