//! Dates of milestones: due is a calendar date in the project's time zone, completed a moment that has passed (row M07).
//!
//! What a date means today is told here, for pages, tooltips and macros alike (row M12).

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rusqlite::Connection;
use serde::Serialize;

use super::store::MilestoneRow;
use crate::base::error::{Error, Result};
use crate::base::kept::kept;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::time::{self, Instant};
use crate::web::form::shortened;

fn is_zone(name: &str) -> bool {
    time::zone(name).is_some()
}

pub const TIME_ZONE: Setting = Setting {
    name: "time_zone",
    scope: Scope::Project,
    values: Values::Checked { takes: "the name of a time zone, such as Europe/Prague", fits: is_zone },
    default: "UTC",
    doc: "The time zone in which the days of due dates begin, such as Europe/Prague.",
};

/// The clock of a project: its zone, and what day and moment it is there.
#[derive(Debug, Clone)]
pub struct Clock {
    pub zone: TimeZone,
    pub today: Date,
    pub now: Instant,
}

impl Clock {
    pub fn of(db: &Connection) -> Result<Self> {
        let zone = kept(db, TIME_ZONE.name, || Ok(time::zone(&TIME_ZONE.text(db)?).unwrap_or(TimeZone::UTC)))?;
        let now = Instant::now();
        Ok(Self { today: day_of(now, &zone), zone: (*zone).clone(), now })
    }

    /// The day on which something happened, as the project counts days.
    pub fn day(&self, at: Instant) -> Date {
        day_of(at, &self.zone)
    }
}

fn zoned(at: Instant, zone: &TimeZone) -> Zoned {
    Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

fn day_of(at: Instant, zone: &TimeZone) -> Date {
    zoned(at, zone).date()
}

/// Reads a due date as `2026-12-31`; none for an empty text.
pub fn due(written: &str, field: &str) -> Result<Option<Date>> {
    match written.trim() {
        "" => Ok(None),
        text => date(text, field).map(Some),
    }
}

/// Reads when something was completed: `now`, a date, a date with a time, or RFC 3339; none for an empty text and `no`.
/// Where only the date of `known` or its [`local`] form is given again, that moment stays as it is.
pub fn completed(written: &str, field: &str, known: Option<Instant>, clock: &Clock) -> Result<Option<Instant>> {
    let text = written.trim();
    let at = match text {
        "" | "no" => return Ok(None),
        "now" => clock.now,
        _ => match (text.parse::<Timestamp>(), has_time(text).then(|| text.parse::<DateTime>())) {
            (Ok(at), _) => Instant(at.as_microsecond()),
            (_, Some(Ok(at))) if at.year() > 0 => match known {
                Some(known) if local(known, clock) == text => known,
                _ => moment(at, clock, field)?,
            },
            _ => {
                let day = date(text, field)?;
                match known {
                    Some(known) if clock.day(known) == day => known,
                    _ if day == clock.today => clock.now,
                    // The middle of the day is the same date nearly everywhere.
                    _ => moment(day.at(12, 0, 0, 0), clock, field)?,
                }
            }
        },
    };
    if at > clock.now {
        return Err(Error::invalid(field, "A milestone can't have been completed in the future."));
    }
    if day_of(at, &clock.zone).year() < 1 {
        return Err(Error::invalid(field, OUT_OF_RANGE));
    }
    Ok(Some(at))
}

/// A moment as forms show it: `2026-12-31T18:00` in the project's time zone.
pub fn local(at: Instant, clock: &Clock) -> String {
    zoned(at, &clock.zone).strftime("%Y-%m-%dT%H:%M").to_string()
}

const OUT_OF_RANGE: &str = "Dates lie between 0001-01-01 and 9999-12-31.";

fn has_time(text: &str) -> bool {
    text.len() > 10 && text.is_char_boundary(10) && text[10..].starts_with(['T', ' '])
}

fn moment(at: DateTime, clock: &Clock, field: &str) -> Result<Instant> {
    let zoned = at.to_zoned(clock.zone.clone()).map_err(|_| Error::invalid(field, OUT_OF_RANGE))?;
    Ok(Instant(zoned.timestamp().as_microsecond()))
}

fn date(text: &str, field: &str) -> Result<Date> {
    let no_date =
        || Error::invalid(field, format!("`{}` is no date; write it as year-month-day: 2026-12-31.", shortened(text)));
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = parts.as_slice() else {
        return Err(no_date());
    };
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return Err(no_date());
    }
    let number = |part: &str| part.parse::<i16>().map_err(|_| no_date());
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    if year == 0 {
        return Err(Error::invalid(field, format!("There was no year 0. {OUT_OF_RANGE}")));
    }
    Date::new(year, month as i8, day as i8)
        .map_err(|_| Error::invalid(field, format!("`{}` is no day of the calendar.", shortened(text))))
}

/// How a milestone stands today (row M12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// `Due in 3 weeks`, `2 days late`, `Completed 3 months ago`, `No date set`.
    pub words: String,
    /// The day in words, `13 Dec 2026`, and for machines; both empty without a date.
    pub exact: String,
    pub iso: String,
}

impl Standing {
    /// `Due in 3 weeks (13 Dec 2026)`
    pub fn sentence(&self) -> String {
        if self.exact.is_empty() { self.words.clone() } else { format!("{} ({})", self.words, self.exact) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Completed,
    Late,
    Due,
    Undated,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Late => "late",
            Self::Due => "due",
            Self::Undated => "undated",
        }
    }
}

/// A day as pages show it: the `Due` of `roadmap/_parts.html`.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    kind: &'static str,
    words: String,
    pub exact: String,
    iso: String,
    /// It has passed.
    #[serde(skip)]
    pub late: bool,
}

impl Day {
    /// How a calendar date stands today; what is none has no date.
    pub fn of(date: &str, clock: &Clock) -> Self {
        let Standing { state, words, exact, iso } = standing_of(date.parse().ok(), clock);
        Self { kind: state.name(), words, exact, iso, late: state == State::Late }
    }
}

pub fn standing(row: &MilestoneRow, clock: &Clock) -> Standing {
    if let Some(at) = row.completed_at {
        let words = format!("Completed {}", at.ago(clock.now));
        return Standing { state: State::Completed, words, exact: in_words(clock.day(at)), iso: at.iso() };
    }
    standing_of(row.due.as_deref().and_then(|due| due.parse().ok()), clock)
}

fn standing_of(due: Option<Date>, clock: &Clock) -> Standing {
    let Some(due) = due else {
        let words = "No date set".to_owned();
        return Standing { state: State::Undated, words, exact: String::new(), iso: String::new() };
    };
    let days = clock.today.until(due).map_or(0, |span| i64::from(span.get_days()));
    let (words, state) = match days {
        0 => ("Due today".to_owned(), State::Due),
        1 => ("Due tomorrow".to_owned(), State::Due),
        days if days > 0 => (format!("Due in {}", stretch(days)), State::Due),
        days => (format!("{} late", stretch(-days)), State::Late),
    };
    Standing { state, words, exact: in_words(due), iso: due.to_string() }
}

fn in_words(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// A number of days in the unit that suits it.
fn stretch(days: i64) -> String {
    let (count, unit) = match days {
        0..=13 => (days, "day"),
        14..=59 => (days / 7, "week"),
        60..=729 => (days / 30, "month"),
        _ => (days / 365, "year"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        // 2026-09-21T14:13:20Z
        let now = Instant(1_790_000_000_000_000);
        Clock { zone: TimeZone::UTC, today: day_of(now, &TimeZone::UTC), now }
    }

    #[test]
    fn a_due_date_is_a_day_of_the_calendar_or_refused() {
        for good in ["2026-12-31", "0001-01-01", "9999-12-31", "2028-02-29", " 2026-01-01 "] {
            assert_eq!(due(good, "due").ok().flatten().map(|date| date.to_string()).as_deref(), Some(good.trim()));
        }
        assert_eq!(due("", "due").ok(), Some(None));
        for bad in [
            "0000-01-01", "2026-02-29", "10000-01-01", "-001-01-01", "2026-1-1", "tomorrow", "2026-13-01", "٢٠٢٦-01-01",
        ] {
            assert!(due(bad, "due").is_err(), "{bad}");
        }
    }

    #[test]
    fn completed_is_a_moment_that_has_passed() {
        let read = |text: &str| completed(text, "completed", None, &clock()).ok().flatten().map(Instant::iso);
        assert_eq!(read("now").as_deref(), Some("2026-09-21T14:13:20.000000Z"));
        assert_eq!(read("2026-09-21").as_deref(), Some("2026-09-21T14:13:20.000000Z"));
        assert_eq!(read("2026-09-20").as_deref(), Some("2026-09-20T12:00:00.000000Z"));
        assert_eq!(read("2026-09-20T18:30").as_deref(), Some("2026-09-20T18:30:00.000000Z"));
        assert_eq!(read("2026-09-20T18:30:00+02:00").as_deref(), Some("2026-09-20T16:30:00.000000Z"));
        for bad in ["2026-09-22", "2026-09-21T14:14", "9999-12-31", "0000-05-05", "0000-05-05T10:00:00Z", "soon"] {
            assert!(completed(bad, "completed", None, &clock()).is_err(), "{bad}");
        }
        let known = Instant(1_789_900_000_000_123);
        for same in ["2026-09-20", &local(known, &clock())] {
            assert_eq!(completed(same, "completed", Some(known), &clock()).ok(), Some(Some(known)));
        }
    }

    #[test]
    fn how_a_milestone_stands_is_told_in_words() {
        let told = |due: Option<&str>| {
            let row = MilestoneRow { due: due.map(str::to_owned), ..MilestoneRow::default() };
            standing(&row, &clock()).sentence()
        };
        for (due, words) in [
            ("2026-09-21", "Due today (21 Sep 2026)"),
            ("2026-09-22", "Due tomorrow (22 Sep 2026)"),
            ("2026-10-12", "Due in 3 weeks (12 Oct 2026)"),
            ("2026-09-19", "2 days late (19 Sep 2026)"),
            ("9999-12-31", "Due in 7978 years (31 Dec 9999)"),
            ("0001-01-01", "2027 years late (1 Jan 0001)"),
        ] {
            assert_eq!(told(Some(due)), words);
        }
        assert_eq!(told(None), "No date set");
        let done = MilestoneRow { completed_at: Some(Instant(1_789_900_000_000_000)), ..MilestoneRow::default() };
        assert_eq!(standing(&done, &clock()).sentence(), "Completed 1 day ago (20 Sep 2026)");
    }
}
