//! What an address of the timeline asks for: which days, whose doings, of which kinds (rows TL01 to TL04, TL09, TL11).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::store::{self, Wanted};
use crate::base::component::{Components, TimelineFilter, TimelinePart};
use crate::base::error::{Problem, Result};
use crate::base::moment::{self, Moment, Precision};
use crate::base::time::{Instant, Zone};
use crate::base::viewer::Viewer;
use crate::web::form::shortened;

/// Days that are shown before the last one, and in a feed.
pub const DAYS: i64 = 30;
pub const FEED_DAYS: i64 = 90;
/// More days than there are between the first and the last date.
const MOST_DAYS: i64 = 8_000_000;
const MOST_AUTHORS: usize = 100;

/// A filter that this viewer may use.
pub struct Choice {
    pub filter: &'static TimelineFilter,
    pub chosen: bool,
}

/// A part of what a component's first filter stands for.
pub struct Part {
    /// The name of that filter.
    pub of: &'static str,
    pub part: TimelinePart,
    pub chosen: bool,
}

pub struct Asked {
    pub last_day: Date,
    pub days_back: i64,
    /// The moment that is to be pointed out.
    pub moment: Option<Moment>,
    pub authors: String,
    pub choices: Vec<Choice>,
    /// Parts of what filters stand for; where none is chosen, all are shown.
    pub parts: Vec<Part>,
    pub problems: Vec<Problem>,
    zone: TimeZone,
}

impl Asked {
    /// Reads the pairs of a query; what can't be read is named as a problem and left out.
    pub fn read(
        pairs: &[(String, String)],
        components: Components,
        viewer: &Viewer,
        mut parts: Vec<Part>,
        days: i64,
    ) -> Self {
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        let zone = viewer.zone();
        let mut problems = Vec::new();
        let precision = match value("precision") {
            "" => None,
            name => {
                let known = Precision::from_name(name);
                if known.is_none() {
                    let name = shortened(name);
                    let known = "year, month, day, hour, minute or second";
                    problems.push(Problem::new("precision", format!("“{name}” is no precision; it is {known}.")));
                }
                known
            }
        };
        let from = match value("from") {
            "" => None,
            text => match moment::parse(text, &zone, precision) {
                Ok(moment) => Some(moment),
                Err(why) => {
                    problems.push(Problem::new("from", why));
                    None
                }
            },
        };
        let days_back = match value("daysback") {
            "" => days,
            text => days_back(text).unwrap_or_else(|| {
                let message = format!("“{}” is no number of days.", shortened(text));
                problems.push(Problem::new("daysback", message));
                days
            }),
        };
        let today = moment::day_of(Instant::now(), &zone);
        for one in &mut parts {
            one.chosen = is_on(value(&one.part.name));
        }
        // Who asks for a part asks for what it is a part of.
        let has_part = |filter: &TimelineFilter| parts.iter().any(|one| one.chosen && one.of == filter.name);
        let choices = choices(components, viewer, |filter| is_on(value(filter.name)) || has_part(filter));
        Self {
            last_day: from.map_or(today, |moment| moment.last_day),
            days_back,
            moment: from.filter(|moment| moment.precision > Precision::Day || precision.is_some()),
            authors: value("authors").chars().take(1000).collect(),
            choices,
            parts,
            problems,
            zone: zone.into(),
        }
    }

    pub fn first_day(&self) -> Date {
        moment::days_later(self.last_day, -self.days_back)
    }

    /// The last day of the period before this one and of the one after it; none beyond the calendar and beyond today.
    pub fn neighbours(&self) -> (Option<String>, Option<String>) {
        let before = moment::days_later(self.first_day(), -1);
        let today = moment::day_of(Instant::now(), &self.zone);
        let after = moment::days_later(self.last_day, self.days_back.saturating_add(1)).min(today);
        (
            moment::iso(before).filter(|_| before < self.first_day()),
            moment::iso(after).filter(|_| after > self.last_day),
        )
    }

    /// The filter in one line.
    pub fn summary(&self, zone: &Zone) -> String {
        let days = match self.days_back {
            0 => "That day alone:".to_owned(),
            1 => "1 day back from".to_owned(),
            days => format!("{days} days back from"),
        };
        let chosen: Vec<&str> = self.choices.iter().filter(|one| one.chosen).map(|one| one.filter.title).collect();
        let left_out: Vec<&str> = self.choices.iter().filter(|one| !one.chosen).map(|one| one.filter.title).collect();
        let kinds = match (chosen.len(), left_out.len()) {
            (_, 0) => "everything".to_owned(),
            (shown, left @ 1..=2) if shown > left => {
                format!("everything but {}", left_out.join(" and ").to_lowercase())
            }
            _ => chosen.join(", ").to_lowercase(),
        };
        let of: Vec<&str> = self.parts.iter().filter(|one| one.chosen).map(|one| one.part.title.as_str()).collect();
        let of = if of.is_empty() { String::new() } else { format!(", of {}", of.join(" and ")) };
        let by = if self.authors.is_empty() { String::new() } else { format!(", by {}", self.authors) };
        format!("{days} {}, {kinds}{of}{by}", zone.date_in_words(self.last_day))
    }

    /// What is to be looked for in the event log.
    pub fn wanted(&self, db: &Connection, components: Components) -> Result<Wanted> {
        let until = moment::days_later(self.last_day, 1);
        let mut wanted = wanted_of(components, &self.choices);
        wanted.parts = self.parts.iter().filter(|one| one.chosen).map(|one| one.part.name.clone()).collect();
        wanted.since = moment::day_begin(self.first_day(), &self.zone);
        wanted.until = moment::day_begin(until, &self.zone);
        let (included, excluded) = authors(&self.authors);
        if !included.is_empty() {
            wanted.authors = Some(store::authors_called(db, &included)?);
        }
        if !excluded.is_empty() {
            wanted.not_authors = store::authors_called(db, &excluded)?;
        }
        Ok(wanted)
    }
}

/// The filters that a viewer may use; those that were asked for are chosen, or the usual ones if none was.
pub fn choices(components: Components, viewer: &Viewer, is_asked: impl Fn(&TimelineFilter) -> bool) -> Vec<Choice> {
    let filters = components.iter().flat_map(|component| component.timeline());
    let mut choices: Vec<Choice> = filters
        .filter(|filter| viewer.may(filter.permission))
        .map(|filter| Choice { filter, chosen: is_asked(filter) })
        .collect();
    if !choices.iter().any(|choice| choice.chosen) {
        for choice in &mut choices {
            choice.chosen = choice.filter.on;
        }
    }
    choices
}

/// The parts that this viewer may choose from; none is chosen yet.
pub fn parts(db: &Connection, components: Components, viewer: &Viewer) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for component in components.iter() {
        let Some(first) = component.timeline().first() else { continue };
        let its = component.timeline_parts(db, viewer)?;
        parts.extend(its.into_iter().map(|part| Part { of: first.name, part, chosen: false }));
    }
    Ok(parts)
}

/// The kinds of events that these filters stand for. Files come with the first filter of what they hang on.
pub fn wanted_of(components: Components, choices: &[Choice]) -> Wanted {
    let chosen = |filter: &TimelineFilter| choices.iter().any(|one| one.chosen && one.filter.name == filter.name);
    let mut wanted = Wanted::default();
    for component in components.iter() {
        let filters = component.timeline();
        for filter in filters.iter().filter(|filter| chosen(filter)) {
            wanted.kinds.extend(filter.events);
        }
        wanted.authored.extend(component.authored());
        if filters.first().is_some_and(chosen) {
            wanted.parents.extend(component.searchable().iter().map(|searchable| searchable.kind));
        }
    }
    wanted
}

/// Whether a value of a filter asks for it.
pub fn is_on(value: &str) -> bool {
    !matches!(value.trim(), "" | "0" | "off")
}

fn days_back(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(MOST_DAYS).min(MOST_DAYS))
}

/// Names to include and names to leave out: `kim -robot "Ada Lovelace" -"Old Robot"`.
fn authors(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut included, mut excluded) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start();
    while !rest.is_empty() && included.len() + excluded.len() < MOST_AUTHORS {
        let (list, after_sign) = match rest.strip_prefix('-') {
            Some(after) => (&mut excluded, after),
            None => (&mut included, rest),
        };
        let quote = after_sign.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (name, after) = match quote {
            Some(quote) => {
                let inner = &after_sign[1..];
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => after_sign.split_once(char::is_whitespace).unwrap_or((after_sign, "")),
        };
        if !name.trim().is_empty() {
            list.push(name.trim().to_owned());
        }
        rest = after.trim_start();
    }
    (included, excluded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_are_divided_by_blanks_left_out_by_a_minus_and_kept_whole_by_quotes() {
        let (included, excluded) = authors("kim  -robot \"Ada Lovelace\" -'Old Robot' - \"unclosed");
        assert_eq!(included, ["kim", "Ada Lovelace", "unclosed"]);
        assert_eq!(excluded, ["robot", "Old Robot"]);
    }

    #[test]
    fn any_number_of_days_is_taken_and_nothing_else() {
        assert_eq!(days_back("0"), Some(0));
        assert_eq!(days_back("99999999999999999999999"), Some(MOST_DAYS));
        for bad in ["-1", "1.5", "x", "٣"] {
            assert_eq!(days_back(bad), None, "{bad}");
        }
    }
}
