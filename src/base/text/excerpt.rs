//! The piece of a text that shows why it was found: a window around the hits, each hit marked.
//! Serves search results, completion and "mentioned in" lists.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use super::plain;
use super::words::{Kind, Token, cut, tokens};

/// The best window of `text` of at most `max_chars` characters, in pieces; the added `…` don't count.
///
/// Best is where most different terms occur, then most hits, then what comes first; without a hit it is
/// the beginning. The window starts and ends with whole words (a word longer than the window is cut
/// between characters), and `…` stands as a piece of its own where the text goes on. The pieces between
/// are the text as it is. Words match without regard to case and accents; in scripts without blanks
/// between words every letter is a word, so a term is found in the middle of a line.
///
/// Takes time in proportion to the text for each word of the terms; words beyond the 64th are not looked for.
pub fn excerpt(text: &str, terms: &[Term], max_chars: usize) -> Vec<Span> {
    Passage::of(text).excerpt(terms, max_chars).0
}

/// A text taken apart once, for whoever looks at its words before hits are marked in it.
pub struct Passage<'t> {
    text: &'t str,
    tokens: Measured,
    words: Vec<Word<'t>>,
}

impl<'t> Passage<'t> {
    pub fn of(text: &'t str) -> Self {
        let tokens = Measured::of(text);
        let words = words(text, &tokens.tokens);
        Self { text, tokens, words }
    }

    /// Each word in the form in which it is searched, and as it is written.
    pub fn words(&self) -> impl Iterator<Item = (&str, &'t str)> {
        self.words.iter().map(|word| (word.plain.as_ref(), &self.text[self.tokens.tokens[word.token].range.clone()]))
    }

    /// The [`excerpt()`], and how many marks the whole text would have.
    pub fn excerpt(&self, terms: &[Term], max_chars: usize) -> (Vec<Span>, usize) {
        let Self { text, tokens, words } = self;
        let hits = hits(words, &patterns(terms));
        let window = tokens.window(text, &core(&hits, tokens, max_chars), max_chars);
        let bytes = tokens.bytes(text, window, max_chars);
        let everything = marks(&hits, &tokens.tokens, 0..text.len()).len();
        (pieces(text, bytes.clone(), marks(&hits, &tokens.tokens, bytes)), everything)
    }
}

/// What was searched for: a word, or several that must follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whatever isn't a letter or digit only divides words.
    pub text: String,
    /// The last word is a beginning; the whole word that begins so is marked.
    pub prefix: bool,
}

/// A piece of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub text: String,
    /// It is a hit.
    pub mark: bool,
}

const MOST_WORDS: usize = 64;

struct Pattern {
    words: Vec<String>,
    prefix: bool,
}

impl Pattern {
    /// The tokens that match from the word at `words[at]` on.
    fn matches(&self, words: &[Word<'_>], at: usize) -> Option<Range<usize>> {
        let found = words.get(at..at + self.words.len())?;
        let (last, before) = self.words.split_last()?;
        let (last_found, before_found) = found.split_last()?;
        let fits = before.iter().zip(before_found).all(|(a, b)| *a == b.plain)
            && if self.prefix { last_found.plain.starts_with(last.as_str()) } else { last_found.plain == *last };
        fits.then(|| found[0].token..last_found.token + 1)
    }
}

fn patterns(terms: &[Term]) -> Vec<Pattern> {
    let mut words_left = MOST_WORDS;
    let mut patterns = Vec::new();
    for term in terms {
        let words: Vec<String> =
            words(&term.text, &tokens(&term.text)).into_iter().map(|word| word.plain.into_owned()).collect();
        if words.is_empty() || words.len() > words_left {
            continue;
        }
        words_left -= words.len();
        patterns.push(Pattern { words, prefix: term.prefix });
    }
    patterns
}

struct Word<'t> {
    plain: Cow<'t, str>,
    token: usize,
}

fn words<'t>(text: &'t str, tokens: &[Token]) -> Vec<Word<'t>> {
    let words = tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word);
    words.map(|(at, token)| Word { plain: as_searched(&text[token.range.clone()]), token: at }).collect()
}

/// [`plain`], which most words are already.
fn as_searched(word: &str) -> Cow<'_, str> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_plain { Cow::Borrowed(word) } else { Cow::Owned(plain(word)) }
}

struct Hit {
    tokens: Range<usize>,
    pattern: usize,
}

/// All hits in the order of their starts.
fn hits(words: &[Word<'_>], patterns: &[Pattern]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for at in 0..words.len() {
        for (number, pattern) in patterns.iter().enumerate() {
            if let Some(tokens) = pattern.matches(words, at) {
                hits.push(Hit { tokens, pattern: number });
            }
        }
    }
    hits
}

/// The tokens of the best group of hits that fits, or none at the beginning of the text. A group starts at one hit and takes the hits after
/// it as long as they end within the room.
fn core(hits: &[Hit], tokens: &Measured, max_chars: usize) -> Range<usize> {
    let beginning = tokens.tokens.iter().take_while(|token| token.kind == Kind::Blank).count();
    let mut best = beginning..beginning;
    let mut best_score = (0, 0);
    let mut counts = [0_usize; MOST_WORDS];
    let mut different = 0;
    let mut end = 0;
    for (start, hit) in hits.iter().enumerate() {
        while let Some(next) = hits.get(end)
            && (end <= start || tokens.chars(hit.tokens.start..next.tokens.end) <= max_chars)
        {
            different += usize::from(counts[next.pattern] == 0);
            counts[next.pattern] += 1;
            end += 1;
        }
        let score = (different, end - start);
        if score > best_score {
            best_score = score;
            best = hit.tokens.start..hits[end - 1].tokens.end;
        }
        counts[hit.pattern] -= 1;
        different -= usize::from(counts[hit.pattern] == 0);
    }
    best
}

/// Tokens with the number of characters before each, and after the last one.
struct Measured {
    tokens: Vec<Token>,
    chars_before: Vec<usize>,
}

impl Measured {
    fn of(text: &str) -> Self {
        let tokens = tokens(text);
        if text.is_ascii() {
            let chars_before = tokens.iter().map(|token| token.range.start).chain([text.len()]).collect();
            return Measured { tokens, chars_before };
        }
        let mut chars_before = Vec::with_capacity(tokens.len() + 1);
        let mut chars = 0;
        for token in &tokens {
            chars_before.push(chars);
            let token = &text[token.range.clone()];
            chars += if token.is_ascii() { token.len() } else { token.chars().count() };
        }
        chars_before.push(chars);
        Measured { tokens, chars_before }
    }

    fn chars(&self, range: Range<usize>) -> usize {
        self.chars_before[range.end] - self.chars_before[range.start]
    }

    /// The tokens around `core` that fit into the room, as many characters before as after it if there are;
    /// nothing before an empty core.
    fn window(&self, text: &str, core: &Range<usize>, max_chars: usize) -> Range<usize> {
        let mut window = core.start..core.start;
        while window.end < core.end && self.chars(window.start..window.end + 1) <= max_chars {
            window.end += 1;
        }
        if window.end < core.end {
            return window;
        }
        let (mut before, mut after) = (!core.is_empty(), true);
        while before || after {
            let lead = self.chars(window.start..core.start);
            let trail = self.chars(core.end..window.end);
            if before && (!after || lead <= trail) {
                before = window.start > 0 && self.chars(window.start - 1..window.end) <= max_chars;
                window.start -= usize::from(before);
            } else {
                after = window.end < self.tokens.len() && self.chars(window.start..window.end + 1) <= max_chars;
                window.end += usize::from(after);
            }
        }
        // Punctuation that ends what is left out says nothing here.
        while window.start > 0
            && window.start < core.start
            && matches!(
                &text[self.tokens[window.start].range.clone()],
                "," | "." | ";" | ":" | "!" | "?" | ")" | "]" | "}"
            )
        {
            window.start += 1;
        }
        window
    }

    /// The window in bytes without blanks at its ends; if not even its first word has room, what of that has.
    fn bytes(&self, text: &str, window: Range<usize>, max_chars: usize) -> Range<usize> {
        let start = self.tokens.get(window.start).map_or(text.len(), |token| token.range.start);
        let inside = match self.tokens[window.clone()].last() {
            Some(last) => &text[start..last.range.end],
            None => cut(&text[start..], max_chars),
        };
        let start = start + inside.len() - inside.trim_start().len();
        start..start + inside.trim().len()
    }
}

/// What is to be marked within a window, in bytes; hits that overlap are one mark.
fn marks(hits: &[Hit], tokens: &[Token], window: Range<usize>) -> Vec<Range<usize>> {
    let mut marks: Vec<Range<usize>> = Vec::new();
    for hit in hits {
        let start = tokens[hit.tokens.start].range.start.max(window.start);
        let end = tokens[hit.tokens.end - 1].range.end.min(window.end);
        match marks.last_mut() {
            _ if start >= end => {}
            Some(last) if start < last.end => last.end = last.end.max(end),
            _ => marks.push(start..end),
        }
    }
    marks
}

fn pieces(text: &str, window: Range<usize>, marks: Vec<Range<usize>>) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, mark| {
        if !text.is_empty() {
            pieces.push(Span { text: text.to_owned(), mark });
        }
    };
    if !text[..window.start].trim().is_empty() {
        push("…", false);
    }
    let mut at = window.start;
    for mark in marks {
        push(&text[at..mark.start], false);
        push(&text[mark.clone()], true);
        at = mark.end;
    }
    push(&text[at..window.end], false);
    if !text[window.end..].trim().is_empty() {
        push("…", false);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, query: &[&str], max_chars: usize) -> String {
        let terms: Vec<Term> = query
            .iter()
            .map(|term| Term { text: term.trim_end_matches('*').to_owned(), prefix: term.ends_with('*') })
            .collect();
        let pieces = excerpt(text, &terms, max_chars);
        pieces.iter().map(|piece| if piece.mark { format!("<{}>", piece.text) } else { piece.text.clone() }).collect()
    }

    #[test]
    fn hits_are_marked_whatever_their_case_and_accents() {
        assert_eq!(drawn("Ein Café in CAFE\u{301}", &["cafe"], 99), "Ein <Café> in <CAFE\u{301}>");
        assert_eq!(drawn("Die STRASSE", &["straße"], 99), "Die <STRASSE>");
        assert_eq!(drawn("Привет ЙОД", &["йод"], 99), "Привет <ЙОД>");
    }

    #[test]
    fn a_prefix_marks_the_whole_word_and_a_word_only_itself() {
        assert_eq!(drawn("leak leaks leaking", &["leak"], 99), "<leak> leaks leaking");
        assert_eq!(drawn("leak leaks weak", &["lea*"], 99), "<leak> <leaks> weak");
    }

    #[test]
    fn a_phrase_is_marked_as_one_and_only_in_order() {
        assert_eq!(drawn("old wiki page, page wiki", &["wiki page"], 99), "old <wiki page>, page wiki");
        assert_eq!(drawn("a wiki-page b", &["\"wiki page\""], 99), "a <wiki-page> b");
        assert_eq!(drawn("wiki pages", &["wiki pa*"], 99), "<wiki pages>");
        assert_eq!(drawn("a b c", &["a b", "b c"], 99), "<a b c>");
    }

    #[test]
    fn the_window_lies_where_most_terms_meet_and_cuts_between_words() {
        let text =
            "The sink leaks. Nobody knows since when. The kitchen has a sink that drips and leaks at night, they say.";
        assert_eq!(drawn(text, &["leaks", "night"], 24), "…and <leaks> at <night>, they…");
        assert_eq!(drawn(text, &["nothing"], 15), "The sink leaks.…");
        assert_eq!(drawn(text, &["say"], 12), "…they <say>.");
    }

    #[test]
    fn marks_are_counted_in_the_whole_text() {
        let terms = [Term { text: "leak".to_owned(), prefix: true }];
        let passage = Passage::of("leak and leaks; a long way off it leaks");
        let (pieces, marks) = passage.excerpt(&terms, 14);
        assert_eq!((pieces.iter().filter(|piece| piece.mark).count(), marks), (2, 3));
        assert_eq!(passage.words().last(), Some(("leaks", "leaks")));
    }

    #[test]
    fn what_fits_is_whole_and_blanks_alone_make_no_ellipsis() {
        assert_eq!(drawn("  short \n", &[], 5), "short");
        assert_eq!(drawn(&format!("{}end", " ".repeat(500)), &[], 5), "end");
        assert_eq!(drawn("", &["x"], 5), "");
        assert_eq!(drawn("word", &["word"], 0), "…");
    }

    #[test]
    fn scripts_without_blanks_are_found_inside_a_line() {
        assert_eq!(drawn("私は東京都に住む", &["東京"], 5), "私は<東京>都…");
    }

    #[test]
    fn a_word_longer_than_the_window_is_cut_between_visible_characters() {
        assert_eq!(drawn(&"e\u{301}".repeat(9), &["eeeeeeeee"], 5), "<e\u{301}e\u{301}>…");
    }
}
