//! The log of a repository and of a path (rows V12, V23): page by page, as a feed, as JSON, as a text of changes.
//!
//! A page after the first names the commit at which the first began, so that a push in between moves nothing.

use std::collections::HashMap;

use git2::Oid;
use rocket::Route;
use serde::Serialize;
use serde_json::json;

use super::browse_pages::{commit_json, or_trouble, ways};
use super::changed_paths::ChangeKind;
use super::log_details::{self, Files};
use super::log_extras::{Extras, extras};
use super::log_rows::{self, Named, Row};
use super::past::{self, Mode, Step};
use super::place::{self, Head, Place};
use super::refs::{self, Badge};
use super::selection::{self, Selection};
use super::told::{self, Told};
use super::tree::{self, Segments};
use super::{BROWSER_VIEW, CHANGESET_VIEW, LOG_VIEW, NO_PAGE};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::web::feed::{self, Feed};
use crate::web::page::Alternate;
use crate::web::paging::{self, with_value};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 500;
/// With messages and files a page holds no more.
const LARGEST_VERBOSE: usize = 100;
/// Changes of a path among which a selection is looked for.
const MOST_SELECTED: usize = 5_000;
/// So far back the log of everything is walked.
const DEEPEST: usize = 50_000;

pub fn routes() -> Vec<Route> {
    rocket::routes![log]
}

#[rocket::get("/<project>/log/<_..>")]
async fn log(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(LOG_VIEW, NO_PAGE)?;
            or_trouble(desk, &room, show(desk, &room))
        })
        .await
}

/// One commit of a log.
struct Entry {
    told: Told,
    /// What it did to the path; none in the log of everything.
    step: Option<Step>,
}

/// A page of a log.
struct Stretch {
    entries: Vec<Entry>,
    /// The commit at which the first page began.
    from: Oid,
    page: usize,
    limit: usize,
    more: bool,
    is_cut: bool,
    mode: Mode,
    /// It tells all that there is of each commit.
    verbose: bool,
    /// Only some commits were asked for.
    is_selected: bool,
}

fn show(desk: &Desk, room: &Room) -> Result<Answer> {
    let visit = &desk.visit;
    let path = tree::segments(visit.raw_tail("/log").unwrap_or_default());
    let asked = room.project.read(|db| place::asked(db, path))?;
    if asked.repository().is_none() {
        let may_add = asked.path.is_empty() && room.viewer.may(BROWSER_VIEW);
        return Err(if may_add { Error::conflict("There is no repository here yet.") } else { place::no_repository() });
    }
    let place = place::open(asked, visit.value("rev"))?;
    let (place, stretch) = match stretch(desk, room, &place) {
        // A path that is gone has a log all the same.
        Err(Error::NotFound(_)) => {
            let place = place.or_nearest(desk)?;
            let stretch = stretch(desk, room, &place)?;
            (place, stretch)
        }
        stretch => (place, stretch?),
    };
    match visit.value("format").as_deref() {
        Some("atom" | "rss") => as_feed(desk, room, &place, &stretch),
        Some("changelog") => Ok(as_changelog(&place, &stretch)),
        _ if visit.wants_json() => as_json(desk, room, &place, &stretch),
        None | Some("" | "html") => as_page(desk, room, &place, stretch),
        Some(_) => Err(Error::invalid("format", "A log is there as json, atom and changelog.")),
    }
}

fn stretch(desk: &Desk, room: &Room, place: &Place) -> Result<Stretch> {
    let number = |name: &str| desk.visit.value(name).and_then(|value| value.parse::<usize>().ok());
    let verbose = desk.visit.value("verbose").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "off"));
    let most = if verbose { LARGEST_VERBOSE } else { LARGEST_PAGE };
    let limit = number("limit").unwrap_or(PAGE_SIZE).clamp(1, most);
    let page = paging::asked(desk.visit.value("page"));
    let skip = (page - 1) * limit;
    let from = match desk.visit.value("from").filter(|from| !from.is_empty()) {
        Some(from) => super::git::revision(&place.git, Some(&from))?.commit,
        None => place.commit(),
    };
    let mode = desk.visit.value("mode");
    let mode = Mode::ALL.into_iter().find(|known| mode.as_deref() == Some(known.name())).unwrap_or(Mode::FollowCopy);
    let (revs, stop) = (desk.visit.value("revs"), desk.visit.value("stop_rev"));
    let selection = selection::asked(place, from, revs.as_deref(), stop.as_deref())?;
    let is_selected = selection.is_some();
    let (commits, steps, more, is_cut) = if let Some(selection) = selection {
        selected(room, place, &selection, mode, skip, limit)?
    } else if place.path.is_empty() {
        let (commits, more) = walk(place, from, skip, limit)?;
        (commits, Vec::new(), more, false)
    } else {
        let found = room.project.read(|db| {
            let line = past::line(db, &place.git, place.repository.id, from)?;
            past::log(db, &place.git, &line, &place.path, mode, skip, limit)
        })?;
        if found.steps.is_empty() && !found.is_cut && page == 1 && !exists(place, from)? {
            return Err(place.missing());
        }
        (found.steps.iter().map(|step| step.commit).collect(), found.steps, found.more, found.is_cut)
    };
    let mut told = room.project.read(|db| told::told(db, &place.git, &room.viewer, commits.iter().copied()))?;
    let mut steps = steps.into_iter();
    let entries = commits
        .iter()
        .filter_map(|commit| {
            let step = steps.next();
            Some(Entry { told: told.remove(commit)?, step })
        })
        .collect();
    Ok(Stretch { entries, from, page, limit, more, is_cut, mode, verbose, is_selected })
}

/// Commits, what each did to the path, whether there are more, and whether not all were looked for.
type Selected = (Vec<Oid>, Vec<Step>, bool, bool);

/// Those of a selection that changed the path.
fn selected(
    room: &Room,
    place: &Place,
    selection: &Selection,
    mode: Mode,
    skip: usize,
    limit: usize,
) -> Result<Selected> {
    if place.path.is_empty() {
        let commits: Vec<Oid> = selection.commits.iter().copied().skip(skip).take(limit).collect();
        return Ok((commits, Vec::new(), selection.commits.len() > skip + limit, selection.is_cut));
    }
    let Some(newest) = selection.commits.first() else { return Ok((Vec::new(), Vec::new(), false, false)) };
    let found = room.project.read(|db| {
        let line = past::line(db, &place.git, place.repository.id, *newest)?;
        past::log(db, &place.git, &line, &place.path, mode, 0, MOST_SELECTED)
    })?;
    let wanted = selection.set();
    let mut steps: Vec<Step> =
        found.steps.into_iter().filter(|step| wanted.contains(&step.commit)).skip(skip).collect();
    let more = steps.len() > limit;
    steps.truncate(limit);
    Ok((steps.iter().map(|step| step.commit).collect(), steps, more, found.is_cut || found.more || selection.is_cut))
}

fn exists(place: &Place, commit: Oid) -> Result<bool> {
    Ok(tree::find(&place.git, tree::root(&place.git, commit)?, &place.path)?.is_some())
}

/// All commits that a commit has behind it, the newest first.
fn walk(place: &Place, from: Oid, skip: usize, limit: usize) -> Result<(Vec<Oid>, bool)> {
    if skip > DEEPEST {
        return Err(Error::invalid("page", "So far back this log does not go; begin at an older commit with rev=."));
    }
    let mut walk = place.git.revwalk().map_err(|error| tree::unreadable(&error))?;
    // Newest first; any other order would have git read the whole history beforehand.
    walk.push(from).map_err(|error| tree::unreadable(&error))?;
    // A shallow copy ends somewhere: what is there is shown.
    let mut commits: Vec<Oid> = walk.map_while(std::result::Result::ok).skip(skip).take(limit + 1).collect();
    let more = commits.len() > limit;
    commits.truncate(limit);
    Ok((commits, more))
}

#[derive(Serialize)]
struct LogPage {
    head: Head,
    rows_html: String,
    diff: Option<DiffForm>,
    modes: Vec<ModeChoice>,
    /// There is a graph beside the rows.
    has_graph: bool,
    /// Whether all is told of each commit, and the other way to look at it.
    verbose: bool,
    verbose_href: String,
    /// The same log with all commits, where only some are shown.
    all_href: Option<String>,
    newer_href: Option<String>,
    older_href: Option<String>,
    page: usize,
    is_cut: bool,
    feed_href: String,
    changelog_href: String,
}

impl Page for LogPage {
    const TEMPLATE: &'static str = "code/log.html";
}

/// Where the comparison of two commits is asked for.
#[derive(Serialize)]
struct DiffForm {
    href: String,
    sent: Vec<Sent>,
}

#[derive(Serialize)]
struct Sent {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct ModeChoice {
    name: &'static str,
    href: String,
    chosen: bool,
}

/// The same log with one value of its address replaced; from its first page on.
fn same_log(desk: &Desk, room: &Room, place: &Place, name: &str, value: &str) -> String {
    let pairs: Vec<(String, String)> =
        desk.visit.pairs().into_iter().filter(|(key, _)| !["page", "from", "format"].contains(&key.as_str())).collect();
    with_value(&plain_href(room, place), &pairs, name, value)
}

fn plain_href(room: &Room, place: &Place) -> String {
    format!("{}/log{}", room.root, place.tail(&place.path))
}

fn page_href(desk: &Desk, room: &Room, place: &Place, stretch: &Stretch, page: usize) -> String {
    let mut pairs: Vec<(String, String)> =
        desk.visit.pairs().into_iter().filter(|(key, _)| !["page", "from"].contains(&key.as_str())).collect();
    pairs.push(("from".to_owned(), stretch.from.to_string()));
    with_value(&plain_href(room, place), &pairs, "page", &page.to_string())
}

fn as_page(desk: &Desk, room: &Room, place: &Place, stretch: Stretch) -> Result<Answer> {
    let head = room.project.read(|db| place::head(db, room, place, "/log", ways(room), None))?;
    let ids: Vec<Oid> = stretch.entries.iter().filter_map(|entry| Oid::from_str(&entry.told.sha).ok()).collect();
    let mut badges = refs::badges(&place.git, &ids);
    let told: Vec<(&Told, Option<&Step>)> =
        stretch.entries.iter().map(|entry| (&entry.told, entry.step.as_ref())).collect();
    let extras = extras(desk, room, &place.git, &told, stretch.verbose)?;
    let has_graph = extras.iter().any(|extras| !extras.graph_html.is_empty());
    let rows: Vec<Row> = stretch
        .entries
        .iter()
        .zip(&ids)
        .zip(extras)
        .map(|((entry, id), extras)| row(room, place, entry, badges.remove(id).unwrap_or_default(), extras))
        .collect();
    let words = [
        (Mode::FollowCopy, "with former names"),
        (Mode::StopOnCopy, "since it came to be"),
        (Mode::PathHistory, "all of this path"),
    ];
    let modes = words.map(|(mode, name)| ModeChoice {
        name,
        href: same_log(desk, room, place, "mode", if mode == Mode::FollowCopy { "" } else { mode.name() }),
        chosen: mode == stretch.mode,
    });
    let feed_href = same_log(desk, room, place, "format", "atom");
    let title = if place.path.is_empty() { place.repository.name.clone() } else { tree::shown_path(&place.path) };
    let alternates = vec![
        Alternate { href: feed_href.clone(), media_type: "application/atom+xml", title: format!("Log of {title}") },
        Alternate::json(same_log(desk, room, place, "format", "json"), format!("Log of {title}")),
    ];
    let diff = (room.viewer.may(CHANGESET_VIEW) && rows.len() > 1).then(|| diff_form(room, place));
    let page = LogPage {
        head,
        rows_html: log_rows::html(desk, &rows, diff.is_some())?.into_string(),
        diff,
        modes: if place.path.is_empty() { Vec::new() } else { modes.into() },
        has_graph,
        verbose: stretch.verbose,
        verbose_href: same_log(desk, room, place, "verbose", if stretch.verbose { "" } else { "on" }),
        all_href: stretch.is_selected.then(|| place.href(room, "/log", &place.path)),
        newer_href: (stretch.page > 1).then(|| page_href(desk, room, place, &stretch, stretch.page - 1)),
        older_href: stretch.more.then(|| page_href(desk, room, place, &stretch, stretch.page + 1)),
        page: stretch.page,
        is_cut: stretch.is_cut,
        feed_href,
        changelog_href: same_log(desk, room, place, "format", "changelog"),
    };
    let sheet = Sheet::new(format!("Log of {title}"), page).at("/browser").alternates(alternates);
    if desk.visit.query.is_empty() { sheet } else { sheet.noindex() }.render(desk)
}

fn diff_form(room: &Room, place: &Place) -> DiffForm {
    let mut sent = Vec::new();
    if !place.repository.is_default {
        sent.push(Sent { name: "repository", value: place.repository.name.clone() });
    }
    DiffForm { href: format!("{}/diff", room.root), sent }
}

fn row(room: &Room, place: &Place, entry: &Entry, badges: Vec<Badge>, extras: Extras) -> Row {
    let step = entry.step.as_ref();
    let sha = &entry.told.sha;
    let at = |path: &Segments| place::at_rev(&format!("{}/browser{}", room.root, place.tail(path)), Some(sha));
    let may_browse = room.viewer.may(BROWSER_VIEW);
    let log_of = |path: &Segments| Named { name: tree::shown_path(path), href: place.href(room, "/log", path) };
    Row {
        commit: entry.told.line(room),
        badges,
        is_merge: entry.told.parents.len() > 1,
        kind: step.map(|step| step.kind),
        former: step.and_then(|step| step.former.as_ref()).map(log_of),
        path: step.filter(|step| step.path != place.path).map(|step| log_of(&step.path)),
        // Names that are no text can't be sent in a field; then all of the two commits is compared.
        compared: step
            .and_then(|step| String::from_utf8(step.path.join(&b'/')).ok())
            .map_or_else(|| sha.clone(), |path| format!("{sha}:{path}")),
        browse_href: match step {
            Some(step) if step.kind == ChangeKind::Removed => None,
            Some(step) => may_browse.then(|| at(&step.path)),
            None => may_browse.then(|| at(&Segments::new())),
        },
        extras,
    }
}

fn as_json(desk: &Desk, room: &Room, place: &Place, stretch: &Stretch) -> Result<Answer> {
    let items: Vec<_> = stretch
        .entries
        .iter()
        .map(|entry| {
            let mut item = commit_json(desk, room, &entry.told);
            if let (Some(step), Some(fields)) = (&entry.step, item.as_object_mut()) {
                fields.insert("kind".to_owned(), json!(step.kind.name()));
                fields.insert("path".to_owned(), json!(tree::shown_path(&step.path)));
                fields.insert("former".to_owned(), json!(step.former.as_ref().map(|path| tree::shown_path(path))));
            }
            item
        })
        .collect();
    let next =
        stretch.more.then(|| desk.web().address.absolute(&page_href(desk, room, place, stretch, stretch.page + 1)));
    // How many there are in all is not counted, unless all are here.
    let total = (!stretch.more && !stretch.is_cut).then(|| (stretch.page - 1) * stretch.limit + items.len());
    Answer::json(&json!({
        "total": total,
        "page": stretch.page,
        "items": items,
        "next": next,
        "repository": place.repository.name,
        "path": tree::shown_path(&place.path),
        "complete": !stretch.is_cut,
    }))
}

fn as_feed(desk: &Desk, room: &Room, place: &Place, stretch: &Stretch) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let page = absolute(&same_log(desk, room, place, "page", ""));
    let entries: Vec<feed::Entry> = stretch
        .entries
        .iter()
        .filter(|entry| entry.told.is_open)
        .map(|entry| {
            let url = absolute(&format!("{}{}", room.root, super::changeset_href(&entry.told.sha)));
            let mut html = Html::default();
            html.tag("<pre>").text(&entry.told.message).tag("</pre>");
            feed::Entry {
                title: entry.told.subject.clone(),
                id: url.clone(),
                url,
                updated: entry.told.at.iso(),
                author: entry.told.author.clone(),
                summary_html: html.into_string(),
            }
        })
        .collect();
    Feed {
        title: format!("{}: log of {}{}", room.row.called(), place.repository.name, path_words(place)),
        subtitle: place.called(),
        id: page.clone(),
        self_url: absolute(&desk.visit.here()),
        html_url: page,
        updated: entries.first().map_or_else(|| room.row.created_at.iso(), |entry| entry.updated.clone()),
        entries,
    }
    .render(desk)
}

fn as_changelog(place: &Place, stretch: &Stretch) -> Answer {
    let told: Vec<&Told> = stretch.entries.iter().map(|entry| &entry.told).filter(|told| told.is_open).collect();
    let ids: Vec<Oid> = told.iter().filter_map(|told| Oid::from_str(&told.sha).ok()).collect();
    let files: HashMap<Oid, Files> = log_details::files(&place.git, &ids);
    let title = format!("{}{}", place.repository.name, path_words(place));
    Answer::text(log_details::changelog(&title, &told, &files))
}

fn path_words(place: &Place) -> String {
    if place.path.is_empty() { String::new() } else { format!(", {}", tree::shown_path(&place.path)) }
}
