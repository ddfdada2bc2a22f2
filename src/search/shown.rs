//! Hits and facets as the search pages show them. They are drawn here, since a template takes longer over a page of them than
//! the index over finding them.

use super::find::{self, Hit};
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::base::text::excerpt::Span;
use crate::base::time::When;
use crate::web::page::time;
use crate::web::{Desk, Room};

/// The values by which hits can be narrowed down, under one name.
pub struct FacetList {
    pub label: String,
    pub values: Vec<FacetValue>,
}

pub struct FacetValue {
    pub label: String,
    pub count: u64,
    /// Switches the value on, or off when it is chosen.
    pub href: String,
    pub chosen: bool,
}

pub struct ShownHit {
    pub kind: String,
    pub title: String,
    pub url: String,
    /// It is closed, as a ticket can be.
    pub closed: bool,
    pub excerpt: Vec<Span>,
    pub when: Option<When>,
    pub author: String,
    /// Where it lies, in words: `in Guide`.
    pub place: String,
}

impl ShownHit {
    pub fn of(hit: Hit, room: &Room, facets: &[find::Facet]) -> Self {
        let kind = &hit.card.resource.kind;
        Self {
            kind: facets
                .iter()
                .find(|facet| facet.kind == kind)
                .map_or_else(|| kind.to_string(), |facet| find::one_of(facet.title)),
            closed: find::is_closed(&hit.card),
            title: hit.card.title,
            url: format!("{}{}", room.root, hit.card.href),
            excerpt: hit.excerpt,
            when: (hit.card.changed.0 != 0).then(|| hit.card.changed.when(&room.viewer.zone())),
            author: hit.card.author,
            place: hit.card.place,
        }
    }

    fn draw(&self, html: &mut Html, icon: &Html) {
        html.tag("<li>\n<h2>").html(icon).tag("<a").attribute("href", &self.url);
        html.tag(if self.closed { " class=\"closed\"" } else { "" }).tag("><bdi>").text(&self.title);
        html.tag("</bdi></a> <span class=\"badge\">").text(&self.kind).tag("</span></h2>\n");
        if !self.excerpt.is_empty() {
            html.tag("<p dir=\"auto\">").html(&marked(&self.excerpt)).tag("</p>\n");
        }
        html.tag("<p class=\"muted\">");
        if !self.place.is_empty() {
            html.tag("<bdi>").text(&self.place).tag("</bdi>");
            html.tag(if self.when.is_some() || !self.author.is_empty() { ", " } else { "" });
        }
        if let Some(when) = &self.when {
            time(html, when);
        }
        if !self.author.is_empty() {
            html.tag(" by <bdi>").text(&self.author).tag("</bdi>");
        }
        html.tag("</p>\n</li>\n");
    }
}

/// An excerpt with its marks.
pub fn marked(excerpt: &[Span]) -> Html {
    let mut html = Html::default();
    for span in excerpt {
        html.tag(if span.mark { "<mark>" } else { "" });
        html.text(&span.text).tag(if span.mark { "</mark>" } else { "" });
    }
    html
}

/// The items of the list of hits.
pub fn hits_html(desk: &Desk, hits: &[ShownHit]) -> Result<Html> {
    let mut html = Html::default();
    for hit in hits {
        hit.draw(&mut html, &desk.web().templates.icon(&hit.kind)?);
    }
    Ok(html)
}

pub fn facets_html(facets: &[FacetList]) -> Html {
    let mut html = Html::default();
    for facet in facets {
        html.tag("<nav class=\"facet\"").attribute("aria-label", &facet.label).tag(">\n<h2>").text(&facet.label);
        html.tag("</h2>\n<ul>\n");
        for value in &facet.values {
            html.tag("<li><a").attribute("href", &value.href);
            html.tag(if value.chosen { " aria-current=\"true\"" } else { "" }).tag("><bdi>").text(&value.label);
            html.tag("</bdi></a> <span class=\"number\">").text(&value.count.to_string()).tag("</span></li>\n");
        }
        html.tag("</ul>\n</nav>\n");
    }
    html
}
