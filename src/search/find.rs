//! Finding: what matches, how much of it, and how it is shown. The one way for pages, commands and macros.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;

use super::corpus::{Corpus, Found, Order, Trouble, with_index};
use super::index::Snapshot;
use super::matching;
use super::query::{Query, Reading};
use super::schema;
use super::{SEARCH_VIEW, near};
use crate::base::component::{Card, Components, Searchable};
use crate::base::error::Result;
use crate::base::project::Project;
use crate::base::text::excerpt::{Span, Term, excerpt};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Nobody reads further; who wants more asks more exactly.
const MOST_HITS: usize = 5_000;
const EXCERPT_CHARS: usize = 240;
/// Hits are marked within so much of a text.
const MARKED_BYTES: usize = 256 << 10;
const SUGGESTIONS: usize = 8;

/// What is asked for, beside the query.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Kinds chosen outside the query; unknown ones are left out.
    pub kinds: &'a [String],
    /// From 1.
    pub page: usize,
    pub page_size: usize,
    pub order: Order,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { kinds: &[], page: 1, page_size: 20, order: Order::Best }
    }
}

#[derive(Debug, Clone)]
pub struct Results {
    /// Of the kinds asked for.
    pub total: u64,
    /// One for each kind that the viewer may search.
    pub facets: Vec<Facet>,
    pub hits: Vec<Hit>,
    /// From 1; the last one if a later one was asked for.
    pub page: usize,
    pub pages: usize,
    /// Nothing was found as typed, so other words were allowed to differ in a letter; these did.
    pub forgiven: Vec<Forgiven>,
    /// Only a part of what was typed is looked for.
    pub shortened: bool,
    /// The index is far behind: what was not looked at is missing.
    pub behind: bool,
}

#[derive(Debug, Clone)]
pub struct Facet {
    pub kind: &'static str,
    pub title: &'static str,
    pub count: u64,
    /// Asked for by name.
    pub chosen: bool,
}

#[derive(Debug, Clone)]
pub struct Hit {
    pub card: Card,
    pub excerpt: Vec<Span>,
    /// Marks in the title and the text.
    pub marks: usize,
    pub score: f64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgiven {
    pub typed: String,
    /// What the hits have instead, the most frequent first.
    pub found: Vec<String>,
}

/// A title that begins as was typed.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    pub title: String,
    /// Below the project's address until the page puts that before it.
    pub url: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// Reads what was typed against what this project can search.
pub fn read(components: Components, viewer: &Viewer, text: &str) -> Query {
    let kinds: Vec<(&str, &str)> =
        searchable(components, viewer).iter().map(|searchable| (searchable.kind, searchable.title)).collect();
    Query::read(text, &Reading { kinds: &kinds, zone: viewer.zone(), now: Instant::now() })
}

/// What the viewer finds. Neither counts nor hits depend on anything that they may not see, whatever the index holds.
pub fn find(project: &Project, viewer: &Viewer, query: &Query, wanted: &Wanted<'_>) -> Result<Results> {
    viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
    let components = project.components();
    let results = with_index(project.dir(), |snapshot| {
        read_in(project, |db| find_in(db, components, viewer, query, wanted, snapshot.clone()))
    })?;
    if results.behind {
        project.wake_followers();
    }
    Ok(results)
}

/// Titles for completion while typing, at most eight.
pub fn suggest(project: &Project, viewer: &Viewer, text: &str) -> Result<Vec<Suggestion>> {
    viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
    let words: Vec<String> = schema::words(text).take(8).map(|(_, word)| word).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let components = project.components();
    with_index(project.dir(), |snapshot| {
        read_in(project, |db| {
            let kinds = searchable(components, viewer);
            let corpus = Corpus::open(db, components, viewer, &kinds, snapshot.clone())?;
            let found = corpus.top(&*matching::of_titles(&words), Order::Best, SUGGESTIONS)?;
            let cards = cards(db, components, viewer, found)?;
            Ok(cards
                .into_iter()
                .map(|(card, _)| {
                    let kind = kinds.iter().find(|searchable| card.resource.is(searchable.kind));
                    Suggestion {
                        kind: kind.map_or_else(String::new, |kind| one_of(kind.title)),
                        title: card.title,
                        url: card.href,
                    }
                })
                .collect())
        })
    })
}

/// What the viewer finds, through a database that is being read already. `snapshot` was taken before that.
pub fn find_in(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    query: &Query,
    wanted: &Wanted<'_>,
    snapshot: Option<Snapshot>,
) -> std::result::Result<Results, Trouble> {
    let kinds = searchable(components, viewer);
    let chosen: Vec<&str> = kinds
        .iter()
        .map(|searchable| searchable.kind)
        .filter(|kind| query.kinds.iter().chain(wanted.kinds).any(|chosen| chosen == kind))
        .collect();
    let mut results = Results {
        total: 0,
        facets: Vec::new(),
        hits: Vec::new(),
        page: 1,
        pages: 1,
        forgiven: Vec::new(),
        shortened: query.shortened,
        behind: false,
    };
    if query.is_empty() {
        return Ok(results);
    }
    let corpus = Corpus::open(db, components, viewer, &kinds, snapshot)?;
    results.behind = corpus.behind;
    let mut forgiving = false;
    let mut clause = matching::of_query(query, false);
    results.facets = facets(&corpus, &*clause, &kinds, &chosen)?;
    if results.facets.iter().all(|facet| facet.count == 0)
        && query.wanted.iter().any(|part| part.forgivable().is_some())
    {
        let forgiven = matching::of_query(query, true);
        let facets = facets(&corpus, &*forgiven, &kinds, &chosen)?;
        if facets.iter().any(|facet| facet.count > 0) {
            forgiving = true;
            clause = forgiven;
            results.facets = facets;
        }
    }
    results.total =
        results.facets.iter().filter(|facet| chosen.is_empty() || facet.chosen).map(|facet| facet.count).sum();
    let page_size = wanted.page_size.clamp(1, MOST_HITS);
    let reachable = usize::try_from(results.total).unwrap_or(MOST_HITS).min(MOST_HITS);
    results.pages = reachable.div_ceil(page_size).max(1);
    results.page = wanted.page.clamp(1, results.pages);
    if !chosen.is_empty() {
        clause = matching::all(&[&clause, &matching::kinds(chosen.iter().copied())]);
    }
    let skip = (results.page - 1) * page_size;
    let found = corpus.top(&*clause, wanted.order, skip + page_size)?.into_iter().skip(skip).collect::<Vec<_>>();
    let asked = found.len() as u64;
    let cards = cards(db, components, viewer, found)?;
    // Never so while every change tells its event. If it does happen, the count must not betray it.
    results.total = results.total.saturating_sub(asked - cards.len() as u64);
    let mut near = near::Near::of(query, forgiving);
    results.hits = cards.into_iter().map(|(card, score)| shown(card, score, query, &mut near)).collect();
    results.forgiven = near.forgiven();
    Ok(results)
}

/// The kinds whose permission the viewer has.
pub fn searchable(components: Components, viewer: &Viewer) -> Vec<&'static Searchable> {
    components
        .iter()
        .flat_map(|component| component.searchable())
        .filter(|searchable| viewer.may(searchable.permission))
        .collect()
}

/// What one of the things under such a title is called: `page` of `Pages`.
pub fn one_of(title: &str) -> String {
    title.strip_suffix('s').unwrap_or(title).to_lowercase()
}

fn facets(
    corpus: &Corpus,
    clause: &dyn tantivy::query::Query,
    kinds: &[&'static Searchable],
    chosen: &[&str],
) -> std::result::Result<Vec<Facet>, Trouble> {
    let of_kind = |searchable: &&'static Searchable| {
        let of_kind = matching::all(&[&clause.box_clone(), &matching::kinds([searchable.kind])]);
        Ok(Facet {
            kind: searchable.kind,
            title: searchable.title,
            count: corpus.count(&*of_kind)?,
            chosen: chosen.contains(&searchable.kind),
        })
    };
    kinds.iter().map(of_kind).collect()
}

/// What this viewer is shown of each, in the same order; one query per kind.
fn cards(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    found: Vec<Found>,
) -> std::result::Result<Vec<(Card, f64)>, Trouble> {
    let mut ids: HashMap<String, Vec<i64>> = HashMap::new();
    for one in &found {
        ids.entry(one.resource.kind.clone().into_owned()).or_default().push(one.resource.id);
    }
    let mut read = HashMap::new();
    for (kind, ids) in ids {
        if let Some(component) = components.of_kind(&kind) {
            for card in component.cards(db, viewer, &kind, &ids)?.into_iter().flatten() {
                read.insert(card.resource.clone(), card);
            }
        }
    }
    Ok(found.into_iter().filter_map(|one| Some((read.remove(&one.resource)?, one.score))).collect())
}

fn shown(card: Card, score: f64, query: &Query, near: &mut near::Near) -> Hit {
    let text = start(&card.text);
    let mut terms = query.terms();
    terms.extend(
        near.in_text(&card.title).into_iter().chain(near.in_text(text)).map(|text| Term { text, prefix: false }),
    );
    let marks = [card.title.as_str(), text]
        .into_iter()
        .map(|text| excerpt(text, &terms, usize::MAX).iter().filter(|span| span.mark).count())
        .sum();
    let excerpt = excerpt(text, &terms, EXCERPT_CHARS);
    Hit { excerpt, marks, score, card }
}

fn start(text: &str) -> &str {
    let end = (0..=MARKED_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// [`Project::read`] for a search, whose troubles are of two kinds.
fn read_in<T>(
    project: &Project,
    act: impl FnOnce(&Connection) -> std::result::Result<T, Trouble>,
) -> std::result::Result<T, Trouble> {
    let mut trouble = None;
    let read = project.read(|db| match act(db) {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Other(error)) => Err(error),
        Err(index) => {
            trouble = Some(index);
            Ok(None)
        }
    });
    match (read, trouble) {
        (_, Some(trouble)) => Err(trouble),
        (Ok(Some(answer)), None) => Ok(answer),
        (Ok(None), None) => Err(Trouble::Index("a search gave no answer".to_owned())),
        (Err(error), None) => Err(Trouble::Other(error)),
    }
}
