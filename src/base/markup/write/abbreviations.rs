//! `*[HTML]: Hypertext Markup Language` on lines of their own: what a short form stands for, wherever it is used in the text.

use std::collections::HashMap;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Writer, escape};

const MOST: usize = 500;

#[derive(Default)]
pub(super) struct Abbreviations {
    /// What each short form stands for.
    known: HashMap<String, String>,
    /// Where paragraphs of nothing but definitions begin among the events, and how many events each has.
    places: HashMap<usize, usize>,
}

impl Abbreviations {
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Reads the definitions before anything is written; `restored` puts back what the scanner took out of a text.
pub(super) fn read(events: &[Event<'_>], restored: impl Fn(&str) -> String) -> Abbreviations {
    let mut found = Abbreviations::default();
    for (at, event) in events.iter().enumerate() {
        if !matches!(event, Event::Start(Tag::Paragraph)) {
            continue;
        }
        // The first sign tells, for nearly all paragraphs.
        if !matches!(events.get(at + 1), Some(Event::Text(text)) if text.starts_with("*[")) {
            continue;
        }
        let mut lines = String::new();
        let length = events[at + 1..].iter().position(|event| match event {
            Event::Text(text) => {
                lines.push_str(&restored(text));
                false
            }
            Event::SoftBreak => {
                lines.push('\n');
                false
            }
            _ => true,
        });
        let Some(length) = length.filter(|length| matches!(events[at + 1 + length], Event::End(TagEnd::Paragraph)))
        else {
            continue;
        };
        let read: Option<Vec<(&str, &str)>> = lines.lines().map(definition).collect();
        if let Some(read) = read {
            let room = MOST.saturating_sub(found.known.len());
            found.known.extend(read.iter().take(room).map(|(short, long)| ((*short).to_owned(), (*long).to_owned())));
            found.places.insert(at, length + 2);
        }
    }
    found
}

fn definition(line: &str) -> Option<(&str, &str)> {
    let (short, long) = line.trim().strip_prefix("*[")?.split_once("]:")?;
    let is_word = !short.is_empty() && short.len() <= 60 && short.chars().all(is_part);
    (is_word && !long.trim().is_empty()).then(|| (short, long.trim()))
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || "-_./&+".contains(character)
}

impl Writer<'_> {
    /// How many events at hand are definitions, which are not shown.
    pub(super) fn definitions(&self) -> Option<usize> {
        self.abbreviations.places.get(&self.at).copied()
    }

    /// Writes words in which short forms tell what they stand for.
    pub(super) fn abbreviated(&mut self, text: &str) {
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, after) = rest.split_at(start);
            let end = after.find(|c| !is_part(c)).unwrap_or(after.len());
            let (word, more) = after.split_at(end);
            // The full stop of a sentence belongs to no word.
            let bare = word.trim_end_matches(['.', '-', '/']);
            escape(&mut self.out, before);
            match self
                .abbreviations
                .known
                .get(word)
                .map(|long| (word, long))
                .or_else(|| Some((bare, self.abbreviations.known.get(bare)?)))
            {
                Some((short, long)) => {
                    self.out.push_str("<abbr title=\"");
                    escape(&mut self.out, long);
                    self.out.push_str("\">");
                    escape(&mut self.out, short);
                    self.out.push_str("</abbr>");
                    escape(&mut self.out, &word[short.len()..]);
                }
                None => escape(&mut self.out, word),
            }
            rest = more;
        }
        escape(&mut self.out, rest);
    }
}
