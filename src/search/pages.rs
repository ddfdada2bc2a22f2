//! The search page, completion for the box that is on every page, and what lets browsers search here (rows S01 to S07).

use rocket::Route;
use rocket::http::{ContentType, Status};
use serde::Serialize;
use serde_json::json;

use super::corpus::Order;
use super::find::{self, Results, Wanted};
use super::newest::MOST_RANKED;
use super::query::{self, Condition, Query, Reading};
use super::shown::{FacetList, FacetValue, ShownHit, facets_html, hits_html};
use super::{SEARCH_VIEW, json as items, jump, link};
use crate::base::component::Components;
use crate::base::error::{Error, Problem, Result};
use crate::ticket::{TICKET_VIEW, asked};
use crate::web::form::shortened;
use crate::web::paging::{self, Paging, with_value};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PAGE_SIZE: usize = 20;
const FORMATS: [&str; 3] = ["", "html", "json"];
/// A parameter that keeps a query that reads as a link from being followed, as in Trac.
const NO_JUMP: &str = "noquickjump";
/// Of what was typed, so much is carried into titles, links and the box.
const MOST_SHOWN: usize = 400;

pub fn routes() -> Vec<Route> {
    rocket::routes![search, suggest, describe, describe_as_trac]
}

#[derive(Serialize)]
pub(super) struct SearchPage {
    pub q: String,
    pub problems: Vec<Problem>,
    pub total: u64,
    pub facets_html: String,
    pub most_ranked: Option<usize>,
    pub sorts: Vec<Sort>,
    pub hits_html: String,
    pub paging: Paging,
    pub suggestions: Vec<Suggested>,
    pub forgiven: Vec<ShownForgiven>,
    pub shortened: bool,
    pub behind: bool,
    /// The list of tickets that was asked for, if it was.
    pub list_href: Option<String>,
    pub create_href: Option<String>,
    pub examples: Vec<Example>,
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "search/index.html";
}

#[derive(Serialize)]
pub(super) struct Sort {
    pub label: &'static str,
    pub href: String,
    pub current: bool,
}

#[derive(Serialize)]
pub(super) struct Suggested {
    pub text: String,
    pub href: String,
}

#[derive(Serialize)]
pub(super) struct ShownForgiven {
    pub typed: String,
    pub found: String,
}

#[derive(Serialize)]
pub(super) struct Example {
    pub query: &'static str,
    pub href: String,
    pub means: &'static str,
}

pub(super) const EXAMPLES: &[(&str, &str)] = &[
    ("double brackets", "both words, in any order and place"),
    ("\"double brackets\"", "the two words side by side"),
    ("brack*", "words that begin so"),
    ("brackets -double", "the first word without the second"),
    ("type:page brackets", "pages only; -type:page leaves them out"),
    ("status:new owner:kim", "new tickets of kim; also milestone, component, version, priority and type"),
    ("author:kim", "what kim changed last"),
    ("changed:7d", "what was changed in the last seven days; also h, w, m and y"),
    ("changed:>2026-01-01", "what was changed after that day; also >=, <, and a month or a year alone"),
    ("changed:2026-01..2026-03", "what was changed in those months"),
];

#[rocket::get("/<project>/search")]
async fn search(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
            if let Some(other) = desk.visit.value("format").filter(|format| !FORMATS.contains(&format.as_str())) {
                let other = shortened(&other);
                return Err(Error::invalid("format", format!("What is found comes as html or json, not as {other}.")));
            }
            let asked = Asked::of(desk);
            if let Some(href) = asked.jump(desk, &room)? {
                return Ok(Answer::see(&href));
            }
            let query = find::read(room.project.components(), &room.viewer, &asked.q);
            let wanted = Wanted { kinds: &asked.kinds, page: asked.page, page_size: PAGE_SIZE, order: asked.order };
            let results = find::find(&room.project, &room.viewer, &query, &wanted)?;
            if desk.visit.wants_json() {
                return as_json(desk, &room, &asked, &results);
            }
            as_page(desk, &room, &asked, &query, results)
        })
        .await
}

/// `?q=words`, and `type=ticket` for titles of one kind alone.
#[rocket::get("/<project>/search/suggest")]
async fn suggest(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
            let typed = desk.visit.value("q").unwrap_or_default();
            let kind = desk.visit.value("type").filter(|kind| !kind.is_empty());
            let mut found = find::suggest_of(&room.project, &room.viewer, &typed, kind.as_deref())?;
            for suggestion in &mut found {
                suggestion.url = format!("{}{}", room.root, suggestion.url);
            }
            if desk.visit.value("format").as_deref() != Some("opensearch") {
                return Answer::json(&found);
            }
            // What browsers want: what was typed, then lists of completions, descriptions and addresses.
            let titles: Vec<&str> = found.iter().map(|one| one.title.as_str()).collect();
            let kinds: Vec<&str> = found.iter().map(|one| one.kind.as_str()).collect();
            let urls: Vec<String> = found.iter().map(|one| desk.web().address.absolute(&one.url)).collect();
            let list = json!([typed, titles, kinds, urls]).to_string();
            Ok(Answer::new(Status::Ok, ContentType::new("application", "x-suggestions+json"), list.into_bytes()))
        })
        .await
}

/// The fields of `search/opensearch.xml`.
#[derive(Serialize)]
struct Description {
    name: String,
    description: String,
    language: &'static str,
    search_url: String,
    suggest_url: String,
    icon_url: String,
}

#[rocket::get("/<project>/search/opensearch.xml")]
async fn describe(visit: Visit, project: &str) -> Answer {
    description(visit, project.to_owned()).await
}

/// Trac's address of it (row S07), which browsers may have kept.
#[rocket::get("/<project>/search/opensearch")]
async fn describe_as_trac(visit: Visit, project: &str) -> Answer {
    description(visit, project.to_owned()).await
}

async fn description(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(SEARCH_VIEW, "There is no page at this address.")?;
            let address = &desk.web().address;
            let home = address.absolute(&room.root);
            let fields = Description {
                name: room.row.called().chars().take(16).collect(),
                description: format!("Search {}", room.row.called()),
                language: "en",
                search_url: format!("{home}/search?q={{searchTerms}}"),
                suggest_url: format!("{home}/search/suggest?format=opensearch&q={{searchTerms}}"),
                icon_url: address.absolute(&crate::web::assets::href(desk.base(), "favicon.svg")),
            };
            let xml = desk.web().templates.document("search/opensearch.xml", &fields)?;
            let media_type = ContentType::new("application", "opensearchdescription+xml");
            Ok(Answer::new(Status::Ok, media_type, xml.into_bytes()))
        })
        .await
}

/// What the address asks for.
pub(super) struct Asked {
    pub pairs: Vec<(String, String)>,
    pub q: String,
    pub kinds: Vec<String>,
    pub page: usize,
    pub order: Order,
}

impl Asked {
    pub fn of(desk: &Desk) -> Self {
        let pairs = desk.visit.pairs();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Self {
            q: value("q").unwrap_or_default(),
            kinds: pairs.iter().filter(|(key, _)| key == "type").map(|(_, value)| value.clone()).collect(),
            page: paging::asked(value("page")),
            order: if value("sort").as_deref() == Some("newest") { Order::Newest } else { Order::Best },
            pairs,
        }
    }

    /// Where a link that was typed leads. Only what was typed and nothing else is followed, and only within the project.
    fn jump(&self, desk: &Desk, room: &Room) -> Result<Option<String>> {
        if self.pairs.len() > 1 || desk.visit.wants_json() {
            return Ok(None);
        }
        jump::with_context(desk, room, |context| jump::of_query(context, &self.q))
    }

    pub fn shown(&self) -> String {
        self.q.chars().take(MOST_SHOWN).collect()
    }

    /// This address with another query.
    fn with_query(&self, components: Components, path: &str, q: &str) -> String {
        let mut pairs = self.pairs.clone();
        pairs.retain(|(name, _)| name != "page" && name != NO_JUMP);
        // What narrows a search must not lead away from it.
        if jump::is_link(components, q) {
            pairs.push((NO_JUMP.to_owned(), "1".to_owned()));
        }
        with_value(path, &pairs, "q", q)
    }

    /// This address with a kind switched on, or off if it is on, be it in the query or beside it.
    fn with_kind_switched(
        &self,
        components: Components,
        reading: &Reading,
        path: &str,
        kind: &str,
        on: bool,
    ) -> String {
        let mut switched = Self { pairs: self.pairs.clone(), q: self.q.clone(), kinds: Vec::new(), ..*self };
        if !on {
            switched.q = query::with_condition(&self.q, "type", kind);
        } else {
            switched.pairs.retain(|(name, value)| !(name == "type" && value == kind));
            switched.q = query::without_conditions(
                &self.q,
                reading,
                |condition| matches!(condition, Condition::Kind(known) if known == kind),
            );
        }
        switched.with_query(components, path, &switched.q)
    }
}

fn as_json(desk: &Desk, room: &Room, asked: &Asked, results: &Results) -> Result<Answer> {
    let home = desk.web().address.absolute(&room.root);
    let found: Vec<_> = results.hits.iter().map(|hit| items::item(hit, &home)).collect();
    let next = (results.page < results.pages)
        .then(|| with_value(&format!("{home}/search"), &asked.pairs, "page", &(results.page + 1).to_string()));
    Answer::json(&json!({ "total": results.total, "page": results.page, "items": found, "next": next }))
}

fn no_time(typed: &str) -> Problem {
    let typed = shortened(typed);
    Problem::new("q", format!("“{typed}” names no time; write changed:>2026-01-31 or changed:7d."))
}

fn as_page(desk: &Desk, room: &Room, asked: &Asked, query: &Query, mut results: Results) -> Result<Answer> {
    let path = format!("{}/search", room.root);
    let components = room.project.components();
    let reading = find::reading(components, &room.viewer);
    let q = asked.shown();
    let reachable = results.pages * PAGE_SIZE;
    let total = usize::try_from(results.total).unwrap_or(reachable);
    let create_href = if results.hits.is_empty() {
        jump::with_context(desk, room, |context| jump::to_create(context, &asked.q))?
    } else {
        None
    };
    let mut paging = Paging::new(&path, &asked.pairs, results.page, PAGE_SIZE, total.min(reachable));
    paging.total = total;
    let hits: Vec<_> = results.hits.drain(..).map(|hit| ShownHit::of(hit, room, &results.facets)).collect();
    let page = SearchPage {
        problems: query.no_times.iter().map(|typed| no_time(typed)).collect(),
        total: results.total,
        facets_html: facets_html(&facets(components, &reading, asked, &path, &results)).into_string(),
        sorts: sorts(asked, &path),
        suggestions: suggestions(components, &reading, asked, &path, &results),
        forgiven: results
            .forgiven
            .iter()
            .map(|one| ShownForgiven { typed: one.typed.clone(), found: one.found.join(", ") })
            .collect(),
        shortened: results.shortened,
        behind: results.behind,
        most_ranked: (results.total > MOST_RANKED as u64).then_some(MOST_RANKED),
        hits_html: hits_html(desk, &hits)?.into_string(),
        paging,
        list_href: asked::list_of(&asked.q)
            .filter(|_| query.kinds.is_empty() && room.viewer.may(TICKET_VIEW))
            .map(|list| format!("{}{list}", room.root)),
        create_href,
        examples: EXAMPLES
            .iter()
            .map(|(query, means)| Example { query, href: format!("{}{}", room.root, link::href(query)), means })
            .collect(),
        q: q.clone(),
    };
    let title = if q.is_empty() { "Search".to_owned() } else { format!("{q} – Search") };
    Sheet::new(title, page).searched(&q).noindex().render(desk)
}

/// What narrows the hits down: a link for each value, which switches it on or off.
fn facets(components: Components, reading: &Reading, asked: &Asked, path: &str, results: &Results) -> Vec<FacetList> {
    let kinds: Vec<FacetValue> = results
        .facets
        .iter()
        .filter(|facet| facet.count > 0 || facet.chosen)
        .map(|facet| FacetValue {
            label: facet.title.to_owned(),
            count: facet.count,
            href: asked.with_kind_switched(components, reading, path, facet.kind, facet.chosen),
            chosen: facet.chosen,
        })
        .collect();
    let mut lists = Vec::new();
    if kinds.len() > 1 || kinds.iter().any(|kind| kind.chosen) {
        lists.push(FacetList { label: "Kind".to_owned(), values: kinds });
    }
    for facet in &results.fields {
        let value = |value: &find::FieldValue| {
            let q = if value.chosen {
                query::without_conditions(
                    &asked.q,
                    reading,
                    |condition| matches!(condition, Condition::Field(field) if field.key == value.key),
                )
            } else {
                query::with_condition(&asked.q, facet.name, &value.label)
            };
            FacetValue {
                label: value.label.clone(),
                count: value.count,
                href: asked.with_query(components, path, &q),
                chosen: value.chosen,
            }
        };
        lists.push(FacetList { label: facet.title.clone(), values: facet.values.iter().map(value).collect() });
    }
    lists
}

fn sorts(asked: &Asked, path: &str) -> Vec<Sort> {
    let mut pairs = asked.pairs.clone();
    pairs.retain(|(name, _)| name != "page");
    let sort = |label, value, order| Sort {
        label,
        href: with_value(path, &pairs, "sort", value),
        current: asked.order == order,
    };
    vec![sort("Best first", "", Order::Best), sort("Newest first", "newest", Order::Newest)]
}

/// The same words without what narrowed them, where only that leaves nothing.
fn suggestions(
    components: Components,
    reading: &Reading,
    asked: &Asked,
    path: &str,
    results: &Results,
) -> Vec<Suggested> {
    if results.elsewhere == 0 {
        return Vec::new();
    }
    let q = query::without_conditions(&asked.q, reading, |condition| {
        matches!(condition, Condition::Kind(_) | Condition::Field(_))
    });
    let mut wider = Asked { pairs: asked.pairs.clone(), q: q.clone(), kinds: Vec::new(), ..*asked };
    wider.pairs.retain(|(name, _)| name != "type");
    if q.is_empty() {
        return Vec::new();
    }
    vec![Suggested { text: format!("{} in everything", wider.shown()), href: wider.with_query(components, path, &q) }]
}
