//! What one condition says: a field and its values, what once was, how the list looks.

use super::super::dates;
use super::super::read::{checked, shortened};
use super::super::tree::{Clause, Column, Condition, Operator, Order, USER};
use super::near;
use super::read::Reader;
use super::{SIGNS, WORDS, knows_none, synonym, usual};
use crate::base::text::fold;
use crate::ticket::fields::{Choices, Kind};
use crate::ticket::options::category_meant;
use crate::ticket::relations;

/// A value and what was said of it.
struct Value {
    from: usize,
    to: usize,
    sign: Option<Operator>,
    text: String,
    quoted: bool,
}

impl Reader<'_> {
    /// What a name with a colon says.
    pub(super) fn field(&mut self, name: &str, begin: usize, within: bool) -> Option<Condition> {
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

    pub(super) fn column(&mut self, name: &str, place: (usize, usize)) -> Option<Column> {
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
    pub(super) fn values(&mut self, column: Option<Column>, begin: usize) -> Option<Condition> {
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

    pub(super) fn checked(
        &mut self,
        column: Column,
        operator: Operator,
        text: &str,
        place: (usize, usize),
    ) -> Option<()> {
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

    pub(super) fn count(&mut self, values: usize, clauses: usize, place: (usize, usize)) {
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
    pub(super) fn quoted(&mut self) -> String {
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
                    Some(field) if field.kind != Kind::Text => {
                        self.slip(at, format!("{} is no long text that could be shown beneath.", field.label));
                    }
                    Some(field) if !self.manner.rows.contains(&field) => self.manner.rows.push(field),
                    _ => {}
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
