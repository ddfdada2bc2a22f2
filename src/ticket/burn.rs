//! The course of tickets as charts: what is left of them (burn-down), what is done of them (burn-up), and how many were opened
//! and closed. For the page of a milestone, the page of charts, and the macro.

use jiff::civil::Date;
use rusqlite::Connection;

use super::course::{Course, Of, Sums, Unit, course};
use super::duration;
use super::fields::Choices;
use crate::base::error::Result;
use crate::base::moment::{self, day_begin, day_of, days_later};
use crate::base::periods::Periods;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::milestone::due::Clock;
use crate::milestone::store::MilestoneRow;
use crate::web::chart::{self, Chart, Row, Series, Shape};

/// A chart has so many points at most.
const MOST_POINTS: usize = 60;
/// A due date so many days ahead is drawn in any case; one that is further away only if less than half of the picture
/// would be empty.
const AHEAD: i64 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Down,
    Up,
    Flow,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Down, Self::Up, Self::Flow];

    /// As addresses and macros call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Down => "burndown",
            Self::Up => "burnup",
            Self::Flow => "opened",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Down => "Burn-down",
            Self::Up => "Burn-up",
            Self::Flow => "Opened and closed",
        }
    }
}

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct Asked {
    pub kind: Kind,
    pub unit: Unit,
    /// The first and the last day; where nothing is said, all of it.
    pub from: Option<Date>,
    pub to: Option<Date>,
    /// The moment after which nothing is known; none: now.
    pub at: Option<Instant>,
}

impl Asked {
    pub fn new(kind: Kind) -> Self {
        Self { kind, unit: Unit::default(), from: None, to: None, at: None }
    }
}

/// Minutes as charts tell them: whole hours where it is that much.
pub const WORK: chart::Unit = chart::Unit { step: 60, written: duration::written, name: "work" };

const ALL: Series = Series { name: "In all", key: "all", filled: false, straight: false };
const LEFT: Series = Series { name: "Left", key: "left", filled: true, straight: false };
const EVEN: Series = Series { name: "Even pace", key: "even", filled: false, straight: true };
const DONE: Series = Series { name: "Done", key: "done", filled: true, straight: false };
const OPENED: Series = Series { name: "Opened", key: "opened", filled: true, straight: false };
const CLOSED: Series = Series { name: "Closed", key: "closed", filled: true, straight: false };

/// The chart of a milestone that this viewer may see: it reaches to the day on which it is due, if that lies ahead.
pub fn of_milestone(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    row: &MilestoneRow,
    asked: &Asked,
) -> Result<Chart> {
    let clock = Clock::of(db)?;
    let course = course(db, viewer, choices, Of::Milestone(row.id), asked.unit)?;
    let due = row.due.as_deref().and_then(|due| due.parse().ok());
    let done = row.completed_at.map(|at| clock.day(at));
    let title = format!("{} of milestone {}", asked.kind.label(), row.name);
    Ok(drawn(&course, &clock, asked, title, Planned { due, done }))
}

/// The chart of these tickets under that title.
pub fn of_tickets(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    ids: &[i64],
    asked: &Asked,
    title: String,
) -> Result<Chart> {
    let course = course(db, viewer, choices, Of::Tickets(ids), asked.unit)?;
    Ok(drawn(&course, &Clock::of(db)?, asked, title, Planned::default()))
}

/// When it is to be done, and when it was.
#[derive(Debug, Clone, Copy, Default)]
struct Planned {
    due: Option<Date>,
    done: Option<Date>,
}

fn drawn(course: &Course, clock: &Clock, asked: &Asked, title: String, planned: Planned) -> Chart {
    let known = asked.at.map_or(clock.now, |at| at.min(clock.now));
    let last_known = day_of(known, &clock.zone);
    let periods = match course.begin().filter(|begin| *begin <= known) {
        Some(begin) => {
            let first = asked.from.unwrap_or_else(|| day_of(begin, &clock.zone));
            Periods::between(first, last_day(asked, (first, last_known), planned), MOST_POINTS)
        }
        None => Periods { step: crate::base::periods::Step::Day, begins: Vec::new() },
    };
    // A number is that of the end of its period, or of the last moment that is known.
    let ends: Vec<Instant> = (periods.begins.iter())
        .map(|begin| day_begin(periods.step.next(*begin), &clock.zone).min(Instant(known.0.saturating_add(1))))
        .collect();
    let is_known = |begin: &Date| *begin <= last_known;
    let before = periods.begins.first().map(|begin| day_begin(*begin, &clock.zone)).unwrap_or_default();
    let sums = course.at(&std::iter::once(before).chain(ends).collect::<Vec<_>>());
    let due = planned.due.and_then(|due| {
        let row = periods.begins.iter().rposition(|begin| *begin <= due)?;
        let within = due < periods.step.next(periods.begins[row]);
        within.then_some(row)
    });
    let pace = due.filter(|_| asked.kind == Kind::Down).map(|row| Pace { most: course.most(known), due: row });
    let series = match asked.kind {
        Kind::Down if pace.is_some() => vec![LEFT, EVEN],
        Kind::Down => vec![LEFT],
        Kind::Up => vec![DONE, ALL],
        Kind::Flow => vec![OPENED, CLOSED],
    };
    let rows: Vec<Row> = (periods.begins.iter().zip(sums.windows(2)).enumerate())
        .map(|(at, (begin, pair))| {
            let now = is_known(begin).then_some((&pair[0], &pair[1]));
            Row {
                key: moment::iso(*begin).unwrap_or_default(),
                label: periods.step.written(*begin),
                short: periods.step.short(*begin),
                href: None,
                values: values(asked.kind, now, pace.as_ref().map(|pace| pace.at(at))),
            }
        })
        .collect();
    let mut chart = Chart {
        title,
        told: String::new(),
        shape: if asked.kind == Kind::Flow { Shape::Columns } else { Shape::Lines },
        unit: if asked.unit == Unit::Work && asked.kind != Kind::Flow { WORK } else { chart::COUNT },
        label: periods.step.label(),
        series,
        rows,
        due: due.filter(|_| asked.kind != Kind::Flow).map(|row| (row, "due".to_owned())),
        empty: match (course.begin(), asked.kind, asked.unit) {
            (None, _, _) => "There are no tickets here yet, so there is nothing to draw.",
            (_, Kind::Flow, _) => "No ticket was opened or closed in that time, so there is nothing to draw.",
            (_, _, Unit::Work) => "Nobody has estimated these tickets for that time, so there is nothing to draw.",
            (_, Kind::Down, _) => "No ticket was left at the end of any of these days, so there is nothing to draw.",
            (_, Kind::Up, _) => "There were no tickets in that time, so there is nothing to draw.",
        },
    };
    chart.told = told(&chart);
    // The pace alone says nothing of tickets.
    if chart.rows.iter().all(|row| row.values[0].unwrap_or_default() == 0 && !has_all(row, asked.kind)) {
        chart.rows.clear();
    }
    chart
}

/// A burn-up of which nothing is done yet shows what there is to be done.
fn has_all(row: &Row, kind: Kind) -> bool {
    kind != Kind::Down && row.values.get(1).copied().flatten().unwrap_or_default() > 0
}

/// Where the chart ends: as asked, else on the day on which it was done, or is due if that is not too far ahead.
fn last_day(asked: &Asked, (first, last_known): (Date, Date), planned: Planned) -> Date {
    if let Some(to) = asked.to {
        return to;
    }
    let known = first.until(last_known).map_or(0, |span| i64::from(span.get_days()));
    let furthest = days_later(last_known, known.max(AHEAD));
    match planned {
        _ if asked.at.is_some() => last_known,
        Planned { done: Some(done), .. } => done.min(last_known),
        Planned { due: Some(due), .. } if due > last_known && due <= furthest => due,
        _ => last_known,
    }
}

/// From all there ever was down to nothing on the day on which it is due.
struct Pace {
    most: i64,
    due: usize,
}

impl Pace {
    fn at(&self, row: usize) -> Option<i64> {
        let left = self.due.checked_sub(row)? as i64;
        Some(if self.due == 0 { 0 } else { self.most.saturating_mul(left) / self.due as i64 })
    }
}

/// The numbers of one period: before it and at its end, if it is known, and what an even pace would leave.
fn values(kind: Kind, known: Option<(&Sums, &Sums)>, even: Option<Option<i64>>) -> Vec<Option<i64>> {
    match kind {
        Kind::Down => std::iter::once(known.map(|(_, end)| end.left)).chain(even).collect(),
        Kind::Up => vec![known.map(|(_, end)| end.all - end.left), known.map(|(_, end)| end.all)],
        Kind::Flow => vec![
            known.map(|(before, end)| end.opened - before.opened),
            known.map(|(before, end)| end.closed - before.closed),
        ],
    }
}

/// What is to be seen, as a sentence.
fn told(chart: &Chart) -> String {
    let written = chart.unit.written;
    let known: Vec<(&Row, i64)> = chart.rows.iter().filter_map(|row| Some((row, row.values[0]?))).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return String::new() };
    let sum = |at: usize| -> i64 { chart.rows.iter().filter_map(|row| row.values[at]).sum() };
    let (from, to) = (&first.0.label, &last.0.label);
    if from == to {
        return format!("{to} is all that is known yet.");
    }
    match chart.shape {
        Shape::Columns => format!("From {from} to {to}, {} opened and {} closed.", written(sum(0)), written(sum(1))),
        _ if chart.series[0].key == DONE.key => {
            let all = last.0.values[1].unwrap_or_default();
            format!("{} of {} done on {to}, from {} on {from}.", written(last.1), written(all), written(first.1))
        }
        _ => {
            let most = known.iter().map(|(_, value)| *value).max().unwrap_or_default();
            let (begin, end, most) = (written(first.1), written(last.1), written(most));
            format!("{begin} left on {from}, {end} on {to}; the most was {most}.")
        }
    }
}
