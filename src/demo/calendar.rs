//! When things happen in the demonstration: on days of its semester, of which the last one is today.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::broken;
use crate::base::error::Result;
use crate::base::time::Instant;

/// Fourteen weeks.
const LAST_DAY: i64 = 98;

pub struct Calendar {
    now: Instant,
    today: Date,
}

impl Calendar {
    pub fn until_now() -> Self {
        Self::until(Instant::now())
    }

    fn until(now: Instant) -> Self {
        let today = Timestamp::from_microsecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
        Self { now, today }
    }

    /// The date of a day of the semester.
    pub fn date(&self, day: i64) -> Date {
        self.today.saturating_add((day - LAST_DAY).days())
    }

    /// Reads `16 17:02` (day and time), `now-3h` or `now-3h20m` at the beginning of a line. Returns what follows, too.
    pub fn moment<'t>(&self, line: &'t str) -> Result<(Instant, &'t str)> {
        let wrong = || broken(&format!("no moment: {line}"));
        let (first, rest) = line.trim_start().split_once(' ').unwrap_or((line.trim(), ""));
        if let Some((hours, minutes)) = first.strip_prefix("now-").and_then(|text| text.split_once('h')) {
            let minutes = if minutes.is_empty() { "0m" } else { minutes };
            let minutes: i64 = minutes.strip_suffix('m').and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
            let hours: i64 = hours.parse().map_err(|_| wrong())?;
            return Ok((self.now.plus_seconds(-(hours * 60 + minutes) * 60), rest));
        }
        let (time, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let day: i64 = first.parse().map_err(|_| wrong())?;
        let (hour, minute) = time.split_once(':').ok_or_else(wrong)?;
        let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
        let at = self.date(day).at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        Ok((Instant(at.timestamp().as_microsecond()), rest))
    }

    /// Puts dates in: `{day:12}` becomes `2026-09-03`, `{date:12}` `3 September`; `other` knows what else may stand there.
    pub fn fill_in(&self, text: &str, other: &dyn Fn(&str, &str) -> Option<String>) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find('{') {
            let (before, opened) = rest.split_at(begin);
            filled.push_str(before);
            let found = opened[1..].split_once('}').and_then(|(inside, after)| {
                let (kind, of) = inside.split_once(':')?;
                let value = match kind {
                    "day" => self.date(of.parse().ok()?).to_string(),
                    "date" => self.date(of.parse().ok()?).strftime("%-d %B").to_string(),
                    _ => other(kind, of)?,
                };
                Some((value, after))
            });
            match found {
                Some((value, after)) => {
                    filled.push_str(&value);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = &opened[1..];
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        // 2026-09-21T14:13:20Z
        Calendar::until(Instant(1_790_000_000_000_000))
    }

    #[test]
    fn days_are_counted_back_from_today() {
        let calendar = calendar();
        assert_eq!(calendar.date(98).to_string(), "2026-09-21");
        assert_eq!(calendar.date(1).to_string(), "2026-06-16");
        let read = |line: &str| calendar.moment(line).ok().map(|(at, rest)| (at.iso(), rest.to_owned()));
        assert_eq!(read("97 16:40 mira do"), Some(("2026-09-20T16:40:00.000000Z".to_owned(), "mira do".to_owned())));
        assert_eq!(read("now-2h"), Some(("2026-09-21T12:13:20.000000Z".to_owned(), String::new())));
        assert_eq!(read("now-2h05m x"), Some(("2026-09-21T12:08:20.000000Z".to_owned(), "x".to_owned())));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn only_known_names_in_braces_are_filled_in() {
        let other = |kind: &str, of: &str| (kind == "commit" && of == "c1").then(|| "abc".to_owned());
        let filled = calendar().fill_in("{day:98} {date:97} {commit:c1} {commit:c2} \\sum_{i} {", &other);
        assert_eq!(filled, "2026-09-21 20 September abc {commit:c2} \\sum_{i} {");
    }
}
