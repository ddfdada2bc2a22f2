//! How somebody wants differences drawn, the same on every page that shows some (rows K06, G06): by the address, and where
//! that says nothing as they chose last in this session of their browser.

use serde::Serialize;

use super::diff::Style;
use super::form::shortened;
use super::{Answer, Desk};
use crate::base::error::{Error, Result};
use crate::base::text::diff::Options;

/// The cookie that remembers it, for people who are signed in: reading alone sets none for others.
pub const COOKIE: &str = "trackway_diff";

/// What an address may say of it.
const WORDS: [&str; 5] = ["style", "context", "blanks", "case", "words"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub style: Style,
    /// Unchanged lines around a change; -1: all.
    pub context: i64,
    /// The amount of blanks and blank lines don't count.
    pub ignore_blanks: bool,
    pub ignore_case: bool,
    /// The words that changed within a line are marked.
    pub words: bool,
}

/// The fields of `ui.diff_bar`.
#[derive(Debug, Serialize)]
pub struct Bar {
    pub style: &'static str,
    pub side_href: String,
    pub inline_href: String,
    pub context: i64,
    pub ignore_blanks: bool,
    pub ignore_case: bool,
    pub words: bool,
}

/// Whether a parameter of an address is about the look.
pub fn is_about_look(name: &str) -> bool {
    WORDS.contains(&name)
}

impl Look {
    /// `usual` is the style of the page.
    pub fn asked(desk: &Desk, usual: Style) -> Result<Self> {
        let known = || Self { style: usual, context: 3, ignore_blanks: false, ignore_case: false, words: true };
        let visit = &desk.visit;
        if !is_said(desk) {
            return Ok(visit.diff_look.as_deref().and_then(remembered).unwrap_or_else(known));
        }
        Ok(Self {
            style: match visit.value("style").as_deref() {
                None | Some("") => usual,
                Some("side" | "sidebyside") => Style::Side,
                Some("inline") => Style::Inline,
                Some(other) => {
                    let message = format!("`{}` is no style: `inline` or `sidebyside`.", shortened(other));
                    return Err(Error::invalid("style", message));
                }
            },
            context: visit.value("context").and_then(|text| text.parse().ok()).unwrap_or(3).clamp(-1, 100),
            ignore_blanks: visit.value("blanks").is_some(),
            ignore_case: visit.value("case").is_some(),
            words: visit.value("words").as_deref() != Some("no"),
        })
    }

    pub fn options(&self) -> Options {
        Options {
            context: usize::try_from(self.context).ok(),
            ignore_blanks: self.ignore_blanks,
            ignore_blank_lines: self.ignore_blanks,
            ignore_case: self.ignore_case,
            by_line: !self.words,
            ..Options::default()
        }
    }

    /// The bar above the differences. `href` is the page's address without a query, `query` its raw one.
    pub fn bar(&self, href: &str, query: &str) -> Bar {
        Bar {
            style: self.style.name(),
            side_href: self.href(href, query, Style::Side),
            inline_href: self.href(href, query, Style::Inline),
            context: self.context,
            ignore_blanks: self.ignore_blanks,
            ignore_case: self.ignore_case,
            words: self.words,
        }
    }

    /// The same page in another style, and everything else as it is: paths in its raw query need not be text.
    fn href(&self, href: &str, query: &str, style: Style) -> String {
        let kept = |pair: &&str| !pair.is_empty() && !is_about_look(pair.split('=').next().unwrap_or_default());
        let kept: String = query.split('&').filter(kept).map(|pair| format!("{pair}&")).collect();
        let mut said = format!("style={}&context={}", style.name(), self.context);
        for (is_so, word) in
            [(self.ignore_blanks, "&blanks=1"), (self.ignore_case, "&case=1"), (!self.words, "&words=no")]
        {
            if is_so {
                said.push_str(word);
            }
        }
        format!("{href}?{kept}{said}")
    }

    /// Remembers what was chosen here, until the browser is closed.
    pub fn kept(&self, desk: &Desk, answer: Answer) -> Answer {
        let text = self.as_text();
        let is_new = is_said(desk) && desk.visit.diff_look.as_deref() != Some(text.as_str());
        if is_new && desk.account.is_some() { answer.remembering(desk, COOKIE, &text) } else { answer }
    }

    /// In one word, for the cookie and for keys of caches.
    pub fn as_text(&self) -> String {
        let flags = [(self.ignore_blanks, 'b'), (self.ignore_case, 'c'), (!self.words, 'l')];
        let flags: String = flags.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag).collect();
        format!("{}.{}.{flags}", self.style.name(), self.context)
    }
}

fn is_said(desk: &Desk) -> bool {
    desk.visit.pairs().iter().any(|(name, _)| is_about_look(name))
}

/// None for what is none of ours.
fn remembered(text: &str) -> Option<Look> {
    let mut parts = text.split('.');
    let (style, context, flags) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let style = match style {
        "side" => Style::Side,
        "inline" => Style::Inline,
        _ => return None,
    };
    (-1..=100).contains(&context).then(|| Look {
        style,
        context,
        ignore_blanks: flags.contains('b'),
        ignore_case: flags.contains('c'),
        words: !flags.contains('l'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_remembered_as_it_was_and_what_is_none_is_forgotten() {
        for (style, context, flags) in [(Style::Side, 3, 0), (Style::Inline, -1, 7), (Style::Inline, 25, 5)] {
            let [ignore_blanks, ignore_case, by_line] = [1, 2, 4].map(|bit| flags & bit > 0);
            let look = Look { style, context, ignore_blanks, ignore_case, words: !by_line };
            assert_eq!(remembered(&look.as_text()), Some(look));
        }
        for text in ["", "side", "side.x.b", "other.3.b", "side.900.", "side.-2."] {
            assert_eq!(remembered(text), None, "{text}");
        }
    }

    #[test]
    fn the_other_style_keeps_everything_else() {
        let look = Look { style: Style::Side, context: 10, ignore_blanks: true, ignore_case: false, words: false };
        let bar = look.bar("/demo/wiki/A", "action=diff&context=10&blanks=1&version=2&words=no");
        let rest = "context=10&blanks=1&words=no";
        assert_eq!(bar.inline_href, format!("/demo/wiki/A?action=diff&version=2&style=inline&{rest}"));
        assert_eq!(bar.side_href, format!("/demo/wiki/A?action=diff&version=2&style=side&{rest}"));
    }
}
