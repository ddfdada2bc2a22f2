//! The words of a text without its markup. It reads the Markdown alone, quickly: no links are looked up and nothing is made
//! safe, since no HTML comes of it.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// The words of a Markdown text for search and excerpts; blocks end with a newline. Macros are left out, page links keep
/// the words that show.
pub fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut code = false;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => {
                code = false;
                words.push('\n');
            }
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push(if code { '\n' } else { ' ' }),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableRow
                | TagEnd::TableHead
                | TagEnd::DefinitionListTitle
                | TagEnd::DefinitionListDefinition,
            ) => words.push('\n'),
            Event::End(TagEnd::TableCell) => words.push(' '),
            _ => {}
        }
    }
    without_brackets(&words)
}

/// `[[Page|label]]` → `label`, `[[Page]]` → `Page`, `[[Macro(…)]]` → nothing.
fn without_brackets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("[[") {
        let (before, after) = rest.split_at(start);
        shown.push_str(before);
        let inside = &after[2..];
        let line = inside.find('\n').unwrap_or(inside.len());
        match inside[..line].find("]]") {
            Some(end) => {
                let content = &inside[..end];
                if !content.ends_with(')') {
                    shown.push_str(content.rsplit('|').next().unwrap_or(content));
                }
                rest = &inside[end + 2..];
            }
            None => {
                shown.push_str("[[");
                rest = inside;
            }
        }
    }
    shown.push_str(rest);
    shown
}

/// A heading with what stands below it, up to the next heading of its level or above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The words of the heading.
    pub heading: String,
    /// The words below it, headings among them, with nothing between two of them: for comparing, not for reading.
    pub words: String,
}

/// The headings of a text in order, each with what stands below it; lower ones stand below higher ones, too.
pub fn passages(text: &str) -> Vec<Passage> {
    let mut parts: Vec<(u8, Passage)> = Vec::new();
    // Where in `parts` those stand that are still open, outermost first.
    let mut open: Vec<usize> = Vec::new();
    let mut in_heading = false;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let level = level as u8;
                open.retain(|at| parts[*at].0 < level);
                open.push(parts.len());
                parts.push((level, Passage { heading: String::new(), words: String::new() }));
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Text(words) | Event::Code(words) => {
                let own = open.len().saturating_sub(usize::from(in_heading));
                for at in &open[..own] {
                    parts[*at].1.words.push_str(&words);
                }
                if let Some(at) = open.last().filter(|_| in_heading) {
                    parts[*at].1.heading.push_str(&words);
                }
            }
            // A picture says something, too.
            Event::Start(Tag::Image { .. }) => open.iter().for_each(|at| parts[*at].1.words.push('\u{FFFC}')),
            Event::SoftBreak | Event::HardBreak => open.iter().for_each(|at| parts[*at].1.words.push(' ')),
            _ => {}
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_left_out_and_words_stay() {
        let text = "# Title\n\nSome *bold* `code` and [[Other Page|a label]], [[Page]].\n\n[[RecentChanges(3)]]\n\n| a | b |\n|---|---|\n| c | d |\n";
        let words: Vec<String> = plain(text).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words.join(" "), "Title Some bold code and a label, Page. a b c d");
    }

    #[test]
    fn a_part_holds_what_stands_below_its_heading() {
        let text = "before\n\n## Steps\n\n<!-- what you did -->\n\n## What *happened*\n\n### Log\n\n```\nboom\n```\n## Empty\n";
        let found: Vec<(String, String)> =
            passages(text).into_iter().map(|part| (part.heading, part.words.trim().to_owned())).collect();
        let part = |heading: &str, words: &str| (heading.to_owned(), words.to_owned());
        assert_eq!(
            found,
            [part("Steps", ""), part("What happened", "Logboom"), part("Log", "boom"), part("Empty", "")]
        );
    }
}
