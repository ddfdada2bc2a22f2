//! What stands in the rows of a log beside the commit itself: the lines of the graph, the parents in words, and with
//! `verbose=on` the message and the files.

use std::collections::HashMap;
use std::sync::Arc;

use git2::Oid;
use rusqlite::Connection;

use super::graph::{GraphRow, graph};
use super::log_details::{self, Files};
use super::past::Step;
use super::told::Told;
use super::{changeset_href, git, short};
use crate::base::error::Result;
use crate::base::markup::{Compiled, Flavour, Html};
use crate::web::text::Reader;
use crate::web::{Desk, Room};

/// Of one row, ready to be put into it.
#[derive(Default)]
pub struct Extras {
    /// The cell of the graph; empty where there is none.
    pub graph_html: String,
    /// What follows the subject of the commit.
    pub details_html: String,
}

/// Of all rows of a page. `steps` are empty in the log of everything, which alone has a graph. `verbose` tells all there is.
pub fn extras(
    desk: &Desk,
    room: &Room,
    git: &git::Git,
    commits: &[(&Told, Option<&Step>)],
    verbose: bool,
) -> Result<Vec<Extras>> {
    let is_whole = commits.iter().all(|(_, step)| step.is_none());
    let line: Vec<(&str, &[String])> =
        commits.iter().map(|(told, _)| (told.sha.as_str(), told.parents.as_slice())).collect();
    let graph = if is_whole { graph(&line) } else { None };
    let (mut messages, mut files) = (HashMap::new(), HashMap::new());
    if verbose {
        let told: Vec<&Told> = commits.iter().map(|(told, _)| *told).filter(|told| told.is_open).collect();
        messages = bodies(desk, room, &told)?;
        let ids: Vec<Oid> = told.iter().filter_map(|told| Oid::from_str(&told.sha).ok()).collect();
        files = log_details::files(git, &ids);
    }
    let mut rows = Vec::with_capacity(commits.len());
    for (at, (told, _)) in commits.iter().enumerate() {
        let mut row = Extras::default();
        if let Some(graph) = &graph {
            row.graph_html = cell(&graph.rows[at], graph.width);
        }
        let mut details = Html::default();
        let next = commits.get(at + 1).map(|(next, _)| next.sha.as_str());
        if is_whole {
            parents(&mut details, room, told, next, graph.is_some());
        }
        if let Some(message) = messages.get(told.sha.as_str()) {
            details.tag("<div class=\"text log-message\">").html(message).tag("</div>");
        }
        if let Some(files) = Oid::from_str(&told.sha).ok().and_then(|id| files.get(&id)) {
            changed(&mut details, room, told, files);
        }
        row.details_html = details.into_string();
        rows.push(row);
    }
    Ok(rows)
}

/// What the lines of the graph say, where it is not what stands in the next row.
fn parents(html: &mut Html, room: &Room, told: &Told, next: Option<&str>, has_graph: bool) {
    let follows = told.parents.len() == 1 && (next.is_none() || next == told.parents.first().map(String::as_str));
    if told.parents.is_empty() || follows || (!has_graph && told.parents.len() == 1) {
        return;
    }
    html.tag(if told.parents.len() > 1 {
        "<span class=\"log-parents muted\">merges "
    } else {
        "<span class=\"log-parents muted\">after "
    });
    for (at, parent) in told.parents.iter().enumerate() {
        html.tag(match at {
            0 => "",
            _ if at + 1 == told.parents.len() => " and ",
            _ => ", ",
        });
        html.tag("<a class=\"sha\"").attribute("href", &format!("{}{}", room.root, changeset_href(parent)));
        html.tag(">").text(short(parent)).tag("</a>");
    }
    html.tag("</span>");
}

/// What the messages say beyond their first lines, by the ids of the commits.
fn bodies<'t>(desk: &Desk, room: &Room, commits: &[&'t Told]) -> Result<HashMap<&'t str, Html>> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let mut compiled: Vec<(&str, Arc<Compiled>)> = Vec::new();
    for told in commits {
        let body = told.message.trim_start().split_once('\n').map_or("", |(_, body)| body.trim());
        if !body.is_empty() {
            compiled.push((&told.sha, reader.compiled(body, Flavour::Note)?));
        }
    }
    room.project.read(|db: &Connection| {
        let prefixes: Vec<String> = compiled.iter().map(|(sha, _)| format!("{}-", short(sha))).collect();
        let texts: Vec<(&Compiled, &str)> = compiled
            .iter()
            .zip(&prefixes)
            .map(|((_, compiled), prefix)| (compiled.as_ref(), prefix.as_str()))
            .collect();
        let htmls = reader.htmls(db, &texts, None)?;
        Ok(compiled.iter().map(|(sha, _)| *sha).zip(htmls).collect())
    })
}

fn changed(html: &mut Html, room: &Room, told: &Told, files: &Files) {
    if files.named.is_empty() && !files.unknown {
        return;
    }
    html.tag("<ul class=\"log-files\">");
    for file in &files.named {
        html.tag("<li><span class=\"muted\">").text(file.kind).tag("</span> <bdi>").text(&file.path).tag("</bdi>");
        if let Some(former) = &file.former {
            html.tag(" <span class=\"muted\">from <bdi>").text(former).tag("</bdi></span>");
        }
        html.tag("</li>");
    }
    if files.unknown || files.more > 0 {
        html.tag("<li><a").attribute("href", &format!("{}{}", room.root, changeset_href(&told.sha))).tag(">");
        match files.more {
            0 => html.tag("the files that it changed"),
            more => html.text(&format!("and {more} more")),
        };
        html.tag("</a></li>");
    }
    html.tag("</ul>");
}

/// For the eye alone: the lines stretch with the row, the dot does not.
fn cell(row: &GraphRow, width: usize) -> String {
    let lines: String = row
        .lines
        .iter()
        .map(|line| {
            let (x1, y1, x2, y2) = (line.x1, line.y1, line.x2, line.y2);
            format!(r#"<line class="lane-{}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#, line.colour)
        })
        .collect();
    let svg = r#"aria-hidden="true" focusable="false""#;
    format!(
        r#"<td class="graph wide-only"><svg class="graph-lines" width="{width}" height="100" viewBox="0 0 {width} 100" preserveAspectRatio="none" {svg}>{lines}</svg><svg class="graph-dot" width="{width}" height="12" viewBox="0 0 {width} 12" {svg}><circle class="lane-{}" cx="{}" cy="6" r="4"/></svg></td>"#,
        row.colour, row.x
    )
}
