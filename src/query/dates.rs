//! Points and spans of time as people type them (rows Q10, Q11), in their own time zone. Pure.
//!
//! Trac's spans ([`span`]) begin with one point and end before another. People mean more than a point ([`around`]): `2026-03` is
//! all of March, so that `>2026-03` is from April on, and `2026-01..2026-03` ([`stretch`]) are three whole months.
//!
//! What lies beyond the calendar of the machine (the years -9999 to 9999) stands for its end: nothing wraps round.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::read::shortened;
use crate::base::moment as base;
use crate::base::time::Instant;

/// Longer texts are no dates.
const LONGEST: usize = 80;
const DAY: f64 = 86_400.0;

/// When and where a date is read.
#[derive(Debug, Clone)]
pub struct Clock {
    pub now: Instant,
    pub zone: TimeZone,
}

/// What a value of a time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Not set at all.
    Unset,
    /// From the first on, before the second; either end may be open.
    Between(Option<Instant>, Option<Instant>),
}

/// Reads `A..B`, `A..`, `..B`, or `A` alone, which means from then on.
pub fn span(text: &str, clock: &Clock) -> Result<Span, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Span::Unset);
    }
    let (from, until) = text.split_once("..").unwrap_or((text, ""));
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => moment(text, clock).map(Some),
    };
    Ok(Span::Between(end(from)?, end(until)?))
}

/// Says what is wrong with a span, before it is known who asks.
pub(super) fn check(text: &str) -> Result<(), String> {
    span(text, &Clock { now: Instant::now(), zone: TimeZone::UTC }).map(|_| ())
}

/// The first and the last microsecond of what is typed: of a day, a month, a year, of one microsecond.
pub fn around(text: &str, clock: &Clock) -> Result<(Instant, Instant), String> {
    let begin = moment(text, clock)?;
    let typed = text.trim().to_lowercase();
    if typed == "now" || distance(&typed, clock).is_some() {
        return Ok((begin, begin));
    }
    let end = match base::parse(&typed, &clock.zone, None) {
        Ok(moment) => Some(moment.end),
        Err(_) => length_of(&typed).and_then(|length| later(begin, length, &clock.zone)),
    };
    // Beyond the end of the calendar nothing is later.
    Ok((begin, end.map_or(begin, |end| Instant(end.0.saturating_sub(1).max(begin.0)))))
}

/// From the beginning of `A` to the end of `B`, both included, of `A..B`, `A..`, `..B`, or all of `A`; `-7d` alone goes from then
/// to now, `+7d` from now to then.
pub fn stretch(text: &str, clock: &Clock) -> Result<(Option<Instant>, Option<Instant>), String> {
    let text = text.trim();
    let Some((from, until)) = text.split_once("..") else {
        let (first, last) = around(text, clock)?;
        if distance(&text.to_lowercase(), clock).is_some() {
            return Ok((Some(first.min(clock.now)), Some(first.max(clock.now))));
        }
        return Ok((Some(first), Some(last)));
    };
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => around(text, clock).map(Some),
    };
    Ok((end(from)?.map(|(first, _)| first), end(until)?.map(|(_, last)| last)))
}

/// Says what is wrong with a stretch, before it is known who asks.
pub(super) fn check_stretch(text: &str) -> Result<(), String> {
    stretch(text, &Clock { now: Instant::now(), zone: TimeZone::UTC }).map(|_| ())
}

/// Says what is wrong with a single date.
pub(super) fn check_end(text: &str) -> Result<(), String> {
    moment(text, &Clock { now: Instant::now(), zone: TimeZone::UTC }).map(|_| ())
}

/// How long it lasts what a word or a date in another writing means; none of a time of day.
fn length_of(text: &str) -> Option<jiff::Span> {
    let unit = ["this", "last", "next"].iter().find_map(|which| text.strip_prefix(which)).map(str::trim);
    Some(match unit {
        Some("second") => 1.second(),
        Some("minute") => 1.minute(),
        Some("hour") => 1.hour(),
        Some("week") => 1.week(),
        Some("month") => 1.month(),
        Some("year") => 1.year(),
        None if text.contains(':') => return None,
        _ => 1.day(),
    })
}

fn later(begin: Instant, length: jiff::Span, zone: &TimeZone) -> Option<Instant> {
    let zoned = Timestamp::from_microsecond(begin.0).ok()?.to_zoned(zone.clone());
    Some(Instant(zoned.checked_add(length).ok()?.timestamp().as_microsecond()))
}

/// Reads a date, a time or words such as `3 days ago`; without a time of day it is the first moment of the day.
pub fn moment(text: &str, clock: &Clock) -> Result<Instant, String> {
    let refused =
        || format!("“{}” is no date; write 2026-11-22, 2026-11-22 18:30, yesterday or 3 days ago.", shortened(text));
    if text.len() > LONGEST {
        return Err(refused());
    }
    let typed = text.trim().to_lowercase();
    word(&typed, clock)
        .or_else(|| distance(&typed, clock))
        .or_else(|| iso(&typed, &clock.zone))
        .or_else(|| written_out(&typed, &clock.zone))
        .ok_or_else(refused)
}

fn word(text: &str, clock: &Clock) -> Option<Instant> {
    let zoned = Timestamp::from_microsecond(clock.now.0).ok()?.to_zoned(clock.zone.clone());
    let (now, today) = (zoned.datetime(), zoned.date());
    let midnight = |date: Date| instant(date.at(0, 0, 0, 0), &clock.zone);
    match text {
        "now" => return Some(clock.now),
        "today" => return Some(midnight(today)),
        "yesterday" => return Some(midnight(today.yesterday().unwrap_or(today))),
        "tomorrow" => return Some(midnight(today.tomorrow().unwrap_or(today))),
        _ => {}
    }
    let (step, unit) = [("this", 0), ("last", -1), ("next", 1)]
        .into_iter()
        .find_map(|(which, step)| text.strip_prefix(which).map(|unit| (step, unit.trim())))?;
    let date = match unit {
        "second" | "minute" | "hour" => {
            let length = seconds(unit)? as i64;
            let (minute, second) = match unit {
                "second" => (now.minute(), now.second()),
                "minute" => (now.minute(), 0),
                _ => (0, 0),
            };
            let begin = instant(today.at(now.hour(), minute, second, 0), &clock.zone);
            return Some(begin.plus_seconds(step * length));
        }
        "day" => shifted(today, step),
        "week" => shifted(shifted(today, -i64::from(today.weekday().to_monday_zero_offset())), 7 * step),
        "month" => {
            let month = i64::from(today.year()) * 12 + i64::from(today.month()) - 1 + step;
            let year = i16::try_from(month.div_euclid(12)).ok()?;
            Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?
        }
        "year" => Date::new(today.year().saturating_add(step as i16), 1, 1).ok()?,
        _ => return None,
    };
    Some(midnight(date))
}

fn shifted(date: Date, days: i64) -> Date {
    date.saturating_add(jiff::Span::new().days(days))
}

/// `3daysago`, `3 days ago`, `2w`, `-2w`; `in 2 weeks`, `+2 weeks`.
fn distance(text: &str, clock: &Clock) -> Option<Instant> {
    let ahead = text.strip_prefix("in ").or_else(|| text.strip_prefix('+'));
    let (sign, rest) = match ahead {
        Some(rest) => (1.0, rest.trim()),
        None => (-1.0, text.strip_prefix('-').or_else(|| text.strip_suffix("ago")).unwrap_or(text).trim()),
    };
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (count, unit) = (&rest[..end], rest[end..].trim());
    if count.len() > 12 || !count.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let length = count.parse::<f64>().ok()? * seconds(unit)?;
    // A cast of a number that is too large gives the largest.
    Some(Instant(clock.now.0.saturating_add((sign * length * 1_000_000.0) as i64)))
}

/// A month has 30 days, a year 365.
fn seconds(unit: &str) -> Option<f64> {
    let length = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => 1.0,
        "minute" => 60.0,
        "hour" | "h" => 3_600.0,
        "day" | "d" => DAY,
        "week" | "w" => 7.0 * DAY,
        "month" | "m" => 30.0 * DAY,
        "year" | "y" => 365.0 * DAY,
        _ => return None,
    };
    Some(length)
}

/// `2026`, `2026-11`, `2026-11-22`, `20261122`, each with `T18:30:59.5`, `18:30` or `1830` and with `Z` or `+02:00` after it.
fn iso(text: &str, zone: &TimeZone) -> Option<Instant> {
    let mut scan = Scan(text);
    let year = scan.digits(4)?;
    let dashed = scan.eat('-');
    let month = if dashed { Some(scan.digits(2)?) } else { scan.digits(2) };
    let day = match month {
        Some(_) if dashed => scan.eat('-').then(|| scan.digits(2)).map_or(Some(None), |day| day.map(Some))?,
        Some(_) => scan.digits(2),
        None => None,
    };
    let date = Date::new(year as i16, month.unwrap_or(1) as i8, day.unwrap_or(1) as i8).ok()?;
    let blanks = scan.blanks();
    if scan.0.is_empty() {
        return Some(instant(date.at(0, 0, 0, 0), zone));
    }
    let parted = scan.eat('t') || blanks;
    parted.then(|| scan.time_and_zone(date, zone)).flatten()
}

/// `22 Nov 2026`, `Nov 22, 2026`, `22.11.2026`, `11/22/2026`, each with `18:30` after it.
fn written_out(text: &str, zone: &TimeZone) -> Option<Instant> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let (date, rest) = match words.as_slice() {
        [date, rest @ ..] if date.matches(['.', '/']).count() == 2 => (numeric(date)?, rest),
        [first, second, year, rest @ ..] => {
            let (day, month) = if first.starts_with(char::is_alphabetic) { (second, first) } else { (first, second) };
            let day = number(day.trim_end_matches('.'), 1..=2)?;
            (Date::new(number(year, 4..=4)? as i16, month_named(month)?, day as i8).ok()?, rest)
        }
        _ => return None,
    };
    if rest.is_empty() {
        return Some(instant(date.at(0, 0, 0, 0), zone));
    }
    Scan(&rest.join(" ")).time_and_zone(date, zone)
}

fn numeric(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['.', '/']).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let (first, second) = (number(first, 1..=2)?, number(second, 1..=2)?);
    let (day, month) = if text.contains('/') { (second, first) } else { (first, second) };
    let year = match year.len() {
        2 => 2_000 + number(year, 2..=2)?,
        _ => number(year, 4..=4)?,
    };
    Date::new(year as i16, month as i8, day as i8).ok()
}

fn month_named(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ];
    let name = name.trim_end_matches('.');
    let at = MONTHS.iter().position(|month| name.len() >= 3 && month.starts_with(name))?;
    i8::try_from(at + 1).ok()
}

fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let fits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn instant(time: DateTime, zone: &TimeZone) -> Instant {
    let known = time.to_zoned(zone.clone()).map(|zoned| Instant(zoned.timestamp().as_microsecond()));
    known.unwrap_or(beyond(time))
}

fn beyond(time: DateTime) -> Instant {
    if time.year() < 0 { Instant(i64::MIN) } else { Instant(i64::MAX) }
}

/// What is left to be read.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let value = number(self.0.get(..count)?, count..=count)?;
        self.0 = &self.0[count..];
        Some(value)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_start();
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some
    }

    /// The rest is a time of day, perhaps with a zone, and nothing else.
    fn time_and_zone(&mut self, date: Date, zone: &TimeZone) -> Option<Instant> {
        let hour = self.digits(2)?;
        let minute = self.part()?;
        let second = if minute.is_some() { self.part()? } else { None };
        let fraction = if second.is_some() && (self.eat('.') || self.eat(',')) { self.fraction()? } else { 0 };
        let time = Time::new(hour as i8, minute.unwrap_or(0) as i8, second.unwrap_or(0) as i8, fraction as i32);
        let time = date.to_datetime(time.ok()?);
        self.blanks();
        if self.0.is_empty() {
            return Some(instant(time, zone));
        }
        let offset = if self.eat('z') { 0 } else { self.offset()? };
        if !self.0.is_empty() {
            return None;
        }
        let offset = Offset::from_seconds(i32::try_from(offset).ok()?).ok()?;
        Some(offset.to_timestamp(time).map_or(beyond(time), |at| Instant(at.as_microsecond())))
    }

    /// `:30` or `30`; the inner none if there is no more of it.
    fn part(&mut self) -> Option<Option<i64>> {
        if self.eat(':') {
            return self.digits(2).map(Some);
        }
        Some(self.digits(2))
    }

    /// Nanoseconds from up to nine digits.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let value = number(self.0.get(..length)?, 1..=9)?;
        self.0 = &self.0[length..];
        Some((length..9).fold(value, |value, _| value * 10))
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = if self.eat('+') {
            1
        } else if self.eat('-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        let minutes = self.part()?.unwrap_or(0);
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
    }
}
