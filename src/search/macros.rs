//! `[[SearchResults(words, limit=5)]]`: what a search finds now, for whoever reads the page.

use std::path::Path;

use super::SEARCH_VIEW;
use super::corpus::{Trouble, with_index};
use super::find::{self, Wanted};
use super::shown::marked;
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Html, Macro};

const MOST: usize = 50;

pub const SEARCH_RESULTS: Macro = Macro {
    name: "SearchResults",
    doc: "Shows what a search finds now. The first value is what you would type into the search box; `limit` is how many \
          are shown, 5 if it is not given.",
    example: "[[SearchResults(brackets, limit=3)]]",
    block: true,
    targets: |_, _| Vec::new(),
    run,
};

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let words = words(arguments)?;
    let limit = limit(arguments)?;
    let dir = context.db.path().map(Path::new).and_then(Path::parent);
    let mut found = Vec::new();
    if let Some(dir) = dir.filter(|_| context.viewer.may(SEARCH_VIEW)) {
        let components = context.vocabulary.components;
        let query = find::read(components, context.viewer, &words);
        // One more, since the page that shows them is none of them.
        let wanted = Wanted { page_size: limit + 1, ..Wanted::default() };
        let results = with_index(dir, |snapshot| -> std::result::Result<_, Trouble> {
            find::find_in(context.db, components, context.viewer, &query, &wanted, snapshot)
        })?;
        found = results.hits;
        found.retain(|hit| context.here.is_none_or(|here| here.resource != hit.card.resource));
        found.truncate(limit);
    }
    let mut html = Html::default();
    if found.is_empty() {
        html.tag("<p class=\"muted\">Nothing was found for <q>").text(&words).tag("</q>.</p>");
        return Ok(html);
    }
    html.tag("<ul class=\"hits\">");
    for hit in &found {
        html.tag("<li><a").attribute("href", &format!("{}{}", context.root, hit.card.href));
        if let Some(class) = hit.card.class {
            html.attribute("class", class);
        }
        html.tag(">");
        html.text(&hit.card.title).tag("</a>");
        if !hit.excerpt.is_empty() {
            html.tag("<p>").html(&marked(&hit.excerpt)).tag("</p>");
        }
        html.tag("</li>");
    }
    html.tag("</ul>");
    Ok(html)
}

fn words(arguments: &Arguments) -> Result<String> {
    let words = arguments.positional.join(" ");
    if words.trim().is_empty() {
        return Err(Error::invalid("words", "It needs the words to search for, as in `SearchResults(brackets)`."));
    }
    Ok(words)
}

fn limit(arguments: &Arguments) -> Result<usize> {
    let mut limit = 5;
    for (name, value) in &arguments.named {
        if name != "limit" {
            return Err(Error::invalid(name, format!("It has no value `{name}`; there is only `limit`.")));
        }
        let number = value.trim().parse().ok().filter(|number| (1..=MOST).contains(number));
        limit = number.ok_or_else(|| Error::invalid("limit", format!("`limit` is a number from 1 to {MOST}.")))?;
    }
    Ok(limit)
}
