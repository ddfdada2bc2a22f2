//! What could stand at a place of a text that is being written. Offers what the viewer's choices hold and nothing else.

use serde::Serialize;

use super::super::tree::{Column, IS, IS_WORDS};
use super::terms::names_of;
use super::write::in_place;
use super::{SIGNS, WORDS, knows_none, synonym};
use crate::base::text::fold;
use crate::ticket::fields::{Choices, Kind};
use crate::ticket::relations;

/// So many are offered at once.
const MOST: usize = 8;
const TIMES: [&str; 8] =
    ["today", "yesterday", "-7d", "-30d", "+7d", "\"this week\"", "\"last month\"", "\"this year\""];

/// One completion: `text` takes the place from `from` to `to`, in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub text: String,
    /// What it is, as the list shows it: `Owner`.
    #[serde(rename = "type")]
    pub kind: String,
    pub from: usize,
    pub to: usize,
}

/// Completions for what is being written right before character `at`; `logins` are the people who may be named.
pub fn suggest(choices: &Choices, logins: &[String], text: &str, at: usize) -> Vec<Offer> {
    let end = text.char_indices().nth(at).map_or(text.len(), |(end, _)| end);
    let before = &text[..end];
    let Some(begin) = beginning(before) else { return Vec::new() };
    let written = &before[begin..];
    let offer = |from: usize, (text, kind): (String, String)| {
        let to = before.chars().count();
        Offer { text, kind, from: to - before[from..].chars().count(), to }
    };
    let Some((name, values)) = written.split_once(':') else {
        let found = fields(choices, written);
        return found.into_iter().map(|found| offer(begin, found)).take(MOST).collect();
    };
    let value = values.rsplit(',').next().unwrap_or_default();
    let value = SIGNS.iter().find_map(|(sign, _)| value.strip_prefix(sign)).unwrap_or(value);
    let (name, value) = match (name, value.split_once('=')) {
        ("was" | "changed", Some((field, value))) => (field, value),
        _ => (name, value),
    };
    let from = end - value.len();
    let typed = fold(value.trim_start_matches(['"', '-']));
    let begins = |(text, _): &(String, String)| {
        let folded = fold(text.trim_matches('"'));
        folded.starts_with(&typed) && folded != typed || folded.contains(&format!(" {typed}")) && !typed.is_empty()
    };
    let (mut found, sign) = match (name.to_lowercase().as_str(), value.strip_prefix('-')) {
        ("sort" | "group", Some(_)) => (bare_fields(choices, false), "-"),
        ("sort" | "group" | "columns", None) => (bare_fields(choices, false), ""),
        ("show", None) => (bare_fields(choices, true), ""),
        ("was", None) => (bare_fields(choices, false).into_iter().map(|(name, kind)| (name + "=", kind)).collect(), ""),
        (name, _) => (values_of(choices, logins, name), ""),
    };
    found.retain(begins);
    found.truncate(MOST);
    found.into_iter().map(|(text, kind)| offer(from, (format!("{sign}{text}"), kind))).collect()
}

/// Where what is being written begins; none within a text in quotes that stands alone.
fn beginning(before: &str) -> Option<usize> {
    let (mut begin, mut quoted, mut escaped) = (0, None, false);
    for (at, character) in before.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted.is_some() => escaped = true,
            '"' => quoted = if quoted.is_some() { None } else { Some(at) },
            _ if quoted.is_some() => {}
            other if other.is_whitespace() || "()".contains(other) => begin = at + other.len_utf8(),
            '-' if at == begin => begin = at + 1,
            _ => {}
        }
    }
    (quoted != Some(begin)).then_some(begin)
}

/// What a condition could begin with.
fn fields(choices: &Choices, written: &str) -> Vec<(String, String)> {
    let typed = fold(written);
    if typed.is_empty() {
        return Vec::new();
    }
    let own = bare_fields(choices, false).into_iter().chain(bare_fields(choices, true));
    let ours =
        [("is", "open, blocked, overdue …"), ("text", "full text"), ("was", "once was"), ("changed", "when, or what")];
    let manner = WORDS.iter().filter(|word| !["was", "changed", "page"].contains(word));
    let all = own
        .chain(ours.map(|(name, kind)| (name.to_owned(), kind.to_owned())))
        .chain(manner.map(|word| ((*word).to_owned(), "how the list looks".to_owned())));
    let mut found: Vec<(String, String)> = all
        .filter(|(name, kind)| name.starts_with(&typed) || fold(kind).starts_with(&typed))
        .map(|(name, kind)| (name + ":", kind))
        .collect();
    found.sort();
    found.dedup();
    found.sort_by_key(|(name, _)| !name.starts_with(&typed));
    found
}

/// Names of fields: those with long texts, or all others.
fn bare_fields(choices: &Choices, texts: bool) -> Vec<(String, String)> {
    let inverses = relations::INVERSES.iter().filter(|_| !texts);
    let fields = choices.fields().filter(|field| (field.kind == Kind::Text) == texts).chain(inverses);
    let name = |name: &str| match name {
        "time" => "created".to_owned(),
        "changetime" => "changed".to_owned(),
        other => other.to_owned(),
    };
    fields.map(|field| (name(field.name), field.label.to_owned())).collect()
}

fn values_of(choices: &Choices, logins: &[String], name: &str) -> Vec<(String, String)> {
    let Some(column) = Column::named(&choices.fields, synonym(name)) else { return Vec::new() };
    let label = column.label().to_owned();
    let with = |names: Vec<String>| names.into_iter().map(|name| (name, label.clone())).collect::<Vec<_>>();
    let none = || Some("none".to_owned()).filter(|_| knows_none(column));
    let kind = column.field().map(|field| field.kind);
    match kind {
        _ if column == Column::Of(&IS) => with(IS_WORDS.map(str::to_owned).to_vec()),
        Some(Kind::Person | Kind::People) => {
            let people = logins.iter().map(|login| in_place(login));
            with(std::iter::once("me".to_owned()).chain(none()).chain(people).collect())
        }
        Some(Kind::Check) => with(vec!["1".to_owned(), "0".to_owned()]),
        _ if column.is_time() => with(TIMES.map(str::to_owned).into_iter().chain(none()).collect()),
        _ => with(
            names_of(choices, column).into_iter().map(in_place).chain(none().filter(|_| column.is_ranked())).collect(),
        ),
    }
}
