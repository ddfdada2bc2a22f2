//! Reads the form for people. Every slip is told with its place; reading goes on behind it, so that all are told at once.

use super::super::condition::lifted;
use super::super::read::{LONGEST, Size, checked, shortened};
use super::super::tree::{ABOUT, Clause, Column, Condition, Operator, Order, Query, USER};
use super::super::{dates, ids};
use super::near;
use super::slip::Slip;
use super::{JOINTS, SIGNS, WORDS, knows_none, synonym, usual};
use crate::base::text::fold;
use crate::ticket::fields::{Choices, FIELDS, Fields, Kind};
use crate::ticket::options::category_meant;
use crate::ticket::relations;

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

struct Reader<'a> {
    fields: &'a Fields,
    choices: Option<&'a Choices>,
    text: &'a str,
    /// Where it is read, in bytes.
    at: usize,
    size: &'a mut Size,
    slips: Vec<Slip>,
    manner: Query,
    /// There is no sense in reading on.
    refused: bool,
}

/// A value and what was said of it.
struct Value {
    from: usize,
    to: usize,
    sign: Option<Operator>,
    text: String,
    quoted: bool,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn slip(&mut self, (from, to): (usize, usize), message: impl Into<String>) {
        if self.refused {
            return;
        }
        self.slips.push(Slip { from, to: to.min(self.text.len()).max(from), message: message.into() });
        self.refused = self.slips.len() >= MOST_SLIPS;
    }

    /// Nothing after this is read.
    fn stop(&mut self, place: (usize, usize), message: impl Into<String>) {
        self.slip(place, message);
        self.refused = true;
    }

    /// Conditions between `or`.
    fn any(&mut self, depth: usize) -> Option<Condition> {
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
    fn all(&mut self, depth: usize) -> Option<Condition> {
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
    fn one(&mut self, depth: usize, negated: bool) -> Option<Condition> {
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

    fn is_joint(&self, joint: &str) -> bool {
        let word = self.rest().get(..joint.len()).is_some_and(|word| word.eq_ignore_ascii_case(joint));
        word && self.rest()[joint.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || "()\"".contains(next))
    }

    /// Takes that word, if it stands here.
    fn joint(&mut self, joint: &str) -> Option<(usize, usize)> {
        debug_assert!(JOINTS.contains(&joint));
        self.blanks();
        self.is_joint(joint).then(|| {
            self.at += joint.len();
            (self.at - joint.len(), self.at)
        })
    }

    /// `field:value`, a word, a text in quotes, a number.
    fn term(&mut self, within: bool) -> Option<Condition> {
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
    fn bare_word(&mut self) -> &'a str {
        let end = self.rest().find(|c: char| c.is_whitespace() || "()\"".contains(c)).unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        if word.starts_with([',', ':']) {
            return "";
        }
        self.at += end;
        word
    }

    fn about(&mut self, text: String, begin: usize) -> Option<Condition> {
        let column = Column::Of(&ABOUT);
        self.checked(column, Operator::Is, &text, (begin, self.at))?;
        self.count(0, 1, (begin, self.at));
        Some(clause(column, Operator::Is, text))
    }

    /// What a name with a colon says.
    fn field(&mut self, name: &str, begin: usize, within: bool) -> Option<Condition> {
        let lower = name.to_lowercase();
        let place = (begin, self.at - 1);
        match lower.as_str() {
            "was" => return self.was(begin),
            "changed" => {
                if let Some(changed) = self.changed(begin) {
                    return changed;
                }
            }
            word if WORDS.contains(&word) => {
                if within {
                    self.slip(
                        place,
                        format!("“{word}:” is no condition: it stands outside of brackets, without “not”."),
                    );
                    self.list(None);
                } else {
                    self.manner(word, place);
                }
                return None;
            }
            _ => {}
        }
        let exact = Column::named(self.fields, name).is_some();
        let column = self.column(synonym(if exact { name } else { &lower }), place);
        self.values(column, begin)
    }

    fn column(&mut self, name: &str, place: (usize, usize)) -> Option<Column> {
        let column = Column::named(self.fields, name);
        if column.is_none() {
            let known = self.names();
            let near = near::question(name, known);
            let more = if near.is_empty() { " Put a text with a colon in quotes." } else { &near };
            self.slip(place, format!("There is no field “{}”.{more}", shortened(name)));
        }
        column
    }

    /// Everything that a condition can begin with.
    fn names(&self) -> Vec<&'static str> {
        let inverses = relations::INVERSES.iter().map(|field| field.name);
        let fields = self.fields.iter().map(|field| field.name).chain(inverses);
        fields.chain(["id", "created", "modified", "unread", "about", "text", "is"]).chain(WORDS).collect()
    }

    /// The values of a field; they are read over if there is no such field.
    fn values(&mut self, column: Option<Column>, begin: usize) -> Option<Condition> {
        let values = self.list(column);
        let column = column?;
        let mut parts: Vec<Clause> = Vec::new();
        let mut sign = None;
        for value in values {
            sign = value.sign.or(sign);
            let is_bare = !value.quoted && sign.is_none();
            let (operator, negated, text) = match value.text.to_lowercase().as_str() {
                "none" if is_bare && knows_none(column) => (Operator::Is, false, String::new()),
                "any" if is_bare && knows_none(column) => (Operator::Is, true, String::new()),
                _ => (sign.unwrap_or(usual(column)), false, self.meant(column, &value)),
            };
            let place = (value.from, value.to);
            self.checked(column, operator, &text, place)?;
            let text = self.known(column, operator, text, place)?;
            match parts.last_mut().filter(|last| last.operator == operator && last.negated == negated) {
                Some(last) => last.values.push(text),
                None => parts.push(Clause { column, operator, negated, values: vec![text] }),
            }
        }
        self.count(0, parts.len(), (begin, self.at));
        Condition::any(parts.into_iter().map(Condition::Is))
    }

    /// A value with the word `me` for what it stands for.
    fn meant(&self, column: Column, value: &Value) -> String {
        let of_people = column.field().is_some_and(|field| matches!(field.kind, Kind::Person | Kind::People));
        match of_people && !value.quoted && value.text.eq_ignore_ascii_case("me") {
            true => USER.to_owned(),
            false => value.text.clone(),
        }
    }

    fn checked(&mut self, column: Column, operator: Operator, text: &str, place: (usize, usize)) -> Option<()> {
        match checked(column, operator, text) {
            Ok((values, parts)) => {
                if let Err(message) = self.size.add(0, values, parts) {
                    self.stop(place, message);
                    return None;
                }
                Some(())
            }
            Err(message) => {
                self.slip(place, message);
                None
            }
        }
    }

    fn count(&mut self, values: usize, clauses: usize, place: (usize, usize)) {
        if let Err(message) = self.size.add(clauses, values, 0) {
            self.stop(place, message);
        }
    }

    /// The name of an option, a state or a milestone as the project has it.
    fn known(&mut self, column: Column, operator: Operator, text: String, place: (usize, usize)) -> Option<String> {
        let is_piece = matches!(operator, Operator::Contains | Operator::Begins | Operator::Ends | Operator::Changed);
        let Some((choices, field)) = self.choices.zip(column.field()).filter(|_| column.is_ranked() && !is_piece)
        else {
            return Some(text);
        };
        if text.trim().is_empty()
            || field.kind == Kind::Status && category_meant(&choices.statuses, text.trim()).is_some()
        {
            return Some(text);
        }
        let names = names_of(choices, column);
        if names.contains(&text.trim()) {
            return Some(text);
        }
        let folded = fold(text.trim());
        if let Some(same) = names.iter().find(|name| fold(name) == folded) {
            return Some((*same).to_owned());
        }
        let near = near::question(&text, names);
        self.slip(place, format!("{} has no choice “{}”.{near}", column.label(), shortened(&text)));
        None
    }

    /// Values between commas; at least one.
    fn list(&mut self, column: Option<Column>) -> Vec<Value> {
        let mut values = Vec::new();
        loop {
            let from = self.at;
            let sign = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign)).map(|(sign, operator)| {
                self.at += sign.len();
                *operator
            });
            let (text, quoted) = if self.rest().starts_with('"') {
                (self.quoted(), true)
            } else {
                let end =
                    self.rest().find(|c: char| c.is_whitespace() || "(),\"".contains(c)).unwrap_or(self.rest().len());
                self.at += end;
                (self.text[self.at - end..self.at].to_owned(), false)
            };
            if text.is_empty() && !quoted && !self.refused {
                let example = match column {
                    Some(column) if column.is_time() => ", such as 2026-11-22 or -7d",
                    Some(column) if knows_none(column) => "; for what has none write none",
                    _ => "",
                };
                self.slip((from, self.at + 1), format!("A value is missing here{example}."));
                return values;
            }
            if self.next().is_some_and(|next| !next.is_whitespace() && !",)".contains(next)) {
                let end = self.at + self.next().map_or(0, char::len_utf8);
                self.slip((self.at, end), "Put the whole value in quotes, or a blank here.");
            }
            values.push(Value { from, to: self.at, sign, text, quoted });
            if !self.rest().starts_with(',') || self.refused {
                return values;
            }
            self.at += 1;
        }
    }

    /// A text in quotes, of which the first stands here.
    fn quoted(&mut self) -> String {
        let begin = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = begin + at + 1;
                    return text;
                }
                '\\' => text.extend(characters.next().map(|(_, kept)| kept)),
                other => text.push(other),
            }
        }
        self.at = self.text.len();
        self.stop((begin, begin + 1), "This quote is never closed.");
        text
    }

    /// `was:owner=ann`
    fn was(&mut self, begin: usize) -> Option<Condition> {
        let (column, values) = self.history(begin, "was:owner=kim")?;
        if values.is_empty() {
            self.slip((begin, self.at), "After the name of the field there is “=” and a value: was:owner=kim.");
            return None;
        }
        self.historical(column, Operator::Was, values, begin)
    }

    /// `changed:status`, `changed:status=-7d`; none if it asks for a time.
    fn changed(&mut self, begin: usize) -> Option<Option<Condition>> {
        let end = self.rest().find(|c: char| c.is_whitespace() || "(),\"".contains(c)).unwrap_or(self.rest().len());
        let value = &self.rest()[..end];
        let (name, timed) = value.split_once('=').map_or((value, false), |(name, _)| (name, true));
        let starts = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        if !starts || !timed && dates::check_stretch(name).is_ok() {
            return None;
        }
        if !timed && Column::named(self.fields, name).is_none() {
            let near = near::question(name, self.names());
            let place = (self.at, self.at + end);
            self.at += end;
            self.slip(place, format!("“{}” is neither a date nor a field.{near}", shortened(name)));
            return Some(None);
        }
        let Some((column, values)) = self.history(begin, "changed:status") else { return Some(None) };
        let always = || Value { from: begin, to: self.at, sign: None, text: "..".to_owned(), quoted: true };
        let values = if values.is_empty() { vec![always()] } else { values };
        Some(self.historical(column, Operator::Changed, values, begin))
    }

    /// The name of a field, and values if there is `=` after it.
    fn history(&mut self, begin: usize, example: &str) -> Option<(Column, Vec<Value>)> {
        let from = self.at;
        let end = self.rest().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        self.at += end;
        let name = &self.text[from..self.at];
        if name.is_empty() {
            self.slip((begin, self.at), format!("The name of a field is missing: {example}."));
            self.list(None);
            return None;
        }
        let column = self.column(name, (from, self.at));
        let mut values = Vec::new();
        if self.rest().starts_with('=') {
            self.at += 1;
            values = self.list(column);
        }
        Some((column?, values))
    }

    fn historical(
        &mut self,
        column: Column,
        operator: Operator,
        values: Vec<Value>,
        begin: usize,
    ) -> Option<Condition> {
        let mut texts = Vec::new();
        for value in values {
            let place = (value.from, value.to);
            if value.sign.is_some() {
                self.slip(place, "What once was is asked for as a whole: there is no sign before the value.");
                return None;
            }
            let text = if operator == Operator::Was { self.meant(column, &value) } else { value.text };
            self.checked(column, operator, &text, place)?;
            texts.push(self.known(column, operator, text, place)?);
        }
        self.count(0, 1, (begin, self.at));
        Some(Condition::Is(Clause { column, operator, negated: false, values: texts }))
    }

    /// How the list looks.
    fn manner(&mut self, word: &str, place: (usize, usize)) {
        for value in self.list(None) {
            let at = (value.from, value.to);
            let bare = value.text.strip_prefix('-').unwrap_or(&value.text);
            let order = |column| Order { column, descending: bare.len() < value.text.len() };
            match word {
                "sort" => {
                    let order = self.shown(bare, at).map(order);
                    self.manner.order.extend(order);
                    self.count(1, 0, at);
                }
                "group" => match self.shown(bare, at) {
                    Some(column) if column.groups() => self.manner.group = Some(order(column)),
                    Some(column) => self.slip(at, format!("Lists can't be grouped by {}.", column.label())),
                    None => {}
                },
                "columns" => {
                    if let Some(column) = self.shown(&value.text, at) {
                        let columns = self.manner.columns.get_or_insert_default();
                        if !columns.contains(&column) {
                            columns.push(column);
                        }
                    }
                    self.count(1, 0, at);
                }
                "show" => match self.shown(&value.text, at).and_then(Column::field) {
                    Some(field) if field.kind == Kind::Text => {
                        if !self.manner.rows.contains(&field) {
                            self.manner.rows.push(field);
                        }
                    }
                    Some(field) => {
                        self.slip(at, format!("{} is no long text that could be shown beneath.", field.label))
                    }
                    None => {}
                },
                "at" => match dates::check_end(&value.text) {
                    Ok(()) => self.manner.at = Some(value.text.trim().to_owned()),
                    Err(message) => self.slip(at, message),
                },
                number => {
                    let least = usize::from(number == "page");
                    match value.text.parse().ok().filter(|number| (least..1_000_000_000).contains(number)) {
                        Some(page) if number == "page" => self.manner.page = page,
                        Some(max) => self.manner.max = Some(max),
                        None => self.slip(place, format!("“{}” is no number.", shortened(&value.text))),
                    }
                }
            }
        }
    }

    /// A column that has values, which can be shown and put into order.
    fn shown(&mut self, name: &str, place: (usize, usize)) -> Option<Column> {
        let column = self.column(synonym(name), place)?;
        if column.is_question() {
            self.slip(place, format!("“{name}” can be asked for, but has no value of its own."));
            return None;
        }
        Some(column)
    }
}

fn clause(column: Column, operator: Operator, value: String) -> Condition {
    Condition::Is(Clause { column, operator, negated: false, values: vec![value] })
}

/// The names that a column can have, those in use first.
pub(super) fn names_of(choices: &Choices, column: Column) -> Vec<&str> {
    let Some(field) = column.field() else { return Vec::new() };
    match field.kind {
        Kind::Status => {
            let (used, retired): (Vec<_>, Vec<_>) =
                choices.statuses.iter().partition(|status| status.retired_at.is_none());
            used.into_iter().chain(retired).map(|status| status.name.as_str()).collect()
        }
        Kind::Milestone => choices.milestones.iter().map(|milestone| milestone.name.as_str()).collect(),
        Kind::Option { .. } | Kind::Options => {
            let of_field = || choices.options.iter().filter(|option| option.field == field.name);
            let used = of_field().filter(|option| option.retired_at.is_none());
            used.chain(of_field().filter(|option| option.retired_at.is_some()))
                .map(|option| option.name.as_str())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a text begins a condition on a field that every project has, so that it may be meant as a query.
pub fn names_a_field(text: &str) -> bool {
    let names = FIELDS.iter().map(|field| field.name).chain(["created", "modified", "is", "was", "changed", "sort"]);
    let mut names = names.chain(relations::INVERSES.iter().map(|field| field.name));
    let bare = text.trim_start_matches(['-', '(']);
    bare.split_once(':').is_some_and(|(name, _)| names.any(|known| known.eq_ignore_ascii_case(name)))
}
