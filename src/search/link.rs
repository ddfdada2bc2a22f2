//! Links to a search: `search:"double brackets"`.

use super::SEARCH_VIEW;
use super::schema;
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::web::address;

pub const SEARCH: LinkKind = LinkKind {
    prefixes: &["search"],
    doc: "What a search for these words finds.",
    example: "search:\"double brackets\"",
    targets: |here, rest| target(here, rest).into_iter().collect(),
    resolve,
};

/// Below the project's address.
pub fn href(query: &str) -> String {
    format!("/search?q={}", address::query_value(query))
}

fn target(_here: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    let key = schema::whole(rest);
    (!key.is_empty()).then_some(LinkTarget::new("search", key))
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let may = context.viewer.may(SEARCH_VIEW);
    let one = |rest: &&str| {
        if !may || target(None, rest).is_none() {
            return Resolved::Plain;
        }
        Resolved::Found { href: href(rest), label: None, title: Some(format!("Search for {rest}")), class: None }
    };
    Ok(rests.iter().map(one).collect())
}
