//! A file as text: which bytes are text at all, in which encoding, and its lines with their numbers and colours.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use git2::Oid;

use crate::base::markup::{Html, highlighted};

/// Files in colours that are kept, in bytes.
const KEPT: u64 = 8 << 20;
/// What stands at the beginning shows whether it is text, as git has it.
const LOOKED_AT: usize = 8_000;
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
    if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
        return Content::Binary;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Content::Text { text: text.to_owned(), encoding: "UTF-8" },
        Err(_) => Content::Text { text: bytes.iter().map(|byte| char::from(*byte)).collect(), encoding: "Latin-1" },
    }
}

fn pointer(bytes: &[u8]) -> Option<Content> {
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(1_024))?).ok().filter(|_| bytes.len() < 1_024)?;
    let rest = text.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
    let value = |name: &str| rest.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Some(Content::Pointer { bytes: value("size")?.parse().ok()?, id: super::git::one_line(value("oid")?.as_bytes()) })
}

/// How many lines a text has; an unfinished one counts.
pub fn line_count(text: &str) -> usize {
    text.lines().count()
}

/// The lines of a file, each with its number as a link to itself; those within `marks` are marked.
pub fn lines_html(blob: Oid, text: &str, language: &str, marks: &[RangeInclusive<usize>]) -> Html {
    let coloured = coloured(blob, text, language);
    let mut html = String::with_capacity(coloured.len() + coloured.len() / 4);
    // The stretch of colour that is open at the end of a line goes on in the next one.
    let mut open: Option<&str> = None;
    // A stretch that ends behind the last line end is no line of its own.
    for (at, line) in coloured.split_inclusive('\n').take(line_count(text)).enumerate() {
        let number = at + 1;
        let marked = if marks.iter().any(|range| range.contains(&number)) { " marked" } else { "" };
        // On a line of its own the number has to be a target as large as any.
        let blank = if line.trim_start_matches("</span>").trim().is_empty() { " blank" } else { "" };
        let _ =
            write!(html, "<span class=\"line{blank}{marked}\" id=\"L{number}\"><a href=\"#L{number}\">{number}</a>");
        let line = line.strip_suffix('\n').unwrap_or(line);
        let shown = line.strip_suffix('\r').unwrap_or(line);
        match shown.strip_prefix("</span>").filter(|_| open.is_some()) {
            Some(rest) => html.push_str(rest),
            None => {
                html.push_str(open.unwrap_or_default());
                html.push_str(shown);
            }
        }
        open = open_after(line, open);
        html.push_str(if open.is_some() { "</span>\n</span>" } else { "\n</span>" });
    }
    Html::trusted(html)
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

/// The stretch of colour that is open behind a line.
fn open_after<'a>(line: &'a str, open: Option<&'a str>) -> Option<&'a str> {
    let last_open = line.rfind("<span ");
    let last_close = line.rfind("</span>");
    match (last_open, last_close) {
        (None, None) => open,
        (Some(begin), close) if close.is_none_or(|close| close < begin) => {
            let end = line[begin..].find('>')?;
            line.get(begin..=begin + end)
        }
        _ => None,
    }
}

/// Reads `10-20,35`: lines to be marked. What is no number marks nothing.
pub fn marks(asked: &str) -> Vec<RangeInclusive<usize>> {
    let number = |text: &str| text.trim().trim_start_matches(['L', 'l']).parse::<usize>().ok();
    asked
        .split(',')
        .take(100)
        .filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (number(first)?, number(last)?);
            Some(first.min(last)..=first.max(last))
        })
        .collect()
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

    #[test]
    fn colours_end_with_each_line_and_go_on_in_the_next() {
        let html = lines_html(Oid::ZERO_SHA1, "/* one\n<two> */\nfn\n", "rs", &[2..=3]).into_string();

        let lines: Vec<&str> = html.split_inclusive("\n</span>").collect();
        assert_eq!(lines.len(), 3, "{html}");
        for line in &lines {
            assert_eq!(line.matches("<span ").count(), line.matches("</span>").count(), "{line}");
        }
        assert!(lines[1].contains("class=\"line marked\" id=\"L2\"") && lines[1].contains("hl-comment"), "{html}");
        assert!(lines[1].contains("&lt;two&gt;"), "{html}");
    }

    #[test]
    fn marks_are_lines_and_ranges() {
        assert_eq!(marks("10-20,L35,9-7,x"), [10..=20, 35..=35, 7..=9]);
    }
}
