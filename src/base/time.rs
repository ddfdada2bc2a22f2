//! Instants: whole microseconds UTC in the database, shown in the reader's own time zone.

use std::ops::Deref;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;

/// Microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

/// An instant made ready for a page: what a machine, an exact and a casual reader want.
#[derive(Debug, Clone, Serialize)]
pub struct When {
    /// RFC 3339 in UTC with microseconds.
    pub iso: String,
    /// `22 Nov 2026, 18:30` in the reader's time zone, or `2026-11-22 18:30`.
    pub exact: String,
    /// What stands in the text: `3 minutes ago`, or the exact time for those who like that better.
    pub ago: String,
}

/// How somebody likes to read moments (row U08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateStyle {
    /// `3 minutes ago`.
    #[default]
    Relative,
    /// `22 Nov 2026, 18:30`.
    Exact,
    /// `2026-11-22 18:30`.
    Iso,
}

impl DateStyle {
    pub fn name(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Exact => "exact",
            Self::Iso => "iso",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Relative, Self::Exact, Self::Iso].into_iter().find(|style| style.name() == name)
    }
}

/// A reader's time zone, and how they like to read moments. Whatever draws one asks for this.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    zone: TimeZone,
    style: DateStyle,
}

impl Zone {
    pub fn new(zone: TimeZone, style: DateStyle) -> Self {
        Self { zone, style }
    }

    /// A day as this reader likes to read it in a sentence.
    pub fn date_in_words(&self, day: jiff::civil::Date) -> String {
        match self.style {
            DateStyle::Iso => day.to_string(),
            DateStyle::Relative | DateStyle::Exact => day.strftime("%-d %B %Y").to_string(),
        }
    }

    /// For readers of whom nothing is known.
    pub fn utc() -> Self {
        Self::new(TimeZone::UTC, DateStyle::default())
    }
}

impl From<Zone> for TimeZone {
    fn from(zone: Zone) -> Self {
        zone.zone
    }
}

impl Deref for Zone {
    type Target = TimeZone;

    fn deref(&self) -> &TimeZone {
        &self.zone
    }
}

impl Instant {
    pub fn now() -> Self {
        Self(Timestamp::now().as_microsecond())
    }

    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// RFC 3339 in UTC with microseconds, as JSON answers have it.
    pub fn iso(self) -> String {
        format!("{:.6}", self.timestamp())
    }

    pub fn exact(self, zone: &TimeZone) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        // By hand, since lists hold hundreds of them.
        let at = self.timestamp().to_zoned(zone.clone()).datetime();
        let month = MONTHS.get(at.month().unsigned_abs() as usize - 1).copied().unwrap_or_default();
        let mut exact = String::with_capacity(20);
        digits(&mut exact, at.day().into(), 1);
        exact.extend([" ", month, " "]);
        digits(&mut exact, at.year(), 4);
        exact.push_str(", ");
        digits(&mut exact, at.hour().into(), 2);
        exact.push(':');
        digits(&mut exact, at.minute().into(), 2);
        exact
    }

    /// The date there, as in `2026-11-30`.
    pub fn date(self, zone: &TimeZone) -> jiff::civil::Date {
        self.timestamp().to_zoned(zone.clone()).date()
    }

    /// The day as a heading.
    pub fn day(self, zone: &Zone) -> String {
        let date = self.date(zone);
        match zone.style {
            DateStyle::Iso => date.to_string(),
            DateStyle::Relative | DateStyle::Exact => date.strftime("%A, %-d %B %Y").to_string(),
        }
    }

    pub fn ago(self, now: Self) -> String {
        let seconds = (now.0 - self.0).div_euclid(1_000_000);
        if seconds < 0 {
            return "in the future".into();
        }
        let (count, unit) = match seconds {
            0..=44 => return "just now".into(),
            45..=3_599 => ((seconds + 30) / 60, "minute"),
            3_600..=86_399 => (seconds / 3_600, "hour"),
            86_400..=2_591_999 => (seconds / 86_400, "day"),
            2_592_000..=31_535_999 => (seconds / 2_592_000, "month"),
            _ => (seconds / 31_536_000, "year"),
        };
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural} ago")
    }

    /// The exact time as a reader likes to read it.
    pub fn written(self, zone: &Zone) -> String {
        match zone.style {
            DateStyle::Relative | DateStyle::Exact => self.exact(zone),
            DateStyle::Iso => self.timestamp().to_zoned(zone.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        }
    }

    pub fn when(self, zone: &Zone) -> When {
        let exact = self.written(zone);
        let ago = if zone.style == DateStyle::Relative { self.ago(Self::now()) } else { exact.clone() };
        When { iso: self.iso(), exact, ago }
    }
}

/// A number with at least so many digits, zeros before it.
fn digits(text: &mut String, number: i16, least: usize) {
    let mut reversed = ['0'; 5];
    let (mut count, mut rest) = (0, number.unsigned_abs());
    while rest > 0 {
        reversed[count] = char::from(b'0' + (rest % 10) as u8);
        rest /= 10;
        count += 1;
    }
    if number < 0 {
        text.push('-');
    }
    text.extend(reversed[..count.max(least)].iter().rev());
}

/// The zone of that IANA name, or none if there is no such zone.
pub fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() {
        return Some(TimeZone::UTC);
    }
    TimeZone::get(name).ok()
}

/// All IANA names, for the list in the preferences.
pub fn zone_names() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.to_string()).collect()
}

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for Instant {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_words_and_exactly() {
        let then = Instant(1_790_000_000_000_000);
        assert_eq!(then.iso(), "2026-09-21T14:13:20.000000Z");
        assert_eq!(then.exact(&zone("Europe/Prague").expect("a known zone")), "21 Sep 2026, 16:13");
        for (seconds, words) in [
            (3, "just now"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (90_000, "1 day ago"),
            (40_000_000, "1 year ago"),
            (-10, "in the future"),
        ] {
            assert_eq!(then.ago(then.plus_seconds(seconds)), words);
        }
    }

    #[test]
    fn a_moment_is_drawn_as_its_reader_likes_it() {
        let then = Instant(1_790_000_000_000_000);
        let prague = zone("Europe/Prague").expect("a known zone");
        for (style, text) in [(DateStyle::Exact, "21 Sep 2026, 16:13"), (DateStyle::Iso, "2026-09-21 16:13")] {
            assert_eq!(then.when(&Zone::new(prague.clone(), style)).ago, text);
        }
        assert!(then.when(&Zone::new(prague, DateStyle::Relative)).ago.ends_with("ago") || Instant::now() < then);
    }

    #[test]
    fn a_zone_that_does_not_exist_is_none() {
        assert!(zone("Mars/Olympus").is_none());
    }
}
