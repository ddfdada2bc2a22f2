//! The suggested edits of a project in a list, and one of them with what can be done about it.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::edit::{self, Taking};
use super::href;
use super::rebase::{Proposal, proposal};
use super::store::{self, State, SuggestionRow, Wanted};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::diff::{Diff, Options, diff};
use crate::base::text::hunks::Hunks;
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::form::{Form, shortened};
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};
use crate::wiki::discussion::shown::{Scene, Thread};
use crate::wiki::discussion::{self, edit::FIELD};
use crate::wiki::name::{PageName, href_of};
use crate::wiki::shown::{self, Head, enter};
use crate::wiki::store::{self as wiki, PageRow};
use crate::wiki::{WIKI_MODIFY, WIKI_SUGGEST};

const PER_PAGE: usize = 50;
/// Changes that can be chosen one by one; the others are taken together.
const MOST_CHANGES: usize = 200;
/// Lines around a change.
const CONTEXT: usize = 2;
/// Messages of its thread that a suggestion shows.
const MESSAGES: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    routes![list, suggestion, take, decline, withdraw, answer]
}

/// The number of a suggestion in an address; what is none is 0, which none has.
pub(super) fn parsed(typed: &str) -> i64 {
    discussion::link::number(typed).unwrap_or(0)
}

#[derive(Serialize)]
struct ListPage {
    /// The page alone to which these are suggested.
    page: Option<Named>,
    mine: bool,
    rows: Vec<Row>,
    paging: Paging,
    all_href: Option<String>,
    mine_href: Option<String>,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "wiki/suggestions.html";
}

#[derive(Serialize)]
struct Named {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    href: String,
    page: String,
    author: String,
    when: When,
    comment: String,
    state: &'static str,
    reason: String,
}

/// `page=Name` for one page; `by=me` for one's own, which is all that those have who don't write.
#[get("/<project>/suggestions")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            listed(desk, &room)
        })
        .await
}

fn listed(desk: &Desk, room: &Room) -> Result<Answer> {
    let viewer = &room.viewer;
    let writes = viewer.may(WIKI_MODIFY);
    let mine = !writes || desk.visit.value("by").as_deref() == Some("me");
    if !writes {
        viewer.require(WIKI_SUGGEST)?;
    }
    let path = format!("{}/suggestions", room.root);
    let (page, rows, paging) = room.project.read(|db| {
        let page = match desk.visit.value("page_name") {
            Some(name) => Some(asked_page(db, room, &name)?),
            None => None,
        };
        let wanted =
            Wanted { page: page.as_ref().map(|page| page.id), author: mine.then(|| viewer.person.unwrap_or(0)) };
        let total = store::count(db, viewer, wanted)?;
        let paging = Paging::new(&path, &desk.visit.pairs(), paging::asked(desk.visit.value("page")), PER_PAGE, total);
        Ok((page, store::list(db, viewer, wanted, PER_PAGE, paging.offset(PER_PAGE))?, paging))
    })?;
    let absolute = |href: &str| desk.web().address.absolute(href);
    if desk.visit.wants_json() {
        let items: Vec<Value> = rows.iter().map(|(row, name)| of_row(desk, room, row, name)).collect();
        let next = paging.next.as_deref().map(absolute);
        return Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }));
    }
    let zone = viewer.zone();
    let rows = rows
        .into_iter()
        .map(|(row, page)| Row {
            id: row.id,
            href: format!("{}{}", room.root, href(row.id)),
            page,
            author: viewer.shown_name(&row.author_name),
            when: row.made_at.when(&zone),
            comment: row.comment,
            state: row.state.name(),
            reason: row.reason,
        })
        .collect();
    let sheet = ListPage {
        all_href: (writes && (mine || page.is_some())).then(|| path.clone()),
        mine_href: (writes && !mine && viewer.may(WIKI_SUGGEST) && viewer.signed_in()).then(|| format!("{path}?by=me")),
        page: page.map(|page| Named { href: format!("{}{}", room.root, href_of(&page.name)), name: page.name }),
        mine,
        rows,
        paging,
    };
    let json = Alternate::json(format!("{path}?format=json"), "Suggested edits");
    Sheet::new("Suggested edits", sheet).at("/wiki").noindex().alternates(vec![json]).render(desk)
}

fn asked_page(db: &Connection, room: &Room, name: &str) -> Result<PageRow> {
    let missing = || Error::not_found(shown::NO_PAGE);
    let name = PageName::parse(name, "page_name").map_err(|_| missing())?;
    wiki::find(db, &room.viewer, name.folded())?.ok_or_else(missing)
}

fn of_row(desk: &Desk, room: &Room, row: &SuggestionRow, page: &str) -> Value {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "id": row.id,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, href(row.id))),
        "page": page,
        "base": row.base,
        "author": room.viewer.shown_name(&row.author_name),
        "time": row.made_at.iso(),
        "comment": filled(&row.comment),
        "state": row.state.name(),
        "reason": filled(&row.reason),
        "edits": row.edits,
    })
}

#[get("/<project>/suggestion/<id>")]
async fn suggestion(visit: Visit, project: String, id: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let (row, page) = room.project.read(|db| edit::find(db, &room.viewer, parsed(&id)))?;
            if desk.visit.wants_json() {
                return as_json(desk, &room, &row, &page);
            }
            shown_page(desk, &room, row.id, &Typed::default())
        })
        .await
}

fn as_json(desk: &Desk, room: &Room, row: &SuggestionRow, page: &PageRow) -> Result<Answer> {
    let (text, versions, proposal) = room.project.read(|db| {
        let proposal = if row.state == State::Open { Some(proposal(db, row, page)?) } else { None };
        Ok((store::text(db, row.id)?, store::versions(db, page.id, row.id)?, proposal))
    })?;
    let mut value = of_row(desk, room, row, &page.name);
    value["text"] = json!(text);
    value["versions"] = json!(versions);
    value["version"] = json!(page.version);
    if let Some(proposal) = proposal {
        let hunks = proposal.hunks();
        let changes = (0..hunks.changes.len().min(MOST_CHANGES)).map(|place| {
            let excerpt = hunks.excerpt(place, 0);
            json!({ "hunk": place, "line": excerpt.old_line, "old": excerpt.old, "new": excerpt.new })
        });
        value["changes"] = json!(changes.collect::<Vec<_>>());
        value["clashes"] = json!(proposal.clashes.len());
    }
    Answer::json(&value)
}

#[post("/<project>/suggestion/<id>/take", data = "<data>")]
async fn take(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let (row, page) = room.project.read(|db| edit::find(db, &room.viewer, parsed(&id)))?;
            room.viewer.require(WIKI_MODIFY)?;
            taken(desk, &room, &row, &page, form)
        })
        .await
}

fn taken(desk: &Desk, room: &Room, row: &SuggestionRow, page: &PageRow, form: &Form) -> Result<Answer> {
    let all = form.has("all");
    let mut chosen = Vec::new();
    let rest = form.pairs().iter().any(|(name, value)| name == "hunk" && value == "rest");
    for (_, value) in form.pairs().iter().filter(|(name, value)| name == "hunk" && value != "rest") {
        match value.parse::<usize>() {
            Ok(place) => chosen.push(place),
            Err(_) => {
                let message = format!("`{}` is no change of this suggestion.", shortened(value));
                return Err(Error::invalid("hunk", message));
            }
        }
    }
    chosen.sort_unstable();
    let is_chosen = |place: usize| all || (rest && place >= MOST_CHANGES) || chosen.binary_search(&place).is_ok();
    let take = || {
        let taking = Taking { chosen: &is_chosen, version: form.number("version")?, edits: form.number("edits")? };
        edit::take(desk.site(), &room.project, room.act(), row.id, &taking)
    };
    match take() {
        Ok(taken) => {
            let page_href = format!("{}{}", room.root, href_of(&page.name));
            if form.json {
                let value = json!({ "id": row.id, "version": taken.version, "left": taken.left });
                return Answer::created(desk, &page_href, &value);
            }
            let saved = format!("Saved as version {}, by {}.", taken.version, row.author_name);
            if taken.left == 0 {
                return Ok(Answer::see(&page_href).telling(desk, &saved));
            }
            let href = format!("{}{}", room.root, href(row.id));
            let left = if taken.left == 1 {
                "One change is left.".to_owned()
            } else {
                format!("{} changes are left.", taken.left)
            };
            Ok(Answer::see(&href).telling(desk, &format!("{saved} {left}")))
        }
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            let typed = Typed { problems, status: Some(Status::UnprocessableEntity), ..Typed::default() };
            shown_page(desk, room, row.id, &typed)
        }
        Err(Error::Conflict(why)) => conflict(desk, room, row.id, why, Typed::default()),
        Err(other) => Err(other),
    }
}

/// The suggestion as it is now, with why what was asked can't be done any more.
fn conflict(desk: &Desk, room: &Room, id: i64, why: String, typed: Typed) -> Result<Answer> {
    let typed = Typed { problems: vec![Problem::new("", why)], status: Some(Status::Conflict), ..typed };
    shown_page(desk, room, id, &typed)
}

#[post("/<project>/suggestion/<id>/decline", data = "<data>")]
async fn decline(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = parsed(&id);
            room.project.read(|db| edit::find(db, &room.viewer, id))?;
            room.viewer.require(WIKI_MODIFY)?;
            let reason = form.text("reason");
            let typed = || Typed { reason: reason.to_owned(), ..Typed::default() };
            match edit::decline(&room.project, room.act(), id, reason) {
                Ok(()) => closed(desk, &room, id, form, State::Declined, "The suggestion is declined."),
                Err(error) if form.json => Err(error),
                Err(Error::Invalid(problems)) => {
                    let status = Some(Status::UnprocessableEntity);
                    shown_page(desk, &room, id, &Typed { problems, status, ..typed() })
                }
                Err(Error::Conflict(why)) => conflict(desk, &room, id, why, typed()),
                Err(other) => Err(other),
            }
        })
        .await
}

#[post("/<project>/suggestion/<id>/withdraw", data = "<data>")]
async fn withdraw(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = parsed(&id);
            match edit::withdraw(&room.project, room.act(), id) {
                Ok(()) => closed(desk, &room, id, form, State::Withdrawn, "Your suggestion is withdrawn."),
                Err(Error::Conflict(why)) if !form.json => conflict(desk, &room, id, why, Typed::default()),
                Err(other) => Err(other),
            }
        })
        .await
}

fn closed(desk: &Desk, room: &Room, id: i64, form: &Form, state: State, sentence: &str) -> Result<Answer> {
    if form.json {
        return Answer::json(&json!({ "id": id, "state": state.name() }));
    }
    Ok(Answer::see(&format!("{}{}", room.root, href(id))).telling(desk, sentence))
}

#[post("/<project>/suggestion/<id>/answer", data = "<data>")]
async fn answer(visit: Visit, project: String, id: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let id = parsed(&id);
            let typed = Typed { comment: form.text(FIELD).to_owned(), ..Typed::default() };
            if form.has("preview") {
                let (row, _) = room.project.read(|db| edit::find(db, &room.viewer, id))?;
                if !edit::may_answer(&room.viewer, &row) {
                    room.viewer.require(crate::wiki::WIKI_DISCUSS)?;
                }
                return shown_page(desk, &room, id, &Typed { previewed: true, ..typed });
            }
            match edit::answer(desk.site(), &room.project, room.act(), id, &typed.comment) {
                Ok((thread, number)) => {
                    let place = format!("{}{}#message-{number}", room.root, href(id));
                    if form.json {
                        return Answer::created(desk, &place, &json!({ "thread": thread, "number": number }));
                    }
                    Ok(Answer::see(&place).telling(desk, "Said."))
                }
                Err(Error::Invalid(problems)) if !form.json => {
                    let status = Some(Status::UnprocessableEntity);
                    shown_page(desk, &room, id, &Typed { problems, status, ..typed })
                }
                Err(other) => Err(other),
            }
        })
        .await
}

/// What stands in the forms of a suggestion, and what is wrong with it.
#[derive(Default)]
struct Typed {
    comment: String,
    reason: String,
    previewed: bool,
    problems: Vec<Problem>,
    status: Option<Status>,
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

fn shown_page(desk: &Desk, room: &Room, id: i64, typed: &Typed) -> Result<Answer> {
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
        let answer = match edit::may_answer(viewer, &row) {
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
            may_take: open && viewer.may(WIKI_MODIFY),
            is_own: open && edit::is_own(viewer, &row) && viewer.may(WIKI_SUGGEST),
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
    Sheet::new(title, sheet).at("/wiki").noindex().status(typed.status.unwrap_or(Status::Ok)).render(desk)
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
