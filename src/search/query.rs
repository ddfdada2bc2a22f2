//! What somebody typed into the search box, understood. Pure: no index, no viewer. Serves pages, commands and macros.
//!
//! Whatever was typed is a query: what is no operator is a word, what is no word is left out, what is too much is cut off
//! and said so.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::schema::{facet_key, is_quote, words};
use crate::base::text::excerpt::Term;
use crate::base::time::Instant;

/// Of what was typed, so many characters are read.
const MOST_CHARS: usize = 4_000;
/// So many words are looked for, those of phrases counted one by one.
const MOST_WORDS: usize = 64;
/// So many conditions of one sort hold.
const MOST_CONDITIONS: usize = 64;
/// Shorter words are not forgiven a typing error: too much is one letter away from them.
const FORGIVEN_FROM: usize = 5;
/// What asks for the time of the last change.
const TIMES: &[&str] = &["changed", "modified"];
/// What can be asked for by name beside kind, author and time: the facets of documents. A value of `type` that is no kind
/// of resource is the type of a ticket.
const FIELDS: &[&str] = &[
    "status", "milestone", "component", "owner", "version", "priority", "severity", "resolution", "keywords",
    "reporter", "cc", "type", "repository", "ticket", "tag",
];

/// All of it must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    pub wanted: Vec<Part>,
    pub unwanted: Vec<Part>,
    /// Any of these kinds of resource; all if empty.
    pub kinds: Vec<String>,
    /// Each is a run of words that the author's name holds.
    pub authors: Vec<Vec<String>>,
    /// Of those with one name any must hold.
    pub fields: Vec<Field>,
    /// Changed at or after this instant.
    pub from: Option<Instant>,
    /// Changed before this instant.
    pub until: Option<Instant>,
    /// What must not hold: `-type:page`.
    pub excluded: Vec<Condition>,
    /// More was typed than is looked for.
    pub shortened: bool,
    /// What asks for a time that is none, as it was typed; it was read as words.
    pub no_times: Vec<String>,
    /// Everything typed as one text of plain words, to know a title again.
    pub whole: String,
}

/// What `name:value` says.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Kind(String),
    Author(Vec<String>),
    Field(Field),
    Changed { from: Option<Instant>, until: Option<Instant> },
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `status`.
    pub name: &'static str,
    /// As it was typed.
    pub value: String,
    /// As the index knows it: [`facet_key`].
    pub key: String,
}

/// Words that follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// In their plain form; at least one.
    pub words: Vec<String>,
    pub manner: Manner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Also other forms of the word.
    Loose,
    /// As it was typed: in quotes.
    Exact,
    /// The last word is a beginning.
    Prefix,
}

/// What the query is read against.
pub struct Reading {
    /// Each kind that can be searched, with its title: `("page", "Pages")`.
    pub kinds: Vec<(&'static str, &'static str)>,
    pub zone: TimeZone,
    pub now: Instant,
}

impl Query {
    pub fn read(text: &str, reading: &Reading) -> Self {
        let cut = text.char_indices().nth(MOST_CHARS).map_or(text, |(end, _)| &text[..end]);
        let mut query = Self { shortened: cut.len() < text.len(), ..Self::default() };
        let mut room = MOST_WORDS;
        let mut rest = cut.trim_start();
        while !rest.is_empty() {
            let (typed, after) = Typed::first(rest);
            rest = after.trim_start();
            if let Some(condition) = typed.condition(reading) {
                query.take(condition, typed.minus);
                continue;
            }
            if typed.asks_for_a_time() && query.no_times.len() < MOST_CONDITIONS {
                query.no_times.push(typed.bare.to_owned());
            }
            let Some(mut part) = typed.part() else { continue };
            if part.words.len() > room {
                part.words.truncate(room);
                query.shortened = true;
            }
            room -= part.words.len();
            if !part.words.is_empty() {
                let list = if typed.minus { &mut query.unwanted } else { &mut query.wanted };
                list.push(part);
            }
        }
        query.whole = words(cut).take(MOST_WORDS).map(|(_, word)| word).collect::<Vec<_>>().join(" ");
        query
    }

    /// For results while typing: the last word may go on.
    pub fn completing(mut self) -> Self {
        if let Some(part) = self.wanted.last_mut()
            && part.manner == Manner::Loose
        {
            part.manner = Manner::Prefix;
        }
        self
    }

    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
            && self.unwanted.is_empty()
            && self.kinds.is_empty()
            && self.authors.is_empty()
            && self.fields.is_empty()
            && self.excluded.is_empty()
            && self.from.is_none()
            && self.until.is_none()
    }

    /// What is marked in an excerpt.
    pub fn terms(&self) -> Vec<Term> {
        self.wanted
            .iter()
            .map(|part| Term { text: part.words.join(" "), prefix: part.manner == Manner::Prefix })
            .collect()
    }

    fn take(&mut self, condition: Condition, excluded: bool) {
        let full = |length: usize| length >= MOST_CONDITIONS;
        if excluded {
            self.shortened |= full(self.excluded.len());
            if !full(self.excluded.len()) {
                self.excluded.push(condition);
            }
            return;
        }
        match condition {
            Condition::Kind(kind) => {
                if !self.kinds.contains(&kind) {
                    self.kinds.push(kind);
                }
            }
            Condition::Author(_) if full(self.authors.len()) => self.shortened = true,
            Condition::Author(name) => self.authors.push(name),
            Condition::Field(field) if self.fields.iter().any(|known| known.key == field.key) => {}
            Condition::Field(_) if full(self.fields.len()) => self.shortened = true,
            Condition::Field(field) => self.fields.push(field),
            Condition::Changed { from, until } => {
                self.from = self.from.max(from);
                self.until = match (self.until, until) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
        }
    }
}

/// What was typed, with `name:value` added.
pub fn with_condition(text: &str, name: &str, value: &str) -> String {
    let bare = !value.is_empty()
        && !value.starts_with(is_quote)
        && !value.ends_with('*')
        && !value.contains(char::is_whitespace);
    let condition =
        if bare { format!("{name}:{value}") } else { format!("{name}:\"{}\"", value.replace(is_quote, " ")) };
    format!("{} {condition}", text.trim()).trim_start().to_owned()
}

/// What was typed, without the conditions that `unwanted` names.
pub fn without_conditions(text: &str, reading: &Reading, unwanted: impl Fn(&Condition) -> bool) -> String {
    let mut kept = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (typed, after) = Typed::first(rest);
        if typed.minus || !typed.condition(reading).is_some_and(|condition| unwanted(&condition)) {
            kept.push(rest[..rest.len() - after.len()].trim_end());
        }
        rest = after.trim_start();
    }
    kept.join(" ")
}

impl Part {
    /// The word that may have been mistyped, if it is one.
    pub fn forgivable(&self) -> Option<&str> {
        match self.words.as_slice() {
            [word] if self.manner == Manner::Loose && word.chars().count() >= FORGIVEN_FROM => Some(word),
            _ => None,
        }
    }
}

/// One thing between blanks: `word`, `-"two words"`, `name:value`, `begin*`.
struct Typed<'a> {
    minus: bool,
    name: Option<&'a str>,
    value: &'a str,
    quoted: bool,
    star: bool,
    /// All of it but the sign: what the words are if the name is no operator.
    bare: &'a str,
}

impl<'a> Typed<'a> {
    /// The first thing of a text that begins with no blank, and what follows it.
    fn first(text: &'a str) -> (Self, &'a str) {
        let minus = text.starts_with('-') && !text[1..].starts_with(char::is_whitespace) && text.len() > 1;
        let start = &text[usize::from(minus)..];
        let name = start
            .split_once(':')
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()));
        let value = name.map_or(start, |name| &start[name.len() + 1..]);
        let before_value = start.len() - value.len();
        if value.starts_with(is_quote) {
            let inside = &value[value.chars().next().map_or(0, char::len_utf8)..];
            let (inside, mut after) = match inside.find(is_quote) {
                Some(end) => (&inside[..end], &inside[end + inside[end..].chars().next().map_or(0, char::len_utf8)..]),
                None => (inside, ""),
            };
            let star = after.starts_with('*');
            if star {
                after = &after[1..];
            }
            let bare = &start[..start.len() - after.len()];
            return (Self { minus, name, value: inside, quoted: true, star, bare }, after);
        }
        let end = value.find(char::is_whitespace).unwrap_or(value.len());
        let after = &value[end..];
        let bare = &start[..before_value + end];
        let star = bare.ends_with('*');
        (Self { minus, name, value: &value[..end], quoted: false, star, bare }, after)
    }

    fn asks_for_a_time(&self) -> bool {
        let is_name = |name: &str| TIMES.iter().any(|known| known.eq_ignore_ascii_case(name));
        !self.value.is_empty() && self.name.is_some_and(is_name)
    }

    /// What `name:value` says; none if that is no operator, or not with this value.
    fn condition(&self, reading: &Reading) -> Option<Condition> {
        let name = self.name?.to_ascii_lowercase();
        match name.as_str() {
            "type" | "kind" | "is" => {
                let value = self.value.to_lowercase();
                // As Trac calls pages.
                let value = if value == "wiki" { "page".to_owned() } else { value };
                let kind = reading.kinds.iter().find(|(kind, title)| value == *kind || value == title.to_lowercase());
                match kind {
                    Some((kind, _)) => Some(Condition::Kind((*kind).to_owned())),
                    None if name == "type" => self.field("type"),
                    None => None,
                }
            }
            "author" | "by" => {
                let name: Vec<String> = words(self.value).take(MOST_WORDS).map(|(_, word)| word).collect();
                (!name.is_empty()).then_some(Condition::Author(name))
            }
            time if TIMES.contains(&time) => {
                span(self.value, reading).map(|(from, until)| Condition::Changed { from, until })
            }
            other => self.field(other),
        }
    }

    fn field(&self, name: &str) -> Option<Condition> {
        let name = FIELDS.iter().find(|known| **known == name)?;
        let key = facet_key(name, self.value)?;
        Some(Condition::Field(Field { name, value: self.value.to_owned(), key }))
    }

    fn part(&self) -> Option<Part> {
        let text = if self.quoted && self.name.is_none() { self.value } else { self.bare };
        let words: Vec<String> = words(text).take(MOST_WORDS + 1).map(|(_, word)| word).collect();
        let manner = match (self.star, self.quoted) {
            (true, _) => Manner::Prefix,
            (false, true) => Manner::Exact,
            (false, false) => Manner::Loose,
        };
        (!words.is_empty()).then_some(Part { words, manner })
    }
}

/// From when until before when: `>2026-01-01`, `<=2026-01`, `2026`, `>7d`, `2026-01-01..2026-02-01`, `2026-03..`, `today`.
fn span(value: &str, reading: &Reading) -> Option<(Option<Instant>, Option<Instant>)> {
    if let Some((first, last)) = value.split_once("..") {
        let from = if first.is_empty() { None } else { Some(moment(first, reading)?.0) };
        let until = if last.is_empty() { None } else { Some(moment(last, reading)?.1) };
        return (from.is_some() || until.is_some()).then_some((from, until));
    }
    let (sign, date) = [">=", "<=", ">", "<"]
        .iter()
        .find_map(|sign| value.strip_prefix(sign).map(|date| (*sign, date)))
        .unwrap_or(("", value));
    let (begin, end) = moment(date, reading)?;
    Some(match sign {
        ">" => (Some(end), None),
        ">=" => (Some(begin), None),
        "<" => (None, Some(begin)),
        "<=" => (None, Some(end)),
        // `changed:7d` can only mean since then.
        _ if begin == end => (Some(begin), None),
        _ => (Some(begin), Some(end)),
    })
}

/// When a date begins and when it is over; the same instant twice for a time that lies back.
fn moment(date: &str, reading: &Reading) -> Option<(Instant, Instant)> {
    let back = date.strip_prefix('-').unwrap_or(date);
    if back.len() < date.len()
        || back.ends_with(['h', 'd', 'w', 'm', 'y']) && back.starts_with(|c: char| c.is_ascii_digit())
    {
        let unit = back.chars().last()?;
        let seconds = match unit {
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'm' => 30 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        let count: i64 = digits(&back[..back.len() - 1], 1..=6)?;
        let then = reading.now.plus_seconds(-count * seconds);
        return Some((then, then));
    }
    let today = jiff::Timestamp::from_microsecond(reading.now.0).ok()?.to_zoned(reading.zone.clone()).date();
    let (first, past) = match date {
        "today" => (today, today.tomorrow().ok()?),
        "yesterday" => (today.yesterday().ok()?, today),
        _ => {
            let mut parts = date.split('-');
            let year = digits(parts.next()?, 4..=4)? as i16;
            let month = parts.next().map(|month| digits(month, 1..=2)).map_or(Some(None), |month| month.map(Some))?;
            let day = parts.next().map(|day| digits(day, 1..=2)).map_or(Some(None), |day| day.map(Some))?;
            if parts.next().is_some() {
                return None;
            }
            let first = Date::new(year, month.unwrap_or(1) as i8, day.unwrap_or(1) as i8).ok()?;
            let length = match (month, day) {
                (_, Some(_)) => 1.day(),
                (Some(_), None) => 1.month(),
                (None, None) => 1.year(),
            };
            (first, first.checked_add(length).ok()?)
        }
    };
    Some((midnight(first, &reading.zone)?, midnight(past, &reading.zone)?))
}

fn midnight(date: Date, zone: &TimeZone) -> Option<Instant> {
    Some(Instant(date.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()))
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let fits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Query {
        let reading = Reading {
            kinds: vec![("page", "Pages"), ("attachment", "Files")],
            zone: TimeZone::UTC,
            now: Instant(1_790_000_000_000_000),
        };
        Query::read(text, &reading)
    }

    /// `word`, `'exact words'`, `begin*`.
    fn drawn(parts: &[Part]) -> Vec<String> {
        let one = |part: &Part| {
            let words = part.words.join(" ");
            match part.manner {
                Manner::Loose => words,
                Manner::Exact => format!("'{words}'"),
                Manner::Prefix => format!("{words}*"),
            }
        };
        parts.iter().map(one).collect()
    }

    #[test]
    fn words_phrases_beginnings_and_exclusions_are_told_apart() {
        let query = read(r#"Straße "Two  Words" begin* -not -"not this" wiki-page "half phr"* 東京"#);
        assert_eq!(drawn(&query.wanted), ["strasse", "'two words'", "begin*", "wiki page", "half phr*", "東 京"]);
        assert_eq!(drawn(&query.unwanted), ["not", "'not this'"]);
    }

    #[test]
    fn operators_narrow_and_other_prefixes_are_words() {
        assert_eq!(read("type:wiki").kinds, ["page"]);
        let query = read(r#"type:Pages author:"Kim Lee" is:attachment foo:bar is:cow author: C:\x status: owner:"" "#);
        assert_eq!(query.kinds, ["page", "attachment"]);
        assert_eq!(query.authors, [["kim", "lee"]]);
        assert_eq!(drawn(&query.wanted), ["foo bar", "is cow", "author", "c x", "status", "'owner'"]);
    }

    #[test]
    fn fields_are_asked_for_by_name_and_a_type_that_is_no_kind_is_one_of_tickets() {
        let query = read(r#"Status:New milestone:"M 2" type:defect status:NEW status:closed type:page"#);
        let keys: Vec<&str> = query.fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!(keys, ["status=new", "milestone=m 2", "type=defect", "status=closed"]);
        assert_eq!(query.kinds, ["page"]);
        assert!(query.wanted.is_empty());
    }

    #[test]
    fn a_sign_before_a_condition_excludes_it() {
        let query = read(r#"-type:page -status:closed -author:kim -changed:7d -word -foo:bar"#);
        let field = Field { name: "status", value: "closed".to_owned(), key: "status=closed".to_owned() };
        let from = Some(Instant(1_790_000_000_000_000).plus_seconds(-7 * 86_400));
        assert_eq!(
            query.excluded,
            [
                Condition::Kind("page".to_owned()),
                Condition::Field(field),
                Condition::Author(vec!["kim".to_owned()]),
                Condition::Changed { from, until: None },
            ]
        );
        assert_eq!(drawn(&query.unwanted), ["word", "foo bar"]);
        assert!(!query.is_empty());
    }

    #[test]
    fn conditions_are_added_to_what_was_typed_and_taken_out_of_it() {
        let reading = Reading { kinds: vec![("page", "Pages")], zone: TimeZone::UTC, now: Instant(1) };
        for value in ["new", "M 2", "6\" pipe", "\"quoted\"", "a*", "a:b", "..", "-x", "ü"] {
            let typed = "two  words \"a phrase\"";
            let with = with_condition(typed, "milestone", value);
            let query = Query::read(&with, &reading);
            let key = facet_key("milestone", value);
            assert_eq!(query.fields.first().map(|field| field.key.clone()), key, "{with}");
            assert_eq!(drawn(&query.wanted), drawn(&Query::read(typed, &reading).wanted), "{with}");
            let is_it = |condition: &Condition| matches!(condition, Condition::Field(field) if Some(&field.key) == key.as_ref());
            assert_eq!(without_conditions(&with, &reading, is_it), "two words \"a phrase\"", "{with}");
        }
        assert_eq!(with_condition("", "type", "page"), "type:page");
        let kinds = |condition: &Condition| matches!(condition, Condition::Kind(_));
        assert_eq!(without_conditions("type:Pages -type:page a", &reading, kinds), "-type:page a");
    }

    #[test]
    fn dates_are_days_months_years_or_a_time_back() {
        let day = |text: &str| Instant(text.parse::<jiff::Timestamp>().expect("a time").as_microsecond());
        let new_year = day("2026-01-01T00:00:00Z");
        let second = day("2026-01-02T00:00:00Z");
        for (text, from, until) in [
            ("changed:>2026-01-01", Some(second), None),
            ("changed:>=2026-01-01", Some(new_year), None),
            ("changed:<2026-01-01", None, Some(new_year)),
            ("changed:2026-01-01", Some(new_year), Some(second)),
            ("changed:2026-01", Some(new_year), Some(day("2026-02-01T00:00:00Z"))),
            ("changed:2026", Some(new_year), Some(day("2027-01-01T00:00:00Z"))),
            ("changed:>-7d", Some(day("2026-09-14T14:13:20Z")), None),
            ("changed:-7d", Some(day("2026-09-14T14:13:20Z")), None),
            ("changed:<-1h", None, Some(day("2026-09-21T13:13:20Z"))),
            ("changed:today", Some(day("2026-09-21T00:00:00Z")), Some(day("2026-09-22T00:00:00Z"))),
            ("changed:7d", Some(day("2026-09-14T14:13:20Z")), None),
            ("changed:<7d", None, Some(day("2026-09-14T14:13:20Z"))),
            ("changed:2026-01-01..2026-01-01", Some(new_year), Some(second)),
            ("changed:2026-01-01..", Some(new_year), None),
            ("changed:..2026-01-01", None, Some(second)),
            ("changed:14d..7d", Some(day("2026-09-07T14:13:20Z")), Some(day("2026-09-14T14:13:20Z"))),
        ] {
            let query = read(text);
            assert_eq!((query.from, query.until), (from, until), "{text}");
            assert!(query.wanted.is_empty(), "{text}");
        }
        for odd in [
            "changed:>2026-13-01", "changed:2026-02-30", "changed:>soon", "changed:-9999999d", "changed:-ü",
            "changed:..", "changed:d", "changed:7ü",
        ] {
            let query = read(odd);
            assert_eq!((query.from, query.until), (None, None), "{odd}");
            assert_eq!(query.no_times, [odd]);
        }
    }

    #[test]
    fn odd_input_is_no_error_and_too_much_is_cut_off() {
        for nothing in ["", "   ", "-", "--", "\"", "\"\"", "*", "-*", "!?", "“”", ":::"] {
            assert!(read(nothing).is_empty(), "{nothing}");
        }
        assert_eq!(drawn(&read("\"never closed").wanted), ["'never closed'"]);
        let query = read(&"word ".repeat(10_000));
        assert!(query.shortened);
        assert_eq!(query.wanted.len(), MOST_WORDS);
        let query = read(&format!("\"{}\"", "a ".repeat(500)));
        assert!(query.shortened);
        assert_eq!(query.wanted[0].words.len(), MOST_WORDS);
    }

    #[test]
    fn the_last_word_is_a_beginning_while_typing_unless_it_was_quoted() {
        assert_eq!(drawn(&read("wiki sta").completing().wanted), ["wiki", "sta*"]);
        assert_eq!(drawn(&read("\"wiki\"").completing().wanted), ["'wiki'"]);
    }
}
