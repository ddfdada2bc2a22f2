//! `/-/search`: the best hits of every project that somebody may enter, on one page.

use serde::Serialize;
use serde_json::json;

use super::find::{self, Wanted};
use super::pages::{Asked, EXAMPLES, Example, SearchPage};
use super::shown::{FacetList, FacetValue, ShownHit, facets_html, hits_html};
use super::{SEARCH_VIEW, json as items, link};
use crate::base::error::Result;
use crate::web::paging::Paging;
use crate::web::{Answer, Desk, Room, Sheet, Visit, address};

/// Projects that one search looks through, and the hits it shows of each.
const PROJECTS: usize = 64;
const HITS_EACH: usize = 5;

pub(super) fn routes() -> Vec<rocket::Route> {
    rocket::routes![search, suggest]
}

#[rocket::get("/-/search")]
async fn search(visit: Visit) -> Answer {
    visit.answer(found_everywhere).await
}

/// Completion offers titles, and those belong to a project.
#[rocket::get("/-/search/suggest")]
async fn suggest(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            #[derive(Serialize)]
            struct Offered {
                title: String,
                url: String,
                #[serde(rename = "type")]
                kind: String,
                #[serde(skip_serializing_if = "std::ops::Not::not")]
                closed: bool,
            }
            let typed = desk.visit.value("q").unwrap_or_default();
            let mut offered = Vec::new();
            for room in rooms(desk)? {
                for one in find::suggest(&room.project, &room.viewer, &typed)? {
                    offered.push(Offered {
                        url: format!("{}{}", room.root, one.url),
                        title: one.title,
                        kind: room.row.name.clone(),
                        closed: one.closed,
                    });
                }
                if offered.len() >= 8 {
                    break;
                }
            }
            offered.truncate(8);
            Answer::json(&offered)
        })
        .await
}

/// The projects that may be searched, by name. One that is damaged is left out.
fn rooms(desk: &Desk) -> Result<Vec<Room>> {
    let mut rooms = Vec::new();
    for row in desk.site().projects()?.into_iter().take(PROJECTS) {
        let name = row.name.clone();
        match desk.room_of(row) {
            Ok(Some(room)) if room.viewer.may(SEARCH_VIEW) => rooms.push(room),
            Ok(_) => {}
            Err(error) => log::error!("project {name}: {error}"),
        }
    }
    desk.leave();
    Ok(rooms)
}

fn found_everywhere(desk: &Desk) -> Result<Answer> {
    let asked = Asked::of(desk);
    let wanted = Wanted { kinds: &asked.kinds, page_size: HITS_EACH, order: asked.order, ..Wanted::default() };
    let mut total = 0;
    let mut hits = Vec::new();
    let mut values = Vec::new();
    let mut listed = Vec::new();
    let mut behind = false;
    for room in rooms(desk)? {
        let query = find::read(room.project.components(), &room.viewer, &asked.q);
        let results = find::find(&room.project, &room.viewer, &query, &wanted)?;
        total += results.total;
        behind |= results.behind;
        values.push(FacetValue {
            label: room.row.called().to_owned(),
            count: results.total,
            href: format!("{}/search?q={}", room.root, address::query_value(&asked.q)),
            chosen: false,
        });
        let home = desk.web().address.absolute(&room.root);
        for hit in results.hits {
            listed.push(items::item(&hit, &home));
            let mut one = ShownHit::of(hit, &room, &results.facets);
            one.place = format!("in {}", room.row.called());
            hits.push(one);
        }
    }
    if desk.visit.wants_json() {
        return Answer::json(&json!({ "total": total, "page": 1, "items": listed, "next": null }));
    }
    let q = asked.shown();
    let path = format!("{}/-/search", desk.base());
    let mut paging = Paging::new(&path, &[], 1, hits.len().max(1), hits.len());
    paging.total = usize::try_from(total).unwrap_or(usize::MAX);
    let page = SearchPage {
        most_ranked: None,
        problems: Vec::new(),
        total,
        facets_html: facets_html(&[FacetList { label: "Project".to_owned(), values }]).into_string(),
        sorts: Vec::new(),
        hits_html: hits_html(desk, &hits)?.into_string(),
        paging,
        suggestions: Vec::new(),
        forgiven: Vec::new(),
        shortened: false,
        behind,
        list_href: None,
        create_href: None,
        examples: EXAMPLES
            .iter()
            .map(|(query, means)| Example { query, href: format!("{}/-{}", desk.base(), link::href(query)), means })
            .collect(),
        q: q.clone(),
    };
    let title = if q.is_empty() { "Search".to_owned() } else { format!("{q} – Search") };
    Sheet::new(title, page).searched(&q).noindex().render(desk)
}
