//! Front matter: what a page says of itself before its text begins.
//!
//! ```text
//! ---
//! title: How we release
//! tags: release, checklist
//! aliases:
//!   - Releasing
//! ---
//! ```
//!
//! It is recognised only at the very start of a page, where a known key follows the first line, each further line is one of a
//! key or of a list, and the closing line comes soon. Anything else that begins with `---` is Markdown as ever.

use crate::base::text::fold;

/// Lines that it may have.
const MOST_LINES: usize = 100;
const MOST_TAGS: usize = 30;
const MOST_ALIASES: usize = 30;
const LONGEST_TITLE: usize = 200;
const LONGEST_TAG: usize = 60;
const KEYS: [&str; 3] = ["title", "tags", "aliases"];

/// What a page says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Front {
    pub title: Option<String>,
    /// Folded, each once, in the order in which they stand there.
    pub tags: Vec<String>,
    /// Other names of the page as they are written, each with its line.
    pub aliases: Vec<(usize, String)>,
    /// What is wrong in it: the line, counted from 1, and a sentence.
    pub problems: Vec<(usize, String)>,
    /// Bytes up to where the text begins.
    pub length: usize,
}

impl Front {
    /// The front matter of a text, if it has one.
    pub fn of(text: &str) -> Option<Self> {
        let lines = lines(text)?;
        let mut front = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        let mut key = "";
        for (number, line) in &lines.inner {
            if let Some(item) = line.trim_start().strip_prefix("- ") {
                match key {
                    "tags" | "aliases" => front.put(key, *number, item),
                    _ => front.problem(*number, "A list stands below tags or aliases."),
                }
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            key = KEYS.into_iter().find(|known| *known == name).unwrap_or_default();
            if key.is_empty() {
                front.problem(*number, &format!("There is no key “{name}” here; known are {}.", KEYS.join(", ")));
            } else if seen.contains(&key) {
                front.problem(*number, &format!("“{key}” stands here twice."));
            } else if key == "title" {
                front.put(key, *number, value);
            } else {
                let list = value.trim();
                let list = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list);
                list.split(',').filter(|item| !item.trim().is_empty()).for_each(|item| front.put(key, *number, item));
            }
            seen.push(key);
        }
        front.length = lines.length;
        Some(front)
    }

    fn put(&mut self, key: &str, line: usize, written: &str) {
        let value = unquoted(written.trim());
        if value.is_empty() || value.chars().any(char::is_control) {
            return self.problem(line, "Something is missing here.");
        }
        let length = value.chars().count();
        match key {
            "title" if length > LONGEST_TITLE => self.problem(line, "A title has at most 200 characters."),
            "title" => self.title = Some(value.to_owned()),
            "tags" if length > LONGEST_TAG || value.contains(['/', '#', '?', ',']) => self.problem(
                line,
                &format!(
                    "“{value}” can't be a tag: it has at most 60 characters and none of the signs / # ? and comma."
                ),
            ),
            "tags" if self.tags.len() == MOST_TAGS => self.problem(line, "A page has at most 30 tags."),
            "tags" => {
                let tag = fold(value);
                if !self.tags.contains(&tag) {
                    self.tags.push(tag);
                }
            }
            _ if self.aliases.len() == MOST_ALIASES => self.problem(line, "A page has at most 30 aliases."),
            _ => self.aliases.push((line, value.to_owned())),
        }
    }

    fn problem(&mut self, line: usize, message: &str) {
        self.problems.push((line, message.to_owned()));
    }
}

/// The text without its front matter.
pub fn without_front(text: &str) -> &str {
    lines(text).map_or(text, |lines| &text[lines.length..])
}

struct Lines<'a> {
    /// The lines between the two that bound it, with their numbers.
    inner: Vec<(usize, &'a str)>,
    length: usize,
}

fn lines(text: &str) -> Option<Lines<'_>> {
    if !text.starts_with("---") {
        return None;
    }
    let mut inner = Vec::new();
    let mut length = 0;
    for (at, whole) in text.split_inclusive('\n').take(MOST_LINES).enumerate() {
        length += whole.len();
        let line = whole.trim_end();
        match (at, line) {
            (0, "---") => {}
            (0, _) => return None,
            (1, _) if !KEYS.iter().any(|key| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))) => {
                return None;
            }
            (_, "---") => return Some(Lines { inner, length }),
            _ if is_item(line) || is_pair(line) => inner.push((at + 1, line)),
            _ => return None,
        }
    }
    None
}

fn is_item(line: &str) -> bool {
    line.trim_start().strip_prefix("- ").is_some_and(|item| !item.trim().is_empty())
}

fn is_pair(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, value)| {
        !key.is_empty()
            && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && (value.is_empty() || value.starts_with(' '))
    })
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.trim();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says_of_itself_is_read_in_each_form() {
        let text = "---\ntitle: \"How we: release\"\ntags: [Release, \"Check list\", release]\naliases:\n  - Releasing\n- Old/Name\n---\n\n# Text\n";
        let front = Front::of(text).expect("front matter");
        assert_eq!(front.title.as_deref(), Some("How we: release"));
        assert_eq!(front.tags, ["release", "check list"]);
        assert_eq!(front.aliases, [(5, "Releasing".to_owned()), (6, "Old/Name".to_owned())]);
        assert_eq!(front.problems, []);
        assert_eq!(without_front(text), "\n# Text\n");
        assert_eq!(&text[front.length..], without_front(text));
    }

    #[test]
    fn anything_else_is_text() {
        for text in [
            "",
            "---\n",
            "---\ntitle: x\n",
            "---\n\ntitle: x\n---\n",
            "--- \nfoo: x\n---\n",
            "---\nsome words\n---\n",
            "---\ntitle: x\nsome words\n---\n",
            "----\ntitle: x\n---\n",
            " ---\ntitle: x\n---\n",
            "---\ntitle:x\n---\n",
            "---\nFoo\n---\nBar\n---\nBaz",
            "---\ntitles: x\n---\n",
        ] {
            assert_eq!(Front::of(text), None, "{text:?}");
            assert_eq!(without_front(text), text);
        }
    }

    #[test]
    fn problems_are_named_by_line() {
        let text = "---\ntitle: x\ncolour: red\n- one\ntags: a/b\ntitle: y\naliases: \"\"\n---\n";
        let lines: Vec<usize> = Front::of(text).expect("front matter").problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7]);
    }
}
