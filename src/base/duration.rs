//! Lengths of work as people write them: `2h30m`, `1.5h`, `1:30`, `90`, `2d` (row A1 of RT). Kept in minutes.

/// A working day and a working week, in minutes.
const DAY: f64 = 8.0 * 60.0;
const WEEK: f64 = 5.0 * DAY;
/// No more than this is meant seriously: ten thousand days.
const MOST: i64 = 4_800_000;

/// Minutes; a bare number counts minutes. `-` before it makes it less than nothing, for corrections. What can't be understood
/// is told in a sentence.
pub fn parse(text: &str) -> Result<i64, String> {
    let trimmed = text.trim().to_lowercase();
    let (negative, rest) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest.trim()),
        None => (false, trimmed.as_str()),
    };
    let minutes = minutes(rest).filter(|minutes| *minutes <= MOST).ok_or_else(|| {
        "A length of time is written 2h30m, 1.5h, 1:30, 45m or 2d (of eight hours); a bare number counts minutes."
            .to_owned()
    })?;
    Ok(if negative { -minutes } else { minutes })
}

fn minutes(text: &str) -> Option<i64> {
    if let Some((hours, minutes)) = text.split_once(':') {
        let (hours, minutes): (i64, i64) = (whole(hours)?, whole(minutes)?);
        return (minutes < 60 && hours <= MOST).then_some(hours * 60 + minutes);
    }
    if let Some(minutes) = whole(text) {
        return Some(minutes);
    }
    let (mut total, mut rest, mut any) = (0.0, text, false);
    while !rest.is_empty() {
        let end = rest.find(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | ',')))?;
        let number: f64 = rest[..end].replace(',', ".").parse().ok()?;
        rest = rest[end..].trim_start();
        let end = rest.find(|character: char| !character.is_alphabetic()).unwrap_or(rest.len());
        total += number
            * match &rest[..end] {
                "m" | "min" | "mins" | "minute" | "minutes" => 1.0,
                "h" | "hr" | "hrs" | "hour" | "hours" => 60.0,
                "d" | "day" | "days" => DAY,
                "w" | "week" | "weeks" => WEEK,
                _ => return None,
            };
        rest = rest[end..].trim_start();
        any = true;
        // The minutes after hours need no letter: `2h30`.
        if !rest.is_empty() && whole(rest).is_some_and(|minutes| minutes < 60) {
            total += whole(rest)? as f64;
            rest = "";
        }
    }
    (any && total.is_finite()).then_some(total.round() as i64)
}

fn whole(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// As it is shown, and can be typed again: `2h 30m`, `45m`, `0m`.
pub fn written(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{sign}{minutes}m"),
        (hours, 0) => format!("{sign}{hours}h"),
        (hours, minutes) => format!("{sign}{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, minutes) in [
            ("2h30m", 150),
            ("2h 30m", 150),
            ("2h30", 150),
            ("1.5h", 90),
            ("1,5 h", 90),
            ("1:30", 90),
            ("90m", 90),
            ("90", 90),
            ("45 min", 45),
            ("2d", 960),
            ("1w", 2400),
            ("1d 2h 3m", 603),
            ("0", 0),
            ("-1h", -60),
            ("1H", 60),
        ] {
            assert_eq!(parse(text), Ok(minutes), "{text}");
        }
        for text in ["", "h", "1:75", "2x", "1h75", "1..5h", "99999999h", "1h -2m", "-", "1e9h", "NaN", "--1h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        for minutes in [0, 1, 59, 60, 61, 150, 480, 4_799_999, -90] {
            assert_eq!(parse(&written(minutes)), Ok(minutes));
        }
    }
}
