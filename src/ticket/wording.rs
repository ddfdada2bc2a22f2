//! Changes of fields in words (row C13).

use serde::Serialize;

use super::fields::{Field, Kind};
use super::history::FieldChange;
use super::values::{Names, Value};
use crate::base::markup::Html;

/// One line of `ticket.changes`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    pub field: &'static str,
    pub label: &'static str,
    /// The whole wording; without it `old` and `new` say it.
    pub html: Option<String>,
    pub old: Option<String>,
    pub new: Option<String>,
    pub diff_href: Option<String>,
    /// The name of the button that takes a pending change back.
    pub revert: Option<String>,
}

/// `diff_href` is where the difference of a text is shown.
pub(super) fn change(names: &Names<'_>, change: &FieldChange, diff_href: &str) -> Change {
    let field = change.field;
    let is_text = field.kind == Kind::Text;
    let html = match field.kind {
        Kind::People | Kind::Words | Kind::Options | Kind::Tickets => {
            Some(list_change(&parts(names, field, &change.old), &parts(names, field, &change.new)))
        }
        Kind::Check => Some(if change.new.is_empty() { "unset" } else { "set" }.to_owned()),
        Kind::Person if !change.old.is_empty() && !change.new.is_empty() => {
            let mut html = Html::default();
            html.tag("changed from <em dir=\"auto\">").text(&names.shown_all(field, &change.old));
            html.tag("</em> to <em dir=\"auto\">").text(&names.shown_all(field, &change.new)).tag("</em>");
            Some(html.into_string())
        }
        _ => None,
    };
    let shown = |values: &[Value]| {
        let text = names.shown_all(field, values);
        (!is_text && !text.is_empty()).then_some(text)
    };
    Change {
        field: field.name,
        label: field.label,
        html,
        old: shown(&change.old),
        new: shown(&change.new),
        diff_href: is_text.then(|| diff_href.to_owned()),
        revert: None,
    }
}

fn parts(names: &Names<'_>, field: &Field, values: &[Value]) -> Vec<String> {
    let shown = values.iter().map(|value| names.shown(field, value));
    match field.kind {
        Kind::Words => shown
            .flat_map(|words| words.split([' ', ',', ';']).map(str::to_owned).collect::<Vec<_>>())
            .filter(|word| !word.is_empty())
            .collect(),
        _ => shown.collect(),
    }
}

/// `a, b added; c removed`; another order alone is told as a whole.
fn list_change(old: &[String], new: &[String]) -> String {
    let among = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|one| !others.contains(one)).map(|one| one.to_owned()).collect()
    };
    let said = |parts: &[String], tag: &str, deed: &str| {
        let marked: Vec<String> =
            parts.iter().map(|part| format!("<{tag} dir=\"auto\">{}</{tag}>", Html::escaped(part).as_str())).collect();
        (!parts.is_empty()).then(|| format!("{} {deed}", marked.join(", ")))
    };
    let sentences: Vec<String> = [said(&among(new, old), "em", "added"), said(&among(old, new), "del", "removed")]
        .into_iter()
        .flatten()
        .collect();
    if sentences.is_empty() { "put into another order".to_owned() } else { sentences.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_what_came_and_what_went() {
        let list = |words: &str| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (old, new, said) in [
            ("", "a", "<em dir=\"auto\">a</em> added"),
            ("a b", "b c", "<em dir=\"auto\">c</em> added; <del dir=\"auto\">a</del> removed"),
            ("a b", "", "<del dir=\"auto\">a</del>, <del dir=\"auto\">b</del> removed"),
            ("a b", "b a", "put into another order"),
            ("", "<b>", "<em dir=\"auto\">&lt;b&gt;</em> added"),
        ] {
            assert_eq!(list_change(&list(old), &list(new)), said);
        }
    }
}
