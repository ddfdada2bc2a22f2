//! Calendars for other programs (RFC 5545): how lines are written, and the frame around them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use rocket::http::{ContentType, Status};

use super::Answer;
use crate::base::time::Instant;

/// A day as calendars write it.
pub fn day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// Lines as RFC 5545 has them: CRLF at their ends, none longer than 75 octets.
#[derive(Default)]
pub struct Calendar(String);

impl Calendar {
    /// The beginning of a calendar of that name; `of` is what it is made from.
    pub fn begin(of: &str, name: &str) -> Self {
        let mut calendar = Self::default();
        calendar.line("BEGIN", "VCALENDAR");
        calendar.line("VERSION", "2.0");
        calendar.line("PRODID", &format!("-//Trackway//{of}//EN"));
        calendar.line("METHOD", "PUBLISH");
        calendar.text("X-WR-CALNAME", name);
        calendar
    }

    /// Its end, and the answer that it is.
    pub fn answer(mut self) -> Answer {
        self.line("END", "VCALENDAR");
        let kind = ContentType::new("text", "calendar").with_params(("charset", "utf-8"));
        Answer::new(Status::Ok, kind, self.0.into_bytes())
    }

    /// A value that holds nothing but what we put there.
    pub fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut length = 0;
        for character in line.chars() {
            if length + character.len_utf8() > 75 {
                self.0.push_str("\r\n ");
                length = 1;
            }
            length += character.len_utf8();
            self.0.push(character);
        }
        self.0.push_str("\r\n");
    }

    /// A value that somebody typed.
    pub fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => {
                    escaped.push('\\');
                    escaped.push(character);
                }
                '\n' => escaped.push_str("\\n"),
                '\t' => escaped.push(' '),
                other if other.is_control() => {}
                other => escaped.push(other),
            }
        }
        self.line(name, &escaped);
    }

    pub fn moment(&mut self, name: &str, at: Instant) {
        let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut value = String::new();
        let _ = write!(value, "{}", at.strftime("%Y%m%dT%H%M%SZ"));
        self.line(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_special_ones_escaped() {
        let mut calendar = Calendar::default();
        calendar.text("SUMMARY", &format!("a,b;c\\d\ne\r\u{7}{}", "ä".repeat(100)));
        let text = calendar.0;
        assert!(text.starts_with("SUMMARY:a\\,b\\;c\\\\d\\ne\u{e4}"));
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert_eq!(text.replace("\r\n ", "").matches('ä').count(), 100);
    }

    #[test]
    fn days_have_four_digits_for_the_year() {
        assert_eq!(day(Date::constant(1, 2, 3)), "00010203");
        assert_eq!(day(Date::MAX), "99991231");
    }
}
