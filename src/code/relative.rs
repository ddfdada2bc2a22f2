//! Links and images of a document that lies in a repository: what is relative leads to the files beside it, at the same
//! revision.

use super::tree::{self, Segments};

/// Where relative addresses start from, and where they lead.
pub struct Ground {
    /// The folder of the document.
    pub folder: Segments,
    /// Before the path of what is linked: `/demo/browser`; behind it `query`: `?rev=main`.
    pub pages: String,
    pub query: String,
    /// Before the path of an image: `/demo/export/main`.
    pub files: String,
}

/// The document with its relative addresses turned. It is HTML of ours: whole tags, quoted attributes.
pub fn turned(html: &str, ground: &Ground) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let end = end_of_tag(&rest[open..]);
        turn_tag(&mut out, &rest[open..open + end], ground);
        rest = &rest[open + end..];
    }
    out.push_str(rest);
    out
}

/// How long a tag is, its brackets included; one in quotes does not end it.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn turn_tag(out: &mut String, tag: &str, ground: &Ground) {
    let (marker, before, after) = if tag.starts_with("<a ") {
        (" href=\"", &ground.pages, ground.query.as_str())
    } else if tag.starts_with("<img ") {
        (" src=\"", &ground.files, "")
    } else {
        out.push_str(tag);
        return;
    };
    let value = attribute(tag, marker);
    let turned = value.and_then(|(begin, end)| Some((begin, end, path_of(&unescaped(&tag[begin..end]), ground)?)));
    let Some((begin, end, (path, fragment))) = turned else {
        out.push_str(tag);
        return;
    };
    out.push_str(&tag[..begin]);
    let address = format!("{before}{}{after}{fragment}", tree::href(&path));
    out.push_str(&address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"));
    out.push_str(&tag[end..]);
}

/// Where the value of an attribute stands in its tag; what is quoted in another one's value is none.
fn attribute(tag: &str, marker: &str) -> Option<(usize, usize)> {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        if !quoted && byte == b' ' && tag[at..].starts_with(marker) {
            let begin = at + marker.len();
            return Some((begin, begin + tag[begin..].find('"')?));
        }
        quoted ^= byte == b'"';
    }
    None
}

/// The path that a relative address means, and its fragment; none for every other address.
fn path_of(address: &str, ground: &Ground) -> Option<(Segments, String)> {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let (path, tail) = address.split_at(end);
    let colon = path.find(':').is_some_and(|colon| !path[..colon].contains('/'));
    if path.is_empty() || path.starts_with(['/', '\\']) || colon {
        return None;
    }
    let mut found = ground.folder.clone();
    for name in tree::segments(path) {
        match name.as_slice() {
            b"." => {}
            b".." => drop(found.pop()),
            _ => found.push(name),
        }
    }
    let fragment = tail.find('#').map(|at| tail[at..].replace([' ', '"', '<', '>'], ""));
    Some((found, fragment.unwrap_or_default()))
}

fn unescaped(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(html: &str) -> String {
        let ground = Ground {
            folder: vec![b"docs".to_vec()],
            pages: "/demo/browser".to_owned(),
            query: "?rev=main".to_owned(),
            files: "/demo/export/main".to_owned(),
        };
        turned(html, &ground)
    }

    #[test]
    fn relative_addresses_lead_to_the_files_beside_the_document() {
        for (html, expected) in [
            ("<a href=\"a.md\">x</a>", "<a href=\"/demo/browser/docs/a.md?rev=main\">x</a>"),
            (
                "<a class=\"b\" href=\"../src/x.rs#L3\">x</a>",
                "<a class=\"b\" href=\"/demo/browser/src/x.rs?rev=main#L3\">x</a>",
            ),
            ("<a href=\"../../../up\">x</a>", "<a href=\"/demo/browser/up?rev=main\">x</a>"),
            (
                "<img src=\"./img/a b.png?raw=1\" alt=\">\">",
                "<img src=\"/demo/export/main/docs/img/a%20b.png\" alt=\">\">",
            ),
            ("<a href=\"a&amp;b%20c\">x</a>", "<a href=\"/demo/browser/docs/a%26b%20c?rev=main\">x</a>"),
        ] {
            assert_eq!(turn(html), expected);
        }
    }

    #[test]
    fn all_other_addresses_stay_as_they_are() {
        for html in [
            "<a href=\"/demo/wiki/Plan\">x</a>",
            "<a href=\"https://example.org/a\">x</a>",
            "<a href=\"mailto:kim@example.org\">x</a>",
            "<a href=\"#top\">x</a>",
            "<a href=\"?x=1\">x</a>",
            "<p title=\"href=&quot;a&quot;\"> href=\"a.md\" 1 < 2",
            "<a title=\" src=\" href=\"//evil.example/\">x</a>",
        ] {
            assert_eq!(turn(html), html);
        }
    }
}
