//! `/<project>/calendar?month=2026-11&owner=kim`: a month of due milestones and tickets, and of the days on which work starts.

use jiff::civil::Date;
use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::NO_PAGE;
use super::month::{Entry, Month, What, entries, list_of};
use super::tree::{Query, USER};
use super::{form, from_pairs, pages};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment::{days_later, iso};
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::due::Clock;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;
use crate::ticket::ways::{self, Way};
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// A day shows so many entries; the others are in the list of the day.
const MOST_ON_DAY: usize = 5;

pub fn routes() -> Vec<Route> {
    routes![page]
}

#[get("/<project>/calendar")]
async fn page(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            if !room.viewer.may(TICKET_VIEW) && !room.viewer.may(MILESTONE_VIEW) {
                return Err(Error::not_found(NO_PAGE));
            }
            room.project.read(|db| answer(desk, &room, db))
        })
        .await
}

#[derive(Serialize)]
struct MonthPage {
    title: String,
    about: String,
    ways: Vec<Way>,
    shows: Vec<Switch>,
    previous: Option<Step>,
    next: Option<Step>,
    this_month: Option<Step>,
    weeks: Vec<Vec<Day>>,
    nothing: bool,
    ics_href: String,
    problems: Vec<Problem>,
}

impl Page for MonthPage {
    const TEMPLATE: &'static str = "query/month.html";
}

#[derive(Serialize)]
struct Switch {
    label: &'static str,
    href: String,
    on: bool,
}

#[derive(Serialize)]
struct Step {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct Day {
    iso: String,
    /// `3`, of another month `1 Dec`.
    number: String,
    /// `Tuesday 3 November`
    name: String,
    today: bool,
    /// It belongs to the month before or after.
    outside: bool,
    entries: Vec<Shown>,
    more: usize,
    more_href: String,
}

#[derive(Serialize)]
struct Shown {
    kind: &'static str,
    /// What it means, for those who don't see the sign.
    means: &'static str,
    href: String,
    number: String,
    title: String,
    done: bool,
}

/// What is asked: a month, and which tickets.
struct Asked {
    month: Month,
    query: Query,
}

impl Asked {
    fn read(pairs: &[(String, String)], choices: &Choices, today: Date) -> Result<Self> {
        let (own, rest): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(name, _)| name == "month");
        let mut problems = Vec::new();
        let typed = own.first().map(|(_, value)| value.as_str()).filter(|typed| !typed.trim().is_empty());
        let month = match typed.map_or_else(|| Ok(Month::of(today)), Month::read) {
            Ok(month) => month,
            Err(Error::Invalid(wrong)) => {
                problems = wrong;
                Month::of(today)
            }
            Err(other) => return Err(other),
        };
        match from_pairs(&choices.fields, &rest) {
            Ok(query) if problems.is_empty() => {
                let query = Query { group: None, page: 1, max: None, columns: None, rows: Vec::new(), ..query };
                Ok(Self { month, query })
            }
            Ok(_) => Err(Error::Invalid(problems)),
            Err(Error::Invalid(wrong)) => Err(Error::Invalid(problems.into_iter().chain(wrong).collect())),
            Err(other) => Err(other),
        }
    }
}

fn answer(desk: &Desk, room: &Room, db: &Connection) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let clock = Clock::of(db)?;
    let asked = Asked::read(&desk.visit.pairs(), &choices, clock.today)
        .and_then(|asked| Ok(Asked { query: pages::looked_up_by(desk, room, db, &asked.query)?, ..asked }));
    match desk.visit.value("format").as_deref() {
        _ if desk.visit.wants_json() => as_json(desk, room, db, &choices, &asked?),
        None | Some("" | "html") => as_page(desk, room, db, &choices, &clock, asked),
        Some(other) => Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other)))),
    }
}

fn as_json(desk: &Desk, room: &Room, db: &Connection, choices: &Choices, asked: &Asked) -> Result<Answer> {
    let root = desk.web().address.absolute(&room.root);
    let days = entries(db, &room.viewer, choices, &asked.query, asked.month, &root)?;
    let mut items: Vec<Value> = Vec::new();
    for (day, entries) in &days {
        for Entry { what, href, number, title, done } in entries {
            let title = format!("{number} {title}").trim().to_owned();
            items.push(json!({ "date": day, "what": what.name(), "title": title, "url": href, "done": done }));
        }
    }
    Answer::json(&json!({ "month": asked.month.written(), "total": items.len(), "items": items }))
}

fn as_page(
    desk: &Desk,
    room: &Room,
    db: &Connection,
    choices: &Choices,
    clock: &Clock,
    asked: Result<Asked>,
) -> Result<Answer> {
    let mut problems = Vec::new();
    let asked = match asked {
        Ok(asked) => asked,
        Err(Error::Invalid(wrong)) => {
            problems = wrong;
            Asked { month: Month::of(clock.today), query: Query::default() }
        }
        Err(other) => return Err(other),
    };
    let mut days = if problems.is_empty() {
        match entries(db, &room.viewer, choices, &asked.query, asked.month, &room.root) {
            Ok(days) => days,
            // A date within a condition is read when it is asked.
            Err(Error::Invalid(wrong)) => {
                problems = wrong;
                Default::default()
            }
            Err(other) => return Err(other),
        }
    } else {
        Default::default()
    };
    let nothing = days.is_empty();
    let query = asked.query.to_address();
    let href = |month: Month, query: &str| {
        let and = if query.is_empty() { "" } else { "&" };
        format!("{}/calendar?month={}{and}{query}", room.root, month.written())
    };
    let step = |month: Month| Step { name: month.name(), href: href(month, &query) };
    // The ends of all calendars have no further side.
    let known = |month: Month| Month::read(&month.written()).is_ok().then(|| step(month));
    let [before, after] = asked.month.around();
    let weeks = (asked.month.weeks().into_iter())
        .map(|monday| {
            (0..7)
                .map(|at| {
                    let day = days_later(monday, at);
                    let entries = days.remove(&iso(day).unwrap_or_default()).unwrap_or_default();
                    shown_day(room, &asked, clock, day, entries)
                })
                .collect()
        })
        .collect();
    let mine = format!("owner={USER}");
    let signed_in = room.viewer.signed_in() && room.viewer.may(TICKET_VIEW);
    let shows = signed_in.then(|| Switch {
        label: "Only my tickets",
        on: query == mine,
        href: href(asked.month, if query == mine { "" } else { &mine }),
    });
    let this_month = Month::of(clock.today);
    let ics_href =
        if query.is_empty() { format!("{}/roadmap?format=ics", room.root) } else { ics_of(room, &asked.query) };
    let alternates = vec![
        Alternate { href: ics_href.clone(), media_type: "text/calendar", title: "What is due".to_owned() },
        Alternate::json(format!("{}&format=json", href(asked.month, &query)), asked.month.name()),
    ];
    let refused = !problems.is_empty();
    let sheet = MonthPage {
        title: asked.month.name(),
        about: form::in_words(&asked.query.groups, asked.query.further.as_ref()),
        ways: ways::of_plan(desk.site().components(), &room.viewer, &room.root, "Calendar"),
        shows: shows.into_iter().collect(),
        previous: known(before),
        next: known(after),
        this_month: (asked.month != this_month).then(|| step(this_month)),
        weeks,
        nothing,
        ics_href,
        problems,
    };
    let sheet = Sheet::new("Calendar", sheet).at("/roadmap").alternates(alternates).noindex();
    if refused { sheet.status(Status::UnprocessableEntity) } else { sheet }.render(desk)
}

fn ics_of(room: &Room, query: &Query) -> String {
    format!("{}{}&format=ics", room.root, pages::href(query))
}

fn shown_day(room: &Room, asked: &Asked, clock: &Clock, day: Date, entries: Vec<Entry>) -> Day {
    let more = entries.len().saturating_sub(MOST_ON_DAY);
    // One more takes no more room than to say that there is one.
    let most = if more <= 1 { MOST_ON_DAY + 1 } else { MOST_ON_DAY };
    Day {
        iso: iso(day).unwrap_or_default(),
        number: day.strftime(if asked.month.has(day) { "%-d" } else { "%-d %b" }).to_string(),
        name: day.strftime("%A %-d %B").to_string(),
        today: day == clock.today,
        outside: !asked.month.has(day),
        more: entries.len().saturating_sub(most),
        more_href: format!("{}{}", room.root, pages::href(&list_of(&asked.query, day))),
        entries: entries.into_iter().take(most).map(shown).collect(),
    }
}

fn shown(entry: Entry) -> Shown {
    let (kind, means) = match entry.what {
        What::Milestone => ("milestone", "Milestone"),
        What::Due => ("due", "Due:"),
        What::Starts => ("starts", "Starts:"),
    };
    Shown { kind, means, href: entry.href, number: entry.number, title: entry.title, done: entry.done }
}
