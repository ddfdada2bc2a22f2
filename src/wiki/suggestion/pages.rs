//! One suggested edit: what it would change of the page as it is now, what was said about it, and what can be done.

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::edit;
use super::rebase::{Proposal, proposal};
use super::store::{self, State, SuggestionRow};
use super::{href, json};
use crate::base::error::{Problem, Result};
use crate::base::text::diff::{Diff, Options, diff};
use crate::base::text::hunks::Hunks;
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::discussion;
use crate::wiki::discussion::shown::{Scene, Thread};
use crate::wiki::name::PageName;
use crate::wiki::shown::{self, Head, enter};
use crate::wiki::store::{self as wiki, PageRow};
use crate::wiki::{WIKI_MODIFY, WIKI_SUGGEST};

/// Changes that can be chosen one by one; the others are taken together.
pub(super) const MOST_CHANGES: usize = 200;
/// Lines around a change.
const CONTEXT: usize = 2;
/// Messages of its thread that a suggestion shows.
const MESSAGES: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    routes![suggestion]
}

/// Enters the project for a suggestion that is to be seen, with its page.
pub(super) fn enter_suggestion(desk: &Desk, project: &str, id: &str) -> Result<(Room, SuggestionRow, PageRow)> {
    let room = enter(desk, project)?;
    let (row, page) = room.project.read(|db| edit::find(db, &room.viewer, parsed(id)))?;
    Ok((room.at_path(&page.folded), row, page))
}

/// The number of a suggestion in an address; what is none is 0, which none has.
pub(super) fn parsed(typed: &str) -> i64 {
    discussion::link::number(typed).unwrap_or(0)
}

#[get("/<project>/suggestion/<id>")]
async fn suggestion(visit: Visit, project: String, id: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, row, page) = enter_suggestion(desk, &project, &id)?;
            if desk.visit.wants_json() {
                return json::one(desk, &room, &row, &page);
            }
            shown_page(desk, &room, row.id, &Typed::default())
        })
        .await
}

/// What stands in the forms of a suggestion, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    pub comment: String,
    pub reason: String,
    pub previewed: bool,
    pub problems: Vec<Problem>,
    pub status: Option<Status>,
}

#[derive(Serialize)]
struct SuggestionPage {
    #[serde(flatten)]
    head: Head,
    live: String,
    id: i64,
    own_href: String,
    author: String,
    when: When,
    comment: String,
    state: &'static str,
    closed_when: Option<When>,
    closed_by: String,
    reason: String,
    base: i64,
    version: i64,
    edits: i64,
    versions: Vec<Version>,
    /// The whole difference, of one that is not open any more.
    rows_html: String,
    changes: Vec<Change>,
    /// Changes that can't be chosen one by one.
    more: usize,
    clashes: Vec<Clash>,
    may_take: bool,
    is_own: bool,
    thread: Option<Thread>,
    answer: Option<Writing>,
    declining: String,
    problems: Vec<Problem>,
}

impl Page for SuggestionPage {
    const TEMPLATE: &'static str = "wiki/suggestion.html";
}

#[derive(Serialize)]
struct Version {
    number: i64,
    href: String,
}

#[derive(Serialize)]
struct Change {
    hunk: usize,
    line: usize,
    rows_html: String,
}

#[derive(Serialize)]
struct Clash {
    current: String,
    suggested: String,
}

#[derive(Serialize)]
struct Writing {
    preview_href: String,
    preview_html: Option<String>,
    draft_key: String,
    comment: String,
}

pub(super) fn shown_page(desk: &Desk, room: &Room, id: i64, typed: &Typed) -> Result<Answer> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let viewer = &room.viewer;
    let sheet = room.project.read(|db| {
        let (row, page) = edit::find(db, viewer, id)?;
        let name = PageName::parse(&page.name, "page")?;
        let head = shown::head(db, room, &name, true)?;
        let open = row.state == State::Open;
        let proposal = if open { Some(proposal(db, &row, &page)?) } else { None };
        let scene = Scene { db, room, page: &page, reader: &reader, href: &head.href };
        let thread = thread_of(&scene, &row)?;
        let there = viewer.at_path(&page.folded);
        let answer = match edit::may_answer(&there, &row) {
            true => Some(writing(&scene, &row, typed)?),
            false => None,
        };
        let zone = viewer.zone();
        let versions = store::versions(db, page.id, row.id)?;
        Ok(SuggestionPage {
            live: format!("page:{}", page.id),
            id: row.id,
            own_href: format!("{}{}", room.root, href(row.id)),
            author: viewer.shown_name(&row.author_name),
            when: row.made_at.when(&zone),
            state: row.state.name(),
            closed_when: row.closed_at.map(|at| at.when(&zone)),
            closed_by: viewer.shown_name(&row.closed_by),
            base: row.base,
            version: page.version,
            edits: row.edits,
            versions: versions
                .into_iter()
                .map(|number| Version { number, href: format!("{}?action=diff&version={number}", head.href) })
                .collect(),
            rows_html: if open { String::new() } else { whole(db, &row, &page)? },
            changes: proposal.as_ref().map(changes).unwrap_or_default(),
            more: proposal.as_ref().map_or(0, |one| one.hunks().changes.len().saturating_sub(MOST_CHANGES)),
            clashes: proposal
                .into_iter()
                .flat_map(|one| one.clashes)
                .map(|clash| Clash { current: clash.current, suggested: clash.suggested })
                .collect(),
            may_take: open && there.may(WIKI_MODIFY),
            is_own: open && edit::is_own(viewer, &row) && there.may(WIKI_SUGGEST),
            thread,
            answer,
            declining: typed.reason.clone(),
            problems: typed.problems.clone(),
            comment: row.comment,
            reason: row.reason,
            head,
        })
    })?;
    let title = format!("Suggested edit {id} of {}", sheet.head.name);
    Sheet::new(title, sheet)
        .at("/wiki")
        .about(format!("suggestion:{id}"))
        .noindex()
        .status(typed.status.unwrap_or(Status::Ok))
        .render(desk)
}

fn thread_of(scene: &Scene<'_>, row: &SuggestionRow) -> Result<Option<Thread>> {
    let Some(thread) = row.thread else { return Ok(None) };
    let Some(thread) = discussion::store::thread(scene.db, thread)? else { return Ok(None) };
    let messages = discussion::store::messages_of(scene.db, &[thread.id], MESSAGES)?;
    Ok(scene.threads(vec![thread], messages)?.pop())
}

fn writing(scene: &Scene<'_>, row: &SuggestionRow, typed: &Typed) -> Result<Writing> {
    let preview_html = match typed.previewed {
        true => Some(discussion::shown::rendered(scene.reader, scene.db, scene.page, &typed.comment)?.into_string()),
        false => None,
    };
    Ok(Writing {
        preview_href: format!("{}?action=discussion-preview", scene.href),
        preview_html,
        draft_key: format!("{}/suggestion/{}", scene.room.row.id, row.id),
        comment: typed.comment.clone(),
    })
}

/// What was suggested, against the version that it was made from.
fn whole(db: &Connection, row: &SuggestionRow, page: &PageRow) -> Result<String> {
    let base = wiki::version(db, page.id, row.base)?.map(|version| version.text).unwrap_or_default();
    let text = store::text(db, row.id)?;
    Ok(rows_html(&diff(&base, &text, &Options::default()), Style::Inline).into_string())
}

fn changes(proposal: &Proposal) -> Vec<Change> {
    let hunks = proposal.hunks();
    (0..hunks.changes.len().min(MOST_CHANGES)).map(|place| change(&hunks, place)).collect()
}

fn change(hunks: &Hunks<'_>, place: usize) -> Change {
    let excerpt = hunks.excerpt(place, CONTEXT);
    let options = Options { context: None, ..Options::default() };
    let found = moved(diff(&excerpt.old, &excerpt.new, &options), excerpt.old_line - 1, excerpt.new_line - 1);
    Change {
        hunk: place,
        line: hunks.changes[place].old.start + 1,
        rows_html: rows_html(&found, Style::Inline).into_string(),
    }
}

/// The lines of an excerpt with the numbers that they have in the texts.
fn moved(mut diff: Diff, old: usize, new: usize) -> Diff {
    for row in diff.hunks.iter_mut().flat_map(|hunk| &mut hunk.rows) {
        row.old_number = row.old_number.map(|number| number + old);
        row.new_number = row.new_number.map(|number| number + new);
    }
    diff
}
