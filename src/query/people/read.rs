//! Reads the form for people. Every slip is told with its place; reading goes on behind it, so that all are told at once.

use super::super::condition::lifted;
use super::super::ids;
use super::super::read::{LONGEST, Size, shortened};
use super::super::tree::{ABOUT, Clause, Column, Condition, Operator, Query};
use super::JOINTS;
use super::slip::Slip;
use crate::ticket::fields::{Choices, Fields};

/// Brackets within brackets; nobody reads further either.
const DEEPEST: usize = 50;
/// More slips than these are not told.
const MOST_SLIPS: usize = 20;

/// What a text says: its condition, and in a query without any how the list looks.
pub struct Said {
    pub condition: Option<Condition>,
    pub manner: Query,
}

/// Reads a whole query. With the choices of a project a name of an option, a state or a milestone that there is not is a slip,
/// and what is called so in other letters is found.
pub fn query(fields: &Fields, choices: Option<&Choices>, text: &str) -> Result<Query, Vec<Slip>> {
    let said = said(fields, choices, &mut Size::default(), text)?;
    let (groups, further) = lifted(said.condition);
    Ok(Query { groups, further, ..said.manner })
}

/// The same before it is put into groups. `size` is how much of the query was read before.
pub(in super::super) fn said(
    fields: &Fields,
    choices: Option<&Choices>,
    size: &mut Size,
    text: &str,
) -> Result<Said, Vec<Slip>> {
    if text.len() > LONGEST {
        let message = format!("A query has at most {LONGEST} bytes; this one has {}.", text.len());
        return Err(vec![Slip { from: 0, to: 0, message }]);
    }
    let mut reader =
        Reader { fields, choices, text, at: 0, size, slips: Vec::new(), manner: Query::default(), refused: false };
    let condition = reader.any(0);
    if !reader.refused && !reader.rest().is_empty() {
        reader.slip((reader.at, reader.at + 1), "There is a “)” too many here.");
    }
    match reader.slips.is_empty() {
        true => Ok(Said { condition, manner: reader.manner }),
        false => Err(reader.slips),
    }
}

pub(super) struct Reader<'a> {
    pub(super) fields: &'a Fields,
    pub(super) choices: Option<&'a Choices>,
    pub(super) text: &'a str,
    /// Where it is read, in bytes.
    pub(super) at: usize,
    pub(super) size: &'a mut Size,
    pub(super) slips: Vec<Slip>,
    pub(super) manner: Query,
    /// There is no sense in reading on.
    pub(super) refused: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    pub(super) fn slip(&mut self, (from, to): (usize, usize), message: impl Into<String>) {
        if self.refused {
            return;
        }
        self.slips.push(Slip { from, to: to.min(self.text.len()).max(from), message: message.into() });
        self.refused = self.slips.len() >= MOST_SLIPS;
    }

    /// Nothing after this is read.
    pub(super) fn stop(&mut self, place: (usize, usize), message: impl Into<String>) {
        self.slip(place, message);
        self.refused = true;
    }

    /// Conditions between `or`.
    pub(super) fn any(&mut self, depth: usize) -> Option<Condition> {
        let begin = self.at;
        let mut parts = vec![self.all(depth)];
        while !self.refused
            && let Some((from, to)) = self.joint("or")
        {
            if parts.last().is_some_and(Option::is_none) {
                self.slip((from, to), "There is no condition before this “or”.");
            }
            let part = self.all(depth);
            if part.is_none() && self.slips.is_empty() {
                self.slip((from, to), "There is no condition after this “or”.");
            }
            parts.push(part);
        }
        if depth > 0 && parts.iter().all(Option::is_none) && self.slips.is_empty() {
            self.slip((begin.saturating_sub(1), self.at + 1), "There is nothing within these brackets.");
        }
        Condition::any(parts.into_iter().flatten())
    }

    /// Conditions beside each other, with or without `and`.
    pub(super) fn all(&mut self, depth: usize) -> Option<Condition> {
        let mut parts = Vec::new();
        let mut dangling = None;
        loop {
            self.blanks();
            if self.refused || self.rest().is_empty() || self.rest().starts_with(')') || self.is_joint("or") {
                break;
            }
            if let Some(place) = self.joint("and") {
                if parts.is_empty() || dangling.is_some() {
                    self.slip(place, "There is no condition before this “and”.");
                }
                dangling = Some(place);
                continue;
            }
            parts.extend(self.one(depth, false));
            dangling = None;
        }
        if let Some(place) = dangling {
            self.slip(place, "There is no condition after this “and”.");
        }
        Condition::all(parts)
    }

    /// A condition, or brackets, or either with `not` before it.
    pub(super) fn one(&mut self, depth: usize, negated: bool) -> Option<Condition> {
        if depth > DEEPEST {
            self.stop((self.at, self.at + 1), format!("Brackets stand within each other at most {DEEPEST} times."));
            return None;
        }
        let begin = self.at;
        let minus = self.rest().strip_prefix('-').filter(|after| after.starts_with(|next: char| !next.is_whitespace()));
        let not = if minus.is_some() {
            self.at += 1;
            true
        } else {
            self.joint("not").is_some()
        };
        if not {
            self.blanks();
            if self.rest().is_empty() || self.rest().starts_with(')') {
                self.slip((begin, self.at), "There is no condition after this “not”.");
                return None;
            }
            return self.one(depth + 1, true).map(Condition::negated);
        }
        if self.rest().starts_with('(') {
            self.at += 1;
            let inner = self.any(depth + 1);
            if self.rest().starts_with(')') {
                self.at += 1;
            } else {
                self.stop((begin, begin + 1), "This bracket is never closed.");
            }
            return inner;
        }
        self.term(depth > 0 || negated)
    }

    pub(super) fn is_joint(&self, joint: &str) -> bool {
        let word = self.rest().get(..joint.len()).is_some_and(|word| word.eq_ignore_ascii_case(joint));
        word && self.rest()[joint.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || "()\"".contains(next))
    }

    /// Takes that word, if it stands here.
    pub(super) fn joint(&mut self, joint: &str) -> Option<(usize, usize)> {
        debug_assert!(JOINTS.contains(&joint));
        self.blanks();
        self.is_joint(joint).then(|| {
            self.at += joint.len();
            (self.at - joint.len(), self.at)
        })
    }

    /// `field:value`, a word, a text in quotes, a number.
    pub(super) fn term(&mut self, within: bool) -> Option<Condition> {
        let begin = self.at;
        if self.rest().starts_with('"') {
            let text = self.quoted();
            if self.rest().starts_with(':') {
                self.at += 1;
                let column = self.column(&text, (begin, self.at - 1));
                return self.values(column, begin);
            }
            return self.about(text, begin);
        }
        let name_end =
            self.rest().find(|c: char| c.is_whitespace() || "()\",:".contains(c)).unwrap_or(self.rest().len());
        let name = &self.rest()[..name_end];
        if self.rest()[name_end..].starts_with(':') && !name.is_empty() {
            self.at += name_end + 1;
            return self.field(name, begin, within);
        }
        let word = self.bare_word();
        if word.is_empty() {
            // A comma, or a colon without a name.
            self.at += self.next().map_or(0, char::len_utf8);
            self.slip((begin, self.at), "No condition begins like this.");
            return None;
        }
        let number = word.trim_start_matches('#');
        if word.starts_with('#') || number.bytes().all(|byte| byte.is_ascii_digit()) {
            let place = (begin, self.at);
            return match ids::ranges(number) {
                Ok(ranges) if !ranges.is_empty() => {
                    self.count(ranges.len(), 1, place);
                    Some(clause(Column::Id, Operator::Is, number.to_owned()))
                }
                _ => {
                    self.slip(place, "After # there is the number of a ticket; put a word that begins so in quotes.");
                    None
                }
            };
        }
        if let Some((field, value)) = word.split_once('=')
            && Column::named(self.fields, field.trim_end_matches(['!', '~', '^', '$'])).is_some()
        {
            let field = field.trim_end_matches(['!', '~', '^', '$']);
            let message = format!("In this form a condition has a colon: {field}:{}", shortened(value));
            self.slip((begin, self.at), message);
            return None;
        }
        self.about(word.to_owned(), begin)
    }

    /// A word without quotes.
    pub(super) fn bare_word(&mut self) -> &'a str {
        let end = self.rest().find(|c: char| c.is_whitespace() || "()\"".contains(c)).unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        if word.starts_with([',', ':']) {
            return "";
        }
        self.at += end;
        word
    }

    pub(super) fn about(&mut self, text: String, begin: usize) -> Option<Condition> {
        let column = Column::Of(&ABOUT);
        self.checked(column, Operator::Is, &text, (begin, self.at))?;
        self.count(0, 1, (begin, self.at));
        Some(clause(column, Operator::Is, text))
    }
}

fn clause(column: Column, operator: Operator, value: String) -> Condition {
    Condition::Is(Clause { column, operator, negated: false, values: vec![value] })
}
