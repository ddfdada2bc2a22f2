//! Dates and times as addresses, links and commands write them: ISO 8601, as exact as they are long (rows L15, TL11).

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

use super::time::Instant;

/// How much time is meant by a date or time of that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// What one date or time means: a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub begin: Instant,
    /// The first instant after it.
    pub end: Instant,
    pub precision: Precision,
    /// The last day of it, as the reader counts days.
    pub last_day: Date,
}

impl Precision {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" | "millisecond" | "microsecond" => Self::Second,
            _ => return None,
        })
    }

    fn span(self) -> Span {
        match self {
            Self::Year => 1.year(),
            Self::Month => 1.month(),
            Self::Day => 1.day(),
            Self::Hour => 1.hour(),
            Self::Minute => 1.minute(),
            Self::Second => 1.second(),
        }
    }

    fn cut(self, at: DateTime) -> DateTime {
        let (date, time) = (at.date(), at.time());
        let (hour, minute, second) = match self {
            Self::Second => (time.hour(), time.minute(), time.second()),
            Self::Minute => (time.hour(), time.minute(), 0),
            Self::Hour => (time.hour(), 0, 0),
            Self::Year | Self::Month | Self::Day => (0, 0, 0),
        };
        let date = match self {
            Self::Year => date.first_of_year(),
            Self::Month => date.first_of_month(),
            _ => date,
        };
        date.at(hour, minute, second, 0)
    }
}

/// Reads a date such as `2026-11-22`, a month, a year, or a time such as `2026-11-22T10:00`; without a zone of its own it is
/// one of the reader's. A coarser `precision` widens it. The error says what is wrong, as a sentence.
pub fn parse(text: &str, zone: &TimeZone, precision: Option<Precision>) -> Result<Moment, String> {
    let written = text.trim();
    let bad = |why: &str| Err(format!("“{}” is no date: {why}.", shortened(written)));
    let (date_text, time_text) = match written.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (written, None),
    };
    let Some((date, of_date)) = date(date_text) else {
        return bad("write it as 2026-11-22, and a time as 2026-11-22T10:00");
    };
    let Some(date) = date else {
        return bad("there is no such day");
    };
    let (time, of_time, offset) = match time_text {
        None => (Time::midnight(), of_date, None),
        Some(_) if of_date != Precision::Day => return bad("before a time there must be a whole date"),
        // A plus sign of an address that was not written as %2B has become a blank.
        Some(time) => match time_of_day(&time.replace(' ', "+")) {
            Some(read) => read,
            None => return bad("after the T there must be a time such as 10:00 or 10:00:30+01:00"),
        },
    };
    let precision = precision.map_or(of_time, |asked| asked.min(of_time));
    let own_zone = offset.map_or_else(|| zone.clone(), Offset::to_time_zone);
    let begin = precision.cut(date.to_datetime(time));
    let end = begin.checked_add(precision.span()).ok().map_or(LAST, |end| instant(end, &own_zone));
    let begin = instant(begin, &own_zone);
    Ok(Moment { begin, end, precision, last_day: day_of(Instant(end.0 - 1), zone) })
}

const LAST: Instant = Instant(253_402_207_200_000_000);

/// When that clock shows that time; at the ends of all time the nearest instant there is.
fn instant(at: DateTime, zone: &TimeZone) -> Instant {
    match at.to_zoned(zone.clone()) {
        Ok(zoned) => Instant(zoned.timestamp().as_microsecond()),
        Err(_) if at.year() < 0 => Instant(Timestamp::MIN.as_microsecond()),
        Err(_) => LAST,
    }
}

/// The instant at which a day begins.
pub fn day_begin(day: Date, zone: &TimeZone) -> Instant {
    instant(day.at(0, 0, 0, 0), zone)
}

/// The day on which an instant falls.
pub fn day_of(at: Instant, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone()).date()
}

/// The day so many days later, or the nearest that there is.
pub fn days_later(day: Date, days: i64) -> Date {
    let span = Span::new().try_days(days).ok();
    let moved = span.and_then(|span| day.checked_add(span).ok());
    moved.unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

/// The date as addresses have it; none for one that no address can name.
pub fn iso(day: Date) -> Option<String> {
    (0..=9999).contains(&day.year()).then(|| format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()))
}

/// None: not written as a date; `(None, _)`: no such day.
fn date(text: &str) -> Option<(Option<Date>, Precision)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(|month| digits(month, 2));
    let day = parts.next().map(|day| digits(day, 2));
    let precision = match (month, day, parts.next()) {
        (None, None, None) => Precision::Year,
        (Some(Some(_)), None, None) => Precision::Month,
        (Some(Some(_)), Some(Some(_)), None) => Precision::Day,
        _ => return None,
    };
    let (month, day) = (month.flatten().unwrap_or(1), day.flatten().unwrap_or(1));
    Some((Date::new(year, month as i8, day as i8).ok(), precision))
}

fn time_of_day(text: &str) -> Option<(Time, Precision, Option<Offset>)> {
    let at = text.find(['Z', 'z', '+', '-', '\u{2212}']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(at);
    let offset = if zone.is_empty() { None } else { Some(offset(zone)?) };
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = parts.next().map(|minute| digits(minute, 2));
    let second = parts.next().map(|second| digits(second, 2));
    let precision = match (minute, second, parts.next()) {
        (None, None, None) => Precision::Hour,
        (Some(Some(_)), None, None) => Precision::Minute,
        (Some(Some(_)), Some(Some(_)), None) => Precision::Second,
        _ => return None,
    };
    if let Some(fraction) = fraction {
        let fits = precision == Precision::Second && !fraction.is_empty() && fraction.len() <= 9;
        if !fits || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    let (minute, second) = (minute.flatten().unwrap_or(0), second.flatten().unwrap_or(0));
    let time = Time::new(hour as i8, minute as i8, second as i8, 0).ok()?;
    Some((time, precision, offset))
}

/// `Z`, `+01`, `+0100` or `+01:00`.
fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let mut characters = text.chars();
    let sign = if characters.next()? == '+' { 1 } else { -1 };
    let plain = characters.as_str().replace(':', "");
    let (hours, minutes) = match plain.len() {
        2 => (digits(&plain, 2)?, 0),
        4 if plain.is_ascii() => (digits(&plain[..2], 2)?, digits(&plain[2..], 2)?),
        _ => return None,
    };
    let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
    (hours < 24 && minutes < 60).then(|| Offset::from_seconds(seconds).ok()).flatten()
}

fn digits(text: &str, length: usize) -> Option<i16> {
    let fits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// For quoting what was typed.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Moment {
        parse(text, &TimeZone::UTC, None).unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_date_is_as_exact_as_it_is_long() {
        for (text, seconds) in [
            ("2026", 365 * 86_400),
            ("2026-11", 30 * 86_400),
            ("2026-11-22", 86_400),
            ("2026-11-22T10", 3_600),
            ("2026-11-22 10:00", 60),
            ("2026-11-22T10:00:07Z", 1),
            ("2026-11-22T10:00:07.123456Z", 1),
        ] {
            let moment = read(text);
            assert_eq!(moment.end.seconds() - moment.begin.seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn a_time_has_its_own_zone_or_the_readers() {
        let prague = crate::base::time::zone("Europe/Prague").expect("a known zone");
        let own = parse("2026-11-22T10:00", &prague, None).expect("reads");
        for same in ["2026-11-22T09:00Z", "2026-11-22T04:00-05:00", "2026-11-22T10:00 0100", "2026-11-22T10:00+01"] {
            assert_eq!(parse(same, &prague, None).as_ref(), Ok(&own), "{same}");
        }
    }

    #[test]
    fn a_coarser_precision_widens_the_moment_and_a_finer_one_does_not_narrow_it() {
        let hour = parse("2026-11-22T10:20:30Z", &TimeZone::UTC, Some(Precision::Hour)).expect("reads");
        assert_eq!((hour.begin, hour.end), (read("2026-11-22T10:00").begin, read("2026-11-22T11:00").begin));
        assert_eq!(parse("2026-11-22", &TimeZone::UTC, Some(Precision::Second)), Ok(read("2026-11-22")));
    }

    #[test]
    fn the_ends_of_all_time_are_read_and_what_is_no_date_is_refused() {
        for text in ["0000", "0000-01-01T00:00:00+14:00", "9999", "9999-12-31", "9999-12-31T23:59:59-12:00"] {
            let moment = read(text);
            assert!(moment.begin <= moment.end, "{text}");
        }
        for text in [
            "", "x", "22.11.2026", "2026-13-01", "2026-02-30", "2026-1-1", "26-11-22", "-2026-11-22", "2026-11T10:00",
            "2026-11-22T", "2026-11-22T25:00", "2026-11-22T10:00+99:00", "2026-11-22T10:00.5", "２０２６-11-22",
            "2026-11-22T10:00+é1", "99999-01-01",
        ] {
            assert!(parse(text, &TimeZone::UTC, None).is_err(), "{text}");
        }
    }
}
