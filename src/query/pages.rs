//! `/<project>/query`: filters, columns, order and the tickets that they find, on one page whose whole state is its address
//! (rows Q01, Q15 to Q25).
//!
//! A submitted form is led on to the canonical address of what it asks, so that a list has one address to share.

use std::collections::HashMap;
use std::sync::Arc;

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::around::{ColumnChoice, Link, PageLink, alternate, columns, exports, groups, orders, paging, window};
use super::asked::{Asked, VERBS, for_people};
use super::form::{self, Group};
use super::lists::{of_mine, open, unread};
use super::table::{self, Drawing, Table};
use super::tree::{Query, UNREAD};
use super::{
    DEFAULT_PAGE_SIZE, Found, LONGEST, Sources, TicketLine, count, enter, export, from_either, from_pairs, looked_up,
    macros, past, people, run,
};
use crate::auth::groups;
use crate::base::component::SavedList;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::moment;
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::milestone::due::Clock;
use crate::ticket::fields::{Choices, Fields, Kind};
use crate::ticket::plan::Planner;
use crate::ticket::store::newest_changes;
use crate::ticket::verbs::{ListVerbs, Subject};
use crate::ticket::watch_pages::may_watch;
use crate::ticket::ways::{self, Way};
use crate::ticket::{
    TICKET_APPEND, TICKET_BATCH_MODIFY, TICKET_CHGPROP, TICKET_CREATE, TIME_VIEW, bookmarks, people as names,
    reminders, ticket_href,
};
use crate::web::paging::Paging;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// A page holds so many tickets at most, whatever `max` says; fewer with their descriptions.
const MOST_ON_PAGE: usize = 1_000;
const MOST_WITH_TEXTS: usize = 100;
/// A longer address is not carried along by the buttons that mark tickets: they lead to the ticket then.
const LONGEST_BACK: usize = 4_000;

const WITH_VERBS: &str = "&verbs=1";
pub fn routes() -> Vec<Route> {
    routes![query, suggest]
}

#[get("/<project>/query")]
async fn query(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.project.read(|db| answer(desk, &room, db))
        })
        .await
}

/// `?q=status:ne&at=9`: what could stand where character `at` is about to be written, as JSON.
#[get("/<project>/query/suggest")]
async fn suggest(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let text = desk.visit.value("q").unwrap_or_default();
            let at = desk.visit.value("at").and_then(|at| at.parse().ok()).unwrap_or(usize::MAX);
            if text.len() > LONGEST {
                return Answer::json(&[(); 0]);
            }
            let offers = room.project.read(|db| {
                let logins = if room.viewer.signed_in() { names::logins(db)? } else { Arc::default() };
                Ok(people::suggest(&*Choices::load(db, &room.viewer)?, &logins, &text, at))
            })?;
            Answer::json(&offers)
        })
        .await
}

fn answer(desk: &Desk, room: &Room, db: &Connection) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let mut pairs = desk.visit.pairs();
    let format = desk.visit.value("format").unwrap_or_default();
    let slips = for_people(&mut pairs, &choices);
    if matches!(format.as_str(), "" | "html") && !desk.visit.wants_json() && form::is_sent(&choices.fields, &pairs) {
        let sent = form::sent(&pairs, &choices);
        // An address keeps no place at which something is wrong.
        if let Some(href) = canonical(&choices.fields, &sent).filter(|_| slips.is_empty()) {
            return Ok(Answer::see(&format!("{}{href}{}", room.root, aside(desk, room))));
        }
        pairs = sent.pairs;
    }
    let mut asked = Asked::read(&pairs, room, db, &choices)?;
    asked.slip(slips);
    if asked.problems.is_empty() {
        match looked_up_by(desk, room, db, &asked.query) {
            Ok(query) => asked.query = query,
            Err(Error::Invalid(problems)) => asked.problems = problems,
            Err(other) => return Err(other),
        }
    }
    let kind = match format.as_str() {
        _ if desk.visit.wants_json() => Some(export::Kind::Json),
        "" | "html" => None,
        "csv" => Some(export::Kind::Csv),
        "tab" | "tsv" => Some(export::Kind::Tab),
        "atom" | "rss" => Some(export::Kind::Atom),
        "ics" => Some(export::Kind::Ics),
        "svg" => Some(export::Kind::Svg),
        other => {
            let message = format!("There is no format `{}` here.", crate::web::form::shortened(other));
            return Err(Error::invalid("format", message));
        }
    };
    match kind {
        Some(_) if !asked.problems.is_empty() => Err(Error::Invalid(asked.problems)),
        Some(kind) => export::answer(desk, room, db, &choices, &asked.query, kind),
        None => as_page(desk, room, db, &choices, asked),
    }
}

/// The query with what it names of others.
pub(super) fn looked_up_by(desk: &Desk, room: &Room, db: &Connection, query: &Query) -> Result<Query> {
    let members = |group: &str| groups::members_in(desk.site(), group);
    let components = room.project.components();
    looked_up(query, &Sources { db, components, viewer: &room.viewer, members: &members })
}

/// What addresses of this list have beside the query. Only who is signed in can do anything by one click.
fn aside(desk: &Desk, room: &Room) -> &'static str {
    let asked = desk.visit.value(VERBS).as_deref() == Some("1");
    if asked && room.viewer.signed_in() { WITH_VERBS } else { "" }
}

/// The buttons of each ticket.
#[derive(Default)]
struct Acts {
    of: HashMap<i64, Html>,
    /// One of them gives its ticket to somebody, who is to be named.
    gives: bool,
}

/// What can be done with each ticket of a list: buttons that send the page's form of that name to the address of their
/// ticket, and lead back to the list.
fn acts(desk: &Desk, room: &Room, db: &Connection, choices: &Choices, list: &str, found: &Found) -> Result<Acts> {
    let viewer = &room.viewer;
    let mut acts = Acts::default();
    if !viewer.may(TICKET_APPEND) && !viewer.may(TICKET_CHGPROP) {
        return Ok(acts);
    }
    let planner = Planner { db, site: desk.site(), project: &room.project, viewer, actor: names::own(viewer) };
    let mut verbs = ListVerbs::new(&planner, choices);
    let ids: Vec<i64> = found.lines.iter().map(|line| line.id).collect();
    let newest = newest_changes(db, &ids)?;
    let back = address::query_value(list);
    for line in &found.lines {
        let subject = Subject {
            component: line.component,
            kind: line.kind,
            status: line.status,
            owner: line.owner.as_ref().map(|owner| owner.id),
            resolution: line.resolution,
        };
        let seen = newest.get(&line.id).copied().unwrap_or_default();
        let href = format!("{}{}?view_time={seen}&back={back}", room.root, ticket_href(line.id));
        let mut html = Html::default();
        let can = verbs.of(&subject)?;
        for verb in &can.verbs {
            act(&mut html, &href, ("action", &verb.action), &verb.label, line.id);
        }
        if let Some(action) = &can.give {
            act(&mut html, &href, ("give", action), "Give", line.id);
            acts.gives = true;
        }
        if may_watch(viewer) {
            let watches = line.cc.iter().any(|person| Some(person.id) == viewer.person);
            let href = format!("{}{}/watch?back={back}", room.root, ticket_href(line.id));
            let (value, label) = if watches { ("0", "Unwatch") } else { ("1", "Watch") };
            act(&mut html, &href, ("watch", value), label, line.id);
        }
        acts.of.insert(line.id, html);
    }
    Ok(acts)
}

/// A button of the form `verbs` that does something with one ticket. Only giving asks for the name that the form has a field
/// for.
fn act(html: &mut Html, href: &str, (name, value): (&'static str, &str), label: &str, id: i64) {
    html.tag("<button type=\"submit\" form=\"verbs\"")
        .tag(if name == "give" { "" } else { " formnovalidate" })
        .attribute("name", name)
        .attribute("formaction", href)
        .attribute("value", value)
        .tag(">")
        .text(label)
        .tag("<span class=\"unseen\"> #")
        .text(&id.to_string())
        .tag("</span></button> ");
}

/// Where a submitted form leads: the shortest address of what it asks. None if it is too long to be led anywhere.
fn canonical(fields: &Fields, sent: &form::Sent) -> Option<String> {
    let edit = if sent.editing { "action=edit" } else { "" };
    let address = match from_pairs(fields, &sent.pairs) {
        Ok(mut query) => {
            if query.order == Query::default().effective_order() && !query.groups.is_empty() {
                query.order.clear();
            }
            query.max = query.max.filter(|max| *max != DEFAULT_PAGE_SIZE);
            explicit(&query)
        }
        Err(_) => sent
            .pairs
            .iter()
            .map(|(name, value)| format!("{}={}", address::query_value(name), address::query_value(value)))
            .collect::<Vec<_>>()
            .join("&"),
    };
    (address.len() <= LONGEST).then(|| {
        let parts: Vec<&str> = [address.as_str(), edit].into_iter().filter(|part| !part.is_empty()).collect();
        format!("/query?{}", parts.join("&"))
    })
}

/// The address of the list of a query, below the project's.
pub fn href(query: &Query) -> String {
    format!("/query?{}", explicit(query))
}

/// The address form of a query, never empty: nothing at all would ask for the usual list.
pub(super) fn explicit(query: &Query) -> String {
    let address = query.to_address();
    if !address.is_empty() {
        return address;
    }
    Query { order: query.effective_order(), ..Query::default() }.to_address()
}

/// The address form of a list in either of its forms, never empty.
pub(super) fn address_of(db: &Connection, viewer: &Viewer, written: &str) -> Result<String> {
    let choices = Choices::load(db, viewer)?;
    Ok(explicit(&from_either(&choices.fields, written)?))
}

/// The fields of `query/show.html`.
#[derive(Serialize)]
struct ShowPage {
    href: String,
    title: String,
    saved: Option<SavedHead>,
    save: Option<Save>,
    summary: String,
    total: usize,
    table: Option<Table>,
    paging: Paging,
    window: Vec<PageLink>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    open: bool,
    text: String,
    marked: Option<[String; 3]>,
    in_text: String,
    at: String,
    then: Option<Then>,
    clauses: Vec<Group>,
    next_clause: Group,
    columns: Vec<ColumnChoice>,
    default_columns: Option<String>,
    rows: Vec<ColumnChoice>,
    groups: Vec<ColumnChoice>,
    orders: Vec<ColumnChoice>,
    group_descending: bool,
    order_descending: bool,
    max: String,
    exports: Vec<Link>,
    batch_href: Option<String>,
    macro_call: String,
    mine: Vec<Ready>,
    new_ticket_href: Option<String>,
    verbs: bool,
    /// The people to whom tickets can be given, as options.
    give_to: Option<String>,
    verbs_href: Option<String>,
    reminders: Option<Reminders>,
    ways: Vec<Way>,
    back: Option<String>,
}

/// The moment that a list is of, if that is not now.
#[derive(Serialize)]
struct Then {
    iso: String,
    exact: String,
    now_href: String,
}

/// Reminders of the reader that are due.
#[derive(Serialize)]
struct Reminders {
    count: usize,
    href: String,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "query/show.html";
}

#[derive(Serialize)]
struct Ready {
    label: &'static str,
    href: String,
    current: bool,
}

fn as_page(desk: &Desk, room: &Room, db: &Connection, choices: &Choices, mut asked: Asked) -> Result<Answer> {
    let query = asked.query.clone();
    let mut warnings = Vec::new();
    let mut found = None;
    let mut total = 0;
    if asked.problems.is_empty() {
        match found_on_page(room, db, choices, &query, &mut warnings) {
            Ok(page) => {
                total = page.total;
                found = Some(page);
            }
            Err(Error::Invalid(problems)) => {
                if problems.iter().all(|problem| problem.field == "page") {
                    total = count(db, &room.viewer, choices, &query)?;
                }
                asked.problems = problems;
            }
            Err(other) => return Err(other),
        }
    }
    // What can be done is done to tickets as they are.
    let aside = if query.at.is_none() { aside(desk, room) } else { "" };
    let mut give_to = None;
    let mut drawing = Drawing::new(&query, choices, &room.viewer, &room.root);
    if room.viewer.signed_in() {
        if let Some(found) = found.as_mut().filter(|_| query.at.is_none()) {
            super::line::mark_unread(db, &room.viewer, &mut found.lines)?;
        }
        let ids: Vec<i64> = found.iter().flat_map(|found| &found.lines).map(|line| line.id).collect();
        drawing = drawing.with_stars(bookmarks::among(db, &room.viewer, &ids)?);
    }
    if let Some(found) = found.as_ref().filter(|_| !aside.is_empty()) {
        let list = format!("{}{aside}", explicit(&query));
        let acts = acts(desk, room, db, choices, &list, found)?;
        if acts.gives {
            give_to = Some(names::logins_html(db)?.as_ref().clone());
        }
        drawing = drawing.with_acts(acts.of, aside);
    }
    let table = match found.as_ref().filter(|found| !found.lines.is_empty()) {
        Some(found) => {
            let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
            Some(drawing.table(found, true, |line| texts(&reader, db, &query, line))?)
        }
        None => None,
    };
    let saved = match &asked.saved {
        Some(list) => Some(SavedHead::of(desk, room, db, list, &query)?),
        None => None,
    };
    let path = format!("{}/query", room.root);
    let (page, size) = found.as_ref().map_or((1, 1), |found| (found.page, total.div_ceil(found.pages.max(1)).max(1)));
    let mut paging = paging(&path, &query, page, found.as_ref().map_or(1, |found| found.pages), total, size);
    let mut window = window(&path, &query, page, paging.pages);
    let links = window.iter_mut().map(|link| &mut link.href).chain([&mut paging.previous, &mut paging.next]);
    links.flatten().for_each(|href| href.push_str(aside));
    let (mut clauses, mut next_clause) = form::filters(&asked.groups, choices);
    let mut columns = columns(&query, choices);
    let mut orders = orders(&query, choices);
    if !room.viewer.signed_in() {
        // Nothing is ever unread to them.
        columns.retain(|column| column.chosen || column.name != UNREAD.name);
        orders.retain(|order| order.chosen || order.name != UNREAD.name);
        let groups = clauses.iter_mut().chain([&mut next_clause]).flat_map(|group| &mut group.can_add);
        groups.for_each(|can_add| can_add.fields.retain(|field| field.name != UNREAD.name));
    }
    let refused = !asked.problems.is_empty();
    let batch_href = (total > 0 && !refused && query.at.is_none() && room.viewer.may(TICKET_BATCH_MODIFY))
        .then(|| format!("{}{}", room.root, super::batch_pages::href(&query)));
    let exports = if refused { Vec::new() } else { exports(&path, &query) };
    let alternates = exports.iter().map(alternate).collect();
    let sheet = ShowPage {
        href: path,
        title: saved.as_ref().map_or_else(|| "Tickets".to_owned(), |saved| saved.title.clone()),
        save: (!refused && room.project.components().saved_lists().is_some_and(|lists| lists.may_save(&room.viewer)))
            .then(|| Save { href: format!("{}/report", room.root), query: format!("?{}", explicit(&query)) }),
        saved,
        summary: form::in_words(&asked.groups, query.further.as_ref()),
        total,
        open: refused || asked.editing || table.is_none(),
        text: asked.text,
        marked: asked.marked,
        in_text: if refused { String::new() } else { people::of_query(&Query { page: 1, ..query.clone() }) },
        at: query.at.clone().unwrap_or_default(),
        then: then(room, &query, choices)?,
        table,
        paging,
        window,
        warnings,
        clauses,
        next_clause,
        default_columns: query.columns.is_none().then(|| {
            columns.iter().filter(|column| column.chosen).map(|column| column.name).collect::<Vec<_>>().join(",")
        }),
        columns,
        rows: choices
            .fields()
            .filter(|field| field.kind == Kind::Text)
            .map(|field| ColumnChoice { name: field.name, label: field.label, chosen: query.rows.contains(&field) })
            .collect(),
        groups: groups(&query, choices),
        orders,
        group_descending: query.group.is_some_and(|group| group.descending),
        order_descending: query.effective_order().first().is_some_and(|order| order.descending),
        max: query.max.map(|max| max.to_string()).unwrap_or_default(),
        exports,
        batch_href,
        macro_call: if refused { String::new() } else { macros::call_of(&query) },
        mine: ready(room, &query, choices, aside),
        verbs: !aside.is_empty(),
        give_to,
        verbs_href: (room.viewer.signed_in() && query.at.is_none()).then(|| {
            let other = if aside.is_empty() { WITH_VERBS } else { "" };
            format!("{}/query?{}{other}", room.root, explicit(&query))
        }),
        new_ticket_href: room.viewer.may(TICKET_CREATE).then(|| format!("{}/newticket", room.root)),
        ways: ways::of_query(&room.root, &explicit(&query), "List"),
        reminders: if asked.nothing { due_reminders(room, db)? } else { None },
        back: room
            .viewer
            .signed_in()
            .then(|| Some(desk.visit.here()).filter(|here| here.len() <= LONGEST_BACK))
            .map(Option::unwrap_or_default),
        problems: asked.problems,
    };
    let title = sheet.title.clone();
    let mut sheet = Sheet::new(title, sheet).at("/query").alternates(alternates);
    if !asked.nothing || asked.editing {
        sheet = sheet.noindex();
    }
    if refused {
        sheet = sheet.status(Status::UnprocessableEntity);
    }
    sheet.render(desk)
}

/// The head of a list that was saved under a name.
#[derive(Serialize)]
struct SavedHead {
    number: i64,
    title: String,
    description_html: String,
    href: String,
    edit_href: Option<String>,
    /// The same with what the page asks now in place of what was saved; none where both are alike.
    save_href: Option<String>,
}

impl SavedHead {
    fn of(desk: &Desk, room: &Room, db: &Connection, list: &SavedList, query: &Query) -> Result<Self> {
        let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
        let here = Here { resource: Resource::new("report", list.number), name: list.number.to_string() };
        let description = reader.html(db, &*reader.compiled(&list.description, Flavour::Page)?, Some(&here))?;
        let href = format!("{}/report/{}", room.root, list.number);
        let edit_href = list.may_change.then(|| format!("{href}?action=edit"));
        let asked = explicit(query);
        let save_href = edit_href.clone().filter(|_| asked != list.query);
        Ok(Self {
            number: list.number,
            title: list.title.clone(),
            description_html: description.into_string(),
            save_href: save_href.map(|href| format!("{href}&query={}", address::query_value(&format!("?{asked}")))),
            edit_href,
            href,
        })
    }
}

/// Where a list is given a name: the form of a new report.
#[derive(Serialize)]
struct Save {
    href: String,
    query: String,
}

/// The moment that a list is of; none for now, and for a moment that a query can't be asked at.
fn then(room: &Room, query: &Query, choices: &Choices) -> Result<Option<Then>> {
    let past = match past::of(query, &room.viewer, choices) {
        Err(Error::Invalid(_)) => None,
        past => past?,
    };
    Ok(past.map(|past| {
        let when = past.at.when(&room.viewer.zone());
        let now = Query { at: None, page: 1, ..query.clone() };
        Then { iso: when.iso, exact: when.exact, now_href: format!("{}{}", room.root, href(&now)) }
    }))
}

fn found_on_page(
    room: &Room,
    db: &Connection,
    choices: &Choices,
    query: &Query,
    warnings: &mut Vec<String>,
) -> Result<Found> {
    let most = if query.rows.is_empty() { MOST_ON_PAGE } else { MOST_WITH_TEXTS };
    let size = query.page_size().filter(|size| *size <= most);
    let bounded = Query { max: Some(size.unwrap_or(most)), ..query.clone() };
    let mut found = run(db, &room.viewer, choices, &bounded)?;
    if size.is_none() && found.total > most {
        let texts = if query.rows.is_empty() { "" } else { " with their texts" };
        warnings.push(format!("A page shows {most} tickets{texts}; the others are on the next pages."));
    }
    table::shorten_addresses(&mut found, &room.viewer, query);
    Ok(found)
}

/// The long texts beneath a ticket (row Q17).
fn texts(reader: &Reader<'_>, db: &Connection, query: &Query, line: &TicketLine) -> Result<Vec<Html>> {
    let mut texts = Vec::new();
    for field in &query.rows {
        let text = line.description.as_deref().filter(|text| field.name == "description" && !text.is_empty());
        if let Some(text) = text {
            let here = Here { resource: Resource::new("ticket", line.id), name: line.id.to_string() };
            let html = reader.html(db, &*reader.compiled(text, Flavour::Note)?, Some(&here))?;
            texts.push(html);
        }
    }
    Ok(texts)
}

/// None where nothing is due.
fn due_reminders(room: &Room, db: &Connection) -> Result<Option<Reminders>> {
    if room.viewer.person.is_none() {
        return Ok(None);
    }
    let today = moment::iso(Clock::of(db)?.today).unwrap_or_default();
    let count = reminders::due_of_viewer(db, &room.viewer, &today)?;
    Ok((count > 0).then(|| Reminders { count, href: format!("{}/reminders", room.root) }))
}

/// The lists that are wanted most.
fn ready(room: &Room, query: &Query, choices: &Choices, aside: &str) -> Vec<Ready> {
    let mut lists = vec![("Open", open(choices))];
    if room.viewer.signed_in() {
        lists.push(("Mine", of_mine("owner", choices)));
        lists.push(("Reported by me", of_mine("reporter", choices)));
        lists.push(("Unread", unread()));
    }
    lists.push(("All", Query::default()));
    let entry = |(label, list): (&'static str, Query)| Ready {
        label,
        href: format!("{}/query?{}{aside}", room.root, explicit(&list)),
        current: list.groups == query.groups && query.further.is_none() && query.at.is_none(),
    };
    let mut ready: Vec<Ready> = lists.into_iter().map(entry).collect();
    let mut lead = |label, path: &str| {
        ready.push(Ready { label, href: format!("{}{path}", room.root), current: false });
    };
    if room.project.components().saved_lists().is_some_and(|lists| lists.may_see(&room.viewer)) {
        lead("Reports", "/report");
    }
    if room.viewer.signed_in() {
        lead("Bookmarks", "/bookmarks");
        lead("Reminders", "/reminders");
    }
    if room.viewer.may(TIME_VIEW) {
        lead("Time", "/time");
    }
    ready
}
