//! What is found, for other programs: the answer of `trackway search`, and the items of the page's JSON (DESIGN 4, 5).

use serde_json::{Value, json};

use super::find::{self, Hit, Wanted};
use crate::base::error::Result;
use crate::base::project::Project;
use crate::base::viewer::Viewer;

/// `{"total":n,"items":[{type,id,title,url,excerpt,hits,score}]}`, at most `limit` items. `root` is the address of the
/// project, put before those of the items. Where no server follows the project, what happened since is heard first.
pub fn command_json(project: &Project, viewer: &Viewer, words: &str, limit: usize, root: &str) -> Result<Value> {
    if let Err(error) = project.catch_up() {
        log::warn!("{}: the search index could not catch up: {error}", project.id());
    }
    let query = find::read(project.components(), viewer, words);
    let results = find::find(project, viewer, &query, &Wanted { page_size: limit, ..Wanted::default() })?;
    let items: Vec<Value> = results.hits.iter().take(limit).map(|hit| item(hit, root)).collect();
    Ok(json!({ "total": results.total, "items": items }))
}

/// `hits` counts the marks in title and text.
pub fn item(hit: &Hit, root: &str) -> Value {
    let excerpt: String = hit.excerpt.iter().map(|span| span.text.as_str()).collect();
    json!({
        "type": hit.card.resource.kind,
        "id": hit.card.resource.id,
        "title": hit.card.title,
        "url": format!("{root}{}", hit.card.href),
        "excerpt": excerpt,
        "hits": hit.marks,
        "score": (hit.score * 1000.0).round() / 1000.0,
    })
}
