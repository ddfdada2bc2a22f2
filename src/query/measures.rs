//! Numbers and lengths of time as queries ask for them: `3`, `1..5`, `2h..`, `..1d`. Pure.

use super::tree::Column;
use crate::ticket::duration;
use crate::ticket::fields::Kind;

/// Both ends belong to the range; an open end is none.
pub type Range = (Option<f64>, Option<f64>);

/// Reads `A..B`, `A..`, `..B`, or `A` alone, which is just that; none for an empty text, which asks for no value.
pub fn range(column: Column, text: &str) -> Result<Option<Range>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => measure(column, text).map(Some),
    };
    match text.split_once("..") {
        Some((from, until)) => Ok(Some((end(from)?, end(until)?))),
        None => end(text).map(|only| Some((only, only))),
    }
}

/// A single number or length of time, for comparing with.
pub fn measure(column: Column, text: &str) -> Result<f64, String> {
    if column.field().is_some_and(|field| field.kind == Kind::Minutes) {
        return duration::parse(text).map(|minutes| minutes as f64);
    }
    let number = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("“{}” is no number.", super::read::shortened(text)))
}

/// Says what is wrong with a range.
pub(super) fn check(column: Column, text: &str) -> Result<(), String> {
    range(column, text).map(|_| ())
}
