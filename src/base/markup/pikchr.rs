//! Drawings in the language Pikchr, made on the server: what comes out is a picture without a script, a link or a style in it.
//!
//! The drawing is written anew from the few elements and attributes that Pikchr uses, whatever it answers. Black is the colour
//! of the text around it, so that a drawing suits light and dark.

use std::fmt::Write as _;
use std::panic::catch_unwind;

use pikchr_rs::{PikchrFlags, pikchr};

/// More of a source is not drawn …
const LONGEST: usize = 16 << 10;
/// … nor what its macros could make of it. Layout looks back at what was drawn before, so time grows with the square of it.
const LARGEST: usize = 32 << 10;
const DEEPEST: usize = 40;

const ELEMENTS: [&str; 8] = ["svg", "path", "polygon", "polyline", "circle", "ellipse", "rect", "text"];
const ATTRIBUTES: [&str; 20] = [
    "viewBox", "points", "d", "x", "y", "cx", "cy", "r", "rx", "ry", "width", "height", "fill", "stroke",
    "stroke-width", "stroke-dasharray", "text-anchor", "font-style", "font-weight", "font-size",
];
const WORDS: [(&str, &str); 2] = [("dominant-baseline", "central"), ("font-family", "monospace")];

/// The drawing as SVG, or why there is none: a sentence that names the line.
pub(super) fn drawn(source: &str) -> Result<String, String> {
    if source.len() > LONGEST {
        return Err(format!("A drawing has at most {LONGEST} bytes; this one has {}.", source.len()));
    }
    if !is_bounded(source) {
        return Err("Its macros or brackets could make too much of it.".to_owned());
    }
    let flags = PikchrFlags { plaintext_errors: true, dark_mode: false };
    let answer = catch_unwind(|| pikchr(source, flags)).map_err(|_| "It can't be drawn.".to_owned())?;
    let svg = answer.map_err(|error| format!("Line {}: {}.", error.line, error.message))?;
    rewritten(&svg).ok_or_else(|| "There is nothing in it to draw.".to_owned())
}

/// Whether macros can't make the source grow beyond what is drawn, and nothing is nested too deeply.
fn is_bounded(source: &str) -> bool {
    let mut depth = 0_usize;
    for byte in source.bytes() {
        match byte {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return false;
        }
    }
    let words: Vec<&str> = source
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.is_empty())
        .collect();
    let names: Vec<&str> = words.windows(2).filter(|pair| pair[0] == "define").map(|pair| pair[1]).collect();
    if names.is_empty() {
        return source.len() <= LARGEST;
    }
    // Each step into a macro or one of its values multiplies by no more than all the places where either stands.
    let places = words.iter().filter(|word| word.starts_with('$') || names.contains(word)).count() - names.len();
    let steps = u32::try_from(2 * names.len().min(10)).unwrap_or(u32::MAX);
    let grown = source.len().checked_mul(places.max(1).checked_pow(steps).unwrap_or(usize::MAX));
    // Whoever draws with one or two macros stays far below that.
    grown.is_some_and(|grown| grown <= LARGEST * 8)
}

/// The same picture of nothing but known elements and attributes. None if there is nothing to see.
fn rewritten(svg: &str) -> Option<String> {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    let mut seen = false;
    while let Some(at) = rest.find('<') {
        // Between elements stands text that is escaped; a quote is harmless there.
        out.push_str(&rest[..at].replace('>', "&gt;"));
        let end = rest[at..].find('>')? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        let (closing, tag) = (tag.starts_with('/'), tag.trim_start_matches('/').trim_end_matches('/'));
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        let Some(name) = ELEMENTS.iter().find(|known| **known == name) else { continue };
        if closing {
            let _ = write!(out, "</{name}>");
            continue;
        }
        seen |= *name != "svg";
        let _ = write!(out, "<{name}");
        if *name == "svg" {
            size(&mut out, tag);
        }
        for (attribute, value) in attributes(tag) {
            if attribute == "style" {
                for (property, value) in value.split(';').filter_map(|one| one.split_once(':')) {
                    write_attribute(&mut out, property.trim(), value.trim());
                }
            } else if *name != "svg" || attribute == "viewBox" {
                write_attribute(&mut out, attribute, value);
            }
        }
        out.push_str(if matches!(*name, "svg" | "text") { ">" } else { "/>" });
    }
    (seen && out.contains("</svg>")).then_some(out)
}

/// A drawing is as wide as it says, and never wider than the page.
fn size(out: &mut String, tag: &str) {
    let view = attributes(tag).find(|(name, _)| *name == "viewBox").map(|(_, value)| value).unwrap_or_default();
    let mut numbers = view.split_ascii_whitespace().skip(2).map(|number| number.parse::<f64>().unwrap_or(0.0));
    let (width, height) = (numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(0.0));
    let _ = write!(out, " class=\"pikchr\" width=\"{:.0}\" height=\"{:.0}\"", width.ceil(), height.ceil());
}

fn write_attribute(out: &mut String, name: &str, value: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .,-()%#".contains(c);
    let is_known = ATTRIBUTES.contains(&name) || WORDS.contains(&(name, value));
    if is_known && value != "initial" && !value.contains("url") && value.chars().all(plain) {
        let value = if value == "rgb(0,0,0)" { "currentColor" } else { value };
        let _ = write!(out, " {name}=\"{value}\"");
    }
}

/// Names and values as they stand between quotes of either kind.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once('=')?;
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, more) = after[1..].split_once(quote)?;
        rest = more;
        Some((before.rsplit([' ', '\n', '\t']).next().unwrap_or(before), value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_made_of_plain_elements_in_the_colour_of_the_text() {
        let svg =
            drawn("box \"<b>\" \"a & b\" fill lightblue; arrow dashed; circle \"x\" color red").expect("a drawing");
        // Words of a label are never parted.
        let svg = svg.replace('\u{a0}', " ");
        assert!(svg.starts_with("<svg class=\"pikchr\" width=\""), "{svg}");
        for part in [
            "&lt;b&gt;", "a &amp; b", "currentColor", "fill=\"rgb(173,216,230)\"", "stroke=\"rgb(255,0,0)\"",
            "stroke-dasharray",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        for no in ["style", "xmlns", "rgb(0,0,0)", "<b>"] {
            assert!(!svg.contains(no), "{no}: {svg}");
        }
    }

    #[test]
    fn what_can_t_be_drawn_says_why() {
        assert!(drawn("box \"a").expect_err("broken").starts_with("Line 1:"));
        assert!(drawn("").is_err());
        assert!(drawn("assert(1==2)").is_err());
    }

    #[test]
    fn nothing_grows_without_bounds() {
        let bomb: String = (0..9)
            .map(|level| format!("define m{} {{{}}}\n", level + 1, format!("m{level} ").repeat(50)))
            .collect::<String>()
            + "m9";
        for source in [bomb, "[".repeat(200), "box;".repeat(5_000), "$1 ".repeat(4_000) + "define a {$1 $1}"] {
            assert!(drawn(&source).is_err(), "{}", &source[..40]);
        }
        assert!(drawn("define pair { box $1; arrow; box $2 }\npair(\"a\",\"b\"); move; pair(\"c\",\"d\")").is_ok());
    }

    #[test]
    fn only_known_parts_are_written_whatever_comes() {
        let svg = "<svg onload='x' viewBox=\"0 0 9 9\"><script>alert(1)</script><path d=\"M1\" onclick=\"x\" style=\"fill:url(#a);stroke:rgb(0,0,0)\"/><a href='javascript:x'><text x='1' font-family=\"evil\">t</text></a></svg>";
        assert_eq!(
            rewritten(svg).as_deref(),
            Some(
                "<svg class=\"pikchr\" width=\"9\" height=\"9\" viewBox=\"0 0 9 9\">alert(1)<path d=\"M1\" stroke=\"currentColor\"/><text x=\"1\">t</text></svg>"
            )
        );
    }

    proptest::proptest! {
        #[test]
        fn any_source_ends(source in "(box|circle|arrow|define a|a|\\$1|\\{|\\}|\\[|\\]|\"x\"|then|at|last|;|\n|[0-9]{1,3}| ){0,60}") {
            let _ = drawn(&source);
        }
    }
}
