//! Finding: what matches, how much of it, and how it is shown. The one way for pages, commands and macros.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;

use super::census::Census;
use super::corpus::{Corpus, Found, Order, Trouble, with_index};
use super::index::Snapshot;
use super::matching;
use super::newest::MOST_RANKED;
use super::query::{Field, Query, Reading};
use super::schema::{self, COUNTED};
use super::{SEARCH_VIEW, jump, near};
use crate::base::component::{Alike, Card, Components, Matching, Searchable};
use crate::base::error::Result;
use crate::base::project::Project;
use crate::base::text::excerpt::{Passage, Span, Term};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// Nobody reads further; who wants more asks more exactly.
const MOST_HITS: usize = MOST_RANKED;
const EXCERPT_CHARS: usize = 240;
const SUGGESTIONS: usize = 8;
/// So many words of a text are compared with others.
const MOST_WORDS: usize = 16;
/// What scores less than this part of the best is hardly about the same.
const LIKELY: f64 = 0.4;
/// Of each so many values are shown.
const MOST_VALUES: usize = 12;

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
    /// One for each kind of resource.
    pub facets: Vec<Facet>,
    /// What the hits have, by name: first those names that are always counted.
    pub fields: Vec<FieldFacet>,
    /// So many there would be without conditions on kinds and fields; counted where there are none with them.
    pub elsewhere: u64,
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

/// The values of one name that the hits have. Counted as if nothing had been asked for by this name, so that the counts say
/// what choosing another value would find.
#[derive(Debug, Clone)]
pub struct FieldFacet {
    pub name: &'static str,
    pub title: String,
    /// Those that were asked for, then the most frequent.
    pub values: Vec<FieldValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    pub key: String,
    pub label: String,
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
    /// It is closed, as a ticket can be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// Reads what was typed against what this project can search.
pub fn read(components: Components, viewer: &Viewer, text: &str) -> Query {
    Query::read(text, &reading(components, viewer))
}

pub fn reading(components: Components, viewer: &Viewer) -> Reading {
    let kinds = searchable(components).map(|searchable| (searchable.kind, searchable.title)).collect();
    Reading { kinds, zone: viewer.zone().into(), now: Instant::now() }
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

/// Titles for completion while typing, at most eight; a ticket's number comes before all.
pub fn suggest(project: &Project, viewer: &Viewer, text: &str) -> Result<Vec<Suggestion>> {
    suggest_of(project, viewer, text, None)
}

/// The same of one kind alone, or (none) of all.
pub fn suggest_of(project: &Project, viewer: &Viewer, text: &str, kind: Option<&str>) -> Result<Vec<Suggestion>> {
    viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
    let words: Vec<String> = schema::words(text).take(8).map(|(_, word)| word).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let components = project.components();
    with_index(project.dir(), |snapshot| {
        read_in(project, |db| {
            let mut offered = Vec::new();
            if let Some(number) = jump::number(text.trim()).filter(|_| kind.is_none_or(|kind| kind == jump::TICKET)) {
                offered.extend(jump::ticket(db, components, viewer, number)?);
            }
            let corpus = Corpus::open(db, components, viewer, snapshot.clone())?;
            let titles = matching::of_titles(&words);
            let wanted = match kind {
                Some(kind) => matching::all(&[&titles, &matching::kinds([kind])]),
                None => titles,
            };
            let found = corpus.top(&*wanted, Order::Best, SUGGESTIONS)?;
            for (card, _) in cards(db, components, viewer, found)? {
                if offered.iter().all(|known: &Card| known.resource != card.resource) {
                    offered.push(card);
                }
            }
            offered.truncate(SUGGESTIONS);
            Ok(offered.into_iter().map(|card| suggestion(components, card)).collect())
        })
    })
}

/// What is open and may be about the same as these words, the likeliest first; nothing for those who may not search.
pub fn alike(project: &Project, viewer: &Viewer, wanted: &Alike<'_>) -> Result<Vec<Card>> {
    let words: Vec<String> = schema::words(wanted.words).take(MOST_WORDS).map(|(_, word)| word).collect();
    if words.is_empty() || !viewer.may(SEARCH_VIEW) {
        return Ok(Vec::new());
    }
    let components = project.components();
    with_index(project.dir(), |snapshot| {
        read_in(project, |db| {
            let corpus = Corpus::open(db, components, viewer, snapshot.clone())?;
            let query = matching::all(&[&matching::of_some(&words), &matching::kinds([wanted.kind])]);
            // Among them are closed ones.
            let found = corpus.top(&*query, Order::Best, wanted.limit * 4)?;
            let likely = found.first().map_or(0.0, |best| best.score * LIKELY);
            let mut found = cards(db, components, viewer, found)?;
            found.retain(|(card, found)| !is_closed(card) && found.score >= likely);
            found.truncate(wanted.limit);
            Ok(found.into_iter().map(|(card, _)| card).collect())
        })
    })
}

/// What of one kind the viewer finds, as numbers.
pub fn ids(db: &Connection, components: Components, viewer: &Viewer, wanted: &Alike<'_>) -> Result<Matching> {
    viewer.require(SEARCH_VIEW)?;
    let query = read(components, viewer, wanted.words);
    let chosen: Vec<&'static str> =
        searchable(components).map(|searchable| searchable.kind).filter(|kind| *kind == wanted.kind).collect();
    let dir = db.path().map(Path::new).and_then(Path::parent);
    let Some(dir) = dir.filter(|_| !query.is_empty() && !chosen.is_empty()) else { return Ok(Matching::default()) };
    with_index(dir, |snapshot| {
        let corpus = Corpus::open(db, components, viewer, snapshot)?;
        let narrowed = Narrowed::of(&query, &chosen, matching::of_query(&query, false));
        let found = corpus.top(&*narrowed.all(), Order::Best, wanted.limit + 1)?;
        let more = found.len() > wanted.limit;
        Ok(Matching { ids: found.into_iter().take(wanted.limit).map(|found| found.resource.id).collect(), more })
    })
}

fn suggestion(components: Components, card: Card) -> Suggestion {
    let kind = searchable(components).find(|searchable| card.resource.is(searchable.kind));
    Suggestion {
        closed: is_closed(&card),
        kind: kind.map_or_else(String::new, |kind| one_of(kind.title)),
        title: card.title,
        url: card.href,
    }
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
    let chosen: Vec<&'static str> = searchable(components)
        .map(|searchable| searchable.kind)
        .filter(|kind| query.kinds.iter().chain(wanted.kinds).any(|chosen| chosen == kind))
        .collect();
    let mut results = Results {
        total: 0,
        facets: Vec::new(),
        fields: Vec::new(),
        elsewhere: 0,
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
    let corpus = Corpus::open(db, components, viewer, snapshot)?;
    results.behind = corpus.behind;
    let mut narrowed = Narrowed::of(query, &chosen, matching::of_query(query, false));
    let page_size = wanted.page_size.clamp(1, MOST_HITS);
    let last = wanted.page.clamp(1, MOST_HITS.div_ceil(page_size)) * page_size;
    let titles = matching::in_titles(query);
    let titles = titles.as_deref();
    let (mut census, mut found) = corpus.top_counted(&*narrowed.all(), titles, wanted.order, last)?;
    let mut forgiving = false;
    if census.total == 0 {
        results.elsewhere = corpus.census(&*narrowed.words)?.total;
        if results.elsewhere == 0 && query.wanted.iter().any(|part| part.forgivable().is_some()) {
            forgiving = true;
            narrowed.words = matching::of_query(query, true);
            (census, found) = corpus.top_counted(&*narrowed.all(), None, wanted.order, last)?;
            results.elsewhere = if census.total > 0 { 0 } else { corpus.census(&*narrowed.words)?.total };
        }
    }
    results.total = census.total;
    results.facets = kind_facets(&corpus, components, &narrowed, &census, &chosen)?;
    results.fields = field_facets(&corpus, query, &narrowed, &census)?;
    let reachable = usize::try_from(results.total).unwrap_or(MOST_HITS).min(MOST_HITS);
    results.pages = reachable.div_ceil(page_size).max(1);
    results.page = wanted.page.clamp(1, results.pages);
    let skip = (results.page - 1) * page_size;
    let found = found.into_iter().skip(skip).take(page_size).collect::<Vec<_>>();
    let asked = found.len() as u64;
    let cards = cards(db, components, viewer, found)?;
    // Never so while every change tells its event. If it does happen, the count must not betray it.
    results.total = results.total.saturating_sub(asked - cards.len() as u64);
    let mut near = near::Near::of(query, forgiving);
    for (card, found) in cards {
        let text = corpus.text(&found)?;
        results.hits.push(shown(card, &text, found.score, query, &mut near));
    }
    results.forgiven = near.forgiven();
    Ok(results)
}

/// Every kind of resource that can be found.
pub fn searchable(components: Components) -> impl Iterator<Item = &'static Searchable> {
    components.iter().flat_map(|component| component.searchable())
}

/// A query in parts, so that counts can be taken without one of them.
struct Narrowed<'a> {
    words: Box<dyn tantivy::query::Query>,
    chosen: &'a [&'static str],
    fields: &'a [Field],
}

impl<'a> Narrowed<'a> {
    fn of(query: &'a Query, chosen: &'a [&'static str], words: Box<dyn tantivy::query::Query>) -> Self {
        Self { words, chosen, fields: &query.fields }
    }

    fn all(&self) -> Box<dyn tantivy::query::Query> {
        self.without(None)
    }

    /// Without what is asked of one name; `kind` is the resource's.
    fn without(&self, left_out: Option<&str>) -> Box<dyn tantivy::query::Query> {
        let mut clauses = vec![self.words.box_clone()];
        if !self.chosen.is_empty() && left_out != Some("kind") {
            clauses.push(matching::kinds(self.chosen.iter().copied()));
        }
        for name in self.names().into_iter().filter(|name| left_out != Some(*name)) {
            clauses.push(matching::facets(self.fields.iter().filter(|field| field.name == name)));
        }
        matching::all(&clauses.iter().collect::<Vec<_>>())
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for field in self.fields {
            if !names.contains(&field.name) {
                names.push(field.name);
            }
        }
        names
    }
}

/// What one of the things under such a title is called: `page` of `Pages`.
pub fn one_of(title: &str) -> String {
    if title == "People" {
        return "person".to_owned();
    }
    title.strip_suffix('s').unwrap_or(title).to_lowercase()
}

pub fn is_closed(card: &Card) -> bool {
    card.class == Some("closed")
}

fn kind_facets(
    corpus: &Corpus,
    components: Components,
    narrowed: &Narrowed<'_>,
    census: &Census,
    chosen: &[&str],
) -> std::result::Result<Vec<Facet>, Trouble> {
    let wider = if chosen.is_empty() { None } else { Some(corpus.census(&*narrowed.without(Some("kind")))?) };
    let census = wider.as_ref().unwrap_or(census);
    let facet = |searchable: &Searchable| Facet {
        kind: searchable.kind,
        title: searchable.title,
        count: census.kind(searchable.kind),
        chosen: chosen.contains(&searchable.kind),
    };
    Ok(searchable(components).map(facet).collect())
}

fn field_facets(
    corpus: &Corpus,
    query: &Query,
    narrowed: &Narrowed<'_>,
    census: &Census,
) -> std::result::Result<Vec<FieldFacet>, Trouble> {
    let asked = narrowed.names();
    let others = asked.iter().filter(|name| COUNTED.iter().all(|(counted, _, _)| counted != *name));
    let mut facets = Vec::new();
    for name in COUNTED.iter().map(|(name, _, _)| *name).chain(others.copied()) {
        let mut values = Vec::new();
        let counted = if asked.contains(&name) {
            corpus.census(&*narrowed.without(Some(name)))?.values(name)
        } else {
            census.values(name)
        };
        for field in query.fields.iter().filter(|field| field.name == name) {
            let known = counted.iter().find(|value| value.key == field.key);
            values.push(FieldValue {
                key: field.key.clone(),
                label: known.map_or(&field.value, |known| &known.label).clone(),
                count: known.map_or(0, |known| known.count),
                chosen: true,
            });
        }
        for value in counted {
            if values.len() < MOST_VALUES.max(query.fields.len()) && values.iter().all(|known| known.key != value.key) {
                values.push(FieldValue { key: value.key, label: value.label, count: value.count, chosen: false });
            }
        }
        if !values.is_empty() {
            facets.push(FieldFacet { name, title: title_of(name), values });
        }
    }
    Ok(facets)
}

/// `Status` for `status`; `type` is that of a ticket.
fn title_of(name: &str) -> String {
    match COUNTED.iter().find(|(counted, _, _)| *counted == name) {
        Some((_, title, _)) => (*title).to_owned(),
        None if name == "type" => "Type of ticket".to_owned(),
        None => name[..1].to_uppercase() + &name[1..],
    }
}

/// What this viewer is shown of each, in the same order; one query per kind.
fn cards(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    found: Vec<Found>,
) -> std::result::Result<Vec<(Card, Found)>, Trouble> {
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
    Ok(found.into_iter().filter_map(|one| Some((read.remove(&one.resource)?, one))).collect())
}

fn shown(card: Card, text: &str, score: f64, query: &Query, near: &mut near::Near) -> Hit {
    let (title, text) = (Passage::of(&card.title), Passage::of(text));
    let forms = near.in_text(&title).into_iter().chain(near.in_text(&text));
    let mut terms = query.terms();
    terms.extend(forms.map(|text| Term { text, prefix: false }));
    let (_, in_title) = title.excerpt(&terms, 0);
    let (excerpt, in_text) = text.excerpt(&terms, EXCERPT_CHARS);
    Hit { excerpt, marks: in_title + in_text, score, card }
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
