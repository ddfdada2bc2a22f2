//! The table of time: `/<project>/time?from=&to=&by=&person=&milestone=`, as a page, as CSV and as JSON.
//!
//! Without a period in the address it is about the present month; an empty `from` or `to` leaves that end open.

use jiff::civil::Date;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::fields::Choices;
use super::link::class_of;
use super::store;
use super::time_table::{self, Asked, By, Group, Key, Line, Total};
use super::values::People;
use super::{TICKET_VIEW, TIME_VIEW, duration, export, fields, ticket_href};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment;
use crate::base::text::fold;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::due::{self, Clock};
use crate::milestone::name::href_of as milestone_href;
use crate::web::address::query_value;
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Rows of the page, and of a file.
const MOST_ON_PAGE: usize = 500;
const MOST_IN_FILE: usize = 20_000;
/// Stands for tickets without a milestone.
const NONE: &str = "none";
const NO_PAGE: &str = "There is no page at this address.";

pub(super) fn routes() -> Vec<Route> {
    routes![table]
}

#[get("/<project>/time")]
async fn table(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(TICKET_VIEW, NO_PAGE)?;
            room.viewer.require_to_see(TIME_VIEW, NO_PAGE)?;
            room.project.read(|db| answer(desk, &room, db))
        })
        .await
}

fn answer(desk: &Desk, room: &Room, db: &Connection) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let typed = Typed::of(desk, db)?;
    let read = typed.read(&choices);
    let format =
        if desk.visit.wants_json() { "json".to_owned() } else { desk.visit.value("format").unwrap_or_default() };
    match format.as_str() {
        "" | "html" => page(desk, room, db, &choices, &typed, read),
        "json" | "csv" => {
            let (asked, by) = read.map_err(Error::Invalid)?;
            let rows = Rows::load(db, room, &choices, &asked, by, MOST_IN_FILE)?;
            if format == "csv" {
                Ok(as_csv(by, &rows, desk.visit.wants_raw()))
            } else {
                Answer::json(&as_json(desk, room, &typed, by, &rows))
            }
        }
        other => Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other)))),
    }
}

/// What the address says.
struct Typed {
    from: String,
    to: String,
    by: String,
    person: String,
    milestone: String,
}

impl Typed {
    fn of(desk: &Desk, db: &Connection) -> Result<Self> {
        let value = |name: &str| desk.visit.value(name).map(|value| value.trim().to_owned());
        let (mut from, to) = (value("from"), value("to"));
        if from.is_none() && to.is_none() {
            from = moment::iso(Clock::of(db)?.today.first_of_month());
        }
        Ok(Self {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            by: value("by").filter(|by| !by.is_empty()).unwrap_or_else(|| By::Person.name().to_owned()),
            person: value("person").unwrap_or_default(),
            milestone: value("milestone").unwrap_or_default(),
        })
    }

    /// The same as a question; what can't be read is told by field, all of it at once.
    fn read(&self, choices: &Choices) -> std::result::Result<(Asked, By), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut day = |text: &str, field: &str| -> Option<Date> {
            due::due(text, field).unwrap_or_else(|error| {
                problems.extend(match error {
                    Error::Invalid(found) => found,
                    other => vec![Problem::new(field, other.to_string())],
                });
                None
            })
        };
        let (from, to) = (day(&self.from, "from"), day(&self.to, "to"));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            problems.push(Problem::new("to", "The period ends before it begins."));
        }
        let by = By::from_name(&self.by);
        if by.is_none() {
            let known = By::ALL.map(By::name).join(", ");
            let message = format!("Time can't be shown by `{}`; it can by {known}.", shortened(&self.by));
            problems.push(Problem::new("by", message));
        }
        let milestone = match self.milestone.as_str() {
            "" => None,
            NONE if !choices.milestones.iter().any(|row| fold(&row.name) == NONE) => Some(0),
            name => {
                let known = fields::field("milestone").and_then(|field| choices.id_of(field, name));
                if known.is_none() {
                    let message = format!("There is no milestone “{}”.", shortened(name));
                    problems.push(Problem::new("milestone", message));
                }
                known
            }
        };
        match by.filter(|_| problems.is_empty()) {
            None => Err(problems),
            Some(by) => {
                let person = Some(self.person.clone()).filter(|person| !person.is_empty());
                let (from, to) = (from.and_then(moment::iso), to.and_then(moment::iso));
                Ok((Asked { from, to, person, milestone, tickets: None }, by))
            }
        }
    }

    /// The address with other values.
    fn href(&self, room: &Room, values: &[(&str, &str)]) -> String {
        let own = [
            ("from", &self.from),
            ("to", &self.to),
            ("by", &self.by),
            ("person", &self.person),
            ("milestone", &self.milestone),
        ];
        let pairs: Vec<String> = own
            .into_iter()
            .map(|(name, value)| {
                let other = values.iter().find(|(known, _)| *known == name).map(|(_, other)| *other);
                (name, other.unwrap_or(value.as_str()))
            })
            // Both ends of the period are said even where they are open: said not at all they mean this month.
            .filter(|(name, value)| !value.is_empty() || matches!(*name, "from" | "to"))
            .map(|(name, value)| format!("{name}={}", query_value(value)))
            .chain(values.iter().filter(|(name, _)| *name == "format").map(|(_, value)| format!("format={value}")))
            .collect();
        format!("{}/time?{}", room.root, pairs.join("&"))
    }
}

/// What was found, with the names of what its ids mean.
struct Rows {
    total: Total,
    named: Vec<Named>,
    lines: Vec<(Line, Names)>,
}

struct Named {
    group: Group,
    label: String,
    /// What narrows the table to it: a login, a name, a day.
    value: String,
    /// Of a ticket: how a link to it looks.
    class: Option<&'static str>,
}

struct Names {
    person: String,
    login: String,
    milestone: String,
}

impl Rows {
    fn load(db: &Connection, room: &Room, choices: &Choices, asked: &Asked, by: By, most: usize) -> Result<Self> {
        let viewer = &room.viewer;
        let total = time_table::total(db, viewer, asked, by)?;
        let milestone = |id: i64| fields::field("milestone").map_or("", |field| choices.name_of(field, id)).to_owned();
        if by == By::Entry {
            let lines = time_table::lines(db, viewer, asked, most)?;
            let people = People::load(db, lines.iter().map(|line| line.person))?.shown_to(viewer);
            let names = |line: Line| {
                let names = Names {
                    person: people.called(Some(line.person)),
                    login: people.login(Some(line.person)).to_owned(),
                    milestone: line.milestone.map(milestone).unwrap_or_default(),
                };
                (line, names)
            };
            return Ok(Self { total, named: Vec::new(), lines: lines.into_iter().map(names).collect() });
        }
        let groups = time_table::groups(db, viewer, asked, by, most)?;
        let ids: Vec<i64> = groups
            .iter()
            .filter_map(|group| match group.key {
                Key::Id(id) => Some(id),
                Key::Day(_) => None,
            })
            .collect();
        let people = if by == By::Person { People::load(db, ids.iter().copied())? } else { People::default() };
        let people = people.shown_to(viewer);
        let tickets = if by == By::Ticket { store::by_ids(db, viewer, &ids)? } else { Vec::new() };
        let named = |group: Group| {
            let (label, value, class) = match &group.key {
                Key::Day(day) => (day.clone(), day.clone(), None),
                Key::Id(id) if by == By::Person => (people.called(Some(*id)), people.login(Some(*id)).to_owned(), None),
                Key::Id(id) if by == By::Ticket => match tickets.iter().find(|row| row.id == *id) {
                    Some(row) => (row.summary.clone(), id.to_string(), class_of(choices, row.status)),
                    None => (String::new(), id.to_string(), None),
                },
                Key::Id(0) => ("No milestone".to_owned(), NONE.to_owned(), None),
                Key::Id(id) => (milestone(*id), milestone(*id), None),
            };
            Named { group, label, value, class }
        };
        Ok(Self { total, named: groups.into_iter().map(named).collect(), lines: Vec::new() })
    }
}

fn hours(minutes: i64) -> String {
    format!("{:.2}", minutes as f64 / 60.0)
}

fn as_csv(by: By, rows: &Rows, raw: bool) -> Answer {
    let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
    let mut table = Vec::new();
    if by == By::Entry {
        table.push(owned(&["day", "person", "ticket", "summary", "milestone", "minutes", "hours", "remark"]));
        table.extend(rows.lines.iter().map(|(line, names)| {
            vec![
                line.day.clone(),
                names.login.clone(),
                line.ticket.to_string(),
                line.summary.clone(),
                names.milestone.clone(),
                line.minutes.to_string(),
                hours(line.minutes),
                line.remark.clone(),
            ]
        }));
    } else {
        let mut head = vec![by.name().to_owned()];
        head.extend((by == By::Ticket).then(|| "summary".to_owned()));
        head.extend(owned(&["minutes", "hours", "tickets", "entries"]));
        table.push(head);
        table.extend(rows.named.iter().map(|row| {
            let name = if row.group.key == Key::Id(0) { String::new() } else { row.value.clone() };
            let mut cells = vec![name];
            cells.extend((by == By::Ticket).then(|| row.label.clone()));
            let group = &row.group;
            cells.extend([
                group.minutes.to_string(),
                hours(group.minutes),
                group.tickets.to_string(),
                group.entries.to_string(),
            ]);
            cells
        }));
    }
    let text: String = table.into_iter().map(|cells| export::line(',', raw, cells.into_iter())).collect();
    let media_type = ContentType::new("text", "csv").with_params(("charset", "utf-8"));
    Answer::new(Status::Ok, media_type, format!("\u{feff}{text}").into_bytes())
        .header("Content-Disposition", "attachment; filename=\"time.csv\"")
}

fn as_json(desk: &Desk, room: &Room, typed: &Typed, by: By, rows: &Rows) -> Json {
    let ticket_url = |id: i64| desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(id)));
    let text = |text: &str| if text.is_empty() { Json::Null } else { json!(text) };
    let items: Vec<Json> = if by == By::Entry {
        let item = |(line, names): &(Line, Names)| {
            json!({
                "id": line.id, "day": line.day, "person": names.login, "ticket": line.ticket,
                "url": ticket_url(line.ticket), "milestone": text(&names.milestone), "minutes": line.minutes,
                "remark": text(&line.remark),
            })
        };
        rows.lines.iter().map(item).collect()
    } else {
        let item = |row: &Named| {
            let group = &row.group;
            let mut item = json!({ "minutes": group.minutes, "tickets": group.tickets, "entries": group.entries });
            item[by.name()] = match &group.key {
                Key::Id(0) => Json::Null,
                Key::Id(id) if by == By::Ticket => json!(id),
                _ => json!(row.value),
            };
            if by == By::Ticket {
                item["summary"] = json!(row.label);
                item["url"] = group_url(&group.key, ticket_url);
            }
            item
        };
        rows.named.iter().map(item).collect()
    };
    json!({
        "total": rows.total.rows, "page": 1, "items": items, "next": null, "by": by.name(), "from": text(&typed.from),
        "to": text(&typed.to), "minutes": rows.total.minutes, "tickets": rows.total.tickets,
        "people": rows.total.people, "entries": rows.total.entries,
    })
}

fn group_url(key: &Key, url: impl Fn(i64) -> String) -> Json {
    match key {
        Key::Id(id) => json!(url(*id)),
        Key::Day(_) => Json::Null,
    }
}

/// The fields of `ticket/time_table.html`.
#[derive(Serialize)]
struct TablePage {
    href: String,
    from: String,
    to: String,
    person: String,
    milestone: String,
    bys: Vec<Choice>,
    milestones: Vec<Choice>,
    people: Vec<String>,
    periods: Vec<Way>,
    by: &'static str,
    label: &'static str,
    rows: Vec<Row>,
    lines: Vec<EntryRow>,
    total: String,
    tickets: i64,
    entries: i64,
    hidden_rows: i64,
    exports: Vec<Way>,
    problems: Vec<Problem>,
}

impl Page for TablePage {
    const TEMPLATE: &'static str = "ticket/time_table.html";
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Way {
    label: &'static str,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Row {
    label: String,
    number: Option<i64>,
    href: Option<String>,
    class: Option<&'static str>,
    time: String,
    /// Of the largest, in a hundred.
    share: i64,
    tickets: i64,
    entries: i64,
}

#[derive(Serialize)]
struct EntryRow {
    day: String,
    person: String,
    ticket: i64,
    summary: String,
    href: String,
    time: String,
    remark: String,
}

fn page(
    desk: &Desk,
    room: &Room,
    db: &Connection,
    choices: &Choices,
    typed: &Typed,
    read: std::result::Result<(Asked, By), Vec<Problem>>,
) -> Result<Answer> {
    let viewer = &room.viewer;
    let (found, by, problems) = match read {
        Ok((asked, by)) => (Some(Rows::load(db, room, choices, &asked, by, MOST_ON_PAGE)?), by, Vec::new()),
        Err(problems) => (None, By::from_name(&typed.by).unwrap_or(By::Person), problems),
    };
    let rows = found.as_ref().map_or(&[][..], |found| &found.named);
    let lines = found.as_ref().map_or(&[][..], |found| &found.lines);
    let total = found.as_ref().map(|found| found.total).unwrap_or_default();
    let largest = rows.iter().map(|row| row.group.minutes).max().unwrap_or(0).max(1);
    let shown = rows.len() + lines.len();
    let exports = [("CSV", "csv"), ("JSON", "json")].map(|(label, format)| Way {
        label,
        href: typed.href(room, &[("format", format)]),
        current: false,
    });
    let sees_milestones = viewer.may(MILESTONE_VIEW);
    let sheet = TablePage {
        href: format!("{}/time", room.root),
        from: typed.from.clone(),
        to: typed.to.clone(),
        person: typed.person.clone(),
        milestone: typed.milestone.clone(),
        bys: By::ALL
            .map(|one| Choice { value: one.name().to_owned(), label: one.label().to_owned(), chosen: one == by })
            .into(),
        milestones: if sees_milestones { milestones(choices, &typed.milestone) } else { Vec::new() },
        people: time_table::people(db, viewer)?.iter().map(|login| viewer.shown_name(login)).collect(),
        periods: periods(room, typed, &Clock::of(db)?),
        by: by.name(),
        label: by.label(),
        rows: rows.iter().map(|row| shown_row(room, typed, by, row, largest)).collect(),
        lines: lines.iter().map(|(line, names)| shown_line(room, line, names)).collect(),
        total: duration::written(total.minutes),
        tickets: total.tickets,
        entries: total.entries,
        hidden_rows: total.rows - i64::try_from(shown).unwrap_or(0),
        exports: exports.into(),
        problems,
    };
    let alternates = [("csv", "text/csv", "Time as CSV"), ("json", "application/json", "Time as JSON")]
        .map(|(format, media_type, title)| Alternate {
            href: typed.href(room, &[("format", format)]),
            media_type,
            title: title.to_owned(),
        })
        .into();
    let status = if sheet.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    Sheet::new("Time", sheet).at("/query").alternates(alternates).noindex().status(status).render(desk)
}

/// Stretches of time that are often asked for.
fn periods(room: &Room, typed: &Typed, clock: &Clock) -> Vec<Way> {
    let today = clock.today;
    let week = moment::days_later(today, -i64::from(today.weekday().to_monday_zero_offset()));
    let month = today.first_of_month();
    let last = moment::days_later(month, -1);
    [
        ("This week", Some(week), Some(moment::days_later(week, 6))),
        ("Last week", Some(moment::days_later(week, -7)), Some(moment::days_later(week, -1))),
        ("This month", Some(month), None),
        ("Last month", Some(last.first_of_month()), Some(last)),
        ("All time", None, None),
    ]
    .into_iter()
    .map(|(label, from, to)| {
        let (from, to) = (from.and_then(moment::iso).unwrap_or_default(), to.and_then(moment::iso).unwrap_or_default());
        Way {
            label,
            href: typed.href(room, &[("from", &from), ("to", &to)]),
            current: typed.from == from && typed.to == to,
        }
    })
    .collect()
}

fn milestones(choices: &Choices, chosen: &str) -> Vec<Choice> {
    let folded = fold(chosen);
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: fold(value) == folded,
    };
    let named = choices.milestones.iter().map(|row| choice(&row.name, &row.name));
    [choice("", "any"), choice(NONE, "none")].into_iter().chain(named).collect()
}

fn shown_row(room: &Room, typed: &Typed, by: By, row: &Named, largest: i64) -> Row {
    let number = match row.group.key {
        Key::Id(id) if by == By::Ticket => Some(id),
        _ => None,
    };
    let value = row.value.as_str();
    let href = match by {
        By::Ticket => number.map(|id| format!("{}{}/time", room.root, ticket_href(id))),
        By::Milestone if row.group.key != Key::Id(0) && room.viewer.may(MILESTONE_VIEW) => {
            Some(format!("{}{}", room.root, milestone_href(value)))
        }
        // An address that is shortened for this reader finds nobody.
        By::Person if value.contains('…') => None,
        By::Person => Some(typed.href(room, &[("person", value), ("by", By::Ticket.name())])),
        By::Milestone => Some(typed.href(room, &[("milestone", value), ("by", By::Ticket.name())])),
        By::Day => Some(typed.href(room, &[("from", value), ("to", value), ("by", By::Entry.name())])),
        By::Week | By::Month => through(by, value).map(|last| {
            let first = if by == By::Month { format!("{value}-01") } else { value.to_owned() };
            typed.href(room, &[("from", &first), ("to", &last), ("by", By::Day.name())])
        }),
        By::Entry => None,
    };
    Row {
        label: row.label.clone(),
        number,
        href,
        class: row.class,
        time: duration::written(row.group.minutes),
        share: row.group.minutes.max(0) * 100 / largest,
        tickets: row.group.tickets,
        entries: row.group.entries,
    }
}

/// The last day of a week that begins on a day, or of a month.
fn through(by: By, value: &str) -> Option<String> {
    let last = match by {
        By::Month => format!("{value}-01").parse::<Date>().ok()?.last_of_month(),
        _ => moment::days_later(value.parse().ok()?, 6),
    };
    moment::iso(last)
}

fn shown_line(room: &Room, line: &Line, names: &Names) -> EntryRow {
    EntryRow {
        day: line.day.clone(),
        person: names.person.clone(),
        ticket: line.ticket,
        summary: line.summary.clone(),
        href: format!("{}{}/time", room.root, ticket_href(line.ticket)),
        time: duration::written(line.minutes),
        remark: line.remark.clone(),
    }
}
