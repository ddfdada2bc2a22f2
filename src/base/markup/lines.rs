//! Code by lines: each with its own stretches of colour, and a number. Serves pages that show files, where a number is an
//! address, and blocks of code in texts, where it is not.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::Html;

/// How many lines a text has; an unfinished one counts.
pub fn line_count(text: &str) -> usize {
    text.lines().count()
}

/// The lines of a file, each with its number as a link to itself; those within `marks` are marked. `coloured` is what
/// [`super::highlighted`] gives for `text`.
pub fn file_lines(text: &str, coloured: &str, marks: &[RangeInclusive<usize>]) -> Html {
    let mut html = String::with_capacity(coloured.len() + coloured.len() / 4);
    each(coloured, line_count(text), &mut html, |html, number, blank| {
        // On a line of its own the number has to be a target as large as any.
        let (blank, marked) = (if blank { " blank" } else { "" }, marked(marks, number));
        let _ =
            write!(html, "<span class=\"line{blank}{marked}\" id=\"L{number}\"><a href=\"#L{number}\">{number}</a>");
    });
    Html::trusted(html)
}

/// Lines of a file in a text, numbered from `first` on.
pub fn file_block(text: &str, coloured: &Html, first: usize) -> Html {
    let mut html = String::with_capacity(coloured.as_str().len() * 2);
    block_lines(&mut html, text, coloured.as_str(), Some(first), &[]);
    Html::trusted(html)
}

/// The lines of a block of code, numbered from `first` on or not at all; those within `marks` are marked.
pub(super) fn block_lines(
    out: &mut String,
    text: &str,
    coloured: &str,
    first: Option<usize>,
    marks: &[RangeInclusive<usize>],
) {
    let start = first.unwrap_or(1) - 1;
    each(coloured, line_count(text), out, |out, at, _| {
        let marked = marked(marks, start + at);
        let _ = match first {
            Some(_) => write!(out, "<span class=\"code-line{marked}\" data-line=\"{}\">", start + at),
            None => write!(out, "<span class=\"code-line{marked}\">"),
        };
    });
}

fn marked(marks: &[RangeInclusive<usize>], number: usize) -> &'static str {
    if marks.iter().any(|range| range.contains(&number)) { " marked" } else { "" }
}

/// Writes each of the first `count` lines after what `begin` writes for it (its number from 1, and whether nothing is on
/// it), and ends it with `</span>`.
fn each(coloured: &str, count: usize, out: &mut String, mut begin: impl FnMut(&mut String, usize, bool)) {
    // The stretch of colour that is open at the end of a line goes on in the next one.
    let mut open: Option<&str> = None;
    // A stretch that ends behind the last line end is no line of its own.
    for (at, line) in coloured.split_inclusive('\n').take(count).enumerate() {
        begin(out, at + 1, line.trim_start_matches("</span>").trim().is_empty());
        let line = line.strip_suffix('\n').unwrap_or(line);
        let shown = line.strip_suffix('\r').unwrap_or(line);
        match shown.strip_prefix("</span>").filter(|_| open.is_some()) {
            Some(rest) => out.push_str(rest),
            None => {
                out.push_str(open.unwrap_or_default());
                out.push_str(shown);
            }
        }
        open = open_after(line, open);
        out.push_str(if open.is_some() { "</span>\n</span>" } else { "\n</span>" });
    }
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
    use std::time::Duration;

    use super::super::highlighted;
    use super::*;

    #[test]
    fn colours_end_with_each_line_and_go_on_in_the_next() {
        let text = "/* one\n<two> */\nfn\n";
        let coloured = highlighted(text, "rs", Duration::from_secs(9));
        let html = file_lines(text, coloured.as_str(), &[2..=3]).into_string();

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
