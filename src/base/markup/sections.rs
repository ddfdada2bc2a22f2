//! The sections of a text: a heading with what stands below it, up to the next heading of its level or above.
//!
//! For who edits one section alone: where it stands in the source, what the text is with another one in its place, the
//! pencils that lead there, and its HTML by itself for the preview.

use std::ops::Range;

use super::{Heading, Html};

/// Where the section under the heading with that id stands in the text. `outline` is that of the compiled text. None if
/// there is no such heading, or if it begins no section.
pub fn section(text: &str, outline: &[Heading], id: &str) -> Option<Range<usize>> {
    let wanted = outline.iter().position(|heading| heading.id == id)?;
    let start = line_start(text, outline[wanted].at?)?;
    let end = match next(outline, wanted) {
        Some(next) => line_start(text, next.at?)?,
        None => text.len(),
    };
    (start <= end).then_some(start..end)
}

/// The next heading that ends the section of this one.
fn next(outline: &[Heading], number: usize) -> Option<&Heading> {
    outline[number + 1..].iter().find(|heading| heading.at.is_some() && heading.level <= outline[number].level)
}

/// A heading may be indented a little: its line is part of it.
fn line_start(text: &str, at: usize) -> Option<usize> {
    Some(text.get(..at)?.rfind(['\n', '\r']).map_or(0, |end| end + 1))
}

/// What is shown of a section for editing: without the empty lines that part it from the next one.
pub fn section_text(text: &str, section: Range<usize>) -> &str {
    text[section].trim_end_matches('\n')
}

/// The text with another section in that place, and where that one stands. It is parted from the next one as the old one
/// was; an empty one goes.
pub fn with_section(text: &str, section: Range<usize>, new: &str) -> (String, Range<usize>) {
    let (before, old, after) = (&text[..section.start], &text[section.clone()], &text[section.end..]);
    let new = new.trim_end_matches('\n');
    let mut whole = String::with_capacity(text.len() + new.len() + 1);
    whole.push_str(before);
    if !new.trim().is_empty() {
        let gap = &old[old.trim_end_matches('\n').len()..];
        whole.push_str(new);
        whole.push_str(gap);
        // A heading that is underlined would take the line before it in.
        if gap.len() == 1 && !after.is_empty() && !after.trim_start().starts_with('#') {
            whole.push('\n');
        }
    }
    let end = whole.len();
    whole.push_str(after);
    (whole, section.start..end)
}

const ANCHOR: &str = "<a class=\"anchor\" href=\"#";

/// The resolved text with a pencil after each heading that begins a section: a link to `href` with the heading's id at its
/// end. Headings of included texts have other ids, and none.
pub fn with_pencils(html: &Html, outline: &[Heading], href: &str) -> Html {
    let mut out = String::with_capacity(html.as_str().len() + outline.len() * 160);
    let mut rest = html.as_str();
    let mut sections = outline.iter().filter(|heading| heading.at.is_some()).peekable();
    while let (Some(at), Some(heading)) = (rest.find(ANCHOR), sections.peek()) {
        let id = Html::escaped(&heading.id).into_string();
        let after = &rest[at + ANCHOR.len()..];
        let is_this = after.strip_prefix(id.as_str()).is_some_and(|after| after.starts_with('"'));
        let (Some(end), true) = (after.find("</a>"), is_this) else {
            out.push_str(&rest[..at + ANCHOR.len()]);
            rest = after;
            continue;
        };
        let end = at + ANCHOR.len() + end + "</a>".len();
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        let mut pencil = Html::default();
        pencil.tag("<a class=\"pencil\"").attribute("href", &format!("{href}{}", encoded(&heading.id)));
        pencil.attribute("aria-label", &format!("Edit the section “{}”", heading.text));
        pencil.tag(" rel=\"nofollow\">\u{270E}</a>");
        out.push_str(pencil.as_str());
        sections.next();
    }
    out.push_str(rest);
    Html::trusted(out)
}

/// An id as the value of a query: slugs hold letters, digits, `-` and `_`.
fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The part of the resolved text that shows that part of the source, which begins with a heading. None if it does not, or
/// if raw HTML reaches over its ends, so that it can't stand alone.
pub fn section_html(html: &Html, text: &str, outline: &[Heading], section: Range<usize>) -> Option<Html> {
    let begins = |heading: &&Heading| heading.at.and_then(|at| line_start(text, at)) == Some(section.start);
    let first = outline.iter().find(begins)?;
    let after = outline.iter().find(|heading| heading.at.is_some_and(|at| at >= section.end));
    let html = html.as_str();
    let start = html.find(&opening(first))?;
    let end = match after {
        Some(after) => start + html[start..].find(&opening(after))?,
        None => html.len(),
    };
    let part = &html[start..end];
    is_whole(part).then(|| Html::trusted(part.to_owned()))
}

fn opening(heading: &Heading) -> String {
    format!("<h{} id=\"{}\">", heading.level, Html::escaped(&heading.id).as_str())
}

/// Whether every element that begins in it ends in it, and the other way round. The HTML is ours: each element has its end.
fn is_whole(html: &str) -> bool {
    const VOID: [&str; 6] = ["br", "hr", "img", "input", "wbr", "col"];
    let mut depth = 0;
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            depth -= 1;
        } else {
            let name = &tag[..tag.find([' ', '>', '/']).unwrap_or(tag.len())];
            let ends_itself = VOID.contains(&name) || tag.split('>').next().is_some_and(|tag| tag.ends_with('/'));
            depth += i32::from(!ends_itself);
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::super::{Flavour, Options, Vocabulary, compile};
    use super::*;

    fn outline(text: &str) -> Vec<Heading> {
        let compiled = compile(text, Flavour::Page, &Vocabulary::default(), &Options::default());
        compiled.unwrap_or_else(|error| panic!("{error}")).outline
    }

    fn part<'t>(text: &'t str, id: &str) -> Option<&'t str> {
        section(text, &outline(text), id).map(|range| &text[range])
    }

    #[test]
    fn a_section_ends_before_the_next_of_its_level() {
        let text = "# a\n\n1 x^2^ https://example.org/\n\n  ## b\n\n2\n\n### c\n\n3\n\nd H~2~O\n---\n\n4\n";
        assert_eq!(part(text, "b"), Some("  ## b\n\n2\n\n### c\n\n3\n\n"));
        assert_eq!(part(text, "d-h2o"), Some("d H~2~O\n---\n\n4\n"));
        assert_eq!(part(text, "a"), Some(text));
        assert_eq!(part(text, "x"), None);
    }

    #[test]
    fn only_a_heading_that_stands_by_itself_begins_one() {
        let text = "## a\n\n> ## b\n\n- # c\n\n```\n## d\n```\n\n## a\n\nend";
        assert_eq!(part(text, "b"), None);
        assert_eq!(part(text, "c"), None);
        assert_eq!(part(text, "a"), Some("## a\n\n> ## b\n\n- # c\n\n```\n## d\n```\n\n"));
        assert_eq!(part(text, "a-1"), Some("## a\n\nend"));
        let strange = "\u{10FF00}\n\n## a\n";
        assert_eq!(part(strange, "a"), None, "what is taken out of a text moves what follows");
        assert_eq!(part("&#65;\n\n## a\n", "a"), Some("## a\n"));
    }

    #[test]
    fn another_section_in_its_place_leaves_the_rest_as_it_was() {
        let text = "top\n\n## a\n\n1\n\n\n## b\n\n2";
        let put = |text: &str, id: &str, new: &str| {
            let section = section(text, &outline(text), id).unwrap_or_default();
            with_section(text, section, new).0
        };
        let range = section(text, &outline(text), "a").unwrap_or_default();
        assert_eq!(section_text(text, range), "## a\n\n1");
        assert_eq!(put(text, "a", "## a\n\n1"), text);
        assert_eq!(put(text, "a", "## A\n\n9\n"), text.replace("a\n\n1", "A\n\n9"));
        assert_eq!(put(text, "b", "## b\n\n3\n"), text.replace('2', "3"));
        assert_eq!(put(text, "a", " \n"), "top\n\n## b\n\n2");
        assert_eq!(put("# a\nb\n---\n", "b", "b\n---\n\nx"), "# a\nb\n---\n\nx\n");
        assert_eq!(put("## a\nb\n---\n", "a", "## a\nx"), "## a\nx\n\nb\n---\n");
    }

    #[test]
    fn html_of_a_section_stands_alone_or_not_at_all() {
        let text = "## a\n\n1\n\n## b\n";
        let outline = outline(text);
        let html = Html::trusted("<h2 id=\"a\">a</h2>\n<p>1<br></p>\n<hr>\n<h2 id=\"b\">b</h2>\n</div>".to_owned());
        let part = |range| section_html(&html, text, &outline, range).map(Html::into_string);
        assert_eq!(part(0..9).as_deref(), Some("<h2 id=\"a\">a</h2>\n<p>1<br></p>\n<hr>\n"));
        assert_eq!(part(9..14), None, "it ends what it has not begun");
        assert_eq!(part(6..14), None, "it begins with no heading");
    }
}
