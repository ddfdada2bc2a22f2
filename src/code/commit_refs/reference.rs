//! One reference to a ticket: `#12`, `ticket 12`, `demo#12`, or its address.

use std::fmt;
use std::ops::Range;

use super::Context;
use super::scan::{blanks_in_line, byte_at};
use super::verbs::{begins_with, is_known, noun_at};

/// Greater numbers are no tickets.
pub const MAX_TICKET: i64 = 2_147_483_647;
/// Of a project's name.
const MAX_NAME: usize = 39;

/// What a reference leads to. Not said: whether it exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A ticket of the project that the message belongs to.
    Own(i64),
    /// A ticket of another project, by its name in lower case.
    Foreign(String, i64),
}

impl fmt::Display for Target {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(ticket) => write!(to, "#{ticket}"),
            Self::Foreign(project, ticket) => write!(to, "{project}#{ticket}"),
        }
    }
}

pub struct Reference {
    pub target: Target,
    pub minutes: i64,
    /// All of it, with the comment's number and the time behind it.
    pub range: Range<usize>,
}

/// The reference that begins exactly here.
pub fn reference_at(text: &str, at: usize, context: &Context<'_>) -> Option<Reference> {
    let (target, end) = match byte_at(text, at)? {
        b'#' => own(number_at(text, at + 1)?),
        b'<' => {
            let (target, end) = address_at(text, at + 1, context)?;
            (byte_at(text, end)? == b'>').then_some((target, end + 1))?
        }
        _ => address_at(text, at, context)
            .or_else(|| after_noun(text, at).map(own))
            .or_else(|| in_project(text, at, context))?,
    };
    let end = after_comment(text, end);
    let (minutes, end) = time_at(text, end).unwrap_or((0, end));
    Some(Reference { target, minutes, range: at..end })
}

fn own((ticket, end): (i64, usize)) -> (Target, usize) {
    (Target::Own(ticket), end)
}

/// `ticket 12`, `ticket:12`, `ticket12`, `ticket #12`.
fn after_noun(text: &str, at: usize) -> Option<(i64, usize)> {
    let end = noun_at(text, at)?;
    let end = if byte_at(text, end) == Some(b':') { end + 1 } else { end };
    let end = blanks_in_line(text, end);
    let end = if byte_at(text, end) == Some(b'#') { end + 1 } else { end };
    number_at(text, end)
}

/// `demo#12`.
fn in_project(text: &str, at: usize, context: &Context<'_>) -> Option<(Target, usize)> {
    let (name, end) = project_at(text, at)?;
    if byte_at(text, end)? != b'#' || is_known(&name) {
        return None;
    }
    let (ticket, end) = number_at(text, end + 1)?;
    Some((of_project(name, ticket, context), end))
}

fn of_project(name: String, ticket: i64, context: &Context<'_>) -> Target {
    if context.project.is_some_and(|own| own.eq_ignore_ascii_case(&name)) {
        Target::Own(ticket)
    } else {
        Target::Foreign(name, ticket)
    }
}

/// What may be the name of a project, in lower case, and where it ends.
fn project_at(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text.as_bytes().get(at..)?;
    let length =
        rest.iter().take(MAX_NAME + 1).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    if length > MAX_NAME || !rest.first()?.is_ascii_alphabetic() {
        return None;
    }
    Some((text[at..at + length].to_ascii_lowercase(), at + length))
}

/// A ticket's number, and where it ends. None if it begins with 0, is too great, or runs into a letter or another digit.
pub fn number_at(text: &str, at: usize) -> Option<(i64, usize)> {
    let (number, end) = digits_at(text, at)?;
    let runs_on = text[end..].starts_with(char::is_alphanumeric);
    (byte_at(text, at) != Some(b'0') && number <= MAX_TICKET && !runs_on).then_some((number, end))
}

/// At most ten digits.
fn digits_at(text: &str, at: usize) -> Option<(i64, usize)> {
    let rest = text.as_bytes().get(at..)?;
    let length = rest.iter().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    if length > 10 {
        return None;
    }
    Some((text[at..at + length].parse().ok()?, at + length))
}

/// `https://site.example/demo/ticket/12`, if that is an address of this site, with whatever belongs to the address.
fn address_at(text: &str, at: usize, context: &Context<'_>) -> Option<(Target, usize)> {
    let start = after_scheme(text, at)?;
    let (target, end) = context.site_prefixes.iter().find_map(|prefix| ticket_below(text, start, prefix, context))?;
    // A page below the ticket's is another one.
    let end = match &text.as_bytes()[end..] {
        [b'/', next, ..] if next.is_ascii_alphanumeric() => return None,
        [b'/', b'?' | b'#', ..] => end + 1,
        _ => end,
    };
    if !text[end..].starts_with(['?', '#']) {
        return Some((target, end));
    }
    let tail = text[end..address_end(text, end)].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
    Some((target, end + tail.len()))
}

fn ticket_below(text: &str, start: usize, prefix: &str, context: &Context<'_>) -> Option<(Target, usize)> {
    let prefix = &prefix[after_scheme(prefix, 0).unwrap_or(0)..];
    let base = prefix.trim_end_matches('/');
    if base.is_empty() || !begins_with(&text[start..], base) {
        return None;
    }
    let end = start + base.len();
    if base.ends_with('=') {
        return number_at(text, end).map(own);
    }
    if byte_at(text, end)? != b'/' {
        return None;
    }
    let end = end + 1;
    let last = base.rsplit('/').next().unwrap_or_default();
    let leads_to_numbers = prefix.ends_with('/') || (last.len() < base.len() && noun_at(last, 0) == Some(last.len()));
    if let Some(found) = number_at(text, end).filter(|_| leads_to_numbers) {
        return Some(own(found));
    }
    const TICKET: &str = "ticket/";
    if begins_with(&text[end..], TICKET)
        && let Some(found) = number_at(text, end + TICKET.len())
    {
        return Some(own(found));
    }
    let (name, end) = project_at(text, end)?;
    let rest = &text[end..];
    if !rest.starts_with('/') || !begins_with(&rest[1..], TICKET) {
        return None;
    }
    let (ticket, end) = number_at(text, end + 1 + TICKET.len())?;
    Some((of_project(name, ticket, context), end))
}

fn after_scheme(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    ["https://", "http://"].into_iter().find(|scheme| begins_with(rest, scheme)).map(|scheme| at + scheme.len())
}

/// Where an address ends that reaches to this place.
pub fn address_end(text: &str, at: usize) -> usize {
    let ends = |character: char| character.is_whitespace() || character.is_control() || "<>\"`".contains(character);
    text[at..].find(ends).map_or(text.len(), |found| at + found)
}

/// Reads over `#comment:3` and `#comment:description`.
fn after_comment(text: &str, at: usize) -> usize {
    const COMMENT: &str = "#comment:";
    if !begins_with(&text[at..], COMMENT) {
        return at;
    }
    let start = at + COMMENT.len();
    let length = text[start..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    if length == 0 { at } else { start + length }
}

/// `@2h30m`, `@2h`, `@1.5h`, `@45m` or `@45min`, directly behind the reference or after blanks: minutes, and where it ends.
fn time_at(text: &str, at: usize) -> Option<(i64, usize)> {
    /// Nobody worked longer on one commit.
    const MAX_HOURS: i64 = 10_000;
    let at = blanks_in_line(text, at);
    if byte_at(text, at)? != b'@' {
        return None;
    }
    let (first, end) = digits_at(text, at + 1)?;
    let (minutes, end) = match byte_at(text, end)?.to_ascii_lowercase() {
        b'h' => {
            let hours = first.checked_mul(60)?;
            match digits_at(text, end + 1) {
                Some((rest, end)) => (hours.checked_add(rest)?, after_minute_unit(text, end).unwrap_or(end)),
                None => (hours, end + 1),
            }
        }
        b'.' | b',' => {
            let (part, part_end) = digits_at(text, end + 1)?;
            let scale = 10_i64.pow(u32::try_from(part_end - end - 1).ok()?);
            if !byte_at(text, part_end)?.eq_ignore_ascii_case(&b'h') {
                return None;
            }
            (first.checked_mul(60)?.checked_add((part * 60 + scale / 2) / scale)?, part_end + 1)
        }
        _ => (first, after_minute_unit(text, end)?),
    };
    let runs_on = text[end..].starts_with(char::is_alphanumeric);
    (!runs_on && minutes <= MAX_HOURS * 60).then_some((minutes, end))
}

fn after_minute_unit(text: &str, at: usize) -> Option<usize> {
    ["min", "m"].into_iter().find(|unit| begins_with(&text[at..], unit)).map(|unit| at + unit.len())
}
