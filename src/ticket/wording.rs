//! Changes of fields in words (row C13).

use serde::Serializer;

use super::fields::{Field, Kind};
use super::history::FieldChange;
use super::values::{Names, Value};
use crate::base::markup::Html;

/// One property that got another value.
#[derive(Debug, Clone)]
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

/// As a list; nothing for none.
pub(super) fn drawn(changes: &[Change]) -> Html {
    let mut html = Html::default();
    if changes.is_empty() {
        return html;
    }
    html.tag("<ul class=\"changes\">\n");
    for change in changes {
        html.tag("<li><strong>").text(change.label).tag("</strong> ");
        match (&change.html, &change.diff_href, &change.old, &change.new) {
            (Some(said), ..) => html.html(&Html::trusted(said.clone())),
            (None, Some(href), ..) => html
                .tag("changed, <a")
                .attribute("href", href)
                .tag(">see the difference<span class=\"unseen\"> of ")
                .text(change.label)
                .tag("</span></a>"),
            (None, None, None, None) => html.tag("changed"),
            (None, None, None, Some(new)) => html.tag("set to <em dir=\"auto\">").text(new).tag("</em>"),
            (None, None, Some(old), None) => html.tag("<del dir=\"auto\">").text(old).tag("</del> removed"),
            (None, None, Some(old), Some(new)) => html
                .tag("<del dir=\"auto\">")
                .text(old)
                .tag(
                    "</del> <span class=\"arrow\" aria-hidden=\"true\">→</span><span class=\"unseen\"> became </span> ",
                )
                .tag("<em dir=\"auto\">")
                .text(new)
                .tag("</em>"),
        };
        if let Some(name) = &change.revert {
            html.tag(" <button class=\"linkish\" type=\"submit\"").attribute("name", name);
            html.tag(" value=\"1\" formnovalidate>take back<span class=\"unseen\">: ").text(change.label);
            html.tag("</span></button>");
        }
        html.tag("</li>\n");
    }
    html.tag("</ul>\n");
    html
}

/// For the fields of pages that hold them.
pub(super) fn as_html<S: Serializer>(changes: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(drawn(changes).as_str())
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
