//! Charts of what a query finds: what is asked of them in addresses and macros, and how each is drawn.
//!
//! The tickets are those that the query finds today; what they were is read from their history. A query that asks for one
//! milestone and for nothing else means the milestone itself: then a ticket counts as long as it was in it.

use std::borrow::Cow;

use jiff::civil::Date;
use rusqlite::Connection;

use super::run::{StateCounts, state_counts};
use super::table::hides_addresses;
use super::tree::{Column, Operator, Order, Query};
use super::{dates, form, from_pairs, narrow, pages, run};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment::{day_of, iso};
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::due::Clock;
use crate::milestone::store::MilestoneRow;
use crate::ticket::burn;
use crate::ticket::course::Unit;
use crate::ticket::fields::{Choices, Field, Kind as FieldKind};
use crate::ticket::people::shown_to;
use crate::ticket::status::Category;
use crate::ticket::time_table::{self, By, Key};
use crate::ticket::values::People;
use crate::web::chart::{self, Chart, Row, Series, Shape};
use crate::web::form::shortened;

/// A bar for each value, so many at most.
const MOST_BARS: usize = 60;
/// What a chart is asked beside its query.
pub(super) const OWN: [&str; 6] = ["chart", "by", "unit", "from", "to", "at"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Burn(burn::Kind),
    /// How many there are of each value of a field.
    Bars(&'static Field),
    /// Who has worked how long on them.
    Time,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Burn(kind) => kind.name(),
            Self::Bars(_) => "by",
            Self::Time => "time",
        }
    }

    pub fn label(self) -> Cow<'static, str> {
        match self {
            Self::Burn(kind) => kind.label().into(),
            Self::Bars(field) => format!("Tickets by {}", field.label.to_lowercase()).into(),
            Self::Time => "Time by person".into(),
        }
    }
}

/// What a chart is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub kind: Kind,
    pub query: Query,
    pub unit: Unit,
    /// As they were typed.
    pub from: String,
    pub to: String,
    pub at: String,
}

impl Asked {
    /// Reads the pairs of an address or of a macro's call; those of the chart stand among those of its query.
    pub fn read(choices: &Choices, pairs: &[(String, String)]) -> Result<Self> {
        let value = |name: &str| {
            pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        let (own, rest): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(name, _)| OWN.contains(&name.as_str()));
        let mut problems = Vec::new();
        let by = match value("by").map(|name| grouping(choices, name)).transpose() {
            Ok(by) => by,
            Err(message) => {
                problems.push(Problem::new("by", message));
                None
            }
        };
        let usual = by.map_or(Kind::Burn(burn::Kind::Flow), Kind::Bars);
        let kind = match value("chart") {
            None => usual,
            Some("time") => Kind::Time,
            Some("by") => by.or_else(|| grouping(choices, "status").ok()).map_or(usual, Kind::Bars),
            Some(name) => match burn::Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                Some(kind) => Kind::Burn(kind),
                None => {
                    let known = "burndown, burnup, opened, by and time";
                    let message = format!("There is no chart “{}”; there are {known}.", shortened(name));
                    problems.push(Problem::new("chart", message));
                    usual
                }
            },
        };
        let unit = match value("unit") {
            None | Some("count") => Unit::Tickets,
            Some("estimate") => Unit::Work,
            Some(other) => {
                let message = format!("`unit` is `count` or `estimate`, not “{}”.", shortened(other));
                problems.push(Problem::new("unit", message));
                Unit::Tickets
            }
        };
        if value("at").is_some() && kind == Kind::Time {
            let message =
                "Who had worked how long by an earlier moment is not known; `to` ends the days that are counted.";
            problems.push(Problem::new("at", message));
        }
        let query = match from_pairs(&choices.fields, &rest) {
            Ok(query) => Query { group: None, page: 1, max: None, ..query },
            Err(Error::Invalid(wrong)) => {
                problems.extend(wrong);
                Query::default()
            }
            Err(other) => return Err(other),
        };
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let typed = |name: &str| {
            own.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        Ok(Self { kind, query, unit, from: typed("from"), to: typed("to"), at: typed("at") })
    }

    /// Its address below the project's, as short as it can be said.
    pub fn href(&self) -> String {
        let mut pairs = vec![("chart", self.kind.name())];
        if let Kind::Bars(field) = self.kind {
            pairs.push(("by", field.name));
        }
        if self.unit == Unit::Work {
            pairs.push(("unit", "estimate"));
        }
        let typed = [("from", &self.from), ("to", &self.to), ("at", &self.at)];
        pairs.extend(typed.iter().filter(|(_, typed)| !typed.is_empty()).map(|(name, typed)| (*name, typed.as_str())));
        let own: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", crate::web::address::query_value(value))).collect();
        let query = Query { order: Vec::new(), columns: None, rows: Vec::new(), ..self.query.clone() }.to_address();
        format!("/chart?{}{}{query}", own.join("&"), if query.is_empty() { "" } else { "&" })
    }

    /// The milestone that the query means, if it asks for one that this viewer may see and for nothing else.
    pub fn milestone<'c>(&self, choices: &'c Choices, viewer: &Viewer) -> Option<&'c MilestoneRow> {
        let [group] = self.query.groups.as_slice() else { return None };
        let [clause] = group.as_slice() else { return None };
        let [name] = clause.values.as_slice() else { return None };
        let field = clause.column.field().filter(|field| field.kind == FieldKind::Milestone && !field.own)?;
        if clause.negated || clause.operator != Operator::Is || name.is_empty() || !viewer.may(MILESTONE_VIEW) {
            return None;
        }
        choices.id_of(field, name).and_then(|id| choices.milestone(id)).filter(|row| viewer.sees_class(row.acl))
    }

    /// What it is called, for those tickets.
    fn title(&self) -> String {
        let words = form::in_words(&self.query.groups, self.query.further.as_ref());
        let label = self.kind.label();
        if words.is_empty() { format!("{label}: all tickets") } else { format!("{label}: {words}") }
    }
}

/// The field of that name, if its values can be counted.
fn grouping(choices: &Choices, name: &str) -> std::result::Result<&'static Field, String> {
    let column = Column::named(&choices.fields, name).filter(|column| column.groups());
    column.and_then(Column::field).filter(|field| choices.has(field)).ok_or_else(|| {
        let known: Vec<&str> = groupings(choices).map(|field| field.name).collect();
        format!("Tickets can't be counted by “{}”; they can by {}.", shortened(name), known.join(", "))
    })
}

/// The fields whose values can be counted.
pub(super) fn groupings(choices: &Choices) -> impl Iterator<Item = &'static Field> {
    let counts = |field: &&'static Field| {
        let few = matches!(
            field.kind,
            FieldKind::Status | FieldKind::Option { .. } | FieldKind::Milestone | FieldKind::Person | FieldKind::Check
        );
        few && Column::Of(field).groups()
    };
    choices.fields().filter(counts)
}

/// Draws it for this viewer; `root` is what stands before addresses of the project.
pub fn draw(db: &Connection, viewer: &Viewer, choices: &Choices, asked: &Asked, root: &str) -> Result<Chart> {
    let clock = Clock::of(db)?;
    let (from, to) = (day(&asked.from, "from", &clock)?, day(&asked.to, "to", &clock)?);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::invalid("to", "The chart would end before it begins."));
    }
    match asked.kind {
        Kind::Burn(kind) => {
            let at = moment(&asked.at, "at", &dates::Clock { now: clock.now, zone: viewer.zone().into() })?;
            let wanted = burn::Asked { kind, unit: asked.unit, from, to, at };
            match asked.milestone(choices, viewer) {
                Some(row) => burn::of_milestone(db, viewer, choices, row, &wanted),
                None => {
                    let ids = run::members(db, viewer, choices, &asked.query)?;
                    burn::of_tickets(db, viewer, choices, &ids, &wanted, asked.title())
                }
            }
        }
        Kind::Bars(field) => bars(db, viewer, choices, asked, field, root),
        Kind::Time => time(db, viewer, choices, asked, (from, to)),
    }
}

fn moment(typed: &str, name: &str, clock: &dates::Clock) -> Result<Option<crate::base::time::Instant>> {
    if typed.is_empty() {
        return Ok(None);
    }
    dates::moment(typed, clock).map(Some).map_err(|message| Error::invalid(name, message))
}

/// A day as the project counts them.
fn day(typed: &str, name: &str, clock: &Clock) -> Result<Option<Date>> {
    let at = moment(typed, name, &dates::Clock { now: clock.now, zone: clock.zone.clone() })?;
    Ok(at.map(|at| day_of(at, &clock.zone)))
}

fn bars(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    asked: &Asked,
    field: &'static Field,
    root: &str,
) -> Result<Chart> {
    let column = Column::Of(field);
    let of_then = Query { at: (!asked.at.is_empty()).then(|| asked.at.clone()), ..asked.query.clone() };
    let query = Query { group: Some(Order { column, descending: false }), ..of_then.clone() };
    let counts = state_counts(db, viewer, choices, &query)?;
    let kinds = [("Closed", Category::Closed), ("Waiting", Category::Waiting), ("Open", Category::Open)];
    // What there is none of needs no column; open tickets are what is mostly asked for.
    let found = |wanted: Category| {
        let states = counts.iter().flat_map(|one| &one.states).filter_map(|(state, _)| choices.status(*state));
        wanted == Category::Open || states.into_iter().any(|status| status.category == wanted)
    };
    let kinds: Vec<(&'static str, Category)> = kinds.into_iter().filter(|(_, category)| found(*category)).collect();
    let of = |counts: &StateCounts, category: Category| -> Option<i64> {
        let mine = |state: &i64| choices.status(*state).is_some_and(|status| status.category == category);
        let tickets: usize = counts.states.iter().filter(|(state, _)| mine(state)).map(|(_, tickets)| tickets).sum();
        i64::try_from(tickets).ok()
    };
    let is_person = field.kind == FieldKind::Person;
    let mut rows: Vec<Row> = counts
        .iter()
        .take(MOST_BARS)
        .map(|one| {
            let hidden = is_person && hides_addresses(viewer) && one.value.contains('@');
            let narrow = narrow::to_value(&of_then, column, &one.value, viewer).filter(|_| !hidden);
            let label = match one.value.as_str() {
                "" => "none".to_owned(),
                value if is_person => shown_to(viewer, value),
                value => value.to_owned(),
            };
            Row {
                key: label.clone(),
                short: String::new(),
                href: narrow.map(|query| format!("{root}{}", pages::href(&query))),
                values: kinds.iter().map(|(_, category)| of(one, *category)).collect(),
                label,
            }
        })
        .collect();
    if let Some(rest) = counts.get(MOST_BARS..).filter(|rest| !rest.is_empty()) {
        let sum = |category| rest.iter().filter_map(|one| of(one, category)).sum();
        let label = format!("{} others", rest.len());
        let values = kinds.iter().map(|(_, category)| Some(sum(*category))).collect();
        rows.push(Row { key: label.clone(), short: String::new(), href: None, values, label });
    }
    let series = kinds
        .iter()
        .map(|(name, category)| Series { name, key: category.name(), filled: true, straight: false })
        .collect();
    let all: usize = counts.iter().flat_map(|one| &one.states).map(|(_, tickets)| tickets).sum();
    Ok(Chart {
        title: asked.title(),
        told: format!("{all} tickets by {}.", field.label.to_lowercase()),
        shape: Shape::Bars,
        unit: chart::COUNT,
        label: field.label,
        series,
        rows,
        due: None,
        empty: "No ticket is like that, so there is nothing to draw.",
    })
}

fn time(
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    asked: &Asked,
    (from, to): (Option<Date>, Option<Date>),
) -> Result<Chart> {
    let tickets = serde_json::to_string(&run::members(db, viewer, choices, &asked.query)?)?;
    let wanted = time_table::Asked {
        from: from.and_then(iso),
        to: to.and_then(iso),
        tickets: Some(tickets),
        ..time_table::Asked::default()
    };
    let groups = time_table::groups(db, viewer, &wanted, By::Person, MOST_BARS)?;
    let id = |key: &Key| match key {
        Key::Id(id) => Some(*id),
        Key::Day(_) => None,
    };
    let people = People::load(db, groups.iter().filter_map(|group| id(&group.key)))?.shown_to(viewer);
    let rows: Vec<Row> = groups
        .iter()
        .map(|group| {
            let label = people.called(id(&group.key));
            let key = people.login(id(&group.key)).to_owned();
            Row { key, short: String::new(), href: None, values: vec![Some(group.minutes)], label }
        })
        .collect();
    let all: i64 = groups.iter().map(|group| group.minutes).sum();
    Ok(Chart {
        title: asked.title(),
        told: format!("{} in all.", (burn::WORK.written)(all)),
        shape: Shape::Bars,
        unit: burn::WORK,
        label: "Person",
        series: vec![Series { name: "Worked", key: "closed", filled: true, straight: false }],
        rows,
        due: None,
        empty: "Nobody has entered any time for these tickets, so there is nothing to draw.",
    })
}
