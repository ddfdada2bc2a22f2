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
/// Excerpts are cut from so many bytes of a text, and hits marked in them.
const MOST_SHOWN: usize = 64 << 10;
/// Their names stand in the schema: a change of how words are found needs other names, then old indexes are rebuilt.
const WORDS: &str = "words-1";
const STEMS: &str = "stems-1";

/// The values that are counted beside all hits, each in a column of its own: their names, titles and columns. Others are
/// counted if they were asked for.
pub const COUNTED: [(&str, &str, &str); 4] = [
    ("status", "Status", "counted_status"),
    ("milestone", "Milestone", "counted_milestone"),
    ("component", "Component", "counted_component"),
    ("owner", "Owner", "counted_owner"),
];

pub struct Fields {
    /// `page:7`.
    pub key: Field,
    pub kind: Field,
    pub id: Field,
    pub acl: Field,
    /// The right without which it is not seen.
    pub permission: Field,
    pub participant: Field,
    pub author: Field,
    /// What can be asked for by name, as [`facet_key`] has it.
    pub facet: Field,
    /// Those of [`COUNTED`], each with how it is written: see [`facet_parts`]. Empty for none.
    pub counted: [Field; COUNTED.len()],
    /// The same for all others.
    pub facet_label: Field,
    /// Microseconds; none where nobody can say.
    pub changed: Field,
    /// The title in plain words as one term.
    pub whole_title: Field,
    pub title: Field,
    pub text: Field,
    pub title_stems: Field,
    pub text_stems: Field,
    /// The beginning of the text, for excerpts.
    pub shown: Field,
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
        key: schema.add_text_field("key", STRING),
        kind: schema.add_text_field("kind", STRING | FAST),
        id: schema.add_i64_field("id", FAST),
        acl: schema.add_i64_field("acl", INDEXED),
        permission: schema.add_text_field("permission", STRING),
        participant: schema.add_i64_field("participant", INDEXED),
        author: schema.add_text_field("author", words.clone()),
        facet: schema.add_text_field("facet", STRING),
        counted: COUNTED.map(|(_, _, column)| schema.add_text_field(column, FAST)),
        facet_label: schema.add_text_field("facet_label", FAST),
        changed: schema.add_i64_field("changed", FAST),
        whole_title: schema.add_text_field("whole_title", STRING),
        title: schema.add_text_field("title", words.clone()),
        text: schema.add_text_field("text", words),
        title_stems: schema.add_text_field("title_stems", stems.clone()),
        text_stems: schema.add_text_field("text_stems", stems),
        shown: schema.add_text_field("shown", STORED),
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
    entry.add_i64(fields.id, document.resource.id);
    entry.add_i64(fields.acl, document.acl);
    entry.add_text(fields.permission, document.permission);
    for person in &document.participants {
        entry.add_i64(fields.participant, *person);
    }
    entry.add_text(fields.author, &document.author);
    let mut has_value = [false; COUNTED.len()];
    for (name, value) in &document.facets {
        if let Some(key) = facet_key(name, value) {
            let column = COUNTED.iter().position(|(counted, _, _)| counted == name);
            if let Some(at) = column {
                has_value[at] = true;
            }
            let column = column.map_or(fields.facet_label, |at| fields.counted[at]);
            entry.add_text(column, format!("{key}\0{}", value.trim()));
            entry.add_text(fields.facet, key);
        }
    }
    // Columns in which everything has a value are read several times as fast.
    for (column, _) in fields.counted.iter().zip(has_value).filter(|(_, has_value)| !has_value) {
        entry.add_text(*column, "");
    }
    if document.changed.0 != 0 {
        entry.add_i64(fields.changed, document.changed.0);
    }
    entry.add_text(fields.whole_title, whole(&document.title));
    for field in [fields.title, fields.title_stems] {
        entry.add_text(field, &document.title);
    }
    for field in [fields.text, fields.text_stems] {
        entry.add_text(field, &document.text);
    }
    entry.add_text(fields.shown, beginning(&document.text, MOST_SHOWN));
    entry
}

/// `status=in review` for the status `In Review`: one key for all ways to write a value, quotation marks left out since a
/// query can't hold them. None for a value that says nothing.
pub fn facet_key(name: &str, value: &str) -> Option<String> {
    let plain = text::plain(value).replace(is_quote, " ");
    let mut value = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&mut value);
    (!value.is_empty()).then(|| format!("{name}={value}"))
}

/// Name, key and written form of a value that was counted.
pub fn facet_parts(counted: &str) -> Option<(&str, &str, &str)> {
    let (key, label) = counted.split_once('\0')?;
    Some((key.split_once('=')?.0, key, label))
}

pub fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
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
    word.truncate(beginning(word, LONGEST_WORD).len());
}

/// At most so many bytes of a text.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
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
    fn a_value_has_one_key_however_it_is_written() {
        assert_eq!(facet_key("milestone", " M  2 "), facet_key("milestone", "m 2"));
        assert_eq!(facet_key("status", "Réouvert"), Some("status=reouvert".to_owned()));
        assert_eq!(facet_key("milestone", "6\" pipe"), Some("milestone=6 pipe".to_owned()));
        assert_ne!(facet_key("milestone", "1.0"), facet_key("milestone", "10"));
        assert_eq!(facet_key("milestone", " \" "), None);
        assert_eq!(facet_parts("milestone=a=b\0A=B"), Some(("milestone", "milestone=a=b", "A=B")));
    }

    #[test]
    fn a_word_without_end_is_cut_between_letters() {
        let words: Vec<String> = words(&"é".repeat(10_000)).map(|(_, word)| word).collect();
        assert_eq!(words, ["e".repeat(LONGEST_WORD)]);
        assert_eq!(whole("A  Plan-B"), "a plan b");
    }
}
