//! Formulas: LaTeX in, MathML out, made on the server.
//!
//! The converter's answer is not trusted: it is copied tag by tag, only with elements and attributes of MathML Core that
//! can't do anything but look like a formula (its `style` attributes would break the Content-Security-Policy). Whatever
//! doesn't fit is shown as the author's source.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

/// Longer formulas are shown as source.
const LONGEST: usize = 4096;
const DEEPEST: usize = 48;
const LARGEST: usize = 1 << 18;

const ELEMENTS: [&str; 26] = [
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "merror",
    "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts",
    "mtable", "mtr", "mtd",
];
const ATTRIBUTES: [&str; 29] = [
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "columnspan", "depth", "display",
    "displaystyle", "fence", "form", "frame", "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rowspan", "rspace", "scriptlevel", "separator",
    "stretchy", "symmetric",
];

/// The formula as MathML, or None if it can't be read.
pub(super) fn mathml(source: &str, display: bool) -> Option<String> {
    if source.len() > LONGEST || source.trim().is_empty() || depth(source) > DEEPEST {
        return None;
    }
    // The converter is young; a panic in it costs the formula and not the page.
    let html = catch_unwind(AssertUnwindSafe(|| convert(source, display))).ok()??;
    if html.len() > LARGEST { None } else { checked(&html) }
}

fn convert(source: &str, display: bool) -> Option<String> {
    let storage = Storage::new();
    let mut events = Vec::new();
    for event in Parser::new(source, &storage) {
        events.push(event.ok()?);
        if events.len() > 4 * LONGEST {
            return None;
        }
    }
    let display_mode = if display { DisplayMode::Block } else { DisplayMode::Inline };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut html = String::new();
    let events = events.into_iter().map(Ok::<_, std::convert::Infallible>);
    push_mathml(&mut html, events, config).ok()?;
    Some(html)
}

fn depth(source: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in source.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The same MathML, if it is nothing but that.
fn checked(html: &str) -> Option<String> {
    let mut out = String::with_capacity(html.len());
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text(&rest[..at], &mut out);
        let inner = &rest[at + 1..];
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            // A relation: the converter writes it as it is.
            out.push_str("&lt;");
            rest = inner;
            continue;
        }
        let end = inner.find('>')?;
        let tag = &inner[..end];
        rest = &inner[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop()? != name {
                return None;
            }
            out.push_str("</");
            out.push_str(name);
            out.push('>');
            continue;
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = &tag[..tag.find(' ').unwrap_or(tag.len())];
        if !ELEMENTS.contains(&name) || (open.is_empty() && name != "math") {
            return None;
        }
        out.push('<');
        out.push_str(name);
        attributes(&tag[name.len()..], &mut out)?;
        out.push('>');
        if empty {
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        } else {
            open.push(name);
        }
    }
    text(rest, &mut out);
    open.is_empty().then_some(out)
}

fn attributes(text: &str, out: &mut String) -> Option<()> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after.trim_start();
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" .%+-#".contains(&byte));
        if ATTRIBUTES.contains(&name) && plain {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
    }
    Some(())
}

/// Text of the converter, which escapes some of it: escaped as a whole, once.
fn text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '>']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = ["&amp;", "&lt;", "&gt;", "&nbsp;"].into_iter().find(|entity| rest.starts_with(entity));
        let (written, length) = match entity {
            Some(entity) => (entity, entity.len()),
            None if rest.starts_with('&') => ("&amp;", 1),
            None => ("&gt;", 1),
        };
        out.push_str(written);
        rest = &rest[length..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_mathml_without_styles() {
        let html = mathml(r"\frac{a}{b} + \color{red} x", false).unwrap_or_default();
        assert!(html.starts_with("<math display=\"inline\">"), "{html}");
        assert!(html.contains("<mfrac>") && !html.contains("style="), "{html}");
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        for source in [r"\notacommand{x}", "{", r"\text{<script>alert(1)</script>", "", r"\begin{matrix} a"] {
            assert_eq!(mathml(source, true), None, "{source}");
        }
        let html = mathml(r"\text{<script>alert(1)</script>} < 3", true).unwrap_or_default();
        assert!(!html.contains("<script"), "{html}");
    }
}
