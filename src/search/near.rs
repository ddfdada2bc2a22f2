//! Words of a text that are what was searched for in another form: `leaks` for `leak`, or, where a typing error is forgiven,
//! `search` for `serach`. The index finds them; this says which they were, so that they can be marked and named.

use std::collections::{BTreeMap, HashMap};

use super::find::Forgiven;
use super::query::{Manner, Query};
use super::schema;
use crate::base::text::excerpt::Passage;
use crate::base::text::plain;

/// So many other forms are marked in one text.
const MOST_FORMS: usize = 32;
/// So many are named for a mistyped word.
const MOST_NAMED: usize = 3;

pub struct Near {
    words: Vec<Wanted>,
}

struct Wanted {
    word: String,
    stem: String,
    /// All forms of the word begin so.
    start: String,
    forgiving: bool,
    seen: BTreeMap<String, usize>,
    /// Of words that begin alike, whether they have the same stem: stems are dear, and words come again.
    same_stem: HashMap<String, bool>,
}

impl Near {
    pub fn of(query: &Query, forgiving: bool) -> Self {
        let loose = query.wanted.iter().filter(|part| part.manner == Manner::Loose && part.words.len() == 1);
        let words = loose.map(|part| Wanted {
            word: part.words[0].clone(),
            start: start_of(&schema::stem(&part.words[0])),
            stem: schema::stem(&part.words[0]),
            forgiving: forgiving && part.forgivable().is_some(),
            seen: BTreeMap::new(),
            same_stem: HashMap::new(),
        });
        Self { words: words.collect() }
    }

    /// The other forms in that text.
    pub fn in_text(&mut self, text: &Passage<'_>) -> Vec<String> {
        let mut forms: Vec<String> = Vec::new();
        if self.words.is_empty() {
            return forms;
        }
        for (form, written) in text.words() {
            for wanted in &mut self.words {
                if !wanted.is_near(form, written) {
                    continue;
                }
                if wanted.forgiving {
                    *wanted.seen.entry(form.to_owned()).or_default() += 1;
                }
                if forms.len() < MOST_FORMS && !forms.iter().any(|known| known == form) {
                    forms.push(form.to_owned());
                }
            }
        }
        forms
    }

    /// What stood for the mistyped words in the texts looked through.
    pub fn forgiven(self) -> Vec<Forgiven> {
        let named = self.words.into_iter().filter(|wanted| !wanted.seen.is_empty()).map(|wanted| {
            let mut seen: Vec<(String, usize)> = wanted.seen.into_iter().collect();
            seen.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Forgiven { typed: wanted.word, found: seen.into_iter().map(|(form, _)| form).take(MOST_NAMED).collect() }
        });
        named.collect()
    }
}

impl Wanted {
    fn is_near(&mut self, form: &str, written: &str) -> bool {
        if form == self.word {
            return false;
        }
        if self.forgiving {
            return one_slip(&self.word, form);
        }
        (form.starts_with(&self.start) && self.has_same_stem(form))
            || (form.len() > self.word.len()
                && has_parts(written)
                && form.contains(&self.word)
                && self.is_part(written))
    }

    fn has_same_stem(&mut self, form: &str) -> bool {
        if let Some(same) = self.same_stem.get(form) {
            return *same;
        }
        let same = schema::stem(form) == self.stem;
        self.same_stem.insert(form.to_owned(), same);
        same
    }

    /// `start` is a part of `WikiStart`.
    fn is_part(&self, written: &str) -> bool {
        schema::camel_parts(written).iter().any(|part| plain(part) == self.word)
    }
}

/// What the stem of a word has in common with all its forms: it is one of them without its end, of which no more than the last
/// two letters become others (`possibl` of `possibility`), and never the first one (`die` of `dying`).
fn start_of(stem: &str) -> String {
    let letters = stem.chars().count();
    stem.chars().take(letters.saturating_sub(2).max(1)).collect()
}

/// Whether it may be of several parts, as `WikiStart` is; what is not, is nearly everything.
fn has_parts(written: &str) -> bool {
    written.bytes().skip(1).any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
}

/// Whether one letter too many, too few, wrong, or two swapped tell the words apart.
fn one_slip(one: &str, other: &str) -> bool {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    let same = short.iter().zip(long.iter()).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => {
            let (a, b) = (&short[same..], &long[same..]);
            match (a, b) {
                ([], []) => true,
                ([_, a @ ..], [_, b @ ..]) if a == b => true,
                ([a0, a1, a @ ..], [b0, b1, b @ ..]) => a0 == b1 && a1 == b0 && a == b,
                _ => false,
            }
        }
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_word_begin_as_its_stem_does() {
        for forms in [
            "die dies dying",
            "sky skies",
            "happy happily happiness",
            "possible possibly possibility possibilities",
            "hop hopped hopping",
            "hope hoped hoping",
            "relate related relation relational",
            "try tries tried trying",
            "general generally generalization",
            "lie lying",
            "early",
            "organize organizer organization",
        ] {
            let forms: Vec<&str> = forms.split(' ').collect();
            for one in &forms {
                let start = start_of(&schema::stem(one));
                let of_one_stem = forms.iter().filter(|form| schema::stem(form) == schema::stem(one));
                assert!(of_one_stem.into_iter().all(|form| form.starts_with(&start)), "{one}: {start}");
            }
        }
    }

    #[test]
    fn one_slip_is_a_letter_more_less_wrong_or_swapped() {
        for (one, other) in
            [("serach", "search"), ("serch", "search"), ("seaarch", "search"), ("seerch", "search"), ("a", "a")]
        {
            assert!(one_slip(one, other), "{one} {other}");
            assert!(one_slip(other, one), "{other} {one}");
        }
        for (one, other) in [("serahc", "search"), ("sea", "search"), ("hcraes", "search"), ("abc", "cab")] {
            assert!(!one_slip(one, other), "{one} {other}");
        }
    }
}
