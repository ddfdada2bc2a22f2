//! What of a page a thread is about: all of it, a heading, or a passage that somebody quoted. A passage is known by its
//! letters and digits alone, so that it is found again wherever it has moved to, whatever the markup around it is now.

use serde::Serialize;

use crate::base::error::Error;
use crate::base::error::{Problem, Result};
use crate::base::markup::{self, Heading};

/// Characters of a quoted passage.
const LONGEST_QUOTE: usize = 1000;
/// Characters that are kept of what stands before and after it, to tell it from its like.
const CONTEXT: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    Page,
    /// The id of the heading, and its words as they were.
    Heading {
        id: String,
        words: String,
    },
    Quote(Quote),
    /// It answers a suggested edit.
    Suggestion,
}

/// A passage, and what stood around it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub words: String,
    pub before: String,
    pub after: String,
}

impl Anchor {
    /// As the table names its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Heading { .. } => "heading",
            Self::Quote(_) => "quote",
            Self::Suggestion => "suggestion",
        }
    }

    /// The words that it is about; none for the whole page.
    pub fn words(&self) -> &str {
        match self {
            Self::Page | Self::Suggestion => "",
            Self::Heading { words, .. } => words,
            Self::Quote(quote) => &quote.words,
        }
    }
}

/// What somebody asks to discuss, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The id of a heading.
    pub heading: String,
    pub quote: Quote,
}

/// The text of a page, as far as anchors are looked for in it.
pub struct Ground<'a> {
    outline: &'a [Heading],
    letters: String,
}

impl<'a> Ground<'a> {
    pub fn of(text: &str, outline: &'a [Heading]) -> Self {
        Self { outline, letters: letters(&markup::plain(text)) }
    }

    /// Whether it is still in the text.
    pub fn has(&self, anchor: &Anchor) -> bool {
        match anchor {
            Anchor::Page | Anchor::Suggestion => true,
            Anchor::Heading { id, .. } => self.outline.iter().any(|heading| heading.id == *id),
            Anchor::Quote(quote) => self.letters.contains(&letters(&quote.words)),
        }
    }

    /// What a thread that is begun now is about.
    pub fn anchor(&self, wish: &Wish) -> Result<Anchor> {
        let words = one_line(&wish.quote.words);
        let refused = |field: &str, message: &str| Err(Error::Invalid(vec![Problem::new(field, message)]));
        match (wish.heading.as_str(), words.as_str()) {
            ("", "") => Ok(Anchor::Page),
            (id, "") => match self.outline.iter().find(|heading| heading.id == id) {
                Some(heading) => Ok(Anchor::Heading { id: id.to_owned(), words: heading.text.clone() }),
                None => refused("heading", "The page has no such heading any more. Choose another, or the whole page."),
            },
            ("", _) if words.chars().count() > LONGEST_QUOTE => {
                refused("quote", "A quotation has at most 1,000 characters. Its first sentence will do.")
            }
            ("", _) if letters(&words).is_empty() => {
                refused("quote", "A quotation holds at least one letter or digit.")
            }
            ("", _) if !self.letters.contains(&letters(&words)) => {
                refused("quote", "These words are not in the text of the page. Quote them as they are shown there.")
            }
            ("", _) => Ok(Anchor::Quote(Quote {
                words,
                before: last(&one_line(&wish.quote.before), CONTEXT),
                after: one_line(&wish.quote.after).chars().take(CONTEXT).collect(),
            })),
            _ => refused("quote", "Choose a heading or quote a passage, not both."),
        }
    }
}

/// What of a text counts when a passage is looked for.
fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn last(text: &str, count: usize) -> String {
    let skipped = text.chars().count().saturating_sub(count);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(words: &str) -> Wish {
        Wish { quote: Quote { words: words.to_owned(), ..Quote::default() }, ..Wish::default() }
    }

    #[test]
    fn a_passage_is_found_whatever_the_markup_around_it() {
        let text = "# The Doors\n\nDoors open **two seconds**\nafter the [[Plan|signal]], see `door.rs`.\n";
        let ground = Ground::of(text, &[]);
        let anchor = ground.anchor(&quote("open two  seconds after the signal")).expect("it is there");
        assert_eq!(anchor.words(), "open two seconds after the signal");
        let moved = "Now: *doors open two seconds after* the signal!\n";
        assert!(Ground::of(moved, &[]).has(&anchor));
        assert!(!Ground::of("Doors open three seconds after the signal", &[]).has(&anchor));
    }

    #[test]
    fn what_is_not_there_is_refused_with_its_field() {
        let outline = [Heading { level: 1, id: "doors".to_owned(), text: "Doors".to_owned(), at: None }];
        let ground = Ground::of("# Doors\n\nText.\n", &outline);
        let field = |wish: &Wish| match ground.anchor(wish) {
            Err(Error::Invalid(problems)) => problems[0].field.clone(),
            other => panic!("{other:?}"),
        };
        let heading = |id: &str| Wish { heading: id.to_owned(), ..Wish::default() };
        assert_eq!(field(&heading("windows")), "heading");
        assert_eq!(field(&quote("windows")), "quote");
        assert_eq!(field(&quote("!?")), "quote");
        assert_eq!(field(&quote(&"text ".repeat(400))), "quote");
        assert_eq!(field(&Wish { heading: "doors".to_owned(), ..quote("text") }), "quote");
        assert_eq!(ground.anchor(&heading("doors")).expect("a heading").words(), "Doors");
        assert_eq!(ground.anchor(&quote("  ")).expect("the page"), Anchor::Page);
    }
}
