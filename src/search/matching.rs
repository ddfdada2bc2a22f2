//! A [`Query`] in the terms of the index, and what a viewer may see in the same terms.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, PhrasePrefixQuery,
    PhraseQuery, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::either::Either;
use super::query::{self, Condition, Manner, Part, Query};
use super::schema::{self, fields};
use crate::base::time::Instant;
use crate::base::viewer::{TRAC_ADMIN, Viewer};

type Clause = Box<dyn tantivy::query::Query>;

/// How much more a title says than a text.
const TITLE: f32 = 3.0;
/// Another form of a word says less than the word itself.
const STEM: f32 = 0.5;
/// What a title gains that is what was typed.
const WHOLE_TITLE: f32 = 20.0;
/// So many words that begin alike are followed by a phrase.
const EXPANSIONS: u32 = 5_000;
/// Of so many terms each is looked for by itself.
const FEW: usize = 32;

/// What the query says, apart from the kinds and the fields. `forgiving`: words may differ from what was typed in one letter.
pub fn of_query(query: &Query, forgiving: bool) -> Clause {
    let mut clauses: Vec<(Occur, Clause)> = Vec::new();
    for part in &query.wanted {
        let clause = match part.forgivable() {
            Some(word) if forgiving => nearly(word),
            _ => wanted(part),
        };
        clauses.push((Occur::Must, clause));
    }
    for part in &query.unwanted {
        clauses.push((Occur::MustNot, anywhere(part)));
    }
    for author in &query.authors {
        clauses.push((Occur::Must, by(author)));
    }
    if query.from.is_some() || query.until.is_some() {
        clauses.push((Occur::Must, changed(query.from, query.until)));
    }
    for condition in &query.excluded {
        let clause = match condition {
            Condition::Kind(kind) => kinds([kind.as_str()]),
            Condition::Author(author) => by(author),
            Condition::Field(field) => facets([field]),
            Condition::Changed { from, until } => changed(*from, *until),
        };
        clauses.push((Occur::MustNot, clause));
    }
    if !clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
        clauses.push((Occur::Must, silent(Box::new(AllQuery))));
    }
    if !query.wanted.is_empty() {
        let whole = Term::from_field_text(fields().whole_title, &query.whole);
        clauses.push((Occur::Should, constant(term(whole), WHOLE_TITLE)));
    }
    Box::new(BooleanQuery::new(clauses))
}

/// Whose titles hold everything that is looked for; none if nothing is but other conditions.
pub fn in_titles(query: &Query) -> Option<Clause> {
    let clauses: Vec<Clause> = query.wanted.iter().map(in_title).collect();
    (!clauses.is_empty()).then(|| all(&clauses.iter().collect::<Vec<_>>()))
}

/// Titles in which every word begins some word; those that begin so as a whole count more.
pub fn of_titles(words: &[String]) -> Clause {
    let fields = fields();
    let mut clauses: Vec<(Occur, Clause)> = words
        .iter()
        .map(|word| {
            let either = vec![beginning(fields.title, word), beginning(fields.title_stems, word)];
            (Occur::Must, constant(Box::new(BooleanQuery::union(either)), 1.0))
        })
        .collect();
    let whole = schema::whole(&words.join(" "));
    clauses.push((Occur::Should, constant(beginning(fields.whole_title, &whole), 10.0)));
    clauses.push((Occur::Should, constant(term(Term::from_field_text(fields.whole_title, &whole)), WHOLE_TITLE)));
    Box::new(BooleanQuery::new(clauses))
}

/// What has about half of these words in its title or its text, or other forms of them; the more of them the better.
pub fn of_some(words: &[String]) -> Clause {
    let fields = fields();
    let clauses = words.iter().map(|word| {
        let stem = schema::stem(word);
        let is = |field, word: &str| term(Term::from_field_text(field, word));
        let ways = vec![
            boosted(is(fields.title, word), TITLE),
            boosted(is(fields.title_stems, &stem), TITLE * STEM),
            boosted(is(fields.text_stems, &stem), STEM),
        ];
        let either: Clause = Box::new(BooleanQuery::union(ways));
        (Occur::Should, either)
    });
    let least = words.len().div_ceil(2).min(3);
    Box::new(BooleanQuery::with_minimum_required_clauses(clauses.collect(), least))
}

/// Whatever has one of these values.
pub fn facets<'a>(wanted: impl IntoIterator<Item = &'a query::Field>) -> Clause {
    silent(any_of(wanted.into_iter().map(|field| Term::from_field_text(fields().facet, &field.key))))
}

fn by(author: &[String]) -> Clause {
    silent(in_sequence(fields().author, author, false))
}

fn changed(from: Option<Instant>, until: Option<Instant>) -> Clause {
    let bound = |at: Instant| Term::from_field_i64(fields().changed, at.0);
    let from = from.map_or(Bound::Unbounded, |from| Bound::Included(bound(from)));
    let until = until.map_or(Bound::Unbounded, |until| Bound::Excluded(bound(until)));
    silent(Box::new(RangeQuery::new(from, until)))
}

/// What the viewer may see: by the right that each thing asks for, and by its class. There are classes of which they see
/// all, and classes of which they see what they take part in (DESIGN 1.4). Never counts for the order.
pub fn access(viewer: &Viewer) -> Clause {
    let fields = fields();
    let mut ways: Vec<Clause> = Vec::new();
    if !viewer.classes.is_empty() {
        ways.push(numbers(fields.acl, &viewer.classes));
    }
    if let Some(person) = viewer.person
        && !viewer.joined_classes.is_empty()
    {
        let joined = numbers(fields.acl, &viewer.joined_classes);
        ways.push(Box::new(BooleanQuery::intersection(vec![joined, numbers(fields.participant, &[person])])));
    }
    if ways.is_empty() {
        return Box::new(EmptyQuery);
    }
    let classes = silent(Box::new(BooleanQuery::union(ways)));
    if viewer.may(TRAC_ADMIN) {
        return classes;
    }
    let rights = viewer.permissions.iter().map(|name| Term::from_field_text(fields.permission, name));
    all(&[&classes, &silent(any_of(rights))])
}

pub fn kinds<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Clause {
    silent(any_of(kinds.into_iter().map(|kind| Term::from_field_text(fields().kind, kind))))
}

pub fn keys(keys: impl IntoIterator<Item = Term>) -> Clause {
    silent(any_of(keys))
}

pub fn all(clauses: &[&Clause]) -> Clause {
    Box::new(BooleanQuery::intersection(clauses.iter().map(|clause| clause.box_clone()).collect()))
}

pub fn but(clause: Clause, not: Vec<Clause>) -> Clause {
    let mut clauses = vec![(Occur::Must, clause)];
    clauses.extend(not.into_iter().map(|clause| (Occur::MustNot, clause)));
    Box::new(BooleanQuery::new(clauses))
}

fn wanted(part: &Part) -> Clause {
    let mut ways = vec![boosted(in_part(fields().title, part), TITLE), in_part(fields().text, part)];
    if let ([word], Manner::Loose) = (part.words.as_slice(), part.manner) {
        let stem = schema::stem(word);
        let stems = |field| term(Term::from_field_text(field, &stem));
        ways.push(boosted(stems(fields().title_stems), TITLE * STEM));
        ways.push(boosted(stems(fields().text_stems), STEM));
    }
    Either::of(ways)
}

fn in_title(part: &Part) -> Clause {
    match (part.words.as_slice(), part.manner) {
        // A word's stem stands wherever it does.
        ([word], Manner::Loose) => term(Term::from_field_text(fields().title_stems, &schema::stem(word))),
        _ => in_part(fields().title, part),
    }
}

fn anywhere(part: &Part) -> Clause {
    Box::new(BooleanQuery::union(vec![in_part(fields().title, part), in_part(fields().text, part)]))
}

fn nearly(word: &str) -> Clause {
    let near = |field| -> Clause { Box::new(FuzzyTermQuery::new(Term::from_field_text(field, word), 1, true)) };
    Box::new(BooleanQuery::union(vec![constant(near(fields().title), TITLE), constant(near(fields().text), 1.0)]))
}

fn in_part(field: Field, part: &Part) -> Clause {
    in_sequence(field, &part.words, part.manner == Manner::Prefix)
}

fn in_sequence(field: Field, words: &[String], prefix: bool) -> Clause {
    let terms = || words.iter().map(|word| Term::from_field_text(field, word)).collect::<Vec<_>>();
    match words {
        [] => Box::new(EmptyQuery),
        [word] if prefix => constant(beginning(field, word), 1.0),
        [word] => term(Term::from_field_text(field, word)),
        _ if prefix => {
            let mut phrase = PhrasePrefixQuery::new(terms());
            phrase.set_max_expansions(EXPANSIONS);
            // Its own score would look at what the viewer may not see.
            constant(Box::new(phrase), 2.0)
        }
        _ => Box::new(PhraseQuery::new(terms())),
    }
}

fn beginning(field: Field, word: &str) -> Clause {
    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true))
}

fn term(term: Term) -> Clause {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

fn numbers(field: Field, numbers: &[i64]) -> Clause {
    any_of(numbers.iter().map(|number| Term::from_field_i64(field, *number)))
}

/// Whatever has one of these terms. An automaton for them is dear, and worth it only for many.
fn any_of(terms: impl IntoIterator<Item = Term>) -> Clause {
    let mut terms: Vec<Term> = terms.into_iter().collect();
    if terms.len() > FEW {
        return Box::new(TermSetQuery::new(terms));
    }
    let one = |term| -> Clause { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
    match terms.pop() {
        None => Box::new(EmptyQuery),
        Some(only) if terms.is_empty() => one(only),
        Some(last) => Box::new(BooleanQuery::union(terms.into_iter().chain([last]).map(one).collect())),
    }
}

fn boosted(clause: Clause, by: f32) -> Clause {
    Box::new(BoostQuery::new(clause, by))
}

fn constant(clause: Clause, score: f32) -> Clause {
    Box::new(ConstScoreQuery::new(clause, score))
}

fn silent(clause: Clause) -> Clause {
    constant(clause, 0.0)
}
