//! The form of the index: its fields, how text becomes words, and how a document becomes an entry.
//!
//! Two fields hold each text. The plain one has every word as [`crate::base::text::plain`] folds it, with positions: for
//! phrases, beginnings and exact words. The stemmed one brings forms of a word together (`leaks`, `leaking`) and finds the
//! parts of `CamelCase`.

use std::ops::Range;
use std::sync::LazyLock;

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Language, Stemmer, TextAnalyzer, Token, TokenStream as _, Tokenizer, TokenizerManager};
use tantivy::{TantivyDocument, Term};

use crate::base::component::Document;
use crate::base::resource::Resource;
use crate::base::text;

/// Longer words are cut, in texts as in queries.
const LONGEST_WORD: usize = 240;
/// Their names stand in the schema: a change of how words are found needs other names, then old indexes are rebuilt.
const WORDS: &str = "words-1";
const STEMS: &str = "stems-1";

pub struct Fields {
    /// `page:7`.
    pub key: Field,
    pub kind: Field,
    pub acl: Field,
    pub participant: Field,
    pub author: Field,
    /// Microseconds.
    pub changed: Field,
    /// The title in plain words as one term.
    pub whole_title: Field,
    pub title: Field,
    pub text: Field,
    pub title_stems: Field,
    pub text_stems: Field,
}

pub fn fields() -> &'static Fields {
    &FORM.1
}

pub fn schema() -> Schema {
    FORM.0.clone()
}

static FORM: LazyLock<(Schema, Fields)> = LazyLock::new(|| {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str, record: IndexRecordOption| {
        TextOptions::default()
            .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record))
    };
    let words = text(WORDS, IndexRecordOption::WithFreqsAndPositions);
    let stems = text(STEMS, IndexRecordOption::WithFreqs);
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        kind: schema.add_text_field("kind", STRING),
        acl: schema.add_i64_field("acl", INDEXED),
        participant: schema.add_i64_field("participant", INDEXED),
        author: schema.add_text_field("author", words.clone()),
        changed: schema.add_i64_field("changed", FAST),
        whole_title: schema.add_text_field("whole_title", STRING),
        title: schema.add_text_field("title", words.clone()),
        text: schema.add_text_field("text", words),
        title_stems: schema.add_text_field("title_stems", stems.clone()),
        text_stems: schema.add_text_field("text_stems", stems),
    };
    (schema.build(), fields)
});

pub fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(WORDS, WordTokenizer { parts: false });
    manager.register(STEMS, stemming());
    manager
}

pub fn key(resource: &Resource) -> Term {
    Term::from_field_text(fields().key, &resource.to_string())
}

pub fn entry(document: &Document) -> TantivyDocument {
    let fields = fields();
    let mut entry = TantivyDocument::new();
    entry.add_text(fields.key, document.resource.to_string());
    entry.add_text(fields.kind, &document.resource.kind);
    entry.add_i64(fields.acl, document.acl);
    for person in &document.participants {
        entry.add_i64(fields.participant, *person);
    }
    entry.add_text(fields.author, &document.author);
    entry.add_i64(fields.changed, document.changed.0);
    entry.add_text(fields.whole_title, whole(&document.title));
    for field in [fields.title, fields.title_stems] {
        entry.add_text(field, &document.title);
    }
    for field in [fields.text, fields.text_stems] {
        entry.add_text(field, &document.text);
    }
    entry
}

/// The words of a title or a query as one term.
pub fn whole(title: &str) -> String {
    let mut whole = words(title).map(|(_, word)| word).collect::<Vec<_>>().join(" ");
    cut(&mut whole);
    whole
}

/// The words of a text with their places, as index and queries know them.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    text::searched_words(text).filter(|(_, word)| !word.is_empty()).map(|(place, mut word)| {
        cut(&mut word);
        (place, word)
    })
}

/// The common form of a plain word and its inflections.
pub fn stem(word: &str) -> String {
    static STEMMING: LazyLock<TextAnalyzer> = LazyLock::new(stemming);
    let mut analyzer = STEMMING.clone();
    let mut stream = analyzer.token_stream(word);
    stream.next().map_or_else(String::new, |token| token.text.clone())
}

fn stemming() -> TextAnalyzer {
    TextAnalyzer::builder(WordTokenizer { parts: true }).filter(Stemmer::new(Language::English)).build()
}

fn cut(word: &mut String) {
    if word.len() > LONGEST_WORD {
        let end = (0..=LONGEST_WORD).rev().find(|end| word.is_char_boundary(*end));
        word.truncate(end.unwrap_or(0));
    }
}

#[derive(Clone)]
struct WordTokenizer {
    /// Also gives the parts of `CamelCase`.
    parts: bool,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        let parts = self.parts;
        let words = words(text).flat_map(move |(place, word)| {
            let parts = if parts { camel_parts(&text[place.clone()]) } else { Vec::new() };
            std::iter::once((place.clone(), word)).chain(parts.into_iter().map(move |part| (place.clone(), part)))
        });
        WordStream { words: Box::new(words), token: Token::default() }
    }
}

struct WordStream<'a> {
    words: Box<dyn Iterator<Item = (Range<usize>, String)> + 'a>,
    token: Token,
}

impl tantivy::tokenizer::TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((place, word)) = self.words.next() else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = place.start;
        self.token.offset_to = place.end;
        self.token.text = word;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// `wiki` and `start` of `WikiStart`; none of a word that is one.
pub fn camel_parts(word: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut lower_before = false;
    for (at, c) in word.char_indices() {
        if c.is_uppercase() && lower_before {
            parts.push(&word[start..at]);
            start = at;
        }
        lower_before = c.is_lowercase() || c.is_numeric();
    }
    if start == 0 {
        return Vec::new();
    }
    parts.push(&word[start..]);
    parts
        .into_iter()
        .map(|part| {
            let mut part = text::plain(part);
            cut(&mut part);
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut analyzer: TextAnalyzer, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        analyzer.token_stream(text).process(&mut |token| tokens.push(token.text.clone()));
        tokens
    }

    #[test]
    fn forms_of_a_word_and_parts_of_camel_case_come_together() {
        assert_eq!(tokens(stemming(), "Leaks leaking"), ["leak", "leak"]);
        assert_eq!(tokens(stemming(), "WikiStart JSON"), ["wikistart", "wiki", "start", "json"]);
        assert_eq!(stem("running"), stem("runs"));
    }

    #[test]
    fn a_word_without_end_is_cut_between_letters() {
        let words: Vec<String> = words(&"é".repeat(10_000)).map(|(_, word)| word).collect();
        assert_eq!(words, ["e".repeat(LONGEST_WORD)]);
        assert_eq!(whole("A  Plan-B"), "a plan b");
    }
}
