//! Raw HTML on its way into the page, before ammonia: what is outside the safe subset is shown as text instead of
//! vanishing (`Vec<String>`), nothing is left open that would swallow or slant what follows, and nesting is bounded, since an
//! HTML5 parser takes quadratic time and more over deeply nested or repeatedly reopened elements.
//!
//! This is for readers and for the clock. What is safe is decided by ammonia alone.

use super::sanitise::{is_allowed, is_dropped};

const DEEPEST: usize = 48;
/// Each tag costs as much as inline elements are open: an HTML5 parser may reopen all of them.
const MOST_WORK: usize = 200_000;

const VOID: [&str; 6] = ["br", "hr", "img", "wbr", "col", "source"];
/// Their end tags may be left out.
const IMPLIED: [&str; 11] = ["p", "li", "td", "th", "tr", "dt", "dd", "thead", "tbody", "tfoot", "caption"];
/// They may not reach beyond the block in which they were opened.
const INLINE: [&str; 25] = [
    "a", "abbr", "b", "big", "bdi", "bdo", "cite", "code", "dfn", "em", "font", "i", "kbd", "mark", "nobr", "q", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "u",
];

#[derive(Default)]
pub(super) struct Guard {
    open: Vec<String>,
    work: usize,
}

impl Guard {
    /// Where a block begins that closes what is opened in it.
    pub(super) fn mark(&self) -> usize {
        self.open.len()
    }

    /// Closes everything opened since the mark: the end of a paragraph, heading or cell.
    pub(super) fn close(&mut self, mark: usize, out: &mut String) {
        while self.open.len() > mark {
            if let Some(name) = self.open.pop() {
                out.push_str("</");
                out.push_str(&name);
                out.push('>');
            }
        }
    }

    /// Closes the inline elements opened since the mark: the end of an HTML block, whose `<details>` may go on.
    pub(super) fn close_inline(&mut self, mark: usize, out: &mut String) {
        let mark = mark.min(self.open.len());
        if let Some(first) = self.open[mark..].iter().position(|name| is(name, &INLINE)) {
            self.close(mark + first, out);
        }
    }

    pub(super) fn write(&mut self, raw: &str, out: &mut String) {
        let mut rest = raw;
        while let Some(at) = rest.find('<') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let length = self.tag(rest, out);
            rest = &rest[length..];
        }
        out.push_str(rest);
    }

    /// Writes what becomes of the tag at the start of `text` and answers how much of the text that was.
    fn tag(&mut self, text: &str, out: &mut String) -> usize {
        if self.work > MOST_WORK {
            return as_text(out);
        }
        let until = |end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
        if text.starts_with("<!--") {
            return until("-->");
        }
        if text.starts_with("<![CDATA[") {
            return until("]]>");
        }
        if text.starts_with("<!") || text.starts_with("<?") {
            return until(">");
        }
        let closing = text.starts_with("</");
        let start = 1 + usize::from(closing);
        let length = text[start..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
        let name = text[start..start + length].to_ascii_lowercase();
        let Some(end) = tag_end(text).filter(|_| length > 0) else {
            self.work += 64;
            return as_text(out);
        };
        if is_dropped(&name) {
            return end;
        }
        if !is_allowed(&name) {
            return as_text(out);
        }
        self.work += self.open.len();
        let tracked = !is(&name, &VOID) && !is(&name, &IMPLIED);
        if closing {
            if tracked {
                match self.open.iter().rposition(|open| *open == name) {
                    Some(at) => self.open.truncate(at),
                    None => return end,
                }
            }
        } else if tracked {
            if self.open.len() >= DEEPEST {
                return as_text(out);
            }
            self.open.push(name);
        }
        out.push_str(&text[..end]);
        end
    }
}

fn is(name: &str, list: &[&str]) -> bool {
    list.contains(&name)
}

fn as_text(out: &mut String) -> usize {
    out.push_str("&lt;");
    1
}

/// The end of a tag: the `>` outside quotes. Longer tags are none.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().take(4096) {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if text.as_bytes()[..at].trim_ascii_end().ends_with(b"=") => quote = Some(byte),
            (Some(open), _) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}
