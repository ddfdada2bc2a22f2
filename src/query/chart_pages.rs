//! `/<project>/chart?chart=burndown&milestone=1.0`: a chart on a page of its own, whose whole state is its address, and its
//! numbers as CSV and JSON.

use rocket::http::{ContentType, Status};
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::chart::{self, Asked, Kind, OWN, groupings};
use super::pages::looked_up_by;
use super::tree::Query;
use super::{enter, export, form};
use crate::base::error::{Error, Problem, Result};
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::name::href_of;
use crate::ticket::TIME_VIEW;
use crate::ticket::burn;
use crate::ticket::course::Unit;
use crate::ticket::fields::Choices;
use crate::ticket::ways::{self, Way};
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// The milestone that is chosen in the form, in place of the query; empty: all tickets.
const OF: &str = "of";
/// What the address says that is neither the chart's nor the query's.
const ASIDE: [&str; 2] = ["format", OF];

pub fn routes() -> Vec<Route> {
    routes![page]
}

#[get("/<project>/chart")]
async fn page(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.project.read(|db| answer(desk, &room, db))
        })
        .await
}

#[derive(Serialize)]
struct ChartPage {
    href: String,
    heading: String,
    about: String,
    milestone: Option<Named>,
    ways: Vec<Way>,
    chart_html: String,
    told: String,
    kinds: Vec<Choice>,
    fields: Vec<Choice>,
    units: Vec<Choice>,
    of: Option<Vec<Choice>>,
    kept: Vec<Named>,
    from: String,
    to: String,
    at: String,
    goes_back: bool,
    exports: Vec<Way>,
    macro_call: String,
    problems: Vec<Problem>,
}

impl Page for ChartPage {
    const TEMPLATE: &'static str = "query/chart.html";
}

/// Something with a name, and where it is or what it is.
#[derive(Serialize)]
struct Named {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

fn answer(desk: &Desk, room: &Room, db: &Connection) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let all = desk.visit.pairs();
    let of = all.iter().find(|(name, _)| name == OF).map(|(_, value)| value.as_str());
    let mut pairs: Vec<(String, String)> =
        all.iter().filter(|(name, _)| !ASIDE.contains(&name.as_str())).cloned().collect();
    if let Some(name) = of {
        let exactly = crate::ticket::asked::exactly(name);
        pairs.extend((!name.is_empty()).then(|| ("milestone".to_owned(), exactly)));
    }
    let asked = Asked::read(&choices, &pairs)
        .and_then(|asked| Ok(Asked { query: looked_up_by(desk, room, db, &asked.query)?, ..asked }));
    match desk.visit.value("format").as_deref() {
        _ if desk.visit.wants_json() => {
            let drawn = chart::draw(db, &room.viewer, &choices, &asked?, &room.root)?;
            Answer::json(&drawn.json())
        }
        None | Some("" | "html") => match asked {
            // A form that was sent is led to the address of what it asks.
            Ok(asked) if of.is_some() => Ok(Answer::see(&format!("{}{}", room.root, asked.href()))),
            asked => as_page(desk, room, db, &choices, asked, &pairs),
        },
        Some("csv") => {
            let drawn = chart::draw(db, &room.viewer, &choices, &asked?, &room.root)?;
            let kind = ContentType::new("text", "csv").with_params(("charset", "utf-8"));
            Ok(Answer::new(Status::Ok, kind, export::lines(&drawn.cells(), ',', desk.visit.wants_raw()).into_bytes())
                .header("Content-Disposition", "attachment; filename=\"chart.csv\""))
        }
        Some(other) => Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other)))),
    }
}

fn as_page(
    desk: &Desk,
    room: &Room,
    db: &Connection,
    choices: &Choices,
    asked: Result<Asked>,
    pairs: &[(String, String)],
) -> Result<Answer> {
    let typed =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let mut problems = Vec::new();
    let (asked, drawn) = match asked {
        Ok(asked) => match chart::draw(db, &room.viewer, choices, &asked, &room.root) {
            Ok(drawn) => (asked, Some(drawn)),
            Err(Error::Invalid(wrong)) => {
                problems = wrong;
                (asked, None)
            }
            Err(other) => return Err(other),
        },
        Err(Error::Invalid(wrong)) => {
            problems = wrong;
            let kind = Kind::Burn(burn::Kind::Flow);
            let (from, to, at) = (typed("from"), typed("to"), typed("at"));
            (Asked { kind, query: Query::default(), unit: Unit::Tickets, from, to, at }, None)
        }
        Err(other) => return Err(other),
    };
    let milestone = asked.milestone(choices, &room.viewer);
    let refused = drawn.is_none();
    let href = format!("{}{}", room.root, asked.href());
    let exports: Vec<Way> = [("CSV", "csv"), ("JSON", "json")]
        .map(|(label, format)| Way { label, href: format!("{href}&format={format}"), current: false })
        .into();
    let media_type = |way: &Way| if way.label == "CSV" { "text/csv" } else { "application/json" };
    let alternates = exports.iter().filter(|_| !refused).map(|way| Alternate {
        href: way.href.clone(),
        media_type: media_type(way),
        title: format!("The numbers as {}", way.label),
    });
    let alternates = alternates.collect();
    // Those of the query stay as they are, unless a milestone is chosen in their place.
    let of = (asked.query.groups.is_empty() || milestone.is_some())
        .then(|| milestones(room, choices, milestone.map(|row| row.id)));
    let kept = match of {
        Some(_) => Vec::new(),
        None => pairs
            .iter()
            .filter(|(name, _)| !OWN.contains(&name.as_str()))
            .map(|(name, value)| Named { name: name.clone(), value: value.clone() })
            .collect(),
    };
    let sheet = ChartPage {
        href: format!("{}/chart", room.root),
        heading: asked.kind.label().into_owned(),
        about: form::in_words(&asked.query.groups, asked.query.further.as_ref()),
        milestone: milestone
            .map(|row| Named { name: row.name.clone(), value: format!("{}{}", room.root, href_of(&row.name)) }),
        ways: if of.is_some() {
            ways::of_plan(desk.site().components(), &room.viewer, &room.root, "Charts")
        } else {
            ways::of_query(&room.root, &asked.query.to_address(), "Chart")
        },
        told: drawn.as_ref().filter(|drawn| !drawn.is_empty()).map(|drawn| drawn.told.clone()).unwrap_or_default(),
        chart_html: drawn.map(|drawn| drawn.html(false).into_string()).unwrap_or_default(),
        kinds: kinds(room, &asked),
        fields: groupings(choices)
            .map(|field| Choice {
                value: field.name.to_owned(),
                label: field.label.to_owned(),
                chosen: asked.kind == Kind::Bars(field),
            })
            .collect(),
        units: [("count", "tickets", Unit::Tickets), ("estimate", "estimated time", Unit::Work)]
            .map(|(value, label, unit)| Choice {
                value: value.to_owned(),
                label: label.to_owned(),
                chosen: asked.unit == unit,
            })
            .into(),
        of,
        kept,
        from: asked.from.clone(),
        to: asked.to.clone(),
        at: asked.at.clone(),
        goes_back: asked.kind != Kind::Time,
        exports: if refused { Vec::new() } else { exports },
        macro_call: if refused { String::new() } else { super::chart_macro::call_of(&asked) },
        problems,
    };
    let title = sheet.heading.clone();
    let sheet = Sheet::new(title, sheet).at("/roadmap").alternates(alternates).noindex();
    if refused { sheet.status(Status::UnprocessableEntity) } else { sheet }.render(desk)
}

fn kinds(room: &Room, asked: &Asked) -> Vec<Choice> {
    let burns = burn::Kind::ALL.into_iter().map(|kind| (kind.name(), kind.label()));
    let time = room.viewer.may(TIME_VIEW).then_some(("time", "Time by person"));
    burns
        .chain([("by", "Tickets by a field")])
        .chain(time)
        .map(|(value, label)| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: asked.kind.name() == value,
        })
        .collect()
}

/// All tickets, then those milestones that are to come, then the others.
fn milestones(room: &Room, choices: &Choices, chosen: Option<i64>) -> Vec<Choice> {
    let all = Choice { value: String::new(), label: "all tickets".to_owned(), chosen: chosen.is_none() };
    if !room.viewer.may(MILESTONE_VIEW) {
        return vec![all];
    }
    let mut rows: Vec<_> = choices.milestones.iter().filter(|row| room.viewer.sees_class(row.acl)).collect();
    rows.sort_by_key(|row| row.completed_at.is_some());
    let named = rows.into_iter().map(|row| Choice {
        value: row.name.clone(),
        label: format!("milestone {}", row.name),
        chosen: Some(row.id) == chosen,
    });
    std::iter::once(all).chain(named).collect()
}
