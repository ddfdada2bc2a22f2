//! Who changed which line of a file last (row V06): `/browser/<path>?rev=&annotate=blame`, as a page and as JSON.

use std::collections::HashMap;
use std::sync::Arc;

use git2::Oid;
use rocket::http::Status;
use serde::Serialize;
use serde_json::json;

use super::age::Ages;
use super::blame::{self, Blame, Stretch, blame};
use super::browse_pages::{commit_json, ways};
use super::place::{self, Head, Place};
use super::source::{self, Content};
use super::told::{self, CommitLine, Told};
use super::tree::{self, Entry, Kind};
use super::{LOG_VIEW, git};
use crate::base::error::{Error, Result};
use crate::base::job::{Asked, Key, Made};
use crate::base::markup::language_of;
use crate::base::text::unseen;
use crate::web::job::{Arrived, Waiting, arrived};
use crate::web::page::{Alternate, file_size};
use crate::web::paging::{self, Paging, with_value};
use crate::web::{Answer, Desk, Page, Room, Sheet};

/// Lines on one page.
const PAGE_SIZE: usize = 3_000;

/// Whether that is asked for.
pub fn is_asked(desk: &Desk) -> bool {
    desk.visit.value("annotate").as_deref() == Some("blame")
}

/// The address of the page for a file at a revision.
pub fn href(room: &Room, place: &Place) -> String {
    let here = place.href(room, "/browser", &place.path);
    format!("{here}{}annotate=blame", if here.contains('?') { '&' } else { '?' })
}

#[derive(Serialize)]
struct BlamePage {
    head: Head,
    /// Why there is nothing to tell; empty if there is.
    sentence: String,
    facts: Vec<String>,
    groups: Vec<Group>,
    plain_href: String,
    log_href: Option<String>,
    paging: Paging,
    /// Of how many commits the lines are, and how many colours stand for them.
    commits: usize,
    steps: Vec<usize>,
}

impl Page for BlamePage {
    const TEMPLATE: &'static str = "code/blame.html";
}

/// Neighbouring lines of one commit.
#[derive(Serialize)]
struct Group {
    age: usize,
    commit: CommitLine,
    lines: usize,
    first: usize,
    /// How the file was called then, if otherwise.
    path: Option<String>,
    /// The file as it was before the commit, with who had changed what until then.
    before_href: Option<String>,
    code_html: String,
}

pub fn page(desk: &Desk, room: &Room, place: &Place, entry: &Entry) -> Result<Answer> {
    let text = match text(place, entry)? {
        Ok(text) => text,
        Err(sentence) => return without(desk, room, place, sentence),
    };
    let what = || {
        let shown = tree::shown_path(&place.path);
        Waiting {
            title: format!("Who changed which line of {shown}"),
            unit: "line",
            back_href: place.href(room, "/browser", &place.path),
            back: shown,
            is_download: false,
            place: "/browser",
        }
    };
    let blame = match arrived(desk, made(desk, room, place)?, what)? {
        Arrived::Thing(blame) => blame,
        Arrived::Later(answer) => return Ok(answer),
    };
    let ids = blame.stretches.iter().map(|stretch| stretch.commit);
    let told = room.project.read(|db| told::told(db, &place.git, &room.viewer, ids))?;
    if desk.visit.wants_json() {
        return as_json(desk, room, place, &blame, &told);
    }
    as_page(desk, room, place, entry, &text, &blame, &told)
}

/// The lines of a file, or why there are none.
fn text(place: &Place, entry: &Entry) -> Result<std::result::Result<String, String>> {
    if !matches!(entry.kind(), Kind::File | Kind::Executable) {
        return Ok(Err("This is no file, so nobody has changed lines of it.".to_owned()));
    }
    if tree::size(&place.git, entry.id)? > blame::LARGEST {
        let largest = file_size(blame::LARGEST as i64);
        return Ok(Err(format!(
            "This file is larger than {largest}, so who changed which line of it is not worked out here: `git blame` in \
             a clone does it."
        )));
    }
    let blob = place.git.find_blob(entry.id).map_err(|error| tree::unreadable(&error))?;
    Ok(match source::content(blob.content()) {
        Content::Text { text, .. } if text.is_empty() => Err("This file is empty.".to_owned()),
        Content::Text { text, .. } => Ok(unseen::named(&text).into_owned()),
        Content::Binary => Err("This file is binary, so it has no lines.".to_owned()),
        Content::Pointer { .. } => {
            Err("The contents of this file are kept outside of the repository, by Git LFS.".to_owned())
        }
    })
}

/// Within this request, or by a job that all share who ask for the same file at the same commit.
fn made(desk: &Desk, room: &Room, place: &Place) -> Result<Asked<Blame>> {
    let commit = place.commit();
    let (id, joined) = (place.repository.id, place.path.join(&0));
    let key = Key::new("blame", &[room.project.id().as_bytes(), &id.to_le_bytes(), commit.as_bytes(), &joined]);
    let (project, repository, path) = (Arc::clone(&room.project), place.repository.clone(), place.path.clone());
    desk.site().jobs().ask(&key, move |progress| {
        let git = git::open(&repository)?;
        let blame = blame(&project, &git, repository.id, (commit, &path), progress)?;
        Ok(blame.map(|blame| Made { memory: blame.weight(), disk: 0, thing: blame }))
    })
}

fn without(desk: &Desk, room: &Room, place: &Place, sentence: String) -> Result<Answer> {
    if desk.visit.wants_json() {
        return Err(Error::Conflict(sentence));
    }
    let paging = Paging::new("", &[], 1, PAGE_SIZE, 0);
    let page = BlamePage { sentence, ..empty(room, place, paging)? };
    Sheet::new(title(place), page).at("/browser").noindex().status(Status::Ok).render(desk)
}

fn title(place: &Place) -> String {
    format!("Blame of {}", tree::shown_path(&place.path))
}

fn empty(room: &Room, place: &Place, paging: Paging) -> Result<BlamePage> {
    let head = room.project.read(|db| {
        let told = told::told(db, &place.git, &room.viewer, std::iter::once(place.commit()))?;
        let commit = told.get(&place.commit()).map(|told| told.line(room));
        place::head(db, room, place, "/browser", ways(room), commit)
    })?;
    Ok(BlamePage {
        head,
        sentence: String::new(),
        facts: Vec::new(),
        groups: Vec::new(),
        plain_href: place.href(room, "/browser", &place.path),
        log_href: room.viewer.may(LOG_VIEW).then(|| place.href(room, "/log", &place.path)),
        paging,
        commits: 0,
        steps: Vec::new(),
    })
}

fn as_page(
    desk: &Desk,
    room: &Room,
    place: &Place,
    entry: &Entry,
    text: &str,
    blame: &Blame,
    told: &HashMap<Oid, Told>,
) -> Result<Answer> {
    let name = tree::shown(&entry.name);
    let marks = source::marks(&desk.visit.value("marks").unwrap_or_default());
    let html = source::lines_html(entry.id, text, language_of(&name, text), &marks);
    // Each line ends with its line end and the end of its element.
    let lines: Vec<&str> = html.as_str().split_inclusive("\n</span>").collect();
    let pairs = desk.visit.pairs();
    let plain = plain_href(room, place);
    let paging = Paging::new(&plain, &pairs, paging::asked(desk.visit.value("page")), PAGE_SIZE, lines.len());
    let shown = paging.offset(PAGE_SIZE)..lines.len().min(paging.offset(PAGE_SIZE) + PAGE_SIZE);
    let ages = Ages::of(told.values().map(|told| told.at));
    let mut groups = Vec::new();
    let mut first = 0;
    for stretch in &blame.stretches {
        let lines_of = first.max(shown.start)..(first + stretch.lines).min(shown.end);
        first += stretch.lines;
        if let (false, Some(told)) = (lines_of.is_empty(), told.get(&stretch.commit)) {
            groups.push(Group {
                age: ages.step(told.at),
                commit: told.line(room),
                lines: stretch.lines,
                first: lines_of.start + 1,
                path: (stretch.path != place.path).then(|| tree::shown_path(&stretch.path)),
                before_href: before_href(room, place, stretch),
                code_html: lines.get(lines_of).unwrap_or_default().concat(),
            });
        }
    }
    let mut steps: Vec<usize> = told.values().map(|told| ages.step(told.at)).collect();
    steps.sort_unstable();
    steps.dedup();
    let size = tree::size(&place.git, entry.id)?;
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let page = BlamePage {
        facts: vec![
            file_size(size as i64),
            plural(lines.len(), "line"),
            format!("last changed by {}", plural(told.len(), "commit")),
        ],
        groups,
        commits: told.len(),
        steps,
        ..empty(room, place, paging)?
    };
    let alternate = Alternate::json(with_value(&plain, &pairs, "format", "json"), title(place));
    Sheet::new(title(place), page).at("/browser").noindex().alternates(vec![alternate]).render(desk)
}

fn plain_href(room: &Room, place: &Place) -> String {
    format!("{}/browser{}", room.root, place.tail(&place.path))
}

fn before_href(room: &Room, place: &Place, stretch: &Stretch) -> Option<String> {
    let (commit, path) = stretch.before.as_ref()?;
    Some(format!("{}/browser{}?rev={commit}&annotate=blame", room.root, place.tail(path)))
}

fn as_json(desk: &Desk, room: &Room, place: &Place, blame: &Blame, told: &HashMap<Oid, Told>) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let mut first = 1;
    let stretches: Vec<_> = blame
        .stretches
        .iter()
        .map(|stretch| {
            let begin = first;
            first += stretch.lines;
            json!({
                "first": begin, "lines": stretch.lines, "commit": stretch.commit.to_string(),
                "path": tree::shown_path(&stretch.path),
                "before": before_href(room, place, stretch).as_deref().map(absolute),
            })
        })
        .collect();
    let mut commits: Vec<_> = told.values().collect();
    commits.sort_by(|one, other| (other.at, &other.sha).cmp(&(one.at, &one.sha)));
    let commits: Vec<_> = commits.into_iter().map(|told| commit_json(desk, room, told)).collect();
    Answer::json(&json!({
        "path": tree::shown_path(&place.path), "rev": place.commit().to_string(), "lines": first - 1,
        "stretches": stretches, "commits": commits,
    }))
}
