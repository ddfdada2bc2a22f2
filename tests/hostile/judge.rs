//! Reads an answer as a browser would, and tells what is in it that no page of ours is made of.

use scraper::{ElementRef, Html};

use crate::markup::hostile::{SCHEMES, leads_away, scheme};
use crate::support::ADDRESS;
use crate::support::answer::Answer;

/// What our own pages are made of, texts, diagrams and formulas included.
const TAGS: &[&str] = &[
    "a", "abbr", "article", "aside", "b", "bdi", "bdo", "blockquote", "body", "br", "button", "caption", "circle",
    "cite", "code", "col", "colgroup", "data", "datalist", "dd", "del", "desc", "details", "dfn", "div", "dl", "dt",
    "em", "fieldset", "figcaption", "figure", "footer", "form", "g", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "line", "link",
    "main", "mark", "meta", "nav", "noscript", "ol", "optgroup", "option", "p", "path", "polygon", "polyline",
    "ellipse", "pre", "q", "rect", "s", "samp", "script", "search", "section", "select", "small", "span", "strong",
    "sub", "summary", "sup", "svg", "table", "tbody", "td", "text", "textarea", "tfoot", "th", "thead", "time",
    "title", "tr", "u", "ul", "var", "wbr", "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac",
    "msqrt", "mroot", "mstyle", "merror", "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover",
    "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "pattern", "defs",
];
/// Never in a text that somebody wrote.
const ONLY_OURS: &[&str] = &["script", "form", "select", "textarea", "link", "meta", "button", "title", "head", "body"];
/// With `data-` and `aria-`, all that elements of ours have.
const ATTRIBUTES: &[&str] = &[
    "accent", "accentunder", "accept", "action", "align", "alt", "autocapitalize", "autocomplete", "autofocus",
    "charset", "checked", "class", "colspan", "columnalign", "columnlines", "columnspacing", "columnspan", "content",
    "cx", "cy", "d", "datetime", "defer", "depth", "dir", "disabled", "display", "displaystyle", "download",
    "draggable", "dx", "dy", "enctype", "fence", "fill", "fill-opacity", "focusable", "font-family", "font-size",
    "font-style", "font-weight", "for", "form", "formnovalidate", "frame", "height", "hidden", "href", "id",
    "inputmode", "label", "lang", "largeop", "linethickness", "list", "loading", "lspace", "mathvariant", "max",
    "maxlength", "maxsize", "media", "method", "min", "minlength", "minsize", "movablelimits", "multiple", "name",
    "notation", "novalidate", "open", "pattern", "placeholder", "points", "preserveAspectRatio", "r", "readonly",
    "referrerpolicy", "rel", "required", "reversed", "role", "rowlines", "rows", "rowspacing", "rowspan", "rspace",
    "rx", "ry", "sandbox", "scope", "scriptlevel", "selected", "separator", "size", "span", "spellcheck", "src",
    "start", "step", "stretchy", "stroke", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-width",
    "symmetric", "tabindex", "target", "text-anchor", "textLength", "dominant-baseline", "title", "transform", "type",
    "value", "viewBox", "width", "wrap", "x", "x1", "x2", "xmlns", "y", "y1", "y2", "cols",
];
/// Attributes that lead somewhere.
const ADDRESSES: &[&str] = &["href", "src", "action", "formaction"];

/// What is wrong with an answer, if anything is.
pub fn problem(answer: &Answer) -> Option<String> {
    if answer.header("X-Content-Type-Options") != Some("nosniff") {
        return Some("a browser may guess what it is".to_owned());
    }
    let policy = answer.header("Content-Security-Policy").unwrap_or_default();
    if !policy.contains("default-src 'none'") || policy.contains("unsafe") {
        return Some(format!("its policy is {policy:?}"));
    }
    let location = answer.location();
    if !location.is_empty() && !is_ours(location) {
        return Some(format!("leads away to {location}"));
    }
    let kind = answer.header("Content-Type").unwrap_or_default();
    let text = answer.text();
    match kind.split(';').next().unwrap_or_default() {
        "text/html" if text.trim_start().to_ascii_lowercase().starts_with("<!doctype") => {
            wrong(&Html::parse_document(&text))
        }
        // The drawings that are our own: badges.
        "text/html" | "image/svg+xml" => wrong(&Html::parse_fragment(&text)),
        kind if kind.ends_with("xml") => {
            ["<script", "<img", "<svg"].iter().find(|tag| text.contains(**tag)).map(|tag| format!("{kind} with {tag}"))
        }
        _ => None,
    }
}

fn is_ours(address: &str) -> bool {
    address.strip_prefix(ADDRESS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || address.starts_with('/') && !leads_away(address)
}

fn wrong(html: &Html) -> Option<String> {
    html.root_element().descendants().filter_map(ElementRef::wrap).find_map(wrong_element)
}

fn wrong_element(element: ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    let shown = || {
        let attributes = element.value().attrs().map(|(key, value)| format!(" {key}={value:?}")).collect::<String>();
        Some(format!("<{name}{attributes}>"))
    };
    let is_task_box = name == "button" && element.value().attr("class") == Some("task");
    if !TAGS.contains(&name) || !is_task_box && ONLY_OURS.contains(&name) && is_written(element) {
        return shown();
    }
    let attribute = |key: &str| element.value().attr(key);
    for (key, value) in element.value().attrs() {
        let known = ["data-", "aria-"].iter().any(|begin| key.starts_with(begin))
            || ATTRIBUTES.contains(&key)
            || key == "formaction" && name == "button";
        let leads_well = !ADDRESSES.contains(&key) || leads_well(name, key, value);
        if !known || !leads_well {
            return shown();
        }
    }
    let harmless = match name {
        "button" => attribute("formaction").is_none_or(is_ours),
        "script" => attribute("src").is_some_and(|src| src.contains("/-/static/")) && element.text().next().is_none(),
        "iframe" => attribute("sandbox").is_some_and(|sandbox| !sandbox.contains("same-origin")),
        "link" => attribute("href").is_some_and(is_ours),
        "meta" => {
            attribute("charset").is_some() || matches!(attribute("name"), Some("viewport" | "color-scheme" | "robots"))
        }
        "input" if is_written(element) => attribute("type") == Some("checkbox"),
        _ => true,
    };
    if harmless { None } else { shown() }
}

/// Whether it stands in what somebody wrote.
fn is_written(element: ElementRef<'_>) -> bool {
    let mut above = element.ancestors().filter_map(ElementRef::wrap);
    above.any(|one| one.value().classes().any(|class| class == "text"))
}

fn leads_well(name: &str, key: &str, value: &str) -> bool {
    match scheme(value) {
        Some(_) if is_ours(value) => true,
        // A link in a text may lead anywhere by a known way; nothing is loaded from there and no form goes there.
        // The page that sets up a second factor opens an app for one-time codes.
        Some(scheme) => name == "a" && key == "href" && (SCHEMES.contains(&scheme.as_str()) || scheme == "otpauth"),
        None => name == "a" || !leads_away(value),
    }
}
