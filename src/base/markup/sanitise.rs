//! ammonia, once per text: the tags, attributes, classes and schemes that may be in a page.
//!
//! Ids that we wrote begin with [`holes::ID`]; all others get the prefix `user-`, so that no text can take the place of an
//! element of the page.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::holes;
use super::links::SCHEMES;

const TAGS: [&str; 58] = [
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var", "wbr",
];
/// Old decoration: the tag goes, its content stays. Any other tag outside the list is shown as text.
const DROPPED: [&str; 9] = ["font", "center", "big", "tt", "nobr", "picture", "source", "strike", "section"];

const ATTRIBUTES: [(&str, &[&str]); 14] = [
    ("a", &["href", "aria-label"]),
    ("img", &["src", "alt", "width", "height", "align"]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &["value"]),
    ("td", &["align", "colspan", "rowspan"]),
    ("th", &["align", "colspan", "rowspan", "scope"]),
    ("details", &["open"]),
    ("p", &["align"]),
    ("div", &["align", "tabindex"]),
    ("h1", &["align"]),
    ("h2", &["align"]),
    ("h3", &["align"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
];
const GENERIC: [&str; 5] = ["title", "lang", "dir", "id", "class"];

const CLASSES: [&str; 13] = [
    "markdown-alert", "markdown-alert-title", "markdown-alert-note", "markdown-alert-tip", "markdown-alert-important",
    "markdown-alert-warning", "markdown-alert-caution", "footnote-reference", "footnote-definition",
    "footnote-definition-label", "footnote-backref", "table-wrap", "task",
];

static AMMONIA: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(TAGS.into())
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(tag, names)| (*tag, names.iter().copied().collect()))
                .collect::<HashMap<_, HashSet<_>>>(),
        )
        .generic_attributes(GENERIC.into())
        .url_schemes(SCHEMES.into())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .clean_content_tags(["script", "style"].into())
        .link_rel(None)
        .attribute_filter(attribute);
    builder
});

pub(super) fn sanitise(html: &str) -> String {
    AMMONIA.clean(html).to_string()
}

pub(super) fn is_allowed(tag: &str) -> bool {
    TAGS.contains(&tag)
}

pub(super) fn is_dropped(tag: &str) -> bool {
    DROPPED.contains(&tag)
}

fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let number = |digits: usize| {
        ((1..=digits).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())).then_some(value.into())
    };
    let one_of = |list: &[&str]| list.iter().any(|item| item.eq_ignore_ascii_case(value)).then_some(value.into());
    match name {
        "id" => id(value),
        "class" => {
            let mut kept = value
                .split_ascii_whitespace()
                .filter(|class| CLASSES.contains(class) || (element == "a" && *class == "anchor"));
            let first = kept.next()?;
            Some(kept.fold(Cow::Borrowed(first), |classes, class| classes + " " + class))
        }
        "tabindex" => (value == "0").then_some(value.into()),
        "align" => one_of(&["left", "center", "right"]),
        "dir" => one_of(&["ltr", "rtl", "auto"]),
        "scope" => one_of(&["row", "col", "rowgroup", "colgroup"]),
        "type" => ["1", "a", "A", "i", "I"].contains(&value).then_some(value.into()),
        "colspan" | "rowspan" | "span" => number(2),
        "width" | "height" => match value.strip_suffix('%') {
            Some(share) => share.parse().is_ok_and(|share: u8| share <= 100).then_some(value.into()),
            None => number(4),
        },
        "start" | "value" => number(9),
        "open" | "reversed" => Some("".into()),
        "lang" => (value.len() <= 35 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
            .then_some(value.into()),
        _ => Some(value.into()),
    }
}

fn id(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with(holes::ID) {
        return Some(value.into());
    }
    let plain =
        !value.is_empty() && value.len() <= 100 && !value.contains(|c: char| c.is_whitespace() || c.is_control());
    plain.then(|| format!("user-{value}").into())
}
