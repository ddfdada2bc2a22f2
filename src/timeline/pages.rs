//! `/timeline`: the page, the feed and the JSON of what happened.

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use rocket::http::Status;
use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

use super::asked::{self, Asked, DAYS, FEED_DAYS};
use super::rows::{Drawing, Marks};
use super::walk::{self, Entry, Place, Walked, walk};
use super::{TIMELINE_VIEW, store, visit};
use crate::base::component::Occurrence;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::Event;
use crate::base::markup::Html;
use crate::base::moment;
use crate::base::site::hex;
use crate::base::time::{Instant, Zone};
use crate::web::feed::{self, Feed};
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging, with_value};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PAGE_SIZE: usize = 100;
const FEED_ENTRIES: usize = 50;
/// Characters of what was said along with it: on the page, and in feeds and JSON.
const EXCERPT: usize = 240;
const LONGEST_TEXT: usize = 4_000;

pub fn routes() -> Vec<Route> {
    routes![timeline]
}

#[get("/<project>/timeline")]
async fn timeline(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(TIMELINE_VIEW, "There is no page at this address.")?;
            match desk.visit.value("format").as_deref() {
                Some("atom" | "rss") => as_feed(desk, &room),
                None | Some("" | "html" | "json") if desk.visit.wants_json() => as_json(desk, &room),
                None | Some("" | "html") => as_page(desk, &room),
                Some(other) => {
                    let other = shortened(other);
                    Err(Error::invalid("format", format!("The timeline comes as html, atom or json, not as {other}.")))
                }
            }
        })
        .await
}

fn read(room: &Room, pairs: &[(String, String)], days: i64) -> Result<Asked> {
    let components = room.project.components();
    let parts = room.project.read(|db| asked::parts(db, components, &room.viewer))?;
    Ok(Asked::read(pairs, components, &room.viewer, parts, days))
}

/// The entries of the page that an address asks for, and which page that is.
struct Shown {
    walked: Walked,
    /// Something happened before this period.
    is_any_before: bool,
    page: usize,
    paging: Paging,
}

/// `counted`: of so many events it is found out how many entries they are.
fn shown(desk: &Desk, room: &Room, pairs: &[(String, String)], asked: &Asked, counted: usize) -> Result<Shown> {
    let mut page = paging::asked(desk.visit.value("page"));
    let from: Option<Place> = desk.visit.value("before").and_then(|text| text.parse().ok());
    let zone = room.viewer.zone();
    let components = room.project.components();
    let (walked, is_any_before) = room.project.read(|db| {
        let wanted = asked.wanted(db, components)?;
        let is_any_before = store::is_any_before(db, &room.viewer, &wanted)?;
        let at = |page: usize| walk::Page {
            from,
            skip: if from.is_some() { 0 } else { (page - 1) * PAGE_SIZE },
            size: PAGE_SIZE,
            counted,
        };
        let walked = walk(db, components, &room.viewer, &zone, &wanted, at(page))?;
        let pages = walked.counted.div_ceil(PAGE_SIZE).max(1);
        if from.is_none() && walked.complete && page > pages {
            page = pages;
            let last = walk(db, components, &room.viewer, &zone, &wanted, at(page))?;
            return Ok((last, is_any_before));
        }
        Ok((walked, is_any_before))
    })?;
    let path = format!("{}/timeline", room.root);
    let plain = without(pairs, &["before"]);
    let pages = if from.is_some() { 1 } else { walked.counted.div_ceil(PAGE_SIZE) };
    let paging = Paging {
        page,
        pages: pages.max(page + usize::from(walked.next.is_some())),
        previous: (page > 1).then(|| with_value(&path, &plain, "page", &(page - 1).to_string())),
        next: walked.next.map(|place| {
            // Far back the walk begins where it left off; near by the number of the page says it all.
            let before = if walked.complete && from.is_none() { String::new() } else { place.to_string() };
            let mut pairs = without(&plain, &["page"]);
            pairs.push(("page".to_owned(), (page + 1).to_string()));
            with_value(&path, &pairs, "before", &before)
        }),
        total: if walked.complete { walked.counted } else { 0 },
    };
    Ok(Shown { walked, is_any_before, page, paging })
}

fn without(pairs: &[(String, String)], names: &[&str]) -> Vec<(String, String)> {
    pairs.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
}

/// What has no place in the address of a feed or of another period.
const OF_ONE_PAGE: &[&str] = &["page", "before", "update", "format", "precision", "from"];

#[derive(Serialize)]
struct TimelinePage {
    href: String,
    from: String,
    daysback: i64,
    authors: String,
    filters: Vec<ShownFilter>,
    summary: String,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    days: Vec<Day>,
    previous_href: Option<String>,
    next_href: Option<String>,
    feed_href: Option<String>,
    paging: Paging,
}

impl Page for TimelinePage {
    const TEMPLATE: &'static str = "timeline/index.html";
}

#[derive(Serialize)]
struct ShownFilter {
    name: String,
    label: String,
    chosen: bool,
    /// Parts of it that can be chosen by themselves.
    parts: Vec<Self>,
}

#[derive(Serialize)]
struct Day {
    iso: String,
    label: String,
    entries_html: String,
}

fn as_page(desk: &Desk, room: &Room) -> Result<Answer> {
    let pairs = visit::with_choice(desk, room, desk.visit.pairs())?;
    let asked = read(room, &pairs, DAYS)?;
    let shown = shown(desk, room, &pairs, &asked, 0)?;
    let before = visit::before_this(desk, room)?;
    let path = format!("{}/timeline", room.root);
    let kept = without(&pairs, OF_ONE_PAGE);
    let (earlier, later) = asked.neighbours();
    let at_day = |day: Option<String>| day.map(|day| with_value(&path, &kept, "from", &day));
    let feed_href = with_value(&path, &kept, "format", "atom");
    let status = if asked.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = TimelinePage {
        href: path.clone(),
        from: moment::iso(asked.last_day).unwrap_or_default(),
        daysback: asked.days_back,
        authors: asked.authors.clone(),
        filters: asked
            .choices
            .iter()
            .map(|one| ShownFilter {
                name: one.filter.name.to_owned(),
                label: one.filter.title.to_owned(),
                chosen: one.chosen,
                parts: shown_parts(&asked, one.filter.name),
            })
            .collect(),
        summary: asked.summary(&room.viewer.zone()),
        warnings: warnings(&shown.walked),
        days: days(desk, room, &asked, &shown.walked.entries, before)?,
        previous_href: at_day(earlier.filter(|_| shown.is_any_before)),
        next_href: at_day(later),
        feed_href: Some(feed_href.clone()),
        paging: shown.paging,
        problems: asked.problems,
    };
    let feed = Alternate { href: feed_href, media_type: "application/atom+xml", title: "Timeline".to_owned() };
    let json = with_value(&path, &without(&pairs, &["page", "before", "update"]), "format", "json");
    let json = Alternate::json(json, "Timeline");
    let sheet = Sheet::new("Timeline", page).at("/timeline").alternates(vec![feed, json]).status(status);
    // One page of the newest is enough for robots.
    if pairs.is_empty() { sheet } else { sheet.noindex() }.render(desk)
}

fn shown_parts(asked: &Asked, filter: &str) -> Vec<ShownFilter> {
    let of_filter = asked.parts.iter().filter(|part| part.of == filter);
    of_filter
        .map(|part| ShownFilter {
            name: part.part.name.clone(),
            label: part.part.title.clone(),
            chosen: part.chosen,
            parts: Vec::new(),
        })
        .collect()
}

fn warnings(walked: &Walked) -> Vec<String> {
    let told = |name: &&str| format!("What belongs to “{name}” could not be read. Everything else is shown.");
    walked.failed.iter().map(told).collect()
}

fn days(desk: &Desk, room: &Room, asked: &Asked, entries: &[Entry], before: Option<Instant>) -> Result<Vec<Day>> {
    let zone = room.viewer.zone();
    let today = moment::day_of(Instant::now(), &zone);
    let drawing = Drawing { desk, room, zone: &zone };
    let day_of = |entry: &Entry| moment::day_of(entry.event.happened_at, &zone);
    let mut days = Vec::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let day = day_of(first);
        let (of_day, later) = rest.split_at(rest.iter().take_while(|entry| day_of(entry) == day).count());
        rest = later;
        let mut html = Html::default();
        for entry in of_day {
            let at = entry.event.happened_at;
            let marks = Marks {
                unread: visit::is_new(&entry.event, &room.viewer, before),
                highlighted: asked.moment.is_some_and(|moment| at >= moment.begin && entry.since < moment.end),
            };
            drawing.entry(&mut html, entry, marks)?;
        }
        days.push(Day {
            iso: day.strftime("%Y-%m-%d").to_string(),
            label: day_label(day, today, first.event.happened_at, &zone),
            entries_html: html.into_string(),
        });
    }
    Ok(days)
}

fn day_label(day: Date, today: Date, at: Instant, zone: &Zone) -> String {
    match moment::days_later(today, -1) {
        _ if day == today => "Today".to_owned(),
        yesterday if day == yesterday => "Yesterday".to_owned(),
        _ => at.day(zone),
    }
}

/// What happened in one line: names marked, those of closed things struck through.
pub(super) fn title_html(entry: &Entry) -> Html {
    let mut html = Html::default();
    if let Some(counted) = entry.counted() {
        html.tag("<em>").text(&counted).tag("</em>").text(entry.between()).text(&entry.deeds());
        return html;
    }
    for (at, told) in entry.names().enumerate() {
        if at > 0 {
            html.text(", ");
        }
        name_html(&mut html, told);
    }
    if entry.unnamed() > 0 {
        html.text(&format!(" and {} more", entry.unnamed()));
    }
    html.text(" ").text(&entry.deeds());
    html
}

/// The name of a thing, that of a closed one struck through.
pub(super) fn name_html(html: &mut Html, told: &Occurrence) {
    let closed = told.class == Some("closed");
    html.tag(if closed { "<em><s>" } else { "<em>" });
    html.text(&told.title).tag(if closed { "</s></em>" } else { "</em>" });
}

/// The beginning of what was said, in whole words.
pub(super) fn short(text: &str) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(EXCERPT) else {
        return text.to_owned();
    };
    let begun = &text[..end];
    let whole = begun.rsplit_once(char::is_whitespace).map_or(begun, |(words, _)| words.trim_end());
    format!("{whole} …")
}

/// Not more of a long text than a feed or a program wants of it.
fn beginning(text: &str) -> String {
    let mut beginning: String = text.chars().take(LONGEST_TEXT).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

fn refuse_problems(asked: &Asked) -> Result<()> {
    if asked.problems.is_empty() { Ok(()) } else { Err(Error::Invalid(asked.problems.clone())) }
}

fn as_json(desk: &Desk, room: &Room) -> Result<Answer> {
    let pairs = desk.visit.pairs();
    let asked = read(room, &pairs, DAYS)?;
    refuse_problems(&asked)?;
    let shown = shown(desk, room, &pairs, &asked, walk::COUNTED)?;
    let absolute = |href: &str| desk.web().address.absolute(&format!("{}{href}", room.root));
    let items: Vec<_> = shown
        .walked
        .entries
        .iter()
        .map(|entry| {
            let things: Vec<_> =
                entry.names().map(|told| json!({ "title": told.title, "url": absolute(&told.href) })).collect();
            json!({
                "time": entry.event.happened_at.iso(),
                "author": entry.author,
                "kind": entry.event.kind,
                "title": entry.title(),
                "deed": entry.deed(),
                "text": beginning(&entry.told.excerpt),
                "url": absolute(&entry.href()),
                "times": entry.times,
                "count": entry.things,
                "things": things,
            })
        })
        .collect();
    // Of more than it has counted, it does not claim to know how many there are.
    let counted = shown.walked.complete && desk.visit.value("before").is_none();
    Answer::json(&json!({
        "total": counted.then_some(shown.walked.counted),
        "page": shown.page,
        "items": items,
        "next": shown.paging.next.map(|next| desk.web().address.absolute(&next)),
        "warnings": warnings(&shown.walked),
    }))
}

fn as_feed(desk: &Desk, room: &Room) -> Result<Answer> {
    let pairs = desk.visit.pairs();
    let components = room.project.components();
    let asked = read(room, &pairs, FEED_DAYS)?;
    refuse_problems(&asked)?;
    let zone = room.viewer.zone();
    let page = walk::Page { from: None, skip: 0, size: FEED_ENTRIES, counted: 0 };
    let walked =
        room.project.read(|db| walk(db, components, &room.viewer, &zone, &asked.wanted(db, components)?, page))?;
    let path = format!("{}/timeline", room.root);
    let absolute = |href: &str| desk.web().address.absolute(href);
    let page_href = with_value(&path, &without(&pairs, &["format", "page", "before", "update"]), "page", "");
    let updated = walked.entries.first().map_or(room.row.created_at, |entry| entry.event.happened_at);
    let entries = walked
        .entries
        .iter()
        .map(|entry| feed::Entry {
            title: format!("{}{}{}", entry.title(), entry.between(), entry.deeds()),
            id: permanent_id(desk, room, &entry.event),
            url: absolute(&format!("{}{}", room.root, entry.href())),
            updated: entry.event.happened_at.iso(),
            author: entry.author.clone(),
            summary_html: summary_html(desk, room, entry).into_string(),
        })
        .collect();
    Feed {
        title: format!("{}: timeline", room.row.called()),
        subtitle: asked.summary(&zone),
        id: absolute(&page_href),
        self_url: absolute(&desk.visit.here()),
        html_url: absolute(&page_href),
        updated: updated.iso(),
        entries,
    }
    .render(desk)
}

/// The same for one event for ever, and telling nothing: a number would tell how much happened that one may not see.
fn permanent_id(desk: &Desk, room: &Room, event: &Event) -> String {
    let mut id = String::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(desk.site().secret()) {
        mac.update(format!("timeline {} {}", room.row.id, event.id).as_bytes());
        id = hex(&mac.finalize().into_bytes()[..16]);
    }
    desk.web().address.absolute(&format!("{}/timeline#{id}", room.root))
}

fn summary_html(desk: &Desk, room: &Room, entry: &Entry) -> Html {
    let absolute = |href: &str| desk.web().address.absolute(&format!("{}{href}", room.root));
    let mut html = Html::default();
    if entry.things > 1 {
        html.tag("<ul>");
        for told in entry.names() {
            html.tag("<li><a").attribute("href", &absolute(&told.href)).tag(">").text(&told.title).tag("</a></li>");
        }
        if entry.unnamed() > 0 {
            html.tag("<li><a").attribute("href", &absolute(&entry.href())).tag(">");
            html.text(&format!("and {} more", entry.unnamed())).tag("</a></li>");
        }
        html.tag("</ul>");
    }
    if !entry.told.excerpt.is_empty() {
        html.tag("<p>").text(&beginning(&entry.told.excerpt)).tag("</p>");
    }
    if let Some((label, href)) = entry.told.more.as_ref().filter(|_| entry.things == 1) {
        html.tag("<p><a").attribute("href", &absolute(href)).tag(">").text(label).tag("</a></p>");
    }
    html
}
