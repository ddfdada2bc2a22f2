//! What stands after the three backquotes of a block of code: its language, whether its lines have numbers, and which are
//! marked. People bring the habits of many sites along, so all of these are read:
//! `rust {3-5}` · `rust linenos` · `rust linenos=10` · `{.rust .numberLines startFrom=10}` · `{.rust #L3-5}` ·
//! `rust marks=3,5-7` · `rust hl_lines="3 5-7"`.

use std::ops::RangeInclusive;

use super::super::lines::marks;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fence {
    /// A word that can be a class, or nothing.
    pub(super) language: String,
    /// The number of the first line; none: lines have no numbers.
    pub(super) first: Option<usize>,
    pub(super) marks: Vec<RangeInclusive<usize>>,
}

/// Line numbers end there.
const HIGHEST: usize = 10_000_000;

impl Fence {
    /// Reads an info string; what means nothing is passed over.
    pub(super) fn read(info: &str) -> Self {
        let mut fence = Self::default();
        // The language may have its brace right behind it: `rust{3-5}`.
        let words = info.replace('{', " {").replace('}', "} ");
        let mut quoted = false;
        let words = words.split(|c: char| {
            quoted ^= c == '"';
            !quoted && (c.is_whitespace() || c == ';')
        });
        for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
            let bare = word.trim_matches(['{', '}']).replace('"', "");
            // Commas part words as well (`rust,ignore`), but not the numbers of lines.
            match bare.split_once('=') {
                Some((name, value)) => fence.setting(name, value),
                None if word.starts_with('{') && bare.starts_with(|c: char| c.is_ascii_digit()) => fence.mark(&bare),
                None => {
                    for (nth, part) in bare.split(',').enumerate() {
                        fence.word(part, at == 0 && nth == 0);
                    }
                }
            }
        }
        fence
    }

    pub(super) fn has_lines(&self) -> bool {
        self.first.is_some() || !self.marks.is_empty()
    }

    fn word(&mut self, word: &str, is_first: bool) {
        if let Some(lines) = word.strip_prefix("#L") {
            self.mark(lines);
        } else if is_numbering(word.trim_start_matches('.')) {
            self.first = self.first.or(Some(1));
        } else if let Some(class) = word.strip_prefix('.').filter(|_| self.language.is_empty()) {
            self.set_language(class);
        } else if is_first {
            self.set_language(word);
        }
    }

    fn setting(&mut self, name: &str, value: &str) {
        let number = value.parse().ok().filter(|number| (1..=HIGHEST).contains(number));
        match name {
            "marks" | "hl_lines" | "highlight" => self.mark(&value.replace(' ', ",")),
            "startFrom" | "startfrom" | "start" | "linenostart" => self.first = number.or(self.first),
            _ if is_numbering(name) && matches!(value, "false" | "off" | "no") => self.first = None,
            _ if is_numbering(name) => self.first = number.or(self.first).or(Some(1)),
            _ => {}
        }
    }

    fn mark(&mut self, lines: &str) {
        self.marks.extend(marks(lines));
    }

    fn set_language(&mut self, word: &str) {
        let plain = word.len() <= 40 && word.chars().all(|c| c.is_alphanumeric() || "+#.-_".contains(c));
        if plain {
            self.language = word.to_owned();
        }
    }
}

fn is_numbering(word: &str) -> bool {
    matches!(word, "linenos" | "lineno" | "numberLines" | "number-lines" | "showLineNumbers" | "line-numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_habits_of_many_sites_are_read() {
        let fence = |language: &str, first, marks: &[RangeInclusive<usize>]| Fence {
            language: language.to_owned(),
            first,
            marks: marks.to_vec(),
        };
        for (info, read) in [
            ("", fence("", None, &[])),
            ("rust", fence("rust", None, &[])),
            ("rust {3-5,8}", fence("rust", None, &[3..=5, 8..=8])),
            ("rust{2}", fence("rust", None, &[2..=2])),
            ("rust,ignore", fence("rust", None, &[])),
            ("c++ linenos", fence("c++", Some(1), &[])),
            ("sh linenos=10 marks=11,13-12", fence("sh", Some(10), &[11..=11, 12..=13])),
            ("{.rust .numberLines startFrom=\"7\"}", fence("rust", Some(7), &[])),
            ("{.rust #L3-5}", fence("rust", None, &[3..=5])),
            ("python {linenos=true hl_lines=\"1 3-4\"}", fence("python", Some(1), &[1..=1, 3..=4])),
            ("{linenos=off}", fence("", None, &[])),
            ("<b> onload=x", fence("", None, &[])),
            ("linenos", fence("", Some(1), &[])),
            ("text linenos=99999999999999999999", fence("text", Some(1), &[])),
        ] {
            assert_eq!(Fence::read(info), read, "{info}");
        }
    }
}
