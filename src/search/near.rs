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
        // No form of a word differs in its first letter.
        (form.chars().next() == self.word.chars().next() && self.has_same_stem(form))
            || (has_parts(written)
                && form.len() > self.word.len()
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
