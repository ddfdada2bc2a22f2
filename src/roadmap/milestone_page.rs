//! The page of a milestone: `/<project>/milestone/<name>?by=field` (rows M06, M10, M13).

use rocket::{Route, get, routes};
use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::form_pages;
use super::list_pages::described;
use super::progress::{self, Asked, Progress, Tally};
use super::shown::{Due, Named, as_json, asked_name, enter, href};
use super::work::{self, Work};
use crate::attachment::{self, File};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::base::text::natural;
use crate::milestone::due::Clock;
use crate::milestone::name::MilestoneName;
use crate::milestone::store::{self, MilestoneRow};
use crate::milestone::{self, MILESTONE_CREATE, MILESTONE_DELETE, MILESTONE_MODIFY, NO_MILESTONE};
use crate::ticket::burn;
use crate::ticket::course::Unit;
use crate::ticket::fields::{Choices, Field, Kind, field};
use crate::ticket::ways::{self, Way};
use crate::ticket::{TICKET_CREATE, TICKET_VIEW, TIME_VIEW};
use crate::web::address;
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// What the tickets of a milestone can be grouped by, and the first choice.
const GROUPINGS: [&str; 8] = ["type", "status", "priority", "component", "version", "severity", "owner", "reporter"];
const USUAL: &str = "component";
/// The burn-down of more tickets stands on a page of its own alone: it reads what has happened to each of them.
const MOST_BURNT: i64 = 500;

pub fn routes() -> Vec<Route> {
    routes![all, show]
}

/// All milestones have one page together: the roadmap.
#[get("/<project>/milestone", rank = 10)]
async fn all(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            refuse_unknown_action(desk)?;
            Ok(Answer::see(&format!("{}/roadmap", room.root)))
        })
        .await
}

#[get("/<project>/milestone/<_..>", rank = 11)]
async fn show(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| shown(desk, &project)).await
}

#[derive(Serialize)]
struct MilestonePage {
    name: String,
    href: String,
    roadmap_href: String,
    due: Due,
    progress: Progress,
    work: Option<Work>,
    by_estimate: bool,
    measure_href: String,
    description_html: String,
    by: Option<By>,
    groups: Vec<Group>,
    burn_html: Option<String>,
    ways: Vec<Way>,
    attachments: Vec<File>,
    files_href: String,
    previous: Option<Named>,
    next: Option<Named>,
    may: May,
    new_ticket_href: Option<String>,
    time_href: Option<String>,
}

impl Page for MilestonePage {
    const TEMPLATE: &'static str = "roadmap/milestone.html";
}

#[derive(Serialize)]
struct May {
    edit: bool,
    delete: bool,
    attach: bool,
}

#[derive(Serialize)]
struct By {
    name: &'static str,
    label: &'static str,
    href: String,
    options: Vec<ByOption>,
    sent: &'static str,
}

#[derive(Serialize)]
struct ByOption {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Serialize)]
struct Group {
    label: String,
    href: Option<String>,
    progress: Progress,
}

fn shown(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let name = asked_name(desk)?.ok_or_else(|| Error::not_found(NO_MILESTONE))?;
    let Some(row) = room.project.read(|db| store::meant(db, &room.viewer, name.folded()))? else {
        return missing(desk, &room, &name);
    };
    if name.as_str() != row.name {
        // Another case, or a name that it had: one milestone has one address.
        let query = if desk.visit.query.is_empty() { String::new() } else { format!("?{}", desk.visit.query) };
        return Ok(Answer::moved(&format!("{}{query}", href(&room, &row))));
    }
    refuse_unknown_action(desk)?;
    room.project.read(|db| match desk.visit.value("format").as_deref() {
        None | Some("" | "html" | "json") if desk.visit.wants_json() => {
            let choices = Choices::load(db, &room.viewer)?;
            let bar = progress::of_milestone(db, &room.viewer, &row, &choices, &room.root)?;
            let etag = format!("\"{}\"", row.changed_at.0);
            Ok(Answer::json(&as_json(desk, &room, &row, &bar))?.header("ETag", etag))
        }
        None | Some("" | "html") => as_page(desk, db, &room, &row),
        Some(other) => Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other)))),
    })
}

/// A name without a milestone: to make it for those who may, else a 404 (row M10).
fn missing(desk: &Desk, room: &Room, name: &MilestoneName) -> Result<Answer> {
    let asks_for_page = !desk.visit.wants_json() && desk.visit.value("format").is_none();
    if asks_for_page && room.viewer.may(MILESTONE_CREATE) {
        return form_pages::blank(desk, room, name.as_str());
    }
    Err(Error::not_found(NO_MILESTONE))
}

/// The other actions have routes of their own.
fn refuse_unknown_action(desk: &Desk) -> Result<()> {
    match desk.visit.value("action").as_deref() {
        None | Some("" | "view") => Ok(()),
        Some(other) => {
            Err(Error::invalid("action", format!("There is no action `{}` for a milestone.", shortened(other))))
        }
    }
}

fn as_page(desk: &Desk, db: &Connection, room: &Room, row: &MilestoneRow) -> Result<Answer> {
    let viewer = &room.viewer;
    let choices = Choices::load(db, &room.viewer)?;
    let fields: Vec<&'static Field> =
        GROUPINGS.iter().filter_map(|name| field(name)).filter(|field| choices.has(field)).collect();
    let chosen = grouping(desk, &fields)?;
    let (_, progress) = progress::of_milestone(db, viewer, row, &choices, &room.root)?;
    let reader = Reader::new(desk.site(), &room.project, viewer, desk.base(), &room.root)?;
    let href = href(room, row);
    let by = chosen.filter(|_| viewer.may(TICKET_VIEW)).map(|chosen| By {
        name: chosen.name,
        label: chosen.label,
        href: href.clone(),
        options: fields
            .iter()
            .map(|field| ByOption { value: field.name, label: field.label, chosen: field.name == chosen.name })
            .collect(),
        sent: "by",
    });
    let groups = match chosen {
        Some(field) => groups(db, room, row, field, &choices)?,
        None => Vec::new(),
    };
    let all = store::list(db, viewer)?;
    let at = all.iter().position(|other| other.id == row.id).unwrap_or(0);
    let named = |row: &MilestoneRow| Named { name: row.name.clone(), href: self::href(room, row) };
    let owner = milestone::owner(row.clone());
    let creates_tickets = viewer.may(TICKET_CREATE) && viewer.may(TICKET_VIEW) && row.completed_at.is_none();
    let by_estimate = work::is_wanted(desk, db)?;
    let asked = burn::Asked {
        unit: if by_estimate { Unit::Work } else { Unit::Tickets },
        ..burn::Asked::new(burn::Kind::Down)
    };
    // A single point tells nothing that the bar does not.
    let burn_html = match progress.total {
        0 => None,
        total if total > MOST_BURNT => None,
        _ => Some(burn::of_milestone(db, viewer, &choices, row, &asked)?).filter(|chart| chart.rows.len() > 1),
    }
    .map(|chart| chart.html(false));
    let page = MilestonePage {
        due: Due::of(row, &Clock::of(db)?),
        progress,
        work: work::of_milestone(db, viewer, &choices, row.id)?,
        by_estimate,
        measure_href: format!("{href}?by_estimate={}", i32::from(!by_estimate)),
        description_html: described(db, &reader, row)?.into_string(),
        by,
        groups,
        burn_html: burn_html.map(Html::into_string),
        ways: if viewer.may(TICKET_VIEW) {
            ways::of_milestone(&room.root, &row.name, row.due.as_deref().and_then(|due| due.get(..7)))
        } else {
            Vec::new()
        },
        attachments: attachment::files(db, viewer, &owner, &room.root)?,
        files_href: format!("{}{}", room.root, attachment::list_href(&owner)),
        previous: at.checked_sub(1).and_then(|before| all.get(before)).map(named),
        next: all.get(at + 1).map(named),
        may: May {
            edit: viewer.may(MILESTONE_MODIFY),
            delete: viewer.may(MILESTONE_DELETE),
            attach: viewer.may(MILESTONE_MODIFY),
        },
        new_ticket_href: creates_tickets
            .then(|| format!("{}/newticket?milestone={}", room.root, address::segment(&row.name))),
        time_href: (viewer.may(TIME_VIEW) && viewer.may(TICKET_VIEW))
            .then(|| format!("{}/time?from=&to=&by=ticket&milestone={}", room.root, address::query_value(&row.name))),
        name: row.name.clone(),
        roadmap_href: format!("{}/roadmap", room.root),
        href: href.clone(),
    };
    let json = Alternate::json(format!("{href}?format=json"), format!("Milestone {}", row.name));
    let sheet = Sheet::new(format!("Milestone {}", row.name), page).at("/roadmap").alternates(vec![json]);
    sheet.about(format!("milestone:{}", row.name)).render(desk)
}

/// The field that was asked for; else the usual one, or the first that there is.
fn grouping(desk: &Desk, fields: &[&'static Field]) -> Result<Option<&'static Field>> {
    let asked = desk.visit.value("by").filter(|name| !name.is_empty());
    if let Some(name) = &asked
        && !GROUPINGS.contains(&name.as_str())
    {
        let known = GROUPINGS.join(", ");
        let message = format!("Tickets can't be grouped by `{}`; they can by {known}.", shortened(name));
        return Err(Error::invalid("by", message));
    }
    let wanted = asked.as_deref().unwrap_or(USUAL);
    Ok(fields.iter().find(|field| field.name == wanted).or(fields.first()).copied())
}

/// One bar for each value that a ticket here has, as long as its share of the longest.
fn groups(db: &Connection, room: &Room, row: &MilestoneRow, field: &Field, choices: &Choices) -> Result<Vec<Group>> {
    let tallies = progress::tallies(db, &room.viewer, &[row.id], Some(field))?;
    let mut values: Vec<(Rank, String, Vec<Tally>)> = Vec::new();
    let people = if field.kind == Kind::Person { logins(db, &tallies)? } else { Vec::new() };
    for tally in tallies {
        let (rank, name) = named(field, tally.value, choices, &people);
        match values.iter_mut().find(|(_, known, _)| *known == name) {
            Some((_, _, same)) => same.push(tally),
            None => values.push((rank, name, vec![tally])),
        }
    }
    values.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let longest = values.iter().map(|(_, _, tallies)| tallies.iter().map(|tally| tally.tickets).sum()).max();
    Ok(values
        .into_iter()
        .map(|(_, name, tallies)| {
            let asked = Asked { root: &room.root, milestone: &row.name, field: Some((field.name, &name)) };
            let progress = Progress::new(&tallies, choices, &asked, longest);
            Group { href: progress.href.clone(), progress, label: name }
        })
        .collect())
}

/// Where a value stands among the others: in the order of the field, people by their names, none of them last.
type Rank = (bool, usize, String);

fn named(field: &Field, value: i64, choices: &Choices, people: &[(i64, String)]) -> (Rank, String) {
    let (place, name) = match field.kind {
        Kind::Person => (0, people.iter().find(|(id, _)| *id == value).map(|(_, login)| login.clone())),
        Kind::Status => {
            let at = choices.statuses.iter().position(|status| status.id == value);
            (at.unwrap_or(usize::MAX), at.map(|at| choices.statuses[at].name.clone()))
        }
        _ => {
            let at = choices.options.iter().position(|option| option.id == value);
            (at.unwrap_or(usize::MAX), at.map(|at| choices.options[at].name.clone()))
        }
    };
    let name = name.unwrap_or_default();
    ((name.is_empty(), place, natural(&name)), name)
}

fn logins(db: &Connection, tallies: &[Tally]) -> Result<Vec<(i64, String)>> {
    let ids: Vec<i64> = tallies.iter().map(|tally| tally.value).collect();
    let mut statement =
        db.prepare_cached("select id, login from person where id in (select value from json_each(:ids))")?;
    let rows = statement.query_map(named_params! { ":ids": serde_json::to_string(&ids)? }, |row| {
        Ok((row.get("id")?, row.get("login")?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
