//! What was said and done about a ticket, page by page: its numbered groups of changes (rows C01, C02, C05, C13) with the
//! files among them by time (row C14).
//!
//! A page of a conversation is a block of numbers that stays the same however much is said afterwards, so its address can be
//! kept: comment 437 is on page 3 for ever.

use rusqlite::Connection;
use serde::Serialize;

use super::drawn_entries;
use super::fields::Choices;
use super::history::{self, Group};
use super::look::{self, Keep, Look, Order, Show, View};
use super::merge;
use super::merge_entries;
use super::note;
use super::note_store::{self, NoteRow};
use super::seen::{self, Mark, News, Reading, Seen};
use super::store::{self, Ticket, TicketRow};
use super::tasks::{self, Progress};
use super::values::{Names, People};
use super::wording::{self, Change};
use super::worked;
use super::written::may_edit_comment;
use super::{TICKET_APPEND, TICKET_CREATE, TICKET_EDIT_COMMENT, copy, json};
use crate::attachment::File;
use crate::base::error::Result;
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::base::time::{Instant, When, Zone};
use crate::web::paging::{Paging, with_value};
use crate::web::text::Reader;
use crate::web::threads::{Said, threaded};
use crate::web::{Desk, Room};

/// Groups of changes on one page.
pub(super) const ON_A_PAGE: i64 = 200;

/// One thing of the conversation; `drawn_entries` makes HTML of it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub kind: &'static str,
    pub number: Option<i64>,
    pub id: String,
    pub called: String,
    pub author: String,
    pub when: When,
    pub when_href: Option<String>,
    pub via: String,
    /// What was done, where it is neither a change nor a file.
    pub deed_html: String,
    pub changes: Vec<Change>,
    pub comment_html: String,
    pub in_reply_to: Option<InReplyTo>,
    pub replies: Vec<Reply>,
    pub edited: Option<Edited>,
    pub reply_href: Option<String>,
    pub edit_href: Option<String>,
    /// Files what was said as a ticket of its own.
    pub clone_href: Option<String>,
    pub file: Option<File>,
    pub shown_version: Option<ShownVersion>,
    /// By somebody else, since this reader read the ticket.
    pub new: bool,
    /// Among threads: how many answers deep it stands.
    pub depth: usize,
    /// The comment that it answers.
    pub answers: Option<i64>,
}

impl Entry {
    /// What stands among the numbered comments and is none.
    fn without_number(kind: &'static str, id: String) -> Self {
        Self {
            kind,
            number: None,
            called: id.replace(':', " "),
            id,
            author: String::new(),
            when: Instant(0).when(&Zone::utc()),
            when_href: None,
            via: String::new(),
            deed_html: String::new(),
            changes: Vec::new(),
            comment_html: String::new(),
            in_reply_to: None,
            replies: Vec::new(),
            edited: None,
            reply_href: None,
            edit_href: None,
            clone_href: None,
            file: None,
            shown_version: None,
            new: false,
            depth: 0,
            answers: None,
        }
    }
}

impl Entry {
    /// One that says who did something and when, and nothing else so far.
    pub fn bare(kind: &'static str, id: String, author: String, when: When) -> Self {
        Self { author, when, ..Self::without_number(kind, id) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct InReplyTo {
    /// 0 is the description.
    pub number: i64,
    pub label: String,
    pub href: String,
}

#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub number: i64,
    pub href: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Edited {
    pub when: When,
    pub author: String,
    pub href: String,
}

/// An earlier text of a comment in its place (row C07).
#[derive(Debug, Clone)]
pub(super) struct ShownVersion {
    pub version: i64,
    pub latest: i64,
    pub href: String,
}

/// The numbers of one page, for the list of pages of a long conversation.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Range {
    from: i64,
    to: i64,
    href: String,
    current: bool,
}

#[derive(Serialize)]
pub(super) struct Conversation {
    pub description_html: String,
    /// Of the task list in the description.
    pub tasks: Option<Progress>,
    /// Where boxes are ticked.
    pub tick_href: Option<String>,
    pub entries_html: String,
    pub views: Vec<View>,
    pub shows: Vec<View>,
    pub keep_look: Option<Keep>,
    pub news: Option<News>,
    pub mark_seen: Option<Mark>,
    pub paging: Paging,
    pub ranges: Vec<Range>,
}

/// What is asked for, and for whom.
pub(super) struct Asked<'a> {
    pub desk: &'a Desk,
    pub db: &'a Connection,
    pub room: &'a Room,
    pub ticket: &'a Ticket,
    pub choices: &'a Choices,
    pub reader: &'a Reader<'a>,
    /// The newest change that is shown: of an old version its own number.
    pub latest: i64,
    pub description: &'a str,
    pub files: &'a [File],
    /// Base path, project and ticket, without a query.
    pub plain: &'a str,
    /// Whether replies and edits are offered.
    pub current: bool,
    /// Whether this viewer may change the description.
    pub may_describe: bool,
    /// The tickets that live on in this one, as far as the viewer may see them.
    pub merged: &'a [TicketRow],
}

/// The page that the address names: by `page`, by the number of a `comment` or a `note`, else the newest one.
fn page_of(asked: &Asked<'_>, pages: i64) -> Result<i64> {
    if pages == 1 {
        return Ok(1);
    }
    let number = |name: &str| asked.desk.visit.value(name).and_then(|text| text.parse::<i64>().ok());
    let comment = ["comment", "cnum_hist", "replyto"].into_iter().find_map(number);
    let page = match number("page").or(comment.map(block_of)) {
        Some(page) => Some(page),
        None => page_of_asked_note(asked)?,
    };
    Ok(page.unwrap_or(pages).clamp(1, pages))
}

/// The page of the internal note that the address names. Notes have a series of their own, so only their time tells it.
fn page_of_asked_note(asked: &Asked<'_>) -> Result<Option<i64>> {
    let value = |name: &str| asked.desk.visit.value(name);
    let answered = || Some(value("replyto")?.strip_prefix("note:")?.to_owned());
    let Some(number) = value("note").or_else(answered).and_then(|text| text.parse().ok()) else { return Ok(None) };
    let (db, id) = (asked.db, asked.ticket.row.id);
    let note = note_store::find(db, &asked.room.viewer, id, number)?;
    note.map(|note| Ok(block_of(merge::number_at(db, id, note.at)?))).transpose()
}

/// The block of numbers in which a comment stands.
fn block_of(number: i64) -> i64 {
    (number.max(1) - 1) / ON_A_PAGE + 1
}

/// The address of an internal note of this ticket, on whatever page it is.
pub(super) fn note_href(plain: &str, number: i64, latest: i64) -> String {
    match is_paged(latest) {
        false => format!("#note:{number}"),
        true => format!("{plain}?note={number}#note:{number}"),
    }
}

/// Whether a conversation has several pages; `latest` is the number of its newest comment.
pub(super) fn is_paged(latest: i64) -> bool {
    latest > ON_A_PAGE
}

/// The address of a comment of this ticket, on whatever page it is.
pub(super) fn comment_href(plain: &str, number: i64, latest: i64) -> String {
    match page_of_comment(number, latest) {
        None => format!("#comment:{number}"),
        Some(page) => format!("{plain}?page={page}#comment:{number}"),
    }
}

/// The page on which a comment stands; none where there is but one.
pub(super) fn page_of_comment(number: i64, latest: i64) -> Option<i64> {
    is_paged(latest).then(|| block_of(number))
}

pub(super) fn conversation(asked: &Asked<'_>) -> Result<Conversation> {
    let Asked { desk, db, room, ticket, latest, plain, .. } = *asked;
    let pages = block_of(latest);
    let page = page_of(asked, pages)?;
    let (from, to) = ((page - 1) * ON_A_PAGE + 1, (page * ON_A_PAGE).min(latest));
    let groups = history::groups(db, &room.viewer, &asked.choices.fields, ticket, from, to)?;
    let authors = People::load(db, json::people_of(&groups))?.shown_to(&room.viewer);
    let names = Names { choices: asked.choices, people: &authors };

    let reading = if asked.current { seen::of(db, &room.viewer, ticket.row.id)? } else { Reading::default() };
    let look = Look::asked(desk, reading.look);

    let texts: Vec<(String, Option<ShownVersion>)> =
        groups.iter().map(|group| text_of(asked, group)).collect::<Result<_>>()?;
    let rendered = rendered(asked, &groups, &texts)?;
    let mut htmls = rendered.comments.into_iter();

    let begins = if page == 1 { None } else { groups.first().map(|group| group.change.at) };
    let ends = if page == pages && asked.current { None } else { next_page_begins(asked, to)? };
    let mut entries: Vec<(String, Entry)> = Vec::with_capacity(groups.len());
    for (group, (_, shown_version)) in groups.iter().zip(texts) {
        let entry = of_group(asked, &names, group, shown_version, htmls.next().unwrap_or_default());
        let unread = reading.seen.is_some_and(|seen| group.change.number > seen.change);
        let own = group.change.author.is_some() && group.change.author == room.viewer.person;
        entries.push((group.change.at.iso(), Entry { new: unread && !own, ..entry }));
    }
    entries.extend(files(asked, begins, ends));
    entries.extend(merge_entries::entries(asked, begins, ends)?);
    let all_notes = if asked.current { note_store::of_ticket(db, &room.viewer, ticket.row.id)? } else { Vec::new() };
    entries.extend(notes(asked, "", &all_notes, reading.seen, begins, ends)?);
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let entries = laid_out(entries.into_iter().map(|(_, entry)| entry).collect(), look);
    let kept = kept_pairs(desk);
    let (views, shows) = look::switches(look, plain, &kept);
    Ok(Conversation {
        description_html: rendered.description,
        tasks: rendered.tasks,
        tick_href: (asked.current && may_tick(asked)).then(|| format!("{plain}/task")),
        entries_html: drawn_entries::all(&desk.web().templates, &entries)?,
        views,
        shows,
        keep_look: look::keeping(room, look, reading.look, plain).filter(|_| asked.current),
        news: seen::news(db, &room.viewer, ticket, reading.seen, &all_notes, plain)?,
        mark_seen: seen::marking(room, ticket, reading.seen, &all_notes, plain).filter(|_| asked.current),
        paging: Paging {
            total: usize::try_from(latest).unwrap_or(0),
            ..Paging::new(plain, &kept, page as usize, 1, pages as usize)
        },
        ranges: ranges(plain, &kept, page, pages, latest),
    })
}

/// Whether any text of this ticket is one that this viewer may edit, now or when another one comes.
fn may_tick(asked: &Asked<'_>) -> bool {
    let viewer = &asked.room.viewer;
    asked.may_describe || (viewer.signed_in() && viewer.may(TICKET_APPEND)) || viewer.may(TICKET_EDIT_COMMENT)
}

/// The entries, which come in the order of time, as this look wants them.
fn laid_out(mut entries: Vec<Entry>, look: Look) -> Vec<Entry> {
    match look.show {
        Show::All => {}
        Show::Comments => {
            entries.retain(|entry| entry.file.is_some() || !entry.comment_html.is_empty());
            entries.iter_mut().for_each(|entry| entry.changes.clear());
        }
        Show::Changes => {
            entries.retain(|entry| entry.file.is_some() || !entry.changes.is_empty() || !entry.deed_html.is_empty());
            entries.iter_mut().for_each(|entry| entry.comment_html.clear());
        }
    }
    match look.order {
        Order::Oldest => {}
        Order::Newest => entries.reverse(),
        Order::Threaded => entries = in_threads(entries),
    }
    entries
}

/// Each entry followed by its answers.
fn in_threads(entries: Vec<Entry>) -> Vec<Entry> {
    let said: Vec<Said> = entries.iter().map(|entry| Said { number: entry.number, answers: entry.answers }).collect();
    let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
    let moved = |(at, depth): (usize, usize)| Some(Entry { depth, ..entries[at].take()? });
    threaded(&said).into_iter().filter_map(moved).collect()
}

/// The pairs of the address that its other pages keep.
fn kept_pairs(desk: &Desk) -> Vec<(String, String)> {
    let kept = ["list", "at", "order", "show", "version"];
    desk.visit
        .pairs()
        .into_iter()
        .filter(|(name, value)| kept.contains(&name.as_str()) && value.len() <= 4000)
        .collect()
}

fn ranges(plain: &str, kept: &[(String, String)], page: i64, pages: i64, latest: i64) -> Vec<Range> {
    if pages < 2 {
        return Vec::new();
    }
    (1..=pages)
        .map(|number| Range {
            from: (number - 1) * ON_A_PAGE + 1,
            to: (number * ON_A_PAGE).min(latest),
            href: with_value(plain, kept, "page", &number.to_string()),
            current: number == page,
        })
        .collect()
}

/// When the page after this one begins, or when the old version that is shown ended.
fn next_page_begins(asked: &Asked<'_>, to: i64) -> Result<Option<Instant>> {
    let next = store::changes(asked.db, &asked.room.viewer, asked.ticket.row.id, to + 1, to + 1)?;
    Ok(next.first().map(|change| change.at))
}

/// The text of a comment: the current one, or the earlier one that the address asks for.
fn text_of(asked: &Asked<'_>, group: &Group) -> Result<(String, Option<ShownVersion>)> {
    let change = &group.change;
    let number = |name: &str| asked.desk.visit.value(name).and_then(|text| text.parse::<i64>().ok());
    if number("cnum_hist") == Some(change.number)
        && let Some(version) = number("cversion").filter(|version| (0..change.edits).contains(version))
        && let Some(earlier) =
            store::comment_versions(asked.db, change.id)?.into_iter().find(|earlier| earlier.version == version)
    {
        let href = comment_href(asked.plain, change.number, asked.latest);
        let href = if href.starts_with('#') { format!("{}{href}", asked.plain) } else { href };
        return Ok((earlier.text, Some(ShownVersion { version, latest: change.edits, href })));
    }
    Ok((change.comment.clone(), None))
}

struct Rendered {
    description: String,
    tasks: Option<Progress>,
    comments: Vec<String>,
}

/// The description and the comments; what all of them refer to is looked up together.
fn rendered(asked: &Asked<'_>, groups: &[Group], texts: &[(String, Option<ShownVersion>)]) -> Result<Rendered> {
    let here = Here { resource: Resource::new("ticket", asked.ticket.row.id), name: asked.ticket.row.id.to_string() };
    let (desk, viewer) = (asked.desk, &asked.room.viewer);
    let description = ("description-".to_owned(), asked.description, asked.may_describe);
    let comments = groups.iter().zip(texts).map(|(group, (text, old))| {
        let prefix = format!("comment-{}-", group.change.number);
        (prefix, text.as_str(), old.is_none() && may_edit_comment(viewer, &group.change))
    });
    let all: Vec<_> = std::iter::once(description).chain(comments).collect();
    let compiled =
        all.iter().map(|(_, text, _)| asked.reader.compiled(text, Flavour::Note)).collect::<Result<Vec<_>>>()?;
    let borrowed: Vec<_> = compiled.iter().zip(&all).map(|(compiled, one)| (&**compiled, one.0.as_str())).collect();
    let htmls = asked.reader.htmls(asked.db, &borrowed, Some(&here))?;
    let tasks = compiled.first().and_then(|compiled| Progress::of(&compiled.tasks));
    let mut shown = Vec::with_capacity(htmls.len());
    for ((html, compiled), (prefix, text, may_tick)) in htmls.into_iter().zip(&compiled).zip(&all) {
        let html = if *may_tick && asked.current {
            tasks::tickable(desk, asked.room, html, prefix, text, compiled)?
        } else {
            html
        };
        shown.push(html.into_string());
    }
    let mut shown = shown.into_iter();
    Ok(Rendered { description: shown.next().unwrap_or_default(), tasks, comments: shown.collect() })
}

pub(super) fn of_group(
    asked: &Asked<'_>,
    names: &Names<'_>,
    group: &Group,
    shown_version: Option<ShownVersion>,
    comment_html: String,
) -> Entry {
    let change = &group.change;
    let (viewer, number) = (&asked.room.viewer, change.number);
    let zone = viewer.zone();
    let action = |name: &str| format!("{}?action={name}&cnum={number}", asked.plain);
    Entry {
        kind: "change",
        number: Some(number),
        id: format!("comment:{number}"),
        called: format!("comment {number}"),
        author: names.people.called(change.author),
        when: change.at.when(&zone),
        when_href: Some(moment_href(asked.room, change.at)),
        via: if change.via == "web" { String::new() } else { format!("via {}", change.via) },
        changes: group
            .fields
            .iter()
            .map(|field| wording::change(names, field, &format!("{}?action=diff&version={number}", asked.plain)))
            .chain(worked::wording(viewer, names.people, &group.worked, change))
            .collect(),
        deed_html: String::new(),
        comment_html,
        in_reply_to: change.reply_to.map(|answered| match answered {
            0 => InReplyTo { number: 0, label: "the description".to_owned(), href: "#description".to_owned() },
            answered => InReplyTo {
                number: answered,
                label: format!("comment {answered}"),
                href: comment_href(asked.plain, answered, asked.latest),
            },
        }),
        replies: group
            .answers
            .iter()
            .filter(|answer| **answer <= asked.latest)
            .map(|answer| Reply { number: *answer, href: comment_href(asked.plain, *answer, asked.latest) })
            .collect(),
        edited: change.edited_at.map(|at| Edited {
            when: at.when(&zone),
            author: names.people.called(change.edited_by),
            href: action("comment-history"),
        }),
        reply_href: (asked.current && viewer.may(TICKET_APPEND) && asked.ticket.row.merged_into.is_none())
            .then(|| format!("{}?replyto={number}#edit", asked.plain)),
        edit_href: (asked.current && may_edit_comment(viewer, change)).then(|| action("comment-edit")),
        clone_href: (asked.current && viewer.may(TICKET_CREATE) && !change.comment.is_empty())
            .then(|| format!("{}&comment={number}", copy::clone_href(asked.room, asked.ticket.row.id))),
        file: None,
        shown_version,
        new: false,
        depth: 0,
        answers: change.reply_to,
    }
}

/// The internal notes that were written while this page was talked; `all` are those that the reader may see. `prefix` tells
/// the ids within their texts from those of other tickets on the same page.
pub(super) fn notes(
    asked: &Asked<'_>,
    prefix: &str,
    all: &[NoteRow],
    seen: Option<Seen>,
    begins: Option<Instant>,
    ends: Option<Instant>,
) -> Result<Vec<(String, Entry)>> {
    let Asked { db, room, ticket, .. } = *asked;
    let shown: Vec<&NoteRow> = all
        .iter()
        .filter(|note| begins.is_none_or(|begins| note.at >= begins) && ends.is_none_or(|ends| note.at < ends))
        .collect();
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let may_write = asked.current && note::may(db, &room.viewer, ticket)?;
    let authors = shown.iter().flat_map(|note| note.author.into_iter().chain(note.edited_by));
    let people = People::load(db, authors)?.shown_to(&room.viewer);
    let compiled = shown
        .iter()
        .map(|note| Ok((asked.reader.compiled(&note.text, Flavour::Note)?, format!("{prefix}note-{}-", note.number))))
        .collect::<Result<Vec<_>>>()?;
    let borrowed: Vec<_> = compiled.iter().map(|(compiled, prefix)| (&**compiled, prefix.as_str())).collect();
    let here = Here { resource: Resource::new("ticket", ticket.row.id), name: ticket.row.id.to_string() };
    let htmls = asked.reader.htmls(db, &borrowed, Some(&here))?;
    let place = |number: i64| note_href(asked.plain, number, asked.latest);
    let answers = |number: i64| all.iter().filter(move |note| note.reply_to == Some(number));
    Ok(shown
        .into_iter()
        .zip(htmls)
        .map(|(note, html)| {
            let number = note.number;
            let way = |name: &str| format!("{}?action=note-{name}&note={number}", asked.plain);
            let entry = Entry {
                author: people.called(note.author),
                when: note.at.when(&room.viewer.zone()),
                via: if note.via == "web" { String::new() } else { format!("via {}", note.via) },
                comment_html: html.into_string(),
                in_reply_to: note.reply_to.map(|answered| InReplyTo {
                    number: answered,
                    label: format!("note {answered}"),
                    href: place(answered),
                }),
                replies: answers(number)
                    .map(|answer| Reply { number: answer.number, href: place(answer.number) })
                    .collect(),
                edited: note.edited_at.map(|at| Edited {
                    when: at.when(&room.viewer.zone()),
                    author: people.called(note.edited_by),
                    href: way("history"),
                }),
                reply_href: may_write.then(|| format!("{}?replyto=note:{number}#edit", asked.plain)),
                edit_href: note::may_edit(&room.viewer, may_write, note).then(|| way("edit")),
                new: seen::is_new_note(&room.viewer, seen, note),
                ..Entry::without_number("note", format!("note:{number}"))
            };
            (note.at.iso(), entry)
        })
        .collect())
}

/// The files that came while this page was talked.
fn files(asked: &Asked<'_>, begins: Option<Instant>, ends: Option<Instant>) -> Vec<(String, Entry)> {
    let (begins, ends) = (begins.map(Instant::iso), ends.map(Instant::iso));
    asked
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| begins.as_ref().is_none_or(|begins| file.when.iso >= *begins))
        .filter(|(_, file)| ends.as_ref().is_none_or(|ends| file.when.iso < *ends))
        .map(|(at, file)| {
            let entry = Entry {
                author: file.author.clone(),
                when: file.when.clone(),
                file: Some(file.clone()),
                ..Entry::without_number("file", format!("file-{}", at + 1))
            };
            (file.when.iso.clone(), entry)
        })
        .collect()
}

/// The timeline at that second (row C20).
pub(super) fn moment_href(room: &Room, at: Instant) -> String {
    let at = crate::web::address::query_value(&at.iso());
    format!("{}/timeline?from={at}&precision=second", room.root)
}
